// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"context"
	"time"

	"plenum/coop"
)

// Servers are the hosts of followers and what they say of themselves.
type Servers interface {
	Server(ctx context.Context, host string) (coop.Server, error)
	SaveServer(ctx context.Context, s coop.Server) error
	HostsToAsk(ctx context.Context, now time.Time, most int) ([]coop.IRI, error)
}

func serverTests() []test {
	return []test{
		{"followers on a Discourse are moved to their own inboxes, and back", softwareMovesFollowers},
		{"a follower who comes later, and a document read anew, know of it too", softwareIsRemembered},
		{"each host of followers is asked once, and again when it is time", hostsAreAskedOnce},
		{"a host that does not answer remains what it was, and is forgotten when nobody is left", silenceChangesNothing},
	}
}

const category = coop.IRI("https://forum.example/ap/actor/1")

func (f *fixture) server(host, software string) coop.Server {
	return coop.Server{Host: host, Software: software, Asked: f.now, Again: f.now.Add(time.Hour)}
}

// member is an actor with a shared inbox who follows komona.
func (f *fixture) member(id coop.IRI, shared coop.IRI) {
	f.Helper()
	a := f.actor(id)
	a.SharedInbox = shared
	f.ok(f.SaveActor(f.Context(), a))
	f.ok(f.AcceptFollow(f.Context(), f.follower("komona", id, shared), coop.Seen{}, coop.Outgoing{}))
}

func (f *fixture) inboxes() (list []coop.IRI) {
	f.Helper()
	boxes, err := f.Boxes(f.Context(), "komona")
	f.ok(err)
	for _, b := range boxes {
		list = append(list, b.Inbox)
	}
	return list
}

func softwareMovesFollowers(f *fixture) {
	ctx, shared := f.Context(), coop.IRI("https://forum.example/ap/users/inbox")
	other := coop.IRI("https://forum.example/ap/actor/2")
	f.member(category, shared)
	f.member(other, shared)
	f.member("https://forum.example.org/1", "https://forum.example.org/inbox") // the name only begins alike
	f.member(anna, abox)
	f.same(f.inboxes(), []coop.IRI{abox, "https://forum.example.org/inbox", shared})
	f.ok(f.SaveServer(ctx, f.server("a.example", "mastodon")))
	f.ok(f.SaveServer(ctx, f.server("forum.example", "discourse")))
	f.same(f.inboxes(), []coop.IRI{abox, "https://forum.example.org/inbox", category + "/inbox", other + "/inbox"})
	f.ok(f.SaveServer(ctx, f.server("forum.example", "mastodon")))
	f.same(f.inboxes(), []coop.IRI{abox, "https://forum.example.org/inbox", shared})
}

func softwareIsRemembered(f *fixture) {
	ctx, shared := f.Context(), coop.IRI("https://forum.example/ap/users/inbox")
	f.ok(f.SaveServer(ctx, f.server("forum.example", "discourse")))
	f.member(category, shared)
	f.same(f.inboxes(), []coop.IRI{category + "/inbox"})
	a := f.actor(category) // as it is read from its document
	a.SharedInbox, a.Inbox = shared, category+"/new"
	f.ok(f.SaveActor(ctx, a))
	f.same(f.inboxes(), []coop.IRI{category + "/new"})
	got, err := f.Actor(ctx, category)
	f.ok(err)
	f.same(got.Box(), category+"/new")
	f.prune(f.now.Add(31 * 24 * time.Hour)) // the row of the host goes
	f.ok(f.SaveActor(ctx, a))
	f.same(f.inboxes(), []coop.IRI{category + "/new"})
	f.ok(f.SaveServer(ctx, f.server("forum.example", "mastodon")))
	f.same(f.inboxes(), []coop.IRI{shared})
}

func hostsAreAskedOnce(f *fixture) {
	ctx := f.Context()
	ask := func(at time.Time, most int, want ...coop.IRI) {
		f.Helper()
		got, err := f.HostsToAsk(ctx, at, most)
		f.ok(err)
		f.same(got, want)
	}
	ask(f.now, 10)
	for _, id := range []coop.IRI{
		"https://a.example/1", "https://a.example/2", "https://a.example.org/1", "https://a.example:8443/1", "https://b.example", "https://b.example?x",
		"https://x.example/ap/kollektiv", // our own
	} {
		f.ok(f.AskFollow(ctx, f.follower("komona", id, abox), coop.Seen{}))
	}
	ask(f.now, 10, "https://a.example.org", "https://a.example", "https://a.example:8443", "https://b.example", "https://b.example")
	ask(f.now, 2, "https://a.example.org", "https://a.example")
	for _, host := range []string{"a.example", "a.example:8443", "b.example"} {
		f.ok(f.SaveServer(ctx, f.server(host, "")))
	}
	ask(f.now, 10, "https://a.example.org")
	ask(f.now.Add(-48*time.Hour), 2, "https://a.example.org", "https://a.example") // the clock was two days ahead
	ask(f.now.Add(time.Hour), 2, "https://a.example.org", "https://a.example")
}

func silenceChangesNothing(f *fixture) {
	ctx := f.Context()
	_, err := f.Server(ctx, "forum.example")
	f.fails(err, coop.NotFound)
	f.ok(f.SaveServer(ctx, coop.Server{Host: "forum.example", Software: "discourse", Version: "3.5", Asked: f.now, Again: f.now}))
	silent := f.server("forum.example", "")
	silent.Asked = f.now.Add(time.Hour)
	f.ok(f.SaveServer(ctx, silent))
	got, err := f.Server(ctx, "forum.example")
	f.ok(err)
	silent.Software, silent.Version = "discourse", "3.5"
	f.same(got, silent)
	f.prune(f.now.Add(29 * 24 * time.Hour))
	_, err = f.Server(ctx, "forum.example")
	f.ok(err)
	f.prune(f.now.Add(31 * 24 * time.Hour))
	_, err = f.Server(ctx, "forum.example")
	f.fails(err, coop.NotFound)
}
