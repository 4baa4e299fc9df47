// SPDX-License-Identifier: AGPL-3.0-or-later

package keys_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"plenum/coop"
	"plenum/keys"
)

const (
	host  = "events.example"
	keyID = coop.IRI("https://peer.example/users/ada#main-key")
	inbox = "https://events.example/ap/inbox"
)

var site = keys.Target{Scheme: "https", Host: host}

// pair is the key pair of the tests; making one takes long.
var pair = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := keys.Generate(rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
})

// edwards is an Ed25519 key pair.
var edwards = sync.OnceValue(func() ed25519.PrivateKey {
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
})

func ok(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// noon is a whole second, because signatures know no less.
func noon() time.Time { return time.Now().Truncate(time.Second) }

// arrived is a request as a server gets it.
func arrived(method, url string, body []byte) *http.Request {
	r := httptest.NewRequest(method, url, bytes.NewReader(body))
	r.RequestURI = r.URL.RequestURI()
	return r
}

// outgoing is a request as a client makes it.
func outgoing(tb testing.TB, method, url string, body []byte) *http.Request {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, url, bytes.NewReader(body))
	ok(tb, err)
	return r
}

// travel turns a client's request into what its server sees.
func travel(r *http.Request) *http.Request {
	in := r.Clone(context.Background())
	in.Host, in.RequestURI = r.URL.Host, r.URL.RequestURI()
	return in
}

// check reads and verifies in one.
func check(r *http.Request, body []byte, now time.Time, pub crypto.PublicKey) error {
	c, err := keys.Read(r, body, site, now)
	if err != nil {
		return err
	}
	return c.Verify(pub)
}

func sum(body []byte) string {
	h := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(h[:])
}

// byHand signs a request in the older form without the code under test: over
// the names in cover, with more parameters in front.
func byHand(tb testing.TB, r *http.Request, key crypto.Signer, cover string, more ...string) {
	tb.Helper()
	r.Header.Set("Signature", handWritten(tb, r, key, cover, more...))
}

func handWritten(tb testing.TB, r *http.Request, key crypto.Signer, cover string, more ...string) string {
	tb.Helper()
	given := map[string]string{}
	for _, m := range more {
		name, value, _ := strings.Cut(m, "=")
		given["("+name+")"] = value
	}
	var lines []string
	for _, name := range strings.Fields(cover) {
		switch value, has := given[name]; {
		case has:
			lines = append(lines, name+": "+value)
		case name == "(request-target)":
			lines = append(lines, name+": "+strings.ToLower(r.Method)+" "+r.RequestURI)
		case name == "host":
			lines = append(lines, "host: "+r.Host)
		default:
			lines = append(lines, strings.ToLower(name)+": "+r.Header.Get(name))
		}
	}
	parts := append([]string{`keyId="` + string(keyID) + `"`}, more...)
	if cover != "-" {
		parts = append(parts, `headers="`+cover+`"`)
	}
	return strings.Join(append(parts, `signature="`+raw(tb, key, strings.Join(lines, "\n"))+`"`), ",")
}

// raw signs a text and writes the signature in base64.
func raw(tb testing.TB, key crypto.Signer, text string) string {
	tb.Helper()
	message, opts := []byte(text), crypto.SignerOpts(crypto.Hash(0))
	if _, isRSA := key.(*rsa.PrivateKey); isRSA {
		h := sha256.Sum256(message)
		message, opts = h[:], crypto.SHA256
	}
	sig, err := key.Sign(rand.Reader, message, opts)
	ok(tb, err)
	return base64.StdEncoding.EncodeToString(sig)
}

// dated adds the headers that a signature needs.
func dated(r *http.Request, body []byte, now time.Time) *http.Request {
	r.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	if body != nil {
		r.Header.Set("Digest", "SHA-256="+sum(body))
	}
	return r
}

const all = "(request-target) host date digest"

