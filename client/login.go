// SPDX-License-Identifier: AGPL-3.0-or-later

package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"plenum/coop"
)

// scope is what is asked for: to read what the co-op has, and to post.
const scope = "read write"

// Register makes this program known as one without a secret, on its user's own
// machine. RFC 7591 §3.1
func (a *Agent) Register(ctx context.Context, s Server, name string) (id string, err error) {
	body, err := json.Marshal(map[string]any{
		"client_name": name, "redirect_uris": registered(), "token_endpoint_auth_method": "none", "scope": scope,
		"grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"},
	})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Registration, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	var out struct {
		ID string `json:"client_id"`
	}
	if _, err := a.answer(a.HTTP(), r, &out); err != nil {
		return "", err
	}
	if out.ID == "" {
		return "", coop.Fail(coop.Invalid, "client.Register", s.Issuer+" gives no client_id")
	}
	return out.ID, nil
}

// Attempt is a login that is under way.
type Attempt struct {
	Server   Server
	Client   string
	Redirect string
	Resource string // what it is for: an instance, or a co-op. RFC 8707 §2

	state, verifier string
}

// Begin starts a login with secrets of its own.
func (a *Agent) Begin(s Server, client, redirect, resource string) (Attempt, error) {
	t := Attempt{Server: s, Client: client, Redirect: redirect, Resource: resource}
	for _, to := range []*string{&t.state, &t.verifier} {
		raw := make([]byte, 32)
		if _, err := io.ReadFull(a.Rand, raw); err != nil {
			return t, err
		}
		*to = base64.RawURLEncoding.EncodeToString(raw)
	}
	return t, nil
}

// URL is the page where the person decides. RFC 6749 §4.1.1
func (t Attempt) URL() string {
	sum := sha256.Sum256([]byte(t.verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {t.Client}, "redirect_uri": {t.Redirect}, "scope": {scope}, "state": {t.state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}, // RFC 7636 §4.3
	}
	if t.Resource != "" {
		q.Set("resource", t.Resource)
	}
	sep := "?"
	if strings.Contains(t.Server.Authorize, "?") {
		sep = "&"
	}
	return t.Server.Authorize + sep + q.Encode()
}

// Ours reports whether what came back belongs to this attempt. RFC 6749 §10.12
func (t Attempt) Ours(q url.Values) bool {
	return subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(t.state)) == 1
}

// Code is the code in what came back, or why there is none.
func (t Attempt) Code(q url.Values) (string, error) {
	if !t.Ours(q) {
		return "", coop.Fail(coop.Forbidden, "client.Code", "this is the answer to another login; begin again")
	}
	// RFC 9207 §2.4: the answer of another server is not to be acted on.
	if iss := q.Get("iss"); iss != t.Server.Issuer && (iss != "" || t.Server.NamesItself) {
		return "", coop.Fail(coop.Forbidden, "client.Code", fmt.Sprintf("the answer is from %.200q, and not from %s", printable(iss), t.Server.Issuer))
	}
	switch e := q.Get("error"); {
	case e == "access_denied":
		return "", coop.Fail(coop.Forbidden, "client.Code", "you declined; nothing was given")
	case e != "":
		return "", &coop.Error{Code: coop.Unauthorized, Op: "client.Code", Msg: t.Server.Issuer + " refuses: " +
			(&OAuthError{Code: e, Description: q.Get("error_description")}).Error()}
	case q.Get("code") == "":
		return "", coop.Fail(coop.Invalid, "client.Code", "the answer has no code")
	}
	return q.Get("code"), nil
}

// Tokens are what a server gives for a code or a refresh token. RFC 6749 §5.1
type Tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Refresh string `json:"refresh_token"`
	In      int64  `json:"expires_in"`
	Scope   string `json:"scope"`
	Me      string `json:"me"` // the co-op's actor
}

// Exchange turns a code into tokens. RFC 6749 §4.1.3, RFC 7636 §4.5
func (a *Agent) Exchange(ctx context.Context, t Attempt, code string) (Tokens, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {t.Redirect}, "client_id": {t.Client}, "code_verifier": {t.verifier}}
	if t.Resource != "" {
		form.Set("resource", t.Resource)
	}
	return a.tokens(ctx, t.Server.Token, form)
}

