// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"sync"
	"time"
)

// memory remembers what was learnt of others, a bounded number of things for a
// bounded time: nothing that lives by being sent to may grow without an end. It
// has two generations. When the young one is full or old enough it becomes the old
// one, and what was there is forgotten: a thing lives between one age and two after
// it was last written, and nothing is ever searched through. Its lock is its own.
type memory[K comparable, V any] struct {
	most int           // how many a generation holds
	age  time.Duration // how long a generation is the young one

	mu         sync.Mutex
	young, old map[K]V
	turned     time.Time
}

// get returns what is remembered, the zero value where nothing is.
func (m *memory[K, V]) get(k K, now time.Time) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(now, 0)
	return m.look(k)
}

// change writes what f makes of what is remembered, and returns it.
func (m *memory[K, V]) change(k K, now time.Time, f func(V) V) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(now, 0)
	v := f(m.look(k))
	if _, ok := m.young[k]; !ok {
		m.turn(now, 1)
	}
	m.young[k] = v
	return v
}

// forget reports whether there was something to forget.
func (m *memory[K, V]) forget(k K) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, young := m.young[k]
	_, old := m.old[k]
	if young {
		delete(m.young, k)
	}
	if old {
		delete(m.old, k)
	}
	return young || old
}

func (m *memory[K, V]) look(k K) V {
	if v, ok := m.young[k]; ok {
		return v
	}
	return m.old[k]
}

// turn begins a generation where it is time to, or where there is no room for so
// many more. A clock that went back begins the time of a generation anew.
func (m *memory[K, V]) turn(now time.Time, more int) {
	since := now.Sub(m.turned)
	switch {
	case m.young == nil, since >= 2*m.age:
		m.young, m.old, m.turned = make(map[K]V), nil, now
	case since >= m.age, len(m.young)+more > m.most:
		m.young, m.old, m.turned = make(map[K]V), m.young, now
	case since < 0:
		m.turned = now
	}
}
