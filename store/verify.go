// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"go.etcd.io/bbolt"

	"plenum/coop"
)

// maxFindings is how many findings Verify lists.
const maxFindings = 200

// Verify checks the whole store and returns what is wrong with it, in words:
// bbolt's own pages; that each row can be read, has all its index entries and
// counts in the totals, and that there are no others; that the queue offers what
// waits and nothing else; that bodies, keys and pictures that rows need are
// there. While the pages are checked nobody can write.
func (db *DB) Verify(ctx context.Context) ([]string, error) {
	const op = "store.Verify"
	a := &audit{ctx: ctx, dir: db.dir}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a page that cannot be read is a finding
	if err := a.guarded("the pages of the file", func() error { return a.pages(db.b) }); err != nil {
		return a.found, wrap(op, err)
	}
	err := a.guarded("the rows", func() error {
		return db.view(ctx, op, a.everything)
	})
	if a.more > 0 {
		a.found = append(a.found, fmt.Sprintf("and %d findings more", a.more))
	}
	return a.found, wrap(op, err)
}

// everything checks what stands in the buckets, and the pictures.
func (a *audit) everything(t *tx) error {
	a.t = t
	if !a.meta() {
		return nil // without its buckets nothing can be said of the rows
	}
	for _, check := range []func(){
		a.coops, a.hands, a.doors, a.grants, a.posts, a.documents, a.people, a.arrivals, a.replies, a.plans, a.sayings, a.uploads,
		a.judgements, a.deliveries, a.queue, a.bounded, a.hosted, a.boundedCoops, a.sums, a.media,
	} {
		check()
		if err := a.ctx.Err(); err != nil {
			return err
		}
		if t.err != nil {
			a.find("%v", t.err)
			t.err = nil
		}
	}
	return nil
}

// audit is a verification under way.
type audit struct {
	ctx    context.Context
	dir    string
	t      *tx
	found  []string
	more   int // findings beyond maxFindings
	totals map[string]int
	owners map[coop.ID]coop.Name // of the posts that are published
	files  map[string]string     // pictures that rows name, and the first row that does
}

func (a *audit) find(format string, args ...any) {
	if len(a.found) == maxFindings {
		a.more++
		return
	}
	a.found = append(a.found, fmt.Sprintf(format, args...))
}

// guarded turns the panic of a library that trips over damage into a finding.
func (a *audit) guarded(what string, check func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			a.find("%s cannot be read to the end: %v", what, p)
		}
	}()
	return check()
}

// pages runs bbolt's own check in a transaction that could write: beside one that
// only reads, writers would change the free list while it is looked at.
func (a *audit) pages(b *bbolt.DB) error {
	btx, err := b.Begin(true)
	if err != nil {
		return err
	}
	for err := range btx.Check() {
		a.find("bbolt: %v", err)
	}
	return btx.Rollback()
}

// rows checks the rows of a table and that the index buckets named have what
// follows from them and nothing else; each is called with every row that can be
// read.
func rows[T any](a *audit, tb table[T], indexes []string, each func(k []byte, row *T)) {
	a.rows(tb.bucket, indexes, func(k, data []byte) (audited, error) {
		row := new(T)
		if err := decode(data, row); err != nil {
			return audited{}, err
		}
		f := audited{key: tb.key(row), entries: tb.entries(row), totals: tb.counted(row)}
		if each != nil {
			f.each = func() { each(k, row) }
		}
		return f, nil
	})
}

// audited is what follows from a row.
type audited struct {
	key     []byte
	entries []entry
	totals  []string
	each    func() // may be nil
}

