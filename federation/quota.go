// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/time/rate"

	"plenum/coop"
)

// quota is what an actor, and all actors of a domain together, may do within an
// hour that leaves something behind.
type quota struct {
	kind            string
	actor, together int // 0: not counted
}

// The quotas. What goes beyond is answered 429 and leaves nothing.
var (
	quotaComment  = quota{"comments", 20, 600}
	quotaReaction = quota{"reactions", 300, 6000}
	quotaRSVP     = quota{"RSVPs", 60, 1000}
	quotaFlag     = quota{"complaints", 10, 60}
	quotaFollow   = quota{"follows", 60, 2000}
	quotaQuote    = quota{"requests to quote", 0, 60}
	quotaBack     = quota{"things taken back", 1000, 6000}
	quotaForward  = quota{"activities of others", 0, 2000}
)

// quotaSize is how many allowances a generation has.
const quotaSize = 20_000

// quotas remembers what was used of the allowances: of actors, and of domains. They
// are kept apart, since nobody has as many domains as he has actors.
type quotas struct {
	mu               sync.Mutex
	actors, together allowances
}

// allowances are those of the last ones who needed one, as acquaintances are: there
// are two generations, so that nobody gets his own back by having others forgotten.
type allowances struct {
	seed       maphash.Seed
	young, old map[uint64]*rate.Limiter // by a digest: names are long
}

// allowed charges an actor, and its domain, with something of a kind.
func (s *Service) allowed(q quota, actor coop.IRI) error {
	if s.quotas.take(q, actor, s.Now()) {
		return nil
	}
	return &coop.Error{Code: coop.RateLimited, Op: "federation.allowed", Msg: "too many " + q.kind + " within an hour", Retry: time.Hour / 4}
}

// take charges both, or nobody. The domain is asked first: where it has nothing left,
// nothing is remembered of the actor.
func (q *quotas) take(kind quota, actor coop.IRI, now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	domain := q.together.of(kind.kind, registrable(coop.HostOf(actor)), kind.together)
	if domain.TokensAt(now) < 1 {
		return false
	}
	if kind.actor > 0 && !q.actors.of(kind.kind, string(actor), kind.actor).AllowN(now, 1) {
		return false
	}
	return domain.AllowN(now, 1)
}

// of returns the allowance of somebody for a kind of things.
func (a *allowances) of(kind, who string, perHour int) *rate.Limiter {
	if a.young == nil {
		a.seed, a.young = maphash.MakeSeed(), map[uint64]*rate.Limiter{}
	}
	key := maphash.String(a.seed, kind+" "+who)
	l, ok := a.young[key]
	if ok {
		return l
	}
	if len(a.young) >= quotaSize {
		a.old, a.young = a.young, map[uint64]*rate.Limiter{}
	}
	if l, ok = a.old[key]; !ok {
		l = rate.NewLimiter(rate.Every(time.Hour/time.Duration(perHour)), perHour)
	}
	a.young[key] = l
	return l
}

// registrable is the domain that was registered to have a host: who has one has
// all names below it, as many as he likes. Below a domain that is let by the name,
// as github.io, each name is somebody else's.
func registrable(host string) string {
	name := withoutPort(host)
	if d, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil && strings.Contains(name, ".") {
		return d
	}
	return host
}
