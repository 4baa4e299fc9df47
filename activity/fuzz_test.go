// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"plenum/activity"
	"plenum/activity/wirecheck"
	"plenum/coop"
)

// FuzzPost: whatever people write, the object is one that no server drops, with
// no member twice, and its title comes back as it was written unless it has signs
// that HTML and text read differently.
func FuzzPost(f *testing.F) {
	for _, s := range []string{
		"Go Meetup #12", `quote " in a title`, `C:\new\table`, "1984", "true", "null", "[1]", `{"a":"b"}`, `"quoted"`, "<script>alert(1)</script>",
		"a\",\"bto\":[\"x\"],\"b\":\"", "\u202eabc", "\u2028\u2029", "\x00\x1f\x7f", "\xff\xfe", "🎉🎉🎉", "**bold** $[x2 x]", "&lt;b&gt;", strings.Repeat("ü", 300),
	} {
		f.Add(s, s, "<p>"+s+"</p>", s)
	}
	kinds := []coop.Post{meetup(), talk(), report(), note(), online(), cancelled()}
	f.Fuzz(func(t *testing.T, title, text, body, other string) {
		for _, p := range kinds {
			p.Title, p.Summary, p.Text, p.Body, p.Source = title, text, text, body, other
			p.Tags, p.Image.Alt = []string{other, title}, other
			p.Speakers = append([]coop.Person{{Name: other}}, p.Speakers...)
			p.Links = append([]coop.Link{{Name: other, URL: "https://a.example/"}}, p.Links...)
			if !p.Place.IsZero() {
				p.Place.Name, p.Place.Street = text, other
			}
			checkPost(t, p)
		}
	})
}

func checkPost(t *testing.T, p coop.Post) {
	doc, err := activity.EncodeObject(site, p, extras(p))
	if err != nil {
		// Of all that people write, only a title that is too short is refused here.
		title := strings.Join(strings.Fields(strings.ToValidUTF8(p.Title, "?")), " ")
		if coop.CodeOf(err) != coop.Invalid || utf8.RuneCountInString(title) >= 3 {
			t.Fatalf("%+v: %v", p, err)
		}
		return
	}
	create, err := activity.EncodeCreate(site, p, doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{doc, create} {
		if found := wirecheck.Check(b); len(found) > 0 {
			t.Fatalf("%q in %s", found, b)
		}
		if err := activity.CheckOutput(b); err != nil {
			t.Fatalf("%v in %s", err, b)
		}
	}
	var o struct {
		Name, Type, AttributedTo string
	}
	if err := json.Unmarshal(doc, &o); err != nil {
		t.Fatal(err)
	}
	if o.Type != p.Kind.Type() || o.AttributedTo != string(site.Actor(p.Coop)) {
		t.Fatalf("got a %s by %s", o.Type, o.AttributedTo)
	}
	head := p.Headline()
	plain := utf8.ValidString(head) && head == strings.Join(strings.Fields(head), " ") && !strings.ContainsAny(head, "<&")
	if plain && utf8.RuneCountInString(head) <= coop.MaxTitle && o.Name != head {
		t.Fatalf("title %q came back as %q", head, o.Name)
	}
}
