// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"time"

	"plenum/coop"
)

func hostTests() []test {
	return []test{
		{"of a host that rests one is leased when its rest is over", restingHostIsProbed},
		{"a host that works has no rest any more", wellHostHasNoRest},
		{"a host is woken once", hostIsWoken},
		{"what waits for a host that works again is due", wellHostIsHurriedTo},
		{"who speaks and does not hear is not hurried to", shortRestHurriesNothing},
		{"what was tried often is not hurried", oftenTriedKeepsItsTime},
		{"a probe that is answered keeps its own wait", answeredProbeWaits},
		{"a probe that was taken back is made again", probeIsRefunded},
		{"what is taken back and was no probe ends no rest", refundKeepsTheRest},
		{"a host whose deliveries are retried is probed", retriedHostIsProbed},
		{"a rest that nothing needs is pruned", restIsPruned},
		{"what waits for a host that rests is not due", restingHostIsNotDue},
		{"what was leased and never settled comes again, charged", lostLeaseComesAgain},
		{"what a wrong clock put far off comes back", farOffComesBack},
		{"the week of a host is over for those that began early", weekIsOver},
		{"who is behind an inbox is found", behindAnInbox},
	}
}

// rest gives a host that has been ill for an hour time, because of a delivery that
// was leased.
func (f *fixture) rest(id coop.ID, until time.Time) coop.Rest {
	f.Helper()
	r := coop.Rest{Host: "a.example", Since: f.now.Add(-time.Hour), Until: until, Failures: 5, Cause: coop.CauseRefused, Reason: "the connection was refused"}
	f.ok(f.Settle(f.Context(), coop.Settlement{ID: id, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now, Rest: &r}}))
	return r
}

func (f *fixture) rests() []coop.Rest {
	f.Helper()
	got, err := f.Rests(f.Context())
	f.ok(err)
	return got
}

func restingHostIsProbed(f *fixture) {
	ds := f.enqueue(abox, "https://a.example/other", bbox)
	f.lease(f.request())
	f.ok(f.Settle(f.Context(), coop.Settlement{ID: ds[1].ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now}}))
	r := f.rest(ds[0].ID, f.now.Add(30*time.Minute))
	f.same(f.rests(), []coop.Rest{r})
	req := f.request()
	req.Now, req.Probe = f.now.Add(29*time.Minute), 30*time.Minute
	req.Inboxes = map[coop.IRI]bool{bbox: true}
	got, next := f.lease(req)
	f.same(got, []coop.ID{})
	f.same(next, f.now.Add(30*time.Minute))
	f.same(f.delivery(ds[0].ID).Attempts, 1) // the rest has cost nothing
	req.Now = f.now.Add(31 * time.Minute)
	jobs, _, err := f.Lease(f.Context(), req)
	f.ok(err)
	f.same(len(jobs), 1)
	f.same(jobs[0].Rest, &r)
	f.same(f.rests()[0].Until, f.now.Add(61*time.Minute))
	got, next = f.lease(req) // although the probe is still on its way
	f.same(got, []coop.ID{})
	f.same(next, f.now.Add(61*time.Minute))
}

func wellHostHasNoRest(f *fixture) {
	ds := f.enqueue(abox, "https://a.example/other")
	f.lease(f.request())
	f.rest(ds[0].ID, f.now.Add(time.Hour))
	f.ok(f.Settle(f.Context(), coop.Settlement{ID: ds[1].ID, Verdict: coop.Verdict{State: coop.Done, Well: true}}))
	f.same(f.rests(), []coop.Rest{})
	got, _ := f.lease(f.request())
	f.same(got, ids(ds[0]))
}

func hostIsWoken(f *fixture) {
	d := f.enqueue(abox)[0]
	f.lease(f.request())
	f.rest(d.ID, f.now.Add(time.Hour))
	for _, want := range []bool{true, false} {
		rested, err := f.Wake(f.Context(), "a.example")
		f.ok(err)
		f.same(rested, want)
	}
	got, _ := f.lease(f.request())
	f.same(got, ids(d))
}

func retriedHostIsProbed(f *fixture) {
	ds := f.enqueue(abox, "https://a.example/other", bbox)
	f.lease(f.request())
	f.rest(ds[0].ID, f.now.Add(time.Hour))
	f.rest(ds[1].ID, f.now.Add(time.Hour))
	f.rest(ds[2].ID, f.now.Add(time.Hour))
	n, err := f.Retry(f.Context(), coop.DeliveryFilter{Host: "a.example"}, f.now)
	f.ok(err)
	f.same([]any{n, len(f.rests())}, []any{2, 2})
	got, _ := f.lease(f.request())
	f.same(got, ids(ds[0])) // one of its two, and none of the other host's
}

