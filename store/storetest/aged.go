// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"time"

	"plenum/coop"
)

func agedTests() []test {
	return []test{
		{"answers to strangers go after a month, once they have arrived", answersArePruned},
		{"what is passed on is delivered, and its id answers nothing", forwardsAreServedToNobody},
		{"what is passed on to many goes with all their deliveries", forwardsArePruned},
		{"what is about a post, or told by us, stays", othersStay},
		{"comments that nobody shows go after half a year", unshownArePruned},
		{"an old comment that is rejected or held now stays so for half a year", lateDecisionsStay},
	}
}

const (
	month = 30 * 24 * time.Hour
	half  = 180 * 24 * time.Hour
)

// done settles all that is due.
func (f *fixture) done() {
	f.Helper()
	for {
		ids, _ := f.lease(f.request())
		if len(ids) == 0 {
			return
		}
		for _, id := range ids {
			f.ok(f.Settle(f.Context(), coop.Settlement{ID: id, Verdict: coop.Verdict{State: coop.Done}}))
		}
	}
}

func answersArePruned(f *fixture) {
	ctx := f.Context()
	var accepts []coop.ID
	for _, who := range []coop.IRI{anna, bert} {
		out := f.out("Accept", "komona", "", false, who+"/inbox")
		f.ok(f.AcceptFollow(ctx, f.follower("komona", who, who+"/inbox"), coop.Seen{}, out))
		accepts = append(accepts, out.Documents[0].ID)
	}
	_, err := f.Hold(ctx, coop.DeliveryFilter{Host: "b.example"})
	f.ok(err)
	f.done()
	f.same(f.prune(f.now.Add(month)), coop.Pruned{})
	f.same(f.prune(f.now.Add(month + time.Minute))["documents"], 1)
	_, err = f.Document(ctx, accepts[0])
	f.fails(err, coop.NotFound)
	_, err = f.Document(ctx, accepts[1]) // somebody keeps it back
	f.ok(err)
	_, err = f.Retry(ctx, coop.DeliveryFilter{}, f.now)
	f.ok(err)
	f.done()
	f.same(f.prune(f.now.Add(month + time.Minute))["documents"], 1)
	_, err = f.Document(ctx, accepts[1])
	f.fails(err, coop.NotFound)
	_, err = f.Follower(ctx, "komona", anna)
	f.ok(err)
}

// forward passes on an activity of anna's that brought a comment.
func (f *fixture) forward(inboxes ...coop.IRI) coop.Outgoing {
	out := f.out("Create", "komona", "", false, inboxes...)
	out.Documents[0].Forwarded = anna + "/1/create"
	return out
}

func forwardsAreServedToNobody(f *fixture) {
	ctx := f.Context()
	note, _ := f.stage(0)
	c := coop.Comment{Object: anna + "/1", Post: note, By: anna, Activity: anna + "/1/create", Body: "<p>Hi</p>", Text: "Hi", At: f.now, State: coop.CommentShown}
	wrong := f.forward(bbox)
	wrong.Documents[0].Post = note
	_, err := f.KeepComment(ctx, c, coop.Seen{}, wrong)
	f.fails(err, coop.Invalid)
	out := f.forward(bbox)
	_, err = f.KeepComment(ctx, c, coop.Seen{}, out)
	f.ok(err)
	_, err = f.Document(ctx, out.Documents[0].ID)
	f.fails(err, coop.NotFound)
	jobs, _, err := f.Lease(ctx, f.request())
	f.ok(err)
	f.same(len(jobs), 1)
	f.same(jobs[0].Body, out.Documents[0].Body)
	docs, total, _, err := f.Outbox(ctx, "komona", 0, 20)
	f.ok(err)
	f.same(total, 2) // the posts
	f.same(len(docs), 2)
}

func forwardsArePruned(f *fixture) {
	ctx := f.Context()
	var inboxes []coop.IRI
	for i := range 1203 {
		inboxes = append(inboxes, coop.IRI("https://a.example/"+string(f.id())+string(rune('a'+i%26))))
	}
	f.ok(f.ReviseCoop(ctx, f.coop("komona"), f.forward(inboxes...)))
	n, err := f.GiveUp(ctx, coop.DeliveryFilter{}, f.now) // the history of the dead is kept for longer by itself
	f.ok(err)
	f.same(n, len(inboxes))
	f.same(f.prune(f.now.Add(month+time.Minute)), coop.Pruned{"documents": 1})
	list, err := f.Deliveries(ctx, coop.DeliveryFilter{})
	f.ok(err)
	f.same(list, []coop.Delivery{})
}

func othersStay(f *fixture) {
	ctx := f.Context()
	p := f.publish(f.note("komona", "one", abox))
	told := f.out("Update", "komona", "", false, abox)
	f.ok(f.ReviseCoop(ctx, f.coop("komona"), told))
	answer := f.out("Accept", "komona", p.ID, false, abox)
	f.ok(f.ReviseCoop(ctx, f.coop("komona"), answer))
	f.done()
	f.same(f.prune(f.now.Add(12 * month))["documents"], 0)
	for _, id := range []coop.ID{p.Activity, told.Documents[0].ID, answer.Documents[0].ID} {
		_, err := f.Document(ctx, id)
		f.ok(err)
	}
}

func unshownArePruned(f *fixture) {
	ctx := f.Context()
	note, _ := f.stage(0)
	for i, s := range []coop.CommentState{coop.CommentShown, coop.CommentHeld, coop.CommentHeld} {
		id := anna + coop.IRI(rune('0'+i))
		_, err := f.KeepComment(ctx, coop.Comment{Object: id, Post: note, By: anna, Activity: id + "/create", Body: "<p>Hi</p>", Text: "Hi", At: f.now, State: s,
			Forward: true, Raw: []byte("{}")}, coop.Seen{}, coop.Outgoing{})
		f.ok(err)
	}
	_, err := f.DecideComment(ctx, anna+"2", coop.CommentRejected, f.decided("comment reject", "komona", string(anna+"2")), coop.Outgoing{})
	f.ok(err)
	f.same(f.prune(f.now.Add(half)), coop.Pruned{})
	f.same(f.prune(f.now.Add(half+time.Minute)), coop.Pruned{"comments": 2})
	list, err := f.Comments(ctx, coop.CommentQuery{Post: note})
	f.ok(err)
	f.same(len(list), 1)
	f.same(list[0].Object, anna+"0")
}

// lateDecisionsStay: were they counted from when the comment came, it would go with the
// next prune, and come back with its author's next Update.
func lateDecisionsStay(f *fixture) {
	ctx := f.Context()
	note, _ := f.stage(0)
	for i, s := range []coop.CommentState{coop.CommentRejected, coop.CommentHeld} {
		id := anna + coop.IRI(rune('0'+i))
		_, err := f.KeepComment(ctx, coop.Comment{Object: id, Post: note, By: anna, Activity: id + "/create", Body: "<p>Hi</p>", Text: "Hi",
			At: f.now.Add(-2 * half), State: coop.CommentShown}, coop.Seen{}, coop.Outgoing{})
		f.ok(err)
		_, err = f.DecideComment(ctx, id, s, f.decided("comment", "komona", string(id)), coop.Outgoing{})
		f.ok(err)
	}
	f.same(f.prune(f.now.Add(half-time.Hour)), coop.Pruned{})
	f.same(f.prune(f.now.Add(half+time.Minute)), coop.Pruned{"comments": 2})
}
