// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"net/http"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// docs/security.md R01, R02, R05.
func TestActivityCountsOnceEvenAfterARestart(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Befriends(a)
		inbox := a.Site.SharedInbox()
		note := peer.Note("first")
		create := said(peer, "Create", note)
		follow := said(peer, "Follow", a.Actor())
		undo := said(peer, "Undo", follow)
		for _, doc := range []fedtest.Document{create, follow, undo} {
			wants(t, "first", peer.Send(inbox, doc), http.StatusAccepted)
		}
		n.Quiet()
		other := change(create, "object", change(peer.Note("second"), "name", "second"))
		for range 2 {
			wants(t, "R01: the same Follow after it was undone", peer.Send(inbox, follow), http.StatusAccepted)
			wants(t, "R02: the same id, another object", peer.Send(inbox, other), http.StatusAccepted)
			wants(t, "R02: the same id, another type", peer.Send(inbox, change(create, "type", "Delete")), http.StatusAccepted)
			n.Quiet()
			if got := a.Names(); got != "first" {
				t.Errorf("got %q", got)
			}
			if got := a.Followers(a.Coop); len(got) != 0 {
				t.Errorf("a Follow that was undone is in force again: %v", got)
			}
			if got := peer.Got("Accept"); len(got) != 1 {
				t.Errorf("got %d Accepts", len(got))
			}
			a.Stop()
			a.Start() // R05
		}
	}, fedtest.Calm())
}

// Somebody's id of an activity cannot be used up by another. GHSA-4qhx.
func TestForgedCopyDoesNotShadowTheGenuine(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, evil := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example")
		peer.Befriends(a)
		evil.Befriends(a)
		create := said(peer, "Create", peer.Note("genuine"))
		forged := change(create, "actor", evil.ID)
		for _, doc := range []fedtest.Document{forged, change(change(forged, "type", "Delete"), "object", evil.Note("its own")["id"])} {
			wants(t, "the forged", evil.Send(a.Site.SharedInbox(), doc), http.StatusUnauthorized)
		}
		wants(t, "the genuine", peer.Send(a.Site.SharedInbox(), create), http.StatusAccepted)
		if got := a.Names(); got != "genuine" {
			t.Errorf("got %q", got)
		}
	}, fedtest.Calm())
}

// docs/security.md R04.
func TestCreateThatComesAfterItsDeleteIsIgnored(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Befriends(a)
		inbox := a.Site.SharedInbox()
		note := peer.Note("deleted")
		wants(t, "Delete", peer.Send(inbox, said(peer, "Delete", note["id"])), http.StatusAccepted)
		a.Stop()
		a.Start()
		for _, verb := range []string{"Create", "Update", "Announce"} {
			wants(t, verb, peer.Send(inbox, said(peer, verb, note)), http.StatusAccepted)
		}
		if got := a.Names(); got != "" {
			t.Errorf("got %q", got)
		}
	}, fedtest.Calm())
}

// docs/security.md S10: what was sent to one host is of no use at another, nor later.
func TestRequestIsGoodForOneHostAndAnHour(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b, c, evil := n.Instance("a.example"), n.Instance("b.example"), n.Instance("c.example"), n.Peer("evil.example")
		b.Follow(a.Actor())
		c.Follow(a.Actor())
		n.Quiet()
		n.Down("c.example", true)
		_, object := a.Publish(fedtest.Report("Once"))
		time.Sleep(time.Second)
		var caught fedtest.Exchange
		for _, e := range n.To("b.example", http.MethodPost) {
			if e.Type == "Create" {
				caught = e
			}
		}
		n.Down("c.example", false)
		replay := func(to coop.IRI) int {
			l := evil.Letter(to, nil)
			l.Body = caught.Body
			l.Signed = func(r *http.Request) { r.Header = caught.Header.Clone() }
			return evil.Post(l)
		}
		wants(t, "at another host", replay(c.Site.SharedInbox()), http.StatusUnauthorized)
		wants(t, "at another inbox", replay(b.Site.Of(b.Coop, "inbox")), http.StatusUnauthorized)
		wants(t, "at once", replay(b.Site.SharedInbox()), http.StatusAccepted)
		time.Sleep(2 * time.Hour)
		wants(t, "after two hours", replay(b.Site.SharedInbox()), http.StatusUnauthorized)
		n.Quiet()
		same(t, b, a, []coop.IRI{object})
		same(t, c, a, []coop.IRI{object})
	}, fedtest.Calm())
}

// docs/security.md R06: a proof counts for a week, and whoever floods us with other
// things cannot make us forget within it what was taken back.
func TestProofIsNotTakenAgainWhereWhatWasSeenIsForgotten(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, author, evil := n.Instance("a.example"), n.Peer("author.example"), n.Peer("evil.example")
		author.ServeMultikey()
		_, post := a.Publish(fedtest.Report("A report"))
		inbox := a.Site.SharedInbox()
		likes := func() int {
			r, _ := a.Site.Parse(post)
			tally, err := a.DB.Tally(t.Context(), r.ID)
			if err != nil {
				t.Fatal(err)
			}
			return tally.Likes
		}
		like := author.Prove(said(author, "Like", post))
		wants(t, "the Like", author.Send(inbox, like), http.StatusAccepted)
		wants(t, "its Undo", author.Send(inbox, said(author, "Undo", like)), http.StatusAccepted)
		if _, err := a.DB.Prune(t.Context(), time.Now().Add(8*24*time.Hour)); err != nil { // as where the table is full
			t.Fatal(err)
		}
		time.Sleep(12 * time.Hour)
		wants(t, "the Like once more", evil.Send(inbox, like), http.StatusUnauthorized)
		if got := likes(); got != 0 {
			t.Errorf("what was undone counts again: %d", got)
		}
		wants(t, "another Like", evil.Send(inbox, author.Prove(said(author, "Like", post))), http.StatusAccepted)
		if got := likes(); got != 1 {
			t.Errorf("a new one makes %d", got)
		}
	}, fedtest.Calm())
}
