// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"plenum/activity"
	"plenum/auth"
	"plenum/coop"
	"plenum/federation"
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
	if !submittable(c.Request().Header.Get("Content-Type")) {
		return coop.Fail(coop.Unsupported, "handlers.submit", `send application/ld+json; profile="https://www.w3.org/ns/activitystreams" or application/activity+json`)
	}
	body, err := readLimited(c, activity.MaxBody)
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
	if done.Location != "" { // that of a draft is dropped without a trace: its Delete is transient. AP §6
		h.Set("Location", string(done.Location))
	}
	h.Set("Cache-Control", "no-store")
	if done.Proposed { // somebody else has to agree
		return c.Blob(http.StatusAccepted, activityJSON, done.Body)
	}
	return c.Blob(http.StatusCreated, activityJSON, done.Body)
}

// submittable reports whether a client may call what it posts by this media type.
// AP §6 asks for that of ActivityStreams; scripts say that it is JSON, or nothing
// while their libraries say that it is text. Nothing hangs on it: whoever has no token
// has been refused, and a browser adds none by itself. C05.
func submittable(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return contentType == "" || err == nil && (t == "application/json" || t == "application/ld+json" || t == "text/plain") || federation.IsAS2(contentType)
}

// bearer finds out in whose name a request to a co-op's address speaks, with a
// token that may do what it asks for.
func (s *Server) bearer(c echo.Context, need coop.Scope) (coop.Principal, error) {
	n := coop.Name(c.Param("name"))
	if n == "" {
		return coop.Principal{}, coop.Fail(coop.NotFound, "handlers.bearer", "there is no co-op without a name")
	}
	_, who, err := s.token(c, n, need)
	return who, err
}

// token is the token of a request, and in whose name it speaks: it has to be one of
// the actor n and to have a scope; the empty name is any actor, the empty scope any. RFC 6750 §2.1; a token
// in the query is none. A20.
func (s *Server) token(c echo.Context, n coop.Name, need coop.Scope) (coop.Token, coop.Principal, error) {
	scheme, secret, _ := strings.Cut(c.Request().Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || strings.TrimSpace(secret) == "" {
		return coop.Token{}, coop.Principal{}, s.wantsToken(c, coop.Unauthorized, "", "send Authorization: Bearer TOKEN; get one at the token endpoint, or with: plenum token create")
	}
	t, who, err := s.Auth.Bearer(c.Request().Context(), strings.TrimSpace(secret))
	msg := ""
	if e, ok := errors.AsType[*coop.Error](err); ok && e.Code == coop.Unauthorized {
		msg = e.Msg
	}
	switch {
	case msg != "":
		err = s.wantsToken(c, coop.Unauthorized, "invalid_token", msg)
	case err != nil:
	case t.Coop != n && n == coop.Relay:
		err = s.wantsToken(c, coop.Forbidden, "insufficient_scope", "this needs a token of the instance; make one with: plenum token create --coop relay --scope moderate")
	case t.Coop != n && n != "":
		err = s.wantsToken(c, coop.Forbidden, "insufficient_scope", "this token is for another co-op")
	case need != "" && !t.Can(need, s.Now()):
		err = s.wantsToken(c, coop.Forbidden, "insufficient_scope", "this token may not "+string(need)+"; ask for one that may", string(need))
	case need == coop.Moderate && !who.Role.Covers(coop.Publisher):
		err = coop.Fail(coop.Forbidden, "handlers.token", "to decide is for publishers and admins")
	}
	if err != nil {
		return coop.Token{}, coop.Principal{}, err
	}
	return t, who, s.meter(c, t)
}

// wantsToken refuses a request that has no good token, and says where clients learn to
// get one. Others that are answered 401 lack a signature. RFC 6750 §3, RFC 9728 §5.1.
func (s *Server) wantsToken(c echo.Context, code coop.Code, problem, why string, scope ...string) error {
	h := `Bearer realm="plenum"`
	if problem != "" {
		h += `, error="` + problem + `", error_description="` + strings.NewReplacer(`"`, "'", `\`, "'").Replace(why) + `"`
	}
	if len(scope) > 0 {
		h += `, scope="` + strings.Join(scope, " ") + `"`
	}
	path := c.Request().URL.Path
	if _, ok := s.Auth.ResourceAt(path); !ok {
		path = ""
	}
	h += `, resource_metadata="` + s.Site.Base() + auth.PathResource + path + `"`
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, h)
	return coop.Fail(code, "handlers.token", why)
}
