// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"errors"
	"fmt"
	"strings"

	"plenum/coop"
)

func rsvpTests() []test {
	return []test{
		{"seats go to those who ask first, and then to those who wait", seatsGoInTurn},
		{"who asks again keeps its turn and is answered again", turnIsKept},
		{"who only may come takes no seat", maybeTakesNoSeat},
		{"the co-op decides about those who ask", coopDecides},
		{"a refusal stays", refusalStays},
		{"more seats go to those who wait, fewer throw nobody out", capacityChanges},
		{"who waits is asked about where the co-op decides since", whoWaitsIsAskedAbout},
		{"nobody is promoted to an event that is over", nobodyIsPromotedLate},
		{"an RSVP is taken back by its activity", rsvpIsTakenBack},
		{"an activity answers to one event and to no other", activityAnswersOnce},
		{"what is told is stored with what it tells of", tellingIsStored},
		{"those who answered are found, each inbox once", attendingIsFound},
		{"only events have RSVPs", onlyEventsHaveRSVPs},
	}
}

// event publishes a meetup in a year's time.
func (f *fixture) event(n coop.Name, slug string, seats int) coop.Post {
	f.Helper()
	pub := f.meetup(n, slug, coop.When{Start: coop.WallOf(f.now.AddDate(1, 0, 0)), Zone: "Europe/Berlin"})
	pub.Post.Capacity = seats
	return f.publish(pub)
}

func (f *fixture) rsvp(post coop.ID, actor coop.IRI, s coop.RSVPState) coop.RSVP {
	return coop.RSVP{Post: post, Coop: "komona", Actor: actor, Inbox: actor + "/inbox", Activity: actor + "/joins/" + coop.IRI(s), Form: "Join", State: s, At: f.now}
}

// teller notes who is told what.
func (f *fixture) teller(told *[]string) coop.TellFunc {
	return func(r coop.RSVP, promoted bool) (coop.Outgoing, error) {
		name := string(r.Actor[strings.LastIndexByte(string(r.Actor), '/')+1:])
		s := name + " " + string(r.State)
		if promoted {
			s += " promoted"
		}
		*told = append(*told, s)
		return coop.Outgoing{}, nil
	}
}

// attend answers to an event and returns what is told because of it.
func (f *fixture) attend(post coop.ID, actor coop.IRI, s coop.RSVPState) (told []string) {
	f.Helper()
	_, err := f.Attend(f.Context(), f.rsvp(post, actor, s), coop.Seen{}, f.teller(&told))
	f.ok(err)
	return told
}

func (f *fixture) leaves(post coop.ID, actor coop.IRI) (told []string) {
	f.Helper()
	f.ok(f.EndRSVP(f.Context(), post, actor, coop.Seen{}, f.teller(&told)))
	return told
}

func (f *fixture) decides(post coop.ID, actor coop.IRI, s coop.RSVPState) (told []string) {
	f.Helper()
	_, err := f.DecideRSVP(f.Context(), post, actor, s, f.decision("rsvp"), f.teller(&told))
	f.ok(err)
	return told
}

// guests are who answered with a state, in their order.
func (f *fixture) guests(post coop.ID, s coop.RSVPState) []coop.IRI {
	f.Helper()
	list, err := f.Store.RSVPs(f.Context(), coop.RSVPQuery{Post: post, State: s})
	f.ok(err)
	actors := []coop.IRI{}
	for _, r := range list {
		actors = append(actors, r.Actor)
	}
	return actors
}

func guest(i int) coop.IRI { return coop.IRI(fmt.Sprintf("https://a.example/users/g%d", i)) }

