// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"go.etcd.io/bbolt"

	"plenum/coop"
)

// answersOf3 makes the buckets of version 3, in which stands what strangers answer
// to posts and what is decided about it. Answers to strangers have ages from now on,
// their deliveries are found by them, and those who asked to follow are counted.
func answersOf3(b *bbolt.Tx) error {
	if err := makeBuckets(b, bucketsOf3()); err != nil {
		return err
	}
	t := &tx{b: b, batch: newBatch()}
	fillIndex(t, documents, bDocumentAges)
	fillIndex(t, deliveries, bDocDeliveries)
	for f := range followers.all(t, every()) {
		if f.State != coop.FollowAccepted {
			t.count(askedTotal(f.Coop), 1)
		}
	}
	t.flush()
	return t.err
}

// bucketsOf3 lists those that version 3 has more.
func bucketsOf3() []string {
	return []string{
		bDocumentAges, bDocDeliveries, bComments, bCommentBodies, bCommentOrder, bCommentBy, bReactions, bReactionBy, bRSVPs, bRSVPOrder, bRSVPBy,
		bComplaints, bComplaintOrder, bRules, bDecisions, bDecisionCoops,
	}
}

// fillIndex makes the entries of a new index.
func fillIndex[T any](t *tx, tb table[T], index string) {
	for _, k := range t.keys(tb.bucket, every()) {
		for _, e := range tb.entries(tb.get(t, k)) {
			if e.bucket == index {
				t.put(e.bucket, e.key, e.value)
			}
		}
	}
}
