// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"slices"
	"strconv"
	"time"

	"plenum/activity"
	"plenum/coop"
)

// sharedBy reports whether a post is a co-op's own, or one that it shares.
func sharedBy(p coop.Post, n coop.Name) bool { return p.Coop == n || slices.Contains(p.Owners, n) }

// maxOwners is how many co-ops may share a post, besides the one whose it is.
const maxOwners = 10

// shared finds a published post of a co-op, or one that it shares.
func (s *Service) shared(ctx context.Context, n coop.Name, target coop.IRI) (coop.Post, error) {
	target, err := s.shown(ctx, target)
	if err != nil {
		return coop.Post{}, err
	}
	p, ok, err := s.published(ctx, target)
	if err != nil {
		return coop.Post{}, err
	}
	if !ok || !s.Visible(ctx, p, Viewer{Of: []coop.Name{n}}) {
		return coop.Post{}, &coop.Error{Code: coop.NotFound, Op: "federation.shared", Member: "object", Msg: "there is no published post with this id here"}
	}
	if !sharedBy(p, n) {
		return coop.Post{}, &coop.Error{Code: coop.Forbidden, Op: "federation.shared", Member: "object", Msg: "this post belongs to another co-op"}
	}
	return p, nil
}

// addOffers asks co-ops of this instance to share a post that is published or changed,
// and shows the Offers in their inboxes: nothing has to be sent.
func (s *Service) addOffers(ctx context.Context, pub *coop.Publication, names []coop.Name) error {
	for _, n := range names {
		doc, err := s.offer(ctx, pub.Post, n)
		if err != nil {
			return err
		}
		pub.Out.Documents = append(pub.Out.Documents, doc)
		pub.Out.Arrivals = append(pub.Out.Arrivals, s.arrives(doc, s.Site.Object(pub.Post.Kind, pub.Post.ID), n)...)
	}
	return nil
}

// offer makes the Offer of a post to another co-op.
func (s *Service) offer(ctx context.Context, p coop.Post, to coop.Name) (coop.Document, error) {
	wrong := func(code coop.Code, msg string) (coop.Document, error) {
		return coop.Document{}, &coop.Error{Code: code, Op: "federation.offer", Member: "target", Msg: msg}
	}
	if len(p.Owners)+len(p.Offered) > maxOwners {
		return wrong(coop.Invalid, "a post is shared by at most "+strconv.Itoa(maxOwners)+" other co-ops")
	}
	if to == p.Coop || to == coop.Relay {
		return wrong(coop.Invalid, "a post is shared with another co-op of this instance")
	}
	if _, err := s.Coops.Coop(ctx, to); err != nil {
		return wrong(coop.Invalid, "there is no co-op "+string(to)+" here")
	}
	if s.blocks(to, s.Site.Actor(p.Coop)) {
		return wrong(coop.Forbidden, string(to)+" does not want to be asked by "+string(p.Coop))
	}
	return s.document(p.Coop, "Offer", p.ID, func(id coop.ID) ([]byte, error) {
		return activity.EncodeOffer(s.Site, id, p.Coop, to, s.Site.Object(p.Kind, p.ID))
	})
}

// newIn are the names that a list has and had not before.
func newIn(names, had []coop.Name) []coop.Name {
	return slices.DeleteFunc(slices.Clone(names), func(n coop.Name) bool { return slices.Contains(had, n) })
}

// onShared changes a post of whatever co-op, and once more where somebody else
// changed it meanwhile.
func (s *Service) onShared(ctx context.Context, id coop.ID, change func(old coop.Post) (Submitted, error)) (done Submitted, err error) {
	for range tries {
		p, err := s.Posts.Post(ctx, id)
		if coop.CodeOf(err) == coop.NotFound || err == nil && p.State != coop.Published {
			return Submitted{}, &coop.Error{Code: coop.NotFound, Op: "federation.onShared", Member: "object", Msg: "this post is not published, or was deleted", Err: err}
		}
		if err != nil {
			return Submitted{}, err
		}
		if done, err = change(p); coop.CodeOf(err) != coop.Conflict {
			return done, err
		}
		if now, again := s.Posts.Post(ctx, id); again != nil || now.Rev == p.Rev {
			return Submitted{}, err // it is about something else
		}
	}
	return Submitted{}, &coop.Error{Code: coop.Unavailable, Op: "federation.onShared", Msg: "the post is being changed by others; try again", Retry: time.Second}
}

