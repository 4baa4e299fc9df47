// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"context"
	"net/url"
	"slices"

	"plenum/coop"
)

// Bearer finds out in whose name a token speaks, and what they may do as of now: the
// token of a member does no more than the member. A token that is not known, was
// revoked or has expired is Unauthorized. RFC 6750 §3.1.
func (s *Service) Bearer(ctx context.Context, secret string) (coop.Token, coop.Principal, error) {
	const op = "auth.Bearer"
	none := func(msg string) (coop.Token, coop.Principal, error) {
		return coop.Token{}, coop.Principal{}, coop.Fail(coop.Unauthorized, op, msg)
	}
	if secret == "" || len(secret) > secretBytes {
		return none("this token is not known, or was revoked")
	}
	t, err := s.Tokens.Token(ctx, digest(secret))
	switch {
	case coop.CodeOf(err) == coop.NotFound, err == nil && !t.Revoked.IsZero():
		return none("this token is not known, or was revoked")
	case err != nil:
		return coop.Token{}, coop.Principal{}, err
	case t.Refresh:
		return none("this is a refresh token: exchange it at the token endpoint")
	case !t.Expires.IsZero() && !s.Now().Before(t.Expires):
		return none("this token has expired")
	}
	who := coop.Principal{Coop: t.Coop, Role: coop.Publisher, Token: t.ID, By: "token " + t.Label}
	if t.Member == "" {
		return t, who, nil
	}
	m, err := s.People.Member(ctx, t.Member)
	switch {
	case coop.CodeOf(err) == coop.NotFound, err == nil && s.Principal(m, t.Coop).Role == "":
		return none("whose token this is may no longer act for this co-op")
	case err != nil:
		return coop.Token{}, coop.Principal{}, err
	}
	who.Role, who.Member, who.By = s.Principal(m, t.Coop).Role, m.ID, byMember(m.Login)+" by "+t.Label
	return t, who, nil
}

// NewToken makes a personal token for a co-op, which is for its admins: it does what
// they may do, and ends when they go. One of the machine is nobody's. The instance
// actor's may moderate and nothing else, and is for operators.
func (s *Service) NewToken(ctx context.Context, by coop.Principal, n coop.Name, label string, asked []coop.Scope) (secret string, t coop.Token, err error) {
	a, err := s.authority(ctx, by)
	switch {
	case err != nil:
		return "", t, err
	case n == coop.Relay && !a.operates():
		return "", t, errOperators
	case !a.over(n) && n != coop.Relay:
		return "", t, errNotAdmin
	case len(asked) == 0 || slices.ContainsFunc(asked, func(v coop.Scope) bool {
		return v != coop.Read && v != coop.Write && v != coop.Moderate
	}):
		return "", t, coop.Wrong("scope", "say what the token may do: moderate, read, write, or several of these")
	case n == coop.Relay && !slices.Equal(asked, []coop.Scope{coop.Moderate}):
		return "", t, coop.Wrong("scope", "a token of the instance may moderate, and nothing else")
	}
	t = coop.Token{Coop: n, Label: line(label, 100), Scopes: asked, Member: a.member.ID, Created: s.now()}
	if t.Label == "" {
		return "", t, coop.Wrong("label", "give the token a name, by which it is known")
	}
	if t.ID, err = s.id(); err != nil {
		return "", t, err
	}
	if secret, t.Hash, err = s.secret(tokenPrefix); err != nil {
		return "", t, err
	}
	d, err := s.decision(by.By, "token create", n, string(t.ID))
	if err != nil {
		return "", t, err
	}
	return secret, t, s.Tokens.AddToken(ctx, t, d)
}

