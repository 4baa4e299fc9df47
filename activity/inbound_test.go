// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"plenum/activity"
	"plenum/coop"
)

const someEvent = "https://events.example/ap/events/01KB3Y6Q2ZM9T4X7V0R8W5N1EA"

// whole is one document of each type of activity that means something to us, and
// what is read of it.
var whole = map[string]struct{ members, said string }{
	"Follow":          {`"object":"https://events.example/ap/coops/x"`, "https://events.example/ap/coops/x"},
	"Undo":            {`"object":{"id":"https://a.example/2","type":"Like","actor":"https://a.example/u","object":"` + someEvent + `"}`, "https://a.example/2 (Like by https://a.example/u of EVENT)"},
	"Accept":          {`"object":"` + someEvent + `"`, "EVENT"},
	"Reject":          {`"object":{"id":"` + someEvent + `","type":"Event"}`, "EVENT (Event by nobody of nobody)"},
	"TentativeAccept": {`"object":{"id":"` + someEvent + `","type":"Event","actor":["https://x.example/"]}`, "EVENT (Event by nobody of nobody)"},
	"Like":            {`"object":"` + someEvent + `","content":"👍🏽"`, "EVENT 👍🏽"},
	"EmojiReact":      {`"object":{"id":"` + someEvent + `"},"content":":blobcat:"`, "EVENT :blobcat:"},
	"Join":            {`"object":"` + someEvent + `","participationMessage":"<b>Two</b> of us\u0000"`, "EVENT Two of us"},
	"Leave":           {`"object":"` + someEvent + `"`, "EVENT"},
	"Block":           {`"object":"https://events.example/ap/coops/x"`, "https://events.example/ap/coops/x"},
	"Move":            {`"object":"https://a.example/u","target":{"id":"https://b.example/u"}`, "https://a.example/u to https://b.example/u"},
	"Flag":            {`"object":["https://events.example/ap/coops/x",{"id":"` + someEvent + `"}],"content":"spam"`, "[https://events.example/ap/coops/x EVENT] spam"},
	"QuoteRequest":    {`"object":"` + someEvent + `","instrument":{"id":"https://a.example/n","type":"Note"}`, "EVENT in https://a.example/n"},
	"Delete":          {`"object":{"id":"https://a.example/n","type":"Tombstone"}`, "https://a.example/n"},
	"Create":          {`"object":{"id":"https://a.example/n","type":"Note","attributedTo":"https://a.example/u","inReplyTo":"` + someEvent + `","content":"x"}`, `Note https://a.example/n by https://a.example/u, for some, answers EVENT: "x"`},
	"Update":          {`"object":{"id":"https://a.example/u","type":"Person"}`, "Person https://a.example/u by nobody, for some, an actor"},
	"Announce":        {`"object":"` + someEvent + `"`, "EVENT"},
	"View":            {`"object":"` + someEvent + `"`, "we do nothing upon View"},
}

func document(kind, members string) []byte {
	return []byte(`{"id":"https://a.example/1","type":"` + kind + `","actor":"https://a.example/u",` + members + `}`)
}

func TestWhatEachActivitySays(t *testing.T) {
	t.Parallel()
	for kind, w := range whole {
		raw := document(kind, w.members)
		in, err := activity.Decode(raw, false)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if got := said(in); !strings.HasSuffix(got, ": "+w.said) {
			t.Errorf("%s: got %s want %s", kind, got, w.said)
		}
		if string(in.Head().Raw) != string(raw) || in.Head().Type != kind {
			t.Errorf("%s: the head is of another document", kind)
		}
	}
}

// variants are the types in inbound.go that can be what another server says.
func variants(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "inbound.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "inbound" {
			out = append(out, f.Recv.List[0].Type.(*ast.Ident).Name)
		}
	}
	if len(out) < 17 {
		t.Fatalf("only %d variants were found", len(out))
	}
	return out
}

func TestEveryVariantIsReadFromSomeDocument(t *testing.T) {
	t.Parallel()
	made := map[string]bool{}
	for kind, w := range whole {
		in, err := activity.Decode(document(kind, w.members), false)
		if err != nil {
			t.Fatal(err)
		}
		made[strings.TrimPrefix(fmt.Sprintf("%T", in), "activity.")] = true
	}
	for _, v := range variants(t) {
		if !made[v] {
			t.Errorf("no document is read as %s", v)
		}
	}
}

