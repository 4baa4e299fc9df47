// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"

	"plenum/coop"
)

var revisions = table[coop.Revision]{
	bucket: bRevisions,
	key:    func(r *coop.Revision) []byte { return cat(prefix(r.Post.ID), number(uint64(r.Post.Rev))) },
}

// remind keeps how a post was before it became p. Where there are too many
// revisions, the second goes: the first and the newest stay.
func remind(t *tx, old *coop.Post, p coop.Post) error {
	till := p.Updated
	if till.IsZero() {
		till = t.now
	}
	revisions.swap(t, nil, &coop.Revision{Post: *old, By: old.By, Till: till})
	list := t.keys(bRevisions, prefix(p.ID))
	for i := 1; i < len(list) && len(list)-i >= t.bounds.revisions; i++ {
		t.del(bRevisions, list[i])
	}
	return t.err
}

// dropRevisions forgets how a post was.
func dropRevisions(t *tx, post coop.ID) {
	for _, k := range t.keys(bRevisions, prefix(post)) {
		t.del(bRevisions, k)
	}
}

// Revisions returns how a published post was before, the newest first. Of a post
// that was withdrawn nothing is kept.
func (db *DB) Revisions(ctx context.Context, post coop.ID) (list []coop.Revision, err error) {
	err = db.view(ctx, "store.Revisions", func(t *tx) error {
		for _, data := range t.scanBack(bRevisions, prefix(post), nil) {
			var r coop.Revision
			if err := decode(data, &r); err != nil {
				return err
			}
			list = append(list, r)
		}
		return nil
	})
	return list, err
}

// unpin takes a post that is withdrawn from those that its co-ops have pinned.
func unpin(t *tx, p coop.Post) {
	for _, n := range append([]coop.Name{p.Coop}, p.Owners...) {
		old := coops.get(t, key(n))
		if old == nil {
			continue
		}
		row := *old
		row.Featured = nil
		for _, id := range old.Featured {
			if id != p.ID {
				row.Featured = append(row.Featured, id)
			}
		}
		if len(row.Featured) < len(old.Featured) {
			coops.swap(t, old, &row)
		}
	}
}

// disown takes a co-op that is being removed from those who share a post or were
// asked to. That is a change: who read the post before cannot put the co-op back.
func disown(t *tx, p *coop.Post, n coop.Name) {
	row := *p
	row.Owners, row.Offered = without(p.Owners, n), without(p.Offered, n)
	if len(row.Owners)+len(row.Offered) < len(p.Owners)+len(p.Offered) {
		row.Rev++
		posts.swap(t, p, &row)
	}
}

func without(list []coop.Name, n coop.Name) (rest []coop.Name) {
	for _, x := range list {
		if x != n {
			rest = append(rest, x)
		}
	}
	return rest
}
