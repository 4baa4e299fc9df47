// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"fmt"
	"strings"
	"time"

	"plenum/coop"
)

func queueTests() []test {
	return []test{
		{"a lease charges the attempt before it returns", leaseCharges},
		{"a lease of nothing says when to come again", leaseOfNothing},
		{"a host gets no more requests than it has room for", hostHasRoom},
		{"an inbox gets one request at a time", inboxGetsOne},
		{"the longest waiting comes first and max is kept", longestFirst},
		{"a verdict ends a delivery or sets its next time", verdictIsKept},
		{"a delivery remembers its last attempts", attemptsAreCapped},
		{"a refund takes back the attempt", refundTakesBack},
		{"who answered 410 is removed from the followers", goneIsRemoved},
		{"deliveries are listed by host, co-op, post and state", deliveriesAreListed},
		{"a retry revives what a filter chooses", retryRevives},
		{"history is pruned by age", historyIsPruned},
		{"counts say what waits", countsSayWhatWaits},
	}
}

// request is a lease of everything that is due.
func (f *fixture) request() coop.LeaseRequest {
	return coop.LeaseRequest{Now: f.now, Max: 100, PerHost: 2, Backoff: func(n int) time.Duration { return time.Duration(n) * time.Minute }}
}

func (f *fixture) lease(r coop.LeaseRequest) (ids []coop.ID, next time.Time) {
	f.Helper()
	jobs, next, err := f.Lease(f.Context(), r)
	f.ok(err)
	for _, j := range jobs {
		ids = append(ids, j.ID)
	}
	return ids, next
}

// enqueue sends a document that is about no post, and returns the deliveries.
func (f *fixture) enqueue(inboxes ...coop.IRI) []coop.Delivery {
	f.Helper()
	out := f.out("Update", "komona", "", false, inboxes...)
	f.ok(f.ReviseCoop(f.Context(), f.coop("komona"), out))
	for i := range out.Deliveries {
		out.Deliveries[i].Host, out.Deliveries[i].State = coop.HostOf(out.Deliveries[i].Inbox), coop.Waiting
	}
	return out.Deliveries
}

func ids(ds ...coop.Delivery) (list []coop.ID) {
	for _, d := range ds {
		list = append(list, d.ID)
	}
	return list
}

func (f *fixture) delivery(id coop.ID) coop.Delivery {
	f.Helper()
	d, err := f.Delivery(f.Context(), id)
	f.ok(err)
	return d
}

func leaseCharges(f *fixture) {
	d := f.enqueue(abox)[0]
	f.same(f.delivery(d.ID), d)
	jobs, next, err := f.Lease(f.Context(), f.request())
	f.ok(err)
	d.Attempts, d.Next = 1, f.now.Add(time.Minute)
	f.same(jobs, []coop.Job{{Delivery: d, Body: body("Update", d.Document)}})
	f.same(f.delivery(d.ID), d)
	f.same(next, time.Time{}) // its time comes, but it is in flight: nothing else waits
}

func leaseOfNothing(f *fixture) {
	got, next := f.lease(f.request())
	f.same(got, []coop.ID{})
	f.same(next, time.Time{})
	out := f.out("Update", "komona", "", false, abox, bbox)
	out.Deliveries[0].Next = f.now.Add(time.Hour)
	out.Deliveries[1].Next = f.now.Add(time.Minute + time.Nanosecond)
	f.ok(f.ReviseCoop(f.Context(), f.coop("komona"), out))
	got, next = f.lease(f.request())
	f.same(got, []coop.ID{})
	f.same(next, f.now.Add(time.Minute+time.Nanosecond))
	r := f.request()
	r.Now, r.Inboxes = f.now.Add(2*time.Minute), map[coop.IRI]bool{bbox: true}
	_, next = f.lease(r)
	f.same(next, f.now.Add(time.Hour)) // the other one has to wait for a request in flight
	_, _, err := f.Lease(f.Context(), coop.LeaseRequest{Now: f.now, Max: 1})
	f.fails(err, coop.Internal)
}

