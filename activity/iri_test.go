// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"encoding/json"
	"strings"
	"testing"

	"plenum/activity"
	"plenum/coop"
)

func TestAddressesOfTheFediverseAreTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"https://social.example/users/alice",
		"https://social.example/@alice?page=1&x=%C3%A9#main-key",
		"https://xn--bcher-kva.example:8443/ap",
		"https://Social.Example",
		"https://social.example/ä",
		"https://192.0.2.1/a",
		"https://[2001:db8::1]:8443/a",
		"https://social.example/~user;v=1,2/(x)'!*$",
	} {
		got, err := activity.ParseIRI(s, false)
		if err != nil || string(got) != s {
			t.Errorf("%s: got %q, %v", s, got, err)
		}
	}
}

func TestWhatCannotStandBetweenQuotesIsRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "social.example", "/users/alice", "//social.example/a", "acct:alice@social.example", "as:Public",
		"http://social.example/a", "HTTPS://social.example/a", "ftp://social.example/a", "javascript:alert(1)", "https:social.example",
		"https://", "https:///a", "https://:443/a", "https://social.example:/a", "https://social.example:0/a", "https://social.example:99999/a",
		"https://social.example:x/a", "https://alice@social.example/", "https://alice:secret@social.example/", "https://a..example/", "https://.example/",
		`https://social.example/"`, `https://social.example/a","attributedTo":"https://evil.example`, `https://social.example/\`,
		"https://social.example/<b>", "https://social.example/{x}", "https://social.example/a|b", "https://social.example/`", "https://social.example/^",
		"https://social.example/a b", " https://social.example/a", "https://social.example/a\n", "https://social.example/\x00", "https://social.example/\x7f",
		"https://social.example/\u00a0", "https://social.example/\u202egnp", "https://social.example/\u200b", "https://social.example/\u0085",
		"https://social.example/\xff", "https://social.example/\ufffd", "https://social.example/%zz", "https://bücher.example/", "https://[fe80::1%25eth0]/",
		"https://[::1", "https://social.example/" + strings.Repeat("a", 2048),
	} {
		got, err := activity.ParseIRI(s, false)
		if err == nil || got != "" {
			t.Errorf("%q was taken as %q", s, got)
		}
		if coop.CodeOf(err) != coop.Invalid {
			t.Errorf("%q: got code %s want %s", s, coop.CodeOf(err), coop.Invalid)
		}
	}
}

func TestHTTPIsForDevelopmentOnly(t *testing.T) {
	t.Parallel()
	const s = "http://localhost:8081/ap/coops/komona"
	if got, err := activity.ParseIRI(s, true); err != nil || string(got) != s {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := activity.ParseIRI(s, false); err == nil {
		t.Errorf("taken without leave: %q", got)
	}
}

func TestEveryIRIOfOursIsOne(t *testing.T) {
	t.Parallel()
	for _, i := range []coop.IRI{
		coop.Public, site.Actor("hackspace"), site.Key("hackspace"), site.Actor(coop.Relay), site.Part(coop.Talk, talkID, "replies"),
		site.Tag("tech coops/ä"), site.ICS("hackspace", "a-b"), site.Place("0123456789abcdef"), site.Activity(createID), site.Home(),
	} {
		if _, err := activity.ParseIRI(string(i), false); err != nil {
			t.Errorf("%s: %v", i, err)
		}
	}
}

func TestAnItemThatIsAnIDIsAString(t *testing.T) {
	t.Parallel()
	const i = coop.IRI("https://social.example/a?b=1&c=2")
	var got string
	if err := json.Unmarshal(activity.Ref(i), &got); err != nil || got != string(i) {
		t.Errorf("got %s, %v", got, err)
	}
}
