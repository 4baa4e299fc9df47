// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// CommentPolicy says what becomes of replies to a co-op's posts.
type CommentPolicy string

// The policies; the empty one means CommentsHeld.
const (
	CommentsOpen   CommentPolicy = "open"   // shown at once
	CommentsHeld   CommentPolicy = "held"   // shown once somebody has approved them
	CommentsClosed CommentPolicy = "closed" // not taken
)

// CommentState is where a comment stands.
type CommentState string

// The states of a comment.
const (
	CommentShown    CommentState = "shown"
	CommentHeld     CommentState = "held"     // waits for a decision
	CommentRejected CommentState = "rejected" // kept without its text, so that it does not come back
)

// Limits of what is kept of a comment.
const (
	MaxComment       = 20 << 10 // bytes of its HTML, and of its text
	MaxCommentsShown = 5_000    // of one post
	MaxWarning       = 500      // characters of what it warns of: Mastodon takes no more
	MaxForward       = 64 << 10 // bytes of an activity that is passed on: each follower's server gets them. Misskey takes no more
)

// Comment is a reply to a post of ours, or to another comment of it. AP §7.2.
type Comment struct {
	Object    IRI          `json:"object"` // its id
	Post      ID           `json:"post"`   // the post at the root of the thread
	Coop      Name         `json:"coop"`   // whose post it is
	By        IRI          `json:"by"`     // proven
	Activity  IRI          `json:"activity"`
	KeyID     IRI          `json:"key_id,omitempty"`    // the key that the signature was checked with
	InReplyTo IRI          `json:"in_reply_to"`         // the post, or a comment of it
	Name      string       `json:"name,omitempty"`      // plain text
	Sensitive bool         `json:"sensitive,omitempty"` // its author wants it to be opened first
	Warning   string       `json:"warning,omitempty"`   // of what, if that is said; plain text
	Body      string       `json:"body"`                // sanitised HTML
	Text      string       `json:"text"`                // the same as plain text
	Language  string       `json:"language,omitempty"`
	URL       IRI          `json:"url"` // the page to read it on, on its own host
	Published time.Time    `json:"published,omitzero"`
	Updated   time.Time    `json:"updated,omitzero"` // an older Update changes nothing
	At        time.Time    `json:"at"`               // when it came
	State     CommentState `json:"state"`
	Since     time.Time    `json:"since,omitzero"`    // when it came to its state, where that was not at once
	Private   bool         `json:"private,omitempty"` // not addressed to the public: never shown
	Forward   bool         `json:"forward,omitempty"` // addressed to the co-op's followers: passed on to them once it is shown. AP §7.1.2
	Passed    ID           `json:"passed,omitempty"`  // the document that passed it on: whoever was given it is told of its end
	Raw       []byte       `json:"-"`                 // the activity as it came, stored beside the row while Forward is set
}

// Version names what a comment says: another one is another text, title or warning,
// whatever the author's server says of when it changed.
func (c Comment) Version() string {
	said, _ := json.Marshal([]any{c.Name, c.Sensitive, c.Warning, c.Body}) // texts and a bool: always
	sum := sha256.Sum256(said)
	return hex.EncodeToString(sum[:16])
}

// CommentQuery chooses comments; zero fields choose all. Order: as they came,
// oldest first.
type CommentQuery struct {
	Coop  Name
	Post  ID
	State CommentState
	Skip  int // pages
	Limit int // 0 means 100
}
