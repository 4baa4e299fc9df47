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
	Moderate Scope = "moderate" // decide about comments, follows, RSVPs and complaints; of the instance actor's tokens about blocks too
)

// Token is a bearer token for the outbox of one co-op. Its secret is shown once
// and never stored; Hash is what is kept of it.
type Token struct {
	ID      ID        `json:"id"`
	Coop    Name      `json:"coop"`
	Label   string    `json:"label"`
	Scopes  []Scope   `json:"scopes"`
	Hash    []byte    `json:"hash"` // SHA-256 of the secret, which has 256 random bits
	Created time.Time `json:"created"`
	Revoked time.Time `json:"revoked,omitzero"`
}

// Can reports whether the token is in force and has the scope.
func (t Token) Can(s Scope) bool { return t.Revoked.IsZero() && slices.Contains(t.Scopes, s) }

// Principal is who posts to an outbox, after a token was checked or because
// the request came through the control socket.
type Principal struct {
	Coop  Name
	Token ID // empty for the control socket; repeated requests are told apart by it
}

// Answer is what a request to an outbox was answered, kept under its
// Idempotency-Key for a day so that a repetition answers the same.
type Answer struct {
	Key      string    `json:"key"`    // token id and Idempotency-Key; empty where the client gave none
	Digest   []byte    `json:"digest"` // SHA-256 of the request's body: the same key with another body is refused
	Location IRI       `json:"location"`
	Document ID        `json:"document"` // the activity whose bytes are the body
	At       time.Time `json:"at"`
}
