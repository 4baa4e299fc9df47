// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"plenum/coop"
)

// path is where an id of ours is asked for.
func path(id coop.IRI) string { return strings.TrimPrefix(string(id), site.Base()) }

// everything publishes one post of each kind and returns the ids that answer,
// each with the page that people are sent to; empty where there is none.
func everything(p *plenum) map[coop.IRI]coop.IRI {
	p.t.Helper()
	ids := map[coop.IRI]coop.IRI{site.SharedInbox(): ""}
	actor := func(n coop.Name, parts ...string) {
		ids[site.Actor(n)] = site.Profile(n)
		for _, part := range parts {
			ids[site.Of(n, part)] = site.Profile(n)
		}
		ids[site.OutboxPage(n, 1)] = site.Profile(n)
	}
	actor(coop.Relay, "inbox", "outbox", "followers", "following")
	actor("alpha", "inbox", "outbox", "followers", "following", "featured", "upcoming")
	actor("beta", "inbox", "outbox", "followers", "following", "featured", "upcoming") // has published nothing
	for _, body := range []string{report, meetup, talk("a-meetup"), note} {
		post := p.publish(body)
		page := site.Page("alpha", post.Slug)
		ids[site.Object(post.Kind, post.ID)] = page
		ids[site.Part(post.Kind, post.ID, "replies")] = page
		ids[site.Activity(post.Activity)] = page
		if post.Kind.Event() {
			ids[site.Part(post.Kind, post.ID, "organizers")] = page
			ids[site.Activity(post.Announce)] = page
		}
	}
	ids[coop.IRI(p.post("alpha", "alpha", `{"type":"Follow","object":"https://events.example/ap/coops/beta"}`).want(http.StatusCreated).Header().Get("Location"))] = site.Profile("alpha")
	return ids
}

func TestEveryIDAnswersWithADocumentThatNoPeerDrops(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for id := range everything(p) {
		a := p.get(path(id), accept(as2Profile)).want(http.StatusOK).checked().varies("Accept")
		a.header("Content-Type", as2Short).header("Access-Control-Allow-Origin", "*").header("Cache-Control", "no-cache").header("X-Content-Type-Options", "nosniff")
		if got := a.object()["id"]; got != string(id) {
			t.Errorf("got id %v want %s", got, id)
		}
		if !strings.HasPrefix(a.Header().Get("ETag"), `"`) {
			t.Errorf("%s: got ETag %q, which is not strong", id, a.Header().Get("ETag"))
		}
	}
}

func TestHeadAnswersAsGetDoes(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	ids := everything(p)
	server := httptest.NewServer(p.public) // net/http takes the body away, a recorder does not
	defer server.Close()
	paths := []string{"/", "/about", "/network", "/@alpha", "/@alpha/a-report", "/tags/coops", "/calendar.ics", "/@alpha/a-meetup.ics",
		finger("acct:alpha@events.example"), "/.well-known/host-meta", "/.well-known/nodeinfo", "/nodeinfo/2.1", "/robots.txt", "/healthz", "/nowhere"}
	for id := range ids {
		paths = append(paths, path(id))
	}
	ask := func(method, path string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if path == "/nowhere" {
			r.Header.Set("Accept", browser)
		}
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res
	}
	for _, path := range paths {
		get, head := ask(http.MethodGet, path), ask(http.MethodHead, path)
		if get.StatusCode != head.StatusCode {
			t.Errorf("%s: GET %d, HEAD %d", path, get.StatusCode, head.StatusCode)
		}
		for name := range get.Header {
			if skip := name == "X-Request-Id" || name == "Date" || name == "Content-Length"; !skip && !slices.Equal(get.Header[name], head.Header[name]) {
				t.Errorf("%s: %s: GET %q, HEAD %q", path, name, get.Header[name], head.Header[name])
			}
		}
	}
}

