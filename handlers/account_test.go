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
)

func TestMemberLooksAfterTheAccount(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Editor)
	b.look("/account", with("User-Agent", "Mozilla/5.0 (X11; Linux) Firefox/140")).want(http.StatusOK).says("Your sign-in name is anna", "You have no passkey yet", "No app acts for you", "this browser")
	b.act("/account/profile", url.Values{"name": {""}, "email": {"a@b.example"}}).want(http.StatusUnprocessableEntity).says("“Your name” is missing", "a@b.example")
	b.act("/account/profile", url.Values{"name": {"Anna"}, "email": {"nothing"}}).want(http.StatusUnprocessableEntity).says("That is no e-mail address")
	b.act("/account/profile", url.Values{"name": {"Anna A."}, "email": {"anna@alpha.example"}, "language": {"de"}}).leads("/account?done=profile")
	b.look("/account?done=profile").says("Gespeichert.", "Anna A.", `<html lang="de">`)
}

// A21: a new password ends every session but the one that it is given in.
func TestNewPasswordEndsWhatWasOpen(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Editor)
	elsewhere := &person{plenum: p}
	elsewhere.signIn("anna")
	b.look("/account")
	b.act("/account/password", url.Values{"old": {"wrong"}, "password": {"another four words"}}).want(http.StatusUnprocessableEntity).says("That is not your password")
	b.act("/account/password", url.Values{"old": {secretWord}, "password": {"anna"}}).want(http.StatusUnprocessableEntity).says("10 to 200 characters")
	before := b.cookie
	b.act("/account/password", url.Values{"old": {secretWord}, "password": {"another four words"}}).leads("/account?done=password")
	b.look("/account").want(http.StatusOK)
	elsewhere.look("/account").want(http.StatusSeeOther)
	b.cookie = before
	b.look("/account").want(http.StatusSeeOther)
}

func TestSessionsAreEndedFromElsewhere(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b, lost := p.member("anna", coop.Editor), &person{plenum: p}
	lost.signIn("anna")
	stranger := p.member("bert", coop.Editor)
	id := regexp.MustCompile(`name="id" value="([0-9A-Z]{26})" aria-label="End`).FindStringSubmatch(b.look("/account").Body.String())
	if id == nil {
		t.Fatal("there is no session to end")
	}
	stranger.look("/account")
	stranger.act("/account/sessions", url.Values{"id": {id[1]}})
	lost.look("/account").want(http.StatusOK) // it is not bert's to end
	b.act("/account/sessions", url.Values{"id": {id[1]}}).leads("/account?done=session")
	lost.look("/account").want(http.StatusSeeOther)
	b.look("/account").want(http.StatusOK)
	b.act("/account/sessions", url.Values{"all": {"yes"}}).leads("/login?done=out")
	b.look("/account").want(http.StatusSeeOther)
}

func TestRolesAreGivenAndTaken(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b, other := p.member("anna", coop.Admin), p.member("bert", coop.Editor)
	other.look("/members").want(http.StatusNotFound)
	other.look("/members/alpha").want(http.StatusNotFound)
	other.look("/account")
	for path, form := range map[string]url.Values{
		"/members/alpha/role": {"member": {"x"}, "role": {"admin"}}, "/members/alpha/invite": {"note": {"x"}, "role": {"admin"}}, "/members/alpha/two-people": {"two": {"yes"}},
	} {
		if a := other.act(path, form); a.Code != http.StatusForbidden && a.Code != http.StatusNotFound {
			t.Errorf("%s: an editor got %d", path, a.Code)
		}
	}
	ids := regexp.MustCompile(`name="member" value="([0-9A-Z]{26})"><select|name="member" value="([0-9A-Z]{26})">\s*<select name="role" aria-label="Role of Name of (\w+)"`).FindAllStringSubmatch(b.look("/members/alpha").Body.String(), -1)
	who := map[string]string{}
	for _, m := range ids {
		who[m[3]] = m[2]
	}
	if who["anna"] == "" || who["bert"] == "" {
		t.Fatalf("got %v", who)
	}
	b.act("/members/alpha/role", url.Values{"member": {who["anna"]}, "role": {"editor"}}).want(http.StatusConflict).says("Somebody has to be left who administers")
	b.act("/members/alpha/role", url.Values{"member": {who["bert"]}, "role": {"publisher"}}).leads("/members/alpha?done=role")
	other.look("/desk").says("Publisher")
	b.act("/members/alpha/reset", url.Values{"member": {who["bert"]}}).want(http.StatusOK).says("Name of bert can choose a new password", "https://events.example/reset/")
	b.act("/members/alpha/two-people", url.Values{"two": {"yes"}}).leads("/members/alpha?done=two")
	b.look("/members/alpha?done=two").says("This rule is in force.", "The rule is changed.")
	b.act("/members/alpha/role", url.Values{"member": {who["bert"]}, "role": {""}}).leads("/members/alpha?done=removed")
	other.look("/desk").says("You belong to no co-op")
	other.look("/desk/alpha").want(http.StatusNotFound)
}

// Whoever sits down at a browser that was left open gets no door of their own: a
// passkey, the address to which links are sent, or the first password of a member.
func TestNewDoorsAreForWhoHasJustSignedIn(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Editor)
	begin := func() answer {
		return b.do(request(http.MethodPost, "/account/passkeys/begin", []byte(`{"csrf":"`+b.csrf+`"}`),
			with("Content-Type", "application/json", "Sec-Fetch-Site", "same-origin", "Cookie", b.cookie)))
	}
	b.look("/account").says("Add a passkey")
	begin().want(http.StatusOK)
	b.act("/account/profile", url.Values{"name": {"Anna"}, "email": {"anna@alpha.example"}}).leads("/account?done=profile")
	p.pass(15 * time.Minute)
	if got := b.look("/account").says("sign in again first", "/login?again=yes&next=/account").Body.String(); strings.Contains(got, "data-passkey") {
		t.Error("a passkey is offered")
	}
	begin().want(http.StatusForbidden)
	b.do(request(http.MethodPost, "/account/passkeys", []byte(`{"csrf":"`+b.csrf+`","ceremony":"eA=="}`),
		with("Content-Type", "application/json", "Sec-Fetch-Site", "same-origin", "Cookie", b.cookie))).want(http.StatusForbidden)
	b.act("/account/profile", url.Values{"name": {"Anna"}, "email": {"thief@x.example"}}).want(http.StatusForbidden).says("sign in again first", "thief@x.example")
	b.act("/account/profile", url.Values{"name": {"Anna A."}, "email": {"anna@alpha.example"}}).leads("/account?done=profile")
	b.look("/login?again=yes&next=/account").want(http.StatusOK)
	b.send("/login", url.Values{"login": {"anna"}, "password": {secretWord}, "next": {"/account"}}).leads("/account")
	b.look("/account").says("Add a passkey", "anna@alpha.example")
	begin().want(http.StatusOK)
}
