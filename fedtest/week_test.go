// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plenum/coop"
	"plenum/delivery"
	"plenum/fedtest"
)

const (
	day  = 24 * time.Hour
	half = 30 * time.Minute // between two probes of a host that rests
	most = 29 * time.Hour   // no wait between two attempts is longer: a day and a fifth of it
)

// dice are a jitter by a seed, and when they fell.
type dice struct {
	mu   sync.Mutex
	next *rand.Rand
	last map[int64]float64 // the last of each moment, by Unix time: an attempt throws twice, when it is charged and when it is judged
}

func seeded(seed uint64) *dice {
	return &dice{next: rand.New(rand.NewPCG(seed, 3)), last: map[int64]float64{}}
}

func (d *dice) jitter() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.next.Float64()
	d.last[time.Now().UnixNano()] = v
	return v
}

// fell is what the dice fell at last at a moment, if they did.
func (d *dice) fell(at time.Time) (v float64, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok = d.last[at.UnixNano()]
	return v, ok
}

// attempts are the moments at which one delivery that began at a moment is to be
// tried, as far as the dice have fallen: it fails whenever it is. before is how
// often its host had failed by then: from five failures on it rests after each.
func (d *dice) attempts(began time.Time, before int) (at []time.Time) {
	end := began.Add(delivery.Week)
	for now := began; ; {
		at = append(at, now)
		v, fell := d.fell(now)
		if !fell || !now.Before(end) {
			return at
		}
		next := coop.Stamp(now.Add(delivery.Backoff(len(at), v)))
		if len(at) == 15 || next.After(end) {
			next = end
		}
		if rest := now.Add(half); before+len(at) >= 5 && next.Before(rest) {
			next = rest
		}
		now = next
	}
}

// sent are the moments at which activities of a type were sent to a host.
func sent(n *fedtest.Network, host, kind string) (at []time.Time) {
	for _, e := range n.To(host, http.MethodPost) {
		if e.Type == kind {
			at = append(at, e.At)
		}
	}
	return at
}

// since says how long after a moment others are.
func since(began time.Time, at []time.Time) (after []time.Duration) {
	for _, a := range at {
		after = append(after, a.Sub(began))
	}
	return after
}

func sleepUntil(at time.Time) { time.Sleep(time.Until(at)) }

func TestOutageOfSixDaysDelaysAndLosesNothing(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			d := seeded(seed)
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, peer := n.Instance("a.example"), n.Peer("peer.example")
				peer.Follows(a, a.Actor())
				n.Down(peer.Host, true)
				began := time.Now()
				_, object := a.Publish(fedtest.Report("For whoever comes back"))
				time.Sleep(10 * time.Minute)
				a.Update(object, fedtest.Document{"name": "For whoever comes back, changed"})
				sleepUntil(began.Add(6 * day))
				n.Down(peer.Host, false)
				n.Quiet()
				want := d.attempts(began, 0)
				for k, at := range want { // the first one after the outage arrives
					if at.After(began.Add(6 * day)) {
						want = want[:k+1]
						break
					}
				}
				if got := sent(n, peer.Host, "Create"); !slices.Equal(since(began, got), since(began, want)) {
					t.Errorf("the Create was sent after %v\nwant %v", since(began, got), since(began, want))
				}
				last := want[len(want)-1]
				if got := sent(n, peer.Host, "Update"); len(got) != 1 || got[0].Before(last) || got[0].Sub(last) > time.Second {
					t.Errorf("the Update was sent after %v, want once and right after the Create, %v", since(began, got), last.Sub(began))
				}
				arrived := peer.Got("Create", "Update")
				if len(arrived) != 2 || arrived[0].Type != "Create" || !arrived[0].Verified || !arrived[1].Verified {
					t.Errorf("got %+v", arrived)
				}
				for _, x := range a.Deliveries(coop.DeliveryFilter{State: coop.Done}) {
					if want := len(sent(n, peer.Host, x.Type)); x.Attempts != want {
						t.Errorf("%d attempts are charged for the %s, %d were made", x.Attempts, x.Type, want)
					}
				}
			}, fedtest.Calm(), fedtest.Jitter(d.jitter))
		})
	}
}

