// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"plenum/activity"
	"plenum/coop"
)

// alone reports whether who may do something without somebody else agreeing. Editors
// work on drafts; what the world hears of takes a publisher, and in a co-op where two
// have to agree another person. To change what is scheduled is to publish it.
func (s *Service) alone(ctx context.Context, who coop.Principal, sub activity.Submission) (bool, error) {
	c, err := s.Coops.Coop(ctx, who.Coop)
	if err != nil {
		return false, err
	}
	if who.Role.Covers(coop.Publisher) && !c.TwoPeople {
		return true, nil
	}
	switch sub := sub.(type) {
	case activity.SubmitCreate:
		return sub.Life.State == coop.Draft && sub.Life.At.IsZero() && sub.Life.Repeat == "", nil
	case activity.SubmitUpdate:
		p, err := s.ownRow(ctx, who, sub.Target)
		return p.State == coop.Draft && !sub.Life.All && staysDraft(p, sub.Life), err
	case activity.SubmitBlock: // to keep somebody away says nothing to the world
		return who.Role.Covers(coop.Publisher), nil
	case activity.SubmitReject: // nor does this, but to leave a post that one shares
		leaves, err := s.leaves(ctx, who, sub)
		return who.Role.Covers(coop.Publisher) && !leaves, err
	case activity.SubmitDelete:
		p, err := s.ownRow(ctx, who, sub.Target)
		return p.State == coop.Draft && !sub.All, err
	}
	return false, nil
}

// leaves reports whether a Reject is of an Offer that was accepted before: the Announce
// is undone then, and all who have the post are told.
func (s *Service) leaves(ctx context.Context, who coop.Principal, sub activity.SubmitReject) (bool, error) {
	q, err := s.question(ctx, who.Coop, activity.SubmitAccept(sub))
	if err != nil || q.of != "Offer" {
		return false, ignoreMissing(err)
	}
	p, err := s.Posts.Post(ctx, q.offer.Post)
	return slices.Contains(p.Owners, who.Coop), ignoreMissing(err)
}

// staysDraft reports whether a draft, once it is changed, is one that is not
// published by itself.
func staysDraft(p coop.Post, l activity.Life) bool {
	if l.State == coop.Published && !l.Timed {
		return false
	}
	if l.Timed {
		return l.At.IsZero() && l.State != coop.Published
	}
	return p.Due.IsZero()
}

// propose keeps what was submitted until somebody else agrees. What could not be
// done is refused at once.
func (s *Service) propose(ctx context.Context, req request, sub activity.Submission, body []byte) (Submitted, error) {
	id, err := s.newID()
	if err != nil {
		return Submitted{}, err
	}
	p := coop.Proposal{
		ID: id, Coop: req.who.Coop, Self: req.who.Self(), By: req.who.By, Body: body, At: s.now(), State: coop.ProposalOpen,
		What: strings.TrimPrefix(fmt.Sprintf("%T", sub), "activity.Submit"),
	}
	if err := s.aboutPost(ctx, req, sub, &p); err != nil {
		return Submitted{}, err
	}
	if p.Object == "" {
		p.Object = activity.ObjectOf(body)
	}
	p.Title = cmp.Or(p.Title, string(p.Object), p.What)
	answer := req.answer
	answer.Proposal, answer.Location = p.ID, s.Site.Proposal(p.Coop, p.ID)
	prior, err := s.Proposals.Propose(ctx, p, answer)
	if err != nil {
		return Submitted{}, err
	}
	if prior != nil {
		return s.again(ctx, *prior, answer)
	}
	s.observe(Event{What: "proposed", Type: p.What, Coop: p.Coop, Object: p.Object, Title: p.Title, Note: p.By})
	if s.Proposed != nil {
		s.Proposed(p)
	}
	return s.proposed(p)
}

// proposed is what who proposed something is answered.
func (s *Service) proposed(p coop.Proposal) (Submitted, error) {
	body, err := activity.EncodeProposed(s.Site, p.Coop, p.ID, p.Body)
	return Submitted{Location: s.Site.Proposal(p.Coop, p.ID), Body: body, Proposed: true, Proposal: p}, err
}

// aboutPost says which post a proposal is about, and finds out whether it could be
// carried out now.
func (s *Service) aboutPost(ctx context.Context, req request, sub activity.Submission, p *coop.Proposal) error {
	const openly = "what somebody else has to agree to says openly whom it is for: take to and cc"
	switch sub := sub.(type) {
	case activity.SubmitCreate:
		if len(sub.Bto)+len(sub.Bcc) > 0 {
			return coop.Wrong("bto", openly)
		}
		post, err := s.rehearsed(ctx, req, sub)
		p.Title = post.Headline()
		return err
	case activity.SubmitUpdate:
		if len(sub.Bto)+len(sub.Bcc) > 0 {
			return coop.Wrong("bto", openly)
		}
		old, err := s.ownRow(ctx, req.who, sub.Target)
		if err != nil {
			return err
		}
		p.Object, p.Post, p.Title = sub.Target, old.ID, old.Headline()
		if old.State == coop.Draft {
			p.Rev = old.Rev
			_, _, err = s.redrafted(ctx, req, old, sub)
			return err
		}
		c, err := s.Coops.Coop(ctx, old.Coop)
		if err != nil {
			return err
		}
		_, err = s.revised(ctx, req, c, old, sub)
		return err
	case activity.SubmitDelete:
		old, err := s.ownRow(ctx, req.who, sub.Target)
		p.Object, p.Post, p.Title = sub.Target, old.ID, old.Headline()
		return err
	}
	return nil
}

