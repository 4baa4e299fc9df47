// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// docs/security.md T01.
func TestNobodyDeletesWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, evil := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example")
		peer.Befriends(a)
		evil.Befriends(a)
		neighbour := peer.Another("/neighbour")
		_, ours := a.Publish(fedtest.Report("Ours"))
		note := peer.Note("Theirs")
		peer.Send(a.Site.SharedInbox(), said(peer, "Create", note))
		for _, by := range []*fedtest.Peer{evil, neighbour} {
			for _, object := range []any{note["id"], fedtest.Document{"type": "Tombstone", "id": note["id"]}, ours, a.Actor(), peer.ID} {
				wants(t, fmt.Sprintf("Delete of %v by %s", object, by.ID), by.Send(a.Site.SharedInbox(), said(by, "Delete", object)), http.StatusAccepted)
			}
		}
		if got := a.Names(); got != "Theirs" {
			t.Errorf("after the Deletes of others %q is left", got)
		}
		peer.Send(a.Site.SharedInbox(), said(peer, "Update", change(note, "name", "Theirs, revised"))) // and no Delete of others stands in its way
		if got := a.Names(); got != "Theirs, revised" {
			t.Errorf("got %q", got)
		}
		for _, id := range []coop.IRI{ours, a.Actor()} {
			if status, _ := a.Get(id); status != http.StatusOK {
				t.Errorf("%s answers %d", id, status)
			}
		}
		if got := a.FollowState(peer.ID); got != coop.FollowAccepted {
			t.Errorf("got %q", got)
		}
	}, fedtest.Calm())
}

// docs/security.md T02: the commonest request of the fediverse.
func TestDeleteOfUnknownActorsCostsNoFetch(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		letter := peer.Letter(a.Site.SharedInbox(), nil)
		for k := range 200 {
			actor := coop.IRI(fmt.Sprintf("https://host%d.example/users/%d", k, k))
			letter.KeyID = actor + "#main-key"
			letter.Body = fedtest.Document{"id": actor + "#delete", "type": "Delete", "actor": actor, "object": actor}.Bytes()
			wants(t, "Delete", peer.Post(letter), http.StatusAccepted)
		}
		if got := n.Exchanges(func(e fedtest.Exchange) bool { return e.From == "a.example" }); len(got) != 0 {
			t.Errorf("%d requests were made, the first %+v", len(got), got[0])
		}
	}, fedtest.Calm())
}

// docs/security.md T03: only what is proven to be gone is forgotten.
func TestActorIsForgottenOnlyWhenItsDeleteIsProven(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		status  int
		down    bool
		forgets bool
	}{
		"200": {http.StatusOK, false, false}, "404": {http.StatusNotFound, false, false}, "500": {http.StatusInternalServerError, false, false},
		"down": {0, true, false}, "410": {http.StatusGone, false, true},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, peer, evil := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example")
				peer.Befriends(a)
				peer.Follows(a, a.Actor())
				if c.status != http.StatusOK && !c.down {
					peer.Status("/actor", c.status)
				}
				n.Down(peer.Host, c.down)
				letter := evil.Letter(a.Site.SharedInbox(), said(peer, "Delete", peer.ID))
				letter.KeyID = peer.KeyID // and signed with a key that the peer never had
				got := evil.Post(letter)
				if c.forgets != (got == http.StatusAccepted) {
					t.Errorf("got %d", got)
				}
				if gone := a.FollowState(peer.ID) == "" && len(a.Followers(a.Coop)) == 0; gone != c.forgets {
					t.Errorf("forgotten: %v; follower %v", gone, a.Followers(a.Coop))
				}
			}, fedtest.Calm())
		})
	}
}

