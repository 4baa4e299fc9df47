// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"fmt"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// SubmitFollow follows an actor. AP §6.5.
type SubmitFollow struct{ Target coop.IRI }

// SubmitLike says that the co-op likes something. AP §6.8.
type SubmitLike struct{ Target coop.IRI }

// SubmitAnnounce passes something on to the followers. AP §7.11.
type SubmitAnnounce struct{ Target coop.IRI }

// SubmitBlock says that the co-op wants nothing to do with an actor. AP §6.9.
type SubmitBlock struct{ Target coop.IRI }

// SubmitUndo takes an activity back, which is named by its id, by its type and
// what it was about, or by all of them. AP §6.10.
type SubmitUndo struct {
	Target   coop.IRI // the id of the activity
	Of       string   // its type; empty where only the id is told, and for a Follow
	OfObject coop.IRI // what it was about
}

// SubmitAccept agrees to a Follow, an answer to an event or an Offer, named as in
// SubmitUndo and by who asked. AP §7.6.
type SubmitAccept struct {
	Target   coop.IRI // the id of what is agreed to
	Of       string   // its type; this and the next two are empty where only the id is told
	OfActor  coop.IRI
	OfObject coop.IRI
}

// SubmitReject refuses what SubmitAccept agrees to. AP §7.7.
type SubmitReject SubmitAccept

// SubmitAdd puts an object into a collection of ours. AP §6.6.
type SubmitAdd struct {
	Object coop.IRI
	Target coop.IRI // the collection
}

// SubmitRemove takes an object out of a collection of ours. AP §6.7.
type SubmitRemove SubmitAdd

// SubmitOffer asks another co-op to share a post. AS2 Vocabulary §Offer.
type SubmitOffer struct {
	Object coop.IRI // the post
	Target coop.IRI // the other co-op
}

func (SubmitFollow) submission()   {}
func (SubmitLike) submission()     {}
func (SubmitAnnounce) submission() {}
func (SubmitBlock) submission()    {}
func (SubmitUndo) submission()     {}
func (SubmitAccept) submission()   {}
func (SubmitReject) submission()   {}
func (SubmitAdd) submission()      {}
func (SubmitRemove) submission()   {}
func (SubmitOffer) submission()    {}

// verb reads what is neither a new post nor a change of one.
func (c client) verb(d rawDoc, kind string) (Submission, error) {
	switch vocab.ActivityVocabularyType(kind) {
	case vocab.FollowType:
		target, err := c.about(d, "a Follow names the actor to follow")
		return SubmitFollow{target}, err
	case vocab.LikeType:
		target, err := c.about(d, "a Like names what is liked")
		return SubmitLike{target}, err
	case vocab.AnnounceType:
		target, err := c.about(d, "an Announce names what is passed on")
		return SubmitAnnounce{target}, err
	case vocab.BlockType:
		target, err := c.about(d, "a Block names the actor to block")
		return SubmitBlock{target}, err
	case vocab.UndoType:
		return c.undo(d)
	case vocab.AcceptType:
		return c.answered(d, kind)
	case vocab.RejectType:
		sub, err := c.answered(d, kind)
		return SubmitReject(sub), err
	case vocab.AddType:
		return c.collect(d, kind)
	case vocab.RemoveType:
		sub, err := c.collect(d, kind)
		return SubmitRemove(sub), err
	case vocab.OfferType:
		return c.offer(d)
	case vocab.QuestionType:
		return nil, coop.Wrong("type", "this outbox takes no polls: a Question would have to count votes, which Plenum does not do; ask in a Note, and people reply")
	}
	return nil, coop.Wrong("type", fmt.Sprintf("this outbox does not take %.40q; it takes Article, Event and Note, and Create, Update, Delete, Follow, Like, "+
		"Announce, Block, Accept, Reject, Add, Remove, Offer and Undo", kind))
}

// about reads the one thing that an activity is about, by its id or as an object
// with an id.
func (c client) about(d rawDoc, what string) (coop.IRI, error) {
	id, member, err := d.named(what + ", by the id or as an object with an id")
	if err != nil {
		return "", err
	}
	return c.iri(member, id)
}

