// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bits is the size of the keys that are made here. Some peers choose the hash
// by the size of the key, and for this size all choose SHA-256.
const Bits = 2048

// Sizes of RSA keys that are taken from others. The upper one bounds what a
// verification can cost.
const (
	minBits = 2048
	maxBits = 8192
)

// maxPEM bounds what is parsed as a key; one of 8192 bits has some 1500 bytes.
const maxPEM = 8192

// Generate makes an RSA key pair. crypto/rsa may draw from the system's source
// of randomness whatever random is.
func Generate(random io.Reader) (*rsa.PrivateKey, error) {
	k, err := rsa.GenerateKey(random, Bits)
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	return k, nil
}

// EncodePrivate returns a private key as PKCS #8 in PEM.
func EncodePrivate(k *rsa.PrivateKey) ([]byte, error) {
	if k == nil {
		return nil, errors.New("encode private key: no key")
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, fmt.Errorf("encode private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// DecodePrivate reads what EncodePrivate wrote. No error repeats a part of the
// key.
func DecodePrivate(text []byte) (*rsa.PrivateKey, error) {
	b, rest := pem.Decode(text)
	if b == nil || b.Type != "PRIVATE KEY" || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, errors.New("decode private key: it is not one PKCS #8 key in PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(b.Bytes)
	if err != nil {
		return nil, fmt.Errorf("decode private key: %w", err)
	}
	k, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("decode private key: it is a %T, not an RSA key", parsed)
	}
	if err := checkPublic(&k.PublicKey); err != nil {
		return nil, fmt.Errorf("decode private key: %w", err)
	}
	return k, nil
}

// EncodePublic returns a public key as SubjectPublicKeyInfo in PEM, the only
// form that all peers read. RFC 5280 §4.1.2.7.
func EncodePublic(pub crypto.PublicKey) (string, error) {
	if err := checkPublic(pub); err != nil {
		return "", fmt.Errorf("encode public key: %w", err)
	}
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return "", fmt.Errorf("encode public key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// DecodePublic reads a public key of a peer: an *rsa.PublicKey of 2048 to 8192
// bits or an ed25519.PublicKey. RSA keys in the older form of PKCS #1 are read
// as well, for the peers that publish them.
func DecodePublic(text string) (crypto.PublicKey, error) {
	if len(text) > maxPEM {
		return nil, errors.New("decode public key: too long")
	}
	text = strings.TrimSpace(text)
	b, rest := pem.Decode([]byte(text))
	if b == nil || len(rest) > 0 || !strings.HasPrefix(text, "-----BEGIN ") {
		return nil, errors.New("decode public key: it is not one key in PEM")
	}
	var pub crypto.PublicKey
	var err error
	switch b.Type {
	case "PUBLIC KEY":
		pub, err = x509.ParsePKIXPublicKey(b.Bytes)
	case "RSA PUBLIC KEY":
		pub, err = x509.ParsePKCS1PublicKey(b.Bytes)
	default:
		err = fmt.Errorf("a %q is no public key", b.Type)
	}
	if err == nil {
		err = checkPublic(pub)
	}
	if err != nil {
		return nil, fmt.Errorf("decode public key: %w", err)
	}
	return pub, nil
}

// checkPublic lets pass the keys whose signatures prove something. It costs
// next to nothing, whatever the key.
func checkPublic(pub crypto.PublicKey) error {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		if k == nil || k.N == nil {
			return errors.New("no key")
		}
		if n := k.N.BitLen(); n < minBits || n > maxBits {
			return fmt.Errorf("an RSA key of %d bits; taken are %d to %d", n, minBits, maxBits)
		}
		if k.N.Bit(0) == 0 || k.E < 3 || k.E > 1<<31 || k.E%2 == 0 {
			return errors.New("an RSA key with an impossible modulus or exponent")
		}
		return nil
	case ed25519.PublicKey:
		if len(k) != ed25519.PublicKeySize { // crypto/ed25519 would panic
			return fmt.Errorf("an Ed25519 key of %d bytes", len(k))
		}
		if smallOrder(k) {
			return errors.New("an Ed25519 key of small order")
		}
		return nil
	}
	return fmt.Errorf("a key of type %T", pub)
}

// smallOrders are the encodings of the y coordinates of the points whose order
// divides eight, without the sign of x. Under such a key a signature is valid
// for messages that nobody signed, and crypto/ed25519 takes it: RFC 8032 §5.1.7
// asks for no check of the key.
var smallOrders = [...][ed25519.PublicKeySize]byte{
	{},  // y = 0, order 4
	{1}, // y = 1, the neutral element
	{ // order 8
		0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
	},
	{ // order 8
		0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
	},
	{ // y = p-1, order 2
		0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
	},
	{ // y = p, another spelling of 0
		0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
	},
	{ // y = p+1, another spelling of 1
		0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
	},
}

func smallOrder(k ed25519.PublicKey) bool {
	y := [ed25519.PublicKeySize]byte(k)
	y[len(y)-1] &= 0x7f
	for _, s := range smallOrders {
		if y == s {
			return true
		}
	}
	return false
}
