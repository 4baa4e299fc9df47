// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"strconv"
	"time"

	"plenum/coop"
)

// What a store must do with comments that are passed on to followers. AP §7.1.2.

func commentIsPassedOnOnce(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	c := f.comment(post, anna, "1")
	c.State, c.Forward, c.Raw = coop.CommentHeld, true, []byte(`{"type":"Create"}`)
	early := f.out("Create", "komona", "", false, bbox)
	_, err := f.KeepComment(ctx, c, coop.Seen{}, early)
	f.ok(err)
	f.unsent(early)
	got, err := f.Comment(ctx, c.Object)
	f.ok(err)
	f.same(got, c)

	again := f.comment(post, anna, "1") // by an Update that says the same
	again.State, again.Updated = coop.CommentHeld, f.now.Add(time.Second)
	f.keep(again)
	got, err = f.Comment(ctx, c.Object)
	f.ok(err)
	f.same(string(got.Raw), string(c.Raw))

	out := f.out("Create", "komona", "", false, bbox)
	before := f.Generation()
	got, err = f.DecideComment(ctx, c.Object, coop.CommentShown, f.decision("comment show"), out)
	f.ok(err)
	f.same(got.Forward, false)
	f.same(f.Generation() > before, true)
	_, err = f.Document(ctx, out.Documents[0].ID)
	f.ok(err)
	got, err = f.Comment(ctx, c.Object)
	f.ok(err)
	f.same(got.State, coop.CommentShown)
	f.same(got.Raw, []byte(nil))
	twice := f.out("Create", "komona", "", false, bbox)
	_, err = f.DecideComment(ctx, c.Object, coop.CommentShown, f.decision("comment show"), twice)
	f.ok(err)
	f.unsent(twice)
}

// changedIsNotPassedOn: what is kept to be passed on is the first version, which
// nobody approves by approving another.
func changedIsNotPassedOn(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	c := f.comment(post, anna, "1")
	c.State, c.Forward, c.Raw = coop.CommentHeld, true, []byte(`{"type":"Create"}`)
	f.keep(c)
	out := f.out("Create", "komona", "", false, bbox) // made before the Update came
	changed := f.comment(post, anna, "1")
	changed.State, changed.Body, changed.Updated = coop.CommentHeld, "<p>new</p>", f.now.Add(time.Second)
	f.keep(changed)
	got, err := f.Comment(ctx, c.Object)
	f.ok(err)
	f.same(got.Forward, false)
	f.same(got.Raw, []byte(nil))
	got, err = f.DecideComment(ctx, c.Object, coop.CommentShown, f.decision("comment show"), out)
	f.ok(err)
	f.same(got.Body, "<p>new</p>")
	f.unsent(out)
}

// recalledIsNotLeased: what passes on a comment that is not shown any more is not
// sent to those who have not got it, and waits for nothing.
func recalledIsNotLeased(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	for k, gone := range []func(c coop.Comment){
		func(c coop.Comment) {
			_, err := f.DecideComment(ctx, c.Object, coop.CommentRejected, f.decision("comment reject"), coop.Outgoing{})
			f.ok(err)
		},
		func(c coop.Comment) { f.ok(f.Drop(ctx, c.Object, c.By, coop.Seen{})) },
		func(coop.Comment) {},
	} {
		c := f.comment(post, anna, strconv.Itoa(k))
		c.Forward, c.Raw = true, []byte(`{"type":"Create"}`)
		out := f.out("Create", "komona", "", false, bbox)
		out.Documents[0].Forwarded, out.Documents[0].Comment = c.Activity, c.Object
		_, err := f.KeepComment(ctx, c, coop.Seen{}, out)
		f.ok(err)
		gone(c)
		ids, _ := f.lease(f.request())
		f.same(len(ids), k/2)
		got, err := f.Delivery(ctx, out.Deliveries[0].ID)
		f.ok(err)
		f.same(got.State, []coop.DeliveryState{coop.Superseded, coop.Superseded, coop.Waiting}[k])
	}
}

