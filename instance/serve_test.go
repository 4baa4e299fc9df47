// SPDX-License-Identifier: AGPL-3.0-or-later

package instance_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"plenum/fedtest"
	"plenum/instance"
)

// serving runs a server in a bubble and gives the test one connection to it.
func serving(t *testing.T, test func(t *testing.T, c net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := fedtest.NewPipes()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
		go func() { done <- instance.Serve(ctx, l, h, slog.New(slog.DiscardHandler)) }()
		client, err := l.Dial(ctx, "tcp", "")
		if err != nil {
			t.Fatal(err)
		}
		test(t, client)
		_ = client.Close()
		time.Sleep(2 * time.Second) // who writes notices
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// closes reports how long a connection lives on when nothing more is sent.
func closes(t *testing.T, c net.Conn) time.Duration {
	t.Helper()
	began := time.Now()
	if _, err := io.Copy(io.Discard, c); err != nil {
		t.Error(err)
	}
	return time.Since(began)
}

// D06.
func TestHeadersThatComeSlowlyAreCutOff(t *testing.T) {
	t.Parallel()
	serving(t, func(t *testing.T, c net.Conn) {
		go func() { // a byte each second, for ever
			for i := 0; ; i++ {
				if _, err := c.Write([]byte{"GET / HTTP/1.1\r\nX: "[min(i, 18)]}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		if took := closes(t, c); took > 6*time.Second {
			t.Errorf("the connection was open for %v", took)
		}
	})
}

// D06.
func TestBodyThatComesSlowlyIsCutOff(t *testing.T) {
	t.Parallel()
	serving(t, func(t *testing.T, c net.Conn) {
		go func() {
			_, _ = io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
			for {
				if _, err := c.Write([]byte("x")); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		if took := closes(t, c); took > 61*time.Second {
			t.Errorf("the connection was open for %v", took)
		}
	})
}

// D07.
func TestLargeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]int{15 << 10: http.StatusOK, 32 << 10: http.StatusRequestHeaderFieldsTooLarge} {
		serving(t, func(t *testing.T, c net.Conn) {
			go func() {
				_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("x", size)+"\r\n\r\n")
			}()
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("%d bytes: got %d want %d", size, res.StatusCode, want)
			}
		})
	}
}

// D08.
func TestIdleConnectionIsClosed(t *testing.T) {
	t.Parallel()
	serving(t, func(t *testing.T, c net.Conn) { // one that says nothing at all
		if took := closes(t, c); took > 6*time.Second {
			t.Errorf("the connection was open for %v", took)
		}
	})
	serving(t, func(t *testing.T, c net.Conn) { // one that asked once
		go func() { _, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n") }()
		if took := closes(t, c); took > 121*time.Second {
			t.Errorf("the connection was open for %v", took)
		}
	})
}
