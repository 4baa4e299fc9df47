// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"fmt"
	"maps"

	"plenum/coop"
)

var tickets = table[coop.Ticket]{
	bucket: bTickets,
	key:    func(k *coop.Ticket) []byte { return key(k.ID) },
	index: func(k *coop.Ticket) []entry {
		return []entry{
			{bTicketHashes, hashKey(k.Hash), []byte(k.ID)},
			{bTicketOrder, key(ticketScope(k), string(k.ID)), nil},
		}
	},
	totals: func(k *coop.Ticket) []string {
		if k.Kind == coop.Invitation && k.Used.IsZero() {
			return []string{openInvitations}
		}
		return nil
	},
}

// openInvitations counts those that nobody has used, expired ones among them until
// they are forgotten.
const openInvitations = "invitations"

func ticketScope(k *coop.Ticket) string {
	if k.Kind == coop.Reset {
		return "m" + string(k.Member)
	}
	return "c" + string(k.Coop)
}

// AddTicket stores an invitation or a reset. Of the resets of a member that the
// same person made and nobody has used, only the newest few stay.
func (db *DB) AddTicket(ctx context.Context, k coop.Ticket, d coop.Decision) error {
	return db.write(ctx, "store.AddTicket", func(t *tx) error {
		if t.has(bTickets, key(k.ID)) || t.has(bTicketHashes, hashKey(k.Hash)) {
			return coop.Fail(coop.Conflict, "", "there is such a link already")
		}
		if !k.Used.IsZero() || k.Expires.IsZero() {
			return coop.Fail(coop.Invalid, "", "a new link is unused, and good for a time")
		}
		if err := admitTicket(t, k); err != nil {
			return err
		}
		if k.Created.IsZero() {
			k.Created = t.now
		}
		tickets.swap(t, nil, &k)
		return decide(t, d)
	})
}

// admitTicket finds out whether there can be such a ticket, and makes room for it.
func admitTicket(t *tx, k coop.Ticket) error {
	switch k.Kind {
	case coop.Reset:
		if _, err := acting(t, k.Member); err != nil {
			return err
		}
		var open []*coop.Ticket
		for _, old := range ticketsOf(t, ticketScope(&k)) {
			if old.Used.IsZero() && old.By == k.By { // whoever asks often does not void what an admin made
				open = append(open, old)
			}
		}
		for _, old := range open[:max(0, len(open)-t.bounds.resets+1)] {
			tickets.remove(t, old)
		}
	case coop.Invitation:
		if err := checkRoles(t, nil, map[coop.Name]coop.Role{k.Coop: k.Role}); err != nil {
			return err
		}
		if t.total(openInvitations) >= t.bounds.invitations {
			dropExpired(t)
		}
		if t.total(openInvitations) >= t.bounds.invitations {
			return coop.Fail(coop.Conflict, "", fmt.Sprintf("there are %d invitations that nobody has used, and there can be no more: take some back first", t.bounds.invitations))
		}
	default:
		return coop.Fail(coop.Invalid, "", "a link invites somebody or resets a password")
	}
	return nil
}

// ticketsOf returns the tickets of a scope in the order in which they were made.
func ticketsOf(t *tx, scope string) (list []*coop.Ticket) {
	p := prefix(scope)
	for k := range t.scan(bTicketOrder, p, nil) {
		if tk := tickets.get(t, k[len(p):]); tk != nil {
			list = append(list, tk)
		}
	}
	return list
}

// dropExpired removes the invitations that have expired without being used.
func dropExpired(t *tx) {
	var gone []*coop.Ticket
	for k := range tickets.all(t, every()) {
		if k.Kind == coop.Invitation && k.Used.IsZero() && !t.now.Before(k.Expires) {
			gone = append(gone, k)
		}
	}
	for _, k := range gone {
		tickets.remove(t, k)
	}
}

// Ticket returns the ticket whose secret has this digest. One that was used or has
// expired is returned together with a Gone error.
func (db *DB) Ticket(ctx context.Context, hash []byte) (k coop.Ticket, err error) {
	err = db.view(ctx, "store.Ticket", func(t *tx) error {
		row, err := ticket(t, hash)
		if row != nil {
			k = *row
		}
		return err
	})
	return k, err
}

