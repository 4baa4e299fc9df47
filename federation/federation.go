// SPDX-License-Identifier: AGPL-3.0-or-later

// Package federation holds the rules of Plenum: what it means to publish, to
// follow and to be followed, and what is believed of what arrives.
//
// Requests come in through handlers and through the command line; both call the
// Service. It decides, asks activity for the bytes that peers will see, and
// stores the change together with everything that has to be delivered in one
// transaction. Sending is not its business: it kicks the delivery worker once the
// transaction is on disk.
//
// It does not know HTTP status codes, Echo, bbolt or the clock: stores are
// interfaces declared here, time and randomness are fields.
package federation

import (
	"context"
	"crypto/rsa"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"sync"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// CoopStore keeps the actors of this instance and their keys.
type CoopStore interface {
	AddCoop(ctx context.Context, c coop.Coop, privatePEM []byte) error
	Coop(ctx context.Context, n coop.Name) (coop.Coop, error)
	Coops(ctx context.Context) ([]coop.Coop, error)
	ReviseCoop(ctx context.Context, c coop.Coop, out coop.Outgoing) error
	RotateKey(ctx context.Context, c coop.Coop, privatePEM []byte, out coop.Outgoing) error
	RemoveCoop(ctx context.Context, c coop.Coop, out coop.Outgoing) error
	PrivateKey(ctx context.Context, n coop.Name) ([]byte, error)
}

// PostStore keeps posts; each change commits with all that it sends.
type PostStore interface {
	Publish(ctx context.Context, pub coop.Publication) (*coop.Answer, error)
	Revise(ctx context.Context, pub coop.Publication) (*coop.Answer, error)
	Withdraw(ctx context.Context, pub coop.Publication) (*coop.Answer, error)
	Post(ctx context.Context, id coop.ID) (coop.Post, error)
	PostBySlug(ctx context.Context, n coop.Name, slug string) (coop.Post, error)
	Posts(ctx context.Context, q coop.PostQuery) ([]coop.Post, error)
}

// DraftStore keeps posts that are not published, and what posts were before.
type DraftStore interface {
	// SaveDraft stores a draft, new or in place of one, with the answer and the decision
	// of out.
	SaveDraft(ctx context.Context, p coop.Post, out coop.Outgoing) (*coop.Answer, error)
	DropDraft(ctx context.Context, n coop.Name, id coop.ID, out coop.Outgoing) error
	// Due returns drafts whose time has come, the longest due first, and when that of
	// the next one comes; the zero time where none waits.
	Due(ctx context.Context, now time.Time, limit int) (due []coop.Post, next time.Time, err error)
	Revisions(ctx context.Context, post coop.ID) ([]coop.Revision, error) // the newest first
}

// SeriesStore keeps what takes place again and again.
type SeriesStore interface {
	// SaveSeries stores a series, new or changed, with drafts of its occurrences.
	SaveSeries(ctx context.Context, r coop.Series, drafts []coop.Post, out coop.Outgoing) error
	Series(ctx context.Context, id coop.ID) (coop.Series, error)
	SeriesOf(ctx context.Context, n coop.Name) ([]coop.Series, error) // that have not ended; of all co-ops for the empty name
}

// ProposalStore keeps what somebody else has to agree to. One that is accepted is
// closed by the Outgoing of what came of it.
type ProposalStore interface {
	Propose(ctx context.Context, p coop.Proposal, answer coop.Answer) (*coop.Answer, error)
	Proposal(ctx context.Context, id coop.ID) (coop.Proposal, error)
	Proposals(ctx context.Context, q coop.ProposalQuery) ([]coop.Proposal, error)
	RejectProposal(ctx context.Context, id coop.ID, d coop.Decision) (coop.Proposal, error)
}

// ActStore keeps what a co-op said of others and can take back.
type ActStore interface {
	// Act stores an act with what is sent of it. One of the kind about the same object
	// is a Conflict.
	Act(ctx context.Context, a coop.Act, out coop.Outgoing) (*coop.Answer, error)
	// Unact removes an act: its document is Gone, what waits of it is superseded.
	Unact(ctx context.Context, n coop.Name, kind coop.ActKind, object coop.IRI, out coop.Outgoing) (*coop.Answer, error)
	ActOn(ctx context.Context, n coop.Name, kind coop.ActKind, object coop.IRI) (coop.Act, error)
	// Acts are those of a kind, the newest first, behind the one with the document
	// before; total is how many there are.
	Acts(ctx context.Context, n coop.Name, kind coop.ActKind, before coop.ID, limit int) (list []coop.Act, total int, err error)
}

// ArchiveStore gives a co-op's members what came and what went.
type ArchiveStore interface {
	// Said are the activities of an actor, listed or not, the newest first, behind the
	// one with the id before.
	Said(ctx context.Context, n coop.Name, before coop.ID, limit int) (docs []coop.Document, total int, err error)
	// Arrivals are those with a Turn below before (0: all), the newest first.
	Arrivals(ctx context.Context, n coop.Name, before uint64, limit int) (list []coop.Arrival, total int, err error)
	Arrival(ctx context.Context, n coop.Name, id coop.IRI) (coop.Arrival, error)
}

// DocumentStore gives back what was rendered.
type DocumentStore interface {
	Object(ctx context.Context, id coop.ID) (body []byte, p coop.Post, err error)
	Document(ctx context.Context, id coop.ID) (coop.Document, error)
	Outbox(ctx context.Context, n coop.Name, page, per int) (docs []coop.Document, total, pages int, err error)
	Place(ctx context.Context, hash string) ([]byte, error)
	Answer(ctx context.Context, key string) (coop.Answer, bool, error)
	KeepAnswer(ctx context.Context, a coop.Answer) error
	Generation() uint64
}

// FollowerStore keeps who follows our actors.
type FollowerStore interface {
	AcceptFollow(ctx context.Context, f coop.Follower, seen coop.Seen, out coop.Outgoing) error
	AskFollow(ctx context.Context, f coop.Follower, seen coop.Seen) error
	EndFollow(ctx context.Context, n coop.Name, actor coop.IRI, seen coop.Seen, out coop.Outgoing) error
	Follower(ctx context.Context, n coop.Name, actor coop.IRI) (coop.Follower, error)
	Followers(ctx context.Context, q coop.FollowerQuery) ([]coop.Follower, error)
	CountFollowers(ctx context.Context, n coop.Name) (int, error)
	// FollowedFrom reports whether an actor was accepted whose id begins with origin.
	FollowedFrom(ctx context.Context, n coop.Name, origin coop.IRI) (bool, error)
}

// FollowingStore keeps whom our co-ops follow.
type FollowingStore interface {
	StartFollow(ctx context.Context, f coop.Following, out coop.Outgoing) error
	SettleFollow(ctx context.Context, n coop.Name, actor coop.IRI, state coop.FollowState, seen coop.Seen) error
	StopFollow(ctx context.Context, n coop.Name, actor coop.IRI, out coop.Outgoing) error
	Following(ctx context.Context, n coop.Name, actor coop.IRI) (coop.Following, error)
	Followings(ctx context.Context, n coop.Name) ([]coop.Following, error)
	FollowedBy(ctx context.Context, actor coop.IRI, states ...coop.FollowState) ([]coop.Name, error)
	LocalFollow(ctx context.Context, f coop.Following, back coop.Follower, out coop.Outgoing) error
}

// ActorStore keeps what we know of actors elsewhere.
type ActorStore interface {
	Actor(ctx context.Context, id coop.IRI) (coop.Actor, error)
	SaveActor(ctx context.Context, a coop.Actor) error
	ForgetActor(ctx context.Context, id coop.IRI, seen coop.Seen, tell coop.TellFunc) error
	Traces(ctx context.Context, id coop.IRI) (bool, error)
}

// ServerStore keeps what the servers of our followers say of themselves.
type ServerStore interface {
	SaveServer(ctx context.Context, s coop.Server) error
	HostsToAsk(ctx context.Context, now time.Time, most int) ([]coop.IRI, error)
}

// ReceivedStore keeps what arrived.
type ReceivedStore interface {
	Keep(ctx context.Context, r coop.Received, seen coop.Seen) error
	Drop(ctx context.Context, object, by coop.IRI, seen coop.Seen) error
	ReceivedObject(ctx context.Context, object coop.IRI) (coop.Received, error)
	SeenAt(ctx context.Context, s coop.Seen) (time.Time, error)
	MarkSeen(ctx context.Context, s coop.Seen) error
	// SeenForgotten is up to when what was seen is not remembered any more.
	SeenForgotten(ctx context.Context) (time.Time, error)
	// Reply stores what is answered to an activity that changes nothing here.
	Reply(ctx context.Context, out coop.Outgoing, seen coop.Seen) error
}

// CommentStore keeps the replies to our posts.
type CommentStore interface {
	// KeepComment stores a comment, or a new version of one of the same author, with
	// what is sent because of it, if it is new and shown. It returns the row as it
	// stands; what may not be kept is an error.
	KeepComment(ctx context.Context, c coop.Comment, seen coop.Seen, out coop.Outgoing) (coop.Comment, error)
	DecideComment(ctx context.Context, object coop.IRI, s coop.CommentState, d coop.Decision, out coop.Outgoing) (coop.Comment, error)
	// Recall drops a comment as Drop does, with what tells those of it to whom it was
	// passed on.
	Recall(ctx context.Context, object, by coop.IRI, seen coop.Seen, out coop.Outgoing) error
	Comment(ctx context.Context, object coop.IRI) (coop.Comment, error)
	Comments(ctx context.Context, q coop.CommentQuery) ([]coop.Comment, error)
}

// ReactionStore keeps likes and shares of our posts.
type ReactionStore interface {
	React(ctx context.Context, r coop.Reaction, seen coop.Seen) error
	Unreact(ctx context.Context, r coop.Reaction, seen coop.Seen, kinds ...coop.ReactionKind) error // of the same post and actor
	// TakeBack undoes what an actor's activity of that id made: a reaction or an
	// RSVP. It reports whether it found anything.
	TakeBack(ctx context.Context, by, activity coop.IRI, seen coop.Seen, tell coop.TellFunc) (bool, error)
	Tally(ctx context.Context, post coop.ID) (coop.Tally, error)
}

// RSVPStore keeps who comes to our events. Seats are given, and those who wait
// promoted, in the transaction of what frees them.
type RSVPStore interface {
	// Attend stores an answer: RSVPGoing becomes RSVPWaiting where no seat is left;
	// who has a seat keeps it.
	Attend(ctx context.Context, r coop.RSVP, seen coop.Seen, tell coop.TellFunc) (coop.RSVP, error)
	EndRSVP(ctx context.Context, post coop.ID, actor coop.IRI, seen coop.Seen, tell coop.TellFunc) error
	DecideRSVP(ctx context.Context, post coop.ID, actor coop.IRI, s coop.RSVPState, d coop.Decision, tell coop.TellFunc) (coop.RSVP, error)
	FillSeats(ctx context.Context, post coop.ID, tell coop.TellFunc) error
	RSVPs(ctx context.Context, q coop.RSVPQuery) ([]coop.RSVP, error)
	Attending(ctx context.Context, post coop.ID) ([]coop.Box, error) // inboxes of those whom a change of the event concerns
}

// ComplaintStore keeps what was complained about.
type ComplaintStore interface {
	Complain(ctx context.Context, c coop.Complaint, seen coop.Seen) error
	CloseComplaint(ctx context.Context, n coop.Name, id coop.ID, d coop.Decision) error
}

// RuleStore keeps what the instance decided about domains and actors, and the log
// of decisions.
type RuleStore interface {
	SetRule(ctx context.Context, r coop.Rule, d coop.Decision) error
	ImportRules(ctx context.Context, rs []coop.Rule, d coop.Decision) (added int, err error)
	DropRule(ctx context.Context, target string, d coop.Decision) error
	Rules(ctx context.Context) ([]coop.Rule, error)
	// Expel removes a part of what came from a domain or an actor; more says that
	// there is something left.
	Expel(ctx context.Context, target string, tell coop.TellFunc) (more bool, err error)
	Decide(ctx context.Context, d coop.Decision) error // a decision that changes no row of the store's
}

// MediaStore keeps files under /media/.
type MediaStore interface {
	PutMedia(ctx context.Context, data []byte, ext string) (file string, err error)
	OpenMedia(name string) (*os.File, error)
	// AddMedia stores an uploaded file with its row; the same file of the same co-op is
	// stored once. Beyond a quota it fails with TooLarge.
	AddMedia(ctx context.Context, m coop.Media, data []byte, d coop.Decision) (coop.Media, error)
	Media(ctx context.Context, id coop.ID) (coop.Media, error)
	MediaNamed(ctx context.Context, file string) ([]coop.Media, error) // the rows of a file, of whatever co-ops
	MediaOf(ctx context.Context, n coop.Name, before coop.ID, limit int) ([]coop.Media, error)
	// DropMedia removes a row, and the file where no row and no post is left that has it.
	DropMedia(ctx context.Context, n coop.Name, id coop.ID, d coop.Decision) error
}

// Fetched is what a GET brought: URL is where it ended after redirects.
type Fetched struct {
	URL         string
	Status      int
	ContentType string
	Body        []byte
}

// FetchFunc makes one GET through the guarded client; sign is called for each
// hop and may be nil. Errors are network failures and refusals of the guard,
// never statuses.
type FetchFunc func(ctx context.Context, url, accept string, sign func(*http.Request) error) (Fetched, error)

// Event is something that a person who watches the instance would want to see.
type Event struct {
	What   string // "verified", "refused", "not believed", "asked", "followed", "unfollowed", "accepted", "rejected", "kept", "published", "revised", "withdrawn"
	Type   string // of the activity
	Coop   coop.Name
	Actor  coop.IRI // the peer
	Object coop.IRI
	Title  string
	Note   string
}

// Service is the federation of one instance. Fill the exported fields by name;
// Observe, Kick, Heard, Proposed and Log may be nil.
type Service struct {
	Site       coop.Site
	Coops      CoopStore
	Posts      PostStore
	Drafts     DraftStore
	Series     SeriesStore
	Proposals  ProposalStore
	Acts       ActStore
	Archive    ArchiveStore
	Documents  DocumentStore
	Followers  FollowerStore
	Followings FollowingStore
	Actors     ActorStore
	Servers    ServerStore
	Inbox      ReceivedStore
	Comments   CommentStore
	Reactions  ReactionStore
	RSVPs      RSVPStore
	Complaints ComplaintStore
	Rules      RuleStore
	Media      MediaStore
	Fetch      FetchFunc
	Now        func() time.Time
	Rand       io.Reader           // of ids; keys are made from it too
	Kick       func()              // wakes the delivery worker; called after a commit, never before
	Heard      func(host string)   // a request was signed by somebody there: the host works
	Proposed   func(coop.Proposal) // something waits until somebody else agrees
	Observe    func(Event)
	Log        *slog.Logger
	AllowList  bool // nothing is taken from and sent to where no rule allows it

	book      ruleBook
	blocking  blockBook
	known     acquaintances
	strangers strangers
	quotas    quotas
	moves     moments // when actors moved
	greets    moments // when inboxes were told what is still to come

	turns    locks
	calendar calendar
	coops    sync.Mutex // held while the row of a co-op is read and written: one process owns the file
	ring     keyring
	signing  sync.Mutex // one signature of ours at a time
	drawing  sync.Mutex // one uploaded picture at a time
	shelves  shelf
	rendered cache
	subjects subjects
	remotes  remotes
	asks     asker
}

// Start makes the instance actor where the database is new, and refuses a
// database that has co-ops but has lost it: a new key would cut off everybody
// who follows it.
func (s *Service) Start(ctx context.Context, title string) error {
	if err := s.loadRules(ctx); err != nil {
		return err
	}
	if err := s.loadBlocks(ctx); err != nil {
		return err
	}
	if _, err := s.Coops.Coop(ctx, coop.Relay); err == nil {
		return s.fillAllSeats(ctx)
	} else if coop.CodeOf(err) != coop.NotFound {
		return err
	}
	existing, err := s.Coops.Coops(ctx)
	if err != nil {
		return err
	}
	if len(existing) > 0 {
		return coop.Fail(coop.Internal, "federation.Start", "the database has co-ops but no instance actor: it is damaged; restore a backup")
	}
	c := coop.Coop{Name: coop.Relay, Type: coop.Application, Title: title, Language: "en", Hidden: true}
	return s.addCoop(ctx, c)
}

func (s *Service) now() time.Time { return coop.Stamp(s.Now()) }

func (s *Service) newID() (coop.ID, error) { return coop.NewID(s.Now(), s.Rand) }

func (s *Service) kick() {
	if s.Kick != nil {
		s.Kick()
	}
}

func (s *Service) observe(e Event) {
	if s.Observe != nil {
		s.Observe(e)
	}
}

func (s *Service) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.New(slog.DiscardHandler)
}

