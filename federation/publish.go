// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"html"
	"strconv"
	"time"

	"plenum/activity"
	"plenum/content"
	"plenum/coop"
)

// Submitted is what a client of the outbox is answered.
type Submitted struct {
	Location coop.IRI // the id of the activity
	Body     []byte   // the activity
	Post     coop.Post
}

// Submit takes what a client posts to the outbox of who.Coop: an activity, or an
// object that is wrapped in a Create. AP §6. The ids, the actor and the author
// are ours whatever the client says; bto and bcc are delivered to and never
// stored or shown. key is the client's Idempotency-Key, or empty.
func (s *Service) Submit(ctx context.Context, who coop.Principal, body []byte, key string) (Submitted, error) {
	answer := coop.Answer{At: s.now()}
	if key != "" {
		sum := sha256.Sum256(body)
		answer.Key, answer.Digest = string(who.Coop)+" "+string(who.Token)+" "+key, sum[:]
		defer s.turns.lock("answer " + answer.Key)()
		if prior, ok, err := s.Documents.Answer(ctx, answer.Key); err != nil {
			return Submitted{}, err
		} else if ok {
			return s.again(ctx, prior, answer)
		}
	}
	sub, err := activity.DecodeSubmission(body, s.Site)
	if err != nil {
		return Submitted{}, err
	}
	switch sub := sub.(type) {
	case activity.SubmitCreate:
		return s.create(ctx, who, sub, answer)
	case activity.SubmitUpdate:
		return s.update(ctx, who, sub, answer)
	case activity.SubmitDelete:
		return s.withdraw(ctx, who, sub.Target, answer)
	case activity.SubmitFollow:
		return s.submitFollow(ctx, who, sub.Target, answer)
	case activity.SubmitUndo:
		return s.submitUndo(ctx, who, sub, answer)
	}
	panic(fmt.Sprintf("federation: no rule for %T", sub))
}

// again answers a repeated request as the first was answered.
func (s *Service) again(ctx context.Context, prior, now coop.Answer) (Submitted, error) {
	if string(prior.Digest) != string(now.Digest) {
		return Submitted{}, coop.Fail(coop.Conflict, "federation.Submit", "this Idempotency-Key was used for another request; take a new one")
	}
	d, err := s.Documents.Document(ctx, prior.Document)
	if err != nil {
		return Submitted{}, err
	}
	return Submitted{Location: prior.Location, Body: d.Body}, nil
}

// answerWith completes what is kept under an Idempotency-Key.
func (s *Service) answerWith(answer coop.Answer, doc coop.Document) coop.Answer {
	answer.Location, answer.Document = s.Site.Activity(doc.ID), doc.ID
	return answer
}

// keepAnswer keeps the answer to a request that changed nothing: the same request
// later, when it would change something, is still the same.
func (s *Service) keepAnswer(ctx context.Context, answer coop.Answer, doc coop.Document) error {
	if answer.Key == "" {
		return nil
	}
	return s.Documents.KeepAnswer(ctx, s.answerWith(answer, doc))
}

// SaveDraft keeps a post that nobody sees. It takes the same JSON as Submit.
func (s *Service) SaveDraft(ctx context.Context, n coop.Name, body []byte) (coop.Post, error) {
	sub, err := activity.DecodeSubmission(body, s.Site)
	if err != nil {
		return coop.Post{}, err
	}
	c, ok := sub.(activity.SubmitCreate)
	if !ok {
		return coop.Post{}, coop.Wrong("type", "a draft is a Create or an object")
	}
	p, err := s.compose(ctx, n, c.Object, coop.Draft)
	if err != nil {
		return coop.Post{}, err
	}
	return p, s.Posts.SaveDraft(ctx, p)
}

