// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// Patch is the members of an object as a client sent them, by their exact names.
// A new post is a patch of nothing; in an Update what was not sent stays as it
// is, and null takes a member away. AP §6.3.1.
type Patch struct{ sent rawDoc }

// Defaults are what a co-op says where a post says nothing.
type Defaults struct {
	Language string // BCP 47
	Zone     string // IANA name; may be empty
}

// namespace is before the members that ActivityStreams has no word for. They are
// plain keys and need no @context.
const namespace = "plenum:"

var ownMembers = []string{"plenum:kind", "plenum:slug", "plenum:partOf", "plenum:original", "plenum:allDay",
	"plenum:state", "plenum:publishAt", "plenum:repeat", "plenum:ahead", "plenum:scope", "plenum:of", "plenum:attendance", "plenum:owners"}

// Kind returns what a new post is to be: an Article is a report, a Note a note,
// an Event a meetup, or a talk where it names performers or plenum:kind says so.
func (p Patch) Kind() (coop.Kind, error) { return p.kind("") }

// kind is Kind for a post that is of kind old, empty for a new one. A post keeps
// its type, because its id does; a meetup may become a talk and a talk a meetup.
func (p Patch) kind(old coop.Kind) (coop.Kind, error) {
	var typed coop.Kind
	switch t := knownType(p.sent.types()); vocab.ActivityVocabularyType(t) {
	case vocab.ArticleType:
		typed = coop.Report
	case vocab.EventType:
		typed = coop.Meetup
	case vocab.NoteType:
		typed = coop.Note
	case "":
		if old == "" && rawNull(p.sent[namespace+"kind"]) {
			return "", coop.Wrong("type", "the type is missing: Article, Event or Note")
		}
	default:
		return "", coop.Wrong("type", fmt.Sprintf("a post is an Article, an Event or a Note, not %.40q", t))
	}
	said, err := p.saidKind()
	if err != nil {
		return "", err
	}
	kind, member := old, "type"
	switch {
	case said != "" && typed != "" && said.Type() != typed.Type():
		return "", coop.Wrong("plenum:kind", fmt.Sprintf("a %s is of type %s, but the type here is %s", said, said.Type(), typed.Type()))
	case said != "":
		kind, member = said, "plenum:kind"
	case typed != "" && !(typed.Event() && old.Event()):
		kind = typed
	}
	if old != "" && kind.Type() != old.Type() {
		return "", coop.Wrong(member, fmt.Sprintf("a post keeps its type, and this one is of type %s", old.Type()))
	}
	if said == "" && kind == coop.Meetup && len(rawList(p.sent["performer"])) > 0 {
		kind = coop.Talk
	}
	return kind, nil
}

func (p Patch) saidKind() (coop.Kind, error) {
	s, _, err := p.text("plenum:kind")
	if err != nil {
		return "", err
	}
	switch k := coop.Kind(s); k {
	case "", coop.Report, coop.Meetup, coop.Talk, coop.Note:
		return k, nil
	}
	return "", coop.Wrong("plenum:kind", fmt.Sprintf("%.40q is no kind of post; report, meetup, talk and note are", s))
}

// PartOf returns what the post belongs to, as a slug or an id; an empty one that
// is given takes the tie away. superEvent counts where plenum:partOf was not sent.
func (p Patch) PartOf() (ref string, given bool) {
	for _, member := range []string{"plenum:partOf", "superEvent"} {
		if raw, ok := p.sent[member]; ok {
			ref, _ = rawRef(raw)
			return ref, true
		}
	}
	return "", false
}

// NamesSlug reports whether the client chose what the post's page is called.
func (p Patch) NamesSlug() bool {
	slug, _, err := p.text(namespace + "slug")
	return slug != "" || err != nil
}

// Apply writes what was sent into the post, or returns an error that names the
// member at fault and leaves the post alone. Texts are taken as they are written:
// where Source is set and Body empty, the Markdown is yet to be rendered, and
// Body is yet to be sanitised. Whom tags mention is added to Cc. What PartOf says
// is for the caller, who knows the other posts.
func (p Patch) Apply(post *coop.Post, d Defaults, s coop.Site) error {
	next := *post
	a := applier{Patch: p, reader: reader{s.HTTP}, site: s, defaults: d, was: *post, post: &next}
	for _, step := range []func() error{a.members, a.words, a.language, a.body, a.when, a.status, a.joining, a.location, a.performer,
		a.image, a.attachment, a.tag, a.reply, a.attendance, a.own, a.whole} {
		if err := step(); err != nil {
			return err
		}
	}
	*post = next
	return nil
}

// applier holds what one Apply works on.
type applier struct {
	Patch
	reader
	site     coop.Site
	defaults Defaults
	was      coop.Post
	post     *coop.Post
	pictured bool // `image` was sent, so an Image among the attachments does not count
}

