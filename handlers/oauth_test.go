// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/instance"
)

const (
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	callback = "https://pen.example/callback"
)

// client registers a program and returns what it asks for.
func (p *plenum) client(name string) url.Values {
	p.t.Helper()
	var c struct {
		ID string `json:"client_id"`
	}
	body := `{"client_name":` + toJSON(p.t, name) + `,"redirect_uris":["` + callback + `","http://127.0.0.1/cb"],"token_endpoint_auth_method":"none"}`
	p.do(request(http.MethodPost, "/oauth/register", []byte(body), with("Content-Type", "application/json"))).want(http.StatusCreated).json(&c)
	sum := sha256.Sum256([]byte(verifier))
	return url.Values{
		"response_type": {"code"}, "client_id": {c.ID}, "redirect_uri": {callback}, "scope": {"read write follow"}, "state": {`x"y&z`},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// filled is the form of a page with its hidden fields.
func filled(a answer) url.Values {
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(a.Body.String(), -1) {
		form.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return form
}

// token posts a form to an endpoint for programs.
func (p *plenum) program(path string, form url.Values, changes ...change) answer {
	p.t.Helper()
	return p.do(request(http.MethodPost, path, []byte(form.Encode()), append([]change{with("Content-Type", "application/x-www-form-urlencoded")}, changes...)...))
}

// A14, A15: a program gets what a member consented to, by a page that says who asks
// and for what.
func TestMemberLetsAProgramAct(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	q := p.client("Pen & Paper")
	b := &person{plenum: p}
	at := "/oauth/authorize?" + q.Encode()
	a := b.look(at).want(http.StatusSeeOther)
	login, err := url.Parse(a.Header().Get("Location"))
	if err != nil || login.Path != "/login" || login.Query().Get("next") != at {
		t.Fatalf("got %v %v", login, err)
	}
	*b = *p.member("anna", coop.Publisher)
	a = b.look(at).want(http.StatusOK).says("Let Pen & Paper act", "pen.example", "Alpha <Collective>", "read everything", "write and publish")
	if got := a.Header().Get("Content-Security-Policy"); !strings.Contains(got, "form-action 'self' https://pen.example;") {
		t.Errorf("got the policy %q", got)
	}
	if strings.Contains(a.Body.String(), "Beta eG") {
		t.Error("a co-op is offered of which anna is no member")
	}
	form := filled(a)
	if form.Get("state") != `x"y&z` {
		t.Errorf("got the state %q", form.Get("state"))
	}
	form.Set("decision", "allow")
	b.send("/oauth/authorize", form).want(http.StatusUnprocessableEntity)
	form.Set("coop", "beta")
	b.send("/oauth/authorize", form).want(http.StatusUnprocessableEntity)
	form.Set("coop", "alpha")
	to, err := url.Parse(b.send("/oauth/authorize", form).want(http.StatusSeeOther).Header().Get("Location"))
	if err != nil || !strings.HasPrefix(to.String(), callback+"?") || to.Query().Get("state") != `x"y&z` || to.Query().Get("iss") != site.Base() {
		t.Fatalf("got %v %v", to, err)
	}
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Me      string `json:"me"`
		Scope   string `json:"scope"`
	}
	exchange := url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "redirect_uri": {callback}, "client_id": q["client_id"], "code_verifier": {verifier}}
	p.program("/oauth/token", exchange).want(http.StatusOK).header("Cache-Control", "no-store").header("Access-Control-Allow-Origin", "*").json(&tokens)
	if tokens.Me != string(site.Actor("alpha")) || tokens.Scope != "read write" {
		t.Errorf("got %+v", tokens)
	}
	bearer := with("Authorization", "Bearer "+tokens.Access)
	p.do(request(http.MethodPost, "/ap/coops/alpha/outbox", []byte(note), bearer, with("Content-Type", as2Short))).want(http.StatusCreated)
	p.program("/oauth/introspect", url.Values{"token": {tokens.Refresh}}, bearer).want(http.StatusOK).says(`"active":true`, `"me":"`+tokens.Me+`"`)
	b.look("/account").says("Pen & Paper", "may read and write", "pen.example")

	p.program("/oauth/revoke", url.Values{"token": {tokens.Refresh}, "client_id": q["client_id"]}).want(http.StatusOK)
	p.do(request(http.MethodPost, "/ap/coops/alpha/outbox", []byte(note), bearer, with("Content-Type", as2Short))).problem(http.StatusUnauthorized, "")
}

// D50: a program gets no more by renewing its token.
func TestTokensOfOneConsentHaveOneAllowance(t *testing.T) {
	t.Parallel()
	p := newPlenum(t, func(o *instance.Options) { o.Limits.WritesPerMinute, o.Limits.UploadsPerMinute = 64, 2 })
	q := p.client("Pen")
	b := p.member("anna", coop.Publisher)
	decided := filled(b.look("/oauth/authorize?" + q.Encode()).want(http.StatusOK))
	decided.Set("decision", "allow")
	decided.Set("coop", "alpha")
	to, err := url.Parse(b.send("/oauth/authorize", decided).want(http.StatusSeeOther).Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	next := url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "redirect_uri": {callback}, "client_id": q["client_id"], "code_verifier": {verifier}}
	renew := func() change {
		p.program("/oauth/token", next).want(http.StatusOK).json(&tokens)
		next = url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.Refresh}, "client_id": q["client_id"]}
		return with("Authorization", "Bearer "+tokens.Access)
	}
	body, kind := form(t, "x", []byte(pdf), "")
	for _, want := range []int{http.StatusCreated, http.StatusCreated, http.StatusTooManyRequests} {
		p.do(request(http.MethodPost, "/api/media", body, renew(), with("Content-Type", kind))).want(want)
	}
	p.pass(time.Minute)
	own, status := url.Values{"id": {string(site.Actor("alpha"))}}, 0
	for range 3 {
		token := renew()
		for range 21 {
			status = p.program("/api/proxy", own, token).Code
		}
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("the 63rd document within a minute was answered %d", status)
	}
	p.do(request(http.MethodPost, "/ap/coops/alpha/outbox", []byte(note), renew(), with("Content-Type", as2Short))).want(http.StatusCreated)
	p.do(request(http.MethodPost, "/ap/coops/alpha/outbox", []byte(note), renew(), with("Content-Type", as2Short))).problem(http.StatusTooManyRequests, "")
}

