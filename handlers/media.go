// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/federation"
)

// mediaTypes are what files under /media/ are served as. None is a type that a
// browser would run.
var mediaTypes = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".pdf": "application/pdf", ".ics": "text/calendar; charset=utf-8",
}

// How long answers are kept. What is not for everybody is kept by nobody but who asked.
const (
	cacheForever = "public, max-age=31536000, immutable"
	cachePrivate = "private, no-store"
)

// media serves files of ours: pictures, and what was attached to posts. Their names
// are digests of what they hold, so that they can be kept for ever. To who may not
// read one it is not there. M01, M06, M07.
func (s *Server) media(c echo.Context) error {
	file := c.Param("file")
	f, err := s.Files.OpenMedia(file)
	if coop.CodeOf(err) == coop.NotFound { // is answered as what is there for somebody else
		return s.privately(c, func(federation.Viewer) (bool, error) { return false, nil })
	}
	if err != nil {
		return err
	}
	defer f.Close()
	open, err := s.Fed.MayRead(c.Request().Context(), file, federation.Viewer{})
	if err == nil && !open {
		err = s.privately(c, func(v federation.Viewer) (bool, error) { return s.Fed.MayRead(c.Request().Context(), file, v) })
	}
	if err != nil {
		return err
	}
	h := c.Response().Header()
	if open {
		h.Set("Cache-Control", cacheForever)
	}
	h.Set("Content-Type", mediaTypes[path.Ext(file)])
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if !strings.HasPrefix(h.Get("Content-Type"), "image/") { // what could hold a script is saved, not shown
		h.Set("Content-Disposition", "attachment")
	}
	if strings.Contains(c.Request().Header.Get("Range"), ",") { // many parts cost more than they are worth. RFC 9110 §14.2
		c.Request().Header.Del("Range")
	}
	http.ServeContent(c.Response(), c.Request(), file, time.Time{}, f)
	return nil
}

// privately lets somebody read what is not for everybody, once it is known who that
// is; to all others it is not there. A signature is looked at where nothing else helps.
func (s *Server) privately(c echo.Context, may func(federation.Viewer) (bool, error)) error {
	private(c)
	v, err := s.person(c)
	if err != nil {
		return err
	}
	if ok, err := may(v); err != nil || ok {
		return err
	}
	if v.Signed, err = s.signer(c); err != nil {
		return err
	}
	if v.Signed != "" {
		if ok, err := may(v); err != nil || ok {
			return err
		}
	}
	return nothingHere("handlers.privately")
}

// mediaObject answers the id of an uploaded file.
func (s *Server) mediaObject(c echo.Context) error {
	ctx := c.Request().Context()
	id, ok := coop.ParseID(c.Param("id"))
	if !ok || c.Request().URL.RawQuery != "" {
		return coop.Fail(coop.NotFound, "handlers.mediaObject", "there is nothing here")
	}
	if err := s.vouched(c); err != nil {
		return err
	}
	d, err := s.Fed.MediaDocument(ctx, id, federation.Viewer{})
	h := c.Response().Header()
	if coop.CodeOf(err) == coop.NotFound {
		err = s.privately(c, func(v federation.Viewer) (bool, error) {
			d, err = s.Fed.MediaDocument(ctx, id, v)
			if coop.CodeOf(err) == coop.NotFound {
				return false, nil
			}
			return err == nil, err
		})
	} else if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	if err != nil {
		return err
	}
	h.Add("Vary", "Accept")
	if prefersHTML(c.Request()) {
		return c.Redirect(http.StatusSeeOther, string(d.Page))
	}
	h.Set("ETag", d.ETag)
	if unchanged(c.Request(), d.ETag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, activityJSON, d.Body)
}

// static serves the style sheet and what else the pages need.
func (s *Server) static(c echo.Context) error {
	data, contentType, ok := s.Pages.Asset(c.Param("file"))
	if !ok {
		return coop.Fail(coop.NotFound, "handlers.static", "there is nothing here")
	}
	c.Response().Header().Set("Cache-Control", cacheForever)
	return c.Blob(http.StatusOK, contentType, data)
}
