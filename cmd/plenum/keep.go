// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"plenum/config"
	"plenum/coop"
	"plenum/handlers"
	"plenum/store"
)

type backupCmd struct {
	Dest string `arg:"" help:"A directory that is empty or not there yet."`
}

// Help is shown by `plenum help backup`.
func (backupCmd) Help() string {
	return `Can be run while posts are published. DEST holds everything, keys too: keep it
as safe as the data itself. It can be served as it is:
  plenum serve --config DEST/plenum.toml

Example: plenum backup /var/backups/plenum-$(date +%F)`
}

// Run copies the instance.
func (b backupCmd) Run(ctx context.Context, a *app) error {
	c, err := a.load()
	if err != nil {
		return err
	}
	dest, err := filepath.Abs(b.Dest)
	if err != nil {
		return err
	}
	err = a.with(ctx, func(d *desk) error {
		return d.call(ctx, http.MethodPost, "/control/backup", map[string]string{"dest": dest}, nil)
	})
	if err != nil {
		return err
	}
	if err := copyConfig(c, filepath.Join(dest, "plenum.toml")); err != nil {
		return err
	}
	if err := copyTexts(a.path(), dest); err != nil {
		return err
	}
	if a.json {
		return a.print(map[string]string{"backup": dest})
	}
	a.say("Copied to %s. Check it: plenum verify %s", dest, filepath.Join(dest, "data", "plenum.db"))
	return nil
}

// copyConfig writes the configuration for the copy: the same, but for where the
// data is.
func copyConfig(c config.Config, file string) error {
	c.Data.Dir = "data"
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errorAfter(config.Write(f, c), f.Close())
}

// copyTexts copies what the people of the instance say of themselves.
func copyTexts(path, dest string) error {
	for _, name := range textFiles {
		raw, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dest, name), raw, 0o600); err != nil {
			return err
		}
	}
	return nil
}

type verifyCmd struct {
	File string `arg:"" optional:"" help:"A database that no server has open, as in a backup; without it the instance's own."`
}

// Help is shown by `plenum help verify`.
func (verifyCmd) Help() string {
	return `Exits with 1 and a list when something is wrong.

Examples:
  plenum verify
  plenum verify /var/backups/plenum-2026-12-01/data/plenum.db`
}

// Run checks a database.
func (v verifyCmd) Run(ctx context.Context, a *app) error {
	var found handlers.Verified
	var err error
	if v.File != "" {
		found.Findings, err = verifyFile(ctx, v.File)
	} else {
		err = a.with(ctx, func(d *desk) error {
			return d.call(ctx, http.MethodGet, "/control/verify", nil, &found)
		})
	}
	if err != nil {
		return err
	}
	if a.json {
		if found.Findings == nil {
			found.Findings = []string{}
		}
		if err := a.print(found); err != nil {
			return err
		}
	}
	for _, f := range found.Findings {
		a.say("%s", f)
	}
	if n := len(found.Findings); n > 0 {
		return withHint(fmt.Errorf("%d things are wrong", n), "restore a backup that `plenum verify` finds whole")
	}
	a.say("Nothing is wrong.")
	return nil
}

func verifyFile(ctx context.Context, file string) ([]string, error) {
	switch info, err := os.Stat(file); {
	case err != nil:
		return nil, withHint(fmt.Errorf("there is nothing to check at %s: %w", file, errors.Unwrap(err)), "name the file of a backup, DEST/data/plenum.db")
	case info.IsDir():
		name := filepath.Join(file, "plenum.db")
		if _, err := os.Stat(filepath.Join(file, "data")); err == nil { // a whole backup
			name = filepath.Join(file, "data", "plenum.db")
		}
		return nil, badUsage{withHint(fmt.Errorf("%s is a directory", file), "name the file in it: "+name)}
	}
	if filepath.Base(file) != "plenum.db" {
		return nil, badUsage{withHint(errors.New("the file of an instance is called plenum.db"), "name it as it lies in its directory, with media/ beside it")}
	}
	db, err := store.Open(filepath.Dir(file), store.Options{Now: time.Now})
	if coop.CodeOf(err) == coop.Unavailable {
		return nil, withHint(err, "a server has it open: `plenum verify` without FILE asks the server")
	}
	if err != nil {
		return nil, err
	}
	found, err := db.Verify(ctx)
	return found, errorAfter(err, db.Close())
}

type gcCmd struct{}

// Help is shown by `plenum help gc`.
func (gcCmd) Help() string {
	return `What has been delivered is remembered for 30 days, what was given up for 90; what
strangers sent is kept within bounds. What a blocked server left and could not be
removed at once is removed too. A running server does all of this every day.

Example: plenum gc`
}

// Run removes what has served its time.
func (gcCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		var done handlers.Collected
		if err := d.call(ctx, http.MethodPost, "/control/gc", nil, &done); err != nil {
			return err
		}
		if a.json {
			return a.print(done)
		}
		rows := make([][]string, 0, len(done.Removed))
		for _, table := range slices.Sorted(maps.Keys(done.Removed)) {
			rows = append(rows, []string{table, strconv.Itoa(done.Removed[table])})
		}
		return a.table("Nothing had served its time.", "TABLE\tREMOVED", rows)
	})
}
