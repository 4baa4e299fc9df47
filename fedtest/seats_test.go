// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// 500 people on as many servers want 40 seats: 40 get one, the others wait in the
// order in which they came, each is told what became of it, and each who leaves
// makes room for one.
func TestFiveHundredJoinsForFortySeats(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, first := n.Instance("a.example"), n.Peer("h0.example")
		id := event(a, fedtest.Document{"maximumAttendeeCapacity": 40})
		peers := []*fedtest.Peer{first}
		for k := range 499 {
			peers = append(peers, first.Elsewhere(fmt.Sprintf("h%d.example", k+1)))
		}
		joins := make([]fedtest.Document, len(peers))
		var all sync.WaitGroup
		for k, p := range peers {
			joins[k] = said(p, "Join", id)
			all.Go(func() {
				wants(t, "Join", p.Send(a.Site.SharedInbox(), joins[k]), http.StatusAccepted)
			})
		}
		all.Wait()
		n.Quiet()
		going, waiting := seats(t, a, id, 40)
		if len(waiting) != 460 {
			t.Fatalf("%d wait", len(waiting))
		}
		told500(t, peers, joins, going)

		time.Sleep(61 * time.Second)
		o := object(t, a, id)
		if o["participantCount"] != 40.0 || o["remainingAttendeeCapacity"] != 0.0 || total(o, "attendees") != 40 || o["maximumAttendeeCapacity"] != 40.0 {
			t.Errorf("served: %v of %v, %v left", o["participantCount"], o["maximumAttendeeCapacity"], o["remainingAttendeeCapacity"])
		}
		a.Crash()
		a.Start()
		order := waiting
		byID := map[coop.IRI]int{}
		for k, p := range peers {
			byID[p.ID] = k
		}
		for k := range 5 {
			leaver := peers[byID[going[k]]]
			wants(t, "Leave", leaver.Send(a.Site.SharedInbox(), said(leaver, "Leave", id)), http.StatusAccepted)
			n.Quiet()
			next := byID[order[k]]
			if got := types(told(t, peers[next], joins[next]["id"])); got != "Reject Accept" {
				t.Errorf("who waited longest was told %q", got)
			}
			after := byID[order[k+1]]
			if got := types(told(t, peers[after], joins[after]["id"])); got != "Reject" {
				t.Errorf("who waits behind was told %q", got)
			}
		}
		if _, waiting = seats(t, a, id, 40); !slices.Equal(waiting, order[5:]) {
			t.Errorf("the order of those who wait is another")
		}
	}, fedtest.Calm())
}

