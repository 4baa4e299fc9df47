// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import "time"

// ReactionKind is how somebody answers a post without words.
type ReactionKind string

// The kinds of reactions.
const (
	Liked   ReactionKind = "like"  // Like. AP §7.10
	Reacted ReactionKind = "react" // EmojiReact, or a Like with an emoji
	Shared  ReactionKind = "share" // Announce. AP §7.11
)

// Reaction is what an actor elsewhere did with a post of ours. There is one row for
// each post, kind and actor; another one takes its place.
type Reaction struct {
	Post     ID           `json:"post"`
	Coop     Name         `json:"coop"`
	Kind     ReactionKind `json:"kind"`
	Actor    IRI          `json:"actor"`
	Activity IRI          `json:"activity"`
	Emoji    string       `json:"emoji,omitempty"` // of Reacted: one emoji, or :name:
	At       time.Time    `json:"at"`
}

// Tally counts what people made of a post.
type Tally struct {
	Likes    int `json:"likes"`  // Liked and Reacted
	Shares   int `json:"shares"` // Shared
	Comments int `json:"comments"`
	Held     int `json:"held"` // comments that wait for a decision
	Going    int `json:"going"`
	Waiting  int `json:"waiting"` // for a seat
	Asked    int `json:"asked"`   // for a decision
	Maybe    int `json:"maybe"`
}

// ReactionQuery chooses reactions to a post; the zero Kind chooses all.
type ReactionQuery struct {
	Post  ID
	Kind  ReactionKind
	Limit int // 0 means 100
}
