// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// wireEvent is what an Event has beyond other objects. It is written among
// their members. FEP-8a8e, but for the list of locations and joinMode "none",
// which Mobilizon refuses.
type wireEvent struct {
	Start         string         `json:"startTime"`
	End           string         `json:"endTime"`
	Timezone      string         `json:"timezone"`
	ShowEnd       bool           `json:"displayEndTime"`
	PreviousStart string         `json:"previousStartTime,omitempty"`
	EventStatus   string         `json:"eventStatus"`
	Status        string         `json:"status"`
	Category      string         `json:"category"`
	SuperEvent    coop.IRI       `json:"superEvent,omitempty"`
	Performer     []wirePerson   `json:"performer,omitempty"`
	Location      *wirePlace     `json:"location,omitempty"`
	Online        bool           `json:"isOnline"`
	JoinMode      string         `json:"joinMode"`
	JoinURL       coop.IRI       `json:"externalParticipationUrl"`
	Capacity      int            `json:"maximumAttendeeCapacity,omitempty"`
	Organizers    wireOrganizers `json:"organizers"`
}

type wirePerson struct {
	Type wireType `json:"type"`
	Name string   `json:"name"`
	URL  coop.IRI `json:"url,omitempty"`
}

// wirePlace is a Place or a VirtualLocation; Address is one line or its parts.
type wirePlace struct {
	Context   json.RawMessage `json:"@context,omitempty"`
	ID        coop.IRI        `json:"id,omitempty"`
	Type      wireType        `json:"type"`
	Name      string          `json:"name"`
	URL       coop.IRI        `json:"url,omitempty"`
	Address   any             `json:"address,omitempty"`
	Latitude  *wireDegrees    `json:"latitude,omitempty"`
	Longitude *wireDegrees    `json:"longitude,omitempty"`
}

type wireAddress struct {
	Type     wireType `json:"type"`
	Street   string   `json:"streetAddress,omitempty"`
	Postcode string   `json:"postalCode,omitempty"`
	Locality string   `json:"addressLocality,omitempty"`
	Region   string   `json:"addressRegion,omitempty"`
	Country  string   `json:"addressCountry,omitempty"`
}

type wireOrganizers struct {
	Context json.RawMessage `json:"@context,omitempty"`
	ID      coop.IRI        `json:"id"`
	Type    wireType        `json:"type"`
	Total   int             `json:"totalItems"`
	Items   []coop.IRI      `json:"items"`
}

// The types that are no part of ActivityStreams and come from the context.
const (
	typePerson   wireType = "sc:Person"
	typeAddress  wireType = "PostalAddress"
	typeVirtual  wireType = "VirtualLocation"
	typeProperty wireType = "PropertyValue"
	typeHashtag  wireType = "Hashtag"
)

// eventCategory is the one of Mobilizon's list that fits what co-ops of this
// trade do.
const eventCategory = "SCIENCE_TECH"

// eventStates says each state in two vocabularies: that of FEP-8a8e and the one
// that Mobilizon knows, which has only three words.
var eventStates = map[coop.Status][2]string{
	"":               {"EventScheduled", "CONFIRMED"},
	coop.Scheduled:   {"EventScheduled", "CONFIRMED"},
	coop.Tentative:   {"EventTentative", "TENTATIVE"},
	coop.Cancelled:   {"EventCancelled", "CANCELLED"},
	coop.Postponed:   {"EventPostponed", "TENTATIVE"},
	coop.Rescheduled: {"EventRescheduled", "CONFIRMED"},
}

// eventOf makes the members that only events have.
func eventOf(s coop.Site, p coop.Post, x Extras) (*wireEvent, error) {
	if err := p.When.Check(); err != nil {
		return nil, err
	}
	state, ok := eventStates[p.Status]
	if !ok {
		return nil, coop.Wrong("eventStatus", fmt.Sprintf("%.40q is no state of an event", p.Status))
	}
	where, err := locationOf(s, p)
	if err != nil {
		return nil, err
	}
	start, end := p.When.Times()
	e := &wireEvent{
		Start: start.Format(time.RFC3339), End: end.Format(time.RFC3339), Timezone: p.When.Zone, ShowEnd: p.When.EndKnown(),
		EventStatus: state[0], Status: state[1], Category: eventCategory, SuperEvent: x.SuperEvent,
		Location: where, Online: p.Place.IsZero() && p.Online != "",
		JoinMode: string(p.Joining()), JoinURL: s.Page(p.Coop, p.Slug), Organizers: organizersOf(s, p),
	}
	if p.Joining() == coop.JoinExternal {
		e.JoinURL = firstOf(p.JoinURL, x.Whole, e.JoinURL)
	} else {
		e.Capacity = p.Capacity
	}
	if p.Status == coop.Rescheduled && !p.Previous.IsZero() {
		before, _ := p.Previous.Times()
		e.PreviousStart = before.Format(time.RFC3339)
	}
	for _, who := range p.Speakers {
		e.Performer = append(e.Performer, wirePerson{Type: typePerson, Name: who.Name, URL: who.URL})
	}
	return e, nil
}

