// SPDX-License-Identifier: AGPL-3.0-or-later

package auth_test

import (
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/auth"
	"plenum/coop"
)

func TestMemberLetsAProgramIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.app()
	r, err := h.Authorization(t.Context(), asks("resource", "https://events.example/ap/coops/alpha"))
	h.ok(err)
	if r.Client.Name != "The App" || r.Client.Host != "app.example" || r.Host() != "app.example" || r.Coop != "alpha" || len(r.Scopes) != 2 {
		t.Errorf("got %+v", r)
	}
	_, err = h.Consent(t.Context(), r, h.member("ben"), "beta")
	h.fails(err, coop.Invalid) // the app asked for another co-op
	to, err := h.Consent(t.Context(), r, h.member("ada"), "alpha")
	h.ok(err)
	u, err := url.Parse(to)
	h.ok(err)
	if q := u.Query(); !strings.HasPrefix(to, callback+"?") || q.Get("state") != "xyz" || q.Get("iss") != "https://events.example" || len(q) != 3 { // A14
		t.Errorf("got %s", to)
	}
	got, err := h.Token(t.Context(), exchanges(u.Query().Get("code")), auth.ClientAuth{})
	h.ok(err)
	want := auth.TokenResponse{Access: got.Access, Type: "Bearer", Expires: 3600, Refresh: got.Refresh, Scope: "read write", Me: "https://events.example/ap/coops/alpha"}
	if diff := cmp.Diff(want, got); diff != "" || got.Access == got.Refresh {
		t.Errorf("(-want +got)\n%s", diff)
	}
	token, who, err := h.Bearer(t.Context(), got.Access)
	h.ok(err)
	if who.Coop != "alpha" || who.Role != coop.Admin || who.Member != first.ids["ada"] || who.By != "member ada by The App" || who.Token != token.ID || !token.Can(coop.Write, h.clock()) || token.Can(coop.Moderate, h.clock()) {
		t.Errorf("got %+v for %+v", who, token)
	}
	if h.opens(got.Refresh) {
		t.Error("a refresh token opens something")
	}
	g, err := h.Grants(t.Context(), first.ids["ada"])
	if err != nil || len(g) != 1 || g[0].Name != "The App" || g[0].Host != "app.example" || g[0].Client != document {
		t.Errorf("got %+v, %v", g, err)
	}
	h.pass(time.Hour)
	if h.opens(got.Access) {
		t.Error("an access token is good after an hour")
	}
	h.fails(h.RevokeGrant(t.Context(), first.ids["ben"], g[0].ID), coop.NotFound)
	h.ok(h.RevokeGrant(t.Context(), first.ids["ada"], g[0].ID))
	_, err = h.Token(t.Context(), renews(got.Refresh), auth.ClientAuth{})
	h.refused(err, "invalid_grant")
	d, err := h.db.Decisions(t.Context(), coop.DecisionQuery{Coop: "alpha", Limit: 2})
	if err != nil || len(d) != 2 || d[0].What != "grant revoke" || d[0].By != "member ada" || d[1].What != "grant consent" || d[1].By != "member ada" || !strings.Contains(d[1].Why, "app.example: read write") {
		t.Errorf("the log has %+v, %v", d, err)
	}
}

func TestMemberWhoDoesNotConsentSendsTheProgramAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.app()
	r, err := h.Authorization(t.Context(), asks())
	h.ok(err)
	u, err := url.Parse(h.Deny(r))
	h.ok(err)
	if q := u.Query(); q.Get("error") != "access_denied" || q.Get("state") != "xyz" || q.Get("iss") != "https://events.example" || q.Has("code") {
		t.Errorf("got %s", u)
	}
}

