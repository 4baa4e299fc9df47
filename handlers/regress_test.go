// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"plenum/handlers"
	"plenum/instance"
)

// TestWhatOnceMadeAServerFail keeps the documents at which a server has failed
// before, one of ours or one that an advisory tells of, and their next of kin.
// They stand in testdata/5xx; each goes to every door.
func TestWhatOnceMadeAServerFail(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	for name, doc := range corpus(t, "testdata/5xx/*.json") {
		for where, a := range map[string]answer{
			"inbox": p.deliver("/ap/inbox", x, doc), "unsigned": p.do(request(http.MethodPost, "/ap/coops/alpha/inbox", doc, with("Content-Type", as2Short))),
			"outbox": p.post("alpha", "alpha", string(doc)),
		} {
			if a.Code >= 500 && a.Code != http.StatusServiceUnavailable { // a host that is down is not our failure
				t.Errorf("%s to the %s: got %d: %s", name, where, a.Code, a.Body)
			}
		}
		for _, at := range []string{"/control/coops", "/control/tokens", "/control/backup", "/control/coops/alpha/following", "/control/coops/alpha/moderation/follows", "/control/coops/alpha/drafts", "/control/media"} {
			w := newAnswer(p, at, doc)
			if w.Code >= 500 {
				t.Errorf("%s to %s: got %d: %s", name, at, w.Code, w.Body)
			}
		}
	}
}

func newAnswer(p *plenum, at string, doc []byte) answer {
	r := request(http.MethodPost, at, doc, with("Content-Type", as2Short))
	a := answer{httptest.NewRecorder(), p.t}
	p.control.ServeHTTP(a, r)
	return a
}

func TestRequestsThatOnceMadeAServerFail(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(meetup)
	bearer := "Bearer " + first.tokens["alpha"]
	for name, r := range map[string]*http.Request{
		"NUL in a name":               request(http.MethodGet, "/ap/coops/%00", nil),
		"NUL in a calendar's name":    request(http.MethodGet, "/@%00/calendar.ics", nil),
		"NUL in a tag":                request(http.MethodGet, "/tags/%00%00", nil),
		"long tag":                    request(http.MethodGet, "/tags/"+strings.Repeat("%C3%96", 50), nil),
		"inbox of a long name":        request(http.MethodPost, "/ap/coops/"+strings.Repeat("x", 40<<10)+"/inbox", []byte("{}"), with("Content-Type", as2Short)),
		"inbox of NUL":                request(http.MethodPost, "/ap/coops/%00/inbox", []byte("{}"), with("Content-Type", as2Short)),
		"page of a post not known":    request(http.MethodGet, "/@alpha?before=01J0000000000000000000000Z", nil),
		"year 0 of the network":       request(http.MethodGet, "/network?before=0000-01-01T00:00:00Z", nil),
		"year 9999 of the network":    request(http.MethodGet, "/network?before=9999-12-31T23:59:59%2B14:00", nil),
		"before 1970 of the network":  request(http.MethodGet, "/network?before=1969-12-31T23:59:59Z", nil),
		"outbox page beyond int":      request(http.MethodGet, "/ap/coops/alpha/outbox/pages/9223372036854775807", nil),
		"outbox page that overflows":  request(http.MethodGet, "/ap/coops/alpha/outbox/pages/922337203685477581", nil),
		"Accept of commas":            request(http.MethodGet, "/", nil, accept(strings.Repeat(",", 10000))),
		"Accept-Language of nonsense": request(http.MethodGet, "/", nil, with("Accept-Language", strings.Repeat("de-;q=,", 2000)+"\xff")),
		"If-None-Match of commas":     request(http.MethodGet, "/ap/actor", nil, with("If-None-Match", strings.Repeat(`",`, 5000))),
		"Range of nonsense":           request(http.MethodGet, "/media/x.png", nil, with("Range", "bytes=-")),
		"body that breaks off":        request(http.MethodPost, "/ap/inbox", nil, with("Content-Type", as2Short), breaks),
		"outbox body that breaks off": request(http.MethodPost, "/ap/coops/alpha/outbox", nil, with("Content-Type", as2Short, "Authorization", bearer), breaks),
		"form that breaks off":        request(http.MethodPost, "/follow", nil, with("Content-Type", "application/x-www-form-urlencoded"), breaks),
		"no body at all":              request(http.MethodPost, "/ap/inbox", nil, with("Content-Type", as2Short)),
		"no address":                  request(http.MethodPost, "/ap/inbox", nil, from("")),
		"address of a socket":         request(http.MethodPost, "/ap/inbox", nil, from("@")),
		"options of everything":       request(http.MethodOptions, "/*", nil),
	} {
		if a := p.do(r); a.Code >= 500 || a.Code == 0 {
			t.Errorf("%s: got %d: %s", name, a.Code, a.Body)
		}
	}
}

func breaks(r *http.Request) {
	r.Body, r.ContentLength = io.NopCloser(iotest.ErrReader(errors.New("connection reset"))), 100
}

