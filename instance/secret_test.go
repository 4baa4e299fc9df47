// SPDX-License-Identifier: AGPL-3.0-or-later

package instance_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/coop"
	"plenum/instance"
	"plenum/keys"
	"plenum/mail"
	"plenum/outbound"
	"plenum/store"
)

var site = coop.Site{Domain: "events.example"}

// theirs is the key of whoever signs here.
var theirs = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := keys.Generate(rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
})

// world answers what an instance asks.
type world func(*http.Request) (*http.Response, error)

func (w world) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

// open opens a store in a directory, making it where it is missing.
func open(t *testing.T, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(dir, store.Options{Create: true, Domain: site.Domain})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // a test that closes it itself has checked
	return db
}

// made is an instance with a co-op, and all that it logs.
func made(t *testing.T, db *store.DB, w world) (*instance.Instance, *bytes.Buffer) {
	t.Helper()
	return madeWith(t, db, w, nil)
}

func madeWith(t *testing.T, db *store.DB, w world, letters *mail.Server) (*instance.Instance, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer // the handler has a lock
	in, err := instance.New(t.Context(), instance.Options{
		Site: site, DB: db, Version: "1", Transport: w, Mail: letters, Now: time.Now, Rand: rand.Reader,
		Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Fed.AddCoop(t.Context(), coop.Coop{Name: "alpha", Title: "Alpha"}); err != nil {
		t.Fatal(err)
	}
	return in, &log
}

// delivery is a signed Follow by an actor elsewhere.
func delivery(t *testing.T, actor coop.IRI) *http.Request {
	t.Helper()
	body := fmt.Appendf(nil, `{"id":"%s/1","type":"Follow","actor":"%s","object":"%s"}`, actor, actor, site.Actor("alpha"))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, string(site.SharedInbox()), bytes.NewReader(body))
	if err := keys.Sign(r, body, actor+"#main-key", theirs(), time.Now()); err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/activity+json")
	r.RequestURI = r.URL.RequestURI()
	return r
}

func do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var requestID = regexp.MustCompile(`"instance":"[^"]*"`)

// F13. Who makes us ask somebody learns nothing of what we saw there: a host that
// is inside, one that refuses, one that does not exist and one that answers in
// confidence are the same to them.
func TestWhatWeSawElsewhereIsNotTold(t *testing.T) {
	t.Parallel()
	inside := outbound.Transport(outbound.Options{})
	in, _ := made(t, open(t, filepath.Join(t.TempDir(), "data")), func(r *http.Request) (*http.Response, error) {
		switch host := r.URL.Hostname(); host {
		case "inside.localhost":
			return inside.RoundTrip(r)
		case "refuses.example":
			return nil, errors.New("dial tcp 10.1.2.3:443: connect: connection refused")
		case "nowhere.example":
			return nil, errors.New("lookup nowhere.example on 10.9.8.7:53: no such host")
		default:
			status := map[string]int{"fails.example": 500, "busy.example": 429, "strange.example": 200, "closed.example": 403, "missing.example": 404}[host]
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/plain"}, "Server": {"in confidence"}},
				Body: io.NopCloser(strings.NewReader("in confidence")), Request: r}, nil
		}
	})
	h := in.Handler()
	for status, hosts := range map[int][]string{
		http.StatusServiceUnavailable: {"inside.localhost", "refuses.example", "nowhere.example", "fails.example", "busy.example"},
		http.StatusUnauthorized:       {"strange.example", "closed.example", "missing.example"},
	} {
		first := ""
		for _, host := range hosts {
			w := do(h, delivery(t, coop.IRI("https://"+host+"/users/eve")))
			body := requestID.ReplaceAllString(w.Body.String(), "")
			if first == "" {
				first = body
			}
			if w.Code != status || body != first {
				t.Errorf("%s: got %d %s, want %d %s", host, w.Code, body, status, first)
			}
		}
	}
}

