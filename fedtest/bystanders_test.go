// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// after reads a request and then lets a host do something with the connection.
func after(do func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		if _, err = io.Copy(io.Discard, r.Body); err == nil {
			do(c)
		}
	}
}

// says answers with bytes and closes the connection.
func says(bytes string) func(net.Conn) {
	return after(func(c net.Conn) { _, _ = io.WriteString(c, bytes) })
}

// goesOn says something once and something else again and again, until the other
// side hangs up.
func goesOn(first, then string, every time.Duration) func(net.Conn) {
	return after(func(c net.Conn) {
		_, err := io.WriteString(c, first)
		for err == nil {
			time.Sleep(every)
			_, err = io.WriteString(c, then)
		}
	})
}

// byteByByte is a good answer that takes minutes.
func byteByByte(c net.Conn) {
	after(func(c net.Conn) {
		for _, b := range []byte("HTTP/1.1 202 Accepted\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n") {
			time.Sleep(time.Second)
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
		}
	})(c)
}

// nuisances are what a host may do to those who send it something. Each says
// whether what it was sent counts as taken.
var nuisances = map[string]struct {
	do    func(net.Conn)
	taken bool
}{
	"never reads": {func(c net.Conn) {
		for b := make([]byte, 1); ; time.Sleep(time.Hour) {
			if _, err := c.Read(b); err != nil {
				return
			}
		}
	}, false},
	"never answers":           {func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, false},
	"closes at once":          {func(net.Conn) {}, false},
	"closes while we send":    {func(c net.Conn) { _, _ = c.Read(make([]byte, 100)) }, false},
	"closes in the headers":   {says("HTTP/1.1 202 Acc"), false},
	"closes in the body":      {says("HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\nabc"), true},
	"closes in a failure":     {says("HTTP/1.1 500 Oops\r\nContent-Length: 1000\r\n\r\nabc"), false},
	"speaks another language": {says("SSH-2.0-OpenSSH_9.9\r\n"), false},
	"redirects to itself":     {says("HTTP/1.1 307 Temporary Redirect\r\nLocation: /inbox\r\nContent-Length: 0\r\n\r\n"), false},
	"redirects inside":        {says("HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"), false},
	"switches protocols":      {goesOn("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", "x", time.Second), false},
	"never ends its headers":  {goesOn("HTTP/1.1 202 Accepted\r\n", "X: y\r\n", 0), false},
	"is always about to":      {goesOn("", "HTTP/1.1 103 Early Hints\r\n\r\n", time.Second), false},
	"never ends its body":     {goesOn("HTTP/1.1 202 Accepted\r\n\r\n", "all work and no play ", 0), true},
	"body byte by byte":       {goesOn("HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", time.Second), false},
	"headers byte by byte":    {byteByByte, false},
}

// Whatever hosts do with our connections, it delays nobody else and leaves nothing
// behind: a bubble with a goroutine that is left does not end.
func TestNuisancesDelayNobodyAndLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, good := n.Instance("a.example"), n.Peer("good.example")
		good.Follows(a, a.Actor())
		hosts := map[string]string{}
		for k, name := range slices.Sorted(maps.Keys(nuisances)) {
			p := good.Elsewhere(fmt.Sprintf("nuisance%d.example", k))
			p.Follows(a, a.Actor())
			hosts[name] = p.Host
			n.Wire(p.Host, nuisances[name].do)
		}
		began := time.Now()
		for k := range 3 {
			a.Publish(fedtest.Report(fmt.Sprint("Report ", k)))
		}
		time.Sleep(100 * time.Millisecond)
		if got := good.Distinct("Create"); len(got) != 3 {
			t.Errorf("the good host has %d of 3 posts", len(got))
		}
		time.Sleep(time.Hour)
		for name, host := range hosts {
			for _, d := range a.Deliveries(coop.DeliveryFilter{Host: host}) {
				if d.Type != "Create" {
					continue
				}
				if want := map[bool]coop.DeliveryState{true: coop.Done, false: coop.Waiting}[nuisances[name].taken]; d.State != want || len(d.Results) == 0 {
					t.Errorf("of the host that %s a delivery is %s, want %s: %+v", name, d.State, want, d.Results)
				}
				for _, r := range d.Results {
					if r.Took > 31*time.Second {
						t.Errorf("the host that %s kept a request for %v", name, r.Took)
					}
				}
			}
			if got := len(n.Sends(host, "Create", began)); got > 3*5 { // the attempts of the first hour
				t.Errorf("the host that %s got %d requests within an hour", name, got)
			}
		}
	}, fedtest.Calm())
}

// One dead, one slow and one hostile host among a hundred: how long the others wait
// for their posts, by the clock of a bubble, with and without these three.
func TestThreeBadHostsOfAHundredDelayNobodyElse(t *testing.T) {
	t.Parallel()
	without := untilAllHave(t, false)
	with := untilAllHave(t, true)
	t.Logf("without them the others have everything after %v, with them after %v", without, with)
	if with > without*12/10 {
		t.Errorf("the others have everything after %v, and after %v without them", with, without)
	}
}

// untilAllHave says when the last of 97 hosts has the last of some posts. Each
// host takes a tenth of a second for a request.
func untilAllHave(t *testing.T, bad bool) (took time.Duration) {
	t.Helper()
	const posts = 5
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, first := n.Instance("a.example"), n.Peer("host0.example")
		crowd := []*fedtest.Peer{first}
		for k := 1; k < 97; k++ {
			crowd = append(crowd, first.Elsewhere(fmt.Sprintf("host%d.example", k)))
		}
		all := slices.Clone(crowd)
		if bad {
			for _, host := range []string{"dead.example", "slow.example", "hostile.example"} {
				all = append(all, first.Elsewhere(host))
			}
		}
		for _, p := range all {
			p.Send(a.Site.SharedInbox(), said(p, "Follow", a.Actor()))
		}
		n.Quiet()
		for _, p := range crowd {
			n.Slow(p.Host, 100*time.Millisecond)
		}
		if bad {
			n.Down("dead.example", true)
			n.Wire("slow.example", byteByByte)
			n.Wire("hostile.example", anyOf())
		}
		began := time.Now()
		for k := range posts {
			a.Publish(fedtest.Report(fmt.Sprint("Report ", k)))
		}
		time.Sleep(5 * time.Minute)
		for _, p := range crowd {
			got := p.Got("Create")
			if len(got) != posts {
				t.Errorf("%s has %d of %d posts", p.Host, len(got), posts)
			}
			for _, g := range got {
				took = max(took, g.At.Sub(began))
			}
		}
	}, fedtest.Calm())
	return took
}

// anyOf is a host that does something else with each connection.
func anyOf() func(net.Conn) {
	names := slices.Sorted(maps.Keys(nuisances))
	var turn atomic.Int64
	return func(c net.Conn) { nuisances[names[int(turn.Add(1))%len(names)]].do(c) }
}
