// SPDX-License-Identifier: AGPL-3.0-or-later

package web_test

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"plenum/coop"
	"plenum/web"
)

// has fails the test unless each fragment stands in the page.
func has(t *testing.T, body string, fragments ...string) {
	t.Helper()
	for _, f := range fragments {
		if !strings.Contains(body, f) {
			t.Errorf("the page lacks\n\t%s", f)
		}
	}
	if t.Failed() {
		t.Log(body)
	}
}

func hasNot(t *testing.T, body string, fragments ...string) {
	t.Helper()
	for _, f := range fragments {
		if strings.Contains(body, f) {
			t.Errorf("the page has\n\t%s", f)
		}
	}
}

func TestHeadOfATalkTellsOtherSites(t *testing.T) {
	t.Parallel()
	body := render(t, views(pages(t), "en")["talk"])
	has(t, body,
		`<title>Tech-Coops: No masters, no slave · Events of our collectives</title>`,
		`<link rel="canonical" href="https://events.example/@it_kollektiv/no-masters-no-slave">`,
		`<link rel="alternate" type="application/activity+json" href="https://events.example/ap/events/01CZZZZZZZ0000000000000003">`,
		`<link rel="alternate" type="text/calendar" href="https://events.example/@it_kollektiv/no-masters-no-slave.ics">`,
		`<meta property="og:type" content="article">`,
		`<meta property="og:title" content="Tech-Coops: No masters, no slave">`,
		`<meta property="og:description" content="Sat 29 Dec 2018, 17:00–18:00 (CET) · IT-Kollektiv, Friends · Komona, Messe-Allee 1, 04356 Leipzig, Germany &#43; online · The history and development of IT-Kollektiv.">`,
		`<meta property="og:url" content="https://events.example/@it_kollektiv/no-masters-no-slave">`,
		`<meta property="og:image" content="https://events.example/media/poster-talk.png">`,
		`<meta property="og:image:alt" content="Poster: Tech-Coops: No masters, no slave">`,
		`<meta name="fediverse:creator" content="@it_kollektiv@events.example">`,
	)
	hasNot(t, body, "noindex")
}

func TestTalkSaysWhenWhereAndWho(t *testing.T) {
	t.Parallel()
	has(t, render(t, views(pages(t), "de")["talk"]),
		`<article class="post h-event">`,
		`<h1 class="p-name" lang="en">Tech-Coops: No masters, no slave</h1>`,
		`<dd>Samstag, 29.`+"\u00a0Dezember\u00a0"+`2018, <span class="hours"><time class="dt-start" datetime="2018-12-29T17:00:00&#43;01:00">17:00</time>–<time class="dt-end" datetime="2018-12-29T18:00:00&#43;01:00">18:00</time> Uhr (MEZ)</span></dd>`,
		`<span class="p-location h-card"><bdi class="p-name">Komona</bdi><br><bdi class="p-adr">Messe-Allee 1, 04356 Leipzig, Germany</bdi></span>`,
		`href="https://www.openstreetmap.org/?mlat=51.3965&amp;mlon=12.4026#map=17/51.3965/12.4026"`,
		`<a href="https://live.example/komona" rel="nofollow noopener">Online teilnehmen</a>`,
		`<a class="p-name u-url" href="https://it-kollektiv.example/" rel="nofollow noopener"><bdi>IT-Kollektiv</bdi></a>`,
		`<bdi class="p-name">Friends</bdi>`,
		`<a href="https://talks.komona.org/35c3/talk/FZVFSF/" rel="nofollow noopener">Slides</a> <span class="tagged">PDF</span> <span class="host">talks.komona.org</span>`,
		`<a class="button" href="https://events.example/@it_kollektiv/no-masters-no-slave.ics">In den Kalender (ICS)</a>`,
		`Teil von <a href="https://events.example/@it_kollektiv/tech-coops-at-35c3" lang="en">Tech-Coops at 35C3: report and talk</a>`,
		`<img class="u-featured wide" src="https://events.example/media/poster-talk.png" alt="Poster: Tech-Coops: No masters, no slave" lang="en" width="1200" height="630">`,
		`<div class="prose e-content" lang="en"><p>On the third day`,
		`Geändert <time class="dt-updated" datetime="2019-01-02T08:00:00Z">2. Januar 2019</time>`,
		`<a rel="tag" href="https://events.example/tags/35c3">#<span class="p-category">35c3</span></a>`,
	)
}

