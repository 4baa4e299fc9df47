// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"fmt"
	"time"

	"plenum/coop"
)

func archiveTests() []test {
	return []test{
		{"an actor's activities are there, listed or not", saidIsComplete},
		{"what counts is noted for the co-op that it came for", arrivalsAreNoted},
		{"what counts is noted by every verb", everyVerbNotes},
		{"what does not count is noted nowhere", nothingElseIsNoted},
		{"arrivals are bounded", arrivalsAreBounded},
		{"old arrivals are forgotten, but for the newest", arrivalsAreForgotten},
		{"arrivals go with their co-op and with who is expelled", arrivalsGo},
	}
}

func saidIsComplete(f *fixture) {
	ctx := f.Context()
	a := f.publish(f.note("komona", "one"))
	b := f.publish(f.note("komona", "two"))
	f.publish(f.note("kollektiv", "other"))
	private := f.out("Block", "komona", "", false)
	private.Documents[0].Private = true
	f.ok(f.ReviseCoop(ctx, f.coop("komona"), private))
	_, err := f.Withdraw(ctx, f.next(b, "Delete"))
	f.ok(err)
	var got []string
	before := coop.ID("")
	for range 3 {
		docs, total, err := f.Said(ctx, "komona", before, 2)
		f.ok(err)
		f.same(total, 3)
		for _, d := range docs {
			got = append(got, d.Type)
			before = d.ID
			if len(d.Body) == 0 {
				f.Errorf("%s has no body", d.ID)
			}
		}
	}
	f.same(got, []string{"Delete", "Block", "Create"})
	f.same(before, a.Activity)
	_, total, err := f.Said(ctx, "nobody", "", 2)
	f.ok(err)
	f.same(total, 0)
}

// came lists what came for a co-op, the newest first.
func (f *fixture) came(n coop.Name) (list []string) {
	f.Helper()
	rows, total, err := f.Arrivals(f.Context(), n, 0, 100)
	f.ok(err)
	for i, a := range rows {
		list = append(list, a.Type)
		if a.Coop != n || a.ID == "" || a.Actor == "" || a.At.IsZero() || a.Turn != uint64(total-i) {
			f.Errorf("of %d got %+v", total, a)
		}
	}
	return list
}

// says is an activity that says what it is.
func (f *fixture) says(kind, id string, names ...coop.Name) coop.Seen {
	s := f.seen("https://a.example/u", id)
	s.Type, s.Object, s.For = kind, "https://x.example/1", names
	return s
}

func arrivalsAreNoted(f *fixture) {
	ctx := f.Context()
	seen := f.says("Create", "1", "komona", "kollektiv", "nobody")
	f.ok(f.Drop(ctx, "https://a.example/o", seen.Actor, seen))
	f.ok(f.Drop(ctx, "https://a.example/o", seen.Actor, seen)) // a second copy
	f.same(f.came("komona"), []string{"Create"})
	f.same(f.came("kollektiv"), []string{"Create"})
	seen.Again, seen.Type = true, "Update"
	f.ok(f.Drop(ctx, "https://a.example/o", seen.Actor, seen))
	f.same(f.came("komona"), []string{"Update", "Create"})
	got, err := f.Arrival(ctx, "komona", seen.Activity)
	f.ok(err)
	f.same(got, coop.Arrival{Coop: "komona", Turn: 2, ID: seen.Activity, Type: "Update", Actor: seen.Actor, Object: seen.Object, At: got.At})
	list, total, err := f.Arrivals(ctx, "komona", 2, 10)
	f.ok(err)
	f.same(total, 2)
	f.same(len(list), 1)
	for _, id := range []coop.IRI{seen.Object, seen.Activity + "1", ""} {
		_, err = f.Arrival(ctx, "komona", id)
		f.fails(err, coop.NotFound)
	}
	odd := f.says("Like", "odd?a=1&b=<2>", "komona") // which JSON may write in two ways
	f.ok(f.Drop(ctx, "https://a.example/o", odd.Actor, odd))
	_, err = f.Arrival(ctx, "komona", odd.Activity)
	f.ok(err)

	local := coop.Arrival{Coop: "komona", ID: "https://x.example/offer", Type: "Offer", Actor: "https://x.example/ap/coops/kollektiv", Turn: 77}
	f.ok(f.ReviseCoop(ctx, f.coop("kollektiv"), coop.Outgoing{Arrivals: []coop.Arrival{local}}))
	f.same(f.came("komona"), []string{"Offer", "Like", "Update", "Create"})
}

