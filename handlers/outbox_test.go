// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/activity"
	"plenum/coop"
	"plenum/handlers"
)

func TestOutboxPublishesWhatIsPosted(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(meetup)
	for _, c := range []struct{ body, kind, dir string }{
		{note, "Note", "notes"}, // a bare object without @context
		{report, "Article", "reports"},
		{strings.Replace(meetup, "a-meetup", "another", 1), "Event", "events"},
		{talk("a-meetup"), "Event", "events"},
		{`{"@context":"https://www.w3.org/ns/activitystreams","type":"Create","object":` + note + `}`, "Note", "notes"},
		{`{"@context":["https://www.w3.org/ns/activitystreams",{"plenum":"https://x.example/"}],"type":"Create","to":"as:Public","cc":["https://events.example/ap/coops/alpha/followers"],"object":` + note + `}`, "Note", "notes"},
		{`{"type":"Note","to":["https://www.w3.org/ns/activitystreams#Public"],"source":{"mediaType":"text/markdown","content":"# Doors\n\nopen at *six*"}}`, "Note", "notes"},
	} {
		a := p.post("alpha", "alpha", c.body).want(http.StatusCreated).checked()
		a.header("Content-Type", as2Short).header("Cache-Control", "no-store").header("Access-Control-Allow-Origin", "*")
		var got struct {
			ID, Type, Actor string
			To, CC          []string
			Object          struct{ ID, Type, AttributedTo, Content string }
		}
		a.json(&got)
		if got.ID != a.Header().Get("Location") || got.Type != "Create" || got.Actor != "https://events.example/ap/coops/alpha" || got.Object.AttributedTo != got.Actor {
			t.Errorf("got %+v with Location %s", got, a.Header().Get("Location"))
		}
		if got.Object.Type != c.kind || !strings.HasPrefix(got.Object.ID, "https://events.example/ap/"+c.dir+"/") {
			t.Errorf("got %s with id %s, want %s under %s", got.Object.Type, got.Object.ID, c.kind, c.dir)
		}
		if len(got.To) != 1 || got.To[0] != string(coop.Public) || len(got.CC) != 1 || got.CC[0] != "https://events.example/ap/coops/alpha/followers" {
			t.Errorf("got to %v cc %v, want the public and the followers", got.To, got.CC)
		}
		if served := p.get(strings.TrimPrefix(got.ID, site.Base())).want(http.StatusOK); served.Body.String() != a.Body.String() {
			t.Error("the id answers other bytes than the POST did")
		}
		p.get(strings.TrimPrefix(got.Object.ID, site.Base())).want(http.StatusOK).checked()
	}
}

// A03, A04: ids, actors and authors are ours to give.
func TestClientGivesNeitherIDNorAuthor(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	a := p.post("alpha", "alpha", `{"type":"Create","id":"https://evil.example/1","actor":"https://events.example/ap/coops/beta","published":"1999-01-01T00:00:00Z",
		"object":{"type":"Note","id":"https://victim.example/2","attributedTo":"https://victim.example/u","actor":"https://victim.example/u","url":"https://victim.example/page",
		"content":"<p>x</p>","replies":"https://victim.example/r","likes":{"totalItems":9},"published":"1999-01-01T00:00:00Z"}}`).want(http.StatusCreated).checked()
	for _, theirs := range []string{"evil.example", "victim.example", "coops/beta", "1999", `"totalItems":9`} {
		if strings.Contains(a.Body.String(), theirs) {
			t.Errorf("%s of the client stands in %s", theirs, a.Body)
		}
	}
}

