// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"fmt"
	"strings"
	"time"

	"plenum/coop"
)

func commentTests() []test {
	return []test{
		{"comments are kept, listed as they came, and counted", commentsAreListed},
		{"a comment that is to be passed on is sent once, when it is shown", commentIsPassedOnOnce},
		{"a comment that was changed is not passed on as it was", changedIsNotPassedOn},
		{"a comment that is not shown any more is not passed on any further", recalledIsNotLeased},
		{"the end of a comment is told to whom it was passed on", recallIsTold},
		{"of what was passed on long ago all who follow are told", recallIsToldLate},
		{"a comment that is shown at once is sent at once", shownCommentIsSent},
		{"a rejected comment keeps no text and does not come back", rejectedStaysAway},
		{"a comment that its author deleted does not come back", deletedStaysAway},
		{"a comment is changed by its author and by nothing older", commentIsChanged},
		{"a changed text waits where comments are held, the same text does not", changedTextWaits},
		{"what somebody held back stays so until somebody decides", heldStaysHeld},
		{"a private comment is never shown", privateIsNeverShown},
		{"a comment that was seen changes nothing", seenCommentChangesNothing},
		{"only published posts have comments", draftsHaveNoComments},
		{"a note of ours is a comment for as long as it is there", localReplyIsAComment},
		{"a withdrawn post takes along what was replied to it", withdrawnTakesReplies},
		{"a co-op takes along what was replied to its posts", goneCoopTakesReplies},
		{"a forgotten actor takes along what it replied", forgottenTakesReplies},
	}
}

// comment is a comment of an actor on a post.
func (f *fixture) comment(post coop.ID, by coop.IRI, slug string) coop.Comment {
	object := by + "/notes/" + coop.IRI(slug)
	return coop.Comment{
		Object: object, Post: post, Coop: "komona", By: by, Activity: object + "/create", KeyID: by + "#main-key",
		InReplyTo: coop.IRI("https://x.example/ap/posts/" + string(post)), Body: "<p>" + slug + "</p>", Text: slug, URL: object,
		Published: f.now, Updated: f.now, At: f.now, State: coop.CommentShown,
	}
}

func (f *fixture) keep(c coop.Comment) coop.Comment {
	f.Helper()
	got, err := f.KeepComment(f.Context(), c, coop.Seen{}, coop.Outgoing{})
	f.ok(err)
	return got
}

func (f *fixture) decision(what string) coop.Decision {
	return coop.Decision{ID: f.id(), At: f.now, By: "uid 1000", What: what, Coop: "komona", Target: "it", Why: "a test"}
}

func (f *fixture) texts(q coop.CommentQuery) []string {
	f.Helper()
	list, err := f.Store.Comments(f.Context(), q)
	f.ok(err)
	texts := []string{}
	for _, c := range list {
		texts = append(texts, c.Text)
	}
	return texts
}

func (f *fixture) tally(post coop.ID) coop.Tally {
	f.Helper()
	c, err := f.Tally(f.Context(), post)
	f.ok(err)
	return c
}

