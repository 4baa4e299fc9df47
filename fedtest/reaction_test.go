// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// tally is what people made of a post.
func tally(t *testing.T, a *fedtest.Instance, post coop.IRI) coop.Tally {
	t.Helper()
	r, _ := a.Site.Parse(post)
	got, err := a.DB.Tally(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// counted checks that a post, and its collections, say so many likes and shares.
func counted(t *testing.T, a *fedtest.Instance, post coop.IRI, what string, likes, shares int) {
	t.Helper()
	time.Sleep(61 * time.Second)
	o := object(t, a, post)
	if total(o, "likes") != likes || total(o, "shares") != shares {
		t.Errorf("%s: the post says %d likes and %d shares", what, total(o, "likes"), total(o, "shares"))
	}
	for part, want := range map[coop.IRI]int{"/likes": likes, "/shares": shares} {
		c := object(t, a, post+part)
		if c["totalItems"] != float64(want) || c["orderedItems"] != nil || c["id"] != string(post+part) {
			t.Errorf("%s: got %v", what, c)
		}
	}
}

// AP §7.10, §7.11: likes and shares are counted in what the post's id answers, and in
// the collections, within a minute, and what is taken back counts no more.
func TestLikesAndSharesAreCountedWithinAMinute(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, host := n.Instance("a.example"), n.Peer("h0.example")
		_, post := a.Publish(fedtest.Report("A report"))
		inbox := a.Site.SharedInbox()
		check := func(what string, likes, shares int) { t.Helper(); counted(t, a, post, what, likes, shares) }
		check("nobody", 0, 0)
		peers := []*fedtest.Peer{host}
		for k := range 3 {
			peers = append(peers, host.Elsewhere(fmt.Sprintf("h%d.example", k+1)))
		}
		made := map[*fedtest.Peer][]fedtest.Document{}
		for k, p := range peers {
			like := said(p, "Like", post)
			switch k {
			case 1:
				like["type"], like["content"] = "EmojiReact", "🎉"
			case 2:
				like["content"], like["_misskey_reaction"] = ":blobcat:", ":blobcat:"
			}
			share := said(p, "Announce", post)
			share["to"] = []any{coop.Public}
			made[p] = []fedtest.Document{like, share}
			for _, doc := range made[p] {
				wants(t, fmt.Sprint(doc["type"]), p.Send(inbox, doc), http.StatusAccepted)
				wants(t, "twice", p.Send(inbox, doc), http.StatusAccepted)
			}
			wants(t, "another Announce", p.Send(inbox, said(p, "Announce", post)), http.StatusAccepted)
		}
		check("four", 4, 4)
		evil := host.Elsewhere("evil.example")
		for _, p := range peers {
			for _, doc := range made[p] {
				evil.Send(inbox, said(evil, "Undo", doc))
				evil.Send(inbox, said(evil, "Undo", doc["id"]))
				evil.Send(inbox, said(evil, "Undo", change(doc, "actor", evil.ID)))
			}
		}
		check("undone by somebody else", 4, 4)
		a.Crash()
		a.Start()
		check("after a loss of power", 4, 4)
		undo := func(k int, object any) {
			t.Helper()
			wants(t, "Undo", peers[k].Send(inbox, said(peers[k], "Undo", object)), http.StatusAccepted)
		}
		undo(0, made[peers[0]][0])                                                       // Mastodon: embedded
		undo(1, made[peers[1]][0]["id"])                                                 // by its id
		undo(2, change(made[peers[2]][0], "id", nil))                                    // without an id
		undo(3, change(made[peers[3]][0], "id", "https://h3.example/activities/undo/1")) // Lemmy: by an id that never was
		undo(0, said(peers[0], "Announce", post))
		check("taken back", 0, 3)
		if got := tally(t, a, post); got.Likes != 0 || got.Shares != 3 {
			t.Errorf("got %+v", got)
		}
		a.Delete(post)
		for _, part := range []coop.IRI{"", "/likes", "/shares", "/replies", "/replies/pages/1"} {
			if status, _ := a.Get(post + part); status != http.StatusGone {
				t.Errorf("%s answers %d", post+part, status)
			}
		}
	}, fedtest.Calm())
}

