// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import (
	"strings"
	"time"
)

// IRI is the absolute URL of something in the fediverse. It is made only by
// activity.ParseIRI, which refuses what cannot stand between quotes, and by the
// methods of Site. AP §3.1.
type IRI string

// Public is the collection of everybody. AP §5.6.
const Public IRI = "https://www.w3.org/ns/activitystreams#Public"

// Name is what a co-op is called in URLs and handles: [a-z0-9_]{1,30}, never
// reused once the co-op is gone.
type Name string

// Relay is the name of the instance actor. No co-op may have it.
const Relay Name = "relay"

// ParseName returns s as a Name; ok is false when it has a character that a
// handle cannot have, or when it is empty or longer than thirty.
func ParseName(s string) (n Name, ok bool) {
	if s == "" || len(s) > 30 {
		return "", false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_') {
			return "", false
		}
	}
	return Name(s), true
}

// ActorType is the ActivityStreams type of an actor of ours.
type ActorType string

// The types that actors of ours have.
const (
	Group        ActorType = "Group"        // a co-op, unless it says otherwise
	Organization ActorType = "Organization" // a co-op that prefers the name to the reach
	Application  ActorType = "Application"  // the instance actor
)

// Coop is an actor of ours: a co-op, or the instance actor under the name Relay.
type Coop struct {
	Name      Name          `json:"name"`
	Type      ActorType     `json:"type"`
	Title     string        `json:"title"`    // plain text, as people call it
	Summary   string        `json:"summary"`  // sanitised HTML; may be empty
	Language  string        `json:"language"` // BCP 47, the language of posts that name none
	Zone      string        `json:"zone"`     // IANA name, the zone of events that name none; may be empty
	Fields    []Field       `json:"fields,omitempty"`
	Icon      Image         `json:"icon"`    // never empty: made from the title when none is given
	Approve   bool          `json:"approve"` // follows wait for approval
	Comments  CommentPolicy `json:"comments,omitempty"`
	TwoPeople bool          `json:"two_people,omitempty"` // what one publishes somebody else has to agree to
	Featured  []ID          `json:"featured,omitempty"`   // posts that it pinned, the newest pin first
	Hidden    bool          `json:"hidden"`               // not discoverable, not indexable
	Created   time.Time     `json:"created"`              // also `published` of the actor
	Updated   time.Time     `json:"updated"`              // the last change of the row
	Gone      time.Time     `json:"gone,omitzero"`        // removed then; its ids answer 410
	Rotated   time.Time     `json:"rotated,omitzero"`     // when its key was last changed
}

// Field is a line of an actor's profile. A value that is an https URL is linked.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Actor is what we know of an actor elsewhere, from its own document.
type Actor struct {
	ID          IRI       `json:"id"`
	Type        string    `json:"type"`
	Inbox       IRI       `json:"inbox"`
	SharedInbox IRI       `json:"shared_inbox,omitempty"` // empty where there is none or it is on another host
	Username    string    `json:"username,omitempty"`     // preferredUsername, checked against handle characters
	Name        string    `json:"name,omitempty"`         // plain text
	URL         IRI       `json:"url,omitempty"`          // the profile page
	Outbox      IRI       `json:"outbox,omitempty"`
	Followers   IRI       `json:"followers,omitempty"`     // lets a Create to them be known as meant for us
	AlsoKnownAs []IRI     `json:"also_known_as,omitempty"` // accounts that it says are its own too, at most ten
	MovedTo     IRI       `json:"moved_to,omitempty"`
	Keys        []Key     `json:"keys"`
	Fetched     time.Time `json:"fetched"`
	Direct      bool      `json:"direct,omitempty"` // its server makes nothing of the shared inbox; a store fills it in from the Server
	Policy      int       `json:"policy"`           // the version of the rules by which its keys were checked; older ones are fetched again
}

// Key is a public key that an actor's own document lists. docs/security.md A.4: the
// document of the key and the document of its owner must agree.
type Key struct {
	ID        IRI       `json:"id"`
	PEM       string    `json:"pem"`                 // SPKI
	Assertion bool      `json:"assertion,omitempty"` // an assertionMethod: proofs in documents count by it. FEP-521a
	Expires   time.Time `json:"expires,omitzero"`    // of an assertionMethod, which may have been revoked: nothing counts by it afterwards
}

// Handle returns user@host as people write it, or the id where the actor has no
// usable name.
func (a Actor) Handle() string {
	if a.Username == "" {
		return string(a.ID)
	}
	return a.Username + "@" + HostOf(a.ID)
}

// Box is the inbox to deliver to: the shared one where there is one, and its server
// makes use of it. AP §7.1.3.
func (a Actor) Box() IRI {
	if a.SharedInbox != "" && !a.Direct {
		return a.SharedInbox
	}
	return a.Inbox
}

// HostOf returns the host of an IRI, with its port where it names one, in lower
// case; empty for anything that is no absolute URL.
func HostOf(i IRI) string {
	_, rest, ok := strings.Cut(string(i), "://")
	if !ok {
		return ""
	}
	if n := strings.IndexAny(rest, "/?#"); n >= 0 {
		rest = rest[:n]
	}
	return strings.ToLower(rest)
}

// SameOrigin reports whether two IRIs have the same scheme, host and port, and
// have any. FEP-fe34.
func SameOrigin(a, b IRI) bool {
	sa, _, ok := strings.Cut(string(a), "://")
	sb, _, _ := strings.Cut(string(b), "://")
	return ok && strings.EqualFold(sa, sb) && HostOf(a) != "" && HostOf(a) == HostOf(b)
}

// WithoutFragment cuts the fragment, as for the actor of a key id.
func (i IRI) WithoutFragment() IRI {
	s, _, _ := strings.Cut(string(i), "#")
	return IRI(s)
}
