// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/activity"
	"plenum/coop"
)

func TestTheLifeOfAPostIsRead(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 2, 7, 0, 0, 0, time.UTC)
	for doc, want := range map[string]activity.Life{
		`{"type":"Note","content":"x"}`:                                                                {},
		`{"type":"Note","content":"x","plenum:state":"draft"}`:                                         {State: coop.Draft},
		`{"type":"Create","plenum:state":"published","object":{"type":"Note"}}`:                        {State: coop.Published},
		`{"type":"Create","plenum:state":"draft","object":{"type":"Note","plenum:state":"published"}}`: {State: coop.Draft}, // the activity counts first
		`{"type":"Note","plenum:publishAt":"2026-12-02T08:00:00+01:00"}`:                               {Timed: true, At: at},
		`{"type":"Note","plenum:publishAt":null}`:                                                      {Timed: true},
		`{"type":"Event","plenum:repeat":"FREQ=WEEKLY","plenum:ahead":7}`:                              {Repeat: "FREQ=WEEKLY", Ahead: 7},
		`{"type":"Article","plenum:of":["a","b","a"]}`:                                                 {Filled: true, Of: []string{"a", "b"}},
		`{"type":"Article","plenum:of":null}`:                                                          {Filled: true},
		`{"type":"Article","plenum:owners":["beta","https://events.example/ap/coops/gamma"]}`:          {Shared: true, Owners: []coop.Name{"beta", "gamma"}},
		`{"type":"Event","plenum:scope":"all"}`:                                                        {All: true},
		`{"type":"Event","plenum:scope":"one"}`:                                                        {},
	} {
		sub, err := activity.DecodeSubmission([]byte(doc), events)
		if err != nil {
			t.Errorf("%s: %v", doc, err)
			continue
		}
		if diff := cmp.Diff(want, sub.(activity.SubmitCreate).Life); diff != "" {
			t.Errorf("%s: %s", doc, diff)
		}
	}
	sub, err := activity.DecodeSubmission([]byte(`{"type":"Delete","object":"`+eventID+`","plenum:scope":"all"}`), events)
	if err != nil || sub != (activity.SubmitDelete{Target: eventID, All: true}) {
		t.Errorf("got %+v, %v", sub, err)
	}
}

func TestLivesThatAreRefused(t *testing.T) {
	t.Parallel()
	for doc, member := range map[string]string{
		`"plenum:state":"withdrawn"`:                                  "plenum:state",
		`"plenum:state":7`:                                            "plenum:state",
		`"plenum:publishAt":"tomorrow"`:                               "plenum:publishAt",
		`"plenum:publishAt":"2026-12-02T08:00:00"`:                    "plenum:publishAt",
		`"plenum:publishAt":1796194800`:                               "plenum:publishAt",
		`"plenum:ahead":366`:                                          "plenum:ahead",
		`"plenum:ahead":1.5`:                                          "plenum:ahead",
		`"plenum:ahead":-1`:                                           "plenum:ahead",
		`"plenum:of":[7]`:                                             "plenum:of",
		`"plenum:of":[` + list(21) + `]`:                              "plenum:of",
		`"plenum:owners":["Not A Name"]`:                              "plenum:owners",
		`"plenum:owners":["relay"]`:                                   "plenum:owners",
		`"plenum:owners":["https://elsewhere.example/ap/coops/beta"]`: "plenum:owners",
		`"plenum:owners":[` + list(11) + `]`:                          "plenum:owners",
		`"plenum:scope":"some"`:                                       "plenum:scope",
	} {
		_, err := activity.DecodeSubmission([]byte(`{"type":"Event","name":"x",`+doc+`}`), events)
		if e, ok := err.(*coop.Error); !ok || e.Code != coop.Invalid || e.Member != member {
			t.Errorf("%s: got %v", doc, err)
		}
	}
}

// list is n names between quotes.
func list(n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = `"name` + string(rune('a'+i)) + `"`
	}
	return strings.Join(out, ",")
}

