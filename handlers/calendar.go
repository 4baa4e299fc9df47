// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/feed"
)

// cutICS cuts the suffix of a calendar file from a slug: Echo cannot do it in a
// route.
func cutICS(slug string) (string, bool) { return strings.CutSuffix(slug, ".ics") }

// calendarFile answers with an event as iCalendar.
func (s *Server) calendarFile(c echo.Context, p coop.Post, slug string) error {
	if !p.Kind.Event() {
		return coop.Fail(coop.NotFound, "handlers.calendarFile", "this post is no event")
	}
	h := c.Response().Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	h.Set("Content-Disposition", `inline; filename="`+slug+`.ics"`)
	return c.Blob(http.StatusOK, "text/calendar; charset=utf-8", feed.ICS(s.Site, s.Texts.Title, []coop.Post{p}))
}

// calendarLength is how many events a calendar holds, the latest to start.
const calendarLength = 500

// calendar answers with the events of a co-op, or of all where none is named:
// what is to come and what was, as calendars keep both.
func (s *Server) calendar(c echo.Context) error {
	ctx := c.Request().Context()
	q := coop.PostQuery{Upcoming: time.Unix(0, 0).UTC(), Latest: true, Limit: calendarLength}
	title := s.Texts.Title
	if name := c.Param("name"); name != "" {
		row, err := s.coopNamed(ctx, name)
		if err != nil {
			return err
		}
		q.Coop, title = row.Name, row.Title
	}
	posts, err := s.Library.Posts(ctx, q)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-cache")
	return c.Blob(http.StatusOK, "text/calendar; charset=utf-8", feed.ICS(s.Site, title, posts))
}
