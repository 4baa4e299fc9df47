// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"fmt"
	"time"

	"plenum/coop"
)

func postTests() []test {
	return []test{
		{"a draft is found by its author and by nobody else", draftIsHidden},
		{"a draft becomes a post", draftBecomesPost},
		{"a slug belongs to one post of a co-op", slugIsUnique},
		{"a revision must follow", revisionMustFollow},
		{"a publication that fails leaves nothing", failureLeavesNothing},
		{"a withdrawn post keeps its id and nothing else", withdrawnKeepsNothing},
		{"posts are listed newest first, by co-op, tag and part", postsAreListed},
		{"pages of posts neither skip nor repeat", postsArePaged},
		{"upcoming events are those that end later, by their start", upcomingBySpan},
		{"the generation grows when public documents change", generationGrows},
	}
}

func draftIsHidden(f *fixture) {
	ctx := f.Context()
	p := f.note("komona", "plan").Post
	p.State, p.Published, p.Activity = coop.Draft, time.Time{}, ""
	f.saved(f.SaveDraft(ctx, p, coop.Outgoing{}))
	p.Title = "another title"
	f.unsaved(coop.Conflict)(f.SaveDraft(ctx, p, coop.Outgoing{})) // does not follow
	p.Rev++
	f.saved(f.SaveDraft(ctx, p, coop.Outgoing{}))
	got, err := f.PostBySlug(ctx, "komona", "plan")
	f.ok(err)
	f.same(got, p)
	_, _, err = f.Object(ctx, p.ID)
	f.fails(err, coop.NotFound)
	list, err := f.Posts(ctx, coop.PostQuery{})
	f.ok(err)
	f.same(list, []coop.Post{})
	list, err = f.Posts(ctx, coop.PostQuery{State: coop.Draft})
	f.ok(err)
	f.same(list, []coop.Post{p})
}

func draftBecomesPost(f *fixture) {
	ctx := f.Context()
	pub := f.note("komona", "plan")
	draft := pub.Post
	draft.State, draft.Activity = coop.Draft, ""
	f.saved(f.SaveDraft(ctx, draft, coop.Outgoing{}))
	_, err := f.Publish(ctx, pub)
	f.fails(err, coop.Conflict) // Rev does not follow that of the draft
	pub.Post.Rev++
	f.fails(f.DropDraft(ctx, "kollektiv", draft.ID, coop.Outgoing{}), coop.NotFound) // another co-op's
	f.ok(f.DropDraft(ctx, "komona", draft.ID, coop.Outgoing{}))
	f.fails(f.DropDraft(ctx, "komona", draft.ID, coop.Outgoing{}), coop.NotFound)
	f.saved(f.SaveDraft(ctx, draft, coop.Outgoing{})) // slug and id are free
	got := f.publish(pub)
	f.same(got, pub.Post)
	f.fails(f.DropDraft(ctx, "komona", draft.ID, coop.Outgoing{}), coop.Conflict)
	f.unsaved(coop.Conflict)(f.SaveDraft(ctx, draft, coop.Outgoing{}))
	_, err = f.Publish(ctx, pub)
	f.fails(err, coop.Conflict)
}

func slugIsUnique(f *fixture) {
	ctx := f.Context()
	first := f.publish(f.note("komona", "one"))
	_, err := f.Publish(ctx, f.note("komona", "one"))
	f.fails(err, coop.Conflict)
	draft := f.note("komona", "one").Post
	draft.State = coop.Draft
	f.unsaved(coop.Conflict)(f.SaveDraft(ctx, draft, coop.Outgoing{}))
	f.publish(f.note("kollektiv", "one"))

	moved := f.next(first, "Update")
	moved.Post.Slug = "two"
	_, err = f.Revise(ctx, moved)
	f.ok(err)
	f.publish(f.note("komona", "one")) // the old slug is free
	_, err = f.Publish(ctx, f.note("komona", "two"))
	f.fails(err, coop.Conflict)
	_, err = f.Publish(ctx, f.note("komona", "feed"))
	f.fails(err, coop.Invalid)
	_, err = f.PostBySlug(ctx, "komona", "nothing")
	f.fails(err, coop.NotFound)
}

func revisionMustFollow(f *fixture) {
	ctx := f.Context()
	p := f.publish(f.note("komona", "one"))
	a, b := f.next(p, "Update"), f.next(p, "Update")
	a.Create = body("changed", p.ID)
	_, err := f.Revise(ctx, a)
	f.ok(err)
	_, err = f.Revise(ctx, b)
	f.fails(err, coop.Conflict)
	_, err = f.Withdraw(ctx, b)
	f.fails(err, coop.Conflict)
	object, got, err := f.Object(ctx, p.ID)
	f.ok(err)
	f.same(got, a.Post)
	f.same(string(object), string(a.Object))
	create, err := f.Document(ctx, p.Activity)
	f.ok(err)
	f.same(string(create.Body), string(a.Create))
	stranger := f.next(got, "Update")
	stranger.Post.Coop = "kollektiv"
	_, err = f.Revise(ctx, stranger)
	f.fails(err, coop.Conflict)
	_, err = f.Revise(ctx, f.next(f.note("komona", "never").Post, "Update"))
	f.fails(err, coop.NotFound)
	_, err = f.Publish(ctx, f.next(f.note("komona", "never").Post, "Create"))
	f.fails(err, coop.Conflict)
}

