// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"plenum/coop"
	"plenum/keys"
)

// letter is a signed request as it goes over the wire.
type letter struct {
	id  coop.IRI // of the activity
	raw []byte
}

// crowd is who writes: actors on the hosts of the sink. They share a few keys,
// since to make a thousand would take longer than everything that is measured.
type crowd struct {
	port   string
	hosts  int
	signer []crypto.Signer
}

// manyKeys are as many as the caches of a processor do not hold at once.
const manyKeys = 16

// newKeys makes RSA keys, as nearly everybody has them, and one Ed25519 key, which
// signs so fast that requests can be signed while they are sent.
func newKeys() (signers []crypto.Signer, public []crypto.PublicKey, err error) {
	for range manyKeys {
		k, err := keys.Generate(rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		signers, public = append(signers, k), append(public, &k.PublicKey)
	}
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	return append(signers, private), append(public, pub), err
}

// quick is the number of the key that signs fast.
const quick = manyKeys

// actor is the id of the i-th actor, who has the key k.
func (c crowd) actor(i, k int) coop.IRI {
	return coop.IRI(fmt.Sprintf("http://%s/users/u%dk%d", hostName(i%c.hosts, c.port), i/c.hosts, k))
}

// usual is the i-th actor with one of the usual keys.
func (c crowd) usual(i int) (actor coop.IRI, key crypto.Signer) {
	k := i % manyKeys
	return c.actor(i, k), c.signer[k]
}

// swift is the i-th actor with the key that signs fast.
func (c crowd) swift(i int) (actor coop.IRI, key crypto.Signer) {
	return c.actor(i, quick), c.signer[quick]
}

// behind is the address from which the host of an actor sends, one of its own for
// each: how much comes from one address at a time is bounded.
func behind(actor coop.IRI) string {
	host, _, _ := strings.Cut(coop.HostOf(actor), ":")
	return strings.Replace(host, "127.20.", "203.0.", 1)
}

// write makes and signs a letter.
func (c crowd) write(inbox, actor coop.IRI, key crypto.Signer, doc map[string]any) (letter, error) {
	doc["@context"], doc["actor"] = "https://www.w3.org/ns/activitystreams", actor
	body, err := json.Marshal(doc)
	if err != nil {
		return letter{}, err
	}
	r, err := http.NewRequest(http.MethodPost, string(inbox), bytes.NewReader(body))
	if err != nil {
		return letter{}, err
	}
	r.Header.Set("Content-Type", activityJSON)
	r.Header.Set("User-Agent", "bench")
	r.Header.Set("X-Forwarded-For", behind(actor)) // as the proxy in front of an instance says
	if own, ok := key.(*rsa.PrivateKey); ok {
		err = keys.Sign(r, body, actor+"#main-key", own, time.Now())
	} else {
		err = keys.Sign9421(r, body, actor+"#main-key", key, time.Now())
	}
	if err != nil {
		return letter{}, err
	}
	return letter{doc["id"].(coop.IRI), wireOf(r, body)}, nil
}

// wireOf is a request as it goes over the wire.
func wireOf(r *http.Request, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", r.Method, r.URL.RequestURI(), r.URL.Host, len(body))
	_ = r.Header.Write(&b) // a buffer takes everything
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// writeAll makes n letters on all cores.
func writeAll(n int, write func(i int) (letter, error)) ([]letter, error) {
	out := make([]letter, n)
	var group errgroup.Group
	group.SetLimit(8)
	for i := range n {
		group.Go(func() (err error) {
			out[i], err = write(i)
			return err
		})
	}
	return out, group.Wait()
}
