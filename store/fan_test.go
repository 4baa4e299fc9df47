// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"plenum/coop"
)

// crowd is a store in which many follow two actors of ours, some both, on hosts
// of which some have several inboxes. It has room for ten in a transaction.
func crowd(tb testing.TB, m *maker, n int) *DB {
	tb.Helper()
	db := openNew(tb)
	db.bounds.fan, db.bounds.fanStep = 10, 7
	for _, name := range []coop.Name{"komona", coop.Relay} {
		m.ok(db.AddCoop(tb.Context(), m.coop(name), []byte(testPEM)))
	}
	for i := range n {
		names := []coop.Name{"komona"}
		switch i % 3 {
		case 1:
			names = []coop.Name{coop.Relay}
		case 2:
			names = append(names, coop.Relay)
		}
		for _, name := range names {
			actor := coop.IRI(fmt.Sprintf("https://h%02d.example/users/%d", i%20, i))
			box := coop.IRI(fmt.Sprintf("https://h%02d.example/inbox/%d", i%20, i%2))
			m.ok(db.AcceptFollow(tb.Context(), coop.Follower{Coop: name, Actor: actor, Follow: actor + "/f", Box: box, Since: testNow}, coop.Seen{}, coop.Outgoing{}))
		}
	}
	return db
}

func (m *maker) fan(pub *coop.Publication, names ...coop.Name) {
	pub.Out.Fans = append(pub.Out.Fans, coop.Fan{Document: pub.Out.Documents[0].ID, Names: names})
}

// spreadOut goes on with all fans, and returns how many steps it took.
func spreadOut(tb testing.TB, db *DB) (steps int) {
	tb.Helper()
	for more := true; more; steps++ {
		var err error
		if more, err = db.Spread(tb.Context()); err != nil {
			tb.Fatal(err)
		}
	}
	return steps
}

// inboxes are those to which deliveries of a document go, in the order in which
// they were made.
func inboxes(tb testing.TB, db *DB, document coop.ID) (list []coop.IRI) {
	tb.Helper()
	all, err := db.Deliveries(tb.Context(), coop.DeliveryFilter{Limit: 10_000})
	if err != nil {
		tb.Fatal(err)
	}
	for _, d := range all {
		if d.Document == document {
			list = append(list, d.Inbox)
		}
	}
	return list
}

func TestALargeFanGoesOnInSteps(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	db := crowd(t, m, 120)
	boxes, err := db.Boxes(t.Context(), "komona", coop.Relay)
	m.ok(err)
	pub := m.post("komona", "first")
	m.fan(&pub, "komona", coop.Relay)
	doc := pub.Out.Documents[0].ID
	_, err = db.Publish(t.Context(), pub)
	m.ok(err)
	if got := len(inboxes(t, db, doc)); got != 10 {
		t.Errorf("with the document %d inboxes have their delivery, want 10", got)
	}
	if r, err := db.Receipt(t.Context(), pub.Post.ID, 0); err != nil || !r.Sent[0].Spreading {
		t.Errorf("the receipt does not say that it is spreading: %+v %v", r, err)
	}
	clean(t, db)
	if got, want := spreadOut(t, db), (len(boxes)-10+6)/7; got < want || got > want+1 {
		t.Errorf("it took %d steps, want %d", got, want)
	}
	clean(t, db)
	got := inboxes(t, db, doc)
	slices.Sort(got)
	var want []coop.IRI
	for _, b := range boxes {
		want = append(want, b.Inbox)
	}
	if !slices.Equal(got, want) {
		t.Errorf("it went to %d inboxes, want %d, each once", len(got), len(want))
	}
	r, err := db.Receipt(t.Context(), pub.Post.ID, 1000)
	m.ok(err)
	if got, want := r.Sent[0].States[coop.Waiting], (coop.Reach{Servers: 20, Followers: 120}); got != want || r.Sent[0].Spreading {
		t.Errorf("the receipt says %+v, want %+v", got, want)
	}
}

