// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"time"

	"plenum/coop"
)

func reachTests() []test {
	return []test{
		{"a fan reaches who follows when it is stored", fanReachesFollowers},
		{"a fan of a co-op that is removed reaches who followed it", farewellReachesFollowers},
		{"a fan that fails stores nothing", failedFanStoresNothing},
		{"a Follow that comes again counts again", followCountsAgain},
		{"a Follow that was undone after it was signed is not stored", undoneFollowStaysAway},
		{"a follower is delivered to where its document says", followerMoves},
		{"an answer that changed nothing is kept once", answerIsKept},
	}
}

// fan sends a document to the followers of actors of ours.
func (f *fixture) fan(d coop.Document, names ...coop.Name) coop.Fan {
	return coop.Fan{Document: d.ID, Names: names}
}

// sentTo returns the inboxes of all deliveries.
func (f *fixture) sentTo() (list []coop.IRI) {
	ds, err := f.Deliveries(f.Context(), coop.DeliveryFilter{})
	f.ok(err)
	for _, d := range ds {
		list = append(list, d.Inbox)
	}
	return list
}

func fanReachesFollowers(f *fixture) {
	ctx := f.Context()
	pub := f.note("komona", "first")
	pub.Out.Fans = []coop.Fan{f.fan(pub.Out.Documents[0], "komona", coop.Relay)}
	f.ok(f.AcceptFollow(ctx, f.follower("komona", anna, abox), coop.Seen{}, coop.Outgoing{})) // after it was made
	f.ok(f.AskFollow(ctx, f.follower("komona", bert, bbox), coop.Seen{}))
	_, err := f.Publish(ctx, pub)
	f.ok(err)
	f.same(f.sentTo(), []coop.IRI{abox})
}

func farewellReachesFollowers(f *fixture) {
	ctx := f.Context()
	f.ok(f.AcceptFollow(ctx, f.follower("komona", anna, abox), coop.Seen{}, coop.Outgoing{}))
	f.ok(f.AcceptFollow(ctx, f.follower(coop.Relay, bert, bbox), coop.Seen{}, coop.Outgoing{}))
	gone := f.coop("komona")
	gone.Gone = f.now
	out := f.out("Delete", "komona", "", false)
	out.Fans = []coop.Fan{f.fan(out.Documents[0], "komona", coop.Relay)}
	f.ok(f.RemoveCoop(ctx, gone, out))
	f.same(f.sentTo(), []coop.IRI{abox, bbox})
}

func failedFanStoresNothing(f *fixture) {
	ctx := f.Context()
	pub := f.note("komona", "first")
	pub.Out.Fans = []coop.Fan{{Document: f.id(), Names: []coop.Name{"komona"}}} // of a document that is not there
	if _, err := f.Publish(ctx, pub); err == nil {
		f.Fatal("it was stored without its deliveries")
	}
	_, err := f.Post(ctx, pub.Post.ID)
	f.fails(err, coop.NotFound)
}

func followCountsAgain(f *fixture) {
	ctx := f.Context()
	seen := f.seen(anna, "1")
	for _, again := range []bool{false, false, true} {
		seen.Again = again
		f.ok(f.AcceptFollow(ctx, f.follower("komona", anna, abox), seen, f.out("Accept", "komona", "", false, abox)))
		seen.At = seen.At.Add(time.Minute)
	}
	f.same(f.sentTo(), []coop.IRI{abox, abox})
	at, err := f.SeenAt(ctx, seen)
	f.ok(err)
	f.same(at, f.now.Add(2*time.Minute))
}

func undoneFollowStaysAway(f *fixture) {
	ctx := f.Context()
	who, late := f.follower("komona", anna, abox), f.seen(anna, "follow")
	f.ok(f.Drop(ctx, who.Follow, anna, f.seen(anna, "undo")))
	f.ok(f.Drop(ctx, bert+"/follow", anna, f.seen(anna, "another"))) // is not hers to undo
	f.ok(f.AcceptFollow(ctx, who, late, f.out("Accept", "komona", "", false, abox)))
	f.ok(f.AcceptFollow(ctx, f.follower("komona", bert, bbox), f.seen(bert, "follow"), coop.Outgoing{}))
	_, err := f.Follower(ctx, "komona", anna)
	f.fails(err, coop.NotFound)
	_, err = f.Follower(ctx, "komona", bert)
	f.ok(err)
	f.same(len(f.sentTo()), 0)
	late.At, late.Again = late.At.Add(time.Second), true
	f.ok(f.AcceptFollow(ctx, who, late, coop.Outgoing{}))
	_, err = f.Follower(ctx, "komona", anna)
	f.ok(err)
}

func followerMoves(f *fixture) {
	ctx := f.Context()
	for _, n := range []coop.Name{"komona", "kollektiv"} {
		f.ok(f.AcceptFollow(ctx, f.follower(n, anna, abox), coop.Seen{}, coop.Outgoing{}))
	}
	f.ok(f.AcceptFollow(ctx, f.follower("komona", bert, bbox), coop.Seen{}, coop.Outgoing{}))
	f.ok(f.SaveActor(ctx, coop.Actor{ID: anna, Type: "Person", Inbox: anna + "/inbox", SharedInbox: "https://a.example/shared", Fetched: f.now}))
	boxes, err := f.Boxes(ctx, "komona", "kollektiv")
	f.ok(err)
	f.same(boxes, []coop.Box{{Inbox: "https://a.example/shared", Actors: []coop.IRI{anna}}, {Inbox: bbox, Actors: []coop.IRI{bert}}})
}

func answerIsKept(f *fixture) {
	ctx := f.Context()
	pub := f.note("komona", "first")
	_, err := f.Publish(ctx, pub)
	f.ok(err)
	a := coop.Answer{Key: "token key", Digest: []byte("one"), Location: "https://x.example/1", Document: pub.Post.Activity, At: f.now}
	f.ok(f.KeepAnswer(ctx, a))
	second := a
	second.Location = "https://x.example/2"
	f.ok(f.KeepAnswer(ctx, second))
	got, ok, err := f.Answer(ctx, a.Key)
	f.ok(err)
	f.same(got, a)
	f.same(ok, true)
	second.Digest = []byte("two")
	f.fails(f.KeepAnswer(ctx, second), coop.Conflict)
}
