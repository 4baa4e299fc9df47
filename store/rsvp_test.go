// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"plenum/coop"
)

const (
	seats  = 40
	guests = 500
)

// house opens an event with a number of seats.
func house(m *maker, db *DB) coop.ID {
	m.ok(db.AddCoop(m.Context(), m.coop("komona"), []byte(testPEM)))
	pub := m.post("komona", "event")
	pub.Post.Capacity = seats
	_, err := db.Publish(m.Context(), pub)
	m.ok(err)
	return pub.Post.ID
}

func guestName(i int) coop.IRI {
	return coop.IRI(fmt.Sprintf("https://h%d.example/users/g%03d", i%7, i))
}

func joining(event coop.ID, i int) (coop.RSVP, coop.Seen) {
	who := guestName(i)
	return coop.RSVP{Post: event, Actor: who, Inbox: who + "/inbox", Activity: who + "/join", Form: "Join", State: coop.RSVPGoing, At: testNow},
		coop.Seen{Actor: who, Activity: who + "/join", At: testNow}
}

// doorman tells guests what became of them, and counts how often each is promoted.
type doorman struct {
	db       *DB
	promoted []coop.IRI
	mu       sync.Mutex
}

func (d *doorman) tell(r coop.RSVP, promoted bool) (coop.Outgoing, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if promoted {
		d.promoted = append(d.promoted, r.Actor)
	}
	id, err := coop.NewID(testNow, d.db.random)
	if err != nil {
		return coop.Outgoing{}, err
	}
	delivery, err := coop.NewID(testNow, d.db.random)
	answer := map[bool]string{true: "Accept", false: "Reject"}[r.State == coop.RSVPGoing]
	return coop.Outgoing{
		Documents:  []coop.Document{{ID: id, Actor: r.Coop, Type: answer, At: testNow, Body: []byte(`{}`)}},
		Deliveries: []coop.Delivery{{ID: delivery, Document: id, Actor: r.Coop, Type: answer, Inbox: r.Inbox, Created: testNow, Next: testNow}},
	}, err
}

// answersTold counts the deliveries of a kind.
func answersTold(tb testing.TB, db *DB) map[string]int {
	tb.Helper()
	list, err := db.Deliveries(tb.Context(), coop.DeliveryFilter{Limit: 10 * guests})
	if err != nil {
		tb.Fatal(err)
	}
	n := map[string]int{}
	for _, d := range list {
		n[d.Type]++
	}
	return n
}

func answersOf(tb testing.TB, db *DB, event coop.ID, s coop.RSVPState) []coop.RSVP {
	tb.Helper()
	list, err := db.RSVPs(tb.Context(), coop.RSVPQuery{Post: event, State: s, Limit: 10 * guests})
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

// inTurn checks that the first to ask have the seats and all others wait, each in its
// turn.
func inTurn(tb testing.TB, db *DB, event coop.ID, all int) {
	tb.Helper()
	going, waiting := answersOf(tb, db, event, coop.RSVPGoing), answersOf(tb, db, event, coop.RSVPWaiting)
	if len(going) != min(all, seats) || len(waiting) != max(0, all-seats) {
		tb.Fatalf("%d have a seat and %d wait, of %d for %d seats", len(going), len(waiting), all, seats)
	}
	for i, r := range append(going, waiting...) {
		if r.Turn != uint64(i+1) {
			tb.Fatalf("as number %d stands %s, who asked as number %d", i+1, r.Actor, r.Turn)
		}
	}
	clean(tb, db)
}

// atOnce does something as often as is said, all at the same time.
func atOnce(tb testing.TB, n int, do func(i int) error) {
	tb.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			tb.Fatalf("%d: %v", i, err)
		}
	}
}

