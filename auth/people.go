// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"time"

	"plenum/coop"
)

// NewMember is what somebody says of themselves who becomes a member.
type NewMember struct {
	Login    string
	Name     string // empty: the login
	Email    string // may be empty
	Language string // of what is sent to them; may be empty
	Password string
}

// authority is what somebody who asks for something may do about others.
type authority struct {
	machine bool // whoever holds the file
	member  coop.Member
}

// authority looks who asks, as of now. No token has any: a program that may publish
// may not change who else may. A28.
func (s *Service) authority(ctx context.Context, by coop.Principal) (authority, error) {
	switch {
	case by.Token != "":
		return authority{}, coop.Fail(coop.Forbidden, "auth.authority", "a token cannot do this: sign in with a browser, or use the command line of the instance")
	case by.Member == "" && by.Role == coop.Admin:
		return authority{machine: true}, nil
	case by.Member == "":
		return authority{}, coop.Fail(coop.Forbidden, "auth.authority", "only an admin of the co-op can do this")
	}
	m, err := s.People.Member(ctx, by.Member)
	return authority{member: m}, err
}

// operates reports whether they look after the instance.
func (a authority) operates() bool {
	return a.machine || a.member.Operator && a.member.Disabled.IsZero()
}

// over reports whether they may say who works for a co-op.
func (a authority) over(n coop.Name) bool {
	return a.machine || a.member.Role(n).Covers(coop.Admin)
}

// manages reports whether they may let a member in again or keep them out. That is
// for admins of all co-ops of the member: a link to choose a new password opens them
// all.
func (a authority) manages(m coop.Member) bool {
	if a.operates() {
		return true
	}
	if m.Operator || len(m.Roles) == 0 {
		return false
	}
	for n := range m.Roles {
		if !a.over(n) {
			return false
		}
	}
	return true
}

var (
	errNotAdmin  = coop.Fail(coop.Forbidden, "auth.people", "only an admin of the co-op can do this")
	errNotAll    = coop.Fail(coop.Forbidden, "auth.people", "this is for admins of every co-op that the member works for, or for the operator of the instance")
	errOperators = coop.Fail(coop.Forbidden, "auth.people", "only the operator of the instance can do this")
)

// Member returns a member.
func (s *Service) Member(ctx context.Context, id coop.ID) (coop.Member, error) {
	return s.People.Member(ctx, id)
}

// Members returns who works for a co-op, for its admins; for the empty name all, for
// operators.
func (s *Service) Members(ctx context.Context, by coop.Principal, n coop.Name) ([]coop.Member, error) {
	a, err := s.authority(ctx, by)
	switch {
	case err != nil:
		return nil, err
	case n == "" && !a.operates():
		return nil, errOperators
	case n != "" && !a.over(n):
		return nil, errNotAdmin
	}
	return s.People.Members(ctx, n)
}

// AddMember makes a member without an invitation, which is for operators. Without a
// password they come in by a link of ResetLink.
func (s *Service) AddMember(ctx context.Context, by coop.Principal, in NewMember, roles map[coop.Name]coop.Role, operator bool) (coop.Member, error) {
	a, err := s.authority(ctx, by)
	if err != nil {
		return coop.Member{}, err
	}
	if !a.operates() {
		return coop.Member{}, errOperators
	}
	for n, r := range roles {
		if err := checkRole(n, r); err != nil {
			return coop.Member{}, err
		}
	}
	m, err := s.newMember(ctx, in, in.Password == "")
	if err != nil {
		return coop.Member{}, err
	}
	m.Operator = operator
	if m.Roles = maps.Clone(roles); m.Roles == nil {
		m.Roles = map[coop.Name]coop.Role{}
	}
	d, err := s.decision(by.By, "member add", by.Coop, m.Login)
	if err != nil {
		return coop.Member{}, err
	}
	return m, s.People.AddMember(ctx, m, d)
}

// newMember checks what somebody says of themselves and makes a member of it.
func (s *Service) newMember(ctx context.Context, in NewMember, bare bool) (m coop.Member, err error) {
	login, ok := coop.ParseLogin(strings.ToLower(strings.TrimSpace(in.Login)))
	if !ok {
		return m, coop.Wrong("login", "choose a login of 2 to 40 of the characters a to z, 0 to 9, '.', '_' and '-'")
	}
	m = coop.Member{Login: login, Created: s.now(), Changed: s.now(), Handle: make([]byte, 64)}
	if err := describe(&m, in.Name, in.Email, in.Language); err != nil {
		return m, err
	}
	if !bare {
		if err := fits(in.Password, login, m.Name); err != nil {
			return m, err
		}
		if m.Password, err = s.hash(ctx, in.Password); err != nil {
			return m, err
		}
	}
	if _, err := io.ReadFull(s.Rand, m.Handle); err != nil {
		return m, fmt.Errorf("make a handle: %w", err)
	}
	m.ID, err = s.id()
	return m, err
}

// describe sets what a member may say of themselves at any time.
func describe(m *coop.Member, name, email, language string) error {
	m.Name = line(name, 80)
	if m.Name == "" {
		m.Name = m.Login
	}
	if email = strings.TrimSpace(email); email != "" {
		a, err := mail.ParseAddress(email)
		if err != nil || a.Address != email || a.Name != "" || len(email) > 254 || strings.ContainsAny(email, "\r\n\"() ") {
			return coop.Wrong("email", "this is no e-mail address")
		}
	}
	if language != "" && !coop.IsLanguage(language) {
		return coop.Wrong("language", "this is no language")
	}
	m.Email, m.Language = email, language
	return nil
}

