// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"plenum/coop"
)

func page(p *plenum, at, lang string) answer {
	p.t.Helper()
	return p.get(at, accept(browser), with("Accept-Language", lang))
}

// tagged returns the tags of a page that begin as given.
func tagged(body, begin string) []string {
	return regexp.MustCompile(regexp.QuoteMeta(begin)+`[^>]*>`).FindAllString(body, -1)
}

// openGraph checks what a page tells those who make a card of it.
func openGraph(t *testing.T, at, body, kind string) {
	t.Helper()
	for property, want := range map[string]string{"site_name": "Events of our collective", "type": kind, "url": site.Base() + at} {
		if !strings.Contains(body, `<meta property="og:`+property+`" content="`+want+`">`) {
			t.Errorf("%s: no og:%s %s: got %q", at, property, want, tagged(body, `<meta property="og:`+property))
		}
	}
	said := []string{"title"}
	if kind == "article" || at == "/" || at == "/@alpha" {
		said = append(said, "description")
	}
	for _, property := range said {
		if got := tagged(body, `<meta property="og:`+property+`"`); len(got) != 1 || strings.Contains(got[0], `content=""`) {
			t.Errorf("%s: got og:%s %q", at, property, got)
		}
	}
	if kind != "website" && len(tagged(body, `<meta property="og:image"`)) != 1 {
		t.Errorf("%s: no og:image", at)
	}
}

func TestPagesAreWhole(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	r, m := p.publish(report), p.publish(meetup)
	p.publish(talk("a-meetup"))
	n := p.publish(note)
	for at, c := range map[string]struct {
		alternate       coop.IRI
		creator, ogType string
		en, de          string // what stands on it
	}{
		"/":                 {site.Actor(coop.Relay), "", "website", "Coming up", "Demnächst"},
		"/about":            {site.Actor(coop.Relay), "", "website", "Imprint", "Impressum"},
		"/network":          {"", "", "website", "From the co-ops we follow", "Von den Kollektiven, denen wir folgen"},
		"/@alpha":           {site.Actor("alpha"), "@alpha@events.example", "profile", "Follow from your account", "Vom eigenen Konto aus folgen"},
		"/@beta":            {site.Actor("beta"), "@beta@events.example", "profile", "Beta eG", "Beta eG"},
		"/@alpha/a-report":  {site.Object(r.Kind, r.ID), "@alpha@events.example", "article", "Report", "Bericht"},
		"/@alpha/a-meetup":  {site.Object(m.Kind, m.ID), "@alpha@events.example", "article", "10\u00a0December\u00a02026", "10.\u00a0Dezember\u00a02026"},
		"/@alpha/a-talk":    {"", "@alpha@events.example", "article", "Part of", "Teil von"},
		"/@alpha/" + n.Slug: {site.Object(n.Kind, n.ID), "@alpha@events.example", "article", "Doors open at six.", "Notiz vom 1. Dezember 2026"},
		"/tags/coops":       {"", "", "website", "Posts about #coops", "Beiträge zu #coops"},
	} {
		for lang, word := range map[string]string{"en": c.en, "de": c.de} {
			a := page(p, at, lang).want(http.StatusOK).header("Content-Type", "text/html; charset=utf-8").varies("Accept").varies("Accept-Language")
			body := a.Body.String()
			if !strings.HasPrefix(body, "<!DOCTYPE html>\n<html lang=\""+lang+"\">") {
				t.Errorf("%s: not in %s: %.60q", at, lang, body)
			}
			if !strings.Contains(body, word) {
				t.Errorf("%s in %s: no %q", at, lang, word)
			}
			if h := tagged(body, "<h1"); len(h) != 1 {
				t.Errorf("%s: got %d h1", at, len(h))
			}
			if got, want := tagged(body, `<link rel="canonical"`), `<link rel="canonical" href="`+site.Base()+at+`">`; len(got) != 1 || got[0] != want {
				t.Errorf("%s: got canonical %q want %s", at, got, want)
			}
			if c.alternate != "" && !strings.Contains(body, `<link rel="alternate" type="application/activity+json" href="`+string(c.alternate)+`">`) {
				t.Errorf("%s: no alternate %s", at, c.alternate)
			}
			if c.creator != "" && !strings.Contains(body, `<meta name="fediverse:creator" content="`+c.creator+`">`) {
				t.Errorf("%s: no fediverse:creator", at)
			}
			openGraph(t, at, body, c.ogType)
			for _, never := range []string{"<script", "<style", " onload=", " style=", "javascript:"} { // the policy forbids it
				if strings.Contains(body, never) {
					t.Errorf("%s: has %s", at, never)
				}
			}
		}
	}
}

