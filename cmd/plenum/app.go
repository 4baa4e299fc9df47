// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"unicode"

	"plenum/config"
	"plenum/coop"
	"plenum/federation"
	"plenum/handlers"
)

// app is what every command gets: where it reads and writes, and which
// configuration it was given.
type app struct {
	config         string
	json           bool
	stdin          io.Reader
	stdout, stderr io.Writer
}

// print writes v as one JSON value.
func (a *app) print(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printAll writes a list as JSON, one value a line.
func printAll[T any](a *app, list []T) error {
	for _, v := range list {
		if err := a.print(v); err != nil {
			return err
		}
	}
	return nil
}

// say prints a line for people; with --json there is none.
func (a *app) say(format string, args ...any) {
	if !a.json {
		fmt.Fprintf(a.stdout, format+"\n", args...)
	}
}

// table prints rows in columns; what remote servers named themselves is shown
// without control characters. An empty list says so instead.
func (a *app) table(empty string, head string, rows [][]string) error {
	if len(rows) == 0 {
		a.say("%s", empty)
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, head)
	for _, r := range rows {
		for i, cell := range r {
			r[i] = printable(cell)
		}
		fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	return w.Flush()
}

// printable drops what could move the cursor, colour a terminal or turn the order
// of what is read. X11.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
}

// path is the configuration file that the command was given, or the usual one.
func (a *app) path() string {
	if a.config != "" {
		return a.config
	}
	return "plenum.toml"
}

// load reads the configuration.
func (a *app) load() (config.Config, error) {
	c, err := config.Load(a.path())
	if coop.CodeOf(err) == coop.NotFound {
		return c, withHint(fmt.Errorf("there is no configuration at %s", a.path()),
			"run `plenum quickstart` to make one, or name it with --config FILE")
	}
	return c, err
}

// textFiles are what the people of an instance can write beside the configuration.
var textFiles = []string{"about.md", "imprint.md", "privacy.md"}

// texts reads what the people of the instance say of themselves: about.md,
// imprint.md and privacy.md beside the configuration, each of them optional.
func texts(c config.Config, path string) (handlers.Texts, error) {
	t := handlers.Texts{Title: c.Site.Title, Contact: c.Site.Contact, Source: coop.IRI(c.Site.Source)}
	for i, to := range []*string{&t.About, &t.Imprint, &t.Privacy} {
		name := textFiles[i]
		raw, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return t, err
		}
		if *to, err = federation.Prose(string(raw)); err != nil {
			return t, fmt.Errorf("%s: %w", name, err)
		}
	}
	return t, nil
}

// colour is whether w is a terminal that shows colours. NO_COLOR turns them off.
func colour(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
