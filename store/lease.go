// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"strings"
	"time"

	"plenum/coop"
)

// Lease returns what is due and may be sent now: the longest waiting hosts first,
// one for each inbox, and for each host no more than it has room for. Each is
// charged an attempt and given its next time before Lease returns. next is when
// the first of what was not leased is due, leaving out what has to wait for a
// request in flight; it is past where only Max held it back, and the zero time
// where there is nothing.
func (db *DB) Lease(ctx context.Context, r coop.LeaseRequest) (jobs []coop.Job, next time.Time, err error) {
	if r.Backoff == nil {
		return nil, time.Time{}, coop.Fail(coop.Internal, "store.Lease", "a lease needs a backoff")
	}
	err = db.write(ctx, "store.Lease", func(t *tx) error {
		jobs = nil
		ids, wake := due(t, r)
		next = wake
		for _, id := range ids {
			old := deliveries.get(t, key(id))
			if old == nil {
				return coop.Fail(coop.Internal, "", "the queue names a delivery that is missing")
			}
			d := *old
			body := t.copyOf(bBodies, key(d.Document))
			if body == nil {
				end(t, old, coop.Dead, coop.Attempt{At: t.now, Reason: "what was to be sent is not stored any more"})
				continue
			}
			d.Attempts++
			d.Next = r.Now.Add(r.Backoff(d.Attempts))
			putDelivery(t, old, d)
			jobs = append(jobs, coop.Job{Delivery: d, Body: body})
		}
		return nil
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return jobs, next, nil
}

// due walks hosts and lanes in the order of time. Of what is in flight it passes
// one key for each host and inbox; it never walks what waits behind them.
func due(t *tx, r coop.LeaseRequest) (ids []coop.ID, next time.Time) {
	later := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	for hk := range t.scan(bHosts, every(), nil) {
		if at := keyTime(hk); !next.IsZero() && !at.Before(next) {
			break
		}
		host := string(hk[timeLen:])
		room := max(r.PerHost, 1) - r.Hosts[host]
		p := prefix(host)
		for lk := range t.scan(bLanes, p, nil) {
			if room <= 0 {
				break
			}
			at, inbox := keyTime(lk[len(p):]), coop.IRI(lk[len(p)+timeLen:])
			if r.Inboxes[inbox] {
				continue
			}
			if at.After(r.Now) || len(ids) >= r.Max {
				later(at)
				break
			}
			if dk := t.first(bDue, prefix(inbox)); dk != nil {
				ids = append(ids, coop.ID(dk[len(dk)-idLen:]))
				room--
			}
		}
	}
	return ids, next
}

// Settle stores what came of an attempt. A delivery that was superseded meanwhile
// stays so and only remembers the attempt. Followers whose actor document was
// answered with 410 are removed.
func (db *DB) Settle(ctx context.Context, id coop.ID, v coop.Verdict) error {
	return db.write(ctx, "store.Settle", func(t *tx) error {
		old := deliveries.get(t, key(id))
		if old == nil {
			return coop.Fail(coop.NotFound, "", "there is no such delivery")
		}
		switch {
		case old.State.Final():
			d := *old
			d.Results = remembered(old.Results, v.Attempt)
			putDelivery(t, old, d)
		case v.State.Final():
			end(t, old, v.State, v.Attempt)
		case v.State == coop.Waiting || v.State == coop.Held:
			d := *old
			d.Results = remembered(old.Results, v.Attempt)
			if d.State != coop.Held { // who holds it back is not overruled by an attempt
				d.State = v.State
			}
			if !v.Next.IsZero() {
				d.Next = v.Next
			}
			putDelivery(t, old, d)
		default:
			return coop.Fail(coop.Internal, "", "a verdict needs a state")
		}
		for _, actor := range v.Remove {
			forget(t, actor)
		}
		return nil
	})
}

// end makes a delivery final, with its last attempt.
func end(t *tx, old *coop.Delivery, s coop.DeliveryState, a coop.Attempt) {
	d := *old
	d.State, d.Next, d.Ended = s, time.Time{}, t.now
	d.Results = remembered(old.Results, a)
	putDelivery(t, old, d)
}

// remembered adds an attempt to those that a delivery remembers.
func remembered(list []coop.Attempt, a coop.Attempt) []coop.Attempt {
	const maxReason = 200
	if a == (coop.Attempt{}) {
		return list
	}
	if len(a.Reason) > maxReason {
		a.Reason = strings.ToValidUTF8(a.Reason[:maxReason-len("…")], "") + "…"
	}
	a.At = a.At.UTC()
	list = append(list[:len(list):len(list)], a)
	return list[max(0, len(list)-coop.MaxResults):]
}

// Refund takes back a lease whose request was never answered because the process
// stops: the attempt is not charged, and the delivery is due at now.
func (db *DB) Refund(ctx context.Context, id coop.ID, now time.Time) error {
	return db.write(ctx, "store.Refund", func(t *tx) error {
		old := deliveries.get(t, key(id))
		if old == nil {
			return coop.Fail(coop.NotFound, "", "there is no such delivery")
		}
		if old.State.Final() {
			return nil
		}
		d := *old
		d.Attempts, d.Next = max(0, d.Attempts-1), now
		putDelivery(t, old, d)
		return nil
	})
}

// retryStep is how many deliveries Retry changes in one transaction.
const retryStep = 500

// Retry makes the dead and the waiting deliveries that a filter chooses due at
// once, dead ones with all their attempts before them again. It returns how many
// they were. What has no body any more stays dead. It works in transactions of
// retryStep deliveries.
func (db *DB) Retry(ctx context.Context, f coop.DeliveryFilter, now time.Time) (n int, err error) {
	states := []coop.DeliveryState{coop.Dead, coop.Waiting}
	if f.State != "" {
		states = []coop.DeliveryState{f.State}
	}
	most := f.Limit
	if most <= 0 {
		most = int(^uint(0) >> 1)
	}
	var chosen []coop.ID // before anything is changed: what is revived must not be met again as waiting
	for _, s := range states {
		if s != coop.Dead && s != coop.Waiting {
			return 0, coop.Fail(coop.Invalid, "store.Retry", "only dead and waiting deliveries can be tried again")
		}
		g := f
		g.State, g.Limit = s, most-len(chosen)
		err := db.view(ctx, "store.Retry", func(t *tx) error {
			for _, d := range choose(t, g) {
				chosen = append(chosen, d.ID)
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	for len(chosen) > 0 {
		step := chosen[:min(len(chosen), retryStep)]
		chosen = chosen[len(step):]
		revived := 0
		err := db.write(ctx, "store.Retry", func(t *tx) error {
			revived = 0
			for _, id := range step {
				if revive(t, id, now) {
					revived++
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n += revived
	}
	return n, nil
}

func revive(t *tx, id coop.ID, now time.Time) bool {
	old := deliveries.get(t, key(id))
	if old == nil || old.State != coop.Dead && old.State != coop.Waiting || !t.has(bBodies, key(old.Document)) {
		return false
	}
	d := *old
	if d.State == coop.Dead {
		d.State, d.Attempts, d.Ended = coop.Waiting, 0, time.Time{}
	}
	d.Next = now
	putDelivery(t, old, d)
	return true
}
