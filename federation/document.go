// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"sync"
	"time"

	"plenum/activity"
	"plenum/coop"
	"plenum/recent"
)

// Rendered is what an id of ours answers.
type Rendered struct {
	Body []byte
	ETag string   // strong, with its quotes
	Page coop.IRI // where people read the same; empty where there is no such page
	Gone bool     // Body is a Tombstone: answer 410
	For  coop.IRI // the only one whose business it is, with the server of that actor; empty: anybody's

	Private bool // the viewer may read it, and not everybody
}

// perPage is how many activities a page of an outbox has.
const perPage = 20

// totalsAge is how old a total may be that is not our own doing.
const totalsAge = time.Minute

// cache keeps rendered documents until a co-op or post changes (generation), or
// for totals until a minute has passed. It is bounded: whoever walks all pages puts
// out what nobody else asks for.
type cache struct {
	mu   sync.Mutex
	docs recent.Map[string, cached]
}

type cached struct {
	Rendered
	generation uint64
	until      time.Time // zero: as long as the generation is the same
}

// Bounds of the cache: an outbox of long reports would fill a small machine.
const (
	cacheBytes  = 16 << 20
	cachedBytes = 1 << 10 // what a document takes besides its body and path, generously
)

func (c *cache) get(path string, generation uint64, now time.Time) (Rendered, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, ok := c.docs.Get(path)
	if !ok || d.generation != generation || !d.until.IsZero() && now.After(d.until) {
		return Rendered{}, false
	}
	return d.Rendered, true
}

func (c *cache) put(path string, d cached) {
	if len(d.Body) > cacheBytes/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.docs.Put(path, d, cachedBytes+len(path)+len(d.Body), cacheBytes)
}

