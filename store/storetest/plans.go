// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"fmt"
	"time"

	"plenum/coop"
)

func planTests() []test {
	return []test{
		{"drafts are due in the order of their times", draftsAreDue},
		{"a draft that is stuck is tried again later", stuckDraftsWait},
		{"what is due is published once", dueIsPublishedOnce},
		{"a draft keeps the id that was given out", draftKeepsItsCreate},
		{"the same request saves one draft", draftsAreAnsweredOnce},
		{"a post is kept as it was", revisionsAreKept},
		{"the first revision and the newest are kept", revisionsAreBounded},
		{"a withdrawn post has no history", withdrawnHasNoHistory},
		{"a series is stored with its drafts, or not at all", seriesHasItsDrafts},
		{"a series that has ended does not begin again", seriesEnds},
		{"series are bounded", seriesAreBounded},
		{"what was planned goes with the co-op", plansGoWithTheCoop},
	}
}

// draft is a draft that is to be published in so many minutes, 0 for never.
func (f *fixture) draft(slug string, minutes int) coop.Post {
	p := f.note("komona", slug).Post
	p.State, p.Published = coop.Draft, time.Time{}
	if minutes != 0 {
		p.Due = f.now.Add(time.Duration(minutes) * time.Minute)
	}
	f.saved(f.SaveDraft(f.Context(), p, coop.Outgoing{}))
	return p
}

// due lists the slugs of what is due after so many minutes, and minutes to the next.
func (f *fixture) due(minutes, limit int) (list []string, next int) {
	f.Helper()
	posts, at, err := f.Due(f.Context(), f.now.Add(time.Duration(minutes)*time.Minute), limit)
	f.ok(err)
	for _, p := range posts {
		list = append(list, p.Slug)
	}
	if at.IsZero() {
		return list, -1
	}
	return list, int(at.Sub(f.now) / time.Minute)
}

func (f *fixture) isDue(minutes, limit int, want []string, wantNext int) {
	f.Helper()
	list, next := f.due(minutes, limit)
	f.same(list, want)
	f.same(next, wantNext)
}

// logged checks what was decided last.
func (f *fixture) logged(what, target string) {
	f.Helper()
	list, err := f.Decisions(f.Context(), coop.DecisionQuery{Limit: 1})
	f.ok(err)
	if len(list) != 1 || list[0].What != what || list[0].Target != target {
		f.Fatalf("got the decisions %+v, want %s of %s", list, what, target)
	}
}

func draftsAreDue(f *fixture) {
	f.isDue(0, 10, nil, -1)
	f.draft("never", 0)
	f.isDue(1000, 10, nil, -1)
	late, soon, now := f.draft("late", 30), f.draft("soon", 10), f.draft("now", -5)
	f.isDue(0, 10, []string{"now"}, 10)
	f.isDue(10, 10, []string{"now", "soon"}, 30)
	f.isDue(60, 2, []string{"now", "soon"}, 30)
	f.isDue(60, 0, nil, -5)
	late.Rev, late.Due = 2, f.now.Add(20*time.Minute)
	f.saved(f.SaveDraft(f.Context(), late, coop.Outgoing{}))
	soon.Rev, soon.Due = 2, time.Time{}
	f.saved(f.SaveDraft(f.Context(), soon, coop.Outgoing{}))
	f.isDue(60, 10, []string{"now", "late"}, -1)
	f.ok(f.DropDraft(f.Context(), "komona", now.ID, coop.Outgoing{Decision: f.decided("post delete", "komona", string(now.ID))}))
	f.logged("post delete", string(now.ID))
	f.isDue(0, 10, nil, 20)
}

func stuckDraftsWait(f *fixture) {
	p := f.draft("stuck", -5)
	p.Rev, p.Stuck, p.Again = 2, "its picture is missing", f.now.Add(time.Hour)
	f.saved(f.SaveDraft(f.Context(), p, coop.Outgoing{}))
	f.isDue(59, 10, nil, 60)
	f.isDue(60, 10, []string{"stuck"}, -1)
	p.Rev, p.Stuck, p.Again = 3, "", time.Time{} // somebody changed it
	f.saved(f.SaveDraft(f.Context(), p, coop.Outgoing{}))
	f.isDue(0, 10, []string{"stuck"}, -1)
}

