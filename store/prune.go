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
	day        = 24 * time.Hour
	seenAge    = 7 * day        // a peer that repeats itself does so within its retries
	seenLeast  = 12 * time.Hour // kept even where there are too many: longer than the signature of any request is good for
	droppedAge = 30 * day
	formerAge  = 8 * day   // former keys sign until the week of their deliveries is over
	serverAge  = 30 * day  // a host of followers is asked more often than that
	historyAge = 30 * day  // deliveries that came to an end
	deadAge    = 90 * day  // dead ones wait for somebody to revive them
	restAge    = 2 * day   // a host that rests is probed more often while anything waits for it
	unshownAge = 180 * day // comments that were rejected, or that nobody has decided about
	closedAge  = 180 * day // complaints that somebody dealt with
	pruneStep  = 500

	documentAge   = 30 * day // answers to strangers, and what was passed on
	decisionYears = 2
)

// Prune removes what has served its time, in small transactions: a prune of much
// does not keep others from writing. It returns how many rows went of which table,
// also where it fails on the way.
func (db *DB) Prune(ctx context.Context, now time.Time) (coop.Pruned, error) {
	gone := coop.Pruned{}
	for _, p := range prunings(now) {
		for more := true; more; {
			n := 0
			err := db.write(ctx, "store.Prune", func(t *tx) error {
				n = p.step(t)
				return nil
			})
			if err != nil {
				return gone, err
			}
			gone.Add(p.table, n)
			more = n == pruneStep
		}
	}
	n, err := db.pruneDocuments(ctx, now.Add(-documentAge))
	gone.Add(bDocuments, n)
	if err == nil {
		err = db.sweepAll(ctx, "store.Prune")
	}
	return gone, err
}

// pruning removes at most pruneStep rows of a table and returns how many it did.
type pruning struct {
	table string
	step  func(*tx) int
}

func prunings(now time.Time) []pruning {
	list := []pruning{
		{bSeen, func(t *tx) int { return pruneSeen(t, now.Add(-seenAge), now.Add(-seenLeast)) }},
		{bDropped, func(t *tx) int {
			return pruneDropped(t, now.Add(-droppedAge), now.Add(-droppedAge), pruneStep)
		}},
		{bAnswers, func(t *tx) int { return pruneAnswers(t, now.Add(-answerAge)) }},
		{bKeys, func(t *tx) int { return pruneFormerKeys(t, now.Add(-formerAge)) }},
		{bServers, func(t *tx) int { return pruneServers(t, now.Add(-serverAge)) }},
		{bComments, func(t *tx) int { return pruneComments(t, now.Add(-unshownAge)) }},
		{bActors, pruneActors},
		{bComplaints, func(t *tx) int { return pruneComplaints(t, now.Add(-closedAge)) }},
		{bDecisions, func(t *tx) int { return pruneDecisions(t, now.AddDate(-decisionYears, 0, 0)) }},
	}
	for _, s := range []coop.DeliveryState{coop.Done, coop.Left, coop.Superseded} {
		list = append(list, pruning{bDeliveries, func(t *tx) int { return pruneDeliveries(t, s, now.Add(-historyAge), now) }})
	}
	list = append(append(list, peoplePrunings(now)...), postPrunings(now)...)
	return append(list,
		pruning{bDeliveries, func(t *tx) int { return pruneDeliveries(t, coop.Dead, now.Add(-deadAge), now) }},
		pruning{bRests, func(t *tx) int { return pruneRests(t, now.Add(-restAge)) }})
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
		dropHistory(t, d)
	}
	return len(gone)
}

// dropHistory removes a delivery that came to an end.
func dropHistory(t *tx, d *coop.Delivery) {
	deliveries.remove(t, d)
	if t.has(bCharges, key(d.ID)) { // in flight when the clock was set
		t.del(bCharges, key(d.ID))
	}
}

// pruneComments removes those that came before limit and were not shown since then:
// one that was rejected yesterday stays away, however old it is.
func pruneComments(t *tx, limit time.Time) int {
	var gone []*coop.Comment
	for n := range t.scan(bCoops, every(), nil) {
		for _, s := range []coop.CommentState{coop.CommentHeld, coop.CommentRejected} {
			p := prefix("c"+string(n), string(s))
			for k := range t.scan(bCommentOrder, p, nil) {
				if len(gone) == pruneStep || !keyTime(k[len(p):]).Before(limit) {
					break
				}
				if c := comments.get(t, k[len(p)+timeLen:]); c != nil && c.Since.Before(limit) {
					gone = append(gone, c)
				}
			}
		}
	}
	for _, c := range gone {
		dropComment(t, c)
	}
	return len(gone)
}

