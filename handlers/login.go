// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"plenum/auth"
	"plenum/coop"
	"plenum/web"
)

// login is the door for members.
func (s *Server) login(c echo.Context) error {
	_, inside, err := s.visitor(c)
	if err != nil {
		return err
	}
	next := onward(c.QueryParam("next"))
	if inside && c.QueryParam("again") != "yes" {
		personal(c)
		return c.Redirect(http.StatusSeeOther, next)
	}
	v := web.LoginView{Chrome: s.chrome(c), Next: next, Done: web.Done(c.QueryParam("done"))}
	return s.reveal(c, http.StatusOK, withScript, func(w io.Writer) error { return s.Pages.Login(w, v) })
}

// signIn answers the form: with a session, or with what was wrong.
func (s *Server) signIn(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	next := onward(form.Get("next"))
	secret, _, _, err := s.Auth.SignIn(c.Request().Context(), form.Get("login"), form.Get("password"), address(c), c.Request().UserAgent())
	v := web.LoginView{Chrome: s.chrome(c), Login: form.Get("login"), Next: next}
	status := http.StatusUnprocessableEntity
	switch coop.CodeOf(err) {
	case "":
		return s.enter(c, secret, next)
	case coop.Unauthorized:
		v.Wrong = true
	case coop.RateLimited:
		v.Slow, status = true, http.StatusTooManyRequests
	default:
		return err
	}
	return s.reveal(c, status, withScript, func(w io.Writer) error { return s.Pages.Login(w, v) })
}

// enter gives a browser its new session and leads on. The session that it had before
// ends: nobody goes on with one that somebody else may have put there. A15.
func (s *Server) enter(c echo.Context, secret, next string) error {
	if err := s.replace(c, secret); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, next)
}

func (s *Server) replace(c echo.Context, secret string) error {
	personal(c)
	old, inside, err := s.visitor(c)
	if err == nil && inside {
		err = s.Auth.SignOut(c.Request().Context(), old.session)
	}
	s.setSession(c, secret)
	return err
}

func (s *Server) signOut(c echo.Context, v visit, _ url.Values) error {
	if err := s.Auth.SignOut(c.Request().Context(), v.session); err != nil {
		return err
	}
	s.setSession(c, "")
	return c.Redirect(http.StatusSeeOther, "/login?done=out")
}

// ceremony is what a browser is given to begin with, and gives back with what the
// device answered. WebAuthn §7.
type ceremony struct {
	Options  json.RawMessage `json:"options,omitempty"`
	State    []byte          `json:"ceremony"` // sealed by package auth
	Response json.RawMessage `json:"response,omitempty"`
	Name     string          `json:"name,omitempty"` // of a new passkey
	Next     string          `json:"next,omitempty"`
	CSRF     string          `json:"csrf,omitempty"`
}

// onTo is where the script of a page goes on.
type onTo struct {
	To string `json:"to"`
}

// beginPasskey begins a sign-in of nobody in particular.
func (s *Server) beginPasskey(c echo.Context) error {
	personal(c)
	options, state, err := s.Auth.BeginSignIn(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, ceremony{Options: options, State: state})
}

