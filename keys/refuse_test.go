// SPDX-License-Identifier: AGPL-3.0-or-later

package keys_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// refusal is a request and what becomes of it. The names begin with the number
// of the attack in the list that the suite follows.
type refusal struct {
	name string
	want coop.Code // empty for a request that is believed, forged for one that only the key tells
	make func(t *testing.T) (*http.Request, []byte)
}

// forged is the want of a request that is refused as Unauthorized once there is
// a key. All others have to be refused before one is looked up.
const forged coop.Code = "forged"

func (c refusal) run(t *testing.T, now time.Time) {
	t.Run(c.name, func(t *testing.T) {
		t.Parallel()
		r, body := c.make(t)
		claim, err := keys.Read(r, body, site, now)
		got := coop.CodeOf(err)
		if err == nil {
			if err = claim.Verify(&pair().PublicKey); coop.CodeOf(err) == coop.Unauthorized {
				got = forged
			}
		}
		if got != c.want {
			t.Errorf("got %q (%v), want %q", got, err, c.want)
		}
	})
}

// post returns a function that signs a POST by hand after change has been at it.
func post(now time.Time, cover string, change func(r *http.Request), more ...string) func(t *testing.T) (*http.Request, []byte) {
	return func(t *testing.T) (*http.Request, []byte) {
		body := []byte(`{"type":"Follow"}`)
		r := dated(arrived(http.MethodPost, inbox, body), body, now)
		if change != nil {
			change(r)
		}
		byHand(t, r, pair(), cover, more...)
		return r, body
	}
}

// after returns a function that signs a POST by hand and then changes it.
func after(now time.Time, change func(r *http.Request, body *[]byte)) func(t *testing.T) (*http.Request, []byte) {
	return func(t *testing.T) (*http.Request, []byte) {
		r, body := post(now, all, nil)(t)
		change(r, &body)
		return r, body
	}
}

func set(name, value string) func(r *http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// rewrite returns a function that signs a POST by hand and then changes the
// first old in its signature into new.
func rewrite(now time.Time, old, new string) func(t *testing.T) (*http.Request, []byte) {
	return after(now, func(r *http.Request, _ *[]byte) {
		r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), old, new, 1))
	})
}

func TestRequestAsPeersSendItIsVerified(t *testing.T) {
	t.Parallel()
	now := noon()
	for _, c := range []refusal{
		{"a good request", "", post(now, all, nil)},
		{"a good request that names its algorithm", "", post(now, all, nil, `algorithm="rsa-sha256"`)},
		{"a good request by hs2019", "", post(now, all, nil, `algorithm="hs2019"`)},
		{"a good request with more covered", "", post(now, all+" content-type", set("Content-Type", "application/activity+json"))},
		{"a good request with an unknown parameter", "", post(now, all, nil, `ext="a, b"`, `v=1`)},
		{"a good request with spaces between parameters", "", after(now, func(r *http.Request, _ *[]byte) {
			r.Header.Set("Signature", strings.ReplaceAll(r.Header.Get("Signature"), `",`, `" , `))
		})},
	} {
		c.run(t, now)
	}
}

