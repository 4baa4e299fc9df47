// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

func TestWhomACoopBlocksHasNothingToDoWithIt(t *testing.T) { // AP §6.9
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, calm := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("calm.example")
		d := deskOf(t, a, a.Coop)
		policy(t, a, coop.CommentsOpen)
		peer.Befriends(a)
		peer.Follows(a, a.Actor())
		_, post := a.Publish(fedtest.Report("A report"))
		meeting := event(a, nil)
		block := d.said(verb("Block", peer.ID))
		if again := d.said(verb("Block", fedtest.Document{"id": peer.ID})); again != block {
			t.Errorf("blocked twice: %s and %s", block, again)
		}
		n.Quiet()
		if got := a.Followers(a.Coop); len(got) != 0 || a.FollowState(peer.ID) != "" {
			t.Errorf("after the Block: followers %v, following %q", got, a.FollowState(peer.ID))
		}
		if reject, undo := len(peer.Got("Reject")), len(peer.Got("Undo")); reject != 1 || undo != 1 || len(peer.Got("Block")) != 0 {
			t.Errorf("who is blocked got %d Rejects, %d Undos and %d Blocks", reject, undo, len(peer.Got("Block")))
		}
		if status, body := a.Get(block); status != http.StatusNotFound { // it is the co-op's own business
			t.Errorf("the Block answers %d to strangers: %s", status, body)
		}
		inbox := a.Site.SharedInbox()
		for _, doc := range []fedtest.Document{
			peer.Activity("Create", reply(peer, post, "<p>But</p>")), peer.Activity("Like", post), peer.Activity("Announce", post), peer.Activity("Join", meeting),
			peer.Activity("Follow", a.Actor()),
		} {
			wants(t, fmt.Sprint(doc["type"]), peer.Send(inbox, doc), http.StatusAccepted)
		}
		wants(t, "of somebody else", calm.Send(inbox, calm.Activity("Like", post)), http.StatusAccepted)
		n.Quiet()
		if got := comments(t, a, post); len(got) != 0 {
			t.Errorf("got comments %v", got)
		}
		if got := tally(t, a, post); got.Likes != 1 || got.Shares != 0 {
			t.Errorf("got %+v", got)
		}
		if got := answers(t, a, meeting); len(got) != 0 {
			t.Errorf("got answers %v", got)
		}
		if got := peer.Got("Reject"); len(got) != 2 || !strings.Contains(string(got[1].Body), `"Follow"`) || len(a.Followers(a.Coop)) != 0 {
			t.Errorf("the Follow of who is blocked: got %d Rejects, followers %v", len(got), a.Followers(a.Coop))
		}
		for _, doc := range []fedtest.Document{verb("Follow", peer.ID), verb("Like", peer.Note("liked")["id"])} {
			d.refused(doc, http.StatusConflict, "object")
		}
		if got := n.Exchanges(func(e fedtest.Exchange) bool { return e.Type == "Block" || strings.Contains(string(e.Body), `"Block"`) }); len(got) != 0 {
			t.Errorf("a Block left the instance: %+v", got)
		}
	}, fedtest.Calm())
}

func TestABlockOutlastsARestartAndIsTakenBack(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		d := deskOf(t, a, a.Coop)
		_, post := a.Publish(fedtest.Report("A report"))
		block, inbox := d.said(verb("Block", peer.ID)), a.Site.SharedInbox()
		a.Stop() // the memory of it goes
		a.Start()
		wants(t, "after a restart", peer.Send(inbox, peer.Activity("Like", post)), http.StatusAccepted)
		if got := tally(t, a, post); got.Likes != 0 {
			t.Errorf("after a restart: got %+v", got)
		}
		d.said(verb("Undo", verb("Block", peer.ID)))
		d.refused(verb("Undo", block), http.StatusNotFound, "object")
		if status, body := a.Get(block); status != http.StatusNotFound {
			t.Errorf("the Block that was taken back answers %d to strangers: %s", status, body)
		}
		peer.Follows(a, a.Actor())
		if got := a.Followers(a.Coop)[peer.ID]; got != coop.FollowAccepted {
			t.Errorf("who is blocked no more: got %q", got)
		}
	}, fedtest.Calm())
}