// Revoke ends a token of a client: an access token alone, a refresh token with its
// family. One that is not known has ended. RFC 7009 §2.
func (s *Service) Revoke(ctx context.Context, form url.Values, a ClientAuth) error {
	if err := once(form); err != nil {
		return err
	}
	c, err := s.clientOf(ctx, form, a)
	if err != nil {
		return err
	}
	secret := form.Get("token")
	if secret == "" {
		return refuse("invalid_request", "token is missing")
	}
	t, err := s.Tokens.Token(ctx, digest(secret))
	switch {
	case coop.CodeOf(err) == coop.NotFound, err == nil && t.Grant == "":
		return nil // a personal token is revoked by its owner; RFC 7009 §2.2
	case err != nil:
		return err
	}
	g, err := s.Clients.Grant(ctx, t.Grant)
	switch {
	case coop.CodeOf(err) == coop.NotFound:
		return nil
	case err != nil:
		return err
	case g.Client != c.ID:
		return refuse("invalid_grant", "this token was given to another app")
	case t.Refresh:
		return s.Tokens.RevokeGrant(ctx, g.ID, "revoked by the app", coop.Decision{})
	}
	return s.Tokens.RevokeToken(ctx, t.ID, s.now(), coop.Decision{})
}

// introspection is what is told of a token. RFC 7662 §2.2; me is the actor that it is
// for.
type introspection struct {
	Active  bool     `json:"active"`
	Scope   string   `json:"scope,omitempty"`
	Client  string   `json:"client_id,omitempty"`
	User    string   `json:"username,omitempty"`
	Type    string   `json:"token_type,omitempty"`
	Expires int64    `json:"exp,omitempty"`
	Issued  int64    `json:"iat,omitempty"`
	Subject coop.IRI `json:"sub,omitempty"`
	Aud     coop.IRI `json:"aud,omitempty"`
	Issuer  string   `json:"iss,omitempty"`
	ID      coop.ID  `json:"jti,omitempty"`
	Me      coop.IRI `json:"me,omitempty"`
}

// Introspect tells a client about a token of its own, that is caller itself or one of
// the same grant; any other is not active, as far as it is to know. RFC 7662 §2.1, §4.
func (s *Service) Introspect(ctx context.Context, form url.Values, caller coop.Token) ([]byte, error) {
	if err := once(form); err != nil {
		return nil, err
	}
	secret := form.Get("token")
	if secret == "" {
		return nil, refuse("invalid_request", "token is missing")
	}
	inactive := encode(introspection{})
	t, err := s.Tokens.Token(ctx, digest(secret))
	switch {
	case coop.CodeOf(err) == coop.NotFound:
		return inactive, nil
	case err != nil:
		return nil, err
	case t.ID != caller.ID && (t.Grant == "" || t.Grant != caller.Grant):
		return inactive, nil
	case !t.Revoked.IsZero() || !t.Spent.IsZero() || !t.Expires.IsZero() && !s.Now().Before(t.Expires):
		return inactive, nil
	}
	me := s.Site.Actor(t.Coop)
	out := introspection{Active: true, Scope: words(t.Scopes), Type: "Bearer", Issued: t.Created.Unix(), Subject: me, Aud: me, Issuer: s.Site.Base(), ID: t.ID, Me: me}
	if t.Refresh {
		out.Type = ""
	}
	if !t.Expires.IsZero() {
		out.Expires = t.Expires.Unix()
	}
	if t.Grant != "" {
		g, err := s.Clients.Grant(ctx, t.Grant)
		if err != nil {
			return nil, err
		}
		out.Client = g.Client
	}
	if t.Member != "" {
		m, err := s.People.Member(ctx, t.Member)
		if err != nil {
			return nil, err
		}
		if s.Principal(m, t.Coop).Role == "" {
			return inactive, nil
		}
		out.User = m.Login
	}
	return encode(out), nil
}

// Grants are what a member lets programs do.
func (s *Service) Grants(ctx context.Context, member coop.ID) ([]coop.Grant, error) {
	return s.Clients.Grants(ctx, member)
}

// RevokeGrant ends what a member let a program do.
func (s *Service) RevokeGrant(ctx context.Context, member, id coop.ID) error {
	g, err := s.Clients.Grant(ctx, id)
	if err != nil {
		return err
	}
	if g.Member != member {
		return coop.Fail(coop.NotFound, "auth.RevokeGrant", "there is no such app")
	}
	m, err := s.People.Member(ctx, member)
	if err != nil {
		return err
	}
	d, err := s.decision(byMember(m.Login), "grant revoke", g.Coop, string(id))
	if err != nil {
		return err
	}
	return s.Tokens.RevokeGrant(ctx, id, "revoked by the member", d)
}
