// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"plenum/activity"
	"plenum/coop"
	"plenum/fedtest"
	"plenum/keys"
)

// L11: the address at which a hidden event takes place is no document of its own, which
// anybody could find who guesses it.
func TestThePlaceOfWhatIsHiddenIsNotThere(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		at := fedtest.Document{"type": "Place", "name": "At Anna's", "address": fedtest.Document{"type": "PostalAddress", "streetAddress": "Back Lane 7", "addressLocality": "Elsewhere"}}
		_, hidden := a.Publish(followersOnly(a, with(fedtest.Meetup("The hidden assembly", "2000-02-01"), "location", at)))
		hash, _, err := activity.EncodePlace(a.Site, postOf(t, a, hidden).Place)
		if err != nil {
			t.Fatal(err)
		}
		if status, body := a.Get(a.Site.Place(hash)); status != http.StatusNotFound {
			t.Errorf("its place answers %d: %s", status, body)
		}
		if _, body, _ := asMember(t, a, hidden); !bytes.Contains(body, []byte("Back Lane 7")) || bytes.Contains(body, []byte("/ap/places/")) || bytes.Contains(body, []byte(`"id":""`)) {
			t.Errorf("got %s", body)
		}
		a.Publish(with(fedtest.Meetup("The open assembly", "2000-02-01"), "location", at))
		if status, _ := a.Get(a.Site.Place(hash)); status != http.StatusOK {
			t.Errorf("the place of an open event answers %d", status)
		}
	}, fedtest.Calm())
}

// quietly is an event for the followers of a co-op of an instance.
func quietly(d desk, slug string) (event coop.IRI) {
	d.t.Helper()
	status, _, body := d.post(with(fedtest.Meetup("The hidden assembly", "2000-02-01"), "to", []coop.IRI{d.Site.Of(d.name, "followers")}, "plenum:slug", slug))
	object, _ := body["object"].(map[string]any)
	if status != http.StatusCreated {
		d.t.Fatalf("got %d %v", status, body)
	}
	return coop.IRI(object["id"].(string))
}

// L01: the followers of one co-op are not those of another. What is for them is not
// told of by another co-op's posts, and whoever asks for it there is answered as if
// there were nothing.
func TestAnotherCoopTellsNothingOfWhatIsHidden(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		first, second := deskOf(t, a, a.Coop), another(t, a, "second")
		hidden := quietly(first, "hidden")
		draft := with(fedtest.Report("The hidden draft"), "plenum:slug", "draft", "plenum:state", "draft")
		if status, _, body := first.post(draft); status != http.StatusCreated {
			t.Fatalf("got %d %v", status, body)
		}
		mine := []coop.IRI{a.Site.Of("second", "followers")}
		organizers := func(i coop.IRI) coop.IRI { return i + "/organizers" }
		said := func(doc fedtest.Document) string {
			status, _, body := second.post(doc)
			if s, _ := body["detail"].(string); status >= 400 {
				return http.StatusText(status) + " " + s
			}
			return http.StatusText(status) + " " + string(fedtest.Document(body).Bytes())
		}
		unknown := a.Site.Page(a.Coop, "unknown")
		for _, at := range []coop.IRI{hidden, a.Site.Page(a.Coop, "hidden"), a.Site.Page(a.Coop, "draft")} {
			for what, doc := range map[string]func(coop.IRI) fedtest.Document{
				"of": func(i coop.IRI) fedtest.Document {
					return with(fedtest.Report("Of it"), "to", mine, "plenum:of", []coop.IRI{i})
				},
				"part": func(i coop.IRI) fedtest.Document {
					return with(fedtest.Meetup("A part", "2000-02-01"), "to", mine, "plenum:partOf", i)
				},
				"draft": func(i coop.IRI) fedtest.Document {
					return with(fedtest.Report("A draft"), "plenum:state", "draft", "plenum:partOf", i)
				},
				"like":  func(i coop.IRI) fedtest.Document { return verb("Like", i) },
				"share": func(i coop.IRI) fedtest.Document { return verb("Announce", i) },
				"update": func(i coop.IRI) fedtest.Document {
					return verb("Update", fedtest.Document{"id": i, "name": "Mine now"})
				},
				"delete": func(i coop.IRI) fedtest.Document { return verb("Delete", i) },
				"pin": func(i coop.IRI) fedtest.Document {
					return with(verb("Add", i), "target", a.Site.Of("second", "featured"))
				},
				"offer":  func(i coop.IRI) fedtest.Document { return with(verb("Offer", i), "target", a.Actor()) },
				"let go": func(i coop.IRI) fedtest.Document { return with(verb("Remove", a.Actor()), "target", organizers(i)) },
			} {
				other := unknown
				if at == hidden { // of what has an id there is none that has not
					other = a.Site.Object(coop.Meetup, "01KNA3S0000000000000000000")
				}
				got, want := said(doc(at)), said(doc(other))
				if strings.ReplaceAll(got, string(at), "X") != strings.ReplaceAll(want, string(other), "X") || strings.Contains(got, "assembly") {
					t.Errorf("%s %s: got %s want %s", what, at, got, want)
				}
			}
			second.post(fedtest.Document{"type": "Note", "content": "<p>I know of it</p>", "inReplyTo": at})
		}
		if tally, err := a.DB.Tally(t.Context(), postOf(t, a, hidden).ID); err != nil || tally.Comments != 0 {
			t.Errorf("who cannot read it made %+v of it (%v)", tally, err)
		}
	}, fedtest.Calm())
}

