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
	bTokenOrder     = "token_order"
	bTokenAges      = "token_ages"
	bMembers        = "members"
	bMemberLogins   = "member_logins"
	bMemberCoops    = "member_coops"
	bTickets        = "tickets"
	bTicketHashes   = "ticket_hashes"
	bTicketOrder    = "ticket_order"
	bSessions       = "sessions"
	bSessionHashes  = "session_hashes"
	bSessionMembers = "session_members"
	bSessionAges    = "session_ages"
	bPasskeys       = "passkeys"
	bPasskeyMembers = "passkey_members"
	bClients        = "clients"
	bClientAges     = "client_ages"
	bGrants         = "grants"
	bGrantOrder     = "grant_order"
	bGrantAges      = "grant_ages"
	bCodes          = "codes"
	bCodeGrants     = "code_grants"
	bCodeAges       = "code_ages"
	bPosts          = "posts"
	bObjects        = "objects"
	bSlugs          = "slugs"
	bPostOrder      = "post_order"
	bCalendar       = "calendar"
	bSchedule       = "schedule"
	bPostFiles      = "post_files"
	bRevisions      = "revisions"
	bSeries         = "series"
	bSeriesCoops    = "series_coops"
	bProposals      = "proposals"
	bProposalOrder  = "proposal_order"
	bActs           = "acts"
	bActOrder       = "act_order"
	bActPosts       = "act_posts"
	bArrivals       = "arrivals"
	bMedia          = "media"
	bMediaFiles     = "media_files"
	bMediaCoops     = "media_coops"
	bMediaGone      = "media_gone"
	bDocuments      = "documents"
	bBodies         = "bodies"
	bPostDocuments  = "post_documents"
	bOutbox         = "outbox"
	bTurns          = "turns"
	bDocumentAges   = "document_ages"
	bDocumentActors = "document_actors"
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
	bServers        = "servers"
	bServerAges     = "server_ages"
	bReceived       = "received"
	bReceivedBodies = "received_bodies"
	bReceivedOrder  = "received_order"
	bReceivedVia    = "received_via"
	bReceivedBy     = "received_by"
	bDropped        = "dropped"
	bDroppedAges    = "dropped_ages"
	bSeen           = "seen"
	bSeenAges       = "seen_ages"
	bComments       = "comments"
	bCommentBodies  = "comment_bodies"
	bCommentOrder   = "comment_order"
	bCommentBy      = "comment_by"
	bReactions      = "reactions"
	bReactionBy     = "reaction_by"
	bRSVPs          = "rsvps"
	bRSVPOrder      = "rsvp_order"
	bRSVPBy         = "rsvp_by"
	bComplaints     = "complaints"
	bComplaintOrder = "complaint_order"
	bRules          = "rules"
	bDecisions      = "decisions"
	bDecisionCoops  = "decision_coops"
	bDeliveries     = "deliveries"
	bDeliveryStates = "delivery_states"
	bDocDeliveries  = "document_deliveries"
	bLines          = "lines"
	bDue            = "due"
	bHosts          = "hosts"
	bCharges        = "charges"
	bRests          = "rests"
	bFans           = "fans"
	bReach          = "reach"
)

// buckets lists those of the newest version.
func buckets() []string {
	return []string{
		bMeta, bTotals, bCoops, bKeys, bTokens, bTokenHashes, bTokenOrder, bTokenAges,
		bMembers, bMemberLogins, bMemberCoops, bTickets, bTicketHashes, bTicketOrder,
		bSessions, bSessionHashes, bSessionMembers, bSessionAges, bPasskeys, bPasskeyMembers,
		bClients, bClientAges, bGrants, bGrantOrder, bGrantAges, bCodes, bCodeGrants, bCodeAges,
		bPosts, bObjects, bSlugs, bPostOrder, bCalendar,
		bSchedule, bPostFiles, bRevisions, bSeries, bSeriesCoops, bProposals, bProposalOrder, bActs, bActOrder, bActPosts, bArrivals,
		bMedia, bMediaFiles, bMediaCoops, bMediaGone,
		bDocuments, bBodies, bPostDocuments, bOutbox, bTurns, bDocumentAges, bDocumentActors, bPlaces, bAnswers, bAnswerAges,
		bFollowers, bFollowerCoops, bBoxes, bFollowings, bFollowingCoops,
		bActors, bActorKeys, bActorTurns, bServers, bServerAges,
		bReceived, bReceivedBodies, bReceivedOrder, bReceivedVia, bReceivedBy, bDropped, bDroppedAges, bSeen, bSeenAges,
		bComments, bCommentBodies, bCommentOrder, bCommentBy, bReactions, bReactionBy, bRSVPs, bRSVPOrder, bRSVPBy,
		bComplaints, bComplaintOrder, bRules, bDecisions, bDecisionCoops,
		bDeliveries, bDeliveryStates, bDocDeliveries, bLines, bDue, bHosts, bCharges, bRests, bFans, bReach,
	}
}