func (a *Agent) tokens(ctx context.Context, endpoint string, form url.Values) (Tokens, error) {
	r, err := formOf(ctx, endpoint, form)
	if err != nil {
		return Tokens{}, err
	}
	var out Tokens
	if _, err := a.answer(a.HTTP(), r, &out); err != nil {
		return Tokens{}, err
	}
	if out.Access == "" || !strings.EqualFold(out.Type, "Bearer") {
		return Tokens{}, coop.Fail(coop.Invalid, "client.tokens", r.URL.Host+" gives no bearer token")
	}
	return out, nil
}

func formOf(ctx context.Context, endpoint string, form url.Values) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	return r, nil
}

// Login is what is kept of a login that succeeded: who is let in where, and what
// opens the door.
type Login struct {
	Host       string    `json:"host"` // with a port where it has one
	Coop       coop.Name `json:"coop"`
	Origin     string    `json:"origin"`
	Actor      coop.IRI  `json:"actor"`
	Outbox     coop.IRI  `json:"outbox"`
	Followers  coop.IRI  `json:"followers"`
	Upload     string    `json:"upload,omitempty"`
	Issuer     string    `json:"issuer"`
	Token      string    `json:"token_endpoint"`
	Revocation string    `json:"revocation_endpoint,omitempty"`
	Client     string    `json:"client_id"`
	Scope      string    `json:"scope"`
	Access     string    `json:"access_token"`
	Refresh    string    `json:"refresh_token,omitempty"`
	Expires    time.Time `json:"expires,omitzero"` // zero: not said
	Since      time.Time `json:"since"`
}

// Handle is how the login is named: NAME@HOST.
func (l Login) Handle() string { return string(l.Coop) + "@" + l.Host }

// Complete makes a login of tokens: it looks up whose they are. They are for the
// instance that was asked, whatever the server says.
func (a *Agent) Complete(ctx context.Context, f Found, t Attempt, tokens Tokens) (Login, error) {
	if tokens.Me == "" {
		return Login{}, coop.Fail(coop.Invalid, "client.Complete", t.Server.Issuer+" does not say whose token that is")
	}
	if f.Actor.ID != "" && tokens.Me != string(f.Actor.ID) {
		return Login{}, coop.Fail(coop.Conflict, "client.Complete", fmt.Sprintf("you let plenum in for %s, and not for %s; log in again and choose that co-op", printable(tokens.Me), f.Actor.ID))
	}
	if origin(tokens.Me) != f.Origin {
		return Login{}, coop.Fail(coop.Invalid, "client.Complete", fmt.Sprintf("%s gives a token for %s", f.Origin, printable(tokens.Me)))
	}
	who := f.Actor
	if who.Outbox == "" {
		var err error
		if who, err = a.actor(ctx, tokens.Me, tokens.Access); err != nil {
			return Login{}, err
		}
	}
	_, host, _ := strings.Cut(f.Origin, "://")
	l := Login{
		Host: host, Coop: coop.Name(who.Name), Origin: f.Origin,
		Actor: who.ID, Outbox: who.Outbox, Followers: who.Followers, Upload: who.Endpoints.Upload,
		Issuer: t.Server.Issuer, Token: t.Server.Token, Revocation: t.Server.Revocation, Client: t.Client, Since: a.Now().UTC().Truncate(time.Second),
	}
	l.take(tokens, a.Now())
	return l, nil
}

// take puts new tokens in the place of the old ones.
func (l *Login) take(t Tokens, now time.Time) {
	l.Access, l.Expires = t.Access, time.Time{}
	if t.In > 0 {
		l.Expires = now.Add(time.Duration(min(t.In, 1<<31)) * time.Second).UTC().Truncate(time.Second)
	}
	if t.Refresh != "" { // RFC 6749 §6: where none comes, the old one stays
		l.Refresh = t.Refresh
	}
	if t.Scope != "" {
		l.Scope = t.Scope
	}
}
