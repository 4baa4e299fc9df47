// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"encoding/json"
	"fmt"
	"strings"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// maxLabel is the longest name of a place, a speaker or a link, in characters.
const maxLabel = 200

// location reads where an event takes place: one Place, one VirtualLocation, or a
// list of both. What is sent stands for the whole: an event whose location is
// only a Place is no longer online. FEP-8a8e.
func (a *applier) location() error {
	raw, given := a.sent["location"]
	if !given || !a.post.Kind.Event() {
		return nil
	}
	a.post.Place, a.post.Online = coop.Place{}, ""
	for _, item := range rawList(raw) {
		d, ok := rawObject(item)
		if !ok {
			return coop.Wrong("location", `this is the place itself, like {"type": "Place", "name": "c-base", "address": "Rungestr. 20, Berlin"}; an id alone is not looked up`)
		}
		if err := a.locate(d); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) locate(d rawDoc) (err error) {
	switch kind := withoutPrefix(knownType(d.types())); kind {
	case string(vocab.PlaceType), "":
		if !a.post.Place.IsZero() {
			return coop.Wrong("location", "an event has one Place, and one VirtualLocation besides")
		}
		a.post.Place, err = readPlace(d)
		return err
	case "VirtualLocation":
		if a.post.Online != "" {
			return coop.Wrong("location", "an event has one VirtualLocation, and one Place besides")
		}
		s, ok := rawString(d["url"])
		if !ok {
			return coop.Wrong("location.url", "a VirtualLocation has the URL of the call or the stream")
		}
		a.post.Online, err = linkTo("location.url", s)
		return err
	default:
		return coop.Wrong("location.type", fmt.Sprintf("a location is a Place or a VirtualLocation, not %.40q", kind))
	}
}

// withoutPrefix cuts the prefix of a name like sc:Place.
func withoutPrefix(name string) string { return name[strings.LastIndexByte(name, ':')+1:] }

// readPlace reads a Place. A place that has only an address is called by it.
func readPlace(d rawDoc) (p coop.Place, err error) {
	if p.Name, err = label("location.name", "the name of a place", d.words("name"), maxLabel); err != nil {
		return p, err
	}
	if s, ok := rawString(d["address"]); ok {
		if p.Address, err = label("location.address", "an address", s, 2*maxLabel); err != nil {
			return p, err
		}
	} else if address, ok := rawObject(d["address"]); ok {
		for _, part := range []struct {
			member string
			to     *string
		}{{"streetAddress", &p.Street}, {"postalCode", &p.Postcode}, {"addressLocality", &p.Locality},
			{"addressRegion", &p.Region}, {"addressCountry", &p.Country}} {
			if *part.to, err = label("location.address."+part.member, "a part of an address", address.str(part.member), maxLabel); err != nil {
				return p, err
			}
		}
	} else if !rawNull(d["address"]) {
		return p, coop.Wrong("location.address", "an address is a text, or a PostalAddress")
	}
	for _, s := range []*string{&p.Address, &p.Street, &p.Locality} {
		if p.Name == "" {
			p.Name = clipped(*s, maxLabel)
		}
	}
	if p.Name == "" {
		return p, coop.Wrong("location.name", "a place needs a name")
	}
	if p.Address == p.Name {
		p.Address = ""
	}
	if p.Latitude, err = readDegrees(d, "latitude", 90); err != nil {
		return p, err
	}
	if p.Longitude, err = readDegrees(d, "longitude", 180); err != nil {
		return p, err
	}
	if (p.Latitude == nil) != (p.Longitude == nil) {
		return p, coop.Wrong("location", "latitude and longitude come together")
	}
	return p, nil
}

func readDegrees(d rawDoc, member string, most float64) (*float64, error) {
	if rawNull(d[member]) {
		return nil, nil
	}
	var v float64
	if json.Unmarshal(d[member], &v) != nil || v < -most || v > most {
		return nil, coop.Wrong("location."+member, fmt.Sprintf("this is a number of degrees from -%v to %v", most, most))
	}
	return &v, nil
}

// performer reads the speakers: names, or objects with a name and a URL.
func (a *applier) performer() error {
	raw, given := a.sent["performer"]
	if !given || !a.post.Kind.Event() {
		return nil
	}
	a.post.Speakers = nil
	for _, item := range rawList(raw) {
		p, err := personOf(item)
		if err != nil {
			return err
		}
		a.post.Speakers = append(a.post.Speakers, p)
	}
	if n := len(a.post.Speakers); n > coop.MaxPeople {
		return coop.Wrong("performer", fmt.Sprintf("an event has at most %d speakers; this one has %d", coop.MaxPeople, n))
	}
	return nil
}

func personOf(raw json.RawMessage) (p coop.Person, err error) {
	name, _ := rawString(raw)
	d, ok := rawObject(raw)
	if ok {
		name = d.words("name")
		if p.URL, err = linkTo("performer.url", hrefOf(d["url"])); err != nil {
			return p, err
		}
	}
	if p.Name, err = label("performer.name", "the name of a speaker", name, maxLabel); err != nil {
		return p, err
	}
	if _, err := ParseIRI(p.Name, true); p.Name == "" || err == nil {
		return p, coop.Wrong("performer.name", `a speaker needs a name, like {"name": "Alice Doe", "url": "https://…"}`)
	}
	return p, nil
}

// hrefOf reads a URL that may be a string, a Link, or a list of which the first
// counts; "" where there is none.
func hrefOf(raw json.RawMessage) string {
	items := rawList(raw)
	if len(items) == 0 {
		return ""
	}
	if s, ok := rawString(items[0]); ok {
		return s
	}
	d, _ := rawObject(items[0])
	if s := d.str("href"); s != "" {
		return s
	}
	return d.str("url")
}
