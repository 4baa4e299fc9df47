// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"plenum/config"
	"plenum/coop"
	"plenum/handlers"
	"plenum/store"
)

type quickstartCmd struct {
	Domain      string `help:"The host in every id, like events.example. It never changes." placeholder:"D"`
	Dir         string `help:"Where plenum.toml and data/ are made; without it here." default:"." placeholder:"DIR"`
	Coop        string `help:"The name of the first co-op (a-z, 0-9, _); without it made from the domain." placeholder:"NAME"`
	Listen      string `help:"The address to listen on." placeholder:"ADDRESS"`
	Development bool   `help:"An instance on this machine that speaks http; must not be public."`
}

// Help is shown by `plenum help quickstart`.
func (quickstartCmd) Help() string {
	return `Writes DIR/plenum.toml and DIR/data/ and makes the first co-op with its keys.
Undoes what it made when it fails; can be run twice.

Examples:
  plenum quickstart --domain events.example --coop hackspace
  plenum quickstart --development`
}

// Run sets up an instance.
func (q quickstartCmd) Run(ctx context.Context, a *app) error {
	c, err := q.settings()
	if err != nil {
		return err
	}
	file := filepath.Join(q.Dir, "plenum.toml")
	var made undo
	c, info, err := q.make(ctx, a, c, file, &made)
	if err != nil {
		return errors.Join(err, made.run())
	}
	if a.json {
		whole, err := filepath.Abs(file)
		if err != nil {
			return err
		}
		return a.print(map[string]any{"config": whole, "coop": info.Name, "handle": info.Handle, "id": info.ID, "made": len(made) > 0})
	}
	switch data := filepath.Join(q.Dir, "data"); {
	case len(made) > 1:
		a.say("Made %s with the data in %s and the co-op @%s.", file, data, info.Handle)
	case len(made) == 1: // the co-op is what is made last
		a.say("Made the co-op @%s; %s was set up already.", info.Handle, file)
	default:
		a.say("%s is set up already, with the co-op @%s.", file, info.Handle)
	}
	explain(a, c, file, info)
	return nil
}

// settings is the configuration that the flags ask for. What is wrong with it is
// said of the flags: there is no file yet.
func (q quickstartCmd) settings() (config.Config, error) {
	c := config.Default()
	c.Site.Domain, c.Site.Title, c.Site.Contact = strings.ToLower(q.Domain), "", ""
	if q.Development {
		c.Listen.TLS, c.Federation.AllowHTTP = config.TLSOff, true
		c.Federation.AllowAddresses = []string{"127.0.0.0/8", "::1/128"}
		if q.Domain == "" {
			c.Site.Domain = "localhost:8080"
		}
		if _, port, ok := strings.Cut(c.Site.Domain, ":"); ok {
			c.Listen.Address = "127.0.0.1:" + port
		}
	}
	if c.Site.Domain == "" {
		return c, badUsage{withHint(errors.New("an instance needs a domain"), "plenum quickstart --domain events.example; to try it on this machine: plenum quickstart --development")}
	}
	c.Site.Title = c.Site.Domain
	if q.Listen != "" {
		c.Listen.Address = q.Listen
	}
	flags := map[string]string{"site.domain": "--domain", "listen.address": "--listen"}
	var wrong []error
	for _, p := range config.Problems(c.Validate()) {
		if f, ok := flags[p.Key]; ok {
			p.Key = f
		}
		if p.Key == "--domain" && strings.HasPrefix(p.Hint, "for development ") {
			p.Hint = "to try it on this machine: plenum quickstart --development"
		}
		wrong = append(wrong, p)
	}
	if len(wrong) > 0 {
		return c, badUsage{errors.Join(wrong...)}
	}
	return c, nil
}

// undo is how to take back what was made, in the order in which it was made.
type undo []func() error

func (u *undo) add(f func() error) { *u = append(*u, f) }

func (u undo) run() (err error) {
	for i := len(u) - 1; i >= 0; i-- {
		err = errors.Join(err, u[i]())
	}
	return err
}

// make makes what is not there yet and returns what there is then: the
// configuration and the first co-op, or the one that was named.
func (q quickstartCmd) make(ctx context.Context, a *app, c config.Config, file string, made *undo) (config.Config, handlers.CoopInfo, error) {
	var none handlers.CoopInfo
	if err := makeDir(q.Dir, 0o755, made); err != nil {
		return c, none, err
	}
	switch old, err := config.Load(file); {
	case err == nil && old.Site.Domain != c.Site.Domain:
		return c, none, withHint(fmt.Errorf("%s is for %s", file, old.Site.Domain), "a domain never changes: take another --dir for another instance")
	case err == nil:
		c = old
	case coop.CodeOf(err) != coop.NotFound:
		return c, none, err
	default:
		if err := writeConfig(file, c, made); err != nil {
			return c, none, err
		}
		if c, err = config.Load(file); err != nil { // with paths as they will be
			return c, none, err
		}
	}
	if err := makeDir(c.Data.Dir, 0o700, made); err != nil {
		return c, none, err
	}
	if err := makeStore(c, made); err != nil {
		return c, none, err
	}
	on := *a
	on.config = file
	var info handlers.CoopInfo
	err := on.with(ctx, func(d *desk) (err error) {
		info, err = q.firstCoop(ctx, d, c, made)
		return err
	})
	return c, info, err
}

