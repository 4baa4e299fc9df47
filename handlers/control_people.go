// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"context"
	"net/http"

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
	rows, err := s.Desk.Followers(c.Request().Context(), coop.FollowerQuery{
		Coop: n, State: coop.FollowState(c.QueryParam("state")), After: coop.IRI(c.QueryParam("after")), Limit: number(c, "limit", 0),
	})
	if err != nil {
		return err
	}
	infos := make([]ActorInfo, len(rows))
	for i, f := range rows {
		infos[i] = ActorInfo{Actor: f.Actor, Handle: s.handleOf(c.Request().Context(), f.Actor), State: f.State, Since: f.Since}
	}
	return c.JSON(http.StatusOK, infos)
}

// answerFollower approves, rejects or removes. The actor is named by its id or
// by the handle that the list shows.
func (s *Server) answerFollower(c echo.Context) error {
	n, err := s.one(c)
	if err != nil {
		return err
	}
	var in struct {
		Actor string `json:"actor"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	actor, err := s.followerNamed(c.Request().Context(), n, in.Actor)
	if err != nil {
		return err
	}
	switch c.Param("verb") {
	case "approve":
		err = s.Fed.ApproveFollower(c.Request().Context(), n, actor)
	case "reject", "remove":
		err = s.Fed.RemoveFollower(c.Request().Context(), n, actor)
	default:
		err = coop.Fail(coop.NotFound, "handlers.answerFollower", "a follower is approved, rejected or removed")
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) followerNamed(ctx context.Context, n coop.Name, who string) (coop.IRI, error) {
	rows, err := s.Desk.Followers(ctx, coop.FollowerQuery{Coop: n})
	if err != nil {
		return "", err
	}
	for _, f := range rows {
		if h := s.handleOf(ctx, f.Actor); who == string(f.Actor) || who == h || who == "@"+h {
			return f.Actor, nil
		}
	}
	return "", coop.Fail(coop.NotFound, "handlers.followerNamed", "nobody called "+who+" follows "+string(n)+" or asked to")
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
	f, _, err := s.Fed.Follow(c.Request().Context(), n, in.Target)
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
	if _, err := s.Fed.Unfollow(c.Request().Context(), n, in.Target); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
