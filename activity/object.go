// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// Extras is what the object of a post says that does not stand in the post.
type Extras struct {
	Coop       coop.Coop   // whose post it is: its language stands in where the post names none
	SuperEvent coop.IRI    // the event that it is part of; empty where PartOf is none or no event
	Whole      coop.IRI    // the page of that event, where one takes part in both
	Of         []coop.Post // the events that a report is about
}

// wireObject is an Article, an Event or a Note. Lists are lists and single
// values single values: most peers do no JSON-LD.
type wireObject struct {
	Context      json.RawMessage   `json:"@context"`
	ID           coop.IRI          `json:"id"`
	Type         wireType          `json:"type"`
	AttributedTo coop.IRI          `json:"attributedTo"`
	To           []coop.IRI        `json:"to"`
	Cc           []coop.IRI        `json:"cc"`
	InReplyTo    coop.IRI          `json:"inReplyTo,omitempty"` // notes only: Lemmy refuses others that have it
	Name         string            `json:"name,omitempty"`
	NameMap      map[string]string `json:"nameMap,omitempty"`
	Summary      string            `json:"summary,omitempty"`
	Content      string            `json:"content"`
	ContentMap   map[string]string `json:"contentMap,omitempty"`
	MediaType    string            `json:"mediaType"`
	InLanguage   string            `json:"inLanguage,omitempty"`
	Misskey      string            `json:"_misskey_content,omitempty"`
	URL          coop.IRI          `json:"url"`
	Published    time.Time         `json:"published"`
	Updated      time.Time         `json:"updated,omitzero"`
	Sensitive    bool              `json:"sensitive"`
	*wireEvent
	Comments   bool         `json:"commentsEnabled"`
	Replying   string       `json:"repliesModerationOption"`
	Replies    coop.IRI     `json:"replies"`
	Image      *wireImage   `json:"image,omitempty"`
	Attachment []any        `json:"attachment"`
	Tag        []wireTag    `json:"tag"`
	Preview    *wirePreview `json:"preview,omitempty"`
}

type wireImage struct {
	Type      wireType `json:"type"`
	MediaType string   `json:"mediaType"`
	URL       coop.IRI `json:"url"`
	Name      string   `json:"name"` // always there: Mobilizon raises without
	Width     int      `json:"width,omitempty"`
	Height    int      `json:"height,omitempty"`
	Blurhash  string   `json:"blurhash,omitempty"`
	Focus     *focus   `json:"focalPoint,omitempty"`
}

type wireLink struct {
	Type      wireType `json:"type"`
	MediaType string   `json:"mediaType,omitempty"`
	Href      coop.IRI `json:"href"`
	Name      string   `json:"name"`
}

type wireTag struct {
	Type wireType `json:"type"`
	Href coop.IRI `json:"href"`
	Name string   `json:"name"`
}

// wirePreview stands for an Article where a server shows no long text. FEP-b2b8.
type wirePreview struct {
	Type         wireType  `json:"type"`
	AttributedTo coop.IRI  `json:"attributedTo"`
	Published    time.Time `json:"published"`
	Content      string    `json:"content"`
}

// maxTwice is the longest content that is sent a second time as contentMap.
// Misskey takes 64 KB for a whole activity; a longer one says its language as
// nameMap, which Mastodon reads as well.
const maxTwice = 24 << 10

// EncodeObject makes what the id of a post answers: an Article, an Event or a
// Note with all that the servers of the fediverse want to find in one. It
// refuses, naming the member, what a server would drop.
func EncodeObject(s coop.Site, p coop.Post, x Extras) ([]byte, error) {
	name, err := nameOf(p)
	if err != nil {
		return nil, err
	}
	if p.Published.IsZero() {
		return nil, fmt.Errorf("encode post %s: it was never published", p.ID)
	}
	if p.Language == "" {
		p.Language = x.Coop.Language
	}
	p.Links = p.LinksWith(x.Of)
	o := wireObject{
		Context: ld(objectContext), ID: s.Object(p.Kind, p.ID), Type: wireType(p.Kind.Type()), AttributedTo: s.Actor(p.Coop),
		Name: name, Summary: summaryOf(p, name), MediaType: "text/html", InLanguage: p.Language,
		URL: s.Page(p.Coop, p.Slug), Published: coop.Stamp(p.Published),
		Replies: s.Part(p.Kind, p.ID, "replies"), Attachment: attachmentsOf(s, p), Tag: tagsOf(s, p),
	}
	o.Comments, o.Replying = replying(x.Coop.Comments)
	o.To, o.Cc = audience(s, p)
	if !p.Updated.IsZero() {
		o.Updated = coop.Stamp(p.Updated)
	}
	o.Content = factsOf(s, p, x.Of) + contentOf(s, p, name)
	switch {
	case p.Language == "":
	case len(o.Content) <= maxTwice:
		o.ContentMap = map[string]string{p.Language: o.Content}
	case name != "":
		o.NameMap = map[string]string{p.Language: name}
	}
	if p.Kind == coop.Note {
		o.InReplyTo = p.ReplyTo
	} else {
		o.Misskey = misskeyOf(s, p, name, o.Summary)
		if !p.Image.IsZero() {
			o.Image = pictureOf(s, p)
		}
	}
	if p.Kind == coop.Report {
		o.Preview = &wirePreview{
			Type: wireType(vocab.NoteType), AttributedTo: o.AttributedTo, Published: o.Published, Content: previewOf(name, o.Summary),
		}
	}
	if p.Kind.Event() {
		if o.wireEvent, err = eventOf(s, p, x); err != nil {
			return nil, err
		}
	}
	return render(o)
}

