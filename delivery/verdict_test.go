// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"plenum/coop"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// tried is a delivery after so many attempts, which was made at noon.
func tried(n int) *coop.Delivery { return &coop.Delivery{Attempts: n, Created: noon} }

func TestScheduleEndsAfterSevenDays(t *testing.T) {
	t.Parallel()
	var sum time.Duration
	for _, w := range schedule {
		sum += w
	}
	if sum != 7*24*time.Hour {
		t.Errorf("got %v between the first and the last attempt, want seven days", sum)
	}
}

func TestJitterIsAFifthEitherWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		attempts int
		jitter   float64
		want     time.Duration
	}{
		{1, 0, 24 * time.Second},
		{1, 0.5, 30 * time.Second},
		{1, 1, 36 * time.Second},
		{2, 0.25, 108 * time.Second},
		{10, 0.5, 24 * time.Hour},
		{0, 0.5, 30 * time.Second},
		{len(schedule), 0.5, schedule[len(schedule)-1]},
		{len(schedule) + 1, 0.5, 24 * time.Hour},
		{99, 0.5, 24 * time.Hour},
	} {
		if got := Backoff(c.attempts, c.jitter); got != c.want {
			t.Errorf("Backoff(%d, %v): got %v want %v", c.attempts, c.jitter, got, c.want)
		}
	}
}

func TestVerdictFollowsTheStatus(t *testing.T) {
	t.Parallel()
	want := map[int]coop.DeliveryState{
		200: coop.Done, 201: coop.Done, 202: coop.Done, 204: coop.Done,
		301: coop.Waiting, 302: coop.Waiting, 303: coop.Waiting, 307: coop.Waiting, 308: coop.Waiting,
		400: coop.Dead, 401: coop.Waiting, 402: coop.Dead, 403: coop.Dead, 404: coop.Dead, 405: coop.Dead,
		406: coop.Dead, 408: coop.Waiting, 409: coop.Dead, 410: coop.Dead, 413: coop.Dead, 415: coop.Dead,
		421: coop.Dead, 422: coop.Dead, 429: coop.Waiting, 451: coop.Dead,
		500: coop.Waiting, 501: coop.Dead, 502: coop.Waiting, 503: coop.Waiting, 504: coop.Waiting, 599: coop.Waiting,
		101: coop.Waiting, 700: coop.Waiting,
	}
	for status, state := range want {
		v := judge(answer{at: noon, status: status}, tried(1), pulse{}, 0.5)
		if v.State != state {
			t.Errorf("status %d: got %s want %s", status, v.State, state)
		}
		if waits := v.Next.Equal(noon.Add(30 * time.Second)); waits != (state == coop.Waiting) {
			t.Errorf("status %d: next attempt at %v", status, v.Next)
		}
		if !strings.HasSuffix(v.Attempt.Reason, fmt.Sprintf("(%d)", status)) || v.Attempt.Status != status {
			t.Errorf("status %d: the attempt does not tell it: %+v", status, v.Attempt)
		}
	}
}