func hostHasRoom(f *fixture) {
	var boxes []coop.IRI
	for i := range 5 {
		boxes = append(boxes, coop.IRI(fmt.Sprintf("https://a.example/%d/inbox", i)))
	}
	ds := f.enqueue(append(boxes, bbox)...)
	r := f.request()
	got, next := f.lease(r)
	f.same(got, ids(ds[0], ds[1], ds[5]))
	f.same(next, time.Time{}) // a.example has no room until a result comes
	r.Hosts = map[string]int{"a.example": 1, "b.example": 1}
	r.Inboxes = map[coop.IRI]bool{ds[1].Inbox: true, bbox: true}
	got, _ = f.lease(r)
	f.same(got, ids(ds[2]))
	r.Hosts["a.example"] = 2
	got, _ = f.lease(r)
	f.same(got, []coop.ID{})
}

func inboxGetsOne(f *fixture) {
	first := f.enqueue(abox)[0]
	second := f.enqueue(abox)[0]
	r := f.request()
	got, next := f.lease(r)
	f.same(got, ids(first))
	f.same(next, time.Time{})
	r.Hosts, r.Inboxes = map[string]int{"a.example": 1}, map[coop.IRI]bool{abox: true}
	got, _ = f.lease(r)
	f.same(got, []coop.ID{})
	f.ok(f.Settle(f.Context(), coop.Settlement{ID: first.ID, Verdict: coop.Verdict{State: coop.Done}}))
	got, _ = f.lease(f.request())
	f.same(got, ids(second))
}

func longestFirst(f *fixture) {
	var want []coop.ID
	for i := range 6 {
		out := f.out("Update", "komona", "", false, coop.IRI(fmt.Sprintf("https://h%d.example/inbox", 9-i)))
		out.Deliveries[0].Next = f.now.Add(time.Duration(i-6) * time.Second)
		f.ok(f.ReviseCoop(f.Context(), f.coop("komona"), out))
		want = append(want, out.Deliveries[0].ID)
	}
	r := f.request()
	r.Max = 4
	got, next := f.lease(r)
	f.same(got, want[:4])
	f.same(next, f.now.Add(-2*time.Second))
	r.Max = 0
	got, next = f.lease(r)
	f.same(got, []coop.ID{})
	f.same(next, f.now.Add(-2*time.Second))
	r.Max = 4
	got, _ = f.lease(r)
	f.same(got, want[4:])
}

func verdictIsKept(f *fixture) {
	ctx := f.Context()
	attempt := coop.Attempt{At: f.now, Took: time.Second, Status: 503, Reason: "busy"}
	for _, s := range []coop.DeliveryState{coop.Done, coop.Dead, coop.Left, coop.Superseded} {
		d := f.enqueue(abox)[0]
		f.lease(f.request())
		f.ok(f.Settle(ctx, coop.Settlement{ID: d.ID, Verdict: coop.Verdict{State: s, Attempt: attempt}}))
		got := f.delivery(d.ID)
		if got.State != s || !got.Next.IsZero() || got.Ended.IsZero() || len(got.Results) != 1 || got.Attempts != 1 {
			f.Errorf("settled as %s it is %+v", s, got)
		}
		f.ok(f.Settle(ctx, coop.Settlement{ID: d.ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now, Attempt: attempt}}))
		f.same(f.delivery(d.ID).State, s)
	}
	d := f.enqueue(abox)[0]
	f.lease(f.request())
	f.ok(f.Settle(ctx, coop.Settlement{ID: d.ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now.Add(time.Hour), Attempt: attempt}}))
	got, next := f.lease(f.request())
	f.same(got, []coop.ID{})
	f.same(next, f.now.Add(time.Hour))
	f.ok(f.Settle(ctx, coop.Settlement{ID: f.id(), Verdict: coop.Verdict{State: coop.Done}})) // pruned meanwhile
	f.fails(f.Settle(ctx, coop.Settlement{ID: d.ID, Verdict: coop.Verdict{}}), coop.Internal)
}

