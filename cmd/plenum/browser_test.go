// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"plenum/auth"
	"plenum/coop"
	"plenum/store"
)

// The browser of the scripts: it opens a page, signs in where it is asked to, decides
// as BROWSER_DECIDES says (allow, or deny), chooses BROWSER_COOP where there is a
// choice, and ends where it is led.
func browser() {
	if err := surf(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		os.Exit(1)
	}
}

// A page has one form that matters to the browser: the first that is sent somewhere
// of its own path.
var (
	formOf   = regexp.MustCompile(`(?s)<form method="post" action="([^"]*)">(.*?)</form>`)
	hiddenOf = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	choiceOf = regexp.MustCompile(`<input [^>]*name="coop" type="radio" value="([^"]*)"`)
)

func surf(ctx context.Context, page string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	c := &http.Client{Jar: jar, Timeout: patience}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return err
	}
	for range 5 { // login, consent, and the end
		at, body, err := read(c, r)
		if err != nil {
			return err
		}
		action, filled := answerOf(at, body)
		if filled == nil {
			return ended(body)
		}
		to, err := at.Parse(action)
		if err != nil {
			return err
		}
		if r, err = http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(filled.Encode())); err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", at.Scheme+"://"+at.Host)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return errors.New("it is asked again and again")
}

// read asks for a page, and says where that was in the end.
func read(c *http.Client, r *http.Request) (*url.URL, string, error) {
	res, err := c.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.Request.URL, string(body), err
}

// ended reports how it went: the last page is the program's own.
func ended(body string) error {
	if strings.Contains(body, "You can close this page") {
		return nil
	}
	return fmt.Errorf("it ended at %.2000s", body)
}

// answerOf fills the form of a page, nil where there is none to fill.
func answerOf(at *url.URL, body string) (action string, filled url.Values) {
	for _, m := range formOf.FindAllStringSubmatch(body, -1) {
		filled = url.Values{}
		for _, h := range hiddenOf.FindAllStringSubmatch(m[2], -1) {
			filled.Add(html.UnescapeString(h[1]), html.UnescapeString(h[2]))
		}
		switch action = html.UnescapeString(m[1]); {
		case action == "/login":
			filled.Set("login", os.Getenv("BROWSER_LOGIN"))
			filled.Set("password", os.Getenv("BROWSER_PASSWORD"))
			return action, filled
		case strings.HasPrefix(action, "/oauth/"):
			choice := choiceOf.FindStringSubmatch(m[2])
			if choice == nil {
				return action, nil
			}
			filled.Set("coop", cmp.Or(os.Getenv("BROWSER_COOP"), choice[1]))
			filled.Set("decision", cmp.Or(os.Getenv("BROWSER_DECIDES"), "allow"))
			return action, filled
		}
	}
	return "", nil
}

// enrol makes a member of an instance that does not run: enrol CONFIG LOGIN
// COOP=ROLE…
func enrol(ts *testscript.TestScript, _ bool, args []string) {
	a := &app{config: ts.MkAbs(args[0])}
	c, err := a.load()
	ts.Check(err)
	db, err := store.Open(c.Data.Dir, store.Options{Domain: c.Site.Domain, Now: time.Now})
	ts.Check(err)
	roles := map[coop.Name]coop.Role{}
	for _, pair := range args[2:] {
		name, role, _ := strings.Cut(pair, "=")
		roles[coop.Name(name)] = coop.Role(role)
	}
	s := &auth.Service{Site: c.CoopSite(), People: db, Tickets: db, Doors: db, Devices: db, Clients: db, Tokens: db, Now: time.Now, Rand: rand.Reader}
	_, err = s.AddMember(context.Background(), coop.Principal{Role: coop.Admin, By: "the script"},
		auth.NewMember{Login: args[1], Password: "correct horse battery " + args[1]}, roles, false)
	ts.Check(err)
	ts.Check(db.Close())
}
