// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"plenum/coop"
)

// post is what is to be looked up and sent when nobody waits for it.
type post struct {
	mu   sync.Mutex
	jobs chan func(context.Context) error
}

// postJobs is how many letters wait; more are not sent.
const postJobs = 100

func (s *Service) queue() chan func(context.Context) error {
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	if s.post.jobs == nil {
		s.post.jobs = make(chan func(context.Context) error, postJobs)
	}
	return s.post.jobs
}

// later has KeepMail do something.
func (s *Service) later(do func(context.Context) error) {
	select {
	case s.queue() <- do:
	default:
		s.log().Warn("too many letters wait: one is not sent")
	}
}

// send sends a letter, where the instance has mail.
func (s *Service) send(l Letter) {
	if s.Mail != nil && l.To != "" {
		s.later(func(ctx context.Context) error { return s.Mail(ctx, l) })
	}
}

// letterFor is how long one letter may take.
const letterFor = time.Minute

// KeepMail sends letters until ctx ends. A letter that cannot be sent is logged and
// not tried again: whoever misses it asks anew.
func (s *Service) KeepMail(ctx context.Context) {
	jobs := s.queue()
	for {
		select {
		case <-ctx.Done():
			return
		case do := <-jobs:
			once, cancel := context.WithTimeout(ctx, letterFor)
			if err := do(once); err != nil && ctx.Err() == nil {
				s.log().ErrorContext(ctx, "letter not sent", "err", err)
			}
			cancel()
		}
	}
}

// toldEvery is how often a member is told at most that proposals wait.
const toldEvery = time.Hour

// TellOfProposal tells those who may decide about a proposal, and who gave an address,
// that it waits; each at most once an hour.
func (s *Service) TellOfProposal(p coop.Proposal) {
	if s.Mail == nil {
		return
	}
	s.later(func(ctx context.Context) error {
		all, err := s.People.Members(ctx, p.Coop)
		if err != nil {
			return err
		}
		var failed []error
		for _, m := range all {
			who := s.Principal(m, p.Coop)
			if m.Email == "" || !who.Role.Covers(coop.Publisher) || who.Self() == p.Self || s.told.take(string(m.ID), 1, toldEvery, s.Now()) > 0 {
				continue
			}
			failed = append(failed, s.Mail(ctx, letterProposal(s.Site, m, p)))
		}
		return errors.Join(failed...) // of one address, the others are told all the same
	})
}

// letter chooses the language of a member.
func letter(m coop.Member, en, de [2]string, args ...any) Letter {
	text := en
	if strings.HasPrefix(m.Language, "de") {
		text = de
	}
	return Letter{To: m.Email, Subject: text[0], Text: fmt.Sprintf(text[1], args...)}
}

func letterInvitation(site coop.Site, m coop.Member, t coop.Ticket, link string) Letter {
	return letter(m,
		[2]string{"You are invited to " + site.Domain, "You are invited to work for the co-op %[1]s on %[2]s.\n\nThis link makes you a member, once, until %[3]s:\n\n%[4]s\n\nIf you did not expect it, there is nothing to do.\n"},
		[2]string{"Einladung zu " + site.Domain, "Du bist eingeladen, bei der Kooperative %[1]s auf %[2]s mitzuarbeiten.\n\nDieser Link macht dich zum Mitglied, einmal und bis %[3]s:\n\n%[4]s\n\nWenn du ihn nicht erwartet hast, ist nichts zu tun.\n"},
		t.Coop, site.Domain, t.Expires.Format("2006-01-02 15:04 MST"), link)
}

func letterReset(site coop.Site, m coop.Member, link string) Letter {
	return letter(m,
		[2]string{"A new password for " + site.Domain, "Somebody asked for a link to choose a new password for %[1]s on %[2]s.\n\nIt works once, within an hour:\n\n%[3]s\n\nIf it was not you, there is nothing to do: nothing has changed.\n"},
		[2]string{"Ein neues Passwort für " + site.Domain, "Jemand hat um einen Link gebeten, um für %[1]s auf %[2]s ein neues Passwort zu wählen.\n\nEr gilt einmal und eine Stunde lang:\n\n%[3]s\n\nWenn du das nicht warst, ist nichts zu tun: Es hat sich nichts geändert.\n"},
		m.Login, site.Domain, link)
}

func letterPassword(site coop.Site, m coop.Member) Letter {
	return letter(m,
		[2]string{"Your password on " + site.Domain + " was changed", "The password of %[1]s on %[2]s was changed. All browsers were signed out, and all apps have to be let in again.\n\nIf it was not you, ask an admin of your co-op for a link to choose another one.\n"},
		[2]string{"Dein Passwort auf " + site.Domain + " wurde geändert", "Das Passwort von %[1]s auf %[2]s wurde geändert. Alle Browser wurden abgemeldet, und alle Apps müssen neu zugelassen werden.\n\nWenn du das nicht warst, bitte die Verwaltung deiner Kooperative um einen Link, um ein anderes zu wählen.\n"},
		m.Login, site.Domain)
}

func letterPasskey(site coop.Site, m coop.Member, name string) Letter {
	return letter(m,
		[2]string{"A passkey was added on " + site.Domain, "From now on the passkey %[3]q signs in as %[1]s on %[2]s.\n\nIf it was not you, remove it and change your password, at:\n\n%[4]s\n"},
		[2]string{"Neuer Passkey auf " + site.Domain, "Ab jetzt meldet der Passkey %[3]q als %[1]s auf %[2]s an.\n\nWenn du das nicht warst, entferne ihn und ändere dein Passwort:\n\n%[4]s\n"},
		m.Login, site.Domain, name, site.Base()+"/account")
}

func letterEmailChanged(site coop.Site, m coop.Member) Letter {
	return letter(m,
		[2]string{"Your address on " + site.Domain + " was changed", "%[1]s on %[2]s has another e-mail address from now on, or none. This is the last letter to this one.\n\nIf it was not you, ask an admin of your co-op for help.\n"},
		[2]string{"Deine Adresse auf " + site.Domain + " wurde geändert", "%[1]s auf %[2]s hat ab jetzt eine andere E-Mail-Adresse oder keine. Dies ist der letzte Brief an diese.\n\nWenn du das nicht warst, bitte die Verwaltung deiner Kooperative um Hilfe.\n"},
		m.Login, site.Domain)
}

func letterProposal(site coop.Site, m coop.Member, p coop.Proposal) Letter {
	return letter(m,
		[2]string{"Something waits for your decision on " + site.Domain, "%[1]s proposes for the co-op %[2]s: %[3]s %[4]q.\n\nDecide about it, and see what else waits, at:\n\n%[5]s\n\nYou are told at most once an hour.\n"},
		[2]string{"Etwas wartet auf deine Entscheidung auf " + site.Domain, "%[1]s schlägt für die Kooperative %[2]s vor: %[3]s %[4]q.\n\nEntscheiden, und sehen, was sonst noch wartet:\n\n%[5]s\n\nDu bekommst höchstens einmal in der Stunde Bescheid.\n"},
		p.By, p.Coop, p.What, line(p.Title, 200), site.Base()+"/desk")
}
