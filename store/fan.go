// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"plenum/coop"
)

// fanRow is a fan that is not finished: from where it goes on. Fans go on in the
// order in which they were stored, so that no inbox gets an Update before the
// Create.
type fanRow struct {
	Document coop.ID     `json:"document"`
	Turn     coop.ID     `json:"turn,omitempty"` // its place among the fans: the id of a document is by a clock that may be set back
	Actor    coop.Name   `json:"actor"`
	Type     string      `json:"type"`
	Post     coop.ID     `json:"post,omitempty"`
	Names    []coop.Name `json:"names"`
	Others   []coop.IRI  `json:"others,omitempty"` // inboxes that have their delivery already
	First    bool        `json:"first,omitempty"`
	Except   string      `json:"except,omitempty"` // a host that is left out
	At       int         `json:"at"`               // which of Names is walked
	After    coop.IRI    `json:"after,omitempty"`  // the last of its inboxes that has its delivery
}

var fans = table[fanRow]{
	bucket: bFans,
	key:    func(f *fanRow) []byte { return key(f.Document) },
}

// target is an inbox to which a fan goes.
type target struct {
	inbox  coop.IRI
	actors []coop.IRI // of an inbox that no follower has
	reach  coop.Reach
}

// fanOut makes a delivery of a document, which is stored already, for each inbox
// of a fan. Where another fan of its post is not finished it takes its turn.
func fanOut(t *tx, f coop.Fan) error {
	doc := documents.get(t, key(f.Document))
	if doc == nil {
		return coop.Fail(coop.Invalid, "", "a fan needs its document")
	}
	turn, err := t.newID()
	if err != nil {
		return err
	}
	row := &fanRow{Document: doc.ID, Turn: turn, Actor: doc.Actor, Type: doc.Type, Post: doc.Post, Names: f.Names, First: f.First, Except: f.Except}
	waits := doc.Post != "" && spreads(t, doc.Post)
	if waits { // an inbox of followers may still have to get from that fan what goes before this
		f.Others = slices.DeleteFunc(slices.Clone(f.Others), func(b coop.Box) bool { return followed(t, f.Names, string(b.Inbox)+"\x00") })
	}
	first := others(t, f.Others)
	for _, o := range first {
		row.Others = append(row.Others, o.inbox)
	}
	if waits {
		fans.put(t, row)
		return spreadTo(t, row, first)
	}
	list, done := row.next(t, t.bounds.fan)
	if !done {
		fans.put(t, row)
	}
	return spreadTo(t, row, append(first, list...))
}

// gather turns the fans of out into deliveries, however many there are.
func gather(t *tx, out coop.Outgoing) coop.Outgoing {
	for _, f := range out.Fans {
		row := &fanRow{Names: f.Names, Except: f.Except}
		list := others(t, f.Others)
		for _, o := range list {
			row.Others = append(row.Others, o.inbox)
		}
		more, _ := row.next(t, int(^uint(0)>>1))
		i := slices.IndexFunc(out.Documents, func(d coop.Document) bool { return d.ID == f.Document })
		if i < 0 {
			t.fail(coop.Fail(coop.Invalid, "", "a fan needs its document"))
			return out
		}
		d := out.Documents[i]
		for _, to := range append(list, more...) {
			out.Deliveries = append(out.Deliveries, t.delivery(&fanRow{Document: d.ID, Actor: d.Actor, Type: d.Type, Post: d.Post}, to))
		}
	}
	out.Fans = nil
	return out
}

// Spread goes on with fans that are not finished, for one step. more says that
// there is something left to do.
func (db *DB) Spread(ctx context.Context) (more bool, err error) {
	find := func(t *tx) error {
		more = t.first(bFans, every()) != nil
		return nil
	}
	if err := db.view(ctx, "store.Spread", find); err != nil || !more {
		return false, err
	}
	err = db.write(ctx, "store.Spread", func(t *tx) error {
		more = false
		f := firstFan(t)
		if f == nil {
			return t.err
		}
		row := *f
		list, done := row.next(t, t.bounds.fanStep)
		if done {
			fans.remove(t, f)
		} else {
			fans.swap(t, f, &row)
		}
		more = t.first(bFans, every()) != nil
		return spreadTo(t, &row, list)
	})
	return more, err
}

