// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// Follow lets a co-op follow an actor, named by its handle (@user@host) or by a
// URL; who says who decided so. It is in force once the other side accepts. Following
// somebody whom the co-op follows already changes nothing and returns what there is.
func (s *Service) Follow(ctx context.Context, who coop.Principal, target string) (coop.Following, coop.Document, error) {
	id, err := s.resolve(ctx, target)
	if err != nil {
		return coop.Following{}, coop.Document{}, err
	}
	return s.follow(ctx, request{who: who}, id)
}

// follow is Follow of an actor whose id is known.
func (s *Service) follow(ctx context.Context, req request, id coop.IRI) (coop.Following, coop.Document, error) {
	n := req.who.Coop
	fail := func(err error) (coop.Following, coop.Document, error) { return coop.Following{}, coop.Document{}, err }
	if _, err := s.Coops.Coop(ctx, n); err != nil {
		return fail(err)
	}
	if id == s.Site.Actor(n) {
		return fail(coop.Wrong("object", "a co-op does not follow itself"))
	}
	if s.blocks(n, id) {
		return fail(blockedByUs("federation.Follow"))
	}
	defer s.turns.lock(followTurn(n, id))()
	old, err := s.Followings.Following(ctx, n, id)
	if err == nil && old.State != coop.FollowRejected {
		d, err := s.Documents.Document(ctx, old.Follow)
		if err == nil {
			err = s.keepAnswer(ctx, req.answer, d)
		}
		return old, d, err
	}
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		return fail(err)
	}
	doc, err := s.document(n, "Follow", "", func(f coop.ID) ([]byte, error) {
		return activity.EncodeFollow(s.Site, f, n, id)
	})
	if err != nil {
		return fail(err)
	}
	f := coop.Following{Coop: n, Actor: id, Follow: doc.ID, State: coop.FollowAsked, Since: s.now()}
	out, err := s.out(req, "follow", string(id), doc)
	if err != nil {
		return fail(err)
	}
	if s.Site.Local(id) {
		return s.followLocal(ctx, f, doc, out)
	}
	a, err := s.actor(ctx, id)
	if err != nil {
		return fail(&coop.Error{Code: coop.CodeOf(err), Op: "federation.Follow", Member: "object",
			Msg: "this actor could not be read: " + string(id), Retry: retryOf(err), Err: err})
	}
	if out.Deliveries, err = s.to(doc, a); err != nil {
		return fail(err)
	}
	defer s.turns.lock(betweenTurn(n, id))()
	if s.blocks(n, id) { // since it was asked who that is
		return fail(blockedByUs("federation.Follow"))
	}
	if err := s.Followings.StartFollow(ctx, f, out); err != nil {
		return fail(err)
	}
	s.kick()
	return f, doc, nil
}

// followTurn is what only one at a time does about a follow.
func followTurn(n coop.Name, actor coop.IRI) string {
	return "follow " + string(n) + " " + string(actor)
}

// followLocal follows a co-op on the same instance: both rows in one transaction.
func (s *Service) followLocal(ctx context.Context, f coop.Following, doc coop.Document, out coop.Outgoing) (coop.Following, coop.Document, error) {
	r, ok := s.Site.Parse(f.Actor)
	if !ok || r.Kind != coop.RefActor || r.Name == coop.Relay {
		return coop.Following{}, coop.Document{}, coop.Wrong("object", "this is no co-op of this instance")
	}
	other, err := s.Coops.Coop(ctx, r.Name)
	if err != nil {
		return coop.Following{}, coop.Document{}, err
	}
	defer s.turns.lock(betweenTurn(other.Name, s.Site.Actor(f.Coop)))()
	if s.blocks(other.Name, s.Site.Actor(f.Coop)) {
		return coop.Following{}, coop.Document{}, &coop.Error{Code: coop.Forbidden, Op: "federation.Follow", Member: "object", Msg: "this co-op does not want to be followed by yours"}
	}
	if !other.Approve {
		f.State = coop.FollowAccepted
	}
	out.Arrivals = s.arrives(doc, f.Actor, other.Name)
	back := coop.Follower{
		Coop: r.Name, Actor: s.Site.Actor(f.Coop), Follow: s.Site.Activity(f.Follow),
		Box: s.Site.SharedInbox(), State: f.State, Since: f.Since,
	}
	return f, doc, s.Followings.LocalFollow(ctx, f, back, out)
}

