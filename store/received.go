// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"slices"
	"time"

	"plenum/coop"
)

var received = table[coop.Received]{
	bucket: bReceived,
	key:    func(r *coop.Received) []byte { return key(r.Object) },
	index: func(r *coop.Received) []entry {
		es := []entry{
			{bReceivedOrder, cat(timeKey(r.At), key(r.Object)), nil},
			{bReceivedVia, cat(prefix(r.Via), timeKey(r.At), key(r.Object)), nil},
		}
		if r.By != "" {
			es = append(es, entry{bReceivedBy, key(r.By, r.Object), nil})
		}
		return es
	},
	totals: func(*coop.Received) []string { return []string{"received"} },
}

// Keep stores what an actor that we follow has sent. There is one row for each
// object; another of the same author that is not older takes its place. What its
// author has deleted does not come back. The table is bounded, in all and for
// each sender: the oldest goes.
func (db *DB) Keep(ctx context.Context, r coop.Received, seen coop.Seen) error {
	return db.write(ctx, "store.Keep", func(t *tx) error {
		if notice(t, seen, r.For...) {
			keep(t, r)
		}
		return nil
	})
}

func keep(t *tx, r coop.Received) {
	if r.By != "" && t.has(bDropped, key(r.By, r.Object)) {
		return
	}
	old := received.get(t, key(r.Object))
	if old != nil {
		if old.By != "" && old.By != r.By || r.Updated.Before(old.Updated) {
			return
		}
		for _, n := range old.For {
			if !slices.Contains(r.For, n) {
				r.For = append(slices.Clip(r.For), n)
			}
		}
		// An Announce of what its author sent us, and one that brings the id alone,
		// add readers and nothing else.
		announced := old.Via == old.By && r.Via != r.By && r.Updated.Equal(old.Updated)
		if announced || len(r.Body) == 0 && t.has(bReceivedBodies, key(r.Object)) {
			names := r.For
			r = *old
			r.For = names
		}
	}
	slices.Sort(r.For)
	received.swap(t, old, &r)
	if len(r.Body) > 0 {
		t.put(bReceivedBodies, key(r.Object), r.Body)
	}
	crowdOut(t, r.Via)
}

// crowdOut removes the oldest rows beyond the bounds.
func crowdOut(t *tx, via coop.IRI) {
	p := prefix(via)
	if ks := t.keys(bReceivedVia, p); len(ks) > t.bounds.perVia {
		for _, k := range ks[:len(ks)-t.bounds.perVia] {
			discard(t, received.get(t, k[len(p)+timeLen:]))
		}
	}
	over := t.total("received") - t.bounds.received
	var oldest [][]byte
	for k := range t.scan(bReceivedOrder, every(), nil) {
		if len(oldest) >= over {
			break
		}
		oldest = append(oldest, slices.Clone(k[timeLen:]))
	}
	for _, k := range oldest {
		discard(t, received.get(t, k))
	}
}

// discard removes a row with its body; nil does nothing.
func discard(t *tx, r *coop.Received) {
	if r != nil {
		received.remove(t, r)
		t.del(bReceivedBodies, key(r.Object))
	}
}

// Drop removes what its author deleted, or what whoever announced it took back;
// anybody else's Delete removes nothing. It is remembered for a time, so that a
// Create, or a Follow that was undone, of the same author that comes late is
// ignored.
func (db *DB) Drop(ctx context.Context, object, by coop.IRI, seen coop.Seen) error {
	return db.Recall(ctx, object, by, seen, coop.Outgoing{})
}

// Recall is Drop of a comment that was passed on, with what tells those of it to whom
// it was. Where it was not, or is somebody else's, nobody is told.
func (db *DB) Recall(ctx context.Context, object, by coop.IRI, seen coop.Seen, out coop.Outgoing) error {
	return db.write(ctx, "store.Drop", func(t *tx) error {
		r, c := received.get(t, key(object)), comments.get(t, key(object))
		if !notice(t, seen, readers(r, c, by)...) {
			return nil
		}
		if r != nil && (r.By == by || r.Via == by) {
			discard(t, r)
		}
		drop(t, key(by, object), seen.At)
		if c == nil || c.By != by {
			return nil
		}
		dropComment(t, c)
		if c.Passed == "" {
			return nil
		}
		return send(t, toldOf(t, c.Passed, out))
	})
}

// readers are the co-ops for which an object of an actor was kept.
func readers(r *coop.Received, c *coop.Comment, by coop.IRI) (names []coop.Name) {
	if r != nil && (r.By == by || r.Via == by) {
		names = append(names, r.For...)
	}
	if c != nil && c.By == by && !slices.Contains(names, c.Coop) {
		names = append(names, c.Coop)
	}
	return names
}

// toldOf narrows what ends something that was passed on to those followers who got
// that, or may have got it, where it is still known: deliveries are forgotten after a
// time. Where there are very many, or nothing is known any more, all who follow are
// told.
func toldOf(t *tx, passed coop.ID, out coop.Outgoing) coop.Outgoing {
	if doc := documents.get(t, key(passed)); doc == nil || !doc.At.After(t.now.Add(-historyAge)) {
		return out // what was done goes first, while something may still wait
	}
	var boxes []coop.Box
	p, known := prefix(passed), false
	for k := range t.scan(bDocDeliveries, p, nil) {
		known = true
		d := deliveries.get(t, k[len(p):])
		if d == nil || !followed(t, []coop.Name{d.Actor}, string(d.Inbox)+"\x00") { // a host that is refused since has no followers
			continue
		}
		tried := d.State == coop.Waiting && (d.Attempts > 0 || t.has(bCharges, key(d.ID)))
		if d.State == coop.Done || tried {
			boxes = append(boxes, coop.Box{Inbox: d.Inbox, Actors: d.Actors})
		}
		if len(boxes) > t.bounds.fan {
			return out
		}
	}
	if !known {
		return out
	}
	out.Fans = slices.Clone(out.Fans)
	for i := range out.Fans {
		out.Fans[i].Names, out.Fans[i].Others = nil, boxes
	}
	return out
}

// drop remembers that its author took something back; the zero time means now.
func drop(t *tx, k []byte, at time.Time) {
	if at.IsZero() {
		at = t.now
	}
	droppedSet.add(t, k, at)
	if over := t.total(bDropped) - t.bounds.dropped; over > 0 {
		pruneDropped(t, time.Time{}, t.now.Add(time.Second), over)
	}
}

// ReceivedList returns what was received before a moment (the zero time: up to
// now), newest first, without bodies. What was received in one second is never
// split: the list may be longer than limit, and the next page begins before the
// moment of its last row.
func (db *DB) ReceivedList(ctx context.Context, before time.Time, limit int) (list []coop.Received, err error) {
	err = db.view(ctx, "store.ReceivedList", func(t *tx) error {
		var end []byte
		if !before.IsZero() {
			end = timeKey(before)
		}
		for k := range t.scanBack(bReceivedOrder, every(), end) {
			if len(list) >= limit && !keyTime(k).Equal(list[len(list)-1].At) {
				break
			}
			if r := received.get(t, k[timeLen:]); r != nil {
				list = append(list, *r)
			}
		}
		return nil
	})
	return list, err
}

// ReceivedObject returns what was received under an id, with its body.
func (db *DB) ReceivedObject(ctx context.Context, object coop.IRI) (r coop.Received, err error) {
	err = db.view(ctx, "store.ReceivedObject", func(t *tx) error {
		row := received.get(t, key(object))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "nothing was received under that id")
		}
		r = *row
		r.Body = t.copyOf(bReceivedBodies, key(object))
		return nil
	})
	return r, err
}
