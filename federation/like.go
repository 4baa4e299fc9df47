// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"

	"plenum/activity"
	"plenum/coop"
)

// aim is what a Like or an Announce is about.
type aim struct {
	object coop.IRI
	author coop.IRI
	post   coop.Post     // where it is one of ours
	kept   coop.Received // where it is not: what those here are given who follow the co-op
	open   bool          // its author wants it to be in lists that everybody reads
}

// actTypes are the types of the activities of acts.
var actTypes = map[coop.ActKind]string{coop.ActLike: "Like", coop.ActAnnounce: "Announce", coop.ActBlock: "Block"}

// like says that a co-op likes something that everybody may read. AP §6.8.
func (s *Service) like(ctx context.Context, req request, target coop.IRI) (Submitted, error) {
	return s.act(ctx, req, coop.ActLike, target)
}

// act says something about an object of somebody's, once.
func (s *Service) act(ctx context.Context, req request, kind coop.ActKind, target coop.IRI) (Submitted, error) {
	n := req.who.Coop
	if _, err := s.Coops.Coop(ctx, n); err != nil {
		return Submitted{}, err
	}
	target, err := s.shown(ctx, target)
	if err != nil {
		return Submitted{}, err
	}
	defer s.turns.lock(actTurn(n, kind, target))()
	if done, ok, err := s.actedOn(ctx, req, kind, target); err != nil || ok {
		return done, err
	}
	a, err := s.regarding(ctx, n, target)
	if err != nil {
		return Submitted{}, err
	}
	if kind == coop.ActAnnounce && !a.open {
		return Submitted{}, &coop.Error{Code: coop.Forbidden, Op: "federation.act", Member: "object", Msg: "its author keeps this out of public lists, so it is not announced"}
	}
	doc, err := s.actDocument(req, kind, a)
	if err != nil {
		return Submitted{}, err
	}
	out, err := s.out(req, string(kind), string(a.object), doc)
	if err != nil {
		return Submitted{}, err
	}
	if err := s.tellOfAct(ctx, &out, kind, doc, a); err != nil {
		return Submitted{}, err
	}
	row := coop.Act{Coop: n, Kind: kind, Object: a.object, Author: a.author, Document: doc.ID, Post: a.post.ID, At: s.now()}
	prior, err := s.Acts.Act(ctx, row, out)
	if err != nil {
		return Submitted{}, err
	}
	if prior != nil { // the same request, at the same moment
		return s.again(ctx, *prior, req.answer)
	}
	s.kick()
	s.observe(Event{What: "said", Type: doc.Type, Coop: n, Object: a.object})
	return s.done(doc), nil
}

// actTurn is what only one at a time does about an act.
func actTurn(n coop.Name, kind coop.ActKind, object coop.IRI) string {
	return "act " + string(n) + " " + string(kind) + " " + string(object)
}

// actedOn answers with what was said the first time. ok is false where nothing was.
func (s *Service) actedOn(ctx context.Context, req request, kind coop.ActKind, object coop.IRI) (done Submitted, ok bool, err error) {
	old, err := s.Acts.ActOn(ctx, req.who.Coop, kind, object)
	if coop.CodeOf(err) == coop.NotFound {
		return Submitted{}, false, nil
	}
	if err != nil {
		return Submitted{}, false, err
	}
	doc, err := s.Documents.Document(ctx, old.Document)
	if err == nil {
		err = s.keepAnswer(ctx, req.answer, doc)
	}
	return s.done(doc), true, err
}

func nothingThere(err error) error {
	return &coop.Error{Code: coop.NotFound, Op: "federation.regarding", Member: "object", Msg: "there is nothing with this id that everybody may read", Err: err}
}

// regarding finds out about an object that a co-op wants to say something about.
// Only what everybody may read is spoken of: an activity of ours would tell others
// of the rest. T15.
func (s *Service) regarding(ctx context.Context, n coop.Name, target coop.IRI) (a aim, err error) {
	if s.Site.Local(target) {
		a, err = s.ownAim(ctx, target)
	} else {
		a, err = s.remoteAim(ctx, target)
	}
	if err == nil && s.blocks(n, a.author) {
		err = blockedByUs("federation.regarding")
	}
	return a, err
}

func (s *Service) ownAim(ctx context.Context, target coop.IRI) (aim, error) {
	p, ok, err := s.published(ctx, target)
	if err != nil {
		return aim{}, err
	}
	if !ok || !p.Visibility.Open() {
		return aim{}, nothingThere(nil)
	}
	return aim{object: target, author: s.Site.Actor(p.Coop), post: p, open: p.Visibility == coop.Everybody}, nil
}

