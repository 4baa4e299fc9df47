// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"

	"plenum/content"
	"plenum/coop"
	"plenum/handlers"
)

type coopCmd struct {
	Add       coopAddCmd    `cmd:"" help:"Make a co-op with its keys."`
	List      coopListCmd   `cmd:"" help:"List the co-ops."`
	Show      coopShowCmd   `cmd:"" help:"Show a co-op."`
	Set       coopSetCmd    `cmd:"" help:"Change a co-op and tell its followers."`
	RotateKey coopRotateCmd `cmd:"" help:"Give a co-op a new key."`
	Remove    coopRemoveCmd `cmd:"" help:"Remove a co-op and all its posts, for good."`
}

// Help is shown by `plenum help coop`.
func (coopCmd) Help() string {
	return `Example: plenum coop add hackspace --title "Hackspace Co-op"`
}

// coopFlags are what can be said of a co-op.
type coopFlags struct {
	Title     *string  `help:"What people call it." placeholder:"T"`
	Summary   *string  `help:"Who it is; Markdown." placeholder:"S"`
	Type      *string  `help:"group or organization. Users of Mobilizon and categories of Discourse can follow a group only." enum:"group,organization" placeholder:"TYPE"`
	Approve   *bool    `help:"Follows wait for approval." negatable:""`
	Comments  *string  `help:"Replies to posts: open (shown at once), held (once you have approved them; the default) or closed (not taken)." enum:"open,held,closed" placeholder:"POLICY"`
	TwoPeople *bool    `help:"What one member publishes somebody else has to agree to." negatable:""`
	Language  *string  `help:"The language of posts that name none, like en or de." placeholder:"L"`
	Timezone  *string  `help:"The zone of events that name none, like Europe/Berlin." placeholder:"ZONE"`
	Hidden    *bool    `help:"Keep it out of directories and search." negatable:""`
	Icon      *string  `help:"A square PNG, JPEG, GIF or WebP; an empty name: drawn from the title." placeholder:"FILE"`
	Field     []string `help:"A line of the profile, as NAME=VALUE; may be repeated." placeholder:"NAME=VALUE" sep:"none"`
}

func (f coopFlags) input() (handlers.CoopInput, error) {
	in := handlers.CoopInput{Title: f.Title, Summary: f.Summary, Approve: f.Approve, Language: f.Language, Zone: f.Timezone, Hidden: f.Hidden, TwoPeople: f.TwoPeople}
	if f.Type != nil {
		t := coop.ActorType(strings.ToUpper((*f.Type)[:1]) + (*f.Type)[1:])
		in.Type = &t
	}
	if f.Comments != nil {
		in.Comments = (*coop.CommentPolicy)(f.Comments)
	}
	for _, field := range f.Field {
		name, value, ok := strings.Cut(field, "=")
		if !ok {
			return in, badUsage{withHint(fmt.Errorf("--field %q has no =", field), "write it like --field Website=https://coop.example/")}
		}
		in.Fields = append(in.Fields, coop.Field{Name: name, Value: value})
	}
	return in, nil
}

type coopAddCmd struct {
	Name string `arg:"" help:"1 to 30 characters of a-z, 0-9 and _; never changes."`
	coopFlags
}

// Help is shown by `plenum help coop add`.
func (coopAddCmd) Help() string {
	return `Example: plenum coop add hackspace --title "Hackspace Co-op" --language en`
}

// Run makes a co-op.
func (c coopAddCmd) Run(ctx context.Context, a *app) error {
	in, err := c.input()
	if err != nil {
		return err
	}
	in.Name = coop.Name(c.Name)
	return a.coopSave(ctx, http.MethodPost, "/control/coops", c.coopFlags, in, "Made @%s: %s")
}

// coopSave makes or changes a co-op; its icon is stored first.
func (a *app) coopSave(ctx context.Context, method, path string, f coopFlags, in handlers.CoopInput, said string) error {
	return a.with(ctx, func(d *desk) (err error) {
		if f.Icon != nil {
			if in.Icon, err = d.icon(ctx, *f.Icon); err != nil {
				return err
			}
		}
		return a.coopDone(ctx, d, method, path, in, said)
	})
}