// everyVerbNotes lets each verb find out by itself for whom something came.
func everyVerbNotes(f *fixture) {
	ctx := f.Context()
	event := f.publish(f.meetup("komona", "event", coop.When{Start: "2318-12-29", Zone: "Europe/Berlin", AllDay: true}))
	u := coop.IRI("https://a.example/u")
	want := []string{}
	note := func(kind string, do func(coop.Seen) error) {
		f.Helper()
		f.ok(do(f.says(kind, fmt.Sprintf("%d", len(want)))))
		want = append([]string{kind}, want...)
		f.same(f.came("komona"), want)
	}
	note("Follow", func(s coop.Seen) error { return f.AskFollow(ctx, f.follower("komona", u, u+"/inbox"), s) })
	note("Follow", func(s coop.Seen) error {
		return f.AcceptFollow(ctx, f.follower("komona", u, u+"/inbox"), s, coop.Outgoing{})
	})
	note("Undo", func(s coop.Seen) error { return f.EndFollow(ctx, "komona", u, s, coop.Outgoing{}) })
	f.ok(f.StartFollow(ctx, coop.Following{Coop: "komona", Actor: u, Follow: f.id(), State: coop.FollowAsked, Since: f.now}, coop.Outgoing{}))
	note("Accept", func(s coop.Seen) error { return f.SettleFollow(ctx, "komona", u, coop.FollowAccepted, s) })
	note("Like", func(s coop.Seen) error {
		return f.React(ctx, coop.Reaction{Post: event.ID, Kind: coop.Liked, Actor: u, Activity: s.Activity, At: f.now}, s)
	})
	liked := u + coop.IRI(fmt.Sprintf("/%d", len(want)-1))
	note("Undo", func(s coop.Seen) error {
		return f.Unreact(ctx, coop.Reaction{Post: event.ID, Actor: u, Activity: liked}, s, coop.Liked)
	})
	note("Announce", func(s coop.Seen) error {
		return f.React(ctx, coop.Reaction{Post: event.ID, Kind: coop.Shared, Actor: u, Activity: s.Activity, At: f.now}, s)
	})
	shared := u + coop.IRI(fmt.Sprintf("/%d", len(want)-1))
	note("Undo", func(s coop.Seen) error { _, err := f.TakeBack(ctx, u, shared, s, nil); return err })
	c := coop.Comment{Object: "https://a.example/c", Post: event.ID, By: u, Activity: u + "/c", Body: "<p>a</p>", Text: "a", At: f.now, Updated: f.now, State: coop.CommentShown}
	note("Create", func(s coop.Seen) error {
		s.Activity = "" // the row tells that it came
		_, err := f.KeepComment(ctx, c, s, coop.Outgoing{})
		return err
	})
	c.Text, c.Updated = "b", f.now.Add(time.Minute)
	note("Update", func(s coop.Seen) error { _, err := f.KeepComment(ctx, c, s, coop.Outgoing{}); return err })
	note("Delete", func(s coop.Seen) error { return f.Drop(ctx, c.Object, u, s) })
	note("Join", func(s coop.Seen) error {
		_, err := f.Attend(ctx, coop.RSVP{Post: event.ID, Actor: u, Inbox: u + "/inbox", Activity: s.Activity, Form: "Join", State: coop.RSVPGoing, At: f.now}, s, nil)
		return err
	})
	note("Leave", func(s coop.Seen) error { return f.EndRSVP(ctx, event.ID, u, s, nil) })
	note("Create", func(s coop.Seen) error {
		return f.Keep(ctx, coop.Received{Object: "https://a.example/r", By: u, Via: u, At: f.now, For: []coop.Name{"komona"}, Body: []byte("{}")}, s)
	})
	note("Flag", func(s coop.Seen) error {
		return f.Complain(ctx, coop.Complaint{ID: f.id(), Coop: "komona", By: u, Activity: s.Activity, At: f.now}, s)
	})
	f.same(f.came("kollektiv"), []string{})
}

