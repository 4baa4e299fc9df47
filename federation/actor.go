// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"fmt"

	"plenum/activity"
	"plenum/content"
	"plenum/coop"
	"plenum/keys"
)

// AddCoop makes a co-op with its key pair and, where it has none, an icon. The
// name must be one that ParseName takes and that no co-op has or had: its id
// would be somebody else's.
func (s *Service) AddCoop(ctx context.Context, c coop.Coop) (coop.Coop, error) {
	if _, ok := coop.ParseName(string(c.Name)); !ok {
		return coop.Coop{}, coop.Wrong("name", "a co-op's name has 1 to 30 characters of a-z, 0-9 and _")
	}
	if c.Name == coop.Relay {
		return coop.Coop{}, coop.Wrong("name", "the name relay is the instance's own")
	}
	if c.Title == "" {
		c.Title = string(c.Name)
	}
	if err := s.addCoop(ctx, c); err != nil {
		return coop.Coop{}, err
	}
	return s.Coops.Coop(ctx, c.Name)
}

func (s *Service) addCoop(ctx context.Context, c coop.Coop) error {
	if err := s.tidyCoop(ctx, &c); err != nil {
		return err
	}
	c.Created, c.Updated = s.now(), s.now()
	pem, _, err := s.newKey(c.Name)
	if err != nil {
		return err
	}
	return s.Coops.AddCoop(ctx, c, pem)
}

// newKey makes a key pair for an actor of ours.
func (s *Service) newKey(n coop.Name) (privatePEM []byte, publicPEM string, err error) {
	private, err := keys.Generate(s.Rand)
	if err == nil {
		privatePEM, err = keys.EncodePrivate(private)
	}
	if err == nil {
		publicPEM, err = keys.EncodePublic(&private.PublicKey)
	}
	if err != nil {
		return nil, "", fmt.Errorf("make a key for %s: %w", n, err)
	}
	return privatePEM, publicPEM, nil
}

// tidyCoop makes what was typed fit to be shown, and draws the icon.
func (s *Service) tidyCoop(ctx context.Context, c *coop.Coop) error {
	switch c.Type {
	case "":
		c.Type = coop.Group
	case coop.Group, coop.Organization, coop.Application:
	default:
		return coop.Wrong("type", "a co-op is a group or an organization")
	}
	c.Title = content.Line(c.Title, 100)
	if c.Title == "" {
		return coop.Wrong("title", "a co-op needs a title")
	}
	c.Summary = content.Sanitise(c.Summary)
	if c.Language == "" {
		c.Language = "en"
	}
	if !coop.IsLanguage(c.Language) {
		return coop.Wrong("language", fmt.Sprintf("%.40q is no language tag, like en or de-AT", c.Language))
	}
	if c.Zone != "" {
		if err := (coop.When{Start: "2000-01-01", Zone: c.Zone, AllDay: true}).Check(); err != nil {
			return err
		}
	}
	if len(c.Fields) > 10 {
		return coop.Wrong("fields", "a profile has at most 10 fields")
	}
	for i, f := range c.Fields {
		c.Fields[i] = coop.Field{Name: content.Line(f.Name, 100), Value: content.Line(f.Value, 300)}
	}
	if c.Icon.IsZero() || c.Icon.Made {
		if err := s.drawIcon(ctx, c); err != nil {
			return err
		}
	}
	if err := s.settleIcon(ctx, *c); err != nil {
		return err
	}
	c.Icon.Alt = coop.WordsFor(c.Language).Logo + " " + c.Title
	return nil
}

func (s *Service) drawIcon(ctx context.Context, c *coop.Coop) error {
	png, err := content.Icon(c.Title, c.Title)
	if err != nil {
		return fmt.Errorf("draw the icon of %s: %w", c.Name, err)
	}
	file, err := s.Media.PutMedia(ctx, png, "png")
	if err != nil {
		return err
	}
	c.Icon = coop.Image{File: file, MediaType: "image/png", Width: 400, Height: 400, Made: true}
	return nil
}

// SetCoop changes a co-op and tells its followers with an Update of the actor. by is who
// does it, as the log has it.
func (s *Service) SetCoop(ctx context.Context, by string, n coop.Name, change func(*coop.Coop) error) (coop.Coop, error) {
	s.coops.Lock()
	defer s.coops.Unlock()
	c, err := s.Coops.Coop(ctx, n)
	if err != nil {
		return coop.Coop{}, err
	}
	d := coop.Decision{By: by, Why: "one publishes alone"}
	alone := !c.TwoPeople
	if err := change(&c); err != nil {
		return coop.Coop{}, err
	}
	if c.TwoPeople {
		d.Why = "two have to agree"
	}
	if alone == !c.TwoPeople {
		d.Why = ""
	}
	c.Name = n
	if err := s.tidyCoop(ctx, &c); err != nil {
		return coop.Coop{}, err
	}
	c.Updated = s.now()
	k, err := s.key(ctx, n)
	if err != nil {
		return coop.Coop{}, err
	}
	out, err := s.updateActor(c, k.public)
	if err != nil {
		return coop.Coop{}, err
	}
	if out.Decision, err = s.decision(d, "coop set", n, string(s.Site.Actor(n))); err != nil {
		return coop.Coop{}, err
	}
	if err := s.Coops.ReviseCoop(ctx, c, out); err != nil {
		return coop.Coop{}, err
	}
	s.kick()
	return c, nil
}

