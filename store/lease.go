// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"slices"
	"time"

	"plenum/coop"
)

const (
	peek      = 4              // how many of a host's deliveries are looked at while its first inbox is busy
	farthest  = 72 * time.Hour // no wait that we give out is longer: what is due later was set by a clock that was wrong
	foldEvery = time.Hour      // how often charges are looked through where none is due
)

// Lease returns what is due and may be sent now: the longest waiting hosts first,
// one for each inbox, and for each host no more than it has room for; of a host
// that rests, one when its rest is over, which goes on from there. Each is charged
// an attempt before Lease returns. next is when the first of what was not leased
// is due, leaving out what has to wait for a request in flight; it is past where
// only Max held it back, and the zero time where there is nothing.
func (db *DB) Lease(ctx context.Context, r coop.LeaseRequest) (jobs []coop.Job, next time.Time, err error) {
	if r.Backoff == nil {
		return nil, time.Time{}, coop.Fail(coop.Internal, "store.Lease", "a lease needs a backoff")
	}
	looked := false // through the charges
	err = db.write(ctx, "store.Lease", func(t *tx) error {
		jobs, next = nil, time.Time{}
		if err := settle(t, r.Settled); err != nil {
			return err
		}
		looked = db.fold(t, r, looked)
		correct(t, r.Now)
		t.flushHosts()
		var picked []pick
		picked, next = due(t, r)
		jobs = make([]coop.Job, 0, len(picked))
		bodies := map[coop.ID][]byte{}
		for _, p := range picked {
			job, err := db.lease(t, r, p, bodies)
			if err != nil {
				return err
			}
			if job.Body != nil {
				jobs = append(jobs, job)
			}
		}
		return nil
	})
	if err != nil {
		if looked {
			db.foldSoon(time.Time{}) // what was put back was taken back
		}
		return nil, time.Time{}, err
	}
	return jobs, next, nil
}

// pick is a delivery that a lease takes.
type pick struct {
	id   coop.ID
	rest *coop.Rest // of its host
}

// lease charges one delivery. Jobs of one document share its body. A job without
// one ended here.
func (db *DB) lease(t *tx, r coop.LeaseRequest, p pick, bodies map[coop.ID][]byte) (coop.Job, error) {
	d := deliveries.get(t, key(p.id))
	if d == nil {
		return coop.Job{}, coop.Fail(coop.Internal, "", "the queue names a delivery that is missing")
	}
	body, ok := bodies[d.Document]
	if !ok {
		body = t.copyOf(bBodies, key(d.Document))
		bodies[d.Document] = body
	}
	if body == nil {
		end(t, d, coop.Dead, coop.Attempt{At: t.now, Cause: coop.CauseOurs, Reason: "what was to be sent is not stored any more"})
		return coop.Job{}, nil
	}
	if t.recalled(d) {
		supersede(t, d)
		return coop.Job{}, nil
	}
	t.touch(d.Host)
	t.del(bDue, cat(prefix(d.Host), dueKey(d.Next, d.ID)))
	c := charge{attempts: d.Attempts + 1, next: r.Now.Add(r.Backoff(d.Attempts + 1)).UTC(), probe: p.rest != nil}
	t.put(bCharges, key(d.ID), c.encode())
	db.foldSoon(c.next)
	if p.rest != nil {
		restUntil(t, p.rest, r.Now.Add(r.Probe))
	}
	d.Attempts, d.Next = c.attempts, c.next
	return coop.Job{Delivery: *d, Body: body, Rest: p.rest}, nil
}

// recalled reports whether a delivery passes on a comment that is not shown any more:
// whose author deleted it, or that somebody decided about, while it waited.
func (t *tx) recalled(d *coop.Delivery) bool {
	if d.Type != "Create" || d.Post != "" {
		return false
	}
	doc := documents.get(t, key(d.Document))
	if doc == nil || doc.Forwarded == "" || doc.Comment == "" {
		return false
	}
	c := comments.get(t, key(doc.Comment))
	return c == nil || c.State != coop.CommentShown
}

