// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"bytes"
	"context"
	"slices"
	"time"

	"plenum/activity"
	"plenum/coop"
)

// ownRow finds the post or draft that an IRI of ours names and makes sure that it is
// who's to change, which it is for the co-ops too that share it. It says nothing of a
// post of somebody else that who could not read.
func (s *Service) ownRow(ctx context.Context, who coop.Principal, target coop.IRI) (coop.Post, error) {
	const op = "federation.ownRow"
	missing := &coop.Error{Code: coop.NotFound, Op: op, Member: "object", Msg: "there is no post with this id here"}
	r, ok := s.Site.Parse(target)
	if !ok || r.Kind != coop.RefObject || r.What != "" {
		return coop.Post{}, missing
	}
	p, err := s.Posts.Post(ctx, r.ID)
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		return coop.Post{}, err
	}
	own, _ := s.Site.Parse(s.Site.Object(p.Kind, p.ID))
	if err != nil || own.Dir != r.Dir || !s.Visible(ctx, p, Viewer{Member: who}) {
		return coop.Post{}, missing
	}
	if !sharedBy(p, who.Coop) {
		return coop.Post{}, &coop.Error{Code: coop.Forbidden, Op: op, Member: "object", Msg: "this post belongs to another co-op"}
	}
	if p.State == coop.Withdrawn {
		return coop.Post{}, &coop.Error{Code: coop.Gone, Op: op, Member: "object", Msg: "this post has been deleted"}
	}
	return p, nil
}

// ownPost is ownRow of a post that is published.
func (s *Service) ownPost(ctx context.Context, who coop.Principal, target coop.IRI) (coop.Post, error) {
	p, err := s.ownRow(ctx, who, target)
	if err == nil && p.State == coop.Draft {
		return coop.Post{}, &coop.Error{Code: coop.Conflict, Op: "federation.ownPost", Member: "object", Msg: "this post is a draft; publish it first"}
	}
	return p, err
}

// onPost changes a post, and once more where somebody else changed it meanwhile:
// what a client sends is about some members, whatever the others are.
func (s *Service) onPost(ctx context.Context, who coop.Principal, target coop.IRI, change func(old coop.Post) (Submitted, error)) (done Submitted, err error) {
	for range tries {
		old, err := s.ownPost(ctx, who, target)
		if err != nil {
			return Submitted{}, err
		}
		if done, err = change(old); coop.CodeOf(err) != coop.Conflict {
			return done, err
		}
		if now, again := s.Posts.Post(ctx, old.ID); again != nil || now.Rev == old.Rev {
			return Submitted{}, err // it is about something else
		}
	}
	return Submitted{}, &coop.Error{Code: coop.Unavailable, Op: "federation.onPost", Msg: "the post is being changed by others; try again", Retry: time.Second}
}

// update revises a post: what is given replaces, null removes, what is missing
// stays. AP §6.3 (partial), §7.3 (peers get the whole object).
func (s *Service) update(ctx context.Context, req request, sub activity.SubmitUpdate) (Submitted, error) {
	p, err := s.ownRow(ctx, req.who, sub.Target)
	switch {
	case err != nil:
		return Submitted{}, err
	case sub.Life.Repeat != "" || sub.Life.Ahead != 0:
		return Submitted{}, coop.Wrong("plenum:repeat", "how often something is held is said when its first occurrence is published; end this series, and begin another")
	case sub.Life.All && p.Series != "":
		return s.updateSeries(ctx, req, p, sub)
	case p.State == coop.Draft:
		return s.updateDraft(ctx, req, p.ID, sub)
	}
	return s.onPost(ctx, req.who, sub.Target, func(old coop.Post) (Submitted, error) { return s.revise(ctx, req, old, sub) })
}