// rehearsed is the post that a Create would make.
func (s *Service) rehearsed(ctx context.Context, req request, sub activity.SubmitCreate) (coop.Post, error) {
	if sub.Life.Repeat != "" {
		_, template, err := s.composedSeries(ctx, req, sub)
		return template, err
	}
	post, _, err := s.composed(ctx, req, sub)
	return post, err
}

// AcceptProposal carries out what somebody else of the co-op proposed, as it was
// submitted. Where two have to agree nobody accepts what they proposed themselves.
func (s *Service) AcceptProposal(ctx context.Context, who coop.Principal, id coop.ID, reason string) (Submitted, error) {
	const op = "federation.AcceptProposal"
	defer s.turns.lock("proposal " + string(id))()
	p, err := s.openProposal(ctx, who, id)
	if err != nil {
		return Submitted{}, err
	}
	c, err := s.Coops.Coop(ctx, p.Coop)
	switch {
	case err != nil:
		return Submitted{}, err
	case !who.Role.Covers(coop.Publisher):
		return Submitted{}, coop.Fail(coop.Forbidden, op, "a publisher of the co-op accepts proposals")
	case c.TwoPeople && who.Self() == p.Self:
		return Submitted{}, coop.Fail(coop.Forbidden, op, "in this co-op two have to agree: somebody else has to accept what you proposed")
	}
	if err := s.sameDraft(ctx, p); err != nil {
		return Submitted{}, err
	}
	sub, err := activity.DecodeSubmission(p.Body, s.Site)
	if err != nil {
		return Submitted{}, err
	}
	req := request{who: who, by: p.By, self: p.Self, rev: p.Rev, answer: coop.Answer{At: s.now()}}
	req.settles = coop.Proposal{ID: p.ID, Coop: p.Coop, State: coop.ProposalAccepted, Settled: s.now(), Settler: who.By, Why: why(reason)}
	done, err := s.perform(ctx, req, sub)
	if err != nil {
		return Submitted{}, err
	}
	return done, s.closeIdle(ctx, req, p)
}

// closeIdle closes a proposal that changed nothing when it was carried out: it says
// what is so already.
func (s *Service) closeIdle(ctx context.Context, req request, p coop.Proposal) error {
	now, err := s.Proposals.Proposal(ctx, p.ID)
	if err != nil || now.State != coop.ProposalOpen {
		return err
	}
	_, err = s.settle(ctx, req.who, p, "it says what is so already")
	return err
}

// sameDraft makes sure that who agrees to publish a draft has read what was proposed.
func (s *Service) sameDraft(ctx context.Context, p coop.Proposal) error {
	if p.Rev == 0 {
		return nil
	}
	now, err := s.Posts.Post(ctx, p.Post)
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		return err
	}
	if err != nil || now.State != coop.Draft || now.Rev != p.Rev {
		return errOtherDraft
	}
	return nil
}

var errOtherDraft = coop.Fail(coop.Conflict, "federation.AcceptProposal", "the draft was changed or published since this was proposed; reject it, and propose it anew")

// RejectProposal closes a proposal that is not carried out. A publisher can, and who
// proposed it.
func (s *Service) RejectProposal(ctx context.Context, who coop.Principal, id coop.ID, reason string) (coop.Proposal, error) {
	defer s.turns.lock("proposal " + string(id))()
	p, err := s.openProposal(ctx, who, id)
	if err != nil {
		return p, err
	}
	if !who.Role.Covers(coop.Publisher) && who.Self() != p.Self {
		return p, coop.Fail(coop.Forbidden, "federation.RejectProposal", "a publisher of the co-op rejects proposals, and who made them")
	}
	return s.settle(ctx, who, p, reason)
}

func (s *Service) settle(ctx context.Context, who coop.Principal, p coop.Proposal, reason string) (coop.Proposal, error) {
	d, err := s.decision(coop.Decision{By: who.By, Why: reason}, "proposal reject", p.Coop, string(p.ID))
	if err != nil {
		return p, err
	}
	return s.Proposals.RejectProposal(ctx, p.ID, d)
}

// openProposal finds a proposal of a co-op that nobody has decided about. Of those of
// other co-ops nothing is said.
func (s *Service) openProposal(ctx context.Context, who coop.Principal, id coop.ID) (coop.Proposal, error) {
	const op = "federation.openProposal"
	p, err := s.Proposals.Proposal(ctx, id)
	switch {
	case coop.CodeOf(err) == coop.NotFound, err == nil && (p.Coop != who.Coop || !who.Role.Covers(coop.Editor)):
		return coop.Proposal{}, coop.Fail(coop.NotFound, op, "the co-op has no such proposal")
	case err != nil:
		return coop.Proposal{}, err
	case p.State != coop.ProposalOpen:
		return p, coop.Fail(coop.Conflict, op, "somebody has decided about this proposal already")
	}
	return p, nil
}
