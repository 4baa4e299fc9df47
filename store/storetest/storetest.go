// SPDX-License-Identifier: AGPL-3.0-or-later

// Package storetest states what a store of Plenum must do, whatever engine is
// under it. A driver passes when Run does.
package storetest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plenum/coop"
)

// Coops are the actors of ours and their keys.
type Coops interface {
	AddCoop(ctx context.Context, c coop.Coop, privatePEM []byte) error
	Coop(ctx context.Context, n coop.Name) (coop.Coop, error)
	Coops(ctx context.Context) ([]coop.Coop, error)
	ReviseCoop(ctx context.Context, c coop.Coop, out coop.Outgoing) error
	RotateKey(ctx context.Context, c coop.Coop, privatePEM []byte, out coop.Outgoing) error
	RemoveCoop(ctx context.Context, c coop.Coop, out coop.Outgoing) error
	PrivateKey(ctx context.Context, n coop.Name) ([]byte, error)
	FormerKey(ctx context.Context, n coop.Name, document coop.ID) ([]byte, error)
}

// Tokens are the bearer tokens.
type Tokens interface {
	AddToken(ctx context.Context, k coop.Token, d coop.Decision) error
	Tokens(ctx context.Context, n coop.Name) ([]coop.Token, error)
	Token(ctx context.Context, hash []byte) (coop.Token, error)
	RevokeToken(ctx context.Context, id coop.ID, at time.Time, d coop.Decision) error
	RevokeGrant(ctx context.Context, id coop.ID, why string, d coop.Decision) error
}

// Posts are what is written.
type Posts interface {
	SaveDraft(ctx context.Context, p coop.Post, out coop.Outgoing) (*coop.Answer, error)
	DropDraft(ctx context.Context, n coop.Name, id coop.ID, out coop.Outgoing) error
	Publish(ctx context.Context, pub coop.Publication) (*coop.Answer, error)
	Revise(ctx context.Context, pub coop.Publication) (*coop.Answer, error)
	Withdraw(ctx context.Context, pub coop.Publication) (*coop.Answer, error)
	Post(ctx context.Context, id coop.ID) (coop.Post, error)
	PostBySlug(ctx context.Context, n coop.Name, slug string) (coop.Post, error)
	Posts(ctx context.Context, q coop.PostQuery) ([]coop.Post, error)
}

// Documents are what is served.
type Documents interface {
	Answer(ctx context.Context, key string) (coop.Answer, bool, error)
	KeepAnswer(ctx context.Context, a coop.Answer) error
	Object(ctx context.Context, id coop.ID) ([]byte, coop.Post, error)
	Document(ctx context.Context, id coop.ID) (coop.Document, error)
	Outbox(ctx context.Context, n coop.Name, page, per int) ([]coop.Document, int, int, error)
	Place(ctx context.Context, hash string) ([]byte, error)
}

// Followers are those who follow actors of ours.
type Followers interface {
	AcceptFollow(ctx context.Context, f coop.Follower, seen coop.Seen, out coop.Outgoing) error
	AskFollow(ctx context.Context, f coop.Follower, seen coop.Seen) error
	EndFollow(ctx context.Context, n coop.Name, actor coop.IRI, seen coop.Seen, out coop.Outgoing) error
	Follower(ctx context.Context, n coop.Name, actor coop.IRI) (coop.Follower, error)
	Followers(ctx context.Context, q coop.FollowerQuery) ([]coop.Follower, error)
	CountFollowers(ctx context.Context, n coop.Name) (int, error)
	Boxes(ctx context.Context, names ...coop.Name) ([]coop.Box, error)
}

// Followings are those whom actors of ours follow.
type Followings interface {
	StartFollow(ctx context.Context, f coop.Following, out coop.Outgoing) error
	SettleFollow(ctx context.Context, n coop.Name, actor coop.IRI, state coop.FollowState, seen coop.Seen) error
	StopFollow(ctx context.Context, n coop.Name, actor coop.IRI, out coop.Outgoing) error
	LocalFollow(ctx context.Context, f coop.Following, back coop.Follower, out coop.Outgoing) error
	Following(ctx context.Context, n coop.Name, actor coop.IRI) (coop.Following, error)
	Followings(ctx context.Context, n coop.Name) ([]coop.Following, error)
	FollowedBy(ctx context.Context, actor coop.IRI, states ...coop.FollowState) ([]coop.Name, error)
}

// Actors are those elsewhere of whom something is known.
type Actors interface {
	Actor(ctx context.Context, id coop.IRI) (coop.Actor, error)
	ActorOfKey(ctx context.Context, keyID coop.IRI) (coop.Actor, error)
	SaveActor(ctx context.Context, a coop.Actor) error
	ForgetActor(ctx context.Context, id coop.IRI, seen coop.Seen, tell coop.TellFunc) error
	Traces(ctx context.Context, id coop.IRI) (bool, error)
}

