// SPDX-License-Identifier: AGPL-3.0-or-later

package feed_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones as the program has them
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"plenum/coop"
	"plenum/feed"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	site      = coop.Site{Domain: "events.example"}
	published = time.Date(2026, 11, 1, 9, 30, 0, 0, time.UTC)
)

const id coop.ID = "01KB3V9Q8M7N6P5R4S3T2V1W0X"

// post is an event of ours; change makes it another.
func post(change func(*coop.Post)) coop.Post {
	lat, long := 52.513, -13.420104
	p := coop.Post{
		ID: id, Coop: "hackspace", Kind: coop.Meetup, Slug: "go-meetup-12", Title: "Go Meetup #12: profiling, in production",
		Summary: "Two short talks; one session", Text: "Two short talks.\n\n- 18:30 Doors\n- 19:00 Flame graphs", Language: "en",
		Tags:     []string{"golang", "c,d"},
		When:     coop.When{Start: "2026-12-02T18:30:00", End: "2026-12-02T21:00:00", Zone: "Europe/Berlin"},
		Place:    coop.Place{Name: "c-base", Street: "Rungestraße 20", Postcode: "10179", Locality: "Berlin", Country: "Germany", Latitude: &lat, Longitude: &long},
		Online:   "https://meet.example/go;12",
		Speakers: []coop.Person{{Name: "Alice Doe"}, {Name: "Bob Roe"}},
		Links: []coop.Link{{Name: "Slides", URL: "https://events.example/media/s.pdf", MediaType: "application/pdf"},
			{Name: "Notes", URL: "https://wiki.example/notes", MediaType: "text/html"}},
		Image: coop.Image{File: "abc.png", MediaType: "image/png", Alt: "Poster"}, Original: "https://old.example/1",
		State: coop.Published, Rev: 1, Published: published,
	}
	if change != nil {
		change(&p)
	}
	return p
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test -update", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs; calendars will see this:\n%s", name, diff)
	}
}

func TestCalendarsAreAsTheyWere(t *testing.T) {
	t.Parallel()
	golden(t, "meetup.ics", feed.ICS(site, "", []coop.Post{post(nil)}))
	golden(t, "empty.ics", feed.ICS(site, "Hackspace; Berlin", nil))
	golden(t, "all.ics", feed.ICS(site, "Hackspace, Berlin\nund Umgebung", []coop.Post{
		post(func(p *coop.Post) {
			p.ID, p.Slug, p.Language = "01KB3V9Q8M7N6P5R4S3T2V1W01", "vier-tage", "de"
			p.Title = "Vier Tage über Genossenschaften, Bürgernetze und die öffentliche Daseinsvorsorge"
			p.When = coop.When{Start: "2018-12-27", End: "2018-12-30", Zone: "Europe/Berlin", AllDay: true}
			p.Updated, p.Rev = published.Add(time.Hour), 3
		}),
		post(func(p *coop.Post) {
			p.ID, p.Slug, p.Title, p.Status, p.Rev = "01KB3V9Q8M7N6P5R4S3T2V1W02", "gone", "Not this time", coop.Cancelled, 2
			p.When = coop.When{Start: "2026-07-02T18:30:00", Zone: "Europe/Berlin"}
		}),
		post(func(p *coop.Post) {
			p.ID, p.Slug, p.Title, p.Status = "01KB3V9Q8M7N6P5R4S3T2V1W03", "moved", "Moved", coop.Rescheduled
			p.Previous = p.When
			p.When = coop.When{Start: "2027-01-02T18:30:00", End: "2027-01-03T01:00:00", Zone: "America/New_York"}
			p.Place, p.Image, p.Tags = coop.Place{}, coop.Image{}, nil
		}),
		post(func(p *coop.Post) {
			p.ID, p.Slug, p.Title, p.Status = "01KB3V9Q8M7N6P5R4S3T2V1W04", "later", "Put off", coop.Postponed
			p.When, p.Online = coop.When{Start: "2026-12-02T18:30:00", End: "2026-12-02T19:30:00", Zone: "Asia/Kolkata"}, ""
		}),
		post(func(p *coop.Post) {
			p.ID, p.Slug, p.Kind, p.Status = "01KB3V9Q8M7N6P5R4S3T2V1W05", "utc", coop.Talk, coop.Tentative
			p.When = coop.When{Start: "2026-12-02T18:30:00", End: "2026-12-02T19:30:00", Zone: "UTC"}
		}),
		post(func(p *coop.Post) { p.Kind, p.Slug = coop.Report, "a-report" }),
		post(func(p *coop.Post) { p.State, p.Slug = coop.Draft, "a-draft" }),
		post(func(p *coop.Post) { p.State, p.Slug = coop.Withdrawn, "withdrawn" }),
	}))
}

