// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"plenum/activity"
	"plenum/coop"
)

// holds reports whether a list of items has one.
func holds(items []json.RawMessage, item json.RawMessage) bool {
	return slices.ContainsFunc(items, func(i json.RawMessage) bool { return bytes.Equal(i, item) })
}

// Owner returns what the id with the given path answers those who act for who.Coop,
// where that is more than anybody is shown: the outbox with all that the co-op ever
// said, the inbox with what came for it, and pages of both. It fails with NotFound for
// everything else, which Document answers. AP §5.1, §5.2.
func (s *Service) Owner(ctx context.Context, path string, who coop.Principal) (Rendered, error) {
	ref, ok := s.Site.ParsePath(path)
	if !ok {
		return Rendered{}, notFound("federation.Owner")
	}
	r, err := s.renderOwned(ctx, ref, who.Coop)
	r.ETag = etag(r.Body)
	return r, err
}

func (s *Service) renderOwned(ctx context.Context, ref coop.Ref, n coop.Name) (Rendered, error) {
	var c activity.Collection
	var err error
	switch {
	case ref.Kind != coop.RefCollection || ref.Name != n || ref.Page > 0:
		return Rendered{}, notFound("federation.Owner")
	case ref.What == "outbox":
		c, err = s.ownOutbox(ctx, ref)
	case ref.What == "inbox":
		c, err = s.ownInbox(ctx, ref)
	default:
		return Rendered{}, notFound("federation.Owner")
	}
	if err != nil {
		return Rendered{}, err
	}
	body, err := c.JSON()
	return Rendered{Body: body, Page: s.Site.Profile(n)}, err
}

// ownOutbox is all that a co-op said, listed or not. What was deleted since is left
// out.
func (s *Service) ownOutbox(ctx context.Context, ref coop.Ref) (activity.Collection, error) {
	docs, total, err := s.Archive.Said(ctx, ref.Name, ref.Before, perPage)
	if err != nil {
		return activity.Collection{}, err
	}
	c := activity.Collection{Total: total, Items: make([]json.RawMessage, len(docs))}
	for i, d := range docs {
		c.Items[i] = activity.Embed(d.Body)
	}
	p := paged{ref: ref, id: s.Site.Of(ref.Name, "outbox"), first: s.Site.OutboxBefore(ref.Name, coop.Newest)}
	if ref.Paged {
		p.id = s.Site.OutboxBefore(ref.Name, ref.Before)
	}
	if len(docs) == perPage {
		p.next = s.Site.OutboxBefore(ref.Name, docs[perPage-1].ID)
	}
	return p.of(c, s.Site), nil
}

// ownInbox is what came for a co-op and counted, each with what we have of its
// object.
func (s *Service) ownInbox(ctx context.Context, ref coop.Ref) (activity.Collection, error) {
	list, total, err := s.Archive.Arrivals(ctx, ref.Name, ref.Turn, perPage)
	if err != nil {
		return activity.Collection{}, err
	}
	c := activity.Collection{Total: total, Items: make([]json.RawMessage, len(list))}
	for i, a := range list {
		k, err := s.keptOf(ctx, a)
		if err != nil {
			return activity.Collection{}, err
		}
		if c.Items[i], err = activity.EncodeArrival(a, k); err != nil {
			return activity.Collection{}, err
		}
	}
	p := paged{ref: ref, id: s.Site.Of(ref.Name, "inbox"), first: s.Site.InboxBefore(ref.Name, 0)}
	if ref.Paged {
		p.id = s.Site.InboxBefore(ref.Name, ref.Turn)
	}
	if len(list) == perPage && list[perPage-1].Turn > 1 {
		p.next = s.Site.InboxBefore(ref.Name, list[perPage-1].Turn)
	}
	return p.of(c, s.Site), nil
}

// keptOf is what we have of what an arrival brought. What its co-op may not see, or
// what was decided not to be shown, is named by its id alone.
func (s *Service) keptOf(ctx context.Context, a coop.Arrival) (k activity.Kept, err error) {
	if a.Object == "" || s.Site.Local(a.Object) || a.Type != "Create" && a.Type != "Update" && a.Type != "Announce" {
		return k, nil
	}
	c, err := s.Comments.Comment(ctx, a.Object)
	if err == nil && c.Coop == a.Coop && c.State != coop.CommentRejected {
		return activity.Kept{Comment: c}, nil
	}
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		return k, err
	}
	r, err := s.Inbox.ReceivedObject(ctx, a.Object)
	if err == nil && slices.Contains(r.For, a.Coop) {
		return activity.Kept{Received: r}, nil
	}
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		return k, err
	}
	return k, nil
}

// paged makes a collection, or a page of it, of items the newest first. Pages say
// behind what they begin, so that what comes meanwhile moves nothing.
type paged struct {
	ref   coop.Ref
	id    coop.IRI // of what is asked for
	first coop.IRI
	next  coop.IRI // empty where there is nothing older
}

func (p paged) of(c activity.Collection, site coop.Site) activity.Collection {
	c.ID = p.id
	if !p.ref.Paged {
		c.First = p.first
		return c
	}
	c.PartOf, c.Next = site.Of(p.ref.Name, p.ref.What), p.next
	return c
}

// likes is what a co-op likes. AP §5.5.
func (s *Service) likes(ctx context.Context, ref coop.Ref, c *activity.Collection) error {
	list, total, err := s.Acts.Acts(ctx, ref.Name, coop.ActLike, ref.Before, perPage)
	if err != nil {
		return err
	}
	c.Total, c.Items = total, make([]json.RawMessage, len(list))
	for i, a := range list {
		c.Items[i] = activity.Ref(a.Object)
	}
	p := paged{ref: ref, id: c.ID, first: s.Site.LikedBefore(ref.Name, coop.Newest)}
	if ref.Paged {
		p.id = s.Site.LikedBefore(ref.Name, ref.Before)
	}
	if len(list) == perPage {
		p.next = s.Site.LikedBefore(ref.Name, list[perPage-1].Document)
	}
	*c = p.of(*c, s.Site)
	return nil
}
