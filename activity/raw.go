// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"plenum/coop"
)

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

// rawMember is a member of an object: its name, and its value as it is written.
type rawMember struct {
	name  string
	value json.RawMessage
}

// rawMembers splits a value that is an object, in the order in which its members
// are written. Nothing is copied but names that are not common. It is for what
// Check has let pass: of anything else it may make what it likes, but it ends.
func rawMembers(raw []byte) ([]rawMember, bool) {
	return appendMembers(nil, raw)
}

func appendMembers(out []rawMember, raw []byte) ([]rawMember, bool) {
	at := skipSpace(raw, 0)
	if at == len(raw) || raw[at] != '{' {
		return nil, false
	}
	for at++; ; at++ {
		if at = skipSpace(raw, at); at == len(raw) {
			return nil, false
		}
		if raw[at] == '}' {
			return out, skipSpace(raw, at+1) == len(raw)
		}
		end := skipValue(raw, at)
		if raw[at] != '"' || end == len(raw) {
			return nil, false
		}
		name, ok := nameOfMember(raw[at:end])
		if at = skipSpace(raw, end); !ok || at == len(raw) || raw[at] != ':' {
			return nil, false
		}
		at = skipSpace(raw, at+1)
		end = skipValue(raw, at)
		out = append(out, rawMember{name, raw[at:end:end]})
		if at = skipSpace(raw, end); at == len(raw) || raw[at] != ',' && raw[at] != '}' {
			return nil, false
		}
		if raw[at] == '}' {
			return out, skipSpace(raw, at+1) == len(raw)
		}
	}
}

// common are the names that most documents have, so that they are not made anew
// for each.
var common = func() map[string]string {
	m := map[string]string{}
	for _, s := range []string{"@context", "id", "type", "actor", "object", "target", "to", "cc", "bto", "bcc", "audience", "published",
		"updated", "name", "nameMap", "summary", "summaryMap", "content", "contentMap", "mediaType", "url", "href", "attributedTo",
		"inReplyTo", "inReplyToAtomUri", "atomUri", "conversation", "context", "sensitive", "source", "attachment", "tag", "replies",
		"likes", "shares", "first", "next", "partOf", "items", "orderedItems", "totalItems", "interactionPolicy", "signature", "proof",
		"quote", "quoteUri", "quoteUrl", "_misskey_quote", "_misskey_reaction", "_misskey_content", "_misskey_summary", "language",
		"inLanguage", "directMessage", "state", "localOnly", "image", "icon"} {
		m[s] = s
	}
	return m
}()

// nameOfMember reads a name with its quotes.
func nameOfMember(quoted []byte) (string, bool) {
	if s, ok := common[string(quoted[1:len(quoted)-1])]; ok {
		return s, true
	}
	return rawString(quoted)
}

// skipSpace returns where what stands behind white space at raw[at] begins.
func skipSpace(raw []byte, at int) int {
	for at < len(raw) && (raw[at] == ' ' || raw[at] == '\n' || raw[at] == '\t' || raw[at] == '\r') {
		at++
	}
	return at
}

// skipText returns where the text that begins at raw[at] ends.
func skipText(raw []byte, at int) int {
	for at++; at < len(raw); at++ {
		n := bytes.IndexByte(raw[at:], '"')
		if n < 0 {
			return len(raw)
		}
		back := at + n
		for back > at && raw[back-1] == '\\' {
			back--
		}
		if at += n; (at-back)%2 == 0 { // the quote is not escaped
			return at + 1
		}
	}
	return len(raw)
}

// skipValue returns where the value that begins at raw[at] ends.
func skipValue(raw []byte, at int) int {
	for depth := 0; at < len(raw); {
		switch raw[at] {
		case '"':
			at = skipText(raw, at)
		case '{', '[':
			depth++
			at++
			continue
		case '}', ']':
			depth--
			at++
		case ',', ':', ' ', '\n', '\t', '\r':
			at++
			continue
		default:
			for at < len(raw) && strings.IndexByte(",:]} \t\r\n", raw[at]) < 0 {
				at++ // a number, true, false or null
			}
		}
		if depth <= 0 {
			return at
		}
	}
	return len(raw)
}

// rawObject splits a value that is an object.
func rawObject(raw json.RawMessage) (rawDoc, bool) {
	var room [40]rawMember
	list, ok := appendMembers(room[:0], raw)
	if !ok {
		return nil, false
	}
	d := make(rawDoc, len(list))
	for _, m := range list {
		d[m.name] = m.value
	}
	return d, true
}

// rawString reads a value that is a string.
func rawString(raw json.RawMessage) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if inner := raw[1 : len(raw)-1]; raw[len(raw)-1] == '"' && !slices.ContainsFunc(inner, notPlain) {
		return string(inner), true
	}
	var s string
	return s, json.Unmarshal(raw, &s) == nil
}

// notPlain reports whether a byte of a text may not stand for itself, or not
// alone.
func notPlain(c byte) bool { return c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' }

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
	var out []json.RawMessage
	for at := 1; ; at++ {
		at = skipSpace(raw, at)
		if at == len(raw) || raw[at] == ']' {
			return out
		}
		end := skipValue(raw, at)
		if item := raw[at:end:end]; !rawNull(item) {
			out = append(out, item)
		}
		if at = skipSpace(raw, end); at == len(raw) || raw[at] != ',' {
			return out
		}
	}
}

// rawRef reads a reference: an id, or an object that has one.
func rawRef(raw json.RawMessage) (id string, ok bool) {
	if id, ok = rawString(raw); ok || len(raw) == 0 || raw[0] != '{' {
		return id, ok
	}
	var room [40]rawMember
	list, _ := appendMembers(room[:0], raw)
	for _, m := range list {
		if m.name == "id" {
			return rawString(m.value)
		}
	}
	return "", false
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
	var room [8]rawMember
	list, _ := appendMembers(room[:0], raw)
	for _, m := range list {
		if s, ok := rawString(m.value); ok {
			return m.name, s
		}
	}
	return "", ""
}

// types returns the types of an object.
func (d rawDoc) types() []string {
	if s, ok := rawString(d["type"]); ok {
		return []string{s}
	}
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
	if s == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05"} {
		t, err := time.Parse(layout, s)
		if t = coop.Stamp(t); err == nil && t.Year() > 0 && t.Year() < 10_000 {
			return t
		}
	}
	return time.Time{}
}
