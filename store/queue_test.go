// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"plenum/coop"
)

func minute(int) time.Duration { return time.Minute }

// backlog makes a store in which n deliveries wait for one host, half of them for
// one inbox, and one for another host.
func backlog(tb testing.TB, n int) *DB {
	tb.Helper()
	db := openNew(tb)
	m, ctx := newMaker(tb), tb.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	var inboxes []coop.IRI
	for i := range n {
		if i%2 == 0 {
			inboxes = append(inboxes, "https://slow.example/inbox")
		} else {
			inboxes = append(inboxes, coop.IRI(fmt.Sprintf("https://slow.example/%d/inbox", i)))
		}
	}
	m.ok(db.ReviseCoop(ctx, m.coop("komona"), m.out("komona", "Update", "", append(inboxes, "https://zzz.example/inbox")...)))
	return db
}

// blocked is a lease while slow.example has what it may have in flight.
func blocked() coop.LeaseRequest {
	return coop.LeaseRequest{
		Now: testNow, Max: 10, PerHost: 2, Backoff: func(int) time.Duration { return 0 }, // due again at once
		Hosts:   map[string]int{"slow.example": 2},
		Inboxes: map[coop.IRI]bool{"https://slow.example/inbox": true},
	}
}

// leaseOther leases the one delivery that is not blocked.
func leaseOther(tb testing.TB, db *DB, r coop.LeaseRequest) {
	jobs, _, err := db.Lease(tb.Context(), r)
	if err != nil || len(jobs) != 1 || jobs[0].Host != "zzz.example" {
		tb.Fatalf("leased %v (%v), want the one for the other host", jobs, err)
	}
}

// TestBacklogOfAHostDoesNotSlowOthers compares what a lease allocates, which a
// busy machine does not change.
func TestBacklogOfAHostDoesNotSlowOthers(t *testing.T) { // AllocsPerRun must not run in parallel
	cost := func(n int) float64 {
		db := backlog(t, n)
		leaseOther(t, db, blocked())
		return testing.AllocsPerRun(20, func() { leaseOther(t, db, blocked()) })
	}
	small, large := cost(2), cost(5000)
	if large > 2*small {
		t.Errorf("a lease beside 5000 waiting deliveries allocates %.0f times, beside 2 %.0f times", large, small)
	}
}

func BenchmarkLeaseBesideBacklog(b *testing.B) {
	for _, n := range []int{2, 5000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			db := backlog(b, n)
			r := blocked()
			for b.Loop() {
				leaseOther(b, db, r)
			}
		})
	}
}

// BenchmarkFanOut stores a post with a thousand deliveries.
func BenchmarkFanOut(b *testing.B) {
	db := openNew(b)
	m := newMaker(b)
	m.ok(db.AddCoop(b.Context(), m.coop("komona"), []byte(testPEM)))
	var inboxes []coop.IRI
	for i := range 1000 {
		inboxes = append(inboxes, coop.IRI(fmt.Sprintf("https://h%d.example/inbox", i)))
	}
	n := 0
	for b.Loop() {
		n++
		_, err := db.Publish(b.Context(), m.post("komona", fmt.Sprintf("post-%d", n), inboxes...))
		m.ok(err)
	}
}

