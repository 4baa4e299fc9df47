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
	"plenum/recent"
)

// actorKeys is what is needed of an actor to know it by its signature.
type actorKeys struct {
	fetched time.Time
	box     coop.IRI // where it is delivered to
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
	k := actorKeys{fetched: a.Fetched, box: a.Box(), bytes: knownBytes + 4*len(a.ID)}
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

// Bounds of what is remembered of actors, in bytes, about. Nearly all actors have one
// key, and take a kilobyte: there is room for 30,000 of them. One that wants to can
// have twenty, with ids of two kilobytes. Who is forgotten costs a read of the store,
// or a fetch that its domain is charged with, and has nothing given back.
const (
	maxKnownBytes   = 32 << 20
	maxStrangeBytes = 4 << 20
	maxOwnerBytes   = 4 << 20 // of keys whose ids do not tell; 10,000 of the usual ones
	knownBytes      = 256     // what an actor takes besides texts, and a key besides its id and itself
)

// acquaintances remembers the actors whose signatures were checked, with their keys
// parsed: to read a row and to parse a key costs as much as to check a signature.
type acquaintances struct {
	mu     sync.Mutex
	actors recent.Map[coop.IRI, actorKeys]
	owners recent.Map[coop.IRI, coop.IRI]
	turn   uint64 // grows with whatever changes an actor
}

// get returns who is remembered, and the turn in which nobody is.
func (m *acquaintances) get(id coop.IRI) (a actorKeys, ok bool, turn uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok = m.actors.Get(id)
	return a, ok, m.turn
}

// remember keeps an actor that was read in a turn, unless one was changed since.
func (m *acquaintances) remember(id coop.IRI, a actorKeys, turn uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if turn == m.turn {
		m.actors.Put(id, a, a.bytes, maxKnownBytes)
	}
}

// forget forgets an actor that has changed.
func (m *acquaintances) forget(id coop.IRI) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn++
	m.actors.Remove(id)
}

// clear forgets everybody.
func (m *acquaintances) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn++
	m.actors, m.owners = recent.Map[coop.IRI, actorKeys]{}, recent.Map[coop.IRI, coop.IRI]{}
}

// owner returns whom a key was said to belong to.
func (m *acquaintances) owner(key coop.IRI) (coop.IRI, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.owners.Get(key)
}

func (m *acquaintances) setOwner(key, owner coop.IRI) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.owners.Put(key, owner, knownBytes+len(key)+len(owner), maxOwnerBytes)
}

// keys are those of an actor who was met.
func (m met) keys() actorKeys {
	k := parseKeys(m.Actor)
	k.stored = m.stored
	return k
}

// strangers remembers actors whose documents were read and who have proven nothing
// yet.
type strangers struct {
	mu     sync.Mutex
	actors recent.Map[coop.IRI, coop.Actor]
}

func (m *strangers) get(id coop.IRI) (coop.Actor, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.actors.Get(id)
}

func (m *strangers) put(a coop.Actor) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.actors.Put(a.ID, a, weigh(a), maxStrangeBytes)
}

func (m *strangers) forget(id coop.IRI) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.actors.Remove(id)
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
