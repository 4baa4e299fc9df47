// SPDX-License-Identifier: AGPL-3.0-or-later

package importer

import (
	"fmt"
	"math"
	"mime"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"

	"plenum/coop"
)

// check turns front matter into a File, and reports all that is wrong with it.
func (p *parser) check(f front, body string) File {
	out := File{
		Name:     p.name,
		Kind:     p.kind(f.Kind),
		Title:    p.title(f),
		Summary:  p.text("summary", f.Summary, 0, coop.MaxSummary),
		Language: p.language(f.Language),
		Tags:     p.tags(f.Tags),
		Links:    p.links(f.Links),
		Original: p.url("original", "", f.Original),
		Body:     p.body(body),
	}
	out.Slug = p.slug(f.Slug, out.Title)
	out.PartOf = f.PartOf
	if _, ok := coop.ParseSlug(f.PartOf); f.PartOf != "" && !ok {
		p.wrong("part_of", "%.80q is no slug of a post%s", f.PartOf, hint("part_of"))
	}
	p.image(&out, f.Image)
	p.plan(&out, f)
	switch {
	case out.Kind.Event():
		p.event(&out, f)
	case out.Kind == coop.Report:
		p.report(&out, f)
	case out.Kind == coop.Note:
		p.note(out, f)
	}
	return out
}

func (p *parser) kind(s string) coop.Kind {
	switch k := coop.Kind(s); k {
	case coop.Report, coop.Meetup, coop.Talk, coop.Note:
		return k
	}
	p.wrong("kind", "%.40q is no kind: there are report, meetup, talk and note", s)
	return ""
}

// title checks the title, which a note alone can do without.
func (p *parser) title(f front) string {
	if f.Title == "" && coop.Kind(f.Kind) == coop.Note {
		return ""
	}
	return p.text("title", f.Title, 3, coop.MaxTitle)
}

// text checks a line, between least and most characters long.
func (p *parser) text(key, s string, least, most int) string {
	n := utf8.RuneCountInString(s)
	switch {
	case n == 0 && least > 0:
		p.wrong(key, "it is missing, write %s", examples[key])
	case n < least || n > most:
		p.wrong(key, "it has %d characters, and %d to %d are possible", n, least, most)
	case !oneLine(s):
		p.wrong(key, "it is one line, without control characters and without space around it")
	}
	return s
}

func (p *parser) language(s string) string {
	if s != "" && !coop.IsLanguage(s) {
		p.wrong("language", "%.40q is no language tag, write %s", s, examples["language"])
	}
	return s
}

func (p *parser) slug(s, title string) string {
	if s == "" {
		if s = coop.MakeSlug(title); s == "" && title != "" {
			p.wrong("title", "no slug can be made from it: give one, like %s", examples["slug"])
		}
		return s
	}
	if _, ok := coop.ParseSlug(s); !ok {
		p.wrong("slug", "%.80q is no slug: lower case letters a to z, digits and single hyphens between them, at most 80; feed, feeds and calendar are taken", s)
	}
	return s
}

func (p *parser) tags(list []string) []string {
	var out []string
	for _, t := range list {
		t = strings.TrimPrefix(t, "#")
		if t == "" || utf8.RuneCountInString(t) > 60 || strings.ContainsFunc(t, notOfATag) {
			p.wrong("tags", "%.80q is no tag: letters, digits, - and _, at most 60", t)
			continue
		}
		if !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, t) }) {
			out = append(out, t)
		}
	}
	if len(out) > coop.MaxTags {
		p.wrong("tags", "there are %d, and %d are possible", len(out), coop.MaxTags)
	}
	return out
}

func notOfATag(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.M, unicode.N) && r != '-' && r != '_'
}

func (p *parser) links(list []link) []coop.Link {
	if len(list) > coop.MaxLinks {
		p.wrong("links", "there are %d, and %d are possible", len(list), coop.MaxLinks)
	}
	var out []coop.Link
	for i, l := range list {
		which := fmt.Sprintf("link %d: ", i+1)
		if l.Name == "" || !oneLine(l.Name) || utf8.RuneCountInString(l.Name) > coop.MaxTitle {
			p.wrong("links", "%sit needs a name of one line, write %s", which, examples["links"])
		}
		if l.URL == "" {
			p.wrong("links", "%sit needs a url, write %s", which, examples["links"])
		}
		if l.MediaType == "" {
			l.MediaType = "text/html"
		}
		if t, _, err := mime.ParseMediaType(l.MediaType); err != nil || !strings.Contains(t, "/") {
			p.wrong("links", "%s%.60q is no media type like text/html or application/pdf", which, l.MediaType)
		}
		out = append(out, coop.Link{Name: l.Name, URL: coop.IRI(p.url("links", which, l.URL)), MediaType: l.MediaType})
	}
	return out
}

// url checks what can be said of a URL without asking the server that takes it.
func (p *parser) url(key, which, s string) string {
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	bad := err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(s) > 2048
	if bad || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune("\"<>\\^`{|}", r) }) {
		p.wrong(key, "%s%.200q is no address like https://host/path", which, s)
	}
	return s
}