// remoteAim reads an object where it is at home, unless we have it already: what is
// kept is for everybody.
func (s *Service) remoteAim(ctx context.Context, target coop.IRI) (aim, error) {
	r, err := s.Inbox.ReceivedObject(ctx, target)
	if err == nil && r.By != "" && !s.RefusesActor(r.By) {
		return aim{object: target, author: r.By, kept: r, open: true}, nil
	}
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		return aim{}, err
	}
	o, err := s.fetchObject(ctx, target)
	switch coop.CodeOf(err) {
	case "":
	case coop.NotFound, coop.Gone, coop.Invalid:
		return aim{}, nothingThere(err)
	default:
		return aim{}, &coop.Error{Code: coop.CodeOf(err), Op: "federation.remoteAim", Member: "object", Retry: retryOf(err), Err: err,
			Msg: "this could not be read where it is: " + string(target)}
	}
	if !o.Public {
		return aim{}, nothingThere(nil)
	}
	return aim{object: o.ID, author: o.By, open: o.Listed, kept: receivedOf(o)}, nil
}

// actDocument makes the activity of an act.
func (s *Service) actDocument(req request, kind coop.ActKind, a aim) (coop.Document, error) {
	n := req.who.Coop
	if kind == coop.ActLike {
		return s.document(n, "Like", "", func(id coop.ID) ([]byte, error) {
			return activity.EncodeLike(s.Site, id, n, a.object, a.author)
		})
	}
	doc, err := s.document(n, "Announce", a.post.ID, func(id coop.ID) ([]byte, error) {
		return activity.EncodeShare(s.Site, id, n, a.object, a.author, s.now())
	})
	doc.Listed = true
	return doc, err
}

// tellOfAct addresses an act: to the author, and of an Announce to the followers. Of
// a post of ours it counts at once.
func (s *Service) tellOfAct(ctx context.Context, out *coop.Outgoing, kind coop.ActKind, doc coop.Document, a aim) error {
	var author []coop.Box
	if a.post.ID == "" {
		who, err := s.actor(ctx, a.author)
		if err != nil {
			return &coop.Error{Code: coop.CodeOf(err), Op: "federation.tellOfAct", Member: "object", Retry: retryOf(err), Err: err,
				Msg: "whose this is could not be read: " + string(a.author)}
		}
		author = []coop.Box{{Inbox: who.Inbox, Actors: []coop.IRI{who.ID}}}
	} else {
		r := coop.Reaction{Post: a.post.ID, Coop: a.post.Coop, Kind: coop.Liked, Actor: s.Site.Actor(doc.Actor), Activity: s.Site.Activity(doc.ID), At: s.now()}
		if kind == coop.ActAnnounce {
			r.Kind = coop.Shared
		}
		out.Reactions = []coop.Reaction{r}
		out.Arrivals = s.arrives(doc, a.object, a.post.Coop)
	}
	if kind == coop.ActAnnounce {
		out.Fans = []coop.Fan{fan(doc, author, doc.Actor)}
		return s.giveLocal(ctx, out, doc, a)
	}
	var err error
	out.Deliveries, err = s.deliveries(doc, author)
	return err
}

// arrives shows an activity in the inboxes of other co-ops of this instance, which
// need no request.
func (s *Service) arrives(doc coop.Document, object coop.IRI, names ...coop.Name) (list []coop.Arrival) {
	for _, n := range names {
		if n == doc.Actor {
			continue
		}
		list = append(list, coop.Arrival{
			Coop: n, ID: s.Site.Activity(doc.ID), Type: doc.Type, Actor: s.Site.Actor(doc.Actor), Object: object, At: doc.At,
		})
	}
	return list
}

// unact takes back what a co-op said of something. AP §6.10.
func (s *Service) unact(ctx context.Context, req request, act coop.Act) (Submitted, error) {
	kind := actTypes[act.Kind]
	author := act.Author
	if act.Kind == coop.ActBlock {
		author = ""
	}
	doc, err := s.document(act.Coop, "Undo", "", func(id coop.ID) ([]byte, error) {
		return activity.EncodeUndo(s.Site, id, act.Coop, activity.Undoing{ID: act.Document, Type: kind, Object: act.Object, Author: author})
	})
	if err != nil {
		return Submitted{}, err
	}
	doc.Private, doc.Listed = act.Kind == coop.ActBlock, false
	out, err := s.out(req, "un"+string(act.Kind), string(act.Object), doc)
	if err != nil {
		return Submitted{}, err
	}
	var boxes []coop.Box
	if author != "" && !s.Site.Local(author) {
		if who, err := s.actor(ctx, author); err == nil {
			boxes = []coop.Box{{Inbox: who.Inbox, Actors: []coop.IRI{who.ID}}}
		} else { // gone for good, perhaps: it is taken back all the same
			s.log().WarnContext(ctx, "author of what is taken back not told", "actor", author, "err", err)
		}
	}
	if act.Kind == coop.ActAnnounce {
		out.Fans = []coop.Fan{fan(doc, boxes, act.Coop)}
	} else if out.Deliveries, err = s.deliveries(doc, boxes); err != nil {
		return Submitted{}, err
	}
	prior, err := s.Acts.Unact(ctx, act.Coop, act.Kind, act.Object, out)
	if err != nil {
		return Submitted{}, err
	}
	if prior != nil {
		return s.again(ctx, *prior, req.answer)
	}
	s.kick()
	s.observe(Event{What: "taken back", Type: kind, Coop: act.Coop, Object: act.Object})
	return s.done(doc), nil
}
