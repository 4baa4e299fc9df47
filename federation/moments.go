// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"hash/maphash"
	"sync"
	"time"

	"plenum/coop"
	"plenum/recent"
)

// digests are what things are remembered by whose names may be long: a bound in
// things is one in bytes then. Nobody who chooses a name can choose its digest.
type digests struct{ seed maphash.Seed }

func (d *digests) of(name string) uint64 {
	if d.seed == (maphash.Seed{}) {
		d.seed = maphash.MakeSeed()
	}
	return maphash.String(d.seed, name)
}

// maxMoments is how many moments are remembered, 10 MB of them at most. Whatever
// waits for an age has to be pushed out by as many others within that age:
//   - a fetch because of a bad signature, five minutes: there are 6,020 for it at
//     doubtsASecond, and the rest is for actors that say they have changed or moved.
//     They are proven, and whoever has 44,000 of them gains one fetch more of an actor,
//     which its domain is charged with;
//   - a welcome to an inbox, a day: one domain may follow 48,000 times in it, by
//     quotaFollow. Whoever has a second one gains a welcome to an inbox of his own;
//   - the move of an actor, a week: only those are noted that a co-op followed.
const maxMoments = 50_000

// moments remembers when something happened to an actor or an inbox. What happened
// longest ago is forgotten first: to ask changes nothing.
type moments struct {
	mu sync.Mutex
	by digests
	at recent.Map[uint64, time.Time]
}

// may reports whether the last time is longer ago than an age.
func (m *moments) may(id coop.IRI, age time.Duration, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.at.Peek(m.by.of(string(id)))
	return !ok || now.Sub(t) >= age
}

func (m *moments) note(id coop.IRI, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at.Put(m.by.of(string(id)), now, 1, maxMoments)
}
