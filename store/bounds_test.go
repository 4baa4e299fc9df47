// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"plenum/coop"
)

func TestActorsAreBoundedAndFollowsKeepThem(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	db.bounds.actors = 5
	m, ctx := newMaker(t), t.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	actor := func(i int) coop.IRI { return coop.IRI(fmt.Sprintf("https://a.example/%d", i)) }
	m.ok(db.AcceptFollow(ctx, coop.Follower{Coop: "komona", Actor: actor(0), Follow: "https://a.example/f", Box: "https://a.example/inbox"}, coop.Seen{}, coop.Outgoing{}))
	m.ok(db.StartFollow(ctx, coop.Following{Coop: "komona", Actor: actor(1), Follow: m.id()}, coop.Outgoing{}))
	for i := range 8 {
		m.ok(db.SaveActor(ctx, coop.Actor{ID: actor(i), Keys: []coop.Key{{ID: actor(i) + "#k"}}, Fetched: testNow}))
	}
	m.ok(db.SaveActor(ctx, coop.Actor{ID: actor(5), Fetched: testNow})) // again: now the youngest
	m.ok(db.SaveActor(ctx, coop.Actor{ID: actor(8), Fetched: testNow}))
	for i, want := range []bool{true, true, false, false, false, true, false, true, true} {
		_, err := db.Actor(ctx, actor(i))
		if got := err == nil; got != want {
			t.Errorf("actor %d is known: %v (%v), want %v", i, got, err, want)
		}
	}
	clean(t, db)

	// Where follows refer to all of them, nobody is lost.
	for i := 9; i < 20; i++ {
		m.ok(db.AcceptFollow(ctx, coop.Follower{Coop: "komona", Actor: actor(i), Follow: "https://a.example/f", Box: "https://a.example/inbox"}, coop.Seen{}, coop.Outgoing{}))
		m.ok(db.SaveActor(ctx, coop.Actor{ID: actor(i), Fetched: testNow}))
	}
	for i := 9; i < 20; i++ {
		if _, err := db.Actor(ctx, actor(i)); err != nil {
			t.Errorf("the follower %d is lost: %v", i, err)
		}
	}
	clean(t, db)
}

func TestServersAreBoundedAndFollowersKeepThem(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	db.bounds.servers = 5
	m, ctx := newMaker(t), t.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	host := func(i int) string { return fmt.Sprintf("%d.example", i) }
	m.ok(db.AcceptFollow(ctx, coop.Follower{Coop: "komona", Actor: "https://0.example/1", Follow: "https://0.example/f", Box: "https://0.example/inbox"}, coop.Seen{}, coop.Outgoing{}))
	for i := range 10 {
		m.ok(db.SaveServer(ctx, coop.Server{Host: host(i), Software: "mastodon", Asked: testNow.Add(time.Duration(i) * time.Second)}))
	}
	for i, want := range []bool{true, false, false, false, false, false, true, true, true, true} {
		if _, err := db.Server(ctx, host(i)); (err == nil) != want {
			t.Errorf("host %d is known: %v, want %v", i, err == nil, want)
		}
	}
	clean(t, db)
}

func TestReceivedAreBounded(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	db.bounds.received, db.bounds.perVia = 10, 4
	for i := range 40 {
		via := coop.IRI(fmt.Sprintf("https://%d.example/u", i%5))
		err := db.Keep(t.Context(), coop.Received{
			Object: via + coop.IRI(fmt.Sprintf("/%02d", i)), By: via, Via: via, At: testNow.Add(time.Duration(i) * time.Second), Body: []byte("{}"),
		}, coop.Seen{})
		if err != nil {
			t.Fatal(err)
		}
	}
	list, err := db.ReceivedList(t.Context(), time.Time{}, 100)
	if err != nil || len(list) != 10 || list[9].Object != "https://0.example/u/30" {
		t.Errorf("kept are %d (%v), the oldest is %v", len(list), err, list[len(list)-1])
	}
	clean(t, db)
}