// Arrivals are what others sent.
type Arrivals interface {
	Keep(ctx context.Context, r coop.Received, seen coop.Seen) error
	Drop(ctx context.Context, object, by coop.IRI, seen coop.Seen) error
	Recall(ctx context.Context, object, by coop.IRI, seen coop.Seen, out coop.Outgoing) error
	ReceivedList(ctx context.Context, before time.Time, limit int) ([]coop.Received, error)
	ReceivedObject(ctx context.Context, object coop.IRI) (coop.Received, error)
	SeenAt(ctx context.Context, s coop.Seen) (time.Time, error)
	SeenForgotten(ctx context.Context) (time.Time, error)
	MarkSeen(ctx context.Context, s coop.Seen) error
}

// Comments are the replies to posts.
type Comments interface {
	KeepComment(ctx context.Context, c coop.Comment, seen coop.Seen, out coop.Outgoing) (coop.Comment, error)
	DecideComment(ctx context.Context, object coop.IRI, s coop.CommentState, d coop.Decision, out coop.Outgoing) (coop.Comment, error)
	Comment(ctx context.Context, object coop.IRI) (coop.Comment, error)
	Comments(ctx context.Context, q coop.CommentQuery) ([]coop.Comment, error)
}

// Reactions are what people do with posts without words.
type Reactions interface {
	React(ctx context.Context, r coop.Reaction, seen coop.Seen) error
	Unreact(ctx context.Context, r coop.Reaction, seen coop.Seen, kinds ...coop.ReactionKind) error
	Reactions(ctx context.Context, q coop.ReactionQuery) ([]coop.Reaction, error)
	TakeBack(ctx context.Context, by, activity coop.IRI, seen coop.Seen, tell coop.TellFunc) (bool, error)
	Tally(ctx context.Context, post coop.ID) (coop.Tally, error)
}

// RSVPs are the answers to events.
type RSVPs interface {
	Attend(ctx context.Context, r coop.RSVP, seen coop.Seen, tell coop.TellFunc) (coop.RSVP, error)
	EndRSVP(ctx context.Context, post coop.ID, actor coop.IRI, seen coop.Seen, tell coop.TellFunc) error
	DecideRSVP(ctx context.Context, post coop.ID, actor coop.IRI, s coop.RSVPState, d coop.Decision, tell coop.TellFunc) (coop.RSVP, error)
	FillSeats(ctx context.Context, post coop.ID, tell coop.TellFunc) error
	RSVPs(ctx context.Context, q coop.RSVPQuery) ([]coop.RSVP, error)
	Attending(ctx context.Context, post coop.ID) ([]coop.Box, error)
}

// Queue is what waits to be delivered.
type Queue interface {
	Lease(ctx context.Context, r coop.LeaseRequest) ([]coop.Job, time.Time, error)
	Settle(ctx context.Context, settled ...coop.Settlement) error
	Refund(ctx context.Context, id coop.ID, now time.Time) error
	Deliveries(ctx context.Context, f coop.DeliveryFilter) ([]coop.Delivery, error)
	Delivery(ctx context.Context, id coop.ID) (coop.Delivery, error)
	Retry(ctx context.Context, f coop.DeliveryFilter, now time.Time) (int, error)
	Hold(ctx context.Context, f coop.DeliveryFilter) (int, error)
	GiveUp(ctx context.Context, f coop.DeliveryFilter, now time.Time) (int, error)
	Expire(ctx context.Context, host string, begun time.Time, a coop.Attempt) (int, error)
	Wake(ctx context.Context, host string) (bool, error)
	Rests(ctx context.Context) ([]coop.Rest, error)
	Spread(ctx context.Context) (bool, error)
	Behind(ctx context.Context, inbox coop.IRI, most int) ([]coop.IRI, error)
	Receipt(ctx context.Context, post coop.ID, most int) (coop.Receipt, error)
	QueueStats(ctx context.Context) (coop.QueueStats, error)
}

// Plans are what posts are before they are published, and were before they changed.
type Plans interface {
	Due(ctx context.Context, now time.Time, limit int) ([]coop.Post, time.Time, error)
	Revisions(ctx context.Context, post coop.ID) ([]coop.Revision, error)
	SaveSeries(ctx context.Context, r coop.Series, drafts []coop.Post, out coop.Outgoing) error
	Series(ctx context.Context, id coop.ID) (coop.Series, error)
	SeriesOf(ctx context.Context, n coop.Name) ([]coop.Series, error)
}

