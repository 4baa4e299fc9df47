// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"encoding/json"
	"slices"

	"plenum/coop"
)

// What Verify checks of comments, reactions and RSVPs.

func (a *audit) replies() {
	rows(a, comments, []string{bCommentOrder, bCommentBy}, func(k []byte, c *coop.Comment) {
		a.reply(bComments, k, c.Post, c.Coop)
		if !slices.Contains(commentStates(), c.State) {
			a.find("comments: the state of %q is %q", k, c.State)
		}
		if c.Private && (c.State == coop.CommentShown || c.Forward) {
			a.find("comments: %q was not addressed to the public, but is shown or would be passed on", k)
		}
		if c.Forward {
			a.body(bCommentBodies, k, "a comment that is to be passed on needs")
		}
		if c.State == coop.CommentRejected && c.Body+c.Text+c.Name+c.Warning != "" {
			a.find("comments: %q was rejected, but its text is still there", k)
		}
	})
	for k, v := range a.t.scan(bCommentBodies, every(), nil) {
		if c := comments.get(a.t, k); c == nil || !c.Forward {
			a.find("comment_bodies: %q belongs to no comment that is to be passed on", k)
		}
		if !json.Valid(v) {
			a.find("comment_bodies: %q is no JSON", k)
		}
	}
	rows(a, reactions, []string{bReactionBy}, func(k []byte, r *coop.Reaction) {
		a.reply(bReactions, k, r.Post, r.Coop)
		if !slices.Contains(reactionKinds(), r.Kind) {
			a.find("reactions: the kind of %q is %q", k, r.Kind)
		}
	})
	last := toNumber(a.t.get(bTurns, []byte(turnOfRSVPs)))
	rows(a, rsvps, []string{bRSVPOrder, bRSVPBy}, func(k []byte, r *coop.RSVP) {
		a.reply(bRSVPs, k, r.Post, r.Coop)
		if !slices.Contains(coop.RSVPStates(), r.State) {
			a.find("rsvps: the state of %q is %q", k, r.State)
		}
		if r.Turn > last {
			a.find("turns: that of RSVPs is %d, behind that of %q", last, k)
		}
		if seat := r.State == coop.RSVPGoing || r.State == coop.RSVPWaiting || r.State == coop.RSVPAsked; seat && r.Turn == 0 {
			a.find("rsvps: %q asks for a seat and has no turn", k)
		}
	})
}

// reply checks that what was replied belongs to a published post of a co-op.
func (a *audit) reply(bucket string, k []byte, post coop.ID, n coop.Name) {
	if owner, published := a.owners[post]; !published || owner != n {
		a.find("%s: %q belongs to the post %q, which is not published by %s", bucket, k, post, n)
	}
}