func TestUnchangedDocumentIsNotSentAgain(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for id := range everything(p) {
		tag := p.get(path(id)).Header().Get("ETag")
		for _, have := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
			a := p.get(path(id), with("If-None-Match", have)).want(http.StatusNotModified).header("ETag", tag).varies("Accept")
			if a.Body.Len() > 0 {
				t.Errorf("%s: 304 with a body", id)
			}
		}
		p.get(path(id), with("If-None-Match", `"other"`)).want(http.StatusOK)
	}
}

func TestETagChangesWithTheDocument(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	post := p.publish(report)
	id := site.Object(post.Kind, post.ID)
	before := map[string]string{}
	paths := []string{path(id), "/ap/coops/alpha/outbox"}
	for _, at := range paths {
		before[at] = p.get(at).want(http.StatusOK).Header().Get("ETag")
	}
	p.post("alpha", "alpha", `{"type":"Update","object":{"id":"`+string(id)+`","name":"Another title"}}`).want(http.StatusCreated)
	p.publish(note)
	for _, at := range paths {
		p.get(at, with("If-None-Match", before[at])).want(http.StatusOK)
	}
}

func TestPeopleAreSentFromAnIDToThePage(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for id, page := range everything(p) {
		a := p.get(path(id), accept(browser))
		if page == "" {
			a.want(http.StatusOK)
			continue
		}
		a.want(http.StatusSeeOther).header("Location", string(page)).varies("Accept")
		p.get(path(page), accept(browser)).want(http.StatusOK).header("Content-Type", "text/html; charset=utf-8")
	}
}

func TestProgramsAreSentFromAPageToTheID(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	post := p.publish(report)
	for page, id := range map[string]coop.IRI{
		"/": site.Actor(coop.Relay), "/about": site.Actor(coop.Relay), "/@alpha": site.Actor("alpha"), "/@alpha/a-report": site.Object(post.Kind, post.ID),
	} {
		p.get(page, accept(as2Profile)).want(http.StatusFound).header("Location", string(id)).varies("Accept")
		p.get(page, accept(browser)).want(http.StatusOK).varies("Accept")
		p.get(path(id), accept(as2Profile)).want(http.StatusOK)
	}
}

func TestCollectionsHoldWhatIsPublished(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	everything(p)
	for at, want := range map[string]int{
		"/ap/coops/alpha/outbox": 4, "/ap/coops/alpha/outbox/pages/1": 4, "/ap/coops/beta/outbox": 0, "/ap/coops/beta/outbox/pages/1": 0,
		"/ap/actor/outbox": 2, "/ap/coops/alpha/featured": 3, "/ap/coops/alpha/upcoming": 2, "/ap/coops/alpha/inbox": 0, "/ap/inbox": 0,
	} {
		c := p.get(at).want(http.StatusOK).object()
		items, ok := c["orderedItems"].([]any)
		if !ok || len(items) != want || c["totalItems"] != float64(want) {
			t.Errorf("%s: got %d items and totalItems %v, want %d", at, len(items), c["totalItems"], want)
		}
	}
	for at, want := range map[string]float64{"/ap/coops/alpha/following": 0, "/ap/coops/beta/followers": 0} { // beta has not approved yet
		c := p.get(at).want(http.StatusOK).object()
		if _, listed := c["orderedItems"]; c["totalItems"] != want || listed {
			t.Errorf("%s: got %v want %v and nobody listed", at, c, want)
		}
	}
	outbox := p.get("/ap/coops/alpha/outbox").object()
	newest, _ := outbox["orderedItems"].([]any)[0].(map[string]any)
	if object, _ := newest["object"].(map[string]any); newest["type"] != "Create" || object["type"] != "Note" {
		t.Errorf("the outbox does not begin with the newest: %v", newest)
	}
	if outbox["first"] != "https://events.example/ap/coops/alpha/outbox/pages/1" { // Gancio: a string
		t.Errorf("got first %v", outbox["first"])
	}
}

