// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/time/rate"

	"plenum/coop"
	"plenum/recent"
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

// maxAllowances is how many allowances are remembered of each sort, 10 MB at most.
// Whoever has his own given back has as many others use theirs first:
//   - an actor of the quotas: so many things of one kind in an hour. Three domains may
//     do as much with actors that they make up, each of which brings an allowance of
//     its own: what holds them is that of the domain, which is kept apart;
//   - a domain of the quotas: 5,000 other domains that do things of all kinds, proven;
//   - a domain that is asked for documents: 40,000 others within the minute in which it
//     has its allowance back by itself. Each costs a request that proves nothing and
//     its address one of UnverifiedPerMinute; 60 more fetches from us are not worth that.
const maxAllowances = 40_000

// quotas remembers what was used of the allowances: of actors, and of domains. They
// are kept apart, since nobody has as many domains as he has actors.
type quotas struct {
	mu               sync.Mutex
	actors, together allowances
}

// allowances are those of the last ones who needed one. Whoever has waited longest
// has the most of his own back, and is forgotten first.
type allowances struct {
	by   digests
	left recent.Map[uint64, *rate.Limiter]
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
	domain := q.together.of(kind.kind+" "+registrable(coop.HostOf(actor)), kind.together, time.Hour)
	if domain.TokensAt(now) < 1 {
		return false
	}
	if kind.actor > 0 && !q.actors.of(kind.kind+" "+string(actor), kind.actor, time.Hour).AllowN(now, 1) {
		return false
	}
	return domain.AllowN(now, 1)
}

// of returns the allowance of somebody: so many within a time, all of them at once
// where nothing was used of it.
func (a *allowances) of(who string, n int, within time.Duration) *rate.Limiter {
	key := a.by.of(who)
	l, ok := a.left.Get(key)
	if !ok {
		l = rate.NewLimiter(rate.Every(within/time.Duration(n)), n)
		a.left.Put(key, l, 1, maxAllowances)
	}
	return l
}

// registrable is the domain that was registered to have a host: who has one has
// all names below it, as many as he likes. Below a domain that is let by the name,
// as github.io, each name is somebody else's. An address is no name: with its port it
// is somebody of its own, as localhost is in development.
func registrable(host string) string {
	name := withoutPort(host)
	if d, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil && strings.Contains(name, ".") {
		return d
	}
	return host
}
