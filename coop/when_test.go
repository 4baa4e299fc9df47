// SPDX-License-Identifier: AGPL-3.0-or-later

package coop_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests do not depend on the machine's zones

	"plenum/coop"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestWallTimesAreReadWithoutAnOffset(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]coop.Wall{
		"2018-12-29":          "2018-12-29",
		"2018-12-29T17:00:00": "2018-12-29T17:00:00",
		"2018-12-29 17:00:00": "2018-12-29T17:00:00",
		"2018-12-29T17:00":    "2018-12-29T17:00:00",
		"2024-02-29":          "2024-02-29",
		"1970-01-01T00:00:00": "1970-01-01T00:00:00",
	} {
		if got, err := coop.ParseWall(s); err != nil || got != want {
			t.Errorf("%q: got %q, %v want %q", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", "2018-12-29T17:00:00Z", "2018-12-29T17:00:00+01:00", "2018-13-01", "2018-02-29", "17:00", "2018-12-29T25:00:00",
		"2018-12-29T", "1969-12-31", "0000-01-01", "10000-01-01", "2018-12-29T17:00:60", "20181229", " 2018-12-29",
	} {
		if got, err := coop.ParseWall(s); err == nil {
			t.Errorf("%q was taken as %q", s, got)
		}
	}
}

func TestWallTimeKnowsItsParts(t *testing.T) {
	t.Parallel()
	for w, want := range map[coop.Wall]struct {
		date string
		only bool
	}{"2018-12-29": {"2018-12-29", true}, "2018-12-29T17:00:00": {"2018-12-29", false}, "": {"", false}} {
		if w.Date() != want.date || w.DateOnly() != want.only {
			t.Errorf("%q: got %q, %t want %+v", w, w.Date(), w.DateOnly(), want)
		}
	}
	moment := time.Date(2018, 12, 29, 16, 0, 0, 5, time.UTC).In(zone(t, "Europe/Berlin"))
	if got := coop.WallOf(moment); got != "2018-12-29T17:00:00" {
		t.Errorf("got %s want the wall time of Berlin", got)
	}
}

// Where clocks are changed, a wall time means one moment or is refused.
func TestWallTimesAroundDaylightSaving(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone string
		wall coop.Wall
		want string // "": the wall time does not exist
	}{
		{"Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z"},
		{"Europe/Berlin", "2026-03-29T02:00:00", ""},
		{"Europe/Berlin", "2026-03-29T02:30:00", ""},
		{"Europe/Berlin", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "2026-10-25T01:59:59", "2026-10-24T23:59:59Z"},
		{"Europe/Berlin", "2026-10-25T02:00:00", "2026-10-25T00:00:00Z"}, // twice: the first
		{"Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"},
		{"Europe/Berlin", "2026-10-25T02:59:59", "2026-10-25T00:59:59Z"},
		{"Europe/Berlin", "2026-10-25T03:00:00", "2026-10-25T02:00:00Z"},
		{"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"},
		{"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z"},
		{"America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00Z"},
		{"America/New_York", "2026-03-08T02:30:00", ""},
		{"Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00Z"}, // half an hour, twice
		{"Australia/Lord_Howe", "2026-10-04T02:15:00", ""},
		{"America/Sao_Paulo", "2018-11-04T00:00:00", ""}, // midnight is skipped
		{"America/Sao_Paulo", "2018-11-04T00:59:59", ""},
		{"America/Sao_Paulo", "2018-11-04T01:00:00", "2018-11-04T03:00:00Z"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"}, // so that day begins at 1
		{"America/Sao_Paulo", "2018-11-03", "2018-11-03T03:00:00Z"},
		{"America/Sao_Paulo", "2018-02-17T23:30:00", "2018-02-18T01:30:00Z"}, // twice
		{"America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z"},
		{"America/Havana", "2018-11-04", "2018-11-04T04:00:00Z"}, // midnight occurs twice
		{"Asia/Beirut", "2019-03-31", "2019-03-30T22:00:00Z"},    // midnight is skipped, east of Greenwich
		{"Pacific/Apia", "2011-12-30", ""},                       // a day that was left out
		{"Pacific/Apia", "2011-12-30T12:00:00", ""},
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
		{"UTC", "2026-03-29T02:30:00", "2026-03-29T02:30:00Z"},
		{"Europe/Berlin", "2026-13-29", ""},
		{"Europe/Berlin", "2026-03-29T02", ""},
		{"Europe/Berlin", "", ""},
	} {
		got, err := c.wall.In(zone(t, c.zone))
		s := ""
		if err == nil {
			s = got.UTC().Format(time.RFC3339)
		}
		if s != c.want {
			t.Errorf("%s in %s: got %q, %v want %q", c.wall, c.zone, s, err, c.want)
		}
	}
}

func TestTimesOfEvents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		when  coop.When
		want  string
		known bool
	}{
		{coop.When{Start: "2018-12-29T17:00:00", End: "2018-12-29T18:30:00", Zone: "Europe/Berlin"}, "2018-12-29T17:00:00+01:00 2018-12-29T18:30:00+01:00", true},
		{coop.When{Start: "2018-12-29T17:00:00", Zone: "Europe/Berlin"}, "2018-12-29T17:00:00+01:00 2018-12-29T19:00:00+01:00", false},
		{coop.When{Start: "2018-12-29", Zone: "Europe/Berlin", AllDay: true}, "2018-12-29T00:00:00+01:00 2018-12-29T23:59:59+01:00", false},
		{coop.When{Start: "2018-12-27", End: "2018-12-30", Zone: "Europe/Berlin", AllDay: true}, "2018-12-27T00:00:00+01:00 2018-12-30T23:59:59+01:00", false},
		{coop.When{Start: "2026-03-29", Zone: "Europe/Berlin", AllDay: true}, "2026-03-29T00:00:00+01:00 2026-03-29T23:59:59+02:00", false},
		{coop.When{Start: "2026-10-25", Zone: "Europe/Berlin", AllDay: true}, "2026-10-25T00:00:00+02:00 2026-10-25T23:59:59+01:00", false},
		{coop.When{Start: "2018-11-04", Zone: "America/Sao_Paulo", AllDay: true}, "2018-11-04T01:00:00-02:00 2018-11-04T23:59:59-02:00", false},
		{coop.When{Start: "2018-11-03", End: "2018-11-04", Zone: "America/Sao_Paulo", AllDay: true}, "2018-11-03T00:00:00-03:00 2018-11-04T23:59:59-02:00", false},
		{coop.When{Start: "2018-02-17", Zone: "America/Sao_Paulo", AllDay: true}, "2018-02-17T00:00:00-02:00 2018-02-17T23:59:59-03:00", false}, // 25 hours
		{coop.When{Start: "2024-03-30", Zone: "America/Nuuk", AllDay: true}, "2024-03-30T00:00:00-02:00 2024-03-30T22:59:59-02:00", false},      // its last hour is skipped
		{coop.When{Start: "2011-12-29", Zone: "Pacific/Apia", AllDay: true}, "2011-12-29T00:00:00-10:00 2011-12-29T23:59:59-10:00", false},
		{coop.When{Start: "2026-10-25T01:00:00", End: "2026-10-25T02:30:00", Zone: "Europe/Berlin"}, "2026-10-25T01:00:00+02:00 2026-10-25T02:30:00+02:00", true},
		{coop.When{Start: "2026-03-29T01:30:00", Zone: "Europe/Berlin"}, "2026-03-29T01:30:00+01:00 2026-03-29T04:30:00+02:00", false},
		{coop.When{Start: "2026-10-24T23:00:00", End: "2026-10-25T04:00:00", Zone: "Europe/Berlin"}, "2026-10-24T23:00:00+02:00 2026-10-25T04:00:00+01:00", true},
	} {
		start, end := c.when.Times()
		if got := start.Format(time.RFC3339) + " " + end.Format(time.RFC3339); got != c.want {
			t.Errorf("%+v: got %s want %s", c.when, got, c.want)
		}
		if got := c.when.EndKnown(); got != c.known {
			t.Errorf("%+v: end known: got %t want %t", c.when, got, c.known)
		}
		if err := c.when.Check(); err != nil {
			t.Errorf("%+v: %v", c.when, err)
		}
	}
}

