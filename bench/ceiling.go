// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"plenum/coop"
	"plenum/keys"
	"plenum/outbound"
)

// bareJob is what the bare loop sends: each body to each inbox.
type bareJob struct {
	PEM     []byte   `json:"pem"`
	KeyID   coop.IRI `json:"key_id"`
	Bodies  [][]byte `json:"bodies"`
	Inboxes []string `json:"inboxes"`
	AtOnce  int      `json:"at_once"`
}

// bareResult is what it says of itself.
type bareResult struct {
	Began  int64   `json:"began"`  // nanoseconds since 1970
	CPU    float64 `json:"cpu"`    // ms of the loop, all cores
	Failed int64   `json:"failed"` // requests that were not answered 2xx
}

// runBare is the ceiling of delivery: it signs and sends over the same client
// that an instance has, and keeps nothing.
func runBare(file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var j bareJob
	if err := json.Unmarshal(raw, &j); err != nil {
		return err
	}
	key, err := keys.DecodePrivate(j.PEM)
	if err != nil {
		return err
	}
	guard := outbound.Options{AllowHTTP: true, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, UserAgent: "Plenum/bench (+http://localhost/)"}
	client := outbound.Deliverer(outbound.Guard(guard, outbound.Transport(guard)))
	var next, failed atomic.Int64
	var senders sync.WaitGroup
	before, err := cpuOfSelf()
	if err != nil {
		return err
	}
	began := time.Now()
	for range j.AtOnce {
		senders.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(j.Bodies)*len(j.Inboxes); i = int(next.Add(1)) - 1 {
				if err := send(client, j.Inboxes[i%len(j.Inboxes)], j.Bodies[i/len(j.Inboxes)], j.KeyID, key); err != nil {
					failed.Add(1)
				}
			}
		})
	}
	senders.Wait()
	after, err := cpuOfSelf()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(bareResult{
		Began: began.UnixNano(), Failed: failed.Load(), CPU: float64((after - before).Microseconds()) / 1000,
	})
}

// send signs a body and posts it, as the worker does.
func send(client *http.Client, inbox string, body []byte, keyID coop.IRI, key *rsa.PrivateKey) error {
	r, err := http.NewRequest(http.MethodPost, inbox, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`)
	if err := keys.Sign(r, body, keyID, key, time.Now()); err != nil {
		return err
	}
	r.Header["Idempotency-Key"] = []string{}
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s", inbox, res.Status)
	}
	return nil
}

func cpuOfSelf() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}

// bare runs the ceiling in a new process.
func bare(dir string, j bareJob) (r bareResult, err error) {
	raw, err := json.Marshal(j)
	if err != nil {
		return r, err
	}
	file := filepath.Join(dir, "bare.json") // holds the key of a co-op that nobody knows
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return r, err
	}
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	cmd := exec.Command(self, "-bare", file)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("the bare loop: %w", err)
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, err
	}
	if r.Failed > 0 {
		return r, fmt.Errorf("the bare loop: %d requests were not answered 2xx", r.Failed)
	}
	return r, nil
}