func TestBodyThatWasNotSignedIsRefused(t *testing.T) {
	t.Parallel()
	now := noon()
	right := "SHA-256=" + sum([]byte(`{"type":"Follow"}`))
	wrong := "SHA-256=" + sum([]byte(`{"type":"Undo"}`))
	h512 := sha512.Sum512([]byte(`{"type":"Follow"}`))
	right512 := "SHA-512=" + base64.StdEncoding.EncodeToString(h512[:])
	two := func(a, b string) func(r *http.Request) {
		return func(r *http.Request) { r.Header["Digest"] = []string{a, b} }
	}
	for _, c := range []refusal{
		{"S01 body swapped", coop.Unauthorized, after(now, func(_ *http.Request, body *[]byte) { *body = []byte(`{"type":"Delete"}`) })},
		{"S01 body cut", coop.Unauthorized, after(now, func(_ *http.Request, body *[]byte) { *body = (*body)[:5] })},
		{"S02 digest not covered", coop.Unauthorized, post(now, "(request-target) host date", nil)},
		{"S02 no Digest header", coop.Unauthorized, post(now, all, func(r *http.Request) { r.Header.Del("Digest") })},
		{"S03 MD5 only", coop.Unauthorized, post(now, all, set("Digest", "MD5=xVeCyFYVJFQpTbLpnYSsGA=="))},
		{"S03 SHA-1 only", coop.Unauthorized, post(now, all, set("Digest", "SHA=hWX8DRAqJbqcSu1aDn3F0Iv5/yM="))},
		{"S03 digest that is no list", coop.Invalid, post(now, all, set("Digest", "none"))},
		{"S03 digest that is not base64", coop.Invalid, post(now, all, set("Digest", "SHA-256=!"))},
		{"S03 digest with a line break", coop.Invalid, post(now, all, set("Digest", right[:20]+"\n"+right[20:]))},
		{"S03 digest without padding", coop.Invalid, post(now, all, set("Digest", strings.TrimRight(right, "=")))},
		{"S04 two Digest headers, right first", coop.Invalid, post(now, all, two(right, wrong))},
		{"S04 two Digest headers, wrong first", coop.Invalid, post(now, all, two(wrong, right))},
		{"S04 two SHA-256 in one header", coop.Invalid, post(now, all, set("Digest", right+","+wrong))},
		{"S04 the same SHA-256 twice", coop.Invalid, post(now, all, set("Digest", right+","+right))},
		{"S04 several without SHA-256", coop.Invalid, post(now, all, set("Digest", right512+",MD5=AAAA"))},
		{"S04 SHA-256 beside an unknown one", "", post(now, all, set("Digest", right+", MD5=AAAA"))},
		{"S04 right SHA-256 beside right SHA-512", "", post(now, all, set("Digest", right+","+right512))},
		{"S04 wrong SHA-256 beside right SHA-512", coop.Unauthorized, post(now, all, set("Digest", wrong+","+right512))},
		{"S05 sha-256 in lower case", "", post(now, all, set("Digest", "sha-256"+right[7:]))},
	} {
		c.run(t, now)
	}
}

func TestSignatureThatCoversTooLittleIsRefused(t *testing.T) {
	t.Parallel()
	now := noon()
	for _, c := range []refusal{
		{"S06 date only", coop.Unauthorized, post(now, "date", nil)},
		{"S07 headers absent", coop.Unauthorized, post(now, "-", nil)},
		{"S08 headers empty", coop.Unauthorized, post(now, "", nil)},
		{"host not covered", coop.Unauthorized, post(now, "(request-target) date digest", nil)},
		{"request target not covered", coop.Unauthorized, post(now, "host date digest", nil)},
		{"date not covered", coop.Unauthorized, post(now, "(request-target) host digest", nil)},
		{"a header covered twice", coop.Invalid, post(now, all+" date", nil)},
		{"a covered header that is absent", coop.Unauthorized, post(now, all+" content-type", nil)},
		{"a covered header with two values", coop.Invalid, post(now, all+" accept", func(r *http.Request) { r.Header["Accept"] = []string{"a", "b"} })},
		{"a name that is no header", coop.Invalid, post(now, all+" (status)", nil)},
		{"the signature covers itself", coop.Unauthorized, post(now, all+" signature", set("Signature", "x"))},
		{"more than twenty covered", coop.Invalid, post(now, all+" a b c d e f g h i j k l m n o p q", nil)},
	} {
		c.run(t, now)
	}
}

