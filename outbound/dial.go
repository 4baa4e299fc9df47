// SPDX-License-Identifier: AGPL-3.0-or-later

package outbound

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"
)

// headStart is how long an address may take before the next one is tried beside
// it. RFC 8305 §5.
const headStart = 250 * time.Millisecond

// way is how a connection comes about: by name, then by address.
type way struct {
	dialer *net.Dialer // its Control checks each address
	names  *names
}

// newWay takes the resolver from its caller, so that tests can give one; nil is
// that of the machine.
func newWay(o Options, r *net.Resolver) *way {
	return &way{
		dialer: &net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second, Control: control(o)},
		names:  newNames(r),
	}
}

// dial connects to a host. Where nobody answers at the addresses that were
// remembered it is looked up anew, and where it has moved it is dialled there: an
// old answer fails nothing that a new one would not.
func (w *way) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %.80q: %w", address, err)
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return w.dialer.DialContext(ctx, network, address)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	addrs, remembered, err := w.names.find(ctx, host)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	c, failed := w.race(ctx, network, addrs, port)
	if failed == nil {
		return c, nil
	}
	w.names.forget(host)
	if !remembered || ctx.Err() != nil {
		return nil, failed
	}
	anew, _, err := w.names.find(ctx, host)
	if err != nil || slices.Equal(anew, addrs) {
		return nil, failed
	}
	return w.race(ctx, network, anew, port)
}

// race connects to the first address that answers. An address that takes long gets
// company, one that fails makes room at once. The error is that of the address
// that was to be tried first.
func (w *way) race(ctx context.Context, network string, addrs []netip.Addr, port string) (net.Conn, error) {
	if len(addrs) == 1 {
		return w.dialer.DialContext(ctx, network, net.JoinHostPort(addrs[0].String(), port))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // of those that lost; a connection that was made outlives it
	type end struct {
		turn int
		conn net.Conn
		err  error
	}
	ends := make(chan end, len(addrs)) // nobody waits to be heard
	begun, failed := 0, make([]error, len(addrs))
	begin := func() {
		turn, address := begun, net.JoinHostPort(addrs[begun].String(), port)
		begun++
		go func() {
			c, err := w.dialer.DialContext(ctx, network, address)
			ends <- end{turn, c, err}
		}()
	}
	next := time.NewTimer(0)
	defer next.Stop()
	for ended := 0; ended < len(addrs); {
		select {
		case <-next.C:
		case e := <-ends:
			ended++
			if e.err == nil {
				go func(others int) {
					for range others {
						if late := <-ends; late.conn != nil {
							_ = late.conn.Close()
						}
					}
				}(begun - ended)
				return e.conn, nil
			}
			failed[e.turn] = e.err
		}
		if begun < len(addrs) {
			begin()
			next.Reset(headStart)
		}
	}
	if len(addrs) == 0 {
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.AddrError{Err: "the name has no address"}}
	}
	return nil, failed[0]
}