// An Undo that overtakes what it undoes.
func TestReactionThatWasTakenBackBeforeItCameDoesNotCount(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		_, post := a.Publish(fedtest.Report("A report"))
		inbox := a.Site.SharedInbox()
		for what, undo := range map[string]func(fedtest.Document) any{
			"embedded":          func(d fedtest.Document) any { return d },
			"by its id":         func(d fedtest.Document) any { return d["id"] },
			"without an id":     func(d fedtest.Document) any { return change(d, "id", nil) },
			"by an id of Lemmy": func(d fedtest.Document) any { return change(d, "id", peer.NewID("undo")) },
		} {
			for _, kind := range []string{"Like", "Announce", "EmojiReact"} {
				doc := change(said(peer, kind, post), "content", emojiOf(kind))
				wants(t, what, peer.Send(inbox, said(peer, "Undo", undo(doc))), http.StatusAccepted)
				wants(t, what, peer.Send(inbox, doc), http.StatusAccepted)
				if got := tally(t, a, post); got != (coop.Tally{}) {
					t.Errorf("%s of %s: got %+v", what, kind, got)
				}
				time.Sleep(time.Hour)
				next := change(said(peer, kind, post), "content", emojiOf(kind))
				peer.Send(inbox, next)
				if got := tally(t, a, post); got.Likes+got.Shares != 1 {
					t.Errorf("%s of %s: a new one does not count: %+v", what, kind, got)
				}
				time.Sleep(time.Hour)
				peer.Send(inbox, said(peer, "Undo", next))
			}
		}
	}, fedtest.Calm())
}

// emojiOf is the content of a reaction: without an emoji an EmojiReact is none.
func emojiOf(kind string) any {
	if kind == "EmojiReact" {
		return "🎉"
	}
	return nil
}

// docs/security.md T15: what is not a published post of ours is nothing, and nothing
// is fetched because of it.
func TestReactionToAnythingElseIsNothing(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, other := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("other.example")
		create, post := a.Publish(fedtest.Report("A report"))
		draft, err := a.Fed.SaveDraft(t.Context(), coop.Principal{Coop: a.Coop, Role: coop.Editor}, fedtest.Report("A draft").Bytes())
		if err != nil {
			t.Fatal(err)
		}
		hidden := a.Site.Object(draft.Kind, draft.ID)
		peer.Send(a.Site.SharedInbox(), said(peer, "Undo", peer.NewID("warm")))
		before := len(n.Exchanges(func(e fedtest.Exchange) bool { return e.From == a.Host }))
		for _, object := range []any{
			hidden, create, a.Actor(), a.Site.Page(a.Coop, "a-report"), post + "/likes", post + "#x", a.Site.Object(coop.Meetup, draft.ID),
			other.Note("elsewhere")["id"], other.ID, "https://nowhere.example/1", fedtest.Document{"type": "Note", "id": "https://nowhere.example/2"},
		} {
			for _, kind := range []string{"Like", "EmojiReact", "Announce"} {
				wants(t, fmt.Sprint(kind, " of ", object), peer.Send(a.Site.SharedInbox(), said(peer, kind, object)), http.StatusAccepted)
			}
			if object == a.Site.Page(a.Coop, "a-report") {
				continue // who replies to a page means the post
			}
			wants(t, "reply", peer.Send(a.Site.SharedInbox(), said(peer, "Create", fedtest.Document{
				"id": peer.NewID("notes"), "type": "Note", "attributedTo": peer.ID, "content": "hm", "inReplyTo": object, "to": coop.Public,
			})), http.StatusAccepted)
		}
		if got := tally(t, a, post); got != (coop.Tally{}) {
			t.Errorf("got %+v", got)
		}
		if got, err := a.DB.Tally(t.Context(), draft.ID); err != nil || got != (coop.Tally{}) {
			t.Errorf("a draft: got %+v (%v)", got, err)
		}
		if got := len(n.Exchanges(func(e fedtest.Exchange) bool { return e.From == a.Host })); got != before {
			t.Errorf("%d requests were made", got-before)
		}
		join := peer.Send(a.Site.SharedInbox(), said(peer, "Join", hidden))
		never := peer.Send(a.Site.SharedInbox(), said(peer, "Join", a.Site.Object(coop.Meetup, "01ARYZ6S41TSV4RRFFQ69G5FAV")))
		if join != never {
			t.Errorf("a draft answers %d, what never was %d", join, never)
		}
	}, fedtest.Calm())
}