func attemptsAreCapped(f *fixture) {
	d := f.enqueue(abox)[0]
	for i := range coop.MaxResults + 3 {
		a := coop.Attempt{At: f.now, Status: 500 + i, Reason: strings.Repeat("ä", 150)}
		f.ok(f.Settle(f.Context(), coop.Settlement{ID: d.ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now, Attempt: a}}))
	}
	got := f.delivery(d.ID).Results
	f.same(len(got), coop.MaxResults)
	f.same(got[0].Status, 503)
	f.same(got[coop.MaxResults-1].Status, 502+coop.MaxResults)
	if n := len(got[0].Reason); n > 200 || n < 190 || strings.Contains(got[0].Reason, "�") {
		f.Errorf("a long reason is kept as %d bytes: %q", n, got[0].Reason)
	}
}

func refundTakesBack(f *fixture) {
	ctx := f.Context()
	d := f.enqueue(abox)[0]
	f.lease(f.request())
	f.ok(f.Refund(ctx, d.ID, f.now))
	f.same(f.delivery(d.ID), d)
	got, _ := f.lease(f.request())
	f.same(got, ids(d))
	f.ok(f.Settle(ctx, coop.Settlement{ID: d.ID, Verdict: coop.Verdict{State: coop.Done}}))
	f.ok(f.Refund(ctx, d.ID, f.now))
	f.same(f.delivery(d.ID).State, coop.Done)
	f.fails(f.Refund(ctx, f.id(), f.now), coop.NotFound)
}

func goneIsRemoved(f *fixture) {
	ctx := f.Context()
	for _, n := range []coop.Name{"komona", "kollektiv"} {
		f.ok(f.AcceptFollow(ctx, f.follower(n, anna, abox), coop.Seen{}, coop.Outgoing{}))
	}
	f.ok(f.AcceptFollow(ctx, f.follower("komona", bert, bbox), coop.Seen{}, coop.Outgoing{}))
	d := f.enqueue(abox)[0]
	f.lease(f.request())
	f.ok(f.Settle(ctx, coop.Settlement{ID: d.ID, Verdict: coop.Verdict{State: coop.Left, Remove: []coop.IRI{anna}, Attempt: coop.Attempt{At: f.now, Status: 410}}}))
	list, err := f.Followers(ctx, coop.FollowerQuery{})
	f.ok(err)
	f.same(list, []coop.Follower{f.follower("komona", bert, bbox)})
	f.same(f.delivery(d.ID).State, coop.Left)
}

func deliveriesAreListed(f *fixture) {
	ctx := f.Context()
	loose := f.enqueue(abox, bbox)
	f.ok(f.Settle(ctx, coop.Settlement{ID: loose[0].ID, Verdict: coop.Verdict{State: coop.Dead}}))
	pub := f.note("kollektiv", "one", abox, bbox)
	f.publish(pub)
	ds := pub.Out.Deliveries
	list := func(q coop.DeliveryFilter, want ...coop.ID) {
		f.Helper()
		got, err := f.Deliveries(ctx, q)
		f.ok(err)
		f.same(ids(got...), want)
	}
	list(coop.DeliveryFilter{}, loose[0].ID, loose[1].ID, ds[0].ID, ds[1].ID)
	list(coop.DeliveryFilter{Limit: 2}, loose[0].ID, loose[1].ID)
	list(coop.DeliveryFilter{Limit: 2, After: loose[1].ID}, ds[0].ID, ds[1].ID)
	list(coop.DeliveryFilter{Host: "b.example"}, loose[1].ID, ds[1].ID)
	list(coop.DeliveryFilter{Host: "b.example", After: loose[1].ID}, ds[1].ID)
	list(coop.DeliveryFilter{State: coop.Dead}, loose[0].ID)
	list(coop.DeliveryFilter{State: coop.Waiting, Coop: "komona"}, loose[1].ID)
	list(coop.DeliveryFilter{State: coop.Done})
	list(coop.DeliveryFilter{Post: pub.Post.ID}, ds[0].ID, ds[1].ID)
	list(coop.DeliveryFilter{Post: pub.Post.ID, Host: "a.example"}, ds[0].ID)
	list(coop.DeliveryFilter{ID: ds[1].ID}, ds[1].ID)
	list(coop.DeliveryFilter{ID: ds[1].ID, State: coop.Dead})
	list(coop.DeliveryFilter{Coop: "kollektiv", State: coop.Dead})
	_, err := f.Delivery(ctx, f.id())
	f.fails(err, coop.NotFound)
}

