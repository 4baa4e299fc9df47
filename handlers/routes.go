// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// Handler is the public face of the instance.
func (s *Server) Handler() http.Handler {
	e := s.echo()
	e.Use(noSniff())

	// discovery
	get(e, "/.well-known/webfinger", s.webfinger, cors)
	get(e, "/.well-known/host-meta", s.hostMeta, cors)
	get(e, "/.well-known/nodeinfo", s.nodeinfoLinks, cors)
	get(e, "/nodeinfo/:version", s.nodeinfo, cors)

	// federation: every id of ours is below /ap/
	get(e, "/ap/*", s.document, cors)
	e.OPTIONS("/ap/*", preflight, cors)
	for _, inbox := range []string{"/ap/inbox", "/ap/actor/inbox", "/ap/coops/:name/inbox"} {
		get(e, inbox, s.document, cors)
		e.POST(inbox, s.limitInbox(s.inbox))
	}
	get(e, "/ap/coops/:name/outbox", s.document, cors)
	e.POST("/ap/coops/:name/outbox", s.outbox, cors)

	get(e, "/ap/media/:id", s.mediaObject, cors)

	// for members, with a token
	e.POST("/api/media", s.uploadMedia, cors)
	e.POST("/api/proxy", s.proxy, cors)
	get(e, "/api/me", s.me, cors)
	s.memberRoutes(e, "/api", s.bearer, cors)
	get(e, "/api/coops/:name/posts/:slug/receipt", s.memberReceipt, cors)
	s.moderation(e, "/api", s.byToken, cors)
	s.proposing(e, "/api", s.bearer, cors)
	get(e, "/api/*", s.nothing, cors)
	e.OPTIONS("/api/*", preflight, cors)

	s.forPrograms(e)
	s.doors(e)
	s.rooms(e)

	// pages
	get(e, "/", s.remember(s.home))
	get(e, "/@:name", s.remember(s.coopPage))
	get(e, "/@:name/:slug", s.remember(s.postPage))
	get(e, "/calendar.ics", s.calendar)
	get(e, "/network", s.network)
	get(e, "/about", s.remember(s.about))
	get(e, "/tags/:tag", s.remember(s.tag))
	e.POST("/follow", s.follow, s.sameOrigin, s.limitAsking)
	get(e, "/media/:file", s.media, cors)
	e.OPTIONS("/media/:file", preflight, cors)
	get(e, "/static/:file", s.static)
	get(e, "/robots.txt", s.robots)
	get(e, "/healthz", s.healthz)
	return e
}

// echo is the part that the public face and the control interface share.
func (s *Server) echo() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.problem
	e.IPExtractor = echo.ExtractIPDirect()
	if len(s.TrustedProxies) > 0 {
		trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
		for _, p := range s.TrustedProxies {
			trust = append(trust, echo.TrustIPRange(&net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
		}
		e.IPExtractor = echo.ExtractIPFromXFFHeader(trust...)
	}
	e.Use(s.nameRequest(), s.logRequests(), middleware.RecoverWithConfig(middleware.RecoverConfig{
		DisableErrorHandler: true,
		LogErrorFunc: func(c echo.Context, err error, stack []byte) error {
			s.Log.ErrorContext(c.Request().Context(), "panic", "route", c.Path(), "err", err, "stack", string(stack))
			return err
		},
	}))
	return e
}

// nameRequest gives each request the name by which the log and a problem know
// it. What a client calls its request is not taken over: it would be written
// into the log.
func (s *Server) nameRequest() echo.MiddlewareFunc {
	run := strconv.FormatInt(s.Now().UnixMilli(), 36)
	var count atomic.Uint64
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Request().Header.Del(echo.HeaderXRequestID)
			c.Response().Header().Set(echo.HeaderXRequestID, run+"-"+strconv.FormatUint(count.Add(1), 36))
			return next(c)
		}
	}
}

// logRequests writes a line for each request that changes something, and for all
// of them where the log wants to know. Failures of ours are logged in any case,
// by problem.
func (s *Server) logRequests() echo.MiddlewareFunc {
	return middleware.RequestLoggerWithConfig(middleware.RequestLoggerConfig{
		Skipper: func(c echo.Context) bool {
			return reads(c.Request().Method) && !s.Log.Enabled(c.Request().Context(), slog.LevelDebug)
		},
		LogStatus: true, LogMethod: true, LogRoutePath: true, LogLatency: true, LogError: true, HandleError: true,
		LogValuesFunc: func(c echo.Context, v middleware.RequestLoggerValues) error {
			level := slog.LevelDebug
			if !reads(v.Method) || v.Status >= 500 {
				level = slog.LevelInfo
			}
			attrs := []slog.Attr{
				slog.String("method", v.Method), slog.String("route", v.RoutePath), slog.Int("status", v.Status),
				slog.Duration("took", v.Latency.Round(time.Microsecond)), slog.String("req", c.Response().Header().Get(echo.HeaderXRequestID)),
			}
			if v.Error != nil && v.Status < 500 && strings.HasSuffix(v.RoutePath, "box") { // why an inbox or outbox refused
				attrs = append(attrs, slog.String("err", short(v.Error)))
			}
			s.Log.LogAttrs(c.Request().Context(), level, "request", attrs...)
			return nil
		},
	})
}

// reads reports whether a request with the method changes nothing.
func reads(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// get routes GET and HEAD: Echo answers HEAD with 405 otherwise.
func get(e *echo.Echo, path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) {
	e.GET(path, h, m...)
	e.HEAD(path, h, m...)
}

// cors lets scripts of any site read what is public, and post with a bearer
// token. There are no credentials that a browser would add by itself.
func cors(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "Location, Link, Retry-After, ETag, WWW-Authenticate")
		return next(c)
	}
}

// preflight says what scripts may send.
func preflight(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, Idempotency-Key")
	h.Set("Access-Control-Max-Age", "86400")
	return c.NoContent(http.StatusNoContent)
}

// noSniff keeps browsers from taking anything for a page that does not say it is
// one. docs/security.md X13. The value is made once, since it goes with every answer.
func noSniff() echo.MiddlewareFunc {
	value := []string{"nosniff"}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Response().Header()[echo.HeaderXContentTypeOptions] = value
			return next(c)
		}
	}
}
