// SPDX-License-Identifier: AGPL-3.0-or-later

package importer_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plenum/coop"
	"plenum/importer"
)

var update = flag.Bool("update", false, "write the golden files anew")

// corpus returns the files of a pattern, of which there must be some.
func corpus(tb testing.TB, glob string) []string {
	tb.Helper()
	files, err := filepath.Glob(glob)
	if err != nil || len(files) == 0 {
		tb.Fatalf("no corpus at %s (%v)", glob, err)
	}
	return files
}

func parseFile(t *testing.T, path string) importer.File {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := importer.Parse(filepath.Base(path), data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// post is a post file with more lines of front matter than it needs.
func post(kind, more string) []byte {
	s := "+++\nkind = \"" + kind + "\"\ntitle = \"A title\"\n"
	if kind == "report" {
		s += "summary = \"A teaser\"\n"
	}
	return []byte(s + more + "\n+++\nThe text.\n")
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err, "run go test ./importer -update")
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

func indented(t *testing.T, raw []byte) []byte {
	t.Helper()
	var v json.RawMessage = raw
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

func TestExamplesBecomeTheseObjects(t *testing.T) {
	for _, path := range append(corpus(t, "../examples/35c3/*.md"), corpus(t, "../examples/35c3/*/*.md")...) {
		object, err := parseFile(t, path).Object("de")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, strings.TrimSuffix(filepath.Base(path), ".md")+".json", indented(t, object))
	}
}

func TestEveryKeyBecomesThisObject(t *testing.T) {
	f := parseFile(t, "testdata/full.md")
	if name, alt, ok := f.ImageFile(); !ok || name != "poster.png" || alt != "People at a table" {
		t.Errorf("got picture %q, %q, %t", name, alt, ok)
	}
	if _, err := f.Object("en"); err == nil {
		t.Error("an object was made although its picture has not been uploaded")
	}
	f.SetImage("https://events.example/media/0123abcd.png")
	object, err := f.Object("en")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "full.json", indented(t, object))
}

// What is planned with a post, and whom it is for, is in the object too.
func TestPlansBecomeTheseObjects(t *testing.T) {
	for _, name := range []string{"series", "about", "note"} {
		f := parseFile(t, "testdata/"+name+".md")
		if _, err := f.Object("en"); err == nil {
			t.Errorf("%s: an object was made although nobody said who the followers are", name)
		}
		f.SetFollowers("https://events.example/ap/coops/hackspace/followers")
		object, err := f.Object("en")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".json", indented(t, object))
	}
}

func TestPictureWithoutWordsIsSilent(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"full": false, "series": true, "note": false} {
		if got := parseFile(t, "testdata/"+name+".md").Silent(); got != want {
			t.Errorf("%s: got %t want %t", name, got, want)
		}
	}
}

func TestExamplesHaveOnlyLinksOfTheText(t *testing.T) {
	t.Parallel()
	ours := map[string]bool{
		"https://wiki.coops.tech/wiki/Tech_Co-ops_Assembly_35C3":                       true,
		"https://events.ccc.de/congress/2018/wiki/index.php/Session:Tech-Coops_Meetup": true,
		"https://events.ccc.de/congress/2018/wiki/index.php/Assembly:IT-Kollektiv":     true,
		"https://talks.komona.org/35c3/talk/FZVFSF/":                                   true,
	}
	links := regexp.MustCompile(`https?://[^\s")>]+`)
	for _, path := range append(corpus(t, "../examples/35c3/*.md"), corpus(t, "../examples/35c3/*/*.md")...) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links.FindAllString(string(data), -1) {
			if !ours[l] {
				t.Errorf("%s: %s is not in the original", path, l)
			}
		}
		if f := parseFile(t, path); f.Kind.Event() && !f.When.AllDay {
			t.Errorf("%s: the original names no hours", path)
		}
	}
}

