// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"bytes"
	"context"
	"time"

	"plenum/activity"
	"plenum/coop"
)

// ownPost finds the published post that an IRI of ours names and makes sure that
// it is who's to change. It fails with Forbidden without saying anything of a
// post of somebody else.
func (s *Service) ownPost(ctx context.Context, who coop.Principal, target coop.IRI) (coop.Post, error) {
	r, ok := s.Site.Parse(target)
	if !ok || r.Kind != coop.RefObject || r.What != "" {
		return coop.Post{}, &coop.Error{Code: coop.NotFound, Op: "federation.ownPost", Member: "object", Msg: "there is no post with this id here"}
	}
	p, err := s.Posts.Post(ctx, r.ID)
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		return coop.Post{}, err
	}
	if err != nil || p.State == coop.Draft {
		return coop.Post{}, &coop.Error{Code: coop.NotFound, Op: "federation.ownPost", Member: "object", Msg: "there is no post with this id here", Err: err}
	}
	if p.Coop != who.Coop {
		return coop.Post{}, &coop.Error{Code: coop.Forbidden, Op: "federation.ownPost", Member: "object", Msg: "this post belongs to another co-op"}
	}
	if p.State == coop.Withdrawn {
		return coop.Post{}, &coop.Error{Code: coop.Gone, Op: "federation.ownPost", Member: "object", Msg: "this post has been deleted"}
	}
	return p, nil
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
func (s *Service) update(ctx context.Context, who coop.Principal, sub activity.SubmitUpdate, answer coop.Answer) (Submitted, error) {
	return s.onPost(ctx, who, sub.Target, func(old coop.Post) (Submitted, error) { return s.revise(ctx, old, sub, answer) })
}

func (s *Service) revise(ctx context.Context, old coop.Post, sub activity.SubmitUpdate, answer coop.Answer) (Submitted, error) {
	c, err := s.Coops.Coop(ctx, old.Coop)
	if err != nil {
		return Submitted{}, err
	}
	p := old
	if err := s.apply(ctx, c, &p, sub.Object); err != nil {
		return Submitted{}, err
	}
	switch {
	case p.Slug != old.Slug:
		return Submitted{}, coop.Wrong("plenum:slug", "a post keeps its slug, since its page is known by it")
	case p.Kind.Type() != old.Kind.Type():
		return Submitted{}, coop.Wrong("type", "a post stays "+old.Kind.Type()+"; delete it and publish another")
	}
	if same, done, err := s.unchanged(ctx, old, p, answer); err != nil || same {
		return done, err
	}
	p.Rev++
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
	done, err := s.commit(ctx, s.Posts.Revise, pub, doc, answer, "revised")
	if err != nil || p.Capacity == old.Capacity && p.Join == old.Join && p.Status == old.Status && p.When == old.When {
		return done, err
	}
	if err := s.fillSeats(ctx, p); err != nil { // the post is revised: that nobody was seated is seen to when the instance starts
		s.log().ErrorContext(ctx, "seats not filled", "post", p.ID, "err", err)
	}
	return done, nil
}

// unchanged reports whether a revision says what the post said before, as when a
// file is posted again: nobody has to be told. The answer is the Create then.
func (s *Service) unchanged(ctx context.Context, old, p coop.Post, answer coop.Answer) (bool, Submitted, error) {
	pub, err := s.renderPost(ctx, p) // with the date of the last revision: that alone would make a difference
	if err != nil {
		return false, Submitted{}, err
	}
	served, _, err := s.Documents.Object(ctx, old.ID)
	if err != nil || !bytes.Equal(served, pub.Object) || p.Kind != old.Kind || p.PartOf != old.PartOf || p.Source != old.Source {
		return false, Submitted{}, err
	}
	d, err := s.Documents.Document(ctx, old.Activity)
	if err == nil {
		err = s.keepAnswer(ctx, answer, d)
	}
	return true, Submitted{Location: s.Site.Activity(d.ID), Body: d.Body, Post: old}, err
}

// withdraw deletes a post: its id answers 410 with a Tombstone before anybody is
// told, since Mobilizon asks again before it believes a Delete.
func (s *Service) withdraw(ctx context.Context, who coop.Principal, target coop.IRI, answer coop.Answer) (Submitted, error) {
	return s.onPost(ctx, who, target, func(old coop.Post) (Submitted, error) { return s.remove(ctx, old, answer) })
}

func (s *Service) remove(ctx context.Context, old coop.Post, answer coop.Answer) (done Submitted, err error) {
	now := s.now()
	p := coop.Post{ // a Tombstone holds nothing of the text
		ID: old.ID, Coop: old.Coop, Kind: old.Kind, Slug: old.Slug, Language: old.Language, To: old.To, Cc: old.Cc,
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
	return s.commit(ctx, s.Posts.Withdraw, pub, doc, answer, "withdrawn")
}

// tellAgain addresses an Update or Delete: to the co-op's followers, to whom the
// post addresses, to those who answered an event, and to the followers of the
// instance actor, who know it from its Announce.
func (s *Service) tellAgain(ctx context.Context, pub *coop.Publication, doc coop.Document) error {
	names := []coop.Name{pub.Post.Coop}
	if pub.Post.Kind.Event() {
		names = append(names, coop.Relay)
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
