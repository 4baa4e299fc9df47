// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"net/http"
	"testing"

	"plenum/coop"
	"plenum/fedtest"
)

// docs/security.md O01, O05, O08.
func TestActivityMustStandOnTheHostOfItsActor(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		follow := said(peer, "Follow", a.Actor())
		for what, c := range map[string]struct {
			doc  fedtest.Document
			want int
		}{
			"O01: id on a third host":       {change(follow, "id", "https://third.example/1"), http.StatusUnauthorized},
			"O01: id on a host below":       {change(follow, "id", "https://peer.example.third.example/1"), http.StatusUnauthorized},
			"O01: id on another port":       {change(follow, "id", "https://peer.example:8443/1"), http.StatusUnauthorized},
			"O05: id on our host":           {change(follow, "id", a.Site.Activity("01ARYZ6S41TSV4RRFFQ69G5FAV")), http.StatusUnauthorized},
			"O05: actor is ours":            {change(change(follow, "actor", a.Actor()), "id", string(a.Actor())+"/1"), http.StatusUnauthorized},
			"O08: actor is a list":          {change(follow, "actor", []any{peer.ID}), http.StatusBadRequest},
			"O08: two actors":               {change(follow, "actor", []any{peer.ID, a.Actor()}), http.StatusBadRequest},
			"O08: actor is missing":         {change(follow, "actor", nil), http.StatusBadRequest},
			"O08: actor without an id":      {change(follow, "actor", fedtest.Document{"type": "Person"}), http.StatusBadRequest},
			"O08: actor is a number":        {change(follow, "actor", 1), http.StatusBadRequest},
			"actor is an object with an id": {change(follow, "actor", fedtest.Document{"type": "Person", "id": peer.ID}), http.StatusAccepted},
		} {
			wants(t, what, peer.Send(a.Site.SharedInbox(), c.doc), c.want)
		}
	}, fedtest.Calm())
}

// docs/security.md O02, O03, O04, O05; CVE-2024-23832. Each case is what the object of
// a Create is; kept is the name under which it is kept in the end.
func TestObjectIsKeptOnlyAsItsOwnHostHasIt(t *testing.T) {
	t.Parallel()
	const base = "https://peer.example/notes/"
	for what, c := range map[string]struct {
		object func(peer, victim *fedtest.Peer, ours coop.IRI) any
		kept   string
	}{
		"own": {func(p, _ *fedtest.Peer, _ coop.IRI) any { return p.Note("genuine") }, "genuine"},
		"O02 the victim's": {func(_, v *fedtest.Peer, _ coop.IRI) any {
			return change(v.Note("genuine"), "name", "forged")
		}, ""},
		"O02 the victim's id": {func(p, v *fedtest.Peer, _ coop.IRI) any {
			return change(change(v.Note("genuine"), "name", "forged"), "attributedTo", p.ID)
		}, ""},
		"O02 the victim as author": {func(p, v *fedtest.Peer, _ coop.IRI) any {
			return change(change(p.Note("genuine"), "name", "forged"), "attributedTo", v.ID)
		}, "genuine"}, // read again where it is at home
		"O02 the victim as author, served like that": {func(p, v *fedtest.Peer, _ coop.IRI) any {
			p.Serve("/notes/x", ld, change(change(v.Note("forged"), "id", base+"x"), "attributedTo", v.ID))
			return base + "x"
		}, ""},
		"O03 a document with another id": {func(p, _ *fedtest.Peer, _ coop.IRI) any {
			p.Serve("/notes/x", ld, change(p.Note("forged"), "id", base+"y"))
			return base + "x"
		}, ""},
		"O04 a redirect to another host": {func(p, v *fedtest.Peer, _ coop.IRI) any {
			p.Redirect("/notes/x", string(v.Note("forged")["id"].(coop.IRI)))
			return base + "x"
		}, ""},
		"O04 a redirect to another of its own": {func(p, _ *fedtest.Peer, _ coop.IRI) any {
			p.Redirect("/notes/x", string(p.Note("forged")["id"].(coop.IRI)))
			return base + "x"
		}, ""},
		"O05 an id of ours": {func(p, _ *fedtest.Peer, ours coop.IRI) any {
			return change(p.Note("forged"), "id", ours)
		}, ""},
		"O05 an id of ours, only named": {func(_, _ *fedtest.Peer, ours coop.IRI) any { return ours }, ""},
		"not for everybody": {func(p, _ *fedtest.Peer, _ coop.IRI) any {
			return change(p.Note("secret"), "to", []any{p.ID + "/followers"})
		}, ""},
		"an actor": {func(p, _ *fedtest.Peer, _ coop.IRI) any { return p.ID }, ""},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, peer, victim := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("victim.example")
				peer.Befriends(a)
				_, ours := a.Publish(fedtest.Report("Ours"))
				_, before := a.Get(ours)
				wants(t, "Create", peer.Send(a.Site.SharedInbox(), said(peer, "Create", c.object(peer, victim, ours))), http.StatusAccepted)
				if got := a.Names(); got != c.kept {
					t.Errorf("kept %q want %q", got, c.kept)
				}
				for _, r := range a.Received() {
					if r.By != peer.ID || r.Via != peer.ID || coop.HostOf(r.Object) != peer.Host {
						t.Errorf("kept %+v", r)
					}
				}
				if _, after := a.Get(ours); string(after) != string(before) {
					t.Errorf("our own post changed to %s", after)
				}
			}, fedtest.Calm())
		})
	}
}

