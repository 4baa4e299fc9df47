// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"plenum/activity"
	"plenum/coop"
	"plenum/recur"
)

// seriesTurn is what only one at a time does about a series.
func seriesTurn(id coop.ID) string { return "series " + string(id) }

// createSeries publishes the first occurrence of something that is held again and
// again, at once or at its time, and keeps the next ones as drafts that publish
// themselves some days before they take place.
func (s *Service) createSeries(ctx context.Context, req request, sub activity.SubmitCreate) (Submitted, error) {
	r, template, err := s.composedSeries(ctx, req, sub)
	if err != nil {
		return Submitted{}, err
	}
	r.Last = template.When.Start
	whens, _, err := s.next(r, coop.MaxOccurrences)
	if err != nil {
		return Submitted{}, err
	}
	r.Last = ""
	posts, err := s.occur(ctx, &r, template, append([]coop.When{template.When}, whens...))
	if err != nil {
		return Submitted{}, err
	}
	first := &posts[0]
	if first.Due = template.Due; first.Due.IsZero() {
		first.Due = s.now()
	}
	out := coop.Outgoing{Answer: req.answer}
	out.Answer.Location, out.Answer.Post = s.Site.Activity(first.Activity), first.ID
	if err := s.decided(&out, req, "series start", r.Slug, out.Answer.Location); err != nil {
		return Submitted{}, err
	}
	if err := s.Series.SaveSeries(ctx, r, posts, out); err != nil {
		return Submitted{}, err
	}
	s.calendar.wake() // others may be due as well
	if err := s.publishDue(ctx, first.ID); err != nil {
		return Submitted{}, err
	}
	done, _, err := s.draftAgain(ctx, out.Answer)
	return done, err
}

// composedSeries is a series as a Create begins it, with the post of which its
// occurrences are made.
func (s *Service) composedSeries(ctx context.Context, req request, sub activity.SubmitCreate) (r coop.Series, template coop.Post, err error) {
	rule, err := recur.Parse(sub.Life.Repeat)
	switch {
	case err != nil:
		return r, template, coop.Wrong("plenum:repeat", err.Error())
	case sub.Life.State == coop.Draft && sub.Life.At.IsZero():
		return r, template, coop.Wrong("plenum:state", "what is held again and again is published, or scheduled with plenum:publishAt; keep a single event as a draft")
	case len(sub.Bto)+len(sub.Bcc) > 0: // most of its occurrences are published later
		return r, template, coop.Wrong("bto", "a series says openly whom it is for: take to and cc")
	}
	sub.Life.Repeat = ""
	if template, _, err = s.composed(ctx, req, sub); err != nil {
		return r, template, err
	}
	if !template.Kind.Event() {
		return r, template, coop.Wrong("plenum:repeat", "only an Event is held again")
	}
	if template.Slug, err = s.seriesSlug(ctx, template, sub.Object.NamesSlug()); err != nil {
		return r, template, err
	}
	r = coop.Series{
		Coop: req.who.Coop, Slug: template.Slug, Title: template.Title, Rule: rule.String(), First: template.When, Ahead: sub.Life.Ahead,
		Member: req.who.Member, Created: s.now(),
	}
	if r.Ahead == 0 {
		r.Ahead = coop.DefaultAhead
	}
	r.By, template.Author = req.author()
	template.By = r.By
	if r.ID, err = s.newID(); err != nil {
		return r, template, err
	}
	return r, template, setTemplate(&r, template)
}

// setTemplate keeps the post of which occurrences are made.
func setTemplate(r *coop.Series, p coop.Post) (err error) {
	p.ID, p.Activity, p.Series, p.Rev, p.Due, p.Slug = "", "", r.ID, 0, time.Time{}, r.Slug
	r.Title = p.Title
	r.Template, err = json.Marshal(p)
	return err
}

func templateOf(r coop.Series) (p coop.Post, err error) {
	if err := json.Unmarshal(r.Template, &p); err != nil {
		return p, fmt.Errorf("read the template of series %s: %w", r.ID, err)
	}
	return p, nil
}

// maxSeriesSlug is how long the slug of a series is at most: a date stands behind it.
const maxSeriesSlug = 80 - len("-2006-01-02")

// seriesSlug finds a slug that no series of the co-op has, and that leaves room for
// the date of an occurrence.
func (s *Service) seriesSlug(ctx context.Context, p coop.Post, asked bool) (string, error) {
	own := strings.Trim(p.Slug[:min(len(p.Slug), maxSeriesSlug-len("-100"))], "-")
	if asked && own != p.Slug {
		return "", coop.Wrong("plenum:slug", "the slug of a series has at most "+strconv.Itoa(maxSeriesSlug-len("-100"))+" characters: the date of each occurrence stands behind it")
	}
	others, err := s.Series.SeriesOf(ctx, p.Coop)
	if err != nil {
		return "", err
	}
	slug := own
	for i := 2; ; i++ {
		_, err := s.Posts.PostBySlug(ctx, p.Coop, dated(slug, p.When))
		if err != nil && coop.CodeOf(err) != coop.NotFound {
			return "", err
		}
		taken := err == nil || slices.ContainsFunc(others, func(r coop.Series) bool { return r.Slug == slug })
		switch {
		case !taken:
			return slug, nil
		case asked || i > coop.MaxSeries:
			return "", &coop.Error{Code: coop.Conflict, Op: "federation.seriesSlug", Member: "plenum:slug", Msg: "there is a series or a post with the slug " + slug + " or " + dated(slug, p.When) + " already; take another one"}
		}
		slug = own + "-" + strconv.Itoa(i)
	}
}