func TestSignatureOfAnotherRequestIsRefused(t *testing.T) {
	t.Parallel()
	now := noon()
	for _, c := range []refusal{
		{"S09 another method", forged, after(now, func(r *http.Request, _ *[]byte) { r.Method = http.MethodPut })},
		{"S09 another inbox", forged, after(now, func(r *http.Request, _ *[]byte) { r.RequestURI = "/ap/coops/b/inbox" })},
		{"S09 a query added", forged, after(now, func(r *http.Request, _ *[]byte) { r.RequestURI += "?x" })},
		{"S09 escaped slash for a slash", forged, after(now, func(r *http.Request, _ *[]byte) { r.RequestURI = "/ap%2Finbox" })},
		{"the target is a whole URL", coop.Invalid, after(now, func(r *http.Request, _ *[]byte) { r.RequestURI = inbox })},
		{"the target has a line break", coop.Invalid, after(now, func(r *http.Request, _ *[]byte) { r.RequestURI = "/ap/inbox\nhost: x" })},
		{"S10 made for another host", coop.Unauthorized, post(now, all, func(r *http.Request) { r.Host = "peer.example" })},
		{"S10 our host with a port", coop.Unauthorized, post(now, all, func(r *http.Request) { r.Host += ":8443" })},
		{"S10 another host beside ours", coop.Unauthorized, post(now, all, set("Host", "peer.example"))},
		{"S10 another host said to be forwarded", "", post(now, all, set("X-Forwarded-Host", "peer.example"))},
	} {
		c.run(t, now)
	}
}

func TestSignatureFromAnotherTimeIsRefused(t *testing.T) {
	t.Parallel()
	now := noon()
	date := func(d time.Duration) func(r *http.Request) {
		return set("Date", now.Add(d).UTC().Format(http.TimeFormat))
	}
	unix := func(name string, d time.Duration) string { return fmt.Sprintf("%s=%d", name, now.Add(d).Unix()) }
	for _, c := range []refusal{
		{"S11 two hours old", coop.Unauthorized, post(now, all, date(-2*time.Hour))},
		{"S11 two hours ahead", coop.Unauthorized, post(now, all, date(2*time.Hour))},
		{"S11 fifty minutes old", "", post(now, all, date(-50*time.Minute))},
		{"S11 the last second of the window", "", post(now, all, date(-keys.MaxAge))},
		{"S11 a second too old", coop.Unauthorized, post(now, all, date(-keys.MaxAge-time.Second))},
		{"S11 as far ahead as may be", "", post(now, all, date(keys.MaxAhead))},
		{"S11 a second too far ahead", coop.Unauthorized, post(now, all, date(keys.MaxAhead+time.Second))},
		{"S12 no date", coop.Unauthorized, post(now, all, func(r *http.Request) { r.Header.Del("Date") })},
		{"S12 date that is none", coop.Unauthorized, post(now, all, set("Date", "yesterday"))},
		{"S12 year of two digits", coop.Unauthorized, post(now, all, set("Date", now.UTC().Format("Monday, 02-Jan-06 15:04:05 GMT")))},
		{"S12 two dates", coop.Invalid, post(now, all, func(r *http.Request) { r.Header.Add("Date", r.Header.Get("Date")) })},
		{"S13 (created) by hs2019", "", post(now, "(request-target) host (created) digest", nil, `algorithm="hs2019"`, unix("created", 0))},
		{"S13 (created) first, and no algorithm", "", post(now, "(created) (request-target) host digest", nil, unix("created", -time.Minute))},
		{"S13 (created) with rsa-sha256", coop.Unauthorized, post(now, "(request-target) host (created) digest", nil, `algorithm="rsa-sha256"`, unix("created", 0))},
		{"S13 (created) too old", coop.Unauthorized, post(now, "(request-target) host (created) digest", nil, unix("created", -2*time.Hour))},
		{"S13 (created) a minute ahead", coop.Unauthorized, post(now, "(request-target) host (created) digest", nil, unix("created", time.Minute))},
		{"S13 (created) new and date old", coop.Unauthorized, post(now, all+" (created)", date(-2*time.Hour), unix("created", 0))},
		{"S13 (created) old and date new", coop.Unauthorized, post(now, all+" (created)", nil, unix("created", -2*time.Hour))},
		{"S13 (created) covered and not given", coop.Unauthorized, post(now, all+" (created)", nil)},
		{"S13 created given and not covered", "", post(now, all, nil, unix("created", -9*time.Hour))},
		{"S13 created ahead and not covered", "", post(now, all, nil, unix("created", 9*time.Hour))},
		{"S13 (expires) covered and not given", coop.Unauthorized, post(now, all+" (expires)", nil)},
		{"S13 (expires) to come", "", post(now, all+" (expires)", nil, unix("expires", time.Minute))},
		{"S13 (expires) past", coop.Unauthorized, post(now, all+" (expires)", nil, unix("expires", -time.Second))},
		{"S13 expires past, not covered", coop.Unauthorized, post(now, all, nil, unix("expires", -time.Second))},
		{"S13 (expires) in a year lengthens nothing", coop.Unauthorized, post(now, all+" (expires)", date(-2*time.Hour), unix("expires", 365*24*time.Hour))},
		{"S13 created that is no number", coop.Invalid, post(now, all, nil, `created="now"`)},
		{"S13 created below zero", coop.Invalid, post(now, all, nil, `created=-1`)},
		{"S13 created with a sign", coop.Invalid, post(now, all, nil, fmt.Sprintf("created=+%d", now.Unix()))},
		{"S13 expires beyond all time", coop.Invalid, post(now, all, nil, `expires=9223372036854775807`)},
	} {
		c.run(t, now)
	}
}