func (a *audit) rows(bucket string, indexes []string, read func(k, data []byte) (audited, error)) {
	want := map[string]int{}
	for k, data := range a.t.scan(bucket, every(), nil) {
		f, err := read(k, data)
		if err != nil {
			a.find("%s: row %q cannot be read: %v", bucket, k, err)
			continue
		}
		if !bytes.Equal(f.key, k) {
			a.find("%s: row %q says that it is %q", bucket, k, f.key)
			continue
		}
		for _, e := range f.entries {
			want[e.bucket]++
			v := a.t.get(e.bucket, e.key)
			// Spans in the calendar are moments, which change with the rules of zones.
			if v == nil || !bytes.Equal(v, e.value) && e.bucket != bCalendar {
				a.find("%s: the entry %q of row %q in %s is missing or wrong", e.bucket, e.key, k, bucket)
			}
		}
		for _, n := range f.totals {
			a.count(n, 1)
		}
		if f.each != nil {
			f.each()
		}
	}
	for _, name := range indexes {
		if n := a.size(name); n != want[name] {
			a.strays(bucket, name, read)
		}
	}
}

// strays names the entries of an index that follow from no row.
func (a *audit) strays(bucket, name string, read func(k, data []byte) (audited, error)) {
	wanted := map[string]bool{}
	for k, data := range a.t.scan(bucket, every(), nil) {
		f, err := read(k, data)
		if err != nil {
			continue // found before
		}
		for _, e := range f.entries {
			if e.bucket == name {
				wanted[string(e.key)] = true
			}
		}
	}
	for k := range a.t.scan(name, every(), nil) {
		if !wanted[string(k)] {
			a.find("%s: the entry %q belongs to no row of %s", name, k, bucket)
		}
	}
}

func (a *audit) count(total string, by int) {
	if a.totals == nil {
		a.totals = map[string]int{}
	}
	a.totals[total] += by
}

func (a *audit) size(bucket string) int { return size(a.t, bucket, every()) }

// meta checks that all buckets are there, no others, and what the file says of
// itself. It reports whether no bucket is missing.
func (a *audit) meta() bool {
	known := buckets()
	err := a.t.b.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		if i := slices.Index(known, string(name)); i >= 0 {
			known = slices.Delete(known, i, i+1)
		} else {
			a.find("the bucket %q is not known", name)
		}
		return nil
	})
	if err != nil {
		a.find("the list of buckets cannot be read: %v", err)
	}
	for _, name := range known {
		a.find("the bucket %q is missing", name)
	}
	if len(known) > 0 {
		return false
	}
	if v, err := version(a.t.b); err != nil || v != len(migrations()) {
		a.find("meta: the version is %d (%v)", v, err)
	}
	for _, k := range []string{"domain", "made"} {
		if !a.t.has(bMeta, []byte(k)) {
			a.find("meta: %s is missing", k)
		}
	}
	return true
}

// sums compares the totals with what was counted.
func (a *audit) sums() {
	for k, v := range a.t.scan(bTotals, every(), nil) {
		if n, want := int(toNumber(v)), a.totals[string(k)]; n != want {
			a.find("totals: %q is %d, counted are %d", k, n, want)
		}
		delete(a.totals, string(k))
	}
	for k, n := range a.totals {
		if n != 0 {
			a.find("totals: %q is missing, counted are %d", k, n)
		}
	}
}

// picture notes that a row needs a file.
func (a *audit) picture(file, row string) {
	if a.files == nil {
		a.files = map[string]string{}
	}
	if file != "" && a.files[file] == "" {
		a.files[file] = row
	}
}

// media checks the pictures: those that rows name, and the content of all.
func (a *audit) media() {
	dir := filepath.Join(a.dir, mediaName)
	list, err := os.ReadDir(dir)
	if err != nil {
		a.find("media: %v", err)
	}
	for _, f := range list {
		name := f.Name()
		delete(a.files, name)
		if !mediaFile(name) || a.ctx.Err() != nil {
			continue
		}
		if same, err := matches(filepath.Join(dir, name), name); err != nil || !same {
			a.find("media: the content of %s is not what it was (%v)", name, err)
		}
	}
	for name, row := range a.files {
		a.find("media: %s is missing, which %s needs", name, row)
	}
}