// passkey signs in whose device has answered.
func (s *Server) passkey(c echo.Context) error {
	personal(c)
	var in ceremony
	if err := readJSON(c, &in); err != nil {
		return err
	}
	secret, _, _, err := s.Auth.PasskeySignIn(c.Request().Context(), in.State, in.Response, address(c), c.Request().UserAgent())
	if err != nil {
		if coop.CodeOf(err) == coop.Unauthorized {
			c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Passkey realm="plenum"`)
		}
		return err
	}
	if err := s.replace(c, secret); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, onTo{onward(in.Next)})
}

// invitation shows what a link invites to. It does nothing: programs look at links
// before people do.
func (s *Server) invitation(c echo.Context) error {
	v, err := s.invited(c)
	if err != nil {
		return err
	}
	return s.showInvite(c, http.StatusOK, v)
}

func (s *Server) showInvite(c echo.Context, status int, v web.InviteView) error {
	if v.Gone {
		status = http.StatusGone
	}
	return s.reveal(c, status, policy, func(w io.Writer) error { return s.Pages.Invite(w, v) })
}

// invited reads the invitation of a request.
func (s *Server) invited(c echo.Context) (web.InviteView, error) {
	ctx := c.Request().Context()
	v := web.InviteView{Chrome: s.chrome(c), Secret: c.Param("secret")}
	t, err := s.Auth.Invitation(ctx, v.Secret)
	if code := coop.CodeOf(err); code == coop.NotFound || code == coop.Gone {
		v.Gone = true
		return v, nil
	}
	if err != nil {
		return v, err
	}
	v.Ticket = t
	if v.Ticket.By = person(t.By); v.Ticket.By == t.By {
		v.Ticket.By = "" // who runs the machine has no name that says something to a stranger
	}
	if v.Coop, err = s.Library.Coop(ctx, t.Coop); err != nil {
		return v, err
	}
	who, inside, err := s.visitor(c)
	if inside {
		v.Member, v.CSRF = who.member, who.csrf()
		v.Lang = cmp.Or(who.member.Language, v.Lang)
	}
	return v, err
}

// person is how the pages name who did something: the log says what they are, too.
func person(by string) string { return strings.TrimPrefix(by, "member ") }

// takeInvitation makes a member of who has an invitation, or takes one in who is
// there already.
func (s *Server) takeInvitation(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	v, err := s.invited(c)
	if err != nil {
		return err
	}
	if v.Gone {
		return s.showInvite(c, http.StatusGone, v)
	}
	ctx := c.Request().Context()
	if v.Member.ID != "" {
		if form.Get("csrf") != v.CSRF {
			return errForeignForm
		}
		if _, err := s.Auth.EnrolExisting(ctx, v.Secret, v.Member.ID); err != nil {
			return err
		}
		personal(c)
		return c.Redirect(http.StatusSeeOther, "/desk")
	}
	v.Person = web.Person{Login: form.Get("login"), Name: form.Get("name"), Email: form.Get("email"), Language: form.Get("language")}
	m, err := s.Auth.Enrol(ctx, v.Secret, auth.NewMember{
		Login: v.Person.Login, Name: v.Person.Name, Email: v.Person.Email, Language: v.Person.Language, Password: form.Get("password"),
	})
	if ms, ok := mistakesOf(err); ok {
		v.Mistakes = ms
		return s.showInvite(c, http.StatusUnprocessableEntity, v)
	}
	if code := coop.CodeOf(err); code == coop.Gone || code == coop.NotFound { // somebody was faster
		v.Gone = true
		return s.showInvite(c, http.StatusGone, v)
	}
	if err != nil {
		return err
	}
	secret, _, _, err := s.Auth.SignIn(ctx, m.Login, form.Get("password"), address(c), c.Request().UserAgent())
	if err != nil {
		return err
	}
	return s.enter(c, secret, "/desk")
}

// forgotten asks for the sign-in name of who forgot the password.
func (s *Server) forgotten(c echo.Context) error {
	v := web.ResetView{Chrome: s.chrome(c), NoMail: s.Auth.Mail == nil}
	return s.showReset(c, http.StatusOK, v)
}

func (s *Server) showReset(c echo.Context, status int, v web.ResetView) error {
	return s.reveal(c, status, policy, func(w io.Writer) error { return s.Pages.Reset(w, v) })
}

// askReset answers always the same: who asks learns nothing about who is a member.
func (s *Server) askReset(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	v := web.ResetView{Chrome: s.chrome(c), Sent: true}
	link := func(secret string) string { return s.Site.Base() + "/reset/" + secret }
	if err := s.Auth.AskReset(c.Request().Context(), form.Get("login"), link); coop.CodeOf(err) == coop.Unavailable {
		v.Sent, v.NoMail = false, true
	} else if err != nil {
		return err
	}
	return s.showReset(c, http.StatusOK, v)
}

// resetting reads whose password a link is for.
func (s *Server) resetting(c echo.Context) (web.ResetView, int, error) {
	v := web.ResetView{Chrome: s.chrome(c), Secret: c.Param("secret")}
	m, err := s.Auth.ResetTicket(c.Request().Context(), v.Secret)
	switch coop.CodeOf(err) {
	case "":
		v.Member = m
		return v, http.StatusOK, nil
	case coop.NotFound, coop.Gone, coop.Forbidden:
		v.Gone = true
		return v, http.StatusGone, nil
	}
	return v, 0, err
}

func (s *Server) reset(c echo.Context) error {
	v, status, err := s.resetting(c)
	if err != nil {
		return err
	}
	return s.showReset(c, status, v)
}

func (s *Server) setPassword(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	v, status, err := s.resetting(c)
	if err != nil {
		return err
	}
	if v.Gone {
		return s.showReset(c, status, v)
	}
	_, err = s.Auth.Reset(c.Request().Context(), v.Secret, form.Get("password"))
	if ms, ok := mistakesOf(err); ok {
		v.Mistakes = ms
		return s.showReset(c, http.StatusUnprocessableEntity, v)
	}
	if code := coop.CodeOf(err); code == coop.Gone || code == coop.NotFound {
		v.Gone = true
		return s.showReset(c, http.StatusGone, v)
	}
	if err != nil {
		return err
	}
	personal(c)
	s.setSession(c, "")
	return c.Redirect(http.StatusSeeOther, "/login?done=reset")
}
