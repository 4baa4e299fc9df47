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
	"time"

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

	Visibility string    // Public, Unlisted or Followers; empty: not said, which is for everybody
	PublishAt  time.Time // in UTC; zero: when the file is posted
	Repeat     string    // an RRULE without the word; events only. RFC 5545 §3.3.10
	Ahead      int       // days before an occurrence at which it is published; 0: not said
	Of         []string  // reports: the slugs of the events that it is about
	Attendance int       // events: how many came; 0: not said
	Owners     []string  // co-ops that share the post, by name or address

	imageFile, imageAlt string     // beside the post's file
	imageURL            string     // where it was uploaded to, or where the file says that it is
	imageFocus          [2]float64 // what must be seen where it is cut
	followers           string     // the collection that Visibility speaks of
}

// What visibility says in a file.
const (
	Public    = "public"
	Unlisted  = "unlisted"
	Followers = "followers"
)

// ImageFile returns the name of the picture that lies beside the post's file and
// its alternative text; ok is false where there is none.
func (f File) ImageFile() (name, alt string, ok bool) {
	return f.imageFile, f.imageAlt, f.imageFile != ""
}

// SetImage says where the picture of ImageFile was uploaded to.
func (f *File) SetImage(url string) { f.imageURL = url }

// SetFollowers says which collection holds the co-op's followers: to it goes what
// is not for everybody.
func (f *File) SetFollowers(id string) { f.followers = id }

// Silent reports whether the file has a picture without a text for those who do
// not see it.
func (f File) Silent() bool { return f.imageFile+f.imageURL != "" && f.imageAlt == "" }

// Order returns the files so that each stands behind what it is part of and behind
// the events that it is about, and otherwise as they came. What a file belongs to
// need not be among the files. A circle is an error, and so are two files for one
// post.
func Order(files []File) ([]File, error) {
	at := map[string]int{}
	for i, f := range files {
		if j, taken := at[f.Slug]; taken {
			return nil, coop.Fail(coop.Conflict, "importer.Order",
				fmt.Sprintf("%s and %s are both the post %s: give one another slug", files[j].Name, f.Name, f.Slug))
		}
		at[f.Slug] = i
	}
	o := ordering{files: files, at: at, done: make([]bool, len(files)), out: make([]File, 0, len(files))}
	for i := range files {
		if err := o.put(i); err != nil {
			return nil, err
		}
	}
	return o.out, nil
}

// ordering is how far Order has come.
type ordering struct {
	files []File
	at    map[string]int // by slug
	done  []bool
	path  []int // from a file to what it waits for
	out   []File
}

// put appends a file behind all that it waits for.
func (o *ordering) put(i int) error {
	if o.done[i] {
		return nil
	}
	if n := slices.Index(o.path, i); n >= 0 {
		return circle(o.files, o.path[n:])
	}
	o.path = append(o.path, i)
	for _, slug := range append([]string{o.files[i].PartOf}, o.files[i].Of...) {
		if j, ok := o.at[slug]; ok {
			if err := o.put(j); err != nil {
				return err
			}
		}
	}
	o.path = o.path[:len(o.path)-1]
	o.out, o.done[i] = append(o.out, o.files[i]), true
	return nil
}

func circle(files []File, path []int) error {
	names, about := make([]string, 0, len(path)+1), false
	for n, i := range path {
		names = append(names, files[i].Name)
		about = about || slices.Contains(files[i].Of, files[path[(n+1)%len(path)]].Slug)
	}
	names = append(names, names[0])
	msg := "these are part of each other: " + strings.Join(names, " → ")
	if about {
		msg = "these wait for each other: " + strings.Join(names, " → ") + "; where a report is of an event, leave part_of out of the event, or post the report without of first"
	}
	return coop.Fail(coop.Invalid, "importer.Order", msg)
}
