// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import (
	"slices"
	"strings"
)

// base58 is the alphabet of Bitcoin: digits and letters without 0, O, I and l.
const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// maxBase58 bounds what is decoded, since the work grows with its square: keys and
// signatures of Ed25519 have at most 88 characters.
const maxBase58 = 128

// DecodeMultibase reads base58btc behind its sign "z", the only base in which keys
// and proofs are written. ok is false for everything else. FEP-521a.
func DecodeMultibase(s string) (b []byte, ok bool) {
	s, ok = strings.CutPrefix(s, "z")
	if !ok || s == "" || len(s) > maxBase58 {
		return nil, false
	}
	ones := len(s) - len(strings.TrimLeft(s, "1")) // each is a leading zero byte
	for _, c := range []byte(s[ones:]) {
		carry := strings.IndexByte(base58, c)
		if carry < 0 {
			return nil, false
		}
		for i := range b { // the lowest byte first
			carry += int(b[i]) * len(base58)
			b[i] = byte(carry)
			carry >>= 8
		}
		if carry > 0 {
			b = append(b, byte(carry))
		}
	}
	b = append(b, make([]byte, ones)...)
	slices.Reverse(b)
	return b, true
}

// EncodeMultibase is what DecodeMultibase reads.
func EncodeMultibase(b []byte) string {
	zeros := 0
	for zeros < len(b) && b[zeros] == 0 {
		zeros++
	}
	var digits []byte // the lowest first
	for _, c := range b[zeros:] {
		carry := int(c)
		for i := range digits {
			carry += int(digits[i]) << 8
			digits[i] = byte(carry % len(base58))
			carry /= len(base58)
		}
		for ; carry > 0; carry /= len(base58) {
			digits = append(digits, byte(carry%len(base58)))
		}
	}
	out := []byte("z" + strings.Repeat("1", zeros))
	for _, d := range slices.Backward(digits) {
		out = append(out, base58[d])
	}
	return string(out)
}
