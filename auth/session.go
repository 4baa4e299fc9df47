// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"context"
	"strings"
	"time"

	"plenum/coop"
)

const (
	sessionFor = 30 * 24 * time.Hour // since it was last seen
	seenEvery  = time.Hour           // how exactly that is known
)

var errSignIn = coop.Fail(coop.Unauthorized, "auth.SignIn", "the login or the password is wrong")

// SignIn makes a session for who knows a member's password. from is the address that
// it comes from, agent what the browser calls itself. Whether the login, the password
// or something else is wrong is not told, nor by the time that it takes. A24.
func (s *Service) SignIn(ctx context.Context, login, password, from, agent string) (secret string, _ coop.Session, _ coop.Member, err error) {
	login, named := coop.ParseLogin(strings.ToLower(strings.TrimSpace(login)))
	try, err := s.attempt(from, login)
	if err != nil {
		return "", coop.Session{}, coop.Member{}, err
	}
	var m coop.Member
	if named {
		m, err = s.People.MemberByLogin(ctx, login)
		if err != nil && coop.CodeOf(err) != coop.NotFound {
			try.forgiven(false)
			return "", coop.Session{}, coop.Member{}, err
		}
	}
	ok, err := s.matches(ctx, m.Password, password)
	switch {
	case err != nil:
		try.forgiven(false)
		return "", coop.Session{}, coop.Member{}, err
	case !ok || !m.Disabled.IsZero():
		s.log().InfoContext(ctx, "sign in refused", "member", string(m.ID))
		return "", coop.Session{}, coop.Member{}, errSignIn
	}
	try.forgiven(true)
	return s.open(ctx, m, "password", agent)
}

// open makes a session, with a secret that nobody has seen before. A15.
func (s *Service) open(ctx context.Context, m coop.Member, how, agent string) (secret string, v coop.Session, _ coop.Member, err error) {
	v = coop.Session{Member: m.ID, Agent: line(agent, 200), How: how, Created: s.now(), Seen: s.now().Truncate(seenEvery), Expires: s.now().Add(sessionFor)}
	if v.ID, err = s.id(); err != nil {
		return "", v, m, err
	}
	if secret, v.Hash, err = s.secret(""); err != nil {
		return "", v, m, err
	}
	if err := s.Doors.AddSession(ctx, v); err != nil {
		return "", coop.Session{}, coop.Member{}, err
	}
	return secret, v, m, nil
}

// Session is whose session a cookie is, and keeps it from ending for as long as it is
// used.
func (s *Service) Session(ctx context.Context, secret string) (coop.Session, coop.Member, error) {
	const op = "auth.Session"
	none := coop.Fail(coop.Unauthorized, op, "sign in first")
	if secret == "" || len(secret) > secretBytes {
		return coop.Session{}, coop.Member{}, none
	}
	v, m, err := s.Doors.Session(ctx, digest(secret))
	switch {
	case coop.CodeOf(err) == coop.NotFound, err == nil && (!s.Now().Before(v.Expires) || !m.Disabled.IsZero()):
		return coop.Session{}, coop.Member{}, none
	case err != nil:
		return coop.Session{}, coop.Member{}, err
	}
	if now := s.now(); now.Sub(v.Seen) >= seenEvery {
		if err := s.Doors.SeeSession(ctx, v.ID, now); err != nil { // it is good all the same
			s.log().WarnContext(ctx, "session not kept", "err", err)
		}
	}
	return v, m, nil
}

// Sessions are those of a member that have not ended.
func (s *Service) Sessions(ctx context.Context, member coop.ID) ([]coop.Session, error) {
	all, err := s.Doors.Sessions(ctx, member)
	var open []coop.Session
	for _, v := range all {
		if s.Now().Before(v.Expires) {
			open = append(open, v)
		}
	}
	return open, err
}

// SignOut ends a session.
func (s *Service) SignOut(ctx context.Context, v coop.Session) error {
	return s.Doors.EndSession(ctx, v.Member, v.ID)
}

// EndSession ends another session of a member; the empty id ends all of them.
func (s *Service) EndSession(ctx context.Context, member, id coop.ID) error {
	return s.Doors.EndSession(ctx, member, id)
}

// Principal is what a member who has a session may do for a co-op.
func (s *Service) Principal(m coop.Member, n coop.Name) coop.Principal {
	p := coop.Principal{Coop: n, Role: m.Role(n), Member: m.ID, By: byMember(m.Login)}
	if n == coop.Relay && !m.Operator {
		p.Role = ""
	}
	return p
}
