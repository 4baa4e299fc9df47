// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"plenum/activity"
	"plenum/activity/wirecheck"
	"plenum/coop"
)

func TestWhatAServerWouldDropIsRefusedByItsMember(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		member string
		spoil  func(p *coop.Post)
	}{
		{"name", func(p *coop.Post) { p.Title = "Go" }},
		{"name", func(p *coop.Post) { p.Title = "  \n " }},
		{"startTime", func(p *coop.Post) { p.When.Start = "" }},
		{"startTime", func(p *coop.Post) { p.When.Start = "2027-03-28T02:30:00" }},
		{"endTime", func(p *coop.Post) { p.When.End = p.When.Start }},
		{"timezone", func(p *coop.Post) { p.When.Zone = "Berlin" }},
		{"eventStatus", func(p *coop.Post) { p.Status = "moved" }},
		{"location.name", func(p *coop.Post) { p.Place = coop.Place{Postcode: "10179"} }},
		{"location.latitude", func(p *coop.Post) { p.Place.Latitude = degrees(90.5) }},
		{"location.longitude", func(p *coop.Post) { p.Place.Longitude = degrees(math.NaN()) }},
	} {
		p := meetup()
		c.spoil(&p)
		b, err := activity.EncodeObject(site, p, extras(p))
		if e, ok := errors.AsType[*coop.Error](err); !ok || e.Member != c.member || e.Code != coop.Invalid || b != nil {
			t.Errorf("got %s, %v, want an error about %s", b, err, c.member)
		}
	}
}

func TestAPostThatWasNeverPublishedHasNoObject(t *testing.T) {
	t.Parallel()
	p := report()
	p.Published = time.Time{}
	if b, err := activity.EncodeObject(site, p, extras(p)); err == nil {
		t.Errorf("got %s", b)
	}
}

func TestStatesOfEventsAreSaidInBothVocabularies(t *testing.T) {
	t.Parallel()
	for status, want := range map[coop.Status][2]string{
		"":               {"EventScheduled", "CONFIRMED"},
		coop.Scheduled:   {"EventScheduled", "CONFIRMED"},
		coop.Tentative:   {"EventTentative", "TENTATIVE"},
		coop.Cancelled:   {"EventCancelled", "CANCELLED"},
		coop.Postponed:   {"EventPostponed", "TENTATIVE"},
		coop.Rescheduled: {"EventRescheduled", "CONFIRMED"},
	} {
		p := meetup()
		p.Status, p.Previous = status, coop.When{Start: "2026-11-25T18:30:00", Zone: "Europe/Berlin"}
		doc := object(t, p)
		m := decoded(t, doc)
		if got := [2]string{m["eventStatus"].(string), m["status"].(string)}; got != want {
			t.Errorf("%s: got %v want %v", status, got, want)
		}
		if found := wirecheck.Check(doc); len(found) > 0 {
			t.Errorf("%s: %q", status, found)
		}
		_, previous := m["previousStartTime"]
		if previous != (status == coop.Rescheduled) {
			t.Errorf("%s: previousStartTime is %v", status, m["previousStartTime"])
		}
	}
}

