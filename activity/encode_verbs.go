// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"fmt"
	"time"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// EncodeLike makes a co-op's Like of something by author. It is the author's
// business; everybody sees it in `liked`. AP §6.8, §7.10.
func EncodeLike(s coop.Site, id coop.ID, n coop.Name, object, author coop.IRI) ([]byte, error) {
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(vocab.LikeType), Actor: s.Actor(n), To: some(author), Object: object,
	})
}

// EncodeShare makes a co-op's Announce of something by author to its followers.
// AP §7.11.
func EncodeShare(s coop.Site, id coop.ID, n coop.Name, object, author coop.IRI, at time.Time) ([]byte, error) {
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(vocab.AnnounceType), Actor: s.Actor(n), Published: coop.Stamp(at),
		To: []coop.IRI{coop.Public}, Cc: append([]coop.IRI{s.Of(n, "followers")}, some(author)...), Object: object,
	})
}

// EncodeBlock makes a Block, which is addressed to nobody and never sent. AP §6.9.
func EncodeBlock(s coop.Site, id coop.ID, n coop.Name, actor coop.IRI) ([]byte, error) {
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(vocab.BlockType), Actor: s.Actor(n), To: []coop.IRI{}, Object: actor,
	})
}

// EncodeAdd tells followers that a co-op pinned a post. AP §6.6.
func EncodeAdd(s coop.Site, id coop.ID, n coop.Name, object, target coop.IRI) ([]byte, error) {
	return collecting(s, id, n, vocab.AddType, object, target)
}

// EncodeRemove tells followers that a post is not pinned any more. AP §6.7.
func EncodeRemove(s coop.Site, id coop.ID, n coop.Name, object, target coop.IRI) ([]byte, error) {
	return collecting(s, id, n, vocab.RemoveType, object, target)
}

// EncodeLetGo tells a co-op that it shares a post no longer; organizers is the
// collection of those who do. AP §6.7.
func EncodeLetGo(s coop.Site, id coop.ID, n, other coop.Name, organizers coop.IRI) ([]byte, error) {
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(vocab.RemoveType), Actor: s.Actor(n), To: []coop.IRI{s.Actor(other)},
		Object: s.Actor(other), Target: organizers,
	})
}

func collecting(s coop.Site, id coop.ID, n coop.Name, t vocab.ActivityVocabularyType, object, target coop.IRI) ([]byte, error) {
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(t), Actor: s.Actor(n),
		To: []coop.IRI{coop.Public}, Cc: []coop.IRI{s.Of(n, "followers")}, Object: object, Target: target,
	})
}

// EncodeOffer asks another co-op of this instance to share a post. AS2 Vocabulary
// §Offer.
func EncodeOffer(s coop.Site, id coop.ID, n, to coop.Name, object coop.IRI) ([]byte, error) {
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(vocab.OfferType), Actor: s.Actor(n), To: []coop.IRI{s.Actor(to)},
		Object: object, Target: s.Actor(to),
	})
}

// OfferAnswer is what a co-op answers to an Offer.
type OfferAnswer struct {
	ID     coop.ID   // of the answer
	Accept bool      // else it is a Reject
	By     coop.Name // who was asked
	Offer  coop.ID
	From   coop.Name // who asked
	Object coop.IRI  // the post
}

// EncodeOfferAnswer makes the Accept or the Reject of an Offer. AP §7.6, §7.7.
func EncodeOfferAnswer(s coop.Site, a OfferAnswer) ([]byte, error) {
	t := vocab.RejectType
	if a.Accept {
		t = vocab.AcceptType
	}
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(a.ID), Type: wireType(t), Actor: s.Actor(a.By), To: []coop.IRI{s.Actor(a.From)},
		Object: wireRef{ID: s.Activity(a.Offer), Type: wireType(vocab.OfferType), Actor: s.Actor(a.From), Object: a.Object, Target: s.Actor(a.By)},
	})
}

// Undoing is an activity of ours that is taken back.
type Undoing struct {
	ID     coop.ID // of the activity; empty where it was not named
	Type   string  // of the activity
	Object coop.IRI
	Author coop.IRI // who is told besides the followers; may be empty
}

// EncodeUndo takes an activity of ours back: an Announce before those who were told
// of it, a Block before nobody, anything else before whom it was about. The activity
// stands in it, by which Misskey and Lemmy know what is meant. AP §6.10, §7.12.
func EncodeUndo(s coop.Site, id coop.ID, n coop.Name, u Undoing) ([]byte, error) {
	t := vocab.ActivityVocabularyType(u.Type)
	ref := wireRef{Type: wireType(t), Actor: s.Actor(n), Object: u.Object}
	if u.ID != "" {
		ref.ID = s.Activity(u.ID)
	}
	a := wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(vocab.UndoType), Actor: s.Actor(n), To: some(u.Author), Object: ref,
	}
	switch t {
	case vocab.AnnounceType:
		a.To, a.Cc = []coop.IRI{coop.Public}, append([]coop.IRI{s.Of(n, "followers")}, a.To...)
	case vocab.LikeType, vocab.AcceptType, vocab.BlockType:
	default:
		return nil, fmt.Errorf("encode the Undo of %s: %.40q is not taken back so", u.ID, u.Type)
	}
	return render(a)
}

// some is a list of those that are not empty; never null.
func some(who ...coop.IRI) []coop.IRI {
	out := make([]coop.IRI, 0, len(who))
	for _, i := range who {
		if i != "" {
			out = append(out, i)
		}
	}
	return out
}
