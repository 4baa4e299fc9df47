// SPDX-License-Identifier: AGPL-3.0-or-later

package importer

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"

	"plenum/coop"
)

// maxFile is how long a file may be: its text and as much again of front matter.
const maxFile = 2 * coop.MaxText

// front is the front matter as it is written. Dates are decoded into any: a
// time.Time would take the zone of this machine, and what the author wrote would
// be lost.
type front struct {
	Kind     string   `toml:"kind"`
	Title    string   `toml:"title"`
	Slug     string   `toml:"slug"`
	Summary  string   `toml:"summary"`
	Language string   `toml:"language"`
	Tags     []string `toml:"tags"`
	Start    any      `toml:"start"`
	End      any      `toml:"end"`
	Timezone string   `toml:"timezone"`
	Status   string   `toml:"status"`
	Place    *place   `toml:"place"`
	Online   string   `toml:"online"`
	Speakers []person `toml:"speakers"`
	Links    []link   `toml:"links"`
	Image    *image   `toml:"image"`
	Original string   `toml:"original"`
	PartOf   string   `toml:"part_of"`
	Join     string   `toml:"join"`
	JoinURL  string   `toml:"join_url"`
	Capacity *int     `toml:"capacity"`

	Visibility string   `toml:"visibility"`
	PublishAt  any      `toml:"publish_at"`
	Repeat     string   `toml:"repeat"`
	Ahead      *int     `toml:"ahead"`
	Of         []string `toml:"of"`
	Attendance *int     `toml:"attendance"`
	Owners     []string `toml:"owners"`
}

type place struct {
	Name      string   `toml:"name"`
	Address   string   `toml:"address"`
	Street    string   `toml:"street"`
	Postcode  string   `toml:"postcode"`
	Locality  string   `toml:"locality"`
	Region    string   `toml:"region"`
	Country   string   `toml:"country"`
	Latitude  *float64 `toml:"latitude"`
	Longitude *float64 `toml:"longitude"`
}

type person struct {
	Name string `toml:"name"`
	URL  string `toml:"url"`
}

type link struct {
	Name      string `toml:"name"`
	URL       string `toml:"url"`
	MediaType string `toml:"media_type"`
}

type image struct {
	File  string    `toml:"file"`
	URL   string    `toml:"url"`
	Alt   string    `toml:"alt"`
	Focus []float64 `toml:"focus"`
}

// examples shows how each key is written, for whoever wrote it otherwise.
var examples = map[string]string{
	"kind":     `kind = "talk"`,
	"title":    `title = "Tech-Coops: No masters, no slave"`,
	"slug":     `slug = "no-masters-no-slave"`,
	"summary":  `summary = "One sentence."`,
	"language": `language = "en"`,
	"tags":     `tags = ["tech-coops", "35c3"]`,
	"start":    `start = 2018-12-29 or start = 2018-12-29T17:00:00`,
	"end":      `end = 2018-12-29 or end = 2018-12-29T18:00:00`,
	"timezone": `timezone = "Europe/Berlin"`,
	"status":   `status = "cancelled"`,
	"place":    `place = { name = "Komona", address = "Leipzig, Germany" }, where the address may also be street, postcode, locality, region and country`,
	"online":   `online = "https://…"`,
	"speakers": `speakers = [{ name = "IT-Kollektiv", url = "https://…" }]`,
	"links":    `links = [{ name = "Slides", url = "https://…", media_type = "application/pdf" }]`,
	"image":    `image = { file = "poster.png", alt = "What can be seen" }`,
	"original": `original = "https://…"`,
	"part_of":  `part_of = "assembly-35c3"`,
	"join":     `join = "free"`,
	"join_url": `join_url = "https://…"`,
	"capacity": `capacity = 40`,

	"visibility": `visibility = "unlisted"`,
	"publish_at": `publish_at = 2026-12-01T09:00:00+01:00`,
	"repeat":     `repeat = "FREQ=MONTHLY;BYDAY=2WE"`,
	"ahead":      `ahead = 28`,
	"of":         `of = ["go-meetup-12"]`,
	"attendance": `attendance = 40`,
	"owners":     `owners = ["hackspace"]`,
}

const fence = "+++"

// Parse reads a post file: TOML between two lines +++ and Markdown behind it.
// The error joins everything that is wrong, each with name, line and key.
func Parse(name string, data []byte) (File, error) {
	p := &parser{name: name}
	if len(data) > maxFile {
		return File{}, &coop.Error{Code: coop.TooLarge, Msg: fmt.Sprintf("%s: a post file has at most %d KiB", name, maxFile>>10)}
	}
	if !utf8.Valid(data) {
		p.wrongAt(1+bytes.Count(validPart(data), []byte("\n")), "", "the file is not UTF-8")
		return File{}, p.err()
	}
	text := strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n")
	body, ok := p.split(text)
	if !ok {
		return File{}, p.err()
	}
	var f front
	if !p.decode(&f) {
		return File{}, p.err()
	}
	out := p.check(f, body)
	if err := p.err(); err != nil {
		return File{}, err
	}
	return out, nil
}

