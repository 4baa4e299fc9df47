// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"plenum/handlers"
)

type proposalCmd struct {
	List   proposalListCmd   `cmd:"" help:"List what waits for somebody to agree."`
	Show   proposalShowCmd   `cmd:"" help:"Show what was proposed."`
	Accept proposalAcceptCmd `cmd:"" help:"Agree, and have it done."`
	Reject proposalRejectCmd `cmd:"" help:"Turn it down."`
}

// Help is shown by `plenum help proposal`.
func (proposalCmd) Help() string {
	return `What an editor publishes, and in a co-op with the rule of two people whatever
anybody publishes, waits until somebody else agrees.

Example: plenum proposal list --coop hackspace`
}

type proposalListCmd struct {
	Coop  string `help:"The co-op; needed where there are several." placeholder:"C"`
	State string `help:"open, accepted or rejected." enum:"open,accepted,rejected" default:"open"`
	Limit int    `help:"How many at most." default:"100"`
}

// Help is shown by `plenum help proposal list`.
func (proposalListCmd) Help() string { return "Example: plenum proposal list --coop hackspace" }

// Run lists proposals.
func (l proposalListCmd) Run(ctx context.Context, a *app) error {
	if err := positive(l.Limit, "proposal", "list"); err != nil {
		return err
	}
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, l.Coop)
		if err != nil {
			return err
		}
		var all []handlers.ProposalInfo
		path := query(at("coops", name, "proposals"), "state", l.State, "limit", strconv.Itoa(min(l.Limit, 200)))
		if err := d.call(ctx, http.MethodGet, path, nil, &all); err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, p := range all {
			rows[i] = []string{string(p.ID), p.What, p.Title, p.By, due(p.At)}
		}
		return a.table("There are no proposals.", "ID\tWHAT\tTITLE\tBY\tSINCE", rows)
	})
}

// proposalFlags name a proposal.
type proposalFlags struct {
	ID   string `arg:"" help:"The proposal's id, as the list shows it."`
	Coop string `help:"The co-op; needed where there are several." placeholder:"C"`
}

type proposalShowCmd struct{ proposalFlags }

// Help is shown by `plenum help proposal show`.
func (proposalShowCmd) Help() string {
	return "Example: plenum proposal show 01KB3Y6Q2ZM9T4X7V0R8W5N1EA"
}

// Run shows a proposal.
func (p proposalShowCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, p.Coop)
		if err != nil {
			return err
		}
		var info handlers.ProposalInfo
		if err := d.call(ctx, http.MethodGet, at("coops", name, "proposals", p.ID), nil, &info); err != nil {
			return err
		}
		if a.json {
			return a.print(info)
		}
		a.say("%s: %s", info.What, printable(cmp.Or(info.Title, "untitled")))
		a.say("  proposed by %s, %s; %s", printable(info.By), due(info.At), info.State)
		if info.Settler != "" {
			a.say("  decided by %s, %s", printable(info.Settler), due(info.Settled))
		}
		if info.Why != "" {
			a.say("  because: %s", printable(info.Why))
		}
		if info.Result != "" {
			a.say("  became %s", info.Result)
		}
		var body bytes.Buffer
		if json.Indent(&body, info.Activity, "  ", "  ") == nil {
			for line := range strings.Lines(body.String()) {
				a.say("%s", printable(strings.TrimRight(line, "\n")))
			}
		}
		return nil
	})
}

// decide accepts or rejects.
func (p proposalFlags) decide(ctx context.Context, a *app, in handlers.ProposalAnswer, said string) error {
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, p.Coop)
		if err != nil {
			return err
		}
		var info handlers.ProposalInfo
		if err := d.call(ctx, http.MethodPost, at("coops", name, "proposals", p.ID), in, &info); err != nil {
			return err
		}
		if a.json {
			return a.print(info)
		}
		a.say(said, printable(cmp.Or(info.Title, string(info.ID))))
		if info.Result != "" {
			a.say("%s", info.Result)
		}
		return nil
	})
}

type proposalAcceptCmd struct {
	proposalFlags
	reason
}

// Help is shown by `plenum help proposal accept`.
func (proposalAcceptCmd) Help() string {
	return "Example: plenum proposal accept 01KB3Y6Q2ZM9T4X7V0R8W5N1EA"
}

// Run accepts a proposal.
func (p proposalAcceptCmd) Run(ctx context.Context, a *app) error {
	return p.decide(ctx, a, handlers.ProposalAnswer{Accept: true, Why: p.Why}, "Done: %s")
}

type proposalRejectCmd struct {
	proposalFlags
	reason
}

// Help is shown by `plenum help proposal reject`.
func (proposalRejectCmd) Help() string {
	return `Example: plenum proposal reject 01KB3Y6Q2ZM9T4X7V0R8W5N1EA --why "the date is wrong"`
}

// Run turns a proposal down.
func (p proposalRejectCmd) Run(ctx context.Context, a *app) error {
	return p.decide(ctx, a, handlers.ProposalAnswer{Why: p.Why}, "Turned down: %s")
}
