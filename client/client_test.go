// SPDX-License-Identifier: AGPL-3.0-or-later

package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/client"
	"plenum/coop"
)

func TestCoopIsFoundHoweverItIsNamed(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	host := strings.TrimPrefix(d.URL, "http://")
	for _, c := range []struct {
		where string
		name  coop.Name
		named bool
	}{
		{d.URL, "", false}, {host, "", false}, {d.URL + "/", "", false},
		{d.URL, "hackspace", true}, {"hackspace@" + host, "", true}, {"@hackspace@" + host, "", true}, {"acct:hackspace@" + host, "hackspace", true},
		{d.URL + "/@hackspace", "", true}, {d.URL + "/ap/coops/hackspace", "hackspace", true},
	} {
		f, err := agent().Find(t.Context(), c.where, c.name)
		if err != nil {
			t.Errorf("%s %s: %v", c.where, c.name, err)
			continue
		}
		if f.Origin != d.URL || f.Server.Token != d.URL+"/oauth/token" || (f.Actor.Name == "hackspace") != c.named {
			t.Errorf("%s %s: got %+v", c.where, c.name, f)
		}
	}
}

func TestWhatIsNoInstanceIsRefusedInWords(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	host := strings.TrimPrefix(d.URL, "http://")
	for _, c := range []struct {
		where string
		name  coop.Name
		want  string
	}{
		{"http://events.example", "", "is no address that begins with https://"},
		{"https://user:secret@events.example", "", "is no address that begins with https://"},
		{"ftp://events.example", "", "is no address that begins with https://"},
		{"", "", "is no address"},
		{"Hack Space@" + host, "", "is no name of a co-op"},
		{"hackspace@" + host, "library", "hackspace is not library"},
		{d.URL + "/@hackspace", "library", "is hackspace, and not library"},
		{d.URL, "library", "has no co-op library"},
		{d.URL + "/nothing", "", "404"},
	} {
		_, err := agent().Find(t.Context(), c.where, c.name)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: got %v want %q", c.where, c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the password is in %v", c.where, err)
		}
	}
}

// What an authorization server says of itself is believed of itself alone, and
// what it cannot do safely is not done. RFC 8414 §3.3, RFC 7636 §4.2
func TestServerThatCannotBeTrustedIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*door)
		want  string
	}{
		"another issuer":         {func(d *door) { d.metadata["issuer"] = "https://evil.example" }, "says that it is"},
		"no PKCE":                {func(d *door) { delete(d.metadata, "code_challenge_methods_supported") }, "PKCE"},
		"plain PKCE":             {func(d *door) { d.metadata["code_challenge_methods_supported"] = []string{"plain"} }, "PKCE"},
		"token in the open":      {func(d *door) { d.metadata["token_endpoint"] = "http://events.example/token" }, "token endpoint"},
		"authorize is a script":  {func(d *door) { d.metadata["authorization_endpoint"] = "javascript:alert(1)" }, "authorization endpoint"},
		"no registration":        {func(d *door) { delete(d.metadata, "registration_endpoint") }, "registration endpoint"},
		"revocation in the open": {func(d *door) { d.metadata["revocation_endpoint"] = "http://events.example/" }, "revocation endpoint"},
		"server in the open":     {func(d *door) { d.resource["authorization_servers"] = []string{"http://events.example"} }, "is no address"},
		"outbox elsewhere":       {func(d *door) { d.actor["outbox"] = "https://evil.example/outbox" }, "is nobody who has an outbox"},
		"no outbox":              {func(d *door) { delete(d.actor, "outbox") }, "is nobody who has an outbox"},
		"actor elsewhere": {func(d *door) {
			for _, k := range []string{"id", "outbox", "followers"} {
				d.actor[k] = "https://evil.example/" + k
			}
		}, "says that it is at https://evil.example"},
		"a name with a path": {func(d *door) { d.actor["preferredUsername"] = "../x" }, "is no co-op"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			c.spoil(d)
			if _, err := agent().Find(t.Context(), d.URL, "hackspace"); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v want %q", err, c.want)
			}
		})
	}
}

// Where the resource says nothing of itself, or speaks of another one, its own host
// is asked. RFC 9728 §3.3
func TestServerIsFoundWithoutResourceMetadata(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, said := range []map[string]any{nil, {"resource": "https://evil.example", "authorization_servers": []string{"https://evil.example"}}} {
		d.resource = said
		f, err := agent().Find(t.Context(), d.URL, "hackspace")
		if err != nil || f.Server.Issuer != d.URL {
			t.Errorf("%v: got %+v, %v", said, f.Server, err)
		}
	}
}

func TestLoginGoesAllTheWay(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	l, err := d.login(t, agent())
	if err != nil {
		t.Fatal(err)
	}
	if l.Handle() != "hackspace@"+strings.TrimPrefix(d.URL, "http://") || l.Access != "access-1" || l.Refresh != "refresh-1" ||
		l.Upload != d.URL+"/api/media" || time.Until(l.Expires) < 59*time.Minute-time.Second {
		t.Errorf("got %#v", l.Public())
	}
	for _, said := range []string{fmt.Sprintf("%v %+v %#v %s", l, l, l, l), string(l.Public())} {
		if strings.Contains(said, "access-1") || strings.Contains(said, "refresh-1") {
			t.Errorf("a secret is in %s", said)
		}
	}
}

