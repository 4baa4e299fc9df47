// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"mime"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"plenum/coop"
)

// owned answers an id with what only those are shown who act for the co-op whose it
// is: with a token that may read. done is false where everybody is answered the same.
// AP §5.1, §5.2.
func (s *Server) owned(c echo.Context) (done bool, err error) {
	r, h := c.Request(), c.Response().Header()
	ref, _ := s.Site.ParsePath(r.URL.EscapedPath())
	if ref.Kind != coop.RefCollection || ref.What != "inbox" && ref.What != "outbox" {
		return false, nil
	}
	h.Add("Vary", "Authorization")
	if r.Header.Get("Authorization") == "" {
		return false, nil
	}
	who, err := s.holderOf(c, coop.Read)
	if coop.CodeOf(err) == coop.Forbidden { // a token that may only write reads what anybody reads
		return false, nil
	}
	if err != nil { // a client has to learn that its token has expired
		return false, err
	}
	d, err := s.Fed.Owner(r.Context(), r.URL.EscapedPath(), who)
	if coop.CodeOf(err) == coop.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	h.Set("Vary", "Authorization")
	h.Set("Cache-Control", "private, no-store")
	return true, c.Blob(http.StatusOK, activityJSON, d.Body)
}

// proxiedPerMinute is how many documents of others a token may have read for it.
const proxiedPerMinute = 60

// proxy reads a document of another server for a client, which names it in a form.
// AP §4.1 proxyUrl.
func (s *Server) proxy(c echo.Context) error {
	const op = "handlers.proxy"
	t, who, err := s.token(c, "", coop.Read)
	if err != nil {
		return err
	}
	if t, _, err := mime.ParseMediaType(c.Request().Header.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		return coop.Fail(coop.Unsupported, op, "send a form, application/x-www-form-urlencoded, with id=URL")
	}
	body, err := readLimited(c, 8<<10)
	if err != nil {
		return err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || len(form["id"]) != 1 {
		return coop.Wrong("id", "the form names one document as id")
	}
	if !s.proxied.charge(allowance(t), proxiedPerMinute, s.Now()) {
		return tooMany("too many documents of other servers; try again in a minute")
	}
	doc, err := s.Fed.Proxy(c.Request().Context(), who, coop.IRI(form.Get("id")))
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "private, no-store")
	return c.Blob(http.StatusOK, activityJSON, doc)
}
