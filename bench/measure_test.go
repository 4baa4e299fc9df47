// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"plenum/keys"
)

// Of two posts to three inboxes one arrival is missing, one came twice, one inbox
// got what it should not, and one post is nobody's.
func TestWhatArrivedIsHeldAgainstWhatHadTo(t *testing.T) {
	t.Parallel()
	s := &sink{}
	s.reset()
	second := func(n int) int64 { return int64(n) * int64(time.Second) }
	for _, a := range []arrival{
		{ID: "a", Inbox: "1", At: second(2)}, {ID: "a", Inbox: "2", At: second(3)}, {ID: "a", Inbox: "3", At: second(4)},
		{ID: "b", Inbox: "1", At: second(5)}, {ID: "b", Inbox: "2", At: second(6)}, {ID: "b", Inbox: "2", At: second(60)},
		{ID: "a", Inbox: "4", At: second(60)}, {ID: "c", Inbox: "1", At: second(60)},
	} {
		s.take(a, []byte(a.ID))
	}
	var o outcome
	o.judge(s.taken, []published{{"a", second(1)}, {"b", second(3)}}, []string{"1", "2", "3"}, second(0))
	if o.again != 1 || o.missing != 1 || o.stray != 2 {
		t.Errorf("%d came again, %d are missing, %d are stray; want 1, 1, 2", o.again, o.missing, o.stray)
	}
	// Five arrivals, the last of them at six seconds.
	for _, c := range []struct{ got, want float64 }{
		{o.fromAnswer, 1}, {o.fromRequest, 5.0 / 6}, {o.fromArrival, 5.0 / 4}, {o.p50, 2000}, {o.p99, 3000},
	} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
	if o.check(s.taken) == nil {
		t.Error("figures of which something is missing are taken")
	}
}

// A signature of another key is found, and a figure with it is worthless.
func TestASignatureThatDoesNotHoldSpoilsTheFigure(t *testing.T) {
	t.Parallel()
	key, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := keys.EncodePublic(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{}
	s.reset()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	_, port, _ := strings.Cut(srv.Listener.Addr().String(), ":")
	n := &network{port: port}
	if err := n.reset(0, public); err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"id":"a","type":"Create"}`)
	post := func(keyBody []byte) {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "http://127.20.0.1/inbox", bytes.NewReader(body))
		if err := keys.Sign(r, keyBody, "http://localhost/a#main-key", key, time.Now()); err != nil {
			t.Fatal(err)
		}
		r.RequestURI = "/inbox" // as a server reads it from the wire
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusAccepted {
			t.Fatalf("got %d", w.Code)
		}
	}
	for range sample {
		post(body)
	}
	for range sample {
		post([]byte("something else"))
	}
	got, err := n.taken()
	if err != nil {
		t.Fatal(err)
	}
	if got.Looked != 2 || got.Bad != 1 || len(got.First) != 1 || got.Again != 2*sample-1 {
		t.Errorf("looked at %d, %d bad, %d first, %d again", got.Looked, got.Bad, len(got.First), got.Again)
	}
	if (&outcome{}).check(got) == nil {
		t.Error("figures with a bad signature are taken")
	}
}

// Who starts it asks in the same form that is answered.
func TestTheSinkIsAServerThatOneCanFollowFrom(t *testing.T) {
	t.Parallel()
	s := &sink{pems: []string{"a key"}}
	s.reset()
	for _, path := range []string{"/users/u7", "/.well-known/nodeinfo", "/nodeinfo/2.0"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.20.3.4:9"+path, nil))
		var doc struct {
			ID        string
			PublicKey struct{ PublicKeyPem string } `json:"publicKey"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != http.StatusOK {
			t.Errorf("%s: %d %v", path, w.Code, err)
		}
		if want := "http://127.20.3.4:9/users/u7"; strings.HasPrefix(path, "/users/") && (doc.ID != want || doc.PublicKey.PublicKeyPem != "a key") {
			t.Errorf("got %+v", doc)
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "http://127.0.0.1:9/reset?"+url.Values{"pause": {"soon"}}.Encode(), nil))
	if w.Code != http.StatusBadRequest {
		t.Errorf("a pause that is none: %s", fmt.Sprint(w.Code))
	}
}
