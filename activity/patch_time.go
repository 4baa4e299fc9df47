// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"fmt"
	"strings"
	"time"

	"plenum/coop"
)

// when reads startTime, endTime, timezone, displayEndTime and plenum:allDay.
// What is kept is the wall time that the author meant: a time with an offset is
// taken into the event's zone, one without is the wall time already, and a date
// alone means the whole day. FEP-8a8e.
func (a *applier) when() error {
	if !a.post.Kind.Event() {
		return nil
	}
	w := a.was.When
	start, startGiven, err := a.text("startTime")
	if err != nil {
		return err
	}
	end, endGiven, err := a.text("endTime")
	if err != nil {
		return err
	}
	if w.Zone, err = a.zone(start, end); err != nil {
		return err
	}
	if startGiven {
		if start == "" {
			return coop.Wrong("startTime", "an event needs a start")
		}
		if w.Start, err = wallTime("startTime", start, w.Location()); err != nil {
			return err
		}
	}
	if endGiven {
		w.End = ""
		if end != "" {
			if w.End, err = wallTime("endTime", end, w.Location()); err != nil {
				return err
			}
		}
	}
	if err := a.days(&w, startGiven); err != nil {
		return err
	}
	a.post.When = w
	return nil
}

// days settles whether the event is one of whole days, and makes dates of its
// times if it is. Our own documents say it by hours from midnight to 23:59:59 of
// which the end is not to be displayed; an end that is not displayed is otherwise
// one that nobody gave.
func (a *applier) days(w *coop.When, startGiven bool) error {
	allDay, said, err := a.flag("plenum:allDay")
	if err != nil {
		return err
	}
	display, told, err := a.flag("displayEndTime")
	if err != nil {
		return err
	}
	hidden := told && !display
	switch {
	case said:
		w.AllDay = allDay
	case startGiven:
		w.AllDay = w.Start.DateOnly() ||
			hidden && strings.HasSuffix(string(w.Start), "T00:00:00") && strings.HasSuffix(string(w.End), "T23:59:59")
	}
	switch {
	case w.AllDay && (said || hidden):
		w.End = lastDay(*w)
		w.Start = coop.Wall(w.Start.Date())
	case w.AllDay && w.End != "" && !w.End.DateOnly():
		return coop.Wrong("endTime", "the start is a date alone, so the end is a date alone too")
	case !w.AllDay && w.Start.DateOnly():
		return coop.Wrong("startTime", "a date alone means the whole day: give the hour too, or leave plenum:allDay out")
	case !w.AllDay && w.End.DateOnly():
		return coop.Wrong("endTime", "the start has an hour, so the end needs one too")
	case !w.AllDay && hidden:
		w.End = ""
	}
	if w.AllDay && w.End == w.Start {
		w.End = ""
	}
	return nil
}

// lastDay is the last day of an event of whole days: one that ends at midnight
// does not touch the day that begins then.
func lastDay(w coop.When) coop.Wall {
	day := w.End.Date()
	if strings.HasSuffix(string(w.End), "T00:00:00") && day > w.Start.Date() {
		if t, err := time.Parse(time.DateOnly, day); err == nil {
			day = t.AddDate(0, 0, -1).Format(time.DateOnly)
		}
	}
	return coop.Wall(day)
}

// zone reads the time zone of the event. Where neither it nor the co-op says one,
// times in UTC say it; any other offset leaves open what daylight saving does.
func (a *applier) zone(times ...string) (string, error) {
	zone, given, err := a.text("timezone")
	if err != nil {
		return "", err
	}
	if zone == "" && !given {
		zone = a.was.When.Zone
	}
	if zone == "" {
		zone = a.defaults.Zone
	}
	for _, s := range times {
		if t, ok := offsetTime(s); ok && zone == "" {
			if _, seconds := t.Zone(); seconds == 0 {
				zone = "UTC"
			}
		}
	}
	if zone == "" {
		return "", coop.Wrong("timezone", "say in which time zone the event takes place, like Europe/Berlin")
	}
	return zone, coop.When{Start: "2000-01-01", Zone: zone, AllDay: true}.Check() // nothing but the zone can be wrong with it
}

