// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"time"

	"plenum/coop"
)

const (
	day        = 24 * time.Hour
	seenAge    = 7 * day        // a peer that repeats itself does so within its retries
	seenLeast  = 12 * time.Hour // kept even where there are too many: longer than any signature is good for
	droppedAge = 30 * day
	formerAge  = 8 * day  // former keys sign until the week of their deliveries is over
	serverAge  = 30 * day // a host of followers is asked more often than that
	historyAge = 30 * day // deliveries that came to an end
	deadAge    = 90 * day // dead ones wait for somebody to revive them
	restAge    = 2 * day  // a host that rests is probed more often while anything waits for it
	pruneStep  = 500
)

// Prune removes what has served its time, in small transactions: a prune of much
// does not keep others from writing.
func (db *DB) Prune(ctx context.Context, now time.Time) error {
	steps := []func(*tx) int{
		func(t *tx) int {
			return seenSet.prune(t, now.Add(-seenAge), now.Add(-seenLeast), t.bounds.seen, pruneStep)
		},
		func(t *tx) int {
			return droppedSet.prune(t, now.Add(-droppedAge), now.Add(-droppedAge), t.bounds.dropped, pruneStep)
		},
		func(t *tx) int { return pruneAnswers(t, now.Add(-answerAge)) },
		func(t *tx) int { return pruneFormerKeys(t, now.Add(-formerAge)) },
		func(t *tx) int { return pruneServers(t, now.Add(-serverAge)) },
	}
	for _, s := range []coop.DeliveryState{coop.Done, coop.Left, coop.Superseded} {
		steps = append(steps, func(t *tx) int { return pruneDeliveries(t, s, now.Add(-historyAge), now) })
	}
	steps = append(steps, func(t *tx) int { return pruneDeliveries(t, coop.Dead, now.Add(-deadAge), now) })
	steps = append(steps, func(t *tx) int { return pruneRests(t, now.Add(-restAge)) })
	for _, step := range steps {
		for more := true; more; {
			err := db.write(ctx, "store.Prune", func(t *tx) error {
				more = step(t) == pruneStep
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func pruneAnswers(t *tx, limit time.Time) int {
	var gone []*coop.Answer
	for k := range t.scan(bAnswerAges, every(), nil) {
		if len(gone) == pruneStep || keyTime(k).After(limit) {
			break
		}
		if a := answers.get(t, k[timeLen:]); a != nil {
			gone = append(gone, a)
		}
	}
	for _, a := range gone {
		answers.remove(t, a)
	}
	return len(gone)
}

// pruneFormerKeys removes the keys that were replaced before limit.
func pruneFormerKeys(t *tx, limit time.Time) int {
	var gone [][]byte
	for k := range t.scan(bKeys, every(), nil) {
		if len(gone) == pruneStep {
			break
		}
		if _, id, former := bytes.Cut(k, []byte{0}); former && coop.ID(id).Time().Before(limit) {
			gone = append(gone, bytes.Clone(k))
		}
	}
	for _, k := range gone {
		t.del(bKeys, k)
	}
	return len(gone)
}

// pruneRests forgets the hosts that nothing waits for any more.
func pruneRests(t *tx, limit time.Time) int {
	var gone []*coop.Rest
	for r := range rests.all(t, every()) {
		if len(gone) == pruneStep {
			break
		}
		if r.Until.Before(limit) {
			gone = append(gone, r)
		}
	}
	for _, r := range gone {
		t.touch(r.Host)
		rests.remove(t, r)
	}
	return len(gone)
}

// pruneDeliveries walks the deliveries of a state in the order in which they were
// made and stops at the first that was made too late to be old enough. Their ids do
// not tell when that was: they only grow, so that after a clock was ahead all are
// ahead. Those that were made by such a clock are passed by.
func pruneDeliveries(t *tx, s coop.DeliveryState, limit, now time.Time) int {
	var gone []*coop.Delivery
	p := prefix(s)
	for k := range t.scan(bDeliveryStates, p, nil) {
		d := deliveries.get(t, k[len(p):])
		if len(gone) == pruneStep || d != nil && d.Created.After(limit) && !d.Created.After(now) {
			break
		}
		if d != nil && d.Ended.Before(limit) {
			gone = append(gone, d)
		}
	}
	for _, d := range gone {
		deliveries.remove(t, d)
		if t.has(bCharges, key(d.ID)) { // in flight when the clock was set
			t.del(bCharges, key(d.ID))
		}
	}
	return len(gone)
}
