// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"
)

var update = flag.Bool("update", false, "make the frozen file of the newest version anew, and what the frozen files must hold")

// TestOpensEveryRelease opens the frozen files. Those of released versions are
// never made anew: they are what people have on their disks.
func TestOpensEveryRelease(t *testing.T) {
	t.Parallel()
	newest := filepath.Join("testdata", "released", fmt.Sprintf("%d.db", len(migrations())))
	if *update {
		freeze(t, newest)
	}
	files, err := filepath.Glob("testdata/released/*.db")
	if err != nil || len(files) == 0 {
		t.Fatalf("no frozen files (%v)", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			db := openFrozen(t, f)
			clean(t, db)
			golden(t, strings.TrimSuffix(f, ".db")+".txt", dump(t, db))
		})
	}
}

// openFrozen opens a copy of a frozen file, and gives it the picture that it needs.
func openFrozen(t *testing.T, file string) *DB {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := errors.Join(own(dir), os.WriteFile(filepath.Join(dir, fileName), data, 0o600)); err != nil {
		t.Fatal(err)
	}
	db := openAt(t, dir)
	if _, err := db.PutMedia(t.Context(), []byte("picture"), "png"); err != nil {
		t.Fatal(err)
	}
	return db
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); d != "" {
		t.Errorf("what %s says is read differently; a change of rows needs a migration (-want +got):\n%s", path, d)
	}
}

// freeze fills a store and writes its file, compacted, to path.
func freeze(t *testing.T, path string) {
	t.Helper()
	db := openNew(t)
	fill(t, db)
	small := filepath.Join(t.TempDir(), fileName)
	dst, err := bbolt.Open(small, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(bbolt.Compact(dst, db.b, 1<<20), dst.Close()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(small)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// dump writes down all that a store holds, one line for each key.
func dump(t *testing.T, db *DB) []byte {
	t.Helper()
	var out bytes.Buffer
	err := db.b.View(func(b *bbolt.Tx) error {
		return b.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
			return bucket.ForEach(func(k, v []byte) error {
				format := "%s\t%q\t%s\n"
				if !utf8.Valid(v) || bytes.ContainsAny(v, "\n\x00") {
					format = "%s\t%q\t%q\n"
				}
				_, err := fmt.Fprintf(&out, format, name, k, v)
				return err
			})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
