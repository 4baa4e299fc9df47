// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"fmt"
	"slices"

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
	h := in.Head()
	if !coop.SameOrigin(h.Actor, h.ID) || !coop.SameOrigin(h.Actor, claim.KeyID) {
		return false, coop.Fail(coop.Unauthorized, "federation.Receive", "activity, actor and key must be on one host")
	}
	if s.Site.Local(h.Actor) {
		return false, coop.Fail(coop.Unauthorized, "federation.Receive", "this actor is one of ours")
	}
	if d, ok := in.(activity.Delete); ok && d.Object == h.Actor {
		return s.actorDeleted(ctx, claim, d)
	}
	signer, err := s.prove(ctx, claim, h.Actor)
	if err != nil {
		s.observe(Event{What: "refused", Type: h.Type, Actor: h.Actor, Note: string(coop.CodeOf(err))})
		return false, err
	}
	seen, counts, err := s.seen(ctx, signer, in)
	if err != nil || !counts {
		return true, err
	}
	s.observe(Event{What: "verified", Type: h.Type, Actor: h.Actor, Note: string(signer.Form)})
	return true, s.dispatch(ctx, signer, in, seen)
}

// seen reports whether an activity counts: because it is new, or is a Follow that
// its actor has signed anew. Misskey and WordPress give the same id to each Follow
// of the same two, so one that comes again means that the Accept was lost, or that
// there was an Undo in between; a copy of the old request has the old date.
func (s *Service) seen(ctx context.Context, by keys.Signer, in activity.Inbound) (seen coop.Seen, counts bool, err error) {
	seen = coop.Seen{Actor: by.Actor, Activity: in.Head().ID, At: s.now()}
	before, err := s.Inbox.SeenAt(ctx, seen)
	switch in.(type) {
	case activity.Follow:
		seen.At = by.At
		seen.Again = !before.IsZero() && by.At.After(before)
	case activity.Undo:
		seen.At = by.At
	}
	return seen, before.IsZero() || seen.Again, err
}

// dispatch holds one rule for each thing that can arrive.
func (s *Service) dispatch(ctx context.Context, by keys.Signer, in activity.Inbound, seen coop.Seen) error {
	switch in := in.(type) {
	case activity.Follow:
		return s.followed(ctx, by, in, seen)
	case activity.Undo:
		return s.undone(ctx, by, in, seen)
	case activity.Accept:
		return s.answered(ctx, by, in, coop.FollowAccepted, seen)
	case activity.Reject:
		return s.answered(ctx, by, activity.Accept(in), coop.FollowRejected, seen)
	case activity.Delete:
		return s.Inbox.Drop(ctx, in.Object, by.Actor, seen)
	case activity.Create:
		return s.keep(ctx, by, in.Object, seen)
	case activity.Update:
		if in.Object.Actor {
			return s.actorUpdated(ctx, by, in.Object)
		}
		return s.keep(ctx, by, in.Object, seen)
	case activity.Announce:
		return s.announced(ctx, by, in, seen)
	case activity.Ignored:
		return nil // answered 202: a peer must not retry what we will never want
	}
	panic(fmt.Sprintf("federation: no rule for %T", in))
}

// prove checks the signature with the key that the actor's own document lists.
// Where a key that we remember does not fit, the actor is fetched again, but not
// more often than every few minutes.
func (s *Service) prove(ctx context.Context, claim *keys.Claim, actor coop.IRI) (keys.Signer, error) {
	a, err := s.actor(ctx, actor)
	if err != nil {
		return keys.Signer{}, keyError(err)
	}
	signer := keys.Signer{Actor: actor, KeyID: claim.KeyID, Form: claim.Form, At: coop.Stamp(claim.At)}
	failed := verify(claim, a)
	if failed == nil {
		s.heard(a)
		return signer, nil
	}
	if a.Fetched.Equal(s.now()) || !s.remotes.mayRetry(actor, s.Now()) {
		return keys.Signer{}, failed
	}
	if a, err = s.fetchActor(ctx, actor, a.Fetched); err != nil {
		return keys.Signer{}, keyError(err)
	}
	if failed = verify(claim, a); failed != nil {
		return keys.Signer{}, failed
	}
	s.heard(a)
	return signer, nil
}

