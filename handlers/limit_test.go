// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"plenum/coop"
	"plenum/instance"
)

func unsigned(changes ...change) *http.Request {
	return request(http.MethodPost, "/ap/inbox", []byte("{}"), append([]change{with("Content-Type", as2Short)}, changes...)...)
}

func limited(n int, proxies ...string) func(*instance.Options) {
	return func(o *instance.Options) {
		o.Limits.UnverifiedPerMinute = n
		for _, p := range proxies {
			o.TrustedProxies = append(o.TrustedProxies, netip.MustParsePrefix(p))
		}
	}
}

func TestAddressThatProvesNothingIsLimited(t *testing.T) {
	t.Parallel()
	p := newPlenum(t, limited(3))
	x := p.newPeer("social.example", "anna")
	for i := range 20 { // what is proven costs nothing
		p.deliver("/ap/inbox", x, x.activity(fmt.Sprint(i), "Like", alpha)).want(http.StatusAccepted)
	}
	for range 3 {
		p.do(unsigned()).want(http.StatusUnauthorized)
	}
	a := p.do(unsigned())
	a.problem(http.StatusTooManyRequests, "")
	a.header("Retry-After", "60")
	p.deliver("/ap/coops/alpha/inbox", x, x.activity("a", "Like", alpha)).want(http.StatusTooManyRequests) // one limit for all inboxes
	p.do(unsigned(from("192.0.2.2:1"))).want(http.StatusUnauthorized)
	p.get("/ap/coops/alpha").want(http.StatusOK)
	p.pass(time.Minute)
	p.do(unsigned()).want(http.StatusUnauthorized)
}

// What makes us ask others in vain counts too.
func TestAddressThatNamesKeysOutOfReachIsLimited(t *testing.T) {
	t.Parallel()
	p := newPlenum(t, limited(3))
	for i := range 4 {
		x := peer{id: coop.IRI(fmt.Sprintf("https://h%d.example/u", i))}
		x.key = x.id + "#main-key"
		want := http.StatusServiceUnavailable
		if i == 3 {
			want = http.StatusTooManyRequests
		}
		p.deliver("/ap/inbox", x, x.activity("1", "Follow", alpha)).want(want)
	}
	if n := len(p.net.requests()); n != 3 {
		t.Errorf("asked %d times", n)
	}
}

// P05.
func TestAddressIsNotWhatAStrangerSays(t *testing.T) {
	t.Parallel()
	limits := func(t *testing.T, p *plenum, same, other []change) {
		t.Helper()
		for _, c := range same {
			p.do(unsigned(c)).want(http.StatusUnauthorized)
		}
		for _, c := range same {
			p.do(unsigned(c)).want(http.StatusTooManyRequests)
		}
		for _, c := range other {
			p.do(unsigned(c)).want(http.StatusUnauthorized)
		}
	}
	forwarded := func(address string, headers ...string) change {
		return func(r *http.Request) { from(address)(r); with(headers...)(r) }
	}
	t.Run("without a proxy", func(t *testing.T) {
		t.Parallel()
		limits(t, newPlenum(t, limited(3)), []change{
			forwarded("192.0.2.1:1", "X-Forwarded-For", "198.51.100.1"), forwarded("192.0.2.1:2", "X-Real-Ip", "198.51.100.2"),
			forwarded("[::ffff:192.0.2.1]:3", "Forwarded", "for=198.51.100.3"),
		}, []change{from("192.0.2.9:1")})
	})
	t.Run("IPv6 by its network", func(t *testing.T) {
		t.Parallel()
		limits(t, newPlenum(t, limited(3)), []change{
			from("[2001:db8:1:2::1]:1"), from("[2001:db8:1:2:ffff::2]:1"), from("[2001:db8:1:2:3:4:5:6%eth0]:1"),
		}, []change{from("[2001:db8:1:3::1]:1"), from("192.0.2.9:1")})
	})
	t.Run("behind a proxy", func(t *testing.T) {
		t.Parallel()
		limits(t, newPlenum(t, limited(3, "127.0.0.1/32", "::1/128")), []change{
			forwarded("127.0.0.1:1", "X-Forwarded-For", "192.0.2.1"), forwarded("[::1]:1", "X-Forwarded-For", "198.51.100.1, 192.0.2.1"),
			forwarded("127.0.0.1:1", "X-Forwarded-For", "198.51.100.2", "X-Forwarded-For", "nonsense, 192.0.2.1"),
		}, []change{
			forwarded("127.0.0.1:1", "X-Forwarded-For", "198.51.100.1"), forwarded("127.0.0.1:1", "X-Forwarded-For", "2001:db8::1"),
			forwarded("127.0.0.2:1", "X-Forwarded-For", "192.0.2.1"), // who is no proxy of ours
		})
	})
	t.Run("behind two proxies", func(t *testing.T) {
		t.Parallel()
		limits(t, newPlenum(t, limited(2, "127.0.0.1/32", "10.0.0.0/8")), []change{
			forwarded("127.0.0.1:1", "X-Forwarded-For", "198.51.100.7, 192.0.2.1, 10.1.2.3"), forwarded("10.9.9.9:1", "X-Forwarded-For", "192.0.2.1"),
		}, []change{forwarded("127.0.0.1:1", "X-Forwarded-For", "192.0.2.2, 10.1.2.3")})
	})
}

func TestPeerHostIsLimitedByWhatItProved(t *testing.T) {
	t.Parallel()
	p := newPlenum(t, func(o *instance.Options) { o.Limits.InboxPerMinute = 3 })
	x, other := p.newPeer("social.example", "anna"), p.newPeer("other.example", "otto")
	for i := range 10 { // forged, and asking nobody: not the host's doing
		forged := peer{id: coop.IRI(fmt.Sprintf("https://social.example/users/u%d", i)), key: "https://social.example/k"}
		p.deliver("/ap/inbox", forged, forged.activity("1", "Delete", forged.id)).want(http.StatusAccepted)
	}
	for i := range 3 {
		p.deliver("/ap/inbox", x, x.activity(fmt.Sprint(i), "Like", alpha)).want(http.StatusAccepted)
	}
	a := p.deliver("/ap/inbox", x, x.activity("3", "Like", alpha))
	a.problem(http.StatusTooManyRequests, "")
	a.header("Retry-After", "60")
	p.deliver("/ap/inbox", other, other.activity("1", "Like", alpha)).want(http.StatusAccepted)
	p.pass(21 * time.Second)
	p.deliver("/ap/inbox", x, x.activity("3", "Like", alpha)).want(http.StatusAccepted)
}
