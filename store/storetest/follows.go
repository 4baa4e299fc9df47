// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"time"

	"plenum/coop"
)

func followTests() []test {
	return []test{
		{"an accepted follower is stored with the Accept", followIsAccepted},
		{"an activity that was seen changes nothing", seenChangesNothing},
		{"a second Follow does not undo the first", secondFollowTakesNothing},
		{"followers are listed in pages", followersArePaged},
		{"boxes are distinct and of accepted followers alone", boxesAreDistinct},
		{"nobody makes us follow by accepting what we never asked", unaskedAcceptIsRefused},
		{"a follow of ours is asked, accepted and ended", followingIsSettled},
		{"a local follow has both its sides or none", localFollowHasBothSides},
		{"an actor is found by its id and its keys", actorIsFound},
		{"a key id belongs to the actor that it names", keyIsNotStolen},
		{"a forgotten actor takes its follows and what it sent along", actorIsForgotten},
	}
}

const (
	anna = coop.IRI("https://a.example/users/anna")
	bert = coop.IRI("https://b.example/users/bert")
	abox = coop.IRI("https://a.example/inbox")
	bbox = coop.IRI("https://b.example/inbox")
)

func followIsAccepted(f *fixture) {
	ctx := f.Context()
	who := f.follower("komona", anna, abox)
	who.State = ""
	out := f.out("Accept", "komona", "", false, anna+"/inbox")
	f.ok(f.AcceptFollow(ctx, who, f.seen(anna, "1"), out))
	got, err := f.Follower(ctx, "komona", anna)
	f.ok(err)
	who.State = coop.FollowAccepted
	f.same(got, who)
	d, err := f.Delivery(ctx, out.Deliveries[0].ID)
	f.ok(err)
	f.same(d.Host, "a.example")
	n, err := f.CountFollowers(ctx, "komona")
	f.ok(err)
	f.same(n, 1)
	at, err := f.SeenAt(ctx, f.seen(anna, "1"))
	f.ok(err)
	f.same(at.IsZero(), false)

	f.ok(f.EndFollow(ctx, "komona", anna, f.seen(anna, "2"), coop.Outgoing{}))
	f.ok(f.EndFollow(ctx, "komona", anna, f.seen(anna, "3"), coop.Outgoing{}))
	_, err = f.Follower(ctx, "komona", anna)
	f.fails(err, coop.NotFound)
	f.fails(f.AcceptFollow(ctx, f.follower("nobody", anna, abox), coop.Seen{}, coop.Outgoing{}), coop.NotFound)
}

func seenChangesNothing(f *fixture) {
	ctx := f.Context()
	seen := f.seen(anna, "1")
	f.ok(f.MarkSeen(ctx, seen))
	f.ok(f.MarkSeen(ctx, seen))
	out := f.out("Accept", "komona", "", false, abox)
	f.ok(f.AcceptFollow(ctx, f.follower("komona", anna, abox), seen, out))
	f.ok(f.AskFollow(ctx, f.follower("komona", anna, abox), seen))
	_, err := f.Follower(ctx, "komona", anna)
	f.fails(err, coop.NotFound)
	_, err = f.Document(ctx, out.Documents[0].ID)
	f.fails(err, coop.NotFound)
	// The same activity id from another actor is another activity.
	other := coop.Seen{Actor: bert, Activity: seen.Activity, At: f.now}
	at, err := f.SeenAt(ctx, other)
	f.ok(err)
	f.same(at.IsZero(), true)
	f.ok(f.AcceptFollow(ctx, f.follower("komona", bert, bbox), other, coop.Outgoing{}))
	f.ok(f.EndFollow(ctx, "komona", bert, other, coop.Outgoing{}))
	_, err = f.Follower(ctx, "komona", bert)
	f.ok(err)
	// Without a Seen nothing is held back: a Follow that is repeated is accepted again.
	f.ok(f.AcceptFollow(ctx, f.follower("komona", bert, bbox), coop.Seen{}, out))
	_, err = f.Document(ctx, out.Documents[0].ID)
	f.ok(err)
}