// seats are those who have one, of whom there have to be so many, and those who wait
// in their order.
func seats(t *testing.T, a *fedtest.Instance, id coop.IRI, want int) (going, waiting []coop.IRI) {
	t.Helper()
	ref, _ := a.Site.Parse(id)
	list, err := a.DB.RSVPs(t.Context(), coop.RSVPQuery{Post: ref.ID, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		switch r.State {
		case coop.RSVPGoing:
			going = append(going, r.Actor)
		case coop.RSVPWaiting:
			waiting = append(waiting, r.Actor)
		}
	}
	if len(going) != want {
		t.Fatalf("%d have a seat, want %d", len(going), want)
	}
	return going, waiting
}

// told500 checks that each was told once, and the truth.
func told500(t *testing.T, peers []*fedtest.Peer, joins []fedtest.Document, going []coop.IRI) {
	t.Helper()
	for k, p := range peers {
		want := "Reject"
		if slices.Contains(going, p.ID) {
			want = "Accept"
		}
		got := told(t, p, joins[k]["id"])
		if types(got) != want {
			t.Errorf("%s was told %q, want %q", p.ID, types(got), want)
		}
		if want == "Reject" && len(got) == 1 && got[0].Summary != "The event is full; you are on the waiting list" {
			t.Errorf("%s was told %q", p.ID, got[0].Summary)
		}
	}
}

// Whoever does not come makes room: by declining, by not being sure, by being refused,
// by being deleted, and by a server that is shut out.
func TestEverySeatThatBecomesFreeIsGiven(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, host := n.Instance("a.example"), n.Peer("h0.example")
		id := event(a, fedtest.Document{"maximumAttendeeCapacity": 2, "inLanguage": "de"})
		ref, _ := a.Site.Parse(id)
		inbox := a.Site.SharedInbox()
		peers := []*fedtest.Peer{host}
		for k := range 6 {
			peers = append(peers, host.Elsewhere(fmt.Sprintf("h%d.example", k+1)))
		}
		state := func(k int) coop.RSVPState { return stateOf(t, a, id, peers[k].ID) }
		for k, p := range peers {
			form := "Join"
			if k == 3 {
				form = "Accept" // no question, and so no answer but where it comes out differently
			}
			wants(t, form, p.Send(inbox, said(p, form, id)), http.StatusAccepted)
		}
		n.Quiet()
		if got := told(t, peers[2], nil); types(got) != "Reject" || got[0].Summary != "Die Veranstaltung ist ausgebucht; Sie stehen auf der Warteliste" {
			t.Errorf("got %+v", got)
		}
		promoted := func(k int, why, want string) {
			t.Helper()
			n.Quiet()
			if got := state(k); got != coop.RSVPGoing {
				t.Errorf("%s: number %d is %q", why, k, got)
			}
			if got := types(told(t, peers[k], nil)); got != want {
				t.Errorf("%s: number %d was told %q", why, k, got)
			}
			seats(t, a, id, 2)
		}
		peers[0].Send(inbox, said(peers[0], "Reject", id))
		promoted(2, "declined", "Reject Accept")
		peers[1].Send(inbox, said(peers[1], "TentativeAccept", id))
		promoted(3, "maybe", "Reject Accept")
		if _, err := a.Fed.DecideRSVP(t.Context(), a.Coop, ref.ID, peers[2].ID, coop.RSVPRefused, coop.Decision{By: "anna", Why: "no room for trolls"}); err != nil {
			t.Fatal(err)
		}
		promoted(4, "refused", "Reject Accept")
		peers[2].Send(inbox, said(peers[2], "Leave", id))
		peers[2].Send(inbox, said(peers[2], "Join", id))
		if n.Quiet(); state(2) != coop.RSVPRefused || types(told(t, peers[2], nil)) != "Reject Accept Reject Reject" {
			t.Errorf("who was refused is %q, and was told %q", state(2), types(told(t, peers[2], nil)))
		}
		peers[3].Status("/actor", http.StatusGone)
		peers[3].Send(inbox, said(peers[3], "Delete", peers[3].ID))
		promoted(5, "deleted", "Reject Accept")
		if err := a.Fed.SetRule(t.Context(), coop.Rule{Target: peers[4].Host, Level: coop.RuleRefuse}, coop.Decision{By: "anna", What: "block add"}); err != nil {
			t.Fatal(err)
		}
		promoted(6, "blocked", "Reject Accept")
		if state(4) != "" {
			t.Errorf("who is shut out is %q", state(4))
		}
	}, fedtest.Calm())
}

func TestMoreSeatsAreGivenAndFewerThrowNobodyOut(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, host := n.Instance("a.example"), n.Peer("h0.example")
		id := event(a, fedtest.Document{"maximumAttendeeCapacity": 1})
		inbox := a.Site.SharedInbox()
		peers := []*fedtest.Peer{host}
		for k := range 4 {
			peers = append(peers, host.Elsewhere(fmt.Sprintf("h%d.example", k+1)))
		}
		for _, p := range peers[:4] {
			wants(t, "Join", p.Send(inbox, said(p, "Join", id)), http.StatusAccepted)
		}
		n.Quiet()
		a.Update(id, fedtest.Document{"maximumAttendeeCapacity": 3})
		n.Quiet()
		going, waiting := seats(t, a, id, 3)
		if !slices.Equal(going, []coop.IRI{peers[0].ID, peers[1].ID, peers[2].ID}) || !slices.Equal(waiting, []coop.IRI{peers[3].ID}) {
			t.Errorf("got %v, %v wait", going, waiting)
		}
		for k, want := range []string{"Accept", "Reject Accept", "Reject Accept", "Reject"} {
			if got := types(told(t, peers[k], nil)); got != want {
				t.Errorf("number %d was told %q", k, got)
			}
		}
		a.Update(id, fedtest.Document{"maximumAttendeeCapacity": 1})
		n.Quiet()
		seats(t, a, id, 3)
		peers[4].Send(inbox, said(peers[4], "Join", id))
		peers[0].Send(inbox, said(peers[0], "Leave", id))
		n.Quiet()
		if _, waiting := seats(t, a, id, 2); len(waiting) != 2 {
			t.Errorf("there are fewer seats than people, and %d wait", len(waiting))
		}
		a.Update(id, fedtest.Document{"eventStatus": "EventCancelled"})
		a.Update(id, fedtest.Document{"maximumAttendeeCapacity": 9})
		n.Quiet()
		if _, waiting := seats(t, a, id, 2); len(waiting) != 2 {
			t.Errorf("a seat at what is cancelled was given")
		}
	}, fedtest.Calm())
}

