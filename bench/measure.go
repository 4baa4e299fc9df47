// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// outcome is what one measurement came to. Rates are POSTs per second.
type outcome struct {
	fromAnswer  float64 // from the first 201 to the last arrival
	fromRequest float64 // from the first byte of the first request to publish
	fromArrival float64 // from the first arrival
	cpu         float64 // ms of the sender for each POST
	p50, p99    float64 // ms from a post's 201 to its arrivals
	again       int     // arrivals that had arrived before
	missing     int
	stray       int
	looked      int     // signatures that were checked, all of which hold
	busy        float64 // share of the machine's time that was used
	others      float64 // share of it that neither sender, servers nor bench used
	idle, peak  float64 // RssAnon in MiB
}

// published is a post that was answered 201.
type published struct {
	id string // of the activity
	at int64  // nanoseconds since 1970
}

// ours publishes on a fresh copy of the instance and waits until everything has
// arrived. bodies are what arrived, for the bare loop to send.
func (b *deliveryBench) ours(f figure) (o outcome, bodies [][]byte, err error) {
	at, err := b.copyOf(*f.at)
	if err != nil {
		return o, nil, err
	}
	if err := b.sink.reset(f.pause, at.public); err != nil {
		return o, nil, err
	}
	p, err := b.serve(at)
	if err != nil {
		return o, nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	time.Sleep(time.Second)
	memory := watch(p)
	before, err := b.clock(p)
	if err != nil {
		return o, nil, err
	}
	began := time.Now().UnixNano()
	posts, err := b.publish(at, f.posts)
	if err != nil {
		return o, nil, err
	}
	if err := b.sink.wait(f.posts*f.hosts, waitLimit); err != nil {
		return o, nil, err
	}
	after, err := b.clock(p)
	if err != nil {
		return o, nil, err
	}
	time.Sleep(300 * time.Millisecond) // what is settled after the last arrival counts as well
	cpu, err := p.cpu()
	if err != nil {
		return o, nil, err
	}
	t, err := b.sink.taken()
	if err != nil {
		return o, nil, err
	}
	o.idle, o.peak, err = memory()
	o.judge(t, posts, f.inboxes(b.sink.port), began)
	o.cpu = ms(cpu-before.sender) / float64(f.posts*f.hosts)
	o.busy, o.others = after.share(before)
	for _, p := range posts {
		bodies = append(bodies, t.Bodies[p.id])
	}
	return o, bodies, errors.Join(err, o.check(t))
}

// waitLimit is after how long what has not arrived is missing.
const waitLimit = 3 * time.Minute

// theirs lets the bare loop send the same bodies to the same inboxes.
func (b *deliveryBench) theirs(f figure, bodies [][]byte) (o outcome, err error) {
	if err := b.sink.reset(f.pause, f.at.public); err != nil {
		return o, err
	}
	before, err := b.clock(nil)
	if err != nil {
		return o, err
	}
	job := bareJob{PEM: f.at.pem, KeyID: b.site.Key(name), Bodies: bodies, Inboxes: f.inboxes(b.sink.port), AtOnce: min(f.hosts, 256)}
	res, err := bare(b.dir, job)
	if err != nil {
		return o, err
	}
	after, err := b.clock(nil)
	if err != nil {
		return o, err
	}
	t, err := b.sink.taken()
	if err != nil {
		return o, err
	}
	var posts []published
	for id := range t.Bodies {
		posts = append(posts, published{id: id, at: res.Began})
	}
	o.judge(t, posts, f.inboxes(b.sink.port), res.Began)
	o.cpu = res.CPU / float64(len(bodies)*f.hosts)
	after.sender = time.Duration(res.CPU * float64(time.Millisecond))
	o.busy, o.others = after.share(before)
	return o, o.check(t)
}

// judge compares what arrived with what had to.
func (o *outcome) judge(t taken, posts []published, inboxes []string, began int64) {
	at := map[string]int64{}
	for _, p := range posts {
		at[p.id] = p.at
	}
	expected := map[string]bool{}
	for _, i := range inboxes {
		expected[i] = true
	}
	var delays []float64
	var times []int64
	for _, a := range t.First {
		if at[a.ID] == 0 || !expected[a.Inbox] {
			o.stray++
			continue
		}
		times = append(times, a.At)
		delays = append(delays, float64(a.At-at[a.ID])/1e6)
	}
	o.again, o.looked = t.Again, t.Looked
	o.missing = len(posts)*len(inboxes) - len(times)
	if len(times) == 0 {
		return
	}
	slices.Sort(delays)
	o.p50, o.p99 = delays[len(delays)/2], delays[len(delays)*99/100]
	first, last := slices.Min(times), slices.Max(times)
	answered := posts[0].at
	for _, p := range posts {
		answered = min(answered, p.at)
	}
	rate := func(from int64) float64 { return float64(len(times)) / (float64(last-from) / 1e9) }
	o.fromAnswer, o.fromRequest, o.fromArrival = rate(answered), rate(began), rate(first)
}

// check is what makes every figure worthless.
func (o *outcome) check(t taken) error {
	switch {
	case o.missing > 0 || o.stray > 0:
		return fmt.Errorf("%d are missing, and %d arrived where or what they should not", o.missing, o.stray)
	case t.Bad > 0 || t.Looked == 0:
		return fmt.Errorf("of %d signatures %d do not hold", t.Looked, t.Bad)
	}
	return nil
}

// publish posts one after another, as a client does.
func (b *deliveryBench) publish(at place, n int) (posts []published, err error) {
	client := &http.Client{Timeout: waitLimit}
	for i := range n {
		r, err := http.NewRequest(http.MethodPost, string(b.site.Of(name, "outbox")), bytes.NewReader(post(i)))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", activityJSON)
		r.Header.Set("Authorization", "Bearer "+at.token)
		res, err := client.Do(r)
		if err != nil {
			return nil, err
		}
		answered := time.Now().UnixNano()
		body, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			return nil, err
		}
		if res.StatusCode != http.StatusCreated {
			return nil, fmt.Errorf("publish: %s: %s", res.Status, body)
		}
		posts = append(posts, published{id: res.Header.Get("Location"), at: answered})
	}
	return posts, nil
}

