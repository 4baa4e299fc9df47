// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"net/http"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// moves lets an actor say that it has moved, and another that it was known as it.
func moves(old, target *fedtest.Peer) {
	old.Serve("/actor", ld, change(old.Document(), "movedTo", target.ID))
	target.Serve("/actor", ld, change(target.Document(), "alsoKnownAs", []any{old.ID}))
}

func move(by *fedtest.Peer, to coop.IRI) fedtest.Document {
	return change(said(by, "Move", by.ID), "target", to)
}

// docs/security.md T13: a co-op goes after somebody whom it follows where both
// accounts say that they are one.
func TestMoveThatBothAccountsConfirmIsFollowed(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, old, target := n.Instance("a.example"), n.Peer("old.example"), n.Peer("target.example")
		inbox := a.Site.SharedInbox()
		old.Befriends(a)
		time.Sleep(time.Hour)
		moves(old, target)
		sent := move(old, target.ID)
		wants(t, "Move", old.Send(inbox, sent), http.StatusAccepted)
		n.Quiet()
		if was, is := a.FollowState(old.ID), a.FollowState(target.ID); was != "" || is != coop.FollowAsked {
			t.Errorf("follows the old account %q, the new one %q", was, is)
		}
		if f, u := target.Got("Follow"), old.Got("Undo"); len(f) != 1 || len(u) != 1 || !f[0].Verified || !u[0].Verified {
			t.Errorf("the new account got %d Follows, the old one %d Undos", len(f), len(u))
		}
		fetched := len(n.Exchanges(func(e fedtest.Exchange) bool { return e.From == a.Host && e.Method == http.MethodGet }))
		for range 5 {
			wants(t, "once more", old.Send(inbox, move(old, target.ID)), http.StatusAccepted)
		}
		n.Quiet()
		if got := len(target.Got("Follow")); got != 1 {
			t.Errorf("got %d Follows", got)
		}
		if got := len(n.Exchanges(func(e fedtest.Exchange) bool { return e.From == a.Host && e.Method == http.MethodGet })); got != fetched {
			t.Errorf("who is not followed any more made us ask for %d documents", got-fetched)
		}
	}, fedtest.Calm())
}

