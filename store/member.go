// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"plenum/coop"
)

var members = table[coop.Member]{
	bucket: bMembers,
	key:    func(m *coop.Member) []byte { return key(m.ID) },
	index: func(m *coop.Member) []entry {
		es := []entry{{bMemberLogins, key(m.Login), []byte(m.ID)}}
		for n := range m.Roles {
			es = append(es, entry{bMemberCoops, key(string(n), string(m.ID)), nil})
		}
		return es
	},
	totals: func(*coop.Member) []string { return []string{bMembers} },
}

// handleLen is how many bytes the handle of a member has. WebAuthn §5.4.3
const handleLen = 64

// AddMember stores a new member, who came without an invitation. A login that
// somebody has is a Conflict: members are never removed and keep their login, so
// that what the log says of one is never another's.
func (db *DB) AddMember(ctx context.Context, m coop.Member, d coop.Decision) error {
	return db.write(ctx, "store.AddMember", func(t *tx) error {
		if err := addMember(t, &m); err != nil {
			return err
		}
		return decide(t, d)
	})
}

func addMember(t *tx, m *coop.Member) error {
	if _, ok := coop.ParseLogin(m.Login); !ok {
		return coop.Wrong("login", "a login has 2 to 40 of the characters a to z, 0 to 9, '.', '_' and '-'")
	}
	if len(m.Handle) != handleLen {
		return coop.Fail(coop.Invalid, "", fmt.Sprintf("a member has a handle of %d bytes", handleLen))
	}
	if t.has(bMembers, key(m.ID)) || t.has(bMemberLogins, key(m.Login)) {
		return &coop.Error{Code: coop.Conflict, Member: "login", Msg: "somebody has that login already; choose another one"}
	}
	if t.total(bMembers) >= t.bounds.members {
		return coop.Fail(coop.Conflict, "", fmt.Sprintf("there are %d members, and there can be no more", t.bounds.members))
	}
	if err := checkRoles(t, nil, m.Roles); err != nil {
		return err
	}
	if m.Created.IsZero() {
		m.Created = t.now
	}
	members.swap(t, nil, m)
	return nil
}

// checkRoles finds out whether a member may have these roles in place of the old ones.
func checkRoles(t *tx, old, roles map[coop.Name]coop.Role) error {
	for n, r := range roles {
		if was, ok := old[n]; ok && was == r {
			continue
		}
		if _, ok := coop.ParseRole(string(r)); !ok || n == coop.Relay {
			return coop.Wrong("role", "a member of a co-op is editor, publisher or admin")
		}
		if _, err := known(t, n); err != nil {
			return err
		}
	}
	return nil
}

// Member returns a member, disabled or not.
func (db *DB) Member(ctx context.Context, id coop.ID) (m coop.Member, err error) {
	err = db.view(ctx, "store.Member", func(t *tx) error {
		row, err := member(t, id)
		if row != nil {
			m = *row
		}
		return err
	})
	return m, err
}

func member(t *tx, id coop.ID) (*coop.Member, error) {
	m := members.get(t, key(id))
	if m == nil {
		return nil, coop.Fail(coop.NotFound, "", "there is no such member")
	}
	return m, nil
}

// acting returns a member who may sign in.
func acting(t *tx, id coop.ID) (*coop.Member, error) {
	m, err := member(t, id)
	if err == nil && !m.Disabled.IsZero() {
		return nil, coop.Fail(coop.Forbidden, "", "this member is disabled; ask an admin of the instance")
	}
	return m, err
}

// MemberByLogin returns the member with a login, disabled or not.
func (db *DB) MemberByLogin(ctx context.Context, login string) (m coop.Member, err error) {
	err = db.view(ctx, "store.MemberByLogin", func(t *tx) error {
		row, err := member(t, coop.ID(t.get(bMemberLogins, key(login))))
		if row != nil {
			m = *row
		}
		return err
	})
	return m, err
}