func secondFollowTakesNothing(f *fixture) {
	ctx := f.Context()
	first := f.follower("komona", anna, abox)
	f.ok(f.AskFollow(ctx, first, coop.Seen{}))
	got, err := f.Follower(ctx, "komona", anna)
	f.ok(err)
	f.same(got.State, coop.FollowAsked)
	f.ok(f.AcceptFollow(ctx, first, coop.Seen{}, coop.Outgoing{}))
	second := f.follower("komona", anna, anna+"/inbox")
	second.Follow, second.Since = anna+"/second", f.now.Add(time.Hour)
	f.ok(f.AskFollow(ctx, second, coop.Seen{}))
	got, err = f.Follower(ctx, "komona", anna)
	f.ok(err)
	second.Since = first.Since
	f.same(got, second)
	n, err := f.CountFollowers(ctx, "komona")
	f.ok(err)
	f.same(n, 1)
	boxes, err := f.Boxes(ctx, "komona")
	f.ok(err)
	f.same(boxes, []coop.Box{{Inbox: anna + "/inbox", Actors: []coop.IRI{anna}}})
}

func followersArePaged(f *fixture) {
	ctx := f.Context()
	f.ok(f.AcceptFollow(ctx, f.follower("komona", anna, abox), coop.Seen{}, coop.Outgoing{}))
	f.ok(f.AcceptFollow(ctx, f.follower("komona", anna+"/x", abox), coop.Seen{}, coop.Outgoing{}))
	f.ok(f.AskFollow(ctx, f.follower("komona", bert, bbox), coop.Seen{}))
	f.ok(f.AcceptFollow(ctx, f.follower("kollektiv", anna, abox), coop.Seen{}, coop.Outgoing{}))
	list := func(q coop.FollowerQuery, want ...coop.IRI) {
		f.Helper()
		got, err := f.Followers(ctx, q)
		f.ok(err)
		var ids []coop.IRI
		for _, w := range got {
			ids = append(ids, w.Actor)
		}
		f.same(ids, want)
	}
	list(coop.FollowerQuery{Coop: "komona"}, anna, anna+"/x", bert)
	list(coop.FollowerQuery{Coop: "komona", State: coop.FollowAsked}, bert)
	list(coop.FollowerQuery{Coop: "komona", Limit: 1}, anna)
	list(coop.FollowerQuery{Coop: "komona", After: anna, Limit: 1}, anna+"/x")
	list(coop.FollowerQuery{Coop: "komona", After: bert})
	list(coop.FollowerQuery{}, anna, anna, anna+"/x", bert)
	list(coop.FollowerQuery{Limit: 1}, anna, anna)
	list(coop.FollowerQuery{After: anna, State: coop.FollowAccepted}, anna+"/x")
}

func boxesAreDistinct(f *fixture) {
	ctx := f.Context()
	for _, w := range []coop.Follower{
		f.follower("komona", anna, abox), f.follower("komona", anna+"2", abox), f.follower(coop.Relay, anna, abox),
		f.follower("komona", bert, bbox), f.follower("kollektiv", bert, bbox),
	} {
		f.ok(f.AcceptFollow(ctx, w, coop.Seen{}, coop.Outgoing{}))
	}
	f.ok(f.AskFollow(ctx, f.follower("komona", "https://c.example/u", "https://c.example/inbox"), coop.Seen{}))
	got, err := f.Boxes(ctx, "komona", coop.Relay)
	f.ok(err)
	f.same(got, []coop.Box{{Inbox: abox, Actors: []coop.IRI{anna, anna + "2"}}, {Inbox: bbox, Actors: []coop.IRI{bert}}})
	f.ok(f.EndFollow(ctx, "komona", bert, coop.Seen{}, coop.Outgoing{}))
	got, err = f.Boxes(ctx, "komona")
	f.ok(err)
	f.same(got, []coop.Box{{Inbox: abox, Actors: []coop.IRI{anna, anna + "2"}}})
	got, err = f.Boxes(ctx)
	f.ok(err)
	f.same(got, []coop.Box{})
}

