// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"fmt"
	"testing"
	"time"

	"plenum/coop"
)

// replier opens a store with an event that anybody can reply to.
func replier(t *testing.T) (*maker, *DB, coop.ID) {
	t.Helper()
	m, db := newMaker(t), openNew(t)
	m.ok(db.AddCoop(t.Context(), m.coop("komona"), []byte(testPEM)))
	return m, db, m.published(db, "one")
}

func (m *maker) published(db *DB, slug string) coop.ID {
	m.Helper()
	pub := m.post("komona", slug)
	_, err := db.Publish(m.Context(), pub)
	m.ok(err)
	return pub.Post.ID
}

func someone(i int) coop.IRI { return coop.IRI(fmt.Sprintf("https://a.example/users/%03d", i)) }

func say(post coop.ID, i int, s coop.CommentState) coop.Comment {
	object := someone(i) + "/notes/" + coop.IRI(post)
	return coop.Comment{Object: object, Post: post, By: someone(i), Activity: object + "/create", Body: "text", At: testNow, Updated: testNow, State: s}
}

func TestCommentsAreBounded(t *testing.T) {
	t.Parallel()
	m, db, one := replier(t)
	two := m.published(db, "two")
	db.bounds.shownPerPost, db.bounds.heldPerPost, db.bounds.comments = 2, 1, 5
	keep := func(c coop.Comment) coop.Code {
		_, err := db.KeepComment(t.Context(), c, coop.Seen{Actor: c.By, Activity: c.Activity, At: testNow}, coop.Outgoing{})
		return coop.CodeOf(err)
	}
	decide := func(i int, s coop.CommentState) coop.Code {
		_, err := db.DecideComment(t.Context(), say(one, i, "").Object, s, coop.Decision{ID: m.id(), What: "comment"}, coop.Outgoing{})
		return coop.CodeOf(err)
	}
	changed := say(one, 1, coop.CommentHeld)
	changed.Body, changed.Activity, changed.Updated = "new", changed.Activity+"2", testNow.Add(time.Second)
	for i, tt := range []struct {
		got  func() coop.Code
		want coop.Code
	}{
		{func() coop.Code { return keep(say(one, 1, coop.CommentShown)) }, ""},
		{func() coop.Code { return keep(say(one, 2, coop.CommentShown)) }, ""},
		{func() coop.Code { return keep(say(one, 3, coop.CommentShown)) }, coop.Conflict},
		{func() coop.Code { return keep(say(one, 3, coop.CommentHeld)) }, ""},
		{func() coop.Code { return keep(say(one, 4, coop.CommentHeld)) }, coop.Conflict},
		{func() coop.Code { return keep(changed) }, coop.Conflict}, // it would have to wait
		{func() coop.Code { return decide(3, coop.CommentShown) }, coop.Conflict},
		{func() coop.Code { return decide(1, coop.CommentHeld) }, coop.Conflict},
		{func() coop.Code { return decide(1, coop.CommentRejected) }, ""},
		{func() coop.Code { return decide(3, coop.CommentShown) }, ""},
		{func() coop.Code { return keep(say(two, 1, coop.CommentShown)) }, ""},
		{func() coop.Code { return keep(say(two, 2, coop.CommentShown)) }, ""},
		{func() coop.Code { return keep(say(two, 3, coop.CommentHeld)) }, coop.Conflict}, // of all
	} {
		if got := tt.got(); got != tt.want {
			t.Fatalf("step %d: got %q want %q", i, got, tt.want)
		}
	}
	if got, err := db.Comment(t.Context(), changed.Object); err != nil || got.Body != "" {
		t.Errorf("got %+v (%v)", got, err)
	}
	if at, err := db.SeenAt(t.Context(), coop.Seen{Actor: someone(3), Activity: say(two, 3, "").Activity}); err != nil || !at.IsZero() {
		t.Errorf("what was refused counts as seen (%v)", err)
	}
	clean(t, db)
}

