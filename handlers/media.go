// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/coop"
)

// media serves pictures of ours. Their names are digests of what they hold, so
// that they can be kept for ever; no type that a browser would run is among them.
func (s *Server) media(c echo.Context) error {
	f, err := s.Files.OpenMedia(c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Access-Control-Allow-Origin", "*")
	http.ServeContent(c.Response(), c.Request(), c.Param("file"), time.Time{}, f)
	return nil
}

// static serves the style sheet and what else the pages need.
func (s *Server) static(c echo.Context) error {
	data, contentType, ok := s.Pages.Asset(c.Param("file"))
	if !ok {
		return coop.Fail(coop.NotFound, "handlers.static", "there is nothing here")
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return c.Blob(http.StatusOK, contentType, data)
}
