// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"crypto/ed25519"
	"slices"
	"strings"
	"testing"

	"plenum/activity"
	"plenum/coop"
)

// ed25519Key is a public key, as a Multikey and in PEM.
func ed25519Key(seed string) (multikey string) {
	pub := ed25519.NewKeyFromSeed([]byte(strings.Repeat(seed, ed25519.SeedSize))).Public().(ed25519.PublicKey)
	return coop.EncodeMultibase(append([]byte{0xed, 0x01}, pub...))
}

func multikey(changes map[string]any) map[string]any {
	k := map[string]any{"id": "https://a.example/u#ed", "type": "Multikey", "controller": "https://a.example/u", "publicKeyMultibase": ed25519Key("k")}
	for name, v := range changes {
		k[name] = v
	}
	return k
}

// FEP-521a. An actor's document can give Ed25519 keys of its own, and nothing else
// makes a key that proves documents.
func TestKeysThatProveDocumentsAreThoseOfTheActorItself(t *testing.T) {
	t.Parallel()
	for what, tc := range map[string]struct {
		methods any
		want    string // the ids of the keys
	}{
		"one":                    {multikey(nil), "#ed"},
		"a list":                 {[]any{multikey(nil), multikey(map[string]any{"id": "https://a.example/u#2"})}, "#ed #2"},
		"none":                   {nil, ""},
		"an id alone":            {"https://a.example/u#ed", ""},
		"of another controller":  {multikey(map[string]any{"controller": "https://victim.example/u"}), ""},
		"of no controller":       {multikey(map[string]any{"controller": nil}), ""},
		"on another host":        {multikey(map[string]any{"id": "https://victim.example/u#ed"}), ""},
		"without an id":          {multikey(map[string]any{"id": nil}), ""},
		"another type":           {multikey(map[string]any{"type": "JsonWebKey"}), ""},
		"several types":          {multikey(map[string]any{"type": []string{"Multikey", "Other"}}), "#ed"},
		"P-256":                  {multikey(map[string]any{"publicKeyMultibase": "zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP"}), ""},
		"another base":           {multikey(map[string]any{"publicKeyMultibase": "u7QGwLAoa"}), ""},
		"a key that is too long": {multikey(map[string]any{"publicKeyMultibase": coop.EncodeMultibase(append([]byte{0xed, 0x01}, make([]byte, 33)...))}), ""},
		"no key":                 {multikey(map[string]any{"publicKeyMultibase": nil}), ""},
		"an end that is none":    {multikey(map[string]any{"expires": "whenever"}), ""},
		"revoked some time":      {multikey(map[string]any{"revoked": true}), ""},
		"the id of another key":  {multikey(map[string]any{"id": "https://a.example/u#k"}), ""},
		"the same id twice":      {[]any{multikey(nil), multikey(map[string]any{"publicKeyMultibase": ed25519Key("o")})}, "#ed"},
	} {
		a, err := activity.DecodeActor(actorWith(t, map[string]any{"assertionMethod": tc.methods}), false)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		var got []string
		for _, k := range a.Keys {
			switch {
			case k.ID == "https://a.example/u#k":
				if k.Assertion || k.PEM != samplePEM {
					t.Errorf("%s: the other key became %+v", what, k)
				}
				continue
			case !k.Assertion || !strings.HasPrefix(k.PEM, "-----BEGIN PUBLIC KEY-----"):
				t.Errorf("%s: got %+v", what, k)
			}
			got = append(got, strings.TrimPrefix(string(k.ID), "https://a.example/u"))
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: got %v want %s", what, got, tc.want)
		}
	}
	for _, ends := range []map[string]any{
		{"expires": "2027-01-01T00:00:00Z"}, {"revoked": "2027-01-01T00:00:00Z"}, {"expires": "2030-01-01T00:00:00Z", "revoked": "2027-01-01T00:00:00Z"},
		{"expires": "2027-01-01T00:00:00Z", "revoked": nil}, {"expires": "2027-01-01T00:00:00Z", "revoked": "2030-01-01T00:00:00Z"},
	} {
		a, err := activity.DecodeActor(actorWith(t, map[string]any{"assertionMethod": multikey(ends)}), false)
		if err != nil || a.Keys[1].Expires.Year() != 2027 {
			t.Errorf("%v: got %+v (%v)", ends, a.Keys, err)
		}
	}
	many := make([]any, 40)
	for i := range many {
		many[i] = multikey(map[string]any{"id": "https://a.example/u#" + strings.Repeat("e", i+1)})
	}
	if a, err := activity.DecodeActor(actorWith(t, map[string]any{"assertionMethod": many}), false); err != nil || len(a.Keys) > 20 {
		t.Errorf("forty keys: got %d (%v)", len(a.Keys), err)
	}
}

// FEP-7628. What an actor says of other accounts is kept, and believed when both say
// so.
func TestOtherAccountsOfAnActorAreRead(t *testing.T) {
	t.Parallel()
	many := make([]any, 300)
	for i := range many {
		many[i] = "https://b.example/" + strings.Repeat("u", i+1)
	}
	for what, tc := range map[string]struct {
		also, moved any
		want        []coop.IRI
		to          coop.IRI
	}{
		"nothing":         {},
		"one":             {also: "https://b.example/u", moved: "https://c.example/u", want: []coop.IRI{"https://b.example/u"}, to: "https://c.example/u"},
		"a list":          {also: []any{"https://b.example/u", map[string]any{"id": "https://c.example/u"}, "https://b.example/u", nil, 7}, want: []coop.IRI{"https://b.example/u", "https://c.example/u"}},
		"itself":          {also: []any{"https://a.example/u"}},
		"what is no URL":  {also: []any{"did:key:z6Mk", "javascript:alert(1)"}, moved: "javascript:alert(1)"},
		"an object":       {moved: map[string]any{"id": "https://c.example/u", "type": "Person"}, to: "https://c.example/u"},
		"an empty string": {also: "", moved: ""},
	} {
		a, err := activity.DecodeActor(actorWith(t, map[string]any{"alsoKnownAs": tc.also, "movedTo": tc.moved}), false)
		if err != nil || !slices.Equal(a.AlsoKnownAs, tc.want) || a.MovedTo != tc.to {
			t.Errorf("%s: got %v and %q (%v)", what, a.AlsoKnownAs, a.MovedTo, err)
		}
	}
	a, err := activity.DecodeActor(actorWith(t, map[string]any{"alsoKnownAs": many}), false)
	if err != nil || len(a.AlsoKnownAs) != 10 {
		t.Errorf("three hundred: got %d (%v)", len(a.AlsoKnownAs), err)
	}
}

func TestDocumentOfAKeySaysWhoseItIs(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]coop.IRI{
		`{"id":"https://a.example/u/main-key","owner":"https://a.example/u","publicKeyPem":"x"}`:         "https://a.example/u",
		`{"id":"https://a.example/u#k","type":"Multikey","controller":"https://a.example/u"}`:            "https://a.example/u",
		`{"id":"https://a.example/u","type":"Person","publicKey":{"id":"https://a.example/u/main-key"}}`: "https://a.example/u",
		`{"type":"Person"}`: "", `{"owner":"acct:u@a.example"}`: "", `[]`: "", `{"owner":{"name":"x"},"id":"https://a.example/k"}`: "https://a.example/k",
	} {
		got, err := activity.KeyOwner([]byte(doc), false)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v", doc, got, err)
		}
	}
}