// L10, P09. A panic and a failure of ours tell a stranger nothing, and the log has
// no token, no signature and no key, whatever happens.
func TestFailureOfOursTellsNothing(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "data"))
	in, log := made(t, db, func(*http.Request) (*http.Response, error) { panic("the password is swordfish") })
	h := in.Handler()
	pem, err := db.PrivateKey(t.Context(), "alpha")
	if err != nil {
		t.Fatal(err)
	}
	var token struct{ Secret string }
	w := do(in.Control(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/control/tokens", strings.NewReader(`{"coop":"alpha","label":"x","scope":"write"}`)))
	if err := json.Unmarshal(w.Body.Bytes(), &token); err != nil || token.Secret == "" {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	secrets := []string{token.Secret, strings.Split(string(pem), "\n")[1], "PRIVATE KEY", "keyId="}
	var answers []*httptest.ResponseRecorder
	post := func(body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, string(site.Of("alpha", "outbox")), strings.NewReader(body))
		r.Header.Set("Content-Type", "application/activity+json")
		r.Header.Set("Authorization", "Bearer "+token.Secret)
		answers = append(answers, do(h, r))
	}
	signed := delivery(t, "https://peer.example/users/eve")
	secrets = append(secrets, signed.Header.Get("Signature"))
	answers = append(answers, do(h, signed)) // panics while the key is fetched
	post(`{"type":"Follow","object":"https://peer.example/users/eve"}`)
	panics := len(answers)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	post(`{"type":"Note","content":"x"}`)
	answers = append(answers, do(h, httptest.NewRequestWithContext(t.Context(), http.MethodGet, string(site.Actor("alpha"))+"/outbox", nil)))
	for i, w := range answers {
		if i < panics && w.Code != http.StatusInternalServerError || w.Code < 500 {
			t.Errorf("answer %d: got %d", i, w.Code)
		}
		for _, s := range append([]string{"swordfish", "goroutine", ".go:", "plenum.db", "/tmp", "panic"}, secrets...) {
			if strings.Contains(w.Body.String(), s) {
				t.Errorf("answer %d: %.40q stands in %s", i, s, w.Body)
			}
		}
	}
	if !strings.Contains(log.String(), "swordfish") || !strings.Contains(log.String(), "stack") {
		t.Error("the operator is not told of the panic")
	}
	for _, s := range secrets {
		if strings.Contains(log.String(), s) {
			t.Errorf("%.40q stands in the log", s)
		}
	}
}

// P14. A database that lost its instance actor is damaged. A new key would cut off
// all who follow it, so none is made.
func TestLostInstanceActorIsNotMadeAnew(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "data"))
	pem, err := keys.EncodePrivate(theirs())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.AddCoop(t.Context(), coop.Coop{Name: "alpha", Type: coop.Group, Title: "Alpha"}, pem); err != nil {
		t.Fatal(err)
	}
	o := instance.Options{Site: site, DB: db, Version: "1", Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)}
	if _, err := instance.New(t.Context(), o); err == nil || !strings.Contains(err.Error(), "restore a backup") {
		t.Errorf("got %v", err)
	}
	if _, err := db.Coop(t.Context(), coop.Relay); coop.CodeOf(err) != coop.NotFound {
		t.Errorf("there is an instance actor now: %v", err)
	}
}

// P14. Opening the same database again keeps every key.
func TestKeysSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	db := open(t, dir)
	made(t, db, nil)
	read := func(db *store.DB) (pems []string) {
		for _, n := range []coop.Name{coop.Relay, "alpha"} {
			pem, err := db.PrivateKey(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			pems = append(pems, string(pem))
		}
		return pems
	}
	before := read(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, dir)
	if _, err := instance.New(t.Context(), instance.Options{Site: site, DB: db, Version: "2", Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	if after := read(db); after[0] != before[0] || after[1] != before[1] {
		t.Error("a key has changed")
	}
}
