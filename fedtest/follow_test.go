// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

func TestRepeatedFollowIsAcceptedAgainAndCountsOnce(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		first, second := peer.Activity("Follow", a.Actor()), peer.Activity("Follow", a.Actor())
		for _, follow := range []fedtest.Document{first, first, second} {
			if got := peer.Send(a.Site.Of(a.Coop, "inbox"), follow); got != http.StatusAccepted {
				t.Fatalf("got %d", got)
			}
			n.Quiet()
		}
		accepts := peer.Got("Accept")
		if len(accepts) != 2 {
			t.Fatalf("got %d Accepts for two Follows of which one came twice", len(accepts))
		}
		for k, follow := range []fedtest.Document{first, second} {
			var got struct {
				Actor  coop.IRI
				Object struct{ ID, Actor, Object coop.IRI }
			}
			if err := json.Unmarshal(accepts[k].Body, &got); err != nil {
				t.Fatal(err)
			}
			if !accepts[k].Verified || got.Actor != a.Actor() || got.Object.ID != follow["id"] || got.Object.Actor != peer.ID || got.Object.Object != a.Actor() {
				t.Errorf("got %s, verified: %v", accepts[k].Body, accepts[k].Verified)
			}
		}
		want := map[coop.IRI]coop.FollowState{peer.ID: coop.FollowAccepted}
		if got := a.Followers(a.Coop); !maps.Equal(got, want) {
			t.Errorf("got %v", got)
		}
	}, fedtest.Calm())
}

func TestFollowThatNeedsApprovalWaitsForIt(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b, peer := n.Instance("a.example"), n.Instance("b.example"), n.Peer("peer.example")
		follows := "/control/coops/a_coop/moderation/follows"
		a.Control(http.MethodPatch, "/control/coops/a_coop", fedtest.Document{"approve": true}, nil)
		b.Follow(a.Actor())
		peer.Follows(a, a.Actor())
		n.Quiet()
		early, _ := a.Publish(fedtest.Report("Before anybody was approved"))
		n.Quiet()
		if got := n.Reached(early); len(got) != 0 {
			t.Errorf("who only asked was sent a post: %v", got)
		}
		if got := b.FollowState(a.Actor()); got != coop.FollowAsked {
			t.Errorf("got %q", got)
		}
		a.Control(http.MethodPost, follows, fedtest.Document{"actor": b.Actor(), "decision": "approve", "why": "a neighbour"}, nil)
		a.Control(http.MethodPost, follows, fedtest.Document{"actor": peer.ID, "decision": "reject"}, nil)
		n.Quiet()
		if got := b.FollowState(a.Actor()); got != coop.FollowAccepted {
			t.Errorf("got %q", got)
		}
		if accepts, rejects := peer.Got("Accept"), peer.Got("Reject"); len(accepts) != 0 || len(rejects) != 1 || !rejects[0].Verified {
			t.Errorf("who was refused got %d Accepts and %d Rejects", len(accepts), len(rejects))
		}
		why := map[string]string{}
		log, err := a.DB.Decisions(t.Context(), coop.DecisionQuery{Coop: a.Coop})
		for _, d := range log {
			if strings.HasPrefix(d.What, "follower ") {
				why[d.What+" "+d.Target] = d.Why
			}
		}
		if want := map[string]string{"follower approve " + string(b.Actor()): "a neighbour", "follower reject " + string(peer.ID): ""}; err != nil || !maps.Equal(why, want) {
			t.Errorf("the log says %v (%v)", why, err)
		}
		a.Publish(fedtest.Report("Afterwards"))
		n.Quiet()
		if got := b.Names(); got != "Afterwards" {
			t.Errorf("got %q", got)
		}
		if got := peer.Got("Create"); len(got) != 0 {
			t.Errorf("who was refused got %d posts", len(got))
		}
		if got := b.FollowState(a.Actor()); got != coop.FollowAccepted {
			t.Errorf("got %q", got)
		}
	}, fedtest.Calm())
}

func TestRemovedFollowerIsToldAndGetsNothingMore(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b := n.Instance("a.example"), n.Instance("b.example")
		b.Follow(a.Actor())
		n.Quiet()
		a.Control(http.MethodPost, "/control/coops/a_coop/moderation/follows", fedtest.Document{"actor": b.Actor(), "decision": "remove"}, nil)
		n.Quiet()
		if got := b.FollowState(a.Actor()); got != coop.FollowRejected {
			t.Errorf("got %q", got)
		}
		id, _ := a.Publish(fedtest.Report("Not for b"))
		n.Quiet()
		if got := n.Reached(id); len(got) != 0 {
			t.Errorf("came to %v", got)
		}
		b.Follow(a.Actor()) // a rejected follow may be asked again
		n.Quiet()
		if got := b.FollowState(a.Actor()); got != coop.FollowAccepted {
			t.Errorf("got %q", got)
		}
	}, fedtest.Seed(4))
}

