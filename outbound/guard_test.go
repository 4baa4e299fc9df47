// SPDX-License-Identifier: AGPL-3.0-or-later

package outbound

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// recorder dials nothing: it remembers what it was asked to send.
type recorder struct{ got *http.Request }

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.got = req
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

// The guard must not refuse what it is there to let through.
func TestPublicAddressesAreLetThrough(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"1.1.1.1:443": true, "1.1.1.1:80": false, "1.1.1.1:25": false, "127.0.0.1:443": false,
		"[2606:4700::1111]:443": true, "[2606:4700::1111]:8443": false, "[::1]:443": false,
	} {
		network := "tcp4"
		if strings.HasPrefix(address, "[") {
			network = "tcp6"
		}
		if err := control(Options{})(network, address, nil); (err == nil) != ok {
			t.Errorf("%s: got %v", address, err)
		}
	}
	wide := control(Options{AllowHTTP: true, Allow: []netip.Prefix{netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("127.0.0.0/8")}})
	for _, address := range []string{"[::1]:9000", "127.20.3.4:9000"} {
		if err := wide(map[bool]string{true: "tcp6", false: "tcp4"}[address[0] == '['], address, nil); err != nil {
			t.Errorf("%s: got %v", address, err)
		}
	}
}

// F08, F09, F11, F12, and names that only look like names.
func TestURLsThatTheGuardRefuses(t *testing.T) {
	t.Parallel()
	strict := Options{Own: "Our.Example"}
	loose := Options{Own: "localhost:8081", AllowHTTP: true}
	long := strings.Repeat("a", 64)
	for _, c := range []struct {
		o    Options
		urls []string
		pass bool
	}{
		{strict, []string{
			"https://b.example", "https://b.example/", "https://b.example:443/inbox?x=y", "https://B.Example/inbox",
			"https://xn--mnchen-3ya.example/", "https://a_b.example/", "https://our.example.b.example/", "https://b.3e/",
		}, true},
		{strict, []string{
			"http://b.example/", "ftp://b.example/", "file:///etc/passwd", "data:text/plain,x", "javascript:alert(1)", "//b.example/", "/inbox", "",
			"https:b.example", "https:///inbox", "unix:///run/x.sock", "acct:ada@b.example",
			"https://b.example:80/", "https://b.example:8443/", "https://b.example:0443/", "https://b.example:/", "https://b.example:22/",
			"https://ada@b.example/", "https://ada:secret@b.example/", "https://@b.example/",
			"https://our.example/inbox", "https://OUR.example/", "https://our.example:443/", "https://our.example./",
			"https://b.example./", "https://.b.example/", "https://b..example/", "https://münchen.example/", "https://b.example\u2024com/",
			"https://" + long + ".example/", "https://" + strings.Repeat("a.", 127) + "example/", "https://b!.example/", "https://b,c.example/",
			"https://127.0.0.1/", "https://1.1.1.1/", "https://[::1]/", "https://[2606:4700::1111]/", "https://[fe80::1%25eth0]/",
			"https://127.1/", "https://2130706433/", "https://0177.0.0.1/", "https://0x7f.0.0.1/", "https://0x7f000001/", "https://0x7f.0x1/", "https://b.123/",
		}, false},
		{loose, []string{
			"http://b.example/", "https://b.example:8443/", "http://localhost:8082/", "http://c.localhost:8081/", "http://127.0.0.1:9000/", "http://[::1]:9000/",
		}, true},
		{loose, []string{
			"http://localhost:8081/", "https://LOCALHOST:8081/", "ftp://b.example/", "http://ada@b.example/", "http://127.1/", "http://0177.0.0.1/", "http://b.example:/",
		}, false},
	} {
		for _, raw := range c.urls {
			u, err := url.Parse(raw)
			if err != nil {
				continue // tested below; nothing gets here that cannot be parsed
			}
			rec := &recorder{}
			res, err := Guard(c.o, rec).RoundTrip(&http.Request{Method: "GET", URL: u, Header: http.Header{}})
			if err == nil {
				_ = res.Body.Close()
			}
			if passed := err == nil && rec.got != nil; passed != c.pass {
				t.Errorf("%q: got %v, passed on: %v", raw, err, rec.got != nil)
			}
			if r, ok := errors.AsType[*refusal](err); !c.pass && (!ok || !errors.Is(err, ErrRefused) || !r.always || r.why == "") {
				t.Errorf("%q: got %#v", raw, err)
			}
		}
	}
	for _, raw := range []string{"https://b.example\\@c.example/", "https://b\t.example/", "https://b\n.example/", "https://b%00.example/", "https://b.example:x/", "https://b c/", "%"} {
		f := &Fetcher{Transport: Guard(strict, &recorder{})}
		if _, err := f.Get(t.Context(), raw, "*/*", nil); !errors.Is(err, ErrRefused) {
			t.Errorf("%q: got %v", raw, err)
		}
	}
}

