// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"plenum/coop"
)

// own makes dir and its media directory for the owner alone. An empty directory
// that is there already is taken over; one with files in it is left as it is.
func own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		if err := os.Chmod(dir, 0o700); err != nil {
			return err
		}
	}
	return os.MkdirAll(filepath.Join(dir, mediaName), 0o700)
}

// private refuses a file or directory that others than its owner can read.
func private(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return &coop.Error{Code: coop.NotFound, Msg: fmt.Sprintf("there is no database: %s does not exist; run plenum quickstart to make one", path), Err: err}
	}
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return coop.Fail(coop.Forbidden, "", fmt.Sprintf(
			"others can read %s (mode %04o), and private keys are in it; run: chmod go-rwx %s", path, mode, path))
	}
	return nil
}

// whole refuses a file that is shorter than its own header says. Reading what is
// missing of a mapped file would not be an error but the end of the process.
func whole(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	need, err := wanted(f)
	if err != nil {
		return &coop.Error{Code: coop.Invalid, Msg: fmt.Sprintf("%s is no database of plenum, or its beginning is destroyed; restore a backup", path), Err: err}
	}
	if info.Size() < need {
		return coop.Fail(coop.Invalid, "", fmt.Sprintf(
			"%s is cut off: it has %d bytes and needs %d; restore a backup", path, info.Size(), need))
	}
	return nil
}

// wanted reads the newer of bbolt's two header pages that has a right checksum
// and returns how long it says that the file is.
func wanted(f io.ReaderAt) (int64, error) {
	const pageHeader, metaLen, magic = 16, 64, 0xED0CDAED
	order := binary.NativeEndian // bbolt writes its structs as they lie in memory
	read := func(at int64) (txid uint64, size, page int64, ok bool) {
		b := make([]byte, metaLen)
		if _, err := f.ReadAt(b, at+pageHeader); err != nil || order.Uint32(b) != magic {
			return 0, 0, 0, false
		}
		sum := fnv.New64a()
		_, _ = sum.Write(b[:56]) // a hash never fails
		page = int64(order.Uint32(b[8:]))
		return order.Uint64(b[48:]), int64(order.Uint64(b[40:])) * page, page, sum.Sum64() == order.Uint64(b[56:])
	}
	newest, size, page, ok := read(0)
	pages := []int64{page}
	if !ok { // the first header is broken: the second stands behind a page of unknown size
		pages = []int64{4096, 16384, 65536, 1024, 2048, 8192, 32768}
	}
	for _, at := range pages {
		if txid, s, _, good := read(at); good && (!ok || txid > newest) {
			size, ok = s, true
			break
		}
	}
	if !ok {
		return 0, errors.New("no header with a right checksum")
	}
	return size, nil
}

// syncDir makes what was created or renamed in dir outlive a loss of power.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there, and need not
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// writeFile writes a file that is on disk when writeFile returns nil.
func writeFile(path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Sync(), f.Close())
}
