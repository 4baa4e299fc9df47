// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"slices"
	"unicode/utf8"

	"plenum/coop"
)

var comments = table[coop.Comment]{
	bucket: bComments,
	key:    func(c *coop.Comment) []byte { return key(c.Object) },
	index: func(c *coop.Comment) []entry {
		at := cat(timeKey(c.At), key(c.Object))
		return []entry{
			{bCommentOrder, cat(prefix("p"+string(c.Post), string(c.State)), at), nil},
			{bCommentOrder, cat(prefix("c"+string(c.Coop), string(c.State)), at), nil},
			{bCommentBy, key(c.By, c.Object), nil},
		}
	},
	totals: func(c *coop.Comment) []string { return []string{bComments, commentTotal(c.Post, c.State)} },
}

func commentTotal(post coop.ID, s coop.CommentState) string {
	return bComments + " " + string(post) + " " + string(s)
}

func commentStates() []coop.CommentState {
	return []coop.CommentState{coop.CommentShown, coop.CommentHeld, coop.CommentRejected}
}

// KeepComment stores a comment on a published post, or a new version of one of the
// same author, with what is sent because of it if it is new and shown. It returns
// the row as it stands. A version that is older than the stored one changes
// nothing, and neither does one of a comment that was rejected. What its author
// deleted is Gone, another author's is Forbidden, and beyond the bounds it is a
// Conflict. Where seen names no activity, what is there already changes only for
// one that says it is newer: the row itself tells what came.
func (db *DB) KeepComment(ctx context.Context, c coop.Comment, seen coop.Seen, out coop.Outgoing) (row coop.Comment, err error) {
	err = db.write(ctx, "store.KeepComment", func(t *tx) error {
		row = c
		old := comments.get(t, key(c.Object))
		if old != nil && old.By == c.By && seen.Activity == "" && !c.Updated.After(old.Updated) || t.knows(seen) {
			if old != nil {
				row = *old
			}
			return nil
		}
		if err := admit(t, old, &row); err != nil {
			return err
		}
		if notice(t, seen, row.Coop); seen.Activity == "" {
			arrived(t, seen, row.Activity, row.Coop)
		}
		if old != nil && row.State == coop.CommentRejected {
			return nil
		}
		return putComment(t, old, &row, out)
	})
	return row, err
}

// admit finds out whether a comment may be stored in place of old, and makes it
// what then stands there.
func admit(t *tx, old, c *coop.Comment) error {
	if err := named(c.By, c.Activity); err != nil {
		return err
	}
	if max(len(c.Body), len(c.Text)) > coop.MaxComment || utf8.RuneCountInString(c.Warning) > coop.MaxWarning {
		return coop.Fail(coop.TooLarge, "", "the comment is too long")
	}
	if old != nil && old.By != c.By {
		return coop.Fail(coop.Forbidden, "", "the comment is somebody else's")
	}
	if t.has(bDropped, key(c.By, c.Object)) {
		return coop.Fail(coop.Gone, "", "its author has deleted the comment")
	}
	post, err := t.subject(c.Post)
	if err != nil {
		return err
	}
	c.Coop = post.Coop
	if c.At.IsZero() {
		c.At = t.now
	}
	if old != nil {
		revised(old, c)
	}
	if c.Private {
		c.Forward = false
		if c.State == coop.CommentShown {
			c.State = coop.CommentHeld
		}
	}
	return room(t, old, c)
}

// revised makes a version of a comment what follows from the one before it. One that
// says something else is not passed on: those who follow know nothing of the first
// version, and ought not to be told what its author has taken back.
func revised(old, c *coop.Comment) {
	if old.State == coop.CommentRejected || c.Updated.Before(old.Updated) {
		raw := c.Raw
		*c = *old
		c.Raw = raw
		return
	}
	changed := old.Name != c.Name || old.Body != c.Body || old.Warning != c.Warning || old.Sensitive != c.Sensitive
	c.Post, c.Coop, c.At, c.Passed = old.Post, old.Coop, old.At, old.Passed
	c.Forward = old.Forward && !changed // what is kept to be passed on is the first version
	if old.State == coop.CommentHeld || !changed {
		c.State = old.State
	}
}

// room checks the bounds: of all comments, and of a post.
func room(t *tx, old, c *coop.Comment) error {
	if old == nil && t.total(bComments) >= t.bounds.comments {
		return full("comments")
	}
	if old != nil && old.State == c.State {
		return nil
	}
	switch n := t.total(commentTotal(c.Post, c.State)); {
	case c.State == coop.CommentShown && n >= t.bounds.shownPerPost:
		return full("comments on this post")
	case c.State == coop.CommentHeld && n >= t.bounds.heldPerPost:
		return full("comments on this post waiting for a decision")
	}
	return nil
}

// putComment stores a comment with what passes it on, if it is to be passed on and
// shown from now on. The activity of one that is to be is kept until then.
func putComment(t *tx, old, c *coop.Comment, out coop.Outgoing) error {
	appears := c.State == coop.CommentShown && (old == nil || old.State != coop.CommentShown)
	passed := appears && (old == nil || old.Forward) // it may have been changed since out was made
	if appears {
		c.Forward = false
	}
	if passed && len(out.Documents) > 0 {
		c.Passed = out.Documents[0].ID
	}
	switch {
	case old == nil && c.Forward && len(c.Raw) > 0:
		t.put(bCommentBodies, key(c.Object), c.Raw)
	case old == nil:
		c.Forward = false
	case old.Forward && !c.Forward:
		t.del(bCommentBodies, key(c.Object))
	}
	if old != nil {
		if c.Since = old.Since; c.State != old.State {
			c.Since = t.now
		}
	}
	comments.swap(t, old, c)
	if !passed {
		return nil
	}
	return send(t, out)
}

