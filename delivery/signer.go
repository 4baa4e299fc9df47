// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"bytes"
	"crypto/rsa"
	"net/http"
	"sync"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// signer is the key that an attempt is signed with.
type signer struct {
	pem    []byte // nil: not loaded yet
	key    *rsa.PrivateKey
	former bool // it is not in force any more, and used on purpose
}

// load loads the key, where that has not been done.
func (t *attempt) load() error {
	if t.key.pem == nil {
		var err error
		if t.key.pem, t.key.former, err = t.pem(); err != nil {
			return &ourFault{"load the key", err}
		}
	}
	if t.key.key == nil {
		var err error
		if t.key.key, err = t.keys.parse(ringKey{t.job.Actor, t.key.former}, t.key.pem); err != nil {
			return &ourFault{"read the key", err}
		}
	}
	return nil
}

// pem returns the key for an attempt. The Update that tells of a new key is signed
// with the one before it, which the other side still believes: GoToSocial does
// not fetch a key again when a signature fails, and would refuse everything from
// then on. Who has learned of the new key already refuses the old one: with 401,
// after which the new one is used at once, or otherwise; so every other attempt
// begins with the new one.
func (t *attempt) pem() (pem []byte, former bool, err error) {
	j := &t.job
	if j.Type == "Update" && j.Post == "" && j.Attempts%2 == 1 {
		pem, err = t.Keys.FormerKey(t.ctx, j.Actor, j.Document)
		if err != nil || pem != nil {
			return pem, true, err
		}
	}
	pem, err = t.Keys.PrivateKey(t.ctx, j.Actor)
	return pem, false, err
}

// newer returns the key in force where it is not the one of the attempt, else nil.
func (t *attempt) newer() []byte {
	pem, err := t.Keys.PrivateKey(t.ctx, t.job.Actor)
	if err != nil || bytes.Equal(pem, t.key.pem) {
		return nil
	}
	return pem
}

// overtaken reports whether the key was changed while the attempt was on its way
// and refused: then it is the key, and no other form of a signature with it helps.
func (t *attempt) overtaken(a answer) bool {
	return a.status == http.StatusUnauthorized && !t.key.former && t.newer() != nil
}

// rotated is when the key was changed, for whoever explains why it is refused.
func (t *attempt) rotated() time.Time {
	at, err := t.Keys.Rotated(t.ctx, t.job.Actor)
	if err != nil {
		return time.Time{}
	}
	return at
}

// keyring keeps parsed keys, because parsing one takes as long as signing.
type keyring struct {
	mu   sync.Mutex
	keys map[ringKey]parsed
}

// ringKey says whose key it is, and whether it is in force.
type ringKey struct {
	name   coop.Name
	former bool
}

type parsed struct {
	pem []byte
	key *rsa.PrivateKey
}

// parse returns the key of an actor, from memory when the PEM is still the same.
func (k *keyring) parse(n ringKey, pem []byte) (*rsa.PrivateKey, error) {
	k.mu.Lock()
	p, ok := k.keys[n]
	k.mu.Unlock()
	if ok && bytes.Equal(p.pem, pem) {
		return p.key, nil
	}
	key, err := keys.DecodePrivate(pem)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil {
		k.keys = make(map[ringKey]parsed)
	}
	k.keys[n] = parsed{pem: bytes.Clone(pem), key: key}
	return key, nil
}