func failureLeavesNothing(f *fixture) {
	ctx := f.Context()
	pub := f.note("komona", "one", "https://a.example/inbox", "https://b.example/inbox")
	pub.Answer = coop.Answer{Key: "k", Digest: []byte("d"), At: f.now}
	pub.Out.Deliveries[1].Document = f.id() // does not exist: noticed after most was written
	before := f.Generation()
	_, err := f.Publish(ctx, pub)
	f.fails(err, coop.Invalid)
	if f.Generation() != before {
		f.Error("what failed changed the generation")
	}
	_, err = f.Post(ctx, pub.Post.ID)
	f.fails(err, coop.NotFound)
	_, err = f.Document(ctx, pub.Post.Activity)
	f.fails(err, coop.NotFound)
	_, ok, err := f.Answer(ctx, "k")
	f.ok(err)
	f.same(ok, false)
	list, err := f.Deliveries(ctx, coop.DeliveryFilter{})
	f.ok(err)
	f.same(list, []coop.Delivery{})
}

func withdrawnKeepsNothing(f *fixture) {
	ctx := f.Context()
	pub := f.note("komona", "one", "https://a.example/inbox")
	announce := f.out("Announce", coop.Relay, pub.Post.ID, true, "https://c.example/inbox")
	pub.Post.Announce = announce.Documents[0].ID
	pub.Out.Documents = append(pub.Out.Documents, announce.Documents...)
	pub.Out.Deliveries = append(pub.Out.Deliveries, announce.Deliveries...)
	p := f.publish(pub)
	update := f.next(p, "Update", "https://a.example/inbox")
	_, err := f.Revise(ctx, update)
	f.ok(err)
	del := f.next(update.Post, "Delete", "https://a.example/inbox")
	_, err = f.Withdraw(ctx, del)
	f.ok(err)

	tombstone, got, err := f.Object(ctx, p.ID)
	f.ok(err)
	f.same(string(tombstone), string(del.Object))
	if got.State != coop.Withdrawn || got.Title+got.Text+got.Body+got.Slug != "" {
		f.Errorf("a withdrawn post still says %+v", got)
	}
	for _, id := range []coop.ID{p.Activity, p.Announce, update.Out.Documents[0].ID} {
		d, err := f.Document(ctx, id)
		f.fails(err, coop.Gone)
		if d.ID != id || d.Gone.IsZero() || d.Body != nil {
			f.Errorf("the document of a withdrawn post is %+v", d)
		}
	}
	for _, n := range []coop.Name{"komona", coop.Relay} {
		docs, total, _, err := f.Outbox(ctx, n, 0, 10)
		f.ok(err)
		f.same(docs, []coop.Document{})
		f.same(total, 0)
	}
	states := map[coop.ID]coop.DeliveryState{
		pub.Out.Deliveries[0].ID: coop.Superseded, announce.Deliveries[0].ID: coop.Superseded,
		update.Out.Deliveries[0].ID: coop.Superseded, del.Out.Deliveries[0].ID: coop.Waiting,
	}
	for id, want := range states {
		d, err := f.Delivery(ctx, id)
		f.ok(err)
		f.same(d.State, want)
	}
	_, err = f.Revise(ctx, f.next(got, "Update"))
	f.fails(err, coop.Gone)
	f.publish(f.note("komona", "one"))
	again := f.note("komona", "two")
	again.Post.ID = p.ID
	_, err = f.Publish(ctx, again)
	f.fails(err, coop.Conflict)
}

// slugs publishes notes at different times and returns a function that lists
// slugs, which tests compare.
func (f *fixture) slugs(q coop.PostQuery) (list []string) {
	f.Helper()
	posts, err := f.Posts(f.Context(), q)
	f.ok(err)
	for _, p := range posts {
		list = append(list, p.Slug)
	}
	return list
}

func postsAreListed(f *fixture) {
	part := f.publish(f.note("komona", "whole"))
	for i, tag := range []string{"Coop", "35c3", "coop"} {
		pub := f.note("komona", fmt.Sprintf("p%d", i))
		if i == 2 {
			pub.Post.Coop, pub.Out.Documents[0].Actor = "kollektiv", "kollektiv"
		}
		pub.Post.Tags = []string{tag, tag}
		pub.Post.Published = f.now.Add(time.Duration(i+1) * time.Second)
		if i > 0 {
			pub.Post.PartOf = part.ID
		}
		f.publish(pub)
	}
	f.same(f.slugs(coop.PostQuery{}), []string{"p2", "p1", "p0", "whole"})
	f.same(f.slugs(coop.PostQuery{Coop: "komona"}), []string{"p1", "p0", "whole"})
	f.same(f.slugs(coop.PostQuery{Tag: "COOP"}), []string{"p2", "p0"})
	f.same(f.slugs(coop.PostQuery{Tag: "coop", Coop: "komona"}), []string{"p0"})
	f.same(f.slugs(coop.PostQuery{PartOf: part.ID}), []string{"p2", "p1"})
	f.same(f.slugs(coop.PostQuery{PartOf: part.ID, Tag: "35c3"}), []string{"p1"})
	f.same(f.slugs(coop.PostQuery{Limit: 1}), []string{"p2"})
	f.same(f.slugs(coop.PostQuery{Coop: "nobody"}), []string{})
	f.same(f.slugs(coop.PostQuery{Coop: "komona\x00a"}), []string{})
}

