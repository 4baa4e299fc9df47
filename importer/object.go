// SPDX-License-Identifier: AGPL-3.0-or-later

package importer

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"strings"

	"plenum/coop"
)

// object is what the outbox API takes. Members that the file does not give are
// null or empty, not missing: a file that is posted again says all that its post
// has, and what was dropped from the file goes from the post.
type object struct {
	Type       string    `json:"type"`
	Kind       coop.Kind `json:"plenum:kind"`
	Slug       string    `json:"plenum:slug"`
	Name       *string   `json:"name"`
	Summary    *string   `json:"summary"`
	Source     source    `json:"source"`
	InLanguage *string   `json:"inLanguage"` // null: the co-op's
	Tag        []tag     `json:"tag"`
	Attachment []wire    `json:"attachment"`
	Image      *picture  `json:"image"`
	Original   *string   `json:"plenum:original"`
	PartOf     *string   `json:"plenum:partOf"`
	Owners     []string  `json:"plenum:owners"`
	*report
	*event
	*address
}

// report holds the member that only reports have.
type report struct {
	Of []string `json:"plenum:of"`
}

// address says whom a post is for. A post that says nothing is for everybody.
type address struct {
	To []string `json:"to"`
	Cc []string `json:"cc"`
}

// public is the collection of everybody. AP §5.6.
const public = "https://www.w3.org/ns/activitystreams#Public"

// event holds the members that only events have.
type event struct {
	StartTime   coop.Wall `json:"startTime"`
	EndTime     *string   `json:"endTime"`
	Timezone    *string   `json:"timezone"` // null: the co-op's
	AllDay      bool      `json:"plenum:allDay"`
	EventStatus string    `json:"eventStatus,omitempty"`
	Status      string    `json:"status,omitempty"`
	Location    []any     `json:"location"`
	Performer   []speaker `json:"performer"`
	JoinMode    *string   `json:"joinMode"`                 // null: what the instance takes for the kind
	JoinURL     *string   `json:"externalParticipationUrl"` // null: the page
	Capacity    *int      `json:"maximumAttendeeCapacity"`  // null: as many as come
	Attendance  *int      `json:"plenum:attendance"`
	Repeat      string    `json:"plenum:repeat,omitempty"` // missing: what was said before
	Ahead       int       `json:"plenum:ahead,omitempty"`
}

type source struct {
	Content   string `json:"content"`
	MediaType string `json:"mediaType"`
}

type tag struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

type wire struct {
	Type      string   `json:"type"`
	Name      string   `json:"name"`
	Href      coop.IRI `json:"href"`
	MediaType string   `json:"mediaType"`
}

type picture struct {
	Type      string `json:"type"`
	URL       string `json:"url"`
	Name      string `json:"name"`
	MediaType string `json:"mediaType,omitempty"`

	FocalPoint *[2]float64 `json:"focalPoint,omitempty"`
}

type speaker struct {
	Type string   `json:"type"`
	Name string   `json:"name"`
	URL  coop.IRI `json:"url,omitempty"`
}

type spot struct {
	Type      string   `json:"type"`
	Name      string   `json:"name"`
	Address   any      `json:"address,omitempty"` // one line, or a postal
	Latitude  *float64 `json:"latitude,omitempty"`
	Longitude *float64 `json:"longitude,omitempty"`
}

type postal struct {
	Type     string `json:"type"`
	Street   string `json:"streetAddress,omitempty"`
	Postcode string `json:"postalCode,omitempty"`
	Locality string `json:"addressLocality,omitempty"`
	Region   string `json:"addressRegion,omitempty"`
	Country  string `json:"addressCountry,omitempty"`
}

