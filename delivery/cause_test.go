// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"plenum/coop"
)

// What follows needs no server: all of it is provoked for real in causes_test.go
// as far as a test can.

func TestOnlyAnAnswerOfItsOwnIsPutDownToAFirewall(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": false,
		"Cf-Mitigated: challenge; Content-Type: text/html":                                true,
		"X-Amzn-Waf-Action: challenge":                                                    true,
		"X-Vercel-Mitigated: deny; Server: Vercel":                                        true,
		"X-Sucuri-Block: 1; X-Sucuri-Id: 18":                                              true,
		"Server: cloudflare; Content-Type: text/html; Cf-Ray: 1":                          true,
		"Server: AkamaiGHost; Content-Type: text/html":                                    true,
		"Server: awselb/2.0; Content-Type: text/html":                                     true,
		"Server: CloudFront; Content-Type: text/html; X-Cache: Error from cloudfront":     true,
		"Server: cloudflare; Content-Type: application/json; Cf-Ray: 1":                   false, // a server behind it
		"Server: cloudflare; Content-Type: text/html; Cf-Cache-Status: DYNAMIC":           false,
		"Server: cloudflare; Content-Type: text/html; X-Runtime: 0.02":                    false,
		"Server: cloudflare; Content-Type: text/html; X-Request-Id: 1":                    false,
		"Server: CloudFront; Content-Type: application/json":                              false,
		"Server: nginx; Content-Type: text/html; X-Cache: Error from cloudfront":          false, // what nginx said, passed on
		"Server: nginx; Content-Type: text/html":                                          false,
		"Server: Apache; Content-Type: text/html":                                         false,
		"Server: Mastodon; Content-Type: text/html; X-Sucuri-Id: 18":                      false,
		"Content-Type: text/html":                                                         false,
		"Server: cloudflare":                                                              false,
		"Server: my-cloudflare-like-server; Content-Type: text/html":                      false,
		"Server: cloudflare; Content-Type: text/plain; Content-Length: 15; Cf-Ray: 1":     false,
		"Server: cloudflare; Content-Type: text/html; Cf-Ray: 1; X-Powered-By: Express":   false,
		"Server: ATS; Content-Type: text/html; Via: http/1.1 proxy.example (Apache)":      false,
		"Server: BunnyCDN; Content-Type: text/html; Cdn-Requestid: 1; Cdn-Cache: BYPASS":  false,
		"Server: gotosocial; Content-Type: application/json; charset=utf-8; X-Request: 1": false,
	} {
		h := http.Header{}
		for pair := range strings.SplitSeq(header, "; ") {
			if name, value, ok := strings.Cut(pair, ": "); ok {
				h.Set(name, value)
			}
		}
		if got := fronted(h); got != want {
			t.Errorf("%s: got %v", header, got)
		}
	}
}

// Whatever a firewall looks like, these say something of their own.
func TestFirewallIsBlamedForRefusalsAlone(t *testing.T) {
	t.Parallel()
	for status := 200; status < 600; status++ {
		c, _, _ := explain(answer{status: status, front: true, at: noon})
		switch status {
		case 400, 401, 403, 405, 406:
			if c != coop.CauseFirewall {
				t.Errorf("%d: got %s", status, c)
			}
		default:
			if plain, _, _ := explain(answer{status: status, at: noon}); c != plain {
				t.Errorf("%d: got %s, and %s without what stands in front", status, c, plain)
			}
		}
	}
}

