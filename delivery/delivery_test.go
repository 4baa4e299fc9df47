// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plenum/coop"
	"plenum/delivery"
)

// Every test runs in a bubble: a week passes in a blink, and a goroutine that is
// left behind fails the test.
func bubble(t *testing.T, f func(*testing.T)) {
	t.Helper()
	t.Parallel()
	first() // outside, so that two bubbles never wait for each other
	second()
	synctest.Test(t, f)
}

func TestHostThatIsDownIsTriedForSevenDays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began, q, net := time.Now(), &queue{}, always(503)
		row := q.add("https://b.example/inbox")
		stop := start(t, worker(t, q, net))
		time.Sleep(30 * 24 * time.Hour)
		stop()

		want := []time.Duration{0}
		for _, w := range []string{"30s", "2m", "10m", "30m", "1h", "2h", "4h", "8h", "16h", "24h", "24h", "24h", "24h", "24h", "16h17m30s"} {
			d, err := time.ParseDuration(w)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, want[len(want)-1]+d)
		}
		if got := net.arrivals("https://b.example/inbox", began); !slices.Equal(got, want) {
			t.Errorf("attempts\n got %v\nwant %v", got, want)
		}
		if last := want[len(want)-1]; last != 7*24*time.Hour {
			t.Errorf("the last attempt is expected after %v", last)
		}
		if row.State != coop.Dead || row.Attempts != 16 || !row.Next.IsZero() {
			t.Errorf("got %s after %d attempts, next %v", row.State, row.Attempts, row.Next)
		}
	})
}

func TestHostThatComesBackGetsItsDeliveries(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began, q := time.Now(), &queue{}
		net := &network{answer: func(int, *http.Request) (*http.Response, error) {
			if time.Since(began) < 40*time.Minute {
				return status(502), nil
			}
			return status(202), nil
		}}
		row := q.add("https://b.example/inbox")
		stop := start(t, worker(t, q, net))
		time.Sleep(7 * 24 * time.Hour)
		stop()
		want := []time.Duration{0, 30 * time.Second, 150 * time.Second, 750 * time.Second, 2550 * time.Second}
		if got := net.arrivals("https://b.example/inbox", began); !slices.Equal(got, want) || row.State != coop.Done {
			t.Errorf("got %s after %v want %v", row.State, got, want)
		}
	})
}

func TestFollowerWhoseActorIsGoneIsRemoved(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &queue{}
		ada := q.add("https://b.example/ada/inbox", "https://b.example/ada")
		bob := q.add("https://b.example/bob/inbox", "https://b.example/bob")
		box := q.add("https://c.example/inbox", "https://c.example/cem", "https://c.example/dot")
		down := q.add("https://d.example/inbox", "https://b.example/ada")
		net := &network{answer: func(_ int, r *http.Request) (*http.Response, error) {
			switch r.URL.Host {
			case "c.example":
				return status(404), nil
			case "d.example":
				return status(503), nil
			}
			return status(410), nil
		}}
		w := worker(t, q, net)
		w.Gone = func(_ context.Context, a coop.IRI) bool {
			return a == "https://b.example/ada" || a == "https://c.example/dot"
		}
		stop := start(t, w)
		synctest.Wait()
		stop()
		for _, c := range []struct {
			row    *row
			state  coop.DeliveryState
			remove []coop.IRI
		}{
			{ada, coop.Left, []coop.IRI{"https://b.example/ada"}},
			{bob, coop.Dead, nil},
			{box, coop.Left, []coop.IRI{"https://c.example/dot"}},
			{down, coop.Waiting, nil}, // a server that is down proves nothing
		} {
			if v := c.row.verdicts[0]; v.State != c.state || !slices.Equal(v.Remove, c.remove) {
				t.Errorf("%s: got %+v", c.row.Inbox, v)
			}
		}
	})
}

func TestCleanStopCostsNoAttempt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &queue{}
		net := &network{answer: func(_ int, r *http.Request) (*http.Response, error) { return hang(r) }}
		rows := []*row{q.add("https://b.example/inbox"), q.add("https://c.example/inbox")}
		stop := start(t, worker(t, q, net))
		time.Sleep(time.Second)
		at := time.Now()
		stop()
		if took := time.Since(at); took != 10*time.Second {
			t.Errorf("stopping took %v, want the ten seconds of grace", took)
		}
		for _, r := range rows {
			if r.Attempts != 0 || r.refunded != 1 || len(r.verdicts) != 0 || r.State != coop.Waiting || r.Next.After(time.Now()) {
				t.Errorf("got %+v", r)
			}
		}
	})
}

func TestStopWaitsForAnswersAndLeasesNothingMore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &queue{}
		net := &network{answer: func(int, *http.Request) (*http.Response, error) {
			time.Sleep(4 * time.Second)
			return status(202), nil
		}}
		sent, behind := q.add("https://b.example/inbox"), q.add("https://b.example/inbox")
		stop := start(t, worker(t, q, net))
		time.Sleep(time.Second)
		at := time.Now()
		stop()
		if took := time.Since(at); took != 3*time.Second {
			t.Errorf("stopping took %v, want until the answer", took)
		}
		if sent.State != coop.Done || sent.refunded != 0 || behind.Attempts != 0 {
			t.Errorf("got %+v and %+v", sent, behind)
		}
	})
}

