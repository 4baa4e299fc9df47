// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import "time"

// Series is a meetup that is held again and again: one Event for each occurrence,
// published some time before it takes place. RFC 5545 §3.3.10.
type Series struct {
	ID       ID        `json:"id"`
	Coop     Name      `json:"coop"`
	Slug     string    `json:"slug"` // those of its occurrences begin with it
	Title    string    `json:"title"`
	Rule     string    `json:"rule"`  // an RRULE without the word
	First    When      `json:"first"` // the first occurrence
	Ahead    int       `json:"ahead"` // days before an occurrence at which it is published
	Template []byte    `json:"template"`
	Last     Wall      `json:"last"` // the start of the last occurrence that has a post
	Made     int       `json:"made"` // how many occurrences have been given a post
	By       string    `json:"by"`
	Member   ID        `json:"member,omitempty"`
	Created  time.Time `json:"created"`
	Ended    time.Time `json:"ended,omitzero"` // no more occurrences are made since then
}

// Bounds of a series.
const (
	MaxSeries      = 100 // of a co-op, that have not ended
	MaxOccurrences = 12  // that wait to be published: later ones are made when their time comes
	MaxAhead       = 365
	DefaultAhead   = 28
)

// Revision is a post as it was before a change, for its co-op alone.
type Revision struct {
	Post Post      `json:"post"`
	By   string    `json:"by"` // who made this one
	Till time.Time `json:"till"`
}

// MaxRevisions is how many revisions are kept of a post: the first, and the newest.
const MaxRevisions = 50
