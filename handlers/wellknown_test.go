// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/coop"
	"plenum/federation"
)

func finger(resource string) string {
	return "/.well-known/webfinger?resource=" + url.QueryEscape(resource)
}

func TestWebFingerKnowsCoopsByHandleIDAndPage(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for _, resource := range []string{
		"acct:alpha@events.example", "acct:ALPHA@Events.Example", "acct:@alpha@events.example",
		"https://events.example/ap/coops/alpha", "https://events.example/@alpha",
	} {
		var got federation.JRD
		a := p.get(finger(resource)).want(http.StatusOK).json(&got)
		a.header("Content-Type", "application/jrd+json").header("Access-Control-Allow-Origin", "*")
		if got.Subject != "acct:alpha@events.example" {
			t.Errorf("%s: got subject %q", resource, got.Subject)
		}
		want := []string{"https://events.example/ap/coops/alpha", "https://events.example/@alpha"}
		if diff := cmp.Diff(want, got.Aliases); diff != "" {
			t.Errorf("%s: aliases (-want +got):\n%s", resource, diff)
		}
		if l := got.Links[0]; l.Rel != "self" || l.Type != as2Short || l.Href != "https://events.example/ap/coops/alpha" {
			t.Errorf("%s: got first link %+v", resource, l)
		}
	}
}

func TestWebFingerKnowsTheInstance(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for resource, href := range map[string]string{
		"acct:relay@events.example": "https://events.example/ap/actor", "https://events.example/ap/actor": "https://events.example/ap/actor",
		"https://events.example/about": "https://events.example/ap/actor", // its page
		"https://events.example":       "https://events.example/ap/actor", // FEP-d556
		"https://events.example/":      "https://events.example/ap/actor",
	} {
		var got federation.JRD
		p.get(finger(resource)).want(http.StatusOK).json(&got)
		if len(got.Links) == 0 || got.Links[0].Href != href || got.Links[0].Type != as2Short {
			t.Errorf("%s: got %+v", resource, got)
		}
	}
}

func TestWebFingerTakesParametersInAnyOrderAndFiltersByRel(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	const handle = "resource=acct%3Aalpha%40events.example"
	for query, want := range map[string]int{
		handle:               3,
		handle + "&rel=self": 1,
		"rel=self&" + handle: 1,
		"rel=self&unknown=1&" + handle + "&rel=http%3A%2F%2Fwebfinger.net%2Frel%2Fprofile-page": 2,
		handle + "&rel=nothing": 0,
	} {
		var got federation.JRD
		p.get("/.well-known/webfinger?" + query).want(http.StatusOK).json(&got)
		if len(got.Links) != want || got.Links == nil {
			t.Errorf("%s: got %d links want %d: %+v", query, len(got.Links), want, got)
		}
	}
}

func TestWebFingerRefusesWhatIsNoResource(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for _, query := range []string{
		"", "?", "?resource", "?resource=", "?rel=self", "?resource=alpha@events.example", "?resource==acct:alpha@events.example",
		"?resource=%zz", "?resource=acct:alpha@events.example&resource=acct:beta@events.example", "?resource=acct:", "?resource=acct:alpha",
		"?resource=acct:@events.example", "?resource=acct:alpha@", "?RESOURCE=acct:alpha@events.example", "?resource=" + strings.Repeat("a:", 1500),
		"?resource=acct:alpha@events.example;x=1", "?resource=%00", "?resource=http://[",
	} {
		p.get("/.well-known/webfinger"+query).header("Access-Control-Allow-Origin", "*").problem(http.StatusBadRequest, "resource")
	}
}

func TestWebFingerDoesNotKnowStrangers(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(report)
	for _, resource := range []string{
		"acct:nobody@events.example", "acct:alpha@other.example", "acct:alpha@events.example@other.example", "acct:a%00b@events.example",
		"https://other.example/ap/coops/alpha", "https://events.example/ap/coops/alpha/outbox", "https://events.example/@alpha/a-report",
		"https://events.example/ap/coops/relay", "mailto:alpha@events.example", "http://events.example/@alpha", "urn:x", "acct:ALPHÄ@events.example",
	} {
		p.get(finger(resource)).header("Access-Control-Allow-Origin", "*").problem(http.StatusNotFound, "")
	}
}

func TestWebFingerIgnoresTheHostThatIsAsked(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	evil := func(r *http.Request) { r.Host = "evil.example" }
	a := p.get(finger("acct:alpha@events.example"), evil, with("X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http", "Forwarded", "host=evil.example"))
	if body := a.want(http.StatusOK).Body.String(); strings.Contains(body, "evil") || strings.Contains(body, "http:\\/\\/events") {
		t.Errorf("got %s", body)
	}
	p.get(finger("acct:alpha@evil.example"), evil).want(http.StatusNotFound)
}

