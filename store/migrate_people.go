// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import "go.etcd.io/bbolt"

// peopleOf4 makes the buckets in which stand members, their ways in and what they
// let programs do. Tokens are found by whose they are from now on.
func peopleOf4(b *bbolt.Tx) error {
	if err := makeBuckets(b, peopleBucketsOf4()); err != nil {
		return err
	}
	t := &tx{b: b, batch: newBatch()}
	fillIndex(t, tokens, bTokenOrder)
	t.flush()
	return t.err
}

// peopleBucketsOf4 lists those that version 4 has more for people.
func peopleBucketsOf4() []string {
	return []string{
		bTokenOrder, bTokenAges, bMembers, bMemberLogins, bMemberCoops, bTickets, bTicketHashes, bTicketOrder,
		bSessions, bSessionHashes, bSessionMembers, bSessionAges, bPasskeys, bPasskeyMembers,
		bClients, bClientAges, bGrants, bGrantOrder, bGrantAges, bCodes, bCodeGrants, bCodeAges,
	}
}
