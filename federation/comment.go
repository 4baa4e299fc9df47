// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"strings"
	"time"

	"plenum/activity"
	"plenum/content"
	"plenum/coop"
	"plenum/keys"
)

// thread is where a reply belongs: the post at the root, and what is known of the
// reply itself, if it came before.
type thread struct {
	post   coop.Post
	parent coop.Comment // what it answers, where that is a comment; else zero
	old    coop.Comment // the reply as it stands, if it does
}

// brings reports whether a Create brings what is there already.
func (t thread) brings(h activity.Head, o activity.Object) bool {
	switch {
	case t.old.Object == "":
		return false
	case !o.Embedded:
		return t.old.Activity == h.ID
	}
	return !changed(o).After(t.old.Updated)
}

// changed is when an object says that it was last changed.
func changed(o activity.Object) time.Time {
	if at := coop.Stamp(o.Updated); !at.IsZero() {
		return at
	}
	return coop.Stamp(o.Published)
}

// threadOf finds where the object id belongs, which answers replyTo: the id of a
// post of ours, or of a comment that is kept. What is kept stays where it was.
func (s *Service) threadOf(ctx context.Context, id, replyTo coop.IRI) (t thread, ok bool, err error) {
	if t.old, err = s.Comments.Comment(ctx, id); err == nil {
		t.post, err = s.Posts.Post(ctx, t.old.Post)
		return t, err == nil && t.post.State == coop.Published, ignoreMissing(err)
	}
	if coop.CodeOf(err) != coop.NotFound || replyTo == "" {
		return t, false, ignoreMissing(err)
	}
	if t.parent, err = s.Comments.Comment(ctx, replyTo); err == nil { // a note of ours may be a comment too
		t.post, err = s.Posts.Post(ctx, t.parent.Post)
		return t, err == nil && t.post.State == coop.Published, ignoreMissing(err)
	}
	if coop.CodeOf(err) != coop.NotFound {
		return t, false, err
	}
	if replyTo, err = s.shown(ctx, replyTo); err != nil {
		return t, false, err
	}
	t.post, ok, err = s.published(ctx, replyTo)
	return t, ok, err
}

// shown returns the id of the post that a page of ours shows, and anything else as
// it is. Who writes a reply in WordPress pastes the address that a browser has.
func (s *Service) shown(ctx context.Context, page coop.IRI) (coop.IRI, error) {
	r, ours := s.Site.Parse(page)
	if !ours || r.Kind != coop.RefPage {
		return page, nil
	}
	p, err := s.Posts.PostBySlug(ctx, r.Name, r.Slug)
	if err != nil {
		return page, ignoreMissing(err)
	}
	return s.Site.Object(p.Kind, p.ID), nil
}

// commented keeps what a Create or an Update brings where that is a reply to a post
// of ours. ok is false where it is none. AP §7.2.
func (s *Service) commented(ctx context.Context, by keys.Signer, h activity.Head, o activity.Object, seen coop.Seen) (ok bool, err error) {
	if o.Actor || !coop.SameOrigin(o.ID, by.Actor) {
		return false, nil
	}
	t, ok, err := s.threadOf(ctx, o.ID, o.InReplyTo)
	if err != nil || !ok || !s.hears(ctx, t.post, by.Actor) {
		return false, err
	}
	if o.Vote || t.old.Object != "" && t.old.By != by.Actor || s.blocks(t.post.Coop, by.Actor) {
		return true, nil
	}
	if h.Type == "Create" && t.brings(h, o) { // to several inboxes, or because our answer was lost
		return true, nil
	}
	if err := s.allowed(quotaComment, by.Actor); err != nil {
		return true, err
	}
	if !o.Embedded || o.By != by.Actor {
		if o, err = s.fetchObject(ctx, o.ID); err != nil {
			return true, ignoreMissing(err)
		}
	}
	if o.By != by.Actor || o.Vote || o.InReplyTo == "" {
		return true, nil
	}
	c, taken, err := s.judge(ctx, t, by, h, o)
	if err != nil || !taken {
		return true, err
	}
	var out coop.Outgoing
	if c.State == coop.CommentShown {
		if out, err = s.forward(c); err != nil {
			return true, err
		}
	}
	once := seen
	if h.Type == "Create" {
		once.Activity = "" // the comment tells that it came
	}
	if c, err = s.Comments.KeepComment(ctx, c, once, out); err != nil {
		if coop.CodeOf(err) == coop.Gone {
			return true, s.chargedOnce(ctx, by, seen)
		}
		return true, s.untaken(ctx, "comment", t.post, err)
	}
	if err := s.chargedOnce(ctx, by, seen); err != nil {
		return true, err
	}
	if len(out.Documents) > 0 {
		s.kick()
	}
	s.observe(Event{What: "commented", Type: o.Type, Coop: c.Coop, Actor: by.Actor, Object: o.ID, Title: t.post.Title, Note: string(c.State)})
	return true, nil
}

