// SPDX-License-Identifier: AGPL-3.0-or-later

package content_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"plenum/content"
	"plenum/coop"
)

var (
	red   = color.RGBA{R: 0xE0, A: 0xFF}
	green = color.RGBA{G: 0xE0, A: 0xFF}
	blue  = color.RGBA{B: 0xE0, A: 0xFF}
	white = color.RGBA{R: 0xFF, G: 0xFF, B: 0xFF, A: 0xFF}
)

// quarters is a picture of four colours: red and green above blue and white.
func quarters(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, [2][2]color.RGBA{{red, green}, {blue, white}}[2*y/h][2*x/w])
		}
	}
	return m
}

func asPNG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// corners are the colours in the middle of the four quarters, row by row.
func corners(m image.Image) []color.RGBA {
	var out []color.RGBA
	b := m.Bounds()
	for _, p := range []image.Point{{1, 1}, {3, 1}, {1, 3}, {3, 3}} {
		c := color.RGBAModel.Convert(m.At(b.Min.X+p.X*b.Dx()/4, b.Min.Y+p.Y*b.Dy()/4)).(color.RGBA)
		out = append(out, color.RGBA{R: c.R &^ 0x1F, G: c.G &^ 0x1F, B: c.B &^ 0x1F, A: c.A})
	}
	return out
}

func roughly(cs ...color.RGBA) []color.RGBA {
	for i := range cs {
		cs[i].R, cs[i].G, cs[i].B = cs[i].R&^0x1F, cs[i].G&^0x1F, cs[i].B&^0x1F
	}
	return cs
}

// exif is a TIFF block with an orientation and a text as it stands in a photograph.
func exif(order binary.AppendByteOrder, orientation uint16, note string) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(order.AppendUint16(b, 0x010F), 2) // Make, ASCII
	b = order.AppendUint32(order.AppendUint32(b, uint32(len(note))), 38)
	b = order.AppendUint16(order.AppendUint16(b, 0x0112), 3) // Orientation, SHORT
	b = order.AppendUint16(order.AppendUint16(order.AppendUint32(b, 1), orientation), 0)
	b = order.AppendUint32(b, 0)
	return append(b, note...)
}

// withEXIF puts an APP1 segment behind the start of a JPEG.
func withEXIF(jpg, tiff []byte) []byte {
	body := append([]byte("Exif\x00\x00"), tiff...)
	seg := binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(body)+2))
	return slices.Concat(jpg[:2], seg, body, jpg[2:])
}

// chunk is a chunk of a PNG.
func chunk(name string, body []byte) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), name...)
	b = append(b, body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func reencode(in []byte) (out []byte, mediaType string, w, h int, err error) {
	f, err := content.Reencode(in)
	return f.Data, f.MediaType, f.Width, f.Height, err
}

func TestAPhotographIsPutUprightAndSaysNothingMore(t *testing.T) {
	t.Parallel()
	// What a camera stores for the picture red green over blue white, held in each of eight ways.
	for o, stored := range map[uint16][4]color.RGBA{
		1: {red, green, blue, white}, 2: {green, red, white, blue}, 3: {white, blue, green, red}, 4: {blue, white, red, green},
		5: {red, blue, green, white}, 6: {green, white, red, blue}, 7: {white, green, blue, red}, 8: {blue, red, white, green},
	} {
		const w, h = 64, 32
		m := image.NewRGBA(image.Rect(0, 0, w, h))
		for y := range h {
			for x := range w {
				m.SetRGBA(x, y, stored[2*(2*y/h)+2*x/w])
			}
		}
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			in := withEXIF(asJPEG(t, m), exif(order, o, "GPS 52.5N 13.4E"))
			out, mediaType, gw, gh, err := reencode(in)
			if err != nil || mediaType != "image/jpeg" {
				t.Fatalf("orientation %d: %s, %v", o, mediaType, err)
			}
			if want := o >= 5; (gw == h && gh == w) != want {
				t.Errorf("orientation %d: got %d×%d", o, gw, gh)
			}
			got, err := jpeg.Decode(bytes.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			if c := corners(got); !slices.Equal(c, roughly(red, green, blue, white)) {
				t.Errorf("orientation %d: got %v", o, c)
			}
			if bytes.Contains(out, []byte("GPS")) || bytes.Contains(out, []byte("Exif")) { // M03
				t.Errorf("orientation %d: metadata is left", o)
			}
		}
	}
}

func TestOrientationOfAPNGIsObeyed(t *testing.T) {
	t.Parallel()
	in := asPNG(t, quarters(8, 4))
	const header = 8 + 25
	in = slices.Concat(in[:header], chunk("eXIf", exif(binary.BigEndian, 6, "")), chunk("tEXt", []byte("Comment\x00GPS")), in[header:], []byte("<script>alert(1)</script>"))
	out, mediaType, w, h, err := reencode(in)
	if err != nil || mediaType != "image/png" || w != 4 || h != 8 {
		t.Fatalf("got %s, %d×%d, %v", mediaType, w, h, err)
	}
	if got := corners(decode(t, out)); !slices.Equal(got, roughly(blue, red, white, green)) {
		t.Errorf("got %v", got)
	}
	if bytes.Contains(out, []byte("GPS")) || bytes.Contains(out, []byte("<script")) { // M01, polyglot
		t.Error("something besides the pixels is left")
	}
}

func TestLargePicturesAreMadeSmaller(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ w, h, wantW, wantH int }{
		{1600, 90, 1600, 90}, {1601, 80, 1600, 80}, {3300, 200, 1600, 97}, {30, 4000, 12, 1600}, {1, 9000, 1, 1600},
	} {
		out, _, w, h, err := reencode(asPNG(t, quarters(c.w, c.h)))
		if err != nil || w != c.wantW || h != c.wantH {
			t.Errorf("%d×%d: got %d×%d, %v, want %d×%d", c.w, c.h, w, h, err, c.wantW, c.wantH)
			continue
		}
		m := decode(t, out)
		if m.Bounds().Dx() != w || m.Bounds().Dy() != h {
			t.Errorf("%d×%d: the picture is %v", c.w, c.h, m.Bounds())
		}
		if got := corners(m); c.w > 1 && !slices.Equal(got, roughly(red, green, blue, white)) {
			t.Errorf("%d×%d: got %v", c.w, c.h, got)
		}
	}
}

