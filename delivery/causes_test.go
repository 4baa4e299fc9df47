// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery_test

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/coop"
	"plenum/delivery"
)

var update = flag.Bool("update", false, "write the table in docs/causes.md anew")

// provocation is a failure that is provoked for real, and what must be said of it.
// The words are those that are stored, for the host that was tried. docs/causes.md
// has the advice in full.
type provocation struct {
	how   string                    // for the document
	serve func(t *testing.T) string // starts what misbehaves and returns an inbox there
	patience
	rotated time.Time // when our key was changed
	actor   string    // path of the actor behind the inbox
	keyless bool      // our key cannot be read

	cause coop.Cause
	words string
	state coop.DeliveryState // waiting where it is empty
	next  string             // must be in the advice
}

func (p provocation) actors(inbox string) []coop.IRI {
	if p.actor == "" {
		return nil
	}
	return []coop.IRI{coop.IRI(strings.TrimSuffix(inbox, "/inbox") + p.actor)}
}

func is(inbox string) func(*testing.T) string { return func(*testing.T) string { return inbox } }

// tls10 is the first message of a server that answers in TLS 1.0 whatever it is
// asked for.
const tls10 = "\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01" + "a server of the year 1999,really" + "\x00\x00\x2f\x00"

// muddled is an empty first message of a server.
const muddled = "\x16\x03\x01\x00\x04\x02\x00\x00\x00"

