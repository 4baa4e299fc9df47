// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"plenum/coop"
)

// tx is a transaction as the verbs see it. The first thing that goes wrong
// sticks: what comes behind it does nothing, and the verb fails with it.
type tx struct {
	db     *DB
	b      *bbolt.Tx
	now    time.Time // the one moment of the transaction, stamped
	bounds bounds
	batch  *batch // of all verbs that share the commit; nil where nothing is written
	err    error
	turn   int64 // the millisecond of the ids that the verb makes; 0 where it has made none
	wrote  bool
	public bool // what public documents say has changed

	entropy [10]byte // the random part of the last id
}

func (t *tx) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

func (t *tx) bucket(name string) *bbolt.Bucket {
	b := t.b.Bucket([]byte(name))
	if b == nil {
		t.fail(fmt.Errorf("bucket %q is missing", name))
	}
	return b
}

// get returns a value that is valid until the next write, nil where there is none.
func (t *tx) get(bucket string, k []byte) []byte {
	if t.err != nil || len(k) == 0 {
		return nil
	}
	if b := t.bucket(bucket); b != nil {
		return b.Get(k)
	}
	return nil
}

// copyOf returns a value that outlives the transaction.
func (t *tx) copyOf(bucket string, k []byte) []byte { return slices.Clone(t.get(bucket, k)) }

func (t *tx) has(bucket string, k []byte) bool { return t.get(bucket, k) != nil }

func (t *tx) put(bucket string, k, v []byte) {
	if t.err != nil {
		return
	}
	if len(k) == 0 {
		t.fail(coop.Fail(coop.Invalid, "", "something that must be stored under its name or time has none, or one that cannot be a key"))
		return
	}
	if b := t.bucket(bucket); b != nil {
		t.wrote = true
		t.batch.writes++
		if v == nil {
			v = []byte{}
		}
		if err := b.Put(k, v); err != nil {
			t.fail(fmt.Errorf("put into %s: %w", bucket, err))
		}
	}
}

func (t *tx) del(bucket string, k []byte) {
	if t.err != nil || len(k) == 0 {
		return
	}
	if b := t.bucket(bucket); b != nil {
		t.wrote = true
		t.batch.writes++
		if err := b.Delete(k); err != nil {
			t.fail(fmt.Errorf("delete from %s: %w", bucket, err))
		}
	}
}

// add changes a counter and returns what it is then.
func (t *tx) add(bucket string, k []byte, by int) uint64 {
	n := toNumber(t.get(bucket, k)) + uint64(by)
	t.put(bucket, k, number(n))
	return n
}

// scan walks the keys that begin with p, from the key from on (nil: from the
// first). What it yields is valid until the next write, and nothing may be
// written while it walks: bbolt's cursors skip keys then.
func (t *tx) scan(bucket string, p, from []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		if t.err != nil || p == nil {
			return
		}
		b := t.bucket(bucket)
		if b == nil {
			return
		}
		if from == nil {
			from = p
		}
		c := b.Cursor()
		for k, v := c.Seek(from); k != nil && bytes.HasPrefix(k, p); k, v = c.Next() {
			if !yield(k, v) || t.err != nil {
				return
			}
		}
	}
}

// scanBack walks the keys that begin with p backwards, beginning with the last
// one before the key before (nil: with the last).
func (t *tx) scanBack(bucket string, p, before []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		if t.err != nil || p == nil {
			return
		}
		b := t.bucket(bucket)
		if b == nil {
			return
		}
		if before == nil {
			before = after(p)
		}
		c := b.Cursor()
		var k, v []byte
		if at, _ := c.Seek(before); before != nil && at != nil {
			k, v = c.Prev()
		} else {
			k, v = c.Last()
		}
		for ; k != nil && bytes.HasPrefix(k, p); k, v = c.Prev() {
			if !yield(k, v) || t.err != nil {
				return
			}
		}
	}
}

// keys collects the keys that begin with p, so that they can be deleted.
func (t *tx) keys(bucket string, p []byte) [][]byte {
	var out [][]byte
	for k := range t.scan(bucket, p, nil) {
		out = append(out, slices.Clone(k))
	}
	return out
}

// first returns the first key that begins with p, valid until the next write.
func (t *tx) first(bucket string, p []byte) []byte {
	for k := range t.scan(bucket, p, nil) {
		return k
	}
	return nil
}

// decode reads a row strictly: a member that this version does not know is an
// error, so that a downgrade does not eat what a newer version wrote.
func decode(data []byte, row any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(row); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind the row")
	}
	return nil
}
