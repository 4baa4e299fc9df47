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
	"path/filepath"
	"strings"
	"time"

	"plenum/coop"
	"plenum/handlers"
	"plenum/importer"
)

type postCmd struct {
	Publish postPublishCmd `cmd:"" help:"Publish files, or drafts; this is what plenum post FILE… does."`
	Draft   postDraftCmd   `cmd:"" help:"Keep files as drafts, or a draft from being published by itself."`
	List    postListCmd    `cmd:"" help:"List posts."`
	Show    postShowCmd    `cmd:"" help:"Show a post."`
	History postHistoryCmd `cmd:"" help:"Show who changed a post, and when."`
	Edit    postEditCmd    `cmd:"" help:"Change a post in your editor."`
	Cancel  postCancelCmd  `cmd:"" help:"Say that a meetup or talk does not take place."`
	Delete  postDeleteCmd  `cmd:"" help:"Delete a post and tell its followers, or a draft."`
}

// Help is shown by `plenum help post`.
func (postCmd) Help() string {
	return `plenum post FILE… [--coop C] [--draft] publishes Markdown files with TOML front
matter, or updates what they published before: plenum help post publish.

All of this works on this machine's instance and, where there is none or with
--at HOST, on the one where you are logged in: plenum help login.

Examples:
  plenum post examples/35c3/*.md
  plenum post list`
}

type postPublishCmd struct {
	Files []string `arg:"" name:"file" help:"Markdown with TOML front matter; or the slug of a draft."`
	whose
	Draft bool   `help:"Keep them as drafts that nobody sees."`
	When  string `help:"Publish by itself then, like 2026-12-01T09:00, as the clocks are here." placeholder:"TIME"`
	All   bool   `help:"Change every occurrence of what is held again and again."`
}

// Help is shown by `plenum help post publish`.
func (postPublishCmd) Help() string {
	return `A file that was posted before (same co-op and slug) updates its post. Files are
published behind those that they are part of, reports behind the events that they
are of. A file is Markdown behind some TOML:

    +++
    kind = "meetup"   # or talk, or report, which needs a summary and no start
    title = "Go meetup"
    start = 2026-12-09T18:30:00
    timezone = "Europe/Berlin"
    place = { name = "c-base", address = "Rungestr. 20, 10179 Berlin" }
    +++
    Two talks, then pizza.

Where somebody else has to agree first, it is proposed and published then.

Examples:
  plenum post examples/35c3/*.md --coop it_kollektiv
  plenum post publish go-meetup-12 --when 2026-12-01T09:00`
}

// published is what became of a file.
type published struct {
	File     string    `json:"file"`
	Slug     string    `json:"slug"`
	What     string    `json:"what"` // published, updated, unchanged, kept as a draft, scheduled, proposed
	ID       coop.IRI  `json:"id"`   // of the object; empty where it is proposed
	Page     coop.IRI  `json:"page"`
	Due      time.Time `json:"due,omitzero"`       // of what is scheduled
	Proposal coop.ID   `json:"proposal,omitempty"` // of what is proposed
}

// What becomes of what is posted.
const (
	wasPublished = "published"
	wasUpdated   = "updated"
	wasUnchanged = "unchanged"
	wasKept      = "kept as a draft"
	wasScheduled = "scheduled"
	wasProposed  = "proposed"
)

// Run publishes files and drafts.
func (p postPublishCmd) Run(ctx context.Context, a *app) error {
	m := posting{draft: p.Draft, all: p.All}
	if p.When != "" {
		at, err := clock(p.When)
		if err != nil {
			return badUsage{withHint(err, "write it like --when 2026-12-01T09:00")}
		}
		m.due = at
	}
	if p.Draft && p.When != "" {
		return badUsage{withHint(errors.New("--draft keeps a draft until you publish it, --when until then"), "leave one of them out")}
	}
	return a.post(ctx, p.whose, p.Files, m)
}

// clock reads a moment, as the clocks are here or with an offset.
func clock(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	w, err := coop.ParseWall(s)
	if err != nil {
		return time.Time{}, fmt.Errorf("--when: %w", err)
	}
	if w.DateOnly() {
		return time.Time{}, fmt.Errorf("--when: %s has no time", s)
	}
	t, err := w.In(time.Local)
	return t.UTC(), err
}

type postDraftCmd struct {
	Files []string `arg:"" name:"file" help:"Markdown with TOML front matter; or the slug of a draft."`
	whose
}

// Help is shown by `plenum help post draft`.
func (postDraftCmd) Help() string {
	return `A draft is seen by your co-op alone. One that is scheduled stays one until you publish
it.

Example: plenum post draft talk.md`
}

// Run keeps drafts.
func (p postDraftCmd) Run(ctx context.Context, a *app) error {
	return a.post(ctx, p.whose, p.Files, posting{draft: true})
}

