// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"plenum/coop"
	"plenum/delivery"
	"plenum/examples"
	"plenum/federation"
	"plenum/handlers"
	"plenum/importer"
	"plenum/instance"
	"plenum/store"
)

// node is one instance of the demonstration with its co-op.
type node struct {
	name   coop.Name
	title  string
	files  []string
	site   coop.Site
	db     *store.DB
	in     *instance.Instance
	token  string
	posts  []coop.IRI // what it published
	group  *errgroup.Group
	client *http.Client
	show   *show
}

// start makes an instance with a co-op and serves it on a port of its own.
func (s *show) start(ctx context.Context, c demoCoop) (*node, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	n := &node{name: coop.Name(c.name), title: c.title, files: c.files, site: coop.Site{Domain: "localhost:" + port, HTTP: true},
		show: s, client: &http.Client{Timeout: 10 * time.Second}}
	n.db, err = store.Open(filepath.Join(s.dir, c.name), store.Options{Create: true, Domain: n.site.Domain, Now: time.Now})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if err := n.build(ctx, c); err != nil {
		return nil, errors.Join(err, n.db.Close(), l.Close())
	}
	n.group, ctx = errgroup.WithContext(ctx)
	quiet := slog.New(slog.DiscardHandler)
	n.group.Go(func() error { return instance.Serve(ctx, l, n.in.Handler(), quiet) })
	n.group.Go(func() error { return n.in.Run(ctx) })
	s.line(n, bold, "listens", "on "+n.site.Base()+", is @"+n.site.Handle(n.name))
	return n, nil
}

func (n *node) build(ctx context.Context, c demoCoop) (err error) {
	n.in, err = instance.New(ctx, instance.Options{
		Site: n.site, Texts: handlers.Texts{Title: c.title}, Version: version, DB: n.db,
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		Now:   time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
		Observe:   func(e federation.Event) { n.show.arrived(n, e) },
		Delivered: func(e delivery.Event) { n.show.sent(n, e) },
	})
	if err != nil {
		return err
	}
	if _, err := n.in.Fed.AddCoop(ctx, coop.Coop{Name: n.name, Title: c.title, Summary: c.summary, Language: "en", Zone: "Europe/Berlin"}); err != nil {
		return err
	}
	var t handlers.TokenInfo
	d := &desk{client: &http.Client{Transport: inside{n.in.Control()}}}
	if err := d.call(ctx, http.MethodPost, "/control/tokens", map[string]string{"coop": c.name, "label": "demo", "scope": "read write"}, &t); err != nil {
		return err
	}
	n.token = t.Secret
	return nil
}

// stop waits until every instance has ended and closes their files.
func (s *show) stop() (err error) {
	for _, n := range s.nodes {
		err = errors.Join(err, n.group.Wait(), n.db.Close())
	}
	return err
}

// post sends an activity or object to the co-op's outbox over HTTP, as any
// client would, and returns the activity.
func (n *node) post(ctx context.Context, body []byte) (map[string]any, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, string(n.site.Of(n.name, "outbox")), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+n.token)
	r.Header.Set("Content-Type", activityJSON)
	res, err := n.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusCreated {
		return nil, problem(res, answer)
	}
	var activity map[string]any
	return activity, json.Unmarshal(answer, &activity)
}

func (n *node) follow(ctx context.Context, other *node) error {
	_, err := n.post(ctx, fmt.Appendf(nil, `{"type":"Follow","object":%q}`, other.site.Actor(other.name)))
	if err == nil {
		n.show.line(n, cyan, "follows", "@"+other.site.Handle(other.name))
	}
	return err
}

// publish puts the co-op's files through its outbox, parts behind what they are
// part of.
func (n *node) publish(ctx context.Context) error {
	files := make([]importer.File, len(n.files))
	for i, name := range n.files {
		raw, err := examples.Files.ReadFile(name)
		if err != nil {
			return err
		}
		if files[i], err = importer.Parse(name, raw); err != nil {
			return err
		}
	}
	files, err := importer.Order(files)
	if err != nil {
		return err
	}
	for _, f := range files {
		object, err := f.Object("en")
		if err != nil {
			return err
		}
		activity, err := n.post(ctx, object)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		made, _ := activity["object"].(map[string]any)
		id, _ := made["id"].(string)
		n.posts = append(n.posts, coop.IRI(id))
		n.show.line(n, cyan, "publishes", fmt.Sprintf("the %s “%s”  201 %v", f.Kind, f.Title, activity["id"]))
	}
	return nil
}

// allFollow reports whether every follow has been accepted.
func (s *show) allFollow(ctx context.Context) (bool, error) {
	for _, n := range s.nodes {
		all, err := n.db.Followings(ctx, n.name)
		if err != nil {
			return false, err
		}
		accepted := 0
		for _, f := range all {
			if f.State == coop.FollowAccepted {
				accepted++
			}
		}
		if accepted != len(s.nodes)-1 {
			return false, nil
		}
	}
	return true, nil
}

// allServed asks every instance over HTTP for the page of what it received.
func (s *show) allServed(ctx context.Context) (bool, error) {
	for _, n := range s.nodes {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, string(n.site.Network()), nil)
		if err != nil {
			return false, err
		}
		res, err := n.client.Do(r)
		if err != nil {
			return false, err
		}
		page, err := io.ReadAll(res.Body)
		if err := errorAfter(err, res.Body.Close()); err != nil {
			return false, err
		}
		for _, id := range s.expected(n) {
			if !strings.Contains(string(page), `data-object="`+string(id)+`"`) {
				return false, nil
			}
		}
	}
	return true, nil
}