func TestRunEndsAlthoughARequestDoesNot(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, release := &queue{}, make(chan struct{})
		net := &network{answer: func(int, *http.Request) (*http.Response, error) {
			<-release // whatever the context says
			return status(202), nil
		}}
		q.add("https://b.example/inbox")
		w := worker(t, q, net)
		w.Client.Timeout = 0 // so that the client does not wait for the round tripper either way
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Run(ctx) }()
		synctest.Wait()
		cancel()
		at := time.Now()
		if err := <-ended; err == nil || time.Since(at) != 15*time.Second {
			t.Errorf("got %v after %v", err, time.Since(at))
		}
		close(release)
	})
}

func TestHostThatHangsDelaysNobodyElse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, began := &queue{}, time.Now()
		for n := range 60 {
			q.add(fmt.Sprintf("https://hang.example/%d/inbox", n)) // before all others in the queue
		}
		var others []string
		for n := range 100 {
			others = append(others, fmt.Sprintf("https://h%d.example/inbox", n))
			q.add(others[n])
		}
		net := &network{answer: func(_ int, r *http.Request) (*http.Response, error) {
			if r.URL.Host == "hang.example" {
				return hang(r)
			}
			time.Sleep(100 * time.Millisecond)
			return status(202), nil
		}}
		w := worker(t, q, net)
		w.MaxHosts = 26
		stop := start(t, w)
		time.Sleep(time.Second) // 100 hosts, 25 at a time, a tenth of a second each; and a lease each time
		for _, u := range others {
			if got := net.arrivals(u, began); len(got) != 1 || got[0] > 500*time.Millisecond {
				t.Errorf("%s: got requests after %v", u, got)
			}
		}
		time.Sleep(28 * time.Second)
		var hung int
		for n := range 60 {
			hung += len(net.arrivals(fmt.Sprintf("https://hang.example/%d/inbox", n), began))
		}
		if hung != 2 {
			t.Errorf("the hanging host got %d requests before its first two ended", hung)
		}
		stop()
	})
}

func TestRequestsInFlightAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &queue{}
		for n := range 96 { // 8 hosts with 3 inboxes each
			q.add(fmt.Sprintf("https://h%d.example/%d", n/12, n%12/4))
		}
		var mu sync.Mutex
		hosts, boxes := map[string]int{}, map[string]int{}
		var mostHosts, perHost, perBox int
		net := &network{answer: func(_ int, r *http.Request) (*http.Response, error) {
			mu.Lock()
			hosts[r.URL.Host]++
			boxes[r.URL.String()]++
			mostHosts, perHost, perBox = max(mostHosts, len(hosts)), max(perHost, hosts[r.URL.Host]), max(perBox, boxes[r.URL.String()])
			mu.Unlock()
			time.Sleep(time.Duration(50+int(r.URL.Path[1]-'0')*15) * time.Millisecond) // no two inboxes in step
			mu.Lock()
			defer mu.Unlock()
			if hosts[r.URL.Host]--; hosts[r.URL.Host] == 0 {
				delete(hosts, r.URL.Host)
			}
			boxes[r.URL.String()]--
			return status(202), nil
		}}
		w := worker(t, q, net)
		w.MaxHosts, w.PerHost = 5, 2
		stop := start(t, w)
		synctest.Wait()
		mu.Lock()
		if len(hosts) != 5 {
			t.Errorf("got requests to %d hosts at once, want as many as are allowed", len(hosts))
		}
		mu.Unlock()
		time.Sleep(time.Minute)
		stop()
		if mostHosts != 5 || perHost != 2 || perBox != 1 {
			t.Errorf("got %d hosts, %d for one host, %d for one inbox; want 5, 2, 1", mostHosts, perHost, perBox)
		}
		for _, r := range q.rows {
			if r.State != coop.Done {
				t.Errorf("%s: got %s", r.Inbox, r.State)
			}
		}
	})
}

func TestPostsKeepTheirOrderWithoutWaitingForATimer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, began := &queue{}, time.Now()
		net := always(202)
		for range 5 {
			q.add("https://b.example/inbox").Post = "POST"
		}
		stop := start(t, worker(t, q, net))
		time.Sleep(time.Second)
		stop()
		if got := net.arrivals("https://b.example/inbox", began); len(got) != 5 || got[4] != 0 {
			t.Errorf("got requests after %v", got)
		}
	})
}

func TestPanicIsOneFailedAttempt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, began := &queue{}, time.Now()
		net := &network{answer: func(n int, r *http.Request) (*http.Response, error) {
			if n == 1 && r.URL.Host == "b.example" {
				panic("a bug")
			}
			return status(202), nil
		}}
		row := q.add("https://b.example/inbox")
		other := q.add("https://c.example/inbox")
		w := worker(t, q, net)
		stop := start(t, w)
		time.Sleep(time.Minute)
		stop()
		if len(row.verdicts) != 2 || row.verdicts[0].State != coop.Waiting || row.State != coop.Done || other.State != coop.Done {
			t.Errorf("got %+v", row)
		}
		if !strings.Contains(row.verdicts[0].Attempt.Reason, "error on our side") {
			t.Errorf("got %q", row.verdicts[0].Attempt.Reason)
		}
		if got := net.arrivals("https://b.example/inbox", began); !slices.Equal(got, []time.Duration{0, 30 * time.Second}) {
			t.Errorf("got requests after %v", got)
		}
	})
}

func TestPanicOfAnObserverEndsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := &queue{}
		row, next := q.add("https://b.example/inbox"), q.add("https://b.example/inbox")
		w := worker(t, q, always(202))
		w.Observe = func(delivery.Event) { panic("a bug") }
		stop := start(t, w)
		time.Sleep(time.Second)
		stop()
		if row.State != coop.Done || next.State != coop.Done {
			t.Errorf("got %s and %s", row.State, next.State)
		}
	})
}