func seatsGoInTurn(f *fixture) {
	ctx := f.Context()
	event := f.event("komona", "one", 2).ID
	for i, want := range []string{"g9 going", "g8 going", "g7 waiting", "g6 waiting"} { // ids and turns differ in order
		f.same(f.attend(event, guest(9-i), coop.RSVPGoing), []string{want})
	}
	f.same(f.tally(event), coop.Tally{Going: 2, Waiting: 2})
	f.same(f.guests(event, ""), []coop.IRI{guest(9), guest(8), guest(7), guest(6)})
	f.same(f.leaves(event, guest(9)), []string{"g7 going promoted"})
	f.same(f.leaves(event, guest(9)), []string(nil))
	f.same(f.leaves(event, guest(6)), []string(nil)) // waited
	f.same(f.attend(event, guest(5), coop.RSVPGoing), []string{"g5 waiting"})
	f.same(f.attend(event, guest(8), coop.RSVPDeclined), []string{"g8 declined", "g5 going promoted"})
	f.same(f.tally(event), coop.Tally{Going: 2})

	list, err := f.Store.RSVPs(ctx, coop.RSVPQuery{Post: event, Limit: 1})
	f.ok(err)
	want := f.rsvp(event, guest(7), coop.RSVPGoing)
	want.Turn = 3
	f.same(list, []coop.RSVP{want})
	seen := f.seen(guest(7), "leave")
	f.ok(f.MarkSeen(ctx, seen))
	f.ok(f.EndRSVP(ctx, event, guest(7), seen, nil))
	f.same(f.tally(event), coop.Tally{Going: 2})

	free := f.event("komona", "two", 0).ID
	for i := range 5 {
		r := f.rsvp(free, guest(i), coop.RSVPGoing)
		r.Activity += "/free"
		got, err := f.Attend(ctx, r, f.seen(guest(i), "free"), nil)
		f.ok(err)
		f.same(got.State, coop.RSVPGoing)
		f.same(got.Turn > 0, true)
	}
}

func turnIsKept(f *fixture) {
	ctx := f.Context()
	event := f.event("komona", "one", 1).ID
	f.attend(event, guest(1), coop.RSVPGoing)
	f.attend(event, guest(2), coop.RSVPGoing)
	f.attend(event, guest(3), coop.RSVPGoing)
	again := f.rsvp(event, guest(2), coop.RSVPGoing)
	again.Activity, again.Message, again.At, again.Form = again.Activity+"/again", "please", f.now.AddDate(0, 0, 1), "Accept"
	var told []string
	before := f.Generation()
	got, err := f.Attend(ctx, again, f.seen(guest(2), "again"), f.teller(&told))
	f.ok(err)
	f.same(f.Generation(), before)
	f.same(told, []string{"g2 waiting"})
	again.State, again.Turn, again.At = coop.RSVPWaiting, 2, f.now
	f.same(got, again)
	told = nil
	got, err = f.Attend(ctx, f.rsvp(event, guest(2), coop.RSVPDeclined), f.seen(guest(2), "again"), f.teller(&told))
	f.ok(err)
	f.same(got, again) // the activity was seen
	f.same(told, []string(nil))
	f.same(f.attend(event, guest(1), coop.RSVPGoing), []string{"g1 going"})
	f.same(f.attend(event, guest(1), coop.RSVPAsked), []string{"g1 going"}) // of an event that was free before
	f.same(f.leaves(event, guest(1)), []string{"g2 going promoted"})
	f.same(f.attend(event, guest(1), coop.RSVPGoing), []string{"g1 waiting"})
	f.same(f.guests(event, coop.RSVPWaiting), []coop.IRI{guest(3), guest(1)}) // who left is the last
}

func maybeTakesNoSeat(f *fixture) {
	event := f.event("komona", "one", 1).ID
	f.same(f.attend(event, guest(1), coop.RSVPMaybe), []string{"g1 maybe"})
	f.same(f.attend(event, guest(2), coop.RSVPGoing), []string{"g2 going"})
	f.same(f.attend(event, guest(1), coop.RSVPGoing), []string{"g1 waiting"})
	f.same(f.attend(event, guest(2), coop.RSVPMaybe), []string{"g2 maybe", "g1 going promoted"})
	f.same(f.tally(event), coop.Tally{Going: 1, Maybe: 1})
	f.same(f.attend(event, guest(1), coop.RSVPMaybe), []string{"g1 maybe"})
	f.same(f.tally(event), coop.Tally{Maybe: 2})
	for _, s := range []coop.RSVPState{coop.RSVPRefused, coop.RSVPWaiting, "odd"} {
		_, err := f.Attend(f.Context(), f.rsvp(event, guest(3), s), coop.Seen{}, nil)
		f.fails(err, coop.Invalid)
	}
}

