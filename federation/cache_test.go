// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"plenum/coop"
)

// A page of an outbox has twenty posts in full, and anybody can walk them all.
func TestCacheIsBoundedByWhatItHolds(t *testing.T) {
	t.Parallel()
	var c cache
	now := time.Now()
	held := func(pages int) (bytes int) {
		for i := range pages {
			d, _ := c.docs.Peek(fmt.Sprintf("/page/%d", i))
			bytes += len(d.Body)
		}
		return bytes
	}
	for i := range 200 {
		c.put(fmt.Sprintf("/page/%d", i), cached{Rendered: Rendered{Body: make([]byte, 1<<20)}})
		c.put("/actor", cached{Rendered: Rendered{Body: make([]byte, 1000+i)}})
		if got := held(i + 1); got > cacheBytes {
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
	for i := range 3 * cacheBytes / cachedBytes { // somebody walks what nobody else asks for
		c.put(fmt.Sprintf("/small/%d", i), cached{})
		if _, ok := c.get("/actor", 0, now); !ok {
			t.Fatalf("after %d small documents what is asked for all the time is not there", i+1)
		}
	}
	if n := c.docs.Len(); n > cacheBytes/cachedBytes {
		t.Errorf("it holds %d documents", n)
	}
}

// Whoever runs a server can have as many actors as he likes, each with twenty keys.
func TestAcquaintancesAreBoundedByWhatTheyTake(t *testing.T) {
	t.Parallel()
	var m acquaintances
	small := parseKeys(coop.Actor{ID: "https://a.example/u", Inbox: "https://a.example/inbox", Keys: []coop.Key{{ID: "https://a.example/u#main-key", PEM: strings.Repeat("k", 451)}}})
	id := func(i int) coop.IRI { return coop.IRI(fmt.Sprintf("https://a.example/%d", i)) }
	for i := range 4000 {
		id := id(i)
		large := coop.Actor{ID: id, Inbox: id}
		for n := range 20 {
			large.Keys = append(large.Keys, coop.Key{ID: coop.IRI(fmt.Sprintf("%s#%d%s", id, n, strings.Repeat("k", 2000))), PEM: "none"})
		}
		m.remember(id, parseKeys(large), 0)
		m.remember("https://a.example/u", small, 0) // as often as it likes
	}
	held := 0
	for i := range 4000 {
		a, _ := m.actors.Peek(id(i))
		for _, k := range a.keys {
			held += len(k.id)
		}
	}
	if held > maxKnownBytes || held < maxKnownBytes/2 || m.actors.Weight() > maxKnownBytes {
		t.Errorf("the ids of keys alone take %d bytes; all are thought to take %d", held, m.actors.Weight())
	}
	if _, ok, _ := m.get("https://a.example/u"); !ok {
		t.Error("who is heard all the time is not remembered")
	}
	if n := maxKnownBytes / small.bytes; n < 30_000 {
		t.Errorf("of the usual actors %d are remembered", n)
	}
	m.forget("https://a.example/u")
	m.forget("https://a.example/nobody")
	m.clear()
	if n := m.actors.Len(); n != 0 {
		t.Errorf("%d are remembered after all", n)
	}
}

// docs/security.md D47.
func TestStrangersAreBounded(t *testing.T) {
	t.Parallel()
	var m strangers
	pem := strings.Repeat("k", 8000)
	for i := range 4000 {
		id := coop.IRI(fmt.Sprintf("https://a.example/%d", i))
		m.put(coop.Actor{ID: id, Inbox: id, Keys: []coop.Key{{ID: id + "#main-key", PEM: pem}}})
		if _, ok := m.get(id); !ok {
			t.Fatalf("the stranger %d is forgotten at once", i)
		}
	}
	held := 0
	for i := range 4000 {
		if a, ok := m.get(coop.IRI(fmt.Sprintf("https://a.example/%d", i))); ok {
			held += weigh(a)
		}
	}
	if held > maxStrangeBytes || held < maxStrangeBytes/2 {
		t.Errorf("strangers take %d bytes", held)
	}
	m.forget("https://a.example/3999")
	if _, ok := m.get("https://a.example/3999"); ok {
		t.Error("who was forgotten is remembered")
	}
}
