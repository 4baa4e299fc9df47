// SPDX-License-Identifier: AGPL-3.0-or-later

// Package handlers is Plenum over HTTP: federation, pages, and the control
// interface of the command line. It alone knows Echo.
//
// A handler reads the request, calls one method, chooses how to show the answer
// and returns; failures are errors, which problem.go turns into a status. Which
// URL goes where, with its limits, stands in routes.go on one screen.
package handlers

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"plenum/auth"
	"plenum/coop"
	"plenum/federation"
	"plenum/web"
)

// Library is what pages and discovery read.
type Library interface {
	Coop(ctx context.Context, n coop.Name) (coop.Coop, error)
	Coops(ctx context.Context) ([]coop.Coop, error)
	Post(ctx context.Context, id coop.ID) (coop.Post, error)
	PostBySlug(ctx context.Context, n coop.Name, slug string) (coop.Post, error)
	Posts(ctx context.Context, q coop.PostQuery) ([]coop.Post, error)
	ReceivedList(ctx context.Context, before time.Time, limit int) ([]coop.Received, error)
	Counts(ctx context.Context) (coop.Counts, error)
}

// Totals are the numbers that are shown of a co-op.
type Totals interface {
	CountFollowers(ctx context.Context, n coop.Name) (int, error)
	Outbox(ctx context.Context, n coop.Name, page, per int) (docs []coop.Document, total, pages int, err error)
}

// Files gives what stands under /media/.
type Files interface {
	OpenMedia(name string) (*os.File, error)
}

// Tokens keeps the bearer tokens of co-ops.
type Tokens interface {
	Tokens(ctx context.Context, n coop.Name) ([]coop.Token, error)
	AddToken(ctx context.Context, t coop.Token, d coop.Decision) error
	RevokeToken(ctx context.Context, id coop.ID, at time.Time, d coop.Decision) error
}

// Desk is what the command line needs and no page shows.
type Desk interface {
	Followers(ctx context.Context, q coop.FollowerQuery) ([]coop.Follower, error)
	Followings(ctx context.Context, n coop.Name) ([]coop.Following, error)
	Actor(ctx context.Context, id coop.IRI) (coop.Actor, error)
}

// Queue is what is on its way, and why it has not arrived.
type Queue interface {
	Deliveries(ctx context.Context, f coop.DeliveryFilter) ([]coop.Delivery, error)
	Delivery(ctx context.Context, id coop.ID) (coop.Delivery, error)
	// Receipt has at most most deliveries of each state.
	Receipt(ctx context.Context, post coop.ID, most int) (coop.Receipt, error)
	Rests(ctx context.Context) ([]coop.Rest, error)
	// Rotated is when the key of an actor was changed; the zero time: never.
	Rotated(ctx context.Context, n coop.Name) (time.Time, error)
}

// Clerk does with deliveries what an operator asks for; a filter's Limit of 0
// means all of them.
type Clerk interface {
	Retry(ctx context.Context, f coop.DeliveryFilter, now time.Time) (int, error)
	Hold(ctx context.Context, f coop.DeliveryFilter) (int, error)
	GiveUp(ctx context.Context, f coop.DeliveryFilter, now time.Time) (int, error)
}

// Voices is what others said of what our co-ops publish, and what was decided about
// that.
type Voices interface {
	Tally(ctx context.Context, post coop.ID) (coop.Tally, error)
	Comments(ctx context.Context, q coop.CommentQuery) ([]coop.Comment, error)
	RSVPs(ctx context.Context, q coop.RSVPQuery) ([]coop.RSVP, error)
	Complaints(ctx context.Context, q coop.ComplaintQuery) ([]coop.Complaint, error)
	Decisions(ctx context.Context, q coop.DecisionQuery) ([]coop.Decision, error)
}

// Shelf is what the members of a co-op look up, and nobody else.
type Shelf interface {
	Revisions(ctx context.Context, post coop.ID) ([]coop.Revision, error)
	MediaOf(ctx context.Context, n coop.Name, before coop.ID, limit int) ([]coop.Media, error)
}

// Keeper looks after the file.
type Keeper interface {
	Ping(ctx context.Context) error
	Prune(ctx context.Context, now time.Time) (coop.Pruned, error)
	Backup(ctx context.Context, dest string) error
	Verify(ctx context.Context) ([]string, error)
}

// Texts are what the people of an instance say of themselves, as HTML that was
// sanitised when it was read.
type Texts struct {
	Title, Contact          string
	Source                  coop.IRI // where the source code of this very program is; may be empty
	About, Imprint, Privacy string
}

// Limits of what one address, one peer or one token may ask. Zero means no limit.
type Limits struct {
	UnverifiedPerMinute int // requests to an inbox that proved nothing, per address (IPv6: per /64)
	InboxPerMinute      int // proven ones, per host of the actor
	WritesPerMinute     int // of one token, whatever it changes
	ReadsPerMinute      int // of one token
	UploadsPerMinute    int // files, of one token
}

// Server answers requests. Fill the fields by name.
type Server struct {
	Site           coop.Site
	Fed            *federation.Service
	Auth           *auth.Service
	Library        Library
	Totals         Totals
	Files          Files
	Tokens         Tokens
	Desk           Desk
	Queue          Queue
	Clerk          Clerk
	Keeper         Keeper
	Voices         Voices
	Shelf          Shelf
	Pages          *web.Pages
	Texts          Texts
	Limits         Limits
	Secure         bool           // documents are given to signed requests only
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	Version        string
	Now            func() time.Time
	Rand           io.Reader // of tokens
	Kick           func()    // wakes the delivery worker after a change to the queue; may be nil
	// Advise says in words what to do about a delivery that has not arrived; rotated
	// is when the key of its actor was changed. May be nil.
	Advise func(d coop.Delivery, rotated time.Time) string
	Week   time.Duration // for how long a delivery is tried; zero: nobody is told
	Log    *slog.Logger

	unverified, verified, asking limiter
	tokenWrites, tokenReads      limiter
	tokenUploads, proxied        limiter      // by token
	uploading                    atomic.Int32 // files on their way
	health                       health
	pages                        pageCache
}
