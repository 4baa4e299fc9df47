// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"plenum/coop"
)

const (
	moderationStep = 500                 // how many rows a verb that may concern very many changes in one transaction
	expelLook      = 10 * moderationStep // how many are looked for at once
)

// Expel removes a part of what came from a domain, with all names below it, or from
// one actor: who follows and is followed, what it said, how it answered, what it
// sent, what it complained about, what is known of it, and what waits to be
// delivered there. Seats that become free go to those who wait for them, who are
// told. more says that there may be something left; where nothing is, the rule that
// refuses the target is swept. It looks for rows in transactions that only read and
// removes them in several that write.
func (db *DB) Expel(ctx context.Context, target string, tell coop.TellFunc) (more bool, err error) {
	const op = "store.Expel"
	w := whose{target: target, host: db.domain}
	for _, s := range w.stages(tell) {
		var found [][]byte
		err := db.view(ctx, op, func(t *tx) error {
			found = s.find(t, expelLook)
			return nil
		})
		if err != nil {
			return true, err
		}
		for step := range slices.Chunk(found, moderationStep) {
			err := db.write(ctx, op, func(t *tx) error {
				for _, k := range step {
					if err := s.remove(t, k); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return true, err
			}
		}
		if len(found) > 0 {
			return true, nil
		}
	}
	return false, db.write(ctx, op, func(t *tx) error {
		if old := rules.get(t, key(target)); old != nil && old.Level == coop.RuleRefuse && old.Swept.IsZero() {
			r := *old
			r.Swept = t.now
			rules.swap(t, old, &r)
		}
		return nil
	})
}

// whose says whose rows are meant: those of a domain or of an actor.
type whose struct {
	target string
	host   string // ours, which is never meant
}

func (w whose) byActor() bool { return coop.Rule{Target: w.target}.ByActor() }

// is reports whether an actor is meant. A rule about an actor is one about its
// document, of which the fragment names a part.
func (w whose) is(id coop.IRI) bool {
	if w.byActor() {
		return string(id.WithoutFragment()) == w.target && coop.HostOf(id) != w.host
	}
	return w.on(coop.HostOf(id))
}

// on reports whether a host is meant.
func (w whose) on(host string) bool { return host != w.host && coop.UnderDomain(host, w.target) }

// keys walks the keys of an index that begin with the id of an actor who is meant,
// and returns at most so many of those that are good. Hosts that are not meant are
// passed at one step each.
func (w whose) keys(t *tx, index string, most int, good func(k []byte) bool) (list [][]byte) {
	from := every()
	if w.byActor() {
		from = []byte(w.target)
	}
	for from != nil && len(list) < most {
		var next []byte
		for k := range t.scan(index, every(), from) {
			if len(list) == most {
				break
			}
			id, _, _ := bytes.Cut(k, []byte{0})
			if !w.is(coop.IRI(id)) {
				next = w.beyond(k, id)
				break
			}
			if good(k) {
				list = append(list, bytes.Clone(k))
			}
		}
		from = next
	}
	return list
}

// beyond is where to go on behind a key of an actor who is not meant.
func (w whose) beyond(k, id []byte) []byte {
	if w.byActor() { // what belongs to it stands together, and what to the parts of its document
		if part := []byte(w.target + "#"); bytes.Compare(part, k) > 0 {
			return part
		}
		return nil
	}
	next := after(append(slices.Clone(originOf(id)), '/'))
	if bytes.Compare(next, k) <= 0 {
		return append(bytes.Clone(k), 0)
	}
	return next
}

// stage is one kind of rows that are removed.
type stage struct {
	find   func(t *tx, most int) [][]byte
	remove func(t *tx, k []byte) error
}

// stages are what is removed, in this order: whoever waits for a seat goes before
// those who have one, so that none of them is promoted; what is known of an actor
// goes last, since it tells which inbox is its own.
func (w whose) stages(tell coop.TellFunc) []stage {
	follow := func(_ *tx, k []byte) []byte {
		actor, n, _ := bytes.Cut(k, []byte{0})
		return key(string(n), string(actor))
	}
	return []stage{
		indexed(w, bFollowerCoops, followers, follow, nil, remover(followers)),
		indexed(w, bFollowingCoops, followings, follow, nil, remover(followings)),
		indexed(w, bCommentBy, comments, behind(0), nil, func(t *tx, c *coop.Comment) error {
			dropComment(t, c)
			return t.err
		}),
		indexed(w, bReactionBy, reactions, replyOf(bReactionBy), nil, remover(reactions)),
		w.rsvps(tell, func(r *coop.RSVP) bool { return r.State != coop.RSVPGoing }),
		w.rsvps(tell, nil),
		indexed(w, bReceivedVia, received, behind(timeLen), nil, discarded),
		indexed(w, bReceivedBy, received, behind(0), nil, discarded),
		w.complaints(),
		w.arrivals(),
		w.deliveries(),
		indexed(w, bActors, actors, func(_ *tx, k []byte) []byte { return k }, nil, remover(actors)),
		w.servers(),
	}
}

// indexed removes rows of a table that are found by an index whose keys begin with
// the id of the actor. row makes the key of the row of such a key; where only is not
// nil, those rows alone are meant of which it says so.
func indexed[T any](w whose, index string, tb table[T], row func(t *tx, k []byte) []byte, only func(*T) bool, remove func(*tx, *T) error) stage {
	return stage{
		find: func(t *tx, most int) (list [][]byte) {
			good := func(k []byte) bool { // one that belongs to no row is for Verify to find
				if only == nil {
					return t.has(tb.bucket, row(t, k))
				}
				r := tb.get(t, row(t, k))
				return r != nil && only(r)
			}
			for _, k := range w.keys(t, index, most, good) {
				list = append(list, bytes.Clone(row(t, k)))
			}
			return list
		},
		remove: func(t *tx, k []byte) error {
			if r := tb.get(t, k); r != nil {
				return remove(t, r)
			}
			return t.err
		},
	}
}

func remover[T any](tb table[T]) func(*tx, *T) error {
	return func(t *tx, row *T) error {
		tb.remove(t, row)
		return t.err
	}
}

func discarded(t *tx, r *coop.Received) error {
	discard(t, r)
	return t.err
}

// behind takes for the key of a row what stands behind the actor and so many bytes
// more.
func behind(between int) func(*tx, []byte) []byte {
	return func(_ *tx, k []byte) []byte {
		_, rest, _ := bytes.Cut(k, []byte{0})
		if len(rest) < between {
			return nil
		}
		return rest[between:]
	}
}

// replyOf takes for the key of a row what stands in the index under the actor and
// its activity, with the actor behind it.
func replyOf(index string) func(*tx, []byte) []byte {
	return func(t *tx, k []byte) []byte {
		actor, _, _ := bytes.Cut(k, []byte{0})
		return cat(t.copyOf(index, k), []byte{0}, actor)
	}
}

// rsvps removes answers to events; only chooses among them.
func (w whose) rsvps(tell coop.TellFunc, only func(*coop.RSVP) bool) stage {
	return indexed(w, bRSVPBy, rsvps, replyOf(bRSVPBy), only, func(t *tx, r *coop.RSVP) error {
		return unseat(t, []*coop.RSVP{r}, tell)
	})
}

// named is the host that stands in every row of those who are meant.
func (w whose) named() []byte {
	if w.byActor() {
		return []byte(coop.HostOf(coop.IRI(w.target)))
	}
	return []byte(strings.ToLower(w.target))
}

// complaints removes what was complained about. All rows are looked at; those that
// do not have the host in them need not be decoded.
func (w whose) complaints() stage {
	host := w.named()
	return stage{
		find: func(t *tx, most int) (list [][]byte) {
			for k, data := range t.scan(bComplaints, every(), nil) {
				if len(list) == most || !bytes.Contains(bytes.ToLower(data), host) {
					continue
				}
				if c := complaints.get(t, k); c != nil && w.is(c.By) {
					list = append(list, bytes.Clone(k))
				}
			}
			return list
		},
		remove: func(t *tx, k []byte) error {
			complaints.remove(t, complaints.get(t, k))
			return t.err
		},
	}
}

// arrivals removes what the inboxes of co-ops tell of those who are meant. They are
// few enough to look at all; those that do not have the host in them need not be
// decoded.
func (w whose) arrivals() stage {
	host := w.named()
	return stage{
		find: func(t *tx, most int) (list [][]byte) {
			for k, data := range t.scan(bArrivals, every(), nil) {
				if len(list) == most || !bytes.Contains(bytes.ToLower(data), host) {
					continue
				}
				if a := arrivals.get(t, k); a != nil && w.is(a.Actor) {
					list = append(list, bytes.Clone(k))
				}
			}
			return list
		},
		remove: func(t *tx, k []byte) error {
			t.del(bArrivals, k)
			return t.err
		},
	}
}

// servers removes what the hosts said of themselves.
func (w whose) servers() stage {
	return stage{
		find: func(t *tx, most int) (list [][]byte) {
			if w.byActor() {
				return nil
			}
			for k := range t.scan(bServers, every(), nil) {
				if len(list) < most && w.on(string(k)) {
					list = append(list, bytes.Clone(k))
				}
			}
			return list
		},
		remove: func(t *tx, k []byte) error {
			servers.remove(t, servers.get(t, k))
			return t.err
		},
	}
}

// deliveries gives up what waits to be delivered to the hosts of a domain, or to an
// inbox that is an actor's own.
func (w whose) deliveries() stage {
	return stage{
		find: func(t *tx, most int) (list [][]byte) {
			own := w.inbox(t)
			for _, s := range []coop.DeliveryState{coop.Waiting, coop.Held} {
				p := prefix(s)
				for k, host := range t.scan(bDeliveryStates, p, nil) {
					if len(list) == most {
						return list
					}
					if w.goes(t, k[len(p):], string(host), own) {
						list = append(list, bytes.Clone(k[len(p):]))
					}
				}
			}
			return list
		},
		remove: func(t *tx, k []byte) error {
			if d := deliveries.get(t, k); d != nil && !d.State.Final() {
				end(t, d, coop.Dead, coop.Attempt{At: t.now, Cause: coop.CauseDropped, Reason: "nothing is sent there any more: the instance refuses " + w.target})
			}
			return t.err
		},
	}
}

// inbox is the inbox that an actor has for itself, empty where there is none.
func (w whose) inbox(t *tx) coop.IRI {
	if a := actors.get(t, []byte(w.target)); w.byActor() && a != nil && a.Inbox != a.SharedInbox {
		return a.Inbox
	}
	return ""
}

// goes reports whether a delivery to a host goes to those who are meant, and to
// nobody else.
func (w whose) goes(t *tx, id []byte, host string, own coop.IRI) bool {
	if !w.byActor() {
		return w.on(host)
	}
	if host != coop.HostOf(own) && host != coop.HostOf(coop.IRI(w.target)) {
		return false
	}
	d := deliveries.get(t, id)
	if d == nil {
		return false
	}
	alone := len(d.Actors) > 0 && !slices.ContainsFunc(d.Actors, func(a coop.IRI) bool { return !w.is(a) })
	return alone || own != "" && d.Inbox == own
}