func coopDecides(f *fixture) {
	ctx := f.Context()
	event := f.event("komona", "one", 1).ID
	for i := range 3 {
		f.same(f.attend(event, guest(i), coop.RSVPAsked), []string{fmt.Sprintf("g%d asked", i)})
	}
	f.attend(event, guest(4), coop.RSVPMaybe)
	f.same(f.tally(event), coop.Tally{Asked: 3, Maybe: 1})
	before := f.Generation()
	f.same(f.decides(event, guest(2), coop.RSVPGoing), []string{"g2 going"})
	f.same(f.Generation() > before, true)
	f.same(f.decides(event, guest(1), coop.RSVPGoing), []string{"g1 waiting"})
	f.same(f.decides(event, guest(0), coop.RSVPGoing), []string{"g0 waiting"})
	f.same(f.decides(event, guest(0), coop.RSVPGoing), []string(nil)) // nothing changed
	f.same(f.guests(event, coop.RSVPWaiting), []coop.IRI{guest(0), guest(1)})
	f.same(f.decides(event, guest(2), coop.RSVPRefused), []string{"g2 refused", "g0 going promoted"})
	_, err := f.DecideRSVP(ctx, event, guest(4), coop.RSVPGoing, f.decision("rsvp"), nil)
	f.fails(err, coop.Conflict)
	_, err = f.DecideRSVP(ctx, event, guest(1), coop.RSVPWaiting, f.decision("rsvp"), nil)
	f.fails(err, coop.Invalid)
	_, err = f.DecideRSVP(ctx, event, guest(7), coop.RSVPGoing, f.decision("rsvp"), nil)
	f.fails(err, coop.NotFound)
	f.same(f.decides(event, guest(1), coop.RSVPRefused), []string{"g1 refused"})
	f.same(f.tally(event), coop.Tally{Going: 1, Maybe: 1})
}

func refusalStays(f *fixture) {
	event := f.event("komona", "one", 0).ID
	f.attend(event, guest(1), coop.RSVPGoing)
	f.decides(event, guest(1), coop.RSVPRefused)
	for _, s := range []coop.RSVPState{coop.RSVPGoing, coop.RSVPAsked, coop.RSVPMaybe, coop.RSVPDeclined} {
		f.same(f.attend(event, guest(1), s), []string{"g1 refused"})
	}
	f.same(f.leaves(event, guest(1)), []string(nil))
	found, err := f.TakeBack(f.Context(), guest(1), guest(1)+"/joins/declined", coop.Seen{}, nil)
	f.ok(err)
	f.same(found, true)
	f.same(f.attend(event, guest(1), coop.RSVPGoing), []string{"g1 refused"})
	f.same(f.decides(event, guest(1), coop.RSVPGoing), []string{"g1 going"})

	f.attend(event, guest(2), coop.RSVPMaybe)
	f.decides(event, guest(2), coop.RSVPRefused)
	f.same(f.decides(event, guest(2), coop.RSVPGoing), []string{"g2 going"})
	f.same(f.guests(event, coop.RSVPGoing), []coop.IRI{guest(1), guest(2)})
}

func capacityChanges(f *fixture) {
	ctx := f.Context()
	event := f.event("komona", "one", 2)
	for i := range 6 {
		f.attend(event.ID, guest(i), coop.RSVPGoing)
	}
	seats := func(n int) {
		pub := f.next(event, "Update")
		pub.Post.Capacity = n
		_, err := f.Revise(ctx, pub)
		f.ok(err)
		event = pub.Post
	}
	seats(3)
	f.same(f.attend(event.ID, guest(7), coop.RSVPGoing), []string{"g2 going promoted", "g7 waiting"}) // nobody is passed over
	seats(5)
	var told []string
	f.ok(f.FillSeats(ctx, event.ID, f.teller(&told)))
	f.same(told, []string{"g3 going promoted", "g4 going promoted"})
	seats(1)
	f.ok(f.FillSeats(ctx, event.ID, f.teller(&told)))
	f.same(len(told), 2)
	f.same(f.tally(event.ID), coop.Tally{Going: 5, Waiting: 2})
	f.same(f.leaves(event.ID, guest(0)), []string(nil)) // still too many
	f.same(f.attend(event.ID, guest(1), coop.RSVPGoing), []string{"g1 going"})
	seats(0)
	f.ok(f.FillSeats(ctx, event.ID, nil))
	f.same(f.tally(event.ID), coop.Tally{Going: 6})
	f.fails(f.FillSeats(ctx, f.id(), nil), coop.NotFound)
}

