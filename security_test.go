// SPDX-License-Identifier: AGPL-3.0-or-later

package plenum_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const catalogue = "docs/security.md"

// attackCase is a line of the catalogue.
type attackCase struct{ id, what, held, tests string }

var caseID = regexp.MustCompile(`\b[SOTKRFDXCLAMP][0-9]{2}\b`)

// security reads the catalogue: its text and its cases by their ids.
func security(t *testing.T) (text string, cases map[string]attackCase) {
	t.Helper()
	raw, err := os.ReadFile(catalogue)
	if err != nil {
		t.Fatal(err)
	}
	cases = map[string]attackCase{}
	letter := ""
	list, _, _ := strings.Cut(string(raw), "\n## B.3 ")
	for line := range strings.Lines(list) {
		if heading, ok := strings.CutPrefix(line, "### "); ok {
			letter = heading[:1]
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		id := strings.TrimSpace(cells[0])
		if caseID.FindString(id) != id || id == "" {
			continue
		}
		if len(cells) != 4 {
			t.Errorf("%s: %s has %d cells, not id, attack and answer, package, tests", catalogue, id, len(cells))
			continue
		}
		if _, twice := cases[id]; twice || id[:1] != letter {
			t.Errorf("%s: %s stands there twice, or among %s", catalogue, id, letter)
		}
		cases[id] = attackCase{id, strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3])}
	}
	if len(cases) < 140 {
		t.Fatalf("%s has only %d cases: the test reads it in the wrong way", catalogue, len(cases))
	}
	return string(raw), cases
}

// testSpan is a test as the catalogue names it: in which folder, and how it is called.
var testSpan = regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)[A-Za-z0-9_]+)`")

// testsThatAreThere are all tests, as documents name them.
func testsThatAreThere(t *testing.T) map[string]bool {
	t.Helper()
	there := map[string]bool{}
	eachGoFile(t, func(file string, f *ast.File, _ *token.FileSet) {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasSuffix(file, "_test.go") {
				there[path.Dir(file)+"."+fn.Name.Name] = true
			}
		}
	})
	return there
}

func TestEveryTestOfTheCatalogueExists(t *testing.T) {
	t.Parallel()
	text, _ := security(t)
	there := testsThatAreThere(t)
	named := testSpan.FindAllStringSubmatch(text, -1)
	for _, m := range named {
		if !there[m[1]+"."+m[2]] {
			t.Errorf("%s names %s.%s, which is not there", catalogue, m[1], m[2])
		}
	}
	if len(named) < 200 {
		t.Errorf("only %d tests are named", len(named))
	}
}

// A case has an answer, a package that gives it and a test that proves it, or it
// says plainly that what it attacks does not exist.
func TestEachCaseIsProvenOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	_, cases := security(t)
	for _, c := range cases {
		if c.held == "–" {
			if !strings.HasPrefix(c.tests, "not yet: ") {
				t.Errorf("%s is held nowhere and does not say why: %q", c.id, c.tests)
			}
			continue
		}
		if !strings.Contains(c.what, " → ") {
			t.Errorf("%s has no answer: %q", c.id, c.what)
		}
		if !testSpan.MatchString(c.tests) {
			t.Errorf("%s names no test: %q", c.id, c.tests)
		}
		for dir := range strings.SplitSeq(c.held, ", ") {
			if _, known := allowed[dir]; !known {
				t.Errorf("%s is held in %q, which is no package", c.id, dir)
			}
		}
	}
}

// inString is a case that a table of tests is called by: "S01 body swapped",
// "O01: id on a third host", "no actor (O08)".
var inString = regexp.MustCompile(`^"([SOTKRFDXCLAMP][0-9]{2})(?::? [a-zA-Z0-9]|")|\(([SOTKRFDXCLAMP][0-9]{2})\)"$`)

func TestEachCaseThatIsCitedIsInTheCatalogue(t *testing.T) {
	t.Parallel()
	text, cases := security(t)
	headings := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^## ([AB]\.\d) `).FindAllStringSubmatch(text, -1) {
		headings[m[1]] = true
	}
	steps := len(regexp.MustCompile(`(?m)^\d+\. `).FindAllString(section4(text), -1))
	cite := regexp.MustCompile(`(docs/)?security\.md(?:[ \n]+([AB]\.\d)(?:[. ](\d+)\b)?)?`)
	cited, sections := 0, 0
	eachGoFile(t, func(file string, f *ast.File, set *token.FileSet) {
		check := func(at token.Pos, ids []string) {
			for _, id := range ids {
				cited++
				if _, ok := cases[id]; !ok {
					t.Errorf("%s cites %s, which is not in %s", set.Position(at), id, catalogue)
				}
			}
		}
		for _, group := range f.Comments {
			words := group.Text()
			check(group.Pos(), caseID.FindAllString(words, -1))
			for _, m := range cite.FindAllStringSubmatch(words, -1) {
				sections++
				if m[1] == "" {
					t.Errorf("%s: write docs/security.md", set.Position(group.Pos()))
				}
				if m[2] != "" && !headings[m[2]] {
					t.Errorf("%s cites section %s, which is not in %s", set.Position(group.Pos()), m[2], catalogue)
				}
				if n, _ := strconv.Atoi(m[3]); m[2] == "A.4" && n > steps {
					t.Errorf("%s cites step %d of A.4, which has %d", set.Position(group.Pos()), n, steps)
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.BasicLit); ok && s.Kind == token.STRING && strings.HasSuffix(file, "_test.go") {
				for _, m := range inString.FindAllStringSubmatch(s.Value, -1) {
					check(s.Pos(), []string{m[1] + m[2]})
				}
			}
			return true
		})
	})
	if cited < 200 || sections < 15 || steps < 10 {
		t.Errorf("only %d cases and %d sections are cited, and A.4 has %d steps", cited, sections, steps)
	}
}

// section4 is the part of the catalogue that lists what is checked on arrival.
func section4(text string) string {
	_, rest, _ := strings.Cut(text, "\n## A.4 ")
	rest, _, _ = strings.Cut(rest, "\n## ")
	return rest
}

// eachGoFile parses every Go file of the tree.
func eachGoFile(t *testing.T, visit func(file string, f *ast.File, set *token.FileSet)) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != "." || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		visit(filepath.ToSlash(name), f, set)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 200 {
		t.Errorf("only %d Go files were read", files)
	}
}
