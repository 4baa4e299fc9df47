// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"testing"
	"time"

	"plenum/activity"
	"plenum/coop"
)

var site = coop.Site{Domain: "events.example"}

// pem is a public key whose private half was thrown away.
const pem = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA7weVyTEjMxE6BDZFCaaZ
u86tWOm+BcQ1FHQO5XS2HoBUL2NgPbTzNZL1KPsdW3Hk/LAnF9Yi5upf49UhH6eB
Zz9gecXoYsirFtmufhlOLmgCtBoZxCBfhyEFbMsYwKmR+SyNWiHTggxLWXewKpDz
FiH7RyKhNTM/BcYwuv9HEy/+CipHd28m9a4OBoJcIQBYqNNZtJ3uI8oh5cX80SR5
OJyNmY9LpZq3v7V8Axz58w6KUEvV3Vlq0zoq4vNI3CO806idN3H/ukvTUXRtVXLy
HXV4CybCKt7s1QccGLRZwcSgse8SYVUb2/NaYXwCp3FQxlDWvAc1xlnaGs8sTxKG
dQIDAQAB
-----END PUBLIC KEY-----
`

const (
	meetupID = coop.ID("01KB3Y6Q2ZM9T4X7V0R8W5N1EA")
	talkID   = coop.ID("01KB3Z0C7E5S8H2J4Q6D9M3PXR")
	reportID = coop.ID("01KB40A9V3T6K8W1Z5Y7C2QHNB")
	noteID   = coop.ID("01KB41Q4X9Y2Z6A8B0C5D7E3FG")
	createID = coop.ID("01KB3Y6QAC0000000000000001")
	otherID  = coop.ID("01KB3Y6QAC0000000000000002")
)

func moment(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func hackspace() coop.Coop {
	return coop.Coop{
		Name: "hackspace", Type: coop.Group, Title: "Hackspace Co-op Berlin",
		Summary:  "<p>Member-owned tech co-operative. Meetups, talks and reports.</p>",
		Language: "en", Zone: "Europe/Berlin",
		Fields:  []coop.Field{{Name: "Website", Value: "https://hackspace.example/"}, {Name: "Members", Value: "12 & counting"}},
		Icon:    coop.Image{File: "hackspace-400.png", MediaType: "image/png", Width: 400, Height: 400, Made: true},
		Created: moment("2026-10-01T00:00:00Z"),
	}
}

func relay() coop.Coop {
	return coop.Coop{
		Name: coop.Relay, Type: coop.Application, Title: "events.example", Language: "en",
		Icon: coop.Image{File: "relay-400.png", MediaType: "image/png", Made: true}, Created: moment("2026-10-01T00:00:00Z"),
	}
}

func degrees(f float64) *float64 { return &f }

func meetup() coop.Post {
	return coop.Post{
		ID: meetupID, Coop: "hackspace", Kind: coop.Meetup, Slug: "go-meetup-12", Title: "Go Meetup #12: profiling in production", Summary: "free",
		Body: `<p>Two short talks and a hands-on session about pprof, execution traces and flame graphs.</p><ul><li>18:30 Doors, snacks</li>` +
			`<li>19:00 <a href="https://events.example/@hackspace/pprof">Flame graphs you can trust</a></li></ul>`,
		Text:     "Two short talks and a hands-on session about pprof, execution traces and flame graphs.\n\n18:30 Doors, snacks\n19:00 Flame graphs you can trust",
		Language: "en", Tags: []string{"golang"},
		When: coop.When{Start: "2026-12-02T18:30:00", End: "2026-12-02T21:00:00", Zone: "Europe/Berlin"},
		Place: coop.Place{
			Name: "c-base", Street: "Rungestr. 20", Postcode: "10179", Locality: "Berlin", Region: "Berlin", Country: "Germany",
			Latitude: degrees(52.512978), Longitude: degrees(13.420104),
		},
		Image: coop.Image{File: "01kb3y6q2z.png", MediaType: "image/png", Width: 1200, Height: 630, Made: true},
		State: coop.Published, Rev: 1, Published: moment("2026-11-22T09:00:00Z"), Activity: createID, Announce: otherID,
	}
}

func talk() coop.Post {
	p := meetup()
	p.ID, p.Kind, p.Slug, p.Title, p.Summary = talkID, coop.Talk, "pprof", "Talk: Flame graphs you can trust", ""
	p.Body = "<p>Sampling profilers lie in four ways. We show each of them on a live service and how to notice.</p>"
	p.Text = "Sampling profilers lie in four ways. We show each of them on a live service and how to notice."
	p.When = coop.When{Start: "2026-12-02T19:00:00", End: "2026-12-02T19:45:00", Zone: "Europe/Berlin"}
	p.Online = "https://live.example/c-base"
	p.Speakers = []coop.Person{{Name: "Alice Doe", URL: "https://social.example/users/alice"}, {Name: "Bob Roe", URL: "https://bob.example/"}, {Name: "Carol <c>"}}
	p.Mentions = []coop.Mention{{Actor: "https://social.example/users/alice", Handle: "@alice@social.example"}}
	p.Cc = []coop.IRI{"https://social.example/users/alice"}
	p.Links = []coop.Link{
		{Name: "Slides (PDF, 2.1 MB)", URL: "https://hackspace.example/pprof.pdf", MediaType: "application/pdf"},
		{Name: "Recording", URL: "https://tube.example/w/abc?t=1&l=en"},
	}
	p.Original, p.PartOf, p.Published = "https://hackspace.example/talks/pprof", meetupID, moment("2026-11-22T09:05:00Z")
	return p
}

func report() coop.Post {
	return coop.Post{
		ID: reportID, Coop: "hackspace", Kind: coop.Report, Slug: "200-meetups", Title: "What we learned running 200 meetups as a co-op",
		Summary: "Nine years, 200 evenings, four venues. What worked, what we stopped doing, and the budget in numbers.",
		Body:    "<p>Nine years ago three of us booked a back room…</p><h2>Money</h2><ul><li>Venue: 41 %</li><li>Catering: 33 %</li></ul>",
		Text:    "Nine years ago three of us booked a back room…", Language: "en", Tags: []string{"cooperatives"},
		Image:    coop.Image{File: "200-meetups.jpg", MediaType: "image/jpeg", Alt: "Crowded seminar room seen from the back row"},
		Original: "https://hackspace.example/200",
		State:    coop.Published, Rev: 1, Published: moment("2026-11-22T10:00:00Z"), Activity: createID,
	}
}

func note() coop.Post {
	return coop.Post{
		ID: noteID, Coop: "hackspace", Kind: coop.Note, Slug: "doors", Body: "<p>Doors open at 18:00 today.</p>", Text: "Doors open at 18:00 today.",
		Language: "en", ReplyTo: site.Object(coop.Meetup, meetupID),
		Image: coop.Image{URL: "https://hackspace.example/door.webp", MediaType: "image/webp", Alt: "An open door"},
		State: coop.Published, Rev: 1, Published: moment("2026-12-02T15:00:00Z"), Activity: createID,
	}
}

// seenBy is the note, for some.
func seenBy(v coop.Visibility) coop.Post {
	p := note()
	p.Visibility = v
	return p
}

func german() coop.Post {
	p := meetup()
	p.Slug, p.Title, p.Summary, p.Language = "go-treffen-12", "Go-Treffen Nr. 12", "Eintritt frei", "de"
	p.Body, p.Text = "<p>Zwei kurze Vorträge &amp; eine Übung.</p>", "Zwei kurze Vorträge & eine Übung."
	p.Place = coop.Place{Name: "Komona", Address: "Leipzig, Deutschland"}
	return p
}

func allDay() coop.Post {
	p := meetup()
	p.Slug, p.Title, p.Summary, p.Tags = "assembly-35c3", "Tech-co-op meetup at 35C3", "", []string{"35c3", "tech-coops"}
	p.When = coop.When{Start: "2018-12-27", Zone: "Europe/Berlin", AllDay: true}
	p.Place = coop.Place{Name: "Komona", Address: "Leipzig, Germany"}
	return p
}

func online() coop.Post {
	p := meetup()
	p.Slug, p.Place, p.Online = "remote-evening", coop.Place{}, "https://call.example/room?x=1&y=2"
	p.When.End = ""
	return p
}

func cancelled() coop.Post {
	p := meetup()
	p.Status, p.Rev, p.Updated = coop.Cancelled, 2, moment("2026-11-30T12:00:00Z")
	return p
}

func rescheduled() coop.Post {
	p := cancelled()
	p.Status, p.Previous = coop.Rescheduled, p.When
	p.When.Start, p.When.End = "2027-06-09T18:30:00", "2027-06-09T21:00:00"
	return p
}

// seats is a meetup of forty seats, for which the co-op decides who has them.
func seats() coop.Post {
	p := meetup()
	p.Join, p.Capacity = coop.JoinRestricted, 40
	return p
}

// elsewhere is a meetup that is joined on another server.
func elsewhere() coop.Post {
	p := meetup()
	p.Join, p.JoinURL, p.Capacity = coop.JoinExternal, "https://tickets.example/go?a=1&b=2", 40
	return p
}

// tally is what others made of a post.
func tally() coop.Tally {
	return coop.Tally{Likes: 12, Shares: 3, Comments: 5, Held: 2, Going: 28, Waiting: 4, Asked: 6, Maybe: 7}
}

// live is the object of a post with what others made of it.
func live(t testing.TB, p coop.Post, c coop.CommentPolicy) []byte {
	t.Helper()
	return made(t)(activity.Live(site, object(t, p), activity.LiveCounts{Tally: tally(), Post: p, Comments: c}))
}

// rsvp is carol's answer to the meetup.
func rsvp(form string) coop.RSVP {
	return coop.RSVP{Post: meetupID, Coop: "hackspace", Actor: "https://mobilizon.example/@carol", Activity: "https://mobilizon.example/join/event/8d4e?a=1&b=2", Form: form}
}

// extras are those of a post: the talk is part of the meetup.
func extras(p coop.Post) activity.Extras {
	x := activity.Extras{Coop: hackspace()}
	if p.PartOf != "" {
		x.SuperEvent, x.Whole = site.Object(coop.Meetup, p.PartOf), site.Page("hackspace", "go-meetup-12")
	}
	return x
}

func object(t testing.TB, p coop.Post) []byte {
	t.Helper()
	b, err := activity.EncodeObject(site, p, extras(p))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// made returns the document that an Encode function returned.
func made(t testing.TB) func(b []byte, err error) []byte {
	return func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}
