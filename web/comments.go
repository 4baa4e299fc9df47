// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"plenum/coop"
)

// thread is what others say of a post: counts, comments, and how one adds to them.
type thread struct {
	T              *words
	Heading        string
	Counts         []string
	Comments       []remark
	Empty          string // said where there are none and some are taken
	How            string // how one comments; empty where none are taken
	Address        coop.IRI
	Note           string
	Earlier, Later coop.IRI
}

// remark is a comment as the page shows it. All but its body is text from
// elsewhere.
type remark struct {
	T       *words
	Anchor  string
	Author  sender
	URL     coop.IRI
	At      moment
	To      *answered // nil where it answers the post
	Warning string    // what has to be opened first says this; empty where nothing has
	Warned  bool      // Warning is its author's words, and not ours
	Title   string
	Lang    string
	Body    template.HTML // empty where it is too long for the page
	Text    string        // its beginning, instead
	Read    string        // the words of the link to the whole
}

// answered is the comment that a comment answers.
type answered struct {
	Name   string
	Anchor string // empty where it stands on another page
}

// How much of a comment stands on the page: what is longer is read where it is at
// home.
const (
	maxBody  = 8 << 10 // bytes
	maxStart = 1_200   // characters
)

// thread makes what stands below a post; nil where there is nothing to say.
func (s setter) thread(v PostView) *thread {
	t := &thread{T: s.T, Heading: s.T.Comments, Earlier: v.Earlier, Later: v.Later}
	for _, c := range []struct {
		n         int
		one, many string
	}{
		{v.Tally.Comments, s.T.CommentsOne, s.T.CommentsMany},
		{v.Tally.Likes, s.T.LikesOne, s.T.LikesMany},
		{v.Tally.Shares, s.T.SharesOne, s.T.SharesMany},
	} {
		if c.n > 0 {
			t.Counts = append(t.Counts, count(c.n, "", c.one, c.many))
		}
	}
	t.Comments = s.remarks(v)
	if v.Coop.Comments == coop.CommentsClosed {
		switch {
		case len(t.Comments) > 0:
			t.Note = s.T.CommentsClosed
		case len(t.Counts) > 0:
			t.Heading = s.T.Reactions
		default:
			return nil
		}
		return t
	}
	if len(t.Comments) == 0 {
		t.Empty = s.T.NoComments
	}
	t.How, t.Address = s.T.CommentHow, s.Site.Object(v.Post.Kind, v.Post.ID)
	if v.Coop.Comments != coop.CommentsOpen {
		t.Note = fmt.Sprintf(s.T.CommentHeld, titleOf(v.Coop))
	}
	return t
}

func (s setter) remarks(v PostView) []remark {
	at := make(map[coop.IRI]int, len(v.Comments))
	for i, c := range v.Comments {
		at[c.Comment.Object] = i
	}
	object := s.Site.Object(v.Post.Kind, v.Post.ID)
	all := make([]remark, len(v.Comments))
	for i, c := range v.Comments {
		all[i] = s.remark(c, i)
		if c.Comment.InReplyTo == object {
			continue
		}
		if n, here := at[c.Comment.InReplyTo]; here {
			all[i].To = &answered{Name: senderOf(v.Comments[n].Author, v.Comments[n].Comment.By).Name, Anchor: anchor(n)}
		} else if host := coop.HostOf(c.Comment.InReplyTo); host != "" {
			all[i].To = &answered{Name: s.T.AnotherComment}
		}
	}
	return all
}

// anchor is the id of a comment on its page.
func anchor(n int) string { return "comment-" + strconv.Itoa(n+1) }

func (s setter) remark(i CommentItem, n int) remark {
	c := i.Comment
	at := c.Published
	if at.IsZero() || at.After(c.At) { // nobody has said anything tomorrow
		at = c.At
	}
	r := remark{
		T: s.T, Anchor: anchor(n), Author: senderOf(i.Author, c.By), URL: cmp.Or(c.URL, c.Object), At: s.published(at, i.Zone),
		Title: excerpt(c.Name, coop.MaxTitle), Lang: c.Language,
	}
	if c.Sensitive {
		r.Warning, r.Warned = excerpt(c.Warning, coop.MaxWarning), c.Warning != ""
		if !r.Warned {
			r.Warning = s.T.Sensitive
		}
	}
	if len(c.Body) > maxBody {
		r.Text = excerpt(c.Text, maxStart)
		r.Read = fmt.Sprintf(s.T.ReadOriginal, coop.HostOf(r.URL))
		return r
	}
	r.Body = sanitised(quieted.Replace(c.Body))
	return r
}

// quieted fits what a stranger wrote into the page: its headings are below those of
// the page, and search engines are told that its links are not ours. In sanitised
// HTML each of these is written in one way.
var quieted = strings.NewReplacer("<h2>", "<h4>", "</h2>", "</h4>", "<h3>", "<h4>", "</h3>", "</h4>",
	`rel="nofollow noopener noreferrer"`, `rel="nofollow ugc noopener noreferrer"`)

// joining is how one takes part in an event, and who does.
type joining struct {
	T       *words
	Seats   string // how many come, of how many
	Waiting string
	Link    *link    // where one takes part elsewhere
	Whole   *card    // what one takes part in by coming to what this belongs to
	Address coop.IRI // to be searched for; empty where one takes part elsewhere, or no longer
	Notes   []string
}

// joining makes what is said of taking part; nil where there is nothing to say.
func (s setter) joining(v PostView, whole *card) *joining {
	p := v.Post
	j := &joining{T: s.T}
	open := !v.Over && p.Status != coop.Cancelled && p.Status != coop.Postponed
	if p.Joining() == coop.JoinExternal {
		switch {
		case !open:
		case p.JoinURL != "":
			j.Link = &link{URL: p.JoinURL, Text: fmt.Sprintf(s.T.JoinExternal, coop.HostOf(p.JoinURL))}
		case whole != nil && whole.Event:
			j.Whole = whole
		}
		if j.Link == nil && j.Whole == nil {
			return nil
		}
		return j
	}
	switch {
	case p.Capacity > 0:
		j.Seats = fmt.Sprintf(s.T.SeatsOf, v.Tally.Going, p.Capacity)
	case v.Tally.Going > 0:
		j.Seats = strconv.Itoa(v.Tally.Going)
	}
	if v.Tally.Waiting > 0 && open {
		j.Waiting = count(v.Tally.Waiting, "", s.T.WaitingOne, s.T.WaitingMany)
	}
	if open {
		j.Address = s.Site.Object(p.Kind, p.ID)
		full := s.T.JoinFull
		if p.Joining() == coop.JoinRestricted {
			j.Notes, full = append(j.Notes, s.T.JoinRestricted), s.T.JoinFullAsked
		}
		if p.Capacity > 0 && v.Tally.Going >= p.Capacity {
			j.Notes = append(j.Notes, full)
		}
	}
	if j.Seats == "" && j.Address == "" {
		return nil
	}
	return j
}
