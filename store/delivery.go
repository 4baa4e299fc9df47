// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"slices"
	"time"

	"plenum/coop"
)

var deliveries = table[coop.Delivery]{
	bucket: bDeliveries,
	key:    func(d *coop.Delivery) []byte { return key(d.ID) },
	index: func(d *coop.Delivery) []entry {
		es := []entry{
			{bDeliveryIndex, cat(prefix("s"+string(d.State)), []byte(d.ID)), nil},
			{bDeliveryIndex, cat(prefix("h"+d.Host), []byte(d.ID)), nil},
		}
		if d.Post != "" {
			es = append(es, entry{bDeliveryIndex, cat(prefix("p"+string(d.Post)), []byte(d.ID)), nil})
			if !d.State.Final() {
				es = append(es, entry{bOrder, cat(line(d), []byte(d.ID)), nil})
			}
		}
		return es
	},
	totals: func(d *coop.Delivery) []string {
		if d.State == coop.Waiting {
			return []string{"waiting"}
		}
		return nil
	},
}

// line is the prefix in order of those that keep their order with d.
func line(d *coop.Delivery) []byte { return prefix(string(d.Post), string(d.Inbox)) }

// head returns the id of the first unfinished delivery in d's line; a delivery
// that is about no post stands in no line and is its own head.
func head(t *tx, d *coop.Delivery) coop.ID {
	if d.Post == "" {
		return d.ID
	}
	p := line(d)
	k := t.first(bOrder, p)
	if k == nil {
		return ""
	}
	return coop.ID(k[len(p):])
}

// enqueue stores a new delivery of a document that is stored already.
func enqueue(t *tx, d coop.Delivery) error {
	if d.State == "" {
		d.State = coop.Waiting
	}
	if d.Next.IsZero() {
		d.Next = t.now
	}
	if d.Created.IsZero() {
		d.Created = t.now
	}
	d.Host = coop.HostOf(d.Inbox)
	if d.Host == "" || d.State != coop.Waiting {
		return coop.Fail(coop.Invalid, "", "a new delivery waits, and goes to an inbox on some host")
	}
	if !t.has(bBodies, key(d.Document)) {
		return coop.Fail(coop.Invalid, "", "a delivery needs its document")
	}
	if t.has(bDeliveries, key(d.ID)) {
		return coop.Fail(coop.Conflict, "", "there is a delivery of that id already")
	}
	putDelivery(t, nil, d)
	return nil
}

// putDelivery stores a delivery in place of old (nil: it is new), and keeps to
// the rule of due: what stands there is waiting and the head of its line.
func putDelivery(t *tx, old *coop.Delivery, d coop.Delivery) {
	d.Next = d.Next.UTC()
	before := head(t, &d)
	if old != nil {
		setDue(t, old, false)
	}
	deliveries.swap(t, old, &d)
	now := head(t, &d)
	if before != now && before != d.ID { // it went before the one that was the head
		if prev := deliveries.get(t, key(before)); prev != nil {
			setDue(t, prev, false)
		}
	}
	if before != now && now != d.ID { // it was the head, and lets the next one go
		if next := deliveries.get(t, key(now)); next != nil && next.State == coop.Waiting {
			setDue(t, next, true)
		}
	}
	if now == d.ID && d.State == coop.Waiting {
		setDue(t, &d, true)
	}
}

// setDue puts a delivery into due or takes it out, and moves its inbox in lanes
// and its host in hosts where the first of them changes.
func setDue(t *tx, d *coop.Delivery, in bool) {
	lane, host := prefix(d.Inbox), prefix(d.Host)
	k := cat(lane, dueKey(d.Next, d.ID))
	was := firstTime(t, bDue, lane)
	if in {
		t.put(bDue, k, nil)
	} else if t.has(bDue, k) {
		t.del(bDue, k)
	}
	is := firstTime(t, bDue, lane)
	if bytes.Equal(was, is) {
		return
	}
	hostWas := firstTime(t, bLanes, host)
	if was != nil {
		t.del(bLanes, cat(host, was, []byte(d.Inbox)))
	}
	if is != nil {
		t.put(bLanes, cat(host, is, []byte(d.Inbox)), nil)
	}
	hostIs := firstTime(t, bLanes, host)
	if bytes.Equal(hostWas, hostIs) {
		return
	}
	if hostWas != nil {
		t.del(bHosts, cat(hostWas, []byte(d.Host)))
	}
	if hostIs != nil {
		t.put(bHosts, cat(hostIs, []byte(d.Host)), nil)
	}
}

// firstTime returns the time in the first key that begins with p, nil where there
// is none.
func firstTime(t *tx, bucket string, p []byte) []byte {
	k := t.first(bucket, p)
	if k == nil {
		return nil
	}
	return slices.Clone(k[len(p) : len(p)+timeLen])
}

// supersede ends a delivery that a later change made pointless.
func supersede(t *tx, old *coop.Delivery) {
	if old == nil || old.State.Final() {
		return
	}
	d := *old
	d.State, d.Ended, d.Next = coop.Superseded, t.now, time.Time{}
	putDelivery(t, old, d)
}

// unfinishedOf returns the deliveries of an actor of ours that are not final.
func unfinishedOf(t *tx, n coop.Name) (list []*coop.Delivery) {
	for _, s := range []coop.DeliveryState{coop.Waiting, coop.Held} {
		p := prefix("s" + string(s))
		for k := range t.scan(bDeliveryIndex, p, nil) {
			if d := deliveries.get(t, k[len(p):]); d != nil && d.Actor == n {
				list = append(list, d)
			}
		}
	}
	return list
}

// Delivery returns a delivery.
func (db *DB) Delivery(ctx context.Context, id coop.ID) (d coop.Delivery, err error) {
	err = db.view(ctx, "store.Delivery", func(t *tx) error {
		row := deliveries.get(t, key(id))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "there is no such delivery")
		}
		d = *row
		return nil
	})
	return d, err
}

// Deliveries returns the deliveries that a filter chooses, in the order in which
// they were made.
func (db *DB) Deliveries(ctx context.Context, f coop.DeliveryFilter) (list []coop.Delivery, err error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	err = db.view(ctx, "store.Deliveries", func(t *tx) error {
		list = choose(t, f)
		return nil
	})
	return list, err
}

// choose walks the narrowest list that has all that the filter chooses.
func choose(t *tx, f coop.DeliveryFilter) (list []coop.Delivery) {
	bucket, p := bDeliveries, every()
	switch {
	case f.Post != "":
		bucket, p = bDeliveryIndex, prefix("p"+string(f.Post))
	case f.State != "" && f.State != coop.Done:
		bucket, p = bDeliveryIndex, prefix("s"+string(f.State))
	case f.Host != "":
		bucket, p = bDeliveryIndex, prefix("h"+f.Host)
	case f.State != "":
		bucket, p = bDeliveryIndex, prefix("s"+string(f.State))
	}
	var from []byte
	if f.After != "" {
		from = append(append(slices.Clip(p), f.After...), 0)
	}
	for k := range t.scan(bucket, p, from) {
		if len(list) == f.Limit {
			break
		}
		d := deliveries.get(t, k[len(p):])
		if d != nil && (f.ID == "" || d.ID == f.ID) && (f.Host == "" || d.Host == f.Host) && (f.Coop == "" || d.Actor == f.Coop) &&
			(f.Post == "" || d.Post == f.Post) && (f.State == "" || d.State == f.State) {
			list = append(list, *d)
		}
	}
	return list
}
