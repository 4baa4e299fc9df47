// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plenum/activity"
)

// S27; CVE-2026-46349, CVE-2026-42462. What a document says of its own signature
// is read by nobody: with it and without it the document says the same, and who
// sent it is known from the request alone.
func TestSignaturesInADocumentAreNotLookedAt(t *testing.T) {
	t.Parallel()
	const plain = `{"@context":"https://www.w3.org/ns/activitystreams","id":"https://victim.example/1","type":"Delete","actor":"https://victim.example/u","object":"https://victim.example/n"}`
	for what, member := range map[string]string{
		"RsaSignature2017": `"signature":{"type":"RsaSignature2017","creator":"https://victim.example/u#main-key","created":"2026-12-01T12:00:00Z","signatureValue":"AAAA"}`,
		"a proof":          `"proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"https://evil.example/u#k","proofPurpose":"assertionMethod","proofValue":"z1"}`,
		"two proofs":       `"proof":[{"type":"DataIntegrityProof"},{"type":"DataIntegrityProof"}]`,
		"another graph":    `"@graph":[{"id":"https://evil.example/1","type":"Follow"}],"@included":[{"id":"https://victim.example/u","inbox":"https://evil.example/inbox"}]`,
		"nonsense":         `"signature":7,"proof":null`,
	} {
		want, err := activity.Decode([]byte(plain), false)
		if err != nil {
			t.Fatal(err)
		}
		got, err := activity.Decode([]byte(strings.TrimSuffix(plain, "}")+","+member+"}"), false)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if got.Head().ID != want.Head().ID || got.Head().Actor != want.Head().Actor || got.(activity.Delete).Object != want.(activity.Delete).Object {
			t.Errorf("%s changes what is read: %s", what, cmp.Diff(said(want), said(got)))
		}
	}
}
