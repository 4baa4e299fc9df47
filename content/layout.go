// SPDX-License-Identifier: AGPL-3.0-or-later

package content

import (
	"slices"
	"strings"
	"unicode"
)

// composed puts a letter and the mark behind it together: what is typed on a
// Mac may come apart.
var composed = strings.NewReplacer(
	"a\u0308", "ä", "o\u0308", "ö", "u\u0308", "ü", "A\u0308", "Ä", "O\u0308", "Ö", "U\u0308", "Ü", "e\u0308", "ë", "i\u0308", "ï",
	"a\u0301", "á", "e\u0301", "é", "i\u0301", "í", "o\u0301", "ó", "u\u0301", "ú", "E\u0301", "É", "a\u0300", "à", "e\u0300", "è",
	"a\u0302", "â", "e\u0302", "ê", "i\u0302", "î", "o\u0302", "ô", "u\u0302", "û", "n\u0303", "ñ", "a\u0303", "ã", "o\u0303", "õ",
	"c\u0327", "ç", "C\u0327", "Ç", "a\u030A", "å", "A\u030A", "Å", "s\u030C", "š", "z\u030C", "ž", "c\u030C", "č",
	"\u2010", "-", "\u2011", "-", "\u2212", "–", "\u2192", "→",
)

// drawable is s on one line without the characters that the font lacks; the
// alternative text of the picture keeps them. A word that has lost all its
// letters goes with them.
func (t typeface) drawable(s string) string {
	var words []string
	for w := range strings.FieldsSeq(composed.Replace(Line(s, 400))) {
		kept := strings.Map(func(r rune) rune {
			if t.has(r) && unicode.IsPrint(r) {
				return r
			}
			return -1
		}, w)
		if kept == w || strings.ContainsFunc(kept, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			words = append(words, hyphenated(kept))
		}
	}
	return strings.Join(words, " ")
}

// hyphen is where Go's fonts have theirs: what they draw at "-" is a minus sign.
const hyphen = "\u00AD"

// hyphenated puts the hyphen for the minus sign.
func hyphenated(word string) string {
	if word == "-" {
		return "–"
	}
	return strings.ReplaceAll(word, "-", hyphen)
}

// block is text that was fitted into a box.
type block struct {
	lines []string
	size  int  // of the font, in pixels
	cut   bool // something is missing, or was hard to place
}

// box is the room that a text has, and the sizes of type that it may have.
type box struct {
	width, height int // pixels
	lines         int // at most
	from, to      int // the largest and the smallest size, even both
}

// leading is the distance of two baselines.
func leading(size int) int { return size * 118 / 100 }

// height is from the top of the first line's capitals to the last baseline.
func (b block) height() int {
	if len(b.lines) == 0 {
		return 0
	}
	return (len(b.lines)-1)*leading(b.size) + capital(b.size)
}

// capital is how high a capital letter stands in Go's fonts.
func capital(size int) int { return size * 72 / 100 }

// word is a word with its width in units of the font.
type word struct {
	text string
	wide int
}

// fit sets s as large as the box allows, with its phrases on lines of their own
// where that costs little and the type is large. A word that is too wide for a line at half the size
// is broken; what does not fit even at the smallest size ends with "…".
func (t typeface) fit(s string, b box) block {
	phrases := t.phrases(s, b.width*t.em/max(b.from/2, b.to))
	if len(phrases) == 0 {
		return block{}
	}
	all := [][]word{slices.Concat(phrases...)}
	for size := b.from; size >= b.to; size -= 2 {
		got, ok := t.try(all, b, size)
		if !ok {
			continue
		}
		for smaller := size; len(phrases) > 1 && smaller >= max(b.to, size*4/5, b.from*2/5); smaller -= 2 {
			if better, ok := t.try(phrases, b, smaller); ok {
				return better
			}
		}
		return got
	}
	most := b.width * t.em / b.to
	lines := t.wrap(all[0], most)
	if n := max(1, min(b.lines, 1+(b.height-capital(b.to))/leading(b.to))); len(lines) > n {
		lines = lines[:n]
		lines[n-1] = t.shorten(lines[n-1], most)
	}
	return block{lines: lines, size: b.to, cut: true}
}

