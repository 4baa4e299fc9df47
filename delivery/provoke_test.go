// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery_test

import (
	"bufio"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"plenum/coop"
	"plenum/delivery"
	"plenum/outbound"
)

// What provokes failures for real: a name server, an authority for certificates,
// and servers that misbehave, byte by byte where it must be.

// TestMain gives the tests a name server of their own, so that nothing asks the
// real DNS.
func TestMain(m *testing.M) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go nameServer(pc)
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
	os.Exit(m.Run())
}

// addresses are the names that have one.
var addresses = map[string]string{
	"bots.example.":      "127.0.0.1",
	"wrong.example.":     "127.0.0.1",
	"closed.example.":    "127.0.0.3", // nobody else listens there
	"inside.example.":    "10.1.2.3",
	"broadcast.example.": "127.255.255.255", // the kernel has no route there for TCP
}

// nameServer answers until its socket is closed.
func nameServer(pc net.PacketConn) {
	buf := make([]byte, 512)
	for {
		n, from, err := pc.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
		address, known := addresses[q.Name.String()]
		switch name := q.Name.String(); {
		case strings.HasPrefix(name, "silent.example."):
			continue
		case strings.HasPrefix(name, "failing.example."):
			m.RCode = dnsmessage.RCodeServerFailure
		case known && q.Type == dnsmessage.TypeA:
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
				Body:   &dnsmessage.AResource{A: netip.MustParseAddr(address).As4()},
			}}
		case known, name == "empty.example.": // there, without an address of this kind
		default:
			m.RCode = dnsmessage.RCodeNameError
		}
		if out, err := m.Pack(); err == nil {
			_, _ = pc.WriteTo(out, from)
		}
	}
}

// issuer signs certificates.
type issuer struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newIssuer(name string) issuer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		panic(err)
	}
	cert, err = x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return issuer{cert, key}
}

var (
	trusted = sync.OnceValue(func() issuer { return newIssuer("An issuer that we know") })
	unknown = sync.OnceValue(func() issuer { return newIssuer("An issuer that we do not know") })
)

// issue makes a certificate for bots.example, as change leaves it.
func (i issuer) issue(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "bots.example"}, DNSNames: []string{"bots.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	if change != nil {
		change(cert)
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, i.cert, key.Public(), i.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// secure starts a server that speaks TLS, HTTP/1.1 and HTTP/2, and returns an inbox
// on it.
func secure(t *testing.T, c *tls.Config, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS = c
	s.Listener = polite{s.Listener}
	s.EnableHTTP2 = c.ClientAuth == tls.NoClientCert // over HTTP/2 the alert may get lost behind an error of the client
	s.Config.ErrorLog = log.New(io.Discard, "", 0)   // the handshakes that fail are meant to
	s.StartTLS()
	t.Cleanup(s.Close)
	return at("https", s.Listener)
}

// polite is a listener whose connections are closed when the other side has read
// what was said last. A socket that is closed while there is something in it that
// nobody has read is reset, and the alert before that is lost.
type polite struct{ net.Listener }

func (p polite) Accept() (net.Conn, error) {
	c, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return patient{c.(*net.TCPConn)}, nil
}

type patient struct{ *net.TCPConn }

func (p patient) Close() error {
	_ = p.CloseWrite()
	_ = p.SetReadDeadline(time.Now().Add(2 * time.Second))
	go func() {
		_, _ = io.Copy(io.Discard, p.TCPConn)
		_ = p.TCPConn.Close()
	}()
	return nil
}

// at is an inbox on bots.example.
func at(scheme string, l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return scheme + "://bots.example:" + port + "/inbox"
}

// certified is a server whose certificate is as change leaves it.
func certified(by func() issuer, change func(*x509.Certificate)) func(*testing.T) string {
	return func(t *testing.T) string {
		return secure(t, &tls.Config{Certificates: []tls.Certificate{by().issue(t, change)}}, func(http.ResponseWriter, *http.Request) {
			t.Error("a request got past the certificate")
		})
	}
}

// today is when these tests take place, as far as the worker knows.
var today = time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)

// answers is a server of which all is right but the answer. Its headers are given
// in pairs; it has a clock that is right unless they say another Date. Documents
// of actors answer 410 under /gone/ and 200 elsewhere.
func answers(status int, header ...string) func(*testing.T) string {
	return func(t *testing.T) string {
		return secure(t, &tls.Config{Certificates: []tls.Certificate{trusted().issue(t, nil)}}, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			h := w.Header()
			h.Set("Date", today.Format(http.TimeFormat))
			switch {
			case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/gone/"):
				w.WriteHeader(http.StatusGone)
				return
			case r.Method == http.MethodGet:
				return
			}
			for n := 0; n < len(header); n += 2 {
				h.Set(header[n], header[n+1])
			}
			w.WriteHeader(status)
		})
	}
}

// noDate is an answer without a Date.
func noDate(status int) func(*testing.T) string {
	return func(t *testing.T) string {
		return secure(t, &tls.Config{Certificates: []tls.Certificate{trusted().issue(t, nil)}}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Date"] = nil
			w.WriteHeader(status)
		})
	}
}

