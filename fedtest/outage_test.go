// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

func TestHostThatIsDownIsTriedForSevenDaysAndRevivedOnRequest(t *testing.T) {
	t.Parallel()
	even := func() float64 { return 0.5 }
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		n.Down(peer.Host, true)
		began := time.Now()
		id, _ := a.Publish(fedtest.Report("For whoever comes back"))
		n.Quiet()
		minute, hour, day := time.Minute, time.Hour, 24*time.Hour
		rest := 31*hour + 42*minute + 30*time.Second // from the first attempt to the end of the 16 hours
		want := []time.Duration{
			0, 30 * time.Second, 2*minute + 30*time.Second, 12*minute + 30*time.Second, 42*minute + 30*time.Second,
			1*hour + 42*minute + 30*time.Second, 3*hour + 42*minute + 30*time.Second, 7*hour + 42*minute + 30*time.Second,
			15*hour + 42*minute + 30*time.Second, rest, rest + day, rest + 2*day, rest + 3*day, rest + 4*day, rest + 5*day, 7 * day,
		}
		if got := n.Sends(peer.Host, "Create", began); !slices.Equal(got, want) {
			t.Errorf("got %v\nwant %v", got, want)
		}
		dead := a.Deliveries(coop.DeliveryFilter{State: coop.Dead})
		if len(dead) != 1 || dead[0].Attempts != 16 || !strings.Contains(dead[0].Results[len(dead[0].Results)-1].Reason, "given up after seven days") {
			t.Fatalf("got %+v", dead)
		}
		if got := a.Followers(a.Coop); len(got) != 1 {
			t.Errorf("who was down for a week lost its follow: %v", got)
		}
		n.Down(peer.Host, false)
		var answer struct{ Retried int }
		a.Control(http.MethodPost, "/control/deliveries/retry?state=dead&host="+peer.Host, nil, &answer)
		n.Quiet()
		if got := peer.Got("Create"); answer.Retried != 1 || len(got) != 1 || got[0].ID != string(id) || !got[0].Verified {
			t.Errorf("%d revived, got %+v", answer.Retried, got)
		}
	}, fedtest.Calm(), fedtest.Jitter(even))
}

func TestOrderOfAPostIsKeptThroughAnOutage(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		n.Down(peer.Host, true)
		_, first := a.Publish(fedtest.Report("First"))
		a.Publish(fedtest.Report("Second"))
		for k := range 3 {
			time.Sleep(20 * time.Minute)
			a.Update(first, fedtest.Document{"name": fmt.Sprint("First, changed ", k)})
		}
		time.Sleep(2 * time.Hour)
		n.Down(peer.Host, false)
		n.Quiet()
		var got []string
		for _, g := range peer.Got("Create", "Update", "Delete") {
			if strings.Contains(string(g.Body), string(first)) {
				got = append(got, g.Type)
			}
			if !g.Verified {
				t.Errorf("not signed anew: %s", g.Body)
			}
		}
		if want := []string{"Create", "Update", "Update", "Update"}; !slices.Equal(got, want) {
			t.Errorf("got %v want %v", got, want)
		}
		if got := peer.Distinct("Create"); len(got) != 2 {
			t.Errorf("got %d posts", len(got))
		}
	}, fedtest.Calm())
}

func TestDeleteSupersedesWhatWasNotSent(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		n.Down(peer.Host, true)
		_, object := a.Publish(fedtest.Report("Better not"))
		a.Update(object, fedtest.Document{"name": "Perhaps"})
		time.Sleep(time.Hour)
		a.Delete(object)
		time.Sleep(time.Hour)
		n.Down(peer.Host, false)
		n.Quiet()
		if got := peer.Got("Create", "Update", "Delete"); len(got) != 1 || got[0].Type != "Delete" || !got[0].Verified {
			t.Errorf("got %+v", got)
		}
		for state, want := range map[coop.DeliveryState]int{coop.Superseded: 2, coop.Done: 2} {
			if got := a.Deliveries(coop.DeliveryFilter{State: state}); len(got) != want {
				t.Errorf("%d deliveries are %s, want %d", len(got), state, want)
			}
		}
	}, fedtest.Calm())
}

