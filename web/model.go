// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"fmt"
	"html/template"
	"unicode/utf8"

	"plenum/coop"
)

// setter sets the pieces of a page in one language.
type setter struct {
	T    *words
	Lang string
	Site coop.Site
}

func newSetter(c Chrome) setter {
	w, lang := wordsFor(c.Lang)
	return setter{T: w, Lang: lang, Site: c.Site}
}

// frame is what the layout needs of every page.
type frame struct {
	T    *words
	Head head
}

// head is what stands in the head, header and footer of a page.
type head struct {
	Chrome
	Title    string // of the window
	Brand    string // in the header
	Style    string // paths of assets
	Mark     string
	Calendar coop.IRI
	Hidden   bool // search engines are asked to stay out
	NavName  string
	Nav      []navItem
	Dress    string // path of the style of the pages for members; empty: none
	Script   string // path of the one script; empty: none
	Leave    string // of a member: what the form to sign out proves itself with
	Who      string // of a member: who is signed in
	Doors    string // path of the pages for members
}

type navItem struct {
	URL     coop.IRI
	Text    string
	Current bool
}

// maxWindowTitle is how long the title of a window is, in characters: more would
// be cut off by whoever shows it.
const maxWindowTitle = 70

// frame makes what stands around a page. what is the page's title, empty for the
// home page.
func (p *Pages) frame(s setter, c Chrome, what string) frame {
	c.Lang = s.Lang
	h := head{
		Chrome: c, Title: excerpt(cmp.Or(what, c.SiteTitle), maxWindowTitle), Brand: c.SiteTitle,
		Style: StaticPath + p.names["plenum.css"], Mark: StaticPath + p.names["mark.svg"], NavName: s.T.MainNav, Doors: deskPath,
	}
	if full := what + " · " + c.SiteTitle; what != "" && utf8.RuneCountInString(full) <= maxWindowTitle {
		h.Title = full
	}
	h.OpenGraph.Type = cmp.Or(h.OpenGraph.Type, "website")
	h.OpenGraph.Title = cmp.Or(h.OpenGraph.Title, what, c.SiteTitle)
	for _, n := range []navItem{
		{URL: s.Site.Home(), Text: s.T.Home},
		{URL: s.Site.Network(), Text: s.T.Network},
		{URL: s.Site.About(), Text: s.T.About},
	} {
		n.Current = n.URL == c.Canonical
		h.Nav = append(h.Nav, n)
	}
	return frame{T: s.T, Head: h}
}

// picture is an image with what its element needs.
type picture struct {
	URL           coop.IRI
	Alt           string
	Width, Height int
	Wide          bool // may fill the column
}

// minWide is how wide a picture must be to fill a column without being blown up.
const minWide = 700

func (s setter) picture(i coop.Image) picture {
	if i.IsZero() {
		return picture{}
	}
	return picture{
		URL: s.Site.ImageURL(i), Alt: i.Alt, Width: i.Width, Height: i.Height,
		Wide: i.Width >= minWide && i.Width >= i.Height,
	}
}

// group is a co-op as the pages show it.
type group struct {
	Title   string
	Lang    string
	URL     coop.IRI
	Handle  string // with '@' before it
	Icon    picture
	Line    string        // its summary as text
	Summary template.HTML // its summary
}

func (s setter) group(c coop.Coop) group {
	return group{
		Title: titleOf(c), Lang: cmp.Or(c.Language, s.Lang), URL: s.Site.Profile(c.Name), Handle: "@" + s.Site.Handle(c.Name),
		Icon: s.picture(c.Icon), Line: excerpt(plainText(c.Summary), 160), Summary: sanitised(c.Summary),
	}
}

func (s setter) groups(cs []coop.Coop) []group {
	gs := make([]group, len(cs))
	for i, c := range cs {
		gs[i] = s.group(c)
	}
	return gs
}

func titleOf(c coop.Coop) string { return cmp.Or(c.Title, string(c.Name)) }

// sanitised marks HTML as safe to show. It is called for nothing but what package
// content has sanitised and what the operator wrote.
func sanitised(s string) template.HTML { return template.HTML(s) }