// L12: an Update of what two co-ops share goes to those to whom the post is addressed.
func TestWhatIsSharedStaysWithItsFollowers(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, ours, theirs := n.Instance("a.example"), n.Peer("ours.example"), n.Peer("theirs.example")
		first, second := deskOf(t, a, a.Coop), another(t, a, "second")
		ours.Follows(a, a.Actor())
		theirs.Follows(a, a.Site.Actor("second"))
		hidden := quietly(first, "hidden")
		second.said(verb("Accept", first.said(fedtest.Document{"type": "Offer", "object": hidden, "target": a.Site.Actor("second")})))
		first.said(verb("Update", fedtest.Document{"id": hidden, "summary": "In the cellar"}))
		n.Quiet()
		first.said(verb("Delete", hidden))
		n.Quiet()
		if got := theirs.Got("Create", "Update", "Delete", "Announce"); len(got) != 0 {
			t.Errorf("the followers of who shares it got %s", got[0].Body)
		}
		if u, d := len(ours.Got("Update")), len(ours.Got("Delete")); u != 2 || d != 1 {
			t.Errorf("its own followers got %d and %d", u, d)
		}
	}, fedtest.Calm())
}

// L12: who is shown a post no more, because the co-op wants nothing to do with them, is
// sent no changes of it either, as somebody who comes to it or in the name of a server
// where others follow.
func TestWhoIsBlockedHearsNoMoreOfWhatIsHidden(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, guest := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("guest.example")
		first := deskOf(t, a, a.Coop)
		peer.Follows(a, a.Actor())
		other := peer.Another("/other")
		guest.Follows(a, a.Actor())
		hidden := quietly(first, "hidden")
		guest.Send(a.Site.SharedInbox(), said(guest, "Join", hidden))
		n.Quiet()
		first.said(verb("Block", guest.ID))
		first.said(verb("Block", other.ID))
		n.Quiet()
		first.said(verb("Update", fedtest.Document{"id": hidden, "summary": "In the cellar"}))
		n.Quiet()
		if got := guest.Got("Update"); len(got) != 0 || len(peer.Got("Update")) != 1 {
			t.Errorf("who is blocked got %d, a follower %d", len(got), len(peer.Got("Update")))
		}
		for _, who := range []*fedtest.Peer{guest, other} {
			if status, _ := signedGet(t, a, who, hidden); status != http.StatusNotFound {
				t.Errorf("%s is answered %d", who.ID, status)
			}
		}
		if status, _ := signedGet(t, a, peer, hidden); status != http.StatusOK {
			t.Errorf("a follower is answered %d", status)
		}
	}, fedtest.Calm())
}

