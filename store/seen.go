// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"time"

	"plenum/coop"
)

// aged is a set whose members are forgotten after a time.
type aged struct{ rows, ages string }

var (
	seenSet    = aged{bSeen, bSeenAges}
	droppedSet = aged{bDropped, bDroppedAges}
)

// add puts a member into the set; one that is there already gets the new time.
func (s aged) add(t *tx, k []byte, at time.Time) {
	if old := t.copyOf(s.rows, k); old != nil {
		t.del(s.ages, cat(old, k))
	} else {
		t.count(s.rows, 1)
	}
	t.put(s.rows, k, timeKey(at))
	t.put(s.ages, cat(timeKey(at), k), nil)
}

// prune removes at most n members that are older than limit, or the oldest ones
// beyond the number most, but none younger than spare. It returns the keys of those
// that went among the ages, the oldest first.
func (s aged) prune(t *tx, limit, spare time.Time, most, n int) (gone [][]byte) {
	size := t.total(s.rows)
	for k := range t.scan(s.ages, every(), nil) {
		at := keyTime(k)
		crowded := size-len(gone) > most && at.Before(spare)
		if len(gone) == n || !at.Before(limit) && !crowded {
			break
		}
		gone = append(gone, append([]byte(nil), k...))
	}
	for _, k := range gone {
		t.del(s.ages, k)
		t.del(s.rows, k[timeLen:])
	}
	if len(gone) > 0 {
		t.count(s.rows, -len(gone))
	}
	return gone
}

// forgottenKey is under which the store remembers up to when it does not remember.
var forgottenKey = []byte("seen forgotten")

// pruneSeen forgets what was seen, and notes up to when: of what is older than that
// nobody can tell whether it is new.
func pruneSeen(t *tx, limit, spare time.Time) int {
	return forgotten(t, seenSet.prune(t, limit, spare, t.bounds.seen, pruneStep))
}

// pruneDropped is pruneSeen for at most n of what was taken back before limit, or is
// more than is kept and was taken back before spare.
func pruneDropped(t *tx, limit, spare time.Time, n int) int {
	return forgotten(t, droppedSet.prune(t, limit, spare, t.bounds.dropped, n))
}

// forgotten notes up to when something was forgotten, and counts it.
func forgotten(t *tx, gone [][]byte) int {
	if n := len(gone); n > 0 && bytes.Compare(gone[n-1][:timeLen], t.get(bMeta, forgottenKey)) > 0 {
		t.put(bMeta, forgottenKey, gone[n-1][:timeLen])
	}
	return len(gone)
}

// SeenForgotten returns the time of the youngest activity that arrived or was taken
// back and was forgotten since, the zero time where there is none.
func (db *DB) SeenForgotten(ctx context.Context) (at time.Time, err error) {
	err = db.view(ctx, "store.SeenForgotten", func(t *tx) error {
		at = keyTime(t.get(bMeta, forgottenKey))
		return nil
	})
	return at, err
}

func seenKey(s coop.Seen) []byte { return key(s.Actor, s.Activity) }

// notice records an activity that arrived and reports whether it counts: because
// it is new, or comes Again. One without an id is not recorded and always new. What
// counts is noted for the inboxes of the co-ops for which it came: those that it says,
// else names.
func notice(t *tx, s coop.Seen, names ...coop.Name) bool {
	if s.Activity == "" {
		return true
	}
	if !recollect(t, s) {
		return false
	}
	arrived(t, s, s.Activity, names...)
	return true
}

// recollect records an activity that arrived, and reports whether it is new or comes
// Again.
func recollect(t *tx, s coop.Seen) bool {
	k := seenKey(s)
	if t.has(bSeen, k) && !s.Again {
		return false
	}
	if s.At.IsZero() {
		s.At = t.now
	}
	seenSet.add(t, k, s.At)
	return true
}

// SeenAt returns the time of an activity that arrived before, the zero time for
// one that did not.
func (db *DB) SeenAt(ctx context.Context, s coop.Seen) (at time.Time, err error) {
	err = db.view(ctx, "store.SeenAt", func(t *tx) error {
		if v := t.get(bSeen, seenKey(s)); v != nil {
			at = keyTime(v)
		}
		return nil
	})
	return at, err
}

// MarkSeen records an activity that arrived and changed nothing.
func (db *DB) MarkSeen(ctx context.Context, s coop.Seen) error {
	return db.write(ctx, "store.MarkSeen", func(t *tx) error {
		if s.Activity != "" {
			recollect(t, s)
		}
		return nil
	})
}
