// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clipped cuts s after n characters and says so.
func clipped(s string, n int) string {
	count := 0
	for i := range s {
		if count == n {
			return strings.TrimRightFunc(s[:i], unicode.IsSpace) + "…"
		}
		count++
	}
	return s
}

// plainLine makes one line of text that is safe to show: white space folded,
// controls, bidi overrides and invisible characters removed, no more than four
// combining marks on one another, cut after n characters. UTS #55, UTR #36.
func plainLine(s string, n int) string {
	var b strings.Builder
	b.Grow(min(len(s), 4*n))
	gap, marks := false, 0
	for _, c := range s {
		switch {
		case c > ' ' && c < 0x7f:
			marks = 0
		case unicode.IsSpace(c):
			gap = b.Len() > 0
			continue
		case unicode.IsControl(c) || c == unicode.ReplacementChar:
			continue
		case unicode.Is(unicode.Cf, c) && c != '\u200c' && c != '\u200d': // scripts and emoji need the two joiners
			continue
		case unicode.Is(unicode.Mn, c):
			if marks++; marks > 4 {
				continue
			}
		default:
			marks = 0
		}
		if gap {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(c)
	}
	return clipped(b.String(), n)
}

// maxHTML is how much of an HTML text is looked at, in bytes.
const maxHTML = 32 << 10

// plainText makes one line of text out of the beginning of an HTML text: tags
// cut, what scripts and styles hold dropped, references resolved once. The result
// is text, to be escaped wherever it is shown.
func plainText(s string, n int) string {
	if len(s) > maxHTML {
		s = strings.ToValidUTF8(s[:maxHTML], "")
		if i := strings.LastIndexByte(s, '<'); i > strings.LastIndexByte(s, '>') {
			s = s[:i] // a tag that is cut in two
		}
	}
	last := strings.LastIndexByte(s, '>')
	if last < 0 {
		return plainLine(html.UnescapeString(s), n) // no tag ends in it
	}
	lower := lowerASCII(s)
	var b strings.Builder
	b.Grow(len(s))
	for at := 0; at < len(s); {
		if s[at] != '<' {
			b.WriteByte(s[at])
			at++
			continue
		}
		name, end := tagAt(lower, at, last)
		switch {
		case end < 0: // a lonely less-than
			b.WriteByte('<')
			end = at + 1
		case name == "script" || name == "style":
			if i := strings.Index(lower[end:], "</"+name); i >= 0 {
				end += i
			} else {
				end = len(s)
			}
		case !inline[strings.TrimPrefix(name, "/")]:
			b.WriteByte(' ')
		}
		at = end
	}
	return plainLine(html.UnescapeString(b.String()), n)
}

// inline are the tags that do not separate words.
var inline = map[string]bool{"a": true, "abbr": true, "b": true, "code": true, "del": true, "em": true, "i": true, "s": true, "small": true,
	"span": true, "strong": true, "sub": true, "sup": true, "u": true}

// tagAt returns the name of the tag or comment that begins at s[at], with the
// slash of a closing one, and where it ends; -1 where there is none. s is in lower case, last the place
// of its last '>': without it, a text of nothing but "<a" would take a scan each.
func tagAt(s string, at, last int) (name string, end int) {
	if at > last {
		return "", -1 // what is never closed is text
	}
	i := at + 1
	if s[i] == '/' {
		i++
	}
	start := i
	for i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || i > start && s[i] >= '0' && s[i] <= '9') {
		i++
	}
	if i == start && s[at+1] != '!' && s[at+1] != '?' {
		return "", -1
	}
	if strings.HasPrefix(s[at:], "<!--") {
		if n := strings.Index(s[at:], "-->"); n >= 0 {
			return "!", at + n + len("-->")
		}
		return "!", len(s)
	}
	return s[at+1 : i], at + strings.IndexByte(s[at:], '>') + 1
}

// lowerASCII changes no length, unlike strings.ToLower.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// characters counts what people would call the length of a text.
func characters(s string) int { return utf8.RuneCountInString(s) }
