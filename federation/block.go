// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"sync"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// blockBook holds in memory whom the co-ops block: all that strangers say to a co-op
// is held against it. The store has it too.
type blockBook struct {
	mu  sync.RWMutex
	all map[blocked]bool
}

type blocked struct {
	by    coop.Name
	actor coop.IRI
}

func (b *blockBook) set(n coop.Name, actor coop.IRI, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		b.all = map[blocked]bool{}
	}
	if on {
		b.all[blocked{n, actor}] = true
	} else {
		delete(b.all, blocked{n, actor})
	}
}

// loadBlocks reads whom the co-ops block.
func (s *Service) loadBlocks(ctx context.Context) error {
	all, err := s.Coops.Coops(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		var before coop.ID
		for {
			list, _, err := s.Acts.Acts(ctx, c.Name, coop.ActBlock, before, 500)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				break
			}
			for _, a := range list {
				s.blocking.set(c.Name, a.Object, true)
			}
			before = list[len(list)-1].Document
		}
	}
	return nil
}

// blocks reports whether a co-op of ours wants nothing to do with an actor.
func (s *Service) blocks(n coop.Name, actor coop.IRI) bool {
	s.blocking.mu.RLock()
	defer s.blocking.mu.RUnlock()
	return s.blocking.all[blocked{n, actor}]
}

func blockedByUs(op string) error {
	return &coop.Error{Code: coop.Conflict, Op: op, Member: "object", Msg: "the co-op blocks this actor; undo the Block first"}
}

// block ends what is between a co-op and an actor: it follows no more and is not
// followed, and what it says of the co-op's posts is not taken. Nobody is sent the
// Block; a follower is told that it follows no more. AP §6.9.
func (s *Service) block(ctx context.Context, req request, target coop.IRI) (Submitted, error) {
	n := req.who.Coop
	if _, err := s.Coops.Coop(ctx, n); err != nil {
		return Submitted{}, err
	}
	if err := s.blockable(ctx, n, target); err != nil {
		return Submitted{}, err
	}
	defer s.turns.lock(actTurn(n, coop.ActBlock, target))()
	done, ok, err := s.actedOn(ctx, req, coop.ActBlock, target)
	if err != nil {
		return Submitted{}, err
	}
	if !ok {
		if done, err = s.blockAnew(ctx, req, target); err != nil {
			return Submitted{}, err
		}
	}
	return done, s.partLocal(ctx, n, target) // what was interrupted before is done now
}

func (s *Service) blockable(ctx context.Context, n coop.Name, target coop.IRI) error {
	if !s.Site.Local(target) {
		return nil
	}
	r, ok := s.Site.Parse(target)
	if !ok || r.Kind != coop.RefActor || r.Name == coop.Relay || r.Name == n {
		return coop.Wrong("object", "an actor elsewhere can be blocked, or another co-op of this instance")
	}
	_, err := s.Coops.Coop(ctx, r.Name)
	return err
}

func (s *Service) blockAnew(ctx context.Context, req request, target coop.IRI) (Submitted, error) {
	n := req.who.Coop
	doc, err := s.document(n, "Block", "", func(id coop.ID) ([]byte, error) {
		return activity.EncodeBlock(s.Site, id, n, target)
	})
	if err != nil {
		return Submitted{}, err
	}
	doc.Private = true
	out, err := s.out(req, string(coop.ActBlock), string(target), doc)
	if err != nil {
		return Submitted{}, err
	}
	defer s.turns.lock(betweenTurn(n, target))()
	if err := s.parting(ctx, n, target, &out); err != nil {
		return Submitted{}, err
	}
	prior, err := s.Acts.Act(ctx, coop.Act{Coop: n, Kind: coop.ActBlock, Object: target, Author: target, Document: doc.ID, At: s.now()}, out)
	if err != nil {
		return Submitted{}, err
	}
	s.blocking.set(n, target, true)
	if prior != nil {
		return s.again(ctx, *prior, req.answer)
	}
	s.kick()
	s.observe(Event{What: "blocks", Type: "Block", Coop: n, Object: target})
	return s.done(doc), nil
}

// parting makes what an actor elsewhere is told of the end of the follows between it
// and a co-op: the store ends them with the Block.
func (s *Service) parting(ctx context.Context, n coop.Name, actor coop.IRI, out *coop.Outgoing) error {
	if s.Site.Local(actor) {
		return nil
	}
	var docs []coop.Document
	f, err := s.Followers.Follower(ctx, n, actor)
	if err == nil {
		doc, err := s.followAnswer("Reject", f, activity.EncodeReject)
		if err != nil {
			return err
		}
		docs = append(docs, doc)
	} else if coop.CodeOf(err) != coop.NotFound {
		return err
	}
	mine, err := s.Followings.Following(ctx, n, actor)
	if err == nil && mine.State != coop.FollowRejected {
		doc, err := s.document(n, "Undo", "", func(id coop.ID) ([]byte, error) {
			return activity.EncodeUndoFollow(s.Site, id, n, mine.Follow, actor)
		})
		if err != nil {
			return err
		}
		docs = append(docs, doc)
	} else if err != nil && coop.CodeOf(err) != coop.NotFound {
		return err
	}
	if len(docs) == 0 {
		return nil
	}
	a, err := s.actor(ctx, actor)
	if err != nil { // it is blocked all the same
		s.log().WarnContext(ctx, "blocked actor not told of the end of its follow", "actor", actor, "err", err)
		return nil
	}
	for _, doc := range docs {
		to, err := s.to(doc, a)
		if err != nil {
			return err
		}
		out.Documents, out.Deliveries = append(out.Documents, doc), append(out.Deliveries, to...)
	}
	return nil
}

// partLocal is the other side of a Block of a co-op on this instance.
func (s *Service) partLocal(ctx context.Context, n coop.Name, actor coop.IRI) error {
	r, ok := s.Site.Parse(actor)
	if !ok {
		return nil
	}
	err := s.Followings.SettleFollow(ctx, r.Name, s.Site.Actor(n), coop.FollowRejected, coop.Seen{})
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		return err
	}
	return s.Followers.EndFollow(ctx, r.Name, s.Site.Actor(n), coop.Seen{}, coop.Outgoing{})
}

// unwelcome answers the Follow of somebody whom the co-op blocks.
func (s *Service) unwelcome(ctx context.Context, by keys.Signer, n coop.Name, seen coop.Seen) error {
	a, err := s.actor(ctx, by.Actor)
	if err != nil {
		return err
	}
	return s.reply(ctx, n, "Reject", a, seen, func(id coop.ID) ([]byte, error) {
		return activity.EncodeReject(s.Site, id, n, seen.Activity, by.Actor)
	})
}

// unblock takes a Block back. What it ended does not come back by itself.
func (s *Service) unblock(ctx context.Context, req request, act coop.Act) (Submitted, error) {
	done, err := s.unact(ctx, req, act)
	if err == nil {
		s.blocking.set(act.Coop, act.Object, false)
	}
	return done, err
}
