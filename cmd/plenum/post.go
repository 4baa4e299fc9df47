// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"time"

	"plenum/content"
	"plenum/coop"
	"plenum/handlers"
	"plenum/importer"
)

type postCmd struct {
	Publish postPublishCmd `cmd:"" help:"Publish files; this is what plenum post FILE… does."`
	List    postListCmd    `cmd:"" help:"List posts."`
	Show    postShowCmd    `cmd:"" help:"Show a post."`
	Delete  postDeleteCmd  `cmd:"" help:"Delete a post and tell its followers, or a draft."`
}

// Help is shown by `plenum help post`.
func (postCmd) Help() string {
	return `plenum post FILE… [--coop C] [--draft] publishes Markdown files with TOML front
matter, or updates what they published before: plenum help post publish.

Examples:
  plenum post examples/35c3/*.md
  plenum post list`
}

type postPublishCmd struct {
	Files []string `arg:"" name:"file" help:"Markdown with TOML front matter."`
	Coop  string   `help:"Whose posts these are; needed where there are several co-ops." placeholder:"C"`
	Draft bool     `help:"Keep them as drafts that nobody sees."`
}

// Help is shown by `plenum help post publish`.
func (postPublishCmd) Help() string {
	return `A file that was posted before (same co-op and slug) updates its post. Files that
are part of others are published behind them. A file is Markdown behind some TOML:

    +++
    kind = "meetup"   # or talk, or report, which needs a summary and no start
    title = "Go meetup"
    start = 2026-12-09T18:30:00
    timezone = "Europe/Berlin"
    place = { name = "c-base", address = "Rungestr. 20, 10179 Berlin" }
    +++
    Two talks, then pizza.

Example: plenum post examples/35c3/*.md --coop it_kollektiv`
}

// published is what became of a file.
type published struct {
	File string   `json:"file"`
	Slug string   `json:"slug"`
	What string   `json:"what"` // published, updated, unchanged, kept as a draft
	ID   coop.IRI `json:"id"`   // of the object
	Page coop.IRI `json:"page"`
}

// Run publishes files.
func (p postPublishCmd) Run(ctx context.Context, a *app) error {
	files, err := readPosts(p.Files)
	if err != nil {
		return err
	}
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, p.Coop)
		if err != nil {
			return err
		}
		for _, f := range files {
			done, err := d.publish(ctx, name, f, p.Draft)
			if err != nil {
				return ofFile(f, name, err)
			}
			if a.json {
				if err := a.print(done); err != nil {
					return err
				}
				continue
			}
			a.say("%s  (%s: %s)", done.ID, done.What, done.Page)
		}
		return nil
	})
}

// keyOf names the members of what is sent that have another name in a file.
var keyOf = map[string]string{
	"plenum:kind": "kind", "plenum:slug": "slug", "plenum:partOf": "part_of", "plenum:original": "original", "name": "title",
	"startTime": "start", "endTime": "end", "eventStatus": "status", "location": "place", "performer": "speakers",
	"inLanguage": "language", "tag": "tags", "attachment": "links",
	"joinMode": "join", "externalParticipationUrl": "join_url", "maximumAttendeeCapacity": "capacity",
}

// ofFile says of a file and its keys what the instance says of what was sent.
func ofFile(f importer.File, coopName string, err error) error {
	e, ok := errors.AsType[*coop.Error](err)
	if ok {
		e.Member = cmp.Or(keyOf[e.Member], e.Member)
	}
	err = fmt.Errorf("%s: %w", f.Name, err)
	if ok && e.Member == "timezone" && f.When.Zone == "" {
		return withHint(err, `write timezone = "Europe/Berlin"; or say it once for all: plenum coop set `+coopName+" --timezone Europe/Berlin")
	}
	return err
}

