// SPDX-License-Identifier: AGPL-3.0-or-later

package outbound_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plenum/outbound"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// dev are options under which a test can talk to its own servers on 127.0.0.1, and
// to nothing else.
func dev() outbound.Options {
	return outbound.Options{AllowHTTP: true, Allow: loopback, Own: "our.example", UserAgent: "Plenum/test"}
}

// client is the guarded way out, trusting the servers' certificates.
func client(t *testing.T, o outbound.Options, trust ...*httptest.Server) http.RoundTripper {
	t.Helper()
	tr := outbound.Transport(o)
	t.Cleanup(tr.CloseIdleConnections)
	tr.TLSClientConfig.RootCAs = x509.NewCertPool()
	for _, s := range trust {
		tr.TLSClientConfig.RootCAs.AddCert(s.Certificate())
	}
	return outbound.Guard(o, tr)
}

// tlsServer speaks HTTP/1 and HTTP/2.
func tlsServer(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// secret is a server on an address that is not allowed. It counts who comes all
// the same.
func secret(t *testing.T, address string) (url string, visits *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("no %s on this machine: %v", address, err)
	}
	visits = new(atomic.Int32)
	s := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) })}
	l = countingListener{l, visits}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return "http://" + l.Addr().String(), visits
}

// countingListener counts connections too: not even a handshake may happen.
type countingListener struct {
	net.Listener
	n *atomic.Int32
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.n.Add(1)
	}
	return c, err
}

func get(t *testing.T, rt http.RoundTripper, url string) (*outbound.Response, error) {
	t.Helper()
	f := &outbound.Fetcher{Transport: rt, Timeout: 5 * time.Second}
	return f.Get(t.Context(), url, "application/activity+json", nil)
}

// F01, F02. The addresses are given to the bare transport, as DNS would give them.
func TestAddressesThatAreNotPublicAreNotDialled(t *testing.T) {
	t.Parallel()
	tr := outbound.Transport(outbound.Options{})
	for _, a := range []string{
		"127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1",
		"169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.255",
		"198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "fc00::1", "fdff::1", "fe80::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:0.0.0.1",
		"::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
		"2001::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "5f00::1",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+net.JoinHostPort(a, "443")+"/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := tr.RoundTrip(r)
		if err == nil {
			_ = res.Body.Close()
		}
		if !errors.Is(err, outbound.ErrRefused) {
			t.Errorf("%s: got %v", a, err)
		}
		cancel()
	}
}

func TestAllowedAddressIsDialledAndItsNeighbourIsNot(t *testing.T) {
	t.Parallel()
	s := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/activity+json")
		_, _ = io.WriteString(w, r.Proto+" "+r.Header.Get("User-Agent")+" "+r.Header.Get("Accept"))
	})
	rt := client(t, dev(), s)
	res, err := get(t, rt, s.URL+"/a?b=c#main-key")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(res.Body), "HTTP/2.0 Plenum/test application/activity+json"; got != want {
		t.Errorf("got %q want %q", got, want)
	}
	if res.URL != s.URL+"/a?b=c" || res.Status != 200 || res.ContentType != "application/activity+json" {
		t.Errorf("got %+v", res)
	}
	url, visits := secret(t, "127.0.0.2:0")
	if _, err := get(t, rt, url); !errors.Is(err, outbound.ErrRefused) || visits.Load() != 0 {
		t.Errorf("got %v, %d connections", err, visits.Load())
	}
}

// F06.
func TestRedirectsAreLookedAtLikeFirstRequests(t *testing.T) {
	t.Parallel()
	hidden, visits := secret(t, "127.0.0.2:0")
	var target atomic.Value
	s := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", target.Load().(string))
		w.WriteHeader(http.StatusFound)
	})
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request left https") }))
	t.Cleanup(plain.Close)
	rt := client(t, dev(), s)
	for _, to := range []string{
		hidden, strings.Replace(hidden, "http:", "https:", 1), "//" + strings.TrimPrefix(hidden, "http://") + "/x", plain.URL,
		"file:///etc/passwd", "gopher://" + strings.TrimPrefix(hidden, "http://"), "https://user@" + s.Listener.Addr().String() + "/",
		"https://our.example/ap/actor", "https://our.example:443/", "http://a b/", "https://ex%00ample/", "https:opaque", "javascript:alert(1)",
	} {
		target.Store(to)
		if _, err := get(t, rt, s.URL); !errors.Is(err, outbound.ErrRefused) {
			t.Errorf("redirect to %s: got %v", to, err)
		}
	}
	if visits.Load() != 0 {
		t.Errorf("got %d connections to an address that is not allowed", visits.Load())
	}
}

