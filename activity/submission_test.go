// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plenum/activity"
	"plenum/coop"
)

var events = coop.Site{Domain: "events.example"}

const eventID = "https://events.example/ap/events/01KB3Y6Q2ZM9T4X7V0R8W5N1EA"

func TestWhatActivityPubTestingPosts(t *testing.T) {
	t.Parallel()
	for what, doc := range map[string]string{
		"a bare Note":                      `{"type":"Note","@context":["https://www.w3.org/ns/activitystreams"]}`,
		"a Create":                         `{"type":"Create","object":{"type":"Note","content":"v0"}}`,
		"a Create with an id that is none": `{"id":"8b7f9d2e-2f64-4f2e-9d43-9d3a5a0f5a11","type":"Create","object":{"type":"Note","content":"x"},"@context":"https://www.w3.org/ns/activitystreams"}`,
		"example 15 of the specification":  `{"@context":"https://www.w3.org/ns/activitystreams","type":"Note","content":"This is a note","published":"2015-02-10T15:04:55Z","to":["https://example.org/~john/"],"cc":["https://example.com/~erik/followers","https://www.w3.org/ns/activitystreams#Public"]}`,
	} {
		sub, err := activity.DecodeSubmission([]byte(doc), events)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		create, ok := sub.(activity.SubmitCreate)
		if !ok {
			t.Errorf("%s: got %T", what, sub)
			continue
		}
		var post coop.Post
		if err := create.Object.Apply(&post, activity.Defaults{Language: "en"}, events); err != nil || post.Kind != coop.Note {
			t.Errorf("%s: got %+v, %v", what, post, err)
		}
	}
	sub, err := activity.DecodeSubmission([]byte(`{"type":"Update","object":{"id":"https://events.example/ap/notes/01KB3Y6Q2ZM9T4X7V0R8W5N1EA","content":"v1"}}`), events)
	if err != nil {
		t.Fatal(err)
	}
	post := coop.Post{Kind: coop.Note, Body: "v0", Language: "en", Title: "stays"}
	if err := sub.(activity.SubmitUpdate).Object.Apply(&post, activity.Defaults{Language: "en"}, events); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(coop.Post{Kind: coop.Note, Body: "v1", Language: "en", Title: "stays"}, post); diff != "" {
		t.Error(diff)
	}
}

func TestAudiencesAreMerged(t *testing.T) { // AP §6.2
	t.Parallel()
	sub, err := activity.DecodeSubmission([]byte(`{"type":"Create","to":"as:Public","cc":["https://a.example/u",{"id":"https://b.example/u"}],"bto":"https://c.example/u",
		"object":{"type":"Note","content":"Hello","to":["https://www.w3.org/ns/activitystreams#Public","https://a.example/v"],"cc":"https://a.example/u","audience":"https://d.example/g","bcc":["https://e.example/u"]}}`), events)
	if err != nil {
		t.Fatal(err)
	}
	got := sub.(activity.SubmitCreate)
	got.Object = activity.Patch{}
	want := activity.SubmitCreate{
		To:  []coop.IRI{coop.Public, "https://a.example/v"},
		Cc:  []coop.IRI{"https://a.example/u", "https://b.example/u", "https://d.example/g"},
		Bto: []coop.IRI{"https://c.example/u"},
		Bcc: []coop.IRI{"https://e.example/u"},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b activity.Patch) bool { return true })); diff != "" {
		t.Error(diff)
	}
}

func TestTheOtherSubmissions(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]activity.Submission{
		`{"type":"Delete","object":"` + eventID + `"}`:                                                     activity.SubmitDelete{Target: eventID},
		`{"type":"Delete","object":{"id":"` + eventID + `","type":"Tombstone"}}`:                           activity.SubmitDelete{Target: eventID},
		`{"type":"Follow","object":"https://a.example/u"}`:                                                 activity.SubmitFollow{Target: "https://a.example/u"},
		`{"type":"Follow","object":{"id":"https://a.example/u"}}`:                                          activity.SubmitFollow{Target: "https://a.example/u"},
		`{"type":["ex:X","Follow"],"object":"https://a.example/u"}`:                                        activity.SubmitFollow{Target: "https://a.example/u"},
		`{"type":"Undo","object":"https://events.example/ap/activities/1"}`:                                activity.SubmitUndo{Target: "https://events.example/ap/activities/1"},
		`{"type":"Undo","object":{"type":"Follow","object":"https://a.example/u"}}`:                        activity.SubmitUndo{Of: "Follow", OfObject: "https://a.example/u"},
		`{"type":"Undo","object":{"id":"https://events.example/ap/activities/1"}}`:                         activity.SubmitUndo{Target: "https://events.example/ap/activities/1"},
		`{"type":"Undo","object":{"id":"https://events.example/f","object":{"id":"https://a.example/u"}}}`: activity.SubmitUndo{Target: "https://events.example/f", OfObject: "https://a.example/u"},
	} {
		got, err := activity.DecodeSubmission([]byte(doc), events)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", doc, err, diff)
		}
	}
}

