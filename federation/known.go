// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"crypto"
	"slices"
	"sync"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// actorKeys is what is needed of an actor to know it by its signature.
type actorKeys struct {
	fetched time.Time
	hosts   []string // those of its inboxes, and its own
	keys    []parsedKey
	bytes   int // about what it takes to remember it
	stored  bool
}

// parsedKey is a key that an actor's own document lists.
type parsedKey struct {
	id        coop.IRI
	public    crypto.PublicKey
	err       error // why it is of no use
	assertion bool  // it may prove documents. FEP-521a
	expires   time.Time
}

// parseKeys parses the keys of an actor. Its inboxes are on its own host as far as
// we believe its document; one that was read by other rules may have them elsewhere.
func parseKeys(a coop.Actor) actorKeys {
	k := actorKeys{fetched: a.Fetched, bytes: knownBytes + 3*len(a.ID)}
	for _, i := range []coop.IRI{a.ID, a.Inbox, a.Box()} {
		if h := coop.HostOf(i); h != "" && !slices.Contains(k.hosts, h) {
			k.hosts = append(k.hosts, h)
		}
	}
	for _, key := range a.Keys {
		pub, err := keys.DecodePublic(key.PEM)
		k.bytes += knownBytes + len(key.ID) + len(key.PEM)
		k.keys = append(k.keys, parsedKey{id: key.ID, public: pub, err: err, assertion: key.Assertion, expires: key.Expires})
	}
	return k
}

// What a generation of acquaintances has. Nearly all actors have one key, and take
// a kilobyte; one that wants to can have twenty, with ids of two kilobytes.
const (
	maxKnown      = 8_192    // actors
	maxKnownBytes = 16 << 20 // of memory, about
	knownBytes    = 256      // what an actor takes besides texts, and a key besides its id and itself
)

// acquaintances remembers the actors whose signatures were checked, with their keys
// parsed: to read a row and to parse a key costs as much as to check a signature.
// There are two generations; a full one becomes the old one, whose members come
// back when they are needed, and what was not needed goes with the next change.
type acquaintances struct {
	mu         sync.Mutex
	young, old map[coop.IRI]actorKeys
	bytes      int                   // of the young
	owners     map[coop.IRI]coop.IRI // of keys whose ids do not tell
	turn       uint64                // grows with whatever changes an actor
}

// get returns who is remembered, and the turn in which nobody is.
func (m *acquaintances) get(id coop.IRI) (a actorKeys, ok bool, turn uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a, ok = m.young[id]; !ok {
		if a, ok = m.old[id]; ok {
			m.put(id, a)
		}
	}
	return a, ok, m.turn
}

// remember keeps an actor that was read in a turn, unless one was changed since.
func (m *acquaintances) remember(id coop.IRI, a actorKeys, turn uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if turn == m.turn {
		m.put(id, a)
	}
}

func (m *acquaintances) put(id coop.IRI, a actorKeys) {
	m.bytes += a.bytes - m.young[id].bytes
	if m.young == nil || len(m.young) >= maxKnown || m.bytes > maxKnownBytes {
		m.old, m.young, m.bytes = m.young, map[coop.IRI]actorKeys{}, a.bytes
	}
	m.young[id] = a
}

// forget forgets an actor that has changed.
func (m *acquaintances) forget(id coop.IRI) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn++
	m.bytes -= m.young[id].bytes
	delete(m.young, id)
	delete(m.old, id)
}

// clear forgets everybody.
func (m *acquaintances) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn++
	m.young, m.old, m.owners, m.bytes = nil, nil, nil, 0
}

// owner returns whom a key was said to belong to.
func (m *acquaintances) owner(key coop.IRI) (coop.IRI, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.owners[key]
	return o, ok
}

func (m *acquaintances) setOwner(key, owner coop.IRI) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.owners == nil || len(m.owners) >= maxKnown {
		m.owners = map[coop.IRI]coop.IRI{}
	}
	m.owners[key] = owner
}

// keys are those of an actor who was met.
func (m met) keys() actorKeys {
	k := parseKeys(m.Actor)
	k.stored = m.stored
	return k
}

// strangers remembers actors whose documents were read and who have proven nothing
// yet. There are two generations, as of acquaintances.
type strangers struct {
	mu         sync.Mutex
	young, old map[coop.IRI]coop.Actor
	bytes      int // of the young, about
}

// maxStrangeBytes is what a generation of strangers takes at most, about.
const maxStrangeBytes = 2 << 20

func (m *strangers) get(id coop.IRI) (coop.Actor, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a, ok := m.young[id]; ok {
		return a, true
	}
	a, ok := m.old[id]
	return a, ok
}

func (m *strangers) put(a coop.Actor) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := weigh(a)
	if m.young == nil || m.bytes+n > maxStrangeBytes {
		m.old, m.young, m.bytes = m.young, map[coop.IRI]coop.Actor{}, 0
	}
	m.young[a.ID] = a
	m.bytes += n
}

func (m *strangers) forget(id coop.IRI) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.young, id)
	delete(m.old, id)
}

// weigh is about what it takes to remember an actor.
func weigh(a coop.Actor) int {
	n := knownBytes + len(a.ID) + len(a.Inbox) + len(a.SharedInbox) + len(a.Username) + len(a.Name) + len(a.URL) + len(a.Outbox) + len(a.Followers) + len(a.MovedTo)
	for _, i := range a.AlsoKnownAs {
		n += len(i)
	}
	for _, k := range a.Keys {
		n += knownBytes + len(k.ID) + len(k.PEM)
	}
	return n
}

// acquaint returns the keys of an actor, as s.actor returns the rest.
func (s *Service) acquaint(ctx context.Context, id coop.IRI) (actorKeys, error) {
	k, ok, turn := s.known.get(id)
	if ok && s.Now().Sub(k.fetched) < actorAge {
		return k, nil
	}
	m, err := s.look(ctx, id)
	if err != nil {
		return actorKeys{}, err
	}
	k = m.keys()
	s.known.remember(id, k, turn)
	return k, nil
}

// saveActor stores an actor; what was remembered of it is not true any more.
func (s *Service) saveActor(ctx context.Context, a coop.Actor) error {
	defer s.known.forget(a.ID)
	defer s.strangers.forget(a.ID)
	return s.Actors.SaveActor(ctx, a)
}

// forgetActor removes an actor, and all that we have because of it. Who gets a seat
// that it had is told.
func (s *Service) forgetActor(ctx context.Context, id coop.IRI, seen coop.Seen, tell coop.TellFunc) error {
	defer s.known.forget(id)
	defer s.strangers.forget(id)
	if err := s.Actors.ForgetActor(ctx, id, seen, tell); err != nil {
		return err
	}
	s.kick()
	return nil
}

// moments remembers when something happened to an actor or an inbox, for as many as
// maxMisses.
type moments struct {
	mu sync.Mutex
	at map[coop.IRI]time.Time
}

// may reports whether the last time is longer ago than an age.
func (m *moments) may(id coop.IRI, age time.Duration, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.at[id]
	return !ok || now.Sub(t) >= age
}

func (m *moments) note(id coop.IRI, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at == nil || len(m.at) >= maxMisses {
		m.at = map[coop.IRI]time.Time{}
	}
	m.at[id] = now
}
