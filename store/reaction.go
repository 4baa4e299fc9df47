// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"time"

	"plenum/coop"
)

var reactions = table[coop.Reaction]{
	bucket: bReactions,
	key:    func(r *coop.Reaction) []byte { return reactionKey(r.Post, r.Kind, r.Actor) },
	index: func(r *coop.Reaction) []entry {
		return []entry{{bReactionBy, key(r.Actor, r.Activity), key(string(r.Post), string(r.Kind))}}
	},
	totals: func(r *coop.Reaction) []string { return []string{bReactions, reactionTotal(r.Post, r.Kind)} },
}

func reactionKey(post coop.ID, k coop.ReactionKind, actor coop.IRI) []byte {
	return key(string(post), string(k), string(actor))
}

func reactionTotal(post coop.ID, k coop.ReactionKind) string {
	return bReactions + " " + string(post) + " " + string(k)
}

func reactionKinds() []coop.ReactionKind {
	return []coop.ReactionKind{coop.Liked, coop.Reacted, coop.Shared}
}

// React stores what an actor did with a published post, in place of the reaction
// of the same kind before it. What was taken back before it came is ignored, and
// so is an activity that made a reaction already. Beyond the bounds it is a
// Conflict. The activity is not noted as seen: its row tells that it came, and once
// that is gone, what was dropped tells that it counts no more.
func (db *DB) React(ctx context.Context, r coop.Reaction, seen coop.Seen) error {
	return db.write(ctx, "store.React", func(t *tx) error {
		if err := named(r.Actor, r.Activity); err != nil {
			return err
		}
		post, err := t.subject(r.Post)
		if err != nil {
			return err
		}
		r.Coop = post.Coop
		old := reactions.get(t, reactionKey(r.Post, r.Kind, r.Actor))
		if old != nil && old.Activity == r.Activity || t.knows(seen) || late(t, r.Actor, r.Activity, seen) || !seen.Again && undoneBefore(t, &r) {
			return nil
		}
		if old == nil && (t.total(bReactions) >= t.bounds.reactions || reactionsTo(t, r.Post) >= t.bounds.reactionsPerPost) {
			return full("reactions")
		}
		if t.has(bReactionBy, key(r.Actor, r.Activity)) {
			return nil // it made another one
		}
		if old != nil {
			drop(t, key(old.Actor, old.Activity), r.At)
		}
		reactions.swap(t, old, &r)
		arrived(t, seen, r.Activity, r.Coop)
		return nil
	})
}

// reactionsTo counts the reactions to a post.
func reactionsTo(t *tx, post coop.ID) (n int) {
	for _, k := range reactionKinds() {
		n += t.total(reactionTotal(post, k))
	}
	return n
}

// Unreact removes the reactions of an actor to a post, of some kinds; the activity is
// the one that is undone, where it is known. Some name it by an id that it never
// had: it is another's only where it came before and was replaced since. Where
// there is no such reaction, the activity is ignored if it is still to come.
func (db *DB) Unreact(ctx context.Context, r coop.Reaction, seen coop.Seen, kinds ...coop.ReactionKind) error {
	return db.write(ctx, "store.Unreact", func(t *tx) error {
		var names []coop.Name
		if post, err := t.subject(r.Post); err == nil {
			names = append(names, post.Coop)
		}
		if !notice(t, seen, names...) {
			return nil
		}
		undone := key(r.Actor, r.Activity)
		came := t.has(bReactionBy, undone) || t.has(bDropped, undone) || t.has(bSeen, undone)
		for _, kind := range kinds {
			r.Kind = kind
			unreact(t, &r, came, seen.At)
		}
		return nil
	})
}

// unreact is Unreact of one kind. came says whether the activity came before.
func unreact(t *tx, r *coop.Reaction, came bool, at time.Time) {
	old := reactions.get(t, reactionKey(r.Post, r.Kind, r.Actor))
	switch {
	case old != nil && (old.Activity == r.Activity || !came):
		reactions.remove(t, old)
		drop(t, key(old.Actor, old.Activity), at)
	case old == nil && !came:
		if undone := key(r.Actor, r.Activity); undone != nil {
			drop(t, undone, at)
		}
		drop(t, reactionMark(r), r.At) // Lemmy undoes it by another id than it comes with
	}
}

// reactionMark is what stands among what was dropped for a reaction that was taken
// back before it came.
func reactionMark(r *coop.Reaction) []byte {
	return key(string(r.Actor), string(r.Post)+" "+string(r.Kind))
}

// undoneBefore reports whether a reaction was signed before its actor took it back,
// though it came after.
func undoneBefore(t *tx, r *coop.Reaction) bool {
	at := t.get(bDropped, reactionMark(r))
	return at != nil && !r.At.IsZero() && !r.At.After(keyTime(at))
}

// Reactions returns the reactions to a post in the order of their kinds and actors.
func (db *DB) Reactions(ctx context.Context, q coop.ReactionQuery) (list []coop.Reaction, err error) {
	if q.Limit <= 0 {
		q.Limit = 100
	}
	err = db.view(ctx, "store.Reactions", func(t *tx) error {
		p := prefix(q.Post)
		if q.Kind != "" {
			p = prefix(string(q.Post), string(q.Kind))
		}
		for r := range reactions.all(t, p) {
			if len(list) == q.Limit {
				break
			}
			list = append(list, *r)
		}
		return nil
	})
	return list, err
}
