// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plenum/coop"
	"plenum/store"
)

// The event of seatTrial: who wants to come, how many can, and who leaves.
const (
	manyGuests = 500
	seats      = 40
	leavers    = 25
)

// Five hundred ask at once for forty seats, and some of those who got one leave
// again, while the server is killed in between: forty have a seat, in the order in
// which they asked; each Leave lets one in, the first who waits; and everybody is
// told what holds in the end.
func TestSeatsAreGivenOnceHoweverOftenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	for range max(1, *killRounds/100) { // the long form is as many as the sender has new files
		if !t.Run(fmt.Sprint("kill.seed=", seed), func(t *testing.T) { newSeatTrial(t, seed).run(t) }) {
			return
		}
		seed++
	}
}

// seatTrial is an event, those who want to come, and a server that is killed.
type seatTrial struct {
	at     place
	event  string // its id
	inbox  string
	client *http.Client
	guests *guests
	list   []*guest
	dice   *rand.Rand
	kills  int
	again  atomic.Int64 // requests that had to be repeated

	server *server
}

func newSeatTrial(t *testing.T, seed uint64) *seatTrial {
	t.Helper()
	k := &seatTrial{
		at: setUp(t), dice: rand.New(rand.NewPCG(seed, 3)),
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second},
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server's log: %s", k.at.logged(t))
		}
	})
	k.inbox = k.at.url("/ap/inbox")
	k.guests, k.list = newGuests(t, manyGuests)
	token := k.at.token(t)
	k.server = k.at.serve(t)
	when := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	_, event, err := k.at.post(t.Context(), t, k.client, request{coop: "coop", token: token, key: "event", body: fmt.Sprintf(
		`{"type":"Event","name":"Forty chairs","startTime":%q,"joinMode":"free","maximumAttendeeCapacity":%d}`, when, seats)})
	if err != nil || event == "" {
		t.Fatalf("the event was not published: %v", err)
	}
	k.event = event
	return k
}

func (k *seatTrial) run(t *testing.T) {
	t.Helper()
	k.storm(t, k.list, "Join", (*guest).join, 60+k.dice.IntN(60))
	rows := k.rows(t)
	k.checkSeats(t, rows)
	k.tell(t, rows)
	if t.Failed() {
		return
	}
	going, waiting := stand(rows, coop.RSVPGoing), stand(rows, coop.RSVPWaiting)
	k.dice.Shuffle(len(going), func(i, j int) { going[i], going[j] = going[j], going[i] })
	gone, stay := going[:leavers], going[leavers:]
	k.storm(t, slices.DeleteFunc(slices.Clone(k.list), func(g *guest) bool { return !slices.Contains(gone, g.actor) }), "Leave", (*guest).leave, 4+k.dice.IntN(4))
	rows = k.rows(t)
	want := slices.Concat(stay, waiting[:leavers])
	if got := stand(rows, coop.RSVPGoing); !sameActors(got, want) {
		t.Errorf("after %d left, %v have seats, want %v", leavers, names(got), names(want))
	}
	if got := stand(rows, coop.RSVPWaiting); !slices.Equal(got, waiting[leavers:]) {
		t.Errorf("those who wait are others, or in another order: %v, want %v", names(got), names(waiting[leavers:]))
	}
	k.tell(t, rows)
	for _, actor := range waiting[:leavers] {
		if _, n := k.guests.heard(actor, "Accept"); n != 1 {
			t.Errorf("%s was promoted, and %d Accepts were made", path.Base(string(actor)), n)
		}
	}
	k.server.stop(t)
	if said := plenum(t, "verify", filepath.Join(k.at.dir, "data", "plenum.db")); said != "Nothing is wrong.\n" {
		t.Errorf("verify said %q", said)
	}
	t.Logf("%d kills, %d requests repeated", k.kills, k.again.Load())
	if k.kills < 6 || k.again.Load() == 0 {
		t.Error("nothing was interrupted")
	}
}

