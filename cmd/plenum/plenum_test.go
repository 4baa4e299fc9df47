// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"plenum": main, "browser": browser})
}

// plenum runs the command and returns what it printed.
func plenum(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := command(args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("plenum %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String()
}

// command is plenum as a process of its own: this binary under that name.
func command(args ...string) *exec.Cmd {
	cmd := exec.Command("plenum", args...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "PLENUM_CONFIG=")
	return cmd
}

// place is an instance on this machine: its configuration and where it answers.
type place struct {
	dir    string
	config string
	domain string
}

// setUp makes an instance for development with the co-op "coop".
func setUp(t *testing.T) place {
	t.Helper()
	p := place{dir: shortDir(t), domain: fmt.Sprintf("localhost:%d", freePort(t))}
	p.config = filepath.Join(p.dir, "plenum.toml")
	plenum(t, "quickstart", "--development", "--domain", p.domain, "--dir", p.dir)
	return p
}

// shortDir is a temporary directory whose path leaves room for a socket's name.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "plenum-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := unused()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

var ports atomic.Int64

// unused is a port that nobody listens on. It is not one of those that the
// system gives to connections: while a server is down, none may take its port.
func unused() (int, error) {
	for {
		port := 20000 + (int(ports.Add(1))+os.Getpid()*61)%12000
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			return 0, err
		}
		return port, l.Close()
	}
}

func (p place) url(path string) string { return "http://" + p.domain + path }

// server is `plenum serve` at a place.
type server struct {
	cmd *exec.Cmd
	log *os.File
}

// serve starts the server and waits until it accepts connections.
func (p place) serve(t *testing.T) *server {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(p.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{cmd: command("serve", "--config", p.config), log: log}
	s.cmd.Stderr = log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "plenum: listening on http://") {
		t.Fatalf("serve said %q, %v\n%s", line, err, p.logged(t))
	}
	return s
}

// logged is the end of the log of a place.
func (p place) logged(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(p.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw[max(0, len(raw)-4000):])
}

// kill ends the server at once, as a loss of power would.
func (s *server) kill() error {
	err := s.cmd.Process.Kill()
	_ = s.cmd.Wait() // it was killed: there is no better answer
	_ = s.log.Close()
	return err
}

// stop ends the server as an administrator would, and wants it to end well.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("serve ended with %v", err)
	}
}

// token makes a token for the outbox of the place's co-op, or of another.
func (p place) token(t *testing.T, flags ...string) string {
	t.Helper()
	return strings.TrimSpace(plenum(t, append([]string{"token", "create", "--name", "test", "--config", p.config}, flags...)...))
}

// submission is a post on its way to an outbox.
type submission struct {
	title string // also the key by which the outbox knows the request again
	id    string // of the object, once the outbox has answered 201
}

// submit posts to the outbox of the place's co-op. An error means that there was
// no answer; any answer but 201 fails the test.
func (p place) submit(ctx context.Context, t *testing.T, client *http.Client, token string, s *submission) (err error) {
	_, s.id, err = p.post(ctx, t, client, request{coop: "coop", token: token, key: s.title, body: article(s.title)})
	return err
}

// article is a post with a title.
func article(title string) string {
	return fmt.Sprintf(`{"type":"Article","name":%q,"content":"<p>%s</p>"}`, title, title)
}

// request is what a client posts to the outbox of a co-op.
type request struct {
	coop, token string
	key         string // by which the outbox knows it again
	body        string
}

// post makes a request and returns the ids of the activity and of its object. An
// error means that there was no answer; any answer but 201 fails the test.
func (p place) post(ctx context.Context, t *testing.T, client *http.Client, q request) (activity, object string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url("/ap/coops/"+q.coop+"/outbox"), strings.NewReader(q.body))
	if err != nil {
		return "", "", err
	}
	r.Header.Set("Authorization", "Bearer "+q.token)
	r.Header.Set("Content-Type", activityJSON)
	r.Header.Set("Idempotency-Key", q.key)
	res, err := client.Do(r)
	if err != nil {
		return "", "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return "", "", err
	}
	var made struct {
		ID     string `json:"id"`
		Object json.RawMessage
	}
	err = json.Unmarshal(answer, &made)
	var full struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(made.Object, &full) != nil { // its id alone
		_ = json.Unmarshal(made.Object, &full.ID)
	}
	if res.StatusCode != http.StatusCreated || err != nil || made.ID == "" || full.ID == "" || made.ID != res.Header.Get("Location") {
		t.Errorf("the outbox answered %s to %s: %s", res.Status, q.key, answer)
		return "", "", nil
	}
	return made.ID, full.ID, nil
}

// fetch reads a page.
func fetch(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v", url, res.Status, err)
	}
	return string(body)
}

// eventually asks again and again until holds says nothing is missing.
func eventually(t *testing.T, within time.Duration, missing func() string) {
	t.Helper()
	end := time.Now().Add(within)
	for {
		what := missing()
		if what == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after %s: %s", within, what)
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