func TestHostMetaPointsToWebFinger(t *testing.T) {
	t.Parallel()
	a := newPlenum(t).get("/.well-known/host-meta").want(http.StatusOK)
	a.header("Content-Type", "application/xrd+xml; charset=utf-8").header("Access-Control-Allow-Origin", "*")
	var xrd struct {
		XMLName xml.Name `xml:"http://docs.oasis-open.org/ns/xri/xrd-1.0 XRD"`
		Link    struct {
			Rel      string `xml:"rel,attr"`
			Template string `xml:"template,attr"`
		}
	}
	if err := xml.Unmarshal(a.Body.Bytes(), &xrd); err != nil {
		t.Fatal(err)
	}
	if want := "https://events.example/.well-known/webfinger?resource={uri}"; xrd.Link.Rel != "lrdd" || xrd.Link.Template != want {
		t.Errorf("got %+v want template %s", xrd, want)
	}
}

func TestNodeInfoIsLinkedAndNamesTheInstanceActor(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	var links struct{ Links []struct{ Rel, Href string } }
	p.get("/.well-known/nodeinfo").want(http.StatusOK).header("Content-Type", "application/json").header("Access-Control-Allow-Origin", "*").json(&links)
	got := map[string]string{}
	for _, l := range links.Links {
		got[l.Rel] = l.Href
	}
	want := map[string]string{
		"http://nodeinfo.diaspora.software/ns/schema/2.0":   "https://events.example/nodeinfo/2.0",
		"http://nodeinfo.diaspora.software/ns/schema/2.1":   "https://events.example/nodeinfo/2.1",
		"https://www.w3.org/ns/activitystreams#Application": "https://events.example/ap/actor", // FEP-2677
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

func TestNodeInfoCountsWhatIsPublished(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(report)
	p.ctl(http.MethodPost, "/control/coops/alpha/drafts", meetup, http.StatusOK, nil) // L01: drafts do not count
	for _, version := range []string{"2.0", "2.1"} {
		a := p.get("/nodeinfo/"+version).want(http.StatusOK).header("Access-Control-Allow-Origin", "*")
		a.header("Content-Type", `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/`+version+`#"`)
		software := map[string]any{"name": "plenum", "version": "1.2.3"}
		if version == "2.1" { // 2.0 knows no repository
			software["repository"] = "https://code.example/plenum"
		}
		want := map[string]any{
			"version": version, "software": software, "protocols": []any{"activitypub"},
			"services": map[string]any{"inbound": []any{}, "outbound": []any{}}, "openRegistrations": false,
			"usage":    map[string]any{"users": map[string]any{"total": 2.0}, "localPosts": 1.0, "localComments": 0.0},
			"metadata": map[string]any{"nodeName": "Events of our collective", "nodeDescription": "Events and reports of tech co-operatives"},
		}
		if diff := cmp.Diff(want, a.object()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", version, diff)
		}
	}
	p.get("/nodeinfo/1.0").problem(http.StatusNotFound, "")
	p.get("/nodeinfo/2.1.json").problem(http.StatusNotFound, "")
}

func TestWebFingerOfARemovedCoopSaysThatItIsGone(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.ctl(http.MethodDelete, "/control/coops/alpha", "", http.StatusNoContent, nil)
	p.get(finger("acct:alpha@"+site.Domain)).problem(http.StatusGone, "")
	p.get(finger("acct:" + string(coop.Relay) + "@" + site.Domain)).want(http.StatusOK)
}

func TestHealthAndRobots(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	if got := p.get("/healthz").want(http.StatusOK).Body.String(); got != "ok\n" {
		t.Errorf("got %q", got)
	}
	if got := p.get("/robots.txt").want(http.StatusOK).Body.String(); !strings.Contains(got, "Disallow: /ap/\n") {
		t.Errorf("got %q", got)
	}
	if err := p.db.Close(); err != nil {
		t.Fatal(err)
	}
	p.get("/healthz").want(http.StatusOK) // the disk is asked once a second at most
	p.pass(time.Second)
	if got := p.get("/healthz").problem(http.StatusServiceUnavailable, ""); strings.Contains(got.Detail, p.db.Dir()) {
		t.Errorf("L10: the reason names a path: %s", got.Detail)
	}
}

func TestWhereTheSourceIsStandsOnEveryPage(t *testing.T) { // AGPL-3.0 §13
	t.Parallel()
	p := newPlenum(t)
	for _, at := range []string{"/", "/about", "/@alpha", "/network"} {
		if !strings.Contains(p.get(at, accept(browser)).want(http.StatusOK).Body.String(), `href="https://code.example/plenum"`) {
			t.Errorf("%s does not link to the source", at)
		}
	}
}
