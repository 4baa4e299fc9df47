// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"html"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"unicode/utf8"

	"plenum/content"
	"plenum/coop"
	"plenum/handlers"
)

type commentCmd struct {
	List   commentListCmd   `cmd:"" help:"List the comments that wait for a decision, or others."`
	Show   commentShowCmd   `cmd:"" help:"Show comments on the page of their post."`
	Hold   commentHoldCmd   `cmd:"" help:"Take comments off the page, to decide about them again."`
	Reject commentRejectCmd `cmd:"" help:"Refuse comments for good."`
}

// Help is shown by `plenum help comment`.
func (commentCmd) Help() string {
	return `Replies to a post become comments. Whether they are shown at once or wait for a
decision, or are not taken at all, each co-op says for itself:
plenum coop set NAME --comments open|held|closed.

Examples:
  plenum comment list
  plenum comment show https://social.example/users/anna/statuses/4711
  plenum comment reject https://bots.example/notes/1 --why "an advertisement"`
}

type commentListCmd struct {
	Coop  string `help:"The co-op; needed where there are several." placeholder:"C"`
	Post  string `help:"Only on this post: its slug, or its id." placeholder:"P"`
	State string `help:"held, shown or rejected." enum:"held,shown,rejected" default:"held"`
	Limit int    `help:"How many at most." default:"100"`
}

// Help is shown by `plenum help comment list`.
func (commentListCmd) Help() string {
	return `The oldest stand first, each with what its page would show: its title if it has
one, its text, where its links lead. Below stands its id, by which it is decided
about. Of those that were rejected the text is not kept.

Example: plenum comment list --post go-meetup-12 --state shown`
}

// Run lists comments.
func (l commentListCmd) Run(ctx context.Context, a *app) error {
	if err := positive(l.Limit, "comment", "list"); err != nil {
		return err
	}
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, l.Coop)
		if err != nil {
			return err
		}
		post := l.Post
		if post != "" {
			post = path.Base(post)
		}
		at := query(moderation(name, "comments"), "post", post, "state", l.State, "limit", strconv.Itoa(l.Limit))
		all, more, err := pages[handlers.CommentInfo](ctx, d, at, l.Limit)
		if err != nil {
			if coop.CodeOf(err) == coop.NotFound && l.Post != "" {
				err = withHint(err, lists["post"])
			}
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		for _, c := range all {
			a.comment(c)
		}
		switch {
		case len(all) == 0:
			a.say("There are no such comments.")
		case more:
			a.say("There are more: choose with --post, or take --limit %d.", 10*l.Limit)
		}
		return nil
	})
}

// How much of a comment a list has: the page shows no more of a long one either.
const (
	maxToldText  = 1_200 // characters
	maxToldLinks = 5
)

// linked finds the links of a comment: in sanitised HTML each is written so.
var linked = regexp.MustCompile(`<a [^>]*href="([^"]*)"`)

// comment says of a comment all that its page would show.
func (a *app) comment(c handlers.CommentInfo) {
	a.say("%s  %s on %s%s", due(c.At), about(c.Handle), cmp.Or(c.Slug, string(c.Post)), map[bool]string{true: ", not for the public"}[c.Private])
	a.commentText(c)
	a.say("  %s", printable(string(c.Object)))
}

// commentText says what a comment says: who approves the text approves the title, the
// warning and the links too.
func (a *app) commentText(c handlers.CommentInfo) {
	if c.Sensitive {
		a.say("  warning: %s", cmp.Or(content.Line(c.Warning, coop.MaxWarning), "sensitive content"))
	}
	if c.Name != "" {
		a.say("  title: %s", content.Line(c.Name, coop.MaxTitle))
	}
	if c.Text != "" {
		a.say("  %s", content.Line(c.Text, maxToldText))
	}
	if n := utf8.RuneCountInString(c.Text); n > maxToldText {
		a.say("  (%d characters; --json has them all)", n)
	}
	links := linked.FindAllStringSubmatch(c.Body, -1)
	for i, l := range links {
		if i == maxToldLinks {
			a.say("  and %s more", many(len(links)-i, "link", "links"))
			break
		}
		a.say("  link: %s", content.Line(html.UnescapeString(l[1]), maxToldText))
	}
}

// commentChoice names comments.
type commentChoice struct {
	IDs  []string `arg:"" name:"id" help:"The comments' ids, as the list shows them."`
	Coop string   `help:"The co-op; needed where there are several." placeholder:"C"`
	reason
}

// decide says what becomes of comments.
func (k commentChoice) decide(ctx context.Context, a *app, state coop.CommentState, said string) error {
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, k.Coop)
		if err != nil {
			return err
		}
		return each(k.IDs, func(id string) error {
			var info handlers.CommentInfo
			in := map[string]string{"object": id, "state": string(state), "why": k.Why}
			if err := d.call(ctx, http.MethodPost, moderation(name, "comments"), in, &info); err != nil {
				return err
			}
			if a.json {
				return a.print(info)
			}
			a.say(said, about(info.Handle), info.Page)
			if state == coop.CommentShown { // its author may have changed it since the list was read
				a.commentText(info)
			}
			return nil
		})
	})
}

type commentShowCmd struct{ commentChoice }

// Help is shown by `plenum help comment show`.
func (commentShowCmd) Help() string {
	return `One that was not written for the public cannot be shown, and one that was
rejected has no text any more. What is shown is printed: its author may have changed
it since you read the list.

Example: plenum comment show https://social.example/users/anna/statuses/4711`
}

// Run shows comments.
func (k commentShowCmd) Run(ctx context.Context, a *app) error {
	return k.decide(ctx, a, coop.CommentShown, "The comment of %s is shown on %s")
}

type commentHoldCmd struct{ commentChoice }

// Help is shown by `plenum help comment hold`.
func (commentHoldCmd) Help() string {
	return `Example: plenum comment hold https://social.example/users/anna/statuses/4711 --why "asked the author"`
}

// Run holds comments.
func (k commentHoldCmd) Run(ctx context.Context, a *app) error {
	return k.decide(ctx, a, coop.CommentHeld, "The comment of %s is held, and not on %s")
}

type commentRejectCmd struct{ commentChoice }

// Help is shown by `plenum help comment reject`.
func (commentRejectCmd) Help() string {
	return `Its text is not kept, and what its author changes does not bring it back. The
author is not told.

Example: plenum comment reject https://bots.example/notes/1 --why "an advertisement"`
}

// Run rejects comments.
func (k commentRejectCmd) Run(ctx context.Context, a *app) error {
	return k.decide(ctx, a, coop.CommentRejected, "The comment of %s was rejected, and is not on %s")
}
