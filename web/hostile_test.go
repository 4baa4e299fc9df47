// SPDX-License-Identifier: AGPL-3.0-or-later

package web_test

import (
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"plenum/coop"
	"plenum/web"
)

// The attacks that every field of every view is filled with, but for those that
// are sanitised HTML by contract.
var attacks = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`' onmouseover='alert(1)`,
	`</title></head><svg onload=alert(1)>`,
	`javascript:alert(1)`,
	"java\tscript:alert(1)",
	`data:text/html,<script>alert(1)</script>`,
	`{{.Head}}<!--`,
	"</textarea><base href=//evil.example><meta http-equiv=refresh content=0>",
}

// trusted are the fields that hold sanitised HTML.
var trusted = map[string]bool{"Body": true, "Imprint": true, "Privacy": true}

// infect fills every string that v leads to with s.
func infect(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type().PkgPath() == "time" {
			return
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			html := trusted[f.Name] || f.Name == "Summary" && v.Type() == reflect.TypeFor[coop.Coop]() ||
				f.Name == "Text" && v.Type() == reflect.TypeFor[web.AboutView]()
			if v.Field(i).CanSet() && !html {
				infect(v.Field(i), s)
			}
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			infect(v.Index(i), s)
		}
	case reflect.String:
		v.SetString(s)
	}
}

func TestHostileTextIsOnlyText(t *testing.T) {
	t.Parallel()
	p := pages(t)
	event, note := web.PostView{}, web.PostView{}
	for _, attack := range attacks {
		views := map[string]any{
			"home": &web.HomeView{}, "coop": &web.CoopView{}, "post": &event, "note": &note, "tag": &web.TagView{},
			"about": &web.AboutView{}, "network": &web.NetworkView{}, "follow": &web.FollowView{}, "problem": &web.ProblemView{},
		}
		for name, v := range views {
			infect(reflect.ValueOf(v).Elem(), attack)
			if name == "post" {
				event.Post.Kind, event.Post.When = coop.Talk, talk().When
				event.Post.Join = coop.JoinExternal
				event.Whole.Kind, event.Whole.When = coop.Meetup, talk().When
			}
			clean(t, name+" "+attack, render(t, func(w io.Writer) error { return show(p, w, v) }))
		}
		ready := web.FollowView{Chrome: chrome("en"), Coop: kollektiv(), Outcome: web.FollowReady, Target: coop.IRI(attack)}
		clean(t, "follow "+attack, render(t, func(w io.Writer) error { return p.Follow(w, ready) }))
	}
}

func show(p *web.Pages, w io.Writer, v any) error {
	switch v := v.(type) {
	case *web.HomeView:
		return p.Home(w, *v)
	case *web.CoopView:
		return p.Coop(w, *v)
	case *web.PostView:
		return p.Post(w, *v)
	case *web.TagView:
		return p.Tag(w, *v)
	case *web.AboutView:
		return p.About(w, *v)
	case *web.NetworkView:
		return p.Network(w, *v)
	case *web.FollowView:
		return p.Follow(w, *v)
	}
	return p.Problem(w, *v.(*web.ProblemView))
}

var (
	tags       = regexp.MustCompile(`<[^>]*>`)
	quoted     = regexp.MustCompile(`="[^"]*"`)
	badTag     = regexp.MustCompile(`(?i)^</?(script|svg|base|textarea|iframe|style)|\son[a-z]+|<meta http-equiv|<img src=x`)
	badAddress = regexp.MustCompile(`(?i)(href|src|action)="(javascript|data|java\s*script)`)
)

// clean fails when the page has an element, an attribute or an address that came
// from text.
func clean(t *testing.T, name, body string) {
	t.Helper()
	for _, tag := range tags.FindAllString(body, -1) {
		if badAddress.MatchString(tag) || badTag.MatchString(quoted.ReplaceAllString(tag, "")) {
			t.Errorf("%s: %s", name, tag)
		}
	}
	if got := strings.Count(body, "<h1"); got != 1 {
		t.Errorf("%s: %d h1", name, got)
	}
	if strings.Contains(body, "<!--") {
		t.Errorf("%s: a comment", name)
	}
}
