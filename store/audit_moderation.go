// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"strings"

	"plenum/coop"
)

// What Verify checks of what is decided, and of how large tables may be.

func (a *audit) judgements() {
	rows(a, complaints, []string{bComplaintOrder}, func(k []byte, c *coop.Complaint) { a.ours(c.Coop, bComplaints, k) })
	rows(a, rules, nil, func(k []byte, r *coop.Rule) {
		if checkRule(a.t, *r) != nil || r.Level != coop.RuleRefuse && !r.Swept.IsZero() {
			a.find("rules: what %q says cannot be", k)
		}
	})
	rows(a, decisions, []string{bDecisionCoops}, func(k []byte, d *coop.Decision) {
		if d.Coop != "" {
			a.ours(d.Coop, bDecisions, k)
		}
	})
}

// bounded compares what was counted with how large the tables may be that strangers
// can grow.
func (a *audit) bounded() {
	b := a.t.bounds
	tables := map[string]int{
		"received": b.received, bDropped: b.dropped, bComments: b.comments, bReactions: b.reactions, bRSVPs: b.rsvps,
		bComplaints: b.complaints, bRules: b.rules, bDecisions: b.decisions,
	}
	perPost := map[string]int{}
	perCoop := map[string]int{}
	for name, n := range a.totals {
		if most, ok := tables[name]; ok && n > most {
			a.find("%s: there are %d rows, and may be %d", name, n, most)
		}
		what, of, _ := strings.Cut(name, " ")
		of, state, _ := strings.Cut(of, " ")
		switch what {
		case bComments:
			perPost[what+" "+state+" "+of] += n
		case bReactions, bRSVPs:
			perPost[what+" "+of] += n
		case "followers", "asked":
			perCoop[of] += n
		}
	}
	most := map[string]int{
		bComments + " " + string(coop.CommentShown): b.shownPerPost, bComments + " " + string(coop.CommentHeld): b.heldPerPost,
		bReactions: b.reactionsPerPost, bRSVPs: b.rsvpsPerPost,
	}
	for name, n := range perPost {
		i := strings.LastIndexByte(name, ' ')
		if m, bounded := most[name[:i]]; bounded && name[i+1:] != "" && n > m {
			a.find("%s: the post %s has %d of them, and may have %d", name[:i], name[i+1:], n, m)
		}
	}
	for n, count := range perCoop {
		if count > b.followers {
			a.find("followers: %s has %d, and may have %d", n, count, b.followers)
		}
	}
}
