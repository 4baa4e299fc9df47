// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/url"
	"time"

	"plenum/coop"
)

const (
	codeFor   = 60 * time.Second
	stateMost = 2000 // bytes
)

// Request is what a client asks a member for, checked. RFC 6749 §4.1.1.
type Request struct {
	Client   coop.Client
	Redirect string // where the answer goes
	Scopes   []coop.Scope
	State    string
	Coop     coop.Name // the co-op that the client asks for; empty: the member chooses. RFC 8707 §2

	challenge string
	named     bool // the client named the redirect, and has to name it again. RFC 6749 §4.1.3
}

// Host is where the codes go, by which a member is to judge who asks; empty where that
// is an app on their own machine.
func (r Request) Host() string {
	if u, ok := plainURL(r.Redirect); ok && u.Scheme == "https" {
		return u.Host
	}
	return ""
}

// RedirectError is a failure of which the client learns through the member's browser.
// RFC 6749 §4.1.2.1.
type RedirectError struct {
	URL string
	Err *OAuthError
}

// Error implements error.
func (e *RedirectError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *RedirectError) Unwrap() error { return e.Err }

// Authorization reads what came to the authorization endpoint. As long as it is not
// sure that the client is who it says and that codes may go where it says, an error is
// an *OAuthError for the member to read; after that it is a *RedirectError. It may
// fetch the client's document, so that not everybody may ask without a limit.
func (s *Service) Authorization(ctx context.Context, q url.Values) (Request, error) {
	for _, name := range []string{"client_id", "redirect_uri"} {
		if len(q[name]) > 1 {
			return Request{}, refuse("invalid_request", name+" is given more than once")
		}
	}
	c, err := s.client(ctx, q.Get("client_id"))
	if err != nil {
		return Request{}, err
	}
	r := Request{Client: c, Redirect: q.Get("redirect_uri"), named: q.Has("redirect_uri")}
	switch {
	case !r.named && len(c.Redirects) == 1:
		r.Redirect = c.Redirects[0]
	case !r.named:
		return Request{}, refuse("invalid_request", "redirect_uri is missing")
	case !registered(c, r.Redirect):
		return Request{}, refuse("invalid_request", "redirect_uri is none of those that this app named")
	}
	if len(q.Get("state")) <= stateMost {
		r.State = q.Get("state")
	}
	if e := s.asks(&r, q); e != nil {
		return Request{}, &RedirectError{URL: s.answer(r, url.Values{"error": {e.Code}, "error_description": {described(e.Description)}}), Err: e}
	}
	return r, nil
}

// asks reads the rest of a request, of whose failures the client is told.
func (s *Service) asks(r *Request, q url.Values) *OAuthError {
	if err := once(q, "resource"); err != nil {
		return refuse("invalid_request", "a parameter is given more than once")
	}
	challenge := q.Get("code_challenge")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	switch {
	case q.Get("response_type") == "":
		return refuse("invalid_request", "response_type is missing")
	case q.Get("response_type") != "code":
		return refuse("unsupported_response_type", "response_type has to be code")
	case q.Get("response_mode") != "" && q.Get("response_mode") != "query":
		return refuse("invalid_request", "response_mode has to be query")
	case q.Get("request") != "" || q.Get("request_uri") != "":
		return refuse("invalid_request", "requests are read from the query alone")
	case len(q.Get("state")) > stateMost:
		return refuse("invalid_request", "state has more than 2000 bytes")
	case challenge == "": // RFC 7636 §4.4.1
		return refuse("invalid_request", "code_challenge is missing: PKCE is required")
	case q.Get("code_challenge_method") != "S256": // none means plain. RFC 7636 §4.3
		return refuse("invalid_request", "code_challenge_method has to be S256")
	case err != nil || len(raw) != 32:
		return refuse("invalid_request", "code_challenge is no SHA-256 digest in base64url")
	}
	n, err := s.resource(q["resource"])
	if err != nil {
		return refuse("invalid_target", "resource has to be this instance or one co-op of it")
	}
	r.Scopes, r.Coop, r.challenge = scopes(q.Get("scope")), n, challenge
	return nil
}

// answer is the URL by which a client is answered. RFC 6749 §4.1.2, RFC 9207 §2.
func (s *Service) answer(r Request, v url.Values) string {
	if r.State != "" {
		v.Set("state", r.State)
	}
	v.Set("iss", s.Site.Base())
	return with(r.Redirect, v)
}

// Deny answers a client that the member did not consent.
func (s *Service) Deny(r Request) string {
	return s.answer(r, url.Values{"error": {"access_denied"}, "error_description": {"the member did not consent"}})
}

// Consent lets a client act for a co-op in a member's name, within the scopes that it
// asked for, and returns where to send the browser, with a code that is good for a
// minute.
func (s *Service) Consent(ctx context.Context, r Request, m coop.Member, n coop.Name) (redirect string, err error) {
	const op = "auth.Consent"
	m, err = s.People.Member(ctx, m.ID) // as of now
	switch {
	case err != nil:
		return "", err
	case m.Role(n) == "" || n == coop.Relay:
		return "", coop.Fail(coop.Forbidden, op, "you are no member of this co-op")
	case r.Coop != "" && r.Coop != n:
		return "", coop.Fail(coop.Invalid, op, "the app asks for another co-op")
	case r.challenge == "" || r.Redirect == "":
		return "", coop.Fail(coop.Invalid, op, "nothing was asked for")
	}
	g := coop.Grant{Member: m.ID, Coop: n, Client: r.Client.ID, Name: r.Client.Name, Host: r.Host(), Scopes: r.Scopes, Created: s.now()}
	if r.Client.Host != "" {
		g.Host = r.Client.Host
	}
	if g.ID, err = s.id(); err != nil {
		return "", err
	}
	c := coop.AuthCode{Grant: g.ID, Client: r.Client.ID, Challenge: r.challenge, Expires: s.now().Add(codeFor)}
	if r.named {
		c.Redirect = r.Redirect
	}
	var secret string
	if secret, c.Hash, err = s.secret(codePrefix); err != nil {
		return "", err
	}
	d, err := s.decision(byMember(m.Login), "grant consent", n, string(g.ID))
	if err != nil {
		return "", err
	}
	d.Why = line(g.Name+" "+g.Host, 200) + ": " + words(g.Scopes)
	if err := s.keep(ctx, r.Client); err != nil {
		return "", err
	}
	if err := s.Clients.Consent(ctx, g, c, d); err != nil {
		return "", err
	}
	return s.answer(r, url.Values{"code": {secret}}), nil
}

// keep stores a client that is known by its document, now that somebody lets it in.
// What the store has of it may have changed since the request was read.
func (s *Service) keep(ctx context.Context, c coop.Client) error {
	if c.Kind == coop.Registered {
		return nil
	}
	old, err := s.Clients.Client(ctx, c.ID)
	switch {
	case coop.CodeOf(err) == coop.NotFound:
		return s.Clients.SaveClient(ctx, c)
	case err != nil:
		return err
	case !bytes.Equal(old.Digest, c.Digest):
		return coop.Fail(coop.Conflict, "auth.Consent", "what the app says of itself has changed just now; start again")
	}
	return nil
}