// Members returns the members who have a role in a co-op, or all for the empty
// name, in the order of their logins. Operators stand among those of a co-op only
// where they have a role of their own in it.
func (db *DB) Members(ctx context.Context, n coop.Name) (list []coop.Member, err error) {
	err = db.view(ctx, "store.Members", func(t *tx) error {
		for _, m := range membersOf(t, n) {
			list = append(list, *m)
		}
		return nil
	})
	slices.SortFunc(list, func(a, b coop.Member) int { return cmp.Compare(a.Login, b.Login) })
	return list, err
}

func membersOf(t *tx, n coop.Name) (list []*coop.Member) {
	if n == "" {
		return slices.Collect(members.all(t, every()))
	}
	p := prefix(n)
	for k := range t.scan(bMemberCoops, p, nil) {
		if m := members.get(t, k[len(p):]); m != nil {
			list = append(list, m)
		}
	}
	return list
}

// ChangeMember stores what change makes of a member, who keeps id, login and handle.
// cut ends all sessions, and revokes all grants and tokens, of the member; and so
// does it to disable one. What was given to programs for a co-op in which the member
// has no role any more is revoked in any case. change may be called more than once.
func (db *DB) ChangeMember(ctx context.Context, id coop.ID, cut bool, d coop.Decision, change func(*coop.Member) error) (m coop.Member, err error) {
	err = db.write(ctx, "store.ChangeMember", func(t *tx) error {
		row, err := changeMember(t, id, cut, change)
		if err != nil {
			return err
		}
		m = *row
		return decide(t, d)
	})
	return m, err
}

func changeMember(t *tx, id coop.ID, cut bool, change func(*coop.Member) error) (*coop.Member, error) {
	old, err := member(t, id)
	if err != nil {
		return nil, err
	}
	m := *old
	m.Roles, m.Handle = maps.Clone(old.Roles), slices.Clone(old.Handle)
	if err := change(&m); err != nil {
		return nil, err
	}
	if m.ID != old.ID || m.Login != old.Login || !bytes.Equal(m.Handle, old.Handle) || !m.Created.Equal(old.Created) {
		return nil, coop.Fail(coop.Invalid, "", "a member keeps id, login and handle")
	}
	if err := checkRoles(t, old.Roles, m.Roles); err != nil {
		return nil, err
	}
	members.swap(t, old, &m)
	if cut || !m.Disabled.IsZero() {
		shut(t, id)
	}
	withhold(t, m, cut)
	return &m, nil
}

// shut ends the sessions of a member, and the links with which the password could
// be changed.
func shut(t *tx, id coop.ID) {
	for _, k := range t.keys(bSessionMembers, prefix(id)) {
		sessions.remove(t, sessions.get(t, k[len(k)-idLen:]))
	}
	for _, k := range t.keys(bTicketOrder, prefix("m"+string(id))) {
		if tk := tickets.get(t, k[len(k)-idLen:]); tk != nil && tk.Used.IsZero() {
			tickets.remove(t, tk)
		}
	}
}

// withhold revokes what programs were given by a member for co-ops in which the
// member may do nothing any more; all says for every co-op.
func withhold(t *tx, m coop.Member, all bool) {
	for _, g := range grantsOf(t, "m"+string(m.ID)) {
		if all || m.Role(g.Coop) == "" {
			revoke(t, g, "the member's access ended or was secured anew")
		}
	}
	for _, k := range tokensOf(t, "m"+string(m.ID)) {
		if all || m.Role(k.Coop) == "" {
			revokeToken(t, k, t.now)
		}
	}
}

// dismiss takes the roles in a co-op that is being removed from its members, and
// ends its invitations, its tokens and what programs were given for it.
func dismiss(t *tx, n coop.Name) {
	for _, m := range membersOf(t, n) {
		left := *m
		left.Roles = maps.Clone(m.Roles)
		delete(left.Roles, n)
		members.swap(t, m, &left)
	}
	for _, k := range t.keys(bTicketOrder, prefix("c"+string(n))) {
		tickets.remove(t, tickets.get(t, k[len(k)-idLen:]))
	}
	for _, k := range tokensOf(t, "c"+string(n)) {
		tokens.remove(t, k)
	}
	for _, g := range grantsOf(t, "c"+string(n)) {
		revoke(t, g, "the co-op was removed")
	}
}
