// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plenum/coop"
)

func put(k string) func(*tx) error {
	return func(t *tx) error { t.put(bPlaces, []byte(k), []byte("{}")); return nil }
}

func stored(t *testing.T, db *DB, k string) bool {
	t.Helper()
	_, err := db.Place(t.Context(), k)
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		t.Fatal(err)
	}
	return err == nil
}

// group lets many verbs wait for the same commit: a first one holds the lead until
// all have queued up.
func group(t *testing.T, db *DB, verbs []func() error) []error {
	t.Helper()
	held, release := make(chan bool), make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = db.write(t.Context(), "hold", func(*tx) error { close(held); <-release; return nil })
	})
	<-held
	errs := make([]error, len(verbs))
	for i, v := range verbs {
		wg.Go(func() { errs[i] = v() })
		for queued := 0; queued <= i; { // in the order of the list
			db.mu.Lock()
			queued = len(db.queue)
			db.mu.Unlock()
		}
	}
	close(release)
	wg.Wait()
	return errs
}

func TestVerbsThatWaitShareACommit(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	var verbs []func() error
	for i := range 50 {
		verbs = append(verbs, func() error { return db.write(t.Context(), "test", put(fmt.Sprint(i))) })
	}
	before := commits(t, db)
	for i, err := range group(t, db, verbs) {
		if err != nil || !stored(t, db, fmt.Sprint(i)) {
			t.Errorf("verb %d is not stored (%v)", i, err)
		}
	}
	if got := commits(t, db) - before; got != 1 {
		t.Errorf("50 verbs that waited took %d commits, want 1", got)
	}
}

// A transaction is in memory until it is committed: what is much does not share one,
// and what had no room in it comes next, whoever fails in between.
func TestVerbsThatWriteMuchTakeTurns(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	var verbs []func() error
	broken := errors.New("broken")
	for i := range 7 {
		verbs = append(verbs, func() error {
			return db.write(t.Context(), "test", func(t *tx) error {
				for k := range maxWrites / 3 {
					_ = put(fmt.Sprint(i, "/", k))(t)
				}
				if i == 4 {
					return broken
				}
				return nil
			})
		})
	}
	before := commits(t, db)
	for i, err := range group(t, db, verbs) {
		if there := stored(t, db, fmt.Sprint(i, "/0")); errors.Is(err, broken) != (i == 4) || there == (i == 4) {
			t.Errorf("verb %d is stored: %v (%v)", i, there, err)
		}
	}
	if got := commits(t, db) - before; got != 2 {
		t.Errorf("six verbs of which four fill a transaction took %d commits, want 2", got)
	}
}

// commits is the number of the last transaction that was committed.
func commits(t *testing.T, db *DB) (n int) {
	t.Helper()
	if err := db.view(t.Context(), "test", func(t *tx) error { n = t.b.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFailingVerbTakesNothingBackButItsOwn(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	broken, early := errors.New("broken"), errors.New("early")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	errs := group(t, db, []func() error{
		func() error { return db.write(t.Context(), "a", put("a")) },
		func() error {
			return db.write(t.Context(), "b", func(t *tx) error { _ = put("b")(t); return broken })
		},
		func() error { return db.write(t.Context(), "c", func(*tx) error { return early }) },
		func() error {
			return db.write(t.Context(), "d", func(t *tx) error { t.put(bPlaces, nil, nil); return nil })
		},
		func() error { return db.write(canceled, "e", put("e")) },
		func() (err error) {
			defer func() { err = fmt.Errorf("recovered %v", recover()) }()
			return db.write(t.Context(), "f", func(t *tx) error { _ = put("f")(t); panic("oops") })
		},
		func() error { return db.write(t.Context(), "g", put("g")) },
	})
	if errs[0] != nil || errs[6] != nil || !errors.Is(errs[1], broken) || !errors.Is(errs[2], early) ||
		coop.CodeOf(errs[3]) != coop.Invalid || !errors.Is(errs[4], context.Canceled) || errs[5].Error() != "recovered oops" {
		t.Errorf("got the errors %q", errs)
	}
	for k, want := range map[string]bool{"a": true, "b": false, "e": false, "f": false, "g": true} {
		if got := stored(t, db, k); got != want {
			t.Errorf("%s is stored: %v, want %v", k, got, want)
		}
	}
	if !strings.HasPrefix(errs[1].Error(), "b: ") {
		t.Errorf("the error %q does not say which verb failed", errs[1])
	}
}

func TestWhatChangesNothingIsNotCommitted(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	before := commits(t, db)
	_, _, err := db.Lease(t.Context(), coop.LeaseRequest{Now: testNow, Max: 1, PerHost: 1, Backoff: func(int) time.Duration { return 0 }})
	if err != nil || commits(t, db) != before {
		t.Errorf("a lease of nothing was committed (%v)", err)
	}
}

// TestFullDiskIsAnErrorAndNoDamage limits the size of the file, which fails as a
// full disk does: in the middle of a commit.
func TestFullDiskIsAnErrorAndNoDamage(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	fill(t, db)
	db.b.MaxSize = 4 << 20
	m := newMaker(t)
	m.n = 10_000
	var full error
	published := 0
	for ; full == nil && published < 3000; published++ {
		pub := m.post("komona", fmt.Sprintf("post-%d", published))
		pub.Post.Body = strings.Repeat("x", 64<<10)
		_, full = db.Publish(t.Context(), pub)
	}
	if published < 10 {
		t.Fatalf("the disk was full after %d posts: nothing was tried", published)
	}
	refused(t, full, coop.Unavailable, "the disk may be full")
	c, err := db.Counts(t.Context())
	if err != nil || c.Posts != published-1+3 {
		t.Errorf("got %d posts (%v), want the %d that were answered and 3", c.Posts, err, published-1)
	}
	clean(t, db)
	db.b.MaxSize = 0
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("after there is room again: %v", err)
	}
}

func TestClosedStoreSaysThatItStops(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, db.Ping(t.Context()), coop.Unavailable, "stopping")
	_, err := db.Coops(t.Context())
	refused(t, err, coop.Unavailable, "stopping")
}

func TestStoreWorksInABubble(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(dir, Options{Create: true, Domain: "x.example"})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				time.Sleep(time.Duration(i%3) * time.Hour)
				if err := db.write(t.Context(), "test", put(fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		clean(t, db)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}
