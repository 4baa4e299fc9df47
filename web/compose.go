// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"plenum/coop"
)

type composePage struct {
	frame
	CSRF, Key, Heading, Notice string
	Stuck, Hint                string
	Action, Back, PreviewURL   string
	PageURL                    coop.IRI
	DeleteURL                  string
	Coop                       group
	Rev                        int
	Kind                       string
	Faults                     []fault
	Texts                      []control
	When, Where                []control
	Links                      []control
	Picture                    picture
	HasPicture                 bool
	PictureFields              []control
	More                       []control
	MoreOpen                   bool
	Due                        control
	Draft, Scheduled           bool
	SaveWord, GoWord           string
}

// Compose writes the form in which a post is written.
func (p *Pages) Compose(w io.Writer, v ComposeView) error {
	s := newSetter(v.Chrome)
	f := s.sheet(v.Mistakes)
	draft := v.Post.State != coop.Published
	page := composePage{
		CSRF: v.CSRF, Key: v.Key, Notice: s.T.done(v.Done), Coop: s.group(v.Coop), Rev: v.Post.Rev, Kind: string(v.Post.Kind),
		Heading: s.T.composing(v.Post), Action: deskPath + "/" + string(v.Coop.Name) + "/new?kind=" + string(v.Post.Kind),
		Back: deskPath + "/" + string(v.Coop.Name), Draft: draft, Scheduled: !v.Post.Due.IsZero(),
		Picture: s.picture(v.Post.Image), HasPicture: !v.Post.Image.IsZero() && !v.Post.Image.Made,
		SaveWord: s.T.SaveDraft, GoWord: s.T.Publish,
	}
	if v.Post.ID != "" {
		page.Action = postPath(v.Coop.Name, v.Post.ID)
		page.SaveWord = s.T.SaveChanges
		if v.Post.Coop == v.Coop.Name {
			page.DeleteURL = page.Action + "/delete"
		}
		if draft {
			page.PreviewURL = page.Action + "/preview"
		}
	}
	if !draft {
		page.PageURL, page.GoWord = s.Site.Page(v.Post.Coop, v.Post.Slug), s.T.PublishChanges
	}
	s.alone(&page, v, draft)
	if v.Post.Stuck != "" {
		page.Stuck = fmt.Sprintf(s.T.StuckNow, v.Post.Stuck)
	}
	page.Texts = f.words(v)
	if v.Post.Kind.Event() {
		page.When, page.Where = f.when(v), f.where(v)
	}
	page.Links, page.PictureFields = f.links(v), f.picturing(v)
	page.More = f.more(v, draft)
	page.Due = f.set(control{ID: "due", Label: s.T.ScheduleField, Hint: fmt.Sprintf(s.T.ScheduleHint, cmp.Or(v.Coop.Zone, "UTC")), Type: "datetime-local", Value: v.Form.Due})
	page.MoreOpen = slices.ContainsFunc(page.More, func(c control) bool { return c.Error != "" })
	page.Faults = f.rest()
	page.frame = p.room(s, v.Visit, page.Heading, deskPath, page.Faults)
	return p.render(w, "compose", page)
}

// alone says what the button does for somebody who may not publish alone.
func (s setter) alone(page *composePage, v ComposeView, draft bool) {
	if v.Alone {
		return
	}
	page.GoWord, page.Hint = s.T.Propose, s.T.ProposeHint
	if !draft {
		page.GoWord = s.T.ProposeChanges
	}
	if v.Role.Covers(coop.Publisher) {
		page.Hint = s.T.TwoHint
	}
}

func (w *words) composing(p coop.Post) string {
	made, edited := w.NewReport, w.EditReport
	switch p.Kind {
	case coop.Meetup:
		made, edited = w.NewMeetup, w.EditMeetup
	case coop.Talk:
		made, edited = w.NewTalk, w.EditTalk
	case coop.Note:
		made, edited = w.NewNote, w.EditNote
	}
	if p.ID == "" {
		return made
	}
	return edited
}

