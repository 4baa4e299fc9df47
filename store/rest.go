// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"slices"
	"time"

	"plenum/coop"
)

const (
	illFor   = 30 * time.Minute // a host that failed for less is not hurried to: one that speaks and does not hear is woken each time it speaks
	hurryFor = 16               // attempts that being hurried may use up: as many as a week has by itself, half of all there are
)

// settleHost begins, renews or ends a host's rest. by is the delivery that was
// answered so, if it was one.
func settleHost(t *tx, host string, v coop.Verdict, by coop.ID) {
	if v.Rest == nil && !v.Well {
		return
	}
	old := t.rest(host)
	if old == nil && v.Rest == nil {
		return
	}
	t.batch.rested = true
	t.touch(host)
	if v.Rest == nil {
		rests.remove(t, old)
		if t.now.Sub(old.Since) >= illFor {
			hurry(t, host, by)
		}
		return
	}
	r := *v.Rest
	r.Host, r.Since, r.Until = host, r.Since.UTC(), r.Until.UTC()
	r.Reason = clip(r.Reason)
	rests.swap(t, old, &r)
}

// hurry makes due what waits for a host that works again: its waits were for a host
// that does not. What was answered just now keeps its wait, and so does what was
// tried so often that it would be given up before its week is over. Of a backlog
// that is longer than one step the rest keeps its time.
func hurry(t *tx, host string, by coop.ID) {
	var list []*coop.Delivery
	looked, p := 0, prefix(host)
	for k := range t.scan(bDue, p, after(cat(p, timeKey(t.now)))) {
		if looked++; looked > queueStep {
			break
		}
		if d := deliveries.get(t, k[len(k)-idLen:]); d != nil && d.ID != by && d.Attempts < hurryFor {
			list = append(list, d)
		}
	}
	for _, d := range list {
		dueAt(t, d, t.now)
	}
}

// restUntil changes until when a host rests.
func restUntil(t *tx, old *coop.Rest, until time.Time) {
	r := *old
	r.Until = until.UTC()
	t.touch(r.Host)
	rests.swap(t, old, &r)
}

// Wake ends the rest of a host, and reports whether it had one.
func (db *DB) Wake(ctx context.Context, host string) (rested bool, err error) {
	find := func(t *tx) error {
		rested = t.has(bRests, key(host))
		return nil
	}
	if err := db.view(ctx, "store.Wake", find); err != nil || !rested {
		return false, err
	}
	err = db.write(ctx, "store.Wake", func(t *tx) error {
		settleHost(t, host, coop.Verdict{Well: true}, "")
		return nil
	})
	return rested, err
}

// Rests returns the hosts that are given time, in the order of their names.
func (db *DB) Rests(ctx context.Context) (list []coop.Rest, err error) {
	err = db.view(ctx, "store.Rests", func(t *tx) error {
		for r := range rests.all(t, every()) {
			list = append(list, *r)
		}
		return nil
	})
	return list, err
}

// Expire ends waiting deliveries to a host whose week began at begun or before, as
// dead with the attempt a, at most queueStep of them. It returns how many there
// were; 0 means that none is left of those that are first in their lines.
func (db *DB) Expire(ctx context.Context, host string, begun time.Time, a coop.Attempt) (n int, err error) {
	err = db.write(ctx, "store.Expire", func(t *tx) error {
		n = 0
		var old []*coop.Delivery
		looked := 0
		for k := range t.scan(bDue, prefix(host), nil) {
			if looked++; looked > 4*queueStep || len(old) == queueStep {
				break
			}
			if d := deliveries.get(t, k[len(k)-idLen:]); d != nil && !d.Begun().After(begun) {
				old = append(old, d)
			}
		}
		for _, d := range old {
			end(t, d, coop.Dead, a)
			n++
		}
		return nil
	})
	return n, err
}

// Behind returns followers of any actor of ours who are delivered to at an inbox,
// at most so many.
func (db *DB) Behind(ctx context.Context, inbox coop.IRI, most int) (who []coop.IRI, err error) {
	err = db.view(ctx, "store.Behind", func(t *tx) error {
		for c := range coops.all(t, every()) {
			p := prefix(string(c.Name), string(inbox))
			for k := range t.scan(bBoxes, p, nil) {
				if len(who) == most {
					return nil
				}
				if a := coop.IRI(k[len(p):]); !slices.Contains(who, a) {
					who = append(who, a)
				}
			}
		}
		return nil
	})
	return who, err
}
