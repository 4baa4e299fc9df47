// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gowebpki/jcs"

	"plenum/coop"
)

// Integrity is the form of what was proven by a proof within the document, and not
// by the request that brought it. FEP-8b32.
const Integrity Form = "fep-8b32"

// What a proof has to say of itself. VC-DI-EDDSA §3.3.
const (
	proofType    = "DataIntegrityProof"
	proofSuite   = "eddsa-jcs-2022"
	proofPurpose = "assertionMethod"
)

// MaxProofAge is how old a proof may be. Unlike a request it can be sent again by
// anybody for ever; so long it is remembered what was seen.
const MaxProofAge = 7 * 24 * time.Hour

// maxProofs is how many proofs of a document are looked at: one for each kind of key.
const maxProofs = 4

// Proof is what a document says of who made it, and what is not proven yet.
type Proof struct {
	Method coop.IRI  // the id of the key
	At     time.Time // when it was made, by its maker's clock

	options, members map[string]json.RawMessage // what is signed
	sig              []byte
}

// HasProof reports whether a document carries anything that could be a proof.
func HasProof(doc []byte) bool {
	members, err := split(doc)
	return err == nil && len(members["proof"]) > 0 && string(members["proof"]) != "null"
}

// ReadProof reads the proof of a document by the cryptosuite eddsa-jcs-2022, the
// first one that it has of several: everything is checked that needs no key and
// costs little. The document must have passed activity.Check, which bounds what
// Verify costs and sees to it that nothing stands there twice. Signatures by Linked
// Data are not looked at, and not covered. FEP-8b32, VC-DI-EDDSA §3.3.2.
func ReadProof(doc []byte, scheme string, now time.Time) (*Proof, error) {
	members, err := split(doc)
	if err != nil {
		return nil, malformed("the document is not a JSON object")
	}
	options, err := chooseProof(members["proof"])
	if err != nil {
		return nil, err
	}
	delete(members, "proof")
	delete(members, "signature") // it is put on top of a proof. FEP-8b32
	p := &Proof{options: options, members: members}
	if err := p.readOptions(options, scheme, now); err != nil {
		return nil, err
	}
	if own, ok := options["@context"]; ok { // step 4
		if !beginsWith(members["@context"], own) {
			return nil, refused("the context of the proof is not that of the document")
		}
		members["@context"] = own
	}
	delete(options, "proofValue")
	return p, nil
}

// Verify reports whether the key made the proof. An error is a *coop.Error with the
// code Unauthorized.
func (p *Proof) Verify(pub crypto.PublicKey) error {
	const op = "keys.Proof.Verify"
	k, ok := pub.(ed25519.PublicKey)
	if err := checkPublic(pub); err != nil || !ok {
		return &coop.Error{Code: coop.Unauthorized, Op: op, Msg: "the key is of a kind that makes no proofs here", Err: err}
	}
	signed, err := p.signed(k, p.options)
	// By the drafts of the suite the document's context was signed with the options
	// although the proof did not show it, as some still do.
	if c, ok := p.members["@context"]; !signed && err == nil && ok && p.options["@context"] == nil {
		drafted := maps.Clone(p.options)
		drafted["@context"] = c
		signed, err = p.signed(k, drafted)
	}
	if !signed {
		return &coop.Error{Code: coop.Unauthorized, Op: op, Msg: "the proof is not one of the key that it names", Err: err}
	}
	return nil
}

func (p *Proof) signed(k ed25519.PublicKey, options map[string]json.RawMessage) (bool, error) {
	hashes, err := hashData(options, p.members)
	return err == nil && ed25519.Verify(k, hashes, p.sig), err
}

// SignProof adds a proof to a document as others make them. Nothing that Plenum
// sends has one. VC-DI-EDDSA §3.3.1.
func SignProof(doc []byte, method coop.IRI, key ed25519.PrivateKey, now time.Time) ([]byte, error) {
	members, err := split(doc)
	if err != nil {
		return nil, fmt.Errorf("sign proof: %w", err)
	}
	delete(members, "proof")
	options := map[string]any{
		"type": proofType, "cryptosuite": proofSuite, "proofPurpose": proofPurpose,
		"verificationMethod": string(method), "created": now.UTC().Format(time.RFC3339),
	}
	if c, ok := members["@context"]; ok {
		options["@context"] = c
	}
	hashes, err := hashData(options, members)
	if err != nil {
		return nil, fmt.Errorf("sign proof: %w", err)
	}
	options["proofValue"] = coop.EncodeMultibase(ed25519.Sign(key, hashes))
	if members["proof"], err = json.Marshal(options); err != nil {
		return nil, fmt.Errorf("sign proof: %w", err)
	}
	return json.Marshal(members)
}

