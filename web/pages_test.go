// SPDX-License-Identifier: AGPL-3.0-or-later

package web_test

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"plenum/web"
)

// every shows all pages in both languages.
func every(t *testing.T, check func(t *testing.T, p *web.Pages, lang, body string)) {
	t.Helper()
	p := pages(t)
	for _, lang := range []string{"en", "de"} {
		for name, show := range views(p, lang) {
			t.Run(lang+"/"+name, func(t *testing.T) {
				t.Parallel()
				check(t, p, lang, render(t, show))
			})
		}
	}
}

func TestEveryPageHasItsFrame(t *testing.T) {
	t.Parallel()
	every(t, func(t *testing.T, _ *web.Pages, lang, body string) {
		for part, times := range map[string]int{
			`<!DOCTYPE html>`:        1,
			`<html lang="` + lang:    1,
			`<meta charset="utf-8">`: 1,
			`<meta name="viewport" content="width=device-width, initial-scale=1">`: 1,
			`<title>`:                          1,
			`<h1`:                              1,
			`<main id="content"`:               1,
			`<a class="skip" href="#content">`: 1,
			`<header class="site-header">`:     1,
			`<footer class="site-footer">`:     1,
			`href="/static/plenum-`:            1,
			`property="og:title"`:              1,
			`property="og:type"`:               1,
			`</html>`:                          1,
			`ZgotmplZ`:                         0,
			`<no value>`:                       0,
			`%!`:                               0,
		} {
			if got := strings.Count(body, part); got != times {
				t.Errorf("%s stands %d times, want %d", part, got, times)
			}
		}
	})
}

func TestNothingIsInsideThatThePolicyForbids(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`(?i)<script|<style|<iframe|<object|<embed|<base|\sstyle=|\son[a-z]+=|javascript:|http-equiv`)
	// the one script there is, named on the two pages that know passkeys
	passkeys := regexp.MustCompile(`<script src="/static/passkey-[0-9a-f]{12}\.js" defer></script>`)
	every(t, func(t *testing.T, _ *web.Pages, _, body string) {
		if found := forbidden.FindString(passkeys.ReplaceAllString(body, "")); found != "" {
			t.Errorf("the page has %q", found)
		}
	})
}

func TestEveryAddressIsOfTheSiteOrElsewhere(t *testing.T) {
	t.Parallel()
	address := regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)
	whole := regexp.MustCompile(`^(https://[a-z0-9.-]+/?[^ ]*|/static/[a-z0-9.-]+|/(follow|login|logout|reset|invite|account|members|desk|oauth/authorize)(/[A-Za-z0-9_/-]+)?(\?(next|kind)=[a-z0-9/]+)?|#[a-z0-9_-]+|mailto:[^ ]+)$`)
	every(t, func(t *testing.T, p *web.Pages, _, body string) {
		found := address.FindAllStringSubmatch(body, -1)
		if len(found) < 8 {
			t.Fatalf("got %d addresses", len(found))
		}
		for _, m := range found {
			if !whole.MatchString(m[1]) {
				t.Errorf("the page links %q", m[1])
			}
			if name, ok := strings.CutPrefix(m[1], web.StaticPath); ok {
				if _, _, ok := p.Asset(name); !ok {
					t.Errorf("there is no asset %s", name)
				}
			}
		}
	})
}

func TestIdsOnAPageAreUniqueAndNamedOnesExist(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`\sid="([^"]*)"`)
	ref := regexp.MustCompile(`(?:aria-labelledby|aria-describedby|\sfor)="([^"]*)"|href="#([^"]*)"`)
	every(t, func(t *testing.T, _ *web.Pages, _, body string) {
		ids := map[string]bool{}
		for _, m := range id.FindAllStringSubmatch(body, -1) {
			if ids[m[1]] {
				t.Errorf("the id %s occurs twice", m[1])
			}
			ids[m[1]] = true
		}
		for _, m := range ref.FindAllStringSubmatch(body, -1) {
			for id := range strings.FieldsSeq(m[1] + " " + m[2]) {
				if !ids[id] {
					t.Errorf("there is no id %s", id)
				}
			}
		}
	})
}

func TestPagesInAnUnknownLanguageAreEnglish(t *testing.T) {
	t.Parallel()
	c := chrome("fr-FR")
	body := render(t, func(w io.Writer) error { return pages(t).Problem(w, web.ProblemView{Chrome: c, Status: 404}) })
	if !strings.Contains(body, `<html lang="en">`) || !strings.Contains(body, "There is nothing here") {
		t.Errorf("got %s", body)
	}
}

var errFull = errors.New("disk full")

type full struct{ written int }

func (f *full) Write(b []byte) (int, error) { f.written++; return 0, errFull }

func TestAFailingWriterIsReportedAndAskedOnce(t *testing.T) {
	t.Parallel()
	w := &full{}
	err := pages(t).Problem(w, web.ProblemView{Chrome: chrome("en"), Status: 500})
	if !errors.Is(err, errFull) || w.written != 1 {
		t.Errorf("got %v after %d writes, want %v after one", err, w.written, errFull)
	}
}