func nothingElseIsNoted(f *fixture) {
	ctx := f.Context()
	p := f.publish(f.note("komona", "one"))
	u := coop.IRI("https://a.example/u")
	f.ok(f.MarkSeen(ctx, f.says("View", "1", "komona")))
	f.ok(f.Drop(ctx, "https://a.example/o", u, f.says("Delete", "2"))) // of something that nobody keeps
	f.ok(f.Drop(ctx, "https://a.example/o", u, f.seen(u, "3")))        // does not say what it is
	r := coop.Reaction{Post: p.ID, Kind: coop.Liked, Actor: u, Activity: u + "/4", At: f.now}
	f.ok(f.React(ctx, r, f.says("Like", "4")))
	f.ok(f.React(ctx, r, f.says("Like", "4")))
	found, err := f.TakeBack(ctx, u, u+"/5", f.says("Undo", "6"), nil)
	f.ok(err)
	f.same(found, false)
	f.same(f.came("komona"), []string{"Like"})
}

func arrivalsAreBounded(f *fixture) {
	var out coop.Outgoing
	for i := range coop.MaxArrivals + 1000 {
		out.Arrivals = append(out.Arrivals, coop.Arrival{Coop: "komona", ID: coop.IRI(fmt.Sprintf("https://a.example/%d", i)), Type: "Like", Actor: "https://a.example/u", At: f.now})
	}
	f.ok(f.ReviseCoop(f.Context(), f.coop("komona"), out))
	_, total, err := f.Arrivals(f.Context(), "komona", 0, 1)
	f.ok(err)
	if total < coop.MaxArrivals || total > coop.MaxArrivals+64 {
		f.Errorf("kept are %d", total)
	}
	f.prune(f.now)
	list, total, err := f.Arrivals(f.Context(), "komona", 0, 1)
	f.ok(err)
	f.same(total, coop.MaxArrivals)
	f.same(list[0].Turn, uint64(coop.MaxArrivals+1000))
}

func arrivalsAreForgotten(f *fixture) {
	ctx := f.Context()
	for i := range 3 {
		s := f.says("Like", fmt.Sprint(i), "komona")
		f.ok(f.Drop(ctx, "https://a.example/o", s.Actor, s))
	}
	f.same(f.prune(f.now.Add(89 * 24 * time.Hour))["arrivals"], 0)
	f.same(f.prune(f.now.Add(91 * 24 * time.Hour))["arrivals"], 2)
	list, _, err := f.Arrivals(ctx, "komona", 0, 10)
	f.ok(err)
	f.same(list[0].Turn, uint64(3))
	f.same(len(list), 1)
}

func arrivalsGo(f *fixture) {
	ctx := f.Context()
	for _, host := range []coop.IRI{"https://bad.example/u", "https://a.example/u", "https://sub.bad.example/bad.example"} {
		s := f.says("Like", "1", "komona", "kollektiv")
		s.Actor, s.Activity = host, host+"/1"
		f.ok(f.Drop(ctx, "https://a.example/o", s.Actor, s))
	}
	for more := true; more; {
		var err error
		more, err = f.Expel(ctx, "bad.example", nil)
		f.ok(err)
	}
	list, _, err := f.Arrivals(ctx, "komona", 0, 10)
	f.ok(err)
	if len(list) != 1 || list[0].Actor != "https://a.example/u" {
		f.Errorf("got %+v", list)
	}
	c := f.coop("komona")
	c.Gone = f.now
	f.ok(f.RemoveCoop(ctx, c, coop.Outgoing{}))
	_, total, err := f.Arrivals(ctx, "komona", 0, 10)
	f.ok(err)
	f.same(total, 0)
	_, total, err = f.Arrivals(ctx, "kollektiv", 0, 10)
	f.ok(err)
	f.same(total, 1)
}
