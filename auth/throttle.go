// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"context"
	"slices"
	"sync"
	"time"

	"plenum/coop"
	"plenum/recent"
)

// window counts what happened lately, by key. Its zero value has counted nothing.
type window struct {
	mu   sync.Mutex
	seen recent.Map[string, []time.Time]
}

// windowKeys is how many keys are remembered. Whoever can have more keys counted than
// that has as many addresses, and more tries by those than by what is forgotten.
const windowKeys = 20_000

// take counts one for key and gives back 0, or how long to wait where there were most
// of them within the time. What may turn out well is counted before it is tried:
// otherwise many at once were one.
func (w *window) take(key string, most int, within time.Duration, now time.Time) (wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	times, _ := w.seen.Get(key)
	times = slices.DeleteFunc(slices.Clone(times), func(t time.Time) bool {
		return now.Sub(t) >= within || t.After(now) // the clock was set back
	})
	if len(times) >= most {
		return max(times[0].Add(within).Sub(now), time.Second)
	}
	w.seen.Put(key, append(times, now), 1, windowKeys)
	return 0
}

// undo takes back what was counted for key at a moment.
func (w *window) undo(key string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	times, _ := w.seen.Get(key)
	if i := slices.Index(times, at); i >= 0 {
		w.seen.Put(key, slices.Delete(slices.Clone(times), i, i+1), 1, windowKeys)
	}
}

// forget forgets what was counted for key.
func (w *window) forget(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.Remove(key)
}

// What may fail before one has to wait. A24.
const (
	addressFailures = 25
	addressWindow   = 5 * time.Minute
	accountFailures = 10
	accountWindow   = 15 * time.Minute
)

// attempt is a try to sign in, by the address that it comes from and by the account,
// where it has them.
type attempt struct {
	failures      *window
	from, account string
	at            time.Time
}

// attempt counts a try before anything is looked up for it.
func (s *Service) attempt(from, account string) (attempt, error) {
	a := attempt{failures: &s.failures, at: s.Now()}
	if from != "" {
		a.from = "address " + from
		if wait := a.failures.take(a.from, addressFailures, addressWindow, a.at); wait > 0 {
			return a, tooOften("too many failures to sign in from this address; try again later", wait)
		}
	}
	if account != "" {
		a.account = "account " + account
		if wait := a.failures.take(a.account, accountFailures, accountWindow, a.at); wait > 0 {
			return a, tooOften("too many failures to sign in to this account; try again later", wait)
		}
	}
	return a, nil
}

// forgiven takes the try back: nothing was found out by it. The account starts anew
// when somebody got in, the address does not: its owner may have an account of their
// own and try those of others in between.
func (a attempt) forgiven(in bool) {
	if a.from != "" {
		a.failures.undo(a.from, a.at)
	}
	switch {
	case a.account == "":
	case in:
		a.failures.forget(a.account)
	default:
		a.failures.undo(a.account, a.at)
	}
}

func tooOften(msg string, wait time.Duration) error {
	return &coop.Error{Code: coop.RateLimited, Op: "auth.throttle", Msg: msg, Retry: wait}
}

// gate lets a few in at a time, and not many wait: each run of argon2 takes memory.
type gate struct {
	mu      sync.Mutex
	slots   chan struct{}
	waiting int
}

const (
	gateSlots   = 2
	gateWaiting = 64
)

// enter waits for a place. leave is called once.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	g.mu.Lock()
	if g.slots == nil {
		g.slots = make(chan struct{}, gateSlots)
	}
	if g.waiting >= gateWaiting {
		g.mu.Unlock()
		return nil, &coop.Error{Code: coop.Unavailable, Op: "auth.gate", Msg: "too many people sign in at this moment; try again", Retry: 5 * time.Second}
	}
	g.waiting++
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.waiting--
		g.mu.Unlock()
	}()
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