// Whatever stands where something else should: a value, or an error that names
// the member; never a panic, never both, never neither.
func TestOddShapesAreIgnoredOrInvalid(t *testing.T) {
	t.Parallel()
	odd := []string{`null`, `7`, `true`, `""`, `"x"`, `"javascript:alert(1)"`, `"https://b.example/1"`, `[]`, `[null]`, `[7,"x"]`, `[[]]`, `["https://b.example/1"]`,
		`{}`, `{"id":null}`, `{"id":7}`, `{"id":"x"}`, `{"id":{"id":"https://b.example/1"}}`, `{"id":"https://b.example/1"}`, `{"id":"https://b.example/1","type":["Event",7]}`,
		`{"type":"Like","actor":7,"object":[]}`, `{"id":"https://b.example/1","type":{},"url":[{}],"content":[],"contentMap":[],"to":{},"published":7,"inReplyTo":{}}`,
		`{"en":7,"de":"x"}`, `"\ud800"`, `"2026-13-40T99:99:99Z"`}
	members := []string{"object", "target", "instrument", "content", "contentMap", "summary", "participationMessage", "_misskey_reaction", "to", "cc", "audience", "published"}
	for kind, w := range whole {
		var d map[string]json.RawMessage
		if err := json.Unmarshal(document(kind, w.members), &d); err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			was, had := d[m]
			for _, v := range odd {
				d[m] = json.RawMessage(v)
				raw, err := json.Marshal(d)
				if err != nil {
					t.Fatal(err)
				}
				in, err := activity.Decode(raw, false)
				if (err == nil) == (in == nil) || err != nil && (coop.CodeOf(err) != coop.Invalid || err.(*coop.Error).Member == "") {
					t.Errorf("%s: got %v, %v", raw, in, err)
				}
				activity.Addresses(raw, "https://b.example/1")
			}
			if d[m] = was; !had {
				delete(d, m)
			}
		}
	}
}

func TestWhatIsNoEmojiIsNotKept(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"👍": "👍", "❤️": "❤️", "❤": "❤", "👍🏽": "👍🏽", "🇩🇪": "🇩🇪", "1️⃣": "1️⃣", "#⃣": "#⃣", "👨‍👩‍👧‍👦": "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿": "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏳️‍🌈": "🏳️‍🌈", "🕵🏻‍♂️": "🕵🏻‍♂️",
		"↔️": "↔️", "‼️": "‼️", "©": "©", "™️": "™️", "🏻": "🏻",
		":blobcat:": ":blobcat:", ":blob_cat-2.0+x:": ":blob_cat-2.0+x:", ":blobcat@misskey.example:": ":blobcat:", ":blobcat@.:": ":blobcat:",
		"": "", "x": "", "1": "", "👍👍": "", "👍 ": "", " 👍": "", "👍x": "", "🇩": "", "🇩🇪🇫🇷": "", "👨\u200d": "", "\u200d👨": "", "\u200d": "", "\ufe0f": "", "\u202e👍": "", "é": "", "中": "", "≠": "", "+": "",
		"::": "", ":": "", ": :": "", ":@x:": "", ":a b:": "", ":<b>:": "", ":" + strings.Repeat("x", 62) + ":": ":" + strings.Repeat("x", 62) + ":", ":" + strings.Repeat("x", 63) + ":": "",
		":a::b:": "", "<script>": "", "👍\u0000": "", strings.Repeat("👨\u200d", 9) + "👨": "", "like": "",
	} {
		for _, member := range []string{"content", "_misskey_reaction"} {
			doc := document("Like", `"object":"`+someEvent+`","`+member+`":`+quoted(in))
			got, err := activity.Decode(doc, false)
			if err != nil {
				t.Fatal(err)
			}
			if l := got.(activity.Like); l.Emoji != want || len(l.Emoji) > 64 {
				t.Errorf("%+q: got %+q want %+q", in, l.Emoji, want)
			}
		}
		react, err := activity.Decode(document("EmojiReact", `"object":"`+someEvent+`","content":`+quoted(in)), false)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := react.(activity.Like); ok != (want != "") {
			t.Errorf("%+q: an EmojiReact with it is %T", in, react)
		}
	}
}

