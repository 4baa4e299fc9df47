// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import "plenum/coop"

func reactionTests() []test {
	return []test{
		{"there is one reaction of each kind and actor, and all are counted", reactionsAreCounted},
		{"a reaction is taken back by its kind or by its activity", reactionIsTakenBack},
		{"what was replaced is not taken back", replacedIsNotTakenBack},
		{"a reaction that was taken back before it came is ignored", overtakenReactionIsIgnored},
		{"an activity makes one reaction and no other", activityReactsOnce},
		{"a reaction that was seen changes nothing", seenReactionChangesNothing},
	}
}

func (f *fixture) reaction(post coop.ID, k coop.ReactionKind, actor coop.IRI, slug string) coop.Reaction {
	return coop.Reaction{Post: post, Coop: "komona", Kind: k, Actor: actor, Activity: actor + "/likes/" + coop.IRI(slug), At: f.now}
}

func (f *fixture) reactions(q coop.ReactionQuery) []coop.Reaction {
	f.Helper()
	list, err := f.Store.Reactions(f.Context(), q)
	f.ok(err)
	return list
}

func reactionsAreCounted(f *fixture) {
	ctx := f.Context()
	one, other := f.publish(f.note("komona", "one")).ID, f.publish(f.note("komona", "other")).ID
	like, share := f.reaction(one, coop.Liked, anna, "1"), f.reaction(one, coop.Shared, anna, "2")
	berts := f.reaction(one, coop.Liked, bert, "1")
	emoji := f.reaction(one, coop.Reacted, anna, "3")
	emoji.Emoji = "🎉"
	for _, r := range []coop.Reaction{like, share, berts, emoji, f.reaction(other, coop.Shared, bert, "2")} {
		before := f.Generation()
		f.ok(f.React(ctx, r, f.seen(r.Actor, string(r.Activity))))
		f.same(f.Generation(), before)
	}
	f.same(f.tally(one), coop.Tally{Likes: 3, Shares: 1})
	f.same(f.tally(other), coop.Tally{Shares: 1})
	f.same(f.reactions(coop.ReactionQuery{Post: one}), []coop.Reaction{like, berts, emoji, share})
	f.same(f.reactions(coop.ReactionQuery{Post: one, Kind: coop.Liked}), []coop.Reaction{like, berts})
	f.same(f.reactions(coop.ReactionQuery{Post: one, Limit: 1}), []coop.Reaction{like})

	again := f.reaction(one, coop.Reacted, anna, "4")
	again.Emoji, again.Coop = ":heart:", "nobody"
	f.ok(f.React(ctx, again, coop.Seen{}))
	again.Coop = "komona"
	f.same(f.reactions(coop.ReactionQuery{Post: one, Kind: coop.Reacted}), []coop.Reaction{again})
	f.same(f.tally(one), coop.Tally{Likes: 3, Shares: 1})
	f.fails(f.React(ctx, coop.Reaction{Post: one, Kind: coop.Liked, Actor: anna}, coop.Seen{}), coop.Invalid)
}

func reactionIsTakenBack(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	like, share, emoji := f.reaction(post, coop.Liked, anna, "1"), f.reaction(post, coop.Shared, anna, "2"), f.reaction(post, coop.Reacted, anna, "3")
	for _, r := range []coop.Reaction{like, share, emoji} {
		f.ok(f.React(ctx, r, f.seen(anna, string(r.Activity))))
	}
	f.ok(f.Unreact(ctx, f.reaction(post, coop.Liked, bert, "1"), f.seen(bert, "undo1"), coop.Liked)) // of nothing
	f.same(f.tally(post), coop.Tally{Likes: 2, Shares: 1})
	f.ok(f.Unreact(ctx, like, f.seen(anna, "undo1"), like.Kind))
	f.same(f.tally(post), coop.Tally{Likes: 1, Shares: 1})
	named := f.reaction(post, coop.Reacted, anna, "an id that it never had")
	f.ok(f.Unreact(ctx, named, f.seen(anna, "undo2"), named.Kind))
	f.same(f.tally(post), coop.Tally{Shares: 1})

	found, err := f.TakeBack(ctx, bert, share.Activity, f.seen(bert, "undo3"), nil)
	f.ok(err)
	f.same(found, false) // anna's is not bert's to take back
	at, err := f.SeenAt(ctx, f.seen(bert, "undo3"))
	f.ok(err)
	f.same(at.IsZero(), true) // and the Undo may still mean something else
	found, err = f.TakeBack(ctx, anna, share.Activity, f.seen(anna, "undo3"), nil)
	f.ok(err)
	f.same(found, true)
	f.same(f.tally(post), coop.Tally{})
	found, err = f.TakeBack(ctx, anna, share.Activity, f.seen(anna, "undo4"), nil)
	f.ok(err)
	f.same(found, false)
}

