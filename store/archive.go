// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"slices"

	"plenum/coop"
)

// What a co-op said and what came for it, for its members.

// said reports whether a document is something that its actor said, and still says.
func (d *docRow) said() bool { return d.Forwarded == "" && d.Gone.IsZero() }

func saidTotal(n coop.Name) string { return "said " + string(n) }

// Said returns the activities of an actor of ours, listed or not, the newest first,
// behind the one with the id before, and how many there are. Those are left out
// whose post or actor was deleted.
func (db *DB) Said(ctx context.Context, n coop.Name, before coop.ID, limit int) (docs []coop.Document, total int, err error) {
	most := cmp.Or(max(limit, 0), 20)
	err = db.view(ctx, "store.Said", func(t *tx) error {
		total = t.total(saidTotal(n))
		p := prefix(n)
		var end []byte
		if before != "" {
			end = cat(p, key(before))
		}
		for k := range t.scanBack(bDocumentActors, p, end) {
			if len(docs) == most {
				break
			}
			row := documents.get(t, k[len(p):])
			if row == nil {
				return coop.Fail(coop.Internal, "", "a document is missing")
			}
			d := row.Document
			d.Body = t.copyOf(bBodies, k[len(p):])
			docs = append(docs, d)
		}
		return nil
	})
	return docs, total, err
}

var arrivals = table[coop.Arrival]{
	bucket: bArrivals,
	key: func(a *coop.Arrival) []byte {
		k := append(make([]byte, 0, len(a.Coop)+9), a.Coop...)
		return binary.BigEndian.AppendUint64(append(k, 0), a.Turn)
	},
}

// arrivalStep is how often an arrival makes room for those that follow.
const arrivalStep = 64

// arrived notes for the inboxes of co-ops an activity that counts. Where it does not
// say for whom it came it came for those named; where it does not say what it is, it
// is noted nowhere.
func arrived(t *tx, s coop.Seen, id coop.IRI, names ...coop.Name) {
	if s.Type == "" || id == "" {
		return
	}
	if len(s.For) > 0 {
		names = s.For
	}
	for _, n := range names {
		arrive(t, coop.Arrival{Coop: n, ID: id, Type: s.Type, Actor: s.Actor, Object: s.Object})
	}
}

// arrive stores an arrival as the newest one of its co-op: one key, whose turn is one
// more than the last, which is looked up once for all that share a commit. The oldest
// go a few at a time. For a co-op that was removed nothing is noted.
func arrive(t *tx, a coop.Arrival) {
	last, ok := t.batch.turns[a.Coop]
	if !ok {
		if _, err := known(t, a.Coop); err != nil {
			return
		}
		last = lastArrival(t, a.Coop)
	}
	if a.Turn = last + 1; a.At.IsZero() {
		a.At = t.now
	}
	t.batch.turns[a.Coop] = a.Turn
	arrivals.swap(t, nil, &a)
	if a.Turn%arrivalStep == 0 {
		cutArrivals(t, a.Coop, 2*arrivalStep)
	}
}

// lastArrival is the turn of the newest arrival of a co-op, 0 where there is none.
func lastArrival(t *tx, n coop.Name) uint64 {
	p := prefix(n)
	for k := range t.scanBack(bArrivals, p, nil) {
		return toNumber(k[len(p):])
	}
	return 0
}

// cutArrivals removes at most so many of the oldest arrivals of a co-op beyond the
// bound, and returns how many.
func cutArrivals(t *tx, n coop.Name, most int) int {
	p, last := prefix(n), lastArrival(t, n)
	var old [][]byte
	for k := range t.scan(bArrivals, p, nil) {
		if len(old) == most || toNumber(k[len(p):])+uint64(t.bounds.arrivals) > last {
			break
		}
		old = append(old, slices.Clone(k))
	}
	for _, k := range old {
		t.del(bArrivals, k)
	}
	return len(old)
}

// Arrivals returns what came for a co-op with a turn below before (0: all), the
// newest first, and how many there are.
func (db *DB) Arrivals(ctx context.Context, n coop.Name, before uint64, limit int) (list []coop.Arrival, total int, err error) {
	most := cmp.Or(max(limit, 0), 20)
	err = db.view(ctx, "store.Arrivals", func(t *tx) error {
		p := prefix(n)
		total = size(t, bArrivals, p)
		var end []byte
		if before > 0 {
			end = cat(p, number(before))
		}
		for _, data := range t.scanBack(bArrivals, p, end) {
			if len(list) == most {
				break
			}
			var a coop.Arrival
			if err := decode(data, &a); err != nil {
				return err
			}
			list = append(list, a)
		}
		return nil
	})
	return list, total, err
}

// Arrival returns the last time that an activity came for a co-op. There is no index
// for it: few are asked for, very many come.
func (db *DB) Arrival(ctx context.Context, n coop.Name, id coop.IRI) (a coop.Arrival, err error) {
	quoted, err := json.Marshal(id)
	if err != nil {
		return a, err
	}
	err = db.view(ctx, "store.Arrival", func(t *tx) error {
		for _, data := range t.scanBack(bArrivals, prefix(n), nil) {
			if !bytes.Contains(data, quoted) {
				continue
			}
			a = coop.Arrival{}
			if err := decode(data, &a); err != nil {
				return err
			}
			if a.ID == id {
				return nil
			}
		}
		a = coop.Arrival{}
		return coop.Fail(coop.NotFound, "", "no activity of that id came for this co-op")
	})
	return a, err
}
