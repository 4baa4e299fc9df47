// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"time"

	"plenum/coop"
)

func visibilityTests() []test {
	return []test{
		{"what is not for everybody stands in no list and no count", hiddenStandsNowhere},
		{"who may read a post stays as it is", visibilityStays},
		{"those who share a post have it in their lists", sharedIsListed},
	}
}

// hiddenStandsNowhere is of the lists and counts that strangers are shown. L01.
func hiddenStandsNowhere(f *fixture) {
	ctx := f.Context()
	when := coop.When{Start: "2018-12-29", Zone: "Europe/Berlin", AllDay: true}
	whole := f.publish(f.meetup("komona", "open", when))
	for slug, v := range map[string]coop.Visibility{"unlisted": coop.Unlisted, "followers": coop.Followers} {
		pub := f.meetup("komona", slug, when)
		pub.Post.Visibility, pub.Post.Tags, pub.Post.PartOf = v, []string{"35c3"}, whole.ID
		pub.Out.Documents[0].Listed = v == coop.Unlisted
		if slug == "unlisted" {
			pub.Post.Published = f.now.Add(time.Second)
		} else {
			pub.Post.Published = f.now.Add(2 * time.Second)
		}
		f.publish(pub)
	}
	at := time.Date(2018, 12, 29, 12, 0, 0, 0, time.UTC)
	for _, q := range []coop.PostQuery{{}, {Coop: "komona"}, {All: true}, {Upcoming: at}, {Upcoming: at, Coop: "komona"}, {Upcoming: at, All: true}} {
		f.same(f.slugs(q), []string{"open"})
	}
	for _, q := range []coop.PostQuery{{Tag: "35c3"}, {PartOf: whole.ID}, {Tag: "35c3", Upcoming: at}, {PartOf: whole.ID, Upcoming: at}, {Coop: "kollektiv", All: true}} {
		f.same(f.slugs(q), []string{})
	}
	all := []string{"followers", "unlisted", "open"}
	f.same(f.slugs(coop.PostQuery{Coop: "komona", All: true}), all)
	f.same(f.slugs(coop.PostQuery{Coop: "komona", All: true, Tag: "35c3"}), all[:2])
	f.same(f.slugs(coop.PostQuery{Coop: "komona", All: true, PartOf: whole.ID}), all[:2])
	f.same(len(f.slugs(coop.PostQuery{Coop: "komona", All: true, Upcoming: at})), 3)
	c, err := f.Counts(ctx)
	f.ok(err)
	f.same(c.Posts, 1)
	_, total, _, err := f.Outbox(ctx, "komona", 0, 10)
	f.ok(err)
	f.same(total, 2)
	hidden, err := f.PostBySlug(ctx, "komona", "followers")
	f.ok(err)
	plan := f.meetup("komona", "plan", when).Post
	plan.State = coop.Draft
	f.saved(f.SaveDraft(ctx, plan, coop.Outgoing{}))
	for _, id := range []coop.ID{hidden.ID, plan.ID} { // nor is it told from an id that there is not where it would stand
		for _, q := range []coop.PostQuery{{}, {Coop: "komona"}, {Upcoming: at}, {Coop: "kollektiv", All: true}, {Coop: "kollektiv", State: coop.Draft}} {
			q.Before = id
			_, err := f.Posts(ctx, q)
			f.fails(err, coop.NotFound)
		}
		_, err := f.Posts(ctx, coop.PostQuery{Coop: "komona", All: true, Before: id})
		f.ok(err)
	}
	_, err = f.Withdraw(ctx, f.next(hidden, "Delete"))
	f.ok(err)
	gone, err := f.Post(ctx, hidden.ID)
	f.ok(err)
	f.same(gone.Visibility, coop.Followers) // whoever may not know that it was is not told that it is gone
}

func visibilityStays(f *fixture) {
	pub := f.note("komona", "one")
	pub.Post.Visibility = coop.Followers
	p := f.publish(pub)
	for _, v := range []coop.Visibility{coop.Everybody, coop.Unlisted} {
		next := f.next(p, "Update")
		next.Post.Visibility = v
		_, err := f.Revise(f.Context(), next)
		f.fails(err, coop.Conflict)
	}
	f.revised(p)
}

func sharedIsListed(f *fixture) {
	ctx := f.Context()
	p := f.publish(f.note("komona", "ours"))
	f.same(f.slugs(coop.PostQuery{Coop: "kollektiv"}), []string{})
	next := f.next(p, "Update")
	next.Post.Owners = []coop.Name{"kollektiv"}
	_, err := f.Revise(ctx, next)
	f.ok(err)
	for _, n := range []coop.Name{"komona", "kollektiv"} {
		f.same(f.slugs(coop.PostQuery{Coop: n}), []string{"ours"})
		f.same(f.slugs(coop.PostQuery{Coop: n, All: true}), []string{"ours"})
	}
	_, err = f.PostBySlug(ctx, "kollektiv", "ours")
	f.fails(err, coop.NotFound)
	back := f.next(next.Post, "Update")
	back.Post.Owners = nil
	_, err = f.Revise(ctx, back)
	f.ok(err)
	f.same(f.slugs(coop.PostQuery{Coop: "kollektiv"}), []string{})
	f.same(f.slugs(coop.PostQuery{Coop: "kollektiv", All: true}), []string{})
}
