// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// rules decides about targets on an instance.
func rules(t *testing.T, i *fedtest.Instance, level coop.RuleLevel, targets ...string) {
	t.Helper()
	for _, target := range targets {
		err := i.Fed.SetRule(t.Context(), coop.Rule{Target: target, Level: level}, coop.Decision{By: "test", What: "rule", Why: "it is a test"})
		if err != nil {
			t.Fatalf("%s %s: %v", level, target, err)
		}
	}
}

// docs/security.md T09; CVE-2026-23961: nothing that a refused actor sends brings it
// back, and nothing is asked of it or sent to it.
func TestRefusedHostIsNeitherHeardNorAskedNorToldAnything(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"bad.example", "https://bad.example/actor"} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, bad, good := n.Instance("a.example"), n.Peer("bad.example"), n.Peer("good.example")
				inbox := a.Site.SharedInbox()
				for _, p := range []*fedtest.Peer{bad, good} {
					p.Befriends(a)
					p.Follows(a, a.Actor())
					wants(t, "Create", p.Send(inbox, said(p, "Create", p.Note("by "+p.Host))), http.StatusAccepted)
				}
				_, post := a.Publish(fedtest.Report("Before"))
				n.Quiet()
				wants(t, "a reply", bad.Send(inbox, said(bad, "Create", change(bad.Note("a reply"), "inReplyTo", post))), http.StatusAccepted)
				rules(t, a, coop.RuleRefuse, target)
				if got := a.Followers(a.Coop); len(got) != 1 || got[good.ID] == "" {
					t.Errorf("followers: %v", got)
				}
				if got := a.FollowState(bad.ID); got != "" || a.FollowState(good.ID) == "" {
					t.Errorf("still follows: %q", got)
				}
				if got := a.Names(); got != "by good.example" {
					t.Errorf("kept %q", got)
				}
				if got, err := a.DB.Comments(t.Context(), coop.CommentQuery{}); err != nil || len(got) != 0 {
					t.Errorf("comments: %v (%v)", got, err)
				}
				before := len(n.Exchanges(nil))
				for _, doc := range []fedtest.Document{
					said(bad, "Update", bad.Document()), said(bad, "Follow", a.Actor()), said(bad, "Create", bad.Note("again")), said(bad, "Like", post), said(bad, "Delete", bad.ID),
				} {
					wants(t, doc["type"].(string), bad.Send(inbox, doc), http.StatusForbidden)
				}
				a.Publish(fedtest.Report("After"))
				if _, _, err := a.Fed.Follow(t.Context(), coop.Principal{Coop: a.Coop}, string(bad.ID)); coop.CodeOf(err) != coop.Forbidden {
					t.Errorf("following it: %v", err)
				}
				good.Send(inbox, said(good, "Announce", bad.Note("passed on")["id"]))
				n.Quiet()
				for _, e := range n.Exchanges(nil)[before:] {
					if e.To == bad.Host && (target == bad.Host || !strings.HasPrefix(e.Path, "/notes/")) { // whose a note is stands in it
						t.Errorf("%s %s was asked for, or sent", e.Method, e.Path)
					}
				}
				if got := bad.Got("Create"); len(got) != 1 {
					t.Errorf("it was sent %d posts, want the one before", len(got))
				}
				if got := a.Names(); got != "by good.example" {
					t.Errorf("kept %q", got)
				}
				if len(good.Got("Create")) != 2 {
					t.Errorf("others were sent %d posts", len(good.Got("Create")))
				}
				a.Stop()
				a.Start()
				wants(t, "after a restart", bad.Send(inbox, said(bad, "Follow", a.Actor())), http.StatusForbidden)
				if err := a.Fed.DropRule(t.Context(), target, coop.Decision{By: "test"}); err != nil {
					t.Fatal(err)
				}
				wants(t, "when it is taken back", bad.Send(inbox, said(bad, "Follow", a.Actor())), http.StatusAccepted)
			}, fedtest.Calm())
		})
	}
}

