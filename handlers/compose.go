// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"plenum/coop"
	"plenum/web"
)

// blankForm is the form of a new post, with what the co-op says of posts that say
// nothing.
func blankForm(c coop.Coop) web.PostForm {
	return web.PostForm{Language: c.Language, Zone: cmp.Or(c.Zone, "UTC")}
}

// formOf is a post as it stands in the form. partOf is what it belongs to.
func (s *Server) formOf(p coop.Post, c coop.Coop, partOf coop.Post) web.PostForm {
	f := web.PostForm{
		Title: p.Title, Summary: p.Summary, Text: p.Source, Language: cmp.Or(p.Language, c.Language), Tags: strings.Join(p.Tags, ", "),
		Zone: cmp.Or(p.When.Zone, c.Zone, "UTC"), Place: p.Place.Name, Address: addressLine(p.Place), Online: string(p.Online), Alt: p.Image.Alt,
		Slug: p.Slug, Original: string(p.Original), Visibility: string(p.Visibility), Status: string(p.Status),
	}
	f.StartDate, f.StartTime = wallParts(p.When.Start)
	f.EndDate, f.EndTime = wallParts(p.When.End)
	if p.Status == coop.Scheduled {
		f.Status = ""
	}
	if p.Image.Made {
		f.Alt = ""
	}
	for _, n := range slices.Concat(p.Owners, p.Offered) {
		f.Owners += ", " + string(n)
	}
	f.Owners = strings.TrimPrefix(f.Owners, ", ")
	if p.Capacity > 0 {
		f.Seats = strconv.Itoa(p.Capacity)
	}
	if p.Attendance > 0 {
		f.Attendance = strconv.Itoa(p.Attendance)
	}
	if !p.Due.IsZero() {
		f.Due = p.Due.In(zoneOf(c)).Format(dueLayout)
	}
	if partOf.ID != "" {
		f.PartOf = partOf.Slug
		if partOf.Coop != p.Coop {
			f.PartOf = string(s.Site.Object(partOf.Kind, partOf.ID))
		}
	}
	for _, x := range p.Speakers {
		f.Speakers += strings.TrimSpace(x.Name+" "+string(x.URL)) + "\n"
	}
	for _, l := range p.Links {
		f.Links += strings.TrimSpace(l.Name+" "+string(l.URL)) + "\n"
	}
	return f
}

// dueLayout is how a browser writes a date with an hour..
const dueLayout = "2006-01-02T15:04"

func zoneOf(c coop.Coop) *time.Location { return coop.When{Zone: c.Zone}.Location() }

func addressLine(p coop.Place) string {
	if p.Address != "" {
		return p.Address
	}
	p.Name = ""
	return strings.TrimPrefix(p.Line(), ", ")
}

func wallParts(w coop.Wall) (date, hour string) {
	date, hour, _ = strings.Cut(string(w), "T")
	return date, hour[:min(len(hour), 5)]
}

// readPost reads the form, with lines as everybody ends them.
func readPost(form url.Values) web.PostForm {
	text := func(name string) string { return strings.TrimSpace(strings.ReplaceAll(form.Get(name), "\r\n", "\n")) }
	return web.PostForm{
		Title: text("title"), Summary: text("summary"), Text: text("text"), Language: text("language"), Tags: text("tags"),
		StartDate: text("start_date"), StartTime: text("start_time"), EndDate: text("end_date"), EndTime: text("end_time"), Zone: text("zone"),
		Place: text("place"), Address: text("address"), Online: text("online"), Speakers: text("speakers"), Links: text("links"), Alt: text("alt"),
		Slug: text("slug"), Original: text("original"), PartOf: text("part_of"), Visibility: text("visibility"), Status: text("status"),
		Seats: text("seats"), Again: text("again"), Due: text("due"), Scope: text("scope"), Owners: text("owners"), DropPicture: form.Get("drop_picture") == "yes",
		Of: text("of"), Attendance: text("attendance"),
	}
}

// listed is a line of a list: what it is called, and where it is.
type listed struct {
	Type string `json:"type,omitempty"`
	Name string `json:"name,omitempty"`
	URL  string `json:"url,omitempty"`
	Href string `json:"href,omitempty"`
}

// lines reads a list of which each line ends in an address. need says that one has to
// be there.
func lines(text string, need bool) (list []listed, ok bool) {
	for l := range strings.Lines(text) {
		words := strings.Fields(l)
		if len(words) == 0 {
			continue
		}
		n := listed{Name: strings.Join(words, " ")}
		if last := words[len(words)-1]; isURL(last) {
			n.URL, n.Name = last, strings.Join(words[:len(words)-1], " ")
		} else if need {
			return nil, false
		}
		list = append(list, n)
	}
	return list, true
}