// keyring keeps parsed private keys, since parsing one costs as much as a dozen
// verifications. An entry is good while the stored PEM is the same.
type keyring struct {
	mu   sync.Mutex
	keys map[coop.Name]ringKey
}

type ringKey struct {
	pem     string
	private *rsa.PrivateKey
	public  string // SPKI PEM
}

func (s *Service) key(ctx context.Context, n coop.Name) (ringKey, error) {
	pem, err := s.Coops.PrivateKey(ctx, n)
	if err != nil {
		return ringKey{}, err
	}
	s.ring.mu.Lock()
	defer s.ring.mu.Unlock()
	if k, ok := s.ring.keys[n]; ok && k.pem == string(pem) {
		return k, nil
	}
	private, err := keys.DecodePrivate(pem)
	if err != nil {
		return ringKey{}, fmt.Errorf("key of %s: %w", n, err)
	}
	public, err := keys.EncodePublic(&private.PublicKey)
	if err != nil {
		return ringKey{}, fmt.Errorf("key of %s: %w", n, err)
	}
	k := ringKey{pem: string(pem), private: private, public: public}
	if s.ring.keys == nil {
		s.ring.keys = map[coop.Name]ringKey{}
	}
	s.ring.keys[n] = k
	return k, nil
}

// sign signs a GET of ours with the key of the instance actor, whose document
// anybody can read unsigned. docs/security.md A.2. A signature takes a core for a
// millisecond, and strangers can make us ask for many documents at once: one is made
// at a time, and whoever waits for a core goes first, so that nobody else waits for
// more than one of them. D30.
func (s *Service) sign(ctx context.Context) func(*http.Request) error {
	return func(r *http.Request) error {
		k, err := s.key(ctx, coop.Relay)
		if err != nil {
			return err
		}
		s.signing.Lock()
		defer s.signing.Unlock()
		runtime.Gosched()
		return keys.Sign(r, nil, s.Site.Key(coop.Relay), k.private, s.Now())
	}
}
