// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"time"

	"plenum/coop"
)

const (
	ticketAge = 30 * day // links that were used or have expired
	codeAge   = day      // codes after they have expired: until then it is found out if one is used twice
	spentAge  = day      // tokens of clients after they have expired
	tokenAge  = 90 * day // tokens that people made after they have expired or were revoked
	grantAge  = 90 * day // grants that were revoked, and those of which no token is left
	clientAge = day      // clients that nobody has let do anything
)

// peoplePrunings are those of people's ways in, and of what they let programs do.
func peoplePrunings(now time.Time) []pruning {
	return []pruning{
		{bSessions, func(t *tx) int { return pruneAged(t, sessions, bSessionAges, now) }},
		{bTickets, func(t *tx) int { return pruneTickets(t, now.Add(-ticketAge)) }},
		{bCodes, func(t *tx) int { return pruneAged(t, codes, bCodeAges, now.Add(-codeAge)) }},
		{bTokens, func(t *tx) int { return pruneAged(t, tokens, bTokenAges, now.Add(-spentAge)) }},
		{bTokens, func(t *tx) int { return pruneTokens(t, now.Add(-tokenAge)) }},
		{bGrants, func(t *tx) int { return pruneGrants(t, now.Add(-grantAge)) }},
		{bClients, func(t *tx) int { return pruneAged(t, clients, bClientAges, now.Add(-clientAge)) }},
	}
}

// pruneAged removes the rows that stand in an index under a time before limit.
func pruneAged[T any](t *tx, tb table[T], ages string, limit time.Time) int {
	var gone []*T
	for k := range t.scan(ages, every(), nil) {
		if len(gone) == pruneStep || !keyTime(k).Before(limit) {
			break
		}
		if row := tb.get(t, k[timeLen:]); row != nil {
			gone = append(gone, row)
		}
	}
	for _, row := range gone {
		tb.remove(t, row)
	}
	return len(gone)
}

// pruneTickets removes those that were used or have expired before limit. There are
// few enough of them to look at all.
func pruneTickets(t *tx, limit time.Time) int {
	var gone []*coop.Ticket
	for k := range tickets.all(t, every()) {
		if len(gone) == pruneStep {
			break
		}
		if long(k.Expires, limit) || long(k.Used, limit) {
			gone = append(gone, k)
		}
	}
	for _, k := range gone {
		tickets.remove(t, k)
	}
	return len(gone)
}

// pruneTokens removes the tokens that people made and that have opened nothing since
// before limit.
func pruneTokens(t *tx, limit time.Time) int {
	var gone []*coop.Token
	for n := range t.scan(bCoops, every(), nil) {
		p := prefix("c" + string(n))
		for k := range t.scan(bTokenOrder, p, nil) {
			if len(gone) == pruneStep {
				break
			}
			if row := tokens.get(t, k[len(p):]); row != nil && (long(row.Revoked, limit) || long(row.Expires, limit)) {
				gone = append(gone, row)
			}
		}
	}
	for _, k := range gone {
		tokens.remove(t, k)
	}
	return len(gone)
}

// long reports whether something has happened, and before limit.
func long(at, limit time.Time) bool { return !at.IsZero() && at.Before(limit) }

// pruneGrants removes the grants that were revoked before limit with what is left of
// them, and those of which no token is left and which were last used before it. A
// client that loses its last grant is one that nobody uses.
func pruneGrants(t *tx, limit time.Time) int {
	var gone []*coop.Grant
	for k := range t.scan(bGrantAges, every(), nil) {
		if len(gone) == pruneStep || !keyTime(k).Before(limit) {
			break
		}
		g := grants.get(t, k[timeLen:])
		if g != nil && (!g.Revoked.IsZero() || t.first(bTokenOrder, prefix("g"+string(g.ID))) == nil) {
			gone = append(gone, g)
		}
	}
	for _, g := range gone {
		dropGrant(t, g)
	}
	return len(gone)
}

func dropGrant(t *tx, g *coop.Grant) {
	for _, k := range tokensOf(t, "g"+string(g.ID)) {
		tokens.remove(t, k)
	}
	for _, k := range t.keys(bCodeGrants, prefix(g.ID)) {
		codes.remove(t, codes.get(t, k[len(prefix(g.ID)):]))
	}
	grants.remove(t, g)
	old := clients.get(t, key(g.Client))
	if old != nil && t.first(bGrantOrder, prefix("k"+g.Client)) == nil {
		idle := *old
		idle.Used = time.Time{}
		clients.swap(t, old, &idle)
	}
}
