// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"encoding/json"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"plenum/coop"
)

// queueOf2 makes the indexes of the queue anew in the form of version 2, in which
// a lease changes no row: it notes a charge. Deliveries say from
// now on whom they reach.
func queueOf2(b *bbolt.Tx) error {
	for _, name := range []string{"delivery_index", "order", "due", "lanes", "hosts"} {
		if err := b.DeleteBucket([]byte(name)); err != nil {
			return fmt.Errorf("remove bucket %s: %w", name, err)
		}
	}
	names := []string{bDeliveryStates, bLines, bDue, bHosts, bCharges, bRests, bFans, bReach, bServers, bServerAges}
	if err := makeBuckets(b, names); err != nil {
		return err
	}
	t := &tx{b: b, batch: newBatch()}
	t.del(bTotals, []byte("waiting"))
	hosts := map[coop.ID][]string{} // by document: those that have been counted
	for _, k := range t.keys(bDeliveries, every()) {
		d := deliveries.get(t, k)
		if d == nil {
			return t.err
		}
		if d.Post != "" {
			d.Followers = max(len(d.Actors), size(t, bBoxes, prefix(string(d.Actor), string(d.Inbox))))
			if !slices.Contains(hosts[d.Document], d.Host) {
				hosts[d.Document] = append(hosts[d.Document], d.Host)
				d.Servers = 1
			}
		}
		data, err := json.Marshal(d)
		if err != nil {
			return err
		}
		t.put(bDeliveries, k, data)
		for _, e := range deliveries.entries(d) {
			if slices.Contains(names, e.bucket) { // later versions have more
				t.put(e.bucket, e.key, e.value)
			}
		}
		for _, n := range deliveries.counted(d) {
			t.count(n, 1)
		}
		if d.Post != "" {
			t.reaches(d.Document, d.State, d.Reach)
		}
	}
	for _, k := range t.keys(bDeliveries, every()) {
		if d := deliveries.get(t, k); d != nil && head(t, d) == d.ID {
			offer(t, d)
		}
	}
	t.flush()
	return t.err
}
