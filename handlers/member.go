// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/coop"
)

// memberRoutes routes what the people of a co-op see and nobody else: below /api/ with a
// token, below /control for the command line.
func (s *Server) memberRoutes(e *echo.Echo, base string, who actor, m ...echo.MiddlewareFunc) {
	of := base + "/coops/:name/"
	get(e, of+"posts", who.asks(coop.Read, s.memberPosts), m...)
	get(e, of+"posts/:slug", who.asks(coop.Read, s.memberPost), m...)
	get(e, of+"posts/:slug/history", who.asks(coop.Read, s.history), m...)
	get(e, of+"media", who.asks(coop.Read, s.listMedia), m...)
	get(e, of+"media/:id", who.asks(coop.Read, s.showMedia), m...)
	e.DELETE(of+"media/:id", who.asks(coop.Write, s.dropMedia), m...)
}

// asks answers with what h finds or has done, and with 204 where that is nothing to
// speak of. It is for nobody else's eyes, so no cache may keep it.
func (who actor) asks(need coop.Scope, h func(c echo.Context, who coop.Principal) (any, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", cachePrivate)
		c.Response().Header().Add("Vary", "Authorization")
		p, err := who(c, need)
		if err != nil {
			return err
		}
		v, err := h(c, p)
		if err != nil {
			return err
		}
		if v == nil {
			return c.NoContent(http.StatusNoContent)
		}
		return c.JSON(http.StatusOK, v)
	}
}

// scheduled stands for the state of a draft that is published by itself.
const scheduled coop.PostState = "scheduled"

// memberPosts are posts of a co-op in a state: those that are published where none is
// asked for, whoever may read them. Order and pages are those of the state.
func (s *Server) memberPosts(c echo.Context, who coop.Principal) (any, error) {
	state, err := only(c, "state", coop.Published, coop.Draft, scheduled, coop.Withdrawn)
	if err != nil {
		return nil, err
	}
	q := coop.PostQuery{Coop: who.Coop, All: true, State: state, Before: coop.ID(c.QueryParam("before")), Limit: rows(c) + 1}
	if state == scheduled { // few of many: what is on one page of drafts may be none of them
		q.State = coop.Draft
	}
	all, err := s.Library.Posts(c.Request().Context(), q)
	if err != nil {
		return nil, err
	}
	infos := []PostInfo{}
	for _, p := range page(c, all, func(last coop.Post) (string, string) { return "before", string(last.ID) }) {
		if info := s.postInfo(p); state != scheduled || info.Scheduled {
			infos = append(infos, info)
		}
	}
	return infos, nil
}

func (s *Server) memberPost(c echo.Context, who coop.Principal) (any, error) {
	p, err := s.sharedPost(c, who)
	return s.postInfo(p), err
}

// sharedPost is the post that a path names, of the co-op or one that it shares.
func (s *Server) sharedPost(c echo.Context, who coop.Principal) (coop.Post, error) {
	p, err := s.postOf(c.Request().Context(), who.Coop, c.Param("slug"))
	if id, ok := coop.ParseID(c.Param("slug")); ok && coop.CodeOf(err) == coop.NotFound {
		if q, other := s.Library.Post(c.Request().Context(), id); other == nil && shares(q, who.Coop) {
			return q, nil
		}
	}
	return p, err
}

func shares(p coop.Post, n coop.Name) bool {
	for _, o := range p.Owners {
		if o == n {
			return true
		}
	}
	return p.Coop == n
}

// RevisionInfo is a post as it was.
type RevisionInfo struct {
	Post PostInfo  `json:"post"`
	By   string    `json:"by"`            // who made it
	Till time.Time `json:"till,omitzero"` // when the next one took its place; the zero time: it is the one of today
}

// history is a post as it is and as it was, the newest first.
func (s *Server) history(c echo.Context, who coop.Principal) (any, error) {
	p, err := s.sharedPost(c, who)
	if err != nil {
		return nil, err
	}
	was, err := s.Shelf.Revisions(c.Request().Context(), p.ID)
	if err != nil {
		return nil, err
	}
	infos := []RevisionInfo{{Post: s.postInfo(p), By: p.By}}
	for _, r := range was {
		infos = append(infos, RevisionInfo{Post: s.postInfo(r.Post), By: r.By, Till: r.Till})
	}
	return infos, nil
}

// WhoInfo is in whose name a token speaks, and what it may do.
type WhoInfo struct {
	Coop   coop.Name    `json:"coop"`
	Actor  coop.IRI     `json:"actor"`
	Handle string       `json:"handle"`
	Outbox coop.IRI     `json:"outbox"`
	Role   coop.Role    `json:"role"`
	Scopes []coop.Scope `json:"scopes"`
	By     string       `json:"by"`               // as the log has it
	Member *MemberInfo  `json:"member,omitempty"` // nil: the token belongs to nobody
}

// MemberInfo is a member as clients see them.
type MemberInfo struct {
	ID       coop.ID `json:"id"`
	Login    string  `json:"login"`
	Name     string  `json:"name"`
	Language string  `json:"language,omitempty"`
}

// holderOf is who asks, by the token alone: for the co-op that the token is of.
func (s *Server) holderOf(c echo.Context, need coop.Scope) (coop.Principal, error) {
	_, who, err := s.token(c, "", need)
	return who, err
}

// me says in whose name a token speaks, and what it may do. Every token may know that.
func (s *Server) me(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", cachePrivate)
	c.Response().Header().Add("Vary", "Authorization")
	t, who, err := s.token(c, "", "")
	if err != nil {
		return err
	}
	info := WhoInfo{
		Coop: t.Coop, Actor: s.Site.Actor(t.Coop), Handle: s.Site.Handle(t.Coop), Outbox: s.Site.Of(t.Coop, "outbox"),
		Role: who.Role, Scopes: t.Scopes, By: who.By,
	}
	if who.Member != "" {
		m, err := s.Auth.People.Member(c.Request().Context(), who.Member)
		if err != nil {
			return err
		}
		info.Member = &MemberInfo{ID: m.ID, Login: m.Login, Name: m.Name, Language: m.Language}
	}
	return c.JSON(http.StatusOK, info)
}
