// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"plenum/coop"
)

// idLen is the length of every id of ours, with which index keys end.
const idLen = 26

var posts = table[coop.Post]{
	bucket: bPosts,
	key:    func(p *coop.Post) []byte { return key(p.ID) },
	index:  postEntries,
	totals: func(p *coop.Post) []string {
		if p.State == coop.Published && p.Visibility == coop.Everybody {
			return []string{"posts"}
		}
		return nil
	},
}

func postEntries(p *coop.Post) (es []entry) {
	if p.Slug != "" {
		es = append(es, entry{bSlugs, key(string(p.Coop), p.Slug), []byte(p.ID)})
	}
	at := p.Published
	if p.State == coop.Draft {
		at = p.Created
		if due := fireAt(p); !due.IsZero() {
			es = append(es, entry{bSchedule, dueKey(due, p.ID), nil})
		}
	}
	for _, file := range filesOf(p) {
		es = append(es, entry{bPostFiles, key(file, string(p.ID)), nil})
	}
	var span []byte // of an event; a zone is read from a file, so once and not for each scope
	if p.State == coop.Published && p.Kind.Event() {
		start, end := p.When.Times()
		span = append(number(uint64(start.Unix())), number(uint64(end.Unix()))...)
	}
	for _, s := range scopes(p) {
		es = append(es, entry{bPostOrder, cat(prefix(s, string(p.State)), dueKey(at, p.ID)), nil})
		if span != nil {
			es = append(es, entry{bCalendar, cat(prefix(s), dueKey(wallEnd(p.When), p.ID)), span})
		}
	}
	return es
}

// scopes are the lists in which a post stands. What is published, but not for
// everybody, stands in none that strangers are shown: in those of its co-ops for
// their members, and in those of what it belongs to, where Posts looks at each.
func scopes(p *coop.Post) (list []string) {
	owners := append([]coop.Name{p.Coop}, p.Owners...)
	if hidden := p.State == coop.Published && p.Visibility != coop.Everybody; !hidden {
		list = append(list, "a")
		for _, n := range owners {
			list = enlist(list, "c"+string(n))
		}
		for _, tag := range p.Tags {
			if tag != "" {
				list = enlist(list, "t"+strings.ToLower(tag))
			}
		}
	}
	if p.State == coop.Published {
		for _, n := range owners {
			list = enlist(list, "m"+string(n))
		}
	}
	if p.PartOf != "" {
		list = append(list, "p"+string(p.PartOf))
	}
	if p.Series != "" {
		list = append(list, "s"+string(p.Series))
	}
	return list
}

func enlist(list []string, scope string) []string {
	if slices.Contains(list, scope) {
		return list
	}
	return append(list, scope)
}

// wallEnd is the wall time at which an event ends, read as if it were UTC. It
// stands in keys because the true moment changes when governments change their
// zones; a key must not. Query looks zoneSlack further and compares the moments.
func wallEnd(w coop.When) time.Time {
	last := w.End
	if last == "" {
		last = w.Start
	}
	t, err := last.In(time.UTC)
	switch {
	case err != nil:
		return time.Time{}
	case w.AllDay:
		return t.Add(24*time.Hour - time.Second)
	case w.End == "":
		return t.Add(2 * time.Hour)
	}
	return t
}

// zoneSlack is more than any zone is away from UTC.
const zoneSlack = 26 * time.Hour

// claim finds out whether a post may have its slug.
func claim(t *tx, p coop.Post) error {
	if p.Slug == "" && p.State == coop.Draft {
		return nil
	}
	if _, ok := coop.ParseSlug(p.Slug); !ok {
		return coop.Wrong("plenum:slug", "a slug has at most 80 of the characters a to z and 0 to 9, with single hyphens between them, and is not the name of a feed")
	}
	if id := t.get(bSlugs, key(string(p.Coop), p.Slug)); id != nil && coop.ID(id) != p.ID {
		return &coop.Error{Code: coop.Conflict, Member: "plenum:slug", Msg: "another post of this co-op has that slug"}
	}
	return nil
}

// Publish stores a new post, or turns a draft into one, with all that the world
// is told of it. Where the Answer's key was used before, nothing is written: the
// same request gets what it got then, another one a Conflict.
func (db *DB) Publish(ctx context.Context, pub coop.Publication) (prior *coop.Answer, err error) {
	err = db.write(ctx, "store.Publish", func(t *tx) (err error) {
		if prior, err = answered(t, pub.Answer); prior != nil || err != nil {
			return err
		}
		if _, err := known(t, pub.Post.Coop); err != nil {
			return err
		}
		old := posts.get(t, key(pub.Post.ID))
		switch {
		case old == nil && pub.Post.Rev != 1:
			return coop.Fail(coop.Conflict, "", "a new post begins with its first revision")
		case old != nil && old.State != coop.Draft:
			return coop.Fail(coop.Conflict, "", "this post is already published")
		}
		return setPost(t, old, pub)
	})
	return prior, err
}