// words are what is read: title, sentence, text.
func (f *sheet) words(v ComposeView) []control {
	lang, note := cmp.Or(v.Form.Language, v.Coop.Language), v.Post.Kind == coop.Note
	hint, kept := f.T.SummaryEvent, f.T.TextHint
	if !v.Post.Kind.Event() {
		hint = f.T.SummaryReport
	}
	if v.Post.ID != "" && v.Post.Source == "" && v.Post.Body != "" {
		kept = f.T.TextKept
	}
	text := control{ID: "text", Label: f.T.TextField, Hint: kept, Tag: "textarea", Value: v.Form.Text, Rows: 14, Lang: lang, Class: "long", Required: v.Post.ID == ""}
	if note {
		text.Rows = 6
		return []control{f.set(text)}
	}
	return []control{
		f.set(control{ID: "title", Label: f.T.TitleField, Hint: f.T.TitleHint, Value: v.Form.Title, Lang: lang, Required: true, Max: coop.MaxTitle}),
		f.set(control{ID: "summary", Label: f.T.SummaryField, Hint: hint, Tag: "textarea", Value: v.Form.Summary, Rows: 2, Lang: lang, Max: coop.MaxSummary}),
		f.set(text),
	}
}

// when is what an event says of its time. Without hours it lasts all day.
func (f *sheet) when(v ComposeView) []control {
	fields := []control{
		f.set(control{ID: "start_date", Label: f.T.StartDate, Type: "date", Value: v.Form.StartDate, Required: true, Class: "short"}),
		f.set(control{ID: "start_time", Label: f.T.StartTime, Type: "time", Value: v.Form.StartTime, Class: "short"}),
		f.set(control{ID: "end_date", Label: f.T.EndDate, Type: "date", Value: v.Form.EndDate, Class: "short"}),
		f.set(control{ID: "end_time", Label: f.T.EndTime, Type: "time", Value: v.Form.EndTime, Class: "short"}),
		f.set(control{ID: "zone", Label: f.T.TimeZone, Value: v.Form.Zone, Plain: true, Required: true, Max: 60}),
	}
	if v.Post.State == coop.Published {
		fields = append(fields, f.set(control{ID: "status", Label: f.T.StatusField, Tag: "select", Options: f.statuses(v.Form.Status)}))
	}
	if v.Post.Series != "" {
		fields = append(fields, f.set(control{ID: "scope", Label: f.T.ScopeField, Tag: "select", Options: chosen(v.Form.Scope,
			choice{Text: f.T.ScopeOne}, choice{Value: "all", Text: f.T.ScopeAll})}))
	}
	if v.Post.ID == "" {
		fields = append(fields, f.set(control{ID: "again", Label: f.T.Repeat, Hint: f.T.RepeatHint, Tag: "select", Options: chosen(v.Form.Again,
			choice{Text: f.T.RepeatNone}, choice{Value: "week", Text: f.T.RepeatWeek}, choice{Value: "two-weeks", Text: f.T.RepeatTwoWeeks}, choice{Value: "month", Text: f.T.RepeatMonth})}))
	}
	return fields
}

func (f *sheet) statuses(now string) []choice {
	list := []choice{{Text: f.T.StatusScheduled}}
	for _, st := range []coop.Status{coop.Tentative, coop.Rescheduled, coop.Postponed, coop.Cancelled} {
		text, _ := f.T.status(st)
		list = append(list, choice{Value: string(st), Text: text})
	}
	return chosen(now, list...)
}

// chosen marks the one that was chosen.
func chosen(value string, list ...choice) []choice {
	for i := range list {
		list[i].Chosen = list[i].Value == value
	}
	return list
}

