// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"strings"
	"testing"
	"time"

	"plenum/coop"
)

func TestTimesOfEventsAreSaidAsTheyWereGiven(t *testing.T) {
	t.Parallel()
	const berlin = "Europe/Berlin"
	for _, c := range []struct {
		name, lang, want, iso string
		when                  coop.When
	}{
		{"hours of one day", "en", "Wednesday, 2 December 2026, 18:30–21:00 (CET)", "2026-12-02T18:30:00+01:00 2026-12-02T21:00:00+01:00",
			coop.When{Start: "2026-12-02T18:30:00", End: "2026-12-02T21:00:00", Zone: berlin}},
		{"hours of one day in German", "de", "Mittwoch, 2. Dezember 2026, 18:30–21:00 Uhr (MEZ)", "2026-12-02T18:30:00+01:00 2026-12-02T21:00:00+01:00",
			coop.When{Start: "2026-12-02T18:30:00", End: "2026-12-02T21:00:00", Zone: berlin}},
		{"no end is invented", "en", "Saturday, 4 July 2026, 17:00 (CEST)", "2026-07-04T17:00:00+02:00 ",
			coop.When{Start: "2026-07-04T17:00:00", Zone: berlin}},
		{"over midnight", "en", "Friday, 3 July 2026, 22:00 – Saturday, 4 July 2026, 04:00 (CEST)", "2026-07-03T22:00:00+02:00 2026-07-04T04:00:00+02:00",
			coop.When{Start: "2026-07-03T22:00:00", End: "2026-07-04T04:00:00", Zone: berlin}},
		{"a whole day has no hours", "en", "Thursday, 27 December 2018", "2018-12-27 ",
			coop.When{Start: "2018-12-27", Zone: berlin, AllDay: true}},
		{"whole days", "de", "Donnerstag, 27. Dezember 2018 – Sonntag, 30. Dezember 2018", "2018-12-27 2018-12-30",
			coop.When{Start: "2018-12-27", End: "2018-12-30", Zone: berlin, AllDay: true}},
		{"a zone without a name", "en", "Tuesday, 1 December 2026, 10:00 (UTC+0545)", "2026-12-01T10:00:00+05:45 ",
			coop.When{Start: "2026-12-01T10:00:00", Zone: "Asia/Kathmandu"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, lang := wordsFor(c.lang)
			sp := setter{T: w, Lang: lang}.span(c.when)
			got := sp.Start.Text + sp.Sep + sp.End.Text + sp.Tail
			if sp.Day != "" {
				got = sp.Day + " " + got
			}
			if got = strings.ReplaceAll(got, "\u00a0", " "); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			if got := sp.Start.ISO + " " + sp.End.ISO; got != c.iso {
				t.Errorf("got %q want %q", got, c.iso)
			}
		})
	}
}

func TestDaysArePublishedInTheZoneOfTheCoop(t *testing.T) {
	t.Parallel()
	w, lang := wordsFor("en")
	s := setter{T: w, Lang: lang}
	at := mustTime(t, "2019-01-08T23:30:00Z")
	for zone, want := range map[string]string{"Europe/Berlin": "9 January 2019", "": "8 January 2019", "Nowhere/Land": "8 January 2019"} {
		if got := s.published(at, zone); got.Text != want || got.ISO != "2019-01-08T23:30:00Z" {
			t.Errorf("%s: got %+v want %s", zone, got, want)
		}
	}
}

func mustTime(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
