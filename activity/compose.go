// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"

	"plenum/coop"
)

// contentOf is the body with what a reader would miss in it: most servers show
// the content of a post and none of its members. What the body links to already
// is not said again. Title and date are not repeated, as event servers show both;
// a note has no place but its content where a title would be seen.
func contentOf(s coop.Site, p coop.Post, name string) string {
	w := coop.WordsFor(p.Language)
	var b strings.Builder
	if p.Kind == coop.Note && name != "" {
		b.WriteString("<p><strong>" + html.EscapeString(name) + "</strong></p>")
	}
	if len(p.Speakers) > 0 {
		b.WriteString("<p>" + html.EscapeString(w.Speakers) + ": " + speakersHTML(p) + "</p>")
	}
	b.WriteString(p.Body)
	if p.Online != "" && !links(p.Body, p.Online) {
		b.WriteString("<p>" + html.EscapeString(w.Online) + ": " + anchor(p.Online, bare(p.Online), "") + "</p>")
	}
	b.WriteString(paragraph(" · ", linksHTML(p)))
	if p.Original != "" && !links(p.Body, p.Original) {
		b.WriteString("<p>" + html.EscapeString(w.First) + " " + anchor(p.Original, bare(p.Original), "") + "</p>")
	}
	b.WriteString(paragraph(" ", hashtagsHTML(s, p)))
	if b.Len() == 0 { // Mobilizon and Gancio refuse a post that says nothing
		return "<p>" + html.EscapeString(firstOf(line(p.Line()), name, bare(s.Page(p.Coop, p.Slug)))) + "</p>"
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

func paragraph(between string, parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	return "<p>" + strings.Join(parts, between) + "</p>"
}

// anchor is a link. attributes begin with a space.
func anchor(href coop.IRI, text, attributes string) string {
	return `<a href="` + html.EscapeString(string(href)) + `"` + attributes + ">" + html.EscapeString(text) + "</a>"
}

// links reports whether sanitised HTML links to i.
func links(body string, i coop.IRI) bool {
	return strings.Contains(body, `href="`+string(i)+`"`) || strings.Contains(body, `href="`+html.EscapeString(string(i))+`"`)
}

// speakersHTML names the speakers, each linked. One who is mentioned, and so is
// told of the post, is named the way Mastodon marks a mention.
func speakersHTML(p coop.Post) string {
	out := make([]string, len(p.Speakers))
	for i, who := range p.Speakers {
		switch user, ok := mentionedAs(p, who.URL); {
		case ok:
			out[i] = `<span class="h-card"><a href="` + html.EscapeString(string(who.URL)) + `" class="u-url mention">@<span>` +
				html.EscapeString(user) + "</span></a></span> (" + html.EscapeString(who.Name) + ")"
		case who.URL != "":
			out[i] = anchor(who.URL, who.Name, "")
		default:
			out[i] = html.EscapeString(who.Name)
		}
	}
	return strings.Join(out, ", ")
}

// mentionedAs returns the user name of the mention of an actor.
func mentionedAs(p coop.Post, actor coop.IRI) (user string, ok bool) {
	for _, m := range p.Mentions {
		if m.Actor == actor {
			user, _, _ = strings.Cut(strings.TrimPrefix(m.Handle, "@"), "@")
			return user, user != ""
		}
	}
	return "", false
}

func linksHTML(p coop.Post) []string {
	var out []string
	for _, l := range p.Links {
		if !links(p.Body, l.URL) {
			out = append(out, anchor(l.URL, firstOf(l.Name, bare(l.URL)), ""))
		}
	}
	return out
}

// hashtagsHTML are the hashtags as Mastodon writes them, by which it tells them
// from links of which it could make a card.
func hashtagsHTML(s coop.Site, p coop.Post) []string {
	var out []string
	for _, t := range hashtags(p) {
		if u := s.Tag(t); !links(p.Body, u) {
			out = append(out, `<a href="`+html.EscapeString(string(u))+`" class="mention hashtag" rel="tag">#<span>`+html.EscapeString(t)+"</span></a>")
		}
	}
	return out
}

func previewOf(name, summary string) string {
	return "<p><strong>" + html.EscapeString(name) + "</strong></p><p>" + html.EscapeString(summary) + "</p>"
}

// maxMisskey is how much of an event's text Misskey is given, in characters; the
// page has the rest. Misskey cuts a note at 8192.
const maxMisskey = 3000

// misskeyOf is what Misskey and its kin show behind the summary: the title, which
// they would not show otherwise, the text, the page and the hashtags.
func misskeyOf(s coop.Site, p coop.Post, name, summary string) string {
	parts := []string{"**" + strings.ReplaceAll(name, "**", "*") + "**"}
	if p.Kind == coop.Report {
		parts = append(parts, summary)
	} else {
		if names := p.SpeakerNames(); names != "" {
			parts = append(parts, coop.WordsFor(p.Language).Speakers+": "+names)
		}
		if text := strings.TrimSpace(p.Text); text != "" {
			parts = append(parts, cut(text, maxMisskey))
		}
	}
	last := []string{string(s.Page(p.Coop, p.Slug))}
	for _, t := range hashtags(p) {
		last = append(last, "#"+t)
	}
	return strings.ToValidUTF8(strings.Join(append(parts, strings.Join(last, " ")), "\n\n"), "\uFFFD")
}

var (
	tagLike = regexp.MustCompile(`<([A-Za-z/!?][^<>]*)>`)
	refLike = regexp.MustCompile(`&(#|[A-Za-z][A-Za-z0-9]*;)`)
)

// line makes one line of plain text that means the same whether it is read as
// HTML, as Mastodon does, or as text, as Misskey does: white space is folded,
// and what HTML would take for a tag or a character reference is written with
// other signs that look alike.
func line(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	s = tagLike.ReplaceAllString(s, "‹$1›")
	s = strings.ReplaceAll(s, "<", "‹")
	return refLike.ReplaceAllString(s, "＆$1")
}

// cut is s, or what fits into most characters of it with an ellipsis behind it.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	r := []rune(s)[:most-1]
	for i := len(r) - 1; i > most-40 && i > 0; i-- {
		if r[i] == ' ' || r[i] == '\n' {
			r = r[:i]
			break
		}
	}
	return strings.TrimRight(string(r), " \n,;:·–-") + "…"
}