func TestWhatIsComplainedAbout(t *testing.T) {
	t.Parallel()
	many := make([]string, 60)
	for i := range many {
		many[i] = fmt.Sprintf("https://events.example/ap/notes/%d", i)
	}
	list, err := json.Marshal(append([]string{many[0], "nonsense"}, many...))
	if err != nil {
		t.Fatal(err)
	}
	for members, want := range map[string]activity.Flag{
		`"object":"https://events.example/ap/coops/x"`:                                                 {Objects: []coop.IRI{"https://events.example/ap/coops/x"}},
		`"object":["` + someEvent + `",null,7,{"id":"x"},"` + someEvent + `"],"summary":"<p>rude</p>"`: {Objects: []coop.IRI{someEvent}, Text: "rude"},
		`"object":"` + someEvent + `","content":"why","summary":"no"`:                                  {Objects: []coop.IRI{someEvent}, Text: "why"},
		`"object":"` + someEvent + `","content":"` + strings.Repeat("x", 3000) + `"`:                   {Objects: []coop.IRI{someEvent}, Text: strings.Repeat("x", coop.MaxMessage) + "…"},
	} {
		in, err := activity.Decode(document("Flag", members), false)
		if err != nil {
			t.Fatal(err)
		}
		f := in.(activity.Flag)
		if !slices.Equal(f.Objects, want.Objects) || f.Text != want.Text {
			t.Errorf("%.80s: got %v %.40q", members, f.Objects, f.Text)
		}
	}
	in, err := activity.Decode(document("Flag", `"object":`+string(list)), false)
	if err != nil || len(in.(activity.Flag).Objects) != 50 {
		t.Errorf("of sixty things %d are kept (%v)", len(in.(activity.Flag).Objects), err)
	}
	for _, object := range []string{`null`, `[]`, `["x"]`, `{}`} {
		if in, err := activity.Decode(document("Flag", `"object":`+object), false); coop.CodeOf(err) != coop.Invalid {
			t.Errorf("%s: got %v, %v", object, in, err)
		}
	}
}

// reply reads a Create of a Note with these members.
func reply(t *testing.T, members string) activity.Object {
	t.Helper()
	in, err := activity.Decode(document("Create", `"object":{"id":"https://a.example/n","type":"Note","attributedTo":"https://a.example/u",`+members+`}`), false)
	if err != nil {
		t.Fatalf("%.200s: %v", members, err)
	}
	return in.(activity.Create).Object
}

func TestWhatIsReadOfAReply(t *testing.T) {
	t.Parallel()
	const to = `"inReplyTo":"` + someEvent + `",`
	for members, want := range map[string]activity.Object{
		to + `"content":"<p>Hi</p>","contentMap":{"de":"<p>Hallo</p>","en":"<p>Hi</p>"}`: {InReplyTo: someEvent, Content: "<p>Hi</p>", Language: "de"},
		to + `"contentMap":{"und":7,"pt-BR":"<p>Oi</p>"}`:                                {InReplyTo: someEvent, Content: "<p>Oi</p>", Language: "pt-BR"},
		to + `"content":"x","contentMap":{"und":"x"},"language":{"identifier":"fr"}`:     {InReplyTo: someEvent, Content: "x", Language: "fr"},
		to + `"content":"x","inLanguage":"nl","contentMap":{"<b>":"x"}`:                  {InReplyTo: someEvent, Content: "x", Language: "nl"},
		to + `"content":"x","language":"e"`:                                              {InReplyTo: someEvent, Content: "x"},
		to + `"content":"x","language":"en--us"`:                                         {InReplyTo: someEvent, Content: "x"},
		to + `"content":"x","language":"1en"`:                                            {InReplyTo: someEvent, Content: "x"},
		to + `"content":"x","language":"en-` + strings.Repeat("x", 9) + `"`:              {InReplyTo: someEvent, Content: "x"},
		to + `"content":"a < b\r\nc & d","mediaType":"text/plain"`:                       {InReplyTo: someEvent, Content: "a &lt; b<br>c &amp; d"},
		to + `"content":"*a*","mediaType":"text/markdown"`:                               {InReplyTo: someEvent, Content: "*a*"},
		to + `"content":"<i>a</i>","mediaType":"text/html; charset=utf-8"`:               {InReplyTo: someEvent, Content: "<i>a</i>"},
		to + `"name":"Yes"`:                                {InReplyTo: someEvent, Vote: true},
		to + `"name":"Yes","content":null`:                 {InReplyTo: someEvent, Vote: true},
		to + `"name":"Yes","content":"because"`:            {InReplyTo: someEvent, Content: "because"},
		to + `"name":"","content":""`:                      {InReplyTo: someEvent},
		to + `"name":"Yes","type2":1`:                      {InReplyTo: someEvent, Vote: true},
		`"name":"Yes"`:                                     {},
		`"content":"<p>not a reply</p>","inReplyTo":null`:  {},
		`"content":"x","inReplyTo":"tag:a.example,2017:1"`: {},
		`"content":"x","inReplyTo":[]`:                     {},
		`"content":"x","inReplyTo":["tag:x",7,"` + someEvent + `","https://b.example/"]`: {InReplyTo: someEvent, Content: "x"},
		`"content":"x","inReplyTo":{"id":"` + someEvent + `"}`:                           {InReplyTo: someEvent, Content: "x"},
	} {
		o := reply(t, members)
		got := activity.Object{InReplyTo: o.InReplyTo, Content: o.Content, Language: o.Language, Vote: o.Vote}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", members, diff)
		}
	}
}

