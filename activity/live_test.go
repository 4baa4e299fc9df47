// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plenum/activity"
	"plenum/coop"
)

// quoteRequest is one as it is read.
func quoteRequest(t testing.TB) activity.QuoteRequest {
	t.Helper()
	in, err := activity.Decode([]byte(`{"@context":["https://www.w3.org/ns/activitystreams",{"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest"}],
		"type":"QuoteRequest","id":"https://social.example/users/bob/quote_requests/1","actor":"https://social.example/users/bob",
		"object":"https://events.example/ap/events/01KB3Y6Q2ZM9T4X7V0R8W5N1EA",
		"instrument":{"id":"https://social.example/users/bob/statuses/7","type":"Note","content":"look"}}`), false)
	if err != nil {
		t.Fatal(err)
	}
	return in.(activity.QuoteRequest)
}

func TestCountsChangeNothingElse(t *testing.T) {
	t.Parallel()
	counted := []string{"likes", "shares", "replies", "commentsEnabled", "repliesModerationOption", "joinMode", "participantCount",
		"maximumAttendeeCapacity", "remainingAttendeeCapacity", "attendees"}
	for _, p := range []coop.Post{meetup(), seats(), elsewhere(), talk(), report(), note(), german()} {
		before, after := decoded(t, object(t, p)), decoded(t, live(t, p, coop.CommentsOpen))
		for _, name := range counted {
			delete(before, name)
			delete(after, name)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s:\n%s", p.Slug, diff)
		}
		again := made(t)(activity.Live(site, live(t, p, coop.CommentsOpen), activity.LiveCounts{Tally: tally(), Post: p, Comments: coop.CommentsOpen}))
		if !bytes.Equal(again, live(t, p, coop.CommentsOpen)) {
			t.Errorf("%s: counted twice it is %s", p.Slug, again)
		}
	}
}

func TestWhatIsCounted(t *testing.T) {
	t.Parallel()
	total := func(kind coop.Kind, what string, n float64) map[string]any {
		return map[string]any{"id": string(site.Part(kind, meetupID, what)), "type": "OrderedCollection", "totalItems": n}
	}
	replies := total(coop.Meetup, "replies", 5)
	replies["first"] = string(site.RepliesPage(coop.Meetup, meetupID, 1))
	always := map[string]any{"likes": total(coop.Meetup, "likes", 12), "shares": total(coop.Meetup, "shares", 3), "replies": replies}
	with := func(more map[string]any) map[string]any {
		m := maps.Clone(always)
		maps.Copy(m, more)
		return m
	}
	full := seats()
	full.Capacity = 20
	for what, tc := range map[string]struct {
		post   coop.Post
		policy coop.CommentPolicy
		want   map[string]any
		never  []string
	}{
		"free": {meetup(), coop.CommentsOpen, with(map[string]any{"commentsEnabled": true, "repliesModerationOption": "allow_all",
			"joinMode": "free", "participantCount": 28.0, "attendees": total(coop.Meetup, "attendees", 28)}),
			[]string{"remainingAttendeeCapacity", "maximumAttendeeCapacity"}},
		"restricted": {seats(), coop.CommentsHeld, with(map[string]any{"commentsEnabled": true, "repliesModerationOption": "moderated",
			"joinMode": "restricted", "participantCount": 28.0, "maximumAttendeeCapacity": 40.0, "remainingAttendeeCapacity": 12.0}), nil},
		"more come than there are seats": {full, "", with(map[string]any{"repliesModerationOption": "moderated", "remainingAttendeeCapacity": 0.0}), nil},
		"elsewhere": {elsewhere(), coop.CommentsClosed, with(map[string]any{"commentsEnabled": false, "repliesModerationOption": "closed", "joinMode": "external"}),
			[]string{"participantCount", "remainingAttendeeCapacity", "attendees", "maximumAttendeeCapacity"}},
	} {
		got := decoded(t, live(t, tc.post, tc.policy))
		for name, want := range tc.want {
			if diff := cmp.Diff(want, got[name]); diff != "" {
				t.Errorf("%s: %s:\n%s", what, name, diff)
			}
		}
		for _, name := range tc.never {
			if got[name] != nil {
				t.Errorf("%s: it has %s: %v", what, name, got[name])
			}
		}
	}
	r := decoded(t, live(t, report(), coop.CommentsOpen))
	for _, name := range []string{"joinMode", "participantCount", "attendees"} {
		if r[name] != nil {
			t.Errorf("a report has %s: %v", name, r[name])
		}
	}
}

