// SPDX-License-Identifier: AGPL-3.0-or-later

// Package delivery sends what waits in the queue: it leases jobs, signs each at
// the moment it is sent, posts it, judges the answer and tells the queue.
// docs/deliveries.md draws the states and the schedule for operators.
//
// It owns the schedule of attempts, the verdict on an answer and the words in
// which an operator reads it. It must not know how the queue is stored, what an
// activity says or who follows whom; nor does it know the guard that its client
// has, but for the method Refused of that guard's errors.
//
// Waiting is a time in the queue, and never a sleeping goroutine: an attempt is
// charged and its successor's time is set by Lease, before anything is sent. A
// crash therefore costs one attempt, a clean stop none.
package delivery

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"plenum/coop"
)

// Queue is where deliveries wait.
type Queue interface {
	// Lease stores what came of earlier jobs, charges an attempt to what is due
	// and returns it, with the time at which more will be: the zero time when
	// nothing waits. What is due but has to wait for a request in flight needs no
	// time, its result leads to a Lease. Where it fails it has done neither.
	Lease(ctx context.Context, r coop.LeaseRequest) (jobs []coop.Job, next time.Time, err error)
	// Settle stores what came of jobs, where nothing more is to be leased.
	Settle(ctx context.Context, settled ...coop.Settlement) error
	// Refund takes an attempt back that a clean stop interrupted.
	Refund(ctx context.Context, id coop.ID, now time.Time) error
	// Spread makes the deliveries of one step of a fan-out that is too large for
	// one transaction, and reports whether there are more steps.
	Spread(ctx context.Context) (more bool, err error)
	// Expire ends, as dead and with the attempt, some of the deliveries that wait
	// for a host and whose week began at the time or before it. 0: there are none.
	Expire(ctx context.Context, host string, begun time.Time, a coop.Attempt) (n int, err error)
	// Wake ends the rest of a host, and reports whether it had one.
	Wake(ctx context.Context, host string) (rested bool, err error)
	// Behind returns some of the followers that are delivered to at an inbox.
	Behind(ctx context.Context, inbox coop.IRI, most int) ([]coop.IRI, error)
}

// Keys has the private keys of our actors.
type Keys interface {
	// PrivateKey returns a key as PEM. It is asked before each attempt, so that a
	// new key is used from the next attempt on.
	PrivateKey(ctx context.Context, n coop.Name) ([]byte, error)
	// FormerKey returns, as PEM, the key that was in force until a document told
	// of another one, and nil for every other document.
	FormerKey(ctx context.Context, n coop.Name, document coop.ID) ([]byte, error)
	// Rotated returns when the key was changed, the zero time where it never was.
	Rotated(ctx context.Context, n coop.Name) (time.Time, error)
}

// Event is what came of an attempt, for whoever counts or shows them.
type Event struct {
	Job     coop.Delivery
	Verdict coop.Verdict
	Knocks  int // how many requests the attempt took
}

// Worker is the queue's other end. Its fields are set before Run and not changed
// afterwards. One Worker serves a queue: what is in flight is known to it alone.
type Worker struct {
	Queue  Queue
	Keys   Keys
	Client *http.Client // guarded, with a total deadline; redirects are never followed, whatever it says
	Site   coop.Site

	// Gone reports whether an actor's own document answers 410: only then may the
	// follower be removed. It is asked when an inbox answers 404 or 410, and must
	// have a deadline of its own. Where it is nil nobody is removed.
	Gone func(ctx context.Context, actor coop.IRI) bool

	Now      func() time.Time // time.Now where it is nil
	Rand     func() float64   // in [0,1), for the jitter of the schedule; random where it is nil
	Log      *slog.Logger     // nothing is logged where it is nil
	MaxHosts int              // how many hosts may have deliveries leased, on their way or to be signed; 512 where it is 0
	PerHost  int              // how many of them each host; 2 where it is 0. One inbox never has more than one
	Observe  func(Event)      // called after each attempt was settled, one after the other; may be nil

	once  sync.Once
	kick  chan struct{}
	hosts *breaker
}

