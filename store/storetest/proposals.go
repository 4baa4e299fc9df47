// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"time"

	"plenum/coop"
)

func proposalTests() []test {
	return []test{
		{"a proposal is kept as it was submitted", proposalIsKept},
		{"a proposal is carried out once", proposalIsDoneOnce},
		{"a proposal is rejected with a reason", proposalIsRejected},
		{"proposals are listed newest first, and bounded", proposalsAreListed},
		{"what was decided long ago is forgotten", proposalsAreForgotten},
	}
}

func (f *fixture) proposal(n coop.Name, by string) coop.Proposal {
	return coop.Proposal{
		ID: f.id(), Coop: n, Self: "member " + by, By: by, What: "Create", Title: "Assembly", Body: []byte(`{"type":"Create"}`), At: f.now, State: coop.ProposalOpen,
	}
}

func (f *fixture) proposed(p coop.Proposal) {
	f.Helper()
	_, err := f.Propose(f.Context(), p, coop.Answer{})
	f.ok(err)
}

func proposalIsKept(f *fixture) {
	ctx := f.Context()
	p := f.proposal("komona", "anna")
	answer := coop.Answer{Key: "k", Digest: []byte("d"), Location: "https://x.example/api", Proposal: p.ID, At: f.now}
	prior, err := f.Propose(ctx, p, answer)
	f.ok(err)
	if prior != nil {
		f.Errorf("a new request got the prior answer %+v", prior)
	}
	again := f.proposal("komona", "anna")
	prior, err = f.Propose(ctx, again, answer)
	f.ok(err)
	f.same(prior, &answer)
	_, err = f.Proposal(ctx, again.ID)
	f.fails(err, coop.NotFound)
	got, err := f.Proposal(ctx, p.ID)
	f.ok(err)
	f.same(got, p)
	_, err = f.Propose(ctx, p, coop.Answer{})
	f.fails(err, coop.Conflict)
	for _, spoil := range []func(*coop.Proposal){
		func(p *coop.Proposal) { p.State = coop.ProposalAccepted },
		func(p *coop.Proposal) { p.Body = nil },
		func(p *coop.Proposal) { p.Self = "" },
	} {
		bad := f.proposal("komona", "anna")
		spoil(&bad)
		_, err = f.Propose(ctx, bad, coop.Answer{})
		f.fails(err, coop.Invalid)
	}
	_, err = f.Propose(ctx, f.proposal("nobody", "anna"), coop.Answer{})
	f.fails(err, coop.NotFound)
}

// proposalIsDoneOnce lets two carry out the same proposal: whoever comes second has
// done nothing.
func proposalIsDoneOnce(f *fixture) {
	ctx := f.Context()
	p := f.proposal("komona", "anna")
	f.proposed(p)
	settles := coop.Proposal{ID: p.ID, Settler: "bert", Why: "fine", Result: "https://x.example/ap/activities/1"}
	first, second := f.note("komona", "one"), f.note("komona", "two")
	first.Out.Settles, second.Out.Settles = settles, settles
	first.Out.Decision = f.decided("proposal accept", "komona", string(p.ID))
	f.publish(first)
	f.logged("proposal accept", string(p.ID))
	_, err := f.Publish(ctx, second)
	f.fails(err, coop.Conflict)
	_, err = f.Post(ctx, second.Post.ID)
	f.fails(err, coop.NotFound)
	want := p
	want.State, want.Settled, want.Settler, want.Why, want.Result = coop.ProposalAccepted, first.Out.Decision.At, "bert", "fine", settles.Result
	got, err := f.Proposal(ctx, p.ID)
	f.ok(err)
	if got.Settled.Before(f.now) || got.Settled.After(f.now.Add(time.Hour)) {
		f.Errorf("it was decided at %v", got.Settled)
	}
	got.Settled = want.Settled
	f.same(got, want)
	_, err = f.RejectProposal(ctx, p.ID, f.decided("proposal reject", "komona", string(p.ID)))
	f.fails(err, coop.Conflict)
	f.logged("proposal accept", string(p.ID))

	stranger := f.proposal("kollektiv", "anna")
	f.proposed(stranger)
	second.Out.Settles = coop.Proposal{ID: stranger.ID, Coop: "komona", Settler: "bert"}
	_, err = f.Publish(ctx, second)
	f.fails(err, coop.NotFound)
	second.Out.Settles.ID = f.id()
	_, err = f.Publish(ctx, second)
	f.fails(err, coop.NotFound)
}

