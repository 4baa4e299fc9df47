// SPDX-License-Identifier: AGPL-3.0-or-later

package plenum_test

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// spec is a line of docs/specs.txt.
type spec struct {
	name, status, title, note string
	line                      int
}

func specs(t *testing.T) map[string]spec {
	t.Helper()
	all := map[string]spec{}
	n := 0
	for l := range strings.Lines(readFile(t, "docs/specs.txt")) {
		n++
		if l = strings.TrimSpace(l); l == "" || l[0] == '#' {
			continue
		}
		f := strings.Split(l, " | ")
		if len(f) != 4 || !slices.Contains([]string{"yes", "partial", "no"}, f[1]) {
			t.Errorf("docs/specs.txt:%d is not: name | yes, partial or no | title | note", n)
			continue
		}
		s := spec{f[0], f[1], f[2], f[3], n}
		if prior, twice := all[s.name]; twice {
			t.Errorf("docs/specs.txt:%d: %s stands on line %d already", n, s.name, prior.line)
		}
		if s.status != "yes" && s.note == "-" {
			t.Errorf("docs/specs.txt:%d: say what of %s is missing", n, s.name)
		}
		all[s.name] = s
	}
	if len(all) < 30 {
		t.Fatalf("docs/specs.txt has only %d lines", len(all))
	}
	return all
}

// citation is how comments name a specification. draft-cavage has a short name.
var citation = regexp.MustCompile(`\b(?:(RFC \d+)|(FEP-[0-9a-f]{4})|draft-cavage(?:-http-signatures)?-(12)|(BCP \d+)|(WCAG \d\.\d)|(JSON-LD \d\.\d)|(TOML \d\.\d)|(CommonMark)|(VC-DI-EDDSA) §|(WebAuthn) §|(draft-ietf-oauth-client-id-metadata-document)|(AP|AS2(?: Vocabulary)?) §)`)

// section is whatever stands before a section sign.
var section = regexp.MustCompile(`([A-Za-z][A-Za-z0-9.-]*(?: \d[0-9.]*| Vocabulary)?)[ -]?,? §`)

// cited returns where each specification is cited in the comments of Go files.
func cited(t *testing.T) (where map[string][]string) {
	t.Helper()
	where = map[string][]string{}
	eachComment(t, func(pos token.Position, text string) {
		for _, m := range citation.FindAllStringSubmatch(text, -1) {
			name := strings.Join(m[1:], "")
			if name == "12" {
				name = "draft-cavage-12"
			}
			where[name] = append(where[name], pos.String())
		}
		for _, m := range section.FindAllStringSubmatch(text, -1) {
			if m[1] != "and" && m[1] != "to" && m[1] != "AGPL-3.0" /* a licence */ && citation.FindString(m[1]+" §") == "" {
				t.Errorf("%s cites %q: write it like RFC 9421 §2.2, AP §7.1 or AS2 §4.7", pos, m[0])
			}
		}
	})
	return where
}

// eachComment calls f for every comment in every Go file; lines that follow each
// other are one comment.
func eachComment(t *testing.T, f func(pos token.Position, text string)) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		files++
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		comments(path, src, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("only %d Go files were read", files)
	}
}

func comments(path string, src []byte, f func(token.Position, string)) {
	set := token.NewFileSet()
	file := set.AddFile(path, -1, len(src))
	var s scanner.Scanner
	s.Init(file, src, nil, scanner.ScanComments)
	var text string
	var first, last token.Position
	flush := func() {
		if text != "" {
			f(first, text)
		}
		text = ""
	}
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			flush()
			return
		}
		if tok != token.COMMENT {
			continue
		}
		at := set.Position(pos)
		if text != "" && at.Line != last.Line+1 {
			flush()
		}
		if text == "" {
			first = at
		}
		text += strings.TrimPrefix(lit, "//")
		last = at
	}
}

func TestEachCitationIsOfAListedSpecification(t *testing.T) {
	t.Parallel()
	listed := specs(t)
	where := cited(t)
	for name, at := range where {
		if _, ok := listed[name]; !ok {
			t.Errorf("%s is cited at %s and is not in docs/specs.txt", name, at[0])
		}
	}
	if len(where) < 20 {
		t.Errorf("only %d specifications are cited: the test looks in the wrong place", len(where))
	}
}

// FEP-67ff is about a document, FEDERATION.md, so it is cited here.
func TestWhatIsSaidToBeObeyedIsCited(t *testing.T) {
	t.Parallel()
	where := cited(t)
	for _, s := range specs(t) {
		if s.status == "yes" && len(where[s.name]) == 0 {
			t.Errorf("docs/specs.txt:%d: %s is said to be obeyed, and no comment cites it", s.line, s.name)
		}
	}
}

// FEDERATION.md lists what we support, so it may not say more than
// docs/specs.txt, and names no proposal that is not there.
func TestTheProposalsInFederationAreListed(t *testing.T) {
	t.Parallel()
	listed := specs(t)
	text := readFile(t, "FEDERATION.md")
	named := map[string]bool{}
	for _, name := range regexp.MustCompile(`FEP-[0-9a-f]{4}`).FindAllString(text, -1) {
		named[name] = true
		if _, ok := listed[name]; !ok {
			t.Errorf("FEDERATION.md names %s, which is not in docs/specs.txt", name)
		}
	}
	row := regexp.MustCompile(`(?m)^\| \[(FEP-[0-9a-f]{4})\]\([^)]+\) [^|]*\| (yes|partial|no) \|`)
	rows := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(text, -1) {
		rows[m[1]] = m[2]
	}
	for name, s := range listed {
		if strings.HasPrefix(name, "FEP-") && rows[name] != s.status {
			t.Errorf("docs/specs.txt has %s as %q, the table in FEDERATION.md as %q", name, s.status, rows[name])
		}
	}
	if len(named) < 10 {
		t.Errorf("only %d proposals are named", len(named))
	}
}

// A comment that sends the reader to a file sends him to one that is there.
func TestEveryDocumentThatACommentNamesExists(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`\b[a-zA-Z0-9_/.-]+\.md\b|\bdocs/[a-z0-9/-]+\.[a-z]+\b`)
	seen := 0
	eachComment(t, func(pos token.Position, text string) {
		for _, name := range named.FindAllString(text, -1) {
			base := filepath.Base(name)
			if base == "about.md" || base == "imprint.md" || base == "privacy.md" || base == "SOURCES.md" || strings.ContainsAny(name, "*") {
				continue
			}
			seen++
			_, err := os.Stat(name)
			if _, inDocs := os.Stat(filepath.Join("docs", name)); err != nil && inDocs != nil {
				t.Errorf("%s names %s, which is not there", pos, name)
			}
		}
	})
	if seen < 3 {
		t.Errorf("only %d names were looked at", seen)
	}
}
