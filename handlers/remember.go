// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/recent"
)

// pageCache keeps pages as they were sent, by language and URL, so that a post
// that everybody looks at is rendered once. A page is good as long as no co-op or
// post has changed, and for a minute at most, since days pass and followers come.
// It is bounded: whoever walks all pages puts out what nobody else looks at.
type pageCache struct {
	mu    sync.Mutex
	pages recent.Map[string, cachedPage]
}

type cachedPage struct {
	body       []byte
	tag        string // of the entity, with its quotes
	generation uint64
	until      time.Time
}

const (
	pageCacheBytes = 8 << 20
	pageBytes      = 1 << 10 // what a page takes besides its body and key, generously
	pageCacheAge   = time.Minute
)

func (p *pageCache) get(key string, generation uint64, now time.Time) (cachedPage, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	page, ok := p.pages.Get(key)
	return page, ok && page.generation == generation && now.Before(page.until)
}

func (p *pageCache) put(key string, page cachedPage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages.Put(key, page, pageBytes+len(key)+len(page.body), pageCacheBytes)
}

// remember answers from the cache, and keeps what is rendered for the next. It
// stands before pages that depend on nothing but co-ops, posts and the visitor's
// language.
func (s *Server) remember(next func(c echo.Context, show shower) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.URL.RawQuery != "" || prefersAS2(r) {
			return next(c, s.show)
		}
		generation := s.Fed.Generation() // before reading: a change meanwhile makes the page stale, not wrong
		key := s.language(c) + " " + r.URL.EscapedPath()
		if page, ok := s.pages.get(key, generation, s.Now()); ok {
			return s.send(c, http.StatusOK, page.body, page.tag)
		}
		return next(c, func(c echo.Context, status int, render renderer) error {
			body, tag, err := rendered(render)
			if err != nil {
				return err
			}
			s.pages.put(key, cachedPage{body: body, tag: tag, generation: generation, until: s.Now().Add(pageCacheAge)})
			return s.send(c, status, body, tag)
		})
	}
}