// icon stores the picture in a file; without a name it is the one that is drawn.
func (d *desk) icon(ctx context.Context, file string) (*coop.Image, error) {
	if file == "" {
		return &coop.Image{}, nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var m handlers.PictureInfo
	if err := d.call(ctx, http.MethodPost, "/control/media", raw, &m); err != nil {
		return nil, fmt.Errorf("the picture %s: %w", file, err)
	}
	return &m.Image, nil
}

// coopDone makes a request that answers with a co-op, and says so.
func (a *app) coopDone(ctx context.Context, d *desk, method, path string, in any, said string) error {
	var info handlers.CoopInfo
	if err := d.call(ctx, method, path, in, &info); err != nil {
		return err
	}
	if a.json {
		return a.print(info)
	}
	a.say(said, info.Handle, info.Page)
	return nil
}

type coopListCmd struct{}

// Help is shown by `plenum help coop list`.
func (coopListCmd) Help() string { return "Example: plenum coop list --json" }

// Run lists the co-ops.
func (coopListCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		var all []handlers.CoopInfo
		if err := d.call(ctx, http.MethodGet, "/control/coops", nil, &all); err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, c := range all {
			rows[i] = []string{string(c.Name), c.Title, "@" + c.Handle, strconv.Itoa(c.Followers)}
		}
		return a.table("There is no co-op yet: plenum coop add NAME", "NAME\tTITLE\tHANDLE\tFOLLOWERS", rows)
	})
}

type coopShowCmd struct {
	Name string `arg:"" help:"The co-op's name."`
}

// Help is shown by `plenum help coop show`.
func (coopShowCmd) Help() string { return "Example: plenum coop show hackspace" }

// Run shows a co-op.
func (c coopShowCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		var info handlers.CoopInfo
		if err := d.call(ctx, http.MethodGet, at("coops", c.Name), nil, &info); err != nil {
			return err
		}
		if a.json {
			return a.print(info)
		}
		a.say("%s (%s)", info.Title, info.Type)
		if info.Summary != "" {
			a.say("  %s", content.Line(content.Text(info.Summary), 200))
		}
		a.say("  handle     @%s", info.Handle)
		a.say("  page       %s", info.Page)
		a.say("  actor      %s", info.ID)
		a.say("  outbox     %s", info.Outbox)
		a.say("  language   %s   time zone %s", info.Language, cmp.Or(info.Zone, "none"))
		a.say("  followers  %d%s", info.Followers, map[bool]string{true: ", each to be approved"}[info.Approve])
		a.say("  comments   %s", cmp.Or(info.Comments, coop.CommentsHeld))
		if info.TwoPeople {
			a.say("  two people have to agree to what it publishes")
		}
		for _, f := range info.Fields {
			a.say("  %s: %s", f.Name, f.Value)
		}
		return nil
	})
}

type coopSetCmd struct {
	Name string `arg:"" help:"The co-op's name."`
	coopFlags
}

// Help is shown by `plenum help coop set`.
func (coopSetCmd) Help() string {
	return `What is not named stays as it is; --field, if given, names all fields.

Example: plenum coop set hackspace --summary "Member-owned, in Berlin" --approve`
}

// Run changes a co-op.
func (c coopSetCmd) Run(ctx context.Context, a *app) error {
	in, err := c.input()
	if err != nil {
		return err
	}
	if c.Icon == nil && reflect.DeepEqual(in, handlers.CoopInput{}) {
		return badUsage{withHint(errors.New("say what to change"), "as with --title or --summary; `plenum help coop set` shows what there is")}
	}
	return a.coopSave(ctx, http.MethodPatch, at("coops", c.Name), c.coopFlags, in, "Changed @%s: %s")
}

type coopRotateCmd struct {
	Name string `arg:"" help:"The co-op's name."`
}

// Help is shown by `plenum help coop rotate-key`.
func (coopRotateCmd) Help() string {
	return `The key id stays the same; followers are told by an Update of the actor, which the
old key signs. relay stands for the instance itself.

Example: plenum coop rotate-key hackspace`
}

// Run gives a co-op a new key.
func (c coopRotateCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		return a.coopDone(ctx, d, http.MethodPost, at("coops", c.Name, "rotate-key"), nil, "@%s has a new key: %s")
	})
}

type coopRemoveCmd struct {
	Name string `arg:"" help:"The co-op's name."`
	Yes  bool   `help:"Really remove it."`
}

// Help is shown by `plenum help coop remove`.
func (coopRemoveCmd) Help() string {
	return `Its actor and all its posts answer 410 from then on, its followers are told, and
its name is never given again.

Example: plenum coop remove hackspace --yes`
}

// Run removes a co-op.
func (c coopRemoveCmd) Run(ctx context.Context, a *app) error {
	if !c.Yes {
		return badUsage{withHint(errors.New("nothing was removed: removing a co-op cannot be undone"), "to do it all the same: plenum coop remove "+c.Name+" --yes")}
	}
	return a.with(ctx, func(d *desk) error {
		if err := d.call(ctx, http.MethodDelete, at("coops", c.Name), nil, nil); err != nil {
			return err
		}
		if a.json {
			return a.print(map[string]string{"removed": c.Name})
		}
		a.say("Removed %s. Its followers are being told.", c.Name)
		return nil
	})
}
