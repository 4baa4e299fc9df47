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
	"net/http"
	"net/netip"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"plenum/coop"
	"plenum/instance"
	"plenum/keys"
	"plenum/store"
)

// open opens the database of a place, whose instance must not run.
func (b *deliveryBench) open(p place) (*store.DB, error) {
	return store.Open(filepath.Join(p.dir, "data"), store.Options{Domain: b.site.Domain, Now: time.Now})
}

// keyOf finds out with which key a place's co-op signs.
func (b *deliveryBench) keyOf(p *place) error {
	db, err := b.open(*p)
	if err != nil {
		return err
	}
	p.pem, err = db.PrivateKey(context.Background(), name)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	key, err := keys.DecodePrivate(p.pem)
	if err != nil {
		return err
	}
	p.public, err = keys.EncodePublic(&key.PublicKey)
	return err
}

// atOnce is how many follow at a time.
const atOnce = 16

// follow lets users of each host follow by signed activities, as they do in the
// open, and waits until all of them were accepted.
func (b *deliveryBench) follow(at *place, hosts, users int) (err error) {
	if err := b.sink.reset(0, at.public); err != nil {
		return err
	}
	p, err := b.serve(*at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i := range hosts * users {
		group.Go(func() error {
			return b.followAs(fmt.Sprintf("http://%s/users/u%d", hostName(i%hosts, b.sink.port), i/hosts))
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := b.sink.wait(hosts*users, waitLimit); err != nil {
		return err
	}
	t, err := b.sink.taken()
	if err != nil {
		return err
	}
	if n := len(t.First); n != hosts*users {
		return fmt.Errorf("%d of %d were accepted", n, hosts*users)
	}
	return nil
}

// followAs sends the signed Follow of an actor.
func (b *deliveryBench) followAs(actor string) error {
	body, err := json.Marshal(map[string]string{
		"@context": "https://www.w3.org/ns/activitystreams", "id": actor + "/follow", "type": "Follow", "actor": actor, "object": string(b.site.Actor(name)),
	})
	if err != nil {
		return err
	}
	r, err := http.NewRequest(http.MethodPost, string(b.site.Of(name, "inbox")), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", activityJSON)
	if err := keys.Sign(r, body, coop.IRI(actor+"#main-key"), b.key, time.Now()); err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("the Follow of %s was answered %s: %s", actor, res.Status, answer)
	}
	return err
}

// fill puts followers into the database itself: to sign 50,000 Follows would take
// longer than everything that is measured.
func (b *deliveryBench) fill(own bool) func(*place, int, int) error {
	return func(at *place, hosts, users int) error {
		db, err := b.open(*at)
		if err != nil {
			return err
		}
		group, ctx := errgroup.WithContext(context.Background())
		group.SetLimit(1000) // what comes together is stored together
		for i := range hosts * users {
			group.Go(func() error {
				server := "http://" + hostName(i%hosts, b.sink.port)
				actor := fmt.Sprintf("%s/users/u%d", server, i/hosts)
				box := server + "/inbox"
				if own {
					box = actor + "/inbox"
				}
				return db.AcceptFollow(ctx, coop.Follower{Coop: name, Actor: coop.IRI(actor), Follow: coop.IRI(actor + "/follow"), Box: coop.IRI(box), Since: coop.Stamp(time.Now())},
					coop.Seen{Actor: coop.IRI(actor), Activity: coop.IRI(actor + "/follow"), At: coop.Stamp(time.Now())}, coop.Outgoing{})
			})
		}
		return errors.Join(group.Wait(), db.Close())
	}
}

// queue publishes without serving: nothing is sent, all of it waits.
func (b *deliveryBench) queue(at place, posts int) error {
	db, err := b.open(at)
	if err != nil {
		return err
	}
	ctx := context.Background()
	in, err := instance.New(ctx, instance.Options{
		Site: b.site, Version: "bench", DB: db, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	for i := 0; i < posts && err == nil; i++ {
		_, err = in.Fed.Submit(ctx, coop.Principal{Coop: name, Role: coop.Publisher}, post(i), "")
	}
	for more := true; more && err == nil; {
		more, err = db.Spread(ctx)
	}
	return errors.Join(err, db.Close())
}
