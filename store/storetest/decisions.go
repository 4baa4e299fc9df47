// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"context"
	"time"

	"plenum/coop"
)

// Decisions are what people decided, and why.
type Decisions interface {
	Decide(ctx context.Context, d coop.Decision) error
	Decisions(ctx context.Context, q coop.DecisionQuery) ([]coop.Decision, error)
}

// Complaints are Flags about something of ours.
type Complaints interface {
	Complain(ctx context.Context, c coop.Complaint, seen coop.Seen) error
	Complaints(ctx context.Context, q coop.ComplaintQuery) ([]coop.Complaint, error)
	CloseComplaint(ctx context.Context, n coop.Name, id coop.ID, d coop.Decision) error
}

func decisionTests() []test {
	return []test{
		{"decisions are listed newest first, by co-op and in pages", decisionsArePaged},
		{"a decision is logged once, and says what it is", decisionIsLoggedOnce},
		{"decisions are forgotten after two years", decisionsArePruned},
		{"a complaint is stored once, and closed with its decision", complaintIsClosed},
		{"complaints are listed newest first, by co-op and state", complaintsAreListed},
		{"a complaint goes half a year after somebody dealt with it", complaintsArePruned},
		{"a removed co-op takes its complaints along", removedTakesComplaints},
	}
}

func decisionsArePaged(f *fixture) {
	var all, komona []coop.Decision
	for i := range 6 {
		d := f.decided("comment show", []coop.Name{"", "komona", "kollektiv"}[i%3], "https://a.example/1")
		f.ok(f.Decide(f.Context(), d))
		all = append([]coop.Decision{d}, all...)
		if d.Coop == "komona" {
			komona = append([]coop.Decision{d}, komona...)
		}
	}
	f.log(coop.DecisionQuery{}, all...)
	f.log(coop.DecisionQuery{Limit: 2}, all[:2]...)
	f.log(coop.DecisionQuery{Limit: 2, Before: all[1].ID}, all[2:4]...)
	f.log(coop.DecisionQuery{Coop: "komona"}, komona...)
	f.log(coop.DecisionQuery{Coop: "komona", Before: komona[0].ID}, komona[1:]...)
	f.log(coop.DecisionQuery{Before: all[5].ID})
}

func decisionIsLoggedOnce(f *fixture) {
	ctx := f.Context()
	d := f.decided("comment show", "komona", "https://a.example/1")
	f.ok(f.Decide(ctx, d))
	f.fails(f.Decide(ctx, d), coop.Conflict)
	f.fails(f.Decide(ctx, coop.Decision{ID: f.id()}), coop.Invalid)
	f.fails(f.Decide(ctx, coop.Decision{What: "comment show"}), coop.Invalid)
	f.log(coop.DecisionQuery{}, d)
}

func decisionsArePruned(f *fixture) {
	d := f.decided("comment show", "komona", "https://a.example/1")
	f.ok(f.Decide(f.Context(), d))
	f.same(f.prune(f.now.AddDate(2, 0, 0)), coop.Pruned{})
	f.log(coop.DecisionQuery{}, d)
	f.same(f.prune(f.now.AddDate(2, 0, 1)), coop.Pruned{"decisions": 1})
	f.log(coop.DecisionQuery{})
}

func (f *fixture) complaint(n coop.Name) coop.Complaint {
	return coop.Complaint{
		ID: f.id(), Coop: n, By: "https://a.example/actor", Activity: "https://a.example/flags/1",
		About: []coop.IRI{"https://x.example/ap/coops/" + coop.IRI(n)}, Text: "too loud", At: f.now,
	}
}

func (f *fixture) complaints(n coop.Name, closed bool, limit int, want ...coop.Complaint) {
	f.Helper()
	got, err := f.Complaints(f.Context(), coop.ComplaintQuery{Coop: n, Closed: closed, Limit: limit})
	f.ok(err)
	f.same(got, want)
}

func complaintIsClosed(f *fixture) {
	ctx := f.Context()
	c := f.complaint("komona")
	f.ok(f.Complain(ctx, c, f.seen(anna, "1")))
	f.ok(f.Complain(ctx, f.complaint("komona"), f.seen(anna, "1"))) // seen: no effect
	f.fails(f.Complain(ctx, c, coop.Seen{}), coop.Conflict)
	f.fails(f.Complain(ctx, f.complaint("nobody"), coop.Seen{}), coop.NotFound)
	f.complaints("komona", false, 0, c)
	f.complaints("komona", true, 0)
	d := f.decided("complaint close", "komona", string(c.ID))
	f.fails(f.CloseComplaint(ctx, "kollektiv", c.ID, d), coop.NotFound)
	f.fails(f.CloseComplaint(ctx, "komona", f.id(), d), coop.NotFound)
	f.log(coop.DecisionQuery{})
	f.ok(f.CloseComplaint(ctx, "komona", c.ID, d))
	f.ok(f.CloseComplaint(ctx, "komona", c.ID, f.decided("complaint close", "komona", string(c.ID))))
	c.Closed = d.At
	f.complaints("komona", false, 0)
	f.complaints("komona", true, 0, c)
	f.log(coop.DecisionQuery{}, d)
}

func complaintsAreListed(f *fixture) {
	ctx := f.Context()
	var list []coop.Complaint
	for i := range 6 {
		c := f.complaint([]coop.Name{"komona", "kollektiv"}[i%2])
		f.ok(f.Complain(ctx, c, coop.Seen{}))
		list = append(list, c)
	}
	for _, i := range []int{2, 3} {
		f.ok(f.CloseComplaint(ctx, list[i].Coop, list[i].ID, f.decided("complaint close", list[i].Coop, string(list[i].ID))))
		list[i].Closed = f.now
	}
	f.complaints("", false, 0, list[5], list[4], list[1], list[0])
	f.complaints("", false, 3, list[5], list[4], list[1])
	f.complaints("", true, 0, list[3], list[2])
	f.complaints("komona", false, 0, list[4], list[0])
	f.complaints("komona", false, 1, list[4])
	f.complaints("kollektiv", true, 0, list[3])
}

func complaintsArePruned(f *fixture) {
	ctx := f.Context()
	open, closed := f.complaint("komona"), f.complaint("komona")
	f.ok(f.Complain(ctx, open, coop.Seen{}))
	f.ok(f.Complain(ctx, closed, coop.Seen{}))
	d := f.decided("complaint close", "komona", string(closed.ID))
	d.At = f.now.Add(time.Hour)
	f.ok(f.CloseComplaint(ctx, "komona", closed.ID, d))
	half := 180 * 24 * time.Hour
	f.same(f.prune(d.At.Add(half)), coop.Pruned{})
	f.same(f.prune(d.At.Add(half+time.Second)), coop.Pruned{"complaints": 1})
	f.complaints("komona", true, 0)
	f.complaints("komona", false, 0, open)
}

func removedTakesComplaints(f *fixture) {
	ctx := f.Context()
	f.ok(f.Complain(ctx, f.complaint("komona"), coop.Seen{}))
	other := f.complaint("kollektiv")
	f.ok(f.Complain(ctx, other, coop.Seen{}))
	c := f.coop("komona")
	c.Gone = f.now
	f.ok(f.RemoveCoop(ctx, c, coop.Outgoing{}))
	f.complaints("", false, 0, other)
	f.fails(f.Complain(ctx, f.complaint("komona"), coop.Seen{}), coop.Gone)
}
