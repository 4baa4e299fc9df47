// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"io"
	"slices"

	"plenum/coop"
)

type accountPage struct {
	frame
	CSRF                 string
	Notice, Lead         string
	Faults               []fault
	Name, Mail, Language control
	Old, Word, Device    control
	HasPassword, Fresh   bool
	Operator             bool
	Coops                []belonging
	Passkeys             []rowItem
	Sessions             []rowItem
	Apps                 []rowItem
}

// belonging is a co-op with what the member may do for it.
type belonging struct {
	Coop group
	Role string
}

// rowItem is a line of a list with one button.
type rowItem struct {
	ID     string
	Title  string
	Meta   []string
	Button string // what the button says; empty: none
	Label  string // what a screen reader says of the button
}

// Account writes what a member can say about themselves.
func (p *Pages) Account(w io.Writer, v AccountView) error {
	s := newSetter(v.Chrome)
	f := s.sheet(v.Mistakes)
	page := accountPage{
		CSRF: v.CSRF, Notice: s.T.done(v.Done), Lead: fmt.Sprintf(s.T.AccountLead, v.Member.Login),
		HasPassword: v.Member.Password != "", Fresh: v.Fresh, Operator: v.Member.Operator,
		Name:     f.set(control{ID: "name", Label: s.T.PersonName, Hint: s.T.PersonHint, Value: v.Person.Name, Auto: "name", Required: true, Max: 100}),
		Mail:     f.set(control{ID: "email", Label: s.T.Email, Hint: s.T.EmailHint, Value: v.Person.Email, Type: "email", Auto: "email", Optional: true, Max: 200}),
		Language: f.set(control{ID: "language", Label: s.T.Language, Tag: "select", Options: s.languages(cmp.Or(v.Person.Language, s.Lang))}),
		Old:      f.set(control{ID: "old", Label: s.T.PasswordOld, Type: "password", Auto: "current-password", Required: true, Max: 200}),
		Word:     f.set(control{ID: "password", Label: s.T.PasswordNew, Hint: s.T.PasswordHint, Type: "password", Auto: "new-password", Required: true, Max: 200}),
		Device:   f.set(control{ID: "device", Label: s.T.PasskeyName, Hint: s.T.PasskeyHint, Max: 60}),
		Faults:   f.rest(),
		Passkeys: s.passkeys(v.Passkeys), Sessions: s.sessions(v.Sessions, v.Here), Apps: s.apps(v.Grants, v.Coops),
	}
	for _, c := range v.Coops {
		if role := v.Member.Role(c.Name); role != "" {
			name, _ := s.T.role(role)
			page.Coops = append(page.Coops, belonging{Coop: s.group(c), Role: name})
		}
	}
	page.frame = p.room(s, v.Visit, s.T.AccountTitle, accountPath, page.Faults)
	page.Head.Script = p.script()
	return p.render(w, "account", page)
}

func (s setter) passkeys(keys []coop.Passkey) []rowItem {
	rows := make([]rowItem, len(keys))
	for i, k := range keys {
		used := s.T.PasskeyUnused
		if !k.Used.IsZero() {
			used = fmt.Sprintf(s.T.PasskeyUsed, s.day(k.Used))
		}
		rows[i] = rowItem{
			ID: base64.RawURLEncoding.EncodeToString(k.ID), Title: k.Name,
			Meta: []string{fmt.Sprintf(s.T.PasskeyMade, s.day(k.Created)), used}, Button: s.T.Remove, Label: fmt.Sprintf(s.T.PasskeyDropOf, k.Name),
		}
	}
	return rows
}

func (s setter) sessions(all []coop.Session, here coop.ID) []rowItem {
	rows := make([]rowItem, len(all))
	for i, x := range all {
		agent := cmp.Or(browserName(x.Agent), s.T.UnknownBrowser)
		how := s.T.SessionByPassword
		if x.How == "passkey" {
			how = s.T.SessionByPasskey
		}
		rows[i] = rowItem{ID: string(x.ID), Title: agent, Meta: []string{how, fmt.Sprintf(s.T.SessionSeen, s.day(cmp.Or(x.Seen, x.Created)))}}
		if x.ID == here {
			rows[i].Meta = slices.Insert(rows[i].Meta, 0, s.T.SessionThis)
			continue
		}
		rows[i].Button, rows[i].Label = s.T.SessionEnd, fmt.Sprintf(s.T.SessionEndOf, agent)
	}
	return rows
}

func (s setter) apps(grants []coop.Grant, coops []coop.Coop) []rowItem {
	rows := make([]rowItem, len(grants))
	for i, g := range grants {
		title := string(g.Coop)
		for _, c := range coops {
			if c.Name == g.Coop {
				title = titleOf(c)
			}
		}
		may := s.T.AppRead
		if slices.Contains(g.Scopes, coop.Write) {
			may = s.T.AppWrite
		}
		meta := []string{cmp.Or(g.Host, s.T.AppLocal), fmt.Sprintf(s.T.AppFor, title), may, fmt.Sprintf(s.T.AppUsed, cmp.Or(s.day(g.Used), s.T.Never))}
		rows[i] = rowItem{ID: string(g.ID), Title: g.Name, Meta: meta, Button: s.T.AppRevoke, Label: fmt.Sprintf(s.T.AppRevokeOf, g.Name)}
	}
	return rows
}

type membersPage struct {
	frame
	CSRF, Notice   string
	Heading        string
	Coop           group
	Base           string // path of the page
	Others         []group
	Faults         []fault
	Link, LinkText string
	Mailed         bool
	People         []worker
	Tickets        []rowItem
	Note           control
	Roles          []choice
	TwoPeople      bool
}