// split splits an object into its members, by their exact names.
func split(doc []byte) (members map[string]json.RawMessage, err error) {
	err = json.Unmarshal(doc, &members)
	return members, err
}

// chooseProof returns the options of the first proof of the one kind that is
// understood. Proofs in a chain depend on each other; nobody sends them.
func chooseProof(raw json.RawMessage) (map[string]json.RawMessage, error) {
	list, ok := items(raw)
	if !ok && len(raw) > 0 {
		return nil, malformed("the proof is not one object or a list of them")
	}
	for _, one := range list[:min(len(list), maxProofs)] {
		options, err := split(one)
		if err == nil && text(options["type"]) == proofType && text(options["cryptosuite"]) == proofSuite && options["previousProof"] == nil {
			return options, nil
		}
	}
	return nil, refused("the document has no proof by %s", proofSuite)
}

// readOptions reads what a proof says of itself.
func (p *Proof) readOptions(options map[string]json.RawMessage, scheme string, now time.Time) error {
	if text(options["proofPurpose"]) != proofPurpose {
		return refused("the proof was made for something else")
	}
	method := text(options["verificationMethod"])
	if err := checkKeyID(method, scheme); err != nil {
		return err
	}
	p.Method = coop.IRI(method)
	sig, ok := coop.DecodeMultibase(text(options["proofValue"]))
	if !ok || len(sig) != ed25519.SignatureSize {
		return malformed("the value of the proof is not a signature in base58")
	}
	p.sig = sig
	var err error
	if p.At, err = time.Parse(time.RFC3339, text(options["created"])); err != nil {
		return refused("the proof does not say when it was made")
	}
	p.At = p.At.UTC()
	if p.At.After(now.Add(MaxAhead)) || now.After(p.At.Add(MaxProofAge)) {
		return refused("the proof is from the future, or too old")
	}
	if end, ok := options["expires"]; ok {
		if t, err := time.Parse(time.RFC3339, text(end)); err != nil || now.After(t) {
			return refused("the proof has expired")
		}
	}
	return nil
}

// beginsWith reports whether a document's context has that of its proof at its
// beginning, each being one value or a list. VC-DI-EDDSA §3.3.2, step 4.1.
func beginsWith(doc, proof json.RawMessage) bool {
	d, okDoc := contexts(doc)
	p, okProof := contexts(proof)
	return okDoc && okProof && len(d) >= len(p) && slices.EqualFunc(d[:len(p)], p, bytes.Equal)
}

// contexts are the items of a context, each written in one way.
func contexts(raw json.RawMessage) (out [][]byte, ok bool) {
	list, ok := items(raw)
	for _, one := range list {
		c, err := jcs.Transform(one)
		if err != nil {
			return nil, false
		}
		out = append(out, c)
	}
	return out, ok && len(out) > 0
}

// items are those of a value that is one or a list.
func items(raw json.RawMessage) (list []json.RawMessage, ok bool) {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '[' {
		return []json.RawMessage{raw}, len(raw) > 0
	}
	err := json.Unmarshal(raw, &list)
	return list, err == nil
}

// hashData is what is signed: the digests of the options and of the document, each
// in its one canonical spelling. VC-DI-EDDSA §3.3.4, RFC 8785.
func hashData(parts ...any) (sums []byte, err error) {
	for _, part := range parts {
		raw, err := json.Marshal(part)
		if err != nil {
			return nil, err
		}
		canonical, err := jcs.Transform(raw)
		if err != nil {
			return nil, err
		}
		sums = append(sums, sha256Sum(canonical)...)
	}
	return sums, nil
}

// text reads a string; empty for everything else.
func text(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
