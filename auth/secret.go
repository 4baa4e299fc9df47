// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode"

	"plenum/coop"
)

// secret makes 256 random bits as text, behind a word that says what they are, so
// that whoever finds them in a file knows. RFC 6749 §10.10.
func (s *Service) secret(kind string) (text string, hash []byte, err error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(s.Rand, raw); err != nil {
		return "", nil, fmt.Errorf("make a secret: %w", err)
	}
	text = kind + base64.RawURLEncoding.EncodeToString(raw)
	return text, digest(text), nil
}

// What secrets begin with.
const (
	tokenPrefix   = "plenum_"
	refreshPrefix = "plenum_refresh_"
	codePrefix    = "plenum_code_"
	clientPrefix  = "plenum_client_"
)

// digest is what is kept of a secret. It has 256 random bits, so that neither salt nor
// slow hash is needed, and what is looked up by its digest tells nothing by the time
// that it takes.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// secretBytes bounds what is taken for a secret at all.
const secretBytes = 200

func (s *Service) id() (coop.ID, error) { return coop.NewID(s.Now(), s.Rand) }

// line makes one plain line of what a stranger wrote: no control characters, none
// that have no width or turn the direction of text, white space folded, no more than
// most characters. A16.
func line(s string, most int) string {
	out := make([]rune, 0, min(len(s), most))
	marks := 0
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case unicode.IsSpace(r):
			if r = ' '; len(out) == 0 || out[len(out)-1] == ' ' {
				continue
			}
		case !unicode.IsPrint(r), unicode.In(r, unicode.Cf, unicode.Co), r == '\u115F', r == '\u1160', r == '\u3164', r == '\uFFA0':
			continue
		}
		if unicode.Is(unicode.M, r) {
			if marks++; marks > 4 { // no script has more; towers of them cover what stands above
				continue
			}
		} else {
			marks = 0
		}
		if len(out) == most {
			break
		}
		out = append(out, r)
	}
	return strings.TrimSpace(string(out))
}
