// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"

	"plenum/coop"
)

const (
	accessFor  = time.Hour
	refreshFor = 90 * 24 * time.Hour
)

// TokenResponse is what a client gets for a code or a refresh token. RFC 6749 §5.1; me
// is the actor that the token is for.
type TokenResponse struct {
	Access  string   `json:"access_token"`
	Type    string   `json:"token_type"`
	Expires int      `json:"expires_in"` // seconds
	Refresh string   `json:"refresh_token"`
	Scope   string   `json:"scope"`
	Me      coop.IRI `json:"me"`
}

// Token answers the token endpoint: a pair of tokens for a code, or for the refresh
// token of the pair before. Errors that are no *OAuthError are ours. RFC 6749 §4.1.3
// and §6, RFC 7636 §4.6.
func (s *Service) Token(ctx context.Context, form url.Values, a ClientAuth) (TokenResponse, error) {
	if err := once(form, "resource"); err != nil {
		return TokenResponse{}, err
	}
	kind := form.Get("grant_type")
	if kind == "" {
		return TokenResponse{}, refuse("invalid_request", "grant_type is missing")
	}
	if kind != "authorization_code" && kind != "refresh_token" {
		return TokenResponse{}, refuse("unsupported_grant_type", "grant_type has to be authorization_code or refresh_token")
	}
	c, err := s.clientOf(ctx, form, a)
	if err != nil {
		return TokenResponse{}, err
	}
	target, err := s.resource(form["resource"])
	if err != nil {
		return TokenResponse{}, err
	}
	p, err := s.pair(c)
	if err != nil {
		return TokenResponse{}, err
	}
	if kind == "authorization_code" {
		return s.exchange(ctx, form, c, target, p)
	}
	return s.renew(ctx, form, c, target, p)
}

// pair is an access token and the refresh token that replaces it, without what the
// store takes from the grant.
type pair struct {
	access, refresh             coop.Token
	accessSecret, refreshSecret string
}

func (s *Service) pair(c coop.Client) (p pair, err error) {
	p.access = coop.Token{Label: c.Name, Created: s.now(), Expires: s.now().Add(accessFor)}
	p.refresh = coop.Token{Label: c.Name, Created: s.now(), Expires: s.now().Add(refreshFor), Refresh: true}
	if p.access.ID, err = s.id(); err != nil {
		return p, err
	}
	if p.refresh.ID, err = s.id(); err != nil {
		return p, err
	}
	if p.accessSecret, p.access.Hash, err = s.secret(tokenPrefix); err != nil {
		return p, err
	}
	p.refreshSecret, p.refresh.Hash, err = s.secret(refreshPrefix)
	return p, err
}

func (s *Service) response(g coop.Grant, p pair, all []coop.Scope) TokenResponse {
	return TokenResponse{
		Access: p.accessSecret, Type: "Bearer", Expires: int(accessFor / time.Second), Refresh: p.refreshSecret, Scope: words(all), Me: s.Site.Actor(g.Coop),
	}
}

// exchange spends a code. Of two at once one gets tokens; a code that comes again ends
// what came of it. RFC 6749 §4.1.2, A11.
func (s *Service) exchange(ctx context.Context, form url.Values, c coop.Client, n coop.Name, p pair) (TokenResponse, error) {
	code, verifier := form.Get("code"), form.Get("code_verifier")
	switch {
	case code == "" || len(code) > secretBytes:
		return TokenResponse{}, refuse("invalid_request", "code is missing")
	case !verifies(verifier):
		return TokenResponse{}, refuse("invalid_request", "code_verifier has 43 to 128 of the characters that RFC 7636 allows")
	}
	g, err := s.Clients.Exchange(ctx, digest(code), func(k coop.AuthCode) error {
		return s.mayExchange(k, c, form.Get("redirect_uri"), verifier)
	}, p.access, p.refresh)
	if err != nil {
		return TokenResponse{}, grantError(err, "this code is not known, or was used before; what it opened is closed")
	}
	if n != "" && n != g.Coop {
		if err := s.Tokens.RevokeGrant(ctx, g.ID, "the app asked for another co-op", coop.Decision{}); err != nil {
			return TokenResponse{}, err
		}
		return TokenResponse{}, refuse("invalid_target", "the member consented for another co-op")
	}
	return s.response(g, p, g.Scopes), nil
}

