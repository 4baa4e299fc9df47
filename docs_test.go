// SPDX-License-Identifier: AGPL-3.0-or-later

package plenum_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"plenum/activity"
	"plenum/config"
	"plenum/coop"
	"plenum/importer"
)

var update = flag.Bool("update", false, "write the JSON examples in FEDERATION.md anew")

// document is a Markdown file of ours.
type document struct {
	path  string // from the root of the tree
	text  string
	prose string // the text without fenced blocks
	fence []block
}

// block is a fenced block.
type block struct {
	lang string
	body string
	line int
}

// documents are the Markdown files that people read: all but what tests read
// and what is in folders of tools.
func documents(t *testing.T) (docs []document) {
	t.Helper()
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "changes/*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			docs = append(docs, readDocument(t, f))
		}
	}
	if len(docs) < 15 {
		t.Fatalf("only %d documents were found: the test looks in the wrong place", len(docs))
	}
	return docs
}

func readDocument(t *testing.T, path string) document {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := document{path: path, text: string(raw)}
	var open *block
	var prose strings.Builder
	n := 0
	for l := range strings.Lines(d.text) {
		n++
		lang, isFence := strings.CutPrefix(strings.TrimSpace(l), "```")
		switch {
		case isFence && open == nil:
			open = &block{lang: lang, line: n}
		case isFence:
			d.fence = append(d.fence, *open)
			open = nil
		case open != nil:
			open.body += l
		default:
			prose.WriteString(l)
		}
	}
	if open != nil {
		t.Errorf("%s:%d: a block has no end", path, open.line)
	}
	d.prose = prose.String()
	return d
}

