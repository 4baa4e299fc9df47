// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"plenum/fedtest"
	"plenum/instance"
)

// serve serves an instance as the program does, and returns a client that
// reaches nothing else.
func serve(t *testing.T, p *plenum) *http.Client {
	t.Helper()
	l := fedtest.NewPipes()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- instance.Serve(ctx, l, p.public, slog.New(slog.DiscardHandler)) }()
	transport := &http.Transport{DialContext: l.Dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &http.Client{Transport: transport}
}

// slowly gives its parts with a second between them.
type slowly struct{ parts [][]byte }

func (s *slowly) Read(b []byte) (int, error) {
	if len(s.parts) == 0 {
		return 0, io.EOF
	}
	time.Sleep(time.Second) // of the bubble's clock
	n := copy(b, s.parts[0])
	s.parts = s.parts[1:]
	return n, nil
}

// The ten seconds that a body may take are over when it has arrived: the host of
// the key may take its own.
func TestSlowDeliveryIsStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlenum(t)
		x := p.newPeer("social.example", "anna")
		quick := p.net.hosts["social.example"]
		p.net.add("social.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(8 * time.Second)
			quick.ServeHTTP(w, r)
		}))
		body := x.activity("1", "Follow", alpha)
		in := p.delivery("/ap/inbox", x, body)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+site.Domain+"/ap/inbox",
			&slowly{[][]byte{body[:10], body[10:20], body[20:30], body[30:]}})
		if err != nil {
			t.Fatal(err)
		}
		r.Header, r.ContentLength = in.Header, int64(len(body))
		res, err := serve(t, p).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusAccepted || !p.followed("alpha", x.id) {
			t.Errorf("got %d", res.StatusCode)
		}
	})
}

// D06: who sends nothing is not waited for.
func TestStalledBodyIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlenum(t)
		client := serve(t, p)
		body, hold := io.Pipe()
		defer hold.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+site.Domain+"/ap/inbox", io.MultiReader(bytes.NewReader([]byte("{")), body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", as2Short)
		began := time.Now()
		res, err := client.Do(r)
		if err == nil {
			defer res.Body.Close()
			if res.StatusCode != http.StatusBadRequest {
				t.Errorf("got %d", res.StatusCode)
			}
		} else if errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if took := time.Since(began); took > 11*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
