// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/coop"
)

func TestBreakerOpensAfterFiveFailuresInARow(t *testing.T) {
	t.Parallel()
	none := errors.New("no answer")
	for name, c := range map[string]struct {
		answers []answer
		want    []int // minutes of rest after each, 0 for none
	}{
		"no answer":                  {repeat(answer{err: none}, 7), []int{0, 0, 0, 0, 30, 30, 30}},
		"500":                        {repeat(answer{status: 500}, 5), []int{0, 0, 0, 0, 30}},
		"599":                        {repeat(answer{status: 599}, 5), []int{0, 0, 0, 0, 30}},
		"408":                        {repeat(answer{status: 408}, 5), []int{0, 0, 0, 0, 30}},
		"501 says something":         {repeat(answer{status: 501}, 6), make([]int, 6)},
		"a redirect says something":  {repeat(answer{status: 301}, 6), make([]int, 6)},
		"a refusal says something":   {repeat(answer{status: 403}, 6), make([]int, 6)},
		"a failure of ours does not": {repeat(answer{err: &ourFault{"sign", none}}, 6), make([]int, 6)},
		"nor is one a sign of life": {
			[]answer{{status: 500}, {status: 500}, {status: 500}, {status: 500}, {err: &ourFault{"sign", none}}, {status: 500}},
			[]int{0, 0, 0, 0, 0, 30},
		},
		"any answer begins anew": {
			[]answer{{status: 500}, {status: 500}, {status: 500}, {status: 500}, {status: 401}, {status: 500}}, make([]int, 6),
		},
		"it asks for time":              {[]answer{{status: 503, retryAfter: 2 * time.Hour}}, []int{120}},
		"it asks for little time":       {repeat(answer{status: 429, retryAfter: time.Minute}, 6), []int{1, 1, 1, 1, 30, 30}},
		"it asks for more than a day":   {[]answer{{status: 429, retryAfter: 48 * time.Hour}}, []int{24 * 60}},
		"429 and no time":               {repeat(answer{status: 429}, 5), []int{0, 0, 0, 0, 30}},
		"500 has no say in the matter":  {[]answer{{status: 500, retryAfter: time.Hour}}, []int{0}},
		"it asked, and fails otherwise": {[]answer{{status: 503, retryAfter: time.Minute}, {err: none}}, []int{1, 30}},
	} {
		b := newBreaker()
		for i, a := range c.answers {
			a.at = noon.Add(time.Duration(i) * time.Minute)
			p := b.note("b.example", nil, a, a.at)
			got := 0
			if p.rest != nil {
				got = int(p.rest.Until.Sub(a.at) / time.Minute)
			}
			if got != c.want[i] {
				t.Errorf("%s: after answer %d: got a rest of %d minutes, want %d", name, i+1, got, c.want[i])
			}
		}
		if p := b.note("c.example", nil, answer{at: noon, status: 500}, noon); p.rest != nil || p.failures != 1 {
			t.Errorf("%s: another host has %d failures", name, p.failures)
		}
	}
}

func repeat(a answer, n int) (list []answer) {
	for range n {
		list = append(list, a)
	}
	return list
}

func TestProbeRenewsOrEndsARest(t *testing.T) {
	t.Parallel()
	rest := &coop.Rest{Host: "b.example", Since: noon.Add(-time.Hour), Until: noon, Failures: 7}
	b := newBreaker() // as after a restart: it knows of nothing but what the job says
	now := noon.Add(time.Minute)
	p := b.note("b.example", rest, answer{at: now, status: 503}, now)
	want := &coop.Rest{Host: "b.example", Since: rest.Since, Until: now.Add(30 * time.Minute), Failures: 8}
	if d := cmp.Diff(want, p.rest); d != "" || p.failures != 8 || p.well {
		t.Errorf("got %+v\n%s", p, d)
	}
	// What was on its way when the host was given time is no new beginning.
	if p = b.note("b.example", nil, answer{at: now, status: 503}, now); p.rest == nil || !p.rest.Since.Equal(rest.Since) || p.rest.Failures != 9 {
		t.Errorf("got %+v", p.rest)
	}
	if p = b.note("b.example", p.rest, answer{at: now, status: 404}, now); !p.well || p.rest != nil || p.failures != 0 {
		t.Errorf("got %+v after an answer", p)
	}
	if p = b.note("b.example", nil, answer{at: now, status: 503}, now); p.failures != 1 || p.rest != nil {
		t.Errorf("got %+v after the rest", p)
	}
}

func TestRestSaysWhy(t *testing.T) {
	t.Parallel()
	a := answer{at: noon, status: 503, retryAfter: time.Hour}
	d := &coop.Delivery{Attempts: 16, Created: noon.Add(-Week)}
	v := judge(a, d, newBreaker().note("b.example", nil, a, a.at), 0.5)
	want := &coop.Rest{
		Host: "b.example", Since: noon, Until: noon.Add(time.Hour), Failures: 1,
		Cause: coop.CauseUnavailable, Reason: "the server is not available (503)",
	}
	if d := cmp.Diff(want, v.Rest); d != "" || v.State != coop.Dead {
		t.Errorf("%s: %s", v.State, d)
	}
}

