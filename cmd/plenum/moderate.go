// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/user"
	"strconv"
	"strings"

	"plenum/coop"
	"plenum/handlers"
)

// whoami is who decides: the user of the machine, also where they became the one
// who owns the data.
func whoami() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return printable(name)
	}
	if u, err := user.Current(); err == nil {
		return printable(u.Username)
	}
	return "uid " + strconv.Itoa(os.Getuid())
}

// reason is why somebody decides something.
type reason struct {
	Why string `help:"Why, for the list of decisions." placeholder:"TEXT"`
}

// moderation is the path of what is decided in a co-op.
func moderation(name, what string) string { return at("coops", name, "moderation", what) }

// about names whom a decision is about in a sentence.
func about(handle string) string {
	if strings.Contains(handle, "://") {
		return printable(handle)
	}
	return "@" + printable(handle)
}

// each does something with each of what was named, and tells in the end of those
// with which it could not be done: one that is gone does not stop the others.
func each(names []string, do func(name string) error) error {
	var failed []error
	for _, name := range names {
		err := do(name)
		if err != nil && len(names) > 1 {
			err = fmt.Errorf("%s: %w", name, err)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

type complaintCmd struct {
	List  complaintListCmd  `cmd:"" help:"List what was complained about."`
	Close complaintCloseCmd `cmd:"" help:"Say that a complaint was dealt with."`
}

// Help is shown by `plenum help complaint`.
func (complaintCmd) Help() string {
	return `People elsewhere report a co-op, a post or a comment to the instance. Most often
it is their server that says so, and not they.

Examples:
  plenum complaint list
  plenum complaint close 01KB3Y6Q2ZM9T4X7V0R8W5N1EA --why "the comment is gone"`
}

type complaintListCmd struct {
	Coop   string `help:"The co-op; needed where there are several." placeholder:"C"`
	Closed bool   `help:"Those that were dealt with."`
	Limit  int    `help:"How many at most." default:"100"`
}

// Help is shown by `plenum help complaint list`.
func (complaintListCmd) Help() string { return "Example: plenum complaint list --coop hackspace" }

// Run lists complaints.
func (l complaintListCmd) Run(ctx context.Context, a *app) error {
	if err := positive(l.Limit, "complaint", "list"); err != nil {
		return err
	}
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, l.Coop)
		if err != nil {
			return err
		}
		closed := ""
		if l.Closed {
			closed = "true"
		}
		path := query(moderation(name, "complaints"), "closed", closed, "limit", strconv.Itoa(l.Limit))
		all, more, err := pages[handlers.ComplaintInfo](ctx, d, path, l.Limit)
		if err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		for _, c := range all {
			a.say("%s  %s  of %s", c.ID, due(c.At), about(c.Handle))
			for _, i := range c.About {
				a.say("  about %s", printable(string(i)))
			}
			if c.Text != "" {
				a.say("  %s", printable(c.Text))
			}
			if !c.Closed.IsZero() {
				a.say("  dealt with on %s", due(c.Closed))
			}
		}
		switch {
		case len(all) == 0:
			a.say("There are no such complaints.")
		case more:
			a.say("There are more: take --limit %d.", 10*l.Limit)
		}
		return nil
	})
}

type complaintCloseCmd struct {
	ID   string `arg:"" help:"The complaint's id, as the list shows it."`
	Coop string `help:"The co-op; needed where there are several." placeholder:"C"`
	reason
}

// Help is shown by `plenum help complaint close`.
func (complaintCloseCmd) Help() string {
	return `Nobody is told. What is to be done about it is done with other commands: reject
the comment, block the account, delete the post.

Example: plenum complaint close 01KB3Y6Q2ZM9T4X7V0R8W5N1EA --why "a quarrel between others"`
}

// Run closes a complaint.
func (k complaintCloseCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, k.Coop)
		if err != nil {
			return err
		}
		in := map[string]string{"id": k.ID, "why": k.Why}
		if err := d.call(ctx, http.MethodPost, moderation(name, "complaints"), in, nil); err != nil {
			return err
		}
		if a.json {
			return a.print(map[string]string{"closed": k.ID})
		}
		a.say("Closed %s.", printable(k.ID))
		return nil
	})
}

type decisionCmd struct {
	List decisionListCmd `cmd:"" help:"List who decided what, and why."`
}

// Help is shown by `plenum help decision`.
func (decisionCmd) Help() string { return "Example: plenum decision list --coop hackspace" }

type decisionListCmd struct {
	Coop  string `help:"Only about this co-op." placeholder:"C"`
	Limit int    `help:"How many at most." default:"100"`
}

// Help is shown by `plenum help decision list`.
func (decisionListCmd) Help() string {
	return `The newest stand first. They are kept for two years.

Example: plenum decision list --limit 20`
}

// Run lists decisions.
func (l decisionListCmd) Run(ctx context.Context, a *app) error {
	if err := positive(l.Limit, "decision", "list"); err != nil {
		return err
	}
	return a.with(ctx, func(d *desk) error {
		path := "/control/moderation/decisions"
		if l.Coop != "" {
			path = moderation(l.Coop, "decisions")
		}
		all, more, err := pages[coop.Decision](ctx, d, query(path, "limit", strconv.Itoa(l.Limit)), l.Limit)
		if err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, one := range all {
			rows[i] = []string{due(one.At), one.By, one.What, cmp.Or(string(one.Coop), "-"), cmp.Or(one.Target, "-"), cmp.Or(one.Why, "-")}
		}
		if err := a.table("Nothing has been decided yet.", "WHEN\tWHO\tWHAT\tCO-OP\tABOUT\tWHY", rows); err != nil {
			return err
		}
		if more {
			a.say("There are more: choose with --coop, or take --limit %d.", 10*l.Limit)
		}
		return nil
	})
}

// positive refuses a list of nothing.
func positive(limit int, words ...string) error {
	if limit < 1 {
		return badUsage{withHint(fmt.Errorf("--limit: at least 1 is needed"), helpFor(words))}
	}
	return nil
}
