// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"context"
	"strings"
	"time"

	"plenum/coop"
)

// How long links are good for.
const (
	inviteFor    = 7 * 24 * time.Hour
	resetFor     = 24 * time.Hour // which an admin hands over
	mailResetFor = time.Hour      // which comes by mail
)

// Invite makes a link by which somebody becomes a member of a co-op. It is sent where
// an address is given and the instance has mail; secret is for the link, once.
func (s *Service) Invite(ctx context.Context, by coop.Principal, n coop.Name, role coop.Role, note, email string) (secret string, t coop.Ticket, err error) {
	a, err := s.authority(ctx, by)
	if err != nil {
		return "", t, err
	}
	if !a.over(n) {
		return "", t, errNotAdmin
	}
	if err := checkRole(n, role); err != nil {
		return "", t, err
	}
	invited := coop.Member{Login: "invited", Language: a.member.Language}
	if err := describe(&invited, "", email, a.member.Language); err != nil {
		return "", t, err
	}
	secret, t, err = s.ticket(coop.Ticket{Kind: coop.Invitation, Coop: n, Role: role, Note: line(note, 100), By: by.By}, inviteFor)
	if err != nil {
		return "", t, err
	}
	d, err := s.decision(by.By, "member invite", n, string(t.ID))
	if err != nil {
		return "", t, err
	}
	d.Why = string(role)
	if err := s.Tickets.AddTicket(ctx, t, d); err != nil {
		return "", t, err
	}
	if invited.Email != "" {
		s.send(letterInvitation(s.Site, invited, t, s.Site.Base()+"/invite/"+secret))
	}
	return secret, t, nil
}

// ticket gives a ticket its id, its secret and its time.
func (s *Service) ticket(t coop.Ticket, lasts time.Duration) (secret string, _ coop.Ticket, err error) {
	if t.ID, err = s.id(); err != nil {
		return "", t, err
	}
	if secret, t.Hash, err = s.secret(""); err != nil {
		return "", t, err
	}
	t.Created, t.Expires = s.now(), s.now().Add(lasts)
	return secret, t, nil
}

// Invitation is what a link invites to.
func (s *Service) Invitation(ctx context.Context, secret string) (coop.Ticket, error) {
	t, err := s.found(ctx, secret, coop.Invitation)
	if err != nil {
		return t, err
	}
	return t, s.stands(ctx, t, func(maker authority) bool { return maker.over(t.Coop) })
}

// stands refuses a link that its maker could not make today: an admin who was let go
// leaves no door open behind them, neither for themselves nor to what the member whom
// the link lets in came to do since.
func (s *Service) stands(ctx context.Context, t coop.Ticket, may func(maker authority) bool) error {
	login, ok := strings.CutPrefix(t.By, byMember(""))
	if !ok { // of whoever holds the file, or whom the link lets in
		return nil
	}
	m, err := s.People.MemberByLogin(ctx, login)
	switch {
	case err != nil && coop.CodeOf(err) != coop.NotFound:
		return err
	case err != nil || !may(authority{member: m}):
		return coop.Fail(coop.Gone, "auth.ticket", "who made this link may no longer do that; ask for another one")
	}
	return nil
}

// found looks a ticket up that is good for something.
func (s *Service) found(ctx context.Context, secret string, kind coop.TicketKind) (coop.Ticket, error) {
	const op = "auth.ticket"
	if secret == "" || len(secret) > secretBytes {
		return coop.Ticket{}, coop.Fail(coop.NotFound, op, "this link is not known: it may not have been copied as a whole")
	}
	t, err := s.Tickets.Ticket(ctx, digest(secret))
	switch {
	case coop.CodeOf(err) == coop.NotFound, err == nil && t.Kind != kind:
		return coop.Ticket{}, coop.Fail(coop.NotFound, op, "this link is not known: it may not have been copied as a whole")
	case err != nil:
		return coop.Ticket{}, err
	case !t.Used.IsZero():
		return coop.Ticket{}, coop.Fail(coop.Gone, op, "this link was used already; ask for another one")
	case !s.Now().Before(t.Expires):
		return coop.Ticket{}, coop.Fail(coop.Gone, op, "this link has expired; ask for another one")
	}
	return t, nil
}

// Invitations are those of a co-op that are in force, for its admins.
func (s *Service) Invitations(ctx context.Context, by coop.Principal, n coop.Name) ([]coop.Ticket, error) {
	a, err := s.authority(ctx, by)
	if err != nil {
		return nil, err
	}
	if !a.over(n) {
		return nil, errNotAdmin
	}
	all, err := s.Tickets.Tickets(ctx, n)
	var good []coop.Ticket
	for _, t := range all {
		switch err := s.stands(ctx, t, func(maker authority) bool { return maker.over(n) }); coop.CodeOf(err) {
		case "":
			good = append(good, t)
		case coop.Gone:
		default:
			return nil, err
		}
	}
	return good, err
}

// DropInvitation takes an invitation of a co-op back.
func (s *Service) DropInvitation(ctx context.Context, by coop.Principal, n coop.Name, id coop.ID) error {
	open, err := s.Invitations(ctx, by, n)
	if err != nil {
		return err
	}
	for _, t := range open {
		if t.ID == id {
			d, err := s.decision(by.By, "member uninvite", n, string(id))
			if err != nil {
				return err
			}
			return s.Tickets.DropTicket(ctx, id, d)
		}
	}
	return coop.Fail(coop.NotFound, "auth.DropInvitation", "there is no such invitation")
}

// Enrol makes a member of who has an invitation.
func (s *Service) Enrol(ctx context.Context, secret string, in NewMember) (coop.Member, error) {
	t, err := s.Invitation(ctx, secret) // before any work: strangers have none
	if err != nil {
		return coop.Member{}, err
	}
	m, err := s.newMember(ctx, in, false)
	if err != nil {
		return coop.Member{}, err
	}
	m.Roles = map[coop.Name]coop.Role{t.Coop: t.Role}
	return s.enrol(ctx, t, m, m.Login)
}

// EnrolExisting lets somebody who is a member of another co-op take an invitation.
func (s *Service) EnrolExisting(ctx context.Context, secret string, member coop.ID) (coop.Member, error) {
	t, err := s.Invitation(ctx, secret)
	if err != nil {
		return coop.Member{}, err
	}
	m, err := s.People.Member(ctx, member)
	if err != nil {
		return coop.Member{}, err
	}
	return s.enrol(ctx, t, coop.Member{ID: m.ID}, m.Login)
}

func (s *Service) enrol(ctx context.Context, t coop.Ticket, m coop.Member, login string) (coop.Member, error) {
	d, err := s.decision(byMember(login), "member join", t.Coop, string(m.ID))
	if err != nil {
		return coop.Member{}, err
	}
	d.Why = "invited by " + t.By
	return s.Doors.Enrol(ctx, t.Hash, m, d)
}

// byMember is how the log names a member.
func byMember(login string) string { return "member " + login }
