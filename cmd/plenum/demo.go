// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"plenum/coop"
)

type demoCmd struct {
	Once bool `help:"End when every post has arrived, with a count."`
}

// Help is shown by `plenum help demo`.
func (demoCmd) Help() string {
	return `Three instances, each with its own database in a temporary directory and its own
port on this machine. Their co-ops follow each other; the report, meetups and
talk of the 35C3 are published through the outbox API, signed, delivered over
HTTP, verified and kept. Needs no network, and leaves nothing behind.

Example: plenum demo --once`
}

// demoCoop is a co-op of the demonstration and the files that it publishes.
type demoCoop struct {
	name, title, summary string
	files                []string
}

var demoCoops = []demoCoop{
	{"it_kollektiv", "IT-Kollektiv", "A tech co-op from Germany.",
		[]string{"35c3/report.md", "35c3/meetup-1.md", "35c3/meetup-2.md", "35c3/talk.md"}},
	{"cotech", "A CoTech co-op", "One of the co-ops of CoTech.", []string{"35c3/cotech/cotech.md"}},
	{"komona", "Komona assembly", "The Komona space at the congress.", []string{"35c3/komona/komona.md"}},
}

// demoDeadline is how long the demonstration waits for what it shows.
const demoDeadline = time.Minute

// Run shows the main job.
func (d demoCmd) Run(ctx context.Context, a *app) error {
	dir, err := os.MkdirTemp("", "plenum-demo-")
	if err != nil {
		return err
	}
	s := newShow(a, filepath.Clean(dir))
	err = s.run(ctx, d.Once)
	return errors.Join(err, os.RemoveAll(dir))
}

// run starts the instances, plays the story and, unless once, waits to be
// interrupted.
func (s *show) run(ctx context.Context, once bool) error {
	s.head("Three instances start, each with its own database and its own keys")
	running, stop := context.WithCancel(ctx)
	defer stop()
	err := s.play(ctx, running)
	if err == nil && !once {
		s.invite()
		<-ctx.Done()
	}
	stop()
	err = errors.Join(err, s.stop())
	switch interrupted := ctx.Err() != nil; {
	case interrupted && once:
		return s.count(withHint(errors.New("interrupted before everything had arrived"), "run `plenum demo --once` again"))
	case interrupted: // that is how it ends
		return nil
	case once || err != nil:
		return s.count(err)
	}
	return nil
}

// play starts the instances, which serve until running ends, and tells the story.
func (s *show) play(ctx, running context.Context) error {
	for _, c := range demoCoops {
		n, err := s.start(running, c)
		if err != nil {
			return err
		}
		s.nodes = append(s.nodes, n)
	}
	return s.story(ctx)
}

// story is what there is to see: everybody follows everybody, everybody
// publishes, and each instance serves what it received from its own file.
func (s *show) story(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, demoDeadline)
	defer cancel()
	s.head("Each co-op follows the other two")
	for _, n := range s.nodes {
		for _, other := range s.nodes {
			if n != other {
				if err := n.follow(ctx, other); err != nil {
					return err
				}
			}
		}
	}
	if err := s.until(ctx, "every follow is accepted", s.allFollow); err != nil {
		return err
	}
	s.head("The posts of the 35C3 go through the outbox API")
	for _, n := range s.nodes {
		if err := n.publish(ctx); err != nil {
			return err
		}
	}
	if err := s.until(ctx, "every post has arrived", s.allServed); err != nil {
		return err
	}
	if err := s.until(ctx, "every delivery is settled", s.settled); err != nil {
		return err
	}
	s.freeze()
	s.head("Every instance serves what it received from its own file")
	for _, n := range s.nodes {
		s.line(n, green, "serves", fmt.Sprintf("%d posts of the others on %s", len(s.expected(n)), n.site.Network()))
	}
	return nil
}

// until asks again and again whether something holds.
func (s *show) until(ctx context.Context, what string, holds func(context.Context) (bool, error)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := holds(ctx)
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return withHint(fmt.Errorf("waited %s in vain until %s", demoDeadline, what), "the lines above say how far it came")
		case <-tick.C:
		}
	}
}

// expected are the ids of the posts that a node should have received.
func (s *show) expected(n *node) (ids []coop.IRI) {
	for _, other := range s.nodes {
		if other != n {
			ids = append(ids, other.posts...)
		}
	}
	return ids
}

// invite says where to look.
func (s *show) invite() {
	s.head("Look at it in a browser; Ctrl-C ends the demonstration")
	for _, n := range s.nodes {
		s.line(n, bold, "open", string(n.site.Profile(n.name))+"   and what arrived: "+string(n.site.Network()))
	}
}

// count prints the last line of the demonstration and is what went wrong, if anything.
func (s *show) count(err error) error {
	s.mu.Lock()
	v, failed := s.verified, s.failed
	s.mu.Unlock()
	total := v["Follow"] + v["Accept"] + v["Create"]
	if err != nil {
		failed = max(failed, 1)
	}
	line := map[string]any{"verified": total, "follow": v["Follow"], "accept": v["Accept"], "create": v["Create"], "failed": failed}
	if s.app.json {
		if perr := s.app.print(line); perr != nil {
			return perr
		}
	}
	s.app.say("demo: %d deliveries verified (%d Follow, %d Accept, %d Create), %d failed", total, v["Follow"], v["Accept"], v["Create"], failed)
	return err
}