// organizersOf are the co-op whose post it is and those with which it shares it.
func organizersOf(s coop.Site, p coop.Post) wireOrganizers {
	all := []coop.IRI{s.Actor(p.Coop)}
	for _, n := range p.Owners {
		all = append(all, s.Actor(n))
	}
	return wireOrganizers{ID: s.Part(p.Kind, p.ID, "organizers"), Type: wireType(vocab.CollectionType), Total: len(all), Items: all}
}

// locationOf returns the one location that an event may have (Mobilizon raises
// on a list), nil where it has none. An event that takes place somewhere and
// online has the place here and the link among its attachments.
func locationOf(s coop.Site, p coop.Post) (*wirePlace, error) {
	switch {
	case !p.Place.IsZero():
		w, _, err := wirePlaceOf(s, p.Place)
		if err == nil && !p.Visibility.Open() { // its id is made of the address, and would say to whoever tries one whether it is here
			w.ID = ""
		}
		return w, err
	case p.Online != "":
		// The id leads to the event, which says all there is to know of it, and
		// changes with the link: Mobilizon keeps a location under its id.
		id := s.Object(p.Kind, p.ID) + coop.IRI("#online-"+digest(string(p.Online))[:8])
		return &wirePlace{ID: id, Type: typeVirtual, Name: coop.WordsFor(p.Language).Online, URL: p.Online}, nil
	}
	return nil, nil
}

// wirePlaceOf makes a place without its @context, and the digest in its id.
func wirePlaceOf(s coop.Site, p coop.Place) (w *wirePlace, hash string, err error) {
	lat, err := wireDegreesOf(p.Latitude, 90)
	if err != nil {
		return nil, "", coop.Wrong("location.latitude", err.Error())
	}
	long, err := wireDegreesOf(p.Longitude, 180)
	if err != nil {
		return nil, "", coop.Wrong("location.longitude", err.Error())
	}
	name := firstOf(p.Name, p.Address, p.Street, p.Locality, p.Region, p.Country)
	if name == "" {
		return nil, "", coop.Wrong("location.name", "a place needs a name")
	}
	hash = digest(p.Name, p.Address, p.Street, p.Postcode, p.Locality, p.Region, p.Country, lat.String(), long.String())
	w = &wirePlace{ID: s.Place(hash), Type: wireType(vocab.PlaceType), Name: name, Latitude: lat, Longitude: long}
	parts := wireAddress{Street: p.Street, Postcode: p.Postcode, Locality: p.Locality, Region: p.Region, Country: p.Country}
	switch {
	case parts != wireAddress{}:
		parts.Type, parts.Street = typeAddress, firstOf(p.Street, p.Address)
		w.Address = parts
	case p.Address != "":
		w.Address = p.Address
	}
	return w, hash, nil
}

// EncodePlace makes the document that the id of a place answers, and the digest
// of the place's parts that is the last part of that id: Mobilizon keeps an
// address under its id, so that a changed one needs another.
func EncodePlace(s coop.Site, p coop.Place) (hash string, doc []byte, err error) {
	w, hash, err := wirePlaceOf(s, p)
	if err != nil {
		return "", nil, err
	}
	w.Context = ld(objectContext)
	doc, err = render(w)
	return hash, doc, err
}

// EncodeOrganizers makes the document that the id of the organizers of a post
// answers, the same collection that stands in an event. FEP-8a8e.
func EncodeOrganizers(s coop.Site, p coop.Post) ([]byte, error) {
	w := organizersOf(s, p)
	w.Context = ld(objectContext)
	return render(w)
}

// digest names parts by sixteen hexadecimal digits. Each part is written with
// its length, so that no two lists of parts run into one.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func firstOf[T ~string](some ...T) T {
	for _, s := range some {
		if s != "" {
			return s
		}
	}
	return ""
}

// wireDegrees is a coordinate that is always written with a decimal point:
// Mobilizon takes 52.0 and refuses 52.
type wireDegrees float64

func wireDegreesOf(f *float64, most float64) (*wireDegrees, error) {
	if f == nil {
		return nil, nil
	}
	if math.IsNaN(*f) || math.Abs(*f) > most {
		return nil, fmt.Errorf("this is a number of degrees between -%v and %v", most, most)
	}
	d := wireDegrees(*f)
	return &d, nil
}

// String is the number as it is written, empty where there is none.
func (d *wireDegrees) String() string {
	if d == nil {
		return ""
	}
	return decimal(float64(*d))
}

// decimal is a number with its decimal point.
func decimal(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// MarshalJSON writes the number with its decimal point.
func (d *wireDegrees) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }
