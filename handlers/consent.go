// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"plenum/auth"
	"plenum/coop"
	"plenum/web"
)

// asked are the parameters that a program may ask with; they are sent again with the
// answer, and read again. RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2.
var asked = []string{"response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "resource"}

// authorize asks a member whether a program may act for a co-op. What is wrong with
// the program is found out before anybody signs in. RFC 6749 §4.1.1.
func (s *Server) authorize(c echo.Context) error {
	q := c.Request().URL.Query()
	if !s.asking.charge("authorize "+address(c), authorizePerMinute, s.Now()) { // it may fetch what the program says of itself
		return tooMany("too many questions; try again in a minute")
	}
	r, err := s.Auth.Authorization(c.Request().Context(), q)
	if e, ok := errors.AsType[*auth.RedirectError](err); ok { // anybody can register where that leads: only members are sent there. RFC 9700 §4.11.2
		return s.forMembers(func(c echo.Context, _ visit) error { return s.refuseClient(c, e) })(c)
	}
	if err != nil {
		return s.refuseClient(c, err)
	}
	return s.forMembers(func(c echo.Context, v visit) error { return s.askConsent(c, v, http.StatusOK, r, q, nil) })(c)
}

// authorizePerMinute is how often one address may ask members something.
const authorizePerMinute = 30

// refuseClient tells a program by way of the browser what is wrong, or the member
// where nobody knows whether the program is what it says.
func (s *Server) refuseClient(c echo.Context, err error) error {
	personal(c)
	if e, ok := errors.AsType[*auth.RedirectError](err); ok {
		return c.Redirect(http.StatusFound, e.URL)
	}
	e, ok := errors.AsType[*auth.OAuthError](err)
	if !ok {
		return err
	}
	v := web.RefusedView{Chrome: s.chrome(c), Text: e.Description}
	return s.reveal(c, e.Status, policy, func(w io.Writer) error { return s.Pages.Refused(w, v) })
}

func (s *Server) askConsent(c echo.Context, v visit, status int, r auth.Request, q url.Values, ms []web.Mistake) error {
	view := web.ConsentView{Visit: s.visit(c, v), Client: r.Client, Scopes: r.Scopes, Chosen: r.Coop, Back: hostOf(r.Redirect), Mistakes: ms}
	view.Client.Host = r.Host()
	mine, err := s.coopsOf(c, v)
	if err != nil {
		return err
	}
	view.Coops = slices.DeleteFunc(mine, func(row coop.Coop) bool { return r.Coop != "" && row.Name != r.Coop })
	for _, name := range asked {
		for _, value := range q[name] {
			view.Asked = append(view.Asked, [2]string{name, value})
		}
	}
	return s.reveal(c, status, policyFor(r.Redirect), func(w io.Writer) error { return s.Pages.Consent(w, view) })
}

// hostOf is where a redirect leads, as people are told: a host, or the scheme of an
// app.
func hostOf(redirect string) string {
	u, err := url.Parse(redirect)
	if err != nil {
		return ""
	}
	if u.Host == "" {
		return u.Scheme
	}
	return u.Host
}

// policyFor lets the answer of the form lead to where the program waits: browsers
// hold a redirect against form-action, too. What stands in a policy has to be free of
// what parts its words..
func policyFor(redirect string) string {
	u, err := url.Parse(redirect)
	if err != nil || strings.ContainsAny(u.Scheme+u.Host, " ;,'\"") {
		return policy
	}
	to := u.Scheme + ":"
	if u.Host != "" && !strings.Contains(u.Host, "[") { // a policy knows no IPv6 addresses
		to = u.Scheme + "://" + u.Host
	}
	return strings.Replace(policy, "form-action 'self'", "form-action 'self' "+to, 1)
}

// consent takes what a member decided. RFC 6749 §4.1.2.
func (s *Server) consent(c echo.Context, v visit, form url.Values) error {
	ctx := c.Request().Context()
	q := url.Values{}
	for _, name := range asked {
		if form.Has(name) {
			q[name] = form[name]
		}
	}
	r, err := s.Auth.Authorization(ctx, q)
	if err != nil {
		return s.refuseClient(c, err)
	}
	if form.Get("decision") != "allow" {
		return c.Redirect(http.StatusSeeOther, s.Auth.Deny(r))
	}
	n, ok := coop.ParseName(form.Get("coop"))
	if !ok || v.member.Role(n) == "" {
		return s.askConsent(c, v, http.StatusUnprocessableEntity, r, q, []web.Mistake{{Field: "coop", Kind: web.MistakeMissing}})
	}
	to, err := s.Auth.Consent(ctx, r, v.member, n)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}
