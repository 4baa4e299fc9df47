// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"plenum/content"
	"plenum/coop"
	"plenum/handlers"
	"plenum/importer"
)

type postListCmd struct {
	whose
	State string `help:"draft, scheduled or published." enum:"draft,scheduled,published" default:"published"`
	Limit int    `help:"How many at most." default:"100"`
}

// Help is shown by `plenum help post list`.
func (postListCmd) Help() string { return "Example: plenum post list --coop hackspace --state draft" }

// Run lists posts.
func (p postListCmd) Run(ctx context.Context, a *app) error {
	if p.Limit < 1 {
		return badUsage{withHint(errors.New("--limit: at least 1 is needed"), helpFor([]string{"post", "list"}))}
	}
	return a.withPosts(ctx, p.whose, func(d *desk, name string) error {
		if err := d.known(ctx, name); err != nil {
			return err
		}
		all, more, err := d.posts(ctx, name, p.State, p.Limit)
		if err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, p := range all {
			rows[i] = []string{string(p.Coop), string(p.Kind), day(p.Published), p.Slug, called(p)}
			if p.Scheduled {
				rows[i][2] = due(p.Due)
			}
		}
		when := "PUBLISHED"
		if p.State == "scheduled" {
			when = "DUE"
		}
		if err := a.table("There are no such posts.", "CO-OP\tKIND\t"+when+"\tSLUG\tTITLE", rows); err != nil || !more {
			return err
		}
		a.say("There are more: take a larger --limit.")
		return nil
	})
}

// posts are those of a co-op, or of all of this machine's, in a state; more says that
// there are more of them.
func (d *desk) posts(ctx context.Context, name, state string, most int) (all []handlers.PostInfo, more bool, err error) {
	names := []string{name}
	if name == "" {
		if names, err = d.coops(ctx); err != nil {
			return nil, false, err
		}
	}
	for _, n := range names {
		some, left, err := pages[handlers.PostInfo](ctx, d, query(d.at("coops", n, "posts"), "state", state, "limit", strconv.Itoa(min(most, 100))), most)
		if err != nil {
			return nil, false, err
		}
		all, more = append(all, some...), more || left
	}
	if len(names) > 1 { // each co-op's are in order, and what several share is in the list of each
		slices.SortStableFunc(all, func(a, b handlers.PostInfo) int {
			return cmp.Or(since(b.Post).Compare(since(a.Post)), strings.Compare(string(a.ID), string(b.ID)))
		})
		all = slices.CompactFunc(all, func(a, b handlers.PostInfo) bool { return a.ID == b.ID })
	}
	if state == "scheduled" { // the next one first
		slices.SortStableFunc(all, func(a, b handlers.PostInfo) int { return a.Due.Compare(b.Due) })
	}
	return all[:min(len(all), most)], more || len(all) > most, nil
}

// coops are the names of this machine's co-ops.
func (d *desk) coops(ctx context.Context) (names []string, err error) {
	var all []handlers.CoopInfo
	err = d.call(ctx, http.MethodGet, "/control/coops", nil, &all)
	for _, c := range all {
		names = append(names, string(c.Name))
	}
	return names, err
}

// since orders posts: by when they were published, or else begun.
func since(p coop.Post) time.Time {
	if p.Published.IsZero() {
		return p.Created
	}
	return p.Published
}

// called is a post's title or, as notes have none, how its text begins.
func called(p handlers.PostInfo) string {
	if p.Title != "" {
		return p.Title
	}
	return content.Line(p.Text, 60)
}

// day is a date in a table; a draft has none.
func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateOnly)
}

type postShowCmd struct {
	Slug string `arg:"" help:"The post's slug, the last part of its page; of a deleted one its id."`
	whose
	Markdown bool `help:"As the file that would make it."`
}

// Help is shown by `plenum help post show`.
func (postShowCmd) Help() string {
	return `Shows the post, how many servers and followers it has reached, and where it has
not arrived, why, and what to do.

Examples:
  plenum post show no-masters-no-slave
  plenum post show no-masters-no-slave --markdown > talk.md`
}

// postShown is a post with its receipt; a draft has none.
type postShown struct {
	handlers.PostInfo
	Receipt *handlers.ReceiptInfo `json:"receipt,omitempty"`
}

// find is the post that a command names: by its slug, its id, or a URL that ends
// with one of them.
func (d *desk) find(ctx context.Context, name, slug string) (handlers.PostInfo, string, error) {
	var p handlers.PostInfo
	name, err := d.theCoop(ctx, name)
	if err != nil {
		return p, "", err
	}
	return p, name, d.call(ctx, http.MethodGet, d.at("coops", name, "posts", path.Base(slug)), nil, &p)
}

