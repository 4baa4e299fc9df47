// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"fmt"
	"time"

	"plenum/coop"
)

func documentTests() []test {
	return []test{
		{"a document comes back with its body", documentComesBack},
		{"pages of an outbox never change but for what was withdrawn", outboxPagesStay},
		{"a repeated request is answered as the first one was", answerIsRepeated},
		{"an answer is kept for a day", answerIsForgotten},
		{"a place is served under its digest", placeIsServed},
	}
}

func documentComesBack(f *fixture) {
	ctx := f.Context()
	out := f.out("Accept", "komona", "", false)
	f.ok(f.ReviseCoop(ctx, f.coop("komona"), out))
	got, err := f.Document(ctx, out.Documents[0].ID)
	f.ok(err)
	f.same(got, out.Documents[0])
	_, err = f.Document(ctx, f.id())
	f.fails(err, coop.NotFound)
	f.fails(f.ReviseCoop(ctx, f.coop("komona"), out), coop.Conflict)
	out = f.out("Accept", "komona", "", false)
	out.Documents[0].Body = nil
	f.fails(f.ReviseCoop(ctx, f.coop("komona"), out), coop.Invalid)
}

func outboxPagesStay(f *fixture) {
	ctx := f.Context()
	var all []coop.Post
	for i := range 7 {
		all = append(all, f.publish(f.note("komona", fmt.Sprintf("p%d", i))))
	}
	page := func(k int, wantTotal int, want ...int) {
		f.Helper()
		docs, total, pages, err := f.Outbox(ctx, "komona", k, 3)
		f.ok(err)
		var got, ids []coop.ID
		for _, d := range docs {
			got = append(got, d.ID)
			if len(d.Body) == 0 || d.Type != "Create" {
				f.Errorf("listed is %+v", d)
			}
		}
		for _, i := range want {
			ids = append(ids, all[i].Activity)
		}
		f.same(got, ids)
		f.same([]int{total, pages}, []int{wantTotal, 3})
	}
	page(0, 7, 6, 5, 4)
	page(1, 7, 2, 1, 0)
	page(2, 7, 5, 4, 3)
	page(3, 7, 6)
	for _, i := range []int{1, 6} {
		_, err := f.Withdraw(ctx, f.next(all[i], "Delete"))
		f.ok(err)
	}
	page(0, 5, 5, 4, 3)
	page(1, 5, 2, 0)
	page(2, 5, 5, 4, 3)
	page(3, 5)
	_, _, _, err := f.Outbox(ctx, "komona", 4, 3)
	f.fails(err, coop.NotFound)
	_, _, _, err = f.Outbox(ctx, "komona", -1, 3)
	f.fails(err, coop.Invalid)
	docs, total, pages, err := f.Outbox(ctx, "kollektiv", 0, 3)
	f.ok(err)
	f.same(docs, []coop.Document{})
	f.same([]int{total, pages}, []int{0, 0})
}

func answerIsRepeated(f *fixture) {
	ctx := f.Context()
	pub := f.note("komona", "one", "https://a.example/inbox")
	pub.Answer = coop.Answer{Key: "token key", Digest: []byte("digest"), Location: "https://x.example/1", Document: pub.Post.Activity, At: f.now}
	f.publish(pub)

	again := f.note("komona", "another", "https://a.example/inbox")
	again.Answer = pub.Answer
	prior, err := f.Publish(ctx, again)
	f.ok(err)
	f.same(prior, &pub.Answer)
	_, err = f.Post(ctx, again.Post.ID)
	f.fails(err, coop.NotFound)
	list, err := f.Deliveries(ctx, coop.DeliveryFilter{})
	f.ok(err)
	f.same(len(list), 1)

	again.Answer.Digest = []byte("other")
	_, err = f.Publish(ctx, again)
	f.fails(err, coop.Conflict)
	update := f.next(pub.Post, "Update")
	update.Answer = pub.Answer
	prior, err = f.Revise(ctx, update)
	f.ok(err)
	f.same(prior, &pub.Answer)
	prior, err = f.Withdraw(ctx, update)
	f.ok(err)
	f.same(prior, &pub.Answer)
	got, ok, err := f.Answer(ctx, "token key")
	f.ok(err)
	f.same(got, pub.Answer)
	f.same(ok, true)
	_, ok, err = f.Answer(ctx, "token other")
	f.ok(err)
	f.same(ok, false)
}

func answerIsForgotten(f *fixture) {
	ctx := f.Context()
	pub := f.note("komona", "one")
	pub.Answer = coop.Answer{Key: "k", Digest: []byte("d"), At: f.now.Add(-24 * time.Hour)}
	f.publish(pub)
	_, ok, err := f.Answer(ctx, "k")
	f.ok(err)
	f.same(ok, false)
	again := f.note("komona", "two")
	again.Answer = coop.Answer{Key: "k", Digest: []byte("other"), At: f.now}
	f.publish(again)
	f.prune(f.now.Add(time.Hour))
	_, ok, err = f.Answer(ctx, "k")
	f.ok(err)
	f.same(ok, true)
}

func placeIsServed(f *fixture) {
	ctx := f.Context()
	pub := f.meetup("komona", "one", coop.When{Start: "2018-12-29", Zone: "Europe/Berlin", AllDay: true})
	pub.Places = []coop.PlaceDocument{{Hash: "0123456789abcdef", Body: []byte(`{"type":"Place"}`)}}
	f.publish(pub)
	got, err := f.Place(ctx, "0123456789abcdef")
	f.ok(err)
	f.same(string(got), `{"type":"Place"}`)
	_, err = f.Place(ctx, "fedcba9876543210")
	f.fails(err, coop.NotFound)
}
