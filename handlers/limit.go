// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"plenum/coop"
)

// limiter counts per key and minute. It is bounded: full, it forgets those who
// have their whole allowance again, and if there are none, all.
type limiter struct {
	mu   sync.Mutex
	keys map[string]*allowance
}

// allowance is what a key may still ask.
type allowance struct {
	*rate.Limiter
	busy int // requests under way that may yet be charged
}

const limiterSize = 20_000

func (l *limiter) of(key string, perMinute int, now time.Time) *allowance {
	r, ok := l.keys[key]
	if ok {
		return r
	}
	if l.keys == nil {
		l.keys = map[string]*allowance{}
	}
	if len(l.keys) >= limiterSize {
		for k, r := range l.keys {
			if r.busy == 0 && r.TokensAt(now) >= float64(r.Burst()) {
				delete(l.keys, k)
			}
		}
		if len(l.keys) >= limiterSize {
			clear(l.keys)
		}
	}
	r = &allowance{Limiter: rate.NewLimiter(rate.Limit(float64(perMinute)/60), perMinute)}
	l.keys[key] = r
	return r
}

// spare reports whether key has anything left, without taking it.
func (l *limiter) spare(key string, perMinute int, now time.Time) bool {
	if perMinute <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of(key, perMinute, now).TokensAt(now) >= 1
}

// charge takes one from key and reports whether there was one.
func (l *limiter) charge(key string, perMinute int, now time.Time) bool {
	if perMinute <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of(key, perMinute, now).AllowN(now, 1)
}

// enter lets in a request of key that may have to be charged when it is done, as
// many at a time as key has left. leave ends it.
func (l *limiter) enter(key string, perMinute int, now time.Time) (leave func(charge bool, now time.Time), ok bool) {
	if perMinute <= 0 {
		return func(bool, time.Time) {}, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.of(key, perMinute, now)
	if a.TokensAt(now)-float64(a.busy) < 1 {
		return nil, false
	}
	a.busy++
	return func(charge bool, now time.Time) {
		l.mu.Lock()
		defer l.mu.Unlock()
		a.busy--
		if charge {
			a.AllowN(now, 1)
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