// recallIsTold: followers who got a comment are told of its end; where nobody knows
// any more who did, all who follow.
func recallIsTold(f *fixture) {
	ctx := f.Context()
	const late coop.IRI = "https://late.example/inbox"
	post := f.publish(f.note("komona", "one")).ID
	f.done()
	f.ok(f.AcceptFollow(ctx, f.follower("komona", bert, bbox), f.seen(bert, "f"), coop.Outgoing{}))
	for k, c := range []struct {
		sent, forgotten, forwarded bool
		who                        coop.IRI
		want                       []coop.IRI
	}{
		{true, false, true, anna, []coop.IRI{bbox}},
		{false, false, true, anna, nil}, // nobody has got it
		{true, true, true, anna, []coop.IRI{bbox, late}},
		{true, false, false, anna, nil},
		{true, false, true, bert, nil}, // somebody else's
	} {
		said := f.comment(post, anna, strconv.Itoa(k))
		said.Forward, said.Raw = true, []byte(`{"type":"Create"}`)
		var out coop.Outgoing
		if c.forwarded {
			out = f.out("Create", "komona", "", false, bbox)
			out.Documents[0].Forwarded, out.Documents[0].Comment = said.Activity, said.Object
		}
		_, err := f.KeepComment(ctx, said, coop.Seen{}, out)
		f.ok(err)
		if c.sent {
			f.done()
		}
		if c.forgotten {
			f.prune(f.now.AddDate(0, 0, 40))
			f.ok(f.AcceptFollow(ctx, f.follower("komona", late, late), f.seen(late, "f"), coop.Outgoing{}))
		}
		end := f.out("Delete", "komona", "", false)
		end.Documents[0].Forwarded, end.Fans = said.Object+"/delete", []coop.Fan{{Document: end.Documents[0].ID, Names: []coop.Name{"komona"}}}
		f.ok(f.Recall(ctx, said.Object, c.who, coop.Seen{}, end))
		var told []coop.IRI
		list, err := f.Deliveries(ctx, coop.DeliveryFilter{State: coop.Waiting})
		f.ok(err)
		for _, d := range list {
			if d.Type == "Delete" {
				told = append(told, d.Inbox)
			}
		}
		f.same(told, c.want)
		f.done()
	}
}

// recallIsToldLate: of who got a comment long ago only those are known to whom it
// still waits to be given.
func recallIsToldLate(f *fixture) {
	ctx := f.Context()
	post := f.publish(f.note("komona", "one")).ID
	f.done()
	f.ok(f.AcceptFollow(ctx, f.follower("komona", bert, bbox), f.seen(bert, "f"), coop.Outgoing{}))
	const slow coop.IRI = "https://slow.example/inbox"
	c := f.comment(post, anna, "1")
	c.Forward, c.Raw = true, []byte(`{"type":"Create"}`)
	out := f.out("Create", "komona", "", false, bbox, slow)
	out.Documents[0].Forwarded, out.Documents[0].Comment, out.Documents[0].At = c.Activity, c.Object, f.now.AddDate(0, 0, -40)
	_, err := f.KeepComment(ctx, c, coop.Seen{}, out)
	f.ok(err)
	_, err = f.Hold(ctx, coop.DeliveryFilter{Host: "slow.example"})
	f.ok(err)
	f.done()
	f.prune(f.now.AddDate(0, 0, 31))
	end := f.out("Delete", "komona", "", false)
	end.Documents[0].Forwarded, end.Fans = c.Object+"/delete", []coop.Fan{{Document: end.Documents[0].ID, Names: []coop.Name{"komona"}}}
	f.ok(f.Recall(ctx, c.Object, anna, coop.Seen{}, end))
	list, err := f.Deliveries(ctx, coop.DeliveryFilter{State: coop.Waiting})
	f.ok(err)
	inboxes := []coop.IRI{}
	for _, d := range list {
		inboxes = append(inboxes, d.Inbox)
	}
	f.same(inboxes, []coop.IRI{bbox})
}

// unsent checks that nothing of out was stored.
func (f *fixture) unsent(out coop.Outgoing) {
	f.Helper()
	for _, d := range out.Documents {
		_, err := f.Document(f.Context(), d.ID)
		f.fails(err, coop.NotFound)
	}
}
