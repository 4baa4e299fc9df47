// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plenum/activity"
	"plenum/coop"
)

var berlin = activity.Defaults{Language: "de", Zone: "Europe/Berlin"}

// patched applies an object, given as JSON without its braces, to a post.
func patched(t *testing.T, post coop.Post, object string, d activity.Defaults) (coop.Post, error) {
	t.Helper()
	sub, err := activity.DecodeSubmission([]byte(`{"type":"Update","object":{"id":"`+eventID+`",`+object+`}}`), events)
	if err != nil {
		t.Fatalf("%s: %v", object, err)
	}
	err = sub.(activity.SubmitUpdate).Object.Apply(&post, d, events)
	return post, err
}

func oldMeetup() coop.Post {
	return coop.Post{Kind: coop.Meetup, Coop: "hackspace", Slug: "go-meetup", Title: "Go Meetup", Body: "<p>x</p>", Language: "en", Rev: 1,
		When: coop.When{Start: "2026-12-02T18:30:00", End: "2026-12-02T21:00:00", Zone: "Europe/Berlin"}, Place: coop.Place{Name: "c-base"}}
}

func TestAWholeTalk(t *testing.T) {
	t.Parallel()
	lat, lon := 52.512978, -13.0
	got, err := patched(t, coop.Post{}, `
		"type":"Event", "name":" Talk:  Flame graphs\u202e you can trust ", "summary":"Sampling profilers lie",
		"source":{"mediaType":"text/markdown","content":"# Hello\r\n\r\n*you*"}, "content":"<p>not this</p>",
		"startTime":"2026-12-02T18:00:00Z", "endTime":"2026-12-02T19:45:00+01:00", "timezone":"Europe/Berlin",
		"location":[{"type":"Place","name":"c-base","address":{"type":"PostalAddress","streetAddress":"Rungestr. 20","postalCode":"10179","addressLocality":"Berlin","addressRegion":"Berlin","addressCountry":"Germany"},"latitude":52.512978,"longitude":-13},
			{"type":"VirtualLocation","name":"Online","url":"https://meet.example/x"}],
		"performer":[{"type":"sc:Person","name":"Alice Doe","url":"https://social.example/@alice"},"Bob Roe"],
		"attachment":[{"type":"Image","url":"https://img.example/a.jpg","name":"not this"},
			{"type":"Link","href":"https://slides.example/x.pdf","name":"Slides","mediaType":"application/pdf"},
			{"type":"Document","url":[{"type":"Link","href":"http://tube.example/w"}]}],
		"image":{"type":"Image","url":"https://events.example/media/abc-1.png","name":"A poster","width":1200,"height":630},
		"tag":[{"type":"Hashtag","name":"#golang"},"GoLang","#tech-coops",{"type":"Mention","href":"https://social.example/users/alice","name":"@alice@social.example"},{"type":"toot:Emoji","name":":x:"}],
		"eventStatus":"ev:EventTentative", "status":"CONFIRMED", "inLanguage":"en-GB",
		"plenum:slug":"pprof", "plenum:original":"http://old.example/pprof", "plenum:partOf":"go-meetup-12",
		"url":"https://evil.example/", "attributedTo":"https://evil.example/u", "published":"2001-01-01T00:00:00Z", "unheardOf":{"x":[1]}`, berlin)
	if err != nil {
		t.Fatal(err)
	}
	want := coop.Post{
		Kind: coop.Talk, Slug: "pprof", Title: "Talk: Flame graphs you can trust", Summary: "Sampling profilers lie", Source: "# Hello\n\n*you*", Language: "en-GB",
		Tags: []string{"golang", "tech-coops"}, When: coop.When{Start: "2026-12-02T19:00:00", End: "2026-12-02T19:45:00", Zone: "Europe/Berlin"}, Status: coop.Tentative,
		Place:  coop.Place{Name: "c-base", Street: "Rungestr. 20", Postcode: "10179", Locality: "Berlin", Region: "Berlin", Country: "Germany", Latitude: &lat, Longitude: &lon},
		Online: "https://meet.example/x", Speakers: []coop.Person{{Name: "Alice Doe", URL: "https://social.example/@alice"}, {Name: "Bob Roe"}},
		Links: []coop.Link{{Name: "Slides", URL: "https://slides.example/x.pdf", MediaType: "application/pdf"}, {Name: "tube.example", URL: "http://tube.example/w", MediaType: "text/html"}},
		Image: coop.Image{File: "abc-1.png", MediaType: "image/png", Alt: "A poster", Width: 1200, Height: 630}, Original: "http://old.example/pprof",
		Cc: []coop.IRI{"https://social.example/users/alice"}, Mentions: []coop.Mention{{Actor: "https://social.example/users/alice", Handle: "@alice@social.example"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsNotSentStays(t *testing.T) {
	t.Parallel()
	full := oldMeetup()
	full.Summary, full.Tags, full.Speakers = "s", []string{"a"}, []coop.Person{{Name: "A"}}
	full.Links, full.Online, full.Image = []coop.Link{{Name: "L", URL: "https://l.example/", MediaType: "text/html"}}, "https://o.example/", coop.Image{File: "x.png", MediaType: "image/png"}
	got, err := patched(t, full, `"name":"Another title"`, berlin)
	want := full
	want.Title = "Another title"
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	got, err = patched(t, full, `"summary":null,"tag":null,"performer":null,"attachment":null,"location":null,"image":null,"endTime":null,"plenum:slug":null,"content":null`, berlin)
	want = coop.Post{Kind: coop.Meetup, Coop: "hackspace", Title: "Go Meetup", Language: "en", Rev: 1, When: coop.When{Start: "2026-12-02T18:30:00", Zone: "Europe/Berlin"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("null takes away: %v %s", err, diff)
	}
}

func TestAWrongPatchLeavesThePostAlone(t *testing.T) {
	t.Parallel()
	post := oldMeetup()
	got, err := patched(t, post, `"name":"New","tag":["ok"],"startTime":"never"`, berlin)
	if diff := cmp.Diff(oldMeetup(), got); err == nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]string{
		`"type":"Article"`: "report",
		`"type":"Note"`:    "note",
		`"type":"Event"`:   "meetup",
		`"type":"Event","performer":{"name":"A"}`:                 "talk",
		`"type":"Event","performer":[]`:                           "meetup",
		`"type":"Event","plenum:kind":"talk"`:                     "talk",
		`"type":"Event","plenum:kind":"meetup","performer":["A"]`: "meetup",
		`"plenum:kind":"report"`:                                  "report",
		`"type":["ex:Workshop","Event"]`:                          "meetup",
		`"name":"x"`:                                              "type: the type is missing",
		`"type":"Person"`:                                         "type: a post is an Article",
		`"type":"Article","plenum:kind":"talk"`:                   "plenum:kind: a talk is of type Event, but the type here is Article",
		`"type":"Event","plenum:kind":"party"`:                    `plenum:kind: "party" is no kind of post`,
		`"type":"Event","plenum:kind":7`:                          "plenum:kind: this is a text",
	} {
		sub, err := activity.DecodeSubmission([]byte(`{"type":"Update","object":{"id":"`+eventID+`",`+object+`}}`), events)
		if err != nil {
			t.Fatal(err)
		}
		kind, err := sub.(activity.SubmitUpdate).Object.Kind()
		got := string(kind)
		if e, ok := err.(*coop.Error); ok {
			got = e.Member + ": " + e.Msg
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s want %s", object, got, want)
		}
	}
}

func TestAPostKeepsItsType(t *testing.T) {
	t.Parallel()
	talk := oldMeetup()
	talk.Kind = coop.Talk
	for _, tc := range []struct {
		post   coop.Post
		object string
		want   coop.Kind
		member string
	}{
		{oldMeetup(), `"type":"Event"`, coop.Meetup, ""},
		{oldMeetup(), `"performer":["A"]`, coop.Talk, ""},
		{talk, `"type":"Event","performer":null`, coop.Talk, ""},
		{talk, `"plenum:kind":"meetup"`, coop.Meetup, ""},
		{talk, `"type":"Article"`, "", "type"},
		{talk, `"plenum:kind":"report"`, "", "plenum:kind"},
		{coop.Post{Kind: coop.Note}, `"type":"Event"`, "", "type"},
	} {
		got, err := patched(t, tc.post, tc.object, berlin)
		if tc.member == "" {
			if err != nil || got.Kind != tc.want {
				t.Errorf("%s of a %s: got %s, %v", tc.object, tc.post.Kind, got.Kind, err)
			}
			continue
		}
		if e, ok := err.(*coop.Error); !ok || e.Member != tc.member {
			t.Errorf("%s of a %s: got %v", tc.object, tc.post.Kind, err)
		}
	}
}

func TestPartOf(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]string{
		`"name":"x"`:                                         " false",
		`"plenum:partOf":"go-meetup-12"`:                     "go-meetup-12 true",
		`"plenum:partOf":null`:                               " true",
		`"superEvent":"` + eventID + `"`:                     eventID + " true",
		`"superEvent":{"id":"` + eventID + `"}`:              eventID + " true",
		`"superEvent":"` + eventID + `","plenum:partOf":"a"`: "a true",
	} {
		sub, err := activity.DecodeSubmission([]byte(`{"type":"Update","object":{"id":"`+eventID+`",`+object+`}}`), events)
		if err != nil {
			t.Fatal(err)
		}
		ref, given := sub.(activity.SubmitUpdate).Object.PartOf()
		if got := fmt.Sprint(ref, " ", given); got != want {
			t.Errorf("%s: got %q want %q", object, got, want)
		}
	}
}

func TestWhenAnEventIs(t *testing.T) {
	t.Parallel()
	const zone = "Europe/Berlin"
	for object, want := range map[string]coop.When{
		`"startTime":"2026-07-01T18:00:00Z"`:                                                                   {Start: "2026-07-01T20:00:00", Zone: zone},
		`"startTime":"2026-07-01T18:00:00.25+02:00"`:                                                           {Start: "2026-07-01T18:00:00", Zone: zone},
		`"startTime":"2026-07-01T18:00:00+0200"`:                                                               {Start: "2026-07-01T18:00:00", Zone: zone},
		`"startTime":"2026-07-01T18:00:00"`:                                                                    {Start: "2026-07-01T18:00:00", Zone: zone},
		`"startTime":"2026-07-01T18:00"`:                                                                       {Start: "2026-07-01T18:00:00", Zone: zone},
		`"startTime":"2026-07-01T18:00:00Z","timezone":"America/New_York"`:                                     {Start: "2026-07-01T14:00:00", Zone: "America/New_York"},
		`"startTime":"2018-12-29"`:                                                                             {Start: "2018-12-29", Zone: zone, AllDay: true},
		`"startTime":"2018-12-27","endTime":"2018-12-30"`:                                                      {Start: "2018-12-27", End: "2018-12-30", Zone: zone, AllDay: true},
		`"startTime":"2018-12-29","endTime":"2018-12-29"`:                                                      {Start: "2018-12-29", Zone: zone, AllDay: true},
		`"startTime":"2018-12-28T23:00:00Z","plenum:allDay":true`:                                              {Start: "2018-12-29", Zone: zone, AllDay: true},
		`"startTime":"2018-12-27T00:00:00+01:00","endTime":"2018-12-30T00:00:00+01:00","plenum:allDay":true`:   {Start: "2018-12-27", End: "2018-12-29", Zone: zone, AllDay: true},
		`"startTime":"2018-12-27T00:00:00+01:00","endTime":"2018-12-30T23:59:59+01:00","plenum:allDay":true`:   {Start: "2018-12-27", End: "2018-12-30", Zone: zone, AllDay: true},
		`"startTime":"2018-12-27T00:00:00+01:00","endTime":"2018-12-27T23:59:59+01:00","displayEndTime":false`: {Start: "2018-12-27", Zone: zone, AllDay: true}, // as we serve it
		`"startTime":"2018-12-27T18:00:00+01:00","endTime":"2018-12-27T20:00:00+01:00","displayEndTime":false`: {Start: "2018-12-27T18:00:00", Zone: zone},      // as we serve it
		`"startTime":"2018-12-27T18:00:00+01:00","endTime":"2018-12-27T20:00:00+01:00","displayEndTime":true`:  {Start: "2018-12-27T18:00:00", End: "2018-12-27T20:00:00", Zone: zone},
		`"startTime":"2026-10-25T02:30:00+02:00"`:                                                              {Start: "2026-10-25T02:30:00", Zone: zone}, // the first of two
		`"startTime":"2026-07-01T18:00:00","endTime":null,"plenum:allDay":null`:                                {Start: "2026-07-01T18:00:00", Zone: zone},
	} {
		got, err := patched(t, coop.Post{}, `"type":"Event","name":"Meetup",`+object, berlin)
		if diff := cmp.Diff(want, got.When); err != nil || diff != "" {
			t.Errorf("%s: %v %s", object, err, diff)
		}
	}
	got, err := patched(t, coop.Post{}, `"type":"Event","name":"Meetup","startTime":"2026-07-01T18:00:00Z"`, activity.Defaults{Language: "en"})
	if want := (coop.When{Start: "2026-07-01T18:00:00", Zone: "UTC"}); err != nil || got.When != want {
		t.Errorf("without any zone: got %v, %v", got.When, err)
	}
}

func TestANewDateKeepsTheOldOne(t *testing.T) {
	t.Parallel()
	old := oldMeetup().When
	got, err := patched(t, oldMeetup(), `"startTime":"2026-12-09T18:30:00","endTime":"2026-12-09T21:00:00","eventStatus":"https://w3id.org/fep/8a8e/EventRescheduled"`, berlin)
	if err != nil || got.Status != coop.Rescheduled || got.Previous != old {
		t.Errorf("got %s, %v, %v", got.Status, got.Previous, err)
	}
	again, err := patched(t, got, `"name":"A better title"`, berlin)
	if err != nil || again.Previous != old {
		t.Errorf("got %v, %v", again.Previous, err)
	}
	back, err := patched(t, again, `"status":"CONFIRMED"`, berlin)
	if err != nil || back.Status != coop.Scheduled || !back.Previous.IsZero() {
		t.Errorf("got %s, %v, %v", back.Status, back.Previous, err)
	}
	fresh, err := patched(t, coop.Post{}, `"type":"Event","name":"Moved","startTime":"2026-12-09T18:30:00","eventStatus":"EventRescheduled","previousStartTime":"2026-12-02T17:30:00Z"`, berlin)
	if err != nil || fresh.Previous.Start != "2026-12-02T18:30:00" {
		t.Errorf("got %v, %v", fresh.Previous, err)
	}
	for word, want := range map[string]coop.Status{"CANCELLED": coop.Cancelled, "EventCancelled": coop.Cancelled, "postponed": coop.Postponed, "TENTATIVE": coop.Tentative, "EventMovedOnline": coop.Scheduled} {
		if got, err := patched(t, oldMeetup(), `"status":"`+word+`"`, berlin); err != nil || got.Status != want {
			t.Errorf("%s: got %s, %v", word, got.Status, err)
		}
	}
}

func TestWhatWeServeMayComeBack(t *testing.T) {
	t.Parallel()
	post := oldMeetup()
	post.Status = coop.Cancelled
	post.Image = coop.Image{File: "made.png", MediaType: "image/png", Alt: "Poster", Width: 1200, Height: 630, Made: true}
	got, err := patched(t, post, `"name":`+quoted(post.Headline())+`,"summary":`+quoted(post.Line())+`,
		"image":{"type":"Image","mediaType":"image/png","url":"https://events.example/media/made.png","name":"Poster","width":1200,"height":630},
		"attachment":[{"type":"Image","mediaType":"image/png","url":"https://events.example/media/made.png","name":"Poster"},
			{"type":"Link","mediaType":"text/html","href":"https://events.example/@hackspace/go-meetup","name":"Website"},
			{"type":"Link","mediaType":"text/calendar","href":"https://events.example/@hackspace/go-meetup.ics","name":"Calendar file (ICS)"}]`, berlin)
	if diff := cmp.Diff(post, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestTextsAndLanguages(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]coop.Post{
		`"content":"<p>raw <script>x</script></p>"`:                                                          {Body: "<p>raw <script>x</script></p>", Language: "de"},
		`"contentMap":{"fr":"<p>un</p>","en":"<p>one</p>"}`:                                                  {Body: "<p>un</p>", Language: "fr"},
		`"content":"x","contentMap":{"en":"y"}`:                                                              {Body: "x", Language: "en"},
		`"content":"x","contentMap":{"und":"y"}`:                                                             {Body: "x", Language: "de"},
		`"content":"x","contentMap":{"en":"y"},"inLanguage":"eo"`:                                            {Body: "x", Language: "eo"},
		`"content":"a & b\n\nc\nd","mediaType":"text/plain"`:                                                 {Body: "<p>a &amp; b</p><p>c<br>d</p>", Language: "de"},
		`"content":"*a*","mediaType":"text/markdown; charset=utf-8"`:                                         {Source: "*a*", Language: "de"},
		`"content":"x\u0000\u001by"`:                                                                         {Body: "xy", Language: "de"},
		`"content":"<p>x</p>","source":{"mediaType":"text/x.misskeymarkdown","content":"x"}`:                 {Body: "<p>x</p>", Language: "de"},
		`"summary":"<p>A &amp; B</p><p>C</p>"`:                                                               {Summary: "A & B C", Language: "de"},
		`"summary":"1 < 2 &amp; so"`:                                                                         {Summary: "1 < 2 &amp; so", Language: "de"},
		`"nameMap":{"it":"Ciao"}`:                                                                            {Title: "Ciao", Language: "it"},
		`"inReplyTo":"https://a.example/n"`:                                                                  {ReplyTo: "https://a.example/n", Language: "de"},
		`"inReplyTo":{"id":"https://a.example/n"}`:                                                           {ReplyTo: "https://a.example/n", Language: "de"},
		`"image":"https://img.example/a.webp"`:                                                               {Image: coop.Image{URL: "https://img.example/a.webp", MediaType: "image/webp"}, Language: "de"},
		`"attachment":{"type":"Document","mediaType":"image/jpeg","url":"https://img.example/1","name":"A"}`: {Image: coop.Image{URL: "https://img.example/1", MediaType: "image/jpeg", Alt: "A"}, Language: "de"},
		`"tag":{"type":"Mention","href":"https://a.example:8443/u","name":"@bob"}`:                           {Language: "de", Cc: []coop.IRI{"https://a.example:8443/u"}, Mentions: []coop.Mention{{Actor: "https://a.example:8443/u", Handle: "@bob@a.example:8443"}}},
	} {
		got, err := patched(t, coop.Post{}, `"type":"Note",`+object, berlin)
		want.Kind = coop.Note
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", object, err, diff)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]coop.Post{
		`{"type":"Place","name":"Komona","address":"Leipzig, Germany"}`: {Place: coop.Place{Name: "Komona", Address: "Leipzig, Germany"}},
		`{"name":"Komona"}`: {Place: coop.Place{Name: "Komona"}},
		`{"type":"sc:Place","address":"Rungestr. 20, Berlin"}`:             {Place: coop.Place{Name: "Rungestr. 20, Berlin"}},
		`{"type":"Place","address":{"addressLocality":"Leipzig"}}`:         {Place: coop.Place{Name: "Leipzig", Locality: "Leipzig"}},
		`{"type":"VirtualLocation","url":"https://meet.example/x"}`:        {Online: "https://meet.example/x"},
		`[{"type":"VirtualLocation","url":"https://meet.example/x"},null]`: {Online: "https://meet.example/x"},
		`[]`: {},
	} {
		got, err := patched(t, oldMeetup(), `"location":`+location, berlin)
		if diff := cmp.Diff(want, coop.Post{Place: got.Place, Online: got.Online}); err != nil || diff != "" {
			t.Errorf("%s: %v %s", location, err, diff)
		}
	}
}

// eventStart and anEvent begin an object that would be fine.
const (
	eventStart = `"startTime":"2026-12-02T18:30:00",`
	anEvent    = `"type":"Event","name":"Meetup",` + eventStart
)

// listOf is a JSON list of n items.
func listOf(n int, item func(int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item(i)
	}
	return "[" + strings.Join(items, ",") + "]"
}

func same(s string) func(int) string { return func(int) string { return s } }

// refusedPatches are wrong in one way each; the member is the one to be named, the
// reason a part of the sentence.
var refusedPatches = map[string]struct {
	post                   coop.Post
	object, member, reason string
}{
	"no title":                      {coop.Post{}, `"type":"Article","content":"x"`, "name", "a report needs a name"},
	"a title of two letters":        {coop.Post{}, `"type":"Event","startTime":"2026-12-02","name":"Go"`, "name", "at least 3"},
	"a long title":                  {coop.Post{}, `"type":"Note","name":"` + strings.Repeat("ä", 201) + `"`, "name", "at most 200 characters; this one has 201"},
	"a title that is a list":        {coop.Post{}, `"type":"Note","name":["x"]`, "name", "a text between quotes"},
	"a name map without languages":  {coop.Post{}, `"type":"Note","nameMap":"x"`, "nameMap", "by language"},
	"a long summary":                {coop.Post{}, `"type":"Note","summary":"` + strings.Repeat("x", 501) + `"`, "summary", "at most 500"},
	"a report without text":         {coop.Post{}, `"type":"Article","name":"Title"`, "content", "needs a text"},
	"a long text":                   {coop.Post{}, `"type":"Note","content":"` + strings.Repeat("x", coop.MaxText+1) + `"`, "content", "49153"},
	"a long source":                 {coop.Post{}, `"type":"Note","source":{"mediaType":"text/markdown","content":"` + strings.Repeat("x", coop.MaxText+1) + `"}`, "source.content", "49153"},
	"a source that is a string":     {coop.Post{}, `"type":"Note","source":"x"`, "source", `"mediaType": "text/markdown"`},
	"a source without text":         {coop.Post{}, `"type":"Note","source":{"mediaType":"text/markdown"}`, "source.content", "is missing"},
	"a source of another type":      {coop.Post{}, `"type":"Note","source":{"mediaType":"text/org","content":"x"}`, "source.mediaType", "text/markdown"},
	"content of another type":       {coop.Post{}, `"type":"Note","content":"x","mediaType":"application/pdf"`, "mediaType", "text/html"},
	"no language":                   {coop.Post{}, `"type":"Note","inLanguage":"english please"`, "inLanguage", "like en"},
	"no language in the map":        {coop.Post{}, `"type":"Note","contentMap":{"x y":"a"}`, "contentMap", "like en"},
	"no start":                      {coop.Post{}, `"type":"Event","name":"Meetup"`, "startTime", "needs a start"},
	"the start taken away":          {oldMeetup(), `"startTime":null`, "startTime", "needs a start"},
	"a start in words":              {coop.Post{}, anEvent + `"startTime":"next Friday at 7"`, "startTime", `"next Friday at 7" is no time`},
	"a start that is a number":      {coop.Post{}, anEvent + `"startTime":1764700200`, "startTime", "between quotes"},
	"a start in 1969":               {coop.Post{}, anEvent + `"startTime":"1969-07-20T20:17:40Z"`, "startTime", "from 1970"},
	"a start that is skipped":       {coop.Post{}, anEvent + `"startTime":"2026-03-29T02:30:00"`, "startTime", "does not exist"},
	"the second of two hours":       {coop.Post{}, anEvent + `"startTime":"2026-10-25T02:30:00+01:00"`, "startTime", "occurs twice"},
	"an end before the start":       {coop.Post{}, anEvent + `"endTime":"2026-12-02T17:00:00"`, "endTime", "ends after it starts"},
	"an end without hours":          {coop.Post{}, anEvent + `"endTime":"2026-12-03"`, "endTime", "needs one too"},
	"a day with an end at an hour":  {coop.Post{}, anEvent + `"startTime":"2026-12-02","endTime":"2026-12-02T20:00:00"`, "endTime", "a date alone too"},
	"a day that is none":            {coop.Post{}, anEvent + `"startTime":"2026-12-02","plenum:allDay":false`, "startTime", "the whole day"},
	"allDay in words":               {coop.Post{}, anEvent + `"plenum:allDay":"yes"`, "plenum:allDay", "true or false"},
	"an unknown zone":               {coop.Post{}, anEvent + `"timezone":"Europe/Leipzig"`, "timezone", "no IANA time zone"},
	"a zone that is a file":         {coop.Post{}, anEvent + `"timezone":"../../etc/passwd"`, "timezone", "no IANA time zone"},
	"the machine's zone":            {coop.Post{}, anEvent + `"timezone":"Local"`, "timezone", "no IANA time zone"},
	"an unknown status":             {coop.Post{}, anEvent + `"eventStatus":"EventForgotten"`, "eventStatus", "is no state"},
	"an old date that is skipped":   {coop.Post{}, anEvent + `"eventStatus":"EventRescheduled","previousStartTime":"2026-03-29T02:30:00"`, "previousStartTime", "does not exist"},
	"a report with a start":         {coop.Post{}, `"type":"Article","name":"Title","content":"x","startTime":"2026-12-02"`, "startTime", "only an Event"},
	"a note with a place":           {coop.Post{}, `"type":"Note","location":{"name":"x"}`, "location", "only an Event"},
	"a report with speakers":        {coop.Post{}, `"type":"Article","performer":["x"]`, "performer", "only an Event"},
	"a reply by an event":           {coop.Post{}, anEvent + `"inReplyTo":"https://a.example/1"`, "inReplyTo", "only a Note"},
	"a reply to nothing":            {coop.Post{}, `"type":"Note","inReplyTo":"x"`, "inReplyTo", "https://"},
	"a place by its id":             {coop.Post{}, anEvent + `"location":"https://a.example/place"`, "location", "not looked up"},
	"two places":                    {coop.Post{}, anEvent + `"location":[{"name":"a"},{"name":"b"}]`, "location", "one Place"},
	"two calls":                     {coop.Post{}, anEvent + `"location":[{"type":"VirtualLocation","url":"https://a.example/"},{"type":"VirtualLocation","url":"https://b.example/"}]`, "location", "one VirtualLocation"},
	"a place without a name":        {coop.Post{}, anEvent + `"location":{"type":"Place"}`, "location.name", "needs a name"},
	"a place that is a person":      {coop.Post{}, anEvent + `"location":{"type":"Person","name":"x"}`, "location.type", "not \"Person\""},
	"an address that is a number":   {coop.Post{}, anEvent + `"location":{"name":"x","address":7}`, "location.address", "PostalAddress"},
	"a latitude without longitude":  {coop.Post{}, anEvent + `"location":{"name":"x","latitude":52}`, "location", "come together"},
	"a latitude beyond the pole":    {coop.Post{}, anEvent + `"location":{"name":"x","latitude":91,"longitude":1}`, "location.latitude", "-90 to 90"},
	"a longitude in words":          {coop.Post{}, anEvent + `"location":{"name":"x","latitude":1,"longitude":"east"}`, "location.longitude", "-180 to 180"},
	"a call that is a script":       {coop.Post{}, anEvent + `"location":{"type":"VirtualLocation","url":"javascript:alert(1)"}`, "location.url", "https://"},
	"a call without URL":            {coop.Post{}, anEvent + `"location":{"type":"VirtualLocation"}`, "location.url", "has the URL"},
	"a speaker without a name":      {coop.Post{}, anEvent + `"performer":[{"url":"https://a.example/"}]`, "performer.name", "needs a name"},
	"a speaker who is a URL":        {coop.Post{}, anEvent + `"performer":["https://a.example/u"]`, "performer.name", "needs a name"},
	"a speaker behind a script":     {coop.Post{}, anEvent + `"performer":{"name":"x","url":"javascript:1"}`, "performer.url", "https://"},
	"31 speakers":                   {coop.Post{}, anEvent + `"performer":` + listOf(31, same(`"x"`)), "performer", "at most 30 speakers; this one has 31"},
	"an attachment that is a URL":   {coop.Post{}, `"type":"Note","attachment":["https://a.example/"]`, "attachment", "is an object"},
	"a link to nowhere":             {coop.Post{}, `"type":"Note","attachment":{"type":"Link"}`, "attachment.href", "where it leads"},
	"a link to a file":              {coop.Post{}, `"type":"Note","attachment":{"type":"Link","href":"file:///etc/passwd"}`, "attachment.href", "https://"},
	"a document behind data (X02)":  {coop.Post{}, `"type":"Note","attachment":{"type":"Document","url":"data:text/html,x"}`, "attachment.url", "https://"},
	"an attached property":          {coop.Post{}, `"type":"Note","attachment":{"type":"PropertyValue","name":"a"}`, "attachment.type", "a Link, a Document or an Image"},
	"a link of no media type":       {coop.Post{}, `"type":"Note","attachment":{"type":"Link","href":"https://a.example/","mediaType":"pdf"}`, "attachment.mediaType", "application/pdf"},
	"31 links":                      {coop.Post{}, `"type":"Note","attachment":` + listOf(31, same(`{"type":"Link","href":"https://a.example/"}`)), "attachment", "at most 30 links"},
	"two images":                    {coop.Post{}, `"type":"Note","image":["https://a.example/1.png","https://a.example/2.png"]`, "image", "one image"},
	"two attached images":           {coop.Post{}, `"type":"Note","attachment":` + listOf(2, same(`{"type":"Image","url":"https://a.example/1.png"}`)), "attachment", "one image"},
	"an image without URL":          {coop.Post{}, `"type":"Note","image":{"type":"Image"}`, "image.url", "has a url"},
	"an image over http":            {coop.Post{}, `"type":"Note","image":"http://a.example/1.png"`, "image.url", "https://"},
	"an image of unknown type":      {coop.Post{}, `"type":"Note","image":"https://a.example/1"`, "image.mediaType", "like image/png"},
	"an image that is a page":       {coop.Post{}, `"type":"Note","image":{"url":"https://a.example/1.png","mediaType":"text/html"}`, "image.mediaType", "like image/png"},
	"an image out of our folder":    {coop.Post{}, `"type":"Note","image":"https://events.example/media/../plenum.db"`, "image.url", "no file of ours"},
	"a hidden file of ours":         {coop.Post{}, `"type":"Note","image":"https://events.example/media/.x.png"`, "image.url", "no file of ours"},
	"a tag with a space":            {coop.Post{}, `"type":"Note","tag":["two words"]`, "tag", "is no hashtag"},
	"a tag with a script":           {coop.Post{}, `"type":"Note","tag":{"type":"Hashtag","name":"#<script>"}`, "tag.name", "is no hashtag"},
	"a tag without type":            {coop.Post{}, `"type":"Note","tag":{"name":"#x"}`, "tag.type", "a Hashtag or a Mention"},
	"21 tags":                       {coop.Post{}, `"type":"Note","tag":` + listOf(21, func(i int) string { return fmt.Sprintf(`"t%d"`, i) }), "tag", "at most 20 hashtags"},
	"a mention without actor":       {coop.Post{}, `"type":"Note","tag":{"type":"Mention","name":"@a@b.example"}`, "tag.href", "missing"},
	"a mention without handle":      {coop.Post{}, `"type":"Note","tag":{"type":"Mention","href":"https://a.example/u"}`, "tag.name", "by a handle"},
	"a mention of a path":           {coop.Post{}, `"type":"Note","tag":{"type":"Mention","href":"https://a.example/u","name":"@a@b/c"}`, "tag.name", "by a handle"},
	"a slug in capitals":            {coop.Post{}, `"type":"Note","plenum:slug":"Go-Meetup"`, "plenum:slug", "like go-meetup-12"},
	"the slug of a feed":            {coop.Post{}, `"type":"Note","plenum:slug":"calendar"`, "plenum:slug", "name of a feed"},
	"an original that is a script":  {coop.Post{}, `"type":"Note","plenum:original":"javascript:1"`, "plenum:original", "https://"},
	"a part of a number":            {coop.Post{}, `"type":"Note","plenum:partOf":7`, "plenum:partOf", "by its slug"},
	"a member of ours that is none": {coop.Post{}, `"type":"Note","plenum:Slug":"x"`, "plenum:Slug", "there are plenum:kind"},
}

func TestPatchesThatAreRefused(t *testing.T) {
	t.Parallel()
	for what, tc := range refusedPatches {
		object := tc.object
		if strings.Count(object, `"startTime"`) == 2 {
			object = strings.Replace(object, eventStart, "", 1)
		}
		post, err := patched(t, tc.post, object, berlin)
		got, ok := err.(*coop.Error)
		if !ok || got.Code != coop.Invalid || got.Member != tc.member || !strings.Contains(got.Msg, tc.reason) {
			t.Errorf("%s: got %v at %+v, want %q at %q", what, err, got, tc.reason, tc.member)
		}
		if diff := cmp.Diff(tc.post, post); diff != "" {
			t.Errorf("%s: the post has changed: %s", what, diff)
		}
		if ok && (len(got.Msg) > 260 || strings.Contains(got.Msg, "\n")) {
			t.Errorf("%s: the sentence is too long: %s", what, got.Msg)
		}
	}
	if _, err := patched(t, coop.Post{}, `"type":"Event","name":"Meetup","startTime":"2026-12-02T18:30:00"`, activity.Defaults{}); err == nil || !strings.Contains(err.Error(), "Europe/Berlin") {
		t.Errorf("without a zone: got %v", err)
	}
}