func TestSignatureHeaderThatCanBeReadInTwoWaysIsRefused(t *testing.T) {
	t.Parallel()
	now := noon()
	for _, c := range []refusal{
		{"S14 keyId twice, wrong last", coop.Invalid, rewrite(now, `",headers`, `",keyId="https://evil.example/x",headers`)},
		{"S14 keyId twice, wrong first", coop.Invalid, rewrite(now, `keyId`, `keyId="https://evil.example/x",keyId`)},
		{"S14 keyId twice in two cases", coop.Invalid, rewrite(now, `keyId`, `keyid="https://evil.example/x",keyId`)},
		{"S14 signature twice, wrong last", coop.Invalid, after(now, func(r *http.Request, _ *[]byte) {
			r.Header.Set("Signature", r.Header.Get("Signature")+`,signature="AAAA"`)
		})},
		{"S14 signature twice, wrong first", coop.Invalid, rewrite(now, `keyId`, `signature="AAAA",keyId`)},
		{"S14 unknown parameter twice", coop.Invalid, post(now, all, nil, `x="1"`, `x="2"`)},
		{"S15 two Signature headers", coop.Invalid, after(now, func(r *http.Request, _ *[]byte) {
			r.Header.Add("Signature", r.Header.Get("Signature"))
		})},
		{"no signature", coop.Unauthorized, after(now, func(r *http.Request, _ *[]byte) { r.Header.Del("Signature") })},
		{"an empty signature header", coop.Invalid, after(now, func(r *http.Request, _ *[]byte) { r.Header.Set("Signature", "") })},
		{"a bearer token in its place", coop.Unauthorized, after(now, func(r *http.Request, _ *[]byte) {
			r.Header.Set("Authorization", "Signature "+r.Header.Get("Signature"))
			r.Header.Del("Signature")
		})},
		{"a bearer token that looks like a signature", "", after(now, func(r *http.Request, _ *[]byte) {
			r.Header.Set("Authorization", `Bearer keyId="x",headers="date",signature="AAAA"`)
		})},
		{"no keyId", coop.Unauthorized, rewrite(now, `keyId="`+string(keyID)+`",`, ``)},
		{"no signature parameter", coop.Unauthorized, rewrite(now, `,signature=`, `,x=`)},
		{"signature that is not base64", coop.Invalid, rewrite(now, `signature="`, `signature="!`)},
		{"a comma at the end", coop.Invalid, after(now, func(r *http.Request, _ *[]byte) {
			r.Header.Set("Signature", r.Header.Get("Signature")+",")
		})},
		{"an open quote", coop.Invalid, rewrite(now, `"`, ``)},
		{"an escape in a quoted value", coop.Invalid, rewrite(now, `keyId="`, `x="\"",keyId="`)},
		{"an escaped backslash in a quoted value", coop.Invalid, rewrite(now, `keyId="`, `x="\\",keyId="`)},
		{"a letter where the comma is", coop.Invalid, rewrite(now, `",headers`, `"xheaders`)},
		{"other spare bits in the base64", coop.Invalid, after(now, func(r *http.Request, _ *[]byte) {
			head, _ := strings.CutSuffix(r.Header.Get("Signature"), `=="`)
			r.Header.Set("Signature", head[:len(head)-1]+string(head[len(head)-1]+1)+`=="`)
		})},
		{"text behind a value", coop.Invalid, rewrite(now, `",headers`, `" x,headers`)},
	} {
		c.run(t, now)
	}
}