func TestPatchesThatOnlyNameAPostAreEmpty(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]bool{
		`"plenum:state":"published"`: true, `"plenum:publishAt":null,"plenum:scope":"all"`: true, `"content":"x"`: false, `"plenum:attendance":1`: false, `"summary":null`: false,
	} {
		sub, err := activity.DecodeSubmission([]byte(`{"type":"Update","object":{"id":"`+eventID+`",`+doc+`}}`), events)
		if err != nil {
			t.Fatal(err)
		}
		if got := sub.(activity.SubmitUpdate).Object.Empty(); got != want {
			t.Errorf("%s: got %v", doc, got)
		}
	}
}

// What a proposal shows is what was submitted, without ids that are not ours and
// without whom it was to go to in secret. L04.
func TestAProposalIsShownAsTheActivityThatItWouldBe(t *testing.T) {
	t.Parallel()
	for submitted, want := range map[string]string{
		`{"type":"Article","id":"https://evil.example/1","name":"x","bto":"https://secret.invalid/u"}`:                      `{"type":"Article","name":"x"}`,
		`{"type":"Create","to":["as:Public"],"bcc":"https://secret.invalid/u","object":{"id":"x:1","type":"Note","bto":1}}`: `{"type":"Note"}`,
		`{"type":"Update","object":{"id":"` + eventID + `","summary":null}}`:                                                `{"id":"` + eventID + `","summary":null}`,
		`{"type":"Delete","object":"` + eventID + `"}`:                                                                      `"` + eventID + `"`,
	} {
		body, err := activity.EncodeProposed(events, "alpha", "01KB3Y6Q2ZM9T4X7V0R8W5N1EA", []byte(submitted))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Type, Actor, ID string
			Proposal        string `json:"plenum:proposal"`
			Object          json.RawMessage
		}
		if err := json.Unmarshal(body, &got); err != nil || string(got.Object) != want || got.ID != "" || got.Actor != "https://events.example/ap/coops/alpha" || got.Proposal != "01KB3Y6Q2ZM9T4X7V0R8W5N1EA" {
			t.Errorf("%s: got %s (%v)", submitted, body, err)
		}
		if strings.Contains(string(body), "secret.invalid") || got.Type == "Article" || got.Type == "" {
			t.Errorf("%s: got %s", submitted, body)
		}
	}
}

// AP §6: an activity is for whom its object is for, whoever may read it.
func TestAudiencesOfWhatNotEverybodyMayRead(t *testing.T) {
	t.Parallel()
	followers := coop.IRI("https://events.example/ap/coops/alpha/followers")
	for v, want := range map[coop.Visibility][2][]coop.IRI{
		coop.Everybody: {{coop.Public, "https://a.example/u"}, {followers, "https://b.example/u"}},
		coop.Unlisted:  {{followers, "https://a.example/u"}, {coop.Public, "https://b.example/u"}},
		coop.Followers: {{followers, "https://a.example/u"}, {"https://b.example/u"}},
	} {
		p := coop.Post{
			ID: "01KB3Y6Q2ZM9T4X7V0R8W5N1EA", Activity: "01KB3Y6Q2ZM9T4X7V0R8W5N1EB", Coop: "alpha", Kind: coop.Note, Body: "<p>x</p>", Text: "x",
			Published: time.Date(2026, 12, 2, 7, 0, 0, 0, time.UTC), Visibility: v, To: []coop.IRI{"https://a.example/u"}, Cc: []coop.IRI{"https://b.example/u"},
		}
		object, err := activity.EncodeObject(events, p, activity.Extras{})
		if err != nil {
			t.Fatal(err)
		}
		create, err := activity.EncodeCreate(events, p, object)
		if err != nil {
			t.Fatal(err)
		}
		remove, err := activity.EncodeDelete(events, "01KB3Y6Q2ZM9T4X7V0R8W5N1EC", p, p.Published)
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range [][]byte{object, create, remove} {
			var got struct{ To, Cc []coop.IRI }
			if err := json.Unmarshal(doc, &got); err != nil {
				t.Fatal(err)
			}
			if got.Cc == nil {
				got.Cc = []coop.IRI{}
			}
			if diff := cmp.Diff(want, [2][]coop.IRI{got.To, got.Cc}); diff != "" {
				t.Errorf("%q: %s", v, diff)
			}
		}
	}
}
