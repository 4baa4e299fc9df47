// SPDX-License-Identifier: AGPL-3.0-or-later

package coop_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"plenum/coop"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"a": true, "it_kollektiv": true, "35c3": true, "_": true, "relay": true, strings.Repeat("a", 30): true,
		"": false, strings.Repeat("a", 31): false, "A": false, "it-kollektiv": false, "a.b": false, "a b": false,
		"ä": false, "a/b": false, "a@b": false, "a%62": false, "a\x00": false,
	} {
		n, ok := coop.ParseName(s)
		if ok != want || ok && string(n) != s || !ok && n != "" {
			t.Errorf("%q: got %q, %t want %t", s, n, ok, want)
		}
	}
}

func TestSlugs(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"a": true, "1": true, "no-masters-no-slave": true, strings.Repeat("a", 80): true, "feed-2": true, "calendars": true,
		"": false, "-": false, "a-": false, "-a": false, "a--b": false, "A": false, "a_b": false, "a.b": false, "ä": false,
		"a/b": false, "feed": false, "feeds": false, "calendar": false, "feed.atom": false, strings.Repeat("a", 81): false,
	} {
		got, ok := coop.ParseSlug(s)
		if ok != want || ok && got != s || !ok && got != "" {
			t.Errorf("%q: got %q, %t want %t", s, got, ok, want)
		}
	}
}

func TestSlugsOfTitles(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Tech-Coops: No masters, no slave":    "tech-coops-no-masters-no-slave",
		"Tech-Coops at 35c3: Report and talk": "tech-coops-at-35c3-report-and-talk",
		"  Über Bücher -- und Straßen!  ":     "ueber-buecher-und-strassen",
		"It’s the co-op's café":               "its-the-co-ops-cafe",
		"Re\u0301sume\u0301 of a Cafe\u0301":  "resume-of-a-cafe",
		"Feed":                                "feed-post",
		"calendar!":                           "calendar-post",
		"¿?":                                  "",
		"":                                    "",
		"日本":                                  "",
		"35c3 日本 36c3":                        "35c3-36c3",
		strings.Repeat("x", 59) + " and something": strings.Repeat("x", 59) + "-a",
	} {
		got := coop.MakeSlug(title)
		if got != want {
			t.Errorf("%q: got %q want %q", title, got, want)
		}
		if _, ok := coop.ParseSlug(got); got != "" && !ok {
			t.Errorf("%q: the slug %q is none", title, got)
		}
	}
}

func FuzzMakeSlug(f *testing.F) {
	for _, s := range []string{"Tech-Coops: No masters, no slave", "feed", "ß", strings.Repeat("a-", 50), "\xff", "İ", "’’"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, title string) {
		got := coop.MakeSlug(title)
		if _, ok := coop.ParseSlug(got); got != "" && !ok {
			t.Errorf("%q: the slug %q is none", title, got)
		}
		if again := coop.MakeSlug(got); again != got {
			t.Errorf("%q: the slug of the slug %q is %q", title, got, again)
		}
	})
}

func TestKindsAreTheirTypes(t *testing.T) {
	t.Parallel()
	for k, want := range map[coop.Kind]string{coop.Report: "Article false", coop.Meetup: "Event true", coop.Talk: "Event true", coop.Note: "Note false"} {
		if got := fmt.Sprint(k.Type(), " ", k.Event()); got != want {
			t.Errorf("%s: got %s want %s", k, got, want)
		}
	}
}

func TestHostsOfIRIs(t *testing.T) {
	t.Parallel()
	for i, want := range map[coop.IRI]string{
		"https://Events.Example/ap/actor":  "events.example",
		"http://localhost:8081/ap/actor":   "localhost:8081",
		"https://events.example":           "events.example",
		"https://events.example?x=/":       "events.example",
		"https://events.example#main-key":  "events.example",
		"events.example/ap":                "",
		"":                                 "",
		"acct:events@events.example":       "",
		"https:///ap":                      "",
		"https://events.example:8443/a://": "events.example:8443",
	} {
		if got := coop.HostOf(i); got != want {
			t.Errorf("%s: got %q want %q", i, got, want)
		}
	}
}

