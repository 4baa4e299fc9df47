// SPDX-License-Identifier: AGPL-3.0-or-later

package web_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// style returns the style sheet and the name under which the pages link it.
func style(t *testing.T) (css, name string) {
	t.Helper()
	p := pages(t)
	m := regexp.MustCompile(`<link rel="stylesheet" href="/static/([^"]+)">`).FindStringSubmatch(render(t, views(p, "en")["home"]))
	if m == nil {
		t.Fatal("no style sheet is linked")
	}
	data, contentType, ok := p.Asset(m[1])
	if !ok || contentType != "text/css; charset=utf-8" {
		t.Fatalf("%s: got %q %v", m[1], contentType, ok)
	}
	return string(data), m[1]
}

func TestAssetsAreNamedByTheirContent(t *testing.T) {
	t.Parallel()
	css, name := style(t)
	if !regexp.MustCompile(`^plenum-[0-9a-f]{12}\.css$`).MatchString(name) {
		t.Errorf("got the name %s", name)
	}
	if strings.Contains(css, "url(") || strings.Contains(css, "@import") {
		t.Error("the style sheet loads something")
	}
	for _, n := range []string{"", "plenum.css", "../views.go", "plenum-000000000000.css"} {
		if _, _, ok := pages(t).Asset(n); ok {
			t.Errorf("there is an asset %q", n)
		}
	}
}

func TestStyleServesDarkAndPaperAndThoseWhoWantNoMotion(t *testing.T) {
	t.Parallel()
	css, _ := style(t)
	for _, part := range []string{"prefers-color-scheme: dark", "prefers-reduced-motion", "@media print", ":focus-visible", "forced-colors"} {
		if !strings.Contains(css, part) {
			t.Errorf("the style sheet has no %s", part)
		}
	}
}

// TestColoursCanBeRead holds the contrast of text at 4.5:1, of borders of
// controls at 3:1. WCAG 2.2 §1.4.3, §1.4.11.
func TestColoursCanBeRead(t *testing.T) {
	t.Parallel()
	css, _ := style(t)
	colour := regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`)
	light, rest, _ := strings.Cut(css, "@media (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "/* Ground */")
	for scheme, part := range map[string]string{"light": light, "dark": dark} {
		c := map[string]float64{}
		for _, m := range colour.FindAllStringSubmatch(part, -1) {
			c[m[1]] = luminance(t, m[2])
		}
		if len(c) < 12 {
			t.Fatalf("%s: got %d colours", scheme, len(c))
		}
		for _, pair := range []struct {
			text, ground string
			least        float64
		}{
			{"ink", "paper", 7}, {"ink", "sheet", 7}, {"ink", "wash", 7},
			{"muted", "paper", 4.5}, {"muted", "sheet", 4.5}, {"muted", "wash", 4.5},
			{"accent", "paper", 4.5}, {"accent", "sheet", 4.5}, {"accent", "wash", 4.5}, {"accent-deep", "paper", 4.5},
			{"on-accent", "accent", 4.5}, {"on-accent", "accent-deep", 4.5}, {"paper", "muted", 4.5},
			{"alert", "alert-wash", 4.5}, {"alert", "sheet", 3}, {"edge", "sheet", 3}, {"edge", "wash", 3},
		} {
			hi, lo := max(c[pair.text], c[pair.ground]), min(c[pair.text], c[pair.ground])
			if got := (hi + 0.05) / (lo + 0.05); got < pair.least {
				t.Errorf("%s: %s on %s: got %.2f want %.1f", scheme, pair.text, pair.ground, got, pair.least)
			}
		}
	}
}

// luminance is the relative luminance of a colour. WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}