// BenchmarkMarkSeen is what an inbox stores for each activity, from many at once.
func BenchmarkMarkSeen(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			db := openNew(b)
			b.SetParallelism(writers)
			b.RunParallel(func(pb *testing.PB) {
				r := rand.New(rand.NewPCG(rand.Uint64(), 1))
				for pb.Next() {
					s := coop.Seen{Actor: "https://a.example/u", Activity: coop.IRI(fmt.Sprintf("https://a.example/%d", r.Uint64())), At: testNow}
					if err := db.MarkSeen(b.Context(), s); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func TestNothingIsLeasedTwice(t *testing.T) {
	t.Parallel()
	db := backlog(t, 200)
	var mu sync.Mutex
	times := map[coop.ID]int{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				jobs, _, err := db.Lease(t.Context(), coop.LeaseRequest{Now: testNow, Max: 3, PerHost: 3, Backoff: minute})
				if err != nil {
					t.Error(err)
				}
				if len(jobs) == 0 {
					return
				}
				for _, j := range jobs {
					mu.Lock()
					times[j.ID]++
					mu.Unlock()
					if err := db.Settle(t.Context(), j.ID, coop.Verdict{State: coop.Done}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if len(times) != 201 {
		t.Errorf("%d deliveries were leased, want 201", len(times))
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("%s was leased %d times", id, n)
		}
	}
	clean(t, db)
}

func TestClockThatJumpsLosesNothing(t *testing.T) {
	t.Parallel()
	db := backlog(t, 1)
	for _, tt := range []struct {
		jump time.Duration
		want int
	}{{0, 2}, {day, 2}, {-day, 0}, {2 * day, 2}} {
		jobs, _, err := db.Lease(t.Context(), coop.LeaseRequest{Now: testNow.Add(tt.jump), Max: 10, PerHost: 2, Backoff: minute})
		if err != nil || len(jobs) != tt.want {
			t.Errorf("after a jump of %v %d were leased (%v), want %d", tt.jump, len(jobs), err, tt.want)
		}
		for _, j := range jobs {
			if err := db.Settle(t.Context(), j.ID, coop.Verdict{State: coop.Waiting, Next: testNow.Add(tt.jump + time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	clean(t, db)
}

// TestQueueStaysSoundWhateverHappens does what can happen to deliveries in random
// order, and has the store verify itself; order is kept throughout.
func TestQueueStaysSoundWhateverHappens(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := walk{maker: newMaker(t), db: openNew(t), r: rand.New(rand.NewPCG(seed, 0)), now: testNow, leased: map[coop.ID]coop.Job{}}
	w.ok(w.db.AddCoop(t.Context(), w.coop("komona"), []byte(testPEM)))
	for i := range 600 {
		w.step(i)
		if i%100 == 99 {
			clean(t, w.db)
		}
	}
}

type walk struct {
	*maker
	db     *DB
	r      *rand.Rand
	now    time.Time
	posts  []coop.Post
	leased map[coop.ID]coop.Job
}

func (w *walk) inboxes() (list []coop.IRI) {
	for i := range 6 {
		if w.r.IntN(2) == 0 {
			list = append(list, coop.IRI(fmt.Sprintf("https://h%d.example/%d/inbox", i/3, i)))
		}
	}
	return list
}

func (w *walk) step(i int) {
	ctx := w.Context()
	switch n := w.r.IntN(10); {
	case n == 0:
		pub := w.post("komona", fmt.Sprintf("post-%d", i), w.inboxes()...)
		_, err := w.db.Publish(ctx, pub)
		w.ok(err)
		w.posts = append(w.posts, pub.Post)
	case n <= 2 && len(w.posts) > 0:
		k := w.r.IntN(len(w.posts))
		pub := w.next(w.posts[k], "Update", w.inboxes()...)
		_, err := w.db.Revise(ctx, pub)
		w.ok(err)
		w.posts[k] = pub.Post
	case n == 3 && len(w.posts) > 4:
		_, err := w.db.Withdraw(ctx, w.next(w.posts[0], "Delete", w.inboxes()...))
		w.ok(err)
		w.posts = w.posts[1:]
	case n == 4:
		_, err := w.db.Retry(ctx, coop.DeliveryFilter{State: []coop.DeliveryState{coop.Dead, coop.Waiting, ""}[w.r.IntN(3)], Limit: 1 + w.r.IntN(5)}, w.now)
		w.ok(err)
	case n <= 6:
		w.now = w.now.Add(time.Duration(w.r.IntN(90)) * time.Second)
		w.lease()
	default:
		w.settle()
	}
}

// lease checks of each job that nothing earlier of its post waits for its inbox.
func (w *walk) lease() {
	r := coop.LeaseRequest{Now: w.now, Max: 4, PerHost: 2, Hosts: map[string]int{}, Inboxes: map[coop.IRI]bool{}, Backoff: minute}
	for _, j := range w.leased {
		r.Hosts[j.Host]++
		r.Inboxes[j.Inbox] = true
	}
	jobs, next, err := w.db.Lease(w.Context(), r)
	w.ok(err)
	if len(jobs) < r.Max && !next.IsZero() && !next.After(w.now) {
		w.Errorf("next is %v, which is not after %v, although there was room for more", next, w.now)
	}
	for _, j := range jobs {
		if r.Inboxes[j.Inbox] || r.Hosts[j.Host] >= r.PerHost {
			w.Errorf("leased %s to %s, which has no room", j.ID, j.Inbox)
		}
		r.Inboxes[j.Inbox] = true
		r.Hosts[j.Host]++
		w.leased[j.ID] = j
		same, err := w.db.Deliveries(w.Context(), coop.DeliveryFilter{Post: j.Post, Limit: 1000})
		w.ok(err)
		for _, d := range same {
			if d.Inbox == j.Inbox && d.ID < j.ID && !d.State.Final() {
				w.Errorf("leased %s before the earlier %s", j.ID, d.ID)
			}
		}
	}
}

func (w *walk) settle() {
	for id := range w.leased {
		delete(w.leased, id)
		if w.r.IntN(4) == 0 {
			w.ok(w.db.Refund(w.Context(), id, w.now))
			return
		}
		states := []coop.DeliveryState{coop.Done, coop.Done, coop.Waiting, coop.Waiting, coop.Dead, coop.Held}
		v := coop.Verdict{State: states[w.r.IntN(len(states))], Next: w.now.Add(time.Duration(w.r.IntN(300)) * time.Second)}
		v.Attempt = coop.Attempt{At: w.now, Status: 500}
		w.ok(w.db.Settle(w.Context(), id, v))
		return
	}
}