// closer notices that it is closed.
type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }

func TestGuardLeavesTheRequestAsItIs(t *testing.T) {
	t.Parallel()
	rec := &recorder{}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://b.example/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header["Idempotency-Key"] = []string{}
	res, err := Guard(Options{UserAgent: "Plenum/test"}, rec).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if _, kept := rec.got.Header["Idempotency-Key"]; rec.got.Header.Get("User-Agent") != "Plenum/test" || !kept || len(r.Header) != 1 {
		t.Errorf("sent %v, changed to %v", rec.got.Header, r.Header)
	}
	body := &closer{Reader: strings.NewReader("{}")}
	r.Body, r.URL.Scheme = body, "ftp"
	if _, err := Guard(Options{}, rec).RoundTrip(r); err == nil || !body.closed {
		t.Errorf("got %v; body of a refused request closed: %v", err, body.closed)
	}
}

// What package delivery finds out about a refusal, without importing this package.
func TestRefusalSaysWhetherItLasts(t *testing.T) {
	t.Parallel()
	tr := Transport(Options{AllowHTTP: true})
	c := Deliverer(Guard(Options{AllowHTTP: true}, tr))
	for url, want := range map[string]struct {
		why    string
		always bool
	}{
		"http://127.0.0.1:9/":       {"its address 127.0.0.1 is not a public one", false},
		"ftp://b.example/":          {"only https is spoken, and not ftp", true},
		"https://ada@b.example:12/": {"the URL has a user name in it", true},
	} {
		res, err := c.Post(url, "text/plain", strings.NewReader(""))
		if err == nil {
			_ = res.Body.Close()
		}
		r, ok := errors.AsType[interface {
			error
			Refused() (string, bool)
		}](err)
		if !ok {
			t.Errorf("%s: got %v", url, err)
			continue
		}
		if why, always := r.Refused(); why != want.why || always != want.always {
			t.Errorf("%s: got %q, %v", url, why, always)
		}
	}
}

// endless is a body without an end that counts what is read of it.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) { e.read += len(b); return len(b), nil }

func (e *endless) Close() error { return nil }

func (e *endless) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: e, Request: r}, nil
}

func TestNoMoreIsReadThanIsKept(t *testing.T) {
	t.Parallel()
	e := &endless{}
	f := &Fetcher{Transport: e, MaxBytes: 5000}
	if _, err := f.Get(t.Context(), "https://b.example/", "*/*", nil); !errors.Is(err, ErrTooLarge) || e.read != 5001 {
		t.Errorf("got %v after %d bytes", err, e.read)
	}
}

// rebinding is a name server whose answer changes from one look-up to the next.
func rebinding(t *testing.T, answers ...string) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	go func() {
		buf := make([]byte, 512)
		for asked := 0; ; {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				ip := netip.MustParseAddr(answers[min(asked, len(answers)-1)])
				asked++
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: ip.As4()},
				}}
			}
			out, err := m.Pack()
			if err != nil {
				return
			}
			_, _ = pc.WriteTo(out, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

// F04. The name is good when it is looked up first, and leads inside afterwards.
func TestNameThatChangesItsMindGainsNothing(t *testing.T) {
	t.Parallel()
	var good, bad atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		good.Add(1)
		w.Header().Set("Connection", "close") // the next request dials again
	}))
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	l, err := net.Listen("tcp", "127.0.0.2:"+port)
	if err != nil {
		t.Skipf("no 127.0.0.2 on this machine: %v", err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			bad.Add(1)
			_ = c.Close()
		}
	}()
	o := Options{AllowHTTP: true, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	w := newWay(o, rebinding(t, "127.0.0.1", "127.0.0.2"))
	f := &Fetcher{Transport: Guard(o, transport(w))}
	for range 2 { // the second time the first answer is used again, and checked again
		if _, err := f.Get(t.Context(), "http://peer.example:"+port, "*/*", nil); err != nil {
			t.Fatalf("while the first answer is good: %v", err)
		}
	}
	w.names.now = func() time.Time { return time.Now().Add(nameAge) }
	for range 2 { // looked up anew, then remembered
		if _, err := f.Get(t.Context(), "http://peer.example:"+port, "*/*", nil); !errors.Is(err, ErrRefused) {
			t.Errorf("with the second answer: got %v", err)
		}
	}
	if good.Load() != 2 || bad.Load() != 0 {
		t.Errorf("got %d good and %d bad connections", good.Load(), bad.Load())
	}
}