// A refusal covers all names below a domain, and one of an actor only that one.
func TestRefusalCoversWhatItSays(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("social.example")
		below, other := peer.Elsewhere("x.y.social.example"), peer.Elsewhere("antisocial.example")
		neighbour := peer.Another("/neighbour")
		inbox := a.Site.SharedInbox()
		status := func(p *fedtest.Peer) int { return p.Send(inbox, said(p, "Follow", a.Actor())) }
		rules(t, a, coop.RuleRefuse, string(neighbour.ID))
		wants(t, "the actor", status(neighbour), http.StatusForbidden)
		wants(t, "its neighbour", status(peer), http.StatusAccepted)
		rules(t, a, coop.RuleRefuse, "Social.Example.")
		wants(t, "the domain", status(peer), http.StatusForbidden)
		wants(t, "a name below", status(below), http.StatusForbidden)
		wants(t, "a name that ends like it", status(other), http.StatusAccepted)
		rules(t, a, coop.RuleAllow, "x.y.social.example", string(peer.ID))
		wants(t, "what is allowed below a refusal", status(below), http.StatusForbidden)
		wants(t, "an actor that is allowed", status(peer), http.StatusForbidden)
		for id, want := range map[coop.IRI]bool{
			"https://social.example:8443/u": true, "https://social.example./u": true, "https://SOCIAL.example/u": true, "https://social.example/actor#main-key": true,
			"https://social.example.org/u": false, a.Actor(): false, "": false,
		} {
			if got := a.Fed.RefusesActor(id); got != want {
				t.Errorf("%s: refused %v", id, got)
			}
		}
	}, fedtest.Calm())
}

// Who passes something on is refused as who says it, and what a friend passes on of
// somebody refused is.
func TestRefusalCannotBeGoneAround(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, bad, good := n.Instance("a.example"), n.Peer("bad.example"), n.Peer("good.example")
		bad.ServeMultikey()
		good.ServeMultikey()
		good.Befriends(a)
		rules(t, a, coop.RuleRefuse, "bad.example")
		before := len(n.Exchanges(nil))
		inbox := a.Site.SharedInbox()
		wants(t, "with a proof, by a friend", good.Send(inbox, bad.Prove(said(bad, "Follow", a.Actor()))), http.StatusForbidden)
		wants(t, "of a friend, by him", bad.Send(inbox, good.Prove(said(good, "Create", good.Note("x")))), http.StatusForbidden)
		good.Redirect("/to-bad", "https://bad.example/actor")
		good.Send(inbox, said(good, "Announce", "https://good.example/to-bad"))
		good.Redirect("/.well-known/webfinger", "https://bad.example/.well-known/webfinger")
		_, _, _ = a.Fed.Follow(t.Context(), coop.Principal{Coop: a.Coop}, "@somebody@good.example")
		_, _, _ = a.Fed.Follow(t.Context(), coop.Principal{Coop: a.Coop}, "@somebody@bad.example")
		n.Quiet()
		for _, e := range n.Exchanges(nil)[before:] {
			if e.To == "bad.example" {
				t.Errorf("%s %s was asked for", e.Method, e.Path)
			}
		}
	}, fedtest.Calm())
}

// Only those are let in who are named.
func TestAllowListLetsInWhoIsNamed(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, friend, stranger := n.Instance("a.example"), n.Peer("friend.example"), n.Peer("stranger.example")
		one := stranger.Another("/one")
		a.Fed.AllowList = true
		inbox := a.Site.SharedInbox()
		status := func(p *fedtest.Peer) int { return p.Send(inbox, said(p, "Follow", a.Actor())) }
		wants(t, "before anybody is named", status(friend), http.StatusForbidden)
		rules(t, a, coop.RuleAllow, "friend.example", string(one.ID))
		if a.Fed.Refuses("friend.example") || a.Fed.Refuses("below.friend.example") || a.Fed.Refuses(stranger.Host) || !a.Fed.Refuses("other.example") {
			t.Error("the wrong hosts are refused")
		}
		wants(t, "a domain that is named", status(friend), http.StatusAccepted)
		wants(t, "an actor that is named", status(one), http.StatusAccepted)
		wants(t, "another one there", status(stranger), http.StatusForbidden)
		n.Quiet()
		if err := a.Fed.DropRule(t.Context(), string(one.ID), coop.Decision{By: "test"}); err != nil {
			t.Fatal(err)
		}
		if !a.Fed.Refuses(stranger.Host) {
			t.Error("its host is let in although nobody there is any more")
		}
		a.Publish(fedtest.Report("For those who are named"))
		n.Quiet()
		if got := len(one.Got("Create")) + len(stranger.Got("Create")); got != 0 {
			t.Errorf("who is not named any more was sent %d posts", got)
		}
		if got := len(friend.Got("Create")); got != 1 {
			t.Errorf("who is named was sent %d posts", got)
		}
		rules(t, a, coop.RuleRefuse, "friend.example")
		wants(t, "who was named and is refused", status(friend), http.StatusForbidden)
	}, fedtest.Calm())
}

