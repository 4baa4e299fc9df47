// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"plenum/activity"
	"plenum/content"
	"plenum/coop"
	"plenum/keys"
)

// Receive takes an activity that arrived in an inbox with the claim that its
// request makes. Everything that needs neither key nor network has been checked
// before: signature syntax, digest, window, the shape of the JSON. A nil error
// means that all it asks for is on disk, or that we do not want it: answer 202.
// proven says whether it is sure who sent it, whatever came of it.
//
// docs/security.md A.4 6 to 11, in that order.
func (s *Service) Receive(ctx context.Context, claim *keys.Claim, in activity.Inbound) (proven bool, err error) {
	defer s.book.enter()()
	h := in.Head()
	if err := s.admit(claim, h); err != nil {
		return false, err
	}
	if hearsay(claim, h) {
		return s.overheard(ctx, claim, h)
	}
	if d, ok := in.(activity.Delete); ok && d.Object == h.Actor {
		return s.actorDeleted(ctx, claim, d)
	}
	signer, err := s.prove(ctx, claim, h)
	if err != nil {
		s.observe(Event{What: "refused", Type: h.Type, Actor: h.Actor, Note: string(coop.CodeOf(err))})
		return false, err
	}
	seen, counts, err := s.seen(ctx, signer, in)
	if err != nil || !counts {
		return true, err
	}
	s.observe(Event{What: "verified", Type: h.Type, Actor: h.Actor, Note: string(signer.Form)})
	switch in.(type) {
	case activity.Undo, activity.Delete, activity.Block: // each is remembered, whether or not there is anything to end
		if err := s.allowed(quotaBack, signer.Actor); err != nil {
			return true, err
		}
	}
	return true, s.dispatch(ctx, signer, in, seen)
}

// seen reports whether an activity counts: because it is new, or is a Follow that
// its actor has signed anew. Misskey and WordPress give the same id to each Follow
// of the same two, so one that comes again means that the Accept was lost, or that
// there was an Undo in between, which Misskey gives the same id each time too; a copy
// of the old request has the old date. A Join that comes again asks for its answer in
// the same way, and a Leave ends what came since the last. Mobilizon, GoToSocial and
// Friendica give one id to all Updates of an object; Mobilizon's and Hubzilla's is
// that of the Create, and BookWyrm's Delete has it too.
func (s *Service) seen(ctx context.Context, by keys.Signer, in activity.Inbound) (seen coop.Seen, counts bool, err error) {
	seen = coop.Seen{Actor: by.Actor, Activity: in.Head().ID, At: s.now(), Type: in.Head().Type, Object: aboutWhat(in)}
	if _, ok := in.(activity.Like); ok && by.Form != keys.Integrity {
		return seen, true, nil // the store tells what came from the reaction itself
	}
	before, err := s.Inbox.SeenAt(ctx, seen)
	switch in.(type) {
	case activity.Follow, activity.Join, activity.Update, activity.Delete, activity.Undo, activity.Leave:
		seen.At = by.At
		seen.Again = !before.IsZero() && by.At.After(before)
	case activity.Create, activity.Accept, activity.TentativeAccept, activity.Reject:
		seen.At = by.At
	}
	if err == nil && before.IsZero() && by.Form == keys.Integrity {
		err = s.stillTold(ctx, by.At)
	}
	return seen, before.IsZero() || seen.Again, err
}

// aboutWhat is what an activity is about, as the inboxes of those show it for whom it
// came.
func aboutWhat(in activity.Inbound) coop.IRI {
	switch in := in.(type) {
	case activity.Follow:
		return in.Object
	case activity.Like:
		return in.Object
	case activity.Announce:
		return in.Object
	case activity.Join:
		return in.Object
	case activity.Leave:
		return in.Object
	case activity.Accept:
		return in.Object
	case activity.Reject:
		return in.Object
	case activity.TentativeAccept:
		return in.Object
	case activity.Undo:
		return cmp.Or(in.Object, in.OfObject)
	case activity.Create:
		return in.Object.ID
	case activity.Update:
		return in.Object.ID
	case activity.Delete:
		return in.Object
	case activity.Block:
		return in.Object
	case activity.Move:
		return in.Object
	case activity.Flag:
		return in.Objects[0]
	case activity.QuoteRequest:
		return in.Object
	}
	return ""
}

