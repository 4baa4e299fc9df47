// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"plenum/coop"
)

// TestQueueStaysSoundWhateverSharesACommit has verbs in random order share commits,
// some of which are made again without one that fails.
func TestQueueStaysSoundWhateverSharesACommit(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := walk{maker: newMaker(t), db: openNew(t), r: rand.New(rand.NewPCG(seed, 0)), now: testNow, leased: map[coop.ID]coop.Job{}}
	w.ok(w.db.AddCoop(t.Context(), w.coop("komona"), []byte(testPEM)))
	w.db.now = func() time.Time { return w.now }
	for i := range 150 {
		w.now = w.now.Add(time.Duration(w.r.IntN(600)-60) * time.Second)
		w.share(i)
		clean(t, w.db)
		if t.Failed() {
			return
		}
	}
	w.drain()
}

// share carries out some verbs in one commit, one of which leases.
func (w *walk) share(i int) {
	broken := errors.New("broken")
	r := coop.LeaseRequest{Now: w.now, Max: 4, PerHost: 2, Hosts: map[string]int{}, Inboxes: map[coop.IRI]bool{}, Backoff: minute, Probe: time.Minute}
	for _, j := range w.leased {
		r.Hosts[j.Host]++
		r.Inboxes[j.Inbox] = true
	}
	var jobs []coop.Job
	verbs := []func() error{func() (err error) { jobs, _, err = w.db.Lease(w.Context(), r); return err }}
	for range 1 + w.r.IntN(6) {
		verbs = append(verbs, w.verb(i, len(verbs), broken))
	}
	w.r.Shuffle(len(verbs), func(i, j int) { verbs[i], verbs[j] = verbs[j], verbs[i] })
	for _, err := range group(w.TB.(*testing.T), w.db, verbs) {
		if err != nil && !errors.Is(err, broken) && coop.CodeOf(err) != coop.NotFound {
			w.Error(err)
		}
	}
	for _, j := range jobs {
		if r.Inboxes[j.Inbox] {
			w.Errorf("leased %s to %s, which has no room", j.ID, j.Inbox)
		}
		w.leased[j.ID] = j
	}
}

// verb makes one of the verbs that change the queue, and always waits for a commit.
func (w *walk) verb(i, n int, broken error) func() error {
	db, ctx, now := w.db, w.Context(), w.now
	host := fmt.Sprintf("h%d.example", w.r.IntN(2))
	some := coop.DeliveryFilter{Host: host, Limit: 1 + w.r.IntN(5)}
	switch w.r.IntN(10) {
	case 0:
		pub := w.post("komona", fmt.Sprintf("post-%d-%d", i, n), w.inboxes()...)
		return func() error { _, err := db.Publish(ctx, pub); return err }
	case 1:
		return func() error { _, err := db.Retry(ctx, some, now); return err }
	case 2:
		return func() error { _, err := db.Hold(ctx, some); return err }
	case 3:
		return func() error { _, err := db.Prune(ctx, now.Add(2*day)); return err }
	case 4:
		return func() error {
			return db.write(ctx, "wake", func(t *tx) error { settleHost(t, host, coop.Verdict{Well: true}, ""); return nil })
		}
	case 5:
		return func() error {
			return db.write(ctx, "broken", func(t *tx) error {
				settleHost(t, host, coop.Verdict{Rest: &coop.Rest{Since: now, Until: now.Add(time.Hour)}}, "")
				return broken
			})
		}
	}
	return w.tell(ctx, db)
}

// tell settles or refunds something that is in flight.
func (w *walk) tell(ctx context.Context, db *DB) func() error {
	now := w.now
	for id, j := range w.leased {
		delete(w.leased, id)
		if w.r.IntN(4) == 0 {
			return func() error { return db.Refund(ctx, id, now) }
		}
		states := []coop.DeliveryState{coop.Done, coop.Waiting, coop.Waiting, coop.Dead, coop.Held}
		v := coop.Verdict{State: states[w.r.IntN(len(states))], Next: now.Add(time.Duration(w.r.IntN(3000)) * time.Second)}
		if v.Well = w.r.IntN(3) == 0; !v.Well && w.r.IntN(2) == 0 {
			v.Rest = &coop.Rest{Host: j.Host, Since: now.Add(-time.Hour), Until: now.Add(time.Duration(w.r.IntN(600)) * time.Second), Failures: 5}
		}
		return func() error { return db.Settle(ctx, coop.Settlement{ID: id, Verdict: v}) }
	}
	return func() error { return db.Ping(ctx) }
}

// What a verb believes that could not read a row is not what those believe that share
// its commit.
func TestVerbThatFailsLeavesTotalsToTheOthers(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	if err := db.write(t.Context(), "", func(t *tx) error { t.count("seats", 7); return nil }); err != nil {
		t.Fatal(err)
	}
	broken, got := errors.New("broken"), 0
	group := []*call{
		{ctx: t.Context(), fn: func(t *tx) error { t.fail(broken); t.total("seats"); return nil }},
		{ctx: t.Context(), fn: func(t *tx) error { got = t.total("seats"); return nil }},
	}
	db.commit(group)
	if !errors.Is(group[0].err, broken) || group[1].err != nil || got != 7 {
		t.Errorf("got %d (%v, %v)", got, group[0].err, group[1].err)
	}
}
