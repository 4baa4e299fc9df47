// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"plenum/coop"
	"plenum/fedtest"
	"plenum/keys"
)

// sentAt posts an activity in a request that was signed at another moment, as one
// is that was on its way for long.
func sentAt(t *testing.T, p *fedtest.Peer, to coop.IRI, doc fedtest.Document, at time.Time) int {
	t.Helper()
	l := p.Letter(to, doc)
	l.Signed = func(r *http.Request) {
		r.Header = http.Header{"Content-Type": r.Header["Content-Type"]}
		if err := keys.Sign(r, l.Body, l.KeyID, l.Key, at); err != nil {
			t.Fatal(err)
		}
	}
	return p.Post(l)
}

// Misskey makes the id of an Undo of that of the Follow, which is the same each
// time: who follows, thinks better of it, and does both again, is gone in the end.
func TestFollowIsUndoneAgain(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		inbox := a.Site.SharedInbox()
		follow := said(peer, "Follow", a.Actor())
		follow["id"] = "https://peer.example/follows/1/2"
		undo := said(peer, "Undo", follow)
		undo["id"] = "https://peer.example/follows/1/2/undo"
		for k := range 3 {
			wants(t, "Follow", peer.Send(inbox, follow), http.StatusAccepted)
			n.Quiet()
			if got := len(a.Followers(a.Coop)); got != 1 {
				t.Errorf("round %d: %d follow", k, got)
			}
			time.Sleep(time.Hour)
			wants(t, "Undo", peer.Send(inbox, undo), http.StatusAccepted)
			if got := len(a.Followers(a.Coop)); got != 0 {
				t.Errorf("round %d: %d follow after the Undo", k, got)
			}
			time.Sleep(time.Hour)
		}
		signed := time.Now()
		sentAt(t, peer, inbox, undo, signed)
		time.Sleep(time.Minute)
		peer.Send(inbox, follow)
		sentAt(t, peer, inbox, undo, signed) // a copy of the request
		if got := len(a.Followers(a.Coop)); got != 1 {
			t.Errorf("a copy of an old Undo counted: %d follow", got)
		}
	}, fedtest.Calm())
}

// A Leave that was on its way for so long that its actor has joined again ends
// nothing.
func TestLeaveThatIsLateEndsNothing(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		inbox := a.Site.SharedInbox()
		id := event(a, nil)
		for _, form := range []string{"Join", "Accept", "TentativeAccept"} {
			wants(t, form, peer.Send(inbox, said(peer, form, id)), http.StatusAccepted)
			time.Sleep(time.Minute)
			left := time.Now()
			time.Sleep(time.Minute)
			wants(t, form, peer.Send(inbox, said(peer, form, id)), http.StatusAccepted)
			want := stateOf(t, a, id, peer.ID)
			wants(t, "Leave", sentAt(t, peer, inbox, said(peer, "Leave", id), left), http.StatusAccepted)
			if got := stateOf(t, a, id, peer.ID); got != want || got == "" {
				t.Errorf("%s: a Leave of before it left %q, was %q", form, got, want)
			}
			wants(t, "Leave", peer.Send(inbox, said(peer, "Leave", id)), http.StatusAccepted)
			if got := stateOf(t, a, id, peer.ID); got != "" {
				t.Errorf("%s: a Leave of the same second left %q", form, got)
			}
			time.Sleep(time.Minute)
		}
	}, fedtest.Calm())
}

// A Join that is undone by its id is undone, though it does not say of what it was.
func TestJoinIsUndoneByItsIDAndType(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		inbox := a.Site.SharedInbox()
		id := event(a, nil)
		join := said(peer, "Join", id)
		wants(t, "Join", peer.Send(inbox, join), http.StatusAccepted)
		wants(t, "Undo", peer.Send(inbox, said(peer, "Undo", fedtest.Document{"type": "Join", "id": join["id"]})), http.StatusAccepted)
		if got := stateOf(t, a, id, peer.ID); got != "" {
			t.Errorf("got %q", got)
		}
	}, fedtest.Calm())
}

// Who gets the seat of an actor that is gone is told at once, and not when something
// else has to be sent.
func TestSeatOfWhoIsGoneIsToldOfAtOnce(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, one := n.Instance("a.example"), n.Peer("one.example")
		two := one.Elsewhere("two.example")
		inbox := a.Site.SharedInbox()
		id := event(a, fedtest.Document{"maximumAttendeeCapacity": 1})
		for _, p := range []*fedtest.Peer{one, two} {
			wants(t, "Join", p.Send(inbox, said(p, "Join", id)), http.StatusAccepted)
		}
		n.Quiet()
		time.Sleep(time.Hour)
		one.Send(inbox, said(one, "Delete", one.ID))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := types(told(t, two, nil)); got != "Reject Accept" {
			t.Errorf("was told %q", got)
		}
	}, fedtest.Calm())
}

