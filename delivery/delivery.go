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
	"time"

	"plenum/coop"
)

// Queue is where deliveries wait. Settle and Refund are called by many goroutines
// at once, so that a store can put them into one transaction.
type Queue interface {
	// Lease charges an attempt to what is due and returns it, with the time at
	// which more will be: the zero time when nothing waits. What is due but has
	// to wait for a request in flight needs no time, its result leads to a Lease.
	Lease(ctx context.Context, r coop.LeaseRequest) (jobs []coop.Job, next time.Time, err error)
	Settle(ctx context.Context, id coop.ID, v coop.Verdict) error
	// Refund takes an attempt back that a clean stop interrupted.
	Refund(ctx context.Context, id coop.ID, now time.Time) error
}

// Keys has the private keys of our actors.
type Keys interface {
	// PrivateKey returns a key as PEM. It is asked before each attempt, so that a
	// new key is used from the next attempt on.
	PrivateKey(ctx context.Context, n coop.Name) ([]byte, error)
	// FormerKey returns, as PEM, the key that was in force until a document told
	// of another one, and nil for every other document.
	FormerKey(ctx context.Context, n coop.Name, document coop.ID) ([]byte, error)
}

// Event is what came of an attempt, for whoever counts or shows them.
type Event struct {
	Job     coop.Delivery
	Verdict coop.Verdict
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
	MaxHosts int              // how many hosts may have requests in flight; 256 where it is 0
	PerHost  int              // how many of them each host; 2 where it is 0. One inbox never has more than one
	Observe  func(Event)      // called after each attempt was settled, by many goroutines; may be nil

	once sync.Once
	kick chan struct{}
}

// The times of the loop. Nothing depends on their exact values.
const (
	grace     = 10 * time.Second      // for requests in flight when we are told to stop
	lastGrace = 5 * time.Second       // for them to end once they are cancelled
	afterFail = time.Minute           // until a queue that failed is asked again
	longest   = 15 * time.Minute      // between two looks at the queue, so that a clock that was set is noticed
	gather    = 10 * time.Millisecond // for results to come together before more is leased
)

// Kick makes Run look at the queue now. It never blocks, it may be called before
// Run and by anybody; several kicks are one.
func (w *Worker) Kick() {
	select {
	case w.kicks() <- struct{}{}:
	default:
	}
}

func (w *Worker) kicks() chan struct{} {
	w.once.Do(func() { w.kick = make(chan struct{}, 1) })
	return w.kick
}

// Run sends what is due until ctx ends. Then it leases nothing more, waits for the
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
		case s := <-r.done:
			r.free(s)
		case <-w.kicks():
			r.at = r.now()
		case <-timer.C:
		}
		r.turn(ctx)
		timer.Reset(r.at.Sub(r.now()))
	}
}

// run is one call of Run. What the loop alone touches needs no lock.
type run struct {
	*Worker
	client http.Client
	log    *slog.Logger
	ctx    context.Context // of the attempts; outlives the one that stops the loop
	cancel context.CancelFunc
	sign   chan struct{} // a place for each core that signs
	keys   keyring

	// The loop's own.
	at      time.Time // when to lease next
	hosts   map[string]int
	inboxes map[coop.IRI]bool
	running int
	done    chan slot
}

// slot is what a job in flight occupies.
type slot struct {
	host  string
	inbox coop.IRI
}

func newRun(ctx context.Context, w *Worker) *run {
	r := &run{
		Worker:  w,
		client:  *w.Client,
		log:     w.Log,
		sign:    make(chan struct{}, runtime.GOMAXPROCS(0)),
		hosts:   make(map[string]int),
		inboxes: make(map[coop.IRI]bool),
		done:    make(chan slot, 64),
	}
	// A signature is for one target: a signed POST must not travel.
	r.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	r.ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	r.at = r.now()
	return r
}

func (r *run) now() time.Time {
	if r.Now != nil {
		return r.Now()
	}
	return time.Now()
}

func (r *run) jitter() float64 {
	if r.Rand != nil {
		return r.Rand()
	}
	return rand.Float64()
}

func (r *run) maxHosts() int { return orDefault(r.MaxHosts, 256) }

func (r *run) perHost() int { return orDefault(r.PerHost, 2) }

func orDefault(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// free gives back what a job occupied. What waited for that host, inbox or post may
// be due now. A lease is a transaction, so while the signers have enough to do one
// lease serves all results of some milliseconds.
func (r *run) free(s slot) {
	r.running--
	if r.hosts[s.host]--; r.hosts[s.host] == 0 {
		delete(r.hosts, s.host)
	}
	delete(r.inboxes, s.inbox)
	soon := r.now()
	if r.running >= 4*cap(r.sign) {
		soon = soon.Add(gather)
	}
	if soon.Before(r.at) {
		r.at = soon
	}
}

// turn takes the results that are there and leases when it is time to.
func (r *run) turn(ctx context.Context) {
	for {
		select {
		case s := <-r.done:
			r.free(s)
			continue
		default:
		}
		break
	}
	for ctx.Err() == nil && !r.now().Before(r.at) {
		r.lease(ctx)
	}
}

// lease starts what is due and sets when to lease again.
func (r *run) lease(ctx context.Context) {
	now := r.now()
	r.at = now.Add(longest)
	most := r.maxHosts() - len(r.hosts)
	if most <= 0 {
		return // a result leads here again
	}
	jobs, next, err := r.Queue.Lease(ctx, coop.LeaseRequest{
		Now: now, Max: most, PerHost: r.perHost(), Hosts: r.hosts, Inboxes: r.inboxes,
		Backoff: func(attempts int) time.Duration { return Backoff(attempts, r.jitter()) },
	})
	if err != nil {
		if ctx.Err() == nil {
			r.log.ErrorContext(ctx, "no deliveries could be leased", "err", err)
		}
		r.at = now.Add(afterFail)
		return
	}
	for _, j := range jobs {
		r.running++
		r.hosts[j.Host]++
		r.inboxes[j.Inbox] = true
		go r.deliver(j)
	}
	switch {
	case len(jobs) == most:
		r.at = now // several may have gone to one host: there may be room for more
	case next.After(now):
		r.at = earlier(r.at, next)
	case !next.IsZero() && r.running == 0:
		r.at = now.Add(time.Second) // due, and yet not leased: not at once again
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
