// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	"strconv"
	"time"

	"plenum/activity"
	"plenum/content"
	"plenum/coop"
)

// compose makes a post from what was submitted, in the state that it shall have:
// the draft with the same slug, if there is one, or a new one. Its picture is yet to
// be drawn.
func (s *Service) compose(ctx context.Context, n coop.Name, patch activity.Patch, state coop.PostState, v coop.Visibility) (coop.Post, error) {
	c, err := s.Coops.Coop(ctx, n)
	if err != nil {
		return coop.Post{}, err
	}
	if n == coop.Relay { // what it posted would have no page
		return coop.Post{}, coop.Fail(coop.NotFound, "federation.compose", "the instance actor has no posts of its own")
	}
	p := coop.Post{Coop: n, Created: s.now(), State: state, Visibility: v}
	if p.Kind, err = patch.Kind(); err != nil {
		return coop.Post{}, err
	}
	if err := s.apply(ctx, c, &p, patch); err != nil {
		return coop.Post{}, err
	}
	return s.slugged(ctx, p)
}

// slugged gives a new post its slug and its ids: those of the draft with the same
// slug, if there is one.
func (s *Service) slugged(ctx context.Context, p coop.Post) (coop.Post, error) {
	asked, n := p.Slug != "", p.Coop
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
		if old.Kind.Type() != p.Kind.Type() { // its id would not be the same
			return coop.Post{}, &coop.Error{Code: coop.Conflict, Op: "federation.compose", Member: "plenum:slug",
				Msg: "there is a draft with the slug " + p.Slug + " that is of type " + old.Kind.Type() + "; delete that one, or take another slug"}
		}
		p.ID, p.Created, p.Rev, p.Activity = old.ID, old.Created, old.Rev, old.Activity
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
	whole, ok, err := s.postNamed(ctx, p.Coop, ref)
	if err != nil {
		return err
	}
	itself := whole.Coop == p.Coop && whole.Slug == p.Slug                                    // by its slug: a draft's id is not the post's yet
	hidden := p.State != coop.Draft && !tellable(whole, *p)                                   // not everybody who reads it could see of what it is a part
	others := whole.Coop != p.Coop && (whole.State == coop.Draft || !whole.Visibility.Open()) // and is not there for who writes this
	if !ok || whole.State == coop.Withdrawn || hidden || itself || others {
		return coop.Wrong("plenum:partOf", "there is no post "+ref+" that this one could be a part of; publish that one first")
	}
	p.PartOf = whole.ID
	return nil
}

// worded finds out whether a post says something. A draft may still say nothing.
func worded(p coop.Post) error {
	if p.Text == "" {
		return coop.Wrong("content", "a "+string(p.Kind)+" needs a text")
	}
	return nil
}

// tidyPost sanitises once, on the way in.
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
	case p.State != coop.Draft:
		if err := worded(*p); err != nil {
			return err
		}
	}
	if p.Kind == coop.Report && p.Summary == "" {
		p.Summary = teaser(*p)
	}
	if err := s.settleFiles(ctx, p); err != nil {
		return err
	}
	if !p.Kind.Event() {
		return nil
	}
	return p.When.Check()
}

// illustrate draws the poster of an event that has no picture. That of a post which
// not everybody may read has a row, so that nobody else is given it.
func (s *Service) illustrate(ctx context.Context, c coop.Coop, p *coop.Post) error {
	if !p.Kind.Event() || !p.Image.IsZero() && !p.Image.Made {
		return nil
	}
	png, err := content.Poster{Title: p.Headline(), When: p.When.Line(p.Language), Place: p.Where(), Coop: c.Title, Kind: string(p.Kind)}.PNG()
	if err != nil {
		return fmt.Errorf("draw the poster of %q: %w", p.Slug, err)
	}
	made := coop.Image{MediaType: "image/png", Alt: p.PosterAlt(), Width: 1200, Height: 630, Made: true}
	if p.State == coop.Published && p.Visibility.Open() {
		made.File, err = s.Media.PutMedia(ctx, png, "png")
	} else {
		made.File, err = s.keepPoster(ctx, *p, made, png)
	}
	if err != nil {
		return err
	}
	p.Image = made
	return nil
}

