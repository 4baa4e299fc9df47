// SPDX-License-Identifier: AGPL-3.0-or-later

package keys_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"plenum/coop"
	"plenum/keys"
)

// openssl is the independent second opinion: another implementation makes keys
// and signatures that we must verify, and verifies ours.
type openssl struct {
	t   *testing.T
	dir string
}

func newOpenSSL(t *testing.T) openssl {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("NOT CHECKED AGAINST A SECOND IMPLEMENTATION: there is no openssl on this machine. Install it to run this test.")
	}
	return openssl{t: t, dir: t.TempDir()}
}

func (o openssl) run(args ...string) []byte {
	o.t.Helper()
	cmd := exec.CommandContext(o.t.Context(), "openssl", args...)
	cmd.Dir = o.dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		o.t.Fatalf("openssl %s: %v %s", strings.Join(args, " "), err, stderr.String())
	}
	return out
}

func (o openssl) write(name string, b []byte) {
	o.t.Helper()
	ok(o.t, os.WriteFile(filepath.Join(o.dir, name), b, 0o600))
}

// sign returns the signature of a text by a key of openssl's making.
func (o openssl) sign(key, text string) string {
	o.t.Helper()
	o.write("text", []byte(text))
	if strings.HasPrefix(key, "ed") {
		return base64.StdEncoding.EncodeToString(o.run("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", "text"))
	}
	return base64.StdEncoding.EncodeToString(o.run("dgst", "-sha256", "-sign", key, "text"))
}

// verify asks whether a signature of ours is one of a text.
func (o openssl) verify(pub, text, sig string) {
	o.t.Helper()
	b, err := base64.StdEncoding.DecodeString(sig)
	ok(o.t, err)
	o.write("text", []byte(text))
	o.write("sig", b)
	if got := string(o.run("dgst", "-sha256", "-verify", pub, "-signature", "sig", "text")); !strings.Contains(got, "Verified OK") {
		o.t.Errorf("openssl says %s", got)
	}
}

func TestSignaturesOfOpenSSLAreVerified(t *testing.T) {
	t.Parallel()
	o, now, body := newOpenSSL(t), noon(), []byte(`{"type":"Create"}`)
	o.run("genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "rsa.pem")
	o.run("genpkey", "-quiet", "-algorithm", "ED25519", "-out", "ed.pem")
	for _, key := range []string{"rsa.pem", "ed.pem"} {
		pub, err := keys.DecodePublic(string(o.run("pkey", "-in", key, "-pubout")))
		ok(t, err)
		date, digest := now.UTC().Format(http.TimeFormat), sum(body)
		const path = "/users/caf%C3%A9/inbox?x=%2F"

		r := arrived(http.MethodPost, "https://"+host+path, body)
		r.Header.Set("Date", date)
		r.Header.Set("Digest", "SHA-256="+digest)
		r.Header.Set("Content-Type", "application/activity+json")
		text := "(request-target): post " + path + "\nhost: " + host + "\ndate: " + date + "\ndigest: SHA-256=" + digest + "\ncontent-type: application/activity+json"
		r.Header.Set("Signature", `keyId="`+string(keyID)+`",headers="(request-target) host date digest content-type",signature="`+o.sign(key, text)+`"`)
		if err := check(r, body, now, pub); err != nil {
			t.Errorf("cavage by %s: %v", key, err)
		}

		r = arrived(http.MethodPost, "https://"+host+path, body)
		params := fmt.Sprintf(`("@method" "@target-uri" "content-digest");created=%d;keyid="%s"`, now.Unix(), keyID)
		text = "\"@method\": POST\n\"@target-uri\": https://" + host + path + "\n\"content-digest\": sha-256=:" + digest + ":\n\"@signature-params\": " + params
		r.Header.Set("Content-Digest", "sha-256=:"+digest+":")
		r.Header.Set("Signature-Input", "s="+params)
		r.Header.Set("Signature", "s=:"+o.sign(key, text)+":")
		if err := check(r, body, now, pub); err != nil {
			t.Errorf("rfc9421 by %s: %v", key, err)
		}
		if err := check(r, append(body, ' '), now, pub); coop.CodeOf(err) != coop.Unauthorized {
			t.Errorf("rfc9421 by %s, another body: %v", key, err)
		}
	}
}

func TestOpenSSLVerifiesOurSignatures(t *testing.T) {
	t.Parallel()
	o, now, body := newOpenSSL(t), noon(), []byte(`{"type":"Create"}`)
	pub, err := keys.EncodePublic(&pair().PublicKey)
	ok(t, err)
	o.write("pub.pem", []byte(pub))
	private, err := keys.EncodePrivate(pair())
	ok(t, err)
	o.write("private.pem", private)
	if got := string(o.run("pkey", "-in", "private.pem", "-pubout")); got != pub {
		t.Errorf("openssl makes another public key of our private one:\n%s\n%s", got, pub)
	}
	const url = "https://peer.example/users/caf%C3%A9/inbox?x=%2F"
	_, target, _ := strings.Cut(url, "peer.example")

	r := outgoing(t, http.MethodPost, url, body)
	ok(t, keys.Sign(r, body, keyID, pair(), now))
	_, sig, _ := strings.Cut(r.Header.Get("Signature"), `signature="`)
	o.verify("pub.pem", "(request-target): post "+target+"\nhost: peer.example\ndate: "+r.Header.Get("Date")+"\ndigest: SHA-256="+sum(body), strings.TrimSuffix(sig, `"`))

	ok(t, keys.Sign9421(r, body, keyID, pair(), now))
	_, params, _ := strings.Cut(r.Header.Get("Signature-Input"), "=")
	sig = strings.TrimSuffix(strings.TrimPrefix(r.Header.Get("Signature"), "sig1=:"), ":")
	o.verify("pub.pem", "\"@method\": POST\n\"@target-uri\": "+url+"\n\"content-digest\": sha-256=:"+sum(body)+":\n\"@signature-params\": "+params, sig)
}
