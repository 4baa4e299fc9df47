// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"net/http"
	"path/filepath"

	"github.com/labstack/echo/v4"

	"plenum/coop"
)

func deliveryFilter(c echo.Context, limit int) coop.DeliveryFilter {
	return coop.DeliveryFilter{
		ID: coop.ID(c.QueryParam("id")), Host: c.QueryParam("host"), Coop: coop.Name(c.QueryParam("coop")), Post: coop.ID(c.QueryParam("post")),
		State: coop.DeliveryState(c.QueryParam("state")), After: coop.ID(c.QueryParam("after")), Limit: number(c, "limit", limit),
	}
}

func (s *Server) listDeliveries(c echo.Context) error {
	rows, err := s.Desk.Deliveries(c.Request().Context(), deliveryFilter(c, 100))
	if err != nil {
		return err
	}
	if rows == nil {
		rows = []coop.Delivery{}
	}
	return c.JSON(http.StatusOK, rows)
}

func (s *Server) showDelivery(c echo.Context) error {
	d, err := s.Desk.Delivery(c.Request().Context(), coop.ID(c.Param("id")))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, d)
}

// Retried says how many deliveries were made due.
type Retried struct {
	Retried int `json:"retried"`
}

func (s *Server) retryDeliveries(c echo.Context) error {
	n, err := s.Desk.Retry(c.Request().Context(), deliveryFilter(c, 0), coop.Stamp(s.Now()))
	if err != nil {
		return err
	}
	if s.Kick != nil {
		s.Kick()
	}
	return c.JSON(http.StatusOK, Retried{Retried: n})
}

func (s *Server) backup(c echo.Context) error {
	var in struct {
		Dest string `json:"dest"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if !filepath.IsAbs(in.Dest) {
		return coop.Wrong("dest", "name the folder by its whole path")
	}
	if err := s.Keeper.Backup(c.Request().Context(), in.Dest); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// Verified is what a check of every row and index found.
type Verified struct {
	Findings []string `json:"findings"`
}

func (s *Server) verify(c echo.Context) error {
	found, err := s.Keeper.Verify(c.Request().Context())
	if err != nil {
		return err
	}
	if found == nil {
		found = []string{}
	}
	return c.JSON(http.StatusOK, Verified{Findings: found})
}