// L01, L06: what was said of a hidden event goes with it, and that it was there is told
// to those alone who knew.
func TestOfWhatWasHiddenNothingStays(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, stranger := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("stranger.example")
		peer.Follows(a, a.Actor())
		activity, hidden := a.Publish(followersOnly(a, fedtest.Meetup("The hidden assembly", "2000-02-01")))
		a.Update(hidden, fedtest.Document{"eventStatus": "EventCancelled"})
		n.Quiet()
		made := notes(t, a)
		if len(made) != 1 || made[0].Visibility != coop.Followers {
			t.Fatalf("the note is %+v", made)
		}
		a.Delete(hidden)
		n.Quiet()
		if left := notes(t, a); len(left) != 0 || len(peer.Got("Delete")) != 2 {
			t.Errorf("left %+v, told %d times", left, len(peer.Got("Delete")))
		}
		for _, id := range []coop.IRI{activity, hidden, a.Site.Object(coop.Note, made[0].ID), a.Site.Activity(made[0].Activity)} {
			if status, body := a.Get(id); status != http.StatusNotFound {
				t.Errorf("%s answers %d: %s", id, status, body)
			}
			if status, _ := signedGet(t, a, stranger, id); status != http.StatusNotFound {
				t.Errorf("%s answers %d to a stranger", id, status)
			}
			if status, body := signedGet(t, a, peer, id); status != http.StatusGone || !bytes.Contains(body, []byte("Tombstone")) || bytes.Contains(body, []byte("assembly")) {
				t.Errorf("%s answers %d to a follower: %s", id, status, body)
			}
			if status, _, h := asMember(t, a, id); status != http.StatusGone || h.Get("Cache-Control") != "private, no-store" {
				t.Errorf("%s answers %d to a member: %v", id, status, h)
			}
		}
	}, fedtest.Calm())
}

// Who came to an event that everybody could read and was told in a note what became of
// it hears, too, that the note is gone.
func TestGuestsHearThatANoteIsGone(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, guest := n.Instance("a.example"), n.Peer("guest.example")
		_, object := a.Publish(fedtest.Meetup("The assembly", "2000-02-01"))
		guest.Send(a.Site.SharedInbox(), said(guest, "Join", object))
		n.Quiet()
		a.Update(object, fedtest.Document{"eventStatus": "EventCancelled"})
		n.Quiet()
		a.Delete(object)
		n.Quiet()
		if c, d := len(guest.Got("Create")), len(guest.Got("Delete")); c != 1 || d != 2 {
			t.Errorf("a guest got %d notes and heard %d times that something is gone", c, d)
		}
	}, fedtest.Calm())
}

// signedBy gets a document in the name of a key that has to be asked for.
func signedBy(t *testing.T, a *fedtest.Instance, p *fedtest.Peer, at coop.IRI) (status int, header http.Header, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, string(at), http.NoBody)
	if err := keys.Sign(r, nil, p.KeyID, p.Key, time.Now()); err != nil {
		t.Fatal(err)
	}
	r.RequestURI = r.URL.RequestURI()
	res := a.Do(r)
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, b.String()
}

// etag is short for a body.
func etag(body string) string { return fmt.Sprintf("%x ", sha256.Sum256([]byte(body))) }