// submitOffer asks another co-op to share a post. AS2 Vocabulary §Offer.
func (s *Service) submitOffer(ctx context.Context, req request, sub activity.SubmitOffer) (Submitted, error) {
	r, ok := s.Site.Parse(sub.Target)
	if !ok || r.Kind != coop.RefActor {
		return Submitted{}, coop.Wrong("target", "an Offer is made to a co-op of this instance")
	}
	found, err := s.shared(ctx, req.who.Coop, sub.Object)
	if err != nil {
		return Submitted{}, err
	}
	return s.onShared(ctx, found.ID, func(p coop.Post) (Submitted, error) {
		if err := s.mayOffer(req.who.Coop, p, r.Name); err != nil {
			return Submitted{}, err
		}
		p.Offered = append(slices.Clone(p.Offered), r.Name)
		doc, err := s.offer(ctx, p, r.Name)
		if err != nil {
			return Submitted{}, err
		}
		return s.reshare(ctx, req, p, "offer", doc, s.arrives(doc, s.Site.Object(p.Kind, p.ID), r.Name))
	})
}

func (s *Service) mayOffer(by coop.Name, p coop.Post, to coop.Name) error {
	wrong := func(code coop.Code, member, msg string) error {
		return &coop.Error{Code: code, Op: "federation.submitOffer", Member: member, Msg: msg}
	}
	switch {
	case p.Coop != by:
		return wrong(coop.Forbidden, "object", "only the co-op that published a post offers it to others")
	case slices.Contains(p.Owners, to):
		return wrong(coop.Conflict, "target", "this co-op shares the post already")
	case slices.Contains(p.Offered, to):
		return wrong(coop.Conflict, "target", "this co-op was asked already, and has not answered yet")
	}
	return nil
}

// reshare stores who shares a post, or was asked to. What peers read of the post does
// not change by it.
func (s *Service) reshare(ctx context.Context, req request, p coop.Post, what string, doc coop.Document, arrivals []coop.Arrival) (Submitted, error) {
	p.Rev++
	p.By, p.Author = req.author()
	pub, err := s.renderPost(ctx, p)
	if err != nil {
		return Submitted{}, err
	}
	return s.commitShare(ctx, req, pub, what, doc, arrivals)
}

func (s *Service) commitShare(ctx context.Context, req request, pub coop.Publication, what string, doc coop.Document, arrivals []coop.Arrival) (Submitted, error) {
	pub.Out.Documents = append(pub.Out.Documents, doc)
	pub.Out.Arrivals = append(pub.Out.Arrivals, arrivals...)
	return s.commit(ctx, req, s.Posts.Revise, pub, doc, what)
}

// tellOwners makes the Update that tells everybody who shares a post from now on.
func (s *Service) tellOwners(ctx context.Context, req request, p coop.Post) (coop.Publication, error) {
	c, err := s.Coops.Coop(ctx, p.Coop)
	if err != nil {
		return coop.Publication{}, err
	}
	last := p.Updated
	if last.IsZero() {
		last = p.Published
	}
	p.Rev++
	p.By, p.Author = req.author()
	p.Updated = after(last, s.now())
	pub, err := s.renderPost(ctx, p)
	if err != nil {
		return coop.Publication{}, err
	}
	live, err := s.live(ctx, c, p, pub.Object)
	if err != nil {
		return coop.Publication{}, err
	}
	doc, err := s.document(p.Coop, "Update", p.ID, func(id coop.ID) ([]byte, error) {
		return activity.EncodeUpdate(s.Site, id, p, live, p.Updated)
	})
	if err != nil {
		return coop.Publication{}, err
	}
	return pub, s.tellAgain(ctx, &pub, doc)
}

func without(names []coop.Name, n coop.Name) []coop.Name {
	return slices.DeleteFunc(slices.Clone(names), func(o coop.Name) bool { return o == n })
}

// offered makes sure that an Offer waits for the answer of a co-op.
func offered(p coop.Post, n coop.Name) error {
	switch {
	case slices.Contains(p.Offered, n):
		return nil
	case slices.Contains(p.Owners, n):
		return coop.Fail(coop.Conflict, "federation.offered", "the co-op shares this post already")
	}
	return nobodyAsked(nil)
}