func TestUpdateChangesWhatIsGivenAndNullTakesAway(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	post := p.publish(strings.Replace(report, `"name"`, `"summary":"A teaser","plenum:original":"https://blog.example/1","name"`, 1))
	id := string(site.Object(post.Kind, post.ID))
	p.pass(60e9)
	a := p.post("alpha", "alpha", `{"type":"Update","object":{"id":"`+id+`","type":"Article","name":"Another title","plenum:original":null,"tag":null}}`)
	a.want(http.StatusCreated).checked()
	var update struct {
		Type   string
		Object map[string]any
	}
	if a.json(&update); update.Type != "Update" || update.Object["id"] != id {
		t.Errorf("got %v", update)
	}
	o := p.get(strings.TrimPrefix(id, site.Base())).want(http.StatusOK).checked().object()
	if o["name"] != "Another title" || o["summary"] != "A teaser" || !strings.Contains(o["content"].(string), "two") || o["updated"] == nil {
		t.Errorf("got %v", o)
	}
	if raw, _ := json.Marshal(o); strings.Contains(string(raw), "blog.example") || strings.Contains(string(raw), "coops\"") && strings.Contains(string(raw), "Hashtag") {
		t.Errorf("what was set to null is still there: %s", raw)
	}
	if got, err := p.db.Post(t.Context(), post.ID); err != nil || got.Rev != 2 || got.Slug != "a-report" || !got.Published.Equal(post.Published) {
		t.Errorf("got %+v, %v", got, err)
	}
	p.post("alpha", "alpha", `{"type":"Update","object":{"id":"`+id+`","content":null}}`).problem(http.StatusBadRequest, "content")
	p.post("alpha", "alpha", `{"type":"Update","object":{"id":"`+id+`","plenum:slug":"elsewhere"}}`).problem(http.StatusBadRequest, "plenum:slug")
	p.post("alpha", "alpha", `{"type":"Update","object":{"id":"`+id+`","type":"Note"}}`).problem(http.StatusBadRequest, "type")
}

func TestDeletedPostCannotBeChangedAndItsSlugIsFree(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	post := p.publish(report)
	id := string(site.Object(post.Kind, post.ID))
	p.post("alpha", "alpha", `{"type":"Delete","object":{"id":"`+id+`","type":"Tombstone"}}`).want(http.StatusCreated).checked()
	p.post("alpha", "alpha", `{"type":"Delete","object":"`+id+`"}`).problem(http.StatusGone, "object")
	p.post("alpha", "alpha", `{"type":"Update","object":{"id":"`+id+`","name":"Back again"}}`).problem(http.StatusGone, "object")
	if again := p.publish(report); again.ID == post.ID || again.Slug != post.Slug {
		t.Errorf("got %s %s", again.ID, again.Slug)
	}
}

func TestFollowAndUndoGoThroughTheOutbox(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	a := p.post("alpha", "alpha", `{"type":"Follow","object":"`+string(x.id)+`"}`).want(http.StatusCreated).checked()
	follow := a.Header().Get("Location")
	p.get(strings.TrimPrefix(follow, site.Base())).want(http.StatusOK).checked()
	again := p.post("alpha", "alpha", `{"type":"Follow","object":"`+string(x.id)+`"}`).want(http.StatusCreated)
	if again.Header().Get("Location") != follow {
		t.Errorf("a second Follow made %s beside %s", again.Header().Get("Location"), follow)
	}
	var waiting []coop.Delivery
	p.ctl(http.MethodGet, "/control/deliveries?host=social.example", "", http.StatusOK, &waiting)
	if len(waiting) != 1 || waiting[0].Inbox != x.id+"/inbox" || waiting[0].Type != "Follow" {
		t.Errorf("got deliveries %+v", waiting)
	}
	p.post("beta", "beta", `{"type":"Undo","object":"`+follow+`"}`).problem(http.StatusForbidden, "object") // A10
	p.post("alpha", "alpha", `{"type":"Undo","object":"https://events.example/ap/activities/01J0000000000000000000000Z"}`).problem(http.StatusNotFound, "object")
	p.post("alpha", "alpha", `{"type":"Undo","object":{"type":"Follow","object":"https://social.example/users/nobody"}}`).problem(http.StatusNotFound, "object")
	p.post("alpha", "alpha", `{"type":"Undo","object":{"type":"Like","object":"`+string(x.id)+`"}}`).problem(http.StatusNotFound, "object")
	p.post("alpha", "alpha", `{"type":"Undo","object":{"type":"Create","object":"`+string(x.id)+`"}}`).problem(http.StatusBadRequest, "object.type")
	undo := p.post("alpha", "alpha", `{"type":"Undo","object":{"type":"Follow","object":"`+string(x.id)+`"}}`).want(http.StatusCreated).checked()
	p.get(strings.TrimPrefix(undo.Header().Get("Location"), site.Base())).want(http.StatusOK)
	if _, err := p.db.Following(t.Context(), "alpha", x.id); coop.CodeOf(err) != coop.NotFound {
		t.Errorf("still following: %v", err)
	}
	p.post("alpha", "alpha", `{"type":"Follow","object":"https://events.example/ap/coops/alpha"}`).problem(http.StatusBadRequest, "object")
	p.post("alpha", "alpha", `{"type":"Follow","object":"https://nowhere.example/u"}`).problem(http.StatusServiceUnavailable, "object")
}

