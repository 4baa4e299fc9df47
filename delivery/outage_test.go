// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plenum/coop"
	"plenum/delivery"
)

// outage is a network on which a host answers 503 until a time.
func outage(until time.Time) *network {
	return &network{answer: func(int, *http.Request) (*http.Response, error) {
		if time.Now().Before(until) {
			return status(503), nil
		}
		return status(202), nil
	}}
}

// many puts deliveries to as many inboxes of one host into a queue.
func many(q *queue, n int) (rows []*row) {
	for i := range n {
		rows = append(rows, q.add(fmt.Sprintf("https://b.example/%d/inbox", i)))
	}
	return rows
}

// minutes counts the requests to a host by the minute.
func (n *network) minutes(since time.Time) map[int]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := map[int]int{}
	for _, times := range n.seen {
		for _, at := range times {
			out[int(at.Sub(since)/time.Minute)]++
		}
	}
	return out
}

func attempts(rows []*row) (n int) {
	for _, r := range rows {
		n += r.Attempts
	}
	return n
}

func TestHostThatFailsIsProbedOnceInHalfAnHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began, q := time.Now(), &queue{}
		net := outage(began.Add(170 * time.Minute))
		rows := many(q, 40)
		stop := start(t, worker(t, q, net))
		time.Sleep(169 * time.Minute)
		synctest.Wait()
		got := net.minutes(began)
		if first := got[0]; first < 5 || first > 6 {
			t.Errorf("got %d requests until the host was given time, want 5, and what was on its way", first)
		}
		for _, m := range []int{30, 60, 90, 120, 150} {
			if got[m] != 1 {
				t.Errorf("got %d requests in minute %d, want a probe", got[m], m)
			}
		}
		q.locked(func() {
			if sent := got[0] + 5; len(got) != 6 || attempts(rows) != sent {
				t.Errorf("got requests in %d minutes and %d attempts charged for %d", len(got), attempts(rows), sent)
			}
			if rest := q.rests["b.example"]; rest == nil || rest.Failures != got[0]+5 || !rest.Since.Equal(began) || rest.Cause != coop.CauseUnavailable {
				t.Errorf("got %+v", rest)
			}
		})
		time.Sleep(12 * time.Minute) // the probe after 180 minutes is answered
		stop()
		for _, r := range rows {
			if r.State != coop.Done {
				t.Errorf("%s: got %s, next %v", r.Inbox, r.State, r.Next)
			}
		}
		if len(q.rests) != 0 {
			t.Error("the host still rests")
		}
	})
}

func TestHostThatIsHeardFromGetsItsDeliveriesAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began, q := time.Now(), &queue{}
		net := outage(began.Add(7 * time.Minute))
		rows := many(q, 40)
		w := worker(t, q, net)
		stop := start(t, w)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		w.Heard("c.example")
		synctest.Wait()
		if got := net.minutes(began); got[10] != 0 {
			t.Errorf("got %d requests when another host was heard from", got[10])
		}
		w.Heard("b.example")
		synctest.Wait()
		stop()
		done := 0
		for _, r := range rows {
			if r.State == coop.Done {
				done++
			}
		}
		// Those that failed wait for their time, all others were charged nothing.
		if done < 40-6 || attempts(rows) > 40+6 {
			t.Errorf("got %d of 40 done after %d attempts", done, attempts(rows))
		}
		if !slices.Equal(q.woken, []string{"c.example", "b.example"}) {
			t.Errorf("woken: %v", q.woken)
		}
	})
}

func TestHeardForgetsFailures(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, net := &queue{}, always(503)
		w := worker(t, q, net)
		many(q, 4)
		w.Heard("b.example") // before Run, too
		stop := start(t, w)
		synctest.Wait()
		w.Heard("b.example")
		time.Sleep(time.Minute) // the second attempts are four more failures
		synctest.Wait()
		q.locked(func() {
			if len(q.rests) != 0 {
				t.Error("the host is given time after four failures")
			}
		})
		time.Sleep(10 * time.Minute)
		stop()
		if len(q.rests) != 1 {
			t.Error("the host is given no time")
		}
	})
}

// After a restart nothing is known of a host but its rest, which was stored.
func TestRestOutlivesTheWorker(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began, q, net := time.Now(), &queue{}, always(503)
		many(q, 10)
		stop := start(t, worker(t, q, net))
		time.Sleep(time.Minute)
		stop()
		stop = start(t, worker(t, q, net))
		time.Sleep(70 * time.Minute)
		stop()
		rest, got := q.rests["b.example"], net.minutes(began)
		// Of two failures at once the first may be the last to be stored.
		if got[30] != 1 || got[60] != 1 || len(got) != 3 || rest.Failures < 7 || !rest.Since.Equal(began) {
			t.Errorf("got requests %v and %+v", got, rest)
		}
	})
}

