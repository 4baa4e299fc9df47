// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"context"
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
	rows, err := s.deliveries(c.Request().Context(), deliveryFilter(c, 100))
	if err != nil {
		return err
	}
	infos, err := s.adviser().all(c.Request().Context(), rows)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, infos)
}

// deliveries chooses deliveries. Where no state was asked for, those come first
// that somebody may want to do something about: who looks at the queue does not
// look for what has arrived.
func (s *Server) deliveries(ctx context.Context, f coop.DeliveryFilter) ([]coop.Delivery, error) {
	if f.State != "" || f.After != "" || f.ID != "" {
		return s.Queue.Deliveries(ctx, f)
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	var all []coop.Delivery
	for _, state := range coop.DeliveryStates() {
		some := f
		some.State, some.Limit = state, f.Limit-len(all)
		if some.Limit == 0 {
			break
		}
		rows, err := s.Queue.Deliveries(ctx, some)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

func (s *Server) showDelivery(c echo.Context) error {
	ctx := c.Request().Context()
	d, err := s.Queue.Delivery(ctx, coop.ID(c.Param("id")))
	if err != nil {
		return err
	}
	info, err := s.adviser().one(ctx, d)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, info)
}

// Retried says how many deliveries were made due.
type Retried struct {
	Retried int `json:"retried"`
}

func (s *Server) retryDeliveries(c echo.Context) error {
	n, err := s.Clerk.Retry(c.Request().Context(), deliveryFilter(c, 0), coop.Stamp(s.Now()))
	return s.changed(c, Retried{n}, err)
}

// Held says how many deliveries are kept back now.
type Held struct {
	Held int `json:"held"`
}

func (s *Server) holdDeliveries(c echo.Context) error {
	n, err := s.Clerk.Hold(c.Request().Context(), deliveryFilter(c, 0))
	return s.changed(c, Held{n}, err)
}

// Dropped says how many deliveries were given up.
type Dropped struct {
	Dropped int `json:"dropped"`
}

func (s *Server) dropDeliveries(c echo.Context) error {
	n, err := s.Clerk.GiveUp(c.Request().Context(), deliveryFilter(c, 0), coop.Stamp(s.Now()))
	return s.changed(c, Dropped{n}, err)
}

// changed wakes the worker, for what stood behind a delivery may be due now, and
// answers.
func (s *Server) changed(c echo.Context, answer any, err error) error {
	if err != nil {
		return err
	}
	if s.Kick != nil {
		s.Kick()
	}
	return c.JSON(http.StatusOK, answer)
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

// Collected says how much was removed because of its age, by table.
type Collected struct {
	Removed coop.Pruned `json:"removed"`
}

// collect removes what is too old, and the rest of what came from those that are
// refused.
func (s *Server) collect(c echo.Context) error {
	gone, err := s.Keeper.Prune(c.Request().Context(), coop.Stamp(s.Now()))
	if err != nil {
		return err
	}
	if err := s.Fed.Sweep(c.Request().Context()); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, Collected{Removed: gone})
}