// whoWaitsIsAskedAbout: who began to wait while anybody could come gets no seat of an
// event about which the co-op decides since, until it has decided about that one too.
func whoWaitsIsAskedAbout(f *fixture) {
	ctx := f.Context()
	event := f.event("komona", "one", 1)
	for i := range 4 {
		f.attend(event.ID, guest(i), coop.RSVPGoing)
	}
	pub := f.next(event, "Update")
	pub.Post.Join = coop.JoinRestricted
	_, err := f.Revise(ctx, pub)
	f.ok(err)
	f.ok(f.FillSeats(ctx, event.ID, nil))
	f.same(f.tally(event.ID), coop.Tally{Going: 1, Waiting: 3})
	f.same(f.decides(event.ID, guest(2), coop.RSVPGoing), []string(nil))         // still waits, and is told nothing new
	f.same(f.attend(event.ID, guest(3), coop.RSVPAsked), []string{"g3 waiting"}) // nothing is gained by asking again
	f.same(f.leaves(event.ID, guest(0)), []string{"g2 going promoted"})
	f.same(f.guests(event.ID, coop.RSVPAsked), []coop.IRI{guest(1)})
	f.same(f.guests(event.ID, coop.RSVPWaiting), []coop.IRI{guest(3)})
	f.same(f.decides(event.ID, guest(1), coop.RSVPGoing), []string{"g1 waiting"})
	f.same(f.leaves(event.ID, guest(2)), []string{"g1 going promoted"}) // decided about before, and before the other in turn
	f.same(f.leaves(event.ID, guest(1)), []string(nil))
	f.same(f.guests(event.ID, coop.RSVPAsked), []coop.IRI{guest(3)})
	f.same(f.decides(event.ID, guest(3), coop.RSVPGoing), []string{"g3 going"})
}

func nobodyIsPromotedLate(f *fixture) {
	ctx := f.Context()
	over := f.meetup("komona", "over", coop.When{Start: coop.WallOf(f.now.AddDate(-1, 0, 0)), Zone: "Europe/Berlin"})
	over.Post.Capacity = 1
	past := f.publish(over).ID
	off := f.event("komona", "off", 1)
	for i := range 2 {
		f.attend(past, guest(i), coop.RSVPGoing)
		r := f.rsvp(off.ID, guest(i), coop.RSVPGoing)
		r.Activity += "/off"
		_, err := f.Attend(ctx, r, coop.Seen{}, nil)
		f.ok(err)
	}
	pub := f.next(off, "Update")
	pub.Post.Status = coop.Cancelled
	_, err := f.Revise(ctx, pub)
	f.ok(err)
	for _, id := range []coop.ID{past, off.ID} {
		f.same(f.leaves(id, guest(0)), []string(nil))
		f.same(f.tally(id), coop.Tally{Waiting: 1})
	}
}

func rsvpIsTakenBack(f *fixture) {
	ctx := f.Context()
	event := f.event("komona", "one", 1).ID
	f.attend(event, guest(1), coop.RSVPGoing)
	f.attend(event, guest(2), coop.RSVPGoing)
	join := f.rsvp(event, guest(1), coop.RSVPGoing).Activity
	found, err := f.TakeBack(ctx, guest(2), join, coop.Seen{}, nil)
	f.ok(err)
	f.same(found, false)
	var told []string
	found, err = f.TakeBack(ctx, guest(1), join, f.seen(guest(1), "undo"), f.teller(&told))
	f.ok(err)
	f.same(found, true)
	f.same(told, []string{"g2 going promoted"})
	f.same(f.tally(event), coop.Tally{Going: 1})
	// An Undo that came first.
	late := f.rsvp(event, guest(3), coop.RSVPMaybe)
	f.ok(f.Drop(ctx, late.Activity, guest(3), coop.Seen{}))
	_, err = f.Attend(ctx, late, coop.Seen{}, nil)
	f.ok(err)
	f.same(f.tally(event), coop.Tally{Going: 1})
}