// offerAnswer makes what a co-op answers to an Offer.
func (s *Service) offerAnswer(kind string, n coop.Name, p coop.Post, offer coop.Document) (coop.Document, error) {
	return s.document(n, kind, p.ID, func(id coop.ID) ([]byte, error) {
		return activity.EncodeOfferAnswer(s.Site, activity.OfferAnswer{
			ID: id, Accept: kind == "Accept", By: n, Offer: offer.ID, From: p.Coop, Object: s.Site.Object(p.Kind, p.ID),
		})
	})
}

// acceptOffer lets a co-op share a post. It announces the post to its own followers,
// before anything else: what is interrupted in between can be done again.
func (s *Service) acceptOffer(ctx context.Context, req request, offer coop.Document) (Submitted, error) {
	n := req.who.Coop
	return s.onShared(ctx, offer.Post, func(p coop.Post) (Submitted, error) {
		if err := offered(p, n); err != nil {
			return Submitted{}, err
		}
		if len(p.Owners) >= maxOwners {
			return Submitted{}, coop.Fail(coop.Conflict, "federation.acceptOffer", "so many co-ops share this post that no other one can")
		}
		if p.Visibility == coop.Everybody {
			if _, err := s.announce(ctx, request{who: req.who}, s.Site.Object(p.Kind, p.ID)); err != nil {
				return Submitted{}, err
			}
		}
		doc, err := s.offerAnswer("Accept", n, p, offer)
		if err != nil {
			return Submitted{}, err
		}
		p.Offered, p.Owners = without(p.Offered, n), append(slices.Clone(p.Owners), n)
		pub, err := s.tellOwners(ctx, req, p)
		if err != nil {
			return Submitted{}, err
		}
		return s.commitShare(ctx, req, pub, "offer accept", doc, s.arrives(doc, s.Site.Activity(offer.ID), p.Coop))
	})
}

func (s *Service) rejectOffer(ctx context.Context, req request, offer coop.Document) (Submitted, error) {
	n := req.who.Coop
	return s.onShared(ctx, offer.Post, func(p coop.Post) (Submitted, error) {
		if slices.Contains(p.Owners, n) {
			return s.leave(ctx, req, p, "Reject", func() (coop.Document, error) { return s.offerAnswer("Reject", n, p, offer) })
		}
		if err := offered(p, n); err != nil {
			return Submitted{}, err
		}
		doc, err := s.offerAnswer("Reject", n, p, offer)
		if err != nil {
			return Submitted{}, err
		}
		p.Offered = without(p.Offered, n)
		return s.reshare(ctx, req, p, "offer reject", doc, s.arrives(doc, s.Site.Activity(offer.ID), p.Coop))
	})
}

// undoAccept lets a co-op leave a post that it shares: what it accepted is an Offer.
func (s *Service) undoAccept(ctx context.Context, req request, offer coop.IRI, accept coop.ID) (Submitted, error) {
	r, ok := s.Site.Parse(offer)
	if !ok || r.Kind != coop.RefActivity {
		return Submitted{}, notInForce(nil)
	}
	d, err := s.Documents.Document(ctx, r.ID)
	if err != nil || d.Type != "Offer" {
		return Submitted{}, notInForce(err)
	}
	n := req.who.Coop
	return s.onShared(ctx, d.Post, func(p coop.Post) (Submitted, error) {
		if !slices.Contains(p.Owners, n) {
			return Submitted{}, notInForce(nil)
		}
		return s.leave(ctx, req, p, "Undo", func() (coop.Document, error) {
			return s.document(n, "Undo", p.ID, func(id coop.ID) ([]byte, error) {
				return activity.EncodeUndo(s.Site, id, n, activity.Undoing{ID: accept, Type: "Accept", Object: offer, Author: s.Site.Actor(p.Coop)})
			})
		})
	})
}

