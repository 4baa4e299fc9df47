// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"plenum/coop"
)

// plainText takes sanitised HTML and returns its words on one line, for where
// markup cannot stand: descriptions and the short text of a card. What it returns
// is text, which the templates escape.
func plainText(s string) string {
	var b strings.Builder
	for s != "" {
		text, rest, tag := strings.Cut(s, "<")
		b.WriteString(text)
		if !tag {
			break
		}
		name, after, _ := strings.Cut(rest, ">")
		if !inline[tagName(name)] {
			b.WriteByte(' ')
		}
		s = after
	}
	return oneLine(html.UnescapeString(b.String()))
}

// inline are the elements that do not part words.
var inline = map[string]bool{
	"a": true, "strong": true, "em": true, "b": true, "i": true, "u": true,
	"s": true, "del": true, "code": true, "span": true,
}

// tagName is the element's name of what stands in a tag.
func tagName(s string) string {
	s = strings.TrimPrefix(s, "/")
	if n := strings.IndexAny(s, " \t\r\n/"); n >= 0 {
		s = s[:n]
	}
	return strings.ToLower(s)
}

// oneLine folds white space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// excerpt cuts s, folded to one line, to at most limit characters, between words
// where it can, and says so with an ellipsis.
func excerpt(s string, limit int) string {
	s = oneLine(s)
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n == limit-1 {
			s = s[:i]
			break
		}
		n++
	}
	if i := strings.LastIndexByte(s, ' '); i > len(s)/2 {
		s = s[:i]
	}
	return strings.TrimRight(s, " ,;:–-") + "…"
}

// unbroken keeps words with a hyphen on one line: balanced lines of a heading
// would end within them.
func unbroken(s string) string { return strings.ReplaceAll(s, "-", "-\u2060") }

// sentence begins with a capital letter: the summary of an event is written to
// stand behind its date and place, and on the pages it stands alone.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	second, _ := utf8.DecodeRuneInString(s[size:])
	if first == utf8.RuneError || unicode.IsUpper(second) || unicode.IsDigit(second) || second == '.' { // iX, c3d2, e.g.
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// formatName is what people call a media type, empty for a web page.
func formatName(mediaType string) string {
	t, _, _ := strings.Cut(strings.ToLower(mediaType), ";")
	switch t = strings.TrimSpace(t); {
	case t == "application/pdf":
		return "PDF"
	case t == "text/calendar":
		return "ICS"
	case strings.HasPrefix(t, "video/"):
		return "Video"
	case strings.HasPrefix(t, "audio/"):
		return "Audio"
	}
	return ""
}

// linkable reports whether a profile's value is an address that is linked.
func linkable(s string) bool {
	return strings.HasPrefix(s, "https://") && coop.HostOf(coop.IRI(s)) != "" && !strings.ContainsAny(s, " \t\r\n")
}

// shortURL is an address as people read it: no scheme, no slash at the end.
func shortURL(s string) string {
	_, rest, ok := strings.Cut(s, "://")
	if !ok {
		return s
	}
	return strings.TrimSuffix(strings.TrimPrefix(rest, "www."), "/")
}

// browserName is what people call the browser that calls itself agent, with the
// system that it runs on; empty where it says nothing that one knows.
func browserName(agent string) string {
	name := firstOf(agent, [][2]string{
		{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Chromium/", "Chromium"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	})
	system := firstOf(agent, [][2]string{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	})
	switch {
	case name == "":
		return excerpt(agent, 60)
	case system == "":
		return name
	}
	return name + ", " + system
}

// firstOf is the second of the first pair whose first stands in s.
func firstOf(s string, pairs [][2]string) string {
	for _, p := range pairs {
		if strings.Contains(s, p[0]) {
			return p[1]
		}
	}
	return ""
}
