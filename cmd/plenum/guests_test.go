// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// guests are the servers of many who want to come to an event. They write down what
// each is told.
type guests struct {
	*testing.T
	pem     string
	servers []*httptest.Server

	mu   sync.Mutex
	told map[coop.IRI][]word // by actor, in the order in which it first came
}

// word is an answer to a Join.
type word struct {
	id   coop.IRI
	kind string // Accept or Reject
	join coop.IRI
}

// guest is who wants to come.
type guest struct {
	actor coop.IRI
	begun time.Time // when it first asked
	sure  time.Time // when it was answered 202
}

func (g *guest) join() coop.IRI  { return g.actor + "/join" }
func (g *guest) leave() coop.IRI { return g.actor + "/leave" }

// newGuests makes n guests on a few servers: how many keys are asked of one is
// bounded.
func newGuests(t *testing.T, n int) (*guests, []*guest) {
	t.Helper()
	key, err := sinkKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &guests{T: t, told: map[coop.IRI][]word{}}
	if s.pem, err = keys.EncodePublic(&key.PublicKey); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{name}", s.document)
	mux.HandleFunc("POST /users/{name}/inbox", s.inbox)
	const perServer = 50
	list := make([]*guest, n)
	for i := range list {
		if i%perServer == 0 {
			srv := httptest.NewServer(mux)
			t.Cleanup(srv.Close)
			s.servers = append(s.servers, srv)
		}
		list[i] = &guest{actor: coop.IRI(fmt.Sprintf("%s/users/g%d", s.servers[i/perServer].URL, i))}
	}
	return s, list
}

func (s *guests) document(w http.ResponseWriter, r *http.Request) {
	id := "http://" + r.Host + r.URL.Path
	w.Header().Set("Content-Type", activityJSON)
	_ = json.NewEncoder(w).Encode(map[string]any{ // the peer may be gone by now
		"@context": []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":       id, "type": "Person", "preferredUsername": r.PathValue("name"), "inbox": id + "/inbox", "outbox": id + "/outbox",
		"publicKey": map[string]any{"id": id + "#main-key", "owner": id, "publicKeyPem": s.pem},
	})
}

func (s *guests) inbox(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender was killed while it sent: nothing arrived
	}
	var a struct {
		ID     coop.IRI `json:"id"`
		Type   string   `json:"type"`
		Object struct {
			ID coop.IRI `json:"id"`
		} `json:"object"`
	}
	actor := coop.IRI("http://" + r.Host + strings.TrimSuffix(r.URL.Path, "/inbox"))
	if err := json.Unmarshal(body, &a); err != nil || a.Type != "Accept" && a.Type != "Reject" || a.Object.ID != actor+"/join" {
		if a.Type != "Update" {
			s.Errorf("%s was told %s", actor, body)
		}
		w.WriteHeader(http.StatusAccepted)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.told[actor], func(o word) bool { return o.id == a.ID }) {
		s.told[actor] = append(s.told[actor], word{a.ID, a.Type, a.Object.ID})
	}
	w.WriteHeader(http.StatusAccepted)
}

// heard is the last word that an actor was told, and how many of a kind there were.
func (s *guests) heard(actor coop.IRI, kind string) (last string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.told[actor] {
		last = w.kind
		if w.kind == kind {
			n++
		}
	}
	return last, n
}

// say signs an activity of a guest and posts it. An error means that it has to be
// said again: there was no answer, or one that asks for it.
func (s *guests) say(client *http.Client, inbox string, g *guest, id coop.IRI, kind, object string) error {
	body := fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":%q,"actor":%q,"object":%q}`, id, kind, g.actor, object)
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, inbox, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", activityJSON)
	key, err := sinkKey()
	if err != nil {
		return err
	}
	if err := keys.Sign(r, body, g.actor+"#main-key", key, time.Now()); err != nil {
		return err
	}
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return err
	case res.StatusCode == http.StatusAccepted:
		return nil
	case res.StatusCode == http.StatusServiceUnavailable:
		return fmt.Errorf("answered %s", res.Status)
	}
	s.Errorf("the %s of %s was answered %s: %s", kind, path.Base(string(g.actor)), res.Status, answer)
	return nil
}
