// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"plenum/content"
	"plenum/coop"
	"plenum/handlers"
)

type rsvpCmd struct {
	List   rsvpListCmd   `cmd:"" help:"List who comes to an event, waits or asks."`
	Accept rsvpAcceptCmd `cmd:"" help:"Give somebody who asked a seat."`
	Refuse rsvpRefuseCmd `cmd:"" help:"Refuse somebody, or take the seat back."`
}

// Help is shown by `plenum help rsvp`.
func (rsvpCmd) Help() string {
	return `Whoever has an account on Mobilizon, Friendica, Hubzilla or another server that
knows events can say there that they come. A post's file says how one takes part:
join = "free" (while there are seats), "restricted" (you decide) or "external".

Examples:
  plenum rsvp list go-meetup-12
  plenum rsvp accept go-meetup-12 @anna@events.social.example`
}

type rsvpListCmd struct {
	Post  string  `arg:"" help:"The event: its slug, or its id."`
	Coop  string  `help:"Whose event it is; needed where there are several co-ops." placeholder:"C"`
	State *string `help:"Only going, waiting, asked, maybe, declined or refused." enum:"going,waiting,asked,maybe,declined,refused" placeholder:"S"`
	Limit int     `help:"How many at most." default:"1000"`
}

// Help is shown by `plenum help rsvp list`.
func (rsvpListCmd) Help() string {
	return `First those who have a seat, then those who wait for one in their order, then
those who ask.

Example: plenum rsvp list go-meetup-12 --state asked`
}

// Run lists RSVPs.
func (l rsvpListCmd) Run(ctx context.Context, a *app) error {
	if err := positive(l.Limit, "rsvp", "list"); err != nil {
		return err
	}
	return a.with(ctx, func(d *desk) error {
		p, name, err := d.find(ctx, l.Coop, l.Post)
		if err != nil {
			return ofPost(err)
		}
		path := query(moderation(name, "rsvps"), "post", string(p.ID), "state", deref(l.State), "limit", strconv.Itoa(l.Limit))
		all, more, err := pages[handlers.RSVPInfo](ctx, d, path, l.Limit)
		if err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, r := range all {
			rows[i] = []string{about(r.Handle), string(r.State), due(r.At), cmp.Or(content.Line(r.Message, 80), "-"), string(r.Actor)}
		}
		empty := "Nobody has answered yet."
		if l.State != nil {
			empty = "There are no such answers."
		}
		if err := a.table(empty, "WHO\tSTATE\tSINCE\tSAYS\tACTOR", rows); err != nil {
			return err
		}
		if more { // a sum of some of them would be wrong
			a.say("There are more: choose with --state, or take --limit %d.", 10*l.Limit)
		} else if line := summed(all, p.Capacity); line != "" {
			a.say("%s", line)
		}
		return nil
	})
}

// summed counts RSVPs by state.
func summed(all []handlers.RSVPInfo, capacity int) string {
	counts := map[coop.RSVPState]int{}
	for _, r := range all {
		counts[r.State]++
	}
	var parts []string
	for _, s := range coop.RSVPStates() {
		n := counts[s]
		switch {
		case n > 0 && s == coop.RSVPGoing && capacity > 0:
			parts = append(parts, fmt.Sprintf("%d going of %s", n, many(capacity, "seat", "seats")))
		case n > 0:
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return strings.Join(parts, ", ")
}

// ofPost says of a post that is not there how one finds those that are.
func ofPost(err error) error {
	if coop.CodeOf(err) == coop.NotFound {
		return withHint(err, lists["post"])
	}
	return err
}

// rsvpChoice names guests of an event.
type rsvpChoice struct {
	Post   string   `arg:"" help:"The event: its slug, or its id."`
	Actors []string `arg:"" name:"actor" help:"The actors' ids or handles, as the list shows them."`
	Coop   string   `help:"Whose event it is; needed where there are several co-ops." placeholder:"C"`
	reason
}

func (k rsvpChoice) decide(ctx context.Context, a *app, state coop.RSVPState) error {
	return a.with(ctx, func(d *desk) error {
		p, name, err := d.find(ctx, k.Coop, k.Post)
		if err != nil {
			return ofPost(err)
		}
		return each(k.Actors, func(actor string) error {
			var info handlers.RSVPInfo
			in := handlers.RSVPAnswer{Post: string(p.ID), Actor: actor, State: state, Why: k.Why}
			if err := d.call(ctx, http.MethodPost, moderation(name, "rsvps"), in, &info); err != nil {
				return err
			}
			if a.json {
				return a.print(info)
			}
			switch info.State {
			case coop.RSVPGoing:
				a.say("%s has a seat.", about(info.Handle))
			case coop.RSVPWaiting:
				a.say("%s is on the waiting list: all seats are taken.", about(info.Handle))
			default:
				a.say("%s was refused.", about(info.Handle))
			}
			return nil
		})
	})
}

type rsvpAcceptCmd struct{ rsvpChoice }

// Help is shown by `plenum help rsvp accept`.
func (rsvpAcceptCmd) Help() string {
	return `They are told. Where all seats are taken they are put on the waiting list.

Example: plenum rsvp accept go-meetup-12 @anna@events.social.example`
}

// Run accepts RSVPs.
func (k rsvpAcceptCmd) Run(ctx context.Context, a *app) error {
	return k.decide(ctx, a, coop.RSVPGoing)
}

type rsvpRefuseCmd struct{ rsvpChoice }

// Help is shown by `plenum help rsvp refuse`.
func (rsvpRefuseCmd) Help() string {
	return `They are told. Who had a seat loses it, and the first who waits gets it.

Example: plenum rsvp refuse go-meetup-12 @spam@bots.example --why "does not exist"`
}

// Run refuses RSVPs.
func (k rsvpRefuseCmd) Run(ctx context.Context, a *app) error {
	return k.decide(ctx, a, coop.RSVPRefused)
}
