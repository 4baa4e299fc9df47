// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"fmt"
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

// said writes an activity as one line.
func said(in activity.Inbound) string {
	about := func(object coop.IRI, of string, actor, whom coop.IRI) string {
		return fmt.Sprintf("%s (%s %s %s)", object, of, actor, whom)
	}
	thing := func(o activity.Object) string {
		return fmt.Sprintf("%s %s by %s public=%v actor=%v", o.Type, o.ID, o.By, o.Public, o.Actor)
	}
	var what string
	switch in := in.(type) {
	case activity.Follow:
		what = string(in.Object)
	case activity.Undo:
		what = about(in.Object, in.Of, in.OfActor, in.OfObject)
	case activity.Accept:
		what = about(in.Object, in.Of, in.OfActor, in.OfObject)
	case activity.Reject:
		what = about(in.Object, in.Of, in.OfActor, in.OfObject)
	case activity.Delete:
		what = string(in.Object)
	case activity.Create:
		what = thing(in.Object)
	case activity.Update:
		what = thing(in.Object)
	case activity.Announce:
		what = string(in.Object)
	case activity.Ignored:
		return "Ignored: " + in.Why
	default:
		return fmt.Sprintf("no line for %T", in)
	}
	return fmt.Sprintf("%s by %s: %s", in.Head().Type, in.Head().Actor, what)
}

