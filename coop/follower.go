// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import "time"

// FollowState is where a follow stands, in either direction.
type FollowState string

// The states of a follow.
const (
	FollowAsked    FollowState = "asked"    // waiting for an answer
	FollowAccepted FollowState = "accepted" // in force
	FollowRejected FollowState = "rejected" // answered with Reject; kept for our own follows only
)

// Follower is somebody who follows an actor of ours, or asked to.
type Follower struct {
	Coop   Name        `json:"coop"`
	Actor  IRI         `json:"actor"`
	Follow IRI         `json:"follow"` // the id of the last Follow, which Accept repeats
	Box    IRI         `json:"box"`    // the inbox to deliver to, shared where possible
	State  FollowState `json:"state"`
	Since  time.Time   `json:"since"`
}

// Following is somebody whom a co-op of ours follows, or asked to.
type Following struct {
	Coop   Name        `json:"coop"`
	Actor  IRI         `json:"actor"`
	Follow ID          `json:"follow"` // the id of our Follow
	State  FollowState `json:"state"`
	Since  time.Time   `json:"since"`
}

// Seen names an activity that arrived, so that a second copy changes nothing.
// It is stored with what the activity did. The key is the verified actor and the
// activity's id: one actor cannot use up another's ids.
type Seen struct {
	Actor    IRI
	Activity IRI
	At       time.Time // of what can come again when it was signed, by the sender's clock; of anything else when it came
	Again    bool      // it was seen before, and was signed anew: it counts once more

	// What the inboxes of the co-ops that it came for show of it, if it counts.
	Type   string
	Object IRI
	For    []Name
}

// Received is something that an actor whom we follow has sent us, kept as it
// came.
type Received struct {
	Object   IRI       `json:"object"`   // the id of the object; there is one row for each
	Activity IRI       `json:"activity"` // what brought it last
	Type     string    `json:"type"`     // of the object: Event, Article, Note …
	By       IRI       `json:"by"`       // its author, attributedTo
	Via      IRI       `json:"via"`      // the verified actor who sent it: the author, or who announced it
	KeyID    IRI       `json:"key_id"`   // the key that the signature was checked with
	At       time.Time `json:"at"`       // when we verified it
	Updated  time.Time `json:"updated"`  // `updated` of the object, else `published`: an older Update changes nothing
	Name     string    `json:"name"`     // plain text
	Summary  string    `json:"summary"`  // plain text
	URL      IRI       `json:"url"`      // the page to read it on, on the object's host
	For      []Name    `json:"for"`      // the co-ops of ours that follow the sender
	Body     []byte    `json:"-"`        // the object's JSON as it came, stored beside the row; empty where we only know its id
}

// FollowerQuery chooses followers; zero fields choose all.
type FollowerQuery struct {
	Coop  Name
	State FollowState
	After IRI // pages: actors behind this one
	Limit int // 0 means all
}
