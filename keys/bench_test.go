// SPDX-License-Identifier: AGPL-3.0-or-later

package keys_test

import (
	"net/http"
	"testing"

	"plenum/keys"
)

func BenchmarkSign(b *testing.B) {
	now, body := noon(), []byte(`{"type":"Create"}`)
	r := outgoing(b, http.MethodPost, inbox, body)
	pair()
	b.ReportAllocs()
	for b.Loop() {
		ok(b, keys.Sign(r, body, keyID, pair(), now))
	}
}

func BenchmarkSign9421(b *testing.B) {
	now, body := noon(), []byte(`{"type":"Create"}`)
	r := outgoing(b, http.MethodPost, inbox, body)
	pair()
	b.ReportAllocs()
	for b.Loop() {
		ok(b, keys.Sign9421(r, body, keyID, pair(), now))
	}
}

func BenchmarkVerify(b *testing.B) {
	now, body := noon(), []byte(`{"type":"Create"}`)
	r := outgoing(b, http.MethodPost, inbox, body)
	ok(b, keys.Sign(r, body, keyID, pair(), now))
	in := travel(r)
	b.ReportAllocs()
	for b.Loop() {
		ok(b, check(in, body, now, &pair().PublicKey))
	}
}

func BenchmarkVerify9421(b *testing.B) {
	now, body := noon(), []byte(`{"type":"Create"}`)
	r := outgoing(b, http.MethodPost, inbox, body)
	ok(b, keys.Sign9421(r, body, keyID, pair(), now))
	in := travel(r)
	b.ReportAllocs()
	for b.Loop() {
		ok(b, check(in, body, now, &pair().PublicKey))
	}
}

// BenchmarkRead is what a request costs that is refused before a key is looked up.
func BenchmarkRead(b *testing.B) {
	now, body := noon(), []byte(`{"type":"Create"}`)
	r := outgoing(b, http.MethodPost, inbox, body)
	ok(b, keys.Sign(r, body, keyID, pair(), now))
	in := travel(r)
	b.ReportAllocs()
	for b.Loop() {
		_, err := keys.Read(in, body, site, now)
		ok(b, err)
	}
}

// BenchmarkRefuseWeakKey is what a key costs that is refused: the largest takes
// no longer than others, since its size is looked at before anything is computed. S19.
func BenchmarkRefuseWeakKey(b *testing.B) {
	for name, pub := range weak(b) {
		text := spki(b, pub)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := keys.DecodePublic(text); err == nil {
					b.Fatal("decoded")
				}
			}
		})
	}
}
