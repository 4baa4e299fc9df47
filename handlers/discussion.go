// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/web"
)

// commentsPerPage is how many comments stand on the page of a post.
const commentsPerPage = 50

// discussion adds to the page of a post what others say of it. Further comments
// stand on pages of their own, which no cache of ours keeps.
func (s *Server) discussion(c echo.Context, v *web.PostView) error {
	ctx, p := c.Request().Context(), v.Post
	var err error
	if v.Tally, err = s.Voices.Tally(ctx, p.ID); err != nil {
		return err
	}
	page := min(max(number(c, "comments", 1), 1), coop.MaxCommentsShown)
	before := (page - 1) * commentsPerPage
	if page > 1 && before >= v.Tally.Comments {
		return coop.Fail(coop.NotFound, "handlers.discussion", "there are not that many comments")
	}
	all, err := s.Voices.Comments(ctx, coop.CommentQuery{Post: p.ID, State: coop.CommentShown, Skip: before, Limit: commentsPerPage})
	if err != nil {
		return err
	}
	for _, r := range all {
		v.Comments = append(v.Comments, web.CommentItem{Comment: r, Author: s.knownActor(ctx, r.By), Zone: v.Coop.Zone})
	}
	at := s.Site.Page(p.Coop, p.Slug)
	switch {
	case page == 2:
		v.Earlier = at + "#comments"
	case page > 2:
		v.Earlier = at + coop.IRI("?comments="+strconv.Itoa(page-1)+"#comments")
	}
	if before+commentsPerPage < v.Tally.Comments {
		v.Later = at + coop.IRI("?comments="+strconv.Itoa(page+1)+"#comments")
	}
	if p.Kind.Event() && !p.When.IsZero() {
		_, end := p.When.Times()
		v.Over = end.Before(s.Now())
	}
	return nil
}
