// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf8"

	"plenum/coop"
)

// MaxBody is the largest document that is read, in bytes.
const MaxBody = 256 << 10

// What one document may hold besides. Everything that Mastodon, Mobilizon and
// WordPress send is far below; Gancio lists each follower in cc.
const (
	maxDepth  = 24
	maxNodes  = 20_000 // values and member names
	maxArray  = 2_000
	maxString = 200 << 10
)

// Check is the guard in front of everything that reads JSON here: it refuses a
// document that is too large, nested too deeply or too long in any of its parts,
// that is not valid UTF-8, that is not exactly one object, and one in which a
// member occurs twice, also when the two differ by case only or by escapes:
// programs disagree which of them counts, and a signature would then stand under
// two different sentences. It takes one pass and keeps nothing. RFC 8259 §4.
//
// The terms that an @context defines may differ by case only, since they name
// types as well as properties; nothing here reads them.
func Check(raw []byte) error {
	switch {
	case len(raw) > MaxBody:
		return tooLarge("it has %d bytes; at most %d are read", len(raw), MaxBody)
	case !utf8.Valid(raw):
		return coop.Fail(coop.Invalid, "activity.Check", "the document is not valid UTF-8")
	}
	s := scan{raw: raw}
	s.space()
	if s.peek() != '{' {
		if !json.Valid(raw) {
			return errNotJSON()
		}
		return coop.Fail(coop.Invalid, "activity.Check", "the document is not a JSON object")
	}
	if err := s.value(1, false); err != nil {
		return err
	}
	if s.space(); s.at != len(raw) {
		return errNotJSON()
	}
	return nil
}

func tooLarge(format string, args ...any) error {
	return coop.Fail(coop.TooLarge, "activity.Check", "the document is too large: "+fmt.Sprintf(format, args...))
}

func errNotJSON() error {
	return coop.Fail(coop.Invalid, "activity.Check", "the document is not valid JSON")
}

// scan walks over what should be JSON; its recursion ends at maxDepth.
type scan struct {
	raw   []byte
	at    int
	nodes int
	names [128]plainName // of the objects that stand open and have no map, the outermost first
	known int            // how many of them there are
}

// plainName is where a name stands that is ASCII without escapes, and a digest of
// it in lower case.
type plainName struct{ from, to, hash uint32 }

// peek returns the byte at s.at, 0 at the end: no JSON has one outside of a text.
func (s *scan) peek() byte {
	if s.at < len(s.raw) {
		return s.raw[s.at]
	}
	return 0
}

func (s *scan) space() { s.at = skipSpace(s.raw, s.at) }

// value passes over the value at s.at; terms says that it is an @context.
func (s *scan) value(depth int, terms bool) error {
	if s.nodes++; s.nodes > maxNodes {
		return tooLarge("it has more than %d values", maxNodes)
	}
	c := s.peek()
	switch c {
	case '{', '[':
		if depth > maxDepth {
			return tooLarge("it is nested more than %d deep", maxDepth)
		}
		if c == '{' {
			return s.object(depth, terms)
		}
		return s.array(depth, terms)
	case '"':
		_, _, err := s.text()
		return err
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *scan) word(w string) error {
	if !bytes.HasPrefix(s.raw[s.at:], []byte(w)) {
		return errNotJSON()
	}
	s.at += len(w)
	return nil
}

// number passes over a number. RFC 8259 §6.
func (s *scan) number() error {
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if !s.digits() {
		return errNotJSON()
	}
	if s.peek() == '.' {
		if s.at++; !s.digits() {
			return errNotJSON()
		}
	}
	if s.peek()|0x20 == 'e' {
		if s.at++; s.peek() == '+' || s.peek() == '-' {
			s.at++
		}
		if !s.digits() {
			return errNotJSON()
		}
	}
	return nil
}

func (s *scan) digits() bool {
	from := s.at
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.at++
	}
	return s.at > from
}

// text passes over a string and returns what stands between its quotes, and
// whether that is what it says: ASCII without escapes.
func (s *scan) text() (inner []byte, plain bool, err error) {
	from, plain := s.at+1, true
	for s.at++; ; s.at++ {
		if s.at >= len(s.raw) {
			return nil, false, errNotJSON()
		}
		c := s.raw[s.at]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			continue
		}
		switch {
		case c == '"':
			s.at++
			if s.at-from >= maxString {
				return nil, false, tooLarge("a text in it has more than %d bytes", maxString)
			}
			return s.raw[from : s.at-1], plain, nil
		case c < ' ':
			return nil, false, errNotJSON()
		case c == '\\' && !s.escape():
			return nil, false, errNotJSON()
		}
		plain = false
	}
}

