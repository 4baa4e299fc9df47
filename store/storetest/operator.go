// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"time"

	"plenum/coop"
)

func operatorTests() []test {
	return []test{
		{"what is held waits until it is released", heldIsReleased},
		{"what is given up is dead until it is revived", givenUpIsRevived},
		{"a hold does not lose what is in flight", holdOfWhatIsInFlight},
		{"an Update that a later one has overtaken is not revived", overtakenStaysDead},
		{"a receipt counts servers and followers", receiptCounts},
		{"a receipt goes on when history is pruned", receiptOutlivesHistory},
		{"an urgent fan goes before what waits", urgentGoesFirst},
	}
}

func heldIsReleased(f *fixture) {
	ctx := f.Context()
	ds := f.enqueue(abox, bbox)
	n, err := f.Hold(ctx, coop.DeliveryFilter{Host: "a.example"})
	f.ok(err)
	f.same(n, 1)
	got, _ := f.lease(f.request())
	f.same(got, ids(ds[1]))
	s, err := f.QueueStats(ctx)
	f.ok(err)
	f.same(s.States, map[coop.DeliveryState]int{coop.Waiting: 1, coop.Held: 1, coop.Dead: 0})
	n, err = f.Retry(ctx, coop.DeliveryFilter{State: coop.Held}, f.now)
	f.ok(err)
	f.same(n, 1)
	got, _ = f.lease(f.request())
	f.same(got, ids(ds[0]))
	_, err = f.Hold(ctx, coop.DeliveryFilter{State: coop.Done})
	f.fails(err, coop.Invalid)
}

func givenUpIsRevived(f *fixture) {
	ctx := f.Context()
	ds := f.enqueue(abox, bbox)
	_, err := f.Hold(ctx, coop.DeliveryFilter{ID: ds[0].ID})
	f.ok(err)
	n, err := f.GiveUp(ctx, coop.DeliveryFilter{}, f.now)
	f.ok(err)
	f.same(n, 2)
	for _, d := range ds {
		d = f.delivery(d.ID)
		f.same([]any{d.State, d.Results[0].Cause}, []any{coop.Dead, coop.CauseDropped})
	}
	later := f.now.Add(time.Hour)
	n, err = f.Retry(ctx, coop.DeliveryFilter{ID: ds[0].ID}, later)
	f.ok(err)
	f.same(n, 1)
	d := f.delivery(ds[0].ID)
	f.same([]any{d.State, d.Begun(), d.Next}, []any{coop.Waiting, later, later})
}

func holdOfWhatIsInFlight(f *fixture) {
	ctx := f.Context()
	ds := f.enqueue(abox, bbox)
	f.lease(f.request())
	_, err := f.Hold(ctx, coop.DeliveryFilter{})
	f.ok(err)
	f.ok(f.Settle(ctx, coop.Settlement{ID: ds[0].ID, Verdict: coop.Verdict{State: coop.Done}}))
	f.ok(f.Settle(ctx, coop.Settlement{ID: ds[1].ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now}}))
	f.same(f.delivery(ds[0].ID).State, coop.Done)
	f.same([]any{f.delivery(ds[1].ID).State, f.delivery(ds[1].ID).Attempts}, []any{coop.Held, 1})
	got, _ := f.lease(f.request())
	f.same(got, []coop.ID{})
}

func overtakenStaysDead(f *fixture) {
	ctx := f.Context()
	create, first := f.chain()
	p, err := f.PostBySlug(ctx, "komona", "one")
	f.ok(err)
	up := f.next(p, "Update", abox)
	_, err = f.Revise(ctx, up)
	f.ok(err)
	for id, s := range map[coop.ID]coop.DeliveryState{create.ID: coop.Dead, first.ID: coop.Dead, up.Out.Deliveries[0].ID: coop.Done} {
		f.ok(f.Settle(ctx, coop.Settlement{ID: id, Verdict: coop.Verdict{State: s}}))
	}
	n, err := f.Retry(ctx, coop.DeliveryFilter{Post: p.ID}, f.now)
	f.ok(err)
	f.same(n, 1)
	got, _ := f.lease(f.request())
	f.same(got, ids(create)) // shows the post as it is now
}