// X10, X13.
func TestEveryPageForbidsWhatItDoesNotNeed(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(meetup)
	for _, at := range []string{"/", "/", "/about", "/network", "/@alpha", "/@alpha/a-meetup", "/nowhere", "/ap/nothing", "/media/x", "/.well-known/webfinger"} {
		a := p.get(at, accept(browser)).header("Content-Type", "text/html; charset=utf-8")
		a.header("X-Content-Type-Options", "nosniff").header("Referrer-Policy", "no-referrer").header("Cross-Origin-Opener-Policy", "same-origin")
		policy := a.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "style-src 'self'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: got policy %q want %s in it", at, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: got policy %q", at, policy)
		}
	}
	for _, at := range []string{"/", "/ap/actor", "/ap/nothing", "/calendar.ics", "/robots.txt", "/healthz", "/media/x", "/nodeinfo/2.1"} {
		a := p.get(at).header("X-Content-Type-Options", "nosniff")
		for _, never := range []string{"Set-Cookie", "Server", "X-Powered-By"} {
			a.header(never, "")
		}
	}
}

// X01, X02, X03, X07, X12.
func TestHostileTextIsOnlyText(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	const evil = `<script>alert(1)</script><img src=x onerror=alert(1)>{{.Coop}}"'&amp;`
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(evil)
	p.ctl(http.MethodPatch, "/control/coops/alpha", `{"title":"`+quoted+`","summary":"`+quoted+` [x](javascript:alert(1))","fields":[{"name":"`+quoted+`","value":"javascript:alert(1)"}]}`, http.StatusOK, nil)
	body := strings.NewReplacer("EVIL", quoted).Replace(`{"type":"Event","name":"EVIL","summary":"EVIL","content":"<p>ok</p>EVIL<svg onload=alert(1)><math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></mtext></math><iframe src=//evil.example></iframe><a href=\"jav\tascript:alert(1)\">x</a><base href=//evil.example><form action=//evil.example><meta http-equiv=refresh content=0>",
		"startTime":"2026-12-10T19:00:00","timezone":"Europe/Berlin","plenum:slug":"evil","tag":["coops"],
		"location":{"type":"Place","name":"EVIL","address":"EVIL","latitude":51.1,"longitude":12.2},"performer":[{"name":"EVIL","url":"https://x.example/\u003c"}],
		"attachment":[{"type":"Link","href":"https://x.example/1","name":"EVIL"}],"image":{"type":"Image","url":"https://x.example/a.png","name":"EVIL"}}`)
	body = strings.Replace(body, `,"url":"https://x.example/\u003c"`, "", 1)
	p.post("alpha", "alpha", body).want(http.StatusCreated).checked()
	for _, at := range []string{"/", "/@alpha", "/@alpha/evil", "/tags/coops", "/about"} {
		for _, lang := range []string{"en", "de"} {
			got := page(p, at, lang).want(http.StatusOK).Body.String()
			for _, never := range []string{"<script", "<img src=x", "onerror=alert(1)>", "<svg", "<math", "<iframe", "<base", "<meta http-equiv", "<style", `href="javascript:`, `href="jav`} {
				if strings.Contains(strings.ToLower(got), never) {
					t.Errorf("%s: %s stands in the page", at, never)
				}
			}
			for _, form := range tagged(got, "<form") {
				if !strings.Contains(form, `action="/follow"`) {
					t.Errorf("%s: got %s", at, form)
				}
			}
		}
	}
	if got := page(p, "/@alpha/evil", "en").Body.String(); !strings.Contains(got, html.EscapeString("<script>alert(1)</script>")) && !strings.Contains(got, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("the title is not shown as it was written")
	}
	for _, at := range []string{"/nowhere/%3Cscript%3Ealert(1)%3C/script%3E", "/@alpha/%3Cscript%3E", "/tags/%3Cscript%3E", "/?%3Cscript%3E=1", "/network?before=%3Cscript%3E", "/@alpha?before=%3Cscript%3E"} {
		if got := page(p, at, `en"><script>`).Body.String(); strings.Contains(got, "<script") {
			t.Errorf("%s: what was asked for stands in the answer", at)
		}
	}
}

func TestPageIsNotSentAgainUnlessItChanged(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(report)
	for _, at := range []string{"/", "/@alpha", "/@alpha/a-report", "/about", "/network", "/tags/coops"} {
		en, de := page(p, at, "en").want(http.StatusOK), page(p, at, "de").want(http.StatusOK)
		tag := en.Header().Get("ETag")
		if !strings.HasPrefix(tag, `W/"`) || tag == de.Header().Get("ETag") {
			t.Errorf("%s: got tags %q and %q", at, tag, de.Header().Get("ETag"))
		}
		a := p.get(at, accept(browser), with("Accept-Language", "en", "If-None-Match", tag)).want(http.StatusNotModified).varies("Accept").varies("Accept-Language").header("ETag", tag)
		if a.Body.Len() > 0 {
			t.Errorf("%s: 304 with a body", at)
		}
		p.get(at, accept(browser), with("Accept-Language", "de", "If-None-Match", tag)).want(http.StatusOK)
	}
	tag := page(p, "/@alpha", "en").Header().Get("ETag")
	p.publish(note)
	p.get("/@alpha", accept(browser), with("Accept-Language", "en", "If-None-Match", tag)).want(http.StatusOK)
}

