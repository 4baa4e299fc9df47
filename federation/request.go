// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"cmp"
	"context"
	"crypto/sha256"

	"plenum/activity"
	"plenum/content"
	"plenum/coop"
)

// Submitted is what a client of the outbox is answered.
type Submitted struct {
	Location coop.IRI // the id of the activity, empty where it is transient; of a proposal where it is decided about
	Body     []byte   // the activity
	Post     coop.Post
	Draft    bool          // nothing was published: Post is a draft
	Proposed bool          // nothing was done: somebody else has to agree
	Proposal coop.Proposal // where Proposed is set
}

// request is what stands behind everything that is submitted.
type request struct {
	who     coop.Principal
	answer  coop.Answer
	settles coop.Proposal // the proposal that is carried out; zero where none is
	by      string        // who proposed it
	self    string        // Principal.Self of who proposed it
	rev     int           // of the draft that it was proposed to publish; 0 where it is about none
}

// author is who is to be named as the one who changed a post.
func (r request) author() (by, self string) {
	return cmp.Or(r.by, r.who.By), cmp.Or(r.self, r.who.Self())
}

// decided completes what is stored with a change: who decided it, and the proposal
// that is settled by it. result is the activity that came of it, or empty.
func (s *Service) decided(out *coop.Outgoing, req request, what, target string, result coop.IRI) (err error) {
	d := coop.Decision{By: req.who.By}
	if req.settles.ID != "" {
		out.Settles = req.settles
		out.Settles.Result = result
		d.Why = "proposed by " + req.by
		if why := req.settles.Why; why != "" {
			d.Why += ": " + why
		}
	}
	out.Decision, err = s.decision(d, what, req.who.Coop, target)
	return err
}

// Submit takes what a client posts to the outbox of who.Coop: an activity, or an
// object that is wrapped in a Create. AP §6. The ids, the actor and the author
// are ours whatever the client says; bto and bcc are delivered to and never
// stored or shown. key is the client's Idempotency-Key, or empty. What who may not
// do alone becomes a proposal.
func (s *Service) Submit(ctx context.Context, who coop.Principal, body []byte, key string) (Submitted, error) {
	req := request{who: who, answer: coop.Answer{At: s.now()}}
	if !who.Role.Covers(coop.Editor) {
		return Submitted{}, coop.Fail(coop.Forbidden, "federation.Submit", "you have no part in this co-op")
	}
	if key != "" {
		sum := sha256.Sum256(body)
		req.answer.Key, req.answer.Digest = string(who.Coop)+" "+cmp.Or(string(who.Token), who.Self())+" "+key, sum[:]
		defer s.turns.lock("answer " + req.answer.Key)()
		if prior, ok, err := s.Documents.Answer(ctx, req.answer.Key); err != nil {
			return Submitted{}, err
		} else if ok {
			return s.again(ctx, prior, req.answer)
		}
	}
	sub, err := activity.DecodeSubmission(body, s.Site)
	if err != nil {
		return Submitted{}, err
	}
	alone, err := s.alone(ctx, who, sub)
	if err != nil {
		return Submitted{}, err
	}
	if !alone {
		return s.propose(ctx, req, sub, body)
	}
	return s.perform(ctx, req, sub)
}

// perform does what was submitted by somebody who may, alone or because another
// agreed.
func (s *Service) perform(ctx context.Context, req request, sub activity.Submission) (Submitted, error) {
	switch sub := sub.(type) {
	case activity.SubmitCreate:
		return s.create(ctx, req, sub)
	case activity.SubmitUpdate:
		return s.update(ctx, req, sub)
	case activity.SubmitDelete:
		return s.withdraw(ctx, req, sub)
	}
	return s.carryOut(ctx, req, sub)
}

// again answers a repeated request as the first was answered.
func (s *Service) again(ctx context.Context, prior, now coop.Answer) (Submitted, error) {
	if string(prior.Digest) != string(now.Digest) {
		return Submitted{}, coop.Fail(coop.Conflict, "federation.Submit", "this Idempotency-Key was used for another request; take a new one")
	}
	if prior.Proposal != "" {
		p, err := s.Proposals.Proposal(ctx, prior.Proposal)
		if err != nil {
			return Submitted{}, err
		}
		return s.proposed(p)
	}
	if prior.Post != "" {
		if done, ok, err := s.draftAgain(ctx, prior); ok || err != nil {
			return done, err
		}
	}
	d, err := s.Documents.Document(ctx, prior.Document)
	if err != nil {
		return Submitted{}, err
	}
	return Submitted{Location: prior.Location, Body: d.Body}, nil
}

// answerWith completes what is kept under an Idempotency-Key.
func (s *Service) answerWith(answer coop.Answer, doc coop.Document) coop.Answer {
	answer.Location, answer.Document = s.Site.Activity(doc.ID), doc.ID
	return answer
}

// keepAnswer keeps the answer to a request that changed nothing: the same request
// later, when it would change something, is still the same.
func (s *Service) keepAnswer(ctx context.Context, answer coop.Answer, doc coop.Document) error {
	if answer.Key == "" {
		return nil
	}
	return s.Documents.KeepAnswer(ctx, s.answerWith(answer, doc))
}

// why makes a line of what somebody gave as a reason.
func why(s string) string { return content.Line(s, coop.MaxMessage) }
