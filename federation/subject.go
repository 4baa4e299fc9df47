// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"sync"

	"plenum/coop"
)

// Bounds of subjects.
const (
	maxSubjects  = 512
	maxSubjectKB = 8 // of a post's text; longer ones are read each time
)

// subjects remembers the posts that others react to, until a post or a co-op
// changes: what a popular one is answered with comes all at once, and to read its
// row costs as much as to store a reaction. What is in a Post is not to be changed.
type subjects struct {
	mu         sync.RWMutex
	generation uint64
	posts      map[coop.IRI]coop.Post
}

func (c *subjects) get(object coop.IRI, generation uint64) (coop.Post, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.generation != generation {
		return coop.Post{}, false
	}
	p, ok := c.posts[object]
	return p, ok
}

// put keeps a post that was read after the generation was.
func (c *subjects) put(object coop.IRI, p coop.Post, generation uint64) {
	if len(p.Body) > maxSubjectKB<<10 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.posts == nil || c.generation != generation || len(c.posts) >= maxSubjects {
		c.posts, c.generation = map[coop.IRI]coop.Post{}, generation
	}
	c.posts[object] = p
}
