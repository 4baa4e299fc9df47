// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"time"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// followed answers a Follow of one of our actors: with an Accept that commits
// together with the follower, or not at all until somebody approves. A repeated
// Follow is answered again, since it means that the Accept was lost.
func (s *Service) followed(ctx context.Context, by keys.Signer, in activity.Follow, seen coop.Seen) error {
	r, ok := s.Site.Parse(in.Object)
	if !ok || r.Kind != coop.RefActor {
		return notFound("federation.followed")
	}
	c, err := s.Coops.Coop(ctx, r.Name)
	if err != nil {
		return err
	}
	if err := s.allowed(quotaFollow, by.Actor); err != nil {
		return err
	}
	defer s.turns.lock(betweenTurn(c.Name, by.Actor))()
	if s.blocks(c.Name, by.Actor) {
		return s.unwelcome(ctx, by, c.Name, seen)
	}
	old, err := s.Followers.Follower(ctx, c.Name, by.Actor)
	known := err == nil && old.State == coop.FollowAccepted
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		return err
	}
	f := coop.Follower{Coop: c.Name, Actor: by.Actor, Follow: seen.Activity, State: coop.FollowAccepted, Since: s.now()}
	if c.Approve && !known {
		return s.askApproval(ctx, f, seen)
	}
	a, err := s.actor(ctx, by.Actor)
	if err != nil {
		return err
	}
	if f.Box = a.Box(); known {
		f.Since = old.Since
	}
	_, err = s.accept(ctx, f, a, seen, !known, coop.Outgoing{})
	return err
}

// betweenTurn is what only one at a time does about an actor and a co-op of ours: who
// is blocked at this moment must not become a follower in the next.
func betweenTurn(n coop.Name, actor coop.IRI) string {
	return "between " + string(n) + " " + string(actor)
}

// askApproval stores who waits for approval. Who has just proven who it is is known: the
// store has where it is delivered to.
func (s *Service) askApproval(ctx context.Context, f coop.Follower, seen coop.Seen) error {
	k, err := s.acquaint(ctx, f.Actor)
	if err != nil {
		return err
	}
	f.State, f.Box = coop.FollowAsked, k.box
	if err := s.Followers.AskFollow(ctx, f, seen); err != nil {
		return err
	}
	s.meet()
	s.observe(Event{What: "asked", Type: "Follow", Coop: f.Coop, Actor: f.Actor})
	return nil
}

// accept stores a follower together with the Accept, and for a new follower of
// the instance actor with what was announced before. out has what else is stored.
func (s *Service) accept(ctx context.Context, f coop.Follower, a coop.Actor, seen coop.Seen, welcome bool, out coop.Outgoing) (coop.Document, error) {
	doc, err := s.followAnswer("Accept", f, activity.EncodeAccept)
	if err != nil {
		return doc, err
	}
	s.cameOf(&out, doc)
	if out.Deliveries, err = s.to(doc, a); err != nil {
		return doc, err
	}
	welcome = welcome && f.Coop == coop.Relay && s.greets.may(a.Inbox, greetAge, s.Now())
	if welcome {
		if err := s.welcome(ctx, a, &out); err != nil {
			return doc, err
		}
	}
	if err := s.Followers.AcceptFollow(ctx, f, seen, out); err != nil {
		return doc, err
	}
	if welcome {
		s.greets.note(a.Inbox, s.Now())
	}
	s.kick()
	s.meet()
	s.observe(Event{What: "followed", Type: "Follow", Coop: f.Coop, Actor: f.Actor})
	return doc, nil
}

// followAnswer makes the answer to a Follow.
func (s *Service) followAnswer(kind string, f coop.Follower,
	encode func(coop.Site, coop.ID, coop.Name, coop.IRI, coop.IRI) ([]byte, error)) (coop.Document, error) {
	return s.document(f.Coop, kind, "", func(id coop.ID) ([]byte, error) { return encode(s.Site, id, f.Coop, f.Follow, f.Actor) })
}

// greetAge is how long who comes back is not told again what is still to come.
const greetAge = 24 * time.Hour

