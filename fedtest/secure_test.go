// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
	"plenum/keys"
)

// vouched asks an instance whether it would let a GET in that a peer signs.
func vouched(t *testing.T, a *fedtest.Instance, p *fedtest.Peer, keyID coop.IRI) coop.Code {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, string(a.Actor()), nil)
	if err := keys.Sign(r, nil, keyID, p.Key, time.Now()); err != nil {
		t.Fatal(err)
	}
	r.RequestURI = r.URL.RequestURI() // as a server gets it
	claim, err := keys.Read(r, nil, keys.Target{Scheme: "https", Host: a.Host}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return coop.CodeOf(a.Fed.Vouch(t.Context(), claim))
}

// signedGet is what an id answers to a GET that a peer signs.
func signedGet(t *testing.T, a *fedtest.Instance, p *fedtest.Peer, id coop.IRI) (status int, body []byte) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, string(id), http.NoBody)
	r.Header.Set("Accept", "application/activity+json")
	if err := keys.Sign(r, nil, p.KeyID, p.Key, time.Now()); err != nil {
		t.Fatal(err)
	}
	r.RequestURI = r.URL.RequestURI()
	res := a.Do(r)
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

// Who reads is known by the actor of his key: it lists the key, and nobody refuses
// it.
func TestReaderIsVouchedForByTheActorOfTheKey(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, evil, bad := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example"), n.Peer("bad.example")
		rules(t, a, coop.RuleRefuse, bad.Host)
		want := func(what string, got, want coop.Code) {
			t.Helper()
			if got != want {
				t.Errorf("%s: got %q want %q", what, got, want)
			}
		}
		want("an actor", vouched(t, a, peer, peer.KeyID), "")
		want("another key", vouched(t, a, evil, peer.KeyID), coop.Unauthorized)
		want("a key that is not listed", vouched(t, a, peer, peer.ID+"#other"), coop.Unauthorized)
		want("who does not exist", vouched(t, a, peer, "https://peer.example/nobody#main-key"), coop.Unauthorized)
		want("one of ours", vouched(t, a, peer, a.Actor()+"#main-key"), coop.Unauthorized)
		want("who is refused", vouched(t, a, bad, bad.KeyID), coop.Forbidden)
		n.Peer("far.example")
		n.Down("far.example", true)
		want("a host that is down", vouched(t, a, peer, "https://far.example/actor#main-key"), coop.Unavailable)
		if got := len(n.To(bad.Host, http.MethodGet)); got != 0 {
			t.Errorf("who is refused was asked for %d documents", got)
		}
		rules(t, a, coop.RuleRefuse, string(peer.ID))
		want("an actor who is refused", vouched(t, a, peer, peer.KeyID), coop.Forbidden)
	}, fedtest.Calm())
}

// The ids of GoToSocial's keys have no fragment: the document at such an id says
// whose it is, and the actor has to say the same. docs/security.md S21, S22.
func TestOwnerOfAKeyWithoutAFragmentIsFound(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, victim := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("victim.example")
		const keyID = "https://peer.example/actor/main-key"
		doc := peer.Document()
		key := doc["publicKey"].(fedtest.Document)
		key["id"] = keyID
		peer.Serve("/actor", ld, doc)
		peer.Serve("/actor/main-key", ld, fedtest.Document{"id": peer.ID, "type": "Person", "preferredUsername": "peer", "publicKey": key})
		for range 3 {
			if got := vouched(t, a, peer, keyID); got != "" {
				t.Errorf("got %q", got)
			}
		}
		if got := len(n.To(peer.Host, http.MethodGet)); got != 2 {
			t.Errorf("%d documents were asked for, want the key's and the actor's once", got)
		}
		for path, owner := range map[string]coop.IRI{"/forged": victim.ID, "/neighbour-key": peer.Another("/neighbour").ID} {
			id := coop.IRI("https://peer.example" + path)
			peer.Serve(path, ld, fedtest.Document{"id": id, "owner": owner, "publicKeyPem": key["publicKeyPem"]})
			if got := vouched(t, a, peer, id); got != coop.Unauthorized {
				t.Errorf("a key that says it belongs to %s: got %q", owner, got)
			}
		}
		if got := len(n.To(victim.Host, http.MethodGet)); got != 0 {
			t.Errorf("the victim was asked for %d documents", got)
		}
		for range 5 {
			vouched(t, a, peer, "https://peer.example/nothing")
		}
		asked := 0
		for _, e := range n.To(peer.Host, http.MethodGet) {
			if e.Path == "/nothing" {
				asked++
			}
		}
		if asked != 1 {
			t.Errorf("what is not there was asked for %d times", asked)
		}
	}, fedtest.Calm())
}