// One of four hosts takes every request and never answers.
func TestHangingHostDelaysNobodyElse(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, stuck := n.Instance("a.example"), n.Peer("stuck.example")
		stuck.Follows(a, a.Actor())
		var quick []*fedtest.Peer
		for k := range 3 {
			p := n.Peer(fmt.Sprint("quick", k, ".example"))
			p.Follows(a, a.Actor())
			quick = append(quick, p)
		}
		n.Hang(stuck.Host, true)
		began := time.Now()
		for k := range 6 {
			a.Publish(fedtest.Report(fmt.Sprint("Report number ", k)))
		}
		time.Sleep(2 * time.Second)
		for _, p := range quick {
			if got := p.Distinct("Create"); len(got) != 6 {
				t.Errorf("%s has %d of 6 posts", p.Host, len(got))
			}
		}
		if got := len(n.Sends(stuck.Host, "Create", began)); got != 1 {
			t.Errorf("%d requests are stuck at one inbox", got)
		}
		time.Sleep(10 * time.Minute)
		if d := a.Deliveries(coop.DeliveryFilter{Host: stuck.Host, State: coop.Waiting}); len(d) != 6 || len(d[0].Results) == 0 ||
			d[0].Results[0].Took != 30*time.Second || d[0].Results[0].Reason != "the server did not answer in time" {
			t.Errorf("got %+v", d)
		}
		n.Hang(stuck.Host, false)
		n.Quiet()
		if got := stuck.Distinct("Create"); len(got) != 6 {
			t.Errorf("%s has %d of 6 posts", stuck.Host, len(got))
		}
	}, fedtest.Calm())
}

func TestCleanStopCostsNoAttempt(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		n.Hang(peer.Host, true)
		began := time.Now()
		a.Publish(fedtest.Report("Interrupted"))
		for range 3 {
			time.Sleep(2 * time.Second)
			before := time.Now()
			a.Stop()
			if took := time.Since(before); took > 10*time.Second {
				t.Errorf("stopping took %v", took)
			}
			a.Start()
		}
		n.Hang(peer.Host, false)
		n.Quiet()
		done := a.Deliveries(coop.DeliveryFilter{State: coop.Done})
		if len(done) != 2 || done[0].Attempts != 1 || done[1].Attempts != 1 || len(peer.Got("Create")) != 1 {
			t.Errorf("want the Accept and the post, and no attempt charged but the last; got %+v", done)
		}
		if got := len(n.Sends(peer.Host, "Create", began)); got != 4 {
			t.Errorf("the post was sent %d times in four lives of the process", got)
		}
	}, fedtest.Calm())
}

func TestStopInTheMiddleLosesNothing(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				dice := rand.New(rand.NewPCG(seed, seed))
				a, b := n.Instance("a.example"), n.Instance("b.example")
				b.Follow(a.Actor())
				n.Quiet()
				var objects []coop.IRI
				for k := range 8 {
					_, object := a.Publish(fedtest.Report(fmt.Sprint("Report number ", k)))
					objects = append(objects, object)
					time.Sleep(time.Duration(dice.IntN(40_000)) * time.Millisecond)
					for _, i := range []*fedtest.Instance{a, b} {
						if dice.IntN(2) == 0 {
							i.Stop()
							time.Sleep(time.Duration(dice.IntN(90)) * time.Second)
							i.Start()
						}
					}
				}
				n.Quiet()
				same(t, b, a, objects)
			}, fedtest.Seed(seed))
		})
	}
}

// Posts are published, changed and deleted without waiting for anything.
func TestLastWordWinsWhateverTheNetworkDoes(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				dice := rand.New(rand.NewPCG(seed, 0))
				a, b := n.Instance("a.example"), n.Instance("b.example")
				b.Follow(a.Actor())
				for len(a.Followers(a.Coop)) == 0 { // the Accept may take its time
					time.Sleep(time.Second)
				}
				var objects []coop.IRI
				for k := range 20 {
					switch what := dice.IntN(5); {
					case what < 2 || len(objects) == 0:
						_, object := a.Publish(fedtest.Report(fmt.Sprint("Report number ", k)))
						objects = append(objects, object)
					case what < 4:
						a.Update(objects[dice.IntN(len(objects))], fedtest.Document{"name": fmt.Sprint("Changed at ", k)})
					default:
						which := dice.IntN(len(objects))
						a.Delete(objects[which])
						objects = slices.Delete(objects, which, which+1)
					}
					time.Sleep(time.Duration(dice.IntN(20_000)) * time.Millisecond)
				}
				n.Quiet()
				same(t, b, a, objects)
			}, fedtest.Seed(seed))
		})
	}
}
