// SPDX-License-Identifier: AGPL-3.0-or-later

package instance_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/auth"
	"plenum/coop"
	"plenum/mail"
)

// asksFor is what a program asks for whose client_id is a URL.
func asksFor(id string) url.Values {
	return url.Values{
		"client_id": {id}, "redirect_uri": {"https://app.example/cb"}, "response_type": {"code"}, "code_challenge_method": {"S256"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
	}
}

// F12, F14: what a program says of itself is read through the guard, without following
// redirects, and not beyond what it may have.
func TestDocumentsOfProgramsAreReadThroughTheGuard(t *testing.T) {
	t.Parallel()
	var asked []string
	in, _ := made(t, open(t, filepath.Join(t.TempDir(), "data")), func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.String())
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/moved.json" {
			w.Header().Set("Location", "https://app.example/client.json")
			w.WriteHeader(http.StatusFound)
		}
		large := ""
		if r.URL.Path == "/large.json" {
			large = `"x":"` + strings.Repeat("x", 70<<10) + `",`
		}
		fmt.Fprintf(w, `{%s"client_id":%q,"redirect_uris":["https://app.example/cb"]}`, large, r.URL)
		return w.Result(), nil
	})
	refused := func(id string) {
		t.Helper()
		if _, err := in.Auth.Authorization(t.Context(), asksFor(id)); err == nil {
			t.Errorf("%s is a program", id)
		} else if e, ok := errors.AsType[*auth.OAuthError](err); !ok || e.Code != "invalid_client" {
			t.Errorf("%s: got %v", id, err)
		}
	}
	for _, id := range []string{
		"https://127.0.0.1/client.json", "https://10.0.0.1/client.json", "https://[::1]/client.json", "https://[::ffff:169.254.169.254]/client.json", "https://0177.0.0.1/client.json", "https://2130706433/client.json",
		"https://app.example:8443/client.json", "https://app.example.:443/client.json", "https://" + site.Domain + "/client.json", "https://" + site.Domain + ":443/client.json",
	} {
		refused(id)
	}
	if len(asked) > 0 {
		t.Errorf("asked %q", asked)
	}
	refused("https://app.example/moved.json")
	refused("https://app.example/large.json")
	if r, err := in.Auth.Authorization(t.Context(), asksFor("https://app.example/client.json")); err != nil || r.Client.Host != "app.example" {
		t.Errorf("got %+v, %v", r, err)
	}
	if want := []string{"https://app.example/moved.json", "https://app.example/large.json", "https://app.example/client.json"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q want %q", asked, want)
	}
}

// What an editor proposes is told to a publisher by mail.
func TestLettersGoToTheMailServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	in, _ := made(t, open(t, filepath.Join(t.TempDir(), "data")), peers(t))
	if in.Auth.Mail != nil {
		t.Error("an instance without a mail server sends letters")
	}
	at := netip.MustParseAddrPort(l.Addr().String())
	letters := mail.Server{Host: at.Addr().String(), Port: int(at.Port()), From: "events@events.example", TLS: "off"}
	in, _ = madeWith(t, open(t, filepath.Join(t.TempDir(), "data")), peers(t), &letters)
	machine := coop.Principal{Role: coop.Admin, By: "root"}
	if _, err := in.Auth.AddMember(t.Context(), machine, auth.NewMember{Login: "ada", Email: "ada@mail.example"}, map[coop.Name]coop.Role{"alpha": coop.Publisher}, false); err != nil {
		t.Fatal(err)
	}
	ben, err := in.Auth.AddMember(t.Context(), machine, auth.NewMember{Login: "ben"}, map[coop.Name]coop.Role{"alpha": coop.Editor}, false)
	if err != nil {
		t.Fatal(err)
	}
	run(t, in)
	sub, err := in.Fed.Submit(t.Context(), in.Auth.Principal(ben, "alpha"), []byte(`{"type":"Article","name":"Report","content":"<p>We were there.</p>"}`), "")
	if err != nil || !sub.Proposed {
		t.Fatalf("got %+v, %v", sub, err)
	}
	if err := l.(*net.TCPListener).SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal("nobody came to the mail server: ", err)
	}
	_ = c.Close()
}
