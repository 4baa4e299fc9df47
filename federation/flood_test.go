// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"plenum/coop"
)

// D48. Each of these is asked of one who has used up what he may, after as many
// others have come as its own age lets in.

func nobody(n int) coop.IRI { return coop.IRI(fmt.Sprintf("https://h%d.example/u", n)) }

const victim coop.IRI = "https://victim.example/u"

func TestActorIsFetchedAnewOnceInAWhileWhoeverElseIsDoubted(t *testing.T) {
	t.Parallel()
	var r remotes
	begin := time.Now()
	now := begin
	if !r.mayDoubt(victim, now) {
		t.Fatal("the first doubt is refused")
	}
	others := 0
	for n := 0; now.Sub(begin) < refetchAge; n++ { // four times as many as are let through
		if r.mayDoubt(nobody(n), now) {
			others++
		}
		if n%100 == 0 {
			r.mayRetry(nobody(-n-1), now) // some are proven
		}
		if r.mayDoubt(victim, now) || r.mayRetry(victim, now) {
			t.Fatalf("after %v and %d others the victim is fetched again", now.Sub(begin), others)
		}
		now = now.Add(time.Second / doubtsASecond / 4)
	}
	if want := int(refetchAge/time.Second) * doubtsASecond; others < want {
		t.Errorf("only %d others were let through, want %d: the test shows nothing", others, want)
	}
	if now = now.Add(time.Second); !r.mayDoubt(victim, now) {
		t.Error("after its age it is still refused")
	}
}

func TestDomainIsAskedSoOftenAMinuteWhoeverElseIsAsked(t *testing.T) {
	t.Parallel()
	var r remotes
	now := time.Now()
	for n := range 5 * perHostMinute {
		if got, want := r.allow("victim.example", now), n < perHostMinute; got != want {
			t.Fatalf("question %d: %v", n, got)
		}
	}
	for n := range 39_999 {
		if !r.allow(coop.HostOf(nobody(n)), now) {
			t.Fatalf("domain %d is not asked", n)
		}
	}
	if r.allow("victim.example", now) {
		t.Error("whoever makes up domains has the victim asked more often")
	}
	if !r.allow("victim.example", now.Add(time.Second)) {
		t.Error("after a second it is not asked again")
	}
}

func TestWelcomeIsGivenOnceADayWhoeverElseFollows(t *testing.T) {
	t.Parallel()
	var m moments
	begin := time.Now()
	m.note(victim, begin)
	for n := range 24 * quotaFollow.together {
		m.note(nobody(n), begin.Add(time.Duration(n)*time.Second))
		if m.may(victim, greetAge, begin.Add(greetAge-1)) {
			t.Fatalf("after %d others the victim is welcomed again", n+1)
		}
	}
	for n := range 2 * maxMoments {
		m.note(nobody(n), begin)
	}
	if n := m.at.Len(); n > maxMoments {
		t.Errorf("%d moments are remembered", n)
	}
}

// What cannot be had is remembered for as many as make a bad day; the one that is
// asked for all the time, for as long as the memory of it is good.
func TestFailureIsRememberedWhoeverElseFails(t *testing.T) {
	t.Parallel()
	var r remotes
	now := time.Now()
	failed := coop.Fail(coop.NotFound, "federation.get", "it does not exist")
	if err := r.missed(victim, now); err != nil {
		t.Fatal(err)
	}
	r.miss(victim, failed, now)
	for n := range 100_000 {
		r.miss(nobody(n), failed, now)
		if n == 15_000 && r.missed(nobody(0), now) == nil {
			t.Errorf("of 15,000 the first is forgotten")
		}
		if r.missed(victim, now) == nil {
			t.Fatalf("after %d others the victim is asked for again", n+1)
		}
	}
	long := errors.New(string(make([]byte, 100_000)))
	for n := range 200 {
		r.miss(nobody(n), long, now)
	}
	if n := r.misses.Weight(); n > maxMissBytes {
		t.Errorf("failures take %d bytes", n)
	}
	if r.missed(victim, now.Add(missAge+1)) != nil || r.missed(nobody(199), now) == nil {
		t.Error("what is old is remembered, or what is new is not")
	}
}

// Each request to an inbox looks its actor up.
func TestLookingUpAnAcquaintanceAllocatesNothing(t *testing.T) {
	var m acquaintances
	for n := range 100 {
		m.remember(nobody(n), parseKeys(coop.Actor{ID: nobody(n)}), 0)
	}
	first, second := nobody(0), nobody(1)
	if n := testing.AllocsPerRun(100, func() { m.get(first); m.get(second); m.get(victim) }); n > 0 {
		t.Errorf("got %v allocations", n)
	}
}
