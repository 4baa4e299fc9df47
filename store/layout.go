// SPDX-License-Identifier: AGPL-3.0-or-later

package store

// The buckets, as the package comment describes them.
const (
	bMeta           = "meta"
	bTotals         = "totals"
	bCoops          = "coops"
	bKeys           = "keys"
	bTokens         = "tokens"
	bTokenHashes    = "token_hashes"
	bPosts          = "posts"
	bObjects        = "objects"
	bSlugs          = "slugs"
	bPostOrder      = "post_order"
	bCalendar       = "calendar"
	bDocuments      = "documents"
	bBodies         = "bodies"
	bPostDocuments  = "post_documents"
	bOutbox         = "outbox"
	bTurns          = "turns"
	bPlaces         = "places"
	bAnswers        = "answers"
	bAnswerAges     = "answer_ages"
	bFollowers      = "followers"
	bFollowerCoops  = "follower_coops"
	bBoxes          = "boxes"
	bFollowings     = "followings"
	bFollowingCoops = "following_coops"
	bActors         = "actors"
	bActorKeys      = "actor_keys"
	bActorTurns     = "actor_turns"
	bReceived       = "received"
	bReceivedBodies = "received_bodies"
	bReceivedOrder  = "received_order"
	bReceivedVia    = "received_via"
	bReceivedBy     = "received_by"
	bDropped        = "dropped"
	bDroppedAges    = "dropped_ages"
	bSeen           = "seen"
	bSeenAges       = "seen_ages"
	bDeliveries     = "deliveries"
	bDeliveryIndex  = "delivery_index"
	bOrder          = "order"
	bDue            = "due"
	bLanes          = "lanes"
	bHosts          = "hosts"
)

// buckets lists those of version 1.
func buckets() []string {
	return []string{
		bMeta, bTotals, bCoops, bKeys, bTokens, bTokenHashes,
		bPosts, bObjects, bSlugs, bPostOrder, bCalendar,
		bDocuments, bBodies, bPostDocuments, bOutbox, bTurns, bPlaces, bAnswers, bAnswerAges,
		bFollowers, bFollowerCoops, bBoxes, bFollowings, bFollowingCoops,
		bActors, bActorKeys, bActorTurns,
		bReceived, bReceivedBodies, bReceivedOrder, bReceivedVia, bReceivedBy, bDropped, bDroppedAges, bSeen, bSeenAges,
		bDeliveries, bDeliveryIndex, bOrder, bDue, bLanes, bHosts,
	}
}