func TestOutboxPagesAreCountedFromTheOldest(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for range 23 {
		p.publish(note)
	}
	type page struct {
		Type, First, Last, Next, Prev, PartOf string
		TotalItems                            int
		OrderedItems                          []struct{ ID, Published string }
	}
	read := func(at string) (c page) {
		p.get(at).want(http.StatusOK).checked().json(&c)
		return c
	}
	const base = "https://events.example/ap/coops/alpha/outbox"
	whole := read("/ap/coops/alpha/outbox")
	if whole.TotalItems != 23 || len(whole.OrderedItems) != 20 || whole.First != base+"/pages/2" || whole.Last != base+"/pages/1" {
		t.Errorf("got %d of %d items, first %s, last %s", len(whole.OrderedItems), whole.TotalItems, whole.First, whole.Last)
	}
	seen := map[string]bool{}
	for at, n := "/ap/coops/alpha/outbox/pages/2", 0; at != ""; n++ {
		c := read(at)
		if want := []int{3, 20}[n]; len(c.OrderedItems) != want || c.PartOf != base || c.Type != "OrderedCollectionPage" || c.TotalItems != 23 {
			t.Errorf("%s: got %d items want %d, %+v", at, len(c.OrderedItems), want, c)
		}
		for _, item := range c.OrderedItems {
			seen[item.ID] = true
		}
		at = strings.TrimPrefix(c.Next, site.Base())
	}
	if len(seen) != 23 {
		t.Errorf("the pages hold %d activities, want 23", len(seen))
	}
	for _, at := range []string{"0", "3", "01", "-1", "+1", "1/", "x", "99999999999999999999"} {
		p.get("/ap/coops/alpha/outbox/pages/"+at).problem(http.StatusNotFound, "")
	}
}

func TestDeletedPostLeavesTombstones(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	post := p.publish(strings.Replace(meetup, "Come along.", "A secret text.", 1))
	id := site.Object(post.Kind, post.ID)
	gone := []coop.IRI{id, site.Part(post.Kind, post.ID, "replies"), site.Part(post.Kind, post.ID, "organizers"), site.Activity(post.Activity), site.Activity(post.Announce)}
	for _, at := range gone {
		p.get(path(at)).want(http.StatusOK)
	}
	deleted := p.post("alpha", "alpha", `{"type":"Delete","object":"`+string(id)+`"}`).want(http.StatusCreated)
	for _, at := range gone {
		a := p.get(path(at)).want(http.StatusGone).checked().header("Content-Type", as2Short).varies("Accept").header("Access-Control-Allow-Origin", "*")
		if got := a.object(); got["type"] != "Tombstone" || got["formerType"] == "" {
			t.Errorf("%s: got %v", at, got)
		}
		if body := a.Body.String(); strings.Contains(body, "secret") || strings.Contains(body, "A meetup") || strings.Contains(body, "Komona") { // L06
			t.Errorf("%s: the Tombstone holds what was deleted: %s", at, body)
		}
		a = p.get(path(at), accept(browser)).want(http.StatusGone).header("Content-Type", "text/html; charset=utf-8")
		if strings.Contains(a.Body.String(), "secret") {
			t.Errorf("%s: the page holds what was deleted", at)
		}
	}
	p.get(strings.TrimPrefix(deleted.Header().Get("Location"), site.Base())).want(http.StatusOK).checked()
	p.get("/@alpha/a-meetup", accept(browser)).want(http.StatusNotFound)
	p.get("/@alpha/a-meetup.ics").want(http.StatusNotFound)
	for _, at := range []string{"/ap/coops/alpha/outbox", "/ap/coops/alpha/outbox/pages/1", "/ap/actor/outbox", "/ap/coops/alpha/upcoming", "/ap/coops/alpha/featured"} {
		if c := p.get(at).want(http.StatusOK).object(); c["totalItems"] != 0.0 || len(c["orderedItems"].([]any)) != 0 {
			t.Errorf("%s: got %v", at, c)
		}
	}
}