func TestAlgorithmIsThatOfTheKey(t *testing.T) {
	t.Parallel()
	now := noon()
	for _, c := range []refusal{
		{"S17 hmac-sha256 with the public key as secret", coop.Unauthorized, func(t *testing.T) (*http.Request, []byte) {
			r, body := post(now, all, nil, `algorithm="hmac-sha256"`)(t)
			pem, err := keys.EncodePublic(&pair().PublicKey)
			ok(t, err)
			mac := hmac.New(sha256.New, []byte(pem))
			fmt.Fprintf(mac, "(request-target): post /ap/inbox\nhost: %s\ndate: %s\ndigest: %s", host, r.Header.Get("Date"), r.Header.Get("Digest"))
			head, _, _ := strings.Cut(r.Header.Get("Signature"), "signature=")
			r.Header.Set("Signature", head+`signature="`+base64.StdEncoding.EncodeToString(mac.Sum(nil))+`"`)
			return r, body
		}},
		{"S18 algorithm none", coop.Unauthorized, post(now, all, nil, `algorithm="none"`)},
		{"S18 algorithm rsa-sha1", coop.Unauthorized, post(now, all, nil, `algorithm="rsa-sha1"`)},
		{"S18 algorithm rsa-sha512", coop.Unauthorized, post(now, all, nil, `algorithm="rsa-sha512"`)},
		{"S18 algorithm ed25519 with an RSA key", forged, post(now, all, nil, `algorithm="ed25519"`)},
		{"S18 empty algorithm means none given", "", post(now, all, nil, `algorithm=""`)},
	} {
		c.run(t, now)
	}
}

func TestKeyIDThatCannotBeFetchedIsRefused(t *testing.T) {
	t.Parallel()
	now, body := noon(), []byte(`{}`)
	long := "https://peer.example/" + strings.Repeat("a", 2048)
	for _, id := range []string{
		"", "main-key", "/users/ada#main-key", "//peer.example/ada", "acct:ada@peer.example", "data:,key", "file:///etc/passwd",
		"http://peer.example/ada", "HTTPS:peer.example", "https://", "https:///ada", "https://ada@peer.example/x", "https://a:b@peer.example/",
		"https://peer.example/a b", "https://peer.example/<x>", "https://peer.example/a\u0085b", "https://peer.example/\xff", "https://peer.example/{id}",
		"https://[::1/x", "javascript:alert(1)", long, "https://peer.example/" + strings.Repeat("a", 64<<10),
	} {
		r := dated(arrived(http.MethodPost, inbox, body), body, now)
		byHand(t, r, pair(), all)
		r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), string(keyID), id, 1))
		if c, err := keys.Read(r, body, site, now); coop.CodeOf(err) != coop.Unauthorized {
			t.Errorf("cavage %.60q: got %v, %v", id, c, err)
		}
		if strings.ContainsFunc(id, func(c rune) bool { return c >= 0x7f }) {
			continue // no string of a structured field
		}
		r = arrived(http.MethodGet, inbox, nil)
		r.Header.Set("Signature-Input", fmt.Sprintf(`sig1=("@method" "@target-uri");created=%d;keyid="%s"`, now.Unix(), id))
		r.Header.Set("Signature", "sig1=:"+base64.StdEncoding.EncodeToString(make([]byte, 256))+":")
		if c, err := keys.Read(r, nil, site, now); coop.CodeOf(err) != coop.Unauthorized {
			t.Errorf("rfc9421 %.60q: got %v, %v", id, c, err)
		}
	}
}

