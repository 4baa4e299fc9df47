// SPDX-License-Identifier: AGPL-3.0-or-later

package content

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// canvas is a picture of two colours: each pixel says how much paper it has, 0
// being ink and 255 paper. All arithmetic is in integers, so that it looks the
// same on every machine.
type canvas struct {
	w, h int
	pix  []uint8
}

func newCanvas(w, h int) *canvas { return &canvas{w: w, h: h, pix: make([]uint8, w*h)} }

// mix moves a pixel towards the tone to by cover/255.
func mix(p *uint8, to uint8, cover int) {
	*p = uint8((int(*p)*(255-cover) + int(to)*cover + 127) / 255)
}

// rect fills a rectangle.
func (c *canvas) rect(r image.Rectangle, tone uint8) {
	r = r.Intersect(image.Rect(0, 0, c.w, c.h))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.pix[y*c.w+r.Min.X : y*c.w+r.Max.X]
		for i := range row {
			row[i] = tone
		}
	}
}

// ring moves every pixel between two circles towards the tone by weight/255;
// an inner radius of 0 makes a disc. What lies in clip is drawn, no more.
func (c *canvas) ring(clip image.Rectangle, cx, cy, inner, outer int, tone uint8, weight int) {
	r := image.Rect(cx-outer-1, cy-outer-1, cx+outer+2, cy+outer+2).Intersect(clip).Intersect(image.Rect(0, 0, c.w, c.h))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if n := cover(x-cx, y-cy, outer) - cover(x-cx, y-cy, inner); n > 0 {
				mix(&c.pix[y*c.w+x], tone, n*weight/16)
			}
		}
	}
}

// cover is how many of the sixteen points of the pixel at x, y lie in a circle
// of the radius around the origin.
func cover(x, y, radius int) int {
	if radius <= 0 {
		return 0
	}
	ax, ay := max(x, -x), max(y, -y)
	if d := ax*ax + ay*ay; d <= (radius-2)*(radius-2) && radius > 2 {
		return 16
	} else if d >= (radius+2)*(radius+2) {
		return 0
	}
	n := 0
	for sy := range 4 {
		for sx := range 4 {
			dx, dy := 8*x+2*sx-3, 8*y+2*sy-3 // in eighths of a pixel
			if dx*dx+dy*dy <= 64*radius*radius {
				n++
			}
		}
	}
	return n
}

// png encodes the canvas in the colours of the scheme.
func (c *canvas) png(s scheme) ([]byte, error) {
	m := &image.Paletted{Pix: make([]uint8, len(c.pix)), Stride: c.w, Rect: image.Rect(0, 0, c.w, c.h), Palette: s.ramp()}
	for i, v := range c.pix {
		m.Pix[i] = uint8((int(v)*(levels-1) + 127) / 255)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return nil, fmt.Errorf("encode PNG: %w", err)
	}
	return b.Bytes(), nil
}

// typeface is a font that can be measured without being drawn.
type typeface struct {
	font  *opentype.Font
	em    int // units of the font in a size
	space int // width of a space in them
}

type typefaces struct{ regular, bold typeface }

// fonts are the Go fonts: Latin, Greek and Cyrillic. They are part of the program.
var fonts = sync.OnceValues(func() (f typefaces, err error) {
	if f.regular, err = parse(goregular.TTF); err != nil {
		return typefaces{}, err
	}
	f.bold, err = parse(gobold.TTF)
	return f, err
})

func parse(ttf []byte) (typeface, error) {
	f, err := opentype.Parse(ttf)
	if err != nil {
		return typeface{}, fmt.Errorf("parse font: %w", err)
	}
	t := typeface{font: f, em: int(f.UnitsPerEm())}
	t.space = t.width(" ")
	return t, nil
}

// has reports whether the font can draw r.
func (t typeface) has(r rune) bool {
	i, err := t.font.GlyphIndex(nil, r)
	return err == nil && i != 0
}

// width is how wide s is, in units of the font. Go's fonts have no kerning.
func (t typeface) width(s string) int {
	var b sfnt.Buffer
	w := 0
	for _, r := range s {
		i, err := t.font.GlyphIndex(&b, r)
		if err != nil {
			continue
		}
		if a, err := t.font.GlyphAdvance(&b, i, fixed.I(t.em), font.HintingNone); err == nil {
			w += a.Round()
		}
	}
	return w
}

// text draws s with its baseline at y, from x on.
func (c *canvas) text(t typeface, size, x, y int, tone uint8, s string) error {
	face, err := opentype.NewFace(t.font, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return fmt.Errorf("open font: %w", err)
	}
	defer func() { _ = face.Close() }() // nothing is held
	dot := fixed.P(x, y)
	for _, r := range s {
		dr, mask, at, advance, ok := face.Glyph(dot, r)
		if alpha, is := mask.(*image.Alpha); ok && is {
			c.glyph(dr, alpha, at, tone)
		}
		dot.X += advance
	}
	return nil
}

func (c *canvas) glyph(dr image.Rectangle, mask *image.Alpha, at image.Point, tone uint8) {
	for y := max(dr.Min.Y, 0); y < min(dr.Max.Y, c.h); y++ {
		for x := max(dr.Min.X, 0); x < min(dr.Max.X, c.w); x++ {
			if a := mask.Pix[mask.PixOffset(at.X+x-dr.Min.X, at.Y+y-dr.Min.Y)]; a != 0 {
				mix(&c.pix[y*c.w+x], tone, int(a))
			}
		}
	}
}
