// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"plenum/coop"
	"plenum/keys"
	"plenum/store"
)

// inboxBench measures how fast and at what cost an inbox takes what is sent to it.
type inboxBench struct {
	deliveryBench
	letters, conns int
	kinds          string // those to measure, separated by commas; empty: all
	minutes        int    // how long memory is watched

	crowd crowd
	pems  []string
	posts []coop.IRI // of ours, to be liked and answered
	cold  place      // with the posts
	warm  place      // the same once every actor has been heard of
	views []letter   // by which every actor is heard of
}

// asking is the co-op that approves who follows: what such a Follow comes to is one
// row and no Accept.
const asking = coop.Name("asking")

// figures of inboxBench spread over so many posts: what one post is answered with
// is bounded.
const manyPages = 12

// kind is a kind of activity that is measured.
type kind struct {
	name, title string
	goal        float64 // per cent of the ceiling; 0: none
	least       float64 // requests a second; 0: none
	cold        bool    // by actors who were never heard of
	asleep      bool    // by actors who have not been heard of since the start
	doc         func(b *inboxBench, i int) map[string]any
	stored      func(b *inboxBench, ctx context.Context, db *store.DB, ids map[coop.IRI]bool) error // adds what is on disk
}

func kinds() []kind {
	of := func(n coop.Name) (func(*inboxBench, int) map[string]any, func(*inboxBench, context.Context, *store.DB, map[coop.IRI]bool) error) {
		doc := func(b *inboxBench, _ int) map[string]any {
			return map[string]any{"type": "Follow", "object": b.site.Actor(n)}
		}
		return doc, func(_ *inboxBench, ctx context.Context, db *store.DB, ids map[coop.IRI]bool) error {
			list, err := db.Followers(ctx, coop.FollowerQuery{Coop: n})
			for _, f := range list {
				ids[f.Follow] = true
			}
			return err
		}
	}
	ask, asked := of(asking)
	follow, followed := of(name)
	return []kind{
		{name: "like", title: "Like of a post", goal: 60, doc: (*inboxBench).like, stored: (*inboxBench).likes},
		{name: "reply", title: "Create of a Note in reply", goal: 60, doc: (*inboxBench).reply, stored: (*inboxBench).replies},
		{name: "ask", title: "Follow, to be approved", goal: 60, doc: ask, stored: asked},
		{name: "first", title: "Like, first since the start", asleep: true, doc: (*inboxBench).like, stored: (*inboxBench).likes},
		{name: "follow", title: "Follow, while Accepts go out", doc: follow, stored: followed},
		{name: "new", title: "Follow of unknown actors", least: 300, cold: true, doc: follow, stored: followed},
	}
}

func (b *inboxBench) like(i int) map[string]any {
	return map[string]any{"type": "Like", "object": b.posts[i%len(b.posts)], "to": coop.Public}
}

func (b *inboxBench) reply(i int) map[string]any {
	actor, _ := b.crowd.usual(i)
	note := actor + "/notes/1"
	at := time.Now().UTC().Format(time.RFC3339)
	return map[string]any{
		"type": "Create", "published": at, "to": []any{coop.Public}, "cc": []any{actor + "/followers", b.site.Actor(name)},
		"object": map[string]any{
			"id": note, "type": "Note", "attributedTo": actor, "inReplyTo": b.posts[i%len(b.posts)], "published": at, "url": note,
			"to": []any{coop.Public}, "cc": []any{actor + "/followers", b.site.Actor(name)},
			"content": `<p><span class="h-card"><a href="https://example.org/@it" class="u-url mention">@it</a></span> We were there, and it was good: the talk about the roof, and the soup after it.</p>`,
			"tag":     []any{map[string]any{"type": "Mention", "href": b.site.Actor(name), "name": "@it"}},
		},
	}
}

func (b *inboxBench) likes(ctx context.Context, db *store.DB, ids map[coop.IRI]bool) error {
	return b.eachPost(func(post coop.ID) error {
		list, err := db.Reactions(ctx, coop.ReactionQuery{Post: post, Limit: 1 << 20})
		for _, r := range list {
			ids[r.Activity] = true
		}
		return err
	})
}

func (b *inboxBench) replies(ctx context.Context, db *store.DB, ids map[coop.IRI]bool) error {
	return b.eachPost(func(post coop.ID) error {
		list, err := db.Comments(ctx, coop.CommentQuery{Post: post, Limit: 1 << 20})
		for _, c := range list {
			ids[c.Activity] = true
		}
		return err
	})
}

func (b *inboxBench) eachPost(f func(coop.ID) error) error {
	for _, p := range b.posts {
		r, ok := b.site.Parse(p)
		if !ok {
			return fmt.Errorf("%s is no post of ours", p)
		}
		if err := f(r.ID); err != nil {
			return err
		}
	}
	return nil
}

