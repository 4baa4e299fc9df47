// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"plenum/activity"
	"plenum/coop"
)

// upload is a file that somebody uploaded.
func upload(mediaType, file string) coop.Media {
	m := coop.Media{ID: "01KB3Y6Q2ZM9T4X7V0R8W5N1EA", Coop: "hackspace", File: file, Name: "The roof <at night>", MediaType: mediaType, Bytes: 4711, By: "token x", Created: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	if strings.HasPrefix(mediaType, "image/") {
		m.Width, m.Height, m.Blurhash, m.Focus = 1600, 900, "LKTSUA-;fQ-;~qoffQoffQfQfQfQ", [2]float64{0.25, -1}
	}
	return m
}

func TestPictureWithoutWordsAsksForThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mediaType, name string
		asks            bool
	}{{"image/png", "", true}, {"image/png", "x", false}, {"application/pdf", "", false}} {
		m := upload(c.mediaType, "x")
		m.Name = c.name
		b, err := activity.EncodeMedia(site, m)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(b, &got); err != nil || (got["plenum:altMissing"] == true) != c.asks || got["name"] != c.name {
			t.Errorf("%+v: got %s, %v", c, b, err)
		}
	}
}

func TestUploadSaysItsNameAndFocus(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]struct {
		name  string
		point [2]float64
	}{
		``: {}, `{}`: {}, `{"type":"Image","name":"A\u202e roof\n"}`: {name: "A roof"}, `{"nameMap":{"de":"Ein Dach"}}`: {name: "Ein Dach"},
		`{"summary":"A roof"}`: {name: "A roof"}, `{"focalPoint":[-0.12345,1]}`: {point: [2]float64{-0.1235, 1}}, `{"focalPoint":null}`: {},
	} {
		name, point, err := activity.DecodeUpload([]byte(in))
		if err != nil || name != want.name || point != want.point {
			t.Errorf("%s: got %q %v, %v", in, name, point, err)
		}
	}
	for _, in := range []string{`[]`, `"x"`, `{"focalPoint":[1]}`, `{"focalPoint":[0,1.5]}`, `{"focalPoint":{"x":1}}`, `{"name":"` + strings.Repeat("x", 1501) + `"}`} {
		if _, _, err := activity.DecodeUpload([]byte(in)); coop.CodeOf(err) != coop.Invalid {
			t.Errorf("%s: got %v", in, err)
		}
	}
}

// A poster of ours that comes back unchanged stays one; a new focus is something new.
func TestPictureThatSaysNothingNewStays(t *testing.T) {
	t.Parallel()
	was := meetup()
	was.Image.Blurhash, was.Image.Focus, was.Image.Alt, was.Image.Made = "LKTSUA", [2]float64{0.5, 0}, "A roof", true
	url := string(site.ImageURL(was.Image))
	for _, c := range []struct {
		sent  string
		made  bool
		focus [2]float64
	}{
		{`"` + url + `"`, true, was.Image.Focus},
		{`{"type":"Image","url":"` + url + `","name":` + quoted(was.Image.Alt) + `}`, true, was.Image.Focus},
		{`{"type":"Image","url":"` + url + `","name":` + quoted(was.Image.Alt) + `,"focalPoint":[0.5,0.0]}`, true, was.Image.Focus},
		{`{"type":"Image","url":"` + url + `","name":` + quoted(was.Image.Alt) + `,"focalPoint":[0,1]}`, false, [2]float64{0, 1}},
		{`{"type":"Image","url":"` + url + `","name":"another"}`, false, was.Image.Focus},
	} {
		sub, err := activity.DecodeSubmission([]byte(`{"type":"Event","image":`+c.sent+`}`), site)
		if err != nil {
			t.Fatal(err)
		}
		p := was
		if err := sub.(activity.SubmitCreate).Object.Apply(&p, activity.Defaults{Language: "en", Zone: "Europe/Berlin"}, site); err != nil {
			t.Errorf("%s: %v", c.sent, err)
			continue
		}
		if i := p.Image; i.Made != c.made || i.Focus != c.focus || i.Blurhash != "LKTSUA" || i.Width != was.Image.Width {
			t.Errorf("%s: got %+v", c.sent, i)
		}
	}
}
