// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// Edwards is the peer's key of Ed25519, made from its id.
func (p *Peer) Edwards() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(p.ID))
	return ed25519.NewKeyFromSeed(seed[:])
}

// EdwardsID is the id of that key.
func (p *Peer) EdwardsID() coop.IRI { return p.ID + "#ed25519-key" }

// WithMultikey is the actor's own document with that key as one that proves
// documents. FEP-521a.
func (p *Peer) WithMultikey() Document {
	d := p.Document()
	d["assertionMethod"] = []any{Document{
		"id": p.EdwardsID(), "type": "Multikey", "controller": p.ID,
		"publicKeyMultibase": coop.EncodeMultibase(append([]byte{0xed, 0x01}, p.Edwards().Public().(ed25519.PublicKey)...)),
	}}
	return d
}

// ServeMultikey serves WithMultikey at the actor's id.
func (p *Peer) ServeMultikey() { p.Serve(string(p.ID)[len("https://"+p.Host):], as2, p.WithMultikey()) }

// Prove is a document with a proof by the peer. FEP-8b32.
func (p *Peer) Prove(doc Document) Document {
	p.net.t.Helper()
	raw, err := keys.SignProof(doc.Bytes(), p.EdwardsID(), p.Edwards(), time.Now())
	if err != nil {
		p.net.t.Fatal(err)
	}
	var out Document
	if err := json.Unmarshal(raw, &out); err != nil {
		p.net.t.Fatal(err)
	}
	return out
}
