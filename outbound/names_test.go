// SPDX-License-Identifier: AGPL-3.0-or-later

package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// book is a DNS that counts how often it is asked.
type book struct {
	mu    sync.Mutex
	where map[string][]netip.Addr
	asked map[string]int
	delay time.Duration
}

func (b *book) look(_ context.Context, _, host string) ([]netip.Addr, error) {
	time.Sleep(b.delay)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked[host]++
	if a := b.where[host]; a != nil {
		return a, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (b *book) set(host string, addresses ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.where == nil {
		b.where, b.asked = map[string][]netip.Addr{}, map[string]int{}
	}
	b.where[host] = nil
	for _, a := range addresses {
		b.where[host] = append(b.where[host], netip.MustParseAddr(a))
	}
}

// wayOf is a way out that asks a book, and may reach 127.0.0.1 and 127.0.0.2.
func wayOf(b *book) *way {
	w := newWay(Options{AllowHTTP: true, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("127.0.0.2/32")}}, nil)
	w.names.look = b.look
	return w
}

func listen(t *testing.T, address string) (port string, visits *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("no %s on this machine: %v", address, err)
	}
	t.Cleanup(func() { _ = l.Close() })
	visits = new(atomic.Int32)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			visits.Add(1)
			_ = c.Close()
		}
	}()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, visits
}

func TestNameIsLookedUpOnceForManyDials(t *testing.T) {
	t.Parallel()
	port, _ := listen(t, "127.0.0.1:0")
	b := &book{delay: 20 * time.Millisecond}
	b.set("a.example", "127.0.0.1")
	b.set("b.example", "127.0.0.1")
	w := wayOf(b)
	dials := func() {
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				c, err := w.dial(t.Context(), "tcp", []string{"a.example:", "B.Example:"}[i%2]+port)
				if err != nil {
					t.Error(err)
					return
				}
				_ = c.Close()
			})
		}
		all.Wait()
	}
	dials() // at once: all but the first of each wait for its answer
	dials()
	if b.asked["a.example"] != 1 || b.asked["b.example"] != 1 || len(b.asked) != 2 {
		t.Errorf("asked %v", b.asked)
	}
	w.names.now = func() time.Time { return time.Now().Add(nameAge) }
	dials()
	if b.asked["a.example"] != 2 || b.asked["b.example"] != 2 {
		t.Errorf("after a minute: asked %v", b.asked)
	}
}

func TestNameThatIsNotThereIsNotAskedForAgainAtOnce(t *testing.T) {
	t.Parallel()
	b := &book{}
	b.set("there.example", "127.0.0.1")
	w := wayOf(b)
	for range 5 {
		_, err := w.dial(t.Context(), "tcp", "lost.example:443")
		if d, ok := errors.AsType[*net.DNSError](err); !ok || !d.IsNotFound || !strings.HasPrefix(err.Error(), "dial tcp: ") {
			t.Errorf("got %v", err)
		}
	}
	if b.asked["lost.example"] != 1 {
		t.Errorf("asked %d times", b.asked["lost.example"])
	}
	w.names.now = func() time.Time { return time.Now().Add(lostAge) }
	if _, err := w.dial(t.Context(), "tcp", "lost.example:443"); err == nil || b.asked["lost.example"] != 2 {
		t.Errorf("after a while: got %v, asked %d times", err, b.asked["lost.example"])
	}
}

// A host that moves loses nothing by what we remember, and one that moves inside
// gains nothing.
func TestHostThatMovedIsLookedUpAnew(t *testing.T) {
	t.Parallel()
	port, _ := listen(t, "127.0.0.1:0")
	listen(t, "127.0.0.2:"+port)
	_, inside := listen(t, "127.0.0.3:"+port)
	b := &book{}
	b.set("moved.example", "127.0.0.1")
	w := wayOf(b)
	dial := func() (to string, err error) {
		c, err := w.dial(t.Context(), "tcp", "moved.example:"+port)
		if err == nil {
			to, _, _ = net.SplitHostPort(c.RemoteAddr().String())
			_ = c.Close()
		}
		return to, err
	}
	if to, err := dial(); err != nil || to != "127.0.0.1" {
		t.Fatal(to, err)
	}
	gone := errors.New("nobody there")
	check := w.dialer.Control
	w.dialer.Control = func(network, address string, c syscall.RawConn) error {
		if strings.HasPrefix(address, "127.0.0.1:") {
			return gone
		}
		return check(network, address, c)
	}
	if _, err := dial(); !errors.Is(err, gone) {
		t.Errorf("while DNS says the same: got %v", err)
	}
	w.names.keep("moved.example", answer{addrs: b.where["moved.example"], until: time.Now().Add(nameAge)})
	b.set("moved.example", "127.0.0.2")
	if to, err := dial(); err != nil || to != "127.0.0.2" {
		t.Errorf("after it moved: got %s, %v", to, err)
	}
	w.names.keep("moved.example", answer{addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, until: time.Now().Add(nameAge)})
	b.set("moved.example", "127.0.0.3")
	if _, err := dial(); !errors.Is(err, ErrRefused) || inside.Load() != 0 {
		t.Errorf("after it moved inside: got %v, %d connections", err, inside.Load())
	}
}