// welcome sends a new follower of the instance actor the Announces of what is
// still to come: Mobilizon's back-fill records none.
func (s *Service) welcome(ctx context.Context, a coop.Actor, out *coop.Outgoing) error {
	next, err := s.Posts.Posts(ctx, coop.PostQuery{Upcoming: s.Now(), Limit: 20})
	if err != nil {
		return err
	}
	for _, p := range next {
		if p.Announce == "" {
			continue
		}
		ds, err := s.to(coop.Document{ID: p.Announce, Actor: coop.Relay, Type: "Announce", Post: p.ID}, a)
		if err != nil {
			return err
		}
		out.Deliveries = append(out.Deliveries, ds...)
	}
	return nil
}

// undone ends what an Undo takes back: a follow, a reaction or an RSVP, named by
// its id or embedded, or an Announce that we kept. Whoever signs can only undo what
// is its own. T04. What is told by its id is remembered: requests overtake each
// other.
func (s *Service) undone(ctx context.Context, by keys.Signer, in activity.Undo, seen coop.Seen) error {
	if in.Of == "Follow" && in.OfActor != "" && in.OfActor == in.OfObject {
		in.OfActor, in.OfObject = "", "" // the Event Bridge of WordPress names whom it followed twice: the id alone counts
	}
	if in.OfActor != "" && in.OfActor != by.Actor {
		return nil
	}
	switch in.Of {
	case "", "Follow":
	case "Like", "EmojiReact", "Announce":
		return s.reactionUndone(ctx, by, in, seen)
	case "Join", "Accept", "TentativeAccept", "Reject":
		return s.rsvpUndone(ctx, by, in, seen)
	default:
		return nil
	}
	ended, err := s.followUndone(ctx, by, in, seen)
	if err != nil || in.Object == "" || !coop.SameOrigin(in.Object, by.Actor) {
		return err
	}
	if ended {
		return s.Inbox.Drop(ctx, in.Object, by.Actor, coop.Seen{At: seen.At}) // noticed already
	}
	return s.takenBack(ctx, by, in, seen)
}

// followUndone ends the follows that an Undo is about.
func (s *Service) followUndone(ctx context.Context, by keys.Signer, in activity.Undo, seen coop.Seen) (ended bool, err error) {
	names, err := s.followedNames(ctx, in)
	if err != nil {
		return false, err
	}
	for _, n := range names {
		f, err := s.Followers.Follower(ctx, n, by.Actor)
		if coop.CodeOf(err) == coop.NotFound || err == nil && in.OfObject == "" && f.Follow != in.Object {
			continue
		}
		if err != nil {
			return ended, err
		}
		if err := s.Followers.EndFollow(ctx, n, by.Actor, seen, coop.Outgoing{}); err != nil {
			return ended, err
		}
		s.observe(Event{What: "unfollowed", Type: "Undo", Coop: n, Actor: by.Actor})
		ended = true
		seen = coop.Seen{At: seen.At} // noticed already
	}
	return ended, nil
}

// takenBack undoes a reaction or an RSVP that is named by its id. Where there is none
// it is remembered, since it may still come.
func (s *Service) takenBack(ctx context.Context, by keys.Signer, in activity.Undo, seen coop.Seen) error {
	if in.Object == "" || !coop.SameOrigin(in.Object, by.Actor) {
		return nil
	}
	found, err := s.Reactions.TakeBack(ctx, by.Actor, in.Object, seen, s.tellIn(""))
	if err != nil {
		return err
	}
	if !found {
		return s.Inbox.Drop(ctx, in.Object, by.Actor, seen)
	}
	s.kick()
	s.observe(Event{What: "taken back", Type: "Undo", Actor: by.Actor, Object: in.Object})
	return nil
}

// followedNames are the actors of ours that an Undo can be about: the one that it
// names, or any.
func (s *Service) followedNames(ctx context.Context, in activity.Undo) ([]coop.Name, error) {
	if in.OfObject != "" {
		if r, ok := s.Site.Parse(in.OfObject); ok && r.Kind == coop.RefActor {
			return []coop.Name{r.Name}, nil
		}
		return nil, nil
	}
	all, err := s.Coops.Coops(ctx)
	if err != nil {
		return nil, err
	}
	names := []coop.Name{coop.Relay}
	for _, c := range all {
		names = append(names, c.Name)
	}
	return names, nil
}