func TestRemovedCoopLeavesTombstones(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	post := p.publish(meetup)
	p.ctl(http.MethodDelete, "/control/coops/alpha", "", http.StatusNoContent, nil)
	for _, at := range []coop.IRI{site.Actor("alpha"), site.Of("alpha", "outbox"), site.Of("alpha", "inbox"), site.Object(post.Kind, post.ID), site.Activity(post.Activity), site.Activity(post.Announce)} {
		a := p.get(path(at)).want(http.StatusGone).checked().header("Content-Type", as2Short)
		if got := a.object()["type"]; got != "Tombstone" {
			t.Errorf("%s: got %v", at, got)
		}
	}
	p.get("/@alpha", accept(browser)).want(http.StatusGone)
	p.get("/@alpha/a-meetup", accept(browser)).want(http.StatusGone)
	p.get("/@alpha/calendar.ics").want(http.StatusGone)
	p.get("/tags/coops", accept(browser)).want(http.StatusNotFound)
	p.post("alpha", "alpha", note).want(http.StatusUnauthorized)
}

// L01: by no way does anybody see a draft.
func TestDraftIsSeenNowhere(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(report)
	var draft struct {
		ObjectID coop.IRI `json:"object_id"`
		ID       coop.ID
	}
	p.ctl(http.MethodPost, "/control/coops/alpha/drafts",
		strings.NewReplacer("A meetup", "Hush", "Come along", "Hush", "a-meetup", "hush", `"type":"Event"`, `"type":"Event","tag":["hush"]`).Replace(meetup),
		http.StatusOK, &draft)
	if draft.ObjectID == "" {
		t.Fatal("no draft")
	}
	for _, at := range []string{
		path(draft.ObjectID), path(draft.ObjectID) + "/replies", path(draft.ObjectID) + "/organizers", "/ap/activities/" + string(draft.ID),
		"/@alpha/hush", "/@alpha/hush.ics", "/tags/hush",
	} {
		for _, want := range []string{browser, as2Profile, ""} {
			p.get(at, accept(want)).want(http.StatusNotFound)
		}
	}
	for _, at := range []string{
		"/", "/@alpha", "/@alpha/a-report", "/calendar.ics", "/@alpha/calendar.ics", "/network", "/ap/coops/alpha/outbox", "/ap/coops/alpha/outbox/pages/1",
		"/ap/coops/alpha/featured", "/ap/coops/alpha/upcoming", "/ap/actor/outbox", "/ap/actor/outbox/pages/1",
	} {
		if a := p.get(at).want(http.StatusOK); strings.Contains(strings.ToLower(a.Body.String()), "hush") {
			t.Errorf("%s shows a draft", at)
		}
	}
	// what is published is no part of what is not to be seen
	p.post("alpha", "alpha", talk("hush")).problem(http.StatusBadRequest, "plenum:partOf")
	for _, at := range []string{"/@alpha/a-talk", "/@alpha/a-talk.ics"} {
		p.get(at).want(http.StatusNotFound)
	}
}

// S28: who signs badly sees what everybody sees, and so does a member where there is
// no more to be seen.
func TestDocumentIsTheSameForWhoeverAsks(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for id := range everything(p) {
		if id == site.Of("alpha", "inbox") || id == site.Of("alpha", "outbox") { // members see more of these
			continue
		}
		want := p.get(path(id)).want(http.StatusOK).Body.String()
		got := p.get(path(id), with("Signature", `keyId="https://x.example/a#k",signature="AAAA"`, "Authorization", "Bearer "+first.tokens["alpha"], "Cookie", "a=b"))
		if got.want(http.StatusOK).Body.String() != want {
			t.Errorf("%s answers differently", id)
		}
	}
}

