// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// docs/security.md K01, K02.
func TestWrongSignaturesCostOneFetchPerInterval(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		inbox := a.Site.SharedInbox()
		fetches := func() int { return len(n.To(peer.Host, http.MethodGet)) }
		peer.Follows(a, a.Actor())
		time.Sleep(time.Hour)
		before := fetches()
		right := peer.Key
		peer.Key = n.NewKey()
		for range 100 {
			wants(t, "wrong key", peer.Send(inbox, said(peer, "Follow", a.Actor())), http.StatusUnauthorized)
			time.Sleep(2 * time.Second) // what was fetched in this very second is not fetched again in any case
		}
		if got := fetches() - before; got != 1 {
			t.Errorf("100 wrong signatures cost %d fetches", got)
		}
		time.Sleep(6 * time.Minute)
		peer.Serve("/actor", ld, peer.Document()) // now it is the right one
		wants(t, "K01: the new key", peer.Send(inbox, said(peer, "Follow", a.Actor())), http.StatusAccepted)
		if got := fetches() - before; got != 2 {
			t.Errorf("got %d fetches", got)
		}
		peer.Key = right
		wants(t, "the old key", peer.Send(inbox, said(peer, "Follow", a.Actor())), http.StatusUnauthorized)
	}, fedtest.Calm())
}

// docs/security.md K03.
func TestUnknownKeyOfAHostThatIsDownIsAskedForLater(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, known, unknown := n.Instance("a.example"), n.Peer("known.example"), n.Peer("unknown.example")
		inbox := a.Site.SharedInbox()
		known.Follows(a, a.Actor())
		for _, p := range []*fedtest.Peer{known, unknown} {
			n.Answer(p.Host, http.StatusBadGateway)
		}
		wants(t, "unknown", unknown.Send(inbox, said(unknown, "Follow", a.Actor())), http.StatusServiceUnavailable)
		time.Sleep(30 * time.Hour) // what is cached is old by now
		wants(t, "known", known.Send(inbox, said(known, "Follow", a.Actor())), http.StatusAccepted)
		forged := unknown.Letter(inbox, said(known, "Undo", a.Actor()))
		forged.KeyID = known.KeyID
		if got := unknown.Post(forged); got != http.StatusUnauthorized && got != http.StatusServiceUnavailable {
			t.Errorf("a forged signature while the key's host is down: got %d", got)
		}
		n.Answer(unknown.Host, 0)
		wants(t, "after the outage", unknown.Send(inbox, said(unknown, "Follow", a.Actor())), http.StatusAccepted)
	}, fedtest.Calm())
}

// docs/security.md K05.
func TestFailedFetchIsRememberedForATime(t *testing.T) {
	t.Parallel()
	for status, c := range map[int]struct {
		want  int
		after time.Duration
	}{
		http.StatusNotFound:   {http.StatusUnauthorized, 6 * time.Minute},
		http.StatusBadGateway: {http.StatusServiceUnavailable, time.Minute},
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, peer := n.Instance("a.example"), n.Peer("peer.example")
				peer.Status("/actor", status)
				for range 50 {
					wants(t, "no key", peer.Send(a.Site.SharedInbox(), said(peer, "Follow", a.Actor())), c.want)
				}
				if got := len(n.To(peer.Host, http.MethodGet)); got != 1 {
					t.Errorf("50 requests cost %d fetches", got)
				}
				peer.Serve("/actor", ld, peer.Document())
				time.Sleep(c.after)
				wants(t, "a key at last", peer.Send(a.Site.SharedInbox(), said(peer, "Follow", a.Actor())), http.StatusAccepted)
			}, fedtest.Calm())
		})
	}
}

// docs/security.md K07: a key that comes byte by byte.
func TestSlowKeyHostDelaysNobodyElse(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, slow, quick := n.Instance("a.example"), n.Peer("slow.example"), n.Peer("quick.example")
		n.Drip(slow.Host, time.Second)
		began := time.Now()
		var wait sync.WaitGroup
		wait.Go(func() {
			wants(t, "slow", slow.Send(a.Site.SharedInbox(), said(slow, "Follow", a.Actor())), http.StatusServiceUnavailable)
			if took := time.Since(began); took > 11*time.Second {
				t.Errorf("giving up took %v", took)
			}
		})
		time.Sleep(time.Second)
		wants(t, "quick", quick.Send(a.Site.SharedInbox(), said(quick, "Follow", a.Actor())), http.StatusAccepted)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the quick one took %v", took)
		}
		wait.Wait()
	}, fedtest.Calm())
}

// docs/security.md K08.
func TestManyRequestsWithOneUnknownKeyFetchItOnce(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		n.Slow(peer.Host, 2*time.Second)
		var wait sync.WaitGroup
		for range 100 {
			wait.Go(func() {
				wants(t, "Like", peer.Send(a.Site.SharedInbox(), said(peer, "Like", a.Actor())), http.StatusAccepted)
			})
		}
		wait.Wait()
		if got := len(n.To(peer.Host, http.MethodGet)); got != 1 {
			t.Errorf("the key was fetched %d times", got)
		}
		n.Quiet()
	}, fedtest.Calm())
}

// docs/security.md K09; GHSA-8863.
func TestKeyThatWasBelievedByOlderRulesIsFetchedAgain(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, evil := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example")
		peer.Follows(a, a.Actor())
		old, err := a.DB.Actor(t.Context(), peer.ID)
		if err != nil {
			t.Fatal(err)
		}
		old.Policy--
		old.Keys = []coop.Key{{ID: peer.KeyID, PEM: evil.Document()["publicKey"].(fedtest.Document)["publicKeyPem"].(string)}}
		for _, kind := range []string{"Follow", "Delete"} {
			if err := a.DB.SaveActor(t.Context(), old); err != nil { // as an older version believed it
				t.Fatal(err)
			}
			object := a.Actor()
			if kind == "Delete" {
				object = peer.ID
			}
			letter := evil.Letter(a.Site.SharedInbox(), said(peer, kind, object))
			letter.KeyID = peer.KeyID
			wants(t, kind, evil.Post(letter), http.StatusUnauthorized)
		}
		if got := a.Followers(a.Coop)[peer.ID]; got != coop.FollowAccepted {
			t.Errorf("got %q", got)
		}
	}, fedtest.Calm())
}