// escape passes over an escape but for its last byte. RFC 8259 §7.
func (s *scan) escape() bool {
	s.at++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			s.at++
			if c := s.peek(); !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f') {
				return false
			}
		}
		return true
	}
	return false
}

func (s *scan) object(depth int, terms bool) error {
	open := s.known
	var names map[string]bool
	s.at++
	if s.space(); s.peek() == '}' {
		s.at++
		return nil
	}
	for {
		if s.peek() != '"' {
			return errNotJSON()
		}
		inner, err := s.name(open, terms, &names)
		if err != nil {
			return err
		}
		if s.space(); s.peek() != ':' {
			return errNotJSON()
		}
		s.at++
		s.space()
		if err := s.value(depth+1, terms || string(inner) == "@context"); err != nil {
			return err
		}
		switch s.space(); s.peek() {
		case '}':
			s.at++
			s.known = open
			return nil
		case ',':
			s.at++
			s.space()
		default:
			return errNotJSON()
		}
	}
}

// name passes over a member's name, returns it without escapes, and refuses it if
// the object has it already. The names that it has are those from open on, or in
// the map: there they are once one of them is not plain, or there is no room for
// one more.
func (s *scan) name(open int, terms bool, names *map[string]bool) ([]byte, error) {
	from := s.at
	name, plain, err := s.text()
	if err != nil {
		return nil, err
	}
	if s.nodes++; s.nodes > maxNodes {
		return nil, tooLarge("it has more than %d values", maxNodes)
	}
	if plain && *names == nil && s.known < len(s.names) {
		n := plainName{uint32(from + 1), uint32(s.at - 1), digestOf(name)}
		for _, o := range s.names[open:s.known] {
			if o.hash == n.hash && same(s.raw[o.from:o.to], name, terms) {
				return nil, errTwice(string(name))
			}
		}
		s.names[s.known] = n
		s.known++
		return name, nil
	}
	if !plain {
		var said string
		if json.Unmarshal(bytes.Clone(s.raw[from:s.at]), &said) != nil {
			return nil, errNotJSON()
		}
		name = []byte(said)
	}
	if *names == nil {
		*names = map[string]bool{}
		for _, o := range s.names[open:s.known] {
			(*names)[foldName(s.raw[o.from:o.to], terms)] = true
		}
		s.known = open
	}
	key := foldName(name, terms)
	if (*names)[key] {
		return nil, errTwice(string(name))
	}
	(*names)[key] = true
	return name, nil
}

// foldName returns what a name is compared by: of the terms of an @context the
// name itself.
func foldName(name []byte, terms bool) string {
	if terms {
		return string(name)
	}
	return string(bytes.Map(foldRune, name))
}

// digestOf is the FNV-1a of a name in lower case. It spares comparisons and has
// no other use: whoever finds names with the same one gains little.
func digestOf(name []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range name {
		h = (h ^ uint32(lowerByte(c))) * 16777619
	}
	return h
}

// same reports whether two names are one: where they are no terms, in lower case.
func same(a, b []byte, terms bool) bool {
	if terms || len(a) != len(b) {
		return bytes.Equal(a, b)
	}
	for i := range a {
		if lowerByte(a[i]) != lowerByte(b[i]) {
			return false
		}
	}
	return true
}

func errTwice(name string) error {
	e := coop.Fail(coop.Invalid, "activity.Check", fmt.Sprintf("the member %.40q occurs twice in one object", name))
	e.Member = clipped(name, 40)
	return e
}

// foldRune returns one character for all that differ by case only, in the sense
// of encoding/json, to which ſ is an s, or in that of others, to which ı is an i.
func foldRune(c rune) rune {
	c = unicode.ToLower(unicode.ToUpper(c))
	least := c
	for o := unicode.SimpleFold(c); o != c; o = unicode.SimpleFold(o) {
		least = min(least, o)
	}
	if least >= 'A' && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func (s *scan) array(depth int, terms bool) error {
	s.at++
	if s.space(); s.peek() == ']' {
		s.at++
		return nil
	}
	for n := 1; ; n++ {
		if n > maxArray {
			return tooLarge("a list in it has more than %d items", maxArray)
		}
		if err := s.value(depth+1, terms); err != nil {
			return err
		}
		switch s.space(); s.peek() {
		case ']':
			s.at++
			return nil
		case ',':
			s.at++
			s.space()
		default:
			return errNotJSON()
		}
	}
}