// Proposals are what somebody else has to agree to.
type Proposals interface {
	Propose(ctx context.Context, p coop.Proposal, answer coop.Answer) (*coop.Answer, error)
	Proposal(ctx context.Context, id coop.ID) (coop.Proposal, error)
	Proposals(ctx context.Context, q coop.ProposalQuery) ([]coop.Proposal, error)
	RejectProposal(ctx context.Context, id coop.ID, d coop.Decision) (coop.Proposal, error)
}

// Acts are what co-ops say of others and can take back.
type Acts interface {
	Act(ctx context.Context, a coop.Act, out coop.Outgoing) (*coop.Answer, error)
	Unact(ctx context.Context, n coop.Name, kind coop.ActKind, object coop.IRI, out coop.Outgoing) (*coop.Answer, error)
	ActOn(ctx context.Context, n coop.Name, kind coop.ActKind, object coop.IRI) (coop.Act, error)
	Acts(ctx context.Context, n coop.Name, kind coop.ActKind, before coop.ID, limit int) ([]coop.Act, int, error)
}

// Archive is what a co-op's members can look up.
type Archive interface {
	Said(ctx context.Context, n coop.Name, before coop.ID, limit int) ([]coop.Document, int, error)
	Arrivals(ctx context.Context, n coop.Name, before uint64, limit int) ([]coop.Arrival, int, error)
	Arrival(ctx context.Context, n coop.Name, id coop.IRI) (coop.Arrival, error)
}

// Uploads are the files of co-ops.
type Uploads interface {
	AddMedia(ctx context.Context, m coop.Media, data []byte, d coop.Decision) (coop.Media, error)
	Media(ctx context.Context, id coop.ID) (coop.Media, error)
	MediaNamed(ctx context.Context, file string) ([]coop.Media, error)
	MediaOf(ctx context.Context, n coop.Name, before coop.ID, limit int) ([]coop.Media, error)
	DropMedia(ctx context.Context, n coop.Name, id coop.ID, d coop.Decision) error
}

// House is what keeps the store itself in order.
type House interface {
	Counts(ctx context.Context) (coop.Counts, error)
	Prune(ctx context.Context, now time.Time) (coop.Pruned, error)
	PutMedia(ctx context.Context, data []byte, ext string) (string, error)
	OpenMedia(name string) (*os.File, error)
	Verify(ctx context.Context) ([]string, error)
	Generation() uint64
}

// Store is all of it.
type Store interface {
	Coops
	People
	Doors
	Devices
	Clients
	Tokens
	Posts
	Plans
	Proposals
	Acts
	Archive
	Uploads
	Documents
	Followers
	Followings
	Actors
	Servers
	Arrivals
	Comments
	Reactions
	RSVPs
	Queue
	House
	Rules
	Decisions
	Complaints
}

// Run runs the suite. open returns an empty store for the domain x.example that
// uses the real time; it closes it when the test ends.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for _, group := range [][]test{coopTests(), memberTests(), doorTests(), passkeyTests(), clientTests(), grantTests(),
		postTests(), planTests(), visibilityTests(), proposalTests(), actTests(), archiveTests(), uploadTests(),
		documentTests(), followTests(), serverTests(), arrivalTests(), commentTests(), reactionTests(), rsvpTests(),
		queueTests(), hostTests(), operatorTests(), orderTests(), reachTests(), ruleTests(), decisionTests(), expelTests(), agedTests()} {
		for _, tt := range group {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				f := begin(t, open(t))
				tt.run(f)
				f.sound()
			})
		}
	}
}

type test struct {
	name string
	run  func(*fixture)
}

// pem is a private key as far as a store can tell.
const pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"

// fixture is a store with two co-ops and the instance actor in it.
type fixture struct {
	*testing.T
	Store
	now time.Time
	ids int
}

func begin(t *testing.T, s Store) *fixture {
	f := &fixture{T: t, Store: s, now: coop.Stamp(time.Now())}
	for _, n := range []coop.Name{coop.Relay, "kollektiv", "komona"} {
		f.ok(s.AddCoop(t.Context(), f.coop(n), []byte(pem)))
	}
	return f
}

func (f *fixture) coop(n coop.Name) coop.Coop {
	return coop.Coop{Name: n, Type: coop.Group, Title: string(n), Language: "en", Created: f.now, Updated: f.now}
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// fails checks that err has a code.
func (f *fixture) fails(err error, want coop.Code) {
	f.Helper()
	if got := coop.CodeOf(err); got != want {
		f.Fatalf("got the error %v (%s) want %s", err, got, want)
	}
}

// saved makes sure that a draft was stored.
func (f *fixture) saved(_ *coop.Answer, err error) {
	f.Helper()
	f.ok(err)
}

// unsaved makes sure that a draft was refused.
func (f *fixture) unsaved(want coop.Code) func(*coop.Answer, error) {
	return func(_ *coop.Answer, err error) {
		f.Helper()
		f.fails(err, want)
	}
}

// same compares, with empty and nil slices alike.
func (f *fixture) same(got, want any) {
	f.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		f.Fatalf("not what was wanted (-want +got):\n%s", d)
	}
}

