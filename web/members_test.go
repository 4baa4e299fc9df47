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

// ours are the elements of forms that the templates have, and text may not bring.
var ours = regexp.MustCompile(`<script src="/static/passkey-[0-9a-f]{12}\.js" defer></script>|<textarea id="[a-z_]+" name="[a-z_]+" rows="\d+"[^<>]*>[^<]*</textarea>`)

// A16: nothing that a member, a program or a link brings becomes an element of a page.
func TestHostileTextIsOnlyTextForMembers(t *testing.T) {
	t.Parallel()
	p := pages(t)
	for _, attack := range attacks {
		for name, c := range map[string]struct {
			view any
			show func(io.Writer, any) error
		}{
			"login":    {&web.LoginView{}, func(w io.Writer, v any) error { return p.Login(w, *v.(*web.LoginView)) }},
			"invite":   {&web.InviteView{}, func(w io.Writer, v any) error { return p.Invite(w, *v.(*web.InviteView)) }},
			"reset":    {&web.ResetView{}, func(w io.Writer, v any) error { return p.Reset(w, *v.(*web.ResetView)) }},
			"account":  {&web.AccountView{}, func(w io.Writer, v any) error { return p.Account(w, *v.(*web.AccountView)) }},
			"members":  {&web.MembersView{}, func(w io.Writer, v any) error { return p.Members(w, *v.(*web.MembersView)) }},
			"consent":  {&web.ConsentView{}, func(w io.Writer, v any) error { return p.Consent(w, *v.(*web.ConsentView)) }},
			"refused":  {&web.RefusedView{}, func(w io.Writer, v any) error { return p.Refused(w, *v.(*web.RefusedView)) }},
			"desk":     {&web.DeskView{}, func(w io.Writer, v any) error { return p.Desk(w, *v.(*web.DeskView)) }},
			"delete":   {&web.DeleteView{}, func(w io.Writer, v any) error { return p.Delete(w, *v.(*web.DeleteView)) }},
			"proposal": {&web.ProposalView{May: true}, func(w io.Writer, v any) error { return p.Proposal(w, *v.(*web.ProposalView)) }},
			"compose": {&web.ComposeView{}, func(w io.Writer, v any) error {
				view := *v.(*web.ComposeView)
				view.Post.Kind, view.Post.When = coop.Talk, talk().When
				return p.Compose(w, view)
			}},
		} {
			infect(reflect.ValueOf(c.view).Elem(), attack)
			body := render(t, func(w io.Writer) error { return c.show(w, c.view) })
			clean(t, name+" "+attack, ours.ReplaceAllString(body, ""))
		}
	}
}

// What is wrong is said at its field, in the summary that has the focus, and in the
// title of the window. WCAG 2.2 §3.3.1.
func TestMistakesAreSaidWhereTheyAre(t *testing.T) {
	t.Parallel()
	p := pages(t)
	for lang, words := range map[string][]string{
		"en": {"<title>Error: New meetup", "“Title” is missing.", "It ends before it begins.", "This slug is taken.", "Somebody else has changed this meanwhile"},
		"de": {"<title>Fehler: Neues Treffen", "„Titel“ fehlt.", "Es endet, bevor es beginnt.", `lang="en">This slug is taken.`, "Jemand hat das inzwischen geändert"},
	} {
		body := render(t, func(w io.Writer) error { return p.Compose(w, mistakes(lang)) })
		for _, w := range append(words, `role="alert" aria-labelledby="faults" tabindex="-1" autofocus`, `<a href="#end_date">`, `id="title-error"`,
			`name="title" type="text" value="Tech-Coops: No masters, no slave" maxlength="200" lang="en" aria-invalid="true" aria-describedby="title-error title-hint" required`, `<details class="more" open>`) {
			if !strings.Contains(body, w) {
				t.Errorf("%s: the page has no %q", lang, w)
			}
		}
		if got := strings.Count(body, `aria-invalid="true"`); got != 7 {
			t.Errorf("%s: %d fields are marked, want 7", lang, got)
		}
	}
}

func TestBrowsersAreNamedAsPeopleNameThem(t *testing.T) {
	t.Parallel()
	p := pages(t)
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                    "Firefox, Linux",
		"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0":                 "Edge, Windows",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36":                  "Chrome, Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1": "Safari, iPhone",
		"curl/8.0": "curl", "a toaster": "a toaster", "": "an unknown browser",
	} {
		v := accountView("en")
		v.Sessions, v.Here = []coop.Session{{ID: "x", Agent: agent}}, ""
		if body := render(t, func(w io.Writer) error { return p.Account(w, v) }); !strings.Contains(body, "<bdi>"+want+"</bdi>") {
			t.Errorf("%q is not named %q", agent, want)
		}
	}
}