func TestMemberRefusesAProgram(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	q := p.client("Pen")
	b := p.member("anna", coop.Publisher)
	form := filled(b.look("/oauth/authorize?" + q.Encode()).want(http.StatusOK))
	form.Set("decision", "deny")
	to := b.send("/oauth/authorize", form).want(http.StatusSeeOther).Header().Get("Location")
	if !strings.HasPrefix(to, callback+"?") || !strings.Contains(to, "error=access_denied") || strings.Contains(to, "code=") {
		t.Errorf("got %s", to)
	}
}

// A13, A12: what is wrong is said to the member where the program may be somebody
// else, and to the program where it is not.
func TestWrongQuestionsAreNotAsked(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Publisher)
	q := p.client("Pen")
	with := func(name, value string) url.Values {
		v := url.Values{}
		for n := range q {
			v.Set(n, q.Get(n))
		}
		v.Set(name, value)
		return v
	}
	for _, v := range []url.Values{
		with("redirect_uri", callback+"/.."), with("redirect_uri", "https://evil.example/callback"), with("redirect_uri", "javascript:alert(1)"), with("client_id", "nobody"), with("client_id", ""),
	} {
		a := b.look("/oauth/authorize?" + v.Encode()).want(http.StatusBadRequest).says("asks in the wrong way")
		if a.Header().Get("Location") != "" || strings.Contains(a.Body.String(), "<script") {
			t.Errorf("%v: got %v", v, a.Header())
		}
	}
	for _, v := range []url.Values{with("code_challenge", ""), with("code_challenge_method", "plain"), with("response_type", "token")} {
		to := b.look("/oauth/authorize?" + v.Encode()).want(http.StatusFound).Header().Get("Location")
		if !strings.HasPrefix(to, callback+"?") || !strings.Contains(to, "error=") || strings.Contains(to, "code=") {
			t.Errorf("%v: got %s", v, to)
		}
	}
	stranger := &person{plenum: p} // RFC 9700 §4.11.2: nobody is sent on by a link alone
	to := stranger.look("/oauth/authorize?" + with("code_challenge", "").Encode()).want(http.StatusSeeOther).Header().Get("Location")
	if !strings.HasPrefix(to, "/login?") {
		t.Errorf("a stranger is sent to %s", to)
	}
	a := b.look("/oauth/authorize?" + with("redirect_uri", "http://127.0.0.1:4711/cb").Encode()).want(http.StatusOK).says("on your own device. Allow it only")
	if got := a.Header().Get("Content-Security-Policy"); !strings.Contains(got, "form-action 'self' http://127.0.0.1:4711;") {
		t.Errorf("got the policy %q", got)
	}
	for range 40 {
		a = b.look("/oauth/authorize?" + q.Encode())
	}
	a.want(http.StatusTooManyRequests)
}

