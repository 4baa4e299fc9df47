// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"fmt"
	"io"

	"plenum/coop"
)

// Paths of the pages for members, which are no ids: nobody else needs them.
const (
	loginPath   = "/login"
	accountPath = "/account"
	membersPath = "/members"
	deskPath    = "/desk"
	resetPath   = "/reset"
)

// door makes what stands around a page for somebody who is not signed in.
func (p *Pages) door(s setter, c Chrome, what string, faults []fault) frame {
	f := p.frame(s, c, s.heading(what, faults))
	f.Head.Hidden, f.Head.Dress = true, StaticPath+p.names["members.css"]
	return f
}

// heading is the title of a window, which says where there is something to put
// right: it is what a screen reader says first.
func (s setter) heading(what string, faults []fault) string {
	if len(faults) > 0 {
		return fmt.Sprintf(s.T.ErrorHeading, what)
	}
	return what
}

// room makes what stands around a page for a member.
func (p *Pages) room(s setter, v Visit, what, at string, faults []fault) frame {
	f := p.door(s, v.Chrome, what, faults)
	f.Head.NavName, f.Head.Leave = s.T.MemberNav, v.CSRF
	f.Head.Who = fmt.Sprintf(s.T.SignedInAs, cmp.Or(v.Member.Name, v.Member.Login))
	f.Head.Nav = nil
	for _, n := range []struct {
		path, text string
		shown      bool
	}{{deskPath, s.T.Desk, true}, {membersPath, s.T.Members, v.Admin}, {accountPath, s.T.Account, true}} {
		if n.shown {
			f.Head.Nav = append(f.Head.Nav, navItem{URL: coop.IRI(n.path), Text: n.text, Current: n.path == at})
		}
	}
	return f
}

func (p *Pages) script() string { return StaticPath + p.names["passkey.js"] }

type loginPage struct {
	frame
	Notice     string
	Wrong      string
	Next       string
	Name, Word control
	ResetPath  string
}

// Login writes the door for members.
func (p *Pages) Login(w io.Writer, v LoginView) error {
	s := newSetter(v.Chrome)
	f := s.sheet(nil)
	page := loginPage{Notice: s.T.done(v.Done), Next: v.Next, ResetPath: resetPath}
	if v.Wrong {
		page.Wrong = s.T.LoginWrong
	}
	if v.Slow {
		page.Wrong = s.T.LoginSlow
	}
	page.Name = f.set(control{ID: "login", Label: s.T.LoginName, Value: v.Login, Auto: "username webauthn", Plain: true, Required: true, Max: 80, Focus: v.Login == "" && page.Wrong == ""})
	page.Word = f.set(control{ID: "password", Label: s.T.Password, Type: "password", Auto: "current-password", Required: true, Max: 200})
	var faults []fault
	if page.Wrong != "" {
		faults = []fault{{Field: "login", Text: page.Wrong}}
	}
	page.frame = p.door(s, v.Chrome, s.T.LoginTitle, faults)
	page.Head.Script = p.script()
	return p.render(w, "login", page)
}

type invitePage struct {
	frame
	Gone              bool
	Heading, Lead     string
	Note, Until       string
	Coop              group
	Action, LoginURL  string
	CSRF, JoinAs      string
	Faults            []fault
	Login, Name, Mail control
	Language, Word    control
}

// Invite writes an invitation.
func (p *Pages) Invite(w io.Writer, v InviteView) error {
	s := newSetter(v.Chrome)
	if v.Gone {
		page := invitePage{frame: p.door(s, v.Chrome, s.T.InviteGone, nil), Gone: true, Heading: s.T.InviteGone, Lead: s.T.InviteGoneText}
		return p.render(w, "invite", page)
	}
	title := titleOf(v.Coop)
	role, hint := s.T.role(v.Ticket.Role)
	f := s.sheet(v.Mistakes)
	page := invitePage{
		Heading: fmt.Sprintf(s.T.InviteTitle, title), Lead: s.inviting(v.Ticket.By, title) + " " + fmt.Sprintf(s.T.InviteAs, role, hint),
		Until: fmt.Sprintf(s.T.InviteUntil, s.day(v.Ticket.Expires)), Coop: s.group(v.Coop),
		Action: "/invite/" + v.Secret, LoginURL: loginPath + "?next=/invite/" + v.Secret, CSRF: v.CSRF,
		Login: f.set(control{ID: "login", Label: s.T.LoginName, Hint: s.T.LoginHint, Value: v.Person.Login, Auto: "username", Plain: true, Required: true, Max: 40}),
		Name:  f.set(control{ID: "name", Label: s.T.PersonName, Hint: s.T.PersonHint, Value: v.Person.Name, Auto: "name", Required: true, Max: 100}),
		Mail:  f.set(control{ID: "email", Label: s.T.Email, Hint: s.T.EmailHint, Value: v.Person.Email, Type: "email", Auto: "email", Optional: true, Max: 200}),
		Language: f.set(control{ID: "language", Label: s.T.Language, Tag: "select",
			Options: s.languages(cmp.Or(v.Person.Language, s.Lang))}),
		Word:   f.set(control{ID: "password", Label: s.T.PasswordNew, Hint: s.T.PasswordHint, Type: "password", Auto: "new-password", Required: true, Max: 200}),
		Faults: f.rest(),
	}
	if v.Ticket.Note != "" {
		page.Note = fmt.Sprintf(s.T.InviteNote, v.Ticket.Note)
	}
	if v.Member.ID != "" {
		page.JoinAs = fmt.Sprintf(s.T.InviteJoinAs, cmp.Or(v.Member.Name, v.Member.Login))
	}
	page.frame = p.door(s, v.Chrome, page.Heading, page.Faults)
	return p.render(w, "invite", page)
}

// inviting says who invites; nobody is named where by is empty.
func (s setter) inviting(by, title string) string {
	if by == "" {
		return fmt.Sprintf(s.T.InviteBare, title)
	}
	return fmt.Sprintf(s.T.InviteLead, by, title)
}

type resetPage struct {
	frame
	Heading, Lead string
	Gone, NoMail  bool
	Sent, Choose  bool
	Action        string
	Ask           string
	Faults        []fault
	Field         control
	Button        string
}

// Reset writes the page of a forgotten password.
func (p *Pages) Reset(w io.Writer, v ResetView) error {
	s := newSetter(v.Chrome)
	f := s.sheet(v.Mistakes)
	page := resetPage{Heading: s.T.ResetTitle, Lead: s.T.ResetLead, Sent: v.Sent, Action: resetPath, Ask: resetPath, Button: s.T.ResetButton}
	switch {
	case v.Gone:
		page.Gone, page.Heading, page.Lead = true, s.T.ResetGone, s.T.ResetGoneText
	case v.Secret != "":
		page.Choose, page.Heading, page.Button = true, s.T.ResetChoose, s.T.Save
		page.Lead = fmt.Sprintf(s.T.ResetChooseLead, v.Member.Login)
		page.Action = resetPath + "/" + v.Secret
		page.Field = f.set(control{ID: "password", Label: s.T.PasswordNew, Hint: s.T.PasswordHint, Type: "password", Auto: "new-password", Required: true, Max: 200})
	case v.NoMail:
		page.NoMail, page.Lead = true, s.T.ResetNoMail
	case v.Sent:
		page.Lead = s.T.ResetSent
	default:
		page.Field = f.set(control{ID: "login", Label: s.T.LoginName, Auto: "username", Plain: true, Required: true, Max: 40})
	}
	page.Faults = f.rest()
	page.frame = p.door(s, v.Chrome, page.Heading, page.Faults)
	return p.render(w, "reset", page)
}