// What is wrong with who asks is told to the member, what is wrong with the rest to
// the client. RFC 6749 §4.1.2.1, A12, A13, A14.
func TestRequestThatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.app()
	for _, c := range []struct {
		name, member, value, code string
		redirects                 bool
	}{
		{"no client", "client_id", "", "invalid_request", false},
		{"unknown client", "client_id", "01J00000000000000000000000", "invalid_client", false},
		{"something else", "client_id", "javascript", "invalid_client", false},
		{"another redirect", "redirect_uri", "https://evil.example/callback", "invalid_request", false},
		{"no redirect where there are two", "redirect_uri", "", "invalid_request", false},
		{"no response_type", "response_type", "", "invalid_request", true},
		{"implicit", "response_type", "token", "unsupported_response_type", true},
		{"hybrid", "response_type", "code token", "unsupported_response_type", true},
		{"fragment", "response_mode", "fragment", "invalid_request", true},
		{"request object", "request", "eyJ", "invalid_request", true},
		{"request by reference", "request_uri", "https://app.example/r", "invalid_request", true},
		{"no PKCE", "code_challenge", "", "invalid_request", true},
		{"plain by silence", "code_challenge_method", "", "invalid_request", true},
		{"plain", "code_challenge_method", "plain", "invalid_request", true},
		{"s256", "code_challenge_method", "s256", "invalid_request", true},
		{"short challenge", "code_challenge", challenge(verifier)[:42], "invalid_request", true},
		{"padded challenge", "code_challenge", challenge(verifier) + "=", "invalid_request", true},
		{"challenge that is none", "code_challenge", strings.Repeat("!", 43), "invalid_request", true},
		{"long state", "state", strings.Repeat("x", 2001), "invalid_request", true},
		{"another server", "resource", "https://evil.example/ap/coops/alpha", "invalid_target", true},
		{"the instance actor", "resource", "https://events.example/ap/actor", "invalid_target", true},
		{"a page", "resource", "https://events.example/about", "invalid_target", true},
	} {
		_, err := h.Authorization(t.Context(), asks(c.member, c.value))
		h.refused(err, c.code)
		e, redirects := errors.AsType[*auth.RedirectError](err)
		if redirects != c.redirects {
			t.Errorf("%s: got %v; redirected %t", c.name, err, redirects)
			continue
		}
		if redirects {
			u, err := url.Parse(e.URL)
			h.ok(err)
			if q := u.Query(); !strings.HasPrefix(e.URL, callback+"?") || q.Get("error") != c.code || q.Get("iss") != "https://events.example" || q.Get("state") != "xyz" && c.member != "state" || q.Has("code") {
				t.Errorf("%s: got %s", c.name, e.URL)
			}
		}
	}
	for _, name := range []string{"client_id", "redirect_uri", "state", "scope", "code_challenge"} { // RFC 6749 §3.1
		q := asks()
		q.Add(name, q.Get(name))
		_, err := h.Authorization(t.Context(), q)
		h.refused(err, "invalid_request")
	}
	q := asks("resource", "https://events.example/ap/coops/alpha")
	q.Add("resource", "https://events.example/ap/coops/beta")
	_, err := h.Authorization(t.Context(), q)
	h.refused(err, "invalid_target")
}

func TestScopesThatWeDoNotKnowAreDropped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.app()
	for asked, want := range map[string][]coop.Scope{
		"": {coop.Read}, "read": {coop.Read}, "write": {coop.Write}, "write read write": {coop.Read, coop.Write}, "follow profile": {coop.Read}, "read write follow profile": {coop.Read, coop.Write},
		"moderate": {coop.Read}, "read moderate": {coop.Read}, "READ write": {coop.Write}, "openid": {coop.Read}, "read:inbox": {coop.Read},
	} {
		q := asks()
		q.Set("scope", asked)
		r, err := h.Authorization(t.Context(), q)
		h.ok(err)
		if diff := cmp.Diff(want, r.Scopes); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", asked, diff)
		}
	}
	for resource, want := range map[string]coop.Name{
		"https://events.example": "", "https://events.example/": "", "https://events.example/ap/coops/beta": "beta", "https://events.example/ap/coops/beta/outbox": "beta",
	} {
		r, err := h.Authorization(t.Context(), asks("resource", resource))
		if err != nil || r.Coop != want {
			t.Errorf("%s: got %q, %v; want %q", resource, r.Coop, err, want)
		}
	}
}