// stillTold refuses a proof that is so old that what was seen then may be forgotten:
// with enough activities anybody can bring that about before the week is over in
// which a proof counts, and anybody who has what was deleted could send it again.
func (s *Service) stillTold(ctx context.Context, made time.Time) error {
	forgotten, err := s.Inbox.SeenForgotten(ctx)
	if err == nil && !forgotten.IsZero() && !made.After(forgotten.Add(keys.MaxAhead)) { // by a clock that may be ahead
		err = coop.Fail(coop.Unauthorized, "federation.stillTold", "the proof is too old to tell whether this was seen before")
	}
	return err
}

// dispatch holds one rule for each thing that can arrive.
func (s *Service) dispatch(ctx context.Context, by keys.Signer, in activity.Inbound, seen coop.Seen) error {
	switch in := in.(type) {
	case activity.Follow:
		return s.followed(ctx, by, in, seen)
	case activity.Undo:
		return s.undone(ctx, by, in, seen)
	case activity.Accept:
		return s.accepted(ctx, by, in, coop.FollowAccepted, seen)
	case activity.Reject:
		return s.accepted(ctx, by, activity.Accept(in), coop.FollowRejected, seen)
	case activity.TentativeAccept:
		_, err := s.joined(ctx, by, in.Head(), in.Object, "", seen)
		return err
	case activity.Join:
		return s.asksToJoin(ctx, by, in, seen)
	case activity.Leave:
		_, err := s.left(ctx, by, in.Object, seen)
		return err
	case activity.Like:
		return s.liked(ctx, by, in, seen)
	case activity.Announce:
		return s.announced(ctx, by, in, seen)
	case activity.Create:
		return s.created(ctx, by, in.Head(), in.Object, seen)
	case activity.Update:
		if in.Object.Actor {
			return s.actorUpdated(ctx, by, in.Object)
		}
		return s.created(ctx, by, in.Head(), in.Object, seen)
	case activity.Delete:
		return s.deleted(ctx, by, in, seen)
	case activity.Block:
		return s.blocked(ctx, by, in, seen)
	case activity.Move:
		return s.moved(ctx, by, in, seen)
	case activity.Flag:
		return s.complained(ctx, by, in, seen)
	case activity.QuoteRequest:
		return s.quoted(ctx, by, in, seen)
	case activity.Ignored:
		return nil // answered 202: a peer must not retry what we will never want
	}
	panic(fmt.Sprintf("federation: no rule for %T", in))
}

// accepted takes an Accept or a Reject: of an event of ours it says whether its
// actor comes, of anything else it is the answer to a follow of ours.
func (s *Service) accepted(ctx context.Context, by keys.Signer, in activity.Accept, state coop.FollowState, seen coop.Seen) error {
	if ok, err := s.joined(ctx, by, in.Head(), in.Object, "", seen); err != nil || ok {
		return err
	}
	return s.answered(ctx, by, in, state, seen)
}

// created takes what a Create or an Update brings: a reply to a post of ours from
// anybody, anything else from whom a co-op of ours follows.
func (s *Service) created(ctx context.Context, by keys.Signer, h activity.Head, o activity.Object, seen coop.Seen) error {
	if ok, err := s.commented(ctx, by, h, o, seen); err != nil || ok {
		return err
	}
	return s.keep(ctx, by, h, o, seen)
}

