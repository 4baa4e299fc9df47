// SPDX-License-Identifier: AGPL-3.0-or-later

package store_test

import (
	"path/filepath"
	"testing"

	"plenum/store"
	"plenum/store/storetest"
)

// open opens a new store in a directory of its own.
func open(tb testing.TB) *store.DB {
	tb.Helper()
	db, err := store.Open(filepath.Join(tb.TempDir(), "data"), store.Options{Create: true, Domain: "x.example"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

func TestStoreDoesWhatAStoreMust(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Store { return open(t) })
}
