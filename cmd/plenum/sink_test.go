// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"sync"
	"testing"
	"time"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// manner is how a sink treats what it is sent.
type manner string

const (
	willing manner = "willing" // takes everything
	failing manner = "failing" // keeps nothing half of the time, and says so
	stuck   manner = "stuck"   // hangs, resets, breaks off; may have kept it all the same
	lying   manner = "lying"   // takes everything, and denies it the first time: all of it comes twice
)

// sink is a server on a port of its own with a few actors: a follower that none of
// us would want. It writes down what it keeps, and what a follower may never see.
type sink struct {
	*httptest.Server
	manner manner
	key    *rsa.PrivateKey
	shared bool // its actors have one inbox together, besides their own

	mu      sync.Mutex
	dice    *mathrand.Rand
	calm    bool
	pause   time.Duration                 // before each answer
	senders map[coop.IRI]crypto.PublicKey // the co-ops that its actors asked, and their keys
	boxes   map[string]*box               // by path
	denied  map[string]bool
	faults  []string
}

// box is what came to one inbox.
type box struct {
	from     map[coop.IRI]bool // whose posts may come here
	accepted map[coop.IRI]bool // who has accepted a Follow
	first    map[coop.IRI]int  // activities, and as the how-manieth each came first
	digest   map[coop.IRI][32]byte
	changed  map[coop.IRI]bool // Creates that came a second time, and not as they were
	copies   int
}

func newBox() *box {
	return &box{from: map[coop.IRI]bool{}, accepted: map[coop.IRI]bool{}, first: map[coop.IRI]int{}, digest: map[coop.IRI][32]byte{}, changed: map[coop.IRI]bool{}}
}

var sinkKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return keys.Generate(rand.Reader) })

func newSink(t *testing.T, m manner, shared bool, seed uint64) *sink {
	t.Helper()
	key, err := sinkKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{
		manner: m, key: key, shared: shared, dice: mathrand.New(mathrand.NewPCG(seed, 1)), calm: true,
		senders: map[coop.IRI]crypto.PublicKey{}, boxes: map[string]*box{}, denied: map[string]bool{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{name}", s.actor)
	mux.HandleFunc("POST /", s.inbox)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *sink) id(name string) coop.IRI { return coop.IRI(s.URL + "/users/" + name) }

// postbox is the path of the inbox to which posts for an actor go.
func (s *sink) postbox(name string) string {
	if s.shared {
		return "/inbox"
	}
	return "/users/" + name + "/inbox"
}

func (s *sink) actor(w http.ResponseWriter, r *http.Request) {
	pem, err := keys.EncodePublic(&s.key.PublicKey)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	id := s.id(r.PathValue("name"))
	doc := map[string]any{
		"@context": []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":       id, "type": "Application", "preferredUsername": r.PathValue("name"), "inbox": id + "/inbox", "outbox": id + "/outbox",
		"publicKey": map[string]any{"id": id + "#main-key", "owner": id, "publicKeyPem": pem},
	}
	if s.shared {
		doc["endpoints"] = map[string]any{"sharedInbox": s.URL + "/inbox"}
	}
	w.Header().Set("Content-Type", activityJSON)
	_ = json.NewEncoder(w).Encode(doc) // the peer may be gone by now
}

// follow lets an actor ask a co-op and waits until it accepts.
func (s *sink) follow(t *testing.T, name string, target coop.IRI) {
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
	s.senders[target] = pub
	s.at(s.postbox(name)).from[target] = true
	own := s.at("/users/" + name + "/inbox")
	s.mu.Unlock()
	s.send(t, name, a.Inbox, fmt.Sprintf(`"id":%q,"type":"Follow","object":%q`, string(s.id(name))+"/follows/"+path.Base(string(target)), target))
	eventually(t, 10*time.Second, func() string {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !own.accepted[target] {
			return "the Follow of " + name + " was not accepted"
		}
		return ""
	})
}

// leave lets an actor take a Follow back.
func (s *sink) leave(t *testing.T, name string, target coop.IRI) {
	t.Helper()
	a, err := activity.DecodeActor([]byte(fetchActivity(t, string(target))), true)
	if err != nil {
		t.Fatal(err)
	}
	id, n := s.id(name), path.Base(string(target))
	s.send(t, name, a.Inbox, fmt.Sprintf(`"id":"%s/undone/%s","type":"Undo","object":{"id":"%s/follows/%s","type":"Follow","actor":%q,"object":%q}`, id, n, id, n, id, target))
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.at(s.postbox(name)).from, target)
}

// send signs an activity of an actor and posts it, which must be taken.
func (s *sink) send(t *testing.T, name string, inbox coop.IRI, members string) {
	t.Helper()
	body := fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","actor":%q,%s}`, s.id(name), members)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, string(inbox), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", activityJSON)
	if err := keys.Sign(r, body, s.id(name)+"#main-key", s.key, time.Now()); err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		answer, _ := io.ReadAll(res.Body)
		t.Fatalf("%s was answered %s: %s", members, res.Status, answer)
	}
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

