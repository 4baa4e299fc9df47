// SPDX-License-Identifier: AGPL-3.0-or-later

package web_test

import (
	"bytes"
	"io"
	"maps"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/web"
)

// The report that Plenum began with, with its meetups and its talk, and what else
// the pages have to show.

var site = coop.Site{Domain: "events.example"}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func chrome(lang string) web.Chrome {
	return web.Chrome{
		Lang: lang, Site: site, SiteTitle: "Events of our collectives", Version: "0.1.0",
		Source: "https://code.example/plenum", HasImprint: true, HasPrivacy: true,
	}
}

func kollektiv() coop.Coop {
	return coop.Coop{
		Name: "it_kollektiv", Type: coop.Group, Title: "IT-Kollektiv", Language: "en", Zone: "Europe/Berlin",
		Summary: "<p>A collective of people who make software without bosses. We met at the <a href=\"https://events.ccc.de/\">Congress</a> and went on from there.</p>",
		Icon:    coop.Image{File: "icon-it.png", MediaType: "image/png", Alt: "Logo of IT-Kollektiv", Width: 400, Height: 400},
		Fields:  []coop.Field{{Name: "Website", Value: "https://it-kollektiv.example/"}, {Name: "Town", Value: "Leipzig"}},
		Created: at("2018-12-01T10:00:00Z"),
	}
}

func komona() coop.Coop {
	return coop.Coop{
		Name: "komona", Type: coop.Group, Title: "Komona assembly", Language: "en", Zone: "Europe/Berlin", Approve: true,
		Summary: "<p>A space for everybody who works together as equals.</p>",
		Icon:    coop.Image{File: "icon-komona.png", MediaType: "image/png", Alt: "Logo of Komona assembly", Width: 400, Height: 400},
	}
}

func report() coop.Post {
	return coop.Post{
		ID: "01CZZZZZZZ0000000000000001", Coop: "it_kollektiv", Kind: coop.Report, Slug: "tech-coops-at-35c3",
		Title: "Tech-Coops at 35C3: report and talk", Language: "en", Tags: []string{"tech-coops", "35c3"},
		Summary: "Two meetups, a talk and an assembly inside the Komona space: tech co-ops at the 35th Chaos Communication Congress.",
		Body: `<p>Building on the first tech-coops meetup in 2017 at the 34C3 and the connections made there, even more activity around tech-coops took place at the 35C3.</p>
<h2>Meetups</h2><p>Some questions that were discussed:</p>
<ul><li>What is a tech-coop? Progressive coops vs. traditional coops.</li><li>How to work together internationally in the future? How to stay in contact.</li><li>Pros and cons of working for NGOs.</li><li>Unions and political alignment.</li></ul>
<h2>Future</h2><p>The assembly was another big step forward for furthering connections on an international level and bringing the idea of tech-coops into more communities.</p>
<blockquote><p>We want to thank our friends from <a href="https://coops.tech" rel="nofollow noopener noreferrer">CoTech</a> and everyone involved with Komona for making all of this possible.</p></blockquote>`,
		Text:     "Building on the first tech-coops meetup in 2017 at the 34C3 and the connections made there",
		Original: "https://it-kollektiv.example/blog/35c3-report",
		Links: []coop.Link{
			{Name: "Tech Co-ops Assembly 35C3", URL: "https://wiki.coops.tech/wiki/Tech_Co-ops_Assembly_35C3", MediaType: "text/html"},
			{URL: "https://events.ccc.de/congress/2018/wiki/index.php/Assembly:IT-Kollektiv", MediaType: "text/html"},
		},
		State: coop.Published, Rev: 1, Published: at("2019-01-07T09:30:00Z"),
	}
}

func meetup(slug, day string) coop.Post {
	return coop.Post{
		ID: "01CZZZZZZZ0000000000000002", Coop: "it_kollektiv", Kind: coop.Meetup, Slug: slug,
		Title: "Tech-Coops meetup", Language: "en", Tags: []string{"tech-coops"}, Summary: "For everybody who works in a tech co-op or wants to.",
		Body:  "<p>How to get a coop started, how to find clients, and how to work together internationally.</p>",
		When:  coop.When{Start: coop.Wall(day), Zone: "Europe/Berlin", AllDay: true},
		Place: coop.Place{Name: "Komona", Address: "Leipzig, Germany"},
		Image: coop.Image{File: "poster-meetup.png", MediaType: "image/png", Alt: "Poster: Tech-Coops meetup", Width: 1200, Height: 630, Made: true},
		State: coop.Published, Rev: 1, Published: at("2018-12-20T18:00:00Z"),
	}
}

