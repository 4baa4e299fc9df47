// SPDX-License-Identifier: AGPL-3.0-or-later

package content

import (
	"image"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Poster is what stands on the picture of an event, in plain text. Empty
// fields take no room.
type Poster struct {
	Title, When, Place string
	Coop               string // what the co-op is called; its colours come from it
	Kind               string // a word for what it is, as "Meetup"
}

// Measures of a poster, in pixels. 1200×630 is what link previews are cut to.
const (
	posterWidth, posterHeight = 1200, 630
	margin                    = 72
	strip                     = 104 // the pale one with the co-op's name
)

const (
	ink   uint8 = 0
	paper uint8 = 255
	faint       = 18 // of 255: how much paler than the ink a circle is
)

// PNG draws the poster, 1200×630. For most followers it is the first they see
// of an event, often as wide as a thumb: the title is as large as it can be on
// at most four lines. Characters that the font lacks are left out.
func (p Poster) PNG() ([]byte, error) {
	f, err := fonts()
	if err != nil {
		return nil, err
	}
	c := newCanvas(posterWidth, posterHeight)
	field := image.Rect(0, 0, posterWidth, posterHeight-strip)
	c.circles(field, digest(p.Coop))
	c.rect(image.Rect(0, field.Max.Y, posterWidth, posterHeight), paper)

	bottom, err := c.details(f, p, field.Max.Y-46)
	if err != nil {
		return nil, err
	}
	title := f.bold.drawable(p.Title)
	for _, other := range []string{p.Kind, p.Coop} {
		if title == "" {
			title = f.bold.drawable(other)
		}
	}
	top := 76
	b := f.bold.fit(title, box{width: posterWidth - 2*margin, height: bottom - 44 - top, lines: 4, from: 132, to: 34})
	if err := c.set(f.bold, b, margin, top, paper); err != nil {
		return nil, err
	}
	if err := c.sign(f, p, field.Max.Y+strip/2); err != nil {
		return nil, err
	}
	return c.png(schemeFor(p.Coop))
}

// details sets date and place upwards from a baseline; it returns where they begin.
func (c *canvas) details(f typefaces, p Poster, baseline int) (top int, err error) {
	width, smaller := posterWidth-2*margin, 0
	if utf8.RuneCountInString(p.Title) > 110 { // a title of that length has small type itself
		smaller = 8
	}
	place := f.regular.fitFew(f.regular.drawable(p.Place), box{width: width, height: 100, lines: 2, from: 40 - smaller, to: 30})
	when := f.bold.fitFew(f.bold.drawable(p.When), box{width: width, height: 100, lines: 2, from: 44 - smaller, to: 32})
	top = baseline
	for _, line := range []struct {
		t typeface
		b block
	}{{f.regular, place}, {f.bold, when}} {
		if len(line.b.lines) == 0 {
			continue
		}
		top -= line.b.height()
		if err := c.set(line.t, line.b, margin, top, paper); err != nil {
			return 0, err
		}
		top -= 26
	}
	return top, nil
}

// sign writes the co-op's name and the kind of event on the strip, around the
// line through its middle.
func (c *canvas) sign(f typefaces, p Poster, middle int) error {
	right := posterWidth - margin
	if kind := f.regular.fit(strings.ToUpper(f.regular.drawable(p.Kind)), box{width: 300, height: 40, lines: 1, from: 28, to: 22}); len(kind.lines) > 0 {
		right -= f.regular.width(kind.lines[0]) * kind.size / f.regular.em
		if err := c.set(f.regular, kind, right, middle-kind.height()/2, ink); err != nil {
			return err
		}
		right -= 40
	}
	const dot = 13
	name := f.bold.fit(f.bold.drawable(p.Coop), box{width: right - margin - 3*dot - 4, height: 44, lines: 1, from: 36, to: 26})
	c.ring(image.Rect(0, 0, c.w, c.h), margin+dot, middle, 0, dot, ink, 255)
	return c.set(f.bold, name, margin+3*dot+4, middle-name.height()/2, ink)
}

// set draws a block with the top of its capitals at top.
func (c *canvas) set(t typeface, b block, x, top int, tone uint8) error {
	for i, line := range b.lines {
		if err := c.text(t, b.size, x, top+capital(b.size)+i*leading(b.size), tone, line); err != nil {
			return err
		}
	}
	return nil
}

// circles draws the co-op's own figure: three circles that overlap at the right
// edge. They stay faint, so that text on them can be read.
func (c *canvas) circles(clip image.Rectangle, seed uint32) {
	take := func(n int) int {
		v := int(seed % uint32(n))
		seed = seed*1664525 + 1013904223
		return v
	}
	for range 3 {
		outer := 130 + take(150)
		inner := 0
		if take(2) == 0 {
			inner = outer * 6 / 10
		}
		c.ring(clip, 880+take(300), 40+take(460), inner, outer, paper, faint)
	}
}

// Icon draws the picture of a co-op that gave none, 400×400: its initials on
// its colour. With the co-op's name as the seed, the colour is the posters'.
func Icon(title, seed string) ([]byte, error) {
	f, err := fonts()
	if err != nil {
		return nil, err
	}
	const side = 400
	c := newCanvas(side, side)
	all := image.Rect(0, 0, side, side)
	v := digest(seed)
	c.ring(all, 60+int(v>>8%280), 60+int(v>>16%280), 0, 190, paper, faint)
	c.ring(all, 60+int(v>>20%280), 60+int(v>>4%280), 110, 190, paper, faint)
	letters := f.bold.initials(title)
	if letters == "" {
		c.ring(all, side/2, side/2, 70, 120, paper, 255)
		return c.png(schemeFor(seed))
	}
	b := f.bold.fit(letters, box{width: 270, height: 200, lines: 1, from: 190, to: 60})
	wide := f.bold.width(letters) * b.size / f.bold.em
	if err := c.set(f.bold, b, (side-wide)/2, (side-b.height())/2, paper); err != nil {
		return nil, err
	}
	return c.png(schemeFor(seed))
}

// initials are the first letters of the first and the last word, in capitals;
// of a single word its first two.
func (t typeface) initials(title string) string {
	words := strings.FieldsFunc(composed.Replace(title), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) || !t.has(r)
	})
	switch len(words) {
	case 0:
		return ""
	case 1:
		r := []rune(words[0])
		return strings.ToUpper(string(r[:min(2, len(r))]))
	}
	first, last := []rune(words[0]), []rune(words[len(words)-1])
	return strings.ToUpper(string(first[:1]) + string(last[:1]))
}
