// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"time"

	"plenum/coop"
)

var sessions = table[coop.Session]{
	bucket: bSessions,
	key:    func(s *coop.Session) []byte { return key(s.ID) },
	index: func(s *coop.Session) []entry {
		return []entry{
			{bSessionHashes, hashKey(s.Hash), []byte(s.ID)},
			{bSessionMembers, key(s.Member, s.ID), nil},
			{bSessionAges, dueKey(s.Expires, s.ID), nil},
		}
	},
}

// AddSession stores the session of a member who has signed in. Beyond the bound the
// oldest of the member ends.
func (db *DB) AddSession(ctx context.Context, s coop.Session) error {
	return db.write(ctx, "store.AddSession", func(t *tx) error {
		if _, err := acting(t, s.Member); err != nil {
			return err
		}
		if t.has(bSessions, key(s.ID)) || t.has(bSessionHashes, hashKey(s.Hash)) {
			return coop.Fail(coop.Conflict, "", "there is such a session already")
		}
		if s.Created.IsZero() {
			s.Created = t.now
		}
		if s.Seen.IsZero() {
			s.Seen = s.Created.Truncate(time.Hour)
		}
		held := t.keys(bSessionMembers, prefix(s.Member))
		for _, k := range held[:max(0, len(held)-t.bounds.sessions+1)] {
			sessions.remove(t, sessions.get(t, k[len(k)-idLen:]))
		}
		sessions.swap(t, nil, &s)
		return nil
	})
}

// Session returns the session whose secret has this digest with its member. One that
// has expired, and one of a member who is disabled, is NotFound.
func (db *DB) Session(ctx context.Context, hash []byte) (s coop.Session, m coop.Member, err error) {
	err = db.view(ctx, "store.Session", func(t *tx) error {
		row := sessions.get(t, t.get(bSessionHashes, hashKey(hash)))
		if row == nil || !t.now.Before(row.Expires) {
			return coop.Fail(coop.NotFound, "", "there is no such session; sign in again")
		}
		who, err := acting(t, row.Member)
		if err != nil {
			return coop.Fail(coop.NotFound, "", "there is no such session; sign in again")
		}
		s, m = *row, *who
		return nil
	})
	return s, m, err
}

// SeeSession notes that a session is in use, to the hour, and makes it last as long
// from then on as it did from its beginning. Within the same hour it changes nothing.
func (db *DB) SeeSession(ctx context.Context, id coop.ID, at time.Time) error {
	return db.write(ctx, "store.SeeSession", func(t *tx) error {
		old := sessions.get(t, key(id))
		if old == nil {
			return coop.Fail(coop.NotFound, "", "there is no such session")
		}
		s := *old
		if s.Seen = coop.Stamp(at).Truncate(time.Hour); s.Seen.After(old.Seen) {
			s.Expires = s.Seen.Add(old.Expires.Sub(old.Seen))
			sessions.swap(t, old, &s)
		}
		return nil
	})
}

// Sessions returns the sessions of a member that have not expired, in the order in
// which they began.
func (db *DB) Sessions(ctx context.Context, member coop.ID) (list []coop.Session, err error) {
	err = db.view(ctx, "store.Sessions", func(t *tx) error {
		p := prefix(member)
		for k := range t.scan(bSessionMembers, p, nil) {
			if s := sessions.get(t, k[len(p):]); s != nil && t.now.Before(s.Expires) {
				list = append(list, *s)
			}
		}
		return nil
	})
	return list, err
}

// EndSession ends a session of a member; the empty id ends all of them. One that is
// not there, or somebody else's, changes nothing.
func (db *DB) EndSession(ctx context.Context, member, id coop.ID) error {
	return db.write(ctx, "store.EndSession", func(t *tx) error {
		for _, k := range t.keys(bSessionMembers, prefix(member)) {
			if s := coop.ID(k[len(k)-idLen:]); id == "" || s == id {
				sessions.remove(t, sessions.get(t, key(s)))
			}
		}
		return nil
	})
}
