// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpus returns the files that a pattern names, of which there must be some.
func corpus(tb testing.TB, pattern string) map[string][]byte {
	tb.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		tb.Fatalf("no corpus at %s (%v)", pattern, err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		if all[filepath.Base(f)], err = os.ReadFile(f); err != nil {
			tb.Fatal(err)
		}
	}
	return all
}

// headers reads lines of "Name: value".
func headers(lines string) http.Header {
	h := http.Header{}
	for line := range strings.SplitSeq(lines, "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			h.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	return h
}

// written is the opposite of headers.
func written(h http.Header) string {
	var b strings.Builder
	for name, values := range h {
		for _, v := range values {
			b.WriteString(name + ": " + v + "\n")
		}
	}
	return b.String()
}

// Any body and any headers: an answer, and never one that says that we failed.
// Where signed is set the body is signed by an actor that exists.
func FuzzInbox(f *testing.F) {
	shared := newPlenum(f)
	p := shared
	x := p.newPeer("social.example", "anna")
	good := p.delivery("/ap/inbox", x, x.activity("1", "Follow", alpha))
	body, err := io.ReadAll(good.Body)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body, written(good.Header), "/ap/inbox", false)
	f.Add(body, "Content-Type: "+as2Short+"\nSignature-Input: sig1=(\"@method\" \"@target-uri\" \"content-digest\");created=1;keyid=\"x\"\nSignature: sig1=:AA==:", "/ap/coops/alpha/inbox", false)
	f.Add([]byte("{}"), "", "/ap/actor/inbox", false)
	for _, kind := range []string{"Follow", "Undo", "Accept", "Reject", "Delete", "Create", "Update", "Announce", "Like", "Move"} {
		f.Add(x.activity("1", kind, map[string]any{"id": "https://social.example/1", "type": "Follow", "actor": x.id, "object": alpha, "attributedTo": x.id}), "", "/ap/inbox", true)
	}
	for _, doc := range corpus(f, "../activity/testdata/inbound/*/*.json") {
		f.Add(doc, "", "/ap/inbox", true)
	}
	for _, doc := range corpus(f, "testdata/5xx/*.json") {
		f.Add(doc, "", "/ap/coops/beta/inbox", true)
	}
	f.Fuzz(func(t *testing.T, body []byte, lines, inbox string, signed bool) {
		p := shared.in(t)
		if inbox != "/ap/inbox" && inbox != "/ap/actor/inbox" {
			inbox = "/ap/coops/alpha/inbox"
		}
		r := request(http.MethodPost, inbox, body)
		if signed {
			r = p.delivery(inbox, x, body)
		}
		for name, values := range headers(lines) {
			r.Header[name] = values
		}
		a := p.do(r) // fails by itself on any 500
		switch a.Code {
		case http.StatusAccepted, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone,
			http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusServiceUnavailable:
		default:
			t.Errorf("got %d: %s", a.Code, a.Body)
		}
	})
}

// Any body: the outbox answers, and what it takes is a document that it serves.
func FuzzOutbox(f *testing.F) {
	shared := newPlenum(f)
	for _, body := range []string{report, meetup, talk("a-meetup"), note, `{"type":"Update","object":{"id":"https://events.example/ap/notes/1","name":null}}`, `{"type":"Delete","object":"x"}`} {
		f.Add([]byte(body))
	}
	for _, doc := range corpus(f, "testdata/5xx/*.json") {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p := shared.in(t)
		a := p.post("alpha", "alpha", string(body))
		if a.Code == http.StatusCreated {
			p.get(strings.TrimPrefix(a.Header().Get("Location"), site.Base())).want(http.StatusOK).checked()
		} else if a.Code/100 != 4 && a.Code != http.StatusServiceUnavailable {
			t.Errorf("got %d: %s", a.Code, a.Body)
		}
	})
}
