// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"plenum/coop"
	"plenum/handlers"
)

// queueChoice chooses deliveries that are to be changed: never all of them by
// oversight.
type queueChoice struct {
	ID string `arg:"" optional:"" help:"The delivery's id, as the list shows it."`
	queueFlags
	All bool `help:"Really all of them, where no flag chooses."`
}

// change changes what was chosen, and reads into out what became of it.
func (q *queueChoice) change(ctx context.Context, a *app, verb string, out any, say func()) error {
	if q.queueFlags == (queueFlags{}) && q.ID == "" && !q.All {
		return badUsage{withHint(errors.New("say which deliveries to "+verb), "give its id, choose with --host, --coop, --post or --state, or take --all")}
	}
	return a.with(ctx, func(d *desk) error {
		if err := q.resolve(ctx, d); err != nil {
			return err
		}
		if q.ID != "" { // one that is named has to be there
			if err := d.call(ctx, http.MethodGet, at("deliveries", q.ID), nil, &handlers.DeliveryInfo{}); err != nil {
				return err
			}
		}
		err := d.call(ctx, http.MethodPost, q.path("/control/deliveries/"+verb, "id", q.ID), nil, out)
		if coop.CodeOf(err) == coop.Invalid { // the choice is all that there is to be wrong
			return badUsage{withHint(err, helpFor([]string{"queue", verb}))}
		}
		if err != nil {
			return err
		}
		if a.json {
			return a.print(out)
		}
		say()
		return nil
	})
}

// undo is the command that sends what was chosen after all, now that it is in a
// state.
func (q *queueChoice) undo(state coop.DeliveryState) string {
	words := []string{"plenum queue retry"}
	for _, w := range [][2]string{{"", q.ID}, {"--host ", q.Host}, {"--coop ", q.Coop}, {"--post ", q.Post}} {
		if w[1] != "" {
			words = append(words, w[0]+w[1])
		}
	}
	return printable(strings.Join(append(words, "--state "+string(state)), " "))
}

type queueRetryCmd struct{ queueChoice }

// Help is shown by `plenum help queue retry`.
func (queueRetryCmd) Help() string {
	return `Deliveries that were given up have a new week before them, held ones are
released, and those that wait are due at once.

Examples:
  plenum queue retry 01KB3Y6Q2ZM9T4X7V0R8W5N1EA
  plenum queue retry --host social.example --state dead`
}

// Run makes deliveries due.
func (q queueRetryCmd) Run(ctx context.Context, a *app) error {
	var done handlers.Retried
	return q.change(ctx, a, "retry", &done, func() {
		if done.Retried == 0 {
			a.say("Nothing like that waits, is held back or was given up.")
			return
		}
		a.say("%d will be tried again now.", done.Retried)
	})
}

type queueHoldCmd struct{ queueChoice }

// Help is shown by `plenum help queue hold`.
func (queueHoldCmd) Help() string {
	return `Deliveries that wait are kept back, and so is what stands behind them: later
activities of the same post to the same inbox. They have no end:
plenum queue retry releases them, plenum queue drop gives them up.

Examples:
  plenum queue hold --host social.example
  plenum queue hold --coop hackspace --post go-meetup-12`
}

// Run keeps deliveries back.
func (q queueHoldCmd) Run(ctx context.Context, a *app) error {
	var done handlers.Held
	return q.change(ctx, a, "hold", &done, func() {
		if done.Held == 0 {
			a.say("Nothing like that waits.")
			return
		}
		a.say("%s kept back. To release: %s", many(done.Held, "is", "are"), q.undo(coop.Held))
	})
}

type queueDropCmd struct{ queueChoice }

// Help is shown by `plenum help queue drop`.
func (queueDropCmd) Help() string {
	return `Deliveries that wait or are held back are given up: they are dead, as after a
week of failures. plenum queue retry brings them back.

Examples:
  plenum queue drop 01KB3Y6Q2ZM9T4X7V0R8W5N1EA
  plenum queue drop --host social.example --state waiting`
}

// Run gives deliveries up.
func (q queueDropCmd) Run(ctx context.Context, a *app) error {
	var done handlers.Dropped
	return q.change(ctx, a, "drop", &done, func() {
		if done.Dropped == 0 {
			a.say("Nothing like that waits or is held back.")
			return
		}
		a.say("%s dropped. To bring back: %s", many(done.Dropped, "was", "were"), q.undo(coop.Dead))
	})
}