// docs/security.md T16: who blocks us follows us no more, nor do we follow it, and
// nothing is sent because of it.
func TestBlockEndsFollowsInSilence(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, evil := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example")
		inbox := a.Site.SharedInbox()
		peer.Befriends(a)
		peer.Follows(a, a.Actor())
		peer.Follows(a, a.Site.Actor(coop.Relay))
		for _, object := range []coop.IRI{peer.ID, a.Actor(), a.Site.Actor("nobody")} {
			wants(t, "Block", evil.Send(inbox, said(evil, "Block", object)), http.StatusAccepted)
		}
		if len(a.Followers(a.Coop)) != 1 || a.FollowState(peer.ID) != coop.FollowAccepted {
			t.Fatal("a stranger's Block ended a follow")
		}
		n.Quiet()
		before := len(peer.Got())
		block := said(peer, "Block", a.Actor())
		wants(t, "Block", peer.Send(inbox, block), http.StatusAccepted)
		n.Quiet()
		if got := a.Followers(a.Coop); len(got) != 0 {
			t.Errorf("got %v", got)
		}
		if got := a.Followers(coop.Relay); len(got) != 1 {
			t.Errorf("a Block of one actor ended the follow of another: %v", got)
		}
		if got := a.FollowState(peer.ID); got != coop.FollowRejected {
			t.Errorf("got %q", got)
		}
		if got := peer.Got(); len(got) != before {
			t.Errorf("who blocked us was told: %+v", got[before:])
		}
		peer.Follows(a, a.Actor())
		wants(t, "an old Block", peer.Send(inbox, block), http.StatusAccepted)
		if got := a.Followers(a.Coop); len(got) != 1 {
			t.Errorf("a Block counted twice: %v", got)
		}
		a.Publish(fedtest.Report("After it"))
		n.Quiet()
	}, fedtest.Calm())
}

