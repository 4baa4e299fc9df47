// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"plenum/coop"
)

// result is what came of a job.
type result struct {
	job     coop.Job
	verdict coop.Verdict // without a state there is nothing to tell
	answer  answer
	pulse   pulse // of the host
	tries   int   // to tell the queue alone, in vain
}

func settlements(list []*result) []coop.Settlement {
	told := make([]coop.Settlement, len(list))
	for i, x := range list {
		told[i] = coop.Settlement{ID: x.job.ID, Verdict: x.verdict}
	}
	return told
}

// occupy takes what a job needs: a request of its host, and its inbox.
func (r *run) occupy(j coop.Job) {
	r.running++
	r.room[j.Host]++
	r.inboxes[j.Inbox] = true
}

// vacate gives back what a job occupied. What waited for that host, inbox or post
// may be due now.
func (r *run) vacate(j coop.Job) {
	r.running--
	if r.room[j.Host]--; r.room[j.Host] == 0 {
		delete(r.room, j.Host)
	}
	delete(r.inboxes, j.Inbox)
}

// take keeps a result for the next turn. The job occupies its place until the
// result is stored: the same inbox must not get the same thing again.
func (r *run) take(x *result) {
	if x.verdict.State == "" {
		r.vacate(x.job)
		r.at = later(time.Now(), r.notBefore) // for what waited for its place
		return
	}
	r.results = append(r.results, x)
}

func (r *run) collect() {
	for {
		select {
		case x := <-r.done:
			r.take(x)
		default:
			return
		}
	}
}

// failed keeps what the queue was not told, to tell it again: each by itself, in
// case that one of them is the reason. A disk that is full must not make us send
// the same thing to the same inbox as fast as it answers.
func (r *run) failed(ctx context.Context, told []*result, err error) {
	for _, x := range told {
		r.occupy(x.job)
	}
	if ctx.Err() != nil {
		r.results = append(told, r.results...)
		return
	}
	r.log.ErrorContext(ctx, "no deliveries could be leased", "err", err, "results", len(told))
	wait := afterFail
	if len(told) > 0 {
		wait = min(afterFail, firstFail<<(2*min(r.failures, 3)))
		r.failures++
		if again := r.each(told); len(again) > 0 {
			r.results = append(again, r.results...)
		} else {
			wait = 0
		}
	}
	r.notBefore = time.Now().Add(wait)
	r.at = r.notBefore
}

// each tells results one by one and returns those that are to be told again. What
// the queue cannot take although it has room is left alone in the end: it was
// charged, and comes again when its time comes.
func (r *run) each(list []*result) (again []*result) {
	for _, x := range list {
		err := r.settle(x)
		x.tries++
		switch {
		case err == nil:
			r.teller.tell([]*result{x})
		case coop.CodeOf(err) == coop.Unavailable, x.tries < lastTry:
			again = append(again, x)
			continue
		default:
			r.log.ErrorContext(r.after, "a delivery could not be settled", "host", x.job.Host, "err", err)
		}
		r.vacate(x.job)
	}
	return again
}

// drain waits for what is in flight, for a time, and stores what came of it.
func (r *run) drain() error {
	defer r.teller.end()
	defer r.cancel() // what the teller still does can be done another time
	defer close(r.jobs)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	for {
		r.collect()
		if told := r.results; len(told) > 0 {
			r.results = nil
			r.last(told)
		}
		if r.running == 0 {
			return nil
		}
		select {
		case x := <-r.done:
			r.take(x)
		case <-timer.C:
			if r.ctx.Err() != nil {
				return fmt.Errorf("delivery: %d requests in flight did not end when they were cancelled", r.running)
			}
			r.cancel()
			timer.Reset(lastGrace)
		}
	}
}

// last tells the queue of results for the last time: all at once, and each by itself
// where that fails.
func (r *run) last(told []*result) {
	if err := r.settle(told...); err == nil {
		for _, x := range told {
			r.vacate(x.job)
		}
		r.teller.tell(told)
		return
	}
	lost := r.each(told)
	for _, x := range lost {
		r.vacate(x.job)
	}
	if len(lost) > 0 {
		r.log.ErrorContext(r.after, "deliveries could not be settled", "results", len(lost))
	}
}

// settle tells the queue of results alone.
func (r *run) settle(told ...*result) error {
	return r.guarded(func() error { return r.Queue.Settle(r.after, settlements(told)...) })
}

// errQueue stands for a panic of the queue.
var errQueue = errors.New("the queue panicked, see the log")

// guarded makes an error of a panic of the queue: one row over which it trips must
// not end the loop, and with it all deliveries.
func (r *run) guarded(ask func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.ErrorContext(r.after, "the queue panicked", "err", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errQueue
		}
	}()
	return ask()
}

// teller tells everybody else what was settled, beside the loop: the log, whoever
// observes, and the deliveries whose fate hangs on it.
type teller struct {
	list chan []*result
	done sync.WaitGroup
}

func (t *teller) begin(r *run) {
	t.list = make(chan []*result, 64)
	t.done.Go(func() {
		for list := range t.list {
			for _, x := range list {
				r.announce(x)
			}
		}
	})
}

func (t *teller) tell(list []*result) {
	if len(list) > 0 {
		t.list <- list
	}
}

func (t *teller) end() {
	close(t.list)
	t.done.Wait()
}

// announce tells of one result. A panic of Observe costs nothing else.
func (r *run) announce(x *result) {
	defer func() {
		if p := recover(); p != nil {
			r.panicked(x.job, p)
		}
	}()
	r.report(x.job, x.verdict, x.answer)
	r.tell(x.job, x.verdict)
	r.clear(x.job, x.verdict, x.pulse)
	if r.Observe != nil {
		r.Observe(Event{Job: x.job.Delivery, Verdict: x.verdict, Knocks: x.answer.knocks})
	}
}
