// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
)

// table says how rows of one kind are stored: where, under which key, and which
// index entries and totals follow from a row. It is the one place that knows,
// for the verbs that write and for Verify alike.
type table[T any] struct {
	bucket string
	key    func(*T) []byte
	index  func(*T) []entry  // nil: no index
	totals func(*T) []string // what the row counts in; nil: nothing
}

// entry is a key in an index, with what stands under it.
type entry struct {
	bucket string
	key    []byte
	value  []byte
}

func (e entry) equal(o entry) bool {
	return e.bucket == o.bucket && bytes.Equal(e.key, o.key) && bytes.Equal(e.value, o.value)
}

func (tb table[T]) entries(row *T) []entry {
	if tb.index == nil || row == nil {
		return nil
	}
	return tb.index(row)
}

func (tb table[T]) counted(row *T) []string {
	if tb.totals == nil || row == nil {
		return nil
	}
	return tb.totals(row)
}

// get returns the row under k, nil where there is none.
func (tb table[T]) get(t *tx, k []byte) *T {
	row := new(T)
	if !t.row(tb.bucket, k, t.get(tb.bucket, k), row) {
		return nil
	}
	return row
}

// all walks the rows whose keys begin with p; the empty, non-nil p means all.
func (tb table[T]) all(t *tx, p []byte) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		t.rows(tb.bucket, p, func() any { return new(T) }, func(row any) bool { return yield(row.(*T)) })
	}
}

// put stores a row in place of the one with the same key.
func (tb table[T]) put(t *tx, row *T) { tb.swap(t, tb.get(t, tb.key(row)), row) }

// remove deletes a row; nil does nothing.
func (tb table[T]) remove(t *tx, row *T) {
	if row != nil {
		tb.swap(t, row, nil)
	}
}

// swap replaces the stored row old (nil: there is none) by row (nil: delete),
// with the index entries and totals of both.
func (tb table[T]) swap(t *tx, old, row *T) {
	t.index(tb.entries(old), tb.entries(row))
	t.recount(tb.counted(old), tb.counted(row))
	if row == nil {
		t.del(tb.bucket, tb.key(old))
		return
	}
	t.putRow(tb.bucket, tb.key(row), row)
}

// What follows is the same for rows of every kind, and is in the program once.

// row reads a row and reports whether there is one.
func (t *tx) row(bucket string, k, data []byte, row any) bool {
	if data == nil {
		return false
	}
	if err := decode(data, row); err != nil {
		t.fail(fmt.Errorf("row %q of %s is damaged: %w", k, bucket, err))
		return false
	}
	return true
}

func (t *tx) rows(bucket string, p []byte, fresh func() any, yield func(any) bool) {
	for k, data := range t.scan(bucket, p, nil) {
		row := fresh()
		if !t.row(bucket, k, data, row) || !yield(row) {
			return
		}
	}
}

func (t *tx) putRow(bucket string, k []byte, row any) {
	data, err := json.Marshal(row)
	if err != nil {
		t.fail(fmt.Errorf("encode a row of %s: %w", bucket, err))
		return
	}
	t.put(bucket, k, data)
}

// index replaces index entries by others.
func (t *tx) index(was, is []entry) {
	for _, e := range was {
		if !holdsKey(is, e) {
			t.del(e.bucket, e.key)
		}
	}
	for _, e := range is {
		if !holds(was, e) {
			t.put(e.bucket, e.key, e.value)
		}
	}
}

// recount changes totals by what a row counted in, and counts in now.
func (t *tx) recount(was, is []string) {
	for _, n := range was {
		t.count(n, -1)
	}
	for _, n := range is {
		t.count(n, 1)
	}
}

func holds(es []entry, e entry) bool {
	for _, x := range es {
		if x.equal(e) {
			return true
		}
	}
	return false
}

func holdsKey(es []entry, e entry) bool {
	for _, x := range es {
		if x.bucket == e.bucket && bytes.Equal(x.key, e.key) {
			return true
		}
	}
	return false
}

// every is the prefix with which all keys begin.
func every() []byte { return []byte{} }
