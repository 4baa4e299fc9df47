// SPDX-License-Identifier: AGPL-3.0-or-later

package importer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plenum/coop"
	"plenum/importer"
)

// same compares files with what they keep to themselves.
var same = cmp.Options{cmp.AllowUnexported(importer.File{}), cmpopts.EquateEmpty()}

// whole are files with every key there is.
func whole(t *testing.T) (paths []string) {
	t.Helper()
	for _, glob := range []string{"../examples/35c3/*.md", "../examples/35c3/*/*.md", "testdata/*.md"} {
		paths = append(paths, corpus(t, glob)...)
	}
	return paths
}

func TestWhatIsFormattedIsReadAsTheSame(t *testing.T) {
	t.Parallel()
	for _, path := range whole(t) {
		want := parseFile(t, path)
		text := want.Format()
		got, err := importer.Parse(want.Name, text)
		if err != nil {
			t.Errorf("%s becomes what cannot be read: %v\n%s", path, err, text)
			continue
		}
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		if again := got.Format(); string(again) != string(text) {
			t.Errorf("%s is formatted otherwise again:\n%s\n%s", path, text, again)
		}
	}
}

func TestEveryKeyIsFormattedLikeThis(t *testing.T) {
	golden(t, "full.md", parseFile(t, "testdata/full.md").Format())
	golden(t, "series.md", parseFile(t, "testdata/series.md").Format())
	golden(t, "about.md", parseFile(t, "testdata/about.md").Format())
}

// Of every field of a file there is a file in which it is set: what Format forgets
// is missed.
func TestEveryFieldIsInSomeFile(t *testing.T) {
	t.Parallel()
	var all string
	for _, path := range whole(t) {
		all += string(parseFile(t, path).Format())
	}
	for _, key := range []string{"kind", "title", "slug", "summary", "language", "tags", "start", "end", "timezone", "status", "place", "online",
		"speakers", "links", "image", "original", "part_of", "join", "join_url", "capacity", "visibility", "publish_at", "repeat", "ahead", "of",
		"attendance", "owners"} {
		if !strings.Contains(all, "\n"+key+" = ") {
			t.Errorf("no file has %s", key)
		}
	}
}

func TestPostBecomesItsFile(t *testing.T) {
	t.Parallel()
	due := time.Date(2027, 1, 2, 8, 0, 0, 0, time.UTC)
	p := coop.Post{
		Kind: coop.Meetup, Slug: "go-12", Title: "Go \x7f12", Language: "de", Tags: []string{"go"}, Source: "Two *talks*.", Body: "<p>Two <em>talks</em>.</p>",
		When: coop.When{Start: "2027-01-12", Zone: "Europe/Berlin", AllDay: true}, Place: coop.Place{Locality: "Berlin"},
		Image: coop.Image{File: "a.png", Alt: "A room", Focus: [2]float64{0, 0.5}}, State: coop.Draft, Due: due, Visibility: coop.Followers,
		Owners: []coop.Name{"hackspace"}, Offered: []coop.Name{"library"},
	}
	want := `+++
kind = "meetup"
title = "Go \u007f12"
slug = "go-12"
language = "de"
tags = ["go"]
start = 2027-01-12
timezone = "Europe/Berlin"
part_of = "assembly"
owners = ["hackspace", "library"]
visibility = "followers"
publish_at = 2027-01-02T08:00:00Z
image = { url = "https://events.example/media/a.png", alt = "A room", focus = [0.0, 0.5] }
place = { name = "Berlin", locality = "Berlin" }
+++
Two *talks*.
`
	f := importer.FromPost(p, importer.Around{PartOf: "assembly", Image: "https://events.example/media/a.png"})
	if diff := cmp.Diff(want, string(f.Format())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	p.State, p.Image.Made, p.Source, p.Text = coop.Published, true, "", "Two talks."
	text := string(importer.FromPost(p, importer.Around{}).Format())
	for _, gone := range []string{"publish_at", "image", "part_of", "*talks*"} {
		if strings.Contains(text, gone) {
			t.Errorf("%s stands in\n%s", gone, text)
		}
	}
	if !strings.HasSuffix(text, "+++\nTwo talks.\n") {
		t.Errorf("no plain text in\n%s", text)
	}
}

func FuzzFormat(f *testing.F) {
	for _, glob := range []string{"../examples/35c3/*.md", "testdata/*.md"} {
		for _, path := range corpus(f, glob) {
			raw, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		want, err := importer.Parse("a.md", raw)
		if err != nil {
			return
		}
		text := want.Format()
		got, err := importer.Parse("a.md", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Fatalf("-want +got:\n%s\n%s", diff, text)
		}
	})
}

func TestGoldensOfFilesAreFiles(t *testing.T) {
	t.Parallel()
	for _, path := range corpus(t, filepath.Join("testdata", "golden", "*.md")) {
		parseFile(t, path)
	}
}