// keepPoster stores a poster that is the co-op's own.
func (s *Service) keepPoster(ctx context.Context, p coop.Post, i coop.Image, png []byte) (string, error) {
	id, err := s.newID()
	if err != nil {
		return "", err
	}
	m, err := s.Media.AddMedia(ctx, coop.Media{
		ID: id, Coop: p.Coop, Name: i.Alt, MediaType: i.MediaType, Bytes: int64(len(png)), Width: i.Width, Height: i.Height, By: p.By, Created: s.now(),
	}, png, coop.Decision{})
	return m.File, err
}

// tries is how often a change is made anew on top of one that came first.
const tries = 20

// create publishes a post, or keeps it as a draft. Where another post of the same
// moment took the slug that was made of the title, it takes the next one.
func (s *Service) create(ctx context.Context, req request, sub activity.SubmitCreate) (done Submitted, err error) {
	for range tries {
		done, err = s.createOnce(ctx, req, sub)
		e, ok := errors.AsType[*coop.Error](err)
		if !ok || e.Code != coop.Conflict || e.Member != "plenum:slug" || sub.Object.NamesSlug() {
			break
		}
	}
	return done, err
}

func (s *Service) createOnce(ctx context.Context, req request, sub activity.SubmitCreate) (Submitted, error) {
	if sub.Life.Repeat != "" {
		return s.createSeries(ctx, req, sub)
	}
	p, to, err := s.composed(ctx, req, sub)
	if err != nil {
		return Submitted{}, err
	}
	defer s.turns.lock(draftTurn(p.ID))()
	if p.State == coop.Draft {
		return s.saveDraft(ctx, req, p, to.hidden)
	}
	return s.publish(ctx, req, p, to.hidden)
}

// composed makes the post of a Create as it shall be: published, or a draft that may
// have a time.
func (s *Service) composed(ctx context.Context, req request, sub activity.SubmitCreate) (coop.Post, addressees, error) {
	to, err := s.address(req.who.Coop, sub.To, sub.Cc, sub.Bto, sub.Bcc)
	if err != nil {
		return coop.Post{}, to, err
	}
	due, state, err := s.moment(req, coop.Post{}, sub.Life)
	if err != nil {
		return coop.Post{}, to, err
	}
	p, err := s.compose(ctx, req.who.Coop, sub.Object, state, to.visibility)
	if err != nil {
		return coop.Post{}, to, err
	}
	p.To, p.Cc, p.Due = merge(p.To, to.to), merge(p.Cc, to.cc), due
	return p, to, s.enliven(ctx, req, &p, sub.Life)
}

// publish tells the world of a post that is new or was a draft until now.
func (s *Service) publish(ctx context.Context, req request, p coop.Post, hidden []coop.IRI) (Submitted, error) {
	c, err := s.Coops.Coop(ctx, p.Coop)
	if err != nil {
		return Submitted{}, err
	}
	if err := worded(p); err != nil {
		return Submitted{}, err
	}
	p.State, p.Published, p.Due, p.Stuck, p.Again = coop.Published, s.now(), time.Time{}, "", time.Time{}
	p.By, p.Author = req.author()
	if p.Activity == "" { // it was no draft
		if p.Activity, err = s.newID(); err != nil {
			return Submitted{}, err
		}
	}
	if err := s.illustrate(ctx, c, &p); err != nil {
		return Submitted{}, err
	}
	pub, err := s.renderPost(ctx, p)
	if err != nil {
		return Submitted{}, err
	}
	doc := coop.Document{ID: p.Activity, Actor: p.Coop, Type: "Create", Post: p.ID, At: p.Published, Listed: p.Visibility.Open(), Body: pub.Create}
	others, err := s.addressed(ctx, p.To, p.Cc, hidden)
	if err != nil {
		return Submitted{}, err
	}
	coming, err := s.attending(ctx, p)
	if err != nil {
		return Submitted{}, err
	}
	others = append(others, coming...)
	pub.Out.Documents = []coop.Document{doc}
	pub.Out.Fans = []coop.Fan{fan(doc, others, p.Coop)}
	for _, add := range []func(context.Context, *coop.Publication) error{s.addLocal, s.addComment, s.addAnnounce} {
		if err := add(ctx, &pub); err != nil {
			return Submitted{}, err
		}
	}
	if err := s.addOffers(ctx, &pub, p.Offered); err != nil {
		return Submitted{}, err
	}
	return s.commit(ctx, req, s.Posts.Publish, pub, doc, "published")
}