type virtual struct {
	Type string `json:"type"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

// imageTypes are the pictures that the server takes, by the end of their name.
var imageTypes = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
}

// Object returns the JSON to POST to an outbox. language is the one of posts
// that name none; where it is empty too the server takes the co-op's. A file
// with a picture needs SetImage first, and one with a Visibility SetFollowers. When
// it is to be published, PublishAt, is not in it: that is not said of what is
// published already.
func (f File) Object(language string) ([]byte, error) {
	if f.imageFile != "" && f.imageURL == "" {
		return nil, fmt.Errorf("importer: the picture %s of %s has not been uploaded", f.imageFile, f.Name)
	}
	if f.Visibility != "" && f.followers == "" {
		return nil, fmt.Errorf("importer: it is not known who the followers are for whom %s is", f.Name)
	}
	if f.Language != "" {
		language = f.Language
	}
	o := object{
		Type: f.Kind.Type(), Kind: f.Kind, Slug: f.Slug, Name: given(f.Title), Summary: given(f.Summary),
		Source:     source{Content: f.Body, MediaType: "text/markdown"},
		InLanguage: given(language),
		Tag:        []tag{}, Attachment: []wire{},
		Original: given(f.Original), PartOf: given(f.PartOf), Owners: list(f.Owners), address: f.address(),
	}
	for _, t := range f.Tags {
		o.Tag = append(o.Tag, tag{Type: "Hashtag", Name: "#" + t})
	}
	for _, l := range f.Links {
		o.Attachment = append(o.Attachment, wire{Type: "Link", Name: l.Name, Href: l.URL, MediaType: l.MediaType})
	}
	if f.imageURL != "" {
		o.Image = &picture{Type: "Image", URL: f.imageURL, Name: f.imageAlt, MediaType: mediaType(f.imageURL)}
		if f.imageFocus != [2]float64{} {
			o.Image.FocalPoint = &f.imageFocus
		}
	}
	switch {
	case f.Kind.Event():
		o.event = f.event()
	case f.Kind == coop.Report:
		o.report = &report{Of: list(f.Of)}
	}
	b, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("importer: encode %s: %w", f.Name, err)
	}
	return b, nil
}

func (f File) event() *event {
	e := &event{
		StartTime: f.When.Start, EndTime: given(string(f.When.End)), Timezone: given(f.When.Zone), AllDay: f.When.AllDay,
		Location: f.locations(), Performer: []speaker{},
		JoinMode: given(string(f.Join)), JoinURL: given(f.JoinURL), Repeat: f.Repeat, Ahead: f.Ahead,
	}
	if f.Capacity > 0 {
		e.Capacity = &f.Capacity
	}
	if f.Attendance > 0 {
		e.Attendance = &f.Attendance
	}
	// FEP-8a8e has no word for an event that is not certain yet; iCalendar has.
	switch f.Status {
	case coop.Tentative:
		e.Status = "TENTATIVE"
	case coop.Cancelled:
		e.EventStatus = "EventCancelled"
	case coop.Postponed:
		e.EventStatus = "EventPostponed"
	case coop.Rescheduled:
		e.EventStatus = "EventRescheduled"
	default:
		e.EventStatus = "EventScheduled"
	}
	for _, s := range f.Speakers {
		e.Performer = append(e.Performer, speaker{Type: "Person", Name: s.Name, URL: s.URL})
	}
	return e
}

// locations are the place and the address online; nil is null on the wire.
func (f File) locations() []any {
	var all []any
	if p := f.Place; !p.IsZero() {
		s := spot{Type: "Place", Name: p.Name, Latitude: p.Latitude, Longitude: p.Longitude}
		parts := postal{Type: "PostalAddress", Street: p.Street, Postcode: p.Postcode, Locality: p.Locality, Region: p.Region, Country: p.Country}
		switch {
		case p.Address != "":
			s.Address = p.Address
		case parts != postal{Type: "PostalAddress"}:
			s.Address = parts
		}
		all = append(all, s)
	}
	if f.Online != "" {
		all = append(all, virtual{Type: "VirtualLocation", Name: coop.WordsFor(f.Language).Online, URL: f.Online})
	}
	return all
}

// address is whom the file says that its post is for, nil where it says nothing.
func (f File) address() *address {
	switch f.Visibility {
	case Public:
		return &address{To: []string{public}, Cc: []string{f.followers}}
	case Unlisted:
		return &address{To: []string{f.followers}, Cc: []string{public}}
	case Followers:
		return &address{To: []string{f.followers}, Cc: []string{}}
	}
	return nil
}

// list is all without null: an empty list is one on the wire too.
func list(all []string) []string { return append([]string{}, all...) }

// given is nil, null on the wire, for a text that is not given.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// mediaType is known where the URL ends like one of our files.
func mediaType(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return imageTypes[strings.ToLower(path.Ext(u.Path))]
}