// fanned publishes a note to three followers on two servers, of which one has two
// inboxes, and to one who does not follow. It returns the deliveries by inbox.
func (f *fixture) fanned() (coop.Post, map[coop.IRI]coop.Delivery) {
	f.Helper()
	ctx := f.Context()
	for who, box := range map[coop.IRI]coop.IRI{anna: abox, anna + "2": abox, anna + "3": "https://a.example/other", bert: bbox} {
		f.ok(f.AcceptFollow(ctx, f.follower("komona", who, box), coop.Seen{}, coop.Outgoing{}))
	}
	f.ok(f.AcceptFollow(ctx, f.follower("komona", "https://x.example/ap/coops/kollektiv", "https://x.example/ap/inbox"), coop.Seen{}, coop.Outgoing{}))
	pub := f.note("komona", "fanned")
	pub.Out.Fans = []coop.Fan{{Document: pub.Out.Documents[0].ID, Names: []coop.Name{"komona"}, Others: []coop.Box{
		{Inbox: "https://c.example/inbox", Actors: []coop.IRI{"https://c.example/u"}},
		{Inbox: "https://x.example/ap/inbox"},
	}}}
	p := f.publish(pub)
	list, err := f.Deliveries(ctx, coop.DeliveryFilter{Post: p.ID})
	f.ok(err)
	by := map[coop.IRI]coop.Delivery{}
	for _, d := range list {
		by[d.Inbox] = d
	}
	return p, by
}

func (f *fixture) receipt(id coop.ID) coop.Receipt {
	f.Helper()
	r, err := f.Receipt(f.Context(), id, 1)
	f.ok(err)
	return r
}

func receiptCounts(f *fixture) {
	ctx := f.Context()
	p, by := f.fanned()
	f.same(len(by), 4)
	f.same(by[abox].Reach, coop.Reach{Servers: 1, Followers: 2})
	f.same(by["https://a.example/other"].Reach, coop.Reach{Followers: 1})
	f.same(by["https://c.example/inbox"].Actors, []coop.IRI{"https://c.example/u"})
	r := f.receipt(p.ID)
	f.same([]any{r.Local, len(r.Waiting), r.Complete}, []any{1, 1, false})
	f.same(r.Sent[0].States, map[coop.DeliveryState]coop.Reach{coop.Waiting: {Servers: 3, Followers: 5}})
	f.lease(f.request())
	f.ok(f.Settle(ctx, coop.Settlement{ID: by[abox].ID, Verdict: coop.Verdict{State: coop.Done}}))
	f.ok(f.Settle(ctx, coop.Settlement{ID: by["https://a.example/other"].ID, Verdict: coop.Verdict{State: coop.Done}}))
	f.ok(f.Settle(ctx, coop.Settlement{ID: by["https://c.example/inbox"].ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now, Rest: &coop.Rest{Until: f.now.Add(time.Hour)}}}))
	f.ok(f.Settle(ctx, coop.Settlement{ID: by[bbox].ID, Verdict: coop.Verdict{State: coop.Dead, Attempt: coop.Attempt{At: f.now, Status: 400}}}))
	r = f.receipt(p.ID)
	f.same(r.Sent[0].States, map[coop.DeliveryState]coop.Reach{
		coop.Done: {Servers: 1, Followers: 3}, coop.Dead: {Servers: 1, Followers: 1}, coop.Waiting: {Servers: 1, Followers: 1},
	})
	f.same([]any{r.Failed[0].Host, r.Waiting[0].Host, r.Resting[0].Host, r.Complete}, []any{"b.example", "c.example", "c.example", true})
	_, err := f.Receipt(ctx, f.id(), 1)
	f.fails(err, coop.NotFound)
}

func receiptOutlivesHistory(f *fixture) {
	ctx := f.Context()
	p, by := f.fanned()
	for _, d := range by {
		f.ok(f.Settle(ctx, coop.Settlement{ID: d.ID, Verdict: coop.Verdict{State: coop.Done}}))
	}
	f.prune(f.now.Add(31 * 24 * time.Hour))
	list, err := f.Deliveries(ctx, coop.DeliveryFilter{Post: p.ID})
	f.ok(err)
	f.same(len(list), 0)
	f.same(f.receipt(p.ID).Sent[0].States, map[coop.DeliveryState]coop.Reach{coop.Done: {Servers: 3, Followers: 5}})
}

func urgentGoesFirst(f *fixture) {
	ctx := f.Context()
	f.ok(f.AcceptFollow(ctx, f.follower("komona", anna, abox), coop.Seen{}, coop.Outgoing{}))
	d := f.enqueue(abox)[0]
	out := f.out("Update", "komona", "", false)
	out.Fans = []coop.Fan{{Document: out.Documents[0].ID, Names: []coop.Name{"komona"}, First: true}}
	f.ok(f.RotateKey(ctx, f.coop("komona"), []byte(pem), out))
	jobs, _, err := f.Lease(ctx, f.request())
	f.ok(err)
	f.same(jobs[0].Document, out.Documents[0].ID)
	f.ok(f.Settle(ctx, coop.Settlement{ID: jobs[0].ID, Verdict: coop.Verdict{State: coop.Done}}))
	got, _ := f.lease(f.request())
	f.same(got, ids(d))
}