// An instance may show its documents to those alone whom it knows.
func TestCoopThatIsNotShownIsLookedUpAfterwards(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.closed = true
	l, err := d.login(t, agent())
	if err != nil {
		t.Fatal(err)
	}
	if l.Outbox != coop.IRI(d.URL+"/ap/coops/hackspace/outbox") || l.Followers == "" || l.Upload == "" {
		t.Errorf("got %+v", l)
	}
	if _, err := agent().Find(t.Context(), d.URL+"/@hackspace", ""); coop.CodeOf(err) != coop.Unauthorized {
		t.Errorf("by a page, which does not say who it is of: got %v", err)
	}
}

func TestPageOfConsentIsAskedForWithEverything(t *testing.T) {
	t.Parallel()
	a := agent()
	seen := map[string]bool{}
	for range 2 {
		attempt, err := a.Begin(client.Server{Authorize: "https://events.example/oauth/authorize?lang=de"}, "client-1", "http://127.0.0.1:7/callback", "https://events.example")
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(attempt.URL())
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		for k, want := range map[string]string{"lang": "de", "response_type": "code", "client_id": "client-1", "redirect_uri": "http://127.0.0.1:7/callback",
			"scope": "read write", "code_challenge_method": "S256", "resource": "https://events.example"} {
			if q.Get(k) != want {
				t.Errorf("%s: got %q want %q", k, q.Get(k), want)
			}
		}
		for _, k := range []string{"state", "code_challenge"} {
			if len(q.Get(k)) != 43 || seen[q.Get(k)] {
				t.Errorf("%s is %q: short, or used before", k, q.Get(k))
			}
			seen[q.Get(k)] = true
		}
	}
}