func (f *sheet) where(v ComposeView) []control {
	fields := []control{
		f.set(control{ID: "place", Label: f.T.PlaceName, Value: v.Form.Place, Max: 200}),
		f.set(control{ID: "address", Label: f.T.PlaceAddress, Hint: f.T.PlaceAddressHint, Value: v.Form.Address, Max: 300}),
		f.set(control{ID: "online", Label: f.T.OnlineField, Value: v.Form.Online, Type: "url", Plain: true, Max: 2000}),
		f.set(control{ID: "seats", Label: f.T.Seats, Hint: f.T.SeatsHint, Value: v.Form.Seats, Mode: "numeric", Class: "short", Max: 6}),
	}
	if v.Post.ID != "" {
		fields = append(fields, f.set(control{ID: "attendance", Label: f.T.Attendance, Hint: f.T.AttendanceHint, Value: v.Form.Attendance, Mode: "numeric", Class: "short", Max: 7}))
	}
	if v.Post.Kind == coop.Talk {
		fields = append(fields, f.set(control{ID: "speakers", Label: f.T.SpeakersField, Hint: f.T.SpeakersHint, Tag: "textarea", Rows: 3, Value: v.Form.Speakers}))
	}
	return fields
}

func (f *sheet) links(v ComposeView) []control {
	var fields []control
	if v.Post.Kind == coop.Report {
		fields = append(fields, f.set(control{ID: "of", Label: f.T.OfField, Hint: f.T.OfHint, Value: v.Form.Of, Plain: true, Max: 1000}))
	}
	fields = append(fields, f.set(control{ID: "tags", Label: f.T.TagsField, Hint: f.T.TagsHint, Value: v.Form.Tags, Plain: true, Max: 600}))
	if v.Post.Kind != coop.Note {
		fields = append(fields, f.set(control{ID: "links", Label: f.T.LinksField, Hint: f.T.LinksHint, Tag: "textarea", Rows: 3, Value: v.Form.Links}))
	}
	return fields
}

func (f *sheet) picturing(v ComposeView) []control {
	fields := []control{
		f.set(control{ID: "picture", Label: f.T.Picture, Hint: f.T.PictureHint, Type: "file", Accept: "image/png,image/jpeg,image/gif,image/webp"}),
		f.set(control{ID: "alt", Label: f.T.PictureAlt, Hint: f.T.PictureAltHint, Value: v.Form.Alt, Max: 1500}),
	}
	if !v.Post.Image.IsZero() && !v.Post.Image.Made {
		fields = append(fields, f.set(control{ID: "drop_picture", Label: f.T.PictureDrop, Tag: "check", Checked: v.Form.DropPicture}))
	}
	return fields
}

// more is what most posts do not need.
func (f *sheet) more(v ComposeView, draft bool) []control {
	fields := []control{f.set(control{ID: "language", Label: f.T.LanguageField, Value: v.Form.Language, Plain: true, Max: 35, Class: "short"})}
	if draft {
		fields = append(fields, f.set(control{ID: "visibility", Label: f.T.VisibilityField, Hint: f.T.VisHint, Tag: "select", Options: chosen(v.Form.Visibility,
			choice{Text: f.T.VisEverybody}, choice{Value: string(coop.Unlisted), Text: f.T.VisUnlisted}, choice{Value: string(coop.Followers), Text: f.T.VisFollowers})}))
	}
	if v.Post.ID == "" {
		fields = append(fields, f.set(control{ID: "slug", Label: f.T.SlugField, Hint: f.T.SlugHint, Value: v.Form.Slug, Plain: true, Max: 80}))
	}
	if v.Post.Kind != coop.Note {
		fields = append(fields,
			f.set(control{ID: "part_of", Label: f.T.PartOfField, Hint: f.T.PartOfHint, Value: v.Form.PartOf, Plain: true, Max: 300}),
			f.set(control{ID: "original", Label: f.T.OriginalField, Value: v.Form.Original, Type: "url", Plain: true, Max: 2000}))
	}
	if v.Post.ID == "" || v.Post.Coop == v.Coop.Name {
		fields = append(fields, f.set(control{ID: "owners", Label: f.T.OwnersField, Hint: f.T.OwnersHint, Value: v.Form.Owners, Plain: true, Max: 400}))
	}
	return fields
}