func TestAddressThatHangsGetsCompany(t *testing.T) {
	t.Parallel()
	port, visits := listen(t, "127.0.0.1:0")
	b := &book{}
	b.set("slow.example", "127.0.0.2", "127.0.0.1")
	b.set("shut.example", "127.0.0.3", "127.0.0.1") // not allowed, and no reason to wait
	w := wayOf(b)
	stuck, check := make(chan struct{}), w.dialer.Control
	t.Cleanup(func() { close(stuck) })
	w.dialer.Control = func(network, address string, c syscall.RawConn) error {
		if strings.HasPrefix(address, "127.0.0.2:") {
			<-stuck
		}
		return check(network, address, c)
	}
	for host, least := range map[string]time.Duration{"slow.example": headStart, "shut.example": 0} {
		at := time.Now()
		c, err := w.dial(t.Context(), "tcp", host+":"+port)
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		_ = c.Close()
		if took := time.Since(at); took < least || took > least+2*time.Second {
			t.Errorf("%s: connected after %v", host, took)
		}
	}
	if visits.Load() == 0 {
		t.Error("nobody came")
	}
}

// All that are given must be checked, whichever comes first.
func TestNameWithAddressesThatAreAllRefused(t *testing.T) {
	t.Parallel()
	b := &book{}
	b.set("inside.example", "10.0.0.1", "::1", "169.254.169.254", "::ffff:127.0.0.9", "192.168.0.1")
	if _, err := wayOf(b).dial(t.Context(), "tcp", "inside.example:80"); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "10.0.0.1") {
		t.Errorf("got %v", err)
	}
}

func TestFamiliesOfAddressesTakeTurns(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                      "",
		"192.0.2.1":             "192.0.2.1",
		"2001:db8::1 192.0.2.1": "2001:db8::1 192.0.2.1",
		"2001:db8::1 2001:db8::2 2001:db8::3 192.0.2.1 192.0.2.2":                                               "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 2001:db8::3",
		"192.0.2.1 192.0.2.2 ::ffff:192.0.2.3 2001:db8::1":                                                      "192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.3",
		"192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.7 192.0.2.8 192.0.2.9 2001:db8::1": "192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.7",
	} {
		var addrs []netip.Addr
		for a := range strings.FieldsSeq(in) {
			addrs = append(addrs, netip.MustParseAddr(a))
		}
		var got []string
		for _, a := range interleave(addrs) {
			got = append(got, a.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %v", in, got)
		}
	}
}

func TestRememberedNamesAreBounded(t *testing.T) {
	t.Parallel()
	n := newNames(nil)
	now := time.Now()
	n.now = func() time.Time { return now }
	n.keep("often.example", answer{until: now.Add(time.Minute)})
	for i := range 3 * maxNames {
		n.keep(fmt.Sprintf("h%d.example", i), answer{until: now.Add(time.Minute)})
		if _, remembered, err := n.find(t.Context(), "often.example"); !remembered || err != nil {
			t.Fatalf("after %d others a name is forgotten that is asked for all the time: %v", i+1, err)
		}
	}
	if got := n.known.Len(); got != maxNames {
		t.Errorf("%d names are remembered", got)
	}
}

// Whoever gives up while a name is looked up takes nothing from those who wait.
func TestLookUpOutlivesWhoAskedForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &book{delay: 3 * time.Second}
		b.set("late.example", "192.0.2.1")
		n := newNames(nil)
		n.look = b.look
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		second := make(chan []netip.Addr, 1)
		go func() {
			addrs, _, _ := n.find(t.Context(), "late.example")
			second <- addrs
		}()
		_, _, err := n.find(ctx, "late.example")
		if d, ok := errors.AsType[*net.DNSError](err); !ok || !d.IsTimeout || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if got := <-second; !slices.Equal(got, b.where["late.example"]) || b.asked["late.example"] != 1 {
			t.Errorf("got %v, asked %d times", got, b.asked["late.example"])
		}
	})
}

// What comes of it for requests: N of them to two names, each on a connection of
// its own, ask for each name once.
func TestRequestsShareTheAnswersOfDNS(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") }))
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	b := &book{}
	b.set("a.example", "127.0.0.1")
	b.set("b.example", "127.0.0.1")
	tr := transport(wayOf(b))
	t.Cleanup(tr.CloseIdleConnections)
	c := Deliverer(Guard(Options{AllowHTTP: true}, tr))
	for i := range 20 {
		res, err := c.Post("http://"+[]string{"a", "b"}[i%2]+".example:"+port, "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	if b.asked["a.example"] != 1 || b.asked["b.example"] != 1 {
		t.Errorf("asked %v", b.asked)
	}
}
