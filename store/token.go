// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"plenum/coop"
)

var tokens = table[coop.Token]{
	bucket: bTokens,
	key:    func(k *coop.Token) []byte { return key(k.ID) },
	index: func(k *coop.Token) []entry {
		es := []entry{{bTokenHashes, hashKey(k.Hash), []byte(k.ID)}}
		if k.Grant != "" {
			return append(es,
				entry{bTokenOrder, key("g"+string(k.Grant), string(k.ID)), nil},
				entry{bTokenAges, dueKey(k.Expires, k.ID), nil})
		}
		es = append(es, entry{bTokenOrder, key("c"+string(k.Coop), string(k.ID)), nil})
		if k.Member != "" {
			es = append(es, entry{bTokenOrder, key("m"+string(k.Member), string(k.ID)), nil})
		}
		return es
	},
	totals: func(k *coop.Token) []string {
		if k.Grant == "" {
			return nil
		}
		return []string{grantTotal(k.Grant)}
	},
}

// grantTotal counts the tokens that a client was given of a grant.
func grantTotal(g coop.ID) string { return bTokens + " " + string(g) }

// hashKey takes digests alone, which all have the same length and may hold any byte.
func hashKey(hash []byte) []byte {
	if len(hash) != 32 {
		return nil
	}
	return hash
}

// AddToken stores a token for a co-op that somebody made, with who that was where d says
// it. Those of clients come of Exchange and Rotate.
func (db *DB) AddToken(ctx context.Context, k coop.Token, d coop.Decision) error {
	return db.write(ctx, "store.AddToken", func(t *tx) error {
		if k.Grant != "" || k.Refresh {
			return coop.Fail(coop.Invalid, "", "the tokens of a client come of what it was granted")
		}
		if _, err := known(t, k.Coop); err != nil {
			return err
		}
		if k.Member != "" {
			if _, err := acting(t, k.Member); err != nil {
				return err
			}
		}
		if err := putToken(t, k); err != nil || d.ID == "" {
			return err
		}
		return decide(t, d)
	})
}

func putToken(t *tx, k coop.Token) error {
	if t.has(bTokens, key(k.ID)) || t.has(bTokenHashes, hashKey(k.Hash)) {
		return coop.Fail(coop.Conflict, "", "there is such a token already")
	}
	tokens.swap(t, nil, &k)
	return nil
}

// Tokens returns the tokens for a co-op that people made in the order in which they
// were made, revoked ones too. The empty name means all co-ops.
func (db *DB) Tokens(ctx context.Context, n coop.Name) (list []coop.Token, err error) {
	err = db.view(ctx, "store.Tokens", func(t *tx) error {
		scopes := []string{"c" + string(n)}
		if n == "" {
			scopes = nil
			for c := range coops.all(t, every()) {
				scopes = append(scopes, "c"+string(c.Name))
			}
		}
		for _, s := range scopes {
			for _, k := range tokensOf(t, s) {
				list = append(list, *k)
			}
		}
		return nil
	})
	if n == "" {
		slices.SortFunc(list, func(a, b coop.Token) int { return cmp.Compare(a.ID, b.ID) })
	}
	return list, err
}

// tokensOf returns the tokens of a scope in the order in which they were made.
func tokensOf(t *tx, scope string) (list []*coop.Token) {
	p := prefix(scope)
	for k := range t.scan(bTokenOrder, p, nil) {
		if row := tokens.get(t, k[len(p):]); row != nil {
			list = append(list, row)
		}
	}
	return list
}

// Token returns the token whose secret has this digest, revoked or not. That of a
// client is revoked when its grant is.
func (db *DB) Token(ctx context.Context, hash []byte) (k coop.Token, err error) {
	err = db.view(ctx, "store.Token", func(t *tx) error {
		row := tokens.get(t, t.get(bTokenHashes, hashKey(hash)))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "there is no such token")
		}
		k = *row
		if k.Grant == "" || !k.Revoked.IsZero() {
			return nil
		}
		g, err := grant(t, k.Grant)
		if err != nil {
			return err
		}
		k.Revoked = g.Revoked
		return nil
	})
	return k, err
}

// RevokeToken ends what a token may do, with who said so where d says it. Revoking it
// again changes nothing else.
func (db *DB) RevokeToken(ctx context.Context, id coop.ID, at time.Time, d coop.Decision) error {
	return db.write(ctx, "store.RevokeToken", func(t *tx) error {
		k := tokens.get(t, key(id))
		if k == nil {
			return coop.Fail(coop.NotFound, "", "there is no such token")
		}
		if revokeToken(t, k, at); d.ID == "" {
			return nil
		}
		d.Coop = k.Coop
		return decide(t, d)
	})
}

func revokeToken(t *tx, old *coop.Token, at time.Time) {
	if old.Revoked.IsZero() {
		k := *old
		k.Revoked = at
		tokens.swap(t, old, &k)
	}
}