// offsetTime reads a time that has an offset. RFC 3339 §5.6, without seconds too.
func offsetTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Truncate(time.Second), true
		}
	}
	return time.Time{}, false
}

// wallTime is the wall time in loc that a member means. A moment that no wall
// time can name, the second of an hour that occurs twice, is refused: the event
// would be an hour off.
func wallTime(member, s string, loc *time.Location) (coop.Wall, error) {
	if w, err := coop.ParseWall(s); err == nil {
		return w, nil
	}
	t, ok := offsetTime(s)
	if ok {
		if local := t.In(loc); local.Year() >= 1970 && local.Year() < 10_000 {
			w := coop.WallOf(local)
			if back, err := w.In(loc); err == nil && back.Equal(t) {
				return w, nil
			}
			return "", coop.Wrong(member, fmt.Sprintf("%s occurs twice in %s, since clocks are put back then; only the first can be meant", w, loc))
		}
	}
	return "", coop.Wrong(member, fmt.Sprintf("%.40q is no time from 1970 on, like 2026-12-02T18:30:00+01:00, 2026-12-02T18:30:00 or, for a whole day, 2026-12-02", s))
}

// statuses are the words for what became of an event, those of FEP-8a8e without
// their "Event" and those of iCalendar, in lower case. An event that moved online
// says where by its location.
var statuses = map[string]coop.Status{
	"scheduled": coop.Scheduled, "confirmed": coop.Scheduled, "movedonline": coop.Scheduled, "tentative": coop.Tentative,
	"cancelled": coop.Cancelled, "canceled": coop.Cancelled, "postponed": coop.Postponed, "rescheduled": coop.Rescheduled,
}

// Status is what the patch says became of an event; given is false where it says
// nothing of it.
func (p Patch) Status() (s coop.Status, given bool, err error) {
	for _, member := range statusMembers() {
		text, given, err := p.text(member)
		if err != nil {
			return "", false, err
		}
		if !given {
			continue
		}
		word := strings.ToLower(text[strings.LastIndexAny(text, "/#:")+1:])
		s, ok := statuses[strings.TrimPrefix(word, "event")]
		if !ok && text != "" {
			return "", false, coop.Wrong(member, fmt.Sprintf("%.60q is no state of an event; EventScheduled, EventTentative, EventCancelled, EventPostponed and EventRescheduled are", text))
		}
		return s, true, nil
	}
	return "", false, nil
}

// statusMembers are the members in which clients say it, the first that is given counts.
func statusMembers() []string { return []string{"eventStatus", "status", "ical:status"} }

// status sets what became of an event, and keeps the old date of one that has a new
// one. FEP-8a8e, RFC 5545 §3.8.1.11.
func (a *applier) status() error {
	if a.post.Kind.Event() {
		s, given, err := a.Status()
		if err != nil {
			return err
		}
		if given {
			a.post.Status = s
		}
	}
	if a.post.Status != coop.Rescheduled {
		a.post.Previous = coop.When{}
		return nil
	}
	if !a.was.When.IsZero() && a.was.When != a.post.When {
		a.post.Previous = a.was.When
	}
	s, _, err := a.text("previousStartTime")
	if err != nil || s == "" || !a.post.Previous.IsZero() {
		return err
	}
	start, err := wallTime("previousStartTime", s, a.post.When.Location())
	if err != nil {
		return err
	}
	if _, err := start.In(a.post.When.Location()); err != nil {
		return coop.Wrong("previousStartTime", err.Error())
	}
	a.post.Previous = coop.When{Start: start, Zone: a.post.When.Zone, AllDay: start.DateOnly()}
	return nil
}