// docs/security.md T04, T05.
func TestUndoEndsOnlyOnesOwnFollow(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, evil := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example")
		inbox := a.Site.SharedInbox()
		follow := said(peer, "Follow", a.Actor())
		peer.Send(inbox, follow)
		n.Quiet()
		for what, object := range map[string]any{
			"the id of it":            follow["id"],
			"all of it":               follow,
			"with itself as actor":    change(follow, "actor", evil.ID),
			"with an id of its own":   change(follow, "id", "https://evil.example/1"),
			"without an id":           fedtest.Document{"type": "Follow", "actor": peer.ID, "object": a.Actor()},
			"what never was":          "https://evil.example/follows/none",
			"what is no Follow":       fedtest.Document{"type": "Block", "id": follow["id"], "actor": evil.ID, "object": a.Actor()},
			"a co-op that is missing": fedtest.Document{"type": "Follow", "actor": evil.ID, "object": a.Site.Actor("nobody")},
		} {
			wants(t, what, evil.Send(inbox, said(evil, "Undo", object)), http.StatusAccepted)
			if got := a.Followers(a.Coop)[peer.ID]; got != coop.FollowAccepted {
				t.Fatalf("undoing %s ended the follow of another", what)
			}
		}
		wants(t, "an id that never was", peer.Send(inbox, said(peer, "Undo", "https://peer.example/follows/none")), http.StatusAccepted)
		if got := a.Followers(a.Coop)[peer.ID]; got != coop.FollowAccepted {
			t.Error("undoing what never was ended a follow")
		}
		wants(t, "its own", peer.Send(inbox, said(peer, "Undo", follow["id"])), http.StatusAccepted)
		if got := a.Followers(a.Coop); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	}, fedtest.Calm())
}

// docs/security.md T06, T08; CVE-2026-73090.
func TestOlderOrForeignUpdateChangesNothing(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, evil := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example")
		peer.Befriends(a)
		evil.Befriends(a)
		inbox := a.Site.SharedInbox()
		at := func(hours int) string {
			return time.Now().Add(time.Duration(hours) * time.Hour).UTC().Format(time.RFC3339)
		}
		note := change(peer.Note("new"), "updated", at(0))
		peer.Send(inbox, said(peer, "Create", note))
		peer.Send(inbox, said(peer, "Update", change(change(note, "name", "old"), "updated", at(-1))))
		if got := a.Names(); got != "new" {
			t.Errorf("an older Update made it %q", got)
		}
		evil.Send(inbox, said(evil, "Update", change(change(note, "name", "forged"), "updated", at(1))))
		evil.Send(inbox, said(evil, "Update", change(change(change(note, "name", "forged"), "updated", at(1)), "attributedTo", evil.ID)))
		evil.Send(inbox, said(evil, "Update", change(peer.Document(), "inbox", evil.Inbox)))
		if got := a.Names(); got != "new" {
			t.Errorf("a foreign Update made it %q", got)
		}
		if got, err := a.DB.Actor(t.Context(), peer.ID); err != nil || got.Inbox != peer.Inbox {
			t.Errorf("got %+v (%v)", got, err)
		}
		peer.Send(inbox, said(peer, "Update", change(change(note, "name", "newest"), "updated", at(1))))
		if got := a.Names(); got != "newest" {
			t.Errorf("its own Update made it %q", got)
		}
	}, fedtest.Calm())
}

// docs/security.md T10, T11.
func TestOnlyWhoWasAskedAnswersAFollow(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, evil := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example")
		inbox := a.Site.SharedInbox()
		asked := a.Follow(peer.ID)
		create, _ := a.Publish(fedtest.Report("No Follow at all"))
		n.Quiet()
		never := a.Site.Activity("01ARYZ6S41TSV4RRFFQ69G5FAV")
		embedded := fedtest.Document{"type": "Follow", "id": asked, "actor": a.Actor(), "object": evil.ID}
		for _, verb := range []string{"Accept", "Reject"} {
			for _, object := range []any{asked, embedded, change(embedded, "object", peer.ID), never, create, evil.ID, peer.ID} {
				wants(t, verb, evil.Send(inbox, said(evil, verb, object)), http.StatusAccepted)
			}
			for _, object := range []any{never, create} {
				wants(t, verb, peer.Send(inbox, said(peer, verb, object)), http.StatusAccepted)
			}
			if p, e := a.FollowState(peer.ID), a.FollowState(evil.ID); p != coop.FollowAsked || e != "" {
				t.Errorf("after %s by strangers: follows the peer %q, the stranger %q", verb, p, e)
			}
		}
		evil.Send(inbox, said(evil, "Create", evil.Note("unasked")))
		evil.Send(inbox, said(evil, "Announce", peer.Note("unasked")["id"]))
		if got := a.Names(); got != "" {
			t.Errorf("kept %q of somebody whom nobody follows", got)
		}
		wants(t, "Accept", peer.Send(inbox, said(peer, "Accept", asked)), http.StatusAccepted)
		if got := a.FollowState(peer.ID); got != coop.FollowAccepted {
			t.Errorf("got %q", got)
		}
		evil.Send(inbox, said(evil, "Reject", asked))
		if got := a.FollowState(peer.ID); got != coop.FollowAccepted {
			t.Errorf("a stranger's Reject made it %q", got)
		}
	}, fedtest.Calm())
}

