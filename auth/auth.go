// SPDX-License-Identifier: AGPL-3.0-or-later

// Package auth knows who members are and what they let programs do: passwords,
// passkeys, sessions, invitations, and OAuth 2 with its clients, codes and tokens.
//
// It knows neither HTTP nor bbolt: requests come through handlers, and what it
// keeps is behind the interfaces below. Secrets are given out once and kept as
// digests. It alone knows the libraries of argon2 and WebAuthn.
package auth

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"plenum/coop"
)

// People keeps members.
type People interface {
	// AddMember stores a new member, who came without an invitation. A login that
	// somebody has or had is a Conflict.
	AddMember(ctx context.Context, m coop.Member, d coop.Decision) error
	Member(ctx context.Context, id coop.ID) (coop.Member, error)
	MemberByLogin(ctx context.Context, login string) (coop.Member, error)
	// Members are those of a co-op, or all for the empty name, by login.
	Members(ctx context.Context, n coop.Name) ([]coop.Member, error)
	// ChangeMember stores what change makes of a member. cut ends all sessions, and
	// revokes all grants and tokens, of the member.
	ChangeMember(ctx context.Context, id coop.ID, cut bool, d coop.Decision, change func(*coop.Member) error) (coop.Member, error)
}

// Tickets keeps the links that let somebody in.
type Tickets interface {
	AddTicket(ctx context.Context, t coop.Ticket, d coop.Decision) error
	Ticket(ctx context.Context, hash []byte) (coop.Ticket, error)
	Tickets(ctx context.Context, n coop.Name) ([]coop.Ticket, error) // invitations of a co-op in force
	DropTicket(ctx context.Context, id coop.ID, d coop.Decision) error
}

// Doors are the ways in: tickets being used, sessions, passkeys.
type Doors interface {
	// Enrol uses an invitation for a new member, or for one who is there already and
	// has a session: then m holds the id alone. It fails with Gone where the ticket
	// was used or has expired.
	Enrol(ctx context.Context, hash []byte, m coop.Member, d coop.Decision) (coop.Member, error)
	// Restore uses a reset: change gets the member, all sessions end and all grants
	// are revoked.
	Restore(ctx context.Context, hash []byte, d coop.Decision, change func(*coop.Member) error) (coop.Member, error)

	AddSession(ctx context.Context, s coop.Session) error
	Session(ctx context.Context, hash []byte) (coop.Session, coop.Member, error)
	SeeSession(ctx context.Context, id coop.ID, at time.Time) error
	Sessions(ctx context.Context, member coop.ID) ([]coop.Session, error)
	EndSession(ctx context.Context, member, id coop.ID) error // the empty id: all of the member
}

// Devices keeps passkeys.
type Devices interface {
	AddPasskey(ctx context.Context, k coop.Passkey) error
	Passkeys(ctx context.Context, member coop.ID) ([]coop.Passkey, error)
	Passkey(ctx context.Context, id []byte) (coop.Passkey, error)
	UsePasskey(ctx context.Context, id, credential []byte, at time.Time) error
	DropPasskey(ctx context.Context, member coop.ID, id []byte) error
}

// Clients keeps the programs that were let in.
type Clients interface {
	// SaveClient stores a client, new or with what its document says by now.
	SaveClient(ctx context.Context, c coop.Client) error
	Client(ctx context.Context, id string) (coop.Client, error)
	// Consent stores a grant with its code, and that the client is used.
	Consent(ctx context.Context, g coop.Grant, c coop.AuthCode, d coop.Decision) error
	// Exchange spends a code for a pair of tokens, in one transaction: of two at once
	// one fails. check may refuse, which spends nothing. A code that was spent before
	// is a Conflict, and revokes its grant with all tokens; access and refresh get
	// their Coop, Member, Grant and Scopes from the grant.
	Exchange(ctx context.Context, hash []byte, check func(coop.AuthCode) error, access, refresh coop.Token) (coop.Grant, error)
	// Rotate spends a refresh token of a client for a new pair; one that was spent
	// before is a Conflict, and revokes its grant with all tokens. scopes, if any, are
	// fewer than those of the grant, of the new access token.
	Rotate(ctx context.Context, hash []byte, client string, scopes []coop.Scope, access, refresh coop.Token) (coop.Grant, error)
	Grant(ctx context.Context, id coop.ID) (coop.Grant, error)
	Grants(ctx context.Context, member coop.ID) ([]coop.Grant, error) // in force
}

// Tokens finds and ends tokens.
type Tokens interface {
	Token(ctx context.Context, hash []byte) (coop.Token, error)
	// The zero Decision is not logged: a program gave back what it had.
	AddToken(ctx context.Context, t coop.Token, d coop.Decision) error
	RevokeToken(ctx context.Context, id coop.ID, at time.Time, d coop.Decision) error
	RevokeGrant(ctx context.Context, id coop.ID, why string, d coop.Decision) error
}

// FetchFunc makes one GET of a public document through the guarded client, following
// no redirect, and fails where the document has more than most bytes.
type FetchFunc func(ctx context.Context, url, accept string, most int64) (Fetched, error)

// Fetched is what a GET brought.
type Fetched struct {
	Status      int
	ContentType string
	Body        []byte
}

// Letter is what is sent to a member by mail.
type Letter struct{ To, Subject, Text string }

// Service is who may do what. Fill the exported fields by name; Mail is nil where no
// mail server is configured, and Log may be nil.
type Service struct {
	Site    coop.Site
	People  People
	Tickets Tickets
	Doors   Doors
	Devices Devices
	Clients Clients
	Tokens  Tokens
	Fetch   FetchFunc
	Mail    func(ctx context.Context, l Letter) error
	Now     func() time.Time
	Rand    io.Reader
	Log     *slog.Logger

	roles     sync.Mutex // held while roles change: the last admin of a co-op stays
	hashing   gate
	failures  window // to sign in, by address and by account
	asked     window // for links to choose a new password, by account
	newcomers window // clients that registered, by address
	told      window // members who were told by mail that something waits
	documents documents
	ceremony  ceremony
	post      post
}

func (s *Service) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

// now is the moment as rows have it.
func (s *Service) now() time.Time { return coop.Stamp(s.Now()) }

// decision is what the log keeps of an act.
func (s *Service) decision(by, what string, n coop.Name, target string) (coop.Decision, error) {
	id, err := coop.NewID(s.Now(), s.Rand)
	return coop.Decision{ID: id, At: s.now(), By: by, What: what, Coop: n, Target: target}, err
}
