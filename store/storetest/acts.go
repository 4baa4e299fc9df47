// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"errors"
	"fmt"
	"sync"

	"plenum/coop"
)

func actTests() []test {
	return []test{
		{"a co-op says a thing once", actIsStoredOnce},
		{"of many who say the same at once one does", actsRace},
		{"what was taken back was never said", actIsTakenBack},
		{"who is blocked follows no more", blockParts},
		{"a Like of a post here is counted, and its end", ownLikeIsCounted},
		{"acts go with the post that they are about", actsGoWithThePost},
		{"acts go with their co-op", actsGoWithTheCoop},
		{"acts are listed newest first", actsAreListed},
	}
}

const note = coop.IRI("https://a.example/notes/1")

// act is what a co-op says of an object, with its way to an inbox.
func (f *fixture) act(n coop.Name, kind coop.ActKind, object coop.IRI, post coop.ID) (coop.Act, coop.Outgoing) {
	out := f.out("Like", n, "", false, "https://a.example/inbox")
	if post != "" {
		r := coop.Reaction{Post: post, Kind: coop.Liked, Actor: coop.Site{Domain: "x.example"}.Actor(n), At: f.now}
		r.Activity = coop.Site{Domain: "x.example"}.Activity(out.Documents[0].ID)
		if kind == coop.ActAnnounce {
			r.Kind = coop.Shared
		}
		out.Reactions = []coop.Reaction{r}
	}
	return coop.Act{Coop: n, Kind: kind, Object: object, Document: out.Documents[0].ID, Post: post, At: f.now}, out
}

// acted lets a co-op say something.
func (f *fixture) acted(n coop.Name, kind coop.ActKind, object coop.IRI, post coop.ID) coop.Act {
	f.Helper()
	a, out := f.act(n, kind, object, post)
	_, err := f.Act(f.Context(), a, out)
	f.ok(err)
	return a
}

func actIsStoredOnce(f *fixture) {
	ctx := f.Context()
	a, out := f.act("komona", coop.ActLike, note, "")
	out.Decision = f.decided("like", "komona", string(note))
	out.Answer = coop.Answer{Key: "k", Digest: []byte("d"), Location: "https://x.example/1", Document: a.Document, At: f.now}
	_, err := f.Act(ctx, a, out)
	f.ok(err)
	f.logged("like", string(note))
	prior, err := f.Act(ctx, a, out)
	f.ok(err)
	f.same(prior, &out.Answer)
	got, err := f.ActOn(ctx, "komona", coop.ActLike, note)
	f.ok(err)
	f.same(got, a)
	again, out := f.act("komona", coop.ActLike, note, "")
	_, err = f.Act(ctx, again, out)
	f.fails(err, coop.Conflict)
	_, err = f.Document(ctx, again.Document)
	f.fails(err, coop.NotFound)
	f.acted("komona", coop.ActAnnounce, note, "")
	f.acted("kollektiv", coop.ActLike, note, "")
	for _, kind := range []coop.ActKind{coop.ActBlock, coop.ActLike} {
		_, err = f.ActOn(ctx, "komona", kind, note+"0")
		f.fails(err, coop.NotFound)
	}
	bad, out := f.act("komona", coop.ActLike, note+"2", "")
	out.Documents = nil
	_, err = f.Act(ctx, bad, out)
	f.fails(err, coop.Invalid)
	bad, out = f.act("komona", "shout", note+"2", "")
	_, err = f.Act(ctx, bad, out)
	f.fails(err, coop.Invalid)
	bad, out = f.act("nobody", coop.ActLike, note+"2", "")
	_, err = f.Act(ctx, bad, out)
	f.fails(err, coop.NotFound)
	bad, out = f.act("komona", coop.ActLike, note+"2", f.id())
	_, err = f.Act(ctx, bad, out)
	f.fails(err, coop.NotFound)
}

