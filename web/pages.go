// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"

	"plenum/coop"
)

type homePage struct {
	frame
	Upcoming []card
	Posts    []card
	Coops    []group
	Calendar coop.IRI
}

// Home writes the page of the instance.
func (p *Pages) Home(w io.Writer, v HomeView) error {
	s := newSetter(v.Chrome)
	v.Canonical = cmp.Or(v.Canonical, s.Site.Home())
	v.Alternate = cmp.Or(v.Alternate, s.Site.Actor(coop.Relay))
	v.OpenGraph.Description = cmp.Or(v.OpenGraph.Description, s.T.HomeLead)
	page := homePage{
		frame: p.frame(s, v.Chrome, ""), Calendar: v.Calendar, Coops: s.groups(v.Coops),
		Upcoming: s.cards(v.Upcoming, v.Coops, 3), Posts: s.cards(without(v.Posts, v.Upcoming), v.Coops, 3),
	}
	page.Head.Brand, page.Head.Calendar = v.Site.Domain, v.Calendar
	return p.render(w, "home", page)
}

// without is the posts that do not stand among the shown ones already.
func without(posts, shown []coop.Post) (rest []coop.Post) {
	for _, p := range posts {
		if !slices.ContainsFunc(shown, func(s coop.Post) bool { return s.ID == p.ID }) {
			rest = append(rest, p)
		}
	}
	return rest
}

type coopPage struct {
	frame
	Coop      group
	Fields    []field
	Followers string
	Published string
	Form      followForm
	Upcoming  []card
	Posts     []card
	Pager     pager
	Calendar  coop.IRI
}

// field is a line of a co-op's profile.
type field struct {
	Name, Value string
	URL         coop.IRI // empty for a value that is no address
}

// Coop writes the page of a co-op.
func (p *Pages) Coop(w io.Writer, v CoopView) error {
	s := newSetter(v.Chrome)
	v.Canonical = cmp.Or(v.Canonical, s.Site.Profile(v.Coop.Name))
	v.Alternate = cmp.Or(v.Alternate, s.Site.Actor(v.Coop.Name))
	v.Creator = cmp.Or(v.Creator, s.Site.Handle(v.Coop.Name))
	og := &v.OpenGraph
	og.Type = cmp.Or(og.Type, "profile")
	og.Description = cmp.Or(og.Description, excerpt(plainText(v.Coop.Summary), maxDescription))
	og.Image, og.ImageAlt = cmp.Or(og.Image, s.Site.ImageURL(v.Coop.Icon)), cmp.Or(og.ImageAlt, v.Coop.Icon.Alt)

	page := coopPage{
		frame: p.frame(s, v.Chrome, titleOf(v.Coop)), Coop: s.group(v.Coop),
		Followers: count(v.Followers, s.T.FollowersNone, s.T.FollowersOne, s.T.FollowersMany),
		Published: count(v.Published, s.T.PostsNone, s.T.PostsOne, s.T.PostsMany),
		Form:      s.followForm(v.Coop), Calendar: v.Calendar,
		Upcoming: s.cardsOf(v.Upcoming, v.Coop, 3), Posts: s.cardsOf(without(v.Posts, v.Upcoming), v.Coop, 3),
		Pager: pager{T: s.T, Older: v.Older, Newer: v.Newer},
	}
	page.Head.Hidden, page.Head.Calendar = v.Coop.Hidden, v.Calendar
	for _, f := range v.Coop.Fields {
		line := field{Name: f.Name, Value: f.Value}
		if linkable(f.Value) {
			line.URL, line.Value = coop.IRI(f.Value), shortURL(f.Value)
		}
		page.Fields = append(page.Fields, line)
	}
	return p.render(w, "coop", page)
}

type tagPage struct {
	frame
	Heading string
	Posts   []card
	Pager   pager
}

// Tag writes the page of a tag.
func (p *Pages) Tag(w io.Writer, v TagView) error {
	s := newSetter(v.Chrome)
	v.Canonical = cmp.Or(v.Canonical, s.Site.Tag(v.Tag))
	heading := fmt.Sprintf(s.T.TagTitle, "#"+v.Tag)
	return p.render(w, "tag", tagPage{
		frame: p.frame(s, v.Chrome, heading), Heading: unbroken(heading),
		Posts: s.cards(v.Posts, v.Coops, 2), Pager: pager{T: s.T, Older: v.Older, Newer: v.Newer},
	})
}

type aboutPage struct {
	frame
	Heading string
	Text    template.HTML
	Imprint template.HTML
	Privacy template.HTML
	Contact string
	Mail    string
	Coops   []group
	Relay   string
	License coop.IRI
}

// licenseURL is where the licence's text stands.
const licenseURL coop.IRI = "https://www.gnu.org/licenses/agpl-3.0.html"

// About writes the page about the instance, which is the profile of the instance
// actor too.
func (p *Pages) About(w io.Writer, v AboutView) error {
	s := newSetter(v.Chrome)
	v.Canonical = cmp.Or(v.Canonical, s.Site.About())
	v.Alternate = cmp.Or(v.Alternate, s.Site.Actor(coop.Relay))
	v.OpenGraph.Description = cmp.Or(v.OpenGraph.Description, excerpt(plainText(v.Text), maxDescription), s.T.AboutText)
	v.HasImprint, v.HasPrivacy = v.Imprint != "", v.Privacy != ""
	heading := fmt.Sprintf(s.T.AboutTitle, v.SiteTitle)
	return p.render(w, "about", aboutPage{
		frame: p.frame(s, v.Chrome, heading), Heading: heading, Contact: v.Contact, Mail: "mailto:" + v.Contact,
		Text: sanitised(v.Text), Imprint: sanitised(v.Imprint), Privacy: sanitised(v.Privacy),
		Coops: s.groups(v.Coops), Relay: "@" + s.Site.Handle(coop.Relay), License: licenseURL,
	})
}

type problemPage struct {
	frame
	Status  string
	Heading string
	Detail  string
}

// Problem writes the page of a failure.
func (p *Pages) Problem(w io.Writer, v ProblemView) error {
	s := newSetter(v.Chrome)
	title, detail := s.T.problem(v.Status)
	page := problemPage{
		frame: p.frame(s, v.Chrome, title), Status: fmt.Sprintf(s.T.ProblemStatus, v.Status), Heading: title, Detail: detail,
	}
	page.Head.Hidden = true
	return p.render(w, "problem", page)
}

// problem is what a status is called, and a sentence about it.
func (w *words) problem(status int) (title, detail string) {
	switch {
	case status == http.StatusNotFound:
		return w.NotFound, w.NotFoundDetail
	case status == http.StatusGone:
		return w.GoneTitle, w.GoneDetail
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return w.Forbidden, ""
	case status == http.StatusTooManyRequests:
		return w.TooMany, w.UnavailableDetail
	case status == http.StatusServiceUnavailable:
		return w.Unavailable, w.UnavailableDetail
	case status >= 500:
		return w.ServerError, w.ErrorDetail
	case status >= 400:
		return w.BadRequest, ""
	}
	return w.Problem, ""
}
