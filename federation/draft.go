// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"plenum/activity"
	"plenum/coop"
)

// furthest is how far ahead a post can be scheduled.
const furthest = 2 * 366 * 24 * time.Hour

// draftTurn is what only one at a time does about a draft: it is changed, published
// and dropped by people and by the clock.
func draftTurn(id coop.ID) string { return "draft " + string(id) }

// SaveDraft keeps a post that nobody sees but the co-op. It takes the same JSON as
// Submit.
func (s *Service) SaveDraft(ctx context.Context, who coop.Principal, body []byte) (coop.Post, error) {
	sub, err := activity.DecodeSubmission(body, s.Site)
	if err != nil {
		return coop.Post{}, err
	}
	c, ok := sub.(activity.SubmitCreate)
	if !ok {
		return coop.Post{}, coop.Wrong("type", "a draft is a Create or an object")
	}
	if !who.Role.Covers(coop.Editor) {
		return coop.Post{}, coop.Fail(coop.Forbidden, "federation.SaveDraft", "you have no part in this co-op")
	}
	c.Life.State, c.Life.At = coop.Draft, time.Time{}
	done, err := s.create(ctx, request{who: who, answer: coop.Answer{At: s.now()}}, c)
	return done.Post, err
}

// PublishDraft publishes a draft now, or where at is not zero has it published then.
// Where who may not do that alone it becomes a proposal.
func (s *Service) PublishDraft(ctx context.Context, who coop.Principal, id coop.ID, at time.Time, key string) (Submitted, error) {
	p, err := s.draft(ctx, who, id)
	if err != nil {
		return Submitted{}, err
	}
	object := map[string]any{"id": s.Site.Object(p.Kind, p.ID), "plenum:state": coop.Published}
	if !at.IsZero() {
		object["plenum:state"], object["plenum:publishAt"] = coop.Draft, coop.Stamp(at).Format(time.RFC3339)
	}
	body, err := json.Marshal(map[string]any{"type": "Update", "object": object})
	if err != nil {
		return Submitted{}, err
	}
	return s.Submit(ctx, who, body, key)
}

// DropDraft deletes a draft.
func (s *Service) DropDraft(ctx context.Context, who coop.Principal, id coop.ID) error {
	p, err := s.draft(ctx, who, id)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"type": "Delete", "object": s.Site.Object(p.Kind, p.ID)})
	if err != nil {
		return err
	}
	_, err = s.Submit(ctx, who, body, "")
	return err
}

// draft finds a draft of a co-op. Of those of others nothing is said.
func (s *Service) draft(ctx context.Context, who coop.Principal, id coop.ID) (coop.Post, error) {
	p, err := s.Posts.Post(ctx, id)
	switch {
	case coop.CodeOf(err) == coop.NotFound, err == nil && p.Coop != who.Coop:
		return coop.Post{}, coop.Fail(coop.NotFound, "federation.draft", "the co-op has no such draft")
	case err != nil:
		return coop.Post{}, err
	case p.State != coop.Draft:
		return coop.Post{}, coop.Fail(coop.Conflict, "federation.draft", "this post is no draft any more")
	}
	return p, nil
}

// moment reads what a client says about when a post is published. A moment that
// passed while somebody else had to agree means at once.
func (s *Service) moment(req request, old coop.Post, l activity.Life) (due time.Time, state coop.PostState, err error) {
	switch {
	case l.Timed && !l.At.IsZero():
		past := !l.At.After(s.now())
		if past && req.settles.ID != "" {
			return time.Time{}, coop.Published, nil
		}
		if past || l.At.After(s.now().Add(furthest)) {
			return time.Time{}, "", coop.Wrong("plenum:publishAt", "this is a moment to come, within two years")
		}
		return l.At, coop.Draft, nil
	case l.State == coop.Published, l.State == "" && old.ID == "":
		return time.Time{}, coop.Published, nil
	case l.Timed:
		return time.Time{}, coop.Draft, nil
	}
	return old.Due, coop.Draft, nil
}

// saveDraft keeps a post that is not published yet. Its Create has an id already,
// and is what the client is answered.
func (s *Service) saveDraft(ctx context.Context, req request, p coop.Post, hidden []coop.IRI) (Submitted, error) {
	if len(hidden) > 0 { // they are never stored, and nobody would know of them when the post is published
		return Submitted{}, coop.Wrong("bto", "a draft says openly whom it is for: take to and cc")
	}
	p.State, p.Stuck, p.Again = coop.Draft, "", time.Time{}
	p.Activity = cmp.Or(p.Activity, p.ID) // nothing but the draft says what its Create is called: so it is called as the draft is
	p.By, p.Author = req.author()
	done, err := s.drafted(ctx, p)
	if err != nil {
		return Submitted{}, err
	}
	what := "draft save"
	if !p.Due.IsZero() {
		what = "post schedule"
	}
	out := coop.Outgoing{Answer: req.answer}
	out.Answer.Location, out.Answer.Post = done.Location, p.ID
	if err := s.decided(&out, req, what, string(s.Site.Object(p.Kind, p.ID)), done.Location); err != nil {
		return Submitted{}, err
	}
	prior, err := s.Drafts.SaveDraft(ctx, p, out)
	if err != nil {
		return Submitted{}, err
	}
	if prior != nil {
		return s.again(ctx, *prior, out.Answer)
	}
	if !p.Due.IsZero() {
		s.calendar.wake()
	}
	return done, nil
}