// commit stores a publication and answers with its activity.
func (s *Service) commit(ctx context.Context, req request, store func(context.Context, coop.Publication) (*coop.Answer, error),
	pub coop.Publication, doc coop.Document, what string) (Submitted, error) {
	location, p := s.Site.Activity(doc.ID), pub.Post
	answer := s.answerWith(req.answer, doc)
	pub.Answer = answer
	said := what
	if verb := verbs[doc.Type]; verb != "" {
		said = "post " + verb
	}
	if err := s.decided(&pub.Out, req, said, string(s.Site.Object(p.Kind, p.ID)), location); err != nil {
		return Submitted{}, err
	}
	if len(pub.Out.Received) > 0 { // those on this instance who follow
		pub.Out.Arrivals = append(pub.Out.Arrivals, s.arrives(doc, s.Site.Object(p.Kind, p.ID), pub.Out.Received[0].For...)...)
	}
	prior, err := store(ctx, pub)
	if err != nil {
		return Submitted{}, err
	}
	if prior != nil { // the same request, at the same moment
		return s.again(ctx, *prior, answer)
	}
	s.kick()
	s.observe(Event{What: what, Type: doc.Type, Coop: p.Coop, Object: s.Site.Object(p.Kind, p.ID), Title: p.Title})
	return Submitted{Location: location, Body: doc.Body, Post: p}, nil
}

// verbs are what the log of decisions calls the activities about posts.
var verbs = map[string]string{"Create": "publish", "Update": "revise", "Delete": "delete"}

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
		if err == nil && whole.Kind.Event() && tellable(whole, p) {
			x.SuperEvent, x.Whole = s.Site.Object(whole.Kind, whole.ID), s.Site.Page(whole.Coop, whole.Slug)
		}
	}
	if x.Of, err = s.Reported(ctx, p); err != nil {
		return coop.Publication{}, err
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
	if !p.Place.IsZero() && p.Visibility.Open() {
		hash, body, err := activity.EncodePlace(s.Site, p.Place)
		if err != nil {
			return coop.Publication{}, err
		}
		pub.Places = []coop.PlaceDocument{{Hash: hash, Body: body}}
	}
	return pub, nil
}

// addLocal gives the post to the co-ops on this instance that follow its author.
// What is not for everybody is not given to them: their network page is.
func (s *Service) addLocal(ctx context.Context, pub *coop.Publication) error {
	if pub.Post.Visibility != coop.Everybody {
		return nil
	}
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
	if !pub.Post.Visibility.Open() {
		return nil
	}
	c, ok, err := s.ownComment(ctx, pub.Post)
	if ok && err == nil {
		pub.Out.Comments = []coop.Comment{c}
	}
	return err
}

// addAnnounce lets the instance actor announce an event to its own followers:
// Mobilizon lists a remote event only if an actor that it follows announced it.
func (s *Service) addAnnounce(ctx context.Context, pub *coop.Publication) error {
	if !pub.Post.Kind.Event() || pub.Post.Visibility != coop.Everybody {
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
