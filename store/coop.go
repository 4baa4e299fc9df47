// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"plenum/coop"
)

var coops = table[coop.Coop]{
	bucket: bCoops,
	key:    func(c *coop.Coop) []byte { return key(c.Name) },
}

// AddCoop stores a new co-op, or the instance actor, with its private key. It is
// a Conflict when the name is in use or ever was.
func (db *DB) AddCoop(ctx context.Context, c coop.Coop, privatePEM []byte) error {
	return db.write(ctx, "store.AddCoop", func(t *tx) error {
		if _, ok := coop.ParseName(string(c.Name)); !ok {
			return coop.Wrong("name", "the name of a co-op has 1 to 30 of the characters a to z, 0 to 9 and _")
		}
		if len(privatePEM) == 0 {
			return coop.Fail(coop.Invalid, "", "a co-op needs a private key")
		}
		if t.has(bCoops, key(c.Name)) {
			return &coop.Error{Code: coop.Conflict, Member: "name",
				Msg: fmt.Sprintf("the name %s is taken; the name of a co-op that was removed cannot be used again", c.Name)}
		}
		coops.swap(t, nil, &c)
		openFiles(t, []string{c.Icon.File}, c.Name)
		t.put(bKeys, key(c.Name), privatePEM)
		t.public = true
		return nil
	})
}

// Coop returns a co-op or the instance actor. One that was removed is returned
// together with a Gone error.
func (db *DB) Coop(ctx context.Context, n coop.Name) (c coop.Coop, err error) {
	err = db.view(ctx, "store.Coop", func(t *tx) error {
		row, err := known(t, n)
		if row != nil {
			c = *row
		}
		return err
	})
	return c, err
}

// known returns the row of an actor of ours, with a Gone error where it was removed.
func known(t *tx, n coop.Name) (*coop.Coop, error) {
	data := t.get(bCoops, key(n))
	if data == nil {
		return nil, coop.Fail(coop.NotFound, "", "there is no co-op of that name")
	}
	row, err := t.db.coops.read(string(n), data, decode)
	if err != nil {
		err = fmt.Errorf("row %q of %s is damaged: %w", n, bCoops, err)
		t.fail(err)
		return nil, err
	}
	row.Fields = slices.Clone(row.Fields)
	if !row.Gone.IsZero() {
		return &row, coop.Fail(coop.Gone, "", "that co-op was removed")
	}
	return &row, nil
}

// Coops returns the co-ops in the order of their names, without the instance
// actor and without those that were removed.
func (db *DB) Coops(ctx context.Context) (list []coop.Coop, err error) {
	err = db.view(ctx, "store.Coops", func(t *tx) error {
		for c := range coops.all(t, every()) {
			if c.Name != coop.Relay && c.Gone.IsZero() {
				list = append(list, *c)
			}
		}
		return nil
	})
	return list, err
}

// ReviseCoop replaces the row of a co-op or of the instance actor.
func (db *DB) ReviseCoop(ctx context.Context, c coop.Coop, out coop.Outgoing) error {
	return db.write(ctx, "store.ReviseCoop", func(t *tx) error { return reviseCoop(t, c, out) })
}

// RotateKey replaces the private key of an actor of ours together with its row.
// The key that was in force is kept for a time, for the deliveries of the
// documents that tell of the new one.
func (db *DB) RotateKey(ctx context.Context, c coop.Coop, privatePEM []byte, out coop.Outgoing) error {
	return db.write(ctx, "store.RotateKey", func(t *tx) error {
		if len(privatePEM) == 0 {
			return coop.Fail(coop.Invalid, "", "a co-op needs a private key")
		}
		if err := reviseCoop(t, c, out); err != nil {
			return err
		}
		former := t.copyOf(bKeys, key(c.Name))
		for _, d := range out.Documents {
			t.put(bKeys, formerKey(c.Name, d.ID), former)
		}
		t.put(bKeys, key(c.Name), privatePEM)
		return nil
	})
}

func reviseCoop(t *tx, c coop.Coop, out coop.Outgoing) error {
	old, err := known(t, c.Name)
	if err != nil {
		return err
	}
	if !c.Gone.IsZero() {
		return coop.Fail(coop.Invalid, "", "a co-op is removed by RemoveCoop alone")
	}
	coops.swap(t, old, &c)
	openFiles(t, []string{c.Icon.File}, c.Name)
	t.public = true
	return send(t, out)
}

// PrivateKey returns the private key of an actor of ours as PEM, which is not to be
// changed. That of a removed co-op is kept: it signs the Delete that tells the
// world.
func (db *DB) PrivateKey(ctx context.Context, n coop.Name) (pem []byte, err error) {
	generation := db.Generation()
	if pem := db.pems.get(n, generation); pem != nil {
		return pem, nil
	}
	err = db.view(ctx, "store.PrivateKey", func(t *tx) error {
		if pem = t.copyOf(bKeys, key(n)); pem == nil {
			return coop.Fail(coop.NotFound, "", "there is no co-op of that name")
		}
		return nil
	})
	if err == nil {
		db.pems.put(n, generation, pem)
	}
	return pem, err
}

// pems keeps the keys that are asked for before each attempt, for as long as the
// store has the generation with which they were read: a change of a key makes a
// new one.
type pems struct {
	mu         sync.Mutex
	generation uint64
	keys       map[coop.Name][]byte
}

func (p *pems) get(n coop.Name, generation uint64) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.generation != generation {
		return nil
	}
	return p.keys[n]
}