func wellHostIsHurriedTo(f *fixture) {
	ds := f.enqueue(abox, "https://a.example/other", bbox)
	f.lease(f.request())
	for _, d := range ds[1:] {
		f.ok(f.Settle(f.Context(), coop.Settlement{ID: d.ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now.Add(20 * time.Hour)}}))
	}
	f.rest(ds[0].ID, f.now.Add(time.Hour))
	_, err := f.Wake(f.Context(), "a.example")
	f.ok(err)
	r := f.request()
	r.Now = coop.Stamp(time.Now())
	got, _ := f.lease(r)
	f.same(got, ids(ds[0], ds[1]))
	f.same(f.delivery(ds[1].ID).Attempts, 2) // what was charged stays charged
}

// shortRestHurriesNothing has a host speak each minute, which fails whenever it is
// spoken to: what waits for it must not have used up all its attempts in an hour.
func shortRestHurriesNothing(f *fixture) {
	d := f.enqueue(abox)[0]
	for range 60 {
		f.now = coop.Stamp(time.Now())
		got, _ := f.lease(f.request())
		for _, id := range got {
			rest := coop.Rest{Host: "a.example", Since: f.now, Until: f.now.Add(30 * time.Minute), Failures: 5}
			f.ok(f.Settle(f.Context(), coop.Settlement{ID: id, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now.Add(time.Hour), Rest: &rest}}))
		}
		_, err := f.Wake(f.Context(), "a.example")
		f.ok(err)
	}
	f.same(f.delivery(d.ID).Attempts, 1)
	f.same(f.rests(), []coop.Rest{})
}

func oftenTriedKeepsItsTime(f *fixture) {
	d := f.enqueue(abox)[0]
	for range 40 {
		r := f.request()
		r.Now = coop.Stamp(time.Now())
		got, _ := f.lease(r)
		if len(got) == 0 {
			break
		}
		rest := coop.Rest{Host: "a.example", Since: r.Now.Add(-time.Hour), Until: r.Now.Add(30 * time.Minute), Failures: 5}
		f.ok(f.Settle(f.Context(), coop.Settlement{ID: d.ID, Verdict: coop.Verdict{State: coop.Waiting, Next: r.Now.Add(24 * time.Hour), Rest: &rest}}))
		_, err := f.Wake(f.Context(), "a.example")
		f.ok(err)
	}
	f.same(f.delivery(d.ID).Attempts, 16) // as many as without any hurry; there is a week's worth left
}

func answeredProbeWaits(f *fixture) {
	ds := f.enqueue(abox, "https://a.example/other")
	f.lease(f.request())
	later := coop.Stamp(time.Now()).Add(20 * time.Hour)
	f.ok(f.Settle(f.Context(), coop.Settlement{ID: ds[1].ID, Verdict: coop.Verdict{State: coop.Waiting, Next: later}}))
	f.rest(ds[0].ID, f.now)
	got, _ := f.lease(f.request())
	f.same(got, ids(ds[0]))
	f.ok(f.Settle(f.Context(), coop.Settlement{ID: ds[0].ID, Verdict: coop.Verdict{State: coop.Waiting, Next: later, Well: true}}))
	f.same(f.delivery(ds[0].ID).Next, later)
	r := f.request()
	r.Now = coop.Stamp(time.Now())
	got, _ = f.lease(r)
	f.same(got, ids(ds[1]))
}

func probeIsRefunded(f *fixture) {
	d := f.enqueue(abox)[0]
	f.lease(f.request())
	f.rest(d.ID, f.now)
	r := f.request()
	r.Probe = 30 * time.Minute
	got, _ := f.lease(r)
	f.same(got, ids(d))
	f.ok(f.Refund(f.Context(), d.ID, f.now))
	f.same(f.rests()[0].Until, f.now)
	got, _ = f.lease(r)
	f.same(got, ids(d))
	f.same(f.delivery(d.ID).Attempts, 2) // one failed, and one is on its way
}

func refundKeepsTheRest(f *fixture) {
	ds := f.enqueue(abox, "https://a.example/other")
	f.lease(f.request())
	until := f.now.Add(24 * time.Hour) // as it has asked for
	f.rest(ds[0].ID, until)
	f.ok(f.Refund(f.Context(), ds[1].ID, f.now))
	f.same(f.rests()[0].Until, until)
	got, _ := f.lease(f.request())
	f.same(got, []coop.ID{})
}

