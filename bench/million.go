// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// The size of the large queue.
const (
	manyHosts = 5_000
	manyUsers = 10 // of each host, and each with an inbox of its own
	manyPosts = 20
	manyFor   = 8 * time.Second // how long a start and a fan-out are looked at
)

// many measures what a queue costs that is far larger than it should be: one post
// to 50,000 inboxes, and a start with 1,000,000 deliveries that wait.
func (b *deliveryBench) many() (err error) {
	if b.loner, err = b.newPlace("loner"); err != nil {
		return err
	}
	if err := b.fill(true)(&b.loner, manyHosts, manyUsers); err != nil {
		return err
	}
	if err := b.fanOut(); err != nil {
		return err
	}
	began := time.Now()
	if err := b.queue(b.loner, manyPosts); err != nil {
		return err
	}
	info, err := os.Stat(filepath.Join(b.loner.dir, "data", "plenum.db"))
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%d deliveries put into the queue in %.0f s, the file has %d MiB\n",
		manyPosts*manyHosts*manyUsers, time.Since(began).Seconds(), info.Size()>>20)
	return b.starts()
}

// fanOut publishes one post to 50,000 inboxes and looks at the beginning of it:
// all of it would take a minute and use no more memory.
func (b *deliveryBench) fanOut() (err error) {
	at, err := b.copyOf(b.loner)
	if err != nil {
		return err
	}
	if err := b.sink.reset(0, at.public); err != nil {
		return err
	}
	p, err := b.serve(at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	time.Sleep(time.Second)
	memory := watch(p)
	began := time.Now()
	if _, err := b.publish(at, 1); err != nil {
		return err
	}
	answered := time.Since(began)
	if err := b.sink.wait(manyHosts*manyUsers, manyFor); err != nil {
		return err
	}
	t, err := b.sink.taken()
	if err != nil {
		return err
	}
	idle, peak, err := memory()
	fmt.Fprintf(b.out, "\n1 post to 50,000 inboxes: 201 after %.0f ms, %d arrivals in the %.0f s after it, RssAnon %.1f MiB above %.1f idle (%s)\n",
		ms(answered), len(t.First), manyFor.Seconds(), peak-idle, idle, goal(peak-idle <= 100, "<=100"))
	return err
}

// starts starts the instance with the large queue, again and again.
func (b *deliveryBench) starts() error {
	var first, peak []float64
	for range b.rounds {
		took, anon, err := b.startOnce()
		if err != nil {
			return err
		}
		first, peak = append(first, took), append(peak, anon)
	}
	fmt.Fprintf(b.out, "start with 1,000,000 waiting: first delivery after %.0f ms (median of %d, up to %.0f; goal %s), peak RssAnon %.1f MiB in %.0f s (%s)\n",
		median(first), len(first), slices.Max(first), goal(median(first) <= 2000, "<=2000"), slices.Max(peak), manyFor.Seconds(), goal(slices.Max(peak) <= 150, "<=150"))
	return nil
}

// startOnce returns the time from the start of the process to the first arrival,
// and how much memory it took.
func (b *deliveryBench) startOnce() (first, peak float64, err error) {
	if err := b.sink.reset(0, b.loner.public); err != nil {
		return 0, 0, err
	}
	cmd := exec.Command(b.binary, "serve", "--config", filepath.Join(b.loner.dir, "plenum.toml"))
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	p := &process{cmd}
	defer func() { err = errors.Join(err, p.stop()) }()
	memory := watch(p)
	time.Sleep(manyFor)
	if _, peak, err = memory(); err != nil {
		return 0, 0, err
	}
	t, err := b.sink.taken()
	if err != nil {
		return 0, 0, err
	}
	if len(t.First) == 0 {
		return 0, 0, fmt.Errorf("nothing arrived within %s of the start", manyFor)
	}
	at := t.First[0].At
	for _, a := range t.First {
		at = min(at, a.At)
	}
	return float64(at-began.UnixNano()) / 1e6, peak, nil
}