// A fan that leaves a host out leaves it out in each of its steps, whichever of its
// inboxes comes.
func TestAFanLeavesAHostOut(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	db := crowd(t, m, 120)
	pub := m.post("komona", "first")
	m.fan(&pub, "komona", coop.Relay)
	pub.Out.Fans[0].Except = "h13.example"
	_, err := db.Publish(t.Context(), pub)
	m.ok(err)
	spreadOut(t, db)
	clean(t, db)
	boxes, err := db.Boxes(t.Context(), "komona", coop.Relay)
	m.ok(err)
	want := slices.DeleteFunc(boxes, func(b coop.Box) bool { return coop.HostOf(b.Inbox) == "h13.example" })
	got := inboxes(t, db, pub.Out.Documents[0].ID)
	if len(got) != len(want) || len(want) == 0 || slices.ContainsFunc(got, func(i coop.IRI) bool { return coop.HostOf(i) == "h13.example" }) {
		t.Errorf("it went to %v", got)
	}
}

// A crash between two steps loses nothing and sends nothing twice.
func TestALargeFanGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	db := crowd(t, m, 120)
	pub := m.post("komona", "first")
	m.fan(&pub, "komona", coop.Relay)
	_, err := db.Publish(t.Context(), pub)
	m.ok(err)
	_, err = db.Spread(t.Context())
	m.ok(err)
	m.ok(db.Close())
	db = openAt(t, db.Dir())
	spreadOut(t, db)
	got := inboxes(t, db, pub.Out.Documents[0].ID)
	slices.Sort(got)
	if n := len(slices.Compact(slices.Clone(got))); n != len(got) || n != 20 {
		t.Errorf("%d deliveries to %d inboxes, want one for each of 20", len(got), n)
	}
}

// An Update that comes while its Create is still on the way out stays behind it at
// every inbox; a Delete stops both.
func TestLaterFansOfAPostStayBehind(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	db := crowd(t, m, 120)
	pub := m.post("komona", "first")
	m.fan(&pub, "komona")
	_, err := db.Publish(t.Context(), pub)
	m.ok(err)
	up := m.next(pub.Post, "Update")
	m.fan(&up, "komona")
	_, err = db.Revise(t.Context(), up)
	m.ok(err)
	if n := len(inboxes(t, db, up.Out.Documents[0].ID)); n != 0 {
		t.Errorf("%d Updates are out before their Create", n)
	}
	_, err = db.Spread(t.Context())
	m.ok(err)
	del := m.next(up.Post, "Delete")
	del.Post.State = coop.Withdrawn
	m.fan(&del, "komona")
	_, err = db.Withdraw(t.Context(), del)
	m.ok(err)
	spreadOut(t, db)
	clean(t, db)
	for doc, want := range map[coop.ID]int{pub.Out.Documents[0].ID: 17, up.Out.Documents[0].ID: 0, del.Out.Documents[0].ID: 20} {
		if got := len(inboxes(t, db, doc)); got != want {
			t.Errorf("of %s there are %d deliveries, want %d", doc, got, want)
		}
	}
}

// A host is one server, however many steps its inboxes take.
func TestAHostIsCountedOnceAcrossSteps(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	db := crowd(t, m, 0)
	for i := range 40 {
		actor := coop.IRI(fmt.Sprintf("https://h.example/users/%02d", i))
		m.ok(db.AcceptFollow(t.Context(), coop.Follower{Coop: "komona", Actor: actor, Follow: actor + "/f", Box: actor + "/inbox", Since: testNow}, coop.Seen{}, coop.Outgoing{}))
	}
	pub := m.post("komona", "first")
	m.fan(&pub, "komona")
	_, err := db.Publish(t.Context(), pub)
	m.ok(err)
	spreadOut(t, db)
	r, err := db.Receipt(t.Context(), pub.Post.ID, 0)
	m.ok(err)
	if got, want := r.Sent[0].States[coop.Waiting], (coop.Reach{Servers: 1, Followers: 40}); got != want {
		t.Errorf("the receipt says %+v, want %+v", got, want)
	}
}