func retryRevives(f *fixture) {
	ctx := f.Context()
	ds := f.enqueue(abox, bbox, "https://c.example/inbox")
	f.lease(f.request())
	f.ok(f.Settle(ctx, coop.Settlement{ID: ds[0].ID, Verdict: coop.Verdict{State: coop.Dead, Attempt: coop.Attempt{At: f.now, Status: 404}}}))
	f.ok(f.Settle(ctx, coop.Settlement{ID: ds[1].ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now.Add(time.Hour)}}))
	f.ok(f.Settle(ctx, coop.Settlement{ID: ds[2].ID, Verdict: coop.Verdict{State: coop.Done}}))
	n, err := f.Retry(ctx, coop.DeliveryFilter{Host: "nowhere.example"}, f.now)
	f.ok(err)
	f.same(n, 0)
	n, err = f.Retry(ctx, coop.DeliveryFilter{}, f.now)
	f.ok(err)
	f.same(n, 2)
	got, _ := f.lease(f.request())
	f.same(got, ids(ds[0], ds[1]))
	f.same(f.delivery(ds[0].ID).Attempts, 1) // begins again
	f.same(f.delivery(ds[1].ID).Attempts, 2) // goes on
	_, err = f.Retry(ctx, coop.DeliveryFilter{State: coop.Done}, f.now)
	f.fails(err, coop.Invalid)
}

func historyIsPruned(f *fixture) {
	ctx := f.Context()
	states := []coop.DeliveryState{coop.Done, coop.Left, coop.Superseded, coop.Dead, coop.Waiting}
	var all []coop.ID
	for _, s := range states {
		d := f.enqueue(abox)[0]
		f.ok(f.Settle(ctx, coop.Settlement{ID: d.ID, Verdict: coop.Verdict{State: s, Next: f.now}}))
		all = append(all, d.ID)
	}
	left := func(days int, want ...coop.ID) {
		f.Helper()
		f.prune(f.now.Add(time.Duration(days) * 24 * time.Hour))
		got, err := f.Deliveries(ctx, coop.DeliveryFilter{})
		f.ok(err)
		f.same(ids(got...), want)
	}
	slow := f.out("Update", "komona", "", false, abox) // made long ago, ended only now
	slow.Deliveries[0].ID = f.idAt(f.now.Add(-40 * 24 * time.Hour))
	f.ok(f.ReviseCoop(ctx, f.coop("komona"), slow))
	f.ok(f.Settle(ctx, coop.Settlement{ID: slow.Deliveries[0].ID, Verdict: coop.Verdict{State: coop.Done}}))
	left(29, append([]coop.ID{slow.Deliveries[0].ID}, all...)...)
	left(31, all[3:]...)
	left(91, all[4:]...)
}

func countsSayWhatWaits(f *fixture) {
	ctx := f.Context()
	got, err := f.Counts(ctx)
	f.ok(err)
	f.same(got, coop.Counts{Coops: 2})
	f.ok(f.AcceptFollow(ctx, f.follower("komona", anna, abox), coop.Seen{}, coop.Outgoing{}))
	f.ok(f.AcceptFollow(ctx, f.follower(coop.Relay, anna, abox), coop.Seen{}, coop.Outgoing{}))
	f.ok(f.AskFollow(ctx, f.follower("komona", bert, bbox), coop.Seen{}))
	p := f.publish(f.note("komona", "one", abox, bbox))
	draft := f.note("komona", "two").Post
	draft.State = coop.Draft
	f.saved(f.SaveDraft(ctx, draft, coop.Outgoing{}))
	got, err = f.Counts(ctx)
	f.ok(err)
	f.same(got, coop.Counts{Coops: 2, Posts: 1, Followers: 2, Waiting: 2, OldestDue: f.now})
	_, err = f.Withdraw(ctx, f.next(p, "Delete"))
	f.ok(err)
	got, err = f.Counts(ctx)
	f.ok(err)
	f.same(got, coop.Counts{Coops: 2, Followers: 2})
}