// undone are the types of activities that can be taken back.
var undone = map[vocab.ActivityVocabularyType]bool{
	vocab.FollowType: true, vocab.LikeType: true, vocab.AnnounceType: true, vocab.BlockType: true, vocab.AcceptType: true,
}

func (c client) undo(d rawDoc) (Submission, error) {
	const why = "an Undo names the activity that it takes back, by its id or as an object with an id or an object of its own"
	ref, err := c.activity(d, why)
	if err != nil {
		return nil, err
	}
	if ref.Of != "" && !undone[vocab.ActivityVocabularyType(ref.Of)] {
		return nil, coop.Wrong("object.type", fmt.Sprintf("a Follow, a Like, an Announce, a Block and the Accept of an Offer can be undone here, not %.40q; a post is deleted", ref.Of))
	}
	return SubmitUndo{Target: ref.Target, Of: ref.Of, OfObject: ref.OfObject}, nil
}

// asked are the types of activities that a co-op can answer. AS2 Vocabulary §6 has
// the forms besides Join by which one answers an event.
var asked = map[vocab.ActivityVocabularyType]bool{
	vocab.FollowType: true, vocab.OfferType: true,
	vocab.JoinType: true, vocab.AcceptType: true, vocab.TentativeAcceptType: true, vocab.RejectType: true,
}

func (c client) answered(d rawDoc, kind string) (SubmitAccept, error) {
	ref, err := c.activity(d, kind+" names the Follow, the Join or the Offer that it answers, by its id or as an object with its type, actor and object")
	switch {
	case err != nil:
		return SubmitAccept{}, err
	case ref.Of != "" && !asked[vocab.ActivityVocabularyType(ref.Of)]:
		return SubmitAccept{}, coop.Wrong("object.type", fmt.Sprintf("a Follow, a Join and an Offer can be answered here, not %.40q", ref.Of))
	case ref.Target == "" && (ref.Of == "" || ref.OfActor == ""):
		return SubmitAccept{}, coop.Wrong("object", "without its id the activity is named by its type, its actor and its object")
	}
	return ref, nil
}

// activity reads an activity that another one is about: its id, or the whole with
// its id or without.
func (c client) activity(d rawDoc, why string) (ref SubmitAccept, err error) {
	o, embedded := rawObject(d["object"])
	if !embedded {
		id, member, err := d.named(why)
		if err != nil {
			return ref, err
		}
		ref.Target, err = c.iri(member, id)
		return ref, err
	}
	ref.Of = knownType(o.types())
	if id, ok := rawString(o["id"]); ok {
		if ref.Target, err = c.iri("object.id", id); err != nil {
			return ref, err
		}
	}
	if who, ok := rawRef(o["actor"]); ok {
		if ref.OfActor, err = c.iri("object.actor", who); err != nil {
			return ref, err
		}
	}
	if what, ok := rawRef(o["object"]); ok {
		if ref.OfObject, err = c.iri("object.object", what); err != nil {
			return ref, err
		}
	}
	if ref.Target == "" && ref.OfObject == "" {
		return ref, coop.Wrong("object", why)
	}
	return ref, nil
}

// target reads what an activity is directed to.
func (c client) target(d rawDoc, why string) (string, error) {
	id, ok := rawRef(d["target"])
	if !ok {
		return "", coop.Wrong("target", why)
	}
	return id, nil
}

// collect reads an Add or a Remove, which must have both an object and a target.
// AP §6.
func (c client) collect(d rawDoc, kind string) (sub SubmitAdd, err error) {
	if sub.Object, err = c.about(d, kind+" names what is meant"); err != nil {
		return sub, err
	}
	id, err := c.target(d, kind+" names the collection as its target, by the id")
	if err != nil {
		return sub, err
	}
	sub.Target, err = c.ours("target", id)
	return sub, err
}

func (c client) offer(d rawDoc) (sub SubmitOffer, err error) {
	if sub.Object, err = c.about(d, "an Offer names the post that is to be shared"); err != nil {
		return sub, err
	}
	id, err := c.target(d, "an Offer names the co-op that is asked as its target, by the id")
	if err != nil {
		return sub, err
	}
	sub.Target, err = c.ours("target", id)
	return sub, err
}