// ApproveFollower accepts a follow that waits.
func (s *Service) ApproveFollower(ctx context.Context, n coop.Name, actor coop.IRI, d coop.Decision) error {
	f, err := s.Followers.Follower(ctx, n, actor)
	if err != nil {
		return err
	}
	if d, err = s.decision(d, "follower approve", n, string(actor)); err != nil {
		return err
	}
	_, err = s.approve(ctx, f, coop.Outgoing{Decision: d})
	return err
}

// approve accepts a follow and says so. out has what else is stored.
func (s *Service) approve(ctx context.Context, f coop.Follower, out coop.Outgoing) (coop.Document, error) {
	if s.blocks(f.Coop, f.Actor) {
		return coop.Document{}, blockedByUs("federation.approve")
	}
	if r, ok := s.Site.Parse(f.Actor); ok {
		return s.approveLocal(ctx, f, r.Name, out)
	}
	a, err := s.actor(ctx, f.Actor)
	if err != nil {
		return coop.Document{}, err
	}
	defer s.turns.lock(betweenTurn(f.Coop, f.Actor))()
	if s.blocks(f.Coop, f.Actor) { // since it was asked who that is
		return coop.Document{}, blockedByUs("federation.approve")
	}
	welcome := f.State != coop.FollowAccepted
	f.State, f.Box = coop.FollowAccepted, a.Box()
	return s.accept(ctx, f, a, coop.Seen{}, welcome, out)
}

// approveLocal accepts the follow of a co-op on this instance: both sides are
// ours, so that nothing has to be sent.
func (s *Service) approveLocal(ctx context.Context, f coop.Follower, by coop.Name, out coop.Outgoing) (coop.Document, error) {
	mine, err := s.Followings.Following(ctx, by, s.Site.Actor(f.Coop))
	if err != nil {
		return coop.Document{}, err
	}
	doc, err := s.followAnswer("Accept", f, activity.EncodeAccept)
	if err != nil {
		return doc, err
	}
	s.cameOf(&out, doc)
	out.Arrivals = s.arrives(doc, f.Follow, by)
	f.State, mine.State = coop.FollowAccepted, coop.FollowAccepted
	return doc, s.Followings.LocalFollow(ctx, mine, f, out)
}

// RemoveFollower ends a follow from our side, whether it waits or is in force,
// and says so with a Reject. Removing nobody is NotFound.
func (s *Service) RemoveFollower(ctx context.Context, n coop.Name, actor coop.IRI, d coop.Decision) error {
	f, err := s.Followers.Follower(ctx, n, actor)
	if err != nil {
		return err
	}
	if d, err = s.decision(d, "follower remove", n, string(actor)); err != nil {
		return err
	}
	_, err = s.dismiss(ctx, f, coop.Outgoing{Decision: d})
	return err
}

// dismiss ends a follow of a co-op of ours and says so. out has what else is stored.
func (s *Service) dismiss(ctx context.Context, f coop.Follower, out coop.Outgoing) (coop.Document, error) {
	doc, err := s.followAnswer("Reject", f, activity.EncodeReject)
	if err != nil {
		return doc, err
	}
	s.cameOf(&out, doc)
	if r, ok := s.Site.Parse(f.Actor); ok { // first: what is interrupted here can be done again
		err := s.Followings.SettleFollow(ctx, r.Name, s.Site.Actor(f.Coop), coop.FollowRejected, coop.Seen{})
		if err != nil && coop.CodeOf(err) != coop.NotFound {
			return doc, err
		}
		out.Arrivals = s.arrives(doc, f.Follow, r.Name)
	} else if a, err := s.actor(ctx, f.Actor); err != nil { // it is not to be found: nobody is told
		s.log().WarnContext(ctx, "rejected follower not told", "actor", f.Actor, "err", err)
	} else if out.Deliveries, err = s.to(doc, a); err != nil {
		return doc, err
	}
	if err := s.Followers.EndFollow(ctx, f.Coop, f.Actor, coop.Seen{}, out); err != nil {
		return doc, err
	}
	s.kick()
	return doc, nil
}