// leave ends that the co-op of a request shares a post, and takes back that it
// announced it.
func (s *Service) leave(ctx context.Context, req request, p coop.Post, kind string, answer func() (coop.Document, error)) (Submitted, error) {
	n := req.who.Coop
	_, err := s.undoAct(ctx, request{who: req.who}, coop.ActAnnounce, s.Site.Object(p.Kind, p.ID), "")
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		return Submitted{}, err
	}
	doc, err := answer()
	if err != nil {
		return Submitted{}, err
	}
	p.Owners = without(p.Owners, n)
	pub, err := s.tellOwners(ctx, req, p)
	if err != nil {
		return Submitted{}, err
	}
	return s.commitShare(ctx, req, pub, "owner leave", doc, s.arrives(doc, s.Site.Object(p.Kind, p.ID), p.Coop))
}

// letGo ends that another co-op shares a post of ours, or takes the Offer back.
func (s *Service) letGo(ctx context.Context, req request, id coop.ID, who coop.IRI) (Submitted, error) {
	r, ok := s.Site.Parse(who)
	if !ok || r.Kind != coop.RefActor {
		return Submitted{}, coop.Wrong("object", "this names the co-op that shall share the post no longer")
	}
	n := req.who.Coop
	return s.onShared(ctx, id, func(p coop.Post) (Submitted, error) {
		shares, asked := slices.Contains(p.Owners, r.Name), slices.Contains(p.Offered, r.Name)
		switch {
		case !s.Visible(ctx, p, Viewer{Of: []coop.Name{n}}):
			return Submitted{}, &coop.Error{Code: coop.NotFound, Op: "federation.letGo", Member: "target", Msg: "this post is not published, or was deleted"}
		case p.Coop != n:
			return Submitted{}, &coop.Error{Code: coop.Forbidden, Op: "federation.letGo", Member: "target", Msg: "this post belongs to another co-op"}
		case !shares && !asked:
			return Submitted{}, &coop.Error{Code: coop.NotFound, Op: "federation.letGo", Member: "object", Msg: "this co-op does not share the post"}
		}
		doc, err := s.document(n, "Remove", p.ID, func(id coop.ID) ([]byte, error) {
			return activity.EncodeLetGo(s.Site, id, n, r.Name, s.Site.Part(p.Kind, p.ID, "organizers"))
		})
		if err != nil {
			return Submitted{}, err
		}
		arrivals := s.arrives(doc, s.Site.Object(p.Kind, p.ID), r.Name)
		p.Owners, p.Offered = without(p.Owners, r.Name), without(p.Offered, r.Name)
		if !shares {
			return s.reshare(ctx, req, p, "offer drop", doc, arrivals)
		}
		pub, err := s.tellOwners(ctx, req, p)
		if err != nil {
			return Submitted{}, err
		}
		return s.commitShare(ctx, req, pub, "owner remove", doc, arrivals)
	})
}

// shareNothing ends that a co-op which is to be removed shares posts of others, and
// tells everybody: they would go on naming an actor that is gone.
func (s *Service) shareNothing(ctx context.Context, n coop.Name) error {
	const page = 100
	var shared []coop.Post
	for before := coop.ID(""); ; {
		list, err := s.Posts.Posts(ctx, coop.PostQuery{Coop: n, All: true, Before: before, Limit: page})
		if err != nil {
			return err
		}
		for _, p := range list {
			if p.Coop != n {
				shared = append(shared, p)
			}
		}
		if len(list) < page {
			break
		}
		before = list[page-1].ID
	}
	for _, p := range shared {
		who := coop.Principal{Coop: p.Coop, Role: coop.Publisher, By: "the removal of " + string(n)}
		_, err := s.letGo(ctx, request{who: who, answer: coop.Answer{At: s.now()}}, p.ID, s.Site.Actor(n))
		if err != nil && coop.CodeOf(err) != coop.NotFound { // somebody else was faster
			return err
		}
	}
	return nil
}

// askable are the co-ops of a list that can be asked to share a post: one may have been
// removed since they were named, or may want to hear no more of this one.
func (s *Service) askable(ctx context.Context, p coop.Post) (names []coop.Name, err error) {
	for _, n := range p.Offered {
		_, err := s.Coops.Coop(ctx, n)
		switch {
		case coop.CodeOf(err) == coop.NotFound, coop.CodeOf(err) == coop.Gone, s.blocks(n, s.Site.Actor(p.Coop)):
			continue
		case err != nil:
			return nil, err
		}
		names = append(names, n)
	}
	return names, nil
}