func TestAllThatWaitsForAHostEndsWithItsWeek(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began, q := time.Now(), &queue{}
		net := outage(began.Add(8 * 24 * time.Hour))
		rows := many(q, 9)
		stop := start(t, worker(t, q, net))
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		late := q.add("https://b.example/late/inbox")
		time.Sleep(6*24*time.Hour - time.Hour)
		synctest.Wait()
		q.locked(func() {
			for _, r := range rows {
				if r.State != coop.Waiting {
					t.Errorf("%s: got %s after %d attempts before its week was over", r.Inbox, r.State, r.Attempts)
				}
			}
		})
		time.Sleep(90 * time.Minute)
		synctest.Wait()
		q.locked(func() {
			for _, r := range rows {
				last := r.verdicts[len(r.verdicts)-1].Attempt
				if r.State != coop.Dead || last.Reason != "given up after seven days: the server is not available (503)" || last.Cause != coop.CauseUnavailable {
					t.Errorf("%s: got %s, %+v", r.Inbox, r.State, last)
				}
			}
			if len(q.expired) < 4 || q.expired[len(q.expired)-1] != 0 {
				t.Errorf("steps: %v", q.expired)
			}
			if late.State != coop.Waiting {
				t.Errorf("what has a day left is %s", late.State)
			}
		})
		// Somebody asks for one again, and the host comes back.
		q.locked(func() {
			rows[3].State, rows[3].Attempts, rows[3].Next, rows[3].Revived = coop.Waiting, 0, time.Now(), time.Now()
		})
		time.Sleep(40 * time.Hour)
		stop()
		if rows[3].State != coop.Done || late.State != coop.Done {
			t.Errorf("got %s and %s once the host was back", rows[3].State, late.State)
		}
	})
}

// With a clock that jumps a month ahead nothing is given up, and with one that is
// set back the queue goes on being looked at.
func TestClockThatIsSetEndsNothing(t *testing.T) {
	for name, jump := range map[string]time.Duration{"ahead": 30 * 24 * time.Hour, "back": -365 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var offset atomic.Int64
				q := &queue{}
				net := outage(time.Now().Add(time.Hour))
				w := worker(t, q, net)
				w.Now = func() time.Time { return time.Now().Add(time.Duration(offset.Load())).Round(0) } // as a clock on the wall
				row := q.add("https://b.example/inbox")
				stop := start(t, w)
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				offset.Store(int64(jump))
				fresh := q.add("https://c.example/inbox")
				q.locked(func() { fresh.Created, fresh.Next = w.Now(), w.Now() })
				time.Sleep(16 * time.Minute)
				synctest.Wait()
				synctest.Wait()
				q.locked(func() {
					if fresh.Attempts == 0 {
						t.Error("the queue is not looked at")
					}
				})
				time.Sleep(26 * time.Hour)
				stop()
				if fresh.State != coop.Done {
					t.Errorf("got %s", fresh.State)
				}
				if row.State == coop.Dead || jump > 0 && row.State != coop.Done {
					t.Errorf("got %s after %d attempts", row.State, row.Attempts)
				}
			})
		})
	}
}

func TestFollowersBehindAnInboxThatIsGoneAreAskedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &queue{followers: map[coop.IRI][]coop.IRI{}}
		for n := range 30 {
			q.followers["https://b.example/inbox"] = append(q.followers["https://b.example/inbox"], coop.IRI(fmt.Sprintf("https://b.example/%d", n)))
		}
		row := q.add("https://b.example/inbox")
		w := worker(t, q, always(410))
		var asked atomic.Int32
		w.Gone = func(_ context.Context, a coop.IRI) bool {
			asked.Add(1)
			return strings.HasSuffix(string(a), "/7")
		}
		stop := start(t, w)
		synctest.Wait()
		stop()
		if row.State != coop.Left || !slices.Equal(row.verdicts[0].Remove, []coop.IRI{"https://b.example/7"}) || asked.Load() != 20 {
			t.Errorf("got %+v after %d questions", row.verdicts, asked.Load())
		}
	})
}

// Hosts that say that their inboxes are gone, and are silent when they are asked after
// their actors, must not keep all who fetch busy.
func TestFewInboxesAreAskedAfterAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &queue{}
		for n := range 100 {
			q.add(fmt.Sprintf("https://h%d.example/inbox", n), coop.IRI(fmt.Sprintf("https://h%d.example/ada", n)))
		}
		w := worker(t, q, always(410))
		var now, most, left atomic.Int32
		w.Gone = func(context.Context, coop.IRI) bool {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(10 * time.Second)
			now.Add(-1)
			return left.Add(1) == 1
		}
		stop := start(t, w)
		time.Sleep(2 * time.Minute)
		stop()
		ended := map[coop.DeliveryState]int{}
		for _, r := range q.rows {
			ended[r.State]++
		}
		if most.Load() != 8 || ended[coop.Left] != 1 || ended[coop.Dead] != 99 {
			t.Errorf("%d inboxes were asked after at once, and ended %v; want 8, and all ended", most.Load(), ended)
		}
	})
}

