// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"plenum/coop"
)

// Week is for how long a delivery is tried.
const Week = 7 * 24 * time.Hour

// schedule has the waits between attempts. The first attempt is made at once, the
// last one seven days later, give or take the jitter. docs/deliveries.md.
var schedule = []time.Duration{
	30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	1 * time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour,
	24 * time.Hour, 24 * time.Hour, 24 * time.Hour, 24 * time.Hour, 24 * time.Hour,
	16*time.Hour + 17*time.Minute + 30*time.Second, // what is left of the seven days
}

const (
	maxRetryAfter = 24 * time.Hour // the longest wait that a peer can ask for
	offSchedule   = 24 * time.Hour // the wait after attempts that the schedule does not know
	enough        = 12             // failures, without which a week that is over is a clock that was set
	maxAttempts   = 32             // of a delivery, whatever the clock says
	longGap       = 48 * time.Hour // no last wait is longer: a deadline beyond it is a clock that was set
)

// Backoff is the wait after so many attempts. A jitter in [0,1) makes it up to a
// fifth shorter or longer, 0.5 leaves it as it is: peers that failed together must
// not be asked together for a week.
func Backoff(attempts int, jitter float64) time.Duration {
	wait := offSchedule
	if attempts <= len(schedule) {
		wait = schedule[max(attempts, 1)-1]
	}
	return wait + time.Duration(float64(wait/5)*(2*jitter-1))
}

// answer is what came of an attempt.
type answer struct {
	at         time.Time     // when it came, or was clear that none would
	status     int           // 0 where there was no answer
	err        error         // why there was no answer
	retryAfter time.Duration // at most a day; 0 where the peer asked for nothing
	gone       []coop.IRI    // actors of the inbox whose documents answer 410
	skew       time.Duration // the peer's clock minus ours; 0 where it did not tell the time
	front      bool          // it looks like the answer of a firewall and not of a fediverse server
	rotated    time.Time     // when our key was changed; zero: never, or nobody asked
	knocks     int           // how many requests the attempt took
	form       form          // of the signature that was answered so
}

// judge decides what becomes of a delivery after an attempt, which its Attempts
// counts.
//
// 2xx is done. 501 and every 4xx will not change by asking again, but for 401
// (keys are fetched, and fetching fails), 408 and 429. Redirects, 5xx and failures
// of the network wait. A refusal of our own guard waits where it lies in the
// address that DNS gave, for that may change, and is final where it lies in the URL.
func judge(a answer, d *coop.Delivery, p pulse, jitter float64) coop.Verdict {
	cause, words, final := explain(a)
	v := coop.Verdict{State: coop.Waiting, Well: p.well, Attempt: coop.Attempt{Status: a.status, Cause: cause, Reason: clip(words)}}
	if p.rest != nil {
		rest := *p.rest
		rest.Cause, rest.Reason = cause, v.Attempt.Reason
		v.Rest = &rest
	}
	switch {
	case final:
		v.State = coop.Dead
	case a.err != nil:
	case a.status/100 == 2:
		v.State = coop.Done
	case len(a.gone) > 0:
		v.State, v.Remove = coop.Left, a.gone
	case a.status == 401 || a.status == 408 || a.status == 429:
	case a.status/100 == 4 || a.status == 501:
		v.State = coop.Dead
	}
	if v.State != coop.Waiting {
		return v
	}
	deadline := coop.Stamp(d.Begun().Add(Week))
	switch {
	case d.Attempts >= maxAttempts:
		v.State, words = coop.Dead, fmt.Sprintf("given up after %d attempts: %s", d.Attempts, words)
	case !a.at.Before(deadline) && (d.Attempts >= enough || p.hopeless()):
		v.State, words = coop.Dead, expired(words)
	default:
		v.Next = next(max(Backoff(d.Attempts, jitter), a.retryAfter), d.Attempts, deadline, a.at)
	}
	v.Attempt.Reason = clip(words)
	return v
}

func expired(words string) string { return "given up after seven days: " + words }

// next is when the next attempt is due. No wait leads over the deadline, and the
// last one of the schedule leads to it, so that every delivery has its full week.
func next(wait time.Duration, attempts int, deadline, now time.Time) time.Time {
	left := deadline.Sub(now)
	if left > 0 && (wait > left || attempts == len(schedule) && left <= longGap) {
		return deadline
	}
	return coop.Stamp(now.Add(wait))
}

// retryAfter reads the header of that name, 0 for none or one in the past.
// RFC 9110 §10.2.3.
func retryAfter(h http.Header, now time.Time) time.Duration {
	s := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return time.Duration(min(n, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil && t.After(now) {
		return min(t.Sub(now), maxRetryAfter)
	}
	return 0
}

// skew is how far the clock of a peer is ahead of ours, by the date of its answer.
// RFC 9110 §6.6.1.
func skew(h http.Header, now time.Time) time.Duration {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return t.Sub(now)
}
