// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"cmp"
	"context"
	"slices"

	"plenum/coop"
)

// Receipt returns what has become of all that was sent of a post, with at most so
// many deliveries of each state that somebody may want to do something about.
func (db *DB) Receipt(ctx context.Context, post coop.ID, most int) (r coop.Receipt, err error) {
	err = db.view(ctx, "store.Receipt", func(t *tx) error {
		p := posts.get(t, key(post))
		if p == nil || p.State == coop.Draft {
			return coop.Fail(coop.NotFound, "", "there is no such post")
		}
		r = coop.Receipt{Post: post, Local: localFollowers(t, p.Coop), Complete: true}
		for k := range t.scan(bPostDocuments, prefix(post), nil) {
			id := coop.ID(k[len(k)-idLen:])
			if d := documents.get(t, []byte(id)); d != nil {
				r.Sent = append(r.Sent, documentReceipt(t, d.Document))
			}
		}
		problems(t, &r, most)
		return nil
	})
	return r, err
}

func documentReceipt(t *tx, d coop.Document) coop.DocumentReceipt {
	r := coop.DocumentReceipt{
		Document: d.ID, Actor: d.Actor, Type: d.Type, At: d.At,
		States: map[coop.DeliveryState]coop.Reach{}, Spreading: t.has(bFans, key(d.ID)),
	}
	p := prefix(d.ID)
	for k, v := range t.scan(bReach, p, nil) {
		if reach := decodeReach(v); reach != (coop.Reach{}) {
			r.States[coop.DeliveryState(k[len(p):])] = reach
		}
	}
	return r
}

// problems fills in what waits, is held back or has failed, and the hosts of these
// that are given time.
func problems(t *tx, r *coop.Receipt, most int) {
	var hosts []string
	for k, s := range t.scan(bLines, prefix(r.Post), nil) {
		var list *[]coop.Delivery
		switch coop.DeliveryState(s) {
		case coop.Waiting:
			list = &r.Waiting
		case coop.Held:
			list = &r.Held
		case coop.Dead:
			list = &r.Failed
		default:
			continue
		}
		if len(*list) == most {
			r.Complete = false
			continue
		}
		if d := t.shown(deliveries.get(t, k[len(k)-idLen:])); d != nil {
			*list = append(*list, *d)
			if len(hosts) == 0 || hosts[len(hosts)-1] != d.Host {
				hosts = append(hosts, d.Host)
			}
		}
	}
	slices.Sort(hosts)
	for _, h := range slices.Compact(hosts) {
		if rest := rests.get(t, key(h)); rest != nil {
			r.Resting = append(r.Resting, *rest)
		}
	}
	for _, list := range [][]coop.Delivery{r.Waiting, r.Held, r.Failed} {
		slices.SortFunc(list, func(a, b coop.Delivery) int { return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.ID, b.ID)) })
	}
}

// localFollowers counts the co-ops of this instance that follow one of them.
func localFollowers(t *tx, n coop.Name) (count int) {
	for _, scheme := range []string{"https://", "http://"} {
		p := cat(prefix(n), []byte(scheme+t.domain()+"/"))
		for range t.scan(bBoxes, p, nil) {
			count++
		}
	}
	return count
}

// QueueStats returns the sizes of the queue.
func (db *DB) QueueStats(ctx context.Context) (s coop.QueueStats, err error) {
	err = db.view(ctx, "store.QueueStats", func(t *tx) error {
		s = coop.QueueStats{States: map[coop.DeliveryState]int{}, OldestDue: keyTime(t.first(bHosts, every()))}
		for _, state := range []coop.DeliveryState{coop.Waiting, coop.Held, coop.Dead} {
			s.States[state] = t.total(string(state))
		}
		s.Resting, s.Spreading = size(t, bRests, every()), size(t, bFans, every())
		return nil
	})
	return s, err
}

// size counts the keys that begin with p.
func size(t *tx, bucket string, p []byte) (n int) {
	for range t.scan(bucket, p, nil) {
		n++
	}
	return n
}
