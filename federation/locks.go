// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import "sync"

// locks let one at a time do what has a name: those of one Idempotency-Key, and
// those that follow or unfollow the same actor in the name of the same co-op.
// They take no more room than there are requests under way.
type locks struct {
	mu   sync.Mutex
	held map[string]*named
}

type named struct {
	sync.Mutex
	users int
}

// lock waits for its turn. The caller calls what it returns when it is done.
func (l *locks) lock(name string) (unlock func()) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[string]*named{}
	}
	n := l.held[name]
	if n == nil {
		n = &named{}
		l.held[name] = n
	}
	n.users++
	l.mu.Unlock()
	n.Lock()
	return func() {
		n.Unlock()
		l.mu.Lock()
		defer l.mu.Unlock()
		if n.users--; n.users == 0 {
			delete(l.held, name)
		}
	}
}
