// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import "time"

// Document is an activity of ours, as it is delivered and as its id answers.
type Document struct {
	ID     ID        `json:"id"`
	Actor  Name      `json:"actor"`          // whose activity it is; signs its deliveries
	Type   string    `json:"type"`           // Create, Accept, Announce …
	Post   ID        `json:"post,omitempty"` // the post that it is about; empty for follows
	At     time.Time `json:"at"`
	Listed bool      `json:"listed"`        // stands in the actor's outbox
	Gone   time.Time `json:"gone,omitzero"` // its post or its actor was deleted then; its id answers 410 and it has no body any more
	Body   []byte    `json:"-"`             // the JSON, stored beside the row
}

// DeliveryState is where a delivery stands; docs/deliveries.md draws the arrows.
type DeliveryState string

// The states of a delivery.
const (
	Waiting    DeliveryState = "waiting"    // due at Next
	Held       DeliveryState = "held"       // kept back by an operator
	Done       DeliveryState = "done"       // answered 2xx
	Dead       DeliveryState = "dead"       // will not be tried again unless somebody asks
	Left       DeliveryState = "gone"       // an actor document answered 410: its follower was removed
	Superseded DeliveryState = "superseded" // a later activity made it pointless before it was sent
)

// Final reports whether nothing more happens to a delivery by itself.
func (s DeliveryState) Final() bool {
	return s == Done || s == Dead || s == Left || s == Superseded
}

// Delivery is one Document on its way to one inbox.
type Delivery struct {
	ID       ID            `json:"id"`
	Document ID            `json:"document"`
	Actor    Name          `json:"actor"`          // signs
	Type     string        `json:"type"`           // of the activity
	Post     ID            `json:"post,omitempty"` // deliveries of one post to one inbox keep their order
	Inbox    IRI           `json:"inbox"`
	Host     string        `json:"host"`             // of the inbox, with its port
	Actors   []IRI         `json:"actors,omitempty"` // a few of whom this inbox stands for, so that 410 can remove them
	State    DeliveryState `json:"state"`
	Attempts int           `json:"attempts"` // charged before each is sent
	Created  time.Time     `json:"created"`
	Next     time.Time     `json:"next"`              // when it is due; the zero time once it is final
	Ended    time.Time     `json:"ended,omitzero"`    // when it became final; history is kept for a time
	Results  []Attempt     `json:"results,omitempty"` // newest last, at most MaxResults
}

// MaxResults is how many attempts a delivery remembers.
const MaxResults = 12

// Attempt is what came of sending once.
type Attempt struct {
	At     time.Time     `json:"at"`
	Took   time.Duration `json:"took"`             // nanoseconds
	Status int           `json:"status,omitempty"` // 0 where there was no answer
	Reason string        `json:"reason,omitempty"` // in words, at most 200 bytes
}

// Job is a leased delivery with what is to be sent.
type Job struct {
	Delivery
	Body []byte
}

// Verdict is what a worker decided after an attempt.
type Verdict struct {
	State   DeliveryState
	Next    time.Time // for Waiting
	Attempt Attempt
	Remove  []IRI // followers whose actor document answered 410
}

// DeliveryFilter chooses deliveries; zero fields choose all.
type DeliveryFilter struct {
	ID    ID // this one alone
	Host  string
	Coop  Name
	Post  ID
	State DeliveryState
	After ID  // pages: ids behind this one
	Limit int // 0 means 100
}

// LeaseRequest asks a queue for work. What is leased is charged an attempt and
// given its next time before it is returned: a crash looks like a failed attempt.
type LeaseRequest struct {
	Now     time.Time
	Max     int                              // how many jobs at most
	PerHost int                              // how many requests one host may have in flight
	Hosts   map[string]int                   // in flight now, by host
	Inboxes map[IRI]bool                     // in flight now: one request at a time for each inbox
	Backoff func(attempts int) time.Duration // from this attempt to the next
}

// Outgoing is what a change sends: it is stored in the transaction of the change.
type Outgoing struct {
	Documents  []Document
	Deliveries []Delivery
	Fans       []Fan
	Received   []Received // for the followers on this very instance, who need no request
	Answer     Answer     // what a client that asked for the change is answered; zero where none did, or a Publication says it
}

// Fan is how a document comes to all who follow: who that is is looked up in the
// transaction that stores the document, so that nobody whose follow was stored
// before it is left out.
type Fan struct {
	Names      []Name                          // the followers of any of these actors of ours
	Deliveries func([]Box) ([]Delivery, error) // to their inboxes; called within the transaction, perhaps more than once
}

// Publication is a new, changed or withdrawn post with everything that the
// world is told of it.
type Publication struct {
	Post   Post   // Rev is one more than that of the row it replaces
	Object []byte // what the post's id answers from now on
	Create []byte // the body of the Create from now on: an outbox shows a post as it is, not as it was
	Places []PlaceDocument
	Out    Outgoing
	Answer Answer // kept when it has a key
}

// PlaceDocument is what the id of a place answers.
type PlaceDocument struct {
	Hash string
	Body []byte
}

// Box is an inbox and those whom it stands for.
type Box struct {
	Inbox  IRI
	Actors []IRI
}
