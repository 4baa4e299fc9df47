// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"context"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"plenum/coop"
)

// The cost of a password: the second choice that RFC 9106 §4 leaves room for where
// memory is small, as OWASP has it.
const (
	argonMemory = 19456 // KiB
	argonTime   = 2
	argonLanes  = 1
	saltBytes   = 16
	keyBytes    = 32
)

// The length of passwords, in characters.
const (
	MinPassword = 10
	MaxPassword = 200
)

//go:embed passwords.txt
var commonText string

// common reports whether a password is among those that are tried first, in any
// spelling of its letters.
func common(password string) bool {
	p := strings.ToLower(password)
	for l := range strings.Lines(commonText) {
		if strings.TrimSpace(l) == p {
			return true
		}
	}
	return false
}

// fits says what is wrong with a password that somebody chose.
func fits(password, login, name string) error {
	n := utf8.RuneCountInString(password)
	lower := strings.ToLower(password)
	switch {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return coop.Wrong("password", "this password has characters that are none")
	case n < MinPassword:
		return coop.Wrong("password", fmt.Sprintf("choose a password of at least %d characters: several words are easy to remember", MinPassword))
	case n > MaxPassword:
		return coop.Wrong("password", fmt.Sprintf("a password has at most %d characters", MaxPassword))
	case lower == strings.ToLower(login) || lower == strings.ToLower(name), login != "" && strings.ReplaceAll(lower, login, "") == "":
		return coop.Wrong("password", "choose a password that is not your name")
	case common(password) || single(lower):
		return coop.Wrong("password", "this password is among the first that are tried; choose another one")
	}
	return nil
}

// single reports whether s is one character again and again.
func single(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return strings.Trim(s, string(r)) == ""
}

// hash makes what is kept of a password, in PHC form.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(s.Rand, salt); err != nil {
		return "", fmt.Errorf("make a salt: %w", err)
	}
	leave, err := s.hashing.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, keyBytes)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, b64(salt), b64(key)), nil
}

// decoy is what a password is compared with where there is no account, so that the
// answer takes as long. Nobody knows what it was made of.
const decoy = "$argon2id$v=19$m=19456,t=2,p=1$6pPjX5bBvVJd0iC1qgm4Tw$H0mVqkC9b8n0aX1YxqgS0l1Yg5mNQx8T1m7s2cZp4uE"

// matches reports whether a password is the one of which phc is kept; the empty phc is
// that of nobody, and costs as much.
func (s *Service) matches(ctx context.Context, phc, password string) (bool, error) {
	known := phc != ""
	if !known {
		phc = decoy
	}
	if len(password) > MaxPassword*utf8.UTFMax {
		password, known = "", false
	}
	p, err := parsePHC(phc)
	if err != nil {
		return false, err
	}
	leave, err := s.hashing.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	got := argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.lanes, uint32(len(p.key)))
	return subtle.ConstantTimeCompare(got, p.key) == 1 && known, nil
}

// phc is a password hash taken apart.
type phc struct {
	memory, time uint32
	lanes        uint8
	salt, key    []byte
}

var errPHC = errors.New("auth: what is kept of a password cannot be read")

// parsePHC reads what hash made, with parameters of other times within bounds.
func parsePHC(s string) (p phc, err error) {
	f := strings.Split(s, "$")
	if len(f) != 6 || f[0] != "" || f[1] != "argon2id" || f[2] != "v="+strconv.Itoa(argon2.Version) {
		return p, errPHC
	}
	if _, err := fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.lanes); err != nil {
		return p, errPHC
	}
	if p.salt, err = base64.RawStdEncoding.DecodeString(f[4]); err != nil {
		return p, errPHC
	}
	if p.key, err = base64.RawStdEncoding.DecodeString(f[5]); err != nil {
		return p, errPHC
	}
	if p.memory < 8 || p.memory > 1<<18 || p.time < 1 || p.time > 16 || p.lanes < 1 || p.lanes > 8 || len(p.salt) < 8 || len(p.key) != keyBytes {
		return p, errPHC
	}
	return p, nil
}
