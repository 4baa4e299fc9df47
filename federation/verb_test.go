// SPDX-License-Identifier: AGPL-3.0-or-later

package federation_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"plenum/coop"
	"plenum/fedtest"
)

// What an editor asks for is done once a publisher agrees, whatever it is: the
// proposal is closed with what came of it, and the log names both.
func TestEachVerbOfAnEditorWaitsForAPublisher(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		if _, err := a.Fed.SetCoop(t.Context(), "root", a.Coop, func(c *coop.Coop) error { c.Approve = true; return nil }); err != nil {
			t.Fatal(err)
		}
		a.Control(http.MethodPost, "/control/coops", fedtest.Document{"name": "second", "title": "The second"}, nil)
		_, post := a.Publish(fedtest.Report("A report"))
		seats := fedtest.Meetup("A meetup", "2000-12-27")
		seats["joinMode"] = "restricted"
		_, meeting := a.Publish(seats)
		note := peer.Note("theirs")["id"]
		follow, join := peer.Activity("Follow", a.Actor()), peer.Activity("Join", meeting)
		peer.Send(a.Site.SharedInbox(), follow)
		peer.Send(a.Site.SharedInbox(), join)
		n.Quiet()
		featured := a.Site.Of(a.Coop, "featured")
		says := func(kind string, object any) fedtest.Document {
			return fedtest.Document{"type": kind, "object": object}
		}
		editor := coop.Principal{Coop: a.Coop, Role: coop.Editor, Member: "01J0000000000000000000000E", By: "erin"}
		publisher := coop.Principal{Coop: a.Coop, Role: coop.Publisher, Member: "01J0000000000000000000000P", By: "paul"}
		for _, row := range []struct { // each builds on those before it
			what string
			doc  fedtest.Document
		}{
			{"like", says("Like", note)}, {"unlike", says("Undo", says("Like", note))}, {"announce", says("Announce", note)},
			{"unannounce", says("Undo", says("Announce", note))}, {"follow", says("Follow", peer.ID)}, {"unfollow", says("Undo", says("Follow", peer.ID))},
			{"follower approve", says("Accept", follow)}, {"follower remove", says("Reject", follow)},
			{"rsvp accept", says("Accept", join)}, {"rsvp refuse", says("Reject", join)},
			{"pin", fedtest.Document{"type": "Add", "object": post, "target": featured}}, {"unpin", fedtest.Document{"type": "Remove", "object": post, "target": featured}},
			{"offer", fedtest.Document{"type": "Offer", "object": post, "target": a.Site.Actor("second")}},
			{"block", says("Block", peer.ID)}, {"unblock", says("Undo", says("Block", peer.ID))},
		} {
			what, doc := row.what, row.doc
			asked, err := a.Fed.Submit(t.Context(), editor, doc.Bytes(), "")
			if err != nil || !asked.Proposed {
				t.Fatalf("%s: got %+v, %v", what, asked, err)
			}
			done, err := a.Fed.AcceptProposal(t.Context(), publisher, asked.Proposal.ID, "")
			if err != nil || done.Location == "" {
				t.Fatalf("%s: got %+v, %v", what, done, err)
			}
			p, err := a.DB.Proposal(t.Context(), asked.Proposal.ID)
			if err != nil || p.State != coop.ProposalAccepted || p.Result != done.Location || p.Settler != "paul" {
				t.Errorf("%s: got %+v, %v", what, p, err)
			}
			log, err := a.DB.Decisions(t.Context(), coop.DecisionQuery{Coop: a.Coop, Limit: 100})
			if err != nil || !slices.ContainsFunc(log, func(d coop.Decision) bool {
				return d.What == what && d.By == "paul" && strings.Contains(d.Why, "erin") && d.Target != ""
			}) {
				t.Errorf("%s: the log has %+v, %v", what, log, err)
			}
		}
	}, fedtest.Calm())
}