// revised is a published post as an Update makes it.
func (s *Service) revised(ctx context.Context, req request, c coop.Coop, old coop.Post, sub activity.SubmitUpdate) (coop.Post, error) {
	p := old
	if sub.Life.State == coop.Draft || sub.Life.Timed && !sub.Life.At.IsZero() {
		return p, coop.Wrong("plenum:state", "what is published stays so: everybody has it; delete it, or correct it")
	}
	if err := s.keepsAudience(old, sub); err != nil {
		return p, err
	}
	if err := s.apply(ctx, c, &p, sub.Object); err != nil {
		return p, err
	}
	switch {
	case p.Slug != old.Slug:
		return p, coop.Wrong("plenum:slug", "a post keeps its slug, since its page is known by it")
	case p.Kind.Type() != old.Kind.Type():
		return p, coop.Wrong("type", "a post stays "+old.Kind.Type()+"; delete it and publish another")
	}
	return p, s.enliven(ctx, req, &p, sub.Life)
}

// revise changes a published post and tells everybody.
func (s *Service) revise(ctx context.Context, req request, old coop.Post, sub activity.SubmitUpdate) (Submitted, error) {
	c, err := s.Coops.Coop(ctx, old.Coop)
	if err != nil {
		return Submitted{}, err
	}
	p, err := s.revised(ctx, req, c, old, sub)
	if err != nil {
		return Submitted{}, err
	}
	if err := s.illustrate(ctx, c, &p); err != nil {
		return Submitted{}, err
	}
	if same, done, err := s.unchanged(ctx, req, old, p); err != nil || same {
		return done, err
	}
	p.Rev++
	p.By, p.Author = req.author()
	last := old.Updated
	if last.IsZero() {
		last = old.Published
	}
	p.Updated = after(last, s.now())
	pub, err := s.renderPost(ctx, p)
	if err != nil {
		return Submitted{}, err
	}
	live, err := s.live(ctx, c, p, pub.Object)
	if err != nil {
		return Submitted{}, err
	}
	doc, err := s.document(p.Coop, "Update", p.ID, func(id coop.ID) ([]byte, error) {
		return activity.EncodeUpdate(s.Site, id, p, live, p.Updated)
	})
	if err != nil {
		return Submitted{}, err
	}
	if err := s.tellAgain(ctx, &pub, doc); err != nil {
		return Submitted{}, err
	}
	if err := s.addOffers(ctx, &pub, newIn(p.Offered, old.Offered)); err != nil {
		return Submitted{}, err
	}
	done, err := s.commit(ctx, req, s.Posts.Revise, pub, doc, "revised")
	if err == nil {
		s.afterRevision(ctx, req, old, p)
	}
	return done, err
}

// afterRevision does what follows from a change. The change is made already: what
// cannot be done now is seen to when the instance starts.
func (s *Service) afterRevision(ctx context.Context, req request, old, p coop.Post) {
	if p.Capacity != old.Capacity || p.Join != old.Join || p.Status != old.Status || p.When != old.When {
		if err := s.fillSeats(ctx, p); err != nil {
			s.log().ErrorContext(ctx, "seats not filled", "post", p.ID, "err", err)
		}
	}
	if p.Kind.Event() && (p.Status != old.Status || p.When != old.When) {
		if err := s.tellFate(ctx, req, p); err != nil {
			s.log().ErrorContext(ctx, "what became of an event not told in a note", "post", p.ID, "err", err)
		}
	}
	s.refill(ctx, req, p)
}

// unchanged reports whether a revision says what the post said before, as when a
// file is posted again: nobody has to be told. The answer is the Create then.
func (s *Service) unchanged(ctx context.Context, req request, old, p coop.Post) (bool, Submitted, error) {
	pub, err := s.renderPost(ctx, p) // with the date of the last revision: that alone would make a difference
	if err != nil {
		return false, Submitted{}, err
	}
	served, _, err := s.Documents.Object(ctx, old.ID)
	if err != nil || !bytes.Equal(served, pub.Object) || p.Kind != old.Kind || p.PartOf != old.PartOf || p.Source != old.Source ||
		p.Attendance != old.Attendance || !slices.Equal(p.Of, old.Of) || !slices.Equal(p.Offered, old.Offered) || !slices.Equal(p.Owners, old.Owners) {
		return false, Submitted{}, err
	}
	d, err := s.Documents.Document(ctx, old.Activity)
	if err == nil {
		err = s.keepAnswer(ctx, req.answer, d)
	}
	return true, Submitted{Location: s.Site.Activity(d.ID), Body: d.Body, Post: old}, err
}

