// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"plenum/activity"
	"plenum/content"
	"plenum/coop"
)

// When and how the servers of followers are asked for their software.
const (
	askDelay    = time.Second // twice after a Follow: it is answered before anybody is asked
	askEvery    = time.Hour   // looks for hosts whose time has come
	askTimeout  = 10 * time.Second
	askAtOnce   = 8
	asksASecond = 10  // thousands of hosts may be due after a pause: deliveries come first
	askStep     = 500 // as many hosts are held in memory
	knownAge    = 7 * 24 * time.Hour
	unknownAge  = 24 * time.Hour
	maxNodeInfo = 64 << 10
	maxLinks    = 50
)

// asker wakes who asks servers for their software, and slows it down.
type asker struct {
	once sync.Once
	wake chan struct{}
	pace *rate.Limiter
}

func (a *asker) woken() chan struct{} {
	a.once.Do(func() {
		a.wake = make(chan struct{}, 1)
		a.pace = rate.NewLimiter(asksASecond, asksASecond)
	})
	return a.wake
}

// meet lets the server of a new follower be asked soon, and never by the request
// that brought it. Where much is to be asked already, nothing is lost: who is to be
// asked stands in the store.
func (s *Service) meet() {
	select {
	case s.asks.woken() <- struct{}{}:
	default:
	}
}

// AskServers asks the servers of our followers what software they run, each once a
// week, until ctx ends. What is still to be asked is looked up in the store, so
// that a crash forgets nothing.
func (s *Service) AskServers(ctx context.Context) {
	wake := s.asks.woken()
	for {
		if pause(ctx, askDelay); ctx.Err() != nil {
			return
		}
		for s.askSome(ctx) {
		}
		next := time.NewTimer(askEvery)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-next.C:
		}
		next.Stop()
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// askSome asks as many hosts as are due, but not more than askStep, and reports
// whether there may be more. Those of whom it has just learnt have a moment to get
// the answer to their Follow.
func (s *Service) askSome(ctx context.Context) (more bool) {
	hosts, err := s.Servers.HostsToAsk(ctx, s.now(), askStep)
	if err == nil && len(hosts) > 0 {
		pause(ctx, askDelay)
		asking, each := errgroup.WithContext(ctx)
		asking.SetLimit(askAtOnce)
		for _, origin := range hosts {
			if s.asks.pace.Wait(each) != nil {
				break // we are stopping, or nothing can be stored
			}
			asking.Go(func() error { return s.ask(each, origin) })
		}
		err = asking.Wait()
	}
	if err != nil && ctx.Err() == nil {
		s.log().ErrorContext(ctx, "servers not asked for their software", "err", err)
	}
	return err == nil && ctx.Err() == nil && len(hosts) == askStep
}

// ask asks one host and stores the answer. That it has none is an answer too: it is
// asked again another day. An error means that nothing could be stored.
func (s *Service) ask(ctx context.Context, origin coop.IRI) error {
	server := coop.Server{Host: coop.HostOf(origin), Asked: s.now(), Again: s.now().Add(knownAge)}
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var err error
	if server.Software, server.Version, err = s.nodeInfo(asking, origin); err != nil {
		server.Again = s.now().Add(unknownAge)
	}
	if ctx.Err() != nil {
		return ctx.Err() // we are stopping: that says nothing of the host
	}
	s.log().DebugContext(ctx, "server asked for its software", "host", server.Host, "software", server.Software, "version", server.Version, "err", err)
	return s.Servers.SaveServer(ctx, server)
}

// nodeInfo reads what software an origin says that it runs. FEP-f1d5.
func (s *Service) nodeInfo(ctx context.Context, origin coop.IRI) (name, version string, err error) {
	var index struct {
		Links []struct {
			Rel  string `json:"rel"`
			Href string `json:"href"`
		} `json:"links"`
	}
	if err := s.readJSON(ctx, origin, string(origin)+"/.well-known/nodeinfo", &index); err != nil {
		return "", "", err
	}
	best, href := "", ""
	for _, l := range index.Links[:min(len(index.Links), maxLinks)] {
		minor, ok := strings.CutPrefix(l.Rel, "http://nodeinfo.diaspora.software/ns/schema/2.")
		if ok && minor > best && len(minor) == 1 {
			best, href = minor, l.Href
		}
	}
	var doc struct {
		Software struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"software"`
	}
	if err := s.readJSON(ctx, origin, href, &doc); err != nil {
		return "", "", err
	}
	name = strings.ToLower(doc.Software.Name)
	if name == "" || len(name) > 50 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return "", "", coop.Fail(coop.Invalid, "federation.nodeInfo", "the software has no usable name")
	}
	return name, content.Line(doc.Software.Version, 50), nil
}

// readJSON gets a small document of an origin, unsigned. One that stands elsewhere,
// or leads there, says nothing of the origin. CVE-2026-62857.
func (s *Service) readJSON(ctx context.Context, origin coop.IRI, url string, into any) error {
	const op = "federation.readJSON"
	id, err := activity.ParseIRI(url, s.Site.HTTP)
	if err != nil || !coop.SameOrigin(id, origin) {
		return coop.Fail(coop.Invalid, op, "the address is none of this host")
	}
	f, err := s.Fetch(ctx, url, "application/json", nil)
	switch {
	case err != nil:
		return err
	case f.Status != http.StatusOK:
		return coop.Fail(coop.NotFound, op, fmt.Sprintf("the host answered %d", f.Status))
	case !coop.SameOrigin(coop.IRI(f.URL), origin):
		return coop.Fail(coop.Invalid, op, "the document stands on another host")
	case len(f.Body) > maxNodeInfo:
		return coop.Fail(coop.TooLarge, op, "the document is too large")
	}
	return json.Unmarshal(f.Body, into)
}