// Unfollow ends a follow of a co-op of ours with an Undo; who says who decided so.
func (s *Service) Unfollow(ctx context.Context, who coop.Principal, target string) (coop.Document, error) {
	f, err := s.followingOf(ctx, who.Coop, target)
	if err != nil {
		return coop.Document{}, err
	}
	return s.unfollow(ctx, request{who: who}, f)
}

// followingOf finds the follow of an actor that is named by its id, by the handle
// that we know of it, or in any other way that its host understands: that one is
// asked last, since it may be gone for good.
func (s *Service) followingOf(ctx context.Context, n coop.Name, target string) (coop.Following, error) {
	all, err := s.Followings.Followings(ctx, n)
	if err != nil {
		return coop.Following{}, err
	}
	user, host, isHandle := handle(target)
	for _, f := range all {
		if f.Actor == coop.IRI(target) {
			return f, nil
		}
		if a, err := s.Actors.Actor(ctx, f.Actor); isHandle && err == nil && a.Handle() == user+"@"+host {
			return f, nil
		}
	}
	id, err := s.resolve(ctx, target)
	if err != nil {
		return coop.Following{}, err
	}
	return s.Followings.Following(ctx, n, id)
}

func (s *Service) unfollow(ctx context.Context, req request, f coop.Following) (coop.Document, error) {
	doc, err := s.document(f.Coop, "Undo", "", func(id coop.ID) ([]byte, error) {
		return activity.EncodeUndoFollow(s.Site, id, f.Coop, f.Follow, f.Actor)
	})
	if err != nil {
		return coop.Document{}, err
	}
	out, err := s.out(req, "unfollow", string(f.Actor), doc)
	if err != nil {
		return coop.Document{}, err
	}
	if r, ok := s.Site.Parse(f.Actor); ok {
		if err := s.Followers.EndFollow(ctx, r.Name, s.Site.Actor(f.Coop), coop.Seen{}, coop.Outgoing{}); err != nil {
			return coop.Document{}, err
		}
	} else if a, err := s.actor(ctx, f.Actor); err != nil { // gone for good: forget it all the same
		s.log().WarnContext(ctx, "unfollowed actor not told", "actor", f.Actor, "err", err)
	} else if out.Deliveries, err = s.to(doc, a); err != nil {
		return coop.Document{}, err
	}
	if err := s.Followings.StopFollow(ctx, f.Coop, f.Actor, out); err != nil {
		return coop.Document{}, err
	}
	s.kick()
	return doc, nil
}

// answered settles a follow of ours with the Accept or Reject that arrived. Only
// who was asked can answer, and only the question that we did ask. T10, T11.
func (s *Service) answered(ctx context.Context, by keys.Signer, in activity.Accept, state coop.FollowState, seen coop.Seen) error {
	n, ok, err := s.asked(ctx, by, in)
	if err != nil || !ok {
		return ignoreMissing(err)
	}
	if err := s.Followings.SettleFollow(ctx, n, by.Actor, state, seen); err != nil {
		return ignoreMissing(err)
	}
	s.observe(Event{What: string(state), Type: "Follow", Coop: n, Actor: by.Actor})
	return nil
}

// asked finds which co-op of ours asked the question that an answer is to. It is
// named by its id; old Pleroma repeats it without, which is as clear, since each
// co-op has one follow of an actor.
func (s *Service) asked(ctx context.Context, by keys.Signer, in activity.Accept) (n coop.Name, ok bool, err error) {
	if in.Object == "" {
		r, ours := s.Site.Parse(in.OfActor)
		if !ours || r.Kind != coop.RefActor || in.Of != "Follow" || in.OfObject != by.Actor {
			return "", false, nil
		}
		_, err = s.Followings.Following(ctx, r.Name, by.Actor)
		return r.Name, err == nil, err
	}
	r, ours := s.Site.Parse(in.Object)
	if !ours || r.Kind != coop.RefActivity {
		return "", false, nil
	}
	d, err := s.Documents.Document(ctx, r.ID)
	if err != nil || d.Type != "Follow" {
		return "", false, err
	}
	f, err := s.Followings.Following(ctx, d.Actor, by.Actor)
	return d.Actor, err == nil && f.Follow == d.ID, err
}

// submitFollow is a Follow that came through the outbox.
func (s *Service) submitFollow(ctx context.Context, req request, target coop.IRI) (Submitted, error) {
	_, doc, err := s.follow(ctx, req, target)
	if err != nil {
		return Submitted{}, err
	}
	return s.done(doc), nil
}