// compose makes a post from what was submitted, in the state that it shall have:
// the draft with the same slug, if there is one, or a new one.
func (s *Service) compose(ctx context.Context, n coop.Name, patch activity.Patch, state coop.PostState) (coop.Post, error) {
	c, err := s.Coops.Coop(ctx, n)
	if err != nil {
		return coop.Post{}, err
	}
	if n == coop.Relay { // what it posted would have no page
		return coop.Post{}, coop.Fail(coop.NotFound, "federation.compose", "the instance actor has no posts of its own")
	}
	p := coop.Post{Coop: n, Created: s.now(), State: state}
	if p.Kind, err = patch.Kind(); err != nil {
		return coop.Post{}, err
	}
	if err := s.apply(ctx, c, &p, patch); err != nil {
		return coop.Post{}, err
	}
	asked := p.Slug != ""
	if !asked {
		p.Slug = cmp.Or(coop.MakeSlug(p.Title), string(p.Kind))
	}
	first := p.Slug
	old, err := s.Posts.PostBySlug(ctx, n, p.Slug)
	for i := 2; err == nil && !asked && i < 10_000; i++ { // a title used twice: title-2
		p.Slug = first + "-" + strconv.Itoa(i)
		old, err = s.Posts.PostBySlug(ctx, n, p.Slug)
	}
	switch {
	case err == nil && old.State == coop.Draft:
		p.ID, p.Created, p.Rev = old.ID, old.Created, old.Rev
	case err == nil:
		return coop.Post{}, &coop.Error{Code: coop.Conflict, Op: "federation.compose", Member: "plenum:slug",
			Msg: "there is a post with the slug " + p.Slug + " already; update that one, or take another slug"}
	case coop.CodeOf(err) != coop.NotFound:
		return coop.Post{}, err
	default:
		if p.ID, err = s.newID(); err != nil {
			return coop.Post{}, err
		}
	}
	p.Rev++
	return p, nil
}

// apply sets what the patch gives and makes the whole fit to be published.
func (s *Service) apply(ctx context.Context, c coop.Coop, p *coop.Post, patch activity.Patch) error {
	was := *p
	if err := patch.Apply(p, activity.Defaults{Language: c.Language, Zone: c.Zone}, s.Site); err != nil {
		return err
	}
	if ref, given := patch.PartOf(); given {
		if err := s.partOf(ctx, p, ref); err != nil {
			return err
		}
	}
	if was.Kind == coop.Report && p.Summary == was.Summary && was.Summary == teaser(was) {
		p.Summary = ""
	}
	if was.Kind.Event() && was.Source == "" && p.Source == "" && p.Body == was.Body && was.Body == untold(was) {
		p.Body = ""
	}
	return s.tidyPost(ctx, c, p)
}

// teaser is the summary of a report whose author gave none: Mastodon shows
// nothing else. It is made anew when the text changes.
func teaser(p coop.Post) string { return content.Line(p.Text, 280) }

// untold is the text of an event whose author gave none: servers drop one without.
func untold(p coop.Post) string { return "<p>" + html.EscapeString(p.Title) + "</p>" }

func (s *Service) partOf(ctx context.Context, p *coop.Post, ref string) error {
	p.PartOf = ""
	if ref == "" {
		return nil
	}
	whole, err := s.Posts.PostBySlug(ctx, p.Coop, ref)
	if r, ok := s.Site.Parse(coop.IRI(ref)); ok && r.Kind == coop.RefObject {
		whole, err = s.Posts.Post(ctx, r.ID)
	} else if ok && r.Kind == coop.RefPage {
		whole, err = s.Posts.PostBySlug(ctx, r.Name, r.Slug)
	}
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		return err
	}
	itself := whole.Coop == p.Coop && whole.Slug == p.Slug       // by its slug: a draft's id is not the post's yet
	hidden := whole.State == coop.Draft && p.State != coop.Draft // nobody could see of what it is a part
	if err != nil || whole.State == coop.Withdrawn || hidden || itself {
		return coop.Wrong("plenum:partOf", "there is no post "+ref+" that this one could be a part of; publish that one first")
	}
	p.PartOf = whole.ID
	return nil
}

