// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"bytes"
	"encoding/json"
	"html"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"plenum/coop"
	"plenum/handlers"
)

const secretWord = "four words make it"

// person is somebody with a browser.
type person struct {
	*plenum
	cookie string // as Cookie has it
	csrf   string // of the page that was looked at last
}

// member makes a member of alpha with a role, and signs them in.
func (p *plenum) member(login string, role coop.Role) *person {
	p.t.Helper()
	in := handlers.PersonInput{Login: login, Name: "Name of " + login, Password: secretWord, Roles: map[coop.Name]coop.Role{"alpha": role}}
	p.ctl(http.MethodPost, "/control/members", toJSON(p.t, in), http.StatusOK, nil)
	b := &person{plenum: p}
	b.signIn(login)
	return b
}

func toJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (b *person) signIn(login string) {
	b.t.Helper()
	a := b.send("/login", url.Values{"login": {login}, "password": {secretWord}}).want(http.StatusSeeOther)
	if b.cookie == "" {
		b.t.Fatalf("no cookie was set: %v", a.Header())
	}
}

// look shows a page, and remembers what its forms prove themselves with.
func (b *person) look(path string, changes ...change) answer {
	b.t.Helper()
	a := b.keep(b.get(path, append([]change{accept(browser), with("Cookie", b.cookie)}, changes...)...))
	if m := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(a.Body.String()); m != nil {
		b.csrf = html.UnescapeString(m[1])
	}
	return a
}

// send sends a form as a browser does.
func (b *person) send(path string, form url.Values, changes ...change) answer {
	b.t.Helper()
	all := append([]change{
		accept(browser), with("Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin", "Cookie", b.cookie),
	}, changes...)
	return b.keep(b.do(request(http.MethodPost, path, []byte(form.Encode()), all...)))
}

// act sends a form of a page that was looked at.
func (b *person) act(path string, form url.Values, changes ...change) answer {
	b.t.Helper()
	form.Set("csrf", b.csrf)
	return b.send(path, form, changes...)
}

// upload sends the form of a post.
func (b *person) upload(path string, form url.Values, picture []byte) answer {
	b.t.Helper()
	form.Set("csrf", b.csrf)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		for _, v := range values {
			if err := w.WriteField(name, v); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	f, err := w.CreateFormFile("picture", "../../x.png")
	if err == nil {
		_, err = f.Write(picture)
	}
	if err != nil || w.Close() != nil {
		b.t.Fatal(err)
	}
	return b.keep(b.do(request(http.MethodPost, path, body.Bytes(), accept(browser),
		with("Content-Type", w.FormDataContentType(), "Sec-Fetch-Site", "same-origin", "Cookie", b.cookie))))
}

// keep does with the cookie of an answer what a browser does.
func (b *person) keep(a answer) answer {
	for _, line := range a.Header().Values("Set-Cookie") {
		k, err := http.ParseSetCookie(line)
		if err != nil {
			b.t.Fatal(err)
		}
		if b.cookie = k.Name + "=" + k.Value; k.MaxAge < 0 {
			b.cookie = ""
		}
	}
	return a
}

// says ends the test unless a page has the words.
func (a answer) says(words ...string) answer {
	a.t.Helper()
	text := html.UnescapeString(a.Body.String())
	for _, w := range words {
		if !strings.Contains(text, w) {
			a.t.Fatalf("the page does not say %q\n%.6000s", w, text)
		}
	}
	return a
}

// leads ends the test unless the answer leads to a path.
func (a answer) leads(to string) answer {
	a.t.Helper()
	return a.want(http.StatusSeeOther).header("Location", to)
}
