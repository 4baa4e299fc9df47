// SPDX-License-Identifier: AGPL-3.0-or-later

// Package keys owns key pairs and HTTP signatures: it makes and reads keys,
// signs requests that leave, and says what a request that arrives claims and
// whether a key proves the claim.
//
// It knows requests and keys, not where keys are kept or fetched from: what it
// needs comes as an argument, the time included, and nothing is remembered
// between two calls. That the owner of a key is the actor of an activity is for
// package federation to check.
//
// A request is checked in two steps, so that a key is looked up only for a
// request that can be believed at all:
//
//   - Read parses the signature strictly and checks everything that needs no
//     key: what is covered, the host, the digest of the body, the time.
//   - Claim.Verify checks the signature with a key. The key decides the
//     algorithm, never the message.
//
// Two forms are understood: draft-cavage-http-signatures-12, which the whole
// fediverse speaks, and RFC 9421. A request with a Signature-Input header is
// checked by RFC 9421 and by that alone: what fails there is never tried as the
// other form.
//
// The older form is signed and verified by github.com/go-fed/httpsig, which is
// never handed a real request. It does not look at the digest, at the date or at
// what is covered, it takes the last of two equal parameters, believes a Host in
// the header map, and signs the decoded path. It gets a copy that holds the
// covered headers and nothing else, the path as it is on the wire, the host that
// we are called, and parameters written anew from our own parse.
package keys

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"plenum/coop"
)

// Form is the way in which a request is signed.
type Form string

// The forms that are understood.
const (
	Cavage  Form = "cavage"  // draft-cavage-http-signatures-12
	RFC9421 Form = "rfc9421" // HTTP Message Signatures
)

// Target is the site that a request must be meant for, as it is configured and
// never as a header of the request says.
type Target struct {
	Scheme string // "https", in development "http"
	Host   string // with the port where the site's URLs have one
}

// Claim is what a request claims and what is not proven yet: everything that
// can be checked without a key has been.
type Claim struct {
	KeyID coop.IRI
	Form  Form
	At    time.Time // when it was signed, by the sender's clock

	method string
	host   string
	cavage params      // for Cavage
	header http.Header // for Cavage: the covered headers, each with one value
	target string      // for Cavage: the request target
	base   []byte      // for RFC9421: the signature base
	alg    string      // for RFC9421: as it was given, or empty
	sig    []byte      // the signature itself
}

// Signer is who signed a request, proven by a key that the actor lists.
type Signer struct {
	Actor coop.IRI
	KeyID coop.IRI
	Form  Form
	At    time.Time // when it was signed, by the signer's clock
}

// How far the time of a signature may be from ours. A peer's clock may be an
// hour off in either direction, and a signature lives for five minutes; it is
// what Mastodon takes.
const (
	MaxAge   = time.Hour + 5*time.Minute
	MaxAhead = time.Hour
)

// Limits of what is read; nothing real comes near them.
const (
	maxKeyID   = 2048  // bytes
	maxCovered = 20    // headers or components
	maxHeader  = 10240 // bytes of a Signature or Signature-Input header
)

// Read returns what a request claims. r is a request as a server gets it, with
// its RequestURI, and body is its whole body; r.Body is not touched. An error is
// a *coop.Error: Invalid for what is malformed or ambiguous, Unauthorized for
// everything else.
func Read(r *http.Request, body []byte, at Target, now time.Time) (*Claim, error) {
	if err := checkHost(r, at); err != nil {
		return nil, err
	}
	if err := checkRequestTarget(r.RequestURI); err != nil {
		return nil, err
	}
	if len(r.Header.Values("Signature-Input")) > 0 {
		return readMessage(r, body, at, now)
	}
	return readCavage(r, body, at, now)
}

// Verify reports whether the key made the signature of the claim. Any error is
// a *coop.Error with the code Unauthorized. It may be called more than once, as
// after a key has been fetched anew.
func (c *Claim) Verify(pub crypto.PublicKey) error {
	if err := checkPublic(pub); err != nil {
		return &coop.Error{Code: coop.Unauthorized, Op: "keys.Verify", Msg: "the key is of a kind or size that is not taken here", Err: err}
	}
	verify := c.verifyCavage
	if c.Form == RFC9421 {
		verify = c.verifyMessage
	}
	if err := verify(pub); err != nil {
		return &coop.Error{Code: coop.Unauthorized, Op: "keys.Verify", Msg: "the signature is not one of the key that it names", Err: err}
	}
	return nil
}

// malformed is the answer to what cannot be read in one way only.
func malformed(format string, a ...any) error {
	return coop.Fail(coop.Invalid, "keys.Read", fmt.Sprintf(format, a...))
}

// refused is the answer to what can be read and is not believed.
func refused(format string, a ...any) error {
	return coop.Fail(coop.Unauthorized, "keys.Read", fmt.Sprintf(format, a...))
}