func ticket(t *tx, hash []byte) (*coop.Ticket, error) {
	k := tickets.get(t, t.get(bTicketHashes, hashKey(hash)))
	switch {
	case k == nil:
		return nil, coop.Fail(coop.NotFound, "", "there is no such link; ask for a new one")
	case !k.Used.IsZero():
		return k, coop.Fail(coop.Gone, "", "this link was used; ask for a new one")
	case !t.now.Before(k.Expires):
		return k, coop.Fail(coop.Gone, "", "this link has expired; ask for a new one")
	}
	return k, nil
}

// Tickets returns the invitations of a co-op that are in force, in the order in which
// they were made. The empty name means all co-ops.
func (db *DB) Tickets(ctx context.Context, n coop.Name) (list []coop.Ticket, err error) {
	err = db.view(ctx, "store.Tickets", func(t *tx) error {
		open := func(k *coop.Ticket) {
			if k.Kind == coop.Invitation && k.Used.IsZero() && t.now.Before(k.Expires) {
				list = append(list, *k)
			}
		}
		if n == "" {
			for k := range tickets.all(t, every()) {
				open(k)
			}
			return nil
		}
		for _, k := range ticketsOf(t, "c"+string(n)) {
			open(k)
		}
		return nil
	})
	return list, err
}

// DropTicket takes a link back.
func (db *DB) DropTicket(ctx context.Context, id coop.ID, d coop.Decision) error {
	return db.write(ctx, "store.DropTicket", func(t *tx) error {
		k := tickets.get(t, key(id))
		if k == nil {
			return coop.Fail(coop.NotFound, "", "there is no such link")
		}
		tickets.remove(t, k)
		return decide(t, d)
	})
}

// Enrol uses an invitation for a new member, or for one who is there already: then m
// holds the id alone. A member who may more in the co-op than the invitation says
// keeps that. It fails with Gone where the ticket was used or has expired.
func (db *DB) Enrol(ctx context.Context, hash []byte, m coop.Member, d coop.Decision) (row coop.Member, err error) {
	err = db.write(ctx, "store.Enrol", func(t *tx) error {
		k, err := ticket(t, hash)
		if err != nil {
			return err
		}
		if k.Kind != coop.Invitation {
			return coop.Fail(coop.NotFound, "", "this link is no invitation")
		}
		row = m
		if m.Login == "" {
			err = join(t, k, &row)
		} else {
			row.Roles, row.Operator = map[coop.Name]coop.Role{k.Coop: k.Role}, false
			err = addMember(t, &row)
		}
		if err != nil {
			return err
		}
		spend(t, k, row.ID)
		return decide(t, d)
	})
	return row, err
}

// join gives a member who is there already the role of an invitation.
func join(t *tx, k *coop.Ticket, m *coop.Member) error {
	old, err := acting(t, m.ID)
	if err != nil {
		return err
	}
	*m = *old
	m.Roles = maps.Clone(old.Roles)
	if m.Roles == nil {
		m.Roles = map[coop.Name]coop.Role{}
	}
	if !m.Roles[k.Coop].Covers(k.Role) {
		m.Roles[k.Coop] = k.Role
	}
	if err := checkRoles(t, old.Roles, m.Roles); err != nil {
		return err
	}
	members.swap(t, old, m)
	return nil
}

func spend(t *tx, k *coop.Ticket, by coop.ID) {
	used := *k
	used.Used, used.UsedBy = t.now, by
	tickets.swap(t, k, &used)
}

// Restore uses a reset: change gets the member, all sessions end, all grants are
// revoked, and other resets of the member are void. It fails with Gone where the
// ticket was used or has expired. change may be called more than once.
func (db *DB) Restore(ctx context.Context, hash []byte, d coop.Decision, change func(*coop.Member) error) (m coop.Member, err error) {
	err = db.write(ctx, "store.Restore", func(t *tx) error {
		k, err := ticket(t, hash)
		if err != nil {
			return err
		}
		if k.Kind != coop.Reset {
			return coop.Fail(coop.NotFound, "", "this link resets no password")
		}
		if _, err := acting(t, k.Member); err != nil {
			return err
		}
		spend(t, k, k.Member)
		row, err := changeMember(t, k.Member, true, change)
		if err != nil {
			return err
		}
		m = *row
		return decide(t, d)
	})
	return m, err
}
