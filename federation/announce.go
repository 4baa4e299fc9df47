// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"slices"

	"plenum/coop"
)

// announce passes something that everybody may read on to the followers of a co-op. It
// may be the co-op's own. AP §7.11.
func (s *Service) announce(ctx context.Context, req request, target coop.IRI) (Submitted, error) {
	return s.act(ctx, req, coop.ActAnnounce, target)
}

// giveLocal gives what a co-op announces to those on this instance that follow it.
func (s *Service) giveLocal(ctx context.Context, out *coop.Outgoing, doc coop.Document, a aim) error {
	readers, err := s.localReaders(ctx, doc.Actor)
	readers = slices.DeleteFunc(readers, func(n coop.Name) bool { return n == a.post.Coop }) // they know what is theirs
	if err != nil || len(readers) == 0 {
		return err
	}
	r := a.kept
	if a.post.ID != "" {
		if r, err = s.ownReceived(ctx, a.post); err != nil {
			return err
		}
	}
	r.Activity, r.Via, r.KeyID, r.At, r.For = s.Site.Activity(doc.ID), s.Site.Actor(doc.Actor), s.Site.Key(doc.Actor), s.now(), readers
	out.Received = []coop.Received{r}
	out.Arrivals = append(out.Arrivals, s.arrives(doc, a.object, readers...)...)
	return nil
}

// ownReceived is a post of ours as those on this instance are given it.
func (s *Service) ownReceived(ctx context.Context, p coop.Post) (coop.Received, error) {
	body, _, err := s.Documents.Object(ctx, p.ID)
	if err != nil {
		return coop.Received{}, err
	}
	updated := p.Updated
	if updated.IsZero() {
		updated = p.Published
	}
	return coop.Received{
		Object: s.Site.Object(p.Kind, p.ID), Type: p.Kind.Type(), By: s.Site.Actor(p.Coop), Updated: updated,
		Name: p.Headline(), Summary: p.Line(), URL: s.Site.Page(p.Coop, p.Slug), Body: body,
	}, nil
}