// server answers with who signed, or why it does not believe it.
func server(tb testing.TB, protocols string) *httptest.Server {
	tb.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		c, err := keys.Read(r, body, site, time.Now())
		if err == nil {
			pub := crypto.PublicKey(&pair().PublicKey)
			if strings.HasSuffix(string(c.KeyID), "#ed") {
				pub = edwards().Public()
			}
			err = c.Verify(pub)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, c.Form, " ", c.KeyID, " ", r.Proto)
	}))
	if protocols == "HTTP/2.0" {
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Start()
	}
	tb.Cleanup(s.Close)
	return s
}

// send hands a request for host to s, as if it had that name.
func send(tb testing.TB, s *httptest.Server, r *http.Request) (int, string) {
	tb.Helper()
	r.Host = r.URL.Host
	u := *r.URL
	r.URL = &u
	u.Scheme, u.Host, _ = strings.Cut(s.URL, "://")
	res, err := s.Client().Do(r)
	ok(tb, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	ok(tb, err)
	return res.StatusCode, string(b)
}

func TestWhatIsSignedIsVerifiedOverTheWire(t *testing.T) {
	t.Parallel()
	forms := map[string]func(r *http.Request, body []byte) error{
		"cavage " + string(keyID): func(r *http.Request, body []byte) error {
			return keys.Sign(r, body, keyID, pair(), time.Now())
		},
		"rfc9421 " + string(keyID): func(r *http.Request, body []byte) error {
			return keys.Sign9421(r, body, keyID, pair(), time.Now())
		},
		"rfc9421 https://peer.example/users/ada#ed": func(r *http.Request, body []byte) error {
			return keys.Sign9421(r, body, "https://peer.example/users/ada#ed", edwards(), time.Now())
		},
	}
	paths := []string{"/ap/inbox", "/caf%C3%A9", "/a%2Fb/inbox", "/a%20b?x=1&y=%20", "/inbox?", "//double/slash", "/?", ""}
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		s := server(t, proto)
		for _, path := range paths {
			for want, sign := range forms {
				for _, body := range [][]byte{nil, {}, []byte(`{"type":"Follow"}`)} {
					method := http.MethodPost
					if body == nil {
						method = http.MethodGet
					}
					r := outgoing(t, method, "https://"+host+path, body)
					ok(t, sign(r, body))
					if status, got := send(t, s, r); status != http.StatusOK || got != want+" "+proto {
						t.Errorf("%s %q by %s: got %d %s", method, path, want, status, got)
					}
				}
			}
		}
	}
}

func TestRequestSignedForAnotherHostIsRefusedOverHTTP2(t *testing.T) {
	t.Parallel()
	s := server(t, "HTTP/2.0")
	now, body := noon(), []byte(`{}`)
	r := outgoing(t, http.MethodPost, "https://peer.example/ap/inbox", body)
	ok(t, keys.Sign(r, body, keyID, pair(), now))
	// The host that was signed travels as an ordinary header beside :authority.
	if status, got := frames(t, s, host, "peer.example", r.Header, body); status != "401" || !strings.Contains(got, "two hosts") {
		t.Errorf("got %s %s, want 401", status, got)
	}
	r = outgoing(t, http.MethodPost, inbox, body)
	ok(t, keys.Sign(r, body, keyID, pair(), now))
	if status, got := frames(t, s, host, host, r.Header, body); status != "200" {
		t.Errorf("host equal to :authority: got %s %s, want 200", status, got)
	}
}