func commentsAreListed(f *fixture) {
	ctx := f.Context()
	one, other := f.publish(f.note("komona", "one")).ID, f.publish(f.note("kollektiv", "two")).ID
	for i, s := range []coop.CommentState{coop.CommentShown, coop.CommentHeld, coop.CommentShown, coop.CommentShown} {
		c := f.comment(one, anna, fmt.Sprint(9-i)) // the order of ids is not the order in which they came
		c.State, c.At = s, f.now.Add(time.Duration(i)*time.Second)
		f.keep(c)
	}
	c := f.comment(other, bert, "other")
	c.Coop, c.At = "nobody", f.now.Add(time.Second) // whose post it is is found out
	f.same(f.keep(c).Coop, coop.Name("kollektiv"))

	f.same(f.texts(coop.CommentQuery{Post: one}), []string{"9", "8", "7", "6"})
	f.same(f.texts(coop.CommentQuery{Post: one, State: coop.CommentShown}), []string{"9", "7", "6"})
	f.same(f.texts(coop.CommentQuery{Post: one, State: coop.CommentShown, Skip: 1, Limit: 1}), []string{"7"})
	f.same(f.texts(coop.CommentQuery{Post: one, Skip: 1, Limit: 2}), []string{"8", "7"})
	f.same(f.texts(coop.CommentQuery{Post: one, Skip: 4}), []string{})
	f.same(f.texts(coop.CommentQuery{Coop: "komona", State: coop.CommentHeld}), []string{"8"})
	f.same(f.texts(coop.CommentQuery{Coop: "kollektiv"}), []string{"other"})
	f.same(len(f.texts(coop.CommentQuery{})), 5)
	f.same(f.texts(coop.CommentQuery{Limit: 2})[0], "9")
	f.same(f.tally(one), coop.Tally{Comments: 3, Held: 1})
	f.same(f.tally(other), coop.Tally{Comments: 1})

	got, err := f.Comment(ctx, anna+"/notes/9")
	f.ok(err)
	f.same(got, f.comment(one, anna, "9"))
	_, err = f.Comment(ctx, anna+"/notes/1")
	f.fails(err, coop.NotFound)
}

func shownCommentIsSent(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	c := f.comment(post, anna, "1")
	c.Forward, c.Raw = true, []byte(`{"type":"Create"}`)
	out := f.out("Create", "komona", "", false, bbox)
	before := f.Generation()
	got, err := f.KeepComment(ctx, c, f.seen(anna, "1"), out)
	f.ok(err)
	f.same(got.Forward, false)
	f.same(f.Generation(), before) // what a stranger says makes nothing out of date
	_, err = f.Document(ctx, out.Documents[0].ID)
	f.ok(err)
	c.Updated = f.now.Add(time.Second)
	again := f.out("Create", "komona", "", false, bbox)
	_, err = f.KeepComment(ctx, c, f.seen(anna, "2"), again)
	f.ok(err)
	f.unsent(again)
}

func rejectedStaysAway(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	c := f.comment(post, anna, "1")
	c.State, c.Forward, c.Raw, c.Name = coop.CommentHeld, true, []byte(`{"type":"Create"}`), "a title"
	f.keep(c)
	got, err := f.DecideComment(ctx, c.Object, coop.CommentRejected, f.decision("comment reject"), coop.Outgoing{})
	f.ok(err)
	want := c
	want.Since = got.Since
	f.same(got.Since.IsZero(), false)
	want.State, want.Forward, want.Raw, want.Name, want.Body, want.Text, want.URL = coop.CommentRejected, false, nil, "", "", "", ""
	got.Raw = nil
	f.same(got, want)
	c.Updated, c.State = f.now.Add(time.Hour), coop.CommentShown
	f.same(f.keep(c).State, coop.CommentRejected)
	got, err = f.Comment(ctx, c.Object)
	f.ok(err)
	f.same(got, want)
	for _, s := range []coop.CommentState{coop.CommentShown, coop.CommentHeld} {
		_, err = f.DecideComment(ctx, c.Object, s, f.decision("comment show"), coop.Outgoing{})
		f.fails(err, coop.Conflict)
	}
	f.same(f.tally(post), coop.Tally{})
	f.ok(f.Drop(ctx, c.Object, anna, coop.Seen{}))
	_, err = f.Comment(ctx, c.Object)
	f.fails(err, coop.NotFound)
	_, err = f.DecideComment(ctx, c.Object, coop.CommentShown, f.decision("comment show"), coop.Outgoing{})
	f.fails(err, coop.NotFound)
}

