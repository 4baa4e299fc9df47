// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"cmp"
	"context"

	"plenum/coop"
)

const (
	complaintOpen   = "open"
	complaintClosed = "closed"
)

var complaints = table[coop.Complaint]{
	bucket: bComplaints,
	key:    func(c *coop.Complaint) []byte { return key(c.ID) },
	index: func(c *coop.Complaint) []entry {
		return []entry{{bComplaintOrder, cat(prefix(string(c.Coop), complaintState(!c.Closed.IsZero())), []byte(c.ID)), nil}}
	},
	totals: func(*coop.Complaint) []string { return []string{bComplaints} },
}

func complaintState(closed bool) string {
	if closed {
		return complaintClosed
	}
	return complaintOpen
}

// Complain stores what was complained about. Where there are too many complaints,
// the oldest that somebody dealt with goes; where there is none, it is a Conflict
// and nothing is stored.
func (db *DB) Complain(ctx context.Context, c coop.Complaint, seen coop.Seen) error {
	return db.write(ctx, "store.Complain", func(t *tx) error {
		if _, err := known(t, c.Coop); err != nil {
			return err
		}
		if t.has(bComplaints, key(c.ID)) {
			return coop.Fail(coop.Conflict, "", "there is a complaint of that id already")
		}
		var old *coop.Complaint
		if t.total(bComplaints) >= t.bounds.complaints {
			if old = oldestClosed(t); old == nil {
				return coop.Fail(coop.Conflict, "", "there are too many complaints that nobody has dealt with")
			}
		}
		if !notice(t, seen, c.Coop) {
			return nil
		}
		if c.At.IsZero() {
			c.At = t.now
		}
		complaints.remove(t, old)
		complaints.swap(t, nil, &c)
		return nil
	})
}

// oldestClosed returns the oldest complaint that somebody dealt with.
func oldestClosed(t *tx) *coop.Complaint {
	var oldest []byte
	for n := range t.scan(bCoops, every(), nil) {
		p := prefix(string(n), complaintClosed)
		if k := t.first(bComplaintOrder, p); k != nil && (oldest == nil || bytes.Compare(k[len(p):], oldest) < 0) {
			oldest = bytes.Clone(k[len(p):])
		}
	}
	return complaints.get(t, oldest)
}

// Complaints returns the complaints that a query chooses, the newest first.
func (db *DB) Complaints(ctx context.Context, q coop.ComplaintQuery) (list []coop.Complaint, err error) {
	most := cmp.Or(max(q.Limit, 0), 100)
	err = db.view(ctx, "store.Complaints", func(t *tx) error {
		bucket, p := bComplaints, every()
		if q.Coop != "" {
			bucket, p = bComplaintOrder, prefix(string(q.Coop), complaintState(q.Closed))
		}
		var before []byte
		if q.Before != "" {
			before = cat(p, []byte(q.Before))
		}
		for k := range t.scanBack(bucket, p, before) {
			if len(list) == most {
				break
			}
			if c := complaints.get(t, k[len(p):]); c != nil && c.Closed.IsZero() != q.Closed {
				list = append(list, *c)
			}
		}
		return nil
	})
	return list, err
}

// CloseComplaint notes that somebody dealt with a complaint about a co-op, with the
// decision. Closing it again changes nothing.
func (db *DB) CloseComplaint(ctx context.Context, n coop.Name, id coop.ID, d coop.Decision) error {
	return db.write(ctx, "store.CloseComplaint", func(t *tx) error {
		old := complaints.get(t, key(id))
		if old == nil || old.Coop != n {
			return coop.Fail(coop.NotFound, "", "there is no such complaint about this co-op")
		}
		if !old.Closed.IsZero() {
			return nil
		}
		c := *old
		if c.Closed = d.At; c.Closed.IsZero() {
			c.Closed = t.now
		}
		complaints.swap(t, old, &c)
		return decide(t, d)
	})
}
