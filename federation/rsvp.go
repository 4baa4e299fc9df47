// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// own finds the post that an IRI of ours is the id of, whatever its state but a
// draft, which nobody knows of.
func (s *Service) own(ctx context.Context, object coop.IRI) (p coop.Post, ok bool, err error) {
	r, ours := s.Site.Parse(object)
	if !ours || r.Kind != coop.RefObject || r.What != "" {
		return coop.Post{}, false, nil
	}
	generation := s.Generation() // before reading: a change meanwhile makes what is kept stale, not wrong
	if p, ok = s.subjects.get(object, generation); ok {
		return p, true, nil
	}
	p, err = s.Posts.Post(ctx, r.ID)
	if coop.CodeOf(err) == coop.NotFound {
		return coop.Post{}, false, nil
	}
	if err != nil || p.State == coop.Draft || s.Site.Object(p.Kind, p.ID) != object {
		return coop.Post{}, false, err
	}
	s.subjects.put(object, p, generation)
	return p, true, nil
}

// published is own of what is published: of what was withdrawn there is nothing
// left that anybody could say anything about.
func (s *Service) published(ctx context.Context, object coop.IRI) (p coop.Post, ok bool, err error) {
	p, ok, err = s.own(ctx, object)
	return p, ok && p.State == coop.Published, err
}

// event is published of an event.
func (s *Service) event(ctx context.Context, object coop.IRI) (p coop.Post, ok bool, err error) {
	p, ok, err = s.published(ctx, object)
	return p, ok && p.Kind.Event(), err
}

// attends is what an answer to an event asks for. The forms are those that servers
// use, which mean the same: FEP-8a8e, and AS2 Vocabulary §6 for Accept,
// TentativeAccept and Reject of an event itself.
func attends(form string, mode coop.JoinMode) coop.RSVPState {
	switch {
	case form == "TentativeAccept":
		return coop.RSVPMaybe
	case form == "Reject":
		return coop.RSVPDeclined
	case mode == coop.JoinRestricted:
		return coop.RSVPAsked
	}
	return coop.RSVPGoing
}

// joined takes an answer to an event. ok is false where the object is no event of
// ours, so that an Accept can mean something else.
func (s *Service) joined(ctx context.Context, by keys.Signer, h activity.Head, object coop.IRI, message string, seen coop.Seen) (ok bool, err error) {
	p, ok, err := s.event(ctx, object)
	if err != nil || !ok || !s.hears(ctx, p, by.Actor) || !s.attendable(ctx, p, by.Actor) {
		return false, err
	}
	if s.blocks(p.Coop, by.Actor) {
		return true, nil
	}
	if err := s.allowed(quotaRSVP, by.Actor); err != nil {
		return true, err
	}
	a, err := s.actor(ctx, by.Actor)
	if err != nil {
		return true, err
	}
	r := coop.RSVP{
		Post: p.ID, Coop: p.Coop, Actor: a.ID, Inbox: a.Inbox, Activity: h.ID, Form: h.Type,
		Message: cutText(message, coop.MaxMessage), State: attends(h.Type, p.Joining()), At: by.At,
	}
	if why, open := s.open(p); !open && r.State != coop.RSVPDeclined {
		return true, s.turnedAway(ctx, p, r, why, a, seen)
	}
	if p.Joining() == coop.JoinExternal {
		return true, s.elsewhere(ctx, p, r, a, seen)
	}
	row, err := s.RSVPs.Attend(ctx, r, seen, s.tell(p))
	if coop.CodeOf(err) == coop.Conflict { // there is not even a place on the waiting list
		s.log().WarnContext(ctx, "not taken", "type", h.Type, "coop", p.Coop, "post", p.ID, "err", err)
		return true, s.turnedAway(ctx, p, r, "", a, seen)
	}
	if err != nil {
		return true, ignoreMissing(err)
	}
	s.kick()
	s.observe(Event{What: string(row.State), Type: h.Type, Coop: p.Coop, Actor: a.ID, Object: object, Title: p.Title})
	return true, nil
}