// Who is interrupted while asking has learnt nothing: the delivery is not given up.
func TestQuestionThatIsInterruptedIsNoAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &queue{}
		row := q.add("https://b.example/inbox", "https://b.example/ada")
		w := worker(t, q, always(410))
		w.Gone = func(ctx context.Context, _ coop.IRI) bool {
			<-ctx.Done()
			return false
		}
		stop := start(t, w)
		time.Sleep(time.Second)
		stop()
		if row.State != coop.Waiting || row.refunded != 1 || row.Attempts != 0 {
			t.Errorf("got %s, %+v", row.State, row.verdicts)
		}
	})
}

func TestFanOutIsSpreadBetweenLeases(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began, q, net := time.Now(), &queue{spread: 20}, always(202)
		w := worker(t, q, net)
		stop := start(t, w)
		synctest.Wait()
		q.locked(func() {
			if q.spread != 0 {
				t.Errorf("%d steps are left after the start", q.spread)
			}
		})
		q.mu.Lock()
		q.spread, q.spreadErr = 3, errDisk
		q.mu.Unlock()
		w.Kick()
		time.Sleep(59 * time.Second)
		synctest.Wait()
		q.locked(func() {
			if q.steps != 20 {
				t.Error("a queue that failed was asked at once again")
			}
		})
		time.Sleep(2 * time.Second)
		stop()
		for n := 1; n <= 23; n++ {
			if got := net.arrivals(fmt.Sprintf("https://s%d.example/inbox", n), began); len(got) != 1 {
				t.Errorf("step %d: got requests after %v", n, got)
			}
		}
	})
}

// vault is a delivery.Keys that gives out no key until it is opened.
type vault struct {
	*ring
	open chan struct{}
}

func (v *vault) PrivateKey(ctx context.Context, n coop.Name) ([]byte, error) {
	<-v.open
	return v.ring.PrivateKey(ctx, n)
}

// What was leased ahead and not signed yet when the worker stops is not begun.
func TestStopBeginsNothingThatWasLeasedAhead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, pem := first()
		q, net := &queue{}, always(202)
		var rows []*row
		for n := range 100 {
			rows = append(rows, q.add(fmt.Sprintf("https://h%d.example/inbox", n)))
		}
		keys := &vault{&ring{key: pem}, make(chan struct{})}
		w := worker(t, q, net)
		w.Keys = keys
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Run(ctx) }()
		synctest.Wait()
		if n := attempts(rows); n < 64 {
			t.Errorf("only %d were leased ahead", n)
		}
		cancel()
		synctest.Wait()
		close(keys.open)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		done := 0
		for _, r := range rows {
			switch {
			case r.State == coop.Done:
				done++
			case r.State != coop.Waiting || r.Attempts != 0:
				t.Errorf("%s: got %s after %d attempts", r.Inbox, r.State, r.Attempts)
			}
		}
		if done == 0 || done > 64 {
			t.Errorf("%d were sent, want those that were being signed", done)
		}
	})
}

// A lease is a transaction: many results are to share one.
func TestLeasesAreFew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &queue{}
		var rows []*row
		for n := range 400 {
			rows = append(rows, q.add(fmt.Sprintf("https://h%d.example/inbox", n)))
		}
		stop := start(t, worker(t, q, always(202)))
		synctest.Wait()
		stop()
		for _, r := range rows {
			if r.State != coop.Done {
				t.Errorf("%s: got %s", r.Inbox, r.State)
			}
		}
		if q.leases > 100 {
			t.Errorf("%d leases for 400 deliveries", q.leases)
		}
	})
}

// A host that takes its time for each knock has no more of it than any other.
func TestAllKnocksShareOneDeadline(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &queue{}
		row := q.add("https://b.example/inbox?a=b")
		net := &network{answer: func(_ int, r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(20 * time.Second):
				return status(401), nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}}
		w := worker(t, q, net)
		events := make(chan delivery.Event, 1)
		w.Observe = func(e delivery.Event) { events <- e }
		stop := start(t, w)
		time.Sleep(31 * time.Second)
		stop()
		e := <-events
		if e.Knocks != 2 || e.Verdict.Attempt.Took != 30*time.Second || e.Verdict.Attempt.Status != 401 || row.State != coop.Waiting {
			t.Errorf("got %+v", e)
		}
	})
}

// A host that asks for a day each time is asked seven times in a week: too few for
// every delivery to have had attempts enough, and yet none waits for ever.
func TestHostThatAlwaysAsksForADayIsGivenUpAfterAWeek(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &queue{}
		rows := many(q, 30)
		net := &network{answer: func(int, *http.Request) (*http.Response, error) {
			res := status(503)
			res.Header.Set("Retry-After", "86400")
			return res, nil
		}}
		stop := start(t, worker(t, q, net))
		time.Sleep(7*24*time.Hour - time.Minute)
		q.locked(func() {
			for _, r := range rows {
				if r.State != coop.Waiting {
					t.Errorf("%s: got %s before the week was over", r.Inbox, r.State)
				}
			}
		})
		time.Sleep(24 * time.Hour)
		stop()
		for _, r := range rows {
			if r.State != coop.Dead {
				t.Errorf("%s: got %s", r.Inbox, r.State)
			}
		}
		if n := attempts(rows); n > 9 {
			t.Errorf("got %d attempts in a week at a host that asked for a day each time", n)
		}
	})
}
