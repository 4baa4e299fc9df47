// SPDX-License-Identifier: AGPL-3.0-or-later

package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"plenum/coop"
)

// Ring is the file with all logins of a person on this machine. Who can read it can
// post: nobody else may.
type Ring struct{ Path string }

// RingOf is the file of the person whose home this is; config is XDG_CONFIG_HOME,
// empty where it is not set.
func RingOf(config, home string) Ring {
	if !filepath.IsAbs(config) { // what is not absolute is to be ignored, says the XDG specification
		config = filepath.Join(home, ".config")
	}
	return Ring{Path: filepath.Join(config, "plenum", "credentials.json")}
}

// rows is what is in the file.
type rows struct {
	Version int     `json:"version"`
	Logins  []Login `json:"logins"`
}

// fileVersion is of rows as they are here.
const fileVersion = 1

// Logins are all logins, as the file has them. Where there is no file there are none.
func (r Ring) Logins() ([]Login, error) {
	info, err := os.Stat(r.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, coop.Fail(coop.Forbidden, "client.Logins", fmt.Sprintf("others on this machine can read %s; close it: chmod 600 %s, and log in again", r.Path, r.Path))
	}
	raw, err := os.ReadFile(r.Path)
	if err != nil {
		return nil, err
	}
	var all rows
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, &coop.Error{Code: coop.Invalid, Op: "client.Logins", Err: err, Msg: fmt.Sprintf("%s cannot be read; remove it, and log in again", r.Path)}
	}
	if all.Version != fileVersion {
		return nil, coop.Fail(coop.Unsupported, "client.Logins", fmt.Sprintf("%s is of another version of plenum", r.Path))
	}
	return all.Logins, nil
}

// Change puts what change makes of the logins in their place. Nobody else changes
// them meanwhile: of two commands that run at once one waits.
func (r Ring) Change(ctx context.Context, change func([]Login) ([]Login, error)) (err error) {
	if err := os.MkdirAll(filepath.Dir(r.Path), 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(r.Path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }() // and with it the lock
	if err := locked(ctx, lock); err != nil {
		return err
	}
	all, err := r.Logins()
	if err != nil {
		return err
	}
	if all, err = change(all); err != nil {
		return err
	}
	return r.write(all)
}

// locked waits for the lock.
func locked(ctx context.Context, f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// write replaces the file: whoever reads it meanwhile, or after a loss of power, has
// the old one or the new one.
func (r Ring) write(all []Login) error {
	raw, err := json.MarshalIndent(rows{Version: fileVersion, Logins: all}, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(r.Path), ".credentials-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(raw, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), r.Path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Put adds a login, in the place of one for the same co-op.
func (r Ring) Put(ctx context.Context, l Login) error {
	return r.Change(ctx, func(all []Login) ([]Login, error) {
		all = slices.DeleteFunc(all, func(o Login) bool { return o.Actor == l.Actor })
		all = append(all, l)
		slices.SortFunc(all, func(a, b Login) int { return strings.Compare(a.Host+" "+string(a.Coop), b.Host+" "+string(b.Coop)) })
		return all, nil
	})
}

// Drop removes the login of a co-op.
func (r Ring) Drop(ctx context.Context, actor coop.IRI) error {
	return r.Change(ctx, func(all []Login) ([]Login, error) {
		return slices.DeleteFunc(all, func(o Login) bool { return o.Actor == actor }), nil
	})
}