func TestCoopsOfOneInstanceBlockEachOther(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		d, second := deskOf(t, a, a.Coop), another(t, a, "second")
		d.said(verb("Follow", a.Site.Actor("second")))
		second.said(verb("Follow", a.Actor()))
		_, post := a.Publish(fedtest.Report("Ours"))
		d.said(verb("Block", a.Site.Actor("second")))
		if got, more := a.Followers(a.Coop), a.Followers("second"); len(got)+len(more) != 0 {
			t.Errorf("they still follow each other: %v, %v", got, more)
		}
		second.refused(verb("Follow", a.Actor()), http.StatusForbidden, "object")
		second.refused(fedtest.Document{"type": "Offer", "object": post, "target": a.Actor()}, http.StatusForbidden, "object")
		for _, id := range []coop.IRI{a.Actor(), a.Site.Actor(coop.Relay), a.Site.Actor("nobody"), post} {
			if status, _, _ := d.post(verb("Block", id)); status != http.StatusBadRequest && status != http.StatusNotFound {
				t.Errorf("a Block of %s was answered %d", id, status)
			}
		}
	}, fedtest.Calm())
}

func TestFollowsThatWaitAreAnsweredThroughTheOutbox(t *testing.T) { // AP §7.6, §7.7
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		if _, err := a.Fed.SetCoop(t.Context(), "root", a.Coop, func(c *coop.Coop) error { c.Approve = true; return nil }); err != nil {
			t.Fatal(err)
		}
		d, second := deskOf(t, a, a.Coop), another(t, a, "second")
		more := peer.Elsewhere("more.example")
		first := peer.Activity("Follow", a.Actor())
		peer.Send(a.Site.SharedInbox(), first)
		more.Follows(a, a.Actor())
		second.said(verb("Follow", a.Actor()))
		if got := items(d.read(a.Site.Of(a.Coop, "inbox"))); !slices.Equal(got, []string{"Follow", "Follow", "Follow"}) {
			t.Errorf("the inbox has %v", got)
		}
		second.refused(verb("Accept", first["id"]), http.StatusNotFound, "object")
		accept := d.said(verb("Accept", first["id"]))
		d.said(verb("Reject", fedtest.Document{"type": "Follow", "actor": more.ID, "object": a.Actor()}))
		local, err := a.DB.Follower(t.Context(), a.Coop, a.Site.Actor("second"))
		if err != nil {
			t.Fatal(err)
		}
		d.said(verb("Accept", local.Follow))
		n.Quiet()
		got := a.Followers(a.Coop)
		if len(got) != 2 || got[peer.ID] != coop.FollowAccepted || got[a.Site.Actor("second")] != coop.FollowAccepted {
			t.Errorf("got %v", got)
		}
		if is := peer.Got("Accept"); len(is) != 1 || is[0].ID != string(accept) || !is[0].Verified {
			t.Errorf("got %+v", is)
		}
		if is := more.Got("Reject"); len(is) != 1 || !is[0].Verified {
			t.Errorf("got %+v", is)
		}
		d.said(verb("Reject", first["id"])) // one that was accepted before
		for _, doc := range []fedtest.Document{
			verb("Reject", first["id"]), verb("Accept", "https://peer.example/none"), verb("Accept", a.Site.Activity("01J0000000000000000000000Z")),
			verb("Accept", fedtest.Document{"type": "Follow", "actor": "https://nobody.example/", "object": a.Actor()}),
		} {
			d.refused(doc, http.StatusNotFound, "object")
		}
	}, fedtest.Calm())
}

