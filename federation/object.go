// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"encoding/json"

	"plenum/activity"
	"plenum/coop"
)

// live writes into the object of a post what changes without the post: what people
// made of it, and whether they may. It is never older than a minute where it is
// served, and as it was when they were made in a Create and an Update.
func (s *Service) live(ctx context.Context, c coop.Coop, p coop.Post, object []byte) ([]byte, error) {
	t, err := s.Reactions.Tally(ctx, p.ID)
	if err != nil && coop.CodeOf(err) != coop.NotFound { // of a post that is being published there is nothing yet
		return nil, err
	}
	return activity.Live(s.Site, object, activity.LiveCounts{Tally: t, Post: p, Comments: c.Comments})
}

// renderObject is what the id of a post answers, or one of the collections that
// belong to it.
func (s *Service) renderObject(ctx context.Context, ref coop.Ref, v Viewer) (Rendered, error) {
	body, p, err := s.Documents.Object(ctx, ref.ID)
	if coop.CodeOf(err) == coop.NotFound && ref.What == "" {
		return s.renderDraft(ctx, ref.ID, v, false)
	}
	if err != nil {
		return Rendered{}, err
	}
	id := s.Site.Object(p.Kind, p.ID)
	if own, _ := s.Site.Parse(id); own.Dir != ref.Dir { // /ap/reports/… of an event was never an id
		return Rendered{}, notFound("federation.Document")
	}
	r, err := s.guard(ctx, p, v)
	if err != nil {
		return r, err
	}
	r.Body, r.Page, r.Gone = body, s.Site.Page(p.Coop, p.Slug), p.State == coop.Withdrawn
	if r.Gone && body == nil { // it went with its co-op
		r.Body, err = activity.EncodeTombstone(s.Site, p, p.Updated)
		return r, err
	}
	if r.Gone {
		return r, nil
	}
	switch ref.What {
	case "":
		c, err := s.Coops.Coop(ctx, p.Coop)
		if err != nil {
			return Rendered{}, err
		}
		r.Body, err = s.live(ctx, c, p, body)
		return r, err
	case "organizers":
		r.Body, err = activity.EncodeOrganizers(s.Site, p)
	case "replies":
		r.Body, err = s.renderReplies(ctx, ref, p)
	default:
		r.Body, err = s.renderTotal(ctx, ref, p)
	}
	return r, err
}

// renderTotal is a collection that says how many, and not who. AP §5.7, §5.8.
func (s *Service) renderTotal(ctx context.Context, ref coop.Ref, p coop.Post) ([]byte, error) {
	t, err := s.Reactions.Tally(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	c := activity.Collection{ID: s.Site.Part(p.Kind, p.ID, ref.What)}
	switch ref.What {
	case "likes":
		c.Total = t.Likes
	case "shares":
		c.Total = t.Shares
	case "attendees":
		if p.Joining() == coop.JoinExternal {
			return nil, notFound("federation.renderTotal")
		}
		c.Total = t.Going
	}
	return c.JSON()
}

// perReplies is how many replies a page has.
const perReplies = 100

// renderReplies is the collection of the comments that are shown, or a page of it,
// the oldest first. What is held, or private, is in neither the items nor the
// total. AP §5.4, L01.
func (s *Service) renderReplies(ctx context.Context, ref coop.Ref, p coop.Post) ([]byte, error) {
	t, err := s.Reactions.Tally(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	page := func(n int) coop.IRI { return s.Site.RepliesPage(p.Kind, p.ID, n) }
	c := activity.Collection{ID: s.Site.Part(p.Kind, p.ID, "replies"), Total: t.Comments}
	if ref.Page == 0 {
		c.First = page(1)
		return c.JSON()
	}
	if ref.Page > 1 && ref.Page > (t.Comments+perReplies-1)/perReplies { // numbers that nobody can reckon with among them
		return nil, notFound("federation.renderReplies")
	}
	list, err := s.Comments.Comments(ctx, coop.CommentQuery{Post: p.ID, State: coop.CommentShown, Skip: (ref.Page - 1) * perReplies, Limit: perReplies + 1})
	if err != nil {
		return nil, err
	}
	c.PartOf, c.ID, c.Items = c.ID, page(ref.Page), []json.RawMessage{}
	if len(list) > perReplies {
		list, c.Next = list[:perReplies], page(ref.Page+1)
	}
	if ref.Page > 1 {
		c.Prev = page(ref.Page - 1)
	}
	for _, m := range list {
		c.Items = append(c.Items, activity.Ref(m.Object))
	}
	return c.JSON()
}
