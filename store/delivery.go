// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"plenum/coop"
)

var deliveries = table[coop.Delivery]{
	bucket: bDeliveries,
	key:    func(d *coop.Delivery) []byte { return key(d.ID) },
	index: func(d *coop.Delivery) []entry {
		es := []entry{{bDeliveryStates, cat(prefix(d.State), []byte(d.ID)), []byte(d.Host)}}
		if d.OfPost() || d.Post != "" && !d.State.Final() { // else whoever comes and goes makes its line longer for ever
			es = append(es, entry{bLines, cat(line(d), []byte(d.ID)), []byte(d.State)})
		}
		if !d.OfPost() {
			es = append(es, entry{bDocDeliveries, key(d.Document, d.ID), nil})
		}
		return es
	},
	totals: func(d *coop.Delivery) []string {
		switch d.State {
		case coop.Waiting, coop.Held, coop.Dead:
			return []string{string(d.State)}
		}
		return nil
	},
}

var rests = table[coop.Rest]{
	bucket: bRests,
	key:    func(r *coop.Rest) []byte { return key(r.Host) },
}

// line is the prefix in lines of those that keep their order with d: the
// deliveries of one post to one inbox.
func line(d *coop.Delivery) []byte { return prefix(string(d.Post), string(d.Inbox)) }

// head returns the id of the first unfinished delivery in d's line; a delivery
// that is about no post stands in no line and is its own head.
func head(t *tx, d *coop.Delivery) coop.ID {
	if d.Post == "" {
		return d.ID
	}
	p := line(d)
	for k, state := range t.scan(bLines, p, nil) {
		if !coop.DeliveryState(state).Final() {
			return coop.ID(k[len(p):])
		}
	}
	return ""
}

