// SPDX-License-Identifier: AGPL-3.0-or-later

package content_test

import (
	"strings"
	"testing"
	"time"

	"plenum/content"
	"plenum/coop"
)

func TestMarkdownBecomesTheSubset(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"# A\n\nb *c* **d** ~~e~~ `f`": "<h2>A</h2>\n<p>b <em>c</em> <strong>d</strong> <del>e</del> <code>f</code></p>",
		"- a\n- b\n\n1. c\n2. d":       "<ul><li>a</li><li>b</li></ul>\n<ol><li>c</li><li>d</li></ol>",
		"> a\n>\n> b":                  "<blockquote><p>a</p>\n<p>b</p>\n</blockquote>",
		"```go\nx := 1 < 2\n```":       "<pre><code>x := 1 &lt; 2\n</code></pre>",
		"[a](https://a.example/ \"t\") <https://b.example> www.c.example": `<p><a href="https://a.example/"` + rel + `>a</a> <a href="https://b.example"` + rel + `>https://b.example</a> <a href="http://www.c.example"` + rel + `>www.c.example</a></p>`,
		"a  \nb": "<p>a<br>\nb</p>",
		"":       "",
		"![Slides](https://a.example/s.png \"t\" )": `<p><a href="https://a.example/s.png"` + rel + `>Slides</a></p>`,
		"![](https://a.example/s.png)":              `<p><a href="https://a.example/s.png"` + rel + `>https://a.example/s.png</a></p>`,
		// X04
		"a <script>alert(1)</script> b":                   "<p>a alert(1) b</p>",
		"<div onclick=x>\na\n</div>":                      "",
		"[a](javascript:alert(1))":                        "<p>a</p>",
		"<javascript:alert(1)>":                           "<p>javascript:alert(1)</p>",
		"![a](https://a.example/\" onerror=\"x)":          `<p>![a](<a href="https://a.example/%22"` + rel + `>https://a.example/"</a> onerror="x)</p>`,
		`![a](https://a.example/ '" onerror="x')`:         `<p><a href="https://a.example/"` + rel + `>a</a></p>`,
		"![\"><img src=x onerror=y>](https://a.example/)": `<p><a href="https://a.example/"` + rel + `>"&gt;</a></p>`,
	} {
		got, err := content.Markdown(in)
		if err != nil || got != want {
			t.Errorf("%s\ngot  %q, %v\nwant %q", in, got, err, want)
		}
	}
}

func TestTooMuchMarkdownIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := content.Markdown(strings.Repeat("a", coop.MaxText)); err != nil {
		t.Errorf("%d bytes: %v", coop.MaxText, err)
	}
	if _, err := content.Markdown(strings.Repeat("a", coop.MaxText+1)); coop.CodeOf(err) != coop.TooLarge {
		t.Errorf("%d bytes: got %v, want %s", coop.MaxText+1, err, coop.TooLarge)
	}
}

func TestAReferenceUsedOftenDoesNotMultiply(t *testing.T) {
	t.Parallel()
	def := "[a]: https://a.example/" + strings.Repeat("x", 2000) + "\n\n"
	got, err := content.Markdown(def + strings.Repeat("[a] ", (coop.MaxText-len(def))/4))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, `<a href="https://a.example/xxx`) || len(got) > 5*coop.MaxText {
		t.Errorf("%d bytes, beginning with %.60s", len(got), got)
	}
}

// An eighth of what is allowed: goldmark is quadratic in the first of these,
// and its whole length takes half a second.
func TestHostileMarkdownEnds(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"![](", "[", "> ", "*a ", "_", "`", "- ", "<", "~~a", "[a](<b", "&", "\\", "www.a.b/(", "1. "} {
		begun := time.Now()
		if _, err := content.Markdown(strings.Repeat(unit, coop.MaxText/8/len(unit))); err != nil {
			t.Errorf("%q: %v", unit, err)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%q took %v", unit, took)
		}
	}
}
