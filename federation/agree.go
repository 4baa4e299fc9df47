// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"

	"plenum/activity"
	"plenum/coop"
)

// question is something that a co-op was asked and answers: a follow, an answer to
// an event, an offer.
type question struct {
	of     string // the type of the activity
	actor  coop.IRI
	object coop.IRI
	offer  coop.Document // of an Offer
}

// answers are the ways in which a co-op answers a question.
type answers struct {
	follow func(ctx context.Context, f coop.Follower, out coop.Outgoing) (coop.Document, error)
	rsvp   coop.RSVPState
	offer  func(ctx context.Context, req request, offer coop.Document) (Submitted, error)
	said   string // of a follow, in the log
}

// agree accepts what waits for an answer. AP §7.6.
func (s *Service) agree(ctx context.Context, req request, sub activity.SubmitAccept) (Submitted, error) {
	return s.decideQuestion(ctx, req, sub, answers{follow: s.approve, rsvp: coop.RSVPGoing, offer: s.acceptOffer, said: "follower approve"})
}

// refuse rejects what waits for an answer, or was agreed to before. AP §7.7.
func (s *Service) refuse(ctx context.Context, req request, sub activity.SubmitAccept) (Submitted, error) {
	return s.decideQuestion(ctx, req, sub, answers{follow: s.dismiss, rsvp: coop.RSVPRefused, offer: s.rejectOffer, said: "follower remove"})
}

func (s *Service) decideQuestion(ctx context.Context, req request, sub activity.SubmitAccept, by answers) (Submitted, error) {
	q, err := s.question(ctx, req.who.Coop, sub)
	if err != nil {
		return Submitted{}, err
	}
	switch q.of {
	case "Follow":
		return s.settleFollow(ctx, req, q, by)
	case "Offer":
		return by.offer(ctx, req, q.offer)
	}
	return s.settleRSVP(ctx, req, q, by.rsvp)
}

func nobodyAsked(err error) error {
	return &coop.Error{Code: coop.NotFound, Op: "federation.settle", Member: "object", Err: err,
		Msg: "nothing of the kind waits for an answer of this co-op; name it with its type, its actor and its object"}
}

// question finds what an answer is about: by the id that one of ours has, as it is
// told, or by the id with which it came.
func (s *Service) question(ctx context.Context, n coop.Name, sub activity.SubmitAccept) (question, error) {
	if r, ok := s.Site.Parse(sub.Target); ok && r.Kind == coop.RefActivity {
		d, err := s.Documents.Document(ctx, r.ID)
		if err != nil || d.Type != "Follow" && d.Type != "Offer" {
			return question{}, nobodyAsked(err)
		}
		return question{of: d.Type, actor: s.Site.Actor(d.Actor), object: objectOf(d.Body), offer: d}, nil
	}
	if sub.Of != "" && sub.OfActor != "" && sub.Of != "Offer" { // an Offer is one of ours
		return question{of: sub.Of, actor: sub.OfActor, object: sub.OfObject}, nil
	}
	if sub.Target == "" {
		return question{}, nobodyAsked(nil)
	}
	a, err := s.Archive.Arrival(ctx, n, sub.Target)
	if err == nil {
		return question{of: a.Type, actor: a.Actor, object: a.Object}, nil
	}
	if coop.CodeOf(err) != coop.NotFound {
		return question{}, err
	}
	waiting, err := s.Followers.Followers(ctx, coop.FollowerQuery{Coop: n, State: coop.FollowAsked}) // it came long ago
	if err != nil {
		return question{}, err
	}
	for _, f := range waiting {
		if f.Follow == sub.Target {
			return question{of: "Follow", actor: f.Actor, object: s.Site.Actor(n)}, nil
		}
	}
	return question{}, nobodyAsked(nil)
}

func (s *Service) settleFollow(ctx context.Context, req request, q question, by answers) (Submitted, error) {
	n := req.who.Coop
	f, err := s.Followers.Follower(ctx, n, q.actor)
	if coop.CodeOf(err) == coop.NotFound || q.object != "" && q.object != s.Site.Actor(n) {
		return Submitted{}, nobodyAsked(err)
	}
	if err != nil {
		return Submitted{}, err
	}
	out := coop.Outgoing{Answer: req.answer}
	if err := s.decided(&out, req, by.said, string(q.actor), ""); err != nil {
		return Submitted{}, err
	}
	doc, err := by.follow(ctx, f, out)
	if err != nil {
		return Submitted{}, err
	}
	return s.done(doc), nil
}

// settleRSVP decides about an answer to an event. What its actor is told is the
// answer: where no seat is left, an Accept becomes a place on the waiting list.
func (s *Service) settleRSVP(ctx context.Context, req request, q question, state coop.RSVPState) (Submitted, error) {
	p, ok, err := s.event(ctx, q.object)
	if err != nil {
		return Submitted{}, err
	}
	if !ok || p.Coop != req.who.Coop {
		return Submitted{}, nobodyAsked(nil)
	}
	var log coop.Outgoing
	if err := s.decided(&log, req, rsvpVerbs[state], string(q.object)+" "+string(q.actor), ""); err != nil {
		return Submitted{}, err
	}
	var told coop.Document
	_, err = s.decideRSVP(ctx, p, q.actor, state, log.Decision, func(r coop.RSVP, out *coop.Outgoing) (err error) {
		if len(out.Documents) == 0 { // its server is refused: nothing is sent there, and this is the answer all the same
			doc, err := s.document(p.Coop, "Accept", "", func(id coop.ID) ([]byte, error) {
				return activity.EncodeRSVPAnswer(s.Site, id, p.Coop, r.State == coop.RSVPGoing, r, q.object, "")
			})
			if err != nil {
				return err
			}
			out.Documents = []coop.Document{doc}
		}
		told = out.Documents[0]
		out.Answer, out.Settles = s.answerWith(req.answer, told), log.Settles
		if out.Settles.ID != "" {
			out.Settles.Result = s.Site.Activity(told.ID)
		}
		return nil
	})
	switch {
	case coop.CodeOf(err) == coop.NotFound:
		return Submitted{}, nobodyAsked(err)
	case err != nil:
		return Submitted{}, err
	case told.Body == nil:
		return Submitted{}, coop.Fail(coop.Conflict, "federation.settleRSVP", "this was decided so before")
	}
	return s.done(told), nil
}
