// SPDX-License-Identifier: AGPL-3.0-or-later

// Package wirecheck says why a server of the fediverse would drop a document.
//
// Each rule was read in the source of a peer, whose name stands in brackets
// behind the finding. The package serves tests: those of package activity run it
// over every document that we send, those of whole instances over what they
// serve. It looks at bytes with the standard library only and must not know how
// they were made.
package wirecheck

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	asIRI       = "https://www.w3.org/ns/activitystreams"
	securityIRI = "https://w3id.org/security/v1"
	public      = asIRI + "#Public"
	maxDocument = 1_000_000
)

var (
	actorTypes      = []string{"Person", "Service", "Application", "Organization", "Group"}
	objectTypes     = []string{"Event", "Article", "Note"}
	collectionTypes = []string{"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"}
	attachmentTypes = []string{"Image", "Document", "Audio", "Video", "Link"}
	languageMaps    = []string{"contentMap", "nameMap", "summaryMap"}
)

//go:embed testdata/vocabulary/activitystreams.jsonld testdata/vocabulary/security-v1.jsonld
var vocabulary embed.FS

// terms are the words that a context of the W3C defines.
func terms(file string) func() (map[string]bool, error) {
	return sync.OnceValues(func() (map[string]bool, error) {
		b, err := vocabulary.ReadFile("testdata/vocabulary/" + file)
		if err != nil {
			return nil, err
		}
		var doc struct {
			Context map[string]any `json:"@context"`
		}
		if err := json.Unmarshal(b, &doc); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		words := make(map[string]bool, len(doc.Context))
		for w := range doc.Context {
			words[w] = true
		}
		return words, nil
	})
}

var (
	asTerms       = terms("activitystreams.jsonld")
	securityTerms = terms("security-v1.jsonld")
)

// object is a JSON object as it was read; numbers are json.Number, which keeps
// how they were written.
type object = map[string]any

// Check returns what is wrong with a document, in words, and nothing where no
// server that we know of would drop it. A document is an actor, an Event, an
// Article, a Note, an Image or a Document, an activity, a collection or a Tombstone,
// with its @context.
func Check(doc []byte) []string {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var d object
	if err := dec.Decode(&d); err != nil {
		return []string{fmt.Sprintf("not checkable: %v", err)}
	}
	var f findings
	_, err := dec.Token()
	f.need(err == io.EOF, "something stands behind the document")
	f.need(len(doc) < maxDocument, "over 1 MB (Mastodon 413)")
	f.context(d)
	f.document(d)
	return f
}

type findings []string

// need notes text where holds is false, and returns holds.
func (f *findings) need(holds bool, text string, args ...any) bool {
	if !holds {
		*f = append(*f, fmt.Sprintf(text, args...))
	}
	return holds
}

func (f *findings) document(d object) {
	switch t := text(d, "type"); {
	case slices.Contains(actorTypes, t):
		f.actor(d)
	case slices.Contains(objectTypes, t):
		f.object(d)
	case slices.Contains(collectionTypes, t):
		f.collection(d)
	case t == "Image" || t == "Document":
		f.file(d)
	case t == "Tombstone":
		f.need(text(d, "id") != "" && text(d, "formerType") != "", "Tombstone needs id and formerType")
	default:
		f.activity(d)
	}
}

func (f *findings) context(d object) {
	listed, ok := d["@context"].([]any)
	if !ok {
		listed = []any{d["@context"]}
	}
	f.need(slices.Contains(listed, any(asIRI)), "@context must hold the AS2 IRI as a string (Mastodon supported_context?)")
	defined := map[string]bool{}
	learn := func(words func() (map[string]bool, error)) {
		m, err := words()
		f.need(err == nil, "not checkable: %v", err)
		for w := range m {
			defined[w] = true
		}
	}
	learn(asTerms)
	for _, c := range listed {
		switch c := c.(type) {
		case string:
			f.need(c == asIRI || c == securityIRI, "remote context %s (Friendica, Fedify fetch it; a failure drops the document)", c)
			if c == securityIRI {
				learn(securityTerms)
			}
		case object:
			for w := range c {
				defined[w] = true
			}
		}
	}
	unknown := undefined(d, defined)
	f.need(len(unknown) == 0, "terms that neither AS2 nor the inline context defines: %s", strings.Join(unknown, ", "))
}

// undefined lists the members and types for which there is no term, sorted.
func undefined(d object, defined map[string]bool) []string {
	var bad []string
	var walk func(any)
	walk = func(node any) {
		if list, ok := node.([]any); ok {
			for _, x := range list {
				walk(x)
			}
		}
		o, _ := node.(object)
		for k, v := range o {
			if k == "@context" {
				continue
			}
			prefix, _, compact := strings.Cut(k, ":")
			if !compact && !defined[k] || compact && !defined[prefix] {
				bad = append(bad, k)
			}
			if t, ok := v.(string); ok && k == "type" && !defined[t] && !strings.Contains(t, ":") {
				bad = append(bad, "type "+t)
			}
			if !slices.Contains(languageMaps, k) {
				walk(v)
			}
		}
	}
	walk(d)
	slices.Sort(bad)
	return slices.Compact(bad)
}

func (f *findings) collection(c object) {
	f.need(isText(c["id"]), "id")
	items, given := c["orderedItems"]
	if !given {
		items = c["items"]
	}
	list, ok := items.([]any)
	f.need(ok || items == nil && !given, "items a list")
	_, given = c["first"]
	f.need(!given || isText(c["first"]), "first as a string URL (Gancio)")
	for i, x := range list {
		if o, ok := x.(object); ok {
			var inner findings
			inner.document(o)
			for _, y := range inner {
				f.need(false, "item %d: %s", i, y)
			}
		}
	}
}

// text is a member that is a string, empty where it is none.
func text(o object, member string) string {
	s, _ := o[member].(string)
	return s
}

func isText(v any) bool {
	_, ok := v.(string)
	return ok
}

func has(o object, member string) bool {
	_, ok := o[member]
	return ok
}

func holds(list any, s string) bool {
	l, _ := list.([]any)
	return slices.Contains(l, any(s))
}

// listOrAbsent reports whether a member is missing or a list.
func listOrAbsent(o object, member string) bool {
	v, given := o[member]
	_, ok := v.([]any)
	return ok || !given
}

func host(iri string) string {
	u, err := url.Parse(iri)
	if err != nil {
		return ""
	}
	return u.Host
}

func scheme(iri string) string {
	s, _, _ := strings.Cut(iri, ":")
	return s
}

// when reads a moment with its offset.
func when(v any) (time.Time, bool) {
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}
