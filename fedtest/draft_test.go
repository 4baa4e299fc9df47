// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// asMember is what an id answers to who has a token of the instance's co-op that may
// read.
func asMember(t *testing.T, a *fedtest.Instance, id coop.IRI) (status int, body []byte, h http.Header) {
	t.Helper()
	var made struct{ Secret string }
	a.Control(http.MethodPost, "/control/tokens", fedtest.Document{"coop": a.Coop, "label": "reader", "scope": "read"}, &made)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, string(id), http.NoBody)
	r.Header.Set("Accept", "application/activity+json")
	r.Header.Set("Authorization", "Bearer "+made.Secret)
	res := a.Do(r)
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body, res.Header
}

// page is what the page of a post answers to a stranger with a browser.
func page(t *testing.T, a *fedtest.Instance, at coop.IRI) (status int, body string, h http.Header) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, string(at), http.NoBody)
	r.Header.Set("Accept", "text/html")
	res := a.Do(r)
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

// with is a document with other members.
func with(d fedtest.Document, members ...any) fedtest.Document {
	for k := 0; k < len(members); k += 2 {
		d[members[k].(string)] = members[k+1]
	}
	return d
}

// postOf is the row of a post by its id.
func postOf(t *testing.T, a *fedtest.Instance, id coop.IRI) coop.Post {
	t.Helper()
	r, ok := a.Site.Parse(id)
	if !ok {
		t.Fatalf("%q is no id of %s", id, a.Host)
	}
	p, err := a.DB.Post(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// L01: a draft has its ids at once, and is there for nobody but its co-op.
func TestADraftIsSeenByItsCoopAlone(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		activity, object := a.Publish(with(fedtest.Meetup("The assembly", "2000-02-01"), "plenum:state", "draft", "plenum:slug", "assembly"))
		n.Quiet()
		p := postOf(t, a, object)
		if p.State != coop.Draft || a.Site.Activity(p.Activity) != activity {
			t.Fatalf("got %+v", p)
		}
		for _, id := range []coop.IRI{activity, object, object + "/likes", object + "/replies", object + "/attendees"} {
			if status, body := a.Get(id); status != http.StatusNotFound {
				t.Errorf("%s answers %d to a stranger: %s", id, status, body)
			}
			if status, body := signedGet(t, a, peer, id); status != http.StatusNotFound {
				t.Errorf("%s answers %d to a follower: %s", id, status, body)
			}
		}
		for _, id := range []coop.IRI{activity, object} {
			status, body, h := asMember(t, a, id)
			if status != http.StatusOK || !bytes.Contains(body, []byte(`"plenum:state":"draft"`)) || h.Get("Cache-Control") != "private, no-store" || h.Get("ETag") != "" {
				t.Errorf("%s answers %d to its co-op: %v %s", id, status, h, body)
			}
		}
		for _, at := range []coop.IRI{a.Site.Page(a.Coop, "assembly"), a.Site.ICS(a.Coop, "assembly")} {
			if status, _, _ := page(t, a, at); status != http.StatusNotFound {
				t.Errorf("%s answers %d", at, status)
			}
		}
		a.Update(object, fedtest.Document{"name": "The general assembly"})
		if p := postOf(t, a, object); p.Title != "The general assembly" || p.State != coop.Draft || p.Rev != 2 {
			t.Errorf("got %+v", p)
		}
		if got := peer.Got("Create", "Update"); len(got) != 0 {
			t.Errorf("a follower was told of a draft: %+v", got)
		}
		now := a.Update(object, fedtest.Document{"plenum:state": "published", "summary": "Come all"})
		n.Quiet()
		if got := peer.Got("Create"); len(got) != 1 || now != activity || len(peer.Got("Update")) != 0 {
			t.Errorf("published as %s, told %d times", now, len(got))
		}
		if p := postOf(t, a, object); p.State != coop.Published || p.Summary != "Come all" || p.Title != "The general assembly" {
			t.Errorf("got %+v", p)
		}
		if status, body := a.Get(activity); status != http.StatusOK || bytes.Contains(body, []byte("plenum:")) {
			t.Errorf("the Create answers %d: %s", status, body)
		}
	}, fedtest.Calm())
}

