// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// sink is a follower that none of us would want: a small server with one actor,
// whose inbox fails, hangs, closes the connection or takes what it then denies to
// have taken. What it took is counted by id.
type sink struct {
	*httptest.Server
	key    *rsa.PrivateKey
	sender crypto.PublicKey // of the co-op that it follows

	mu       sync.Mutex
	dice     *mathrand.Rand
	calm     bool
	objects  map[string]int // the Creates that it took, by the id of their object
	accepted bool           // its Follow was
	faults   []string       // what a follower may never see
}

func newSink(t *testing.T, seed uint64) *sink {
	t.Helper()
	key, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{key: key, dice: mathrand.New(mathrand.NewPCG(seed, 1)), calm: true, objects: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /actor", s.actor)
	mux.HandleFunc("POST /inbox", s.inbox)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *sink) id() coop.IRI { return coop.IRI(s.URL + "/actor") }

func (s *sink) actor(w http.ResponseWriter, _ *http.Request) {
	pem, err := keys.EncodePublic(&s.key.PublicKey)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", activityJSON)
	_ = json.NewEncoder(w).Encode(map[string]any{ // the peer may be gone by now
		"@context": []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":       s.id(), "type": "Application", "preferredUsername": "sink", "inbox": s.URL + "/inbox", "outbox": s.URL + "/outbox",
		"publicKey": map[string]any{"id": s.id() + "#main-key", "owner": s.id(), "publicKeyPem": pem},
	})
}

// follow asks a co-op and waits until it accepts.
func (s *sink) follow(t *testing.T, target coop.IRI) {
	t.Helper()
	a, err := activity.DecodeActor([]byte(fetchActivity(t, string(target))), true)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := keys.DecodePublic(a.Keys[0].PEM)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.sender = pub
	s.mu.Unlock()
	body := fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":"%s/follow","type":"Follow","actor":%q,"object":%q}`, s.URL, s.id(), target)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, string(a.Inbox), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", activityJSON)
	if err := keys.Sign(r, body, s.id()+"#main-key", s.key, time.Now()); err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		answer, _ := io.ReadAll(res.Body)
		t.Fatalf("the Follow was answered %s: %s", res.Status, answer)
	}
	eventually(t, 10*time.Second, func() string {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.accepted {
			return "the Follow of the sink was not accepted"
		}
		return ""
	})
}

func fetchActivity(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", activityJSON)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// behave says whether what comes from now on is answered as it should be.
func (s *sink) behave(calm bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calm = calm
}

// throw throws the dice: whether a request is taken, and how it is answered.
func (s *sink) throw() (take bool, how int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calm {
		return true, 0
	}
	how = s.dice.IntN(10)
	return how < 6 || s.dice.IntN(2) == 0, how
}

func (s *sink) inbox(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender was killed while it sent: nothing arrived
	}
	claim, err := keys.Read(r, body, keys.Target{Scheme: "http", Host: r.Host}, time.Now())
	if err == nil {
		s.mu.Lock()
		pub := s.sender
		s.mu.Unlock()
		err = claim.Verify(pub)
	}
	if err != nil {
		s.fault("a signature that does not hold: " + err.Error())
	}
	take, how := s.throw()
	if take {
		s.take(body)
	}
	switch how {
	case 6, 7: // fails, and may have kept it all the same: it comes again
		http.Error(w, "not today", http.StatusInternalServerError)
	case 8: // hangs, until the sender is gone or for a while
		ctx, cancel := context.WithTimeout(r.Context(), 150*time.Millisecond)
		defer cancel()
		<-ctx.Done()
		panic(http.ErrAbortHandler)
	case 9: // closes the connection without a word
		panic(http.ErrAbortHandler)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

func (s *sink) take(body []byte) {
	var a struct {
		Type   string `json:"type"`
		Object json.RawMessage
	}
	var object struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		s.fault("a document that is none: " + err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch a.Type {
	case "Accept":
		s.accepted = true
	case "Create":
		if err := json.Unmarshal(a.Object, &object); err != nil || object.ID == "" {
			s.faults = append(s.faults, "a Create without an object: "+string(body))
			return
		}
		s.objects[object.ID]++
	}
}

func (s *sink) fault(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, what)
}

// taken is what arrived until now, by the id of the object, and what was wrong.
func (s *sink) taken() (map[string]int, []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.objects), s.faults
}