// dueIsPublishedOnce is what lets a scheduler die at any moment: the row of the draft
// says whether it was done.
func dueIsPublishedOnce(f *fixture) {
	ctx := f.Context()
	pub := f.note("komona", "plan")
	draft := pub.Post
	draft.State, draft.Published, draft.Due = coop.Draft, time.Time{}, f.now
	f.saved(f.SaveDraft(ctx, draft, coop.Outgoing{}))
	f.isDue(0, 10, []string{"plan"}, -1)
	pub.Post.Rev = 2
	changed := draft
	changed.Rev, changed.Title = 2, "meanwhile"
	f.saved(f.SaveDraft(ctx, changed, coop.Outgoing{}))
	_, err := f.Publish(ctx, pub) // made of what somebody has changed since
	f.fails(err, coop.Conflict)
	pub.Post.Rev, pub.Post.Title = 3, "meanwhile"
	f.publish(pub)
	f.isDue(1000, 10, nil, -1)
	pub.Post.Rev = 4
	_, err = f.Publish(ctx, pub)
	f.fails(err, coop.Conflict)
	docs, total, _, err := f.Outbox(ctx, "komona", 0, 10)
	f.ok(err)
	if total != 1 || len(docs) != 1 {
		f.Errorf("published %d times", total)
	}
}

func draftKeepsItsCreate(f *fixture) {
	ctx := f.Context()
	pub := f.note("komona", "plan")
	draft := pub.Post
	draft.State, draft.Published = coop.Draft, time.Time{}
	f.saved(f.SaveDraft(ctx, draft, coop.Outgoing{}))
	_, err := f.Document(ctx, draft.Activity)
	f.fails(err, coop.NotFound)
	other := f.note("komona", "plan")
	other.Post.ID, other.Post.Rev = draft.ID, 2
	_, err = f.Publish(ctx, other)
	f.fails(err, coop.Conflict)
	pub.Post.Rev = 2
	f.publish(pub)
	_, err = f.Document(ctx, draft.Activity)
	f.ok(err)
	_, err = f.Publish(ctx, f.note("komona", "plan"))
	f.fails(err, coop.Conflict)
}

func draftsAreAnsweredOnce(f *fixture) {
	ctx := f.Context()
	p := f.note("komona", "plan").Post
	p.State = coop.Draft
	out := coop.Outgoing{
		Decision: f.decided("draft save", "komona", string(p.ID)),
		Answer:   coop.Answer{Key: "k", Digest: []byte("d"), Location: "https://x.example/1", Post: p.ID, At: f.now},
	}
	prior, err := f.SaveDraft(ctx, p, out)
	f.ok(err)
	if prior != nil {
		f.Errorf("a new request got the prior answer %+v", prior)
	}
	f.logged("draft save", string(p.ID))
	again := f.note("komona", "plan-2").Post
	again.State = coop.Draft
	out.Decision = f.decided("draft save", "komona", string(again.ID))
	prior, err = f.SaveDraft(ctx, again, out)
	f.ok(err)
	f.same(prior, &out.Answer)
	_, err = f.Post(ctx, again.ID)
	f.fails(err, coop.NotFound)
	f.logged("draft save", string(p.ID))
	out.Answer.Digest = []byte("another")
	f.unsaved(coop.Conflict)(f.SaveDraft(ctx, again, out))

	drop := coop.Outgoing{Answer: coop.Answer{Key: "k2", Digest: []byte("d"), Post: p.ID, At: f.now}}
	f.ok(f.DropDraft(ctx, "komona", p.ID, drop))
	f.ok(f.DropDraft(ctx, "komona", p.ID, drop))
}

func (f *fixture) revised(p coop.Post) coop.Post {
	f.Helper()
	next := f.next(p, "Update")
	next.Post.Title = fmt.Sprintf("%s %d", p.Slug, next.Post.Rev)
	next.Post.By = fmt.Sprintf("editor %d", next.Post.Rev)
	_, err := f.Revise(f.Context(), next)
	f.ok(err)
	return next.Post
}

