// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"fmt"
	"slices"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// Submission is what a client can ask of an outbox: SubmitCreate, SubmitUpdate,
// SubmitDelete, SubmitFollow or SubmitUndo. AP §6.
type Submission interface{ submission() }

// SubmitCreate publishes a new post. To and the others hold whom the activity or
// its object is addressed to, each once; `audience` counts as Cc. All are empty
// where the client addressed nobody. AP §6.2.
type SubmitCreate struct {
	Object           Patch
	To, Cc, Bto, Bcc []coop.IRI
}

// SubmitUpdate changes what the object names and leaves the rest. AP §6.3.1.
type SubmitUpdate struct {
	Target coop.IRI
	Object Patch
}

// SubmitDelete withdraws a post. AP §6.4.
type SubmitDelete struct{ Target coop.IRI }

// SubmitFollow follows an actor. AP §6.5.
type SubmitFollow struct{ Target coop.IRI }

// SubmitUndo takes a Follow back, which is named by its id, by whom it follows,
// or by both. AP §6.10.
type SubmitUndo struct {
	Target   coop.IRI // the id of the Follow
	OfObject coop.IRI // whom it follows
}

func (SubmitCreate) submission() {}
func (SubmitUpdate) submission() {}
func (SubmitDelete) submission() {}
func (SubmitFollow) submission() {}
func (SubmitUndo) submission()   {}

// DecodeSubmission reads what a client posted to an outbox: an activity, or an
// object alone, which is a Create of it. Ids of new things, actors and authors in
// it are not looked at, since they are ours to give; an @context may be missing.
// Errors are Invalid and name the member, but for TooLarge and, where an Update
// or a Delete aims at another server, Forbidden. AP §6, §6.2.1.
func DecodeSubmission(raw []byte, s coop.Site) (Submission, error) {
	d, err := parseRaw(raw)
	if err != nil {
		return nil, err
	}
	kind, err := d.oneType("type")
	if err != nil {
		return nil, err
	}
	c := client{reader{s.HTTP}, s}
	var sub Submission
	switch vocab.ActivityVocabularyType(kind) {
	case vocab.CreateType:
		sub, err = c.create(d)
	case vocab.UpdateType:
		sub, err = c.update(d)
	case vocab.DeleteType:
		sub, err = c.delete(d)
	case vocab.FollowType:
		sub, err = c.follow(d)
	case vocab.UndoType:
		sub, err = c.undo(d)
	case vocab.ArticleType, vocab.EventType, vocab.NoteType:
		sub, err = c.bare(d)
	default:
		return nil, coop.Wrong("type", fmt.Sprintf("this outbox does not take %.40q; it takes Article, Event and Note, and Create, Update, Delete, Follow and Undo", kind))
	}
	if err != nil {
		return nil, err
	}
	return sub, nil
}

// client reads what clients of ours send.
type client struct {
	reader
	site coop.Site
}

// oneType reads the type of what a client sent; of several the known one counts.
func (d rawDoc) oneType(member string) (string, error) {
	if kind := knownType(d.types()); kind != "" {
		return kind, nil
	}
	return "", coop.Wrong(member, `the type is missing; it is one word, like "Article", "Event", "Note" or "Create"`)
}

// carriedPatch reads an object that must be there in full, not by its id alone.
func (c client) carriedPatch(d rawDoc, why string) (rawDoc, error) {
	o, ok := rawObject(d["object"])
	if !ok {
		return nil, coop.Wrong("object", why)
	}
	return o, nil
}

func (c client) create(d rawDoc) (Submission, error) {
	o, err := c.carriedPatch(d, "a Create holds the new object itself, not its id, and one at a time")
	if err != nil {
		return nil, err
	}
	kind, err := o.oneType("object.type")
	if err != nil {
		return nil, err
	}
	switch vocab.ActivityVocabularyType(kind) {
	case vocab.ArticleType, vocab.EventType, vocab.NoteType:
		return c.addressed(o, d, o)
	}
	return nil, coop.Wrong("object.type", fmt.Sprintf("%.40q cannot be created here; Article, Event and Note can", kind))
}

// bare reads an object that no Create is around. AP §6.2.1.
func (c client) bare(d rawDoc) (Submission, error) { return c.addressed(d, d) }

