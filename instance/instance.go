// SPDX-License-Identifier: AGPL-3.0-or-later

// Package instance puts one instance of Plenum together: store, federation,
// delivery and handlers, wired the one way that they belong. The program and the
// tests of many instances in one process use it alike, so that what is tested is
// what runs. It decides nothing.
package instance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"plenum/auth"
	"plenum/coop"
	"plenum/delivery"
	"plenum/federation"
	"plenum/handlers"
	"plenum/mail"
	"plenum/outbound"
	"plenum/store"
	"plenum/web"
)

var ( // who needs what of the store, proven here
	_ federation.CoopStore      = (*store.DB)(nil)
	_ federation.PostStore      = (*store.DB)(nil)
	_ federation.DraftStore     = (*store.DB)(nil)
	_ federation.SeriesStore    = (*store.DB)(nil)
	_ federation.ProposalStore  = (*store.DB)(nil)
	_ federation.ActStore       = (*store.DB)(nil)
	_ federation.ArchiveStore   = (*store.DB)(nil)
	_ federation.DocumentStore  = (*store.DB)(nil)
	_ federation.FollowerStore  = (*store.DB)(nil)
	_ federation.FollowingStore = (*store.DB)(nil)
	_ federation.ActorStore     = (*store.DB)(nil)
	_ federation.ServerStore    = (*store.DB)(nil)
	_ federation.ReceivedStore  = (*store.DB)(nil)
	_ federation.CommentStore   = (*store.DB)(nil)
	_ federation.ReactionStore  = (*store.DB)(nil)
	_ federation.RSVPStore      = (*store.DB)(nil)
	_ federation.ComplaintStore = (*store.DB)(nil)
	_ federation.RuleStore      = (*store.DB)(nil)
	_ federation.MediaStore     = (*store.DB)(nil)
	_ auth.People               = (*store.DB)(nil)
	_ auth.Tickets              = (*store.DB)(nil)
	_ auth.Doors                = (*store.DB)(nil)
	_ auth.Devices              = (*store.DB)(nil)
	_ auth.Clients              = (*store.DB)(nil)
	_ auth.Tokens               = (*store.DB)(nil)
	_ delivery.Queue            = (*store.DB)(nil)
	_ delivery.Keys             = (*store.DB)(nil)
	_ handlers.Library          = (*store.DB)(nil)
	_ handlers.Totals           = (*store.DB)(nil)
	_ handlers.Files            = (*store.DB)(nil)
	_ handlers.Tokens           = (*store.DB)(nil)
	_ handlers.Desk             = (*store.DB)(nil)
	_ handlers.Queue            = (*store.DB)(nil)
	_ handlers.Clerk            = (*store.DB)(nil)
	_ handlers.Keeper           = (*store.DB)(nil)
	_ handlers.Voices           = (*store.DB)(nil)
	_ handlers.Shelf            = (*store.DB)(nil)
)

// How much an instance sends at once: many hosts, few requests to each.
const (
	maxHosts = 512
	perHost  = 2
)

// Options are what an instance is made of. Site, DB, Now, Rand and Log are
// needed.
type Options struct {
	Site    coop.Site
	Texts   handlers.Texts
	Version string
	DB      *store.DB

	Allow          []netip.Prefix    // ranges that requests may reach although they are not public
	Transport      http.RoundTripper // to the world; nil: over TCP, guarded
	Limits         handlers.Limits
	TrustedProxies []netip.Prefix
	AllowList      bool         // nobody is heard but who was allowed
	Secure         bool         // documents are given to signed requests only
	Mail           *mail.Server // nil: no letters are sent

	Now  func() time.Time
	Rand io.Reader
	Log  *slog.Logger

	Observe   func(federation.Event) // may be nil
	Delivered func(delivery.Event)   // may be nil
}

// Instance is one instance, ready to serve and to deliver.
type Instance struct {
	Fed    *federation.Service
	Auth   *auth.Service
	Worker *delivery.Worker
	db     *store.DB
	now    func() time.Time
	log    *slog.Logger
	server *handlers.Server

	figures *figures
}