// docs/security.md T12.
func TestFollowOfWhatIsNoActorOfOursIsRefused(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		_, post := a.Publish(fedtest.Report("A post"))
		for object, want := range map[coop.IRI]int{
			a.Site.Actor("nobody"): http.StatusNotFound, post: http.StatusNotFound, a.Actor() + "/": http.StatusNotFound, a.Actor() + "?x": http.StatusNotFound,
			a.Site.Profile(a.Coop): http.StatusNotFound, a.Site.Of(a.Coop, "outbox"): http.StatusNotFound, peer.ID: http.StatusNotFound,
			"https://elsewhere.example/actor": http.StatusNotFound, "http://a.example/ap/coops/a_coop": http.StatusBadRequest,
		} {
			wants(t, string(object), peer.Send(a.Site.SharedInbox(), said(peer, "Follow", object)), want)
		}
		n.Quiet()
		if got := peer.Got(); len(got) != 0 {
			t.Errorf("got %+v", got)
		}
		if got := a.Followers(a.Coop); !maps.Equal(got, map[coop.IRI]coop.FollowState{}) {
			t.Errorf("got %v", got)
		}
	}, fedtest.Calm())
}

// unlisted addresses a document to everybody, but not for public lists.
func unlisted(by *fedtest.Peer, doc fedtest.Document) fedtest.Document {
	return change(change(doc, "to", []any{by.ID + "/followers"}), "cc", []any{coop.Public})
}

// docs/security.md T15.
func TestAnnounceBringsOnlyWhatIsPublicAndAtHome(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, author := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("author.example")
		peer.Befriends(a)
		inbox := a.Site.SharedInbox()
		_, ours := a.Publish(fedtest.Report("Ours"))
		secret := author.Note("secret")
		author.Serve("/notes/secret", ld, change(change(secret, "id", "https://author.example/notes/secret"), "to", []any{author.ID + "/followers"}))
		author.Serve("/notes/unlisted", ld, unlisted(author, change(secret, "id", "https://author.example/notes/unlisted")))
		author.Serve("/notes/loop", ld, fedtest.Document{"id": "https://author.example/notes/loop", "type": "Announce", "actor": author.ID, "to": coop.Public, "object": "https://author.example/notes/loop"})
		author.Serve("/notes/html", "text/html", change(secret, "id", "https://author.example/notes/html"))
		author.Serve("/notes/foreign", ld, change(change(secret, "id", "https://author.example/notes/foreign"), "attributedTo", peer.ID))
		author.Serve("/notes/anonymous", ld, change(change(secret, "id", "https://author.example/notes/anonymous"), "attributedTo", nil))
		for _, object := range []any{
			ours, "https://author.example/notes/secret", "https://author.example/notes/loop", "https://author.example/notes/html",
			"https://author.example/notes/foreign", "https://author.example/notes/anonymous", "https://author.example/notes/none", "https://author.example/notes/unlisted", author.ID,
		} {
			for _, verb := range []string{"Announce", "Like"} {
				wants(t, fmt.Sprint(verb, " of ", object), peer.Send(inbox, said(peer, verb, object)), http.StatusAccepted)
			}
		}
		wants(t, "an unlisted post", peer.Send(inbox, unlisted(peer, peer.Activity("Create", unlisted(peer, peer.Note("not for lists"))))), http.StatusAccepted)
		if got := a.Names(); got != "" {
			t.Errorf("kept %q", got)
		}
		if got := len(n.To(author.Host, http.MethodGet)); got > 8 {
			t.Errorf("%d documents were asked for", got)
		}
		peer.Send(inbox, said(peer, "Announce", author.Note("passed on")["id"]))
		if got := a.Names(); got != "passed on" {
			t.Errorf("kept %q", got)
		}
		for _, r := range a.Received() {
			if r.By != author.ID || r.Via != peer.ID {
				t.Errorf("got %+v", r)
			}
		}
	}, fedtest.Calm())
}
