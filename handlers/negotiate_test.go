// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"net/http"
	"testing"
)

// C04. What a request for an id gets, and what one for a page gets: as is a
// document, html a page.
func TestAcceptChoosesTheAnswer(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for _, c := range []struct{ accept, id, page string }{
		{"", "as", "html"},
		{"*/*", "as", "html"},
		{"application/*", "as", "html"},
		{"text/html", "html", "html"},
		{"application/xhtml+xml", "html", "html"},
		{browser, "html", "html"},
		{"text/html;level=1", "html", "html"},
		{"TEXT/HTML", "html", "html"},
		{as2Short, "as", "as"},
		{as2Profile, "as", "as"},
		{`application/ld+json;profile="https://www.w3.org/ns/activitystreams"`, "as", "as"},
		{`application/ld+json; profile=https://www.w3.org/ns/activitystreams`, "as", "html"}, // no token: to be quoted
		{`APPLICATION/LD+JSON; Profile="https://www.w3.org/ns/activitystreams"`, "as", "as"},
		{`application/ld+json; profile="https://other.example/a https://www.w3.org/ns/activitystreams"`, "as", "as"},
		{`application/ld+json; profile="https://other.example/a"`, "as", "html"},
		{"application/ld+json", "as", "html"},
		{"application/json", "as", "as"},
		{"application/activity+json, application/ld+json", "as", "as"}, // Mastodon
		{`application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1`, "as", "as"},
		{"text/html;q=0.1, application/activity+json", "as", "as"},
		{"text/html, application/activity+json;q=0.9", "html", "html"},
		{"text/html;q=0.5, application/activity+json;q=0.5", "as", "html"}, // what was asked for by its URL
		{"text/html;q=0, application/activity+json;q=0.1", "as", "as"},
		{"application/activity+json;q=0, text/html;q=0.1", "html", "html"},
		{"text/html;q=2, application/activity+json", "as", "as"}, // no weight that there is
		{"text/html;q=NaN, application/activity+json;q=0.1", "as", "as"},
		{"text/html;q=-1, application/activity+json;q=0.1", "as", "as"},
		{"text/html;q=x, application/activity+json;q=0.1", "as", "as"},
		{"image/png", "as", "html"},
		{"text/html, ;;;, application/activity+json;q=\"", "html", "html"},
		{";", "as", "html"},
		{",,,", "as", "html"},
	} {
		id := p.get("/ap/coops/alpha", accept(c.accept)).varies("Accept")
		if got := map[int]string{http.StatusOK: "as", http.StatusSeeOther: "html"}[id.Code]; got != c.id {
			t.Errorf("id with Accept %q: got %d want %s", c.accept, id.Code, c.id)
		}
		page := p.get("/@alpha", accept(c.accept)).varies("Accept")
		if got := map[int]string{http.StatusFound: "as", http.StatusOK: "html"}[page.Code]; got != c.page {
			t.Errorf("page with Accept %q: got %d want %s", c.accept, page.Code, c.page)
		}
	}
}

func TestAcceptMayComeInSeveralLines(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.get("/@alpha", with("Accept", "text/html;q=0.1", "Accept", as2Short)).want(http.StatusFound)
	p.get("/ap/coops/alpha", with("Accept", as2Short+";q=0.1", "Accept", "text/html")).want(http.StatusSeeOther)
}
