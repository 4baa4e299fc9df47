// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// docs/security.md L12, L04: each activity comes to those whom it is for, and nobody
// reads who was told in secret.
func TestActivitiesComeToExactlyThoseAddressed(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b, c := n.Instance("a.example"), n.Instance("b.example"), n.Instance("c.example")
		fan, named, hidden := n.Peer("fan.example"), n.Peer("named.example"), n.Peer("hidden.example")
		a.Control(http.MethodPost, "/control/coops", fedtest.Document{"name": "second", "title": "The second co-op"}, nil)
		b.Follow(a.Actor())
		c.Follow(a.Site.Actor("second"))
		fan.Follows(a, a.Site.Actor(coop.Relay))
		a.Control(http.MethodPatch, "/control/coops/a_coop", fedtest.Document{"approve": true}, nil)
		n.Peer("asked.example").Follows(a, a.Actor()) // and waits for an answer

		want := map[coop.IRI][]string{}
		plain, object := a.Publish(fedtest.Report("For the followers"))
		want[plain] = []string{"b.example"}
		n.Quiet() // what is deleted before it was sent is not sent
		want[a.Update(object, fedtest.Document{"name": "For the followers alone"})] = []string{"b.example"}
		n.Quiet()
		want[a.Delete(object)] = []string{"b.example"}
		addressed := fedtest.Report("For more")
		maps.Copy(addressed, fedtest.Document{"to": []any{coop.Public}, "cc": []any{named.ID, a.Site.Of(a.Coop, "followers")}, "bcc": []any{hidden.ID}, "bto": []any{hidden.ID}})
		more, _ := a.Publish(addressed)
		want[more] = []string{"b.example", "hidden.example", "named.example"}
		meetup, _ := a.Publish(fedtest.Meetup("For whoever comes", "2000-12-27"))
		want[meetup] = []string{"b.example"}
		n.Quiet()
		for id, hosts := range want {
			if got := n.Reached(id); !slices.Equal(got, hosts) {
				t.Errorf("%s came to %v, want %v", id, got, hosts)
			}
		}
		if got := fan.Got("Announce"); len(got) != 1 || len(fan.Got("Create")) != 0 {
			t.Errorf("who follows the instance got %+v", fan.Got())
		}
		if got := c.Names(); got != "" {
			t.Errorf("who follows the neighbour has %q", got)
		}
		for _, e := range n.Exchanges(func(e fedtest.Exchange) bool { return e.From == "a.example" }) {
			if bytes.Contains(e.Body, []byte(hidden.Host)) || bytes.Contains(e.Body, []byte(`"bcc"`)) || bytes.Contains(e.Body, []byte(`"bto"`)) {
				t.Errorf("%s was told of bto or bcc: %s", e.To, e.Body)
			}
		}
		for _, id := range []coop.IRI{more, a.Site.Of(a.Coop, "outbox")} {
			if _, body := a.Get(id); strings.Contains(string(body), hidden.Host) {
				t.Errorf("%s shows bto or bcc", id)
			}
		}
	}, fedtest.Calm())
}

// docs/security.md D12: a flood of followers behind one inbox costs one delivery, and
// one host cannot make us fetch without end.
func TestManyFollowersOfOneInboxGetOneDelivery(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		accepted, later := 0, 0
		for k := range 70 {
			q := peer.Another(fmt.Sprint("/users/", k))
			switch got := q.Send(a.Site.SharedInbox(), said(q, "Follow", a.Actor())); got {
			case http.StatusAccepted:
				accepted++
			case http.StatusServiceUnavailable:
				later++
			default:
				t.Fatalf("got %d", got)
			}
		}
		if accepted != 60 || later != 10 {
			t.Errorf("of 70 unknown actors of one host %d were fetched in a minute and %d told to come later", accepted, later)
		}
		n.Quiet()
		began := time.Now()
		a.Publish(fedtest.Report("Once is enough"))
		n.Quiet()
		if got := n.Sends(peer.Host, "Create", began); len(got) != 1 {
			t.Errorf("it was sent %d times", len(got))
		}
	}, fedtest.Calm())
}

// docs/security.md D12: names below one domain are its owner's, as many as he likes.
func TestNamesBelowADomainAreFetchedFromLikeOneHost(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("wild.example")
		got := map[int]int{}
		for k := range 70 {
			q := peer.Elsewhere(fmt.Sprintf("n%d.wild.example", k))
			got[q.Send(a.Site.SharedInbox(), said(q, "Follow", a.Actor()))]++
		}
		if got[http.StatusAccepted] != 60 || got[http.StatusServiceUnavailable] != 10 {
			t.Errorf("70 unknown actors, each on a name of its own below one domain, were answered %v", got)
		}
		other := peer.Elsewhere("other.example")
		wants(t, "another domain", other.Send(a.Site.SharedInbox(), said(other, "Follow", a.Actor())), http.StatusAccepted)
		n.Quiet()
	}, fedtest.Calm())
}