func TestOfWhatAReplyWarns(t *testing.T) {
	t.Parallel()
	const to = `"inReplyTo":"` + someEvent + `","content":"x",`
	for members, want := range map[string]activity.Object{
		to + `"summary":"Spiders &amp; <b>snakes</b>\nand more","sensitive":true`: {Sensitive: true, Warning: "Spiders & snakes and more"},
		to + `"summary":null,"summaryMap":{"de":"Spinnen"}`:                       {Sensitive: true, Warning: "Spinnen"},
		to + `"summary":"","sensitive":true`:                                      {Sensitive: true},
		to + `"summary":"\u200b","sensitive":true`:                                {Sensitive: true}, // Misskey's empty one
		to + `"summary":"Spiders","sensitive":false`:                              {Sensitive: true, Warning: "Spiders"},
		to + `"summary":null,"sensitive":"true"`:                                  {},
		to + `"sensitive":1`:                                                      {},
		to + `"type2":"x"`:                                                        {},
		to + `"summary":"` + strings.Repeat("ü", 2_000) + `"`:                     {Sensitive: true, Warning: strings.Repeat("ü", coop.MaxWarning) + "…"},
		`"content":"x","summary":"not a reply","sensitive":true`:                  {},
	} {
		o := reply(t, members)
		if got := (activity.Object{Sensitive: o.Sensitive, Warning: o.Warning}); !cmp.Equal(want, got) {
			t.Errorf("%.100s:\n%s", members, cmp.Diff(want, got))
		}
	}
	article, err := activity.DecodeObject([]byte(`{"id":"https://a.example/n","type":"Article","summary":"A teaser",`+to+`"sensitive":false}`), false)
	if err != nil || article.Sensitive || article.Warning != "" {
		t.Errorf("the teaser of an article warns: %+v (%v)", article, err)
	}
}

func TestTheTextOfAReplyIsBounded(t *testing.T) {
	t.Parallel()
	for what, text := range map[string]string{
		"letters":       strings.Repeat("x", 100_000),
		"umlauts":       "x" + strings.Repeat("ü", 50_000),
		"emoji":         "xyz" + strings.Repeat("🎉", 30_000),
		"a cut tag":     strings.Repeat("x", coop.MaxComment-5) + `<a href="https://a.example/">x</a>`,
		"no surrogates": strings.Repeat("x", 100),
	} {
		member := quoted(text)
		if what == "no surrogates" {
			member = `"` + text + `\ud800"`
		}
		o := reply(t, `"inReplyTo":"`+someEvent+`","content":`+member)
		if len(o.Content) > coop.MaxComment || !utf8.ValidString(o.Content) || len(o.Content) < min(len(text), coop.MaxComment-8) || strings.Contains(o.Content, "<") {
			t.Errorf("%s: %d bytes are kept, ending in %q", what, len(o.Content), o.Content[max(0, len(o.Content)-12):])
		}
	}
	o := reply(t, `"inReplyTo":"`+someEvent+`","mediaType":"text/plain","content":`+quoted(strings.Repeat("<", 20_000)))
	if len(o.Content) > coop.MaxComment {
		t.Errorf("of a plain text %d bytes are kept", len(o.Content))
	}
}

func TestVotesAreNotesOnly(t *testing.T) {
	t.Parallel()
	in, err := activity.Decode(document("Create", `"object":{"id":"https://a.example/n","type":"Article","name":"Title","inReplyTo":"`+someEvent+`"}`), false)
	if err != nil || in.(activity.Create).Object.Vote {
		t.Errorf("got %v, %v", in, err)
	}
}

func TestWhomAnActivityAddresses(t *testing.T) {
	t.Parallel()
	const fans = "https://events.example/ap/coops/x/followers"
	for members, want := range map[string]bool{
		`"to":"` + fans + `"`: true,
		`"cc":["https://www.w3.org/ns/activitystreams#Public","` + fans + `"]`: true,
		`"audience":{"id":"` + fans + `"}`:                                     true,
		`"object":{"id":"https://a.example/n","cc":["` + fans + `"]}`:          true,
		`"to":[],"object":{"cc":["` + fans + `"]}`:                             true,
		`"to":["https://b.example/"],"object":{"cc":["` + fans + `"]}`:         false, // the activity knows better
		`"bto":["` + fans + `"]`:                                               false,
		`"to":["` + fans + `/"]`:                                               false,
		`"tag":["` + fans + `"]`:                                               false,
		`"to":7,"object":"` + fans + `"`:                                       false,
		`"to":["` + fans + `"],"to":["x"]`:                                     false, // no document at all
		`"to":["\u0068` + fans[1:] + `"]`:                                      true,
	} {
		if got := activity.Addresses(document("Create", members), fans); got != want {
			t.Errorf("%s: got %v", members, got)
		}
	}
	if activity.Addresses(nil, "") || activity.Addresses([]byte("[]"), "x") {
		t.Error("nothing addresses somebody")
	}
}
