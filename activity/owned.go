// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"encoding/json"
	"time"

	"plenum/coop"
)

// wireArrival is an activity that came to an inbox, as its members are shown it.
// AP §5.2.
type wireArrival struct {
	ID        coop.IRI  `json:"id"`
	Type      string    `json:"type"`
	Actor     coop.IRI  `json:"actor"`
	Published time.Time `json:"published"`
	Object    any       `json:"object,omitempty"`
}

// wireKept is an object elsewhere as we have it. It is written from what we
// understood of it and never from the bytes that came.
type wireKept struct {
	ID           coop.IRI  `json:"id"`
	Type         string    `json:"type"`
	AttributedTo coop.IRI  `json:"attributedTo,omitempty"`
	InReplyTo    coop.IRI  `json:"inReplyTo,omitempty"`
	Name         string    `json:"name,omitempty"`
	Summary      string    `json:"summary,omitempty"`
	Content      string    `json:"content,omitempty"`
	Sensitive    bool      `json:"sensitive,omitempty"`
	URL          coop.IRI  `json:"url,omitempty"`
	Published    time.Time `json:"published,omitzero"`
	Updated      time.Time `json:"updated,omitzero"`
}

// Kept is what we have of the object of an arrival; the zero one: its id alone.
type Kept struct {
	Received coop.Received // of whom a co-op of ours follows
	Comment  coop.Comment  // on a post of ours
}

// EncodeArrival makes an item of the inbox that members see.
func EncodeArrival(a coop.Arrival, k Kept) (json.RawMessage, error) {
	w := wireArrival{ID: a.ID, Type: a.Type, Actor: a.Actor, Published: coop.Stamp(a.At)}
	switch r, c := k.Received, k.Comment; {
	case c.Object != "":
		w.Object = wireKept{
			ID: c.Object, Type: "Note", AttributedTo: c.By, InReplyTo: c.InReplyTo, Name: line(c.Name), Summary: line(c.Warning), Content: c.Body,
			Sensitive: c.Sensitive, URL: c.URL, Published: coop.Stamp(c.Published), Updated: coop.Stamp(c.Updated),
		}
	case r.Object != "":
		w.Object = wireKept{
			ID: r.Object, Type: r.Type, AttributedTo: r.By, Name: line(r.Name), Summary: line(r.Summary), URL: r.URL, Updated: coop.Stamp(r.Updated),
		}
	case a.Object != "":
		w.Object = a.Object
	}
	return render(w)
}