func restIsPruned(f *fixture) {
	d := f.enqueue(abox)[0]
	f.lease(f.request())
	f.rest(d.ID, f.now.Add(time.Hour))
	f.prune(f.now.Add(2 * 24 * time.Hour))
	f.same(len(f.rests()), 1)
	f.prune(f.now.Add(3 * 24 * time.Hour))
	f.same(len(f.rests()), 0)
}

func restingHostIsNotDue(f *fixture) {
	d := f.enqueue(abox)[0]
	f.lease(f.request())
	f.rest(d.ID, f.now.Add(time.Hour))
	f.enqueue(abox)
	c, err := f.Counts(f.Context())
	f.ok(err)
	f.same([]any{c.Waiting, c.OldestDue}, []any{2, f.now.Add(time.Hour)})
	s, err := f.QueueStats(f.Context())
	f.ok(err)
	f.same([]any{s.Resting, s.OldestDue, s.States[coop.Waiting]}, []any{1, f.now.Add(time.Hour), 2})
}

func lostLeaseComesAgain(f *fixture) {
	d := f.enqueue(abox)[0]
	f.lease(f.request())
	r := f.request()
	r.Now = f.now.Add(59 * time.Second)
	got, _ := f.lease(r)
	f.same(got, []coop.ID{})
	r.Now = f.now.Add(time.Minute)
	r.Inboxes = map[coop.IRI]bool{abox: true}
	got, _ = f.lease(r) // it is slow, and not lost
	f.same(got, []coop.ID{})
	r.Inboxes = nil
	got, _ = f.lease(r)
	f.same(got, ids(d))
	f.same(f.delivery(d.ID).Attempts, 2)
}

func farOffComesBack(f *fixture) {
	ds := f.enqueue(abox, bbox)
	f.lease(f.request())
	f.ok(f.Settle(f.Context(), coop.Settlement{ID: ds[0].ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now.Add(200 * 24 * time.Hour)}}))
	f.ok(f.Settle(f.Context(), coop.Settlement{ID: ds[1].ID, Verdict: coop.Verdict{State: coop.Waiting, Next: f.now.Add(47 * time.Hour)}}))
	got, next := f.lease(f.request())
	f.same(got, ids(ds[0]))
	f.same(next, f.now.Add(47*time.Hour)) // a day of Retry-After behind a day of the schedule
}

func weekIsOver(f *fixture) {
	ctx := f.Context()
	out := f.out("Update", "komona", "", false, abox, "https://a.example/other", bbox)
	out.Deliveries[0].Created = f.now.Add(-8 * 24 * time.Hour)
	out.Deliveries[2].Created = f.now.Add(-8 * 24 * time.Hour)
	f.ok(f.ReviseCoop(ctx, f.coop("komona"), out))
	a := coop.Attempt{At: f.now, Cause: coop.CauseRefused, Reason: "given up"}
	for _, want := range []int{1, 0} {
		n, err := f.Expire(ctx, "a.example", f.now.Add(-7*24*time.Hour), a)
		f.ok(err)
		f.same(n, want)
	}
	d := f.delivery(out.Deliveries[0].ID)
	f.same([]any{d.State, d.Results}, []any{coop.Dead, []coop.Attempt{a}})
	n, err := f.Retry(ctx, coop.DeliveryFilter{ID: d.ID}, f.now)
	f.ok(err)
	f.same(n, 1)
	n, err = f.Expire(ctx, "a.example", f.now.Add(-7*24*time.Hour), a) // its week begins with the revival
	f.ok(err)
	f.same(n, 0)
}

func behindAnInbox(f *fixture) {
	ctx := f.Context()
	for _, n := range []coop.Name{"komona", coop.Relay} {
		f.ok(f.AcceptFollow(ctx, f.follower(n, anna, abox), coop.Seen{}, coop.Outgoing{}))
	}
	f.ok(f.AcceptFollow(ctx, f.follower("komona", anna+"2", abox), coop.Seen{}, coop.Outgoing{}))
	f.ok(f.AcceptFollow(ctx, f.follower("komona", bert, bbox), coop.Seen{}, coop.Outgoing{}))
	got, err := f.Behind(ctx, abox, 20)
	f.ok(err)
	f.same(got, []coop.IRI{anna, anna + "2"})
	got, err = f.Behind(ctx, abox, 1)
	f.ok(err)
	f.same(got, []coop.IRI{anna})
}