func TestSignatureOfImpossibleLengthNeedsNoKey(t *testing.T) {
	t.Parallel()
	now := noon()
	for size, want := range map[int]coop.Code{0: coop.Unauthorized, 63: coop.Unauthorized, 64: "", 256: "", 1024: "", 1025: coop.Unauthorized} {
		sig := base64.StdEncoding.EncodeToString(make([]byte, size))
		r := dated(arrived(http.MethodGet, inbox, nil), nil, now)
		r.Header.Set("Signature", `keyId="`+string(keyID)+`",headers="(request-target) host date",signature="`+sig+`"`)
		if c, err := keys.Read(r, nil, site, now); coop.CodeOf(err) != want {
			t.Errorf("cavage, %d bytes: got %v, %v", size, c, err)
		}
		r.Header.Set("Signature-Input", `sig1=("@method" "@target-uri")`+age(now, 0))
		r.Header.Set("Signature", "sig1=:"+sig+":")
		if c, err := keys.Read(r, nil, site, now); coop.CodeOf(err) != want {
			t.Errorf("rfc9421, %d bytes: got %v, %v", size, c, err)
		}
	}
}

func TestKeyIDs(t *testing.T) {
	t.Parallel()
	now := noon()
	for _, id := range []string{
		"https://peer.example/users/ada#main-key", "https://peer.example/?author=0#main-key", "https://peer.example:8443/x,y;z",
		"https://peer.example/m%C3%BCller/publickey", "https://peer.example/müller#main-key", "https://peer.example/'()*!$&+=~",
		"https://peer.example/" + strings.Repeat("a", 2048-21),
	} {
		r := dated(arrived(http.MethodGet, inbox, nil), nil, now)
		byHand(t, r, pair(), "(request-target) host date")
		r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), string(keyID), id, 1))
		c, err := keys.Read(r, nil, site, now)
		if err != nil || string(c.KeyID) != id {
			t.Errorf("%.60q: got %v, %v", id, c, err)
			continue
		}
		if err := c.Verify(&pair().PublicKey); err != nil {
			t.Errorf("%.60q: %v", id, err)
		}
	}
}

func TestDevelopmentTakesKeysOverHTTP(t *testing.T) {
	t.Parallel()
	now, dev := noon(), keys.Target{Scheme: "http", Host: "localhost:8080"}
	for _, form := range []keys.Form{keys.Cavage, keys.RFC9421} {
		r := outgoing(t, http.MethodGet, "http://localhost:8080/ap/actor", nil)
		id := coop.IRI("http://localhost:8081/ap/actor#main-key")
		if form == keys.RFC9421 {
			ok(t, keys.Sign9421(r, nil, id, pair(), now))
		} else {
			ok(t, keys.Sign(r, nil, id, pair(), now))
		}
		c, err := keys.Read(travel(r), nil, dev, now)
		ok(t, err)
		ok(t, c.Verify(&pair().PublicKey))
		if c.KeyID != id || c.Form != form || !c.At.Equal(now) {
			t.Errorf("got %s %s %s", c.KeyID, c.Form, c.At)
		}
		if _, err := keys.Read(travel(r), nil, keys.Target{Scheme: "https", Host: "localhost:8080"}, now); coop.CodeOf(err) != coop.Unauthorized {
			t.Errorf("%s on https: got %v", form, err)
		}
	}
}

