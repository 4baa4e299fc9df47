// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"time"

	"plenum/coop"
)

const (
	arrivalAge = 90 * day  // what came for a co-op says who did what
	planAge    = 180 * day // proposals that were decided, series that have ended
)

// postPrunings are those of what stands beside posts.
func postPrunings(now time.Time) []pruning {
	return []pruning{
		{bArrivals, func(t *tx) int { return pruneArrivals(t, now.Add(-arrivalAge)) }},
		{bProposals, func(t *tx) int { return pruneProposals(t, now.Add(-planAge)) }},
		{bSeries, func(t *tx) int { return pruneSeries(t, now.Add(-planAge)) }},
	}
}

// pruneArrivals removes what came before limit, and the oldest beyond the bound. The
// newest of each co-op stays, so that no turn is given twice.
func pruneArrivals(t *tx, limit time.Time) (n int) {
	for _, name := range t.keys(bCoops, every()) {
		n += cutArrivals(t, coop.Name(name), pruneStep-n)
		p := prefix(coop.Name(name))
		var before []byte // goes where another one follows
		var old [][]byte
		for a := range arrivals.all(t, p) {
			if before != nil {
				old = append(old, before)
			}
			if n+len(old) >= pruneStep || !a.At.Before(limit) {
				break
			}
			before = arrivals.key(a)
		}
		for _, k := range old {
			t.del(bArrivals, k)
		}
		if n += len(old); n >= pruneStep {
			break
		}
	}
	return n
}

// pruneProposals removes those that were decided before limit. They stand in the
// order in which they were made, and none is decided before that.
func pruneProposals(t *tx, limit time.Time) int {
	var gone []*coop.Proposal
	for n := range t.scan(bCoops, every(), nil) {
		for _, s := range []coop.ProposalState{coop.ProposalAccepted, coop.ProposalRejected} {
			p := prefix(string(n), string(s))
			for k := range t.scan(bProposalOrder, p, nil) {
				if len(gone) == pruneStep || !coop.ID(k[len(p):]).Time().Before(limit) {
					break
				}
				if row := proposals.get(t, k[len(p):]); row != nil && row.Settled.Before(limit) {
					gone = append(gone, row)
				}
			}
		}
	}
	for _, row := range gone {
		proposals.remove(t, row)
	}
	return len(gone)
}

// pruneSeries removes those that ended before limit.
func pruneSeries(t *tx, limit time.Time) int {
	var gone []*coop.Series
	for r := range seriesTable.all(t, every()) {
		if len(gone) == pruneStep {
			break
		}
		if !r.Ended.IsZero() && r.Ended.Before(limit) {
			gone = append(gone, r)
		}
	}
	for _, r := range gone {
		seriesTable.remove(t, r)
	}
	return len(gone)
}
