// SPDX-License-Identifier: AGPL-3.0-or-later

package content

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// Text is HTML as plain text: paragraphs separated by blank lines, items behind
// a hyphen or their number, quotations behind "> ", of links their text.
func Text(s string) string {
	return Plain(Sanitise(s))
}

// Plain is Text of what Sanitise returned.
func Plain(sanitised string) string {
	var p plain
	z := html.NewTokenizer(strings.NewReader(sanitised))
	for z.Next() != html.ErrorToken {
		tok := z.Token()
		switch tok.Type {
		case html.TextToken:
			p.text(tok.Data)
		case html.StartTagToken:
			p.start(tok.Data)
		case html.EndTagToken:
			p.end(tok.Data)
		}
	}
	p.breakLine()
	return strings.TrimRight(strings.Join(p.lines, "\n"), "\n")
}

// plain collects lines.
type plain struct {
	lines  []string
	line   strings.Builder // the last one, unfinished
	blank  bool            // a blank line comes before the next text
	space  bool            // a space comes before the next word
	pre    bool
	quotes int
	lists  []listing
	marker string // of an item that has no text yet
}

type listing struct {
	ordered bool
	items   int
}

func (p *plain) start(name string) {
	switch kinds[name] {
	case brk:
		if p.line.Len() == 0 {
			p.lines = append(p.lines, "")
		}
		p.breakLine()
	case para:
		p.block()
		p.pre = name == "pre"
	case quote:
		p.block()
		p.quotes++
	case list:
		if len(p.lists) == 0 {
			p.block()
		}
		p.lists = append(p.lists, listing{ordered: name == "ol"})
	case item:
		p.item()
	}
}

func (p *plain) end(name string) {
	switch kinds[name] {
	case para:
		p.block()
		p.pre = false
	case quote:
		p.block()
		p.quotes--
	case list:
		p.lists = p.lists[:len(p.lists)-1]
		p.breakLine()
		p.blank = p.blank || len(p.lists) == 0
	}
}

// item begins an item on a line of its own; items stand close together.
func (p *plain) item() {
	p.breakLine()
	l := &p.lists[len(p.lists)-1]
	if l.items++; l.items > 1 || len(p.lists) > 1 {
		p.blank = false
	}
	p.marker = "- "
	if l.ordered {
		p.marker = strconv.Itoa(l.items) + ". "
	}
}

// block ends the line and asks for a blank one, but between an item's marker
// and its text.
func (p *plain) block() {
	p.breakLine()
	p.blank = p.blank || p.marker == ""
}

func (p *plain) breakLine() {
	if p.line.Len() > 0 {
		p.lines = append(p.lines, p.line.String())
		p.line.Reset()
	}
	p.space = false
}

// begin writes what stands before the text of a line.
func (p *plain) begin() {
	if p.blank && len(p.lists) < 2 && len(p.lines) > 0 && p.lines[len(p.lines)-1] != "" {
		p.lines = append(p.lines, "")
	}
	p.blank = false
	p.line.WriteString(strings.Repeat("> ", p.quotes))
	depth := len(p.lists)
	if p.marker != "" {
		depth--
	}
	p.line.WriteString(strings.Repeat("  ", depth) + p.marker)
	p.marker = ""
}

func (p *plain) text(s string) {
	for _, r := range s {
		switch {
		case r == '\n' && p.pre:
			if p.line.Len() == 0 && len(p.lines) > 0 {
				p.lines = append(p.lines, "")
			}
			p.breakLine()
			continue
		case !p.pre && (r == ' ' || r == '\t' || r == '\n'):
			p.space = p.line.Len() > 0
			continue
		}
		if p.line.Len() == 0 {
			p.begin()
		} else if p.space {
			p.line.WriteByte(' ')
		}
		p.space = false
		p.line.WriteRune(r)
	}
}

// Line makes one plain line of s: control characters, characters that turn the
// direction of text and those without width removed, white space folded, cut
// at max characters with "…", at a space where one is near. Markup is text
// like any other: a title may speak of <br>.
func Line(s string, max int) string {
	out := make([]rune, 0, min(len(s), 1024))
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case unicode.IsSpace(r):
			for len(out) > 0 && joiner(out[len(out)-1]) {
				out = out[:len(out)-1]
			}
			if r = ' '; len(out) == 0 || out[len(out)-1] == ' ' {
				continue
			}
		case r == '\u200C' || r == '\u200D': // joins the parts of an emoji, shapes Persian and Indic letters
			if len(out) == 0 || out[len(out)-1] < 0x300 || joiner(out[len(out)-1]) {
				continue
			}
		case unicode.IsControl(r) || invisible(r):
			continue
		case r < 0x300 && len(out) > 0 && joiner(out[len(out)-1]):
			out = out[:len(out)-1]
		}
		out = append(out, r)
	}
	for len(out) > 0 && (out[len(out)-1] == ' ' || joiner(out[len(out)-1])) {
		out = out[:len(out)-1]
	}
	return string(cut(out, max))
}

// cut shortens s to max characters, never between a character and its marks.
func cut(s []rune, max int) []rune {
	if len(s) <= max {
		return s
	}
	if max < 1 {
		return nil
	}
	n := max - 1
	for back := n; back > max-20 && back > max/2; back-- {
		if s[back] == ' ' {
			n = back
			break
		}
	}
	for n > 0 && (unicode.IsMark(s[n]) || joiner(s[n]) || joiner(s[n-1]) || s[n-1] == ' ') {
		n--
	}
	return append(s[:n:n], '…')
}

func joiner(r rune) bool { return r == '\u200C' || r == '\u200D' }

// invisible reports whether r has no width or turns the direction of text.
func invisible(r rune) bool {
	return r == '\u00AD' || r == '\u034F' || r == '\u061C' || r == '\u180E' || r == '\u3164' || r == '\uFEFF' ||
		r >= '\u200B' && r <= '\u200F' || r >= '\u202A' && r <= '\u202E' || r >= '\u2060' && r <= '\u206F' ||
		r >= '\uFFF9' && r <= '\uFFFB' || r >= 0xE0000 && r <= 0xE007F
}
