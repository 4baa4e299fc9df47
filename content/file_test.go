// SPDX-License-Identifier: AGPL-3.0-or-later

package content_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"slices"
	"strings"
	"testing"

	"github.com/bbrks/go-blurhash"

	"plenum/content"
	"plenum/coop"
)

const calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n"

// M01: what a file is, its content says; what a browser could run is not taken.
func TestFilesAreWhatTheyHold(t *testing.T) {
	t.Parallel()
	picture := asPNG(t, quarters(8, 8))
	for name, c := range map[string]struct {
		in        []byte
		mediaType string
		want      coop.Code
	}{
		"a picture":                      {picture, "image/png", ""},
		"a PDF":                          {[]byte("%PDF-1.7\n…%%EOF"), "application/pdf", ""},
		"a calendar":                     {[]byte(calendar), "text/calendar", ""},
		"a calendar with a mark":         {[]byte("\ufeff" + calendar), "text/calendar", ""},
		"a calendar of Unix":             {[]byte(strings.ReplaceAll(calendar, "\r", "")), "text/calendar", ""},
		"nothing":                        {nil, "", coop.Invalid},
		"SVG with a script":              {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "", coop.Unsupported},
		"HTML":                           {[]byte("<!doctype html><script>alert(1)</script>"), "", coop.Unsupported},
		"a PDF behind HTML":              {[]byte("<script>alert(1)</script>%PDF-1.7"), "", coop.Unsupported},
		"a calendar behind HTML":         {[]byte("<script>alert(1)</script>\r\n" + calendar), "", coop.Unsupported},
		"HTML behind a calendar":         {[]byte(calendar + "<script>alert(1)</script>"), "", coop.Unsupported},
		"half a calendar":                {[]byte(calendar[:40]), "", coop.Unsupported},
		"a calendar that is no text":     {[]byte("BEGIN:VCALENDAR\r\n\x00\r\nEND:VCALENDAR\r\n"), "", coop.Unsupported},
		"a calendar in Latin 1":          {[]byte("BEGIN:VCALENDAR\r\nSUMMARY:\xe4\r\nEND:VCALENDAR\r\n"), "", coop.Unsupported},
		"a calendar of more than 1 MiB":  {[]byte("BEGIN:VCALENDAR\n" + strings.Repeat("X:y\n", 1<<18) + "END:VCALENDAR\n"), "", coop.TooLarge},
		"a PDF of more than 8 MiB":       {append([]byte("%PDF-1.7\n"), make([]byte, coop.MaxFile)...), "", coop.TooLarge},
		"a program":                      {[]byte("MZ\x90\x00"), "", coop.Unsupported},
		"an archive":                     {[]byte("PK\x03\x04"), "", coop.Unsupported},
		"a picture that is damaged":      {picture[:len(picture)/2], "", coop.Invalid},
		"a script that calls itself GIF": {[]byte("GIF89a/*\x00\x00*/=1;alert(1)"), "", coop.Invalid},
	} {
		f, err := content.Keep(c.in)
		if coop.CodeOf(err) != c.want || f.MediaType != c.mediaType {
			t.Errorf("%s: got %q, %v; want %q, %q", name, f.MediaType, err, c.mediaType, c.want)
		}
		if f.MediaType == "application/pdf" && (!bytes.Equal(f.Data, c.in) || f.Width != 0 || f.Blurhash != "") {
			t.Errorf("%s: got %+v", name, f)
		}
	}
}

func TestBlurhashShowsTheColoursOfThePicture(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{640, 480}, {480, 640}, {2000, 1}, {1, 1}, {5, 5000}} {
		f, err := content.Reencode(asPNG(t, quarters(size.X, size.Y)))
		if err != nil {
			t.Fatal(err)
		}
		x, y, err := blurhash.Components(f.Blurhash)
		if want := (image.Point{4, 3}); err != nil || size.Y > size.X && (x != 3 || y != 4) || size.X >= size.Y && (image.Point{x, y}) != want {
			t.Errorf("%v: got %q with %d × %d parts, %v", size, f.Blurhash, x, y, err)
		}
		if size.X != 640 {
			continue
		}
		m, err := blurhash.Decode(f.Blurhash, 16, 12, 1)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range corners(m) { // blurred, but red is still more red than anything else
			want := []color.RGBA{red, green, blue, white}[i]
			if want.R > 0 != (c.R > 128) || want.G > 0 != (c.G > 128) || want.B > 0 != (c.B > 128) {
				t.Errorf("quarter %d: got %v want about %v", i, c, want)
			}
		}
	}
}

// animated is a WebP of two frames, of which each is a still of one pixel.
func animated(t testing.TB, frames ...[]byte) []byte {
	t.Helper()
	riff := func(name string, body []byte) []byte {
		b := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body)))
		if b = append(b, body...); len(body)%2 == 1 {
			b = append(b, 0)
		}
		return b
	}
	all := slices.Concat([]byte("WEBP"), riff("VP8X", []byte{2, 0, 0, 0, 7, 0, 0, 7, 0, 0}), riff("ANIM", make([]byte, 6)))
	for _, f := range frames {
		all = append(all, riff("ANMF", append(make([]byte, 16), f[12:]...))...)
	}
	return riff("RIFF", all)
}

func TestOfAnAnimationTheFirstFrameIsKept(t *testing.T) {
	t.Parallel()
	pixel := base64Of(t, "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	lossy := base64Of(t, "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
	for name, in := range map[string][]byte{"lossless": animated(t, pixel, lossy), "lossy": animated(t, lossy, pixel)} {
		f, err := content.Reencode(in)
		if err != nil || f.MediaType != "image/png" || f.Width != 1 || f.Height != 1 {
			t.Errorf("%s: got %s, %d×%d, %v", name, f.MediaType, f.Width, f.Height, err)
		}
	}
	for n := range 90 { // cut off anywhere it is damaged, and nothing worse
		if in := animated(t, pixel); n < len(in) {
			if _, err := content.Reencode(in[:n]); err == nil || coop.CodeOf(err) == coop.Internal {
				t.Errorf("%d bytes: got %v", n, err)
			}
		}
	}
	palette := color.Palette{red, green}
	g := &gif.GIF{Image: []*image.Paletted{image.NewPaletted(image.Rect(0, 0, 4, 4), palette), image.NewPaletted(image.Rect(0, 0, 4, 4), palette)}, Delay: []int{1, 1}}
	for i := range g.Image[1].Pix {
		g.Image[1].Pix[i] = 1
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	f, err := content.Reencode(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got := corners(decode(t, f.Data)); !slices.Equal(got, roughly(red, red, red, red)) {
		t.Errorf("got %v", got)
	}
}