func talk() coop.Post {
	lat, long := 51.3965, 12.4026
	return coop.Post{
		ID: "01CZZZZZZZ0000000000000003", Coop: "it_kollektiv", Kind: coop.Talk, Slug: "no-masters-no-slave",
		Title: "Tech-Coops: No masters, no slave", Language: "en", Tags: []string{"tech-coops", "35c3"},
		Summary: "The history and development of IT-Kollektiv.",
		Body:    "<p>On the third day we held a talk on tech-coops and the history and development of IT-Kollektiv. Around 40 people attended and we had a good and inspiring discussion after the talk.</p>",
		When:    coop.When{Start: "2018-12-29T17:00:00", End: "2018-12-29T18:00:00", Zone: "Europe/Berlin"},
		Place:   coop.Place{Name: "Komona", Street: "Messe-Allee 1", Postcode: "04356", Locality: "Leipzig", Country: "Germany", Latitude: &lat, Longitude: &long},
		Online:  "https://live.example/komona", Speakers: []coop.Person{{Name: "IT-Kollektiv", URL: "https://it-kollektiv.example/"}, {Name: "Friends"}},
		Links: []coop.Link{{Name: "Slides", URL: "https://talks.komona.org/35c3/talk/FZVFSF/", MediaType: "application/pdf"}},
		Image: coop.Image{File: "poster-talk.png", MediaType: "image/png", Alt: "Poster: Tech-Coops: No masters, no slave", Width: 1200, Height: 630, Made: true},
		State: coop.Published, Rev: 2, Published: at("2018-12-20T18:00:00Z"), Updated: at("2019-01-02T08:00:00Z"),
	}
}

func cancelled() coop.Post {
	p := meetup("autumn-meetup", "2026-12-02")
	p.Title, p.Language, p.Status = "Herbsttreffen der Genossenschaften", "de", coop.Cancelled
	p.Summary = "Für alle, die in einem Kollektiv arbeiten oder eines gründen wollen."
	p.Image.Made, p.Image.Alt = false, "Plakat: Herbsttreffen der Genossenschaften"
	p.When = coop.When{Start: "2026-12-02T18:30:00", End: "2026-12-02T21:00:00", Zone: "Europe/Berlin"}
	return p
}

func note() coop.Post {
	return coop.Post{
		ID: "01CZZZZZZZ0000000000000009", Coop: "komona", Kind: coop.Note, Slug: "thanks", Language: "en",
		Body: "<p>Thank you all for coming!</p>", Text: "Thank you all for coming!", ReplyTo: "https://social.example/notes/1",
		State: coop.Published, Rev: 1, Published: at("2019-01-08T23:30:00Z"),
	}
}

func received() []web.NetworkItem {
	author := coop.Actor{ID: "https://cotech.example/ap/coops/cotech", Username: "cotech", Name: "CoTech", URL: "https://cotech.example/@cotech"}
	return []web.NetworkItem{
		{Author: author, Received: coop.Received{
			Object: "https://cotech.example/ap/events/01CZZZZZZZ0000000000000021", Type: "Event", By: author.ID, Via: author.ID,
			At: at("2019-01-09T10:00:00Z"), Updated: at("2019-01-09T09:59:00Z"), Name: "International solidarity: a video call",
			Summary: "Wed 6 Feb 2019, 18:00 (UTC) · Online · The next step after Leipzig.", URL: "https://cotech.example/@cotech/video-call",
		}},
		{Author: author, Sender: coop.Actor{ID: "https://events.other.example/ap/actor", Name: "Events of others"}, Received: coop.Received{
			Object: "https://cotech.example/ap/reports/01CZZZZZZZ0000000000000022", Type: "Article", By: author.ID, Via: "https://events.other.example/ap/actor",
			At: at("2019-01-08T10:00:00Z"), Name: "What we took home from Leipzig", URL: "https://cotech.example/@cotech/leipzig",
			Summary: "CoTech members came home with ideas for working together across borders, and a zine to write.",
		}},
		{Received: coop.Received{
			Object: "https://unknown.example/notes/23", Type: "Note", By: "https://unknown.example/users/x", Via: "https://unknown.example/users/x",
			At: at("2019-01-07T10:00:00Z"), Summary: "A note without a title, from somebody of whom we know only the address.",
		}},
	}
}

const imprint = "<p>Responsible: IT-Kollektiv, Example Street 1, 04109 Leipzig.</p>"

// extremes is a post that is too long in every direction.
func extremes(lang string) web.PostView {
	post, c := talk(), kollektiv()
	post.Title = strings.Repeat("Genossenschaftsgründungsberatungs", 4) + " " + strings.Repeat("und noch ein Wort ", 6)
	post.Place = coop.Place{Name: strings.Repeat("Straße", 30)}
	post.When.End = "2018-12-31T04:00:00"
	post.Body = "<p>" + strings.Repeat("x", 400) + "</p><pre><code>" + strings.Repeat("code ", 60) + "</code></pre>"
	post.Image = coop.Image{File: "portrait.png", Width: 800, Height: 1200}
	post.Tags = strings.Fields(strings.Repeat("schlagwort ", 20))
	c.Icon, c.Title = coop.Image{}, strings.Repeat("Kollektiv", 12)
	return web.PostView{Chrome: chrome(lang), Post: post, Coop: c, Parts: []coop.Post{post}}
}

