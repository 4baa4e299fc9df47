// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import "go.etcd.io/bbolt"

// postsOf4 makes the buckets in which stands what posts are before and beside their
// publication. From now on the members of a co-op have a list of all that it
// published, what an actor said is found by it, and a file by what shows it.
func postsOf4(b *bbolt.Tx) error {
	if err := makeBuckets(b, postBucketsOf4()); err != nil {
		return err
	}
	t := &tx{b: b, batch: newBatch()}
	for _, index := range []string{bPostOrder, bCalendar, bPostFiles} {
		fillIndex(t, posts, index)
	}
	fillIndex(t, documents, bDocumentActors)
	for d := range documents.all(t, every()) {
		if d.said() {
			t.count(saidTotal(d.Actor), 1)
		}
	}
	t.flush()
	return t.err
}

// postBucketsOf4 lists those that version 4 has more for posts.
func postBucketsOf4() []string {
	return []string{
		bSchedule, bPostFiles, bRevisions, bSeries, bSeriesCoops, bProposals, bProposalOrder, bActs, bActOrder, bActPosts, bArrivals,
		bMedia, bMediaFiles, bMediaCoops, bMediaGone, bDocumentActors,
	}
}
