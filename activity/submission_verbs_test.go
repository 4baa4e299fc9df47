// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plenum/activity"
	"plenum/coop"
)

const (
	anActivity = "https://events.example/ap/activities/01KB3Y6Q2ZM9T4X7V0R8W5N1EA"
	featured   = "https://events.example/ap/coops/hackspace/featured"
	other      = "https://events.example/ap/coops/neighbours"
)

func TestVerbsAreRead(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]activity.Submission{
		`{"type":"Like","object":"https://a.example/1"}`:                                    activity.SubmitLike{Target: "https://a.example/1"},
		`{"type":"Like","object":{"type":"Note","id":"https://a.example/1","content":"x"}}`: activity.SubmitLike{Target: "https://a.example/1"},
		`{"type":"Announce","object":"https://a.example/1","to":"as:Public"}`:               activity.SubmitAnnounce{Target: "https://a.example/1"},
		`{"type":"Block","object":{"id":"https://a.example/u"}}`:                            activity.SubmitBlock{Target: "https://a.example/u"},
		`{"type":"Accept","object":"https://a.example/f/1"}`:                                activity.SubmitAccept{Target: "https://a.example/f/1"},
		`{"type":"Accept","object":{"id":"https://a.example/f/1","type":"Follow","actor":"https://a.example/u","object":"` + other + `"}}`: activity.SubmitAccept{
			Target: "https://a.example/f/1", Of: "Follow", OfActor: "https://a.example/u", OfObject: other,
		},
		`{"type":"Reject","object":{"type":"Join","actor":{"id":"https://a.example/u"},"object":{"id":"` + eventID + `","type":"Event"}}}`: activity.SubmitReject{
			Of: "Join", OfActor: "https://a.example/u", OfObject: eventID,
		},
		`{"type":"Add","object":"` + eventID + `","target":"` + featured + `"}`:           activity.SubmitAdd{Object: eventID, Target: featured},
		`{"type":"Remove","object":{"id":"` + eventID + `"},"target":"` + featured + `"}`: activity.SubmitRemove{Object: eventID, Target: featured},
		`{"type":"Offer","object":"` + eventID + `","target":{"id":"` + other + `"}}`:     activity.SubmitOffer{Object: eventID, Target: other},
		`{"type":"Undo","object":{"type":"Like","object":"https://a.example/1"}}`:         activity.SubmitUndo{Of: "Like", OfObject: "https://a.example/1"},
		`{"type":"Undo","object":{"id":"` + anActivity + `","type":"Accept","object":"` + anActivity + `"}}`: activity.SubmitUndo{
			Target: anActivity, Of: "Accept", OfObject: anActivity,
		},
	} {
		got, err := activity.DecodeSubmission([]byte(doc), events)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", doc, err, diff)
		}
	}
}

// AP §6: object and target must be there. A07, A08, A10.
func TestVerbsThatAreRefused(t *testing.T) {
	t.Parallel()
	for what, tc := range map[string]struct {
		doc, member, sentence string
		code                  coop.Code
	}{
		"a Question":                   {`{"type":"Question","oneOf":[{"name":"a"},{"name":"b"}]}`, "type", "no polls", coop.Invalid},
		"a Move":                       {`{"type":"Move","object":"https://a.example/u","target":"https://b.example/u"}`, "type", `does not take "Move"`, coop.Invalid},
		"a Like of nothing":            {`{"type":"Like"}`, "object", "names what is liked", coop.Invalid},
		"a Like of two":                {`{"type":"Like","object":["https://a.example/1","https://a.example/2"]}`, "object", "names what is liked", coop.Invalid},
		"a Like of a script":           {`{"type":"Like","object":{"id":"javascript:1"}}`, "object.id", "https://", coop.Invalid},
		"an Announce of nothing":       {`{"type":"Announce","object":null}`, "object", "passed on", coop.Invalid},
		"a Block of a handle":          {`{"type":"Block","object":"@a@b.example"}`, "object", "https://", coop.Invalid},
		"an Accept of nothing":         {`{"type":"Accept"}`, "object", "names the Follow", coop.Invalid},
		"an Accept of a Like":          {`{"type":"Accept","object":{"type":"Like","id":"https://a.example/1"}}`, "object.type", `not "Like"`, coop.Invalid},
		"an Accept of somebody's":      {`{"type":"Accept","object":{"type":"Follow","object":"` + other + `"}}`, "object", "its actor", coop.Invalid},
		"an Accept without a type":     {`{"type":"Accept","object":{"actor":"https://a.example/u","object":"` + other + `"}}`, "object", "its type", coop.Invalid},
		"an Add without a target":      {`{"type":"Add","object":"` + eventID + `"}`, "target", "as its target", coop.Invalid},
		"an Add of nothing":            {`{"type":"Add","target":"` + featured + `"}`, "object", "names what is meant", coop.Invalid},
		"an Add elsewhere":             {`{"type":"Add","object":"` + eventID + `","target":"https://victim.example/featured"}`, "target", "not on events.example", coop.Forbidden},
		"a Remove without a target":    {`{"type":"Remove","object":"` + eventID + `"}`, "target", "as its target", coop.Invalid},
		"an Offer to nobody":           {`{"type":"Offer","object":"` + eventID + `"}`, "target", "the co-op that is asked", coop.Invalid},
		"an Offer elsewhere":           {`{"type":"Offer","object":"` + eventID + `","target":"https://a.example/u"}`, "target", "not on events.example", coop.Forbidden},
		"an Undo of nothing":           {`{"type":"Undo"}`, "object", "names the activity", coop.Invalid},
		"an Undo of an empty object":   {`{"type":"Undo","object":{"type":"Follow"}}`, "object", "names the activity", coop.Invalid},
		"an Undo of a Create":          {`{"type":"Undo","object":{"type":"Create","id":"` + anActivity + `"}}`, "object.type", "a post is deleted", coop.Invalid},
		"an Undo of somebody's handle": {`{"type":"Undo","object":{"type":"Follow","object":"@a@b.example"}}`, "object.object", "https://", coop.Invalid},
	} {
		sub, err := activity.DecodeSubmission([]byte(tc.doc), events)
		e, ok := err.(*coop.Error)
		if sub != nil || !ok || e.Code != tc.code || e.Member != tc.member || !strings.Contains(e.Msg, tc.sentence) {
			t.Errorf("%s: got %v, %v (want %s at %q: …%s…)", what, sub, err, tc.code, tc.member, tc.sentence)
		}
	}
}
