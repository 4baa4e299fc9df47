// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"fmt"

	"plenum/activity"
	"plenum/coop"
)

// out begins what a verb sends: doc, which it is answered with, and the decision that
// it was, as the log has it.
func (s *Service) out(req request, what, target string, doc coop.Document) (coop.Outgoing, error) {
	out := coop.Outgoing{Documents: []coop.Document{doc}, Answer: s.answerWith(req.answer, doc)}
	return out, s.decided(&out, req, what, target, s.Site.Activity(doc.ID))
}

// cameOf adds the activity that came of a request to what is stored.
func (s *Service) cameOf(out *coop.Outgoing, doc coop.Document) {
	out.Documents, out.Answer = []coop.Document{doc}, s.answerWith(out.Answer, doc)
	if out.Settles.ID != "" {
		out.Settles.Result = s.Site.Activity(doc.ID)
	}
}

// done is the answer to a request that brought about doc.
func (s *Service) done(doc coop.Document) Submitted {
	return Submitted{Location: s.Site.Activity(doc.ID), Body: doc.Body}
}

// carryOut does what a client asks of an outbox besides publishing, changing and
// deleting posts. AP §6.
func (s *Service) carryOut(ctx context.Context, req request, sub activity.Submission) (Submitted, error) {
	switch sub := sub.(type) {
	case activity.SubmitFollow:
		return s.submitFollow(ctx, req, sub.Target)
	case activity.SubmitLike:
		return s.like(ctx, req, sub.Target)
	case activity.SubmitAnnounce:
		return s.announce(ctx, req, sub.Target)
	case activity.SubmitBlock:
		return s.block(ctx, req, sub.Target)
	case activity.SubmitAccept:
		return s.agree(ctx, req, sub)
	case activity.SubmitReject:
		return s.refuse(ctx, req, activity.SubmitAccept(sub))
	case activity.SubmitAdd:
		return s.add(ctx, req, sub)
	case activity.SubmitRemove:
		return s.takeOut(ctx, req, activity.SubmitAdd(sub))
	case activity.SubmitOffer:
		return s.submitOffer(ctx, req, sub)
	case activity.SubmitUndo:
		return s.submitUndo(ctx, req, sub)
	}
	panic(fmt.Sprintf("federation: no rule for %T", sub))
}
