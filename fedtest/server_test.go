// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// A category of Discourse makes nothing of what comes to the inbox of all.
func TestEachCategoryOfADiscourseGetsPostsAtItsOwnInbox(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, forum, social := n.Instance("a.example"), n.Peer("forum.example"), n.Peer("social.example")
		second := forum.Another("/category/2")
		forum.Runs("Discourse", "3.5.1")
		social.Runs("mastodon", "4.5.2")
		forum.Boxes("/category/1/inbox")
		second.Boxes("/category/2/inbox")
		social.Boxes("/users/1/inbox")
		people := []*fedtest.Peer{forum, second, social}
		for i := 2; i < 8; i++ {
			p := social.Another(fmt.Sprintf("/users/%d", i))
			p.Boxes(fmt.Sprintf("/users/%d/inbox", i))
			people = append(people, p)
		}
		for _, p := range people {
			p.Follows(a, a.Actor())
		}
		time.Sleep(time.Minute)
		_, object := a.Publish(fedtest.Report("For all"))
		n.Quiet()
		a.Update(object, fedtest.Document{"name": "For all of you"})
		n.Quiet()
		for _, kind := range []string{"Create", "Update"} {
			if got := forum.At(kind); !slices.Equal(got, []string{"/category/1/inbox", "/category/2/inbox"}) {
				t.Errorf("the %s came to the categories at %v", kind, got)
			}
			if got := social.At(kind); !slices.Equal(got, []string{"/shared"}) {
				t.Errorf("the %s came to the seven people at %v", kind, got)
			}
		}
		for _, host := range []string{forum.Host, social.Host} {
			if got := n.Asked(host); len(got) != 2 || got[0].Path != "/.well-known/nodeinfo" || got[1].Path != "/nodeinfo/2.1" || got[0].Header.Get("Signature") != "" {
				t.Errorf("%s was asked %d times: %+v", host, len(got), got)
			}
		}
		time.Sleep(6 * 24 * time.Hour)
		if got := len(n.Asked(forum.Host)); got != 2 {
			t.Errorf("after six days: asked %d times", got)
		}
		time.Sleep(26 * time.Hour)
		if got := len(n.Asked(forum.Host)); got != 4 {
			t.Errorf("after seven: asked %d times", got)
		}
	}, fedtest.Calm())
}

// A forum that answers late, or gets the plug-in later, is found out about.
func TestFollowersMoveWhenTheirServerSaysWhatItIs(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, forum := n.Instance("a.example"), n.Peer("forum.example")
		forum.Boxes("/category/1/inbox")
		forum.Follows(a, a.Actor())
		time.Sleep(time.Minute)
		a.Publish(fedtest.Report("First"))
		n.Quiet()
		forum.Runs("discourse", "3.5.1")
		time.Sleep(23 * time.Hour)
		if got := n.Asked(forum.Host); len(got) != 1 {
			t.Errorf("on the first day: asked %d times", len(got))
		}
		time.Sleep(3 * time.Hour)
		a.Publish(fedtest.Report("Second"))
		n.Quiet()
		forum.Status("/.well-known/nodeinfo", http.StatusServiceUnavailable) // it says nothing more, and stays what it was
		time.Sleep(9 * 24 * time.Hour)
		a.Publish(fedtest.Report("Third"))
		n.Quiet()
		var got []string
		for _, g := range forum.Got("Create") {
			got = append(got, g.Path)
		}
		if want := []string{"/shared", "/category/1/inbox", "/category/1/inbox"}; !slices.Equal(got, want) {
			t.Errorf("got %v want %v", got, want)
		}
	}, fedtest.Calm())
}

// What the first Follow of somebody costs them and us: one request for the key, the
// Accept, and only then a question.
func TestFollowIsAnsweredBeforeItsServerIsAskedAnything(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Runs("mastodon", "4.5.2")
		n.Slow(peer.Host, 500*time.Millisecond)
		peer.Follows(a, a.Actor())
		if got := len(n.To(peer.Host, http.MethodGet)); got != 1 {
			t.Errorf("when the Accept has arrived: %d GETs", got)
		}
		time.Sleep(time.Minute)
		want := []string{"GET /actor", "POST /inbox", "GET /.well-known/nodeinfo", "GET /nodeinfo/2.1"}
		var got []string
		for _, e := range n.Exchanges(func(e fedtest.Exchange) bool { return e.To == peer.Host }) {
			got = append(got, e.Method+" "+e.Path)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v want %v", got, want)
		}
		s, err := a.DB.Server(t.Context(), peer.Host)
		if err != nil || s.Software != "mastodon" || s.Version != "4.5.2" {
			t.Errorf("got %+v, %v", s, err)
		}
	}, fedtest.Calm())
}