// asksToJoin is a Join, which wants an answer: that of an event which nobody knows
// is refused as a Follow of nobody is. What was withdrawn is not spoken of.
func (s *Service) asksToJoin(ctx context.Context, by keys.Signer, in activity.Join, seen coop.Seen) error {
	ok, err := s.joined(ctx, by, in.Head(), in.Object, in.Message, seen)
	if err != nil || ok {
		return err
	}
	if p, known, err := s.own(ctx, in.Object); err != nil || known && p.State == coop.Withdrawn {
		return err
	}
	return notFound("federation.asksToJoin")
}

// open reports whether an event can still be joined, and why not.
func (s *Service) open(p coop.Post) (why string, open bool) {
	w := coop.WordsFor(p.Language)
	if p.Status == coop.Cancelled {
		return w.CalledOff, false
	}
	if _, end := p.When.Times(); s.Now().After(end) {
		return w.Over, false
	}
	return "", true
}

// turnedAway answers a Join of what can no longer be joined. Nothing is kept of it;
// the other forms ask for no answer.
func (s *Service) turnedAway(ctx context.Context, p coop.Post, r coop.RSVP, why string, a coop.Actor, seen coop.Seen) error {
	if r.Form != "Join" {
		return nil
	}
	return s.reply(ctx, p.Coop, "Reject", a, seen, func(id coop.ID) ([]byte, error) {
		return activity.EncodeRSVPAnswer(s.Site, id, p.Coop, false, r, s.Site.Object(p.Kind, p.ID), why)
	})
}

// elsewhere answers a Join of an event that is not joined here. FEP-8a8e.
func (s *Service) elsewhere(ctx context.Context, p coop.Post, r coop.RSVP, a coop.Actor, seen coop.Seen) error {
	if r.Form != "Join" {
		return nil
	}
	return s.reply(ctx, p.Coop, "Ignore", a, seen, func(id coop.ID) ([]byte, error) {
		return activity.EncodeIgnore(s.Site, id, p.Coop, r.Activity, r.Actor)
	})
}

// reply stores an answer to an activity that changes nothing here.
func (s *Service) reply(ctx context.Context, n coop.Name, kind string, to coop.Actor, seen coop.Seen, make func(coop.ID) ([]byte, error)) error {
	doc, err := s.document(n, kind, "", make)
	if err != nil {
		return err
	}
	out := coop.Outgoing{Documents: []coop.Document{doc}}
	if out.Deliveries, err = s.to(doc, to); err != nil {
		return err
	}
	if err := s.Inbox.Reply(ctx, out, seen); err != nil {
		return err
	}
	s.kick()
	return nil
}

// left gives a seat back.
func (s *Service) left(ctx context.Context, by keys.Signer, object coop.IRI, seen coop.Seen) (ok bool, err error) {
	p, ok, err := s.event(ctx, object)
	if err != nil || !ok {
		return false, err
	}
	if err := s.allowed(quotaRSVP, by.Actor); err != nil {
		return true, err
	}
	if err := s.RSVPs.EndRSVP(ctx, p.ID, by.Actor, seen, s.tell(p)); err != nil {
		return true, s.untaken(ctx, "Leave", p, err)
	}
	s.kick()
	s.observe(Event{What: "left", Type: "Leave", Coop: p.Coop, Actor: by.Actor, Object: object, Title: p.Title})
	return true, nil
}

// rsvpUndone takes an answer to an event back. A Join is what somebody has or has
// not; of the other forms one takes the place of another, so that an Undo of an
// earlier one must not touch the later: those are known by their ids, as is a Join
// that does not say of what it was.
func (s *Service) rsvpUndone(ctx context.Context, by keys.Signer, in activity.Undo, seen coop.Seen) error {
	if (in.Of != "Join" || in.OfObject == "") && in.Object != "" {
		return s.takenBack(ctx, by, in, seen)
	}
	_, err := s.left(ctx, by, in.OfObject, seen)
	return err
}

// tell makes what those are told who answered an event.
func (s *Service) tell(p coop.Post) coop.TellFunc { return s.tellIn(p.Language) }

