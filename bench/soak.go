// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"crypto"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"plenum/coop"
)

// soakRate is how many requests a second come in while memory is watched. They are
// signed while they are sent, which takes its share of the machine.
const soakRate = 600

// The bounds that an instance has for each actor and host would refuse fewer actors.
const (
	soakActors = 6000
	perActor   = 200 // requests of one actor, below what it may send in an hour
)

// soak sends for some minutes and prints once a minute how much memory the instance
// has: reactions, replies, Follows and what takes them back, of which all tables
// grow that a stranger can make grow.
func (b *inboxBench) soak(minutes int) (err error) {
	if soakActors*perActor < minutes*60*soakRate {
		return fmt.Errorf("there are actors for %d minutes at most", soakActors*perActor/60/soakRate)
	}
	at, err := b.copyOf(b.warm)
	if err != nil {
		return err
	}
	p, err := b.serve(at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	fmt.Fprintf(b.out, "\n%d requests a second by %d actors: Likes, replies, Follows, and Undos of each\n%8s %10s %8s %8s %8s %14s %10s %10s\n", soakRate, soakActors,
		"minute", "requests", "202", "p50 ms", "p99 ms", "RssAnon MiB", "RSS MiB", "file MiB")
	var sent atomic.Int64
	var failed atomic.Pointer[error]
	first, last := 0.0, 0.0
	for m := range minutes {
		a, err := flood(stream{addr: b.address(), conns: b.conns, rate: soakRate, until: time.Now().Add(time.Minute), next: func(int, []byte) []byte {
			l, err := b.deed(int(sent.Add(1)) - 1)
			if err != nil {
				failed.Store(&err)
			}
			return l.raw
		}})
		if e := failed.Load(); e != nil {
			err = errors.Join(err, *e)
		}
		if err != nil {
			return err
		}
		rss, anon, err := p.memory()
		if err != nil {
			return err
		}
		info, err := os.Stat(at.dir + "/data/plenum.db")
		if err != nil {
			return err
		}
		if m == 0 {
			first = anon
		}
		last = anon
		fmt.Fprintf(b.out, "%8d %10d %6.1f %% %8.1f %8.1f %14.1f %10.1f %10d\n", m+1, len(a.took)+a.broken,
			100*float64(a.statuses[202])/float64(max(1, len(a.took)+a.broken)), a.quantile(0.5), a.quantile(0.99), anon, rss, info.Size()>>20)
		if a.statuses[202] != len(a.took) || a.broken > 0 {
			fmt.Fprintf(b.out, "%8s answered %v, %d had no answer\n", "", a.statuses, a.broken)
		}
	}
	if minutes > 1 {
		fmt.Fprintf(b.out, "RssAnon after the first minute %.1f MiB, after the last %.1f MiB (%s)\n", first, last, goal(last <= first+10, "at most 10 more"))
	}
	return nil
}

// deed is the i-th letter of a soak: each actor does one thing after another, and
// takes it back.
func (b *inboxBench) deed(i int) (letter, error) {
	var actor coop.IRI
	var key crypto.Signer
	actor, key = b.crowd.swift(i % soakActors)
	turn := i / soakActors
	id := fmt.Sprintf("%s/deeds/%d", actor, turn)
	post := b.posts[(i+turn/8)%len(b.posts)]
	var doc map[string]any
	undo := func() map[string]any {
		return map[string]any{"type": "Undo", "object": fmt.Sprintf("%s/deeds/%d", actor, turn-1)}
	}
	switch turn % 8 {
	case 0, 4:
		doc = map[string]any{"type": "Like", "object": post}
	case 2:
		doc = map[string]any{"type": "Follow", "object": b.site.Actor(asking)}
	case 6:
		doc = map[string]any{"type": "Announce", "object": post, "to": coop.Public}
	default:
		doc = undo()
	}
	if i%199 == 7 { // each time somebody else: replies are bounded for each actor and hour
		note := fmt.Sprintf("%s/notes/%d", actor, turn)
		doc = map[string]any{"type": "Create", "to": coop.Public, "object": map[string]any{
			"id": note, "type": "Note", "attributedTo": actor, "inReplyTo": post, "content": "<p>We were there.</p>", "to": coop.Public, "published": time.Now().UTC().Format(time.RFC3339)}}
	}
	doc["id"] = coop.IRI(id)
	return b.crowd.write(b.site.SharedInbox(), actor, key, doc)
}
