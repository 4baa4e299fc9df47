// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery_test

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/coop"
	"plenum/delivery"
)

// door is a network that answers by the form of a signature, and remembers the
// forms that it saw.
type door struct {
	t       *testing.T
	answers map[string]int // by form; 401 where there is none
	mu      sync.Mutex
	forms   []string
}

func (d *door) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		d.t.Error(err)
	}
	key, _ := first()
	form, err := verify(r, body, &key.PublicKey)
	if err != nil {
		d.t.Errorf("%s: %v", form, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forms = append(d.forms, form)
	if code := d.answers[form]; code > 0 {
		return status(code), nil
	}
	return status(401), nil
}

// seen returns the forms that came since it was called last.
func (d *door) seen() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.forms
	d.forms = nil
	return list
}

func TestKnocksUntilAFormIsTaken(t *testing.T) {
	const plain, query = "https://b.example/inbox", "https://b.example/inbox?to=ada"
	for name, c := range map[string]struct {
		inbox   string
		answers map[string]int
		want    []string // forms
		state   coop.DeliveryState
		status  int
		second  []string // forms of the next delivery to the same origin
	}{
		"cavage":                        {query, map[string]int{"cavage": 202}, []string{"cavage"}, coop.Done, 202, []string{"cavage"}},
		"RFC 9421 alone":                {plain, map[string]int{"rfc9421": 202}, []string{"cavage", "rfc9421"}, coop.Done, 202, []string{"rfc9421"}},
		"RFC 9421 alone, after 400":     {plain, map[string]int{"cavage": 400, "rfc9421": 202}, []string{"cavage", "rfc9421"}, coop.Done, 202, []string{"rfc9421"}},
		"the path without the query":    {query, map[string]int{"cavage-path": 202}, []string{"cavage", "cavage-path"}, coop.Done, 202, []string{"cavage-path"}},
		"RFC 9421, with a query":        {query, map[string]int{"rfc9421": 202}, []string{"cavage", "cavage-path", "rfc9421"}, coop.Done, 202, []string{"rfc9421"}},
		"none":                          {plain, nil, []string{"cavage", "rfc9421"}, coop.Waiting, 401, []string{"cavage"}},
		"none, and a query":             {query, nil, []string{"cavage", "cavage-path", "rfc9421"}, coop.Waiting, 401, []string{"cavage"}},
		"400 to all":                    {plain, map[string]int{"cavage": 400, "rfc9421": 400}, []string{"cavage", "rfc9421"}, coop.Dead, 400, []string{"cavage"}},
		"400, then 401":                 {plain, map[string]int{"cavage": 400}, []string{"cavage", "rfc9421"}, coop.Waiting, 401, []string{"cavage"}},
		"401, then 400":                 {plain, map[string]int{"rfc9421": 400}, []string{"cavage", "rfc9421"}, coop.Waiting, 401, []string{"cavage"}},
		"403 is no matter of the form":  {plain, map[string]int{"cavage": 403}, []string{"cavage"}, coop.Dead, 403, []string{"cavage"}},
		"503 is no matter of the form":  {plain, map[string]int{"cavage": 503}, []string{"cavage"}, coop.Waiting, 503, []string{"cavage"}},
		"401, then taken and too large": {plain, map[string]int{"rfc9421": 413}, []string{"cavage", "rfc9421"}, coop.Dead, 413, []string{"rfc9421"}},
		"400, then taken and refused":   {plain, map[string]int{"cavage": 400, "rfc9421": 403}, []string{"cavage", "rfc9421"}, coop.Dead, 403, []string{"rfc9421"}},
		"401, then 403":                 {plain, map[string]int{"rfc9421": 403}, []string{"cavage", "rfc9421"}, coop.Waiting, 401, []string{"cavage", "rfc9421"}},
		"401, then 500":                 {plain, map[string]int{"rfc9421": 500}, []string{"cavage", "rfc9421"}, coop.Waiting, 401, []string{"cavage", "rfc9421"}},
		"400, then 429":                 {plain, map[string]int{"cavage": 400, "rfc9421": 429}, []string{"cavage", "rfc9421"}, coop.Waiting, 429, []string{"rfc9421"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				q, net := &queue{}, &door{t: t, answers: c.answers}
				row := q.add(c.inbox)
				w := worker(t, q, net)
				knocks := 0
				w.Observe = func(e delivery.Event) { knocks += e.Knocks }
				stop := start(t, w)
				synctest.Wait()
				got := net.seen()
				q.add(c.inbox)
				w.Kick()
				synctest.Wait()
				again := net.seen()
				stop()
				if !slices.Equal(got, c.want) || !slices.Equal(again, c.second) {
					t.Errorf("got knocks %v, then %v; want %v, then %v", got, again, c.want, c.second)
				}
				if v := row.verdicts[0]; v.State != c.state || v.Attempt.Status != c.status || row.Attempts != 1 {
					t.Errorf("got %+v after %d attempts", v, row.Attempts)
				}
				if knocks != len(got)+len(again) {
					t.Errorf("got %d knocks in the events", knocks)
				}
			})
		})
	}
}

