// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// subscribe sends the form "follow from your account".
func (p *plenum) subscribe(name, handle string, changes ...change) answer {
	p.t.Helper()
	body := url.Values{"coop": {name}, "handle": {handle}}.Encode()
	return p.do(request(http.MethodPost, "/follow", []byte(body), append([]change{accept(browser), with("Content-Type", "application/x-www-form-urlencoded", "Accept-Language", "en")}, changes...)...))
}

// webfinger puts a host into the network that answers with a JRD, or whatever
// body is.
func (p *plenum) webfinger(host string, status int, body string) {
	p.net.add(host, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jrd+json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
}

func TestVisitorIsTakenToTheirOwnServer(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.newPeer("social.example", "anna")
	for _, handle := range []string{"anna@social.example", "@anna@social.example", " @anna@Social.Example ", "acct:anna@social.example"} {
		a := p.subscribe("alpha", handle).want(http.StatusOK).header("Content-Type", "text/html; charset=utf-8").header("ETag", "")
		body := a.Body.String()
		if !strings.Contains(body, `href="https://social.example/authorize_interaction?uri=alpha%40events.example"`) || len(tagged(body, "<h1")) != 1 || !strings.Contains(body, `content="noindex"`) {
			t.Errorf("%s: got %s", handle, body)
		}
		p.pass(7e9) // within what one address may ask
	}
	if got := p.subscribe("alpha", "anna@social.example", func(r *http.Request) { r.Header.Set("Accept-Language", "de") }).Body.String(); !strings.Contains(got, "Weiter auf social.example") {
		t.Error("not in German")
	}
}

func TestFollowFormSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.newPeer("social.example", "anna")
	template := func(t string) string {
		return `{"subject":"acct:x@h","links":[{"rel":"http://ostatus.org/schema/1.0/subscribe","template":"` + t + `"}]}`
	}
	p.webfinger("other.example", 200, template("https://evil.example/?uri={uri}"))
	p.webfinger("script.example", 200, template("javascript:alert('{uri}')"))
	p.webfinger("plain.example", 200, template("http://plain.example/?uri={uri}"))
	p.webfinger("fixed.example", 200, template("https://fixed.example/"))
	p.webfinger("none.example", 200, `{"subject":"acct:x@none.example","links":[]}`)
	p.webfinger("nojson.example", 200, "<html>")
	p.webfinger("broken.example", 500, "{}")
	p.webfinger("large.example", 200, `{"x":"`+strings.Repeat("x", 2<<20)+`"}`)
	p.webfinger("sub.example", 200, template("https://social.sub.example/?uri={uri}"))
	for handle, want := range map[string]string{
		"": "is not an address", "anna": "is not an address", "@anna": "is not an address", "anna@": "is not an address", "@@": "is not an address",
		"anna@social.example/../x": "is not an address", "anna@social.example?x": "is not an address", "https://social.example/@anna": "is not an address",
		"a b@social.example": "is not an address", "<script>@social.example": "is not an address", "anna@user@social.example": "is not an address",
		"nobody@social.example": "could not find", "x@broken.example": "could not find", "x@nojson.example": "could not find",
		"x@down.example": "did not answer", "x@large.example": "did not answer", "x@localhost": "did not answer", "x@127.0.0.1": "did not answer", "x@[::1]": "did not answer",
		"x@events.example": "did not answer", "x@social.example:8443": "did not answer", "x@münchen.example": "did not answer", "x@" + strings.Repeat("x", 300): "did not answer",
		"x@other.example": "does not tell us", "x@script.example": "does not tell us", "x@plain.example": "does not tell us", "x@fixed.example": "does not tell us", "x@none.example": "does not tell us",
		"x@sub.example": "can take it from here",
	} {
		a := p.subscribe("alpha", handle).want(http.StatusOK)
		p.pass(7e9)
		body := a.Body.String()
		if !strings.Contains(body, want) {
			t.Errorf("%s: want %q, got %s", handle, want, tagged(body, `<p class="notice`))
		}
		for _, never := range []string{"<script", "evil.example", "javascript:", `href="http://`} {
			if strings.Contains(body, never) {
				t.Errorf("%s: %s stands in the page", handle, never)
			}
		}
	}
	for _, asked := range p.net.requests() {
		if strings.Contains(asked, "127.0.0.1") || strings.Contains(asked, "::1") || strings.Contains(asked, "events.example/") || strings.Contains(asked, ":8443") || strings.HasPrefix(asked, "GET http:") {
			t.Errorf("asked %s", asked)
		}
	}
}

func TestFollowFormIsForCoopsOfThisInstance(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.newPeer("social.example", "anna")
	for _, name := range []string{"nobody", "", "a/b", "a\x00b", "ALPHA", strings.Repeat("x", 4000)} {
		p.subscribe(name, "anna@social.example").want(http.StatusNotFound).header("Content-Type", "text/html; charset=utf-8")
	}
	p.ctl(http.MethodDelete, "/control/coops/alpha", "", http.StatusNoContent, nil)
	p.subscribe("alpha", "anna@social.example").want(http.StatusGone)
	p.subscribe("beta", "anna@social.example").want(http.StatusOK)
	p.do(request(http.MethodPost, "/follow", []byte("coop=beta&handle="+strings.Repeat("x", 100<<10)), with("Content-Type", "application/x-www-form-urlencoded"))).want(http.StatusRequestEntityTooLarge)
	for _, kind := range []string{"", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=\"", "application/json"} {
		if a := p.do(request(http.MethodPost, "/follow", []byte("--x\r\n"), with("Content-Type", kind))); a.Code/100 != 4 {
			t.Errorf("%s: got %d", kind, a.Code)
		}
		p.pass(60e9)
	}
}

// A form that another site sends in a visitor's name would make us ask for it.
func TestFollowFormOfAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.newPeer("social.example", "anna")
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
		p.subscribe("alpha", "anna@social.example", with(headers...)).want(http.StatusForbidden).header("Content-Type", "text/html; charset=utf-8")
	}
	for _, headers := range [][]string{nil, {"Sec-Fetch-Site", "same-origin", "Origin", "https://events.example"}, {"Sec-Fetch-Site", "none"}, {"Origin", "https://events.example"}} {
		p.subscribe("alpha", "anna@social.example", with(headers...)).want(http.StatusOK)
	}
	p.get("/follow?coop=alpha&handle=anna@social.example", accept(browser)).want(http.StatusMethodNotAllowed)
}

func TestAddressMayNotAskForEver(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.newPeer("social.example", "anna")
	for range 10 {
		p.subscribe("alpha", "anna@social.example").want(http.StatusOK)
	}
	p.subscribe("alpha", "anna@social.example").want(http.StatusTooManyRequests).header("Retry-After", "60")
	p.subscribe("alpha", "anna@social.example", from("192.0.2.77:1")).want(http.StatusOK)
	if n := len(p.net.requests()); n != 11 {
		t.Errorf("asked %d times", n)
	}
}
