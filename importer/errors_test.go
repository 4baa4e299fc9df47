// SPDX-License-Identifier: AGPL-3.0-or-later

package importer_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"plenum/coop"
	"plenum/importer"
)

// messages returns the sentences of a joined error, without what joins them.
func messages(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// wrongKeys are lines of front matter with the beginning of what is said of them.
var wrongKeys = []struct{ kind, more, want string }{
	{"party", "", "a.md:2: kind: \"party\" is no kind"},
	{"note", "start = 2018-12-29", "a.md:4: start: only meetups and talks have this, a note has not"},
	{"note", "of = [\"go-12\"]", "a.md:4: of: only a report is of events"},
	{"talk", "start = 2018-12-29\nof = [\"go-12\"]", "a.md:5: of: only a report is of events"},
	{"report", "of = [\"Go 12\"]", "a.md:5: of: \"Go 12\" is no slug of a post, write of = ["},
	{"report", "visibility = \"friends\"", "a.md:5: visibility: \"friends\" is none: there are public,"},
	{"report", "publish_at = 2026-12-01T09:00:00", "a.md:5: publish_at: it says neither its offset nor"},
	{"report", "publish_at = 2026-12-01", "a.md:5: publish_at: it is a date and a time"},
	{"report", "publish_at = \"soon\"", "a.md:5: publish_at: it is a date and a time"},
	{"report", "publish_at = 2026-12-01T09:00:00.5Z", "a.md:5: publish_at: it is a moment from 1970 on, in whole seconds"},
	{"report", "publish_at = 1926-12-01T09:00:00Z", "a.md:5: publish_at: it is a moment from 1970 on"},
	{"report", "timezone = \"Europe/Berlin\"\npublish_at = 2026-03-29T02:30:00", "a.md:6: publish_at: 2026-03-29T02:30:00 does not exist"},
	{"report", "timezone = \"Berlin\"\npublish_at = 2026-03-29T02:30:00", "a.md:5: timezone: \"Berlin\" is no IANA time zone"},
	{"report", "timezone = \"Europe/Berlin\"\npublish_at = 2026-03-29T02:30:00Z", "a.md:5: timezone: only meetups and talks"},
	{"report", "repeat = \"FREQ=DAILY\"", "a.md:5: repeat: only meetups and talks"},
	{"report", "attendance = 3", "a.md:5: attendance: only meetups and talks"},
	{"talk", "start = 2018-12-29\nattendance = 0", "a.md:5: attendance: it is how many came"},
	{"talk", "start = 2018-12-29\nrepeat = \"monthly\"", "a.md:5: repeat: \"monthly\" is no rule"},
	{"talk", "start = 2018-12-29\nahead = 3", "a.md:5: ahead: only what is held again and again"},
	{"talk", "start = 2018-12-29\nrepeat = \"FREQ=DAILY\"\nahead = 366", "a.md:6: ahead: it is a number of days, 1 to 365"},
	{"report", "owners = [\"the hackspace\"]", "a.md:5: owners: \"the hackspace\" is no name of a co-op"},
	{"report", "image = { file = \"a.png\", url = \"https://a.example/a.png\", alt = \"x\" }", "a.md:5: image: it is a file beside this one, or has the url"},
	{"report", "image = { url = \"a.png\", alt = \"x\" }", "a.md:5: image: \"a.png\" is no address"},
	{"report", "image = { file = \"a.png\", alt = \"x\", focus = [0.0] }", "a.md:5: image: focus is two numbers"},
	{"report", "image = { file = \"a.png\", alt = \"x\", focus = [0.0, nan] }", "a.md:5: image: focus is two numbers"},
	{"meetup", "", "a.md:1: start: a meetup needs one"},
	{"talk", "\nstart = 2018-12-29T17:00:00Z", "a.md:5: start: it is a local date"},
	{"talk", "start = 2018-12-29T17:00:00+01:00", "a.md:4: start: it is a local date"},
	{"talk", "start = 17:00:00", "a.md:4: start: a time alone has no day"},
	{"talk", "start = \"2018-12-29\"", "a.md:4: start: dates stand without quotes"},
	{"talk", "start = 20181229", "a.md:4: start: it is a local date"},
	{"talk", "start = 2018-12-29T17:00:00.5", "a.md:4: start: seconds are whole"},
	{"talk", "start = 1969-12-29", "a.md:4: start: \"1969-12-29\" is no local date"},
	{"talk", "start = 2018-12-32", "a.md:4: "},
	{"talk", "start = 2018-12-29\nend = 2018-12-29T18:00:00", "a.md:5: end: start and end are both dates"},
	{"talk", "start = 2018-12-29\nend = 2018-12-28", "a.md:5: end: an event ends after"},
	{"talk", "start = 2018-12-29T17:00:00\nend = 2018-12-29T17:00:00", "a.md:5: end: an event ends after"},
	{"talk", "start = 2026-03-29T02:30:00\ntimezone = \"Europe/Berlin\"", "a.md:4: start: 2026-03-29T02:30:00 does not exist"},
	{"talk", "start = 2018-12-29\ntimezone = \"Berlin\"", "a.md:5: timezone: \"Berlin\" is no IANA time zone"},
	{"talk", "start = 2018-12-29\ntimezone = \"Local\"", "a.md:5: timezone: "},
	{"talk", "start = 2018-12-29\nstatus = \"gone\"", "a.md:5: status: \"gone\" is none"},
	{"talk", "start = 2018-12-29\nplace = { address = \"Leipzig\" }", "a.md:5: place: it needs a name"},
	{"talk", "start = 2018-12-29\n[place]\nname = \"A\"\naddress = \"B\"\nlocality = \"C\"", "a.md:5: place: give the address either"},
	{"talk", "start = 2018-12-29\nplace = { name = \"A\", latitude = 91.0, longitude = 0.0 }", "a.md:5: place: latitude"},
	{"talk", "start = 2018-12-29\nplace = { name = \"A\", latitude = nan, longitude = 0.0 }", "a.md:5: place: latitude"},
	{"talk", "start = 2018-12-29\nplace = { name = \"A\", latitude = 9.0 }", "a.md:5: place: latitude"},
	{"talk", "start = 2018-12-29\nplace = { name = \"A\\nB\" }", "a.md:5: place: \"A\\nB\" is no text"},
	{"talk", "start = 2018-12-29\nplace = { nmae = \"A\" }", "a.md:5: place.nmae: there is no such key, write place = {"},
	{"talk", "start = 2018-12-29\nplace = { name = 7 }", "a.md:5: place: the value is of another type than this key takes, write place = {"},
	{"talk", "start = 2018-12-29\nspeakers = [\n{ name = \"A\" },\n{ nick = \"B\" }]\nonline = \"https://a.example\"", "a.md:7: speakers.nick: there is no such key, write speakers"},
	{"talk", "start = 2018-12-29\n[place]\nname = \"A\"\ntown = \"B\"", "a.md:7: place.town: there is no such key, write place"},
	{"talk", "start = 2018-12-29\nspeakers = [{ name = \"A\" }, { url = \"https://a.example\" }]", "a.md:5: speakers: speaker 2: a name"},
	{"talk", "start = 2018-12-29\nspeakers = [{ name = \"A\", url = \"a.example\" }]", "a.md:5: speakers: speaker 1: \"a.example\" is no address"},
	{"meetup", "start = 2018-12-29\nspeakers = [{ name = \"A\" }]", "a.md:5: speakers: speakers give a talk"},
	{"talk", "start = 2018-12-29\nonline = \"javascript:alert(1)\"", "a.md:5: online: "},
	{"talk", "start = 2018-12-29\njoin = \"maybe\"", "a.md:5: join: \"maybe\" is none: there are free,"},
	{"talk", "start = 2018-12-29\njoin_url = \"https://a.example\"", "a.md:5: join_url: this is where one takes part elsewhere: it needs join = \"external\""},
	{"talk", "start = 2018-12-29\njoin = \"external\"\njoin_url = \"a.example\"", "a.md:6: join_url: \"a.example\" is no address"},
	{"talk", "start = 2018-12-29\ncapacity = 0", "a.md:5: capacity: it is the number of seats, 1 to 1000000"},
	{"talk", "start = 2018-12-29\ncapacity = \"40\"", "a.md:5: capacity: the value is of another type than this key takes, write capacity = 40"},
	{"talk", "start = 2018-12-29\njoin = \"external\"\ncapacity = 9", "a.md:6: capacity: seats are counted here only where one takes part here"},
	{"report", "join = \"free\"", "a.md:5: join: only meetups and talks"},
	{"report", "join_url = \"https://a.example\"", "a.md:5: join_url: only meetups and talks"},
	{"report", "capacity = 4", "a.md:5: capacity: only meetups and talks"},
	{"report", "start = 2018-12-29", "a.md:5: start: only meetups and talks"},
	{"report", "timezone = \"Europe/Berlin\"", "a.md:5: timezone: only meetups and talks"},
	{"report", "place = { name = \"A\" }", "a.md:5: place: only meetups and talks"},
	{"report", "slug = \"Not a slug\"", "a.md:5: slug: \"Not a slug\" is no slug"},
	{"report", "slug = \"feed\"", "a.md:5: slug: \"feed\" is no slug"},
	{"report", "part_of = \"../x\"", "a.md:5: part_of: \"../x\" is no slug"},
	{"report", "language = \"German\"", "a.md:5: language: \"German\" is no language tag"},
	{"report", "tags = [\"tech coops\"]", "a.md:5: tags: \"tech coops\" is no tag"},
	{"report", "tags = [\"#\"]", "a.md:5: tags: \"\" is no tag"},
	{"report", "tags = \"35c3\"", "a.md:5: tags: the value is of another type than this key takes, write tags = ["},
	{"report", "original = \"https://user@a.example/\"", "a.md:5: original: "},
	{"report", "original = \"https://a.example/\\\"x\"", "a.md:5: original: "},
	{"report", "links = [{ url = \"https://a.example\" }]", "a.md:5: links: link 1: it needs a name"},
	{"report", "links = [{ name = \"A\" }]", "a.md:5: links: link 1: it needs a url"},
	{"report", "links = [{ name = \"A\", url = \"https://a.example\", media_type = \"PDF\" }]", "a.md:5: links: link 1: \"PDF\" is no media type"},
	{"report", "image = { file = \"../poster.png\", alt = \"x\" }", "a.md:5: image: \"../poster.png\" is no PNG"},
	{"report", "image = { file = \"poster.svg\", alt = \"x\" }", "a.md:5: image: \"poster.svg\" is no PNG"},
	{"report", "image = { file = \"poster.png\" }", "a.md:5: image: it needs a line"},
	{"report", "colour = \"red\"", "a.md:5: colour: there is no such key; the keys are kind"},
	{"report", "title = \"Twice\"", "a.md:5: "},
	{"report", "tags = [", "a.md:"},
	{"talk", "start = 2018-12-29\nsummary = \"" + strings.Repeat("x", 501) + "\"", "a.md:5: summary: it has 501 characters"},
	{"talk", "start = 2018-12-29\nsummary = \" x\"", "a.md:5: summary: it is one line"},
}

func TestEachWrongKeyIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	for _, c := range wrongKeys {
		_, err := importer.Parse("a.md", post(c.kind, c.more))
		got := messages(err)
		if len(got) != 1 || !strings.HasPrefix(got[0], c.want) {
			t.Errorf("%s with %q:\n got %q\nwant %q…", c.kind, c.more, got, c.want)
		}
		if err != nil && coop.CodeOf(err) != coop.Invalid {
			t.Errorf("%s with %q: got code %s want invalid", c.kind, c.more, coop.CodeOf(err))
		}
	}
}

func TestFilesWithoutFrontMatterAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                    "a.md:1: a post file begins with a line +++",
		"# A title\n":                         "a.md:1: a post file begins with a line +++",
		"---\ntitle: x\n---\n":                "a.md:1: a post file begins with a line +++, TOML, and another line +++; between lines --- it would be YAML",
		"+++\ntitle = \"x\"\n":                "a.md:1: the front matter has no end",
		"+++":                                 "a.md:1: the front matter has no end",
		"+++\nkind = \"report\"\n+++\n\xff\n": "a.md:4: the file is not UTF-8",
	} {
		_, err := importer.Parse("a.md", []byte(text))
		if got := messages(err); len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%q: got %q want %q", text, got, want)
		}
	}
}

func TestReportNeedsSummaryAndText(t *testing.T) {
	t.Parallel()
	_, err := importer.Parse("a.md", []byte("+++\nkind = \"report\"\ntitle = \"A title\"\n+++\n\n"))
	got := messages(err)
	if len(got) != 2 || !strings.HasPrefix(got[0], "a.md:1: summary: a report needs one") || !strings.HasPrefix(got[1], "a.md:5: a report needs a text") {
		t.Errorf("got %q", got)
	}
}

func TestTextHasItsLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		body, want string
		code       coop.Code
	}{
		{strings.Repeat("x", coop.MaxText), "", ""},
		{strings.Repeat("x", coop.MaxText+1), "a.md:6: the text has 49153 bytes", coop.Invalid},
		{"a\x00b", "a.md:6: the text has control characters", coop.Invalid},
		{strings.Repeat("x", 2*coop.MaxText), "a.md: a post file has at most 96 KiB", coop.TooLarge},
	} {
		_, err := importer.Parse("a.md", []byte("+++\nkind = \"meetup\"\ntitle = \"A title\"\nstart = 2018-12-29\n+++\n"+c.body))
		got := strings.Join(messages(err), "\n")
		if !strings.HasPrefix(got, c.want) || (c.want == "") != (got == "") || coop.CodeOf(err) != c.code {
			t.Errorf("%d bytes: got %q, %s want %q, %s", len(c.body), got, coop.CodeOf(err), c.want, c.code)
		}
	}
}