func runInbox(b inboxBench) (err error) {
	if b.dir, err = os.MkdirTemp("", "plenum-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := b.begin(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.sink.stop()) }()
	if err := b.prepare(); err != nil {
		return err
	}
	if b.minutes > 0 {
		return b.soak(b.minutes)
	}
	table := make([]boxRow, 0, len(kinds()))
	for _, k := range kinds() {
		if b.kinds != "" && !slices.Contains(strings.Split(b.kinds, ","), k.name) {
			continue
		}
		row := boxRow{kind: k}
		letters, err := b.lettersOf(k)
		if err != nil {
			return err
		}
		for range b.rounds {
			if err := b.measure(&row, letters); err != nil {
				return fmt.Errorf("%s: %w", k.title, err)
			}
		}
		table = append(table, row)
	}
	printBoxes(b.out, table, b.conns)
	return nil
}

// prepare makes an instance with posts, and lets every actor be heard of.
func (b *inboxBench) prepare() (err error) {
	if b.cold, err = b.newPlace("cold"); err != nil {
		return err
	}
	if _, err := plenum(b.binary, b.cold.dir, "coop", "add", string(asking), "--approve"); err != nil {
		return err
	}
	p, err := b.serve(b.cold)
	if err != nil {
		return err
	}
	posted, err := b.publish(b.cold, manyPages)
	for _, one := range posted {
		var object coop.IRI
		if object, err = objectOf(one.id); err != nil {
			break
		}
		b.posts = append(b.posts, object)
	}
	if err := errors.Join(err, p.stop()); err != nil {
		return err
	}
	b.warm = b.cold
	b.warm.dir = filepath.Join(b.dir, "warm")
	if out, err := exec.Command("cp", "-a", b.cold.dir, b.warm.dir).CombinedOutput(); err != nil {
		return fmt.Errorf("copy: %w\n%s", err, out)
	}
	if b.minutes > 0 {
		return b.introduce(soakActors, b.crowd.swift)
	}
	return b.introduce(b.letters, b.crowd.usual)
}

// begin builds the program and starts the servers whose actors write.
func (b *inboxBench) begin() error {
	b.binary = filepath.Join(b.dir, "plenum")
	if err := build(b.binary); err != nil {
		return err
	}
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	_, port, _ := strings.Cut(addr, ":")
	b.site = coop.Site{Domain: "localhost:" + port, HTTP: true}
	if b.key, err = keys.Generate(rand.Reader); err != nil { // which no actor has
		return err
	}
	signers, public, err := newKeys()
	if err != nil {
		return err
	}
	for _, k := range public {
		pem, err := keys.EncodePublic(k)
		if err != nil {
			return err
		}
		b.pems = append(b.pems, pem)
	}
	if b.sink, err = startNetwork(b.dir, public...); err != nil {
		return err
	}
	actors := b.letters
	if b.minutes > 0 {
		actors = soakActors
	}
	b.crowd = crowd{port: b.sink.port, hosts: max(1, actors/20), signer: signers}
	return nil
}

// objectOf is the object of an activity of ours.
func objectOf(id string) (coop.IRI, error) {
	body, _, err := fetch(id, activityJSON)
	if err != nil {
		return "", err
	}
	var a struct {
		Object struct {
			ID coop.IRI `json:"id"`
		} `json:"object"`
	}
	err = json.Unmarshal(body, &a)
	return a.Object.ID, err
}

// address is where the instance listens.
func (b *inboxBench) address() string {
	return strings.Replace(b.site.Domain, "localhost", "127.0.0.1", 1)
}

// introduce lets actors say something that changes nothing, so that their keys are
// known from then on.
func (b *inboxBench) introduce(n int, who func(i int) (coop.IRI, crypto.Signer)) (err error) {
	b.views, err = writeAll(n, func(i int) (letter, error) {
		actor, key := who(i)
		return b.crowd.write(b.site.SharedInbox(), actor, key, map[string]any{"id": actor + "/view", "type": "View", "object": b.site.Actor(name)})
	})
	if err != nil {
		return err
	}
	p, err := b.serve(b.warm)
	if err != nil {
		return err
	}
	return errors.Join(b.greet(), p.stop())
}

// greet lets the running instance hear of every actor.
func (b *inboxBench) greet() error {
	a, err := flood(b.stream(b.views))
	if n := len(b.views); err == nil && a.statuses[202] != n {
		err = fmt.Errorf("of %d actors that were to be introduced %d were: %v", n, a.statuses[202], a.statuses)
	}
	return err
}

// stream sends letters as fast as they are taken.
func (b *inboxBench) stream(letters []letter) stream {
	return stream{addr: b.address(), conns: b.conns, n: len(letters), next: func(i int, _ []byte) []byte { return letters[i].raw }}
}

// lettersOf signs what a kind sends.
func (b *inboxBench) lettersOf(k kind) ([]letter, error) {
	n := b.letters
	if k.cold {
		n = max(1, n/4)
	}
	return writeAll(n, func(i int) (letter, error) {
		actor, key := b.crowd.usual(i)
		doc := k.doc(b, i)
		doc["id"] = actor + coop.IRI("/"+k.name)
		return b.crowd.write(b.site.SharedInbox(), actor, key, doc)
	})
}

// boxOutcome is what one flood came to.
type boxOutcome struct {
	rate     float64 // requests a second
	p50, p99 float64 // ms
	cpu      float64 // ms of the server for each request
	others   float64 // share of the machine that neither server, sink nor bench used
	peak     float64 // RssAnon in MiB
	each     rows    // what the file grew by for each request
	batches  float64 // what bbolt alone commits a second of the same
}

// measure sends the letters once to the instance and once to the bare handler.
func (b *inboxBench) measure(row *boxRow, letters []letter) error {
	ours, err := b.ours(row.kind, letters)
	if err != nil {
		return err
	}
	if !row.cold {
		if ours.batches, err = batches(b.dir, len(letters), b.conns, ours.each); err != nil {
			return err
		}
		bare, err := b.bare(letters)
		if err != nil {
			return fmt.Errorf("the bare handler: %w", err)
		}
		row.bare = append(row.bare, bare)
	}
	row.ours = append(row.ours, ours)
	return nil
}

// ours sends the letters to a fresh copy of the instance, kills it when the last one
// was answered, and looks for each in the file that is left.
func (b *inboxBench) ours(k kind, letters []letter) (o boxOutcome, err error) {
	from := b.warm
	if k.cold {
		from = b.cold
	}
	at, err := b.copyOf(from)
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
	var a answers
	if !k.cold && !k.asleep {
		err = b.greet()
	}
	if err == nil {
		a, err = b.flood(p, b.stream(letters), http.StatusAccepted, &o)
	}
	if err := errors.Join(err, p.kill()); err != nil {
		return o, err
	}
	after, err := rowsOf(file)
	if err != nil {
		return o, err
	}
	o.each = rows{keys: (after.keys - before.keys) / len(letters), bytes: (after.bytes - before.bytes) / len(letters)}
	return o, b.onDisk(k, at, letters, a.taken)
}

// bare sends the letters to the bare handler.
func (b *inboxBench) bare(letters []letter) (o boxOutcome, err error) {
	job := boxJob{Host: b.site.Domain, PEMs: b.pems, Keys: map[coop.IRI]int{}}
	for i := range letters {
		actor, _ := b.crowd.usual(i)
		job.Keys[actor+"#main-key"] = i % manyKeys
	}
	p, addr, err := b.startBox(job)
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	s := b.stream(letters)
	s.addr = addr
	_, err = b.flood(p, s, http.StatusAccepted, &o)
	return o, err
}

// startBox starts a bare inbox, and says where it listens.
func (b *inboxBench) startBox(job boxJob) (p *process, addr string, err error) {
	raw, err := json.Marshal(job)
	if err != nil {
		return nil, "", err
	}
	file := filepath.Join(b.dir, "box.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return nil, "", err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	if addr, err = freeAddress(); err != nil {
		return nil, "", err
	}
	p, err = start(exec.Command(self, "-box", file, addr), "http://"+addr+"/")
	return p, addr, err
}

// flood measures a flood into a process, all of which must be answered with a status.
func (b *deliveryBench) flood(p *process, s stream, want int, o *boxOutcome) (a answers, err error) {
	time.Sleep(500 * time.Millisecond) // what a start leaves to be done
	memory := watch(p)
	before, err := b.clock(p)
	if err != nil {
		return a, err
	}
	if a, err = flood(s); err != nil {
		return a, err
	}
	after, err := b.clock(p)
	if err != nil {
		return a, err
	}
	_, o.peak, err = memory()
	o.rate, o.p50, o.p99 = float64(s.n)/a.elapsed.Seconds(), a.quantile(0.5), a.quantile(0.99)
	o.cpu = ms(after.sender-before.sender) / float64(s.n)
	_, o.others = after.share(before)
	if a.statuses[want] != s.n {
		err = errors.Join(err, fmt.Errorf("of %d requests %d were taken: %v, %d had no answer", s.n, a.statuses[want], a.statuses, a.broken))
	}
	return a, err
}

// onDisk wants everything that was answered 202 in the file, and the file sound.
func (b *inboxBench) onDisk(k kind, at place, letters []letter, taken []bool) error {
	db, err := b.open(at)
	if err != nil {
		return err
	}
	ctx := context.Background()
	there := map[coop.IRI]bool{}
	err = k.stored(b, ctx, db, there)
	var found []string
	if err == nil {
		found, err = db.Verify(ctx)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("the file is not sound: %v", found)
	}
	return missing(letters, taken, there)
}

// missing says what was answered 202 and is not there.
func missing(letters []letter, taken []bool, there map[coop.IRI]bool) error {
	lost := 0
	for i, l := range letters {
		if taken[i] && !there[l.id] {
			lost++
		}
	}
	if lost > 0 {
		return fmt.Errorf("%d activities were answered 202 and are not on disk", lost)
	}
	return nil
}

// kill ends a process as a loss of power would.
func (p *process) kill() error {
	if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	_ = p.cmd.Wait() // it was killed: there is no better answer
	return nil
}
