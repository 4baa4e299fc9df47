// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"plenum/coop"
	"plenum/fedtest"
)

// followersOnly is a document for the followers of an instance's co-op.
func followersOnly(a *fedtest.Instance, d fedtest.Document) fedtest.Document {
	return with(d, "to", []coop.IRI{a.Site.Of(a.Coop, "followers")})
}

// toNoList is a document that the public may read and no list shows.
func toNoList(a *fedtest.Instance, d fedtest.Document) fedtest.Document {
	return with(d, "to", []coop.IRI{a.Site.Of(a.Coop, "followers")}, "cc", []coop.IRI{coop.Public})
}

// listings are all the places at which a co-op or the instance shows what there is.
func listings(a *fedtest.Instance) (list []coop.IRI) {
	home := coop.IRI("https://" + a.Host)
	for _, what := range []string{"outbox", "outbox/pages/1", "featured", "upcoming", "inbox", "followers", "following", "liked"} {
		list = append(list, a.Site.Of(a.Coop, what))
	}
	return append(list, home+"/", home+"/calendar.ics", home+"/network", home+"/about", home+"/robots.txt", home+"/nodeinfo/2.1",
		home+"/@"+coop.IRI(a.Coop), home+"/@"+coop.IRI(a.Coop)+"/calendar.ics", home+"/tags/assembly", home+"/ap/actor/outbox", a.Site.SharedInbox(),
		home+"/.well-known/webfinger?resource="+coop.IRI(home)+"/@"+coop.IRI(a.Coop)+"/hidden")
}

// L01, L06: a post for the followers stands in no list, and its ids answer 404 to all
// but those whom it is for. CVE-2026-25808.
func TestAPostForTheFollowersIsNotThereForOthers(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, stranger, asked := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("stranger.example"), n.Peer("asked.example")
		peer.Follows(a, a.Actor())
		neighbour := peer.Another("/neighbour") // the same server asks for all of its people
		activity, object := a.Publish(with(followersOnly(a, fedtest.Meetup("The hidden assembly", "2000-02-01")), "plenum:slug", "hidden",
			"tag", []fedtest.Document{{"type": "Hashtag", "name": "#assembly"}}))
		n.Quiet()
		if got := peer.Got("Create"); len(got) != 1 || bytes.Contains(got[0].Body, []byte("#Public")) {
			t.Fatalf("a follower got %+v", got)
		}
		if got := stranger.Got(); len(got) != 0 {
			t.Errorf("a stranger got %+v", got)
		}
		ids := []coop.IRI{activity, object, object + "/likes", object + "/shares", object + "/replies", object + "/replies/pages/1", object + "/attendees", object + "/organizers"}
		for _, id := range ids {
			if status, body := a.Get(id); status != http.StatusNotFound {
				t.Errorf("%s answers %d: %s", id, status, body)
			}
			for _, who := range []*fedtest.Peer{stranger, asked} {
				if status, _ := signedGet(t, a, who, id); status != http.StatusNotFound {
					t.Errorf("%s answers %d to %s", id, status, who.Host)
				}
			}
			for _, who := range []*fedtest.Peer{peer, neighbour} {
				if status, _ := signedGet(t, a, who, id); status != http.StatusOK {
					t.Errorf("%s answers %d to %s", id, status, who.ID)
				}
			}
			if status, _, h := asMember(t, a, id); status != http.StatusOK || h.Get("Cache-Control") != "private, no-store" || !strings.Contains(strings.Join(h.Values("Vary"), ","), "Authorization") {
				t.Errorf("%s answers %d to its co-op: %v", id, status, h)
			}
			if status, _ := a.Get(id); status != http.StatusNotFound { // L03: not from a cache either
				t.Errorf("%s answers %d once its co-op has read it", id, status)
			}
		}
		for _, at := range listings(a) {
			for _, get := range []func() (int, string, http.Header){
				func() (int, string, http.Header) { return page(t, a, at) },
				func() (int, string, http.Header) { s, b := a.Get(at); return s, string(b), nil },
			} {
				if _, body, _ := get(); strings.Contains(body, "idden assembly") || strings.Contains(body, string(postOf(t, a, object).ID)) {
					t.Errorf("%s tells of it: %s", at, body)
				}
			}
		}
		if _, body := a.Get(a.Site.Of(a.Coop, "outbox")); !bytes.Contains(body, []byte(`"totalItems":0`)) {
			t.Errorf("it is counted: %s", body)
		}
		if _, body, _ := page(t, a, "https://a.example/nodeinfo/2.1"); !strings.Contains(body, `"localPosts":0`) {
			t.Errorf("it is counted: %s", body)
		}
		unknown, _, want := page(t, a, a.Site.Page(a.Coop, "unknown"))
		for _, at := range []coop.IRI{a.Site.Page(a.Coop, "hidden"), a.Site.ICS(a.Coop, "hidden")} {
			status, body, h := page(t, a, at)
			if status != unknown || strings.Contains(body, "idden") || strings.Join(h.Values("Vary"), ",") != strings.Join(want.Values("Vary"), ",") || h.Get("Cache-Control") != want.Get("Cache-Control") {
				t.Errorf("%s answers %d, unlike what is not there: %v", at, status, h)
			}
		}
		a.Delete(object)
		n.Quiet()
		if status, body := a.Get(object); status != http.StatusNotFound {
			t.Errorf("once it is deleted it answers %d: %s", status, body)
		}
		if got := peer.Got("Delete"); len(got) != 1 || bytes.Contains(got[0].Body, []byte("#Public")) {
			t.Errorf("a follower got %+v", got)
		}
		if got := stranger.Got(); len(got) != 0 {
			t.Errorf("a stranger got %+v", got)
		}
	}, fedtest.Calm())
}

