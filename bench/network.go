// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"crypto"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"plenum/keys"
)

// network is the process of the servers that follow, as it is seen from here.
type network struct {
	*process
	port string
}

// startNetwork starts the servers; what their actors sign with are these keys.
func startNetwork(dir string, public ...crypto.PublicKey) (*network, error) {
	var pems string
	for _, k := range public {
		pem, err := keys.EncodePublic(k)
		if err != nil {
			return nil, err
		}
		pems += pem
	}
	file := filepath.Join(dir, "actors.pem")
	if err := os.WriteFile(file, []byte(pems), 0o600); err != nil {
		return nil, err
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "-sink", file, port)
	cmd.Stderr = os.Stderr
	p, err := start(cmd, "http://"+addr+"/healthz")
	return &network{p, port}, err
}

// ask asks the process for something and decodes the answer into out, where there
// is one to decode.
func (n *network) ask(what string, form url.Values, out any) error {
	res, err := http.PostForm("http://127.0.0.1:"+n.port+what, form)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", what, res.Status)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(out)
}

// reset forgets what arrived; from now on every answer takes as long as pause, and
// signatures are looked at with the key, if one is given.
func (n *network) reset(pause time.Duration, sender string) error {
	if err := n.ask("/sender", url.Values{"pem": {sender}}, nil); err != nil {
		return err
	}
	return n.ask("/reset", url.Values{"pause": {pause.String()}}, nil)
}

// wait returns when n have arrived, or when the time is over.
func (n *network) wait(count int, limit time.Duration) error {
	return n.ask("/wait", url.Values{"n": {fmt.Sprint(count)}, "for": {limit.String()}}, nil)
}

// taken is what has arrived.
func (n *network) taken() (t taken, err error) { return t, n.ask("/taken", nil, &t) }

// asked is when each document was asked for since the last reset, in nanoseconds
// since 1970, by its URL.
func (n *network) asked() (a map[string][]int64, err error) { return a, n.ask("/asked", nil, &a) }