// lines are the content lines of a calendar, unfolded, after a look at how they
// were folded.
func lines(t *testing.T, ics []byte) []string {
	t.Helper()
	s := string(ics)
	if !utf8.ValidString(s) || strings.Count(s, "\n") != strings.Count(s, "\r\n") || strings.Count(s, "\r") != strings.Count(s, "\r\n") {
		t.Errorf("not UTF-8, or a line does not end with CRLF: %q", s)
	}
	for line := range strings.SplitSeq(s, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("%d octets, or a character cut in two: %q", len(line), line)
		}
	}
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(s, "\r\n ", ""), "\r\n"), "\r\n")
}

// value is the value of the only line with the name and parameters.
func value(t *testing.T, all []string, name string) string {
	t.Helper()
	var found []string
	for _, line := range all {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			found = append(found, rest)
		}
	}
	if len(found) != 1 {
		t.Fatalf("got %d lines %s in\n%s", len(found), name, strings.Join(all, "\n"))
	}
	return found[0]
}

var unescape = strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, "\n")

func FuzzText(f *testing.F) {
	f.Add("plain", "x")
	f.Add("a;b,c\\d\ne\r\nEND:VCALENDAR", "https://a.example/\r\nATTENDEE:mailto:x@y.example")
	f.Add(strings.Repeat("ü", 100)+strings.Repeat("👩\u200d💻", 40), "\xff\x00\u0085")
	f.Add(strings.Repeat("a", 66), `"`)
	f.Fuzz(func(t *testing.T, title, other string) {
		plain := post(nil)
		got := lines(t, feed.ICS(site, "x"+other, []coop.Post{post(func(p *coop.Post) {
			p.Title, p.Text, p.Summary, p.Tags, p.Place.Name = title, other, other, []string{other}, other
			iri := coop.IRI("https://a.example/" + other)
			p.Online, p.Original, p.Image = iri, iri, coop.Image{URL: iri, MediaType: other}
			p.Links = []coop.Link{{Name: other, URL: iri, MediaType: "x" + other}, plain.Links[1]}
		})}))
		drop := func(r rune) rune {
			if r < ' ' && r != '\t' && r != '\n' || r >= 0x7F && r < 0xA0 {
				return -1
			}
			return r
		}
		want := strings.Map(drop, strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(title, "\uFFFD")))
		if got := unescape.Replace(value(t, got, "SUMMARY")); got != want {
			t.Errorf("got title %q, want %q", got, want)
		}
		names := func(all []string) (out []string) {
			for _, line := range all {
				if n := strings.IndexAny(line, ":;"); n >= 0 {
					out = append(out, line[:n])
				}
			}
			return out
		}
		if diff := cmp.Diff(names(lines(t, feed.ICS(site, "x", []coop.Post{plain}))), names(got)); diff != "" {
			t.Errorf("text made or unmade a line: %s", diff)
		}
	})
}

