// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import "plenum/coop"

// Chrome is what every page has around its content. Lang, Site, SiteTitle and
// what the footer says are the handler's to fill. Canonical, Alternate,
// OpenGraph and Creator are made from the rest of a view where they are empty.
type Chrome struct {
	Lang      string // of the interface, as Lang returns it
	Site      coop.Site
	SiteTitle string

	Canonical coop.IRI // the one URL of this page
	Alternate coop.IRI // the ActivityPub id of what the page shows
	OpenGraph OpenGraph
	Creator   string // name@domain, whom Mastodon names as the author of a link

	Version string
	Source  coop.IRI // where the source code of this very program is, AGPL-3.0 §13; empty: no link

	HasImprint bool // the page about the instance has an imprint
	HasPrivacy bool // the page about the instance has a privacy policy
}

// OpenGraph is what other sites show where somebody links to a page. Each field
// that is empty is made from the view.
type OpenGraph struct {
	Type        string // "article", "profile" or "website"
	Title       string
	Description string
	Image       coop.IRI
	ImageAlt    string
}

// HomeView is the page of the instance.
type HomeView struct {
	Chrome
	Coops    []coop.Coop
	Upcoming []coop.Post // events, the earliest first
	Posts    []coop.Post // the newest first
	Calendar coop.IRI    // a calendar of all events; empty: no link
}

// CoopView is the page of a co-op.
type CoopView struct {
	Chrome
	Coop      coop.Coop
	Followers int
	Published int // how many posts there are in all
	Upcoming  []coop.Post
	Posts     []coop.Post
	Older     coop.IRI // the page with what came before Posts; empty on the last
	Newer     coop.IRI // empty on the first page
	Calendar  coop.IRI // the calendar of the co-op; empty: no link
}

// PostView is the page of a post.
type PostView struct {
	Chrome
	Post  coop.Post // Body is sanitised HTML and is shown as it is
	Coop  coop.Coop
	Parts []coop.Post // what belongs to it
	Whole coop.Post   // what it belongs to; the zero Post where there is nothing

	Owners []coop.Coop // that share it
	Events []coop.Post // of a report: those that it is about

	Tally          coop.Tally
	Comments       []CommentItem // shown ones, oldest first
	Earlier, Later coop.IRI      // pages with more comments; empty where there are none
	Over           bool          // the event has ended
}

// CommentItem is a comment with what we know of who wrote it. Its Body is sanitised
// HTML.
type CommentItem struct {
	Comment coop.Comment
	Author  coop.Actor // Comment.By; the zero Actor where we do not know it
	Zone    string     // in which its date is said
}

// TagView is the page of a tag.
type TagView struct {
	Chrome
	Tag   string      // without '#'
	Coops []coop.Coop // of the posts
	Posts []coop.Post
	Older coop.IRI
	Newer coop.IRI
}

// AboutView is the page about the instance.
type AboutView struct {
	Chrome
	Text    string // sanitised HTML; empty: a few words of ours
	Contact string // an e-mail address
	Coops   []coop.Coop
	Imprint string // sanitised HTML; empty: no such part
	Privacy string // sanitised HTML; empty: no such part
}

// NetworkView is the page of what came from those whom our co-ops follow.
type NetworkView struct {
	Chrome
	Items     []NetworkItem
	Following int // how many accounts our co-ops follow, to say why the page is empty
	Older     coop.IRI
	Newer     coop.IRI
}

// NetworkItem is something received, with what we know of who sent it.
type NetworkItem struct {
	Received coop.Received
	Author   coop.Actor // Received.By; the zero Actor where we do not know it
	Sender   coop.Actor // Received.Via, where that is not the author
}

// FollowOutcome says what came of "follow from your account".
type FollowOutcome string

// What can come of it. Each has its own sentence on the page.
const (
	FollowReady       FollowOutcome = "ready"       // Target is where to go on
	FollowMalformed   FollowOutcome = "malformed"   // Handle is no handle
	FollowNotFound    FollowOutcome = "not-found"   // its server knows no such account
	FollowUnreachable FollowOutcome = "unreachable" // its server did not answer
	FollowUnsupported FollowOutcome = "unsupported" // its server does not say how to follow from there
)

// FollowView answers the form "follow from your account". Going on is a link and
// no redirect: browsers apply the form-action of the page's policy to where a
// form's answer redirects to.
type FollowView struct {
	Chrome
	Coop    coop.Coop
	Handle  string // as it was typed
	Outcome FollowOutcome
	Target  coop.IRI // for FollowReady: the page of the visitor's own server
}

// ProblemView is the page of a failure, in the words for the status.
type ProblemView struct {
	Chrome
	Status int
}
