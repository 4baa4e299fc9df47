// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"fmt"
	"slices"
	"sync"

	"plenum/coop"
)

func expelTests() []test {
	return []test{
		{"a refused domain leaves nothing, with all names below it", domainIsExpelled},
		{"names that only look alike are spared", lookalikesAreSpared},
		{"a refused actor leaves nothing, and others of its host stay", actorIsExpelled},
		{"much is removed in parts", muchIsExpelled},
		{"a seat that becomes free goes to somebody who is not refused", seatsGoToOthers},
		{"what waits for a refused host is dropped, and the rest is sent", waitingIsDropped},
	}
}

// expel removes all that came from a target, and returns how many parts it took.
func (f *fixture) expel(target string) (parts int) {
	f.Helper()
	for more := true; more; parts++ {
		var err error
		more, err = f.Expel(f.Context(), target, f.tell)
		f.ok(err)
		if parts > 1000 {
			f.Fatal("it never ends")
		}
	}
	return parts
}

// tell tells of an RSVP by an Accept to the inbox that it names.
func (f *fixture) tell(r coop.RSVP, _ bool) (coop.Outgoing, error) {
	return f.out("Accept", r.Coop, "", false, r.Inbox), nil
}

// guest does all that an actor elsewhere can do.
func (f *fixture) guest(id coop.IRI, note, event coop.ID, s coop.RSVPState) {
	f.Helper()
	ctx := f.Context()
	f.ok(f.SaveActor(ctx, f.actor(id)))
	f.ok(f.AcceptFollow(ctx, f.follower("komona", id, id+"/inbox"), coop.Seen{}, coop.Outgoing{}))
	f.ok(f.StartFollow(ctx, coop.Following{Coop: "komona", Actor: id, Follow: f.id(), State: coop.FollowAccepted, Since: f.now}, coop.Outgoing{}))
	f.ok(f.Keep(ctx, f.arrival(id+"/1", id, id), coop.Seen{}))
	f.ok(f.Keep(ctx, f.arrival("https://far.example"+coop.IRI(id[len("https:/"):]), "https://far.example/u", id), coop.Seen{})) // announced
	_, err := f.KeepComment(ctx, coop.Comment{
		Object: id + "/2", Post: note, By: id, Activity: id + "/2/create", InReplyTo: "https://x.example/ap/notes/1",
		Body: "<p>Hello</p>", Text: "Hello", At: f.now, State: coop.CommentHeld, Forward: true, Raw: []byte("{}"),
	}, coop.Seen{}, coop.Outgoing{})
	f.ok(err)
	f.ok(f.React(ctx, coop.Reaction{Post: note, Kind: coop.Liked, Actor: id, Activity: id + "/3", At: f.now}, coop.Seen{}))
	_, err = f.Attend(ctx, coop.RSVP{Post: event, Actor: id, Inbox: id + "/inbox", Activity: id + "/4", Form: "Join", State: s, At: f.now}, coop.Seen{}, nil)
	f.ok(err)
	c := f.complaint("komona")
	c.By = id
	f.ok(f.Complain(ctx, c, coop.Seen{}))
}

// stage is a note and an event to answer to.
func (f *fixture) stage(capacity int) (note, event coop.ID) {
	f.Helper()
	pub := f.meetup("komona", "meetup", coop.When{Start: coop.Wall(f.now.AddDate(0, 0, 2).Format("2006-01-02")), Zone: "Europe/Berlin", AllDay: true})
	pub.Post.Capacity = capacity
	return f.publish(f.note("komona", "note")).ID, f.publish(pub).ID
}

