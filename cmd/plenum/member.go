// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"plenum/coop"
	"plenum/handlers"
)

type memberCmd struct {
	Add      memberAddCmd      `cmd:"" help:"Make a member, who chooses a password by a link."`
	Invite   memberInviteCmd   `cmd:"" help:"Make a link by which somebody becomes a member."`
	List     memberListCmd     `cmd:"" help:"List the members, and the invitations that are open."`
	Role     memberRoleCmd     `cmd:"" help:"Say what a member may do for a co-op."`
	Remove   memberRemoveCmd   `cmd:"" help:"Let a member of a co-op go."`
	Disable  memberDisableCmd  `cmd:"" help:"Keep a member out, or let them in again."`
	Reset    memberResetCmd    `cmd:"" help:"Make a link by which a member chooses a new password."`
	Sessions memberSessionsCmd `cmd:"" help:"Where a member is signed in; end that."`
}

// Help is shown by `plenum help member`.
func (memberCmd) Help() string {
	return `Members sign in at /login and write at /desk. An editor writes drafts and proposes
them, a publisher publishes, an admin says who else does what.

Examples:
  plenum member add anna --coop hackspace --role admin
  plenum member invite --coop hackspace --role editor --for "Bert, of the print shop"`
}

type memberAddCmd struct {
	Login    string  `arg:"" help:"What they sign in with: 2 to 40 of a-z, 0-9, '.', '_' and '-'; never changes."`
	Name     string  `help:"As the others know them." placeholder:"NAME"`
	Email    string  `help:"Where a link goes when they forget the password." placeholder:"ADDRESS"`
	Language string  `help:"Of the pages and of what is sent to them: en or de." placeholder:"L"`
	Coop     string  `help:"The co-op that they work for; needed where there are several." placeholder:"C"`
	Role     *string `help:"What they may do there: editor, publisher or admin." enum:"editor,publisher,admin" placeholder:"ROLE"`
	Operator bool    `help:"They look after the instance: an admin of every co-op."`
}

// Help is shown by `plenum help member add`.
func (memberAddCmd) Help() string {
	return `The link that it prints is for them alone. It works once, for a day.

Example: plenum member add anna --name "Anna A." --coop hackspace --role admin`
}

// Run makes a member.
func (m memberAddCmd) Run(ctx context.Context, a *app) error {
	if m.Role == nil && !m.Operator {
		return badUsage{withHint(errors.New("say what they are to do"), "as with --role editor, --role publisher or --role admin; or --operator")}
	}
	return a.with(ctx, func(d *desk) error {
		in := handlers.PersonInput{Login: m.Login, Name: m.Name, Email: m.Email, Language: m.Language, Operator: m.Operator}
		if m.Role != nil {
			name, err := d.theCoop(ctx, m.Coop)
			if err != nil {
				return err
			}
			in.Roles = map[coop.Name]coop.Role{coop.Name(name): coop.Role(*m.Role)}
		}
		var info handlers.PersonInfo
		if err := d.call(ctx, http.MethodPost, "/control/members", in, &info); err != nil {
			return err
		}
		if a.json {
			return a.print(info)
		}
		a.say("%s is a member. Give them this link, by which they choose a password; it works once, for a day:", printable(info.Login))
		a.say("  %s", info.Link)
		return nil
	})
}

type memberInviteCmd struct {
	Coop  string `help:"The co-op; needed where there are several." placeholder:"C"`
	Role  string `help:"What they are to do: editor, publisher or admin." enum:"editor,publisher,admin" default:"editor"`
	For   string `help:"Whom it is for, in words." placeholder:"WHO"`
	Email string `help:"Where to send it, if the instance sends mail." placeholder:"ADDRESS"`
}

// Help is shown by `plenum help member invite`.
func (memberInviteCmd) Help() string {
	return `The link works once, for a week. Pass it on in a way that you trust.

Example: plenum member invite --coop hackspace --role publisher --for "Bert, of the print shop"`
}

// Run makes an invitation.
func (m memberInviteCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, m.Coop)
		if err != nil {
			return err
		}
		var info handlers.InvitationInfo
		in := handlers.InvitationInput{Role: coop.Role(m.Role), Note: m.For, Email: m.Email}
		if err := d.call(ctx, http.MethodPost, at("coops", name, "invitations"), in, &info); err != nil {
			return err
		}
		if a.json {
			return a.print(info)
		}
		a.say("Whoever opens this link becomes %s of %s; it works once, until %s:", aRole(info.Role), info.Coop, info.Expires.Format(time.DateOnly))
		a.say("  %s", info.Link)
		return nil
	})
}

func aRole(r coop.Role) string {
	if r == coop.Publisher {
		return "a publisher"
	}
	return "an " + string(r)
}

type memberListCmd struct {
	Coop string `help:"Only those of this co-op, with the invitations that are open." placeholder:"C"`
}

// Help is shown by `plenum help member list`.
func (memberListCmd) Help() string { return "Example: plenum member list --coop hackspace" }

// Run lists members.
func (m memberListCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		if err := d.known(ctx, m.Coop); err != nil {
			return err
		}
		var all []handlers.PersonInfo
		if err := d.call(ctx, http.MethodGet, query("/control/members", "coop", m.Coop), nil, &all); err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, p := range all {
			state := ""
			if !p.Disabled.IsZero() {
				state = "kept out since " + p.Disabled.Format(time.DateOnly)
			}
			rows[i] = []string{p.Login, p.Name, roles(p), state}
		}
		if err := a.table("There are no members yet: plenum member add LOGIN", "LOGIN\tNAME\tROLES\tSTATE", rows); err != nil || m.Coop == "" {
			return err
		}
		return m.invitations(ctx, a, d)
	})
}

