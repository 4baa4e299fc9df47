// SPDX-License-Identifier: AGPL-3.0-or-later

package federation_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/federation"
	"plenum/fedtest"
)

// sends posts a document of a peer to the co-op's inbox, where it must be taken.
func sends(t *testing.T, peer *fedtest.Peer, to *fedtest.Instance, doc fedtest.Document) {
	t.Helper()
	if got := peer.Send(to.Site.Of(to.Coop, "inbox"), doc); got != http.StatusAccepted {
		t.Fatalf("%s was answered with %d", doc["type"], got)
	}
}

func TestFollowThatIsSentAnewUnderItsOldIDIsAnswered(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		follow := peer.Activity("Follow", a.Actor()) // Misskey and WordPress make its id of who follows whom
		sends(t, peer, a, follow)
		n.Quiet()
		time.Sleep(time.Hour)
		sends(t, peer, a, follow) // the Accept was lost there
		n.Quiet()
		if got := len(peer.Got("Accept")); got != 2 {
			t.Errorf("a Follow that was repeated after an hour brought %d Accepts, want 2", got)
		}
		sends(t, peer, a, peer.Activity("Undo", follow))
		if got := a.Followers(a.Coop); len(got) != 0 {
			t.Fatalf("got %v", got)
		}
		time.Sleep(time.Hour)
		sends(t, peer, a, follow)
		n.Quiet()
		want := map[coop.IRI]coop.FollowState{peer.ID: coop.FollowAccepted}
		if got := a.Followers(a.Coop); !maps.Equal(got, want) || len(peer.Got("Accept")) != 3 {
			t.Errorf("who follows again under the same id: got %v and %d Accepts", got, len(peer.Got("Accept")))
		}
	}, fedtest.Calm())
}

func TestOldRequestDoesNotBringBackAFollowThatWasUndone(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		follow := peer.Activity("Follow", a.Actor())
		var again *http.Request
		letter := peer.Letter(a.Site.Of(a.Coop, "inbox"), follow)
		letter.Signed = func(r *http.Request) { again = r.Clone(t.Context()) }
		if got := peer.Post(letter); got != http.StatusAccepted {
			t.Fatalf("got %d", got)
		}
		time.Sleep(10 * time.Second)
		sends(t, peer, a, peer.Activity("Undo", follow))
		time.Sleep(10 * time.Second)
		letter.Signed = func(r *http.Request) { r.Header = again.Header } // the very bytes that were sent before
		if got := peer.Post(letter); got != http.StatusAccepted {
			t.Fatalf("got %d", got)
		}
		n.Quiet()
		if got := a.Followers(a.Coop); len(got) != 0 {
			t.Errorf("a replayed request made a follower: %v", got)
		}
	}, fedtest.Calm())
}

func TestUndoThatOvertakesItsFollowEndsIt(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		first, second := peer.Activity("Follow", a.Actor()), peer.Activity("Follow", a.Actor())
		sends(t, peer, a, peer.Activity("Undo", first))
		sends(t, peer, a, first) // sent before the Undo, and late
		n.Quiet()
		if got := a.Followers(a.Coop); len(got) != 0 || len(peer.Got("Accept")) != 0 {
			t.Errorf("a Follow that was undone before it came made a follower: %v", got)
		}
		sends(t, peer, a, second)
		n.Quiet()
		if got := a.Followers(a.Coop); len(got) != 1 {
			t.Errorf("another Follow of the same actor: got %v", got)
		}
	}, fedtest.Calm())
}

func TestFollowerWhoseInboxMovedIsSentPostsThere(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		var paths []string
		peer.Route("/new/inbox", func(w http.ResponseWriter, r *http.Request) {
			paths = append(paths, r.URL.Path)
			w.WriteHeader(http.StatusAccepted)
		})
		moved := peer.Document()
		moved["inbox"] = "https://peer.example/new/inbox"
		peer.Serve("/actor", "application/activity+json", moved)
		sends(t, peer, a, peer.Activity("Update", moved))
		a.Publish(fedtest.Report("After the move"))
		n.Quiet()
		if len(paths) != 1 || len(peer.Got("Create")) != 0 {
			t.Errorf("got %d at the new inbox and %d at the old one", len(paths), len(peer.Got("Create")))
		}
	}, fedtest.Calm())
}