// What is still to be asked stands in the database and not in memory.
func TestServersAreAskedAfterACrash(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Runs("gotosocial", "0.20.0")
		if got := peer.Send(a.Site.SharedInbox(), peer.Activity("Follow", a.Actor())); got != http.StatusAccepted {
			t.Fatalf("got %d", got)
		}
		a.Stop()
		time.Sleep(time.Hour)
		if got := len(n.Asked(peer.Host)); got != 0 {
			t.Fatalf("asked %d times before it stopped", got)
		}
		a.Start()
		time.Sleep(time.Minute)
		if s, err := a.DB.Server(t.Context(), peer.Host); err != nil || s.Software != "gotosocial" {
			t.Errorf("got %+v, %v", s, err)
		}
	}, fedtest.Calm())
}

// An instance that has been away for long has many to ask, and other things to do.
func TestManyServersAreAskedWithoutHaste(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		for i := range 100 {
			id := coop.IRI(fmt.Sprintf("https://%d.example/actor", i))
			f := coop.Follower{Coop: a.Coop, Actor: id, Follow: id + "/follow", Box: id + "/inbox", Since: time.Now()}
			if err := a.DB.AcceptFollow(t.Context(), f, coop.Seen{}, coop.Outgoing{}); err != nil {
				t.Fatal(err)
			}
		}
		asked := func() int {
			return len(n.Exchanges(func(e fedtest.Exchange) bool { return e.Path == "/.well-known/nodeinfo" }))
		}
		time.Sleep(4 * time.Second)
		if got := asked(); got < 20 || got > 40 {
			t.Errorf("after two seconds of asking: %d", got)
		}
		time.Sleep(10 * time.Second)
		if got := asked(); got != 100 {
			t.Errorf("in the end: %d", got)
		}
		time.Sleep(23 * time.Hour)
		if got := asked(); got != 100 {
			t.Errorf("within a day: %d", got)
		}
	}, fedtest.Calm())
}