// What came in before the refusal was there cannot leave anything behind it.
func TestRequestUnderWayLeavesNothingOfWhoIsRefusedMeanwhile(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, bad := n.Instance("a.example"), n.Peer("bad.example")
		_, post := a.Publish(fedtest.Report("Liked"))
		n.Slow(bad.Host, 5*time.Second) // its document is waited for
		done := make(chan int)
		go func() { done <- bad.Send(a.Site.SharedInbox(), said(bad, "Like", post)) }()
		time.Sleep(2 * time.Second)
		rules(t, a, coop.RuleRefuse, "bad.example")
		if status := <-done; status != http.StatusForbidden { // it was refused before it was known
			t.Errorf("got %d", status)
		}
		n.Quiet()
		ref, _ := a.Site.Parse(post)
		if got, err := a.DB.Tally(t.Context(), ref.ID); err != nil || got.Likes != 0 {
			t.Errorf("got %+v (%v)", got, err)
		}
		if got, err := a.DB.Actor(t.Context(), bad.ID); err == nil {
			t.Errorf("got %+v", got)
		}
	}, fedtest.Calm())
}

// What is left where a sweep was interrupted, or after a list was read, goes without
// anybody asking.
func TestListOfTheRefusedIsSweptInTheBackground(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, bad, good := n.Instance("a.example"), n.Peer("bad.example"), n.Peer("good.example")
		bad.Follows(a, a.Actor())
		good.Follows(a, a.Actor())
		got, err := a.Fed.ImportRules(t.Context(), strings.NewReader("#domain,#severity\nbad.example,suspend\n"), coop.Decision{By: "test", What: "block import"})
		if err != nil || got.Added != 1 || len(got.Skipped) != 0 {
			t.Fatalf("got %+v (%v)", got, err)
		}
		wants(t, "at once", bad.Send(a.Site.SharedInbox(), said(bad, "Follow", a.Actor())), http.StatusForbidden)
		n.Settle()
		if got := a.Followers(a.Coop); len(got) != 1 || got[good.ID] == "" {
			t.Errorf("got %v", got)
		}
		list, err := a.Fed.RuleList(t.Context())
		if err != nil || len(list) != 1 || list[0].Swept.IsZero() || list[0].By != "test" {
			t.Errorf("got %+v (%v)", list, err)
		}
	}, fedtest.Calm())
}

// docs/security.md X14: a list that is written is read again as it was, and a
// program for tables computes nothing of what strangers wrote into one.
func TestListIsWrittenAsItIsRead(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b := n.Instance("a.example"), n.Instance("b.example")
		const list = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n" +
			"bad.example,suspend,true,true,'=HYPERLINK(1),false\n" +
			"loud.example,silence,false,false,\"loud, and \"\"odd\"\"\",false\n" +
			"xn--bcher-kva.example,suspend,true,true,'@x,false\n"
		by := coop.Decision{By: "test"}
		if got, err := a.Fed.ImportRules(t.Context(), strings.NewReader(list), by); err != nil || got.Added != 3 {
			t.Fatalf("got %+v (%v)", got, err)
		}
		rules(t, a, coop.RuleRefuse, "https://social.example/users/x") // lists have no place for these two
		rules(t, a, coop.RuleAllow, "friend.example")
		if stored, err := a.Fed.RuleList(t.Context()); err != nil || len(stored) != 5 || stored[0].Public != "=HYPERLINK(1)" {
			t.Errorf("got %+v (%v)", stored, err)
		}
		var out strings.Builder
		if err := a.Fed.ExportRules(t.Context(), &out); err != nil || out.String() != list {
			t.Errorf("got %v\n%s", err, out.String())
		}
		rules(t, b, coop.RuleSilence, "bad.example")
		if got, err := b.Fed.ImportRules(t.Context(), strings.NewReader(out.String()), by); err != nil || got.Added != 2 || got.Known != 1 {
			t.Errorf("got %+v (%v)", got, err)
		}
		if b.Fed.Refuses("bad.example") || !b.Fed.Silences("https://bad.example/u") || !b.Fed.Silences("https://x.loud.example/u") || b.Fed.Silences("https://friend.example/u") {
			t.Error("the list changed what was decided here, or silences the wrong ones")
		}
	}, fedtest.Calm())
}

