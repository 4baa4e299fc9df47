// SPDX-License-Identifier: AGPL-3.0-or-later

// Package plenum_test holds the rules of the house that concern the whole tree:
// who may import whom, who owns which library, and which specifications are
// cited.
package plenum_test

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "plenum/"

// allowed is who may import whom; a package that is not here is not known.
// docs/architecture.md draws it.
var allowed = map[string][]string{
	"coop":               {},
	"examples":           {},
	"recent":             {},
	"outbound":           {"recent"},
	"activity":           {"coop"},
	"activity/wirecheck": {},
	"keys":               {"coop"},
	"auth":               {"coop", "recent"},
	"mail":               {},
	"recur":              {"coop"},
	"feed":               {"coop"},
	"config":             {"coop"},
	"web":                {"coop"},
	"content":            {"coop"},
	"store":              {"coop"},
	"store/storetest":    {"coop"},
	"importer":           {"coop"},
	"federation":         {"coop", "activity", "keys", "content", "recent", "recur"},
	"delivery":           {"coop", "keys", "recent"},
	"handlers":           {"coop", "activity", "auth", "keys", "federation", "web", "feed", "recent"},
	"instance":           {"auth", "coop", "delivery", "federation", "handlers", "mail", "outbound", "store", "web"},
	"fedtest":            {"*"},
	"bench":              {"*"},
	"client":             {"coop"},
	"cmd/plenum":         {"*"},
	"scripts/guards":     {},
}

// owner is the one package that knows a library.
var owner = map[string][]string{
	"go.etcd.io/bbolt":             {"store", "bench"},    // bench: what bbolt alone allows
	"github.com/labstack/echo":     {"handlers", "bench"}, // bench: the bare handler that ours is measured against
	"github.com/go-ap/":            {"activity"},
	"github.com/go-fed/httpsig":    {"keys"},
	"github.com/dunglas/httpsfv":   {"keys"},
	"github.com/gowebpki/jcs":      {"keys"},
	"github.com/pelletier/go-toml": {"config", "importer"},
	"github.com/yuin/goldmark":     {"content"},
	"github.com/microcosm-cc/":     {"content"},
	"golang.org/x/image":           {"content"},
	"code.dny.dev/ssrf":            {"outbound"},
	"github.com/go-webauthn/":      {"auth"},
	"golang.org/x/crypto/argon2":   {"auth"},
	"github.com/emersion/":         {"mail"},
	"github.com/teambition/":       {"recur"},
	"github.com/bbrks/":            {"content"},
	"github.com/alecthomas/kong":   {"cmd/plenum"},
	"github.com/hashicorp/":        {"recent"},
	"github.com/VictoriaMetrics/":  {"instance"},
}

// testsMay is what tests may import besides: what they check with.
var testsMay = []string{"activity/wirecheck", "fedtest", "store/storetest", "examples", "instance"}

func TestEveryPackageKeepsToItsRoom(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, dir := range packages(t) {
		seen++
		p, err := build.ImportDir(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		may, known := allowed[dir]
		if !known {
			t.Errorf("%s is not in the plan of the house: a new package comes with an ADR and a line here", dir)
			continue
		}
		for _, imp := range p.Imports {
			if ours, ok := strings.CutPrefix(imp, module); ok && !slices.Contains(may, ours) && !slices.Contains(may, "*") {
				t.Errorf("%s must not import %s", dir, ours)
			}
			checkOwner(t, dir, imp)
		}
		for _, imp := range slices.Concat(p.TestImports, p.XTestImports) {
			ours, ok := strings.CutPrefix(imp, module)
			if ok && ours != dir && !slices.Contains(may, ours) && !slices.Contains(may, "*") && !slices.Contains(testsMay, ours) && !above(dir) {
				t.Errorf("the tests of %s must not import %s", dir, ours)
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d packages were looked at: the test looks in the wrong place", seen)
	}
}

// above reports whether a package's tests stand high enough in the house to need
// everything: they run whole instances.
func above(dir string) bool {
	return slices.Contains([]string{"auth", "handlers", "delivery", "federation", "instance", "importer"}, dir)
}

func checkOwner(t *testing.T, dir, imp string) {
	t.Helper()
	for prefix, owners := range owner {
		if strings.HasPrefix(imp, prefix) && !slices.Contains(owners, dir) {
			t.Errorf("%s must not import %s: it belongs to %s", dir, imp, strings.Join(owners, " and "))
		}
	}
	switch {
	case dir == "coop" && strings.Contains(imp, "."):
		t.Errorf("coop imports %s: it has the standard library only", imp)
	case imp == "net/http/httptest" && dir != "fedtest":
		t.Errorf("%s links httptest into the program", dir)
	case imp == "testing" && !strings.HasSuffix(dir, "test"):
		t.Errorf("%s links testing into the program", dir)
	}
}

// packages are the folders that hold Go files.
func packages(t *testing.T) (dirs []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		dir := filepath.Dir(path)
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

// A library that is listed as owned and that nobody imports is a rule that
// checks nothing.
func TestEveryOwnedLibraryIsUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, dir := range packages(t) {
		p, err := build.ImportDir(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range p.Imports {
			for prefix := range owner {
				used[prefix] = used[prefix] || strings.HasPrefix(imp, prefix)
			}
		}
	}
	for prefix := range owner {
		if !used[prefix] {
			t.Errorf("nobody imports %s", prefix)
		}
	}
}
