// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"plenum/coop"
)

// FuzzCheck holds the guard and encoding/json beside each other. What passes
// means the same to both, however it is read; what is refused as invalid is
// refused by encoding/json too, or says something twice.
func FuzzCheck(f *testing.F) {
	files, err := filepath.Glob("testdata/inbound/*/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("no corpus (%v)", err)
	}
	for _, file := range append(files, "testdata/hang.json") {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, s := range []string{
		`{}`, ` {"a":[1,-0,0.5e+3,-1E-2,true,false,null,"",{},[]]} `, `{"a":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":-}`, `{"a":+1}`, `{"a":1e}`, `{"a":tru}`,
		`{"a":"\\\"\/\b\f\n\r\t\u00e9\ud83c\udf89\ud800"}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, "{\"a\":\"\t\"}", `{"a":1,}`, `{"a" 1}`, `{,}`, `{"a":[1,]}`, `{"a":[,1]}`,
		`{"\u0061ctor":1,"actor":2}`, `{"tags":1,"tag\u017f":2}`, `{"K":1,"k":2}`, `{"\u212a":1,"k":2}`, `{"ı":1,"i":2}`, `{"İ":1,"i":2}`, `{"ß":1,"ẞ":2}`, `{"ς":1,"σ":2}`,
		`{"\ud800":1,"\ufffd":2}`, `{"@context":{"a":1,"A":{"b":1,"B":2}},"a":2}`, `{"@CONTEXT":{"a":1,"A":2}}`, `{"\u0040context":{"a":1,"A":2}}`, `[]`, `"a"`, `{} {}`, `{}x`,
		"{\"a\":\"\x80\"}", "\ufeff{}", `{"a":1e999}`, `{"":1,"":2}`, `{"a\"":1,"a\\\"":2}`, `{"a":"\\\\\\"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		valid := json.Valid(raw) && utf8.Valid(raw) && bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{"))
		err := Check(raw)
		switch code := coop.CodeOf(err); {
		case err == nil:
			if !valid || saysTwice(t, raw, false) {
				t.Fatalf("%q passes", raw)
			}
			readsTheSame(t, bytes.TrimSpace(raw))
			asStruct(t, raw)
		case code == coop.Invalid:
			if valid && !saysTwice(t, raw, false) {
				t.Fatalf("%q is refused: %v", raw, err)
			}
		case code != coop.TooLarge:
			t.Fatalf("%q: got %v", raw, err)
		}
		// What no check has let pass is split somehow or not at all, and that ends.
		rawMembers(raw)
		rawList(raw)
		rawRef(raw)
		rawFirst(raw)
	})
}

// saysTwice reports whether an object in valid JSON has two members that somebody
// could take for one. The terms of an @context are told apart by case.
func saysTwice(t *testing.T, raw json.RawMessage, terms bool) bool {
	t.Helper()
	raw = bytes.TrimSpace(raw)
	if raw[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if saysTwice(t, r, terms) {
				return true
			}
		}
	}
	if raw[0] != '{' {
		return false
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	var names []string
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		name := tok.(string)
		for _, other := range names {
			folded := strings.EqualFold(name, other) || bothCases(name) == bothCases(other)
			if name == other || folded && !terms {
				return true
			}
		}
		names = append(names, name)
		if saysTwice(t, v, terms || name == "@context") {
			return true
		}
	}
	return false
}

// readsTheSame compares what the splitters make of a value with what
// encoding/json makes of it.
func readsTheSame(t *testing.T, raw json.RawMessage) {
	t.Helper()
	switch raw[0] {
	case '{':
		var want map[string]json.RawMessage
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		got, ok := rawObject(raw)
		if !ok || !reflect.DeepEqual(map[string]json.RawMessage(got), want) {
			t.Fatalf("%s: got %q want %q", raw, got, want)
		}
		for _, v := range got {
			readsTheSame(t, v)
		}
	case '[':
		var all, want []json.RawMessage
		if err := json.Unmarshal(raw, &all); err != nil {
			t.Fatal(err)
		}
		for _, v := range all {
			if string(v) != "null" {
				want = append(want, v)
			}
		}
		got := rawList(raw)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: got %q want %q", raw, got, want)
		}
		for _, v := range got {
			readsTheSame(t, v)
		}
	case '"':
		var want string
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		if got, ok := rawString(raw); !ok || got != want {
			t.Fatalf("%s: got %q want %q", raw, got, want)
		}
	}
}

