// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"errors"
	"slices"

	"plenum/activity"
	"plenum/coop"
)

// enliven sets what a client said of a post's life that stands in the post: the
// events that a report is about, and the co-ops that share it.
func (s *Service) enliven(ctx context.Context, req request, p *coop.Post, l activity.Life) error {
	if l.Filled {
		p.Of = nil
		for _, ref := range l.Of {
			e, ok, err := s.postNamed(ctx, p.Coop, ref)
			if err != nil {
				return err
			}
			if !ok || !e.Kind.Event() || !tellable(e, *p) {
				return coop.Wrong("plenum:of", "there is no published event "+ref+" that whoever reads this report may see")
			}
			if !slices.Contains(p.Of, e.ID) {
				p.Of = append(p.Of, e.ID)
			}
		}
	}
	if !l.Shared {
		return nil
	}
	return s.share(ctx, req, p, l.Owners)
}

// share asks co-ops of this instance to share a post, and lets those go that are not
// among them any more.
func (s *Service) share(ctx context.Context, req request, p *coop.Post, names []coop.Name) error {
	for _, n := range names {
		if n == p.Coop {
			return coop.Wrong("plenum:owners", "the co-op that publishes the post is not named among those that share it")
		}
		if _, err := s.Coops.Coop(ctx, n); err != nil {
			return coop.Wrong("plenum:owners", "there is no co-op "+string(n)+" here")
		}
	}
	left := func(had []coop.Name) []coop.Name {
		return slices.DeleteFunc(slices.Clone(had), func(n coop.Name) bool { return !slices.Contains(names, n) })
	}
	was := *p
	p.Owners, p.Offered = left(p.Owners), left(p.Offered)
	for _, n := range names {
		if !slices.Contains(p.Owners, n) && !slices.Contains(p.Offered, n) {
			p.Offered = append(p.Offered, n)
		}
	}
	if req.who.Coop != p.Coop && (!slices.Equal(was.Owners, p.Owners) || !slices.Equal(was.Offered, p.Offered)) {
		return &coop.Error{Code: coop.Forbidden, Op: "federation.share", Member: "plenum:owners", Msg: "only " + string(p.Coop) + " says who shares this post"}
	}
	return nil
}

// postNamed finds a post of this instance by its slug, its id or its page.
func (s *Service) postNamed(ctx context.Context, n coop.Name, ref string) (p coop.Post, ok bool, err error) {
	r, ours := s.Site.Parse(coop.IRI(ref))
	switch {
	case ours && r.Kind == coop.RefObject:
		p, err = s.Posts.Post(ctx, r.ID)
	case ours && r.Kind == coop.RefPage:
		p, err = s.Posts.PostBySlug(ctx, r.Name, r.Slug)
	default:
		p, err = s.Posts.PostBySlug(ctx, n, ref)
	}
	return p, err == nil, ignoreMissing(err)
}

// Reported are the events that a report is about and that all its readers may see.
func (s *Service) Reported(ctx context.Context, p coop.Post) (events []coop.Post, err error) {
	if p.Kind != coop.Report {
		return nil, nil
	}
	for _, id := range p.Of {
		e, err := s.Posts.Post(ctx, id)
		if err != nil && coop.CodeOf(err) != coop.NotFound {
			return nil, err
		}
		if err == nil && e.Kind.Event() && tellable(e, p) {
			events = append(events, e)
		}
	}
	return events, nil
}

// newestReports is among how many reports of a co-op those are looked for that are
// about an event.
const newestReports = 100

// refill changes the reports that are about an event which has changed or is gone:
// what they say of it is what is so. The event is changed already, and reports that
// cannot be are when they are next.
func (s *Service) refill(ctx context.Context, req request, event coop.Post) {
	if !event.Kind.Event() {
		return
	}
	list, err := s.Posts.Posts(ctx, coop.PostQuery{Coop: event.Coop, All: true, Limit: newestReports})
	for _, p := range list {
		if p.Kind != coop.Report || p.Coop != event.Coop || !slices.Contains(p.Of, event.ID) {
			continue
		}
		id := s.Site.Object(p.Kind, p.ID)
		own := req.beside(event.Coop)
		_, failed := s.onPost(ctx, own.who, id, func(old coop.Post) (Submitted, error) {
			return s.revise(ctx, own, old, activity.SubmitUpdate{Target: id})
		})
		err = errors.Join(err, failed)
	}
	if err != nil {
		s.log().ErrorContext(ctx, "reports of an event not changed with it", "post", event.ID, "err", err)
	}
}
