// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"time"

	"plenum/coop"
)

var tokens = table[coop.Token]{
	bucket: bTokens,
	key:    func(k *coop.Token) []byte { return key(k.ID) },
	index: func(k *coop.Token) []entry {
		return []entry{{bTokenHashes, hashKey(k.Hash), []byte(k.ID)}}
	},
}

// hashKey takes digests alone, which all have the same length and may hold any byte.
func hashKey(hash []byte) []byte {
	if len(hash) != 32 {
		return nil
	}
	return hash
}

// AddToken stores a token for a co-op.
func (db *DB) AddToken(ctx context.Context, k coop.Token) error {
	return db.write(ctx, "store.AddToken", func(t *tx) error {
		if _, err := known(t, k.Coop); err != nil {
			return err
		}
		if t.has(bTokens, key(k.ID)) || t.has(bTokenHashes, hashKey(k.Hash)) {
			return coop.Fail(coop.Conflict, "", "there is such a token already")
		}
		tokens.swap(t, nil, &k)
		return nil
	})
}

// Tokens returns the tokens of a co-op in the order in which they were made,
// revoked ones too. The empty name means all co-ops.
func (db *DB) Tokens(ctx context.Context, n coop.Name) (list []coop.Token, err error) {
	err = db.view(ctx, "store.Tokens", func(t *tx) error {
		list = tokensOf(t, n)
		return nil
	})
	return list, err
}

func tokensOf(t *tx, n coop.Name) (list []coop.Token) {
	for k := range tokens.all(t, every()) {
		if n == "" || k.Coop == n {
			list = append(list, *k)
		}
	}
	return list
}

// Token returns the token whose secret has this digest, revoked or not.
func (db *DB) Token(ctx context.Context, hash []byte) (k coop.Token, err error) {
	err = db.view(ctx, "store.Token", func(t *tx) error {
		row := tokens.get(t, t.get(bTokenHashes, hashKey(hash)))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "there is no such token")
		}
		k = *row
		return nil
	})
	return k, err
}

// RevokeToken ends what a token may do. Revoking it again changes nothing.
func (db *DB) RevokeToken(ctx context.Context, id coop.ID, at time.Time) error {
	return db.write(ctx, "store.RevokeToken", func(t *tx) error {
		old := tokens.get(t, key(id))
		if old == nil {
			return coop.Fail(coop.NotFound, "", "there is no such token")
		}
		if old.Revoked.IsZero() {
			k := *old
			k.Revoked = at
			tokens.swap(t, old, &k)
		}
		return nil
	})
}
