// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"plenum/coop"
)

type deskPage struct {
	frame
	Heading, Lead string
	Notice        string
	Whole         bool
	Desks         []deskPart
	Pager         pager
	Empty         string
}

// deskPart is the desk of one co-op on the page.
type deskPart struct {
	T                      *words
	CSRF                   string
	ID                     string
	Coop                   group
	Role                   string
	All                    string // what leads to everything of the co-op; empty on that page
	Base                   string // path of its pages
	New                    []deskLink
	Waiting, Offers        []deskItem
	Drafts, Due, Published []deskItem
}

// deskLink is an address with its words.
type deskLink struct {
	URL, Text string
	Label     string // what a screen reader says, where Text alone says too little
}

// deskItem is a post or a proposal on the desk.
type deskItem struct {
	Kind, Title, Lang, URL string
	Meta                   []string
	Badge, Stuck           string
	Links                  []deskLink
	Buttons                []deskButton
}

// deskButton does something at once.
type deskButton struct {
	URL, Text, Label string
	Name, Value      string
}

// postPath is the path of a post's pages on the desk.
func postPath(n coop.Name, id coop.ID) string {
	return deskPath + "/" + string(n) + "/posts/" + string(id)
}

// Desk writes what the co-ops of a member are writing.
func (p *Pages) Desk(w io.Writer, v DeskView) error {
	s := newSetter(v.Chrome)
	page := deskPage{Heading: s.T.DeskTitle, Lead: s.T.DeskLead, Notice: s.T.done(v.Done), Whole: v.Whole, Pager: pager{T: s.T, Older: v.Older, Newer: v.Newer}}
	if v.Whole && len(v.Desks) == 1 {
		page.Heading, page.Lead = fmt.Sprintf(s.T.AllOf, titleOf(v.Desks[0].Coop)), ""
	}
	if len(v.Desks) == 0 {
		page.Empty = s.T.NoCoopsYet
	}
	for _, d := range v.Desks {
		page.Desks = append(page.Desks, s.deskPart(d, v))
	}
	page.frame = p.room(s, v.Visit, page.Heading, deskPath, nil)
	return p.render(w, "desk", page)
}

func (s setter) deskPart(d Desk, v DeskView) deskPart {
	role, _ := s.T.role(d.Role)
	part := deskPart{T: s.T, CSRF: v.CSRF, ID: "desk-" + string(d.Coop.Name), Coop: s.group(d.Coop), Role: role, Base: deskPath + "/" + string(d.Coop.Name)}
	if !v.Whole && d.More {
		part.All = fmt.Sprintf(s.T.AllOf, titleOf(d.Coop))
	}
	for _, k := range []struct {
		kind coop.Kind
		text string
	}{{coop.Meetup, s.T.NewMeetup}, {coop.Talk, s.T.NewTalk}, {coop.Report, s.T.NewReport}, {coop.Note, s.T.NewNote}} {
		part.New = append(part.New, deskLink{URL: part.Base + "/new?kind=" + string(k.kind), Text: k.text})
	}
	for _, x := range d.Proposals {
		part.Waiting = append(part.Waiting, s.proposalItem(x, d.Coop))
	}
	for _, x := range d.Offers {
		part.Offers = append(part.Offers, s.offerItem(x, d))
	}
	for _, x := range d.Drafts {
		part.Drafts = append(part.Drafts, s.draftItem(x, d))
	}
	for _, x := range d.Scheduled {
		part.Due = append(part.Due, s.draftItem(x, d))
	}
	for _, x := range d.Published {
		part.Published = append(part.Published, s.publishedItem(x, d.Coop))
	}
	return part
}

// item is what drafts and published posts have in common, on the desk of a co-op
// whose post it is or that shares it.
func (s setter) item(p coop.Post, c coop.Coop) deskItem {
	it := deskItem{Kind: s.T.kind(p.Kind), Title: s.deskTitle(p), Lang: cmp.Or(p.Language, s.Lang), URL: postPath(c.Name, p.ID)}
	if p.Coop != c.Name {
		it.Meta = append(it.Meta, "@"+string(p.Coop))
	}
	if p.Kind.Event() && !p.When.IsZero() {
		it.Meta = append(it.Meta, s.start(p.When).Text)
	}
	switch p.Visibility {
	case coop.Unlisted:
		it.Meta = append(it.Meta, s.T.MetaUnlisted)
	case coop.Followers:
		it.Meta = append(it.Meta, s.T.MetaFollowers)
	}
	return it
}

