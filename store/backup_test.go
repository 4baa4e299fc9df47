// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"plenum/coop"
)

func TestBackupWhileWritingIsWhole(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	fill(t, db)
	m := newMaker(t)
	m.n = 10_000
	var pubs []coop.Publication
	for i := range 400 {
		pubs = append(pubs, m.post("kollektiv", fmt.Sprintf("post-%d", i), "https://a.example/inbox"))
	}
	var wg sync.WaitGroup
	var acked atomic.Int64
	stop := make(chan bool)
	wg.Go(func() {
		for i, pub := range pubs {
			select {
			case <-stop:
				return
			default:
			}
			name, err := db.PutMedia(t.Context(), fmt.Appendf(nil, "picture %d", i), "png")
			pub.Post.Image = coop.Image{File: name, MediaType: "image/png"}
			if err == nil {
				_, err = db.Publish(t.Context(), pub)
			}
			if err != nil {
				t.Error(err)
				return
			}
			acked.Add(1)
		}
	})
	var promised []int64
	var dests []string
	for i := range 3 {
		for acked.Load() < int64(10*(i+1)) && !t.Failed() {
			if err := db.Ping(t.Context()); err != nil { // waits its turn among the writers
				t.Fatal(err)
			}
		}
		promised = append(promised, acked.Load())
		dests = append(dests, filepath.Join(t.TempDir(), "backup"))
		if err := db.Backup(t.Context(), dests[i]); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
	clean(t, db)
	for i, dest := range dests {
		backupHolds(t, dest, promised[i]+2)
	}
}

// backupHolds checks that a backup opens, is sound, and has at least so many posts.
func backupHolds(t *testing.T, dest string, posts int64) {
	t.Helper()
	dup, err := Open(filepath.Join(dest, "data"), Options{Domain: "x.example"})
	if err != nil {
		t.Fatal(err)
	}
	clean(t, dup)
	c, err := dup.Counts(t.Context())
	if err != nil || int64(c.Posts) < posts {
		t.Errorf("the backup has %d posts (%v), answered before it were %d", c.Posts, err, posts)
	}
	if err := dup.Close(); err != nil {
		t.Error(err)
	}
}

func TestBackupIsTheOwnersAlone(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	fill(t, db)
	dest := filepath.Join(t.TempDir(), "a", "backup")
	if err := db.Backup(t.Context(), dest); err != nil {
		t.Fatal(err)
	}
	var names []string
	err := filepath.WalkDir(dest, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		names = append(names, e.Name())
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil || len(names) != 5 { // backup, data, media, a picture, plenum.db
		t.Errorf("the backup holds %v (%v)", names, err)
	}
}

func TestBackupOverwritesNothing(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	dest := t.TempDir()
	if err := os.WriteFile(filepath.Join(dest, "letter"), []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, db.Backup(t.Context(), dest), coop.Conflict, "is not empty")
	if list, _ := os.ReadDir(dest); len(list) != 1 {
		t.Errorf("a refused backup left %v", list)
	}
}

func TestBackupThatIsStoppedLeavesNothing(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	fill(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dest := t.TempDir()
	if err := db.Backup(ctx, dest); err == nil {
		t.Error("a backup went on although it was stopped")
	}
	if list, _ := os.ReadDir(dest); len(list) != 0 {
		t.Errorf("a stopped backup left %v", list)
	}
}

// TestCopyBetweenCommitsHasAllThatWasAnswered copies the file as a crash would
// leave it: without closing anything.
func TestCopyBetweenCommitsHasAllThatWasAnswered(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	fill(t, db)
	m := newMaker(t)
	m.n = 10_000
	for i := range 8 {
		pub := m.post("komona", fmt.Sprintf("post-%d", i), "https://a.example/inbox", "https://b.example/inbox")
		if _, err := db.Publish(t.Context(), pub); err != nil {
			t.Fatal(err)
		}
		dup := reopen(t, db)
		p, err := dup.Post(t.Context(), pub.Post.ID)
		if err != nil || p.Slug != pub.Post.Slug {
			t.Errorf("after a crash the post is %+v (%v)", p, err)
		}
		ds, err := dup.Deliveries(t.Context(), coop.DeliveryFilter{Post: pub.Post.ID, State: coop.Waiting})
		if err != nil || len(ds) != 2 {
			t.Errorf("after a crash %d deliveries wait (%v), want 2", len(ds), err)
		}
		clean(t, dup)
	}
}

// reopen opens a copy of the files of a store that is still open.
func reopen(t *testing.T, db *DB) *DB {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(db.Dir())); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, fileName): 0o600} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	return openAt(t, dir)
}
