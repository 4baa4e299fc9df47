// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"fmt"
	"slices"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// Decode reads what came to an inbox. The error, if there is one, is Invalid or
// TooLarge and the activity nil; an activity that we do not act upon is Ignored.
// The id, the type and the actor must be there; whose they really are is for the
// caller to find out. http ids are taken only where allowHTTP is set. What it
// returns holds on to raw, which must not change any more.
func Decode(raw []byte, allowHTTP bool) (Inbound, error) {
	d, err := parseRaw(raw)
	if err != nil {
		return nil, err
	}
	r := reader{allowHTTP}
	h, err := r.head(d)
	if err != nil {
		return nil, err
	}
	h.Raw = raw
	in, err := r.activity(d, h)
	if err != nil {
		return nil, err
	}
	return in, nil
}

// reader reads documents of other servers.
type reader struct{ allowHTTP bool }

// typeQuoteRequest is a type that ActivityStreams does not have. FEP-044f.
const typeQuoteRequest = "QuoteRequest"

// typeEmojiReact is a Like with an emoji, as Pleroma made it. FEP-c0e0.
const typeEmojiReact = "EmojiReact"

// readers are the activities that mean something to us, and how each is read.
var readers = map[string]func(reader, rawDoc, Head) (Inbound, error){
	string(vocab.FollowType):          reader.follow,
	string(vocab.UndoType):            reader.undo,
	string(vocab.AcceptType):          reader.accept,
	string(vocab.RejectType):          reader.reject,
	string(vocab.TentativeAcceptType): reader.tentativeAccept,
	string(vocab.LikeType):            reader.like,
	typeEmojiReact:                    reader.like,
	string(vocab.JoinType):            reader.join,
	string(vocab.LeaveType):           reader.leave,
	string(vocab.BlockType):           reader.block,
	string(vocab.MoveType):            reader.move,
	string(vocab.FlagType):            reader.complaint,
	typeQuoteRequest:                  reader.quoteRequest,
	string(vocab.DeleteType):          reader.delete,
	string(vocab.CreateType):          reader.create,
	string(vocab.UpdateType):          reader.update,
	string(vocab.AnnounceType):        reader.announce,
}

func (r reader) activity(d rawDoc, h Head) (Inbound, error) {
	if read := readers[h.Type]; read != nil {
		return read(r, d, h)
	}
	if !isActivity(h.Type) {
		return Ignored{h, fmt.Sprintf("%.40q is no activity that we know", h.Type)}, nil
	}
	return Ignored{h, "we do nothing upon " + h.Type}, nil
}

func (r reader) follow(d rawDoc, h Head) (Inbound, error) {
	object, err := r.ref(d, "object")
	return Follow{h, object}, err
}

func (r reader) undo(d rawDoc, h Head) (Inbound, error) { return r.about(d, h) }

func (r reader) accept(d rawDoc, h Head) (Inbound, error) {
	u, err := r.about(d, h)
	return Accept(u), err
}

func (r reader) reject(d rawDoc, h Head) (Inbound, error) {
	u, err := r.about(d, h)
	return Reject(u), err
}

func (r reader) tentativeAccept(d rawDoc, h Head) (Inbound, error) {
	u, err := r.about(d, h)
	return TentativeAccept(u), err
}

// like reads a Like or an EmojiReact. Misskey says the emoji of a Like both in
// content and in a member of its own. A Like whose content is no emoji is a Like.
func (r reader) like(d rawDoc, h Head) (Inbound, error) {
	object, err := r.ref(d, "object")
	emoji := emojiOf(firstOf(d.str("content"), d.str("_misskey_reaction")))
	if err == nil && emoji == "" && h.Type == typeEmojiReact {
		return Ignored{h, "it reacts with something that is no emoji"}, nil
	}
	return Like{h, object, emoji}, err
}

// join reads who asks for a seat. Mobilizon has a member of its own for what is
// said with it.
func (r reader) join(d rawDoc, h Head) (Inbound, error) {
	object, err := r.ref(d, "object")
	message := firstOf(d.str("participationMessage"), d.words("content"), d.words("summary"))
	return Join{h, object, plainText(message, coop.MaxMessage)}, err
}

func (r reader) leave(d rawDoc, h Head) (Inbound, error) {
	object, err := r.ref(d, "object")
	return Leave{h, object}, err
}

func (r reader) block(d rawDoc, h Head) (Inbound, error) {
	object, err := r.ref(d, "object")
	return Block{h, object}, err
}

func (r reader) move(d rawDoc, h Head) (Inbound, error) {
	object, err := r.ref(d, "object")
	if err != nil {
		return nil, err
	}
	target, err := r.ref(d, "target")
	return Move{h, object, target}, err
}

// maxFlagged is how many things one complaint can be about.
const maxFlagged = 50

// complaint reads a Flag. Mastodon lists the account and its posts, Lemmy names
// one thing and has the reason in summary. What is no id there is passed over,
// as long as there is one.
func (r reader) complaint(d rawDoc, h Head) (Inbound, error) {
	f := Flag{head: h, Text: plainText(firstOf(d.words("content"), d.words("summary")), coop.MaxMessage)}
	for _, raw := range rawList(d["object"]) {
		s, _ := rawRef(raw)
		if i, err := ParseIRI(s, r.allowHTTP); err == nil && len(f.Objects) < maxFlagged && !slices.Contains(f.Objects, i) {
			f.Objects = append(f.Objects, i)
		}
	}
	if len(f.Objects) == 0 {
		return nil, coop.Wrong("object", "a Flag names what it is about, by ids")
	}
	return f, nil
}