// addressed merges the audiences of an activity and its object. AP §6.2.
func (c client) addressed(o rawDoc, from ...rawDoc) (Submission, error) {
	sub := SubmitCreate{Object: Patch{o}}
	for i, d := range from {
		prefix := ""
		if i > 0 {
			prefix = "object."
		}
		for _, m := range []struct {
			member string
			to     *[]coop.IRI
		}{{"to", &sub.To}, {"cc", &sub.Cc}, {"audience", &sub.Cc}, {"bto", &sub.Bto}, {"bcc", &sub.Bcc}} {
			if err := c.recipients(d[m.member], prefix+m.member, m.to); err != nil {
				return nil, err
			}
		}
	}
	return sub, nil
}

func (c client) recipients(raw []byte, member string, to *[]coop.IRI) error {
	for _, r := range rawList(raw) {
		s, ok := rawRef(r)
		if !ok {
			return coop.Wrong(member, "this lists whom the post is for, each by the id")
		}
		i := coop.Public
		if !isPublic(s) {
			var err error
			if i, err = c.iri(member, s); err != nil {
				return err
			}
		}
		if !slices.Contains(*to, i) {
			*to = append(*to, i)
		}
	}
	return nil
}

// ours reads the id of something that a client wants changed.
func (c client) ours(member, s string) (coop.IRI, error) {
	i, err := c.iri(member, s)
	if err != nil {
		return "", err
	}
	if !c.site.Local(i) {
		e := coop.Fail(coop.Forbidden, "activity.DecodeSubmission", "this is not on "+c.site.Domain+", so it cannot be changed here")
		e.Member = member
		return "", e
	}
	return i, nil
}

func (c client) update(d rawDoc) (Submission, error) {
	o, err := c.carriedPatch(d, "an Update holds an object with the id of the post and the members that change")
	if err != nil {
		return nil, err
	}
	id, ok := rawString(o["id"])
	if !ok {
		return nil, coop.Wrong("object.id", "the id of the post that is to change is missing")
	}
	target, err := c.ours("object.id", id)
	if err != nil {
		return nil, err
	}
	return SubmitUpdate{Target: target, Object: Patch{o}}, nil
}

// named reads an object that is only named, and the member that names it.
func (d rawDoc) named(why string) (id, member string, err error) {
	id, ok := rawRef(d["object"])
	if !ok {
		return "", "", coop.Wrong("object", why)
	}
	if _, embedded := rawObject(d["object"]); embedded {
		return id, "object.id", nil
	}
	return id, "object", nil
}

func (c client) delete(d rawDoc) (Submission, error) {
	id, member, err := d.named("a Delete names the post that goes, by its id or as an object with an id")
	if err != nil {
		return nil, err
	}
	target, err := c.ours(member, id)
	return SubmitDelete{target}, err
}

func (c client) follow(d rawDoc) (Submission, error) {
	id, member, err := d.named("a Follow names the actor to follow, by the id or as an object with an id")
	if err != nil {
		return nil, err
	}
	target, err := c.iri(member, id)
	return SubmitFollow{target}, err
}

func (c client) undo(d rawDoc) (Submission, error) {
	const why = "an Undo names the Follow that it takes back, by its id or as an object with an id or an object of its own"
	o, embedded := rawObject(d["object"])
	if !embedded {
		id, member, err := d.named(why)
		if err != nil {
			return nil, err
		}
		target, err := c.iri(member, id)
		return SubmitUndo{Target: target}, err
	}
	if kind := knownType(o.types()); kind != "" && kind != string(vocab.FollowType) {
		return nil, coop.Wrong("object.type", fmt.Sprintf("only a Follow can be undone here, not %.40q", kind))
	}
	var sub SubmitUndo
	var err error
	if id, ok := rawString(o["id"]); ok {
		if sub.Target, err = c.iri("object.id", id); err != nil {
			return nil, err
		}
	}
	if whom, ok := rawRef(o["object"]); ok {
		if sub.OfObject, err = c.iri("object.object", whom); err != nil {
			return nil, err
		}
	}
	if sub == (SubmitUndo{}) {
		return nil, coop.Wrong("object", why)
	}
	return sub, nil
}