func (p *parser) body(s string) string {
	s = strings.TrimRight(strings.TrimLeft(s, "\n"), " \t\n")
	if len(s) > coop.MaxText {
		p.wrongAt(p.bodyLine(), "", fmt.Sprintf("the text has %d bytes, and %d are possible", len(s), coop.MaxText))
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
		p.wrongAt(p.bodyLine(), "", "the text has control characters")
	}
	return s
}

func (p *parser) bodyLine() int { return 3 + strings.Count(p.front, "\n") }

func (p *parser) image(out *File, i *image) {
	if i == nil {
		return
	}
	switch ext := strings.ToLower(path.Ext(i.File)); {
	case i.URL != "" && i.File != "":
		p.wrong("image", "it is a file beside this one, or has the url of one that was uploaded, not both")
	case i.URL != "":
		out.imageURL = p.url("image", "", i.URL)
	case imageTypes[ext] == "" || !oneLine(i.File) || strings.ContainsAny(i.File, `/\:`) || strings.HasPrefix(i.File, "."):
		p.wrong("image", "%.80q is no PNG, JPEG, GIF or WebP file beside this one%s", i.File, hint("image"))
	}
	// what was uploaded without such a line is asked about elsewhere
	if i.Alt == "" && i.URL == "" || !oneLine(i.Alt) || utf8.RuneCountInString(i.Alt) > coop.MaxSummary {
		p.wrong("image", "it needs a line that says what can be seen, at most %d characters%s", coop.MaxSummary, hint("image"))
	}
	out.imageFile, out.imageAlt = i.File, i.Alt
	if len(i.Focus) == 0 {
		return
	}
	if len(i.Focus) != 2 || !degrees(&i.Focus[0], 1) || !degrees(&i.Focus[1], 1) {
		p.wrong("image", "focus is two numbers from -1.0 to 1.0, from the left and from below, 0.0 being the middle")
		return
	}
	out.imageFocus = [2]float64{i.Focus[0], i.Focus[1]}
}

// report checks what reports need, and refuses what only events have.
func (p *parser) report(out *File, f front) {
	if out.Summary == "" {
		p.wrong("summary", "a report needs one: it is all that many servers show of it")
	}
	p.textNeeded(*out)
	p.noEvent(coop.Report, f)
	out.Of = p.slugs("of", f.Of)
}

// note checks what notes need. One without a title says its slug: by it a file that
// is posted again finds its post.
func (p *parser) note(out File, f front) {
	if out.Slug == "" && out.Title == "" {
		p.wrong("slug", "a note without a title needs one, write %s", examples["slug"])
	}
	p.textNeeded(out)
	p.noEvent(coop.Note, f)
	p.noReport(coop.Note, f)
}

func (p *parser) textNeeded(out File) {
	if out.Body == "" {
		p.wrongAt(p.bodyLine(), "", fmt.Sprintf("a %s needs a text below the front matter", out.Kind))
	}
}

// noEvent refuses what only events have.
func (p *parser) noEvent(k coop.Kind, f front) {
	_, offset := f.PublishAt.(time.Time)
	given := map[string]bool{
		"start": f.Start != nil, "end": f.End != nil, "timezone": f.Timezone != "" && (f.PublishAt == nil || offset), "status": f.Status != "",
		"place": f.Place != nil, "online": f.Online != "", "speakers": len(f.Speakers) > 0,
		"join": f.Join != "", "join_url": f.JoinURL != "", "capacity": f.Capacity != nil,
		"repeat": f.Repeat != "", "ahead": f.Ahead != nil, "attendance": f.Attendance != nil,
	}
	for _, key := range []string{"start", "end", "timezone", "status", "place", "online", "speakers", "join", "join_url", "capacity", "repeat", "ahead", "attendance"} {
		if given[key] {
			p.wrong(key, "only meetups and talks have this, a %s has not", k)
		}
	}
}

// noReport refuses what only reports have.
func (p *parser) noReport(k coop.Kind, f front) {
	if len(f.Of) > 0 {
		p.wrong("of", "only a report is of events, a %s is not", k)
	}
}

func (p *parser) event(out *File, f front) {
	out.When.Zone = f.Timezone
	out.Online = p.url("online", "", f.Online)
	out.Place = p.place(f.Place)
	out.Speakers = p.speakers(out.Kind, f.Speakers)
	p.joining(out, f)
	p.noReport(out.Kind, f)
	p.again(out, f)
	out.Status = coop.Status(f.Status)
	if !slices.Contains([]coop.Status{"", coop.Scheduled, coop.Tentative, coop.Cancelled, coop.Postponed, coop.Rescheduled}, out.Status) {
		p.wrong("status", "%.40q is none: there are scheduled, tentative, cancelled, postponed and rescheduled", f.Status)
	}
	if f.Start == nil {
		p.wrong("start", "a %s needs one, write %s", out.Kind, examples["start"])
		return
	}
	start, ok := p.wall("start", f.Start)
	end, ok2 := p.wall("end", f.End)
	if !ok || !ok2 {
		return
	}
	out.When.Start, out.When.End, out.When.AllDay = start, end, start.DateOnly()
	w := out.When
	if w.Zone == "" {
		w.Zone = "UTC" // the co-op's is not known here; the server checks again
	}
	if e, ok := w.Check().(*coop.Error); ok && e != nil {
		key := map[string]string{"startTime": "start", "endTime": "end"}[e.Member]
		if key == "" {
			key = "timezone"
		}
		p.wrong(key, "%s", e.Msg)
	}
}