func deletedStaysAway(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	c := f.comment(post, anna, "1")
	c.State, c.Forward, c.Raw = coop.CommentHeld, true, []byte(`{"type":"Create"}`)
	f.keep(c)
	f.ok(f.Drop(ctx, c.Object, bert, coop.Seen{})) // not bert's to delete
	_, err := f.Comment(ctx, c.Object)
	f.ok(err)
	f.ok(f.Drop(ctx, c.Object, anna, coop.Seen{}))
	f.same(f.tally(post), coop.Tally{})
	_, err = f.KeepComment(ctx, c, coop.Seen{}, coop.Outgoing{})
	f.fails(err, coop.Gone)
	late := f.comment(post, anna, "late") // its Delete came first
	f.ok(f.Drop(ctx, late.Object, anna, coop.Seen{}))
	_, err = f.KeepComment(ctx, late, coop.Seen{}, coop.Outgoing{})
	f.fails(err, coop.Gone)
}

func commentIsChanged(f *fixture) {
	ctx := f.Context()
	one, two := f.publish(f.note("komona", "one")).ID, f.publish(f.note("komona", "two")).ID
	c := f.comment(one, anna, "1")
	f.keep(c)
	newer := c
	newer.Body, newer.Text, newer.Updated, newer.At = "<p>new</p>", "new", f.now.Add(time.Minute), f.now.Add(time.Hour)
	newer.Post = two // a comment stays where it was
	want := newer
	want.Post, want.At = one, c.At
	f.same(f.keep(newer), want)
	f.same(f.keep(c), want) // older
	edited := newer
	edited.Body, edited.Text = "<p>edited</p>", "edited" // by who says nothing of when
	row, err := f.KeepComment(ctx, edited, f.seen(anna, "edit"), coop.Outgoing{})
	f.ok(err)
	f.same(row.Text, "edited")
	f.same(f.keep(newer), row) // it came before
	want.Body, want.Text = edited.Body, edited.Text
	_, err = f.KeepComment(ctx, f.comment(one, bert, "1"), coop.Seen{}, coop.Outgoing{})
	f.ok(err)
	stolen := newer
	stolen.By = bert
	_, err = f.KeepComment(ctx, stolen, coop.Seen{}, coop.Outgoing{})
	f.fails(err, coop.Forbidden)
	long := f.comment(one, anna, "long")
	long.Body = strings.Repeat("x", coop.MaxComment+1)
	_, err = f.KeepComment(ctx, long, coop.Seen{}, coop.Outgoing{})
	f.fails(err, coop.TooLarge)
	long.Body, long.Text = "", strings.Repeat("x", coop.MaxComment+1)
	_, err = f.KeepComment(ctx, long, coop.Seen{}, coop.Outgoing{})
	f.fails(err, coop.TooLarge)
	got, err := f.Comment(ctx, c.Object)
	f.ok(err)
	f.same(got, want)
	f.same(f.tally(one), coop.Tally{Comments: 2})
}

func changedTextWaits(f *fixture) {
	post := f.publish(f.note("komona", "one")).ID
	c := f.comment(post, anna, "1")
	f.keep(c)
	c.State, c.Updated = coop.CommentHeld, f.now.Add(time.Second)
	f.same(f.keep(c).State, coop.CommentShown)
	c.Body, c.Updated = "<p>new</p>", f.now.Add(2*time.Second)
	f.same(f.keep(c).State, coop.CommentHeld)
	f.same(f.tally(post), coop.Tally{Held: 1})
}

func heldStaysHeld(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	c := f.comment(post, anna, "1")
	f.keep(c)
	_, err := f.DecideComment(ctx, c.Object, coop.CommentHeld, f.decision("comment hold"), coop.Outgoing{})
	f.ok(err)
	for i, private := range []bool{false, true, false} {
		c.Body, c.Updated, c.Private = fmt.Sprint(i), f.now.Add(time.Duration(i+1)*time.Second), private
		f.same(f.keep(c).State, coop.CommentHeld)
	}
	stale := f.decision("comment show")
	stale.Version = f.comment(post, anna, "1").Version()
	_, err = f.DecideComment(ctx, c.Object, coop.CommentShown, stale, coop.Outgoing{})
	f.fails(err, coop.Conflict)
	_, err = f.DecideComment(ctx, c.Object, "odd", f.decision("comment odd"), coop.Outgoing{})
	f.fails(err, coop.Invalid)
	got, err := f.DecideComment(ctx, c.Object, coop.CommentShown, f.decision("comment show"), coop.Outgoing{})
	f.ok(err)
	f.same(got.State, coop.CommentShown)
}

