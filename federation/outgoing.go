// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"plenum/coop"
)

// document makes an activity of ours under a new id.
func (s *Service) document(n coop.Name, kind string, post coop.ID, make func(coop.ID) ([]byte, error)) (coop.Document, error) {
	id, err := s.newID()
	if err != nil {
		return coop.Document{}, err
	}
	body, err := make(id)
	if err != nil {
		return coop.Document{}, err
	}
	return coop.Document{ID: id, Actor: n, Type: kind, Post: post, At: s.now(), Body: body}, nil
}

// deliveries makes one delivery of doc for each inbox that is not on this
// instance, nor where nothing is sent. AP §7.1: recipients are de-duplicated, the sender is left out.
func (s *Service) deliveries(doc coop.Document, boxes []coop.Box) ([]coop.Delivery, error) {
	out := make([]coop.Delivery, 0, len(boxes))
	taken := make(map[coop.IRI]bool, len(boxes))
	for _, b := range boxes {
		if taken[b.Inbox] || s.Site.Local(b.Inbox) || s.Refuses(coop.HostOf(b.Inbox)) {
			continue
		}
		taken[b.Inbox] = true
		id, err := s.newID()
		if err != nil {
			return nil, err
		}
		out = append(out, coop.Delivery{
			ID: id, Document: doc.ID, Actor: doc.Actor, Type: doc.Type, Post: doc.Post,
			Inbox: b.Inbox, Host: coop.HostOf(b.Inbox), Actors: b.Actors,
			Reach: coop.Reach{Servers: 1, Followers: len(b.Actors)}, State: coop.Waiting, Created: s.now(), Next: s.now(),
		})
	}
	return out, nil
}

// fan sends doc to whoever follows one of the names when it is stored, and to
// others.
func fan(doc coop.Document, others []coop.Box, names ...coop.Name) coop.Fan {
	return coop.Fan{Document: doc.ID, Names: names, Others: others}
}

// to makes a delivery of doc to one actor's own inbox, or nothing where the
// actor is one of ours.
func (s *Service) to(doc coop.Document, a coop.Actor) ([]coop.Delivery, error) {
	return s.deliveries(doc, []coop.Box{{Inbox: a.Inbox, Actors: []coop.IRI{a.ID}}})
}

// addressed finds the inboxes of those whom a post addresses. err is the first
// failure; those found are returned all the same.
func (s *Service) addressed(ctx context.Context, who ...[]coop.IRI) (boxes []coop.Box, err error) {
	all := slices.DeleteFunc(slices.Concat(who...), func(i coop.IRI) bool { return i == coop.Public || s.Site.Local(i) })
	found, failed := make([]coop.Actor, len(all)), make([]error, len(all))
	var asking errgroup.Group
	asking.SetLimit(askedAtOnce)
	for k, i := range all {
		asking.Go(func() error {
			found[k], failed[k] = s.actor(ctx, i)
			return nil
		})
	}
	_ = asking.Wait() // each keeps its own failure
	for k, i := range all {
		if failed[k] != nil {
			err = cmp.Or(err, error(&coop.Error{Code: coop.CodeOf(failed[k]), Op: "federation.addressed", Member: "to", Retry: retryOf(failed[k]), Err: failed[k],
				Msg: "the inbox of an addressee could not be found: " + string(i)}))
			continue
		}
		boxes = append(boxes, coop.Box{Inbox: found[k].Box(), Actors: []coop.IRI{i}})
	}
	return boxes, err
}

// askedAtOnce is how many addressees are looked up at a time: a client waits for
// it, and a host that does not answer takes ten seconds.
const askedAtOnce = 24

// localReaders are the co-ops on this instance that follow the co-op n: they
// are given its posts in the same transaction, without a request.
func (s *Service) localReaders(ctx context.Context, n coop.Name) ([]coop.Name, error) {
	return s.Followings.FollowedBy(ctx, s.Site.Actor(n), coop.FollowAccepted)
}
