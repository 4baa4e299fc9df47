// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"encoding/json"

	"plenum/coop"
)

// What comments, reactions and RSVPs have in common: each belongs to a published
// post of ours and to an actor elsewhere, and goes with either.

// subject is what the replies to a post need to know of it.
type subject struct {
	Coop     coop.Name      `json:"coop"`
	Kind     coop.Kind      `json:"kind"`
	State    coop.PostState `json:"state"`
	Join     coop.JoinMode  `json:"join"`
	Capacity int            `json:"capacity"`
	Status   coop.Status    `json:"status"`
	When     coop.When      `json:"when"`
}

// subject returns what is to be known of a published post; of any other one why
// nobody can reply to it.
func (t *tx) subject(id coop.ID) (subject, error) {
	data := t.get(bPosts, key(id))
	if data == nil {
		_, err := published(t, id)
		return subject{}, err
	}
	s, err := t.db.subjects.read(string(id), data, json.Unmarshal)
	if err != nil || s.State != coop.Published {
		_, err := published(t, id) // says what is wrong
		return subject{}, err
	}
	return s, nil
}

// over reports whether nobody can come to an event any more.
func (s subject) over(t *tx) bool {
	if s.Status == coop.Cancelled {
		return true
	}
	_, end := s.When.Times()
	return !end.After(t.now)
}

// late reports whether an activity was taken back before it came. One that was
// signed anew since then counts.
func late(t *tx, by, activity coop.IRI, seen coop.Seen) bool {
	return !seen.Again && t.has(bDropped, key(by, activity))
}

// knows reports whether an activity arrived before and does not count again.
func (t *tx) knows(s coop.Seen) bool {
	return s.Activity != "" && !s.Again && t.has(bSeen, seenKey(s))
}

// named checks that a reply says from whom it is and by which activity, under which
// it is taken back.
func named(by, activity coop.IRI) error {
	if key(by, activity) == nil {
		return coop.Fail(coop.Invalid, "", "a reply to a post needs its actor and its activity")
	}
	return nil
}

// full is the error for what would go beyond the bounds.
func full(what string) error {
	return coop.Fail(coop.Conflict, "", "there are already as many "+what+" as are kept")
}

// TakeBack undoes what an actor's activity of an id made: a reaction or an RSVP.
// It reports whether it found anything; where it did not, nothing is stored.
func (db *DB) TakeBack(ctx context.Context, by, activity coop.IRI, seen coop.Seen, tell coop.TellFunc) (found bool, err error) {
	err = db.write(ctx, "store.TakeBack", func(t *tx) error {
		k := key(by, activity)
		reaction, post := t.copyOf(bReactionBy, k), coop.ID(t.copyOf(bRSVPBy, k))
		found = reaction != nil || post != ""
		if !found || !notice(t, seen, authors(t, reaction, post)...) {
			return nil
		}
		if reaction != nil {
			reactions.remove(t, reactions.get(t, cat(reaction, []byte{0}, []byte(by))))
			drop(t, k, seen.At)
		}
		if post == "" {
			return nil
		}
		return leaveEvent(t, rsvps.get(t, key(post, coop.ID(by))), tell)
	})
	return found, err
}

// authors is the co-op whose post an actor reacted to, or answered: the index says
// "post id|kind" of a reaction, and the post of an answer.
func authors(t *tx, reaction []byte, answered coop.ID) []coop.Name {
	if answered == "" && len(reaction) > idLen {
		answered = coop.ID(reaction[:idLen])
	}
	post, err := t.subject(answered)
	if err != nil {
		return nil
	}
	return []coop.Name{post.Coop}
}

// Tally counts what people made of a post.
func (db *DB) Tally(ctx context.Context, post coop.ID) (c coop.Tally, err error) {
	err = db.view(ctx, "store.Tally", func(t *tx) error {
		c = coop.Tally{
			Likes:    t.total(reactionTotal(post, coop.Liked)) + t.total(reactionTotal(post, coop.Reacted)),
			Shares:   t.total(reactionTotal(post, coop.Shared)),
			Comments: t.total(commentTotal(post, coop.CommentShown)),
			Held:     t.total(commentTotal(post, coop.CommentHeld)),
			Going:    t.total(rsvpTotal(post, coop.RSVPGoing)),
			Waiting:  t.total(rsvpTotal(post, coop.RSVPWaiting)),
			Asked:    t.total(rsvpTotal(post, coop.RSVPAsked)),
			Maybe:    t.total(rsvpTotal(post, coop.RSVPMaybe)),
		}
		return nil
	})
	return c, err
}

// silence removes all that an actor replied to posts of ours. Seats that become
// free are given to those who wait.
func silence(t *tx, actor coop.IRI, tell coop.TellFunc) error {
	p := prefix(actor)
	for _, k := range t.keys(bCommentBy, p) {
		dropComment(t, comments.get(t, k[len(p):]))
	}
	for _, k := range t.keys(bReactionBy, p) {
		if at := t.copyOf(bReactionBy, k); at != nil {
			reactions.remove(t, reactions.get(t, cat(at, []byte{0}, []byte(actor))))
		}
	}
	var rows []*coop.RSVP
	for _, k := range t.keys(bRSVPBy, p) {
		if post := t.copyOf(bRSVPBy, k); post != nil {
			rows = append(rows, rsvps.get(t, cat(post, []byte{0}, []byte(actor))))
		}
	}
	return unseat(t, rows, tell)
}

// unanswer removes all that was replied to a post that is withdrawn.
func unanswer(t *tx, post coop.ID) {
	for _, c := range commentsOf(t, post) {
		dropComment(t, comments.get(t, []byte(c)))
	}
	for _, k := range t.keys(bReactions, prefix(post)) {
		reactions.remove(t, reactions.get(t, k))
	}
	for _, k := range t.keys(bRSVPs, prefix(post)) {
		rsvps.remove(t, rsvps.get(t, k))
	}
}
