// SPDX-License-Identifier: AGPL-3.0-or-later

package content_test

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plenum/content"
)

var update = flag.Bool("update", false, "write the golden files anew")

const long = "How platform co-ops and the solidarity economy work together: " +
	"experiences, questions and plans of twelve collectives from seven countries, with time for " +
	"everything that has no place elsewhere, and for cake"

var posters = map[string]content.Poster{
	"talk":    {Title: "Tech-Coops: No masters, no slave", When: "Sat 29 Dec 2018", Place: "Komona, Leipzig, Germany", Coop: "IT-Kollektiv", Kind: "Talk"},
	"long":    {Title: long, When: "Wed 2 Dec 2026, 18:30 – Thu 3 Dec 2026, 01:00 (CET)", Place: "Gemeinschaftsraum der Wohnungsbaugenossenschaft im Hinterhof, Karl-Liebknecht-Straße 123a, 04275 Leipzig", Coop: "CoTech", Kind: "Meetup"},
	"umlauts": {Title: "Größenwahn und U\u0308bermut: Straßenfest für Ökologie", When: "Mi 2. Dez. 2026, 18:30–21:00 Uhr (MEZ)", Place: "Köln-Mülheim", Coop: "Kölner Bürgergenossenschaft für öffentliche Räume e. G.", Kind: "Treffen"},
	"bare":    {Title: "Go", When: "Fri 1 Jan 2027, 20:00 (CET)", Coop: "Komona"},
	"foreign": {Title: "🎉 東京 Go 勉強会 #3: Привет Καλημέρα שלום", When: "Sat 27 Dec 2018", Place: "オンライン", Coop: "東京", Kind: "Meetup"},
}

// golden compares a picture, made a third as large, with the one that was kept.
func golden(t *testing.T, name string, data []byte) {
	t.Helper()
	got := third(t, data)
	path := filepath.Join("testdata", "golden", name+".png")
	if *update {
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, got); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test -update and look at the picture", err)
	}
	want := decode(t, f)
	if got.Bounds() != want.Bounds() {
		t.Fatalf("%s: got %v, want %v", name, got.Bounds(), want.Bounds())
	}
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			if got.At(x, y) != want.At(x, y) {
				t.Fatalf("%s differs at %d, %d (of a third): got %v, want %v", name, x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
}

func decode(t *testing.T, data []byte) image.Image {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// third averages the steps of the palette, which go evenly from one colour to
// the other.
func third(t *testing.T, data []byte) *image.Paletted {
	t.Helper()
	m, ok := decode(t, data).(*image.Paletted)
	if !ok {
		t.Fatalf("got %T, want a picture with a palette", m)
	}
	out := image.NewPaletted(image.Rect(0, 0, m.Rect.Dx()/3, m.Rect.Dy()/3), m.Palette)
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			sum := 4
			for i := range 9 {
				sum += int(m.ColorIndexAt(3*x+i%3, 3*y+i/3))
			}
			out.SetColorIndex(x, y, uint8(sum/9))
		}
	}
	return out
}

func TestPostersLookAsTheyDid(t *testing.T) {
	t.Parallel()
	for name, p := range posters {
		got, err := p.PNG()
		if err != nil {
			t.Fatal(err)
		}
		if b := decode(t, got).Bounds(); b != image.Rect(0, 0, 1200, 630) {
			t.Errorf("%s: got %v, want 1200×630", name, b)
		}
		golden(t, "poster-"+name, got)
	}
}

func TestIconsLookAsTheyDid(t *testing.T) {
	t.Parallel()
	for name, title := range map[string]string{"two-words": "IT-Kollektiv", "one-word": "öko", "foreign": "東京"} {
		got, err := content.Icon(title, title)
		if err != nil {
			t.Fatal(err)
		}
		if b := decode(t, got).Bounds(); b != image.Rect(0, 0, 400, 400) {
			t.Errorf("%s: got %v, want 400×400", name, b)
		}
		golden(t, "icon-"+name, got)
	}
}

func TestTheSamePosterHasTheSameBytes(t *testing.T) {
	t.Parallel()
	one, err := posters["talk"].PNG()
	if err != nil {
		t.Fatal(err)
	}
	two, err := posters["talk"].PNG()
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("two pictures of one poster differ (%v)", err)
	}
}

func TestAPosterIsMadeOfAnyText(t *testing.T) {
	t.Parallel()
	w := strings.Repeat("W", 200)
	for _, p := range []content.Poster{
		{},
		{Title: "\u202e\x00\xff", When: "\n", Place: " ", Coop: "…", Kind: "-"},
		{Title: w, When: w, Place: w, Coop: w, Kind: w},
		{Title: strings.Repeat("W ", 100), When: strings.Repeat("i. ", 66), Place: strings.Repeat("- ", 100), Coop: strings.Repeat("W: ", 66), Kind: "W W"},
	} {
		if _, err := p.PNG(); err != nil {
			t.Errorf("%.40q: %v", p.Title, err)
		}
		if _, err := content.Icon(p.Title, p.Coop); err != nil {
			t.Errorf("%.40q: %v", p.Title, err)
		}
	}
}

func BenchmarkPoster(b *testing.B) {
	for b.Loop() {
		if _, err := posters["long"].PNG(); err != nil {
			b.Fatal(err)
		}
	}
}
