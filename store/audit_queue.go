// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"maps"
	"slices"

	"plenum/coop"
)

// What Verify checks of the queue.

func (a *audit) deliveries() {
	waiting := 0
	reached := map[string]coop.Reach{}
	rows(a, deliveries, []string{bDeliveryStates, bDocDeliveries, bLines}, func(k []byte, d *coop.Delivery) {
		a.delivery(k, d)
		if d.OfPost() {
			r := string(reachKey(d.Document, d.State))
			reached[r] = reached[r].Add(d.Reach)
		}
		if a.leasable(d) {
			waiting++
			if inbox := a.t.get(bDue, cat(prefix(d.Host), dueKey(d.Next, d.ID))); string(inbox) != string(d.Inbox) {
				a.find("due: the delivery %q waits and is not there; it would never be sent", k)
			}
		}
	})
	a.reach(reached)
	if a.size(bDue) == waiting {
		return
	}
	for k := range a.t.scan(bDue, every(), nil) {
		d := a.row(k)
		if d == nil || !a.leasable(d) || !bytes.Equal(k, cat(prefix(d.Host), dueKey(d.Next, d.ID))) {
			a.find("due: the entry %q belongs to no delivery that may be sent", k)
		}
	}
}

func (a *audit) delivery(k []byte, d *coop.Delivery) {
	a.ours(d.Actor, bDeliveries, k)
	if !a.t.has(bDocuments, key(d.Document)) {
		a.find("deliveries: %q is of the document %q, which does not exist", k, d.Document)
	} else if !d.State.Final() && !a.t.has(bBodies, key(d.Document)) {
		a.find("deliveries: %q is unfinished, but its document %q has no body", k, d.Document)
	}
	if d.Host != coop.HostOf(d.Inbox) {
		a.find("deliveries: %q has the host %q, its inbox is %s", k, d.Host, d.Inbox)
	}
	if d.State.Final() == d.Ended.IsZero() || d.State.Final() != d.Next.IsZero() {
		a.find("deliveries: the times of %q do not fit its state %s", k, d.State)
	}
	if !slices.Contains(coop.DeliveryStates(), d.State) {
		a.find("deliveries: the state of %q is %q", k, d.State)
	}
}

// row is the delivery with whose id a key ends, nil where there is none.
func (a *audit) row(k []byte) *coop.Delivery {
	if len(k) < idLen {
		return nil
	}
	d := new(coop.Delivery)
	if decode(a.t.get(bDeliveries, k[len(k)-idLen:]), d) != nil {
		return nil
	}
	return d
}

// leasable reports whether a delivery has to stand in due.
func (a *audit) leasable(d *coop.Delivery) bool {
	_, inFlight := a.t.charged(d.ID)
	return d.State == coop.Waiting && head(a.t, d) == d.ID && !inFlight
}

// reach compares how far documents have come with what was counted. Of deliveries
// that came to an end the rows go in time, and what they reached stays.
func (a *audit) reach(counted map[string]coop.Reach) {
	for k, v := range a.t.scan(bReach, every(), nil) {
		id, s, _ := bytes.Cut(k, []byte{0})
		if !a.t.has(bDocuments, id) {
			a.find("reach: %q belongs to no document", k)
		}
		got, want := decodeReach(v), counted[string(k)]
		final := coop.DeliveryState(s).Final()
		if got != want && (!final || got.Servers < want.Servers || got.Followers < want.Followers) {
			a.find("reach: %q is %v, counted are %v", k, got, want)
		}
		delete(counted, string(k))
	}
	for _, k := range slices.Sorted(maps.Keys(counted)) {
		if counted[k] != (coop.Reach{}) {
			a.find("reach: %q is missing, counted are %v", k, counted[k])
		}
	}
}

// queue checks that hosts has each host of due at its first time, and what stands
// beside the rows: charges, rests, fans.
func (a *audit) queue() {
	wanted, last := map[string]bool{}, ""
	for k := range a.t.scan(bDue, every(), nil) {
		host, rest, ok := bytes.Cut(k, []byte{0})
		if !ok || len(rest) != timeLen+idLen {
			a.find("due: the entry %q is damaged", k)
			continue
		}
		if string(host) == last {
			continue
		}
		last = string(host)
		w := a.t.hostKey(last)
		wanted[string(w)] = true
		if !a.t.has(bHosts, w) {
			a.find("hosts: the entry %q is missing; what waits for %s would be sent late or never", w, last)
		}
	}
	for k := range a.t.scan(bHosts, every(), nil) {
		if !wanted[string(k)] {
			a.find("hosts: the entry %q belongs to nothing that waits", k)
		}
	}
	for k := range a.t.scan(bCharges, every(), nil) {
		if _, ok := a.t.charged(coop.ID(k)); !ok || a.row(k) == nil {
			a.find("charges: the entry %q belongs to no delivery", k)
		}
	}
	rows(a, rests, nil, nil)
	rows(a, fans, nil, func(k []byte, f *fanRow) {
		if !a.t.has(bBodies, k) || f.At >= len(f.Names) {
			a.find("fans: %q has nothing to send, or nobody to send it to", k)
		}
	})
}