// members settles the kind and refuses what a post of that kind cannot hold: to
// drop it in silence would lose what somebody wrote.
func (a *applier) members() error {
	for _, name := range slices.Sorted(maps.Keys(a.sent)) {
		if strings.HasPrefix(name, namespace) && !slices.Contains(ownMembers, name) {
			return coop.Wrong(clipped(name, 60), "there is no such member; there are "+strings.Join(ownMembers, ", "))
		}
	}
	kind, err := a.kind(a.was.Kind)
	if err != nil {
		return err
	}
	a.post.Kind = kind
	if !kind.Event() {
		for _, m := range []string{"startTime", "endTime", "location", "performer", "plenum:allDay", "joinMode", "externalParticipationUrl",
			"maximumAttendeeCapacity", "plenum:attendance", "plenum:repeat", "plenum:ahead"} {
			if !rawNull(a.sent[m]) {
				return coop.Wrong(m, fmt.Sprintf("only an Event has this; a %s is of type %s", kind, kind.Type()))
			}
		}
	}
	if kind != coop.Report && !rawNull(a.sent["plenum:of"]) {
		return coop.Wrong("plenum:of", fmt.Sprintf("only a report is about events; this is a %s", kind))
	}
	if kind != coop.Note && !rawNull(a.sent["inReplyTo"]) {
		return coop.Wrong("inReplyTo", "only a Note can be a reply")
	}
	return nil
}

// reply reads what a note answers.
func (a *applier) reply() error {
	raw, given := a.sent["inReplyTo"]
	if !given {
		return nil
	}
	a.post.ReplyTo = ""
	if rawNull(raw) {
		return nil
	}
	var err error
	a.post.ReplyTo, err = a.ref(a.sent, "inReplyTo")
	return err
}

// own reads the members of our namespace but those that others have read.
func (a *applier) own() error {
	if raw := a.sent["plenum:partOf"]; !rawNull(raw) {
		if _, ok := rawString(raw); !ok {
			return coop.Wrong("plenum:partOf", "this names another post, by its slug or its id")
		}
	}
	slug, given, err := a.text("plenum:slug")
	if err != nil {
		return err
	}
	if given {
		good, ok := coop.ParseSlug(slug)
		if !ok && slug != "" {
			return coop.Wrong("plenum:slug", "a slug is at most 80 lower-case letters and digits with single hyphens between them, like go-meetup-12, and not the name of a feed")
		}
		a.post.Slug = good
	}
	original, given, err := a.text("plenum:original")
	if err != nil || !given {
		return err
	}
	a.post.Original, err = linkTo("plenum:original", original)
	return err
}

// whole checks what only the post as it has become can show.
func (a *applier) whole() error {
	p := a.post
	switch n := characters(p.Title); {
	case p.Kind == coop.Note:
	case n == 0:
		return coop.Wrong("name", fmt.Sprintf("a %s needs a name, which is its title", p.Kind))
	case n < 3:
		return coop.Wrong("name", "a title has at least 3 characters; Mobilizon drops shorter ones")
	}
	if p.Kind == coop.Report && p.Body == "" && p.Source == "" {
		return coop.Wrong("content", "a report needs a text: content holds HTML, or source Markdown")
	}
	if p.Kind.Event() {
		return p.When.Check()
	}
	return nil
}

// text reads a member that is a string. Null and "" are the same, and given.
func (p Patch) text(member string) (s string, given bool, err error) {
	raw, given := p.sent[member]
	if rawNull(raw) {
		return "", given, nil
	}
	s, ok := rawString(raw)
	if !ok {
		return "", true, coop.Wrong(member, "this is a text between quotes")
	}
	return s, true, nil
}

// flag reads a member that is true or false; null counts as not given.
func (p Patch) flag(member string) (v, given bool, err error) {
	raw := p.sent[member]
	if rawNull(raw) {
		return false, false, nil
	}
	if json.Unmarshal(raw, &v) != nil {
		return false, true, coop.Wrong(member, "this is true or false")
	}
	return v, true, nil
}

// label makes a line of plain text of at most n characters, or says that it is longer.
func label(member, what, s string, n int) (string, error) {
	s = plainLine(s, len(s))
	if got := characters(s); got > n {
		return "", coop.Wrong(member, fmt.Sprintf("%s has at most %d characters; this one has %d", what, n, got))
	}
	return s, nil
}

// linkTo reads the URL of something that people are sent to, on whatever server:
// http is taken too, since old pages have it. "" is none.
func linkTo(member, s string) (coop.IRI, error) {
	if s == "" {
		return "", nil
	}
	i, err := ParseIRI(s, true)
	if err != nil {
		return "", wrongIRI(member, err)
	}
	return i, nil
}