// What was passed on to followers is what was approved: a comment that its author
// changed meanwhile is not passed on as it was.
func TestChangedCommentIsNotPassedOnAsItWas(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, author, fan := n.Instance("a.example"), n.Peer("author.example"), n.Peer("fan.example")
		fan.Follows(a, a.Actor())
		_, post := a.Publish(fedtest.Report("A report"))
		n.Quiet()
		inbox := a.Site.SharedInbox()
		note := reply(author, post, "<p>what nobody should read</p>")
		note["to"], note["cc"] = []any{coop.Public}, []any{a.Site.Of(a.Coop, "followers")}
		create := said(author, "Create", note)
		create["to"], create["cc"] = note["to"], note["cc"]
		wants(t, "Create", author.Send(inbox, create), http.StatusAccepted)
		changed := change(note, "content", "<p>kind words</p>")
		changed["updated"] = time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
		wants(t, "Update", author.Send(inbox, said(author, "Update", changed)), http.StatusAccepted)
		if _, err := a.Fed.DecideComment(t.Context(), a.Coop, note["id"].(coop.IRI), coop.CommentShown, coop.Decision{By: "anna"}); err != nil {
			t.Fatal(err)
		}
		n.Quiet()
		for _, g := range fan.Got() {
			if strings.Contains(string(g.Body), "nobody should read") {
				t.Errorf("followers got %s", g.Body)
			}
		}
		if got := comments(t, a, post)[note["id"].(coop.IRI)]; got.State != coop.CommentShown || got.Text != "kind words" {
			t.Errorf("got %+v", got)
		}
	}, fedtest.Calm())
}

// What is rejected, or deleted by its author, does not go on being passed on to
// those whose server was down.
func TestCommentThatIsGoneIsPassedOnNoMore(t *testing.T) {
	t.Parallel()
	for what, gone := range map[string]func(*testing.T, *fedtest.Instance, *fedtest.Peer, coop.IRI){
		"rejected": func(t *testing.T, a *fedtest.Instance, _ *fedtest.Peer, id coop.IRI) {
			if _, err := a.Fed.DecideComment(t.Context(), a.Coop, id, coop.CommentRejected, coop.Decision{By: "anna"}); err != nil {
				t.Fatal(err)
			}
		},
		"held": func(t *testing.T, a *fedtest.Instance, _ *fedtest.Peer, id coop.IRI) {
			if _, err := a.Fed.DecideComment(t.Context(), a.Coop, id, coop.CommentHeld, coop.Decision{By: "anna"}); err != nil {
				t.Fatal(err)
			}
		},
		"deleted": func(t *testing.T, a *fedtest.Instance, author *fedtest.Peer, id coop.IRI) {
			wants(t, "Delete", author.Send(a.Site.SharedInbox(), said(author, "Delete", id)), http.StatusAccepted)
		},
		"refused": func(t *testing.T, a *fedtest.Instance, author *fedtest.Peer, _ coop.IRI) {
			if err := a.Fed.SetRule(t.Context(), coop.Rule{Target: author.Host, Level: coop.RuleRefuse}, coop.Decision{By: "anna"}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, author, fan := n.Instance("a.example"), n.Peer("author.example"), n.Peer("fan.example")
				fan.Follows(a, a.Actor())
				policy(t, a, coop.CommentsOpen)
				_, post := a.Publish(fedtest.Report("A report"))
				n.Quiet()
				n.Down(fan.Host, true)
				note := reply(author, post, "<p>for all of you</p>")
				note["to"], note["cc"] = []any{coop.Public}, []any{a.Site.Of(a.Coop, "followers")}
				create := said(author, "Create", note)
				create["to"], create["cc"] = note["to"], note["cc"]
				wants(t, "Create", author.Send(a.Site.SharedInbox(), create), http.StatusAccepted)
				n.Settle()
				if got := len(a.Deliveries(coop.DeliveryFilter{State: coop.Waiting})); got != 1 {
					t.Fatalf("%d deliveries wait", got)
				}
				gone(t, a, author, note["id"].(coop.IRI))
				n.Down(fan.Host, false)
				n.Quiet()
				if got := arrived(create, fan); len(got) != 0 {
					t.Errorf("what was %s was passed on", what)
				}
			}, fedtest.Calm())
		})
	}
}