// post is a report of some paragraphs.
func post(i int) []byte {
	text := strings.Repeat("<p>Two hundred evenings, four venues, and a room that somebody always unlocked.</p>", 8)
	return fmt.Appendf(nil, `{"type":"Article","name":"Report number %d","summary":"What we learned.","content":%q}`, i, text)
}

// clock is what has been computed until now.
type clock struct {
	used, all time.Duration // of the machine
	sender    time.Duration // of the instance
	rest      time.Duration // of the servers that follow and of bench itself
}

// clock reads all of them. A nil process is one that nobody asks about.
func (b *deliveryBench) clock(p *process) (c clock, err error) {
	if c.used, c.all, err = machine(); err != nil {
		return c, err
	}
	if p != nil {
		if c.sender, err = p.cpu(); err != nil {
			return c, err
		}
	}
	sink, err := b.sink.cpu()
	if err != nil {
		return c, err
	}
	self, err := cpuOfSelf()
	c.rest = sink + self
	return c, err
}

// share is how busy the machine was since then, and with what else.
func (c clock) share(since clock) (busy, others float64) {
	all := float64(max(1, c.all-since.all))
	used := float64(c.used - since.used)
	known := float64(c.sender - since.sender + c.rest - since.rest)
	return used / all, max(0, used-known) / all
}

// machine reads the first line of proc(5) stat: hundredths of a second of user,
// nice, system, idle, iowait, irq, softirq and steal.
func machine() (used, all time.Duration, err error) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	f := strings.Fields(string(line))
	if len(f) < 9 {
		return 0, 0, errors.New("/proc/stat has another form")
	}
	for i, v := range f[1:9] {
		n, err := strconv.Atoi(v)
		if err != nil {
			return 0, 0, err
		}
		all += time.Duration(n) * 10 * time.Millisecond
		if i != 3 && i != 4 {
			used += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return used, all, nil
}

// watch looks at the memory of a process until it is asked for what it saw.
func watch(p *process) (stop func() (idle, peak float64, err error)) {
	_, idle, err := p.memory()
	peak := idle
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for err == nil {
			select {
			case <-end:
				return
			case <-time.After(10 * time.Millisecond):
			}
			var anon float64
			_, anon, err = p.memory()
			peak = max(peak, anon)
		}
	}()
	return func() (float64, float64, error) {
		close(end)
		<-ended
		return idle, peak, err
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func trim(s string) string { return strings.TrimSpace(s) }