// An Accept does not overtake the Reject before it, though the first attempt at that
// failed; and who was promoted while its server was down is told when it is back,
// across a loss of power.
func TestAnswersKeepTheirOrderAndSurvive(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, one := n.Instance("a.example"), n.Peer("one.example")
		two := one.Elsewhere("two.example")
		inbox := a.Site.SharedInbox()
		id := event(a, fedtest.Document{"maximumAttendeeCapacity": 1})
		one.Send(inbox, said(one, "Join", id))
		n.Quiet()
		two.Answers(http.StatusInternalServerError)
		two.Send(inbox, said(two, "Join", id))
		n.Settle() // the Reject has failed once, and waits
		two.Answers(http.StatusAccepted)
		one.Send(inbox, said(one, "Leave", id))
		synctest.Wait()
		a.Crash()
		a.Start()
		n.Quiet()
		var arrived []string
		for _, g := range two.Got("Accept", "Reject") {
			if g.Status == http.StatusAccepted {
				arrived = append(arrived, g.Type)
			}
		}
		if !slices.Equal(arrived, []string{"Reject", "Accept"}) {
			t.Errorf("got %v", arrived)
		}
		if got := stateOf(t, a, id, two.ID); got != coop.RSVPGoing {
			t.Errorf("got %q", got)
		}
	}, fedtest.Calm())
}

// Over a network that loses, doubles and reorders what it carries, with a loss of
// power in between: each is told in the end what is so.
func TestSeatsAreToldTrulyOverAHostileNetwork(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, host := n.Instance("a.example"), n.Peer("h0.example")
				id := event(a, fedtest.Document{"maximumAttendeeCapacity": 3})
				peers := []*fedtest.Peer{host}
				for k := range 9 {
					peers = append(peers, host.Elsewhere(fmt.Sprintf("h%d.example", k+1)))
				}
				insist := func(p *fedtest.Peer, doc fedtest.Document) {
					for range 50 { // as a server does that has not been answered
						if p.Send(a.Site.SharedInbox(), doc) == http.StatusAccepted {
							return
						}
						time.Sleep(time.Minute)
					}
					t.Errorf("%s was never taken", doc["type"])
				}
				for _, p := range peers {
					insist(p, said(p, "Join", id))
				}
				a.Crash()
				a.Start()
				for _, p := range peers[:2] {
					time.Sleep(time.Minute)
					insist(p, said(p, "Leave", id))
				}
				n.Quiet()
				n.Calm(true)
				going, _ := seats(t, a, id, 3)
				for _, p := range peers {
					var last string
					known := map[string]bool{} // the network doubles; peers know what they have had
					for _, g := range p.Got("Accept", "Reject") {
						if g.Status/100 == 2 && !known[g.ID] {
							known[g.ID], last = true, g.Type
						}
					}
					if slices.Contains(going, p.ID) != (last == "Accept") && stateOf(t, a, id, p.ID) != "" {
						t.Errorf("%s was told %s last and is %q", p.Host, last, stateOf(t, a, id, p.ID))
					}
				}
			}, fedtest.Seed(seed+7))
		})
	}
}