// posting is how files are posted.
type posting struct {
	draft bool
	due   time.Time // zero: when the file says, or at once
	all   bool      // occurrences of a series
}

// post publishes files and drafts in a way.
func (a *app) post(ctx context.Context, w whose, args []string, m posting) error {
	paths, slugs := apart(args)
	files, err := readPosts(paths)
	if err != nil {
		return err
	}
	return a.withPosts(ctx, w, func(d *desk, name string) error {
		name, err := d.theCoop(ctx, name)
		if err != nil {
			return err
		}
		for _, slug := range slugs {
			done, err := d.release(ctx, name, slug, m)
			if err != nil {
				return err
			}
			if err := a.sayPublished(d, done); err != nil {
				return err
			}
		}
		for _, f := range files {
			if f.Silent() {
				fmt.Fprintf(a.stderr, "plenum: %s: who cannot see its picture is told nothing\nhint: say what can be seen, as in image = { file = \"poster.png\", alt = \"…\" }\n", f.Name)
			}
			done, err := d.publish(ctx, name, f, m)
			if err != nil {
				return ofFile(f, name, err)
			}
			if err := a.sayPublished(d, done); err != nil {
				return err
			}
		}
		return nil
	})
}

// apart tells slugs of drafts from files: what is no file and cannot be the name of
// one.
func apart(args []string) (paths, slugs []string) {
	for _, arg := range args {
		_, isSlug := coop.ParseSlug(arg)
		if _, err := os.Stat(arg); isSlug && os.IsNotExist(err) {
			slugs = append(slugs, arg)
			continue
		}
		paths = append(paths, arg)
	}
	return paths, slugs
}

// sayPublished prints what became of a file or a draft.
func (a *app) sayPublished(d *desk, p published) error {
	if a.json {
		return a.print(p)
	}
	switch {
	case p.What == wasProposed && d.login != nil:
		a.say("%s  (proposed: somebody else decides at %s/desk)", p.Slug, d.login.Origin)
	case p.What == wasProposed:
		a.say("%s  (proposed: somebody else decides, with plenum proposal accept %s)", p.Slug, p.Proposal)
	case p.What == wasScheduled:
		a.say("%s  (scheduled for %s: %s)", p.ID, p.Due.Local().Format("2006-01-02 15:04 MST"), p.Page)
	default:
		a.say("%s  (%s: %s)", p.ID, p.What, p.Page)
	}
	return nil
}