func TestOurFollowIsInForceOnceItIsAccepted(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, yes, no := n.Instance("a.example"), n.Peer("yes.example"), n.Peer("no.example")
		asked, refused := a.Follow(yes.ID), a.Follow(no.ID)
		n.Quiet()
		for _, p := range []*fedtest.Peer{yes, no} {
			if got := p.Got("Follow"); len(got) != 1 || !got[0].Verified {
				t.Fatalf("%s got %+v", p.Host, got)
			}
			if got := a.FollowState(p.ID); got != coop.FollowAsked {
				t.Errorf("%s: got %q", p.Host, got)
			}
		}
		if again := a.Follow(yes.ID); again != asked {
			t.Errorf("asking twice made a second Follow %s beside %s", again, asked)
		}
		yes.Send(a.Site.SharedInbox(), yes.Activity("Accept", fedtest.Document{"type": "Follow", "id": asked, "actor": a.Actor(), "object": yes.ID}))
		no.Send(a.Site.Of(a.Coop, "inbox"), no.Activity("Reject", refused))
		if got := a.FollowState(yes.ID); got != coop.FollowAccepted {
			t.Errorf("got %q", got)
		}
		if got := a.FollowState(no.ID); got != coop.FollowRejected {
			t.Errorf("got %q", got)
		}
		for _, p := range []*fedtest.Peer{yes, no} {
			note := p.Note("Hello from " + p.Host)
			p.Send(a.Site.SharedInbox(), p.Activity("Create", note))
		}
		if got := a.Names(); got != "Hello from yes.example" {
			t.Errorf("got %q", got)
		}
		a.Unfollow(yes.ID)
		n.Quiet()
		if got := yes.Got("Undo"); len(got) != 1 || !got[0].Verified {
			t.Errorf("got %+v", got)
		}
	}, fedtest.Calm())
}

// The Accept is on its way to b and fails once; meanwhile a publishes. The post
// overtakes the Accept, and is not lost for that.
func TestPostThatOvertakesTheAcceptIsKept(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b := n.Instance("a.example"), n.Instance("b.example")
		b.Follow(a.Actor()) // so that a knows b from now on
		n.Quiet()
		b.Unfollow(a.Actor())
		n.Quiet()
		n.Answer("b.example", http.StatusServiceUnavailable)
		b.Follow(a.Actor())
		time.Sleep(10 * time.Second)
		n.Answer("b.example", 0)
		_, object := a.Publish(fedtest.Report("Faster than the Accept"))
		n.Settle()
		if got := b.FollowState(a.Actor()); got != coop.FollowAsked {
			t.Fatalf("the Accept came already: %q", got)
		}
		n.Quiet()
		if got := b.FollowState(a.Actor()); got != coop.FollowAccepted {
			t.Errorf("got %q", got)
		}
		if _, ok := b.Received()[object]; !ok {
			t.Error("the post is lost")
		}
	}, fedtest.Calm())
}

func TestDeletedActorIsForgotten(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		said, found := n.Peer("said.example"), n.Peer("found.example")
		for _, p := range []*fedtest.Peer{said, found} {
			p.Follows(a, a.Actor())
			p.Befriends(a)
			p.Send(a.Site.SharedInbox(), p.Activity("Create", p.Note("Hello from "+p.Host)))
			p.Status("/actor", http.StatusGone)
			p.Answers(http.StatusGone)
		}
		if got := said.Send(a.Site.SharedInbox(), said.Activity("Delete", said.ID)); got != http.StatusAccepted {
			t.Errorf("got %d", got)
		}
		if got := a.Names(); got != "Hello from found.example" {
			t.Errorf("got %q", got)
		}
		a.Publish(fedtest.Report("Is anybody there?"))
		n.Quiet()
		if got := a.Followers(a.Coop); len(got) != 0 {
			t.Errorf("got %v", got)
		}
		if got := said.Got("Create"); len(got) != 0 {
			t.Errorf("who had said that it is gone got %+v", got)
		}
		if got := a.Deliveries(coop.DeliveryFilter{State: coop.Left}); len(got) != 1 || got[0].Host != found.Host {
			t.Errorf("got %+v", got)
		}
	}, fedtest.Calm())
}

// An inbox that answers 410 proves nothing while the actor is still there.
func TestInboxThatIsGoneCostsNoFollower(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		for _, status := range []int{http.StatusOK, http.StatusNotFound, http.StatusInternalServerError} {
			if status != http.StatusOK {
				peer.Status("/actor", status)
			}
			peer.Answers(http.StatusGone)
			id, _ := a.Publish(fedtest.Report("Post"))
			n.Quiet()
			if got := a.Followers(a.Coop); len(got) != 1 {
				t.Errorf("after %s, with the actor answering %d: got %v", id, status, got)
			}
		}
		if got := a.Deliveries(coop.DeliveryFilter{State: coop.Dead}); len(got) != 3 {
			t.Errorf("got %+v", got)
		}
	}, fedtest.Calm())
}