func privateIsNeverShown(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	c := f.comment(post, anna, "1")
	c.Private, c.Forward, c.Raw = true, true, []byte(`{"type":"Create"}`)
	out := f.out("Create", "komona", "", false, bbox)
	got, err := f.KeepComment(ctx, c, coop.Seen{}, out)
	f.ok(err)
	f.same(got.State, coop.CommentHeld)
	f.same(got.Forward, false)
	f.unsent(out)
	_, err = f.DecideComment(ctx, c.Object, coop.CommentShown, f.decision("comment show"), out)
	f.fails(err, coop.Conflict)
	f.unsent(out)
	shown := f.comment(post, anna, "2")
	f.keep(shown)
	shown.Private, shown.Updated = true, f.now.Add(time.Second) // its author takes it back from the public
	f.same(f.keep(shown).State, coop.CommentHeld)
}

func seenCommentChangesNothing(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	c := f.comment(post, anna, "1")
	_, err := f.KeepComment(ctx, c, f.seen(anna, "1"), coop.Outgoing{})
	f.ok(err)
	other := c
	other.Body, other.Updated = "<p>another</p>", f.now.Add(time.Second)
	got, err := f.KeepComment(ctx, other, f.seen(anna, "1"), coop.Outgoing{})
	f.ok(err)
	f.same(got, c)
	f.ok(f.MarkSeen(ctx, f.seen(anna, "2")))
	_, err = f.KeepComment(ctx, f.comment(post, anna, "2"), f.seen(anna, "2"), coop.Outgoing{})
	f.ok(err)
	_, err = f.Comment(ctx, anna+"/notes/2")
	f.fails(err, coop.NotFound)
}

func draftsHaveNoComments(f *fixture) {
	ctx := f.Context()
	draft := f.note("komona", "draft").Post
	draft.State = coop.Draft
	f.saved(f.SaveDraft(ctx, draft, coop.Outgoing{}))
	gone := f.publish(f.note("komona", "gone"))
	_, err := f.Withdraw(ctx, f.next(gone, "Delete"))
	f.ok(err)
	for id, want := range map[coop.ID]coop.Code{draft.ID: coop.Conflict, gone.ID: coop.Gone, f.id(): coop.NotFound} {
		_, err := f.KeepComment(ctx, f.comment(id, anna, "1"), f.seen(anna, "1"), coop.Outgoing{})
		f.fails(err, want)
		f.fails(f.React(ctx, f.reaction(id, coop.Liked, anna, "1"), f.seen(anna, "1")), want)
		_, err = f.Attend(ctx, f.rsvp(id, anna, coop.RSVPGoing), f.seen(anna, "1"), nil)
		f.fails(err, want)
	}
	at, err := f.SeenAt(ctx, f.seen(anna, "1"))
	f.ok(err)
	f.same(at.IsZero(), true) // what failed has not happened
}

