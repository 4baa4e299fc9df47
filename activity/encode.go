// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// wireType is a type of the vocabulary as it is written. It is a type of its own
// because the vocabulary's brings a codec that must not write what we send.
type wireType vocab.ActivityVocabularyType

// wireActivity is every activity that we send. AP §3, §7. It has no bto and no
// bcc: nothing of ours could write them. AP §6.
type wireActivity struct {
	Context   json.RawMessage `json:"@context"`
	ID        coop.IRI        `json:"id"`
	Type      wireType        `json:"type"`
	Actor     coop.IRI        `json:"actor"`
	Published time.Time       `json:"published,omitzero"`
	To        []coop.IRI      `json:"to"`
	Cc        []coop.IRI      `json:"cc,omitempty"`
	Summary   string          `json:"summary,omitempty"` // why, for people
	Object    any             `json:"object"`
	Target    coop.IRI        `json:"target,omitempty"`
}

// wireRef is an activity inside another: as much of it as peers look at, built
// from our own values and never from the bytes that came.
type wireRef struct {
	ID         coop.IRI `json:"id,omitempty"`
	Type       wireType `json:"type"`
	Actor      coop.IRI `json:"actor"`
	Object     coop.IRI `json:"object"`
	Instrument coop.IRI `json:"instrument,omitempty"` // of a QuoteRequest
	Target     coop.IRI `json:"target,omitempty"`     // of an Offer
}

// wireTombstone is what is left of something of ours. AS2 Vocabulary §Tombstone.
type wireTombstone struct {
	Context    json.RawMessage `json:"@context,omitempty"`
	ID         coop.IRI        `json:"id"`
	Type       wireType        `json:"type"`
	FormerType wireType        `json:"formerType"`
	Deleted    time.Time       `json:"deleted"`
}

// EncodeCreate makes the Create of a post around its object, as EncodeObject
// made it. The activity has the addressees of the object. AP §6.2.
func EncodeCreate(s coop.Site, p coop.Post, object []byte) ([]byte, error) {
	to, cc := audience(s, p)
	return render(wireActivity{
		Context: ld(objectContext), ID: s.Activity(p.Activity), Type: wireType(vocab.CreateType), Actor: s.Actor(p.Coop),
		Published: coop.Stamp(p.Published), To: to, Cc: cc, Object: Embed(object),
	})
}

// EncodeUpdate makes an Update that carries the whole object of a post as it is
// now. AP §6.3.
func EncodeUpdate(s coop.Site, id coop.ID, p coop.Post, object []byte, at time.Time) ([]byte, error) {
	to, cc := audience(s, p)
	return render(wireActivity{
		Context: ld(objectContext), ID: s.Activity(id), Type: wireType(vocab.UpdateType), Actor: s.Actor(p.Coop),
		Published: coop.Stamp(at), To: to, Cc: cc, Object: Embed(object),
	})
}

// EncodeDelete makes the Delete of a post. It carries a Tombstone with the
// former type, by which Gancio knows what to remove. AP §6.4.
func EncodeDelete(s coop.Site, id coop.ID, p coop.Post, at time.Time) ([]byte, error) {
	to, cc := audience(s, p)
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(vocab.DeleteType), Actor: s.Actor(p.Coop),
		To: to, Cc: cc, Object: tombstone(s.Object(p.Kind, p.ID), wireType(p.Kind.Type()), at),
	})
}

// EncodeTombstone makes what the id of a withdrawn post answers, with status
// 410. AP §6.4.
func EncodeTombstone(s coop.Site, p coop.Post, at time.Time) ([]byte, error) {
	return renderTombstone(s.Object(p.Kind, p.ID), wireType(p.Kind.Type()), at)
}

// EncodeGoneActivity makes what the id of an activity answers, with status 410,
// once what it was about is gone. formerType is the activity's.
func EncodeGoneActivity(s coop.Site, id coop.ID, formerType string, at time.Time) ([]byte, error) {
	former := vocab.ActivityVocabularyType(formerType)
	if !vocab.ActivityTypes.Contains(former) {
		return nil, fmt.Errorf("encode the tombstone of activity %s: %.40q is no type of activity", id, formerType)
	}
	return renderTombstone(s.Activity(id), wireType(former), at)
}

// EncodeGoneActor makes what the id of a removed co-op answers, with status 410.
func EncodeGoneActor(s coop.Site, c coop.Coop) ([]byte, error) {
	return renderTombstone(s.Actor(c.Name), actorType(c), c.Gone)
}

func tombstone(id coop.IRI, former wireType, at time.Time) wireTombstone {
	return wireTombstone{ID: id, Type: wireType(vocab.TombstoneType), FormerType: former, Deleted: coop.Stamp(at)}
}

func renderTombstone(id coop.IRI, former wireType, at time.Time) ([]byte, error) {
	t := tombstone(id, former, at)
	t.Context = ld(plainContext)
	return render(t)
}

// EncodeAccept makes the Accept of a Follow. It holds the Follow with the id
// that the follower gave it: Mastodon and Mobilizon look it up by that, Misskey
// wants the object. AP §6.5, §7.5.
func EncodeAccept(s coop.Site, id coop.ID, n coop.Name, follow, follower coop.IRI) ([]byte, error) {
	return answer(s, id, n, vocab.AcceptType, follow, follower)
}