// Document returns what the id with the given path answers: an actor, a
// collection or a page of one, an activity, an object, a place. It fails with
// NotFound for everything that is not public, but for a viewer who may read it.
func (s *Service) Document(ctx context.Context, path string, v Viewer) (Rendered, error) {
	generation := s.Generation() // before reading: a change meanwhile makes the entry stale, not wrong
	if r, ok := s.rendered.get(path, generation, s.Now()); ok {
		return r, nil
	}
	ref, ok := s.Site.ParsePath(path)
	if !ok {
		return Rendered{}, notFound("federation.Document")
	}
	r, err := s.render(ctx, ref, v)
	if err != nil {
		return Rendered{}, err
	}
	r.ETag = etag(r.Body)
	if r.Private || r.For != "" { // nobody else is to be given it
		return r, nil
	}
	d := cached{Rendered: r, generation: generation}
	if ref.Kind == coop.RefCollection || ref.Kind == coop.RefObject && !r.Gone {
		d.until = s.Now().Add(totalsAge)
	}
	s.rendered.put(path, d)
	return r, nil
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// guard lets a viewer read what belongs to a post, or says that there is nothing.
func (s *Service) guard(ctx context.Context, p coop.Post, v Viewer) (Rendered, error) {
	if !s.Visible(ctx, p, v) {
		return Rendered{}, notFound("federation.Document")
	}
	return Rendered{Private: !open(p)}, nil
}

// Generation changes whenever something changes that public documents or pages
// show of co-ops and posts.
func (s *Service) Generation() uint64 { return s.Documents.Generation() }

func notFound(op string) error { return coop.Fail(coop.NotFound, op, "there is nothing here") }

func (s *Service) render(ctx context.Context, ref coop.Ref, v Viewer) (Rendered, error) {
	switch ref.Kind {
	case coop.RefActor:
		return s.renderActor(ctx, ref.Name)
	case coop.RefCollection:
		return s.renderCollection(ctx, ref)
	case coop.RefShared:
		body, err := activity.Collection{ID: s.Site.SharedInbox(), Items: []json.RawMessage{}}.JSON()
		return Rendered{Body: body}, err
	case coop.RefActivity:
		return s.renderActivity(ctx, ref.ID, v)
	case coop.RefObject:
		return s.renderObject(ctx, ref, v)
	case coop.RefPlace:
		body, err := s.Documents.Place(ctx, ref.Place)
		return Rendered{Body: body}, err
	}
	return Rendered{}, notFound("federation.render")
}

func (s *Service) renderActor(ctx context.Context, n coop.Name) (Rendered, error) {
	c, err := s.Coops.Coop(ctx, n)
	if coop.CodeOf(err) == coop.Gone {
		body, err := activity.EncodeGoneActor(s.Site, c)
		return Rendered{Body: body, Page: s.Site.Profile(n), Gone: true}, err
	}
	if err != nil {
		return Rendered{}, err
	}
	k, err := s.key(ctx, n)
	if err != nil {
		return Rendered{}, err
	}
	body, err := activity.EncodeActor(s.Site, c, k.public)
	return Rendered{Body: body, Page: s.Site.Profile(n)}, err
}

func (s *Service) renderActivity(ctx context.Context, id coop.ID, v Viewer) (Rendered, error) {
	d, err := s.Documents.Document(ctx, id)
	switch to, ok := personal(d); {
	case coop.CodeOf(err) == coop.Gone && d.Private: // that it was there is nobody's business either
		return Rendered{}, notFound("federation.renderActivity")
	case coop.CodeOf(err) == coop.Gone:
		return s.renderGone(ctx, d, v)
	case coop.CodeOf(err) == coop.NotFound:
		return s.renderDraft(ctx, id, v, true)
	case err != nil:
		return Rendered{}, err
	case d.Forwarded != "": // somebody else's, whatever we signed it with
		return Rendered{}, notFound("federation.renderActivity")
	case d.Private && !v.reads(d.Actor):
		return Rendered{}, notFound("federation.renderActivity")
	case d.Private:
		return Rendered{Body: d.Body, Private: true}, nil
	case ok && s.concernsViewer(d, to, v):
		return Rendered{Body: d.Body, Private: true}, nil
	case ok:
		return Rendered{Body: d.Body, For: to}, nil
	}
	r := Rendered{}
	page := s.Site.Profile(d.Actor)
	if d.Post != "" {
		p, err := s.Posts.Post(ctx, d.Post)
		if err != nil {
			return Rendered{}, err
		}
		if r, err = s.guard(ctx, p, v); err != nil {
			return r, err
		}
		if p.State == coop.Published {
			page = s.Site.Page(p.Coop, p.Slug)
		}
	}
	r.Body, r.Page = d.Body, page
	return r, nil
}

// renderGone is the Tombstone of an activity whose post or actor was deleted, for those
// who could read the post.
func (s *Service) renderGone(ctx context.Context, d coop.Document, v Viewer) (r Rendered, err error) {
	if d.Post != "" {
		p, err := s.Posts.Post(ctx, d.Post)
		if err != nil {
			return Rendered{}, err
		}
		if r, err = s.guard(ctx, p, v); err != nil {
			return r, err
		}
	}
	r.Page, r.Gone = s.Site.Profile(d.Actor), true
	r.Body, err = activity.EncodeGoneActivity(s.Site, d.ID, d.Type, d.Gone)
	return r, err
}

// renderDraft is what the id of a draft or of its Create answers, to those who write
// it.
func (s *Service) renderDraft(ctx context.Context, id coop.ID, v Viewer, create bool) (Rendered, error) {
	p, err := s.Posts.Post(ctx, id)
	if err != nil || p.State != coop.Draft || create && p.Activity != id {
		return Rendered{}, notFound("federation.renderDraft")
	}
	r, err := s.guard(ctx, p, v)
	if err != nil {
		return r, err
	}
	pub, err := s.preview(ctx, p)
	if r.Body = pub.Object; create {
		r.Body = pub.Create
	}
	return r, err
}

// concernsViewer reports whether a viewer acts for the co-op that answered somebody, or
// for the one of this instance that was answered.
func (s *Service) concernsViewer(d coop.Document, to coop.IRI, v Viewer) bool {
	r, _ := s.Site.Parse(to)
	return v.reads(d.Actor, r.Name)
}

// personal finds whom an activity is for alone: the answer to an RSVP, or to somebody
// who asked to quote. Whoever came to know its id would learn from it who comes to
// an event, and who was refused. Of the answer to a Follow anybody may want to see
// that we gave it. AP §3.2: what is not public needs authorization.
func personal(d coop.Document) (to coop.IRI, ok bool) {
	if d.Type != "Accept" && d.Type != "Reject" && d.Type != "Ignore" {
		return "", false
	}
	var answer struct {
		To     []coop.IRI
		Object json.RawMessage
	}
	var object struct{ Type string }
	if json.Unmarshal(d.Body, &answer) == nil && len(answer.To) > 0 {
		to = answer.To[0]
	}
	if json.Unmarshal(answer.Object, &object) == nil && object.Type == "Follow" {
		return "", false
	}
	return to, true
}

func (s *Service) renderCollection(ctx context.Context, ref coop.Ref) (Rendered, error) {
	if r, err := s.renderActor(ctx, ref.Name); err != nil || r.Gone {
		return r, err
	}
	if ref.Paged && ref.What != "liked" { // what members see; nobody else is told that it is there
		return Rendered{}, notFound("federation.renderCollection")
	}
	c := activity.Collection{ID: s.Site.Of(ref.Name, ref.What)}
	var err error
	switch ref.What {
	case "inbox": // what arrived is nobody's business; AP §5.2 lets us filter it all
		c.Items = []json.RawMessage{}
	case "outbox":
		err = s.outbox(ctx, ref, &c)
	case "followers":
		c.Total, err = s.Followers.CountFollowers(ctx, ref.Name)
	case "following":
		c.Total, err = s.countFollowing(ctx, ref.Name)
	case "liked":
		err = s.likes(ctx, ref, &c)
	case "featured":
		err = s.featured(ctx, ref.Name, &c)
	case "upcoming":
		err = s.list(ctx, coop.PostQuery{Coop: ref.Name, Upcoming: s.Now(), Limit: 100}, &c)
	}
	if err != nil {
		return Rendered{}, err
	}
	body, err := c.JSON()
	return Rendered{Body: body, Page: s.Site.Profile(ref.Name)}, err
}

// outbox fills the collection (the newest inline, for those who look no
// further) or a page of it. Pages are counted from the oldest, so that a full
// page never changes but for what is withdrawn.
func (s *Service) outbox(ctx context.Context, ref coop.Ref, c *activity.Collection) error {
	docs, total, pages, err := s.Documents.Outbox(ctx, ref.Name, ref.Page, perPage)
	if ref.Page == 1 && coop.CodeOf(err) == coop.NotFound {
		err = nil // what `first` of an empty outbox names is an empty page
	}
	if err != nil {
		return err
	}
	c.Total = total
	c.Items = make([]json.RawMessage, len(docs))
	for i, d := range docs {
		c.Items[i] = activity.Embed(d.Body)
	}
	page := func(n int) coop.IRI { return s.Site.OutboxPage(ref.Name, n) }
	if ref.Page == 0 {
		c.First, c.Last = page(max(pages, 1)), page(1)
		return nil
	}
	c.PartOf, c.ID = c.ID, page(ref.Page)
	if ref.Page > 1 {
		c.Next = page(ref.Page - 1)
	}
	if ref.Page < pages {
		c.Prev = page(ref.Page + 1)
	}
	return nil
}

func (s *Service) countFollowing(ctx context.Context, n coop.Name) (total int, err error) {
	all, err := s.Followings.Followings(ctx, n)
	for _, f := range all {
		if f.State == coop.FollowAccepted {
			total++
		}
	}
	return total, err
}

func (s *Service) list(ctx context.Context, q coop.PostQuery, c *activity.Collection) error {
	posts, err := s.Posts.Posts(ctx, q)
	if err != nil {
		return err
	}
	c.Total, c.Items = len(posts), make([]json.RawMessage, len(posts))
	for i, p := range posts {
		c.Items[i] = activity.Ref(s.Site.Object(p.Kind, p.ID))
	}
	return nil
}
