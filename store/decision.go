// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"cmp"
	"context"
	"slices"

	"plenum/coop"
)

var decisions = table[coop.Decision]{
	bucket: bDecisions,
	key:    func(d *coop.Decision) []byte { return key(d.ID) },
	index: func(d *coop.Decision) []entry {
		if d.Coop == "" {
			return nil
		}
		return []entry{{bDecisionCoops, cat(prefix(d.Coop), []byte(d.ID)), nil}}
	},
	totals: func(*coop.Decision) []string { return []string{bDecisions} },
}

// Decide stores a decision that changes no row: what it did is elsewhere.
func (db *DB) Decide(ctx context.Context, d coop.Decision) error {
	return db.write(ctx, "store.Decide", func(t *tx) error { return decide(t, d) })
}

// decide stores a decision in the transaction of what it changed. Where there are
// too many, the oldest goes.
func decide(t *tx, d coop.Decision) error {
	if d.ID == "" || d.What == "" {
		return coop.Fail(coop.Invalid, "", "a decision has an id and says what it is")
	}
	if t.has(bDecisions, key(d.ID)) {
		return coop.Fail(coop.Conflict, "", "there is a decision of that id already")
	}
	if d.At.IsZero() {
		d.At = t.now
	}
	decisions.swap(t, nil, &d)
	for t.err == nil && t.total(bDecisions) > t.bounds.decisions {
		oldest := decisions.get(t, slices.Clone(t.first(bDecisions, every())))
		if oldest == nil || oldest.ID == d.ID {
			break
		}
		decisions.remove(t, oldest)
	}
	return t.err
}

// Decisions returns the decisions that a query chooses, the newest first.
func (db *DB) Decisions(ctx context.Context, q coop.DecisionQuery) (list []coop.Decision, err error) {
	most := cmp.Or(max(q.Limit, 0), 100)
	err = db.view(ctx, "store.Decisions", func(t *tx) error {
		bucket, p := bDecisions, every()
		if q.Coop != "" {
			bucket, p = bDecisionCoops, prefix(q.Coop)
		}
		var before []byte
		if q.Before != "" {
			before = cat(p, []byte(q.Before))
		}
		for k := range t.scanBack(bucket, p, before) {
			if len(list) == most {
				break
			}
			if d := decisions.get(t, k[len(p):]); d != nil {
				list = append(list, *d)
			}
		}
		return nil
	})
	return list, err
}