// frames sends a request over HTTP/2 with both :authority and host, which no
// client of net/http can.
func frames(t *testing.T, s *httptest.Server, authority, second string, h http.Header, body []byte) (status, answer string) {
	t.Helper()
	conn, err := tls.Dial("tcp", strings.TrimPrefix(s.URL, "https://"), &tls.Config{
		RootCAs:    s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
		ServerName: "example.com", // of the certificate that httptest has
		NextProtos: []string{"h2"},
	})
	ok(t, err)
	defer conn.Close()
	ok(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = io.WriteString(conn, http2.ClientPreface)
	ok(t, err)
	f := http2.NewFramer(conn, conn)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	ok(t, f.WriteSettings())
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	fields := [][2]string{{":method", "POST"}, {":scheme", "https"}, {":authority", authority}, {":path", "/ap/inbox"}, {"host", second}}
	for name := range h {
		fields = append(fields, [2]string{strings.ToLower(name), h.Get(name)})
	}
	for _, field := range append(fields, [2]string{"content-length", strconv.Itoa(len(body))}) {
		ok(t, enc.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}))
	}
	ok(t, f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true}))
	ok(t, f.WriteData(1, true, body))
	for {
		frame, err := f.ReadFrame()
		if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
			return status, answer
		}
		ok(t, err)
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			status = frame.PseudoValue("status")
		case *http2.DataFrame:
			answer += string(frame.Data())
		}
		if frame.Header().Flags.Has(http2.FlagDataEndStream) && frame.Header().StreamID == 1 {
			return status, answer
		}
	}
}

func TestSignWritesWhatPeersExpect(t *testing.T) {
	t.Parallel()
	now, body := time.Date(2026, 11, 22, 18, 30, 0, 0, time.FixedZone("CET", 3600)), []byte(`{"a":1}`)
	r := outgoing(t, http.MethodPost, inbox, body)
	r.Header.Set("Signature-Input", "left over")
	r.Header.Set("Content-Digest", "left over")
	for range 2 { // a retry replaces, it does not add
		ok(t, keys.Sign(r, body, keyID, pair(), now))
	}
	date := "Sun, 22 Nov 2026 17:30:00 GMT"
	text := "(request-target): post /ap/inbox\nhost: " + host + "\ndate: " + date + "\ndigest: SHA-256=" + sum(body)
	want := http.Header{
		"Date":   {date},
		"Digest": {"SHA-256=" + sum(body)},
		"Signature": {`keyId="` + string(keyID) + `",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="` +
			raw(t, pair(), text) + `"`},
	}
	if got := fmt.Sprint(r.Header); got != fmt.Sprint(want) {
		t.Errorf("got  %s\nwant %s", got, fmt.Sprint(want))
	}
	get := outgoing(t, http.MethodGet, "https://peer.example/users/ada?page=1#frag", nil)
	get.Method, get.Header = "", nil // as net/http takes it, too
	ok(t, keys.Sign(get, nil, keyID, pair(), now))
	if s := get.Header.Get("Signature"); !strings.Contains(s, `headers="(request-target) host date",`) || get.Header.Get("Digest") != "" {
		t.Errorf("a GET is signed as %s", s)
	}
}

func TestSignPathLeavesTheQueryOutOfTheSignatureAlone(t *testing.T) {
	t.Parallel()
	now, body := noon(), []byte(`{"a":1}`)
	r := outgoing(t, http.MethodPost, inbox+"?to=ada%2Fb&x", body)
	ok(t, keys.SignPath(r, body, keyID, pair(), now))
	text := "(request-target): post /ap/inbox\nhost: " + host + "\ndate: " + r.Header.Get("Date") + "\ndigest: SHA-256=" + sum(body)
	if got, want := r.Header.Get("Signature"), raw(t, pair(), text); !strings.HasSuffix(got, `signature="`+want+`"`) {
		t.Errorf("got %s", got)
	}
	if r.URL.RequestURI() != "/ap/inbox?to=ada%2Fb&x" {
		t.Errorf("the request goes to %s", r.URL.RequestURI())
	}
	if err := check(travel(r), body, now, &pair().PublicKey); err == nil {
		t.Error("it is verified over the path with the query as well")
	}
	plain, path := outgoing(t, http.MethodPost, inbox, body), outgoing(t, http.MethodPost, inbox, body)
	ok(t, keys.Sign(plain, body, keyID, pair(), now))
	ok(t, keys.SignPath(path, body, keyID, pair(), now))
	if plain.Header.Get("Signature") != path.Header.Get("Signature") {
		t.Error("without a query it is another signature")
	}
}

