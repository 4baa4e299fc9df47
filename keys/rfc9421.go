// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"

	"plenum/coop"
)

// The algorithms of RFC 9421 §3.3 that the fediverse uses.
const (
	algRSA     = "rsa-v1_5-sha256" // §3.3.2
	algEd25519 = "ed25519"         // §3.3.6
)

// Sign9421 signs r in place by RFC 9421, over @method, @target-uri and, where
// there is a body, content-digest, with created, keyid and alg: what Mastodon
// asks for. The key decides the algorithm. It removes a signature of either form
// that is there. A nil body means a GET.
func Sign9421(r *http.Request, body []byte, keyID coop.IRI, key crypto.Signer, now time.Time) error {
	if key == nil {
		return errors.New("sign: no key")
	}
	if err := checkOutgoing(r, body, keyID); err != nil {
		return err
	}
	m, err := outgoing(r)
	if err != nil {
		return err
	}
	header := http.Header{}
	cover := []string{"@method", "@target-uri"}
	if body != nil {
		cover = append(cover, "content-digest")
		if err := setDictionary(header, "Content-Digest", "sha-256", httpsfv.NewItem(sha256Sum(body))); err != nil {
			return err
		}
	}
	alg, err := algorithmOf(key.Public())
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	list := httpsfv.InnerList{Params: httpsfv.NewParams()}
	for _, c := range cover {
		list.Items = append(list.Items, httpsfv.NewItem(c))
	}
	list.Params.Add("created", now.Unix())
	list.Params.Add("keyid", string(keyID))
	list.Params.Add("alg", alg)
	m.header = header
	base, err := m.base(list)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	sig, err := sign(key, base)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	if err := errors.Join(setDictionary(header, "Signature-Input", "sig1", list), setDictionary(header, "Signature", "sig1", httpsfv.NewItem(sig))); err != nil {
		return err
	}
	replace(r, header)
	return nil
}

func setDictionary(h http.Header, name, key string, m httpsfv.Member) error {
	d := httpsfv.NewDictionary()
	d.Add(key, m)
	v, err := httpsfv.Marshal(d)
	if err != nil {
		return fmt.Errorf("sign: write %s: %w", name, err)
	}
	h.Set(name, v)
	return nil
}

// message is what the components of a signature are taken from.
type message struct {
	method string
	scheme string
	host   string
	target string // path and query as on the wire
	header http.Header
}

func outgoing(r *http.Request) (message, error) {
	host, target, err := wire(r)
	if err != nil {
		return message{}, err
	}
	return message{method: method(r), scheme: r.URL.Scheme, host: host, target: target}, nil
}

// component returns the value of a component. RFC 9421 §2.1 and §2.2.
func (m message) component(name string) (string, error) {
	path, query, _ := strings.Cut(m.target, "?")
	switch name {
	case "@method": // §2.2.1
		return m.method, nil
	case "@target-uri": // §2.2.2; a fragment never gets here
		return m.scheme + "://" + m.host + m.target, nil
	case "@authority": // §2.2.3
		return strings.ToLower(m.host), nil
	case "@scheme": // §2.2.4
		return m.scheme, nil
	case "@request-target": // §2.2.5
		return m.target, nil
	case "@path": // §2.2.6
		return path, nil
	case "@query": // §2.2.7
		return "?" + query, nil
	case "host":
		return m.host, nil
	case "signature", "signature-input":
		return "", refused("a signature cannot cover itself")
	}
	if !isToken(name) {
		return "", refused("the signature covers a component that is not known here")
	}
	v, err := one(m.header, name)
	return strings.Trim(v, " \t"), err
}