func TestMeetupOfAWholeDayHasNoHours(t *testing.T) {
	t.Parallel()
	body := render(t, views(pages(t), "en")["meetup"])
	has(t, body, `<dd><span><time class="dt-start" datetime="2018-12-27">Thursday, 27`+"\u00a0December\u00a0"+`2018</time></span></dd>`)
	if m := regexp.MustCompile(`\b\d\d:\d\d\b[^Z]`).FindString(body); m != "" {
		t.Errorf("the page invents the time %s", m)
	}
}

func TestReportShowsItsPartsAndItsOrigin(t *testing.T) {
	t.Parallel()
	body := render(t, views(pages(t), "en")["report"])
	has(t, body,
		`<article class="post h-entry">`,
		`<blockquote><p>We want to thank our friends`,
		`Originally published at <a class="u-syndication" href="https://it-kollektiv.example/blog/35c3-report" rel="nofollow noopener">it-kollektiv.example/blog/35c3-report</a>`,
		`<h2 id="parts">More on this</h2>`,
		`<h3 class="card-title"><a class="p-name u-url" href="https://events.example/@it_kollektiv/no-masters-no-slave" lang="en">`,
		`<time class="dt-start" datetime="2018-12-27">Thu 27 Dec 2018</time>`,
	)
	hasNot(t, body, "text/calendar", ".ics", `class="facts`)
}

func TestWhatBecameOfAnEventIsSaid(t *testing.T) {
	t.Parallel()
	p := pages(t)
	for status, want := range map[coop.Status][]string{
		coop.Scheduled: nil,
		coop.Cancelled: {`<strong class="badge">Cancelled</strong>`, `<p class="notice off"><strong>This event is cancelled.</strong></p>`, `<title>[Abgesagt] Herbsttreffen`},
		coop.Postponed: {`<strong class="badge">Postponed</strong>`, `There is no new date yet.`, `class="facts off"`},
		coop.Tentative: {`<strong class="badge">Tentative</strong>`, `<p class="notice">`},
		coop.Rescheduled: {`<strong class="badge">New date</strong>`,
			`<strong>This event has a new date.</strong> It was planned for Mon 30 Nov 2026, 18:30 (CET).</p>`},
	} {
		post := cancelled()
		post.Status = status
		if status == coop.Rescheduled {
			post.Previous = coop.When{Start: "2026-11-30T18:30:00", Zone: "Europe/Berlin"}
		}
		body := render(t, func(w io.Writer) error {
			return p.Post(w, web.PostView{Chrome: chrome("en"), Post: post, Coop: kollektiv()})
		})
		has(t, body, want...)
		if want == nil {
			hasNot(t, body, `class="badge"`, `class="notice`)
		}
	}
}

func TestNoteWithoutATitleIsNamedByItsDay(t *testing.T) {
	t.Parallel()
	has(t, render(t, views(pages(t), "de")["note"]),
		`<h1 class="p-name" lang="en">Notiz vom 9. Januar 2019</h1>`,
		`<a class="u-in-reply-to" href="https://social.example/notes/1" rel="nofollow noopener">`,
		`<meta property="og:description" content="Thank you all for coming!">`,
	)
}

func TestCoopPageCanBeFollowedFromAnywhere(t *testing.T) {
	t.Parallel()
	p := pages(t)
	has(t, render(t, views(p, "en")["coop"]),
		`<form class="follow-form" method="post" action="/follow">`,
		`<input type="hidden" name="coop" value="it_kollektiv">`,
		`<label for="handle">Your address</label>`,
		`<input id="handle" name="handle" type="text" inputmode="email" autocapitalize="off" autocomplete="off" spellcheck="false" maxlength="255" required placeholder="you@social.example">`,
		`<code class="handle"><bdi>@it_kollektiv@events.example</bdi></code>`,
		`42 followers`, `4 posts`,
		`<dt>Website</dt><dd><a href="https://it-kollektiv.example/" rel="me nofollow noopener">it-kollektiv.example</a></dd>`,
		`<dt>Town</dt><dd>Leipzig</dd>`,
		`<a rel="next" href="https://events.example/@it_kollektiv?before=01CZZZZZZZ0000000000000002">`,
		`<link rel="alternate" type="application/activity+json" href="https://events.example/ap/coops/it_kollektiv">`,
		`<meta property="og:type" content="profile">`,
		`<meta property="og:description" content="A collective of people who make software without bosses. We met at the Congress and went on from there.">`,
	)
	empty := render(t, views(p, "de")["coop-empty"])
	has(t, empty, `Noch keine Follower`, `Noch ist nichts veröffentlicht.`, `Folgeanfragen werden von Hand bestätigt.`)
	hasNot(t, empty, `class="pager"`, `id="upcoming"`)
}

