// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/auth"
	"plenum/coop"
	"plenum/handlers"
)

// slugs are those of a list of posts.
func slugs(infos []handlers.PostInfo) (out []string) {
	for _, p := range infos {
		out = append(out, p.Slug)
	}
	return out
}

func TestMembersSeeDraftsAndWhatIsScheduled(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(report)
	p.pass(time.Minute)
	p.publish(strings.Replace(report, "a-report", "b-report", 1))
	var draft coop.Post
	p.ctl(http.MethodPost, "/control/coops/alpha/drafts", strings.Replace(report, "a-report", "a-draft", 1), http.StatusOK, &draft)
	later := draft
	later.ID, later.Slug, later.Due = "01KB3Y6Q2ZM9T4X7V0R8W5N1EA", "later", p.clock().Add(time.Hour)
	if _, err := p.db.SaveDraft(t.Context(), later, coop.Outgoing{}); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string][]string{
		"": {"b-report", "a-report"}, "?state=published": {"b-report", "a-report"}, "?state=scheduled": {"later"}, "?limit=1": {"b-report"}, "?state=withdrawn": nil,
	} {
		var got []handlers.PostInfo
		a := p.get("/api/coops/alpha/posts"+query, bearer("reader")).want(http.StatusOK).header("Cache-Control", "private, no-store").varies("Authorization")
		if a.json(&got); !slices.Equal(slugs(got), want) || got == nil {
			t.Errorf("%s: got %v want %v", query, slugs(got), want)
		}
		if next := a.Header().Get("Link"); (query == "?limit=1") != (next != "") {
			t.Errorf("%s: got Link %q", query, next)
		}
	}
	var drafts []handlers.PostInfo
	p.get("/api/coops/alpha/posts?state=draft", bearer("reader")).want(http.StatusOK).json(&drafts)
	if got := slugs(drafts); len(got) != 2 || !slices.Contains(got, "a-draft") || !slices.Contains(got, "later") {
		t.Errorf("got %v", got)
	}
	var one handlers.PostInfo
	p.get("/api/coops/alpha/posts/later", bearer("reader")).want(http.StatusOK).json(&one)
	if !one.Scheduled || !one.Due.Equal(later.Due) || one.State != coop.Draft {
		t.Errorf("got %+v", one)
	}
	p.get("/api/coops/alpha/posts?state=lost", bearer("reader")).problem(http.StatusBadRequest, "state")
	for at, status := range map[string]int{"/posts": 403, "/posts/later": 403, "/posts/later/history": 403, "/media": 403} { // A02, L05: drafts are the co-op's
		p.get("/api/coops/alpha"+at, bearer("beta")).problem(status, "")
		p.get("/api/coops/alpha"+at, bearer("second")).problem(status, "")
		p.get("/api/coops/alpha"+at).problem(http.StatusUnauthorized, "")
		p.get("/api/coops/beta"+at, bearer("alpha")).problem(status, "")
	}
	p.get("/api/coops/alpha/posts/nothing", bearer("reader")).problem(http.StatusNotFound, "")
}

func TestMembersSeeWhatAPostSaidBefore(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	post := p.publish(report)
	id := string(site.Object(post.Kind, post.ID))
	for _, name := range []string{"Second title", "Third title"} {
		p.pass(time.Minute)
		p.post("second", "alpha", `{"type":"Update","object":{"id":"`+id+`","name":"`+name+`"}}`).want(http.StatusCreated)
	}
	var got []handlers.RevisionInfo
	for _, which := range []string{"a-report", string(post.ID)} {
		p.get("/api/coops/alpha/posts/"+which+"/history", bearer("reader")).want(http.StatusOK).json(&got)
		if len(got) != 3 || got[0].Post.Title != "Third title" || !got[0].Till.IsZero() || got[1].Post.Title != "Second title" || got[2].Post.Title != "A report" ||
			!got[2].Till.Equal(start.Add(time.Minute)) {
			t.Errorf("got %+v", got)
		}
	}
	p.post("alpha", "alpha", `{"type":"Delete","object":"`+id+`"}`).want(http.StatusCreated)
	p.get("/api/coops/alpha/posts/"+string(post.ID)+"/history", bearer("reader")).want(http.StatusOK).json(&got)
	for _, r := range got { // what was deleted says nothing any more
		if r.Post.Title != "" || r.Post.Body != "" {
			t.Errorf("got %+v", r)
		}
	}
}

