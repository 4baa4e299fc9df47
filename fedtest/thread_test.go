// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// AP §7.1.2: what its author addressed to the co-op's followers is passed on to them
// once it is shown, once, as it came, and to nobody at its author's own host.
func TestCommentIsForwardedToFollowersOnceItIsShown(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, author, fan := n.Instance("a.example"), n.Peer("author.example"), n.Peer("fan.example")
		beside := author.Another("/beside")
		fan.Follows(a, a.Actor())
		beside.Follows(a, a.Actor())
		fan.Follows(a, a.Site.Actor(coop.Relay))
		_, post := a.Publish(fedtest.Report("A report"))
		n.Quiet()
		inbox := a.Site.SharedInbox()
		public, followers := []any{coop.Public}, []any{a.Actor(), a.Site.Of(a.Coop, "followers")}
		send := func(note fedtest.Document) fedtest.Document {
			note["to"], note["cc"] = public, followers
			create := said(author, "Create", note)
			create["to"], create["cc"] = public, followers
			wants(t, "Create", author.Send(inbox, create), http.StatusAccepted)
			n.Quiet()
			return create
		}
		forwards := func(create fedtest.Document) []fedtest.Received { return arrived(create, fan, author) }
		held := send(reply(author, post, "<p>for all of you</p>"))
		if got := forwards(held); len(got) != 0 {
			t.Errorf("a held one was passed on %d times", len(got))
		}
		id := held["object"].(fedtest.Document)["id"].(coop.IRI)
		for _, s := range []coop.CommentState{coop.CommentShown, coop.CommentHeld, coop.CommentShown} {
			if _, err := a.Fed.DecideComment(t.Context(), a.Coop, id, s, coop.Decision{By: "anna"}); err != nil {
				t.Fatal(err)
			}
			n.Quiet()
		}
		if got := forwards(held); len(got) != 1 || !bytes.Equal(got[0].Body, held.Bytes()) {
			t.Errorf("got %d", len(got))
		}
		policy(t, a, coop.CommentsOpen)
		open := send(reply(author, post, "<p>at once</p>"))
		author.Send(inbox, open)
		author.Send(inbox, said(author, "Update", change(open["object"].(fedtest.Document), "content", "<p>changed</p>")))
		n.Quiet()
		if got := forwards(open); len(got) != 1 || !bytes.Equal(got[0].Body, open.Bytes()) {
			t.Errorf("got %d", len(got))
		}
		plain := reply(author, post, "<p>not to the followers</p>")
		create := said(author, "Create", plain)
		author.Send(inbox, create)
		vote := change(change(reply(author, post, ""), "content", nil), "name", "Yes")
		voted := send(vote)
		n.Quiet()
		if got := slices.Concat(forwards(create), forwards(voted)); len(got) != 0 {
			t.Errorf("passed on what nobody asked for: %+v", got)
		}
		for _, d := range a.Deliveries(coop.DeliveryFilter{}) {
			if status, _ := a.Get(a.Site.Activity(d.Document)); d.Type == "Create" && d.Post == "" && status != http.StatusNotFound {
				t.Errorf("what was passed on answers %d", status)
			}
		}
		if _, body := a.Get(a.Site.Of(a.Coop, "outbox")); bytes.Contains(body, []byte("author.example")) {
			t.Errorf("the outbox says %s", body)
		}
	}, fedtest.Calm())
}

// What somebody let pass is passed on, and nothing that the author said instead of it
// before, or beside it.
func TestOnlyWhatWasDecidedAboutIsForwarded(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, author, fan := n.Instance("a.example"), n.Peer("author.example"), n.Peer("fan.example")
		fan.Follows(a, a.Actor())
		_, post := a.Publish(fedtest.Report("A report"))
		n.Quiet()
		later := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
		for what, c := range map[string]struct {
			brought func(note fedtest.Document) any // what the Create has
			changed bool
			want    int
		}{
			"as it is":           {func(note fedtest.Document) any { return note }, false, 1},
			"without its author": {func(note fedtest.Document) any { return change(note, "attributedTo", nil) }, false, 0},
			"changed meanwhile":  {func(note fedtest.Document) any { return change(note, "content", "<p>bad words</p>") }, true, 0},
			"another version": {func(note fedtest.Document) any {
				return change(change(note, "content", "<p>bad words</p>"), "attributedTo", nil)
			}, false, 0},
			"with another warning": {func(note fedtest.Document) any {
				return change(change(note, "summary", "Bad words"), "attributedTo", nil)
			}, false, 0},
			"with another title": {func(note fedtest.Document) any { return change(change(note, "name", "Bad words"), "attributedTo", nil) }, false, 0},
		} {
			note := reply(author, post, "<p>good words</p>")
			note["to"], note["cc"] = []any{coop.Public}, []any{a.Site.Of(a.Coop, "followers")}
			id := note["id"].(coop.IRI)
			author.Serve(string(id)[len("https://author.example"):], ld, note)
			create := said(author, "Create", c.brought(note))
			create["to"], create["cc"] = note["to"], note["cc"]
			wants(t, what, author.Send(a.Site.SharedInbox(), create), http.StatusAccepted)
			if c.changed {
				wants(t, what, author.Send(a.Site.SharedInbox(), said(author, "Update", change(note, "updated", later))), http.StatusAccepted)
			}
			shown, err := a.Fed.DecideComment(t.Context(), a.Coop, id, coop.CommentShown, coop.Decision{By: "anna"})
			if err != nil || shown.Text != "good words" {
				t.Fatalf("%s: got %q (%v)", what, shown.Text, err)
			}
			n.Quiet()
			if got := arrived(create, fan); len(got) != c.want {
				t.Errorf("%s: passed on %d times, want %d", what, len(got), c.want)
			}
		}
	}, fedtest.Calm())
}

