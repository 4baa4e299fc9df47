// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"fmt"
	"slices"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// Submission is what a client can ask of an outbox: SubmitCreate, SubmitUpdate,
// SubmitDelete, or one of the verbs in submission_verbs.go. AP §6.
type Submission interface{ submission() }

// SubmitCreate publishes a new post. To and the others hold whom the activity or
// its object is addressed to, each once; `audience` counts as Cc. All are empty
// where the client addressed nobody. AP §6.2.
type SubmitCreate struct {
	Object           Patch
	Life             Life
	To, Cc, Bto, Bcc []coop.IRI
}

// SubmitUpdate changes what the object names and leaves the rest. To and the others
// are empty where the client said nothing of whom it is for. AP §6.3.1.
type SubmitUpdate struct {
	Target           coop.IRI
	Object           Patch
	Life             Life
	To, Cc, Bto, Bcc []coop.IRI
}

// SubmitDelete withdraws a post, or where All is set every occurrence of its series
// that is not over. AP §6.4.
type SubmitDelete struct {
	Target coop.IRI
	All    bool
}

func (SubmitCreate) submission() {}
func (SubmitUpdate) submission() {}
func (SubmitDelete) submission() {}

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
	case vocab.ArticleType, vocab.EventType, vocab.NoteType:
		sub, err = c.bare(d)
	default:
		sub, err = c.verb(d, kind)
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
		return c.created(o, d, o)
	}
	return nil, coop.Wrong("object.type", fmt.Sprintf("%.40q cannot be created here; Article, Event and Note can", kind))
}

// bare reads an object that no Create is around. AP §6.2.1.
func (c client) bare(d rawDoc) (Submission, error) { return c.created(d, d) }

// created reads a new object. Where it says nothing yet there is nothing to publish.
func (c client) created(o rawDoc, from ...rawDoc) (Submission, error) {
	sub, err := c.addressed(o, from...)
	if sub.Life.State == "" && !sub.Life.Timed && sub.Object.saysNothing() {
		sub.Life.State = coop.Draft
	}
	return sub, err
}

// addressed merges the audiences of an activity and its object. AP §6.2.
func (c client) addressed(o rawDoc, from ...rawDoc) (_ SubmitCreate, err error) {
	sub := SubmitCreate{Object: Patch{o}}
	if sub.Life, err = c.life(from...); err != nil {
		return sub, err
	}
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
				return sub, err
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
	a, err := c.addressed(o, d, o)
	if err != nil {
		return nil, err
	}
	return SubmitUpdate{Target: target, Object: a.Object, Life: a.Life, To: a.To, Cc: a.Cc, Bto: a.Bto, Bcc: a.Bcc}, nil
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
	sub := SubmitDelete{}
	if sub.Target, err = c.ours(member, id); err != nil {
		return nil, err
	}
	o, _ := rawObject(d["object"])
	life, err := c.life(d, o)
	sub.All = life.All
	return sub, err
}