func TestKeyAndClockAreNamedWithinTheirBoundsAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		skew, rotated time.Duration // rotated: how long ago, 0 for never
		want          coop.Cause
		words         string
	}{
		{tooFar - time.Second, 0, coop.CauseSignature, ""},
		{-tooFar + time.Second, 0, coop.CauseSignature, ""},
		{tooFar, 0, coop.CauseClock, "; its clock is 5 minutes ahead of ours"},
		{-tooFar, 0, coop.CauseClock, "; its clock is 5 minutes behind ours"},
		{119*time.Minute + 59*time.Second, 0, coop.CauseClock, "; its clock is 119 minutes ahead of ours"},
		{-47 * time.Hour, time.Hour, coop.CauseClock, "; its clock is 47 hours behind ours"},
		{400 * 24 * time.Hour, 0, coop.CauseClock, "; its clock is 400 days ahead of ours"},
		{time.Minute, time.Second, coop.CauseKeyChanged, "; our key was changed on 22 November 2026"},
		{0, lately - time.Second, coop.CauseKeyChanged, "; our key was changed on 23 October 2026"},
		{0, lately, coop.CauseSignature, ""},
	} {
		a := answer{status: 401, skew: c.skew, at: noon}
		if c.rotated != 0 {
			a.rotated = noon.Add(-c.rotated)
		}
		cause, words, final := explain(a)
		if want := "the server does not accept our signature" + c.words + " (401)"; cause != c.want || words != want || final {
			t.Errorf("%v, %v: got %s %q, %v want %s %q", c.skew, c.rotated, cause, words, final, c.want, want)
		}
	}
}

// Errors of the machine itself, as package net wraps them, are not blamed on a host.
func TestFailuresOfThisMachineAreOurs(t *testing.T) {
	t.Parallel()
	wrap := func(call string, err error) error {
		return &url.Error{Op: "Post", URL: "https://b.example/inbox", Err: &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError(call, err)}}
	}
	for err, want := range map[error]coop.Cause{
		wrap("socket", syscall.EMFILE):         coop.CauseOurs,
		wrap("socket", syscall.ENFILE):         coop.CauseOurs,
		wrap("socket", syscall.ENOBUFS):        coop.CauseOurs,
		wrap("connect", syscall.EADDRNOTAVAIL): coop.CauseOurs,
		wrap("connect", syscall.EPERM):         coop.CauseOurs,
		wrap("connect", syscall.EACCES):        coop.CauseOurs,
		x509.SystemRootsError{}:                coop.CauseOurs,
		wrap("connect", syscall.ETIMEDOUT):     coop.CauseConnectTimeout,
		wrap("connect", syscall.EHOSTUNREACH):  coop.CauseUnreachable,
		wrap("connect", syscall.ECONNREFUSED):  coop.CauseRefused,
		wrap("connect", syscall.EINVAL):        coop.CauseOther,
	} {
		if got, words, final := explain(answer{err: err, at: noon}); got != want || final || words == "" {
			t.Errorf("%v: got %s %q, %v", err, got, words, final)
		}
	}
	// A look-up that fails because nobody answers at the name server's port is no
	// refusal of the host.
	err := &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "connection refused", UnwrapErr: syscall.ECONNREFUSED, Name: "b.example"}}
	if got, _, _ := explain(answer{err: err}); got != coop.CauseNameLookup {
		t.Errorf("got %s", got)
	}
}

// A real dial from an address that this machine does not have.
func TestAddressThatIsNotOursIsOurFault(t *testing.T) {
	t.Parallel()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, Timeout: time.Second}
	c, err := d.DialContext(t.Context(), "tcp", "127.0.0.1:9")
	if err == nil {
		_ = c.Close()
		t.Skip("this machine has 192.0.2.1")
	}
	if got, words, _ := explain(answer{err: err}); got != coop.CauseOurs || words != "an error on our side: cannot assign requested address" {
		t.Errorf("got %s %q", got, words)
	}
}

func TestEveryCauseHasWordsAndOneNextStep(t *testing.T) {
	t.Parallel()
	all := coop.Causes()
	if len(all) != len(meanings) {
		t.Errorf("%d causes and %d meanings", len(all), len(meanings))
	}
	words := map[string]coop.Cause{}
	for _, c := range all {
		m := meanings[c]
		if m.words == "" || len(m.words) > maxReason-40 || (m.next == "") != (c == coop.CauseActorGone) {
			t.Errorf("%s: %+v", c, m)
		}
		if other, ok := words[m.words]; ok && c != coop.CausePrivateAddress && c != coop.CauseBadURL {
			t.Errorf("%s has the words of %s", c, other)
		}
		words[m.words] = c
	}
}

