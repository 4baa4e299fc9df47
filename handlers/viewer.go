// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/federation"
	"plenum/keys"
)

// viewer is who a request that reads comes from, as far as a token shows. One that is
// not known, or may not read, makes nobody of whoever sends it.
func (s *Server) viewer(c echo.Context) (v federation.Viewer, err error) {
	if c.Request().Header.Get("Authorization") == "" {
		return v, nil
	}
	v.Member, err = s.holderOf(c, coop.Read)
	if code := coop.CodeOf(err); code == coop.Unauthorized || code == coop.Forbidden {
		err = nil
		c.Response().Header().Del(echo.HeaderWWWAuthenticate)
	}
	return v, err
}

// person is viewer for what people open in a browser: they come with a session, and
// read what is of any of their co-ops.
func (s *Server) person(c echo.Context) (v federation.Viewer, err error) {
	if c.Request().Header.Get("Authorization") != "" {
		return s.viewer(c)
	}
	who, ok, err := s.visitor(c)
	if err != nil || !ok {
		return v, err
	}
	all, err := s.Library.Coops(c.Request().Context())
	for _, row := range all {
		if who.member.Role(row.Name).Covers(coop.Editor) {
			v.Of = append(v.Of, row.Name)
		}
	}
	return v, err
}

// signer is the actor who signed a request, empty where nobody did or where the
// signature proves nothing: to whom it is refused, what is hidden is not there.
func (s *Server) signer(c echo.Context) (by coop.IRI, err error) {
	if c.Request().Header.Get("Signature") == "" {
		return "", nil
	}
	err = s.vouch(c, func(claim *keys.Claim) (err error) {
		by, err = s.Fed.Signer(c.Request().Context(), claim)
		return err
	})
	if code := coop.CodeOf(err); code == coop.Unauthorized || code == coop.Forbidden {
		return "", nil
	}
	return by, err
}

// private marks an answer as one that nobody keeps for others. L03.
func private(c echo.Context) {
	h := c.Response().Header()
	h.Set("Cache-Control", cachePrivate)
	h.Add("Vary", "Authorization, Signature, Signature-Input, Cookie")
}

// shownTo lets who may read a post that is not for everybody read it. To others it is
// not there, and nothing in the answer differs from that.
func (s *Server) shownTo(c echo.Context, p coop.Post) error {
	ctx := c.Request().Context()
	v, err := s.person(c)
	if err != nil {
		return err
	}
	ok := s.Fed.Visible(ctx, p, v)
	if !ok {
		if v.Signed, err = s.signer(c); err != nil {
			return err
		}
		ok = v.Signed != "" && s.Fed.Visible(ctx, p, v)
	}
	if !ok {
		return nothingHere("handlers.shownTo")
	}
	private(c)
	return nil
}

// nothingHere is what whoever may not read something is told, and whoever asks for what
// there is not: in the same words, or they would tell which it is.
func nothingHere(op string) error { return coop.Fail(coop.NotFound, op, "there is nothing here") }

// showPrivate answers with a page that no cache keeps and no search engine lists. L03.
func (s *Server) showPrivate(c echo.Context, status int, render renderer) error {
	body, _, err := rendered(render)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex")
	h.Add("Vary", "Accept, Accept-Language")
	return c.Blob(status, htmlUTF8, body)
}