// Who moderates has the address that the browser shows, or a handle. A rule about
// the one would be about nobody, and a rule about the other about whomever a hostile
// server names.
func TestRuleIsAboutTheAccountThatIsMeant(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, troll, good, gone := n.Instance("a.example"), n.Peer("social.example"), n.Peer("good.example"), n.Peer("gone.example")
		finger := func(p *fedtest.Peer, id coop.IRI) {
			p.Serve("/.well-known/webfinger", "application/jrd+json", fedtest.Document{"subject": "acct:troll@" + p.Host, "links": []any{
				fedtest.Document{"rel": "self", "type": "application/activity+json", "href": id}}})
		}
		finger(troll, troll.ID)
		finger(good, troll.ID) // or so it says
		n.Down("gone.example", true)
		for text, want := range map[string]string{
			string(troll.ID): string(troll.ID), "https://social.example/@troll": string(troll.ID), "@troll@social.example": string(troll.ID),
			"https://gone.example/@troll": "https://gone.example/@troll", string(gone.ID): string(gone.ID), "social.example": "social.example",
		} {
			if got, err := a.Fed.RuleTarget(t.Context(), text); err != nil || got != want {
				t.Errorf("%s: got %q (%v) want %q", text, got, err, want)
			}
		}
		for _, text := range []string{"@troll@good.example", "https://good.example/@troll"} {
			if got, err := a.Fed.RuleTarget(t.Context(), text); coop.CodeOf(err) != coop.Invalid || !strings.Contains(err.Error(), string(troll.ID)) {
				t.Errorf("%s: got %q (%v), but its server speaks of another", text, got, err)
			}
		}
		troll.Status("/.well-known/webfinger", http.StatusNotFound)
		if got, err := a.Fed.RuleTarget(t.Context(), "https://social.example/@troll/1"); coop.CodeOf(err) != coop.Invalid {
			t.Errorf("a rule about a note: got %q (%v)", got, err)
		}
		rules(t, a, coop.RuleRefuse, string(troll.ID)) // of who is refused nobody is asked
		before := len(n.Exchanges(nil))
		if got, err := a.Fed.RuleTarget(t.Context(), string(troll.ID)); err != nil || got != string(troll.ID) || len(n.Exchanges(nil)) != before {
			t.Errorf("got %q (%v) after %d requests", got, err, len(n.Exchanges(nil))-before)
		}
		rules(t, a, coop.RuleRefuse, "good.example")
		if got, err := a.Fed.RuleTarget(t.Context(), "@troll@good.example"); coop.CodeOf(err) != coop.Invalid || !strings.Contains(err.Error(), "nothing is asked of good.example") {
			t.Errorf("got %q (%v)", got, err)
		}
	}, fedtest.Calm())
}

// A rule names an actor without the fragment that some ids have; it is about that
// actor all the same.
func TestRuleIsAboutAnActorWhoseIDHasAFragment(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, host := n.Instance("a.example"), n.Peer("peer.example")
		policy(t, a, coop.CommentsOpen)
		_, post := a.Publish(fedtest.Report("A report"))
		inbox := a.Site.SharedInbox()
		me := host.Another("/home")
		plain := me.ID
		me.ID, me.KeyID = me.ID+"#me", me.ID+"#main-key"
		host.Serve("/home", ld, me.Document())
		note := func(html string) fedtest.Document { return change(reply(host, post, html), "attributedTo", me.ID) }
		first := note("<p>first</p>")
		wants(t, "Create", me.Send(inbox, said(me, "Create", first)), http.StatusAccepted)
		if got := comments(t, a, post)[first["id"].(coop.IRI)]; got.State != coop.CommentShown {
			t.Fatalf("got %+v", got)
		}
		rule := func(l coop.RuleLevel) {
			t.Helper()
			if err := a.Fed.SetRule(t.Context(), coop.Rule{Target: string(me.ID), Level: l}, coop.Decision{By: "anna"}); err != nil {
				t.Fatal(err)
			}
		}
		rule(coop.RuleSilence)
		second := note("<p>second</p>")
		wants(t, "Create", me.Send(inbox, said(me, "Create", second)), http.StatusAccepted)
		if got := comments(t, a, post)[second["id"].(coop.IRI)]; got.State != coop.CommentHeld {
			t.Errorf("who is silenced is %q", got.State)
		}
		wants(t, "Create", host.Send(inbox, said(host, "Create", reply(host, post, "<p>of another</p>"))), http.StatusAccepted)
		rule(coop.RuleRefuse)
		for _, c := range comments(t, a, post) {
			if c.By == me.ID || c.By == plain {
				t.Errorf("of who is refused there is %+v", c)
			}
		}
		if got := len(comments(t, a, post)); got != 1 {
			t.Errorf("%d comments are left", got)
		}
	}, fedtest.Calm())
}