// checkRole wants a role of a co-op that can have members.
func checkRole(n coop.Name, r coop.Role) error {
	if _, ok := coop.ParseRole(string(r)); !ok {
		return coop.Wrong("role", "the roles are editor, publisher and admin")
	}
	if name, ok := coop.ParseName(string(n)); !ok || name == coop.Relay {
		return coop.Wrong("coop", "nobody can be a member of that")
	}
	return nil
}

// SetRole says what a member may do for a co-op; the empty role lets them go, and
// ends what they let programs do for it. Whoever is not there yet is invited, and
// not put there, but by operators. Members may leave themselves. The last admin of
// a co-op stays, unless an operator says so.
func (s *Service) SetRole(ctx context.Context, by coop.Principal, member coop.ID, n coop.Name, role coop.Role) (coop.Member, error) {
	a, err := s.authority(ctx, by)
	if err != nil {
		return coop.Member{}, err
	}
	leaves := role == "" && by.Member == member
	if !a.over(n) && !leaves {
		return coop.Member{}, errNotAdmin
	}
	if role != "" {
		if err := checkRole(n, role); err != nil {
			return coop.Member{}, err
		}
	}
	s.roles.Lock()
	defer s.roles.Unlock()
	if !a.operates() && role != coop.Admin {
		if err := s.keepsAdmin(ctx, member, n); err != nil {
			return coop.Member{}, err
		}
	}
	d, err := s.decision(by.By, "member role", n, string(member))
	if err != nil {
		return coop.Member{}, err
	}
	d.Why = string(role)
	return s.People.ChangeMember(ctx, member, false, d, func(m *coop.Member) error {
		_, there := m.Roles[n]
		switch {
		case !there && (role == "" || !a.operates()):
			return coop.Fail(coop.NotFound, "auth.SetRole", "they are no member of this co-op; invite them")
		case role == "":
			delete(m.Roles, n)
			return nil
		case m.Roles == nil:
			m.Roles = map[coop.Name]coop.Role{}
		}
		m.Roles[n] = role
		return nil
	})
}

// keepsAdmin refuses what would leave a co-op without an admin.
func (s *Service) keepsAdmin(ctx context.Context, member coop.ID, n coop.Name) error {
	all, err := s.People.Members(ctx, n)
	if err != nil {
		return err
	}
	admin := func(m coop.Member) bool { return m.Disabled.IsZero() && m.Roles[n] == coop.Admin }
	if slices.ContainsFunc(all, func(m coop.Member) bool { return m.ID == member && admin(m) }) &&
		!slices.ContainsFunc(all, func(m coop.Member) bool { return m.ID != member && admin(m) }) {
		return coop.Fail(coop.Conflict, "auth.people", "this is the last admin of "+string(n)+": make somebody else an admin first")
	}
	return nil
}

// Disable keeps a member out from now on: all sessions and tokens end. What they did
// stays theirs.
func (s *Service) Disable(ctx context.Context, by coop.Principal, member coop.ID) (coop.Member, error) {
	return s.setDisabled(ctx, by, member, true)
}

// Enable lets a member in again.
func (s *Service) Enable(ctx context.Context, by coop.Principal, member coop.ID) (coop.Member, error) {
	return s.setDisabled(ctx, by, member, false)
}

func (s *Service) setDisabled(ctx context.Context, by coop.Principal, member coop.ID, out bool) (coop.Member, error) {
	a, err := s.authority(ctx, by)
	if err != nil {
		return coop.Member{}, err
	}
	what := "member enable"
	if out {
		what = "member disable"
	}
	d, err := s.decision(by.By, what, by.Coop, string(member))
	if err != nil {
		return coop.Member{}, err
	}
	s.roles.Lock()
	defer s.roles.Unlock()
	m, err := s.People.Member(ctx, member)
	if err != nil {
		return coop.Member{}, err
	}
	switch {
	case !a.manages(m):
		return coop.Member{}, errNotAll
	case out && by.Member == member:
		return coop.Member{}, coop.Fail(coop.Conflict, "auth.Disable", "nobody can keep themselves out; somebody else can")
	}
	if out && !a.operates() {
		for n := range m.Roles {
			if err := s.keepsAdmin(ctx, member, n); err != nil {
				return coop.Member{}, err
			}
		}
	}
	return s.People.ChangeMember(ctx, member, out, d, func(m *coop.Member) error {
		if !a.manages(*m) {
			return errNotAll
		}
		if m.Disabled = s.now(); !out {
			m.Disabled = time.Time{}
		}
		return nil
	})
}

// SetProfile changes how the others know a member and how to reach them. Who changes
// the address is told at the old one.
func (s *Service) SetProfile(ctx context.Context, member coop.ID, name, email, language string) (coop.Member, error) {
	m, err := s.People.Member(ctx, member)
	if err != nil {
		return coop.Member{}, err
	}
	d, err := s.decision(byMember(m.Login), "member profile", "", string(member))
	if err != nil {
		return coop.Member{}, err
	}
	var before coop.Member
	m, err = s.People.ChangeMember(ctx, member, false, d, func(m *coop.Member) error {
		before = *m
		return describe(m, name, email, language)
	})
	if err == nil && before.Email != "" && before.Email != m.Email {
		s.send(letterEmailChanged(s.Site, before))
	}
	return m, err
}
