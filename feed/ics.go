// SPDX-License-Identifier: AGPL-3.0-or-later

package feed

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"

	"plenum/coop"
)

// ICS returns the events among the posts as a calendar, in the order in which
// they come; posts that are no events, or not published, are left out. An
// event keeps its UID, the id of its object, through all changes, and its
// SEQUENCE grows with each: a calendar that has it changes it in place. RFC 5545.
func ICS(s coop.Site, title string, posts []coop.Post) []byte {
	var w writer
	w.line("BEGIN", "", "VCALENDAR")
	w.line("VERSION", "", "2.0")
	w.line("PRODID", "", "-//Plenum//Plenum//EN")
	w.line("CALSCALE", "", "GREGORIAN")
	if title != "" {
		w.text("NAME", title) // RFC 7986 §5.1
		w.text("X-WR-CALNAME", title)
	}
	w.line("REFRESH-INTERVAL", ";VALUE=DURATION", "PT6H") // RFC 7986 §5.7
	w.line("X-PUBLISHED-TTL", "", "PT6H")
	var events []coop.Post
	for _, p := range posts {
		if p.Kind.Event() && p.State == coop.Published && !p.When.IsZero() {
			events = append(events, p)
		}
	}
	for _, z := range zonesOf(events) {
		z.write(&w)
	}
	for _, p := range events {
		event(&w, s, p)
	}
	w.line("END", "", "VCALENDAR")
	return w.out
}

// event writes a VEVENT. RFC 5545 §3.6.1.
func event(w *writer, s coop.Site, p coop.Post) {
	changed := p.Updated
	if changed.IsZero() {
		changed = p.Published
	}
	w.line("BEGIN", "", "VEVENT")
	w.line("UID", "", string(s.Object(p.Kind, p.ID)))
	w.line("DTSTAMP", "", utc(changed))
	w.line("CREATED", "", utc(p.Published))
	w.line("LAST-MODIFIED", "", utc(changed))
	w.line("SEQUENCE", "", strconv.Itoa(max(0, p.Rev-1)))
	times(w, p.When)
	w.line("STATUS", "", status(p.Status))
	w.text("SUMMARY", p.Headline())
	w.text("DESCRIPTION", description(s, p))
	where(w, p)
	if len(p.Tags) > 0 {
		w.texts("CATEGORIES", p.Tags)
	}
	w.line("URL", "", string(s.Page(p.Coop, p.Slug)))
	if !p.Image.IsZero() {
		w.line("IMAGE", ";VALUE=URI;DISPLAY=FULLSIZE"+formatType(p.Image.MediaType), string(s.ImageURL(p.Image))) // RFC 7986 §5.10
	}
	for _, l := range p.Links {
		if l.MediaType != "text/html" { // pages stand in the description
			w.line("ATTACH", formatType(l.MediaType), string(l.URL))
		}
	}
	w.line("END", "", "VEVENT")
}

// times writes when the event is: days without hours as dates, of which the
// last is not counted; an end that nobody gave as a length, because a wall time
// two hours later may not exist. RFC 5545 §3.6.1, §3.3.5.
func times(w *writer, t coop.When) {
	start, end := t.Times()
	switch {
	case t.AllDay:
		w.line("DTSTART", ";VALUE=DATE", date(t.Start, 0))
		w.line("DTEND", ";VALUE=DATE", date(cmp.Or(t.End, t.Start), 1))
		return
	case isUTC(t):
		w.line("DTSTART", "", utc(start))
	default:
		w.line("DTSTART", ";TZID="+t.Zone, start.Format(local))
	}
	switch {
	case !t.EndKnown():
		w.line("DURATION", "", "PT"+strconv.Itoa(int(end.Sub(start)/time.Hour))+"H")
	case isUTC(t):
		w.line("DTEND", "", utc(end))
	default:
		w.line("DTEND", ";TZID="+t.Zone, end.Format(local))
	}
}

// date is the day of a wall time, or one some days later. RFC 5545 §3.3.4.
func date(w coop.Wall, later int) string {
	t, err := time.Parse(time.DateOnly, w.Date())
	if err != nil { // no post is stored with such a date
		return ""
	}
	return t.AddDate(0, 0, later).Format("20060102")
}

// status is the event's status. One that is put off takes no place in a
// calendar until it has a new date. RFC 5545 §3.8.1.11.
func status(s coop.Status) string {
	switch s {
	case coop.Cancelled, coop.Postponed:
		return "CANCELLED"
	case coop.Tentative:
		return "TENTATIVE"
	}
	return "CONFIRMED"
}

// description is what a calendar shows below the title: what became of the
// event, who speaks, the text, and every link as one that can be copied.
func description(s coop.Site, p coop.Post) string {
	words := coop.WordsFor(p.Language)
	var parts []string
	add := func(label, text string) {
		if text != "" {
			parts = append(parts, label+text)
		}
	}
	if p.Status != "" && p.Status != coop.Scheduled {
		add("", p.Line())
	} else {
		add("", p.Summary)
	}
	add(words.Speakers+": ", p.SpeakerNames())
	add("", strings.TrimSpace(p.Text))
	add(words.Online+": ", string(p.Online))
	for _, l := range p.Links {
		add(l.Name+": ", string(l.URL))
	}
	add(words.First+" ", string(p.Original))
	add("", string(s.Page(p.Coop, p.Slug)))
	return strings.Join(parts, "\n\n")
}

// where writes the place, and the call that one can join. Few calendars know
// CONFERENCE, so an event that is online only has its address as its place.
func where(w *writer, p coop.Post) {
	switch {
	case !p.Place.IsZero():
		w.text("LOCATION", p.Place.Line())
	case p.Online != "":
		w.text("LOCATION", string(p.Online))
	}
	if p.Place.Latitude != nil && p.Place.Longitude != nil {
		w.line("GEO", "", degrees(*p.Place.Latitude)+";"+degrees(*p.Place.Longitude))
	}
	if p.Online != "" { // RFC 7986 §5.11
		w.line("CONFERENCE", `;VALUE=URI;FEATURE=VIDEO;LABEL="`+coop.WordsFor(p.Language).Online+`"`, string(p.Online))
	}
}

func degrees(f float64) string { return strconv.FormatFloat(f, 'f', 6, 64) }

var mediaType = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.+-]*/[A-Za-z0-9][A-Za-z0-9.+-]*$`)

// formatType is the FMTTYPE parameter, or nothing for what is no media type. RFC 5545 §3.2.8.
func formatType(s string) string {
	if !mediaType.MatchString(s) {
		return ""
	}
	return ";FMTTYPE=" + s
}