// sound checks that the store finds nothing wrong with itself.
func (f *fixture) sound() {
	f.Helper()
	found, err := f.Verify(f.Context())
	f.ok(err)
	for _, s := range found {
		f.Errorf("verify: %s", s)
	}
}

// id makes ids that follow each other.
func (f *fixture) id() coop.ID {
	f.ids++
	return f.idAt(f.now.Add(time.Duration(f.ids) * time.Millisecond))
}

func (f *fixture) idAt(at time.Time) coop.ID {
	id, err := coop.NewID(at, counter(f.ids))
	f.ok(err)
	return id
}

// prune removes what has served its time by then.
func (f *fixture) prune(now time.Time) coop.Pruned {
	f.Helper()
	gone, err := f.Prune(f.Context(), now)
	f.ok(err)
	return gone
}

// counter is a reader of the same number for ever.
type counter int

func (c counter) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c >> (8 * (i % 4)))
	}
	return len(p), nil
}

// note makes a publication of a new note with its Create, which goes to inboxes.
func (f *fixture) note(n coop.Name, slug string, inboxes ...coop.IRI) coop.Publication {
	p := coop.Post{
		ID: f.id(), Coop: n, Kind: coop.Note, Slug: slug, Title: slug, Body: "<p>" + slug + "</p>", Text: slug, Language: "en",
		State: coop.Published, Rev: 1, Created: f.now, Published: f.now,
	}
	return f.publication(p, inboxes...)
}

// publication tells inboxes of a post.
func (f *fixture) publication(p coop.Post, inboxes ...coop.IRI) coop.Publication {
	p.Activity = f.id()
	pub := coop.Publication{Post: p, Object: body("object", p.ID)}
	pub.Out = f.out("Create", p.Coop, p.ID, true, inboxes...)
	pub.Out.Documents[0].ID = p.Activity
	for i := range pub.Out.Deliveries {
		pub.Out.Deliveries[i].Document = p.Activity
	}
	return pub
}

// meetup makes a publication of an event.
func (f *fixture) meetup(n coop.Name, slug string, when coop.When) coop.Publication {
	pub := f.note(n, slug)
	pub.Post.Kind, pub.Post.When = coop.Meetup, when
	return pub
}

// next is the following revision of a post with an activity about it.
func (f *fixture) next(p coop.Post, activity string, inboxes ...coop.IRI) coop.Publication {
	p.Rev++
	p.Updated = f.now.Add(time.Minute)
	return coop.Publication{Post: p, Object: body(activity, p.ID), Out: f.out(activity, p.Coop, p.ID, false, inboxes...)}
}

// out is a document on its way to inboxes.
func (f *fixture) out(activity string, n coop.Name, post coop.ID, listed bool, inboxes ...coop.IRI) coop.Outgoing {
	d := coop.Document{ID: f.id(), Actor: n, Type: activity, Post: post, At: f.now, Listed: listed}
	d.Body = body(activity, d.ID)
	o := coop.Outgoing{Documents: []coop.Document{d}}
	for _, inbox := range inboxes {
		o.Deliveries = append(o.Deliveries, coop.Delivery{
			ID: f.id(), Document: d.ID, Actor: n, Type: activity, Post: post, Inbox: inbox, Created: f.now, Next: f.now,
		})
	}
	return o
}

func body(what string, id coop.ID) []byte { return fmt.Appendf(nil, `{"type":%q,"id":%q}`, what, id) }

// publish publishes, and returns the post as it is stored.
func (f *fixture) publish(pub coop.Publication) coop.Post {
	f.Helper()
	prior, err := f.Publish(f.Context(), pub)
	f.ok(err)
	if prior != nil {
		f.Fatalf("got the prior answer %v of a new request", prior)
	}
	p, err := f.Post(f.Context(), pub.Post.ID)
	f.ok(err)
	return p
}

// follower is an accepted follower with a shared inbox.
func (f *fixture) follower(n coop.Name, actor, box coop.IRI) coop.Follower {
	return coop.Follower{Coop: n, Actor: actor, Follow: actor + "/follow", Box: box, State: coop.FollowAccepted, Since: f.now}
}

func (f *fixture) seen(actor coop.IRI, activity string) coop.Seen {
	return coop.Seen{Actor: actor, Activity: actor + coop.IRI("/"+activity), At: f.now}
}
