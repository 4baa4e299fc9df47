// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plenum/coop"
	"plenum/delivery"
)

// poisoned is a queue that cannot store what came of one delivery, nor anything
// that it is told together with that.
type poisoned struct {
	*queue
	id     coop.ID
	panics bool
	slow   time.Duration // for how long each call of Settle and Expire takes
}

var errPoison = errors.New("a row cannot be read")

func (p *poisoned) check(settled []coop.Settlement) error {
	if !slices.ContainsFunc(settled, func(s coop.Settlement) bool { return s.ID == p.id }) {
		return nil
	}
	if p.panics {
		panic(errPoison)
	}
	return errPoison
}

func (p *poisoned) Lease(ctx context.Context, r coop.LeaseRequest) ([]coop.Job, time.Time, error) {
	if err := p.check(r.Settled); err != nil {
		return nil, time.Time{}, err
	}
	return p.queue.Lease(ctx, r)
}

func (p *poisoned) Settle(ctx context.Context, settled ...coop.Settlement) error {
	time.Sleep(p.slow)
	if err := p.check(settled); err != nil {
		return err
	}
	return p.queue.Settle(ctx, settled...)
}

func (p *poisoned) Expire(ctx context.Context, host string, begun time.Time, a coop.Attempt) (int, error) {
	time.Sleep(p.slow)
	return p.queue.Expire(ctx, host, begun, a)
}

func TestPanicOfTheQueueCostsOneDelivery(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &queue{}
		rows := many(q, 12)
		w := worker(t, q, always(202))
		w.Queue = &poisoned{queue: q, id: rows[3].ID, panics: true}
		stop := start(t, w)
		time.Sleep(2 * time.Minute)
		stop()
		for i, r := range rows {
			if want := i != 3; (r.State == coop.Done) != want {
				t.Errorf("%s: got %s, want done: %v", r.Inbox, r.State, want)
			}
		}
	})
}

func TestResultThatCannotBeStoredTakesNoOthersWithItAtAStop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &queue{}
		var rows []*row
		for i := range 6 {
			rows = append(rows, q.add(fmt.Sprintf("https://h%d.example/inbox", i)))
		}
		net := &network{answer: func(int, *http.Request) (*http.Response, error) {
			time.Sleep(2 * time.Second) // all at once, after the worker was told to stop
			return status(202), nil
		}}
		w := worker(t, q, net)
		w.Queue = &poisoned{queue: q, id: rows[3].ID, slow: time.Second} // so that results come together
		var told atomic.Int64
		w.Observe = func(delivery.Event) { told.Add(1) }
		stop := start(t, w)
		time.Sleep(time.Second)
		stop()
		for i, r := range rows {
			if want := i != 3; (r.State == coop.Done) != want || len(r.verdicts) > 1 {
				t.Errorf("%s: got %s and %d verdicts, want done: %v", r.Inbox, r.State, len(r.verdicts), want)
			}
		}
		if told.Load() != 5 {
			t.Errorf("%d results were told of, want 5", told.Load())
		}
	})
}

// givenUp is a queue in which many deliveries wait for a host that is given up with
// the next attempt.
func givenUp(rows int) *queue {
	q := &queue{}
	now := time.Now()
	for _, r := range many(q, rows) {
		r.Created, r.Attempts = now.Add(-8*24*time.Hour), 12
	}
	q.rests = map[string]*coop.Rest{"b.example": {Host: "b.example", Since: now.Add(-8 * 24 * time.Hour), Until: now, Failures: 300}}
	return q
}

func TestStopDoesNotWaitForABacklogToExpire(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := givenUp(1000)
		w := worker(t, q, always(503))
		w.Queue = &poisoned{queue: q, slow: time.Second}
		stop := start(t, w)
		time.Sleep(5500 * time.Millisecond)
		at := time.Now()
		stop()
		if took := time.Since(at); took > time.Second {
			t.Errorf("stopping took %v, want what one step takes", took)
		}
		if len(q.expired) != 6 {
			t.Errorf("got %d steps, want 6", len(q.expired))
		}
	})
}

func TestBacklogThatExpiresHoldsNobodyUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, began, net := givenUp(1000), time.Now(), always(202)
		net.answer = func(_ int, r *http.Request) (*http.Response, error) {
			if r.URL.Host == "b.example" {
				return status(503), nil
			}
			return status(202), nil
		}
		for range 200 {
			q.add("https://c.example/inbox") // one after the other
		}
		w := worker(t, q, net)
		w.Queue = &poisoned{queue: q, slow: time.Second}
		stop := start(t, w)
		time.Sleep(30 * time.Second)
		if got := net.arrivals("https://c.example/inbox", began); len(got) != 200 {
			t.Errorf("another host got %d of 200 deliveries while a backlog expired", len(got))
		}
		stop()
	})
}

func TestPanicOfAnObserverKeepsNobodyWaiting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := givenUp(20)
		w := worker(t, q, always(503))
		w.Observe = func(delivery.Event) { panic("a bug") }
		stop := start(t, w)
		synctest.Wait()
		stop()
		for _, r := range q.rows {
			if r.State != coop.Dead {
				t.Errorf("%s: got %s", r.Inbox, r.State)
			}
		}
	})
}

// An attempt of which nobody can say what came of it frees its inbox all the same.
func TestAttemptWithoutAVerdictHoldsNobodyUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began, q, net := time.Now(), &queue{}, always(202)
		q.add("https://b.example/inbox")
		q.add("https://b.example/inbox")
		w := worker(t, q, net)
		var asked atomic.Int64
		w.Rand = func() float64 {
			if asked.Add(1) == 2 { // after the first answer
				panic("a bug")
			}
			return 0.5
		}
		stop := start(t, w)
		time.Sleep(time.Minute)
		stop()
		if got, want := net.arrivals("https://b.example/inbox", began), []time.Duration{0, 0, 30 * time.Second}; !slices.Equal(got, want) {
			t.Errorf("got requests after %v want %v", got, want)
		}
	})
}
