// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"plenum/activity"
	"plenum/coop"
	"plenum/recent"
)

// acceptAS2 is what we ask for when we want ActivityStreams. AP §3.2.
const acceptAS2 = `application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json;q=0.9`

// policy is the version of the rules by which keys are believed. A cached actor
// with an older one is fetched again. docs/security.md K09.
const policy = 1

// Ages and bounds of what is remembered of actors elsewhere.
const (
	actorAge      = 24 * time.Hour   // an actor older than this is fetched again when its key is needed
	refetchAge    = 5 * time.Minute  // at most one fetch of an actor in this time because of a bad signature
	missAge       = 5 * time.Minute  // an actor that could not be fetched is not asked for again meanwhile
	missAgeShort  = 30 * time.Second // the same where the host did not answer
	fetchesAtOnce = 32
	perHostMinute = 60 // with all names below its domain
	fetchTimeout  = 15 * time.Second
	doubtsASecond = 20 // fetches because of bad signatures, of all actors together
)

// maxMissBytes is what the failures take that are remembered, about: room for 15,000
// of the usual ones. There is no telling how many actors somebody can make up within
// five minutes; where one is forgotten for it, it is asked for once more, which its
// domain is charged with.
const maxMissBytes = 8 << 20

// remotes bounds what strangers can make us fetch: one fetch per actor at a
// time, so many at once, so many per domain and minute, none that just failed.
type remotes struct {
	once    sync.Once
	flight  singleflight.Group
	gate    *semaphore.Weighted
	mu      sync.Mutex
	misses  recent.Map[coop.IRI, miss]
	domains allowances
	retried moments
	doubts  *rate.Limiter
}

type miss struct {
	err   error
	until time.Time
}

func (r *remotes) init() {
	r.once.Do(func() {
		r.gate = semaphore.NewWeighted(fetchesAtOnce)
		r.doubts = rate.NewLimiter(doubtsASecond, doubtsASecond)
	})
}

// missed returns the failure that is remembered for an actor, if any.
func (r *remotes) missed(id coop.IRI, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, ok := r.misses.Get(id)
	if ok && (now.After(m.until) || m.until.Sub(now) > missAge) { // or the clock was put back
		r.misses.Remove(id)
		return nil
	}
	return m.err
}

func (r *remotes) miss(id coop.IRI, err error, now time.Time) {
	age := missAge
	if coop.CodeOf(err) == coop.Unavailable {
		age = missAgeShort
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.misses.Put(id, miss{err: err, until: now.Add(age)}, knownBytes+len(id)+len(err.Error()), maxMissBytes)
}

// allow charges a fetch to the domain that a host is under: whoever has one can
// make up names below it without end, each of which waits as long as it likes.
func (r *remotes) allow(host string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.domains.of(registrable(host), perHostMinute, time.Minute).AllowN(now, 1)
}

// mayRetry reports whether an actor may be fetched again out of turn, and remembers
// that it was.
func (r *remotes) mayRetry(id coop.IRI, now time.Time) bool {
	return r.may(id, now, nil)
}

// mayDoubt is mayRetry because a signature did not match, which costs a stranger
// nothing: so many a second, whoever they are about. A new key that is not found for
// it is found when its actor sends again. docs/security.md K02, D30.
func (r *remotes) mayDoubt(id coop.IRI, now time.Time) bool {
	r.init()
	return r.may(id, now, r.doubts)
}

func (r *remotes) may(id coop.IRI, now time.Time, pace *rate.Limiter) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.retried.may(id, refetchAge, now) {
		return false
	}
	if pace != nil && !pace.AllowN(now, 1) {
		return false
	}
	r.retried.note(id, now)
	return true
}

