// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"plenum/coop"
)

// Devices are what members prove by who they are.
type Devices interface {
	AddPasskey(ctx context.Context, k coop.Passkey) error
	Passkeys(ctx context.Context, member coop.ID) ([]coop.Passkey, error)
	Passkey(ctx context.Context, id []byte) (coop.Passkey, error)
	UsePasskey(ctx context.Context, id, credential []byte, at time.Time) error
	DropPasskey(ctx context.Context, member coop.ID, id []byte) error
}

func passkeyTests() []test {
	return []test{
		{"a passkey is found by its id until it is removed", passkeyIsFound},
		{"a passkey may have any id that WebAuthn allows", passkeyIDsAreBytes},
		{"a member has so many passkeys and no more", passkeysAreBounded},
		{"the only way in stays", lastPasskeyStays},
	}
}

func (f *fixture) passkey(m coop.Member, id string) coop.Passkey {
	return coop.Passkey{ID: []byte(id), Member: m.ID, Name: "phone", Credential: []byte("public key of " + id), Created: f.now}
}

func (f *fixture) passkeys(m coop.Member, want ...coop.Passkey) {
	f.Helper()
	got, err := f.Passkeys(f.Context(), m.ID)
	f.ok(err)
	f.same(got, want)
}

func passkeyIsFound(f *fixture) {
	ctx := f.Context()
	anna, bert := f.colleague("anna", nil), f.colleague("bert", nil)
	one, two, other := f.passkey(anna, "one"), f.passkey(anna, "two"), f.passkey(bert, "other")
	for _, k := range []coop.Passkey{one, two, other} {
		f.ok(f.AddPasskey(ctx, k))
	}
	m, err := f.Member(ctx, anna.ID)
	f.ok(err)
	f.same(m.Changed.IsZero(), false)
	f.passkeys(anna, one, two)
	got, err := f.Passkey(ctx, []byte("other"))
	f.ok(err)
	f.same(got, other)
	_, err = f.Passkey(ctx, []byte("othe"))
	f.fails(err, coop.NotFound)
	stolen := f.passkey(bert, "one")
	f.fails(f.AddPasskey(ctx, stolen), coop.Conflict)
	f.fails(f.AddPasskey(ctx, f.passkey(f.person("cleo", nil), "three")), coop.NotFound)

	f.ok(f.UsePasskey(ctx, []byte("one"), []byte("counted"), f.now.Add(time.Hour)))
	one.Credential, one.Used = []byte("counted"), f.now.Add(time.Hour)
	f.passkeys(anna, one, two)
	f.fails(f.UsePasskey(ctx, []byte("nobody's"), []byte("x"), f.now), coop.NotFound)

	f.fails(f.DropPasskey(ctx, bert.ID, []byte("one")), coop.NotFound)
	f.ok(f.DropPasskey(ctx, anna.ID, []byte("one")))
	f.fails(f.DropPasskey(ctx, anna.ID, []byte("one")), coop.NotFound)
	f.passkeys(anna, two)
	f.passkeys(bert, other)
}

// passkeyIDsAreBytes: authenticators choose them. WebAuthn §4
func passkeyIDsAreBytes(f *fixture) {
	ctx := f.Context()
	anna := f.colleague("anna", nil)
	ids := []string{"\x00", "\x00\x00", "a\x00b", "\xff\xfe", string(bytes.Repeat([]byte{0xff}, 1023))}
	var want []coop.Passkey
	for _, id := range ids {
		k := f.passkey(anna, id)
		f.ok(f.AddPasskey(ctx, k))
		got, err := f.Passkey(ctx, []byte(id))
		f.ok(err)
		f.same(got, k)
		want = append(want, k)
	}
	f.passkeys(anna, want...)
	for _, id := range []string{"", string(bytes.Repeat([]byte{0xff}, 1024))} {
		f.fails(f.AddPasskey(ctx, f.passkey(anna, id)), coop.Invalid)
		_, err := f.Passkey(ctx, []byte(id))
		f.fails(err, coop.NotFound)
	}
	for _, id := range ids {
		f.ok(f.DropPasskey(ctx, anna.ID, []byte(id)))
	}
	f.passkeys(anna)
}

func passkeysAreBounded(f *fixture) {
	ctx := f.Context()
	anna, bert := f.colleague("anna", nil), f.colleague("bert", nil)
	for i := range 20 {
		f.ok(f.AddPasskey(ctx, f.passkey(anna, fmt.Sprint(i))))
	}
	f.fails(f.AddPasskey(ctx, f.passkey(anna, "20")), coop.Conflict)
	f.ok(f.AddPasskey(ctx, f.passkey(bert, "20")))
	f.ok(f.DropPasskey(ctx, anna.ID, []byte("7")))
	f.ok(f.AddPasskey(ctx, f.passkey(anna, "21")))
}

func lastPasskeyStays(f *fixture) {
	ctx := f.Context()
	anna := f.colleague("anna", nil)
	for _, id := range []string{"one", "two"} {
		f.ok(f.AddPasskey(ctx, f.passkey(anna, id)))
	}
	f.change(anna, false, func(m *coop.Member) { m.Password = "" })
	f.ok(f.DropPasskey(ctx, anna.ID, []byte("one")))
	f.fails(f.DropPasskey(ctx, anna.ID, []byte("two")), coop.Conflict)
	f.passkeys(anna, f.passkey(anna, "two"))
	f.change(anna, false, func(m *coop.Member) { m.Password = "$argon2id$" })
	f.ok(f.DropPasskey(ctx, anna.ID, []byte("two")))
	f.passkeys(anna)
}