// actorDeleted handles an actor's Delete of itself. Of one of whom nothing is here
// there is nothing to delete, and fetching it would be in vain: this is the
// commonest request in the fediverse. Of one that is not known any more, but has left
// something, its document is asked for. T02, T03.
func (s *Service) actorDeleted(ctx context.Context, claim *keys.Claim, d activity.Delete) (proven bool, err error) {
	h := d.Head()
	known, err := s.Actors.Actor(ctx, h.Actor)
	if coop.CodeOf(err) == coop.NotFound {
		known = coop.Actor{ID: h.Actor}
		var left bool
		if left, err = s.Actors.Traces(ctx, h.Actor); err == nil && !left {
			return false, nil
		}
	}
	if err != nil {
		return false, err
	}
	// A key that older rules believed proves nothing here either. K09.
	keys := parseKeys(known)
	if proven = known.Policy == policy && keys.signed(claim, s.Now()) == nil; proven {
		s.heard(keys)
	}
	if !proven && !s.goneOrSigned(ctx, claim, known) {
		return false, coop.Fail(coop.Unauthorized, "federation.actorDeleted", "the signature does not fit, and the actor still exists")
	}
	s.observe(Event{What: "verified", Type: h.Type, Actor: h.Actor, Note: string(claim.Form)})
	return true, s.forgetActor(ctx, h.Actor, coop.Seen{Actor: h.Actor, Activity: h.ID, At: s.now()}, s.tellIn(""))
}

// goneOrSigned reads an actor's document again, for a Delete that the keys which we
// remember did not sign: it is gone, or has another key by now. What was read is
// kept: this uses up what a bad signature may cost in a while, and whoever sends
// forged Deletes must not keep a new key from being found. K01, K02, T03.
func (s *Service) goneOrSigned(ctx context.Context, claim *keys.Claim, known coop.Actor) bool {
	if !s.remotes.mayDoubt(known.ID, s.Now()) {
		return false
	}
	fresh, err := s.fetchActor(ctx, known.ID, known.Fetched)
	if err != nil {
		return coop.CodeOf(err) == coop.Gone
	}
	return fresh.keys().signed(claim, s.Now()) == nil
}

// actorUpdated reads an actor's document again when it says that it changed.
// What the activity embeds is not used: the document is the truth. Of one that
// was read a moment ago it is remembered that it is old: it is read again before
// it is next needed.
func (s *Service) actorUpdated(ctx context.Context, by keys.Signer, o activity.Object) error {
	if o.ID != by.Actor {
		return nil
	}
	if s.remotes.mayRetry(by.Actor, s.Now()) {
		_, err := s.fetchActor(ctx, by.Actor, s.now())
		if coop.CodeOf(err) == coop.Internal {
			return err
		}
		return nil
	}
	a, err := s.Actors.Actor(ctx, by.Actor)
	if err != nil {
		return ignoreMissing(err)
	}
	a.Fetched = s.now().Add(-actorAge)
	return s.saveActor(ctx, a)
}

// readers are the co-ops of ours that follow an actor, or asked to: a post can
// overtake the Accept, and would be lost for good.
func (s *Service) readers(ctx context.Context, actor coop.IRI) ([]coop.Name, error) {
	return s.Followings.FollowedBy(ctx, actor, coop.FollowAccepted, coop.FollowAsked)
}

// keep stores what an actor whom a co-op of ours follows has published.
func (s *Service) keep(ctx context.Context, by keys.Signer, h activity.Head, o activity.Object, seen coop.Seen) error {
	readers, err := s.readers(ctx, by.Actor)
	if err != nil || len(readers) == 0 {
		return err
	}
	if !coop.SameOrigin(o.ID, by.Actor) || s.Site.Local(o.ID) {
		return nil
	}
	if !o.Embedded || o.By != by.Actor {
		if o, err = s.fetchObject(ctx, o.ID); err != nil {
			return ignoreMissing(err)
		}
		if ok, err := s.commented(ctx, by, h, o, seen); err != nil || ok { // only now it shows
			return err
		}
	}
	if o.By != by.Actor || !o.Listed { // our page is public: what is not meant for it stays out
		return nil
	}
	return s.keepObject(ctx, by, o, readers, seen)
}

