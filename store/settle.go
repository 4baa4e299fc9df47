// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"strings"
	"time"

	"plenum/coop"
)

// Settle stores what came of attempts. A delivery that was superseded meanwhile
// stays so and only remembers the attempt; one that is not stored any more is
// passed over. Followers whose actor document was answered with 410 are removed.
// Where a verdict says that the host is given time, or that it works, that is
// stored too.
func (db *DB) Settle(ctx context.Context, settled ...coop.Settlement) error {
	return db.write(ctx, "store.Settle", func(t *tx) error { return settle(t, settled) })
}

func settle(t *tx, settled []coop.Settlement) error {
	for _, s := range settled {
		if old := deliveries.get(t, key(s.ID)); old != nil {
			if err := settleOne(t, old, s.Verdict); err != nil {
				return err
			}
		}
	}
	return t.err
}

func settleOne(t *tx, old *coop.Delivery, v coop.Verdict) error {
	d := *old
	if c, ok := t.charged(old.ID); ok {
		t.del(bCharges, key(old.ID))
		if !old.State.Final() {
			d.Attempts, d.Next = c.attempts, c.next
		}
	}
	d.Results = remembered(old.Results, v.Attempt)
	switch {
	case old.State.Final():
	case v.State.Final():
		finish(t, &d, v.State)
	case v.State == coop.Waiting || v.State == coop.Held:
		if d.State != coop.Held { // who holds it back is not overruled by an attempt
			d.State = v.State
		}
		if !v.Next.IsZero() {
			d.Next = v.Next
		}
	default:
		return coop.Fail(coop.Internal, "", "a verdict needs a state")
	}
	putDelivery(t, old, d)
	settleHost(t, d.Host, v, d.ID)
	for _, actor := range v.Remove {
		forget(t, actor)
	}
	return nil
}

// end makes a delivery final, with its last attempt.
func end(t *tx, old *coop.Delivery, s coop.DeliveryState, a coop.Attempt) {
	d := *old
	finish(t, &d, s)
	d.Results = remembered(old.Results, a)
	putDelivery(t, old, d)
}

// remembered adds an attempt to those that a delivery remembers.
func remembered(list []coop.Attempt, a coop.Attempt) []coop.Attempt {
	if a == (coop.Attempt{}) {
		return list
	}
	a.Reason = clip(a.Reason)
	a.At = a.At.UTC()
	list = append(list[:len(list):len(list)], a)
	return list[max(0, len(list)-coop.MaxResults):]
}

// clip cuts a reason to what a row may hold.
func clip(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len("…")], "") + "…"
}

// Refund takes back a lease whose request was never answered because the process
// stops: the attempt is not charged, and the delivery is due at now. Where it was
// the probe of a host that rests, the host is probed at now again.
func (db *DB) Refund(ctx context.Context, id coop.ID, now time.Time) error {
	return db.write(ctx, "store.Refund", func(t *tx) error {
		old := deliveries.get(t, key(id))
		if old == nil {
			return coop.Fail(coop.NotFound, "", "there is no such delivery")
		}
		c, ok := t.charged(id)
		if ok {
			t.del(bCharges, key(id))
		}
		if old.State.Final() {
			return nil
		}
		dueAt(t, old, now)
		if r := t.rest(old.Host); c.probe && r != nil && r.Until.After(now) {
			restUntil(t, r, now)
		}
		return nil
	})
}
