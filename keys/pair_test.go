// SPDX-License-Identifier: AGPL-3.0-or-later

package keys_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"plenum/coop"
	"plenum/keys"
)

func TestKeysSurvivePEM(t *testing.T) {
	t.Parallel()
	private, err := keys.EncodePrivate(pair())
	ok(t, err)
	k, err := keys.DecodePrivate(private)
	ok(t, err)
	if !k.Equal(pair()) || !strings.HasPrefix(string(private), "-----BEGIN PRIVATE KEY-----\n") {
		t.Errorf("the private key came back as another")
	}
	if n := pair().N.BitLen(); n != 2048 || pair().E != 65537 {
		t.Errorf("made a key of %d bits with exponent %d", n, pair().E)
	}
	for _, pub := range []crypto.PublicKey{&pair().PublicKey, edwards().Public()} {
		text, err := keys.EncodePublic(pub)
		ok(t, err)
		if !strings.HasPrefix(text, "-----BEGIN PUBLIC KEY-----\n") || !strings.HasSuffix(text, "-----END PUBLIC KEY-----\n") {
			t.Errorf("got %s", text)
		}
		for _, spelling := range []string{text, strings.TrimSpace(text), strings.ReplaceAll(text, "\n", "\r\n"), "\n " + text + "\n\n"} {
			got, err := keys.DecodePublic(spelling)
			if err != nil || !got.(interface{ Equal(crypto.PublicKey) bool }).Equal(pub) {
				t.Errorf("%q: got %v, %v", spelling, got, err)
			}
		}
	}
	old := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&pair().PublicKey)})
	if got, err := keys.DecodePublic(string(old)); err != nil || !pair().PublicKey.Equal(got) {
		t.Errorf("PKCS #1: got %v, %v", got, err)
	}
}

// spki writes any key as a peer might, without asking whether it is any good.
func spki(tb testing.TB, pub crypto.PublicKey) string {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(pub)
	ok(tb, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// modulus is an odd number of that many bits; nobody need know its factors.
func modulus(tb testing.TB, bits int) *big.Int {
	tb.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), uint(bits-1)))
	ok(tb, err)
	return n.SetBit(n.SetBit(n, bits-1, 1), 0, 1)
}

// weak are keys under which a signature proves nothing, or costs too much. S19.
func weak(tb testing.TB) map[string]crypto.PublicKey {
	tb.Helper()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ok(tb, err)
	n := modulus(tb, 2048)
	out := map[string]crypto.PublicKey{
		"RSA of 1024 bits":   &rsa.PublicKey{N: modulus(tb, 1024), E: 65537},
		"RSA of 2047 bits":   &rsa.PublicKey{N: modulus(tb, 2047), E: 65537},
		"RSA of 8193 bits":   &rsa.PublicKey{N: modulus(tb, 8193), E: 65537},
		"RSA of 16384 bits":  &rsa.PublicKey{N: modulus(tb, 16384), E: 65537},
		"RSA exponent 1":     &rsa.PublicKey{N: n, E: 1},
		"RSA even exponent":  &rsa.PublicKey{N: n, E: 65536},
		"RSA huge exponent":  &rsa.PublicKey{N: n, E: 1<<31 + 1},
		"RSA even modulus":   &rsa.PublicKey{N: new(big.Int).Lsh(modulus(tb, 2047), 1), E: 65537},
		"P-256":              &curve.PublicKey,
		"Ed25519 of order 1": ed25519.PublicKey(append([]byte{1}, make([]byte, 31)...)),
		"Ed25519 of order 4": ed25519.PublicKey(make([]byte, 32)),
	}
	for name, text := range map[string]string{
		"Ed25519 of order 2":          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"Ed25519 of order 8":          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"Ed25519 of order 8, minus x": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	} {
		b, err := hex.DecodeString(text)
		ok(tb, err)
		out[name] = ed25519.PublicKey(b)
	}
	return out
}