func TestSignedGET(t *testing.T) {
	t.Parallel()
	now := noon()
	get := func(url, cover string) func(t *testing.T) (*http.Request, []byte) {
		return func(t *testing.T) (*http.Request, []byte) {
			r := dated(arrived(http.MethodGet, url, nil), nil, now)
			byHand(t, r, pair(), cover)
			return r, nil
		}
	}
	const need = "(request-target) host date"
	leftOut := func(method string) func(t *testing.T) (*http.Request, []byte) {
		return func(t *testing.T) (*http.Request, []byte) {
			body := []byte(`{}`)
			r := dated(arrived(method, inbox, body), body, now)
			byHand(t, r, pair(), all)
			r.RequestURI += "?page=1"
			return r, body
		}
	}
	for _, c := range []refusal{
		{"what is needed", "", get(inbox, need)},
		{"with accept", "", func(t *testing.T) (*http.Request, []byte) {
			r := dated(arrived(http.MethodGet, inbox, nil), nil, now)
			r.Header.Set("Accept", "application/activity+json")
			byHand(t, r, pair(), need+" accept")
			return r, nil
		}},
		{"with the digest of nothing", "", func(t *testing.T) (*http.Request, []byte) {
			r := dated(arrived(http.MethodGet, inbox, nil), []byte{}, now)
			byHand(t, r, pair(), all)
			return r, nil
		}},
		{"query signed", "", get(inbox+"?page=1", need)},
		{"query left out", "", leftOut(http.MethodGet)},
		{"query left out of a POST", forged, leftOut(http.MethodPost)},
		{"without request target", coop.Unauthorized, get(inbox, "host date")},
		{"without host", coop.Unauthorized, get(inbox, "(request-target) date")},
		{"without date", coop.Unauthorized, get(inbox, "(request-target) host")},
		{"HEAD needs no digest", "", func(t *testing.T) (*http.Request, []byte) {
			r := dated(arrived(http.MethodHead, inbox, nil), nil, now)
			byHand(t, r, pair(), need)
			return r, nil
		}},
		{"DELETE needs a digest", coop.Unauthorized, func(t *testing.T) (*http.Request, []byte) {
			r := dated(arrived(http.MethodDelete, inbox, nil), nil, now)
			byHand(t, r, pair(), need)
			return r, nil
		}},
	} {
		c.run(t, now)
	}
}

func TestClaimSaysWhatItIs(t *testing.T) {
	t.Parallel()
	now := noon()
	r, body := post(now.Add(-time.Minute), all, nil)(t)
	c, err := keys.Read(r, body, site, now)
	ok(t, err)
	if c.KeyID != keyID || c.Form != keys.Cavage || !c.At.Equal(now.Add(-time.Minute)) {
		t.Errorf("got %s %s %s", c.KeyID, c.Form, c.At)
	}
	// What happens to the request later is of no matter, nor is a second look.
	r.Header.Set("Date", "gone")
	r.RequestURI = "/elsewhere"
	var g sync.WaitGroup
	for range 2 {
		g.Go(func() {
			if err := c.Verify(&pair().PublicKey); err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	other := *pair()
	other.PublicKey.E = 3
	if err := c.Verify(&other.PublicKey); coop.CodeOf(err) != coop.Unauthorized {
		t.Errorf("another key: got %v", err)
	}
	ok(t, c.Verify(&pair().PublicKey))
}

func TestClockIsThatOfTheCaller(t *testing.T) {
	t.Parallel()
	now, body := time.Date(2018, 12, 27, 11, 0, 0, 0, time.UTC), []byte(`{}`)
	r := dated(arrived(http.MethodPost, inbox, body), body, now)
	byHand(t, r, pair(), all, fmt.Sprintf("created=%d", now.Unix()), fmt.Sprintf("expires=%d", now.Unix()+60))
	if err := check(r, body, now, &pair().PublicKey); err != nil {
		t.Errorf("cavage: %v", err)
	}
	r, body = message{}.request(t, now)
	if err := check(r, body, now, &pair().PublicKey); err != nil {
		t.Errorf("rfc9421: %v", err)
	}
}

func TestEdwardsKeySignsTheOlderForm(t *testing.T) {
	t.Parallel()
	now, body := noon(), []byte(`{}`)
	for alg, want := range map[string]coop.Code{
		"": "", `algorithm="hs2019"`: "", `algorithm="ed25519"`: "", `algorithm="rsa-sha256"`: coop.Unauthorized,
	} {
		r := dated(arrived(http.MethodPost, inbox, body), body, now)
		var more []string
		if alg != "" {
			more = []string{alg}
		}
		byHand(t, r, edwards(), all, more...)
		if err := check(r, body, now, edwards().Public()); coop.CodeOf(err) != want {
			t.Errorf("%s: got %v, want code %q", alg, err, want)
		}
		if err := check(r, body, now, &pair().PublicKey); coop.CodeOf(err) != coop.Unauthorized {
			t.Errorf("%s with an RSA key: got %v", alg, err)
		}
	}
}
