// SPDX-License-Identifier: AGPL-3.0-or-later

package coop_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"plenum/coop"
)

var update = flag.Bool("update", false, "write the golden tables anew")

// languages are those that Plenum speaks and one that it does not.
var languages = []string{"en", "de", "fr"}

// table compares the lines with a golden file that people can read.
func table(t *testing.T, name string, lines []string) {
	t.Helper()
	got := strings.Join(lines, "\n") + "\n"
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err, "run go test ./coop -update")
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; peers will see this: say so in changes/ (-want +got)\n%s", path, diff)
	}
}

func berlin(start, end coop.Wall) coop.When {
	return coop.When{Start: start, End: end, Zone: "Europe/Berlin", AllDay: start.DateOnly()}
}

func TestTimesInWords(t *testing.T) {
	t.Parallel()
	whens := []coop.When{
		berlin("2026-12-02T18:30:00", "2026-12-02T21:00:00"),
		berlin("2026-12-02T18:30:00", ""),
		berlin("2026-07-01T09:05:00", "2026-07-01T17:00:00"),
		berlin("2026-12-31T22:00:00", "2027-01-01T02:00:00"),
		berlin("2018-12-29", ""),
		berlin("2018-12-27", "2018-12-30"),
		berlin("2018-12-29", "2018-12-29"),
		berlin("2026-10-25T02:30:00", "2026-10-25T04:00:00"),
		{Start: "2026-12-02T18:30:00", Zone: "Europe/London"},
		{Start: "2026-12-02T18:30:00", Zone: "UTC"},
		{Start: "2026-12-02T18:30:00", Zone: "America/Sao_Paulo"},
		{Start: "2026-12-02T18:30:00", Zone: "Asia/Kathmandu"},
		{Start: "2026-12-02T18:30:00", Zone: "America/New_York"},
		{Start: "2018-11-04", Zone: "America/Sao_Paulo", AllDay: true},
		{Start: "2024-03-30", Zone: "America/Nuuk", AllDay: true},
	}
	for month := 1; month <= 12; month++ { // the days of the week go round with them
		whens = append(whens, berlin(coop.Wall(fmt.Sprintf("2026-%02d-%02d", month, month)), ""))
	}
	var lines []string
	for _, w := range whens {
		lines = append(lines, fmt.Sprintf("%s %s %s", w.Start, w.End, w.Zone))
		for _, l := range languages {
			lines = append(lines, "  "+l+": "+w.Line(l))
		}
	}
	table(t, "when.txt", lines)
}

func talk() coop.Post {
	return coop.Post{
		Kind: coop.Talk, Title: "No masters, no slave", Summary: "slides online",
		When:     berlin("2018-12-29T17:00:00", "2018-12-29T18:00:00"),
		Place:    coop.Place{Name: "Komona", Address: "Leipzig, Germany"},
		Speakers: []coop.Person{{Name: "Alice Doe"}, {Name: "Bob Roe"}},
	}
}

func TestLineOfEveryStatus(t *testing.T) {
	t.Parallel()
	var lines []string
	for _, status := range []coop.Status{"", coop.Scheduled, coop.Tentative, coop.Cancelled, coop.Postponed, coop.Rescheduled} {
		for _, previous := range []coop.When{{}, berlin("2018-12-28", "")} {
			if !previous.IsZero() && status != coop.Rescheduled {
				continue
			}
			p := talk()
			p.Status, p.Previous = status, previous
			lines = append(lines, fmt.Sprintf("status %q, previous %q", status, previous.Start))
			for _, l := range languages {
				p.Language = l
				lines = append(lines, "  "+l+": "+p.Line(), "  "+l+": "+p.Headline(), "  "+l+": "+p.PosterAlt())
			}
		}
	}
	table(t, "status.txt", lines)
}

func TestLineOfEveryKindOfPost(t *testing.T) {
	t.Parallel()
	full := talk()
	online, hybrid, bare, allDay := full, full, full, full
	online.Place, online.Online = coop.Place{}, "https://meet.example/x"
	hybrid.Online = "https://meet.example/x"
	bare.Place, bare.Speakers, bare.Summary = coop.Place{}, nil, ""
	allDay.Kind, allDay.Speakers, allDay.When = coop.Meetup, nil, berlin("2018-12-27", "2018-12-30")
	parts := full
	parts.Place = coop.Place{Name: "c-base", Street: "Rungestr. 20", Postcode: "10179", Locality: "Berlin", Region: "Berlin", Country: "Germany"}
	same := full
	same.Place = coop.Place{Name: "Leipzig", Locality: "Leipzig"}
	report := coop.Post{Kind: coop.Report, Title: "A report", Summary: "Its teaser.", Status: coop.Cancelled}
	var lines []string
	for _, c := range []struct {
		name string
		post coop.Post
	}{
		{"talk", full}, {"talk online", online}, {"hybrid talk", hybrid}, {"talk with nothing but a time", bare}, {"meetup of days", allDay},
		{"address in parts", parts}, {"place that is its town", same}, {"report", report}, {"note", coop.Post{Kind: coop.Note}},
	} {
		lines = append(lines, c.name)
		for _, l := range languages {
			c.post.Language = l
			lines = append(lines, "  "+l+": "+c.post.Line())
		}
	}
	table(t, "line.txt", lines)
}

func TestWordsOfEveryLanguage(t *testing.T) {
	t.Parallel()
	var lines []string
	for _, l := range []string{"en", "en-GB", "de", "de-AT", "DE", "fr", "", "deutsch"} {
		w := coop.WordsFor(l)
		words := []string{w.Cancelled, w.Online, w.Speakers, w.First, w.Poster, w.Logo, w.Slides, w.Website, w.Calendar}
		for i, s := range words {
			if s == "" {
				t.Errorf("language %q has no word number %d", l, i)
			}
		}
		lines = append(lines, fmt.Sprintf("%q: %s", l, strings.Join(words, " | ")))
	}
	table(t, "words.txt", lines)
}

func TestLineIsOnePlainLine(t *testing.T) {
	t.Parallel()
	for _, status := range []coop.Status{coop.Scheduled, coop.Tentative, coop.Cancelled, coop.Postponed, coop.Rescheduled} {
		p := talk()
		p.Status, p.Language = status, "de"
		if got := p.Line(); strings.ContainsFunc(got, unicode.IsControl) || strings.Contains(got, "  ") || strings.TrimSpace(got) != got {
			t.Errorf("%s: %q is not one plain line", status, got)
		}
	}
}

func TestALanguageTagHasItsForm(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"en": true, "de-AT": true, "zh-Hant-TW": true, "gsw": true, "sl-rozaj-1994": true,
		"": false, "e": false, "deutsch": false, "de_DE": false, "x y": false, "de-": false, "4u": false, "de-abcdefghi": false,
		"<b>": false, "en-aaaaaaaa-bbbbbbbb-cccccccc-ddddd": true, "en-aaaaaaaa-bbbbbbbb-cccccccc-dddddd": false,
	} {
		if got := coop.IsLanguage(s); got != want {
			t.Errorf("%q: got %v want %v", s, got, want)
		}
	}
}
