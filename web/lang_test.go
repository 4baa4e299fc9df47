// SPDX-License-Identifier: AGPL-3.0-or-later

package web_test

import (
	"strings"
	"testing"

	"plenum/web"
)

func TestLanguageIsTheOneThatTheVisitorPrefers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ header, want string }{
		{"", "en"},
		{"de", "de"},
		{"DE-at", "de"},
		{"en-GB,en;q=0.9", "en"},
		{"de-DE,de;q=0.9,en;q=0.8", "de"},
		{"en;q=0.8, de;q=0.9", "de"},
		{"fr, de;q=0.3, en;q=0.2", "de"},
		{"fr,es", "en"},
		{"de;q=0, en;q=0.1", "en"},
		{"de;q=0", "en"},
		{"en, de", "en"},
		{"de, en", "de"},
		{"den", "en"},
		{"*", "en"},
		{"de ; q=0.5 , en ; Q=0.4", "de"},
		{"de;q=2, en;q=0.1", "en"},
		{"de;q=x, en;q=0.1", "en"},
		{"de;q=NaN, en;q=0.1", "en"},
		{"de;level=1;q=0.2, en;q=0.1", "de"},
		{";;;,,,=", "en"},
		{strings.Repeat("fr,", 1000) + "de", "en"}, // nobody has so many languages
	} {
		if got := web.Lang(c.header); got != c.want {
			t.Errorf("Lang(%.60q): got %s want %s", c.header, got, c.want)
		}
	}
}

func FuzzLang(f *testing.F) {
	f.Add("de-DE,de;q=0.9,en;q=0.8")
	f.Add("*;q=0.1")
	f.Fuzz(func(t *testing.T, header string) {
		if got := web.Lang(header); got != "en" && got != "de" {
			t.Errorf("got %q", got)
		}
	})
}