// The times of the loop. Nothing depends on their exact values.
const (
	defaultHosts = 512
	defaultLimit = 30 * time.Second

	grace     = 10 * time.Second      // for requests in flight when we are told to stop
	lastGrace = 5 * time.Second       // for them to end once they are cancelled
	afterFail = time.Minute           // until a queue that failed is asked again
	firstFail = time.Second           // until results are told again that the queue did not take; then four times that
	longest   = 15 * time.Minute      // between two looks at the queue, so that a clock that was set is noticed
	gather    = 2 * time.Millisecond  // for results to come together before the next turn
	patience  = 40 * time.Millisecond // the same while the signers have enough to do
	lastTry   = 4                     // tries to tell a result, where the queue has room and still cannot take it
)

// What is leased ahead of the signers, for each of them.
const (
	lowAhead  = 4  // jobs below which any room is filled at once: a lease takes as long as signing a few
	fillAhead = 32 // jobs that a lease fills an empty backlog with, so that the first ones need not wait for hundreds
	idleAhead = 32 // goroutines that wait for another job
)

// Kick makes Run look at the queue now. It never blocks, it may be called before
// Run and by anybody; several kicks are one.
func (w *Worker) Kick() {
	w.ready()
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

func (w *Worker) ready() {
	w.once.Do(func() { w.kick, w.hosts = make(chan struct{}, 1), newBreaker() })
}

func (w *Worker) logger() *slog.Logger {
	if w.Log != nil {
		return w.Log
	}
	return slog.New(slog.DiscardHandler)
}

func (w *Worker) now() time.Time {
	if w.Now != nil {
		return w.Now()
	}
	return time.Now()
}

func (w *Worker) jitter() float64 {
	if w.Rand != nil {
		return w.Rand()
	}
	return rand.Float64()
}

// Run sends what is due until ctx ends. Then it starts nothing more, waits for the
// requests in flight, cancels those that take longer than ten seconds and refunds
// what got no answer. The error says that some would not end even then.
func (w *Worker) Run(ctx context.Context) error {
	r := newRun(ctx, w)
	defer r.cancel()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return r.drain()
		case x := <-r.done:
			r.take(x)
		case <-r.low:
		case <-w.kick:
			r.spreadAt = time.Now()
			r.at = later(r.spreadAt, r.notBefore)
		case <-timer.C:
		}
		timer.Reset(r.turn(ctx))
	}
}

// run is one call of Run. What the loop alone touches needs no lock. Its times are
// of the clock that cannot be set, and not of Now.
type run struct {
	*Worker
	client http.RoundTripper
	limit  time.Duration // for an attempt, from the first signature to the answer
	log    *slog.Logger
	stop   <-chan struct{} // nothing is begun any more
	ctx    context.Context // of the attempts; outlives the one that stops the loop
	cancel context.CancelFunc
	after  context.Context // of what is to be told to the queue; outlives both
	keys   keyring
	habits *habits

	sign     chan struct{} // a place for each core that signs
	ask      chan struct{} // a place for each inbox whose actors are asked after
	unsigned atomic.Int64  // jobs leased and not signed yet: the backlog of the signers
	low      chan struct{} // tells the loop that the backlog is low
	jobs     chan coop.Job // to those that wait for another one
	idle     atomic.Int64  // how many these are
	done     chan *result
	teller   teller

	// The loop's own.
	at        time.Time // when to lease next, whatever happens
	notBefore time.Time // after a failure of the queue: nothing is told or leased before
	turned    time.Time // the end of the last turn
	spreadAt  time.Time // when to spread next
	room      map[string]int
	inboxes   map[coop.IRI]bool
	running   int
	results   []*result // what the queue is to be told with the next turn
	failures  int       // of the queue, in a row
}