// docs/security.md O07.
func TestSecondAuthorIsNotCredited(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, victim := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("victim.example")
		peer.Befriends(a)
		for _, authors := range [][]any{{peer.ID, victim.ID}, {victim.ID, peer.ID}} {
			peer.Send(a.Site.SharedInbox(), said(peer, "Create", change(peer.Note("Two authors"), "attributedTo", authors)))
		}
		got := a.Received()
		if len(got) == 0 {
			t.Error("nothing was kept")
		}
		for _, r := range got {
			if r.By != peer.ID || r.Via != peer.ID {
				t.Errorf("got %+v", r)
			}
		}
	}, fedtest.Calm())
}

// docs/security.md O14, O15; GHSA-5wxh-3p65-r4g6, CVE-2026-96624.
func TestInboxElsewhereIsNeverDeliveredTo(t *testing.T) {
	t.Parallel()
	for what, inbox := range map[string]any{
		"on a third host": "https://victim.example/inbox", "private": "https://127.0.0.1/inbox", "metadata": "https://169.254.169.254/latest",
		"no URL": "javascript:alert(1)", "relative": "/inbox", "missing": nil, "http": "http://peer.example/inbox",
		"user name": "https://peer.example@victim.example/inbox", "another port": "https://peer.example:22/inbox", "ours": "https://a.example/ap/inbox",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, peer := n.Instance("a.example"), n.Peer("peer.example")
				n.Peer("victim.example")
				peer.Serve("/actor", ld, change(peer.Document(), "inbox", inbox))
				wants(t, "Follow", peer.Send(a.Site.SharedInbox(), said(peer, "Follow", a.Actor())), http.StatusUnauthorized)
				a.Publish(fedtest.Report("For nobody"))
				n.Quiet()
				for _, e := range n.Exchanges(nil) {
					if e.From == "a.example" && (e.Method != http.MethodGet || e.To != "peer.example") {
						t.Errorf("sent %+v", e)
					}
				}
			}, fedtest.Calm())
		})
	}
}

func TestSharedInboxElsewhereIsNotUsed(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, victim := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("victim.example")
		peer.Serve("/actor", ld, change(peer.Document(), "endpoints", fedtest.Document{"sharedInbox": victim.Inbox}))
		peer.Follows(a, a.Actor())
		a.Publish(fedtest.Report("For the peer"))
		n.Quiet()
		if got := len(peer.Got("Create")); got != 1 || len(victim.Got()) != 0 {
			t.Errorf("the peer got %d, the victim %+v", got, victim.Got())
		}
	}, fedtest.Calm())
}