func TestTokenLearnsWhoseItIs(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	var got handlers.WhoInfo
	p.get("/api/me", bearer("reader")).want(http.StatusOK).header("Cache-Control", "private, no-store").json(&got)
	if got.Coop != "alpha" || got.Actor != "https://events.example/ap/coops/alpha" || got.Handle != "alpha@events.example" ||
		got.Role != coop.Publisher || !slices.Equal(got.Scopes, []coop.Scope{coop.Read}) || got.Member != nil || got.By != "token reader" {
		t.Errorf("got %+v", got)
	}
	p.get("/api/me").problem(http.StatusUnauthorized, "")
	p.get("/api/me", bearer("second")).want(http.StatusOK) // who may only write may know that
}

// A23: scripts of other sites send a token themselves, and nothing is sent for them.
func TestScriptsMayAskWithAToken(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for _, at := range []string{"/api/me", "/api/media", "/api/coops/alpha/media/x", "/media/x.png", "/ap/media/x"} {
		a := p.do(request(http.MethodOptions, at, nil, with("Origin", "https://app.example", "Access-Control-Request-Method", "DELETE"))).want(http.StatusNoContent)
		a.header("Access-Control-Allow-Origin", "*").header("Access-Control-Expose-Headers", "Location, Link, Retry-After, ETag, WWW-Authenticate").header("Access-Control-Allow-Credentials", "").header("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE")
		if !strings.Contains(a.Header().Get("Access-Control-Allow-Headers"), "Authorization") {
			t.Errorf("%s: got %v", at, a.Header())
		}
	}
}

// joins makes a member with a role, and returns a token of theirs for alpha and the
// cookie of a session.
func (p *plenum) joins(login string, n coop.Name, role coop.Role) (m coop.Member, token, cookie change) {
	p.t.Helper()
	ctx, machine := p.t.Context(), coop.Principal{Role: coop.Admin, By: "ada"}
	in := auth.NewMember{Login: login, Name: "The " + login, Password: "correct horse battery"}
	m, err := p.Auth.AddMember(ctx, machine, in, map[coop.Name]coop.Role{n: role}, false)
	if err != nil {
		p.t.Fatal(err)
	}
	hash := sha256.Sum256([]byte("plenum_" + login))
	id, err := coop.NewID(p.clock(), rand.Reader)
	if err == nil {
		err = p.db.AddToken(ctx, coop.Token{ID: id, Coop: n, Label: login, Scopes: []coop.Scope{coop.Read, coop.Write}, Hash: hash[:], Member: m.ID, Created: p.clock()}, coop.Decision{})
	}
	if err != nil {
		p.t.Fatal(err)
	}
	secret, _, _, err := p.Auth.SignIn(ctx, login, in.Password, "192.0.2.1", "test")
	if err != nil {
		p.t.Fatal(err)
	}
	return m, with("Authorization", "Bearer plenum_"+login), with("Cookie", "__Host-plenum="+secret)
}

// M07: members read the files of their co-ops, in a browser too, for as long as they are members.
func TestMembersReadTheFilesOfTheirCoops(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	editor, token, cookie := p.joins("edda", "alpha", coop.Editor)
	_, stranger, elsewhere := p.joins("bodo", "beta", coop.Admin)
	body, kind := form(t, "x.pdf", []byte(pdf), `{"name":"Minutes"}`)
	var u uploaded
	p.do(request(http.MethodPost, "/api/media", body, token, with("Content-Type", kind))).want(http.StatusCreated).json(&u)
	for _, at := range []string{u.path(), u.object()} {
		for _, who := range []change{token, cookie} {
			p.get(at, who).want(http.StatusOK).header("Cache-Control", "private, no-store").varies("Cookie")
		}
		for _, who := range []change{stranger, elsewhere, with("Cookie", "__Host-plenum=x")} {
			p.get(at, who).want(http.StatusNotFound)
		}
	}
	var me handlers.WhoInfo
	p.get("/api/me", token).want(http.StatusOK).json(&me)
	if me.Role != coop.Editor || me.Member == nil || me.Member.ID != editor.ID || me.Member.Login != "edda" || me.Member.Name != "The edda" {
		t.Errorf("got %+v, %+v", me, me.Member)
	}
	var all []handlers.MediaInfo
	if p.get("/api/coops/alpha/media", token).want(http.StatusOK).json(&all); len(all) != 1 || !strings.Contains(all[0].By, "edda") {
		t.Errorf("got %+v", all)
	}
	p.get("/api/coops/alpha/media", cookie).want(http.StatusUnauthorized) // A22: a session is no token
	p.do(request(http.MethodPost, "/api/media", body, cookie, with("Content-Type", kind))).want(http.StatusUnauthorized)
	if _, err := p.Auth.Disable(t.Context(), coop.Principal{Role: coop.Admin, By: "ada"}, editor.ID); err != nil {
		t.Fatal(err)
	}
	for _, who := range []change{token, cookie} { // A21
		p.get(u.path(), who).want(http.StatusNotFound)
	}
	p.get("/api/me", token).want(http.StatusUnauthorized)
}
