// SPDX-License-Identifier: AGPL-3.0-or-later

package client_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"plenum/client"
)

// door is an authorization server with one co-op behind it, as a hostile or a sloppy
// one could be: each test changes what it wants to be wrong.
type door struct {
	*httptest.Server
	metadata map[string]any
	resource map[string]any // nil: 404
	actor    map[string]any
	closed   bool           // the actor is shown to those with a token alone
	grant    map[string]any // what the token endpoint answers besides the tokens

	mu        sync.Mutex
	challenge string
	refresh   string // the one that is in force
	given     int    // how often tokens were
	reused    bool
	revoked   []string
	seen      []string // the Authorization of requests to the co-op
}

func newDoor(t *testing.T) *door {
	t.Helper()
	d := &door{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, d.metadata) })
	mux.HandleFunc("GET /.well-known/oauth-protected-resource/", func(w http.ResponseWriter, _ *http.Request) {
		if d.resource == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		answer(w, 200, d.resource)
	})
	mux.HandleFunc("GET /.well-known/webfinger", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("resource") != "acct:hackspace@"+r.Host {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		answer(w, 200, map[string]any{"links": []any{map[string]any{"rel": "self", "type": "application/activity+json", "href": d.URL + "/ap/coops/hackspace"}}})
	})
	mux.HandleFunc("GET /ap/coops/hackspace", func(w http.ResponseWriter, r *http.Request) {
		if d.closed && r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer(w, 200, d.actor)
	})
	mux.HandleFunc("GET /@hackspace", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/ap/coops/hackspace", http.StatusSeeOther)
	})
	mux.HandleFunc("POST /oauth/register", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 201, map[string]any{"client_id": "client-1"})
	})
	mux.HandleFunc("POST /oauth/token", d.token)
	mux.HandleFunc("POST /oauth/revoke", func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.revoked = append(d.revoked, r.FormValue("token"))
	})
	mux.HandleFunc("/ap/coops/hackspace/outbox", d.outbox)
	d.Server = httptest.NewServer(mux)
	t.Cleanup(d.Close)
	me := d.URL + "/ap/coops/hackspace"
	d.metadata = map[string]any{
		"issuer": d.URL, "authorization_endpoint": d.URL + "/oauth/authorize", "token_endpoint": d.URL + "/oauth/token",
		"registration_endpoint": d.URL + "/oauth/register", "revocation_endpoint": d.URL + "/oauth/revoke",
		"code_challenge_methods_supported": []string{"S256"}, "authorization_response_iss_parameter_supported": true,
	}
	d.resource = map[string]any{"resource": me, "authorization_servers": []string{d.URL}}
	d.actor = map[string]any{
		"id": me, "preferredUsername": "hackspace", "outbox": me + "/outbox", "followers": me + "/followers",
		"endpoints": map[string]any{"uploadMedia": d.URL + "/api/media"},
	}
	d.grant = map[string]any{"me": me, "expires_in": 3600, "scope": "read write"}
	return d
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// token gives tokens as RFC 6749 §5.1 has it, and keeps an eye on refresh tokens.
func (d *door) token(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	refuse := func() { answer(w, 400, map[string]any{"error": "invalid_grant"}) }
	switch r.FormValue("grant_type") {
	case "authorization_code":
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if r.FormValue("code") != "code-1" || base64.RawURLEncoding.EncodeToString(sum[:]) != d.challenge {
			refuse()
			return
		}
	case "refresh_token":
		if r.FormValue("refresh_token") != d.refresh {
			d.reused = true
			refuse()
			return
		}
	}
	d.given++
	d.refresh = "refresh-" + strconv.Itoa(d.given)
	out := map[string]any{"access_token": "access-" + strconv.Itoa(d.given), "token_type": "bearer", "refresh_token": d.refresh}
	for k, v := range d.grant {
		out[k] = v
	}
	answer(w, 200, out)
}

// outbox takes the newest access token alone.
func (d *door) outbox(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen = append(d.seen, r.Header.Get("Authorization"))
	if r.Header.Get("Authorization") != "Bearer access-"+strconv.Itoa(d.given) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// consented is what the browser is sent back with.
func (d *door) consented(t *testing.T, page string) url.Values {
	t.Helper()
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	d.challenge = u.Query().Get("code_challenge")
	d.mu.Unlock()
	return url.Values{"code": {"code-1"}, "state": {u.Query().Get("state")}, "iss": {d.URL}}
}

func agent() *client.Agent {
	return &client.Agent{Now: time.Now, Rand: rand.Reader, UserAgent: "plenum test"}
}

func ring(t *testing.T) client.Ring {
	t.Helper()
	return client.Ring{Path: filepath.Join(t.TempDir(), "plenum", "credentials.json")}
}

// login goes all the way.
func (d *door) login(t *testing.T, a *client.Agent) (client.Login, error) {
	t.Helper()
	f, err := a.Find(t.Context(), d.URL, "hackspace")
	if err != nil {
		return client.Login{}, err
	}
	id, err := a.Register(t.Context(), f.Server, "plenum")
	if err != nil {
		return client.Login{}, err
	}
	attempt, err := a.Begin(f.Server, id, "http://127.0.0.1:1/callback", string(f.Actor.ID))
	if err != nil {
		return client.Login{}, err
	}
	code, err := attempt.Code(d.consented(t, attempt.URL()))
	if err != nil {
		return client.Login{}, err
	}
	tokens, err := a.Exchange(t.Context(), attempt, code)
	if err != nil {
		return client.Login{}, err
	}
	return a.Complete(t.Context(), f, attempt, tokens)
}