func revisionsAreKept(f *fixture) {
	pub := f.note("komona", "one")
	pub.Post.By = "editor 1"
	first := f.publish(pub)
	list, err := f.Revisions(f.Context(), first.ID)
	f.ok(err)
	f.same(list, []coop.Revision{})
	second := f.revised(first)
	third := f.revised(second)
	list, err = f.Revisions(f.Context(), first.ID)
	f.ok(err)
	f.same(list, []coop.Revision{{Post: second, By: "editor 2", Till: third.Updated}, {Post: first, By: "editor 1", Till: second.Updated}})
}

func revisionsAreBounded(f *fixture) {
	p := f.publish(f.note("komona", "one"))
	for range coop.MaxRevisions + 3 {
		p = f.revised(p)
	}
	list, err := f.Revisions(f.Context(), p.ID)
	f.ok(err)
	if n := len(list); n != coop.MaxRevisions || list[n-1].Post.Rev != 1 || list[n-2].Post.Rev != 5 || list[0].Post.Rev != p.Rev-1 {
		f.Errorf("got %d revisions, from %d over %d to %d", n, list[n-1].Post.Rev, list[n-2].Post.Rev, list[0].Post.Rev)
	}
}

// withdrawnHasNoHistory is of the text of a deleted post. L06.
func withdrawnHasNoHistory(f *fixture) {
	p := f.revised(f.publish(f.note("komona", "one")))
	c := f.coop("komona")
	c.Featured = []coop.ID{f.id(), p.ID}
	f.ok(f.ReviseCoop(f.Context(), c, coop.Outgoing{}))
	_, err := f.Withdraw(f.Context(), f.next(p, "Delete"))
	f.ok(err)
	list, err := f.Revisions(f.Context(), p.ID)
	f.ok(err)
	f.same(list, []coop.Revision{})
	got, err := f.Coop(f.Context(), "komona")
	f.ok(err)
	f.same(got.Featured, c.Featured[:1])
}

// series makes a series with drafts of its occurrences.
func (f *fixture) series(n coop.Name, slugs ...string) (r coop.Series, drafts []coop.Post) {
	r = coop.Series{
		ID: f.id(), Coop: n, Slug: "assembly", Title: "Assembly", Rule: "FREQ=MONTHLY", First: coop.When{Start: "2018-12-29", AllDay: true},
		Ahead: 28, Template: []byte("{}"), Made: len(slugs), By: "anna", Created: f.now,
	}
	for i, slug := range slugs {
		p := f.note(n, slug).Post
		p.State, p.Published, p.Series, p.Due = coop.Draft, time.Time{}, r.ID, f.now.Add(time.Duration(i+1)*time.Hour)
		drafts = append(drafts, p)
	}
	return r, drafts
}

func seriesHasItsDrafts(f *fixture) {
	ctx := f.Context()
	r, drafts := f.series("komona", "a", "b", "c")
	f.publish(f.note("komona", "c"))
	f.fails(f.SaveSeries(ctx, r, drafts, coop.Outgoing{}), coop.Conflict) // the slug of the last is taken
	_, err := f.Series(ctx, r.ID)
	f.fails(err, coop.NotFound)
	f.isDue(1000, 10, nil, -1)
	out := coop.Outgoing{Decision: f.decided("post schedule", "komona", string(r.ID)), Answer: coop.Answer{Key: "k", Digest: []byte("d"), At: f.now}}
	f.ok(f.SaveSeries(ctx, r, drafts[:2], out))
	f.logged("post schedule", string(r.ID))
	f.ok(f.SaveSeries(ctx, r, drafts[:2], out)) // the same request again
	got, err := f.Series(ctx, r.ID)
	f.ok(err)
	f.same(got, r)
	f.isDue(1000, 10, []string{"a", "b"}, -1)
	f.same(f.slugs(coop.PostQuery{Series: r.ID, State: coop.Draft}), []string{"b", "a"})
	stranger := drafts[2]
	stranger.Series = f.id()
	f.fails(f.SaveSeries(ctx, r, []coop.Post{stranger}, coop.Outgoing{}), coop.Invalid)
	stranger.Series, stranger.Coop = r.ID, "kollektiv"
	f.fails(f.SaveSeries(ctx, r, []coop.Post{stranger}, coop.Outgoing{}), coop.Invalid)
	r.Coop = "kollektiv"
	f.fails(f.SaveSeries(ctx, r, nil, coop.Outgoing{}), coop.Conflict)

	pub := f.publication(drafts[0])
	pub.Post.Activity = drafts[0].Activity
	pub.Out.Documents[0].ID = drafts[0].Activity
	pub.Post.State, pub.Post.Published, pub.Post.Rev, pub.Post.Visibility = coop.Published, f.now, 2, coop.Followers
	f.publish(pub)
	f.same(f.slugs(coop.PostQuery{Series: r.ID}), []string{"a"})
}