// tombstone is a Delete as Mastodon sends it.
func tombstone(by *fedtest.Peer, id coop.IRI) fedtest.Document {
	doc := said(by, "Delete", fedtest.Document{"type": "Tombstone", "id": id})
	doc["to"], doc["signature"] = []any{coop.Public}, linked(by)
	return doc
}

// AP §7.1.2: those who were given a comment are told of its end, once, as its author
// said it, and nobody else is: neither who has not got it, nor the author's own host.
func TestEndOfACommentComesToWhomItWasPassedOn(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, author, fan, down, late := n.Instance("a.example"), n.Peer("author.example"), n.Peer("fan.example"), n.Peer("down.example"), n.Peer("late.example")
		for _, p := range []*fedtest.Peer{author.Another("/beside"), fan, down} {
			p.Follows(a, a.Actor())
		}
		policy(t, a, coop.CommentsOpen)
		_, post := a.Publish(fedtest.Report("A report"))
		n.Quiet()
		inbox := a.Site.SharedInbox()
		send := func(cc any) (id coop.IRI) {
			note := reply(author, post, "<p>for all of you</p>")
			note["to"], note["cc"] = []any{coop.Public}, cc
			create := said(author, "Create", note)
			create["to"], create["cc"] = note["to"], cc
			wants(t, "Create", author.Send(inbox, create), http.StatusAccepted)
			return note["id"].(coop.IRI)
		}
		n.Down(down.Host, true)
		followers := []any{a.Site.Of(a.Coop, "followers")}
		passed, rejected, plain := send(followers), send(followers), send([]any{})
		n.Settle()
		late.Follows(a, a.Actor())
		if _, err := a.Fed.DecideComment(t.Context(), a.Coop, rejected, coop.CommentRejected, coop.Decision{By: "anna"}); err != nil {
			t.Fatal(err)
		}
		end := func(id coop.IRI) fedtest.Document { return tombstone(author, id) }
		wants(t, "a forged Delete", late.Send(inbox, change(end(passed), "actor", late.ID)), http.StatusUnauthorized)
		wants(t, "a neighbour's", author.Another("/neighbour").Send(inbox, change(end(passed), "actor", author.ID+"s")), http.StatusUnauthorized)
		first, again, other, third := end(passed), end(passed), end(rejected), end(plain)
		for _, doc := range []fedtest.Document{first, first, again, other, third} {
			wants(t, "Delete", author.Send(inbox, doc), http.StatusAccepted)
		}
		n.Down(down.Host, false)
		n.Quiet()
		for what, c := range map[string]struct {
			doc  fedtest.Document
			want int
		}{"passed on": {first, 1}, "deleted again": {again, 0}, "rejected meanwhile": {other, 1}, "never passed on": {third, 0}} {
			if got := arrived(c.doc, fan); len(got) != c.want || c.want > 0 && (!bytes.Equal(got[0].Body, c.doc.Bytes()) || got[0].Verified) {
				t.Errorf("%s: the Delete came %d times, want %d as it was", what, len(got), c.want)
			}
			if got := arrived(c.doc, author, late); len(got) != 0 {
				t.Errorf("%s: the Delete came to who was not given it: %+v", what, got)
			}
		}
		for _, got := range down.Got("Create") {
			if bytes.Contains(got.Body, []byte("for all of you")) {
				t.Errorf("what was deleted came to who was down: %s", got.Body)
			}
		}
		for _, d := range a.Deliveries(coop.DeliveryFilter{}) {
			if status, _ := a.Get(a.Site.Activity(d.Document)); d.Type == "Delete" && status != http.StatusNotFound {
				t.Errorf("what was passed on answers %d", status)
			}
		}
	}, fedtest.Calm())
}

// arrived is an activity as it came to some peers.
func arrived(doc fedtest.Document, at ...*fedtest.Peer) (got []fedtest.Received) {
	for _, p := range at {
		for _, g := range p.Got() {
			if g.ID == string(doc["id"].(coop.IRI)) {
				got = append(got, g)
			}
		}
	}
	return got
}

