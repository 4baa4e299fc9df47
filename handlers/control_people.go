// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"plenum/coop"
)

// handleOf is the name people know an actor by, its id where we know none.
func (s *Server) handleOf(ctx context.Context, id coop.IRI) string {
	if r, ok := s.Site.Parse(id); ok && r.Kind == coop.RefActor {
		return s.Site.Handle(r.Name)
	}
	a, err := s.Desk.Actor(ctx, id)
	if err != nil {
		return string(id)
	}
	return a.Handle()
}

// one finds the co-op of a request; the instance actor is one here.
func (s *Server) one(c echo.Context) (coop.Name, error) {
	row, err := s.Library.Coop(c.Request().Context(), coop.Name(c.Param("name")))
	return row.Name, err
}

func (s *Server) listFollowers(c echo.Context) error {
	n, err := s.one(c)
	if err != nil {
		return err
	}
	infos, err := s.followers(c.Request().Context(), coop.FollowerQuery{
		Coop: n, State: coop.FollowState(c.QueryParam("state")), After: coop.IRI(c.QueryParam("after")), Limit: number(c, "limit", 0),
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, infos)
}

func (s *Server) followers(ctx context.Context, q coop.FollowerQuery) ([]ActorInfo, error) {
	rows, err := s.Desk.Followers(ctx, q)
	if err != nil {
		return nil, err
	}
	infos := make([]ActorInfo, len(rows))
	for i, f := range rows {
		infos[i] = ActorInfo{Actor: f.Actor, Handle: s.handleOf(ctx, f.Actor), State: f.State, Since: f.Since}
	}
	return infos, nil
}

// followerNamed finds a follower by id or handle. Whether somebody of an id follows is
// found out by what is done then: where a flood of them asks to follow, each can still
// be decided about at once.
func (s *Server) followerNamed(ctx context.Context, n coop.Name, who string) (coop.IRI, error) {
	if strings.Contains(who, "://") {
		return coop.IRI(who), nil
	}
	for q := (coop.FollowerQuery{Coop: n, Limit: mostRows}); ; {
		rows, err := s.Desk.Followers(ctx, q)
		if err != nil {
			return "", err
		}
		for _, f := range rows {
			if h := s.handleOf(ctx, f.Actor); who == h || who == "@"+h {
				return f.Actor, nil
			}
		}
		if len(rows) < q.Limit {
			return "", coop.Fail(coop.NotFound, "handlers.followerNamed", "nobody called "+who+" follows "+string(n)+" or asked to")
		}
		q.After = rows[len(rows)-1].Actor
	}
}

func (s *Server) followingInfo(ctx context.Context, f coop.Following) ActorInfo {
	return ActorInfo{Actor: f.Actor, Handle: s.handleOf(ctx, f.Actor), State: f.State, Since: f.Since}
}

func (s *Server) listFollowing(c echo.Context) error {
	n, err := s.one(c)
	if err != nil {
		return err
	}
	rows, err := s.Desk.Followings(c.Request().Context(), n)
	if err != nil {
		return err
	}
	infos := make([]ActorInfo, len(rows))
	for i, f := range rows {
		infos[i] = s.followingInfo(c.Request().Context(), f)
	}
	return c.JSON(http.StatusOK, infos)
}

type target struct {
	Target string `json:"target"` // a handle or a URL
}

func (s *Server) startFollowing(c echo.Context) error {
	n, err := s.one(c)
	if err != nil {
		return err
	}
	var in target
	if err := readJSON(c, &in); err != nil {
		return err
	}
	f, _, err := s.Fed.Follow(c.Request().Context(), coop.Principal{Coop: n, Role: coop.Admin, By: holder(c)}, in.Target)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, s.followingInfo(c.Request().Context(), f))
}

func (s *Server) stopFollowing(c echo.Context) error {
	n, err := s.one(c)
	if err != nil {
		return err
	}
	var in target
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if _, err := s.Fed.Unfollow(c.Request().Context(), coop.Principal{Coop: n, Role: coop.Admin, By: holder(c)}, in.Target); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
