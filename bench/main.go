// SPDX-License-Identifier: AGPL-3.0-or-later

// Command bench measures an instance of Plenum beside its ceiling: how fast it
// starts, how much memory it takes, and how many requests it answers next to a
// bare Echo handler that sends the same bytes. Program, ceiling and load run on
// the same cores, in turns, in one run; the figures are medians, and the ratio is
// what to quote.
//
// With -delivery it measures deliveries: how fast posts come to their followers,
// next to a bare loop that signs and sends the same bytes to the same servers.
//
// With -inbox it measures inboxes: how many verified requests a second are taken and
// stored, next to a bare handler that verifies the same requests and stores nothing.
// With -attack it measures how long honest requests take beside an attack. With
// -outbox it measures how many posts a second are taken from clients, next to a bare
// handler that takes the same and stores nothing.
//
//	go run ./bench
//	go run ./bench -rounds 5 -for 5s
//	go run ./bench -delivery
//	go run ./bench -delivery -only 2 -million=false
//	go run ./bench -inbox -kinds like,reply
//	go run ./bench -inbox -minutes 10
//	go run ./bench -attack -for 30s
//	go run ./bench -outbox -rounds 5
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const activityJSON = "application/activity+json"

func main() {
	rounds := flag.Int("rounds", 3, "how often each figure is taken")
	length := flag.Duration("for", 2*time.Second, "how long each load lasts")
	conns := flag.Int("c", 0, "connections at once; 0: 16 for pages and documents, 32 for outboxes, 128 for inboxes")
	ceiling := flag.String("ceiling", "", "serve this file as the bare handler; used by bench itself")
	deliveries := flag.Bool("delivery", false, "measure deliveries")
	million := flag.Bool("million", true, "with -delivery: 50,000 inboxes for one post, and a start with 1,000,000 waiting rows")
	only := flag.Int("only", 0, "with -delivery: measure this figure alone, 1 to 4; none where there is no such figure")
	sinkKey := flag.String("sink", "", "play the servers whose public key this file has; used by bench itself")
	inbox := flag.Bool("inbox", false, "measure inboxes")
	attack := flag.Bool("attack", false, "measure honest requests beside an attack")
	outbox := flag.Bool("outbox", false, "measure outboxes")
	letters := flag.Int("n", 6000, "with -inbox: how many requests of each kind")
	which := flag.String("kinds", "", "with -inbox: measure these alone, of like, reply, ask, follow and new, separated by commas")
	minutes := flag.Int("minutes", 0, "with -inbox: watch memory for so long under a steady load, and measure nothing else")
	boxFile := flag.String("box", "", "be the bare inbox that this file describes; used by bench itself")
	tokensFile := flag.String("tokens", "", "be the bare outbox for these tokens; used by bench itself")
	bareFile := flag.String("bare", "", "send what this file says; used by bench itself")
	flag.Parse()
	work := func() error {
		return run(bench{rounds: *rounds, length: *length, conns: cmp.Or(*conns, 16), out: os.Stdout})
	}
	switch {
	case *ceiling != "":
		work = func() error { return serveCeiling(*ceiling, flag.Arg(0)) }
	case *sinkKey != "":
		work = func() error { return serveSink(*sinkKey, flag.Arg(0)) }
	case *bareFile != "":
		work = func() error { return runBare(*bareFile) }
	case *boxFile != "":
		work = func() error { return serveBox(*boxFile, flag.Arg(0)) }
	case *tokensFile != "":
		work = func() error { return serveTokens(*tokensFile, flag.Arg(0)) }
	case *outbox:
		work = func() error {
			return runOutbox(outboxBench{deliveryBench: deliveryBench{rounds: *rounds, out: os.Stdout}, conns: cmp.Or(*conns, 32)})
		}
	case *attack:
		work = func() error {
			return runAttack(inboxBench{deliveryBench: deliveryBench{rounds: *rounds, out: os.Stdout}, letters: 2000, conns: cmp.Or(*conns, 128)}, max(*length, 10*time.Second))
		}
	case *inbox:
		work = func() error {
			return runInbox(inboxBench{deliveryBench: deliveryBench{rounds: *rounds, out: os.Stdout}, letters: *letters, conns: cmp.Or(*conns, 128), kinds: *which, minutes: *minutes})
		}
	case *deliveries:
		work = func() error {
			return runDelivery(deliveryBench{rounds: *rounds, only: *only, million: *million, out: os.Stdout})
		}
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type bench struct {
	rounds, conns int
	length        time.Duration
	out           io.Writer
	dir, binary   string
	url           string
}

func run(b bench) (err error) {
	if b.dir, err = os.MkdirTemp("", "plenum-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := b.setUp(); err != nil {
		return err
	}
	if err := b.start(); err != nil {
		return err
	}
	return b.serve()
}

// setUp builds the program as it is released and makes an instance with the
// example posts.
func (b *bench) setUp() error {
	b.binary = filepath.Join(b.dir, "plenum")
	if err := build(b.binary); err != nil {
		return err
	}
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "binary            %.1f MiB, static, stripped\n", float64(info.Size())/(1<<20))
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	_, port, _ := strings.Cut(addr, ":")
	b.url = "http://localhost:" + port
	if err := b.plenum("quickstart", "--development", "--domain", "localhost:"+port, "--dir", b.dir, "--coop", "it_kollektiv"); err != nil {
		return err
	}
	posts, err := filepath.Glob("examples/35c3/*.md")
	if err != nil || len(posts) == 0 {
		return fmt.Errorf("no example posts: run it from the top of the repository (%w)", err)
	}
	return b.plenum(append([]string{"post"}, posts...)...)
}

// build builds the program as it is released.
func build(binary string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "./cmd/plenum")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

func (b *bench) plenum(args ...string) error {
	_, err := plenum(b.binary, b.dir, args...)
	return err
}

// plenum runs a command on the instance in dir and returns what it printed.
func plenum(binary, dir string, args ...string) (string, error) {
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "PLENUM_CONFIG="+filepath.Join(dir, "plenum.toml"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("plenum %s: %w\n%s", args[0], err, out)
	}
	return string(out), nil
}

// start measures from the start of the process to its first 200.
func (b *bench) start() error {
	var took []float64
	for range 3 * b.rounds {
		began := time.Now()
		p, err := start(exec.Command(b.binary, "serve", "--config", filepath.Join(b.dir, "plenum.toml")), b.url+"/healthz")
		if err != nil {
			return err
		}
		took = append(took, float64(time.Since(began).Microseconds())/1000)
		if err := p.stop(); err != nil {
			return err
		}
	}
	fmt.Fprintf(b.out, "cold start        %.0f ms to the first 200 (median of %d, %.0f to %.0f)\n", median(took), len(took), slices.Min(took), slices.Max(took))
	return nil
}

// target is something to ask, and how.
type target struct{ name, path, accept string }

// serve measures memory and answers, the instance and the bare handler in turns.
func (b *bench) serve() (err error) {
	p, err := start(exec.Command(b.binary, "serve", "--config", filepath.Join(b.dir, "plenum.toml")), b.url+"/healthz")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	time.Sleep(time.Second) // idle
	rss, anon, err := p.memory()
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "idle memory       RSS %.1f MiB, RssAnon %.1f MiB\n\n", rss, anon)
	targets, err := b.targets()
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%-18s %10s %8s %10s   %10s %10s   %s\n", "GET", "req/s", "p99", "CPU-ms", "bare Echo", "CPU-ms", "ratio")
	for _, t := range targets {
		if err := b.compare(p, t); err != nil {
			return err
		}
	}
	rss, anon, err = p.memory()
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "\nafter the load    RSS %.1f MiB, RssAnon %.1f MiB\n", rss, anon)
	return nil
}

