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

// schedule has the waits between attempts. The first attempt is made at once, the
// last one seven days later, give or take the jitter. docs/deliveries.md.
var schedule = []time.Duration{
	30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	1 * time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour,
	24 * time.Hour, 24 * time.Hour, 24 * time.Hour, 24 * time.Hour, 24 * time.Hour,
	16*time.Hour + 17*time.Minute + 30*time.Second, // what is left of the seven days
}

// maxRetryAfter is the longest wait that a peer can ask for.
const maxRetryAfter = 24 * time.Hour

// Backoff is the wait after so many attempts. A jitter in [0,1) makes it up to a
// fifth shorter or longer, 0.5 leaves it as it is: peers that failed together must
// not be asked together for a week.
func Backoff(attempts int, jitter float64) time.Duration {
	wait := schedule[min(max(attempts, 1), len(schedule))-1]
	return wait + time.Duration(float64(wait/5)*(2*jitter-1))
}

// answer is what came of sending once.
type answer struct {
	status     int           // 0 where there was no answer
	retryAfter time.Duration // at most a day; 0 where the peer asked for nothing
	err        error         // why there was no answer
	gone       []coop.IRI    // actors of the inbox whose documents answer 410
}

// judge decides what becomes of a delivery. attempts counts the one that is judged.
//
// 2xx is done. 501 and every 4xx will not change by asking again, but for 401
// (keys are fetched, and fetching fails), 408 and 429. Redirects, 5xx and failures
// of the network wait. A refusal of our own guard waits where it lies in the
// address that DNS gave, for that may change, and is final where it lies in the URL.
func judge(a answer, attempts int, jitter float64, now time.Time) coop.Verdict {
	reason, state := statusWords(a.status), coop.Waiting
	switch {
	case a.err != nil:
		var final bool
		if reason, final = errorWords(a.err); final {
			state = coop.Dead
		}
	case a.status/100 == 2:
		state = coop.Done
	case len(a.gone) > 0:
		state, reason = coop.Left, "the actor has been deleted, so its follow ends ("+strconv.Itoa(a.status)+")"
	case a.status == 401 || a.status == 408 || a.status == 429:
	case a.status/100 == 4 || a.status == 501:
		state = coop.Dead
	}
	v := coop.Verdict{State: state, Attempt: coop.Attempt{Status: a.status}}
	switch {
	case state == coop.Left:
		v.Remove = a.gone
	case state == coop.Waiting && attempts > len(schedule):
		v.State, reason = coop.Dead, fmt.Sprintf("given up after %d attempts: %s", attempts, reason)
	case state == coop.Waiting:
		wait := max(Backoff(attempts, jitter), a.retryAfter)
		v.Next = coop.Stamp(now.Add(wait))
	}
	v.Attempt.Reason = clip(reason)
	return v
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
