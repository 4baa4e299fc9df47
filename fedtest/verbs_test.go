// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

const as2 = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`

// desk is a client of a co-op of an instance, which may read and write.
type desk struct {
	*fedtest.Instance
	t     *testing.T
	name  coop.Name
	token string
}

func deskOf(t *testing.T, i *fedtest.Instance, n coop.Name) desk {
	t.Helper()
	var made struct{ Secret string }
	i.Control(http.MethodPost, "/control/tokens", fedtest.Document{"coop": n, "label": "desk", "scope": "read write"}, &made)
	return desk{i, t, n, made.Secret}
}

// another makes a second co-op on an instance.
func another(t *testing.T, i *fedtest.Instance, n coop.Name) desk {
	t.Helper()
	i.Control(http.MethodPost, "/control/coops", fedtest.Document{"name": n, "title": "The co-op " + string(n)}, nil)
	return deskOf(t, i, n)
}

func (d desk) do(method string, at coop.IRI, body []byte, header ...string) (*http.Response, []byte) {
	d.t.Helper()
	r := httptest.NewRequestWithContext(d.t.Context(), method, string(at), bytes.NewReader(body))
	r.Header.Set("Content-Type", as2)
	r.Header.Set("Accept", as2)
	r.Header.Set("Authorization", "Bearer "+d.token)
	for k := 0; k < len(header); k += 2 {
		r.Header.Set(header[k], header[k+1])
	}
	res := d.Do(r)
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		d.t.Fatal(err)
	}
	return res, b.Bytes()
}

// post submits an activity.
func (d desk) post(doc fedtest.Document, header ...string) (status int, location coop.IRI, body map[string]any) {
	d.t.Helper()
	res, b := d.do(http.MethodPost, d.Site.Of(d.name, "outbox"), doc.Bytes(), header...)
	if err := json.Unmarshal(b, &body); err != nil {
		d.t.Fatalf("%d: %s", res.StatusCode, b)
	}
	return res.StatusCode, coop.IRI(res.Header.Get("Location")), body
}

// said submits what must be taken, whose id must answer what the outbox did.
func (d desk) said(doc fedtest.Document) coop.IRI {
	d.t.Helper()
	status, at, body := d.post(doc)
	if status != http.StatusCreated || at == "" || body["id"] != string(at) || body["actor"] != string(d.Site.Actor(d.name)) {
		d.t.Fatalf("%s was answered %d at %q: %v", doc.Bytes(), status, at, body)
	}
	if res, b := d.do(http.MethodGet, at, nil); res.StatusCode != http.StatusOK {
		d.t.Errorf("%s answers %d: %s", at, res.StatusCode, b)
	}
	return at
}

// refused submits what must be refused, and says why in words.
func (d desk) refused(doc fedtest.Document, status int, member string) {
	d.t.Helper()
	got, at, body := d.post(doc)
	if why, _ := body["detail"].(string); got != status || at != "" || body["member"] != member || why == "" {
		d.t.Errorf("%s was answered %d at %q: %v, want %d at %q", doc.Bytes(), got, at, body, status, member)
	}
}

// read gets a document as the co-op sees it.
func (d desk) read(id coop.IRI) map[string]any {
	d.t.Helper()
	res, b := d.do(http.MethodGet, id, nil)
	var doc map[string]any
	if err := json.Unmarshal(b, &doc); err != nil || res.StatusCode != http.StatusOK {
		d.t.Fatalf("%s answered %d: %s", id, res.StatusCode, b)
	}
	return doc
}

func verb(kind string, object any) fedtest.Document {
	return fedtest.Document{"type": kind, "object": object}
}

func items(doc map[string]any) (out []string) {
	list, _ := doc["orderedItems"].([]any)
	for _, i := range list {
		switch i := i.(type) {
		case string:
			out = append(out, i)
		case map[string]any:
			out = append(out, i["type"].(string))
		}
	}
	return out
}

func TestALikeReachesTheAuthorAndIsTakenBack(t *testing.T) { // AP §6.8, §6.10, §7.10
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b := n.Instance("a.example"), n.Instance("b.example")
		d, other := deskOf(t, b, b.Coop), another(t, b, "second")
		_, post := a.Publish(fedtest.Report("A report"))
		like := d.said(verb("Like", post))
		if again := d.said(verb("Like", fedtest.Document{"id": post, "type": "Article"})); again != like {
			t.Errorf("liked twice: %s and %s", like, again)
		}
		n.Quiet()
		counted(t, a, post, "liked", 1, 0)
		if c := object(t, b, b.Site.Of(b.Coop, "liked")); c["type"] != "OrderedCollection" || c["totalItems"] != 1.0 || !slices.Equal(items(c), []string{string(post)}) {
			t.Errorf("got %v", c)
		}
		if got := object(t, b, b.Actor()); got["liked"] != string(b.Site.Of(b.Coop, "liked")) {
			t.Errorf("the actor says nothing of what it likes: %v", got["liked"])
		}
		other.refused(verb("Undo", like), http.StatusForbidden, "object") // A10
		d.refused(verb("Undo", verb("Announce", post)), http.StatusNotFound, "object")
		d.said(verb("Undo", like))
		d.refused(verb("Undo", like), http.StatusNotFound, "object")
		n.Quiet()
		counted(t, a, post, "taken back", 0, 0)
		if c := object(t, b, b.Site.Of(b.Coop, "liked")); c["totalItems"] != 0.0 || len(items(c)) != 0 {
			t.Errorf("got %v", c)
		}
		if again := d.said(verb("Like", post)); again == like {
			t.Error("what is liked anew has the id of what was taken back")
		}
		d.said(verb("Undo", verb("Like", post)))
		for _, e := range n.Exchanges(nil) {
			if e.To == "a.example" && e.Method == http.MethodPost && e.Type != "Like" && e.Type != "Undo" {
				t.Errorf("the author got %s", e.Type)
			}
		}
	}, fedtest.Calm())
}

func TestWhatNotEverybodyMayReadIsNotSpokenOf(t *testing.T) { // T15, L01
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		d, other := deskOf(t, a, a.Coop), another(t, a, "second")
		followers := a.Site.Of(a.Coop, "followers")
		hidden := fedtest.Report("For followers")
		hidden["to"] = followers
		_, theirs := a.Publish(hidden)
		quiet := fedtest.Report("Unlisted")
		quiet["to"], quiet["cc"] = followers, coop.Public
		_, unlisted := a.Publish(quiet)
		note := peer.Note("to followers")
		note["to"] = peer.ID + "/followers"
		private := coop.IRI(note["id"].(coop.IRI))
		peer.Serve("/notes/1", as2, note)
		for _, kind := range []string{"Like", "Announce"} {
			for _, id := range []coop.IRI{theirs, private, a.Site.Object(coop.Report, "01J0000000000000000000000Z"), "https://peer.example/none", a.Actor()} {
				other.refused(verb(kind, id), http.StatusNotFound, "object")
			}
		}
		other.said(verb("Like", unlisted))
		d.refused(verb("Announce", unlisted), http.StatusForbidden, "object")
	}, fedtest.Calm())
}

func TestAnAnnounceReachesTheFollowers(t *testing.T) { // AP §7.11
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b, c, peer := n.Instance("a.example"), n.Instance("b.example"), n.Instance("c.example"), n.Peer("peer.example")
		d := deskOf(t, b, b.Coop)
		neighbour := another(t, b, "second")
		neighbour.said(verb("Follow", b.Actor()))
		c.Follow(b.Actor())
		peer.Follows(b, b.Actor())
		_, post := a.Publish(fedtest.Report("Passed on"))
		share := d.said(verb("Announce", post))
		if again := d.said(verb("Announce", post)); again != share {
			t.Errorf("announced twice: %s and %s", share, again)
		}
		n.Quiet()
		counted(t, a, post, "announced", 0, 1)
		got := peer.Got("Announce")
		if len(got) != 1 || !got[0].Verified || got[0].ID != string(share) {
			t.Errorf("got %+v", got)
		}
		for name, i := range map[string]*fedtest.Instance{"who follows": c, "who follows here": b} {
			if r := i.Received()[post]; r.Name != "Passed on" || r.By != a.Actor() || r.Via != b.Actor() {
				t.Errorf("%s got %+v", name, r)
			}
		}
		if out := object(t, b, b.Site.Of(b.Coop, "outbox")); !slices.Equal(items(out), []string{"Announce"}) {
			t.Errorf("the outbox has %v", items(out))
		}
		d.said(verb("Undo", share))
		n.Quiet()
		counted(t, a, post, "taken back", 0, 0)
		if got := peer.Got("Undo"); len(got) != 1 || !strings.Contains(string(got[0].Body), string(share)) {
			t.Errorf("got %+v", got)
		}
		if _, left := c.Received()[post]; left {
			t.Error("what is announced no more is still kept")
		}
		if out := object(t, b, b.Site.Of(b.Coop, "outbox")); len(items(out)) != 0 {
			t.Errorf("the outbox has %v", items(out))
		}
	}, fedtest.Calm())
}

// A post of this instance counts at once, and what is said of it goes with it.
func TestWhatCoopsOfOneInstanceSayOfEachOther(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		first, second := deskOf(t, a, a.Coop), another(t, a, "second")
		peer.Follows(a, a.Site.Actor("second"))
		_, post := a.Publish(fedtest.Report("Ours"))
		r, _ := a.Site.Parse(post)
		p, err := a.DB.Post(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		like, share := second.said(verb("Like", a.Site.Page(p.Coop, p.Slug))), second.said(verb("Announce", post))
		first.said(verb("Like", post))
		if got := tally(t, a, post); got.Likes != 2 || got.Shares != 1 {
			t.Errorf("got %+v", got)
		}
		if got := items(first.read(a.Site.Of(a.Coop, "inbox"))); !slices.Equal(got, []string{"Announce", "Like"}) {
			t.Errorf("the inbox of the author has %v", got)
		}
		second.said(verb("Undo", like))
		if got := tally(t, a, post); got.Likes != 1 {
			t.Errorf("got %+v", got)
		}
		a.Delete(post)
		n.Quiet()
		for _, id := range []coop.IRI{like, share} {
			if status, _ := a.Get(id); status != http.StatusGone {
				t.Errorf("%s of what was deleted answers %d", id, status)
			}
		}
		if got := items(first.read(a.Site.Of(a.Coop, "liked"))); len(got) != 0 {
			t.Errorf("what was deleted is liked: %v", got)
		}
		if got := len(peer.Got("Announce")); got != 1 {
			t.Errorf("got %d Announces", got)
		}
	}, fedtest.Calm())
}

// A25, A26: a request that comes again, even at the same moment, is answered as the
// first; with another token it is another request.
func TestEachVerbIsDoneOnceForAKey(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		d, second := deskOf(t, a, a.Coop), another(t, a, "second")
		_, post := a.Publish(fedtest.Report("A report"))
		note := peer.Note("theirs")["id"].(coop.IRI)
		featured := a.Site.Of(a.Coop, "featured")
		for k, doc := range []fedtest.Document{
			verb("Like", note), verb("Undo", verb("Like", note)), verb("Announce", note), verb("Follow", peer.ID), verb("Block", peer.ID),
			verb("Undo", verb("Block", peer.ID)), {"type": "Add", "object": post, "target": featured}, {"type": "Remove", "object": post, "target": featured},
			{"type": "Offer", "object": post, "target": a.Site.Actor("second")},
		} {
			key := []string{"Idempotency-Key", "key " + string(rune('a'+k))}
			var mu sync.Mutex
			places := map[coop.IRI]bool{}
			var group sync.WaitGroup
			for range 4 {
				group.Go(func() {
					status, at, body := d.post(doc, key...)
					mu.Lock()
					defer mu.Unlock()
					places[at] = true
					if status != http.StatusCreated {
						t.Errorf("%s: got %d %v", doc.Bytes(), status, body)
					}
				})
			}
			group.Wait()
			if len(places) != 1 {
				t.Errorf("%s was done %d times", doc.Bytes(), len(places))
			}
			if status, _, _ := d.post(fedtest.Document{"type": doc["type"], "object": "https://peer.example/other", "target": doc["target"]}, key...); status != http.StatusConflict {
				t.Errorf("%s: the same key for something else was answered %d", doc.Bytes(), status)
			}
		}
		if _, at, _ := second.post(verb("Like", note), "Idempotency-Key", "key a"); at == "" {
			t.Error("the key of another token counts")
		}
		time.Sleep(time.Second)
	}, fedtest.Calm())
}

func TestTheProxyHandsOnOnlyWhatIsForEverybody(t *testing.T) { // F15, A27
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b, peer := n.Instance("a.example"), n.Instance("b.example"), n.Peer("peer.example")
		d := deskOf(t, a, a.Coop)
		a.Follow(b.Actor()) // b lets our server read what is for its followers
		n.Quiet()
		_, open := b.Publish(fedtest.Report("Open"))
		closed := fedtest.Report("For followers")
		closed["to"] = b.Site.Of(b.Coop, "followers")
		_, hidden := b.Publish(closed)
		peer.Serve("/thing", "application/json", fedtest.Document{"id": "https://peer.example/thing", "secret": true})
		peer.Serve("/other", as2, peer.Note("elsewhere"))
		peer.Redirect("/away", string(open))
		ask := func(id coop.IRI, header ...string) (int, string) {
			res, body := d.do(http.MethodPost, a.Site.Proxy(), []byte(url.Values{"id": {string(id)}}.Encode()), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
			return res.StatusCode, string(body)
		}
		for id, want := range map[coop.IRI]string{open: "Open", b.Actor(): "preferredUsername", a.Site.Of(a.Coop, "inbox"): "OrderedCollection", a.Actor(): "a_coop"} {
			if status, body := ask(id); status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: got %d %s", id, status, body)
			}
		}
		for id, want := range map[coop.IRI]int{
			hidden: http.StatusForbidden, "https://peer.example/thing": http.StatusForbidden, "https://peer.example/other": http.StatusForbidden,
			"https://peer.example/away": http.StatusForbidden, "https://peer.example/none": http.StatusNotFound, "https://nobody.example/": http.StatusServiceUnavailable,
			"file:///etc/passwd": http.StatusBadRequest, "": http.StatusBadRequest, a.Site.Object(coop.Report, "01J0000000000000000000000Z"): http.StatusNotFound,
		} {
			if status, body := ask(id); status != want || strings.Contains(body, "secret") || strings.Contains(body, "For followers") {
				t.Errorf("%s: got %d want %d: %s", id, status, want, body)
			}
		}
		for what, header := range map[string][]string{"no token": {"Authorization", ""}, "a token that only writes": {"Authorization", "Bearer " + a.Token}} {
			if status, _ := ask(open, header...); status != http.StatusUnauthorized && status != http.StatusForbidden {
				t.Errorf("%s: got %d", what, status)
			}
		}
		if status, _ := ask(open, "Content-Type", as2); status != http.StatusUnsupportedMediaType {
			t.Errorf("no form: got %d", status)
		}
		last := 0
		for range 61 {
			last, _ = ask(a.Actor())
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("the 61st within a minute was answered %d", last)
		}
	}, fedtest.Calm())
}