// updateActor makes the Update of an actor's own document for its followers.
func (s *Service) updateActor(c coop.Coop, publicPEM string) (coop.Outgoing, error) {
	body, err := activity.EncodeActor(s.Site, c, publicPEM)
	if err != nil {
		return coop.Outgoing{}, err
	}
	doc, err := s.document(c.Name, "Update", "", func(id coop.ID) ([]byte, error) {
		return activity.EncodeUpdateActor(s.Site, id, c, body, s.now())
	})
	if err != nil {
		return coop.Outgoing{}, err
	}
	return coop.Outgoing{Documents: []coop.Document{doc}, Fans: []coop.Fan{fan(doc, nil, c.Name)}}, nil
}

// RotateKey gives a co-op a new key under the same key id. Whoever may have the
// old one is told by an Update, which is signed with the old one: not every server
// fetches the actor again when a signature does not match. by is who does it, for the
// log.
func (s *Service) RotateKey(ctx context.Context, by string, n coop.Name) (coop.Coop, error) {
	s.coops.Lock()
	defer s.coops.Unlock()
	c, err := s.Coops.Coop(ctx, n)
	if err != nil {
		return coop.Coop{}, err
	}
	pem, public, err := s.newKey(n)
	if err != nil {
		return coop.Coop{}, err
	}
	c.Rotated, c.Updated = s.now(), s.now()
	out, err := s.updateActor(c, public)
	if err != nil {
		return coop.Coop{}, err
	}
	names, followed, err := s.whoHasTheKey(ctx, n)
	if err != nil {
		return coop.Coop{}, err
	}
	first := fan(out.Documents[0], followed, names...)
	first.First = true // what goes after it is signed with the new key
	out.Fans = []coop.Fan{first}
	if out.Decision, err = s.decision(coop.Decision{By: by}, "key rotate", n, string(s.Site.Key(n))); err != nil {
		return coop.Coop{}, err
	}
	if err := s.Coops.RotateKey(ctx, c, pem, out); err != nil {
		return coop.Coop{}, err
	}
	s.kick()
	return c, nil
}

// whoHasTheKey are those who remember the key of an actor: the followers of names,
// and whom it follows. The instance actor signs every request for a document, so
// its key is known wherever a co-op is.
func (s *Service) whoHasTheKey(ctx context.Context, n coop.Name) (names []coop.Name, followed []coop.Box, err error) {
	names = []coop.Name{n}
	if n == coop.Relay {
		all, err := s.Coops.Coops(ctx)
		if err != nil {
			return nil, nil, err
		}
		for _, c := range all {
			names = append(names, c.Name)
		}
	}
	for _, name := range names {
		boxes, err := s.whomItFollows(ctx, name)
		if err != nil {
			return nil, nil, err
		}
		followed = append(followed, boxes...)
	}
	return names, followed, nil
}

// RemoveCoop ends a co-op: its posts and its actor answer 410 from now on, its
// name is never given again, and a Delete of the actor goes to all who know of
// it: its followers, those of the instance actor, who have its events by their
// Announces, and whom it follows, since they send to it what they publish. by is who
// does it, for the log.
func (s *Service) RemoveCoop(ctx context.Context, by string, n coop.Name) error {
	s.coops.Lock()
	defer s.coops.Unlock()
	if n == coop.Relay {
		return coop.Fail(coop.Forbidden, "federation.RemoveCoop", "the instance actor cannot be removed")
	}
	c, err := s.Coops.Coop(ctx, n)
	if err != nil {
		return err
	}
	if err := s.shareNothing(ctx, n); err != nil {
		return err
	}
	c.Gone, c.Updated = s.now(), s.now()
	followed, err := s.whomItFollows(ctx, n)
	if err != nil {
		return err
	}
	doc, err := s.document(n, "Delete", "", func(id coop.ID) ([]byte, error) {
		return activity.EncodeDeleteActor(s.Site, id, c, c.Gone)
	})
	if err != nil {
		return err
	}
	out := coop.Outgoing{Documents: []coop.Document{doc}, Fans: []coop.Fan{fan(doc, followed, n, coop.Relay)}}
	if out.Decision, err = s.decision(coop.Decision{By: by}, "coop remove", n, string(s.Site.Actor(n))); err != nil {
		return err
	}
	if err := s.Coops.RemoveCoop(ctx, c, out); err != nil {
		return err
	}
	s.kick()
	return nil
}

// whomItFollows are the inboxes of those whom a co-op follows.
func (s *Service) whomItFollows(ctx context.Context, n coop.Name) (boxes []coop.Box, err error) {
	followed, err := s.Followings.Followings(ctx, n)
	if err != nil {
		return nil, err
	}
	for _, f := range followed {
		a, err := s.Actors.Actor(ctx, f.Actor) // as we know it: nobody is asked for the sake of a farewell
		switch {
		case err == nil:
			boxes = append(boxes, coop.Box{Inbox: a.Box(), Actors: []coop.IRI{a.ID}})
		case coop.CodeOf(err) != coop.NotFound:
			return nil, err
		}
	}
	return boxes, nil
}
