// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"plenum/activity"
	"plenum/coop"
)

// The bounds of `featured`: what a co-op pinned, and what there is in all where it
// pinned less.
const (
	maxPins     = 10
	maxFeatured = 5
)

// pins is a change of what a co-op pinned.
type pins struct {
	said   string // in the log
	kind   string // the type of the activity
	encode func(s coop.Site, id coop.ID, n coop.Name, object, target coop.IRI) ([]byte, error)
	change func(old []coop.ID, p coop.Post) ([]coop.ID, error)
}

// add pins a post of the co-op: the one collection to which it can add. AP §6.6, A07.
func (s *Service) add(ctx context.Context, req request, sub activity.SubmitAdd) (Submitted, error) {
	r, _ := s.Site.Parse(sub.Target)
	if r.Kind == coop.RefObject && r.What == "organizers" {
		return Submitted{}, coop.Wrong("target", "a co-op comes to share a post by accepting an Offer; send that one")
	}
	if err := s.pinsOf(req.who.Coop, r); err != nil {
		return Submitted{}, err
	}
	return s.pin(ctx, req, sub, pins{said: "pin", kind: "Add", encode: activity.EncodeAdd, change: func(old []coop.ID, p coop.Post) ([]coop.ID, error) {
		if p.Visibility != coop.Everybody || p.State != coop.Published {
			return nil, coop.Wrong("object", "only what is for everybody is pinned")
		}
		now := append([]coop.ID{p.ID}, slices.DeleteFunc(slices.Clone(old), func(id coop.ID) bool { return id == p.ID })...)
		if len(now) > maxPins {
			return nil, &coop.Error{Code: coop.Conflict, Op: "federation.add", Member: "target",
				Msg: "a co-op has at most " + strconv.Itoa(maxPins) + " posts pinned; remove one first"}
		}
		return now, nil
	}})
}

// takeOut is Remove: a post is not pinned any more, or a co-op shares it no longer.
// AP §6.7.
func (s *Service) takeOut(ctx context.Context, req request, sub activity.SubmitAdd) (Submitted, error) {
	r, _ := s.Site.Parse(sub.Target)
	if r.Kind == coop.RefObject && r.What == "organizers" {
		return s.letGo(ctx, req, r.ID, sub.Object)
	}
	if err := s.pinsOf(req.who.Coop, r); err != nil {
		return Submitted{}, err
	}
	return s.pin(ctx, req, sub, pins{said: "unpin", kind: "Remove", encode: activity.EncodeRemove, change: func(old []coop.ID, p coop.Post) ([]coop.ID, error) {
		if !slices.Contains(old, p.ID) {
			return nil, &coop.Error{Code: coop.NotFound, Op: "federation.takeOut", Member: "object", Msg: "this post is not pinned"}
		}
		return slices.DeleteFunc(slices.Clone(old), func(id coop.ID) bool { return id == p.ID }), nil
	}})
}

// pinsOf refuses every collection but that of what the co-op pinned.
func (s *Service) pinsOf(n coop.Name, r coop.Ref) error {
	msg := ""
	switch {
	case r.Kind == coop.RefCollection && r.What == "featured" && r.Name == n:
		return nil
	case r.Name != "" && r.Name != n:
		msg = "this collection is another co-op's"
	default:
		msg = "this collection fills itself; what is pinned stands in " + string(s.Site.Of(n, "featured"))
	}
	return &coop.Error{Code: coop.Forbidden, Op: "federation.pinsOf", Member: "target", Msg: msg}
}

func (s *Service) pin(ctx context.Context, req request, sub activity.SubmitAdd, with pins) (Submitted, error) {
	n := req.who.Coop
	p, err := s.shared(ctx, n, sub.Object)
	if err != nil {
		return Submitted{}, err
	}
	s.coops.Lock()
	defer s.coops.Unlock()
	c, err := s.Coops.Coop(ctx, n)
	if err != nil {
		return Submitted{}, err
	}
	if c.Featured, err = with.change(c.Featured, p); err != nil {
		return Submitted{}, err
	}
	doc, err := s.document(n, with.kind, p.ID, func(id coop.ID) ([]byte, error) {
		return with.encode(s.Site, id, n, s.Site.Object(p.Kind, p.ID), sub.Target)
	})
	if err != nil {
		return Submitted{}, err
	}
	out, err := s.out(req, with.said, string(s.Site.Object(p.Kind, p.ID)), doc)
	if err != nil {
		return Submitted{}, err
	}
	out.Fans = []coop.Fan{fan(doc, nil, n)}
	if err := s.Coops.ReviseCoop(ctx, c, out); err != nil {
		return Submitted{}, err
	}
	s.kick()
	s.observe(Event{What: with.said, Type: with.kind, Coop: n, Object: s.Site.Object(p.Kind, p.ID), Title: p.Title})
	return s.done(doc), nil
}

// featured is what a new follower sees pinned: what the co-op pinned, the newest pin
// first, then the next events and the newest reports, until there are five. Mastodon
// takes id strings only.
func (s *Service) featured(ctx context.Context, n coop.Name, c *activity.Collection) error {
	owner, err := s.Coops.Coop(ctx, n)
	if err != nil {
		return err
	}
	var all []coop.Post
	for _, id := range owner.Featured {
		p, err := s.Posts.Post(ctx, id)
		if err != nil && coop.CodeOf(err) != coop.NotFound {
			return err
		}
		all = append(all, p)
	}
	next, err := s.Posts.Posts(ctx, coop.PostQuery{Coop: n, Upcoming: s.Now(), Limit: maxFeatured})
	if err != nil {
		return err
	}
	newest, err := s.Posts.Posts(ctx, coop.PostQuery{Coop: n, Limit: 50})
	if err != nil {
		return err
	}
	pinned := len(all)
	c.Items = []json.RawMessage{}
	all = append(all, next...)
	all = append(all, slices.DeleteFunc(newest, func(p coop.Post) bool { return p.Kind != coop.Report })...)
	for i, p := range all {
		item := activity.Ref(s.Site.Object(p.Kind, p.ID))
		if p.State != coop.Published || p.Visibility != coop.Everybody || i >= pinned && len(c.Items) >= maxFeatured || holds(c.Items, item) {
			continue
		}
		c.Items = append(c.Items, item)
	}
	c.Total = len(c.Items)
	return nil
}
