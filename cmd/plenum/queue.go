// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"plenum/coop"
	"plenum/handlers"
)

type queueCmd struct {
	List  queueListCmd  `cmd:"" help:"List deliveries, with the reason in words."`
	Show  queueShowCmd  `cmd:"" help:"Show a delivery and its attempts, or a host."`
	Retry queueRetryCmd `cmd:"" help:"Try deliveries again now, given up and held ones too."`
	Hold  queueHoldCmd  `cmd:"" help:"Keep deliveries back until they are retried."`
	Drop  queueDropCmd  `cmd:"" help:"Give deliveries up."`
}

// Help is shown by `plenum help queue`.
func (queueCmd) Help() string {
	return `A delivery waits until the other side takes it, for a week and in growing steps.
A host that fails again and again, or asks for it, is given time before it is
tried once more.

Examples:
  plenum queue list --state dead
  plenum queue show social.example
  plenum queue retry --host social.example`
}

// queueFlags choose deliveries.
type queueFlags struct {
	Host  string  `help:"Only to this host." placeholder:"H"`
	Coop  string  `help:"Only of this co-op." placeholder:"C"`
	Post  string  `help:"Only of this post: its id, or its slug." placeholder:"P"`
	State *string `help:"Only in this state: waiting, held, dead, gone, superseded or done." placeholder:"S" enum:"waiting,held,dead,gone,superseded,done"`
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

// resolve refuses a co-op that never was, and replaces the name of a post by its
// id.
func (q *queueFlags) resolve(ctx context.Context, d *desk) error {
	q.Host = strings.ToLower(q.Host)
	if err := d.known(ctx, q.Coop); err != nil || q.Post == "" {
		return err
	}
	if id, ok := coop.ParseID(path.Base(q.Post)); ok { // also the end of a URL that is the post's id
		q.Post = string(id)
		return nil
	}
	info, _, err := d.find(ctx, q.Coop, q.Post)
	if coop.CodeOf(err) == coop.NotFound {
		return withHint(err, lists["post"])
	}
	q.Post = string(info.ID)
	return err
}

type queueListCmd struct {
	queueFlags
	Limit int `help:"How many at most." default:"100"`
}

// Help is shown by `plenum help queue list`.
func (queueListCmd) Help() string {
	return `Examples:
  plenum queue list --state waiting --host social.example
  plenum queue list --coop hackspace --post go-meetup-12`
}

// Run lists deliveries.
func (q queueListCmd) Run(ctx context.Context, a *app) error {
	if q.Limit < 1 {
		return badUsage{withHint(errors.New("--limit: at least 1 is needed"), helpFor([]string{"queue", "list"}))}
	}
	return a.with(ctx, func(d *desk) error {
		if err := q.resolve(ctx, d); err != nil {
			return err
		}
		var all []handlers.DeliveryInfo
		if err := d.call(ctx, http.MethodGet, q.path("/control/deliveries", "limit", strconv.Itoa(q.Limit+1)), nil, &all); err != nil {
			return err
		}
		more := len(all) > q.Limit
		all = all[:min(len(all), q.Limit)]
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, d := range all {
			rows[i] = []string{string(d.ID), d.Type, d.Host, string(d.State), strconv.Itoa(d.Attempts), due(next(d)), lastReason(d)}
		}
		if err := a.table("There are no such deliveries.", "ID\tWHAT\tTO\tSTATE\tATTEMPTS\tNEXT\tREASON", rows); err != nil {
			return err
		}
		if more {
			a.say("There are more: choose with --host, --coop, --post or --state, or take --limit %d.", 10*q.Limit)
		}
		a.sayAdvice(all)
		a.sayRests(all)
		return nil
	})
}

// next is when a delivery is tried again; the zero time where it is not, or not
// before another one.
func next(d handlers.DeliveryInfo) time.Time {
	if d.State != coop.Waiting || d.Behind != "" {
		return time.Time{}
	}
	if d.Rest != nil && d.Rest.Until.After(d.Next) {
		return d.Rest.Until
	}
	return d.Next
}

// maxAdvice is how many next steps stand below a list.
const maxAdvice = 5

// sayAdvice prints what to do below a list, once for each reason.
func (a *app) sayAdvice(all []handlers.DeliveryInfo) {
	type step struct {
		state  coop.DeliveryState
		reason string
		first  handlers.DeliveryInfo
		hosts  int // 1, or more
		rows   int
	}
	var steps []*step
	for _, d := range all {
		reason := lastReason(d)
		if d.Advice == "" {
			continue
		}
		at := slices.IndexFunc(steps, func(s *step) bool { return s.state == d.State && s.reason == reason })
		if at < 0 {
			steps = append(steps, &step{d.State, reason, d, 1, 1})
			continue
		}
		s := steps[at]
		s.rows++
		if s.first.Host != d.Host {
			s.hosts++
		}
	}
	for i, s := range steps {
		if i == maxAdvice {
			a.say("For other reasons plenum queue show ID says what to do.")
			return
		}
		a.say("%s: %s", printable(s.reason), printable(advice(s.first.Advice, s.first.Host, s.hosts, s.rows)))
	}
}

// sayRests prints which hosts of a list are given time.
func (a *app) sayRests(all []handlers.DeliveryInfo) {
	var hosts []string
	for _, d := range all {
		if d.Rest != nil && !slices.Contains(hosts, d.Host) {
			hosts = append(hosts, d.Host)
		}
	}
	if len(hosts) == 0 {
		return
	}
	line := strings.Join(hosts[:min(len(hosts), maxAdvice)], ", ")
	if more := len(hosts) - maxAdvice; more > 0 {
		line += fmt.Sprintf(" and %d more", more)
	}
	a.say("Given time: %s. More: plenum queue show HOST", printable(line))
}

// resting says that a host is given time, and why.
func resting(r coop.Rest) string {
	s := fmt.Sprintf("%s is given time until %s", r.Host, due(r.Until))
	if r.Failures > 0 {
		s += fmt.Sprintf(", after %s in a row since %s", many(r.Failures, "failure", "failures"), due(r.Since))
	}
	if r.Reason != "" {
		s += ": " + r.Reason
	}
	return s
}

// many is a number with what is counted.
func many(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + several
}

func due(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// lastReason is why a delivery stands where it stands.
func lastReason(d handlers.DeliveryInfo) string {
	last, made := d.Last()
	switch {
	case made:
		return cmp.Or(last.Reason, "-")
	case d.Behind != "":
		return "behind " + string(d.Behind)
	case d.Rest != nil:
		return cmp.Or(d.Rest.Reason, "-")
	case d.Attempts > 0:
		return "no answer yet"
	case len(d.Results) > 0:
		return "not tried again yet"
	}
	return "not tried yet"
}

type queueShowCmd struct {
	What string `arg:"" name:"id" help:"The delivery's id, as the list shows it, or a host."`
}

// Help is shown by `plenum help queue show`.
func (queueShowCmd) Help() string {
	return `Examples:
  plenum queue show 01KB3Y6Q2ZM9T4X7V0R8W5N1EA
  plenum queue show social.example`
}

// Run shows a delivery, or a host.
func (q queueShowCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		if strings.ContainsAny(q.What, ".:") || q.What == "localhost" {
			return a.showHost(ctx, d, strings.ToLower(q.What))
		}
		var one handlers.DeliveryInfo
		if err := d.call(ctx, http.MethodGet, at("deliveries", q.What), nil, &one); err != nil {
			return err
		}
		if a.json {
			return a.print(one)
		}
		a.say("%s of %s to %s: %s", one.Type, one.Actor, one.Inbox, one.State)
		if one.Followers > 0 {
			a.say("  for %s", many(one.Followers, "follower", "followers"))
		}
		if at := next(one); !at.IsZero() {
			a.say("  next attempt %s", due(at))
		}
		if one.Behind != "" {
			a.say("  waits until %s has arrived or is given up", one.Behind)
		}
		if !one.Ended.IsZero() {
			a.say("  ended %s", due(one.Ended))
		}
		for _, r := range one.Results {
			what := "no answer"
			if r.Status != 0 {
				what = fmt.Sprint("answered ", r.Status)
			}
			a.say("  %s  %s in %s  %s", due(r.At), what, r.Took.Round(time.Millisecond), printable(named(r)))
		}
		if one.Advice != "" {
			a.say("  What to do: %s", printable(one.Advice))
		}
		if one.Rest != nil {
			a.say("  %s", printable(resting(*one.Rest)))
		}
		return nil
	})
}