// A01, A02, A22, A28. RFC 6750 §3, RFC 9728 §5.1
func TestOutboxIsForWhoHasAToken(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	var revoked handlers.TokenInfo
	p.ctl(http.MethodPost, "/control/tokens", `{"coop":"alpha","label":"old","scope":"write"}`, http.StatusOK, &revoked)
	p.ctl(http.MethodDelete, "/control/tokens/"+string(revoked.ID), "", http.StatusNoContent, nil)
	alpha := first.tokens["alpha"]
	for _, c := range []struct {
		name, authorization string
		status              int
	}{
		{"alpha", "", 401}, {"alpha", "Bearer", 401}, {"alpha", "Bearer ", 401}, {"alpha", "Bearer x", 401}, {"alpha", alpha, 401},
		{"alpha", "Basic " + alpha, 401}, {"alpha", "Bearer " + revoked.Secret, 401}, {"alpha", "Bearer " + strings.ToUpper(alpha), 401},
		{"alpha", "Bearer " + alpha + "x", 401}, {"alpha", "Bearer " + strings.Repeat("x", 10<<10), 401}, {"alpha", "Bearer \x00\xff", 401},
		{"alpha", "Bearer " + first.tokens["beta"], 403}, {"alpha", "Bearer " + first.tokens["reader"], 403}, {"beta", "Bearer " + alpha, 403},
		{"nobody", "Bearer " + alpha, 403}, {"relay", "Bearer " + alpha, 403}, {"alpha%00", "Bearer " + alpha, 403},
		{"alpha", "bearer " + alpha, 201}, {"alpha", "Bearer  " + alpha, 201},
	} {
		a := p.do(request(http.MethodPost, "/ap/coops/"+c.name+"/outbox", []byte(note), with("Content-Type", as2Short, "Authorization", c.authorization)))
		if a.want(c.status); c.status == http.StatusCreated {
			continue
		}
		a.problem(c.status, "")
		got, want := a.Header().Get("WWW-Authenticate"), `error="insufficient_scope"`
		if c.status == http.StatusUnauthorized {
			want = `error="invalid_token"`
		}
		if sent := strings.HasPrefix(strings.ToLower(c.authorization), "bearer ") && len(c.authorization) > 7; !strings.HasPrefix(got, `Bearer realm="plenum", `) || strings.Contains(got, want) != sent || strings.Contains(got, "error") != sent {
			t.Errorf("%s with %.40q: got WWW-Authenticate %q", c.name, c.authorization, got)
		}
		if !strings.Contains(got, `resource_metadata="https://events.example/.well-known/oauth-protected-resource`) {
			t.Errorf("%s: got WWW-Authenticate %q; want where to learn more", c.name, got)
		}
		if c.authorization != "" && strings.Contains(a.Body.String(), alpha) {
			t.Error("the answer repeats the token")
		}
	}
	p.do(request(http.MethodPost, "/ap/coops/alpha/outbox?access_token="+alpha, []byte(note), with("Content-Type", as2Short))).want(http.StatusUnauthorized) // A20
	p.do(request(http.MethodPost, "/ap/coops/alpha/outbox", []byte(note), with("Content-Type", as2Short, "Cookie", "token="+alpha))).want(http.StatusUnauthorized)
	p.do(request(http.MethodPost, "/ap/actor/outbox", []byte(note), with("Content-Type", as2Short, "Authorization", "Bearer "+alpha))).want(http.StatusMethodNotAllowed)
}

// The instance actor publishes nothing of its own: its posts would have no page.
func TestInstanceActorHasNoPostsAndNoTokensForThem(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for _, scope := range []string{"write", "read", "moderate write"} {
		p.ctl(http.MethodPost, "/control/tokens", `{"coop":"relay","label":"x","scope":"`+scope+`"}`, http.StatusBadRequest, nil)
	}
	p.ctl(http.MethodPost, "/control/coops/relay/outbox", note, http.StatusNotFound, nil)
	p.ctl(http.MethodPost, "/control/coops/relay/drafts", note, http.StatusNotFound, nil)
}