func TestActorThatChangesTwiceInAMomentIsReadAgain(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		for _, name := range []string{"Once", "Twice", "Three times"} {
			changed := peer.Document()
			changed["name"] = name
			peer.Serve("/actor", "application/activity+json", changed)
			sends(t, peer, a, peer.Activity("Update", changed))
		}
		sends(t, peer, a, peer.Activity("Create", peer.Note("whatever needs the key")))
		if got, err := a.DB.Actor(t.Context(), peer.ID); err != nil || got.Name != "Three times" {
			t.Errorf("got %q (%v)", got.Name, err)
		}
	}, fedtest.Calm())
}

func TestRemovalOfACoopIsToldToAllWhoKnowOfIt(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, lister, friend := n.Instance("a.example"), n.Peer("lister.example"), n.Peer("friend.example")
		lister.Follows(a, a.Site.Actor(coop.Relay)) // as Mobilizon does: it has our events by their Announces
		friend.Befriends(a)                         // sends us what it publishes
		_, object := a.Publish(fedtest.Meetup("The last meetup", "2000-05-01"))
		n.Quiet()
		a.Control(http.MethodDelete, "/control/coops/a_coop", nil, nil)
		n.Quiet()
		for _, p := range []*fedtest.Peer{lister, friend} {
			if got := p.Got("Delete"); len(got) != 1 || !got[0].Verified {
				t.Errorf("%s was sent %d Deletes, want 1", p.Host, len(got))
			}
		}
		status, body := a.Get(object)
		if status != http.StatusGone || !strings.Contains(string(body), `"Tombstone"`) || !strings.Contains(string(body), string(object)) {
			t.Errorf("a post of a co-op that was removed: got %d %q, want a Tombstone", status, body)
		}
	}, fedtest.Calm())
}

func TestForgedFarewellsCostOneLookIn(t *testing.T) { // K02
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, forger := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("forger.example")
		peer.Follows(a, a.Actor())
		before := len(n.To("peer.example", http.MethodGet))
		for range 30 {
			letter := peer.Letter(a.Site.SharedInbox(), peer.Activity("Delete", peer.ID))
			letter.Key = forger.Key
			if got := peer.Post(letter); got != http.StatusUnauthorized {
				t.Fatalf("got %d", got)
			}
		}
		if got := len(n.To("peer.example", http.MethodGet)) - before; got > 1 {
			t.Errorf("30 forged Deletes of a follower made us ask its host %d times, want once", got)
		}
		if got := a.Followers(a.Coop); len(got) != 1 {
			t.Errorf("got %v", got)
		}
		peer.Status("/actor", http.StatusGone)
		time.Sleep(time.Hour)
		letter := peer.Letter(a.Site.SharedInbox(), peer.Activity("Delete", peer.ID))
		letter.Key = forger.Key // a key that was changed before the end
		if got := peer.Post(letter); got != http.StatusAccepted {
			t.Errorf("whose document answers 410: got %d", got)
		}
		if got := a.Followers(a.Coop); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	}, fedtest.Calm())
}

// interrupted fails where the process could have died between two steps.
type interrupted struct {
	federation.FollowerStore
	federation.FollowingStore
	at string
}

func (s *interrupted) fails(step string) error {
	if s.at != step {
		return nil
	}
	s.at = ""
	return errors.New("the power failed")
}

func (s *interrupted) EndFollow(ctx context.Context, n coop.Name, actor coop.IRI, seen coop.Seen, out coop.Outgoing) error {
	if err := s.fails("EndFollow"); err != nil {
		return err
	}
	return s.FollowerStore.EndFollow(ctx, n, actor, seen, out)
}

func (s *interrupted) SettleFollow(ctx context.Context, n coop.Name, actor coop.IRI, state coop.FollowState, seen coop.Seen) error {
	if err := s.fails("SettleFollow"); err != nil {
		return err
	}
	return s.FollowingStore.SettleFollow(ctx, n, actor, state, seen)
}

func (s *interrupted) StopFollow(ctx context.Context, n coop.Name, actor coop.IRI, out coop.Outgoing) error {
	if err := s.fails("StopFollow"); err != nil {
		return err
	}
	return s.FollowingStore.StopFollow(ctx, n, actor, out)
}