func localReplyIsAComment(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	pub := f.note("kollektiv", "answer")
	c := f.comment(post, "https://x.example/ap/coops/kollektiv", "answer")
	site := coop.Site{Domain: "x.example"}
	c.Object, c.KeyID = site.Object(coop.Note, pub.Post.ID), ""
	pub.Out.Comments = []coop.Comment{c}
	note := f.publish(pub)
	got, err := f.Comment(ctx, c.Object)
	f.ok(err)
	f.same(got, c)
	next := f.next(note, "Update")
	c.Body, c.Text, c.Updated = "<p>new</p>", "new", f.now.Add(time.Minute)
	next.Out.Comments = []coop.Comment{c}
	_, err = f.Revise(ctx, next)
	f.ok(err)
	f.same(f.texts(coop.CommentQuery{Post: post}), []string{"new"})
	_, err = f.DecideComment(ctx, c.Object, coop.CommentRejected, f.decision("comment reject"), coop.Outgoing{})
	f.ok(err)
	next = f.next(next.Post, "Update") // of a note whose post does not want it
	next.Out.Comments = []coop.Comment{c}
	_, err = f.Revise(ctx, next)
	f.ok(err)
	f.same(f.tally(post), coop.Tally{})
	_, err = f.Withdraw(ctx, f.next(next.Post, "Delete"))
	f.ok(err)
	_, err = f.Comment(ctx, c.Object)
	f.fails(err, coop.NotFound)
}

// answered stores one of each kind of replies to an event.
func (f *fixture) answered(event coop.ID) {
	f.Helper()
	ctx := f.Context()
	held := f.comment(event, anna, string(event)+"held")
	held.State, held.Forward, held.Raw = coop.CommentHeld, true, []byte(`{"type":"Create"}`)
	f.keep(held)
	f.keep(f.comment(event, anna, string(event)))
	f.ok(f.React(ctx, f.reaction(event, coop.Liked, anna, string(event)), coop.Seen{}))
	r := f.rsvp(event, anna, coop.RSVPGoing)
	r.Activity += coop.IRI(event)
	_, err := f.Attend(ctx, r, coop.Seen{}, nil)
	f.ok(err)
	f.same(f.tally(event), coop.Tally{Likes: 1, Comments: 1, Held: 1, Going: 1})
}

func withdrawnTakesReplies(f *fixture) {
	event, other := f.event("komona", "one", 0), f.event("komona", "other", 0)
	f.answered(event.ID)
	f.answered(other.ID)
	_, err := f.Withdraw(f.Context(), f.next(event, "Delete"))
	f.ok(err)
	f.same(f.tally(event.ID), coop.Tally{})
	f.same(f.texts(coop.CommentQuery{Coop: "komona"}), []string{string(other.ID), string(other.ID) + "held"})
	f.same(f.tally(other.ID), coop.Tally{Likes: 1, Comments: 1, Held: 1, Going: 1})
	boxes, err := f.Attending(f.Context(), event.ID)
	f.ok(err)
	f.same(boxes, []coop.Box{})
}

func goneCoopTakesReplies(f *fixture) {
	event, other := f.event("komona", "one", 0), f.event("kollektiv", "other", 0)
	f.answered(event.ID)
	f.answered(other.ID)
	gone := f.coop("komona")
	gone.Gone = f.now
	f.ok(f.RemoveCoop(f.Context(), gone, coop.Outgoing{}))
	f.same(f.tally(event.ID), coop.Tally{})
	f.same(len(f.texts(coop.CommentQuery{})), 2)
}

func forgottenTakesReplies(f *fixture) {
	ctx := f.Context()
	event := f.event("komona", "one", 1)
	f.answered(event.ID)
	f.keep(f.comment(event.ID, bert, "mine"))
	waiting, err := f.Attend(ctx, f.rsvp(event.ID, bert, coop.RSVPGoing), coop.Seen{}, nil)
	f.ok(err)
	f.same(waiting.State, coop.RSVPWaiting)
	traces := func(id coop.IRI) bool {
		has, err := f.Traces(ctx, id)
		f.ok(err)
		return has
	}
	f.same(traces(anna), true)
	var told []string
	f.ok(f.ForgetActor(ctx, anna, f.seen(anna, "delete"), f.teller(&told)))
	f.same(told, []string{"bert going promoted"})
	f.same(traces(anna), false)
	f.same(traces(bert), true)
	f.same(f.tally(event.ID), coop.Tally{Comments: 1, Going: 1})
	f.same(f.texts(coop.CommentQuery{Post: event.ID}), []string{"mine"})
}
