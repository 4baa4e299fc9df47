// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plenum/activity"
	"plenum/coop"
)

// ours are the names that the lines have for what the documents are about.
var ours = strings.NewReplacer(
	"https://events.example/ap/events/01KB3Y6Q2ZM9T4X7V0R8W5N1EA", "EVENT",
	"https://events.example/ap/reports/01KB40A9V3T6K8W1Z5Y7C2QHNB", "REPORT",
	"https://events.example/ap/coops/hackspace", "COOP",
)

// said writes an activity as one line.
func said(in activity.Inbound) string {
	about := func(object coop.IRI, of string, actor, whom coop.IRI) string {
		if of == "" && actor == "" && whom == "" {
			return string(object)
		}
		return fmt.Sprintf("%s (%s by %s of %s)", none(object), of, none(actor), none(whom))
	}
	var what string
	switch in := in.(type) {
	case activity.Follow:
		what = string(in.Object)
	case activity.Undo:
		what = about(in.Object, in.Of, in.OfActor, in.OfObject)
	case activity.Accept:
		what = about(in.Object, in.Of, in.OfActor, in.OfObject)
	case activity.Reject:
		what = about(in.Object, in.Of, in.OfActor, in.OfObject)
	case activity.TentativeAccept:
		what = about(in.Object, in.Of, in.OfActor, in.OfObject)
	case activity.Delete:
		what = string(in.Object)
	case activity.Create:
		what = saidOf(in.Object)
	case activity.Update:
		what = saidOf(in.Object)
	case activity.Announce:
		what = string(in.Object)
	case activity.Like:
		what = strings.TrimSpace(string(in.Object) + " " + in.Emoji)
	case activity.Join:
		what = strings.TrimSpace(string(in.Object) + " " + in.Message)
	case activity.Leave:
		what = string(in.Object)
	case activity.Block:
		what = string(in.Object)
	case activity.Move:
		what = fmt.Sprintf("%s to %s", in.Object, in.Target)
	case activity.Flag:
		what = strings.TrimSpace(fmt.Sprintf("%s %s", in.Objects, in.Text))
	case activity.QuoteRequest:
		what = fmt.Sprintf("%s in %s", in.Object, in.Instrument)
	case activity.Ignored:
		return "Ignored: " + in.Why
	default:
		return fmt.Sprintf("no line for %T", in)
	}
	return ours.Replace(fmt.Sprintf("%s by %s: %s", in.Head().Type, in.Head().Actor, what))
}

// saidOf writes what a Create or an Update brings.
func saidOf(o activity.Object) string {
	audience := "for some"
	switch {
	case o.Listed:
		audience = "for all"
	case o.Public:
		audience = "for all, unlisted"
	}
	line := fmt.Sprintf("%s %s by %s, %s", o.Type, o.ID, none(o.By), audience)
	if o.Actor {
		line += ", an actor"
	}
	if o.Language != "" {
		line += ", in " + o.Language
	}
	switch {
	case o.Vote:
		line += fmt.Sprintf(", a vote for %q in %s", o.Name, o.InReplyTo)
	case o.InReplyTo != "":
		line += fmt.Sprintf(", answers %s: %.40q", o.InReplyTo, o.Summary)
	}
	if o.Sensitive {
		line += fmt.Sprintf(", warns of %q", o.Warning)
	}
	return line
}

func none(i coop.IRI) coop.IRI {
	if i == "" {
		return "nobody"
	}
	return i
}

// heard is what the software of the fediverse sends, in one line each; a note
// beside the documents says where each form was read. A document without a line,
// and a line without a document, are failures.
func heard(t *testing.T) map[string]string {
	all := map[string]string{}
	for _, some := range []map[string]string{
		heardMastodon, heardGoToSocial, heardMisskey, heardPleroma, heardFriendica, heardMobilizon, heardHubzilla,
		heardLemmy, heardFedify, heardBlogs, heardOthers,
	} {
		for name := range maps.Keys(some) {
			if _, twice := all[name]; twice {
				t.Errorf("%s has two lines", name)
			}
		}
		maps.Copy(all, some)
	}
	return all
}

func TestEveryKnownServerIsUnderstood(t *testing.T) {
	t.Parallel()
	left := heard(t)
	for _, file := range samples(t, "testdata/inbound/*/*.json") {
		name, _ := filepath.Rel("testdata/inbound", file)
		if strings.Contains(name, "/actor") {
			continue
		}
		got := ""
		if in, err := activity.Decode(contents(t, file), false); err != nil {
			got = "refused: " + err.Error()
		} else {
			got = said(in)
		}
		if want := left[name]; got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
		delete(left, name)
	}
	for name := range left {
		t.Errorf("there is no document %s", name)
	}
}

// Nothing that a server is known to send may be lost on the way: what the
// software of the issue sends is all there.
func TestTheCorpusHoldsWhatPeopleUse(t *testing.T) {
	t.Parallel()
	count, software := 0, map[string]bool{}
	for name := range heard(t) {
		count++
		software[filepath.Dir(name)] = true
	}
	for _, s := range []string{
		"bookwyrm", "friendica", "gancio", "ghost", "gotosocial", "hubzilla", "lemmy", "mastodon", "misskey", "mobilizon", "piefed", "pixelfed", "pleroma", "wordpress",
	} {
		if !software[s] {
			t.Errorf("nothing by %s", s)
		}
	}
	for s := range software {
		if len(contents(t, filepath.Join("testdata/inbound", s, "SOURCES.md"))) == 0 {
			t.Errorf("nobody can tell where the documents of %s come from", s)
		}
	}
	if count < 200 {
		t.Errorf("only %d documents: %v", count, slices.Sorted(maps.Keys(software)))
	}
}
