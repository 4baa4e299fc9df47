// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"encoding/json"

	"plenum/activity"
	"plenum/coop"
)

// submitUndo takes an activity of the co-op back, named by its id or by what it was
// about. Only who did it can. AP §6.10, A10.
func (s *Service) submitUndo(ctx context.Context, req request, sub activity.SubmitUndo) (Submitted, error) {
	if r, ok := s.Site.Parse(sub.Target); ok && r.Kind == coop.RefActivity {
		d, err := s.Documents.Document(ctx, r.ID)
		switch {
		case coop.CodeOf(err) == coop.NotFound || err == nil && d.Forwarded != "":
		case d.Actor != "" && d.Actor != req.who.Coop:
			return Submitted{}, &coop.Error{Code: coop.Forbidden, Op: "federation.submitUndo", Member: "object", Msg: "this activity is another co-op's"}
		case coop.CodeOf(err) == coop.Gone:
			return Submitted{}, notInForce(err)
		case err != nil:
			return Submitted{}, err
		default:
			return s.undoDocument(ctx, req, d)
		}
	}
	object, err := s.shown(ctx, sub.OfObject)
	if err != nil {
		return Submitted{}, err
	}
	switch sub.Of {
	case "Like":
		return s.undoAct(ctx, req, coop.ActLike, object, "")
	case "Announce":
		return s.undoAct(ctx, req, coop.ActAnnounce, object, "")
	case "Block":
		return s.undoAct(ctx, req, coop.ActBlock, object, "")
	case "Accept":
		return s.undoAccept(ctx, req, object, "")
	}
	return s.undoFollow(ctx, req, object, "")
}

// undoDocument takes back what one of our own documents says.
func (s *Service) undoDocument(ctx context.Context, req request, d coop.Document) (Submitted, error) {
	object := objectOf(d.Body)
	switch d.Type {
	case "Follow":
		return s.undoFollow(ctx, req, object, d.ID)
	case "Like":
		return s.undoAct(ctx, req, coop.ActLike, object, d.ID)
	case "Announce":
		return s.undoAct(ctx, req, coop.ActAnnounce, object, d.ID)
	case "Block":
		return s.undoAct(ctx, req, coop.ActBlock, object, d.ID)
	case "Accept":
		return s.undoAccept(ctx, req, object, d.ID)
	case "Create":
		return Submitted{}, coop.Wrong("object", "a post is taken back with a Delete of its object")
	}
	return Submitted{}, coop.Wrong("object", "a Follow, a Like, an Announce, a Block and the Accept of an Offer can be undone here; this is of type "+d.Type)
}

// objectOf is what an activity of ours is about.
func objectOf(body []byte) coop.IRI {
	var d struct{ Object json.RawMessage }
	var id coop.IRI
	if json.Unmarshal(body, &d) == nil && json.Unmarshal(d.Object, &id) != nil {
		var o struct{ ID coop.IRI }
		_ = json.Unmarshal(d.Object, &o) // what is no object has no id either
		id = o.ID
	}
	return id
}

func notInForce(err error) error {
	return &coop.Error{Code: coop.NotFound, Op: "federation.submitUndo", Member: "object", Msg: "the co-op has nothing of the kind that could be undone", Err: err}
}

// undoAct takes back an act; document is the one that was named, where one was.
func (s *Service) undoAct(ctx context.Context, req request, kind coop.ActKind, object coop.IRI, document coop.ID) (Submitted, error) {
	defer s.turns.lock(actTurn(req.who.Coop, kind, object))()
	act, err := s.Acts.ActOn(ctx, req.who.Coop, kind, object)
	if coop.CodeOf(err) == coop.NotFound || err == nil && document != "" && act.Document != document {
		return Submitted{}, notInForce(err)
	}
	if err != nil {
		return Submitted{}, err
	}
	if kind == coop.ActBlock {
		return s.unblock(ctx, req, act)
	}
	return s.unact(ctx, req, act)
}

// undoFollow takes a Follow back.
func (s *Service) undoFollow(ctx context.Context, req request, actor coop.IRI, document coop.ID) (Submitted, error) {
	f, err := s.Followings.Following(ctx, req.who.Coop, actor)
	if coop.CodeOf(err) == coop.NotFound || err == nil && document != "" && f.Follow != document {
		return Submitted{}, notInForce(err)
	}
	if err != nil {
		return Submitted{}, err
	}
	doc, err := s.unfollow(ctx, req, f)
	if err != nil {
		return Submitted{}, err
	}
	return s.done(doc), nil
}