func newRun(ctx context.Context, w *Worker) *run {
	w.ready()
	r := &run{
		Worker: w,
		// Without the rest of a client: it follows redirects, and a signature is
		// for one target. A signed POST must not travel.
		client:  w.Client.Transport,
		limit:   w.Client.Timeout,
		log:     w.logger(),
		stop:    ctx.Done(),
		after:   context.WithoutCancel(ctx),
		habits:  newHabits(),
		sign:    make(chan struct{}, runtime.GOMAXPROCS(0)),
		ask:     make(chan struct{}, askAtOnce),
		low:     make(chan struct{}, 1),
		jobs:    make(chan coop.Job),
		done:    make(chan *result, 256),
		room:    make(map[string]int),
		inboxes: make(map[coop.IRI]bool),
	}
	if r.client == nil {
		r.client = http.DefaultTransport
	}
	if r.limit <= 0 {
		r.limit = defaultLimit
	}
	r.ctx, r.cancel = context.WithCancel(r.after)
	r.at = time.Now()
	r.spreadAt = r.at
	r.teller.begin(r)
	return r
}

func orDefault(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// turn tells the queue what came of jobs and leases more, when it is time to, and
// spreads between two leases. It returns for how long there is nothing to do.
func (r *run) turn(ctx context.Context) time.Duration {
	for ctx.Err() == nil {
		r.collect()
		now := time.Now()
		next := r.at
		if len(r.results) > 0 {
			next = earlier(next, r.settleAt())
		}
		switch {
		case !now.Before(next):
			r.lease(ctx, now)
		case !now.Before(r.spreadAt):
			r.spread(ctx, now)
		default:
			return earlier(next, r.spreadAt).Sub(now)
		}
	}
	return longest
}

// settleAt is when the queue is told of results. A turn is a transaction: while the
// signers have enough to do it waits for more of them, and it comes early enough
// for the signers never to run dry. Where few are on their way nobody is waited for.
func (r *run) settleAt() time.Time {
	enough := lowAhead * cap(r.sign)
	switch {
	case r.running < enough:
		return r.notBefore
	case int(r.unsigned.Load()) <= enough:
		return later(r.notBefore, r.turned.Add(gather))
	}
	return later(r.notBefore, r.turned.Add(patience))
}

// lease tells the queue what came of jobs, starts what is due and sets when to
// lease again.
func (r *run) lease(ctx context.Context, now time.Time) {
	told := r.results
	r.results = nil
	for _, x := range told {
		r.vacate(x.job)
	}
	most := max(0, min(orDefault(r.MaxHosts, defaultHosts)-len(r.room), fillAhead*cap(r.sign)+4*int(r.unsigned.Load())))
	r.at = now.Add(longest)
	if most == 0 && len(told) == 0 {
		return // a result leads here again
	}
	wall := r.now()
	var jobs []coop.Job
	var next time.Time
	err := r.guarded(func() (err error) {
		jobs, next, err = r.Queue.Lease(ctx, coop.LeaseRequest{
			Settled: settlements(told), Now: wall, Max: most, PerHost: orDefault(r.PerHost, 2), Hosts: r.room, Inboxes: r.inboxes, Probe: restTime,
			Backoff: func(attempts int) time.Duration { return Backoff(attempts, r.jitter()) },
		})
		return err
	})
	if err != nil {
		r.failed(ctx, told, err)
		return
	}
	r.failures, r.notBefore = 0, time.Time{}
	r.teller.tell(told)
	for _, j := range jobs {
		r.occupy(j)
		r.unsigned.Add(1)
		r.begin(j)
	}
	switch {
	case most > 0 && len(jobs) == most:
		r.at = now // there may be more that is due, and room for it
	case next.After(wall):
		r.at = earlier(r.at, now.Add(next.Sub(wall)))
	case !next.IsZero() && r.running == 0:
		r.at = now.Add(time.Second) // due, and yet not leased: not at once again
	}
	r.turned = time.Now()
}

// spread takes a large fan-out one step further. Whoever stores one kicks.
func (r *run) spread(ctx context.Context, now time.Time) {
	more := false
	err := r.guarded(func() (err error) {
		more, err = r.Queue.Spread(ctx)
		return err
	})
	switch {
	case err != nil:
		if ctx.Err() == nil {
			r.log.ErrorContext(ctx, "a fan-out could not be spread", "err", err)
		}
		r.spreadAt = now.Add(afterFail)
		return
	case !more:
		r.spreadAt = now.Add(longest)
		return
	}
	r.at = later(time.Now(), r.notBefore) // for what it has made
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
