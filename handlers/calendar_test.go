// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"plenum/coop"
)

// unfolded splits a calendar into its lines. RFC 5545 §3.1.
func unfolded(t *testing.T, a answer) []string {
	t.Helper()
	body := a.Body.String()
	if strings.Contains(strings.ReplaceAll(body, "\r\n", ""), "\n") || !strings.HasSuffix(body, "END:VCALENDAR\r\n") {
		t.Errorf("no iCalendar: %q", body)
	}
	return strings.Split(strings.ReplaceAll(body, "\r\n ", ""), "\r\n")
}

func count(lines []string, line string) (n int) {
	for _, l := range lines {
		if l == line {
			n++
		}
	}
	return n
}

func TestEventIsACalendarFile(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	post := p.publish(meetup)
	p.publish(report)
	a := p.get("/@alpha/a-meetup.ics").want(http.StatusOK)
	a.header("Content-Type", "text/calendar; charset=utf-8").header("Content-Disposition", `inline; filename="a-meetup.ics"`).header("Cache-Control", "no-cache")
	lines := unfolded(t, a)
	for _, want := range []string{
		"BEGIN:VEVENT", "UID:" + string(site.Object(post.Kind, post.ID)), "SUMMARY:A meetup", "DTSTART;TZID=Europe/Berlin:20261210T190000", "SEQUENCE:0",
		"DTEND;TZID=Europe/Berlin:20261210T210000", `LOCATION:Komona\, Leipzig\, Germany`, "URL:https://events.example/@alpha/a-meetup", "TZID:Europe/Berlin",
	} {
		if count(lines, want) != 1 {
			t.Errorf("no line %q in\n%s", want, strings.Join(lines, "\n"))
		}
	}
	p.get("/@alpha/a-report.ics").want(http.StatusNotFound)
	p.get("/@alpha/nothing.ics").want(http.StatusNotFound)
	p.get("/@beta/a-meetup.ics").want(http.StatusNotFound)
	p.get("/@alpha/a-meetup.ics.ics").want(http.StatusNotFound)
	p.post("alpha", "alpha", `{"type":"Update","object":{"id":"`+string(site.Object(post.Kind, post.ID))+`","eventStatus":"EventCancelled"}}`).want(http.StatusCreated).checked()
	lines = unfolded(t, p.get("/@alpha/a-meetup.ics"))
	if count(lines, "STATUS:CANCELLED") != 1 || count(lines, "SEQUENCE:1") != 1 {
		t.Errorf("got %s", strings.Join(lines, "\n"))
	}
}

func TestCalendarHoldsTheEventsOfACoopOrOfAll(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(meetup)
	p.publish(talk("a-meetup"))
	p.publish(report)
	p.publish(strings.NewReplacer("2026-", "2019-", "a-meetup", "long-ago", "A meetup", "Long ago").Replace(meetup))
	p.post("beta", "beta", strings.Replace(meetup, "A meetup", "Ein Treffen", 1)).want(http.StatusCreated)
	for at, want := range map[string]int{"/calendar.ics": 4, "/@alpha/calendar.ics": 3, "/@beta/calendar.ics": 1} {
		a := p.get(at).want(http.StatusOK).header("Content-Type", "text/calendar; charset=utf-8").header("Cache-Control", "no-cache")
		if got := count(unfolded(t, a), "BEGIN:VEVENT"); got != want {
			t.Errorf("%s: got %d events want %d", at, got, want)
		}
	}
	p.get("/@nobody/calendar.ics").want(http.StatusNotFound)
	if got := p.get("/@alpha/calendar.ics").Body.String(); !strings.Contains(got, "\r\nX-WR-CALNAME:Alpha <Collective>\r\n") {
		t.Error("the calendar is not called as the co-op is")
	}
}

// D24: where there are too many events the past gives way, not the future.
func TestFullCalendarHoldsTheLatestEvents(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for i := range 503 {
		at := start.Add(time.Duration(i) * time.Second)
		id, err := coop.NewID(at, strings.NewReader(fmt.Sprintf("%010d", i)))
		if err != nil {
			t.Fatal(err)
		}
		day := time.Date(2026, 1, 1, 19, 0, 0, 0, time.UTC).AddDate(0, 0, i)
		post := coop.Post{
			ID: id, Coop: "alpha", Kind: coop.Meetup, Slug: fmt.Sprint("m", i), Title: fmt.Sprint("Meetup ", i), Body: "<p>x</p>", Text: "x", Language: "en",
			When: coop.When{Start: coop.WallOf(day), Zone: "UTC"}, State: coop.Published, Rev: 1, Created: at, Published: at, Activity: id,
		}
		pub := coop.Publication{Post: post, Object: []byte("{}"), Create: []byte("{}"),
			Out: coop.Outgoing{Documents: []coop.Document{{ID: id, Actor: "alpha", Type: "Create", Post: id, At: at, Listed: true, Body: []byte("{}")}}}}
		if _, err := p.db.Publish(t.Context(), pub); err != nil {
			t.Fatal(err)
		}
	}
	for _, at := range []string{"/calendar.ics", "/@alpha/calendar.ics"} {
		lines := unfolded(t, p.get(at).want(http.StatusOK))
		if n := count(lines, "BEGIN:VEVENT"); n != 500 || count(lines, "SUMMARY:Meetup 502") != 1 || count(lines, "SUMMARY:Meetup 2") != 0 {
			t.Errorf("%s: got %d events, the last %d times, the third %d times", at, n, count(lines, "SUMMARY:Meetup 502"), count(lines, "SUMMARY:Meetup 2"))
		}
	}
}
