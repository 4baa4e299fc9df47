// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plenum/instance"
	"plenum/keys"
)

func secure(o *instance.Options) { o.Secure = true }

// signedGet is a GET that a peer has signed.
func (p *plenum) signedGet(path string, x peer, key *rsa.PrivateKey, changes ...change) answer {
	p.t.Helper()
	out, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, site.Base()+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := keys.Sign(out, nil, x.key, key, p.clock()); err != nil {
		p.t.Fatal(err)
	}
	r := request(http.MethodGet, path, nil, accept(as2Profile))
	for name, v := range out.Header {
		r.Header[name] = v
	}
	for _, c := range changes {
		c(r)
	}
	return p.do(r)
}

// block refuses a domain or an actor.
func (p *plenum) block(target string) {
	p.t.Helper()
	p.ctl(http.MethodPost, "/control/moderation/rules", `{"target":"`+target+`","level":"refuse"}`, http.StatusOK, nil)
}

func TestDocumentsCanBeKeptForSignedRequests(t *testing.T) {
	t.Parallel()
	p := newPlenum(t, secure)
	x := p.newPeer("social.example", "anna")
	post := p.publish(meetup)
	id := path(site.Object(post.Kind, post.ID))
	for _, at := range []string{id, id + "/replies", "/ap/coops/alpha", "/ap/coops/alpha/outbox", "/ap/coops/alpha/inbox", "/ap/inbox", "/ap/actor/outbox", path(site.Activity(post.Activity)), "/ap/nothing"} {
		a := p.get(at, accept(as2Profile)).header("Cache-Control", "no-store").varies("Signature").varies("Signature-Input")
		a.problem(http.StatusUnauthorized, "")
		a.header("WWW-Authenticate", `Signature realm="plenum",headers="(request-target) host date"`)
		p.do(request(http.MethodHead, at, nil, accept(as2Profile))).want(http.StatusUnauthorized)
		if at != "/ap/nothing" {
			p.signedGet(at, x, first.peer).want(http.StatusOK).header("Cache-Control", "no-store").varies("Signature").varies("Accept")
		}
	}
	p.signedGet("/ap/nothing", x, first.peer).problem(http.StatusNotFound, "")
	p.signedGet(id, x, first.other).problem(http.StatusUnauthorized, "") // a key that is not the peer's

	// what has to stay open: two such instances could never ask each other otherwise
	p.get("/ap/actor", accept(as2Profile)).want(http.StatusOK).checked()
	p.get("/.well-known/webfinger?resource=acct:alpha@events.example").want(http.StatusOK)
	p.get("/nodeinfo/2.1").want(http.StatusOK)
	p.get("/@alpha/a-meetup", accept(browser)).want(http.StatusOK)
	p.get("/@alpha/a-meetup", accept(as2Profile)).want(http.StatusFound)
	p.get(id, accept(browser)).want(http.StatusSeeOther).header("Location", string(site.Page("alpha", "a-meetup")))
	p.get(path(site.Of("alpha", "featured")), accept(browser)).want(http.StatusSeeOther)
	p.get("/ap/inbox", accept(browser)).want(http.StatusUnauthorized) // which has no page to go to
}

// A program of somebody here cannot sign: its token, if it may read, does.
func TestDocumentsAreForWhoHasATokenToo(t *testing.T) {
	t.Parallel()
	p := newPlenum(t, secure)
	for token, want := range map[string]int{"read write": http.StatusOK, "write": http.StatusForbidden, "": http.StatusUnauthorized} {
		secret := "plenum_nobodys"
		if token != "" {
			var made struct {
				Secret string `json:"secret"`
			}
			p.ctl(http.MethodPost, "/control/tokens", `{"coop":"alpha","label":"laptop","scope":"`+token+`"}`, http.StatusOK, &made)
			secret = made.Secret
		}
		a := p.get("/ap/coops/alpha", accept(as2Profile), with("Authorization", "Bearer "+secret)).want(want)
		if token != "" {
			a.header("Cache-Control", "no-store").varies("Authorization")
		}
	}
}

func TestWhoIsRefusedReadsNothing(t *testing.T) {
	t.Parallel()
	p := newPlenum(t, secure)
	x, y := p.newPeer("bots.example", "spam"), p.newPeer("social.example", "troll")
	post := p.publish(report)
	id := path(site.Object(post.Kind, post.ID))
	p.signedGet(id, y, first.peer).want(http.StatusOK)
	p.block("bots.example")
	p.block(string(y.id))
	asked := len(p.net.requests())
	p.signedGet(id, x, first.peer).header("Cache-Control", "no-store").problem(http.StatusForbidden, "")
	if got := p.net.requests()[asked:]; len(got) > 0 {
		t.Errorf("asked %v for somebody who is refused", got)
	}
	p.signedGet(id, y, first.peer).problem(http.StatusForbidden, "")
	p.signedGet(id, p.newPeer("social.example", "other"), first.peer).want(http.StatusOK)
	p.signedGet("/ap/actor", x, first.peer).want(http.StatusOK)

	// without secure mode who says that it is refused is believed
	open := newPlenum(t)
	post = open.publish(report)
	id = path(site.Object(post.Kind, post.ID))
	open.block("bots.example")
	open.signedGet(id, x, first.peer).problem(http.StatusForbidden, "")
	open.get(id, accept(as2Profile)).want(http.StatusOK)
}