// mayExchange says whether a client gets tokens for a code. RFC 6749 §4.1.3, RFC 7636
// §4.6.
func (s *Service) mayExchange(k coop.AuthCode, c coop.Client, redirect, verifier string) error {
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	switch {
	case k.Client != c.ID:
		return refuse("invalid_grant", "this code was given to another app")
	case !s.Now().Before(k.Expires):
		return refuse("invalid_grant", "this code has expired")
	case k.Redirect != redirect && (k.Redirect != "" || !slices.Contains(c.Redirects, redirect)):
		return refuse("invalid_grant", "redirect_uri is not the one of the request")
	case subtle.ConstantTimeCompare([]byte(k.Challenge), []byte(challenge)) != 1:
		return refuse("invalid_grant", "code_verifier does not belong to the code_challenge of the request")
	}
	return nil
}

// verifies reports whether a verifier has the form that makes it hard to guess. RFC
// 7636 §4.1.
func verifies(v string) bool {
	return len(v) >= 43 && len(v) <= 128 && strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~") == ""
}

// renew spends a refresh token for the next pair; one that comes again was stolen, or
// its thief was first: all of its family end. RFC 9700 §4.14.2, A19.
func (s *Service) renew(ctx context.Context, form url.Values, c coop.Client, n coop.Name, p pair) (TokenResponse, error) {
	secret := form.Get("refresh_token")
	if secret == "" || len(secret) > secretBytes {
		return TokenResponse{}, refuse("invalid_request", "refresh_token is missing")
	}
	t, err := s.Tokens.Token(ctx, digest(secret))
	if err != nil || !t.Refresh {
		return TokenResponse{}, grantError(err, "this refresh token is not known")
	}
	if t.Spent.IsZero() { // one that was spent is for Rotate to find
		if err := s.mayRenew(ctx, t, c, n); err != nil {
			return TokenResponse{}, err
		}
	}
	var fewer []coop.Scope
	if asked := form.Get("scope"); asked != "" {
		fewer = slices.DeleteFunc(scopes(asked), func(v coop.Scope) bool { return !slices.Contains(t.Scopes, v) })
		if len(fewer) == 0 {
			return TokenResponse{}, refuse("invalid_scope", "the member did not consent to this")
		}
	}
	g, err := s.Clients.Rotate(ctx, digest(secret), c.ID, fewer, p.access, p.refresh)
	if err != nil {
		return TokenResponse{}, grantError(err, "this refresh token was used before; what it opened is closed")
	}
	if fewer == nil {
		fewer = g.Scopes
	}
	return s.response(g, p, fewer), nil
}

// mayRenew says whether a refresh token is good still: its client, its time, its
// member, and what the client says of itself. A18, A21.
func (s *Service) mayRenew(ctx context.Context, t coop.Token, c coop.Client, n coop.Name) error {
	g, err := s.Clients.Grant(ctx, t.Grant)
	if err != nil {
		return grantError(err, "this refresh token is not known")
	}
	switch {
	case g.Client != c.ID:
		return refuse("invalid_grant", "this refresh token was given to another app")
	case !t.Revoked.IsZero() || !g.Revoked.IsZero():
		return refuse("invalid_grant", "this was revoked; ask the member again")
	case !s.Now().Before(t.Expires):
		return refuse("invalid_grant", "this refresh token has expired; ask the member again")
	case n != "" && n != t.Coop:
		return refuse("invalid_target", "the member consented for another co-op")
	}
	m, err := s.People.Member(ctx, t.Member)
	switch {
	case coop.CodeOf(err) == coop.NotFound, err == nil && m.Role(t.Coop) == "":
		return refuse("invalid_grant", "the member no longer works for this co-op")
	case err != nil:
		return err
	}
	if c, err = s.asOfLate(ctx, c); err != nil {
		return err
	}
	if g.Created.Before(c.Changed) {
		if err := s.Tokens.RevokeGrant(ctx, g.ID, "the app changed what it says of itself", coop.Decision{}); err != nil {
			return err
		}
		return refuse("invalid_grant", "the app changed what it says of itself; ask the member again")
	}
	return nil
}

// asOfLate reads the document of a client again where that is long ago. One that
// cannot be fetched is taken for what it said: its host may be down.
func (s *Service) asOfLate(ctx context.Context, c coop.Client) (coop.Client, error) {
	if c.Kind == coop.Registered || s.Now().Sub(c.Fetched) < documentStale {
		return c, nil
	}
	fresh, err := s.documented(ctx, c.ID, documentFor)
	if err == nil {
		return fresh, nil
	}
	return c, ctx.Err()
}

// grantError tells a client that a code or a token is no longer good; what is wrong
// with us is not its business.
func grantError(err error, description string) error {
	switch coop.CodeOf(err) {
	case "", coop.NotFound, coop.Conflict:
		return refuse("invalid_grant", description)
	case coop.Gone, coop.Forbidden:
		return refuse("invalid_grant", "this is no longer good; ask the member again")
	}
	return err
}
