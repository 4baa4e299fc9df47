// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/keys"
)

// welcome turns those away from whom nothing is taken, by the host of the key that
// they name: that proves nothing, and need not.
func (s *Server) welcome(c echo.Context) error {
	if host := keys.PeekHost(c.Request()); host != "" && s.Fed.Refuses(host) {
		return coop.Fail(coop.Forbidden, "handlers.welcome", "this instance has nothing to do with your server")
	}
	return nil
}

// relayPath is the path of the instance actor, which anybody may read: who checks
// the signatures of our own requests needs its key, and could not ask for it with a
// signature that we would have to check first.
const relayPath = "/ap/actor"

// vouched lets a document be read only by those whom we know: where the instance
// wants it signed, by who has signed the request and is not refused. Without that
// it turns away who says itself that it is refused.
func (s *Server) vouched(c echo.Context) error {
	r := c.Request()
	if r.URL.EscapedPath() == relayPath {
		return nil
	}
	h := c.Response().Header()
	if s.Secure {
		h.Add("Vary", "Signature, Signature-Input")
		h.Set("Cache-Control", "no-store")
	}
	if err := s.welcome(c); err != nil || !s.Secure {
		return err
	}
	if r.Header.Get("Authorization") != "" { // a program of somebody here
		h.Add("Vary", "Authorization")
		_, err := s.holderOf(c, coop.Read)
		return err
	}
	if r.Header.Get("Signature") == "" { // the usual stranger: nothing to ask anybody for
		return coop.Fail(coop.Unauthorized, "handlers.vouched", "this instance gives its documents to signed requests only")
	}
	return s.vouch(c, func(claim *keys.Claim) error { return s.Fed.Vouch(r.Context(), claim) })
}

// addressed lets what is for one actor alone be read by the server of that actor.
// To others it is not there.
func (s *Server) addressed(c echo.Context, to coop.IRI) error {
	r := c.Request()
	missing := nothingHere("handlers.addressed")
	if r.Header.Get("Signature") == "" {
		return missing
	}
	err := s.vouch(c, func(claim *keys.Claim) error { return s.Fed.VouchFor(r.Context(), claim, to) })
	if code := coop.CodeOf(err); code == coop.Unauthorized || code == coop.Forbidden {
		return missing
	}
	if err == nil {
		h := c.Response().Header()
		h.Set("Vary", "Signature, Signature-Input")
		h.Set("Cache-Control", "no-store")
	}
	return err
}

// vouch reads who signed a request and asks whether that is enough. Those with whom
// it is not are counted by their address.
func (s *Server) vouch(c echo.Context, enough func(*keys.Claim) error) error {
	leave, ok := s.unverified.enter(address(c), s.Limits.UnverifiedPerMinute, s.Now())
	if !ok {
		return tooMany("too many requests from this address that proved nothing")
	}
	claim, err := keys.Read(c.Request(), nil, keys.Target{Scheme: s.Site.Scheme(), Host: s.Site.Domain}, s.Now())
	if err == nil {
		err = enough(claim)
	}
	leave(err != nil, s.Now())
	return err
}