func TestSign9421WritesWhatPeersExpect(t *testing.T) {
	t.Parallel()
	now, body := time.Unix(1790000000, 0), []byte(`{"a":1}`)
	r := outgoing(t, http.MethodPost, "https://events.example/ap/inbox?x=1#frag", body)
	ok(t, keys.Sign(r, body, keyID, pair(), now)) // the first attempt, in the other form
	ok(t, keys.Sign9421(r, body, keyID, pair(), now))
	params := `("@method" "@target-uri" "content-digest");created=1790000000;keyid="` + string(keyID) + `";alg="rsa-v1_5-sha256"`
	digest := "sha-256=:" + sum(body) + ":"
	base := "\"@method\": POST\n\"@target-uri\": https://events.example/ap/inbox?x=1\n\"content-digest\": " + digest + "\n\"@signature-params\": " + params
	for name, want := range map[string]string{
		"Signature-Input": "sig1=" + params,
		"Signature":       "sig1=:" + raw(t, pair(), base) + ":",
		"Content-Digest":  digest,
		"Digest":          "",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
	r = outgoing(t, http.MethodGet, inbox, nil)
	ok(t, keys.Sign9421(r, nil, keyID, edwards(), now))
	if got := r.Header.Get("Signature-Input"); got != `sig1=("@method" "@target-uri");created=1790000000;keyid="`+string(keyID)+`";alg="ed25519"` {
		t.Errorf("a GET is signed as %s", got)
	}
}

func TestWhatNobodyCouldVerifyIsNotSigned(t *testing.T) {
	t.Parallel()
	now, body := noon(), []byte(`{}`)
	for name, change := range map[string]func(r *http.Request, body *[]byte, id *coop.IRI){
		"quote in the key id":     func(_ *http.Request, _ *[]byte, id *coop.IRI) { *id = `https://a.example/"x` },
		"comma in the key id":     func(_ *http.Request, _ *[]byte, id *coop.IRI) { *id = "https://a.example/a,b" },
		"key id without scheme":   func(_ *http.Request, _ *[]byte, id *coop.IRI) { *id = "main-key" },
		"POST without a body":     func(_ *http.Request, body *[]byte, _ *coop.IRI) { *body = nil },
		"host beyond ASCII":       func(r *http.Request, _ *[]byte, _ *coop.IRI) { r.Host = "bücher.example" },
		"no host":                 func(r *http.Request, _ *[]byte, _ *coop.IRI) { r.URL.Host, r.Host = "", "" },
		"opaque URL":              func(r *http.Request, _ *[]byte, _ *coop.IRI) { r.URL.Opaque = "//a.example/x" },
		"user in the URL":         func(r *http.Request, _ *[]byte, _ *coop.IRI) { r.URL.User = url.User("ada") },
		"line break in the query": func(r *http.Request, _ *[]byte, _ *coop.IRI) { r.URL.RawQuery = "a\nhost: b.example" },
		"another scheme":          func(r *http.Request, _ *[]byte, _ *coop.IRI) { r.URL.Scheme = "ftp" },
	} {
		r, b, id := outgoing(t, http.MethodPost, inbox, body), body, keyID
		change(r, &b, &id)
		if keys.Sign(r, b, id, pair(), now) == nil || keys.Sign9421(r, b, id, pair(), now) == nil {
			t.Errorf("%s: signed", name)
		}
		if r.Header.Get("Signature") != "" {
			t.Errorf("%s: left a signature", name)
		}
	}
	r := outgoing(t, http.MethodPost, inbox, body)
	if keys.Sign(r, body, keyID, nil, now) == nil || keys.Sign9421(r, body, keyID, nil, now) == nil {
		t.Error("signed without a key")
	}
}