func TestWrongTimesNameTheirMember(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		when   coop.When
		member string
		words  string
	}{
		{coop.When{}, "timezone", "needs a time zone"},
		{coop.When{Start: "2018-12-29", AllDay: true, Zone: "Local"}, "timezone", "no IANA"},
		{coop.When{Start: "2018-12-29", AllDay: true, Zone: "Europe/Leipzig"}, "timezone", "no IANA"},
		{coop.When{Start: "2018-12-29", AllDay: true, Zone: "../etc/passwd"}, "timezone", "no IANA"},
		{coop.When{Zone: "Europe/Berlin"}, "startTime", "needs a start"},
		{coop.When{Start: "2018-12-29", Zone: "Europe/Berlin"}, "endTime", "both"},
		{coop.When{Start: "2018-12-29T17:00:00", AllDay: true, Zone: "Europe/Berlin"}, "endTime", "both"},
		{coop.When{Start: "2018-12-29", End: "2018-12-29T18:00:00", AllDay: true, Zone: "Europe/Berlin"}, "endTime", "both"},
		{coop.When{Start: "2018-12-29T17:00:00", End: "2018-12-30", Zone: "Europe/Berlin"}, "endTime", "both"},
		{coop.When{Start: "2026-03-29T02:30:00", Zone: "Europe/Berlin"}, "startTime", "does not exist"},
		{coop.When{Start: "2026-03-29T01:30:00", End: "2026-03-29T02:30:00", Zone: "Europe/Berlin"}, "endTime", "does not exist"},
		{coop.When{Start: "2011-12-30", AllDay: true, Zone: "Pacific/Apia"}, "startTime", "does not exist"},
		{coop.When{Start: "2018-12-29T17:00:00", End: "2018-12-29T17:00:00", Zone: "Europe/Berlin"}, "endTime", "after it starts"},
		{coop.When{Start: "2018-12-29", End: "2018-12-28", AllDay: true, Zone: "Europe/Berlin"}, "endTime", "after it starts"},
		// The clock says later, but the end's first half past two is before the start's second.
		{coop.When{Start: "2026-10-25T02:45:00", End: "2026-10-25T02:30:00", Zone: "Europe/Berlin"}, "endTime", "after it starts"},
	} {
		err := c.when.Check()
		var e *coop.Error
		if !errors.As(err, &e) || e.Code != coop.Invalid || e.Member != c.member || !strings.Contains(e.Msg, c.words) {
			t.Errorf("%+v: got %+v want %s: …%s…", c.when, err, c.member, c.words)
		}
	}
}

