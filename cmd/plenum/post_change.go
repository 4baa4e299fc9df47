// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"plenum/coop"
	"plenum/handlers"
	"plenum/importer"
)

type postEditCmd struct {
	Slug string `arg:"" help:"The post's slug."`
	whose
	All bool `help:"Change every occurrence of what is held again and again."`
}

// Help is shown by `plenum help post edit`.
func (postEditCmd) Help() string {
	return `Opens the post in the editor that VISUAL or EDITOR names. What you change is
changed, and nothing else; a draft stays one. A picture is a file in the folder where
you are.

Example: plenum post edit go-meetup-12`
}

// Run lets a person change a post.
func (p postEditCmd) Run(ctx context.Context, a *app) error {
	return a.withPosts(ctx, p.whose, func(d *desk, name string) error {
		info, name, err := d.find(ctx, name, p.Slug)
		if err != nil {
			return err
		}
		if info.State == coop.Withdrawn {
			return withHint(errors.New("the post was deleted"), "`plenum post list` shows those that there are")
		}
		before, err := d.file(ctx, name, info)
		if err != nil {
			return err
		}
		path, after, err := a.edited(ctx, before)
		if err != nil {
			return err
		}
		done := published{File: info.Slug + ".md", Slug: info.Slug, What: wasUnchanged, ID: info.IRI, Page: info.Page, Due: info.Due}
		if after != nil {
			if done, err = d.change(ctx, name, info, before, *after, p.All); err != nil {
				return withHint(ofFile(*after, name, err), "what you wrote is in "+path+"; mend it there, and post that file")
			}
		}
		return errorAfter(a.sayPublished(d, done), os.RemoveAll(filepath.Dir(path)))
	})
}

// edited is what a person makes of a file, nil where that is nothing. What they wrote
// stays where path says until its folder is removed.
func (a *app) edited(ctx context.Context, f importer.File) (path string, after *importer.File, err error) {
	dir, err := os.MkdirTemp("", "plenum-edit-") // for this user alone
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, f.Name)
	text := f.Format()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return path, nil, err
	}
	editor := strings.Fields(cmp.Or(os.Getenv("VISUAL"), os.Getenv("EDITOR"), "vi"))
	cmd := exec.CommandContext(ctx, editor[0], append(editor[1:], path)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.stdin, a.stderr, a.stderr // standard output is for what became of it
	if err := cmd.Run(); err != nil {
		return path, nil, withHint(fmt.Errorf("the editor %s: %w", editor[0], err), "say in EDITOR which one to take; nothing was changed, and what you wrote is in "+path)
	}
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Equal(raw, text) {
		return path, nil, err
	}
	changed, err := importer.Parse(f.Name, raw)
	if err != nil {
		return path, nil, errors.Join(err, withHint(errors.New("nothing was changed"), "what you wrote is in "+path+"; mend it there, and post that file"))
	}
	return path, &changed, nil
}

// together are members that mean something only with each other.
var together = [][]string{{"startTime", "endTime", "timezone", "plenum:allDay"}, {"to", "cc"}, {"eventStatus", "status"}, {"joinMode", "externalParticipationUrl", "maximumAttendeeCapacity"}}

// change submits what is other in a file than it was.
func (d *desk) change(ctx context.Context, name string, old handlers.PostInfo, before, after importer.File, all bool) (published, error) {
	done := published{File: after.Name, Slug: after.Slug, What: wasUnchanged, ID: old.IRI, Page: old.Page, Due: old.Due}
	was, err := d.members(ctx, name, &before)
	if err != nil {
		return done, err
	}
	is, err := d.members(ctx, name, &after)
	if err != nil {
		return done, err
	}
	members := others(was, is)
	if old.State == coop.Draft && !after.PublishAt.Equal(before.PublishAt) {
		members["plenum:publishAt"] = nil
		if !after.PublishAt.IsZero() {
			members["plenum:publishAt"] = after.PublishAt.Format(time.RFC3339)
		}
	}
	if len(members) == 0 {
		return done, nil
	}
	return d.became(ctx, name, done, old, updateOf(old, members, all))
}

// others are the members that are not what they were; one that is not there any more
// is null.
func others(was, is map[string]any) map[string]any {
	out := map[string]any{}
	put := func(k string) {
		if v, ok := is[k]; ok || was[k] != nil {
			out[k] = v
		}
	}
	for k, v := range is {
		if !reflect.DeepEqual(v, was[k]) {
			put(k)
		}
	}
	for k, v := range was {
		if _, ok := is[k]; !ok && v != nil {
			put(k)
		}
	}
	for _, group := range together {
		for _, k := range group {
			if _, ok := out[k]; ok {
				for _, k := range group {
					put(k)
				}
				break
			}
		}
	}
	return out
}

type postCancelCmd struct {
	Slug string `arg:"" help:"The slug of the meetup or talk."`
	whose
	Postponed bool `help:"It will take place, and nobody knows yet when."`
	All       bool `help:"All that is still to come of what is held again and again."`
}

// Help is shown by `plenum help post cancel`.
func (postCancelCmd) Help() string {
	return `Who follows you and who said that they come is told, and calendars strike it out; its
page stays. Where there is a new date, say that instead: plenum post edit, and there
status = "rescheduled" with the new start.

Example: plenum post cancel go-meetup-12`
}

// Run cancels an event.
func (p postCancelCmd) Run(ctx context.Context, a *app) error {
	return a.withPosts(ctx, p.whose, func(d *desk, name string) error {
		info, name, err := d.find(ctx, name, p.Slug)
		if err != nil {
			return err
		}
		if !info.Kind.Event() {
			return withHint(fmt.Errorf("a %s does not take place, so that it cannot be cancelled", info.Kind), "to take it back: plenum post delete "+p.Slug)
		}
		status, said := "EventCancelled", "cancelled"
		if p.Postponed {
			status, said = "EventPostponed", "postponed"
		}
		done := published{Slug: info.Slug}
		if done, err = d.became(ctx, name, done, info, updateOf(info, map[string]any{"eventStatus": status}, p.All)); err != nil {
			return err
		}
		if done.What == wasUpdated {
			done.What = said
		}
		return a.sayPublished(d, done)
	})
}

type postDeleteCmd struct {
	Slug string `arg:"" help:"The post's slug."`
	whose
	All bool `help:"All that is still to come of what is held again and again."`
}

// Help is shown by `plenum help post delete`.
func (postDeleteCmd) Help() string {
	return `Its id answers 410 from then on, and its followers are told. A draft just goes.

Example: plenum post delete no-masters-no-slave`
}

// remove deletes a post or a draft through the outbox.
func (d *desk) remove(ctx context.Context, name string, p handlers.PostInfo, all bool) (submitted, error) {
	activity := map[string]any{"type": "Delete", "object": p.IRI}
	if all && p.Series != "" {
		activity["plenum:scope"] = "all"
	}
	return d.submit(ctx, name, activity)
}

// Run deletes a post.
func (p postDeleteCmd) Run(ctx context.Context, a *app) error {
	return a.withPosts(ctx, p.whose, func(d *desk, name string) error {
		info, name, err := d.find(ctx, name, p.Slug)
		if err != nil {
			return err
		}
		sent, err := d.remove(ctx, name, info, p.All)
		if err != nil {
			return err
		}
		if sent.Proposal != "" {
			return a.sayPublished(d, published{Slug: info.Slug, What: wasProposed, ID: info.IRI, Page: info.Page, Proposal: sent.Proposal})
		}
		if a.json {
			return a.print(map[string]coop.IRI{"deleted": info.IRI})
		}
		a.say("Deleted %s", info.IRI)
		return nil
	})
}