func TestFormThatWorkedIsForgottenAfterAWeek(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, net := &queue{}, &door{t: t, answers: map[string]int{"rfc9421": 202}}
		w := worker(t, q, net)
		stop := start(t, w)
		for _, c := range []struct {
			after time.Duration
			want  []string
		}{
			{0, []string{"cavage", "rfc9421"}},
			{6 * 24 * time.Hour, []string{"rfc9421"}},
			{25 * time.Hour, []string{"cavage", "rfc9421"}},
			{time.Minute, []string{"rfc9421"}},
		} {
			time.Sleep(c.after)
			q.add("https://b.example/inbox")
			w.Kick()
			synctest.Wait()
			if got := net.seen(); !slices.Equal(got, c.want) {
				t.Errorf("after %v: got %v want %v", c.after, got, c.want)
			}
		}
		stop()
	})
}

// A server may change its mind about a form that it took.
func TestOtherFormsAreTriedWhereTheOneThatWorkedDoesNot(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, net := &queue{}, &door{t: t, answers: map[string]int{"rfc9421": 202}}
		w := worker(t, q, net)
		stop := start(t, w)
		for _, c := range []struct {
			takes string
			want  []string
		}{
			{"rfc9421", []string{"cavage", "rfc9421"}},
			{"cavage", []string{"rfc9421", "cavage"}},
			{"cavage", []string{"cavage"}},
		} {
			net.mu.Lock()
			net.answers = map[string]int{c.takes: 202}
			net.mu.Unlock()
			row := q.add("https://b.example/inbox")
			w.Kick()
			synctest.Wait()
			if got := net.seen(); !slices.Equal(got, c.want) || row.State != coop.Done {
				t.Errorf("got %s after %v want %v", row.State, got, c.want)
			}
		}
		stop()
	})
}

func TestHostThatRefusesAllFormsIsKnockedAtOnceADay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, net := &queue{}, &door{t: t}
		row := q.add("https://b.example/inbox")
		stop := start(t, worker(t, q, net))
		time.Sleep(30 * 24 * time.Hour)
		stop()
		others := 0
		for _, f := range net.seen() {
			if f != "cavage" {
				others++
			}
		}
		if row.State != coop.Dead || row.Attempts != 16 || others > 7 || others < 5 {
			t.Errorf("got %s after %d attempts, with %d more knocks", row.State, row.Attempts, others)
		}
		if got := row.verdicts[15].Attempt; got.Cause != coop.CauseSignature || row.verdicts[15].Rest != nil {
			t.Errorf("got %+v", got)
		}
	})
}