func activityAnswersOnce(f *fixture) {
	one, two := f.event("komona", "one", 0).ID, f.event("komona", "two", 0).ID
	f.same(f.attend(one, guest(1), coop.RSVPGoing), []string{"g1 going"})
	f.same(f.attend(two, guest(1), coop.RSVPGoing), []string(nil))
	f.same(f.tally(two), coop.Tally{})
	f.same(f.tally(one), coop.Tally{Going: 1})
}

func tellingIsStored(f *fixture) {
	ctx := f.Context()
	event := f.event("komona", "one", 1).ID
	var outs []coop.Outgoing
	tell := func(r coop.RSVP, _ bool) (coop.Outgoing, error) {
		outs = append(outs, f.out("Accept", r.Coop, "", false, r.Inbox))
		return outs[len(outs)-1], nil
	}
	for i := range 2 {
		_, err := f.Attend(ctx, f.rsvp(event, guest(i), coop.RSVPGoing), f.seen(guest(i), "1"), tell)
		f.ok(err)
	}
	f.ok(f.EndRSVP(ctx, event, guest(0), f.seen(guest(0), "2"), tell))
	f.same(len(outs), 3)
	for i, inbox := range []coop.IRI{guest(0) + "/inbox", guest(1) + "/inbox", guest(1) + "/inbox"} {
		d, err := f.Delivery(ctx, outs[i].Deliveries[0].ID)
		f.ok(err)
		f.same(d.Inbox, inbox)
	}
	broken := errors.New("broken")
	_, err := f.Attend(ctx, f.rsvp(event, guest(2), coop.RSVPGoing), f.seen(guest(2), "1"), func(coop.RSVP, bool) (coop.Outgoing, error) { return coop.Outgoing{}, broken })
	f.same(errors.Is(err, broken), true)
	f.same(f.tally(event), coop.Tally{Going: 1}) // nobody has a seat who is not told
	at, err := f.SeenAt(ctx, f.seen(guest(2), "1"))
	f.ok(err)
	f.same(at.IsZero(), true)
}

func attendingIsFound(f *fixture) {
	ctx := f.Context()
	event := f.event("komona", "one", 1).ID
	for i, s := range []coop.RSVPState{coop.RSVPGoing, coop.RSVPGoing, coop.RSVPAsked, coop.RSVPMaybe, coop.RSVPDeclined, coop.RSVPGoing} {
		r := f.rsvp(event, guest(i), s)
		if i%2 == 0 {
			r.Inbox = abox
		}
		_, err := f.Attend(ctx, r, coop.Seen{}, nil)
		f.ok(err)
	}
	f.decides(event, guest(5), coop.RSVPRefused)
	list, err := f.Attending(ctx, event)
	f.ok(err)
	f.same(list, []coop.Box{
		{Inbox: abox, Actors: []coop.IRI{guest(0), guest(2)}},
		{Inbox: guest(1) + "/inbox", Actors: []coop.IRI{guest(1)}},
		{Inbox: guest(3) + "/inbox", Actors: []coop.IRI{guest(3)}},
	})
	moved := f.actor(guest(1))
	moved.Inbox = "https://a.example/elsewhere"
	f.ok(f.SaveActor(ctx, moved))
	shared := f.actor(guest(0))
	shared.SharedInbox = abox
	f.ok(f.SaveActor(ctx, shared)) // the shared one is its inbox too
	list, err = f.Attending(ctx, event)
	f.ok(err)
	f.same(list[0].Inbox, abox)
	f.same(list[1].Inbox, moved.Inbox)
}

func onlyEventsHaveRSVPs(f *fixture) {
	ctx := f.Context()
	note := f.publish(f.note("komona", "one")).ID
	_, err := f.Attend(ctx, f.rsvp(note, guest(1), coop.RSVPGoing), f.seen(guest(1), "1"), nil)
	f.fails(err, coop.Conflict)
	event := f.event("komona", "two", 0).ID
	nameless := f.rsvp(event, guest(1), coop.RSVPGoing)
	nameless.Activity = ""
	_, err = f.Attend(ctx, nameless, coop.Seen{}, nil)
	f.fails(err, coop.Invalid)
	f.ok(f.EndRSVP(ctx, note, guest(1), coop.Seen{}, nil))
}
