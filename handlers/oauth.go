// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"errors"
	"mime"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"plenum/auth"
	"plenum/coop"
)

const jsonUTF8 = "application/json; charset=utf-8"

// oauthMetadata says where a client finds what. RFC 8414 §3.
func (s *Server) oauthMetadata(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "max-age=3600")
	return c.Blob(http.StatusOK, jsonUTF8, s.Auth.Metadata())
}

// resourceMetadata says who gives out tokens for what stands behind the path. RFC
// 9728 §3.1.
func (s *Server) resourceMetadata(c echo.Context) error {
	path := c.Param("*")
	if path != "" {
		path = "/" + path
	}
	doc, ok := s.Auth.ResourceAt(path)
	if !ok {
		return coop.Fail(coop.NotFound, "handlers.resourceMetadata", "there is nothing here that a token opens")
	}
	c.Response().Header().Set("Cache-Control", "max-age=3600")
	return c.Blob(http.StatusOK, jsonUTF8, doc)
}

// forClients answers the endpoints that programs post forms to. What it answers is
// for one of them alone; failures are in the words of RFC 6749 §5.2.
func (s *Server) forClients(h func(c echo.Context, form url.Values, a auth.ClientAuth) (status int, body any, err error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		noStore(c)
		form, err := clientForm(c)
		if err != nil {
			return s.oauthProblem(c, err)
		}
		user, password, given := c.Request().BasicAuth()
		a, err := auth.BasicAuth(user, password, given)
		if err != nil {
			return s.oauthProblem(c, err)
		}
		status, body, err := h(c, form, a)
		if err != nil {
			return s.oauthProblem(c, err)
		}
		switch body := body.(type) {
		case nil:
			return c.NoContent(status)
		case []byte:
			return c.Blob(status, jsonUTF8, body)
		}
		return c.JSON(status, body)
	}
}

// noStore keeps tokens out of caches. RFC 6749 §5.1.
func noStore(c echo.Context) {
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set("Pragma", "no-cache")
}

// clientForm reads a form in the body alone: what stands in a query is in logs. RFC
// 6749 §3.2, A20.
func clientForm(c echo.Context) (url.Values, error) {
	t, _, err := mime.ParseMediaType(c.Request().Header.Get("Content-Type"))
	if err != nil || t != "application/x-www-form-urlencoded" {
		return nil, &auth.OAuthError{Code: "invalid_request", Description: "send application/x-www-form-urlencoded", Status: http.StatusBadRequest}
	}
	return readLongForm(c)
}

// oauthProblem answers a client in its own words; what is ours is a problem as
// everywhere.
func (s *Server) oauthProblem(c echo.Context, err error) error {
	e, ok := errors.AsType[*auth.OAuthError](err)
	if !ok && coop.CodeOf(err) == coop.Invalid {
		e, ok = &auth.OAuthError{Code: "invalid_request", Description: sentenceOf(err), Status: http.StatusBadRequest}, true
	}
	if !ok {
		return err
	}
	if e.Status == http.StatusUnauthorized { // RFC 6749 §5.2
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Basic realm="plenum"`)
	}
	return c.Blob(e.Status, jsonUTF8, e.JSON())
}

// tokens gives out tokens for a code or a refresh token. RFC 6749 §3.2.
func (s *Server) tokens(c echo.Context, form url.Values, a auth.ClientAuth) (int, any, error) {
	t, err := s.Auth.Token(c.Request().Context(), form, a)
	return http.StatusOK, t, err
}

// revoke ends a token. RFC 7009 §2.
func (s *Server) revoke(c echo.Context, form url.Values, a auth.ClientAuth) (int, any, error) {
	return http.StatusOK, nil, s.Auth.Revoke(c.Request().Context(), form, a)
}

// introspect tells a client about a token, which the client shows to have by it or
// by one of the same family. RFC 7662 §2.1.
func (s *Server) introspect(c echo.Context) error {
	noStore(c)
	t, _, err := s.token(c, "", "")
	if err != nil {
		return err
	}
	form, err := clientForm(c)
	if err != nil {
		return s.oauthProblem(c, err)
	}
	body, err := s.Auth.Introspect(c.Request().Context(), form, t)
	if err != nil {
		return s.oauthProblem(c, err)
	}
	return c.Blob(http.StatusOK, jsonUTF8, body)
}

// register takes what a client says of itself. RFC 7591 §3.
func (s *Server) register(c echo.Context) error {
	noStore(c)
	raw, err := readLimited(c, 64<<10)
	if err != nil {
		return err
	}
	body, err := s.Auth.Register(c.Request().Context(), raw, address(c))
	if err != nil {
		return s.oauthProblem(c, err)
	}
	return c.Blob(http.StatusCreated, jsonUTF8, body)
}