// TestAStrayEntryDoesNotHoldUpArrivals: a damaged file is for Verify to find; it must
// not keep a writer, and with it all others, busy for ever.
func TestAStrayEntryDoesNotHoldUpArrivals(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	db.bounds.received = 2
	object := func(i int) coop.IRI { return coop.IRI(fmt.Sprintf("https://a.example/%d", i)) }
	keepOne := func(i int) error {
		return db.Keep(t.Context(), coop.Received{
			Object: object(i), By: "https://a.example/u", Via: "https://a.example/u", At: testNow.Add(time.Duration(i) * time.Second), Body: []byte("{}"),
		}, coop.Seen{})
	}
	err := errors.Join(keepOne(0), keepOne(1), db.write(t.Context(), "test", func(tx *tx) error {
		tx.del(bReceived, key(object(0)))
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(keepOne(2), keepOne(3), keepOne(4))
	list, listErr := db.ReceivedList(t.Context(), time.Time{}, 100)
	if err != nil || listErr != nil || len(list) == 0 || len(list) > 2 || list[0].Object != object(4) {
		t.Errorf("got %v, %v, %v", list, err, listErr)
	}
}

func TestDroppedAreBounded(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	db.bounds.dropped = 10
	for i := range 15 {
		if err := db.Drop(t.Context(), coop.IRI(fmt.Sprintf("https://a.example/%02d", i)), "https://a.example/u", coop.Seen{}); err != nil {
			t.Fatal(err)
		}
	}
	err := db.view(t.Context(), "test", func(tx *tx) error {
		if n := tx.total(bDropped); n != 10 {
			t.Errorf("remembered are %d, want 10", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	clean(t, db)
}

// TestSeenAreBoundedButForHalfADay: a signature is good for hours, so what was seen
// in them is never forgotten, however much it is.
func TestSeenAreBoundedButForHalfADay(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	db.bounds.seen = 3
	seen := func(hours int) coop.Seen {
		return coop.Seen{Actor: "https://a.example/u", Activity: coop.IRI(fmt.Sprintf("https://a.example/%d", hours)), At: testNow.Add(-time.Duration(hours) * time.Hour)}
	}
	hours := []int{1, 2, 3, 4, 11, 13, 14, 24}
	for _, h := range hours {
		if err := db.MarkSeen(t.Context(), seen(h)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Prune(t.Context(), testNow); err != nil {
		t.Fatal(err)
	}
	for _, h := range hours {
		if got, err := db.SeenAt(t.Context(), seen(h)); err != nil || got.IsZero() == (h < 12) {
			t.Errorf("what was seen %d hours ago is known: %v (%v)", h, got, err)
		}
	}
	for _, later := range []time.Time{testNow, testNow.Add(time.Second)} { // nothing more goes, and nothing less is forgotten
		if got, err := db.SeenForgotten(t.Context()); err != nil || !got.Equal(seen(13).At) {
			t.Errorf("forgotten is what was seen up to %v (%v), want %v", got, err, seen(13).At)
		}
		if _, err := db.Prune(t.Context(), later); err != nil {
			t.Fatal(err)
		}
	}
	clean(t, db)
}

func TestPruneTakesMoreThanOneStep(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	const many = 2*pruneStep + 3
	err := db.write(t.Context(), "test", func(t *tx) error {
		for i := range many {
			at := testNow.Add(-8 * day)
			notice(t, coop.Seen{Actor: "https://a.example/u", Activity: coop.IRI(fmt.Sprintf("https://a.example/%d", i)), At: at})
			remember(t, coop.Answer{Key: fmt.Sprintf("k%d", i), At: at})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Prune(t.Context(), testNow); err != nil {
		t.Fatal(err)
	}
	err = db.view(t.Context(), "test", func(tx *tx) error {
		for _, b := range []string{bSeen, bSeenAges, bAnswers, bAnswerAges} {
			if k := tx.first(b, every()); k != nil {
				t.Errorf("%s still has %q", b, k)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	clean(t, db)
}

// A clock that was ahead for a moment makes all ids after it late. What they name
// grows old all the same, and what was in flight leaves nothing behind.
func TestHistoryIsPrunedAfterAClockWasAhead(t *testing.T) {
	t.Parallel()
	now := testNow.Add(10 * 365 * day)
	db, err := Open(filepath.Join(t.TempDir(), "data"), Options{Create: true, Domain: "x.example", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	m, ctx := newMaker(t), t.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	m.ok(db.AcceptFollow(ctx, coop.Follower{Coop: "komona", Actor: "https://a.example/u", Follow: "https://a.example/f", Box: "https://a.example/inbox", Since: testNow}, coop.Seen{}, coop.Outgoing{}))
	var jobs []coop.Job
	for _, slug := range []string{"ahead", "done", "dropped"} {
		pub := m.post("komona", slug)
		m.fan(&pub, "komona")
		_, err := db.Publish(ctx, pub)
		m.ok(err)
		got, _, err := db.Lease(ctx, coop.LeaseRequest{Now: now, Max: 1, PerHost: 1, Backoff: minute})
		m.ok(err)
		jobs = append(jobs, got...)
		if slug == "dropped" {
			_, err = db.GiveUp(ctx, coop.DeliveryFilter{ID: jobs[2].ID}, now)
		} else {
			err = db.Settle(ctx, coop.Settlement{ID: jobs[len(jobs)-1].ID, Verdict: coop.Verdict{State: coop.Done}})
		}
		m.ok(err)
		now = testNow
	}
	_, err = db.Prune(ctx, testNow.Add(deadAge+day))
	m.ok(err)
	m.ok(db.Settle(ctx, coop.Settlement{ID: jobs[2].ID, Verdict: coop.Verdict{State: coop.Done}})) // of a row that is gone
	list, err := db.Deliveries(ctx, coop.DeliveryFilter{})
	if err != nil || len(list) != 1 || list[0].ID != jobs[0].ID {
		t.Errorf("got %+v (%v), want the one that ended by the clock that was ahead", list, err)
	}
	clean(t, db)
}
