// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"plenum/coop"
)

const testPEM = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"

// testNow is when everything in these tests happens.
var testNow = time.Date(2018, 12, 27, 10, 0, 0, 0, time.UTC)

// maker makes ids and documents, the same ones each time.
type maker struct {
	testing.TB
	random *rand.ChaCha8
	n      int
}

func newMaker(tb testing.TB) *maker { return &maker{TB: tb, random: rand.NewChaCha8([32]byte{1})} }

func (m *maker) saved(_ *coop.Answer, err error) {
	m.Helper()
	m.ok(err)
}

func (m *maker) ok(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

func (m *maker) id() coop.ID {
	m.n++
	id, err := coop.NewID(testNow.Add(time.Duration(m.n)*time.Millisecond), m.random)
	m.ok(err)
	return id
}

func (m *maker) coop(n coop.Name) coop.Coop {
	return coop.Coop{Name: n, Type: coop.Group, Title: string(n), Language: "en", Zone: "Europe/Berlin", Created: testNow, Updated: testNow}
}

func (m *maker) out(n coop.Name, activity string, post coop.ID, inboxes ...coop.IRI) coop.Outgoing {
	d := coop.Document{ID: m.id(), Actor: n, Type: activity, Post: post, At: testNow, Listed: activity == "Create"}
	d.Body = fmt.Appendf(nil, `{"type":%q,"id":%q}`, activity, d.ID)
	o := coop.Outgoing{Documents: []coop.Document{d}}
	for _, inbox := range inboxes {
		o.Deliveries = append(o.Deliveries, coop.Delivery{
			ID: m.id(), Document: d.ID, Actor: n, Type: activity, Post: post, Inbox: inbox, Reach: coop.Reach{Servers: 1, Followers: 2}, Created: testNow, Next: testNow,
		})
	}
	return o
}

func (m *maker) post(n coop.Name, slug string, inboxes ...coop.IRI) coop.Publication {
	p := coop.Post{
		ID: m.id(), Coop: n, Kind: coop.Meetup, Slug: slug, Title: slug, Body: "<p>text</p>", Text: "text", Language: "en",
		Tags: []string{"35c3"}, When: coop.When{Start: "2018-12-29", Zone: "Europe/Berlin", AllDay: true},
		State: coop.Published, Rev: 1, Created: testNow, Published: testNow,
	}
	out := m.out(n, "Create", p.ID, inboxes...)
	p.Activity = out.Documents[0].ID
	return coop.Publication{Post: p, Object: fmt.Appendf(nil, `{"type":"Event","id":%q}`, p.ID), Out: out}
}

func (m *maker) next(p coop.Post, activity string, inboxes ...coop.IRI) coop.Publication {
	p.Rev++
	p.Updated = testNow.Add(time.Minute)
	return coop.Publication{Post: p, Object: fmt.Appendf(nil, `{"type":%q,"id":%q}`, activity, p.ID), Out: m.out(p.Coop, activity, p.ID, inboxes...)}
}

// openAt opens the store in dir, making it where it is missing.
func openAt(tb testing.TB, dir string) *DB {
	tb.Helper()
	db, err := Open(dir, Options{Create: true, Domain: "x.example", Now: func() time.Time { return testNow }})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() }) // tests that close it themselves have checked
	return db
}

func openNew(tb testing.TB) *DB { return openAt(tb, filepath.Join(tb.TempDir(), "data")) }