func TestAdviceFitsWhereADeliveryStands(t *testing.T) {
	t.Parallel()
	d := coop.Delivery{ID: "01KB3Y6Q2ZM9T4X7V0R8W5N1EA", Actor: "hackspace", Host: "bots.example", State: coop.Waiting}
	if got := Advice(d, time.Time{}); got != "" {
		t.Errorf("got %q for what was not tried yet", got)
	}
	d.Results = []coop.Attempt{
		{At: noon, Cause: coop.CauseRefused},
		{At: noon, Status: 403, Cause: coop.CauseForbidden},
	}
	ask := "bots.example may block this instance, or let in nobody whom it does not know. Ask whoever runs it."
	for state, want := range map[coop.DeliveryState]string{
		coop.Waiting:    ask + " It is tried again by itself; `plenum queue retry --host bots.example` tries at once.",
		coop.Held:       ask + " It is held; `plenum queue retry 01KB3Y6Q2ZM9T4X7V0R8W5N1EA` sends it.",
		coop.Dead:       ask + " When that is mended, run `plenum queue retry --host bots.example`.",
		coop.Done:       "",
		coop.Left:       "",
		coop.Superseded: "",
	} {
		d.State = state
		if got := Advice(d, noon.AddDate(0, 0, -3)); got != want {
			t.Errorf("%s:\n got %q\nwant %q", state, got, want)
		}
	}
	d.State, d.Results[1].Cause = coop.Dead, coop.CauseDropped
	if got := Advice(d, time.Time{}); got != "There is nothing to be done. To send it after all, run `plenum queue retry 01KB3Y6Q2ZM9T4X7V0R8W5N1EA`." {
		t.Errorf("got %q for what was dropped", got)
	}
	d.Results[1].Cause = "a cause of an older version"
	if got := Advice(d, time.Time{}); got != "" {
		t.Errorf("got %q for a cause that is not known", got)
	}
}

// A change of our key is spoken of where it may have to do with the answer.
func TestAdviceTellsWhenOurKeyWasChanged(t *testing.T) {
	t.Parallel()
	changed := time.Date(2026, 5, 3, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status  int
		cause   coop.Cause
		rotated time.Time
		told    bool
	}{
		{401, coop.CauseKeyChanged, changed, true},
		{401, coop.CauseSignature, changed, true},
		{401, coop.CauseClock, changed, true},
		{401, coop.CauseSignature, time.Time{}, false},
		{401, coop.CauseSignature, noon.Add(time.Hour), false}, // after the attempt
		{403, coop.CauseForbidden, changed, false},
		{401, coop.CauseFirewall, changed, false},
		{0, coop.CauseTimeout, changed, false},
	} {
		d := coop.Delivery{ID: "D", Actor: "hackspace", Host: "bots.example", State: coop.Waiting, Results: []coop.Attempt{{At: noon, Status: c.status, Cause: c.cause}}}
		if got := Advice(d, c.rotated); strings.HasPrefix(got, "Our key was changed on 3 May 2026. ") != c.told {
			t.Errorf("%d %s: got %q", c.status, c.cause, got)
		}
	}
}

// Whoever names a host must not write a command that somebody will copy.
func TestHostThatIsNoPlainNameIsNotPutIntoACommand(t *testing.T) {
	t.Parallel()
	for host, ok := range map[string]bool{
		"bots.example": true, "bots.example:8443": true, "xn--mnchen-3ya.example": true, "a_b.example": true,
		"": false, "$(reboot).example": false, "a;b.example": false, "`x`": false, "--all": false, "ada@bots.example": false,
		"münchen.example": false, "a b": false, "a|b": false, "a&b": false, "a\nb": false, "'": false, "\u202e": false,
	} {
		d := coop.Delivery{ID: "01KB3Y6Q2ZM9T4X7V0R8W5N1EA", Actor: "hackspace", Host: host, State: coop.Dead, Results: []coop.Attempt{{At: noon, Status: 500, Cause: coop.CauseServerError}}}
		want := "the host has a failure. Tell whoever runs it if that lasts. When that is mended, run `plenum queue retry 01KB3Y6Q2ZM9T4X7V0R8W5N1EA`."
		if ok {
			want = fmt.Sprintf("%s has a failure. Tell whoever runs it if that lasts. When that is mended, run `plenum queue retry --host %s`.", host, host)
		}
		if got := Advice(d, time.Time{}); got != want {
			t.Errorf("%q: got %q", host, got)
		}
	}
}
