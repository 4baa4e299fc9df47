// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import (
	"slices"
	"time"
)

// Scope is what a token may do.
type Scope string

// The scopes.
const (
	Read     Scope = "read"
	Write    Scope = "write"
	Moderate Scope = "moderate" // decide about comments, follows, RSVPs and complaints; of the instance actor's tokens about blocks too. No client is ever granted it
)

// Token is a bearer token for one co-op: a personal one, which somebody made on the
// command line or on a page, or one that a client was given. Its secret is shown
// once and never stored; Hash is what is kept of it.
type Token struct {
	ID      ID        `json:"id"`
	Coop    Name      `json:"coop"`
	Label   string    `json:"label"`
	Scopes  []Scope   `json:"scopes"`
	Hash    []byte    `json:"hash"`              // SHA-256 of the secret, which has 256 random bits
	Member  ID        `json:"member,omitempty"`  // whose it is: it may do no more than they may; empty: made by who holds the file
	Grant   ID        `json:"grant,omitempty"`   // of a client's: what it was granted
	Refresh bool      `json:"refresh,omitempty"` // opens nothing: it is exchanged for a new pair, once. RFC 6749 §6
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // the zero time: never
	Spent   time.Time `json:"spent,omitzero"`   // of a refresh token: when it was exchanged
	Revoked time.Time `json:"revoked,omitzero"`
}

// Can reports whether the token is in force at a moment and has the scope.
func (t Token) Can(s Scope, now time.Time) bool {
	return t.Revoked.IsZero() && !t.Refresh && (t.Expires.IsZero() || now.Before(t.Expires)) && slices.Contains(t.Scopes, s)
}

// ClientKind is how a client told us who it is.
type ClientKind string

// The kinds of clients.
const (
	Registered     ClientKind = "registered" // RFC 7591
	ClientDocument ClientKind = "document"   // its id is the URL of its metadata. draft-ietf-oauth-client-id-metadata-document
	ClientObject   ClientKind = "object"     // its id is that of an ActivityPub object. FEP-d8c2
)

// Client is a program that acts for members. RFC 6749 §2.
type Client struct {
	ID        string     `json:"id"`
	Kind      ClientKind `json:"kind"`
	Name      string     `json:"name"`          // what it calls itself; plain text, and nothing to rely on
	Host      string     `json:"host"`          // where it is at home, by which people are to judge it; empty for one on the member's own machine
	URL       IRI        `json:"url,omitempty"` // a page about it
	Redirects []string   `json:"redirects"`
	Secret    []byte     `json:"secret,omitempty"` // SHA-256 of a confidential client's secret
	Digest    []byte     `json:"digest,omitempty"` // of its document: what changed has to be consented to again
	Created   time.Time  `json:"created"`
	Fetched   time.Time  `json:"fetched,omitzero"`
	Changed   time.Time  `json:"changed,omitzero"` // when its document was last found to say something else: what was granted before has to be consented to again
	Used      time.Time  `json:"used,omitzero"`    // when somebody last consented; clients that nobody uses are forgotten
}

// Grant is what a member let a client do for a co-op, until it is revoked. All
// tokens that came of it are one family.
type Grant struct {
	ID      ID        `json:"id"`
	Member  ID        `json:"member"`
	Coop    Name      `json:"coop"`
	Client  string    `json:"client"`
	Name    string    `json:"name"` // of the client, then
	Host    string    `json:"host,omitempty"`
	Scopes  []Scope   `json:"scopes"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used,omitzero"` // when tokens were last given out
	Revoked time.Time `json:"revoked,omitzero"`
	Why     string    `json:"why,omitempty"` // why it was revoked
}

// AuthCode is an authorization code on its way from a member's browser through the
// client to the token endpoint. RFC 6749 §4.1.2, RFC 7636.
type AuthCode struct {
	Hash      []byte    `json:"hash"` // SHA-256
	Grant     ID        `json:"grant"`
	Client    string    `json:"client"`
	Redirect  string    `json:"redirect"`
	Challenge string    `json:"challenge"` // S256
	Expires   time.Time `json:"expires"`
	Used      time.Time `json:"used,omitzero"`
}

// Principal is who asks for something in the name of a co-op, after a token or a
// session was checked or because the request came through the control socket.
type Principal struct {
	Coop   Name
	Role   Role
	Member ID     // empty for the control socket and for tokens that belong to nobody
	Token  ID     // repeated requests are told apart by it
	By     string // who that is, for the log
}

// Self names who it is, where it matters that two are not one: a member, however
// they came, or whoever holds the data, who made the tokens that belong to nobody.
func (p Principal) Self() string {
	if p.Member != "" {
		return "member " + string(p.Member)
	}
	return "machine"
}

// Answer is what a request to an outbox was answered, kept under its
// Idempotency-Key for a day so that a repetition answers the same.
type Answer struct {
	Key      string    `json:"key"`    // who asked, and Idempotency-Key; empty where the client gave none
	Digest   []byte    `json:"digest"` // SHA-256 of the request's body: the same key with another body is refused
	Location IRI       `json:"location"`
	Document ID        `json:"document"`           // the activity whose bytes are the body
	Post     ID        `json:"post,omitempty"`     // where there is no activity yet: the draft
	Proposal ID        `json:"proposal,omitempty"` // where somebody else has to agree first
	At       time.Time `json:"at"`
}
