// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"plenum/coop"
)

var followers = table[coop.Follower]{
	bucket: bFollowers,
	key:    func(f *coop.Follower) []byte { return key(string(f.Coop), string(f.Actor)) },
	index: func(f *coop.Follower) []entry {
		es := []entry{{bFollowerCoops, key(string(f.Actor), string(f.Coop)), nil}}
		if f.State == coop.FollowAccepted {
			es = append(es, entry{bBoxes, key(string(f.Coop), string(f.Box), string(f.Actor)), nil})
		}
		return es
	},
	totals: func(f *coop.Follower) []string {
		if f.State == coop.FollowAccepted {
			return []string{"followers " + string(f.Coop)}
		}
		return []string{askedTotal(f.Coop)}
	},
}

// askedTotal is the name of the total of those who asked to follow an actor of ours.
func askedTotal(n coop.Name) string { return "asked " + string(n) }

// AcceptFollow stores a follower whose Follow is accepted, with the Accept that
// tells it. An activity that was seen before changes nothing, and neither does a
// Follow that was signed before the Undo of it was. Whoever was accepted already
// has followed since then.
func (db *DB) AcceptFollow(ctx context.Context, f coop.Follower, seen coop.Seen, out coop.Outgoing) error {
	f.State = coop.FollowAccepted
	return db.write(ctx, "store.AcceptFollow", func(t *tx) error {
		if !notice(t, seen, f.Coop) || undone(t, f, seen) {
			return nil
		}
		if err := follow(t, f); err != nil {
			return err
		}
		return send(t, out)
	})
}

// undone reports whether a Follow was taken back after it was signed: its Undo
// overtook it.
func undone(t *tx, f coop.Follower, seen coop.Seen) bool {
	at := t.get(bDropped, key(f.Actor, f.Follow))
	return at != nil && seen.Activity != "" && !seen.At.After(keyTime(at))
}

// AskFollow stores a follower who waits for approval. Whoever was accepted
// already stays accepted: another Follow takes nothing away.
func (db *DB) AskFollow(ctx context.Context, f coop.Follower, seen coop.Seen) error {
	f.State = coop.FollowAsked
	return db.write(ctx, "store.AskFollow", func(t *tx) error {
		if !notice(t, seen, f.Coop) || undone(t, f, seen) {
			return nil
		}
		return follow(t, f)
	})
}

func follow(t *tx, f coop.Follower) error {
	if _, err := known(t, f.Coop); err != nil {
		return err
	}
	old := followers.get(t, key(string(f.Coop), string(f.Actor)))
	if old == nil && t.total("followers "+string(f.Coop))+t.total(askedTotal(f.Coop)) >= t.bounds.followers {
		return coop.Fail(coop.Conflict, "", "this co-op has as many followers as it can have")
	}
	if old != nil && old.State == coop.FollowAccepted {
		f.State, f.Since = old.State, old.Since
	}
	if box := boxOf(t, f.Actor); box != "" {
		f.Box = box // it may have changed since the caller read the actor
	}
	if old != nil && old.Box != f.Box {
		overtake(t, old, f.Box)
	}
	followers.swap(t, old, &f)
	return nil
}

// EndFollow removes a follower. That there is none is no error.
func (db *DB) EndFollow(ctx context.Context, n coop.Name, actor coop.IRI, seen coop.Seen, out coop.Outgoing) error {
	return db.write(ctx, "store.EndFollow", func(t *tx) error {
		if !notice(t, seen, n) {
			return nil
		}
		followers.remove(t, followers.get(t, key(string(n), string(actor))))
		return send(t, out)
	})
}

// Follower returns who follows an actor of ours, or asked to.
func (db *DB) Follower(ctx context.Context, n coop.Name, actor coop.IRI) (f coop.Follower, err error) {
	err = db.view(ctx, "store.Follower", func(t *tx) error {
		row := followers.get(t, key(string(n), string(actor)))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "nobody of that id follows this co-op")
		}
		f = *row
		return nil
	})
	return f, err
}

