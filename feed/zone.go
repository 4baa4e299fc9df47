// SPDX-License-Identifier: AGPL-3.0-or-later

package feed

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"plenum/coop"
)

// zone is a time zone and the moments at which what it says must be known.
type zone struct {
	name    string
	moments []time.Time
}

// isUTC reports whether an event's times are written with a Z.
func isUTC(t coop.When) bool {
	switch t.Location().String() {
	case "UTC", "Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal":
		return true
	}
	return false
}

// zonesOf returns the zones that the events' times name, by name. Without an
// event it returns UTC: a calendar holds one component at least. RFC 5545 §3.6.
func zonesOf(events []coop.Post) []zone {
	if len(events) == 0 {
		return []zone{{name: "Etc/UTC", moments: []time.Time{time.Unix(0, 0).UTC()}}}
	}
	found := map[string][]time.Time{}
	for _, p := range events {
		if p.When.AllDay || isUTC(p.When) {
			continue
		}
		start, end := p.When.Times()
		found[p.When.Zone] = append(found[p.When.Zone], start, end)
		if next, ok := change(end); ok { // until when the last one holds
			found[p.When.Zone] = append(found[p.When.Zone], next)
		}
	}
	var out []zone
	for _, name := range slices.Sorted(maps.Keys(found)) {
		out = append(out, zone{name: name, moments: found[name]})
	}
	return out
}

// write writes a VTIMEZONE with the offsets that are in force at its moments,
// each as an observance of its own: rules for years to come are promises that
// governments break. RFC 5545 §3.6.5.
func (z zone) write(w *writer) {
	w.line("BEGIN", "", "VTIMEZONE")
	w.line("TZID", "", z.name)
	slices.SortFunc(z.moments, time.Time.Compare)
	for i, at := range z.moments {
		begin, _ := at.ZoneBounds()
		if i > 0 && !begin.After(z.moments[i-1]) {
			continue // written for the one before
		}
		observance(w, at, begin)
	}
	w.line("END", "", "VTIMEZONE")
}

// change is when the offset or its name changes next; ok is false where it
// never does.
func change(at time.Time) (next time.Time, ok bool) {
	name, offset := at.Zone()
	for next = at; ; {
		_, end := next.ZoneBounds()
		if end.IsZero() {
			return time.Time{}, false
		}
		if !end.After(next) { // behind its tables package time ends a leap year a day early, and stays there
			end = next.Add(24 * time.Hour)
		}
		next = end
		if n, o := next.Zone(); n != name || o != offset {
			return next, true
		}
	}
}

// observance writes the offset that is in force at a moment and began at begin.
func observance(w *writer, at, begin time.Time) {
	name, offset := at.Zone()
	before, onset := offset, "19700101T000000" // in force ever since there are events
	if !begin.IsZero() && begin.Year() >= 1970 {
		_, before = begin.Add(-time.Second).Zone()
		onset = begin.In(time.FixedZone("", before)).Format(local) // on the clock that ends here
	}
	kind := "STANDARD"
	if at.IsDST() {
		kind = "DAYLIGHT"
	}
	w.line("BEGIN", "", kind)
	w.line("DTSTART", "", onset)
	w.line("TZOFFSETFROM", "", utcOffset(before))
	w.line("TZOFFSETTO", "", utcOffset(offset))
	w.text("TZNAME", name)
	w.line("END", "", kind)
}

// utcOffset is seconds east of Greenwich as ±hhmm or ±hhmmss. RFC 5545 §3.3.14.
func utcOffset(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	s := fmt.Sprintf("%s%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		s += fmt.Sprintf("%02d", seconds%60)
	}
	return s
}