// heard says that the hosts of an actor work: it has just sent us something. Its
// inboxes are on its own host as far as we believe its document; one that was read
// by other rules may have them elsewhere.
func (s *Service) heard(a coop.Actor) {
	if s.Heard == nil {
		return
	}
	var hosts []string
	for _, i := range []coop.IRI{a.ID, a.Inbox, a.Box()} {
		if h := coop.HostOf(i); h != "" && !slices.Contains(hosts, h) {
			hosts = append(hosts, h)
			s.Heard(h)
		}
	}
}

func verify(claim *keys.Claim, a coop.Actor) error {
	for _, k := range a.Keys {
		if k.ID != claim.KeyID {
			continue
		}
		pub, err := keys.DecodePublic(k.PEM)
		if err != nil {
			return &coop.Error{Code: coop.Unauthorized, Op: "federation.verify", Msg: "the key of this actor is of no use", Err: err}
		}
		return claim.Verify(pub)
	}
	return coop.Fail(coop.Unauthorized, "federation.verify", "the actor does not list this key")
}

// keyError says what a failed fetch of a key means to who sent the request: try
// again later, or sign with a key that can be had.
func keyError(err error) error {
	if c := coop.CodeOf(err); c == coop.Unavailable || c == coop.Internal {
		return err
	}
	return &coop.Error{Code: coop.Unauthorized, Op: "federation.prove", Msg: "the key could not be had from its actor's document", Err: err}
}

// actorDeleted handles an actor's Delete of itself. Of one that we do not know
// there is nothing to delete, and fetching it would be in vain: this is the
// commonest request in the fediverse. T02, T03.
func (s *Service) actorDeleted(ctx context.Context, claim *keys.Claim, d activity.Delete) (proven bool, err error) {
	h := d.Head()
	known, err := s.Actors.Actor(ctx, h.Actor)
	if coop.CodeOf(err) == coop.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	// A key that older rules believed proves nothing here either. K09.
	if proven = known.Policy == policy && verify(claim, known) == nil; proven {
		s.heard(known)
	}
	if !proven && !(s.remotes.mayRetry(h.Actor, s.Now()) && s.ActorGone(ctx, h.Actor)) {
		return false, coop.Fail(coop.Unauthorized, "federation.actorDeleted", "the signature does not fit, and the actor still exists")
	}
	s.observe(Event{What: "verified", Type: h.Type, Actor: h.Actor, Note: string(claim.Form)})
	return true, s.Actors.ForgetActor(ctx, h.Actor, coop.Seen{Actor: h.Actor, Activity: h.ID, At: s.now()})
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
	return s.Actors.SaveActor(ctx, a)
}

// readers are the co-ops of ours that follow an actor, or asked to: a post can
// overtake the Accept, and would be lost for good.
func (s *Service) readers(ctx context.Context, actor coop.IRI) ([]coop.Name, error) {
	return s.Followings.FollowedBy(ctx, actor, coop.FollowAccepted, coop.FollowAsked)
}

// keep stores what an actor whom a co-op of ours follows has published.
func (s *Service) keep(ctx context.Context, by keys.Signer, o activity.Object, seen coop.Seen) error {
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
	}
	if o.By != by.Actor || !o.Listed { // our page is public: what is not meant for it stays out
		return nil
	}
	return s.keepObject(ctx, by, o, readers, seen)
}

// announced stores what somebody whom we follow passes on, fetched from where it
// is at home.
func (s *Service) announced(ctx context.Context, by keys.Signer, in activity.Announce, seen coop.Seen) error {
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
	return o, nil
}

func (s *Service) keepObject(ctx context.Context, by keys.Signer, o activity.Object, readers []coop.Name, seen coop.Seen) error {
	updated := o.Updated
	if updated.IsZero() {
		updated = o.Published
	}
	r := coop.Received{
		Object: o.ID, Activity: seen.Activity, Type: o.Type, By: o.By, Via: by.Actor, KeyID: by.KeyID, At: seen.At,
		Updated: coop.Stamp(updated), Name: content.Line(o.Name, coop.MaxTitle), Summary: content.Line(content.Text(o.Summary), coop.MaxSummary),
		URL: o.URL, For: readers, Body: o.Raw,
	}
	if r.URL == "" || !coop.SameOrigin(r.URL, r.Object) {
		r.URL = r.Object
	}
	if err := s.Inbox.Keep(ctx, r, seen); err != nil {
		return err
	}
	s.observe(Event{What: "kept", Type: o.Type, Actor: by.Actor, Object: o.ID, Title: r.Name})
	return nil
}