func TestSubmissionsThatAreRefused(t *testing.T) { // docs/security.md B.2: A05, A08, A10
	t.Parallel()
	for what, tc := range map[string]struct {
		doc, member, sentence string
		code                  coop.Code
	}{
		"no JSON":                   {`{"type":`, "", "not valid JSON", coop.Invalid},
		"no type":                   {`{"content":"x"}`, "type", "the type is missing", coop.Invalid},
		"an id alone":               {`{"id":"8b7f9d2e"}`, "type", "the type is missing", coop.Invalid},
		"a type that is a number":   {`{"type":7}`, "type", "the type is missing", coop.Invalid},
		"a member twice":            {`{"type":"Note","content":"x","Content":"y"}`, "Content", "occurs twice", coop.Invalid},
		"a Person":                  {`{"type":"Person","name":"x"}`, "type", "it takes Article, Event and Note", coop.Invalid},
		"a Create of an id":         {`{"type":"Create","object":"https://a.example/n"}`, "object", "not its id", coop.Invalid},
		"a Create of two":           {`{"type":"Create","object":[{"type":"Note"},{"type":"Note"}]}`, "object", "one at a time", coop.Invalid},
		"a Create of nothing":       {`{"type":"Create"}`, "object", "holds the new object", coop.Invalid},
		"a Create of an actor":      {`{"type":"Create","object":{"type":"Person"}}`, "object.type", `"Person" cannot be created`, coop.Invalid},
		"a Create of a Follow":      {`{"type":"Create","object":{"type":"Follow"}}`, "object.type", "cannot be created", coop.Invalid},
		"a Create of a Tombstone":   {`{"type":"Create","object":{"type":"Tombstone"}}`, "object.type", "cannot be created", coop.Invalid},
		"a Create without type":     {`{"type":"Create","object":{"content":"x"}}`, "object.type", "the type is missing", coop.Invalid},
		"to somebody without a URL": {`{"type":"Note","to":["alice"]}`, "to", "https://", coop.Invalid},
		"to a number":               {`{"type":"Note","cc":[7]}`, "cc", "each by the id", coop.Invalid},
		"object to a handle":        {`{"type":"Create","object":{"type":"Note","bto":"@alice@a.example"}}`, "object.bto", "https://", coop.Invalid},
		"an Update without id":      {`{"type":"Update","object":{"content":"x"}}`, "object.id", "is missing", coop.Invalid},
		"an Update of an id":        {`{"type":"Update","object":"` + eventID + `"}`, "object", "the members that change", coop.Invalid},
		"an Update elsewhere":       {`{"type":"Update","object":{"id":"https://victim.example/1","content":"x"}}`, "object.id", "not on events.example", coop.Forbidden},
		"a Delete elsewhere":        {`{"type":"Delete","object":"https://victim.example/1"}`, "object", "not on events.example", coop.Forbidden},
		"a Delete of a lookalike":   {`{"type":"Delete","object":"https://events.example.evil.example/1"}`, "object", "not on events.example", coop.Forbidden},
		"a Delete of nothing":       {`{"type":"Delete"}`, "object", "names the post", coop.Invalid},
		"a Follow of a handle":      {`{"type":"Follow","object":"@a@b.example"}`, "object", "https://", coop.Invalid},
		"a Follow of a script":      {`{"type":"Follow","object":{"id":"javascript:1"}}`, "object.id", "https://", coop.Invalid},
		"too much":                  {`{"type":"Note","content":"` + strings.Repeat("x", activity.MaxBody) + `"}`, "", "too large", coop.TooLarge},
	} {
		sub, err := activity.DecodeSubmission([]byte(tc.doc), events)
		e, ok := err.(*coop.Error)
		if sub != nil || !ok || e.Code != tc.code || e.Member != tc.member || !strings.Contains(e.Msg, tc.sentence) {
			t.Errorf("%s: got %v, %v (want %s at %q: …%s…)", what, sub, err, tc.code, tc.member, tc.sentence)
		}
	}
}

func TestInDevelopmentClientsSpeakHTTP(t *testing.T) {
	t.Parallel()
	local := coop.Site{Domain: "localhost:8081", HTTP: true}
	got, err := activity.DecodeSubmission([]byte(`{"type":"Delete","object":"http://localhost:8081/ap/notes/1"}`), local)
	if diff := cmp.Diff(activity.Submission(activity.SubmitDelete{Target: "http://localhost:8081/ap/notes/1"}), got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := activity.DecodeSubmission([]byte(`{"type":"Delete","object":"http://localhost:8082/ap/notes/1"}`), local); coop.CodeOf(err) != coop.Forbidden {
		t.Errorf("got %v", err)
	}
}
