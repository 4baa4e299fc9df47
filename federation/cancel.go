// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"html"
	"slices"
	"strings"
	"time"

	"plenum/content"
	"plenum/coop"
)

// fates are what an event can come to that everybody has to hear of, also those whose
// servers take no notice of an Update of an event: Misskey, and Mastodon before 4.5.
var fates = []coop.Status{coop.Cancelled, coop.Postponed, coop.Rescheduled}

// fateAge is how long ago an event may have changed whose note is made when the
// instance starts.
const fateAge = 24 * time.Hour

// tellFate publishes a short note in reply to an event that was cancelled, postponed
// or given a new date, once for each. It stands in no list; who answered the event
// gets it too.
func (s *Service) tellFate(ctx context.Context, req request, p coop.Post) error {
	if !slices.Contains(fates, p.Status) || p.State != coop.Published {
		return nil
	}
	id, err := fateID(p)
	if err != nil {
		return err
	}
	defer s.turns.lock(fateTurn(p.ID))()
	now, err := s.Posts.Post(ctx, p.ID)
	if err != nil || now.State != coop.Published || now.Status != p.Status || now.When != p.When { // it came to something else meanwhile
		return ignoreMissing(err)
	}
	if _, err := s.Posts.Post(ctx, id); coop.CodeOf(err) != coop.NotFound {
		return err // there is one, or there was
	}
	page := html.EscapeString(string(s.Site.Page(p.Coop, p.Slug)))
	note := coop.Post{
		ID: id, Coop: p.Coop, Kind: coop.Note, Rev: 1, Created: s.now(), Language: p.Language,
		Slug: fateSlug(p, id), ReplyTo: s.Site.Object(p.Kind, p.ID), Of: []coop.ID{p.ID}, Visibility: p.Visibility,
		Body: content.Sanitise("<p>" + html.EscapeString(p.Headline()) + "</p><p>" + html.EscapeString(p.Line()) + `</p><p><a href="` + page + `">` + page + "</a></p>"),
	}
	if note.Visibility == coop.Everybody {
		note.Visibility = coop.Unlisted
	}
	note.Text = content.Text(note.Body)
	_, err = s.publish(ctx, req.beside(p.Coop), note, nil)
	if coop.CodeOf(err) == coop.Conflict { // another change of the same moment was faster
		return nil
	}
	return err
}

// fateTurn is what only one at a time does about an event: a note is made of what
// became of it, or it is deleted with its notes.
func fateTurn(id coop.ID) string { return "fate " + string(id) }

// beside is a request for something that follows from what was asked for: it has no
// answer of its own and settles nothing.
func (r request) beside(n coop.Name) request {
	by, self := r.author()
	who := r.who
	who.Coop = n
	return request{who: who, by: by, self: self, answer: coop.Answer{At: r.answer.At}}
}

// fateID is the id of the note that tells of what became of an event: the same each
// time, so that there is one.
func fateID(p coop.Post) (coop.ID, error) {
	what := string(p.ID) + " " + string(p.Status)
	if p.Status == coop.Rescheduled {
		what += " " + string(p.When.Start)
	}
	sum := sha256.Sum256([]byte(what))
	return coop.NewID(p.Published, bytes.NewReader(sum[:]))
}

// fateSlug is a slug that nobody else has.
func fateSlug(p coop.Post, id coop.ID) string {
	own := strings.Trim(p.Slug[:min(len(p.Slug), 50)], "-")
	return own + "-" + string(p.Status) + "-" + strings.ToLower(string(id[len(id)-8:]))
}

// tellFates makes up for notes that a crash kept from being made.
func (s *Service) tellFates(ctx context.Context) {
	all, err := s.Coops.Coops(ctx)
	var coming []coop.Post
	for _, c := range all {
		some, failed := s.Posts.Posts(ctx, coop.PostQuery{Coop: c.Name, All: true, Upcoming: s.now(), Limit: 1_000})
		coming, err = append(coming, some...), errors.Join(err, failed)
	}
	if err != nil {
		s.log().ErrorContext(ctx, "events to come not read", "err", err)
	}
	for _, p := range coming {
		if s.now().Sub(p.Updated) > fateAge {
			continue
		}
		req := request{who: coop.Principal{Coop: p.Coop, Role: coop.Publisher, By: p.By}, by: p.By, self: p.Author, answer: coop.Answer{At: s.now()}}
		if err := s.tellFate(ctx, req, p); err != nil {
			s.log().ErrorContext(ctx, "what became of an event not told in a note", "post", p.ID, "err", err)
		}
	}
}

// withdrawNotes deletes the notes that told what became of an event which is deleted.
func (s *Service) withdrawNotes(ctx context.Context, req request, event coop.Post) error {
	if !event.Kind.Event() {
		return nil
	}
	notes, err := s.notesOf(ctx, event)
	if err != nil {
		return err
	}
	if !event.Visibility.Open() { // what is not for everybody is no comment
		list, err := s.postsOf(ctx, event.Coop, coop.Published)
		if err != nil {
			return err
		}
		for _, p := range list {
			if p.Kind == coop.Note && slices.Contains(p.Of, event.ID) {
				notes = append(notes, p.ID)
			}
		}
	}
	for _, id := range notes {
		note, err := s.Posts.Post(ctx, id)
		if coop.CodeOf(err) == coop.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		if note.State != coop.Published || note.Kind != coop.Note || !slices.Contains(note.Of, event.ID) {
			continue
		}
		if _, err := s.remove(ctx, req.beside(event.Coop), note); err != nil {
			return err
		}
	}
	return nil
}

// notesOf are the ids of the notes of an event: of those that were made of it as it is
// and as it was, and of those among its comments, since not all is remembered that it
// was. No note of an event that not everybody may read is a comment.
func (s *Service) notesOf(ctx context.Context, event coop.Post) (notes []coop.ID, err error) {
	was, err := s.Drafts.Revisions(ctx, event.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range append(was, coop.Revision{Post: event}) {
		if !slices.Contains(fates, r.Post.Status) {
			continue
		}
		id, err := fateID(r.Post)
		if err != nil {
			return nil, err
		}
		notes = append(notes, id)
	}
	const page = 100
	for skip := 0; ; skip += page {
		list, err := s.Comments.Comments(ctx, coop.CommentQuery{Post: event.ID, Skip: skip, Limit: page})
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			if r, ok := s.Site.Parse(c.Object); ok && r.Kind == coop.RefObject && c.By == s.Site.Actor(event.Coop) {
				notes = append(notes, r.ID)
			}
		}
		if len(list) < page {
			return notes, nil
		}
	}
}
