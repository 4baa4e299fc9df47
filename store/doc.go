// SPDX-License-Identifier: AGPL-3.0-or-later

// Package store keeps everything that an instance knows in one bbolt file. It
// alone imports bbolt, and it knows nothing of ActivityPub or HTTP: rendered
// documents are bytes to it.
//
// Each exported method of DB is one thing that can happen, and one transaction:
// when it returns nil, what it did is on disk; when it returns an error, nothing
// happened. The exceptions, which work in several small transactions, say so.
//
// # The directory
//
//	plenum.db   0600, the file; one process has it open
//	media/      0700, files named by the digest of their content: pictures, and
//	            what members uploaded
//
// # Rows
//
// Rows are JSON with the tags of package coop, read strictly: a member that is
// not known is an error. Bodies (rendered documents, keys) stand raw in buckets
// of their own. What can be derived from a row stands in index buckets, which
// table keeps in step and Verify checks against the rows in both directions.
//
// # Buckets
//
// "|" stands for a zero byte, T for a time (eight bytes of seconds, four of
// nanoseconds, big-endian), N for a big-endian number.
//
//	meta              version, domain, made, ping
//	totals            name → N                       sizes that would take a walk to count
//	coops             coop → row                     removed ones stay: a name is never used again
//	keys              coop → PEM
//	tokens            id → row
//	token_hashes      hash → id
//	token_order       scope|id                       scope: "c" coop and "m" member of those that people made,
//	                                                 "g" grant of those that a client was given
//	token_ages        T id                           of those that a client was given; T is when they expire
//	members           id → row
//	member_logins     login → id
//	member_coops      coop|id
//	tickets           id → row
//	ticket_hashes     hash → id
//	ticket_order      scope|id                       scope: "c" coop of an invitation, "m" member of a reset
//	sessions          id → row
//	session_hashes    hash → id
//	session_members   member|id
//	session_ages      T id                           T is when it expires
//	passkeys          credential id → row
//	passkey_members   member|credential id
//	clients           id → row
//	client_ages       T id                           clients that nobody has let do anything; T is when they came
//	grants            id → row
//	grant_order       scope|id                       scope: "m" member, "c" coop, "k" client
//	grant_ages        T id                           T is when it was revoked, or last used
//	codes             hash → row
//	code_grants       grant|hash
//	code_ages         T hash                         T is when it expires
//	posts             id → row                       withdrawn ones stay, without their text
//	objects           post id → body                 what the id answers; a Tombstone for a withdrawn one
//	slugs             coop|slug → post id
//	post_order        scope|state|T id               by publication, drafts by creation;
//	                                                 scope: "a" all, "c" coop or co-owner, "t" tag: those published
//	                                                 for everybody, and drafts; "m" coop or co-owner: all that are
//	                                                 published; "p" part-of id, "s" series: whatever their visibility
//	calendar          scope|T id → start, end        published events by the end of their wall time read as UTC
//	schedule          T id                           drafts that are published by themselves; T is when
//	post_files        file|post id                   what posts and drafts show of media/
//	revisions         post id|N → row                as the post was; N is the revision
//	series            id → row
//	series_coops      coop|id                        those that have not ended
//	proposals         id → row
//	proposal_order    coop|state|id                  state: also "all"
//	acts              coop|kind|object → row
//	act_order         coop|kind|document id → object
//	act_posts         post id|coop|kind|object       acts about posts of ours
//	arrivals          coop|N → row                   N is the turn
//	media             id → row
//	media_files       file|coop → id
//	media_coops       coop|id
//	media_gone        file → T                       nothing needs it any more, and it is about to be removed
//	documents         id → row
//	bodies            document id → body
//	post_documents    post id|document id
//	outbox            coop|N → document id           N counts what was ever listed, from 1; live ones only
//	turns             coop → N                       how many were ever listed
//	                  |actors → N                    the last turn of an actor
//	                  |rsvps → N                     the last turn of an RSVP
//	document_ages     T id                           answers to strangers, and what is passed on: kept for a time
//	document_actors   coop|document id               what an actor of ours said, listed or not; live ones only
//	places            hash → body
//	answers           key → row
//	answer_ages       T key
//	followers         coop|actor → row
//	follower_coops    actor|coop
//	boxes             coop|inbox|actor               accepted followers
//	followings        coop|actor → row
//	following_coops   actor|coop
//	actors            id → row
//	actor_keys        key id|actor
//	actor_turns       N → actor                      oldest first, for eviction
//	servers           host → row                     what it says of itself; hosts of followers
//	server_ages       T host                         T is when it was asked
//	received          object → row
//	received_bodies   object → body
//	received_order    T object
//	received_via      via|T object
//	received_by       by|object
//	dropped           by|object → T                  what its author deleted: a late Create is ignored
//	dropped_ages      T by|object
//	seen              actor|activity → T
//	seen_ages         T actor|activity
//	comments          object → row
//	comment_bodies    object → the activity as it came, for those who are to be passed on
//	comment_order     scope|state|T object           scope: "p" post id, "c" coop
//	comment_by        by|object
//	reactions         post id|kind|actor → row
//	reaction_by       actor|activity → post id|kind
//	rsvps             post id|actor → row
//	rsvp_order        post id|state|N actor          N is the turn
//	rsvp_by           actor|activity → post id
//	complaints        id → row
//	complaint_order   coop|state|id                  state: "open", "closed"
//	rules             target → row
//	decisions         id → row
//	decision_coops    coop|id
//	deliveries        id → row
//	delivery_states   state|id → host
//	document_deliveries  document id|id           those that are about no post, and answers
//	lines             post id|inbox|id → state       the first unfinished one is the head, the others wait for it; of answers none that is finished
//	due               host|T id → inbox              waiting heads that are not in flight
//	hosts             T host                         T is that of the host's first in due, or of the end of its rest
//	charges           id → attempt, T, probe         in flight; T is when it is due again if nobody settles it
//	rests             host → row                     hosts that are given time
//	fans              document id → row              fans that have not reached all inboxes yet
//	reach             document id|state → counts     servers and followers
//
// A lease walks hosts, and of each host the first in due. A host with thousands of
// waiting deliveries is one key in hosts; a delivery that must wait for an earlier
// one of the same post is in neither. What a lease takes leaves due and is noted
// in charges: its row is written once, when it is settled. What stands in charges
// when the file is opened was in flight when the process died.
package store
