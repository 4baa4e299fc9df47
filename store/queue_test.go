// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"errors"
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
					if err := db.Settle(t.Context(), coop.Settlement{ID: j.ID, Verdict: coop.Verdict{State: coop.Done}}); err != nil {
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

// What was in flight and got lost comes again at its time, even where the lease
// that puts it back has to be made twice or fails.
func TestLostDeliveriesComeAgainAfterALeaseThatWasTakenBack(t *testing.T) {
	t.Parallel()
	db := backlog(t, 1)
	lease := func(late time.Duration) (n int, err error) {
		jobs, _, err := db.Lease(t.Context(), coop.LeaseRequest{Now: testNow.Add(late), Max: 10, PerHost: 2, Backoff: minute})
		return len(jobs), err
	}
	broken := func() error {
		return db.write(t.Context(), "broken", func(t *tx) error { return errors.Join(put("b")(t), errors.New("broken")) })
	}
	large := func() error { // more than there is room for
		db.b.MaxSize = 4 << 20
		return db.write(t.Context(), "large", func(t *tx) error { t.put(bPlaces, []byte("large"), make([]byte, 8<<20)); return nil })
	}
	if n, err := lease(0); n != 2 || err != nil {
		t.Fatalf("leased %d (%v), want 2", n, err)
	}
	for _, tt := range []struct {
		name   string
		late   time.Duration
		beside func() error
		want   int
	}{
		{"made twice", 2 * time.Minute, broken, 2},
		{"failed", 4 * time.Minute, large, 0},
		{"after the one that failed", 4 * time.Minute, func() error { db.b.MaxSize = 0; return db.Ping(t.Context()) }, 2},
	} {
		n := 0
		errs := group(t, db, []func() error{
			func() (err error) { n, err = lease(tt.late); return err },
			tt.beside,
		})
		if n != tt.want || (errs[0] == nil) != (tt.want > 0) {
			t.Errorf("%s: leased %d again (%v), want %d", tt.name, n, errs[0], tt.want)
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
			if err := db.Settle(t.Context(), coop.Settlement{ID: j.ID, Verdict: coop.Verdict{State: coop.Waiting, Next: testNow.Add(tt.jump + time.Hour)}}); err != nil {
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
	w.drain()
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
	switch n := w.r.IntN(12); {
	case n >= 10:
		w.operate()
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

// operate does what comes from outside: from operators, from hosts that are given
// up or heard from, and from a process that dies with all that is in flight.
func (w *walk) operate() {
	var err error
	ctx, some := w.Context(), coop.DeliveryFilter{Host: fmt.Sprintf("h%d.example", w.r.IntN(2)), Limit: 1 + w.r.IntN(5)}
	switch w.r.IntN(6) {
	case 0:
		_, err = w.db.Hold(ctx, some)
	case 1:
		_, err = w.db.GiveUp(ctx, some, w.now)
	case 2:
		_, err = w.db.Expire(ctx, some.Host, w.now.Add(-time.Hour), coop.Attempt{At: w.now, Reason: "the week is over"})
	case 3:
		_, err = w.db.Wake(ctx, some.Host)
	case 4:
		_, err = w.db.Retry(ctx, some, w.now)
	default:
		w.ok(w.db.Close())
		w.db = openAt(w, w.db.Dir())
		clear(w.leased)
	}
	w.ok(err)
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
	for id, j := range w.leased {
		delete(w.leased, id)
		if w.r.IntN(4) == 0 {
			w.ok(w.db.Refund(w.Context(), id, w.now))
			return
		}
		states := []coop.DeliveryState{coop.Done, coop.Done, coop.Waiting, coop.Waiting, coop.Dead, coop.Held}
		v := coop.Verdict{State: states[w.r.IntN(len(states))], Next: w.now.Add(time.Duration(w.r.IntN(300)) * time.Second)}
		v.Attempt = coop.Attempt{At: w.now, Status: 500}
		if v.Well = w.r.IntN(3) == 0; !v.Well && w.r.IntN(3) == 0 {
			v.Rest = &coop.Rest{Host: j.Host, Since: w.now, Until: w.now.Add(time.Duration(w.r.IntN(600)) * time.Second), Failures: 5}
		}
		w.ok(w.db.Settle(w.Context(), coop.Settlement{ID: id, Verdict: v}))
		return
	}
}

// drain has all that is not held back arrive in the end.
func (w *walk) drain() {
	clear(w.leased)
	for range 5000 {
		jobs, next, err := w.db.Lease(w.Context(), coop.LeaseRequest{Now: w.now, Max: 10, PerHost: 2, Backoff: minute, Probe: time.Minute})
		w.ok(err)
		for _, j := range jobs {
			w.ok(w.db.Settle(w.Context(), coop.Settlement{ID: j.ID, Verdict: coop.Verdict{State: coop.Done, Well: true}}))
		}
		_, err = w.db.Retry(w.Context(), coop.DeliveryFilter{State: coop.Held}, w.now)
		w.ok(err)
		stats, err := w.db.QueueStats(w.Context())
		w.ok(err)
		switch {
		case stats.States[coop.Waiting] == 0:
			clean(w, w.db)
			return
		case len(jobs) == 0 && next.IsZero():
			w.now = w.now.Add(foldEvery) // for what got lost
		case len(jobs) == 0:
			w.now = next
		}
	}
	w.Error("something waits and is never leased")
}

// BenchmarkDrain is what the queue itself costs: a post to a thousand inboxes is
// leased in turns of 64 and settled from as many goroutines as a worker has.
func BenchmarkDrain(b *testing.B) {
	db := openNew(b)
	m := newMaker(b)
	m.ok(db.AddCoop(b.Context(), m.coop("komona"), []byte(testPEM)))
	for i := range 1000 {
		host := coop.IRI(fmt.Sprintf("https://h%d.example", i))
		m.ok(db.AcceptFollow(b.Context(), coop.Follower{Coop: "komona", Actor: host + "/u", Follow: host + "/f", Box: host + "/inbox", Since: testNow}, coop.Seen{}, coop.Outgoing{}))
	}
	b.ResetTimer()
	for n, left := 0, 0; n < b.N; {
		if left == 0 {
			pub := m.post("komona", fmt.Sprintf("post-%d", n))
			pub.Out.Fans = []coop.Fan{{Document: pub.Out.Documents[0].ID, Names: []coop.Name{"komona"}}}
			_, err := db.Publish(b.Context(), pub)
			m.ok(err)
			left = 1000
		}
		jobs, _, err := db.Lease(b.Context(), coop.LeaseRequest{Now: testNow, Max: 64, PerHost: 2, Backoff: minute})
		m.ok(err)
		var wg sync.WaitGroup
		for _, j := range jobs {
			wg.Go(func() {
				v := coop.Verdict{State: coop.Done, Well: true, Attempt: coop.Attempt{At: testNow, Took: time.Millisecond, Status: 202}}
				if err := db.Settle(b.Context(), coop.Settlement{ID: j.ID, Verdict: v}); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		n, left = n+len(jobs), left-len(jobs)
	}
}