var (
	codeSpan = regexp.MustCompile("`[^`\n]+`")
	linkTo   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ +(.+)$`)
)

func TestEveryLinkInTheDocumentsLeadsSomewhere(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, d := range documents(t) {
		for _, m := range linkTo.FindAllStringSubmatch(codeSpan.ReplaceAllString(d.prose, ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			seen++
			file, anchor, _ := strings.Cut(m[1], "#")
			path := d.path
			if file != "" {
				path = filepath.Join(filepath.Dir(d.path), file)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s links to %s, which is not there", d.path, m[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(readDocument(t, path)), anchor) {
				t.Errorf("%s links to %s, and there is no such heading", d.path, m[1])
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d links were looked at", seen)
	}
}

// anchors are the names that GitHub and Forgejo give to headings.
func anchors(d document) (names []string) {
	for _, m := range heading.FindAllStringSubmatch(d.prose, -1) {
		names = append(names, strings.Map(func(r rune) rune {
			switch {
			case r == ' ' || r == '-':
				return '-'
			case r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(m[1])))
	}
	return names
}

// Files of the tree are named in code spans, like `coop/error.go`.
func TestEveryFileThatTheDocumentsNameExists(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile("`([a-z0-9_]+(?:/[a-zA-Z0-9_.-]+)*\\.(?:go|sh|txt|json|md))`")
	own := []string{"about.md", "imprint.md", "privacy.md", "report.md", "talk.md"} // of whoever runs an instance
	seen := 0
	for _, d := range documents(t) {
		for _, m := range named.FindAllStringSubmatch(d.prose, -1) {
			if slices.Contains(own, m[1]) {
				continue
			}
			seen++
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%s names %s, which is not there", d.path, m[1])
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d names were looked at", seen)
	}
}

func TestTheReadmeNamesItsTwoCommands(t *testing.T) {
	t.Parallel()
	readme := readDocument(t, "README.md")
	for _, want := range []string{"go run ./cmd/plenum demo", "make check"} {
		if !slices.ContainsFunc(readme.fence, func(b block) bool { return slices.Contains(strings.Split(b.body, "\n"), want) }) {
			t.Errorf("no block of the README has a line %q", want)
		}
	}
	rules, err := os.ReadFile("Makefile")
	if err != nil || !strings.Contains(string(rules), "\ncheck: ") {
		t.Errorf("the Makefile has no rule check (%v)", err)
	}
}

// example is an example in FEDERATION.md, which stands behind a comment with the
// name of the file that it is.
var example = regexp.MustCompile("(?s)<!-- (golden|inbound): ([a-z0-9_/]+\\.json) -->\n+```json\n(.*?)```")

func TestTheExamplesInFederationAreTheFiles(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("FEDERATION.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	seen := 0
	fresh := example.ReplaceAllStringFunc(text, func(found string) string {
		m := example.FindStringSubmatch(found)
		want, err := os.ReadFile(filepath.Join("activity/testdata", m[1], filepath.FromSlash(m[2])))
		if err != nil {
			t.Error(err)
			return found
		}
		seen++
		body := strings.TrimRight(string(want), "\n") + "\n"
		if m[3] != body && !*update {
			t.Errorf("the example %s is not the file (go test . -update writes it anew):\n%s", m[2], cmp.Diff(body, m[3]))
		}
		return strings.TrimSuffix(found, m[3]+"```") + body + "```"
	})
	if blocks := strings.Count(text, "```json"); blocks != seen {
		t.Errorf("FEDERATION.md has %d blocks of JSON, and %d of them are files: no example is written by hand", blocks, seen)
	}
	if seen < 10 {
		t.Errorf("only %d examples were found", seen)
	}
	if *update && fresh != text {
		if err := os.WriteFile("FEDERATION.md", []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Each block that is a post file, a configuration or a submission is read by
// what reads the real ones.
func TestTheFilesInTheDocumentsCanBeRead(t *testing.T) {
	t.Parallel()
	data := regexp.MustCompile(`(?s)--data '(\{.*?\})'`)
	site := coop.Site{Domain: "events.example"}
	posts, configs, submissions := 0, 0, 0
	for _, d := range documents(t) {
		for _, b := range d.fence {
			where := fmt.Sprintf("%s:%d", d.path, b.line)
			if strings.HasPrefix(b.body, "+++\n") {
				posts++
				if _, err := importer.Parse(where, []byte(b.body)); err != nil {
					t.Error(err)
				}
			}
			if b.lang == "toml" {
				configs++
				file := filepath.Join(t.TempDir(), "plenum.toml")
				if err := os.WriteFile(file, []byte(b.body), 0o600); err != nil {
					t.Fatal(err)
				}
				if _, err := config.Load(file); err != nil {
					t.Errorf("%s: %v", where, err)
				}
			}
			for _, m := range data.FindAllStringSubmatch(b.body, -1) {
				submissions++
				checkSubmission(t, where, m[1], site)
			}
		}
	}
	if posts < 2 || configs < 1 || submissions < 3 {
		t.Errorf("only %d posts, %d configurations and %d submissions were found", posts, configs, submissions)
	}
}

func checkSubmission(t *testing.T, where, body string, site coop.Site) {
	t.Helper()
	sub, err := activity.DecodeSubmission([]byte(body), site)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	if c, ok := sub.(activity.SubmitCreate); ok {
		var p coop.Post
		if err := c.Object.Apply(&p, activity.Defaults{Language: "en", Zone: "Europe/Berlin"}, site); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
}

// The table from code to status in docs/architecture.md is the one in
// handlers/problem.go.
func TestTheTableOfStatusesIsTheOneInTheCode(t *testing.T) {
	t.Parallel()
	source := readFile(t, "handlers/problem.go")
	codes := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\t(\w+) +Code = "([a-z-]+)"`).FindAllStringSubmatch(readFile(t, "coop/error.go"), -1) {
		codes[m[1]] = m[2]
	}
	status := map[string]int{}
	for n := range 600 {
		status["Status"+strings.ReplaceAll(http.StatusText(n), " ", "")] = n
	}
	want := map[string]string{}
	for _, m := range regexp.MustCompile(`coop\.(\w+): +http\.(Status\w+)`).FindAllStringSubmatch(source, -1) {
		want[codes[m[1]]] = fmt.Sprint(status[m[2]])
	}
	got := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (\\d{3}) \\|").FindAllStringSubmatch(readFile(t, "docs/architecture.md"), -1) {
		got[m[1]] = m[2]
	}
	if len(want) < 10 || len(want) != len(codes) {
		t.Errorf("%d codes and %d statuses were found in the code", len(codes), len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/architecture.md differs from handlers/problem.go (-code +document):\n%s", diff)
	}
}

// The drawing in docs/architecture.md has every package.
func TestTheDrawingHasEveryPackage(t *testing.T) {
	t.Parallel()
	text := readFile(t, "docs/architecture.md")
	for _, dir := range packages(t) {
		if !regexp.MustCompile(`(^|[^a-z/])` + regexp.QuoteMeta(dir) + `($|[^a-z/])`).MatchString(text) {
			t.Errorf("docs/architecture.md does not say what %s is", dir)
		}
	}
}

func TestNoBlockOfJSONIsBroken(t *testing.T) {
	t.Parallel()
	for _, d := range documents(t) {
		for _, b := range d.fence {
			if b.lang == "json" && !json.Valid([]byte(b.body)) {
				t.Errorf("%s:%d: this is no JSON", d.path, b.line)
			}
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
