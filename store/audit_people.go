// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"strings"

	"plenum/coop"
)

// What Verify checks of the people behind co-ops, of their ways in and of what they
// let programs do.

// member checks that a row belongs to a member; the empty id belongs to nobody.
func (a *audit) member(id coop.ID, bucket string, k []byte) {
	if id != "" && !a.t.has(bMembers, key(id)) {
		a.find("%s: row %q belongs to the member %q, who does not exist", bucket, k, id)
	}
}

// hands checks members and passkeys, and that nobody has a role where there is none
// to have.
func (a *audit) hands() {
	rows(a, members, []string{bMemberLogins, bMemberCoops}, func(k []byte, m *coop.Member) {
		for n, r := range m.Roles {
			if _, ok := coop.ParseRole(string(r)); !ok {
				a.find("members: %q is %q of %s, which is no role", k, r, n)
			}
			if c := coops.get(a.t, key(n)); c == nil || !c.Gone.IsZero() {
				a.find("members: %q has a role in %q, which does not exist", k, n)
			}
		}
		if _, ok := coop.ParseLogin(m.Login); !ok || len(m.Handle) != handleLen {
			a.find("members: what %q signs in with cannot be", k)
		}
	})
	held := map[coop.ID]int{}
	rows(a, passkeys, []string{bPasskeyMembers}, func(k []byte, p *coop.Passkey) {
		a.member(p.Member, bPasskeys, k)
		held[p.Member]++
	})
	a.each("passkeys", held, a.t.bounds.passkeys)
}

// doors checks tickets and sessions.
func (a *audit) doors() {
	rows(a, tickets, []string{bTicketHashes, bTicketOrder}, func(k []byte, tk *coop.Ticket) {
		switch tk.Kind {
		case coop.Invitation:
			a.ours(tk.Coop, bTickets, k)
		case coop.Reset:
			a.member(tk.Member, bTickets, k)
		default:
			a.find("tickets: the kind of %q is %q", k, tk.Kind)
		}
		a.member(tk.UsedBy, bTickets, k)
	})
	held := map[coop.ID]int{}
	rows(a, sessions, []string{bSessionHashes, bSessionMembers, bSessionAges}, func(k []byte, s *coop.Session) {
		a.member(s.Member, bSessions, k)
		held[s.Member]++
	})
	a.each("sessions", held, a.t.bounds.sessions)
}

// grants checks clients and what they were granted and given.
func (a *audit) grants() {
	rows(a, clients, []string{bClientAges}, func(k []byte, c *coop.Client) {
		if !c.Used.IsZero() && a.t.first(bGrantOrder, prefix("k"+c.ID)) == nil {
			a.find("clients: %q is used, and nothing was granted to it", k)
		}
	})
	open := map[coop.ID]int{}
	rows(a, grants, []string{bGrantOrder, bGrantAges}, func(k []byte, g *coop.Grant) {
		a.ours(g.Coop, bGrants, k)
		a.member(g.Member, bGrants, k)
		if !a.t.has(bClients, key(g.Client)) {
			a.find("grants: %q is of the client %q, which does not exist", k, g.Client)
		}
		if g.Revoked.IsZero() {
			open[g.Member]++
		}
	})
	a.each("grants", open, a.t.bounds.grants)
	rows(a, codes, []string{bCodeGrants, bCodeAges}, func(k []byte, c *coop.AuthCode) {
		if !a.t.has(bGrants, key(c.Grant)) {
			a.find("codes: %x is of the grant %q, which does not exist", k, c.Grant)
		}
	})
	rows(a, tokens, []string{bTokenHashes, bTokenOrder, bTokenAges}, func(k []byte, tok *coop.Token) {
		a.ours(tok.Coop, bTokens, k)
		a.member(tok.Member, bTokens, k)
		switch g := grants.get(a.t, key(tok.Grant)); {
		case tok.Grant == "" && tok.Refresh:
			a.find("tokens: %q is of no grant and can be exchanged", k)
		case tok.Grant != "" && g == nil:
			a.find("tokens: %q is of the grant %q, which does not exist", k, tok.Grant)
		case g != nil && (g.Member != tok.Member || g.Coop != tok.Coop):
			a.find("tokens: %q is not of the member and the co-op of its grant", k)
		}
	})
}

// each compares how many rows each member has with how many that may be.
func (a *audit) each(what string, held map[coop.ID]int, most int) {
	for id, n := range held {
		if n > most {
			a.find("%s: the member %s has %d, and may have %d", what, id, n, most)
		}
	}
}

// hosted compares what was counted of people and clients with how many may be.
func (a *audit) hosted() {
	b := a.t.bounds
	most := map[string]int{bMembers: b.members, openInvitations: b.invitations, idleClients: b.idleClients}
	for name, n := range a.totals {
		if m, ok := most[name]; ok && n > m {
			a.find("%s: there are %d, and may be %d", name, n, m)
		}
		if of, ok := strings.CutPrefix(name, bTokens+" "); ok && n > b.perGrant {
			a.find("tokens: the grant %s has %d, and may have %d", of, n, b.perGrant)
		}
	}
}
