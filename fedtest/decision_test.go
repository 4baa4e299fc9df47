// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// FEP-8a8e joinMode restricted: the co-op decides, and nobody else.
func TestRestrictedEventWaitsForADecision(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, one := n.Instance("a.example"), n.Peer("one.example")
		two, three := one.Elsewhere("two.example"), one.Elsewhere("three.example")
		inbox := a.Site.SharedInbox()
		id := event(a, fedtest.Document{"joinMode": "restricted", "maximumAttendeeCapacity": 1})
		ref, _ := a.Site.Parse(id)
		for _, p := range []*fedtest.Peer{one, two, three} {
			join := said(p, "Join", id)
			join["participationMessage"] = "<b>May I</b> come?"
			wants(t, "Join", p.Send(inbox, join), http.StatusAccepted)
		}
		n.Quiet()
		for _, p := range []*fedtest.Peer{one, two, three} {
			if got := answers(t, a, id)[p.ID]; got.State != coop.RSVPAsked || got.Message != "May I come?" || len(p.Got("Accept", "Reject")) != 0 {
				t.Errorf("got %+v and %d answers", got, len(p.Got()))
			}
		}
		decide := func(n coop.Name, p *fedtest.Peer, s coop.RSVPState) error {
			_, err := a.Fed.DecideRSVP(t.Context(), n, ref.ID, p.ID, s, coop.Decision{By: "anna", Why: "because"})
			return err
		}
		for _, p := range []*fedtest.Peer{one, two} {
			if err := decide(a.Coop, p, coop.RSVPGoing); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // the log is in the order of the moments
		}
		if err := decide(a.Coop, three, coop.RSVPRefused); err != nil {
			t.Fatal(err)
		}
		n.Quiet()
		for p, want := range map[*fedtest.Peer]struct {
			state coop.RSVPState
			told  string
		}{one: {coop.RSVPGoing, "Accept"}, two: {coop.RSVPWaiting, "Reject"}, three: {coop.RSVPRefused, "Reject"}} {
			if got := stateOf(t, a, id, p.ID); got != want.state || types(told(t, p, nil)) != want.told {
				t.Errorf("%s is %q and was told %q", p.Host, got, types(told(t, p, nil)))
			}
		}
		log, err := decided(a)
		if err != nil || len(log) != 3 || log[0].What != "rsvp refuse" || log[0].By != "anna" || log[0].Why != "because" || !strings.Contains(log[0].Target, string(three.ID)) {
			t.Errorf("the log says %+v (%v)", log, err)
		}
		one.Send(inbox, said(one, "Leave", id))
		if n.Quiet(); stateOf(t, a, id, two.ID) != coop.RSVPGoing || types(told(t, two, nil)) != "Reject Accept" {
			t.Errorf("who waited is %q", stateOf(t, a, id, two.ID))
		}
	}, fedtest.Calm())
}

func TestOnlyTheEventsOwnCoopDecidesWhoComes(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		a.Control(http.MethodPost, "/control/coops", fedtest.Document{"name": "second", "title": "The second co-op"}, nil)
		id := event(a, fedtest.Document{"joinMode": "restricted"})
		ref, _ := a.Site.Parse(id)
		wants(t, "Join", peer.Send(a.Site.SharedInbox(), said(peer, "Join", id)), http.StatusAccepted)
		for what, c := range map[string]struct {
			by    coop.Name
			actor coop.IRI
			state coop.RSVPState
			want  coop.Code
		}{
			"by another co-op": {"second", peer.ID, coop.RSVPGoing, coop.NotFound}, "by the relay": {coop.Relay, peer.ID, coop.RSVPGoing, coop.NotFound},
			"about nobody": {a.Coop, "https://nobody.example/", coop.RSVPGoing, coop.NotFound}, "that is none": {a.Coop, peer.ID, coop.RSVPMaybe, coop.Invalid},
		} {
			_, err := a.Fed.DecideRSVP(t.Context(), c.by, ref.ID, c.actor, c.state, coop.Decision{By: "anna"})
			if coop.CodeOf(err) != c.want {
				t.Errorf("a decision %s: got %v", what, err)
			}
		}
		if got := stateOf(t, a, id, peer.ID); got != coop.RSVPAsked {
			t.Errorf("got %q", got)
		}
		if log, err := decided(a); err != nil || len(log) != 0 {
			t.Errorf("the log says %+v (%v)", log, err)
		}
	}, fedtest.Calm())
}

// D12 for RSVPs: what one actor, and one server, may make us do within an hour is
// bounded, and what is beyond leaves nothing.
func TestAnswersBeyondTheAllowanceAreToldToComeLater(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, other := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("other.example")
		inbox := a.Site.SharedInbox()
		id := event(a, nil)
		_, post := a.Publish(fedtest.Report("A report"))
		for what, c := range map[string]struct {
			most int
			make func(p *fedtest.Peer) fedtest.Document
		}{
			"Joins":    {60, func(p *fedtest.Peer) fedtest.Document { return said(p, "Join", id) }},
			"comments": {20, func(p *fedtest.Peer) fedtest.Document { return said(p, "Create", reply(p, post, "<p>again</p>")) }},
			"Likes":    {300, func(p *fedtest.Peer) fedtest.Document { return said(p, "Like", post) }},
			"Flags":    {10, func(p *fedtest.Peer) fedtest.Document { return said(p, "Flag", post) }},
		} {
			for k := range c.most + 3 {
				want := http.StatusAccepted
				if k >= c.most {
					want = http.StatusTooManyRequests
				}
				wants(t, fmt.Sprint(what, " ", k), peer.Send(inbox, c.make(peer)), want)
			}
			wants(t, what+" of somebody else", other.Send(inbox, c.make(other)), http.StatusAccepted)
		}
		if got := len(comments(t, a, post)); got != 21 {
			t.Errorf("%d comments were kept", got)
		}
		time.Sleep(time.Hour)
		wants(t, "an hour later", peer.Send(inbox, said(peer, "Create", reply(peer, post, "<p>at last</p>"))), http.StatusAccepted)
		n.Quiet()
	}, fedtest.Calm())
}

// decided is the log of an instance but for what was published.
func decided(i *fedtest.Instance) ([]coop.Decision, error) {
	log, err := i.DB.Decisions(context.Background(), coop.DecisionQuery{})
	return slices.DeleteFunc(log, func(d coop.Decision) bool {
		return strings.HasPrefix(d.What, "post ") || d.What == "token create"
	}), err
}
