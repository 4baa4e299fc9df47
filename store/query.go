// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"plenum/coop"
)

// Post returns a post in whatever state it is.
func (db *DB) Post(ctx context.Context, id coop.ID) (p coop.Post, err error) {
	err = db.view(ctx, "store.Post", func(t *tx) error {
		return found(posts.get(t, key(id)), &p)
	})
	return p, err
}

// PostBySlug returns the draft or published post that has a slug.
func (db *DB) PostBySlug(ctx context.Context, n coop.Name, slug string) (p coop.Post, err error) {
	err = db.view(ctx, "store.PostBySlug", func(t *tx) error {
		return found(posts.get(t, t.get(bSlugs, key(string(n), slug))), &p)
	})
	return p, err
}

func found(row, p *coop.Post) error {
	if row == nil {
		return coop.Fail(coop.NotFound, "", "there is no such post")
	}
	*p = *row
	return nil
}

// Object returns what the id of a post answers, with the post. Drafts are not
// found. For a withdrawn post the body is its Tombstone; it is nil where the post
// went with its co-op.
func (db *DB) Object(ctx context.Context, id coop.ID) (body []byte, p coop.Post, err error) {
	err = db.view(ctx, "store.Object", func(t *tx) error {
		row := posts.get(t, key(id))
		if row != nil && row.State == coop.Draft {
			row = nil
		}
		body = t.copyOf(bObjects, key(id))
		return found(row, &p)
	})
	if err != nil {
		return nil, coop.Post{}, err
	}
	return body, p, nil
}

// Posts returns the posts that a query chooses: of those that are published those
// for everybody alone, unless it asks for all of a co-op or of a series.
func (db *DB) Posts(ctx context.Context, q coop.PostQuery) (list []coop.Post, err error) {
	if q.State == "" {
		q.State = coop.Published
	}
	if q.Limit <= 0 {
		q.Limit = 20
	}
	err = db.view(ctx, "store.Posts", func(t *tx) error {
		var behind *coop.Post
		if q.Before != "" {
			if behind = posts.get(t, key(q.Before)); behind == nil || !begins(q, behind) {
				return coop.Fail(coop.NotFound, "", "there is no post to go on behind")
			}
		}
		if q.Upcoming.IsZero() {
			list = newest(t, q, behind)
		} else {
			list = upcoming(t, q, behind)
		}
		return nil
	})
	return list, err
}

// scope is the narrowest list in which all that the query chooses stands.
func scope(q coop.PostQuery) string {
	switch {
	case q.Series != "":
		return "s" + string(q.Series)
	case q.PartOf != "":
		return "p" + string(q.PartOf)
	case q.Coop != "" && q.All && q.State == coop.Published:
		return "m" + string(q.Coop)
	case q.Tag != "":
		return "t" + strings.ToLower(q.Tag)
	case q.Coop != "":
		return "c" + string(q.Coop)
	}
	return "a"
}

func chosen(q coop.PostQuery, p *coop.Post) bool {
	tagged := q.Tag == "" || slices.ContainsFunc(p.Tags, func(s string) bool { return strings.EqualFold(s, q.Tag) })
	owned := q.Coop == "" || q.Coop == p.Coop || slices.Contains(p.Owners, q.Coop)
	shown := p.State != coop.Published || p.Visibility == coop.Everybody || q.Series != "" || q.All && q.Coop != ""
	return tagged && owned && shown && (q.PartOf == "" || q.PartOf == p.PartOf) && (q.Series == "" || q.Series == p.Series)
}

// begins reports whether a query may go on behind a post: to whom the list would not
// show it, its place among the others would tell that it is there. L01.
func begins(q coop.PostQuery, p *coop.Post) bool {
	own := q.Coop != "" && (q.Coop == p.Coop || slices.Contains(p.Owners, q.Coop))
	return p.State != coop.Draft && p.Visibility == coop.Everybody || own && (q.All || q.State == coop.Draft) || q.Series != "" && q.Series == p.Series
}

func newest(t *tx, q coop.PostQuery, behind *coop.Post) (list []coop.Post) {
	p := prefix(scope(q), string(q.State))
	var before []byte
	if behind != nil {
		at := behind.Published
		if behind.State == coop.Draft {
			at = behind.Created
		}
		before = cat(p, dueKey(at, behind.ID))
	}
	for k := range t.scanBack(bPostOrder, p, before) {
		if len(list) == q.Limit {
			break
		}
		if row := posts.get(t, k[len(k)-idLen:]); row != nil && chosen(q, row) {
			list = append(list, *row)
		}
	}
	return list
}

// upcoming sorts by what the calendar says, so that only the posts that are
// returned are decoded.
func upcoming(t *tx, q coop.PostQuery, behind *coop.Post) (list []coop.Post) {
	type item struct {
		start int64
		id    coop.ID
	}
	order := func(a, b item) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.id, b.id)) }
	var items []item
	p := prefix(scope(q))
	from := timeKey(q.Upcoming.Add(-zoneSlack))
	for k, span := range t.scan(bCalendar, p, append(p[:len(p):len(p)], from...)) {
		if len(span) == 16 && int64(toNumber(span[8:])) > q.Upcoming.Unix() {
			items = append(items, item{int64(toNumber(span[:8])), coop.ID(k[len(k)-idLen:])})
		}
	}
	slices.SortFunc(items, order)
	if behind != nil {
		start, _ := behind.When.Times()
		last := item{start.Unix(), behind.ID}
		items = slices.DeleteFunc(items, func(i item) bool { return order(i, last) <= 0 })
	}
	if q.Latest { // what a query with several fields leaves out of its scope is not made up for
		items = items[max(0, len(items)-q.Limit):]
	}
	for _, i := range items {
		if len(list) == q.Limit {
			break
		}
		if row := posts.get(t, key(i.id)); row != nil && chosen(q, row) {
			list = append(list, *row)
		}
	}
	return list
}

// Counts returns the sizes of the store.
func (db *DB) Counts(ctx context.Context) (c coop.Counts, err error) {
	err = db.view(ctx, "store.Counts", func(t *tx) error {
		c = coop.Counts{Posts: t.total("posts"), Waiting: t.total(string(coop.Waiting)), OldestDue: keyTime(t.first(bHosts, every()))}
		for row := range coops.all(t, every()) {
			if row.Name != coop.Relay && row.Gone.IsZero() {
				c.Coops++
			}
			c.Followers += t.total("followers " + string(row.Name))
		}
		return nil
	})
	return c, err
}
