// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"plenum/coop"
	"plenum/handlers"
)

type followerCmd struct {
	List    followerListCmd    `cmd:"" help:"List who follows a co-op, or asked to."`
	Approve followerApproveCmd `cmd:"" help:"Accept a follow that waits."`
	Reject  followerRejectCmd  `cmd:"" help:"Refuse a follow that waits."`
	Remove  followerRemoveCmd  `cmd:"" help:"End a follow."`
}

// Help is shown by `plenum help follower`.
func (followerCmd) Help() string {
	return `Example: plenum follower list --coop hackspace`
}

type followerListCmd struct {
	Coop  string  `help:"The co-op; needed where there are several." placeholder:"C"`
	State *string `help:"accepted or asked; all without it." placeholder:"S" enum:"accepted,asked"`
}

// Help is shown by `plenum help follower list`.
func (followerListCmd) Help() string {
	return "Example: plenum follower list --coop hackspace --state asked"
}

// Run lists followers.
func (f followerListCmd) Run(ctx context.Context, a *app) error {
	return a.people(ctx, f.Coop, "followers", deref(f.State), "Nobody follows yet.")
}

// people lists one side of a co-op's follows.
func (a *app) people(ctx context.Context, coopName, part, state, empty string) error {
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, coopName)
		if err != nil {
			return err
		}
		var all []handlers.ActorInfo
		if err := d.call(ctx, http.MethodGet, query(at("coops", name, part), "state", state), nil, &all); err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, p := range all {
			rows[i] = []string{"@" + p.Handle, string(p.State), p.Since.Format(time.DateOnly), string(p.Actor)}
		}
		return a.table(empty, "WHO\tSTATE\tSINCE\tACTOR", rows)
	})
}

// followerFlags name a follower.
type followerFlags struct {
	Actor string `arg:"" help:"The actor's id or handle, as the list shows it."`
	Coop  string `help:"The co-op; needed where there are several." placeholder:"C"`
	reason
}

// answer tells the instance what to do with a follower.
func (f followerFlags) answer(ctx context.Context, a *app, verb, done string) error {
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, f.Coop)
		if err != nil {
			return err
		}
		in := handlers.FollowAnswer{Actor: f.Actor, Decision: verb, Why: f.Why}
		if err := d.call(ctx, http.MethodPost, moderation(name, "follows"), in, nil); err != nil {
			return err
		}
		if a.json {
			return a.print(map[string]string{"actor": f.Actor, "done": verb})
		}
		a.say(done, printable(f.Actor))
		return nil
	})
}

type followerApproveCmd struct{ followerFlags }

// Help is shown by `plenum help follower approve`.
func (followerApproveCmd) Help() string {
	return "Example: plenum follower approve @alice@social.example"
}

// Run accepts a follow.
func (f followerApproveCmd) Run(ctx context.Context, a *app) error {
	return f.answer(ctx, a, "approve", "%s follows now.")
}

type followerRejectCmd struct{ followerFlags }

// Help is shown by `plenum help follower reject`.
func (followerRejectCmd) Help() string { return "Example: plenum follower reject @spam@bots.example" }

// Run refuses a follow.
func (f followerRejectCmd) Run(ctx context.Context, a *app) error {
	return f.answer(ctx, a, "reject", "%s was refused.")
}

type followerRemoveCmd struct{ followerFlags }

// Help is shown by `plenum help follower remove`.
func (followerRemoveCmd) Help() string { return "Example: plenum follower remove @spam@bots.example" }

// Run ends a follow.
func (f followerRemoveCmd) Run(ctx context.Context, a *app) error {
	return f.answer(ctx, a, "remove", "%s follows no more.")
}

type followingCmd struct {
	List   followingListCmd   `cmd:"" help:"List whom a co-op follows."`
	Add    followingAddCmd    `cmd:"" help:"Follow a co-op or anybody else in the fediverse."`
	Remove followingRemoveCmd `cmd:"" help:"Follow no more."`
}

// Help is shown by `plenum help following`.
func (followingCmd) Help() string {
	return `Example: plenum following add @hackspace@events.example`
}

type followingListCmd struct {
	Coop string `help:"The co-op; needed where there are several." placeholder:"C"`
}

// Help is shown by `plenum help following list`.
func (followingListCmd) Help() string { return "Example: plenum following list" }

// Run lists whom a co-op follows.
func (f followingListCmd) Run(ctx context.Context, a *app) error {
	return a.people(ctx, f.Coop, "following", "", "The co-op follows nobody yet: plenum following add @coop@events.example")
}

// followingFlags name somebody to follow.
type followingFlags struct {
	Target string `arg:"" name:"handle-or-url" help:"Like @coop@events.example, or the URL of the actor or its page."`
	Coop   string `help:"The co-op that follows; needed where there are several." placeholder:"C"`
}

type followingAddCmd struct{ followingFlags }

// Help is shown by `plenum help following add`.
func (followingAddCmd) Help() string {
	return `It is in force once the other side accepts; what it publishes then stands on /network.

Example: plenum following add @hackspace@events.example`
}

// Run follows somebody.
func (f followingAddCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, f.Coop)
		if err != nil {
			return err
		}
		var info handlers.ActorInfo
		in := map[string]string{"target": f.Target}
		if err := d.call(ctx, http.MethodPost, at("coops", name, "following"), in, &info); err != nil {
			return ofTarget(err)
		}
		if a.json {
			return a.print(info)
		}
		if info.State == coop.FollowAccepted {
			a.say("%s follows @%s.", name, printable(info.Handle))
		} else {
			a.say("%s asked to follow @%s; `plenum following list` shows when they accept.", name, printable(info.Handle))
		}
		return nil
	})
}

// ofTarget says of the argument what the instance says of a member of a document.
func ofTarget(err error) error {
	if e, ok := errors.AsType[*coop.Error](err); ok && e.Member == "object" {
		e.Member = ""
	}
	return err
}

type followingRemoveCmd struct{ followingFlags }

// Help is shown by `plenum help following remove`.
func (followingRemoveCmd) Help() string {
	return "Example: plenum following remove @hackspace@events.example"
}

// Run ends a follow.
func (f followingRemoveCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, f.Coop)
		if err != nil {
			return err
		}
		in := map[string]string{"target": f.Target}
		if err := d.call(ctx, http.MethodDelete, at("coops", name, "following"), in, nil); err != nil {
			return ofTarget(err)
		}
		if a.json {
			return a.print(map[string]string{"removed": f.Target})
		}
		a.say("%s follows %s no more.", name, printable(f.Target))
		return nil
	})
}