// A post from before there were seats says joinMode external in its stored object.
func TestAnOldObjectSaysHowOneTakesPartNow(t *testing.T) {
	t.Parallel()
	old := bytes.Replace(object(t, seats()), []byte(`"joinMode":"restricted"`), []byte(`"joinMode":"external"`), 1)
	old = bytes.Replace(old, []byte(`,"maximumAttendeeCapacity":40`), nil, 1)
	got := decoded(t, made(t)(activity.Live(site, old, activity.LiveCounts{Post: seats()})))
	if got["joinMode"] != "restricted" || got["maximumAttendeeCapacity"] != 40.0 {
		t.Errorf("got %v, %v", got["joinMode"], got["maximumAttendeeCapacity"])
	}
}

func TestWhatIsNoObjectCannotBeCounted(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{"", "x", "[]", `"a"`, "{", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":null}`, `{"a":1,"a":2}`, "{}x", `{"a":1}{}`} {
		if b, err := activity.Live(site, []byte(doc), activity.LiveCounts{Post: report()}); err == nil {
			t.Errorf("%q became %s", doc, b)
		}
	}
}

func TestAnswersRepeatWhatTheyAnswer(t *testing.T) {
	t.Parallel()
	event := site.Object(coop.Meetup, meetupID)
	for _, form := range []string{"Join", "Accept", "TentativeAccept", "Reject"} {
		for accept, kind := range map[bool]string{true: "Accept", false: "Reject"} {
			r := rsvp(form)
			got := decoded(t, made(t)(activity.EncodeRSVPAnswer(site, otherID, "hackspace", accept, r, event, "a <b>\n c")))
			want := map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": string(site.Activity(otherID)), "type": kind,
				"actor": string(site.Actor("hackspace")), "to": []any{string(r.Actor)}, "summary": "a ‹b› c",
				"object": map[string]any{"id": string(r.Activity), "type": form, "actor": string(r.Actor), "object": string(event)}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s of %s:\n%s", kind, form, diff)
			}
			in, err := activity.Decode(made(t)(json.Marshal(got)), false)
			if err != nil || in.Head().Type != kind {
				t.Errorf("%s of %s cannot be read: %v, %v", kind, form, in, err)
			}
		}
	}
	for _, form := range []string{"", "Follow", "Leave", "join", `Join","x":"y`} {
		if b, err := activity.EncodeRSVPAnswer(site, otherID, "hackspace", true, rsvp(form), event, ""); err == nil {
			t.Errorf("%q is answered: %s", form, b)
		}
	}
}

func TestEveryEventSaysHowOneTakesPart(t *testing.T) {
	t.Parallel()
	page := func(slug string) string { return string(site.Page("hackspace", slug)) }
	own := talk()
	own.Join, own.Capacity = coop.JoinFree, 15
	alone := elsewhere()
	alone.JoinURL = ""
	for what, tc := range map[string]struct {
		post coop.Post
		mode string
		url  string
		most any
	}{
		"a meetup":            {meetup(), "free", page("go-meetup-12"), nil},
		"with seats":          {seats(), "restricted", page("go-meetup-12"), 40.0},
		"elsewhere":           {elsewhere(), "external", "https://tickets.example/go?a=1&b=2", nil},
		"elsewhere, unsaid":   {alone, "external", page("go-meetup-12"), nil},
		"a talk of a meetup":  {talk(), "external", page("go-meetup-12"), nil},
		"a talk of its own":   {own, "free", page("pprof"), 15.0},
		"the talk, elsewhere": {func() coop.Post { p := talk(); p.JoinURL = "https://t.example/"; return p }(), "external", "https://t.example/", nil},
	} {
		o := decoded(t, object(t, tc.post))
		if o["joinMode"] != tc.mode || o["externalParticipationUrl"] != tc.url || o["maximumAttendeeCapacity"] != tc.most {
			t.Errorf("%s: got %v at %v with %v seats", what, o["joinMode"], o["externalParticipationUrl"], o["maximumAttendeeCapacity"])
		}
	}
}

