// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"plenum/coop"
)

var grants = table[coop.Grant]{
	bucket: bGrants,
	key:    func(g *coop.Grant) []byte { return key(g.ID) },
	index: func(g *coop.Grant) []entry {
		return []entry{
			{bGrantOrder, key("m"+string(g.Member), string(g.ID)), nil},
			{bGrantOrder, key("c"+string(g.Coop), string(g.ID)), nil},
			{bGrantOrder, key("k"+g.Client, string(g.ID)), nil},
			{bGrantAges, dueKey(lastOf(g), g.ID), nil},
		}
	},
}

// lastOf is when something happened to a grant last.
func lastOf(g *coop.Grant) time.Time {
	switch {
	case !g.Revoked.IsZero():
		return g.Revoked
	case !g.Used.IsZero():
		return g.Used
	}
	return g.Created
}

var codes = table[coop.AuthCode]{
	bucket: bCodes,
	key:    func(c *coop.AuthCode) []byte { return hashKey(c.Hash) },
	index: func(c *coop.AuthCode) []entry {
		return []entry{
			{bCodeGrants, cat(prefix(c.Grant), hashKey(c.Hash)), nil},
			{bCodeAges, cat(timeKey(c.Expires), hashKey(c.Hash)), nil},
		}
	},
}

// Consent stores a grant with its code, and that the client is used. Beyond the bound
// of what a member may grant, what was used least of late is revoked.
func (db *DB) Consent(ctx context.Context, g coop.Grant, c coop.AuthCode, d coop.Decision) error {
	return db.write(ctx, "store.Consent", func(t *tx) error {
		if err := checkGrant(t, g, c); err != nil {
			return err
		}
		if g.Created.IsZero() {
			g.Created = t.now
		}
		client := clients.get(t, key(g.Client))
		if client == nil {
			return coop.Fail(coop.NotFound, "", "there is no such client")
		}
		used := *client
		used.Used = g.Created
		clients.swap(t, client, &used)
		spare(t, g.Member)
		grants.swap(t, nil, &g)
		codes.swap(t, nil, &c)
		return decide(t, d)
	})
}

// checkGrant finds out whether there can be such a grant with such a code.
func checkGrant(t *tx, g coop.Grant, c coop.AuthCode) error {
	if c.Grant != g.ID || c.Client != g.Client || len(g.Scopes) == 0 || slices.Contains(g.Scopes, coop.Moderate) {
		return coop.Fail(coop.Invalid, "", "a code is of its grant and its client, which may read and write at most")
	}
	if !g.Revoked.IsZero() || !g.Used.IsZero() || !c.Used.IsZero() {
		return coop.Fail(coop.Invalid, "", "a new grant was neither used nor revoked")
	}
	if t.has(bGrants, key(g.ID)) || t.has(bCodes, hashKey(c.Hash)) {
		return coop.Fail(coop.Conflict, "", "there is such a grant already")
	}
	if _, err := known(t, g.Coop); err != nil {
		return err
	}
	m, err := acting(t, g.Member)
	if err != nil {
		return err
	}
	if m.Role(g.Coop) == "" {
		return coop.Fail(coop.Forbidden, "", "this member may do nothing for that co-op")
	}
	return nil
}

// spare makes room for one more grant of a member.
func spare(t *tx, member coop.ID) {
	open := slices.DeleteFunc(grantsOf(t, "m"+string(member)), func(g *coop.Grant) bool { return !g.Revoked.IsZero() })
	slices.SortStableFunc(open, func(a, b *coop.Grant) int { return lastOf(a).Compare(lastOf(b)) })
	for _, g := range open[:max(0, len(open)-t.bounds.grants+1)] {
		revoke(t, g, fmt.Sprintf("it was the one used least of late of more than %d", t.bounds.grants))
	}
}

// grantsOf returns the grants of a scope, revoked ones too, in the order in which
// they were made.
func grantsOf(t *tx, scope string) (list []*coop.Grant) {
	p := prefix(scope)
	for k := range t.scan(bGrantOrder, p, nil) {
		if g := grants.get(t, k[len(p):]); g != nil {
			list = append(list, g)
		}
	}
	return list
}

// revoke ends a grant; to revoke it again changes nothing. What Token returns is
// revoked with its grant, so that to revoke a family is to write one row.
func revoke(t *tx, g *coop.Grant, why string) {
	if g.Revoked.IsZero() {
		gone := *g
		gone.Revoked, gone.Why = t.now, why
		grants.swap(t, g, &gone)
	}
}

// Exchange spends a code for a pair of tokens, in one transaction: of two at once one
// fails. check may refuse, which spends nothing; it may be called more than once. A
// code that was spent before is a Conflict, and then its grant is revoked with all
// tokens: that much is stored although an error is returned. One that has expired, or
// whose grant was revoked, is Gone. The tokens get their Coop, Member, Grant and
// Scopes from the grant. RFC 6749 §4.1.2
func (db *DB) Exchange(ctx context.Context, hash []byte, check func(coop.AuthCode) error, access, refresh coop.Token) (g coop.Grant, err error) {
	again := false
	err = db.write(ctx, "store.Exchange", func(t *tx) error {
		again = false
		c := codes.get(t, hashKey(hash))
		if c == nil {
			return coop.Fail(coop.NotFound, "", "there is no such code")
		}
		row := grants.get(t, key(c.Grant))
		switch {
		case row == nil:
			return coop.Fail(coop.NotFound, "", "there is no such grant")
		case !c.Used.IsZero():
			again, g = true, *row
			revoke(t, row, "its code was used twice")
			return nil
		case !t.now.Before(c.Expires):
			return coop.Fail(coop.Gone, "", "this code has expired")
		}
		if err := check(*c); err != nil {
			return err
		}
		spent := *c
		spent.Used = t.now
		codes.swap(t, c, &spent)
		g, err = give(t, row, row.Scopes, access, refresh)
		return err
	})
	return reused(g, err, again, coop.Fail(coop.Conflict, "store.Exchange", "this code was used before; what came of it is revoked"))
}