// docs/security.md T13.
func TestMoveThatIsNotConfirmedIsIgnored(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]func(t *testing.T, a *fedtest.Instance, old, target, evil *fedtest.Peer) (sent fedtest.Document, by *fedtest.Peer){
		"the new account knows nothing of it": func(_ *testing.T, _ *fedtest.Instance, old, target, _ *fedtest.Peer) (fedtest.Document, *fedtest.Peer) {
			target.Serve("/actor", ld, target.Document())
			return move(old, target.ID), old
		},
		"the new account names another": func(_ *testing.T, _ *fedtest.Instance, old, target, evil *fedtest.Peer) (fedtest.Document, *fedtest.Peer) {
			target.Serve("/actor", ld, change(target.Document(), "alsoKnownAs", []any{evil.ID}))
			return move(old, target.ID), old
		},
		"the old account does not say so": func(_ *testing.T, _ *fedtest.Instance, old, target, _ *fedtest.Peer) (fedtest.Document, *fedtest.Peer) {
			old.Serve("/actor", ld, old.Document())
			return move(old, target.ID), old
		},
		"the old account says another": func(_ *testing.T, _ *fedtest.Instance, old, target, evil *fedtest.Peer) (fedtest.Document, *fedtest.Peer) {
			old.Serve("/actor", ld, change(old.Document(), "movedTo", evil.ID))
			return move(old, target.ID), old
		},
		"somebody else says it": func(_ *testing.T, _ *fedtest.Instance, old, target, evil *fedtest.Peer) (fedtest.Document, *fedtest.Peer) {
			return change(said(evil, "Move", old.ID), "target", target.ID), evil
		},
		"the new account says it": func(_ *testing.T, _ *fedtest.Instance, old, target, _ *fedtest.Peer) (fedtest.Document, *fedtest.Peer) {
			return change(said(target, "Move", old.ID), "target", target.ID), target
		},
		"to itself": func(_ *testing.T, _ *fedtest.Instance, old, target, _ *fedtest.Peer) (fedtest.Document, *fedtest.Peer) {
			old.Serve("/actor", ld, change(change(old.Document(), "movedTo", old.ID), "alsoKnownAs", []any{old.ID}))
			return move(old, old.ID), old
		},
		"to one of ours": func(_ *testing.T, a *fedtest.Instance, old, target, _ *fedtest.Peer) (fedtest.Document, *fedtest.Peer) {
			old.Serve("/actor", ld, change(old.Document(), "movedTo", a.Actor()))
			return move(old, a.Actor()), old
		},
		"to somebody refused": func(t *testing.T, a *fedtest.Instance, old, target, _ *fedtest.Peer) (fedtest.Document, *fedtest.Peer) {
			rules(t, a, coop.RuleRefuse, target.Host)
			return move(old, target.ID), old
		},
		"to what does not exist": func(_ *testing.T, _ *fedtest.Instance, old, target, _ *fedtest.Peer) (fedtest.Document, *fedtest.Peer) {
			target.Status("/actor", http.StatusNotFound)
			return move(old, target.ID), old
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, old, target, evil := n.Instance("a.example"), n.Peer("old.example"), n.Peer("target.example"), n.Peer("evil.example")
				old.Befriends(a)
				time.Sleep(time.Hour)
				moves(old, target)
				sent, by := spoil(t, a, old, target, evil)
				wants(t, what, by.Send(a.Site.SharedInbox(), sent), http.StatusAccepted)
				n.Quiet()
				if got := a.FollowState(old.ID); got != coop.FollowAccepted {
					t.Errorf("follows the old account: %q", got)
				}
				if len(target.Got()) != 0 || len(evil.Got()) != 0 || len(old.Got("Undo")) != 0 {
					t.Error("somebody was told of it")
				}
			}, fedtest.Calm())
		})
	}
}

// T13, D11: whoever is followed can make us look at a move once in a while, and one
// whose new host is down is told to come again.
func TestMoveIsLookedAtOnceInAWhile(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, old, target := n.Instance("a.example"), n.Peer("old.example"), n.Peer("target.example")
		inbox := a.Site.SharedInbox()
		old.Befriends(a)
		time.Sleep(time.Hour)
		moves(old, target)
		n.Down(target.Host, true)
		sent := move(old, target.ID)
		wants(t, "to a host that is down", old.Send(inbox, sent), http.StatusServiceUnavailable)
		before := len(n.Exchanges(nil))
		for range 10 {
			wants(t, "at once again", old.Send(inbox, sent), http.StatusTooManyRequests)
		}
		for _, e := range n.Exchanges(nil)[before:] {
			if e.From == a.Host && e.Method == http.MethodGet {
				t.Errorf("%s %s was asked for", e.To, e.Path)
			}
		}
		n.Down(target.Host, false)
		time.Sleep(10 * time.Minute)
		wants(t, "when it is up", old.Send(inbox, sent), http.StatusAccepted)
		n.Quiet()
		if got := a.FollowState(target.ID); got != coop.FollowAsked {
			t.Errorf("got %q", got)
		}
		// back again, at once: a co-op is not led around
		if _, _, err := a.Fed.Follow(t.Context(), coop.Principal{Coop: a.Coop}, string(old.ID)); err != nil {
			t.Fatal(err)
		}
		n.Quiet()
		time.Sleep(10 * time.Minute)
		wants(t, "the same account within a week", old.Send(inbox, move(old, target.ID)), http.StatusAccepted)
		n.Quiet()
		if got := a.FollowState(old.ID); got == "" {
			t.Error("the account moved twice within a week")
		}
	}, fedtest.Calm())
}
