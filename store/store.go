// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"plenum/coop"
)

const (
	fileName  = "plenum.db"
	mediaName = "media"
)

// Options say how a store is opened.
type Options struct {
	Create bool             // make the directory and the file where they are missing
	Domain string           // must be the one that the file was made for; empty: any, for looking into a backup
	Now    func() time.Time // stamps rows; time.Now where it is nil
	Rand   io.Reader        // of the ids of deliveries; crypto/rand where it is nil
}

// DB is an open store. Its methods may be called from many goroutines.
type DB struct {
	b          *bbolt.DB
	dir        string
	domain     string
	now        func() time.Time
	random     io.Reader
	bounds     bounds
	generation atomic.Uint64
	pems       pems
	files      sync.Mutex // held while files come and go together with what needs them
	copies     int        // backups under way, guarded by files: nothing is removed meanwhile
	subjects   decoded[subject]
	coops      decoded[coop.Coop]

	mu      sync.Mutex // guards what follows
	queue   []*call
	leading bool      // somebody commits, and will look at the queue again
	folds   time.Time // when charges are to be looked through again
	turn    int64     // the millisecond of the newest ids of deliveries
}

// bounds are how large the tables may grow whose rows strangers cause, and how
// much is done in one transaction.
type bounds struct {
	actors, servers, received, perVia, dropped, seen int

	followers                           int // of one co-op, those who asked among them
	comments, shownPerPost, heldPerPost int
	reactions, reactionsPerPost         int
	rsvps, rsvpsPerPost                 int
	complaints, rules, decisions        int

	series, proposals, settled, acts                 int // of one co-op; settled of each way in which proposals end
	revisions                                        int // of one post
	arrivals, files, fileBytes                       int // of one co-op
	members, invitations, resets, sessions, passkeys int // of resets, sessions and passkeys: of one member
	idleClients, grants, perGrant                    int // clients that nobody uses; grants of one member; tokens of one grant

	fan     int // so many inboxes get their deliveries together with the document
	fanStep int // and so many more in each transaction after it
}

func defaultBounds() bounds {
	return bounds{
		actors: 20_000, servers: 20_000, received: 2_000, perVia: 200, dropped: 200_000, seen: 1_000_000,
		followers: 1_000_000,
		comments:  200_000, shownPerPost: coop.MaxCommentsShown, heldPerPost: 1_000,
		reactions: 1_000_000, reactionsPerPost: 20_000,
		rsvps: 200_000, rsvpsPerPost: 5_000,
		complaints: 5_000, rules: coop.MaxRules, decisions: 100_000,
		series: coop.MaxSeries, proposals: coop.MaxProposals, settled: 1_000, acts: coop.MaxActs, revisions: coop.MaxRevisions,
		arrivals: coop.MaxArrivals, files: coop.MaxFiles, fileBytes: coop.MaxFilesBytes,
		members: 2_000, invitations: 500, resets: 5, sessions: 50, passkeys: 20,
		idleClients: 2_000, grants: 100, perGrant: 5_000,
		fan: 10_000, fanStep: 2_000,
	}
}

// Open opens the store in dir. Only its owner may be able to read dir and the
// file: the file holds private keys.
func Open(dir string, o Options) (*DB, error) {
	const op = "store.Open"
	db := &DB{dir: dir, now: o.Now, random: o.Rand, bounds: defaultBounds()}
	if db.now == nil {
		db.now = time.Now
	}
	if db.random == nil {
		db.random = rand.Reader
	}
	if o.Create {
		if err := create(dir, o.Domain, coop.Stamp(db.now())); err != nil {
			return nil, wrap(op, err)
		}
	}
	file := filepath.Join(dir, fileName)
	for _, step := range []func() error{
		func() error { return private(dir) },
		func() error { return private(file) },
		func() error { return whole(file) },
		func() error { return os.MkdirAll(filepath.Join(dir, mediaName), 0o700) },
	} {
		if err := step(); err != nil {
			return nil, wrap(op, err)
		}
	}
	var err error
	if db.b, err = openFile(file); err != nil {
		return nil, wrap(op, err)
	}
	if err := db.ready(o); err != nil {
		return nil, wrap(op, errors.Join(err, db.b.Close()))
	}
	return db, nil
}

// openFile opens the file with the options that keep it from growing without
// bound (a synced freelist is rewritten with each commit) and a reader from
// stopping a writer that must map more of it.
func openFile(file string) (*bbolt.DB, error) {
	b, err := bbolt.Open(file, 0o600, &bbolt.Options{
		Timeout:         time.Second,
		NoFreelistSync:  true,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: mapSize(),
		NoStatistics:    true,
	})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, &coop.Error{Code: coop.Unavailable, Msg: "the database is in use: is another plenum running?", Err: err}
	}
	return b, err
}

// mapSize is how much address space the file gets at once; it takes no memory.
func mapSize() int {
	if runtime.GOOS == "windows" {
		return 0 // there the file itself would get that size
	}
	return 1 << (28 + bits.UintSize/16) // 4 GiB, where addresses are short 1 GiB
}

// ready migrates the file and compares its domain.
func (db *DB) ready(o Options) error {
	if err := migrate(db.b); err != nil {
		return err
	}
	err := db.b.View(func(b *bbolt.Tx) error {
		db.turn = lastTurn(b)
		db.domain = string(b.Bucket([]byte(bMeta)).Get([]byte("domain")))
		if o.Domain != "" && o.Domain != db.domain {
			return coop.Fail(coop.Conflict, "", fmt.Sprintf(
				"the database was made for the domain %q, the configuration says %q: the domain stands in every id and can never change", db.domain, o.Domain))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := db.recover(); err != nil {
		return err
	}
	return db.sweepAll(context.Background(), "store.Open")
}

// Close waits for the transactions that are open and closes the file.
func (db *DB) Close() error {
	if err := db.b.Close(); err != nil {
		return fmt.Errorf("store.Close: %w", err)
	}
	return nil
}

// Domain is the domain that the file was made for.
func (db *DB) Domain() string { return db.domain }

// Dir is the directory that holds the file.
func (db *DB) Dir() string { return db.dir }

// Generation grows with each commit that changes what public documents say: what
// was made from an older generation may be out of date.
func (db *DB) Generation() uint64 { return db.generation.Load() }

// Ping stores a few bytes, to find out whether anything can be stored.
func (db *DB) Ping(ctx context.Context) error {
	return db.write(ctx, "store.Ping", func(t *tx) error {
		t.put(bMeta, []byte("ping"), []byte(t.now.Format(time.RFC3339)))
		return nil
	})
}

// create makes dir and an empty file in it. The file gets its name once it is
// whole: power that fails in between leaves nothing that cannot be opened.
func create(dir, domain string, now time.Time) error {
	if domain == "" {
		return coop.Fail(coop.Invalid, "", "a new database needs a domain")
	}
	if err := own(dir); err != nil {
		return err
	}
	file := filepath.Join(dir, fileName)
	if _, err := os.Stat(file); err == nil || !errors.Is(err, os.ErrNotExist) {
		return err
	}
	fresh, err := os.MkdirTemp(dir, "new-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // by then empty, or of no use
	path := filepath.Join(fresh, fileName)
	b, err := openFile(path)
	if err != nil {
		return err
	}
	err = errors.Join(migrate(b), b.Update(func(btx *bbolt.Tx) error {
		meta := btx.Bucket([]byte(bMeta))
		return errors.Join(meta.Put([]byte("domain"), []byte(domain)), meta.Put([]byte("made"), []byte(now.Format(time.RFC3339))))
	}), b.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(path, file); err != nil {
		return err
	}
	return syncDir(dir)
}
