// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"

	"plenum/activity"
	"plenum/coop"
)

// Rehearsal is what would come of a proposal.
type Rehearsal struct {
	Was, Post coop.Post // Was is the zero Post where nobody has read any of it
	Repeat    string    // how often it is held
	All       bool      // every date to come is changed like this one
}

// Rehearse finds out what would come of an open proposal about a post, for who is to
// decide: they read what is made of a submission, and not what else stands in it and
// looks as if it were. ok is false where it is about no words of a post.
func (s *Service) Rehearse(ctx context.Context, who coop.Principal, id coop.ID) (r Rehearsal, ok bool, err error) {
	p, err := s.openProposal(ctx, who, id)
	if err != nil {
		return r, false, err
	}
	if err := s.sameDraft(ctx, p); err != nil {
		return r, false, err
	}
	sub, err := activity.DecodeSubmission(p.Body, s.Site)
	if err != nil {
		return r, false, err
	}
	req := request{who: who, by: p.By, self: p.Self, settles: coop.Proposal{ID: p.ID}}
	switch sub := sub.(type) {
	case activity.SubmitCreate:
		r.Post, err = s.rehearsed(ctx, req, sub)
		r.Repeat = sub.Life.Repeat
		return r, err == nil, err
	case activity.SubmitUpdate:
		r.All = sub.Life.All
		old, err := s.ownRow(ctx, who, sub.Target)
		if err != nil {
			return r, false, err
		}
		if old.State == coop.Draft {
			r.Post, _, err = s.redrafted(ctx, req, old, sub)
			return r, err == nil, err
		}
		c, err := s.Coops.Coop(ctx, old.Coop)
		if err != nil {
			return r, false, err
		}
		r.Was = old
		r.Post, err = s.revised(ctx, req, c, old, sub)
		return r, err == nil, err
	}
	return r, false, nil
}
