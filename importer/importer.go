// SPDX-License-Identifier: AGPL-3.0-or-later

// Package importer turns files that people write into what an outbox takes:
// Markdown with TOML front matter becomes the JSON of a post.
//
// It owns the front matter: which keys there are, how each is written and what
// an error says about it. It opens no file and sends nothing; where a picture
// lies and where it was uploaded to are its caller's business. It knows the
// members that the outbox API takes, and nothing of what is sent to peers.
package importer

import (
	"fmt"
	"slices"
	"strings"

	"plenum/coop"
)

// File is a post as a file says it. Parse makes it; every field has been checked
// as far as a file alone can be.
type File struct {
	Name     string // of the file, for messages
	Kind     coop.Kind
	Slug     string // never empty: made from the title where the file gives none
	Title    string
	Summary  string
	Language string // empty: the co-op's
	Tags     []string
	When     coop.When // events; Zone is empty where the file gives none: the co-op's
	Status   coop.Status
	Place    coop.Place
	Online   string
	Speakers []coop.Person
	Links    []coop.Link
	Original string
	PartOf   string        // the slug of another post of the co-op
	Join     coop.JoinMode // events; empty: what coop.Post.Joining says
	JoinURL  string        // of coop.JoinExternal; empty: the page
	Capacity int           // seats; 0: as many as come
	Body     string        // Markdown

	imageFile, imageAlt string // beside the post's file
	imageURL            string // where it was uploaded to
}

// ImageFile returns the name of the picture that lies beside the post's file and
// its alternative text; ok is false where there is none.
func (f File) ImageFile() (name, alt string, ok bool) {
	return f.imageFile, f.imageAlt, f.imageFile != ""
}

// SetImage says where the picture of ImageFile was uploaded to.
func (f *File) SetImage(url string) { f.imageURL = url }

// Order returns the files so that each stands behind what it is part of, and
// otherwise as they came. What a file belongs to need not be among the files. A
// circle is an error, and so are two files for one post.
func Order(files []File) ([]File, error) {
	at := map[string]int{}
	for i, f := range files {
		if j, taken := at[f.Slug]; taken {
			return nil, coop.Fail(coop.Conflict, "importer.Order",
				fmt.Sprintf("%s and %s are both the post %s: give one another slug", files[j].Name, f.Name, f.Slug))
		}
		at[f.Slug] = i
	}
	out := make([]File, 0, len(files))
	done := make([]bool, len(files))
	for i := range files {
		var path []int // from i to what it is part of, as far as that is not in out
		for j, ok := i, true; ok && !done[j]; j, ok = at[files[j].PartOf] {
			if n := slices.Index(path, j); n >= 0 {
				return nil, circle(files, path[n:])
			}
			path = append(path, j)
		}
		for _, j := range slices.Backward(path) {
			out, done[j] = append(out, files[j]), true
		}
	}
	return out, nil
}

func circle(files []File, path []int) error {
	names := make([]string, 0, len(path)+1)
	for _, i := range append(path, path[0]) {
		names = append(names, files[i].Name)
	}
	return coop.Fail(coop.Invalid, "importer.Order", "these are part of each other: "+strings.Join(names, " → "))
}
