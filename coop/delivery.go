// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import "time"

// Document is an activity of ours, as it is delivered and as its id answers.
type Document struct {
	ID      ID        `json:"id"`
	Actor   Name      `json:"actor"`          // whose activity it is; signs its deliveries
	Type    string    `json:"type"`           // Create, Accept, Announce …
	Post    ID        `json:"post,omitempty"` // the post that it is about; empty for follows
	At      time.Time `json:"at"`
	Listed  bool      `json:"listed"`            // stands in the actor's outbox
	Private bool      `json:"private,omitempty"` // nobody's business but the co-op's: its id answers members alone
	Gone    time.Time `json:"gone,omitzero"`     // its post or its actor was deleted then; its id answers 410 and it has no body any more
	Body    []byte    `json:"-"`                 // the JSON, stored beside the row

	// Forwarded is the id of an activity of somebody else that is passed on: the
	// document is about no post of ours, and its id answers nothing. AP §7.1.2.
	Forwarded IRI `json:"forwarded,omitempty"`
	Comment   IRI `json:"comment,omitempty"` // what Forwarded brings: once that is not shown any more, nobody else is given it
}

// OfItsTime reports whether a document is an answer to a stranger, or what a
// stranger said: it is kept for a time and not for ever.
func (d *Document) OfItsTime() bool {
	return answers(d.Type) && d.Post == "" || d.Forwarded != ""
}

func answers(kind string) bool { return kind == "Accept" || kind == "Reject" || kind == "Ignore" }

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

// DeliveryStates are all states of a delivery, in the order in which they are shown.
func DeliveryStates() []DeliveryState {
	return []DeliveryState{Waiting, Held, Dead, Left, Superseded, Done}
}

// Final reports whether nothing more happens to a delivery by itself.
func (s DeliveryState) Final() bool {
	return s == Done || s == Dead || s == Left || s == Superseded
}

// Delivery is one Document on its way to one inbox.
type Delivery struct {
	ID       ID            `json:"id"` // of one that is to be stored it may be empty: the store gives one that comes behind all others
	Document ID            `json:"document"`
	Actor    Name          `json:"actor"`          // signs
	Type     string        `json:"type"`           // of the activity
	Post     ID            `json:"post,omitempty"` // deliveries of one post to one inbox keep their order
	Inbox    IRI           `json:"inbox"`
	Host     string        `json:"host"`             // of the inbox, with its port
	Actors   []IRI         `json:"actors,omitempty"` // for whom it is where it names them; the followers behind an inbox are looked up when they are needed
	Reach                  // whom it reaches when it is done
	State    DeliveryState `json:"state"`
	Attempts int           `json:"attempts"` // charged before each is sent
	Created  time.Time     `json:"created"`
	Revived  time.Time     `json:"revived,omitzero"`  // when somebody asked for it to be tried anew; its week begins then
	Next     time.Time     `json:"next"`              // when it is due; the zero time once it is final
	Ended    time.Time     `json:"ended,omitzero"`    // when it became final; history is kept for a time
	Results  []Attempt     `json:"results,omitempty"` // newest last, at most MaxResults
	Behind   ID            `json:"behind,omitempty"`  // what has to end before this one is tried; found out when a delivery is looked at, and not stored
}

// OfPost reports whether what a delivery brings is a post's own: its Create, a later
// version, its end. An answer to somebody who comes to an event keeps its place among
// them, and is otherwise like any answer to a stranger.
func (d *Delivery) OfPost() bool { return d.Post != "" && !answers(d.Type) }

// Begun is when the week of a delivery begins, at the end of which it is given up.
func (d *Delivery) Begun() time.Time {
	if d.Revived.After(d.Created) {
		return d.Revived
	}
	return d.Created
}

// Last is the last attempt; made is false where there was none, or none since
// somebody asked for it to be tried anew.
func (d *Delivery) Last() (a Attempt, made bool) {
	n := len(d.Results)
	if n == 0 || d.State == Waiting && !d.Revived.IsZero() && (d.Attempts == 0 || d.Results[n-1].At.Before(d.Revived)) {
		return Attempt{}, false
	}
	return d.Results[n-1], true
}

// Reach counts whom deliveries reach. Several inboxes of one host are one server:
// the delivery to the first of them counts it.
type Reach struct {
	Servers   int `json:"servers,omitempty"`
	Followers int `json:"followers,omitempty"`
}

// Add returns the sum of two.
func (r Reach) Add(o Reach) Reach {
	return Reach{Servers: r.Servers + o.Servers, Followers: r.Followers + o.Followers}
}

// MaxResults is how many attempts a delivery remembers.
const MaxResults = 12