// hostile are NodeInfos by which a host might harm us. p is the host, other a
// bystander.
func hostile() map[string]func(p, other *fedtest.Peer) {
	const index = "/.well-known/nodeinfo"
	link := func(href string) fedtest.Document {
		return fedtest.Document{"links": []fedtest.Document{{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": href}}}
	}
	discourse := fedtest.Document{"software": fedtest.Document{"name": "discourse", "version": "1"}}
	return map[string]func(p, other *fedtest.Peer){
		"hangs": func(p, _ *fedtest.Peer) {
			p.Route(index, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		},
		"hangs later": func(p, _ *fedtest.Peer) {
			p.Serve(index, "application/json", link("https://peer.example/nodeinfo/2.0"))
			p.Route("/nodeinfo/2.0", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		},
		"is another's": func(p, other *fedtest.Peer) {
			other.Serve("/nodeinfo/2.0", "application/json", discourse)
			p.Serve(index, "application/json", link("https://other.example/nodeinfo/2.0"))
		},
		"is on another port": func(p, _ *fedtest.Peer) {
			p.Serve(index, "application/json", link("https://peer.example:8443/nodeinfo"))
		},
		"is no https": func(p, _ *fedtest.Peer) { p.Serve(index, "application/json", link("http://peer.example/nodeinfo")) },
		"is data": func(p, _ *fedtest.Peer) {
			p.Serve(index, "application/json", link(`data:application/json,{"software":{"name":"discourse"}}`))
		},
		"is private":   func(p, _ *fedtest.Peer) { p.Serve(index, "application/json", link("https://127.0.0.1/nodeinfo")) },
		"leads to us":  func(p, _ *fedtest.Peer) { p.Redirect(index, "https://a.example/.well-known/nodeinfo") },
		"leads inside": func(p, _ *fedtest.Peer) { p.Redirect(index, "https://169.254.169.254/latest/meta-data") },
		"leads round":  func(p, _ *fedtest.Peer) { p.Redirect(index, "https://peer.example"+index) },
		"has no end": func(p, _ *fedtest.Peer) {
			p.Serve(index, "application/json", fedtest.Document{"links": string(bytes.Repeat([]byte("x"), 2<<20))})
		},
		"is too large": func(p, _ *fedtest.Peer) {
			p.Runs("discourse", "1")
			p.Serve("/nodeinfo/2.1", "application/json", fedtest.Document{"software": discourse["software"], "metadata": string(bytes.Repeat([]byte("x"), 100<<10))})
		},
		"leads elsewhere": func(p, other *fedtest.Peer) {
			p.Runs("discourse", "1")
			other.Serve("/nodeinfo/2.1", "application/json", discourse)
			p.Redirect("/nodeinfo/2.1", "https://other.example/nodeinfo/2.1")
		},
		"is no list":            func(p, _ *fedtest.Peer) { p.Serve(index, "application/json", fedtest.Document{"links": "x"}) },
		"has no links":          func(p, _ *fedtest.Peer) { p.Serve(index, "application/json", fedtest.Document{"links": []string{}}) },
		"names no software":     func(p, _ *fedtest.Peer) { p.Runs("", "1") },
		"names what is no name": func(p, _ *fedtest.Peer) { p.Runs("<b>discourse</b>", "1") },
	}
}

// docs/security.md F11; CVE-2026-62857. A NodeInfo that hangs, lies, leads elsewhere
// or has no end costs the time of a question a day, and the follower gets its posts.
func TestNodeInfoThatIsHostileCostsARow(t *testing.T) {
	t.Parallel()
	for name, spoil := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, peer, other := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("other.example")
				peer.Boxes("/users/1/inbox")
				spoil(peer, other)
				peer.Follows(a, a.Actor())
				at := time.Now()
				time.Sleep(5 * time.Second)
				a.Publish(fedtest.Report("For all")) // while it hangs
				time.Sleep(20 * time.Second)
				if got := peer.At("Create"); !slices.Equal(got, []string{"/shared"}) {
					t.Errorf("the post came to %v", got)
				}
				s, err := a.DB.Server(t.Context(), peer.Host)
				if err != nil || s.Software != "" || s.Version != "" || s.Again.Sub(at) < 23*time.Hour || s.Again.Sub(at) > 25*time.Hour {
					t.Errorf("got %+v, %v", s, err)
				}
				if name != "leads elsewhere" { // a redirect may be followed; what it leads to is not believed
					stays(t, n, peer.Host)
				}
				asked := len(n.Asked(peer.Host))
				if asked == 0 || asked > 4 {
					t.Errorf("asked %d times", asked)
				}
				time.Sleep(22 * time.Hour)
				if got := len(n.Asked(peer.Host)); got != asked {
					t.Errorf("asked %d times more within a day", got-asked)
				}
				n.Quiet()
			}, fedtest.Calm())
		})
	}
}

// Whoever signs lives: it is said once for each activity that is proven, whatever
// becomes of it, and for none that is not.
func TestWhoSignsIsHeard(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, forger := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("forger.example")
		var heard []string
		a.Fed.Heard = func(host string) { heard = append(heard, host) }
		follow := peer.Activity("Follow", a.Actor())
		forged := peer.Letter(a.Site.SharedInbox(), peer.Activity("Like", a.Actor()))
		forged.Key = forger.Key
		for k, step := range []struct {
			send func() int
			want string
		}{
			{func() int { return peer.Send(a.Site.SharedInbox(), follow) }, "peer"},
			{func() int { return peer.Send(a.Site.SharedInbox(), follow) }, "peer"}, // a copy
			{func() int {
				return peer.Send(a.Site.SharedInbox(), peer.Activity("Like", "https://peer.example/notes/1"))
			}, "peer"}, // ignored
			{func() int { return peer.Post(forged) }, ""},
			{func() int { return forger.Send(a.Site.SharedInbox(), follow) }, "forger"}, // which it may pass on, and is not believed,
			{func() int { return peer.Send(a.Site.SharedInbox(), peer.Activity("Delete", peer.ID)) }, "peer"},
		} {
			heard = nil
			step.send()
			n.Quiet()
			if got := strings.TrimSuffix(strings.Join(heard, " "), ".example"); got != step.want {
				t.Errorf("step %d: heard %v", k, heard)
			}
		}
		a.Fed.Heard = nil // may be nil
		if got := forger.Send(a.Site.SharedInbox(), forger.Activity("Follow", coop.IRI("https://a.example/nobody"))); got/100 == 5 {
			t.Errorf("got %d", got)
		}
	}, fedtest.Calm())
}