// Who moves from an inbox that a fan has not come to yet to one that it has passed
// gets what it brings all the same, once.
func TestWhoMovesWhileAFanGoesOnIsNotLeftOut(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	db := crowd(t, m, 120)
	pub := m.post("komona", "first")
	m.fan(&pub, "komona")
	_, err := db.Publish(t.Context(), pub)
	m.ok(err)
	for _, n := range []int{18, 38} { // on a host that is to come; i%3 != 1, so they follow komona
		id := coop.IRI(fmt.Sprintf("https://h18.example/users/%d", n))
		m.ok(db.SaveActor(t.Context(), coop.Actor{ID: id, Inbox: id + "/inbox", SharedInbox: "https://h00.example/a", Fetched: testNow}))
	}
	spreadOut(t, db)
	clean(t, db)
	moved := slices.DeleteFunc(inboxes(t, db, pub.Out.Documents[0].ID), func(i coop.IRI) bool { return i != "https://h00.example/a" })
	if len(moved) != 1 {
		t.Errorf("%d deliveries to the inbox that two moved to, want 1", len(moved))
	}
}

// Neither whom an Update names besides, nor a clock that was set back, brings it to
// an inbox before the Create.
func TestNoUpdateOvertakesACreateThatIsStillSpreading(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		others []coop.Box
		clock  int // milliseconds
	}{
		"others":    {others: []coop.Box{{Inbox: "https://h19.example/inbox/1", Actors: []coop.IRI{"https://h19.example/users/new"}}}},
		"set clock": {clock: -10_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMaker(t)
			db := crowd(t, m, 120)
			pub := m.post("komona", "first")
			m.fan(&pub, "komona")
			_, err := db.Publish(t.Context(), pub)
			m.ok(err)
			m.n += tt.clock
			up := m.next(pub.Post, "Update")
			m.n -= tt.clock
			m.fan(&up, "komona")
			up.Out.Fans[0].Others = tt.others
			_, err = db.Revise(t.Context(), up)
			m.ok(err)
			spreadOut(t, db)
			clean(t, db)
			all, err := db.Deliveries(t.Context(), coop.DeliveryFilter{Host: "h19.example"})
			m.ok(err)
			if len(all) != 2 || all[0].Type != "Create" || all[1].Type != "Update" {
				t.Errorf("got %+v, want the Create and then the Update", all)
			}
		})
	}
}

// The order of ids is the order at an inbox, whatever the clock does.
func TestIDsOfDeliveriesOnlyGrow(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	last := coop.ID("")
	for range 3 {
		err := db.write(t.Context(), "test", func(tx *tx) error {
			for range 300 {
				id, err := tx.newID()
				if err != nil || id <= last {
					t.Fatalf("%s came behind %s (%v)", id, last, err)
				}
				last = id
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Whoever answers an event is among those whom a fan names, each with an inbox of its
// own where it likes: what a fan does for each of them must not grow with them.
func TestWhomAFanNamesCostsTheSameHoweverManyTheyAre(t *testing.T) {
	m := newMaker(t)
	db := crowd(t, m, 500)
	cost := func(n int) time.Duration {
		boxes := make([]coop.Box, n)
		for i := range boxes {
			boxes[i].Inbox = coop.IRI(fmt.Sprintf("https://guests.example/users/%08d/inbox", i))
		}
		best := time.Hour
		for range 5 {
			m.ok(db.view(t.Context(), "", func(t *tx) error {
				began := time.Now()
				f := &fanRow{Names: []coop.Name{"komona"}}
				for _, o := range others(t, boxes) {
					f.Others = append(f.Others, o.inbox)
				}
				f.next(t, 1_000)
				best = min(best, time.Since(began))
				return nil
			}))
		}
		return best
	}
	var few, many time.Duration
	for range 10 { // a busy machine may make one of the two slow
		few, many = cost(1_000), cost(16_000)
		if many <= 80*few { // of what grows with the square it would be 256 times as much, each time
			return
		}
	}
	t.Errorf("16000 take %v, 1000 take %v", many, few)
}