func TestVerdictAtTheEndOfTheWeek(t *testing.T) {
	t.Parallel()
	const wait = "the server is not available (503)"
	for name, c := range map[string]struct {
		attempts, failures int
		since              time.Duration
		retry              time.Duration
		next               time.Duration // from the attempt; 0: given up
		why                string
	}{
		"in the first minute":                         {1, 1, 0, 0, 30 * time.Second, wait},
		"no wait leads over the end":                  {9, 9, Week - time.Hour, 0, time.Hour, wait},
		"nor does a wait that was asked for":          {1, 1, Week - time.Hour, 20 * time.Hour, time.Hour, wait},
		"the last wait of the schedule leads there":   {15, 15, Week - 40*time.Hour, 0, 40 * time.Hour, wait},
		"a wait that was asked for does not":          {15, 15, Week - 40*time.Hour, 24 * time.Hour, 40 * time.Hour, wait},
		"at the end":                                  {16, 16, Week, 0, 0, "given up after seven days: " + wait},
		"long after the end":                          {12, 0, 9 * Week, 0, 0, "given up after seven days: " + wait},
		"few attempts, and the host failed for all":   {2, 300, Week, 0, 0, "given up after seven days: " + wait},
		"few attempts, and the host failed for some":  {2, 99, Week, 0, 2 * time.Minute, wait},
		"the clock jumped a month ahead":              {3, 3, 4 * Week, 0, 10 * time.Minute, wait},
		"the clock jumped, and it asked for more":     {3, 3, 4 * Week, time.Hour, time.Hour, wait},
		"before the end, and off the schedule":        {20, 20, Week - 30*time.Hour, 0, 24 * time.Hour, wait},
		"the clock went back a year, at the last one": {15, 15, -52 * Week, 0, schedule[14], wait},
		"the clock goes back again and again":         {32, 1, -52 * Week, 0, 0, "given up after 32 attempts: " + wait},
	} {
		d := &coop.Delivery{Attempts: c.attempts, Created: noon}
		now := noon.Add(c.since)
		v := judge(answer{at: now, status: 503, retryAfter: c.retry}, d, pulse{failures: c.failures}, 0.5)
		switch {
		case v.Attempt.Reason != c.why:
			t.Errorf("%s: got %q want %q", name, v.Attempt.Reason, c.why)
		case c.next == 0 && (v.State != coop.Dead || !v.Next.IsZero()):
			t.Errorf("%s: got %+v", name, v)
		case c.next != 0 && (v.State != coop.Waiting || v.Next.Sub(now) != c.next):
			t.Errorf("%s: got %s, next after %v, want %v", name, v.State, v.Next.Sub(now), c.next)
		}
	}
	if v := judge(answer{at: noon.Add(2 * Week), status: 202}, tried(40), pulse{}, 0.5); v.State != coop.Done {
		t.Errorf("got %s where the last attempt was accepted", v.State)
	}
}

func TestRevivedDeliveryHasAWeek(t *testing.T) {
	t.Parallel()
	now := noon.Add(10 * Week)
	d := &coop.Delivery{Attempts: 14, Created: noon, Revived: now.Add(-time.Hour)}
	if v := judge(answer{at: now, status: 503}, d, pulse{failures: 100}, 0.5); v.State != coop.Waiting || !v.Next.Equal(now.Add(24*time.Hour)) {
		t.Errorf("got %+v", v)
	}
}

// The deadline falls on the second, as all times of the queue do: an attempt that
// is made at the end must not be one before the end.
func TestAttemptAtTheDeadlineIsTheLast(t *testing.T) {
	t.Parallel()
	d := &coop.Delivery{Attempts: 15, Created: noon.Add(700 * time.Millisecond)}
	v := judge(answer{at: noon.Add(Week - time.Hour), status: 503}, d, pulse{}, 0.5)
	d.Attempts++
	if v := judge(answer{at: v.Next, status: 503}, d, pulse{}, 0.5); v.State != coop.Dead {
		t.Errorf("got %+v", v)
	}
}

func TestFollowerGoesOnlyWhenItsActorIsGone(t *testing.T) {
	t.Parallel()
	gone := []coop.IRI{"https://b.example/ada"}
	want := coop.Verdict{State: coop.Left, Remove: gone, Attempt: coop.Attempt{
		Status: 410, Cause: coop.CauseActorGone, Reason: "the actor's own document says that it is gone, so its follow ends (410)",
	}}
	if d := cmp.Diff(want, judge(answer{at: noon, status: 410, gone: gone}, tried(1), pulse{}, 0.5)); d != "" {
		t.Error(d)
	}
	v := judge(answer{at: noon, status: 410}, tried(1), pulse{}, 0.5)
	if v.State != coop.Dead || v.Remove != nil {
		t.Errorf("got %+v where no actor is gone", v)
	}
}

