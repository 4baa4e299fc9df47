// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"net/http"
	"testing"
	"time"

	"plenum/fedtest"
)

// docs/security.md K01, T09: what is remembered of an actor's keys is not true any
// more once the actor has changed, is gone or grows old.
func TestRememberedKeysGoWithTheActor(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		inbox := a.Site.SharedInbox()
		fetches := func() int {
			return len(n.Exchanges(func(e fedtest.Exchange) bool { return e.To == peer.Host && e.Path == "/actor" }))
		}
		follow := func() int { return peer.Send(inbox, said(peer, "Follow", a.Actor())) }
		wants(t, "the first", follow(), http.StatusAccepted)
		n.Quiet()
		first := fetches()
		for range 20 {
			wants(t, "another", follow(), http.StatusAccepted)
		}
		if got := fetches(); got != first {
			t.Errorf("who is known cost %d fetches", got-first)
		}
		time.Sleep(25 * time.Hour)
		wants(t, "a day later", peer.Send(inbox, said(peer, "Like", a.Actor())), http.StatusAccepted)
		if got := fetches(); got != first+1 {
			t.Errorf("an actor that is a day old cost %d fetches, want 1", got-first)
		}

		old := peer.Key
		peer.Key = n.NewKey()
		peer.Serve("/actor", ld, peer.Document())
		letter := peer.Letter(inbox, said(peer, "Update", peer.Document()))
		letter.Key = old
		wants(t, "an Update by the old key", peer.Post(letter), http.StatusAccepted)
		letter = peer.Letter(inbox, said(peer, "Follow", a.Actor()))
		letter.Key = old
		wants(t, "by the old key", peer.Post(letter), http.StatusUnauthorized)
		wants(t, "by the new key", follow(), http.StatusAccepted)

		wants(t, "its Delete", peer.Send(inbox, said(peer, "Delete", peer.ID)), http.StatusAccepted)
		peer.Status("/actor", http.StatusGone)
		time.Sleep(10 * time.Minute)
		wants(t, "who is gone", follow(), http.StatusUnauthorized)
	}, fedtest.Calm())
}

// docs/security.md K02, T03: a Delete that its actor did not sign makes us read the
// actor's document, and keeps nobody from finding a new key in it.
func TestForgedDeletesDoNotHideANewKey(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, evil := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example")
		inbox := a.Site.SharedInbox()
		peer.Follows(a, a.Actor())
		time.Sleep(time.Hour)
		peer.Key = n.NewKey()
		peer.Serve("/actor", ld, peer.Document())
		for range 3 {
			forged := evil.Letter(inbox, said(peer, "Delete", peer.ID))
			forged.KeyID = peer.KeyID
			before := len(n.To(peer.Host, http.MethodGet))
			for range 10 {
				wants(t, "a forged Delete", evil.Post(forged), http.StatusUnauthorized)
			}
			if got := len(n.To(peer.Host, http.MethodGet)) - before; got != 1 {
				t.Errorf("ten forged Deletes cost %d fetches, want 1", got)
			}
			wants(t, "by the new key", peer.Send(inbox, said(peer, "Follow", a.Actor())), http.StatusAccepted)
			time.Sleep(6 * time.Minute)
		}
		peer.Key = n.NewKey()
		peer.Serve("/actor", ld, peer.Document())
		wants(t, "a Delete by the next key", peer.Send(inbox, said(peer, "Delete", peer.ID)), http.StatusAccepted)
		if got := a.Followers(a.Coop); len(got) != 0 {
			t.Errorf("it still follows: %v", got)
		}
	}, fedtest.Calm())
}
