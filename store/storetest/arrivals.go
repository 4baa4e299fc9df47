// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"fmt"
	"time"

	"plenum/coop"
)

func arrivalTests() []test {
	return []test{
		{"what arrived comes back as it came", arrivalComesBack},
		{"an older update changes nothing", olderUpdateIsIgnored},
		{"nobody replaces what another wrote", othersCannotReplace},
		{"an announce adds readers and takes nothing", announceAddsReaders},
		{"what its author deleted does not come back", deletedStaysDeleted},
		{"nobody deletes what another wrote", othersCannotDrop},
		{"arrivals are listed newest first and no second is split", arrivalsArePaged},
		{"a sender gets so much room and no more", senderIsBounded},
		{"local followers receive without a request, until it is withdrawn", localFollowersReceive},
		{"what was seen is forgotten after a week", seenIsPruned},
	}
}

// arrival is an object that somebody wrote and somebody sent.
func (f *fixture) arrival(object, by, via coop.IRI) coop.Received {
	return coop.Received{
		Object: object, Activity: object + "/create", Type: "Event", By: by, Via: via, KeyID: via + "#main-key",
		At: f.now, Updated: f.now, Name: "a meetup", For: []coop.Name{"komona"}, Body: []byte(`{"type":"Event"}`),
	}
}

func (f *fixture) objects(before time.Time, limit int) (ids []coop.IRI) {
	f.Helper()
	list, err := f.ReceivedList(f.Context(), before, limit)
	f.ok(err)
	for _, r := range list {
		ids = append(ids, r.Object)
	}
	return ids
}

const thing = coop.IRI("https://a.example/things/1")

func arrivalComesBack(f *fixture) {
	ctx := f.Context()
	r := f.arrival(thing, anna, anna)
	f.ok(f.Keep(ctx, r, f.seen(anna, "1")))
	got, err := f.ReceivedObject(ctx, thing)
	f.ok(err)
	f.same(got, r)
	list, err := f.ReceivedList(ctx, time.Time{}, 10)
	f.ok(err)
	r.Body = nil
	f.same(list, []coop.Received{r})
	_, err = f.ReceivedObject(ctx, thing+"0")
	f.fails(err, coop.NotFound)
	r.Name = "changed"
	f.ok(f.Keep(ctx, r, f.seen(anna, "1"))) // seen: no effect
	got, err = f.ReceivedObject(ctx, thing)
	f.ok(err)
	f.same(got.Name, "a meetup")
}

func olderUpdateIsIgnored(f *fixture) {
	ctx := f.Context()
	f.ok(f.Keep(ctx, f.arrival(thing, anna, anna), coop.Seen{}))
	older, newer := f.arrival(thing, anna, anna), f.arrival(thing, anna, anna)
	older.Updated, older.Name = f.now.Add(-time.Second), "older"
	newer.Updated, newer.Name, newer.At, newer.Body = f.now.Add(time.Second), "newer", f.now.Add(time.Hour), []byte(`{"name":"newer"}`)
	f.ok(f.Keep(ctx, newer, coop.Seen{}))
	f.ok(f.Keep(ctx, older, coop.Seen{}))
	got, err := f.ReceivedObject(ctx, thing)
	f.ok(err)
	f.same(got, newer)
}

func othersCannotReplace(f *fixture) {
	ctx := f.Context()
	r := f.arrival(thing, anna, anna)
	f.ok(f.Keep(ctx, r, coop.Seen{}))
	forged := f.arrival(thing, bert, bert)
	forged.Updated, forged.Name = f.now.Add(time.Hour), "forged"
	f.ok(f.Keep(ctx, forged, coop.Seen{}))
	got, err := f.ReceivedObject(ctx, thing)
	f.ok(err)
	f.same(got, r)
}

func announceAddsReaders(f *fixture) {
	ctx := f.Context()
	relay := coop.IRI("https://r.example/actor")
	id := f.arrival(thing, "", relay) // announced before we know what it is
	id.Body, id.For = nil, []coop.Name{"kollektiv"}
	f.ok(f.Keep(ctx, id, coop.Seen{}))
	r := f.arrival(thing, anna, anna)
	f.ok(f.Keep(ctx, r, coop.Seen{}))
	announced := f.arrival(thing, anna, relay)
	announced.Body, announced.For = nil, []coop.Name{coop.Relay}
	f.ok(f.Keep(ctx, announced, coop.Seen{}))
	r.For = []coop.Name{"kollektiv", "komona", coop.Relay}
	got, err := f.ReceivedObject(ctx, thing)
	f.ok(err)
	f.same(got, r)
	f.ok(f.Drop(ctx, thing, relay, coop.Seen{})) // takes back its announce, not what anna sent
	_, err = f.ReceivedObject(ctx, thing)
	f.ok(err)
}