// A11, A12: what does not belong to the code gets nothing, and spends nothing.
func TestCodeIsForItsClientAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.app()
	h.serve("https://evil.example/client.json", "application/json", `{"client_id":"https://evil.example/client.json","redirect_uris":["`+callback+`"]}`)
	h.code(asks("client_id", "https://evil.example/client.json"))
	code := h.code(asks())
	for name, c := range map[string]struct {
		form url.Values
		code string
	}{
		"another client":             {exchanges(code, "client_id", "https://evil.example/client.json"), "invalid_grant"},
		"unknown client":             {exchanges(code, "client_id", "https://nobody.example/client.json"), "invalid_client"},
		"no client":                  {exchanges(code, "client_id", ""), "invalid_client"},
		"another redirect":           {exchanges(code, "redirect_uri", "http://127.0.0.1/cb"), "invalid_grant"},
		"no redirect":                {exchanges(code, "redirect_uri", ""), "invalid_grant"},
		"another verifier":           {exchanges(code, "code_verifier", strings.Repeat("a", 43)), "invalid_grant"},
		"no verifier":                {exchanges(code, "code_verifier", ""), "invalid_request"},
		"the challenge":              {exchanges(code, "code_verifier", challenge(verifier)), "invalid_grant"},
		"short verifier":             {exchanges(code, "code_verifier", verifier[:42]), "invalid_request"},
		"long verifier":              {exchanges(code, "code_verifier", strings.Repeat("a", 129)), "invalid_request"},
		"verifier with other signs":  {exchanges(code, "code_verifier", verifier+"="), "invalid_request"},
		"a secret of its own making": {exchanges(code, "client_secret", "x"), "invalid_client"},
		"no code":                    {exchanges(""), "invalid_request"},
		"another code":               {exchanges(code + "x"), "invalid_grant"},
		"no grant type":              {exchanges(code, "grant_type", ""), "invalid_request"},
		"password":                   {exchanges(code, "grant_type", "password"), "unsupported_grant_type"},
		"client credentials":         {exchanges(code, "grant_type", "client_credentials"), "unsupported_grant_type"},
		"another server":             {exchanges(code, "resource", "https://evil.example/"), "invalid_target"},
	} {
		_, err := h.Token(t.Context(), c.form, auth.ClientAuth{})
		if h.refused(err, c.code); t.Failed() {
			t.Fatal("it was ", name)
		}
	}
	form := exchanges(code)
	form.Add("code", code)
	_, err := h.Token(t.Context(), form, auth.ClientAuth{})
	h.refused(err, "invalid_request")
	if _, err := h.Token(t.Context(), exchanges(code), auth.ClientAuth{}); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

func TestCodeIsGoodForAMinute(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.app()
	code := h.code(asks())
	h.pass(time.Minute)
	_, err := h.Token(t.Context(), exchanges(code), auth.ClientAuth{})
	h.refused(err, "invalid_grant")
}

// A redirect that the request did not name is the only one that there is. RFC 6749
// §4.1.3
func TestRedirectNeedNotBeNamedWhereThereIsOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.serve(document, "application/json", `{"client_id":"`+document+`","redirect_uris":["`+callback+`"]}`)
	for redirect, ok := range map[string]bool{"": true, callback: true, "https://evil.example/": false} {
		_, err := h.Token(t.Context(), exchanges(h.code(asks("redirect_uri", "")), "redirect_uri", redirect), auth.ClientAuth{})
		if (err == nil) != ok {
			t.Errorf("%q: got %v", redirect, err)
		}
	}
}

// A11: a code that comes again was seen by somebody else.
func TestCodeThatComesAgainEndsWhatCameOfIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.app()
	code := h.code(asks())
	got, err := h.Token(t.Context(), exchanges(code), auth.ClientAuth{})
	h.ok(err)
	renewed, err := h.Token(t.Context(), renews(got.Refresh), auth.ClientAuth{})
	h.ok(err)
	_, err = h.Token(t.Context(), exchanges(code), auth.ClientAuth{})
	h.refused(err, "invalid_grant")
	if h.opens(got.Access) || h.opens(renewed.Access) {
		t.Error("tokens are good after their code came again")
	}
	_, err = h.Token(t.Context(), renews(renewed.Refresh), auth.ClientAuth{})
	h.refused(err, "invalid_grant")
}

// A11: of many at once one wins; the others are answered as those who come again.
func TestManyExchangesAtOnceAreOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.app()
	code := h.code(asks())
	var wait sync.WaitGroup
	errs := make([]error, 40)
	for i := range errs {
		wait.Go(func() { _, errs[i] = h.Token(t.Context(), exchanges(code), auth.ClientAuth{}) })
	}
	wait.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			h.refused(err, "invalid_grant")
		}
	}
	if won != 1 {
		t.Errorf("%d exchanges won", won)
	}
}