func replacedIsNotTakenBack(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	first, second := f.reaction(post, coop.Reacted, anna, "1"), f.reaction(post, coop.Reacted, anna, "2")
	f.ok(f.React(ctx, first, coop.Seen{Actor: anna, Activity: first.Activity}))
	f.ok(f.React(ctx, second, coop.Seen{Actor: anna, Activity: second.Activity}))
	f.ok(f.Unreact(ctx, first, f.seen(anna, "undo"), first.Kind)) // comes behind the one that took its place
	f.same(f.reactions(coop.ReactionQuery{Post: post}), []coop.Reaction{second})
	found, err := f.TakeBack(ctx, anna, first.Activity, f.seen(anna, "undo2"), nil)
	f.ok(err)
	f.same(found, false)
	f.ok(f.Unreact(ctx, second, f.seen(anna, "undo3"), second.Kind))
	f.same(f.tally(post), coop.Tally{})
}

func overtakenReactionIsIgnored(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	like := f.reaction(post, coop.Liked, anna, "1")
	f.ok(f.Unreact(ctx, like, f.seen(anna, "undo"), like.Kind))
	seen := coop.Seen{Actor: anna, Activity: like.Activity, At: f.now}
	f.ok(f.React(ctx, like, seen))
	f.same(f.tally(post), coop.Tally{})
	seen.Again = true // signed anew
	f.ok(f.React(ctx, like, seen))
	f.same(f.tally(post), coop.Tally{Likes: 1})
}

func activityReactsOnce(f *fixture) {
	ctx := f.Context()
	one, other := f.publish(f.note("komona", "one")).ID, f.publish(f.note("komona", "other")).ID
	like := f.reaction(one, coop.Liked, anna, "1")
	f.ok(f.React(ctx, like, coop.Seen{}))
	f.ok(f.React(ctx, f.reaction(other, coop.Liked, anna, "1"), coop.Seen{}))
	f.ok(f.React(ctx, f.reaction(one, coop.Shared, anna, "1"), coop.Seen{}))
	f.ok(f.React(ctx, f.reaction(other, coop.Liked, bert, "1"), coop.Seen{}))
	f.same(f.tally(one), coop.Tally{Likes: 1})
	f.same(f.tally(other), coop.Tally{Likes: 1}) // bert's
	f.ok(f.React(ctx, like, coop.Seen{}))
	f.same(f.tally(one), coop.Tally{Likes: 1})
}

func seenReactionChangesNothing(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	first, second := f.reaction(post, coop.Liked, anna, "1"), f.reaction(post, coop.Liked, anna, "2")
	f.ok(f.React(ctx, first, f.seen(anna, "1")))
	f.ok(f.React(ctx, second, f.seen(anna, "2")))
	f.ok(f.React(ctx, first, f.seen(anna, "1"))) // the second has taken its place
	f.same(f.reactions(coop.ReactionQuery{Post: post}), []coop.Reaction{second})
	f.ok(f.Unreact(ctx, second, f.seen(anna, "undo"), second.Kind))
	f.ok(f.React(ctx, first, f.seen(anna, "1")))
	f.ok(f.React(ctx, second, f.seen(anna, "2")))
	f.same(f.tally(post), coop.Tally{})

	shared := f.reaction(post, coop.Shared, anna, "3")
	f.ok(f.React(ctx, shared, f.seen(anna, "3")))
	found, err := f.TakeBack(ctx, anna, shared.Activity, f.seen(anna, "undo 3"), nil)
	f.ok(err)
	f.same(found, true)
	f.ok(f.React(ctx, shared, f.seen(anna, "3")))
	f.same(f.tally(post), coop.Tally{})
}