// announced counts who passes on a post of ours, and stores what somebody whom we
// follow passes on, fetched from where it is at home. AP §7.11.
func (s *Service) announced(ctx context.Context, by keys.Signer, in activity.Announce, seen coop.Seen) error {
	if ok, err := s.reacted(ctx, by, in.Head(), in.Object, coop.Shared, "", seen); err != nil || ok {
		return err
	}
	readers, err := s.readers(ctx, by.Actor)
	if err != nil || len(readers) == 0 || s.Site.Local(in.Object) {
		return err
	}
	if _, err := s.Inbox.ReceivedObject(ctx, in.Object); err == nil {
		return nil // from its author, or announced before
	}
	o, err := s.fetchObject(ctx, in.Object)
	if err != nil {
		return ignoreMissing(err)
	}
	if !o.Listed {
		return nil
	}
	return s.keepObject(ctx, by, o, readers, seen)
}

// blocked ends what is between an actor of ours and one who wants nothing to do with
// it. Nothing is sent: a Block is nobody's news. AP §7.9, T16.
func (s *Service) blocked(ctx context.Context, by keys.Signer, in activity.Block, seen coop.Seen) error {
	r, ok := s.Site.Parse(in.Object)
	if !ok || r.Kind != coop.RefActor {
		return nil
	}
	err := s.Followings.SettleFollow(ctx, r.Name, by.Actor, coop.FollowRejected, coop.Seen{At: seen.At})
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		return err
	}
	if err := s.Followers.EndFollow(ctx, r.Name, by.Actor, seen, coop.Outgoing{}); err != nil {
		return ignoreMissing(err)
	}
	s.observe(Event{What: "blocked", Type: "Block", Coop: r.Name, Actor: by.Actor})
	return nil
}

// ignoreMissing lets a peer try again when a host was down, and forgets what
// cannot be had.
func ignoreMissing(err error) error {
	if c := coop.CodeOf(err); c == coop.Unavailable || c == coop.Internal {
		return err
	}
	return nil
}

// fetchObject reads an object where its id says that it is; its author must be on
// the same host. CVE-2024-23832.
func (s *Service) fetchObject(ctx context.Context, id coop.IRI) (activity.Object, error) {
	raw, err := s.get(ctx, id)
	if err != nil {
		return activity.Object{}, err
	}
	o, err := activity.DecodeObject(raw, s.Site.HTTP)
	if err != nil {
		return activity.Object{}, err
	}
	if o.ID != id || !coop.SameOrigin(o.ID, o.By) || o.Actor {
		return activity.Object{}, coop.Fail(coop.Invalid, "federation.fetchObject", "the document is not the object's own")
	}
	if s.RefusesActor(o.By) {
		return activity.Object{}, refusal()
	}
	return o, nil
}

// receivedOf is what is kept of an object elsewhere, but for who brought it.
func receivedOf(o activity.Object) coop.Received {
	updated := o.Updated
	if updated.IsZero() {
		updated = o.Published
	}
	r := coop.Received{
		Object: o.ID, Type: o.Type, By: o.By, Updated: coop.Stamp(updated), Name: content.Line(o.Name, coop.MaxTitle),
		Summary: content.Line(content.Text(o.Summary), coop.MaxSummary), URL: o.URL, Body: o.Raw,
	}
	if r.URL == "" || !coop.SameOrigin(r.URL, r.Object) {
		r.URL = r.Object
	}
	return r
}

func (s *Service) keepObject(ctx context.Context, by keys.Signer, o activity.Object, readers []coop.Name, seen coop.Seen) error {
	r := receivedOf(o)
	r.Activity, r.Via, r.KeyID, r.At, r.For = seen.Activity, by.Actor, by.KeyID, seen.At, readers
	if err := s.Inbox.Keep(ctx, r, seen); err != nil {
		return err
	}
	s.observe(Event{What: "kept", Type: o.Type, Actor: by.Actor, Object: o.ID, Title: r.Name})
	return nil
}