func TestAllDayEventsHaveADayAndNoHours(t *testing.T) {
	t.Parallel()
	p := allDay()
	p.When.End = "2018-12-29"
	m := decoded(t, object(t, p))
	got := []any{m["startTime"], m["endTime"], m["displayEndTime"], m["summary"]}
	want := []any{"2018-12-27T00:00:00+01:00", "2018-12-29T23:59:59+01:00", false, "Thu 27 Dec 2018 – Sat 29 Dec 2018 · Komona, Leipzig, Germany"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCoordinatesHaveADecimalPoint(t *testing.T) {
	t.Parallel()
	for f, want := range map[float64]string{52: `"latitude":52.0`, -33.8688: `"latitude":-33.8688`, 0: `"latitude":0.0`, 1e-7: `"latitude":0.0000001`} {
		p := meetup()
		p.Place.Latitude = degrees(f)
		if doc := string(object(t, p)); !strings.Contains(doc, want+",") {
			t.Errorf("%v: %s is not in %s", f, want, doc)
		}
	}
	p := meetup()
	p.Place.Latitude, p.Place.Longitude = nil, nil
	if doc := string(object(t, p)); strings.Contains(doc, "itude\":") {
		t.Errorf("a place without coordinates has some: %s", doc)
	}
}

func TestAChangedAddressIsAnotherPlace(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for what, p := range map[string]coop.Place{
		"name": {Name: "c-base"}, "address": {Name: "c-base", Address: "Berlin"}, "locality": {Name: "c-base", Locality: "Berlin"},
		"equator": {Name: "c-base", Latitude: degrees(0)}, "meridian": {Name: "c-base", Longitude: degrees(0)},
		"run together": {Name: "c-base1:B", Locality: "erlin"}, "not run together": {Name: "c-base", Locality: "1:Berlin"},
	} {
		hash, _, err := activity.EncodePlace(site, p)
		if err != nil {
			t.Fatal(err)
		}
		again, _, _ := activity.EncodePlace(site, p)
		if hash != again || len(hash) != 16 || seen[hash] != "" {
			t.Errorf("%s: got %q, then %q; the same as %q", what, hash, again, seen[hash])
		}
		if ref, ok := site.Parse(site.Place(hash)); !ok || ref.Place != hash {
			t.Errorf("%s: %s is no id of a place", what, site.Place(hash))
		}
		seen[hash] = what
	}
	if _, _, err := activity.EncodePlace(site, coop.Place{}); err == nil {
		t.Error("a place without a name was made")
	}
}

func TestAPlaceIsCalledByWhatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	p := meetup()
	p.Place = coop.Place{Address: "Leipzig, Germany", Country: "Germany"}
	location := decoded(t, object(t, p))["location"].(map[string]any)
	want := any(map[string]any{"type": "PostalAddress", "streetAddress": "Leipzig, Germany", "addressCountry": "Germany"})
	if location["name"] != "Leipzig, Germany" || !cmp.Equal(location["address"], want) {
		t.Errorf("got %v", location)
	}
}

func TestAnEventWithoutPlaceHasNoLocation(t *testing.T) {
	t.Parallel()
	p := meetup()
	p.Place = coop.Place{}
	m := decoded(t, object(t, p))
	if _, has := m["location"]; has || m["isOnline"] != false {
		t.Errorf("got location %v, isOnline %v", m["location"], m["isOnline"])
	}
}

func TestPicturesStandWhereServersLookForThem(t *testing.T) {
	t.Parallel()
	first := func(p coop.Post) any {
		list := decoded(t, object(t, p))["attachment"].([]any)
		if len(list) == 0 {
			return ""
		}
		return list[0].(map[string]any)["type"]
	}
	// Mastodon makes no card of a post with a picture among its attachments.
	for kind, p := range map[string]coop.Post{"Image": meetup(), "Link": report()} {
		if got := first(p); got != kind {
			t.Errorf("%s: got %v first, want %s", p.Kind, got, kind)
		}
		if decoded(t, object(t, p))["image"] == nil {
			t.Errorf("%s has no image", p.Kind)
		}
	}
	plain := note()
	plain.Image = coop.Image{}
	if got := first(plain); got != "" {
		t.Errorf("a note without picture and links has an attachment %v", got)
	}
	odd := meetup()
	odd.Image.MediaType = "application/octet-stream"
	if found := wirecheck.Check(object(t, odd)); len(found) > 0 {
		t.Errorf("a picture of unknown type: %q", found)
	}
}

func TestThePosterOfAnEventSaysWhatStandsOnIt(t *testing.T) {
	t.Parallel()
	p := meetup()
	if got, want := decoded(t, object(t, p))["image"].(map[string]any)["name"], p.PosterAlt(); got != want {
		t.Errorf("got %q want %q", got, want)
	}
	p.Image.Alt = "Two people at a screen"
	if got := decoded(t, object(t, p))["image"].(map[string]any)["name"]; got != p.Image.Alt {
		t.Errorf("got %q want %q", got, p.Image.Alt)
	}
}

func TestUpdatedIsSaidOnceThereWasAnUpdate(t *testing.T) {
	t.Parallel()
	if _, has := decoded(t, object(t, meetup()))["updated"]; has {
		t.Error("a post that was never revised says updated")
	}
	p := cancelled()
	p.Updated = time.Date(2026, 11, 30, 13, 0, 0, 987, time.FixedZone("CET", 3600))
	if got := decoded(t, object(t, p))["updated"]; got != "2026-11-30T12:00:00Z" {
		t.Errorf("got %v", got)
	}
}

// Misskey takes 64 KB for a whole activity.
func TestALongReportStillFitsIntoMisskey(t *testing.T) {
	t.Parallel()
	p := report()
	p.Body = "<p>" + strings.Repeat(`A long report with a <a href="https://hackspace.example/">link</a>. `, 650) + "</p>"
	create := made(t)(activity.EncodeCreate(site, p, object(t, p)))
	if len(create) > 64_000 {
		t.Errorf("got %d bytes for a body of %d", len(create), len(p.Body))
	}
	m := decoded(t, object(t, p))
	if m["contentMap"] != nil || !cmp.Equal(m["nameMap"], any(map[string]any{"en": p.Title})) {
		t.Errorf("got contentMap %v, nameMap %v: the language must be said once, briefly", m["contentMap"] != nil, m["nameMap"])
	}
	if found := wirecheck.Check(create); len(found) > 0 {
		t.Error(found)
	}
}

func TestThePostLanguageIsThatOfTheCoopWhereItNamesNone(t *testing.T) {
	t.Parallel()
	p := meetup()
	p.Language = ""
	c := hackspace()
	c.Language = "de"
	m := decoded(t, made(t)(activity.EncodeObject(site, p, activity.Extras{Coop: c})))
	if m["inLanguage"] != "de" || !strings.HasPrefix(m["summary"].(string), "Mi 2. Dez. 2026") {
		t.Errorf("got %v, %v", m["inLanguage"], m["summary"])
	}
	m = decoded(t, made(t)(activity.EncodeObject(site, p, activity.Extras{})))
	if m["inLanguage"] != nil || m["contentMap"] != nil {
		t.Errorf("a language was made up: %v", m["inLanguage"])
	}
}

func TestAReportWithoutTeaserBeginsToTellItself(t *testing.T) {
	t.Parallel()
	p := report()
	p.Summary, p.Text = "", strings.Repeat("Nobody comes back for the pizza. ", 40)
	got := decoded(t, object(t, p))["summary"].(string)
	if n := utf8.RuneCountInString(got); n > 300 || n < 200 || !strings.HasSuffix(got, "…") {
		t.Errorf("got %d characters: %s", n, got)
	}
	p.Text = ""
	if got := decoded(t, object(t, p))["summary"]; got != p.Title {
		t.Errorf("got %q want %q", got, p.Title)
	}
}

func TestLongLinesAreCutBetweenWords(t *testing.T) {
	t.Parallel()
	p := meetup()
	p.Summary = strings.Repeat("wörter ", 200)
	p.Title, p.Status = strings.Repeat("Titel ", 33), coop.Cancelled
	m := decoded(t, object(t, p))
	for k, most := range map[string]int{"summary": coop.MaxSummary, "name": coop.MaxTitle} {
		got := m[k].(string)
		if n := utf8.RuneCountInString(got); n > most || n < most-40 || !strings.HasSuffix(got, "r…") && !strings.HasSuffix(got, "l…") {
			t.Errorf("%s: got %d characters: %s", k, n, got)
		}
	}
}

func TestADraftedOrForeignMemberNeverLeaves(t *testing.T) {
	t.Parallel()
	p := talk()
	p.Source, p.Announce, p.State, p.Text = "SECRET source", "01KB3Y6QAC000000000SECRET0", "SECRET", "text"
	p.When.End = "2026-12-02T19:45:00"
	if doc := string(object(t, p)); strings.Contains(doc, "SECRET") {
		t.Errorf("got %s", doc)
	}
}

func TestRemovedCoopsAreTombstonesOfTheirType(t *testing.T) {
	t.Parallel()
	for _, c := range []coop.Coop{{Name: "a", Type: coop.Organization}, {Name: "b", Type: coop.Group}, {Name: "c"}} {
		c.Gone = moment("2026-11-30T12:00:00Z")
		m := decoded(t, made(t)(activity.EncodeGoneActor(site, c)))
		want := map[coop.Name]string{"a": "Organization", "b": "Group", "c": "Group"}[c.Name]
		if m["id"] != string(site.Actor(c.Name)) || m["formerType"] != want || m["deleted"] != "2026-11-30T12:00:00Z" {
			t.Errorf("got %v", m)
		}
	}
}

func TestAHiddenCoopIsNotSuggested(t *testing.T) {
	t.Parallel()
	c := hackspace()
	c.Hidden, c.Approve = true, true
	m := decoded(t, made(t)(activity.EncodeActor(site, c, pem)))
	if m["discoverable"] != false || m["indexable"] != false || m["manuallyApprovesFollowers"] != true {
		t.Errorf("got %v", m)
	}
}

// contentOf is the content of a post's object.
func contentOf(t testing.TB, p coop.Post) string {
	t.Helper()
	return decoded(t, object(t, p))["content"].(string)
}

func TestTextIsEscapedWhereItBecomesHTML(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert(1)</script>&amp;`
	p := talk()
	p.Title, p.Tags = "Talk "+evil, []string{evil}
	p.Speakers = []coop.Person{{Name: evil}, {Name: evil, URL: "https://a.example/?a=1&b='2'"}, {Name: evil, URL: p.Mentions[0].Actor}}
	p.Mentions[0].Handle = "@" + evil + "@social.example"
	p.Links = []coop.Link{{Name: evil, URL: "https://a.example/"}}
	n := note()
	n.Title = "Note " + evil
	c := hackspace()
	c.Fields = []coop.Field{{Name: "x", Value: evil}, {Name: "y", Value: "https://a.example/?<script>"}}
	fields, err := json.Marshal(decoded(t, made(t)(activity.EncodeActor(site, c, pem)))["attachment"])
	if err != nil {
		t.Fatal(err)
	}
	r := report()
	r.Title, r.Summary = "Report "+evil, evil
	preview := decoded(t, object(t, r))["preview"].(map[string]any)["content"].(string)
	for _, html := range []string{contentOf(t, p), contentOf(t, n), preview, strings.ReplaceAll(string(fields), `\u003c`, "<")} {
		if strings.Contains(html, "<script") || strings.Contains(html, `"">`) {
			t.Errorf("text became HTML: %s", html)
		}
	}
}

func TestWhatTheBodyLinksToIsNotSaidAgain(t *testing.T) {
	t.Parallel()
	p := talk()
	for _, l := range []coop.IRI{p.Links[0].URL, p.Online, p.Original, site.Tag("golang")} {
		p.Body += `<p><a href="` + string(l) + `" rel="nofollow">x</a></p>`
	}
	p.Body += `<a href="https://tube.example/w/abc?t=1&amp;l=en">x</a>`
	if got, want := contentOf(t, p), p.Body; !strings.HasSuffix(got, want) {
		t.Errorf("something stands behind the body: %s", got)
	}
}

func TestAPostThatSaysNothingSaysWhatItIs(t *testing.T) {
	t.Parallel()
	p := meetup()
	p.Body, p.Text, p.Tags = "", "", nil
	if got := contentOf(t, p); !strings.Contains(got, "Wed 2 Dec 2026") {
		t.Errorf("got %q", got)
	}
	n := note()
	n.Body = ""
	if got := contentOf(t, n); !strings.Contains(got, "/@hackspace/doors") {
		t.Errorf("got %q", got)
	}
}

func TestAHashtagIsNamedOnceAndWithoutItsSign(t *testing.T) {
	t.Parallel()
	p := meetup()
	p.Tags = []string{"#Golang", "golang", " ", "#", "co ops"}
	var got []string
	for _, tag := range decoded(t, object(t, p))["tag"].([]any) {
		got = append(got, tag.(map[string]any)["name"].(string))
	}
	if diff := cmp.Diff([]string{"#Golang", "#co ops"}, got); diff != "" {
		t.Error(diff)
	}
}

// Mastodon reads name and summary as HTML, Misskey as text.
func TestPlainTextMeansTheSameAsHTML(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Q&A with R&D":         "Q&A with R&D",
		"Generics <T> in Go":   "Generics ‹T› in Go",
		"a < b > c":            "a ‹ b > c",
		"1 << 2, x -> y":       "1 ‹‹ 2, x -> y",
		"&lt;b&gt; &#60; &amp": "＆lt;b＆gt; ＆#60; &amp",
		"two\nlines \t here":   "two lines here",
	} {
		p := report()
		p.Title, p.Summary = title, title
		m := decoded(t, object(t, p))
		if m["name"] != want || m["summary"] != want {
			t.Errorf("%q: got name %q, summary %q, want %q", title, m["name"], m["summary"], want)
		}
	}
}
