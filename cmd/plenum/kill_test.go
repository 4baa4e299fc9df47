// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"plenum/coop"
	"plenum/store"
)

var (
	killRounds = flag.Int("kill.rounds", 12, "how often the sender is killed; 1000 for the long form")
	killSeed   = flag.Uint64("kill.seed", 0, "what the dice begin with; 0: the time")
)

// roundsEach is how often one sender is killed before the next begins with an
// empty file: a check of a file takes the longer the more has been sent.
const roundsEach = 100

// What was answered 201 is on disk together with its deliveries: however often
// the sender is killed, each activity comes to every inbox that it is for, in the
// order of its post, and to no other; and the file is sound after each kill.
//
// The schedule would let minutes pass between two attempts, so what waits is made
// due through the control socket. It is not in the last round of each full
// hundred: there it has to come by itself.
func TestEveryActivityArrivesHoweverOftenTheSenderIsKilled(t *testing.T) {
	t.Parallel()
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	for left := *killRounds; left > 0; left -= roundsEach {
		rounds := min(left, roundsEach)
		if !t.Run(fmt.Sprint("kill.seed=", seed), func(t *testing.T) { newTrial(t, seed).run(t, rounds) }) {
			return
		}
		seed++
	}
}

// trial is a sender with two co-ops that is killed again and again, and who
// follows them: another instance, and sinks.
type trial struct {
	sender, receiver place
	tokens           map[string]string // by co-op
	client           *http.Client      // without connections that outlive a sender
	sinks            []*sink
	readers          []reader
	receiving        *server
	dice             *rand.Rand

	posts []*entry
	open  map[*entry]bool // what was begun since everything had arrived
	lost  map[coop.ID]int
	tally tally
}

// tally is what a trial has seen: one in which nothing was interrupted would prove
// nothing.
type tally struct {
	kills, early     int // early: before the sender listened
	unanswered       int // kills while a request had no answer
	flying           int // deliveries that were on their way when it was killed
	superseded       int
	activities       int
	copies           int
	longest, settled time.Duration
}

// reader is an inbox of a sink to which the posts of a co-op are to go.
type reader struct {
	sink *sink
	coop string
	path string
}

// The co-ops of the sender. Who follows one must not get what the other posts.
const (
	first  = "coop"
	second = "second"
)

func newTrial(t *testing.T, seed uint64) *trial {
	t.Helper()
	k := &trial{
		sender: setUp(t), receiver: setUp(t), tokens: map[string]string{}, dice: rand.New(rand.NewPCG(seed, 2)),
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second},
		open:   map[*entry]bool{}, lost: map[coop.ID]int{},
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the sender's log: %s\nthe receiver's: %s", k.sender.logged(t), k.receiver.logged(t))
		}
	})
	plenum(t, "coop", "add", second, "--title", "The second co-op", "--config", k.sender.config)
	for _, name := range []string{first, second} {
		k.tokens[name] = k.sender.token(t, "--coop", name)
	}
	s := k.sender.serve(t)
	k.receiving = k.receiver.serve(t)
	plenum(t, "following", "add", "@coop@"+k.sender.domain, "--config", k.receiver.config)
	eventually(t, 10*time.Second, func() string {
		if list := plenum(t, "follower", "list", "--coop", first, "--config", k.sender.config, "--state", "accepted"); list == "Nobody follows yet.\n" {
			return "the receiver does not follow"
		}
		return ""
	})
	k.gather(t, seed)
	for _, s := range k.sinks {
		s.behave(false)
	}
	s.stop(t)
	return k
}

// gather lets the sinks follow.
func (k *trial) gather(t *testing.T, seed uint64) {
	t.Helper()
	for i, m := range []manner{willing, failing, stuck, lying, willing, failing} {
		k.sinks = append(k.sinks, newSink(t, m, i >= 4, seed+uint64(i)))
	}
	actor := func(name string) coop.IRI { return coop.IRI(k.sender.url("/ap/coops/" + name)) }
	follows := func(s *sink, name string, coops ...string) {
		for _, c := range coops {
			s.follow(t, name, actor(c))
			k.readers = append(k.readers, reader{s, c, s.postbox(name)})
		}
	}
	follows(k.sinks[0], "one", first)
	follows(k.sinks[1], "one", first)
	follows(k.sinks[2], "one", second)
	follows(k.sinks[3], "one", first, second)
	follows(k.sinks[4], "one", first) // two behind one inbox
	follows(k.sinks[4], "two", first)
	follows(k.sinks[5], "one", first)
	follows(k.sinks[5], "two", second)
	k.sinks[0].follow(t, "gone", actor(second))
	k.sinks[0].leave(t, "gone", actor(second))
}

