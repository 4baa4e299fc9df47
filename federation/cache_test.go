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

// Whoever runs a server can have as many actors as he likes, each with twenty keys.
func TestAcquaintancesAreBoundedByWhatTheyTake(t *testing.T) {
	t.Parallel()
	var m acquaintances
	small := parseKeys(coop.Actor{ID: "https://a.example/u", Inbox: "https://a.example/inbox", Keys: []coop.Key{{ID: "https://a.example/u#main-key", PEM: strings.Repeat("k", 451)}}})
	for i := range 4000 {
		id := coop.IRI(fmt.Sprintf("https://a.example/%d", i))
		large := coop.Actor{ID: id, Inbox: id}
		for n := range 20 {
			large.Keys = append(large.Keys, coop.Key{ID: coop.IRI(fmt.Sprintf("%s#%d%s", id, n, strings.Repeat("k", 2000))), PEM: "none"})
		}
		m.remember(id, parseKeys(large), 0)
		m.remember("https://a.example/u", small, 0) // as often as it likes
		held, young := 0, 0
		for generation, all := range []map[coop.IRI]actorKeys{m.young, m.old} {
			for _, a := range all {
				for _, k := range a.keys {
					held += len(k.id)
				}
				if generation == 0 {
					young += a.bytes
				}
			}
		}
		if held > 2*maxKnownBytes || young != m.bytes {
			t.Fatalf("after %d large actors the ids of keys alone take %d bytes; the young are thought to take %d, and do %d", i+1, held, m.bytes, young)
		}
	}
	if _, ok, _ := m.get("https://a.example/u"); !ok {
		t.Error("who is heard all the time is not remembered")
	}
	if n := maxKnownBytes / small.bytes; n < maxKnown {
		t.Errorf("of the usual actors %d are remembered, want %d", n, maxKnown)
	}
	m.forget("https://a.example/u")
	m.forget("https://a.example/nobody")
	m.clear()
	if m.bytes != 0 {
		t.Errorf("nobody takes %d bytes", m.bytes)
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
		held := 0
		for _, all := range []map[coop.IRI]coop.Actor{m.young, m.old} {
			for _, a := range all {
				held += weigh(a)
			}
		}
		if held > 2*maxStrangeBytes {
			t.Fatalf("%d strangers take %d bytes", i+1, held)
		}
		if _, ok := m.get(id); !ok {
			t.Fatalf("the stranger %d is forgotten at once", i)
		}
	}
	m.forget("https://a.example/3999")
	if _, ok := m.get("https://a.example/3999"); ok {
		t.Error("who was forgotten is remembered")
	}
}
