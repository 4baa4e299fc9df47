// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"encoding/binary"
	"time"

	"plenum/coop"
)

// batch gathers, over all verbs that share a commit, what many of them change
// alike: a total, how far a document has come, the time at which a host is first
// due. It is written once, before the commit, or when somebody has to read it.
type batch struct {
	totals map[string]int // by how much they change
	stored map[string]int // as they are in the file
	reach  map[string]coop.Reach
	hosts  map[string][]byte    // the key in hosts before the batch; nil where there was none
	writes int                  // how many keys were put and deleted
	rested bool                 // some host may be given time: nobody need look where none is
	turns  map[coop.Name]uint64 // of the newest arrivals
}

func newBatch() *batch {
	return &batch{totals: map[string]int{}, stored: map[string]int{}, reach: map[string]coop.Reach{}, hosts: map[string][]byte{}, turns: map[coop.Name]uint64{}}
}

// flush writes what was gathered.
func (t *tx) flush() {
	for n, by := range t.batch.totals {
		if by != 0 {
			t.add(bTotals, []byte(n), by)
		}
	}
	clear(t.batch.totals)
	clear(t.batch.stored)
	for k, by := range t.batch.reach {
		switch sum := decodeReach(t.get(bReach, []byte(k))).Add(by); {
		case by == coop.Reach{}:
		case sum == coop.Reach{}:
			t.del(bReach, []byte(k))
		default:
			t.put(bReach, []byte(k), encodeReach(sum))
		}
	}
	clear(t.batch.reach)
	t.flushHosts()
}

// count changes a total.
func (t *tx) count(name string, by int) {
	t.wrote = true
	t.batch.totals[name] += by
}

// total reads one of the totals that tables keep.
func (t *tx) total(name string) int {
	if t.batch == nil {
		return int(toNumber(t.get(bTotals, []byte(name))))
	}
	n, ok := t.batch.stored[name]
	if !ok {
		n = int(toNumber(t.get(bTotals, []byte(name))))
		if t.err == nil { // a verb that has failed reads nothing
			t.batch.stored[name] = n
		}
	}
	return n + t.batch.totals[name]
}

// reaches changes how far a document has come with the deliveries in a state.
func (t *tx) reaches(document coop.ID, s coop.DeliveryState, by coop.Reach) {
	k := string(reachKey(document, s))
	t.batch.reach[k] = t.batch.reach[k].Add(by)
}

func reachKey(document coop.ID, s coop.DeliveryState) []byte {
	return cat(prefix(document), []byte(s))
}

func encodeReach(r coop.Reach) []byte {
	return binary.AppendVarint(binary.AppendVarint(nil, int64(r.Servers)), int64(r.Followers))
}

// decodeReach reads what encodeReach wrote; none for anything else.
func decodeReach(b []byte) coop.Reach {
	servers, n := binary.Varint(b)
	if n <= 0 {
		return coop.Reach{}
	}
	followers, _ := binary.Varint(b[n:])
	return coop.Reach{Servers: int(servers), Followers: int(followers)}
}

// touch notes that the time at which a host is due is about to change.
func (t *tx) touch(host string) {
	if _, ok := t.batch.hosts[host]; !ok {
		t.batch.hosts[host] = t.hostKey(host)
	}
}

// hostKey is the key under which a host stands in hosts: by the first time in due,
// or by that at which its rest is over where that is later. It is nil where
// nothing is due.
func (t *tx) hostKey(host string) []byte {
	p := prefix(host)
	k := t.first(bDue, p)
	if k == nil {
		return nil
	}
	at := bytes.Clone(k[len(p) : len(p)+timeLen])
	if r := t.rest(host); r != nil {
		if rest := timeKey(r.Until); bytes.Compare(rest, at) > 0 {
			at = rest
		}
	}
	return append(at, host...)
}

// rest is the row of a host that is given time, nil for every other one.
func (t *tx) rest(host string) *coop.Rest {
	if t.batch != nil && !t.batch.rested {
		return nil
	}
	return rests.get(t, key(host))
}

// flushHosts brings hosts up to date.
func (t *tx) flushHosts() {
	for host, was := range t.batch.hosts {
		is := t.hostKey(host)
		if bytes.Equal(was, is) {
			continue
		}
		if was != nil {
			t.del(bHosts, was)
		}
		if is != nil {
			t.put(bHosts, is, nil)
		}
	}
	clear(t.batch.hosts)
}

// enterDue offers a delivery to the next lease.
func (t *tx) enterDue(d *coop.Delivery) {
	t.touch(d.Host)
	t.put(bDue, cat(prefix(d.Host), dueKey(d.Next, d.ID)), []byte(d.Inbox))
}

// leaveDue takes a delivery out of what is offered, if it is there.
func (t *tx) leaveDue(d *coop.Delivery) {
	k := cat(prefix(d.Host), dueKey(d.Next, d.ID))
	if t.has(bDue, k) {
		t.touch(d.Host)
		t.del(bDue, k)
	}
}

// charge is what a lease notes of a delivery before it is sent: which attempt it
// is, and when the next one would be due if nobody lived to say what came of it.
type charge struct {
	attempts int
	next     time.Time
	probe    bool // of a host that rests
}

func (c charge) encode() []byte {
	b := append(number(uint64(c.attempts)), timeKey(c.next)...)
	if c.probe {
		b = append(b, 1)
	}
	return b
}

// charged returns the charge of a delivery in flight.
func (t *tx) charged(id coop.ID) (c charge, ok bool) {
	b := t.get(bCharges, key(id))
	if len(b) != 8+timeLen && len(b) != 8+timeLen+1 {
		return charge{}, false
	}
	return charge{attempts: int(toNumber(b[:8])), next: keyTime(b[8:]), probe: len(b) > 8+timeLen}, true
}

// withCharge is a delivery as it stands with the attempt that it is charged now.
func (t *tx) withCharge(d *coop.Delivery) *coop.Delivery {
	if d == nil || d.State.Final() {
		return d
	}
	if c, ok := t.charged(d.ID); ok {
		d.Attempts, d.Next = c.attempts, c.next
	}
	return d
}