// Who is not shown a post cannot answer, like or come to it either: that would tell
// that it is there.
func TestWhatIsHiddenCannotBeSpokenOf(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, stranger := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("stranger.example")
		peer.Follows(a, a.Actor())
		neighbour := peer.Another("/neighbour")
		_, object := a.Publish(followersOnly(a, fedtest.Meetup("The hidden assembly", "2000-02-01")))
		id := postOf(t, a, object).ID
		for _, who := range []*fedtest.Peer{stranger, neighbour} {
			if status := who.Send(a.Site.SharedInbox(), said(who, "Join", object)); status != http.StatusNotFound {
				t.Errorf("a Join of %s was answered %d", who.ID, status)
			}
		}
		stranger.Send(a.Site.SharedInbox(), said(stranger, "Like", object))
		note := stranger.Note("I know of it")
		note["inReplyTo"] = object
		stranger.Send(a.Site.SharedInbox(), said(stranger, "Create", note))
		n.Quiet()
		if tally, err := a.DB.Tally(t.Context(), id); err != nil || tally != (coop.Tally{}) || len(stranger.Got()) != 0 {
			t.Errorf("got %+v (%v), told %+v", tally, err, stranger.Got())
		}
		peer.Send(a.Site.SharedInbox(), said(peer, "Join", object))
		peer.Send(a.Site.SharedInbox(), said(peer, "Like", object))
		n.Quiet()
		if tally, err := a.DB.Tally(t.Context(), id); err != nil || tally.Going != 1 || tally.Likes != 1 {
			t.Errorf("a follower made %+v (%v)", tally, err)
		}
	}, fedtest.Calm())
}

// An unlisted post is read by whoever has its address, stands in the outbox as an
// activity, and in no other list.
func TestAnUnlistedPostStandsInNoList(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, relayed := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("relayed.example")
		peer.Follows(a, a.Actor())
		relayed.Follows(a, a.Site.Actor(coop.Relay))
		reader := n.Instance("b.example")
		_, object := a.Publish(with(toNoList(a, fedtest.Meetup("The quiet assembly", "2000-02-01")), "plenum:slug", "quiet",
			"tag", []fedtest.Document{{"type": "Hashtag", "name": "#assembly"}}))
		n.Quiet()
		if status, _ := a.Get(object); status != http.StatusOK {
			t.Errorf("its id answers %d", status)
		}
		if status, body, _ := page(t, a, a.Site.Page(a.Coop, "quiet")); status != http.StatusOK || !strings.Contains(body, `content="noindex"`) {
			t.Errorf("its page answers %d: %s", status, body)
		}
		for _, at := range listings(a) {
			if strings.Contains(string(at), "/outbox") && !strings.Contains(string(at), "actor") {
				continue
			}
			if _, body, _ := page(t, a, at); strings.Contains(body, "quiet assembly") {
				t.Errorf("%s tells of it", at)
			}
			if _, body := a.Get(at); bytes.Contains(body, []byte("quiet assembly")) || bytes.Contains(body, []byte(object)) {
				t.Errorf("%s tells of it", at)
			}
		}
		if _, body := a.Get(a.Site.Of(a.Coop, "outbox")); !bytes.Contains(body, []byte(object)) {
			t.Errorf("the outbox has it not: %s", body)
		}
		if len(peer.Got("Create")) != 1 || len(relayed.Got("Announce")) != 0 {
			t.Errorf("told %d, announced %d", len(peer.Got("Create")), len(relayed.Got("Announce")))
		}
		_ = reader
	}, fedtest.Calm())
}

