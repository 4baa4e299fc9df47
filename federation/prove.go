// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"errors"
	"time"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// errNotListed says that an actor's document does not list a key.
var errNotListed = coop.Fail(coop.Unauthorized, "federation.prove", "the actor does not list this key")

// admit refuses what cannot be believed whatever the keys say, and those from whom
// we want nothing. docs/security.md A.4 6 and 7.
func (s *Service) admit(claim *keys.Claim, h activity.Head) error {
	const op = "federation.Receive"
	switch {
	case s.Refuses(coop.HostOf(claim.KeyID)) || s.RefusesActor(h.Actor):
		return refusal()
	case !coop.SameOrigin(h.Actor, h.ID):
		return coop.Fail(coop.Unauthorized, op, "activity and actor must be on one host")
	case s.Site.Local(h.Actor):
		return coop.Fail(coop.Unauthorized, op, "this actor is one of ours")
	}
	return nil
}

// hearsay reports whether an activity comes from elsewhere than its actor does, with
// nothing in it that we could believe. What else may stand in it, as signatures by
// Linked Data, is not looked at.
func hearsay(claim *keys.Claim, h activity.Head) bool {
	return !coop.SameOrigin(h.Actor, claim.KeyID) && !keys.HasProof(h.Raw)
}

// overheard takes hearsay and makes nothing of it: neither is its actor asked for,
// nor is it remembered, so that the genuine may still come. Who has proven to have
// brought it has done what ActivityPub asks for, and is not told to try again or
// that we are out of order; 401 would say so. AP §7.1.2, S27.
func (s *Service) overheard(ctx context.Context, claim *keys.Claim, h activity.Head) (proven bool, err error) {
	carrier, err := s.proveCarrier(ctx, claim)
	if err != nil {
		s.observe(Event{What: "refused", Type: h.Type, Actor: h.Actor, Note: string(coop.CodeOf(err))})
		return false, err
	}
	s.observe(Event{What: "not believed", Type: h.Type, Actor: carrier.Actor, Object: h.ID})
	return true, nil
}

// prove finds out who says an activity. As a rule that is who signed the request,
// with a key that the actor's own document lists. Somebody else may pass it on where
// it carries a proof by its actor. docs/adr/0013-proofs-in-documents.md.
func (s *Service) prove(ctx context.Context, claim *keys.Claim, h activity.Head) (keys.Signer, error) {
	if coop.SameOrigin(h.Actor, claim.KeyID) {
		signer, err := s.proveRequest(ctx, claim, h.Actor)
		if !errors.Is(err, errNotListed) || !keys.HasProof(h.Raw) {
			return signer, err
		}
	}
	return s.provePassedOn(ctx, claim, h)
}

// proveRequest checks the signature of a request with the key that an actor's own
// document lists.
func (s *Service) proveRequest(ctx context.Context, claim *keys.Claim, actor coop.IRI) (keys.Signer, error) {
	a, err := s.provenBy(ctx, actor, func(k actorKeys) error { return k.signed(claim, s.Now()) })
	if err != nil {
		return keys.Signer{}, err
	}
	s.heard(a)
	return keys.Signer{Actor: actor, KeyID: claim.KeyID, Form: claim.Form, At: coop.Stamp(claim.At)}, nil
}

// provePassedOn checks who brought an activity, whom that is charged to, and then
// the proof of who made it: by a key that the document of the activity's own actor
// lists for that. FEP-8b32, FEP-521a.
func (s *Service) provePassedOn(ctx context.Context, claim *keys.Claim, h activity.Head) (keys.Signer, error) {
	proof, err := keys.ReadProof(h.Raw, s.Site.Scheme(), s.Now())
	if err != nil {
		return keys.Signer{}, err
	}
	if !coop.SameOrigin(proof.Method, h.Actor) {
		return keys.Signer{}, errNotListed
	}
	carrier, err := s.proveCarrier(ctx, claim)
	if err != nil {
		return keys.Signer{}, err
	}
	if err := s.allowed(quotaForward, carrier.Actor); err != nil {
		return keys.Signer{}, err
	}
	if _, err = s.provenBy(ctx, h.Actor, func(k actorKeys) error { return k.asserted(proof, s.Now()) }); err != nil {
		return keys.Signer{}, err
	}
	return keys.Signer{Actor: h.Actor, KeyID: proof.Method, Form: keys.Integrity, At: coop.Stamp(proof.At)}, nil
}

// provenBy checks something with the keys of an actor. Where those that we remember
// do not fit, the actor is fetched again, but not more often than every few minutes.
// Who has proven to be an actor that was not known is stored.
func (s *Service) provenBy(ctx context.Context, actor coop.IRI, check func(actorKeys) error) (actorKeys, error) {
	a, err := s.acquaint(ctx, actor)
	if err != nil {
		return actorKeys{}, keyError(err)
	}
	failed := check(a)
	if failed == nil {
		return a, s.introduce(ctx, actor, a)
	}
	if a.fetched.Equal(s.now()) || !s.remotes.mayDoubt(actor, s.Now()) {
		return actorKeys{}, failed
	}
	fresh, err := s.fetchActor(ctx, actor, a.fetched)
	if err != nil {
		return actorKeys{}, keyError(err)
	}
	a = fresh.keys()
	if failed = check(a); failed != nil {
		return actorKeys{}, failed
	}
	return a, s.introduce(ctx, actor, a)
}

// introduce stores an actor that was not known before it has proven who it is.
func (s *Service) introduce(ctx context.Context, id coop.IRI, a actorKeys) error {
	if a.stored {
		return nil
	}
	_, err := s.actor(ctx, id)
	return err
}

// heard says that the hosts of an actor work: it has just sent us something.
func (s *Service) heard(a actorKeys) {
	if s.Heard == nil {
		return
	}
	for _, h := range a.hosts {
		s.Heard(h)
	}
}

// signed reports whether one of the keys made the signature of a request.
func (a actorKeys) signed(claim *keys.Claim, now time.Time) error {
	k, err := a.key(claim.KeyID, now)
	if err != nil {
		return err
	}
	return claim.Verify(k.public)
}

// asserted reports whether one of the keys that are for it made a proof.
func (a actorKeys) asserted(proof *keys.Proof, now time.Time) error {
	k, err := a.key(proof.Method, now)
	if err != nil {
		return err
	}
	if !k.assertion {
		return errNotListed
	}
	return proof.Verify(k.public)
}

// key returns the key of an id; one that has expired is as if it were not listed.
func (a actorKeys) key(id coop.IRI, now time.Time) (parsedKey, error) {
	for _, k := range a.keys {
		if k.id == id && !k.expires.IsZero() && now.After(k.expires) {
			return k, errNotListed
		}
		if k.id == id && k.err != nil {
			return k, &coop.Error{Code: coop.Unauthorized, Op: "federation.prove", Msg: "the key of this actor is of no use", Err: k.err}
		}
		if k.id == id {
			return k, nil
		}
	}
	return parsedKey{}, errNotListed
}

// keyError says what a failed fetch of a key means to who sent the request: try
// again later, or sign with a key that can be had.
func keyError(err error) error {
	if c := coop.CodeOf(err); c == coop.Unavailable || c == coop.Internal {
		return err
	}
	return &coop.Error{Code: coop.Unauthorized, Op: "federation.prove", Msg: "the key could not be had from its actor's document", Err: err}
}