// judge makes the comment of a reply, in the state that the co-op's policy gives
// it. taken is false where it is not kept at all.
func (s *Service) judge(ctx context.Context, t thread, by keys.Signer, h activity.Head, o activity.Object) (c coop.Comment, taken bool, err error) {
	owner, err := s.Coops.Coop(ctx, t.post.Coop)
	if err != nil {
		return c, false, ignoreMissing(err)
	}
	if owner.Comments == coop.CommentsClosed && t.old.Object == "" {
		return c, false, nil
	}
	c = coop.Comment{
		Object: o.ID, Post: t.post.ID, Coop: t.post.Coop, By: by.Actor, Activity: h.ID, KeyID: by.KeyID, InReplyTo: o.InReplyTo,
		Name: content.Line(o.Name, coop.MaxTitle), Sensitive: o.Sensitive, Warning: content.Line(o.Warning, coop.MaxWarning),
		Body: commentBody(o.Content), Language: o.Language, URL: o.URL,
		Published: coop.Stamp(o.Published), Updated: changed(o), At: s.now(),
		State: coop.CommentHeld, Private: !o.Public,
	}
	if c.URL == "" || !coop.SameOrigin(c.URL, c.Object) {
		c.URL = c.Object
	}
	c.Text = commentText(c.Body)
	silent := c.Text == "" && c.Name == "" // a picture alone, and no pictures are shown
	if silent && t.old.Object == "" {
		return c, false, nil
	}
	switch {
	case t.old.Object != "":
		c.InReplyTo = t.old.InReplyTo
	case t.parent.Object == "":
		c.InReplyTo = s.Site.Object(t.post.Kind, t.post.ID) // whatever it calls the post
	}
	unseen := t.parent.Object != "" && t.parent.State != coop.CommentShown // nobody could tell what it answers
	if owner.Comments == coop.CommentsOpen && !c.Private && !unseen && !silent && !s.Silences(by.Actor) {
		c.State = coop.CommentShown
	}
	if h.Type == "Create" && !c.Private && len(h.Raw) <= coop.MaxForward && activity.Addresses(h.Raw, s.Site.Of(c.Coop, "followers")) {
		c.Forward, c.Raw = true, h.Raw
	}
	return c, true, nil
}

// commentBody is what is shown of a reply: sanitised, without pictures, and not
// longer than MaxComment, which sanitising can make it.
func commentBody(html string) string {
	html = strings.ToValidUTF8(html, "\uFFFD")
	for {
		body := content.Sanitise(html)
		if len(body) <= coop.MaxComment {
			return body
		}
		html = strings.ToValidUTF8(html[:len(html)*3/4], "")
	}
}

// commentText is a sanitised comment as plain text, which is longer where lists stand in lists:
// each line is indented.
func commentText(body string) string {
	text := content.Plain(body)
	return strings.ToValidUTF8(text[:min(len(text), coop.MaxComment)], "")
}

// ownComment makes the comment that a note of a co-op of ours is, where it answers
// a post of ours or a comment on one. AP §7.2, without a request.
func (s *Service) ownComment(ctx context.Context, p coop.Post) (c coop.Comment, ok bool, err error) {
	if p.Kind != coop.Note || p.ReplyTo == "" {
		return c, false, nil
	}
	id := s.Site.Object(p.Kind, p.ID)
	t, ok, err := s.threadOf(ctx, id, p.ReplyTo)
	by := s.Site.Actor(p.Coop)
	if err != nil || !ok || t.post.ID == p.ID || !s.Visible(ctx, t.post, Viewer{Of: []coop.Name{p.Coop}}) || s.blocks(t.post.Coop, by) {
		return c, false, err
	}
	owner, err := s.Coops.Coop(ctx, t.post.Coop)
	if err != nil {
		return c, false, ignoreMissing(err)
	}
	if owner.Comments == coop.CommentsClosed && owner.Name != p.Coop && t.old.Object == "" {
		return c, false, nil
	}
	updated, replyTo := p.Updated, p.ReplyTo
	if updated.IsZero() {
		updated = p.Published
	}
	switch {
	case t.old.Object != "":
		replyTo = t.old.InReplyTo
	case t.parent.Object == "":
		replyTo = s.Site.Object(t.post.Kind, t.post.ID) // whatever it calls the post
	}
	return coop.Comment{
		Object: id, Post: t.post.ID, Coop: t.post.Coop, By: by, Activity: s.Site.Activity(p.Activity), KeyID: s.Site.Key(p.Coop),
		InReplyTo: replyTo, Name: p.Title, Sensitive: p.Summary != "", Warning: content.Line(p.Summary, coop.MaxWarning),
		Body: p.Body, Text: commentText(p.Body), Language: p.Language, URL: s.Site.Page(p.Coop, p.Slug),
		Published: p.Published, Updated: updated, At: s.now(), State: coop.CommentShown,
	}, true, nil
}