// due walks hosts in the order of time. Of what is in flight it passes one key for
// each host, and a few for each inbox; it never walks what waits behind them.
func due(t *tx, r coop.LeaseRequest) (picked []pick, next time.Time) {
	later := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	for hk := range t.scan(bHosts, every(), nil) {
		at := keyTime(hk)
		if at.After(r.Now) || len(picked) >= r.Max {
			later(at)
			break
		}
		host := string(hk[timeLen:])
		room := max(r.PerHost, 1) - r.Hosts[host]
		rest := t.rest(host)
		if rest != nil {
			room = min(room, 1-r.Hosts[host])
		}
		if room > 0 {
			ids, wake := dueOf(t, r, host, min(room, r.Max-len(picked)))
			for _, id := range ids {
				picked = append(picked, pick{id, rest})
			}
			if !wake.IsZero() && (len(picked) == r.Max || rest == nil && wake.After(r.Now)) {
				later(wake)
			}
		}
	}
	return picked, next
}

// dueOf picks what a host has room for, one for each inbox. wake is when the first
// is due of what it passed by for lack of room or because its time has not come.
func dueOf(t *tx, r coop.LeaseRequest, host string, room int) (ids []coop.ID, wake time.Time) {
	var taken []string
	looked, p := 0, prefix(host)
	for k, inbox := range t.scan(bDue, p, nil) {
		at := keyTime(k[len(p):])
		if at.After(r.Now) || room == 0 {
			return ids, at
		}
		if looked++; looked > peek+len(ids) {
			break
		}
		if r.Inboxes[coop.IRI(inbox)] || slices.Contains(taken, string(inbox)) {
			continue
		}
		taken = append(taken, string(inbox))
		ids = append(ids, coop.ID(k[len(k)-idLen:]))
		room--
	}
	return ids, time.Time{}
}

// foldSoon makes sure that charges are looked through once a charge has run out.
func (db *DB) foldSoon(at time.Time) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.folds.IsZero() || at.Before(db.folds) {
		db.folds = at
	}
}

// fold puts back what was leased and of which nobody can say any more what came of
// it: its time has come again, and it is not in flight. The attempt stays charged.
// again says that it was done before, in a transaction that was taken back. It
// reports whether charges were looked through.
func (db *DB) fold(t *tx, r coop.LeaseRequest, again bool) bool {
	db.mu.Lock()
	wait := !again && !db.folds.IsZero() && r.Now.Before(db.folds)
	if !wait {
		db.folds = r.Now.Add(foldEvery)
	}
	db.mu.Unlock()
	if wait {
		return false
	}
	var lost []*coop.Delivery
	for id := range t.scan(bCharges, every(), nil) {
		c, _ := t.charged(coop.ID(id))
		d := deliveries.get(t, id)
		if d == nil || c.next.After(r.Now) || r.Inboxes[d.Inbox] {
			db.foldSoon(c.next)
			continue
		}
		lost = append(lost, d)
	}
	for _, d := range lost {
		discharge(t, d)
	}
	return true
}

// discharge ends the lease of a delivery: its row has the attempt from now on.
func discharge(t *tx, old *coop.Delivery) {
	c, ok := t.charged(old.ID)
	if !ok {
		return
	}
	t.del(bCharges, key(old.ID))
	d := *old
	if !d.State.Final() {
		d.Attempts, d.Next = c.attempts, c.next
	}
	putDelivery(t, old, d)
}

// recover puts back all that was in flight when the process before this one
// ended.
func (db *DB) recover() error {
	return db.write(context.Background(), "store.Open", func(t *tx) error {
		for _, id := range t.keys(bCharges, every()) {
			if d := deliveries.get(t, id); d != nil {
				discharge(t, d)
			}
		}
		return nil
	})
}

// correct makes due now what would be due later than any wait can be: a clock that
// was ahead, and was set right since, must not keep it back for years.
func correct(t *tx, now time.Time) {
	limit := timeKey(now.Add(farthest))
	var hosts []string
	for k := range t.scanBack(bHosts, every(), nil) {
		if bytes.Compare(k[:timeLen], limit) <= 0 || len(hosts) == queueStep {
			break
		}
		hosts = append(hosts, string(k[timeLen:]))
	}
	for _, host := range hosts {
		if r := rests.get(t, key(host)); r != nil && r.Until.After(now.Add(farthest)) {
			t.touch(host)
			rests.remove(t, r)
		}
		var ids [][]byte
		p := prefix(host)
		for k := range t.scan(bDue, p, nil) {
			if bytes.Compare(k[len(p):len(p)+timeLen], limit) > 0 && len(ids) < queueStep {
				ids = append(ids, slices.Clone(k[len(k)-idLen:]))
			}
		}
		for _, id := range ids {
			if d := deliveries.get(t, id); d != nil {
				dueAt(t, d, now)
			}
		}
	}
}
