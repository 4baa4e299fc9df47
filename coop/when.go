// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import (
	"fmt"
	"strings"
	"time"
)

// Wall is a wall time without a zone, as "2006-01-02T15:04:05", or a date alone,
// as "2006-01-02". As strings they sort by time.
type Wall string

const (
	wallDate = "2006-01-02"
	wallTime = "2006-01-02T15:04:05"
)

// ParseWall reads a local date, or a local date and time with or without
// seconds. An offset is refused: it would be a second opinion about the zone.
func ParseWall(s string) (Wall, error) {
	s = strings.Replace(s, " ", "T", 1)
	for _, layout := range []string{wallDate, wallTime, "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1970 && t.Year() < 10000 {
			if layout == wallDate {
				return Wall(s), nil
			}
			return Wall(t.Format(wallTime)), nil
		}
	}
	return "", fmt.Errorf("%q is no local date or time from 1970 on, like 2018-12-29 or 2018-12-29T17:00:00", s)
}

// WallOf is the wall time of t in t's own location.
func WallOf(t time.Time) Wall { return Wall(t.Format(wallTime)) }

// Date is the date part.
func (w Wall) Date() string {
	d, _, _ := strings.Cut(string(w), "T")
	return d
}

// DateOnly reports whether w has no hours.
func (w Wall) DateOnly() bool { return w != "" && !strings.Contains(string(w), "T") }

// In returns the moment that w means in loc. A time that daylight saving skips
// is an error; one that occurs twice means the first. A date alone means the
// first moment of that day.
func (w Wall) In(loc *time.Location) (time.Time, error) {
	if w.DateOnly() {
		t, err := time.ParseInLocation(wallDate, string(w), loc)
		if err != nil {
			return time.Time{}, err
		}
		return firstOfDay(t, w)
	}
	t, err := time.ParseInLocation(wallTime, string(w), loc)
	if err != nil {
		return time.Time{}, err
	}
	if WallOf(t) != w {
		return time.Time{}, fmt.Errorf("%s does not exist in %s: clocks are put forward then", w, loc)
	}
	return firstOf(t), nil
}

// firstOfDay returns the first moment of the day w, of which Go has made t. Where
// midnight is skipped the day begins later, and t may be in the day before. A
// day that its zone left out altogether is an error.
func firstOfDay(t time.Time, w Wall) (time.Time, error) {
	for range 7 {
		if WallOf(t).Date() == string(w) {
			return firstOf(t), nil
		}
		t = t.Add(30 * time.Minute)
	}
	return time.Time{}, fmt.Errorf("%s does not exist in %s: the calendar was put forward then", w, t.Location())
}

// lastOfDay returns the last second of a day: 23:59:59, but where clocks are
// changed just then.
func lastOfDay(day string, loc *time.Location) time.Time {
	date, _ := time.Parse(wallDate, day)
	for range 2 { // the day behind it may be left out
		date = date.AddDate(0, 0, 1)
		if next, err := Wall(date.Format(wallDate)).In(loc); err == nil {
			return next.Add(-time.Second)
		}
	}
	return time.Time{}
}

// firstOf returns the first moment with the wall time of t.
func firstOf(t time.Time) time.Time {
	for back := 30 * time.Minute; back <= 3*time.Hour; back += 30 * time.Minute {
		if e := t.Add(-back); WallOf(e) == WallOf(t) {
			return e
		}
	}
	return t
}

// When is the time of an event as its author wrote it. Moments are derived.
type When struct {
	Start  Wall   `json:"start"`
	End    Wall   `json:"end,omitempty"` // empty where the author gave none; for all-day events the last day
	Zone   string `json:"zone"`          // IANA name
	AllDay bool   `json:"all_day,omitempty"`
}

// IsZero reports whether no time is given.
func (w When) IsZero() bool { return w.Start == "" }

// Check reports what is wrong with w, as an Invalid error that names the member.
func (w When) Check() error {
	if w.Zone == "" {
		return Wrong("timezone", "an event needs a time zone, like Europe/Berlin")
	}
	loc, err := location(w.Zone)
	if err != nil {
		return Wrong("timezone", fmt.Sprintf("%.60q is no IANA time zone, like Europe/Berlin", w.Zone))
	}
	if w.Start == "" {
		return Wrong("startTime", "an event needs a start")
	}
	if w.AllDay != w.Start.DateOnly() || w.End != "" && w.AllDay != w.End.DateOnly() {
		return Wrong("endTime", "start and end are both dates, or both times")
	}
	if _, err := w.Start.In(loc); err != nil {
		return Wrong("startTime", err.Error())
	}
	if w.End != "" {
		if _, err := w.End.In(loc); err != nil {
			return Wrong("endTime", err.Error())
		}
	}
	s, e := w.Times()
	if !e.After(s) {
		return Wrong("endTime", "an event ends after it starts")
	}
	if e.AddDate(0, 0, 1).UTC().Year() > 9999 { // no format has five digits for a year, and calendars name the day behind
		return Wrong("endTime", "an event ends before the year 10000")
	}
	return nil
}

func location(zone string) (*time.Location, error) {
	if zone == "" || zone == "Local" {
		return nil, fmt.Errorf("no zone")
	}
	return time.LoadLocation(zone)
}

// Location returns the zone of the event, UTC where it has none that is known.
func (w When) Location() *time.Location {
	loc, err := location(w.Zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Times returns when the event starts and ends, in its own zone. An end that is
// not known is two hours after the start; an event of whole days runs from its
// first midnight to 23:59:59 of its last day. FEP-8a8e wants an end.
func (w When) Times() (start, end time.Time) {
	loc := w.Location()
	start, _ = w.Start.In(loc)
	switch {
	case w.AllDay:
		last := w.End
		if last == "" {
			last = w.Start
		}
		end = lastOfDay(last.Date(), loc)
	case w.End == "":
		end = start.Add(2 * time.Hour)
	default:
		end, _ = w.End.In(loc)
	}
	return start, end
}

// EndKnown reports whether the end that Times returns is one that people should
// be shown. FEP-8a8e, displayEndTime.
func (w When) EndKnown() bool { return !w.AllDay && w.End != "" }
