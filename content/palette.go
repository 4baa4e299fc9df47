// SPDX-License-Identifier: AGPL-3.0-or-later

package content

import (
	"hash/fnv"
	"image/color"
)

// scheme is the pair of colours of a co-op: a deep one and a pale one of the
// same hue, more than 9:1 apart. WCAG 2.2 §1.4.6 asks for 7:1.
type scheme struct{ ink, paper color.RGBA }

// schemes are even steps around the OKLCH circle (lightness 0.36 and 0.965), so
// that no co-op is louder than another. Their number and order decide which
// co-op has which: a change repaints everybody.
var schemes = [...]scheme{
	{rgb(0x15387d), rgb(0xeef4ff)}, // blue
	{rgb(0x392e7b), rgb(0xf2f2fe)}, // indigo
	{rgb(0x552269), rgb(0xf8f0fc)}, // violet
	{rgb(0x67184c), rgb(0xfdeff6)}, // plum
	{rgb(0x6e1434), rgb(0xfeeff2)}, // wine
	{rgb(0x711518), rgb(0xfef0ee)}, // brick
	{rgb(0x672600), rgb(0xfff0ea)}, // rust
	{rgb(0x543600), rgb(0xfbf2e6)}, // bronze
	{rgb(0x2b4700), rgb(0xeff6ea)}, // moss
	{rgb(0x004a27), rgb(0xebf7ee)}, // fir
	{rgb(0x01483e), rgb(0xe7f8f4)}, // pine
	{rgb(0x01464c), rgb(0xe6f7f9)}, // teal
	{rgb(0x00435f), rgb(0xe8f6fe)}, // ocean
}

func rgb(v uint32) color.RGBA {
	return color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF}
}

// digest is what colours and shapes are chosen by.
func digest(seed string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(seed)) // a hash never fails
	v := h.Sum32()
	v ^= v >> 16 // FNV alone mixes short strings badly
	v *= 0x85ebca6b
	v ^= v >> 13
	return v
}

func schemeFor(seed string) scheme { return schemes[digest(seed)%uint32(len(schemes))] }

// levels is how many steps there are between ink and paper: few enough for
// small files, enough for smooth edges.
const levels = 64

// ramp is the palette from ink to paper.
func (s scheme) ramp() color.Palette {
	p := make(color.Palette, levels)
	for i := range p {
		mix := func(a, b uint8) uint8 {
			return uint8((int(a)*(levels-1-i) + int(b)*i + (levels-1)/2) / (levels - 1))
		}
		p[i] = color.RGBA{R: mix(s.ink.R, s.paper.R), G: mix(s.ink.G, s.paper.G), B: mix(s.ink.B, s.paper.B), A: 0xFF}
	}
	return p
}
