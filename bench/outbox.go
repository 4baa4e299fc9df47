// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/errgroup"

	"plenum/activity"
	"plenum/coop"
)

// outboxBench measures how fast and at what cost an outbox takes posts.
type outboxBench struct {
	deliveryBench
	conns int
}

// outboxCase is what is measured: posts of a co-op with so many followers.
type outboxCase struct {
	title        string
	hosts, users int // of followers
	posts, conns int
	at           *place
}

// postsPerToken is how many a client may post in a minute, with something to spare.
const postsPerToken = 100

func (b *outboxBench) cases() []outboxCase {
	return []outboxCase{
		{title: "no followers", posts: 3000, conns: b.conns, at: new(place)},
		{title: "no followers, one at a time", posts: 500, conns: 1, at: new(place)},
		{title: "100 followers on 100 hosts", hosts: 100, users: 1, posts: 1000, conns: b.conns, at: new(place)},
		{title: "10,000 followers on 1,000 hosts", hosts: 1000, users: 10, posts: 100, conns: b.conns, at: new(place)},
	}
}

func runOutbox(b outboxBench) (err error) {
	if b.dir, err = os.MkdirTemp("", "plenum-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := b.setUp(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.sink.stop()) }()
	table := make([]outboxRow, 0, len(b.cases()))
	for i, c := range b.cases() {
		tokens, err := b.prepareOutbox(c, i)
		if err != nil {
			return err
		}
		row := outboxRow{outboxCase: c}
		for range b.rounds {
			if err := b.measureOutbox(&row, tokens); err != nil {
				return fmt.Errorf("%s: %w", c.title, err)
			}
		}
		table = append(table, row)
	}
	printOutboxes(b.out, table)
	return nil
}

// prepareOutbox makes the instance of a case, with its followers and with as many
// tokens as its posts need.
func (b *outboxBench) prepareOutbox(c outboxCase, i int) (tokens []string, err error) {
	if *c.at, err = b.newPlace(fmt.Sprintf("outbox%d", i)); err != nil {
		return nil, err
	}
	if c.hosts > 0 {
		if err := b.fill(false)(c.at, c.hosts, c.users); err != nil {
			return nil, err
		}
	}
	db, err := b.open(*c.at)
	if err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(context.Background())
	tokens = make([]string, (c.posts+postsPerToken-1)/postsPerToken)
	for k := range tokens {
		tokens[k] = rand.Text()
		id, err := coop.NewID(time.Now(), rand.Reader)
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
		hash := sha256.Sum256([]byte(tokens[k]))
		group.Go(func() error {
			return db.AddToken(ctx, coop.Token{ID: id, Coop: name, Label: "bench", Scopes: []coop.Scope{coop.Write}, Hash: hash[:], Created: coop.Stamp(time.Now())}, coop.Decision{})
		})
	}
	return tokens, errors.Join(group.Wait(), db.Close())
}

// slugOf is the slug of the i-th post.
func slugOf(i int) string { return fmt.Sprintf("report-%d", i) }

// submissions are the requests of a case as they go over the wire.
func (b *outboxBench) submissions(c outboxCase, tokens []string) [][]byte {
	list := make([][]byte, c.posts)
	for i := range list {
		body := strings.Replace(string(post(i)), "{", fmt.Sprintf(`{"plenum:slug":%q,`, slugOf(i)), 1)
		list[i] = fmt.Appendf(nil, "POST /ap/coops/%s/outbox HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
			name, b.site.Domain, tokens[i/postsPerToken], activityJSON, len(body), body)
	}
	return list
}

// measureOutbox posts everything once to a fresh copy of the instance and once to the
// bare handler.
func (b *outboxBench) measureOutbox(row *outboxRow, tokens []string) error {
	raw := b.submissions(row.outboxCase, tokens)
	ours, err := b.oursOutbox(row.outboxCase, raw)
	if err != nil {
		return err
	}
	if ours.batches, err = batches(b.dir, row.posts, row.conns, ours.each); err != nil {
		return err
	}
	bare, err := b.bareOutbox(row.outboxCase, raw, tokens)
	if err != nil {
		return fmt.Errorf("the bare handler: %w", err)
	}
	row.ours, row.bare = append(row.ours, ours), append(row.bare, bare)
	return nil
}

// oursOutbox kills the instance when the last post was answered, and looks for each
// in the file that is left.
func (b *outboxBench) oursOutbox(c outboxCase, raw [][]byte) (o boxOutcome, err error) {
	at, err := b.copyOf(*c.at)
	if err != nil {
		return o, err
	}
	file := filepath.Join(at.dir, "data", "plenum.db")
	before, err := rowsOf(file)
	if err != nil {
		return o, err
	}
	if err := b.sink.reset(0, ""); err != nil {
		return o, err
	}
	p, err := b.serve(at)
	if err != nil {
		return o, err
	}
	a, err := b.flood(p, c.stream(b.listens(), raw), http.StatusCreated, &o)
	if err := errors.Join(err, p.kill()); err != nil {
		return o, err
	}
	after, err := rowsOf(file)
	if err != nil {
		return o, err
	}
	o.each = rows{keys: (after.keys - before.keys) / c.posts, bytes: (after.bytes - before.bytes) / c.posts}
	return o, b.postsOnDisk(at, a.taken)
}

// listens is where the instance listens.
func (b *outboxBench) listens() string {
	return strings.Replace(b.site.Domain, "localhost", "127.0.0.1", 1)
}

// stream posts everything.
func (c outboxCase) stream(addr string, raw [][]byte) stream {
	return stream{addr: addr, conns: c.conns, n: len(raw), next: func(i int, _ []byte) []byte { return raw[i] }}
}

// postsOnDisk wants every post that was answered 201 in the file, and the file sound.
func (b *outboxBench) postsOnDisk(at place, taken []bool) error {
	db, err := b.open(at)
	if err != nil {
		return err
	}
	ctx := context.Background()
	lost := 0
	for i, yes := range taken {
		if _, err := db.PostBySlug(ctx, name, slugOf(i)); yes && err != nil {
			lost++
		}
	}
	found, err := db.Verify(ctx)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if lost > 0 || len(found) > 0 {
		return fmt.Errorf("%d posts were answered 201 and are not on disk; the file: %v", lost, found)
	}
	return nil
}

// bareOutbox posts the same to a bare handler that knows the tokens.
func (b *outboxBench) bareOutbox(c outboxCase, raw [][]byte, tokens []string) (o boxOutcome, err error) {
	file := filepath.Join(b.dir, "tokens.json")
	list, err := json.Marshal(tokens)
	if err != nil {
		return o, err
	}
	if err := os.WriteFile(file, list, 0o600); err != nil {
		return o, err
	}
	self, err := os.Executable()
	if err != nil {
		return o, err
	}
	addr, err := freeAddress()
	if err != nil {
		return o, err
	}
	p, err := start(exec.Command(self, "-tokens", file, addr), "http://"+addr+"/")
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	_, err = b.flood(p, c.stream(addr, raw), http.StatusCreated, &o)
	return o, err
}

// serveTokens is the ceiling of an outbox: a bare Echo handler that looks the token
// up by its digest, parses what is posted, and answers with it, storing nothing.
func serveTokens(file, addr string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var tokens []string
	if err := json.Unmarshal(raw, &tokens); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, t := range tokens {
		sum := sha256.Sum256([]byte(t))
		known[hex.EncodeToString(sum[:])] = true
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.GET("/", func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	e.POST("/*", func(c echo.Context) error {
		r := c.Request()
		secret, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		sum := sha256.Sum256([]byte(secret))
		if !known[hex.EncodeToString(sum[:])] {
			return echo.ErrUnauthorized
		}
		body, err := io.ReadAll(http.MaxBytesReader(c.Response().Writer, r.Body, activity.MaxBody))
		if err != nil {
			return echo.ErrBadRequest
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(body, &object); err != nil {
			return echo.ErrBadRequest
		}
		c.Response().Header().Set("Location", "http://"+r.Host+"/1")
		return c.JSON(http.StatusCreated, map[string]any{"type": "Create", "object": object})
	})
	return e.Start(addr)
}