func (m memberListCmd) invitations(ctx context.Context, a *app, d *desk) error {
	var open []handlers.InvitationInfo
	if err := d.call(ctx, http.MethodGet, at("coops", m.Coop, "invitations"), nil, &open); err != nil {
		return err
	}
	for _, t := range open {
		a.say("invited as %s until %s: %s", t.Role, t.Expires.Format(time.DateOnly), printable(cmp.Or(t.Note, "nobody says whom")))
	}
	return nil
}

// roles are what a member may do, in words.
func roles(p handlers.PersonInfo) string {
	var words []string
	for n, r := range p.Roles {
		words = append(words, string(r)+" of "+string(n))
	}
	slices.Sort(words)
	if p.Operator {
		words = append([]string{"operator"}, words...)
	}
	return strings.Join(words, ", ")
}

// memberFlags name a member of a co-op.
type memberFlags struct {
	Login string `arg:"" help:"What they sign in with."`
	Coop  string `help:"The co-op; needed where there are several." placeholder:"C"`
}

// set says what the member may do for the co-op.
func (m memberFlags) set(ctx context.Context, a *app, role coop.Role, said string) error {
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, m.Coop)
		if err != nil {
			return err
		}
		var info handlers.PersonInfo
		in := handlers.RoleInput{Coop: coop.Name(name), Role: role}
		if err := d.call(ctx, http.MethodPost, at("members", m.Login, "role"), in, &info); err != nil {
			return err
		}
		if a.json {
			return a.print(info)
		}
		a.say(said, printable(info.Login), name)
		return nil
	})
}

type memberRoleCmd struct {
	memberFlags
	Role string `help:"editor, publisher or admin." enum:"editor,publisher,admin" required:"" placeholder:"ROLE"`
}

// Help is shown by `plenum help member role`.
func (memberRoleCmd) Help() string {
	return `It makes them a member of the co-op, too, if they are none.

Example: plenum member role anna --coop hackspace --role publisher`
}

// Run changes a role.
func (m memberRoleCmd) Run(ctx context.Context, a *app) error {
	return m.set(ctx, a, coop.Role(m.Role), "%s is "+aRole(coop.Role(m.Role))+" of %s now.")
}

type memberRemoveCmd struct{ memberFlags }

// Help is shown by `plenum help member remove`.
func (memberRemoveCmd) Help() string {
	return `What they did stays. Programs that they let act for the co-op may do so no more.

Example: plenum member remove anna --coop hackspace`
}

// Run lets a member go.
func (m memberRemoveCmd) Run(ctx context.Context, a *app) error {
	return m.set(ctx, a, "", "%s is no member of %s any more.")
}

type memberDisableCmd struct {
	Login string `arg:"" help:"What they sign in with."`
	Undo  bool   `help:"Let them in again."`
}

// Help is shown by `plenum help member disable`.
func (memberDisableCmd) Help() string {
	return `All their sessions and tokens end at once.

Examples:
  plenum member disable anna
  plenum member disable anna --undo`
}

// Run keeps a member out, or lets them in again.
func (m memberDisableCmd) Run(ctx context.Context, a *app) error {
	verb, said := "disable", "%s can sign in no more, and every session and token of theirs has ended."
	if m.Undo {
		verb, said = "enable", "%s can sign in again."
	}
	return a.with(ctx, func(d *desk) error {
		var info handlers.PersonInfo
		if err := d.call(ctx, http.MethodPost, at("members", m.Login, verb), nil, &info); err != nil {
			return err
		}
		if a.json {
			return a.print(info)
		}
		a.say(said, printable(info.Login))
		return nil
	})
}

type memberResetCmd struct {
	Login string `arg:"" help:"What they sign in with."`
}

// Help is shown by `plenum help member reset`.
func (memberResetCmd) Help() string { return "Example: plenum member reset anna" }

// Run makes a link for a new password.
func (m memberResetCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		var info handlers.PersonInfo
		if err := d.call(ctx, http.MethodPost, at("members", m.Login, "reset"), nil, &info); err != nil {
			return err
		}
		if a.json {
			return a.print(info)
		}
		a.say("By this link %s chooses a new password; it works once, for a day:", printable(info.Login))
		a.say("  %s", info.Link)
		return nil
	})
}

type memberSessionsCmd struct {
	Login string `arg:"" help:"What they sign in with."`
	End   string `help:"End the session with this id, or all of them." placeholder:"ID|all"`
}

// Help is shown by `plenum help member sessions`.
func (memberSessionsCmd) Help() string {
	return `Examples:
  plenum member sessions anna
  plenum member sessions anna --end all`
}

// Run lists sessions, or ends them.
func (m memberSessionsCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		if m.End != "" {
			return m.end(ctx, a, d)
		}
		var all []handlers.SessionInfo
		if err := d.call(ctx, http.MethodGet, at("members", m.Login, "sessions"), nil, &all); err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, s := range all {
			rows[i] = []string{string(s.ID), s.How, s.Seen.Format(time.DateOnly), s.Agent}
		}
		return a.table(fmt.Sprintf("%s is signed in nowhere.", printable(m.Login)), "ID\tBY\tSEEN\tBROWSER", rows)
	})
}

func (m memberSessionsCmd) end(ctx context.Context, a *app, d *desk) error {
	path := []string{"members", m.Login, "sessions"}
	if m.End != "all" {
		path = append(path, m.End)
	}
	if err := d.call(ctx, http.MethodDelete, at(path...), nil, nil); err != nil {
		return err
	}
	if a.json {
		return a.print(map[string]string{"ended": m.End})
	}
	a.say("Ended.")
	return nil
}