// L01: what is hidden and what is not there are answered alike: in status, headers and
// words, to all methods, and in what we ask the server of a key for.
func TestWhatIsHiddenIsAnsweredAsWhatIsNotThere(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		first := deskOf(t, a, a.Coop)
		hidden := quietly(first, "hidden")
		p := postOf(t, a, hidden)
		draft := a.Site.Page(a.Coop, "draft")
		if status, _, _ := first.post(with(fedtest.Report("Draft"), "plenum:slug", "draft", "plenum:state", "draft")); status != http.StatusCreated {
			t.Fatal(status)
		}
		const id = "01KNA3S0000000000000000000"
		m, err := a.DB.AddMedia(t.Context(), coop.Media{ID: p.ID, Coop: a.Coop, MediaType: "image/png"}, []byte("a picture"), coop.Decision{})
		if err != nil {
			t.Fatal(err)
		}
		_, meeting := a.Publish(fedtest.Meetup("An open assembly", "2000-02-01"))
		guest := n.Peer("guest.example")
		guest.Send(a.Site.SharedInbox(), said(guest, "Join", meeting))
		n.Quiet()
		answer := guest.Got("Accept")
		if len(answer) != 1 {
			t.Fatalf("a guest was answered %d times", len(answer))
		}
		var accept struct{ ID coop.IRI }
		if err := json.Unmarshal(answer[0].Body, &accept); err != nil {
			t.Fatal(err)
		}
		asking := []*fedtest.Peer{n.Peer("one.example"), n.Peer("two.example")}
		for _, who := range asking {
			n.Answer(who.Host, http.StatusServiceUnavailable)
		}
		for _, pair := range [][2]coop.IRI{
			{a.Site.Page(a.Coop, "hidden"), a.Site.Page(a.Coop, "nothing")}, {draft, a.Site.Page(a.Coop, "nothing")},
			{a.Site.ICS(a.Coop, "hidden"), a.Site.ICS(a.Coop, "nothing")},
			{hidden, a.Site.Object(p.Kind, id)}, {hidden + "/replies", a.Site.Object(p.Kind, id) + "/replies"},
			{a.Site.Activity(p.Activity), a.Site.Activity(id)},
			{a.Site.Media(m.File), a.Site.Media(strings.Repeat("0", 64) + ".png")}, {a.Site.MediaObject(m.ID), a.Site.MediaObject(id)},
			{accept.ID, a.Site.Activity(id)}, // for the guest alone
		} {
			var seen [2]string
			for i, at := range pair {
				for range 2 {
					status, h, body := signedBy(t, a, asking[i], at)
					body, _, _ = strings.Cut(body, `"instance"`)
					seen[i] += http.StatusText(status) + body + strings.Join(h.Values("Vary"), ",") + h.Get("Cache-Control") + h.Get("Retry-After") + "\n"
				}
				seen[i] += strings.Repeat("asked ", len(n.To(asking[i].Host, http.MethodGet)))
				status, body, h := page(t, a, at)
				seen[i] += http.StatusText(status) + etag(body) + strings.Join(h.Values("Vary"), ",") + h.Get("Cache-Control")
			}
			if seen[0] != seen[1] {
				t.Errorf("%s is told from what is not there:\n%s\n%s", pair[0], seen[0], seen[1])
			}
		}
	}, fedtest.Calm())
}

// Who may read the occurrences of a series is not changed for those that wait when it
// cannot be for those that are published.
func TestASeriesStaysHidden(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		weekly := with(followersOnly(a, fedtest.Meetup("The hidden assembly", "2000-02-01")), "plenum:repeat", "FREQ=WEEKLY;COUNT=3", "plenum:ahead", 7)
		_, first := a.Publish(weekly)
		change := fedtest.Document{"type": "Update", "to": coop.Public, "object": fedtest.Document{"id": first, "summary": "For all", "plenum:scope": "all"}}
		if status, _, body := a.Submit(change); status != http.StatusBadRequest {
			t.Errorf("got %d %s", status, body)
		}
		time.Sleep(60 * 24 * time.Hour)
		n.Quiet()
		list, err := a.DB.Posts(t.Context(), coop.PostQuery{Coop: a.Coop, All: true})
		if err != nil || len(list) != 3 {
			t.Fatalf("got %d (%v)", len(list), err)
		}
		for _, p := range list {
			if p.Visibility != coop.Followers {
				t.Errorf("%s is for %q", p.Slug, p.Visibility)
			}
		}
	}, fedtest.Calm())
}

// Who is asked to share a post can read what it is.
func TestWhoIsAskedToSharePostsReadsThem(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		first, second := deskOf(t, a, a.Coop), another(t, a, "second")
		third := another(t, a, "third")
		hidden := quietly(first, "hidden")
		offer := first.said(fedtest.Document{"type": "Offer", "object": hidden, "target": a.Site.Actor("second")})
		for _, id := range []coop.IRI{hidden, offer} {
			second.read(id)
			if res, _ := third.do(http.MethodGet, id, nil); res.StatusCode != http.StatusNotFound {
				t.Errorf("who is not asked is answered %d", res.StatusCode)
			}
		}
		second.said(verb("Reject", offer))
		if res, _ := second.do(http.MethodGet, hidden, nil); res.StatusCode != http.StatusNotFound {
			t.Errorf("who did not want to is answered %d", res.StatusCode)
		}
	}, fedtest.Calm())
}