// What is dropped before anybody saw it leaves no trace, and the same request again is
// answered the same. AP §6.
func TestADraftThatIsDroppedLeavesNothing(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		who := coop.Principal{Coop: a.Coop, Role: coop.Editor, Member: "E", By: "ede"}
		made, err := a.Fed.Submit(t.Context(), who, with(fedtest.Report("Never mind"), "plenum:state", "draft").Bytes(), "one")
		if err != nil || !made.Draft {
			t.Fatal(made, err)
		}
		again, err := a.Fed.Submit(t.Context(), who, with(fedtest.Report("Never mind"), "plenum:state", "draft").Bytes(), "one")
		if err != nil || again.Location != made.Location || !bytes.Equal(again.Body, made.Body) {
			t.Errorf("the same request got %s (%v)", again.Body, err)
		}
		object := a.Site.Object(made.Post.Kind, made.Post.ID)
		time.Sleep(time.Second) // the log has no order within one moment
		drop := fedtest.Document{"type": "Delete", "object": object}.Bytes()
		for range 2 {
			done, err := a.Fed.Submit(t.Context(), who, drop, "two")
			if err != nil || done.Location != "" || !bytes.Contains(done.Body, []byte(`"Delete"`)) || bytes.Contains(done.Body, []byte(`"id"`)) || !bytes.Contains(done.Body, []byte(object)) {
				t.Errorf("got %q %s (%v)", done.Location, done.Body, err)
			}
		}
		if _, err := a.DB.Post(t.Context(), made.Post.ID); coop.CodeOf(err) != coop.NotFound {
			t.Errorf("got %v", err)
		}
		if status, _, _ := asMember(t, a, object); status != http.StatusNotFound {
			t.Errorf("its id answers %d", status)
		}
		if _, total, err := a.DB.Said(t.Context(), a.Coop, "", 10); err != nil || total != 0 {
			t.Errorf("the co-op said %d things (%v)", total, err)
		}
		if log, err := decided(a); err != nil || len(log) != 2 || log[0].What != "draft drop" || log[0].By != "ede" || log[1].What != "draft save" {
			t.Errorf("the log says %+v (%v)", log, err)
		}
	}, fedtest.Calm())
}

func TestMomentsAndStatesThatAreRefused(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		_, object := a.Publish(fedtest.Report("Out already"))
		_, draft := a.Publish(with(fedtest.Report("Not yet"), "plenum:state", "draft"))
		soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		for what, c := range map[string]struct {
			doc    fedtest.Document
			member string
		}{
			"in the past":            {with(fedtest.Report("Past"), "plenum:publishAt", "1999-12-31T23:00:00Z"), "plenum:publishAt"},
			"in three years":         {with(fedtest.Report("Late"), "plenum:publishAt", "2003-01-01T00:00:00Z"), "plenum:publishAt"},
			"without an offset":      {with(fedtest.Report("Where"), "plenum:publishAt", "2000-02-01T10:00:00"), "plenum:publishAt"},
			"another state":          {with(fedtest.Report("Gone"), "plenum:state", "withdrawn"), "plenum:state"},
			"in secret":              {with(fedtest.Report("Secret"), "plenum:state", "draft", "to", "as:Public", "bto", "https://peer.example/actor"), "bto"},
			"another member":         {with(fedtest.Report("Stuck"), "plenum:stuck", "no"), "plenum:stuck"},
			"a draft again":          {fedtest.Document{"type": "Update", "object": fedtest.Document{"id": object, "plenum:state": "draft"}}, "plenum:state"},
			"scheduled again":        {fedtest.Document{"type": "Update", "object": fedtest.Document{"id": object, "plenum:publishAt": soon}}, "plenum:state"},
			"a draft of other type":  {fedtest.Document{"type": "Update", "object": fedtest.Document{"id": draft, "type": "Note", "content": "x"}}, "type"},
			"attendance of a report": {with(fedtest.Report("Many"), "plenum:attendance", 7), "plenum:attendance"},
			"events of an event":     {with(fedtest.Meetup("Of", "2000-02-01"), "plenum:of", []string{"x"}), "plenum:of"},
			"half a person":          {with(fedtest.Meetup("Half", "2000-02-01"), "plenum:attendance", 0.5), "plenum:attendance"},
		} {
			status, _, body := a.Submit(c.doc)
			var p struct{ Member string }
			if err := json.Unmarshal(body, &p); err != nil || status != http.StatusBadRequest || p.Member != c.member {
				t.Errorf("%s: got %d %s", what, status, body)
			}
		}
	}, fedtest.Calm())
}