// targets finds the newest post by way of the outbox, as a peer would.
func (b *bench) targets() ([]target, error) {
	post, err := newestObject(b.url + "/ap/coops/it_kollektiv/outbox")
	if err != nil {
		return nil, err
	}
	return []target{
		{"actor", "/ap/coops/it_kollektiv", activityJSON},
		{"post", strings.TrimPrefix(post, b.url), activityJSON},
		{"outbox page", "/ap/coops/it_kollektiv/outbox/pages/1", activityJSON},
		{"WebFinger", "/.well-known/webfinger?resource=acct:it_kollektiv@" + strings.TrimPrefix(b.url, "http://"), "application/jrd+json"},
		{"post as a page", "/@it_kollektiv/no-masters-no-slave", "text/html"},
	}, nil
}

// compare loads the instance and a bare handler with the same bytes, in turns.
func (b *bench) compare(p *process, t target) (err error) {
	body, contentType, err := fetch(b.url+t.path, t.accept)
	if err != nil {
		return err
	}
	file := filepath.Join(b.dir, "ceiling")
	if err := os.WriteFile(file, append([]byte(contentType+"\n"), body...), 0o600); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	bare, err := start(exec.Command(self, "-ceiling", file, addr), "http://"+addr+"/")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.stop()) }()
	var ours, theirs []result
	for range b.rounds {
		mine, err := b.load(p, strings.TrimPrefix(b.url, "http://"), t.path, t.accept)
		if err != nil {
			return err
		}
		other, err := b.load(bare, addr, "/", t.accept)
		if err != nil {
			return err
		}
		ours, theirs = append(ours, mine), append(theirs, other)
	}
	rate := func(r result) float64 { return r.rate }
	cpu := func(r result) float64 { return r.cpu }
	mine, other := median(each(ours, rate)), median(each(theirs, rate))
	fmt.Fprintf(b.out, "%-18s %10.0f %6.1fms %10.3f   %10.0f %10.3f   %.0f %%\n", t.name, mine,
		median(each(ours, func(r result) float64 { return r.p99 })), median(each(ours, cpu)), other, median(each(theirs, cpu)), 100*mine/other)
	return nil
}

func fetch(url, accept string) (body []byte, contentType string, err error) {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, "", err
	}
	r.Header.Set("Accept", accept)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("GET %s: %s", url, res.Status)
	}
	body, err = io.ReadAll(res.Body)
	return body, res.Header.Get("Content-Type"), err
}

func each[T any](in []T, f func(T) float64) []float64 {
	out := make([]float64, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