// base is the signature base. RFC 9421 §2.5.
func (m message) base(list httpsfv.InnerList) ([]byte, error) {
	var b bytes.Buffer
	for _, item := range list.Items {
		name, _ := item.Value.(string)
		v, err := m.component(name)
		if err != nil {
			return nil, err
		}
		if strings.ContainsAny(v, "\r\n") {
			return nil, malformed("a covered value has a line break")
		}
		b.WriteString(`"` + name + `": ` + v + "\n")
	}
	params, err := httpsfv.Marshal(httpsfv.List{list})
	if err != nil {
		return nil, malformed("the Signature-Input header cannot be written again")
	}
	b.WriteString(`"@signature-params": ` + params) // §2.3
	return b.Bytes(), nil
}

// input is a Signature-Input header with its signature, read strictly.
type input struct {
	list    httpsfv.InnerList
	cover   []string
	keyID   string
	alg     string // empty where none is given
	created int64
	expires int64 // 0 where it is not given
	sig     []byte
}

// readMessage is Read for RFC 9421 §3.2.
func readMessage(r *http.Request, body []byte, at Target, now time.Time) (*Claim, error) {
	in, err := parseInput(r.Header)
	if err != nil {
		return nil, err
	}
	if err := checkKeyID(in.keyID, at.Scheme); err != nil {
		return nil, err
	}
	if err := in.check(r.Method); err != nil {
		return nil, err
	}
	if slices.Contains(in.cover, "content-digest") {
		if err := checkContentDigest(r.Header, body); err != nil {
			return nil, err
		}
	}
	signed, expires := time.Unix(in.created, 0).UTC(), time.Time{}
	if in.expires != 0 {
		expires = time.Unix(in.expires, 0).UTC()
	}
	if err := checkTime(signed, expires, now); err != nil {
		return nil, err
	}
	m := message{method: r.Method, scheme: at.Scheme, host: at.Host, target: r.RequestURI, header: r.Header}
	base, err := m.base(in.list)
	if err != nil {
		return nil, err
	}
	return &Claim{KeyID: coop.IRI(in.keyID), Form: RFC9421, At: signed, base: base, alg: in.alg, sig: in.sig}, nil
}

// parseInput reads the two headers of a signature. RFC 9421 §4 allows several
// signatures on a request; one is all that anybody sends, and leaves nothing to
// confuse.
func parseInput(h http.Header) (in input, err error) {
	text, err := signature(h, "Signature-Input")
	if err != nil {
		return in, err
	}
	d, err := httpsfv.UnmarshalDictionary([]string{text})
	if err != nil {
		return in, malformed("the Signature-Input header is not a dictionary")
	}
	switch len(d.Names()) {
	case 0:
		return in, malformed("the Signature-Input header is empty")
	case 1:
	default:
		return in, refused("the request has more than one signature")
	}
	label := d.Names()[0]
	member, _ := d.Get(label)
	list, ok := member.(httpsfv.InnerList)
	if !ok {
		return in, malformed("the Signature-Input header is not a list of components")
	}
	in.list = list
	// The library lets the last of two equal keys win, silently.
	if commas, semicolons := separators(text); commas > 0 || semicolons != countParams(list) {
		return in, malformed("the Signature-Input header has a label or a parameter twice")
	}
	if err := in.readComponents(); err != nil {
		return in, err
	}
	if err := in.readParams(); err != nil {
		return in, err
	}
	in.sig, err = parseBytes(h, label)
	return in, err
}

// separators counts the commas and semicolons outside of strings.
func separators(s string) (commas, semicolons int) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && c == ',':
			commas++
		case !quoted && c == ';':
			semicolons++
		}
	}
	return commas, semicolons
}

func countParams(list httpsfv.InnerList) int {
	n := len(list.Params.Names())
	for _, item := range list.Items {
		n += len(item.Params.Names())
	}
	return n
}

func (in *input) readComponents() error {
	if len(in.list.Items) > maxCovered {
		return malformed("the signature covers more than %d components", maxCovered)
	}
	for _, item := range in.list.Items {
		name, ok := item.Value.(string)
		if !ok || name != strings.ToLower(name) {
			return malformed("a component is not a name in lower case")
		}
		if len(item.Params.Names()) > 0 { // sf, bs, key, req, tr, name: nobody sends them
			return refused("components with parameters are not known here")
		}
		if slices.Contains(in.cover, name) {
			return malformed("the signature covers a component twice")
		}
		in.cover = append(in.cover, name)
	}
	return nil
}

