// SPDX-License-Identifier: AGPL-3.0-or-later

package coop_test

import (
	"testing"

	"plenum/coop"
)

func TestADomainHoldsTheNamesBelowIt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		host, domain string
		want         bool
	}{
		{"bad.example", "bad.example", true},
		{"Bad.Example", "bad.example", true},
		{"bad.example", "BAD.example", true},
		{"a.bad.example", "bad.example", true},
		{"b.a.bad.example", "bad.example", true},
		{"bad.example:8443", "bad.example", true},
		{"a.bad.example:8443", "bad.example", true},
		{"bad.example.", "bad.example", true},
		{"a.bad.example.:8443", "bad.example", true},
		{"localhost:8080", "localhost:8080", true},
		{"localhost:8081", "localhost:8080", false},
		{"[2001:db8::1]:8443", "[2001:db8::1]", true},
		{"[2001:db8::1]", "[2001:db8::1]", true},
		{"notbad.example", "bad.example", false},
		{"bad.example.org", "bad.example", false},
		{"example", "bad.example", false},
		{".example", "bad.example", false},
		{"bad.example", "", false},
		{"bad.example.", "", false},
		{"", "bad.example", false},
		{"", "", false},
	} {
		if got := coop.UnderDomain(tt.host, tt.domain); got != tt.want {
			t.Errorf("%q under %q: got %v, want %v", tt.host, tt.domain, got, tt.want)
		}
	}
}

func TestAnswersToStrangersAreOfTheirTime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		d    coop.Document
		want bool
	}{
		{coop.Document{Type: "Accept"}, true},
		{coop.Document{Type: "Reject"}, true},
		{coop.Document{Type: "Ignore"}, true},
		{coop.Document{Type: "Create", Forwarded: "https://a.example/1"}, true},
		{coop.Document{Type: "Accept", Post: "01"}, false},
		{coop.Document{Type: "Follow"}, false},
		{coop.Document{Type: "Update"}, false},
		{coop.Document{Type: "Create", Post: "01"}, false},
	} {
		if got := tt.d.OfItsTime(); got != tt.want {
			t.Errorf("%+v: got %v, want %v", tt.d, got, tt.want)
		}
	}
}
