// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// docs/security.md D41: what is taken back is remembered, whether it was there or not, so that it is
// counted as everything else that leaves something behind.
func TestNobodyTakesBackWithoutEnd(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, p := n.Instance("a.example"), n.Peer("p.example")
		inbox := a.Site.SharedInbox()
		kinds := []string{"Delete", "Undo", "Block"}
		taken, refused := 0, 0
		for i := range 1020 {
			object := any(p.Note("never sent")["id"])
			switch kinds[i%3] {
			case "Undo":
				object = fedtest.Document{"type": "Like", "id": object, "actor": p.ID, "object": "https://a.example/ap/posts/none"}
			case "Block":
				object = a.Actor()
			}
			switch status := p.Send(inbox, said(p, kinds[i%3], object)); status {
			case http.StatusAccepted:
				taken++
			case http.StatusTooManyRequests:
				refused++
			default:
				t.Fatalf("%s: got %d", kinds[i%3], status)
			}
		}
		if taken > 1005 || refused == 0 {
			t.Errorf("%d were taken, %d refused", taken, refused)
		}
	}, fedtest.Calm())
}

// docs/security.md D42: what is passed on goes to every follower, so that it must be small.
func TestLargeCommentIsNotPassedOn(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, author, fan := n.Instance("a.example"), n.Peer("author.example"), n.Peer("fan.example")
		fan.Follows(a, a.Actor())
		_, post := a.Publish(fedtest.Report("A report"))
		policy(t, a, coop.CommentsOpen)
		n.Quiet()
		public, followers := []any{coop.Public}, []any{a.Site.Of(a.Coop, "followers")}
		for _, padding := range []int{0, 100 << 10} {
			note := reply(author, post, "<p>for all of you</p>")
			note["to"], note["cc"], note["summary"] = public, followers, strings.Repeat("x", padding)
			create := said(author, "Create", note)
			create["to"], create["cc"] = public, followers
			wants(t, "Create", author.Send(a.Site.SharedInbox(), create), http.StatusAccepted)
			n.Quiet()
			if c := comments(t, a, post)[note["id"].(coop.IRI)]; c.State != coop.CommentShown {
				t.Errorf("with %d bytes: the comment is %q", padding, c.State)
			}
			if got := len(arrived(create, fan)); (got != 0) != (padding == 0) {
				t.Errorf("with %d bytes: passed on %d times", padding, got)
			}
		}
	}, fedtest.Calm())
}

// docs/security.md D43: pages that nobody can come to are not there.
func TestPageOfRepliesBeyondAllIsNotThere(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		_, post := a.Publish(fedtest.Report("A report"))
		wants(t, "the first page", first(a.Get(post+"/replies/pages/1")), http.StatusOK)
		for _, page := range []int{2, 1_000_000, 92_233_720_368_547_760, 1<<63 - 1} {
			wants(t, fmt.Sprint("page ", page), first(a.Get(post+coop.IRI(fmt.Sprint("/replies/pages/", page)))), http.StatusNotFound)
		}
	}, fedtest.Calm())
}

// docs/security.md D45: who follows the instance actor is told what is still to come;
// who follows it again and again is not told it each time.
func TestWhoFollowsAgainIsWelcomedOnceADay(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, p := n.Instance("a.example"), n.Peer("p.example")
		event(a, nil)
		n.Quiet()
		relay := a.Site.Actor(coop.Relay)
		again := func() int {
			p.Follows(a, relay)
			wants(t, "Undo", p.Send(a.Site.SharedInbox(), said(p, "Undo", fedtest.Document{"type": "Follow", "actor": p.ID, "object": relay})), http.StatusAccepted)
			n.Quiet()
			if len(a.Followers(coop.Relay)) != 0 {
				t.Fatal("it still follows")
			}
			return len(p.Got("Announce"))
		}
		for range 5 {
			if got := again(); got != 1 {
				t.Fatalf("it was told %d times of one event", got)
			}
		}
		time.Sleep(25 * time.Hour)
		if got := again(); got != 2 {
			t.Errorf("a day later it was told %d times", got)
		}
	}, fedtest.Calm())
}

// docs/security.md D46: a complaint about every co-op is as many complaints.
func TestComplaintAboutManyCoopsCountsForEach(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, p := n.Instance("a.example"), n.Peer("p.example")
		objects := []any{a.Actor()}
		for _, name := range []coop.Name{"beta", "gamma", "delta"} {
			if _, err := a.Fed.AddCoop(t.Context(), coop.Coop{Name: name, Title: "Another", Zone: "Europe/Berlin"}); err != nil {
				t.Fatal(err)
			}
			objects = append(objects, a.Site.Actor(name))
		}
		taken := 0
		for range 5 {
			if p.Send(a.Site.SharedInbox(), said(p, "Flag", objects)) == http.StatusAccepted {
				taken++
			}
		}
		list, err := a.DB.Complaints(t.Context(), coop.ComplaintQuery{Limit: 100})
		if err != nil || taken != 2 || len(list) != 8 {
			t.Errorf("%d were taken, and made %d complaints (%v); an actor may make 10 within an hour", taken, len(list), err)
		}
	}, fedtest.Calm())
}

func first(status int, _ []byte) int { return status }
