// SPDX-License-Identifier: AGPL-3.0-or-later

package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/coop"
)

// device makes and uses one passkey, as an authenticator does. WebAuthn §6.
type device struct {
	key    *ecdsa.PrivateKey
	id     []byte
	handle []byte
	count  uint32

	origin string
	rp     string
	flags  byte // present, verified, backed up
}

const verified = 0x01 | 0x04

func newDevice(t *testing.T) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	if _, err := rand.Read(id); err != nil {
		t.Fatal(err)
	}
	return &device{key: key, id: id, origin: "https://events.example", rp: "events.example", flags: verified}
}

var b64 = base64.RawURLEncoding

// challengeOf is the challenge of what a browser is given, with the member's handle
// where there is one.
func challengeOf(t *testing.T, options []byte) (challenge string, handle []byte) {
	t.Helper()
	var o struct {
		PublicKey struct {
			Challenge string
			User      struct{ ID string }
			RPID      string
			RP        struct{ ID string }
			Hints     []string
			Selection struct{ ResidentKey, UserVerification string } `json:"authenticatorSelection"`
			Verify    string                                         `json:"userVerification"`
		}
	}
	if err := json.Unmarshal(options, &o); err != nil {
		t.Fatal(err)
	}
	if k := o.PublicKey; k.RPID+k.RP.ID != "events.example" || k.Selection.UserVerification+k.Verify != "required" {
		t.Errorf("got options %s", options)
	}
	handle, err := b64.DecodeString(o.PublicKey.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	return o.PublicKey.Challenge, handle
}

func (d *device) client(kind, challenge string) []byte {
	b, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false})
	return b
}

func (d *device) data(flags byte) []byte {
	sum := sha256.Sum256([]byte(d.rp))
	d.count++
	return binary.BigEndian.AppendUint32(append(sum[:], flags), d.count)
}

// cborBytes is a string of bytes in CBOR. RFC 8949 §3.1
func cborBytes(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0x59}, uint16(len(b))), b...)
}

