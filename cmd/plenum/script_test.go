// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"
)

// Each script of testdata/script is one behaviour of the command, in processes of
// its own.
func TestScripts(t *testing.T) {
	t.Parallel()
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"), UpdateScripts: *update, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLES", examples)
			env.Setenv("DEEP", strings.Repeat("deep", 30))
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			for _, name := range []string{"PORT", "PORT2"} {
				port, err := unused()
				if err != nil {
					return err
				}
				env.Setenv(name, strconv.Itoa(port))
			}
			return square(filepath.Join(env.WorkDir, "with"))
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "mode": mode, "chown": chown, "empty": empty, "replace": replace, "terminate": terminate,
			"waitfor": waitFor, "waitdir": waitDir, "until": until,
			"get": get, "getas": getAs, "post": post, "revoke": revoke, "agree": agree, "showlast": showLast, "postlast": postLast, "heard": heard, "enrol": enrol,
		},
	})
}

// square puts a small picture where the script picture.txt has a post.
func square(dir string) error {
	if _, err := os.Stat(dir); err != nil {
		return nil // another script
	}
	f, err := os.Create(filepath.Join(dir, "square.png"))
	if err != nil {
		return err
	}
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	img.Set(1, 1, color.White)
	return errorAfter(png.Encode(f, img), f.Close())
}

// exits runs a command that must end with a code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		e, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = e.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// mode checks the permissions of a file.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

func chown(ts *testscript.TestScript, _ bool, args []string) {
	uid, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(os.Chown(ts.MkAbs(args[1]), uid, -1))
}

// empty checks that nothing was left in a directory.
func empty(ts *testscript.TestScript, _ bool, args []string) {
	left, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(left) > 0 {
		ts.Fatalf("%s was left in %s", left[0].Name(), args[0])
	}
}

// replace replaces a text in a file.
func replace(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[2])
	ts.Check(os.WriteFile(file, []byte(strings.ReplaceAll(ts.ReadFile(file), args[0], args[1])), 0o600))
}

// terminate sends SIGTERM to the processes in the background.
func terminate(ts *testscript.TestScript, _ bool, _ []string) {
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	}
}

const patience = 30 * time.Second

func wait(ts *testscript.TestScript, what string, holds func() bool) {
	for end := time.Now().Add(patience); !holds(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("waited %s in vain for %s", patience, what)
		}
	}
}

// waitFor waits for a socket that answers.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	wait(ts, args[0], func() bool { return answers(ts.MkAbs(args[0])) })
}

// waitDir waits until something is in a directory.
func waitDir(ts *testscript.TestScript, _ bool, args []string) {
	wait(ts, "something in "+args[0], func() bool {
		in, err := os.ReadDir(ts.MkAbs(args[0]))
		return err == nil && len(in) > 0
	})
}

// until runs a command again and again until it prints what a pattern matches.
func until(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	wait(ts, args[0], func() bool {
		ts.Check(ts.Exec(args[1], args[2:]...))
		return pattern.MatchString(ts.ReadFile("stdout"))
	})
}

// get prints what a URL answers, as soon as it answers.
func get(ts *testscript.TestScript, _ bool, args []string) {
	var body []byte
	wait(ts, args[0], func() bool {
		res, err := http.Get(args[0])
		if err != nil {
			return false
		}
		defer res.Body.Close()
		body, err = io.ReadAll(res.Body)
		return err == nil && res.StatusCode == http.StatusOK
	})
	_, err := ts.Stdout().Write(body)
	ts.Check(err)
}

// getAs asks a URL with the token in a file, and prints what it is answered.
func getAs(ts *testscript.TestScript, _ bool, args []string) {
	r, err := http.NewRequest(http.MethodGet, args[1], nil)
	ts.Check(err)
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(ts.ReadFile(args[0])))
	res, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d %s %s %s\n", res.StatusCode, res.Header.Get("Content-Type"), res.Header.Get("Cache-Control"), body)
}

// post sends a file to an outbox with the token in another file, and prints the
// answer.
func post(ts *testscript.TestScript, _ bool, args []string) {
	r, err := http.NewRequest(http.MethodPost, args[2], strings.NewReader(ts.ReadFile(args[1])))
	ts.Check(err)
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(ts.ReadFile(args[0])))
	r.Header.Set("Content-Type", activityJSON)
	res, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d %s\n", res.StatusCode, body)
}

// last is the id of the last line of a list as JSON.
func last(ts *testscript.TestScript, file string) string {
	lines := strings.Split(strings.TrimSpace(ts.ReadFile(file)), "\n")
	var row struct {
		ID string `json:"id"`
	}
	ts.Check(json.Unmarshal([]byte(lines[len(lines)-1]), &row))
	return row.ID
}

func revoke(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("plenum", "token", "revoke", last(ts, args[0])))
}

// agree accepts the newest proposal of a list as JSON, and shows it.
func agree(ts *testscript.TestScript, neg bool, args []string) {
	id := last(ts, args[0])
	ts.Check(ts.Exec("plenum", "proposal", "show", id))
	if err := ts.Exec("plenum", "proposal", "accept", id); (err != nil) != neg {
		ts.Fatalf("got %v", err)
	}
}

func showLast(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("plenum", "queue", "show", last(ts, args[0])))
}

// postLast shows a post by its id.
func postLast(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("plenum", append([]string{"post", "show", last(ts, args[0])}, args[1:]...)...))
}

// The help of every command says what it does and shows how it is called.
func TestEveryCommandHasAnExample(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	var walk func(*kong.Node)
	walk = func(n *kong.Node) {
		for _, c := range n.Children {
			seen++
			path := c.FullPath()[len(parser.Model.Name)+1:]
			for _, f := range c.Flags {
				if f.Help == "" {
					t.Errorf("%s: --%s has no help", path, f.Name)
				}
			}
			if c.Help == "" || !strings.Contains(c.Detail, "Example") || !strings.Contains(c.Detail, "plenum "+strings.Fields(path)[0]) {
				t.Errorf("%s: no help with an example: %q, %q", path, c.Help, c.Detail)
			}
			walk(c)
		}
	}
	walk(parser.Model.Node)
	if seen < 30 {
		t.Errorf("only %d commands were looked at", seen)
	}
}