// Attempt is what came of sending once.
type Attempt struct {
	At     time.Time     `json:"at"`
	Took   time.Duration `json:"took"`             // nanoseconds
	Status int           `json:"status,omitempty"` // 0 where there was no answer
	Cause  Cause         `json:"cause,omitempty"`  // why it did not arrive; empty where it did
	Reason string        `json:"reason,omitempty"` // the same in words, at most 200 bytes
}

// Job is a leased delivery with what is to be sent.
type Job struct {
	Delivery
	Body []byte // shared by the jobs of a document: it is not to be changed
	Rest *Rest  // not nil: its host rests, and this is the probe
}

// Verdict is what a worker decided after an attempt.
type Verdict struct {
	State   DeliveryState
	Next    time.Time // for Waiting
	Attempt Attempt
	Remove  []IRI // followers whose actor document answered 410
	Rest    *Rest // not nil: the host is given time from now on
	Well    bool  // the host works: if it rested, its rest is over
}

// Settlement tells a queue what came of a job.
type Settlement struct {
	ID      ID
	Verdict Verdict
}

// Rest is a host whose breaker is open: it has failed again and again, or asked for
// time, and is given it. Nothing goes to it before Until, then one delivery as a
// probe; what waits is charged nothing meanwhile.
type Rest struct {
	Host     string    `json:"host"`
	Since    time.Time `json:"since"` // when it was first given time, without a success since
	Until    time.Time `json:"until"`
	Failures int       `json:"failures"` // in a row
	Cause    Cause     `json:"cause,omitempty"`
	Reason   string    `json:"reason,omitempty"` // of the last one, in words
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

// LeaseRequest asks a queue for work. What is leased is charged an attempt before
// it is returned: after a crash it looks like a failed attempt.
type LeaseRequest struct {
	Settled []Settlement // what came of earlier jobs; stored first, in the same transaction
	Now     time.Time
	Max     int                              // how many jobs at most
	PerHost int                              // how many requests one host may have in flight; 1 where the host rests
	Hosts   map[string]int                   // in flight now, by host
	Inboxes map[IRI]bool                     // in flight now: one request at a time for each inbox
	Backoff func(attempts int) time.Duration // from this attempt to the next, should nobody live to settle it
	Probe   time.Duration                    // for how long a host that rests goes on resting once its probe was leased
}

// Outgoing is what a change sends: it is stored in the transaction of the change.
type Outgoing struct {
	Documents  []Document
	Deliveries []Delivery
	Fans       []Fan
	Received   []Received // for the followers on this very instance, who need no request
	Comments   []Comment  // where a note of ours replies to a post of ours, or to a comment of it
	Reactions  []Reaction // where a co-op of ours likes or shares a post of ours
	Arrivals   []Arrival  // for the inboxes of co-ops of this very instance; a store gives the Turn
	Settles    Proposal   // what was proposed and is now done, with its ID, Settler and Why; zero where nothing was
	Decision   Decision   // what somebody decided, and why; zero where it was no decision
	Answer     Answer     // what a client that asked for the change is answered; zero where none did, or a Publication says it
}

// Fan is how a document comes to all who follow. Who that is is looked up in the
// transaction that stores the document, so that nobody whose follow was stored
// before it is left out; where they are very many, in steps after it, from a row
// that is stored with it. AP §7.1: inboxes are de-duplicated, and those on this
// instance are left out.
type Fan struct {
	Document ID     // one of those of the Outgoing
	Names    []Name // the followers of any of these actors of ours
	Others   []Box  // and these
	First    bool   // goes before whatever waits for the same inboxes
	Except   string // inboxes of this host are left out
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

// Receipt says what has become of what was sent of a post.
type Receipt struct {
	Post     ID                `json:"post"`
	Local    int               `json:"local"` // co-ops of this instance that follow its author: they have it without a request
	Sent     []DocumentReceipt `json:"sent"`  // oldest first
	Waiting  []Delivery        `json:"waiting,omitempty"`
	Held     []Delivery        `json:"held,omitempty"`
	Failed   []Delivery        `json:"failed,omitempty"`  // dead, of those the newest
	Resting  []Rest            `json:"resting,omitempty"` // the hosts among them that are given time
	Complete bool              `json:"complete"`          // Waiting, Held and Failed are all that there are, and not only the first of many
}

// DocumentReceipt says how far one activity has come.
type DocumentReceipt struct {
	Document  ID                      `json:"document"`
	Actor     Name                    `json:"actor"`
	Type      string                  `json:"type"`
	At        time.Time               `json:"at"`
	States    map[DeliveryState]Reach `json:"states"`
	Spreading bool                    `json:"spreading,omitempty"` // its followers are so many that not all of them have a delivery yet
}
