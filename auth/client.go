// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"context"
	"crypto/subtle"
	"net/url"
	"strings"
	"time"

	"plenum/coop"
)

// ClientAuth is how a client says who it is in the header of a request. Given is
// whether it does.
type ClientAuth struct {
	ID, Secret string
	Given      bool
}

// BasicAuth makes a ClientAuth of what the header Authorization had, which a server
// takes apart. Both are form-encoded in it. RFC 6749 §2.3.1.
func BasicAuth(user, password string, given bool) (ClientAuth, error) {
	if !given {
		return ClientAuth{}, nil
	}
	id, err1 := url.QueryUnescape(user)
	secret, err2 := url.QueryUnescape(password)
	if err1 != nil || err2 != nil {
		return ClientAuth{}, noClient("the client id or secret in the header is not form-encoded")
	}
	return ClientAuth{ID: id, Secret: secret, Given: true}, nil
}

// clientOf finds out which client speaks, by the header or by the form, and whether it
// has proven it. One without a secret cannot: what it has is the code or the token.
// RFC 6749 §2.3, §3.2.1.
func (s *Service) clientOf(ctx context.Context, form url.Values, a ClientAuth) (coop.Client, error) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if a.Given {
		if secret != "" || id != "" && id != a.ID {
			return coop.Client{}, refuse("invalid_request", "say who you are in one way only")
		}
		id, secret = a.ID, a.Secret
	}
	if id == "" {
		return coop.Client{}, noClient("client_id is missing")
	}
	if len(id) > redirectBytes {
		return coop.Client{}, noClient("this client is not known")
	}
	c, err := s.Clients.Client(ctx, id) // one that somebody let in is there: nothing is fetched for strangers
	switch {
	case coop.CodeOf(err) == coop.NotFound:
		return c, noClient("this client is not known")
	case err != nil:
		return c, err
	case len(c.Secret) == 0 && secret != "":
		return c, noClient("this client has no secret")
	case len(c.Secret) != 0 && subtle.ConstantTimeCompare(c.Secret, digest(secret)) != 1:
		return c, noClient("the secret of this client is another one")
	}
	return c, nil
}

const (
	documentFor     = time.Hour      // how long a client's document is taken for what it says
	documentStale   = 24 * time.Hour // after which it is read again before tokens are renewed
	documentMissing = time.Minute    // how long a failure to fetch it is remembered
	documentsMost   = 1000
)

// client is the client that asks for something in a member's browser. One that is
// known by a document is read again when an hour has passed. What it says is kept when
// a member consents; until then it takes no room that strangers could fill.
func (s *Service) client(ctx context.Context, id string) (coop.Client, error) {
	const unknown = "this app is not known here: it has to register, or to have the address of a document as its client_id"
	switch {
	case id == "":
		return coop.Client{}, refuse("invalid_request", "client_id is missing: this link is not complete")
	case strings.Contains(id, ":"):
		return s.documented(ctx, id, documentFor)
	}
	if _, ok := coop.ParseID(id); !ok {
		return coop.Client{}, refuse("invalid_client", unknown)
	}
	c, err := s.Clients.Client(ctx, id)
	if coop.CodeOf(err) == coop.NotFound {
		return c, refuse("invalid_client", unknown)
	}
	return c, err
}