// pruneActors removes those beyond the bound to whom nothing refers any more.
func pruneActors(t *tx) (n int) {
	for most := t.total("actors") - t.bounds.actors; n < min(most, pruneStep); n++ {
		before := t.total("actors")
		if evict(t, ""); t.total("actors") == before {
			break
		}
	}
	return n
}

// pruneComplaints removes those that somebody dealt with before limit. They stand
// in the order in which they came; there are few enough of them to look at all.
func pruneComplaints(t *tx, limit time.Time) int {
	var gone []*coop.Complaint
	for n := range t.scan(bCoops, every(), nil) {
		p := prefix(string(n), complaintClosed)
		for k := range t.scan(bComplaintOrder, p, nil) {
			if len(gone) == pruneStep {
				break
			}
			if c := complaints.get(t, k[len(p):]); c != nil && c.Closed.Before(limit) {
				gone = append(gone, c)
			}
		}
	}
	for _, c := range gone {
		complaints.remove(t, c)
	}
	return len(gone)
}

func pruneDecisions(t *tx, limit time.Time) int {
	var gone []*coop.Decision
	for d := range decisions.all(t, every()) {
		if len(gone) == pruneStep || !d.At.Before(limit) {
			break
		}
		gone = append(gone, d)
	}
	for _, d := range gone {
		decisions.remove(t, d)
	}
	return len(gone)
}

// pruneDocuments removes the answers to strangers that were made before limit, and
// what was passed on, once nothing of them has to be delivered any more, with the
// history of their deliveries. It looks for them in transactions that only read:
// those that wait or are held back may be many, and are passed by.
func (db *DB) pruneDocuments(ctx context.Context, limit time.Time) (n int, err error) {
	const op = "store.Prune"
	for from := every(); from != nil; {
		var old [][]byte // of deliveries, and behind those of a document its own
		err := db.view(ctx, op, func(t *tx) error {
			old, from = agedDocuments(t, from, limit)
			return nil
		})
		if err != nil {
			return n, err
		}
		for step := range slices.Chunk(old, pruneStep) {
			removed := 0
			err := db.write(ctx, op, func(t *tx) error {
				removed = 0
				for _, k := range step {
					if dropAged(t, k) {
						removed++
					}
				}
				return nil
			})
			if err != nil {
				return n, err
			}
			n += removed
		}
	}
	return n, nil
}

// agedDocuments returns the entries of deliveries and of documents that can go, a
// few steps of them, and where to go on; nil where there are no more.
func agedDocuments(t *tx, from []byte, limit time.Time) (old [][]byte, next []byte) {
	looked := 0
	for k := range t.scan(bDocumentAges, every(), from) {
		if !keyTime(k).Before(limit) {
			return old, nil
		}
		if looked++; looked > 10*pruneStep || len(old) >= 4*pruneStep {
			return old, bytes.Clone(k)
		}
		id := k[timeLen:]
		if list, ok := ended(t, id); ok {
			old = append(append(old, list...), bytes.Clone(id))
		}
	}
	return old, nil
}

// ended returns the entries of the deliveries of a document; ok says that all of
// them came to an end and that there will be no others.
func ended(t *tx, document []byte) (list [][]byte, ok bool) {
	if t.has(bFans, document) {
		return nil, false
	}
	p := append(bytes.Clone(document), 0)
	for k := range t.scan(bDocDeliveries, p, nil) {
		if d := deliveries.get(t, k[len(p):]); d != nil && !d.State.Final() {
			return nil, false
		}
		list = append(list, bytes.Clone(k))
	}
	return list, true
}

// dropAged removes what agedDocuments has found: a delivery that came to an end, or
// a document that has no deliveries any more. It reports whether a document went.
func dropAged(t *tx, k []byte) bool {
	if len(k) > idLen {
		if d := deliveries.get(t, k[len(k)-idLen:]); d != nil && d.State.Final() {
			dropHistory(t, d)
		}
		return false
	}
	doc := documents.get(t, k)
	if doc == nil || t.first(bDocDeliveries, prefix(doc.ID)) != nil || t.has(bFans, k) {
		return false
	}
	documents.remove(t, doc)
	t.del(bBodies, k)
	return true
}