// checkHost refuses a request that was made for another site: what was signed
// for that one must not count here. Over HTTP/2 a second host can stand in the
// header map beside the one that net/http gives as r.Host.
func checkHost(r *http.Request, at Target) error {
	if r.Host != at.Host {
		return refused("the request is for another host than this one")
	}
	for name, values := range r.Header {
		if !strings.EqualFold(name, "Host") {
			continue
		}
		for _, v := range values {
			if v != at.Host {
				return refused("the request names two hosts")
			}
		}
	}
	return nil
}

// checkRequestTarget wants the origin form, the only one that a server which is
// no proxy is sent. RFC 9112 §3.2.1.
func checkRequestTarget(target string) error {
	if !strings.HasPrefix(target, "/") || strings.ContainsFunc(target, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return malformed("the request target is not a path")
	}
	return nil
}

// checkKeyID lets pass what can be fetched and written between quotes. It
// refuses what package activity refuses in an IRI.
func checkKeyID(id, scheme string) error {
	if id == "" {
		return refused("the signature has no key id")
	}
	if len(id) > maxKeyID || !utf8.ValidString(id) || strings.ContainsFunc(id, unsafeInIRI) {
		return refused("the key id is not a URL")
	}
	u, err := url.Parse(id)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && (scheme != "http" || u.Scheme != "http")) {
		return refused("the key id is not an https URL")
	}
	return nil
}

func unsafeInIRI(c rune) bool {
	return c <= ' ' || c >= 0x7f && c < 0xa0 || strings.ContainsRune("\"\\<>^{|}`", c)
}

// checkTime refuses a signature from outside the window. expires is the zero
// time where the sender set no end, and can only bring the end forward.
func checkTime(signed, expires, now time.Time) error {
	switch {
	case signed.After(now.Add(MaxAhead)):
		return refused("the signature is from the future: check the clock")
	case now.After(signed.Add(MaxAge)):
		return refused("the signature is too old: check the clock, or sign again")
	case !expires.IsZero() && now.After(expires):
		return refused("the signature has expired")
	}
	return nil
}

// hasBody reports whether requests of a method carry a body, so that it has to
// be signed.
func hasBody(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// one returns the value of a header that was sent exactly once: two values
// under one name are read differently by different programs.
func one(h http.Header, name string) (string, error) {
	switch v := h.Values(name); len(v) {
	case 0:
		return "", refused("the request has no %s header", http.CanonicalHeaderKey(name))
	case 1:
		return v[0], nil
	}
	return "", malformed("the request has more than one %s header", http.CanonicalHeaderKey(name))
}

// checkLength refuses a signature that no key that is taken here can make.
func checkLength(sig []byte) error {
	if len(sig) < ed25519.SignatureSize || len(sig) > maxBits/8 {
		return refused("the signature is of a length that no key makes")
	}
	return nil
}

// signature returns one of the headers that hold a signature.
func signature(h http.Header, name string) (string, error) {
	v, err := one(h, name)
	if len(v) > maxHeader {
		return "", refused("the %s header is too long", name)
	}
	return v, err
}

// wire returns what net/http puts on the wire for a request of a client: the
// host and the request target.
func wire(r *http.Request) (host, target string, err error) {
	if r.URL == nil || r.URL.Scheme != "https" && r.URL.Scheme != "http" || r.URL.User != nil {
		return "", "", fmt.Errorf("sign: the URL is not a plain one of http or https")
	}
	host = r.Host
	if host == "" {
		host = r.URL.Host
	}
	// A host beyond ASCII would leave in another spelling than the signed one.
	if host == "" || strings.ContainsFunc(host, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		return "", "", fmt.Errorf("sign: host %q cannot be signed", host)
	}
	target = r.URL.RequestURI()
	if err := checkRequestTarget(target); err != nil {
		return "", "", fmt.Errorf("sign: request target %q cannot be signed", target)
	}
	return host, target, nil
}

// checkOutgoing refuses what no receiver could verify.
func checkOutgoing(r *http.Request, body []byte, keyID coop.IRI) error {
	if err := checkKeyID(string(keyID), "http"); err != nil || strings.Contains(string(keyID), ",") {
		return fmt.Errorf("sign: key id %q cannot be written", keyID)
	}
	if body == nil && hasBody(method(r)) {
		return fmt.Errorf("sign: a %s has a body, if an empty one", r.Method)
	}
	return nil
}

// method is the method of a client's request, where none means GET.
func method(r *http.Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// replace puts the headers of a signature in the place of what an earlier one
// left: a second attempt must not carry two.
func replace(r *http.Request, signed http.Header) {
	if r.Header == nil {
		r.Header = http.Header{}
	}
	for _, name := range []string{"Signature", "Signature-Input", "Digest", "Content-Digest"} {
		r.Header.Del(name)
	}
	maps.Copy(r.Header, signed)
}
