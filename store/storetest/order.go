// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"time"

	"plenum/coop"
)

func orderTests() []test {
	return []test{
		{"a delivery waits for the earlier one of its post and inbox", laterWaits},
		{"what waits for another does not wake anybody", waitingWakesNobody},
		{"a revived delivery goes before the later ones again", revivedGoesFirst},
		{"a superseded delivery in flight stays superseded", supersededStays},
		{"what is held back holds back what follows", heldHoldsBack},
	}
}

// chain publishes a post and revises it, and returns the deliveries to abox.
func (f *fixture) chain() (create, update coop.Delivery) {
	f.Helper()
	pub := f.note("komona", "one", abox)
	p := f.publish(pub)
	up := f.next(p, "Update", abox)
	_, err := f.Revise(f.Context(), up)
	f.ok(err)
	return f.delivery(pub.Out.Deliveries[0].ID), f.delivery(up.Out.Deliveries[0].ID)
}

func laterWaits(f *fixture) {
	ctx := f.Context()
	create, update := f.chain()
	f.same([]coop.ID{create.Behind, update.Behind}, []coop.ID{"", create.ID})
	other := f.enqueue(abox)[0]
	got, _ := f.lease(f.request())
	f.same(got, ids(create))
	f.ok(f.Settle(ctx, coop.Settlement{ID: create.ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now.Add(8 * time.Hour)}}))
	got, _ = f.lease(f.request())
	f.same(got, ids(other)) // about nothing: passes by
	f.ok(f.Settle(ctx, coop.Settlement{ID: other.ID, Verdict: coop.Verdict{State: coop.Done}}))
	r := f.request()
	r.Now = f.now.Add(8 * time.Hour)
	got, _ = f.lease(r)
	f.same(got, ids(create))
	f.ok(f.Settle(ctx, coop.Settlement{ID: create.ID, Verdict: coop.Verdict{State: coop.Done}}))
	got, _ = f.lease(f.request())
	f.same(got, ids(update))
}

func waitingWakesNobody(f *fixture) {
	create, update := f.chain()
	f.lease(f.request())
	f.ok(f.Settle(f.Context(), coop.Settlement{ID: create.ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now.Add(time.Hour)}}))
	got, next := f.lease(f.request())
	f.same(got, []coop.ID{})
	f.same(next, f.now.Add(time.Hour)) // not now, although the Update is due
	f.same(f.delivery(update.ID).Next, f.now)
	c, err := f.Counts(f.Context())
	f.ok(err)
	f.same([]any{c.Waiting, c.OldestDue}, []any{2, f.now.Add(time.Hour)})
}

func revivedGoesFirst(f *fixture) {
	ctx := f.Context()
	create, update := f.chain()
	f.lease(f.request())
	f.ok(f.Settle(ctx, coop.Settlement{ID: create.ID, Verdict: coop.Verdict{State: coop.Dead}}))
	n, err := f.Retry(ctx, coop.DeliveryFilter{State: coop.Dead}, f.now)
	f.ok(err)
	f.same(n, 1)
	got, _ := f.lease(f.request())
	f.same(got, ids(create))
	f.ok(f.Settle(ctx, coop.Settlement{ID: create.ID, Verdict: coop.Verdict{State: coop.Done}}))
	got, _ = f.lease(f.request())
	f.same(got, ids(update))
}

func supersededStays(f *fixture) {
	ctx := f.Context()
	create, _ := f.chain()
	got, _ := f.lease(f.request())
	f.same(got, ids(create))
	p, err := f.PostBySlug(ctx, "komona", "one")
	f.ok(err)
	del := f.next(p, "Delete", abox)
	_, err = f.Withdraw(ctx, del)
	f.ok(err)
	r := f.request()
	r.Hosts, r.Inboxes = map[string]int{"a.example": 1}, map[coop.IRI]bool{abox: true}
	got, _ = f.lease(r)
	f.same(got, []coop.ID{}) // the Create is still in flight: the Delete must not overtake it
	f.ok(f.Settle(ctx, coop.Settlement{ID: create.ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now, Attempt: coop.Attempt{At: f.now, Status: 500}}}))
	d := f.delivery(create.ID)
	f.same([]any{d.State, len(d.Results)}, []any{coop.Superseded, 1})
	got, _ = f.lease(f.request())
	f.same(got, ids(del.Out.Deliveries[0]))
	n, err := f.Retry(ctx, coop.DeliveryFilter{Post: p.ID, State: coop.Dead}, f.now)
	f.ok(err)
	f.same(n, 0)
}

func heldHoldsBack(f *fixture) {
	ctx := f.Context()
	create, update := f.chain()
	f.ok(f.Settle(ctx, coop.Settlement{ID: create.ID, Verdict: coop.Verdict{State: coop.Held, Next: f.now}}))
	got, next := f.lease(f.request())
	f.same(got, []coop.ID{})
	f.same(next, time.Time{})
	f.ok(f.Settle(ctx, coop.Settlement{ID: create.ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now}}))
	f.same(f.delivery(create.ID).State, coop.Held)
	f.ok(f.Settle(ctx, coop.Settlement{ID: create.ID, Verdict: coop.Verdict{State: coop.Done}}))
	got, _ = f.lease(f.request())
	f.same(got, ids(update))
}
