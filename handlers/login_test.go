// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/handlers"
)

func TestMembersSignInAndOut(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Admin)
	b.look("/desk").want(http.StatusOK).says("Alpha <Collective>", "Administrator", "New meetup")
	b.look("/login?next=/account").leads("/account")
	old := b.cookie
	b.act("/logout", url.Values{}).leads("/login?done=out")
	if b.cookie != "" {
		t.Errorf("the browser still has the cookie %q", b.cookie)
	}
	b.cookie = old
	b.look("/desk").leads("/login?done=first&next=%2Fdesk")
	b.look("/login?done=out").says("You have signed out.")
}

// A15: what is for members is for nobody else: not to be framed, kept or linked from.
func TestPagesOfMembersAreTheirs(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Admin)
	for _, path := range []string{"/login", "/reset", "/invite/x", "/reset/x", "/desk", "/account", "/members", "/members/alpha", "/desk/alpha", "/desk/alpha/new?kind=talk"} {
		stranger := p.get(path, accept(browser))
		a := b.look(path)
		for who, a := range map[string]answer{"a stranger": stranger, "a member": a} {
			h := a.Header()
			if h.Get("Cache-Control") != "no-store" || h.Get("X-Frame-Options") != "DENY" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Robots-Tag") != "noindex" {
				t.Errorf("%s, %s: got %v", path, who, h)
			}
			if a.Code == http.StatusOK && !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
				t.Errorf("%s, %s: got the policy %q", path, who, h.Get("Content-Security-Policy"))
			}
			if strings.Contains(h.Get("Content-Security-Policy"), "script-src") != (a.Code == http.StatusOK && (path == "/login" || path == "/account")) {
				t.Errorf("%s, %s: scripts by %q", path, who, h.Get("Content-Security-Policy"))
			}
			if h.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s, %s: scripts of other sites may read it", path, who)
			}
		}
	}
	for _, path := range []string{"/desk", "/account", "/members", "/members/alpha", "/desk/alpha", "/desk/alpha/new", "/desk/alpha/posts/x", "/desk/alpha/proposals/x"} {
		if a := p.get(path, accept(browser)); a.Code != http.StatusSeeOther || !strings.HasPrefix(a.Header().Get("Location"), "/login?") {
			t.Errorf("%s: a stranger got %d %s", path, a.Code, a.Header().Get("Location"))
		}
	}
}

// A15: the cookie is for this host alone and for no script, is new with each sign-in,
// and ends the session that the browser had.
func TestSessionIsNewWithEachSignIn(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Editor)
	first := b.cookie
	a := b.send("/login", url.Values{"login": {"anna"}, "password": {secretWord}}).want(http.StatusSeeOther)
	k, err := http.ParseSetCookie(a.Header().Get("Set-Cookie"))
	if err != nil || k.Name != "__Host-plenum" || !k.HttpOnly || !k.Secure || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" || k.MaxAge != 30*24*3600 {
		t.Errorf("got %+v %v", k, err)
	}
	if b.cookie == first || len(b.cookie) < 50 {
		t.Errorf("got the cookie %q after %q", b.cookie, first)
	}
	second := b.cookie
	b.cookie = first
	b.look("/desk").want(http.StatusSeeOther)
	b.cookie = second
	b.look("/desk").want(http.StatusOK)

	b.cookie = "__Host-plenum=chosen-by-somebody-else"
	b.signIn("anna")
	if strings.Contains(b.cookie, "chosen") {
		t.Error("a cookie that somebody else set became a session")
	}
	p.pass(31 * 24 * time.Hour)
	b.look("/desk").want(http.StatusSeeOther)
}

// A15: a form of another site, or without what the page proves itself with, does
// nothing.
func TestFormsAreOfThePageThatTheyComeFrom(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b, other := p.member("anna", coop.Admin), p.member("bert", coop.Admin)
	b.look("/account")
	other.look("/account")
	for name, c := range map[string]struct {
		csrf    string
		changes []change
	}{
		"no proof":            {"", nil},
		"of another session":  {other.csrf, nil},
		"from another site":   {b.csrf, []change{func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }}},
		"from another origin": {b.csrf, []change{func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://evil.example") }}},
	} {
		for path, form := range map[string]url.Values{
			"/logout": {}, "/account/profile": {"name": {"Taken over"}}, "/account/password": {"old": {secretWord}, "password": {"another four words"}},
			"/account/sessions": {"all": {"yes"}}, "/members/alpha/invite": {"note": {"x"}, "role": {"admin"}}, "/members/alpha/two-people": {"two": {"yes"}},
			"/desk/alpha/new?kind=note": {"text": {"hello"}, "do": {"publish"}}, "/oauth/authorize": {"decision": {"allow"}},
		} {
			form.Set("csrf", c.csrf)
			if a := b.send(path, form, c.changes...); a.Code != http.StatusForbidden || !strings.HasPrefix(a.Header().Get("Content-Type"), "text/html") {
				t.Errorf("%s: %s: got %d %s", name, path, a.Code, a.Header().Get("Content-Type"))
			}
		}
	}
	b.look("/account").want(http.StatusOK).says("Name of anna")
	crossed := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
	b.send("/login", url.Values{"login": {"bert"}, "password": {secretWord}}, crossed).want(http.StatusForbidden)
}

// A22: who is signed in with a browser is nobody to the interface of programs.
func TestSessionIsNoToken(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Admin)
	for _, path := range []string{"/ap/coops/alpha/outbox", "/api/coops/alpha/proposals/x", "/oauth/introspect"} {
		p.do(request(http.MethodPost, path, []byte(note), with("Content-Type", as2Short, "Cookie", b.cookie))).problem(http.StatusUnauthorized, "")
	}
	secret := strings.TrimPrefix(b.cookie, "__Host-plenum=")
	p.do(request(http.MethodPost, "/ap/coops/alpha/outbox", []byte(note), with("Content-Type", as2Short, "Authorization", "Bearer "+secret))).problem(http.StatusUnauthorized, "")
	b.cookie = "__Host-plenum=" + first.tokens["alpha"]
	b.look("/desk").want(http.StatusSeeOther)
}

