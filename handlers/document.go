// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"plenum/coop"
)

// document answers every id of ours: with ActivityStreams, or for people with
// the way to the page. AP §3.2.
func (s *Server) document(c echo.Context) error {
	r := c.Request()
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		return coop.Fail(coop.NotFound, "handlers.document", "no id here has a query")
	}
	person := prefersHTML(r) // who is only sent on to a page
	if !person {
		if err := s.vouched(c); err != nil {
			return err
		}
	}
	d, err := s.Fed.Document(r.Context(), r.URL.EscapedPath())
	if err == nil && person && d.Page == "" {
		person, err = false, s.vouched(c)
	}
	if err == nil && d.For != "" {
		err = s.addressed(c, d.For)
	}
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Add("Vary", "Accept")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	if person {
		if d.Gone {
			return coop.Fail(coop.Gone, "handlers.document", "this was deleted")
		}
		return c.Redirect(http.StatusSeeOther, string(d.Page))
	}
	h.Set("ETag", d.ETag)
	if d.Gone {
		return c.Blob(http.StatusGone, activityJSON, d.Body)
	}
	if unchanged(r, d.ETag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, activityJSON, d.Body)
}