// asStruct reads a document as programs do that let encoding/json match names
// without case: it must find what is found here under the exact names, and
// nothing else in its place.
func asStruct(t *testing.T, raw []byte) {
	t.Helper()
	var s struct {
		ID      json.RawMessage `json:"id"`
		Type    json.RawMessage `json:"type"`
		Actor   json.RawMessage `json:"actor"`
		Object  json.RawMessage `json:"object"`
		InReply json.RawMessage `json:"inReplyTo"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	d, _ := rawObject(raw)
	for name, got := range map[string]json.RawMessage{"id": s.ID, "type": s.Type, "actor": s.Actor, "object": s.Object, "inReplyTo": s.InReply} {
		if want, exact := d[name]; exact && !bytes.Equal(got, want) {
			t.Fatalf("%s of %s: got %s want %s", name, raw, got, want)
		}
	}
}

func TestCharactersThatDifferByCaseAreOne(t *testing.T) {
	t.Parallel()
	for c := rune(0); c <= unicode.MaxRune; c++ {
		got := foldRune(c)
		if got != foldRune(unicode.SimpleFold(c)) || got != foldRune(unicode.ToLower(unicode.ToUpper(c))) || got != foldRune(got) {
			t.Errorf("%q is folded to %q", c, got)
		}
		if c < utf8.RuneSelf && got != rune(lowerByte(byte(c))) {
			t.Errorf("%q is folded to %q", c, got)
		}
	}
}

// Names whose digests are the same must not make the guard slow. Two endings that
// lead to the same digest can be found for any beginning, and found again behind
// these: ten times make 1024 names.
func TestNamesWithOneDigestDoNotSlowTheGuard(t *testing.T) {
	t.Parallel()
	names := []string{""}
	for range 10 {
		a, b := twins(t, names[0])
		var longer []string
		for _, n := range names {
			longer = append(longer, n+a, n+b)
		}
		names = longer
	}
	for _, n := range names {
		if digestOf([]byte(n)) != digestOf([]byte(names[0])) {
			t.Fatal("the digests differ")
		}
	}
	for what, prefix := range map[string]string{"plain": "", "escaped": `\u0061`} {
		doc := []byte(`{"` + prefix + strings.Join(names, `":0,"`+prefix) + `":0}`)
		best := time.Hour
		for range 3 { // the machine may be busy once, not three times
			start := time.Now()
			if err := Check(doc); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(start))
		}
		if best > 250*time.Millisecond {
			t.Errorf("%s: it took %v", what, best)
		}
	}
}

// twins are two texts that bring the digest of what begins with start to the same
// value.
func twins(t *testing.T, start string) (a, b string) {
	t.Helper()
	dice, seen := rand.New(rand.NewPCG(1, 2)), make(map[uint32]uint64, 1<<17)
	var room [128]byte
	for range 1 << 20 {
		n := 1<<40 + dice.Uint64()>>24
		h := digestOf(strconv.AppendUint(append(room[:0], start...), n, 36))
		if other, ok := seen[h]; ok && other != n {
			return strconv.FormatUint(other, 36), strconv.FormatUint(n, 36)
		}
		seen[h] = n
	}
	t.Fatal("there are no twins")
	return "", ""
}

// bothCases is how the guard folds a name: ſ is an s to encoding/json.
func bothCases(s string) string { return strings.ToLower(strings.ToUpper(s)) }
