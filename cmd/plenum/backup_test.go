// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A copy that is taken while posts are published is whole, and can be served as
// it is.
func TestBackupWhilePostsArePublished(t *testing.T) {
	t.Parallel()
	p := setUp(t)
	s := p.serve(t)
	client := &http.Client{Timeout: 20 * time.Second}
	ctx, enough := context.WithCancel(t.Context())
	token, posts, ended := p.token(t), make(chan *submission, 1000), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ctx.Err() == nil && i < cap(posts); i++ {
			post := &submission{title: fmt.Sprintf("Post %d", i)}
			if err := p.submit(t.Context(), t, client, token, post); err != nil {
				t.Error(err)
				return
			}
			posts <- post
		}
	}()
	var before []*submission
	for range 5 { // what was answered before the backup begins is in it
		before = append(before, <-posts)
	}
	copies := make([]string, 3)
	for i := range copies {
		copies[i] = filepath.Join(p.dir, fmt.Sprint("copy", i))
		said := plenum(t, "backup", copies[i], "--config", p.config)
		if !strings.HasPrefix(said, "Copied to "+copies[i]) {
			t.Errorf("backup said %q", said)
		}
	}
	enough()
	<-ended
	if n := len(posts) + len(before); n < 6 {
		t.Errorf("%d posts in all: nothing was published during the backups", n)
	}
	s.stop(t)
	for _, dir := range copies {
		if said := plenum(t, "verify", filepath.Join(dir, "data", "plenum.db")); said != "Nothing is wrong.\n" {
			t.Errorf("verify said %q", said)
		}
	}
	serveCopy(t, client, copies[0], before)
}

// serveCopy serves a copy on another address and looks for posts in it.
func serveCopy(t *testing.T, client *http.Client, dir string, posts []*submission) {
	t.Helper()
	q := place{dir: dir, config: filepath.Join(dir, "plenum.toml"), domain: fmt.Sprintf("127.0.0.1:%d", freePort(t))}
	raw, err := os.ReadFile(q.config)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(raw), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "address = ") {
			lines[i] = fmt.Sprintf("address = %q", q.domain)
		}
	}
	if err := os.WriteFile(q.config, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	s := q.serve(t)
	for _, p := range posts { // each on its own page: the co-op's shows the newest alone
		slug := strings.ReplaceAll(strings.ToLower(p.title), " ", "-")
		if !strings.Contains(fetch(t, client, q.url("/@coop/"+slug)), p.title) {
			t.Errorf("the page of the copy does not show %s", p.title)
		}
		if _, path, ok := strings.Cut(p.id, "/ap/"); !ok || !strings.Contains(fetchActivity(t, q.url("/ap/"+path)), p.title) {
			t.Errorf("the copy does not answer %s", p.id)
		}
	}
	s.stop(t)
}