func TestHiddenCoopsAskNotToBeIndexed(t *testing.T) {
	t.Parallel()
	p, c := pages(t), kollektiv()
	c.Hidden = true
	for name, show := range map[string]func(io.Writer) error{
		"coop": func(w io.Writer) error { return p.Coop(w, web.CoopView{Chrome: chrome("en"), Coop: c}) },
		"post": func(w io.Writer) error {
			return p.Post(w, web.PostView{Chrome: chrome("en"), Coop: c, Post: report()})
		},
	} {
		if !strings.Contains(render(t, show), `<meta name="robots" content="noindex">`) {
			t.Errorf("%s: search engines are not asked to stay out", name)
		}
	}
}

func TestWhatAHandlerSetsIsKept(t *testing.T) {
	t.Parallel()
	c := chrome("en")
	c.Canonical, c.Alternate, c.Creator = "https://events.example/@it_kollektiv?before=1", "https://events.example/ap/other", "other@events.example"
	c.OpenGraph = web.OpenGraph{Type: "website", Title: "T", Description: "D", Image: "https://events.example/media/i.png", ImageAlt: "A"}
	has(t, render(t, func(w io.Writer) error { return pages(t).Coop(w, web.CoopView{Chrome: c, Coop: kollektiv()}) }),
		`<link rel="canonical" href="https://events.example/@it_kollektiv?before=1">`,
		`type="application/activity+json" href="https://events.example/ap/other">`,
		`content="@other@events.example">`,
		`<meta property="og:type" content="website">`, `<meta property="og:title" content="T">`, `<meta property="og:description" content="D">`,
		`<meta property="og:image" content="https://events.example/media/i.png">`, `<meta property="og:image:alt" content="A">`,
	)
}

func TestNetworkShowsWhatCameAndFromWhom(t *testing.T) {
	t.Parallel()
	p := pages(t)
	has(t, render(t, views(p, "en")["network"]),
		`<article class="card h-entry" data-object="https://cotech.example/ap/events/01CZZZZZZZ0000000000000021">`,
		`<a class="p-name u-url" href="https://cotech.example/@cotech/video-call" rel="nofollow noopener"><bdi>International solidarity: a video call</bdi></a>`,
		`<a class="p-author h-card" href="https://cotech.example/@cotech" rel="nofollow noopener"><bdi>CoTech</bdi></a> <bdi class="handle">@cotech@cotech.example</bdi>`,
		`Wed 6 Feb 2019, 18:00 (UTC) · Online · The next step after Leipzig.`,
		`<time class="dt-published" datetime="2019-01-09T09:59:00Z">9 January 2019</time>`,
		`Read the original on cotech.example`,
		`shared by <a href="https://events.other.example/ap/actor" rel="nofollow noopener"><bdi>Events of others</bdi></a>`,
		`<bdi>unknown.example</bdi></a>`,
		`<bdi>A note without a title, from somebody of whom we know only the address.</bdi></a>`,
		`<a href="https://events.example/network" aria-current="page">From the network</a>`,
		`<meta name="robots" content="noindex">`,
	)
	has(t, render(t, views(p, "en")["network-empty"]), `None of the co-ops here follows anybody yet.`, `plenum following add`)
	quiet := render(t, views(p, "en")["network-quiet"])
	has(t, quiet, `Nothing has arrived yet.`)
	hasNot(t, quiet, `plenum following add`)
}

func TestFollowAnswersSayWhatToDo(t *testing.T) {
	t.Parallel()
	p := pages(t)
	ready := render(t, views(p, "en")["follow-ready"])
	has(t, ready, `<a class="button strong" href="https://social.example/authorize_interaction?uri=it_kollektiv%40events.example" rel="nofollow noopener">Continue on social.example</a>`)
	hasNot(t, ready, `<form`)
	has(t, render(t, views(p, "en")["follow-malformed"]), `“anna” is not an address in the fediverse.`, `value="anna" aria-invalid="true" aria-describedby="outcome"`)
	has(t, render(t, views(p, "de")["follow-not-found"]), `Wir konnten anna@social.example nicht finden.`, `@komona@events.example`)
	unsupported := render(t, views(p, "en")["follow-unsupported"])
	has(t, unsupported, `does not tell us how to follow from there`, `<code class="handle"><bdi>@it_kollektiv@events.example</bdi></code>`)
	hasNot(t, unsupported, `aria-invalid`)
}