var inTheNetwork = []provocation{
	{how: "DNS answers that there is no such name", serve: is("https://nowhere.example/inbox"),
		cause: coop.CauseNoAddress, words: "DNS has no address for the name of the host", next: "`plenum follower remove`"},
	{how: "DNS answers that the name has no address", serve: is("https://empty.example/inbox"),
		cause: coop.CauseNoAddress, words: "DNS has no address for the name of the host"},
	{how: "DNS answers that it failed (SERVFAIL)", serve: is("https://failing.example/inbox"),
		cause: coop.CauseNameLookup, words: "the name of the host could not be looked up (DNS)", next: "`plenum queue list --state waiting`"},
	{how: "the name server is silent", serve: is("https://silent.example/inbox"), patience: patience{dial: 300 * time.Millisecond},
		cause: coop.CauseNameLookup, words: "the name of the host could not be looked up (DNS): no answer in time"},
	{how: "nobody listens on the port", serve: closedPort,
		cause: coop.CauseRefused, words: "the connection was refused", next: "takes no connections at present"},
	{how: "the kernel has no route to the address", serve: is("https://broadcast.example:4443/inbox"),
		cause: coop.CauseUnreachable, words: "there is no route to the host", next: "does not reach us"},
	{how: "a listener whose queue is full, so that nothing comes back", serve: fullPort, patience: patience{dial: 300 * time.Millisecond},
		cause: coop.CauseConnectTimeout, words: "no connection came about in time", next: "may be down"},
	{how: "the server takes the request and is silent", serve: raw("http", func(*net.TCPConn) {}), patience: patience{total: 2 * time.Second},
		cause: coop.CauseTimeout, words: "the server did not answer in time", next: "may be overloaded"},
	{how: "the server takes the connection and says nothing in TLS", serve: raw("https", func(*net.TCPConn) {}), patience: patience{handshake: 300 * time.Millisecond},
		cause: coop.CauseTimeout, words: "the server did not answer in time"},
	{how: "the server resets the connection (RST) when it gets the request", serve: resets("http"),
		cause: coop.CauseReset, words: "the connection was reset", next: "breaks off what we send"},
	{how: "the server resets the connection in the TLS handshake", serve: resets("https"),
		cause: coop.CauseReset, words: "the connection was reset"},
	{how: "the server resets the HTTP/2 stream", serve: func(t *testing.T) string {
		return secure(t, &tls.Config{Certificates: []tls.Certificate{trusted().issue(t, nil)}}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	},
		cause: coop.CauseReset, words: "the connection was reset"},
	{how: "the server closes the connection (FIN) when it has the request", serve: says("http", ""),
		cause: coop.CauseClosed, words: "the connection was closed without a whole answer", next: "may be restarting"},
	{how: "the server closes the connection between two headers", serve: says("http", "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n"),
		cause: coop.CauseClosed, words: "the connection was closed without a whole answer"},
	{how: "the server closes the connection in the TLS handshake", serve: says("https", ""),
		cause: coop.CauseClosed, words: "the connection was closed without a whole answer"},
	{how: "a mail server answers", serve: says("http", "220 mail.bots.example ESMTP\r\n"),
		cause: coop.CauseInvalidHTTP, words: "what the host answered is not valid HTTP", next: "may be no web server"},
	{how: "the headers are rubbish", serve: says("http", "HTTP/1.1 202 Accepted\r\nrubbish\r\n\r\n"),
		cause: coop.CauseInvalidHTTP, words: "what the host answered is not valid HTTP"},
	{how: "the server closes the connection in the middle of a header", serve: says("http", "HTTP/1.1 202 Accepted\r\nContent-Le"),
		cause: coop.CauseInvalidHTTP, words: "what the host answered is not valid HTTP"},
	{how: "the status is rubbish", serve: says("http", "HTTP/1.1 yes\r\n\r\n"),
		cause: coop.CauseInvalidHTTP, words: "what the host answered is not valid HTTP"},
	{how: "DNS leads to 10.1.2.3", serve: is("https://inside.example/inbox"),
		cause: coop.CausePrivateAddress, words: "we send nothing there: its address 10.1.2.3 is not a public one", next: "allow_addresses"},
	{how: "the inbox is on our own host", serve: is("https://our.example/inbox"), state: coop.Dead,
		cause: coop.CauseBadURL, words: "we send nothing there: it is our own host", next: "There is nothing to be done here"},
	{how: "the inbox has a user name in it", serve: is("https://ada@bots.example/inbox"), state: coop.Dead,
		cause: coop.CauseBadURL, words: "we send nothing there: the URL has a user name in it"},
	{how: "the inbox is not on the web", serve: is("ftp://bots.example/inbox"), state: coop.Dead,
		cause: coop.CauseBadURL, words: "we send nothing there: only https is spoken"},
	{how: "the inbox is no URL", serve: is("https://bots.example:inbox/"), state: coop.Dead,
		cause: coop.CauseBadURL, words: "we send nothing there: its address is no URL"},
	{how: "our key cannot be read", serve: answers(202), keyless: true,
		cause: coop.CauseOurs, words: "an error on our side: load the key: no space left on device", next: "`plenum verify`"},
}

var inTLS = []provocation{
	{how: "a certificate until 3 May 2020", serve: certified(trusted, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Date(2020, 2, 3, 0, 0, 0, 0, time.UTC), time.Date(2020, 5, 3, 0, 0, 0, 0, time.UTC)
	}),
		cause: coop.CauseTLSExpired, words: "the certificate of the host was valid until 3 May 2020", next: "renew"},
	{how: "a certificate from 3 May 2096", serve: certified(trusted, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Date(2096, 5, 3, 0, 0, 0, 0, time.UTC), time.Date(2096, 8, 3, 0, 0, 0, 0, time.UTC)
	}),
		cause: coop.CauseTLSNotYet, words: "the certificate of the host will be valid only from 3 May 2096", next: "`date -u`"},
	{how: "a certificate for another name", serve: certified(trusted, func(c *x509.Certificate) { c.DNSNames = []string{"cats.example"} }),
		cause: coop.CauseTLSName, words: "the certificate of the host is not valid for its name", next: "has this name in it"},
	{how: "a certificate with its name where it does not count any more", serve: certified(trusted, func(c *x509.Certificate) { c.DNSNames = nil }),
		cause: coop.CauseTLSName, words: "the certificate of the host is not valid for its name"},
	{how: "a certificate from an issuer that nobody knows", serve: certified(unknown, nil),
		cause: coop.CauseTLSIssuer, words: "the certificate of the host comes from an issuer that this machine does not know", next: "may have signed it itself"},
	{how: "a certificate for clients", serve: certified(trusted, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }),
		cause: coop.CauseTLSOther, words: "the certificate of the host is not valid: certificate specifies an incompatible key usage", next: "another certificate"},
	{how: "the server speaks HTTP on the port for https", serve: says("https", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
		cause: coop.CauseTLSNone, words: "the host does not speak TLS on this port", next: "https alone"},
	{how: "a mail server listens on the port for https", serve: says("https", "220 mail.bots.example ESMTP\r\n"),
		cause: coop.CauseTLSNone, words: "the host does not speak TLS on this port"},
	{how: "the server speaks TLS 1.1 at most, and says so", serve: func(t *testing.T) string {
		return secure(t, &tls.Config{Certificates: []tls.Certificate{trusted().issue(t, nil)}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, nil)
	},
		cause: coop.CauseTLSHandshake, words: "the TLS handshake failed, the host says: protocol version not supported", next: "TLS 1.2 and 1.3"},
	{how: "the server goes on in TLS 1.0 whatever it is asked for", serve: says("https", tls10),
		cause: coop.CauseTLSHandshake, words: "the TLS handshake failed: server selected unsupported protocol version 301"},
	{how: "the server's first message in TLS makes no sense", serve: says("https", muddled),
		cause: coop.CauseTLSHandshake, words: "the TLS handshake failed: error decoding message"},
	{how: "the server wants a certificate of ours", serve: wantsCertificate,
		cause: coop.CauseTLSHandshake, words: "the TLS handshake failed, the host says: certificate required"},
}

// browserCheck is what Cloudflare sends when it wants to see a browser, notMade what
// it passes on from a server of the fediverse behind it, ownPage a refusal of its
// own.
var (
	browserCheck = []string{"Server", "cloudflare", "Content-Type", "text/html; charset=UTF-8", "Cf-Mitigated", "challenge", "Cf-Ray", "8f1e2d3c4b5a6978-FRA"}
	ownPage      = []string{"Server", "cloudflare", "Content-Type", "text/html; charset=UTF-8", "X-Frame-Options", "SAMEORIGIN", "Cf-Ray", "8f1e2d3c4b5a6978-FRA"}
	passedOn     = []string{"Server", "cloudflare", "Content-Type", "text/html; charset=utf-8", "Cf-Cache-Status", "DYNAMIC", "Cf-Ray", "8f1e2d3c4b5a6978-FRA", "X-Request-Id", "d2b5"}
)

const (
	unsigned = "the server does not accept our signature"
	walled   = "a refusal that looks like that of a firewall in front of the server"
)

func date(d time.Duration) []string { return []string{"Date", today.Add(d).Format(http.TimeFormat)} }

// all makes rows of every provocation, in the order of coop.Causes.
func all() []provocation {
	list := slices.Concat(inTheNetwork, inTLS, refusals, inAnswers)
	order := coop.Causes()
	slices.SortStableFunc(list, func(a, b provocation) int { return slices.Index(order, a.cause) - slices.Index(order, b.cause) })
	return list
}

// Each failure goes through the real worker, the real way out and real sockets.
// That a cause is not mistaken for its neighbours is shown by the neighbours, which
// are in the table too.
func TestEveryCauseIsProvokedAndNamedRight(t *testing.T) {
	t.Parallel()
	first()
	list := all()
	rows := make([]string, len(list))
	var mu sync.Mutex
	t.Run("provoked", func(t *testing.T) {
		for n, p := range list {
			t.Run(p.how, func(t *testing.T) {
				t.Parallel()
				d := attempt(t, p.serve(t), p)
				last, advice := d.Results[0], delivery.Advice(d, p.rotated)
				want := p.words
				if last.Status != 0 {
					want += fmt.Sprintf(" (%d)", last.Status)
				}
				if last.Cause != p.cause || last.Reason != want {
					t.Errorf("got  %s %q\nwant %s %q", last.Cause, last.Reason, p.cause, want)
				}
				if state := p.state; d.State != state && (state != "" || d.State != coop.Waiting) {
					t.Errorf("got %s want %s", d.State, state)
				}
				if !strings.Contains(advice, p.next) || (advice == "") != (d.State == coop.Left) {
					t.Errorf("the advice is %q", advice)
				}
				if advice = strings.ReplaceAll(advice, d.Host, "bots.example"); advice == "" {
					advice = "nothing"
				}
				mu.Lock()
				defer mu.Unlock()
				rows[n] = fmt.Sprintf("| `%s` | %s | %s | %s |", last.Cause, p.how, last.Reason, advice)
			})
		}
	})
	if slices.Contains(rows, "") {
		t.Skip("some could not be provoked on this machine, so there is no whole table to compare")
	}
	compareTable(t, rows)
}

// compareTable holds the table in the document equal to what was printed.
func compareTable(t *testing.T, rows []string) {
	t.Helper()
	const path, head = "../docs/causes.md", "| Cause | How it is provoked | What is printed | What to do |\n| --- | --- | --- | --- |\n"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), head)
	if !ok {
		t.Fatalf("%s has no table that begins with\n%s", path, head)
	}
	table, after, _ := strings.Cut(rest, "\n\n")
	advice := ""
	for n, row := range rows {
		cells := strings.Split(row, " | ")
		if cells[3] == advice && advice != "nothing |" {
			rows[n] = strings.TrimSuffix(row, advice) + "as above |"
		}
		advice = cells[3]
	}
	got := strings.Join(rows, "\n")
	if *update {
		if err := os.WriteFile(path, []byte(before+head+got+"\n\n"+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(table, got); d != "" {
		t.Errorf("the table in %s is not what is printed (go test ./delivery -update writes it anew; -document +printed):\n%s", path, d)
	}
}

// What arrives has no cause, whatever else its answer looks like.
func TestAnswerThatIsGoodHasNoCause(t *testing.T) {
	t.Parallel()
	for _, header := range [][]string{nil, date(72 * time.Hour), ownPage} {
		p := provocation{rotated: today.AddDate(0, 0, -1)}
		d := attempt(t, answers(202, header...)(t), p)
		if last := d.Results[0]; d.State != coop.Done || last.Cause != "" || last.Reason != "accepted (202)" || delivery.Advice(d, p.rotated) != "" {
			t.Errorf("%v: got %s %+v", header, d.State, last)
		}
	}
}

// Nothing is in the list that cannot be provoked, but for what is no attempt.
func TestEveryCauseIsInTheTable(t *testing.T) {
	t.Parallel()
	list := all()
	for _, c := range coop.Causes() {
		if c != coop.CauseDropped && !slices.ContainsFunc(list, func(p provocation) bool { return p.cause == c }) {
			t.Errorf("nothing provokes %q", c)
		}
	}
}
