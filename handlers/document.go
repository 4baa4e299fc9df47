// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/federation"
)

// document answers every id of ours: with ActivityStreams, or for people with
// the way to the page. AP §3.2.
func (s *Server) document(c echo.Context) error {
	r := c.Request()
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		return coop.Fail(coop.NotFound, "handlers.document", "no id here has a query")
	}
	if done, err := s.owned(c); done || err != nil {
		return err
	}
	person := prefersHTML(r) // who is only sent on to a page
	if !person {
		if err := s.vouched(c); err != nil {
			return err
		}
	}
	d, err := s.read(c)
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
	if d.Private {
		private(c)
	}
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
	if !d.Private {
		h.Set("ETag", d.ETag)
	}
	if d.Gone {
		return c.Blob(http.StatusGone, activityJSON, d.Body)
	}
	if !d.Private && unchanged(r, d.ETag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, activityJSON, d.Body)
}

// read gives what a path names to whoever asks. A signature is looked at only where
// there is nothing for nobody in particular: to verify one may mean asking another
// server. It is looked at, too, where there is nothing at all: else who signs would
// learn from being asked for a key that there is something. L01.
func (s *Server) read(c echo.Context) (federation.Rendered, error) {
	ctx, path := c.Request().Context(), c.Request().URL.EscapedPath()
	v, err := s.viewer(c)
	if err != nil {
		return federation.Rendered{}, err
	}
	d, err := s.Fed.Document(ctx, path, v)
	if coop.CodeOf(err) != coop.NotFound {
		return d, err
	}
	if v.Signed, err = s.signer(c); err != nil {
		return d, err
	}
	if v.Signed != "" {
		d, err = s.Fed.Document(ctx, path, v)
	}
	if v.Signed == "" || coop.CodeOf(err) == coop.NotFound {
		return d, nothingHere("handlers.read") // in the same words, whatever there is
	}
	return d, err
}