// Whose author took the words out of a comment does not want them to be read.
func TestCommentWithoutItsTextIsNotShown(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		policy(t, a, coop.CommentsOpen)
		_, post := a.Publish(fedtest.Report("A report"))
		inbox := a.Site.SharedInbox()
		note := reply(peer, post, "<p>my address is 1 Example Street</p>")
		wants(t, "Create", peer.Send(inbox, said(peer, "Create", note)), http.StatusAccepted)
		for k, content := range []string{`<p><img src="https://peer.example/1.png"></p>`, ""} {
			blank := change(note, "content", content)
			blank["updated"] = time.Now().Add(time.Duration(k+1) * time.Minute).UTC().Format(time.RFC3339)
			wants(t, "Update", peer.Send(inbox, said(peer, "Update", blank)), http.StatusAccepted)
			for _, c := range comments(t, a, post) {
				if c.State == coop.CommentShown || strings.Contains(fmt.Sprint(c), "Example Street") {
					t.Errorf("after %q there is %+v", content, c)
				}
			}
		}
	}, fedtest.Calm())
}

// docs/security.md T03: who only liked a post is forgotten by us before its Like is.
func TestWhoIsGoneLeavesNothingThoughNobodyKnowsIt(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		_, post := a.Publish(fedtest.Report("A report"))
		ref, _ := a.Site.Parse(post)
		like := coop.Reaction{Post: ref.ID, Kind: coop.Liked, Actor: peer.ID, Activity: peer.NewID("likes"), At: time.Now()}
		if err := a.DB.React(t.Context(), like, coop.Seen{}); err != nil {
			t.Fatal(err)
		}
		inbox := a.Site.SharedInbox()
		forged := peer.Letter(inbox, said(peer, "Delete", peer.ID))
		forged.Key = n.NewKey()
		wants(t, "forged Delete of who is there", peer.Post(forged), http.StatusUnauthorized)
		if got := tally(t, a, post).Likes; got != 1 {
			t.Errorf("%d like it", got)
		}
		peer.Status("/actor", http.StatusGone)
		time.Sleep(time.Hour)
		wants(t, "Delete", peer.Send(inbox, said(peer, "Delete", peer.ID)), http.StatusAccepted)
		if got := tally(t, a, post).Likes; got != 0 {
			t.Errorf("%d like it still", got)
		}
	}, fedtest.Calm())
}

// A note of ours that is no reply any more is no comment any more; one that was
// rejected does not come back by that.
func TestNoteThatIsNoReplyAnyMoreIsNoComment(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		_, post := a.Publish(fedtest.Report("A report"))
		_, own := a.Publish(fedtest.Document{"type": "Note", "content": "<p>About that</p>", "inReplyTo": post})
		if got := comments(t, a, post)[own]; got.State != coop.CommentShown {
			t.Fatalf("got %+v", got)
		}
		a.Update(own, fedtest.Document{"content": "<p>About something else</p>", "inReplyTo": nil})
		if got := comments(t, a, post); len(got) != 0 {
			t.Errorf("got %+v", got)
		}
		a.Update(own, fedtest.Document{"content": "<p>About that</p>", "inReplyTo": post})
		if got := comments(t, a, post)[own]; got.State != coop.CommentShown || got.Text != "About that" {
			t.Errorf("got %+v", got)
		}
		if _, err := a.Fed.DecideComment(t.Context(), a.Coop, own, coop.CommentRejected, coop.Decision{By: "anna"}); err != nil {
			t.Fatal(err)
		}
		for _, to := range []any{nil, post} {
			a.Update(own, fedtest.Document{"content": fmt.Sprint("<p>About ", to, "</p>"), "inReplyTo": to})
		}
		if got := comments(t, a, post)[own]; got.State != coop.CommentRejected {
			t.Errorf("got %+v", got)
		}
	}, fedtest.Calm())
}

// Who is found to be gone when an answer is to be delivered keeps no seat: nobody
// else would ever give it back.
func TestSeatOfWhoIsFoundToBeGoneIsGiven(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, one := n.Instance("a.example"), n.Peer("one.example")
		two := one.Elsewhere("two.example")
		inbox := a.Site.SharedInbox()
		id := event(a, fedtest.Document{"maximumAttendeeCapacity": 1})
		for _, p := range []*fedtest.Peer{one, two} {
			wants(t, "Join", p.Send(inbox, said(p, "Join", id)), http.StatusAccepted)
		}
		n.Quiet()
		one.Status("/actor", http.StatusGone)
		one.Answers(http.StatusGone)
		a.Update(id, fedtest.Document{"name": "The assembly, elsewhere"})
		n.Quiet()
		if got := stateOf(t, a, id, two.ID); got != coop.RSVPGoing {
			t.Errorf("who waited is %q", got)
		}
		if got := types(told(t, two, nil)); got != "Reject Accept" {
			t.Errorf("who waited was told %q", got)
		}
	}, fedtest.Calm())
}