// dropComment removes a comment with its activity; nil does nothing.
func dropComment(t *tx, c *coop.Comment) {
	if c == nil {
		return
	}
	comments.remove(t, c)
	if c.Forward {
		t.del(bCommentBodies, key(c.Object))
	}
}

// DecideComment stores what somebody decided about a comment, with what is sent
// because of it if it is shown from then on. Rejecting takes its text away;
// to show a rejected or a private one is a Conflict, and so is to decide about another
// version than the one that was read.
func (db *DB) DecideComment(ctx context.Context, object coop.IRI, s coop.CommentState, d coop.Decision, out coop.Outgoing) (row coop.Comment, err error) {
	err = db.write(ctx, "store.DecideComment", func(t *tx) error {
		old := comments.get(t, key(object))
		if old == nil {
			return coop.Fail(coop.NotFound, "", "there is no such comment")
		}
		row = *old
		switch {
		case !slices.Contains(commentStates(), s):
			return coop.Fail(coop.Invalid, "", "a comment is shown, held or rejected")
		case s == coop.CommentShown && old.Private:
			return coop.Fail(coop.Conflict, "", "this comment was not addressed to the public; it cannot be shown")
		case old.State == coop.CommentRejected && s != coop.CommentRejected:
			return coop.Fail(coop.Conflict, "", "the text of a rejected comment is not kept; its author can write it anew")
		case d.Version != "" && d.Version != old.Version():
			return &coop.Error{Code: coop.Conflict, Member: "version", Msg: "its author has changed this comment since you read it; read it again"}
		}
		row.State = s
		if err := room(t, old, &row); err != nil {
			return err
		}
		if s == coop.CommentRejected {
			row = blank(row)
		}
		t.public = true
		if err := decide(t, d); err != nil {
			return err
		}
		return putComment(t, old, &row, out)
	})
	return row, err
}

// blank is what is kept of a rejected comment: whose it is, nothing of what it said.
func blank(c coop.Comment) coop.Comment {
	c.Name, c.Warning, c.Body, c.Text, c.URL, c.Sensitive, c.Forward = "", "", "", "", "", false, false
	return c
}

// Comment returns a comment in whatever state it is, with its activity where that is
// to be passed on.
func (db *DB) Comment(ctx context.Context, object coop.IRI) (c coop.Comment, err error) {
	err = db.view(ctx, "store.Comment", func(t *tx) error {
		row := comments.get(t, key(object))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "there is no such comment")
		}
		c = *row
		c.Raw = t.copyOf(bCommentBodies, key(object))
		return nil
	})
	return c, err
}

// Comments returns the comments that a query chooses, as they came, oldest first.
func (db *DB) Comments(ctx context.Context, q coop.CommentQuery) (list []coop.Comment, err error) {
	if q.Limit <= 0 {
		q.Limit = 100
	}
	err = db.view(ctx, "store.Comments", func(t *tx) error {
		q.Skip, q.Limit = min(max(q.Skip, 0), t.bounds.comments), min(q.Limit, t.bounds.comments)
		var found [][]byte // times and objects
		ranges := commentRanges(t, q)
		for _, p := range ranges {
			n := 0
			for k := range t.scan(bCommentOrder, p, nil) {
				if n++; n > q.Skip+q.Limit {
					break
				}
				found = append(found, bytes.Clone(k[len(p):]))
			}
		}
		if len(ranges) > 1 {
			slices.SortFunc(found, bytes.Compare)
		}
		for _, k := range found[min(q.Skip, len(found)):min(q.Skip+q.Limit, len(found))] {
			if c := comments.get(t, k[timeLen:]); c != nil {
				list = append(list, *c)
			}
		}
		return nil
	})
	return list, err
}

// commentRanges are the parts of the order in which stands what a query chooses.
func commentRanges(t *tx, q coop.CommentQuery) (list [][]byte) {
	scopes := []string{"p" + string(q.Post)}
	if q.Post == "" {
		scopes = []string{"c" + string(q.Coop)}
	}
	if q.Post == "" && q.Coop == "" {
		scopes = nil
		for c := range coops.all(t, every()) {
			scopes = append(scopes, "c"+string(c.Name))
		}
	}
	for _, scope := range scopes {
		for _, s := range commentStates() {
			if q.State == "" || q.State == s {
				list = append(list, prefix(scope, string(s)))
			}
		}
	}
	return list
}

// commentsOf returns the ids of all comments on a post.
func commentsOf(t *tx, post coop.ID) (ids []string) {
	for _, p := range commentRanges(t, coop.CommentQuery{Post: post}) {
		for k := range t.scan(bCommentOrder, p, nil) {
			ids = append(ids, string(k[len(p)+timeLen:]))
		}
	}
	return ids
}

// replied stores what a note of ours says on a post of ours. Where there is no room
// for it the note stands alone.
func replied(t *tx, c coop.Comment) {
	old := comments.get(t, key(c.Object))
	if admit(t, old, &c) != nil || old != nil && c.State == coop.CommentRejected {
		return
	}
	if err := putComment(t, old, &c, coop.Outgoing{}); err != nil {
		t.fail(err)
	}
}

// unreply removes what a note of ours said as a comment while it was a reply. What
// was rejected stays so.
func unreply(t *tx, p coop.Post) {
	for _, k := range objectKeys(t, p) {
		if c := comments.get(t, k); c != nil && c.State != coop.CommentRejected {
			dropComment(t, c)
		}
	}
}
