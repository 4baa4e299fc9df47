// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"slices"
	"time"

	"plenum/coop"
)

// docRow is a document with its place in the outbox of its actor: the number of
// documents that were listed there up to it, 0 for one that is not listed.
type docRow struct {
	coop.Document
	Turn uint64 `json:"turn,omitempty"`
}

var documents = table[docRow]{
	bucket: bDocuments,
	key:    func(d *docRow) []byte { return key(d.ID) },
	index: func(d *docRow) (es []entry) {
		if d.Post != "" {
			es = append(es, entry{bPostDocuments, key(d.Post, d.ID), nil})
		}
		if d.Turn > 0 && d.Gone.IsZero() {
			es = append(es, entry{bOutbox, cat(prefix(d.Actor), number(d.Turn)), []byte(d.ID)})
		}
		if d.OfItsTime() {
			at := d.At
			if timeKey(at) == nil {
				at = d.ID.Time()
			}
			es = append(es, entry{bDocumentAges, dueKey(at, d.ID), nil})
		}
		if d.said() {
			es = append(es, entry{bDocumentActors, cat(prefix(d.Actor), key(d.ID)), nil})
		}
		return es
	},
	totals: func(d *docRow) (names []string) {
		if d.Turn > 0 && d.Gone.IsZero() {
			names = append(names, "outbox "+string(d.Actor))
		}
		if d.said() {
			names = append(names, saidTotal(d.Actor))
		}
		return names
	},
}

// send stores what a change tells the world.
func send(t *tx, out coop.Outgoing) error {
	for _, d := range out.Documents {
		if len(d.Body) == 0 {
			return coop.Fail(coop.Invalid, "", "a document without a body cannot be sent")
		}
		if t.has(bDocuments, key(d.ID)) {
			return coop.Fail(coop.Conflict, "", "there is a document of that id already")
		}
		if d.Forwarded != "" && (d.Post != "" || d.Listed) {
			return coop.Fail(coop.Invalid, "", "what is passed on is about no post of ours and stands in no outbox")
		}
		row := docRow{Document: d}
		row.Gone = time.Time{}
		if d.Listed {
			row.Turn = t.add(bTurns, key(d.Actor), 1)
		}
		documents.swap(t, nil, &row)
		t.put(bBodies, key(d.ID), d.Body)
	}
	for _, f := range out.Fans {
		if err := fanOut(t, f); err != nil {
			return err
		}
	}
	for _, d := range out.Deliveries {
		if err := enqueue(t, d); err != nil {
			return err
		}
	}
	for _, r := range out.Received {
		keep(t, r)
	}
	for _, c := range out.Comments {
		replied(t, c)
	}
	for _, r := range out.Reactions {
		reacted(t, r)
	}
	for _, a := range out.Arrivals {
		arrive(t, a)
	}
	if err := settleProposal(t, out.Settles); err != nil {
		return err
	}
	if out.Decision != (coop.Decision{}) {
		if err := decide(t, out.Decision); err != nil {
			return err
		}
	}
	remember(t, out.Answer)
	return nil
}

// Reply stores what is answered to an activity that changes nothing here.
func (db *DB) Reply(ctx context.Context, out coop.Outgoing, seen coop.Seen) error {
	return db.write(ctx, "store.Reply", func(t *tx) error {
		if !notice(t, seen) {
			return nil
		}
		return send(t, out)
	})
}

// burn makes a document Gone: its body is erased, the outbox forgets it.
func burn(t *tx, id coop.ID, at time.Time) {
	old := documents.get(t, key(id))
	if old == nil || !old.Gone.IsZero() {
		return
	}
	row := *old
	row.Gone = at
	documents.swap(t, old, &row)
	t.del(bBodies, key(id))
}

