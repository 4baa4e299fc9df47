// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"fmt"
	"html"
	"strings"

	"plenum/coop"
)

// words reads the title and the summary. A client that read a post and sends it
// back returns the lines that we made of them; those change nothing.
func (a *applier) words() error {
	if s, given, err := a.spoken("name"); err != nil {
		return err
	} else if given && (s == "" || s != a.was.Headline() && s != a.served().name) {
		if a.post.Title, err = label("name", "a title", s, coop.MaxTitle); err != nil {
			return err
		}
	}
	s, given, err := a.spoken("summary")
	if err != nil || !given {
		return err
	}
	if s != "" && s == a.served().summary {
		return nil
	}
	if hasTag(s) {
		s = plainText(s, len(s))
	}
	a.post.Summary, err = label("summary", "a summary", s, coop.MaxSummary)
	return err
}

// served is what our own object of the post said before this patch; all of it is
// empty for a new one.
type served struct{ name, summary, content string }

func (a *applier) served() (s served) {
	if a.was.Slug == "" || a.was.Kind.Event() && a.was.When.IsZero() {
		return s
	}
	s.name, _ = nameOf(a.was) // of a title that is too short: as it is
	s.summary, s.content = summaryOf(a.was, s.name), contentOf(a.site, a.was, s.name)
	return s
}

// hasTag reports whether a text that should be plain is HTML after all.
func hasTag(s string) bool {
	lower, last := lowerASCII(s), strings.LastIndexByte(s, '>')
	for i := range len(s) {
		if s[i] == '<' && i < last {
			if _, end := tagAt(lower, i, last); end > 0 {
				return true
			}
		}
	}
	return false
}

// spoken reads a text that may be given once or by language. AS2 §4.7.
func (a *applier) spoken(member string) (s string, given bool, err error) {
	s, given, err = a.text(member)
	if given || err != nil {
		return s, given, err
	}
	raw, given := a.sent[member+"Map"]
	if rawNull(raw) {
		return "", given, nil
	}
	language, s := rawFirst(raw)
	if language == "" {
		return "", true, coop.Wrong(member+"Map", `this holds texts by language, like {"en": "…"}`)
	}
	return s, true, nil
}

// language reads inLanguage; else the first language of what was written counts,
// as it does for Mastodon.
func (a *applier) language() error {
	s, given, err := a.text("inLanguage")
	member := "inLanguage"
	if err != nil {
		return err
	}
	for _, m := range []string{"contentMap", "nameMap", "summaryMap"} {
		if !given && s == "" {
			if s, _ = rawFirst(a.sent[m]); s == "und" {
				s = ""
			}
			member = m
		}
	}
	switch {
	case s != "" && !coop.IsLanguage(s):
		return coop.Wrong(member, fmt.Sprintf("%.40q is no language tag, like en or de-AT", s))
	case s != "":
		a.post.Language = s
	case given || a.post.Language == "":
		a.post.Language = a.defaults.Language
	}
	return nil
}

// body reads the text: the source where it is Markdown, else the content, which
// is HTML unless mediaType says otherwise. AP §3.3. What we served as content has
// lines in it that are made of other members: it changes nothing when it comes
// back, or they would be in the text from then on, and the Markdown lost.
func (a *applier) body() error {
	if raw, given := a.sent["source"]; given && !rawNull(raw) {
		if done, err := a.source(); done || err != nil {
			return err
		}
	} else if given {
		a.post.Source = ""
	}
	s, given, err := a.spoken("content")
	if err != nil || !given || s != "" && s == a.served().content {
		return err
	}
	if s, err = a.longText("content", s); err != nil {
		return err
	}
	a.post.Source, a.post.Body = "", s
	kind, _, err := a.text("mediaType")
	if err != nil {
		return err
	}
	switch essence(kind) {
	case "", "text/html":
	case "text/markdown":
		a.post.Source, a.post.Body = s, ""
	case "text/plain":
		a.post.Body = paragraphs(s)
	default:
		return coop.Wrong("mediaType", fmt.Sprintf("content is text/html, text/markdown or text/plain, not %.60q", kind))
	}
	return nil
}

// source reads the source; done is false where it is of a type that we do not
// render, and the content has to stand for it.
func (a *applier) source() (done bool, err error) {
	d, ok := rawObject(a.sent["source"])
	if !ok {
		return false, coop.Wrong("source", `this is an object like {"mediaType": "text/markdown", "content": "…"}`)
	}
	if essence(d.str("mediaType")) != "text/markdown" {
		if rawNull(a.sent["content"]) && rawNull(a.sent["contentMap"]) {
			return false, coop.Wrong("source.mediaType", "a source is text/markdown; anything else needs its HTML in content")
		}
		return false, nil
	}
	s, ok := rawString(d["content"])
	if !ok {
		return false, coop.Wrong("source.content", "the Markdown is missing, or is no text between quotes")
	}
	if s, err = a.longText("source.content", s); err != nil {
		return false, err
	}
	a.post.Source, a.post.Body = s, ""
	return true, nil
}

// longText checks the length of a text and drops the controls in it.
func (a *applier) longText(member, s string) (string, error) {
	if len(s) > coop.MaxText {
		return "", coop.Wrong(member, fmt.Sprintf("a text has at most %d bytes; this one has %d", coop.MaxText, len(s)))
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' || c >= 0x7f && c <= 0x9f {
			return -1
		}
		return c
	}, s), nil
}

// essence is a media type without its parameters, in lower case. RFC 2046 §1.
func essence(mediaType string) string {
	s, _, _ := strings.Cut(mediaType, ";")
	return strings.ToLower(strings.TrimSpace(s))
}

// paragraphs makes HTML of plain text: empty lines separate paragraphs.
func paragraphs(s string) string {
	var b strings.Builder
	for _, p := range strings.Split(s, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(p), "\n", "<br>") + "</p>")
		}
	}
	return b.String()
}