// A scheduled post is published when its time comes, once, whatever happens to the
// instance and its clock.
func TestAScheduledPostIsPublishedOnce(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(a *fedtest.Instance){
		"running":                  func(a *fedtest.Instance) { time.Sleep(3*time.Hour + time.Second) },
		"stopped over its time":    func(a *fedtest.Instance) { a.Stop(); time.Sleep(5 * time.Hour); a.Start(); time.Sleep(time.Minute) },
		"crashed before":           func(a *fedtest.Instance) { a.Crash(); a.Start(); time.Sleep(4 * time.Hour) },
		"crashed just behind":      func(a *fedtest.Instance) { time.Sleep(3 * time.Hour); a.Crash(); a.Start(); time.Sleep(time.Hour) },
		"the clock a day ahead":    func(a *fedtest.Instance) { a.Clock(day); time.Sleep(2 * time.Minute) },
		"the clock ahead and back": func(a *fedtest.Instance) { a.Clock(day); time.Sleep(time.Hour); a.Clock(0); time.Sleep(4 * time.Hour) },
		"the clock back an hour":   func(a *fedtest.Instance) { a.Clock(-time.Hour); time.Sleep(4*time.Hour + time.Minute) },
		"the clock back, restarted": func(a *fedtest.Instance) {
			a.Clock(-time.Hour)
			a.Stop()
			a.Start()
			time.Sleep(4*time.Hour + time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, peer := n.Instance("a.example"), n.Peer("peer.example")
				peer.Follows(a, a.Actor())
				at := time.Now().Add(3 * time.Hour)
				activity, object := a.Publish(with(fedtest.Report("In three hours"), "plenum:publishAt", at.UTC().Format(time.RFC3339)))
				if status, body, _ := asMember(t, a, object); status != http.StatusOK || !bytes.Contains(body, []byte(`"plenum:publishAt":"2000-01-01T03:00:00Z"`)) {
					t.Errorf("its id answers %d: %s", status, body)
				}
				n.Settle()
				time.Sleep(time.Hour)
				if got := peer.Got("Create"); len(got) != 0 || postOf(t, a, object).State != coop.Draft {
					t.Errorf("published too early")
				}
				meanwhile(a)
				n.Quiet()
				p := postOf(t, a, object)
				if got := peer.Got("Create"); len(got) != 1 || p.State != coop.Published || a.Site.Activity(p.Activity) != activity || p.Published.Before(at.UTC()) && !strings.Contains(name, "clock") {
					t.Errorf("told %d times: %+v", len(got), p)
				}
				if !p.Due.IsZero() {
					t.Errorf("it is still due at %s", p.Due)
				}
			}, fedtest.Calm())
		})
	}
}

// What cannot be published when it is due says why, is tried again after an hour, and
// when it is changed.
func TestWhatCannotBePublishedWaitsAndSaysWhy(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		n.Down(peer.Host, true)
		due := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		_, object := a.Publish(with(fedtest.Report("To somebody"), "to", []coop.IRI{coop.Public, peer.ID}, "plenum:publishAt", due))
		_, other := a.Publish(with(fedtest.Report("To another"), "to", []coop.IRI{coop.Public, peer.ID}, "plenum:publishAt", due))
		_, fine := a.Publish(with(fedtest.Report("To everybody"), "plenum:publishAt", due))
		time.Sleep(time.Hour + time.Minute)
		n.Settle()
		if p := postOf(t, a, object); p.State != coop.Draft || !strings.Contains(p.Stuck, "could not be found") || p.Due.IsZero() {
			t.Errorf("got %+v", p)
		}
		if p := postOf(t, a, fine); p.State != coop.Published {
			t.Errorf("what stood behind it got %+v", p)
		}
		n.Down(peer.Host, false)
		a.Update(other, fedtest.Document{"to": []coop.IRI{coop.Public}, "plenum:publishAt": time.Now().Add(time.Minute).UTC().Format(time.RFC3339)})
		if p := postOf(t, a, other); p.Stuck != "" {
			t.Errorf("got %+v", p)
		}
		time.Sleep(2 * time.Minute)
		if p := postOf(t, a, other); p.State != coop.Published {
			t.Errorf("what was changed got %+v", p)
		}
		if p := postOf(t, a, object); p.State != coop.Draft {
			t.Errorf("tried again too early: %+v", p)
		}
		time.Sleep(time.Hour)
		n.Quiet()
		if p := postOf(t, a, object); p.State != coop.Published || p.Stuck != "" {
			t.Errorf("an hour later: %+v", p)
		}
		if got := peer.Got("Create"); len(got) != 1 {
			t.Errorf("told %d times", len(got))
		}
	}, fedtest.Calm())
}

// L07: what a post said before is its co-op's alone, and goes with it.
func TestRevisionsAreKeptUntilThePostGoes(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		_, object := a.Publish(fedtest.Report("The first words"))
		a.Update(object, fedtest.Document{"content": "<p>The second words</p>"})
		time.Sleep(time.Minute)
		a.Update(object, fedtest.Document{"content": "<p>The third words</p>"})
		p := postOf(t, a, object)
		list, err := a.DB.Revisions(t.Context(), p.ID)
		if err != nil || len(list) != 2 || !strings.Contains(list[0].Post.Text, "second") || !strings.Contains(list[1].Post.Text, "first") || list[0].By != "token fedtest" {
			t.Errorf("got %+v (%v)", list, err)
		}
		_, public := a.Get(object)
		if bytes.Contains(public, []byte("second")) || bytes.Contains(public, []byte("first words and")) {
			t.Errorf("the object shows what it said before: %s", public)
		}
		a.Delete(object)
		if list, err := a.DB.Revisions(t.Context(), p.ID); err != nil || len(list) != 0 {
			t.Errorf("left: %+v (%v)", list, err)
		}
	}, fedtest.Calm())
}