func TestAboutHasWhatTheLawAndTheLicenceAskFor(t *testing.T) {
	t.Parallel()
	has(t, render(t, views(pages(t), "de")["about"]),
		`<section id="imprint" aria-labelledby="imprint-heading"><h2 id="imprint-heading">Impressum</h2><div class="prose">`+imprint,
		`<section id="privacy"`, `<a href="mailto:hello@events.example">`, `<code class="handle"><bdi>@relay@events.example</bdi></code>`,
		`<a href="https://www.gnu.org/licenses/agpl-3.0.html" rel="license">`, `<a href="https://code.example/plenum">Quelltext</a>`,
		`<a href="https://events.example/about#imprint">Impressum</a>`,
		`<link rel="alternate" type="application/activity+json" href="https://events.example/ap/actor">`,
	)
	bare := render(t, func(w io.Writer) error {
		return pages(t).About(w, web.AboutView{Chrome: web.Chrome{Site: site, SiteTitle: "T"}})
	})
	hasNot(t, bare, `imprint`, `privacy`, `mailto`, `Source code`)
}

func TestEveryStatusHasWordsInBothLanguages(t *testing.T) {
	t.Parallel()
	p := pages(t)
	for status, want := range map[int][2]string{
		400: {"That request is not right", "Diese Anfrage stimmt nicht"},
		403: {"That is not allowed", "Das ist nicht erlaubt"},
		404: {"There is nothing here", "Hier ist nichts"},
		410: {"This has been removed", "Das wurde entfernt"},
		429: {"Too many requests", "Zu viele Anfragen"},
		500: {"Something went wrong here", "Hier ist etwas schiefgegangen"},
		503: {"Not available at the moment", "Zurzeit nicht erreichbar"},
	} {
		for i, lang := range []string{"en", "de"} {
			body := render(t, func(w io.Writer) error {
				return p.Problem(w, web.ProblemView{Chrome: chrome(lang), Status: status})
			})
			has(t, body, "<h1>"+want[i]+"</h1>")
			hasNot(t, body, `rel="canonical"`) // an address where nothing is has no better one
		}
	}
}

func TestWhatComesUpStandsOnThePageOnce(t *testing.T) {
	t.Parallel()
	p, c := pages(t), chrome("en")
	soon := talk()
	body := render(t, func(w io.Writer) error {
		return p.Home(w, web.HomeView{Chrome: c, Upcoming: []coop.Post{soon}, Posts: []coop.Post{soon, report()}})
	})
	if got := strings.Count(body, ">"+soon.Title+"</a>"); got != 1 {
		t.Errorf("the talk stands on the page %d times, want 1", got)
	}
	has(t, body, ">"+report().Title+"</a>", "Latest posts")
	only := render(t, func(w io.Writer) error {
		return p.Coop(w, web.CoopView{Chrome: c, Coop: kollektiv(), Upcoming: []coop.Post{soon}, Posts: []coop.Post{soon}})
	})
	has(t, only, "Coming up")
	hasNot(t, only, "Nothing has been published yet", `id="posts"`)
}

func TestPartsStandInTheOrderInWhichTheyTookPlace(t *testing.T) {
	t.Parallel()
	first, second, later := meetup("first", "2018-12-27"), meetup("second", "2018-12-29"), report()
	first.Title, second.Title, later.Title = "First", "Second", "Afterwards"
	body := render(t, func(w io.Writer) error {
		return pages(t).Post(w, web.PostView{Chrome: chrome("en"), Post: report(), Coop: kollektiv(), Parts: []coop.Post{later, second, first}})
	})
	var got []string
	for _, m := range regexp.MustCompile(`class="p-name u-url"[^>]*>(First|Second|Afterwards)<`).FindAllStringSubmatch(body, -1) {
		got = append(got, m[1])
	}
	if want := "First Second Afterwards"; strings.Join(got, " ") != want {
		t.Errorf("got %q want %q", got, want)
	}
}