func postsArePaged(f *fixture) {
	var want []string
	for i := range 7 {
		slug := fmt.Sprintf("p%d", i)
		f.publish(f.note("komona", slug)) // all in the same second: ids decide
		want = append([]string{slug}, want...)
	}
	var got []string
	q := coop.PostQuery{Limit: 3}
	for range 4 {
		posts, err := f.Posts(f.Context(), q)
		f.ok(err)
		for _, p := range posts {
			got = append(got, p.Slug)
			q.Before = p.ID
		}
	}
	f.same(got, want)
	_, err := f.Posts(f.Context(), coop.PostQuery{Before: f.id()})
	f.fails(err, coop.NotFound)
}

func upcomingBySpan(f *fixture) {
	at := time.Date(2018, 12, 29, 16, 30, 0, 0, time.UTC)
	for slug, w := range map[string]coop.When{
		"over":     {Start: "2018-12-29T10:00:00", End: "2018-12-29T17:30:00", Zone: "Europe/Berlin"}, // ends at 16:30 UTC
		"running":  {Start: "2018-12-29T10:00:00", End: "2018-12-29T17:31:00", Zone: "Europe/Berlin"},
		"today":    {Start: "2018-12-29", Zone: "Europe/Berlin", AllDay: true},
		"congress": {Start: "2018-12-27", End: "2018-12-30", Zone: "Europe/Berlin", AllDay: true},
		"west":     {Start: "2018-12-29T08:00:00", Zone: "Pacific/Honolulu"},    // 18:00 UTC
		"east":     {Start: "2018-12-30T07:30:00", Zone: "Pacific/Kiritimati"},  // 17:30 UTC
		"past":     {Start: "2018-12-30T03:30:00", Zone: "Pacific/Kiritimati"},  // until 15:30 UTC
		"far":      {Start: "2345-01-01T00:00:00", Zone: "America/Los_Angeles"}, // beyond what nanoseconds can count
	} {
		f.publish(f.meetup("komona", slug, w))
	}
	cancelled := f.publish(f.meetup("kollektiv", "gone", coop.When{Start: "2018-12-30", Zone: "Europe/Berlin", AllDay: true}))
	_, err := f.Withdraw(f.Context(), f.next(cancelled, "Delete"))
	f.ok(err)
	f.publish(f.note("komona", "note"))

	want := []string{"congress", "today", "running", "east", "west", "far"}
	f.same(f.slugs(coop.PostQuery{Upcoming: at}), want)
	f.same(f.slugs(coop.PostQuery{Upcoming: at, Coop: "komona", Limit: 2}), want[:2])
	f.same(f.slugs(coop.PostQuery{Upcoming: at, Coop: "kollektiv"}), []string{})
	var got []string
	q := coop.PostQuery{Upcoming: at, Limit: 2}
	for range 4 {
		posts, err := f.Posts(f.Context(), q)
		f.ok(err)
		for _, p := range posts {
			got = append(got, p.Slug)
			q.Before = p.ID
		}
	}
	f.same(got, want)
	_, err = f.Publish(f.Context(), f.meetup("komona", "no-time", coop.When{}))
	f.fails(err, coop.Invalid)
}

func generationGrows(f *fixture) {
	ctx := f.Context()
	grows := func(what string, want bool, change func() error) {
		before := f.Generation()
		f.ok(change())
		if got := f.Generation() > before; got != want {
			f.Errorf("%s: the generation grew: %v, want %v", what, got, want)
		}
	}
	pub := f.note("komona", "one")
	grows("publish", true, func() error { _, err := f.Publish(ctx, pub); return err })
	grows("revise", true, func() error { _, err := f.Revise(ctx, f.next(pub.Post, "Update")); return err })
	grows("revise a co-op", true, func() error { return f.ReviseCoop(ctx, f.coop("komona"), coop.Outgoing{}) })
	grows("a follower", false, func() error {
		return f.AcceptFollow(ctx, f.follower("komona", "https://a.example/u", "https://a.example/i"), coop.Seen{}, coop.Outgoing{})
	})
	grows("a read", false, func() error { _, err := f.Post(ctx, pub.Post.ID); return err })
	grows("withdraw", true, func() error {
		p := pub.Post
		p.Rev++
		_, err := f.Withdraw(ctx, f.next(p, "Delete"))
		return err
	})
}
