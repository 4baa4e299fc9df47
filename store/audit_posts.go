// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"fmt"
	"slices"
	"strings"

	"plenum/coop"
)

// What Verify checks of what posts are before and beside their publication.

func (a *audit) plans() {
	kept := map[coop.ID]int{}
	rows(a, revisions, nil, func(k []byte, r *coop.Revision) {
		if p := posts.get(a.t, key(r.Post.ID)); p == nil || p.State != coop.Published || r.Post.Rev >= p.Rev {
			a.find("revisions: %q is of no published post, or of one that is older", k)
		}
		kept[r.Post.ID]++
	})
	for id, n := range kept {
		if n > a.t.bounds.revisions {
			a.find("revisions: there are %d of the post %s, and may be %d", n, id, a.t.bounds.revisions)
		}
	}
	rows(a, seriesTable, []string{bSeriesCoops}, func(k []byte, r *coop.Series) { a.ours(r.Coop, bSeries, k) })
	states := []coop.ProposalState{coop.ProposalOpen, coop.ProposalAccepted, coop.ProposalRejected}
	rows(a, proposals, []string{bProposalOrder}, func(k []byte, p *coop.Proposal) {
		a.ours(p.Coop, bProposals, k)
		if !slices.Contains(states, p.State) {
			a.find("proposals: the state of %q is %q", k, p.State)
		}
		if p.Settled.IsZero() != (p.State == coop.ProposalOpen) {
			a.find("proposals: %q does not say when it was decided, or does though it was not", k)
		}
	})
}

// sayings checks what co-ops said of others, and what came for them.
func (a *audit) sayings() {
	rows(a, acts, []string{bActOrder, bActPosts}, func(k []byte, x *coop.Act) {
		a.ours(x.Coop, bActs, k)
		if !slices.Contains(actKinds(), x.Kind) {
			a.find("acts: the kind of %q is %q", k, x.Kind)
		}
		if d := documents.get(a.t, key(x.Document)); d == nil || d.Actor != x.Coop || !d.Gone.IsZero() {
			a.find("acts: %q needs the document %q, which is not there or another's", k, x.Document)
		}
		if _, published := a.owners[x.Post]; x.Post != "" && !published {
			a.find("acts: %q is about the post %q, which is not published", k, x.Post)
		}
	})
	came := map[coop.Name]int{}
	rows(a, arrivals, nil, func(k []byte, x *coop.Arrival) {
		a.ours(x.Coop, bArrivals, k)
		came[x.Coop]++
	})
	for n, count := range came {
		if most := a.t.bounds.arrivals + arrivalStep; count > most {
			a.find("arrivals: there are %d of %s, and may be %d", count, n, most)
		}
	}
}

func (a *audit) uploads() {
	rows(a, uploads, []string{bMediaFiles, bMediaCoops}, func(k []byte, m *coop.Media) {
		a.ours(m.Coop, bMedia, k)
		a.count(bytesTotal(m.Coop), int(m.Bytes))
		a.picture(m.File, fmt.Sprintf("the upload %s", k))
		if !mediaFile(m.File) {
			a.find("media: %q has the file %q, which nobody can have stored", k, m.File)
		}
	})
	for k := range a.t.scan(bMediaGone, every(), nil) {
		if a.t.first(bMediaFiles, prefix(string(k))) != nil {
			a.find("media_gone: %q is about to be removed, though somebody has it", k)
		}
	}
}

// boundedCoops compares what was counted of co-ops with how much each may have.
func (a *audit) boundedCoops() {
	b := a.t.bounds
	most := map[string]int{
		bSeries: b.series, bMedia: b.files, "media_bytes": b.fileBytes,
		bProposals + " " + string(coop.ProposalOpen):     b.proposals,
		bProposals + " " + string(coop.ProposalAccepted): b.settled, bProposals + " " + string(coop.ProposalRejected): b.settled,
	}
	for _, k := range actKinds() {
		most[bActs+" "+string(k)] = b.acts
	}
	for name, n := range a.totals {
		what, of, _ := strings.Cut(name, " ")
		of, which, more := strings.Cut(of, " ")
		if more {
			what += " " + which
		}
		if m, bounded := most[what]; bounded && n > m {
			a.find("%s: %s has %d, and may have %d", what, of, n, m)
		}
	}
}
