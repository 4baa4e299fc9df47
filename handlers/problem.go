// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/web"
)

// Problem is what programs are told of a failure. RFC 9457 §3.1; member is ours.
type Problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail,omitempty"`
	Instance string `json:"instance,omitempty"` // the id of the request, as the log has it
	Member   string `json:"member,omitempty"`   // which member of the document is at fault
}

// statuses is the one table from what went wrong to what HTTP calls it.
var statuses = map[coop.Code]int{
	coop.Invalid: http.StatusBadRequest, coop.Unauthorized: http.StatusUnauthorized, coop.Forbidden: http.StatusForbidden,
	coop.NotFound: http.StatusNotFound, coop.Gone: http.StatusGone, coop.Conflict: http.StatusConflict,
	coop.TooLarge: http.StatusRequestEntityTooLarge, coop.Unsupported: http.StatusUnsupportedMediaType,
	coop.RateLimited: http.StatusTooManyRequests, coop.Unavailable: http.StatusServiceUnavailable,
	coop.Internal: http.StatusInternalServerError,
}

// problemOf says what a stranger may know of an error.
func problemOf(err error) (p Problem, retry time.Duration) {
	p = Problem{Type: "about:blank", Status: http.StatusInternalServerError}
	if e, ok := errors.AsType[*coop.Error](err); ok {
		p.Status, p.Detail, p.Member, retry = statuses[e.Code], e.Msg, e.Member, e.Retry
	} else if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		p.Status = e.Code
	} else if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) { // who asked is gone, or we stop
		p.Status = http.StatusServiceUnavailable
	}
	if p.Status == 0 || p.Status == http.StatusInternalServerError {
		p.Status, p.Detail, p.Member = http.StatusInternalServerError, "", ""
	}
	p.Title = http.StatusText(p.Status)
	return p, retry
}

// problem is Echo's error handler: the one place where an error becomes a status
// and, where it is ours, a line in the log.
func (s *Server) problem(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p, retry := problemOf(err)
	p.Instance = c.Response().Header().Get(echo.HeaderXRequestID)
	level := s.Log.DebugContext
	switch {
	case c.Request().Context().Err() != nil: // nobody reads the answer
	case p.Status == http.StatusServiceUnavailable: // most often another server is down
		level = s.Log.WarnContext
	case p.Status >= 500:
		level = s.Log.ErrorContext
	}
	level(c.Request().Context(), "request failed", "route", c.Path(), "status", p.Status, "req", p.Instance, "err", short(err))
	h := c.Response().Header()
	if retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(retry.Round(time.Second)/time.Second)))
	}
	if p.Status == http.StatusUnauthorized && h.Get(echo.HeaderWWWAuthenticate) == "" { // who wants a token has said so
		h.Set(echo.HeaderWWWAuthenticate, wantedSignature(c.Request()))
	}
	h.Set("Cache-Control", "no-store")
	if werr := s.writeProblem(c, p); werr != nil {
		s.Log.DebugContext(c.Request().Context(), "answer not written", "err", werr)
	}
}

// wantedSignature says what a request has to be signed over to be answered.
// draft-cavage-12 §3.1.1.
func wantedSignature(r *http.Request) string {
	over := "(request-target) host date"
	if r.Method == http.MethodPost {
		over += " digest"
	}
	return `Signature realm="plenum",headers="` + over + `"`
}

func (s *Server) writeProblem(c echo.Context, p Problem) error {
	r := c.Request()
	visits := r.Method == http.MethodGet || r.Method == http.MethodHead || c.Path() == "/follow" || forPeople(c.Path())
	if s.Pages != nil && visits && !strings.HasPrefix(c.Path(), "/api/") && prefersHTML(r) {
		v := web.ProblemView{Chrome: s.chrome(c), Status: p.Status}
		return s.show(c, p.Status, func(w io.Writer) error { return s.Pages.Problem(w, v) })
	}
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	c.Response().Header().Add("Vary", "Accept")
	return c.Blob(p.Status, "application/problem+json", b)
}

// short bounds what a stranger can make us write into a log. D18.
func short(err error) string {
	s := err.Error()
	if len(s) > 400 {
		s = s[:400] + "…"
	}
	return s
}
