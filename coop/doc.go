// SPDX-License-Identifier: AGPL-3.0-or-later

// Package coop holds the nouns of Plenum: co-ops and their posts, who follows
// them and whom they follow, what is waiting to be delivered and what arrived.
//
// It is the ground floor of the house. It imports the standard library only
// and knows nothing of JSON-LD (package activity), of bbolt (package store) or
// of Echo (package handlers). Nothing in it does I/O.
//
// The model in a page:
//
//   - A Coop is an actor of ours. One row, named Relay, is the instance actor:
//     it signs our GETs and announces events; it is no co-op and has no posts.
//   - A Post (report, meetup, talk or note) belongs to one co-op. What was
//     written is in the Post; what is sent is rendered from it once per revision,
//     as bytes: the object as it is served and a Document, the activity as it is
//     delivered.
//   - A Follower is somebody who follows a co-op, a Following somebody whom a
//     co-op follows. An Actor is what we know of either: inbox and key.
//   - A Delivery is one Document on its way to one inbox. It is stored in the
//     transaction that stores the Document, before anybody is answered.
//   - A Received is what an actor that we follow has sent us.
//
// Times are UTC in whole seconds (Stamp); when an event takes place is kept as
// its author wrote it, as wall time and zone (When). Ids are made by NewID, URLs
// by Site; nothing else builds either.
package coop