func TestUnknownZoneIsUTC(t *testing.T) {
	t.Parallel()
	for _, z := range []string{"", "Local", "Nowhere/Land"} {
		if got := (coop.When{Zone: z}).Location(); got != time.UTC {
			t.Errorf("%q: got %v want UTC", z, got)
		}
	}
	if !(coop.When{Zone: "Europe/Berlin"}).IsZero() || (coop.When{Start: "2018-12-29"}).IsZero() {
		t.Error("a time is given when its start is")
	}
}

func TestYearHasFourDigitsInEveryFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		w    coop.When
		good bool
	}{
		{coop.When{Start: "9999-12-31T23:00:00", Zone: "UTC"}, false},
		{coop.When{Start: "9999-12-31", Zone: "UTC", AllDay: true}, false}, // calendars name the day behind
		{coop.When{Start: "2026-01-01", End: "9999-12-31", Zone: "UTC", AllDay: true}, false},
		{coop.When{Start: "9999-12-30T20:00:00", Zone: "America/Los_Angeles"}, false},
		{coop.When{Start: "9999-12-30", Zone: "UTC", AllDay: true}, true},
	} {
		if err := c.w.Check(); (err == nil) != c.good {
			t.Errorf("%+v: got %v", c.w, err)
		}
	}
}
