// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/activity"
	"plenum/coop"
)

// samples returns the files of a corpus, which may not be empty.
func samples(tb testing.TB, glob string) []string {
	tb.Helper()
	files, err := filepath.Glob(glob)
	if err != nil || len(files) == 0 {
		tb.Fatalf("no corpus at %s (%v)", glob, err)
	}
	return files
}

func contents(tb testing.TB, file string) []byte {
	tb.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestWhatIsShownOfAnObject(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v.UTC()
	}
	for file, want := range map[string]activity.Object{
		"mastodon/create_note.json": {URL: "https://social.example/@alice/113500000000000001", Summary: "The meetup was great & well attended, see you #next month! Photos follow.", Published: at("2026-11-20T18:03:11Z")},
		"wordpress/create_article.json": {URL: "https://blog.example/2026/11/what-we-learned/", Name: "What we learned", Summary: "A look back …",
			Published: at("2026-11-15T08:00:00Z"), Updated: at("2026-11-15T08:05:00Z")},
		"gotosocial/create_note.json": {URL: "https://gts.example/@dora/statuses/01JD2Y", Summary: "food", Published: at("2026-11-20T20:00:00Z")},
		"peertube/create_video.json": {URL: "https://tube.example/w/v1", Name: "Flame graphs you can trust", Summary: "A talk",
			Published: at("2026-11-21T12:00:00Z"), Updated: at("2026-11-21T13:00:00Z")},
		"gancio/create_event.json":                  {URL: "https://gancio.example/event/assemblea", Name: "Assemblea", Summary: "Casa, giovedì 3 dicembre 18:00", Published: at("2026-11-19T12:00:00Z")},
		"pleroma/create_note.json":                  {Summary: "hello <world>", Published: at("2026-11-20T10:00:00Z")},
		"fedify/create_note_with_actor_object.json": {URL: "https://fedify.example/p/1", Summary: "Hi", Published: at("2026-11-22T10:00:00Z")},
	} {
		in, err := activity.Decode(contents(t, "testdata/inbound/"+file), false)
		if err != nil {
			t.Fatal(err)
		}
		o := in.(activity.Create).Object
		if !o.Embedded || len(o.Raw) == 0 {
			t.Errorf("%s: the object came with it, and is not kept", file)
		}
		again, err := activity.DecodeObject(o.Raw, false)
		again.Public, again.Listed = o.Public, o.Listed // which the activity may know better
		if diff := cmp.Diff(o, again); err != nil || diff != "" {
			t.Errorf("%s: read alone the object is another: %v %s", file, err, diff)
		}
		o = activity.Object{URL: o.URL, Name: o.Name, Summary: o.Summary, Published: o.Published, Updated: o.Updated}
		if diff := cmp.Diff(want, o); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestObjectsThatAreOnlyNamed(t *testing.T) {
	t.Parallel()
	in, err := activity.Decode([]byte(`{"id":"https://a.example/1","type":"Create","actor":"https://a.example/u","object":"https://a.example/n"}`), false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(activity.Object{ID: "https://a.example/n"}, in.(activity.Create).Object); diff != "" {
		t.Error(diff)
	}
	in, err = activity.Decode([]byte(`{"id":"https://a.example/1","type":"Undo","actor":"https://a.example/u","object":"https://a.example/f"}`), false)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := said(in), "Undo by https://a.example/u: https://a.example/f"; got != want {
		t.Errorf("got %q want %q", got, want)
	}
}

// docs/security.md B.2: O01–O10, T, D19, X. Each is refused, with a code that tells
// the peer not to try again, or read without believing what it must not.
func TestActivitiesThatAreRefused(t *testing.T) {
	t.Parallel()
	const head = `"id":"https://a.example/1","actor":"https://a.example/u",`
	for what, tc := range map[string]struct{ doc, member string }{
		"no id":                      {`{"type":"Follow","actor":"https://a.example/u","object":"https://b.example/"}`, "id"},
		"id is null":                 {`{"type":"Follow","id":null,"actor":"https://a.example/u","object":"https://b.example/"}`, "id"},
		"id is an object":            {`{"type":"Follow","id":{"id":"https://a.example/1"},"actor":"https://a.example/u","object":"https://b.example/"}`, "id"},
		"id is no URL":               {`{"type":"Follow","id":"urn:uuid:1","actor":"https://a.example/u","object":"https://b.example/"}`, "id"},
		"id is http":                 {`{"type":"Follow","id":"http://a.example/1","actor":"https://a.example/u","object":"https://b.example/"}`, "id"},
		"id closes the string":       {`{"type":"Follow","id":"https://a.example/1\",\"actor\":\"https://evil","actor":"https://a.example/u","object":"https://b.example/"}`, "id"},
		"no actor (O08)":             {`{"type":"Follow","id":"https://a.example/1","object":"https://b.example/"}`, "actor"},
		"null actor (O08)":           {`{"type":"Follow","id":"https://a.example/1","actor":null,"object":"https://b.example/"}`, "actor"},
		"list of actors (O08)":       {`{"type":"Follow","id":"https://a.example/1","actor":["https://a.example/u"],"object":"https://b.example/"}`, "actor"},
		"actor without id (O08)":     {`{"type":"Follow","id":"https://a.example/1","actor":{"type":"Person"},"object":"https://b.example/"}`, "actor"},
		"actor twice (O09)":          {`{"type":"Follow",` + head + `"actor":"https://b.example/u","object":"https://b.example/"}`, "actor"},
		"ACTOR besides (O09)":        {`{"type":"Follow",` + head + `"ACTOR":"https://b.example/u","object":"https://b.example/"}`, "ACTOR"},
		"escaped actor (O09)":        {`{"type":"Follow",` + head + `"\u0061ctor":"https://b.example/u","object":"https://b.example/"}`, "actor"},
		"long s in a name (O09)":     {`{"type":"Follow",` + head + `"tags":1,"tag\u017f":2,"object":"https://b.example/"}`, "tagſ"},
		"type is a list (D19)":       {`{"type":["Follow"],` + head + `"object":"https://b.example/"}`, "type"},
		"type is null (D19)":         {`{"type":null,` + head + `"object":"https://b.example/"}`, "type"},
		"type is a number (D19)":     {`{"type":7,` + head + `"object":"https://b.example/"}`, "type"},
		"follow of nothing":          {`{"type":"Follow",` + head + `"object":null}`, "object"},
		"follow of several":          {`{"type":"Follow",` + head + `"object":["https://b.example/","https://c.example/"]}`, "object"},
		"follow of a script":         {`{"type":"Follow",` + head + `"object":"javascript:alert(1)"}`, "object"},
		"undo of an empty object":    {`{"type":"Undo",` + head + `"object":{}}`, "object"},
		"undo by a forged id":        {`{"type":"Undo",` + head + `"object":{"id":"data:,1","type":"Follow"}}`, "object"},
		"undo with a bad actor":      {`{"type":"Undo",` + head + `"object":{"type":"Follow","actor":"x:y"}}`, "object.actor"},
		"create without object":      {`{"type":"Create",` + head + `"to":[]}`, "object"},
		"created object without id":  {`{"type":"Create",` + head + `"object":{"type":"Note"}}`, "object.id"},
		"created object, type null":  {`{"type":"Create",` + head + `"object":{"id":"https://a.example/n","type":null}}`, "object.type"},
		"created by a script":        {`{"type":"Create",` + head + `"object":{"id":"https://a.example/n","type":"Note","attributedTo":"javascript:1"}}`, "object.attributedTo"},
		"announce of an unnamed one": {`{"type":"Announce",` + head + `"object":{"type":"Note"}}`, "object"},
	} {
		in, err := activity.Decode([]byte(tc.doc), false)
		if in != nil || coop.CodeOf(err) != coop.Invalid {
			t.Errorf("%s: got %v, %v", what, in, err)
			continue
		}
		if got := err.(*coop.Error).Member; got != tc.member {
			t.Errorf("%s: the member at fault is %q, want %q", what, got, tc.member)
		}
		if len(err.Error()) > 200 {
			t.Errorf("%s: the error is %d bytes long", what, len(err.Error()))
		}
	}
}

func TestAContextCannotRenameMembers(t *testing.T) { // O10
	t.Parallel()
	doc := `{"@context":["https://www.w3.org/ns/activitystreams",{"by":"as:actor","actor":"ex:other","Quote":"ex:Quote","quote":"ex:quote"}],
		"id":"https://a.example/1","type":"Follow","actor":"https://a.example/u","by":"https://victim.example/u","object":"https://b.example/c",
		"@graph":[{"id":"https://victim.example/1"}],"@reverse":{"actor":"https://victim.example/u"}}`
	in, err := activity.Decode([]byte(doc), false)
	if err != nil || in.Head().Actor != "https://a.example/u" {
		t.Errorf("got %v, %v", in, err)
	}
}

func TestAVictimAmongTheAuthorsIsNotCredited(t *testing.T) { // O07
	t.Parallel()
	for _, authors := range []string{`"https://victim.example/u","https://a.example/u"`, `"https://a.example/u","https://victim.example/u"`} {
		in, err := activity.Decode([]byte(`{"id":"https://a.example/1","type":"Create","actor":"https://a.example/u",
			"object":{"id":"https://a.example/n","type":"Note","attributedTo":[`+authors+`]}}`), false)
		if err != nil {
			t.Fatal(err)
		}
		if got := in.(activity.Create).Object.By; got != "https://a.example/u" {
			t.Errorf("of %s got %s", authors, got)
		}
	}
}

func TestWhoAnObjectIsFor(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]bool{
		`"to":"as:Public","object":{"id":"https://a.example/n","type":"Note","to":["https://a.example/followers"]}`:                false, // the object knows better
		`"to":"as:Public","object":{"id":"https://a.example/n","type":"Note"}`:                                                     true,
		`"to":[],"object":{"id":"https://a.example/n","type":"Note","cc":["Public"]}`:                                              true,
		`"to":[],"object":{"id":"https://a.example/n","type":"Note","to":{"id":"https://www.w3.org/ns/activitystreams#Public"}}`:   true,
		`"cc":["https://www.w3.org/ns/activitystreams#Public/"],"object":{"id":"https://a.example/n","type":"Note"}`:               false,
		`"object":{"id":"https://a.example/n","type":"Note"}`:                                                                      false,
		`"object":{"id":"https://a.example/n","type":"Note","bcc":["https://b.example/u"],"audience":"https://a.example/c/group"}`: false,
	} {
		in, err := activity.Decode([]byte(`{"id":"https://a.example/1","type":"Create","actor":"https://a.example/u",`+doc+`}`), false)
		if err != nil {
			t.Fatal(err)
		}
		if got := in.(activity.Create).Object.Public; got != want {
			t.Errorf("%s: public is %v", doc, got)
		}
		unlisted := strings.Contains(doc, `"cc":["Public"]`)
		if got := in.(activity.Create).Object.Listed; got != (want && !unlisted) {
			t.Errorf("%s: listed is %v", doc, got)
		}
	}
}

func TestShownTextIsPlain(t *testing.T) { // X01, X07, D15
	t.Parallel()
	for in, want := range map[string]string{
		`<script>alert(1)</script>Hi<img src=x onerror=alert(1)>`: `Hi`,
		`a &lt;b&gt; c`:                                   `a <b> c`,
		`1 < 2 > 1`:                                       `1 < 2 > 1`,
		`<p>one</p><p>two<br>three</p>`:                   `one two three`,
		`so<em>me</em>thing`:                              `something`,
		`<!-- hidden --><style>p{}</STYLE>seen`:           `seen`,
		`never <a href="closed`:                           `never <a href="closed`,
		"tab\tand\nline\u0000 \u202eevil\u202c\u200b":     `tab and line evil`,
		"e" + strings.Repeat("\u0301", 1000):              "e" + strings.Repeat("\u0301", 4),
		"family \U0001F468\u200d\U0001F469":               "family \U0001F468\u200d\U0001F469",
		strings.Repeat("x", 400):                          strings.Repeat("x", 300) + "…",
		strings.Repeat("<b", 20_000):                      strings.Repeat("<b", 150) + "…",
		strings.Repeat("<b>", 12_000) + "end of the tale": ``,
	} {
		o, err := activity.DecodeObject([]byte(`{"id":"https://a.example/n","type":"Note","name":`+quoted(in)+`}`), false)
		if err != nil {
			t.Fatal(err)
		}
		if o.Name != want {
			t.Errorf("%.60q: got %q want %q", in, o.Name, want)
		}
	}
}

func TestPagesElsewhereAreNotBelieved(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]coop.IRI{
		`"https://a.example/page"`:                                          "https://a.example/page",
		`"https://evil.example/page"`:                                       "",
		`"javascript:alert(1)"`:                                             "",
		`{"type":"Link","href":"https://a.example/x"}`:                      "https://a.example/x",
		`[{"href":"https://evil.example/"},{"href":"https://a.example/x"}]`: "https://a.example/x",
		`7`: "",
	} {
		o, err := activity.DecodeObject([]byte(`{"id":"https://a.example/n","type":"Note","url":`+url+`}`), false)
		if err != nil || o.URL != want {
			t.Errorf("%s: got %q, %v", url, o.URL, err)
		}
	}
}

func TestTimesAsTheyAreFoundInTheWild(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2026-12-01T19:00:00+01:00": "2026-12-01T18:00:00Z",
		"2026-12-01T19:00:00+0100":  "2026-12-01T18:00:00Z",
		"2026-12-01T19:00:00":       "2026-12-01T19:00:00Z",
		"2026-12-01T19:00:00.987Z":  "2026-12-01T19:00:00Z",
		"9999-12-31T23:59:59-12:00": "0001-01-01T00:00:00Z",
		"next week":                 "0001-01-01T00:00:00Z",
	} {
		o, err := activity.DecodeObject([]byte(`{"id":"https://a.example/n","type":"Note","published":`+quoted(in)+`}`), false)
		if err != nil || o.Published.Format(time.RFC3339) != want {
			t.Errorf("%s: got %s, %v", in, o.Published.Format(time.RFC3339), err)
		}
	}
}

func TestHTTPIdsAreForDevelopment(t *testing.T) {
	t.Parallel()
	doc := []byte(`{"id":"http://localhost:8081/1","type":"Follow","actor":"http://localhost:8081/u","object":"http://localhost:8080/c"}`)
	if _, err := activity.Decode(doc, false); coop.CodeOf(err) != coop.Invalid {
		t.Errorf("got %v", err)
	}
	if in, err := activity.Decode(doc, true); err != nil || in.Head().Actor != "http://localhost:8081/u" {
		t.Errorf("got %v, %v", in, err)
	}
}
