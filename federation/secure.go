// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// Vouch reports whether a request that only reads was signed by somebody whom we
// let in: an actor with a key that its own document lists, and that is not refused.
// An error is Forbidden for who is refused, Unauthorized for who proves nothing, and
// Unavailable where the key cannot be had at the moment. An instance that is strict
// asks so for everything but the document of its own instance actor, without which
// no two such instances could ever ask each other.
func (s *Service) Vouch(ctx context.Context, claim *keys.Claim) error {
	_, err := s.proveCarrier(ctx, claim)
	return err
}

// VouchFor reports whether a request that only reads was signed by somebody of the
// server of an actor: most servers ask in the name of one actor for all of theirs.
func (s *Service) VouchFor(ctx context.Context, claim *keys.Claim, actor coop.IRI) error {
	by, err := s.proveCarrier(ctx, claim)
	if err == nil && coop.HostOf(by.Actor) != coop.HostOf(actor) {
		err = notFound("federation.VouchFor")
	}
	return err
}

// proveCarrier proves who signed a request, whatever it carries: the actor whom the
// key belongs to.
func (s *Service) proveCarrier(ctx context.Context, claim *keys.Claim) (keys.Signer, error) {
	if s.Site.Local(claim.KeyID) {
		return keys.Signer{}, coop.Fail(coop.Unauthorized, "federation.prove", "this key is one of ours")
	}
	if s.Refuses(coop.HostOf(claim.KeyID)) {
		return keys.Signer{}, refusal()
	}
	owner, err := s.keyOwner(ctx, claim.KeyID)
	if err != nil {
		return keys.Signer{}, keyError(err)
	}
	if s.RefusesActor(owner) {
		return keys.Signer{}, refusal()
	}
	return s.proveRequest(ctx, claim, owner)
}

// keyOwner finds the actor that a key says it belongs to. Nothing is believed by
// it: the actor's own document has to list the key. Most key ids are that of the
// actor with a fragment; of the others, as GoToSocial has them, the document at the
// id is asked.
func (s *Service) keyOwner(ctx context.Context, key coop.IRI) (coop.IRI, error) {
	if id := key.WithoutFragment(); id != key {
		return id, nil
	}
	if owner, ok := s.known.owner(key); ok {
		return owner, nil
	}
	if err := s.remotes.missed(key, s.Now()); err != nil {
		return "", err
	}
	v, err, _ := s.remotes.flight.Do("key "+string(key), func() (any, error) {
		owner, err := s.readOwner(context.WithoutCancel(ctx), key)
		if err != nil {
			s.remotes.miss(key, err, s.Now())
			return coop.IRI(""), err
		}
		s.known.setOwner(key, owner)
		return owner, nil
	})
	owner, _ := v.(coop.IRI)
	return owner, err
}

func (s *Service) readOwner(ctx context.Context, key coop.IRI) (coop.IRI, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	raw, err := s.get(ctx, key)
	if err != nil {
		return "", err
	}
	owner, err := activity.KeyOwner(raw, s.Site.HTTP)
	if err == nil && !coop.SameOrigin(owner, key) {
		err = coop.Fail(coop.Invalid, "federation.keyOwner", "the key says that it belongs to somebody elsewhere")
	}
	return owner, err
}

// refusal is all that is said to somebody whom we refuse.
func refusal() error {
	return coop.Fail(coop.Forbidden, "federation", "this instance takes nothing from there")
}