// Followers returns the followers that a query chooses, in the order of their
// ids. Where no co-op is chosen, all rows of the last actor are returned, even
// beyond the limit: the next page begins behind that actor.
func (db *DB) Followers(ctx context.Context, q coop.FollowerQuery) (list []coop.Follower, err error) {
	err = db.view(ctx, "store.Followers", func(t *tx) error {
		if q.Coop != "" {
			list = followersOf(t, q)
		} else {
			list = followersOfAll(t, q)
		}
		return nil
	})
	return list, err
}

func followersOf(t *tx, q coop.FollowerQuery) (list []coop.Follower) {
	var from []byte
	if q.After != "" {
		from = prefix(string(q.Coop), string(q.After)) // the key itself ends before the last zero byte
	}
	for k := range t.scan(bFollowers, prefix(q.Coop), from) {
		if q.Limit > 0 && len(list) == q.Limit {
			break
		}
		if f := followers.get(t, k); f != nil && (q.State == "" || f.State == q.State) {
			list = append(list, *f)
		}
	}
	return list
}

func followersOfAll(t *tx, q coop.FollowerQuery) (list []coop.Follower) {
	var from []byte
	if q.After != "" {
		from = after(prefix(q.After))
	}
	for k := range t.scan(bFollowerCoops, every(), from) {
		actor, n, _ := bytes.Cut(k, []byte{0})
		if q.Limit > 0 && len(list) >= q.Limit && string(list[len(list)-1].Actor) != string(actor) {
			break
		}
		if f := followers.get(t, key(string(n), string(actor))); f != nil && (q.State == "" || f.State == q.State) {
			list = append(list, *f)
		}
	}
	return list
}

// CountFollowers counts the accepted followers of an actor of ours.
func (db *DB) CountFollowers(ctx context.Context, n coop.Name) (count int, err error) {
	err = db.view(ctx, "store.CountFollowers", func(t *tx) error {
		count = t.total("followers " + string(n))
		return nil
	})
	return count, err
}

// Boxes returns the distinct inboxes of the accepted followers of any of these
// actors of ours, in order, each with those whom it stands for. AP §7.1.
func (db *DB) Boxes(ctx context.Context, names ...coop.Name) (list []coop.Box, err error) {
	err = db.view(ctx, "store.Boxes", func(t *tx) error {
		list = boxes(t, names)
		return nil
	})
	return list, err
}

func boxes(t *tx, names []coop.Name) (list []coop.Box) {
	actors := map[coop.IRI][]coop.IRI{}
	for _, n := range names {
		p := prefix(n)
		for k := range t.scan(bBoxes, p, nil) {
			box, actor, _ := bytes.Cut(k[len(p):], []byte{0})
			actors[coop.IRI(box)] = append(actors[coop.IRI(box)], coop.IRI(actor))
		}
	}
	for _, box := range slices.Sorted(maps.Keys(actors)) {
		who := actors[box]
		slices.Sort(who)
		list = append(list, coop.Box{Inbox: box, Actors: slices.Compact(who)})
	}
	return list
}

// move lets an actor that follows be delivered to where its document says now.
func move(t *tx, a coop.Actor) {
	box := a.Box()
	if box == "" {
		return
	}
	for _, k := range t.keys(bFollowerCoops, prefix(a.ID)) {
		old := followers.get(t, key(string(k[len(a.ID)+1:]), string(a.ID)))
		if old == nil || old.Box == box {
			continue
		}
		f := *old
		f.Box = box
		overtake(t, old, box)
		followers.swap(t, old, &f)
	}
}

// forget removes an actor from the followers of all actors of ours.
func forget(t *tx, actor coop.IRI) {
	for _, k := range t.keys(bFollowerCoops, prefix(actor)) {
		n := k[len(actor)+1:]
		followers.remove(t, followers.get(t, key(string(n), string(actor))))
	}
}

// FollowedFrom reports whether an actor whose id begins with origin, which ends with
// a slash, follows an actor of ours and was accepted.
func (db *DB) FollowedFrom(ctx context.Context, n coop.Name, origin coop.IRI) (found bool, err error) {
	err = db.view(ctx, "store.FollowedFrom", func(t *tx) error {
		for k := range t.scan(bFollowers, cat(prefix(string(n)), []byte(origin)), nil) {
			if f := followers.get(t, k); f != nil && f.State == coop.FollowAccepted {
				found = true
				return nil
			}
		}
		return nil
	})
	return found, err
}