func isURL(s string) bool {
	return (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && coop.HostOf(coop.IRI(s)) != ""
}

// composer makes a document for the outbox of what was changed in a form.
type composer struct {
	site     coop.Site
	coop     coop.Coop
	post     coop.Post    // as it is; a new one has a Kind alone
	was, now web.PostForm // the form of post, and the form that was sent
	image    coop.Image   // that was sent with the form
	moment   time.Time
	wrong    []web.Mistake
	members  map[string]any
}

func (x *composer) mistake(field string, kind web.MistakeKind) {
	x.wrong = append(x.wrong, web.Mistake{Field: field, Kind: kind})
}

// change sets a member where the field that it comes from was changed; nothing in the
// field takes it away. AP §6.3.1.
func (x *composer) change(member, was, now string, value any) {
	switch {
	case was == now:
	case now == "" && x.post.ID == "":
	case now == "":
		x.members[member] = nil
	default:
		x.members[member] = value
	}
}

// compose reads the form into members of an object.
func (x *composer) compose() {
	x.members = map[string]any{}
	event := x.post.Kind.Event()
	if x.now.Title == "" && x.post.Kind != coop.Note {
		x.mistake("title", web.MistakeMissing)
	}
	if x.now.Text == "" && (x.post.ID == "" || x.post.Source != "") {
		x.mistake("text", web.MistakeMissing)
	}
	x.change("name", x.was.Title, x.now.Title, x.now.Title)
	x.change("summary", x.was.Summary, x.now.Summary, x.now.Summary)
	if x.now.Text != strings.TrimSpace(x.was.Text) && x.now.Text != "" {
		x.members["source"] = map[string]string{"content": x.now.Text, "mediaType": "text/markdown"}
	}
	x.change("inLanguage", x.was.Language, x.now.Language, x.now.Language)
	x.change("plenum:original", x.was.Original, x.now.Original, x.now.Original)
	x.change("plenum:partOf", x.was.PartOf, x.now.PartOf, x.now.PartOf)
	if x.now.Original != "" && !isURL(x.now.Original) {
		x.mistake("original", web.MistakeURL)
	}
	if x.post.ID == "" {
		x.change("plenum:slug", "", x.now.Slug, x.now.Slug)
		x.members["type"], x.members["plenum:kind"] = x.post.Kind.Type(), x.post.Kind
	}
	if x.post.Coop == x.coop.Name {
		x.change("plenum:owners", x.was.Owners, x.now.Owners, between(x.now.Owners))
	}
	if x.now.Scope == "all" {
		x.members["plenum:scope"] = x.now.Scope
	}
	if x.post.Kind == coop.Report {
		x.change("plenum:of", x.was.Of, x.now.Of, between(x.now.Of))
	}
	x.tags()
	x.linked()
	x.picture()
	if event {
		x.times()
		x.places()
	}
	if x.post.State != coop.Published && x.was.Visibility != x.now.Visibility {
		x.address()
	}
}

// between are the names that stand between commas.
func between(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
}

func (x *composer) tags() {
	list := []listed{}
	for t := range strings.SplitSeq(strings.ReplaceAll(x.now.Tags, "\n", ","), ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "#"); t != "" {
			list = append(list, listed{Type: "Hashtag", Name: "#" + t})
		}
	}
	x.change("tag", x.was.Tags, x.now.Tags, list)
}

func (x *composer) linked() {
	list, ok := lines(x.now.Links, true)
	if !ok {
		x.mistake("links", web.MistakeURL)
	}
	for i := range list {
		list[i] = listed{Type: "Link", Name: list[i].Name, Href: list[i].URL}
	}
	x.change("attachment", strings.TrimSpace(x.was.Links), x.now.Links, list)
}

// picture sets the image: one that was sent now, none, or the same with other words.
func (x *composer) picture() {
	i := x.post.Image
	switch {
	case !x.image.IsZero():
		i = x.image
	case x.now.DropPicture:
		x.members["image"] = nil
		return
	case i.IsZero() || i.Made || x.was.Alt == x.now.Alt:
		return
	}
	x.members["image"] = map[string]any{
		"type": "Image", "url": x.site.ImageURL(i), "mediaType": i.MediaType, "name": x.now.Alt, "width": i.Width, "height": i.Height,
	}
}

