// SPDX-License-Identifier: AGPL-3.0-or-later

package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plenum/client"
)

// visit asks an address as a browser would, with a Host of its own if any.
func visit(t *testing.T, method, page, host string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body), res.Header
}

type waited struct {
	code string
	err  error
}

// waiting is a login that waits for its browser.
func waiting(t *testing.T) (l *client.Loopback, good url.Values, came chan waited) {
	t.Helper()
	l, err := client.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	attempt, err := agent().Begin(client.Server{Issuer: "https://events.example", Authorize: "https://events.example/oauth/authorize", NamesItself: true}, "client-1", l.Redirect(), "")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(attempt.URL())
	if err != nil {
		t.Fatal(err)
	}
	came = make(chan waited, 1)
	go func() {
		code, err := l.Wait(t.Context(), attempt)
		came <- waited{code, err}
	}()
	return l, url.Values{"state": {u.Query().Get("state")}, "code": {"code-1"}, "iss": {"https://events.example"}}, came
}

// What others send to the port neither ends the login nor gets into it: RFC 8252
// §8.1, and names that are made to lead to this machine.
func TestLoopbackTakesItsOwnAnswerAlone(t *testing.T) {
	t.Parallel()
	l, good, came := waiting(t)
	if !strings.HasPrefix(l.Redirect(), "http://127.0.0.1:") && !strings.HasPrefix(l.Redirect(), "http://[::1]:") {
		t.Errorf("it listens at %s", l.Redirect())
	}
	for _, c := range []struct {
		method, page, host string
		want               int
	}{
		{http.MethodGet, l.Redirect() + "?state=guess&code=evil", "", http.StatusBadRequest},
		{http.MethodGet, l.Redirect() + "?error=access_denied", "", http.StatusBadRequest},
		{http.MethodGet, l.Redirect() + "?" + good.Encode(), "evil.example", http.StatusNotFound},
		{http.MethodPost, l.Redirect() + "?" + good.Encode(), "", http.StatusMethodNotAllowed},
		{http.MethodGet, strings.TrimSuffix(l.Redirect(), "callback") + "favicon.ico", "", http.StatusNotFound},
	} {
		if got, _, _ := visit(t, c.method, c.page, c.host); got != c.want {
			t.Errorf("%s %s: got %d want %d", c.method, c.page, got, c.want)
		}
	}
	select {
	case w := <-came:
		t.Fatalf("it ended with %+v", w)
	default:
	}
	status, body, header := visit(t, http.MethodGet, l.Redirect()+"?"+good.Encode(), "")
	if status != http.StatusOK || !strings.Contains(body, "You can close this page") || strings.Contains(body, "code-1") {
		t.Errorf("the page: %d %s", status, body)
	}
	for k, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"} {
		if header.Get(k) != want {
			t.Errorf("%s: got %q want %q", k, header.Get(k), want)
		}
	}
	if w := <-came; w.err != nil || w.code != "code-1" {
		t.Errorf("got %+v", w)
	}
}

func TestWhoDeclinesIsToldSoOnThePageToo(t *testing.T) {
	t.Parallel()
	l, q, came := waiting(t)
	q.Del("code")
	q.Set("error", "access_denied")
	if _, body, _ := visit(t, http.MethodGet, l.Redirect()+"?"+q.Encode(), ""); !strings.Contains(body, "was not let in") {
		t.Errorf("the page: %s", body)
	}
	if w := <-came; w.err == nil || !strings.Contains(w.err.Error(), "you declined") {
		t.Errorf("got %+v", w)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	l, err := client.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Wait(ctx, client.Attempt{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
