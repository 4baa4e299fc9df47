// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/dunglas/httpsfv"
	"github.com/go-fed/httpsig"
)

// The keys of RFC 9421 §B.1.2 and §B.1.4, public halves, and the private half
// of the second.
const (
	vectorPSS = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----`
	vectorEdwards = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----`
	vectorEdwardsPrivate = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"
	vectorDigest         = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
)

// vectorMessage is the request of RFC 9421 §B.2.
func vectorMessage() message {
	return message{
		method: http.MethodPost, scheme: "https", host: "example.com", target: "/foo?param=Value&Pet=dog",
		header: http.Header{
			"Date":           {"Tue, 20 Apr 2021 02:07:55 GMT"},
			"Content-Type":   {"application/json"},
			"Content-Digest": {vectorDigest},
			"Content-Length": {"18"},
		},
	}
}

func vectorBase(t *testing.T, m message, input string) string {
	t.Helper()
	m.header = m.header.Clone()
	m.header.Set("Signature-Input", input)
	m.header.Set("Signature", strings.SplitN(input, "=", 2)[0]+"=:"+strings.Repeat("AAAA", 32)+":")
	in, err := parseInput(m.header)
	if err != nil {
		t.Fatal(err)
	}
	base, err := m.base(in.list)
	if err != nil {
		t.Fatal(err)
	}
	return string(base)
}

func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The signatures of RFC 9421 §B.2.1 and §B.2.3 are by an algorithm that Plenum
// does not take; that they verify shows that the base is built as there.
func TestSignatureBasesOfTheRFCVerify(t *testing.T) {
	t.Parallel()
	pub, err := DecodePublic(vectorPSS)
	if err != nil {
		t.Fatal(err)
	}
	for input, sig := range map[string]string{
		`sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"`: "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopem" +
			"LJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG" +
			"52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx" +
			"2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6" +
			"UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3" +
			"+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==",
		`sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"`: "bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yB" +
			"iMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fU" +
			"xN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1" +
			"pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9" +
			"bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5Z" +
			"JzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==",
	} {
		base := vectorBase(t, vectorMessage(), input)
		h := sha512.Sum512([]byte(base))
		if err := rsa.VerifyPSS(pub.(*rsa.PublicKey), crypto.SHA512, h[:], unbase64(t, sig), nil); err != nil {
			t.Errorf("%v over\n%s", err, base)
		}
	}
}

// RFC 9421 §B.2.6: Ed25519 is deterministic, so the bytes have to match.
func TestEdwardsVectorOfTheRFC(t *testing.T) {
	t.Parallel()
	const want = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
	base := vectorBase(t, vectorMessage(), `sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`)
	k, err := x509.ParsePKCS8PrivateKey(unbase64(t, vectorEdwardsPrivate))
	if err != nil {
		t.Fatal(err)
	}
	sig, err := sign(k.(ed25519.PrivateKey), []byte(base))
	if got := base64.StdEncoding.EncodeToString(sig); err != nil || got != want {
		t.Errorf("got %s, %v over\n%s", got, err, base)
	}
	pub, err := DecodePublic(vectorEdwards)
	if err != nil {
		t.Fatal(err)
	}
	c := &Claim{Form: RFC9421, base: []byte(base), sig: unbase64(t, want)}
	if err := c.Verify(pub); err != nil {
		t.Error(err)
	}
	c.base = bytes.ToUpper(c.base)
	if c.Verify(pub) == nil {
		t.Error("another base verified")
	}
}

