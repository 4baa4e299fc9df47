// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// Peer is a raw actor on a host of its own: a key, a document, an inbox that
// writes down what arrives, and hands that send whatever a test wants. It knows
// no rule.
type Peer struct {
	Host  string
	ID    coop.IRI
	KeyID coop.IRI
	Key   *rsa.PrivateKey
	Inbox coop.IRI

	net    *Network
	beside *Peer // the first actor of the host, who has its routes

	mu     sync.Mutex
	routes map[string]http.HandlerFunc
	got    []Received
	count  int
}

// Received is what arrived at an inbox of a peer.
type Received struct {
	At       time.Time
	Path     string
	Type, ID string
	Body     []byte
	Verified bool // by the key that the sender's own document gives
	Status   int  // what it was answered
}

// pool are RSA keys for the peers of all tests of a binary, made when they are
// first needed. Peers of one network never share one.
var pool = [8]func() *rsa.PrivateKey{}

var fill = sync.OnceFunc(func() {
	for n := range pool {
		pool[n] = sync.OnceValue(func() *rsa.PrivateKey {
			k, err := keys.Generate(rand.Reader)
			if err != nil {
				panic(err) // no randomness: nothing here makes sense any more
			}
			return k
		})
	}
})

// NewKey is a key that nothing else in this network has.
func (n *Network) NewKey() *rsa.PrivateKey {
	fill()
	n.mu.Lock()
	k := n.peers
	n.peers++
	n.mu.Unlock()
	if k >= len(pool) {
		n.t.Fatalf("fedtest: a test has at most %d keys of raw peers", len(pool))
	}
	return pool[k]()
}

// Peer puts a raw actor on a host.
func (n *Network) Peer(name string) *Peer {
	n.t.Helper()
	return n.peer(name, n.NewKey())
}

// Elsewhere puts a raw actor on another host, with the same key: it costs nothing
// to have a hundred.
func (p *Peer) Elsewhere(name string) *Peer { return p.net.peer(name, p.Key) }

func (n *Network) peer(name string, key *rsa.PrivateKey) *Peer {
	base := coop.IRI("https://" + name)
	p := &Peer{
		Host: name, ID: base + "/actor", KeyID: base + "/actor#main-key", Key: key, Inbox: base + "/inbox",
		net: n, routes: map[string]http.HandlerFunc{},
	}
	p.Serve("/actor", as2, p.Document())
	p.Route("/inbox", p.take(http.StatusAccepted))
	n.hold(name, p, false)
	return p
}

// Document is the actor's own document, as it should be. A test changes the copy
// that it gets, and serves that.
func (p *Peer) Document() Document {
	pem, err := keys.EncodePublic(&p.Key.PublicKey)
	if err != nil {
		p.net.t.Fatal(err)
	}
	return Document{
		"@context": []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":       p.ID, "type": "Person", "preferredUsername": "peer", "name": "A peer",
		"inbox": p.Inbox, "outbox": p.ID + "/outbox", "followers": p.ID + "/followers",
		"publicKey": Document{"id": p.KeyID, "owner": p.ID, "publicKeyPem": pem},
	}
}

// Another puts a second actor beside the first, with the same inbox and key.
func (p *Peer) Another(path string) *Peer {
	id := coop.IRI("https://" + p.Host + path)
	q := &Peer{Host: p.Host, ID: id, KeyID: id + "#main-key", Key: p.Key, Inbox: p.Inbox, net: p.net, beside: p}
	p.Serve(path, as2, q.Document())
	return q
}

// Serve answers GET of a path with a document.
func (p *Peer) Serve(path, contentType string, doc Document) {
	body := doc.Bytes()
	p.Route(path, func(w http.ResponseWriter, _ *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		} else {
			w.Header()["Content-Type"] = nil
		}
		_, _ = w.Write(body)
	})
}

