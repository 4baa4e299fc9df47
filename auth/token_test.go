// SPDX-License-Identifier: AGPL-3.0-or-later

package auth_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/auth"
	"plenum/coop"
)

// RFC 7009 §2.
func TestProgramEndsWhatItHas(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.serve("https://evil.example/client.json", "application/json", `{"client_id":"https://evil.example/client.json","redirect_uris":["`+callback+`"]}`)
	h.code(asks("client_id", "https://evil.example/client.json"))
	got := h.tokens()
	form := func(token, client string) url.Values {
		return url.Values{"token": {token}, "client_id": {client}, "token_type_hint": {"whatever"}}
	}
	h.refused(h.Revoke(t.Context(), form(got.Access, "https://evil.example/client.json"), auth.ClientAuth{}), "invalid_grant")
	h.refused(h.Revoke(t.Context(), form(got.Access, ""), auth.ClientAuth{}), "invalid_client")
	h.refused(h.Revoke(t.Context(), form("", document), auth.ClientAuth{}), "invalid_request")
	h.ok(h.Revoke(t.Context(), form("unknown", document), auth.ClientAuth{}))
	personal, _, err := h.NewToken(t.Context(), machine, "alpha", "script", []coop.Scope{coop.Write})
	h.ok(err)
	h.ok(h.Revoke(t.Context(), form(personal, document), auth.ClientAuth{}))
	if !h.opens(got.Access) || !h.opens(personal) {
		t.Error("a token ended by who had no right to end it")
	}
	h.ok(h.Revoke(t.Context(), form(got.Access, document), auth.ClientAuth{}))
	h.ok(h.Revoke(t.Context(), form(got.Access, document), auth.ClientAuth{}))
	if h.opens(got.Access) {
		t.Error("a revoked token is good")
	}
	next, err := h.Token(t.Context(), renews(got.Refresh), auth.ClientAuth{})
	h.ok(err)
	h.ok(h.Revoke(t.Context(), form(next.Refresh, document), auth.ClientAuth{}))
	if h.opens(next.Access) {
		t.Error("the family of a revoked refresh token is good")
	}
}