func TestAllProblemsOfAFileAreReported(t *testing.T) {
	t.Parallel()
	_, err := importer.Parse("a.md", []byte("+++\nkind = \"x\"\ntitle = \"ab\"\nlanguage = \"x\"\n+++\n"))
	got := messages(err)
	if len(got) != 3 {
		t.Errorf("got %q want problems of kind, title and language", got)
	}
	var e *coop.Error
	if !errors.As(err, &e) || e.Member != "kind" {
		t.Errorf("got member %+v want kind", e)
	}
}

func FuzzFrontMatter(f *testing.F) {
	for _, path := range append(corpus(f, "../examples/35c3/*.md"), corpus(f, "testdata/*.md")...) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, s := range []string{"start = 2018-12-29T17:00:00Z", "start = [1]", "place = []", "[[place]]", "speakers = [[1]]", "a.b.c = 1", "kind.x = 1"} {
		f.Add(post("talk", s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := importer.Parse("a.md", data)
		if err != nil {
			if len(err.Error()) > 64*len(data)+4096 {
				t.Errorf("%d bytes of error for %d bytes of file", len(err.Error()), len(data))
			}
			return
		}
		if _, ok := coop.ParseSlug(file.Slug); !ok {
			t.Errorf("slug %q was taken", file.Slug)
		}
		file.SetImage("https://a.example/x.png")
		file.SetFollowers("https://a.example/followers")
		object, err := file.Object("en")
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(object) || len(object) > 8*len(data)+4096 {
			t.Errorf("%d bytes of object for %d bytes of file: %.200s", len(object), len(data), object)
		}
		if _, err := importer.Order([]importer.File{file}); err != nil && file.PartOf != file.Slug && !slices.Contains(file.Of, file.Slug) {
			t.Error(err)
		}
	})
}