// times are checked here only as far as the form has words for it; package activity
// checks the rest.
func (x *composer) times() {
	now := x.now
	start, end := wallOf(now.StartDate, now.StartTime), wallOf(cmp.Or(now.EndDate, startIf(now)), now.EndTime)
	if now.StartDate == "" {
		x.mistake("start_date", web.MistakeMissing)
		return
	}
	for field, w := range map[string]string{"start_date": start, "end_date": end} {
		if _, err := coop.ParseWall(w); w != "" && err != nil {
			x.mistake(field, web.MistakeMalformed)
			return
		}
	}
	if now.StartTime == "" && end != "" {
		end = now.EndDate // whole days have no hours
	}
	if end != "" && (strings.Contains(start, "T") != strings.Contains(end, "T")) {
		x.mistake("end_time", web.MistakeMissing)
		return
	}
	if end != "" && (end < start || end == start && strings.Contains(start, "T")) {
		x.mistake(endOf(now), web.MistakeOrder)
		return
	}
	was := x.was
	if start != wallOf(was.StartDate, was.StartTime) || end != wallOf(was.EndDate, was.EndTime) || now.Zone != was.Zone {
		x.members["startTime"], x.members["timezone"] = start, now.Zone
		x.members["endTime"] = any(end)
		if end == "" {
			x.members["endTime"] = nil
		}
	}
	x.change("eventStatus", was.Status, now.Status, statusTerm(now.Status))
	if now.Status == "" && was.Status != "" {
		x.members["eventStatus"] = statusTerm(string(coop.Scheduled))
	}
	x.repeated()
}

// endOf is the field that says when an event ends.
func endOf(f web.PostForm) string {
	if f.EndDate == "" {
		return "end_time"
	}
	return "end_date"
}

// startIf is the day on which an event ends that says an hour alone.
func startIf(f web.PostForm) string {
	if f.EndTime != "" {
		return f.StartDate
	}
	return ""
}

func wallOf(date, hour string) string {
	if date == "" || hour == "" {
		return date
	}
	return date + "T" + hour
}

// statusTerm is the term for a status of an event. schema.org, EventStatusType.
func statusTerm(s string) string {
	if s == "" {
		return ""
	}
	return map[coop.Status]string{
		coop.Scheduled: "EventScheduled", coop.Tentative: "EventTentative", coop.Cancelled: "EventCancelled",
		coop.Postponed: "EventPostponed", coop.Rescheduled: "EventRescheduled",
	}[coop.Status(s)]
}

// repeated makes a rule of "is it held again?". RFC 5545 §3.3.10.
func (x *composer) repeated() {
	day, err := time.Parse(time.DateOnly, x.now.StartDate)
	if err != nil || x.post.ID != "" {
		return
	}
	switch x.now.Again {
	case "week":
		x.members["plenum:repeat"] = "FREQ=WEEKLY"
	case "two-weeks":
		x.members["plenum:repeat"] = "FREQ=WEEKLY;INTERVAL=2"
	case "month":
		nth := (day.Day()-1)/7 + 1
		if nth == 5 { // not every month has one
			nth = -1
		}
		x.members["plenum:repeat"] = "FREQ=MONTHLY;BYDAY=" + strconv.Itoa(nth) + strings.ToUpper(day.Weekday().String()[:2])
	}
}

func (x *composer) places() {
	now, was := x.now, x.was
	if now.Online != "" && !isURL(now.Online) {
		x.mistake("online", web.MistakeURL)
	}
	if now.Place != was.Place || now.Address != was.Address || now.Online != was.Online {
		var list []any
		switch {
		case now.Place == was.Place && now.Address == was.Address && !x.post.Place.IsZero():
			list = append(list, placeOf(x.post.Place))
		case now.Place != "" || now.Address != "":
			list = append(list, map[string]any{"type": "Place", "name": cmp.Or(now.Place, now.Address), "address": now.Address})
		}
		if now.Online != "" {
			list = append(list, listed{Type: "VirtualLocation", URL: now.Online})
		}
		x.members["location"] = list
	}
	n, err := strconv.Atoi(cmp.Or(now.Seats, "0"))
	if err != nil || n < 0 {
		x.mistake("seats", web.MistakeNumber)
	}
	x.change("maximumAttendeeCapacity", was.Seats, now.Seats, n)
	if n, err = strconv.Atoi(cmp.Or(now.Attendance, "0")); err != nil || n < 0 {
		x.mistake("attendance", web.MistakeNumber)
	}
	x.change("plenum:attendance", was.Attendance, now.Attendance, n)
	people, _ := lines(now.Speakers, false)
	x.change("performer", strings.TrimSpace(was.Speakers), now.Speakers, people)
}

// placeOf is a place as it was, with all its parts.
func placeOf(p coop.Place) map[string]any {
	m := map[string]any{"type": "Place", "name": p.Name}
	if p.Address != "" {
		m["address"] = p.Address
	} else if p.Street+p.Postcode+p.Locality+p.Region+p.Country != "" {
		m["address"] = map[string]string{
			"type": "PostalAddress", "streetAddress": p.Street, "postalCode": p.Postcode, "addressLocality": p.Locality, "addressRegion": p.Region, "addressCountry": p.Country,
		}
	}
	if p.Latitude != nil && p.Longitude != nil {
		m["latitude"], m["longitude"] = *p.Latitude, *p.Longitude
	}
	return m
}