// fill stores at least one row of every kind, so that every bucket has something.
func fill(tb testing.TB, db *DB) {
	tb.Helper()
	m, ctx := newMaker(tb), tb.Context()
	icon, err := db.PutMedia(ctx, []byte("picture"), "png")
	m.ok(err)
	for _, n := range []coop.Name{coop.Relay, "kollektiv", "komona"} {
		c := m.coop(n)
		c.Icon = coop.Image{File: icon, MediaType: "image/png", Alt: "Logo"}
		m.ok(db.AddCoop(ctx, c, []byte(testPEM)))
	}
	sum := sha256.Sum256([]byte("secret"))
	m.ok(db.AddToken(ctx, coop.Token{ID: m.id(), Coop: "komona", Label: "laptop", Scopes: []coop.Scope{coop.Write}, Hash: sum[:], Created: testNow}, coop.Decision{}))
	fillPeople(m, db)

	abox, bbox := coop.IRI("https://a.example/inbox"), coop.IRI("https://b.example/inbox")
	pub := m.post("komona", "assembly", abox, bbox)
	pub.Places = []coop.PlaceDocument{{Hash: "0123456789abcdef", Body: []byte(`{"type":"Place"}`)}}
	pub.Answer = coop.Answer{Key: "token key", Digest: []byte("digest"), Location: "https://x.example/1", Document: pub.Post.Activity, At: testNow}
	_, err = db.Publish(ctx, pub)
	m.ok(err)
	part := m.post("komona", "part", abox)
	part.Post.PartOf = pub.Post.ID
	_, err = db.Publish(ctx, part)
	m.ok(err)
	_, err = db.Revise(ctx, m.next(pub.Post, "Update", abox))
	m.ok(err)
	gone := m.post("kollektiv", "gone", bbox)
	_, err = db.Publish(ctx, gone)
	m.ok(err)
	_, err = db.Withdraw(ctx, m.next(gone.Post, "Delete", bbox))
	m.ok(err)
	draft := m.post("komona", "draft").Post
	draft.State, draft.Activity, draft.Published = coop.Draft, "", time.Time{}
	m.saved(db.SaveDraft(ctx, draft, coop.Outgoing{}))
	jobs, _, err := db.Lease(ctx, coop.LeaseRequest{Now: testNow, Max: 1, PerHost: 1, Backoff: func(int) time.Duration { return time.Minute }})
	m.ok(err)
	m.ok(db.Settle(ctx, coop.Settlement{ID: jobs[0].ID, Verdict: coop.Verdict{State: coop.Dead, Attempt: coop.Attempt{At: testNow, Took: time.Second, Status: 404, Reason: "not found"}}}))
	jobs, _, err = db.Lease(ctx, coop.LeaseRequest{Now: testNow, Max: 2, PerHost: 1, Backoff: func(int) time.Duration { return time.Minute }})
	m.ok(err)
	m.ok(db.Settle(ctx, coop.Settlement{ID: jobs[0].ID, Verdict: coop.Verdict{State: coop.Waiting, Next: testNow.Add(time.Minute),
		Attempt: coop.Attempt{At: testNow, Status: 500, Cause: coop.CauseServerError, Reason: "the server failed (500)"},
		Rest:    &coop.Rest{Since: testNow, Until: testNow.Add(time.Hour), Failures: 5, Cause: coop.CauseServerError, Reason: "the server failed (500)"}}}))
	fillFan(m, db)
	fillReplies(m, db, pub.Post.ID)
	fillPlans(m, db, pub.Post)
	fillHands(m, db)
	m.ok(db.Ping(ctx))
}

// fillFan leaves a fan that has not reached its second inbox.
func fillFan(m *maker, db *DB) {
	db.bounds.fan = 1
	defer func() { db.bounds = defaultBounds() }()
	bert := coop.IRI("https://b.example/users/bert")
	m.ok(db.AcceptFollow(m.Context(), coop.Follower{Coop: "komona", Actor: bert, Follow: bert + "/follow", Box: "https://b.example/inbox", Since: testNow},
		coop.Seen{}, coop.Outgoing{}))
	pub := m.post("komona", "fanned")
	m.fan(&pub, "komona")
	_, err := db.Publish(m.Context(), pub)
	m.ok(err)
}

// fillReplies leaves a comment that is shown and one that is to be passed on once it
// is, a reaction, and of an event one who was refused, one who asks and one who comes.
func fillReplies(m *maker, db *DB, event coop.ID) {
	ctx := m.Context()
	anna := coop.IRI("https://a.example/users/anna")
	post, err := db.Post(ctx, event)
	m.ok(err)
	c := coop.Comment{
		Object: anna + "/notes/1", Post: event, By: anna, Activity: anna + "/notes/1/create", KeyID: anna + "#main-key",
		InReplyTo: coop.IRI("https://x.example/ap/posts/" + string(event)), Body: "<p>See you</p>", Text: "See you", Language: "en", URL: anna + "/notes/1",
		Published: testNow, Updated: testNow, At: testNow, State: coop.CommentShown,
	}
	_, err = db.KeepComment(ctx, c, coop.Seen{}, coop.Outgoing{})
	m.ok(err)
	c.Object, c.Activity, c.State, c.Forward, c.Raw = anna+"/notes/2", anna+"/notes/2/create", coop.CommentHeld, true, []byte(`{"type":"Create"}`)
	_, err = db.KeepComment(ctx, c, coop.Seen{}, coop.Outgoing{})
	m.ok(err)
	m.ok(db.React(ctx, coop.Reaction{Post: event, Kind: coop.Reacted, Actor: anna, Activity: anna + "/likes/1", Emoji: "🎉", At: testNow}, coop.Seen{}))
	for i, s := range []coop.RSVPState{coop.RSVPGoing, coop.RSVPAsked, coop.RSVPGoing} {
		who := coop.IRI(fmt.Sprintf("https://a.example/users/guest%d", i))
		_, err = db.Attend(ctx, coop.RSVP{Post: event, Actor: who, Inbox: who + "/inbox", Activity: who + "/joins/1", Form: "Join", State: s, At: testNow}, coop.Seen{}, nil)
		m.ok(err)
	}
	_, err = db.DecideRSVP(ctx, event, "https://a.example/users/guest0", coop.RSVPRefused, coop.Decision{
		ID: m.id(), At: testNow, By: "uid 1000", What: "rsvp refuse", Coop: post.Coop, Target: "https://a.example/users/guest0", Why: "a test",
	}, nil)
	m.ok(err)
}

