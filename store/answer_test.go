// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"fmt"
	"testing"
	"time"

	"plenum/coop"
)

// besides makes a doorman whose answers stand in the line of their event, as those
// of federation do.
func besides(tell coop.TellFunc) coop.TellFunc {
	return func(r coop.RSVP, promoted bool) (coop.Outgoing, error) {
		out, err := tell(r, promoted)
		for i := range out.Deliveries {
			out.Deliveries[i].Post, out.Deliveries[i].Reach = r.Post, coop.Reach{Servers: 1, Followers: 1}
		}
		return out, err
	}
}

// deliverAll ends all that waits as delivered.
func deliverAll(m *maker, db *DB, now time.Time) {
	m.Helper()
	for {
		r := coop.LeaseRequest{Now: now, Max: 1000, PerHost: 1000, Backoff: minute}
		jobs, _, err := db.Lease(m.Context(), r)
		m.ok(err)
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			m.ok(db.Settle(m.Context(), coop.Settlement{ID: j.ID, Verdict: coop.Verdict{State: coop.Done}}))
		}
	}
}

// What an answer to an event brings with it goes when it has aged, and nothing of one
// that still waits.
func TestAnswersToAnEventAgeWithAllThatBelongsToThem(t *testing.T) {
	t.Parallel()
	m, db := newMaker(t), openNew(t)
	event := house(m, db)
	deliverAll(m, db, testNow)
	before := sizes(t, db)
	tell := besides((&doorman{db: db}).tell)
	for i := range 2 {
		r, seen := joining(event, i)
		_, err := db.Attend(t.Context(), r, seen, tell)
		m.ok(err)
		if i == 0 {
			deliverAll(m, db, testNow)
		}
	}
	_, err := db.Prune(t.Context(), testNow.Add(documentAge+time.Minute))
	m.ok(err)
	clean(t, db)
	jobs, _, err := db.Lease(t.Context(), coop.LeaseRequest{Now: testNow, Max: 10, PerHost: 10, Backoff: minute})
	m.ok(err)
	if len(jobs) != 1 || jobs[0].Inbox != guestName(1)+"/inbox" {
		t.Fatalf("what waits for the second guest is not sent any more: %v", jobs)
	}
	m.ok(db.Settle(t.Context(), coop.Settlement{ID: jobs[0].ID, Verdict: coop.Verdict{State: coop.Done}}))
	_, err = db.Prune(t.Context(), testNow.Add(documentAge+time.Minute))
	m.ok(err)
	clean(t, db)
	for bucket, n := range sizes(t, db) {
		if n != before[bucket] {
			t.Errorf("%s has %d entries more than before", bucket, n-before[bucket])
		}
	}
}

// Who comes and goes all the time does not lengthen the line in which every delivery
// to its inbox is looked for.
func TestWhoComesAndGoesMakesNoLineLonger(t *testing.T) {
	t.Parallel()
	m, db := newMaker(t), openNew(t)
	event := house(m, db)
	tell := besides((&doorman{db: db}).tell)
	inbox := coop.IRI("https://a.example/inbox")
	for i := range 50 {
		who := guestName(0)
		id := who + coop.IRI(fmt.Sprintf("/join/%d", i))
		_, err := db.Attend(t.Context(), coop.RSVP{Post: event, Actor: who, Inbox: inbox, Activity: id, Form: "Join", State: coop.RSVPGoing}, coop.Seen{Actor: who, Activity: id}, tell)
		m.ok(err)
		deliverAll(m, db, testNow)
		m.ok(db.EndRSVP(t.Context(), event, who, coop.Seen{}, tell))
	}
	m.ok(db.view(t.Context(), "", func(tx *tx) error {
		if n := size(tx, bLines, line(&coop.Delivery{Post: event, Inbox: inbox})); n > 1 {
			t.Errorf("there are %d in the line, all of which are delivered", n)
		}
		return nil
	}))
	clean(t, db)
}

// sizes counts the entries of what belongs to documents and deliveries.
func sizes(tb testing.TB, db *DB) map[string]int {
	tb.Helper()
	n := map[string]int{}
	err := db.view(tb.Context(), "", func(t *tx) error {
		for _, b := range []string{bDocuments, bBodies, bDocumentAges, bReach, bDeliveries, bDeliveryStates, bDocDeliveries, bLines, bDue, bHosts} {
			n[b] = size(t, b, every())
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}
