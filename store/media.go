// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"plenum/coop"
)

// mediaExts are the kinds of files that are kept.
var mediaExts = map[string]bool{"png": true, "jpg": true, "gif": true, "webp": true}

// PutMedia stores a file under a name made of the digest of its content, and
// returns that name. ext is "png", "jpg", "gif" or "webp", with or without a dot
// before it. The same content has the same name and is stored once.
func (db *DB) PutMedia(ctx context.Context, data []byte, ext string) (file string, err error) {
	const op = "store.PutMedia"
	ext = strings.TrimPrefix(ext, ".")
	if !mediaExts[ext] || len(data) == 0 {
		return "", coop.Fail(coop.Unsupported, op, "pictures are kept as png, jpg, gif or webp")
	}
	if err := ctx.Err(); err != nil {
		return "", wrap(op, err)
	}
	sum := sha256.Sum256(data)
	file = hex.EncodeToString(sum[:]) + "." + ext
	dir := filepath.Join(db.dir, mediaName)
	path := filepath.Join(dir, file)
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(data)) {
		return file, nil
	}
	if err := replaceFile(dir, path, data); err != nil {
		return "", &coop.Error{Code: coop.Unavailable, Op: op, Msg: "the picture could not be stored; the disk may be full", Err: err}
	}
	return file, nil
}

// replaceFile writes data under a temporary name and renames it: nobody ever sees
// half a file under path.
func replaceFile(dir, path string, data []byte) (err error) {
	f, err := os.CreateTemp(dir, "new-") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the error that counts is the one above
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// mediaFile reports whether PutMedia can have made a name.
func mediaFile(name string) bool {
	sum, ext, _ := strings.Cut(name, ".")
	return len(sum) == 64 && strings.Trim(sum, "0123456789abcdef") == "" && mediaExts[ext]
}

// OpenMedia opens a file that PutMedia stored. Any other name is not found.
func (db *DB) OpenMedia(name string) (*os.File, error) {
	const op = "store.OpenMedia"
	if !mediaFile(name) {
		return nil, coop.Fail(coop.NotFound, op, "there is no such file")
	}
	f, err := os.Open(filepath.Join(db.dir, mediaName, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, coop.Fail(coop.NotFound, op, "there is no such file")
	}
	return f, wrap(op, err)
}

// matches reports whether a file has the content that its name promises.
func matches(path, name string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return false, err
	}
	return strings.HasPrefix(name, hex.EncodeToString(h.Sum(nil))+"."), nil
}
