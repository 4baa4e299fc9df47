// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"

	"plenum/activity"
	"plenum/content"
	"plenum/coop"
	"plenum/keys"
)

// forward makes what passes a comment on to the followers of the co-op whose post
// it is about, since its author addressed them and cannot reach them. The bytes are
// those that came, so that whatever proof stands in them still counts; the author's
// own server has them already. Nothing is passed on that is not for everybody, or
// that says something else than what is shown. AP §7.1.2.
func (s *Service) forward(c coop.Comment) (out coop.Outgoing, err error) {
	if !c.Forward || c.Private || len(c.Raw) == 0 || !s.brought(c) {
		return coop.Outgoing{}, nil
	}
	id, err := s.newID()
	if err != nil {
		return coop.Outgoing{}, err
	}
	// It belongs to no post: a peer that refuses what is forwarded must not keep the
	// post's own Update waiting.
	doc := coop.Document{ID: id, Actor: c.Coop, Type: "Create", At: s.now(), Forwarded: c.Activity, Comment: c.Object, Body: c.Raw}
	f := fan(doc, nil, c.Coop)
	f.Except = coop.HostOf(c.By)
	return coop.Outgoing{Documents: []coop.Document{doc}, Fans: []coop.Fan{f}}, nil
}

// brought reports whether a comment is what the activity says that brought it. It is
// not where its author has changed it since, or where the activity had another
// version in it than the author's server: whoever decided about the comment has not
// seen that one.
func (s *Service) brought(c coop.Comment) bool {
	in, err := activity.Decode(c.Raw, s.Site.HTTP)
	create, ok := in.(activity.Create)
	if err != nil || !ok {
		return false
	}
	o := create.Object
	return !o.Embedded || o.By == c.By && commentBody(o.Content) == c.Body && content.Line(o.Name, coop.MaxTitle) == c.Name &&
		o.Sensitive == c.Sensitive && content.Line(o.Warning, coop.MaxWarning) == c.Warning
}

// deleted drops what its author takes back. Of a comment that was passed on those are
// told who were given it: its author cannot reach them with this either. The bytes
// are those that came, and are passed on once, as the comment was. AP §7.1.2.
func (s *Service) deleted(ctx context.Context, by keys.Signer, in activity.Delete, seen coop.Seen) error {
	c, err := s.Comments.Comment(ctx, in.Object)
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		return err
	}
	h := in.Head()
	if err != nil || c.By != by.Actor || !c.Forward && c.Passed == "" || len(h.Raw) > coop.MaxForward {
		return s.Inbox.Drop(ctx, in.Object, by.Actor, seen)
	}
	id, err := s.newID()
	if err != nil {
		return err
	}
	doc := coop.Document{ID: id, Actor: c.Coop, Type: "Delete", At: s.now(), Forwarded: h.ID, Comment: c.Object, Body: h.Raw}
	f := fan(doc, nil, c.Coop)
	f.Except = coop.HostOf(c.By)
	if err := s.Comments.Recall(ctx, c.Object, by.Actor, seen, coop.Outgoing{Documents: []coop.Document{doc}, Fans: []coop.Fan{f}}); err != nil {
		return err
	}
	s.kick()
	return nil
}
