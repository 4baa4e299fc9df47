// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"fmt"
	"slices"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// Limits of the plain text that is kept of other people's documents, in characters.
const (
	maxActorName     = 200
	maxObjectName    = 300
	maxObjectSummary = coop.MaxSummary
)

// Decode reads what came to an inbox. The error, if there is one, is Invalid or
// TooLarge and the activity nil; an activity that we do not act upon is Ignored.
// The id, the type and the actor must be there; whose they really are is for the
// caller to find out. http ids are taken only where allowHTTP is set.
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
	in, err := r.activity(d, h)
	if err != nil {
		return nil, err
	}
	return in, nil
}

// reader reads documents of other servers.
type reader struct{ allowHTTP bool }

func (r reader) activity(d rawDoc, h Head) (Inbound, error) {
	switch vocab.ActivityVocabularyType(h.Type) {
	case vocab.FollowType:
		object, err := r.ref(d, "object")
		return Follow{h, object}, err
	case vocab.UndoType:
		return r.about(d, h)
	case vocab.AcceptType:
		u, err := r.about(d, h)
		return Accept(u), err
	case vocab.RejectType:
		u, err := r.about(d, h)
		return Reject(u), err
	case vocab.DeleteType:
		object, err := r.ref(d, "object")
		return Delete{h, object}, err
	case vocab.CreateType:
		object, err := r.carried(d, h)
		return Create{h, object}, err
	case vocab.UpdateType:
		object, err := r.carried(d, h)
		return Update{h, object}, err
	case vocab.AnnounceType:
		return r.announce(d, h)
	}
	if !isActivity(h.Type) {
		return Ignored{h, fmt.Sprintf("%.40q is no activity that we know", h.Type)}, nil
	}
	return Ignored{h, "we do nothing upon " + h.Type}, nil
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

// DecodeObject reads an object that was fetched, or the Raw of one that arrived.
func DecodeObject(raw []byte, allowHTTP bool) (Object, error) {
	d, err := parseRaw(raw)
	if err != nil {
		return Object{}, err
	}
	return reader{allowHTTP}.object(d, raw)
}

func (r reader) object(d rawDoc, raw []byte) (Object, error) {
	o := Object{Embedded: true, Raw: slices.Clone(raw)}
	o.Public, o.Listed = d.public()
	id, ok := rawString(d["id"])
	if !ok {
		return Object{}, coop.Wrong("id", "an object has an id, which is a URL")
	}
	var err error
	if o.ID, err = r.iri("id", id); err != nil {
		return Object{}, err
	}
	if o.Type = knownType(d.types()); o.Type == "" || len(o.Type) > 100 {
		return Object{}, coop.Wrong("type", "an object has a type, which is one word")
	}
	o.Actor = vocab.ActorTypes.Contains(vocab.ActivityVocabularyType(o.Type))
	if by := rawList(d["attributedTo"]); len(by) > 0 {
		s, ok := rawRef(by[0])
		if !ok {
			return Object{}, coop.Wrong("attributedTo", "this names the author, by the id or as an object with an id")
		}
		if o.By, err = r.iri("attributedTo", s); err != nil {
			return Object{}, err
		}
	}
	o.URL = r.page(d, o.ID)
	o.Name = plainText(d.words("name"), maxObjectName)
	if o.Summary = plainText(d.words("summary"), maxObjectSummary); o.Summary == "" {
		o.Summary = plainText(d.words("content"), maxObjectSummary)
	}
	o.Published, o.Updated = d.moment("published"), d.moment("updated")
	return o, nil
}

// knownType chooses among several types the one that the vocabulary has.
func knownType(types []string) string {
	for _, t := range types {
		v := vocab.ActivityVocabularyType(t)
		if vocab.ObjectTypes.Contains(v) || vocab.ActorTypes.Contains(v) || isActivity(t) {
			return t
		}
	}
	if len(types) > 0 {
		return types[0]
	}
	return ""
}

// isActivity reports whether t is a type of activity that ActivityStreams knows.
func isActivity(t string) bool {
	v := vocab.ActivityVocabularyType(t)
	return vocab.ActivityTypes.Contains(v) || vocab.IntransitiveActivityTypes.Contains(v)
}

// page reads the url of something: a string, a Link, or a list of them, of which
// the first HTML one counts. A page on another host than the id is not believed.
func (r reader) page(d rawDoc, id coop.IRI) coop.IRI {
	var found coop.IRI
	for _, raw := range rawList(d["url"]) {
		s, isString := rawString(raw)
		link, _ := rawObject(raw)
		if !isString {
			s = link.str("href")
		}
		i, err := ParseIRI(s, r.allowHTTP)
		if err != nil || !coop.SameOrigin(i, id) {
			continue
		}
		if isString || link.str("mediaType") == "text/html" {
			return i
		}
		if found == "" {
			found = i
		}
	}
	return found
}

// isPublic reports whether s names everybody: the full IRI or one of the two
// short forms that JSON-LD processors make of it. AP §5.6.
func isPublic(s string) bool {
	return s == string(coop.Public) || s == "as:Public" || s == "Public"
}

// public reports whether a document is for everybody, and whether it may stand in
// public lists: what Mastodon, Misskey and Mobilizon call unlisted has everybody in
// cc.
func (d rawDoc) public() (public, listed bool) {
	for _, member := range []string{"to", "cc", "audience"} {
		for _, raw := range rawList(d[member]) {
			if s, ok := rawRef(raw); ok && isPublic(s) {
				return true, member != "cc"
			}
		}
	}
	return false, false
}

// addressed reports whether an object says itself for whom it is.
func (d rawDoc) addressed() bool {
	return slices.ContainsFunc([]string{"to", "cc", "bto", "bcc", "audience"}, func(m string) bool { return len(rawList(d[m])) > 0 })
}
