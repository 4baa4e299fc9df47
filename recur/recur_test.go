// SPDX-License-Identifier: AGPL-3.0-or-later

package recur_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/recur"
)

var first = coop.When{Start: "2026-10-14T19:00:00", End: "2026-10-14T21:30:00", Zone: "Europe/Berlin"}

func starts(t *testing.T, rule string, w coop.When, after coop.Wall, n int) (out []string) {
	t.Helper()
	r, err := recur.Parse(rule)
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.After(w, after, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range list {
		out = append(out, string(w.Start))
	}
	return out
}

func TestOccurrencesKeepTheirClockTime(t *testing.T) { // RFC 5545 §3.3.10
	t.Parallel()
	for _, tc := range []struct {
		rule  string
		first coop.When
		after coop.Wall
		n     int
		want  []string
	}{
		{"FREQ=MONTHLY;BYDAY=2WE", first, "", 3, []string{"2026-10-14T19:00:00", "2026-11-11T19:00:00", "2026-12-09T19:00:00"}},
		{"rrule:freq=weekly;count=3", first, "", 9, []string{"2026-10-14T19:00:00", "2026-10-21T19:00:00", "2026-10-28T19:00:00"}},
		{"FREQ=WEEKLY;UNTIL=20261028", first, "2026-10-14T19:00:00", 9, []string{"2026-10-21T19:00:00", "2026-10-28T19:00:00"}},
		{"FREQ=WEEKLY;UNTIL=20261028T180000Z", first, "2026-10-14T19:00:00", 9, []string{"2026-10-21T19:00:00", "2026-10-28T19:00:00"}}, // in UTC, as calendars write it
		{"FREQ=WEEKLY;UNTIL=20261028T175959Z", first, "2026-10-14T19:00:00", 9, []string{"2026-10-21T19:00:00"}},
		{"FREQ=WEEKLY;UNTIL=20261028T190000", first, "2026-10-14T19:00:00", 9, []string{"2026-10-21T19:00:00", "2026-10-28T19:00:00"}},
		{"FREQ=DAILY;UNTIL=20270303T060000Z", coop.When{Start: "2027-03-01T19:00:00", Zone: "America/Los_Angeles"}, "", 9, []string{"2027-03-01T19:00:00", "2027-03-02T19:00:00"}},
		{"FREQ=WEEKLY;UNTIL=20260514T220000Z", coop.When{Start: "2026-05-01", Zone: "Europe/Berlin", AllDay: true}, "", 9, []string{"2026-05-01", "2026-05-08", "2026-05-15"}},
		{"FREQ=MONTHLY;BYDAY=-1FR", first, "", 2, []string{"2026-10-14T19:00:00", "2026-10-30T19:00:00"}}, // the first counts, whatever its day
		{"FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", first, "", 9, []string{"2026-10-14T19:00:00", "2026-10-30T19:00:00"}},
		{"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", first, "2026-10-14T19:00:00", 1, []string{"2026-10-30T19:00:00"}},
		{"FREQ=YEARLY", coop.When{Start: "2026-05-01", Zone: "Europe/Berlin", AllDay: true}, "", 2, []string{"2026-05-01", "2027-05-01"}},
		{"FREQ=MONTHLY;BYMONTHDAY=31", coop.When{Start: "2026-01-31", Zone: "UTC", AllDay: true}, "", 3, []string{"2026-01-31", "2026-03-31", "2026-05-31"}},
		// the clocks of Berlin skip 02:30 on 28 March 2027
		{"FREQ=WEEKLY", coop.When{Start: "2027-03-21T02:30:00", Zone: "Europe/Berlin"}, "", 2, []string{"2027-03-21T02:30:00", "2027-04-04T02:30:00"}},
	} {
		if got := starts(t, tc.rule, tc.first, tc.after, tc.n); !slices.Equal(got, tc.want) {
			t.Errorf("%s after %q: got %v want %v", tc.rule, tc.after, got, tc.want)
		}
	}
}

func TestOccurrencesLastAsLongAsTheFirst(t *testing.T) {
	t.Parallel()
	r, err := recur.Parse("FREQ=MONTHLY;BYDAY=2WE")
	if err != nil {
		t.Fatal(err)
	}
	night := coop.When{Start: "2026-10-14T22:00:00", End: "2026-10-15T02:00:00", Zone: "Europe/Berlin"}
	list, err := r.After(night, night.Start, 1)
	want := coop.When{Start: "2026-11-11T22:00:00", End: "2026-11-12T02:00:00", Zone: "Europe/Berlin"}
	if err != nil || len(list) != 1 || list[0] != want {
		t.Errorf("got %v, %v want %v", list, err, want)
	}
}

// What the library panics on or takes seconds over never reaches it.
func TestRulesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "FREQ", "FREQ=", "FREQ=SECONDLY", "FREQ=HOURLY", "INTERVAL=2", "FREQ=WEEKLY;FREQ=DAILY", "FREQ=WEEKLY;INTERVAL=0", "FREQ=WEEKLY;INTERVAL=-1",
		"FREQ=WEEKLY;INTERVAL=1000", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=99999999999999999999", "FREQ=DAILY;COUNT=1001", "FREQ=DAILY;COUNT=2;UNTIL=20270101",
		"FREQ=MONTHLY;BYDAY=+9MO", "FREQ=MONTHLY;BYDAY=-6MO", "FREQ=WEEKLY;BYDAY=1MO", "FREQ=DAILY;BYDAY=1MO", "FREQ=YEARLY;BYDAY=54MO", "FREQ=YEARLY;BYMONTH=2;BYDAY=6MO",
		"FREQ=MONTHLY;BYDAY=XX", "FREQ=MONTHLY;BYDAY=0MO", "FREQ=MONTHLY;BYDAY=", "FREQ=MONTHLY;BYDAY=M", "FREQ=YEARLY;BYMONTH=13", "FREQ=YEARLY;BYMONTH=0",
		"FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=MONTHLY;BYSETPOS=1", "FREQ=WEEKLY;BYMONTHDAY=1", "FREQ=YEARLY;BYEASTER=0", "FREQ=DAILY;BYHOUR=1", "FREQ=DAILY;UNTIL=tomorrow",
		"FREQ=DAILY\nDTSTART=19000101", "FREQ=DAILY;DTSTART=19000101T000000Z", "FREQ=DAILY;WKST=X", "FREQ=DAILY;" + strings.Repeat("X", 200),
	} {
		if r, err := recur.Parse(s); err == nil {
			t.Errorf("%q was taken as %v", s, r)
		}
	}
}

// A rule that never comes true ends all the same, and soon.
func TestRulesThatHoldNothingEnd(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=366;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31;BYDAY=MO"} {
		since := time.Now()
		if got := starts(t, rule, first, first.Start, 5); len(got) > 0 {
			t.Errorf("%s: got %v", rule, got)
		}
		if took := time.Since(since); took > 5*time.Second {
			t.Errorf("%s took %s", rule, took)
		}
	}
}

func FuzzRule(f *testing.F) {
	for _, s := range []string{"FREQ=MONTHLY;BYDAY=2WE", "FREQ=YEARLY;BYDAY=53MO", "FREQ=WEEKLY;COUNT=3;WKST=SU", "FREQ=MONTHLY;BYMONTHDAY=-31;BYSETPOS=53"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := recur.Parse(s)
		if err != nil {
			return
		}
		list, err := r.After(first, "", 13)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if len(list) == 0 || list[0] != first {
			t.Errorf("%q does not begin with the first: %v", s, list)
		}
		if !slices.IsSortedFunc(list, func(a, b coop.When) int { return strings.Compare(string(a.Start), string(b.Start)) }) {
			t.Errorf("%q: %v is out of order", s, list)
		}
	})
}
