// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"crypto"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"plenum/activity"
	"plenum/coop"
	"plenum/fedtest"
	"plenum/keys"
)

// restsUntil makes a host fail until it rests, with so many posts that wait for it
// and were never sent.
func restsUntil(t *testing.T, n *fedtest.Network, a *fedtest.Instance, host string, waiting int) {
	t.Helper()
	n.Down(host, true)
	for k := range 5 {
		a.Publish(fedtest.Report(fmt.Sprint("In vain ", k)))
	}
	time.Sleep(time.Second)
	for k := range waiting {
		a.Publish(fedtest.Report(fmt.Sprint("Later ", k)))
	}
	time.Sleep(time.Second)
	if rests, err := a.DB.Rests(t.Context()); err != nil || len(rests) != 1 || rests[0].Host != host {
		t.Fatalf("who rests: %+v %v", rests, err)
	}
	n.Down(host, false)
}

// Who speaks works again: what waits for it goes at once. Whoever pretends to be it
// changes nothing.
func TestVerifiedRequestEndsTheRestOfItsHost(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, evil := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example")
		peer.Follows(a, a.Actor())
		restsUntil(t, n, a, peer.Host, 6)
		forged := evil.Letter(a.Site.SharedInbox(), said(peer, "Follow", a.Actor()))
		forged.KeyID = peer.KeyID
		wants(t, "a forged request", evil.Post(forged), http.StatusUnauthorized)
		wants(t, "a stranger's request", evil.Send(a.Site.SharedInbox(), said(evil, "Like", a.Actor())), http.StatusAccepted)
		time.Sleep(5 * time.Second)
		if got := peer.Got("Create"); len(got) != 0 {
			t.Errorf("a request that was not its own woke the host: %+v", got)
		}
		wants(t, "its own request", peer.Send(a.Site.SharedInbox(), said(peer, "Like", a.Actor())), http.StatusAccepted)
		time.Sleep(time.Second)
		if got := peer.Distinct("Create"); len(got) < 6 {
			t.Errorf("a second after the host was heard from it has %d posts, want the 6 that never were sent", len(got))
		}
		if rests, err := a.DB.Rests(t.Context()); err != nil || len(rests) != 0 {
			t.Errorf("who rests: %+v %v", rests, err)
		}
		n.Quiet()
		if got := peer.Distinct("Create"); len(got) != 11 {
			t.Errorf("in the end it has %d of 11 posts", len(got))
		}
	}, fedtest.Calm())
}

// Who asks for another attempt is heard although the host rests; it is one request
// that is made, and when that works the others follow.
func TestRetryProbesAHostThatRests(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		restsUntil(t, n, a, peer.Host, 6)
		n.Down(peer.Host, true)
		before := len(sent(n, peer.Host, "Create"))
		a.Control(http.MethodPost, "/control/deliveries/retry?host="+peer.Host, nil, nil)
		time.Sleep(time.Minute)
		if got := len(sent(n, peer.Host, "Create")) - before; got != 1 {
			t.Errorf("%d requests to a host that is still down", got)
		}
		n.Down(peer.Host, false)
		a.Control(http.MethodPost, "/control/deliveries/retry?host="+peer.Host, nil, nil)
		time.Sleep(time.Second)
		if got := peer.Distinct("Create"); len(got) != 11 {
			t.Errorf("it has %d of 11 posts", len(got))
		}
	}, fedtest.Calm())
}

// believer is an inbox that refuses what the key that it knows did not sign.
type believer struct {
	mu    sync.Mutex
	known crypto.PublicKey
	learn bool // from an Update that the known key signed; otherwise it asks for the document each time
	took  []string
}

func keyOf(t *testing.T, a *fedtest.Instance) crypto.PublicKey {
	t.Helper()
	_, doc := a.Get(a.Actor())
	actor, err := activity.DecodeActor(doc, false)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := keys.DecodePublic(actor.Keys[0].PEM)
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

func (b *believer) at(t *testing.T, a *fedtest.Instance, host string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if !b.learn {
			b.known = keyOf(t, a)
		}
		claim, err := keys.Read(r, body, keys.Target{Scheme: "https", Host: host}, time.Now())
		if err != nil || claim.Verify(b.known) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var head struct{ Type string }
		if err := json.NewDecoder(bytes.NewReader(body)).Decode(&head); err != nil {
			t.Error(err)
		}
		b.took = append(b.took, head.Type)
		if head.Type == "Update" {
			b.known = keyOf(t, a)
		}
		w.WriteHeader(http.StatusAccepted)
	}
}

func rotate(a *fedtest.Instance) {
	a.Control(http.MethodPost, "/control/coops/"+string(a.Coop)+"/rotate-key", nil, nil)
}

// The key changes while a request is on its way to a host that asks for the new one
// at once: the answer 401 costs nothing, the request is repeated at once.
func TestKeyThatChangesInFlightCostsNoAttempt(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		b := &believer{}
		peer.Route("/inbox", b.at(t, a, peer.Host))
		n.Slow(peer.Host, 5*time.Second)
		began := time.Now()
		a.Publish(fedtest.Report("On its way"))
		time.Sleep(2 * time.Second)
		rotate(a)
		time.Sleep(10 * time.Second)
		b.mu.Lock()
		took := slices.Clone(b.took)
		b.mu.Unlock()
		if !slices.Contains(took, "Create") {
			t.Errorf("it has %v; the Create was sent after %v", took, since(began, sent(n, peer.Host, "Create")))
		}
		for _, d := range a.Deliveries(coop.DeliveryFilter{Host: peer.Host, State: coop.Done}) {
			if d.Type == "Create" && (d.Attempts != 1 || len(d.Results) != 1) {
				t.Errorf("it was charged %d attempts: %+v", d.Attempts, d.Results)
			}
		}
		n.Slow(peer.Host, 0)
		n.Quiet()
	}, fedtest.Calm())
}

// A host that never asks for a key again hears of the new one first, however much
// waits for it, and believes everything after that.
func TestNewKeyGoesBeforeWhatWaits(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		b := &believer{known: keyOf(t, a), learn: true}
		peer.Route("/inbox", b.at(t, a, peer.Host))
		n.Down(peer.Host, true)
		for k := range 3 {
			a.Publish(fedtest.Report(fmt.Sprint("Before ", k)))
		}
		time.Sleep(3 * time.Hour)
		rotate(a)
		time.Sleep(time.Minute)
		for k := range 3 {
			a.Publish(fedtest.Report(fmt.Sprint("After ", k)))
		}
		time.Sleep(3 * time.Hour)
		n.Down(peer.Host, false)
		n.Quiet()
		b.mu.Lock()
		took := slices.Clone(b.took)
		b.mu.Unlock()
		if want := []string{"Update", "Create", "Create", "Create", "Create", "Create", "Create"}; !slices.Equal(took, want) {
			t.Errorf("it took %v, want %v", took, want)
		}
		if dead := a.Deliveries(coop.DeliveryFilter{State: coop.Dead}); len(dead) > 0 {
			t.Errorf("given up: %+v", dead)
		}
	}, fedtest.Calm())
}
