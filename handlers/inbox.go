// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/activity"
	"plenum/coop"
	"plenum/federation"
	"plenum/keys"
)

// inbox takes what peers deliver. AP §7.1. Who is refused is turned away before the
// body is read. What needs neither key nor network is checked next, in the order of
// docs/security.md A.4. 202 means that it is on disk,
// or that a peer must not send it again. proven says whether it is sure who sent
// it, for limitInbox.
func (s *Server) inbox(c echo.Context) (proven bool, err error) {
	if err := s.welcome(c); err != nil {
		return false, err
	}
	if name := c.Param("name"); name != "" {
		if _, err := s.coopNamed(c.Request().Context(), name); err != nil {
			return false, err
		}
	}
	claim, in, err := s.readActivity(c)
	if err != nil {
		return false, err
	}
	host := coop.HostOf(claim.KeyID) // of who sends it: somebody else may have said it
	if !s.verified.spare(host, s.Limits.InboxPerMinute, s.Now()) {
		return false, tooMany("too many activities from this host")
	}
	proven, err = s.Fed.Receive(c.Request().Context(), claim, in)
	if proven {
		s.verified.charge(host, s.Limits.InboxPerMinute, s.Now())
	}
	if err != nil {
		return proven, err
	}
	return proven, c.NoContent(http.StatusAccepted)
}

// readActivity reads what a peer delivers, and what it claims of who it is.
func (s *Server) readActivity(c echo.Context) (*keys.Claim, activity.Inbound, error) {
	body, err := readBody(c)
	if err != nil {
		return nil, nil, err
	}
	claim, err := keys.Read(c.Request(), body, keys.Target{Scheme: s.Site.Scheme(), Host: s.Site.Domain}, s.Now())
	if err != nil {
		return nil, nil, err
	}
	in, err := activity.Decode(body, s.Site.HTTP)
	return claim, in, err
}

// readBody reads an ActivityStreams document: one of its two media types, no
// Content-Encoding (a bomb would be unpacked), at most activity.MaxBody bytes,
// within ten seconds.
func readBody(c echo.Context) ([]byte, error) {
	const op = "handlers.readBody"
	r := c.Request()
	if !federation.IsAS2(r.Header.Get("Content-Type")) {
		return nil, coop.Fail(coop.Unsupported, op, `send application/ld+json; profile="https://www.w3.org/ns/activitystreams" or application/activity+json`)
	}
	return readLimited(c, activity.MaxBody)
}

func readLimited(c echo.Context, limit int64) ([]byte, error) {
	return readWithin(c, limit, 10*time.Second)
}

func readWithin(c echo.Context, limit int64, most time.Duration) ([]byte, error) {
	const op = "handlers.readLimited"
	r := c.Request()
	if r.Header.Get("Content-Encoding") != "" {
		return nil, coop.Fail(coop.Unsupported, op, "send the document without Content-Encoding")
	}
	if r.ContentLength > limit {
		return nil, coop.Fail(coop.TooLarge, op, "the document is too large")
	}
	// a recorder in a test has no deadline to set, a connection has
	conn := http.NewResponseController(c.Response().Writer)
	_ = conn.SetReadDeadline(time.Now().Add(most))
	body, err := io.ReadAll(http.MaxBytesReader(c.Response().Writer, r.Body, limit))
	_ = conn.SetReadDeadline(time.Time{}) // what follows may take longer: a deadline that passes would end the request
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, coop.Fail(coop.TooLarge, op, "the document is too large")
	}
	if err != nil {
		return nil, &coop.Error{Code: coop.Invalid, Op: op, Msg: "the document did not arrive whole", Err: err}
	}
	return body, nil
}
