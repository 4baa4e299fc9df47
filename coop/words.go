// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Words are the few words that stand in what we send. Mastodon shows nothing of
// an event but its title and its summary line, so they have to be there, in the
// language of the post.
type Words struct {
	days                                          [7]string
	months                                        [12]string
	cancelled, was, newDate, postponed, maybe     string
	Cancelled                                     string // before the title of a cancelled event
	Online, Speakers, First, Poster, Logo, Slides string
	Website, Calendar                             string // names of attachments; Mobilizon looks for "Website"
	Full, Over, CalledOff                         string // why somebody gets no seat
	Came                                          string // behind how many came to an event
}

var words = map[string]Words{
	"en": {
		days:      [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		months:    [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		cancelled: "CANCELLED", was: "was", newDate: "NEW DATE", postponed: "POSTPONED", maybe: "TENTATIVE",
		Cancelled: "[Cancelled]", Online: "Online", Speakers: "Speakers", First: "Originally published at",
		Poster: "Poster", Logo: "Logo of", Slides: "Slides", Website: "Website", Calendar: "Calendar file (ICS)",
		Full: "The event is full; you are on the waiting list", Over: "The event is over", CalledOff: "The event was cancelled",
		Came: "people came",
	},
	"de": {
		days:      [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"},
		months:    [12]string{"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."},
		cancelled: "ABGESAGT", was: "war", newDate: "NEUER TERMIN", postponed: "VERSCHOBEN", maybe: "UNTER VORBEHALT",
		Cancelled: "[Abgesagt]", Online: "Online", Speakers: "Vortragende", First: "Zuerst erschienen auf",
		Poster: "Plakat", Logo: "Logo von", Slides: "Folien", Website: "Website", Calendar: "Kalenderdatei (ICS)",
		Full: "Die Veranstaltung ist ausgebucht; Sie stehen auf der Warteliste", Over: "Die Veranstaltung ist vorbei", CalledOff: "Die Veranstaltung wurde abgesagt",
		Came: "waren dabei",
	},
}

// WordsFor returns the words of a language, English for one that we do not speak.
func WordsFor(language string) Words { return words[speak(language)] }

func speak(language string) string {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if _, ok := words[base]; ok {
		return base
	}
	return "en"
}

// day is "Wed 2 Dec 2026", in German "Mi 2. Dez. 2026".
func day(t time.Time, lang string) string {
	w, dot := words[lang], ""
	if lang == "de" {
		dot = "."
	}
	return fmt.Sprintf("%s %d%s %s %d", w.days[t.Weekday()], t.Day(), dot, w.months[t.Month()-1], t.Year())
}

// zone is the abbreviation that people of the language use for t's zone.
func zone(t time.Time, lang string) string {
	name, _ := t.Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + name
	}
	if german := map[string]string{"CET": "MEZ", "CEST": "MESZ"}[name]; lang == "de" && german != "" {
		return german
	}
	return name
}

// Line is when in words: "Wed 2 Dec 2026, 18:30–21:00 (CET)"; an event of whole
// days has no hours, one without a known end no end.
func (w When) Line(language string) string {
	lang := speak(language)
	start, end := w.Times()
	sameDay := start.Format(wallDate) == end.Format(wallDate)
	if w.AllDay {
		if sameDay {
			return day(start, lang)
		}
		return day(start, lang) + " – " + day(end, lang)
	}
	s := day(start, lang) + ", " + start.Format("15:04")
	switch {
	case w.EndKnown() && sameDay:
		s += "–" + end.Format("15:04")
	case w.EndKnown():
		s += " – " + day(end, lang) + ", " + end.Format("15:04")
	}
	if lang == "de" {
		s += " Uhr"
	}
	return s + " (" + zone(start, lang) + ")"
}

// Line is what a server that shows no more than a line shows of the post: an
// event's status, date, time, speakers, place and summary; for other posts the
// summary. FEDERATION.md says for whom.
func (p Post) Line() string {
	if !p.Kind.Event() {
		return p.Summary
	}
	w := WordsFor(p.Language)
	when := p.When.Line(p.Language)
	switch p.Status {
	case Cancelled:
		when = w.cancelled + " – " + w.was + " " + when
	case Postponed:
		when = w.postponed + " – " + w.was + " " + when
	case Rescheduled:
		when = w.newDate + ": " + when
		if !p.Previous.IsZero() {
			when += " (" + w.was + " " + p.Previous.Line(p.Language) + ")"
		}
	case Tentative:
		when = w.maybe + ": " + when
	}
	parts := []string{when}
	if names := p.SpeakerNames(); names != "" {
		parts = append(parts, names)
	}
	if where := p.Where(); where != "" {
		parts = append(parts, where)
	}
	if p.Summary != "" {
		parts = append(parts, p.Summary)
	}
	return strings.Join(parts, " · ")
}

// Facts are what a report says of an event that it is about: when and where it was,
// who spoke, and how many came.
func (p Post) Facts(language string) string {
	parts := []string{p.When.Line(language)}
	if names := p.SpeakerNames(); names != "" {
		parts = append(parts, names)
	}
	if where := p.Where(); where != "" {
		parts = append(parts, where)
	}
	if p.Attendance > 0 {
		parts = append(parts, fmt.Sprint(p.Attendance, " ", WordsFor(language).Came))
	}
	return strings.Join(parts, " · ")
}

// LinksWith are the links of a report with those of the events that it is about:
// slides and recordings belong to both.
func (p Post) LinksWith(events []Post) []Link {
	links := slices.Clone(p.Links)
	for _, e := range events {
		for _, l := range e.Links {
			if len(links) < MaxLinks && !slices.ContainsFunc(links, func(o Link) bool { return o.URL == l.URL }) {
				links = append(links, l)
			}
		}
	}
	return links
}

// Where is the place of an event on one line, and whether one can join online.
func (p Post) Where() string {
	online := WordsFor(p.Language).Online
	switch {
	case p.Place.IsZero() && p.Online == "":
		return ""
	case p.Place.IsZero():
		return online
	case p.Online != "":
		return p.Place.Line() + " + " + strings.ToLower(online)
	}
	return p.Place.Line()
}

// SpeakerNames are the names of the speakers, separated by commas.
func (p Post) SpeakerNames() string {
	names := make([]string, len(p.Speakers))
	for i, s := range p.Speakers {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}

// Headline is the title as it is sent: with a prefix where the event is cancelled.
func (p Post) Headline() string {
	if p.Status == Cancelled {
		return WordsFor(p.Language).Cancelled + " " + p.Title
	}
	return p.Title
}

// PosterAlt is the alternative text of the poster that we draw for an event:
// everything that stands on it.
func (p Post) PosterAlt() string {
	parts := []string{p.Title, p.When.Line(p.Language)}
	if where := p.Where(); where != "" {
		parts = append(parts, where)
	}
	return WordsFor(p.Language).Poster + ": " + strings.Join(parts, ", ")
}

// ZoneName is the abbreviation of the zone in which the event starts, as people
// of the language write it: CET, in German MEZ; UTC+03 where a zone has none.
func (w When) ZoneName(language string) string {
	start, _ := w.Times()
	return zone(start, speak(language))
}

// IsLanguage reports whether s has the form of a language tag, like en or de-AT.
// No language has a code of more than three letters. RFC 5646 §2.1.
func IsLanguage(s string) bool {
	for i, part := range strings.Split(s, "-") {
		least, most := 1, 8
		if i == 0 {
			least, most = 2, 3
		}
		if len(part) < least || len(part) > most || len(s) > 35 {
			return false
		}
		for j := range len(part) {
			c := part[j]
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9') {
				return false
			}
		}
	}
	return true
}