// A24: what is wrong is not told; who tries often is told to wait, in words.
func TestSignInSaysNoMoreThanItMust(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.member("anna", coop.Editor)
	b := &person{plenum: p}
	csrf := regexp.MustCompile(`value="[^"]*"`)
	try := func(login string) string {
		a := b.send("/login", url.Values{"login": {login}, "password": {"wrong"}, "next": {"/account"}}).want(http.StatusUnprocessableEntity)
		a.says("do not belong together", `value="/account"`)
		if b.cookie != "" {
			t.Error("a session was opened")
		}
		return strings.ReplaceAll(csrf.ReplaceAllString(a.Body.String(), ""), login, "")
	}
	if try("anna") != try("nobody") {
		t.Error("the pages differ")
	}
	for range 9 {
		try("anna")
	}
	b.send("/login", url.Values{"login": {"anna"}, "password": {secretWord}}).want(http.StatusTooManyRequests).says("tried too often")
}

// P02: signing in leads to a page of ours for members, and nowhere else.
func TestSignInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Editor)
	for next, want := range map[string]string{
		"/account": "/account", "/desk/alpha?done=saved": "/desk/alpha?done=saved", "/oauth/authorize?client_id=x": "/oauth/authorize?client_id=x", "/invite/abc": "/invite/abc",
		"": "/desk", "//evil.example/desk": "/desk", "https://evil.example/desk": "/desk", `/\evil.example`: "/desk", "/%2F%2Fevil.example": "/desk", "javascript:alert(1)": "/desk",
		"/desk/../logout": "/desk", "/logout": "/desk", "/desktop": "/desk", "\t//evil.example": "/desk", "/desk#//evil": "/desk", "/desk//evil.example": "/desk", "/desk\r\nSet-Cookie:%20a=b": "/desk",
	} {
		b.look("/login?next=" + url.QueryEscape(next)).leads(want)
		b.send("/login", url.Values{"login": {"anna"}, "password": {secretWord}, "next": {next}}).leads(want)
	}
}

func TestInvitationMakesAMember(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	admin := p.member("anna", coop.Admin)
	admin.look("/members/alpha").want(http.StatusOK).says("Members of Alpha", "Name of anna")
	a := admin.act("/members/alpha/invite", url.Values{"note": {"Bert of the print shop"}, "role": {"publisher"}}).want(http.StatusOK)
	m := regexp.MustCompile(`https://events\.example(/invite/[\w-]{43})<`).FindStringSubmatch(a.Body.String())
	if m == nil {
		t.Fatalf("no link\n%s", a.Body)
	}
	link := m[1]
	admin.look("/members/alpha").says("Bert of the print shop")
	if strings.Contains(admin.look("/members/alpha").Body.String(), link) {
		t.Error("the link is shown again")
	}

	b := &person{plenum: p}
	for range 2 { // a program that looks at links uses nothing up
		b.look(link).want(http.StatusOK).says("Join Alpha", "anna invites you", "Publisher")
	}
	form := url.Values{"login": {"Bert!"}, "name": {"Bert"}, "email": {"no address"}, "password": {"short"}, "language": {"de"}}
	b.send(link, form).want(http.StatusUnprocessableEntity).says("A sign-in name has 2 to 40", `href="#login"`, `aria-invalid="true"`)
	form.Set("login", "anna")
	form.Set("email", "bert@alpha.example")
	form.Set("password", secretWord)
	b.send(link, form).want(http.StatusUnprocessableEntity).says("Somebody else has this sign-in name")
	form.Set("login", "bert")
	b.send(link, form).leads("/desk")
	b.look("/desk").says("Schreibtisch", "Veröffentlichung")
	c := &person{plenum: p}
	c.look(link).want(http.StatusGone).says("cannot be used")
	form.Set("login", "cleo")
	c.send(link, form).want(http.StatusGone)

	again := admin.act("/members/alpha/invite", url.Values{"note": {"x"}, "role": {"editor"}})
	link = regexp.MustCompile(`/invite/[\w-]{43}`).FindString(again.Body.String())
	b.look(link).says("Als Bert mitmachen")
	b.send(link, url.Values{"csrf": {"guessed"}}).want(http.StatusForbidden)
	b.act(link, url.Values{}).leads("/desk")
}

func TestPasswordIsForgottenAndChosenAnew(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Editor)
	stranger := &person{plenum: p}
	stranger.look("/reset").says("sends no mail")
	var info handlers.PersonInfo
	p.ctl(http.MethodPost, "/control/members/anna/reset", "", http.StatusOK, &info)
	link := strings.TrimPrefix(info.Link, site.Base())
	stranger.look(link).want(http.StatusOK).says("Choose a new password", "anna")
	stranger.send(link, url.Values{"password": {"1234567890"}}).want(http.StatusUnprocessableEntity).says("10 to 200 characters")
	stranger.send(link, url.Values{"password": {"another four words"}}).leads("/login?done=reset")
	b.look("/desk").want(http.StatusSeeOther)
	stranger.send(link, url.Values{"password": {"yet another four words"}}).want(http.StatusGone)
	stranger.send("/login", url.Values{"login": {"anna"}, "password": {secretWord}}).want(http.StatusUnprocessableEntity)
	stranger.send("/login", url.Values{"login": {"anna"}, "password": {"another four words"}}).leads("/desk")
}