// L12, L04: what is sent reaches exactly those whom it is addressed to, and nobody is
// told of those who were addressed in secret.
func TestPostsReachExactlyWhomTheyAreAddressedTo(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, follower, named, secret, nobody := n.Instance("a.example"), n.Peer("follower.example"), n.Peer("named.example"), n.Peer("secret.example"), n.Peer("nobody.example")
		follower.Follows(a, a.Actor())
		local := n.Instance("b.example")
		local.Follow(a.Actor())
		n.Quiet()
		_, object := a.Publish(with(fedtest.Report("For some"), "to", []coop.IRI{a.Site.Of(a.Coop, "followers"), named.ID}, "bto", secret.ID))
		n.Quiet()
		a.Update(object, fedtest.Document{"summary": "Shorter"})
		n.Quiet()
		for peer, want := range map[*fedtest.Peer][2]int{follower: {1, 1}, named: {1, 1}, secret: {1, 0}, nobody: {0, 0}} {
			if got := [2]int{len(peer.Got("Create")), len(peer.Got("Update"))}; got != want {
				t.Errorf("%s got %v want %v", peer.Host, got, want)
			}
			for _, r := range peer.Got("Create", "Update") {
				if bytes.Contains(r.Body, []byte("secret.example")) || bytes.Contains(r.Body, []byte("#Public")) {
					t.Errorf("%s was sent %s", peer.Host, r.Body)
				}
			}
		}
		if status, _ := signedGet(t, a, named, object); status != http.StatusOK {
			t.Errorf("who is addressed is answered %d", status)
		}
		for _, who := range []*fedtest.Peer{secret, nobody} {
			if status, _ := signedGet(t, a, who, object); status != http.StatusNotFound {
				t.Errorf("%s is answered %d", who.Host, status)
			}
		}
	}, fedtest.Calm())
}

func TestWhoMayReadAPostDoesNotChange(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		followers := []coop.IRI{a.Site.Of(a.Coop, "followers")}
		_, public := a.Publish(fedtest.Report("Public"))
		_, hidden := a.Publish(followersOnly(a, fedtest.Report("Hidden")))
		for what, c := range map[string]struct {
			id     coop.IRI
			change fedtest.Document
			want   int
		}{
			"public to followers":       {public, fedtest.Document{"to": followers}, http.StatusBadRequest},
			"public to unlisted":        {public, fedtest.Document{"to": followers, "cc": coop.Public}, http.StatusBadRequest},
			"followers to public":       {hidden, fedtest.Document{"to": coop.Public}, http.StatusBadRequest},
			"followers as they are":     {hidden, fedtest.Document{"to": followers, "summary": "a"}, http.StatusCreated},
			"public as it is":           {public, fedtest.Document{"to": coop.Public, "cc": followers, "summary": "b"}, http.StatusCreated},
			"public part of the hidden": {public, fedtest.Document{"plenum:partOf": hidden}, http.StatusBadRequest},
		} {
			c.change["id"] = c.id
			if status, _, body := a.Submit(fedtest.Document{"type": "Update", "object": c.change}); status != c.want {
				t.Errorf("%s: got %d %s", what, status, body)
			}
		}
		if status, _, body := a.Submit(with(fedtest.Report("Direct"), "to", "https://x.example/u")); status != http.StatusBadRequest {
			t.Errorf("addressed to one alone: got %d %s", status, body)
		}
	}, fedtest.Calm())
}
