// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"cmp"
	"context"

	"plenum/content"
	"plenum/coop"
)

// decision completes what somebody decided: who and why come from whoever asks for
// it, and the word for it where there are several for the same; the rest is what is
// being done.
func (s *Service) decision(d coop.Decision, what string, n coop.Name, target string) (coop.Decision, error) {
	id, err := s.newID()
	d.ID, d.At, d.What, d.Coop, d.Target = id, s.now(), cmp.Or(d.What, what), n, target
	d.Why = content.Line(d.Why, coop.MaxMessage)
	return d, err
}

// commentVerbs are what the decisions about a comment are called in the log.
var commentVerbs = map[coop.CommentState]string{
	coop.CommentShown: "comment show", coop.CommentHeld: "comment hold", coop.CommentRejected: "comment reject",
}

// DecideComment shows, holds or rejects a comment on a post of the co-op n. One that
// is shown for the first time and was addressed to the co-op's followers is passed
// on to them. Of another co-op's comments nothing is said but NotFound.
func (s *Service) DecideComment(ctx context.Context, n coop.Name, object coop.IRI, state coop.CommentState, d coop.Decision) (coop.Comment, error) {
	const op = "federation.DecideComment"
	what, ok := commentVerbs[state]
	if !ok {
		return coop.Comment{}, &coop.Error{Code: coop.Invalid, Op: op, Member: "state", Msg: "a comment is shown, held or rejected"}
	}
	c, err := s.Comments.Comment(ctx, object)
	if coop.CodeOf(err) == coop.NotFound || err == nil && c.Coop != n {
		return coop.Comment{}, coop.Fail(coop.NotFound, op, "the co-op has no such comment")
	}
	if err != nil {
		return coop.Comment{}, err
	}
	if d, err = s.decision(d, what, n, string(object)); err != nil {
		return coop.Comment{}, err
	}
	var out coop.Outgoing
	if state == coop.CommentShown {
		if out, err = s.forward(c); err != nil {
			return coop.Comment{}, err
		}
	}
	if c, err = s.Comments.DecideComment(ctx, object, state, d, out); err != nil {
		return coop.Comment{}, err
	}
	s.kick()
	s.observe(Event{What: string(state), Type: "comment", Coop: n, Actor: c.By, Object: object, Note: d.By})
	return c, nil
}

// rsvpVerbs are what the decisions about an RSVP are called in the log.
var rsvpVerbs = map[coop.RSVPState]string{coop.RSVPGoing: "rsvp accept", coop.RSVPRefused: "rsvp refuse"}

// DecideRSVP gives who asked a seat at an event of the co-op n, or a place on the
// waiting list where none is left, or refuses it. Who had a seat loses it, and the
// first of those who wait gets it.
func (s *Service) DecideRSVP(ctx context.Context, n coop.Name, post coop.ID, actor coop.IRI, state coop.RSVPState, d coop.Decision) (coop.RSVP, error) {
	const op = "federation.DecideRSVP"
	what, ok := rsvpVerbs[state]
	if !ok {
		return coop.RSVP{}, &coop.Error{Code: coop.Invalid, Op: op, Member: "state", Msg: "an RSVP is accepted or refused"}
	}
	p, err := s.Posts.Post(ctx, post)
	if err != nil {
		return coop.RSVP{}, err
	}
	if p.Coop != n || p.State != coop.Published || !p.Kind.Event() {
		return coop.RSVP{}, coop.Fail(coop.NotFound, op, "the co-op has no such event")
	}
	if d, err = s.decision(d, what, n, string(s.Site.Object(p.Kind, p.ID))+" "+string(actor)); err != nil {
		return coop.RSVP{}, err
	}
	return s.decideRSVP(ctx, p, actor, state, d, func(coop.RSVP, *coop.Outgoing) error { return nil })
}

// decideRSVP is DecideRSVP of an event that was found. with adds to what is stored
// together with what the actor is told.
func (s *Service) decideRSVP(ctx context.Context, p coop.Post, actor coop.IRI, state coop.RSVPState, d coop.Decision,
	with func(coop.RSVP, *coop.Outgoing) error) (coop.RSVP, error) {
	told := s.tell(p)
	r, err := s.RSVPs.DecideRSVP(ctx, p.ID, actor, state, d, func(r coop.RSVP, promoted bool) (coop.Outgoing, error) {
		out, err := told(r, promoted || r.Actor == actor) // a decision is an answer to whoever it is about
		if err == nil && r.Actor == actor {
			err = with(r, &out)
		}
		return out, err
	})
	if err != nil {
		return coop.RSVP{}, err
	}
	s.kick()
	s.observe(Event{What: string(r.State), Type: r.Form, Coop: p.Coop, Actor: actor, Object: s.Site.Object(p.Kind, p.ID), Title: p.Title, Note: d.By})
	return r, nil
}

// CloseComplaint says that somebody of the co-op n has dealt with a complaint.
func (s *Service) CloseComplaint(ctx context.Context, n coop.Name, id coop.ID, d coop.Decision) error {
	d, err := s.decision(d, "complaint close", n, string(id))
	if err != nil {
		return err
	}
	return s.Complaints.CloseComplaint(ctx, n, id, d)
}