// keyOf names the members of what is sent that have another name in a file.
var keyOf = map[string]string{
	"plenum:kind": "kind", "plenum:slug": "slug", "plenum:partOf": "part_of", "plenum:original": "original", "name": "title",
	"startTime": "start", "endTime": "end", "eventStatus": "status", "location": "place", "performer": "speakers",
	"inLanguage": "language", "tag": "tags", "attachment": "links",
	"plenum:publishAt": "publish_at", "plenum:repeat": "repeat", "plenum:ahead": "ahead", "plenum:of": "of",
	"plenum:owners": "owners", "plenum:attendance": "attendance", "to": "visibility", "cc": "visibility",
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
func (d *desk) publish(ctx context.Context, name string, f importer.File, m posting) (published, error) {
	done := published{File: f.Name, Slug: f.Slug}
	members, err := d.members(ctx, name, &f)
	if err != nil {
		return done, err
	}
	old, err := d.before(ctx, name, f)
	if err != nil {
		return done, err
	}
	if m.draft && old.State == coop.Published {
		return done, withHint(fmt.Errorf("the post %s is published, and cannot become a draft again", f.Slug),
			"post it without --draft to change it; take it back for good with: plenum post delete "+f.Slug+" --coop "+name)
	}
	if old.State != coop.Published {
		due := m.due
		if due.IsZero() && f.PublishAt.After(time.Now()) { // what is over means at once
			due = f.PublishAt
		}
		live(members, m.draft, due, old.State == coop.Draft)
	}
	if old.ID == "" {
		return d.became(ctx, name, done, old, members)
	}
	if f.Repeat != "" {
		for _, settled := range []string{"plenum:slug", "plenum:repeat", "plenum:ahead"} { // by the first; each occurrence has its own slug
			delete(members, settled)
		}
	}
	return d.became(ctx, name, done, old, updateOf(old, members, m.all || f.Repeat != ""))
}

// members are what the outbox takes for a file, whose picture is stored.
func (d *desk) members(ctx context.Context, name string, f *importer.File) (map[string]any, error) {
	if err := d.upload(ctx, name, f); err != nil {
		return nil, err
	}
	if f.Visibility != "" {
		id, err := d.followers(ctx, name)
		if err != nil {
			return nil, err
		}
		f.SetFollowers(id)
	}
	object, err := f.Object("")
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	return members, json.Unmarshal(object, &members)
}

// before is the post that a file made before; its ID is empty where there is none. A
// file with a rule made the first of several, whose slugs begin with its own.
func (d *desk) before(ctx context.Context, name string, f importer.File) (old handlers.PostInfo, err error) {
	slug := f.Slug
	if f.Repeat != "" {
		slug += "-" + f.When.Start.Date()
	}
	err = d.call(ctx, http.MethodGet, d.at("coops", name, "posts", slug), nil, &old)
	if coop.CodeOf(err) == coop.NotFound {
		return handlers.PostInfo{}, nil
	}
	return old, err
}

// live adds to an object that is no post yet what shall become of it: known says
// that there is a draft already, of which another thing may have been said before.
func live(object map[string]any, draft bool, due time.Time, known bool) {
	switch {
	case draft:
		object["plenum:state"] = coop.Draft
		if known {
			object["plenum:publishAt"] = nil
		}
	case !due.IsZero():
		object["plenum:state"], object["plenum:publishAt"] = coop.Draft, due.Format(time.RFC3339)
	case known:
		object["plenum:state"] = coop.Published
	}
}

// updateOf wraps members of an object in an Update of a post.
func updateOf(p handlers.PostInfo, members map[string]any, all bool) map[string]any {
	members["id"], members["type"] = p.IRI, p.Kind.Type()
	if all && p.Series != "" {
		members["plenum:scope"] = "all"
	}
	return map[string]any{"type": "Update", "object": members}
}

// became submits what is said about a post and looks at what came of it.
func (d *desk) became(ctx context.Context, name string, done published, old handlers.PostInfo, activity map[string]any) (published, error) {
	sent, err := d.submit(ctx, name, activity)
	if err != nil {
		return done, err
	}
	if done.Proposal = sent.Proposal; done.Proposal != "" {
		done.What, done.ID, done.Page = wasProposed, old.IRI, old.Page
		return done, nil
	}
	id := cmp.Or(string(old.ID), idPart(sent.Object), done.Slug)
	var now handlers.PostInfo
	if err := d.call(ctx, http.MethodGet, d.at("coops", name, "posts", id), nil, &now); err != nil {
		return done, err
	}
	done.ID, done.Page, done.Due = now.IRI, now.Page, now.Due
	switch {
	case now.State == coop.Draft && !now.Due.IsZero():
		done.What = wasScheduled
	case now.State == coop.Draft:
		done.What = wasKept
	case old.State != coop.Published:
		done.What = wasPublished
	case now.Rev == old.Rev: // nobody was told anything
		done.What = wasUnchanged
	default:
		done.What = wasUpdated
	}
	return done, nil
}

// idPart is the last part of an id, which is a post's own.
func idPart(id coop.IRI) string { return string(id)[strings.LastIndexByte(string(id), '/')+1:] }

// release publishes a draft that is there already, or says when it shall be.
func (d *desk) release(ctx context.Context, name, slug string, m posting) (published, error) {
	done := published{Slug: slug}
	var old handlers.PostInfo
	if err := d.call(ctx, http.MethodGet, d.at("coops", name, "posts", slug), nil, &old); err != nil {
		if coop.CodeOf(err) == coop.NotFound {
			err = withHint(fmt.Errorf("there is neither a file %s nor a draft of that slug", slug), "`plenum post list --state draft` shows the drafts")
		}
		return done, err
	}
	if old.State != coop.Draft {
		return done, withHint(fmt.Errorf("the post %s is published already", slug), "to change it: plenum post edit "+slug)
	}
	members := map[string]any{}
	live(members, m.draft, m.due, true)
	done, err := d.became(ctx, name, done, old, updateOf(old, members, m.all))
	if e, ok := errors.AsType[*coop.Error](err); ok && e.Member == "plenum:publishAt" {
		e.Member = "--when"
		err = withHint(err, "write it like --when "+time.Now().AddDate(0, 0, 7).Format("2006-01-02T15:04"))
	} else if ok && e.Code == coop.Invalid {
		err = withHint(err, "change the draft first: plenum post edit "+slug)
	}
	return done, err
}

// upload stores the picture that lies beside a post's file.
func (d *desk) upload(ctx context.Context, name string, f *importer.File) error {
	file, alt, ok := f.ImageFile()
	if !ok {
		return nil
	}
	root, err := os.OpenRoot(filepath.Dir(f.Name)) // a post's file cannot name what is elsewhere
	if err != nil {
		return err
	}
	raw, err := root.ReadFile(file)
	if err = errorAfter(err, root.Close()); os.IsNotExist(err) {
		return withHint(fmt.Errorf("there is no picture %s beside it", file), "the file that image names lies in the folder of the post's file")
	}
	if err != nil {
		return fmt.Errorf("the picture %s: %w", file, err)
	}
	m, err := d.keep(ctx, name, upload{name: file, alt: alt, raw: raw})
	if err != nil {
		return fmt.Errorf("the picture %s: %w", file, err)
	}
	f.SetImage(string(m.URL))
	return nil
}