// tidyPost sanitises once, on the way in, and draws the poster of an event that
// has no picture.
func (s *Service) tidyPost(ctx context.Context, c coop.Coop, p *coop.Post) error {
	p.Title = content.Line(p.Title, coop.MaxTitle)
	p.Summary = content.Line(p.Summary, coop.MaxSummary)
	if n := len([]rune(p.Title)); p.Kind != coop.Note && n < 3 {
		return coop.Wrong("name", "a title of 3 to 200 characters is needed")
	}
	if len(p.Source) > coop.MaxText || len(p.Body) > 2*coop.MaxText {
		return &coop.Error{Code: coop.TooLarge, Op: "federation.tidyPost", Member: "content",
			Msg: "the text is longer than " + strconv.Itoa(coop.MaxText>>10) + " KiB"}
	}
	if p.Source != "" {
		body, err := content.Markdown(p.Source)
		if err != nil {
			return err
		}
		p.Body = body
	} else {
		p.Body = content.Sanitise(p.Body)
	}
	p.Text = content.Text(p.Body)
	if p.Language == "" {
		p.Language = c.Language
	}
	switch {
	case p.Text == "" && p.Kind.Event():
		p.Body, p.Text = untold(*p), p.Title
	case p.Text == "":
		return coop.Wrong("content", "a "+string(p.Kind)+" needs a text")
	}
	if p.Kind == coop.Report && p.Summary == "" {
		p.Summary = teaser(*p)
	}
	if err := s.stored(p.Image, "image"); err != nil {
		return err
	}
	if !p.Kind.Event() {
		return nil
	}
	if err := p.When.Check(); err != nil {
		return err
	}
	if p.Image.IsZero() || p.Image.Made {
		return s.drawPoster(ctx, c, p)
	}
	return nil
}

func (s *Service) drawPoster(ctx context.Context, c coop.Coop, p *coop.Post) error {
	png, err := content.Poster{Title: p.Headline(), When: p.When.Line(p.Language), Place: p.Where(), Coop: c.Title, Kind: string(p.Kind)}.PNG()
	if err != nil {
		return fmt.Errorf("draw the poster of %q: %w", p.Slug, err)
	}
	file, err := s.Media.PutMedia(ctx, png, "png")
	if err != nil {
		return err
	}
	p.Image = coop.Image{File: file, MediaType: "image/png", Alt: p.PosterAlt(), Width: 1200, Height: 630, Made: true}
	return nil
}

// tries is how often a change is made anew on top of one that came first.
const tries = 20

// create publishes a post. Where another post of the same moment took the slug
// that was made of the title, it takes the next one.
func (s *Service) create(ctx context.Context, who coop.Principal, sub activity.SubmitCreate, answer coop.Answer) (done Submitted, err error) {
	for range tries {
		done, err = s.createOnce(ctx, who, sub, answer)
		e, ok := errors.AsType[*coop.Error](err)
		if !ok || e.Code != coop.Conflict || e.Member != "plenum:slug" || sub.Object.NamesSlug() {
			break
		}
	}
	return done, err
}

func (s *Service) createOnce(ctx context.Context, who coop.Principal, sub activity.SubmitCreate, answer coop.Answer) (Submitted, error) {
	public, err := s.address(who.Coop, sub)
	if err != nil {
		return Submitted{}, err
	}
	p, err := s.compose(ctx, who.Coop, sub.Object, coop.Published)
	if err != nil {
		return Submitted{}, err
	}
	p.To, p.Cc = merge(p.To, public.to), merge(p.Cc, public.cc)
	if p.Activity, err = s.newID(); err != nil {
		return Submitted{}, err
	}
	p.State, p.Published = coop.Published, s.now()
	pub, err := s.renderPost(ctx, p)
	if err != nil {
		return Submitted{}, err
	}
	doc := coop.Document{ID: p.Activity, Actor: p.Coop, Type: "Create", Post: p.ID, At: p.Published, Listed: true, Body: pub.Create}
	others, err := s.addressed(ctx, p.To, p.Cc, public.hidden)
	if err != nil {
		return Submitted{}, err
	}
	pub.Out.Documents = []coop.Document{doc}
	pub.Out.Fans = []coop.Fan{fan(doc, others, p.Coop)}
	if err := s.addLocal(ctx, &pub); err != nil {
		return Submitted{}, err
	}
	if err := s.addComment(ctx, &pub); err != nil {
		return Submitted{}, err
	}
	if err := s.addAnnounce(ctx, &pub); err != nil {
		return Submitted{}, err
	}
	return s.commit(ctx, s.Posts.Publish, pub, doc, answer, "published")
}

// commit stores a publication and answers with its activity.
func (s *Service) commit(ctx context.Context, store func(context.Context, coop.Publication) (*coop.Answer, error),
	pub coop.Publication, doc coop.Document, answer coop.Answer, what string) (Submitted, error) {
	location := s.Site.Activity(doc.ID)
	answer = s.answerWith(answer, doc)
	pub.Answer = answer
	prior, err := store(ctx, pub)
	if err != nil {
		return Submitted{}, err
	}
	if prior != nil { // the same request, at the same moment
		return s.again(ctx, *prior, answer)
	}
	s.kick()
	p := pub.Post
	s.observe(Event{What: what, Type: doc.Type, Coop: p.Coop, Object: s.Site.Object(p.Kind, p.ID), Title: p.Title})
	return Submitted{Location: location, Body: doc.Body, Post: p}, nil
}