func TestIDsHaveNoOtherSpelling(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	post := p.publish(report)
	id := path(site.Object(post.Kind, post.ID))
	for _, at := range []string{
		id + "?", id + "?a=b", id + "/", id + "/likes/", id + "/loves", id + "/attendees", strings.ToLower(id), strings.Replace(id, "reports", "events", 1),
		strings.Replace(id, "reports", "notes", 1), "/ap//reports/" + string(post.ID), "/ap/reports/../reports/" + string(post.ID),
		"/ap/%72eports/" + string(post.ID), "/ap/coops/ALPHA", "/ap/coops/alpha/", "/ap/coops/relay", "/ap/coops/relay/outbox", "/ap/actor/featured",
		"/ap/", "/ap/coops", "/ap/coops/", "/ap/actor/", "/ap/places/0000000000000000", "/ap/activities/" + string(post.ID),
	} {
		p.get(at, accept(as2Profile)).problem(http.StatusNotFound, "")
	}
}

// P03.
func TestHostilePathsAreNotFound(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(report)
	for _, at := range []string{
		"/ap/coops/a%2F..%2Fb", "/ap/coops/alpha%00", "/ap/coops/alpha%2Foutbox", "/ap/coops/..%2f..%2fetc%2fpasswd", "/ap/coops/..;/alpha",
		"/ap/coops/" + strings.Repeat("a", 10<<10), "/@" + strings.Repeat("a", 10<<10), "/@alpha%00", "/@alpha/a-report%00", "/@alpha%2Fa-report",
		"/@alpha/..%2f..%2fetc%2fpasswd", "/@alpha/../../etc/passwd", "/@%2e%2e/x", "/@alpha/.ics", "/@alpha/a-report.ics", "/@/", "/@", "/@relay", "/@relay/calendar.ics",
		"/@%00/calendar.ics", "/@ALPHA/calendar.ics", "/media/..%2fplenum.db", "/media/../plenum.db", "/media/%00", "/media/" + strings.Repeat("0", 64) + ".png",
		"/media/", "/media/.", "/static/..%2fweb.go", "/static/", "/static/plenum.css", "/tags/", "/tags/%00", "/tags/%ff", "/tags/%25zz", "/tags/" + strings.Repeat("x", 10<<10),
		"/tags/nothing", "/%2F%2Fevil.example", "/feed.atom", "/@alpha/feed.atom", "/debug/pprof/", "/metrics", "/control/coops", "/.git/config", // P07
	} {
		for _, want := range []string{browser, as2Profile} {
			a := p.get(at, accept(want))
			if a.Code == http.StatusFound && strings.HasPrefix(a.Header().Get("Location"), site.Base()+"/ap/") {
				a = p.get(strings.TrimPrefix(a.Header().Get("Location"), site.Base()), accept(want))
			}
			if a.Code != http.StatusNotFound {
				t.Errorf("%s: got %d, want 404", at, a.Code)
			}
		}
	}
}

// P01, P02.
func TestHostHeaderIsInNoDocument(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(report)
	evil := []change{func(r *http.Request) { r.Host = "evil.example:8080" },
		with("X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http", "X-Forwarded-Port", "8080", "Forwarded", "host=evil.example;proto=http", "X-Original-URL", "/evil")}
	for _, at := range []string{"/", "/about", "/@alpha", "/@alpha/a-report", "/ap/actor", "/ap/coops/alpha", "/ap/coops/alpha/outbox", "/calendar.ics",
		"/.well-known/host-meta", "/.well-known/nodeinfo", "/nodeinfo/2.1", "/nowhere", "//evil.example", "//evil.example/%2e%2e", "/\\evil.example", "/@alpha//evil.example"} {
		for _, want := range []string{browser, as2Profile, ""} {
			a := p.get(at, append(evil, accept(want))...)
			if !strings.Contains(at, "evil") && strings.Contains(a.Body.String(), "evil") {
				t.Errorf("%s: the body names the host of the request", at)
			}
			if to := a.Header().Get("Location"); to != "" && !strings.HasPrefix(to, "https://events.example/") {
				t.Errorf("%s: redirects to %s", at, to)
			}
		}
	}
	absolute := request(http.MethodGet, "https://evil.example/ap/coops/alpha", nil)
	absolute.Host = "evil.example"
	var actor struct{ ID coop.IRI }
	p.do(absolute).want(http.StatusOK).json(&actor)
	if actor.ID != site.Actor("alpha") {
		t.Errorf("got id %s", actor.ID)
	}
}

