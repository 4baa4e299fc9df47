// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/dunglas/httpsfv"
)

// digest is one named hash of a body.
type digest struct {
	alg string // in lower case
	sum []byte // nil where the algorithm is not one of ours
}

// checkDigest compares the Digest header with the body. RFC 3230 §4.3.2.
func checkDigest(h http.Header, body []byte) error {
	v, err := one(h, "Digest")
	if err != nil {
		return err
	}
	var ds []digest
	for part := range strings.SplitSeq(v, ",") {
		alg, text, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return malformed("the Digest header is not a list of algorithm=value")
		}
		d := digest{alg: strings.ToLower(alg)}
		if knownDigest(d.alg) {
			if d.sum, err = strictBase64(text); err != nil {
				return malformed("the Digest header is not base64")
			}
		}
		ds = append(ds, d)
	}
	return compareDigests(ds, body)
}

// checkContentDigest compares the Content-Digest header with the body. RFC 9530 §2.
func checkContentDigest(h http.Header, body []byte) error {
	v, err := one(h, "Content-Digest")
	if err != nil {
		return err
	}
	dict, err := httpsfv.UnmarshalDictionary([]string{v})
	if err != nil {
		return malformed("the Content-Digest header is not a dictionary")
	}
	var ds []digest
	for _, alg := range dict.Names() {
		m, _ := dict.Get(alg)
		item, _ := m.(httpsfv.Item)
		sum, ok := item.Value.([]byte)
		if !ok {
			return malformed("the Content-Digest header has a value that is not a byte sequence")
		}
		ds = append(ds, digest{alg: alg, sum: sum})
	}
	// The library lets the last of two equal keys win, silently.
	if strings.Count(v, ",") != len(ds)-1 {
		return malformed("the Content-Digest header names an algorithm twice")
	}
	return compareDigests(ds, body)
}

// compareDigests wants one digest that it knows, and each that it knows to be
// right. Where there are several, SHA-256 has to be among them: which one
// another program takes is not to be guessed.
func compareDigests(ds []digest, body []byte) error {
	seen := map[string]bool{}
	for _, d := range ds {
		if seen[d.alg] {
			return malformed("the body's digest is given twice by %s", d.alg)
		}
		seen[d.alg] = true
	}
	switch {
	case !seen["sha-256"] && !seen["sha-512"]:
		return refused("the body's digest is not given by SHA-256")
	case len(ds) > 1 && !seen["sha-256"]:
		return malformed("of several digests of the body none is by SHA-256")
	}
	for _, d := range ds {
		if knownDigest(d.alg) && subtle.ConstantTimeCompare(d.sum, bodySum(d.alg, body)) != 1 {
			return refused("the body is not the one that was signed")
		}
	}
	return nil
}

func knownDigest(alg string) bool { return alg == "sha-256" || alg == "sha-512" }

func bodySum(alg string, body []byte) []byte {
	if alg == "sha-512" {
		s := sha512.Sum512(body)
		return s[:]
	}
	return sha256Sum(body)
}

func sha256Sum(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

// strictBase64 decodes the standard alphabet with padding: one text for each
// value. encoding/base64 would skip line breaks even so.
func strictBase64(s string) ([]byte, error) {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		return nil, base64.CorruptInputError(i)
	}
	return base64.StdEncoding.Strict().DecodeString(s)
}
