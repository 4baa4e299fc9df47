// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"time"

	"plenum/coop"
)

var clients = table[coop.Client]{
	bucket: bClients,
	key:    func(c *coop.Client) []byte { return key(c.ID) },
	index: func(c *coop.Client) []entry {
		if !c.Used.IsZero() {
			return nil
		}
		return []entry{{bClientAges, cat(timeKey(c.Created), key(c.ID)), nil}}
	},
	totals: func(c *coop.Client) []string {
		if !c.Used.IsZero() {
			return nil
		}
		return []string{idleClients}
	},
}

// idleClients counts the clients that nobody has let do anything.
const idleClients = "idle clients"

// maxClientID is how many bytes the id of a client has at most.
const maxClientID = 2048

// SaveClient stores a client, new or with what its document says by now. Anybody can
// make clients: of those that nobody has let do anything, beyond the bound the oldest
// are forgotten.
func (db *DB) SaveClient(ctx context.Context, c coop.Client) error {
	return db.write(ctx, "store.SaveClient", func(t *tx) error {
		switch c.Kind {
		case coop.Registered, coop.ClientDocument, coop.ClientObject:
		default:
			return coop.Fail(coop.Invalid, "", "a client is registered, or has a document or an object")
		}
		if len(c.ID) > maxClientID || len(c.Redirects) == 0 {
			return coop.Fail(coop.Invalid, "", "a client has an id and says where it wants people to be sent back to")
		}
		old := clients.get(t, key(c.ID))
		if old != nil && old.Kind != c.Kind && (old.Kind == coop.Registered || c.Kind == coop.Registered) {
			return coop.Fail(coop.Conflict, "", "there is another client of that id")
		}
		if c.Created.IsZero() {
			c.Created = t.now
		}
		c.Used = time.Time{} // Consent alone says that it is
		if old != nil {
			c.Created, c.Used = old.Created, old.Used
		}
		for old == nil && t.err == nil && t.total(idleClients) >= t.bounds.idleClients {
			first := t.first(bClientAges, every())
			if first == nil {
				break
			}
			idle := clients.get(t, bytes.Clone(first[timeLen:]))
			if idle == nil {
				break
			}
			clients.remove(t, idle)
		}
		clients.swap(t, old, &c)
		return nil
	})
}

// Client returns a client.
func (db *DB) Client(ctx context.Context, id string) (c coop.Client, err error) {
	err = db.view(ctx, "store.Client", func(t *tx) error {
		row := clients.get(t, key(id))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "there is no such client")
		}
		c = *row
		return nil
	})
	return c, err
}