// storm lets many say something at once, each until it is answered 202, and kills
// the server whenever so many have been answered, and in the end.
func (k *seatTrial) storm(t *testing.T, who []*guest, kind string, id func(*guest) coop.IRI, every int) {
	t.Helper()
	todo, answered := make(chan *guest, len(who)), make(chan struct{}, len(who))
	for _, i := range k.dice.Perm(len(who)) {
		todo <- who[i]
	}
	close(todo)
	var crowd sync.WaitGroup
	for range 24 {
		crowd.Go(func() {
			for g := range todo {
				g.begun = time.Now()
				for k.guests.say(k.client, k.inbox, g, id(g), kind, k.event) != nil {
					k.again.Add(1)
					select {
					case <-t.Context().Done():
						return
					case <-time.After(10 * time.Millisecond):
					}
				}
				g.sure = time.Now()
				answered <- struct{}{}
			}
		})
	}
	for n := range len(who) {
		select {
		case <-answered:
		case <-time.After(time.Minute):
			t.Fatalf("%d of %d were answered, and then nobody for a minute", n, len(who))
		}
		if n%every == every-1 {
			k.kill(t)
			k.server = k.at.serve(t)
		}
	}
	k.kill(t)
	crowd.Wait()
}

func (k *seatTrial) kill(t *testing.T) {
	t.Helper()
	k.kills++
	if err := k.server.kill(); err != nil {
		t.Error(err)
	}
}

// rows reads the file that a killed server left behind, which is sound.
func (k *seatTrial) rows(t *testing.T) []coop.RSVP {
	t.Helper()
	db, err := store.Open(filepath.Join(k.at.dir, "data"), store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if found, err := db.Verify(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("verify: %v %v", found, err)
	}
	rows, err := db.RSVPs(t.Context(), coop.RSVPQuery{Post: coop.ID(path.Base(k.event)), Limit: 2 * manyGuests})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// checkSeats wants everybody to stand in the order in which they asked, and the
// first to have the seats.
func (k *seatTrial) checkSeats(t *testing.T, rows []coop.RSVP) {
	t.Helper()
	turns := map[coop.IRI]uint64{}
	var last uint64
	for _, r := range slices.SortedFunc(slices.Values(rows), func(a, b coop.RSVP) int { return int(a.Turn) - int(b.Turn) }) {
		want := coop.RSVPGoing
		if len(turns) >= seats {
			want = coop.RSVPWaiting
		}
		if r.State != want || r.Turn == last {
			t.Errorf("%s is the %dth and %s, with the turn %d behind %d", path.Base(string(r.Actor)), len(turns)+1, r.State, r.Turn, last)
		}
		last = r.Turn
		turns[r.Actor] = r.Turn
	}
	if len(rows) != manyGuests || len(turns) != manyGuests {
		t.Errorf("%d rows of %d actors, want %d of each", len(rows), len(turns), manyGuests)
	}
	for _, a := range k.list {
		for _, b := range k.list {
			if a.sure.Before(b.begun) && turns[a.actor] > turns[b.actor] {
				t.Errorf("%s was answered before %s asked, and stands behind it", path.Base(string(a.actor)), path.Base(string(b.actor)))
			}
		}
	}
}

// tell starts the server and waits until everybody has been told what holds.
func (k *seatTrial) tell(t *testing.T, rows []coop.RSVP) {
	t.Helper()
	k.server = k.at.serve(t)
	control := overSocket(filepath.Join(k.at.dir, "data", socketName))
	defer control.close()
	eventually(t, 50*time.Second, func() string {
		// the schedule would let half a minute pass after a lost attempt
		if err := control.call(t.Context(), http.MethodPost, "/control/deliveries/retry?state=waiting", nil, nil); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			want := "Reject"
			if r.State == coop.RSVPGoing {
				want = "Accept"
			}
			if last, _ := k.guests.heard(r.Actor, want); last != want {
				return fmt.Sprintf("%s is %s and was last told %q", path.Base(string(r.Actor)), r.State, last)
			}
		}
		return ""
	})
}

// stand are the actors in a state, in the order of their turns.
func stand(rows []coop.RSVP, s coop.RSVPState) (list []coop.IRI) {
	for _, r := range slices.SortedFunc(slices.Values(rows), func(a, b coop.RSVP) int { return int(a.Turn) - int(b.Turn) }) {
		if r.State == s {
			list = append(list, r.Actor)
		}
	}
	return list
}

func sameActors(a, b []coop.IRI) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// names are actors as a failure shows them.
func names(list []coop.IRI) string {
	var short []string
	for _, i := range list {
		short = append(short, path.Base(string(i)))
	}
	return strings.Join(short, " ")
}
