// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import "time"

// ProposalState is where a proposal stands.
type ProposalState string

// The states of a proposal.
const (
	ProposalOpen     ProposalState = "open"
	ProposalAccepted ProposalState = "accepted" // and done
	ProposalRejected ProposalState = "rejected"
)

// Proposal is what somebody submitted to an outbox and may not do alone: an editor,
// or anybody in a co-op in which two have to agree. It is carried out as it was
// submitted once somebody else who may agrees.
type Proposal struct {
	ID      ID            `json:"id"`
	Coop    Name          `json:"coop"`
	Self    string        `json:"self"` // Principal.Self of who proposed it, who cannot accept it
	By      string        `json:"by"`
	What    string        `json:"what"`             // the type of the activity
	Title   string        `json:"title"`            // of what it is about, in words
	Object  IRI           `json:"object,omitempty"` // what it is about, where that has an id
	Post    ID            `json:"post,omitempty"`   // the draft or post that it is about
	Rev     int           `json:"rev,omitempty"`    // of Post where that is a draft: whoever agrees has to have read the same
	Body    []byte        `json:"body"`             // as it was submitted
	At      time.Time     `json:"at"`
	State   ProposalState `json:"state"`
	Settled time.Time     `json:"settled,omitzero"`
	Settler string        `json:"settler,omitempty"` // who decided
	Why     string        `json:"why,omitempty"`
	Result  IRI           `json:"result,omitempty"` // the activity that came of it
}

// ProposalQuery chooses proposals of a co-op, the newest first; the empty State
// chooses all.
type ProposalQuery struct {
	Coop   Name
	State  ProposalState
	Before ID
	Limit  int // 0 means 100
}

// MaxProposals is how many may be open in a co-op.
const MaxProposals = 200

// Act is something that a co-op said about somebody or something and can take back:
// a Like, an Announce, a Block. There is one of a kind for each object.
type Act struct {
	Coop     Name      `json:"coop"`
	Kind     ActKind   `json:"kind"`
	Object   IRI       `json:"object"`
	Author   IRI       `json:"author,omitempty"` // whose object it is: is told of it, and of its end
	Document ID        `json:"document"`
	Post     ID        `json:"post,omitempty"` // where the object is a post of this instance
	At       time.Time `json:"at"`
}

// ActKind is the kind of an Act.
type ActKind string

// The kinds of acts.
const (
	ActLike     ActKind = "like"
	ActAnnounce ActKind = "announce"
	ActBlock    ActKind = "block"
)

// MaxActs is how many acts of a kind a co-op may have.
const MaxActs = 20_000

// Arrival is an activity that came for a co-op and counted: what its inbox shows
// its members. The newest MaxArrivals of each co-op are kept. AP §5.2.
type Arrival struct {
	Coop   Name      `json:"coop"`
	Turn   uint64    `json:"turn"` // grows with each that comes for the co-op; a store gives it
	ID     IRI       `json:"id"`
	Type   string    `json:"type"`
	Actor  IRI       `json:"actor"`
	Object IRI       `json:"object,omitempty"`
	At     time.Time `json:"at"`
}

// MaxArrivals is how many arrivals are kept of a co-op.
const MaxArrivals = 5_000

// Media is a file that somebody uploaded for a co-op. There is one row for each
// file and co-op.
type Media struct {
	ID        ID         `json:"id"`
	Coop      Name       `json:"coop"`
	File      string     `json:"file"` // its name under /media/, made of its content
	Name      string     `json:"name"` // what it says of itself: of a picture the alternative text
	MediaType string     `json:"media_type"`
	Bytes     int64      `json:"bytes"`
	Width     int        `json:"width,omitempty"`
	Height    int        `json:"height,omitempty"`
	Blurhash  string     `json:"blurhash,omitempty"`
	Focus     [2]float64 `json:"focus,omitzero"` // -1 to 1, from the left and from below. Mastodon's focalPoint
	By        string     `json:"by"`
	Created   time.Time  `json:"created"`
	Open      bool       `json:"open,omitempty"` // a post that everybody may read shows it: so may everybody. Never taken back but by deleting it
}

// Quotas of a co-op's files.
const (
	MaxFile       = 8 << 20   // bytes of one
	MaxFiles      = 5_000     // of a co-op
	MaxFilesBytes = 512 << 20 // of a co-op
)
