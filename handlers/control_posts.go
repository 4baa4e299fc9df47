// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"plenum/coop"
)

// controlOutbox is the outbox of a co-op for who holds the file: what is posted
// takes the very way of a client's request but for the token.
func (s *Server) controlOutbox(c echo.Context) error {
	n, ok := coop.ParseName(c.Param("name"))
	if !ok {
		return coop.Fail(coop.NotFound, "handlers.controlOutbox", "there is no such co-op")
	}
	return s.submit(c, coop.Principal{Coop: n, Role: coop.Admin, By: holder(c)})
}

func (s *Server) saveDraft(c echo.Context) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	who := coop.Principal{Coop: coop.Name(c.Param("name")), Role: coop.Admin, By: holder(c)}
	p, err := s.Fed.SaveDraft(c.Request().Context(), who, body)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, s.postInfo(p))
}

func (s *Server) dropDraft(c echo.Context) error {
	who := coop.Principal{Coop: coop.Name(c.Param("name")), Role: coop.Admin, By: holder(c)}
	if err := s.Fed.DropDraft(c.Request().Context(), who, coop.ID(c.Param("id"))); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) postInfo(p coop.Post) PostInfo {
	info := PostInfo{Post: p, IRI: s.Site.Object(p.Kind, p.ID), Page: s.page(p), Scheduled: p.State == coop.Draft && !p.Due.IsZero()}
	if p.Activity != "" {
		info.Activity = s.Site.Activity(p.Activity)
	}
	return info
}

// page is the page of a post, empty where it was deleted.
func (s *Server) page(p coop.Post) coop.IRI {
	if p.State == coop.Withdrawn {
		return ""
	}
	return s.Site.Page(p.Coop, p.Slug)
}

func (s *Server) listPosts(c echo.Context) error {
	q := coop.PostQuery{
		Coop: coop.Name(c.QueryParam("coop")), State: coop.PostState(c.QueryParam("state")),
		Before: coop.ID(c.QueryParam("before")), Limit: number(c, "limit", 100),
	}
	rows, err := s.Library.Posts(c.Request().Context(), q)
	if err != nil {
		return err
	}
	infos := make([]PostInfo, len(rows))
	for i, p := range rows {
		infos[i] = s.postInfo(p)
	}
	return c.JSON(http.StatusOK, infos)
}

// PictureInfo is a picture that was stored, of no co-op.
type PictureInfo struct {
	coop.Image
	URL coop.IRI `json:"url"`
}

// addMedia stores a picture anew encoded: without its metadata, at a size that
// servers take.
func (s *Server) addMedia(c echo.Context) error {
	raw, err := readLimited(c, 8<<20)
	if err != nil {
		return err
	}
	i, err := s.Fed.AddPicture(c.Request().Context(), raw)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, PictureInfo{Image: i, URL: s.Site.Media(i.File)})
}