// views are all pages with everything on them, by the name of a file.
func views(p *web.Pages, lang string) map[string]func(io.Writer) error {
	c := chrome(lang)
	coops := []coop.Coop{kollektiv(), komona()}
	upcoming := []coop.Post{meetup("meetup-one", "2018-12-27"), talk(), cancelled()}
	newest := []coop.Post{note(), report(), talk(), meetup("meetup-one", "2018-12-27")}
	all := map[string]func(io.Writer) error{
		"home": func(w io.Writer) error {
			return p.Home(w, web.HomeView{Chrome: c, Coops: coops, Upcoming: upcoming, Posts: newest, Calendar: "https://events.example/calendar.ics"})
		},
		"home-empty": func(w io.Writer) error { return p.Home(w, web.HomeView{Chrome: c}) },
		"coop": func(w io.Writer) error {
			return p.Coop(w, web.CoopView{Chrome: c, Coop: kollektiv(), Followers: 42, Published: 4, Upcoming: upcoming, Posts: newest[1:],
				Older: "https://events.example/@it_kollektiv?before=01CZZZZZZZ0000000000000002", Newer: "https://events.example/@it_kollektiv"})
		},
		"coop-empty": func(w io.Writer) error { return p.Coop(w, web.CoopView{Chrome: c, Coop: komona()}) },
		"report": func(w io.Writer) error {
			return p.Post(w, web.PostView{Chrome: c, Post: report(), Coop: kollektiv(), Parts: upcoming})
		},
		"talk": func(w io.Writer) error {
			return p.Post(w, web.PostView{Chrome: c, Post: talk(), Coop: kollektiv(), Whole: report()})
		},
		"meetup": func(w io.Writer) error {
			return p.Post(w, web.PostView{Chrome: c, Post: meetup("meetup-one", "2018-12-27"), Coop: kollektiv(), Whole: report()})
		},
		"cancelled": func(w io.Writer) error {
			return p.Post(w, web.PostView{Chrome: c, Post: cancelled(), Coop: kollektiv()})
		},
		"discussed":  func(w io.Writer) error { return p.Post(w, discussed(lang)) },
		"restricted": func(w io.Writer) error { return p.Post(w, restrictedMeetup(lang)) },
		"external":   func(w io.Writer) error { return p.Post(w, external(lang)) },
		"closed":     func(w io.Writer) error { return p.Post(w, closed(lang)) },
		"note":       func(w io.Writer) error { return p.Post(w, web.PostView{Chrome: c, Post: note(), Coop: komona()}) },
		"tag": func(w io.Writer) error {
			return p.Tag(w, web.TagView{Chrome: c, Tag: "tech-coops", Coops: coops, Posts: newest})
		},
		"tag-empty": func(w io.Writer) error { return p.Tag(w, web.TagView{Chrome: c, Tag: "nothing"}) },
		"about": func(w io.Writer) error {
			return p.About(w, web.AboutView{Chrome: c, Contact: "hello@events.example", Coops: coops, Imprint: imprint, Privacy: "<p>We keep no logs of visitors.</p>"})
		},
		"network": func(w io.Writer) error {
			return p.Network(w, web.NetworkView{Chrome: c, Items: received(), Following: 2})
		},
		"network-empty": func(w io.Writer) error { return p.Network(w, web.NetworkView{Chrome: c}) },
		"network-quiet": func(w io.Writer) error { return p.Network(w, web.NetworkView{Chrome: c, Following: 2}) },
		"follow-ready": func(w io.Writer) error {
			return p.Follow(w, web.FollowView{Chrome: c, Coop: kollektiv(), Handle: "anna@social.example", Outcome: web.FollowReady,
				Target: "https://social.example/authorize_interaction?uri=it_kollektiv%40events.example"})
		},
		"follow-not-found": func(w io.Writer) error {
			return p.Follow(w, web.FollowView{Chrome: c, Coop: komona(), Handle: "anna@social.example", Outcome: web.FollowNotFound})
		},
		"follow-malformed": func(w io.Writer) error {
			return p.Follow(w, web.FollowView{Chrome: c, Coop: kollektiv(), Handle: "anna", Outcome: web.FollowMalformed})
		},
		"follow-unsupported": func(w io.Writer) error {
			return p.Follow(w, web.FollowView{Chrome: c, Coop: kollektiv(), Handle: "anna@social.example", Outcome: web.FollowUnsupported})
		},
		"extremes": func(w io.Writer) error { return p.Post(w, extremes(lang)) },
		"problem":  func(w io.Writer) error { return p.Problem(w, web.ProblemView{Chrome: c, Status: 404}) },
		"problem5": func(w io.Writer) error { return p.Problem(w, web.ProblemView{Chrome: c, Status: 500}) },
	}
	maps.Copy(all, memberViews(p, lang))
	return all
}

func pages(t *testing.T) *web.Pages {
	t.Helper()
	p, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func render(t *testing.T, show func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := show(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