// readPosts reads files, in the order in which they have to be published. What
// is wrong is said of all of them: nothing is published then.
func readPosts(paths []string) ([]importer.File, error) {
	files := make([]importer.File, len(paths))
	var wrong []error
	for i, path := range paths {
		raw, err := os.ReadFile(path)
		if err == nil {
			files[i], err = importer.Parse(path, raw)
		}
		if os.IsNotExist(err) {
			err = withHint(fmt.Errorf("there is no file %s", path), "name Markdown files; to see what is published: plenum post list")
		}
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return importer.Order(files)
}

// publish puts one file through the outbox: as a Create, or as an Update of the
// post that it made before.
func (d *desk) publish(ctx context.Context, name string, f importer.File, draft bool) (published, error) {
	if err := d.upload(ctx, &f); err != nil {
		return published{}, err
	}
	object, err := f.Object("")
	if err != nil {
		return published{}, err
	}
	done := published{File: f.Name, Slug: f.Slug, What: "published"}
	var old handlers.PostInfo
	err = d.call(ctx, http.MethodGet, at("coops", name, "posts", f.Slug), nil, &old)
	switch {
	case err != nil && coop.CodeOf(err) != coop.NotFound:
		return published{}, err
	case draft && err == nil && old.State == coop.Published:
		return published{}, withHint(fmt.Errorf("the post %s is published, and cannot become a draft again", f.Slug),
			"post it without --draft to change it; take it back for good with: plenum post delete "+f.Slug+" --coop "+name)
	case draft:
		done.What = "kept as a draft"
		err = d.call(ctx, http.MethodPost, at("coops", name, "drafts"), document(object), nil)
	case err == nil && old.State == coop.Published:
		done.What = "updated"
		var update []byte
		if update, err = updateOf(old.IRI, object); err == nil {
			err = d.call(ctx, http.MethodPost, at("coops", name, "outbox"), document(update), nil)
		}
	default:
		err = d.call(ctx, http.MethodPost, at("coops", name, "outbox"), document(object), nil)
	}
	if err != nil {
		return published{}, err
	}
	var now handlers.PostInfo
	if err := d.call(ctx, http.MethodGet, at("coops", name, "posts", f.Slug), nil, &now); err != nil {
		return published{}, err
	}
	done.ID, done.Page = now.IRI, now.Page
	if done.What == "updated" && now.Rev == old.Rev { // nobody was told anything
		done.What = "unchanged"
	}
	return done, nil
}

// updateOf wraps an object in an Update of the post with the id.
func updateOf(id coop.IRI, object []byte) ([]byte, error) {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(object, &members); err != nil {
		return nil, err
	}
	quoted, err := json.Marshal(id)
	if err != nil {
		return nil, err
	}
	members["id"] = quoted
	return json.Marshal(map[string]any{"type": "Update", "object": members})
}

// upload stores the picture that lies beside a post's file.
func (d *desk) upload(ctx context.Context, f *importer.File) error {
	name, _, ok := f.ImageFile()
	if !ok {
		return nil
	}
	root, err := os.OpenRoot(filepath.Dir(f.Name)) // a post's file cannot name what is elsewhere
	if err != nil {
		return err
	}
	raw, err := root.ReadFile(name)
	if err = errorAfter(err, root.Close()); os.IsNotExist(err) {
		return withHint(fmt.Errorf("there is no picture %s beside it", name), "the file that image names lies in the folder of the post's file")
	}
	if err != nil {
		return fmt.Errorf("the picture %s: %w", name, err)
	}
	m, err := d.picture(ctx, name, raw)
	f.SetImage(string(m.URL))
	return err
}

// picture stores a picture; name is what the person calls it.
func (d *desk) picture(ctx context.Context, name string, raw []byte) (m handlers.MediaInfo, err error) {
	if err := d.call(ctx, http.MethodPost, "/control/media", raw, &m); err != nil {
		return m, fmt.Errorf("the picture %s: %w", name, err)
	}
	return m, nil
}

type postListCmd struct {
	Coop  string `help:"Only those of this co-op." placeholder:"C"`
	State string `help:"draft or published." enum:"draft,published" default:"published"`
	Limit int    `help:"How many at most." default:"100"`
}

// Help is shown by `plenum help post list`.
func (postListCmd) Help() string { return "Example: plenum post list --coop hackspace --state draft" }

// Run lists posts.
func (p postListCmd) Run(ctx context.Context, a *app) error {
	if p.Limit < 1 {
		return badUsage{withHint(errors.New("--limit: at least 1 is needed"), helpFor([]string{"post", "list"}))}
	}
	return a.with(ctx, func(d *desk) error {
		if err := d.known(ctx, p.Coop); err != nil {
			return err
		}
		var all []handlers.PostInfo
		path := query("/control/posts", "coop", p.Coop, "state", p.State, "limit", fmt.Sprint(p.Limit))
		if err := d.call(ctx, http.MethodGet, path, nil, &all); err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, p := range all {
			rows[i] = []string{string(p.Coop), string(p.Kind), day(p.Published), p.Slug, called(p)}
		}
		return a.table("There are no such posts.", "CO-OP\tKIND\tPUBLISHED\tSLUG\tTITLE", rows)
	})
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
	Coop string `help:"Whose post it is; needed where there are several co-ops." placeholder:"C"`
}

// Help is shown by `plenum help post show`.
func (postShowCmd) Help() string {
	return `Shows the post, how many servers and followers it has reached, and where it has
not arrived, why, and what to do.

Example: plenum post show no-masters-no-slave`
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
	return p, name, d.call(ctx, http.MethodGet, at("coops", name, "posts", path.Base(slug)), nil, &p)
}

// Run shows a post.
func (p postShowCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		info, name, err := d.find(ctx, p.Coop, p.Slug)
		if err != nil {
			return err
		}
		shown := postShown{PostInfo: info}
		if info.State != coop.Draft {
			shown.Receipt = &handlers.ReceiptInfo{}
			if err := d.call(ctx, http.MethodGet, at("coops", name, "posts", string(info.ID), "receipt"), nil, shown.Receipt); err != nil {
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
	if p.State != coop.Draft {
		a.say("  deliveries plenum queue list --post %s", p.ID)
	}
}

type postDeleteCmd struct {
	Slug string `arg:"" help:"The post's slug."`
	Coop string `help:"Whose post it is; needed where there are several co-ops." placeholder:"C"`
}

// Help is shown by `plenum help post delete`.
func (postDeleteCmd) Help() string {
	return `Its id answers 410 from then on, and its followers are told. A draft just goes.

Example: plenum post delete no-masters-no-slave`
}

// remove deletes a post through the outbox, and a draft, of which nobody knows,
// without it.
func (d *desk) remove(ctx context.Context, name string, p handlers.PostInfo) error {
	if p.State == coop.Draft {
		return d.call(ctx, http.MethodDelete, at("coops", name, "drafts", string(p.ID)), nil, nil)
	}
	body, err := json.Marshal(map[string]any{"type": "Delete", "object": p.IRI})
	if err != nil {
		return err
	}
	return d.call(ctx, http.MethodPost, at("coops", name, "outbox"), document(body), nil)
}

// Run deletes a post.
func (p postDeleteCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		info, name, err := d.find(ctx, p.Coop, p.Slug)
		if err != nil {
			return err
		}
		if err := d.remove(ctx, name, info); err != nil {
			return err
		}
		if a.json {
			return a.print(map[string]coop.IRI{"deleted": info.IRI})
		}
		a.say("Deleted %s", info.IRI)
		return nil
	})
}
