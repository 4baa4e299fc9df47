// SPDX-License-Identifier: AGPL-3.0-or-later

// Package fedtest is a fediverse in a test: whole instances of Plenum, put
// together as the program puts them together, over a network that is a map from
// hosts to handlers. Everything runs in a synctest bubble, so that a week of
// attempts passes in a blink and no goroutine is left unnoticed.
//
// The network is hostile by default: by dice with a seed that is printed it loses,
// delays, doubles, reorders and cuts requests and answers. A test that needs calm
// says so. When a test ends, what must always hold is checked: no instance answered
// with a 5xx that it may not, each database is sound, each delivery is final or
// waits, and what crossed the network in our name is what peers read.
//
// It knows everything but cmd/plenum. It replaces the network and nothing else.
package fedtest

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"plenum/activity/wirecheck"
	"plenum/coop"
)

// Option says how a network is to be.
type Option func(*Network)

// Calm is a network that does nothing to requests.
func Calm() Option { return func(n *Network) { n.calm = true } }

// Seed chooses the dice of a hostile network.
func Seed(seed uint64) Option { return func(n *Network) { n.seed = seed } }

// Jitter makes the jitter of all schedules what a function says; it is called by
// one goroutine at a time.
func Jitter(next func() float64) Option { return func(n *Network) { n.jitter = next } }

// Run runs a test in a bubble with a network of its own, and checks in the end
// what must always hold. Instances are not started: the test does that.
func Run(t *testing.T, test func(t *testing.T, n *Network), options ...Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := &Network{
			t: t, seed: 1, dir: t.TempDir(), // made before end is registered, so that it goes after it
			hosts: map[string]*host{}, rolls: map[string]uint64{}, badLuck: map[string]int{}, cables: map[string]*http.Transport{},
		}
		for _, o := range options {
			o(n)
		}
		if !n.calm {
			t.Logf("fedtest: hostile network, seed %d", n.seed)
		}
		t.Cleanup(n.end)
		test(t, n)
	})
}

// begin runs a handler that settled waits for. It is counted under the lock: whoever
// waits has seen all that began before.
func (n *Network) begin(f func()) {
	n.mu.Lock()
	n.running.Add(1)
	n.mu.Unlock()
	go func() {
		defer n.running.Done()
		f()
	}()
}

// settled waits for all handlers that run.
func (n *Network) settled() {
	n.mu.Lock()
	//lint:ignore SA2001 nothing is done here: what began before is seen
	n.mu.Unlock()
	n.running.Wait()
}

// end checks the invariants and stops what runs.
func (n *Network) end() {
	for _, i := range n.all() {
		i.invariants()
	}
	for _, i := range n.all() {
		i.Stop()
	}
	n.unplug()
	n.settled()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, f := range n.faults {
		n.t.Errorf("invariant: %s", f)
	}
	checked := map[string]bool{}
	for _, e := range n.exchanges {
		sender := n.hosts[e.From]
		if sender == nil || !sender.ours || e.Method != http.MethodPost || checked[e.ID] {
			continue
		}
		checked[e.ID] = true
		if coop.HostOf(coop.IRI(e.ID)) != e.From { // somebody else's, passed on as it came
			continue
		}
		for _, finding := range wirecheck.Check(e.Body) {
			n.t.Errorf("invariant: a peer would drop the %s that %s sent: %s\n%s", e.Type, e.From, finding, e.Body)
		}
	}
}

// invariants checks an instance that runs.
func (i *Instance) invariants() {
	t := i.net.t
	if !i.Running() {
		return
	}
	ctx := contextOf(t)
	found, err := i.DB.Verify(ctx)
	if err != nil {
		t.Errorf("invariant: the database of %s cannot be checked: %v", i.Host, err)
	}
	for _, f := range found {
		t.Errorf("invariant: the database of %s: %s", i.Host, f)
	}
	for _, d := range i.Deliveries(coop.DeliveryFilter{}) {
		if !d.State.Final() && d.State != coop.Waiting {
			t.Errorf("invariant: a delivery of %s is neither final nor waiting: %+v", i.Host, d)
		}
		if d.State == coop.Waiting && d.Next.IsZero() || d.State.Final() && !d.Next.IsZero() {
			t.Errorf("invariant: a delivery of %s is %s and due at %v", i.Host, d.State, d.Next)
		}
	}
}

// Quiet waits until nothing is under way and no instance that runs has anything
// to deliver, however long that takes by the clock of the bubble.
func (n *Network) Quiet() {
	n.t.Helper()
	end := time.Now().Add(9 * 24 * time.Hour)
	for time.Now().Before(end) {
		synctest.Wait()
		due, waiting := n.due()
		if !waiting && !n.busy() {
			return
		}
		time.Sleep(max(time.Second, min(time.Until(due), time.Hour)))
	}
	n.t.Fatalf("fedtest: not quiet after nine days: %s", n.state())
}

// all are the instances that were started.
func (n *Network) all() []*Instance {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.instances)
}

// Settle waits until everything that can happen now has happened, and for a
// moment longer.
func (n *Network) Settle() {
	time.Sleep(time.Second)
	synctest.Wait()
}

// due is when the next delivery is due, if any waits.
func (n *Network) due() (first time.Time, waiting bool) {
	for _, i := range n.all() {
		if !i.Running() {
			continue
		}
		c, err := i.DB.Counts(contextOf(n.t))
		if err != nil {
			n.t.Fatalf("fedtest: %s: %v", i.Host, err)
		}
		if c.Waiting > 0 {
			waiting = true
			if first.IsZero() || c.OldestDue.Before(first) {
				first = c.OldestDue
			}
		}
	}
	return first, waiting
}

func (n *Network) state() (s string) {
	for _, i := range n.all() {
		if !i.Running() {
			continue
		}
		for _, d := range i.Deliveries(coop.DeliveryFilter{State: coop.Waiting}) {
			s += fmt.Sprintf("\n%s: %s to %s, attempt %d, next %v, %+v", i.Host, d.Type, d.Inbox, d.Attempts, d.Next, d.Results)
		}
	}
	return s
}