// F07.
func TestRedirectsAreFollowedThreeTimesAndSignedEachTime(t *testing.T) {
	t.Parallel()
	s := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Signature") != "for "+r.URL.RequestURI() {
			t.Errorf("%s: got signature %q", r.URL, r.Header.Get("Signature"))
		}
		switch n := strings.Count(r.URL.Path, "x"); {
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case n == 0:
			_, _ = io.WriteString(w, "here")
		default:
			http.Redirect(w, r, "/"+strings.Repeat("x", n-1)+"?n#fragment", []int{301, 302, 303, 307, 308}[n%5])
		}
	})
	var signed []string
	f := &outbound.Fetcher{Transport: client(t, dev(), s)}
	sign := func(r *http.Request) error {
		signed = append(signed, r.URL.Path)
		r.Header.Set("Signature", "for "+r.URL.RequestURI())
		return nil
	}
	res, err := f.Get(t.Context(), s.URL+"/xxx", "*/*", sign)
	if err != nil || string(res.Body) != "here" || res.URL != s.URL+"/?n" {
		t.Errorf("got %+v, %v", res, err)
	}
	if want := []string{"/xxx", "/xx", "/x", "/"}; !slices.Equal(signed, want) {
		t.Errorf("signed %v want %v", signed, want)
	}
	for _, path := range []string{"/xxxx", "/loop"} {
		signed = nil
		if _, err := f.Get(t.Context(), s.URL+path, "*/*", sign); !errors.Is(err, outbound.ErrRedirects) || len(signed) != 4 {
			t.Errorf("%s: got %v after %d requests", path, err, len(signed))
		}
	}
	f.MaxRedirects = -1
	if _, err := f.Get(t.Context(), s.URL+"/x", "*/*", sign); !errors.Is(err, outbound.ErrRedirects) {
		t.Errorf("got %v where none is to be followed", err)
	}
	broken := errors.New("no key")
	if _, err := f.Get(t.Context(), s.URL, "*/*", func(*http.Request) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v where signing fails", err)
	}
}

// F10.
func TestProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	proxy, visits := secret(t, "127.0.0.1:0")
	for _, v := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
		t.Setenv(v, proxy)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "direct") }))
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	// A name, because the environment's proxy is never used for 127.0.0.1. It also
	// shows that .localhost needs no DNS, in any case.
	res, err := get(t, client(t, dev()), "http://Peer.LOCALHOST:"+port)
	if err != nil || string(res.Body) != "direct" || visits.Load() != 0 {
		t.Errorf("got %+v, %v; %d connections to the proxy", res, err, visits.Load())
	}
}

func TestLocalhostNeedsPermissionLikeAnyAddress(t *testing.T) {
	t.Parallel()
	_, visits := secret(t, "127.0.0.1:0")
	for _, u := range []string{"https://localhost/", "https://a.b.localhost/"} {
		o := outbound.Options{}
		if _, err := get(t, outbound.Guard(o, outbound.Transport(o)), u); !errors.Is(err, outbound.ErrRefused) {
			t.Errorf("%s: got %v", u, err)
		}
	}
	if visits.Load() != 0 {
		t.Errorf("got %d connections", visits.Load())
	}
}

// silence answers nobody, and writes down how long it was waited for.
type silence struct{ waited time.Duration }

// RoundTrip implements http.RoundTripper.
func (s *silence) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	<-r.Context().Done()
	s.waited = time.Since(began)
	return nil, r.Context().Err()
}

// D25: the client of deliveries has a deadline of its own, whoever uses it.
func TestDeliveryIsGivenUpAfterHalfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://silent.example/inbox", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		var s silence
		if res, err := outbound.Deliverer(&s).Do(r); err == nil {
			_ = res.Body.Close()
			t.Error("silence is an answer")
		}
		if s.waited != 30*time.Second {
			t.Errorf("waited for %v", s.waited)
		}
	})
}