func TestSameOriginNeedsSchemeHostAndPort(t *testing.T) {
	t.Parallel()
	const a coop.IRI = "https://events.example/ap/actor"
	for b, want := range map[coop.IRI]bool{
		"https://events.example/x#y":      true,
		"HTTPS://EVENTS.example/":         true,
		"http://events.example/ap/actor":  false,
		"https://events.example:8443/":    false,
		"https://events.example.evil/":    false,
		"https://evil/events.example/ap/": false,
		"":                                false,
	} {
		if got := coop.SameOrigin(a, b); got != want {
			t.Errorf("%s: got %t want %t", b, got, want)
		}
		if got := coop.SameOrigin(b, a); got != want {
			t.Errorf("%s the other way round: got %t want %t", b, got, want)
		}
	}
	if coop.SameOrigin("", "") || coop.SameOrigin("https:///a", "https:///b") {
		t.Error("two IRIs without a host have an origin in common")
	}
}

func TestActorIsWhomPeopleAddress(t *testing.T) {
	t.Parallel()
	a := coop.Actor{ID: "https://B.example/users/1", Inbox: "https://b.example/users/1/inbox"}
	if a.Handle() != "https://B.example/users/1" || a.Box() != a.Inbox {
		t.Errorf("got %s and %s", a.Handle(), a.Box())
	}
	a.Username, a.SharedInbox = "alice", "https://b.example/inbox"
	if a.Handle() != "alice@b.example" || a.Box() != a.SharedInbox {
		t.Errorf("got %s and %s", a.Handle(), a.Box())
	}
	if got := coop.IRI("https://b.example/users/1#main-key").WithoutFragment(); got != "https://b.example/users/1" {
		t.Errorf("got %s", got)
	}
}

func TestErrorSpeaksForTheLogAndHasACode(t *testing.T) {
	t.Parallel()
	cause := io.ErrUnexpectedEOF
	err := fmt.Errorf("outer: %w", &coop.Error{Code: coop.Conflict, Op: "store.Publish", Msg: "this is published", Err: cause})
	if got, want := err.Error(), "outer: store.Publish: this is published: unexpected EOF"; got != want {
		t.Errorf("got %q want %q", got, want)
	}
	if coop.CodeOf(err) != coop.Conflict || !errors.Is(err, cause) {
		t.Errorf("got code %s, cause %v", coop.CodeOf(err), errors.Unwrap(err))
	}
	if coop.CodeOf(cause) != coop.Internal || coop.CodeOf(nil) != "" {
		t.Error("a foreign error is internal and no error has no code")
	}
	if got := coop.Fail(coop.Gone, "", "").Error(); got != "gone" {
		t.Errorf("got %q want the code where there are no words", got)
	}
	if w := coop.Wrong("name", "too short"); w.Code != coop.Invalid || w.Member != "name" || w.Error() != "too short" {
		t.Errorf("got %+v", w)
	}
}

func TestTokenIsInForceUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	tok := coop.Token{Scopes: []coop.Scope{coop.Read}}
	if !tok.Can(coop.Read, time.Now()) || tok.Can(coop.Write, time.Now()) {
		t.Error("a token can do what its scopes say and no more")
	}
	tok.Revoked = time.Unix(1, 0)
	if tok.Can(coop.Read, time.Now()) {
		t.Error("a revoked token can nothing")
	}
}

func TestFinalDeliveriesAreThoseNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	for s, want := range map[coop.DeliveryState]bool{
		coop.Waiting: false, coop.Held: false, coop.Done: true, coop.Dead: true, coop.Left: true, coop.Superseded: true,
	} {
		if got := s.Final(); got != want {
			t.Errorf("%s: got %t want %t", s, got, want)
		}
	}
}