// card is a post in a list.
type card struct {
	Level     int // of its heading: 2 or 3
	URL       coop.IRI
	Title     string
	Lang      string
	Kind      string
	Event     bool
	Off       bool // does not take place when it says
	Badge     string
	Leaf      leaf
	When      moment
	Where     string
	Teaser    string
	Image     picture // of a post that brought one
	By        *group  // nil where the page says already whose it is
	ByWord    string
	Published moment
}

// maxTeaser is how much of a text a card shows, in characters.
const maxTeaser = 220

// card sets a post. by is the co-op to name, nil for none.
func (s setter) card(p coop.Post, by *coop.Coop, level int) card {
	c := card{
		Level: level, URL: s.Site.Page(p.Coop, p.Slug), Lang: cmp.Or(p.Language, s.Lang),
		Kind: s.T.kind(p.Kind), Event: p.Kind.Event() && !p.When.IsZero(),
		Teaser: excerpt(cmp.Or(sentence(p.Summary), p.Text), maxTeaser), ByWord: s.T.By,
	}
	zone := p.When.Zone
	if by != nil {
		g := s.group(*by)
		c.By, zone = &g, by.Zone
	}
	c.Published = s.published(p.Published, zone)
	c.Title = s.postTitle(p, c.Published)
	if c.Event {
		c.Leaf, c.When, c.Where = s.leaf(p.When), s.start(p.When), s.where(p)
		c.Badge, _ = s.T.status(p.Status)
		c.Off = p.Status == coop.Cancelled || p.Status == coop.Postponed
	}
	if !p.Image.Made { // one that we drew would say again what the card says
		c.Image = s.picture(p.Image)
	}
	return c
}

// cards sets a list of posts of whom people need to know whose they are.
func (s setter) cards(ps []coop.Post, from []coop.Coop, level int) []card {
	whose := make(map[coop.Name]*coop.Coop, len(from))
	for i := range from {
		whose[from[i].Name] = &from[i]
	}
	cs := make([]card, len(ps))
	for i, p := range ps {
		by := whose[p.Coop]
		if by == nil {
			by = &coop.Coop{Name: p.Coop}
		}
		cs[i] = s.card(p, by, level)
	}
	return cs
}

// cardsOf sets posts on a page that is about owner: only others are named.
func (s setter) cardsOf(ps []coop.Post, owner coop.Coop, level int) []card {
	cs := make([]card, len(ps))
	for i, p := range ps {
		if p.Coop == owner.Name {
			cs[i] = s.card(p, nil, level)
			cs[i].Published = s.published(p.Published, owner.Zone)
			cs[i].Title = s.postTitle(p, cs[i].Published)
			continue
		}
		cs[i] = s.card(p, &coop.Coop{Name: p.Coop}, level)
	}
	return cs
}

// postTitle is the title of a post, or one made for a note that has none.
func (s setter) postTitle(p coop.Post, published moment) string {
	if p.Title != "" {
		return p.Title
	}
	if published.Text == "" {
		return s.T.kind(p.Kind)
	}
	return fmt.Sprintf(s.T.NoteOf, published.Text)
}

// where is the place on one line, and whether one can join online.
func (s setter) where(p coop.Post) string {
	switch {
	case p.Place.IsZero() && p.Online == "":
		return ""
	case p.Place.IsZero():
		return s.T.Online
	case p.Online != "":
		return p.Place.Line() + " · " + s.T.Online
	}
	return p.Place.Line()
}

// followForm is the form "follow from your account".
type followForm struct {
	T      *words
	Coop   coop.Name
	Handle string // to copy, with '@' before it
	Value  string // what was typed before
	Wrong  bool
	Note   string // follows wait for approval
}

func (s setter) followForm(c coop.Coop) followForm {
	f := followForm{T: s.T, Coop: c.Name, Handle: "@" + s.Site.Handle(c.Name)}
	if c.Approve {
		f.Note = s.T.Approve
	}
	return f
}

// pager is the way to the pages before and behind.
type pager struct {
	T            *words
	Older, Newer coop.IRI
}