func deletedStaysDeleted(f *fixture) {
	ctx := f.Context()
	f.ok(f.Keep(ctx, f.arrival(thing, anna, anna), coop.Seen{}))
	f.ok(f.Drop(ctx, thing, anna, f.seen(anna, "delete")))
	_, err := f.ReceivedObject(ctx, thing)
	f.fails(err, coop.NotFound)
	f.ok(f.Keep(ctx, f.arrival(thing, anna, anna), coop.Seen{}))
	f.ok(f.Keep(ctx, f.arrival(thing, anna, bert), coop.Seen{}))
	f.same(f.objects(time.Time{}, 10), []coop.IRI{})
	late := f.arrival(thing+"2", anna, anna) // its Delete came first
	f.ok(f.Drop(ctx, late.Object, anna, coop.Seen{}))
	f.ok(f.Keep(ctx, late, coop.Seen{}))
	f.same(f.objects(time.Time{}, 10), []coop.IRI{})
	f.prune(f.now.Add(31 * 24 * time.Hour))
	f.ok(f.Keep(ctx, late, coop.Seen{}))
	f.same(f.objects(time.Time{}, 10), []coop.IRI{late.Object})
}

func othersCannotDrop(f *fixture) {
	ctx := f.Context()
	f.ok(f.Drop(ctx, thing, bert, coop.Seen{})) // before it comes
	f.ok(f.Keep(ctx, f.arrival(thing, anna, anna), coop.Seen{}))
	f.ok(f.Drop(ctx, thing, bert, f.seen(bert, "delete")))
	f.same(f.objects(time.Time{}, 10), []coop.IRI{thing})
	announced := f.arrival("https://c.example/1", "https://c.example/u", bert)
	f.ok(f.Keep(ctx, announced, coop.Seen{}))
	f.ok(f.Drop(ctx, announced.Object, bert, coop.Seen{})) // takes back what it announced
	f.same(f.objects(time.Time{}, 10), []coop.IRI{thing})
}

func arrivalsArePaged(f *fixture) {
	var want []coop.IRI
	for i := range 6 {
		r := f.arrival(coop.IRI(fmt.Sprintf("https://a.example/%d", i)), anna, anna)
		r.At = f.now.Add(time.Duration(i/3) * time.Second)
		f.ok(f.Keep(f.Context(), r, coop.Seen{}))
		want = append([]coop.IRI{r.Object}, want...)
	}
	f.same(f.objects(time.Time{}, 2), want[:3])
	f.same(f.objects(f.now.Add(time.Second), 2), want[3:])
	f.same(f.objects(f.now, 2), []coop.IRI{})
	f.same(f.objects(time.Time{}, 4), want)
}

func senderIsBounded(f *fixture) {
	f.ok(f.Keep(f.Context(), f.arrival(thing, bert, bert), coop.Seen{}))
	for i := range 203 {
		r := f.arrival(coop.IRI(fmt.Sprintf("https://a.example/%03d", i)), anna, anna)
		r.At = f.now.Add(time.Duration(i) * time.Second)
		f.ok(f.Keep(f.Context(), r, coop.Seen{}))
	}
	got := f.objects(time.Time{}, 1000)
	f.same(len(got), 201)
	f.same(got[199:], []coop.IRI{"https://a.example/003", thing})
}

func localFollowersReceive(f *fixture) {
	ctx := f.Context()
	pub := f.note("komona", "one")
	r := f.arrival("https://x.example/ap/notes/"+coop.IRI(pub.Post.ID), anna, anna)
	pub.Out.Received = []coop.Received{r}
	p := f.publish(pub)
	got, err := f.ReceivedObject(ctx, r.Object)
	f.ok(err)
	f.same(got, r)
	_, err = f.Withdraw(ctx, f.next(p, "Delete"))
	f.ok(err)
	_, err = f.ReceivedObject(ctx, r.Object)
	f.fails(err, coop.NotFound)
}

func seenIsPruned(f *fixture) {
	ctx := f.Context()
	old, young := f.seen(anna, "old"), f.seen(anna, "young")
	old.At = f.now.Add(-8 * 24 * time.Hour)
	young.At = f.now.Add(-6 * 24 * time.Hour)
	f.ok(f.MarkSeen(ctx, old))
	f.ok(f.MarkSeen(ctx, young))
	f.prune(f.now)
	for _, s := range []struct {
		coop.Seen
		there bool
	}{{old, false}, {young, true}} {
		at, err := f.SeenAt(ctx, s.Seen)
		f.ok(err)
		f.same(!at.IsZero(), s.there)
	}
}