// worker is a member as the others see them.
type worker struct {
	ID, Name, Login, Mail string
	Marks                 []string
	Role                  string
	Roles                 []choice
	RoleLabel, ResetLabel string
	You                   bool
	Fixed                 bool // looks after the instance: has a role everywhere
}

// Members writes who works for a co-op.
func (p *Pages) Members(w io.Writer, v MembersView) error {
	s := newSetter(v.Chrome)
	f := s.sheet(v.Mistakes)
	title := titleOf(v.Coop)
	page := membersPage{
		CSRF: v.CSRF, Notice: s.T.done(v.Done), Heading: fmt.Sprintf(s.T.MembersTitle, title), Coop: s.group(v.Coop),
		Base: membersPath + "/" + string(v.Coop.Name), Link: v.Link, Mailed: v.Mailed, TwoPeople: v.Coop.TwoPeople,
		Note:  f.set(control{ID: "note", Label: s.T.InviteFor, Hint: s.T.InviteForHint, Value: v.Note, Required: true, Max: 200}),
		Roles: s.roles(coop.Editor), Faults: f.rest(),
	}
	if v.Link != "" && v.For.ID != "" {
		page.LinkText = fmt.Sprintf(s.T.ResetLinkMade, cmp.Or(v.For.Name, v.For.Login))
	} else if v.Link != "" {
		page.LinkText = fmt.Sprintf(s.T.InviteMade, title)
	}
	for _, c := range v.Others {
		g := s.group(c)
		g.URL = coop.IRI(membersPath + "/" + string(c.Name))
		page.Others = append(page.Others, g)
	}
	for _, m := range v.Members {
		page.People = append(page.People, s.worker(m, v))
	}
	for _, t := range v.Tickets {
		name, _ := s.T.role(t.Role)
		note := cmp.Or(t.Note, "–")
		page.Tickets = append(page.Tickets, rowItem{
			ID: string(t.ID), Title: note, Meta: []string{name, fmt.Sprintf(s.T.InviteBy, t.By, s.day(t.Expires))},
			Button: s.T.InviteDrop, Label: fmt.Sprintf(s.T.InviteDropOf, note),
		})
	}
	page.frame = p.room(s, v.Visit, page.Heading, membersPath, page.Faults)
	return p.render(w, "members", page)
}

func (s setter) worker(m coop.Member, v MembersView) worker {
	name := cmp.Or(m.Name, m.Login)
	x := worker{
		ID: string(m.ID), Name: name, Login: m.Login, Mail: m.Email, You: m.ID == v.Member.ID, Fixed: m.Operator,
		RoleLabel: fmt.Sprintf(s.T.RoleOf, name), ResetLabel: fmt.Sprintf(s.T.ResetLinkOf, name),
	}
	role := m.Roles[v.Coop.Name]
	x.Role, _ = s.T.role(role)
	x.Roles = append(s.roles(role), choice{Value: "", Text: s.T.RoleNone})
	for _, mark := range []struct {
		on   bool
		text string
	}{{x.You, s.T.MemberYou}, {m.Operator, s.T.MemberOperator}, {!m.Disabled.IsZero(), s.T.MemberDisabled}} {
		if mark.on {
			x.Marks = append(x.Marks, mark.text)
		}
	}
	return x
}

type consentPage struct {
	frame
	CSRF             string
	Heading          string
	Client           coop.Client
	Local            bool
	May              []string
	Coops            []choice
	Asked            [][2]string
	Back             string
	Faults           []fault
	SignedIn, Revoke string
}

// Consent writes the question whether a program may act for a co-op.
func (p *Pages) Consent(w io.Writer, v ConsentView) error {
	s := newSetter(v.Chrome)
	f := s.sheet(v.Mistakes)
	name := cmp.Or(excerpt(v.Client.Name, 80), v.Client.Host, v.Client.ID)
	page := consentPage{
		CSRF: v.CSRF, Heading: fmt.Sprintf(s.T.ConsentTitle, name), Client: v.Client, Local: v.Client.Host == "", Asked: v.Asked,
		Back: fmt.Sprintf(s.T.ConsentBack, v.Back), Faults: f.rest(), Revoke: accountPath,
	}
	for _, scope := range []struct {
		name coop.Scope
		text string
	}{{coop.Read, s.T.ConsentMayRead}, {coop.Write, s.T.ConsentMayWrite}} {
		if slices.Contains(v.Scopes, scope.name) {
			page.May = append(page.May, scope.text)
		}
	}
	for i, c := range v.Coops {
		role, _ := s.T.role(v.Member.Role(c.Name))
		page.Coops = append(page.Coops, choice{
			Value: string(c.Name), Text: titleOf(c), Hint: "@" + s.Site.Handle(c.Name) + " · " + role,
			Chosen: c.Name == v.Chosen || v.Chosen == "" && len(v.Coops) == 1 && i == 0,
		})
	}
	page.frame = p.room(s, v.Visit, page.Heading, "", page.Faults)
	return p.render(w, "consent", page)
}

type refusedPage struct {
	frame
	Text string
}

// Refused writes that a program asked in a wrong way.
func (p *Pages) Refused(w io.Writer, v RefusedView) error {
	s := newSetter(v.Chrome)
	return p.render(w, "refused", refusedPage{frame: p.door(s, v.Chrome, s.T.ConsentRefused, nil), Text: v.Text})
}