// get makes a signed GET of an ActivityStreams document and returns its bytes.
// The document must be one by its media type, and must stand where it was asked
// for, so that its id can be held against the URL. CVE-2024-25623, O03, O04.
func (s *Service) get(ctx context.Context, id coop.IRI) ([]byte, error) {
	const op = "federation.get"
	if s.Site.Local(id) {
		return nil, coop.Fail(coop.Invalid, op, "this id is one of ours")
	}
	if s.Refuses(coop.HostOf(id)) {
		return nil, coop.Fail(coop.Forbidden, op, "a rule of this instance forbids to ask there")
	}
	if !s.remotes.allow(coop.HostOf(id), s.Now()) {
		return nil, &coop.Error{Code: coop.Unavailable, Op: op, Msg: "too many documents were asked of this domain", Retry: time.Minute}
	}
	s.remotes.init()
	if err := s.remotes.gate.Acquire(ctx, 1); err != nil {
		return nil, &coop.Error{Code: coop.Unavailable, Op: op, Msg: "too busy", Err: err, Retry: time.Minute}
	}
	defer s.remotes.gate.Release(1)
	f, err := s.Fetch(ctx, string(id), acceptAS2, s.sign(ctx))
	if never(err) {
		return nil, &coop.Error{Code: coop.Invalid, Op: op, Msg: "no request may go there", Err: err}
	}
	if err != nil {
		return nil, &coop.Error{Code: coop.Unavailable, Op: op, Msg: "the host could not be reached", Err: err, Retry: time.Minute}
	}
	switch {
	case f.Status == http.StatusGone:
		return nil, coop.Fail(coop.Gone, op, "it was deleted")
	case f.Status == http.StatusNotFound:
		return nil, coop.Fail(coop.NotFound, op, "it does not exist")
	case f.Status == http.StatusTooManyRequests || f.Status == http.StatusRequestTimeout || f.Status >= 500:
		return nil, &coop.Error{Code: coop.Unavailable, Op: op, Msg: "the host could not be reached", Err: fmt.Errorf("it answered %d", f.Status), Retry: time.Minute}
	case f.Status != http.StatusOK:
		return nil, coop.Fail(coop.Forbidden, op, fmt.Sprintf("the host answered %d", f.Status))
	case !IsAS2(f.ContentType):
		return nil, coop.Fail(coop.Invalid, op, "the host answered with something that is no ActivityStreams")
	case coop.IRI(f.URL).WithoutFragment() != id.WithoutFragment():
		return nil, coop.Fail(coop.Invalid, op, "the document stands at another URL than its id")
	}
	return f.Body, nil
}

// never reports whether the guard of the client refused a URL for what it is:
// asking again is of no use, to us and to who sent it. docs/security.md S23.
func never(err error) bool {
	r, ok := errors.AsType[interface {
		error
		Refused() (why string, always bool)
	}](err)
	if !ok {
		return false
	}
	_, always := r.Refused()
	return always
}

// IsAS2 reports whether a Content-Type is one of the two of ActivityStreams.
// AP §3.2; docs/security.md C01, C02, C06.
func IsAS2(contentType string) bool {
	t, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	if t == "application/activity+json" {
		return true
	}
	for p := range strings.FieldsSeq(params["profile"]) {
		if t == "application/ld+json" && p == "https://www.w3.org/ns/activitystreams" {
			return true
		}
	}
	return false
}

// met is an actor as it was read from its own document.
type met struct {
	coop.Actor
	stored bool
}

// actor returns what is known of an actor, from its own document. A copy that is
// not too old is enough. One that was not known is stored: somebody wants to have to
// do with it.
func (s *Service) actor(ctx context.Context, id coop.IRI) (coop.Actor, error) {
	m, err := s.look(ctx, id)
	if err != nil || m.stored {
		return m.Actor, err
	}
	if err := s.saveActor(ctx, m.Actor); err != nil {
		return coop.Actor{}, err
	}
	return s.Actors.Actor(ctx, id) // with what the store knows of its server
}

