// SPDX-License-Identifier: AGPL-3.0-or-later

// Package outbound is the one way out of the machine. Every request that Plenum
// makes goes through it: deliveries, actors, keys, whatever a stranger's document
// made us fetch.
//
// It owns the guard against requests that were meant for somebody else (SSRF),
// and every limit of time, size and redirects. The guard has two halves. Guard
// looks at the URL before anything is done with it. Transport looks at the
// address that is really dialled, after DNS, so that a name which changes its
// mind between two look-ups gains nothing; each redirect and each retry dials
// again and is looked at again.
//
// It knows nothing of ActivityPub, of signatures or of what is stored: whoever
// needs a request signed passes the function that does it.
package outbound

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// Limits of a connection. Those of a whole exchange are in Fetcher and Deliverer.
const (
	dialTimeout      = 5 * time.Second
	handshakeTimeout = 10 * time.Second
	idleTimeout      = 20 * time.Second // shorter than the shortest wait between two attempts
	maxIdle          = 512              // as many hosts as are delivered to at once
	maxPerHost       = 8
	maxSessions      = 1024    // TLS sessions to be resumed, about 1 KiB each
	readBuffer       = 2 << 10 // answers are short
	writeBuffer      = 8 << 10 // a delivery with its headers goes out as one record
	maxHeaderBytes   = 64 << 10
)

// Options say where requests may go and how they introduce themselves.
type Options struct {
	AllowHTTP bool           // development: http beside https, any port, addresses in place of names
	Allow     []netip.Prefix // addresses that may be reached although they are not public
	Own       string         // our own host, with its port where it has one: refused, because a request to ourselves is a loop
	UserAgent string         // how we introduce ourselves; empty leaves Go's

	// Refuses reports whether the operator wants nothing to do with a host, which
	// may have a port. It is asked before each request, those that redirects lead to
	// as well; may be nil.
	Refuses func(host string) bool
}

// Transport returns the transport that dials. It refuses each address that is not
// public and not allowed, it never uses a proxy from the environment (the guard
// would then check the proxy's address in place of the host's), and it dials names
// under .localhost as loopback. RFC 6761 §6.3. Put Guard in front of it.
func Transport(o Options) *http.Transport { return transport(newWay(o, nil)) }

func transport(w *way) *http.Transport {
	return &http.Transport{
		Proxy:       nil,
		DialContext: w.dial,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			ClientSessionCache: tls.NewLRUClientSessionCache(maxSessions),
		},
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    2,
		MaxConnsPerHost:        maxPerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ReadBufferSize:         readBuffer,
		WriteBufferSize:        writeBuffer,
		ForceAttemptHTTP2:      true, // a transport with a dialer of its own would not try it
		// A connection whose other end vanished without a word would swallow
		// every attempt at that host.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
	}
}

// control checks the address that a socket is about to connect to.
func control(o Options) func(network, address string, c syscall.RawConn) error {
	var v4, v6 []netip.Prefix
	for _, p := range o.Allow {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	ports := ssrf.WithPorts(443)
	if o.AllowHTTP {
		ports = ssrf.WithAnyPort()
	}
	g := ssrf.New(ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...), ports)
	return func(network, address string, c syscall.RawConn) error {
		err := g.Safe(network, address, c)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, ssrf.ErrProhibitedIP):
			host, _, _ := net.SplitHostPort(address)
			return &refusal{why: "its address " + host + " is not a public one", err: err}
		}
		return &refusal{why: "no request may go to " + network + " " + address, err: err}
	}
}

// Deliverer returns the client that deliveries are sent with. It follows no
// redirect: a signed POST must not travel. Everything, from the
// look-up of the name to the last byte of the answer, is over after 30 seconds.
func Deliverer(rt http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     rt,
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
