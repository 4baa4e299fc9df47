// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"plenum/coop"
)

var acts = table[coop.Act]{
	bucket: bActs,
	key:    func(a *coop.Act) []byte { return actKey(a.Coop, a.Kind, a.Object) },
	index: func(a *coop.Act) []entry {
		es := []entry{{bActOrder, cat(prefix(string(a.Coop), string(a.Kind)), key(a.Document)), []byte(a.Object)}}
		if a.Post != "" {
			es = append(es, entry{bActPosts, cat(prefix(a.Post), actKey(a.Coop, a.Kind, a.Object)), nil})
		}
		return es
	},
	totals: func(a *coop.Act) []string { return []string{actTotal(a.Coop, a.Kind)} },
}

func actKey(n coop.Name, k coop.ActKind, object coop.IRI) []byte {
	return key(string(n), string(k), string(object))
}

func actTotal(n coop.Name, k coop.ActKind) string { return bActs + " " + string(n) + " " + string(k) }

func actKinds() []coop.ActKind { return []coop.ActKind{coop.ActLike, coop.ActAnnounce, coop.ActBlock} }

// Act stores what a co-op says of an object, with what is sent of it. Another one of
// the kind about the same object is a Conflict, and so is one beyond the bound.
// Whom a co-op blocks follows it no more, and it follows them no more: either row goes
// with it. AP §6.9.
func (db *DB) Act(ctx context.Context, a coop.Act, out coop.Outgoing) (prior *coop.Answer, err error) {
	err = db.write(ctx, "store.Act", func(t *tx) (err error) {
		if prior, err = answered(t, out.Answer); prior != nil || err != nil {
			return err
		}
		if err := mayAct(t, &a); err != nil {
			return err
		}
		acts.swap(t, nil, &a)
		t.public = true // what it likes, and the post of ours that it likes, say so at once
		if a.Kind == coop.ActBlock {
			part(t, a.Coop, a.Object)
		}
		if err := send(t, out); err != nil {
			return err
		}
		if !t.has(bBodies, key(a.Document)) {
			return coop.Fail(coop.Invalid, "", "the activity of what a co-op says is missing")
		}
		return nil
	})
	return prior, err
}

// mayAct finds out whether a co-op can say something.
func mayAct(t *tx, a *coop.Act) error {
	if _, err := known(t, a.Coop); err != nil {
		return err
	}
	if a.Post != "" {
		if _, err := t.subject(a.Post); err != nil {
			return err
		}
	}
	switch {
	case !slices.Contains(actKinds(), a.Kind) || a.Object == "" || a.Document == "":
		return coop.Fail(coop.Invalid, "", "what a co-op says has a kind, an object and an activity")
	case t.has(bActs, actKey(a.Coop, a.Kind, a.Object)):
		return coop.Fail(coop.Conflict, "", "the co-op has said that already")
	case t.total(actTotal(a.Coop, a.Kind)) >= t.bounds.acts:
		return full("activities of that kind of this co-op")
	}
	if a.At.IsZero() {
		a.At = t.now
	}
	return nil
}

// part ends that a co-op and an actor follow each other.
func part(t *tx, n coop.Name, actor coop.IRI) {
	followers.remove(t, followers.get(t, key(string(n), string(actor))))
	if f := followings.get(t, key(string(n), string(actor))); f != nil {
		followings.remove(t, f)
		unread(t, actor)
	}
}

// Unact takes back what a co-op said: its document is Gone, what waits of it is
// superseded, and a post of this instance has lost the reaction. out tells of it.
func (db *DB) Unact(ctx context.Context, n coop.Name, kind coop.ActKind, object coop.IRI, out coop.Outgoing) (prior *coop.Answer, err error) {
	err = db.write(ctx, "store.Unact", func(t *tx) (err error) {
		if prior, err = answered(t, out.Answer); prior != nil || err != nil {
			return err
		}
		a := acts.get(t, actKey(n, kind, object))
		if a == nil {
			return coop.Fail(coop.NotFound, "", "the co-op has not said that, or has taken it back")
		}
		unact(t, a, t.now)
		t.public = true
		return send(t, out)
	})
	return prior, err
}

// unact removes an act with its document; nil does nothing.
func unact(t *tx, a *coop.Act, at time.Time) {
	if a == nil {
		return
	}
	acts.remove(t, a)
	burn(t, a.Document, at)
	stopFans(t, func(f *fanRow) bool { return f.Document == a.Document })
	supersedeDocument(t, a.Document)
	for _, insecure := range []bool{false, true} { // the store does not know which scheme ids have
		actor := coop.Site{Domain: t.domain(), HTTP: insecure}.Actor(a.Coop)
		if k := reactionOf(a.Kind); k != "" && a.Post != "" {
			reactions.remove(t, reactions.get(t, reactionKey(a.Post, k, actor)))
		}
	}
}

// reactionOf is what an act is to a post of this instance.
func reactionOf(k coop.ActKind) coop.ReactionKind {
	switch k {
	case coop.ActLike:
		return coop.Liked
	case coop.ActAnnounce:
		return coop.Shared
	}
	return ""
}

// unsay removes all that co-ops of ours said of a post that is withdrawn.
func unsay(t *tx, post coop.ID, at time.Time) {
	p := prefix(post)
	for _, k := range t.keys(bActPosts, p) {
		unact(t, acts.get(t, k[len(p):]), at)
	}
}

// reacted stores that a co-op of ours likes or shares a post of ours. Where there is
// no room for it, or the post is gone, it is not counted.
func reacted(t *tx, r coop.Reaction) {
	post, err := t.subject(r.Post)
	if err != nil || named(r.Actor, r.Activity) != nil {
		return
	}
	r.Coop = post.Coop
	old := reactions.get(t, reactionKey(r.Post, r.Kind, r.Actor))
	if old == nil && (t.total(bReactions) >= t.bounds.reactions || reactionsTo(t, r.Post) >= t.bounds.reactionsPerPost) {
		return
	}
	reactions.swap(t, old, &r)
}

// ActOn returns what a co-op said of an object.
func (db *DB) ActOn(ctx context.Context, n coop.Name, kind coop.ActKind, object coop.IRI) (a coop.Act, err error) {
	err = db.view(ctx, "store.ActOn", func(t *tx) error {
		row := acts.get(t, actKey(n, kind, object))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "the co-op has not said that, or has taken it back")
		}
		a = *row
		return nil
	})
	return a, err
}

// Acts returns the acts of a kind of a co-op, the newest first, behind the one whose
// document is before; total is how many there are.
func (db *DB) Acts(ctx context.Context, n coop.Name, kind coop.ActKind, before coop.ID, limit int) (list []coop.Act, total int, err error) {
	most := cmp.Or(max(limit, 0), 20)
	err = db.view(ctx, "store.Acts", func(t *tx) error {
		total = t.total(actTotal(n, kind))
		p := prefix(string(n), string(kind))
		var end []byte
		if before != "" {
			end = cat(p, key(before))
		}
		for _, object := range t.scanBack(bActOrder, p, end) {
			if len(list) == most {
				break
			}
			if a := acts.get(t, actKey(n, kind, coop.IRI(object))); a != nil {
				list = append(list, *a)
			}
		}
		return nil
	})
	return list, total, err
}
