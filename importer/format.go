// SPDX-License-Identifier: AGPL-3.0-or-later

package importer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"plenum/coop"
)

// Around is what a post's row does not say itself and its file does.
type Around struct {
	PartOf string   // the slug of the post that it is part of
	Of     []string // the slugs of the events that it is about
	Image  coop.IRI // where its picture is
}

// FromPost is a post as a file says it: posted again unchanged it changes nothing. A
// text that was not written as Markdown is plain there.
func FromPost(p coop.Post, a Around) File {
	f := File{
		Name: p.Slug + ".md", Kind: p.Kind, Slug: p.Slug, Title: p.Title, Summary: p.Summary, Language: p.Language,
		Tags: p.Tags, When: p.When, Status: p.Status, Place: p.Place, Online: string(p.Online), Speakers: p.Speakers, Links: p.Links,
		Original: string(p.Original), PartOf: a.PartOf, Join: p.Join, JoinURL: string(p.JoinURL), Capacity: p.Capacity,
		Body: cmp.Or(p.Source, p.Text), Of: a.Of, Attendance: p.Attendance,
	}
	switch p.Visibility {
	case coop.Unlisted:
		f.Visibility = Unlisted
	case coop.Followers:
		f.Visibility = Followers
	}
	if p.State == coop.Draft && !p.Due.IsZero() {
		f.PublishAt = p.Due.UTC()
	}
	for _, names := range [][]coop.Name{p.Owners, p.Offered} {
		for _, n := range names {
			f.Owners = append(f.Owners, string(n))
		}
	}
	if !p.Image.Made { // a poster is drawn again
		f.imageURL, f.imageAlt, f.imageFocus = string(a.Image), p.Image.Alt, p.Image.Focus
	}
	if !p.Place.IsZero() && p.Place.Name == "" {
		f.Place.Name = strings.TrimPrefix(p.Place.Line(), ", ")
	}
	return f
}

// Format writes a post as a file that Parse reads as the same.
func (f File) Format() []byte {
	var w frontWriter
	w.line(fence)
	w.text("kind", string(f.Kind))
	w.text("title", f.Title)
	w.text("slug", f.Slug)
	w.text("summary", f.Summary)
	w.text("language", f.Language)
	w.list("tags", f.Tags)
	w.plain("start", string(f.When.Start))
	w.plain("end", string(f.When.End))
	w.text("timezone", f.When.Zone)
	w.text("status", string(f.Status))
	w.text("online", f.Online)
	w.text("join", string(f.Join))
	w.text("join_url", f.JoinURL)
	w.count("capacity", f.Capacity)
	w.text("repeat", f.Repeat)
	w.count("ahead", f.Ahead)
	w.count("attendance", f.Attendance)
	w.text("original", f.Original)
	w.text("part_of", f.PartOf)
	w.list("of", f.Of)
	w.list("owners", f.Owners)
	w.text("visibility", f.Visibility)
	if !f.PublishAt.IsZero() {
		w.plain("publish_at", f.PublishAt.UTC().Format(time.RFC3339))
	}
	w.image(f)
	w.place(f.Place)
	w.speakers(f.Speakers)
	w.links(f.Links)
	w.line(fence)
	w.WriteString(f.Body)
	w.line("")
	return w.Bytes()
}

// frontWriter writes front matter; what is empty is left out.
type frontWriter struct{ bytes.Buffer }

func (w *frontWriter) line(s string) {
	w.WriteString(s)
	w.WriteByte('\n')
}

func (w *frontWriter) plain(key, value string) {
	if value != "" {
		w.line(key + " = " + value)
	}
}

func (w *frontWriter) text(key, value string) {
	if value != "" {
		w.plain(key, quote(value))
	}
}

func (w *frontWriter) count(key string, n int) {
	if n != 0 {
		w.plain(key, strconv.Itoa(n))
	}
}

func (w *frontWriter) list(key string, all []string) {
	if len(all) == 0 {
		return
	}
	quoted := make([]string, len(all))
	for i, s := range all {
		quoted[i] = quote(s)
	}
	w.plain(key, "["+strings.Join(quoted, ", ")+"]")
}

func (w *frontWriter) image(f File) {
	if f.imageFile+f.imageURL == "" {
		return
	}
	parts := []pair{{"file", f.imageFile}, {"url", f.imageURL}, {"alt", f.imageAlt}}
	if f.imageFile != "" {
		parts[1].value = "" // where it was uploaded to this time
	}
	focus := ""
	if f.imageFocus != [2]float64{} {
		focus = fmt.Sprintf("focus = [%s, %s]", number(f.imageFocus[0]), number(f.imageFocus[1]))
	}
	w.plain("image", table(focus, parts...))
}

func (w *frontWriter) place(p coop.Place) {
	if p.IsZero() {
		return
	}
	where := ""
	if p.Latitude != nil && p.Longitude != nil {
		where = fmt.Sprintf("latitude = %s, longitude = %s", number(*p.Latitude), number(*p.Longitude))
	}
	w.plain("place", table(where, pair{"name", p.Name}, pair{"address", p.Address}, pair{"street", p.Street}, pair{"postcode", p.Postcode},
		pair{"locality", p.Locality}, pair{"region", p.Region}, pair{"country", p.Country}))
}

func (w *frontWriter) speakers(all []coop.Person) {
	rows := make([]string, len(all))
	for i, s := range all {
		rows[i] = table("", pair{"name", s.Name}, pair{"url", string(s.URL)})
	}
	w.rows("speakers", rows)
}

func (w *frontWriter) links(all []coop.Link) {
	rows := make([]string, len(all))
	for i, l := range all {
		rows[i] = table("", pair{"name", l.Name}, pair{"url", string(l.URL)}, pair{"media_type", l.MediaType})
	}
	w.rows("links", rows)
}

// rows writes a list with a row on each line.
func (w *frontWriter) rows(key string, rows []string) {
	if len(rows) == 0 {
		return
	}
	w.line(key + " = [")
	for _, r := range rows {
		w.line("  " + r + ",")
	}
	w.line("]")
}

type pair struct{ key, value string }

// table is an inline table, without what is empty; more stands behind its texts.
func table(more string, pairs ...pair) string {
	var parts []string
	for _, p := range pairs {
		if p.value != "" {
			parts = append(parts, p.key+" = "+quote(p.value))
		}
	}
	if more != "" {
		parts = append(parts, more)
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// quote is a text as a basic string. Each escape of JSON is one of TOML, which wants
// DEL escaped besides. TOML 1.0
func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil { // no string has one
		return `""`
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007f`)
}

// number is a number of TOML with a point, which a whole one would lack.
func number(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