// tellIn is tell of any event, in a language. What it sends belongs to the line of
// the event, so that an Accept does not overtake the Reject before it; the document
// is not one of the post's, and ages.
func (s *Service) tellIn(language string) coop.TellFunc {
	return func(r coop.RSVP, promoted bool) (out coop.Outgoing, err error) {
		accept, said := answerTo(r, promoted)
		if !said || r.Inbox == "" || s.Site.Local(r.Inbox) || s.Refuses(coop.HostOf(r.Inbox)) {
			return coop.Outgoing{}, nil
		}
		kind, why := "Accept", ""
		if !accept {
			kind = "Reject"
		}
		if r.State == coop.RSVPWaiting {
			why = coop.WordsFor(language).Full
		}
		doc, err := s.document(r.Coop, kind, "", func(id coop.ID) ([]byte, error) {
			return activity.EncodeRSVPAnswer(s.Site, id, r.Coop, accept, r, s.Site.Object(coop.Meetup, r.Post), why) // a talk has an id of the same form
		})
		if err != nil {
			return coop.Outgoing{}, err
		}
		out.Documents = []coop.Document{doc}
		out.Deliveries = []coop.Delivery{{ // the store numbers it: several can be made in a moment
			Document: doc.ID, Actor: doc.Actor, Type: kind, Post: r.Post, Inbox: r.Inbox, Host: coop.HostOf(r.Inbox), Actors: []coop.IRI{r.Actor},
			Reach: coop.Reach{Servers: 1, Followers: 1}, State: coop.Waiting, Created: doc.At, Next: doc.At,
		}}
		return out, nil
	}
}

// answerTo is what the actor of an RSVP is told: an Accept, a Reject or nothing. A
// Join is a question; the other forms say what somebody does, and are answered only
// where it comes out differently.
func answerTo(r coop.RSVP, promoted bool) (accept, said bool) {
	switch r.State {
	case coop.RSVPGoing:
		return true, r.Form == "Join" || promoted
	case coop.RSVPWaiting, coop.RSVPRefused:
		return false, true
	case coop.RSVPDeclined:
		return false, r.Form == "Join"
	}
	return false, false
}

// fillSeats gives those who wait the seats that an event has gained. Where that is
// interrupted, it is done when the instance starts.
func (s *Service) fillSeats(ctx context.Context, p coop.Post) error {
	if _, open := s.open(p); !open || !p.Kind.Event() || p.State != coop.Published {
		return nil
	}
	t, err := s.Reactions.Tally(ctx, p.ID)
	if err != nil || t.Waiting == 0 {
		return err
	}
	if err := s.RSVPs.FillSeats(ctx, p.ID, s.tell(p)); err != nil {
		return err
	}
	s.kick()
	return nil
}

// fillAllSeats is fillSeats of all events that are still to come.
func (s *Service) fillAllSeats(ctx context.Context) error {
	var before coop.ID
	for {
		list, err := s.Posts.Posts(ctx, coop.PostQuery{Upcoming: s.Now(), Before: before, Limit: 500})
		if err != nil || len(list) == 0 {
			return err
		}
		for _, p := range list {
			if err := s.fillSeats(ctx, p); err != nil {
				return err
			}
		}
		before = list[len(list)-1].ID
	}
}

// cutText is plain text with its lines, at most so many characters of it.
func cutText(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}

// attending are the inboxes of those who answered the event that a post is, or of which
// a note tells what became: as we know them now, and where their server has one inbox
// for all, it is told once. Of what is not for everybody those hear no more who may not
// read it any more, but that it is deleted.
func (s *Service) attending(ctx context.Context, p coop.Post) ([]coop.Box, error) {
	event := p.ID
	switch {
	case p.Kind == coop.Note && len(p.Of) > 0:
		event = p.Of[0]
	case !p.Kind.Event():
		return nil, nil
	}
	boxes, err := s.RSVPs.Attending(ctx, event)
	if err != nil {
		return nil, err
	}
	out := make([]coop.Box, 0, len(boxes))
	at := map[coop.IRI]int{}
	for _, b := range boxes {
		for _, i := range b.Actors {
			if p.State != coop.Withdrawn && (s.blocks(p.Coop, i) || !s.attendable(ctx, p, i)) {
				continue
			}
			inbox := b.Inbox
			if a, err := s.Actors.Actor(ctx, i); err == nil {
				inbox = a.Box()
			} else if coop.CodeOf(err) != coop.NotFound {
				return nil, err
			}
			k, known := at[inbox]
			if !known {
				k = len(out)
				at[inbox] = k
				out = append(out, coop.Box{Inbox: inbox})
			}
			out[k].Actors = append(out[k].Actors, i)
		}
	}
	return out, nil
}
