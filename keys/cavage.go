// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-fed/httpsig"

	"plenum/coop"
)

// The names under which draft-cavage-12 §2.3 covers what is no header.
const (
	requestTarget = httpsig.RequestTarget
	createdName   = "(created)"
	expiresName   = "(expires)"
)

// maxCreatedAhead is how far ahead (created) may be. The library refuses more
// by its own clock, so it is said before a key is fetched in vain. Peers sign
// date; the few that sign (created) are held to narrower windows elsewhere too.
const maxCreatedAhead = 10 * time.Second

// Sign signs r in place in the older form with rsa-sha256 over exactly
// (request-target) host date digest, which is what everybody verifies. It sets
// Date, Digest and Signature in place of any that are there. A nil body means a
// GET, which has no digest. draft-cavage-12 §3.1.
func Sign(r *http.Request, body []byte, keyID coop.IRI, key *rsa.PrivateKey, now time.Time) error {
	return signCavage(r, body, keyID, key, now, whole)
}

// SignPath signs r as Sign does, over the path alone where its URL has a query:
// some servers verify the path that their router shows them. What is sent is the
// same but for the signature.
func SignPath(r *http.Request, body []byte, keyID coop.IRI, key *rsa.PrivateKey, now time.Time) error {
	return signCavage(r, body, keyID, key, now, pathOf)
}

// whole and pathOf choose what of a request target is signed.
func whole(target string) string { return target }

func pathOf(target string) string {
	path, _, _ := strings.Cut(target, "?")
	return path
}

func signCavage(r *http.Request, body []byte, keyID coop.IRI, key *rsa.PrivateKey, now time.Time, part func(target string) string) error {
	if key == nil {
		return errors.New("sign: no key")
	}
	if err := checkOutgoing(r, body, keyID); err != nil {
		return err
	}
	host, target, err := wire(r)
	if err != nil {
		return err
	}
	cover := []string{requestTarget, "host", "date"}
	if body != nil {
		cover = append(cover, "digest")
	}
	// Not safe for two goroutines, so one for each request.
	s, _, err := httpsig.NewSigner([]httpsig.Algorithm{httpsig.RSA_SHA256}, httpsig.DigestSha256, cover, httpsig.Signature, 0)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	sh := shim(method(r), part(target), host, http.Header{"Date": {now.UTC().Format(http.TimeFormat)}})
	if err := s.SignRequest(key, string(keyID), sh, body); err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	// The library always writes hs2019, which some peers refuse. The parameter
	// is not signed and rsa-sha256 is what the bytes are.
	sh.Header.Set("Signature", strings.Replace(sh.Header.Get("Signature"), `algorithm="hs2019"`, `algorithm="rsa-sha256"`, 1))
	sh.Header.Del("Host") // net/http writes its own
	replace(r, sh.Header)
	return nil
}

// shim is what the library is shown instead of a request. It writes URL.Path,
// decoded on a real request, where the wire has the request target, and it
// believes the Host of the header map.
func shim(method, target, host string, h http.Header) *http.Request {
	h["Host"] = []string{host}
	return &http.Request{Method: method, Host: host, Header: h, URL: &url.URL{Path: target}}
}

// params are the parameters of a Signature header. draft-cavage-12 §2.1.
type params struct {
	keyID     string
	algorithm string // in lower case; empty where none is given
	headers   []string
	created   int64 // 0 where it is not given
	expires   int64 // 0 where it is not given
	signature string
}

// String writes the parameters so that parseSignature reads them back.
func (p params) String() string {
	s := `keyId="` + p.keyID + `"`
	if p.algorithm != "" {
		s += `,algorithm="` + p.algorithm + `"`
	}
	if p.created != 0 {
		s += ",created=" + strconv.FormatInt(p.created, 10)
	}
	if p.expires != 0 {
		s += ",expires=" + strconv.FormatInt(p.expires, 10)
	}
	return s + `,headers="` + strings.Join(p.headers, " ") + `",signature="` + p.signature + `"`
}