// P13.
func TestOtherMethodsAreNotAllowed(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for at, allowed := range map[string]string{
		"/": "GET, HEAD", "/@alpha": "GET, HEAD", "/ap/coops/alpha": "GET, HEAD", "/ap/actor": "GET, HEAD", "/ap/actor/outbox": "GET, HEAD",
		"/ap/coops/alpha/followers": "GET, HEAD", "/ap/coops/alpha/outbox": "GET, HEAD, POST", "/ap/coops/alpha/inbox": "GET, HEAD, POST", "/ap/inbox": "GET, HEAD, POST",
		"/follow": "POST", "/.well-known/webfinger": "GET, HEAD", "/media/x.png": "GET, HEAD",
	} {
		for _, method := range []string{"TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "PROPFIND", "POST", "GET"} {
			if slices.Contains(strings.Split(allowed, ", "), method) {
				continue
			}
			a := p.do(request(method, at, nil, with("Content-Type", as2Profile)))
			a.problem(http.StatusMethodNotAllowed, "")
			got := strings.Split(a.Header().Get("Allow"), ", ")
			slices.Sort(got)
			if got = slices.DeleteFunc(got, func(m string) bool { return m == "OPTIONS" }); strings.Join(got, ", ") != allowed {
				t.Errorf("%s %s: got Allow %q want %s", method, at, a.Header().Get("Allow"), allowed)
			}
		}
	}
}

func TestBrowsersMayPostFromOtherSites(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	a := p.do(request(http.MethodOptions, "/ap/coops/alpha/outbox", nil, with("Origin", "https://client.example",
		"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,idempotency-key")))
	a.want(http.StatusNoContent).header("Access-Control-Allow-Origin", "*").header("Access-Control-Allow-Credentials", "")
	for name, want := range map[string][]string{
		"Access-Control-Allow-Methods": {"POST", "GET"}, "Access-Control-Allow-Headers": {"Authorization", "Content-Type", "Idempotency-Key"},
	} {
		for _, v := range want {
			if !strings.Contains(a.Header().Get(name), v) {
				t.Errorf("%s: got %q want %s in it", name, a.Header().Get(name), v)
			}
		}
	}
	a = p.post("alpha", "alpha", note, with("Origin", "https://client.example")).want(http.StatusCreated).header("Access-Control-Allow-Origin", "*").header("Access-Control-Allow-Credentials", "")
	if got := a.Header().Get("Access-Control-Expose-Headers"); !strings.Contains(got, "Location") || !strings.Contains(got, "Retry-After") {
		t.Errorf("got exposed headers %q", got)
	}
	p.post("nobody", "alpha", note).want(http.StatusUnauthorized).header("Access-Control-Allow-Origin", "*")
}

// L09: who follows is nobody's business, how many do is.
func TestFollowersAreCountedAndNotListed(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	p.deliver("/ap/inbox", x, x.activity("1", "Follow", site.Actor("alpha"))).want(http.StatusAccepted)
	p.pass(2 * 60e9)
	a := p.get("/ap/coops/alpha/followers").want(http.StatusOK)
	var c struct {
		TotalItems   int
		OrderedItems json.RawMessage
	}
	if a.json(&c); c.TotalItems != 1 || c.OrderedItems != nil || strings.Contains(a.Body.String(), "anna") {
		t.Errorf("got %s", a.Body)
	}
}