// traces counts what is left of an actor, kind by kind.
func (f *fixture) traces(id coop.IRI, note, event coop.ID) (list []string) {
	f.Helper()
	ctx := f.Context()
	found := func(what string, err error) {
		f.Helper()
		if err == nil {
			list = append(list, what)
		} else {
			f.fails(err, coop.NotFound)
		}
	}
	_, err := f.Actor(ctx, id)
	found("actor", err)
	_, err = f.Follower(ctx, "komona", id)
	found("follower", err)
	_, err = f.Following(ctx, "komona", id)
	found("following", err)
	_, err = f.ReceivedObject(ctx, id+"/1")
	found("received", err)
	_, err = f.ReceivedObject(ctx, "https://far.example"+coop.IRI(id[len("https:/"):]))
	found("announced", err)
	_, err = f.Comment(ctx, id+"/2")
	found("comment", err)
	reacted, err := f.Reactions(ctx, coop.ReactionQuery{Post: note})
	f.ok(err)
	if slices.ContainsFunc(reacted, func(r coop.Reaction) bool { return r.Actor == id }) {
		list = append(list, "reaction")
	}
	answers, err := f.RSVPs(ctx, coop.RSVPQuery{Post: event})
	f.ok(err)
	if slices.ContainsFunc(answers, func(r coop.RSVP) bool { return r.Actor == id }) {
		list = append(list, "rsvp")
	}
	complained, err := f.Complaints(ctx, coop.ComplaintQuery{})
	f.ok(err)
	if slices.ContainsFunc(complained, func(c coop.Complaint) bool { return c.By == id }) {
		list = append(list, "complaint")
	}
	return list
}

var allTraces = []string{"actor", "follower", "following", "received", "announced", "comment", "reaction", "rsvp", "complaint"}

func domainIsExpelled(f *fixture) {
	ctx := f.Context()
	note, event := f.stage(0)
	gone := []coop.IRI{"https://bad.example/u", "https://bad.example:8443/u", "https://a.bad.example/u", "http://b.a.bad.example/u", "https://C.BAD.example/u"}
	for _, id := range append(gone, anna) {
		f.guest(id, note, event, coop.RSVPGoing)
		f.same(f.traces(id, note, event), allTraces)
	}
	f.ok(f.SaveServer(ctx, f.server("a.bad.example", "mastodon")))
	f.ok(f.SetRule(ctx, f.rule("bad.example", coop.RuleRefuse), f.decided("block add", "", "bad.example")))
	f.expel("bad.example")
	for _, id := range gone {
		f.same(f.traces(id, note, event), []string{})
	}
	f.same(f.traces(anna, note, event), allTraces)
	_, err := f.Server(ctx, "a.bad.example")
	f.fails(err, coop.NotFound)
	tally, err := f.Tally(ctx, note)
	f.ok(err)
	f.same(tally, coop.Tally{Likes: 1, Held: 1})
	list, err := f.Rules(ctx)
	f.ok(err)
	f.same(list[0].Swept.IsZero(), false)
	f.same(f.expel("bad.example"), 1)
}

func lookalikesAreSpared(f *fixture) {
	note, event := f.stage(0)
	spared := []coop.IRI{"https://notbad.example/u", "https://bad.example.org/u", "https://bad.exampl/u", "https://b.example/bad.example/u"}
	for _, id := range append(spared, "https://bad.example/u") {
		f.guest(id, note, event, coop.RSVPGoing)
	}
	f.expel("bad.example")
	for _, id := range spared {
		f.same(f.traces(id, note, event), allTraces)
	}
	f.same(f.traces("https://bad.example/u", note, event), []string{})
}

func actorIsExpelled(f *fixture) {
	note, event := f.stage(0)
	spared := []coop.IRI{anna + "2", anna + "/too", anna + "!", anna + "$", "https://a.example/users/ann"}
	gone := []coop.IRI{anna, anna + "#me", anna + "#"}
	for _, id := range append(spared, gone...) {
		f.guest(id, note, event, coop.RSVPMaybe)
	}
	f.expel(string(anna))
	for _, id := range gone {
		f.same(f.traces(id, note, event), []string{})
	}
	for _, id := range spared {
		f.same(f.traces(id, note, event), allTraces)
	}
}