// look is actor without storing one that was not known.
func (s *Service) look(ctx context.Context, id coop.IRI) (met, error) {
	if s.RefusesActor(id) {
		return met{}, coop.Fail(coop.Forbidden, "federation.actor", "a rule of this instance forbids to have to do with this actor")
	}
	a, err := s.Actors.Actor(ctx, id)
	switch {
	case err == nil && a.Policy == policy && s.Now().Sub(a.Fetched) < actorAge:
		return met{a, true}, nil
	case coop.CodeOf(err) == coop.NotFound:
		if a, ok := s.strangers.get(id); ok && s.Now().Sub(a.Fetched) < refetchAge {
			return met{Actor: a}, nil
		}
	case err != nil:
		return met{}, err
	}
	fresh, ferr := s.fetchActor(ctx, id, a.Fetched)
	if coop.CodeOf(ferr) == coop.Unavailable && err == nil && a.Policy == policy {
		return met{a, true}, nil // its host is down: what we knew yesterday is still good. K03
	}
	return fresh, ferr
}

// fetchActor gets an actor's document from its id and keeps what we need of it.
// A key is believed because the actor's own document lists it: no other document
// is asked. CVE-2026-96625, GHSA-8863. Where somebody else has meanwhile brought a
// copy that is newer than had, that one is enough. K08. One that is not in the store
// is kept in memory only: requests in the names of thousands would fill the table,
// and have every honest one wait for the disk. D47.
func (s *Service) fetchActor(ctx context.Context, id coop.IRI, had time.Time) (met, error) {
	if err := s.remotes.missed(id, s.Now()); err != nil {
		return met{}, err
	}
	v, err, _ := s.remotes.flight.Do(string(id), func() (any, error) {
		// whoever waits with us must not lose the answer because we were cut off
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		before, err := s.Actors.Actor(ctx, id)
		switch {
		case err == nil && before.Policy == policy && before.Fetched.After(had):
			return met{before, true}, nil
		case err != nil && coop.CodeOf(err) != coop.NotFound:
			return met{}, err
		}
		unknown := err != nil
		a, err := s.readActor(ctx, id)
		if err != nil {
			s.remotes.miss(id, err, s.Now())
			return met{}, err
		}
		if unknown {
			s.strangers.put(a)
			return met{Actor: a}, nil
		}
		if err := s.saveActor(ctx, a); err != nil {
			return met{}, err
		}
		a, err = s.Actors.Actor(ctx, id) // with what the store knows of its server
		return met{a, true}, err
	})
	if err != nil {
		return met{}, err
	}
	return v.(met), nil
}

func (s *Service) readActor(ctx context.Context, id coop.IRI) (coop.Actor, error) {
	raw, err := s.get(ctx, id)
	if err != nil {
		return coop.Actor{}, err
	}
	a, err := activity.DecodeActor(raw, s.Site.HTTP)
	if err != nil {
		return coop.Actor{}, err
	}
	if a.ID != id {
		return coop.Actor{}, coop.Fail(coop.Invalid, "federation.readActor", "the document is not the actor's own")
	}
	a.Fetched, a.Policy = s.now(), policy
	return a, nil
}

// retryOf is how long to wait before trying again what failed with err; 0 where it
// is of no use.
func retryOf(err error) time.Duration {
	if e, ok := errors.AsType[*coop.Error](err); ok {
		return e.Retry
	}
	return 0
}

// ActorGone reports whether an actor's own document answers 410: the only proof
// on which a follower is removed. docs/security.md A.4 10.
func (s *Service) ActorGone(ctx context.Context, id coop.IRI) bool {
	_, err := s.get(ctx, id)
	return coop.CodeOf(err) == coop.Gone
}

// Departed is ActorGone for who finds out that nobody takes what is delivered to an
// actor. One that is gone is forgotten as if its Delete had come, which may never
// come: what it said goes, and its seats go to those who wait.
func (s *Service) Departed(ctx context.Context, id coop.IRI) bool {
	if !s.ActorGone(ctx, id) {
		return false
	}
	if err := s.forgetActor(ctx, id, coop.Seen{}, s.tellIn("")); err != nil {
		s.log().ErrorContext(ctx, "an actor that is gone was not forgotten", "actor", id, "err", err)
	}
	return true
}
