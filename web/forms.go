// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"plenum/coop"
)

// Mistake is something in a form that was sent which has to be put right.
type Mistake struct {
	Field string // the name of the field; empty or unknown: the form as a whole
	Kind  MistakeKind
	Text  string // for MistakeSaid: the sentence, in English
}

// MistakeKind is what is wrong with a field.
type MistakeKind string

// What can be wrong. Each has its own sentence in each language, but for
// MistakeSaid.
const (
	MistakeMissing   MistakeKind = "missing"
	MistakeLong      MistakeKind = "long"
	MistakeMalformed MistakeKind = "malformed"
	MistakeLogin     MistakeKind = "login"     // is no name to sign in with
	MistakeTaken     MistakeKind = "taken"     // the name is somebody's
	MistakeWeak      MistakeKind = "weak"      // the password is refused
	MistakeOld       MistakeKind = "old"       // it is not the password
	MistakeAgain     MistakeKind = "again"     // it takes somebody who has just signed in
	MistakeEmail     MistakeKind = "email"     // it is no address
	MistakeOrder     MistakeKind = "order"     // it ends before it begins
	MistakePast      MistakeKind = "past"      // the moment is over
	MistakeDue       MistakeKind = "due"       // a time is set, and another button was pressed
	MistakeSeries    MistakeKind = "series"    // what is held again is no draft
	MistakeNumber    MistakeKind = "number"    // it is no number
	MistakeSession   MistakeKind = "session"   // it comes from a session that has ended
	MistakeFile      MistakeKind = "file"      // it was sent with what is wrong, and has to be chosen again
	MistakeURL       MistakeKind = "url"       // an address is none
	MistakePicture   MistakeKind = "picture"   // the file is none that is taken; Text says why
	MistakeMeanwhile MistakeKind = "meanwhile" // somebody else has changed it
	MistakeLastAdmin MistakeKind = "last"      // nobody would be left who administers the co-op
	MistakeSaid      MistakeKind = "said"      // what Text says
)

// mistake is the sentence for a mistake in the field with a label, and the language
// of it where that is not the page's.
func (s setter) mistake(m Mistake, label string) (text, lang string) {
	switch m.Kind {
	case MistakeMissing:
		return fmt.Sprintf(s.T.Missing, label), ""
	case MistakeLong:
		return fmt.Sprintf(s.T.TooLong, label), ""
	case MistakeNumber:
		return fmt.Sprintf(s.T.MistakeNumber, label), ""
	case MistakeURL:
		return fmt.Sprintf(s.T.MistakeURL, label), ""
	case MistakePicture:
		return fmt.Sprintf(s.T.PictureBad, m.Text), ""
	}
	for kind, text := range map[MistakeKind]string{
		MistakeLogin: s.T.LoginBad, MistakeTaken: s.T.LoginTaken, MistakeWeak: s.T.PasswordBad, MistakeOld: s.T.PasswordOldWrong, MistakeAgain: s.T.AgainFirst,
		MistakeEmail: s.T.EmailBad, MistakeOrder: s.T.MistakeOrder, MistakePast: s.T.MistakePast, MistakeDue: s.T.MistakeDue, MistakeSession: s.T.MistakeSession, MistakeFile: s.T.MistakeFile, MistakeSeries: s.T.MistakeSeries,
		MistakeMeanwhile: s.T.MistakeMeanwhile, MistakeLastAdmin: s.T.LastAdmin,
	} {
		if kind == m.Kind {
			return text, ""
		}
	}
	if m.Kind == MistakeSaid && m.Text != "" {
		if s.Lang != "en" {
			lang = "en"
		}
		return sentence(strings.TrimSuffix(m.Text, ".")) + ".", lang
	}
	return fmt.Sprintf(s.T.Malformed, label), ""
}