// RFC 9207 §2.4, RFC 6749 §10.12
func TestAnswerOfAnotherIsNotTaken(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	f, err := agent().Find(t.Context(), d.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	attempt, err := agent().Begin(f.Server, "client-1", "http://127.0.0.1:7/callback", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change map[string]string
		want   string
	}{
		"as it should be": {nil, ""},
		"state":           {map[string]string{"state": "other"}, "another login"},
		"no state":        {map[string]string{"state": ""}, "another login"},
		"iss":             {map[string]string{"iss": "https://evil.example"}, "the answer is from"},
		"no iss":          {map[string]string{"iss": ""}, "the answer is from"},
		"declined":        {map[string]string{"code": "", "error": "access_denied"}, "you declined"},
		"an error":        {map[string]string{"error": "server_error", "error_description": "on\x1b[2Jfire"}, "refuses: on[2Jfire (server_error)"},
		"no code":         {map[string]string{"code": ""}, "has no code"},
	} {
		q := d.consented(t, attempt.URL())
		for k, v := range c.change {
			q.Set(k, v)
		}
		code, err := attempt.Code(q)
		if c.want == "" && (err != nil || code != "code-1") {
			t.Errorf("%s: got %q, %v", name, code, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || code != "") {
			t.Errorf("%s: got %q, %v want %q", name, code, err, c.want)
		}
	}
}

func TestTokenOfAnotherIsNotKept(t *testing.T) {
	t.Parallel()
	for me, want := range map[string]string{"": "does not say whose", "https://evil.example/ap/coops/hackspace": "and not for"} {
		d := newDoor(t)
		d.grant["me"] = me
		if _, err := d.login(t, agent()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v want %q", me, err, want)
		}
	}
	d := newDoor(t)
	d.grant["token_type"] = "mac"
	if _, err := d.login(t, agent()); err == nil || !strings.Contains(err.Error(), "no bearer token") {
		t.Errorf("got %v", err)
	}
	d = newDoor(t)
	f, err := agent().Find(t.Context(), d.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = agent().Complete(t.Context(), f, client.Attempt{Server: f.Server}, client.Tokens{Me: "https://evil.example/ap/coops/hackspace"})
	if err == nil || !strings.Contains(err.Error(), "gives a token for") {
		t.Errorf("of an instance alone: got %v", err)
	}
}

func TestCredentialsAreKeptFromOthers(t *testing.T) {
	t.Parallel()
	r := ring(t)
	if all, err := r.Logins(); err != nil || len(all) != 0 {
		t.Errorf("before the first login: %v, %v", all, err)
	}
	for _, n := range []coop.Name{"b", "a", "b"} {
		if err := r.Put(t.Context(), client.Login{Host: "events.example", Coop: n, Actor: "https://events.example/" + coop.IRI(n), Access: "secret"}); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]os.FileMode{r.Path: 0o600, filepath.Dir(r.Path): 0o700} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o want %o", path, got, want)
		}
	}
	all, err := r.Logins()
	if err != nil || len(all) != 2 || all[0].Coop != "a" || all[1].Access != "secret" {
		t.Errorf("got %v, %v", all, err)
	}
	if err := r.Drop(t.Context(), "https://events.example/a"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(r.Path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Logins(); coop.CodeOf(err) != coop.Forbidden {
		t.Errorf("a file that others can read: got %v", err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(r.Path), ".credentials-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestCredentialsThatAreNoneAreNotOverwritten(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"not JSON", `{"version": 2}`} {
		r := ring(t)
		if err := r.Put(t.Context(), client.Login{Actor: "https://events.example/a"}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(r.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.Put(t.Context(), client.Login{Actor: "https://events.example/b"}); err == nil {
			t.Errorf("%s was taken", text)
		}
		if got, err := os.ReadFile(r.Path); err != nil || string(got) != text {
			t.Errorf("%s became %s, %v", text, got, err)
		}
	}
}

func TestRingIsWhereTheDesktopWantsIt(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		"": "/home/a/.config/plenum/credentials.json", "/etc/a": "/etc/a/plenum/credentials.json", "relative": "/home/a/.config/plenum/credentials.json",
	} {
		if got := client.RingOf(config, "/home/a").Path; got != want {
			t.Errorf("%q: got %s want %s", config, got, want)
		}
	}
}

// Commands that run at once renew a token once: a refresh token that is used twice
// would end the login. RFC 9700 §4.14.2
func TestTokenIsRenewedOnceByMany(t *testing.T) {
	t.Parallel()
	d, r := newDoor(t), ring(t)
	l, err := d.login(t, agent())
	if err != nil {
		t.Fatal(err)
	}
	l.Expires = time.Now().Add(30 * time.Second)
	if err := r.Put(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			got, err := agent().Renew(t.Context(), r, l.Actor, "")
			if err != nil || got.Access != "access-2" {
				t.Errorf("got %q, %v", got.Access, err)
			}
		})
	}
	all.Wait()
	if d.reused || d.given != 2 {
		t.Errorf("reused %t, tokens were given %d times", d.reused, d.given)
	}
	kept, err := r.Logins()
	if err != nil || kept[0].Access != "access-2" || kept[0].Refresh != "refresh-2" {
		t.Errorf("kept: %v", err)
	}
}

func TestLoginThatIsOverSaysHowToLogInAgain(t *testing.T) {
	t.Parallel()
	d, r := newDoor(t), ring(t)
	l, err := d.login(t, agent())
	if err != nil {
		t.Fatal(err)
	}
	l.Refresh, l.Expires = "stolen", time.Now()
	if err := r.Put(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	_, err = agent().Renew(t.Context(), r, l.Actor, "")
	if coop.CodeOf(err) != coop.Unauthorized || !strings.Contains(err.Error(), "plenum login "+d.URL+" --coop hackspace") {
		t.Errorf("got %v", err)
	}
	if _, err := agent().Renew(t.Context(), r, "https://events.example/nobody", ""); coop.CodeOf(err) != coop.NotFound {
		t.Errorf("of nobody: got %v", err)
	}
}

// A token that was refused is renewed, and the request made again: whole, and once.
func TestRequestIsMadeAgainWithANewToken(t *testing.T) {
	t.Parallel()
	d, r := newDoor(t), ring(t)
	l, err := d.login(t, agent())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Put(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if _, err := agent().Renew(t.Context(), r, l.Actor, l.Access); err != nil { // another command did
		t.Fatal(err)
	}
	c := agent().Open(r, l).Client()
	res, err := c.Post(string(l.Outbox), "application/activity+json", strings.NewReader(`{"type":"Note"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	if res.StatusCode != http.StatusCreated || d.given != 2 || len(d.seen) != 2 {
		t.Errorf("got %d after %d tokens and %d requests", res.StatusCode, d.given, len(d.seen))
	}
}

func TestTokenGoesToItsOwnHostAlone(t *testing.T) {
	t.Parallel()
	d, other, r := newDoor(t), newDoor(t), ring(t)
	l, err := d.login(t, agent())
	if err != nil {
		t.Fatal(err)
	}
	res, err := agent().Open(r, l).Client().Get(other.URL + "/ap/coops/hackspace/outbox")
	if err == nil {
		_ = res.Body.Close()
	}
	if err == nil || len(other.seen) > 0 {
		t.Errorf("got %v, seen %v", err, other.seen)
	}
}

func TestLogoutRevokesTheRefreshToken(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	l, err := d.login(t, agent())
	if err != nil {
		t.Fatal(err)
	}
	if err := agent().Revoke(t.Context(), l); err != nil || len(d.revoked) != 1 || d.revoked[0] != "refresh-1" {
		t.Errorf("got %v, %v", d.revoked, err)
	}
}

func TestLoginsAreJSONThatIsWhole(t *testing.T) {
	t.Parallel()
	var v map[string]any
	if err := json.Unmarshal(client.Login{Coop: "a", Host: "b.example"}.Public(), &v); err != nil || v["handle"] != "a@b.example" {
		t.Errorf("got %v, %v", v, err)
	}
}
