// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
	"plenum/instance"
	"plenum/store"
)

// BenchmarkThreeBadHostsOfAHundred is TestThreeBadHostsOfAHundredDelayNobodyElse
// over real sockets and by a real clock: twenty posts to 97 hosts, without and with
// a dead, a slow and a hostile one beside them, in turns. The ratio is what counts.
//
//	go test ./fedtest -run '^$' -bench ThreeBad -benchtime 3x
func BenchmarkThreeBadHostsOfAHundred(b *testing.B) {
	var without, with time.Duration
	for b.Loop() {
		without += overSockets(b, false)
		with += overSockets(b, true)
	}
	b.ReportMetric(float64(without.Milliseconds())/float64(b.N), "ms-without")
	b.ReportMetric(float64(with.Milliseconds())/float64(b.N), "ms-with")
	b.ReportMetric(float64(with)/float64(without), "ratio")
}

// overSockets says how long the 97 wait until they have everything.
func overSockets(b *testing.B, bad bool) time.Duration {
	b.Helper()
	const good, posts = 97, 20
	var took atomic.Int64
	all := make(chan struct{})
	inbox := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(10 * time.Millisecond)
		w.WriteHeader(http.StatusAccepted)
		if took.Add(1) == good*posts {
			close(all)
		}
	})
	var hosts []string
	for range good {
		l := listen(b)
		s := &http.Server{Handler: inbox, ReadHeaderTimeout: time.Minute}
		go func() { _ = s.Serve(l) }()
		b.Cleanup(func() { _ = s.Close() })
		hosts = append(hosts, l.Addr().String())
	}
	if bad {
		dead := listen(b)
		_ = dead.Close()
		hosts = append(hosts, dead.Addr().String(), raw(b, byteByByte), raw(b, anyOf()))
	}
	i, stop := sender(b, hosts)
	defer stop()
	began := time.Now()
	for k := range posts {
		if _, err := i.Fed.Submit(b.Context(), coop.Principal{Coop: "coop", Role: coop.Publisher}, fedtest.Report(fmt.Sprint("Report ", k)).Bytes(), ""); err != nil {
			b.Fatal(err)
		}
	}
	select {
	case <-all:
	case <-time.After(5 * time.Minute):
		b.Fatalf("%d of %d have arrived", took.Load(), good*posts)
	}
	return time.Since(began)
}

func listen(b *testing.B) net.Listener {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// raw is a host that does something with each connection.
func raw(b *testing.B, do func(net.Conn)) string {
	b.Helper()
	l := listen(b)
	b.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				do(c)
			}()
		}
	}()
	return l.Addr().String()
}

// sender is an instance that sends over TCP, with a follower on each of the hosts.
func sender(b *testing.B, hosts []string) (i *instance.Instance, stop func()) {
	b.Helper()
	db, err := store.Open(b.TempDir()+"/data", store.Options{Create: true, Domain: "localhost:8080"})
	if err != nil {
		b.Fatal(err)
	}
	i, err = instance.New(b.Context(), instance.Options{
		Site: coop.Site{Domain: "localhost:8080", HTTP: true}, Version: "test", DB: db, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := i.Fed.AddCoop(b.Context(), coop.Coop{Name: "coop", Title: "A co-op", Zone: "Europe/Berlin"}); err != nil {
		b.Fatal(err)
	}
	for _, h := range hosts {
		actor := coop.IRI("http://" + h + "/actor")
		f := coop.Follower{Coop: "coop", Actor: actor, Follow: actor + "/follow", Box: coop.IRI("http://" + h + "/inbox"), Since: coop.Stamp(time.Now())}
		if err := db.AcceptFollow(b.Context(), f, coop.Seen{}, coop.Outgoing{}); err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- i.Run(ctx) }()
	return i, func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	}
}
