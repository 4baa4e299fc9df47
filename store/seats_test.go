// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/coop"
)

// errTold is a tell that fails: what it was about must not have happened.
var errTold = errors.New("nobody can be told")

// Whatever comes at once, and whichever of it fails behind what it wrote: no seat is
// given twice, none is free while somebody waits, and each was last told what is so.
func TestSeatsStaySoundWhateverSharesACommit(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		m, db := newMaker(t), openNew(t)
		r := rand.New(rand.NewPCG(seed, 7))
		event := house(m, db)
		pub, door := coop.Post{}, &doorman{db: db}
		pub, err := db.Post(t.Context(), event)
		m.ok(err)
		tell := func(r coop.RSVP, promoted bool) (coop.Outgoing, error) {
			out, err := door.tell(r, promoted)
			out.Deliveries[0].ID, out.Deliveries[0].Post = "", r.Post // the store numbers them
			return out, err
		}
		capacity := func(n int) {
			next := m.next(pub, "Update")
			next.Post.Capacity = n
			_, err := db.Revise(t.Context(), next)
			m.ok(err)
			pub = next.Post
			m.ok(db.FillSeats(t.Context(), event, tell))
		}
		capacity(3)
		for round := range 40 {
			if round%10 == 9 {
				capacity(3 + round/10)
			}
			crowdDoes(m, db, r, tell, event, round)
			soundSeats(t, db, event, pub.Capacity)
		}
		if got := toldLast(t, db); len(got) != 12 {
			t.Errorf("seed %d: %d of 12 were ever told anything", seed, len(got))
		}
		m.ok(db.Close())
	}
}

// crowdDoes lets twelve guests do something, all at once.
func crowdDoes(m *maker, db *DB, r *rand.Rand, told coop.TellFunc, event coop.ID, round int) {
	m.Helper()
	type deed struct{ who, what, fails int }
	var deeds []deed
	for i := range 24 {
		deeds = append(deeds, deed{i % 12, r.IntN(10), r.IntN(8)})
	}
	var once sync.Map
	atOnce(m, len(deeds), func(i int) error {
		d := deeds[i]
		if _, twice := once.LoadOrStore(d.who, true); twice && d.what < 8 {
			return nil // who does two things at once says what was last itself
		}
		tell := told
		if d.fails == 0 {
			tell = func(rsvp coop.RSVP, promoted bool) (coop.Outgoing, error) {
				out, err := told(rsvp, promoted)
				return out, errors.Join(err, errTold)
			}
		}
		err := does(m, db, tell, event, d.who, d.what, round)
		if errors.Is(err, errTold) || coop.CodeOf(err) == coop.NotFound || coop.CodeOf(err) == coop.Conflict {
			return nil
		}
		return err
	})
}

func does(m *maker, db *DB, tell coop.TellFunc, event coop.ID, who, what, round int) error {
	actor := guestName(who)
	id := actor + coop.IRI("/"+strings.Repeat("x", round))
	state := coop.RSVPGoing
	switch what {
	case 4:
		state = coop.RSVPMaybe
	case 5:
		return db.EndRSVP(m.Context(), event, actor, coop.Seen{}, tell)
	case 6:
		return db.ForgetActor(m.Context(), actor, coop.Seen{}, tell)
	case 7:
		_, err := db.TakeBack(m.Context(), actor, id[:len(id)-round/2], coop.Seen{}, tell)
		return err
	case 8:
		return db.FillSeats(m.Context(), event, tell)
	case 9:
		return db.React(m.Context(), coop.Reaction{Post: event, Kind: coop.Liked, Actor: actor, Activity: id + "/like"}, coop.Seen{})
	}
	_, err := db.Attend(m.Context(), coop.RSVP{Post: event, Actor: actor, Inbox: actor + "/inbox", Activity: id, Form: "Join", State: state,
		At: testNow.Add(time.Duration(round+1) * time.Minute)}, coop.Seen{At: testNow}, tell)
	return err
}

// soundSeats checks what is to be true of an event at any time.
func soundSeats(t *testing.T, db *DB, event coop.ID, capacity int) {
	t.Helper()
	clean(t, db)
	going, waiting := answersOf(t, db, event, coop.RSVPGoing), answersOf(t, db, event, coop.RSVPWaiting)
	if len(going) > capacity || len(going) < capacity && len(waiting) > 0 {
		t.Fatalf("%d have one of %d seats, and %d wait", len(going), capacity, len(waiting))
	}
	told := toldLast(t, db)
	for want, list := range map[string][]coop.RSVP{"Accept": going, "Reject": waiting} {
		for _, r := range list {
			if told[r.Inbox] != want {
				t.Fatalf("%s is %s, and was told %q last", r.Actor, r.State, told[r.Inbox])
			}
		}
	}
}

// toldLast is the type of what was last sent to each inbox.
func toldLast(tb testing.TB, db *DB) map[coop.IRI]string {
	tb.Helper()
	list, err := db.Deliveries(tb.Context(), coop.DeliveryFilter{Limit: 100_000})
	if err != nil {
		tb.Fatal(err)
	}
	last, at := map[coop.IRI]string{}, map[coop.IRI]coop.ID{}
	for _, d := range list {
		if d.ID > at[d.Inbox] {
			last[d.Inbox], at[d.Inbox] = d.Type, d.ID
		}
	}
	return last
}
