// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMarkupBecomesOneLineOfText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain", "plain"},
		{"<p>One</p><p>Two</p>", "One Two"},
		{"<p>a <strong>b</strong>c<br>d</p>\n<ul><li>e</li><li>f</li></ul>", "a bc d e f"},
		{`<a href="https://x.example/?a=1&amp;b=2" rel="nofollow">x &amp; y</a>`, "x & y"},
		{"1 &lt; 2 &gt; 0", "1 < 2 > 0"},
		{"cut <", "cut"},
		{"cut <a href=", "cut"},
	} {
		if got := plainText(c.in); got != c.want {
			t.Errorf("plainText(%q): got %q want %q", c.in, got, c.want)
		}
	}
}

func TestASentenceBeginsWithACapitalLetter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"on tech-coops", "On tech-coops"},
		{"über Löhne", "Über Löhne"},
		{"a", "A"},
		{"A talk", "A talk"},
		{"iX lädt ein", "iX lädt ein"},
		{"c3d2 lädt ein", "c3d2 lädt ein"},
		{"3 groups", "3 groups"},
		{"\xff is no letter", "\xff is no letter"},
	} {
		if got := sentence(c.in); got != c.want {
			t.Errorf("sentence(%q): got %q want %q", c.in, got, c.want)
		}
	}
}

func TestExcerptsEndBetweenWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"short", 10, "short"},
		{"  folded \n lines ", 20, "folded lines"},
		{"one two three four", 12, "one two…"},
		{"one two, three four", 10, "one two…"},
		{strings.Repeat("ä", 30), 10, strings.Repeat("ä", 9) + "…"},
	} {
		got := excerpt(c.in, c.limit)
		if got != c.want {
			t.Errorf("excerpt(%q, %d): got %q want %q", c.in, c.limit, got, c.want)
		}
		if utf8.RuneCountInString(got) > c.limit {
			t.Errorf("excerpt(%q, %d): got %q, which is longer", c.in, c.limit, got)
		}
	}
}
