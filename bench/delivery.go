// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// deliveryBench measures how fast and at what cost posts come to followers.
type deliveryBench struct {
	rounds, only int
	million      bool
	out          io.Writer

	dir, binary  string
	site         coop.Site // of every instance here; one runs at a time
	key          *rsa.PrivateKey
	sink         *network
	small, wide  place // 1,000 followers on 100 hosts, and on 1,000
	large, loner place // 50,000 on 5,000 hosts, with shared inboxes and each with its own
}

// name is the co-op that is followed.
const name = coop.Name("it_kollektiv")

// figure is something to measure.
type figure struct {
	title        string
	at           *place
	posts, hosts int
	pause        time.Duration // what every server takes for an answer
	goal         float64       // per cent of the ceiling
	ceilingOf    int           // the figure whose ceiling it is held against
}

// inboxes are where the posts of the figure must arrive.
func (f figure) inboxes(port string) []string {
	list := make([]string, f.hosts)
	for h := range list {
		list[h] = "http://" + hostName(h, port) + "/inbox"
	}
	return list
}

func (b *deliveryBench) figures() []figure {
	return []figure{
		{title: "20 posts to 1,000 followers on 100 hosts", at: &b.small, posts: 20, hosts: 100, goal: 90, ceilingOf: 0},
		{title: "1 post to 1,000 followers on 1,000 hosts", at: &b.wide, posts: 1, hosts: 1000, goal: 90, ceilingOf: 1},
		{title: "1 post to 50,000 followers on 5,000 hosts", at: &b.large, posts: 1, hosts: 5000, goal: 90, ceilingOf: 2},
		{title: "1 post to 1,000 on 1,000 hosts that take 100 ms", at: &b.wide, posts: 1, hosts: 1000, pause: 100 * time.Millisecond, goal: 85, ceilingOf: 1},
	}
}

func runDelivery(b deliveryBench) (err error) {
	if b.dir, err = os.MkdirTemp("", "plenum-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := b.setUp(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.sink.stop()) }()
	figures := b.figures()
	rows := make([]row, len(figures))
	for i := range figures {
		rows[i].figure = figures[i]
	}
	if b.only == 0 || b.only <= len(figures) {
		if err := b.prepare(b.only); err != nil {
			return err
		}
		for range b.rounds {
			if err := b.round(rows); err != nil {
				return err
			}
		}
		printTable(b.out, rows)
	}
	if b.million {
		return b.many()
	}
	return nil
}

// round measures each figure once, the instance and the bare loop in turns.
func (b *deliveryBench) round(rows []row) error {
	for i := range rows {
		r := &rows[i]
		if b.only != 0 && b.only != i+1 {
			continue
		}
		ours, bodies, err := b.ours(r.figure)
		if err != nil {
			return fmt.Errorf("%s: %w", r.title, err)
		}
		r.ours = append(r.ours, ours)
		if r.ceilingOf != i && b.only == 0 {
			r.bare = rows[r.ceilingOf].bare
			continue
		}
		plain := r.figure
		plain.pause = 0
		bare, err := b.theirs(plain, bodies)
		if err != nil {
			return fmt.Errorf("%s: %w", r.title, err)
		}
		r.bare = append(r.bare, bare)
	}
	return nil
}

// setUp builds the program and starts the servers that will follow.
func (b *deliveryBench) setUp() (err error) {
	b.binary = filepath.Join(b.dir, "plenum")
	if err := build(b.binary); err != nil {
		return err
	}
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	b.site = coop.Site{Domain: "localhost" + addr[len("127.0.0.1"):], HTTP: true}
	if b.key, err = keys.Generate(rand.Reader); err != nil {
		return err
	}
	b.sink, err = startNetwork(b.dir, &b.key.PublicKey)
	return err
}

// prepare makes the instances that rounds begin with, followed by those that the
// figures need.
func (b *deliveryBench) prepare(only int) error {
	for _, p := range []struct {
		at           *place
		name         string
		hosts, users int
		figures      []int
		fill         func(*place, int, int) error
	}{
		{&b.small, "small", 100, 10, []int{1}, b.follow},
		{&b.wide, "wide", 1000, 1, []int{2, 4}, b.follow},
		{&b.large, "large", 5000, 10, []int{3}, b.fill(false)},
	} {
		if only != 0 && only != p.figures[0] && only != p.figures[len(p.figures)-1] {
			continue
		}
		var err error
		if *p.at, err = b.newPlace(p.name); err != nil {
			return err
		}
		if err := p.fill(p.at, p.hosts, p.users); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// place is the folder of an instance.
type place struct {
	dir    string
	token  string // for posting
	pem    []byte // the private key of the co-op, for the bare loop
	public string // its public key, for who looks at signatures
}

func (b *deliveryBench) newPlace(folder string) (p place, err error) {
	p.dir = filepath.Join(b.dir, folder)
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		return p, err
	}
	if _, err := plenum(b.binary, p.dir, "quickstart", "--development", "--domain", b.site.Domain, "--dir", p.dir, "--coop", string(name)); err != nil {
		return p, err
	}
	if p.token, err = plenum(b.binary, p.dir, "token", "create", "--coop", string(name), "--name", "bench"); err != nil {
		return p, err
	}
	p.token = trim(p.token)
	return p, b.keyOf(&p)
}

// copyOf is a fresh copy of a place, so that each round begins with the same.
func (b *deliveryBench) copyOf(p place) (place, error) {
	c := p
	c.dir = filepath.Join(b.dir, "round")
	if err := os.RemoveAll(c.dir); err != nil {
		return c, err
	}
	if out, err := exec.Command("cp", "-a", p.dir, c.dir).CombinedOutput(); err != nil {
		return c, fmt.Errorf("copy: %w\n%s", err, out)
	}
	return c, nil
}

// serve starts the instance in a place. What it logs stays in its folder.
func (b *deliveryBench) serve(p place) (*process, error) {
	log, err := os.OpenFile(filepath.Join(p.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(b.binary, "serve", "--config", filepath.Join(p.dir, "plenum.toml"))
	cmd.Stderr = log
	return start(cmd, b.site.Base()+"/healthz")
}
