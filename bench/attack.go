// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// What comes in while the instance is attacked. The addresses that the proxy names
// are drawn anew for each request of the attack, out of millions.
const (
	honestRate  = 200  // verified requests a second
	badRate     = 2000 // signatures a second that do not hold
	largeRate   = 20   // bodies a second with 30,000 addressees
	slowConns   = 300  // connections that send or read a byte a second
	attackHosts = 200  // of the unknown actors in whose names some of it comes
	calmFor     = 5 * time.Second
)

// attackRow is a round: honest requests without the attack, beside the same attack
// on a neighbour, which shows what the attackers themselves take of the machine, and
// with it.
type attackRow struct {
	calm, beside, busy answers
	bad, large         answers
	cpu                float64 // share of one core that the instance took during the attack
	others             float64
	idle, peak         float64 // RssAnon in MiB
	asked              map[string][]int64
	slow               int // slow connections that were held when the attack ended
}

// runAttack holds honest requests beside themselves, with an attack and without.
func runAttack(b inboxBench, length time.Duration) (err error) {
	if b.dir, err = os.MkdirTemp("", "plenum-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := b.begin(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.sink.stop()) }()
	if err := b.prepare(); err != nil {
		return err
	}
	var table []attackRow
	for round := range b.rounds {
		r, err := b.attackOnce(length, round)
		if err != nil {
			return err
		}
		table = append(table, r)
	}
	printAttack(b.out, table)
	return nil
}

func (b *inboxBench) attackOnce(length time.Duration, round int) (r attackRow, err error) {
	at, err := b.copyOf(b.warm)
	if err != nil {
		return r, err
	}
	p, err := b.serve(at)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	calm, err := b.honest(calmFor, 3*round)
	if err != nil {
		return r, err
	}
	beside, err := b.honest(length, 3*round+1)
	if err != nil {
		return r, err
	}
	busy, err := b.honest(length, 3*round+2)
	if err != nil {
		return r, err
	}
	bad, err := b.bad()
	if err != nil {
		return r, err
	}
	time.Sleep(time.Second)
	if r.calm, err = flood(b.paced(calm)); err != nil {
		return r, err
	}
	if err := b.besideNeighbour(&r, beside, bad, length); err != nil {
		return r, err
	}
	if err := b.sink.reset(0, ""); err != nil {
		return r, err
	}
	memory := watch(p)
	before, err := b.clock(p)
	if err != nil {
		return r, err
	}
	began := time.Now()
	if r.busy, err = b.underAttack(&r, b.address(), busy, bad, began.Add(length+2*time.Second)); err != nil {
		return r, err
	}
	after, err := b.clock(p)
	if err != nil {
		return r, err
	}
	r.cpu = (after.sender - before.sender).Seconds() / time.Since(began).Seconds()
	_, r.others = after.share(before)
	r.idle, r.peak, err = memory()
	if err != nil {
		return r, err
	}
	r.asked, err = b.sink.asked()
	return r, err
}

// besideNeighbour sends the honest letters while the attack is on a bare inbox that
// knows nobody.
func (b *inboxBench) besideNeighbour(r *attackRow, letters []letter, bad [][]byte, length time.Duration) (err error) {
	p, addr, err := b.startBox(boxJob{Host: b.site.Domain})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	var theirs attackRow
	r.beside, err = b.underAttack(&theirs, addr, letters, bad, time.Now().Add(length+2*time.Second))
	return err
}

// underAttack sends the honest letters while the attack on an address goes on.
func (b *inboxBench) underAttack(r *attackRow, addr string, letters []letter, bad [][]byte, until time.Time) (answers, error) {
	var group sync.WaitGroup
	errs := make([]error, 2)
	attack := func(out *answers, err *error, rate float64, letters [][]byte) {
		group.Go(func() {
			*out, *err = flood(stream{addr: addr, conns: 64, rate: rate, until: until, next: func(i int, buf []byte) []byte {
				return from(letters[i%len(letters)], buf)
			}})
		})
	}
	attack(&r.bad, &errs[0], badRate, bad)
	attack(&r.large, &errs[1], largeRate, b.large())
	var held atomic.Int64
	for i := range slowConns {
		group.Go(func() { b.crawl(addr, i, until, &held) })
	}
	time.Sleep(time.Second) // the attack stands when the first honest request comes
	got, honest := flood(b.paced(letters))
	r.slow = int(held.Load())
	group.Wait()
	return got, errors.Join(append(errs, honest)...)
}

// honest signs Likes of actors who are known, for a time.
func (b *inboxBench) honest(length time.Duration, turn int) ([]letter, error) {
	n := int(length.Seconds() * honestRate)
	return writeAll(n, func(i int) (letter, error) {
		actor, key := b.crowd.usual(i % b.letters)
		return b.crowd.write(b.site.SharedInbox(), actor, key, map[string]any{
			"id": coop.IRI(fmt.Sprintf("%s/likes/%d.%d", actor, turn, i)), "type": "Like", "object": b.posts[(i/b.letters+turn)%len(b.posts)]})
	})
}

func (b *inboxBench) paced(letters []letter) stream {
	s := b.stream(letters)
	s.rate = honestRate
	return s
}

// placeholder stands where the address of a letter of the attack goes.
const placeholder = "X-Forwarded-For: 100.100.100.100"

// from is a letter from an address that nothing has come from yet.
func from(raw, buf []byte) []byte {
	buf = append(buf, raw...)
	if i := bytes.Index(buf, []byte(placeholder)); i >= 0 {
		n := rand.Uint32()
		copy(buf[i:], fmt.Sprintf("X-Forwarded-For: %d.%d.%d.%d", 100+n%100, 100+n/100%100, 100+n/10_000%100, 100+n/1_000_000%100))
	}
	return buf
}

// bad makes letters whose signatures do not hold: in the name of actors who are
// known, of those who are not, and such that can be seen to be none.
func (b *inboxBench) bad() ([][]byte, error) {
	list := make([][]byte, 4000)
	for i := range list {
		actor := b.crowd.actor(i%b.letters, i%b.letters%manyKeys)
		if i%4 == 3 { // nobody has heard of this one: its key would have to be asked for
			actor = coop.IRI(fmt.Sprintf("http://%s/users/x%dk0", hostName(b.crowd.hosts+i%attackHosts, b.sink.port), i))
		}
		id := fmt.Sprintf("%s/bad/%d", actor, i)
		body, err := json.Marshal(map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Like", "actor": actor, "object": b.posts[i%len(b.posts)]})
		if err != nil {
			return nil, err
		}
		if list[i], err = b.forge(actor, body, i%20 == 0); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// forge signs a body with nothing: everything but the signature is as it should be.
func (b *inboxBench) forge(actor coop.IRI, body []byte, broken bool) ([]byte, error) {
	r, err := http.NewRequest(http.MethodPost, string(b.site.SharedInbox()), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", activityJSON)
	if err := keys.Sign(r, body, actor+"#main-key", b.key, time.Now()); err != nil {
		return nil, err
	}
	if broken {
		r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), `",`, `"`, 1))
	}
	raw := wireOf(r, body)
	return bytes.Replace(raw, []byte("\r\n\r\n"), []byte("\r\n"+placeholder+"\r\n\r\n"), 1), nil
}

// large makes bodies of 30,000 addressees: too long by what they say, too long
// without saying it, and as much of it as may come at once.
func (b *inboxBench) large() (list [][]byte) {
	actor := b.crowd.actor(0, 0)
	body := func(n int) []byte {
		to := make([]string, n)
		for i := range to {
			to[i] = fmt.Sprintf("https://e.example/%d", i)
		}
		raw, _ := json.Marshal(map[string]any{"id": actor + "/large", "type": "Like", "actor": actor, "object": b.posts[0], "to": to}) // strings alone
		return raw
	}
	head := "POST /ap/inbox HTTP/1.1\r\nHost: " + b.site.Domain + "\r\nContent-Type: " + activityJSON + "\r\n" + placeholder + "\r\n"
	whole, part := body(30_000), body(9_500)
	var chunked bytes.Buffer
	w := httputil.NewChunkedWriter(&chunked)
	_, _ = w.Write(whole) // a buffer takes everything
	_ = w.Close()
	sized := func(b []byte) []byte { return fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n%s", head, len(b), b) }
	if signed, err := b.forge(actor, part, false); err == nil {
		list = append(list, signed)
	}
	return append(list, sized(whole), []byte(head+"Transfer-Encoding: chunked\r\n\r\n"+chunked.String()+"\r\n"), sized(part))
}

// crawl holds connections: one half sends a body a byte at a time, the other reads
// documents so.
func (b *inboxBench) crawl(addr string, i int, until time.Time, held *atomic.Int64) {
	for time.Now().Before(until) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			time.Sleep(100 * time.Millisecond) // as many as it takes are held already
			continue
		}
		held.Add(1)
		if i%2 == 0 {
			dribble(conn, from([]byte("POST /ap/inbox HTTP/1.1\r\nHost: "+b.site.Domain+"\r\nContent-Type: "+activityJSON+"\r\n"+placeholder+"\r\nContent-Length: 5000\r\n\r\n"), nil), until)
		} else {
			hoard(conn, []byte("GET "+strings.TrimPrefix(string(b.posts[0]), b.site.Base())+" HTTP/1.1\r\nHost: "+b.site.Domain+"\r\nAccept: "+activityJSON+"\r\n\r\n"), until)
		}
		held.Add(-1)
		_ = conn.Close()
	}
}

// dribble sends a head, and then a byte a second until the server has had enough.
func dribble(conn net.Conn, head []byte, until time.Time) {
	if _, err := conn.Write(head); err != nil {
		return
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, bufio.NewReader(conn)) // until it closes
	}()
	for time.Now().Before(until) {
		select {
		case <-gone:
			return
		case <-time.After(time.Second):
			if _, err := conn.Write([]byte("{")); err != nil {
				return
			}
		}
	}
	_ = conn.Close()
	<-gone
}

// asks is how many documents a slow reader asks for at once.
const asks = 20

// hoard asks for much, lets little of it come and reads a byte a second.
func hoard(conn net.Conn, request []byte, until time.Time) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(1 << 10) // else the kernel would read for us
	}
	if _, err := conn.Write(bytes.Repeat(request, asks)); err != nil {
		return
	}
	for one := make([]byte, 1); time.Now().Before(until); time.Sleep(time.Second) {
		if _, err := conn.Read(one); err != nil {
			return
		}
	}
}

// fetches says how many documents were asked for, the most of one actor in all,
// which is within five minutes, and the most of one host within a minute.
func fetches(asked map[string][]int64) (all, ofOne, ofHost int) {
	hosts := map[string][]int64{}
	for url, times := range asked {
		all += len(times)
		ofOne = max(ofOne, len(times))
		rest, _ := strings.CutPrefix(url, "http://")
		host, _, _ := strings.Cut(rest, "/")
		hosts[host] = append(hosts[host], times...)
	}
	for _, times := range hosts {
		for _, first := range times {
			n := 0
			for _, t := range times {
				if t >= first && t < first+int64(time.Minute) {
					n++
				}
			}
			ofHost = max(ofHost, n)
		}
	}
	return all, ofOne, ofHost
}
