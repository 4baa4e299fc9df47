// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/web"
)

// visit is a request of somebody who is signed in.
type visit struct {
	session coop.Session
	member  coop.Member
	secret  string // of the cookie
}

// csrf proves that a form came from a page of this session: who cannot read the
// cookie cannot make it, and it dies with the session. A15.
func (v visit) csrf() string {
	mac := hmac.New(sha256.New, []byte(v.secret))
	mac.Write([]byte("plenum form"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

var errForeignForm = coop.Fail(coop.Forbidden, "handlers.csrf", "this form is not from a page of yours, or you have signed in anew since: load the page again")

// proven refuses a form that is not from a page of the session.
func (v visit) proven(csrf string) error {
	if !hmac.Equal([]byte(csrf), []byte(v.csrf())) {
		return errForeignForm
	}
	return nil
}

// freshFor is how long after signing in somebody may open further doors to the account.
const freshFor = 15 * time.Minute

// fresh reports whether a member has just signed in. Whoever sits down at a browser
// that was left open does not stay by a passkey, a password or an address of theirs.
func (s *Server) fresh(v visit) bool { return s.Now().Sub(v.session.Created) < freshFor }

var errStaleVisit = coop.Fail(coop.Forbidden, "handlers.fresh", "this needs somebody who has just signed in: sign in again first")

// cookieName is that of the session. With __Host- no other host can set it, and no
// page over http..
func (s *Server) cookieName() string {
	if s.Site.HTTP {
		return "plenum"
	}
	return "__Host-plenum"
}

const sessionAge = 30 * 24 * time.Hour

// setSession gives a browser its session; an empty secret takes it away.
func (s *Server) setSession(c echo.Context, secret string) {
	k := &http.Cookie{
		Name: s.cookieName(), Value: secret, Path: "/", Secure: !s.Site.HTTP, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		MaxAge: int(sessionAge / time.Second),
	}
	if secret == "" {
		k.MaxAge = -1
	}
	http.SetCookie(c.Response(), k)
}

// visitor is who is signed in; ok is false for everybody else. A token is no session,
// and a session is no token.
func (s *Server) visitor(c echo.Context) (v visit, ok bool, err error) {
	if s.Auth == nil {
		return v, false, nil
	}
	k, err := c.Cookie(s.cookieName())
	if err != nil || k.Value == "" {
		return v, false, nil
	}
	v.secret = k.Value
	v.session, v.member, err = s.Auth.Session(c.Request().Context(), k.Value)
	if coop.CodeOf(err) == coop.Unauthorized {
		return visit{}, false, nil
	}
	return v, err == nil, err
}

// personal says that an answer is for one person: no cache keeps it, nobody frames it,
// and no link on it tells where it came from.
func personal(c echo.Context) {
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Add("Vary", "Cookie, Accept-Language")
}

// withScript is the policy of the two pages that know passkeys.
const withScript = policy + "; script-src 'self'; connect-src 'self'"

// reveal answers with a page for one person.
func (s *Server) reveal(c echo.Context, status int, policy string, render renderer) error {
	body, _, err := rendered(render)
	if err != nil {
		return err
	}
	personal(c)
	c.Response().Header().Set("Content-Security-Policy", policy)
	return c.Blob(status, htmlUTF8, body)
}

// forMembers lets those in who are signed in, and asks others to sign in first.
func (s *Server) forMembers(h func(c echo.Context, v visit) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		personal(c)
		v, ok, err := s.visitor(c)
		if err != nil {
			return err
		}
		if !ok {
			next := "/desk"
			if reads(c.Request().Method) {
				next = c.Request().URL.RequestURI()
			}
			return c.Redirect(http.StatusSeeOther, "/login?done=first&next="+url.QueryEscape(next))
		}
		if reads(c.Request().Method) && s.Now().Sub(v.session.Seen) >= time.Hour { // for as long as it is used
			s.setSession(c, v.secret)
		}
		return h(c, v)
	}
}

// forForms is forMembers for what a form of theirs sends.
func (s *Server) forForms(h formFunc) echo.HandlerFunc { return s.forms(readLongForm, h, nil) }

// forTexts is forForms for a form with a file, in which somebody has written for a
// while: a form of a session that has ended is shown again, to be sent anew.
func (s *Server) forTexts(h, again formFunc) echo.HandlerFunc {
	return s.forms(readUpload, h, again)
}

// formFunc answers a form of a member.
type formFunc func(c echo.Context, v visit, form url.Values) error

func (s *Server) forms(read func(echo.Context) (url.Values, error), h, again formFunc) echo.HandlerFunc {
	return s.sameOrigin(s.forMembers(func(c echo.Context, v visit) error {
		form, err := read(c)
		if err != nil {
			return err
		}
		if m := c.Request().MultipartForm; m != nil {
			defer func() { _ = m.RemoveAll() }()
		}
		err = v.proven(form.Get("csrf"))
		switch {
		case err != nil && again != nil:
			return again(c, v, form)
		case err != nil:
			return err
		}
		return h(c, v, form)
	}))
}

// visit is what the pages for members have around their content. Their language is
// the member's own, where they chose one.
func (s *Server) visit(c echo.Context, v visit) web.Visit {
	chrome := s.chrome(c)
	if v.member.Language != "" {
		chrome.Lang = v.member.Language
	}
	admin := v.member.Operator
	for n := range v.member.Roles {
		admin = admin || v.member.Role(n).Covers(coop.Admin)
	}
	return web.Visit{Chrome: chrome, Member: v.member, CSRF: v.csrf(), Admin: admin, Done: web.Done(c.QueryParam("done"))}
}

// insides are the pages that one may be sent on to after signing in.
var insides = []string{"/desk", "/account", "/members", "/invite/", "/oauth/authorize"}

// onward is where to go on after signing in: a page of ours for members, whatever
// was asked for. P02.
func onward(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.ContainsAny(next, "\\\r\n\t") || u.Fragment != "" ||
		strings.Contains(u.EscapedPath(), "%") || strings.Contains(u.Path, "//") || strings.Contains(u.Path, "/.") {
		return "/desk"
	}
	fits := func(in string) bool {
		return u.Path == in || strings.HasPrefix(u.Path, strings.TrimSuffix(in, "/")+"/")
	}
	if !slices.ContainsFunc(insides, fits) {
		return "/desk"
	}
	return u.RequestURI()
}

// mistakeKinds are what is wrong with a field that somebody says of themselves.
var mistakeKinds = map[string]web.MistakeKind{
	"login": web.MistakeLogin, "password": web.MistakeWeak, "old": web.MistakeOld, "email": web.MistakeEmail, "name": web.MistakeMalformed, "language": web.MistakeMalformed,
}

// mistakesOf is what a form has to be put right in, where that is what an error says.
func mistakesOf(err error) ([]web.Mistake, bool) {
	e, ok := errors.AsType[*coop.Error](err)
	if !ok {
		return nil, false
	}
	switch {
	case e.Code == coop.Conflict && e.Member == "login":
		return []web.Mistake{{Field: "login", Kind: web.MistakeTaken}}, true
	case e.Code == coop.Invalid && mistakeKinds[e.Member] != "":
		return []web.Mistake{{Field: e.Member, Kind: mistakeKinds[e.Member]}}, true
	}
	return nil, false
}
