// SPDX-License-Identifier: AGPL-3.0-or-later

// Command guards shows that the tests of docs/security.md can fail: it copies the
// tracked files of the tree, takes one guard out of the copy, and wants the test
// that names the attack to fail there, and to compile. With the guard in its place
// the test must pass. It ends with 1 where a test does not notice.
//
//	go run ./scripts/guards
//	go run ./scripts/guards -only S01,O02
//	go run ./scripts/guards -table    the table of docs/security.md
//
// It knows the tree as text and imports nothing of it.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// guard is a check that keeps an attack out, and the test that notices when it is
// missing.
type guard struct {
	id   string // of the case in docs/security.md
	what string // what is taken out, for the table
	cuts []cut
	test string // as docs/security.md names it: folder and function
	says string // what the failure must name, so that it is this case that failed; empty where the test is of this case alone
}

// cut puts a text in the place of another that occurs exactly once.
type cut struct{ file, old, new string }

func main() {
	only := flag.String("only", "", "the cases to look at, separated by commas; all of them where it is empty")
	table := flag.Bool("table", false, "print the table and do nothing")
	verbose := flag.Bool("v", false, "print how each test failed")
	flag.Parse()
	if *table {
		printTable(os.Stdout)
		return
	}
	if err := run(os.Stdout, *only, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "guards:", err)
		os.Exit(1)
	}
}

// printTable prints what docs/security.md says of the guards.
func printTable(w io.Writer) {
	fmt.Fprint(w, "| Id | Taken out | The test that fails |\n| --- | --- | --- |\n")
	for _, g := range guards {
		fmt.Fprintf(w, "| %s | %s | `%s` |\n", g.id, g.what, g.test)
	}
}

func run(w io.Writer, only string, verbose bool) (err error) {
	chosen := slices.Clone(guards)
	if only != "" {
		ids := strings.Split(only, ",")
		chosen = slices.DeleteFunc(chosen, func(g guard) bool { return !slices.Contains(ids, g.id) })
	}
	if len(chosen) == 0 {
		return errors.New("no guard has such an id")
	}
	dir, err := os.MkdirTemp("", "plenum-guards-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := copyTree(dir); err != nil {
		return err
	}
	broken := pass(dir, chosen)
	unnoticed := 0
	for _, g := range chosen {
		began := time.Now()
		pkg, _ := split(g.test)
		how, err := "", broken[pkg]
		if err == nil {
			how, err = g.take(dir)
		}
		verdict := "fails"
		if err != nil {
			unnoticed++
			verdict = "NOT SHOWN: " + err.Error()
		}
		fmt.Fprintf(w, "%-4s %-60s %s (%.1f s)\n", g.id, g.test, verdict, time.Since(began).Seconds())
		if verbose || err != nil {
			fmt.Fprintln(w, indent(how))
		}
	}
	if unnoticed > 0 {
		return fmt.Errorf("%d of %d guards can be taken out and no test notices", unnoticed, len(chosen))
	}
	fmt.Fprintf(w, "%d guards taken out, one at a time: each was noticed\n", len(chosen))
	return nil
}

// copyTree copies the tracked files as they are now.
func copyTree(dir string) error {
	out, err := exec.Command("git", "ls-files", "-z").Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	for name := range strings.SplitSeq(strings.Trim(string(out), "\x00"), "\x00") {
		body, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o700); err != nil {
			return err
		}
	}
	return nil
}

// pass wants every test to pass while all guards are there, and says of which
// packages they do not.
func pass(dir string, chosen []guard) (broken map[string]error) {
	broken = map[string]error{}
	byPackage := map[string][]string{}
	for _, g := range chosen {
		pkg, name := split(g.test)
		if !slices.Contains(byPackage[pkg], name) {
			byPackage[pkg] = append(byPackage[pkg], name)
		}
	}
	for pkg, names := range byPackage {
		if out, err := test(dir, pkg, names...); err != nil {
			broken[pkg] = fmt.Errorf("the tests do not pass as they are: %w\n%s", err, indent(out))
		}
	}
	return broken
}

// take takes the guard out of the copy, runs the test and puts the guard back. An
// error means that it was not shown that the test notices; how is what it said.
func (g guard) take(dir string) (how string, err error) {
	for _, c := range g.cuts {
		name := filepath.Join(dir, c.file)
		whole, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(whole), c.old); n != 1 {
			return "", fmt.Errorf("the text of the guard occurs %d times in %s", n, c.file)
		}
		without := strings.Replace(string(whole), c.old, c.new, 1)
		if err := os.WriteFile(name, []byte(without), 0o600); err != nil {
			return "", err
		}
		defer func() { err = errors.Join(err, os.WriteFile(name, whole, 0o600)) }()
	}
	pkg, name := split(g.test)
	how, failed := test(dir, pkg, name)
	switch {
	case failed == nil:
		return how, errors.New("the test passes without it")
	case !strings.Contains(how, "--- FAIL: "+name):
		return how, failed
	case strings.Contains(how, "panic: test timed out"):
		return how, errors.New("the test did not end")
	case !strings.Contains(how, g.says):
		return how, fmt.Errorf("the test fails, and does not name %q", g.says)
	}
	return how, nil
}

// errBuild says that a test did not compile, which shows nothing.
var errBuild = errors.New("it does not compile")

// test compiles a package's tests and runs some of them, as go test does but for
// vet: to take a guard out may leave code that nothing reaches.
func test(dir, pkg string, names ...string) (output string, err error) {
	binary := filepath.Join(dir, "guards.test")
	build := exec.Command("go", "test", "-c", "-o", binary, "./"+pkg)
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		return string(out), errBuild
	}
	cmd := exec.Command(binary, "-test.run", "^("+strings.Join(names, "|")+")$", "-test.timeout", "3m", "-test.v")
	cmd.Dir = filepath.Join(dir, pkg)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if err == nil && strings.Contains(out.String(), "no tests to run") {
		err = errors.New("there is no such test")
	}
	return out.String(), err
}

// split cuts a test as docs/security.md names it.
func split(test string) (pkg, name string) {
	at := strings.LastIndexByte(test, '.')
	return test[:at], test[at+1:]
}

// indent shows the end of what a test said.
func indent(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimRight(line, "\n"); !strings.HasPrefix(line, "=== ") && !strings.Contains(line, "--- PASS") {
			lines = append(lines, fmt.Sprintf("       %.200s", line))
		}
	}
	const most = 12
	if len(lines) > most {
		lines = lines[:most]
	}
	return strings.Join(lines, "\n")
}