// RFC 7662 §2.2: a program learns of what is its own, and of nothing else.
func TestIntrospectionTellsOfOnesOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.tokens()
	caller, _, err := h.Bearer(t.Context(), got.Access)
	h.ok(err)
	other := h.tokens()
	personal, mine, err := h.NewToken(t.Context(), machine, "alpha", "script", []coop.Scope{coop.Write})
	h.ok(err)
	look := func(token string, by coop.Token) (v map[string]any) {
		b, err := h.Introspect(t.Context(), url.Values{"token": {token}}, by)
		h.ok(err)
		h.ok(json.Unmarshal(b, &v))
		return v
	}
	me := "https://events.example/ap/coops/alpha"
	want := map[string]any{
		"active": true, "scope": "read write", "client_id": document, "username": "ada", "token_type": "Bearer", "exp": float64(start.Add(time.Hour).Unix()),
		"iat": float64(start.Unix()), "sub": me, "aud": me, "iss": "https://events.example", "jti": string(caller.ID), "me": me,
	}
	if diff := cmp.Diff(want, look(got.Access, caller)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if v := look(got.Refresh, caller); v["active"] != true || v["token_type"] != nil {
		t.Errorf("got %v of its refresh token", v)
	}
	if v := look(personal, mine); v["active"] != true || v["me"] != me || v["client_id"] != nil {
		t.Errorf("got %v of a personal token", v)
	}
	for name, v := range map[string]map[string]any{
		"another's": look(other.Access, caller), "a personal one": look(personal, caller), "unknown": look("x", caller), "another's by a personal one": look(got.Access, mine),
	} {
		if diff := cmp.Diff(map[string]any{"active": false}, v); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
	h.pass(time.Hour)
	if v := look(got.Access, caller); v["active"] != false {
		t.Errorf("got %v of one that has expired", v)
	}
	_, err = h.Introspect(t.Context(), url.Values{}, caller)
	h.refused(err, "invalid_request")
}

func TestMetadataSaysWhereAndHow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var m map[string]any
	h.ok(json.Unmarshal(h.Metadata(), &m))
	for name, want := range map[string]any{
		"issuer": "https://events.example", "authorization_endpoint": "https://events.example/oauth/authorize", "token_endpoint": "https://events.example/oauth/token",
		"registration_endpoint": "https://events.example/oauth/register", "code_challenge_methods_supported": []any{"S256"}, "response_types_supported": []any{"code"},
		"authorization_response_iss_parameter_supported": true, "client_id_metadata_document_supported": true, "activitypub_universal_client_id": true,
	} {
		if diff := cmp.Diff(want, m[name]); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
	for path, want := range map[string]string{ // RFC 9728 §3.3
		"": "https://events.example", "/": "https://events.example", "/ap/coops/alpha": "https://events.example/ap/coops/alpha",
		"/ap/coops/alpha/outbox": "https://events.example/ap/coops/alpha/outbox", "/api/media": "https://events.example/api/media",
		"/about": "", "/ap/coops/../x": "", "/api/\"x": "", "//evil.example": "", "/control/coops": "", "/api/x?y": "",
	} {
		b, ok := h.ResourceAt(path)
		if ok != (want != "") {
			t.Errorf("%s: got %s", path, b)
			continue
		}
		var r struct {
			Resource string
			Servers  []string `json:"authorization_servers"`
		}
		if ok {
			h.ok(json.Unmarshal(b, &r))
			if r.Resource != want || len(r.Servers) != 1 || r.Servers[0] != "https://events.example" {
				t.Errorf("%s: got %s", path, b)
			}
		}
	}
	e := &auth.OAuthError{Code: "invalid_request", Description: "what \"you\" say\nis näh"}
	if got, want := string(e.JSON()), `{"error":"invalid_request","error_description":"what 'you' say'is n'h"}`; got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

// A28: personal tokens are made by admins, do what their members may do, and never
// more than was said.
func TestPersonalTokens(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada := h.as("ada", "alpha")
	for _, c := range []struct {
		n      coop.Name
		label  string
		scopes []coop.Scope
		by     coop.Principal
		want   coop.Code
	}{
		{"alpha", "x", nil, ada, coop.Invalid}, {"alpha", "x", []coop.Scope{"all"}, ada, coop.Invalid}, {"alpha", "\u200b", []coop.Scope{coop.Read}, ada, coop.Invalid},
		{"beta", "x", []coop.Scope{coop.Read}, ada, coop.Forbidden}, {coop.Relay, "x", []coop.Scope{coop.Moderate}, ada, coop.Forbidden},
		{coop.Relay, "x", []coop.Scope{coop.Write}, machine, coop.Invalid}, {"nobody", "x", []coop.Scope{coop.Write}, machine, coop.NotFound},
	} {
		_, _, err := h.NewToken(t.Context(), c.by, c.n, c.label, c.scopes)
		h.fails(err, c.want)
	}
	secret, _, err := h.NewToken(t.Context(), h.as("olga", "alpha"), coop.Relay, "moderation", []coop.Scope{coop.Moderate})
	h.ok(err)
	if _, who, err := h.Bearer(t.Context(), secret); err != nil || who.Coop != coop.Relay || who.Member != first.ids["olga"] {
		t.Errorf("got %+v, %v", who, err)
	}
	secret, row, err := h.NewToken(t.Context(), machine, "alpha", "script", []coop.Scope{coop.Write})
	h.ok(err)
	if _, who, err := h.Bearer(t.Context(), secret); err != nil || who.Role != coop.Publisher || who.Self() != "machine" {
		t.Errorf("got %+v, %v", who, err)
	}
	h.ok(h.db.RevokeToken(t.Context(), row.ID, h.clock(), coop.Decision{}))
	if h.opens(secret) || h.opens("") || h.opens(strings.Repeat("x", 10_000)) {
		t.Error("what is no token opens something")
	}
}