// dated is the slug of an occurrence.
func dated(slug string, w coop.When) string { return slug + "-" + w.Start.Date() }

// next are the next occurrences of a series that are not over; more says that there
// are some at all, over or not. Who was away for months is told of none that was
// missed.
func (s *Service) next(r coop.Series, n int) (list []coop.When, more bool, err error) {
	rule, err := recur.Parse(r.Rule)
	if err != nil {
		return nil, false, fmt.Errorf("read the rule of series %s: %w", r.ID, err)
	}
	const around = 3 // so many may be over of those that end within a day
	list, err = rule.After(r.First, max(r.Last, s.longOver(r.First)), n+around)
	more = len(list) > 0
	list = slices.DeleteFunc(list, s.over)
	return list[:min(n, len(list))], more, err
}

// longOver is a wall time at which no occurrence begins that is not over.
func (s *Service) longOver(first coop.When) coop.Wall {
	start, end := first.Times()
	return coop.WallOf(s.now().In(first.Location()).Add(start.Sub(end)).AddDate(0, 0, -1))
}

// over reports whether an event has ended.
func (s *Service) over(w coop.When) bool {
	_, end := w.Times()
	return !end.After(s.now())
}

// occur makes drafts of occurrences, each due some days before it takes place and none
// before the first one, and notes in the series that they are made. Where two begin on
// one day the second is left out: an occurrence is known by its day.
func (s *Service) occur(ctx context.Context, r *coop.Series, template coop.Post, whens []coop.When) (posts []coop.Post, err error) {
	for _, w := range whens {
		last := r.Last
		r.Last, r.Made = w.Start, r.Made+1
		if last.Date() == w.Start.Date() {
			continue
		}
		p := template
		if p.ID, err = s.newID(); err != nil {
			return nil, err
		}
		if p.Slug, err = s.datedSlug(ctx, *r, w); err != nil {
			return nil, err
		}
		p.Activity, p.Series, p.When, p.State = p.ID, r.ID, w, coop.Draft
		p.Created, p.Rev, p.Due = s.now(), 1, s.ahead(*r, w, last)
		if p.Due.Before(template.Due) {
			p.Due = template.Due
		}
		posts = append(posts, p)
	}
	return posts, nil
}

// datedSlug is the slug of an occurrence: the next one that is free where a post of the
// co-op has its own, which keeps its address.
func (s *Service) datedSlug(ctx context.Context, r coop.Series, w coop.When) (string, error) {
	slug := dated(r.Slug, w)
	for i := 2; ; i++ {
		_, err := s.Posts.PostBySlug(ctx, r.Coop, slug)
		if coop.CodeOf(err) == coop.NotFound {
			return slug, nil
		}
		if err != nil {
			return "", err
		}
		behind := "-" + strconv.Itoa(i)
		slug = dated(strings.Trim(r.Slug[:min(len(r.Slug), maxSeriesSlug-len(behind))], "-"), w) + behind
	}
}

// mostAhead is how many occurrences are published at most before the next one takes
// place: who follows wants no month of evenings at once.
const mostAhead = 4

// ahead is when the last occurrence that a series has made is published; the one
// before it starts at last.
func (s *Service) ahead(r coop.Series, w coop.When, last coop.Wall) time.Time {
	start, _ := w.Times()
	due := start.AddDate(0, 0, -r.Ahead)
	if before, err := last.In(w.Location()); err == nil && r.Made > mostAhead {
		if late := start.Add(-mostAhead * start.Sub(before)); late.After(due) {
			due = late
		}
	}
	due = coop.Stamp(due)
	if now := s.now(); due.Before(now) {
		return now
	}
	return due
}

// topUpAll makes the next occurrences of all series.
func (s *Service) topUpAll(ctx context.Context) {
	all, err := s.Series.SeriesOf(ctx, "")
	if err != nil {
		s.log().ErrorContext(ctx, "series not read", "err", err)
		return
	}
	for _, r := range all {
		s.topUp(ctx, r.ID)
	}
}

// topUp makes the next occurrences of a series, as many as may wait. What goes wrong
// is tried again within the hour.
func (s *Service) topUp(ctx context.Context, id coop.ID) {
	defer s.turns.lock(seriesTurn(id))()
	if err := s.extend(ctx, id); err != nil && ctx.Err() == nil {
		s.log().ErrorContext(ctx, "the next occurrences were not made", "series", id, "err", err)
	}
}

func (s *Service) extend(ctx context.Context, id coop.ID) error {
	r, err := s.Series.Series(ctx, id)
	if err != nil || !r.Ended.IsZero() {
		return err
	}
	waiting, err := s.Posts.Posts(ctx, coop.PostQuery{Series: id, State: coop.Draft, Limit: coop.MaxOccurrences + 1})
	if err != nil || len(waiting) >= coop.MaxOccurrences {
		return err
	}
	whens, more, err := s.next(r, coop.MaxOccurrences-len(waiting))
	if err != nil {
		return err
	}
	template, err := templateOf(r)
	if err != nil {
		return err
	}
	posts, err := s.occur(ctx, &r, template, whens)
	switch {
	case err != nil:
		return err
	case !more && len(waiting) == 0:
		r.Ended = s.now()
	case len(whens) == 0:
		return nil
	}
	if err := s.Series.SaveSeries(ctx, r, posts, coop.Outgoing{}); err != nil {
		return err
	}
	s.calendar.wake()
	return nil
}