func (k *trial) run(t *testing.T, rounds int) {
	t.Helper()
	for round := range rounds {
		began := time.Now()
		k.round(t, round)
		k.verify(t)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
		k.tally.longest = max(k.tally.longest, time.Since(began))
	}
	for _, s := range k.sinks {
		s.behave(true)
	}
	s := k.sender.serve(t)
	k.settle(t, true)
	if rounds == roundsEach {
		s = k.patience(t, s)
	}
	s.stop(t)
	k.receiving.stop(t)
	k.checkSender(t)
	k.checkReceiver(t)
	k.report(t, rounds)
}

func (k *trial) report(t *testing.T, rounds int) {
	t.Helper()
	y := k.tally
	for _, s := range k.sinks {
		for _, b := range s.boxes {
			y.copies += b.copies
		}
	}
	t.Logf("%d kills: %d before it listened, %d while a request had no answer, %d deliveries on their way; %d posts, %d activities, %d deliveries superseded, %d copies came; the longest round took %v, settling %v in all",
		y.kills, y.early, y.unanswered, y.flying, len(k.posts), y.activities, y.superseded, y.copies, y.longest.Round(time.Millisecond), y.settled.Round(time.Millisecond))
	if rounds == roundsEach && (y.early == 0 || y.unanswered == 0 || y.flying == 0 || y.superseded == 0 || y.copies == 0) {
		t.Error("something that was to be interrupted never was")
	}
}

// round starts the sender and kills it: while it starts, while it takes posts or
// while it delivers them. In half of the rounds what came before has arrived
// everywhere by then; in the others it is on its way as well.
func (k *trial) round(t *testing.T, round int) {
	t.Helper()
	k.tally.kills++
	if k.dice.IntN(8) == 0 {
		k.tally.early++
		k.stillborn(t, time.Duration(k.dice.Int64N(int64(60*time.Millisecond))))
		return
	}
	s := k.sender.serve(t)
	if k.dice.IntN(2) == 0 || len(k.open) > 20 {
		k.settle(t, true)
	} else {
		k.retry(t)
	}
	todo, steps := k.plan(round)
	answers, wait := make(chan struct{}, steps), k.dice.IntN(steps+1)
	after := time.Duration(k.dice.Int64N(int64(5 * time.Millisecond)))
	if wait == steps || k.dice.IntN(3) == 0 { // to deliver takes longer
		wait, after = steps, time.Duration(k.dice.Int64N(int64(80*time.Millisecond)))
	}
	done := k.publish(t, todo, answers)
	for range wait {
		select {
		case <-answers:
		case <-done:
		}
	}
	<-time.After(after)
	if err := s.kill(); err != nil {
		t.Error(err)
	}
	<-done
	k.drop()
	if slices.ContainsFunc(todo, (*entry).unanswered) {
		k.tally.unanswered++
	}
}

// stillborn kills a sender that may not even listen yet.
func (k *trial) stillborn(t *testing.T, after time.Duration) {
	t.Helper()
	cmd := command("serve", "--config", k.sender.config)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-time.After(after)
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // it was killed: there is no better answer
}

// publish makes the requests of posts with a few clients at a time, each post's one
// after the other. They give up when there is no answer. The channel is closed when
// all have ended.
func (k *trial) publish(t *testing.T, posts []*entry, answers chan<- struct{}) <-chan struct{} {
	todo, done := make(chan *entry, len(posts)), make(chan struct{})
	for _, p := range posts {
		todo <- p
	}
	close(todo)
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() {
			for p := range todo {
				if k.send(t, p, answers) != nil {
					return
				}
			}
		})
	}
	go func() {
		clients.Wait()
		close(done)
	}()
	return done
}

// verify checks a copy of the file that a killed sender left behind: to open it is
// to mend what a crash leaves, and the next sender is to do that itself.
func (k *trial) verify(t *testing.T) {
	t.Helper()
	dir := filepath.Join(k.sender.dir, "copy")
	raw, err := os.ReadFile(filepath.Join(k.sender.dir, "data", "plenum.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "plenum.db"), raw, 0o600),
		os.Symlink(filepath.Join(k.sender.dir, "data", "media"), filepath.Join(dir, "media"))); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(dir, store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if found, err := db.Verify(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("verify: %v %v", found, err)
	}
	waiting, err := db.Deliveries(t.Context(), coop.DeliveryFilter{State: coop.Waiting, Limit: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range waiting { // charged, and no result: it was on its way
		if lost := d.Attempts - len(d.Results); len(d.Results) < coop.MaxResults && lost > k.lost[d.ID] {
			k.tally.flying++
			k.lost[d.ID] = lost
		}
	}
}
