// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"errors"
	"fmt"
	"strconv"

	"go.etcd.io/bbolt"

	"plenum/coop"
)

// migrations lead from each version to the next, the first one from an empty
// file to version 1. The list only ever grows: a released entry never changes.
func migrations() []func(*bbolt.Tx) error {
	return []func(*bbolt.Tx) error{
		func(b *bbolt.Tx) error { return makeBuckets(b, bucketsOf1()) },
		queueOf2,
		answersOf3,
		manyHandsOf4,
	}
}

// manyHandsOf4 makes what version 4 has more: the people behind a co-op with what
// they let programs do, and what posts are before and beside their publication.
func manyHandsOf4(b *bbolt.Tx) error { return errors.Join(peopleOf4(b), postsOf4(b)) }

// bucketsOf1 lists those of version 1.
func bucketsOf1() []string {
	return []string{
		"meta", "totals", "coops", "keys", "tokens", "token_hashes",
		"posts", "objects", "slugs", "post_order", "calendar",
		"documents", "bodies", "post_documents", "outbox", "turns", "places", "answers", "answer_ages",
		"followers", "follower_coops", "boxes", "followings", "following_coops",
		"actors", "actor_keys", "actor_turns",
		"received", "received_bodies", "received_order", "received_via", "received_by", "dropped", "dropped_ages", "seen", "seen_ages",
		"deliveries", "delivery_index", "order", "due", "lanes", "hosts",
	}
}

func makeBuckets(b *bbolt.Tx, names []string) error {
	for _, name := range names {
		if _, err := b.CreateBucketIfNotExists([]byte(name)); err != nil {
			return fmt.Errorf("make bucket %s: %w", name, err)
		}
	}
	return nil
}

// migrate brings the file to the newest version, one transaction for each step.
func migrate(b *bbolt.DB) error {
	steps := migrations()
	for {
		done := false
		err := b.Update(func(btx *bbolt.Tx) error {
			v, err := version(btx)
			if err != nil {
				return err
			}
			if v > len(steps) {
				return coop.Fail(coop.Conflict, "", fmt.Sprintf(
					"the database has version %d, this plenum knows versions up to %d: use the newer plenum that wrote it", v, len(steps)))
			}
			if v == len(steps) {
				done = true
				return nil
			}
			if err := steps[v](btx); err != nil {
				return fmt.Errorf("migrate from version %d: %w", v, err)
			}
			return btx.Bucket([]byte(bMeta)).Put([]byte("version"), []byte(strconv.Itoa(v+1)))
		})
		if err != nil || done {
			return err
		}
	}
}

// version reads which version the file has; a file without buckets has 0.
func version(b *bbolt.Tx) (int, error) {
	meta := b.Bucket([]byte(bMeta))
	if meta == nil {
		return 0, nil
	}
	v, err := strconv.Atoi(string(meta.Get([]byte("version"))))
	if err != nil || v < 1 {
		return 0, fmt.Errorf("the database says nothing sensible about its version: %q", meta.Get([]byte("version")))
	}
	return v, nil
}