func TestReactionsAndRSVPsAreBounded(t *testing.T) {
	t.Parallel()
	m, db, one := replier(t)
	two := m.published(db, "two")
	db.bounds.reactionsPerPost, db.bounds.reactions, db.bounds.rsvpsPerPost, db.bounds.rsvps = 2, 3, 2, 3
	both := func(post coop.ID, i int, want coop.Code) {
		t.Helper()
		who, kind, state := someone(i), coop.ReactionKind(coop.Liked), coop.RSVPMaybe
		if i%2 == 0 {
			kind, state = coop.Shared, coop.RSVPGoing
		}
		activity := who + "/" + coop.IRI(post)
		err := db.React(t.Context(), coop.Reaction{Post: post, Kind: kind, Actor: who, Activity: activity + "/react", At: testNow}, coop.Seen{})
		if got := coop.CodeOf(err); got != want {
			t.Errorf("reaction %d: got %q want %q", i, got, want)
		}
		_, err = db.Attend(t.Context(), coop.RSVP{Post: post, Actor: who, Activity: activity, State: state, At: testNow}, coop.Seen{}, nil)
		if got := coop.CodeOf(err); got != want {
			t.Errorf("RSVP %d: got %q want %q", i, got, want)
		}
	}
	both(one, 1, "")
	both(one, 2, "")
	both(one, 3, coop.Conflict) // of a post
	both(one, 2, "")            // again
	both(two, 1, "")
	both(two, 2, coop.Conflict) // of all
	clean(t, db)
}

// A post that is replied to is read again when it has changed, and a store that
// reads many keeps few of them.
func TestSubjectsAreWhatIsStored(t *testing.T) {
	t.Parallel()
	m, db, one := replier(t)
	read := func(id coop.ID) (s subject) {
		t.Helper()
		m.ok(db.view(t.Context(), "test", func(t *tx) (err error) { s, err = t.subject(id); return err }))
		return s
	}
	for range 2 {
		if s := read(one); s.Capacity != 0 || s.Coop != "komona" || !s.Kind.Event() {
			t.Errorf("got %+v", s)
		}
	}
	p, err := db.Post(t.Context(), one)
	m.ok(err)
	pub := m.next(p, "Update")
	pub.Post.Capacity, pub.Post.Status = 7, coop.Cancelled
	_, err = db.Revise(t.Context(), pub)
	m.ok(err)
	if s := read(one); s.Capacity != 7 || s.Status != coop.Cancelled {
		t.Errorf("after a change got %+v", s)
	}
	if got := len(db.subjects.rows); got != 1 {
		t.Errorf("%d rows are kept of one post", got)
	}
	db.subjects.size = maxDecoded
	read(m.published(db, "two"))
	if got := len(db.subjects.rows); got != 1 {
		t.Errorf("%d rows are kept beyond the bound", got)
	}
}

// Whoever comments or has answered to an event stays known, however many come.
func TestRepliesKeepActors(t *testing.T) {
	t.Parallel()
	m, db, one := replier(t)
	db.bounds.actors = 3
	_, err := db.KeepComment(t.Context(), say(one, 0, coop.CommentShown), coop.Seen{}, coop.Outgoing{})
	m.ok(err)
	_, err = db.Attend(t.Context(), coop.RSVP{Post: one, Actor: someone(1), Activity: someone(1) + "/join", State: coop.RSVPGoing, At: testNow}, coop.Seen{}, nil)
	m.ok(err)
	for i := range 6 {
		m.ok(db.SaveActor(t.Context(), coop.Actor{ID: someone(i), Inbox: someone(i) + "/inbox", Keys: []coop.Key{{ID: someone(i) + "#k"}}, Fetched: testNow}))
	}
	for i, want := range []bool{true, true, false, false, false, true} {
		if _, err := db.Actor(t.Context(), someone(i)); (err == nil) != want {
			t.Errorf("actor %d is known: %v", i, err == nil)
		}
	}
	clean(t, db)
}
