// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import (
	"slices"
	"time"
)

// Role is what a member may do for a co-op. Each role may do what those before it may.
type Role string

// The roles.
const (
	Editor    Role = "editor"    // writes drafts and proposes them
	Publisher Role = "publisher" // publishes, and decides what others proposed
	Admin     Role = "admin"     // settings, members, keys and tokens
)

// Roles are all roles, from the one that may least on.
func Roles() []Role { return []Role{Editor, Publisher, Admin} }

// ParseRole returns s as a Role; ok is false for any other word.
func ParseRole(s string) (r Role, ok bool) {
	return Role(s), slices.Contains(Roles(), Role(s))
}

// Covers reports whether r may do what need may. The empty role may do nothing.
func (r Role) Covers(need Role) bool {
	has := slices.Index(Roles(), r)
	return has >= 0 && has >= slices.Index(Roles(), need)
}

// Member is a person who works for one or more co-ops of this instance.
type Member struct {
	ID       ID            `json:"id"`
	Login    string        `json:"login"` // what they sign in with: ParseLogin
	Name     string        `json:"name"`  // as the others know them; plain text
	Email    string        `json:"email,omitempty"`
	Language string        `json:"language,omitempty"` // of what is sent to them
	Password string        `json:"password,omitempty"` // argon2id in PHC form; empty: passkeys alone
	Handle   []byte        `json:"handle"`             // 64 random bytes by which passkeys know them. WebAuthn §5.4.3
	Roles    map[Name]Role `json:"roles"`              // by co-op
	Operator bool          `json:"operator,omitempty"` // looks after the instance: an admin of every co-op
	Created  time.Time     `json:"created"`
	Changed  time.Time     `json:"changed,omitzero"`  // when password or passkeys were last changed
	Disabled time.Time     `json:"disabled,omitzero"` // may not sign in since then; what they did stays theirs
}

// Role is what the member may do for a co-op; empty where that is nothing.
func (m Member) Role(n Name) Role {
	switch {
	case !m.Disabled.IsZero():
		return ""
	case m.Operator:
		return Admin
	}
	return m.Roles[n]
}

// ParseLogin returns s as what a member signs in with: 2 to 40 of the characters
// a to z, 0 to 9, '.', '_' and '-'.
func ParseLogin(s string) (login string, ok bool) {
	if len(s) < 2 || len(s) > 40 {
		return "", false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-') {
			return "", false
		}
	}
	return s, true
}

// TicketKind is what a ticket is for.
type TicketKind string

// The kinds of tickets.
const (
	Invitation TicketKind = "invite" // makes somebody a member of a co-op
	Reset      TicketKind = "reset"  // lets a member choose a new password
)

// Ticket is a link that does one thing once. Its secret is in the link alone; Hash
// is what is kept of it.
type Ticket struct {
	ID      ID         `json:"id"`
	Kind    TicketKind `json:"kind"`
	Hash    []byte     `json:"hash"`             // SHA-256 of the secret, which has 256 random bits
	Coop    Name       `json:"coop,omitempty"`   // of an invitation
	Role    Role       `json:"role,omitempty"`   // of an invitation
	Member  ID         `json:"member,omitempty"` // of a reset
	Note    string     `json:"note,omitempty"`   // whom it is for, in words
	By      string     `json:"by"`               // who made it
	Created time.Time  `json:"created"`
	Expires time.Time  `json:"expires"`
	Used    time.Time  `json:"used,omitzero"`
	UsedBy  ID         `json:"used_by,omitempty"`
}

// Session is a browser in which a member is signed in. Its secret is in the cookie
// alone; Hash is what is kept of it.
type Session struct {
	ID      ID        `json:"id"`
	Member  ID        `json:"member"`
	Hash    []byte    `json:"hash"`
	Agent   string    `json:"agent,omitempty"` // what the browser calls itself, at most 200 characters
	How     string    `json:"how"`             // "password" or "passkey"
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"` // to the hour
	Expires time.Time `json:"expires"`
}

// Passkey is a public key of a device of a member, which proves by it who it is.
// WebAuthn §4.
type Passkey struct {
	ID         []byte    `json:"id"` // the credential id
	Member     ID        `json:"member"`
	Name       string    `json:"name"`       // as the member calls the device
	Credential []byte    `json:"credential"` // as package auth keeps it
	Created    time.Time `json:"created"`
	Used       time.Time `json:"used,omitzero"`
}
