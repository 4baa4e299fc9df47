// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"plenum/activity"
	"plenum/coop"
)

// quoted is s as a JSON string.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// docs/security.md B.2: D01–D03, D15, D19.
func TestDocumentsThatAreRefusedBeforeTheyAreRead(t *testing.T) {
	t.Parallel()
	list := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + "]" }
	nest := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	for what, tc := range map[string]struct {
		doc  string
		want coop.Code
	}{
		"one byte too many":        {`{"a":"` + strings.Repeat("x", activity.MaxBody-7) + `"}`, coop.TooLarge},
		"830 KB of recipients":     {`{"to":[` + strings.Repeat(`"https://a.example/user/1",`, 30_000) + `1]}`, coop.TooLarge},
		"a long text":              {`{"a":"` + strings.Repeat("x", 200<<10) + `"}`, coop.TooLarge},
		"a long name":              {`{"` + strings.Repeat("x", 200<<10) + `":1}`, coop.TooLarge},
		"25 deep":                  {nest(25), coop.TooLarge},
		"25 deep with lists":       {`{"a":` + strings.Repeat("[", 24) + strings.Repeat("]", 24) + "}", coop.TooLarge},
		"20 000 deep and cut":      {strings.Repeat(`{"object":`, 20_000), coop.TooLarge},
		"100 000 lists":            {`{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}", coop.TooLarge},
		"2001 items":               {`{"a":` + list(2001) + "}", coop.TooLarge},
		"20 001 values":            {`{"a":[` + strings.TrimSuffix(strings.Repeat(list(1900)+",", 11), ",") + "]}", coop.TooLarge},
		"20 001 names":             {manyNames(10_001), coop.TooLarge},
		"nothing":                  {``, coop.Invalid},
		"white space":              {"\n\t ", coop.Invalid},
		"a list":                   {`[]`, coop.Invalid},
		"a string":                 {`"x"`, coop.Invalid},
		"null":                     {`null`, coop.Invalid},
		"two objects":              {`{} {}`, coop.Invalid},
		"cut":                      {`{"a":`, coop.Invalid},
		"a mark before it":         {"\ufeff{}", coop.Invalid},
		"no UTF-8":                 {"{\"a\":\"\xff\"}", coop.Invalid},
		"twice":                    {`{"a":1,"a":2}`, coop.Invalid},
		"twice below":              {`{"x":[{"b":{"a":1,"A":2}}]}`, coop.Invalid},
		"twice by escapes":         {`{"id":1,"\u0069d":2}`, coop.Invalid},
		"twice in a context":       {`{"@context":{"a":1,"a":2}}`, coop.Invalid},
		"case, beside the context": {`{"@context":{},"a":{"b":1,"B":2}}`, coop.Invalid},
	} {
		var err error
		best := time.Hour
		for range 3 { // the machine may be busy once, not three times
			start := time.Now()
			err = activity.Check([]byte(tc.doc))
			best = min(best, time.Since(start))
		}
		if coop.CodeOf(err) != tc.want {
			t.Errorf("%s: got %v want %s", what, err, tc.want)
		}
		if best > 200*time.Millisecond {
			t.Errorf("%s: refused only after %v", what, best)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("%s: the error is %d bytes long", what, len(err.Error()))
		}
	}
}

func manyNames(n int) string {
	var b strings.Builder
	b.WriteString(`{"":0`)
	for i := range n {
		b.WriteString(`,"` + strconv.FormatInt(int64(i), 36) + `":0`)
	}
	return b.String() + "}"
}

func TestDocumentsThatPass(t *testing.T) {
	t.Parallel()
	for what, doc := range map[string]string{
		"empty":             `{}`,
		"white space":       " \n{ \"a\" : [ 1 , -2.5e3 , true , null , \"\" , { } , [ ] ] }\t\n",
		"24 deep":           strings.Repeat(`{"a":`, 24) + "1" + strings.Repeat("}", 24),
		"2000 recipients":   `{"cc":[` + strings.TrimSuffix(strings.Repeat(`"https://a.example/user/1",`, 2000), ",") + `]}`,
		"same name, apart":  `{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}`,
		"terms of contexts": `{"@context":["https://www.w3.org/ns/activitystreams",{"quote":"a","Quote":"b"}]}`,
		"escapes":           `{"a\"b":"\\","a\\":"\"]}","\u00e9":"\ud83c\udf89"}`,
	} {
		if err := activity.Check([]byte(doc)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// The document hangs the codec of go-ap for more than fifteen seconds. No way in
// of ours may take more than 50 ms over it.
func TestTheDocumentThatHangsGoAPDoesNotHangUs(t *testing.T) {
	t.Parallel()
	raw := contents(t, "testdata/hang.json")
	wrapped := []byte(`{"id":"https://x.y/1","type":"Create","actor":"https://x.y/u","object":` + string(raw) + `}`)
	site := coop.Site{Domain: "events.example"}
	for what, read := range map[string]func(){
		"Check":            func() { _ = activity.Check(raw) },
		"Decode":           func() { _, _ = activity.Decode(raw, false) },
		"Decode, wrapped":  func() { _, _ = activity.Decode(wrapped, false) },
		"DecodeObject":     func() { _, _ = activity.DecodeObject(raw, false) },
		"DecodeActor":      func() { _, _ = activity.DecodeActor(raw, false) },
		"DecodeSubmission": func() { _, _ = activity.DecodeSubmission(raw, site) },
	} {
		best := time.Hour
		for range 3 { // the machine may be busy once, not three times
			start := time.Now()
			read()
			best = min(best, time.Since(start))
		}
		if best > 50*time.Millisecond {
			t.Errorf("%s took %v", what, best)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	raw := contents(b, "testdata/inbound/mobilizon/create_event.json")
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := activity.Decode(raw, false); err != nil {
			b.Fatal(err)
		}
	}
}
