// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"plenum/coop"
)

// fillPlans leaves a draft that is due and one that is stuck, a post for followers
// alone, a series, proposals in each state, acts about posts here and elsewhere,
// arrivals and an upload. What whole is, which was revised, has a revision already.
func fillPlans(m *maker, db *DB, whole coop.Post) {
	ctx := m.Context()
	series := coop.Series{
		ID: m.id(), Coop: "komona", Slug: "assembly", Title: "Assembly", Rule: "FREQ=MONTHLY", First: coop.When{Start: "2019-01-09T19:00:00", Zone: "Europe/Berlin"},
		Ahead: 28, Template: []byte(`{"type":"Event"}`), Last: "2019-02-09T19:00:00", Made: 2, By: "uid 1000", Created: testNow,
	}
	due, stuck := m.draft("due"), m.draft("stuck")
	due.Series, due.Due = series.ID, testNow.Add(time.Hour)
	stuck.Due, stuck.Again, stuck.Stuck = testNow.Add(-time.Hour), testNow.Add(30*time.Minute), "its picture is missing"
	m.ok(db.SaveSeries(ctx, series, []coop.Post{due}, coop.Outgoing{Decision: m.decision("post schedule", "komona", string(due.ID))}))
	m.saved(db.SaveDraft(ctx, stuck, coop.Outgoing{}))
	ended := series
	ended.ID, ended.Ended = m.id(), testNow
	m.ok(db.SaveSeries(ctx, ended, nil, coop.Outgoing{}))

	upload, err := db.AddMedia(ctx, coop.Media{ID: m.id(), Coop: "komona", Name: "a logo", MediaType: "image/png", Width: 1, Height: 1,
		Blurhash: "00TI:j", Focus: [2]float64{0.5, -1}, By: "uid 1000", Created: testNow}, []byte("picture"), m.decision("media add", "komona", "logo"))
	m.ok(err)
	few := m.post("komona", "few")
	few.Post.Visibility, few.Post.Owners = coop.Followers, []coop.Name{"kollektiv"}
	few.Post.Image = coop.Image{File: upload.File, MediaType: "image/png", Alt: "a logo"}
	_, err = db.Publish(ctx, few)
	m.ok(err)

	for i := range 4 {
		p := coop.Proposal{ID: m.id(), Coop: "komona", Self: "member 1", By: "anna", What: "Create", Title: "Assembly", Body: []byte(`{"type":"Create"}`), At: testNow, State: coop.ProposalOpen}
		_, err := db.Propose(ctx, p, coop.Answer{Key: fmt.Sprintf("proposal %d", i), Digest: []byte("d"), Proposal: p.ID, At: testNow})
		m.ok(err)
		switch i {
		case 1, 3:
			m.ok(db.Reply(ctx, coop.Outgoing{Settles: coop.Proposal{ID: p.ID, Settler: "bert", Result: "https://x.example/1"}}, coop.Seen{}))
		case 2:
			_, err := db.RejectProposal(ctx, p.ID, m.decision("proposal reject", "komona", string(p.ID)))
			m.ok(err)
		}
	}
	m.act("kollektiv", coop.ActLike, "https://x.example/ap/events/"+coop.IRI(whole.ID), whole.ID, db)
	m.act("kollektiv", coop.ActBlock, "https://a.example/users/rude", "", db)
	m.act("kollektiv", coop.ActBlock, "https://a.example/users/loud", "", db)
	m.ok(db.write(ctx, "fill", func(t *tx) error {
		arrived(t, coop.Seen{Actor: "https://a.example/users/anna", Type: "Like", Object: "https://x.example/1"}, "https://a.example/likes/1", "komona")
		return nil
	}))
}

func (m *maker) draft(slug string) coop.Post {
	p := m.post("komona", slug).Post
	p.State, p.Published = coop.Draft, time.Time{}
	return p
}

func (m *maker) decision(what string, n coop.Name, target string) coop.Decision {
	return coop.Decision{ID: m.id(), At: testNow, By: "uid 1000", What: what, Coop: n, Target: target, Why: "a test"}
}

// act lets a co-op say something of an object, to an inbox elsewhere.
func (m *maker) act(n coop.Name, kind coop.ActKind, object coop.IRI, post coop.ID, db *DB) {
	m.Helper()
	out := m.out(n, string(kind), "", "https://c.example/inbox")
	if post != "" {
		actor := coop.Site{Domain: db.domain}.Actor(n)
		out.Reactions = []coop.Reaction{{Post: post, Kind: coop.Liked, Actor: actor, Activity: "https://x.example/like", At: testNow}}
	}
	_, err := db.Act(m.Context(), coop.Act{Coop: n, Kind: kind, Object: object, Document: out.Documents[0].ID, Post: post, At: testNow}, out)
	m.ok(err)
}

// planDamages are of what posts are before and beside their publication.
func planDamages() []damage {
	return []damage{
		{"a draft that is due at another time", bPosts, replace(`"due":"2018-12-27T11`, `"due":"2018-12-27T12`), "schedule: the entry"},
		{"a post that is hidden in the row alone", bPosts, replace(`"visibility":"followers",`, ``), "post_order: the entry"},
		{"a post that is shared in the row alone", bPosts, replace(`"owners":["kollektiv"]`, `"owners":["nobody"]`), "post_order: the entry"},
		{"a revision of no post", bRevisions, func(b *bbolt.Bucket) error {
			k, v := firstKey(b)
			copy(k, "00000000000000000000000000")
			return b.Put(k, v)
		}, "revisions: row"},
		{"a revision that is still to come", bRevisions, func(b *bbolt.Bucket) error {
			if err := replace(`"rev":1`, `"rev":9`)(b); err != nil {
				return err
			}
			k, v := firstKey(b)
			k2 := append(k[:len(k)-8:len(k)-8], number(9)...)
			if err := b.Delete(k); err != nil {
				return err
			}
			return b.Put(k2, v)
		}, "is of no published post"},
		{"a series of nobody", bSeries, replace(`"coop":"komona"`, `"coop":"nobody"`), `belongs to the co-op "nobody"`},
		{"a proposal in no state", bProposals, replace(`"state":"open"`, `"state":"odd"`), `is "odd"`},
		{"a proposal that was decided at no time", bProposals, replace(`"state":"open"`, `"state":"accepted"`), "does not say when"},
		{"an act without its document", bActs, replace(`"document":"01`, `"document":"00`), "is not there or another's"},
		{"an act about no post", bActs, replace(`"post":"01`, `"post":"00`), "which is not published"},
		{"an act of another kind", bActs, replace(`"kind":"like"`, `"kind":"odd"`), "says that it is"},
		{"an arrival under another's turn", bArrivals, replace(`"turn":1`, `"turn":2`), "says that it is"},
		{"an arrival of nobody", bArrivals, replace(`"coop":"komona"`, `"coop":"nobody"`), "arrivals: row"},
		{"an upload of another size", bMedia, replace(`"bytes":7`, `"bytes":8`), `"media_bytes komona" is 7`},
		{"an upload that nobody can have stored", bMedia, replace(`.png"`, `.exe"`), "nobody can have stored"},
		{"a file that is to go though somebody has it", bMediaGone, func(b *bbolt.Bucket) error {
			k, _ := firstKey(b.Tx().Bucket([]byte(bMediaFiles)))
			file, _, _ := bytes.Cut(k, []byte{0})
			return b.Put(file, timeKey(testNow))
		}, "is about to be removed"},
	}
}