// parseSignature reads a Signature header as a list of parameters by RFC 9110
// §11.2, more strictly: each at most once whatever its case, and no escapes.
// Parameters that it does not know are passed over.
func parseSignature(s string) (params, error) {
	var p params
	seen := map[string]bool{}
	rest := strings.Trim(s, " \t")
	for {
		name, value, after, ok := cutParam(rest)
		if !ok {
			return params{}, malformed("the Signature header is not a list of name=\"value\"")
		}
		if seen[name] {
			return params{}, malformed("the Signature header has the parameter %s twice", name)
		}
		seen[name] = true
		if err := p.set(name, value); err != nil {
			return params{}, err
		}
		if after == "" {
			return p, nil
		}
		if after[0] != ',' {
			return params{}, malformed("the Signature header has something behind the parameter %s", name)
		}
		rest = strings.Trim(after[1:], " \t")
	}
}

// cutParam cuts the first parameter off a list: its name in lower case, its
// value without quotes, and what follows.
func cutParam(s string) (name, value, after string, ok bool) {
	name, rest, ok := strings.Cut(s, "=")
	name = strings.Trim(name, " \t")
	if !ok || !isToken(name) {
		return "", "", "", false
	}
	name = strings.ToLower(name)
	rest = strings.TrimLeft(rest, " \t")
	if quoted, ok := strings.CutPrefix(rest, `"`); ok {
		value, after, ok = strings.Cut(quoted, `"`)
		if !ok || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c == '\\' || c == 0x7f }) {
			return "", "", "", false
		}
		return name, value, strings.TrimLeft(after, " \t"), true
	}
	end := strings.IndexAny(rest, ", \t")
	if end < 0 {
		end = len(rest)
	}
	value, after = rest[:end], rest[end:]
	return name, value, strings.TrimLeft(after, " \t"), isToken(value)
}

// isToken reports whether s is a token. RFC 9110 §5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

func (p *params) set(name, value string) (err error) {
	switch name {
	case "keyid":
		p.keyID = value
	case "algorithm":
		p.algorithm = strings.ToLower(value)
	case "signature":
		p.signature = value
	case "headers":
		p.headers, err = parseCovered(value)
	case "created":
		p.created, err = parseUnix(name, value)
	case "expires":
		p.expires, err = parseUnix(name, value)
	}
	return err
}

func parseUnix(name, value string) (int64, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n <= 0 || n > 1<<40 || value[0] == '+' {
		return 0, malformed("the parameter %s is not a time in whole seconds", name)
	}
	return n, nil
}

func parseCovered(value string) ([]string, error) {
	names := strings.Fields(strings.ToLower(value))
	if len(names) > maxCovered {
		return nil, malformed("the signature covers more than %d headers", maxCovered)
	}
	for i, n := range names {
		if slices.Contains(names[:i], n) {
			return nil, malformed("the signature covers a header twice")
		}
		pseudo := n == requestTarget || n == createdName || n == expiresName
		if !pseudo && !isToken(n) {
			return nil, malformed("the signature covers something that is not a header")
		}
	}
	return names, nil
}

func (p params) covers(name string) bool { return slices.Contains(p.headers, name) }

// readCavage is Read for draft-cavage-12. The order is that of the errors: what
// cannot be read first, what is not believed after it.
func readCavage(r *http.Request, body []byte, at Target, now time.Time) (*Claim, error) {
	text, err := signature(r.Header, "Signature")
	if err != nil {
		return nil, err
	}
	p, err := parseSignature(text)
	if err != nil {
		return nil, err
	}
	if err := checkKeyID(p.keyID, at.Scheme); err != nil {
		return nil, err
	}
	sig, err := strictBase64(p.signature)
	if err != nil {
		return nil, malformed("the signature is not base64")
	}
	if err := checkLength(sig); err != nil {
		return nil, err
	}
	if err := p.check(r.Method); err != nil {
		return nil, err
	}
	c := &Claim{KeyID: coop.IRI(p.keyID), Form: Cavage, method: r.Method, host: at.Host, target: r.RequestURI, cavage: p, sig: sig}
	if c.header, err = covered(r.Header, p.headers); err != nil {
		return nil, err
	}
	if p.covers("digest") {
		if err := checkDigest(r.Header, body); err != nil {
			return nil, err
		}
	}
	if c.At, err = p.signedAt(c.header, now); err != nil {
		return nil, err
	}
	return c, nil
}

