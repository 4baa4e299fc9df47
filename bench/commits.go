// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

// rows is what a database holds: how many keys, and how many bytes of keys and
// values.
type rows struct{ keys, bytes int }

// rowsOf counts what a file holds whose instance does not run.
func rowsOf(file string) (r rows, err error) {
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second, PreLoadFreelist: false})
	if err != nil {
		return r, err
	}
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
			s := b.Stats()
			r.keys += s.KeyN
			r.bytes += s.LeafInuse
			return nil
		})
	})
	return r, errors.Join(err, db.Close())
}

// batches is how many operations a second bbolt's own Batch commits, each of which
// puts so many keys with so many bytes in all, from as many goroutines as there are
// connections. It is what storing alone would allow.
func batches(dir string, n, writers int, each rows) (perSecond float64, err error) {
	file := filepath.Join(dir, "batches.db")
	defer func() { err = errors.Join(err, os.Remove(file)) }()
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, NoFreelistSync: true})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.MaxBatchDelay = 2 * time.Millisecond // the usual ten are slower here
	names := make([][]byte, max(1, each.keys))
	for i := range names {
		names[i] = fmt.Appendf(nil, "bucket %d", i)
	}
	if err := db.Update(func(tx *bbolt.Tx) error {
		for _, name := range names {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return 0, err
	}
	value := make([]byte, max(1, each.bytes/len(names)-keySize))
	if _, err := rand.Read(value); err != nil {
		return 0, err
	}
	var next atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, writers)
	began := time.Now()
	for w := range writers {
		group.Go(func() {
			for i := next.Add(1); i <= int64(n) && errs[w] == nil; i = next.Add(1) {
				errs[w] = db.Batch(func(tx *bbolt.Tx) error { return putAll(tx, names, uint64(i), value) })
			}
		})
	}
	group.Wait()
	return float64(n) / time.Since(began).Seconds(), errors.Join(errs...)
}

// keySize is that of the keys of batches.
const keySize = 48

// putAll puts one key into each bucket: into every second one behind all others,
// as what is ordered by time, into the rest anywhere, as what is ordered by actor.
func putAll(tx *bbolt.Tx, names [][]byte, i uint64, value []byte) error {
	for at, name := range names {
		k := make([]byte, keySize)
		n := i
		if at%2 == 1 {
			n *= 0x9E3779B97F4A7C15 // spreads what is counted
		}
		binary.BigEndian.PutUint64(k, n)
		if err := tx.Bucket(name).Put(k, value); err != nil {
			return err
		}
	}
	return nil
}
