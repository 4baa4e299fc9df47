// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"slices"

	"plenum/coop"
)

var followings = table[coop.Following]{
	bucket: bFollowings,
	key:    func(f *coop.Following) []byte { return key(string(f.Coop), string(f.Actor)) },
	index: func(f *coop.Following) []entry {
		return []entry{{bFollowingCoops, key(string(f.Actor), string(f.Coop)), nil}}
	},
}

// StartFollow stores that an actor of ours asked to follow somebody, with the
// Follow that says so, in place of an earlier one.
func (db *DB) StartFollow(ctx context.Context, f coop.Following, out coop.Outgoing) error {
	return db.write(ctx, "store.StartFollow", func(t *tx) error {
		if _, err := known(t, f.Coop); err != nil {
			return err
		}
		followings.put(t, &f)
		return send(t, out)
	})
}

// SettleFollow stores the answer to a Follow of ours. It is NotFound where there
// is none: nobody makes us follow by accepting what we never asked.
func (db *DB) SettleFollow(ctx context.Context, n coop.Name, actor coop.IRI, state coop.FollowState, seen coop.Seen) error {
	return db.write(ctx, "store.SettleFollow", func(t *tx) error {
		old := followings.get(t, key(string(n), string(actor)))
		if old == nil {
			return coop.Fail(coop.NotFound, "", "this co-op does not follow that actor")
		}
		if !notice(t, seen, n) {
			return nil
		}
		f := *old
		f.State = state
		followings.swap(t, old, &f)
		unread(t, actor)
		return nil
	})
}

// StopFollow ends a follow of ours, with the Undo that says so. What the actor has
// sent goes with the last follow.
func (db *DB) StopFollow(ctx context.Context, n coop.Name, actor coop.IRI, out coop.Outgoing) error {
	return db.write(ctx, "store.StopFollow", func(t *tx) error {
		old := followings.get(t, key(string(n), string(actor)))
		if old == nil {
			return coop.Fail(coop.NotFound, "", "this co-op does not follow that actor")
		}
		followings.remove(t, old)
		unread(t, actor)
		return send(t, out)
	})
}

// LocalFollow stores both sides of a follow between two actors of this instance.
func (db *DB) LocalFollow(ctx context.Context, f coop.Following, back coop.Follower, out coop.Outgoing) error {
	return db.write(ctx, "store.LocalFollow", func(t *tx) error {
		if _, err := known(t, f.Coop); err != nil {
			return err
		}
		followings.put(t, &f)
		if err := follow(t, back); err != nil {
			return err
		}
		return send(t, out)
	})
}

// Following returns a follow of ours.
func (db *DB) Following(ctx context.Context, n coop.Name, actor coop.IRI) (f coop.Following, err error) {
	err = db.view(ctx, "store.Following", func(t *tx) error {
		row := followings.get(t, key(string(n), string(actor)))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "this co-op does not follow that actor")
		}
		f = *row
		return nil
	})
	return f, err
}

// Followings returns whom an actor of ours follows or asked to, in the order of
// their ids; for the empty name all of them, co-op by co-op.
func (db *DB) Followings(ctx context.Context, n coop.Name) (list []coop.Following, err error) {
	err = db.view(ctx, "store.Followings", func(t *tx) error {
		p := every()
		if n != "" {
			p = prefix(n)
		}
		for f := range followings.all(t, p) {
			list = append(list, *f)
		}
		return nil
	})
	return list, err
}

// FollowedBy returns which actors of ours have a follow of somebody in one of the
// states.
func (db *DB) FollowedBy(ctx context.Context, actor coop.IRI, states ...coop.FollowState) (names []coop.Name, err error) {
	err = db.view(ctx, "store.FollowedBy", func(t *tx) error {
		p := prefix(actor)
		for k := range t.scan(bFollowingCoops, p, nil) {
			n := string(k[len(p):])
			if f := followings.get(t, key(n, string(actor))); f != nil && slices.Contains(states, f.State) {
				names = append(names, f.Coop)
			}
		}
		return nil
	})
	return names, err
}

// unread removes what an actor has sent where none of ours follows it any more:
// nobody would tell us of its changes, nor that it was deleted.
func unread(t *tx, actor coop.IRI) {
	p := prefix(actor)
	for k := range t.scan(bFollowingCoops, p, nil) {
		f := followings.get(t, key(string(k[len(p):]), string(actor)))
		if f != nil && f.State != coop.FollowRejected {
			return
		}
	}
	for _, k := range t.keys(bReceivedVia, p) {
		discard(t, received.get(t, k[len(p)+timeLen:]))
	}
}

// unfollow removes an actor from those whom actors of ours follow.
func unfollow(t *tx, actor coop.IRI) {
	for _, k := range t.keys(bFollowingCoops, prefix(actor)) {
		n := k[len(actor)+1:]
		followings.remove(t, followings.get(t, key(string(n), string(actor))))
	}
}