func TestOutageOfEightDaysEndsTheWeekAndRetryBeginsAnother(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			d := seeded(seed)
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, peer := n.Instance("a.example"), n.Peer("peer.example")
				peer.Follows(a, a.Actor())
				n.Down(peer.Host, true)
				began := time.Now()
				id, _ := a.Publish(fedtest.Report("For whoever comes back"))
				sleepUntil(began.Add(7*day + time.Hour))
				want := d.attempts(began, 0)
				if got := sent(n, peer.Host, "Create"); !slices.Equal(since(began, got), since(began, want)) || !got[len(got)-1].Equal(began.Add(7*day)) {
					t.Errorf("it was sent after %v\nwant %v", since(began, got), since(began, want))
				}
				var dead []coop.Delivery
				a.Control(http.MethodGet, "/control/deliveries?state=dead", nil, &dead)
				if len(dead) != 1 || dead[0].Attempts != len(want) || !dead[0].Ended.Equal(began.Add(7*day)) {
					t.Fatalf("got %+v", dead)
				}
				reason := dead[0].Results[len(dead[0].Results)-1].Reason
				if !strings.Contains(reason, "given up after seven days") || !strings.Contains(reason, "refuse") {
					t.Errorf("the reason is %q", reason)
				}
				if got := a.Followers(a.Coop); len(got) != 1 {
					t.Errorf("who was down for a week lost its follow: %v", got)
				}

				again := time.Now() // and the host is still down
				a.Control(http.MethodPost, "/control/deliveries/retry?state=dead&host="+peer.Host, nil, nil)
				sleepUntil(began.Add(8 * day))
				n.Down(peer.Host, false)
				n.Quiet()
				next := d.attempts(again, len(want))
				for k, at := range next {
					if at.After(began.Add(8 * day)) {
						next = next[:k+1]
						break
					}
				}
				if got := sent(n, peer.Host, "Create")[len(want):]; !slices.Equal(since(again, got), since(again, next)) {
					t.Errorf("in its second week it was sent after %v\nwant %v", since(again, got), since(again, next))
				}
				if got := peer.Got("Create"); len(got) != 1 || got[0].ID != string(id) || !got[0].Verified {
					t.Errorf("got %+v", got)
				}
			}, fedtest.Calm(), fedtest.Jitter(d.jitter))
		})
	}
}

func TestRevivedDeliveryHasItsWholeWeek(t *testing.T) {
	t.Parallel()
	d := seeded(35)
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		n.Down(peer.Host, true)
		a.Publish(fedtest.Report("Twice in vain"))
		n.Quiet()
		time.Sleep(3 * day)
		again := time.Now()
		a.Control(http.MethodPost, "/control/deliveries/retry?state=dead", nil, nil)
		n.Quiet()
		if got := a.Deliveries(coop.DeliveryFilter{State: coop.Dead}); len(got) != 1 || !got[0].Ended.Equal(again.Add(7*day)) {
			t.Errorf("revived at %v: %+v", again, got)
		}
	}, fedtest.Calm(), fedtest.Jitter(d.jitter))
}

