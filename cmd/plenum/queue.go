// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"plenum/coop"
	"plenum/handlers"
)

type queueCmd struct {
	List  queueListCmd  `cmd:"" help:"List deliveries, with the reason in words."`
	Show  queueShowCmd  `cmd:"" help:"Show a delivery and its attempts."`
	Retry queueRetryCmd `cmd:"" help:"Try deliveries again now."`
}

// Help is shown by `plenum help queue`.
func (queueCmd) Help() string {
	return `A delivery waits until the other side takes it, for a week and in growing steps.

Example: plenum queue list --state waiting`
}

// queueFlags choose deliveries.
type queueFlags struct {
	Host  string  `help:"Only to this host." placeholder:"H"`
	Coop  string  `help:"Only of this co-op." placeholder:"C"`
	Post  string  `help:"Only of this post, by its id." placeholder:"P"`
	State *string `help:"Only in this state: waiting, held, done, dead, gone or superseded." placeholder:"S" enum:"waiting,held,done,dead,gone,superseded"`
}

// deref is the value of a flag that may have been left out.
func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (q queueFlags) path(base string, more ...string) string {
	return query(base, append([]string{"host", q.Host, "coop", q.Coop, "post", q.Post, "state", deref(q.State)}, more...)...)
}

type queueListCmd struct {
	queueFlags
	Limit int `help:"How many at most." default:"100"`
}

// Help is shown by `plenum help queue list`.
func (queueListCmd) Help() string {
	return "Example: plenum queue list --state waiting --host social.example"
}

// Run lists deliveries.
func (q queueListCmd) Run(ctx context.Context, a *app) error {
	if q.Limit < 1 {
		return badUsage{withHint(errors.New("--limit: at least 1 is needed"), helpFor([]string{"queue", "list"}))}
	}
	return a.with(ctx, func(d *desk) error {
		if err := d.known(ctx, q.Coop); err != nil {
			return err
		}
		var all []coop.Delivery
		if err := d.call(ctx, http.MethodGet, q.path("/control/deliveries", "limit", strconv.Itoa(q.Limit)), nil, &all); err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, d := range all {
			rows[i] = []string{string(d.ID), d.Type, d.Host, string(d.State), strconv.Itoa(d.Attempts), due(d), lastReason(d)}
		}
		return a.table("There are no such deliveries.", "ID\tWHAT\tTO\tSTATE\tATTEMPTS\tNEXT\tREASON", rows)
	})
}

func due(d coop.Delivery) string {
	if d.Next.IsZero() {
		return "-"
	}
	return d.Next.Local().Format("2006-01-02 15:04:05")
}

// lastReason is why a delivery stands where it stands.
func lastReason(d coop.Delivery) string {
	if len(d.Results) == 0 {
		return "not tried yet"
	}
	return cmp.Or(d.Results[len(d.Results)-1].Reason, "-")
}

type queueShowCmd struct {
	ID string `arg:"" help:"The delivery's id, as the list shows it."`
}

// Help is shown by `plenum help queue show`.
func (queueShowCmd) Help() string { return "Example: plenum queue show 01KB3Y6Q2ZM9T4X7V0R8W5N1EA" }

// Run shows a delivery.
func (q queueShowCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		var one coop.Delivery
		if err := d.call(ctx, http.MethodGet, at("deliveries", q.ID), nil, &one); err != nil {
			return err
		}
		if a.json {
			return a.print(one)
		}
		a.say("%s of %s to %s: %s", one.Type, one.Actor, one.Inbox, one.State)
		if !one.Next.IsZero() {
			a.say("  next attempt %s", due(one))
		}
		for _, r := range one.Results {
			what := "no answer"
			if r.Status != 0 {
				what = fmt.Sprint("answered ", r.Status)
			}
			a.say("  %s  %s in %s  %s", r.At.Local().Format("2006-01-02 15:04:05"), what, r.Took.Round(time.Millisecond), printable(r.Reason))
		}
		return nil
	})
}

type queueRetryCmd struct {
	ID string `arg:"" optional:"" help:"The delivery's id, as the list shows it."`
	queueFlags
	All bool `help:"Really all of them, where no flag chooses."`
}

// Help is shown by `plenum help queue retry`.
func (queueRetryCmd) Help() string {
	return `Deliveries that were given up start anew; those that wait are due at once.

Examples:
  plenum queue retry 01KB3Y6Q2ZM9T4X7V0R8W5N1EA
  plenum queue retry --host social.example --state dead`
}

// Run makes deliveries due.
func (q queueRetryCmd) Run(ctx context.Context, a *app) error {
	if q.queueFlags == (queueFlags{}) && q.ID == "" && !q.All {
		return badUsage{withHint(errors.New("say which deliveries to try again"), "give its id, choose with --host, --coop, --post or --state, or take --all")}
	}
	return a.with(ctx, func(d *desk) error {
		if err := d.known(ctx, q.Coop); err != nil {
			return err
		}
		var done handlers.Retried
		if err := d.call(ctx, http.MethodPost, q.path("/control/deliveries/retry", "id", q.ID), nil, &done); err != nil {
			return err
		}
		if a.json {
			return a.print(done)
		}
		if done.Retried == 0 {
			a.say("Nothing like that waits or was given up.")
			return nil
		}
		a.say("%d will be tried again now.", done.Retried)
		return nil
	})
}