func (r reader) quoteRequest(d rawDoc, h Head) (Inbound, error) {
	object, err := r.ref(d, "object")
	if err != nil {
		return nil, err
	}
	instrument, err := r.ref(d, "instrument")
	return QuoteRequest{h, object, instrument}, err
}

func (r reader) delete(d rawDoc, h Head) (Inbound, error) {
	object, err := r.ref(d, "object")
	return Delete{h, object}, err
}

// create reads a Create. GoToSocial once sent all that somebody chose in a poll in
// one; polls are nothing that we have.
func (r reader) create(d rawDoc, h Head) (Inbound, error) {
	if len(rawList(d["object"])) > 1 {
		return Ignored{h, "it brings several things at once"}, nil
	}
	object, err := r.carried(d, h)
	return Create{h, object}, err
}

func (r reader) update(d rawDoc, h Head) (Inbound, error) {
	object, err := r.carried(d, h)
	return Update{h, object}, err
}

// head reads what every activity must have. docs/security.md A.4.6.
func (r reader) head(d rawDoc) (h Head, err error) {
	kind, ok := rawString(d["type"])
	if !ok || kind == "" || len(kind) > 100 {
		return h, coop.Wrong("type", "the type of an activity is one word")
	}
	h.Type = kind
	id, ok := rawString(d["id"])
	if !ok {
		return h, coop.Wrong("id", "an activity has an id, which is a URL")
	}
	if h.ID, err = r.iri("id", id); err != nil {
		return h, err
	}
	h.Actor, err = r.ref(d, "actor")
	return h, err
}

// iri lets a URL in, or says which member has none.
func (r reader) iri(member, s string) (coop.IRI, error) {
	i, err := ParseIRI(s, r.allowHTTP)
	if err != nil {
		return "", wrongIRI(member, err)
	}
	return i, nil
}

// wrongIRI says which member holds what ParseIRI refused.
func wrongIRI(member string, err error) error {
	e := coop.Wrong(member, "this is no URL that we take")
	if c, ok := err.(*coop.Error); ok && c.Msg != "" {
		e.Msg = c.Msg
	}
	e.Err = err
	return e
}

// ref reads a member that names one thing, by its id or as an object with an id.
func (r reader) ref(d rawDoc, member string) (coop.IRI, error) {
	s, ok := rawRef(d[member])
	if !ok {
		return "", coop.Wrong(member, "this names one thing, by its id or as an object with an id")
	}
	return r.iri(member, s)
}

// about reads an activity whose object is another activity. Follows are named by
// their id, and peers repeat them in any of three forms: the id, the whole, or
// the whole without its id (old Pleroma).
func (r reader) about(d rawDoc, h Head) (u Undo, err error) {
	u.head = h
	o, embedded := rawObject(d["object"])
	if !embedded {
		u.Object, err = r.ref(d, "object")
		return u, err
	}
	if !rawNull(o["id"]) {
		if u.Object, err = r.ref(d, "object"); err != nil {
			return u, err
		}
	}
	if u.Of = o.str("type"); u.Of == "" && u.Object == "" {
		return u, coop.Wrong("object", "this names one activity, by its id or with its type, actor and object")
	}
	if s, ok := rawRef(o["actor"]); ok {
		if u.OfActor, err = r.iri("object.actor", s); err != nil {
			return u, err
		}
	}
	if s, ok := rawRef(o["object"]); ok {
		u.OfObject, err = r.iri("object.object", s)
	}
	return u, err
}

// announce reads an Announce. A group of FEP-1b12 announces the activity that
// somebody sent to it: what counts of it is the object that it brings.
func (r reader) announce(d rawDoc, h Head) (Inbound, error) {
	o, embedded := rawObject(d["object"])
	kind := o.str("type")
	switch {
	case embedded && (kind == string(vocab.CreateType) || kind == string(vocab.UpdateType)):
		object, err := r.ref(o, "object")
		return Announce{h, object}, err
	case embedded && isActivity(kind):
		return Ignored{h, "it announces an activity of type " + kind}, nil
	}
	object, err := r.ref(d, "object")
	return Announce{h, object}, err
}

// carried reads the object of a Create or an Update.
func (r reader) carried(d rawDoc, h Head) (Object, error) {
	o, embedded := rawObject(d["object"])
	if !embedded {
		id, err := r.ref(d, "object")
		return Object{ID: id}, err
	}
	object, err := r.object(o, d["object"])
	if err != nil {
		if e, ok := err.(*coop.Error); ok && e.Member != "" {
			e.Member = "object." + e.Member
		}
		return Object{}, err
	}
	for _, by := range rawList(o["attributedTo"]) {
		if s, ok := rawRef(by); ok && s == string(h.Actor) {
			object.By = h.Actor
		}
	}
	if !o.addressed() {
		object.Public, object.Listed = d.public()
	}
	return object, nil
}
