// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"plenum/coop"
)

// maxGroup is how many verbs share one commit at most, and maxWrites after how many
// writes no other one joins: bbolt keeps what a transaction writes in memory, and a
// post to ten thousand inboxes is forty thousand writes.
const (
	maxGroup  = 256
	maxWrites = 20_000
)

// call is a verb that waits to be carried out.
type call struct {
	ctx      context.Context
	fn       func(*tx) error
	err      error
	panicked any
	turn     chan bool // true: commit the next group; false: this call is done
}

// write carries out fn in a transaction that is on disk when write returns nil.
// Verbs that arrive while another transaction is being committed share the next
// one: a verb that comes alone waits for nobody, and a thousand at once do not
// need a thousand fsyncs. (bbolt's Batch makes a lone caller wait.)
//
// fn may be run more than once, when another verb of its group fails: what it
// sets outside itself it sets anew each time.
func (db *DB) write(ctx context.Context, op string, fn func(*tx) error) error {
	c := &call{ctx: ctx, fn: fn, turn: make(chan bool, 1)}
	db.mu.Lock()
	db.queue = append(db.queue, c)
	lead := !db.leading
	db.leading = true
	db.mu.Unlock()
	if !lead {
		lead = <-c.turn
	}
	if lead {
		db.lead(c)
	}
	if c.panicked != nil {
		panic(c.panicked)
	}
	return wrap(op, c.err)
}

// lead commits one group, in which c is the first, and hands on to whoever came
// meanwhile. Those who are about to come are let come first: the larger a group, the
// less each costs.
func (db *DB) lead(c *call) {
	for range 2 { // where nobody is, this costs nothing
		runtime.Gosched()
	}
	db.mu.Lock()
	n := min(len(db.queue), maxGroup)
	group := db.queue[:n:n]
	db.queue = db.queue[n:]
	db.mu.Unlock()

	rest := db.commit(group)
	group = group[:n-len(rest)]

	db.mu.Lock()
	db.queue = append(rest, db.queue...)
	if len(db.queue) > 0 {
		db.queue[0].turn <- true
	} else {
		db.queue, db.leading = nil, false
	}
	db.mu.Unlock()
	for _, x := range group {
		if x != c {
			x.turn <- false
		}
	}
}

// commit runs a group in one transaction. A verb that fails after it wrote
// something takes its writes back by failing alone: the transaction is rolled
// back, and the others run again without it. rest are the last ones of the group,
// which had no room in it.
func (db *DB) commit(group []*call) (rest []*call) {
	for len(group) > 0 {
		btx, err := db.b.Begin(true)
		if err != nil {
			failAll(group, err)
			return rest
		}
		culprit, wrote, public, shared := -1, false, false, newBatch()
		shared.rested = db.tx(btx).first(bRests, every()) != nil
		for i, c := range group {
			t := db.tx(btx)
			t.batch = shared
			c.run(t)
			if c.err != nil && t.wrote {
				culprit = i
				break
			}
			wrote, public = wrote || t.wrote, public || t.public
			if shared.writes >= maxWrites && i+1 < len(group) {
				rest = slices.Concat(group[i+1:], rest)
				group = group[:i+1]
				break
			}
		}
		switch {
		case culprit >= 0:
			_ = btx.Rollback() // of an open transaction: cannot fail
			group = append(group[:culprit:culprit], group[culprit+1:]...)
			continue
		case !wrote:
			_ = btx.Rollback()
		default:
			t := db.tx(btx)
			t.batch = shared
			t.flush()
			if t.err != nil {
				_ = btx.Rollback()
				failAll(group, t.err)
				return rest
			}
			if err := btx.Commit(); err != nil {
				failAll(group, &coop.Error{Code: coop.Unavailable, Msg: "it could not be stored; the disk may be full", Err: err})
				return
			}
			if public {
				db.generation.Add(1)
			}
		}
		return rest
	}
	return rest
}

// run carries out the verb. A panic is kept for the goroutine that called, so
// that the others of the group do not die of it.
func (c *call) run(t *tx) {
	defer func() {
		if p := recover(); p != nil {
			c.panicked, c.err = p, fmt.Errorf("panic: %v", p)
			t.wrote = true
		}
	}()
	c.err = c.ctx.Err()
	if c.err == nil {
		c.err = c.fn(t)
	}
	if t.err != nil {
		c.err = t.err
	}
}

func failAll(group []*call, err error) {
	for _, c := range group {
		c.err = err
	}
}

// view runs fn in a transaction that only reads.
func (db *DB) view(ctx context.Context, op string, fn func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return wrap(op, err)
	}
	return wrap(op, db.b.View(func(b *bbolt.Tx) error {
		t := db.tx(b)
		err := fn(t)
		if t.err != nil {
			return t.err
		}
		return err
	}))
}

// wrap says which verb failed.
func wrap(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return &coop.Error{Code: coop.Unavailable, Op: op, Msg: "the server is stopping", Err: err}
	}
	if e, ok := errors.AsType[*coop.Error](err); ok && e.Op == "" {
		named := *e
		named.Op = op
		return &named
	}
	return fmt.Errorf("%s: %w", op, err)
}

func (db *DB) tx(b *bbolt.Tx) *tx {
	return &tx{db: db, b: b, now: coop.Stamp(db.now()), bounds: db.bounds}
}
