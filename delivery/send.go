// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"plenum/coop"
)

// contentType is what a delivery must say that it is. AP §7.
const contentType = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`

const (
	maxAnswer  = 4 << 10     // bytes of an answer that are read, so that the connection can be used again
	answerTime = time.Second // for reading them: the status is all that we wait for
	maxBehind  = 20          // actors that are asked after when an inbox is gone
	behindTime = time.Minute // for asking after them, and for waiting to
	askAtOnce  = 8           // inboxes whose actors are asked after: who verifies what arrives asks by the same few
)

// ourFault is an error that no peer has anything to do with.
type ourFault struct {
	op  string
	err error
}

func (f *ourFault) Error() string { return f.op + ": " + f.err.Error() }

func (f *ourFault) Unwrap() error { return f.err }

// errPanic stands for a panic; what it was is in the log and not in the queue.
var errPanic = errors.New("the delivery panicked, see the log")

// errStopped is the end of an attempt that was not begun.
var errStopped = errors.New("the worker stops")

// attempt is one attempt at a delivery: a request, or several that are signed in
// different ways.
type attempt struct {
	*run
	job     coop.Job
	key     signer
	began   time.Time
	until   time.Time // the end of its time, by the clock that cannot be set
	knocks  int
	counted bool // it is not in the signers' backlog any more
}

// begin makes an attempt in a goroutine that has made one before, where one is
// free: its stack has grown for a signature already.
func (r *run) begin(j coop.Job) {
	select {
	case r.jobs <- j:
	default:
		go func() {
			for more := true; more; {
				r.deliver(j)
				if more = r.idle.Add(1) <= int64(idleAhead*cap(r.sign)); more {
					j, more = <-r.jobs
				}
				r.idle.Add(-1)
			}
		}()
	}
}

// deliver makes one attempt from beginning to end and says what came of it,
// whatever happens: without a verdict the attempt stays charged, or was taken back.
func (r *run) deliver(j coop.Job) {
	t, x := &attempt{run: r, job: j}, &result{job: j}
	defer func() { r.done <- x }()
	defer t.count()
	defer func() {
		if p := recover(); p != nil { // of the queue
			r.panicked(j, p)
		}
	}()
	a := t.make()
	if a.status == 0 && (r.ctx.Err() != nil || errors.Is(a.err, errStopped)) {
		if err := r.Queue.Refund(r.after, j.ID, r.now()); err != nil {
			r.log.ErrorContext(r.after, "a delivery could not be refunded", "host", j.Host, "err", err)
		}
		return
	}
	p := r.hosts.note(j.Host, j.Rest, a, time.Now())
	v := judge(a, &j.Delivery, p, r.jitter())
	v.Attempt.At, v.Attempt.Took = coop.Stamp(t.began), max(0, a.at.Sub(t.began))
	x.verdict, x.answer, x.pulse = v, a, p
}

// make signs and sends, and asks after the actors where the inbox is gone. A panic
// is an answer like any other failure.
func (t *attempt) make() (a answer) {
	defer func() {
		if p := recover(); p != nil {
			t.panicked(t.job, p)
			a = answer{err: &ourFault{"send", errPanic}}
		}
		a.at, a.knocks = t.now(), t.knocks
		if t.began.IsZero() {
			t.began = t.now()
		}
	}()
	a = t.knock()
	if a.status == http.StatusUnauthorized {
		if pem := t.newer(); pem != nil { // whoever refused the old key was told of the new one meanwhile
			t.key = signer{pem: pem}
			a = t.knock()
		}
	}
	switch a.status {
	case http.StatusUnauthorized:
		a.rotated = t.rotated()
	case http.StatusNotFound, http.StatusGone:
		if a.gone = t.gone(); len(a.gone) == 0 && t.ctx.Err() != nil {
			return answer{err: t.ctx.Err()} // nobody could be asked
		}
	}
	return a
}

// send makes one request.
func (t *attempt) send(f form) (a answer) {
	req, cancel, err := t.request(f)
	if err != nil {
		return answer{err: err, form: f}
	}
	defer cancel()
	t.knocks++
	res, err := t.client.RoundTrip(req)
	if err != nil {
		return answer{err: err, form: f}
	}
	a = answer{status: res.StatusCode, form: f}
	if a.status/100 != 2 {
		now := t.now()
		a.retryAfter, a.skew, a.front = retryAfter(res.Header, now), skew(res.Header, now), fronted(res.Header)
	}
	if res.ContentLength != 0 {
		limit := time.AfterFunc(answerTime, cancel)
		_, _ = io.CopyN(io.Discard, res.Body, maxAnswer) // nothing that it says changes the verdict
		limit.Stop()
	}
	_ = res.Body.Close()
	return a
}

// gone returns those behind the inbox that say themselves that they are deleted.
// A status of an inbox proves nothing: inboxes move, proxies err.
func (t *attempt) gone() (gone []coop.IRI) {
	if t.Gone == nil {
		return nil
	}
	actors := t.job.Actors
	if len(actors) == 0 {
		var err error
		if actors, err = t.Queue.Behind(t.ctx, t.job.Inbox, maxBehind); err != nil {
			t.log.ErrorContext(t.ctx, "the followers behind an inbox could not be looked up", "host", t.job.Host, "err", err)
		}
	}
	ctx, cancel := context.WithTimeout(t.ctx, behindTime)
	defer cancel()
	select {
	case t.ask <- struct{}{}:
		defer func() { <-t.ask }()
	case <-ctx.Done():
		return nil
	}
	for _, a := range actors[:min(len(actors), maxBehind)] {
		if t.Gone(ctx, a) {
			gone = append(gone, a)
		}
	}
	return gone
}

// enter waits for a core's place. A job that has none when the worker stops is not
// begun.
func (t *attempt) enter() error {
	defer t.count()
	stop := t.ctx.Done()
	if t.knocks == 0 {
		stop = t.stop
	}
	select {
	case <-stop:
		return errStopped
	default:
	}
	select {
	case t.sign <- struct{}{}:
		// Who waits for a place takes it over from the one before on the same core
		// and would keep answers, results and leases from it for milliseconds.
		runtime.Gosched()
		return nil
	case <-stop:
		return errStopped
	}
}

// count takes the job out of the signers' backlog, once, and tells the loop when
// little is left there.
func (t *attempt) count() {
	if t.counted {
		return
	}
	t.counted = true
	if n := t.unsigned.Add(-1); n == 0 || n == int64(lowAhead*cap(t.sign)) {
		select {
		case t.low <- struct{}{}:
		default:
		}
	}
}

// request makes the request and signs it now: a Date of five minutes ago is too old
// for some. No more signatures are made at a time than there are cores, and nobody
// holds a core's place while waiting for a peer.
func (t *attempt) request(f form) (*http.Request, context.CancelFunc, error) {
	if err := t.enter(); err != nil {
		return nil, nil, err
	}
	defer func() { <-t.sign }()
	if t.until.IsZero() {
		t.began, t.until = t.now(), time.Now().Add(t.limit)
	}
	if err := t.load(); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithDeadline(t.ctx, t.until)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, string(t.job.Inbox), bytes.NewReader(t.job.Body))
	if err == nil {
		err = signable(req.URL)
	} else {
		err = badURL("its address is no URL")
	}
	if err != nil {
		cancel()
		return nil, nil, err
	}
	req.Header.Set("Content-Type", contentType)
	if err := f.sign(req, t.job.Body, t.Site.Key(t.job.Actor), t.key.key, t.now()); err != nil {
		cancel()
		return nil, nil, &ourFault{"sign", err}
	}
	// Receivers know a second copy by its id. An empty list is not sent; it tells
	// the transport that it may repeat the request on a new connection where the
	// old one turns out to have been closed.
	req.Header["Idempotency-Key"] = []string{}
	return req, cancel, nil
}

// report writes the one line of an attempt.
func (r *run) report(j coop.Job, v coop.Verdict, a answer) {
	level, msg := slog.LevelInfo, "delivered"
	switch v.State {
	case coop.Waiting:
		msg = "delivery waits for another attempt"
	case coop.Left:
		msg = "delivery ended, the follower is gone"
	case coop.Dead:
		level, msg = slog.LevelWarn, "delivery given up"
	}
	if !r.log.Enabled(r.after, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 13)
	attrs = append(attrs,
		slog.String("coop", string(j.Actor)), slog.String("activity", string(r.Site.Activity(j.Document))),
		slog.String("type", j.Type), slog.String("inbox", string(j.Inbox)), slog.String("host", j.Host),
		slog.Int("attempt", j.Attempts), slog.Int("status", v.Attempt.Status), slog.Duration("took", v.Attempt.Took),
		slog.String("form", string(a.form)), slog.Int("knocks", a.knocks),
	)
	if j.Post != "" {
		attrs = append(attrs, slog.String("post", string(j.Post)))
	}
	if v.State != coop.Done {
		attrs = append(attrs, slog.String("cause", string(v.Attempt.Cause)), slog.String("err", v.Attempt.Reason))
	}
	r.log.LogAttrs(r.after, level, msg, attrs...)
}

func (r *run) panicked(j coop.Job, p any) {
	r.log.ErrorContext(r.after, "a delivery panicked", "host", j.Host, "inbox", string(j.Inbox),
		"err", fmt.Sprint(p), "stack", string(debug.Stack()))
}
