// SPDX-License-Identifier: AGPL-3.0-or-later

package keys_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// specKey is the public key of the examples in VC-DI-EDDSA and in FEP-8b32.
func specKey(t *testing.T) ed25519.PublicKey {
	t.Helper()
	b, ok := coop.DecodeMultibase("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")
	if !ok || len(b) != 34 {
		t.Fatal("the key of the specifications cannot be read")
	}
	return b[2:]
}

// specTime is when the proofs of the specifications were made.
var specTime = time.Date(2023, 2, 24, 23, 36, 38, 0, time.UTC)

// FEP-8b32, its test vectors; VC-DI-EDDSA §B.2.
func TestProofsOfTheSpecificationsVerify(t *testing.T) {
	t.Parallel()
	for what, doc := range map[string]string{
		"an activity": `{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v2"],
			"id":"https://server.example/activities/1","type":"Create","actor":"https://server.example/users/alice",
			"object":{"id":"https://server.example/objects/1","type":"Note","attributedTo":"https://server.example/users/alice","content":"Hello world",
				"location":{"type":"Place","longitude":-71.184902,"latitude":25.273962}},
			"proof":{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v2"],
				"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"https://server.example/users/alice#ed25519-key",
				"proofPurpose":"assertionMethod","proofValue":"z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL",
				"created":"2023-02-24T23:36:38Z"}}`,
		"one that expires": `{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v2"],
			"id":"https://server.example/activities/1","type":"Create","actor":"https://server.example/users/alice",
			"object":{"id":"https://server.example/objects/1","type":"Note","attributedTo":"https://server.example/users/alice","content":"Hello world"},
			"proof":{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v2"],
				"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"https://server.example/users/alice#ed25519-key",
				"proofPurpose":"assertionMethod","proofValue":"z4bp44KNvTEeb7h8gY7tpbF9EaJxzbcYc6JNPxMv1wdWDakBt2vVEC3UzjctghA5XP2NevDnDCPzph2oNNb3qRJ8K",
				"created":"2023-02-24T23:36:38Z","expires":"3000-01-01T00:00:00Z"}}`,
		"a credential": `{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],
			"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","type":["VerifiableCredential","AlumniCredential"],
			"name":"Alumni Credential","description":"A minimum viable example of an Alumni Credential.",
			"issuer":"https://vc.example/issuers/5678","validFrom":"2023-01-01T00:00:00Z",
			"credentialSubject":{"id":"did:example:abcdefgh","alumniOf":"The School of Examples"},
			"proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","created":"2023-02-24T23:36:38Z",
				"verificationMethod":"https://vc.example/issuers/5678#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2","proofPurpose":"assertionMethod",
				"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],
				"proofValue":"z63t83Y53KfzJ5ZosfKTnqfMcKB2dmTrfjSaQjeNNjAD5srBowQfmWqeRb8rRjmeEuCBEsddF9LsVogtuTsijJKh4"}}`,
	} {
		p, err := keys.ReadProof([]byte(doc), "https", specTime)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if err := p.Verify(specKey(t)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if !p.At.Equal(specTime) || p.Method.WithoutFragment() == p.Method {
			t.Errorf("%s: made at %v with %s", what, p.At, p.Method)
		}
	}
}

// What Fedify 2.3.6 makes of a Create with a key of its own, as it puts it on the
// wire but for the line ends.
func TestProofOfFedifyVerifies(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("testdata/fedify_create.json")
	ok(t, err)
	key, _ := coop.DecodeMultibase("z6MkhW9zAKULnyc1CnHN56kiMo2H1yXgJbs5r7GBRhuUhcDT")
	p, err := keys.ReadProof(doc, "https", time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	ok(t, err)
	ok(t, p.Verify(ed25519.PublicKey(key[2:])))
	changed := strings.Replace(string(doc), "Grüße", "Grüsse", 1)
	p, err = keys.ReadProof([]byte(changed), "https", time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	ok(t, err)
	if err := p.Verify(ed25519.PublicKey(key[2:])); coop.CodeOf(err) != coop.Unauthorized {
		t.Errorf("changed: got %v", err)
	}
}

// The one of FEP-8b32 that has expired.
func TestExpiredProofOfTheSpecificationIsRefused(t *testing.T) {
	t.Parallel()
	doc := `{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v2"],
		"id":"https://server.example/activities/1","type":"Create","actor":"https://server.example/users/alice",
		"object":{"id":"https://server.example/objects/1","type":"Note","attributedTo":"https://server.example/users/alice","content":"Hello world"},
		"proof":{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v2"],
			"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"https://server.example/users/alice#ed25519-key",
			"proofPurpose":"assertionMethod","proofValue":"z25og1nNL6TLjQ8fHK4WmzWZzjb8BhcVvaoXToxE9qpcB6iqCWmWhmSAifmcWA11rtdomgGpkRNeEPDMXWJY5BDVQ",
			"created":"2023-02-24T23:36:38Z","expires":"2023-02-24T23:36:39Z"}}`
	if _, err := keys.ReadProof([]byte(doc), "https", specTime.Add(2*time.Second)); coop.CodeOf(err) != coop.Unauthorized {
		t.Errorf("got %v", err)
	}
	p, err := keys.ReadProof([]byte(doc), "https", specTime)
	if err != nil || p.Verify(specKey(t)) != nil {
		t.Errorf("a second earlier: got %v", err)
	}
}

type members = map[string]any

// proven is a document with a proof of ours, split so that a test can spoil it.
func proven(t *testing.T) (doc, proof members, key ed25519.PrivateKey) {
	t.Helper()
	key = ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	raw, err := keys.SignProof([]byte(`{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v2"],
		"id":"https://a.example/1","type":"Create","actor":"https://a.example/u","object":{"content":"<p>\u00e9 & \u2028 😀</p>","n":1.50,"e":1e21,"deep":[[{"z":1,"a":null}]]}}`),
		"https://a.example/u#key", key, noon())
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc, doc["proof"].(members), key
}

func judge(t *testing.T, doc any, pub ed25519.PublicKey, now time.Time) error {
	t.Helper()
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	p, err := keys.ReadProof(raw, "https", now)
	if err != nil {
		return err
	}
	return p.Verify(pub)
}

// docs/security.md S27: what is changed in any place is not what was signed.
func TestProofOfAChangedDocumentIsRefused(t *testing.T) {
	t.Parallel()
	good, _, key := proven(t)
	pub := key.Public().(ed25519.PublicKey)
	if err := judge(t, good, pub, noon()); err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func(doc, proof members){
		"another actor":        func(d, _ members) { d["actor"] = "https://victim.example/u" },
		"another id":           func(d, _ members) { d["id"] = "https://a.example/2" },
		"a member more":        func(d, _ members) { d["to"] = "https://b.example/u" },
		"a member less":        func(d, _ members) { delete(d, "type") },
		"another letter":       func(d, _ members) { d["object"].(members)["content"] = "<p>e & \u2028 😀</p>" },
		"deep inside":          func(d, _ members) { d["object"].(members)["deep"] = []any{[]any{members{"z": 2, "a": nil}}} },
		"null is not nothing":  func(d, _ members) { d["object"].(members)["deep"] = []any{[]any{members{"z": 1}}} },
		"another context":      func(d, p members) { d["@context"] = []any{"https://evil.example/"} },
		"less of the context":  func(d, _ members) { d["@context"] = d["@context"].([]any)[:1] },
		"both contexts":        func(d, p members) { d["@context"], p["@context"] = "https://evil.example/", "https://evil.example/" },
		"another hidden one":   func(d, p members) { delete(p, "@context"); d["@context"] = "https://evil.example/" },
		"another time":         func(_, p members) { p["created"] = noon().Add(-time.Hour).Format(time.RFC3339) },
		"another key id":       func(_, p members) { p["verificationMethod"] = "https://victim.example/u#key" },
		"an option more":       func(_, p members) { p["domain"] = "a.example" },
		"another signature":    func(_, p members) { p["proofValue"] = coop.EncodeMultibase(ed25519.Sign(key, []byte("x"))) },
		"the purpose of a key": func(_, p members) { p["proofPurpose"] = "authentication" },
	} {
		doc, proof, _ := proven(t)
		spoil(doc, proof)
		if err := judge(t, doc, pub, noon()); coop.CodeOf(err) != coop.Unauthorized {
			t.Errorf("%s: got %v", what, err)
		}
	}
	other := ed25519.NewKeyFromSeed([]byte(strings.Repeat("o", ed25519.SeedSize))).Public().(ed25519.PublicKey)
	if err := judge(t, good, other, noon()); coop.CodeOf(err) != coop.Unauthorized {
		t.Errorf("another key: got %v", err)
	}
}

func TestProofThatCannotBeUsedIsRefused(t *testing.T) {
	t.Parallel()
	_, _, key := proven(t)
	pub := key.Public().(ed25519.PublicKey)
	for what, tc := range map[string]struct {
		spoil func(doc, proof members)
		want  coop.Code
	}{
		"none":                    {func(d, _ members) { delete(d, "proof") }, coop.Unauthorized},
		"null":                    {func(d, _ members) { d["proof"] = nil }, coop.Unauthorized},
		"a word":                  {func(d, _ members) { d["proof"] = "yes" }, coop.Unauthorized},
		"an empty list":           {func(d, _ members) { d["proof"] = []any{} }, coop.Unauthorized},
		"another type":            {func(_, p members) { p["type"] = "Ed25519Signature2020" }, coop.Unauthorized},
		"another suite":           {func(_, p members) { p["cryptosuite"] = "eddsa-rdfc-2022" }, coop.Unauthorized},
		"another suite's name":    {func(_, p members) { p["cryptosuite"] = "EDDSA-JCS-2022" }, coop.Unauthorized},
		"a chain":                 {func(_, p members) { p["previousProof"] = "urn:uuid:1" }, coop.Unauthorized},
		"no key":                  {func(_, p members) { delete(p, "verificationMethod") }, coop.Unauthorized},
		"a key that is inside it": {func(_, p members) { p["verificationMethod"] = members{"id": "https://a.example/u#key"} }, coop.Unauthorized},
		"a DID":                   {func(_, p members) { p["verificationMethod"] = "did:key:z6Mk#z6Mk" }, coop.Unauthorized},
		"http":                    {func(_, p members) { p["verificationMethod"] = "http://a.example/u#key" }, coop.Unauthorized},
		"no signature":            {func(_, p members) { delete(p, "proofValue") }, coop.Invalid},
		"another base":            {func(_, p members) { p["proofValue"] = "uAAAA" }, coop.Invalid},
		"a short signature":       {func(_, p members) { p["proofValue"] = "z2NEpo7TZRRrLZSi2U" }, coop.Invalid},
		"no time":                 {func(_, p members) { delete(p, "created") }, coop.Unauthorized},
		"a time that is none":     {func(_, p members) { p["created"] = "yesterday" }, coop.Unauthorized},
		"an end that is none":     {func(_, p members) { p["expires"] = "never" }, coop.Unauthorized},
	} {
		doc, proof, _ := proven(t)
		tc.spoil(doc, proof)
		if err := judge(t, doc, pub, noon()); coop.CodeOf(err) != tc.want {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

// What was signed for something else than to assert a document is not taken for it.
func TestProofThatWasMadeForSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	for purpose, want := range map[string]coop.Code{"assertionMethod": "", "authentication": coop.Unauthorized, "capabilityInvocation": coop.Unauthorized} {
		const doc = `{"id":"https://a.example/1"}`
		options := `{"created":"` + noon().Format(time.RFC3339) + `","cryptosuite":"eddsa-jcs-2022","proofPurpose":"` + purpose +
			`","type":"DataIntegrityProof","verificationMethod":"https://a.example/u#key"}`
		first, second := sha256.Sum256([]byte(options)), sha256.Sum256([]byte(doc))
		value := coop.EncodeMultibase(ed25519.Sign(key, slices.Concat(first[:], second[:])))
		signed := strings.TrimSuffix(doc, "}") + `,"proof":` + strings.TrimSuffix(options, "}") + `,"proofValue":"` + value + `"}}`
		p, err := keys.ReadProof([]byte(signed), "https", noon())
		if err == nil {
			err = p.Verify(key.Public())
		}
		if coop.CodeOf(err) != want {
			t.Errorf("%s: got %v", purpose, err)
		}
	}
}

// A proof can be sent again by anybody for ever; it counts for as long as it is
// remembered that it did.
func TestProofCountsForAWeek(t *testing.T) {
	t.Parallel()
	doc, _, key := proven(t)
	pub := key.Public().(ed25519.PublicKey)
	for after, want := range map[time.Duration]coop.Code{
		-61 * time.Minute: coop.Unauthorized, -59 * time.Minute: "", 0: "", 6*24*time.Hour + 23*time.Hour: "", 7*24*time.Hour + time.Minute: coop.Unauthorized,
	} {
		if err := judge(t, doc, pub, noon().Add(after)); coop.CodeOf(err) != want {
			t.Errorf("after %v: got %v", after, err)
		}
	}
}

// What others put around a proof is no harm to it: signatures by Linked Data, which
// nobody looks at, contexts behind its own, and proofs by other suites.
func TestProofStandsBesideOtherThings(t *testing.T) {
	t.Parallel()
	for what, add := range map[string]func(doc, proof members){
		"a Linked Data signature":         func(d, _ members) { d["signature"] = members{"type": "RsaSignature2017", "signatureValue": "AAAA"} },
		"a context behind its":            func(d, _ members) { d["@context"] = append(d["@context"].([]any), "https://w3id.org/security/v1") },
		"a context that it does not show": func(_, p members) { delete(p, "@context") },
		"another suite before it": func(d, p members) {
			d["proof"] = []any{members{"type": "DataIntegrityProof", "cryptosuite": "mldsa44-jcs-2024", "proofValue": "u"}, p}
		},
	} {
		doc, proof, key := proven(t)
		add(doc, proof)
		if err := judge(t, doc, key.Public().(ed25519.PublicKey), noon()); err != nil {
			t.Errorf("%s: got %v", what, err)
		}
	}
	doc, proof, key := proven(t)
	far := members{"type": "DataIntegrityProof", "cryptosuite": "other"}
	doc["proof"] = []any{far, far, far, far, proof}
	if err := judge(t, doc, key.Public().(ed25519.PublicKey), noon()); coop.CodeOf(err) != coop.Unauthorized {
		t.Errorf("behind four others: got %v", err)
	}
}

// S17, S19: the key decides, and only one kind of it makes proofs.
func TestKeyOfAnotherKindMakesNoProof(t *testing.T) {
	t.Parallel()
	doc, _, _ := proven(t)
	raw, _ := json.Marshal(doc)
	p, err := keys.ReadProof(raw, "https", noon())
	ok(t, err)
	small := make(ed25519.PublicKey, ed25519.PublicKeySize)
	small[0] = 1
	for what, pub := range map[string]any{"RSA": &pair().PublicKey, "small order": small, "too short": ed25519.PublicKey{1, 2}, "nothing": nil} {
		if err := p.Verify(pub); coop.CodeOf(err) != coop.Unauthorized {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

func TestProofIsSeenWhereThereIsOne(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]bool{
		`{"proof":{}}`: true, `{"proof":[{}]}`: true, `{"proof":null}`: false, `{"id":"x"}`: false, `{"object":{"proof":{}}}`: false, `[]`: false, ``: false,
	} {
		if got := keys.HasProof([]byte(doc)); got != want {
			t.Errorf("%s: got %v", doc, got)
		}
	}
}

// docs/security.md A.4 1: who is refused is told from the header alone.
func TestHostOfTheKeyIsReadFromTheHeaderAlone(t *testing.T) {
	t.Parallel()
	const host = "Peer.Example:8443"
	body := []byte(`{}`)
	older, newer := outgoing(t, http.MethodPost, inbox, body), outgoing(t, http.MethodPost, inbox, body)
	ok(t, keys.Sign(older, body, coop.IRI("https://"+host+"/u#k"), pair(), noon()))
	ok(t, keys.Sign9421(newer, body, coop.IRI("https://"+host+"/u#k"), pair(), noon()))
	both := newer.Header.Clone()
	both["Signature"] = append(both["Signature"], older.Header["Signature"]...)
	for what, tc := range map[string]struct {
		header http.Header
		want   string
	}{
		"the older form": {older.Header, "peer.example:8443"}, "RFC 9421": {newer.Header, "peer.example:8443"}, "both": {both, ""}, "neither": {http.Header{}, ""},
		"no key":    {http.Header{"Signature": {`headers="date",signature="AAAA"`}}, ""},
		"acct":      {http.Header{"Signature": {`keyId="acct:u@peer.example",signature="AAAA"`}}, ""},
		"nonsense":  {http.Header{"Signature": {`"""`}}, ""},
		"two":       {http.Header{"Signature": {`keyId="https://a.example/k"`, `keyId="https://b.example/k"`}}, ""},
		"very long": {http.Header{"Signature": {`keyId="https://a.example/` + strings.Repeat("k", 20_000) + `"`}}, ""},
		"odd input": {http.Header{"Signature-Input": {`sig1=1`}, "Signature": {`keyId="https://a.example/k"`}}, ""},
	} {
		r := &http.Request{Header: maps.Clone(tc.header)}
		if got := keys.PeekHost(r); got != tc.want {
			t.Errorf("%s: got %q want %q", what, got, tc.want)
		}
	}
}

func FuzzReadProof(f *testing.F) {
	f.Add([]byte(`{"id":"https://a.example/1","proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"https://a.example/u#k","proofPurpose":"assertionMethod","proofValue":"z1","created":"2026-11-23T12:00:00Z"}}`))
	f.Add([]byte(`{"proof":[null,1,{"type":7}],"@context":{"a":1e400}}`))
	pub := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public()
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, err := keys.ReadProof(doc, "https", noon())
		if (err == nil) != (p != nil) {
			t.Fatalf("got %v and %v", p, err)
		}
		if err == nil && p.Verify(pub) == nil {
			t.Errorf("a proof of nobody: %s", doc)
		}
	})
}
