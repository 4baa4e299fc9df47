// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import "time"

// JoinMode says how one takes part in an event. FEP-8a8e.
type JoinMode string

// The modes; the empty one means what Post.Joining says.
const (
	JoinFree       JoinMode = "free"       // whoever asks has a seat while there are any
	JoinRestricted JoinMode = "restricted" // the co-op decides
	JoinExternal   JoinMode = "external"   // elsewhere, at JoinURL
)

// RSVPState is what became of somebody's answer to an event.
type RSVPState string

// The states of an RSVP.
const (
	RSVPAsked    RSVPState = "asked"    // waits for the co-op to decide
	RSVPGoing    RSVPState = "going"    // has a seat
	RSVPWaiting  RSVPState = "waiting"  // would have one if there were any left; first come, first seated
	RSVPMaybe    RSVPState = "maybe"    // takes no seat
	RSVPDeclined RSVPState = "declined" // said that they do not come
	RSVPRefused  RSVPState = "refused"  // the co-op decided so
)

// RSVPStates are all states of an RSVP, in the order in which they are shown.
func RSVPStates() []RSVPState {
	return []RSVPState{RSVPGoing, RSVPWaiting, RSVPAsked, RSVPMaybe, RSVPDeclined, RSVPRefused}
}

// RSVP is an actor's answer to an event. There is one for each event and actor.
type RSVP struct {
	Post     ID        `json:"post"`
	Coop     Name      `json:"coop"`
	Actor    IRI       `json:"actor"`
	Inbox    IRI       `json:"inbox"`             // where the actor is told
	Activity IRI       `json:"activity"`          // the id of the last one, which an Accept repeats
	Form     string    `json:"form"`              // its type: Join, Accept, TentativeAccept, Reject
	Message  string    `json:"message,omitempty"` // plain text, for the co-op alone
	State    RSVPState `json:"state"`
	Approved bool      `json:"approved,omitempty"` // the co-op said yes: who waits gets a seat without being asked about again
	Turn     uint64    `json:"turn"`               // grows with each who asks for a seat; a store gives it
	At       time.Time `json:"at"`
}

// MaxMessage is how much is kept of what somebody says with an RSVP or a
// complaint, in characters.
const MaxMessage = 2_000

// TellFunc makes what an actor is told of its RSVP, which has the state that it has
// from now on; promoted says that a seat became free for it. It is called within
// the transaction that changes the RSVP, and more than once where that has to be
// repeated: it encodes and does nothing else.
type TellFunc func(r RSVP, promoted bool) (Outgoing, error)

// RSVPQuery chooses RSVPs of an event, in their order; the zero State chooses all.
type RSVPQuery struct {
	Post  ID
	State RSVPState
	Skip  int // pages
	Limit int // 0 means 100
}

// Joining is how one takes part in an event: as it says, or for a talk that belongs
// to something else there, and for any other one freely.
func (p Post) Joining() JoinMode {
	switch {
	case p.Join != "":
		return p.Join
	case p.Kind == Talk && p.PartOf != "":
		return JoinExternal
	}
	return JoinFree
}