func TestEndOfALocalFollowThatWasInterruptedCanBeRepeated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		step string
		end  func(a *fedtest.Instance) error
	}{
		{"EndFollow", func(a *fedtest.Instance) error {
			return a.Fed.RemoveFollower(t.Context(), a.Coop, a.Site.Actor("second"), coop.Decision{By: "anna"})
		}},
		{"SettleFollow", func(a *fedtest.Instance) error {
			return a.Fed.RemoveFollower(t.Context(), a.Coop, a.Site.Actor("second"), coop.Decision{By: "anna"})
		}},
		{"EndFollow", func(a *fedtest.Instance) error {
			_, err := a.Fed.Unfollow(t.Context(), coop.Principal{Coop: "second"}, string(a.Actor()))
			return err
		}},
		{"StopFollow", func(a *fedtest.Instance) error {
			_, err := a.Fed.Unfollow(t.Context(), coop.Principal{Coop: "second"}, string(a.Actor()))
			return err
		}},
	} {
		fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
			a := n.Instance("a.example")
			a.Control(http.MethodPost, "/control/coops", fedtest.Document{"name": "second"}, nil)
			a.Control(http.MethodPost, "/control/coops/second/following", fedtest.Document{"target": string(a.Actor())}, nil)
			broken := &interrupted{a.Fed.Followers, a.Fed.Followings, c.step}
			a.Fed.Followers, a.Fed.Followings = broken, broken
			if err := c.end(a); err == nil {
				t.Fatalf("%s: nothing failed", c.step)
			}
			if err := c.end(a); err != nil {
				t.Errorf("%s: again: %v", c.step, err)
			}
			readers, err := a.DB.FollowedBy(t.Context(), a.Actor(), coop.FollowAccepted)
			if got := a.Followers(a.Coop); err != nil || len(readers) != 0 || len(got) != 0 {
				t.Errorf("%s: got %v and %v (%v)", c.step, readers, got, err)
			}
		}, fedtest.Calm())
	}
}

func TestAnswerThatTellsTheFollowWithoutItsIDIsUnderstood(t *testing.T) { // old Pleroma
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, other := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("other.example")
		a.Follow(peer.ID)
		n.Quiet()
		told := fedtest.Document{"type": "Follow", "actor": a.Actor(), "object": peer.ID}
		sends(t, other, a, other.Activity("Accept", told))
		sends(t, peer, a, peer.Activity("Accept", fedtest.Document{"type": "Follow", "actor": a.Actor(), "object": other.ID}))
		sends(t, peer, a, peer.Activity("Accept", fedtest.Document{"type": "Like", "actor": a.Actor(), "object": peer.ID}))
		sends(t, peer, a, peer.Activity("Accept", fedtest.Document{"type": "Follow", "actor": a.Site.Actor(coop.Relay), "object": peer.ID}))
		if got := a.FollowState(peer.ID); got != coop.FollowAsked {
			t.Fatalf("accepted by an answer to something else: %q", got)
		}
		sends(t, peer, a, peer.Activity("Accept", told))
		if got := a.FollowState(peer.ID); got != coop.FollowAccepted {
			t.Errorf("got %q", got)
		}
		sends(t, peer, a, peer.Activity("Reject", told))
		if got := a.FollowState(peer.ID); got != coop.FollowRejected {
			t.Errorf("got %q", got)
		}
	}, fedtest.Calm())
}

// The list of whom a co-op follows shows handles, and a host that is down cannot
// say whose they are.
func TestUnfollowingByHandleNeedsNobodyToAnswer(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b := n.Instance("a.example"), n.Instance("b.example")
		a.Follow(b.Actor())
		n.Quiet()
		n.Down("b.example", true)
		if _, err := a.Fed.Unfollow(t.Context(), coop.Principal{Coop: a.Coop}, "@"+b.Site.Handle(b.Coop)); err != nil {
			t.Error(err)
		}
		if got := a.FollowState(b.Actor()); got != "" {
			t.Errorf("got %q", got)
		}
		n.Down("b.example", false)
		n.Quiet()
	}, fedtest.Calm())
}