// A05.
func TestPostOfAnotherCoopCannotBeTouched(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	post := p.publish(strings.Replace(report, "What happened", "Our own words", 1))
	id := string(site.Object(post.Kind, post.ID))
	for _, body := range []string{
		`{"type":"Update","object":{"id":"` + id + `","name":"Mine now"}}`, `{"type":"Delete","object":"` + id + `"}`,
		`{"type":"Update","object":{"id":"https://other.example/1","name":"Mine now"}}`, `{"type":"Delete","object":"https://other.example/1"}`,
	} {
		a := p.post("beta", "beta", body).want(http.StatusForbidden)
		if strings.Contains(a.Body.String(), "Our own words") || strings.Contains(a.Body.String(), "A report") {
			t.Errorf("the answer holds the post: %s", a.Body)
		}
	}
	for _, object := range []string{"https://events.example/ap/coops/alpha", "https://events.example/@alpha/a-report", "https://events.example/ap/reports/x", id + "/replies"} {
		p.post("alpha", "alpha", `{"type":"Delete","object":"`+object+`"}`).problem(http.StatusNotFound, "object")
	}
	p.get(strings.TrimPrefix(id, site.Base())).want(http.StatusOK)
}

// A07, A08: what we do not take has no effect, and the answer says which member
// is at fault.
func TestOutboxNamesTheMemberAtFault(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(report)
	event := func(more string) string {
		return `{"type":"Event","name":"Party","startTime":"2026-12-10T19:00:00","timezone":"Europe/Berlin"` + more + `}`
	}
	for _, c := range []struct {
		body   string
		status int
		member string
	}{
		{`{}`, 400, "type"}, {`{"type":null,"content":"x"}`, 400, "type"}, {`{"type":[],"content":"x"}`, 400, "type"}, {`{"type":7}`, 400, "type"},
		{`{"type":"Like"}`, 400, "object"}, {`{"type":"Add","object":"https://x.example/1","target":"https://events.example/ap/coops/alpha/followers"}`, 403, "target"},
		{`{"type":"Remove"}`, 400, "object"}, {`{"type":"Block"}`, 400, "object"}, {`{"type":"Question","name":"x"}`, 400, "type"}, {`{"type":"Person","name":"x"}`, 400, "type"}, {`{"type":"Tombstone"}`, 400, "type"},
		{`{"type":"Create"}`, 400, "object"}, {`{"type":"Create","object":"https://x.example/1"}`, 400, "object"}, {`{"type":"Create","object":[` + note + `]}`, 400, "object"},
		{`{"type":"Create","object":{"type":"Person"}}`, 400, "object.type"}, {`{"type":"Create","object":{"type":"Follow","object":"https://x.example/1"}}`, 400, "object.type"},
		{`{"type":"Create","object":{"type":"Tombstone"}}`, 400, "object.type"}, {`{"type":"Create","object":{"content":"x"}}`, 400, "object.type"},
		{`{"type":"Update","object":{"name":"x"}}`, 400, "object.id"}, {`{"type":"Update","object":"https://events.example/ap/reports/1"}`, 400, "object"},
		{`{"type":"Delete"}`, 400, "object"}, {`{"type":"Follow","object":"javascript:alert(1)"}`, 400, "object"}, {`{"type":"Undo"}`, 400, "object"},
		{`{"type":"Note","content":7}`, 400, "content"}, {`{"type":"Note","content":""}`, 400, "content"}, {`{"type":"Note","content":"<script>x</script>"}`, 400, "content"},
		{`{"type":"Note","content":"x","to":"https://x.example/u"}`, 400, "to"}, {`{"type":"Note","content":"x","bto":"https://x.example/u"}`, 400, "to"},
		{`{"type":"Note","content":"x","to":["as:Public","nonsense"]}`, 400, "to"}, {`{"type":"Create","object":{"type":"Note","content":"x","cc":[7]}}`, 400, "object.cc"},
		{`{"type":"Note","content":"x","plenum:nonsense":1}`, 400, "plenum:nonsense"}, {`{"type":"Note","content":"x","plenum:kind":"party"}`, 400, "plenum:kind"},
		{`{"type":"Article","content":"x"}`, 400, "name"}, {`{"type":"Article","name":"ab","content":"x"}`, 400, "name"}, {`{"type":"Article","name":"A title"}`, 400, "content"},
		{`{"type":"Article","name":"A title","content":"x","startTime":"2026-12-10T19:00:00Z"}`, 400, "startTime"}, {`{"type":"Article","name":"A report","content":"x","plenum:slug":"a-report"}`, 409, "plenum:slug"},
		{`{"type":"Article","name":"A title","content":"x","plenum:slug":"Not A Slug"}`, 400, "plenum:slug"}, {`{"type":"Article","name":"A title","content":"x","plenum:slug":"calendar"}`, 400, "plenum:slug"},
		{event(`,"plenum:partOf":"nothing"`), 400, "plenum:partOf"}, {event(`,"timezone":"Mars/Base"`), 400, "timezone"}, {event(`,"endTime":"2026-12-09T19:00:00"`), 400, "endTime"},
		{event(`,"location":"https://x.example/place"`), 400, "location"}, {event(`,"performer":7`), 400, "performer.name"}, {event(`,"image":"javascript:alert(1)"`), 400, "image.url"},
		{event(`,"image":{"type":"Image","url":"https://events.example/media/../plenum.db"}`), 400, "image.url"}, {event(`,"eventStatus":"whatever"`), 400, "eventStatus"},
		{`{"type":"Event","name":"Party","timezone":"Europe/Berlin"}`, 400, "startTime"}, {`{"type":"Note","content":"x","attachment":7}`, 400, "attachment"},
		{`{"type":"Note","content":"x","tag":{"type":"Hashtag","name":"#a b"}}`, 400, "tag.name"}, {`{"type":"Note","content":"x","inReplyTo":"data:x"}`, 400, "inReplyTo"},
		{`{"type":"Note","type":"Article","content":"x"}`, 400, "type"}, {`{"type":"Note","TYPE":"Article","content":"x"}`, 400, "TYPE"},
		{`[` + note + `]`, 400, ""}, {`"Note"`, 400, ""}, {`null`, 400, ""}, {``, 400, ""}, {`{"type":"Note"`, 400, ""}, {note + note, 400, ""}, {"{\"type\":\"Note\",\"content\":\"\xff\"}", 400, ""},
		{`{"type":"Note","content":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, 413, ""}, {`{"type":"Note","content":"` + strings.Repeat("x", coop.MaxText+1) + `"}`, 400, "content"},
	} {
		body := c.body
		if strings.Count(body, `"timezone"`) == 2 {
			body = strings.Replace(body, `,"timezone":"Europe/Berlin"`, "", 1)
		}
		a := p.post("alpha", "alpha", body)
		if a.Code != c.status {
			t.Errorf("%.120s: got %d want %d: %.300s", body, a.Code, c.status, a.Body)
			continue
		}
		if got := a.problem(c.status, c.member); got.Detail == "" {
			t.Errorf("%.120s: no word of what is wrong", body)
		}
	}
	if got := p.get("/ap/coops/alpha/outbox").object()["totalItems"]; got != 1.0 {
		t.Errorf("got %v activities in the outbox, want the report alone", got)
	}
}

// A client says that it sends ActivityStreams, or JSON, or what its library says of a
// string. What a form sends is refused, though a form has no token.
func TestOutboxTakesNoForms(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	post := func(headers ...string) answer {
		return p.do(request(http.MethodPost, "/ap/coops/alpha/outbox", []byte(note), with("Authorization", "Bearer "+first.tokens["alpha"]), with(headers...)))
	}
	for _, taken := range []string{as2Profile, as2Short, "Application/Activity+JSON; charset=utf-8", `application/ld+json;charset=utf-8;profile="https://www.w3.org/ns/activitystreams"`, // C06
		"", "application/json", "text/plain;charset=UTF-8", "application/ld+json"} {
		post("Content-Type", taken).want(http.StatusCreated)
	}
	for _, refused := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html", "application/xml", ";", "application/activity+json; x=\""} {
		post("Content-Type", refused).problem(http.StatusUnsupportedMediaType, "")
	}
	for _, coding := range []string{"gzip", "br", "identity", "x"} { // D04
		post("Content-Type", as2Short, "Content-Encoding", coding).problem(http.StatusUnsupportedMediaType, "")
	}
}

// D03, for the outbox.
func TestOutboxTakesNoLargeDocument(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	large := `{"type":"Note","content":"x","x":"` + strings.Repeat("x", activity.MaxBody) + `"}`
	p.post("alpha", "alpha", large).problem(http.StatusRequestEntityTooLarge, "")
	p.post("alpha", "alpha", large, func(r *http.Request) { r.ContentLength = -1 }).problem(http.StatusRequestEntityTooLarge, "")
}

// A25: the same request is answered the same.
func TestIdempotencyKeyMakesARepeatedRequestOne(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	key := with("Idempotency-Key", "k1")
	once := p.post("alpha", "alpha", note, key).want(http.StatusCreated)
	p.pass(3600e9)
	again := p.post("alpha", "alpha", note, key).want(http.StatusCreated)
	if once.Header().Get("Location") != again.Header().Get("Location") || once.Body.String() != again.Body.String() {
		t.Errorf("answered %s and %s", once.Header().Get("Location"), again.Header().Get("Location"))
	}
	p.post("alpha", "alpha", report, key).problem(http.StatusConflict, "")
	for token, name := range map[string]string{"second": "alpha", "beta": "beta"} { // another token, another co-op
		if other := p.post(token, name, note, key).want(http.StatusCreated); other.Header().Get("Location") == once.Header().Get("Location") {
			t.Errorf("the key of one token counts for %s", token)
		}
	}
	p.post("alpha", "alpha", note, with("Idempotency-Key", strings.Repeat("k", 256))).problem(http.StatusBadRequest, "")
	p.post("alpha", "alpha", `{"type":"Note","content":""}`, with("Idempotency-Key", "k2")).want(http.StatusBadRequest)
	p.post("alpha", "alpha", note, with("Idempotency-Key", "k2")).want(http.StatusCreated) // what failed is not kept

	ref, _ := site.Parse(coop.IRI(once.Header().Get("Location")))
	d, err := p.db.Document(t.Context(), ref.ID)
	if err != nil {
		t.Fatal(err)
	}
	id := string(site.Object(coop.Note, d.Post))
	for i, body := range []string{
		`{"type":"Update","object":{"id":"` + id + `","content":"<p>Doors open at seven.</p>"}}`, `{"type":"Delete","object":"` + id + `"}`,
		`{"type":"Follow","object":"` + string(x.id) + `"}`, `{"type":"Undo","object":{"type":"Follow","object":"` + string(x.id) + `"}}`,
	} {
		key := with("Idempotency-Key", "more-"+string(rune('a'+i)))
		once := p.post("alpha", "alpha", body, key).want(http.StatusCreated)
		again := p.post("alpha", "alpha", body, key).want(http.StatusCreated)
		if once.Header().Get("Location") != again.Header().Get("Location") || once.Body.String() != again.Body.String() {
			t.Errorf("%s: answered %s and %s", body, once.Header().Get("Location"), again.Header().Get("Location"))
		}
		p.post("alpha", "alpha", report, key).problem(http.StatusConflict, "")
	}
	p.pass(25 * 3600e9)
	if late := p.post("alpha", "alpha", note, key).want(http.StatusCreated); late.Header().Get("Location") == once.Header().Get("Location") {
		t.Error("a key counts for longer than a day")
	}
}

// A26.
func TestParallelRequestsWithOneKeyMakeOnePost(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	const n = 8
	var wait sync.WaitGroup
	answers := make([]answer, n)
	for i := range n {
		wait.Go(func() { answers[i] = p.post("alpha", "alpha", note, with("Idempotency-Key", "k")) })
	}
	wait.Wait()
	for _, a := range answers {
		if a.want(http.StatusCreated); a.Header().Get("Location") != answers[0].Header().Get("Location") || a.Body.String() != answers[0].Body.String() {
			t.Errorf("answered %s and %s", answers[0].Header().Get("Location"), a.Header().Get("Location"))
		}
	}
	if got := p.get("/ap/coops/alpha/outbox").object()["totalItems"]; got != 1.0 {
		t.Errorf("got %v activities, want 1", got)
	}
}

// A09, L04: who is addressed in secret gets the post, and nobody reads of it.
func TestHiddenRecipientsAreNamedNowhere(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	open, secret, other := p.newPeer("open.example", "olga"), p.newPeer("hidden.example", "hugo"), p.newPeer("hidden2.example", "hilde")
	p.newPeer("late.example", "lars")
	body := `{"type":"Create","to":["as:Public","` + string(open.id) + `"],"bto":"` + string(secret.id) + `","object":{"type":"Note","content":"<p>x</p>","bcc":["` + string(other.id) + `","` + string(secret.id) + `"]}}`
	created := p.post("alpha", "alpha", body).want(http.StatusCreated).checked()
	boxes := map[coop.IRI]int{}
	var rows []coop.Delivery
	p.ctl(http.MethodGet, "/control/deliveries", "", http.StatusOK, &rows)
	for _, d := range rows {
		boxes[d.Inbox]++
	}
	for _, x := range []peer{open, secret, other} {
		if boxes[x.id+"/inbox"] != 1 {
			t.Errorf("got deliveries %v, want one to %s", boxes, x.id)
		}
	}
	var a struct {
		To, CC []coop.IRI
		Object struct{ ID string }
	}
	created.json(&a)
	if len(a.To) != 2 || a.To[1] != open.id {
		t.Errorf("got to %v", a.To)
	}
	bare := p.post("alpha", "alpha", `{"type":"Note","to":"Public","bto":["`+string(secret.id)+`"],"bcc":"`+string(other.id)+`","content":"<p>y</p>"}`).want(http.StatusCreated)
	update := p.post("alpha", "alpha", `{"type":"Update","bto":"`+string(secret.id)+`","object":{"id":"`+a.Object.ID+`","content":"<p>z</p>","bcc":["`+string(other.id)+`"]}}`).want(http.StatusCreated)
	shown := []answer{created, bare, update}
	for _, at := range []string{"/ap/coops/alpha/outbox", "/ap/coops/alpha/outbox/pages/1", strings.TrimPrefix(a.Object.ID, site.Base()), strings.TrimPrefix(update.Header().Get("Location"), site.Base())} {
		shown = append(shown, p.get(at).want(http.StatusOK))
	}
	shown = append(shown, p.post("alpha", "alpha", `{"type":"Delete","bto":"`+string(secret.id)+`","object":"`+a.Object.ID+`"}`).want(http.StatusCreated))
	shown = append(shown, p.post("alpha", "alpha", `{"type":"Note","content":"x","bto":["`+string(secret.id)+`"]}`).want(http.StatusBadRequest))
	for _, s := range shown {
		for _, word := range []string{"hidden", "bto\"", "bcc\""} {
			if strings.Contains(s.Body.String(), word) && s.Code != http.StatusBadRequest || strings.Contains(s.Body.String(), "hidden.example") {
				t.Errorf("%q stands in %.600s", word, s.Body)
			}
		}
	}
	jobs, _, err := p.db.Lease(t.Context(), coop.LeaseRequest{Now: p.clock(), Max: 100, PerHost: 9, Backoff: func(int) time.Duration { return time.Hour }})
	if err != nil || len(jobs) == 0 {
		t.Fatal(err, len(jobs))
	}
	for _, j := range jobs {
		if strings.Contains(string(j.Body), "hidden") || strings.Contains(string(j.Body), "bto") {
			t.Errorf("delivered to %s: %s", j.Inbox, j.Body)
		}
	}
}

func TestAddresseeThatCannotBeFoundIsNamed(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	got := p.post("alpha", "alpha", `{"type":"Note","to":["as:Public","https://down.example/u"],"content":"x"}`).problem(http.StatusServiceUnavailable, "to")
	if !strings.Contains(got.Detail, "https://down.example/u") {
		t.Errorf("got %q", got.Detail)
	}
	if n := p.get("/ap/coops/alpha/outbox").object()["totalItems"]; n != 0.0 {
		t.Errorf("published all the same: %v", n)
	}
}

// A client may ask for a note and say later what stands in it. AP §6.2.1.
func TestNoteWithoutAWordIsADraft(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	made := p.post("alpha", "alpha", `{"type":"Note"}`)
	made.want(http.StatusCreated)
	location := made.Header().Get("Location")
	path := strings.TrimPrefix(location, "https://events.example")
	p.get(path).want(http.StatusNotFound)
	var create struct {
		State  string                `json:"plenum:state"`
		Object struct{ ID coop.IRI } `json:"object"`
	}
	made.json(&create)
	if create.State != "draft" {
		t.Errorf("got the state %q", create.State)
	}
	p.post("alpha", "alpha", fmt.Sprintf(`{"type":"Update","object":{"id":%q,"plenum:state":"published"}}`, create.Object.ID)).problem(http.StatusBadRequest, "content")
	p.post("alpha", "alpha", fmt.Sprintf(`{"type":"Update","object":{"id":%q,"plenum:state":"published","content":"<p>Hello</p>"}}`, create.Object.ID)).want(http.StatusCreated)
	p.get(path, with("Accept", as2Short)).want(http.StatusOK)
}
