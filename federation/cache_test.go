// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"fmt"
	"testing"
	"time"
)

// A page of an outbox has twenty posts in full, and anybody can walk them all.
func TestCacheIsBoundedByWhatItHolds(t *testing.T) {
	t.Parallel()
	var c cache
	now := time.Now()
	held := func() (bytes, n int) {
		for _, d := range c.docs {
			bytes += len(d.Body)
		}
		return bytes, len(c.docs)
	}
	for i := range 200 {
		c.put(fmt.Sprintf("/page/%d", i), cached{Rendered: Rendered{Body: make([]byte, 1<<20)}})
		c.put("/actor", cached{Rendered: Rendered{Body: make([]byte, 1000+i)}})
		if got, _ := held(); got > cacheBytes {
			t.Fatalf("after %d pages of 1 MiB it holds %d bytes, want at most %d", i+1, got, cacheBytes)
		}
	}
	if _, ok := c.get("/page/199", 0, now); !ok {
		t.Error("the last page is not there")
	}
	c.put("/huge", cached{Rendered: Rendered{Body: make([]byte, cacheBytes)}})
	if _, ok := c.get("/actor", 0, now); !ok {
		t.Error("one large document put out all the others")
	}
	for i := range 3 * cacheSize {
		c.put(fmt.Sprintf("/small/%d", i), cached{})
	}
	if _, n := held(); n > cacheSize {
		t.Errorf("it holds %d documents, want at most %d", n, cacheSize)
	}
}