// named is why an attempt did not arrive: in words, with the name of the cause.
func named(r coop.Attempt) string {
	if r.Cause == "" {
		return r.Reason
	}
	return r.Reason + " [" + string(r.Cause) + "]"
}

// rest is the rest of a host, nil where it is given none.
func (d *desk) rest(ctx context.Context, host string) (*coop.Rest, error) {
	var rests []coop.Rest
	err := d.call(ctx, http.MethodGet, query("/control/rests", "host", host), nil, &rests)
	if err != nil || len(rests) == 0 {
		return nil, err
	}
	return &rests[0], nil
}

// hostShown is a host with what is on its way to it.
type hostShown struct {
	Host    string                  `json:"host"`
	Rest    *coop.Rest              `json:"rest,omitempty"`
	Waiting []handlers.DeliveryInfo `json:"waiting"`
	Held    []handlers.DeliveryInfo `json:"held"`
	Dead    []handlers.DeliveryInfo `json:"dead"`
}

// maxShown is how many deliveries in each state are shown of a host.
const maxShown = 20

// showHost shows whether a host is given time, and what is on its way to it.
func (a *app) showHost(ctx context.Context, d *desk, host string) (err error) {
	h := hostShown{Host: host}
	if h.Rest, err = d.rest(ctx, host); err != nil {
		return err
	}
	var said []handlers.DeliveryInfo
	var lines []string
	for _, s := range []struct {
		state coop.DeliveryState
		to    *[]handlers.DeliveryInfo
	}{{coop.Waiting, &h.Waiting}, {coop.Held, &h.Held}, {coop.Dead, &h.Dead}} {
		path := query("/control/deliveries", "host", host, "state", string(s.state), "limit", strconv.Itoa(maxShown+1))
		if err := d.call(ctx, http.MethodGet, path, nil, s.to); err != nil {
			return err
		}
		number := many(min(len(*s.to), maxShown), "delivery", "deliveries")
		if len(*s.to) > maxShown {
			number, *s.to = "more than "+number, (*s.to)[:maxShown]
		}
		if len(*s.to) > 0 {
			lines = append(lines, fmt.Sprintf("  %s %s: plenum queue list --host %s --state %s", number, s.state, host, s.state))
		}
		said = append(said, *s.to...)
	}
	switch {
	case a.json:
		return a.print(h)
	case h.Rest != nil:
		a.say("%s", printable(resting(*h.Rest)))
	case len(lines) == 0:
		a.say("%s is not given time, and nothing waits, is held back or was given up for it.", printable(host))
	default:
		a.say("%s is not given time.", printable(host))
	}
	for _, l := range lines {
		a.say("%s", printable(l))
	}
	a.sayAdvice(said)
	return nil
}