func unaskedAcceptIsRefused(f *fixture) {
	ctx := f.Context()
	f.fails(f.SettleFollow(ctx, "komona", anna, coop.FollowAccepted, f.seen(anna, "1")), coop.NotFound)
	names, err := f.FollowedBy(ctx, anna, coop.FollowAsked, coop.FollowAccepted)
	f.ok(err)
	f.same(names, []coop.Name{})
	f.fails(f.StopFollow(ctx, "komona", anna, coop.Outgoing{}), coop.NotFound)
}

func followingIsSettled(f *fixture) {
	ctx := f.Context()
	w := coop.Following{Coop: "komona", Actor: anna, Follow: f.id(), State: coop.FollowAsked, Since: f.now}
	out := f.out("Follow", "komona", "", false, anna+"/inbox")
	f.ok(f.StartFollow(ctx, w, out))
	names, err := f.FollowedBy(ctx, anna, coop.FollowAccepted)
	f.ok(err)
	f.same(names, []coop.Name{})
	names, err = f.FollowedBy(ctx, anna, coop.FollowAccepted, coop.FollowAsked)
	f.ok(err)
	f.same(names, []coop.Name{"komona"})
	f.ok(f.SettleFollow(ctx, "komona", anna, coop.FollowAccepted, f.seen(anna, "1")))
	f.ok(f.SettleFollow(ctx, "komona", anna, coop.FollowRejected, f.seen(anna, "1"))) // seen: no effect
	w.State = coop.FollowAccepted
	got, err := f.Following(ctx, "komona", anna)
	f.ok(err)
	f.same(got, w)
	other := coop.Following{Coop: "kollektiv", Actor: anna, Follow: f.id(), State: coop.FollowAccepted, Since: f.now}
	f.ok(f.StartFollow(ctx, other, coop.Outgoing{}))
	names, err = f.FollowedBy(ctx, anna, coop.FollowAccepted)
	f.ok(err)
	f.same(names, []coop.Name{"kollektiv", "komona"})
	list, err := f.Followings(ctx, "")
	f.ok(err)
	f.same(list, []coop.Following{other, w})
	f.ok(f.Keep(ctx, f.arrival(thing, anna, anna), coop.Seen{}))
	f.ok(f.Keep(ctx, f.arrival(thing+"2", bert, anna), coop.Seen{}))
	f.ok(f.Keep(ctx, f.arrival(thing+"3", bert, bert), coop.Seen{}))
	f.ok(f.StopFollow(ctx, "komona", anna, f.out("Undo", "komona", "", false, anna+"/inbox")))
	f.same(len(f.objects(time.Time{}, 10)), 3) // kollektiv follows still
	f.ok(f.SettleFollow(ctx, "kollektiv", anna, coop.FollowRejected, coop.Seen{}))
	f.same(f.objects(time.Time{}, 10), []coop.IRI{thing + "3"})
	f.ok(f.Keep(ctx, f.arrival(thing, anna, anna), coop.Seen{}))
	f.ok(f.StopFollow(ctx, "kollektiv", anna, coop.Outgoing{}))
	f.same(f.objects(time.Time{}, 10), []coop.IRI{thing + "3"})
	list, err = f.Followings(ctx, "komona")
	f.ok(err)
	f.same(list, []coop.Following{})
	_, err = f.Following(ctx, "komona", anna)
	f.fails(err, coop.NotFound)
}

func localFollowHasBothSides(f *fixture) {
	ctx := f.Context()
	w := coop.Following{Coop: "komona", Actor: "https://x.example/ap/coops/kollektiv", Follow: f.id(), State: coop.FollowAccepted, Since: f.now}
	back := f.follower("nobody", "https://x.example/ap/coops/komona", "https://x.example/ap/inbox")
	f.fails(f.LocalFollow(ctx, w, back, coop.Outgoing{}), coop.NotFound)
	_, err := f.Following(ctx, "komona", w.Actor)
	f.fails(err, coop.NotFound)
	back.Coop = "kollektiv"
	f.ok(f.LocalFollow(ctx, w, back, f.out("Follow", "komona", "", false)))
	_, err = f.Following(ctx, "komona", w.Actor)
	f.ok(err)
	_, err = f.Follower(ctx, "kollektiv", back.Actor)
	f.ok(err)
}

