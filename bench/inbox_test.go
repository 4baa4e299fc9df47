// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// The ceiling must do what it says: a signature that does not hold, another's key
// and a body that was exchanged are refused, and what is sent is what arrives.
func TestTheBareInboxVerifies(t *testing.T) {
	t.Parallel()
	key, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pem := func(k *rsa.PrivateKey) string {
		s, err := keys.EncodePublic(&k.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	c := crowd{port: "9", hosts: 2, signer: []crypto.Signer{key}}
	actor := c.actor(0, 0)
	box, err := bareBox(boxJob{Host: "localhost:7", PEMs: []string{pem(key), pem(other)}, Keys: map[coop.IRI]int{actor + "#main-key": 0, c.actor(1, 0) + "#main-key": 1}})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(box)
	t.Cleanup(srv.Close)
	l, err := c.write("http://localhost:7/ap/inbox", actor, key, map[string]any{"id": actor + "/1", "type": "Like", "object": "http://localhost:7/ap/posts/1"})
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := c.write("http://localhost:7/ap/inbox", c.actor(1, 0), key, map[string]any{"id": c.actor(1, 0) + "/1", "type": "Like"})
	if err != nil {
		t.Fatal(err)
	}
	swapped := bytes.Replace(l.raw, []byte("/ap/posts/1"), []byte("/ap/posts/2"), 1)
	letters := [][]byte{l.raw, wrong.raw, swapped, l.raw}
	a, err := flood(stream{addr: strings.TrimPrefix(srv.URL, "http://"), conns: 1, n: len(letters), next: func(i int, _ []byte) []byte { return letters[i] }})
	if err != nil {
		t.Fatal(err)
	}
	if a.statuses[202] != 2 || a.statuses[401] != 2 || !a.taken[0] || a.taken[1] || a.taken[2] || !a.taken[3] {
		t.Errorf("got %v, taken %v", a.statuses, a.taken)
	}
}

func TestWhatWasTakenMustBeThere(t *testing.T) {
	t.Parallel()
	letters := []letter{{id: "a"}, {id: "b"}, {id: "c"}}
	for _, c := range []struct {
		taken []bool
		there map[coop.IRI]bool
		lost  bool
	}{
		{[]bool{true, true, true}, map[coop.IRI]bool{"a": true, "b": true, "c": true}, false},
		{[]bool{true, false, true}, map[coop.IRI]bool{"a": true, "c": true}, false},
		{[]bool{true, true, true}, map[coop.IRI]bool{"a": true, "c": true, "d": true}, true},
	} {
		if err := missing(letters, c.taken, c.there); (err != nil) != c.lost {
			t.Errorf("%v of %v: %v", c.taken, c.there, err)
		}
	}
}

func TestAnswersAreReadOffTheWire(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]struct {
		status int
		closes bool
		fails  bool
	}{
		"HTTP/1.1 202 Accepted\r\nDate: now\r\nContent-Length: 0\r\n\r\n":              {202, false, false},
		"HTTP/1.1 413 Too Large\r\nConnection: close\r\ncontent-length: 4\r\n\r\nlong": {413, true, false},
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":               {200, false, false},
		"HTTP/1.1 201 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n":    {201, false, false},
		"HTTP/1.1 201 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\na":                  {201, false, true},
		"HTTP/1.1 200 OK\r\n\r\n":                                {200, false, true},
		"HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\ncut": {202, false, true},
		"SSH-2.0-OpenSSH\r\n":                                    {0, false, true},
	} {
		near, far := net.Pipe()
		go func() {
			_, _ = io.ReadFull(far, make([]byte, 4)) // the test closes it
			_, _ = io.WriteString(far, answer)
			_ = far.Close()
		}()
		status, closes, err := exchange(near, bufio.NewReader(near), []byte("POST"))
		if (err != nil) != want.fails || err == nil && (status != want.status || closes != want.closes) {
			t.Errorf("%q: got %d %v (%v)", answer, status, closes, err)
		}
		_ = near.Close()
	}
}

// A rate is kept by the clock: who is answered late has waited since it was due.
func TestWhoIsLateHasWaited(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(30 * time.Millisecond)
		w.Header().Set("Content-Length", "0")
	}))
	t.Cleanup(srv.Close)
	a, err := flood(stream{addr: strings.TrimPrefix(srv.URL, "http://"), conns: 1, n: 4, rate: 1000, next: func(int, []byte) []byte { return []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }})
	if err != nil || len(a.took) != 4 || a.took[3] < 100 { // three before it took thirty each
		t.Errorf("got %v (%v)", a.took, err)
	}
}

func TestFetchesAreHeldAgainstTheirBounds(t *testing.T) {
	t.Parallel()
	at := func(seconds ...int64) (list []int64) {
		for _, s := range seconds {
			list = append(list, s*int64(time.Second))
		}
		return list
	}
	all, ofOne, ofHost := fetches(map[string][]int64{
		"http://h:1/users/a": at(0, 200, 299), "http://h:1/users/b": at(30), "http://other:1/users/a": at(0, 1),
	})
	if all != 6 || ofOne != 3 || ofHost != 2 {
		t.Errorf("got %d, %d of one, %d of a host", all, ofOne, ofHost)
	}
}

func TestEachLetterOfAnAttackComesFromAnotherAddress(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	raw := []byte("POST / HTTP/1.1\r\n" + placeholder + "\r\n\r\nbody")
	for range 100 {
		got := string(from(raw, nil))
		line, rest, _ := strings.Cut(strings.TrimPrefix(got, "POST / HTTP/1.1\r\nX-Forwarded-For: "), "\r\n")
		if net.ParseIP(line) == nil || rest != "\r\nbody" {
			t.Fatalf("got %q", got)
		}
		seen[line] = true
	}
	if len(seen) < 95 {
		t.Errorf("only %d addresses", len(seen))
	}
}