func muchIsExpelled(f *fixture) {
	ctx := f.Context()
	note, _ := f.stage(0)
	const many = 5203
	var all sync.WaitGroup // at once, so that they share commits
	for i := range many {
		all.Go(func() {
			id := coop.IRI(fmt.Sprintf("https://h%d.bad.example/%d", i%7, i))
			if err := f.React(ctx, coop.Reaction{Post: note, Kind: coop.Liked, Actor: id, Activity: id + "/like", At: f.now}, coop.Seen{}); err != nil {
				f.Error(err)
			}
		})
	}
	all.Wait()
	f.ok(f.SetRule(ctx, f.rule("bad.example", coop.RuleRefuse), f.decided("block add", "", "bad.example")))
	more, err := f.Expel(ctx, "bad.example", nil)
	f.ok(err)
	f.same(more, true)
	f.rules(f.rule("bad.example", coop.RuleRefuse)) // not swept yet
	tally, err := f.Tally(ctx, note)
	f.ok(err)
	f.same(tally.Likes > 0 && tally.Likes < many, true)
	f.same(f.expel("bad.example"), 2) // the rest, and a look whether there is more
	tally, err = f.Tally(ctx, note)
	f.ok(err)
	f.same(tally.Likes, 0)
}

func seatsGoToOthers(f *fixture) {
	ctx := f.Context()
	_, event := f.stage(2)
	attend := func(id coop.IRI) coop.RSVPState {
		r, err := f.Attend(ctx, coop.RSVP{Post: event, Actor: id, Inbox: id + "/inbox", Activity: id + "/4", Form: "Join", State: coop.RSVPGoing, At: f.now}, coop.Seen{}, nil)
		f.ok(err)
		return r.State
	}
	f.same(attend("https://bad.example/1"), coop.RSVPGoing)
	f.same(attend(anna), coop.RSVPGoing)
	f.same(attend("https://bad.example/2"), coop.RSVPWaiting)
	f.same(attend(bert), coop.RSVPWaiting)
	f.same(attend("https://bad.example/3"), coop.RSVPWaiting)
	f.expel("bad.example")
	list, err := f.RSVPs(ctx, coop.RSVPQuery{Post: event})
	f.ok(err)
	f.same(len(list), 2)
	for i, who := range []coop.IRI{anna, bert} {
		f.same(list[i].Actor, who)
		f.same(list[i].State, coop.RSVPGoing)
	}
	sent, err := f.Deliveries(ctx, coop.DeliveryFilter{})
	f.ok(err)
	f.same(len(sent), 1) // nobody was told of a seat but who has it
	f.same(sent[0].Inbox, bert+"/inbox")
}

func waitingIsDropped(f *fixture) {
	ctx := f.Context()
	a := f.actor("https://bad.example/u")
	f.ok(f.SaveActor(ctx, a))
	alike := f.actor("https://bad.example/w") // has no inbox of its own
	alike.Inbox, alike.SharedInbox = "https://bad.example/inbox", "https://bad.example/inbox"
	f.ok(f.SaveActor(ctx, alike))
	pub := f.note("komona", "one", "https://bad.example/inbox", "https://a.bad.example:8443/inbox", abox)
	p := f.publish(pub)
	_, err := f.Revise(ctx, f.next(p, "Update", "https://bad.example/inbox", abox)) // waits behind the Create
	f.ok(err)
	_, err = f.Hold(ctx, coop.DeliveryFilter{Host: "a.bad.example:8443"})
	f.ok(err)
	mine := f.enqueue(a.Inbox, "https://bad.example/inbox")
	f.expel(string(a.ID)) // its own inbox, and not the one that it shares
	f.expel(string(alike.ID))
	for i, want := range []coop.DeliveryState{coop.Dead, coop.Waiting} {
		d := f.delivery(mine[i].ID)
		f.same(d.State, want)
	}
	f.expel("bad.example")
	list, err := f.Deliveries(ctx, coop.DeliveryFilter{})
	f.ok(err)
	for _, d := range list {
		want := coop.Dead
		if d.Inbox == abox {
			want = coop.Waiting
		}
		f.same(d.State, want)
		if last, made := d.Last(); d.State == coop.Dead && (!made || last.Cause != coop.CauseDropped) {
			f.Errorf("the last attempt of %s is %+v", d.ID, last)
		}
	}
	f.same(len(list), 7)
	leased, _ := f.lease(f.request())
	f.same(len(leased), 1)
}