// dawdle lets each answer take a while from now on.
func (s *sink) dawdle(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pause = by
}

// at is the box of a path. s.mu is held.
func (s *sink) at(where string) *box {
	if s.boxes[where] == nil {
		s.boxes[where] = newBox()
	}
	return s.boxes[where]
}

// inbox takes whatever is posted, wherever to: what comes to an inbox that nobody
// has is a fault.
func (s *sink) inbox(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender was killed while it sent: nothing arrived
	}
	var a struct {
		ID, Actor coop.IRI
		Type      string
	}
	if err := json.Unmarshal(body, &a); err != nil || a.ID == "" {
		s.fault("what is no activity: %s", body)
	}
	claim, err := keys.Read(r, body, keys.Target{Scheme: "http", Host: r.Host}, time.Now())
	if err == nil {
		s.mu.Lock()
		pub := s.senders[a.Actor]
		s.mu.Unlock()
		if pub == nil || claim.KeyID != a.Actor+"#main-key" {
			err = fmt.Errorf("the key %s signs for %s", claim.KeyID, a.Actor)
		} else {
			err = claim.Verify(pub)
		}
	}
	if err != nil {
		s.fault("a signature that does not hold at %s: %v: %s", r.URL.Path, err, body)
	}
	keep, how, pause := s.decide(string(a.ID))
	if keep {
		s.keep(r.URL.Path, a.Type, a.ID, a.Actor, body)
	}
	ctx, cancel := context.WithTimeout(r.Context(), pause) // until the sender is gone, or for that long
	defer cancel()
	if pause > 0 {
		<-ctx.Done()
	}
	answerBy(w, r, how)
}

// decide throws the dice: whether a request is kept, how it is answered and after
// how long.
func (s *sink) decide(id string) (keep bool, how string, pause time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calm {
		return true, "202", s.pause
	}
	switch s.manner {
	case failing:
		if s.dice.IntN(2) == 0 {
			return false, []string{"500", "502", "503", "504", "408", "429", "401", "302"}[s.dice.IntN(8)], 0
		}
	case stuck:
		switch n := s.dice.IntN(10); n {
		case 0:
			return s.dice.IntN(2) == 0, "close", 150 * time.Millisecond
		case 1, 2, 3:
			return s.dice.IntN(2) == 0, []string{"reset", "close", "half"}[n-1], 0
		}
	case lying:
		if !s.denied[id] {
			s.denied[id] = true
			return true, []string{"500", "503", "reset", "close"}[s.dice.IntN(4)], 0
		}
	}
	return true, "202", 0
}

// answerBy answers a request, or does what hosts do instead.
func answerBy(w http.ResponseWriter, r *http.Request, how string) {
	switch how {
	case "close":
		panic(http.ErrAbortHandler)
	case "reset", "half":
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		if how == "half" {
			_, _ = io.WriteString(c, "HTTP/1.1 202 Acc") // nothing can be done about a sender that is gone
		} else if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // as is a reset that comes too late
		}
		_ = c.Close()
	default:
		var status int
		_, _ = fmt.Sscan(how, &status) // one of ours
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
	}
}

// keep writes down what came to an inbox and looks whether it may.
func (s *sink) keep(where, kind string, id, actor coop.IRI, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boxes[where]
	if b == nil {
		s.faults = append(s.faults, fmt.Sprintf("%s at %s, which is nobody's inbox", id, where))
		return
	}
	if kind == "Accept" {
		b.accepted[actor] = true
		return
	}
	if !b.from[actor] {
		s.faults = append(s.faults, fmt.Sprintf("a %s of %s at %s, where nobody follows it", kind, actor, where))
	}
	sum := sha256.Sum256(body)
	if old, again := b.digest[id]; again {
		switch {
		case old == sum:
		case kind == "Create": // it shows its post as it is by now
			b.changed[id] = true
		default:
			s.faults = append(s.faults, fmt.Sprintf("another %s under the id %s: %s", kind, id, body))
		}
		b.copies++
		return
	}
	b.first[id], b.digest[id] = len(b.first), sum
}

func (s *sink) fault(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

// wrong is what a follower may never see, and came all the same.
func (s *sink) wrong() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.faults)
}

// came says as the how-manieth each of some activities first came to an inbox; -1:
// not yet.
func (s *sink) came(where string, ids []coop.IRI) []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]int, len(ids))
	for i, id := range ids {
		n, ok := s.boxes[where].first[id]
		if out[i] = n; !ok {
			out[i] = -1
		}
	}
	return out
}

// changed reports whether a second copy of a Create differed from the first.
func (s *sink) changed(where string, id coop.IRI) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.boxes[where].changed[id]
}
