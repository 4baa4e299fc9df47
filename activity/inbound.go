// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"time"

	"plenum/coop"
)

// Inbound is what another server can say to us: one of the types below that have
// the method, and nothing else. All of it is a claim: only the signature shows who
// is speaking, and the ids that a value holds may stand on any host, ours too.
type Inbound interface {
	Head() Head
	inbound()
}

// Head is what each activity has. AP §3, docs/security.md A.4.6.
type Head struct {
	ID    coop.IRI
	Actor coop.IRI // who claims to have done it
	Type  string
	Raw   []byte // the whole document as it came
}

// Head returns h; by it each activity shows its own.
func (h Head) Head() Head { return h }

// head lets the activities embed Head and have a method of its name.
type head = Head

// Follow asks to be told what Object publishes. AP §7.5.
type Follow struct {
	head
	Object coop.IRI
}

// Undo takes an activity of the same actor back. AP §7.12.
type Undo struct {
	head
	Object   coop.IRI // the activity's id; empty where the sender told all but the id
	Of       string   // its type; this and the next two are empty where only the id was told
	OfActor  coop.IRI
	OfObject coop.IRI
}

// Accept agrees to an activity, as to a Follow of ours. AP §7.6.
type Accept struct {
	head
	Object   coop.IRI // as in Undo
	Of       string
	OfActor  coop.IRI
	OfObject coop.IRI
}

// Reject refuses an activity, or takes an Accept back. AP §7.7.
type Reject struct {
	head
	Object   coop.IRI // as in Undo
	Of       string
	OfActor  coop.IRI
	OfObject coop.IRI
}

// TentativeAccept says of an event that its actor may come; an answer to a Follow
// it is not. AS2 Vocabulary §TentativeAccept.
type TentativeAccept struct {
	head
	Object   coop.IRI // as in Undo
	Of       string
	OfActor  coop.IRI
	OfObject coop.IRI
}

// Like is a Like or an EmojiReact of Object. AP §7.10.
type Like struct {
	head
	Object coop.IRI
	Emoji  string // one emoji, or :name:; empty for a Like without one
}

// Join asks for a seat at the event Object. FEP-8a8e.
type Join struct {
	head
	Object  coop.IRI
	Message string // plain text
}

// Leave gives the seat back.
type Leave struct {
	head
	Object coop.IRI
}

// Block says that the actor wants nothing to do with Object. AP §7.9.
type Block struct {
	head
	Object coop.IRI
}

// Move says that the account Object is now Target. FEP-7628.
type Move struct {
	head
	Object coop.IRI
	Target coop.IRI
}

// Flag complains about actors and objects. AS2 Vocabulary §Flag.
type Flag struct {
	head
	Objects []coop.IRI // at most fifty
	Text    string     // plain text
}

// QuoteRequest asks whether Instrument may quote Object. FEP-044f.
type QuoteRequest struct {
	head
	Object     coop.IRI
	Instrument coop.IRI
}

// Delete says that an object, or an actor, is gone. AP §7.4.
type Delete struct {
	head
	Object coop.IRI
}

// Create brings a new object. AP §7.2.
type Create struct {
	head
	Object Object
}

// Update brings a new version of an object or of an actor. AP §7.3.
type Update struct {
	head
	Object Object
}

// Announce passes on what somebody else published. AP §7.11.
type Announce struct {
	head
	Object coop.IRI // of an announced Create or Update its object: FEP-1b12 groups wrap
}

// Ignored is an activity that is well formed and means nothing to us.
type Ignored struct {
	head
	Why string // for the log
}

func (Follow) inbound()          {}
func (Undo) inbound()            {}
func (Accept) inbound()          {}
func (Reject) inbound()          {}
func (Delete) inbound()          {}
func (TentativeAccept) inbound() {}
func (Like) inbound()            {}
func (Join) inbound()            {}
func (Leave) inbound()           {}
func (Block) inbound()           {}
func (Move) inbound()            {}
func (Flag) inbound()            {}
func (QuoteRequest) inbound()    {}
func (Create) inbound()          {}
func (Update) inbound()          {}
func (Announce) inbound()        {}
func (Ignored) inbound()         {}

// Object is what we read of an object elsewhere: enough to say who made it, to
// list it and to link to it. The rest stays in Raw.
type Object struct {
	ID        coop.IRI
	By        coop.IRI // attributedTo; empty where it names nobody. Of several the actor of the activity, else the first
	URL       coop.IRI // the page, only where it is on the host of the id
	Type      string
	Name      string // plain text
	Summary   string // plain text: the summary, else the beginning of the content
	Published time.Time
	Updated   time.Time // zero where the object was never changed
	Public    bool      // addressed to everybody. AP §5.6
	Listed    bool      // public, and not in cc alone, by which its author asks to keep it out of public lists
	Actor     bool      // it is the document of an actor
	Embedded  bool      // false where only the id is known
	InReplyTo coop.IRI  // what it answers; of several the first
	Content   string    // HTML as it came, not sanitised; only of what answers something, at most coop.MaxComment bytes
	Sensitive bool      // only of what answers something: to be opened before it is read
	Warning   string    // what it warns of, at most coop.MaxWarning characters; plain text, empty where that is not said
	Language  string    // BCP 47; empty where it is not said
	Vote      bool      // it answers with a name and without a text, as votes in a poll do
	Raw       []byte    // the JSON as it came; nil unless Embedded
}
