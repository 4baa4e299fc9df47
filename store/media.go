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

// pictureExts are the kinds of pictures that are kept.
var pictureExts = map[string]bool{"png": true, "jpg": true, "gif": true, "webp": true}

// uploadExts are the kinds of files that members can upload, by their media types.
var uploadExts = map[string]string{
	"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp",
	"application/pdf": "pdf", "text/calendar": "ics",
}

// PutMedia stores a file under a name made of the digest of its content, and
// returns that name. ext is "png", "jpg", "gif" or "webp", with or without a dot
// before it. The same content has the same name and is stored once.
func (db *DB) PutMedia(ctx context.Context, data []byte, ext string) (file string, err error) {
	const op = "store.PutMedia"
	ext = strings.TrimPrefix(ext, ".")
	if !pictureExts[ext] || len(data) == 0 {
		return "", coop.Fail(coop.Unsupported, op, "pictures are kept as png, jpg, gif or webp")
	}
	db.files.Lock()
	defer db.files.Unlock()
	file = fileOf(data, ext)
	if err := db.storeFile(ctx, file, data); err != nil {
		return "", wrap(op, err)
	}
	noted := false
	err = db.view(ctx, op, func(t *tx) error {
		noted = t.has(bMediaGone, key(file))
		return nil
	})
	if err == nil && noted {
		err = db.write(ctx, op, func(t *tx) error {
			t.del(bMediaGone, key(file))
			return nil
		})
	}
	return file, err
}

// fileOf is the name that a file has because of its content.
func fileOf(data []byte, ext string) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]) + "." + ext
}

// storeFile writes a file, if it is not there already.
func (db *DB) storeFile(ctx context.Context, file string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	dir := filepath.Join(db.dir, mediaName)
	path := filepath.Join(dir, file)
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(data)) {
		return nil
	}
	if err := replaceFile(dir, path, data); err != nil {
		return &coop.Error{Code: coop.Unavailable, Msg: "the file could not be stored; the disk may be full", Err: err}
	}
	return nil
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

// mediaFile reports whether PutMedia or AddMedia can have made a name.
func mediaFile(name string) bool {
	sum, ext, _ := strings.Cut(name, ".")
	return len(sum) == 64 && strings.Trim(sum, "0123456789abcdef") == "" && (pictureExts[ext] || ext == "pdf" || ext == "ics")
}

// OpenMedia opens a file that PutMedia or AddMedia stored. Any other name is not
// found.
func (db *DB) OpenMedia(name string) (*os.File, error) {
	const op = "store.OpenMedia"
	if !mediaFile(name) {
		return nil, coop.Fail(coop.NotFound, op, "there is no such file")
	}
	gone := false
	err := db.view(context.Background(), op, func(t *tx) error {
		gone = t.has(bMediaGone, key(name))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if gone {
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
