// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"

	"plenum/coop"
)

// What Verify checks beyond tables and their indexes, noun by noun.

// ours checks that a row belongs to an actor of ours.
func (a *audit) ours(n coop.Name, bucket string, k []byte) {
	if !a.t.has(bCoops, key(n)) {
		a.find("%s: row %q belongs to the co-op %q, which does not exist", bucket, k, n)
	}
}

// body checks that something is stored where a row needs it, and is JSON.
func (a *audit) body(bucket string, k []byte, why string) {
	b := a.t.get(bucket, k)
	if b == nil {
		a.find("%s: %q is missing, which %s", bucket, k, why)
	} else if !json.Valid(b) {
		a.find("%s: %q is no JSON", bucket, k)
	}
}

func (a *audit) coops() {
	rows(a, coops, nil, func(k []byte, c *coop.Coop) {
		if block, _ := pem.Decode(a.t.get(bKeys, k)); block == nil {
			a.find("keys: the private key of %q is missing or damaged", k)
		}
		a.picture(c.Icon.File, fmt.Sprintf("the co-op %s", k))
	})
	for k, v := range a.t.scan(bKeys, every(), nil) {
		name, document, former := strings.Cut(string(k), "\x00")
		a.ours(coop.Name(name), bKeys, k)
		if block, _ := pem.Decode(v); former && (block == nil || documents.get(a.t, []byte(document)) == nil) {
			a.find("keys: the former key %q is damaged or of no document", k)
		}
	}
}

func (a *audit) posts() {
	a.owners = map[coop.ID]coop.Name{}
	rows(a, posts, []string{bSlugs, bPostOrder, bCalendar, bSchedule, bPostFiles}, func(k []byte, p *coop.Post) {
		a.ours(p.Coop, bPosts, k)
		a.picture(p.Image.File, fmt.Sprintf("the post %s", k))
		switch p.State {
		case coop.Published:
			a.owners[p.ID] = p.Coop
			a.body(bObjects, k, "a published post needs")
			a.body(bBodies, key(p.Activity), fmt.Sprintf("the post %s needs as its Create", k))
		case coop.Withdrawn:
			if !a.t.has(bDocuments, key(p.Activity)) {
				a.find("documents: the Create of the withdrawn post %q is missing", k)
			}
		case coop.Draft:
			if a.t.has(bObjects, k) {
				a.find("objects: the draft %q has one", k)
			}
		default:
			a.find("posts: the state of %q is %q", k, p.State)
		}
	})
	for k, v := range a.t.scan(bObjects, every(), nil) {
		if !a.t.has(bPosts, k) {
			a.find("objects: %q belongs to no post", k)
		}
		if !json.Valid(v) {
			a.find("objects: %q is no JSON", k)
		}
	}
	for k, v := range a.t.scan(bPlaces, every(), nil) {
		if !json.Valid(v) {
			a.find("places: %q is no JSON", k)
		}
	}
}

func (a *audit) documents() {
	turns := map[coop.Name]uint64{}
	rows(a, documents, []string{bPostDocuments, bOutbox, bDocumentAges, bDocumentActors}, func(k []byte, d *docRow) {
		a.ours(d.Actor, bDocuments, k)
		turns[d.Actor] = max(turns[d.Actor], d.Turn)
		if d.Forwarded != "" && (d.Post != "" || d.Turn > 0) {
			a.find("documents: %q is passed on and about a post of ours", k)
		}
		if d.Post != "" && !a.t.has(bPosts, key(d.Post)) {
			a.find("documents: %q is about the post %q, which does not exist", k, d.Post)
		}
		if d.Gone.IsZero() {
			a.body(bBodies, k, "its document needs")
		} else if a.t.has(bBodies, k) {
			a.find("bodies: %q is still there, but its document is gone", k)
		}
	})
	for k := range a.t.scan(bBodies, every(), nil) {
		if !a.t.has(bDocuments, k) {
			a.find("bodies: %q belongs to no document", k)
		}
	}
	for n, turn := range turns {
		if toNumber(a.t.get(bTurns, key(n))) < turn {
			a.find("turns: that of %q is behind its outbox", n)
		}
	}
	rows(a, answers, []string{bAnswerAges}, func(k []byte, s *coop.Answer) {
		if s.Document != "" && !a.t.has(bDocuments, key(s.Document)) {
			a.find("answers: %q needs the document %q, which does not exist", k, s.Document)
		}
	})
}

func (a *audit) people() {
	rows(a, followers, []string{bFollowerCoops, bBoxes}, func(k []byte, f *coop.Follower) { a.ours(f.Coop, bFollowers, k) })
	rows(a, followings, []string{bFollowingCoops}, func(k []byte, f *coop.Following) { a.ours(f.Coop, bFollowings, k) })
	rows(a, actors, []string{bActorKeys, bActorTurns}, nil)
	rows(a, servers, []string{bServerAges}, nil)
}

func (a *audit) arrivals() {
	rows(a, received, []string{bReceivedOrder, bReceivedVia, bReceivedBy}, nil)
	for k, v := range a.t.scan(bReceivedBodies, every(), nil) {
		if !a.t.has(bReceived, k) {
			a.find("received_bodies: %q belongs to no row", k)
		}
		if !json.Valid(v) {
			a.find("received_bodies: %q is no JSON", k)
		}
	}
	for _, s := range []aged{seenSet, droppedSet} {
		for k, at := range a.t.scan(s.rows, every(), nil) {
			a.count(s.rows, 1)
			if len(at) != timeLen || !a.t.has(s.ages, cat(at, k)) {
				a.find("%s: %q has no age", s.rows, k)
			}
		}
		for k := range a.t.scan(s.ages, every(), nil) {
			if len(k) <= timeLen || !bytes.Equal(a.t.get(s.rows, k[timeLen:]), k[:timeLen]) {
				a.find("%s: the entry %q belongs to no row of %s", s.ages, k, s.rows)
			}
		}
	}
}
