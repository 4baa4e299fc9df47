// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"sync"
	"time"

	"plenum/recent"
)

// memory remembers what was learnt of others, a bounded number of things for a
// bounded time: nothing that lives by being sent to may grow without an end. What was
// used least recently goes first where there is no room. Its lock is its own.
type memory[K comparable, V any] struct {
	most int           // how many it holds
	age  time.Duration // how long a thing lives that is not written again

	mu  sync.Mutex
	all recent.Map[K, written[V]]
}

type written[V any] struct {
	value V
	at    time.Time
}

// get returns what is remembered, the zero value where nothing is.
func (m *memory[K, V]) get(k K, now time.Time) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.look(k, now)
}

// change writes what f makes of what is remembered, and returns it.
func (m *memory[K, V]) change(k K, now time.Time, f func(V) V) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := f(m.look(k, now))
	m.all.Put(k, written[V]{v, now}, 1, m.most)
	return v
}

// forget reports whether there was something to forget.
func (m *memory[K, V]) forget(k K) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all.Remove(k)
}

// look begins the time of a thing anew where the clock went back.
func (m *memory[K, V]) look(k K, now time.Time) (v V) {
	w, ok := m.all.Get(k)
	switch since := now.Sub(w.at); {
	case !ok:
		return v
	case since >= m.age:
		m.all.Remove(k)
		return v
	case since < 0:
		m.all.Put(k, written[V]{w.value, now}, 1, m.most)
	}
	return w.value
}
