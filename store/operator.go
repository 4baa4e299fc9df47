// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"slices"
	"time"

	"plenum/coop"
)

// queueStep is how many deliveries a verb that may concern very many changes in one
// transaction.
const queueStep = 500

// Retry makes the deliveries that a filter chooses due at once: those that wait,
// those that are held back, and the dead ones with a whole week before them again.
// It returns how many they were. What has no body any more stays dead, and so does
// an Update when a later one has arrived. A host that rests is probed at once.
func (db *DB) Retry(ctx context.Context, f coop.DeliveryFilter, now time.Time) (int, error) {
	return db.change(ctx, "store.Retry", f, []coop.DeliveryState{coop.Waiting, coop.Held, coop.Dead},
		"only dead, held and waiting deliveries can be tried again", func(t *tx, d *coop.Delivery) bool { return revive(t, d, now) })
}

// Hold keeps back the waiting deliveries that a filter chooses, until Retry lets
// them go. It returns how many they were.
func (db *DB) Hold(ctx context.Context, f coop.DeliveryFilter) (int, error) {
	return db.change(ctx, "store.Hold", f, []coop.DeliveryState{coop.Waiting}, "only waiting deliveries can be held back",
		func(t *tx, old *coop.Delivery) bool {
			d := *old
			d.State = coop.Held
			putDelivery(t, old, d)
			return true
		})
}

// GiveUp gives up the unfinished deliveries that a filter chooses, as if their week
// were over. It returns how many they were.
func (db *DB) GiveUp(ctx context.Context, f coop.DeliveryFilter, now time.Time) (int, error) {
	return db.change(ctx, "store.GiveUp", f, []coop.DeliveryState{coop.Held, coop.Waiting}, "only waiting and held deliveries can be dropped",
		func(t *tx, d *coop.Delivery) bool {
			end(t, d, coop.Dead, coop.Attempt{At: now, Cause: coop.CauseDropped, Reason: "dropped by an operator"})
			return true
		})
}

// change does something to each delivery that a filter chooses, in transactions of
// queueStep. states are those in which it can be done, in an order in which no
// delivery is met twice.
func (db *DB) change(ctx context.Context, op string, f coop.DeliveryFilter, states []coop.DeliveryState, wrong string,
	do func(*tx, *coop.Delivery) bool) (n int, err error) {
	if f.State != "" {
		if !slices.Contains(states, f.State) {
			return 0, coop.Fail(coop.Invalid, op, wrong)
		}
		states = []coop.DeliveryState{f.State}
	}
	most := f.Limit
	for _, s := range states {
		g := f
		g.State = s
		for more := true; more && (most <= 0 || n < most); {
			g.Limit = queueStep
			if most > 0 {
				g.Limit = min(queueStep, most-n)
			}
			done, last := 0, g.After
			err := db.write(ctx, op, func(t *tx) error {
				done = 0
				list := choose(t, g)
				more = len(list) == g.Limit
				for _, d := range list {
					last = d.ID
					if row := deliveries.get(t, key(d.ID)); row != nil && do(t, row) {
						done++
					}
				}
				return nil
			})
			if err != nil {
				return n, err
			}
			n += done
			g.After = last
		}
	}
	return n, nil
}

// revive makes one delivery due. What was charged and may be in flight keeps its
// attempt: should the process have died with it, it is not sent less often.
func revive(t *tx, old *coop.Delivery, now time.Time) bool {
	if !t.has(bBodies, key(old.Document)) || old.State == coop.Dead && outdated(t, old) {
		return false
	}
	d := *old
	if c, ok := t.charged(old.ID); ok {
		d.Attempts = c.attempts
		t.del(bCharges, key(old.ID))
	}
	if d.State == coop.Dead {
		d.Attempts, d.Ended, d.Revived = 0, time.Time{}, now
	}
	d.State, d.Next = coop.Waiting, now
	putDelivery(t, old, d)
	if r := t.rest(d.Host); r != nil && r.Until.After(now) { // its probe is sent now
		restUntil(t, r, now)
	}
	return true
}

// outdated reports whether an Update would take back what a later one has brought
// to the same inbox.
func outdated(t *tx, d *coop.Delivery) bool {
	if d.Type != "Update" || d.Post == "" {
		return false
	}
	p := line(d)
	for _, state := range t.scan(bLines, p, append(cat(p, []byte(d.ID)), 0)) {
		if coop.DeliveryState(state) == coop.Done {
			return true
		}
	}
	return false
}
