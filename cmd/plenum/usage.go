// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// call is what the arguments say, sorted: the words that name a command, and
// then everything else in its order. So flags may stand before or behind
// arguments, and kong knows the command when it comes to them.
type call struct {
	words []string
	rest  []string
	help  bool // help was asked for
}

// sorted reads the arguments. The error says that there is no such command.
func sorted(parser *kong.Kong, args []string) (c call, err error) {
	node, valued := parser.Model.Node, valuedFlags(parser)
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			c.rest = append(c.rest, args[i:]...)
			i = len(args)
		case a == "--help" || a == "-h" || a == "help" && node == parser.Model.Node:
			c.help = true
		case strings.HasPrefix(a, "-") && a != "-":
			c.rest = append(c.rest, a)
			if valued[a] && i+1 < len(args) {
				i++
				c.rest = append(c.rest, args[i])
			}
		case child(node, a) != nil:
			node = child(node, a)
			c.words = append(c.words, a)
		case node.Leaf() && !c.help:
			c.rest = append(c.rest, a)
		case child(node, "publish") != nil && !c.help: // post FILE… beside post list
			node = child(node, "publish")
			c.words, c.rest = append(c.words, "publish"), append(c.rest, a)
		default:
			return c, noCommand(node, c.words, a)
		}
	}
	switch {
	case c.help, node.Leaf():
	case child(node, "publish") != nil:
		c.words = append(c.words, "publish")
	case len(args) == 0:
		c.help = true
	default:
		return c, withHint(fmt.Errorf("say what to do: %s", strings.Join(append(slices.Clone(c.words), choice(node)), " ")), helpFor(c.words))
	}
	return c, nil
}

func child(node *kong.Node, name string) *kong.Node {
	for _, n := range node.Children {
		if n.Name == name {
			return n
		}
	}
	return nil
}

func choice(node *kong.Node) string {
	names := make([]string, len(node.Children))
	for i, n := range node.Children {
		names[i] = n.Name
	}
	return strings.Join(names, "|")
}

// valuedFlags are the flags of all commands whose next argument is their value.
func valuedFlags(parser *kong.Kong) map[string]bool {
	valued := map[string]bool{}
	var walk func(*kong.Node)
	walk = func(n *kong.Node) {
		for _, f := range n.Flags {
			valued["--"+f.Name] = !f.IsBool()
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(parser.Model.Node)
	return valued
}

// noCommand says that word is no command below words, and which is meant.
func noCommand(node *kong.Node, words []string, word string) error {
	full := strings.Join(append(slices.Clone(words), word), " ")
	if node.Leaf() {
		return withHint(fmt.Errorf("%q is no command", full), helpFor(words))
	}
	best, distance := "", 3
	for _, n := range node.Children {
		if d := edits(word, n.Name); d < distance {
			best, distance = n.Name, d
		}
	}
	if best == "" {
		return withHint(fmt.Errorf("unknown command %q", full), helpFor(words))
	}
	return withHint(fmt.Errorf("unknown command %q", full), "did you mean `plenum "+strings.Join(append(slices.Clone(words), best), " ")+"`?")
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// helpFor is the hint that leads to the help of a command.
func helpFor(words []string) string {
	return "run `" + strings.Join(append([]string{"plenum", "help"}, words...), " ") + "`"
}

// misused says in our words what kong found wrong with the arguments.
func misused(err error, words []string) error {
	msg := err.Error()
	if missing, ok := strings.CutPrefix(msg, "expected "); ok {
		msg = "missing: " + strings.Trim(missing, `"`)
	}
	msg = strings.Replace(msg, "expected a valid 64 bit int but got", "a number is needed, not", 1)
	msg = strings.Replace(msg, "missing flags: ", "missing: ", 1)
	return badUsage{withHint(errors.New(msg), helpFor(words))}
}

// printHelp is kong's help, but for a last line that names our way to more.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	var page bytes.Buffer
	out := ctx.Stdout
	ctx.Stdout = &page
	err := kong.DefaultHelpPrinter(options, ctx)
	ctx.Stdout = out
	if err != nil {
		return err
	}
	text := page.String()
	if before, _, ok := strings.Cut(text, "\nRun \"plenum <command>"); ok {
		text = before + "\nTo see it work: plenum demo. More on a command: plenum help COMMAND\n"
	}
	_, err = io.WriteString(out, text)
	return err
}
