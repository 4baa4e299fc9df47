// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plenum/coop"
)

// FuzzParseSignature: whatever is read is written so that it reads the same.
func FuzzParseSignature(f *testing.F) {
	for _, s := range []string{
		`keyId="https://peer.example/users/ada#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="AAAA"`,
		`keyId="https://a.example/x,y", algorithm="hs2019", created=1790000000, expires="1790000300",headers="(request-target) (created) (expires) host",signature="AAAA=="`,
		`keyId="k",keyId="k"`, `KEYID=k,signature=x`, `keyId = "k" , ext="a=b"`, `keyId="k`, `keyId="k",`, `,`, `=`, ``, `a="\""`, `headers="a a"`, `created=-1`,
		`keyId="é",signature="/+=="`, "a\t=\tb", `algorithm="RSA-SHA256",headers=" DATE  host "`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseSignature(s)
		if err != nil {
			if coop.CodeOf(err) != coop.Invalid {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		again, err := parseSignature(p.String())
		if diff := cmp.Diff(p, again, cmp.AllowUnexported(params{}), cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%q read and written: %v\n%s", s, err, diff)
		}
	})
}

// signedForFuzz is a request as it arrives, signed in one form or the other.
func signedForFuzz(tb testing.TB, key *rsa.PrivateKey, form Form, now time.Time) (*http.Request, []byte) {
	tb.Helper()
	body := []byte(`{"type":"Follow","actor":"https://peer.example/users/ada"}`)
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, "https://events.example/ap/inbox?x=1", nil)
	if err != nil {
		tb.Fatal(err)
	}
	sign := Sign
	if form == RFC9421 {
		sign = func(r *http.Request, body []byte, id coop.IRI, key *rsa.PrivateKey, now time.Time) error {
			return Sign9421(r, body, id, key, now)
		}
	}
	if err := sign(r, body, "https://peer.example/users/ada#main-key", key, now); err != nil {
		tb.Fatal(err)
	}
	r.RequestURI = r.URL.RequestURI()
	return r, body
}

// FuzzVerify: a signed request of which any covered byte is changed is refused,
// and so is one with any other signature.
func FuzzVerify(f *testing.F) {
	key, err := Generate(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	now := time.Now().Truncate(time.Second)
	at := Target{Scheme: "https", Host: "events.example"}
	older, body := signedForFuzz(f, key, Cavage, now)
	modern, _ := signedForFuzz(f, key, RFC9421, now)
	for what := range byte(8) {
		f.Add(false, what, uint16(3), byte(1), "")
		f.Add(true, what, uint16(3), byte(0x20), "")
	}
	f.Add(false, byte(8), uint16(0), byte(0), `keyId="https://a.example/x",headers="(request-target) host date digest",signature="AAAA"`)
	f.Add(true, byte(8), uint16(0), byte(0), "sig1=:AAAA:")
	f.Add(true, byte(9), uint16(0), byte(0), `sig1=("@method" "@target-uri" "content-digest");created=1790000000;keyid="https://a.example/x"`)
	f.Fuzz(func(t *testing.T, form9421 bool, what byte, pos uint16, flip byte, text string) {
		r, digest := older.Clone(t.Context()), "Digest"
		if form9421 {
			r, digest = modern.Clone(t.Context()), "Content-Digest"
		}
		body := bytes.Clone(body)
		if !tamper(r, &body, what, int(pos), flip, text, digest) {
			return
		}
		c, err := Read(r, body, at, now)
		if err != nil {
			if code := coop.CodeOf(err); c != nil || code != coop.Invalid && code != coop.Unauthorized {
				t.Errorf("got %v, %v", c, err)
			}
			return
		}
		if c.Verify(&key.PublicKey) == nil {
			t.Errorf("believed after a change of part %d at %d by %#x to %q: %v %s", what, pos, flip, text, r.Header, body)
		}
	})
}

// tamper changes one part of a request and reports whether that part is signed
// and now another one. The form of RFC 9421 has no Date.
func tamper(r *http.Request, body *[]byte, what byte, pos int, flip byte, text, digest string) bool {
	change := func(s string) string {
		b := []byte(s)
		b[pos%len(b)] ^= flip
		return string(b)
	}
	header := func(name string, same func(a, b string) bool) bool {
		old := r.Header.Get(name)
		if old == "" {
			return false
		}
		r.Header.Set(name, change(old))
		return !same(old, r.Header.Get(name))
	}
	equal := func(a, b string) bool { return a == b }
	switch what {
	case 0:
		old := r.Method
		r.Method = change(old)
		return !strings.EqualFold(old, r.Method) // the older form signs it in lower case
	case 1:
		old := r.RequestURI
		r.RequestURI = change(old)
		return old != r.RequestURI
	case 2:
		old := r.Host
		r.Host = change(old)
		return old != r.Host
	case 3:
		old := bytes.Clone(*body)
		(*body)[pos%len(*body)] ^= flip
		return !bytes.Equal(old, *body)
	case 4:
		return header("Date", equal)
	case 5:
		return header(digest, equal)
	case 6:
		return header("Signature", sameSignature)
	case 7:
		return header("Signature-Input", sameInput)
	case 8:
		old := r.Header.Get("Signature")
		r.Header.Set("Signature", text)
		return !sameSignature(old, text)
	case 9:
		old := r.Header.Get("Signature-Input")
		r.Header.Set("Signature-Input", text)
		return old != "" && !sameInput(old, text)
	}
	return false
}

// sameSignature reports whether two Signature headers mean the same: the
// parameters of the older form are not covered, but for what they name.
func sameSignature(a, b string) bool {
	p, errA := parseSignature(a)
	q, errB := parseSignature(b)
	if errA != nil || errB != nil {
		return a == b
	}
	return p.signature == q.signature && cmp.Equal(p.headers, q.headers)
}

// sameInput reports whether two Signature-Input headers mean the same.
func sameInput(a, b string) bool {
	h := http.Header{"Signature": {"sig1=:" + strings.Repeat("AAAA", 32) + ":"}}
	h.Set("Signature-Input", a)
	in, errA := parseInput(h)
	h.Set("Signature-Input", b)
	other, errB := parseInput(h)
	if errA != nil || errB != nil {
		return a == b
	}
	m, errA := (message{header: http.Header{"Content-Digest": {"x"}}}).base(in.list)
	n, errB := (message{header: http.Header{"Content-Digest": {"x"}}}).base(other.list)
	return errA == nil && errB == nil && bytes.Equal(m, n)
}
