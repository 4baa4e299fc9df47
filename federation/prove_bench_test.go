// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"plenum/coop"
	"plenum/keys"
	"plenum/store"
)

// BenchmarkProve is what it costs to know a sender by the signature of a request:
// the bare check with a parsed key, with an actor who is remembered, and with one
// whose row has to be read and whose key has to be parsed.
func BenchmarkProve(b *testing.B) {
	now := time.Now()
	db, err := store.Open(filepath.Join(b.TempDir(), "data"), store.Options{Create: true, Domain: "events.example", Now: func() time.Time { return now }})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	key, err := keys.Generate(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	pem, err := keys.EncodePublic(&key.PublicKey)
	if err != nil {
		b.Fatal(err)
	}
	actor := coop.Actor{
		ID: "https://a.example/u", Type: "Person", Inbox: "https://a.example/inbox", SharedInbox: "https://a.example/inbox", Fetched: coop.Stamp(now), Policy: policy,
		Keys: []coop.Key{{ID: "https://a.example/u#k", PEM: pem}},
	}
	if err := db.SaveActor(b.Context(), actor); err != nil {
		b.Fatal(err)
	}
	body := []byte(`{"id":"https://a.example/1","type":"Like","actor":"https://a.example/u","object":"https://events.example/x"}`)
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "https://events.example/ap/inbox", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	if err := keys.Sign(r, body, "https://a.example/u#k", key, now); err != nil {
		b.Fatal(err)
	}
	r.RequestURI = "/ap/inbox"
	claim, err := keys.Read(r, body, keys.Target{Scheme: "https", Host: "events.example"}, now)
	if err != nil {
		b.Fatal(err)
	}
	s := service("events.example", false)
	s.Now, s.Actors = func() time.Time { return now }, db
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := claim.Verify(&key.PublicKey); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, forget := range map[string]bool{"remembered": false, "read": true} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if forget {
					s.known.forget(actor.ID)
				}
				if _, err := s.proveRequest(b.Context(), claim, actor.ID); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