// Status answers a path with a status and nothing else.
func (p *Peer) Status(path string, status int) {
	p.Route(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

// Redirect answers a path with the way to a URL.
func (p *Peer) Redirect(path, to string) {
	p.Route(path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
}

// Route answers a path with a function.
func (p *Peer) Route(path string, h http.HandlerFunc) {
	if p.beside != nil {
		p = p.beside
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.routes[path] = h
}

// Answers lets the inbox answer with a status from now on.
func (p *Peer) Answers(status int) { p.Route("/inbox", p.take(status)) }

func (p *Peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	h := p.routes[r.URL.Path]
	p.mu.Unlock()
	if h == nil {
		http.NotFound(w, r)
		return
	}
	h(w, r)
}

// take writes down what arrives and checks its signature as a peer would.
func (p *Peer) take(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "the request broke off", http.StatusBadRequest)
			return
		}
		got := Received{At: time.Now(), Path: r.URL.Path, Body: body, Status: status}
		var head struct{ ID, Type, Actor string }
		if json.Unmarshal(body, &head) == nil {
			got.Type, got.ID = head.Type, head.ID
		}
		got.Verified = p.verified(r, body, head.Actor)
		p.mu.Lock()
		p.got = append(p.got, got)
		p.mu.Unlock()
		w.WriteHeader(status)
	}
}

// verified reports whether the key that an actor of ours publishes made the
// signature. It is asked of the instance and not over the network.
func (p *Peer) verified(r *http.Request, body []byte, actor string) bool {
	claim, err := keys.Read(r, body, keys.Target{Scheme: "https", Host: p.Host}, time.Now())
	if err != nil || string(claim.KeyID) != actor+"#main-key" {
		return false
	}
	for _, i := range p.net.all() {
		ref, ok := i.Site.Parse(coop.IRI(actor))
		if !ok {
			continue
		}
		secret, err := i.DB.PrivateKey(contextOf(p.net.t), ref.Name) // an actor that is gone shows no key any more
		if err != nil {
			return false
		}
		key, err := keys.DecodePrivate(secret)
		return err == nil && claim.Verify(&key.PublicKey) == nil
	}
	return false
}

// Got returns what arrived, of the given types or all of it.
func (p *Peer) Got(types ...string) []Received {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Received
	for _, g := range p.got {
		if len(types) == 0 || slices.Contains(types, g.Type) {
			out = append(out, g)
		}
	}
	return out
}

// Distinct returns the ids of what arrived and was answered with 2xx, each once.
func (p *Peer) Distinct(kind string) []string {
	seen := map[string]bool{}
	for _, g := range p.Got(kind) {
		if g.Status/100 == 2 {
			seen[g.ID] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// NewID is an id on the peer's host that was not used before.
func (p *Peer) NewID(what string) coop.IRI {
	if p.beside != nil {
		p = p.beside
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	return coop.IRI(fmt.Sprintf("https://%s/%s/%d", p.Host, what, p.count))
}

// Activity is an activity of the peer.
func (p *Peer) Activity(kind string, object any) Document {
	return Document{
		"@context": "https://www.w3.org/ns/activitystreams", "id": p.NewID("activities"), "type": kind, "actor": p.ID, "object": object,
	}
}

// Note is a public note of the peer, and served under its id.
func (p *Peer) Note(text string) Document {
	id := p.NewID("notes")
	note := Document{
		"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Note", "attributedTo": p.ID, "name": text, "content": text,
		"to": coop.Public, "published": time.Now().UTC().Format(time.RFC3339),
	}
	p.Serve(string(id)[len("https://"+p.Host):], as2, note)
	return note
}

// Letter is a request that a peer is about to send; a test spoils it before.
type Letter struct {
	To     coop.IRI
	Body   []byte
	KeyID  coop.IRI
	Key    *rsa.PrivateKey
	Signed func(*http.Request) // called with the signed request
}

// Send signs a document and posts it to an inbox. It returns the status, 0 where
// there was no answer.
func (p *Peer) Send(to coop.IRI, doc Document) int { return p.Post(p.Letter(to, doc)) }

// Letter is what Send would send.
func (p *Peer) Letter(to coop.IRI, doc Document) Letter {
	return Letter{To: to, Body: doc.Bytes(), KeyID: p.KeyID, Key: p.Key}
}

// Post sends a letter.
func (p *Peer) Post(l Letter) int {
	p.net.t.Helper()
	ctx, cancel := context.WithTimeout(contextOf(p.net.t), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, string(l.To), bytes.NewReader(l.Body))
	if err != nil {
		p.net.t.Fatal(err)
	}
	r.Header.Set("Content-Type", as2)
	if err := keys.Sign(r, l.Body, l.KeyID, l.Key, time.Now()); err != nil {
		p.net.t.Fatal(err)
	}
	if l.Signed != nil {
		l.Signed(r)
	}
	res, err := from{Network: p.net, name: p.Host}.RoundTrip(r)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// Befriends lets the co-op of an instance follow the peer, who accepts.
func (p *Peer) Befriends(i *Instance) {
	p.net.t.Helper()
	follow := i.Follow(p.ID)
	p.net.Quiet()
	if status := p.Send(i.Site.SharedInbox(), p.Activity("Accept", follow)); status != http.StatusAccepted {
		p.net.t.Fatalf("%s answered the Accept of %s with %d", i.Host, p.ID, status)
	}
	if got := i.FollowState(p.ID); got != coop.FollowAccepted {
		p.net.t.Fatalf("%s follows %s: got %q", i.Host, p.ID, got)
	}
}

// Follows lets the peer follow an actor of an instance.
func (p *Peer) Follows(i *Instance, actor coop.IRI) {
	p.net.t.Helper()
	if status := p.Send(i.Site.SharedInbox(), p.Activity("Follow", actor)); status != http.StatusAccepted {
		p.net.t.Fatalf("%s answered the Follow of %s with %d", i.Host, p.ID, status)
	}
	p.net.Quiet()
}
