// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"plenum/coop"
)

// Backup copies the store to dest/data while it is in use: the file as it is at
// one moment, and the pictures that it may refer to. dest is made where it is
// missing and must be empty. The copy gets the name data once it is whole; what
// a backup that was killed leaves is called data.part.
func (db *DB) Backup(ctx context.Context, dest string) error {
	const op = "store.Backup"
	err := os.MkdirAll(dest, 0o700)
	if err != nil {
		return noCopy(coop.Invalid, op, err)
	}
	names, err := os.ReadDir(dest)
	if err != nil {
		return noCopy(coop.Invalid, op, err)
	}
	if len(names) > 0 {
		return coop.Fail(coop.Conflict, op, fmt.Sprintf("%s is not empty; a backup goes into a directory of its own", dest))
	}
	part := filepath.Join(dest, "data.part")
	if err := db.copyTo(ctx, part); err != nil {
		return noCopy(coop.Unavailable, op, errors.Join(err, os.RemoveAll(part)))
	}
	if err := os.Rename(part, filepath.Join(dest, "data")); err != nil {
		return wrap(op, err)
	}
	return wrap(op, errors.Join(syncDir(dest), syncDir(filepath.Dir(filepath.Clean(dest)))))
}

// noCopy tells whoever asked for a copy, who owns the disk too, what stood in the
// way of it.
func noCopy(code coop.Code, op string, err error) error {
	return &coop.Error{Code: code, Op: op, Msg: "no copy was made: " + err.Error() + "; choose a directory with enough space that the server may write to", Err: err}
}

// copyTo copies the file, and those files beside it that were there when it began:
// they are stored before the rows that name them and are never changed, and none is
// removed meanwhile. A file of which the copy knows nothing would be nobody's, and
// so for everybody.
func (db *DB) copyTo(ctx context.Context, dir string) error {
	db.files.Lock()
	db.copies++
	unlock := sync.OnceFunc(db.files.Unlock)
	defer func() {
		unlock()
		db.files.Lock()
		db.copies--
		db.files.Unlock()
	}()
	media := filepath.Join(dir, mediaName)
	if err := os.MkdirAll(media, 0o700); err != nil {
		return err
	}
	path := filepath.Join(dir, fileName)
	var files []os.DirEntry
	err := db.view(ctx, "copy the database", func(t *tx) (err error) {
		if files, err = os.ReadDir(filepath.Join(db.dir, mediaName)); err != nil {
			return err
		}
		unlock()
		return writeFile(path, func(w io.Writer) error {
			_, err := t.b.WriteTo(until{ctx, w})
			return err
		})
	})
	if err != nil {
		return err
	}
	if err := whole(path); err != nil {
		return err
	}
	for _, f := range files {
		if !mediaFile(f.Name()) {
			continue
		}
		if err := copyFile(ctx, filepath.Join(media, f.Name()), filepath.Join(db.dir, mediaName, f.Name())); err != nil {
			return err
		}
	}
	return errors.Join(syncDir(media), syncDir(dir))
}

func copyFile(ctx context.Context, to, from string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	return writeFile(to, func(w io.Writer) error {
		_, err := io.Copy(until{ctx, w}, src)
		return err
	})
}

// until is a writer that stops when its context ends.
type until struct {
	ctx context.Context
	w   io.Writer
}

func (u until) Write(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(p)
}
