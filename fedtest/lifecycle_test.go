// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// seeds of the hostile network. One that found something is added here.
var seeds = []uint64{1, 2, 3, 35, 2018}

// A network that does nothing would prove nothing.
func TestHostileNetworkDoesEverythingInTheEnd(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		reader := n.Instance("b.example")
		for range 60 {
			peer.Send(a.Site.SharedInbox(), peer.Activity("Follow", a.Actor()))
			_, _, _ = reader.Fed.Follow(t.Context(), coop.Principal{Coop: reader.Coop}, string(peer.ID))
			time.Sleep(10 * time.Minute)
		}
		n.Quiet()
		fates := map[string]int{}
		for _, e := range n.Exchanges(nil) {
			fates[e.Fate]++
		}
		for _, fate := range []string{"", "refused", "hang", "proxy", "lost answer", "cut request", "duplicate"} {
			if fates[fate] == 0 {
				t.Errorf("%q never happened: %v", fate, fates)
			}
		}
		if got := len(a.Followers(a.Coop)); got != 1 {
			t.Errorf("got %d followers", got)
		}
	}, fedtest.Seed(7))
}

func TestPostsReachEveryFollowerOnceOverAHostileNetwork(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, lifecycle, fedtest.Seed(seed))
		})
	}
}

// lifecycle is the whole life of posts: b and c follow a, a publishes, revises
// and deletes, b leaves.
func lifecycle(t *testing.T, n *fedtest.Network) {
	a, b, c := n.Instance("a.example"), n.Instance("b.example"), n.Instance("c.example")
	b.Follow(a.Actor())
	c.Follow(a.Actor())
	n.Quiet()
	for _, i := range []*fedtest.Instance{b, c} {
		if got := i.FollowState(a.Actor()); got != coop.FollowAccepted {
			t.Fatalf("%s follows a: got %q", i.Host, got)
		}
	}
	var sent []coop.IRI
	var objects []coop.IRI
	for _, doc := range []fedtest.Document{fedtest.Report("35C3"), fedtest.Meetup("Co-operatives in IT", "2018-12-27"), fedtest.Talk("Co-ops in IT", "2018-12-29")} {
		id, object := a.Publish(doc)
		sent, objects = append(sent, id), append(objects, object)
	}
	n.Quiet()
	for _, i := range []*fedtest.Instance{b, c} {
		same(t, i, a, objects)
	}
	for k, object := range objects {
		time.Sleep(time.Second)
		sent = append(sent, a.Update(object, fedtest.Document{"name": fmt.Sprint("Revised ", k)}))
	}
	n.Quiet()
	for _, i := range []*fedtest.Instance{b, c} {
		same(t, i, a, objects)
		for k, object := range objects {
			if got, want := i.Received()[object].Name, fmt.Sprint("Revised ", k); got != want {
				t.Errorf("%s has %s: got %q want %q", i.Host, object, got, want)
			}
		}
	}
	sent = append(sent, a.Delete(objects[1]))
	objects = slices.Delete(objects, 1, 2)
	n.Quiet()
	for _, i := range []*fedtest.Instance{b, c} {
		same(t, i, a, objects)
	}
	for _, id := range sent {
		if got := n.Reached(id); !slices.Equal(got, []string{"b.example", "c.example"}) {
			t.Errorf("%s came to %v", id, got)
		}
	}
	b.Unfollow(a.Actor())
	n.Quiet()
	last, _ := a.Publish(fedtest.Report("What b does not get"))
	n.Quiet()
	if got := n.Reached(last); !slices.Equal(got, []string{"c.example"}) {
		t.Errorf("what was published after b left came to %v", got)
	}
}

// same holds what an instance keeps of another against what that one serves.
func same(t *testing.T, i, of *fedtest.Instance, objects []coop.IRI) {
	t.Helper()
	kept := i.Received()
	if len(kept) != len(objects) {
		t.Errorf("%s keeps %d objects, want %d", i.Host, len(kept), len(objects))
	}
	for _, object := range objects {
		got, ok := kept[object]
		if !ok {
			t.Errorf("%s lacks %s", i.Host, object)
			continue
		}
		if got.By != of.Actor() || got.Via != of.Actor() || got.KeyID != of.Site.Key(of.Coop) {
			t.Errorf("%s has %s by %s via %s with the key %s", i.Host, object, got.By, got.Via, got.KeyID)
		}
		status, served := of.Get(object)
		if status != http.StatusOK || !sameButContext(t, served, got.Body) {
			t.Errorf("%s keeps other bytes of %s than are served:\n%s\n%s", i.Host, object, got.Body, served)
		}
	}
}

// sameButContext compares a document with the same one embedded in an activity.
func sameButContext(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y map[string]json.RawMessage
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	delete(x, "@context")
	delete(y, "@context")
	if len(x) != len(y) {
		return false
	}
	for k, v := range x {
		if string(v) != string(y[k]) {
			return false
		}
	}
	return true
}