// Old and new name the keys that a server believes; it refuses the rest with 401.
func TestKeyThatIsChangedOnTheWayCostsNoAttempt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, oldPEM := first()
		fresh, freshPEM := second()
		keys := &ring{key: oldPEM}
		net := &network{answer: func(_ int, r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			if _, err := verify(r, body, &fresh.PublicKey); err == nil {
				return status(202), nil
			}
			keys.set(freshPEM, nil) // while the request is on its way
			return status(401), nil
		}}
		q := &queue{}
		row := q.add("https://b.example/inbox")
		w := worker(t, q, net)
		w.Keys = keys
		began := time.Now()
		stop := start(t, w)
		synctest.Wait()
		stop()
		if got := net.arrivals("https://b.example/inbox", began); row.State != coop.Done || row.Attempts != 1 || len(got) != 2 {
			t.Errorf("got %s after %d attempts and %d requests", row.State, row.Attempts, len(got))
		}
		if keys.asked != 0 {
			t.Error("it was asked when the key was changed, of which nothing depended")
		}
	})
}

// A peer that never fetches a key twice believes the old key only; one that has
// seen the new key already believes the new key only. Each must be reached.
func TestUpdateThatTellsOfANewKeyReachesWhoeverBelievesOneOfThem(t *testing.T) {
	bubble(t, func(t *testing.T) {
		old, oldPEM := first()
		fresh, freshPEM := second()
		for name, c := range map[string]struct {
			kind     string
			told     bool   // the document told of the new key
			believes string // old, new, or neither
			refuses  int
			want     []string
			state    coop.DeliveryState
		}{
			"to who knows the old one":       {"Update", true, "old", 401, []string{"old"}, coop.Done},
			"to who knows the new one":       {"Update", true, "new", 401, []string{"old", "old", "new"}, coop.Done},
			"to who believes neither":        {"Update", true, "", 401, []string{"old", "old", "new", "new", "new", "old", "new"}, coop.Waiting},
			"to who refuses with 503":        {"Update", true, "new", 503, []string{"old", "new"}, coop.Done},
			"another Update":                 {"Update", false, "new", 401, []string{"new"}, coop.Done},
			"another Update, to one who not": {"Update", false, "old", 401, []string{"new", "new", "new", "new"}, coop.Waiting},
			"a post":                         {"Create", true, "new", 401, []string{"new"}, coop.Done},
		} {
			var signed []string
			net := &network{answer: func(_ int, r *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				by := "neither"
				if _, err := verify(r, body, &old.PublicKey); err == nil {
					by = "old"
				} else if _, err := verify(r, body, &fresh.PublicKey); err == nil {
					by = "new"
				}
				if signed = append(signed, by); by == c.believes {
					return status(202), nil
				}
				return status(c.refuses), nil
			}}
			q := &queue{}
			row := q.add("https://b.example/inbox")
			row.Type, row.Document = c.kind, "01KB3Y6Q2ZM9T4X7V0R8W5N1EB"
			keys := &ring{key: freshPEM}
			if c.told {
				keys.former = map[coop.ID][]byte{row.Document: oldPEM}
			}
			w := worker(t, q, net)
			w.Keys = keys
			stop := start(t, w)
			time.Sleep(5 * time.Minute)
			stop()
			if diff := cmp.Diff(c.want, signed); diff != "" || row.State != c.state {
				t.Errorf("%s: got %s (-want +got):\n%s", name, row.State, diff)
			}
		}
	})
}

func TestChangeOfTheKeyIsAskedForAfterA401Alone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for code, want := range map[int]int{202: 0, 400: 0, 403: 0, 503: 0, 401: 1} {
			q := &queue{}
			row := q.add("https://b.example/inbox")
			w := worker(t, q, always(code))
			_, pem := first()
			keys := &ring{key: pem, rotated: time.Now().Add(-time.Hour)}
			w.Keys = keys
			stop := start(t, w)
			synctest.Wait()
			stop()
			if keys.asked != want {
				t.Errorf("%d: asked %d times, want %d", code, keys.asked, want)
			}
			if cause := row.verdicts[0].Attempt.Cause; want > 0 && cause != coop.CauseKeyChanged {
				t.Errorf("got cause %q", cause)
			}
		}
	})
}