// drafted is what a client is answered about a draft.
func (s *Service) drafted(ctx context.Context, p coop.Post) (Submitted, error) {
	pub, err := s.preview(ctx, p)
	return Submitted{Location: s.Site.Activity(p.Activity), Body: pub.Create, Post: p, Draft: true}, err
}

// preview renders a draft as it will be, with what says that it is one.
func (s *Service) preview(ctx context.Context, p coop.Post) (coop.Publication, error) {
	as := p
	if as.Published = p.Due; as.Published.IsZero() {
		as.Published = p.Created
	}
	as.State = coop.Published
	pub, err := s.renderPost(ctx, as)
	if err != nil {
		return pub, err
	}
	if pub.Object, err = activity.EncodeDraft(pub.Object, p); err != nil {
		return pub, err
	}
	pub.Create, err = activity.EncodeDraft(pub.Create, p)
	return pub, err
}

// draftAgain answers a request once more that was about a draft; ok is false where
// the answer is not about one.
func (s *Service) draftAgain(ctx context.Context, prior coop.Answer) (done Submitted, ok bool, err error) {
	if r, given := s.Site.Parse(prior.Location); given && r.Kind == coop.RefObject {
		n, _, _ := strings.Cut(prior.Key, " ")
		done.Body, err = activity.EncodeDropped(s.Site, coop.Name(n), prior.Location)
		return done, true, err
	}
	p, err := s.Posts.Post(ctx, prior.Post)
	switch {
	case coop.CodeOf(err) == coop.NotFound:
		return done, true, coop.Fail(coop.Gone, "federation.Submit", "this draft was deleted meanwhile")
	case err != nil:
		return done, true, err
	case p.State == coop.Draft:
		done, err = s.drafted(ctx, p)
		return done, true, err
	}
	d, err := s.Documents.Document(ctx, p.Activity)
	return Submitted{Location: s.Site.Activity(d.ID), Body: d.Body, Post: p}, true, err
}

// updateDraft changes a draft, schedules it or publishes it.
func (s *Service) updateDraft(ctx context.Context, req request, id coop.ID, sub activity.SubmitUpdate) (Submitted, error) {
	defer s.turns.lock(draftTurn(id))()
	old, err := s.draft(ctx, req.who, id)
	if err != nil {
		return Submitted{}, err
	}
	if req.rev != 0 && old.Rev != req.rev { // while somebody agreed to it
		return Submitted{}, errOtherDraft
	}
	p, hidden, err := s.redrafted(ctx, req, old, sub)
	if err != nil {
		return Submitted{}, err
	}
	if p.State == coop.Draft {
		return s.saveDraft(ctx, req, p, hidden)
	}
	return s.publish(ctx, req, p, hidden)
}

// redrafted is a draft as an Update makes it, in the state that it shall have.
func (s *Service) redrafted(ctx context.Context, req request, old coop.Post, sub activity.SubmitUpdate) (p coop.Post, hidden []coop.IRI, err error) {
	c, err := s.Coops.Coop(ctx, old.Coop)
	if err != nil {
		return p, nil, err
	}
	p = old
	if p.Due, p.State, err = s.moment(req, old, sub.Life); err != nil {
		return p, nil, err
	}
	if len(sub.To)+len(sub.Cc)+len(sub.Bto)+len(sub.Bcc) > 0 {
		to, err := s.address(p.Coop, sub.To, sub.Cc, sub.Bto, sub.Bcc)
		if err != nil {
			return p, nil, err
		}
		p.Visibility, p.To, p.Cc, hidden = to.visibility, to.to, to.cc, to.hidden
	}
	if err := s.apply(ctx, c, &p, sub.Object); err != nil {
		return p, nil, err
	}
	if p.Kind.Type() != old.Kind.Type() {
		return p, nil, coop.Wrong("type", "a draft stays "+old.Kind.Type()+"; delete it and write another")
	}
	p.Slug = cmp.Or(p.Slug, old.Slug)
	p.Rev++
	return p, hidden, s.enliven(ctx, req, &p, sub.Life)
}

// drop deletes a draft. Nobody has seen it, so that nothing of it stays; the answer
// is transient. AP §6.
func (s *Service) drop(ctx context.Context, req request, id coop.ID) (Submitted, error) {
	defer s.turns.lock(draftTurn(id))()
	p, err := s.draft(ctx, req.who, id)
	if err != nil {
		return Submitted{}, err
	}
	object := s.Site.Object(p.Kind, p.ID)
	body, err := activity.EncodeDropped(s.Site, p.Coop, object)
	if err != nil {
		return Submitted{}, err
	}
	out := coop.Outgoing{Answer: req.answer}
	out.Answer.Location, out.Answer.Post = object, p.ID
	if err := s.decided(&out, req, "draft drop", string(object), ""); err != nil {
		return Submitted{}, err
	}
	if err := s.Drafts.DropDraft(ctx, p.Coop, p.ID, out); err != nil {
		return Submitted{}, err
	}
	return Submitted{Body: body, Post: p, Draft: true}, nil
}