func validPart(data []byte) []byte {
	n := 0
	for n < len(data) {
		r, size := utf8.DecodeRune(data[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return data[:n]
}

// parser carries the file that is read and what was found wrong with it.
type parser struct {
	name  string
	front string // the TOML; its first line is the second of the file
	errs  []error
}

func (p *parser) err() error { return errors.Join(p.errs...) }

// wrong reports a problem of a key, on the line where the key stands.
func (p *parser) wrong(key, format string, args ...any) {
	p.wrongAt(p.line(key), key, fmt.Sprintf(format, args...))
}

func (p *parser) wrongAt(line int, key, msg string) {
	where := fmt.Sprintf("%s:%d: ", p.name, line)
	if key != "" {
		where += key + ": "
	}
	p.errs = append(p.errs, coop.Wrong(key, where+msg))
}

// line finds the line of a key; a key that is missing belongs to the first.
func (p *parser) line(key string) int {
	n := 1
	for l := range strings.Lines(p.front) {
		n++
		l = strings.TrimLeft(l, " \t[")
		if rest, ok := strings.CutPrefix(l, key); ok && strings.TrimLeft(rest, " \t") != "" && strings.ContainsRune("=.]", rune(strings.TrimLeft(rest, " \t")[0])) {
			return n
		}
	}
	return 1
}

// split sets the front matter and returns the Markdown behind it.
func (p *parser) split(text string) (body string, ok bool) {
	first, rest, _ := strings.Cut(text, "\n")
	if strings.TrimRight(first, " \t") != fence {
		msg := "a post file begins with a line +++, TOML, and another line +++"
		if strings.HasPrefix(first, "---") {
			msg += "; between lines --- it would be YAML, which is not read"
		}
		p.wrongAt(1, "", msg)
		return "", false
	}
	at := 0
	for l := range strings.Lines(rest) {
		if strings.TrimRight(l, " \t\n") == fence {
			p.front = rest[:at]
			return rest[at+len(l):], true
		}
		at += len(l)
	}
	p.wrongAt(1, "", "the front matter has no end: a second line +++ is missing")
	return "", false
}

// decode reads the TOML strictly.
func (p *parser) decode(f *front) bool {
	var whole map[string]any
	if err := toml.Unmarshal([]byte(p.front), &whole); err != nil {
		line, key := p.position(err)
		p.wrongAt(line, key, "this is no TOML: "+strings.TrimPrefix(err.Error(), "toml: "))
		return false
	}
	err := toml.NewDecoder(strings.NewReader(p.front)).DisallowUnknownFields().Decode(f)
	if missing, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		for i := range missing.Errors {
			line, key := p.position(&missing.Errors[i])
			p.wrongAt(line, key, "there is no such key"+hint(key))
		}
		return false
	}
	if err != nil {
		line, key := p.position(err)
		p.wrongAt(line, key, "the value is of another type than this key takes"+hint(key))
		return false
	}
	return true
}

// position returns line and key of an error of go-toml in the file. Of what
// stands in an inline table go-toml names the last part alone: the key before it
// is put in front.
func (p *parser) position(err error) (line int, key string) {
	d, ok := errors.AsType[*toml.DecodeError](err)
	if !ok {
		return 1, ""
	}
	row, _ := d.Position()
	parts := d.Key()
	key = strings.Join(parts, ".")
	if len(parts) != 1 || p.line(key) == row+1 {
		return row + 1, key
	}
	best := ""
	for k := range examples {
		if l := p.line(k); l > 1 && l <= row+1 && (best == "" || l > p.line(best)) {
			best = k
		}
	}
	if best != "" && best != key {
		key = best + "." + key
	}
	return row + 1, key
}

// hint says how the key is written; for one that is not known, which there are.
func hint(key string) string {
	top, _, _ := strings.Cut(key, ".")
	if e := examples[top]; e != "" {
		return ", write " + e
	}
	return "; the keys are kind, title, slug, summary, language, tags, start, end, timezone, status, place, online, " +
		"speakers, links, image, original, part_of, join, join_url, capacity, visibility, publish_at, repeat, ahead, of, attendance, owners"
}

// oneLine reports whether s is a text that can stand on one line of a page.
func oneLine(s string) bool {
	return strings.TrimSpace(s) == s && !strings.ContainsFunc(s, unicode.IsControl)
}