// check wants an algorithm that somebody uses, and covered what makes a
// signature one of this request and of no other.
func (p params) check(method string) error {
	switch p.algorithm {
	case "", "rsa-sha256", "hs2019", "ed25519":
	default:
		return refused("the algorithm is not one of rsa-sha256, hs2019 and ed25519")
	}
	// The names came with hs2019, which is also what no name means; under the
	// others they are not to be used. draft-cavage-12 §2.3.
	pseudo := p.covers(createdName) || p.covers(expiresName)
	if pseudo && p.algorithm != "" && p.algorithm != "hs2019" {
		return refused("(created) and (expires) go with the algorithm hs2019 only")
	}
	if p.covers(createdName) && p.created == 0 || p.covers(expiresName) && p.expires == 0 {
		return refused("a time is signed that is not given")
	}
	if !p.covers(requestTarget) || !p.covers("host") {
		return refused("the signature does not cover (request-target) and host")
	}
	if !p.covers("date") && !p.covers(createdName) {
		return refused("the signature does not cover date")
	}
	if hasBody(method) && !p.covers("digest") {
		return refused("the signature does not cover digest")
	}
	return nil
}

// covered copies the covered headers, so that nothing else can reach the
// library: an Authorization header can look like a signature to it.
func covered(h http.Header, names []string) (http.Header, error) {
	out := http.Header{}
	for _, n := range names {
		switch n {
		case requestTarget, createdName, expiresName, "host":
			continue
		case "signature":
			return nil, refused("a signature cannot cover itself")
		}
		v, err := one(h, n)
		if err != nil {
			return nil, err
		}
		out.Set(n, v)
	}
	return out, nil
}

// signedAt is when the request was signed. Where both date and (created) are
// covered, both have to be in the window. The parameter expires need not be
// covered to count: it can only make the window shorter.
func (p params) signedAt(h http.Header, now time.Time) (at time.Time, err error) {
	var expires time.Time
	if p.expires != 0 {
		expires = time.Unix(p.expires, 0).UTC()
	}
	if p.covers("date") {
		// Of the three formats of RFC 9110 §5.6.7 the one that is still to be
		// sent: another has a year of two digits.
		if at, err = time.Parse(http.TimeFormat, h.Get("Date")); err != nil {
			return time.Time{}, refused("the date is not written as in %q", http.TimeFormat)
		}
		if err := checkTime(at, expires, now); err != nil {
			return time.Time{}, err
		}
	}
	if p.covers(createdName) {
		at = time.Unix(p.created, 0).UTC()
		if at.After(now.Add(maxCreatedAhead)) {
			return time.Time{}, refused("the signature is from the future: check the clock")
		}
		if err := checkTime(at, expires, now); err != nil {
			return time.Time{}, err
		}
	}
	return at, nil
}

// verifyCavage lets the library build the signing string and compare.
func (c *Claim) verifyCavage(pub crypto.PublicKey) error {
	alg, named := httpsig.RSA_SHA256, "rsa-sha256"
	if _, ok := pub.(ed25519.PublicKey); ok {
		alg, named = httpsig.ED25519, "ed25519"
	}
	if a := c.cavage.algorithm; a != "" && a != "hs2019" && a != named {
		return fmt.Errorf("algorithm %s with a key for %s", a, named)
	}
	p := c.cavage
	p.keyID = "-" // it splits at commas, which a URL may have, and needs no key id
	if !p.covers(createdName) {
		p.created = 0
	}
	if !p.covers(expiresName) {
		p.expires = 0
	}
	err := c.tryTarget(p, c.target, pub, alg)
	// Some peers leave the query out of what they sign. Nothing but a GET may
	// do so here: no inbox of ours has a query.
	if path, _, has := strings.Cut(c.target, "?"); err != nil && has && c.method == http.MethodGet {
		err = c.tryTarget(p, path, pub, alg)
	}
	return err
}

func (c *Claim) tryTarget(p params, target string, pub crypto.PublicKey, alg httpsig.Algorithm) error {
	sh := shim(c.method, target, c.host, c.header.Clone())
	sh.Header.Set("Signature", p.String())
	v, err := httpsig.NewVerifier(sh)
	if err != nil {
		return err
	}
	return v.Verify(pub, alg)
}
