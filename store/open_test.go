// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"plenum/coop"
)

func TestFileAndDirectoriesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	fill(t, db)
	err := filepath.WalkDir(db.Dir(), func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if db.Domain() != "x.example" {
		t.Errorf("got the domain %q", db.Domain())
	}
}

func TestStoreThatOthersCanReadIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", fileName} {
		dir := filepath.Join(t.TempDir(), "data")
		if err := openAt(t, dir).Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		for _, mode := range []os.FileMode{0o750, 0o705, 0o740} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			_, err := Open(dir, Options{})
			refused(t, err, coop.Forbidden, "chmod go-rwx "+path)
		}
	}
}

func TestEmptyDirectoryIsTakenOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	openAt(t, dir)
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has the mode %v (%v)", info.Mode(), err)
	}
	full := t.TempDir()
	if err := errors.Join(os.Chmod(full, 0o755), os.WriteFile(filepath.Join(full, "letter"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	_, err = Open(full, Options{Create: true, Domain: "x.example"})
	refused(t, err, coop.Forbidden, "chmod go-rwx")
}

func refused(t *testing.T, err error, code coop.Code, words string) {
	t.Helper()
	if coop.CodeOf(err) != code || !strings.Contains(err.Error(), words) {
		t.Errorf("got the error %v (%s), want %s with %q", err, coop.CodeOf(err), code, words)
	}
}

func TestMissingFileIsNotMadeUnasked(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	_, err := Open(dir, Options{Domain: "x.example"})
	refused(t, err, coop.NotFound, "plenum quickstart")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err = Open(dir, Options{Domain: "x.example"})
	refused(t, err, coop.NotFound, "plenum quickstart")
	if list, _ := os.ReadDir(dir); len(list) != 0 {
		t.Errorf("opening what is missing made %v", list)
	}
	_, err = Open(dir, Options{Create: true})
	refused(t, err, coop.Invalid, "domain")
}

func TestDomainCannotChange(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if err := openAt(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	for _, create := range []bool{true, false} {
		_, err := Open(dir, Options{Create: create, Domain: "y.example"})
		refused(t, err, coop.Conflict, `"x.example"`)
	}
	if err := openAt(t, dir).Close(); err != nil { // the refusals have let go of the file
		t.Error(err)
	}
}

func TestNewerVersionIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	db := openAt(t, dir)
	err := db.b.Update(func(b *bbolt.Tx) error { return b.Bucket([]byte(bMeta)).Put([]byte("version"), []byte("99")) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = Open(dir, Options{Domain: "x.example"})
	refused(t, err, coop.Conflict, "newer plenum")
}

// TestBrokenFileIsRefused would not fail but die with SIGBUS if bbolt were let at
// a file that is cut off.
func TestBrokenFileIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	db := openAt(t, dir)
	fill(t, db)
	need, err := wantedOf(filepath.Join(dir, fileName))
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	noHeader := append(make([]byte, 2*page), whole[2*page:]...)
	for name, tt := range map[string]struct {
		data  []byte
		words string
	}{
		"cut off in the middle":    {whole[:need/2], "cut off"},
		"cut off by one byte":      {whole[:need-1], "cut off"},
		"one page":                 {whole[:page], "cut off"},
		"empty":                    {nil, "no database"},
		"a header destroyed twice": {noHeader, "no database"},
		"something else":           {[]byte(strings.Repeat("Lorem ipsum ", 4000)), "no database"},
	} {
		t.Run(name, func(t *testing.T) {
			other := filepath.Join(t.TempDir(), "data")
			if err := errors.Join(os.Mkdir(other, 0o700), os.WriteFile(filepath.Join(other, fileName), tt.data, 0o600)); err != nil {
				t.Fatal(err)
			}
			_, err := Open(other, Options{})
			refused(t, err, coop.Invalid, tt.words)
		})
	}
	// One header is enough, and bbolt opens what has just so many bytes.
	oneHeader := append(make([]byte, page), whole[page:need]...)
	if err := os.WriteFile(filepath.Join(dir, fileName), oneHeader, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := wantedOf(filepath.Join(dir, fileName)); err != nil {
		t.Errorf("with its second header alone: %v", err)
	}
}

func wantedOf(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return wanted(f)
}

// TestSecondProcessIsRefused runs this test once more as another process, which
// holds the store open until it is told to stop.
func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv("PLENUM_STORE_TEST_HOLD"); dir != "" {
		db, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("open\n")
		_, _ = io.Copy(io.Discard, os.Stdin)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := openAt(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSecondProcessIsRefused$")
	cmd.Env = append(os.Environ(), "PLENUM_STORE_TEST_HOLD="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err := errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if line, err := r.ReadString('\n'); line != "open\n" {
		t.Fatalf("the other process said %q (%v)", line, err)
	}
	_, err = Open(dir, Options{Domain: "x.example"})
	refused(t, err, coop.Unavailable, "is another plenum running?")
	_, err = Open(dir, Options{Create: true, Domain: "x.example"})
	refused(t, err, coop.Unavailable, "is another plenum running?")
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, r)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	openAt(t, dir)
}