// F16.
func TestDeliveryDoesNotTravel(t *testing.T) {
	t.Parallel()
	hidden, visits := secret(t, "127.0.0.2:0")
	var posts atomic.Int32
	s := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		posts.Add(1)
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	c := outbound.Deliverer(client(t, dev(), s))
	for _, to := range []string{hidden, "/elsewhere"} {
		res, err := c.Post(s.URL+"/?to="+url.QueryEscape(to), "application/activity+json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusTemporaryRedirect {
			t.Errorf("got %d", res.StatusCode)
		}
	}
	if _, err := c.Post(hidden, "application/activity+json", strings.NewReader("{}")); !errors.Is(err, outbound.ErrRefused) {
		t.Errorf("got %v for an inbox on an address that is not public", err)
	}
	if posts.Load() != 2 || visits.Load() != 0 {
		t.Errorf("got %d requests, %d connections to an address that is not public", posts.Load(), visits.Load())
	}
}

// D05. What comes is cut where it gets too large, counted after decompression.
func TestBodiesAreCut(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 16 { // 16 MiB, in 16 KiB
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		case "/br":
			w.Header().Set("Content-Encoding", "br")
			_, _ = w.Write(bomb.Bytes())
		case "/endless":
			for {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		case "/most":
			_, _ = w.Write(make([]byte, 1<<20))
		case "/more":
			_, _ = w.Write(make([]byte, 1<<20+1))
		case "/header":
			w.Header().Set("X-Long", strings.Repeat("x", 100<<10))
		case "/gone":
			http.Error(w, "it was here", http.StatusGone)
		}
	})
	rt := client(t, dev(), s)
	for path, want := range map[string]error{"/bomb": outbound.ErrTooLarge, "/endless": outbound.ErrTooLarge, "/more": outbound.ErrTooLarge} {
		if res, err := get(t, rt, s.URL+path); !errors.Is(err, want) || res != nil {
			t.Errorf("%s: got %v", path, err)
		}
	}
	for _, path := range []string{"/br", "/header"} {
		if _, err := get(t, rt, s.URL+path); err == nil {
			t.Errorf("%s: got no error", path)
		}
	}
	if res, err := get(t, rt, s.URL+"/most"); err != nil || len(res.Body) != 1<<20 {
		t.Errorf("a body of exactly the cap: got %v", err)
	}
	if res, err := get(t, rt, s.URL+"/gone"); err != nil || res.Status != http.StatusGone || !strings.Contains(string(res.Body), "was here") {
		t.Errorf("an answer with a status of its own: got %+v, %v", res, err)
	}
}

// D25, K07.
func TestDeadlineIsForEverythingTogether(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing: no TLS either
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended) })
	s := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/drip":
			for {
				if _, err := w.Write([]byte{' '}); err != nil || http.NewResponseController(w).Flush() != nil {
					return
				}
				wait(r.Context(), 20*time.Millisecond)
				if r.Context().Err() != nil {
					return
				}
			}
		case "/loop":
			wait(r.Context(), 60*time.Millisecond)
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			select {
			case <-r.Context().Done():
			case <-ended:
			}
		}
	})
	f := &outbound.Fetcher{Transport: client(t, dev(), s), Timeout: 200 * time.Millisecond, MaxRedirects: 1000}
	for _, u := range []string{
		s.URL + "/silent", s.URL + "/drip", s.URL + "/loop", "https://" + silent.Addr().String(), "http://" + silent.Addr().String(),
	} {
		at := time.Now()
		if _, err := f.Get(t.Context(), u, "*/*", nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(at) > 3*time.Second {
			t.Errorf("%s: got %v after %v", u, err, time.Since(at))
		}
	}
	c := outbound.Deliverer(f.Transport)
	if c.Timeout != 30*time.Second {
		t.Errorf("deliveries have %v", c.Timeout)
	}
	c.Timeout = 100 * time.Millisecond
	if _, err := c.Post("https://"+silent.Addr().String(), "text/plain", strings.NewReader("")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a delivery to a silent host: got %v", err)
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