// Rotate spends a refresh token of a client for a new pair; one that was spent before
// is a Conflict, and then its grant is revoked with all tokens: that much is stored
// although an error is returned. One that has expired or was revoked is Gone, another
// client's is Forbidden. scopes, if any, are fewer than those of the grant, of the new
// access token. RFC 6749 §6, RFC 9700 §4.14.2
func (db *DB) Rotate(ctx context.Context, hash []byte, client string, scopes []coop.Scope, access, refresh coop.Token) (g coop.Grant, err error) {
	again := false
	err = db.write(ctx, "store.Rotate", func(t *tx) error {
		again = false
		k := tokens.get(t, t.get(bTokenHashes, hashKey(hash)))
		if k == nil || !k.Refresh {
			return coop.Fail(coop.NotFound, "", "there is no such token")
		}
		row := grants.get(t, key(k.Grant))
		switch {
		case row == nil:
			return coop.Fail(coop.NotFound, "", "there is no such grant")
		case row.Client != client:
			return coop.Fail(coop.Forbidden, "", "this token was given to another client")
		case !k.Spent.IsZero():
			again, g = true, *row
			revoke(t, row, "a refresh token was used twice")
			return nil
		case !k.Revoked.IsZero() || !t.now.Before(k.Expires):
			return coop.Fail(coop.Gone, "", "this token is no longer in force")
		}
		of := row.Scopes
		for _, s := range scopes {
			if of = scopes; !slices.Contains(row.Scopes, s) {
				return coop.Wrong("scope", "a client cannot ask for more than it was granted")
			}
		}
		spent := *k
		spent.Spent = t.now
		tokens.swap(t, k, &spent)
		g, err = give(t, row, of, access, refresh)
		return err
	})
	return reused(g, err, again, coop.Fail(coop.Conflict, "store.Rotate", "this token was used before; all that came of it is revoked"))
}

// reused returns the error of what was spent before once it is stored what follows.
func reused(g coop.Grant, err error, again bool, conflict error) (coop.Grant, error) {
	if err == nil && again {
		err = conflict
	}
	if err != nil {
		return coop.Grant{}, err
	}
	return g, nil
}

// give stores a pair of tokens of a grant, the access token with these scopes, and
// returns the grant as it stands then.
func give(t *tx, g *coop.Grant, scopes []coop.Scope, access, refresh coop.Token) (coop.Grant, error) {
	if !g.Revoked.IsZero() {
		return *g, coop.Fail(coop.Gone, "", "what the member granted was revoked")
	}
	if t.total(grantTotal(g.ID))+2 > t.bounds.perGrant {
		return *g, &coop.Error{Code: coop.RateLimited, Msg: "this client asks for tokens too often", Retry: day}
	}
	access.Refresh, refresh.Refresh = false, true
	access.Scopes, refresh.Scopes = scopes, g.Scopes
	for _, k := range []coop.Token{access, refresh} {
		k.Coop, k.Member, k.Grant = g.Coop, g.Member, g.ID
		k.Spent, k.Revoked = time.Time{}, time.Time{}
		if !k.Expires.After(t.now) {
			return *g, coop.Fail(coop.Invalid, "", "a token of a client is good for a time")
		}
		if err := putToken(t, k); err != nil {
			return *g, err
		}
	}
	used := *g
	used.Used = t.now
	grants.swap(t, g, &used)
	return used, nil
}

// Grant returns a grant, revoked or not.
func (db *DB) Grant(ctx context.Context, id coop.ID) (g coop.Grant, err error) {
	err = db.view(ctx, "store.Grant", func(t *tx) error {
		row, err := grant(t, id)
		if row != nil {
			g = *row
		}
		return err
	})
	return g, err
}

func grant(t *tx, id coop.ID) (*coop.Grant, error) {
	g := grants.get(t, key(id))
	if g == nil {
		return nil, coop.Fail(coop.NotFound, "", "there is no such grant")
	}
	return g, nil
}

// Grants returns what a member granted and has not been revoked, in the order in
// which it was granted.
func (db *DB) Grants(ctx context.Context, member coop.ID) (list []coop.Grant, err error) {
	err = db.view(ctx, "store.Grants", func(t *tx) error {
		for _, g := range grantsOf(t, "m"+string(member)) {
			if g.Revoked.IsZero() {
				list = append(list, *g)
			}
		}
		return nil
	})
	return list, err
}

// RevokeGrant ends a grant with all its tokens, with who said so where d says it.
// Revoking it again changes nothing else.
func (db *DB) RevokeGrant(ctx context.Context, id coop.ID, why string, d coop.Decision) error {
	return db.write(ctx, "store.RevokeGrant", func(t *tx) error {
		g, err := grant(t, id)
		if err != nil {
			return err
		}
		if revoke(t, g, why); d.ID == "" {
			return nil
		}
		return decide(t, d)
	})
}
