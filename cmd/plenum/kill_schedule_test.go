// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"plenum/coop"
	"plenum/store"
)

// scheduledPosts is how many posts one kill -9 trial schedules.
const scheduledPosts = 40

// Forty posts are due within four seconds, in which the server is killed again and
// again: each of them is published, none too early, and none twice.
func TestScheduledPostsAreOutOnceHoweverOftenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	for range max(1, *killRounds/100) {
		if !t.Run(fmt.Sprint("kill.seed=", seed), func(t *testing.T) { newScheduleTrial(t, seed).run(t) }) {
			return
		}
		seed++
	}
}

// scheduleTrial is a server with posts that wait, and somebody who follows it.
type scheduleTrial struct {
	at     place
	sink   *sink
	dice   *rand.Rand
	posts  map[coop.IRI]time.Time // Creates that were promised, and when they are due
	server *server
	kills  int
}

func newScheduleTrial(t *testing.T, seed uint64) *scheduleTrial {
	t.Helper()
	k := &scheduleTrial{at: setUp(t), dice: rand.New(rand.NewPCG(seed, 5)), posts: map[coop.IRI]time.Time{}, sink: newSink(t, willing, false, seed)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server's log: %s", k.at.logged(t))
		}
	})
	token := k.at.token(t)
	k.server = k.at.serve(t)
	k.sink.follow(t, "one", coop.IRI(k.at.url("/ap/coops/coop")))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	from := time.Now().Add(3 * time.Second).UTC().Truncate(time.Second)
	for i := range scheduledPosts {
		due := from.Add(time.Duration(k.dice.IntN(5)) * time.Second)
		title := fmt.Sprint("Scheduled ", i)
		activity, _, err := k.at.post(t.Context(), t, client, request{coop: "coop", token: token, key: title, body: fmt.Sprintf(
			`{"type":"Article","name":%q,"content":"<p>x</p>","plenum:publishAt":%q}`, title, due.Format(time.RFC3339))})
		if err != nil {
			t.Fatal(err)
		}
		k.posts[coop.IRI(activity)] = due
	}
	return k
}

func (k *scheduleTrial) run(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(9 * time.Second); time.Now().Before(end); k.kills++ {
		<-time.After(time.Duration(k.dice.Int64N(int64(400 * time.Millisecond))))
		if err := k.server.kill(); err != nil {
			t.Fatal(err)
		}
		k.server = k.at.serve(t)
	}
	<-time.After(3 * time.Second)
	k.server.stop(t)
	db, err := store.Open(filepath.Join(k.at.dir, "data"), store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if found, err := db.Verify(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("verify: %v %v", found, err)
	}
	site := coop.Site{Domain: k.at.domain, HTTP: true}
	docs, total, err := db.Said(t.Context(), "coop", "", 2*scheduledPosts)
	creates := 0
	for _, d := range docs {
		if d.Type != "Create" {
			continue
		}
		creates++
		if due, ok := k.posts[site.Activity(d.ID)]; !ok || d.At.Before(due) {
			t.Errorf("%s at %s was due at %s", d.ID, d.At, due)
		}
	}
	if err != nil || creates != len(k.posts) || len(k.posts) != scheduledPosts {
		t.Errorf("%d Creates of %d posts, %d activities (%v)", creates, len(k.posts), total, err)
	}
	if drafts, err := db.Posts(t.Context(), coop.PostQuery{Coop: "coop", State: coop.Draft, Limit: 100}); err != nil || len(drafts) != 0 {
		t.Errorf("%d still wait (%v)", len(drafts), err)
	}
	k.checkSink(t)
	t.Logf("%d kills", k.kills)
	if k.kills < 5 {
		t.Error("nothing was interrupted")
	}
}

// checkSink looks for what a follower may never see: a Create that was not promised,
// or another one of the same post.
func (k *scheduleTrial) checkSink(t *testing.T) {
	t.Helper()
	if wrong := k.sink.wrong(); len(wrong) > 0 {
		t.Errorf("the follower saw %v", wrong)
	}
	k.sink.mu.Lock()
	defer k.sink.mu.Unlock()
	came := k.sink.boxes[k.sink.postbox("one")]
	for id := range came.first {
		if _, promised := k.posts[id]; !promised {
			t.Errorf("%s came to the follower", id)
		}
	}
	if len(came.first) == 0 || len(came.changed) > 0 {
		t.Errorf("%d came to the follower, %d of them not as they were", len(came.first), len(came.changed))
	}
}