func (f *fixture) actor(id coop.IRI) coop.Actor {
	return coop.Actor{ID: id, Type: "Person", Inbox: id + "/inbox", Keys: []coop.Key{{ID: id + "#main-key", PEM: "pem"}}, Fetched: f.now, Policy: 1}
}

func actorIsFound(f *fixture) {
	ctx := f.Context()
	a := f.actor(anna)
	f.ok(f.SaveActor(ctx, a))
	a.Keys = append(a.Keys, coop.Key{ID: "https://a.example/keys/2", PEM: "pem2"})
	a.Name = "Anna"
	f.ok(f.SaveActor(ctx, a))
	got, err := f.Actor(ctx, anna)
	f.ok(err)
	f.same(got, a)
	for _, k := range a.Keys {
		got, err := f.ActorOfKey(ctx, k.ID)
		f.ok(err)
		f.same(got, a)
	}
	a.Keys = a.Keys[1:]
	f.ok(f.SaveActor(ctx, a))
	_, err = f.ActorOfKey(ctx, anna+"#main-key")
	f.fails(err, coop.NotFound)
	_, err = f.Actor(ctx, bert)
	f.fails(err, coop.NotFound)
}

func keyIsNotStolen(f *fixture) {
	ctx := f.Context()
	thief := f.actor(bert)
	thief.Keys = append(thief.Keys, coop.Key{ID: anna + "#main-key", PEM: "theirs"})
	f.ok(f.SaveActor(ctx, thief))
	_, err := f.ActorOfKey(ctx, anna+"#main-key")
	f.fails(err, coop.NotFound)
	neighbour := f.actor("https://a.example/users/aaron") // before anna in any order
	neighbour.Keys = append(neighbour.Keys, coop.Key{ID: anna + "#main-key", PEM: "theirs"})
	f.ok(f.SaveActor(ctx, neighbour))
	f.ok(f.SaveActor(ctx, f.actor(anna)))
	f.ok(f.SaveActor(ctx, thief))
	got, err := f.ActorOfKey(ctx, anna+"#main-key")
	f.ok(err)
	f.same(got, f.actor(anna))
}

func actorIsForgotten(f *fixture) {
	ctx := f.Context()
	f.ok(f.SaveActor(ctx, f.actor(anna)))
	for _, n := range []coop.Name{"komona", "kollektiv"} {
		f.ok(f.AcceptFollow(ctx, f.follower(n, anna, abox), coop.Seen{}, coop.Outgoing{}))
	}
	f.ok(f.AcceptFollow(ctx, f.follower("komona", anna+"2", abox), coop.Seen{}, coop.Outgoing{}))
	f.ok(f.StartFollow(ctx, coop.Following{Coop: "komona", Actor: anna, Follow: f.id(), State: coop.FollowAccepted}, coop.Outgoing{}))
	f.ok(f.Keep(ctx, f.arrival("https://a.example/1", anna, anna), coop.Seen{}))
	f.ok(f.Keep(ctx, f.arrival("https://b.example/2", bert, anna), coop.Seen{}))
	f.ok(f.Keep(ctx, f.arrival("https://a.example/3", anna, bert), coop.Seen{}))
	f.ok(f.Keep(ctx, f.arrival("https://b.example/4", bert, bert), coop.Seen{}))
	f.ok(f.ForgetActor(ctx, anna, f.seen(anna, "delete"), nil))
	_, err := f.Actor(ctx, anna)
	f.fails(err, coop.NotFound)
	_, err = f.ActorOfKey(ctx, anna+"#main-key")
	f.fails(err, coop.NotFound)
	list, err := f.Followers(ctx, coop.FollowerQuery{})
	f.ok(err)
	f.same(list, []coop.Follower{f.follower("komona", anna+"2", abox)})
	whom, err := f.Followings(ctx, "")
	f.ok(err)
	f.same(whom, []coop.Following{})
	f.same(f.objects(time.Time{}, 10), []coop.IRI{"https://b.example/4"})
	f.ok(f.ForgetActor(ctx, anna, coop.Seen{}, nil))
}