func TestAnswersToEventsAreDecidedThroughTheOutbox(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		d, second := deskOf(t, a, a.Coop), another(t, a, "second")
		meeting := event(a, fedtest.Document{"joinMode": "restricted", "maximumAttendeeCapacity": 1})
		var joins []fedtest.Document
		peers := []*fedtest.Peer{peer, peer.Elsewhere("p2.example"), peer.Elsewhere("p3.example")}
		for _, p := range peers {
			joins = append(joins, p.Activity("Join", meeting))
			wants(t, "Join", p.Send(a.Site.SharedInbox(), joins[len(joins)-1]), http.StatusAccepted)
		}
		second.refused(verb("Accept", joins[0]), http.StatusNotFound, "object")
		accept := d.said(verb("Accept", joins[0]["id"]))
		reject := d.said(verb("Reject", fedtest.Document{"type": "Join", "actor": peers[1].ID, "object": meeting}))
		status, full, body := d.post(verb("Accept", joins[2]))
		if status != http.StatusCreated || body["type"] != "Reject" || full == "" { // there is no seat: they wait for one
			t.Errorf("got %d %v", status, body)
		}
		n.Quiet()
		for k, want := range []coop.RSVPState{coop.RSVPGoing, coop.RSVPRefused, coop.RSVPWaiting} {
			if got := stateOf(t, a, meeting, peers[k].ID); got != want {
				t.Errorf("answer %d: got %q want %q", k, got, want)
			}
		}
		for k, want := range []coop.IRI{accept, reject, full} {
			if got := peers[k].Got("Accept", "Reject"); len(got) != 1 || got[0].ID != string(want) || !got[0].Verified {
				t.Errorf("peer %d got %+v", k, got)
			}
		}
		if status, _, _ := d.post(verb("Accept", joins[0])); status != http.StatusConflict {
			t.Errorf("a second Accept was answered %d", status)
		}
		d.refused(verb("Accept", fedtest.Document{"type": "Join", "actor": "https://nobody.example/", "object": meeting}), http.StatusNotFound, "object")
	}, fedtest.Calm())
}

func TestPinsStandFirstInFeatured(t *testing.T) { // AP §6.6, §6.7, A07
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		d, second := deskOf(t, a, a.Coop), another(t, a, "second")
		peer.Follows(a, a.Actor())
		featured := a.Site.Of(a.Coop, "featured")
		var posts []coop.IRI
		for k := range 12 {
			_, id := a.Publish(fedtest.Report(fmt.Sprintf("Report %d", k)))
			posts = append(posts, id)
			time.Sleep(time.Second)
		}
		pin := func(kind string, id coop.IRI) fedtest.Document {
			return fedtest.Document{"type": kind, "object": id, "target": featured}
		}
		add := d.said(pin("Add", posts[0]))
		d.said(pin("Add", posts[3]))
		want := []string{string(posts[3]), string(posts[0]), string(posts[11]), string(posts[10]), string(posts[9])}
		if got := items(object(t, a, featured)); !slices.Equal(got, want) {
			t.Errorf("got %v want %v", got, want)
		}
		n.Quiet()
		if got := peer.Got("Add"); len(got) != 2 || got[0].ID != string(add) || !got[0].Verified || !strings.Contains(string(got[0].Body), `"target":"`+string(featured)+`"`) {
			t.Errorf("got %+v", got)
		}
		second.refused(pin("Add", posts[0]), http.StatusForbidden, "target")
		_, theirs := publishAs(second, fedtest.Report("Theirs"))
		d.refused(pin("Add", theirs), http.StatusForbidden, "object")
		d.refused(pin("Remove", posts[5]), http.StatusNotFound, "object")
		for _, target := range []coop.IRI{
			a.Site.Of(a.Coop, "followers"), a.Site.Of(a.Coop, "inbox"), a.Site.Of(a.Coop, "outbox"), a.Site.Of(a.Coop, "liked"), a.Site.Of("second", "featured"),
			a.Site.Of(a.Coop, "following"), posts[0] + "/likes", posts[0] + "/replies",
		} {
			for _, kind := range []string{"Add", "Remove"} {
				d.refused(fedtest.Document{"type": kind, "object": posts[1], "target": target}, http.StatusForbidden, "target")
			}
		}
		d.said(pin("Remove", posts[3]))
		a.Delete(posts[0])
		for _, id := range posts[2:12] {
			d.said(pin("Add", id))
		}
		d.refused(pin("Add", posts[1]), http.StatusConflict, "target")
		if got := items(object(t, a, featured)); len(got) != 10 || got[0] != string(posts[11]) || slices.Contains(got, string(posts[0])) {
			t.Errorf("got %v", got)
		}
		n.Quiet()
		if got := len(peer.Got("Remove")); got != 1 {
			t.Errorf("got %d Removes", got)
		}
	}, fedtest.Calm())
}

// publishAs publishes in the name of a co-op.
func publishAs(d desk, doc fedtest.Document) (activity, object coop.IRI) {
	d.t.Helper()
	status, at, body := d.post(doc)
	o, _ := body["object"].(map[string]any)
	id, _ := o["id"].(string)
	if status != http.StatusCreated || id == "" {
		d.t.Fatalf("got %d %v", status, body)
	}
	return at, coop.IRI(id)
}