// control is a field of a form with its label, its hint and what is wrong with it.
type control struct {
	T        *words
	Tag      string // "input", "textarea", "select" or "check"
	ID       string // also its name
	Label    string
	Hint     string
	Value    string
	Error    string
	ErrorIn  string // language of Error where it is not the page's
	Type     string
	Auto     string // autocomplete
	Mode     string // inputmode
	Accept   string
	Plain    bool // no capitals, no corrections
	Required bool
	Optional bool // said so, where one would not expect it
	Focus    bool
	Checked  bool
	Max      int
	Rows     int
	Lang     string
	Class    string
	Options  []choice
}

// Describes is what aria-describedby names: the hint, and the mistake.
func (c control) Describes() string {
	var ids []string
	if c.Error != "" {
		ids = append(ids, c.ID+"-error")
	}
	if c.Hint != "" {
		ids = append(ids, c.ID+"-hint")
	}
	return strings.Join(ids, " ")
}

// choice is an option of a select.
type choice struct {
	Value, Text string
	Hint        string
	Chosen      bool
}

// fault is a line of the summary above a form, which leads to its field.
type fault struct {
	Field string // empty: the form as a whole
	Text  string
	Lang  string
}

// sheet sets the controls of a form, and gathers what is wrong with them.
type sheet struct {
	setter
	mistakes []Mistake
	Faults   []fault
}

func (s setter) sheet(mistakes []Mistake) *sheet { return &sheet{setter: s, mistakes: mistakes} }

// set completes a control: it gets the sentences of what is wrong with it.
func (f *sheet) set(c control) control {
	c.T, c.Tag = f.T, cmp.Or(c.Tag, "input")
	if c.Tag == "input" {
		c.Type = cmp.Or(c.Type, "text")
	}
	for _, m := range f.mistakes {
		if m.Field != c.ID || c.Error != "" {
			continue
		}
		c.Error, c.ErrorIn = f.mistake(m, c.Label)
		f.Faults = append(f.Faults, fault{Field: c.ID, Text: c.Error, Lang: c.ErrorIn})
	}
	return c
}

// rest gathers what is wrong and belongs to no control that was set.
func (f *sheet) rest() []fault {
	for _, m := range f.mistakes {
		if !shown(f.Faults, m.Field) {
			text, lang := f.mistake(m, m.Field)
			f.Faults = append(f.Faults, fault{Text: text, Lang: lang})
		}
	}
	return f.Faults
}

func shown(faults []fault, field string) bool {
	for _, f := range faults {
		if f.Field == field && field != "" {
			return true
		}
	}
	return false
}

// languages are those of the interface.
func (s setter) languages(chosen string) []choice {
	return []choice{{Value: "en", Text: "English", Chosen: chosen != "de"}, {Value: "de", Text: "Deutsch", Chosen: chosen == "de"}}
}

// day is a moment as a day, in UTC: nobody asks to the hour.
func (s setter) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return s.T.plainDate(t.UTC())
}

// hour is a day and an hour in the zone of a co-op.
func (s setter) hour(t time.Time, zone string) moment {
	local := t.In(coop.When{Zone: zone}.Location())
	w := coop.When{Start: coop.WallOf(local), Zone: local.Location().String()}
	return moment{ISO: t.UTC().Format(time.RFC3339), Text: w.Line(s.Lang)}
}

// role is what a role is called, and what it may do.
func (w *words) role(r coop.Role) (name, text string) {
	switch r {
	case coop.Editor:
		return w.RoleEditor, w.RoleEditorText
	case coop.Publisher:
		return w.RolePublisher, w.RolePublisherText
	case coop.Admin:
		return w.RoleAdmin, w.RoleAdminText
	}
	return w.RoleNone, ""
}

// roles are the roles to choose from.
func (s setter) roles(chosen coop.Role) (list []choice) {
	for _, r := range coop.Roles() {
		name, text := s.T.role(r)
		list = append(list, choice{Value: string(r), Text: name, Hint: text, Chosen: r == chosen})
	}
	return list
}

// rowList is a list whose buttons send a form.
type rowList struct {
	Rows   any
	CSRF   string
	Action string
}

// rows gives a template a list together with what its forms need.
func rows(list any, csrf, action string) rowList {
	return rowList{Rows: list, CSRF: csrf, Action: action}
}