// deskTitle is the title of a post, or the beginning of one that has none.
func (s setter) deskTitle(p coop.Post) string {
	return cmp.Or(p.Title, excerpt(p.Text, 60), s.T.Untitled)
}

func (s setter) draftItem(p coop.Post, d Desk) deskItem {
	it := s.item(p, d.Coop)
	if !p.Due.IsZero() {
		it.Meta = append(it.Meta, fmt.Sprintf(s.T.DueAt, s.hour(p.Due, d.Coop.Zone).Text))
	}
	if p.By != "" {
		it.Meta = append(it.Meta, fmt.Sprintf(s.T.ChangedBy, p.By))
	}
	if p.Stuck != "" {
		it.Stuck = fmt.Sprintf(s.T.StuckNow, p.Stuck)
	}
	it.Links = []deskLink{
		{URL: it.URL + "/preview", Text: s.T.Preview, Label: s.T.Preview + ": " + it.Title},
		{URL: it.URL + "/delete", Text: s.T.Delete, Label: s.T.Delete + ": " + it.Title},
	}
	if word := s.T.PublishNow; d.Role.Covers(coop.Publisher) && !d.Coop.TwoPeople {
		it.Buttons = []deskButton{{URL: it.URL + "/publish", Text: word, Label: word + ": " + it.Title}}
	} else if word = s.T.Propose; !slices.Contains(d.Proposed, p.ID) {
		it.Buttons = []deskButton{{URL: it.URL + "/publish", Text: word, Label: word + ": " + it.Title}}
	}
	return it
}

func (s setter) publishedItem(p coop.Post, c coop.Coop) deskItem {
	it := s.item(p, c)
	it.Meta = append(it.Meta, fmt.Sprintf(s.T.PublishedOn, s.published(p.Published, c.Zone).Text))
	it.Badge, _ = s.T.status(p.Status)
	it.Links = []deskLink{{URL: string(s.Site.Page(p.Coop, p.Slug)), Text: s.T.Look, Label: s.T.Look + ": " + it.Title}}
	if p.Coop == c.Name { // who shares a post cannot delete it
		it.Links = append(it.Links, deskLink{URL: it.URL + "/delete", Text: s.T.Delete, Label: s.T.Delete + ": " + it.Title})
	}
	return it
}

func (s setter) proposalItem(x coop.Proposal, c coop.Coop) deskItem {
	return deskItem{
		Kind: s.T.does(x.What), Title: cmp.Or(x.Title, s.T.Untitled), Lang: c.Language, URL: deskPath + "/" + string(x.Coop) + "/proposals/" + string(x.ID),
		Meta: []string{fmt.Sprintf(s.T.ProposedBy, x.By, s.hour(x.At, c.Zone).Text)},
	}
}

func (s setter) offerItem(p coop.Post, d Desk) deskItem {
	it := deskItem{Kind: s.T.kind(p.Kind), Title: s.deskTitle(p), Lang: cmp.Or(p.Language, s.Lang), URL: string(s.Site.Page(p.Coop, p.Slug))}
	it.Meta = []string{fmt.Sprintf(s.T.OfferOf, "@"+string(p.Coop), it.Title)}
	if d.Role.Covers(coop.Publisher) {
		at := deskPath + "/" + string(d.Coop.Name) + "/offers/" + string(p.ID)
		it.Buttons = []deskButton{
			{URL: at, Text: s.T.OfferAccept, Label: s.T.OfferAccept + ": " + it.Title, Name: "accept", Value: "yes"},
			{URL: at, Text: s.T.OfferReject, Label: s.T.OfferReject + ": " + it.Title, Name: "accept", Value: "no"},
		}
	}
	return it
}

// does is what carrying out an activity of a type does.
func (w *words) does(activity string) string {
	switch activity {
	case "Create":
		return w.DoCreate
	case "Update":
		return w.DoUpdate
	case "Delete":
		return w.DoDelete
	case "Undo":
		return w.DoUndo
	}
	return fmt.Sprintf(w.DoOther, activity)
}

type deletePage struct {
	frame
	CSRF, Key     string
	Heading, Text string
	Action, Back  string
	Button        string
}