// withdraw deletes a post: its id answers 410 with a Tombstone before anybody is
// told, since Mobilizon asks again before it believes a Delete. Of a draft nothing
// stays. Who shares a post cannot delete it.
func (s *Service) withdraw(ctx context.Context, req request, sub activity.SubmitDelete) (Submitted, error) {
	p, err := s.ownRow(ctx, req.who, sub.Target)
	switch {
	case err != nil:
		return Submitted{}, err
	case p.Coop != req.who.Coop:
		return Submitted{}, &coop.Error{Code: coop.Forbidden, Op: "federation.withdraw", Member: "object",
			Msg: "only " + string(p.Coop) + " can delete this post; your co-op can leave it"}
	case sub.All && p.Series != "":
		return s.deleteSeries(ctx, req, p)
	case p.State == coop.Draft:
		return s.drop(ctx, req, p.ID)
	}
	return s.onPost(ctx, req.who, sub.Target, func(old coop.Post) (Submitted, error) { return s.remove(ctx, req, old) })
}

func (s *Service) remove(ctx context.Context, req request, old coop.Post) (done Submitted, err error) {
	if old.Kind.Event() {
		defer s.turns.lock(fateTurn(old.ID))()
	}
	if err := s.withdrawNotes(ctx, req, old); err != nil {
		return Submitted{}, err
	}
	now := s.now()
	p := coop.Post{ // a Tombstone holds nothing of the text
		ID: old.ID, Coop: old.Coop, Kind: old.Kind, Slug: old.Slug, Language: old.Language, To: old.To, Cc: old.Cc, Visibility: old.Visibility, Owners: old.Owners, Of: old.Of,
		State: coop.Withdrawn, Rev: old.Rev + 1, Created: old.Created, Published: old.Published,
		Updated: now, Activity: old.Activity, Announce: old.Announce,
	}
	pub := coop.Publication{Post: p}
	if pub.Object, err = activity.EncodeTombstone(s.Site, p, now); err != nil {
		return Submitted{}, err
	}
	doc, err := s.document(p.Coop, "Delete", p.ID, func(id coop.ID) ([]byte, error) {
		return activity.EncodeDelete(s.Site, id, p, now)
	})
	if err != nil {
		return Submitted{}, err
	}
	if err := s.tellAgain(ctx, &pub, doc); err != nil {
		return Submitted{}, err
	}
	pub.Post.Owners = nil
	done, err = s.commit(ctx, req, s.Posts.Withdraw, pub, doc, "withdrawn")
	if err == nil {
		s.refill(ctx, req, old)
	}
	return done, err
}

// tellAgain addresses an Update or Delete: to the co-op's followers, to whom the post
// addresses, and to those who answered an event; of a post for everybody also to the
// followers of the co-ops that share it, which announced it to them, and to those of
// the instance actor, who know it from its Announce. L12.
func (s *Service) tellAgain(ctx context.Context, pub *coop.Publication, doc coop.Document) error {
	names := []coop.Name{pub.Post.Coop}
	if pub.Post.Visibility == coop.Everybody {
		names = append(names, pub.Post.Owners...)
		if pub.Post.Kind.Event() {
			names = append(names, coop.Relay)
		}
	}
	others, err := s.addressed(ctx, pub.Post.To, pub.Post.Cc)
	if err != nil { // who cannot be found now must not keep a post from being changed
		s.log().WarnContext(ctx, "addressee not found", "post", pub.Post.ID, "err", err)
	}
	coming, err := s.attending(ctx, pub.Post)
	if err != nil {
		return err
	}
	pub.Out.Documents = append(pub.Out.Documents, doc)
	pub.Out.Fans = []coop.Fan{fan(doc, append(others, coming...), names...)}
	if pub.Post.State == coop.Withdrawn { // the store takes back what followers here were given
		return nil
	}
	if err := s.addComment(ctx, pub); err != nil {
		return err
	}
	return s.addLocal(ctx, pub)
}
