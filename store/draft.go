// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"time"

	"plenum/coop"
)

// fireAt is when a draft is to be published by itself, the zero time for one that
// waits for somebody: one that is stuck is tried again later.
func fireAt(p *coop.Post) time.Time {
	if !p.Due.IsZero() && p.Again.After(p.Due) {
		return p.Again
	}
	return p.Due
}

// SaveDraft stores a draft, new or in place of the draft with the same id, with what
// out brings. Where the key of its answer was used before, nothing is written: the
// same request gets what it got then, another one a Conflict. A version that does
// not follow the stored one is a Conflict too.
func (db *DB) SaveDraft(ctx context.Context, p coop.Post, out coop.Outgoing) (prior *coop.Answer, err error) {
	err = db.write(ctx, "store.SaveDraft", func(t *tx) (err error) {
		if prior, err = answered(t, out.Answer); prior != nil || err != nil {
			return err
		}
		if err := saveDraft(t, p); err != nil {
			return err
		}
		return send(t, out)
	})
	return prior, err
}

func saveDraft(t *tx, p coop.Post) error {
	if p.State != coop.Draft {
		return coop.Fail(coop.Invalid, "", "only a draft is saved as a draft")
	}
	if _, err := known(t, p.Coop); err != nil {
		return err
	}
	old := posts.get(t, key(p.ID))
	switch {
	case old == nil && p.Rev != 1:
		return coop.Fail(coop.Conflict, "", "a new post begins with its first revision")
	case old != nil && (old.State != coop.Draft || old.Coop != p.Coop):
		return coop.Fail(coop.Conflict, "", "there is a post of that id that is no draft of this co-op")
	case old != nil:
		if err := follows(old, p); err != nil {
			return err
		}
	}
	if err := claim(t, p); err != nil {
		return err
	}
	posts.swap(t, old, &p)
	return nil
}

// DropDraft deletes a draft, of which nothing stays but what out says: nobody has
// seen it. The same request again changes nothing.
func (db *DB) DropDraft(ctx context.Context, n coop.Name, id coop.ID, out coop.Outgoing) error {
	return db.write(ctx, "store.DropDraft", func(t *tx) error {
		if prior, err := answered(t, out.Answer); prior != nil || err != nil {
			return err
		}
		p := posts.get(t, key(id))
		switch {
		case p == nil || p.Coop != n:
			return coop.Fail(coop.NotFound, "", "there is no such post")
		case p.State != coop.Draft:
			return coop.Fail(coop.Conflict, "", "this post is no draft")
		}
		posts.remove(t, p)
		return send(t, out)
	})
}

// Due returns drafts whose time has come, the longest due first, and when that of the
// next one comes that is not among them; the zero time where none waits.
func (db *DB) Due(ctx context.Context, now time.Time, limit int) (due []coop.Post, next time.Time, err error) {
	err = db.view(ctx, "store.Due", func(t *tx) error {
		for k := range t.scan(bSchedule, every(), nil) {
			if at := keyTime(k); at.After(now) || len(due) == limit {
				next = at
				break
			}
			if p := posts.get(t, k[timeLen:]); p != nil {
				due = append(due, *p)
			}
		}
		return nil
	})
	return due, next, err
}