// A Flag becomes a complaint to the people of each co-op that it is about, and to
// nobody else's; they alone close it.
func TestComplaintsComeToThoseConcerned(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		a.Control(http.MethodPost, "/control/coops", fedtest.Document{"name": "second", "title": "The second co-op"}, nil)
		second, inbox := a.Site.Actor("second"), a.Site.SharedInbox()
		_, post := a.Publish(fedtest.Report("A report"))
		note := reply(peer, post, "<p>rude</p>")
		peer.Send(inbox, said(peer, "Create", note))
		flag := func(objects ...any) fedtest.Document {
			f := said(peer, "Flag", objects)
			f["content"] = "<p>this is <b>rude</b></p>"
			return f
		}
		f := flag(a.Actor(), post, post, note["id"], second, peer.ID, "https://elsewhere.example/1", a.Site.Actor("nobody"), a.Site.Actor(coop.Relay))
		for range 2 {
			wants(t, "Flag", peer.Send(inbox, f), http.StatusAccepted)
		}
		wants(t, "Flag of nothing of ours", peer.Send(inbox, flag(peer.ID, "https://elsewhere.example/1")), http.StatusAccepted)
		wants(t, "Flag of a page", peer.Send(inbox, flag(a.Site.Page(a.Coop, "a-report"))), http.StatusAccepted)
		open := func(n coop.Name) []coop.Complaint {
			list, err := a.DB.Complaints(t.Context(), coop.ComplaintQuery{Coop: n, Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		if got := open(a.Coop); len(got) != 2 {
			t.Fatalf("got %+v", got)
		}
		for _, c := range open(a.Coop) {
			if c.By != peer.ID || c.Text != "this is rude" || c.Coop != a.Coop || c.Activity == f["id"] && fmt.Sprint(c.About) != fmt.Sprint([]any{a.Actor(), post, note["id"]}) {
				t.Errorf("got %+v", c)
			}
		}
		if got := open("second"); len(got) != 1 || fmt.Sprint(got[0].About) != fmt.Sprint([]any{second}) {
			t.Errorf("got %+v", got)
		}
		theirs := open("second")[0].ID
		if err := a.Fed.CloseComplaint(t.Context(), a.Coop, theirs, coop.Decision{By: "anna"}); coop.CodeOf(err) != coop.NotFound {
			t.Errorf("another co-op closes it: %v", err)
		}
		if err := a.Fed.CloseComplaint(t.Context(), "second", theirs, coop.Decision{By: "anna", Why: "talked"}); err != nil {
			t.Error(err)
		}
		if got := open("second"); len(got) != 0 {
			t.Errorf("got %+v", got)
		}
		log, err := a.DB.Decisions(t.Context(), coop.DecisionQuery{Coop: "second"})
		if err != nil || len(log) != 1 || log[0].What != "complaint close" || log[0].Why != "talked" {
			t.Errorf("got %+v (%v)", log, err)
		}
		n.Quiet()
		if got := peer.Got(); len(got) != 0 {
			t.Errorf("who complained was told %+v", got)
		}
	}, fedtest.Calm())
}

// FEP-044f.
func TestQuoteRequestIsRefusedPolitely(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		_, post := a.Publish(fedtest.Report("A report"))
		ask := func(object any) fedtest.Document {
			q := said(peer, "QuoteRequest", object)
			q["instrument"] = peer.Note("quoting")
			return q
		}
		q := ask(post)
		for range 2 {
			wants(t, "QuoteRequest", peer.Send(a.Site.SharedInbox(), q), http.StatusAccepted)
		}
		wants(t, "of nothing of ours", peer.Send(a.Site.SharedInbox(), ask(peer.NewID("notes"))), http.StatusAccepted)
		n.Quiet()
		got := peer.Got()
		if len(got) != 1 || got[0].Type != "Reject" || !got[0].Verified {
			t.Fatalf("got %+v", got)
		}
		var r struct {
			Actor  coop.IRI
			Object struct {
				ID, Actor, Object, Instrument coop.IRI
				Type                          string
			}
		}
		if err := json.Unmarshal(got[0].Body, &r); err != nil {
			t.Fatal(err)
		}
		if o := r.Object; r.Actor != a.Actor() || o.ID != q["id"] || o.Type != "QuoteRequest" || o.Actor != peer.ID || o.Object != post || o.Instrument != q["instrument"].(fedtest.Document)["id"] {
			t.Errorf("got %s", got[0].Body)
		}
	}, fedtest.Calm())
}

// docs/security.md T17: nobody changes a collection of ours.
func TestAddAndRemoveByStrangersChangeNothing(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		_, post := a.Publish(fedtest.Report("A report"))
		targets := []coop.IRI{a.Site.Of(a.Coop, "followers"), a.Site.Of(a.Coop, "featured"), post + "/likes", post + "/replies", post}
		before := map[coop.IRI]string{}
		for _, target := range targets {
			_, body := a.Get(target)
			before[target] = string(body)
			for _, kind := range []string{"Add", "Remove"} {
				doc := said(peer, kind, peer.ID)
				doc["target"] = target
				wants(t, kind, peer.Send(a.Site.SharedInbox(), doc), http.StatusAccepted)
			}
		}
		time.Sleep(61 * time.Second)
		for _, target := range targets {
			if _, body := a.Get(target); string(body) != before[target] {
				t.Errorf("%s says %s", target, body)
			}
		}
	}, fedtest.Calm())
}
