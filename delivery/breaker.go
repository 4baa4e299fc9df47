// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"plenum/coop"
)

// The numbers of the breaker. docs/deliveries.md.
const (
	openAfter = 5                  // failures in a row
	restTime  = 30 * time.Minute   // until a host is probed
	maxTally  = 32 << 10           // hosts whose failures are counted; one that is forgotten is counted anew
	tallyAge  = 48 * time.Hour     // more than the longest wait between two attempts
	hopeless  = 100                // failures in a row that tell a host which is gone from a clock that was set: half an hour each, they take two days
	longIll   = 6 * 24 * time.Hour // what tells it as well, by a clock that cannot be set: a host that asks for a day each time fails seldom
	wakeLimit = 10 * time.Second   // for telling the queue that a host was heard from
)

// health is what an answer says about a host, whatever it says about a delivery.
type health int

const (
	unknown health = iota // nothing was learnt
	ill                   // it does not work
	well                  // it does: somebody is there and says something
)

// healthOf tells a host that does not work from one that does not want us. A
// failure on our side, and a URL that nothing was sent to, say nothing.
func healthOf(a answer) health {
	if a.err != nil {
		switch cause, _, _ := explain(a); cause {
		case coop.CauseOurs, coop.CauseBadURL:
			return unknown
		}
		return ill
	}
	switch {
	case a.status == http.StatusTooManyRequests, a.status == http.StatusRequestTimeout,
		a.status/100 == 5 && a.status != http.StatusNotImplemented, a.status == 0:
		return ill
	}
	return well
}

// tally is how a host has done of late.
type tally struct {
	failures int       // in a row
	since    time.Time // when it was first given time; zero while it is not
	first    time.Time // when the first of them was, that this process saw, by the clock that cannot be set
}

// pulse is what an attempt has taught about its host.
type pulse struct {
	failures int           // in a row, this one with them
	lasting  time.Duration // between the first of them and this one
	well     bool          // the host works
	rest     *coop.Rest    // not nil: it is to be given time; what says why is still to be filled in
}

// hopeless reports whether a host has failed for so long that what waits for it and
// whose week is over can be given up, however few attempts there were at it.
func (p pulse) hopeless() bool {
	return p.failures >= hopeless || p.failures >= openAfter && p.lasting >= longIll
}

// breaker counts the failures of hosts. What it has opened for is stored by the
// queue; the counts before that are kept here alone and may be lost.
type breaker struct {
	hosts memory[string, tally]
}

func newBreaker() *breaker {
	return &breaker{hosts: memory[string, tally]{most: maxTally, age: tallyAge}}
}

// note takes the answer to an attempt. rest is that of its job: not nil where the
// attempt was the probe of a host that rests. tick is now, by a clock that cannot be
// set.
func (b *breaker) note(host string, rest *coop.Rest, a answer, tick time.Time) pulse {
	switch healthOf(a) {
	case well:
		b.hosts.forget(host)
		return pulse{well: true}
	case unknown:
		return pulse{failures: b.hosts.get(host, a.at).failures}
	}
	wait := restFor(a)
	t := b.hosts.change(host, a.at, func(t tally) tally {
		if rest != nil {
			t.failures, t.since = max(t.failures, rest.Failures), rest.Since
		}
		if t.failures++; t.first.IsZero() {
			t.first = tick
		}
		if t.since.IsZero() && (t.failures >= openAfter || wait > 0) {
			t.since = coop.Stamp(a.at)
		}
		return t
	})
	p := pulse{failures: t.failures, lasting: tick.Sub(t.first)}
	if !t.since.IsZero() {
		if t.failures >= openAfter || wait == 0 {
			wait = max(wait, restTime)
		}
		p.rest = &coop.Rest{Host: host, Since: t.since, Until: coop.Stamp(a.at.Add(wait)), Failures: t.failures}
	}
	return p
}

// restFor is how much time an overloaded host has asked for. RFC 9110 §10.2.3.
func restFor(a answer) time.Duration {
	if a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable {
		return min(a.retryAfter, maxRetryAfter)
	}
	return 0
}

// Heard says that a verified request came from a host: it works again, so its
// failures are forgotten and what waits for it goes out. It may be called at any
// time and by anybody.
func (w *Worker) Heard(host string) {
	w.ready()
	w.hosts.hosts.forget(host)
	ctx, cancel := context.WithTimeout(context.Background(), wakeLimit)
	defer cancel()
	rested, err := w.Queue.Wake(ctx, host)
	if err != nil {
		w.logger().ErrorContext(ctx, "the rest of a host could not be ended", "host", host, "err", err)
		return
	}
	if rested {
		w.logger().InfoContext(ctx, "a host that was given time was heard from", "host", host)
		w.Kick()
	}
}

// tell says in the log that a host is given time, or has come back.
func (r *run) tell(j coop.Job, v coop.Verdict) {
	switch {
	case v.Rest != nil && j.Rest == nil:
		r.log.LogAttrs(r.after, slog.LevelInfo, "a host is given time", slog.String("host", j.Host), slog.Time("until", v.Rest.Until),
			slog.Int("failures", v.Rest.Failures), slog.String("cause", string(v.Rest.Cause)))
	case v.Well && j.Rest != nil:
		r.log.LogAttrs(r.after, slog.LevelInfo, "a host that was given time works again", slog.String("host", j.Host), slog.Time("since", j.Rest.Since))
	}
}

// clear ends what else waits for a host that rests and whose week is over as well:
// each would otherwise have to fail by itself, one in half an hour. A backlog takes
// as long as it is, so that is done beside the teller, which the loop waits for.
func (r *run) clear(j coop.Job, v coop.Verdict, p pulse) {
	if v.State != coop.Dead || v.Rest == nil || !p.hopeless() {
		return
	}
	r.teller.done.Go(func() {
		defer func() {
			if p := recover(); p != nil { // of the queue
				r.panicked(j, p)
			}
		}()
		r.expire(j.Host, v)
	})
}

// expire does so with the verdict on the probe, step by step.
func (r *run) expire(host string, v coop.Verdict) {
	a := v.Attempt
	a.Took, a.Reason = 0, clip(expired(v.Rest.Reason))
	begun := a.At.Add(-Week)
	total := 0
	for r.ctx.Err() == nil {
		n, err := r.Queue.Expire(r.after, host, begun, a)
		if err != nil {
			r.log.ErrorContext(r.after, "the deliveries to a host that is given up could not be ended", "host", host, "err", err)
			break
		}
		if n == 0 {
			break
		}
		total += n
	}
	if total > 0 {
		r.log.WarnContext(r.after, "deliveries given up, for their host does not work", "host", host, "deliveries", total)
	}
}
