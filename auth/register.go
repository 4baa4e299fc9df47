// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"plenum/coop"
)

// How many clients one address may register. A17.
const (
	registerMost   = 5
	registerWithin = 10 * time.Minute
	registerBytes  = 16 << 10
)

// registration is what is read and answered of client metadata. RFC 7591 §2.
type registration struct {
	ID         string   `json:"client_id,omitempty"`
	Issued     int64    `json:"client_id_issued_at,omitempty"`
	Secret     string   `json:"client_secret,omitempty"`
	Expires    *int64   `json:"client_secret_expires_at,omitempty"`
	Name       string   `json:"client_name,omitempty"`
	URI        string   `json:"client_uri,omitempty"`
	Redirects  []string `json:"redirect_uris"`
	Method     string   `json:"token_endpoint_auth_method"`
	GrantTypes []string `json:"grant_types"`
	Responses  []string `json:"response_types"`
	Scope      string   `json:"scope"`
}

// Register makes a client of what a program says of itself, and returns the answer,
// which has status 201. Nobody vouches for it: the consent page shows no more than
// where codes go. RFC 7591 §3.
func (s *Service) Register(ctx context.Context, raw []byte, from string) ([]byte, error) {
	if wait := s.newcomers.take(from, registerMost, registerWithin, s.Now()); wait > 0 {
		return nil, tooOften("too many apps were registered from this address; try again later", wait)
	}
	in, err := readRegistration(raw)
	if err != nil {
		return nil, err
	}
	c := coop.Client{Kind: coop.Registered, Created: s.now()}
	id, err := s.id()
	if err != nil {
		return nil, err
	}
	c.ID = string(id)
	if err := fill(&c, in.Name, "", in.Redirects); err != nil {
		return nil, err
	}
	if u, ok := plainURL(c.Redirects[0]); ok && u.Scheme == "https" { // what it says of its home is not checked by anybody
		c.Host = u.Host
	}
	if c.Name == "" {
		c.Name = "an app"
	}
	out := registration{
		ID: c.ID, Issued: c.Created.Unix(), Name: c.Name, Redirects: c.Redirects, Method: in.Method,
		GrantTypes: []string{"authorization_code", "refresh_token"}, Responses: []string{"code"}, Scope: words(scopes(in.Scope)),
	}
	if in.Method != "none" {
		var never int64
		out.Expires = &never
		if out.Secret, c.Secret, err = s.secret(clientPrefix); err != nil {
			return nil, err
		}
	}
	if err := s.Clients.SaveClient(ctx, c); err != nil {
		return nil, err
	}
	return encode(out), nil
}

func readRegistration(raw []byte) (in registration, err error) {
	wrong := func(description string) error { return refuse("invalid_client_metadata", description) }
	if len(raw) > registerBytes {
		return in, &OAuthError{Code: "invalid_client_metadata", Description: "this is too much for what an app says of itself", Status: http.StatusRequestEntityTooLarge}
	}
	m, err := members(raw)
	if err != nil {
		return in, wrong("this is no JSON object")
	}
	known := map[string]json.RawMessage{} // by exact names: encoding/json does not mind their case
	for _, name := range []string{"client_name", "redirect_uris", "token_endpoint_auth_method", "grant_types", "response_types", "scope"} {
		if m[name] != nil {
			known[name] = m[name]
		}
	}
	if err := json.Unmarshal(encode(known), &in); err != nil {
		return in, wrong("a member has another type than RFC 7591 gives it")
	}
	if in.Method == "" {
		in.Method = "client_secret_basic" // RFC 7591 §2
	}
	switch {
	case !slices.Contains([]string{"none", "client_secret_basic", "client_secret_post"}, in.Method):
		return in, wrong("token_endpoint_auth_method can be none, client_secret_basic or client_secret_post")
	case len(in.GrantTypes) > 0 && !slices.Contains(in.GrantTypes, "authorization_code"):
		return in, wrong("grant_types has to have authorization_code")
	case len(in.Responses) > 0 && !slices.Contains(in.Responses, "code"):
		return in, wrong("response_types has to have code")
	}
	return in, nil
}
