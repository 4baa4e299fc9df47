// SPDX-License-Identifier: AGPL-3.0-or-later

package instance_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plenum/coop"
	"plenum/instance"
	"plenum/keys"
	"plenum/store"
)

// elsewhere answers for every other host with actors who share one key.
type elsewhere struct{ pem string }

// RoundTrip implements http.RoundTripper.
func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	id := "https://" + r.URL.Host + r.URL.Path
	doc, err := json.Marshal(map[string]any{
		"id": id, "type": "Person", "preferredUsername": "x", "inbox": id + "/inbox",
		"publicKey": map[string]string{"id": id + "#main-key", "owner": id, "publicKeyPem": e.pem},
	})
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/activity+json"}},
		Body: io.NopCloser(bytes.NewReader(doc)), Request: r}, err
}

// BenchmarkInbox is what a verified activity costs from the handler to the disk, by
// many senders at once, without a network: for profiles. What it comes to beside a
// ceiling is for `make bench-inbox` to say.
//
//	go test ./instance -run '^$' -bench Inbox -benchtime 10000x -cpuprofile cpu.prof
func BenchmarkInbox(b *testing.B) {
	for _, kind := range []string{"Like", "Create", "Follow"} {
		b.Run(kind, func(b *testing.B) { benchInbox(b, kind) })
	}
}

const benchHost = "events.example"

func benchInbox(b *testing.B, kind string) {
	ctx := context.Background()
	key, err := keys.Generate(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	pem, err := keys.EncodePublic(&key.PublicKey)
	if err != nil {
		b.Fatal(err)
	}
	site := coop.Site{Domain: benchHost}
	db, err := store.Open(filepath.Join(b.TempDir(), "data"), store.Options{Create: true, Domain: benchHost, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	i, err := instance.New(ctx, instance.Options{Site: site, Version: "bench", DB: db, Transport: elsewhere{pem}, Now: time.Now, Rand: rand.Reader,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := i.Fed.AddCoop(ctx, coop.Coop{Name: "alpha", Title: "Alpha", Approve: true}); err != nil {
		b.Fatal(err)
	}
	var posts []string
	for n := range 12 {
		made, err := i.Fed.Submit(ctx, coop.Principal{Coop: "alpha", Role: coop.Publisher}, fmt.Appendf(nil, `{"type":"Article","name":"Report %d","content":%q}`, n,
			strings.Repeat("<p>Two hundred evenings, four venues, and a room that somebody always unlocked.</p>", 8)), "")
		if err != nil {
			b.Fatal(err)
		}
		var a struct{ Object struct{ ID string } }
		if err := json.Unmarshal(made.Body, &a); err != nil {
			b.Fatal(err)
		}
		posts = append(posts, a.Object.ID)
	}
	h := i.Handler()
	const actors = 2000
	for n := range min(actors, b.N) { // every key is known
		send(b, h, n, benchRequest(b, key, n, map[string]any{"type": "View", "object": posts[0]}))
	}
	requests := make([]*http.Request, b.N)
	for n := range requests {
		requests[n] = benchRequest(b, key, n%actors, benchDoc(kind, n, n%actors, posts))
	}
	var next atomic.Int64
	b.SetParallelism(64)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := int(next.Add(1)) - 1
			send(b, h, n%actors, requests[n])
		}
	})
}

func benchActor(n int) string { return fmt.Sprintf("https://h%d.example/users/%d", n%100, n) }

func benchDoc(kind string, n, actor int, posts []string) map[string]any {
	me := benchActor(actor)
	switch kind {
	case "Follow":
		return map[string]any{"id": fmt.Sprintf("%s/%d", me, n), "type": kind, "object": "https://" + benchHost + "/ap/coops/alpha"}
	case "Create":
		return map[string]any{"id": fmt.Sprintf("%s/%d", me, n), "type": kind, "to": coop.Public, "object": map[string]any{
			"id": fmt.Sprintf("%s/note/%d", me, n), "type": "Note", "attributedTo": me, "to": coop.Public, "inReplyTo": posts[n%len(posts)],
			"content": "<p>We were there, and it was good: the talk about the roof, and the soup after it.</p>"}}
	}
	return map[string]any{"id": fmt.Sprintf("%s/%d", me, n), "type": kind, "object": posts[n%len(posts)]}
}

func benchRequest(b *testing.B, key *rsa.PrivateKey, actor int, doc map[string]any) *http.Request {
	b.Helper()
	me := benchActor(actor)
	doc["actor"] = me
	if doc["id"] == nil {
		doc["id"] = me + "/first"
	}
	body, err := json.Marshal(doc)
	if err != nil {
		b.Fatal(err)
	}
	out, err := http.NewRequest(http.MethodPost, "https://"+benchHost+"/ap/inbox", nil)
	if err != nil {
		b.Fatal(err)
	}
	if err := keys.Sign(out, body, coop.IRI(me+"#main-key"), key, time.Now()); err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/ap/inbox", bytes.NewReader(body))
	r.Host, r.Header = benchHost, out.Header
	r.Header.Set("Content-Type", "application/activity+json")
	return r
}

// send lets each host have an address of its own.
func send(b *testing.B, h http.Handler, actor int, r *http.Request) {
	r.RemoteAddr = fmt.Sprintf("203.0.113.%d:1000", actor%100)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusAccepted {
		b.Errorf("got %d: %s", w.Code, w.Body)
	}
}