func fillPeople(m *maker, db *DB) {
	ctx := m.Context()
	anna := coop.IRI("https://a.example/users/anna")
	m.ok(db.SaveActor(ctx, coop.Actor{
		ID: anna, Type: "Person", Inbox: anna + "/inbox", SharedInbox: "https://a.example/inbox", Username: "anna",
		Keys: []coop.Key{{ID: anna + "#main-key", PEM: "pem"}}, Fetched: testNow, Policy: 1,
	}))
	m.ok(db.SaveServer(ctx, coop.Server{Host: "a.example", Software: "mastodon", Version: "4.5.2", Asked: testNow, Again: testNow.Add(7 * day)}))
	seen := coop.Seen{Actor: anna, Activity: anna + "/follow", At: testNow}
	m.ok(db.AcceptFollow(ctx, coop.Follower{Coop: "komona", Actor: anna, Follow: anna + "/follow", Box: "https://a.example/inbox", Since: testNow},
		seen, m.out("komona", "Accept", "", anna+"/inbox")))
	m.ok(db.StartFollow(ctx, coop.Following{Coop: "komona", Actor: anna, Follow: m.id(), State: coop.FollowAccepted, Since: testNow}, coop.Outgoing{}))
	m.ok(db.Keep(ctx, coop.Received{
		Object: "https://a.example/1", Activity: "https://a.example/1/create", Type: "Note", By: anna, Via: anna, KeyID: anna + "#main-key",
		At: testNow, Updated: testNow, Name: "a note", For: []coop.Name{"komona"}, Body: []byte(`{"type":"Note"}`),
	}, coop.Seen{}))
	m.ok(db.Drop(ctx, "https://a.example/2", anna, coop.Seen{}))
	fillModeration(m, db)
}

// fillModeration leaves rules, an open complaint and one that somebody dealt with,
// and something that was passed on.
func fillModeration(m *maker, db *DB) {
	ctx := m.Context()
	decided := func(what string, n coop.Name, target string) coop.Decision {
		return coop.Decision{ID: m.id(), At: testNow, By: "uid 1000", What: what, Coop: n, Target: target, Why: "a test"}
	}
	m.ok(db.SetRule(ctx, coop.Rule{Target: "bad.example", Level: coop.RuleRefuse, Public: "spam", By: "uid 1000", At: testNow}, decided("block add", "", "bad.example")))
	m.ok(db.SetRule(ctx, coop.Rule{Target: "https://a.example/users/rude", Level: coop.RuleSilence, By: "uid 1000", At: testNow},
		decided("block add", "", "https://a.example/users/rude")))
	more, err := db.Expel(ctx, "bad.example", nil)
	m.ok(err)
	if more {
		m.Fatal("something came from a domain that is not heard of elsewhere")
	}
	for range 2 {
		m.ok(db.Complain(ctx, coop.Complaint{
			ID: m.id(), Coop: "komona", By: "https://a.example/actor", Activity: "https://a.example/flags/1",
			About: []coop.IRI{"https://x.example/ap/coops/komona"}, Text: "too loud", At: testNow,
		}, coop.Seen{}))
	}
	list, err := db.Complaints(ctx, coop.ComplaintQuery{Coop: "komona"})
	m.ok(err)
	m.ok(db.CloseComplaint(ctx, "komona", list[0].ID, decided("complaint close", "komona", string(list[0].ID))))
	passed := m.out("komona", "Create", "", "https://c.example/inbox")
	passed.Documents[0].Forwarded, passed.Documents[0].Listed = "https://a.example/users/anna/notes/1/create", false
	m.ok(db.write(ctx, "fill", func(t *tx) error { return send(t, passed) }))
}

// clean checks that Verify finds nothing.
func clean(tb testing.TB, db *DB) {
	tb.Helper()
	found, err := db.Verify(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	for _, s := range found {
		tb.Errorf("verify: %s", s)
	}
}
