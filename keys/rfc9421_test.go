// SPDX-License-Identifier: AGPL-3.0-or-later

package keys_test

import (
	"crypto"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// message is a request whose RFC 9421 signature is written by hand.
type message struct {
	method  string
	url     string
	body    []byte
	cover   string // the inner list as it stands in Signature-Input
	base    string // the lines of the base above @signature-params
	params  string // behind the inner list; empty for created and keyid
	key     crypto.Signer
	digest  string // of Content-Digest; empty for that of the body
	label   string // empty for sig1
	second  string // more behind the Signature-Input
	headers map[string]string
}

const (
	postCover = `("@method" "@target-uri" "content-digest")`
	postBase  = "\"@method\": POST\n\"@target-uri\": " + inbox + "\n\"content-digest\": DIGEST\n"
)

func (m message) request(t *testing.T, now time.Time) (*http.Request, []byte) {
	t.Helper()
	if m.method == "" {
		m.method, m.url, m.body = http.MethodPost, inbox, []byte(`{"type":"Follow"}`)
	}
	if m.cover == "" {
		m.cover = postCover
	}
	if m.base == "" {
		m.base = postBase
	}
	if m.params == "" {
		m.params = fmt.Sprintf(`;created=%d;keyid="%s"`, now.Unix(), keyID)
	}
	if m.key == nil {
		m.key = pair()
	}
	if m.label == "" {
		m.label = "sig1"
	}
	r := arrived(m.method, m.url, m.body)
	if m.digest == "" && m.body != nil {
		m.digest = "sha-256=:" + sum(m.body) + ":"
	}
	if m.digest != "" {
		r.Header.Set("Content-Digest", m.digest)
	}
	for name, v := range m.headers {
		r.Header.Set(name, v)
	}
	base := strings.ReplaceAll(m.base, "DIGEST", m.digest) + `"@signature-params": ` + m.cover + m.params
	r.Header.Set("Signature-Input", m.label+"="+m.cover+m.params+m.second)
	r.Header.Set("Signature", m.label+"=:"+raw(t, m.key, base)+":")
	return r, m.body
}

func (m message) at(now time.Time) func(t *testing.T) (*http.Request, []byte) {
	return func(t *testing.T) (*http.Request, []byte) { return m.request(t, now) }
}

// age are the parameters of a signature made d from now.
func age(now time.Time, d time.Duration) string {
	return fmt.Sprintf(`;created=%d;keyid="%s"`, now.Add(d).Unix(), keyID)
}

// then returns a function that signs a POST and then changes it.
func then(now time.Time, change func(r *http.Request, body *[]byte)) func(t *testing.T) (*http.Request, []byte) {
	return func(t *testing.T) (*http.Request, []byte) {
		r, body := message{}.request(t, now)
		change(r, &body)
		return r, body
	}
}

// header returns a function that signs a POST and then changes a header.
func header(now time.Time, name, old, new string) func(t *testing.T) (*http.Request, []byte) {
	return then(now, func(r *http.Request, _ *[]byte) {
		r.Header.Set(name, strings.Replace(r.Header.Get(name), old, new, 1))
	})
}

func TestMessageAsPeersSendItIsVerified(t *testing.T) {
	t.Parallel()
	now := noon()
	for _, c := range []refusal{
		{"a good request", "", message{}.at(now)},
		{"a good request by alg", "", message{params: age(now, 0) + `;alg="rsa-v1_5-sha256"`}.at(now)},
		{"a good request with nonce and tag", "", message{params: age(now, 0) + `;nonce="a;b,c\"d";tag="x"`}.at(now)},
		{"a good request with any label", "", message{label: "proxy-1"}.at(now)},
		{"a good request with spaces in the list", "", header(now, "Signature-Input", `" "`, `"   "`)},
		{"a good GET", "", message{method: "GET", url: inbox + "?a=1", cover: `("@method" "@target-uri")`, base: "\"@method\": GET\n\"@target-uri\": " + inbox + "?a=1\n"}.at(now)},
	} {
		c.run(t, now)
	}
}

func TestMessageSignatureOfAnotherRequestIsRefused(t *testing.T) {
	t.Parallel()
	now := noon()
	for _, c := range []refusal{
		{"another method", forged, then(now, func(r *http.Request, _ *[]byte) { r.Method = http.MethodPut })},
		{"another inbox", forged, then(now, func(r *http.Request, _ *[]byte) { r.RequestURI = "/ap/coops/b/inbox" })},
		{"another host", coop.Unauthorized, then(now, func(r *http.Request, _ *[]byte) { r.Host = "peer.example" })},
		{"another host in the header map", coop.Unauthorized, then(now, func(r *http.Request, _ *[]byte) { r.Header["host"] = []string{"peer.example"} })},
		{"signed for another host", forged, message{base: strings.ReplaceAll(postBase, host, "peer.example")}.at(now)},
		{"signed for http", forged, message{base: strings.ReplaceAll(postBase, "https:", "http:")}.at(now)},
	} {
		c.run(t, now)
	}
}

func TestMessageBodyThatWasNotSignedIsRefused(t *testing.T) {
	t.Parallel()
	now := noon()
	follow := []byte(`{"type":"Follow"}`)
	h512 := sha512.Sum512(follow)
	right, wrong := "sha-256=:"+sum(follow)+":", "sha-256=:"+sum(nil)+":"
	right512 := "sha-512=:" + base64.StdEncoding.EncodeToString(h512[:]) + ":"
	for _, c := range []refusal{
		{"body swapped", coop.Unauthorized, then(now, func(_ *http.Request, body *[]byte) { *body = []byte(`{"type":"Delete"}`) })},
		{"no Content-Digest header", coop.Unauthorized, then(now, func(r *http.Request, _ *[]byte) { r.Header.Del("Content-Digest") })},
		{"two Content-Digest headers", coop.Invalid, then(now, func(r *http.Request, _ *[]byte) {
			r.Header.Add("Content-Digest", right)
		})},
		{"content-digest by SHA-512", "", message{digest: right512}.at(now)},
		{"content-digest by both", "", message{digest: right512 + ", " + right}.at(now)},
		{"content-digest right by SHA-512, wrong by SHA-256", coop.Unauthorized, message{digest: right512 + ", " + wrong}.at(now)},
		{"content-digest wrong, then right under the same name", coop.Invalid, message{digest: wrong + ", " + right}.at(now)},
		{"content-digest right, then wrong under the same name", coop.Invalid, message{digest: right + ", " + wrong}.at(now)},
		{"content-digest by MD5", coop.Unauthorized, message{digest: "md5=:AAAA:"}.at(now)},
		{"content-digest that is a string", coop.Invalid, message{digest: `sha-256="` + sum(follow) + `"`}.at(now)},
		{"content-digest that is no dictionary", coop.Invalid, message{digest: "!"}.at(now)},
		{"the older Digest in its place", coop.Unauthorized, then(now, func(r *http.Request, _ *[]byte) {
			r.Header.Del("Content-Digest")
			r.Header.Set("Digest", "SHA-256="+sum(follow))
		})},
	} {
		c.run(t, now)
	}
}

func TestMessageSignatureFromAnotherTimeIsRefused(t *testing.T) {
	t.Parallel()
	now := noon()
	for _, c := range []refusal{
		{"two hours old", coop.Unauthorized, message{params: age(now, -2*time.Hour)}.at(now)},
		{"fifty minutes old", "", message{params: age(now, -50*time.Minute)}.at(now)},
		{"fifty minutes ahead", "", message{params: age(now, 50*time.Minute)}.at(now)},
		{"two hours ahead", coop.Unauthorized, message{params: age(now, 2*time.Hour)}.at(now)},
		{"expires to come", "", message{params: age(now, 0) + fmt.Sprintf(";expires=%d", now.Unix()+1)}.at(now)},
		{"expires past", coop.Unauthorized, message{params: age(now, 0) + fmt.Sprintf(";expires=%d", now.Unix()-1)}.at(now)},
		{"expires in a year lengthens nothing", coop.Unauthorized, message{params: age(now, -2*time.Hour) + fmt.Sprintf(";expires=%d", now.Unix()+365*86400)}.at(now)},
		{"expires that is zero", coop.Invalid, message{params: age(now, 0) + `;expires=0`}.at(now)},
		{"expires that is a string", coop.Invalid, message{params: age(now, 0) + `;expires="x"`}.at(now)},
	} {
		c.run(t, now)
	}
}

func TestMessageComponents(t *testing.T) {
	t.Parallel()
	now := noon()
	follow := []byte(`{"type":"Follow"}`)
	for _, c := range []refusal{
		{"S24 without content-digest", coop.Unauthorized, message{cover: `("@method" "@target-uri")`, base: "\"@method\": POST\n\"@target-uri\": " + inbox + "\n"}.at(now)},
		{"S24 without @target-uri", coop.Unauthorized, message{cover: `("@method" "content-digest")`, base: "\"@method\": POST\n\"content-digest\": DIGEST\n"}.at(now)},
		{"S29 @authority and the other derived components", "", message{
			method: "POST", url: inbox + "/a%2Fb?x=%20&y", body: follow,
			cover: `("@authority" "@method" "@scheme" "@request-target" "@path" "@query" "@target-uri" "content-digest" "host" "content-type")`,
			base: "\"@authority\": " + host + "\n\"@method\": POST\n\"@scheme\": https\n\"@request-target\": /ap/inbox/a%2Fb?x=%20&y\n\"@path\": /ap/inbox/a%2Fb\n\"@query\": ?x=%20&y\n" +
				"\"@target-uri\": " + inbox + "/a%2Fb?x=%20&y\n\"content-digest\": DIGEST\n\"host\": " + host + "\n\"content-type\": application/activity+json\n",
			headers: map[string]string{"Content-Type": "application/activity+json"},
		}.at(now)},
		{"S29 without @method", coop.Unauthorized, message{cover: `("@target-uri" "content-digest")`, base: "\"@target-uri\": " + inbox + "\n\"content-digest\": DIGEST\n"}.at(now)},
		{"S29 decoded path", forged, message{method: "GET", url: inbox + "/%C3%A9", cover: `("@method" "@target-uri")`, base: "\"@method\": GET\n\"@target-uri\": " + inbox + "/é\n"}.at(now)},
		{"S29 fragment in @target-uri", forged, message{base: strings.Replace(postBase, inbox, inbox+"#x", 1)}.at(now)},
		{"S29 query left out", forged, message{method: "GET", url: inbox + "?a=1", cover: `("@method" "@target-uri")`, base: "\"@method\": GET\n\"@target-uri\": " + inbox + "\n"}.at(now)},
		{"component twice", coop.Invalid, message{cover: `("@method" "@target-uri" "content-digest" "@method")`, base: postBase + "\"@method\": POST\n"}.at(now)},
		{"component in upper case", coop.Invalid, message{cover: `("@method" "@target-uri" "Content-Digest")`, base: postBase}.at(now)},
		{"component that is a token", coop.Invalid, message{cover: `(@method "@target-uri" "content-digest")`, base: postBase}.at(now)},
		{"component that is a number", coop.Invalid, message{cover: `("@method" "@target-uri" "content-digest" 1)`, base: postBase}.at(now)},
		{"component with a parameter", coop.Unauthorized, message{cover: `("@method" "@target-uri" "content-digest";sf)`, base: postBase}.at(now)},
		{"component of a response", coop.Unauthorized, message{cover: `("@method" "@target-uri" "content-digest" "@status")`, base: postBase + "\"@status\": 200\n"}.at(now)},
		{"component that covers the signature", coop.Unauthorized, message{cover: `("@method" "@target-uri" "content-digest" "signature-input")`, base: postBase}.at(now)},
		{"component that is no header name", coop.Unauthorized, message{cover: `("@method" "@target-uri" "content-digest" "a b")`, base: postBase}.at(now)},
		{"component that is absent", coop.Unauthorized, message{cover: `("@method" "@target-uri" "content-digest" "date")`, base: postBase + "\"date\": \n"}.at(now)},
		{"more than twenty components", coop.Invalid, message{cover: `("@method" "@target-uri" "content-digest"` + ` "a" "b" "c" "d" "e" "f" "g" "h" "i" "j" "k" "l" "m" "n" "o" "p" "q" "r")`, base: postBase}.at(now)},
		{"no list", coop.Invalid, then(now, func(r *http.Request, _ *[]byte) { r.Header.Set("Signature-Input", `sig1="x"`) })},
		{"no dictionary", coop.Invalid, then(now, func(r *http.Request, _ *[]byte) { r.Header.Set("Signature-Input", `(`) })},
		{"an input of 64 KB", coop.Unauthorized, message{params: age(now, 0) + `;tag="` + strings.Repeat("a", 64<<10) + `"`}.at(now)},
	} {
		c.run(t, now)
	}
}

func TestMessageSignatureThatCanBeReadInTwoWaysIsRefused(t *testing.T) {
	t.Parallel()
	now := noon()
	for _, c := range []refusal{
		{"S24 two labels", coop.Unauthorized, message{second: `, sig2=("@method");created=1`}.at(now)},
		{"S24 one label twice", coop.Invalid, message{second: `, sig1=("@method");created=1`}.at(now)},
		{"S24 one label twice, empty first", coop.Invalid, header(now, "Signature-Input", "sig1=", "sig1=(), sig1=")},
		{"S24 signature with a parameter", coop.Invalid, then(now, func(r *http.Request, _ *[]byte) {
			r.Header.Set("Signature", r.Header.Get("Signature")+";a=1")
		})},
		{"S24 two Signature-Input headers", coop.Invalid, then(now, func(r *http.Request, _ *[]byte) {
			r.Header.Add("Signature-Input", r.Header.Get("Signature-Input"))
		})},
		{"S24 two Signature headers", coop.Invalid, then(now, func(r *http.Request, _ *[]byte) {
			r.Header.Add("Signature", r.Header.Get("Signature"))
		})},
		{"S24 one signature twice", coop.Invalid, then(now, func(r *http.Request, _ *[]byte) {
			r.Header.Set("Signature", r.Header.Get("Signature")+", "+r.Header.Get("Signature"))
		})},
		{"S24 no Signature header", coop.Unauthorized, then(now, func(r *http.Request, _ *[]byte) { r.Header.Del("Signature") })},
		{"S24 signature under another label", coop.Invalid, header(now, "Signature", "sig1", "sig2")},
		{"S24 signature that is no byte sequence", coop.Invalid, then(now, func(r *http.Request, _ *[]byte) { r.Header.Set("Signature", `sig1="x"`) })},
		{"S24 alg of another key", forged, message{params: age(now, 0) + `;alg="ed25519"`}.at(now)},
		{"S24 alg that is not taken", coop.Unauthorized, message{params: age(now, 0) + `;alg="rsa-pss-sha512"`}.at(now)},
		{"S24 alg hmac-sha256", coop.Unauthorized, message{params: age(now, 0) + `;alg="hmac-sha256"`}.at(now)},
		{"S24 alg that is a token", coop.Invalid, message{params: age(now, 0) + `;alg=ed25519`}.at(now)},
		{"S24 empty alg", coop.Invalid, message{params: age(now, 0) + `;alg=""`}.at(now)},
		{"S24 created missing", coop.Unauthorized, message{params: `;keyid="` + string(keyID) + `"`}.at(now)},
		{"S24 created that is a string", coop.Invalid, message{params: `;created="now";keyid="` + string(keyID) + `"`}.at(now)},
		{"S24 created that is zero", coop.Invalid, message{params: `;created=0;keyid="` + string(keyID) + `"`}.at(now)},
		{"S24 keyid missing", coop.Unauthorized, message{params: fmt.Sprintf(";created=%d", now.Unix())}.at(now)},
		{"S24 created twice", coop.Invalid, message{params: fmt.Sprintf(";created=1%s", age(now, 0))}.at(now)},
		{"S24 keyid twice", coop.Invalid, message{params: age(now, 0) + `;keyid="https://evil.example/x"`}.at(now)},
		{"S25 a good older signature beside a bad input", coop.Invalid, func(t *testing.T) (*http.Request, []byte) {
			r, body := post(now, all, nil)(t)
			r.Header.Set("Signature-Input", "")
			return r, body
		}},
		{"S25 a good older signature under a good input", coop.Invalid, func(t *testing.T) (*http.Request, []byte) {
			r, body := post(now, all, nil)(t)
			m, _ := message{}.request(t, now)
			r.Header.Set("Signature-Input", m.Header.Get("Signature-Input"))
			r.Header.Set("Content-Digest", m.Header.Get("Content-Digest"))
			return r, body
		}},
	} {
		c.run(t, now)
	}
}

func TestEdwardsKeySignsRFC9421(t *testing.T) {
	t.Parallel()
	now := noon()
	for _, alg := range []string{"", `;alg="ed25519"`, `;alg="rsa-v1_5-sha256"`} {
		r, body := message{key: edwards(), params: fmt.Sprintf(`;created=%d;keyid="%s"%s`, now.Unix(), keyID, alg)}.request(t, now)
		var want coop.Code
		if strings.Contains(alg, "rsa") {
			want = coop.Unauthorized
		}
		if err := check(r, body, now, edwards().Public()); coop.CodeOf(err) != want {
			t.Errorf("%s: got %v, want code %q", alg, err, want)
		}
		if err := check(r, body, now, &pair().PublicKey); coop.CodeOf(err) != coop.Unauthorized {
			t.Errorf("%s with an RSA key: got %v", alg, err)
		}
	}
	r, body := message{}.request(t, now)
	c, err := keys.Read(r, body, site, now)
	ok(t, err)
	if c.Form != keys.RFC9421 || c.KeyID != keyID || !c.At.Equal(now) {
		t.Errorf("got %s %s %s", c.Form, c.KeyID, c.At)
	}
}