// A page of replies has a hundred, the oldest first, and is stable.
func TestRepliesArePaged(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, host := n.Instance("a.example"), n.Peer("h0.example")
		policy(t, a, coop.CommentsOpen)
		_, post := a.Publish(fedtest.Report("A report"))
		var want []coop.IRI
		for k := range 13 {
			p := host.Elsewhere(fmt.Sprintf("h%d.example", k+1))
			for range 17 {
				note := reply(p, post, "<p>one more</p>")
				wants(t, "Create", p.Send(a.Site.SharedInbox(), said(p, "Create", note)), http.StatusAccepted)
				want = append(want, note["id"].(coop.IRI))
				time.Sleep(time.Second)
			}
		}
		if got := shown(t, a, post); !slices.Equal(got, want) {
			t.Errorf("got %d in another order, want %d", len(got), len(want))
		}
		for page, status := range map[string]int{"1": 200, "3": 200, "4": 404, "0": 404, "01": 404, "x": 404} {
			if got, _ := a.Get(post + "/replies/pages/" + coop.IRI(page)); got != status {
				t.Errorf("page %s answers %d", page, got)
			}
		}
		p := object(t, a, post+"/replies/pages/2")
		if len(p["orderedItems"].([]any)) != 100 || p["partOf"] != string(post+"/replies") || p["next"] != string(post+"/replies/pages/3") {
			t.Errorf("got %v", p)
		}
	}, fedtest.Calm())
}

// A co-op follows another one, reads its post and answers it: on another instance
// over the network, on the same one without a request.
func TestCoopsAnswerEachOther(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b := n.Instance("a.example"), n.Instance("b.example")
		policy(t, a, coop.CommentsOpen)
		b.Follow(a.Actor())
		n.Quiet()
		_, post := a.Publish(fedtest.Report("A report"))
		n.Quiet()
		if got := b.Names(); got != "A report" {
			t.Fatalf("got %q", got)
		}
		_, remote := b.Publish(fedtest.Document{"type": "Note", "content": "<p>From next door</p>", "inReplyTo": post, "cc": []any{a.Actor()}, "to": []any{coop.Public}})
		n.Quiet()
		time.Sleep(time.Second) // order is by seconds
		_, own := a.Publish(fedtest.Document{"type": "Note", "content": "<p>Our own word</p>", "inReplyTo": remote})
		n.Quiet()
		if got := shown(t, a, post); !slices.Equal(got, []coop.IRI{remote, own}) {
			t.Errorf("got %v", got)
		}
		if got := comments(t, a, post)[own]; got.By != a.Actor() || got.InReplyTo != remote || got.Text != "Our own word" {
			t.Errorf("got %+v", got)
		}
		a.Update(own, fedtest.Document{"content": "<p>Our last word</p>"})
		b.Update(remote, fedtest.Document{"content": "<p>From far away</p>"})
		n.Quiet()
		if got := comments(t, a, post); got[own].Text != "Our last word" || got[remote].Text != "From far away" {
			t.Errorf("got %+v", got)
		}
		b.Delete(remote)
		a.Delete(own)
		n.Quiet()
		if got := comments(t, a, post); len(got) != 0 {
			t.Errorf("got %+v", got)
		}
	}, fedtest.Calm())
}

// Of two servers that know how, over a network that loses, doubles and reorders.
func TestCommentsOfAnotherInstanceSurviveAHostileNetwork(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, b := n.Instance("a.example"), n.Instance("b.example")
				policy(t, a, coop.CommentsOpen)
				b.Follow(a.Actor())
				n.Quiet()
				_, post := a.Publish(fedtest.Report("A report"))
				n.Quiet()
				note := func(text string) fedtest.Document {
					return fedtest.Document{"type": "Note", "content": "<p>" + text + "</p>", "inReplyTo": post, "cc": []any{a.Actor()}, "to": []any{coop.Public}}
				}
				_, stays := publish(b, note("stays"))
				_, goes := publish(b, note("goes"))
				b.Update(stays, fedtest.Document{"content": "<p>has stayed</p>"})
				b.Delete(goes)
				n.Quiet()
				n.Calm(true)
				got := comments(t, a, post)
				if len(got) != 1 || got[stays].Text != "has stayed" {
					t.Errorf("got %+v", got)
				}
			}, fedtest.Seed(seed+1))
		})
	}
}

// publish submits a post, again where an addressee could not be found at once.
func publish(i *fedtest.Instance, doc fedtest.Document) (activity, id coop.IRI) {
	for range 20 {
		status, _, body := i.Submit(doc)
		if status != http.StatusServiceUnavailable {
			var made struct {
				ID     coop.IRI
				Object struct{ ID coop.IRI }
			}
			_ = json.Unmarshal(body, &made)
			return made.ID, made.Object.ID
		}
		time.Sleep(time.Minute)
	}
	return "", ""
}
