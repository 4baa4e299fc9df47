// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"cmp"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"plenum/coop"
	"plenum/recent"
)

// limiter counts per key and minute. It remembers the last ones that were charged, in
// that order: after a minute a key has its whole allowance again, and nothing need be
// remembered of it. Who is never charged is not remembered.
type limiter struct {
	mu   sync.Mutex
	used recent.Map[string, *rate.Limiter]
	busy map[string]int // requests under way that may yet be charged; no more than there are
}

// limiterSize is how many keys are remembered, 5 MB of them. Somebody has his
// allowance back before his minute is over where as many others are charged after
// him within it: 333 requests a second, each from an address (or with a host) of its
// own, that prove nothing. Whoever has so many addresses has the allowances of all of
// them, and gains nothing by one more.
const limiterSize = 20_000

// left is what a key may still ask. To look charges nothing and remembers nothing.
func (l *limiter) left(key string, perMinute int, now time.Time) float64 {
	if r, ok := l.used.Peek(key); ok {
		return r.TokensAt(now)
	}
	return float64(perMinute)
}

// take takes one from key and reports whether there was one.
func (l *limiter) take(key string, perMinute int, now time.Time) bool {
	r, ok := l.used.Get(key)
	if !ok {
		r = rate.NewLimiter(rate.Limit(float64(perMinute)/60), perMinute)
		l.used.Put(key, r, 1, limiterSize)
	}
	return r.AllowN(now, 1)
}

// spare reports whether key has anything left, without taking it.
func (l *limiter) spare(key string, perMinute int, now time.Time) bool {
	if perMinute <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left(key, perMinute, now) >= 1
}

// charge takes one from key and reports whether there was one.
func (l *limiter) charge(key string, perMinute int, now time.Time) bool {
	if perMinute <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.take(key, perMinute, now)
}

// enter lets in a request of key that may have to be charged when it is done, as
// many at a time as key has left. leave ends it, and is called once.
func (l *limiter) enter(key string, perMinute int, now time.Time) (leave func(charge bool, now time.Time), ok bool) {
	if perMinute <= 0 {
		return func(bool, time.Time) {}, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left(key, perMinute, now)-float64(l.busy[key]) < 1 {
		return nil, false
	}
	if l.busy == nil {
		l.busy = map[string]int{}
	}
	l.busy[key]++
	return func(charge bool, now time.Time) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.busy[key]--; l.busy[key] == 0 {
			delete(l.busy, key)
		}
		if charge {
			l.take(key, perMinute, now)
		}
	}, true
}

func tooMany(msg string) error {
	return &coop.Error{Code: coop.RateLimited, Op: "handlers.limit", Msg: msg, Retry: time.Minute}
}

// address is the key of who asks: the address, for IPv6 its /64, since whoever
// has one of those has them all. P05.
func address(c echo.Context) string {
	a, err := netip.ParseAddr(c.RealIP())
	if err != nil {
		return "unknown"
	}
	if a = a.Unmap(); a.Is6() {
		p, _ := a.WithZone("").Prefix(64)
		return p.String()
	}
	return a.String()
}

// limitInbox counts what proved nothing, per address: requests that are refused
// cost their sender, and so do those that make us ask for keys in vain; proven
// ones cost it nothing, whatever comes of them. What is under way counts until it
// is known which it is, since each holds a body and may wait for a key. next says
// whether it is proven who sent the request.
func (s *Server) limitInbox(next func(echo.Context) (proven bool, err error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		leave, ok := s.unverified.enter(address(c), s.Limits.UnverifiedPerMinute, s.Now())
		if !ok {
			return tooMany("too many requests from this address that proved nothing")
		}
		charge := true // should it panic
		defer func() { leave(charge, s.Now()) }()
		proven, err := next(c)
		switch coop.CodeOf(err) {
		case coop.Unauthorized, coop.Forbidden, coop.Invalid, coop.TooLarge, coop.Unsupported, coop.Unavailable:
			charge = !proven
		default:
			charge = false
		}
		return err
	}
}

// askingPerMinute is how often one address may make us ask another server.
const askingPerMinute = 10

func (s *Server) limitAsking(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !s.asking.charge(address(c), askingPerMinute, s.Now()) {
			return tooMany("too many questions; try again in a minute")
		}
		return next(c)
	}
}

// sameOrigin refuses a form that another site sent in a visitor's name.
func (s *Server) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	guard := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if err := guard.Check(c.Request()); err != nil {
			return &coop.Error{Code: coop.Forbidden, Op: "handlers.sameOrigin", Msg: "this form was sent from another site", Err: err}
		}
		return next(c)
	}
}

// allowance is the key of what a token may ask for: all tokens of one grant have one,
// or a program would have another with each that it renews. D50.
func allowance(t coop.Token) string { return string(cmp.Or(t.Grant, t.ID)) }

// meter counts what a token asks for: reading is cheap, and whatever else it does the
// world may hear of.
func (s *Server) meter(c echo.Context, t coop.Token) error {
	l, most := &s.tokenWrites, s.Limits.WritesPerMinute
	if reads(c.Request().Method) {
		l, most = &s.tokenReads, s.Limits.ReadsPerMinute
	}
	if !l.charge(allowance(t), most, s.Now()) {
		return tooMany("this token asks for too much; try again in a minute")
	}
	return nil
}