// makes is the device's answer to BeginPasskey.
func (d *device) makes(t *testing.T, options []byte) []byte {
	t.Helper()
	challenge, handle := challengeOf(t, options)
	d.handle = handle
	data := append(d.data(d.flags|0x40), make([]byte, 16)...)
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(d.id))), d.id...)
	point, err := d.key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, 0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21) // EC2, ES256, P-256, x
	data = append(data, cborBytes(point[1:33])...)
	data = append(append(data, 0x22), cborBytes(point[33:])...)
	object := append([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData"), cborBytes(data)...)
	b, err := json.Marshal(map[string]any{
		"id": b64.EncodeToString(d.id), "rawId": b64.EncodeToString(d.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64.EncodeToString(d.client("webauthn.create", challenge)), "attestationObject": b64.EncodeToString(object)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// answers is the device's answer to BeginSignIn.
func (d *device) answers(t *testing.T, options []byte) []byte {
	t.Helper()
	challenge, _ := challengeOf(t, options)
	client, data := d.client("webauthn.get", challenge), d.data(d.flags)
	sum := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, signed[:])
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{
		"id": b64.EncodeToString(d.id), "rawId": b64.EncodeToString(d.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{
			"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
			"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(d.handle),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// passkey is a device with a passkey of ada's.
func (h *house) passkey() *device {
	h.Helper()
	d := newDevice(h.T)
	options, state, err := h.BeginPasskey(h.Context(), h.member("ada"))
	h.ok(err)
	k, err := h.AddPasskey(h.Context(), h.member("ada"), "\tmy\u202E phone", state, d.makes(h.T, options))
	h.ok(err)
	if k.Name != "my phone" || string(k.ID) != string(d.id) {
		h.Errorf("got %+v", k)
	}
	return d
}

func (h *house) touch(d *device) (string, error) {
	h.Helper()
	options, state, err := h.BeginSignIn(h.Context())
	h.ok(err)
	secret, _, _, err := h.PasskeySignIn(h.Context(), state, d.answers(h.T, options), "192.0.2.1", "")
	return secret, err
}

func TestPasskeyIsAWayIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.mails()
	d := h.passkey()
	if l := h.posted(); len(l) != 1 || l[0].To != "ada@mail.example" || !strings.Contains(l[0].Text, `"my phone"`) || !strings.Contains(l[0].Text, "https://events.example/account") {
		t.Errorf("got letters %+v; want one that tells ada", l)
	}
	for range 2 {
		options, state, err := h.BeginSignIn(t.Context())
		h.ok(err)
		secret, v, m, err := h.PasskeySignIn(t.Context(), state, d.answers(t, options), "192.0.2.1", "Lynx")
		h.ok(err)
		if m.Login != "ada" || v.How != "passkey" || !h.seen(secret) {
			t.Errorf("got %+v of %s", v, m.Login)
		}
	}
	keys, err := h.Passkeys(t.Context(), first.ids["ada"])
	if err != nil || len(keys) != 1 || keys[0].Used.IsZero() {
		t.Errorf("got %+v, %v", keys, err)
	}
	_, err = h.Disable(t.Context(), machine, first.ids["ada"])
	h.ok(err)
	_, err = h.touch(d)
	h.fails(err, coop.Unauthorized)
	_, err = h.Enable(t.Context(), machine, first.ids["ada"])
	h.ok(err)
	_, err = h.touch(d)
	h.ok(err)
	if err := h.DropPasskey(t.Context(), first.ids["ben"], d.id); err == nil {
		t.Error("somebody dropped a passkey that is not theirs")
	}
	h.ok(h.DropPasskey(t.Context(), first.ids["ada"], d.id))
	_, err = h.touch(d)
	h.fails(err, coop.Unauthorized)
}

// WebAuthn §7.2: what a device may not have done.
func TestDeviceThatAnswersOtherwiseIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.passkey()
	other := newDevice(t)
	for name, change := range map[string]func(*device){
		"another page":          func(d *device) { d.origin = "https://evil.example" },
		"a page below":          func(d *device) { d.origin = "https://x.events.example" },
		"http":                  func(d *device) { d.origin = "http://events.example" },
		"another domain":        func(d *device) { d.rp = "evil.example" },
		"nobody verified":       func(d *device) { d.flags = 0x01 },
		"nobody present":        func(d *device) { d.flags = 0x04 },
		"another key":           func(d *device) { d.key = other.key },
		"an unknown passkey":    func(d *device) { d.id = other.id },
		"somebody else":         func(d *device) { d.handle = h.member("ben").Handle },
		"nobody":                func(d *device) { d.handle = nil },
		"a copy with old count": func(d *device) { d.count = 0 },
	} {
		copied := *d
		change(&copied)
		if _, err := h.touch(&copied); coop.CodeOf(err) != coop.Unauthorized {
			t.Errorf("%s: got %v", name, err)
		}
	}
	d.count += 100
	_, err := h.touch(d)
	h.ok(err)
	for _, response := range []string{"", "{}", "null", "[]", strings.Repeat("x", 100_000)} {
		_, state, err := h.BeginSignIn(t.Context())
		h.ok(err)
		_, _, _, err = h.PasskeySignIn(t.Context(), state, []byte(response), "192.0.2.1", "")
		h.fails(err, coop.Unauthorized)
	}
}

// WebAuthn §13.4.3: a challenge is for one answer, in time, of its own kind.
func TestCeremonyIsOnceInTimeAndOfItsKind(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.passkey()
	options, state, err := h.BeginSignIn(t.Context())
	h.ok(err)
	answer := d.answers(t, options)
	var wait sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wait.Go(func() {
			_, _, _, errs[i] = h.PasskeySignIn(t.Context(), state, answer, "192.0.2.1", "")
		})
	}
	wait.Wait()
	in := 0
	for _, err := range errs {
		if err == nil {
			in++
		}
	}
	if in != 1 {
		t.Errorf("%d got in by one answer", in)
	}

	options, state, err = h.BeginSignIn(t.Context())
	h.ok(err)
	answer = d.answers(t, options)
	h.pass(5 * time.Minute)
	_, _, _, err = h.PasskeySignIn(t.Context(), state, answer, "192.0.2.2", "")
	h.fails(err, coop.Gone)

	_, using, err := h.BeginSignIn(t.Context())
	h.ok(err)
	options, making, err := h.BeginPasskey(t.Context(), h.member("ada"))
	h.ok(err)
	made := newDevice(t).makes(t, options)
	_, err = h.AddPasskey(t.Context(), h.member("ada"), "", using, made)
	h.fails(err, coop.Gone)
	_, _, _, err = h.PasskeySignIn(t.Context(), making, made, "192.0.2.2", "")
	h.fails(err, coop.Gone)
	_, err = h.AddPasskey(t.Context(), h.member("ben"), "", making, made)
	h.fails(err, coop.Invalid)
	_, err = h.AddPasskey(t.Context(), h.member("ada"), "", making, []byte("{}"))
	h.fails(err, coop.Invalid)
	for _, forged := range [][]byte{nil, []byte("x"), append([]byte{}, making[:len(making)-2]...), []byte(b64.EncodeToString([]byte(`{"Session":{},"Until":"2099-01-01T00:00:00Z"}`)))} {
		_, err = h.AddPasskey(t.Context(), h.member("ada"), "", forged, made)
		h.fails(err, coop.Gone)
	}
	_, err = h.AddPasskey(t.Context(), h.member("ada"), "", making, made)
	h.ok(err)
	_, err = h.AddPasskey(t.Context(), h.member("ada"), "", making, made)
	h.fails(err, coop.Gone)
	other := newHouse(t) // another process has another key
	_, err = other.AddPasskey(t.Context(), other.member("ada"), "", making, made)
	other.fails(err, coop.Gone)
}

func TestPasskeyIsMadeByAVerifiedMemberOnOurPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, change := range map[string]func(*device){
		"another page": func(d *device) { d.origin = "https://evil.example" }, "another domain": func(d *device) { d.rp = "evil.example" }, "nobody verified": func(d *device) { d.flags = 0x01 },
	} {
		d := newDevice(t)
		change(d)
		options, state, err := h.BeginPasskey(t.Context(), h.member("ada"))
		h.ok(err)
		if _, err = h.AddPasskey(t.Context(), h.member("ada"), "", state, d.makes(t, options)); coop.CodeOf(err) != coop.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if keys, err := h.Passkeys(t.Context(), first.ids["ada"]); err != nil || len(keys) != 0 {
		t.Errorf("got %+v, %v", keys, err)
	}
}

func TestPasskeysNeedAName(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Site = coop.Site{Domain: "127.0.0.1:8080", HTTP: true}
	_, _, err := h.BeginSignIn(t.Context())
	h.fails(err, coop.Unsupported)
	h.Site = coop.Site{Domain: "localhost:8080", HTTP: true}
	_, _, err = h.BeginSignIn(t.Context())
	h.ok(err)
}
