// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"slices"
	"time"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// moveAge is how long an actor that has moved cannot move again. It is remembered
// until a restart. What has moved is followed by no co-op of ours any more, and that
// is in the store: only one that was followed anew since then can move too early.
const moveAge = 7 * 24 * time.Hour

// moved lets the co-ops that follow an actor follow another one in its place, where
// both say that they are the same: the old one that it has moved there, the new one
// that it was known as the old. Both documents are read anew for it. Everything else
// is ignored. FEP-7628, docs/security.md T13.
func (s *Service) moved(ctx context.Context, by keys.Signer, in activity.Move, seen coop.Seen) error {
	if in.Object != by.Actor || in.Target == by.Actor || s.Site.Local(in.Target) || s.RefusesActor(in.Target) {
		return nil
	}
	readers, err := s.readers(ctx, by.Actor)
	if err != nil || len(readers) == 0 || !s.moves.may(by.Actor, moveAge, s.Now()) {
		return err
	}
	// One try in a while; the old actor says anew when it has moved.
	if !s.remotes.mayRetry("move of "+by.Actor, s.Now()) {
		return &coop.Error{Code: coop.RateLimited, Op: "federation.moved", Msg: "this move was looked at a moment ago", Retry: refetchAge}
	}
	same, err := s.bothSay(ctx, by.Actor, in.Target)
	if err != nil || !same {
		return ignoreMissing(err)
	}
	for _, n := range readers {
		if err := s.followInstead(ctx, n, by.Actor, in.Target); err != nil {
			return err
		}
	}
	s.moves.note(by.Actor, s.Now())
	s.log().InfoContext(ctx, "actor moved", "actor", by.Actor, "to", in.Target)
	return nil
}

// bothSay reports whether two actors say of each other that they are one.
func (s *Service) bothSay(ctx context.Context, old, target coop.IRI) (bool, error) {
	a, err := s.fetchActor(ctx, target, s.now())
	if err != nil || !slices.Contains(a.AlsoKnownAs, old) {
		return false, err
	}
	before, err := s.fetchActor(ctx, old, s.now())
	return err == nil && before.MovedTo == target, err
}

// followInstead follows the new actor first: what is interrupted in between follows
// both, and is done when the Move comes again.
func (s *Service) followInstead(ctx context.Context, n coop.Name, old, target coop.IRI) error {
	req := request{who: coop.Principal{Coop: n, By: "a Move of " + string(old)}}
	if _, _, err := s.follow(ctx, req, target); err != nil {
		return err
	}
	f, err := s.Followings.Following(ctx, n, old)
	if err != nil {
		return ignoreMissing(err)
	}
	_, err = s.unfollow(ctx, req, f)
	return err
}
