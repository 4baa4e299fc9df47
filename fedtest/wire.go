// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"

	"plenum/outbound"
)

// Wire lets a function take the connections to a host in place of its handler; nil
// takes it away. It gets the bytes that the program's own transport writes, and may
// answer with any that it likes. When it returns the connection is closed. A
// connection that the program never lets go keeps it from returning, and the bubble
// from ending.
func (n *Network) Wire(name string, take func(net.Conn)) {
	n.set(name, func(h *host) { h.wire = take })
}

// cable sends a request over a connection that stays in memory, by the transport
// that the program uses.
func (f from) cable(r *http.Request, body []byte) (*http.Response, error) {
	f.mu.Lock()
	t := f.cables[f.name]
	if t == nil {
		t = outbound.Transport(outbound.Options{})
		t.DialTLSContext = f.connect // in place of TLS: the bytes are what counts
		f.cables[f.name] = t
	}
	f.mu.Unlock()
	out := r.Clone(r.Context())
	out.Body = io.NopCloser(bytes.NewReader(body))
	return t.RoundTrip(out)
}

func (f from) connect(_ context.Context, _, address string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	client, server := net.Pipe()
	take := f.now(name).wire
	f.begin(func() {
		defer server.Close()
		if take != nil {
			take(server)
		}
	})
	return client, nil
}

// unplug closes the connections that nobody uses any more.
func (n *Network) unplug() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, t := range n.cables {
		t.CloseIdleConnections()
	}
}
