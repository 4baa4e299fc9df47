// SPDX-License-Identifier: AGPL-3.0-or-later

package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"plenum/coop"
)

// early is how long before its end a token is not used any more: clocks differ.
const early = time.Minute

// uploads is how long a request with a file may take.
const uploads = 5 * time.Minute

// Renew returns the login of a co-op with an access token that is in force: the one
// that is kept, or a new one. spent is a token that was refused, if any.
//
// A refresh token works once, and used twice it ends the login: so who renews holds
// the lock of the file, and what another command has renewed meanwhile is taken.
func (a *Agent) Renew(ctx context.Context, r Ring, actor coop.IRI, spent string) (out Login, err error) {
	err = r.Change(ctx, func(all []Login) ([]Login, error) {
		i := slices.IndexFunc(all, func(l Login) bool { return l.Actor == actor })
		if i < 0 {
			return nil, coop.Fail(coop.NotFound, "client.Renew", fmt.Sprintf("you are not logged in at %s", actor))
		}
		if l := all[i]; l.Access != spent && l.fresh(a.Now()) {
			out = l
			return all, nil
		}
		if all[i].Refresh == "" {
			return nil, all[i].over(errors.New("there is no refresh token"))
		}
		form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {all[i].Refresh}, "client_id": {all[i].Client}} // RFC 6749 §6
		tokens, err := a.tokens(ctx, all[i].Token, form)
		if e, ok := errors.AsType[*OAuthError](err); ok && (e.Code == "invalid_grant" || e.Code == "invalid_client") {
			return nil, all[i].over(err)
		}
		if err != nil {
			return nil, err
		}
		all[i].take(tokens, a.Now())
		out = all[i]
		return all, nil
	})
	return out, err
}

func (l Login) fresh(now time.Time) bool {
	return l.Expires.IsZero() || now.Add(early).Before(l.Expires)
}

// over says that a login has come to its end.
func (l Login) over(err error) error {
	return &coop.Error{Code: coop.Unauthorized, Op: "client.Renew", Err: err,
		Msg: fmt.Sprintf("the login as %s is over; log in again: plenum login %s --coop %s", l.Handle(), l.Origin, l.Coop)}
}

// Revoke ends a login at the instance: with the refresh token all that came of the
// same grant goes. RFC 7009 §2.1
func (a *Agent) Revoke(ctx context.Context, l Login) error {
	token, hint := l.Refresh, "refresh_token"
	if token == "" {
		token, hint = l.Access, "access_token"
	}
	if l.Revocation == "" {
		return coop.Fail(coop.Unsupported, "client.Revoke", l.Host+" cannot be told that the login is over")
	}
	r, err := formOf(ctx, l.Revocation, url.Values{"token": {token}, "token_type_hint": {hint}, "client_id": {l.Client}})
	if err != nil {
		return err
	}
	res, err := a.HTTP().Do(r)
	if err != nil {
		return &coop.Error{Code: coop.Unavailable, Op: "client.Revoke", Err: err, Msg: l.Host + " does not answer: " + cause(err)}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return refusal(r, res, body)
	}
	return nil
}

// Bearer sends requests with the token of a login, to its own host alone, and renews
// it when it has to.
type Bearer struct {
	Agent *Agent
	Ring  Ring

	mu    sync.Mutex
	login Login
}

// Open makes what sends requests for a login.
func (a *Agent) Open(r Ring, l Login) *Bearer { return &Bearer{Agent: a, Ring: r, login: l} }

// Client is a client that sends with the token and follows no redirect.
func (b *Bearer) Client() *http.Client {
	c := b.Agent.HTTP()
	c.Transport, c.Timeout = b, uploads
	return c
}

// RoundTrip implements http.RoundTripper. RFC 6750 §2.1
func (b *Bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	l, err := b.current(r.Context(), "")
	if err != nil {
		return nil, err
	}
	body, err := kept(r)
	if err != nil {
		return nil, err
	}
	res, err := b.send(r, l, body)
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		return res, err
	}
	// what a clock or the people of the co-op have ended may have an heir
	if err := res.Body.Close(); err != nil {
		return nil, err
	}
	if l, err = b.current(r.Context(), l.Access); err != nil {
		return nil, err
	}
	return b.send(r, l, body)
}

// kept is the body of a request, which may be sent twice.
func kept(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	return body, errors.Join(err, r.Body.Close())
}

func (b *Bearer) send(r *http.Request, l Login, body []byte) (*http.Response, error) {
	if origin(r.URL.String()) != l.Origin {
		return nil, coop.Fail(coop.Forbidden, "client.Bearer", fmt.Sprintf("the token of %s is not sent to %s", l.Handle(), r.URL.Host))
	}
	out := r.Clone(r.Context())
	out.Body = io.NopCloser(bytes.NewReader(body))
	out.ContentLength = int64(len(body))
	out.Header.Set("Authorization", "Bearer "+l.Access)
	out.Header.Set("User-Agent", b.Agent.UserAgent)
	t := b.Agent.Transport
	if t == nil {
		t = http.DefaultTransport
	}
	return t.RoundTrip(out)
}

// current is the login with a token in force, and not the spent one.
func (b *Bearer) current(ctx context.Context, spent string) (Login, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.login.Access != spent && b.login.fresh(b.Agent.Now()) {
		return b.login, nil
	}
	l, err := b.Agent.Renew(ctx, b.Ring, b.login.Actor, spent)
	if err == nil {
		b.login = l
	}
	return l, err
}

// String names the login, and none of its secrets: what is logged by mistake gives
// nothing away.
func (l Login) String() string { return l.Handle() }

// Format implements fmt.Formatter, for %+v and %#v too.
func (l Login) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, l.String()) }

// Public is a login without its secrets, as JSON for scripts.
func (l Login) Public() json.RawMessage {
	raw, err := json.Marshal(struct {
		Handle  string    `json:"handle"`
		Host    string    `json:"host"`
		Coop    coop.Name `json:"coop"`
		Actor   coop.IRI  `json:"actor"`
		Scope   string    `json:"scope"`
		Expires time.Time `json:"expires,omitzero"`
		Since   time.Time `json:"since"`
	}{l.Handle(), l.Host, l.Coop, l.Actor, l.Scope, l.Expires, l.Since})
	if err != nil { // no text and no time of ours has none
		return json.RawMessage("null")
	}
	return raw
}