// A16: what a program calls itself is text, and stands in its own direction.
func TestProgramsNameIsText(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Publisher)
	q := p.client("<b>Plenum</b>\u202e of alpha\"><script>alert(1)</script>")
	a := b.look("/oauth/authorize?" + q.Encode()).want(http.StatusOK)
	if body := a.Body.String(); strings.Contains(body, "<b>Plenum") || strings.Contains(body, "<script") || strings.Contains(body, "\u202e") || !strings.Contains(body, "<h1><bdi>") {
		t.Errorf("got %s", body)
	}
}

// A20, A23: tokens come and go in bodies alone; scripts of any site may ask, and bring
// nothing of the browser's with them.
func TestEndpointsForPrograms(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for _, path := range []string{"/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/register"} {
		a := p.do(request(http.MethodOptions, path, nil, with("Origin", "https://x.example", "Access-Control-Request-Method", "POST"))).want(http.StatusNoContent)
		if a.Header().Get("Access-Control-Allow-Origin") != "*" || a.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: got %v", path, a.Header())
		}
		p.get(path).want(http.StatusMethodNotAllowed)
	}
	p.do(request(http.MethodPost, "/oauth/token?grant_type=refresh_token&refresh_token=x", nil, with("Content-Type", "application/x-www-form-urlencoded"))).want(http.StatusBadRequest).says("grant_type is missing")
	p.do(request(http.MethodPost, "/oauth/token", []byte(`{"grant_type":"refresh_token"}`), with("Content-Type", "application/json"))).want(http.StatusBadRequest).says(`"error":"invalid_request"`)
	a := p.program("/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}, "client_id": {"nobody"}}).want(http.StatusUnauthorized)
	if a.Header().Get("WWW-Authenticate") != `Basic realm="plenum"` || a.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("got %v", a.Header())
	}
	p.program("/oauth/introspect", url.Values{"token": {first.tokens["alpha"]}}).want(http.StatusUnauthorized)
	p.program("/oauth/introspect", url.Values{"token": {first.tokens["beta"]}}, with("Authorization", "Bearer "+first.tokens["alpha"])).want(http.StatusOK).says(`{"active":false}`)
	p.program("/oauth/token", url.Values{"x": {strings.Repeat("y", 20<<10)}}).want(http.StatusRequestEntityTooLarge)
	p.get("/.well-known/oauth-authorization-server").want(http.StatusOK).header("Access-Control-Allow-Origin", "*").says(`"issuer":"https://events.example"`, `"S256"`)
	p.get("/.well-known/oauth-protected-resource/ap/coops/alpha").want(http.StatusOK).says(`"resource":"https://events.example/ap/coops/alpha"`)
	p.get("/.well-known/oauth-protected-resource").want(http.StatusOK)
	p.get("/.well-known/oauth-protected-resource/desk").want(http.StatusNotFound)
}

// A17: registering is for those who need it.
func TestRegistrationIsBounded(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	body := []byte(`{"redirect_uris":["https://pen.example/cb"],"token_endpoint_auth_method":"none"}`)
	json := with("Content-Type", "application/json")
	for range 5 {
		p.do(request(http.MethodPost, "/oauth/register", body, json)).want(http.StatusCreated).header("Cache-Control", "no-store")
	}
	p.do(request(http.MethodPost, "/oauth/register", body, json)).problem(http.StatusTooManyRequests, "")
	p.do(request(http.MethodPost, "/oauth/register", body, json, from("198.51.100.1:1"))).want(http.StatusCreated)
	p.do(request(http.MethodPost, "/oauth/register", []byte(`{"redirect_uris":["http://evil.example/cb"]}`), json, from("198.51.100.2:1"))).want(http.StatusBadRequest).says("invalid_redirect_uri")
}

// Who asked for links to other servers can still let a program in, and who lets many
// in can make us ask no more servers for it.
func TestQuestionsOfProgramsAreCountedByThemselves(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	ask := func() answer {
		return (&person{plenum: p}).send("/reset", url.Values{"login": {"nobody"}})
	}
	for range 10 {
		ask().want(http.StatusOK)
	}
	ask().want(http.StatusTooManyRequests)
	question := func() answer { return p.get("/oauth/authorize?client_id=01ARYZ6S41TSV4RRFFQ69G5FAV", accept(browser)) }
	for range 30 {
		question().want(http.StatusBadRequest)
	}
	question().want(http.StatusTooManyRequests)
}