// Delete writes the question whether a post is really to be deleted.
func (p *Pages) Delete(w io.Writer, v DeleteView) error {
	s := newSetter(v.Chrome)
	page := deletePage{
		CSRF: v.CSRF, Key: v.Key, Heading: fmt.Sprintf(s.T.DeleteTitle, s.deskTitle(v.Post)), Text: s.T.DeleteText,
		Action: postPath(v.Coop.Name, v.Post.ID) + "/delete", Back: deskPath + "/" + string(v.Coop.Name), Button: s.T.DeleteButton,
	}
	switch {
	case v.Post.State == coop.Draft:
		page.Text, page.Button = s.T.DeleteDraftText, s.T.DeleteDraftButton
	case !v.Alone:
		page.Button = s.T.DeletePropose
	}
	page.frame = p.room(s, v.Visit, page.Heading, deskPath, nil)
	return p.render(w, "delete", page)
}

type proposalPage struct {
	frame
	CSRF, Heading, Lead  string
	Action, Back, Object string
	Preview              string
	Shows                []shownLine
	May, Mine            bool
	Cannot, Closed, Why  string
	Raw                  string
	Reason               control
	Faults               []fault
}

// shownLine is what a field of a proposal holds.
type shownLine struct {
	Label, Value string
	Long         bool
}

// Proposal writes what somebody proposed.
func (p *Pages) Proposal(w io.Writer, v ProposalView) error {
	s := newSetter(v.Chrome)
	f := s.sheet(v.Mistakes)
	x := v.Proposal
	base := deskPath + "/" + string(v.Coop.Name)
	page := proposalPage{
		CSRF: v.CSRF, Heading: fmt.Sprintf(s.T.ProposalTitle, s.T.does(x.What)+" · "+cmp.Or(x.Title, s.T.Untitled)),
		Lead:   fmt.Sprintf(s.T.ProposalLead, x.By, s.hour(x.At, v.Coop.Zone).Text),
		Action: base + "/proposals/" + string(x.ID), Back: base, May: v.May && x.State == coop.ProposalOpen, Mine: v.Mine && !v.May && x.State == coop.ProposalOpen, Raw: v.Raw,
		Reason: f.set(control{ID: "why", Label: s.T.RejectWhy, Max: 500}), Faults: f.rest(),
	}
	if x.Post != "" {
		page.Object = postPath(v.Coop.Name, x.Post)
		if v.Draft {
			page.Preview = page.Object + "/preview"
		}
	}
	for _, l := range v.Shows {
		page.Shows = append(page.Shows, shownLine{Label: s.T.shownAs(l.Field), Value: s.T.shownValue(l), Long: l.Field == "text"})
	}
	switch {
	case x.State == coop.ProposalAccepted:
		page.Closed = fmt.Sprintf(s.T.ProposalClosedYes, x.Settler, s.hour(x.Settled, v.Coop.Zone).Text)
	case x.State == coop.ProposalRejected:
		page.Closed = fmt.Sprintf(s.T.ProposalClosedNo, x.Settler, s.hour(x.Settled, v.Coop.Zone).Text)
	case v.Own:
		page.Cannot = s.T.AgreeOwn
	case !v.May:
		page.Cannot = s.T.AgreeRole
	}
	if x.Why != "" {
		page.Why = fmt.Sprintf(s.T.BecauseWhy, x.Why)
	}
	page.frame = p.room(s, v.Visit, page.Heading, deskPath, page.Faults)
	return p.render(w, "proposal", page)
}

// shownAs is what a field of the form is called.
func (w *words) shownAs(field string) string {
	return map[string]string{
		"title": w.TitleField, "summary": w.SummaryField, "text": w.TextField, "start": w.StartDate, "end": w.EndDate, "zone": w.TimeZone,
		"place": w.PlaceName, "online": w.OnlineField, "tags": w.TagsField, "visibility": w.VisibilityField, "status": w.StatusField,
		"due": w.ScheduleField, "repeat": w.Repeat, "language": w.LanguageField, "address": w.PlaceAddress, "seats": w.Seats,
		"speakers": w.SpeakersField, "links": w.LinksField, "picture": w.Picture, "alt": w.PictureAlt, "original": w.OriginalField,
		"part_of": w.PartOfField, "owners": w.OwnersField, "scope": w.ScopeField, "of": w.OfField, "attendance": w.Attendance,
	}[field]
}

// shownValue is what a field holds, in words where the form has words for it. What is
// empty is taken away.
func (w *words) shownValue(l Shown) string {
	switch l.Field {
	case "visibility":
		return map[coop.Visibility]string{coop.Everybody: w.VisEverybody, coop.Unlisted: w.VisUnlisted, coop.Followers: w.VisFollowers}[coop.Visibility(l.Value)]
	case "status":
		badge, _ := w.status(coop.Status(l.Value))
		return cmp.Or(badge, w.StatusScheduled)
	case "scope":
		return w.ScopeAll
	}
	return cmp.Or(l.Value, "–")
}
