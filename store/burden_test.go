// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"plenum/coop"
)

// D21. Starting walks over the pages of the file to find the free ones, and reads
// no row, however many wait. On a busy machine what is allocated tells more than
// the time.
func TestOpeningReadsNoBacklog(t *testing.T) { // AllocsPerRun must not run in parallel
	cost := func(n int) float64 {
		db := backlog(t, n)
		dir := db.Dir()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(5, func() {
			db, err := Open(dir, Options{Domain: "x.example", Now: func() time.Time { return testNow }})
			if err != nil {
				t.Fatal(err)
			}
			jobs, _, err := db.Lease(t.Context(), coop.LeaseRequest{Now: testNow, Max: 4, PerHost: 2, Backoff: func(int) time.Duration { return 0 }})
			if err != nil || len(jobs) == 0 {
				t.Fatalf("%d were leased (%v)", len(jobs), err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
	const many = 10_000
	if small, large := cost(20), cost(many); large-small > many/2 {
		t.Errorf("opening beside %d waiting deliveries allocates %.0f times, beside 20 %.0f times", many, large, small)
	}
}

// M08. What is left of a picture whose storing was cut short is never taken for
// it: not under its name, and not by storing it again.
func TestHalfAPictureIsReplaced(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	whole := []byte("a whole picture")
	name, err := db.PutMedia(t.Context(), whole, "png")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(db.Dir(), mediaName, name)
	if err := os.WriteFile(path, whole[:7], 0o600); err != nil {
		t.Fatal(err)
	}
	if again, err := db.PutMedia(t.Context(), whole, "png"); err != nil || again != name {
		t.Fatalf("got %s, %v", again, err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != string(whole) {
		t.Errorf("got %q, %v", got, err)
	}
	if left, err := filepath.Glob(filepath.Join(db.Dir(), mediaName, "new-*")); err != nil || len(left) != 0 {
		t.Errorf("left over: %v (%v)", left, err)
	}
	if err := os.WriteFile(filepath.Join(db.Dir(), mediaName, "new-123"), whole[:7], 0o600); err != nil { // killed before the name was given
		t.Fatal(err)
	}
	if _, err := db.OpenMedia("new-123"); coop.CodeOf(err) != coop.NotFound {
		t.Errorf("what has no name yet: got %v", err)
	}
}
