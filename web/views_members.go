// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import "plenum/coop"

// Visit is what the pages of a member have around their content: who is signed in.
type Visit struct {
	Chrome
	Member coop.Member
	CSRF   string // proves that a form came from a page of this session
	Admin  bool   // administers a co-op
	Done   Done   // what was just done; empty: nothing
}

// Done names what was just done. Each has its own sentence on the page.
type Done string

// What can have been done.
const (
	DoneOut            Done = "out"
	DoneReset          Done = "reset"
	DoneFirst          Done = "first" // nothing: one has to sign in first
	DoneProfile        Done = "profile"
	DonePassword       Done = "password"
	DonePasskey        Done = "passkey"
	DonePasskeyDropped Done = "passkey-dropped"
	DoneSession        Done = "session"
	DoneApp            Done = "app"
	DoneRole           Done = "role"
	DoneRemoved        Done = "removed"
	DoneInviteDropped  Done = "invite-dropped"
	DoneTwo            Done = "two"
	DoneSaved          Done = "saved"
	DonePublished      Done = "published"
	DoneChanged        Done = "changed"
	DoneScheduled      Done = "scheduled"
	DoneProposed       Done = "proposed"
	DoneDeleted        Done = "deleted"
	DoneDropped        Done = "dropped"
	DoneAgreed         Done = "agreed"
	DoneRejected       Done = "rejected"
)

// done is the sentence for what was done; empty for anything unknown.
func (w *words) done(d Done) string {
	return map[Done]string{
		DoneOut: w.LoginOut, DoneReset: w.LoginReset, DoneFirst: w.LoginFirst, DoneProfile: w.DoneProfile, DonePassword: w.DonePassword,
		DonePasskey: w.DonePasskey, DonePasskeyDropped: w.DonePasskeyDropped, DoneSession: w.DoneSession, DoneApp: w.DoneApp,
		DoneRole: w.DoneRole, DoneRemoved: w.DoneRemoved, DoneInviteDropped: w.DoneInviteDropped, DoneTwo: w.DoneTwo, DoneSaved: w.DoneSaved,
		DonePublished: w.DonePublished, DoneChanged: w.DoneChanged, DoneScheduled: w.DoneScheduled, DoneProposed: w.DoneProposed,
		DoneDeleted: w.DoneDeleted, DoneDropped: w.DoneDropped, DoneAgreed: w.DoneAgreed, DoneRejected: w.DoneRejected,
	}[d]
}

// LoginView is the door for members.
type LoginView struct {
	Chrome
	Login string // as it was typed
	Next  string // a path of ours to go on to
	Wrong bool   // name and password do not belong together
	Slow  bool   // it was tried too often
	Done  Done
}

// Person is what somebody says of themselves.
type Person struct{ Login, Name, Email, Language string }

// InviteView is an invitation, as those see it who were given the link.
type InviteView struct {
	Chrome
	Gone     bool // it cannot be used
	Secret   string
	Ticket   coop.Ticket
	Coop     coop.Coop
	Member   coop.Member // who is signed in; the zero Member: nobody
	CSRF     string      // of Member's session
	Person   Person      // as it was typed
	Mistakes []Mistake
}

// ResetView is the page of a forgotten password: without a secret it asks for the
// sign-in name, with one for a new password.
type ResetView struct {
	Chrome
	Secret   string
	Member   coop.Member // whose password it is, where Secret is good
	Gone     bool        // the secret cannot be used
	NoMail   bool        // this instance sends none
	Sent     bool
	Mistakes []Mistake
}

// AccountView is what a member can say about themselves, and sees of their doors.
type AccountView struct {
	Visit
	Person   Person // as it stands in the form
	Coops    []coop.Coop
	Passkeys []coop.Passkey
	Sessions []coop.Session
	Here     coop.ID // the session of this browser
	Fresh    bool    // it has just begun: further doors may be opened
	Grants   []coop.Grant
	Mistakes []Mistake
}

// MembersView is who works for a co-op. It has a secret link once, when it was made.
type MembersView struct {
	Visit
	Coop     coop.Coop
	Others   []coop.Coop // that the member administers besides
	Members  []coop.Member
	Tickets  []coop.Ticket // invitations in force
	Link     string        // just made
	For      coop.Member   // Link lets them choose a new password; the zero Member: it is an invitation
	Mailed   bool          // the invitation was sent, too
	Note     string        // as it was typed
	Mistakes []Mistake
}

// ConsentView asks a member whether a program may act for a co-op.
type ConsentView struct {
	Visit
	Client   coop.Client
	Scopes   []coop.Scope
	Coops    []coop.Coop // for which the member may let it act
	Chosen   coop.Name
	Back     string      // host of where it goes on
	Asked    [][2]string // names and values of what the program asked, to be sent again
	Mistakes []Mistake
}

// RefusedView says that a program asked in a wrong way, and cannot be told.
type RefusedView struct {
	Chrome
	Text string // in English, for those who make the program
}

// DeskView is what the co-ops of a member are writing.
type DeskView struct {
	Visit
	Whole bool // of one co-op, with everything
	Desks []Desk
	Older coop.IRI // with Whole: the page with what was published before
	Newer coop.IRI
}

// Desk is what lies on the desk of one co-op.
type Desk struct {
	Coop      coop.Coop
	Role      coop.Role
	Proposals []coop.Proposal // open
	Offers    []coop.Post     // that others offered to share
	Drafts    []coop.Post     // without a time
	Proposed  []coop.ID       // drafts that wait for somebody to agree, as they are now
	Scheduled []coop.Post     // with one
	Published []coop.Post
	More      bool // there is more than is shown
}

// PostForm is a post as it stands in the form in which it is written.
type PostForm struct {
	Title, Summary, Text, Language, Tags                     string
	StartDate, StartTime, EndDate, EndTime, Zone             string
	Place, Address, Online, Speakers, Links, Alt             string
	Slug, Original, PartOf, Visibility, Status, Seats, Again string
	Scope, Owners                                            string // names of co-ops
	Of, Attendance                                           string // slugs of the events of a report; how many came to an event
	Due                                                      string // wall time in the co-op's zone
	DropPicture                                              bool
}

// ComposeView is the form in which a post is written. A new one has a Post with
// nothing but a Kind.
type ComposeView struct {
	Visit
	Coop     coop.Coop
	Role     coop.Role
	Alone    bool // the member may publish without anybody else
	Post     coop.Post
	Form     PostForm
	Key      string // a form that is sent twice does one thing
	Mistakes []Mistake
}

// DeleteView asks whether a post is really to be deleted.
type DeleteView struct {
	Visit
	Coop  coop.Coop
	Post  coop.Post
	Alone bool
	Key   string
}

// ProposalView is what somebody proposed, for those who decide.
type ProposalView struct {
	Visit
	Coop     coop.Coop
	Proposal coop.Proposal
	Shows    []Shown // what is in it, in words
	May      bool    // the member may decide
	Own      bool    // the member proposed it, and two have to agree
	Mine     bool    // the member proposed it, and may take it back
	Draft    bool    // it is to publish a draft, which can be looked at
	Raw      string
	Mistakes []Mistake
}

// Shown is a member of what was proposed, by the name of its field in the form.
type Shown struct{ Field, Value string }