// stopFans ends those fans that have become pointless.
func stopFans(t *tx, pointless func(*fanRow) bool) {
	var list []*fanRow
	for f := range fans.all(t, every()) {
		if pointless(f) {
			list = append(list, f)
		}
	}
	for _, f := range list {
		fans.remove(t, f)
	}
}

// firstFan is the fan whose turn it is.
func firstFan(t *tx) (first *fanRow) {
	for f := range fans.all(t, every()) {
		if first == nil || f.Turn < first.Turn {
			first = f
		}
	}
	return first
}

// spreads reports whether a fan of a post is not finished.
func spreads(t *tx, post coop.ID) bool {
	for f := range fans.all(t, every()) {
		if f.Post == post {
			return true
		}
	}
	return false
}

// others are the inboxes that a fan names, each once, without those on this
// instance.
func others(t *tx, boxes []coop.Box) (list []target) {
	hosts, taken := map[string]bool{}, map[coop.IRI]bool{}
	for _, b := range boxes {
		host := coop.HostOf(b.Inbox)
		if host == t.domain() || taken[b.Inbox] {
			continue
		}
		taken[b.Inbox] = true
		o := target{inbox: b.Inbox, actors: b.Actors, reach: coop.Reach{Followers: len(b.Actors)}}
		if !hosts[host] {
			hosts[host] = true
			o.reach.Servers = 1
		}
		list = append(list, o)
	}
	return list
}

// spreadTo stores the deliveries of a document to some inboxes.
func spreadTo(t *tx, f *fanRow, list []target) error {
	if len(list) > 0 && !t.has(bBodies, key(f.Document)) {
		return nil // what it is about was deleted
	}
	for _, to := range list {
		d := t.delivery(f, to)
		if t.err != nil {
			return t.err
		}
		if f.First {
			d.Next = t.ahead(d.Host, d.Next)
		}
		putDelivery(t, nil, d)
	}
	return nil
}

func (t *tx) delivery(f *fanRow, to target) coop.Delivery {
	id, err := t.newID()
	if err != nil {
		t.fail(err)
	}
	return coop.Delivery{
		ID: id, Document: f.Document, Actor: f.Actor, Type: f.Type, Post: f.Post, Inbox: to.inbox, Host: coop.HostOf(to.inbox),
		Actors: to.actors, Reach: to.reach, State: coop.Waiting, Created: t.now, Next: t.now,
	}
}

// ahead is a moment before all that is due at a host at now.
func (t *tx) ahead(host string, now time.Time) time.Time {
	p := prefix(host)
	if k := t.first(bDue, p); k != nil {
		if at := keyTime(k[len(p):]); !at.After(now) {
			return at.Add(-1)
		}
	}
	return now
}

// next returns the next inboxes of a fan, at most so many, and notes how far it
// has come. done says that there are no more.
func (f *fanRow) next(t *tx, most int) (list []target, done bool) {
	known := map[string]bool{t.domain(): true}
	if f.After != "" { // its host may have more inboxes
		known[coop.HostOf(f.After)] = true
	}
	named := make(map[coop.IRI]bool, len(f.Others))
	for _, o := range f.Others {
		known[coop.HostOf(o)], named[o] = true, true
	}
	for ; f.At < len(f.Names); f.At, f.After = f.At+1, "" {
		for box := range f.boxes(t) {
			if len(list) == most {
				return list, false
			}
			f.After = box
			host := coop.HostOf(box)
			if host == t.domain() || host == f.Except || named[box] || f.earlier(t, string(box)+"\x00") {
				continue
			}
			to := target{inbox: box, reach: coop.Reach{Followers: f.followers(t, box)}}
			if !known[host] && !f.earlier(t, origin(box)) {
				to.reach.Servers = 1
			}
			known[host] = true
			list = append(list, to)
		}
	}
	return list, true
}

