// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plenum/activity"
	"plenum/coop"
)

// withDefaults is the post with what a served object says in its place where the
// author said nothing.
func withDefaults(p coop.Post) coop.Post {
	for i, l := range p.Links {
		if l.MediaType == "" {
			p.Links[i].MediaType = "text/html"
		}
	}
	if p.Kind.Event() && p.Status == "" {
		p.Status = coop.Scheduled
	}
	if p.Kind.Event() && p.Image.Made {
		p.Image.Alt = p.PosterAlt()
	}
	return p
}

func TestAClientMaySendBackTheWholeObjectThatItRead(t *testing.T) {
	t.Parallel()
	written := talk()
	written.Source, written.Links[1].MediaType = "Sampling profilers lie in *four* ways.", "text/html"
	long := meetup()
	long.Summary = longLine(490)
	joined := talk()
	joined.JoinURL, joined.Capacity = "https://tickets.example/talk", 3
	noon := allDay()
	noon.When.End = "2018-12-30"
	for name, p := range map[string]coop.Post{
		"meetup": meetup(), "talk": talk(), "markdown": written, "report": report(), "note": note(), "german": german(), "all day": allDay(),
		"days": noon, "online": online(), "cancelled": cancelled(), "rescheduled": rescheduled(), "long summary": long,
		"restricted": seats(), "elsewhere": elsewhere(), "talk elsewhere": joined,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := withDefaults(p)
			update, err := json.Marshal(map[string]json.RawMessage{"type": json.RawMessage(`"Update"`), "object": object(t, want)})
			if err != nil {
				t.Fatal(err)
			}
			sub, err := activity.DecodeSubmission(update, site)
			if err != nil {
				t.Fatal(err)
			}
			got := want
			if err := sub.(activity.SubmitUpdate).Object.Apply(&got, activity.Defaults{Language: "en", Zone: "Europe/Berlin"}, site); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("what was read and sent back changed the post:\n%s", diff)
			}
		})
	}
}

func longLine(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefg "[i%8]
	}
	return string(b[:n-1]) + "z"
}
