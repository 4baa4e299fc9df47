// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/client"
	"plenum/coop"
	"plenum/importer"
)

// Where the answer is lost the outbox is asked again, in a way that it can tell: with
// the key of before. What it then refuses is not asked a third time.
func TestLostAnswerIsAskedForOnceMore(t *testing.T) {
	t.Parallel()
	var keys []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		if body, err := io.ReadAll(r.Body); err != nil || string(body) != `{"type":"Note"}` || r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Content-Type") != postedJSON {
			t.Errorf("request %d: %s, %v, %v", len(keys), body, err, r.Header)
		}
		if len(keys) == 1 {
			panic(http.ErrAbortHandler) // it did what it was asked, and nobody heard
		}
		w.Header().Set("Location", "https://events.example/ap/activities/1")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"object":{"id":"https://events.example/ap/notes/2"}}`))
	}))
	t.Cleanup(s.Close)
	l := client.Login{Host: "events.example", Coop: "coop", Origin: s.URL, Outbox: coop.IRI(s.URL + "/outbox"), Access: "secret"}
	d := elsewhere(client.Ring{Path: filepath.Join(t.TempDir(), "c.json")}, l)
	got, err := d.submit(t.Context(), "coop", map[string]string{"type": "Note"})
	if err != nil || got.Activity != "https://events.example/ap/activities/1" || got.Object != "https://events.example/ap/notes/2" {
		t.Errorf("got %+v, %v", got, err)
	}
	if len(keys) != 2 || keys[0] == "" || keys[0] != keys[1] {
		t.Errorf("keys: %q", keys)
	}
}

func TestAddressThatWasPastedIsRead(t *testing.T) {
	t.Parallel()
	who := &client.Agent{Now: time.Now, Rand: rand.Reader}
	attempt, err := who.Begin(client.Server{Issuer: "https://events.example"}, "client", "http://127.0.0.1:1/callback", "")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(attempt.URL())
	if err != nil {
		t.Fatal(err)
	}
	good := "http://127.0.0.1:1/callback?code=abc&state=" + u.Query().Get("state")
	for in, want := range map[string]string{
		good + "\n": "", "  " + good: "", "": "no address was pasted", "http://127.0.0.1:1/callback?code=abc&state=x\n": "another login", "%\n": "no address",
	} {
		code, err := pasted(&app{stdin: strings.NewReader(in)}, attempt)
		if want == "" && (err != nil || code != "abc") {
			t.Errorf("%q: got %q, %v", in, code, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: got %q, %v want %q", in, code, err, want)
		}
	}
}

// What is edited is sent, with what means nothing without it, and nothing else.
func TestOnlyWhatIsOtherIsSent(t *testing.T) {
	t.Parallel()
	const text = "+++\nkind = \"meetup\"\ntitle = \"Meetup\"\nstart = 2027-01-12T18:30:00\ntimezone = \"Europe/Berlin\"\ntags = [\"go\"]\nvisibility = \"unlisted\"\ncapacity = 40\n+++\nText.\n"
	for change, want := range map[[2]string][]string{
		{"", ""}:                                  nil,
		{"Text.", "More text."}:                   {"source"},
		{`"Meetup"`, `"The meetup"`}:              {"name", "plenum:slug"}, // which is made of it
		{"T18:30:00", "T19:00:00"}:                {"endTime", "plenum:allDay", "startTime", "timezone"},
		{"tags = [\"go\"]", ""}:                   {"tag"},
		{"capacity = 40", "capacity = 41"}:        {"externalParticipationUrl", "joinMode", "maximumAttendeeCapacity"},
		{"capacity = 40", ""}:                     {"externalParticipationUrl", "joinMode", "maximumAttendeeCapacity"},
		{"capacity", "status = \"tentative\"\n#"}: {"eventStatus", "externalParticipationUrl", "joinMode", "maximumAttendeeCapacity", "status"},
		{"visibility = \"unlisted\"", ""}:         {"cc", "to"},
	} {
		was, is := membersOf(t, text), membersOf(t, strings.Replace(text, change[0], change[1], 1))
		var got []string
		for k := range others(was, is) {
			got = append(got, k)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%q for %q: got %q want %q", change[1], change[0], got, want)
		}
	}
	gone := others(map[string]any{"to": "a", "name": "b"}, map[string]any{"name": "b"})
	if v, ok := gone["to"]; !ok || v != nil {
		t.Errorf("what is not there any more: got %v", gone)
	}
}

func membersOf(t *testing.T, text string) map[string]any {
	t.Helper()
	f, err := importer.Parse("a.md", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{login: &client.Login{Followers: "https://events.example/followers"}}
	members, err := d.members(t.Context(), "coop", &f)
	if err != nil {
		t.Fatal(err)
	}
	return members
}

func TestSlugsAreToldFromFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "post.md")
	paths, slugs := apart([]string{file, "go-meetup-12", "talk.md", "./talk", "Talk"})
	if !slices.Equal(paths, []string{file, "talk.md", "./talk", "Talk"}) || !slices.Equal(slugs, []string{"go-meetup-12"}) {
		t.Errorf("got files %q and slugs %q", paths, slugs)
	}
}

func TestMomentsAreReadAsTheClocksAre(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2026-12-01T09:00:00+01:00": "2026-12-01T08:00:00Z", "2026-12-01T09:00:00Z": "2026-12-01T09:00:00Z",
		"2026-12-01": "", "soon": "", "09:00": "",
	} {
		got, err := clock(in)
		if (err != nil) != (want == "") || err == nil && got.Format(time.RFC3339) != want {
			t.Errorf("%s: got %v, %v want %s", in, got, err, want)
		}
	}
	local := time.Date(2026, 12, 1, 9, 0, 0, 0, time.Local)
	if got, err := clock("2026-12-01T09:00"); err != nil || !got.Equal(local) {
		t.Errorf("got %v, %v want %v", got, err, local)
	}
}