func TestRetryAfterIsHonouredUpToADay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header string
		want   time.Duration // to the next attempt, 30 s without the header
	}{
		{"", 30 * time.Second},
		{"1", 30 * time.Second}, // sooner than the schedule is not asked for
		{"3600", time.Hour},
		{" 90 ", 90 * time.Second},
		{"999999999", 24 * time.Hour},
		{"-5", 30 * time.Second},
		{"soon", 30 * time.Second},
		{noon.Add(2 * time.Hour).Format(http.TimeFormat), 2 * time.Hour},
		{noon.Add(-2 * time.Hour).Format(http.TimeFormat), 30 * time.Second},
		{noon.Add(48 * time.Hour).Format(http.TimeFormat), 24 * time.Hour},
	} {
		h := http.Header{"Retry-After": {c.header}}
		v := judge(answer{at: noon, status: 429, retryAfter: retryAfter(h, noon)}, tried(1), pulse{}, 0.5)
		if got := v.Next.Sub(noon); got != c.want {
			t.Errorf("Retry-After %q: got %v want %v", c.header, got, c.want)
		}
	}
}

type refusal struct{ always bool }

func (r refusal) Error() string { return "outbound: no" }
func (r refusal) Refused() (why string, always bool) {
	return "its address is not a public one", r.always
}

func TestRefusalIsFinalWhereItLiesInTheURL(t *testing.T) {
	t.Parallel()
	for always, want := range map[bool]coop.DeliveryState{true: coop.Dead, false: coop.Waiting} {
		err := &url.Error{Op: "Post", URL: "https://b.example/inbox", Err: refusal{always}}
		v := judge(answer{at: noon, err: err}, tried(1), pulse{}, 0.5)
		if v.State != want || v.Attempt.Reason != "we send nothing there: its address is not a public one" {
			t.Errorf("always %v: got %+v", always, v)
		}
	}
}

func TestReasonIsOneShortLine(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("ü", 500), "a\r\nb\x1b[31m\xff\u202e" + strings.Repeat("x", 300), "short",
	} {
		got := judge(answer{at: noon, err: errors.New(text)}, tried(1), pulse{}, 0.5).Attempt.Reason
		if len(got) > maxReason || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x1b\u202e") {
			t.Errorf("got %d bytes: %q", len(got), got)
		}
	}
}

func TestFaultOfOursWaits(t *testing.T) {
	t.Parallel()
	v := judge(answer{at: noon, err: &ourFault{"load the key", context.DeadlineExceeded}}, tried(1), pulse{}, 0.5)
	if v.State != coop.Waiting || !strings.HasPrefix(v.Attempt.Reason, "an error on our side: load the key") {
		t.Errorf("got %+v", v)
	}
}

// The document for operators has the schedule and the states as they are here.
func TestDocumentHasScheduleAndStates(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../docs/deliveries.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	var since time.Duration
	for i, w := range schedule {
		since += w
		if row := fmt.Sprintf("| %d | %s | %s |", i+2, inWords(w), inWords(since)); !strings.Contains(doc, row) {
			t.Errorf("docs/deliveries.md has no row %q", row)
		}
	}
	for _, s := range []coop.DeliveryState{coop.Waiting, coop.Held, coop.Done, coop.Dead, coop.Left, coop.Superseded} {
		if !strings.Contains(doc, "`"+string(s)+"`") || s != coop.Waiting && !strings.Contains(doc, "--> "+string(s)) {
			t.Errorf("docs/deliveries.md does not say what %q is, or has no arrow to it", s)
		}
	}
}

func inWords(d time.Duration) string {
	var parts []string
	for _, u := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / u.size; n > 0 && !(u.name == "d" && d == 24*time.Hour) {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.name))
			d %= u.size
		}
	}
	return strings.Join(parts, " ")
}
