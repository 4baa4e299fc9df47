// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"plenum/config"
	"plenum/coop"
)

// hinted is an error with what to do about it.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

func withHint(err error, hint string) error { return hinted{err, hint} }

// badUsage is a wrong call.
type badUsage struct{ error }

func (b badUsage) Unwrap() error { return b.error }

// failed prints what happened and what to do, and returns the exit code. words
// are the command that failed.
func failed(stderr io.Writer, err error, words []string) int {
	code := exitFailed
	if _, ok := errors.AsType[badUsage](err); ok {
		code = exitUsage
	}
	problems := config.Problems(err)
	for _, p := range problems {
		fmt.Fprintf(stderr, "plenum: %s\n", p)
		if p.Hint != "" {
			fmt.Fprintf(stderr, "hint: %s\n", p.Hint)
		}
	}
	if len(problems) > 0 {
		return code
	}
	all := parts(err)
	for i, err := range all {
		what, hint := explained(err, words)
		fmt.Fprintf(stderr, "plenum: %s\n", printable(what))
		if i+1 < len(all) {
			if _, next := explained(all[i+1], words); next == hint { // said once, behind the last
				continue
			}
		}
		fmt.Fprintf(stderr, "hint: %s\n", printable(hint))
	}
	return code
}

// parts are the errors that were joined, each alone, or the one that there is.
func parts(err error) (all []error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	for _, e := range joined.Unwrap() {
		all = append(all, parts(e)...)
	}
	return all
}

// explained is what happened and what to do.
func explained(err error, words []string) (what, hint string) {
	if errors.Is(err, context.Canceled) {
		return "interrupted", "the command can be given again"
	}
	what = sentence(err)
	if h, ok := errors.AsType[hinted](err); ok {
		return what, h.hint
	}
	if before, after, ok := cutLast(what, "; "); ok { // errors of ours say what to do behind a semicolon
		return before, after
	}
	if before, after, ok := cutLast(what, ", write "); ok { // what is wrong with a file, and how it is right
		return before, "write " + after
	}
	return what, hintFor(err, words)
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// sentence is what a person is told of an error: for ours its sentence and the
// member at fault, in whatever it was wrapped in.
func sentence(err error) string {
	e, ok := errors.AsType[*coop.Error](err)
	if !ok || e.Msg == "" {
		return err.Error()
	}
	msg := e.Msg
	if e.Member != "" && !strings.Contains(msg, e.Member+": ") { // the importer's say it behind file and line
		msg = e.Member + ": " + msg
	}
	return strings.Replace(err.Error(), e.Error(), msg, 1)
}

// lists says where one sees what there is.
var lists = map[string]string{
	"coop":      "`plenum coop list` shows the co-ops that there are",
	"token":     "`plenum token list` shows the tokens with their ids, `plenum coop list` the co-ops",
	"post":      "`plenum post list` shows the posts with their slugs, `plenum coop list` the co-ops; what was deleted is named by its id",
	"media":     "`plenum media list` shows the files with their ids, `plenum coop list` the co-ops",
	"follower":  "`plenum follower list` shows who follows, `plenum coop list` the co-ops",
	"following": "`plenum following list` shows whom a co-op follows, `plenum coop list` the co-ops",
	"comment":   "`plenum comment list` shows the comments with their ids, `plenum coop list` the co-ops",
	"rsvp":      "`plenum rsvp list POST` shows who has answered, `plenum post list` the posts",
	"complaint": "`plenum complaint list` shows the complaints with their ids, `plenum coop list` the co-ops",
	"member":    "`plenum member list` shows the members, `plenum coop list` the co-ops",
	"proposal":  "`plenum proposal list` shows what waits, with ids",
	"decision":  "`plenum coop list` shows the co-ops",
	"block":     "`plenum block list` shows what is blocked",
	"allow":     "`plenum allow list` shows who is let in",
	"queue":     "`plenum queue list` shows the deliveries with their ids, `plenum coop list` the co-ops",
}

// hintFor is what to do where the error itself does not say so.
func hintFor(err error, words []string) string {
	group := ""
	if len(words) > 0 {
		group = words[0]
	}
	if errors.Is(err, fs.ErrPermission) {
		return "the user who runs plenum may not do that; take another place, or give that user the right to it"
	}
	following := strings.Join(words, " ") == "following add"
	switch code := coop.CodeOf(err); {
	case code == coop.NotFound && following:
		return "check how the handle or URL is written; it stands on their page"
	case code == coop.Unavailable && following:
		return "check how the name of the server is written, or try again in a while"
	case code == coop.NotFound, code == coop.Gone:
		if h := lists[group]; h != "" {
			return h
		}
	case code == coop.Unavailable:
		return "try again in a while"
	case code == coop.Invalid && group == "post":
		return "mend the file and post it again; `plenum help post publish` shows how one is written"
	}
	return helpFor(words)
}
