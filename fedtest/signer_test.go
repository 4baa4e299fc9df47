// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"net/http"
	"testing"

	"plenum/coop"
	"plenum/fedtest"
)

const ld = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`

// wants sends a letter and complains about any other answer than the one given.
func wants(t *testing.T, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %d want %d", what, got, want)
	}
}

// said is an activity of somebody with an id on the same host.
func said(by *fedtest.Peer, kind string, object any) fedtest.Document {
	return by.Activity(kind, object)
}

// docs/security.md S20, S21, S22.
func TestKeySpeaksForNobodyButTheActorWhoListsIt(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, evil, victim := n.Instance("a.example"), n.Peer("evil.example"), n.Peer("victim.example")
		inbox := a.Site.SharedInbox()
		post := func(p *fedtest.Peer, keyID coop.IRI, doc fedtest.Document) int {
			l := p.Letter(inbox, doc)
			l.KeyID = keyID
			return p.Post(l)
		}
		follow := said(victim, "Follow", a.Actor())
		wants(t, "S20: key on another host than the actor", post(evil, evil.KeyID, follow), http.StatusAccepted) // passed on, and not believed
		wants(t, "S20: the victim's key id, another key", post(evil, victim.KeyID, follow), http.StatusUnauthorized)

		evil.Serve("/key", ld, fedtest.Document{"id": "https://evil.example/key", "owner": victim.ID, "publicKeyPem": evil.Document()["publicKey"].(fedtest.Document)["publicKeyPem"]})
		wants(t, "S21: a key that calls the victim its owner", post(evil, "https://evil.example/key", follow), http.StatusUnauthorized)

		neighbour := evil.Another("/neighbour")
		evil.Serve("/forged", ld, fedtest.Document{"id": "https://evil.example/forged", "owner": neighbour.ID, "publicKeyPem": evil.Document()["publicKey"].(fedtest.Document)["publicKeyPem"]})
		wants(t, "S21: on the victim's own host", post(evil, "https://evil.example/forged", said(neighbour, "Follow", a.Actor())), http.StatusUnauthorized)
		wants(t, "S20: the key of a neighbour", post(evil, evil.KeyID, said(neighbour, "Follow", a.Actor())), http.StatusUnauthorized)
		if got := a.Followers(a.Coop); len(got) != 0 {
			t.Errorf("S20: somebody follows: %v", got)
		}

		own := n.Peer("own.example")
		doc := own.Document()
		doc["publicKey"].(fedtest.Document)["id"] = "https://own.example/key"
		own.Serve("/actor", ld, doc)
		wants(t, "S22: a key in a document of its own, listed by its actor", post(own, "https://own.example/key", said(own, "Follow", a.Actor())), http.StatusAccepted)
		if got := a.Followers(a.Coop); len(got) != 1 || got[own.ID] == "" {
			t.Errorf("got %v", got)
		}
	}, fedtest.Calm())
}

// docs/security.md O13: the id of a key that two actors list is good for its owner
// alone.
func TestListingTheKeyOfAnotherGainsNothing(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, evil, victim := n.Instance("a.example"), n.Peer("evil.example"), n.Peer("victim.example")
		for _, owner := range []coop.IRI{evil.ID, victim.ID} {
			doc := evil.Document()
			key := doc["publicKey"].(fedtest.Document)
			key["id"], key["owner"] = victim.KeyID, owner
			evil.Serve("/actor", ld, doc)
			l := evil.Letter(a.Site.SharedInbox(), said(victim, "Follow", a.Actor()))
			l.KeyID = victim.KeyID
			wants(t, "as the victim", evil.Post(l), http.StatusUnauthorized)
			l.Body = said(evil, "Follow", a.Actor()).Bytes()
			wants(t, "as itself", evil.Post(l), http.StatusUnauthorized)
		}
		wants(t, "the owner", victim.Send(a.Site.SharedInbox(), said(victim, "Follow", a.Actor())), http.StatusAccepted)
		if got := a.Followers(a.Coop); len(got) != 1 || got[victim.ID] == "" {
			t.Errorf("got %v", got)
		}
	}, fedtest.Calm())
}

// docs/security.md C01, C02; CVE-2024-25623.
func TestDocumentThatIsNotServedAsActivityStreamsIsNotBelieved(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]int{
		"": http.StatusUnauthorized, "text/html": http.StatusUnauthorized, "text/plain": http.StatusUnauthorized,
		"application/json": http.StatusUnauthorized, "application/octet-stream": http.StatusUnauthorized,
		"application/ld+json": http.StatusUnauthorized, `application/ld+json; profile="https://evil.example/"`: http.StatusUnauthorized,
		"application/activity+jsonx": http.StatusUnauthorized,
		"application/activity+json":  http.StatusAccepted, "Application/Activity+JSON; charset=utf-8": http.StatusAccepted, ld: http.StatusAccepted,
		`application/ld+json; profile="http://www.w3.org/ns/json-ld#compacted https://www.w3.org/ns/activitystreams"`: http.StatusAccepted,
	} {
		t.Run(contentType, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, peer, friend := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("friend.example")
				peer.Serve("/actor", contentType, peer.Document())
				wants(t, "an actor", peer.Send(a.Site.SharedInbox(), said(peer, "Follow", a.Actor())), want)

				friend.Befriends(a)
				note := friend.Note("A note")
				friend.Serve("/notes/typed", contentType, change(note, "id", "https://friend.example/notes/typed"))
				friend.Send(a.Site.SharedInbox(), said(friend, "Create", "https://friend.example/notes/typed"))
				if got := a.Names() != ""; got != (want == http.StatusAccepted) {
					t.Errorf("an object: kept %v", got)
				}
			}, fedtest.Calm())
		})
	}
}

// change is a copy of a document with another member.
func change(d fedtest.Document, member string, value any) fedtest.Document {
	out := fedtest.Document{}
	for k, v := range d {
		out[k] = v
	}
	if value == nil {
		delete(out, member)
	} else {
		out[member] = value
	}
	return out
}