func TestFiveHundredJoinAtOnceForFortySeats(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	db := openAt(t, dir)
	event := house(newMaker(t), db)
	door := &doorman{db: db}
	got := make([]coop.RSVP, guests)
	atOnce(t, guests, func(i int) (err error) {
		r, seen := joining(event, i)
		got[i], err = db.Attend(t.Context(), r, seen, door.tell)
		return err
	})
	inTurn(t, db, event, guests)
	if len(door.promoted) != 0 {
		t.Errorf("promoted were %v while nobody left", door.promoted)
	}
	stored := map[coop.IRI]coop.RSVP{}
	for _, r := range answersOf(t, db, event, "") {
		stored[r.Actor] = r
	}
	for _, r := range got {
		if stored[r.Actor] != r {
			t.Fatalf("somebody was told %+v, stored is %+v", r, stored[r.Actor])
		}
	}
	if n := answersTold(t, db); n["Accept"] != seats || n["Reject"] != guests-seats {
		t.Errorf("told were %v", n)
	}

	going, waiting := answersOf(t, db, event, coop.RSVPGoing), answersOf(t, db, event, coop.RSVPWaiting)
	atOnce(t, len(going), func(i int) error {
		return db.EndRSVP(t.Context(), event, going[i].Actor, coop.Seen{Actor: going[i].Actor, Activity: going[i].Actor + "/leave", At: testNow}, door.tell)
	})
	// A group that is repeated calls the teller again, so that what it saw is no
	// measure: what is stored is.
	next := answersOf(t, db, event, coop.RSVPGoing)
	if len(next) != seats || !slices.EqualFunc(next, waiting[:seats], func(a, b coop.RSVP) bool { return a.Actor == b.Actor }) {
		t.Errorf("after %d left, %d have a seat, and not those who waited longest", len(going), len(next))
	}
	if n := answersTold(t, db); n["Accept"] != 2*seats {
		t.Errorf("told were %v, want one Accept for each who left", n)
	}
	clean(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openAt(t, dir)
	if again := answersOf(t, db, event, coop.RSVPGoing); !slices.Equal(again, next) {
		t.Error("other guests have seats after the file was opened again")
	}
	clean(t, db)
}

// crashVar tells the process that TestSeatsSurviveAKill starts where it works.
const crashVar = "PLENUM_STORE_CRASH_DIR"

// TestJoinUntilKilled is the process that is killed; it says who was stored, each
// on a line.
func TestJoinUntilKilled(t *testing.T) {
	dir := os.Getenv(crashVar)
	if dir == "" {
		t.Skip("runs as a process of its own, which TestSeatsSurviveAKill starts")
	}
	db := openAt(t, dir)
	event := house(newMaker(t), db)
	door := &doorman{db: db}
	fmt.Printf("event %s\n", event)
	var wg sync.WaitGroup
	for i := range guests {
		wg.Go(func() {
			r, seen := joining(event, i)
			if _, err := db.Attend(context.Background(), r, seen, door.tell); err == nil {
				fmt.Printf("stored %s\n", r.Actor)
			}
		})
	}
	wg.Wait()
	select {} // until it is killed
}

func TestSeatsSurviveAKill(t *testing.T) {
	t.Parallel()
	for _, most := range []int{1, 60, 300} { // so many are told before the process is killed
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			event, told := joinUntil(t, dir, most)
			db := openAt(t, dir)
			all := answersOf(t, db, event, "")
			inTurn(t, db, event, len(all))
			stored := map[coop.IRI]bool{}
			for _, r := range all {
				stored[r.Actor] = true
			}
			for _, who := range told {
				if !stored[who] {
					t.Errorf("%s was told that it is stored, and is not", who)
				}
			}
			if n := answersTold(t, db); n["Accept"]+n["Reject"] != len(all) {
				t.Errorf("of %d answers are stored %v", len(all), n)
			}
			door := &doorman{db: db}
			atOnce(t, guests, func(i int) error { // all ask again, as their servers do
				r, seen := joining(event, i)
				_, err := db.Attend(t.Context(), r, seen, door.tell)
				return err
			})
			inTurn(t, db, event, guests)
		})
	}
}

// joinUntil lets a process join until it has said so often that it stored one, and
// kills it.
func joinUntil(t *testing.T, dir string, most int) (event coop.ID, told []coop.IRI) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestJoinUntilKilled$", "-test.count=1")
	cmd.Env = append(os.Environ(), crashVar+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	for lines := bufio.NewScanner(out); lines.Scan(); { // what it still said counts too
		what, of, _ := strings.Cut(lines.Text(), " ")
		switch what {
		case "event":
			event = coop.ID(of)
		case "stored":
			told = append(told, coop.IRI(of))
		default:
			t.Logf("the process says %q", lines.Text())
		}
		if len(told) >= most && !killed {
			killed = true
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || event == "" || len(told) < most {
		t.Fatalf("the process ended by itself (%v) and told %d", err, len(told))
	}
	return event, told
}