// fitFew is fit with as few lines as it can have without being cut.
func (t typeface) fitFew(s string, b box) block {
	var got block
	for n := 1; n <= b.lines; n++ {
		fewer := b
		fewer.lines = n
		if got = t.fit(s, fewer); !got.cut {
			break
		}
	}
	return got
}

// try sets the phrases at a size, each from a new line on; ok is false where
// they do not fit.
func (t typeface) try(phrases [][]word, b box, size int) (got block, ok bool) {
	most := b.width * t.em / size
	got.size = size
	n := 0
	for _, words := range phrases {
		if widest(words) > most {
			return block{}, false
		}
		n += t.count(words, most)
	}
	if n > b.lines || (n-1)*leading(size)+capital(size) > b.height {
		return block{}, false
	}
	for _, words := range phrases {
		got.lines = append(got.lines, t.balance(words, most)...)
	}
	return got, true
}

// phrases are the words of s, cut where a reader pauses: behind a colon, a
// question and the like, and before a dash. No word is wider than most.
func (t typeface) phrases(s string, most int) [][]word {
	var out [][]word
	fresh := true
	for w := range strings.FieldsSeq(s) {
		if fresh || w == "–" || w == "—" || w == "|" {
			out = append(out, nil)
		}
		last := &out[len(out)-1]
		*last = append(*last, t.broken(w, most)...)
		fresh = strings.ContainsRune(":;.!?", rune(w[len(w)-1])) && len(w) > 4
	}
	return out
}

func widest(words []word) int {
	wide := 0
	for _, w := range words {
		wide = max(wide, w.wide)
	}
	return wide
}

// fill fills lines of at most the width, in units of the font, and calls f with
// the first word of each and the one behind its last.
func (t typeface) fill(words []word, most int, f func(from, to int)) {
	from, used := 0, 0
	for i, w := range words {
		if i > from && used+t.space+w.wide > most {
			f(from, i)
			from = i
		}
		if i > from {
			used += t.space + w.wide
		} else {
			used = w.wide
		}
	}
	f(from, len(words))
}

func (t typeface) count(words []word, most int) (lines int) {
	t.fill(words, most, func(int, int) { lines++ })
	return lines
}

func (t typeface) wrap(words []word, most int) (lines []string) {
	t.fill(words, most, func(from, to int) {
		var line []string
		for _, w := range words[from:to] {
			line = append(line, w.text)
		}
		lines = append(lines, strings.Join(line, " "))
	})
	return lines
}

// balance wraps, then narrows the lines while there are no more of them, so
// that no word is left alone on the last one.
func (t typeface) balance(words []word, most int) []string {
	n := t.count(words, most)
	low, high := widest(words), most
	for low < high {
		if mid := (low + high) / 2; t.count(words, mid) <= n {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return t.wrap(words, high)
}

// broken cuts a word that is wider than a line: an address, mostly.
func (t typeface) broken(s string, most int) []word {
	var out []word
	for wide := t.width(s); wide > most; wide = t.width(s) {
		head := []rune(s)
		for len(head) > 1 && t.width(string(head))+t.width(hyphen) > most {
			head = head[:len(head)-1]
		}
		out = append(out, word{text: string(head) + hyphen, wide: t.width(string(head) + hyphen)})
		s = s[len(string(head)):]
	}
	return append(out, word{text: s, wide: t.width(s)})
}

// shorten takes characters from the end until there is room for "…".
func (t typeface) shorten(s string, most int) string {
	r := []rune(s)
	for len(r) > 0 && t.width(string(r)+"…") > most {
		r = r[:len(r)-1]
	}
	return strings.TrimRight(string(r), " ,.;:–"+hyphen) + "…"
}
