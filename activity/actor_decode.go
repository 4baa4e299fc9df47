// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"
	"time"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

const (
	maxKeys = 10
	maxPEM  = 2 << 10 // the largest key that is taken has 1,500 bytes
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
	a.Keys = r.multikeys(d, a.ID, r.keys(d, a.ID))
	a.AlsoKnownAs = r.aliases(d, a.ID)
	if to, ok := rawRef(d["movedTo"]); ok {
		a.MovedTo, _ = ParseIRI(to, r.allowHTTP) // one that cannot be read leads nowhere
	}
	return a, nil
}

// maxAliases is how many other accounts an actor can have.
const maxAliases = 10

// aliases reads the accounts that an actor says are its own too. FEP-7628.
func (r reader) aliases(d rawDoc, actor coop.IRI) (out []coop.IRI) {
	for _, raw := range rawList(d["alsoKnownAs"]) {
		s, _ := rawRef(raw)
		i, err := ParseIRI(s, r.allowHTTP)
		if err == nil && i != actor && !slices.Contains(out, i) && len(out) < maxAliases {
			out = append(out, i)
		}
	}
	return out
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

// multikeys adds the keys by which an actor proves documents: those of Ed25519 that
// its own document holds under assertionMethod. Ids alone and keys of other kinds
// are passed over, and so is one whose id another key has. Nothing counts by a key
// from when it expires, or was revoked, whichever is first. FEP-521a.
func (r reader) multikeys(d rawDoc, actor coop.IRI, out []coop.Key) []coop.Key {
	for _, raw := range rawList(d["assertionMethod"]) {
		k, ok := rawObject(raw)
		if !ok || len(out) >= 2*maxKeys {
			continue
		}
		controller, _ := rawRef(k["controller"])
		end, told := k.end("expires", "revoked")
		key := coop.Key{ID: r.near(raw, actor), PEM: multikeyPEM(k.str("publicKeyMultibase")), Assertion: true, Expires: end}
		if key.ID == "" || controller != string(actor) || !slices.Contains(k.types(), "Multikey") || key.PEM == "" || !told {
			continue
		}
		i := slices.IndexFunc(out, func(o coop.Key) bool { return o.ID == key.ID })
		if i < 0 {
			out = append(out, key)
		} else if out[i].PEM == key.PEM {
			out[i] = key // listed for both
		}
	}
	return out
}

// end reads the first of the moments that some members give, the zero time where
// there is none. ok is false where one of them cannot be read.
func (d rawDoc) end(members ...string) (first time.Time, ok bool) {
	for _, m := range members {
		t := d.moment(m)
		if t.IsZero() && !rawNull(d[m]) {
			return first, false
		}
		if first.IsZero() || !t.IsZero() && t.Before(first) {
			first = t
		}
	}
	return first, true
}

// multikeyPEM writes a Multikey of Ed25519 as other keys are written; "" for every
// other one. FEP-521a.
func multikeyPEM(s string) string {
	b, ok := coop.DecodeMultibase(s)
	if !ok || len(b) != 2+ed25519.PublicKeySize || b[0] != 0xed || b[1] != 0x01 {
		return ""
	}
	der, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(b[2:]))
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// KeyOwner returns whom the document at the id of a key says that it belongs to: a
// key names its owner or controller, an actor itself. Nothing is proven by it.
func KeyOwner(raw []byte, allowHTTP bool) (coop.IRI, error) {
	d, err := parseRaw(raw)
	if err != nil {
		return "", err
	}
	for _, m := range []json.RawMessage{d["owner"], d["controller"], d["id"]} {
		if s, ok := rawRef(m); ok {
			return ParseIRI(s, allowHTTP)
		}
	}
	return "", coop.Wrong("owner", "the key does not say whose it is")
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
