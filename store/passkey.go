// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"fmt"
	"time"

	"plenum/coop"
)

var passkeys = table[coop.Passkey]{
	bucket: bPasskeys,
	key:    func(k *coop.Passkey) []byte { return credentialKey(k.ID) },
	index: func(k *coop.Passkey) []entry {
		return []entry{{bPasskeyMembers, cat(prefix(k.Member), credentialKey(k.ID)), nil}}
	},
}

// maxCredential is how many bytes the id of a passkey has at most. WebAuthn §4
const maxCredential = 1023

// credentialKey takes the ids of passkeys, which may hold any byte.
func credentialKey(id []byte) []byte {
	if len(id) == 0 || len(id) > maxCredential {
		return nil
	}
	return id
}

// AddPasskey stores a passkey of a member.
func (db *DB) AddPasskey(ctx context.Context, k coop.Passkey) error {
	return db.write(ctx, "store.AddPasskey", func(t *tx) error {
		old, err := acting(t, k.Member)
		if err != nil {
			return err
		}
		if t.has(bPasskeys, credentialKey(k.ID)) {
			return coop.Fail(coop.Conflict, "", "this passkey is known already")
		}
		if size(t, bPasskeyMembers, prefix(k.Member)) >= t.bounds.passkeys {
			return coop.Fail(coop.Conflict, "", fmt.Sprintf("you have %d passkeys, and can have no more: remove one first", t.bounds.passkeys))
		}
		if k.Created.IsZero() {
			k.Created = t.now
		}
		passkeys.swap(t, nil, &k)
		m := *old
		m.Changed = t.now
		members.swap(t, old, &m)
		return nil
	})
}

// Passkeys returns the passkeys of a member.
func (db *DB) Passkeys(ctx context.Context, member coop.ID) (list []coop.Passkey, err error) {
	err = db.view(ctx, "store.Passkeys", func(t *tx) error {
		p := prefix(member)
		for k := range t.scan(bPasskeyMembers, p, nil) {
			if row := passkeys.get(t, k[len(p):]); row != nil {
				list = append(list, *row)
			}
		}
		return nil
	})
	return list, err
}

// Passkey returns the passkey with a credential id.
func (db *DB) Passkey(ctx context.Context, id []byte) (k coop.Passkey, err error) {
	err = db.view(ctx, "store.Passkey", func(t *tx) error {
		row, err := passkey(t, id)
		if row != nil {
			k = *row
		}
		return err
	})
	return k, err
}

func passkey(t *tx, id []byte) (*coop.Passkey, error) {
	k := passkeys.get(t, credentialKey(id))
	if k == nil {
		return nil, coop.Fail(coop.NotFound, "", "there is no such passkey")
	}
	return k, nil
}

// UsePasskey stores what a passkey has become by being used.
func (db *DB) UsePasskey(ctx context.Context, id, credential []byte, at time.Time) error {
	return db.write(ctx, "store.UsePasskey", func(t *tx) error {
		old, err := passkey(t, id)
		if err != nil {
			return err
		}
		k := *old
		k.Credential, k.Used = credential, coop.Stamp(at)
		passkeys.swap(t, old, &k)
		return nil
	})
}

// DropPasskey removes a passkey of a member. The last one of a member without a
// password stays: nothing else lets them in.
func (db *DB) DropPasskey(ctx context.Context, member coop.ID, id []byte) error {
	return db.write(ctx, "store.DropPasskey", func(t *tx) error {
		k, err := passkey(t, id)
		if err != nil {
			return err
		}
		if k.Member != member {
			return coop.Fail(coop.NotFound, "", "there is no such passkey")
		}
		old := members.get(t, key(member))
		if old == nil {
			return coop.Fail(coop.NotFound, "", "there is no such member")
		}
		if old.Password == "" && size(t, bPasskeyMembers, prefix(member)) == 1 {
			return coop.Fail(coop.Conflict, "", "this passkey is your only way in: choose a password or add another passkey first")
		}
		passkeys.remove(t, k)
		m := *old
		m.Changed = t.now
		members.swap(t, old, &m)
		return nil
	})
}
