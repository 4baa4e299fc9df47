// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import "testing"

func TestOnlyTheTwoMediaTypesAreActivityStreams(t *testing.T) { // C01, C02, C06
	t.Parallel()
	for contentType, want := range map[string]bool{
		"application/activity+json":                                                                      true,
		"application/activity+json; charset=utf-8":                                                       true,
		"APPLICATION/Activity+JSON":                                                                      true,
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`:                           true,
		`application/ld+json;charset=utf-8;profile="https://www.w3.org/ns/activitystreams"`:              true,
		`application/ld+json; profile="https://example.com/other https://www.w3.org/ns/activitystreams"`: true,
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams#"`:                          false,
		"application/ld+json":                  false,
		"application/json":                     false,
		"text/html":                            false,
		"text/plain":                           false,
		"":                                     false,
		"application/octet-stream":             false,
		"application/activity+json, text/html": false,
		`application/ld+json; profile="https://x`: false,
	} {
		if got := IsAS2(contentType); got != want {
			t.Errorf("%q: got %v want %v", contentType, got, want)
		}
	}
}

func TestAHandleIsUserAtHost(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"alice@social.example":        {"alice", "social.example"},
		"@alice@social.example":       {"alice", "social.example"},
		" @Alice@Social.Example ":     {"Alice", "social.example"},
		"acct:alice@social.example":   {"alice", "social.example"},
		"alice@localhost:8080":        {"alice", "localhost:8080"},
		"alice":                       {},
		"@alice":                      {},
		"alice@":                      {},
		"@@social.example":            {},
		"alice@social.example/path":   {},
		"alice@social.example?x=1":    {},
		"alice@evil.example@victim":   {},
		"al ice@social.example":       {},
		"alice@social.example\n":      {"alice", "social.example"},
		"alice@soc\tial.example":      {},
		"alice@social.example#x":      {},
		"alice@user%40social.example": {},
	} {
		user, host, ok := handle(in)
		if !ok {
			user, host = "", ""
		}
		if got := [2]string{user, host}; got != want {
			t.Errorf("%q: got %q want %q", in, got, want)
		}
	}
}

func TestASubscribePageIsOnTheVisitorsOwnSite(t *testing.T) { // P02
	t.Parallel()
	for _, c := range []struct {
		page, host string
		want       bool
	}{
		{"example.org", "example.org", true},
		{"social.example.org", "example.org", true},
		{"evilexample.org", "example.org", false},
		{"example.org.evil.example", "example.org", false},
		{"org", "example.org", false},
	} {
		if got := sameSite(c.page, c.host); got != c.want {
			t.Errorf("%s for %s: got %v want %v", c.page, c.host, got, c.want)
		}
	}
}