// RFC 9421 §2.2: the derived components of its examples.
func TestDerivedComponentsOfTheRFC(t *testing.T) {
	t.Parallel()
	m := message{method: "POST", scheme: "https", host: "www.example.com", target: "/path?param=value"}
	for name, want := range map[string]string{
		"@method": "POST", "@target-uri": "https://www.example.com/path?param=value", "@authority": "www.example.com",
		"@scheme": "https", "@request-target": "/path?param=value", "@path": "/path", "@query": "?param=value",
	} {
		if got, err := m.component(name); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
	m.host = "WWW.EXAMPLE.COM" // §2.2.3, on normalising
	if got, _ := m.component("@authority"); got != "www.example.com" {
		t.Errorf("host in upper case: got %q", got)
	}
	m.header = http.Header{"Cache-Control": {"  max-age=60 \t"}, "X-Break": {"a\nb"}} // §2.1
	if got, _ := m.component("cache-control"); got != "max-age=60" {
		t.Errorf("space around a value: got %q", got)
	}
	if b, err := m.base(httpsfv.InnerList{Items: []httpsfv.Item{httpsfv.NewItem("x-break")}, Params: httpsfv.NewParams()}); err == nil {
		t.Errorf("line break in a value: got %q", b)
	}
	m.target = "/path"
	if got, _ := m.component("@query"); got != "?" { // §2.2.7, the last example
		t.Errorf("absent query: got %q", got)
	}
}

func TestContentDigestOfTheRFC(t *testing.T) {
	t.Parallel()
	if err := checkContentDigest(vectorMessage().header, []byte(`{"hello": "world"}`)); err != nil {
		t.Error(err)
	}
	if checkContentDigest(vectorMessage().header, []byte(`{"hello": "World"}`)) == nil {
		t.Error("another body has the same digest")
	}
}

// The test values of draft-cavage-12, appendix C, are by a key of 1024 bits that
// Verify refuses; they go through the rest of it here. The headers that the
// draft names for C.3 are not those that it signed.
func TestVectorsOfTheDraftVerify(t *testing.T) {
	t.Parallel()
	const text = `-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----`
	block, _ := pem.Decode([]byte(text))
	pub, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := DecodePublic(text); err == nil {
		t.Error("a key of 1024 bits was taken")
	}
	h := http.Header{
		"Date":           {"Sun, 05 Jan 2014 21:31:40 GMT"},
		"Content-Type":   {"application/json"},
		"Digest":         {"SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="},
		"Content-Length": {"18"},
	}
	if err := checkDigest(h, []byte(`{"hello": "world"}`)); err != nil {
		t.Error(err)
	}
	for cover, sig := range map[string]string{
		"(request-target) host date":                                    "qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3HMbe8VfEdKFYRqzic+efkb3nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0=",
		"(request-target) host date content-type digest content-length": "vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv120V01IL+TAD48XaERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE=",
	} {
		p, err := parseSignature(`keyId="Test", algorithm="rsa-sha256", headers="` + cover + `", signature="` + sig + `"`)
		if err != nil {
			t.Fatal(err)
		}
		headers, err := covered(h, p.headers)
		if err != nil {
			t.Fatal(err)
		}
		c := &Claim{Form: Cavage, method: "POST", host: "example.com", target: "/foo?param=value&pet=dog", cavage: p, header: headers}
		if err := c.verifyCavage(pub); err != nil {
			t.Errorf("%s: %v", cover, err)
		}
		c.target = "/foo?param=value&pet=cat"
		if c.verifyCavage(pub) == nil {
			t.Errorf("%s: another target verified", cover)
		}
	}
}

// The points of small order, found by arithmetic instead of from memory: those
// that doubling three times makes the neutral element. RFC 8032 §5.1.
func TestListOfSmallOrdersIsComplete(t *testing.T) {
	t.Parallel()
	one := big.NewInt(1)
	p := new(big.Int).Sub(new(big.Int).Lsh(one, 255), big.NewInt(19))
	inverse := func(x *big.Int) *big.Int { return new(big.Int).ModInverse(x, p) }
	mod := func(x *big.Int) *big.Int { return x.Mod(x, p) }
	mul := func(x, y *big.Int) *big.Int { return mod(new(big.Int).Mul(x, y)) }
	d := mul(big.NewInt(-121665), inverse(big.NewInt(121666)))
	// Doubling maps y to y' by way of x² = (y²-1)/(dy²+1), so signs do not matter:
	// y' = (y²+x²)/(2-y²+x²) on -x²+y² = 1+dx²y².
	double := func(y *big.Int) *big.Int {
		y2 := mul(y, y)
		x2 := mul(new(big.Int).Sub(y2, one), inverse(mod(new(big.Int).Add(mul(d, y2), one))))
		den := mod(new(big.Int).Add(new(big.Int).Sub(big.NewInt(2), y2), x2))
		return mul(new(big.Int).Add(y2, x2), inverse(den))
	}
	var found []string
	for _, s := range smallOrders {
		b := slices.Clone(s[:])
		slices.Reverse(b)
		y := new(big.Int).SetBytes(b)
		if got := double(double(double(mod(new(big.Int).Set(y))))); got.Cmp(one) != 0 {
			t.Errorf("%x has no small order", s)
		}
		found = append(found, y.String())
	}
	slices.Sort(found)
	// Eight points: one each of order 1 and 2, two of order 4 that share y = 0,
	// four of order 8 that share two y. Below 2²⁵⁵, 0 and 1 have another spelling.
	if n := len(slices.Compact(found)); n != 7 {
		t.Errorf("%d different values, want 7", n)
	}
	if base := mul(big.NewInt(4), inverse(big.NewInt(5))); double(double(double(base))).Cmp(one) == 0 {
		t.Error("the base point has small order: the arithmetic is wrong")
	}
}

// What the libraries do that this package guards against; where one of them
// learns better, its guard may go.
func TestLibrariesStillNeedTheirGuards(t *testing.T) {
	t.Parallel()
	d, err := httpsfv.UnmarshalDictionary([]string{"a=1, a=2"})
	if err != nil || len(d.Names()) != 1 {
		t.Errorf("httpsfv: two equal keys give %v, %v", d, err)
	}
	r := &http.Request{Header: http.Header{"Signature": {`keyId="a",keyId="b",headers="date",signature="AAAA"`}}}
	v, err := httpsig.NewVerifier(r)
	if err != nil || v.KeyId() != "b" {
		t.Errorf("httpsig: two equal parameters give %v", err)
	}
}