// makeStore makes the database where there is none.
func makeStore(c config.Config, made *undo) error {
	db := filepath.Join(c.Data.Dir, "plenum.db")
	if _, err := os.Stat(db); !os.IsNotExist(err) {
		return err
	}
	made.add(func() error {
		return errors.Join(removeIfThere(db), os.RemoveAll(filepath.Join(c.Data.Dir, "media")))
	})
	fresh, err := store.Open(c.Data.Dir, store.Options{Create: true, Domain: c.Site.Domain, Now: time.Now})
	if err != nil {
		return err
	}
	return fresh.Close()
}

// firstCoop is the co-op that was named or else the first there is; it is made
// where there is none.
func (q quickstartCmd) firstCoop(ctx context.Context, d *desk, c config.Config, made *undo) (info handlers.CoopInfo, err error) {
	var all []handlers.CoopInfo
	if err := d.call(ctx, http.MethodGet, "/control/coops", nil, &all); err != nil {
		return info, err
	}
	for _, have := range all {
		if q.Coop == "" || string(have.Name) == q.Coop {
			return have, nil
		}
	}
	in := handlers.CoopInput{Name: coop.Name(q.Coop)}
	if in.Name == "" {
		in.Name = nameFrom(c.Site.Domain)
	}
	if err = d.call(ctx, http.MethodPost, "/control/coops", in, &info); err == nil {
		made.add(func() error { return nil }) // the last thing that is made; goes with the database
	}
	return info, err
}

// nameFrom makes a co-op's name from the first label of the domain.
func nameFrom(domain string) coop.Name {
	label, _, _ := strings.Cut(domain, ".")
	label, _, _ = strings.Cut(label, ":")
	n, ok := coop.ParseName(strings.ReplaceAll(strings.ToLower(label), "-", "_"))
	if !ok || n == coop.Relay || n == "localhost" {
		return "coop"
	}
	return n
}

func makeDir(dir string, mode os.FileMode, made *undo) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return err
	}
	made.add(func() error { return removeIfThere(dir) })
	return nil
}

func writeConfig(file string, c config.Config, made *undo) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	made.add(func() error { return removeIfThere(file) })
	return errorAfter(config.Write(f, c), f.Close())
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

// explain says what to do next.
func explain(a *app, c config.Config, file string, info handlers.CoopInfo) {
	s := c.CoopSite()
	if !c.Development() {
		a.say(`
1. DNS: let the name point to this server.
     %s.  IN  A     <IPv4 address>
     %s.  IN  AAAA  <IPv6 address>
2. TLS ends at a reverse proxy that passes everything on to %s, with the
   headers Host and X-Forwarded-For. With Caddy that is the whole file:
     %s {
         reverse_proxy %s
     }
3. Say who you are: title and contact in %s; about.md, imprint.md and
   privacy.md beside it are shown on %s.`,
			s.Domain, s.Domain, c.Listen.Address, s.Domain, c.Listen.Address, file, s.About())
	}
	run := program(os.Args[0])
	if file != "plenum.toml" && file != os.Getenv("PLENUM_CONFIG") {
		run += " --config " + quoted(file)
	}
	a.say(`
Then:
  %s serve
  %s coop set %s --title "Our co-op" --summary "Who we are" --timezone Europe/Berlin
  %s member add YOU --coop %s --role admin
  %s post report.md
The third makes you a member, who writes and invites others in the browser.
The co-op's page is %s`, run, run, info.Name, run, info.Name, run, info.Page)
	if c.Development() {
		a.say("Only instances on this machine can follow it. What there is to see: plenum demo")
	} else {
		a.say("People follow it as @%s from Mastodon and all that speaks ActivityPub.", info.Handle)
	}
}

// program is how this program was called, to be called so again.
func program(arg0 string) string {
	switch {
	case strings.Contains(arg0, "go-build"):
		return "go run ./cmd/plenum"
	case strings.ContainsRune(arg0, filepath.Separator):
		return quoted(arg0)
	}
	return "plenum"
}

// quoted is a word for a shell.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:@%=,", r)
	}
	if strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