func actsRace(f *fixture) {
	const many = 20
	var wg sync.WaitGroup
	errs := make([]error, many)
	for i := range many {
		a, out := f.act("komona", coop.ActAnnounce, note, "")
		wg.Go(func() { _, errs[i] = f.Act(f.Context(), a, out) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if coop.CodeOf(err) != coop.Conflict {
			f.Error(err)
		}
	}
	if won != 1 {
		f.Errorf("%d of %d said it (%v)", won, many, errors.Join(errs...))
	}
}

func actIsTakenBack(f *fixture) {
	ctx := f.Context()
	a, out := f.act("komona", coop.ActLike, note, "")
	_, err := f.Act(ctx, a, out)
	f.ok(err)
	undo := f.out("Undo", "komona", "", false, "https://a.example/inbox")
	undo.Decision = f.decided("undo", "komona", string(note))
	_, err = f.Unact(ctx, "komona", coop.ActLike, note, undo)
	f.ok(err)
	f.logged("undo", string(note))
	_, err = f.Document(ctx, a.Document)
	f.fails(err, coop.Gone)
	for id, want := range map[coop.ID]coop.DeliveryState{out.Deliveries[0].ID: coop.Superseded, undo.Deliveries[0].ID: coop.Waiting} {
		d, err := f.Delivery(ctx, id)
		f.ok(err)
		f.same(d.State, want)
	}
	_, err = f.ActOn(ctx, "komona", coop.ActLike, note)
	f.fails(err, coop.NotFound)
	_, err = f.Unact(ctx, "komona", coop.ActLike, note, coop.Outgoing{})
	f.fails(err, coop.NotFound)
	_, total, err := f.Acts(ctx, "komona", coop.ActLike, "", 10)
	f.ok(err)
	f.same(total, 0)
	f.acted("komona", coop.ActLike, note, "") // it can be said again
}

func blockParts(f *fixture) {
	ctx := f.Context()
	rude := coop.IRI("https://a.example/rude")
	f.ok(f.AcceptFollow(ctx, f.follower("komona", rude, rude+"/inbox"), coop.Seen{}, coop.Outgoing{}))
	f.ok(f.AcceptFollow(ctx, f.follower("kollektiv", rude, rude+"/inbox"), coop.Seen{}, coop.Outgoing{}))
	f.ok(f.StartFollow(ctx, coop.Following{Coop: "komona", Actor: rude, Follow: f.id(), State: coop.FollowAccepted, Since: f.now}, coop.Outgoing{}))
	f.acted("komona", coop.ActBlock, rude, "")
	_, err := f.Follower(ctx, "komona", rude)
	f.fails(err, coop.NotFound)
	_, err = f.Following(ctx, "komona", rude)
	f.fails(err, coop.NotFound)
	_, err = f.Follower(ctx, "kollektiv", rude)
	f.ok(err)
}

func ownLikeIsCounted(f *fixture) {
	ctx := f.Context()
	p := f.publish(f.note("komona", "one"))
	object := coop.Site{Domain: "x.example"}.Object(p.Kind, p.ID)
	f.acted("kollektiv", coop.ActLike, object, p.ID)
	f.acted("kollektiv", coop.ActAnnounce, object, p.ID)
	f.same(f.tally(p.ID), coop.Tally{Likes: 1, Shares: 1})
	_, err := f.Unact(ctx, "kollektiv", coop.ActAnnounce, object, coop.Outgoing{})
	f.ok(err)
	f.same(f.tally(p.ID), coop.Tally{Likes: 1})
	_, err = f.Unact(ctx, "kollektiv", coop.ActLike, object, coop.Outgoing{})
	f.ok(err)
	f.same(f.tally(p.ID), coop.Tally{})
}

func actsGoWithThePost(f *fixture) {
	ctx := f.Context()
	p := f.publish(f.note("komona", "one"))
	object := coop.Site{Domain: "x.example"}.Object(p.Kind, p.ID)
	a := f.acted("kollektiv", coop.ActAnnounce, object, p.ID)
	other := f.acted("kollektiv", coop.ActLike, note, "")
	_, err := f.Withdraw(ctx, f.next(p, "Delete"))
	f.ok(err)
	_, err = f.ActOn(ctx, "kollektiv", coop.ActAnnounce, object)
	f.fails(err, coop.NotFound)
	_, err = f.Document(ctx, a.Document)
	f.fails(err, coop.Gone)
	_, err = f.ActOn(ctx, "kollektiv", coop.ActLike, other.Object)
	f.ok(err)
}

func actsGoWithTheCoop(f *fixture) {
	ctx := f.Context()
	p := f.publish(f.note("kollektiv", "one"))
	object := coop.Site{Domain: "x.example"}.Object(p.Kind, p.ID)
	f.acted("komona", coop.ActLike, object, p.ID)
	f.acted("komona", coop.ActBlock, "https://a.example/rude", "")
	c := f.coop("komona")
	c.Gone = f.now
	f.ok(f.RemoveCoop(ctx, c, coop.Outgoing{}))
	f.same(f.tally(p.ID), coop.Tally{})
	for _, kind := range []coop.ActKind{coop.ActLike, coop.ActBlock} {
		list, total, err := f.Acts(ctx, "komona", kind, "", 10)
		f.ok(err)
		f.same(list, []coop.Act{})
		f.same(total, 0)
	}
}

func actsAreListed(f *fixture) {
	var want []coop.IRI
	for i := range 7 {
		object := coop.IRI(fmt.Sprintf("https://a.example/notes/%d", 9-i)) // against the order of their ids
		f.acted("komona", coop.ActLike, object, "")
		want = append([]coop.IRI{object}, want...)
	}
	f.acted("komona", coop.ActAnnounce, note, "")
	var got []coop.IRI
	before := coop.ID("")
	for range 4 {
		list, total, err := f.Acts(f.Context(), "komona", coop.ActLike, before, 2)
		f.ok(err)
		f.same(total, 7)
		for _, a := range list {
			got = append(got, a.Object)
			before = a.Document
		}
	}
	f.same(got, want)
}
