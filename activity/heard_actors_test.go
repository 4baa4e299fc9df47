// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import "plenum/coop"

// heardActors is how actors present themselves: with keys under many kinds of ids,
// of which Hubzilla's is the actor's own, with names before and after a move, with
// Multikeys (FEP-521a).
var heardActors = map[string]coop.Actor{
	"bookwyrm/actor.json": {ID: "https://books.example/user/bea", Type: "Person", Inbox: "https://books.example/user/bea/inbox", SharedInbox: "https://books.example/inbox",
		Username: "bea", Name: "Bea", Outbox: "https://books.example/user/bea/outbox", Followers: "https://books.example/user/bea/followers",
		Keys: sampleKey("https://books.example/user/bea/#main-key")},
	"friendica/actor.json": {ID: "https://friendica.example/profile/hanna", Type: "Person", Inbox: "https://friendica.example/inbox/hanna", SharedInbox: "https://friendica.example/inbox",
		Username: "hanna", Name: "Hanna", URL: "https://friendica.example/profile/hanna", Outbox: "https://friendica.example/outbox/hanna",
		Followers: "https://friendica.example/followers/hanna", Keys: sampleKey("https://friendica.example/profile/hanna#main-key")},
	"ghost/actor.json": {ID: "https://ghost.example/.ghost/activitypub/users/index", Type: "Person", Inbox: "https://ghost.example/.ghost/activitypub/inbox/index",
		SharedInbox: "https://ghost.example/.ghost/activitypub/inbox", Username: "index", Name: "Index", URL: "https://ghost.example/",
		Outbox: "https://ghost.example/.ghost/activitypub/outbox/index", Followers: "https://ghost.example/.ghost/activitypub/followers/index",
		Keys: sampleKey("https://ghost.example/.ghost/activitypub/users/index#main-key")},
	"hollo/actor.json": {ID: "https://hollo.example/@hans", Type: "Person", Inbox: "https://hollo.example/@hans/inbox", SharedInbox: "https://hollo.example/inbox",
		Username: "hans", Name: "Hans", URL: "https://hollo.example/@hans", Outbox: "https://hollo.example/@hans/outbox", Followers: "https://hollo.example/@hans/followers",
		AlsoKnownAs: []coop.IRI{"https://old.example/users/hans"},
		Keys: append(sampleKey("https://hollo.example/@hans#main-key"), coop.Key{
			ID: "https://hollo.example/@hans#multikey-2", Assertion: true,
			PEM: "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEABwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY=\n-----END PUBLIC KEY-----\n"})},
	"hubzilla/actor.json": {ID: "https://hubzilla.example/channel/hugo", Type: "Person", Inbox: "https://hubzilla.example/inbox/hugo", SharedInbox: "https://hubzilla.example/inbox",
		Username: "hugo", Name: "Hugo", URL: "https://hubzilla.example/channel/hugo", Outbox: "https://hubzilla.example/outbox/hugo",
		Followers: "https://hubzilla.example/followers/hugo", AlsoKnownAs: []coop.IRI{"https://clone.example/channel/hugo"},
		Keys: sampleKey("https://hubzilla.example/channel/hugo")},
	"lemmy/actor_person.json": {ID: "https://lemmy.example/u/frank", Type: "Person", Inbox: "https://lemmy.example/u/frank/inbox", SharedInbox: "https://lemmy.example/inbox",
		Username: "frank", Name: "Frank", Outbox: "https://lemmy.example/u/frank/outbox", Keys: sampleKey("https://lemmy.example/u/frank#main-key")},
	"mastodon/actor_moved.json":   nora("https://other.example/users/nora"),
	"mastodon/actor_numeric.json": nora(""),
	"misskey/actor.json": {ID: "https://misskey.example/users/9abc", Type: "Person", Inbox: "https://misskey.example/users/9abc/inbox", SharedInbox: "https://misskey.example/inbox",
		Username: "kaoru", Name: "かおる :blobcat:", URL: "https://misskey.example/@kaoru", Outbox: "https://misskey.example/users/9abc/outbox",
		Followers: "https://misskey.example/users/9abc/followers", Keys: sampleKey("https://misskey.example/users/9abc#main-key")},
	"nodebb/actor.json": {ID: "https://nodebb.example/uid/7", Type: "Person", Inbox: "https://nodebb.example/uid/7/inbox", SharedInbox: "https://nodebb.example/inbox",
		Username: "nina", Name: "Nina", URL: "https://nodebb.example/user/nina", Outbox: "https://nodebb.example/uid/7/outbox",
		Followers: "https://nodebb.example/uid/7/followers", Keys: sampleKey("https://nodebb.example/uid/7#key")},
	"piefed/actor.json": {ID: "https://piefed.example/u/pia", Type: "Person", Inbox: "https://piefed.example/u/pia/inbox", SharedInbox: "https://piefed.example/inbox",
		Username: "pia", Name: "Pia", URL: "https://piefed.example/u/pia", Outbox: "https://piefed.example/u/pia/outbox", Keys: sampleKey("https://piefed.example/u/pia#main-key")},
	"pixelfed/actor.json": {ID: "https://pixel.example/users/paul", Type: "Person", Inbox: "https://pixel.example/users/paul/inbox", SharedInbox: "https://pixel.example/f/inbox",
		Username: "paul", Name: "Paul", URL: "https://pixel.example/paul", Outbox: "https://pixel.example/users/paul/outbox",
		Followers: "https://pixel.example/users/paul/followers", Keys: sampleKey("https://pixel.example/users/paul#main-key")},
}

func sampleKey(id coop.IRI) []coop.Key { return []coop.Key{{ID: id, PEM: samplePEM}} }

// nora has the numeric id that Mastodon gives to accounts since 4.5.
func nora(movedTo coop.IRI) coop.Actor {
	const id = "https://social.example/ap/users/115601234567890123"
	return coop.Actor{
		ID: id, Type: "Person", Inbox: id + "/inbox", SharedInbox: "https://social.example/inbox", Username: "nora", Name: "Nora", URL: "https://social.example/@nora",
		Outbox: id + "/outbox", Followers: id + "/followers", AlsoKnownAs: []coop.IRI{"https://old.example/users/nora"}, MovedTo: movedTo, Keys: sampleKey(id + "#main-key"),
	}
}
