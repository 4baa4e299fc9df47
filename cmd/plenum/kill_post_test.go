// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"slices"
	"testing"

	"plenum/coop"
)

// entry is a post and the requests about it, in the order in which they are made.
type entry struct {
	coop   string
	name   string // its first title
	object string // its id, once the outbox has answered
	steps  []*step
}

// step is one request about a post.
type step struct {
	kind     string // Create, Update, Delete
	title    string // of the post from then on
	begun    bool
	activity coop.IRI // once it was answered
}

func (p *entry) add(kind string) {
	title := p.name
	if n := len(p.steps); n > 0 {
		title = fmt.Sprintf("%s, change %d", p.name, n)
	}
	p.steps = append(p.steps, &step{kind: kind, title: title})
}

func (p *entry) last() *step { return p.steps[len(p.steps)-1] }

// deleted reports whether its last word is a Delete.
func (p *entry) deleted() bool { return p.last().kind == "Delete" }

// unanswered reports whether a request was begun and had no answer.
func (p *entry) unanswered() bool { return len(p.steps) > 0 && p.last().activity == "" }

// forget drops the requests that were planned and never begun.
func (p *entry) forget() {
	p.steps = slices.DeleteFunc(p.steps, func(s *step) bool { return !s.begun })
}

// activities are the ids of a post's activities, in order.
func (p *entry) activities() (ids []coop.IRI) {
	for _, s := range p.steps {
		ids = append(ids, s.activity)
	}
	return ids
}

// plan chooses what is published in a round: new posts, some of them changed or
// deleted at once, and changes to those of the rounds before. It returns how many
// requests that makes.
func (k *trial) plan(round int) (todo []*entry, steps int) {
	for _, p := range k.posts[max(0, len(k.posts)-15):] {
		if p.deleted() || k.dice.IntN(3) > 0 {
			if p.unanswered() {
				todo = append(todo, p)
			}
			continue
		}
		todo = append(todo, p)
	}
	for i := range 1 + k.dice.IntN(5) {
		p := &entry{coop: []string{first, second}[k.dice.IntN(2)], name: fmt.Sprintf("Post %d of round %d", i, round)}
		p.add("Create")
		k.posts, todo = append(k.posts, p), append(todo, p)
	}
	k.dice.Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
	for _, p := range todo {
		k.open[p] = true
		if !p.deleted() {
			for range k.dice.IntN(3) {
				p.add("Update")
			}
			if k.dice.IntN(3) == 0 {
				p.add("Delete")
			}
		}
		for _, s := range p.steps {
			if s.activity == "" {
				steps++
			}
		}
	}
	return todo, steps
}

// drop forgets what was planned and never begun.
func (k *trial) drop() {
	k.posts = slices.DeleteFunc(k.posts, func(p *entry) bool {
		p.forget()
		if len(p.steps) == 0 {
			delete(k.open, p)
		}
		return len(p.steps) == 0
	})
}

// send makes the requests of a post that have no answer yet.
func (k *trial) send(t *testing.T, p *entry, answers chan<- struct{}) error {
	for i, s := range p.steps {
		if s.activity != "" {
			continue
		}
		body := article(s.title)
		switch s.kind {
		case "Update":
			body = fmt.Sprintf(`{"type":"Update","object":{"id":%q,"name":%q}}`, p.object, s.title)
		case "Delete":
			body = fmt.Sprintf(`{"type":"Delete","object":%q}`, p.object)
		}
		s.begun = true
		id, object, err := k.sender.post(t.Context(), t, k.client, request{coop: p.coop, token: k.tokens[p.coop], key: fmt.Sprint(p.name, " ", i), body: body})
		if err != nil {
			return err
		}
		if id == "" || p.object != "" && p.object != object {
			return fmt.Errorf("%s of %s was answered with %q about %q", s.kind, p.object, id, object)
		}
		s.activity, p.object = coop.IRI(id), object
		if answers != nil {
			answers <- struct{}{}
		}
	}
	return nil
}
