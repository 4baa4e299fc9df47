// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"plenum/coop"
	"plenum/handlers"
)

// How many hosts are named one by one, in all and of those with one trouble.
const (
	maxHostsShown = 20
	maxSame       = 5
)

// sayReceipt prints what has become of what was sent of a post.
func (a *app) sayReceipt(r handlers.ReceiptInfo, served bool) {
	a.say("")
	nobody := true
	for _, s := range r.Sent {
		if len(s.States) > 0 || s.Spreading {
			nobody = false
			a.say("%s", printable(sent(s, r.Coop)))
		}
	}
	if nobody {
		a.say("It was sent to no other server: nobody there followed when it was published.")
	}
	if r.Local > 0 {
		a.say("On this instance %s it without a request.", many(r.Local, "co-op has", "co-ops have"))
	}
	if len(r.Missing) == 0 {
		return
	}
	var untried, asked []handlers.HostInfo
	var troubles []*trouble
	for _, h := range r.Missing {
		switch {
		case h.State != coop.Waiting || !h.Tried.IsZero() || h.Rest != nil:
			troubles = with(troubles, h)
		case h.Attempts > 0:
			asked = append(asked, h)
		default:
			untried = append(untried, h)
		}
	}
	a.sayTroubles(troubles, r)
	a.sayNames("No answer yet", asked, r.Complete)
	a.sayNames("Not tried yet", untried, r.Complete)
	if len(untried) > 0 && !served {
		a.say("No server runs: they are delivered when it does, with plenum serve.")
	}
}

// trouble is what hosts have in common that did not take something.
type trouble struct {
	state  coop.DeliveryState
	reason string
	hosts  []handlers.HostInfo
}

// with adds a host to those with the same trouble.
func with(all []*trouble, h handlers.HostInfo) []*trouble {
	for _, t := range all {
		if t.state == h.State && t.reason == h.Reason {
			t.hosts = append(t.hosts, h)
			return all
		}
	}
	return append(all, &trouble{h.State, h.Reason, []handlers.HostInfo{h}})
}

// deliveryID is how a next step names a delivery.
var deliveryID = regexp.MustCompile(`\b[0-7][0-9A-Z]{25}\b`)

// advice is the next step for all that have a trouble in common: where they are
// several, HOST and ID stand for any of them.
func advice(next, host string, hosts, deliveries int) string {
	if hosts > 1 {
		next = strings.ReplaceAll(next, host, "HOST")
	}
	if deliveries > 1 {
		next = deliveryID.ReplaceAllString(next, "ID")
	}
	return next
}

// headings are what is said of a delivery that did not arrive, by its state.
var headings = map[coop.DeliveryState]string{coop.Waiting: "Waiting", coop.Held: "Held back", coop.Dead: "Given up"}

// sayTroubles prints where something has not arrived, why, and what to do.
func (a *app) sayTroubles(troubles []*trouble, r handlers.ReceiptInfo) {
	if len(troubles) == 0 {
		return
	}
	a.say("")
	a.say("Where it has not arrived:")
	left, room := 0, maxHostsShown
	for _, t := range troubles {
		line := headings[t.state]
		if t.reason != "" {
			line += ": " + t.reason
		}
		a.say("  %s", printable(line))
		shown, deliveries := min(len(t.hosts), maxSame, room), 0
		for _, h := range t.hosts {
			deliveries += h.Deliveries
		}
		for _, h := range t.hosts[:shown] {
			a.sayHost(h)
		}
		room -= shown
		if more := len(t.hosts) - shown; more > 0 {
			left += more
			a.say("    and %d more", more)
		}
		if first := t.hosts[0]; first.Advice != "" {
			a.say("    What to do: %s", printable(advice(first.Advice, first.Host, len(t.hosts), deliveries)))
		}
	}
	if left > 0 || !r.Complete {
		a.say("All of them: plenum queue list --post %s", r.Post)
	}
}

// sayNames prints hosts that only have to be waited for.
func (a *app) sayNames(what string, hosts []handlers.HostInfo, complete bool) {
	if len(hosts) == 0 {
		return
	}
	names := make([]string, 0, maxSame)
	for _, h := range hosts[:min(len(hosts), maxSame)] {
		names = append(names, h.Host)
	}
	line := strings.Join(names, ", ")
	if more := len(hosts) - len(names); more > 0 {
		line += fmt.Sprintf(" and %d more", more)
	}
	if !complete {
		line += ", and others"
	}
	a.say("")
	a.say("%s: %s.", what, printable(line))
}

// sent is how far one activity has come, in a line.
func sent(s handlers.SentInfo, by coop.Name) string {
	what := s.Type
	if s.Actor != by { // the instance's own actor tells its followers
		what += " by " + string(s.Actor)
	}
	parts := []string{"reached " + reach(s.States[coop.Done])}
	for _, state := range []struct {
		is   coop.DeliveryState
		said string
	}{
		{coop.Waiting, "waiting for"}, {coop.Held, "held back from"}, {coop.Dead, "given up for"},
		{coop.Left, "accounts gone at"}, {coop.Superseded, "no longer needed by"},
	} {
		if r, ok := s.States[state.is]; ok {
			parts = append(parts, state.said+" "+reach(r))
		}
	}
	line := fmt.Sprintf("%s of %s: %s", what, due(s.At), strings.Join(parts, "; "))
	if s.Spreading {
		line += "; it has so many followers that not all are in the queue yet"
	}
	return line
}

// reach is a number of servers with that of the followers there.
func reach(r handlers.ReachInfo) string {
	servers := many(r.Servers, "server", "servers")
	switch {
	case r.Servers == 0 && r.Followers > 0: // another inbox of a server that is counted elsewhere
		return many(r.Followers, "follower", "followers")
	case r.Servers == 0:
		return "no server"
	case r.Followers == 0:
		return servers
	}
	return servers + " with " + many(r.Followers, "follower", "followers")
}

// sayHost prints what a host has not taken, and until when it waits.
func (a *app) sayHost(h handlers.HostInfo) {
	who := h.Host
	if h.Followers > 0 {
		who += " (" + many(h.Followers, "follower", "followers") + ")"
	}
	a.say("    %s: %s%s", printable(who), printable(strings.Join(h.Types, ", ")), tries(h))
}

// tries is how often and until when a host is tried.
func tries(h handlers.HostInfo) string {
	line := ""
	if h.Attempts > 0 {
		line = " after " + many(h.Attempts, "attempt", "attempts")
	}
	switch {
	case h.State == coop.Waiting:
		switch {
		case h.Next.IsZero():
			line += ", behind what is held back"
		case h.Rest != nil:
			line += ", given time until " + due(h.Next)
		default:
			line += ", next " + due(h.Next)
		}
		if !h.GivenUp.IsZero() {
			line += ", given up on " + h.GivenUp.Local().Format(time.DateOnly)
		}
	case !h.GivenUp.IsZero():
		line += ", on " + h.GivenUp.Local().Format(time.DateOnly)
	}
	return line
}