// New puts an instance together and makes its instance actor where the database
// is new. It neither listens nor sends before Run.
func New(ctx context.Context, o Options) (*Instance, error) {
	var fed *federation.Service
	guard := outbound.Options{
		AllowHTTP: o.Site.HTTP, Allow: o.Allow, Own: o.Site.Domain,
		Refuses:   func(host string) bool { return fed.Refuses(host) }, // in both directions
		UserAgent: "Plenum/" + o.Version + " (+" + o.Site.Base() + ")",
	}
	transport := o.Transport
	if transport == nil {
		transport = outbound.Transport(guard)
	}
	transport = outbound.Guard(guard, transport)

	fetcher := &outbound.Fetcher{Transport: transport, Timeout: 10 * time.Second, MaxBytes: 1 << 20, MaxRedirects: 3}
	figures := newFigures(o.Version, o.DB, o.Now)
	worker := &delivery.Worker{
		Queue: o.DB, Keys: o.DB, Client: outbound.Deliverer(transport), Site: o.Site,
		Now: o.Now, Log: o.Log, MaxHosts: maxHosts, PerHost: perHost, Observe: counted(figures, o.Delivered),
	}
	fed = &federation.Service{
		Site: o.Site, Coops: o.DB, Posts: o.DB, Drafts: o.DB, Series: o.DB, Proposals: o.DB, Acts: o.DB, Archive: o.DB, Documents: o.DB, Followers: o.DB, Followings: o.DB, Actors: o.DB, Servers: o.DB, Inbox: o.DB, Media: o.DB,
		Comments: o.DB, Reactions: o.DB, RSVPs: o.DB, Complaints: o.DB, Rules: o.DB, AllowList: o.AllowList,
		Fetch: fetch(fetcher), Now: o.Now, Rand: o.Rand, Kick: worker.Kick, Heard: worker.Heard, Observe: o.Observe, Log: o.Log,
	}
	worker.Gone = fed.Departed
	if err := fed.Start(ctx, o.Site.Domain); err != nil {
		return nil, err
	}
	pages, err := web.New()
	if err != nil {
		return nil, fmt.Errorf("read the pages' templates: %w", err)
	}
	people := newAuth(o, transport)
	fed.Proposed = people.TellOfProposal
	server := &handlers.Server{
		Site: o.Site, Fed: fed, Auth: people, Library: o.DB, Totals: o.DB, Files: o.DB, Tokens: o.DB, Desk: o.DB, Queue: o.DB, Clerk: o.DB, Keeper: o.DB, Voices: o.DB, Shelf: o.DB,
		Pages: pages, Texts: o.Texts, Limits: o.Limits, Secure: o.Secure, TrustedProxies: o.TrustedProxies, Version: o.Version,
		Now: o.Now, Rand: o.Rand, Kick: worker.Kick, Advise: delivery.Advice, Week: delivery.Week, Log: o.Log,
	}
	return &Instance{Fed: fed, Auth: people, Worker: worker, db: o.DB, now: o.Now, log: o.Log, server: server, figures: figures}, nil
}

// counted counts each attempt, and tells whoever else wants to know.
func counted(f *figures, also func(delivery.Event)) func(delivery.Event) {
	return func(e delivery.Event) {
		f.count(e)
		if also != nil {
			also(e)
		}
	}
}

// fetch lends federation the one client that may leave the machine.
func fetch(f *outbound.Fetcher) federation.FetchFunc {
	return func(ctx context.Context, url, accept string, sign func(*http.Request) error) (federation.Fetched, error) {
		r, err := f.Get(ctx, url, accept, sign)
		if err != nil {
			return federation.Fetched{}, err
		}
		return federation.Fetched{URL: r.URL, Status: r.Status, ContentType: r.ContentType, Body: r.Body}, nil
	}
}

// Handler is the public face of the instance.
func (i *Instance) Handler() http.Handler { return i.server.Handler() }

// Control is the interface of the command line.
func (i *Instance) Control() http.Handler { return i.server.Control() }

// Run delivers, publishes what is scheduled, sends letters, tidies up and asks the
// servers of followers for their software until ctx ends, and returns when everything
// in flight has been settled.
func (i *Instance) Run(ctx context.Context) error {
	var beside sync.WaitGroup
	beside.Go(func() { i.prune(ctx) })
	beside.Go(func() { i.Fed.AskServers(ctx) })
	beside.Go(func() { i.Fed.KeepSwept(ctx) })
	beside.Go(func() { i.Auth.KeepMail(ctx) })
	beside.Go(func() { i.Fed.KeepSchedule(ctx) })
	err := i.Worker.Run(ctx)
	beside.Wait()
	return err
}

// pruneEvery is how often what has aged is removed.
const pruneEvery = 24 * time.Hour

func (i *Instance) prune(ctx context.Context) {
	next := time.NewTimer(time.Minute) // not in the moment of starting
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		gone, err := i.db.Prune(ctx, coop.Stamp(i.now()))
		if err != nil && !errors.Is(err, context.Canceled) {
			i.log.ErrorContext(ctx, "old rows not removed", "err", err)
		}
		if gone.Total() > 0 {
			i.log.InfoContext(ctx, "old rows removed", "rows", gone)
		}
		next.Reset(pruneEvery)
	}
}