// documentsOf returns the ids of all documents of an actor of ours.
func documentsOf(t *tx, n coop.Name) (ids []coop.ID) {
	for d := range documents.all(t, every()) {
		if d.Actor == n {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// Document returns an activity of ours with its body. One whose post or actor was
// deleted is returned without a body, together with a Gone error.
func (db *DB) Document(ctx context.Context, id coop.ID) (d coop.Document, err error) {
	err = db.view(ctx, "store.Document", func(t *tx) error {
		row := documents.get(t, key(id))
		if row == nil || row.Forwarded != "" {
			return coop.Fail(coop.NotFound, "", "there is no such activity")
		}
		d = row.Document
		if !d.Gone.IsZero() {
			return coop.Fail(coop.Gone, "", "what this activity was about was deleted")
		}
		if d.Body = t.copyOf(bBodies, key(id)); d.Body == nil {
			return coop.Fail(coop.Internal, "", "the body of a document is missing")
		}
		return nil
	})
	return d, err
}

// Outbox returns a page of the outbox of an actor of ours, newest first, how many
// documents are listed in all and how many pages there are. Page 0 is the newest
// per documents. Page k from 1 on has what was listed as number (k-1)*per+1 to
// k*per, the oldest being number 1: a page that is full never gets other
// documents, it only loses those that were withdrawn.
func (db *DB) Outbox(ctx context.Context, n coop.Name, page, per int) (docs []coop.Document, total, pages int, err error) {
	if per <= 0 || page < 0 {
		return nil, 0, 0, coop.Fail(coop.Invalid, "store.Outbox", "there is no such page")
	}
	err = db.view(ctx, "store.Outbox", func(t *tx) error {
		total = t.total("outbox " + string(n))
		ever := int(toNumber(t.get(bTurns, key(n))))
		pages = (ever + per - 1) / per
		if page > pages {
			return coop.Fail(coop.NotFound, "", "there is no such page")
		}
		first, before := uint64(0), []byte(nil)
		if page > 0 {
			first = uint64(page-1)*uint64(per) + 1
			before = cat(prefix(n), number(first+uint64(per)))
		}
		for k, id := range t.scanBack(bOutbox, prefix(n), before) {
			if len(docs) == per || toNumber(k[len(k)-8:]) < first {
				break
			}
			row := documents.get(t, id)
			if row == nil {
				return coop.Fail(coop.Internal, "", "the outbox lists a document that is missing")
			}
			d := row.Document
			d.Body = t.copyOf(bBodies, id)
			docs = append(docs, d)
		}
		return nil
	})
	return docs, total, pages, err
}

// Place returns the document of a place.
func (db *DB) Place(ctx context.Context, hash string) (body []byte, err error) {
	err = db.view(ctx, "store.Place", func(t *tx) error {
		if body = t.copyOf(bPlaces, key(hash)); body == nil {
			return coop.Fail(coop.NotFound, "", "there is no such place")
		}
		return nil
	})
	return body, err
}

// unpublish makes the documents of a post Gone, the instance actor's Announce
// among them, supersedes what waits to be delivered, takes back what followers on
// this instance were given and what it said as a comment, and removes all that was
// replied to it, what co-ops of ours said of it, what it showed, and how it was before.
func unpublish(t *tx, p coop.Post, at time.Time) {
	var ids []coop.ID
	for _, k := range t.keys(bPostDocuments, prefix(p.ID)) {
		ids = append(ids, coop.ID(k[len(k)-idLen:]))
	}
	for _, id := range []coop.ID{p.Activity, p.Announce} {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		burn(t, id, at)
	}
	stopFans(t, func(f *fanRow) bool { return f.Post == p.ID })
	supersedePost(t, p.ID)
	for _, k := range objectKeys(t, p) {
		discard(t, received.get(t, k))
		dropComment(t, comments.get(t, k))
	}
	unanswer(t, p.ID)
	unsay(t, p.ID, at)
	unpin(t, p)
	hideFiles(t, &p)
	dropRevisions(t, p.ID)
}

// objectKeys are the keys that the object of a post can have: the store does not
// know which scheme ids have.
func objectKeys(t *tx, p coop.Post) (list [][]byte) {
	for _, insecure := range []bool{false, true} {
		list = append(list, key(coop.Site{Domain: t.domain(), HTTP: insecure}.Object(p.Kind, p.ID)))
	}
	return list
}

func (t *tx) domain() string { return string(t.get(bMeta, []byte("domain"))) }
