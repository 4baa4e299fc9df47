// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"cmp"
	"io"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/web"
)

var errNotAdministered = coop.Fail(coop.NotFound, "handlers.members", "there is no co-op here that you administer by that name")

// administered are the co-ops that a member administers.
func (s *Server) administered(c echo.Context, v visit) (all []coop.Coop, err error) {
	mine, err := s.coopsOf(c, v)
	return slices.DeleteFunc(mine, func(row coop.Coop) bool { return !v.member.Role(row.Name).Covers(coop.Admin) }), err
}

// members leads to those of the first co-op that the member administers.
func (s *Server) members(c echo.Context, v visit) error {
	all, err := s.administered(c, v)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errNotAdministered
	}
	return c.Redirect(http.StatusSeeOther, "/members/"+string(all[0].Name))
}

// membersOf shows who works for a co-op.
func (s *Server) membersOf(c echo.Context, v visit) error {
	return s.showMembers(c, v, http.StatusOK, web.MembersView{})
}

func (s *Server) showMembers(c echo.Context, v visit, status int, view web.MembersView) error {
	all, err := s.administered(c, v)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(row coop.Coop) bool { return string(row.Name) == c.Param("name") })
	if at < 0 {
		return errNotAdministered
	}
	ctx, by := c.Request().Context(), s.Auth.Principal(v.member, all[at].Name)
	view.Visit, view.Coop, view.Others = s.visit(c, v), all[at], slices.Delete(slices.Clone(all), at, at+1)
	if view.Members, err = s.Auth.Members(ctx, by, view.Coop.Name); err != nil {
		return err
	}
	if view.Tickets, err = s.Auth.Invitations(ctx, by, view.Coop.Name); err != nil {
		return err
	}
	for i := range view.Tickets {
		view.Tickets[i].By = person(view.Tickets[i].By)
	}
	return s.reveal(c, status, policy, func(w io.Writer) error { return s.Pages.Members(w, view) })
}

// acting is who acts on the members of the co-op that a path names.
func (s *Server) acting(c echo.Context, v visit) coop.Principal {
	return s.Auth.Principal(v.member, coop.Name(c.Param("name")))
}

// membersDone goes back to the members, which say what was done.
func membersDone(c echo.Context, done web.Done, err error) error {
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/members/"+url.PathEscape(c.Param("name"))+"?done="+string(done))
}

// invite makes an invitation, and shows its link this once.
func (s *Server) invite(c echo.Context, v visit, form url.Values) error {
	by := s.acting(c, v)
	note := strings.TrimSpace(form.Get("note"))
	if note == "" {
		return s.showMembers(c, v, http.StatusUnprocessableEntity, web.MembersView{Mistakes: []web.Mistake{{Field: "note", Kind: web.MistakeMissing}}})
	}
	email := ""
	if a, err := mail.ParseAddress(note); err == nil && a.Address == note {
		email = note
	}
	secret, _, err := s.Auth.Invite(c.Request().Context(), by, by.Coop, coop.Role(form.Get("role")), note, email)
	if err != nil {
		return err
	}
	return s.showMembers(c, v, http.StatusOK, web.MembersView{Link: s.Site.Base() + "/invite/" + secret, Mailed: email != "" && s.Auth.Mail != nil})
}

// setRole changes what a member may do for a co-op, or lets them go.
func (s *Server) setRole(c echo.Context, v visit, form url.Values) error {
	by, role := s.acting(c, v), coop.Role(form.Get("role"))
	_, err := s.Auth.SetRole(c.Request().Context(), by, coop.ID(form.Get("member")), by.Coop, role)
	if coop.CodeOf(err) == coop.Conflict {
		return s.showMembers(c, v, http.StatusConflict, web.MembersView{Mistakes: []web.Mistake{{Kind: web.MistakeLastAdmin}}})
	}
	if role == "" {
		if err == nil && coop.ID(form.Get("member")) == v.member.ID && !v.member.Operator {
			return c.Redirect(http.StatusSeeOther, "/desk?done=removed")
		}
		return membersDone(c, web.DoneRemoved, err)
	}
	return membersDone(c, web.DoneRole, err)
}

// resetLink makes a link by which a member chooses a new password, and shows it this
// once.
func (s *Server) resetLink(c echo.Context, v visit, form url.Values) error {
	ctx, id := c.Request().Context(), coop.ID(form.Get("member"))
	secret, err := s.Auth.ResetLink(ctx, s.acting(c, v), id)
	if err != nil {
		if coop.CodeOf(err) == coop.Forbidden {
			return s.showMembers(c, v, http.StatusForbidden, web.MembersView{Mistakes: []web.Mistake{{Kind: web.MistakeSaid, Text: sentenceOf(err)}}})
		}
		return err
	}
	m, err := s.Auth.Member(ctx, id)
	if err != nil {
		return err
	}
	return s.showMembers(c, v, http.StatusOK, web.MembersView{Link: s.Site.Base() + "/reset/" + secret, For: m})
}

// sentenceOf is what a stranger may know of an error, in words.
func sentenceOf(err error) string {
	p, _ := problemOf(err)
	return cmp.Or(p.Detail, p.Title)
}

func (s *Server) dropInvitation(c echo.Context, v visit, form url.Values) error {
	by := s.acting(c, v)
	return membersDone(c, web.DoneInviteDropped, s.Auth.DropInvitation(c.Request().Context(), by, by.Coop, coop.ID(form.Get("id"))))
}

// setTwoPeople says whether two have to agree to what a co-op publishes.
func (s *Server) setTwoPeople(c echo.Context, v visit, form url.Values) error {
	by := s.acting(c, v)
	if !by.Role.Covers(coop.Admin) {
		return errNotAdministered
	}
	_, err := s.Fed.SetCoop(c.Request().Context(), by.By, by.Coop, func(row *coop.Coop) error {
		row.TwoPeople = form.Get("two") == "yes"
		return nil
	})
	return membersDone(c, web.DoneTwo, err)
}
