// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"errors"
	"sync"
	"time"

	"plenum/coop"
)

// How the clock is watched. It may be set while we sleep, so that nobody relies on a
// timer alone.
const (
	lookEvery  = time.Minute
	retryStuck = time.Hour
	topUpEvery = time.Hour
	dueAtOnce  = 50

	mostScheduled = 10_000 // are looked at for one that waits for too long
)

// calendar wakes who keeps the schedule.
type calendar struct {
	once sync.Once
	bell chan struct{}
}

func (c *calendar) rings() chan struct{} {
	c.once.Do(func() { c.bell = make(chan struct{}, 1) })
	return c.bell
}

func (c *calendar) wake() {
	select {
	case c.rings() <- struct{}{}:
	default: // it rings already
	}
}

// KeepSchedule publishes drafts when their time comes, until ctx ends. When that is
// stands in the rows, and that one is published in the transaction that publishes it:
// what was due while the instance was down is published when it starts, and once.
func (s *Service) KeepSchedule(ctx context.Context) {
	s.tellFates(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var toppedUp time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-s.calendar.rings():
		}
		if now := s.now(); now.Sub(toppedUp) >= topUpEvery || now.Before(toppedUp) {
			toppedUp = now
			s.hasten(ctx)
			s.topUpAll(ctx)
		}
		next, err := s.publishAllDue(ctx)
		if err != nil && ctx.Err() == nil {
			s.log().ErrorContext(ctx, "the schedule could not be read", "err", err)
			next = s.now()
		}
		timer.Reset(s.until(next))
	}
}

// until is how long to sleep before looking at the schedule again. Where nothing
// waits, whoever schedules something rings.
func (s *Service) until(next time.Time) time.Duration {
	if next.IsZero() {
		return topUpEvery
	}
	if d := next.Sub(s.Now()); d > 0 {
		return min(d, lookEvery)
	}
	return lookEvery
}

// publishAllDue publishes what is due, the longest due first, and returns when
// something is due next.
func (s *Service) publishAllDue(ctx context.Context) (next time.Time, err error) {
	for ctx.Err() == nil {
		due, next, err := s.Drafts.Due(ctx, s.now(), dueAtOnce)
		if err != nil {
			return next, err
		}
		for _, p := range due {
			if err := s.publishDue(ctx, p.ID); err != nil {
				return next, err
			}
		}
		if len(due) < dueAtOnce {
			return next, nil
		}
	}
	return next, ctx.Err()
}

// publishDue publishes a draft whose time has come. One that cannot be published says
// why, and is tried again after an hour: somebody else's server may be down.
func (s *Service) publishDue(ctx context.Context, id coop.ID) error {
	series, err := s.publishOneDue(ctx, id)
	if err == nil && series != "" {
		s.topUp(ctx, series)
	}
	return err
}

func (s *Service) publishOneDue(ctx context.Context, id coop.ID) (series coop.ID, err error) {
	defer s.turns.lock(draftTurn(id))()
	p, err := s.Posts.Post(ctx, id)
	if err != nil || p.State != coop.Draft || p.Due.IsZero() || p.Due.After(s.now()) || p.Again.After(s.now()) { // somebody was faster
		return "", ignoreMissing(err)
	}
	req := request{who: coop.Principal{Coop: p.Coop, Role: coop.Publisher, By: p.By}, by: p.By, self: p.Author, answer: coop.Answer{At: s.now()}}
	if p.Series != "" && s.over(p.When) && missed(p) {
		return p.Series, s.miss(ctx, req, p)
	}
	ready := p
	ready.Rev++
	if ready.Offered, err = s.askable(ctx, p); err != nil {
		return "", err
	}
	_, err = s.publish(ctx, req, ready, nil)
	if err == nil || ctx.Err() != nil {
		return p.Series, err
	}
	s.log().WarnContext(ctx, "a draft could not be published when it was due", "post", id, "err", err)
	p.Stuck = "it could not be published; the log of the instance says why"
	if e, ok := errors.AsType[*coop.Error](err); ok && e.Code != coop.Internal && e.Msg != "" {
		p.Stuck = e.Msg
	}
	p.Rev++
	p.Again = s.now().Add(retryStuck)
	_, err = s.Drafts.SaveDraft(ctx, p, coop.Outgoing{})
	return "", err
}

// missed reports whether an occurrence was to come when it was made: the first one of a
// series may have been over then, and is published all the same.
func missed(p coop.Post) bool {
	_, end := p.When.Times()
	return end.After(p.Created)
}

// miss drops an occurrence that took place while it could not be published: nobody is
// invited to what is over.
func (s *Service) miss(ctx context.Context, req request, p coop.Post) error {
	var out coop.Outgoing
	err := s.decided(&out, req, "draft drop", string(s.Site.Object(p.Kind, p.ID)), "")
	if err != nil {
		return err
	}
	out.Decision.Why = "it took place before it could be published"
	return s.Drafts.DropDraft(ctx, p.Coop, p.ID, out)
}

// hasten ends the waits of drafts that are stuck for longer than any is: the clock was
// wrong when they were to be published.
func (s *Service) hasten(ctx context.Context) {
	all, _, err := s.Drafts.Due(ctx, s.now().Add(100*furthest), mostScheduled)
	for _, p := range all {
		if p.Again.After(s.now().Add(retryStuck)) {
			err = errors.Join(err, s.retryNow(ctx, p.ID))
		}
	}
	if err != nil && ctx.Err() == nil {
		s.log().ErrorContext(ctx, "drafts that are stuck could not be looked at", "err", err)
	}
}

func (s *Service) retryNow(ctx context.Context, id coop.ID) error {
	defer s.turns.lock(draftTurn(id))()
	p, err := s.Posts.Post(ctx, id)
	if err != nil || p.State != coop.Draft {
		return ignoreMissing(err)
	}
	p.Again = time.Time{}
	p.Rev++
	_, err = s.Drafts.SaveDraft(ctx, p, coop.Outgoing{})
	return err
}