// EncodeReject makes the Reject of a Follow, which also ends one that was
// accepted before. AP §7.5.
func EncodeReject(s coop.Site, id coop.ID, n coop.Name, follow, follower coop.IRI) ([]byte, error) {
	return answer(s, id, n, vocab.RejectType, follow, follower)
}

func answer(s coop.Site, id coop.ID, n coop.Name, t vocab.ActivityVocabularyType, follow, follower coop.IRI) ([]byte, error) {
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(t), Actor: s.Actor(n), To: []coop.IRI{follower},
		Object: wireRef{ID: follow, Type: wireType(vocab.FollowType), Actor: follower, Object: s.Actor(n)},
	})
}

// EncodeFollow makes a Follow by an actor of ours. AP §6.5.
func EncodeFollow(s coop.Site, id coop.ID, n coop.Name, object coop.IRI) ([]byte, error) {
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(vocab.FollowType), Actor: s.Actor(n),
		To: []coop.IRI{object}, Object: object,
	})
}

// EncodeUndoFollow takes a Follow of ours back. follow is the id that the Follow
// had, object whom it was about. AP §6.10.
func EncodeUndoFollow(s coop.Site, id coop.ID, n coop.Name, follow coop.ID, object coop.IRI) ([]byte, error) {
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(vocab.UndoType), Actor: s.Actor(n), To: []coop.IRI{object},
		Object: wireRef{ID: s.Activity(follow), Type: wireType(vocab.FollowType), Actor: s.Actor(n), Object: object},
	})
}

// EncodeAnnounce makes the instance actor's Announce of a post. Its followers are
// servers: Mobilizon lists an event only when an actor that it follows has
// announced it. AP §7.11.
func EncodeAnnounce(s coop.Site, id coop.ID, object coop.IRI, at time.Time) ([]byte, error) {
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(vocab.AnnounceType), Actor: s.Actor(coop.Relay),
		Published: coop.Stamp(at), To: []coop.IRI{coop.Public}, Cc: []coop.IRI{s.Of(coop.Relay, "followers")}, Object: object,
	})
}

// EncodeUpdateActor tells followers that a co-op changed; actor is its document
// as EncodeActor made it. AP §6.3.
func EncodeUpdateActor(s coop.Site, id coop.ID, c coop.Coop, actor []byte, at time.Time) ([]byte, error) {
	return render(wireActivity{
		Context: ld(actorContext(c.Name)), ID: s.Activity(id), Type: wireType(vocab.UpdateType), Actor: s.Actor(c.Name),
		Published: coop.Stamp(at), To: []coop.IRI{coop.Public}, Cc: []coop.IRI{s.Of(c.Name, "followers")}, Object: Embed(actor),
	})
}

// EncodeDeleteActor tells followers that a co-op is gone. The object is the id of
// the actor, as Mastodon sends it. AP §6.4.
func EncodeDeleteActor(s coop.Site, id coop.ID, c coop.Coop, at time.Time) ([]byte, error) {
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(vocab.DeleteType), Actor: s.Actor(c.Name),
		Published: coop.Stamp(at), To: []coop.IRI{coop.Public}, Cc: []coop.IRI{s.Of(c.Name, "followers")}, Object: s.Actor(c.Name),
	})
}

// render writes a document and looks at what it wrote before anybody gets it.
// Angle brackets stay as they are: escaped, a body would be half as long again,
// and Misskey takes 64 KB.
func render(doc any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return nil, fmt.Errorf("encode a document: %w", err)
	}
	out := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if err := CheckOutput(out); err != nil {
		return nil, err
	}
	return out, nil
}

// CheckOutput is the second lock on what we send: b is one JSON object in UTF-8,
// with no member twice (small and capital letters count as the same), nothing
// null, which makes Mobilizon raise, and neither bto nor bcc. AP §6. A failure is
// a mistake of ours, so it has no code for strangers.
func CheckOutput(b []byte) error {
	if err := checkOutput(b); err != nil {
		return fmt.Errorf("check a document before it leaves: %w", err)
	}
	return nil
}

func checkOutput(b []byte) error {
	if !utf8.Valid(b) {
		return errors.New("it is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var open []map[string]bool // what stands open, outermost first: the members of an object, nil for a list
	name := false              // the next string names a member
	for n := 0; ; n++ {
		tok, err := dec.Token()
		switch {
		case err == io.EOF && len(open) == 0 && n > 0:
			return nil
		case err == io.EOF:
			return errors.New("it is cut off")
		case err != nil:
			return err
		case n == 0 && tok != json.Delim('{'):
			return errors.New("it is no object")
		case n > 0 && len(open) == 0:
			return errors.New("something stands behind it")
		case tok == nil:
			return errors.New("it has a null")
		}
		if key, ok := tok.(string); ok && name {
			if err := addMember(open[len(open)-1], key); err != nil {
				return err
			}
			name = false
			continue
		}
		switch tok {
		case json.Delim('{'):
			open = append(open, map[string]bool{})
		case json.Delim('['):
			open = append(open, nil)
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		name = len(open) > 0 && open[len(open)-1] != nil
	}
}

func addMember(members map[string]bool, key string) error {
	key = strings.ToLower(key)
	if members[key] {
		return fmt.Errorf("it has %.60q twice", key)
	}
	if key == "bto" || key == "bcc" {
		return fmt.Errorf("it says %s", key)
	}
	members[key] = true
	return nil
}
