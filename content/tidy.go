// SPDX-License-Identifier: AGPL-3.0-or-later

package content

import (
	"strings"

	"golang.org/x/net/html"
)

// kind is what an element may stand in and hold.
type kind int

const (
	inline kind = iota + 1 // holds text and inline elements
	para                   // holds the same, stands between blocks
	list                   // holds items only
	item                   // stands in a list, holds everything
	quote                  // holds everything
	brk                    // holds nothing
)

// kinds are the elements that are left; cell is one of a table, whose texts
// must not run into each other.
var kinds = map[string]kind{
	"a": inline, "span": inline, "strong": inline, "em": inline, "u": inline, "s": inline, "del": inline, "b": inline, "i": inline, "code": inline,
	"p": para, "h2": para, "h3": para, "h4": para, "pre": para,
	"ul": list, "ol": list, "li": item, "blockquote": quote, "br": brk, "td": 0, "th": 0,
}

// tidy writes sanitised HTML anew: every element closed, blocks never inside
// text, items in lists only, nothing empty, nothing nested beyond maxDepth. A
// parser sees in the result exactly the tree that was meant, which is what
// makes sanitising idempotent. It takes time and space linear in its input.
func tidy(s string) string {
	var t tidier
	z := html.NewTokenizer(strings.NewReader(s))
	for z.Next() != html.ErrorToken { // reading from a string fails at its end only
		tok := z.Token()
		name := tok.Data
		if to, ok := aliases[name]; ok {
			name = to
		}
		switch tok.Type {
		case html.TextToken:
			t.text(clean(tok.Data))
		case html.StartTagToken:
			t.start(name, tok.Attr)
		case html.EndTagToken:
			t.end(name)
		case html.SelfClosingTagToken:
			if kinds[name] == brk {
				t.start(name, nil)
			}
		}
	}
	t.closeTo(0)
	return strings.Trim(t.out.String(), " \t\n")
}

type tidier struct {
	out     strings.Builder
	open    []element // outermost first
	written int       // how many of open are in out; the others wait until they hold something
}

type element struct {
	name, tag string
	kind      kind
}

// top is the kind of the innermost element, quote where there is none: the
// document itself holds everything.
func (t *tidier) top() kind {
	if len(t.open) == 0 {
		return quote
	}
	return t.open[len(t.open)-1].kind
}

func (t *tidier) push(name, tag string) {
	room := maxDepth
	if kinds[name] == list {
		room-- // for the item
	}
	if len(t.open) < room {
		t.open = append(t.open, element{name: name, tag: tag, kind: kinds[name]})
	}
}

// closeTo closes elements until n are open. One that was never written held nothing.
func (t *tidier) closeTo(n int) {
	for len(t.open) > n {
		last := len(t.open) - 1
		if t.written > last {
			t.out.WriteString("</" + t.open[last].name + ">")
			t.written = last
		}
		t.open = t.open[:last]
	}
}

func (t *tidier) start(name string, attrs []html.Attribute) {
	tag := "<" + name + ">"
	switch k := kinds[name]; k {
	case inline:
		ok := true
		switch name {
		case "a":
			t.end("a") // links do not nest
			tag, ok = linkTag(attrs)
		case "span":
			c := classAttr(attrs)
			tag, ok = "<span"+c+">", c != ""
		}
		if ok {
			t.settle()
			t.push(name, tag)
		}
	case brk:
		t.hold()
		t.out.WriteString("<br>")
	case item:
		if !t.closeToList() {
			t.block("p", "<p>")
			return
		}
		t.push(name, tag)
	case para, list, quote:
		t.block(name, tag)
	default: // a cell
		t.text(" ")
	}
}

// block opens an element that cannot stand in text.
func (t *tidier) block(name, tag string) {
	n := len(t.open)
	for n > 0 && (t.open[n-1].kind == inline || t.open[n-1].kind == para) {
		n--
	}
	t.closeTo(n)
	t.settle()
	t.push(name, tag)
}

// settle opens an item where the innermost element is a list.
func (t *tidier) settle() {
	if t.top() == list {
		t.push("li", "<li>")
	}
}

// closeToList closes everything inside the innermost list; it reports false
// where there is none on this side of a quotation.
func (t *tidier) closeToList() bool {
	for n := len(t.open); n > 0; n-- {
		switch t.open[n-1].kind {
		case list:
			t.closeTo(n)
			return true
		case quote:
			return false
		}
	}
	return false
}

// end closes the innermost element of the name, with what is open inside it. It
// does not reach out of the block for an inline element, nor out of a list for
// an item.
func (t *tidier) end(name string) {
	k := kinds[name]
	for n := len(t.open) - 1; n >= 0; n-- {
		e := t.open[n]
		switch {
		case e.name == name:
			t.closeTo(n)
			return
		case k == inline && e.kind != inline, k == para && e.kind != inline, k == item && e.kind == list:
			return
		}
	}
}

// text writes text; white space alone opens nothing.
func (t *tidier) text(s string) {
	if strings.Trim(s, " \t\n") == "" {
		if t.top() == list {
			return
		}
		for _, e := range t.open[t.written:] {
			if e.kind != inline {
				return
			}
		}
		t.out.WriteString(s)
		return
	}
	t.hold()
	t.out.WriteString(escapeText.Replace(s))
}

// hold writes the start tags that waited for something to hold.
func (t *tidier) hold() {
	t.settle()
	for ; t.written < len(t.open); t.written++ {
		t.out.WriteString(t.open[t.written].tag)
	}
}

// dropped reports whether r is a control character or one that turns the
// direction of everything behind it.
func dropped(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' || r >= 0x7F && r < 0xA0 || r == '\u202D' || r == '\u202E' || r == '\uFEFF'
}

// clean removes what is dropped.
func clean(s string) string {
	if !strings.ContainsFunc(s, dropped) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if dropped(r) {
			return -1
		}
		return r
	}, s)
}
