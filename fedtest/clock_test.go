// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"plenum/coop"
	"plenum/delivery"
	"plenum/fedtest"
)

// A clock that is set wrong and right again, or summer time by mistake, drops
// nothing, and keeps nothing back for longer than a delivery can wait anyway: what is
// left of its week after the schedule's last day can be two days and more.
func TestClockThatJumpsDoesNoHarm(t *testing.T) {
	t.Parallel()
	const bound = 3 * day // a wait that is longer than any is noticed and ended
	for name, c := range map[string]struct {
		jumps []time.Duration
		stay  time.Duration // at each of them
	}{
		"eight days forward and back": {[]time.Duration{8 * day, 0}, 12 * time.Hour},
		"eight days forward":          {[]time.Duration{8 * day}, 12 * time.Hour},
		"eight days back":             {[]time.Duration{-8 * day}, 12 * time.Hour},
		"two days forward and back":   {[]time.Duration{2 * day, 0}, 12 * time.Hour},
		"two days back":               {[]time.Duration{-2 * day}, 12 * time.Hour},
		"an hour back":                {[]time.Duration{-time.Hour}, 12 * time.Hour},
		"a day and then nine forward": {[]time.Duration{day, 9 * day}, 12 * time.Hour},
		"a year forward for an hour":  {[]time.Duration{365 * day, 0}, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, down, failing := n.Instance("a.example"), n.Peer("down.example"), n.Peer("failing.example")
				down.Follows(a, a.Actor())
				failing.Follows(a, a.Actor())
				n.Down(down.Host, true)
				n.Answer(failing.Host, http.StatusBadGateway)
				a.Publish(fedtest.Report("The first"))
				time.Sleep(3 * time.Hour)
				for k := range 7 { // so many that both hosts rest
					a.Publish(fedtest.Report(fmt.Sprint("Report ", k)))
				}
				time.Sleep(time.Minute)
				for k, by := range c.jumps {
					a.Clock(by)
					time.Sleep(c.stay)
					if k < len(c.jumps)-1 { // the last one is to be noticed by nobody but the clock
						a.Publish(fedtest.Report(fmt.Sprint("After a jump ", k)))
					}
				}
				if dead := a.Deliveries(coop.DeliveryFilter{State: coop.Dead}); len(dead) > 0 {
					t.Errorf("given up: %+v", dead)
				}
				n.Down(down.Host, false)
				n.Answer(failing.Host, 0)
				back, want := time.Now(), 7+len(c.jumps)
				for _, p := range []*fedtest.Peer{down, failing} {
					for len(p.Distinct("Create")) < want && time.Since(back) < 10*day {
						time.Sleep(time.Minute)
					}
					if got := len(p.Distinct("Create")); got != want || time.Since(back) > bound {
						t.Errorf("%s has %d of %d posts %v after it was back", p.Host, got, want, time.Since(back))
					}
				}
				synctest.Wait()
				if w := a.Deliveries(coop.DeliveryFilter{State: coop.Waiting}); len(w) > 0 {
					t.Errorf("still waiting: %+v", w)
				}
				a.Clock(0)
			}, fedtest.Calm())
		})
	}
}

// The process dies while a request is on its way: that was an attempt, and the next
// one comes when the schedule says so, without anybody who asks for it.
func TestCrashCostsOneAttempt(t *testing.T) {
	t.Parallel()
	d := seeded(5)
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		n.Hang(peer.Host, true)
		began := time.Now()
		a.Publish(fedtest.Report("Interrupted"))
		const crashes = 4
		for k := range crashes {
			time.Sleep(time.Second)
			a.Crash()
			a.Start()
			if k == crashes-1 {
				n.Hang(peer.Host, false)
			}
			at := sent(n, peer.Host, "Create")
			v, fell := d.fell(at[k]) // when it was charged; it was never judged
			next := at[k].Add(delivery.Backoff(k+1, v))
			sleepUntil(next.Add(time.Second))
			if at = sent(n, peer.Host, "Create"); !fell || len(at) != k+2 || at[k+1].Sub(next).Abs() > time.Second {
				t.Fatalf("it was sent after %v; want the last after %v", since(began, at), next.Sub(began))
			}
		}
		n.Quiet()
		for _, x := range a.Deliveries(coop.DeliveryFilter{Host: peer.Host}) {
			if x.Type == "Create" && (x.State != coop.Done || x.Attempts != crashes+1 || len(peer.Got("Create")) != 1) {
				t.Errorf("it has arrived %d times: %+v", len(peer.Got("Create")), x)
			}
		}
	}, fedtest.Calm(), fedtest.Jitter(d.jitter))
}

// Both sides lose power again and again, on a hostile network, and nobody helps: in
// the end the reader has what the author serves.
func TestCrashesInTheMiddleLoseNothing(t *testing.T) {
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
				for k := range 12 {
					switch what := dice.IntN(4); {
					case what < 2 || len(objects) == 0:
						_, object := a.Publish(fedtest.Report(fmt.Sprint("Report number ", k)))
						objects = append(objects, object)
					case what == 2:
						a.Update(objects[dice.IntN(len(objects))], fedtest.Document{"name": fmt.Sprint("Changed at ", k)})
					default:
						which := dice.IntN(len(objects))
						a.Delete(objects[which])
						objects = slices.Delete(objects, which, which+1)
					}
					time.Sleep(time.Duration(dice.IntN(40_000)) * time.Millisecond)
					for _, i := range []*fedtest.Instance{a, b} {
						if dice.IntN(2) == 0 {
							i.Crash()
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
