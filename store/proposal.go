// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"cmp"
	"context"

	"plenum/coop"
)

// anyState stands in keys for whatever state a proposal is in.
const anyState = "all"

var proposals = table[coop.Proposal]{
	bucket: bProposals,
	key:    func(p *coop.Proposal) []byte { return key(p.ID) },
	index: func(p *coop.Proposal) []entry {
		return []entry{
			{bProposalOrder, cat(prefix(string(p.Coop), string(p.State)), key(p.ID)), nil},
			{bProposalOrder, cat(prefix(string(p.Coop), anyState), key(p.ID)), nil},
		}
	},
	totals: func(p *coop.Proposal) []string { return []string{proposalTotal(p.Coop, p.State)} },
}

func proposalTotal(n coop.Name, s coop.ProposalState) string {
	return bProposals + " " + string(n) + " " + string(s)
}

// Propose stores what somebody else has to agree to, with what whoever submitted it
// is answered. Where the answer's key was used before, nothing is written: the same
// request gets what it got then, another one a Conflict. Beyond the bound it is a
// Conflict too.
func (db *DB) Propose(ctx context.Context, p coop.Proposal, answer coop.Answer) (prior *coop.Answer, err error) {
	err = db.write(ctx, "store.Propose", func(t *tx) (err error) {
		if prior, err = answered(t, answer); prior != nil || err != nil {
			return err
		}
		if _, err := known(t, p.Coop); err != nil {
			return err
		}
		switch {
		case p.State != coop.ProposalOpen || len(p.Body) == 0 || p.Self == "":
			return coop.Fail(coop.Invalid, "", "a proposal begins open, and says by whom and what it is")
		case t.has(bProposals, key(p.ID)):
			return coop.Fail(coop.Conflict, "", "there is a proposal of that id already")
		case t.total(proposalTotal(p.Coop, coop.ProposalOpen)) >= t.bounds.proposals:
			return full("proposals of this co-op waiting for a decision")
		}
		proposals.swap(t, nil, &p)
		remember(t, answer)
		return nil
	})
	return prior, err
}

// RejectProposal stores that somebody does not agree, and why. One that was decided
// already is a Conflict.
func (db *DB) RejectProposal(ctx context.Context, id coop.ID, d coop.Decision) (p coop.Proposal, err error) {
	err = db.write(ctx, "store.RejectProposal", func(t *tx) error {
		if err := decide(t, d); err != nil {
			return err
		}
		p, err = closeProposal(t, coop.Proposal{ID: id, State: coop.ProposalRejected, Settled: d.At, Settler: d.By, Why: d.Why})
		return err
	})
	return p, err
}

// settleProposal closes what was proposed and is now done; the zero proposal does
// nothing. Whoever comes second fails with all that it would have done.
func settleProposal(t *tx, s coop.Proposal) error {
	if s.ID == "" {
		return nil
	}
	s.State = coop.ProposalAccepted
	_, err := closeProposal(t, s)
	return err
}

// closeProposal ends an open proposal as s says. Where there are too many that
// ended so, the oldest is forgotten.
func closeProposal(t *tx, s coop.Proposal) (coop.Proposal, error) {
	old := proposals.get(t, key(s.ID))
	if old == nil || s.Coop != "" && s.Coop != old.Coop {
		return coop.Proposal{}, coop.Fail(coop.NotFound, "", "there is no such proposal")
	}
	if old.State != coop.ProposalOpen {
		return *old, coop.Fail(coop.Conflict, "", "this proposal was decided already: it was "+string(old.State))
	}
	row := *old
	row.State, row.Settled, row.Settler, row.Why, row.Result = s.State, s.Settled, s.Settler, s.Why, s.Result
	if row.Settled.IsZero() {
		row.Settled = t.now
	}
	proposals.swap(t, old, &row)
	if t.total(proposalTotal(row.Coop, row.State)) > t.bounds.settled {
		p := prefix(string(row.Coop), string(row.State))
		if k := t.first(bProposalOrder, p); k != nil {
			proposals.remove(t, proposals.get(t, k[len(p):]))
		}
	}
	return row, t.err
}

// Proposal returns a proposal in whatever state it is.
func (db *DB) Proposal(ctx context.Context, id coop.ID) (p coop.Proposal, err error) {
	err = db.view(ctx, "store.Proposal", func(t *tx) error {
		row := proposals.get(t, key(id))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "there is no such proposal")
		}
		p = *row
		return nil
	})
	return p, err
}

// Proposals returns the proposals of a co-op that a query chooses, the newest first.
func (db *DB) Proposals(ctx context.Context, q coop.ProposalQuery) (list []coop.Proposal, err error) {
	most := cmp.Or(max(q.Limit, 0), 100)
	err = db.view(ctx, "store.Proposals", func(t *tx) error {
		p := prefix(string(q.Coop), cmp.Or(string(q.State), anyState))
		var before []byte
		if q.Before != "" {
			before = cat(p, key(q.Before))
		}
		for k := range t.scanBack(bProposalOrder, p, before) {
			if len(list) == most {
				break
			}
			if row := proposals.get(t, k[len(p):]); row != nil {
				list = append(list, *row)
			}
		}
		return nil
	})
	return list, err
}
