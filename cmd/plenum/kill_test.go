// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"flag"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"plenum/coop"
	"plenum/store"
)

var (
	killRounds = flag.Int("kill.rounds", 8, "how often the sender is killed")
	killSeed   = flag.Uint64("kill.seed", 0, "what the dice begin with; 0: the time")
)

// trial is a sender that is killed again and again, and its two followers: an
// instance and a sink that misbehaves.
type trial struct {
	sender, receiver place
	token            string
	client           *http.Client // without connections that outlive a sender
	sink             *sink
	receiving        *server
	dice             *rand.Rand

	posts   []*submission // every one that was begun
	settled int           // so many of them have arrived everywhere
	kills   int
	open    int // kills while a request had no answer yet
}

// What was answered 201 is on disk together with its deliveries: however the
// sender ends, every follower gets it, and by its id once.
func TestEveryPostArrivesHoweverOftenTheSenderIsKilled(t *testing.T) {
	t.Parallel()
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-kill.seed=%d", seed)
	k := newTrial(t, seed)
	for round := range *killRounds {
		k.round(t, round)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	k.sink.behave(true)
	s := k.sender.serve(t)
	k.settle(t)
	s.stop(t)
	k.receiving.stop(t)
	k.checkSink(t)
	k.checkReceiver(t)
	t.Logf("%d kills, %d of them while a request had no answer; %d posts, each at both followers", k.kills, k.open, len(k.posts))
}

func newTrial(t *testing.T, seed uint64) *trial {
	t.Helper()
	k := &trial{sender: setUp(t), receiver: setUp(t), sink: newSink(t, seed), dice: rand.New(rand.NewPCG(seed, 2)),
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the sender's log: %s\nthe receiver's: %s", k.sender.logged(t), k.receiver.logged(t))
		}
	})
	k.token = k.sender.token(t)
	s := k.sender.serve(t)
	k.receiving = k.receiver.serve(t)
	plenum(t, "following", "add", "@coop@"+k.sender.domain, "--config", k.receiver.config)
	eventually(t, 10*time.Second, func() string {
		if list := plenum(t, "follower", "list", "--config", k.sender.config, "--state", "accepted"); list == "Nobody follows yet.\n" {
			return "the receiver does not follow"
		}
		return ""
	})
	k.sink.follow(t, coop.IRI(k.sender.url("/ap/coops/coop")))
	k.sink.behave(false)
	s.stop(t)
	return k
}

// round starts the sender, waits until everything has arrived that it had
// promised before, and kills it while or after it takes more.
func (k *trial) round(t *testing.T, round int) {
	t.Helper()
	s := k.sender.serve(t)
	k.settle(t)
	fresh := make([]*submission, 1+k.dice.IntN(8))
	for i := range fresh {
		fresh[i] = &submission{title: fmt.Sprintf("Post %d of round %d", i, round)}
	}
	k.posts = append(k.posts, fresh...)
	during := k.dice.IntN(3) > 0
	after := time.Duration(k.dice.Int64N(int64(40 * time.Millisecond)))
	if during { // of one post the answer takes some milliseconds
		after = time.Duration(k.dice.Int64N(int64(len(fresh)) * int64(5*time.Millisecond)))
	}
	done := k.publish(t, fresh)
	if !during {
		<-done
	}
	<-time.After(after)
	if err := s.kill(); err != nil {
		t.Error(err)
	}
	<-done
	k.kills++
	for _, p := range fresh {
		if p.id == "" {
			k.open++
			break
		}
	}
}

// publish posts with a few clients at a time, which give up when there is no
// answer. The channel is closed when all of them have ended.
func (k *trial) publish(t *testing.T, posts []*submission) <-chan struct{} {
	ctx, todo, done := t.Context(), make(chan *submission, len(posts)), make(chan struct{})
	for _, p := range posts {
		todo <- p
	}
	close(todo)
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() {
			for p := range todo {
				if k.sender.submit(ctx, t, k.client, k.token, p) != nil {
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

// settle repeats the requests that had no answer, as their clients would, and
// waits until every post is with both followers. Deliveries that wait are made
// due: the schedule would let minutes pass.
func (k *trial) settle(t *testing.T) {
	t.Helper()
	for _, p := range k.posts[k.settled:] {
		if p.id == "" {
			if err := k.sender.submit(t.Context(), t, k.client, k.token, p); err != nil {
				t.Fatalf("%s: %v", p.title, err)
			}
		}
	}
	control := overSocket(filepath.Join(k.sender.dir, "data", socketName))
	defer control.close()
	eventually(t, 30*time.Second, func() string {
		if err := control.call(t.Context(), http.MethodPost, "/control/deliveries/retry", nil, nil); err != nil {
			t.Fatal(err)
		}
		taken, _ := k.sink.taken()
		for _, p := range k.posts[k.settled:] {
			if taken[p.id] == 0 {
				return "the sink has not got " + p.title + " " + p.id
			}
		}
		kept := k.kept(t)
		for _, p := range k.posts[k.settled:] {
			if n := kept[p.id]; n != 1 {
				return fmt.Sprintf("the receiver shows %s %s %d times", p.title, p.id, n)
			}
		}
		return ""
	})
	k.settled = len(k.posts)
}

var (
	objectOnPage = regexp.MustCompile(`data-object="([^"]*)"`)
	olderPage    = regexp.MustCompile(`rel="next" href="([^"]*)"`)
)

// kept reads what the receiver shows, page by page, as far back as it matters,
// and counts it by id.
func (k *trial) kept(t *testing.T) map[string]int {
	t.Helper()
	kept := map[string]int{}
	for url, want := k.receiver.url("/network"), len(k.posts)-k.settled; url != "" && want > 0; {
		page := fetch(t, k.client, url)
		for _, m := range objectOnPage.FindAllStringSubmatch(page, -1) {
			kept[html.UnescapeString(m[1])]++
			want--
		}
		url = ""
		if m := olderPage.FindStringSubmatch(page); m != nil {
			url = html.UnescapeString(m[1])
		}
	}
	return kept
}

// checkSink wants every Create at the sink to be one of ours, signed.
func (k *trial) checkSink(t *testing.T) {
	t.Helper()
	taken, faults := k.sink.taken()
	for _, f := range faults {
		t.Errorf("the sink got %s", f)
	}
	for _, p := range k.posts {
		delete(taken, p.id)
	}
	for id, n := range taken {
		t.Errorf("the sink got %s %d times, and no request was answered with it: one post under two ids", id, n)
	}
}

// maxKept is how much of one actor an instance keeps.
const maxKept = 200

// checkReceiver wants the receiver's own file to hold every post, and nothing else.
func (k *trial) checkReceiver(t *testing.T) {
	t.Helper()
	db, err := store.Open(filepath.Join(k.receiver.dir, "data"), store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.ReceivedList(t.Context(), time.Time{}, 10*maxKept)
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]bool{}
	for _, p := range k.posts {
		ours[p.id] = true
	}
	for _, r := range rows {
		if !ours[string(r.Object)] {
			t.Errorf("the receiver holds %s, and no request was answered with it, or it is there twice", r.Object)
		}
		delete(ours, string(r.Object))
	}
	if want := min(maxKept, len(k.posts)); len(rows) != want {
		t.Errorf("the receiver holds %d posts, want %d", len(rows), want)
	}
	if found, err := db.Verify(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("verify: %v %v", found, err)
	}
}