func proposalIsRejected(f *fixture) {
	ctx := f.Context()
	p := f.proposal("komona", "anna")
	f.proposed(p)
	d := f.decided("proposal reject", "komona", string(p.ID))
	got, err := f.RejectProposal(ctx, p.ID, d)
	f.ok(err)
	p.State, p.Settled, p.Settler, p.Why = coop.ProposalRejected, d.At, d.By, d.Why
	f.same(got, p)
	f.logged("proposal reject", string(p.ID))
	_, err = f.RejectProposal(ctx, p.ID, f.decided("proposal reject", "komona", string(p.ID)))
	f.fails(err, coop.Conflict)
	f.fails(f.ReviseCoop(ctx, f.coop("komona"), coop.Outgoing{Settles: coop.Proposal{ID: p.ID, Settler: "bert"}}), coop.Conflict)
	_, err = f.RejectProposal(ctx, f.id(), f.decided("proposal reject", "komona", "x"))
	f.fails(err, coop.NotFound)
}

func proposalsAreListed(f *fixture) {
	ctx := f.Context()
	var ids []coop.ID
	for range coop.MaxProposals {
		p := f.proposal("komona", "anna")
		f.proposed(p)
		ids = append(ids, p.ID)
	}
	_, err := f.Propose(ctx, f.proposal("komona", "anna"), coop.Answer{})
	f.fails(err, coop.Conflict)
	f.proposed(f.proposal("kollektiv", "anna"))
	last := ids[len(ids)-1]
	_, err = f.RejectProposal(ctx, last, f.decided("proposal reject", "komona", string(last)))
	f.ok(err)
	f.proposed(f.proposal("komona", "anna")) // there is room again
	for _, tt := range []struct {
		q    coop.ProposalQuery
		want int
	}{
		{coop.ProposalQuery{Coop: "komona"}, 100},
		{coop.ProposalQuery{Coop: "komona", Limit: 500}, coop.MaxProposals + 1},
		{coop.ProposalQuery{Coop: "komona", State: coop.ProposalOpen, Limit: 500}, coop.MaxProposals},
		{coop.ProposalQuery{Coop: "komona", State: coop.ProposalRejected}, 1},
		{coop.ProposalQuery{Coop: "komona", Before: ids[3]}, 3},
		{coop.ProposalQuery{Coop: "kollektiv"}, 1},
		{coop.ProposalQuery{Coop: "nobody"}, 0},
	} {
		list, err := f.Proposals(ctx, tt.q)
		f.ok(err)
		if len(list) != tt.want {
			f.Errorf("%+v: got %d, want %d", tt.q, len(list), tt.want)
		}
		for i := range len(list) - 1 {
			if list[i].ID <= list[i+1].ID {
				f.Errorf("%s stands before %s", list[i].ID, list[i+1].ID)
			}
		}
	}
}

func proposalsAreForgotten(f *fixture) {
	open, done := f.proposal("komona", "anna"), f.proposal("komona", "anna")
	f.proposed(open)
	f.proposed(done)
	_, err := f.RejectProposal(f.Context(), done.ID, f.decided("proposal reject", "komona", string(done.ID)))
	f.ok(err)
	f.same(f.prune(f.now.Add(179 * 24 * time.Hour))["proposals"], 0)
	f.same(f.prune(f.now.Add(181 * 24 * time.Hour))["proposals"], 1)
	_, err = f.Proposal(f.Context(), done.ID)
	f.fails(err, coop.NotFound)
	_, err = f.Proposal(f.Context(), open.ID)
	f.ok(err)
}
