// SPDX-License-Identifier: AGPL-3.0-or-later

package outbound_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plenum/outbound"
)

// post makes a delivery and says what became of its connection.
func post(t *testing.T, c *http.Client, url string) (reused, resumed bool, proto string) {
	t.Helper()
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn:          func(i httptrace.GotConnInfo) { reused = i.Reused },
		TLSHandshakeDone: func(s tls.ConnectionState, _ error) { resumed = s.DidResume },
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(`{"type":"Create"}`))
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return reused, resumed, res.Proto
}

func TestConnectionsAndSessionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	for proto, h2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusAccepted)
		}))
		s.EnableHTTP2 = h2
		var handshakes atomic.Int32
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				handshakes.Add(1)
			}
		}
		s.StartTLS()
		t.Cleanup(s.Close)
		tr := outbound.Transport(dev())
		t.Cleanup(tr.CloseIdleConnections)
		tr.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		c := outbound.Deliverer(outbound.Guard(dev(), tr))
		if reused, resumed, got := post(t, c, s.URL); reused || resumed || got != proto {
			t.Errorf("%s: the first delivery: reused %v, resumed %v, %s", proto, reused, resumed, got)
		}
		for range 3 {
			if reused, _, _ := post(t, c, s.URL); !reused {
				t.Errorf("%s: another delivery made a connection of its own", proto)
			}
		}
		if handshakes.Load() != 1 {
			t.Errorf("%s: %d connections", proto, handshakes.Load())
		}
		reused, resumed := true, false
		for n := 0; reused && n < 1000; n++ { // the stream of the last delivery may need a moment to be seen as ended
			tr.CloseIdleConnections() // as happens after the idle time
			reused, resumed, _ = post(t, c, s.URL)
		}
		if reused || !resumed {
			t.Errorf("%s: after the connection was closed: reused %v, resumed %v", proto, reused, resumed)
		}
	}
}

// The idle time itself, for which CloseIdleConnections stands in above, is a setting
// that could get lost.
func TestIdleConnectionsAreBoundedInNumberAndTime(t *testing.T) {
	t.Parallel()
	tr := outbound.Transport(dev())
	if tr.IdleConnTimeout <= 0 || tr.IdleConnTimeout > 30*time.Second || tr.MaxIdleConns <= 0 || tr.MaxConnsPerHost <= 0 ||
		tr.MaxIdleConnsPerHost <= 0 || tr.TLSClientConfig.ClientSessionCache == nil || tr.DisableKeepAlives {
		t.Errorf("got %+v", tr)
	}
}

// rude answers each request with what play writes, on HTTP/1.1 without TLS.
func rude(t *testing.T, play func(c *net.TCPConn, stop <-chan struct{})) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop); _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					_, _ = io.Copy(io.Discard, r.Body)
					play(c.(*net.TCPConn), stop)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// manners are what peers do that mean ill, or are ill.
func manners() map[string]func(c *net.TCPConn, stop <-chan struct{}) {
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: 100\r\n\r\n"
	drip := func(text string) func(c *net.TCPConn, stop <-chan struct{}) {
		return func(c *net.TCPConn, stop <-chan struct{}) {
			for _, b := range []byte(text) {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				select {
				case <-stop:
				case <-time.After(5 * time.Millisecond):
				}
			}
			<-stop
		}
	}
	say := func(text string, end func(*net.TCPConn)) func(c *net.TCPConn, stop <-chan struct{}) {
		return func(c *net.TCPConn, _ <-chan struct{}) {
			_, _ = io.WriteString(c, text)
			end(c)
		}
	}
	reset := func(c *net.TCPConn) { _ = c.SetLinger(0); _ = c.Close() }
	return map[string]func(c *net.TCPConn, stop <-chan struct{}){
		"head byte by byte": drip(strings.Repeat("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 500), 2)),
		"body byte by byte": drip(head + strings.Repeat("x", 100)),
		"no end":            drip(head + "x"),
		"closed at once":    say("", func(*net.TCPConn) {}),
		"closed in head":    say("HTTP/1.1 2", func(*net.TCPConn) {}),
		"closed mid-body":   say(head+"{", func(*net.TCPConn) {}),
		"reset at once":     say("", reset),
		"reset mid-body":    say(head+"{", reset),
		"no HTTP":           say("220 mail.example ESMTP\r\n", func(*net.TCPConn) {}),
	}
}

// Peers that trickle, break off or reset cost their own request and nothing that
// stays. It runs alone: it counts the goroutines of the process.
func TestPeersThatMisbehaveLeaveNoGoroutineBehind(t *testing.T) {
	for name, play := range manners() {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			t.Cleanup(func() { settled(t, before) }) // after the server has gone
			url := rude(t, play)
			tr := outbound.Transport(dev())
			f := &outbound.Fetcher{Transport: outbound.Guard(dev(), tr), Timeout: 150 * time.Millisecond}
			c := outbound.Deliverer(f.Transport)
			c.Timeout = f.Timeout
			for range 5 {
				at := time.Now()
				_, err := f.Get(t.Context(), url, "*/*", nil)
				if err == nil {
					t.Error("got a whole answer")
				}
				if res, err := c.Post(url, "text/plain", strings.NewReader("{}")); err == nil {
					_, err = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
					if err == nil {
						t.Error("a delivery got a whole answer")
					}
				}
				if took := time.Since(at); took > 2*time.Second {
					t.Errorf("it took %v", took)
				}
				if errors.Is(err, context.DeadlineExceeded) {
					break // once is enough of those that take their time
				}
			}
			tr.CloseIdleConnections()
		})
	}
}

// settled waits until no more goroutines run than before.
func settled(t *testing.T, before int) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(end) {
			stacks := make([]byte, 64<<10)
			t.Errorf("%d goroutines run, %d did before\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
			return
		}
	}
}