// maxCapacity is more seats than anybody has.
const maxCapacity = 1_000_000

// joining checks how one takes part.
func (p *parser) joining(out *File, f front) {
	out.Join, out.JoinURL = coop.JoinMode(f.Join), p.url("join_url", "", f.JoinURL)
	if !slices.Contains([]coop.JoinMode{"", coop.JoinFree, coop.JoinRestricted, coop.JoinExternal}, out.Join) {
		p.wrong("join", "%.40q is none: there are free, restricted (you decide about each) and external (elsewhere, at join_url)", f.Join)
	}
	if f.JoinURL != "" && out.Join != coop.JoinExternal {
		p.wrong("join_url", `this is where one takes part elsewhere: it needs join = "external"`)
	}
	if f.Capacity == nil {
		return
	}
	out.Capacity = *f.Capacity
	switch {
	case out.Capacity < 1 || out.Capacity > maxCapacity:
		p.wrong("capacity", "it is the number of seats, 1 to %d; leave it out where there is room for all", maxCapacity)
	case out.Join == coop.JoinExternal:
		p.wrong("capacity", "seats are counted here only where one takes part here, and not elsewhere")
	}
}

// wall reads a local date or a local date and time; nothing is no time.
func (p *parser) wall(key string, v any) (coop.Wall, bool) {
	s := ""
	switch v := v.(type) {
	case nil:
		return "", true
	case toml.LocalDate:
		s = v.String()
	case toml.LocalDateTime:
		if v.Nanosecond != 0 {
			p.wrong(key, "seconds are whole, write %s", examples[key])
			return "", false
		}
		s = v.String()
	case toml.LocalTime:
		p.wrong(key, "a time alone has no day, write %s", examples[key])
		return "", false
	case string:
		p.wrong(key, "dates stand without quotes, write %s", examples[key])
		return "", false
	default:
		// time.Time is a date with an offset, a second opinion about the zone.
		p.wrong(key, "it is a local date, or a local date and time without offset or Z; the zone stands in timezone: write %s", examples[key])
		return "", false
	}
	w, err := coop.ParseWall(s)
	if err != nil {
		p.wrong(key, "%s", err)
	}
	return w, err == nil
}

func (p *parser) place(in *place) coop.Place {
	if in == nil {
		return coop.Place{}
	}
	texts := []string{in.Name, in.Address, in.Street, in.Postcode, in.Locality, in.Region, in.Country}
	for _, s := range texts {
		if !oneLine(s) || utf8.RuneCountInString(s) > coop.MaxTitle {
			p.wrong("place", "%.80q is no text of one line with at most %d characters", s, coop.MaxTitle)
		}
	}
	if in.Name == "" {
		p.wrong("place", "it needs a name, write %s", examples["place"])
	}
	if in.Address != "" && strings.Join(texts[2:], "") != "" {
		p.wrong("place", "give the address either in one line or in its parts, not both")
	}
	if !degrees(in.Latitude, 90) || !degrees(in.Longitude, 180) || (in.Latitude == nil) != (in.Longitude == nil) {
		p.wrong("place", "latitude is -90.0 to 90.0 and longitude -180.0 to 180.0, both or none")
	}
	return coop.Place{Name: in.Name, Address: in.Address, Street: in.Street, Postcode: in.Postcode, Locality: in.Locality,
		Region: in.Region, Country: in.Country, Latitude: in.Latitude, Longitude: in.Longitude}
}

func degrees(d *float64, most float64) bool { return d == nil || math.Abs(*d) <= most }

func (p *parser) speakers(k coop.Kind, list []person) []coop.Person {
	if len(list) > 0 && k != coop.Talk {
		p.wrong("speakers", `speakers give a talk: write kind = "talk"`)
	}
	if len(list) > coop.MaxPeople {
		p.wrong("speakers", "there are %d, and %d are possible", len(list), coop.MaxPeople)
	}
	var out []coop.Person
	for i, s := range list {
		which := fmt.Sprintf("speaker %d: ", i+1)
		if s.Name == "" || !oneLine(s.Name) || utf8.RuneCountInString(s.Name) > coop.MaxTitle {
			p.wrong("speakers", "%sa name of one line is needed, write %s", which, examples["speakers"])
		}
		out = append(out, coop.Person{Name: s.Name, URL: coop.IRI(p.url("speakers", which, s.URL))})
	}
	return out
}
