// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// quoted refuses to let a post of ours be quoted: an approval would have to be
// served, and taken back, for as long as the quote stands. FEP-044f.
func (s *Service) quoted(ctx context.Context, by keys.Signer, in activity.QuoteRequest, seen coop.Seen) error {
	p, ok, err := s.published(ctx, in.Object)
	if err != nil || !ok || !s.hears(ctx, p, by.Actor) {
		return err
	}
	if err := s.allowed(quotaQuote, by.Actor); err != nil {
		return err
	}
	a, err := s.actor(ctx, by.Actor)
	if err != nil {
		return err
	}
	return s.reply(ctx, p.Coop, "Reject", a, seen, func(id coop.ID) ([]byte, error) {
		return activity.EncodeQuoteReject(s.Site, id, p.Coop, in)
	})
}
