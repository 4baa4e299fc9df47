// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"html"
	"slices"
	"strings"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// Limits of the plain text that is kept of other people's documents, in characters.
const (
	maxActorName     = 200
	maxObjectName    = 300
	maxObjectSummary = coop.MaxSummary
)

// DecodeObject reads an object that was fetched, or the Raw of one that arrived.
// It returns something that holds on to raw.
func DecodeObject(raw []byte, allowHTTP bool) (Object, error) {
	d, err := parseRaw(raw)
	if err != nil {
		return Object{}, err
	}
	return reader{allowHTTP}.object(d, raw)
}

func (r reader) object(d rawDoc, raw []byte) (Object, error) {
	o := Object{Embedded: true, Raw: raw}
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
	o.Language = d.language()
	if o.InReplyTo = r.answered(d); o.InReplyTo != "" {
		o.Content = d.html()
		o.Sensitive, o.Warning = d.warning(o.Type)
		o.Vote = o.Type == string(vocab.NoteType) && o.Name != "" && o.Content == ""
	}
	return o, nil
}

// answered returns what an object is a reply to: of several the first that has a
// usable id. Old replies name a tag: URI, which is the id of nothing here.
func (r reader) answered(d rawDoc) coop.IRI {
	for _, raw := range rawList(d["inReplyTo"]) {
		s, _ := rawRef(raw)
		if i, err := ParseIRI(s, r.allowHTTP); err == nil {
			return i
		}
	}
	return ""
}

// warning returns whether a reply is to be opened before it is read, and of what it
// warns. The summary of a Note is a content warning, that of anything else is what
// its name says. What only sensitive says warns without a word; so does Misskey's
// empty warning, which is a space of no width.
func (d rawDoc) warning(kind string) (sensitive bool, what string) {
	switch vocab.ActivityVocabularyType(kind) {
	case vocab.NoteType, vocab.QuestionType:
		what = plainText(d.words("summary"), coop.MaxWarning)
	}
	return what != "" || string(d["sensitive"]) == "true", what
}

// html returns the text of a reply as HTML, of which no more is kept than a
// comment may have. A text that says of itself that it is no HTML, as PeerTube's
// does, is made HTML that shows it as it is.
func (d rawDoc) html() string {
	s := d.words("content")
	if t := d.str("mediaType"); strings.HasPrefix(t, "text/") && !strings.HasPrefix(t, "text/html") {
		s = strings.NewReplacer("\r\n", "<br>", "\n", "<br>").Replace(html.EscapeString(strings.TrimSpace(s)))
	}
	if len(s) <= coop.MaxComment {
		return s
	}
	s = strings.ToValidUTF8(s[:coop.MaxComment], "")
	if i := strings.LastIndexByte(s, '<'); i > strings.LastIndexByte(s, '>') {
		s = s[:i] // a tag that is cut in two
	}
	return s
}

// language returns what language an object is in: the first that it has its text
// in, or the one that it says, in a word or, like Lemmy, as an object.
func (d rawDoc) language() string {
	for _, member := range []string{"contentMap", "nameMap", "summaryMap"} {
		if name, _ := rawFirst(d[member]); goodLanguage(name) {
			return name
		}
	}
	o, _ := rawObject(d["language"])
	for _, said := range []string{d.str("inLanguage"), d.str("language"), o.str("identifier")} {
		if goodLanguage(said) {
			return said
		}
	}
	return ""
}

// goodLanguage reports whether s has the form of a language tag and says
// something: "und" is for what nobody knows. RFC 5646 §2.1, §4.1.
func goodLanguage(s string) bool {
	if len(s) < 2 || len(s) > 35 || strings.EqualFold(s, "und") {
		return false
	}
	from := 0
	for i := range len(s) + 1 {
		if i == len(s) || s[i] == '-' {
			if i == from || i-from > 8 {
				return false
			}
			from = i + 1
			continue
		}
		letter := s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z'
		if !letter && (from == 0 || s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
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

// Addresses reports whether an activity is addressed to id in to, cc or audience,
// as one is that has to be passed on to a collection of ours; whoever says nothing
// of whom the activity is for means whom its object is for. AP §7.1.2.
func Addresses(raw []byte, id coop.IRI) bool {
	d, err := parseRaw(raw)
	if err != nil {
		return false
	}
	if !d.addressed() {
		d, _ = rawObject(d["object"])
	}
	for _, member := range []string{"to", "cc", "audience"} {
		for _, raw := range rawList(d[member]) {
			if s, ok := rawRef(raw); ok && s == string(id) {
				return true
			}
		}
	}
	return false
}