func TestExamplesStandBehindTheirReport(t *testing.T) {
	t.Parallel()
	var files []importer.File
	for _, path := range corpus(t, "../examples/35c3/*.md") {
		files = append(files, parseFile(t, path))
	}
	ordered, err := importer.Order(files)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range ordered {
		got = append(got, f.Name)
	}
	if diff := cmp.Diff([]string{"report.md", "meetup-1.md", "meetup-2.md", "talk.md"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPartsComeAfterTheirWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ files, want string }{
		{"", ""},
		{"a b c", "a b c"},
		{"a<c b c", "c a b"},
		{"a<b b<c c d", "c b a d"},
		{"d<b a<b b<c c", "c b d a"},
		{"a<elsewhere b", "a b"},
	} {
		var files []importer.File
		for s := range strings.FieldsSeq(c.files) {
			slug, whole, _ := strings.Cut(s, "<")
			files = append(files, importer.File{Name: slug, Slug: slug, PartOf: whole})
		}
		ordered, err := importer.Order(files)
		var got []string
		for _, f := range ordered {
			got = append(got, f.Slug)
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%q: got %q (%v) want %q", c.files, got, err, c.want)
		}
	}
}

func TestReportComesBehindTheEventsThatItIsOf(t *testing.T) {
	t.Parallel()
	ordered, err := importer.Order([]importer.File{
		{Name: "report.md", Slug: "report", Of: []string{"talk", "elsewhere"}}, {Name: "talk.md", Slug: "talk", PartOf: "meetup"}, {Name: "meetup.md", Slug: "meetup"},
	})
	var got []string
	for _, f := range ordered {
		got = append(got, f.Slug)
	}
	if diff := cmp.Diff([]string{"meetup", "talk", "report"}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	_, err = importer.Order([]importer.File{{Name: "report.md", Slug: "report", Of: []string{"talk"}}, {Name: "talk.md", Slug: "talk", PartOf: "report"}})
	if coop.CodeOf(err) != coop.Invalid || !strings.Contains(err.Error(), "report.md → talk.md → report.md; where a report is of an event") {
		t.Errorf("got %v want the circle and a way out", err)
	}
}

func TestCircleOfPartsIsRefused(t *testing.T) {
	t.Parallel()
	_, err := importer.Order([]importer.File{
		{Name: "a.md", Slug: "a", PartOf: "b"}, {Name: "b.md", Slug: "b", PartOf: "c"}, {Name: "c.md", Slug: "c", PartOf: "b"},
	})
	if coop.CodeOf(err) != coop.Invalid || !strings.Contains(err.Error(), "b.md → c.md → b.md") {
		t.Errorf("got %v want the circle", err)
	}
	if _, err := importer.Order([]importer.File{{Name: "a.md", Slug: "a", PartOf: "a"}}); err == nil {
		t.Error("a post that is part of itself was taken")
	}
}

func TestTwoFilesForOnePostAreRefused(t *testing.T) {
	t.Parallel()
	_, err := importer.Order([]importer.File{{Name: "a.md", Slug: "x"}, {Name: "b.md", Slug: "x"}})
	if coop.CodeOf(err) != coop.Conflict || !strings.Contains(err.Error(), "a.md and b.md") {
		t.Errorf("got %v want a conflict of a.md and b.md", err)
	}
}

func TestSlugIsMadeFromTheTitle(t *testing.T) {
	t.Parallel()
	f, err := importer.Parse("a.md", []byte("+++\nkind = \"meetup\"\ntitle = \"Bücher & Brot\"\nstart = 2026-12-02\n+++\n"))
	if err != nil || f.Slug != "buecher-brot" {
		t.Errorf("got %q, %v want buecher-brot", f.Slug, err)
	}
}

func TestDatesStayWhatTheAuthorWrote(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lines string
		want  coop.When
	}{
		{"start = 2018-12-29", coop.When{Start: "2018-12-29", AllDay: true}},
		{"start = 2018-12-27\nend = 2018-12-30", coop.When{Start: "2018-12-27", End: "2018-12-30", AllDay: true}},
		{"start = 2018-12-29T17:00:00", coop.When{Start: "2018-12-29T17:00:00"}},
		{"start = 2018-12-29 17:00:00\nend = 2018-12-29T18:30:00\ntimezone = \"Europe/Berlin\"", coop.When{Start: "2018-12-29T17:00:00", End: "2018-12-29T18:30:00", Zone: "Europe/Berlin"}},
		{"start = 2026-10-25T02:30:00\ntimezone = \"Europe/Berlin\"", coop.When{Start: "2026-10-25T02:30:00", Zone: "Europe/Berlin"}},
		{"start = 2018-11-04\ntimezone = \"America/Sao_Paulo\"", coop.When{Start: "2018-11-04", Zone: "America/Sao_Paulo", AllDay: true}},
	} {
		f, err := importer.Parse("a.md", post("meetup", c.lines))
		if err != nil {
			t.Errorf("%q: %v", c.lines, err)
		}
		if diff := cmp.Diff(c.want, f.When); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.lines, diff)
		}
	}
}

func TestWindowsFilesAreRead(t *testing.T) {
	t.Parallel()
	text := "\ufeff" + strings.ReplaceAll(string(post("meetup", "start = 2026-12-02")), "\n", "\r\n")
	f, err := importer.Parse("a.md", []byte(text))
	if err != nil || f.Body != "The text." || f.Title != "A title" {
		t.Errorf("got %+v, %v", f, err)
	}
}

func TestLanguageOfTheFileWins(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, fallback, want string }{
		{`language = "de-AT"`, "en", "de-AT"}, {"", "en", "en"}, {"", "", ""},
	} {
		f, err := importer.Parse("a.md", post("report", c.line))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := f.Object(c.fallback)
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ InLanguage string }
		if err := json.Unmarshal(raw, &got); err != nil || got.InLanguage != c.want {
			t.Errorf("%q, fallback %q: got %q, %v want %q", c.line, c.fallback, got.InLanguage, err, c.want)
		}
	}
}

func TestStatusIsSaidInTheWordsOfPeers(t *testing.T) {
	t.Parallel()
	for status, want := range map[string][2]string{
		"": {"EventScheduled", ""}, "scheduled": {"EventScheduled", ""}, "tentative": {"", "TENTATIVE"},
		"cancelled": {"EventCancelled", ""}, "postponed": {"EventPostponed", ""}, "rescheduled": {"EventRescheduled", ""},
	} {
		f, err := importer.Parse("a.md", post("talk", "start = 2026-12-02\nstatus = \""+status+"\""))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := f.Object("en")
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ EventStatus, Status string }
		if err := json.Unmarshal(raw, &got); err != nil || got.EventStatus != want[0] || got.Status != want[1] {
			t.Errorf("%q: got %+v, %v want %q", status, got, err, want)
		}
	}
}
