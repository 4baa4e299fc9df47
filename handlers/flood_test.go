// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"fmt"
	"testing"
	"time"
)

// D48. Each of these is asked of one who has used up what he may, while as many
// others come as are remembered.

const (
	victim    = "192.0.2.1"
	most      = 60
	atOnce    = 19_999 // others within the victim's minute
	halfOther = 15_000
)

func others(l *limiter, from, to int, now time.Time) {
	for n := from; n < to; n++ {
		l.charge(fmt.Sprintf("2001:db8:%x::/64", n), most, now)
	}
}

func TestAddressHasItsAllowanceOnceWhoeverElseComes(t *testing.T) {
	t.Parallel()
	var l limiter
	now := time.Now()
	use := func(n int) (taken int) {
		for range n {
			if l.charge(victim, most, now) {
				taken++
			}
		}
		return taken
	}
	taken := use(most / 2)
	others(&l, 0, halfOther, now)
	taken += use(most)
	others(&l, halfOther, 2*halfOther, now)
	if taken += use(most); taken != most || l.spare(victim, most, now) {
		t.Errorf("it had %d, want %d", taken, most)
	}
	others(&l, 2*halfOther, 2*halfOther+atOnce, now)
	if taken += use(1); taken != most {
		t.Errorf("it had %d, want %d", taken, most)
	}
	if n := l.used.Len(); n > limiterSize {
		t.Errorf("%d are remembered", n)
	}
	if now = now.Add(time.Second); use(2) != 1 {
		t.Error("after a second it has not one more")
	}
}

// What is under way counts, whoever comes meanwhile, and ends like any other.
func TestRequestsUnderWayAreNotForgottenWhoeverElseComes(t *testing.T) {
	t.Parallel()
	var l limiter
	now := time.Now()
	var leave []func(bool, time.Time)
	for {
		f, ok := l.enter(victim, most, now)
		if !ok {
			break
		}
		leave = append(leave, f)
	}
	if len(leave) != most {
		t.Fatalf("%d are under way", len(leave))
	}
	others(&l, 0, 3*limiterSize, now)
	if _, ok := l.enter(victim, most, now); ok {
		t.Error("more are under way than it may")
	}
	for i, f := range leave {
		f(i%2 == 0, now)
	}
	n := 0
	for range 2 * most {
		if _, ok := l.enter(victim, most, now); ok {
			n++
		}
	}
	if n != most/2 || len(l.busy) != 1 {
		t.Errorf("half of them were charged, and %d more are let in; %d addresses are busy", n, len(l.busy))
	}
}

// A host is looked up before it is proven that a request is its own, and most
// requests cost nothing: neither takes anybody's place.
func TestWhoIsNotChargedTakesNobodysPlace(t *testing.T) {
	t.Parallel()
	var l limiter
	now := time.Now()
	for range most {
		l.charge(victim, most, now)
	}
	for n := range 2 * limiterSize {
		key := fmt.Sprintf("h%d.example", n)
		l.spare(key, most, now)
		leave, ok := l.enter(key, most, now)
		if !ok {
			t.Fatalf("%s is not let in", key)
		}
		leave(false, now)
	}
	if l.spare(victim, most, now) {
		t.Error("what cost nothing gave somebody his allowance back")
	}
	if l.used.Len() != 1 || len(l.busy) != 0 {
		t.Errorf("%d are remembered, %d busy", l.used.Len(), len(l.busy))
	}
}
