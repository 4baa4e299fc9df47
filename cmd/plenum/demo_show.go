// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"plenum/coop"
	"plenum/delivery"
	"plenum/federation"
)

// The colours of the terminal, where it has them.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// show tells in the terminal what happens in the instances, line by line.
type show struct {
	app    *app
	dir    string
	nodes  []*node
	colour bool
	began  time.Time

	mu       sync.Mutex
	verified map[string]int // deliveries whose signature was verified, by type
	taken    int            // deliveries that were answered with success
	failed   int            // deliveries that were not taken
	frozen   bool           // everything has arrived: what comes now is the end of the instances
}

func newShow(a *app, dir string) *show {
	return &show{app: a, dir: dir, colour: colour(a.stdout), began: time.Now(), verified: map[string]int{}}
}

// head opens a scene.
func (s *show) head(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app.say("\n%s", s.paint(bold, text))
}

// line tells what happens at a node.
func (s *show) line(n *node, code, what, rest string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write(n, code, what, rest)
}

func (s *show) write(n *node, code, what, rest string) {
	s.app.say("%s %-13s %s %s", s.paint(dim, fmt.Sprintf("%6.2fs", time.Since(s.began).Seconds())),
		string(n.name), s.paint(code, fmt.Sprintf("%-10s", what)), rest)
}

func (s *show) paint(code, text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// freeze ends the counting.
func (s *show) freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = true
}

// settled reports whether every delivery that was verified has been told of by
// its sender too.
func (s *show) settled(context.Context) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	verified := 0
	for _, n := range s.verified {
		verified += n
	}
	return s.taken+s.failed >= verified, nil
}

// fail counts a delivery that was not taken.
func (s *show) fail() {
	if !s.frozen {
		s.failed++
	}
}

// sent tells of a delivery that a node made.
func (s *show) sent(n *node, e delivery.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.at(e.Job.Inbox)
	took := e.Verdict.Attempt.Took.Round(100 * time.Microsecond)
	if e.Verdict.State == coop.Done {
		s.taken++
		s.write(n, yellow, "delivered", fmt.Sprintf("%s, signed by its key, to %s: answered %d in %s", e.Job.Type, to, e.Verdict.Attempt.Status, took))
		return
	}
	s.fail()
	s.write(n, red, "failed", fmt.Sprintf("%s to %s: %s", e.Job.Type, to, e.Verdict.Attempt.Reason))
}

// arrived tells of what a node received.
func (s *show) arrived(n *node, e federation.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.What {
	case "verified":
		if !s.frozen {
			s.verified[e.Type]++
		}
		s.write(n, green, "verified", fmt.Sprintf("%s from %s: signature (%s), digest and date are right", e.Type, s.at(e.Actor), e.Note))
	case "refused":
		s.fail()
		s.write(n, red, "refused", fmt.Sprintf("%s from %s: %s", e.Type, s.at(e.Actor), e.Note))
	case "followed":
		s.write(n, green, "accepts", "the follow of "+s.at(e.Actor)+": it is on disk together with the answer")
	case "accepted":
		s.write(n, green, "accepted", "by "+s.at(e.Actor)+": the follow is in force")
	case "kept":
		s.write(n, green, "keeps", fmt.Sprintf("the %s “%s” of %s", e.Type, printable(e.Title), s.at(e.Actor)))
	}
}

// at names the node where an address is.
func (s *show) at(i coop.IRI) string {
	for _, n := range s.nodes {
		if strings.EqualFold(coop.HostOf(i), n.site.Domain) {
			return string(n.name)
		}
	}
	return coop.HostOf(i)
}