// audience is to whom a post is addressed: the public and the followers, as its
// visibility has it, whom the author added, and whom the text mentions, since
// Mastodon does not notify anybody who is mentioned and not addressed. Nobody stands
// in it twice. An unlisted post has the public in cc, as Mastodon writes it.
func audience(s coop.Site, p coop.Post) (to, cc []coop.IRI) {
	seen := map[coop.IRI]bool{"": true}
	add := func(list []coop.IRI, some ...coop.IRI) []coop.IRI {
		for _, i := range some {
			if !seen[i] {
				seen[i] = true
				list = append(list, i)
			}
		}
		return list
	}
	to, cc = []coop.IRI{coop.Public}, []coop.IRI{s.Of(p.Coop, "followers")}
	switch p.Visibility {
	case coop.Unlisted:
		to, cc = cc, to
	case coop.Followers:
		to, cc = cc, []coop.IRI{}
	}
	add(nil, to...)
	add(nil, cc...)
	to, cc = add(to, p.To...), add(cc, p.Cc...)
	for _, m := range p.Mentions {
		cc = add(cc, m.Actor)
	}
	return to, cc
}

// nameOf is the title as it is sent. Notes may be without one.
func nameOf(p coop.Post) (string, error) {
	name := cut(line(p.Headline()), coop.MaxTitle)
	if p.Kind != coop.Note && utf8.RuneCountInString(name) < 3 {
		return "", coop.Wrong("name", "a title has at least three characters")
	}
	return name, nil
}

// summaryOf is the one plain line that is all that Mastodon shows besides the
// title. On a note it is a content warning, so a note has none of its own.
func summaryOf(p coop.Post, name string) string {
	if p.Kind == coop.Note {
		return cut(line(p.Summary), coop.MaxSummary)
	}
	s := firstOf(line(p.Line()), cut(line(p.Text), 300), name)
	return cut(s, coop.MaxSummary)
}

// imageOf is a picture with its alternative text, or alt where it has none.
func imageOf(s coop.Site, i coop.Image, alt string) *wireImage {
	t := i.MediaType
	if !strings.HasPrefix(t, "image/") { // Gancio finds pictures by it
		t = "image/jpeg"
	}
	return &wireImage{
		Type: wireType(vocab.ImageType), MediaType: t, URL: s.ImageURL(i), Name: firstOf(i.Alt, alt), Width: i.Width, Height: i.Height,
		Blurhash: i.Blurhash, Focus: focusOf(i.Focus),
	}
}

// pictureOf is the picture of a post; of an event it is a poster, whose text is known.
func pictureOf(s coop.Site, p coop.Post) *wireImage {
	if p.Kind.Event() {
		return imageOf(s, p.Image, p.PosterAlt())
	}
	return imageOf(s, p.Image, "")
}

// attachmentsOf lists what belongs to a post. The poster of an event comes first,
// where Gancio looks for it; an Article has no picture here, or Mastodon would
// make no preview card. Nothing but pictures is an attachment in Mastodon's
// sense, for the same reason: slides are links. The first link is the page, of
// which Mastodon makes the card; a note shows the card of what it links to.
func attachmentsOf(s coop.Site, p coop.Post) []any {
	out := []any{}
	add := func(name, mediaType string, href coop.IRI) {
		out = append(out, wireLink{Type: wireType(vocab.LinkType), MediaType: mediaType, Href: href, Name: name})
	}
	w := coop.WordsFor(p.Language)
	if !p.Image.IsZero() && p.Kind != coop.Report {
		out = append(out, pictureOf(s, p))
	}
	if p.Kind != coop.Note {
		add(w.Website, "text/html", s.Page(p.Coop, p.Slug))
	}
	if p.Kind.Event() {
		add(w.Calendar, "text/calendar", s.ICS(p.Coop, p.Slug))
		if p.Online != "" && !p.Place.IsZero() {
			add(w.Online, "text/html", p.Online)
		}
	}
	for _, l := range p.Links {
		add(firstOf(l.Name, bare(l.URL)), firstOf(l.MediaType, "text/html"), l.URL)
	}
	return out
}

// tagsOf lists whom a post mentions and its hashtags.
func tagsOf(s coop.Site, p coop.Post) []wireTag {
	out := []wireTag{}
	for _, m := range p.Mentions {
		out = append(out, wireTag{Type: wireType(vocab.MentionType), Href: m.Actor, Name: firstOf(m.Handle, string(m.Actor))})
	}
	for _, t := range hashtags(p) {
		out = append(out, wireTag{Type: typeHashtag, Href: s.Tag(t), Name: "#" + t})
	}
	return out
}

// hashtags are the tags of a post without '#', each once.
func hashtags(p coop.Post) []string {
	var out []string
	for _, t := range p.Tags {
		t = strings.TrimSpace(strings.TrimLeft(t, "#"))
		if t != "" && !slices.ContainsFunc(out, func(u string) bool { return strings.EqualFold(u, t) }) {
			out = append(out, t)
		}
	}
	return out
}
