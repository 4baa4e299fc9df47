// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"context"
	"strings"
	"time"

	"plenum/coop"
)

// ResetLink makes a link by which a member chooses a new password. Whoever has it is
// the member, so that it takes an admin of every co-op of theirs.
func (s *Service) ResetLink(ctx context.Context, by coop.Principal, member coop.ID) (secret string, err error) {
	a, err := s.authority(ctx, by)
	if err != nil {
		return "", err
	}
	m, err := s.People.Member(ctx, member)
	if err != nil {
		return "", err
	}
	switch {
	case !a.manages(m):
		return "", errNotAll
	case !m.Disabled.IsZero():
		return "", coop.Fail(coop.Conflict, "auth.ResetLink", "this member may not sign in: let them in again first")
	}
	secret, _, err = s.resetTicket(ctx, m, by.By, resetFor)
	return secret, err
}

func (s *Service) resetTicket(ctx context.Context, m coop.Member, by string, lasts time.Duration) (string, coop.Ticket, error) {
	secret, t, err := s.ticket(coop.Ticket{Kind: coop.Reset, Member: m.ID, By: by}, lasts)
	if err != nil {
		return "", t, err
	}
	d, err := s.decision(by, "member reset", "", string(m.ID))
	if err != nil {
		return "", t, err
	}
	return secret, t, s.Tickets.AddTicket(ctx, t, d)
}

// How often a link may be asked for by mail.
const (
	asksPerLogin = 3
	asksWithin   = time.Hour
)

// AskReset sends a member a link to choose a new password by. What it answers, and
// how fast, does not tell whether there is such a member and such an address: all that
// is found out later, by KeepMail.
func (s *Service) AskReset(_ context.Context, login string, link func(secret string) string) error {
	if s.Mail == nil {
		return coop.Fail(coop.Unavailable, "auth.AskReset", "this instance sends no mail: ask an admin of your co-op for a link")
	}
	login, ok := coop.ParseLogin(strings.ToLower(strings.TrimSpace(login)))
	if !ok || s.asked.take(login, asksPerLogin, asksWithin, s.Now()) > 0 {
		return nil
	}
	s.later(func(ctx context.Context) error {
		m, err := s.People.MemberByLogin(ctx, login)
		switch {
		case coop.CodeOf(err) == coop.NotFound, err == nil && (m.Email == "" || !m.Disabled.IsZero()):
			return nil
		case err != nil:
			return err
		}
		secret, _, err := s.resetTicket(ctx, m, "whoever asked for it by mail", mailResetFor)
		if err != nil {
			return err
		}
		return s.Mail(ctx, letterReset(s.Site, m, link(secret)))
	})
	return nil
}

// ResetTicket is the member whose password a link changes.
func (s *Service) ResetTicket(ctx context.Context, secret string) (coop.Member, error) {
	_, m, err := s.resets(ctx, secret)
	return m, err
}

func (s *Service) resets(ctx context.Context, secret string) (coop.Ticket, coop.Member, error) {
	t, err := s.found(ctx, secret, coop.Reset)
	if err != nil {
		return t, coop.Member{}, err
	}
	m, err := s.People.Member(ctx, t.Member)
	if err == nil {
		err = stillGood(t, m)
	}
	if err == nil {
		err = s.stands(ctx, t, func(maker authority) bool { return maker.manages(m) })
	}
	return t, m, err
}

// stillGood refuses a link that is older than the password: it may lie in a mailbox
// or a chat still.
func stillGood(t coop.Ticket, m coop.Member) error {
	switch {
	case !m.Disabled.IsZero():
		return coop.Fail(coop.Forbidden, "auth.Reset", "this member may not sign in")
	case m.Changed.After(t.Created):
		return coop.Fail(coop.Gone, "auth.Reset", "the password was changed since this link was made; ask for another one")
	}
	return nil
}

// Reset gives a member a new password, once for each link. All their sessions and all
// that they let programs do ends.
func (s *Service) Reset(ctx context.Context, secret, password string) (coop.Member, error) {
	t, m, err := s.resets(ctx, secret)
	if err != nil {
		return coop.Member{}, err
	}
	phc, err := s.chosen(ctx, m, password)
	if err != nil {
		return coop.Member{}, err
	}
	d, err := s.decision(byMember(m.Login), "member password", "", string(m.ID))
	if err != nil {
		return coop.Member{}, err
	}
	d.Why = "by a link of " + t.By
	m, err = s.Doors.Restore(ctx, t.Hash, d, func(m *coop.Member) error {
		if err := stillGood(t, *m); err != nil {
			return err
		}
		m.Password, m.Changed = phc, s.now()
		return nil
	})
	if err != nil {
		return coop.Member{}, err
	}
	s.failures.forget("account " + m.Login)
	s.tellPassword(m)
	return m, nil
}

// chosen is what is kept of a new password of a member.
func (s *Service) chosen(ctx context.Context, m coop.Member, password string) (string, error) {
	if err := fits(password, m.Login, m.Name); err != nil {
		return "", err
	}
	return s.hash(ctx, password)
}

// ChangePassword gives a member another password who knows the present one. All their
// sessions end, this one too, and all that they let programs do. A21. Who never had
// one, and comes in by passkeys, gives none.
func (s *Service) ChangePassword(ctx context.Context, member coop.ID, old, password string) error {
	m, err := s.People.Member(ctx, member)
	if err != nil {
		return err
	}
	if m.Password != "" {
		if err := s.knows(ctx, m, old); err != nil {
			return err
		}
	}
	phc, err := s.chosen(ctx, m, password)
	if err != nil {
		return err
	}
	d, err := s.decision(byMember(m.Login), "member password", "", string(m.ID))
	if err != nil {
		return err
	}
	before := m.Password
	m, err = s.People.ChangeMember(ctx, member, true, d, func(m *coop.Member) error {
		if m.Password != before {
			return coop.Fail(coop.Conflict, "auth.ChangePassword", "the password was changed just now")
		}
		m.Password, m.Changed = phc, s.now()
		return nil
	})
	if err == nil {
		s.tellPassword(m)
	}
	return err
}

// knows wants the present password of a member who has a session: whoever sits at a
// browser that was left open does not get it by trying.
func (s *Service) knows(ctx context.Context, m coop.Member, password string) error {
	a, err := s.attempt("", m.Login)
	if err != nil {
		return err
	}
	ok, err := s.matches(ctx, m.Password, password)
	switch {
	case err != nil:
		a.forgiven(false)
		return err
	case !ok:
		return coop.Wrong("old", "this is not your present password")
	}
	a.forgiven(true)
	return nil
}

func (s *Service) tellPassword(m coop.Member) {
	if m.Email != "" {
		s.send(letterPassword(s.Site, m))
	}
}
