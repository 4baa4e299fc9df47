// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"fmt"
	"slices"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

const (
	maxKeys = 10
	maxPEM  = 16 << 10
)

// DecodeActor reads the document of an actor. An inbox that is not on the actor's
// own host is an error: deliveries would go where a stranger points. A shared
// inbox, a page, an outbox, followers and keys elsewhere are left out, and so is
// a name that no handle can have. That the document came from its own id is for
// the caller to see to; so is Fetched. AP §4.1, FEP-fe34, docs/security.md B.2 O12–O15.
func DecodeActor(raw []byte, allowHTTP bool) (coop.Actor, error) {
	d, err := parseRaw(raw)
	if err != nil {
		return coop.Actor{}, err
	}
	r := reader{allowHTTP}
	id, ok := rawString(d["id"])
	if !ok {
		return coop.Actor{}, coop.Wrong("id", "an actor has an id, which is a URL")
	}
	var a coop.Actor
	if a.ID, err = r.iri("id", id); err != nil {
		return coop.Actor{}, err
	}
	for _, t := range d.types() {
		if a.Type == "" && vocab.ActorTypes.Contains(vocab.ActivityVocabularyType(t)) {
			a.Type = t
		}
	}
	if a.Type == "" {
		return coop.Actor{}, coop.Wrong("type", fmt.Sprintf("%.60q is no type of an actor", d.types()))
	}
	if a.Inbox, err = r.ref(d, "inbox"); err != nil {
		return coop.Actor{}, err
	}
	if !coop.SameOrigin(a.Inbox, a.ID) {
		return coop.Actor{}, coop.Wrong("inbox", "an inbox is on the host of its actor")
	}
	endpoints, _ := rawObject(d["endpoints"])
	a.SharedInbox = r.near(endpoints["sharedInbox"], a.ID)
	a.Outbox = r.near(d["outbox"], a.ID)
	a.Followers = r.near(d["followers"], a.ID)
	a.URL = r.page(d, a.ID)
	if name := d.str("preferredUsername"); goodUsername(name) {
		a.Username = name
	}
	a.Name = plainText(d.words("name"), maxActorName)
	a.Keys = r.keys(d, a.ID)
	return a, nil
}

// near reads a reference to something on the actor's own host, "" for any other.
func (r reader) near(raw []byte, actor coop.IRI) coop.IRI {
	s, ok := rawRef(raw)
	if !ok {
		return ""
	}
	i, err := ParseIRI(s, r.allowHTTP)
	if err != nil || !coop.SameOrigin(i, actor) {
		return ""
	}
	return i
}

// keys reads the public keys that the actor owns: publicKey, as one object or as
// a list of them. A key that names another owner is somebody else's, and one with
// the id of an earlier one is dropped.
func (r reader) keys(d rawDoc, actor coop.IRI) []coop.Key {
	var out []coop.Key
	for _, raw := range rawList(d["publicKey"]) {
		k, ok := rawObject(raw)
		if !ok || len(out) == maxKeys {
			continue
		}
		owner, _ := rawRef(k["owner"])
		id, pem := r.near(raw, actor), k.str("publicKeyPem")
		if id == "" || owner != string(actor) || pem == "" || len(pem) > maxPEM {
			continue
		}
		if !slices.ContainsFunc(out, func(o coop.Key) bool { return o.ID == id }) {
			out = append(out, coop.Key{ID: id, PEM: pem})
		}
	}
	return out
}

// goodUsername reports whether s can stand before the @ of a handle: letters,
// digits and underscores, with dots and hyphens between them, as Mastodon has it.
func goodUsername(s string) bool {
	if s == "" || len(s) > 100 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		inner := c == '.' || c == '-'
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || inner && i > 0 && i < len(s)-1) {
			return false
		}
	}
	return true
}
