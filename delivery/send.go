// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// contentType is what a delivery must say that it is. AP §7.
const contentType = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`

const (
	maxAnswer   = 4 << 10          // bytes of an answer that are read, so that the connection can be used again
	answerTime  = time.Second      // for reading them: the status is all that we wait for
	settleLimit = 10 * time.Second // for telling the queue
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

// deliver makes one attempt from beginning to end. The slot is given back whatever
// happens.
func (r *run) deliver(j coop.Job) {
	defer func() { r.done <- slot{host: j.Host, inbox: j.Inbox} }()
	defer func() {
		if p := recover(); p != nil { // of the queue or of Observe: the attempt stays charged
			r.panicked(j, p)
		}
	}()
	began := r.now()
	a := r.attempt(j)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), settleLimit)
	defer cancel()
	if a.status == 0 && r.ctx.Err() != nil {
		if err := r.Queue.Refund(ctx, j.ID, r.now()); err != nil {
			r.log.ErrorContext(ctx, "a delivery could not be refunded", "host", j.Host, "err", err)
		}
		return
	}
	now := r.now()
	v := judge(a, j.Attempts, r.jitter(), now)
	v.Attempt.At, v.Attempt.Took = coop.Stamp(began), now.Sub(began)
	err := r.Queue.Settle(ctx, j.ID, v)
	r.report(ctx, j, v)
	if err != nil {
		r.log.ErrorContext(ctx, "a delivery could not be settled", "host", j.Host, "err", err)
		return // it will be leased again at the time that was set when it was charged
	}
	if r.Observe != nil {
		r.Observe(Event{Job: j.Delivery, Verdict: v})
	}
}

// attempt signs and sends, and asks after the actors where the inbox is gone. A
// panic is an answer like any other failure.
func (r *run) attempt(j coop.Job) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			r.panicked(j, p)
			a = answer{err: &ourFault{"send", errPanic}}
		}
	}()
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	req, err := r.request(ctx, j)
	if err != nil {
		return answer{err: err}
	}
	res, err := r.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	a = answer{status: res.StatusCode, retryAfter: retryAfter(res.Header, r.now())}
	limit := time.AfterFunc(answerTime, cancel)
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer) // nothing that it says changes the verdict
	_ = res.Body.Close()
	limit.Stop()
	if a.status == http.StatusNotFound || a.status == http.StatusGone {
		a.gone = r.gone(j.Actors)
	}
	return a
}

// gone returns those of the actors that say themselves that they are deleted. A
// status of an inbox proves nothing: inboxes move, proxies err.
func (r *run) gone(actors []coop.IRI) (gone []coop.IRI) {
	if r.Gone == nil {
		return nil
	}
	for _, a := range actors {
		if r.Gone(r.ctx, a) {
			gone = append(gone, a)
		}
	}
	return gone
}

// request makes the request and signs it now: a Date of five minutes ago is too old
// for some. No more signatures are made at a time than there are cores, and nobody
// holds a core's place while waiting for a peer.
func (r *run) request(ctx context.Context, j coop.Job) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, string(j.Inbox), bytes.NewReader(j.Body))
	if err != nil {
		return nil, &ourFault{"make the request", err}
	}
	req.Header.Set("Content-Type", contentType)
	at, pem, err := r.pem(ctx, j)
	if err != nil {
		return nil, &ourFault{"load the key", err}
	}
	select {
	case r.sign <- struct{}{}:
		defer func() { <-r.sign }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	key, err := r.keys.parse(at, pem)
	if err != nil {
		return nil, &ourFault{"read the key", err}
	}
	if err := keys.Sign(req, j.Body, r.Site.Key(j.Actor), key, r.now()); err != nil {
		return nil, &ourFault{"sign", err}
	}
	// Receivers know a second copy by its id. An empty list is not sent; it tells
	// the transport that it may repeat the request on a new connection where the
	// old one turns out to have been closed.
	req.Header["Idempotency-Key"] = []string{}
	return req, nil
}

// pem returns the key for an attempt. The Update that tells of a new key is signed
// with the one before it, which the other side still believes: GoToSocial does
// not fetch a key again when a signature fails, and would refuse everything from
// then on. Who has learned of the new key already refuses the old one; so every
// other attempt is signed with the new one.
func (r *run) pem(ctx context.Context, j coop.Job) (ringKey, []byte, error) {
	if j.Type == "Update" && j.Post == "" && j.Attempts%2 == 1 {
		former, err := r.Keys.FormerKey(ctx, j.Actor, j.Document)
		if err != nil || former != nil {
			return ringKey{j.Actor, true}, former, err
		}
	}
	pem, err := r.Keys.PrivateKey(ctx, j.Actor)
	return ringKey{j.Actor, false}, pem, err
}

// keyring keeps parsed keys, because parsing one takes as long as signing.
type keyring struct {
	mu   sync.Mutex
	keys map[ringKey]parsed
}

// ringKey says whose key it is, and whether it is in force.
type ringKey struct {
	name   coop.Name
	former bool
}

type parsed struct {
	pem []byte
	key *rsa.PrivateKey
}

// parse returns the key of an actor, from memory when the PEM is still the same.
func (k *keyring) parse(n ringKey, pem []byte) (*rsa.PrivateKey, error) {
	k.mu.Lock()
	p, ok := k.keys[n]
	k.mu.Unlock()
	if ok && bytes.Equal(p.pem, pem) {
		return p.key, nil
	}
	key, err := keys.DecodePrivate(pem)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil {
		k.keys = make(map[ringKey]parsed)
	}
	k.keys[n] = parsed{pem: bytes.Clone(pem), key: key}
	return key, nil
}

// drain waits for what is in flight, for a time.
func (r *run) drain() error {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	for r.running > 0 {
		select {
		case s := <-r.done:
			r.free(s)
		case <-timer.C:
			if r.ctx.Err() != nil {
				return fmt.Errorf("delivery: %d requests in flight did not end when they were cancelled", r.running)
			}
			r.cancel()
			timer.Reset(lastGrace)
		}
	}
	return nil
}

// report writes the one line of an attempt.
func (r *run) report(ctx context.Context, j coop.Job, v coop.Verdict) {
	level, msg := slog.LevelInfo, "delivered"
	switch v.State {
	case coop.Waiting:
		msg = "delivery waits for another attempt"
	case coop.Left:
		msg = "delivery ended, the follower is gone"
	case coop.Dead:
		level, msg = slog.LevelWarn, "delivery given up"
	}
	attrs := []slog.Attr{
		slog.String("coop", string(j.Actor)), slog.String("activity", string(r.Site.Activity(j.Document))),
		slog.String("type", j.Type), slog.String("inbox", string(j.Inbox)), slog.String("host", j.Host),
		slog.Int("attempt", j.Attempts), slog.Int("status", v.Attempt.Status), slog.Duration("took", v.Attempt.Took),
	}
	if j.Post != "" {
		attrs = append(attrs, slog.String("post", string(j.Post)))
	}
	if v.State != coop.Done {
		attrs = append(attrs, slog.String("err", v.Attempt.Reason))
	}
	r.log.LogAttrs(ctx, level, msg, attrs...)
}

func (r *run) panicked(j coop.Job, p any) {
	r.log.ErrorContext(r.ctx, "a delivery panicked", "host", j.Host, "inbox", string(j.Inbox),
		"err", fmt.Sprint(p), "stack", string(debug.Stack()))
}
