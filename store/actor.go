// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"plenum/coop"
)

// actorRow is an actor with its place in the queue for eviction.
type actorRow struct {
	coop.Actor
	Turn uint64 `json:"turn"`
}

var actors = table[actorRow]{
	bucket: bActors,
	key:    func(a *actorRow) []byte { return key(a.ID) },
	index: func(a *actorRow) []entry {
		es := []entry{{bActorTurns, number(a.Turn), []byte(a.ID)}}
		for _, k := range a.Keys {
			if e := (entry{bActorKeys, key(k.ID, a.ID), nil}); !holds(es, e) {
				es = append(es, e)
			}
		}
		return es
	},
	totals: func(*actorRow) []string { return []string{"actors"} },
}

// Actor returns what is known of an actor elsewhere.
func (db *DB) Actor(ctx context.Context, id coop.IRI) (a coop.Actor, err error) {
	err = db.view(ctx, "store.Actor", func(t *tx) error {
		row := actors.get(t, key(id))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "nothing is known of that actor")
		}
		a = row.Actor
		return nil
	})
	return a, err
}

// boxOf is where an actor is delivered to, nowhere where it is not known. It reads
// no more of the row than that takes: the rest is five times as long.
func boxOf(t *tx, id coop.IRI) coop.IRI {
	data := t.get(bActors, key(id))
	if data == nil {
		return ""
	}
	var a struct {
		Inbox       coop.IRI `json:"inbox"`
		SharedInbox coop.IRI `json:"shared_inbox"`
		Direct      bool     `json:"direct"`
	}
	if err := json.Unmarshal(data, &a); err != nil {
		t.fail(fmt.Errorf("row %q of %s is damaged: %w", id, bActors, err))
		return ""
	}
	return coop.Actor{Inbox: a.Inbox, SharedInbox: a.SharedInbox, Direct: a.Direct}.Box()
}

// ActorOfKey returns the actor whose document lists a key: the one whose id the
// key's id begins with, else one of the same origin. Somebody elsewhere who
// lists another's key id gets nothing by it.
func (db *DB) ActorOfKey(ctx context.Context, keyID coop.IRI) (a coop.Actor, err error) {
	err = db.view(ctx, "store.ActorOfKey", func(t *tx) error {
		var best *actorRow
		p := prefix(keyID)
		for k := range t.scan(bActorKeys, p, nil) {
			id := coop.IRI(k[len(p):])
			owner := id == keyID.WithoutFragment()
			if owner || best == nil && coop.SameOrigin(id, keyID) {
				best = actors.get(t, key(id))
			}
			if owner {
				break
			}
		}
		if best == nil {
			return coop.Fail(coop.NotFound, "", "nothing is known of that key")
		}
		a = best.Actor
		return nil
	})
	return a, err
}

// SaveActor stores what is known of an actor elsewhere, and where it follows
// somebody here, that it is delivered to its inbox of now; which one that is, its
// server has a say in. Where there are too
// many, the oldest goes whom nobody follows and who follows nobody.
func (db *DB) SaveActor(ctx context.Context, a coop.Actor) error {
	return db.write(ctx, "store.SaveActor", func(t *tx) error {
		old := actors.get(t, key(a.ID))
		if s := servers.get(t, key(coop.HostOf(a.ID))); s != nil {
			a.Direct = s.Direct()
		} else {
			a.Direct = old != nil && old.Direct
		}
		row := actorRow{Actor: a}
		row.Turn = nextTurn(t)
		actors.swap(t, old, &row)
		move(t, a)
		moveRSVPs(t, a)
		if old == nil && t.total("actors") > t.bounds.actors {
			evict(t, a.ID)
		}
		return nil
	})
}

// Traces reports whether anything here is an actor's, whether or not something is
// known of it: who only liked a post may have been evicted since.
func (db *DB) Traces(ctx context.Context, id coop.IRI) (has bool, err error) {
	err = db.view(ctx, "store.Traces", func(t *tx) error {
		has = slices.ContainsFunc([]string{bFollowerCoops, bFollowingCoops, bCommentBy, bReactionBy, bRSVPBy, bReceivedBy, bReceivedVia}, func(b string) bool {
			return t.first(b, prefix(id)) != nil
		})
		return nil
	})
	return has, err
}

func nextTurn(t *tx) uint64 { return t.add(bTurns, []byte("\x00actors"), 1) }

// evict removes the oldest actor that no follow, comment or RSVP refers to. Actors
// that one does refer to go to the end of the queue, so that they are not looked at
// again and again; where there are only such, the table grows. The actor that was
// just saved stays.
func evict(t *tx, saved coop.IRI) {
	for range 64 {
		k := slices.Clone(t.first(bActorTurns, every()))
		row := actors.get(t, t.copyOf(bActorTurns, k))
		if row == nil || row.ID == saved {
			return
		}
		if !slices.ContainsFunc([]string{bFollowerCoops, bFollowingCoops, bCommentBy, bRSVPBy}, func(b string) bool { return t.first(b, prefix(row.ID)) != nil }) {
			actors.remove(t, row)
			return
		}
		moved := *row
		moved.Turn = nextTurn(t)
		actors.swap(t, row, &moved)
	}
}

// ForgetActor removes an actor that is gone, with what it follows, who follows
// it, and what it sent. The seats that it had go to those who wait, who are told;
// tell may be nil.
func (db *DB) ForgetActor(ctx context.Context, id coop.IRI, seen coop.Seen, tell coop.TellFunc) error {
	return db.write(ctx, "store.ForgetActor", func(t *tx) error {
		if !notice(t, seen) {
			return nil
		}
		actors.remove(t, actors.get(t, key(id)))
		forget(t, id)
		unfollow(t, id)
		for _, k := range t.keys(bReceivedBy, prefix(id)) {
			discard(t, received.get(t, k[len(id)+1:]))
		}
		for _, k := range t.keys(bReceivedVia, prefix(id)) {
			discard(t, received.get(t, k[len(id)+1+timeLen:]))
		}
		return silence(t, id, tell)
	})
}
