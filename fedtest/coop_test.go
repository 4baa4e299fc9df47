// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
	"plenum/keys"
)

func TestFollowerOfTheInstanceIsToldOfEvents(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		_, past := a.Publish(fedtest.Meetup("Long ago", "1999-12-27"))
		_, next := a.Publish(fedtest.Meetup("To come", "2000-12-27"))
		a.Publish(fedtest.Report("No event"))
		peer.Follows(a, a.Site.Actor(coop.Relay))
		_, fresh := a.Publish(fedtest.Talk("New", "2000-12-29"))
		a.Publish(fedtest.Report("No event either"))
		n.Quiet()
		announces := peer.Got("Announce")
		var about []string
		for _, g := range announces {
			if !g.Verified {
				t.Errorf("not signed by the instance: %s", g.Body)
			}
			for _, o := range []coop.IRI{past, next, fresh} {
				if strings.Contains(string(g.Body), string(o)) {
					about = append(about, string(o))
				}
			}
		}
		if want := []string{string(next), string(fresh)}; !slices.Equal(about, want) {
			t.Errorf("got %v want %v", about, want)
		}
		if got := peer.Got("Create"); len(got) != 0 {
			t.Errorf("who follows the instance got %d posts of its co-op", len(got))
		}
		a.Update(fresh, fedtest.Document{"name": "Moved"})
		a.Delete(fresh)
		n.Quiet()
		if u, d := len(peer.Got("Update")), len(peer.Got("Delete")); u+d == 0 || d != 1 {
			t.Errorf("of an event that it was announced it was told by %d Updates and %d Deletes", u, d)
		}
	}, fedtest.Calm())
}

func TestAnnouncedEventIsReadFromItsHostAndGoesWithIt(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b := n.Instance("a.example"), n.Instance("b.example")
		b.Follow(a.Site.Actor(coop.Relay))
		n.Quiet()
		_, object := a.Publish(fedtest.Meetup("Announced", "2000-12-27"))
		n.Quiet()
		got := b.Received()[object]
		if got.By != a.Actor() || got.Via != a.Site.Actor(coop.Relay) || got.Name != "Announced" {
			t.Fatalf("got %+v", got)
		}
		a.Delete(object)
		n.Quiet()
		if got := b.Names(); got != "" {
			t.Errorf("the event is deleted, and b still shows %q", got)
		}
	}, fedtest.Seed(5))
}

func TestCoopsOfOneInstanceFollowEachOtherWithoutARequest(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		a.Control(http.MethodPost, "/control/coops", fedtest.Document{"name": "second", "title": "The second co-op"}, nil)
		second := a.Site.Actor("second")
		a.Control(http.MethodPost, "/control/coops/second/following", fedtest.Document{"target": string(a.Actor())}, nil)
		_, object := a.Publish(fedtest.Report("From the neighbours"))
		a.Update(object, fedtest.Document{"name": "From our neighbours"})
		got := a.Received()[object]
		if got.Name != "From our neighbours" || !slices.Equal(got.For, []coop.Name{"second"}) {
			t.Errorf("got %+v", got)
		}
		if got := a.Followers(a.Coop)[second]; got != coop.FollowAccepted {
			t.Errorf("got %q", got)
		}
		a.Delete(object)
		if got := a.Received(); len(got) != 0 {
			t.Errorf("the post is deleted, and the neighbours still show %+v", got)
		}
		a.Publish(fedtest.Report("Until the end"))
		if got := a.Names(); got != "Until the end" {
			t.Errorf("got %q", got)
		}
		a.Control(http.MethodDelete, "/control/coops/second/following", fedtest.Document{"target": string(a.Actor())}, nil)
		a.Publish(fedtest.Report("After the end"))
		if got := a.Names(); got != "" {
			t.Errorf("nobody follows any more, and there is still %q", got)
		}
		n.Quiet()
		if got := n.Exchanges(nil); len(got) != 0 {
			t.Errorf("got %d requests, the first %+v", len(got), got[0])
		}
	}, fedtest.Calm())
}

func TestNewKeyIsBelievedByWhoHadTheOld(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b := n.Instance("a.example"), n.Instance("b.example")
		b.Follow(a.Actor())
		n.Quiet()
		a.Publish(fedtest.Report("With the old key"))
		n.Quiet()
		before := len(n.To("a.example", http.MethodGet))
		time.Sleep(time.Minute)
		a.Control(http.MethodPost, "/control/coops/a_coop/rotate-key", nil, nil)
		a.Publish(fedtest.Report("With the new key"))
		n.Quiet()
		if got := b.Names(); got != "With the old key, With the new key" {
			t.Errorf("got %q", got)
		}
		if got := len(n.To("a.example", http.MethodGet)) - before; got != 1 {
			t.Errorf("the actor was fetched %d times for one new key", got)
		}
		for _, d := range a.Deliveries(coop.DeliveryFilter{}) {
			if d.State != coop.Done || d.Type == "Create" && d.Attempts != 1 && len(d.Results) != d.Attempts {
				t.Errorf("got %+v", d)
			}
		}
	}, fedtest.Calm())
}