// What the software of the fediverse sends, in one line each. A document without
// a line here, and a line without a document, are failures.
var heard = map[string]string{
	"fedify/create_note_with_actor_object.json": "Create by https://fedify.example/users/peer: Note https://fedify.example/users/peer/notes/1 by https://fedify.example/users/peer public=true actor=false",
	"fedify/follow.json":                        "Follow by https://fedify.example/users/peer: https://events.example/ap/coops/hackspace",
	"fedify/undo_follow.json":                   "Undo by https://fedify.example/users/peer: https://fedify.example/users/peer#follow/0192e3b1-7a2c-7f3e-9d11-aa55ee66ff77 (Follow https://fedify.example/users/peer https://events.example/ap/coops/hackspace)",
	"gancio/accept.json":                        "Accept by https://gancio.example/federation/u/events: https://events.example/ap/activities/01KB3Y6Q2ZM9T4X7V0R8W5N1EA (Follow https://events.example/ap/coops/hackspace https://gancio.example/federation/u/events)",
	"gancio/create_event.json":                  "Create by https://gancio.example/federation/u/events: Event https://gancio.example/federation/m/42 by https://gancio.example/federation/u/events public=true actor=false",
	"gotosocial/create_note.json":               "Create by https://gts.example/users/dora: Note https://gts.example/users/dora/statuses/01JD2Y by https://gts.example/users/dora public=true actor=false",
	"gotosocial/follow.json":                    "Follow by https://gts.example/users/dora: https://events.example/ap/coops/hackspace",
	"gotosocial/undo_follow.json":               "Undo by https://gts.example/users/dora: https://gts.example/users/dora/follow/01JD2Y9WQX5N8A7B6C5D4E3F2G (Follow https://gts.example/users/dora https://events.example/ap/coops/hackspace)",
	"lemmy/accept.json":                         "Accept by https://lemmy.example/c/coops: https://events.example/ap/activities/01KB3Y6Q2ZM9T4X7V0R8W5N1EA (Follow https://events.example/ap/coops/hackspace https://lemmy.example/c/coops)",
	"lemmy/announce_create_page.json":           "Announce by https://lemmy.example/c/coops: https://lemmy.example/post/1001",
	"lemmy/announce_like.json":                  "Ignored: it announces an activity of type Like",
	"lemmy/follow.json":                         "Follow by https://lemmy.example/u/frank: https://events.example/ap/coops/hackspace",
	"mastodon/accept_follow.json":               "Accept by https://social.example/users/alice: https://events.example/ap/activities/01KB3Y6Q2ZM9T4X7V0R8W5N1EA (Follow https://events.example/ap/coops/hackspace https://social.example/users/alice)",
	"mastodon/announce.json":                    "Announce by https://social.example/users/alice: https://events.example/ap/events/01KB3Y6Q2ZM9T4X7V0R8W5N1EA",
	"mastodon/create_note.json":                 "Create by https://social.example/users/alice: Note https://social.example/users/alice/statuses/113500000000000001 by https://social.example/users/alice public=true actor=false",
	"mastodon/delete_actor.json":                "Delete by https://social.example/users/bob: https://social.example/users/bob",
	"mastodon/delete_note.json":                 "Delete by https://social.example/users/alice: https://social.example/users/alice/statuses/113500000000000001",
	"mastodon/follow.json":                      "Follow by https://social.example/users/alice: https://events.example/ap/coops/hackspace",
	"mastodon/like.json":                        "Ignored: we do nothing upon Like",
	"mastodon/move.json":                        "Ignored: we do nothing upon Move",
	"mastodon/reject_follow.json":               "Reject by https://social.example/users/alice: https://events.example/ap/activities/01KB3Y6Q2ZM9T4X7V0R8W5N1EA (Follow https://events.example/ap/coops/hackspace https://social.example/users/alice)",
	"mastodon/undo_follow.json":                 "Undo by https://social.example/users/alice: https://social.example/3f1c2b9a-77aa-4d0b-b5b1-0a5a4f0a1b2c (Follow https://social.example/users/alice https://events.example/ap/coops/hackspace)",
	"mastodon/update_person.json":               "Update by https://social.example/users/alice: Person https://social.example/users/alice by  public=true actor=true",
	"misskey/announce.json":                     "Announce by https://misskey.example/users/9abc: https://social.example/users/alice/statuses/113500000000000001",
	"misskey/delete_note.json":                  "Delete by https://misskey.example/users/9abc: https://misskey.example/notes/9xyz",
	"mobilizon/announce_event.json":             "Announce by https://mobilizon.example/relay: https://mobilizon.example/events/0b9e1c4e-52f1-4a3b-9a6e-5c1f3d2b7a11",
	"mobilizon/create_event.json":               "Create by https://mobilizon.example/@makers: Event https://mobilizon.example/events/0b9e1c4e-52f1-4a3b-9a6e-5c1f3d2b7a11 by https://mobilizon.example/@makers public=true actor=false",
	"mobilizon/follow_relay.json":               "Follow by https://mobilizon.example/relay: https://events.example/ap/actor",
	"mobilizon/join.json":                       "Ignored: we do nothing upon Join",
	"mobilizon/update_event.json":               "Update by https://mobilizon.example/@makers: Event https://mobilizon.example/events/0b9e1c4e-52f1-4a3b-9a6e-5c1f3d2b7a11 by https://mobilizon.example/@makers public=true actor=false",
	"peertube/create_video.json":                "Create by https://tube.example/accounts/gina: Video https://tube.example/videos/watch/v1 by https://tube.example/accounts/gina public=true actor=false",
	"pleroma/create_note.json":                  "Create by https://pleroma.example/users/erin: Note https://pleroma.example/objects/o1 by https://pleroma.example/users/erin public=true actor=false",
	"pleroma/emoji_react.json":                  `Ignored: "EmojiReact" is no activity that we know`,
	"pleroma/follow.json":                       "Follow by https://pleroma.example/users/erin: https://events.example/ap/coops/hackspace",
	"pleroma/undo_follow.json":                  "Undo by https://pleroma.example/users/erin:  (Follow https://pleroma.example/users/erin https://events.example/ap/coops/hackspace)",
	"wordpress/create_article.json":             "Create by https://blog.example/?author=0: Article https://blog.example/?p=77 by https://blog.example/?author=0 public=true actor=false",
	"wordpress/delete_post.json":                "Delete by https://blog.example/?author=0: https://blog.example/?p=77",
}

func TestEveryKnownServerIsUnderstood(t *testing.T) {
	t.Parallel()
	left := map[string]bool{}
	for name := range heard {
		left[name] = true
	}
	for _, file := range samples(t, "testdata/inbound/*/*.json") {
		name, _ := filepath.Rel("testdata/inbound", file)
		if strings.Contains(name, "/actor") {
			continue
		}
		delete(left, name)
		in, err := activity.Decode(contents(t, file), false)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, want := said(in), heard[name]; got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
	for name := range left {
		t.Errorf("there is no document %s", name)
	}
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
	if got, want := said(in), "Undo by https://a.example/u: https://a.example/f (  )"; got != want {
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
	in, err := activity.Decode([]byte(`{"id":"https://a.example/1","type":"Create","actor":"https://a.example/u",
		"object":{"id":"https://a.example/n","type":"Note","attributedTo":["https://victim.example/u","https://a.example/u"]}}`), false)
	if err != nil {
		t.Fatal(err)
	}
	if got := in.(activity.Create).Object.By; got != "https://a.example/u" {
		t.Errorf("got %s", got)
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