// boxes walks the inboxes of the followers of the name that f has come to, each
// once. Nothing may be written meanwhile.
func (f *fanRow) boxes(t *tx) func(func(coop.IRI) bool) {
	return func(yield func(coop.IRI) bool) {
		p := prefix(f.Names[f.At])
		var from []byte
		if f.After != "" {
			from = after(cat(p, []byte(f.After), []byte{0}))
		}
		last := ""
		for k := range t.scan(bBoxes, p, from) {
			box, _, _ := bytes.Cut(k[len(p):], []byte{0})
			if string(box) == last {
				continue
			}
			last = string(box)
			if !yield(coop.IRI(last)) {
				return
			}
		}
	}
}

// earlier reports whether an inbox that begins so was walked for an earlier name.
func (f *fanRow) earlier(t *tx, begins string) bool { return followed(t, f.Names[:f.At], begins) }

// followed reports whether a follower of one of the names has an inbox that begins
// so.
func followed(t *tx, names []coop.Name, begins string) bool {
	return slices.ContainsFunc(names, func(n coop.Name) bool {
		return t.first(bBoxes, cat(prefix(n), []byte(begins))) != nil
	})
}

// passed reports whether an inbox of a follower of a name would have been walked.
func (f *fanRow) passed(n coop.Name, box coop.IRI) bool {
	at := slices.Index(f.Names, n)
	return at >= 0 && (at < f.At || at == f.At && box <= f.After)
}

// overtake gives a follower who moves what the fans that go on would not bring any
// more: they have passed the new inbox, and not come to the old one yet.
func overtake(t *tx, old *coop.Follower, box coop.IRI) {
	if old.State != coop.FollowAccepted || coop.HostOf(box) == t.domain() {
		return
	}
	var missed []*fanRow
	for f := range fans.all(t, every()) {
		if slices.Contains(f.Names, old.Coop) && f.Except != coop.HostOf(box) && !f.passed(old.Coop, old.Box) && f.passed(old.Coop, box) &&
			!slices.Contains(f.Others, box) && !followed(t, f.Names, string(box)+"\x00") {
			missed = append(missed, f)
		}
	}
	for _, f := range missed {
		if err := spreadTo(t, f, []target{{inbox: box, reach: coop.Reach{Followers: 1}}}); err != nil {
			t.fail(err)
		}
	}
}

// followers counts who is delivered to at an inbox, of all names of the fan.
func (f *fanRow) followers(t *tx, box coop.IRI) (n int) {
	for i, name := range f.Names[f.At:] {
		p := prefix(string(name), string(box))
		for k := range t.scan(bBoxes, p, nil) {
			actor := string(k[len(p):])
			counted := slices.ContainsFunc(f.Names[f.At:f.At+i], func(n coop.Name) bool {
				return t.has(bBoxes, key(string(n), string(box), actor))
			})
			if !counted {
				n++
			}
		}
	}
	return n
}

// origin is an IRI up to the slash behind its host: another inbox on the same host
// begins with it.
func origin(i coop.IRI) string {
	s := string(i)
	at := strings.Index(s, "://")
	if end := strings.IndexByte(s[at+3:], '/'); at >= 0 && end >= 0 {
		return s[:at+3+end+1]
	}
	return s
}

// newID makes an id for a delivery. Those of one verb come behind those of every
// verb before it, whatever the clock says meanwhile: their order is the order in
// which one inbox gets what is about one post.
func (t *tx) newID() (coop.ID, error) {
	if t.turn == 0 {
		t.turn = t.db.takeTurn()
		if _, err := io.ReadFull(t.db.random, t.entropy[:]); err != nil {
			return "", err
		}
	}
	for i := len(t.entropy) - 1; i >= 0; i-- { // and those of one verb behind each other
		if t.entropy[i]++; t.entropy[i] != 0 {
			break
		}
	}
	return coop.NewID(time.UnixMilli(t.turn), bytes.NewReader(t.entropy[:]))
}

func (db *DB) takeTurn() int64 {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.turn = max(db.turn+1, db.now().UnixMilli())
	return db.turn
}

// lastTurn is the millisecond of the newest delivery in the file.
func lastTurn(b *bbolt.Tx) int64 {
	k, _ := b.Bucket([]byte(bDeliveries)).Cursor().Last()
	at := coop.ID(k).Time()
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}