// stubborn is a peer like GoToSocial, which fetches the key of an actor once: what
// another key has signed is refused, and only an Update of the actor that the
// known key has signed brings a new one.
type stubborn struct {
	mu    sync.Mutex
	host  string
	actor coop.IRI
	known crypto.PublicKey
}

func (s *stubborn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body) // what broke off does not verify
	claim, err := keys.Read(r, body, keys.Target{Scheme: "https", Host: s.host}, time.Now())
	if err != nil || claim.KeyID == s.actor+"#main-key" && claim.Verify(s.known) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var got struct {
		Type   string
		Object struct {
			PublicKey struct{ ID, PublicKeyPem string }
		}
	}
	if json.Unmarshal(body, &got) == nil && got.Type == "Update" && got.Object.PublicKey.ID == string(claim.KeyID) {
		if s.known, err = keys.DecodePublic(got.Object.PublicKey.PublicKeyPem); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
	}
	w.WriteHeader(http.StatusAccepted)
}

func TestNewKeyReachesWhoNeverFetchesAKeyAgain(t *testing.T) {
	t.Parallel()
	for name, who := range map[string]coop.Name{"of a co-op": "a_coop", "of the instance actor": coop.Relay} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, peer := n.Instance("a.example"), n.Peer("peer.example")
				key := func() *rsa.PublicKey {
					pem, err := a.DB.PrivateKey(t.Context(), who)
					if err != nil {
						t.Fatal(err)
					}
					private, err := keys.DecodePrivate(pem)
					if err != nil {
						t.Fatal(err)
					}
					return &private.PublicKey
				}
				peer.Follows(a, a.Actor()) // and not the instance actor, whose key it has from requests
				n.Quiet()
				s := &stubborn{host: peer.Host, actor: a.Site.Actor(who), known: key()}
				peer.Route("/inbox", s.ServeHTTP)
				for range 2 { // the second is told with the key of the first
					a.Control(http.MethodPost, "/control/coops/"+string(who)+"/rotate-key", nil, nil)
					a.Publish(fedtest.Report("With the new key"))
					n.Quiet()
				}
				for _, d := range a.Deliveries(coop.DeliveryFilter{}) {
					if d.State != coop.Done {
						t.Errorf("got %+v", d)
					}
				}
				if !key().Equal(s.known) {
					t.Error("the peer does not know the key in force")
				}
			}, fedtest.Calm())
		})
	}
}

func TestRemovedCoopIsGoneEverywhere(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b, peer := n.Instance("a.example"), n.Instance("b.example"), n.Peer("peer.example")
		a.Control(http.MethodPost, "/control/coops", fedtest.Document{"name": "second", "title": "The second co-op"}, nil)
		for from, to := range map[string]coop.IRI{"second": a.Actor(), "a_coop": a.Site.Actor("second")} {
			a.Control(http.MethodPost, "/control/coops/"+from+"/following", fedtest.Document{"target": string(to)}, nil)
		}
		b.Follow(a.Actor())
		peer.Follows(a, a.Actor())
		n.Quiet()
		create, object := a.Publish(fedtest.Report("The last one"))
		n.Quiet()
		if b.Names() != "The last one" || a.Names() != "The last one" {
			t.Fatalf("got %q and %q", b.Names(), a.Names())
		}
		a.Control(http.MethodDelete, "/control/coops/a_coop", nil, nil)
		n.Quiet()
		if b.Names() != "" || a.Names() != "" {
			t.Errorf("got %q and %q", b.Names(), a.Names())
		}
		if got := b.FollowState(a.Actor()); got != "" {
			t.Errorf("b follows what is gone: %q", got)
		}
		if got := a.Followers("second"); len(got) != 0 {
			t.Errorf("what is gone follows its neighbour: %v", got)
		}
		rows, err := a.DB.Followings(t.Context(), "")
		if err != nil || len(rows) != 0 {
			t.Errorf("follows are left over: %+v (%v)", rows, err)
		}
		if got := peer.Got("Delete"); len(got) != 1 || !got[0].Verified {
			t.Errorf("got %+v", got)
		}
		for _, id := range []coop.IRI{a.Actor(), create, object, a.Site.Of(a.Coop, "outbox")} {
			if status, body := a.Get(id); status != http.StatusGone || strings.Contains(string(body), "last one") {
				t.Errorf("%s: got %d %s", id, status, body)
			}
		}
		if got := peer.Send(a.Site.Of(a.Coop, "inbox"), peer.Activity("Follow", a.Actor())); got != http.StatusGone {
			t.Errorf("a Follow of what is gone: got %d", got)
		}
	}, fedtest.Calm())
}