// P09: the log knows requests by what they did, and holds no secret.
func TestLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	p := newPlenum(t, func(o *instance.Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	x := p.newPeer("social.example", "anna")
	signed := p.delivery("/ap/inbox", x, x.activity("1", "Follow", alpha))
	signature := signed.Header.Get("Signature")
	p.do(signed).want(http.StatusAccepted)
	p.deliver("/ap/inbox", x, x.activity("2", "Follow", alpha), func(r *http.Request) { r.Header.Del("Digest") }).want(http.StatusUnauthorized)
	p.post("alpha", "alpha", note, with("Idempotency-Key", "private-key-1")).want(http.StatusCreated)
	p.post("alpha", "beta", note).want(http.StatusForbidden)
	p.do(request(http.MethodPost, "/ap/coops/alpha/outbox?access_token="+first.tokens["alpha"], []byte(note), with("Content-Type", as2Short))).want(http.StatusUnauthorized)
	p.do(request(http.MethodPost, "/ap/coops/alpha/outbox", []byte(note), with("Content-Type", as2Short, "Authorization", "Bearer "+first.tokens["alpha"]+"x"))).want(http.StatusUnauthorized)
	p.subscribe("alpha", "visitor@social.example")
	p.get("/@alpha/%0aerr=forged%1b[31m")
	p.get("/nowhere", with("User-Agent", "evil\nlevel=ERROR", "X-Request-Id", "evil"))
	var made handlers.TokenInfo
	p.ctl(http.MethodPost, "/control/tokens", `{"coop":"alpha","label":"x","scope":"write"}`, http.StatusOK, &made)

	written := log.String()
	if !strings.Contains(written, "status=201") || !strings.Contains(written, "status=403") {
		t.Fatalf("the log does not say what happened:\n%s", written)
	}
	for what, secret := range map[string]string{
		"token": first.tokens["alpha"], "new token": made.Secret, "signature": signature[len(signature)-40:], "key": "PRIVATE KEY", "idempotency key": "private-key-1",
		"visitor": "visitor@social.example", "visitor's address": "192.0.2.1", "terminal code": "\x1b", "line of a stranger": "\nerr=forged", "id of a stranger": "req=evil",
	} {
		if strings.Contains(written, secret) {
			t.Errorf("the log holds the %s", what)
		}
	}
	for line := range strings.SplitSeq(written, "\n") {
		if len(line) > 1000 { // D18
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

func TestLogSaysWhyAnInboxRefuses(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	p := newPlenum(t, func(o *instance.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	x := p.newPeer("social.example", "anna")
	p.deliver("/ap/inbox", x, x.activity("1", "Follow", alpha), func(r *http.Request) { r.Host = "other.example" }).want(http.StatusUnauthorized)
	p.post("alpha", "beta", note).want(http.StatusForbidden)
	written := log.String()
	for _, want := range []string{"route=/ap/inbox status=401", "the request is for another host than this one", "route=/ap/coops/:name/outbox status=403"} {
		if !strings.Contains(written, want) {
			t.Errorf("no %q in the log:\n%s", want, written)
		}
	}
	if got := strings.Count(written, " err="); got != 2 {
		t.Errorf("got %d reasons want 2:\n%s", got, written)
	}
}

// lockedBuffer is a buffer that many may write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Who leaves before the answer is no failure of ours that somebody has to look at.
func TestVisitorWhoLeavesIsNoError(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	p := newPlenum(t, func(o *instance.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, r := range []*http.Request{
		request(http.MethodGet, "/@alpha/x", nil), request(http.MethodGet, "/ap/coops/alpha/outbox", nil), request(http.MethodGet, "/network", nil),
		request(http.MethodPost, "/ap/coops/alpha/outbox", []byte(note), with("Content-Type", as2Short, "Authorization", "Bearer "+first.tokens["alpha"])),
	} {
		w := httptest.NewRecorder()
		p.public.ServeHTTP(w, r.WithContext(ctx))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: got %d", r.RequestURI, w.Code)
		}
	}
	if strings.Contains(log.String(), "level=ERROR") || strings.Contains(log.String(), "level=WARN") {
		t.Errorf("the log calls for somebody:\n%s", log.String())
	}
}

// What changes something leaves a line in the log, whatever its method is; what
// reads leaves none.
func TestLogHasALineForEachChange(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	p := newPlenum(t, func(o *instance.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	p.ctl(http.MethodPatch, "/control/coops/alpha", `{"title":"Alpha"}`, http.StatusOK, nil)
	p.ctl(http.MethodDelete, "/control/coops/beta", "", http.StatusNoContent, nil)
	p.get("/ap/coops/alpha")
	p.do(request(http.MethodOptions, "/ap/coops/alpha/outbox", nil))
	for _, method := range []string{"PATCH", "DELETE"} {
		if !strings.Contains(log.String(), "method="+method+" route=/control/coops/:name") {
			t.Errorf("no line for %s", method)
		}
	}
	if got := strings.Count(log.String(), "msg=request"); got != 2 {
		t.Errorf("got %d lines, want 2:\n%s", got, log.String())
	}
}