func (p *pems) put(n coop.Name, generation uint64, pem []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keys == nil || p.generation != generation {
		p.generation, p.keys = generation, map[coop.Name][]byte{}
	}
	p.keys[n] = pem
}

// FormerKey returns, as PEM, the private key that was in force until a document
// told of another one, and nil for every other document.
func (db *DB) FormerKey(ctx context.Context, n coop.Name, document coop.ID) (pem []byte, err error) {
	err = db.view(ctx, "store.FormerKey", func(t *tx) error {
		pem = t.copyOf(bKeys, formerKey(n, document))
		return nil
	})
	return pem, err
}

// Rotated returns when the key of an actor of ours was changed; the zero time where
// it never was.
func (db *DB) Rotated(ctx context.Context, n coop.Name) (at time.Time, err error) {
	err = db.view(ctx, "store.Rotated", func(t *tx) error {
		if c := coops.get(t, key(n)); c != nil {
			at = c.Rotated
		}
		return nil
	})
	return at, err
}

// formerKey is where the key lies that a document replaced: behind the key of
// the actor, whose name ends at a zero byte.
func formerKey(n coop.Name, document coop.ID) []byte { return key(string(n), string(document)) }

// RemoveCoop removes a co-op for good; c is its row with Gone set. Its posts are
// withdrawn and lose their text and their objects, so that their ids answer 410;
// its documents lose their bodies and what waits to be delivered is superseded,
// but for what out brings; its tokens, its members' roles, followers and follows go,
// its series, its proposals, what it said of others, what came for it, and its files.
// The name stays taken and the key stays.
func (db *DB) RemoveCoop(ctx context.Context, c coop.Coop, out coop.Outgoing) error {
	const op = "store.RemoveCoop"
	db.files.Lock()
	defer db.files.Unlock()
	var files []string
	err := db.write(ctx, op, func(t *tx) error {
		old, err := known(t, c.Name)
		if err != nil {
			return err
		}
		if c.Gone.IsZero() || c.Name == coop.Relay {
			return coop.Fail(coop.Invalid, "", "a co-op that is removed says when, and the instance actor stays")
		}
		last := gather(t, out) // while there are followers
		coops.swap(t, old, &c)
		t.public = true
		retractAll(t, c)
		for _, id := range documentsOf(t, c.Name) {
			burn(t, id, c.Gone)
		}
		stopFans(t, func(f *fanRow) bool { return f.Actor == c.Name })
		supersedeAll(t, c.Name)
		leave(t, c.Name)
		files = vacate(t, c.Name)
		return send(t, last)
	})
	if err != nil {
		return err
	}
	return db.sweep(context.WithoutCancel(ctx), op, files...)
}

// retractAll withdraws the posts of a co-op that is being removed; those that it
// shares stay with the others.
func retractAll(t *tx, c coop.Coop) {
	var own []coop.ID
	var shared []*coop.Post
	for p := range posts.all(t, every()) {
		switch {
		case p.Coop == c.Name:
			own = append(own, p.ID)
		case slices.Contains(p.Owners, c.Name) || slices.Contains(p.Offered, c.Name):
			shared = append(shared, p)
		}
	}
	for _, id := range own {
		retract(t, posts.get(t, key(id)), c)
	}
	for _, p := range shared {
		disown(t, p, c.Name)
	}
}

// vacate removes what a co-op that is being removed has planned, proposed, said and
// kept, and returns the files that it had.
func vacate(t *tx, n coop.Name) (files []string) {
	for _, k := range t.keys(bSeries, every()) {
		if r := seriesTable.get(t, k); r != nil && r.Coop == n {
			seriesTable.remove(t, r)
		}
	}
	p := prefix(string(n), anyState)
	for _, k := range t.keys(bProposalOrder, p) {
		proposals.remove(t, proposals.get(t, k[len(p):]))
	}
	for _, k := range t.keys(bActs, prefix(n)) {
		unact(t, acts.get(t, k), t.now)
	}
	for _, k := range t.keys(bArrivals, prefix(n)) {
		t.del(bArrivals, k)
	}
	delete(t.batch.turns, n)
	return dropUploads(t, n)
}

// retract withdraws a post of a co-op that is being removed.
func retract(t *tx, p *coop.Post, c coop.Coop) {
	if p == nil || p.State == coop.Withdrawn {
		return
	}
	if p.State == coop.Draft {
		posts.remove(t, p)
		return
	}
	gone := erased(*p)
	gone.Rev, gone.Updated = p.Rev+1, c.Gone
	posts.swap(t, p, &gone)
	t.del(bObjects, key(p.ID))
	unpublish(t, *p, c.Gone)
}

// leave removes whoever is connected to a co-op: members and what they let do,
// followers, follows and complaints, and where a co-op of this very instance is at the other end, that end too.
func leave(t *tx, n coop.Name) {
	dismiss(t, n)
	for _, k := range t.keys(bFollowers, prefix(n)) {
		followers.remove(t, followers.get(t, k))
	}
	for _, k := range t.keys(bComplaintOrder, prefix(n)) {
		complaints.remove(t, complaints.get(t, k[len(k)-idLen:]))
	}
	for _, k := range t.keys(bFollowings, prefix(n)) {
		f := followings.get(t, k)
		followings.remove(t, f)
		if f != nil {
			unread(t, f.Actor)
		}
	}
	for _, insecure := range []bool{false, true} { // the store does not know which scheme ids have
		id := coop.Site{Domain: t.domain(), HTTP: insecure}.Actor(n)
		forget(t, id)
		unfollow(t, id)
	}
}