func TestTransparencyStays(t *testing.T) {
	t.Parallel()
	in := quarters(40, 40)
	in.SetRGBA(10, 10, color.RGBA{})
	out, mediaType, _, _, err := reencode(asPNG(t, in))
	if err != nil || mediaType != "image/png" {
		t.Fatal(mediaType, err)
	}
	if _, _, _, a := decode(t, out).At(10, 10).RGBA(); a != 0 {
		t.Errorf("got alpha %d", a)
	}
}

func TestALargePNGWithoutTransparencyBecomesAJPEG(t *testing.T) {
	t.Parallel()
	m := quarters(600, 600)
	v := uint32(1)
	for i := range m.Pix {
		if v = v*1664525 + 1013904223; i%4 != 3 {
			m.Pix[i] = uint8(v >> 24)
		}
	}
	if _, mediaType, _, _, err := reencode(asPNG(t, m)); err != nil || mediaType != "image/jpeg" {
		t.Errorf("got %s, %v", mediaType, err)
	}
}

func TestOtherFormatsBecomePNG(t *testing.T) {
	t.Parallel()
	var g bytes.Buffer
	if err := gif.Encode(&g, quarters(8, 8), nil); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string][]byte{
		"GIF with a script behind it": append(g.Bytes(), "*/=1;alert(1)"...),
		"lossless WebP":               base64Of(t, "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="),
		"lossy WebP":                  base64Of(t, "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"),
	} {
		out, mediaType, _, _, err := reencode(in)
		if err != nil || mediaType != "image/png" || bytes.Contains(out, []byte("alert")) {
			t.Errorf("%s: got %s, %v", name, mediaType, err)
		}
	}
}

func base64Of(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatIsNoPictureIsRefused(t *testing.T) {
	t.Parallel()
	whole := asPNG(t, quarters(64, 64))
	huge := slices.Concat(whole[:8], chunk("IHDR", []byte{0, 0, 0x7F, 0xFF, 0, 0, 0x7F, 0xFF, 8, 6, 0, 0, 0}), whole[33:])
	deep := slices.Concat(whole[:8], chunk("IHDR", []byte{0, 0, 0x17, 0, 0, 0, 0x17, 0, 16, 6, 0, 0, 0}), whole[33:])
	scans := slices.Concat([]byte{0xFF, 0xD8, 0xFF, 0xC2, 0, 11, 8, 0x17, 0, 0x17, 0, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 2})
	for name, c := range map[string]struct {
		in   []byte
		want coop.Code
	}{
		"nothing":                  {nil, coop.Unsupported},
		"SVG":                      {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), coop.Unsupported},
		"HTML":                     {[]byte("<!doctype html><script>alert(1)</script>"), coop.Unsupported},
		"PDF":                      {[]byte("%PDF-1.7\n"), coop.Unsupported},
		"BMP":                      {[]byte("BM" + strings.Repeat("\x00", 60)), coop.Unsupported},
		"half a PNG":               {whole[:len(whole)/2], coop.Invalid},
		"the name of a GIF":        {[]byte("GIF89a\x08\x00\x08\x00<script>"), coop.Invalid},
		"the name of a WebP":       {[]byte("RIFF\x00\x00\x00\x00WEBPVP8 "), coop.Invalid},
		"the start of a JPEG":      {[]byte("\xFF\xD8\xFF"), coop.Invalid},
		"a PNG of 1 GP":            {huge, coop.TooLarge},
		"a PNG of 34 MP, 16 bits":  {deep, coop.TooLarge},
		"a JPEG of 34 MP in scans": {scans, coop.TooLarge},
	} {
		if _, _, _, _, err := reencode(c.in); coop.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func FuzzReencode(f *testing.F) {
	m := image.NewRGBA(image.Rect(0, 0, 2, 2))
	var j bytes.Buffer
	if err := jpeg.Encode(&j, m, nil); err != nil {
		f.Fatal(err)
	}
	f.Add(withEXIF(j.Bytes(), exif(binary.LittleEndian, 8, "x")))
	f.Add([]byte("RIFF\x1A\x00\x00\x00WEBPVP8 \x01\x00\x00\x00xEXIF\x00\x00\x00\x00"))
	f.Add(append([]byte("\x89PNG\r\n\x1A\n"), chunk("eXIf", exif(binary.BigEndian, 3, ""))...))
	f.Add(animated(f, base64Of(f, "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")))
	f.Fuzz(func(t *testing.T, in []byte) {
		out, mediaType, w, h, err := reencode(in)
		if (err == nil) != (len(out) > 0 && mediaType != "" && w > 0 && h > 0) {
			t.Errorf("got %d bytes, %q, %d×%d, %v", len(out), mediaType, w, h, err)
		}
	})
}
