// SPDX-License-Identifier: AGPL-3.0-or-later

package feed

import (
	"strings"
	"time"
	"unicode/utf8"
)

// writer writes content lines. What cannot stand in one is dropped here, so
// that no value can begin a line of its own. RFC 5545 §3.1.
type writer struct{ out []byte }

// local is a time in the zone that TZID names. RFC 5545 §3.3.5.
const local = "20060102T150405"

func utc(t time.Time) string { return t.UTC().Format(local + "Z") }

// line writes a line, folded after at most 75 octets and never inside a
// character.
func (w *writer) line(name, params, value string) {
	s := strings.Map(printable, strings.ToValidUTF8(name+params+":"+value, "\uFFFD"))
	for room := 75; len(s) > room; room = 74 { // the space of a continuation counts
		n := room
		for !utf8.RuneStart(s[n]) {
			n--
		}
		w.out = append(append(w.out, s[:n]...), "\r\n "...)
		s = s[n:]
	}
	w.out = append(append(w.out, s...), "\r\n"...)
}

// printable drops control characters. RFC 5545 §3.1, VALUE-CHAR.
func printable(r rune) rune {
	if r < ' ' && r != '\t' || r == 0x7F || r >= 0x80 && r < 0xA0 {
		return -1
	}
	return r
}

// escape is for text values. RFC 5545 §3.3.11.
var escape = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

func (w *writer) text(name, value string) { w.line(name, "", escape.Replace(value)) }

// texts writes a list of text values.
func (w *writer) texts(name string, values []string) {
	escaped := make([]string, len(values))
	for i, v := range values {
		escaped[i] = escape.Replace(v)
	}
	w.line(name, "", strings.Join(escaped, ","))
}
