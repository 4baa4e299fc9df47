// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/web"
)

// account shows a member what is theirs.
func (s *Server) account(c echo.Context, v visit) error {
	p := web.Person{Login: v.member.Login, Name: v.member.Name, Email: v.member.Email, Language: v.member.Language}
	return s.showAccount(c, v, http.StatusOK, p, nil)
}

func (s *Server) showAccount(c echo.Context, v visit, status int, p web.Person, ms []web.Mistake) error {
	ctx := c.Request().Context()
	view := web.AccountView{Visit: s.visit(c, v), Person: p, Here: v.session.ID, Fresh: s.fresh(v), Mistakes: ms}
	var err error
	if view.Coops, err = s.coopsOf(c, v); err != nil {
		return err
	}
	if view.Passkeys, err = s.Auth.Passkeys(ctx, v.member.ID); err != nil {
		return err
	}
	if view.Sessions, err = s.Auth.Sessions(ctx, v.member.ID); err != nil {
		return err
	}
	if view.Grants, err = s.Auth.Grants(ctx, v.member.ID); err != nil {
		return err
	}
	return s.reveal(c, status, withScript, func(w io.Writer) error { return s.Pages.Account(w, view) })
}

// coopsOf are the co-ops for which a member does something.
func (s *Server) coopsOf(c echo.Context, v visit) (mine []coop.Coop, err error) {
	all, err := s.Library.Coops(c.Request().Context())
	for _, row := range all {
		if v.member.Role(row.Name) != "" {
			mine = append(mine, row)
		}
	}
	return mine, err
}

// accountDone goes back to the account, which says what was done.
func accountDone(c echo.Context, done web.Done, err error) error {
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/account?done="+string(done))
}

func (s *Server) setProfile(c echo.Context, v visit, form url.Values) error {
	p := web.Person{Login: v.member.Login, Name: form.Get("name"), Email: form.Get("email"), Language: form.Get("language")}
	if p.Name == "" {
		return s.showAccount(c, v, http.StatusUnprocessableEntity, p, []web.Mistake{{Field: "name", Kind: web.MistakeMissing}})
	}
	if p.Email != v.member.Email && !s.fresh(v) { // it gets links by which the password is chosen
		return s.showAccount(c, v, http.StatusForbidden, p, []web.Mistake{{Field: "email", Kind: web.MistakeAgain}})
	}
	_, err := s.Auth.SetProfile(c.Request().Context(), v.member.ID, p.Name, p.Email, p.Language)
	if ms, ok := mistakesOf(err); ok {
		return s.showAccount(c, v, http.StatusUnprocessableEntity, p, ms)
	}
	return accountDone(c, web.DoneProfile, err)
}

// changePassword ends every session of the member; the browser that asked for it
// gets a new one.
func (s *Server) changePassword(c echo.Context, v visit, form url.Values) error {
	ctx, m := c.Request().Context(), v.member
	p := web.Person{Login: m.Login, Name: m.Name, Email: m.Email, Language: m.Language}
	if m.Password == "" && !s.fresh(v) {
		return s.showAccount(c, v, http.StatusForbidden, p, []web.Mistake{{Field: "password", Kind: web.MistakeAgain}})
	}
	err := s.Auth.ChangePassword(ctx, m.ID, form.Get("old"), form.Get("password"))
	ms, wrong := mistakesOf(err)
	switch coop.CodeOf(err) {
	case coop.Unauthorized, coop.Forbidden:
		ms, wrong = []web.Mistake{{Field: "old", Kind: web.MistakeOld}}, true
	}
	if wrong {
		return s.showAccount(c, v, http.StatusUnprocessableEntity, p, ms)
	}
	if err != nil {
		return err
	}
	secret, _, _, err := s.Auth.SignIn(ctx, m.Login, form.Get("password"), address(c), c.Request().UserAgent())
	if err != nil {
		return err
	}
	s.setSession(c, secret)
	return accountDone(c, web.DonePassword, nil)
}

// endSession ends one session of the member, or all of them.
func (s *Server) endSession(c echo.Context, v visit, form url.Values) error {
	id, ok := coop.ParseID(form.Get("id"))
	if form.Get("all") == "yes" {
		id, ok = "", true
	}
	if !ok {
		return coop.Fail(coop.NotFound, "handlers.endSession", "there is no such session")
	}
	err := s.Auth.EndSession(c.Request().Context(), v.member.ID, id)
	if err == nil && (id == "" || id == v.session.ID) {
		s.setSession(c, "")
		return c.Redirect(http.StatusSeeOther, "/login?done=out")
	}
	return accountDone(c, web.DoneSession, err)
}

func (s *Server) revokeApp(c echo.Context, v visit, form url.Values) error {
	return accountDone(c, web.DoneApp, s.Auth.RevokeGrant(c.Request().Context(), v.member.ID, coop.ID(form.Get("id"))))
}

func (s *Server) dropPasskey(c echo.Context, v visit, form url.Values) error {
	id, err := base64.RawURLEncoding.DecodeString(form.Get("id"))
	if err != nil {
		return coop.Fail(coop.NotFound, "handlers.dropPasskey", "there is no such passkey")
	}
	return accountDone(c, web.DonePasskeyDropped, s.Auth.DropPasskey(c.Request().Context(), v.member.ID, id))
}

// beginNewPasskey begins to add a passkey.
func (s *Server) beginNewPasskey(c echo.Context, v visit) error {
	var in ceremony
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if err := v.proven(in.CSRF); err != nil {
		return err
	}
	if !s.fresh(v) {
		return errStaleVisit
	}
	options, state, err := s.Auth.BeginPasskey(c.Request().Context(), v.member)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, ceremony{Options: options, State: state})
}

// addPasskey keeps what the device of a member answered.
func (s *Server) addPasskey(c echo.Context, v visit) error {
	var in ceremony
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if err := v.proven(in.CSRF); err != nil {
		return err
	}
	if !s.fresh(v) {
		return errStaleVisit
	}
	if _, err := s.Auth.AddPasskey(c.Request().Context(), v.member, in.Name, in.State, in.Response); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, onTo{"/account?done=" + string(web.DonePasskey)})
}