// Many posts wait for a host that is dead: it gets one request in half an hour, and
// what did not go is charged nothing.
func TestDeadHostIsProbedOnceInHalfAnHour(t *testing.T) {
	t.Parallel()
	d := seeded(7)
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, other := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("other.example")
		peer.Follows(a, a.Actor())
		other.Follows(a, a.Actor())
		n.Down(peer.Host, true)
		began := time.Now()
		for k := range 20 {
			a.Publish(fedtest.Report(fmt.Sprint("Report ", k)))
		}
		time.Sleep(time.Second)
		if got := other.Distinct("Create"); len(got) != 20 {
			t.Errorf("the host that is well has %d of 20", len(got))
		}
		time.Sleep(6*time.Hour - time.Second)
		rests, err := a.DB.Rests(t.Context())
		if err != nil || len(rests) != 1 || rests[0].Host != peer.Host || rests[0].Cause != coop.CauseRefused || !rests[0].Since.Equal(began) {
			t.Errorf("who rests: %+v %v", rests, err)
		}
		sleepUntil(began.Add(2*day + time.Minute))
		synctest.Wait()
		got := since(began, sent(n, peer.Host, "Create"))
		for k := 5; k < len(got); k++ {
			if gap := got[k] - got[k-1]; gap < half {
				t.Errorf("a probe came %v after the one before: %v", gap, got)
			}
		}
		if len(got) < 5+40 || len(got) > 5+96 || got[4] > time.Second {
			t.Errorf("%d requests in two days, the fifth after %v", len(got), got[min(4, len(got)-1)])
		}
		charged := 0
		for _, x := range a.Deliveries(coop.DeliveryFilter{Host: peer.Host, State: coop.Waiting}) {
			charged += x.Attempts
		}
		if charged != len(got) {
			t.Errorf("%d attempts are charged, %d were made", charged, len(got))
		}
		n.Down(peer.Host, false)
		back := time.Now()
		n.Quiet()
		if got := peer.Distinct("Create"); len(got) != 20 || len(peer.Got("Create")) != 20 || time.Since(back) > most {
			t.Errorf("%d of 20 have arrived %v after it was back", len(got), time.Since(back))
		}
		if rests, err := a.DB.Rests(t.Context()); err != nil || len(rests) != 0 {
			t.Errorf("who rests: %+v %v", rests, err)
		}
	}, fedtest.Calm(), fedtest.Jitter(d.jitter))
}

// Of many posts to a dead host none is given up before its week is over, nor kept
// for long after it.
func TestManyPostsToADeadHostAreGivenUpWhenTheirWeekIsOver(t *testing.T) {
	t.Parallel()
	d := seeded(8)
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		n.Down(peer.Host, true)
		for k := range 12 {
			a.Publish(fedtest.Report(fmt.Sprint("Report ", k)))
			time.Sleep(7 * time.Hour)
		}
		n.Quiet()
		dead := a.Deliveries(coop.DeliveryFilter{State: coop.Dead})
		if len(dead) != 12 {
			t.Errorf("%d of 12 were given up", len(dead))
		}
		for _, x := range dead {
			if late := x.Ended.Sub(x.Created.Add(7 * day)); late < 0 || late > 2*half {
				t.Errorf("one was given up %v after its week: %+v", late, x)
			}
		}
	}, fedtest.Calm(), fedtest.Jitter(d.jitter))
}

// While we are away no attempts are made, so none are charged; and a week that ends
// meanwhile ends nothing that was hardly tried.
func TestOutageOfOurOwnIsChargedToNobody(t *testing.T) {
	t.Parallel()
	for _, away := range []time.Duration{3 * day, 8 * day} {
		t.Run(away.String(), func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, peer := n.Instance("a.example"), n.Peer("peer.example")
				peer.Follows(a, a.Actor())
				n.Down(peer.Host, true)
				a.Publish(fedtest.Report("Before we went"))
				time.Sleep(time.Hour)
				a.Stop()
				before := len(sent(n, peer.Host, "Create"))
				time.Sleep(away)
				a.Start()
				time.Sleep(time.Minute) // and it fails once more
				got := a.Deliveries(coop.DeliveryFilter{Host: peer.Host, State: coop.Waiting})
				if len(got) != 1 || got[0].Attempts != before+1 || len(sent(n, peer.Host, "Create")) != before+1 {
					t.Fatalf("%d attempts before: %+v", before, got)
				}
				n.Down(peer.Host, false)
				back := time.Now()
				n.Quiet()
				if got := peer.Got("Create"); len(got) != 1 || time.Since(back) > most {
					t.Errorf("after %v it has %+v", time.Since(back), got)
				}
			}, fedtest.Calm())
		})
	}
}