// Who asks with signatures that prove nothing makes us fetch keys: it is counted as
// in an inbox.
func TestBadSignaturesOnReadsAreLimited(t *testing.T) {
	t.Parallel()
	p := newPlenum(t, secure, func(o *instance.Options) { o.Limits.UnverifiedPerMinute = 3 })
	x := p.newPeer("social.example", "anna")
	for range 3 {
		p.signedGet("/ap/coops/alpha", x, first.other).want(http.StatusUnauthorized)
	}
	p.signedGet("/ap/coops/alpha", x, first.other).problem(http.StatusTooManyRequests, "")
	p.signedGet("/ap/coops/alpha", x, first.peer, from("192.0.2.77:1")).want(http.StatusOK)
	for range 10 { // who signs nothing costs nothing
		p.get("/ap/coops/alpha", accept(as2Profile), from("192.0.2.78:1")).want(http.StatusUnauthorized)
	}
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, errors.New("nobody should have asked")
}

func TestWhoIsRefusedIsTurnedAwayBeforeTheBodyIsRead(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("deep.bots.example", "spam")
	p.block("bots.example")
	asked := len(p.net.requests())
	for _, at := range []string{"/ap/inbox", "/ap/coops/alpha/inbox", "/ap/actor/inbox"} {
		r := p.delivery(at, x, x.activity("1", "Follow", site.Actor("alpha")))
		r.Body = io.NopCloser(unread{t})
		p.do(r).problem(http.StatusForbidden, "")
	}
	body := x.activity("2", "Follow", site.Actor("alpha"))
	out, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.Base()+"/ap/inbox", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	out.Header.Set("Content-Type", as2Profile)
	if err := keys.Sign9421(out, body, x.key, first.peer, p.clock()); err != nil {
		t.Fatal(err)
	}
	r := request(http.MethodPost, "/ap/inbox", body)
	r.Header, r.Body = out.Header, io.NopCloser(unread{t})
	p.do(r).problem(http.StatusForbidden, "")
	if got := p.net.requests()[asked:]; len(got) > 0 {
		t.Errorf("asked %v for somebody who is refused", got)
	}
	y := p.newPeer("goodbots.example", "fine") // no name below the one that is refused
	p.deliver("/ap/inbox", y, y.activity("1", "Follow", site.Actor("alpha"))).want(http.StatusAccepted)
}

func TestWithAnAllowListNobodyElseIsHeard(t *testing.T) {
	t.Parallel()
	p := newPlenum(t, func(o *instance.Options) { o.AllowList = true })
	x, y := p.newPeer("social.example", "anna"), p.newPeer("other.example", "ben")
	p.ctl(http.MethodPost, "/control/moderation/rules", `{"target":"social.example","level":"allow"}`, http.StatusOK, nil)
	p.deliver("/ap/inbox", x, x.activity("1", "Follow", site.Actor("alpha"))).want(http.StatusAccepted)
	p.deliver("/ap/inbox", y, y.activity("1", "Follow", site.Actor("alpha"))).problem(http.StatusForbidden, "")
	if !p.followed("alpha", x.id) || p.followed("alpha", y.id) {
		t.Error("who follows is not who was let in")
	}
	p.get("/@alpha", accept(browser)).want(http.StatusOK)
	if strings.Contains(strings.Join(p.net.requests(), " "), "other.example") {
		t.Error("somebody who was not let in was asked")
	}
}

// docs/security.md S31: no method, path, query or header gets the bytes of a document
// without a signature.
func TestNoSpellingGetsADocumentWithoutASignature(t *testing.T) {
	t.Parallel()
	p := newPlenum(t, secure)
	x := p.newPeer("social.example", "anna")
	post := p.publish(meetup)
	id := path(site.Object(post.Kind, post.ID))
	tag := p.signedGet(id, x, first.peer).want(http.StatusOK).Header().Get("ETag")
	set := func(name, value string) change { return func(r *http.Request) { r.Header.Set(name, value) } }
	for _, at := range []string{
		id, id + "/", id + "?", id + "?x=1", id + "//", "/" + id, "/ap/actor/.." + id, "/ap/actor/../coops/alpha", "/ap/./coops/alpha", "/ap/%63oops/alpha", "/AP/coops/alpha",
		"/ap/actor/%2e%2e/coops/alpha", "/ap/actor;/../coops/alpha", "/ap/actor/outbox", "/ap/actor/followers", "/ap/coops/alpha/outbox?page=1", "/ap/actor%00", "/ap/actor%2finbox",
	} {
		for what, c := range map[string]change{
			"nothing": func(*http.Request) {}, "what it has": set("If-None-Match", tag), "anything": set("If-None-Match", "*"), "a part": set("Range", "bytes=0-1"),
			"no Accept": set("Accept", ""), "HTML and JSON": set("Accept", "text/html, application/activity+json"), "HTML": set("Accept", "text/html"), "all": set("Accept", "*/*"),
			"JSON": set("Accept", "application/json"), "another method": set("X-HTTP-Method-Override", "OPTIONS"), "another path": set("X-Original-URL", "/ap/actor"),
			"an empty signature": set("Signature", " "), "one for a token": set("Authorization", "Signature keyId=\"https://social.example/users/anna#main-key\""),
			"half of the other form": set("Signature-Input", `sig1=("@method" "@target-uri");created=1;keyid="https://social.example/users/anna#main-key"`),
		} {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, "PROPFIND", "get"} {
				r := request(method, "/", nil, accept(as2Profile), c)
				r.RequestURI = at
				if u, err := url.ParseRequestURI(at); err == nil {
					r.URL = u
				} else {
					continue
				}
				a := p.do(r)
				if a.Code == http.StatusNotModified || a.Code == http.StatusOK || a.Code == http.StatusPartialContent || bytes.Contains(a.Body.Bytes(), []byte("a-meetup")) {
					t.Errorf("%s %s with %s: got %d %.80s", method, at, what, a.Code, a.Body)
				}
			}
		}
	}
}
