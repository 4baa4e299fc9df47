// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"crypto/sha256"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"plenum/coop"
)

// outbox takes what a client publishes in the name of a co-op. AP §6.
func (s *Server) outbox(c echo.Context) error {
	who, err := s.bearer(c, coop.Write)
	if err != nil {
		return err
	}
	return s.submit(c, who)
}

// submit answers 201 with the id and the bytes of the activity. AP §6: the
// Location is the activity's id.
func (s *Server) submit(c echo.Context, who coop.Principal) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	key := c.Request().Header.Get("Idempotency-Key")
	if len(key) > 255 {
		return coop.Fail(coop.Invalid, "handlers.submit", "an Idempotency-Key has at most 255 characters")
	}
	done, err := s.Fed.Submit(c.Request().Context(), who, body, key)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Location", string(done.Location))
	h.Set("Cache-Control", "no-store")
	return c.Blob(http.StatusCreated, activityJSON, done.Body)
}

// bearer finds out in whose name a request to a co-op's address speaks, with a
// token that may do what it asks for.
func (s *Server) bearer(c echo.Context, need coop.Scope) (coop.Principal, error) {
	t, err := s.token(c, coop.Name(c.Param("name")), need)
	if err != nil {
		return coop.Principal{}, err
	}
	return coop.Principal{Coop: t.Coop, Token: t.ID}, nil
}

// token is the token of a request, which has to be one of the actor n and to have a
// scope. RFC 6750 §2.1; a token in the query is none. Tokens have 256 random bits,
// so that the digest by which they are looked up tells nothing.
func (s *Server) token(c echo.Context, n coop.Name, need coop.Scope) (coop.Token, error) {
	const op = "handlers.token"
	scheme, secret, _ := strings.Cut(c.Request().Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || secret == "" {
		return coop.Token{}, wantsToken(c, "send Authorization: Bearer TOKEN; make one with: plenum token create")
	}
	hash := sha256.Sum256([]byte(strings.TrimSpace(secret)))
	t, err := s.Tokens.Token(c.Request().Context(), hash[:])
	switch {
	case coop.CodeOf(err) == coop.NotFound || err == nil && !t.Revoked.IsZero():
		return coop.Token{}, wantsToken(c, "this token is not known, or was revoked")
	case err != nil:
		return coop.Token{}, err
	case t.Coop != n && n == coop.Relay:
		return coop.Token{}, coop.Fail(coop.Forbidden, op, "this needs a token of the instance; make one with: plenum token create --coop relay --scope moderate")
	case t.Coop != n:
		return coop.Token{}, coop.Fail(coop.Forbidden, op, "this token is for another co-op")
	case !t.Can(need):
		return coop.Token{}, coop.Fail(coop.Forbidden, op, "this token may not "+string(need)+"; make one that may with: plenum token create")
	}
	return t, nil
}

// wantsToken refuses a request that has no good token. Others that are answered 401
// lack a signature.
func wantsToken(c echo.Context, why string) error {
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="plenum"`)
	return coop.Fail(coop.Unauthorized, "handlers.token", why)
}
