// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"crypto/rsa"
	"net/http"
	"strings"
	"time"

	"plenum/coop"
	"plenum/keys"
)

// form is a way to sign a delivery. Nobody says which ones they verify, so a host
// that refuses one is knocked at with the next.
type form string

// The forms, in the order in which a stranger is knocked at.
const (
	cavage     form = "cavage"      // draft-cavage-http-signatures-12, which almost everybody verifies
	cavagePath form = "cavage-path" // the same over the path alone, where the inbox has a query
	rfc9421    form = "rfc9421"     // HTTP Message Signatures, with rsa-v1_5-sha256 and content-digest
)

// forms are those that an inbox can be knocked at with, the given one left out.
func forms(query bool, but form) (list []form) {
	for _, f := range []form{cavage, cavagePath, rfc9421} {
		if f != but && (query || f != cavagePath) {
			list = append(list, f)
		}
	}
	return list
}

func (f form) sign(r *http.Request, body []byte, keyID coop.IRI, key *rsa.PrivateKey, now time.Time) error {
	switch f {
	case cavagePath:
		return keys.SignPath(r, body, keyID, key, now)
	case rfc9421:
		return keys.Sign9421(r, body, keyID, key, now)
	}
	return keys.Sign(r, body, keyID, key, now)
}

// The numbers of what is remembered of the forms.
const (
	maxHabits = 16 << 10           // origins; one that is forgotten costs a request more
	habitAge  = 7 * 24 * time.Hour // for how long the form that worked is tried first
	deafAge   = 24 * time.Hour     // for how long nothing else is tried where nothing else helped
)

// origin is what shares a habit.
type origin struct{ scheme, host string }

// habit is what an origin has taught about the forms. One that takes the usual
// form from the first knock has none.
type habit struct {
	form   form
	learnt time.Time // when it worked
	deaf   time.Time // when all forms were tried in vain
}

// habits are remembered per origin.
type habits struct {
	of memory[origin, habit]
}

func newHabits() *habits {
	return &habits{of: memory[origin, habit]{most: maxHabits, age: habitAge}}
}

// at returns the form to begin with, and whether others are worth a try.
func (h *habits) at(o origin, query bool, now time.Time) (first form, others bool) {
	v := h.of.get(o, now)
	first = cavage
	if v.form != "" && within(v.learnt, habitAge, now) && (query || v.form != cavagePath) {
		first = v.form
	}
	return first, !within(v.deaf, deafAge, now)
}

// within reports whether a time is that long ago at most. A time that lies ahead
// was taken from a clock that has been set back since.
func within(t time.Time, d time.Duration, now time.Time) bool {
	return !t.IsZero() && now.Sub(t) < d && !t.After(now)
}

// works remembers the form that opened a door which another did not.
func (h *habits) works(o origin, f form, now time.Time) {
	if f == cavage { // the usual one needs no memory
		h.of.forget(o)
		return
	}
	h.of.change(o, now, func(habit) habit { return habit{form: f, learnt: now} })
}

// deaf remembers that no form helped: the reason is another one.
func (h *habits) deaf(o origin, now time.Time) {
	h.of.change(o, now, func(v habit) habit {
		v.deaf = now
		return v
	})
}

// refusesForm reports whether an answer may be about how the request is signed.
func refusesForm(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusUnauthorized
}

// acceptsForm reports whether an answer shows that the signature was accepted,
// after the first knock was answered as first says. Who refuses a form may do so
// with 403; where that is better than the 400 before it, it is not better than a
// 401, after which a delivery waits.
func acceptsForm(first, status int) bool {
	switch {
	case status/100 == 2:
		return true
	case status/100 != 4 || refusesForm(status):
		return false
	}
	return status != http.StatusForbidden || first == http.StatusBadRequest
}

// knock sends with one form after the other until one is accepted, and returns
// the answer that counts: the accepted one, else the first; of a 400 and a 401 the
// 401, since after that one it is worth trying again.
func (t *attempt) knock() answer {
	now := t.now()
	scheme, _, _ := strings.Cut(string(t.job.Inbox), ":")
	query := strings.Contains(string(t.job.Inbox), "?")
	o := origin{scheme, t.job.Host}
	first, others := t.habits.at(o, query, now)
	a := t.send(first)
	if !refusesForm(a.status) || !others || t.overtaken(a) {
		return a
	}
	for _, f := range forms(query, first) {
		b := t.send(f)
		switch {
		case acceptsForm(a.status, b.status):
			t.habits.works(o, f, now)
			return b
		case !refusesForm(b.status):
			return a // not an answer to the question: perhaps tomorrow
		case a.status == http.StatusBadRequest && b.status == http.StatusUnauthorized:
			a = b
		}
	}
	if !t.key.former { // the one in force is still to be tried
		t.habits.deaf(o, now)
	}
	return a
}
