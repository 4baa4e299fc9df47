// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"context"
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
	"testing"
	"time"
)

// The words are tested against errors as they really come out of net/http, because
// their types and their wrapping are what can change under us.

// wordsFor sends a POST to a URL and returns what errorWords makes of the failure.
func wordsFor(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err == nil {
		_ = res.Body.Close()
		t.Fatalf("got an answer, %d", res.StatusCode)
	}
	got, final := errorWords(err)
	if final {
		t.Errorf("a failure of the network is final: %v", err)
	}
	return got
}

// to makes a client that connects to one address whatever the URL says.
func to(address string, c *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:   c,
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		},
	}}
}

// serve starts a TLS server with a certificate of its own, valid in a given time,
// and returns its address and a pool that trusts it.
func serve(t *testing.T, name string, until time.Time) (address string, trust *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: until.Add(-48 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	trust = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trust.AddCert(parsed)
	return s.Listener.Addr().String(), trust
}

// listen accepts connections and does to each what do says. It keeps them: one
// that nobody holds is closed by the garbage collector.
func listen(t *testing.T, do func(*net.TCPConn)) string {
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
	return l.Addr().String()
}

func TestWordsForTLS(t *testing.T) {
	t.Parallel()
	tomorrow, yesterday := time.Now().Add(24*time.Hour), time.Now().Add(-24*time.Hour)
	good, trust := serve(t, "b.example", tomorrow)
	old, trustOld := serve(t, "b.example", yesterday)
	plain := listen(t, func(c *net.TCPConn) {
		_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
		_ = c.Close()
	})
	for _, c := range []struct {
		address, host, want string
		trust               *x509.CertPool
	}{
		{good, "b.example", "the certificate of the host is from an unknown issuer (TLS)", x509.NewCertPool()},
		{good, "c.example", "the certificate of the host is for another name (TLS)", trust},
		{old, "b.example", "the certificate of the host has expired or is not valid yet (TLS)", trustOld},
	} {
		if got := wordsFor(t, to(c.address, &tls.Config{RootCAs: c.trust}), "https://"+c.host+"/inbox"); got != c.want {
			t.Errorf("got %q want %q", got, c.want)
		}
	}
	// net/http hides the type of this one, and its text says it well enough.
	if got, want := wordsFor(t, to(plain, nil), "https://b.example/inbox"), "the request failed: http: server gave HTTP response to HTTPS client"; got != want {
		t.Errorf("got %q want %q", got, want)
	}
	alert := to(good, &tls.Config{RootCAs: trust, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10})
	if got, want := wordsFor(t, alert, "https://b.example/inbox"), "the host broke off the handshake (TLS): tls: protocol version not supported"; got != want {
		t.Errorf("got %q want %q", got, want)
	}
	junk := listen(t, func(c *net.TCPConn) {
		_, _ = io.WriteString(c, "220 mail.b.example ESMTP\r\n")
		_ = c.Close()
	})
	if got, want := wordsFor(t, to(junk, nil), "https://b.example/inbox"), "the host does not speak TLS on this port"; got != want {
		t.Errorf("got %q want %q", got, want)
	}
}

func TestWordsForConnections(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	reset := listen(t, func(c *net.TCPConn) {
		_ = c.SetLinger(0)
		_, _ = c.Read(make([]byte, 1))
		_ = c.Close()
	})
	hangUp := listen(t, func(c *net.TCPConn) {
		_, _ = c.Read(make([]byte, 4096))
		_ = c.Close()
	})
	silent := listen(t, func(*net.TCPConn) {})
	hasty := to(silent, nil)
	hasty.Timeout = 50 * time.Millisecond
	nobody := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "b.example", IsNotFound: true}}
	}}}
	late := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}
	}}}
	for _, c := range []struct {
		client *http.Client
		want   string
	}{
		{to(closed, nil), "the connection was refused"},
		{to(reset, nil), "the connection was reset"},
		{to(hangUp, nil), "the connection was closed without an answer"},
		{hasty, "the server did not answer in time"},
		{nobody, "the name of the host does not exist (DNS)"},
		{late, "no connection came about in time"},
	} {
		if got := wordsFor(t, c.client, "http://b.example/inbox"); got != c.want {
			t.Errorf("got %q want %q", got, c.want)
		}
	}
}