func TestHowOneTakesPartIsRead(t *testing.T) {
	t.Parallel()
	const event = `"type":"Event","name":"Meetup","startTime":"2026-12-02T18:30:00","timezone":"Europe/Berlin"`
	for doc, want := range map[string]string{
		`{` + event + `}`:                   "  0",
		`{` + event + `,"joinMode":"free"}`: "  0", // as it is without
		`{` + event + `,"joinMode":null}`:   "  0",
		`{` + event + `,"joinMode":"restricted","maximumAttendeeCapacity":40}`:                                                "restricted  40",
		`{` + event + `,"maximumAttendeeCapacity":null}`:                                                                      "  0",
		`{` + event + `,"joinMode":"external","externalParticipationUrl":"http://tickets.example/"}`:                          "external http://tickets.example/ 0",
		`{` + event + `,"externalParticipationUrl":"https://tickets.example/"}`:                                               "external https://tickets.example/ 0",
		`{` + event + `,"joinMode":"external"}`:                                                                               "external  0",
		`{` + event + `,"plenum:kind":"talk","plenum:partOf":"go-meetup-12","joinMode":"free"}`:                               "free  0",
		`{` + event + `,"plenum:kind":"talk","plenum:partOf":"go-meetup-12","joinMode":"external"}`:                           "  0",
		`{` + event + `,"plenum:kind":"talk","plenum:partOf":"go-meetup-12","externalParticipationUrl":"https://t.example/"}`: "external https://t.example/ 0",
		`{` + event + `,"joinMode":"none"}`:                                                                                   "joinMode",
		`{` + event + `,"joinMode":"invite"}`:                                                                                 "joinMode",
		`{` + event + `,"joinMode":["free"]}`:                                                                                 "joinMode",
		`{` + event + `,"joinMode":"free","externalParticipationUrl":"https://t.example/"}`:                                   "externalParticipationUrl",
		`{` + event + `,"externalParticipationUrl":"javascript:1"}`:                                                           "externalParticipationUrl",
		`{` + event + `,"maximumAttendeeCapacity":-1}`:                                                                        "maximumAttendeeCapacity",
		`{` + event + `,"maximumAttendeeCapacity":1.5}`:                                                                       "maximumAttendeeCapacity",
		`{` + event + `,"maximumAttendeeCapacity":"40"}`:                                                                      "maximumAttendeeCapacity",
		`{` + event + `,"maximumAttendeeCapacity":100001}`:                                                                    "maximumAttendeeCapacity",
		`{` + event + `,"maximumAttendeeCapacity":99999999999999999999}`:                                                      "maximumAttendeeCapacity",
		`{"type":"Article","name":"Report","content":"x","joinMode":"free"}`:                                                  "joinMode",
		`{"type":"Note","content":"x","maximumAttendeeCapacity":3}`:                                                           "maximumAttendeeCapacity",
		`{"type":"Note","content":"x","externalParticipationUrl":"https://t.example/"}`:                                       "externalParticipationUrl",
	} {
		sub, err := activity.DecodeSubmission([]byte(doc), site)
		if err != nil {
			t.Fatal(err)
		}
		var p coop.Post
		got := ""
		if err := sub.(activity.SubmitCreate).Object.Apply(&p, activity.Defaults{}, site); err != nil {
			got = err.(*coop.Error).Member
		} else {
			got = fmt.Sprintf("%s %s %d", p.Join, p.JoinURL, p.Capacity)
		}
		if got != want {
			t.Errorf("%s: got %q want %q", doc, got, want)
		}
	}
}

func TestHowOneTakesPartIsChanged(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		`"name":"Another title"`:                                  "external https://tickets.example/go?a=1&b=2 40",
		`"joinMode":"free"`:                                       "free  40",
		`"joinMode":null`:                                         "  40",
		`"joinMode":"external"`:                                   "external https://tickets.example/go?a=1&b=2 40",
		`"maximumAttendeeCapacity":0`:                             "external https://tickets.example/go?a=1&b=2 0",
		`"externalParticipationUrl":null`:                         "external  40",
		`"externalParticipationUrl":"https://other.example/"`:     "external https://other.example/ 40",
		`"joinMode":"restricted","externalParticipationUrl":null`: "restricted  40",
		`"joinMode":"free","externalParticipationUrl":"https://events.example/@hackspace/go-meetup-12"`: "free  40",
	} {
		sub, err := activity.DecodeSubmission([]byte(`{"type":"Update","object":{"id":"`+string(site.Object(coop.Meetup, meetupID))+`",`+change+`}}`), site)
		if err != nil {
			t.Fatal(err)
		}
		p := elsewhere()
		if err := sub.(activity.SubmitUpdate).Object.Apply(&p, activity.Defaults{}, site); err != nil {
			t.Errorf("%s: %v", change, err)
		} else if got := fmt.Sprintf("%s %s %d", p.Join, p.JoinURL, p.Capacity); got != want {
			t.Errorf("%s: got %q want %q", change, got, want)
		}
	}
}

func TestMembersOfTheObjectAreWrittenInTheirOrder(t *testing.T) {
	t.Parallel()
	names := func(doc []byte) []string {
		var out []string
		dec := json.NewDecoder(bytes.NewReader(doc))
		_, _ = dec.Token()
		for dec.More() {
			tok, err := dec.Token()
			if err != nil {
				t.Fatal(err)
			}
			var v json.RawMessage
			if err := dec.Decode(&v); err != nil {
				t.Fatal(err)
			}
			out = append(out, tok.(string))
		}
		return out
	}
	before, after := names(object(t, meetup())), names(live(t, meetup(), coop.CommentsOpen))
	if !slices.Equal(before, after[:len(before)]) {
		t.Errorf("got %s want %s", strings.Join(after, " "), strings.Join(before, " "))
	}
}
