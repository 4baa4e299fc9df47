// SPDX-License-Identifier: AGPL-3.0-or-later

package content_test

import (
	"testing"
	"unicode/utf8"

	"plenum/content"
)

func TestTextKeepsTheShapeOfAText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                            "",
		"<p>a\n b</p>\n<p>c<br>d</p>": "a b\n\nc\nd",
		"<p>a<br><br>b</p>":           "a\n\nb",
		"<h2>a</h2>b<blockquote><p>c</p><p>d</p></blockquote>e":                                          "a\n\nb\n\n> c\n\n> d\n\ne",
		"<p>a</p><ul><li>b</li><li><p>c</p><p>d</p></li></ul>e":                                          "a\n\n- b\n- c\n\n  d\n\ne",
		"<ol><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ol>":                                     "1. a\n  - b\n  - c\n2. d",
		"<pre><code>a\n\n  b\n</code></pre><p>c</p>":                                                     "a\n\n  b\n\nc",
		`<p>see <a href="https://a.example/x"><span class="invisible">https://</span>a.example</a>.</p>`: "see https://a.example.",
		"<script>x</script>1 &lt; 2 &amp;amp;":                                                           "1 < 2 &amp;",
		"<p>a <b> b</b> c</p>":                                                                           "a b c",
	} {
		if got := content.Text(in); got != want {
			t.Errorf("%s\ngot  %q\nwant %q", in, got, want)
		}
	}
}

func TestLineIsOnePlainLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{
		{"  a\t\n b\u00a0c\u2028d  ", 99, "a b c d"},
		{"a\x00b\x1bc\u0085d\x7f", 99, "abc d"},
		{"\u202eevil\u202c \u2066x\u2069\u200e\u200b\ufeff", 99, "evil x"},
		{"a\u200db\u200c", 99, "ab"},
		{"👩\u200d💻 می\u200cخواهم \u200d", 99, "👩\u200d💻 می\u200cخواهم"},
		{"a\xffb", 99, "a\uFFFDb"},
		{"<b>a</b> & b", 99, "<b>a</b> & b"},
		{"abcdef", 6, "abcdef"},
		{"abcdefg", 6, "abcde…"},
		{"äöüäöüä", 6, "äöüäö…"},
		{"one two three four five six seven", 20, "one two three four…"},
		{"abcde\u0301fg", 6, "abcd…"},
		{"a", 0, ""},
		{"ab", 1, "…"},
	} {
		got := content.Line(c.in, c.max)
		if got != c.want || utf8.RuneCountInString(got) > c.max {
			t.Errorf("Line(%q, %d)\ngot  %q\nwant %q", c.in, c.max, got, c.want)
		}
	}
}