// enqueue stores a new delivery of a document that is stored already. One without
// an id gets one that comes behind those of every verb before it.
func enqueue(t *tx, d coop.Delivery) error {
	if d.ID == "" {
		id, err := t.newID()
		if err != nil {
			return err
		}
		d.ID = id
	}
	d.State = cmp.Or(d.State, coop.Waiting)
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
// the rule of due: what stands there is waiting, the head of its line, and not in
// flight.
func putDelivery(t *tx, old *coop.Delivery, d coop.Delivery) {
	d.Next = d.Next.UTC()
	before := head(t, &d)
	if old != nil {
		t.leaveDue(old)
	}
	deliveries.swap(t, old, &d)
	if d.OfPost() {
		if old != nil {
			t.reaches(d.Document, old.State, coop.Reach{Servers: -old.Servers, Followers: -old.Followers})
		}
		t.reaches(d.Document, d.State, d.Reach)
	}
	now := d.ID
	if before != "" || old != nil { // else it is the first of its line
		now = head(t, &d)
	}
	if before != now && before != d.ID && before != "" { // it went before the one that was the head
		if prev := deliveries.get(t, key(before)); prev != nil {
			t.leaveDue(prev)
		}
	}
	if before != now && now != d.ID && now != "" { // it was the head, and lets the next one go
		offer(t, deliveries.get(t, key(now)))
	}
	if now == d.ID {
		offer(t, &d)
	}
}

// dueAt makes a delivery due at another time.
func dueAt(t *tx, old *coop.Delivery, at time.Time) {
	d := *old
	d.Next = at
	putDelivery(t, old, d)
}

// offer lets the next lease have a delivery that is the head of its line.
func offer(t *tx, d *coop.Delivery) {
	if d == nil || d.State != coop.Waiting {
		return
	}
	if _, inFlight := t.charged(d.ID); !inFlight {
		t.enterDue(d)
	}
}

// supersede ends a delivery that a later change made pointless.
func supersede(t *tx, old *coop.Delivery) {
	if old == nil || old.State.Final() {
		return
	}
	d := *old
	finish(t, &d, coop.Superseded)
	putDelivery(t, old, d)
}

// finish gives a delivery the times of one that came to an end.
func finish(t *tx, d *coop.Delivery, s coop.DeliveryState) {
	d.State, d.Ended, d.Next = s, t.now, time.Time{}
}

// supersedeAll ends what an actor of ours has not yet sent.
func supersedeAll(t *tx, n coop.Name) {
	var list []*coop.Delivery
	for _, s := range []coop.DeliveryState{coop.Waiting, coop.Held} {
		p := prefix(s)
		for k := range t.scan(bDeliveryStates, p, nil) {
			if d := deliveries.get(t, k[len(p):]); d != nil && d.Actor == n {
				list = append(list, d)
			}
		}
	}
	for _, d := range list {
		supersede(t, d)
	}
}

// supersedeDocument ends what was not yet sent of one document.
func supersedeDocument(t *tx, id coop.ID) {
	var ids [][]byte
	p := prefix(id)
	for k := range t.scan(bDocDeliveries, p, nil) {
		ids = append(ids, slices.Clone(k[len(p):]))
	}
	if doc := documents.get(t, key(id)); doc != nil && doc.Post != "" {
		for k, state := range t.scan(bLines, prefix(doc.Post), nil) {
			if !coop.DeliveryState(state).Final() {
				ids = append(ids, slices.Clone(k[len(k)-idLen:]))
			}
		}
	}
	for _, k := range ids {
		if d := deliveries.get(t, k); d != nil && d.Document == id {
			supersede(t, d)
		}
	}
}

// supersedePost ends what was not yet sent of a post.
func supersedePost(t *tx, post coop.ID) {
	var ids [][]byte
	for k, state := range t.scan(bLines, prefix(post), nil) {
		if !coop.DeliveryState(state).Final() {
			ids = append(ids, slices.Clone(k[len(k)-idLen:]))
		}
	}
	for _, id := range ids {
		supersede(t, deliveries.get(t, id))
	}
}

// shown is a delivery as people look at it: as it stands with the attempt that it
// is charged now, and with what goes before it.
func (t *tx) shown(d *coop.Delivery) *coop.Delivery {
	d = t.withCharge(d)
	if d == nil || d.State.Final() {
		return d
	}
	if first := head(t, d); first != d.ID {
		d.Behind = first
	}
	return d
}

// Delivery returns a delivery.
func (db *DB) Delivery(ctx context.Context, id coop.ID) (d coop.Delivery, err error) {
	err = db.view(ctx, "store.Delivery", func(t *tx) error {
		row := t.shown(deliveries.get(t, key(id)))
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
	f.Limit = cmp.Or(max(f.Limit, 0), 100)
	err = db.view(ctx, "store.Deliveries", func(t *tx) error {
		list = choose(t, f)
		return nil
	})
	return list, err
}

// choose reads the narrowest list that has all that the filter chooses.
func choose(t *tx, f coop.DeliveryFilter) (list []coop.Delivery) {
	switch {
	case f.ID != "":
		if d := t.shown(deliveries.get(t, key(f.ID))); d != nil && f.ID > f.After && fits(d, f) {
			list = append(list, *d)
		}
		return list
	case f.Post != "":
		return ofPost(t, f)
	case f.State != "":
		return inState(t, f, f.State)
	}
	for _, s := range coop.DeliveryStates() {
		list = append(list, inState(t, f, s)...)
	}
	return firstByID(list, f.Limit)
}

func fits(d *coop.Delivery, f coop.DeliveryFilter) bool {
	return (f.Host == "" || d.Host == f.Host) && (f.Coop == "" || d.Actor == f.Coop) &&
		(f.Post == "" || d.Post == f.Post) && (f.State == "" || d.State == f.State)
}

// inState walks the deliveries in a state. Their hosts stand in the index: a row
// is read where its host is the one.
func inState(t *tx, f coop.DeliveryFilter, s coop.DeliveryState) (list []coop.Delivery) {
	p := prefix(s)
	var from []byte
	if f.After != "" {
		from = append(append(slices.Clip(p), f.After...), 0)
	}
	by := []byte(`"actor":"` + f.Coop + `"`) // in every row of that co-op, so that the others need not be decoded
	for k, host := range t.scan(bDeliveryStates, p, from) {
		if len(list) == f.Limit {
			break
		}
		if f.Host != "" && f.Host != string(host) || f.Coop != "" && !bytes.Contains(t.get(bDeliveries, k[len(p):]), by) {
			continue
		}
		if d := t.shown(deliveries.get(t, k[len(p):])); d != nil && fits(d, f) {
			list = append(list, *d)
		}
	}
	return list
}

// ofPost walks the deliveries of a post, which are in the order of their inboxes.
func ofPost(t *tx, f coop.DeliveryFilter) (list []coop.Delivery) {
	var ids []coop.ID
	for k, state := range t.scan(bLines, prefix(f.Post), nil) {
		id := coop.ID(k[len(k)-idLen:])
		if id > f.After && (f.State == "" || string(state) == string(f.State)) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		if len(list) == f.Limit {
			break
		}
		if d := t.shown(deliveries.get(t, key(id))); d != nil && fits(d, f) {
			list = append(list, *d)
		}
	}
	return list
}

// firstByID sorts deliveries in the order in which they were made and keeps the
// first.
func firstByID(list []coop.Delivery, most int) []coop.Delivery {
	slices.SortFunc(list, func(a, b coop.Delivery) int { return cmp.Compare(a.ID, b.ID) })
	return list[:min(len(list), most)]
}
