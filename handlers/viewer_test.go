// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plenum/coop"
	"plenum/handlers"
)

// L01, L03: members read in the browser what is for the followers of their co-op, and
// no cache keeps it; to everybody else its page is like one that never was.
func TestMembersReadWhatIsForTheFollowers(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	_, token, cookie := p.joins("edda", "alpha", coop.Editor)
	_, stranger, elsewhere := p.joins("bodo", "beta", coop.Admin)
	post := p.publish(`{"type":"Event","name":"The hidden one","startTime":"2026-12-10T19:00:00","timezone":"Europe/Berlin",
		"to":["https://events.example/ap/coops/alpha/followers"]}`)
	html := accept("text/html")
	for _, at := range []string{"/@alpha/the-hidden-one", "/@alpha/the-hidden-one.ics"} {
		for _, who := range []change{token, cookie} {
			a := p.get(at, who, html).want(http.StatusOK).header("Cache-Control", "private, no-store").varies("Cookie").varies("Authorization")
			if a.Header().Get("ETag") != "" || !strings.Contains(a.Body.String(), "The hidden one") {
				t.Errorf("%s: got %v", at, a.Header())
			}
		}
		never := p.get("/@alpha/never", html).want(http.StatusNotFound)
		for _, who := range []change{stranger, elsewhere, with("Cookie", "__Host-plenum=x"), with("Authorization", "Bearer x"), html} {
			a := p.get(at, who, html).want(http.StatusNotFound)
			a.Header().Del("X-Request-Id")
			never.Header().Del("X-Request-Id")
			for name := range a.Header() {
				if a.Header().Get(name) != never.Header().Get(name) && name != "Content-Length" {
					t.Errorf("%s tells by %s that it is there: %q", at, name, a.Header().Get(name))
				}
			}
		}
	}
	id := path(site.Object(post.Kind, post.ID))
	p.get(id, accept(as2Profile), stranger).want(http.StatusNotFound)
	p.get(id, accept(as2Profile)).want(http.StatusNotFound)
	p.get(id, accept(as2Profile), token).want(http.StatusOK).header("Cache-Control", "private, no-store").varies("Authorization")
	p.get(id, html).want(http.StatusNotFound) // and nobody is sent on to its page
}

// A proposal is answered 202 with its own address, and 201 stays what it was.
func TestAnEditorsSubmissionIsAnswered202(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	_, token, _ := p.joins("edda", "alpha", coop.Editor)
	a := p.do(request(http.MethodPost, "/ap/coops/alpha/outbox", []byte(report), token, with("Content-Type", as2Profile))).want(http.StatusAccepted)
	at := a.Header().Get("Location")
	if !strings.HasPrefix(at, "https://events.example/api/coops/alpha/proposals/") || !strings.Contains(a.Body.String(), `"plenum:proposal"`) {
		t.Errorf("got %q %s", at, a.Body)
	}
	a = p.do(request(http.MethodPost, "/ap/coops/alpha/outbox", []byte(strings.Replace(report, `{`, `{"plenum:state":"draft",`, 1)), token, with("Content-Type", as2Profile))).want(http.StatusCreated)
	var made []handlers.PostInfo
	p.ctl(http.MethodGet, "/control/posts?coop=alpha&state=draft", "", http.StatusOK, &made)
	if len(made) != 1 || string(made[0].Activity) != a.Header().Get("Location") || made[0].Post.By == "" {
		t.Fatalf("got %+v", made)
	}
	a = p.do(request(http.MethodPost, "/ap/coops/alpha/outbox", []byte(`{"type":"Delete","object":"`+string(made[0].IRI)+`"}`), token, with("Content-Type", as2Profile))).want(http.StatusCreated)
	if _, given := a.Header()["Location"]; given {
		t.Errorf("what is transient has an address: %v", a.Header())
	}
}

// A picture straight from a camera may be larger than what is kept. Whoever sends it is
// told so also where they read the answer behind all that they send, as browsers do.
func TestWhoSendsTooMuchIsTold(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	server := httptest.NewServer(p.public)
	t.Cleanup(server.Close)
	body, kind := form(t, "x.jpg", make([]byte, 20<<20), "")
	for _, length := range []int64{int64(len(body)), -1} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		r := request(http.MethodPost, "/api/media", body, bearer("alpha"), with("Content-Type", kind))
		r.ContentLength = length
		if err := r.Write(conn); err != nil {
			t.Fatalf("the form could not be sent: %v", err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), r)
		if err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusRequestEntityTooLarge || !bytes.Contains(said, []byte("8 MiB")) {
			t.Errorf("got %d %s (%v)", res.StatusCode, said, err)
		}
		_ = conn.Close()
	}
}