func seriesEnds(f *fixture) {
	ctx := f.Context()
	r, _ := f.series("komona")
	other, _ := f.series("kollektiv")
	f.ok(f.SaveSeries(ctx, r, nil, coop.Outgoing{}))
	f.ok(f.SaveSeries(ctx, other, nil, coop.Outgoing{}))
	for n, want := range map[coop.Name][]coop.Series{"komona": {r}, "kollektiv": {other}, "": {other, r}, "nobody": nil} {
		list, err := f.SeriesOf(ctx, n)
		f.ok(err)
		f.same(list, want)
	}
	open := r
	r.Ended = f.now
	f.ok(f.SaveSeries(ctx, r, nil, coop.Outgoing{}))
	list, err := f.SeriesOf(ctx, "")
	f.ok(err)
	f.same(list, []coop.Series{other})
	f.fails(f.SaveSeries(ctx, open, nil, coop.Outgoing{}), coop.Conflict)
	f.same(f.prune(f.now.Add(170 * 24 * time.Hour))["series"], 0)
	f.same(f.prune(f.now.Add(181 * 24 * time.Hour))["series"], 1)
	_, err = f.Series(ctx, r.ID)
	f.fails(err, coop.NotFound)
	_, err = f.Series(ctx, other.ID)
	f.ok(err)
}

func seriesAreBounded(f *fixture) {
	for i := range coop.MaxSeries + 1 {
		r, _ := f.series("komona")
		err := f.SaveSeries(f.Context(), r, nil, coop.Outgoing{})
		if i < coop.MaxSeries {
			f.ok(err)
		} else {
			f.fails(err, coop.Conflict)
		}
	}
}

func plansGoWithTheCoop(f *fixture) {
	ctx := f.Context()
	r, drafts := f.series("komona", "a")
	f.ok(f.SaveSeries(ctx, r, drafts, coop.Outgoing{}))
	p := f.proposal("komona", "anna")
	f.proposed(p)
	shared := f.note("kollektiv", "ours")
	shared.Post.Owners, shared.Post.Offered = []coop.Name{"komona"}, nil
	s := f.publish(shared)
	asked := f.note("kollektiv", "asked")
	asked.Post.Offered = []coop.Name{"komona"}
	asked.Post.Visibility = coop.Followers
	q := f.publish(asked)
	hidden := f.note("komona", "hidden")
	hidden.Post.Visibility = coop.Followers
	h := f.revised(f.publish(hidden))
	c := f.coop("komona")
	c.Gone = f.now
	f.ok(f.RemoveCoop(ctx, c, coop.Outgoing{}))

	_, err := f.Series(ctx, r.ID)
	f.fails(err, coop.NotFound)
	_, err = f.Proposal(ctx, p.ID)
	f.fails(err, coop.NotFound)
	f.isDue(1000, 10, nil, -1)
	for _, id := range []coop.ID{s.ID, q.ID} {
		got, err := f.Post(ctx, id)
		f.ok(err)
		f.same(got.State, coop.Published)
		f.same(len(got.Owners)+len(got.Offered), 0)
	}
	got, err := f.Post(ctx, h.ID)
	f.ok(err)
	f.same(got.State, coop.Withdrawn)
	list, err := f.Revisions(ctx, h.ID)
	f.ok(err)
	f.same(list, []coop.Revision{})
}