func TestLongListsHavePages(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for range 25 {
		p.publish(strings.Replace(note, `"type"`, `"tag":["coops"],"type"`, 1))
		p.pass(1e9)
	}
	for _, at := range []string{"/@alpha", "/tags/coops"} {
		seen := map[string]bool{}
		next, pages := at, 0
		for ; next != "" && pages < 5; pages++ {
			body := page(p, next, "en").want(http.StatusOK).Body.String()
			for _, m := range regexp.MustCompile(`class="p-name u-url" href="([^"]*/@alpha/note[^"]*)"`).FindAllStringSubmatch(body, -1) {
				if seen[m[1]] {
					t.Errorf("%s: %s stands on two pages", at, m[1])
				}
				seen[m[1]] = true
			}
			if m := regexp.MustCompile(`<a rel="next" href="https://events.example([^"]*)"`).FindStringSubmatch(body); m != nil {
				next = html.UnescapeString(m[1])
			} else {
				next = ""
			}
		}
		if len(seen) != 25 || pages != 2 {
			t.Errorf("%s: got %d posts on %d pages", at, len(seen), pages)
		}
	}
	page(p, "/@alpha?before=nonsense", "en").want(http.StatusOK)
	page(p, "/@alpha?before=01J0000000000000000000000Z", "en").want(http.StatusNotFound)
}

func TestTagIsTheSameInAnyCaseAndScript(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(strings.Replace(note, `"type"`, `"tag":["Öffnung","Ελλάδα"],"type"`, 1))
	for _, at := range []string{"/tags/%C3%96ffnung", "/tags/%c3%b6FFNUNG", "/tags/%CE%B5%CE%BB%CE%BB%CE%AC%CE%B4%CE%B1"} {
		page(p, at, "en").want(http.StatusOK)
	}
	if got := page(p, "/tags/%C3%96FFNUNG", "en").Body.String(); !strings.Contains(got, `<link rel="canonical" href="https://events.example/tags/%C3%B6ffnung">`) {
		t.Errorf("got canonical %q", tagged(got, `<link rel="canonical"`))
	}
}

func TestPicturesAndStylesAreKeptForEver(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	post := p.publish(meetup)
	const forever = "public, max-age=31536000, immutable"
	a := p.get("/media/"+post.Image.File).want(http.StatusOK).header("Content-Type", "image/png").header("Cache-Control", forever).header("Access-Control-Allow-Origin", "*").header("X-Content-Type-Options", "nosniff")
	if !strings.HasPrefix(a.Body.String(), "\x89PNG") {
		t.Error("no PNG")
	}
	p.get("/media/"+post.Image.File, accept(as2Profile)).want(http.StatusOK).header("Content-Type", "image/png") // C03
	p.get("/media/"+post.Image.File, with("Range", "bytes=0-7")).want(http.StatusPartialContent)
	p.get("/media/"+post.Image.File, with("Range", "bytes="+strings.Repeat("0-1,", 1000)+"0-1")) // M06: no more than the whole
	p.get("/media/"+post.Image.File, with("Range", "bytes=99999999-")).want(http.StatusRequestedRangeNotSatisfiable).header("Cache-Control", "")
	body := page(p, "/", "en").Body.String()
	for _, m := range regexp.MustCompile(`(?:href|src)="(/static/[^"]*)"`).FindAllStringSubmatch(body, -1) {
		p.get(m[1]).want(http.StatusOK).header("Cache-Control", forever)
	}
	if css := regexp.MustCompile(`/static/plenum-[0-9a-f]+\.css`).FindString(body); css == "" {
		t.Error("no style sheet")
	} else {
		p.get(css).header("Content-Type", "text/css; charset=utf-8")
	}
}

func TestProblemIsAPageForPeopleAndJSONForPrograms(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for lang, word := range map[string]string{"en": "There is nothing here", "de": "Hier ist nichts"} {
		for _, at := range []string{"/nowhere", "/@alpha/nothing", "/@nobody", "/ap/notes/01J0000000000000000000000Z", "/tags/nothing"} {
			a := page(p, at, lang).want(http.StatusNotFound).header("Content-Type", "text/html; charset=utf-8").header("Cache-Control", "no-store").varies("Accept")
			body := a.Body.String()
			if !strings.Contains(body, "<h1>"+word+"</h1>") || len(tagged(body, "<h1")) != 1 || len(tagged(body, `<link rel="canonical"`)) != 0 || !strings.Contains(body, `content="noindex"`) {
				t.Errorf("%s in %s: got %.1500s", at, lang, body)
			}
		}
	}
	for _, want := range []string{"", "*/*", "application/json", as2Profile} {
		got := p.get("/nowhere", accept(want)).header("Cache-Control", "no-store").varies("Accept").problem(http.StatusNotFound, "")
		if got.Title != "Not Found" {
			t.Errorf("got %+v", got)
		}
	}
}

// X11: the id of a request, which stands in the log and in the answer, is ours.
func TestStrangerDoesNotNameARequest(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for _, id := range []string{"mine", strings.Repeat("x", 10000), "a\x1b[31mb"} {
		got := p.get("/nowhere", with("X-Request-Id", id)).problem(http.StatusNotFound, "")
		if strings.Contains(got.Instance, id) || len(got.Instance) > 64 {
			t.Errorf("got the id %.80q", got.Instance)
		}
	}
}
