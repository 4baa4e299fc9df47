// SPDX-License-Identifier: AGPL-3.0-or-later

package outbound

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"plenum/recent"
)

// How long answers of DNS are used again, and how many are kept.
const (
	nameAge  = time.Minute     // the record's own time is not known to the resolver's caller; most servers' is longer
	lostAge  = 5 * time.Second // of a name that could not be looked up: a queue asks for it again and again
	maxNames = 8192            // with maxAddresses of 24 bytes each, about 3 MiB at worst
	// of one name: whoever owns a name must not make us dial the whole world
	maxAddresses = 8
)

// names remembers where hosts are, so that the requests of a fan-out do not ask
// DNS for the same name again and again. It is asked once for all who wait for the
// same name. What it says is no permission: the address that is dialled is checked
// each time. docs/adr/0012-dns-answers.md.
type names struct {
	look   func(ctx context.Context, network, host string) ([]netip.Addr, error)
	now    func() time.Time
	flight singleflight.Group
	mu     sync.Mutex
	known  recent.Map[string, answer]
}

type answer struct {
	addrs []netip.Addr // not to be changed
	err   error
	until time.Time
}

func newNames(r *net.Resolver) *names {
	if r == nil {
		r = net.DefaultResolver
	}
	return &names{look: r.LookupNetIP, now: time.Now}
}

// find returns the addresses of a host in the order in which they are to be tried,
// and whether they were remembered.
func (n *names) find(ctx context.Context, host string) (addrs []netip.Addr, remembered bool, err error) {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		// RFC 6761 §6.3: such names need no DNS. The guard still has its say.
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, false, nil
	}
	n.mu.Lock()
	a, ok := n.known.Get(host)
	n.mu.Unlock()
	if ok && n.now().Before(a.until) {
		return a.addrs, true, a.err
	}
	asked := n.flight.DoChan(host, func() (any, error) {
		// whoever waits with us must not lose the answer because we were cut off
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialTimeout)
		defer cancel()
		found, err := n.look(ctx, "ip", host)
		a := answer{addrs: interleave(found), err: err, until: n.now().Add(nameAge)}
		if err != nil {
			a.until = n.now().Add(lostAge)
		}
		n.keep(host, a)
		return a, nil
	})
	select {
	case <-ctx.Done():
		return nil, false, &net.DNSError{
			Err: ctx.Err().Error(), Name: host, UnwrapErr: ctx.Err(), IsTimeout: errors.Is(ctx.Err(), context.DeadlineExceeded),
		}
	case r := <-asked:
		a := r.Val.(answer)
		return a.addrs, false, a.err
	}
}

// keep remembers an answer. Where there are too many, the name goes that nobody has
// asked for for longest: it is looked up once more.
func (n *names) keep(host string, a answer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known.Put(host, a, 1, maxNames)
}

// forget lets a host be looked up anew: nobody answers where it was.
func (n *names) forget(host string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known.Remove(strings.ToLower(host))
}

// interleave lets the families of addresses take turns, beginning with that of the
// first, and cuts what is too much. RFC 8305 §4.
func interleave(addrs []netip.Addr) []netip.Addr {
	var of [2][]netip.Addr // those like the first, and the others
	for i, a := range addrs {
		a = a.Unmap()
		k := 0
		if i > 0 && a.Is4() != addrs[0].Unmap().Is4() {
			k = 1
		}
		of[k] = append(of[k], a)
	}
	out := make([]netip.Addr, 0, min(len(addrs), maxAddresses))
	for i := 0; len(out) < cap(out); i++ {
		for _, family := range of {
			if i < len(family) && len(out) < cap(out) {
				out = append(out, family[i])
			}
		}
	}
	return out
}
