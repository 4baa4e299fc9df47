// SPDX-License-Identifier: AGPL-3.0-or-later

package federation_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

const ld = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`

// with is a copy of a document with other members.
func with(d, members fedtest.Document) fedtest.Document {
	out := maps.Clone(d)
	maps.Copy(out, members)
	return out
}

// D10, D11. A document of a stranger may name whole worlds: nothing in it is
// fetched but the actor, whose key is needed, and an object that came without
// itself.
func TestWhatADocumentNamesIsNotFetched(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		lure := func(what string) string { return "https://" + what + ".lure.example/x" }
		lures := func(what string) (all []any) {
			for k := range 100 {
				all = append(all, lure(fmt.Sprint(what, k)))
			}
			return all
		}
		peer.Serve("/actor", ld, with(peer.Document(), fedtest.Document{
			"alsoKnownAs": lures("known"), "movedTo": lure("moved"), "attributedTo": lures("author"), "attributionDomains": []any{"lure.example"},
			"icon": fedtest.Document{"type": "Image", "url": lure("icon")}, "assertionMethod": lures("method"), "context": lure("context"),
		}))
		peer.Befriends(a)
		bait := fedtest.Document{
			"inReplyTo": lure("parent"), "replies": lure("replies"), "context": lure("context"), "tag": lures("tag"), "attachment": lures("attachment"),
			"image": lure("image"), "location": lure("place"), "contacts": lures("contact"), "audience": lures("audience"), "quoteUrl": lure("quote"),
			"to": append(lures("to"), coop.Public), "cc": lures("cc"), "@context": append(lures("term"), "https://www.w3.org/ns/activitystreams"),
		}
		before := len(n.Exchanges(nil))
		note := with(peer.Note("bait"), bait)
		peer.Serve("/notes/bait", ld, with(note, fedtest.Document{"id": "https://peer.example/notes/bait"}))
		for _, doc := range []fedtest.Document{
			with(peer.Activity("Create", note), bait), with(peer.Activity("Update", note), bait), peer.Activity("Create", "https://peer.example/notes/bait"),
			peer.Activity("Announce", "https://peer.example/notes/bait"), with(peer.Activity("Like", note["id"]), bait), with(with(peer.Activity("Move", lure("moved")), bait), fedtest.Document{"target": lure("target")}),
			with(peer.Activity("Follow", a.Actor()), bait), with(peer.Activity("Undo", peer.NewID("follows")), bait),
			with(peer.Activity("Update", peer.Document()), bait), with(peer.Activity("Add", lure("added")), fedtest.Document{"target": lure("target")}),
		} {
			if got := peer.Send(a.Site.SharedInbox(), doc); got != http.StatusAccepted {
				t.Errorf("%s: got %d", doc["type"], got)
			}
		}
		n.Quiet()
		fetched := 0
		for _, e := range n.Exchanges(nil)[before:] {
			switch {
			case strings.Contains(e.To, "lure"):
				t.Errorf("asked %s for %s", e.To, e.Path)
			case e.From == "a.example" && e.Method == http.MethodGet:
				fetched++
			}
		}
		if fetched == 0 || fetched > 3 {
			t.Errorf("ten activities cost %d fetches", fetched)
		}
		if got := a.Names(); !strings.Contains(got, "bait") {
			t.Errorf("kept %q", got)
		}
	}, fedtest.Calm())
}

// S27; CVE-2026-46349. Somebody passes on an activity of somebody else, which says
// that it is signed by its author: it is not believed, whoever signs the request.
func TestActivityThatIsPassedOnIsNotBelieved(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, author, other := n.Instance("a.example"), n.Peer("author.example"), n.Peer("other.example")
		author.Befriends(a)
		other.Befriends(a)
		inbox := a.Site.SharedInbox()
		note := author.Note("genuine")
		if got := author.Send(inbox, author.Activity("Create", note)); got != http.StatusAccepted {
			t.Fatalf("got %d", got)
		}
		for what, signature := range map[string]any{
			"none": nil, "RsaSignature2017": fedtest.Document{"type": "RsaSignature2017", "creator": author.KeyID, "created": "2000-01-01T00:00:00Z", "signatureValue": "AAAA"},
		} {
			for _, key := range []coop.IRI{other.KeyID, author.KeyID} {
				letter := other.Letter(inbox, with(author.Activity("Delete", note["id"]), fedtest.Document{"signature": signature}))
				letter.KeyID = key
				want := http.StatusAccepted // whoever brings it may; nothing comes of it
				if key == author.KeyID {
					want = http.StatusUnauthorized
				}
				if got := other.Post(letter); got != want {
					t.Errorf("%s, signed as %s: got %d want %d", what, key, got, want)
				}
			}
		}
		if got := a.Names(); got != "genuine" {
			t.Errorf("got %q", got)
		}
	}, fedtest.Calm())
}

// L07. An edited post says nowhere what it said before, neither to servers nor to
// people.
func TestEditedPostForgetsItsOldText(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		doc := fedtest.Meetup("Where Ada lives", "2000-12-27")
		doc["plenum:slug"] = "meetup"
		create, object := a.Publish(doc)
		a.Update(object, fedtest.Document{
			"name": "Elsewhere", "content": "<p>See you</p>", "location": fedtest.Document{"type": "Place", "name": "Town hall"},
			"image": fedtest.Document{"type": "Image", "url": "https://pictures.example/2.png", "mediaType": "image/png", "name": "a picture"},
		})
		time.Sleep(2 * time.Minute) // counts and pages may be a minute old
		seen := 0
		for _, id := range []coop.IRI{
			create, object, a.Site.Of(a.Coop, "outbox"), a.Site.Of(a.Coop, "outbox") + "/pages/1", a.Site.Of(a.Coop, "featured"), a.Site.Of(a.Coop, "upcoming"),
			a.Site.Home(), a.Site.Profile(a.Coop), a.Site.Page(a.Coop, "meetup"), a.Site.Page(a.Coop, "meetup") + ".ics", a.Site.Calendar(a.Coop), a.Site.Calendar(""),
		} {
			for _, accept := range []string{ld, "text/html"} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, string(id), nil)
				r.Header.Set("Accept", accept)
				w := httptest.NewRecorder()
				a.Handler().ServeHTTP(w, r)
				body := w.Body.String()
				if w.Code == http.StatusOK && strings.Contains(body, "Elsewhere") {
					seen++
				}
				for _, old := range []string{"Ada", "Messe Leipzig", "pictures.example/1.png"} {
					if strings.Contains(body, old) {
						t.Errorf("%s as %s still says %q", id, accept, old)
					}
				}
			}
		}
		if seen < 10 {
			t.Errorf("only %d answers say what the post says now", seen)
		}
	}, fedtest.Calm())
}

// docs/security.md A.3. Some servers take no more than 64 KB: an event that would
// be too long for them is refused while somebody can still shorten it, and a
// report is sent all the same.
func TestEventThatIsTooLongForOthersIsRefused(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		long := "<p>" + strings.Repeat("& ", 12_000) + "</p>" // each sign becomes five
		short := "<p>" + strings.Repeat("word ", 2000) + "</p>"
		meetup, report := fedtest.Meetup("A long evening", "2000-12-27"), fedtest.Report("A long report")
		for _, c := range []struct {
			doc     fedtest.Document
			content string
			want    int
		}{
			{meetup, long, http.StatusRequestEntityTooLarge}, {meetup, short, http.StatusCreated}, {report, long, http.StatusCreated},
		} {
			status, _, body := a.Submit(with(c.doc, fedtest.Document{"content": c.content}))
			if status != c.want || status == http.StatusCreated && c.doc["type"] == "Event" && len(body) > 64<<10 {
				t.Errorf("%s of %d bytes: got %d, %d bytes", c.doc["type"], len(c.content), status, len(body))
			}
		}
	}, fedtest.Calm())
}
