// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"bytes"
	"encoding/json"
	"slices"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// Collection is an OrderedCollection or, where PartOf is set, a page of one.
// AP §5.
type Collection struct {
	ID     coop.IRI
	Total  int               // of the whole collection, on pages too
	First  coop.IRI          // Gancio takes it as a string only
	Last   coop.IRI          // the page of the oldest items
	PartOf coop.IRI          // the collection of which this is a page
	Next   coop.IRI          // the page with what is older
	Prev   coop.IRI          // the page with what is newer
	Items  []json.RawMessage // from Ref and Embed; nil: none are shown, empty: there are none
}

type wireCollection struct {
	Context json.RawMessage   `json:"@context"`
	ID      coop.IRI          `json:"id"`
	Type    wireType          `json:"type"`
	PartOf  coop.IRI          `json:"partOf,omitempty"`
	Total   int               `json:"totalItems"`
	First   coop.IRI          `json:"first,omitempty"`
	Last    coop.IRI          `json:"last,omitempty"`
	Next    coop.IRI          `json:"next,omitempty"`
	Prev    coop.IRI          `json:"prev,omitempty"`
	Items   []json.RawMessage `json:"orderedItems,omitzero"`
}

// JSON writes the collection as its id answers.
func (c Collection) JSON() ([]byte, error) {
	w := wireCollection{
		Context: ld(plainContext), ID: c.ID, Type: wireType(vocab.OrderedCollectionType), PartOf: c.PartOf, Total: c.Total,
		First: c.First, Last: c.Last, Next: c.Next, Prev: c.Prev, Items: c.Items,
	}
	if c.PartOf != "" {
		w.Type = wireType(vocab.OrderedCollectionPageType)
	}
	if slices.ContainsFunc(c.Items, func(i json.RawMessage) bool { return bytes.HasPrefix(i, []byte("{")) }) {
		w.Context = ld(objectContext) // whole documents need the words that stood in their own contexts
	}
	return render(w)
}

// Ref is an item of a collection that is an id.
func Ref(i coop.IRI) json.RawMessage {
	b, err := json.Marshal(i)
	if err != nil {
		return nil // a string is always written
	}
	return b
}

// Embed is a document of ours as it stands inside another one: without its
// @context, byte for byte the same otherwise. What is no JSON object is returned
// as it is, and makes what embeds it fail.
func Embed(doc []byte) json.RawMessage {
	dec := json.NewDecoder(bytes.NewReader(doc))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return doc
	}
	out := []byte{'{'}
	for dec.More() {
		from := dec.InputOffset()
		key, err := dec.Token()
		if err != nil {
			return doc
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return doc
		}
		if key == "@context" {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, bytes.TrimLeft(doc[from:dec.InputOffset()], ", \t\r\n")...)
	}
	if _, err := dec.Token(); err != nil {
		return doc
	}
	return append(out, '}')
}