func TestKeyThatProvesNothingIsRefused(t *testing.T) {
	t.Parallel()
	now, body := noon(), []byte(`{}`)
	r := dated(arrived(http.MethodPost, inbox, body), body, now)
	byHand(t, r, pair(), all)
	c, err := keys.Read(r, body, site, now)
	ok(t, err)
	broken := map[string]crypto.PublicKey{"none": nil, "nil RSA": (*rsa.PublicKey)(nil), "RSA without modulus": &rsa.PublicKey{}, "a secret": []byte("x"), "Ed25519 of 31 bytes": ed25519.PublicKey(make([]byte, 31))}
	for name, pub := range broken {
		if err := c.Verify(pub); coop.CodeOf(err) != coop.Unauthorized {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, pub := range weak(t) {
		if got, err := keys.DecodePublic(spki(t, pub)); err == nil {
			t.Errorf("%s: decoded as %T", name, got)
		}
		if err := c.Verify(pub); coop.CodeOf(err) != coop.Unauthorized {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := keys.EncodePublic(pub); err == nil {
			t.Errorf("%s: encoded", name)
		}
	}
	for _, bits := range []int{2048, 3072, 4096, 8192} {
		if _, err := keys.DecodePublic(spki(t, &rsa.PublicKey{N: modulus(t, bits), E: 3})); err != nil {
			t.Errorf("RSA of %d bits: %v", bits, err)
		}
	}
}

// Under the neutral element as key, R = S·B holds for every message: with S = 0
// and R the neutral element, anybody can sign anything. crypto/ed25519 agrees.
func TestForgeryUnderAKeyOfSmallOrderIsRefused(t *testing.T) {
	t.Parallel()
	neutral := append([]byte{1}, make([]byte, 31)...)
	forged := append(bytes.Clone(neutral), make([]byte, 32)...)
	if !ed25519.Verify(neutral, []byte("anything"), forged) {
		t.Fatal("crypto/ed25519 refuses this by itself now: the list of small orders can go")
	}
	now := noon()
	r := dated(arrived(http.MethodGet, inbox, nil), nil, now)
	byHand(t, r, edwards(), "(request-target) host date")
	head, _, _ := strings.Cut(r.Header.Get("Signature"), "signature=")
	r.Header.Set("Signature", head+`signature="`+"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="+`"`)
	if err := check(r, nil, now, ed25519.PublicKey(neutral)); coop.CodeOf(err) != coop.Unauthorized {
		t.Errorf("got %v", err)
	}
}

func TestTextThatIsNoPublicKeyIsRefused(t *testing.T) {
	t.Parallel()
	good := spki(t, &pair().PublicKey)
	private, err := keys.EncodePrivate(pair())
	ok(t, err)
	for name, text := range map[string]string{
		"nothing": "", "no PEM": "ssh-rsa AAAA", "cut": good[:200], "two keys": good + good, "text before": "key: " + good, "a line before": "key:\n" + good,
		"text behind": good + "x", "private key": string(private), "certificate": strings.ReplaceAll(good, "PUBLIC KEY", "CERTIFICATE"),
		"wrong label": strings.ReplaceAll(good, "PUBLIC KEY", "RSA PUBLIC KEY"), "too long": good + strings.Repeat("\n", 8192),
	} {
		if got, err := keys.DecodePublic(text); err == nil {
			t.Errorf("%s: decoded as %T", name, got)
		}
	}
}

func TestTextThatIsNoPrivateKeyIsRefused(t *testing.T) {
	t.Parallel()
	good, err := keys.EncodePrivate(pair())
	ok(t, err)
	pkcs8 := func(k any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(k)
		ok(t, err)
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	}
	for name, text := range map[string][]byte{
		"nothing": nil, "cut": good[:300], "two keys": append(bytes.Clone(good), good...), "Ed25519": pkcs8(edwards()),
		"public key": []byte(spki(t, &pair().PublicKey)), "no key in it": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}),
	} {
		if got, err := keys.DecodePrivate(text); err == nil {
			t.Errorf("%s: decoded as %T", name, got)
		}
	}
	if _, err := keys.EncodePrivate(nil); err == nil {
		t.Error("encoded nothing")
	}
}