// Revise replaces a published post, and keeps for its co-op how it was. Its Create
// shows it as it is from now on.
func (db *DB) Revise(ctx context.Context, pub coop.Publication) (prior *coop.Answer, err error) {
	err = db.write(ctx, "store.Revise", func(t *tx) (err error) {
		if prior, err = answered(t, pub.Answer); prior != nil || err != nil {
			return err
		}
		old, err := published(t, pub.Post.ID)
		if err != nil {
			return err
		}
		if old.Visibility != pub.Post.Visibility {
			return coop.Fail(coop.Conflict, "", "who may read a post cannot be changed once it is published: it may have been read already")
		}
		if err := setPost(t, old, pub); err != nil {
			return err
		}
		return remind(t, old, pub.Post)
	})
	return prior, err
}

// Withdraw deletes a published post: the row keeps no text, the object is the
// Tombstone that pub brings, the older documents are Gone, what waits to be
// delivered is superseded, and the slug is free. The id stays taken, and who was
// allowed to read it is remembered: nobody else is told that it ever was.
func (db *DB) Withdraw(ctx context.Context, pub coop.Publication) (prior *coop.Answer, err error) {
	err = db.write(ctx, "store.Withdraw", func(t *tx) (err error) {
		if prior, err = answered(t, pub.Answer); prior != nil || err != nil {
			return err
		}
		old, err := published(t, pub.Post.ID)
		if err != nil {
			return err
		}
		if err := follows(old, pub.Post); err != nil {
			return err
		}
		if len(pub.Object) == 0 {
			return coop.Fail(coop.Invalid, "", "a withdrawn post needs a Tombstone")
		}
		gone := erased(*old)
		gone.Rev, gone.Updated = pub.Post.Rev, pub.Post.Updated
		if gone.Updated.IsZero() {
			gone.Updated = t.now
		}
		posts.swap(t, old, &gone)
		t.put(bObjects, key(old.ID), pub.Object)
		t.public = true
		unpublish(t, *old, gone.Updated)
		if err := send(t, pub.Out); err != nil {
			return err
		}
		remember(t, pub.Answer)
		return nil
	})
	return prior, err
}

// published returns the row of a published post.
func published(t *tx, id coop.ID) (*coop.Post, error) {
	p := posts.get(t, key(id))
	switch {
	case p == nil:
		return nil, coop.Fail(coop.NotFound, "", "there is no such post")
	case p.State == coop.Withdrawn:
		return nil, coop.Fail(coop.Gone, "", "this post was deleted")
	case p.State != coop.Published:
		return nil, coop.Fail(coop.Conflict, "", "this post is a draft")
	}
	return p, nil
}

// follows finds out whether p may replace old.
func follows(old *coop.Post, p coop.Post) error {
	if old.Coop != p.Coop || old.Kind.Type() != p.Kind.Type() && old.State != coop.Draft {
		return coop.Fail(coop.Conflict, "", "a post keeps its co-op, and once published its type")
	}
	if p.Rev != old.Rev+1 {
		return coop.Fail(coop.Conflict, "", "the post was changed meanwhile; read it again")
	}
	if old.Activity != "" && p.State != coop.Withdrawn && p.Activity != old.Activity {
		return coop.Fail(coop.Conflict, "", "a post keeps the id of its Create, which was given out")
	}
	return nil
}

// setPost stores a published post in place of old, with all that belongs to it.
func setPost(t *tx, old *coop.Post, pub coop.Publication) error {
	p := pub.Post
	if old != nil {
		if err := follows(old, p); err != nil {
			return err
		}
	}
	if p.State != coop.Published || len(pub.Object) == 0 || p.Activity == "" {
		return coop.Fail(coop.Invalid, "", "a published post needs its state, its object and its Create")
	}
	if p.Kind.Event() {
		if err := p.When.Check(); err != nil {
			return err
		}
	}
	if err := claim(t, p); err != nil {
		return err
	}
	posts.swap(t, old, &p)
	t.put(bObjects, key(p.ID), pub.Object)
	t.public = true
	for _, pl := range pub.Places {
		t.put(bPlaces, key(pl.Hash), pl.Body)
	}
	if err := send(t, pub.Out); err != nil {
		return err
	}
	if old != nil && len(pub.Out.Comments) == 0 {
		unreply(t, p)
	}
	if !t.has(bBodies, key(p.Activity)) {
		return coop.Fail(coop.Invalid, "", "the Create of a published post is missing")
	}
	if len(pub.Create) > 0 && !bytes.Equal(pub.Create, t.get(bBodies, key(p.Activity))) {
		t.put(bBodies, key(p.Activity), pub.Create)
	}
	if p.Visibility.Open() {
		names := append([]coop.Name{p.Coop}, p.Owners...)
		openFiles(t, filesOf(&p), names...)
		if old != nil {
			closeFiles(t, filesOf(old), names...)
		}
	}
	remember(t, pub.Answer)
	return nil
}

// erased is what is kept of a withdrawn post: whose it was and when, nothing of
// what it said.
func erased(p coop.Post) coop.Post {
	return coop.Post{
		ID: p.ID, Coop: p.Coop, Kind: p.Kind, Language: p.Language, State: coop.Withdrawn,
		Visibility: p.Visibility, Rev: p.Rev, Created: p.Created, Published: p.Published, Updated: p.Updated,
		Activity: p.Activity, Announce: p.Announce,
	}
}
