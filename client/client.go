// SPDX-License-Identifier: AGPL-3.0-or-later

// Package client is the other side of the outbox API: how a program on somebody's
// own machine finds a co-op, is let in by its people with OAuth 2, and stays so.
//
// It owns discovery (WebFinger, actors, and the metadata of RFC 9728 and RFC 8414),
// the code flow of a native program (RFC 8252), and the file in which what it was
// given is kept. It takes nothing from an instance but what standards say is there,
// and knows nothing of commands, posts and what is sent of them.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"plenum/coop"
)

// Bounds of what an instance can make us read or wait for.
const (
	maxAnswer    = 1 << 20
	maxRedirects = 3
	patience     = 30 * time.Second
)

// Agent talks to instances. Fill the fields by name.
type Agent struct {
	Transport http.RoundTripper // nil: http.DefaultTransport
	Now       func() time.Time
	Rand      io.Reader
	UserAgent string
}

// HTTP is a client that follows no redirect: what it sends is for one host alone.
func (a *Agent) HTTP() *http.Client {
	return &http.Client{Transport: a.Transport, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// reader is a client for what anybody may read. It follows a few redirects, none of
// which leaves https.
func (a *Agent) reader() *http.Client {
	c := a.HTTP()
	c.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errors.New("it redirects too often")
		}
		return secure(r.URL)
	}
	return c
}

// secure refuses addresses to which what is secret would go in the open. On this
// machine nobody is in between.
func secure(u *url.URL) error {
	if u.Host == "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return fmt.Errorf("%.200q is no address that begins with https://", u.Redacted())
	}
	return nil
}

// loopback reports whether a host is this machine. RFC 6761 §6.3
func loopback(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// address is a URL that what is secret may go to.
func address(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("%.200q is no address", s)
	}
	return u, secure(u)
}

// origin is scheme and host of a URL, empty where it is none.
func origin(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

// get reads a public JSON document into out, or with a token what is shown to its
// holder: then no redirect is followed.
func (a *Agent) get(ctx context.Context, from, accept, token string, out any) error {
	if _, err := address(from); err != nil {
		return coop.Fail(coop.Invalid, "client.get", err.Error())
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", accept)
	c := a.reader()
	if token != "" {
		c = a.HTTP()
		r.Header.Set("Authorization", "Bearer "+token)
	}
	_, err = a.answer(c, r, out)
	return err
}

// answer makes a request and reads the JSON that is answered into out.
func (a *Agent) answer(c *http.Client, r *http.Request, out any) (status int, err error) {
	r.Header.Set("User-Agent", a.UserAgent)
	res, err := c.Do(r)
	if err != nil {
		return 0, &coop.Error{Code: coop.Unavailable, Op: "client.answer", Err: err, Msg: r.URL.Host + " does not answer: " + cause(err)}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil || len(body) > maxAnswer {
		return res.StatusCode, &coop.Error{Code: coop.Unavailable, Op: "client.answer", Err: err, Msg: r.URL.Host + " breaks off what it answers, or does not end it"}
	}
	if res.StatusCode/100 != 2 {
		return res.StatusCode, refusal(r, res, body)
	}
	t, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || t != "application/json" && !strings.HasSuffix(t, "+json") {
		return res.StatusCode, coop.Fail(coop.NotFound, "client.answer", fmt.Sprintf("%s answers %s with no JSON", r.URL.Host, r.URL.Path))
	}
	if err := json.Unmarshal(body, out); err != nil {
		return res.StatusCode, &coop.Error{Code: coop.Invalid, Op: "client.answer", Err: err, Msg: fmt.Sprintf("%s answers %s with what is not understood", r.URL.Host, r.URL.Path)}
	}
	return res.StatusCode, nil
}

// cause is what went wrong with a request, without what was asked: that may be
// secret.
func cause(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// OAuthError is what an authorization server answers where it refuses. RFC 6749
// §5.2
type OAuthError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (e *OAuthError) Error() string {
	if e.Description != "" {
		return printable(e.Description) + " (" + printable(e.Code) + ")"
	}
	return printable(e.Code)
}

// printable is what a server says of itself without what could write elsewhere on a
// terminal.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, s)
	return fmt.Sprintf("%.300s", s)
}

// refusal is the error of an answer that is none.
func refusal(r *http.Request, res *http.Response, body []byte) error {
	var said OAuthError
	if json.Unmarshal(body, &said) == nil && said.Code != "" {
		return &coop.Error{Code: coop.Unauthorized, Op: "client.answer", Err: &said, Msg: r.URL.Host + " refuses: " + said.Error()}
	}
	code := coop.Invalid
	switch {
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone:
		code = coop.NotFound
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		code = coop.Unauthorized
	case res.StatusCode == http.StatusTooManyRequests:
		return coop.Fail(coop.RateLimited, "client.answer", r.URL.Host+" wants to be asked less often; try again in a few minutes")
	case res.StatusCode >= 500:
		code = coop.Unavailable
	}
	return coop.Fail(code, "client.answer", fmt.Sprintf("%s answers %s with %d %s", r.URL.Host, r.URL.Path, res.StatusCode, strings.ToLower(http.StatusText(res.StatusCode))))
}