func TestWallTimesMeanInTheCalendarWhatTheyMeanHere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		when coop.When
		want []string
	}{
		{"a day", coop.When{Start: "2018-12-27", Zone: "Europe/Berlin", AllDay: true}, []string{"DTSTART;VALUE=DATE:20181227", "DTEND;VALUE=DATE:20181228"}},
		{"the days around new year", coop.When{Start: "2018-12-30", End: "2019-01-01", Zone: "Pacific/Apia", AllDay: true}, []string{"DTSTART;VALUE=DATE:20181230", "DTEND;VALUE=DATE:20190102"}},
		{"a day that begins at one", coop.When{Start: "2018-11-04", Zone: "America/Sao_Paulo", AllDay: true}, []string{"DTSTART;VALUE=DATE:20181104", "DTEND;VALUE=DATE:20181105"}},
		{"a wall time that comes twice", coop.When{Start: "2026-10-25T02:30:00", End: "2026-10-25T04:00:00", Zone: "Europe/Berlin"}, []string{"DTSTART;TZID=Europe/Berlin:20261025T023000", "DTEND;TZID=Europe/Berlin:20261025T040000"}},
		{"no end, over a change of clocks", coop.When{Start: "2026-10-25T01:30:00", Zone: "Europe/Berlin"}, []string{"DTSTART;TZID=Europe/Berlin:20261025T013000", "DURATION:PT2H"}},
		{"UTC", coop.When{Start: "2026-10-25T01:30:00", Zone: "Etc/UTC"}, []string{"DTSTART:20261025T013000Z", "DURATION:PT2H"}},
	} {
		var got []string
		for _, line := range lines(t, feed.ICS(site, "", []coop.Post{post(func(p *coop.Post) { p.When = c.when })})) {
			if strings.HasPrefix(line, "DURATION") || strings.HasPrefix(line, "DTEND") || strings.HasPrefix(line, "DTSTART") && !strings.Contains(line, ":1970") && !strings.HasSuffix(line, "0000") || strings.HasPrefix(line, "DTSTART;VALUE=DATE") {
				got = append(got, line)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestZonesHaveTheOffsetsThatAreUsed reads the offsets back and computes with
// them what an event's start is in UTC. RFC 5545 §3.6.5.
func TestZonesHaveTheOffsetsThatAreUsed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Europe/Berlin", "Europe/Dublin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "America/Sao_Paulo", "Africa/Monrovia"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, year := range []string{"1971", "1999", "2011", "2018", "2026", "2040"} {
			for _, day := range []string{"-01-10", "-03-29", "-06-30", "-10-25", "-12-31"} {
				w := coop.When{Start: coop.Wall(year + day + "T12:00:00"), Zone: name}
				want, err := w.Start.In(loc)
				if err != nil {
					continue // a day that a country left out
				}
				all := lines(t, feed.ICS(site, "", []coop.Post{post(func(p *coop.Post) { p.When = w })}))
				if got := moment(t, all, want.Format("20060102T150405")); !got.Equal(want) {
					t.Errorf("%s in %s: got %v, want %v", w.Start, name, got.UTC(), want.UTC())
				}
			}
		}
	}
}

func TestAnEventFarAwayCostsNoMoreThanOneNextWeek(t *testing.T) {
	t.Parallel()
	got := feed.ICS(site, "", []coop.Post{post(func(p *coop.Post) { p.When = coop.When{Start: "1970-01-01T00:00:00", Zone: "Europe/Berlin"} }),
		post(func(p *coop.Post) { p.When = coop.When{Start: "9999-12-31T12:00:00", Zone: "Europe/Berlin"} })})
	if n := strings.Count(string(got), "BEGIN:STANDARD") + strings.Count(string(got), "BEGIN:DAYLIGHT"); n > 6 {
		t.Errorf("got %d observances for two events", n)
	}
}

// moment is what a local time means by the VTIMEZONE of a calendar: the offset
// of the last observance that began before it.
func moment(t *testing.T, all []string, at string) time.Time {
	t.Helper()
	onset, offset, last := "", "", ""
	for _, line := range all {
		switch name, v, _ := strings.Cut(line, ":"); {
		case line == "BEGIN:VEVENT":
			layout := "20060102T150405-0700"
			if len(offset) == 7 {
				layout += "05"
			}
			got, err := time.Parse(layout, at+offset)
			if err != nil {
				t.Fatalf("%v in\n%s", err, strings.Join(all, "\n"))
			}
			return got
		case name == "DTSTART":
			onset = v
		case name == "TZOFFSETTO" && onset <= at && onset > last:
			offset, last = v, onset
		}
	}
	t.Fatal("no event")
	return time.Time{}
}

func TestACalendarThatHasTheEventChangesIt(t *testing.T) {
	t.Parallel()
	one := lines(t, feed.ICS(site, "", []coop.Post{post(nil)}))
	two := lines(t, feed.ICS(site, "", []coop.Post{post(func(p *coop.Post) {
		p.Slug, p.Status, p.Rev, p.Updated = "another", coop.Cancelled, 2, published.Add(time.Hour)
	})}))
	if a, b := value(t, one, "UID"), value(t, two, "UID"); a != b || a != "https://events.example/ap/events/"+string(id) {
		t.Errorf("UID %q became %q", a, b)
	}
	for name, want := range map[string][2]string{
		"SEQUENCE": {"0", "1"}, "STATUS": {"CONFIRMED", "CANCELLED"},
		"DTSTAMP": {"20261101T093000Z", "20261101T103000Z"}, "LAST-MODIFIED": {"20261101T093000Z", "20261101T103000Z"}, "CREATED": {"20261101T093000Z", "20261101T093000Z"},
	} {
		if got := [2]string{value(t, one, name), value(t, two, name)}; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}
