// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	vocab "github.com/go-ap/activitypub"
	"github.com/google/go-cmp/cmp"

	"plenum/activity"
	"plenum/coop"
)

// Whatever arrives: no panic, an error and nothing or a value and no error, and a
// value that can be said again without becoming another document.
func FuzzDecode(f *testing.F) {
	for _, file := range samples(f, "testdata/inbound/*/*.json") {
		f.Add(contents(f, file))
	}
	f.Add(contents(f, "testdata/hang.json"))
	f.Add([]byte(`{"id":"https://a.example/1\",\"actor\":\"https://evil","type":"Undo","actor":{"id":"https://a.example/u"},"object":{"type":"Follow"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a, err := activity.DecodeActor(raw, true); err == nil {
			if !coop.SameOrigin(a.ID, a.Inbox) || a.SharedInbox != "" && !coop.SameOrigin(a.ID, a.SharedInbox) || !isPlain(a.Name) {
				t.Errorf("%+v", a)
			}
		}
		in, err := activity.Decode(raw, true)
		if err != nil {
			if in != nil || coop.CodeOf(err) != coop.Invalid && coop.CodeOf(err) != coop.TooLarge || len(err.Error()) > 250 {
				t.Errorf("got %v, %v", in, err)
			}
			return
		}
		h := in.Head()
		again, err := json.Marshal(map[string]any{"id": h.ID, "actor": h.Actor, "type": h.Type, "object": "https://a.example/",
			"target": "https://a.example/t", "instrument": "https://a.example/i", "content": "🎉"})
		if err != nil || activity.Check(again) != nil {
			t.Fatalf("%s: %v", again, err)
		}
		if back, err := activity.Decode(again, true); err != nil || back.Head().ID != h.ID || back.Head().Actor != h.Actor || back.Head().Type != h.Type {
			t.Errorf("got %v, %v want %s %s %s", back, err, h.Type, h.ID, h.Actor)
		}
		if c, ok := in.(activity.Create); ok && c.Object.Embedded {
			o, err := activity.DecodeObject(c.Object.Raw, true)
			if err != nil || o.ID != c.Object.ID || !isPlain(o.Name) || !isPlain(o.Summary) {
				t.Errorf("got %+v, %v", o, err)
			}
			if o.URL != "" && !coop.SameOrigin(o.URL, o.ID) {
				t.Errorf("page %s of %s", o.URL, o.ID)
			}
			if len(o.Content) > coop.MaxComment || !utf8.ValidString(o.Content) || o.InReplyTo == "" && (o.Content != "" || o.Vote) || o.Vote && o.Content != "" {
				t.Errorf("got %+v", o)
			}
		}
		switch in := in.(type) {
		case activity.Like:
			if len(in.Emoji) > 64 || !isPlain(in.Emoji) {
				t.Errorf("got emoji %+q", in.Emoji)
			}
		case activity.Join:
			if !utf8.ValidString(in.Message) || utf8.RuneCountInString(in.Message) > coop.MaxMessage+1 {
				t.Errorf("got message %+q", in.Message)
			}
		case activity.Flag:
			if len(in.Objects) == 0 || len(in.Objects) > 50 || utf8.RuneCountInString(in.Text) > coop.MaxMessage+1 {
				t.Errorf("got %+v", in)
			}
		}
		activity.Addresses(raw, h.Actor)
	})
}

func isPlain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) && utf8.RuneCountInString(s) <= coop.MaxSummary+1
}

// What ParseIRI lets in survives go-ap, which writes IRIs between quotes as they
// are, and encoding/json, byte for byte.
func FuzzIRI(f *testing.F) {
	for _, s := range []string{"https://a.example/1", "https://a.example/caf%C3%A9?x=1#y", "https://a.example/ä", `https://e.x/1","attributedTo":"https://evil`,
		"https://e.x/\n", "javascript:alert(1)", "https://u:p@e.x/", "", "/rel", "http://localhost:8080/", "https://[::1]:443/", "https://e.x/\\", "https://e.x:99999/", "https:///x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		iri, err := activity.ParseIRI(s, true)
		if err != nil {
			if iri != "" {
				t.Errorf("got %q with %v", iri, err)
			}
			return
		}
		for _, v := range []any{vocab.IRI(iri), iri} {
			b, err := json.Marshal(v)
			var back string
			if err != nil || json.Unmarshal(b, &back) != nil || back != s {
				t.Errorf("%q became %q by way of %s (%v)", s, back, b, err)
			}
		}
		if coop.HostOf(iri) == "" {
			t.Errorf("%q has no host", iri)
		}
		// What is let in without a look at its parts is nothing that a look would refuse.
		u, err := url.Parse(s)
		if err != nil || u.User != nil || u.Hostname() == "" || strings.HasSuffix(u.Host, ":") || !strings.EqualFold(u.Host, coop.HostOf(iri)) {
			t.Errorf("%q is let in: %v, %v", s, u, err)
		}
	})
}

