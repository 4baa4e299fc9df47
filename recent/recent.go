// SPDX-License-Identifier: AGPL-3.0-or-later

// Package recent remembers what was used last, within a bound. What strangers can
// have us remember may not grow without an end, and nobody may have all of it
// forgotten by adding more: a newcomer costs those who have waited longest, one at a
// time, and nothing is ever searched through. docs/adr/0015-what-strangers-grow.md.
//
// It knows neither what it holds nor what the time is. It owns
// github.com/hashicorp/golang-lru.
package recent

import (
	"math"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Map holds as much as whoever puts something in says, and forgets what was used
// least recently to make room. Its zero value is empty. It has no lock: whoever uses
// it looks, decides and writes under one of his own.
type Map[K comparable, V any] struct {
	lru    *simplelru.LRU[K, held[V]]
	weight int // of all together
}

type held[V any] struct {
	value  V
	weight int
}

// Get returns what is held of a key, and counts as its use.
func (m *Map[K, V]) Get(k K) (v V, ok bool) {
	if m.lru == nil {
		return v, false
	}
	h, ok := m.lru.Get(k)
	return h.value, ok
}

// Peek is Get that does not count as a use: what is only put in and looked at is
// forgotten in the order in which it was put in.
func (m *Map[K, V]) Peek(k K) (v V, ok bool) {
	if m.lru == nil {
		return v, false
	}
	h, ok := m.lru.Peek(k)
	return h.value, ok
}

// Put holds a value of some weight, in place of what was held of its key, where all
// together may weigh most: one each, or bytes. Nothing weighs less than one. What
// weighs more than most alone is not held, and puts nobody out.
func (m *Map[K, V]) Put(k K, v V, weight, most int) {
	m.Remove(k)
	if weight = max(weight, 1); weight > most {
		return
	}
	if m.lru == nil {
		m.lru, _ = simplelru.NewLRU[K, held[V]](math.MaxInt, nil) // fails for sizes below 1
	}
	for m.weight+weight > most {
		_, oldest, _ := m.lru.RemoveOldest()
		m.weight -= oldest.weight
	}
	m.lru.Add(k, held[V]{v, weight})
	m.weight += weight
}

// Remove reports whether there was something to remove.
func (m *Map[K, V]) Remove(k K) bool {
	if m.lru == nil {
		return false
	}
	h, ok := m.lru.Peek(k)
	if ok {
		m.weight -= h.weight
		m.lru.Remove(k)
	}
	return ok
}

// Len is how many things are held.
func (m *Map[K, V]) Len() int {
	if m.lru == nil {
		return 0
	}
	return m.lru.Len()
}

// Weight is what they weigh together.
func (m *Map[K, V]) Weight() int { return m.weight }
