// SPDX-License-Identifier: AGPL-3.0-or-later

package content

import (
	"image/color"
	"math"
	"strings"
	"testing"
)

func bold(t *testing.T) typeface {
	t.Helper()
	f, err := fonts()
	if err != nil {
		t.Fatal(err)
	}
	return f.bold
}

func TestATitleFitsItsBox(t *testing.T) {
	t.Parallel()
	f := bold(t)
	room := box{width: 1056, height: 300, lines: 4, from: 132, to: 34}
	word := "Genossenschaft "
	for n := 0; n < 200; n += 3 {
		for _, title := range []string{strings.Repeat(word, 14)[:n+1], strings.Repeat("W", n+1), strings.Repeat("m ", n+1)[:n+1], strings.Repeat("Was: nun? ", 20)[:n+1]} {
			got := f.fit(f.drawable(title), room)
			if len(got.lines) == 0 || len(got.lines) > room.lines || got.height() > room.height || got.size < room.to || got.size > room.from {
				t.Fatalf("%q: %d lines of size %d, %d high", title, len(got.lines), got.size, got.height())
			}
			for _, line := range got.lines {
				if w := f.width(line) * got.size / f.em; w > room.width {
					t.Fatalf("%q: %q is %d wide", title, line, w)
				}
			}
			if all := strings.Join(got.lines, " "); !got.cut && strings.Count(all, " ") < strings.Count(strings.TrimSpace(title), " ") {
				t.Fatalf("%q: words are missing in %q", title, all)
			}
		}
	}
}

func TestATitleIsBrokenWhereAReaderPauses(t *testing.T) {
	t.Parallel()
	f := bold(t)
	for title, want := range map[string]string{
		"Tech-Coops: No masters, no slave":       "Tech\u00ADCoops:|No masters, no slave",
		"One two three four five six seven":      "One two three|four five six seven",
		"A very long first phrase – and another": "A very long first phrase|– and another",
		"Go": "Go",
		"":   "",
	} {
		got := strings.Join(f.fit(f.drawable(title), box{width: 1056, height: 260, lines: 4, from: 116, to: 34}).lines, "|")
		if got != want {
			t.Errorf("%q\ngot  %q\nwant %q", title, got, want)
		}
	}
}

func TestWhatTheFontLacksIsLeftOut(t *testing.T) {
	t.Parallel()
	f := bold(t)
	for in, want := range map[string]string{
		"🎉 東京 Go 勉強会 #3":        "Go #3",
		"Größe «Ω» Жук €5":      "Größe «Ω» Жук €5",
		"U\u0308ber cafe\u0301": "Über café",
		"東京: 大会 – live":         "– live",
		"👩\u200d💻":              "",
		"a - b–c-d":             "a – b–c\u00ADd",
	} {
		if got := f.drawable(in); got != want {
			t.Errorf("%q\ngot  %q\nwant %q", in, got, want)
		}
	}
}

// luminance is relative luminance. WCAG 2.2, definition of contrast ratio.
func luminance(c color.RGBA) float64 {
	part := func(v uint8) float64 {
		if s := float64(v) / 255; s > 0.04045 {
			return math.Pow((s+0.055)/1.055, 2.4)
		} else {
			return s / 12.92
		}
	}
	return 0.2126*part(c.R) + 0.7152*part(c.G) + 0.0722*part(c.B)
}

func TestTextHasEnoughContrastEvenWhereAllCirclesOverlap(t *testing.T) {
	t.Parallel()
	worst := uint8(0)
	for range 3 {
		mix(&worst, paper, faint)
	}
	for i, s := range schemes {
		ramp := s.ramp()
		pale := luminance(ramp[len(ramp)-1].(color.RGBA)) + 0.05
		if got := pale / (luminance(ramp[0].(color.RGBA)) + 0.05); got < 9 {
			t.Errorf("scheme %d: ink and paper are %.1f:1 apart, want 9:1", i, got)
		}
		tone := ramp[(int(worst)*(levels-1)+127)/255].(color.RGBA)
		if got := pale / (luminance(tone) + 0.05); got < 4.5 {
			t.Errorf("scheme %d: text on circles has %.1f:1, want 4.5:1", i, got)
		}
	}
}

func TestNamesSpreadOverAllColours(t *testing.T) {
	t.Parallel()
	seen := map[scheme]bool{}
	for _, a := range "abcdefghij" {
		for _, b := range "abcdefghij" {
			seen[schemeFor(string(a)+string(b))] = true
		}
	}
	if len(seen) != len(schemes) {
		t.Errorf("got %d of %d", len(seen), len(schemes))
	}
}

func TestInitialsAreThoseOfTheFirstAndTheLastWord(t *testing.T) {
	t.Parallel()
	f := bold(t)
	for in, want := range map[string]string{
		"IT-Kollektiv": "IK", "Komona": "KO", "Hypha Worker Co-op": "HO", "7": "7", "x": "X", "öko": "ÖK", "東京 Go": "GO", "東京": "", "": "", "ß": "ß",
	} {
		if got := f.initials(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
