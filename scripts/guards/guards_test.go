// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const top = "../.."

// The guards themselves are slow to take out; that they are where the table looks
// for them is quick to see.
func TestEachGuardIsWhereItIsLookedFor(t *testing.T) {
	t.Parallel()
	letters := map[byte]bool{}
	for _, g := range guards {
		letters[g.id[0]] = true
		if len(g.cuts) == 0 {
			t.Errorf("%s takes nothing out", g.id)
		}
		for _, c := range g.cuts {
			body, err := os.ReadFile(filepath.Join(top, c.file))
			if err != nil {
				t.Error(err)
				continue
			}
			if n := strings.Count(string(body), c.old); n != 1 || c.old == c.new || strings.HasSuffix(c.file, "_test.go") {
				t.Errorf("%s: the text of the guard occurs %d times in %s, want 1:\n%s", g.id, n, c.file, c.old)
			}
		}
		pkg, name := split(g.test)
		files, err := filepath.Glob(filepath.Join(top, pkg, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range files {
			body, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			found = found || bytes.Contains(body, []byte("func "+name+"(t *testing.T)"))
		}
		if !found {
			t.Errorf("%s: there is no test %s", g.id, g.test)
		}
	}
	for _, l := range "SOTKRFDXCLAMP" {
		if !letters[byte(l)] {
			t.Errorf("no guard of %c is taken out", l)
		}
	}
}

// docs/security.md lists what is taken out, word for word.
func TestTheCatalogueListsTheGuards(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(filepath.Join(top, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	printTable(&want)
	if !bytes.Contains(doc, want.Bytes()) {
		t.Errorf("docs/security.md has another table; go run ./scripts/guards -table prints it:\n%s", want.Bytes())
	}
	for _, g := range guards {
		if !bytes.Contains(doc, []byte("\n| "+g.id+" | ")) {
			t.Errorf("%s is no case of docs/security.md", g.id)
		}
	}
}

// A test that passes without its guard, one that does not compile and a guard that
// is not there are all reported.
func TestWhatIsNotShownIsSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, body := range map[string]string{
		"go.mod":      "module x\n\ngo 1.26\n",
		"p/p.go":      "package p\n\nfunc Limit(n int) int {\n\tif n > 3 {\n\t\treturn 3\n\t}\n\treturn n\n}\n",
		"p/p_test.go": "package p\n\nimport \"testing\"\n\nfunc TestLimit(t *testing.T) {\n\tif Limit(4) != 3 {\n\t\tt.Error(\"Q01: too many\")\n\t}\n}\n\nfunc TestNothing(t *testing.T) {}\n",
	} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good := guard{id: "Q01", cuts: []cut{{"p/p.go", "n > 3", "false"}}, test: "p.TestLimit", says: "Q01"}
	if how, err := good.take(dir); err != nil {
		t.Errorf("got %v\n%s", err, how)
	}
	if broken := pass(dir, []guard{good}); len(broken) > 0 {
		t.Errorf("the guard was not put back: %v", broken)
	}
	if broken := pass(dir, []guard{{test: "p.TestMissing"}}); broken["p"] == nil {
		t.Error("a test that is not there is taken for one that passes")
	}
	for what, change := range map[string]func(*guard){
		"passes":          func(g *guard) { g.test = "p.TestNothing" },
		"no such test":    func(g *guard) { g.test = "p.TestMissing" },
		"not there":       func(g *guard) { g.cuts = []cut{{"p/p.go", "n > 4", "false"}} },
		"not compiled":    func(g *guard) { g.cuts = []cut{{"p/p.go", "n > 3", "nothing"}} },
		"names another":   func(g *guard) { g.says = "Q02" },
		"no such package": func(g *guard) { g.test = "q.TestLimit" },
	} {
		g := good
		change(&g)
		if how, err := g.take(dir); err == nil {
			t.Errorf("%s: taken for shown\n%s", what, how)
		}
	}
}
