// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
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
	case !json.Valid(raw):
		return coop.Fail(coop.Invalid, "activity.Check", "the document is not valid JSON")
	}
	s := scan{raw: raw}
	s.space()
	if s.raw[s.at] != '{' {
		return coop.Fail(coop.Invalid, "activity.Check", "the document is not a JSON object")
	}
	return s.value(1, false)
}

func tooLarge(format string, args ...any) error {
	return coop.Fail(coop.TooLarge, "activity.Check", "the document is too large: "+fmt.Sprintf(format, args...))
}

// scan walks over JSON that is known to be valid; its recursion ends at maxDepth.
type scan struct {
	raw   []byte
	at    int
	nodes int
}

func (s *scan) space() {
	for strings.IndexByte(" \t\r\n", s.raw[s.at]) >= 0 {
		s.at++
	}
}

// value passes over the value at s.at; terms says that it is an @context.
func (s *scan) value(depth int, terms bool) error {
	if s.nodes++; s.nodes > maxNodes {
		return tooLarge("it has more than %d values", maxNodes)
	}
	switch s.raw[s.at] {
	case '{', '[':
		if depth > maxDepth {
			return tooLarge("it is nested more than %d deep", maxDepth)
		}
		if s.raw[s.at] == '{' {
			return s.object(depth, terms)
		}
		return s.array(depth, terms)
	case '"':
		_, err := s.text()
		return err
	}
	for s.at < len(s.raw) && strings.IndexByte(",]} \t\r\n", s.raw[s.at]) < 0 {
		s.at++ // a number, true, false or null
	}
	return nil
}

// text passes over a string and returns it with its quotes.
func (s *scan) text() ([]byte, error) {
	start := s.at
	for s.at++; s.raw[s.at] != '"'; s.at++ {
		if s.raw[s.at] == '\\' {
			s.at++
		}
	}
	s.at++
	if s.at-start > maxString {
		return nil, tooLarge("a text in it has more than %d bytes", maxString)
	}
	return s.raw[start:s.at], nil
}

func (s *scan) object(depth int, terms bool) error {
	seen := map[string]bool{}
	for s.at++; ; s.at++ {
		s.space()
		if s.raw[s.at] == '}' {
			s.at++
			return nil
		}
		name, err := s.name(seen, terms)
		if err != nil {
			return err
		}
		s.space()
		s.at++ // the colon
		s.space()
		if err := s.value(depth+1, terms || name == "@context"); err != nil {
			return err
		}
		s.space()
		if s.raw[s.at] == '}' {
			s.at++
			return nil
		}
	}
}

// name passes over a member's name, which must not be in seen, and puts it there.
func (s *scan) name(seen map[string]bool, terms bool) (string, error) {
	quoted, err := s.text()
	if err != nil {
		return "", err
	}
	if s.nodes++; s.nodes > maxNodes {
		return "", tooLarge("it has more than %d values", maxNodes)
	}
	name := string(quoted[1 : len(quoted)-1])
	if bytes.IndexByte(quoted, '\\') >= 0 {
		if err := json.Unmarshal(quoted, &name); err != nil {
			return "", coop.Fail(coop.Invalid, "activity.Check", "the document is not valid JSON")
		}
	}
	key := name
	if !terms {
		key = strings.ToLower(strings.ToUpper(name)) // both: ſ is an s to encoding/json
	}
	if seen[key] {
		e := coop.Fail(coop.Invalid, "activity.Check", fmt.Sprintf("the member %.40q occurs twice in one object", name))
		e.Member = clipped(name, 40)
		return "", e
	}
	seen[key] = true
	return name, nil
}

func (s *scan) array(depth int, terms bool) error {
	n := 0
	for s.at++; ; s.at++ {
		s.space()
		if s.raw[s.at] == ']' {
			s.at++
			return nil
		}
		if n++; n > maxArray {
			return tooLarge("a list in it has more than %d items", maxArray)
		}
		if err := s.value(depth+1, terms); err != nil {
			return err
		}
		s.space()
		if s.raw[s.at] == ']' {
			s.at++
			return nil
		}
	}
}

// rawDoc is one JSON object, its members by their exact names: encoding/json
// would match struct fields without case. What no accessor takes stays raw.
type rawDoc map[string]json.RawMessage

// parseRaw checks a document and splits its top level.
func parseRaw(raw []byte) (rawDoc, error) {
	if err := Check(raw); err != nil {
		return nil, err
	}
	d, ok := rawObject(raw)
	if !ok {
		return nil, coop.Fail(coop.Invalid, "activity.Check", "the document is not a JSON object")
	}
	return d, nil
}

// rawObject splits a value that is an object.
func rawObject(raw json.RawMessage) (rawDoc, bool) {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
		return nil, false
	}
	var d rawDoc
	return d, json.Unmarshal(raw, &d) == nil
}

// rawString reads a value that is a string.
func rawString(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	return s, json.Unmarshal(raw, &s) == nil
}

// rawNull reports whether a value is missing or null; JSON-LD makes no difference.
func rawNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// rawList returns the items of a value that may be missing, one value or a list:
// JSON-LD makes no difference. Nulls in it are dropped.
func rawList(raw json.RawMessage) []json.RawMessage {
	if rawNull(raw) {
		return nil
	}
	if raw[0] != '[' {
		return []json.RawMessage{raw}
	}
	var all, out []json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return nil
	}
	for _, r := range all {
		if !rawNull(r) {
			out = append(out, r)
		}
	}
	return out
}

// rawRef reads a reference: an id, or an object that has one.
func rawRef(raw json.RawMessage) (id string, ok bool) {
	if id, ok = rawString(raw); ok {
		return id, true
	}
	d, ok := rawObject(raw)
	if !ok {
		return "", false
	}
	return rawString(d["id"])
}

// str reads a member that is a string; "" where it is none.
func (d rawDoc) str(name string) string {
	s, _ := rawString(d[name])
	return s
}

// words reads a text that may be given once or by language; of several
// languages the first that the sender wrote counts.
func (d rawDoc) words(name string) string {
	if s := d.str(name); s != "" {
		return s
	}
	_, s := rawFirst(d[name+"Map"])
	return s
}

// rawFirst returns the first member of an object whose value is a string.
func rawFirst(raw json.RawMessage) (name, value string) {
	if _, ok := rawObject(raw); !ok {
		return "", ""
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil { // the brace
		return "", ""
	}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return "", ""
		}
		var v json.RawMessage
		if dec.Decode(&v) != nil {
			return "", ""
		}
		if s, ok := rawString(v); ok {
			name, _ = tok.(string)
			return name, s
		}
	}
	return "", ""
}

// types returns the types of an object.
func (d rawDoc) types() []string {
	var out []string
	for _, r := range rawList(d["type"]) {
		if s, ok := rawString(r); ok {
			out = append(out, s)
		}
	}
	return out
}

// moment reads a time; the zero time where there is none. Besides RFC 3339 it
// takes an offset without a colon and a time without one, which means UTC: both
// are seen in the wild.
func (d rawDoc) moment(name string) time.Time {
	s := d.str(name)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05"} {
		t, err := time.Parse(layout, s)
		if t = coop.Stamp(t); err == nil && t.Year() > 0 && t.Year() < 10_000 {
			return t
		}
	}
	return time.Time{}
}