// raw accepts connections and does to each what do says. It keeps them: one that
// nobody holds is closed by the garbage collector.
func raw(scheme string, do func(*net.TCPConn)) func(*testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var held []net.Conn
		ended := make(chan struct{})
		t.Cleanup(func() {
			_ = l.Close()
			<-ended
			for _, c := range held {
				_ = c.Close()
			}
		})
		go func() {
			defer close(ended)
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				held = append(held, c)
				do(c.(*net.TCPConn))
			}
		}()
		return at(scheme, l)
	}
}

// says reads a whole request, for who closes with something unread resets, writes
// an answer and closes.
func says(scheme, answer string) func(*testing.T) string {
	return raw(scheme, func(c *net.TCPConn) {
		defer func() { _ = c.Close() }()
		if scheme == "http" {
			r, err := http.ReadRequest(bufio.NewReader(c))
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
		} else {
			_, _ = c.Read(make([]byte, 16<<10)) // the first flight is one record
		}
		_, _ = io.WriteString(c, answer)
	})
}

// wantsCertificate says so and reads on until we hang up: who closes while there is
// something to be read resets the connection, which can overtake what was said.
func wantsCertificate(t *testing.T) string {
	c := &tls.Config{Certificates: []tls.Certificate{trusted().issue(t, nil)}, ClientAuth: tls.RequireAnyClientCert}
	return raw("https", func(conn *net.TCPConn) {
		defer func() { _ = conn.Close() }()
		_ = tls.Server(conn, c).Handshake() // fails, and is meant to
		_, _ = io.Copy(io.Discard, conn)
	})(t)
}

// resets waits for the first bytes and resets the connection.
func resets(scheme string) func(*testing.T) string {
	return raw(scheme, func(c *net.TCPConn) {
		_ = c.SetLinger(0)
		_, _ = c.Read(make([]byte, 1))
		_ = c.Close()
	})
}

// closedPort is an inbox at a port where nobody listens any more.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.3:0")
	if err != nil {
		t.Skipf("no 127.0.0.3 on this machine: %v", err)
	}
	_ = l.Close()
	return strings.Replace(at("https", l), "bots.example", "closed.example", 1)
}

// fullPort is an inbox at a port whose queue of connections is full, so that the
// kernel drops whoever wants to connect.
func fullPort(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(name.(*syscall.SockaddrInet4).Port)).String()
	for range 8 {
		c, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return strings.Replace("https://"+address+"/inbox", "127.0.0.1", "bots.example", 1)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	t.Skip("this kernel keeps more connections than it was told to")
	return ""
}

// patience is how long a way out waits; zero fields leave it as it is.
type patience struct {
	total, dial, handshake time.Duration
}

// wayOut is the real one, but for the certificates that it trusts, the addresses
// that it may go to, and its patience.
func wayOut(t *testing.T, p patience) *http.Client {
	t.Helper()
	o := outbound.Options{AllowHTTP: true, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Own: "our.example", UserAgent: "Plenum/test"}
	tr := outbound.Transport(o)
	t.Cleanup(tr.CloseIdleConnections)
	tr.TLSClientConfig.RootCAs = x509.NewCertPool()
	tr.TLSClientConfig.RootCAs.AddCert(trusted().cert)
	if p.handshake > 0 {
		tr.TLSHandshakeTimeout = p.handshake
	}
	if dial := tr.DialContext; p.dial > 0 {
		tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, p.dial)
			defer cancel()
			return dial(ctx, network, address)
		}
	}
	c := outbound.Deliverer(outbound.Guard(o, tr))
	if p.total > 0 {
		c.Timeout = p.total
	}
	return c
}

// rotating is a ring whose key was changed.
type rotating struct {
	*ring
	at time.Time
}

func (r rotating) Rotated(context.Context, coop.Name) (time.Time, error) { return r.at, nil }

// attempt sends one delivery to an inbox, by the real worker and the real way out,
// and returns it with what came of it.
func attempt(t *testing.T, inbox string, c provocation) coop.Delivery {
	t.Helper()
	_, key := first()
	q, client, events := &queue{}, wayOut(t, c.patience), make(chan delivery.Event, 8)
	row := q.add(inbox, c.actors(inbox)...)
	row.Created, row.Next = today, today
	w := worker(t, q, client.Transport)
	keys := &ring{key: key}
	if c.keyless {
		keys.set(nil, errDisk)
	}
	w.Client, w.Keys, w.Log = client, rotating{keys, c.rotated}, nil
	began := time.Now()
	w.Now = func() time.Time { return today.Add(time.Since(began)) }
	w.Gone = func(ctx context.Context, actor coop.IRI) bool {
		f := &outbound.Fetcher{Transport: client.Transport}
		res, err := f.Get(ctx, string(actor), "application/activity+json", nil)
		return err == nil && res.Status == http.StatusGone
	}
	w.Observe = func(e delivery.Event) { events <- e }
	stop := start(t, w)
	defer stop()
	select {
	case e := <-events:
		d := e.Job
		d.State, d.Next, d.Results = e.Verdict.State, e.Verdict.Next, []coop.Attempt{e.Verdict.Attempt}
		return d
	case <-time.After(25 * time.Second):
		t.Fatal("no attempt was settled")
		return coop.Delivery{}
	}
}
