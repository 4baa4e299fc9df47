// SPDX-License-Identifier: AGPL-3.0-or-later

package plenum_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// program is the built program, asked for its own help.
type program struct {
	t     *testing.T
	path  string
	asked map[string]string
}

func buildProgram(t *testing.T) *program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plenum")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./cmd/plenum").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return &program{t: t, path: path, asked: map[string]string{}}
}

// help is what `plenum help …` says.
func (p *program) help(words []string) string {
	p.t.Helper()
	key := strings.Join(words, " ")
	if text, ok := p.asked[key]; ok {
		return text
	}
	out, err := exec.CommandContext(p.t.Context(), p.path, append([]string{"help"}, words...)...).Output()
	if err != nil {
		p.t.Fatalf("plenum help %s: %v", key, err)
	}
	p.asked[key] = string(out)
	return p.asked[key]
}

var (
	subcommand = regexp.MustCompile(`(?m)^  ([a-z][a-z -]*[a-z])  +\S`)
	flagName   = regexp.MustCompile(`--(?:\[no-\])?([a-z][a-z-]*)`)
	commandsAt = regexp.MustCompile(`(?m)^Commands:$`)
)

// below are the commands below words: "list" and so on below "post".
func (p *program) below(words []string) (names []string) {
	p.t.Helper()
	text := p.help(words)
	at := commandsAt.FindStringIndex(text)
	if at == nil {
		return nil
	}
	for _, m := range subcommand.FindAllStringSubmatch(text[at[1]:], -1) {
		f := strings.Fields(m[1])
		names = append(names, f[len(f)-1])
	}
	return names
}

// check says what is wrong with a command line, "" for nothing.
func (p *program) check(args []string) string {
	p.t.Helper()
	var path, flags []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case strings.HasPrefix(a, "--"):
			name, _, joined := strings.Cut(strings.TrimPrefix(a, "--"), "=")
			flags = append(flags, name)
			if name == "config" && !joined {
				i++ // its value is no command
			}
		case strings.HasPrefix(a, "-"):
			return "it has a short flag"
		case len(path) == 0 && a == "help":
			return p.checkHelp(args[i+1:])
		default:
			if below := p.below(path); slices.Contains(below, a) {
				path = append(path, a)
			} else if slices.Equal(path, []string{"post"}) {
				path = append(path, "publish") // plenum post FILE…
			} else if len(below) > 0 {
				return strings.Join(append([]string{"plenum"}, path...), " ") + " has no " + a
			}
		}
	}
	text := p.help(path)
	for _, f := range flags {
		if !slices.ContainsFunc(flagName.FindAllStringSubmatch(text, -1), func(m []string) bool { return m[1] == strings.TrimPrefix(f, "no-") }) {
			return "plenum " + strings.Join(path, " ") + " has no flag --" + f
		}
	}
	return ""
}

func (p *program) checkHelp(words []string) string {
	for i, w := range words {
		if w == strings.ToUpper(w) {
			return "" // COMMAND
		}
		if !slices.Contains(p.below(words[:i]), w) {
			return "there is no command " + w + " to be helped with"
		}
	}
	return ""
}

var (
	quoted = regexp.MustCompile(`"[^"]*"|'[^']*'`)
	// between are what separates the commands of a line, and where one begins
	// within another.
	between = regexp.MustCompile(`&&|[|;#>)]|\$\(`)
	// before is what may stand in front of a command.
	before = regexp.MustCompile(`^(?:[$] |[A-Z_]+=\S* +|ExecStart=|sudo -u \S+ +)+`)
)

// calls are the command lines in a text that call the program, each without its
// name.
func calls(text string) (lines [][]string) {
	text = quoted.ReplaceAllString(strings.ReplaceAll(text, "\\\n", " "), "TEXT")
	for l := range strings.Lines(text) {
		for _, command := range between.Split(l, -1) {
			command = before.ReplaceAllString(strings.TrimSpace(command), "")
			command = strings.Replace(command, "go run ./cmd/plenum", "plenum", 1)
			words := strings.Fields(command)
			if len(words) > 1 && filepath.Base(words[0]) == "plenum" && !strings.Contains(words[0], "=") {
				lines = append(lines, words[1:])
			}
		}
	}
	return lines
}

// Each `plenum …` in a block or a code span names a command and flags that the
// program has.
func TestEveryCommandInTheDocumentsExists(t *testing.T) {
	t.Parallel()
	p := buildProgram(t)
	for line, right := range tried {
		checkTried(t, p, line, right)
	}
	seen := 0
	for _, d := range documents(t) {
		var texts []string
		for _, b := range d.fence {
			if slices.Contains([]string{"sh", "console", "ini"}, b.lang) {
				texts = append(texts, b.body)
			}
		}
		for _, span := range codeSpan.FindAllString(d.prose, -1) {
			if strings.HasPrefix(span, "`plenum ") {
				texts = append(texts, strings.Trim(span, "`"))
			}
		}
		for _, text := range texts {
			for _, args := range calls(text) {
				seen++
				if wrong := p.check(args); wrong != "" {
					t.Errorf("%s: plenum %s: %s", d.path, strings.Join(args, " "), wrong)
				}
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d command lines were found", seen)
	}
}

// tried are command lines with whether they are right: what checks the documents
// is checked itself, for a check that finds nothing wrong proves nothing.
var tried = map[string]bool{
	"plenum post talk.md --coop hackspace":              true,
	"sudo -u plenum plenum --config a.toml queue list":  true,
	"ExecStart=/usr/local/bin/plenum serve":             true,
	"go run ./cmd/plenum demo --once":                   true,
	`TOKEN=$(plenum token create --name "a ; b")`:       true,
	"plenum coop set hackspace --no-approve":            true,
	"plenum help queue retry":                           true,
	"plenum queue hold --post go-meetup-12":             true,
	"plenum frobnicate":                                 false,
	"plenum queue pause":                                false,
	"plenum queue list --hots social.example":           false,
	"plenum post talk.md --dry-run":                     false,
	"plenum --config a.toml serve --listen 127.0.0.1:1": false,
	"plenum help queue empty":                           false,
	"plenum backup \\\n  --hot /var/backups/today":      false,
}

func checkTried(t *testing.T, p *program, line string, right bool) {
	t.Helper()
	found := calls(line)
	if len(found) != 1 {
		t.Errorf("%s: %d command lines were found", line, len(found))
		return
	}
	if wrong := p.check(found[0]); (wrong == "") != right {
		t.Errorf("%s: got %q", line, wrong)
	}
}