func TestFailuresOfAHostAreForgotten(t *testing.T) {
	t.Parallel()
	b := newBreaker()
	var p pulse
	for range 4 {
		p = b.note("b.example", nil, answer{at: noon, status: 500}, noon)
	}
	if p = b.note("b.example", nil, answer{at: noon.Add(29 * time.Hour), status: 500}, noon.Add(29*time.Hour)); p.failures != 5 {
		t.Errorf("got %d failures after a day", p.failures)
	}
	if p = b.note("b.example", nil, answer{at: noon.Add(10 * 24 * time.Hour), status: 500}, noon.Add(10*24*time.Hour)); p.failures != 1 {
		t.Errorf("got %d failures after ten days", p.failures)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m := memory[string, int]{most: 100, age: time.Hour}
	add := func(int) int { return 1 }
	for i := range 10_000 {
		m.change(fmt.Sprint(i), noon, add)
		if n := m.all.Len(); n > 100 {
			t.Fatalf("%d things are remembered", n)
		}
	}
	for i := 9_900; i < 10_000; i++ {
		if m.get(fmt.Sprint(i), noon) != 1 {
			t.Errorf("%d of the last hundred is forgotten", i)
		}
	}
	if m.get("42", noon) != 0 {
		t.Error("the first ones are still remembered")
	}
}

func TestMemoryExpires(t *testing.T) {
	t.Parallel()
	m := memory[string, int]{most: 100, age: time.Hour}
	count := func(n int) int { return n + 1 }
	m.change("a", noon, count)
	if got := m.change("a", noon.Add(59*time.Minute), count); got != 2 {
		t.Errorf("got %d within the hour", got)
	}
	if got := m.get("a", noon.Add(118*time.Minute)); got != 2 {
		t.Errorf("got %d, although it was written within the hour", got)
	}
	m.change("b", noon, count)
	if got := m.change("b", noon.Add(time.Hour), count); got != 1 {
		t.Errorf("got %d an hour after it was written", got)
	}
	if got := m.get("a", noon.Add(250*time.Minute)); got != 0 {
		t.Errorf("got %d three hours later", got)
	}
	// A clock that is set back by a year neither forgets all nor keeps it a year longer.
	m.change("c", noon, count)
	back := noon.Add(-365 * 24 * time.Hour)
	if got := m.get("c", back); got != 1 {
		t.Errorf("got %d after the clock was set back", got)
	}
	if got := m.get("c", back.Add(3*time.Hour)); got != 0 {
		t.Errorf("got %d three hours after it was set back", got)
	}
}

func TestWhatIsForgottenIsGone(t *testing.T) {
	t.Parallel()
	m := memory[string, int]{most: 100, age: time.Hour}
	count := func(n int) int { return n + 1 }
	m.change("a", noon, count)
	if !m.forget("a") || m.forget("a") || m.get("a", noon) != 0 {
		t.Error("it is still remembered")
	}
}

func TestFormsOfSignaturesAreBounded(t *testing.T) {
	t.Parallel()
	h := newHabits()
	for i := range 3 * maxHabits {
		h.works(origin{"https", fmt.Sprint(i)}, rfc9421, noon)
	}
	if n := h.of.all.Len(); n > maxHabits {
		t.Errorf("%d origins are remembered", n)
	}
	o := origin{"https", fmt.Sprint(3*maxHabits - 1)}
	if f, others := h.at(o, false, noon.Add(time.Hour)); f != rfc9421 || !others {
		t.Errorf("got %s, others %v", f, others)
	}
	if f, _ := h.at(o, false, noon.Add(-time.Hour)); f != cavage {
		t.Errorf("got %s by a clock that was set back", f)
	}
	h.works(o, cavagePath, noon)
	if f, _ := h.at(o, false, noon); f != cavage {
		t.Errorf("got %s for an inbox without a query", f)
	}
}

// What tells a host that is gone from a clock that was set is how often it failed,
// or for how long by a clock that cannot be set.
func TestHostIsHopelessAfterAHundredFailuresOrSixDays(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		each     time.Duration // between two failures
		failures int
		want     bool
	}{
		"99 in two days":             {30 * time.Minute, 99, false},
		"100 in two days":            {30 * time.Minute, 100, true},
		"one a day for five days":    {day, 6, false},
		"one a day for six days":     {day, 7, true},
		"four, whatever time it was": {10 * day, 4, false},
	} {
		b, p := newBreaker(), pulse{}
		for i := range c.failures {
			p = b.note("b.example", nil, answer{at: noon, status: 503}, noon.Add(time.Duration(i)*c.each))
		}
		if p.hopeless() != c.want {
			t.Errorf("%s: got %v after %d failures in %v", name, !c.want, p.failures, p.lasting)
		}
	}
}