// readParams reads the parameters of RFC 9421 §2.3 that matter; nonce and tag
// are signed with the rest and mean nothing here.
func (in *input) readParams() error {
	for _, name := range in.list.Params.Names() {
		v, _ := in.list.Params.Get(name)
		ok := true
		switch name {
		case "keyid":
			in.keyID, ok = v.(string)
		case "alg":
			in.alg, ok = v.(string)
			ok = ok && in.alg != ""
		case "created":
			in.created, ok = v.(int64)
			ok = ok && in.created > 0
		case "expires":
			in.expires, ok = v.(int64)
			ok = ok && in.expires > 0
		}
		if !ok {
			return malformed("the signature's parameter %s is not of its type", name)
		}
	}
	return nil
}

func parseBytes(h http.Header, label string) ([]byte, error) {
	text, err := signature(h, "Signature")
	if err != nil {
		return nil, err
	}
	d, err := httpsfv.UnmarshalDictionary([]string{text})
	if err != nil {
		return nil, malformed("the Signature header is not a dictionary, as it is where there is a Signature-Input header")
	}
	if commas, semicolons := separators(text); commas > 0 || semicolons > 0 {
		return nil, malformed("the Signature header has more than one value")
	}
	member, _ := d.Get(label)
	item, _ := member.(httpsfv.Item)
	sig, ok := item.Value.([]byte)
	if !ok {
		return nil, malformed("the Signature header has no bytes under the label of the Signature-Input header")
	}
	return sig, checkLength(sig)
}

// check wants covered what makes a signature one of this request and of no
// other, and the parameters without which there is no time and no key.
func (in *input) check(method string) error {
	switch {
	case in.alg != "" && in.alg != algRSA && in.alg != algEd25519:
		return refused("the algorithm is not one of %s and %s", algRSA, algEd25519)
	case in.created == 0:
		return refused("the signature does not say when it was created")
	case !slices.Contains(in.cover, "@method") || !slices.Contains(in.cover, "@target-uri"):
		return refused("the signature does not cover @method and @target-uri")
	case hasBody(method) && !slices.Contains(in.cover, "content-digest"):
		return refused("the signature does not cover content-digest")
	}
	return nil
}

// verifyMessage compares the signature with the base. RFC 9421 §3.2, step 7:
// an algorithm that is given has to be that of the key.
func (c *Claim) verifyMessage(pub crypto.PublicKey) error {
	alg, err := algorithmOf(pub)
	if err != nil {
		return err
	}
	if c.alg != "" && c.alg != alg {
		return fmt.Errorf("algorithm %s with a key for %s", c.alg, alg)
	}
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, sha256Sum(c.base), c.sig)
	case ed25519.PublicKey:
		if ed25519.Verify(k, c.base, c.sig) {
			return nil
		}
	}
	return errors.New("the signature does not match")
}

// algorithmOf names the one algorithm that goes with a key.
func algorithmOf(pub crypto.PublicKey) (string, error) {
	switch pub.(type) {
	case *rsa.PublicKey:
		return algRSA, nil
	case ed25519.PublicKey:
		return algEd25519, nil
	}
	return "", fmt.Errorf("a key of type %T cannot sign requests", pub)
}

// sign signs a message with the algorithm that goes with the key.
func sign(key crypto.Signer, message []byte) ([]byte, error) {
	if _, ok := key.Public().(*rsa.PublicKey); ok {
		return key.Sign(nil, sha256Sum(message), crypto.SHA256) // RSASSA-PKCS1-v1_5
	}
	return key.Sign(nil, message, crypto.Hash(0))
}