// A19.
func TestRefreshTokensTakeTurns(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one := h.tokens()
	h.pass(89 * 24 * time.Hour)
	two, err := h.Token(t.Context(), renews(one.Refresh), auth.ClientAuth{})
	h.ok(err)
	if two.Refresh == one.Refresh || two.Access == one.Access || two.Scope != "read write" || !h.opens(two.Access) {
		t.Errorf("got %+v after %+v", two, one)
	}
	h.pass(89 * 24 * time.Hour)
	three, err := h.Token(t.Context(), renews(two.Refresh), auth.ClientAuth{})
	h.ok(err)
	_, err = h.Token(t.Context(), renews(two.Refresh), auth.ClientAuth{}) // somebody else has it
	h.refused(err, "invalid_grant")
	if h.opens(three.Access) {
		t.Error("the family is good still")
	}
	_, err = h.Token(t.Context(), renews(three.Refresh), auth.ClientAuth{})
	h.refused(err, "invalid_grant")

	late := h.tokens()
	h.pass(90 * 24 * time.Hour)
	_, err = h.Token(t.Context(), renews(late.Refresh), auth.ClientAuth{})
	h.refused(err, "invalid_grant")
}

func TestRefreshTokenIsForItsClientAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.serve("https://evil.example/client.json", "application/json", `{"client_id":"https://evil.example/client.json","redirect_uris":["`+callback+`"]}`)
	h.code(asks("client_id", "https://evil.example/client.json"))
	got := h.tokens()
	personal, _, err := h.NewToken(t.Context(), machine, "alpha", "script", []coop.Scope{coop.Read, coop.Write})
	h.ok(err)
	for name, c := range map[string]struct {
		form url.Values
		code string
	}{
		"another client":   {renews(got.Refresh, "client_id", "https://evil.example/client.json"), "invalid_grant"},
		"an access token":  {renews(got.Access), "invalid_grant"},
		"a personal token": {renews(personal), "invalid_grant"},
		"nothing":          {renews(""), "invalid_request"},
		"another co-op":    {renews(got.Refresh, "resource", "https://events.example/ap/coops/beta"), "invalid_target"},
		"scopes of none":   {renews(got.Refresh, "resource", "https://evil.example/"), "invalid_target"},
	} {
		_, err := h.Token(t.Context(), c.form, auth.ClientAuth{})
		if h.refused(err, c.code); t.Failed() {
			t.Fatal("it was ", name)
		}
	}
	less, err := h.Token(t.Context(), renews(got.Refresh, "scope", "read"), auth.ClientAuth{})
	h.ok(err)
	if k, _, err := h.Bearer(t.Context(), less.Access); err != nil || less.Scope != "read" || k.Can(coop.Write, h.clock()) || !k.Can(coop.Read, h.clock()) {
		t.Errorf("got %+v for %+v, %v", k, less, err)
	}
	all, err := h.Token(t.Context(), renews(less.Refresh), auth.ClientAuth{}) // what was granted stays granted. RFC 6749 §6
	if err != nil || all.Scope != "read write" {
		t.Errorf("got %+v, %v", all, err)
	}
	r, err := h.Token(t.Context(), exchanges(h.code(asks("scope", "read"))), auth.ClientAuth{})
	h.ok(err)
	_, err = h.Token(t.Context(), renews(r.Refresh, "scope", "write"), auth.ClientAuth{})
	h.refused(err, "invalid_scope")
	if more, err := h.Token(t.Context(), renews(r.Refresh, "scope", "read write"), auth.ClientAuth{}); err != nil || more.Scope != "read" {
		t.Errorf("got %+v, %v; want what was granted", more, err)
	}
}

// A code for one co-op makes no token for another.
func TestConsentForOneCoopIsNoneForAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.app()
	_, err := h.Token(t.Context(), exchanges(h.code(asks()), "resource", "https://events.example/ap/coops/beta"), auth.ClientAuth{})
	h.refused(err, "invalid_target")
	if g, err := h.Grants(t.Context(), first.ids["ada"]); err != nil || len(g) != 0 {
		t.Errorf("got %+v, %v", g, err)
	}
	r, err := h.Authorization(t.Context(), asks())
	h.ok(err)
	for login, n := range map[string]coop.Name{"ada": "beta", "olga": coop.Relay, "cora": "nobody"} {
		_, err := h.Consent(t.Context(), r, h.member(login), n)
		h.fails(err, coop.Forbidden)
	}
	_, err = h.Consent(t.Context(), r, h.member("olga"), "nobody") // an operator is an admin of what there is
	h.fails(err, coop.NotFound)
	_, err = h.Consent(t.Context(), auth.Request{}, h.member("ada"), "alpha")
	h.fails(err, coop.Invalid)
}
