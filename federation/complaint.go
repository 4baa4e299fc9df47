// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"slices"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// complained stores a Flag for the people of each co-op that it is about: a
// complaint is nobody else's business. AS2 Vocabulary §Flag.
func (s *Service) complained(ctx context.Context, by keys.Signer, in activity.Flag, seen coop.Seen) error {
	about := map[coop.Name][]coop.IRI{}
	var names []coop.Name
	for _, object := range in.Objects {
		n, ok, err := s.concerned(ctx, object)
		if err != nil {
			return err
		}
		if !ok || slices.Contains(about[n], object) {
			continue
		}
		if about[n] == nil {
			names = append(names, n)
		}
		about[n] = append(about[n], object)
	}
	if len(names) == 0 {
		return nil
	}
	for range names { // there is room for so many complaints, not for so many Flags
		if err := s.allowed(quotaFlag, by.Actor); err != nil {
			return err
		}
	}
	for k, n := range names {
		id, err := s.newID()
		if err != nil {
			return err
		}
		mark := coop.Seen{At: seen.At}
		if k == len(names)-1 { // all of them, or it is done again
			mark = seen
		}
		c := coop.Complaint{ID: id, Coop: n, By: by.Actor, Activity: in.Head().ID, About: about[n], Text: cutText(in.Text, coop.MaxMessage), At: s.now()}
		if err := s.Complaints.Complain(ctx, c, mark); err != nil {
			return s.untaken(ctx, "Flag", coop.Post{Coop: n}, err)
		}
		s.observe(Event{What: "complained", Type: "Flag", Coop: n, Actor: by.Actor, Object: about[n][0]})
	}
	return nil
}

// concerned is the co-op that an IRI is about: the co-op itself, a post of it by
// its id or its page, or a comment on one.
func (s *Service) concerned(ctx context.Context, object coop.IRI) (n coop.Name, ok bool, err error) {
	r, ours := s.Site.Parse(object)
	switch {
	case ours && (r.Kind == coop.RefActor || r.Kind == coop.RefProfile):
		c, err := s.Coops.Coop(ctx, r.Name)
		return c.Name, err == nil && r.Name != coop.Relay, ignoreMissing(err)
	case ours && r.Kind == coop.RefPage:
		p, err := s.Posts.PostBySlug(ctx, r.Name, r.Slug)
		return p.Coop, err == nil && p.State == coop.Published, ignoreMissing(err)
	case ours:
		p, ok, err := s.published(ctx, object)
		return p.Coop, ok, err
	}
	c, err := s.Comments.Comment(ctx, object)
	return c.Coop, err == nil && c.State != coop.CommentRejected, ignoreMissing(err)
}