// Whatever a client posts: no panic, an error with a sentence for it, or a post
// that is within its limits and that the same patch changes no further.
func FuzzSubmission(f *testing.F) {
	f.Add([]byte(`{"type":"Note","@context":["https://www.w3.org/ns/activitystreams"]}`))
	f.Add([]byte(`{"type":"Create","to":"as:Public","object":{"type":"Article","name":"A title","content":"<p>x</p>","contentMap":{"de":"y"},"tag":[{"type":"Hashtag","name":"#a"},{"type":"Mention","href":"https://a.example/u","name":"@u@a.example"}]}}`))
	f.Add([]byte(`{"type":"Event","name":"Meetup","startTime":"2018-12-29","plenum:allDay":true,"endTime":"2018-12-31T00:00:00+01:00","timezone":"Europe/Berlin","location":[{"name":"a","address":{"streetAddress":"b"},"latitude":1,"longitude":2},{"type":"VirtualLocation","url":"https://o.example/"}],"performer":["A",{"name":"B","url":"https://b.example/"}],"eventStatus":"EventRescheduled","previousStartTime":"2018-12-28","image":{"url":"https://events.example/media/a.png","name":"alt"},"attachment":[{"type":"Link","href":"https://l.example/","name":"L"}],"plenum:slug":"a-b","plenum:kind":"talk"}`))
	f.Add([]byte(`{"type":"Update","object":{"id":"https://events.example/ap/notes/01KB3Y6Q2ZM9T4X7V0R8W5N1EA","source":{"mediaType":"text/markdown","content":"*x*"}}}`))
	f.Add([]byte(`{"type":"Undo","object":{"type":"Follow","object":"https://a.example/u"}}`))
	f.Add([]byte(`{"type":"Accept","object":{"type":"Join","id":"https://a.example/1","actor":"https://a.example/u","object":"` + eventID + `"}}`))
	f.Add([]byte(`{"type":"Remove","object":"` + eventID + `","target":"https://events.example/ap/coops/a/featured"}`))
	f.Add([]byte(`{"type":"Offer","object":"` + eventID + `","target":"https://events.example/ap/coops/b"}`))
	f.Add([]byte(`{"type":"Event","name":"Meetup","startTime":"2026-12-02T18:30:00","timezone":"Europe/Berlin","joinMode":"restricted","maximumAttendeeCapacity":40}`))
	f.Add([]byte(`{"type":"Event","name":"Meetup","startTime":"2026-12-02T18:30:00","timezone":"Europe/Berlin","plenum:kind":"talk","plenum:partOf":"a","externalParticipationUrl":"https://events.example/@a/b"}`))
	for _, file := range samples(f, "testdata/inbound/m*/*.json") {
		f.Add(contents(f, file))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		sub, err := activity.DecodeSubmission(raw, events)
		if err != nil {
			if e, ok := err.(*coop.Error); !ok || sub != nil || e.Msg == "" || len(e.Msg) > 400 || len(e.Member) > 250 {
				t.Errorf("got %v, %v", sub, err)
			}
			return
		}
		create, ok := sub.(activity.SubmitCreate)
		if !ok {
			return
		}
		var post coop.Post
		if err := create.Object.Apply(&post, berlin, events); err != nil {
			if e, ok := err.(*coop.Error); !ok || e.Member == "" || e.Msg == "" {
				t.Errorf("got %v", err)
			}
			return
		}
		kind, err := create.Object.Kind()
		if err != nil || kind != post.Kind || utf8.RuneCountInString(post.Title) > coop.MaxTitle || len(post.Body)+len(post.Source) > 2*coop.MaxText || !isPlain(post.Title) {
			t.Errorf("%s, %v: %+v", kind, err, post)
		}
		again := post
		if err := create.Object.Apply(&again, berlin, events); err != nil {
			t.Errorf("the second time: %v", err)
		}
		if diff := cmp.Diff(post, again); diff != "" {
			t.Errorf("the second time: %s", diff)
		}
	})
}
