// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"strings"

	"plenum/activity"
	"plenum/coop"
)

// Proxy reads a document elsewhere for a client of a co-op, which could not sign for
// it: an actor, an object, an activity or a collection that is for everybody. It asks
// as the instance and not as the co-op, and hands on only what anybody may read: what
// a server shows us because of one co-op is not for another. Documents of ours are as
// the co-op sees them. AP §4.1 proxyUrl; docs/security.md F15.
func (s *Service) Proxy(ctx context.Context, who coop.Principal, id coop.IRI) ([]byte, error) {
	id, err := activity.ParseIRI(string(id), s.Site.HTTP)
	if err != nil {
		return nil, coop.Wrong("id", "this names the document by its id, which is a URL")
	}
	if s.Site.Local(id) {
		return s.proxyOwn(ctx, who, id)
	}
	raw, err := s.get(ctx, id)
	if err != nil {
		return nil, proxyError(err)
	}
	if err := activity.CheckOpen(raw, id, s.Site.HTTP); err != nil {
		return nil, proxyError(err)
	}
	return raw, nil
}

func (s *Service) proxyOwn(ctx context.Context, who coop.Principal, id coop.IRI) ([]byte, error) {
	path := strings.TrimPrefix(string(id.WithoutFragment()), s.Site.Base())
	r, err := s.Owner(ctx, path, who)
	if coop.CodeOf(err) == coop.NotFound {
		r, err = s.Document(ctx, path, Viewer{Member: who})
	}
	switch {
	case err != nil:
		return nil, err
	case r.For != "":
		return nil, notFound("federation.Proxy")
	case r.Gone:
		return nil, coop.Fail(coop.Gone, "federation.Proxy", "this was deleted")
	}
	return r.Body, nil
}

// proxyError says of a failure only what kind it is of: a client is no way to find out
// what there is in our network. F13.
func proxyError(err error) error {
	e := &coop.Error{Code: coop.CodeOf(err), Op: "federation.Proxy", Member: "id", Retry: retryOf(err), Err: err}
	switch e.Code {
	case coop.NotFound, coop.Gone:
		e.Msg = "there is no such document there"
	case coop.Unavailable:
		e.Msg = "the document could not be read; try again later"
	case coop.Internal:
		return err
	default:
		e.Code, e.Msg, e.Retry = coop.Forbidden, "this is nothing that is handed on: a public ActivityStreams document that stands at its id", 0
	}
	return e
}