// address says who may read it, as the outbox wants it said.
func (x *composer) address() {
	followers := x.site.Of(x.coop.Name, "followers")
	switch coop.Visibility(x.now.Visibility) {
	case coop.Everybody:
		x.members["to"], x.members["cc"] = []coop.IRI{coop.Public}, []coop.IRI{followers}
	case coop.Unlisted:
		x.members["to"], x.members["cc"] = []coop.IRI{followers}, []coop.IRI{coop.Public}
	case coop.Followers:
		x.members["to"] = []coop.IRI{followers}
	default:
		x.mistake("visibility", web.MistakeMalformed)
	}
}

// due reads when a post is to be published by itself.
func (x *composer) due() (at time.Time, ok bool) {
	if x.now.Due == "" {
		x.mistake("due", web.MistakeMissing)
		return at, false
	}
	at, err := time.ParseInLocation(dueLayout, x.now.Due[:min(len(x.now.Due), len(dueLayout))], zoneOf(x.coop))
	switch {
	case err != nil:
		x.mistake("due", web.MistakeMalformed)
	case !at.After(x.moment):
		x.mistake("due", web.MistakePast)
	}
	return at, err == nil && at.After(x.moment)
}

// aside finds what was filled in beside the button that was pressed: a time to
// publish at that would be passed over, or a date to come again, which no draft has.
func (x *composer) aside(do string) {
	if x.now.Due != "" && x.now.Due != x.was.Due && do != "schedule" && do != "unschedule" {
		x.mistake("due", web.MistakeDue)
	}
	if x.members["plenum:repeat"] != nil && do != "schedule" && do != "publish" {
		x.mistake("again", web.MistakeSeries)
	}
}

// changed reports whether the form says anything that is not so already.
func (x *composer) changed() bool { return len(x.members) > 0 }

// document is what is sent to the outbox: the object, or an Update of it. more are
// members of plenum:.
func (x *composer) document(more map[string]any) ([]byte, error) {
	object := map[string]any{}
	for _, m := range []map[string]any{x.members, more} {
		for name, value := range m {
			object[name] = value
		}
	}
	if x.post.ID == "" {
		return json.Marshal(object)
	}
	object["id"], object["type"] = x.site.Object(x.post.Kind, x.post.ID), x.post.Kind.Type()
	update := map[string]any{"type": "Update", "object": object}
	for _, name := range []string{"to", "cc"} {
		if v, ok := object[name]; ok {
			update[name] = v
			delete(object, name)
		}
	}
	return json.Marshal(update)
}

// fieldOf is the field of the form that a member of a document comes from.
func fieldOf(member string) string {
	for _, f := range [][2]string{
		{"name", "title"}, {"summary", "summary"}, {"content", "text"}, {"source", "text"}, {"startTime", "start_date"}, {"endTime", "end_date"},
		{"timezone", "zone"}, {"location.url", "online"}, {"location.address", "address"}, {"location", "place"}, {"maximumAttendeeCapacity", "seats"},
		{"performer", "speakers"}, {"attachment", "links"}, {"tag", "tags"}, {"image", "picture"}, {"inLanguage", "language"}, {"plenum:slug", "slug"},
		{"plenum:partOf", "part_of"}, {"superEvent", "part_of"}, {"plenum:original", "original"}, {"plenum:publishAt", "due"}, {"plenum:repeat", "again"},
		{"eventStatus", "status"}, {"plenum:of", "of"}, {"plenum:attendance", "attendance"}, {"plenum:owners", "owners"}, {"target", "owners"}, {"plenum:scope", "scope"}, {"to", "visibility"}, {"file", "picture"},
	} {
		if member == f[0] || strings.HasPrefix(member, f[0]+".") {
			return f[1]
		}
	}
	return ""
}

// said reports what an error of the outbox says, at the field that it is about.
func said(err error) ([]web.Mistake, bool) {
	e, ok := asCoopError(err)
	if !ok || !slices.Contains([]coop.Code{coop.Invalid, coop.Conflict, coop.TooLarge, coop.Unsupported, coop.Forbidden}, e.Code) {
		return nil, false
	}
	return []web.Mistake{{Field: fieldOf(e.Member), Kind: web.MistakeSaid, Text: e.Msg}}, true
}

// deletion asks to delete the post.
func (x *composer) deletion() []byte {
	b, err := json.Marshal(map[string]any{"type": "Delete", "object": x.site.Object(x.post.Kind, x.post.ID)})
	if err != nil {
		panic("handlers: " + err.Error()) // two strings can be encoded
	}
	return b
}
