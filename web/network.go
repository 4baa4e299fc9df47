// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"fmt"
	"io"

	"plenum/coop"
)

type networkPage struct {
	frame
	Heading   string
	Items     []parcel
	Following int
	Pager     pager
}

// Network writes the page of what came from those whom our co-ops follow.
func (p *Pages) Network(w io.Writer, v NetworkView) error {
	s := newSetter(v.Chrome)
	v.Canonical = cmp.Or(v.Canonical, s.Site.Network())
	v.OpenGraph.Description = cmp.Or(v.OpenGraph.Description, s.T.NetworkLead)
	page := networkPage{
		frame: p.frame(s, v.Chrome, s.T.NetworkTitle), Heading: unbroken(s.T.NetworkTitle), Following: v.Following,
		Pager: pager{T: s.T, Older: v.Older, Newer: v.Newer},
	}
	page.Head.Hidden = true // it is not ours to have it indexed
	for _, i := range v.Items {
		page.Items = append(page.Items, s.parcel(i))
	}
	return p.render(w, "network", page)
}

// parcel is something received, as the page shows it. All of it is text from
// elsewhere.
type parcel struct {
	T       *words
	Object  coop.IRI
	URL     coop.IRI
	Kind    string
	Title   string
	Summary string
	Author  sender
	Via     *sender // nil where the author sent it
	At      moment
	Read    string // the words of the link to the original
}

// sender is an actor elsewhere.
type sender struct {
	Name   string
	Handle string // empty where it is the name already
	URL    coop.IRI
}

func (s setter) parcel(i NetworkItem) parcel {
	r := i.Received
	at := r.Updated
	if at.IsZero() {
		at = r.At
	}
	p := parcel{
		T: s.T, Object: r.Object, URL: cmp.Or(r.URL, r.Object), Kind: s.typeName(r.Type), At: s.published(at, ""),
		Title: excerpt(r.Name, coop.MaxTitle), Summary: excerpt(r.Summary, coop.MaxSummary), Author: senderOf(i.Author, r.By),
	}
	p.Read = fmt.Sprintf(s.T.ReadOriginal, coop.HostOf(p.URL))
	if p.Title == "" && p.Summary != "" {
		p.Title, p.Summary = excerpt(p.Summary, 80), ""
	}
	p.Title = cmp.Or(p.Title, s.T.Untitled)
	if r.Via != "" && r.Via != r.By {
		via := senderOf(i.Sender, r.Via)
		p.Via = &via
	}
	return p
}

// senderOf names an actor by what we know of it, at least by its host.
func senderOf(a coop.Actor, id coop.IRI) sender {
	if a.ID == "" {
		return sender{Name: coop.HostOf(id), URL: id}
	}
	s := sender{Name: a.Name, URL: cmp.Or(a.URL, a.ID)}
	if a.Username != "" {
		s.Handle = "@" + a.Handle()
	}
	if s.Name == "" {
		s.Name, s.Handle = cmp.Or(s.Handle, coop.HostOf(id)), ""
	}
	return s
}

// typeName is what people call an object of the type; what we have no word for
// keeps the type's name.
func (s setter) typeName(t string) string {
	switch t {
	case "Event":
		return s.T.Event
	case "Article", "Page":
		return s.T.Report
	case "Note":
		return s.T.Note
	}
	return t
}