// renderPost renders a post as it is now: object, Create and place.
func (s *Service) renderPost(ctx context.Context, p coop.Post) (coop.Publication, error) {
	c, err := s.Coops.Coop(ctx, p.Coop)
	if err != nil {
		return coop.Publication{}, err
	}
	x := activity.Extras{Coop: c}
	if p.PartOf != "" {
		whole, err := s.Posts.Post(ctx, p.PartOf)
		if err != nil && coop.CodeOf(err) != coop.NotFound {
			return coop.Publication{}, err
		}
		if err == nil && whole.Kind.Event() && whole.State == coop.Published {
			x.SuperEvent, x.Whole = s.Site.Object(whole.Kind, whole.ID), s.Site.Page(whole.Coop, whole.Slug)
		}
	}
	pub := coop.Publication{Post: p}
	if pub.Object, err = activity.EncodeObject(s.Site, p, x); err != nil {
		return coop.Publication{}, err
	}
	live, err := s.live(ctx, c, p, pub.Object)
	if err != nil {
		return coop.Publication{}, err
	}
	if pub.Create, err = activity.EncodeCreate(s.Site, p, live); err != nil {
		return coop.Publication{}, err
	}
	if p.Kind.Event() && len(pub.Create) > 64<<10 { // Misskey's limit; docs/security.md A.3
		return coop.Publication{}, &coop.Error{Code: coop.TooLarge, Op: "federation.renderPost", Member: "content",
			Msg: "the text of this event is too long for many servers; put the long text into a report and link it"}
	}
	if !p.Place.IsZero() {
		hash, body, err := activity.EncodePlace(s.Site, p.Place)
		if err != nil {
			return coop.Publication{}, err
		}
		pub.Places = []coop.PlaceDocument{{Hash: hash, Body: body}}
	}
	return pub, nil
}

// addLocal gives the post to the co-ops on this instance that follow its author.
func (s *Service) addLocal(ctx context.Context, pub *coop.Publication) error {
	readers, err := s.localReaders(ctx, pub.Post.Coop)
	if err != nil || len(readers) == 0 {
		return err
	}
	p := pub.Post
	updated := p.Updated
	if updated.IsZero() {
		updated = p.Published
	}
	by := s.Site.Actor(p.Coop)
	pub.Out.Received = []coop.Received{{
		Object: s.Site.Object(p.Kind, p.ID), Activity: s.Site.Activity(p.Activity), Type: p.Kind.Type(), By: by, Via: by,
		KeyID: s.Site.Key(p.Coop), At: s.now(), Updated: updated, Name: p.Headline(), Summary: p.Line(),
		URL: s.Site.Page(p.Coop, p.Slug), For: readers, Body: pub.Object,
	}}
	return nil
}

// addComment gives a note to the post of ours that it answers.
func (s *Service) addComment(ctx context.Context, pub *coop.Publication) error {
	c, ok, err := s.ownComment(ctx, pub.Post)
	if ok && err == nil {
		pub.Out.Comments = []coop.Comment{c}
	}
	return err
}

// addAnnounce lets the instance actor announce an event to its own followers:
// Mobilizon lists a remote event only if an actor that it follows announced it.
func (s *Service) addAnnounce(ctx context.Context, pub *coop.Publication) error {
	if !pub.Post.Kind.Event() {
		return nil
	}
	object := s.Site.Object(pub.Post.Kind, pub.Post.ID)
	doc, err := s.document(coop.Relay, "Announce", pub.Post.ID, func(id coop.ID) ([]byte, error) {
		return activity.EncodeAnnounce(s.Site, id, object, s.now())
	})
	if err != nil {
		return err
	}
	doc.Listed = true
	pub.Post.Announce = doc.ID
	pub.Out.Documents = append(pub.Out.Documents, doc)
	pub.Out.Fans = append(pub.Out.Fans, fan(doc, nil, coop.Relay))
	return nil
}

// after is a moment later than t for rows that count in seconds: peers ignore an
// Update that is not newer.
func after(t, now time.Time) time.Time {
	if !now.After(t) {
		return t.Add(time.Second)
	}
	return now
}
