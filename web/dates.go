// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"fmt"
	"time"

	"plenum/coop"
)

// moment is what stands in a time element: the machine's form and people's.
type moment struct {
	ISO  string
	Text string
}

// span is the time of an event: a start, perhaps an end, and what stands behind.
type span struct {
	Day   string // before the hours, where start and end share it
	Start moment
	Sep   string // between start and end
	End   moment // empty where people should not be shown one
	Tail  string // the zone
}

// leaf is a page of a tear-off calendar.
type leaf struct {
	Month, Day, Weekday string
}

func (w *words) longDate(t time.Time) string {
	return fmt.Sprintf(w.LongDate, w.Days[t.Weekday()], t.Day(), w.Months[t.Month()-1], t.Year())
}

func (w *words) plainDate(t time.Time) string {
	return fmt.Sprintf(w.PlainDate, t.Day(), w.Months[t.Month()-1], t.Year())
}

// published is the day of a moment in the zone of a co-op.
func (s setter) published(t time.Time, zone string) moment {
	if t.IsZero() {
		return moment{}
	}
	local := t.In(coop.When{Zone: zone}.Location())
	return moment{ISO: t.UTC().Format(time.RFC3339), Text: s.T.plainDate(local)}
}

// span sets the time of an event in words that have room. Whole days get no
// hours, and an end that nobody gave is not invented.
func (s setter) span(w coop.When) span {
	if w.IsZero() {
		return span{}
	}
	start, end := w.Times()
	sameDay := start.Format(time.DateOnly) == end.Format(time.DateOnly)
	if w.AllDay {
		sp := span{Start: moment{ISO: start.Format(time.DateOnly), Text: s.T.longDate(start)}}
		if !sameDay {
			sp.Sep, sp.End = " – ", moment{ISO: end.Format(time.DateOnly), Text: s.T.longDate(end)}
		}
		return sp
	}
	sp := span{
		Day: s.T.longDate(start) + ",", Start: moment{ISO: start.Format(time.RFC3339), Text: start.Format("15:04")},
		Tail: fmt.Sprintf(s.T.Clock, w.ZoneName(s.Lang)),
	}
	if !w.EndKnown() {
		return sp
	}
	sp.Sep, sp.End = "–", moment{ISO: end.Format(time.RFC3339), Text: end.Format("15:04")}
	if !sameDay {
		sp.Start.Text, sp.Day = sp.Day+" "+sp.Start.Text, ""
		sp.Sep, sp.End.Text = " – ", s.T.longDate(end)+", "+sp.End.Text
	}
	return sp
}

// start is the time of an event on one line, under its first moment.
func (s setter) start(w coop.When) moment {
	if w.IsZero() {
		return moment{}
	}
	t, _ := w.Times()
	layout := time.RFC3339
	if w.AllDay {
		layout = time.DateOnly
	}
	return moment{ISO: t.Format(layout), Text: w.Line(s.Lang)}
}

func (s setter) leaf(w coop.When) leaf {
	t, _ := w.Times()
	return leaf{Month: s.T.ShortMonths[t.Month()-1], Day: fmt.Sprint(t.Day()), Weekday: s.T.ShortDays[t.Weekday()]}
}
