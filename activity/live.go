// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"encoding/json"
	"fmt"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// LiveCounts is what changes about a post without anybody writing it.
type LiveCounts struct {
	coop.Tally
	Post     coop.Post
	Comments coop.CommentPolicy // of its co-op; the number of them is in the Tally
}

// wireTotal is a collection of which only the number of items is told.
type wireTotal struct {
	ID    coop.IRI `json:"id"`
	Type  wireType `json:"type"`
	Total int      `json:"totalItems"`
	First coop.IRI `json:"first,omitempty"`
}

// liveMember is a member of an object that Live sets.
type liveMember struct {
	name  string
	value any
}

// Live returns the object of a post, as EncodeObject made it, with what others
// have made of it until now: how many like and share it, have answered it and come
// to it, and whether it can be answered. It keeps everything else byte for byte.
// Names of those who come are never told. AP §5.7, §5.8, FEP-8a8e.
func Live(s coop.Site, object []byte, x LiveCounts) ([]byte, error) {
	list, ok := rawMembers(object)
	if !ok {
		return nil, fmt.Errorf("count what post %s has: its object is no JSON object", x.Post.ID)
	}
	live := liveMembers(s, x)
	set := make(map[string]json.RawMessage, len(live))
	for _, m := range live {
		v, err := json.Marshal(m.value)
		if err != nil {
			return nil, fmt.Errorf("count what post %s has: %w", x.Post.ID, err)
		}
		set[m.name] = v
	}
	out := make([]byte, 0, len(object)+1<<10)
	write := func(name string, value json.RawMessage) {
		out = append(out, ',')
		out = append(out, Ref(coop.IRI(name))...)
		out = append(append(out, ':'), value...)
	}
	for _, m := range list {
		v, given := set[m.name]
		if !given {
			v = m.value
		}
		delete(set, m.name)
		write(m.name, v)
	}
	for _, m := range live {
		if v, left := set[m.name]; left {
			write(m.name, v)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("count what post %s has: its object is empty", x.Post.ID)
	}
	out[0] = '{'
	out = append(out, '}')
	if err := CheckOutput(out); err != nil {
		return nil, err
	}
	return out, nil
}

// liveMembers are what Live sets, in the order in which new ones are written.
func liveMembers(s coop.Site, x LiveCounts) []liveMember {
	p := x.Post
	total := func(what string, n int) wireTotal {
		return wireTotal{ID: s.Part(p.Kind, p.ID, what), Type: wireType(vocab.OrderedCollectionType), Total: max(n, 0)}
	}
	replies := total("replies", x.Tally.Comments)
	replies.First = s.RepliesPage(p.Kind, p.ID, 1)
	enabled, moderation := replying(x.Comments)
	out := []liveMember{
		{"likes", total("likes", x.Likes)}, {"shares", total("shares", x.Shares)}, {"replies", replies},
		{"commentsEnabled", enabled}, {"repliesModerationOption", moderation},
	}
	if !p.Kind.Event() || p.Joining() == coop.JoinExternal {
		return out
	}
	out = append(out, liveMember{"joinMode", string(p.Joining())}, liveMember{"participantCount", max(x.Going, 0)})
	if p.Capacity > 0 {
		out = append(out, liveMember{"maximumAttendeeCapacity", p.Capacity}, liveMember{"remainingAttendeeCapacity", max(p.Capacity-x.Going, 0)})
	}
	return append(out, liveMember{"attendees", total("attendees", x.Going)})
}

// replying says whether a post can be answered, in the words of PeerTube and of
// Mobilizon.
func replying(c coop.CommentPolicy) (enabled bool, moderation string) {
	switch c {
	case coop.CommentsOpen:
		return true, "allow_all"
	case coop.CommentsClosed:
		return false, "closed"
	}
	return true, "moderated"
}
