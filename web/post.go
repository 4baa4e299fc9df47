// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"

	"plenum/coop"
)

// maxDescription is how long the description of a page is, in characters.
const maxDescription = 300

type postPage struct {
	frame
	Title    string
	Lang     string
	Kind     string
	Event    bool
	Off      bool
	Lead     string // the author's summary
	About    []fact // of a report: the events that it is about
	Body     template.HTML
	Coop     group
	Owners   []group // that share it
	Badge    string
	Sentence string // what became of the event
	Instead  string // when it was planned
	Leaf     leaf
	When     span
	Place    string
	Address  string
	Map      coop.IRI
	Online   coop.IRI
	Speakers []coop.Person
	Links    []link
	Poster   picture
	ICS      coop.IRI
	Original *link
	ReplyTo  *link
	Tags     []link
	Whole    *card
	Parts    []card
	Joining  *joining
	Thread   *thread

	Published, Updated moment
}

// link is an address with the words for it.
type link struct {
	URL    coop.IRI
	Text   string
	Format string // "PDF"; empty for a page
	Host   string // where it leads; empty where the words say so
}

// fact is what a report says of an event.
type fact struct {
	URL   coop.IRI
	Title string
	Lang  string
	Line  string // when, who, where, how many
}

// Post writes the page of a post.
func (p *Pages) Post(w io.Writer, v PostView) error {
	s := newSetter(v.Chrome)
	post := v.Post
	page := postPage{
		Lang: cmp.Or(post.Language, s.Lang), Kind: s.T.kind(post.Kind), Lead: sentence(post.Summary), Body: sanitised(post.Body),
		Coop: s.group(v.Coop), Poster: s.picture(post.Image), Speakers: post.Speakers, Online: post.Online,
		Published: s.published(post.Published, v.Coop.Zone), Updated: s.published(post.Updated, v.Coop.Zone),
		Links: s.links(post.LinksWith(v.Events)), About: s.about(v), Parts: s.cardsOf(inOrder(v.Parts), v.Coop, 3),
	}
	page.Title = s.postTitle(post, page.Published)
	page.Poster.Alt = cmp.Or(page.Poster.Alt, page.Title) // it is a link, which needs a name
	if post.Kind.Event() && !post.When.IsZero() {
		s.event(&page, post)
	}
	if post.Original != "" {
		page.Original = &link{URL: post.Original, Text: shortURL(string(post.Original))}
	}
	if post.ReplyTo != "" {
		page.ReplyTo = &link{URL: post.ReplyTo, Text: shortURL(string(post.ReplyTo))}
	}
	for _, t := range post.Tags {
		page.Tags = append(page.Tags, link{URL: s.Site.Tag(t), Text: t})
	}
	for _, c := range v.Owners {
		page.Owners = append(page.Owners, s.group(c))
	}
	if v.Whole.ID != "" {
		whole := s.cardsOf([]coop.Post{v.Whole}, v.Coop, 3)[0]
		page.Whole = &whole
	}
	if page.Event {
		page.Joining = s.joining(v, page.Whole)
	}
	page.Thread = s.thread(v)
	page.frame = p.frame(s, s.postChrome(v), s.windowTitle(post, page.Title))
	page.Head.Hidden, page.Head.Calendar = v.Coop.Hidden || post.Visibility != coop.Everybody, page.ICS
	return p.render(w, "post", page)
}

// about says of each event that a report is about what it was.
func (s setter) about(v PostView) (out []fact) {
	for _, e := range v.Events {
		out = append(out, fact{URL: s.Site.Page(e.Coop, e.Slug), Title: e.Headline(), Lang: e.Language, Line: e.Facts(v.Post.Language)})
	}
	return out
}

// inOrder is the parts of a post as they took place; what has no time comes last.
func inOrder(parts []coop.Post) []coop.Post {
	return slices.SortedStableFunc(slices.Values(parts), func(a, b coop.Post) int {
		if a.When.IsZero() || b.When.IsZero() {
			return strings.Compare(string(b.When.Start), string(a.When.Start))
		}
		start, _ := a.When.Times()
		other, _ := b.When.Times()
		return cmp.Or(start.Compare(other), strings.Compare(string(a.ID), string(b.ID)))
	})
}

// event fills what only events have.
func (s setter) event(page *postPage, p coop.Post) {
	page.Event, page.Leaf, page.When = true, s.leaf(p.When), s.span(p.When)
	page.Badge, page.Sentence = s.T.status(p.Status)
	page.Off = p.Status == coop.Cancelled || p.Status == coop.Postponed
	if p.Status == coop.Rescheduled && !p.Previous.IsZero() {
		page.Instead = fmt.Sprintf(s.T.InsteadOf, p.Previous.Line(s.Lang))
	}
	page.ICS = s.Site.ICS(p.Coop, p.Slug)
	line := p.Place.Line()
	page.Place = cmp.Or(p.Place.Name, line)
	if page.Place != line {
		page.Address = strings.TrimPrefix(line, page.Place+", ")
	}
	if lat, long := p.Place.Latitude, p.Place.Longitude; lat != nil && long != nil {
		north, east := strconv.FormatFloat(*lat, 'f', -1, 64), strconv.FormatFloat(*long, 'f', -1, 64)
		page.Map = coop.IRI("https://www.openstreetmap.org/?mlat=" + north + "&mlon=" + east + "#map=17/" + north + "/" + east)
	}
}

// windowTitle is the title as it is seen outside the page, where no badge stands
// beside it.
func (s setter) windowTitle(p coop.Post, title string) string {
	if p.Title == "" {
		return title
	}
	return p.Headline()
}

// postChrome fills what the head says of a post.
func (s setter) postChrome(v PostView) Chrome {
	c, post := v.Chrome, v.Post
	c.Canonical = cmp.Or(c.Canonical, s.Site.Page(post.Coop, post.Slug))
	c.Alternate = cmp.Or(c.Alternate, s.Site.Object(post.Kind, post.ID))
	c.Creator = cmp.Or(c.Creator, s.Site.Handle(post.Coop))
	og := &c.OpenGraph
	og.Type = cmp.Or(og.Type, "article")
	og.Description = cmp.Or(og.Description, excerpt(cmp.Or(post.Line(), post.Text), maxDescription))
	if og.Image == "" {
		i := post.Image
		if i.IsZero() {
			i = v.Coop.Icon
		}
		og.Image, og.ImageAlt = s.Site.ImageURL(i), i.Alt
	}
	return c
}

func (s setter) links(ls []coop.Link) []link {
	out := make([]link, len(ls))
	for i, l := range ls {
		out[i] = link{URL: l.URL, Text: cmp.Or(l.Name, shortURL(string(l.URL))), Format: formatName(l.MediaType)}
		if l.Name != "" {
			out[i].Host = coop.HostOf(l.URL)
		}
	}
	return out
}
