// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// liked counts a Like or an EmojiReact of a post of ours; of anything else it is
// nothing to us, and nothing is asked for because of it. AP §7.10, T15.
func (s *Service) liked(ctx context.Context, by keys.Signer, in activity.Like, seen coop.Seen) error {
	kind := coop.Liked
	if in.Emoji != "" || in.Head().Type == "EmojiReact" {
		kind = coop.Reacted
	}
	_, err := s.reacted(ctx, by, in.Head(), in.Object, kind, in.Emoji, seen)
	return err
}

// reacted stores what somebody did with a post of ours. ok is false where the
// object is none.
func (s *Service) reacted(ctx context.Context, by keys.Signer, h activity.Head, object coop.IRI, kind coop.ReactionKind, emoji string, seen coop.Seen) (ok bool, err error) {
	p, ok, err := s.published(ctx, object)
	if err != nil || !ok || !s.hears(ctx, p, by.Actor) {
		return false, err
	}
	if s.blocks(p.Coop, by.Actor) {
		return true, nil
	}
	if err := s.allowed(quotaReaction, by.Actor); err != nil {
		return true, err
	}
	r := coop.Reaction{Post: p.ID, Coop: p.Coop, Kind: kind, Actor: by.Actor, Activity: h.ID, Emoji: emoji, At: by.At}
	if err := s.Reactions.React(ctx, r, seen); err != nil {
		return true, s.untaken(ctx, "reaction", p, err)
	}
	if err := s.chargedOnce(ctx, by, seen); err != nil {
		return true, err
	}
	s.observe(Event{What: string(kind), Type: h.Type, Coop: p.Coop, Actor: by.Actor, Object: object, Title: p.Title})
	return true, nil
}

// chargedOnce notes what came with a proof, which its actor was charged with: whoever
// has it can send it again for a week, and would use up what the actor may do. What a
// reaction or a comment tells of itself is known only behind the charge.
func (s *Service) chargedOnce(ctx context.Context, by keys.Signer, seen coop.Seen) error {
	if by.Form != keys.Integrity {
		return nil
	}
	return s.Inbox.MarkSeen(ctx, seen)
}

// unreacted takes a reaction back that is named by what it was to. Lemmy makes up
// another id for what it undoes.
func (s *Service) unreacted(ctx context.Context, by keys.Signer, in activity.Undo, seen coop.Seen, kinds ...coop.ReactionKind) (ok bool, err error) {
	p, ok, err := s.published(ctx, in.OfObject)
	if err != nil || !ok {
		return false, err
	}
	r := coop.Reaction{Post: p.ID, Coop: p.Coop, Actor: by.Actor, Activity: in.Object, At: by.At}
	if err := s.Reactions.Unreact(ctx, r, seen, kinds...); err != nil {
		return true, err
	}
	s.observe(Event{What: "unreacted", Type: in.Of, Coop: p.Coop, Actor: by.Actor, Object: in.OfObject, Title: p.Title})
	return true, nil
}

// reactionUndone takes a reaction back: by the id that it had, and else by what it
// was to. An Announce may be of something that we keep.
func (s *Service) reactionUndone(ctx context.Context, by keys.Signer, in activity.Undo, seen coop.Seen) error {
	kinds := []coop.ReactionKind{coop.Liked, coop.Reacted}
	if in.Of == "Announce" {
		kinds = []coop.ReactionKind{coop.Shared}
	}
	if in.OfObject == "" {
		return s.takenBack(ctx, by, in, seen)
	}
	ok, err := s.unreacted(ctx, by, in, seen, kinds...)
	if err != nil || ok || in.Of != "Announce" {
		return err
	}
	return s.Inbox.Drop(ctx, in.OfObject, by.Actor, seen)
}

// untaken lets what is not taken be as if it had been: because a table is full, or
// because the post went a moment ago. Who sent it can do nothing about it. Failures
// of ours stay what they are, so that it is sent again.
func (s *Service) untaken(ctx context.Context, what string, p coop.Post, err error) error {
	if coop.CodeOf(err) == coop.Conflict {
		s.log().WarnContext(ctx, "not taken", "type", what, "coop", p.Coop, "post", p.ID, "err", err)
	}
	return ignoreMissing(err)
}