// Run shows a post.
func (p postShowCmd) Run(ctx context.Context, a *app) error {
	return a.withPosts(ctx, p.whose, func(d *desk, name string) error {
		info, name, err := d.find(ctx, name, p.Slug)
		if err != nil {
			return err
		}
		if p.Markdown {
			f, err := d.file(ctx, name, info)
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(f.Format())
			return err
		}
		shown := postShown{PostInfo: info}
		if info.State != coop.Draft {
			shown.Receipt = &handlers.ReceiptInfo{}
			if err := d.call(ctx, http.MethodGet, d.at("coops", name, "posts", string(info.ID), "receipt"), nil, shown.Receipt); err != nil {
				return err
			}
		}
		if a.json {
			return a.print(shown)
		}
		a.sayPost(info)
		if shown.Receipt != nil {
			a.sayReceipt(*shown.Receipt, d.served)
		}
		return nil
	})
}

// sayPost prints a post. Of one that was deleted only its id and its kind are left.
func (a *app) sayPost(p handlers.PostInfo) {
	if p.State == coop.Withdrawn {
		a.say("A post that was deleted")
	} else {
		a.say("%s", printable(called(p)))
		if line := p.Line(); line != "" {
			a.say("  %s", printable(line))
		}
	}
	a.say("  kind       %s, %s", p.Kind, p.State)
	if p.Page != "" {
		a.say("  page       %s", p.Page)
	}
	a.say("  object     %s", p.IRI)
	if !p.Published.IsZero() {
		a.say("  published  %s", p.Published.Format(time.RFC3339))
	}
	if !p.Due.IsZero() {
		a.say("  due        %s", due(p.Due))
	}
	if p.Stuck != "" {
		a.say("  stuck      %s", printable(p.Stuck))
	}
	if p.Visibility != coop.Everybody {
		a.say("  for        %s", forWhom[p.Visibility])
	}
	if len(p.Owners) > 0 {
		a.say("  shared     %s", coopNames(p.Owners))
	}
	if len(p.Offered) > 0 {
		a.say("  asked      %s", coopNames(p.Offered))
	}
	if p.State != coop.Draft {
		a.say("  deliveries plenum queue list --post %s", p.ID)
	}
}

// forWhom says for whom a post is that is not for everybody.
var forWhom = map[coop.Visibility]string{coop.Unlisted: "whoever has its address", coop.Followers: "the followers"}

func coopNames(all []coop.Name) string {
	words := make([]string, len(all))
	for i, n := range all {
		words[i] = string(n)
	}
	return strings.Join(words, ", ")
}

// file is a post as the file that would make it.
func (d *desk) file(ctx context.Context, name string, p handlers.PostInfo) (importer.File, error) {
	around := importer.Around{Image: p.Image.URL}
	if p.Image.File != "" {
		around.Image = coop.IRI(strings.TrimSuffix(string(p.IRI), pathOf(string(p.IRI))) + "/media/" + p.Image.File)
	}
	ids := p.Of
	if p.PartOf != "" {
		ids = append([]coop.ID{p.PartOf}, ids...)
	}
	for i, id := range ids {
		var other handlers.PostInfo
		err := d.call(ctx, http.MethodGet, d.at("coops", name, "posts", string(id)), nil, &other)
		switch {
		case coop.CodeOf(err) == coop.NotFound, err == nil && other.State == coop.Withdrawn: // it was deleted, or is another co-op's
		case err != nil:
			return importer.File{}, err
		case i == 0 && p.PartOf != "":
			around.PartOf = other.Slug
		default:
			around.Of = append(around.Of, other.Slug)
		}
	}
	return importer.FromPost(p.Post, around), nil
}

// pathOf is the path of a URL of ours, which has nothing behind it.
func pathOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return u.EscapedPath()
}

type postHistoryCmd struct {
	Slug string `arg:"" help:"The post's slug."`
	whose
}

// Help is shown by `plenum help post history`.
func (postHistoryCmd) Help() string { return "Example: plenum post history go-meetup-12" }

// Run shows who changed a post.
func (p postHistoryCmd) Run(ctx context.Context, a *app) error {
	return a.withPosts(ctx, p.whose, func(d *desk, name string) error {
		info, name, err := d.find(ctx, name, p.Slug)
		if err != nil {
			return err
		}
		var all []handlers.RevisionInfo
		if err := d.call(ctx, http.MethodGet, d.at("coops", name, "posts", string(info.ID), "history"), nil, &all); err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, r := range all {
			rows[i] = []string{strconv.Itoa(r.Post.Rev), changed(r.Post), string(r.Post.State), r.By, called(r.Post)}
		}
		return a.table("It has no history.", "VERSION\tFROM\tSTATE\tBY\tTITLE", rows)
	})
}

// changed is since when a post is as it is.
func changed(p handlers.PostInfo) string {
	return due(newest(p.Created, p.Published, p.Updated))
}

func newest(all ...time.Time) (last time.Time) {
	for _, t := range all {
		if t.After(last) {
			last = t
		}
	}
	return last
}
