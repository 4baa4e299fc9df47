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

func TestCommentsAreShownAsTheirs(t *testing.T) {
	t.Parallel()
	body := render(t, views(pages(t), "en")["discussed"])
	has(t, body,
		`<h2 id="comments">Comments</h2>`, `<li>53 comments</li>`, `<li>12 likes</li>`, `<li>1 share</li>`,
		`<article class="comment h-cite" id="comment-1" aria-labelledby="comment-1-by">`,
		`<h3 id="comment-1-by"><a class="p-author h-card" href="https://social.example/@anna" rel="nofollow ugc noopener"><bdi>Anna</bdi></a></h3>`,
		`<bdi class="handle">@anna@social.example</bdi>`,
		`<a class="u-url" href="https://social.example/@anna/1" rel="nofollow ugc noopener"><time class="dt-published" datetime="2018-12-21T09:00:00Z">21 December 2018</time></a>`,
		`<div class="prose e-content" dir="auto" lang="en">`,
		`<a href="https://wiki.example/prams" rel="nofollow ugc noopener noreferrer">the wiki</a>`,
		`<bdi>unknown.example</bdi>`, `In reply to <a href="#comment-1"><bdi>Anna</bdi></a>`, `In reply to another comment`,
		`<strong><bdi>Re: prams</bdi></strong>`, `<h4>Yes</h4>`,
		`Reply from your own account`, `<code class="handle"><bdi>https://events.example/ap/events/01CZZZZZZZ0000000000000002</bdi></code>`,
		`Replies appear here once IT-Kollektiv has approved them.`,
		`<a rel="next" href="https://events.example/@it_kollektiv/meetup-one?comments=2#comments">Later comments`,
	)
	has(t, body, `<summary class="p-summary">Content warning: <bdi lang="en">Stairs &lt;b&gt;</bdi></summary>`, `<summary class="p-summary">Sensitive content</summary>`)
	has(t, render(t, views(pages(t), "de")["discussed"]), `>Inhaltswarnung: <bdi lang="en">Stairs`, `>Sensibler Inhalt</summary>`)
	hasNot(t, body, `<details open`)
	if got := strings.Count(body, "<details>"); got != 2 {
		t.Errorf("%d comments have to be opened, want 2", got)
	}
	hasNot(t, body, `<h2>Yes`, `rel="prev"`, `There are no comments yet`, `2030`)
	if n := strings.Count(body, "whole delegation"); n < 10 || n > 40 {
		t.Errorf("a comment that is too long has %d sentences on the page", n)
	}
	has(t, body, `Read the original on cotech.example</a>`)
}

// The outline of the page stays whole, whatever headings strangers write.
func TestHeadingsOfCommentsStandBelowThoseOfThePage(t *testing.T) {
	t.Parallel()
	v := discussed("en")
	v.Comments[0].Comment.Body = "<h2>One</h2><h3>Two</h3><h4>Three</h4>"
	body := render(t, func(w io.Writer) error { return pages(t).Post(w, v) })
	_, section, _ := strings.Cut(body, `<section class="thread"`)
	section, _, _ = strings.Cut(section, `</section>`)
	var levels []string
	for _, m := range regexp.MustCompile(`<h([1-6])`).FindAllStringSubmatch(section, -1) {
		levels = append(levels, m[1])
	}
	if got, want := strings.Join(levels, ""), "23444"+"34"+"3"; got != want {
		t.Errorf("got the levels %s want %s", got, want)
	}
}

func TestWhoComesAndHowIsSaid(t *testing.T) {
	t.Parallel()
	p := pages(t)
	full := render(t, views(p, "en")["discussed"])
	has(t, full, `<dt>Going</dt>`, `<dd>40 of 40 seats</dd>`, `<dd>3 on the waiting list</dd>`, `<a class="button strong" href="#take-part">How to take part</a>`,
		`<section class="take-part" id="take-part" aria-labelledby="take-part-heading">`, `on Mobilizon, Friendica, Hubzilla`, `All seats are taken.`, `On Mastodon one cannot join events.`)
	has(t, render(t, views(p, "de")["discussed"]), `<dd>40 von 40 Plätzen</dd>`, `So nimmst du teil`, `Alle Plätze sind vergeben.`, `53 Kommentare`, `1 Mal geteilt`)

	restricted := render(t, views(p, "en")["restricted"])
	has(t, restricted, `The organisers decide about each request.`, `There are no comments yet.`)
	hasNot(t, restricted, `<dt>Going</dt>`, `All seats are taken`, `has approved them`)
	v := restrictedMeetup("en")
	v.Post.Capacity, v.Tally.Going = 1, 1
	taken := render(t, func(w io.Writer) error { return p.Post(w, v) })
	has(t, taken, `All seats are taken. Whoever is let in now is put on the waiting list`)
	hasNot(t, taken, `If you join now`) // they are asked about first

	external := render(t, views(p, "en")["external"])
	has(t, external, `<a class="button strong" href="https://tickets.example/35c3" rel="nofollow noopener">Take part on tickets.example</a>`)
	hasNot(t, external, `id="take-part"`, `<dt>Going</dt>`)

	over := render(t, views(p, "en")["closed"])
	has(t, over, `<dt>Going</dt>`, `<dd>23</dd>`)
	hasNot(t, over, `id="take-part"`, `waiting list`)
}

func TestATalkOfAMeetupLeadsToTheMeetup(t *testing.T) {
	t.Parallel()
	p := talk()
	p.PartOf = "01CZZZZZZZ0000000000000002"
	v := web.PostView{Chrome: chrome("en"), Post: p, Coop: kollektiv(), Whole: meetup("meetup-one", "2018-12-29")}
	body := render(t, func(w io.Writer) error { return pages(t).Post(w, v) })
	has(t, body, `Take part in <a href="https://events.example/@it_kollektiv/meetup-one" lang="en">Tech-Coops meetup</a>`)
	hasNot(t, body, `id="take-part"`)

	v.Whole = report() // where one cannot take part
	hasNot(t, render(t, func(w io.Writer) error { return pages(t).Post(w, v) }), `Take part in`)
}

func TestACancelledEventInvitesNobody(t *testing.T) {
	t.Parallel()
	hasNot(t, render(t, views(pages(t), "en")["cancelled"]), `take part`, `take-part`)
}

func TestClosedCommentsAreSaidToBeClosed(t *testing.T) {
	t.Parallel()
	p := pages(t)
	body := render(t, views(p, "en")["closed"])
	has(t, body, `No more comments are taken.`, `Is there room for a pram?`, `<a rel="prev" href="https://events.example/@it_kollektiv/meetup-one#comments">`)
	hasNot(t, body, `Reply from your own account`)

	v := closed("en")
	v.Comments, v.Tally = nil, coop.Tally{Shares: 2}
	body = render(t, func(w io.Writer) error { return p.Post(w, v) })
	has(t, body, `<h2 id="comments">Reactions</h2>`, `<li>2 shares</li>`)
	hasNot(t, body, `comments yet`)

	v.Tally = coop.Tally{}
	hasNot(t, render(t, func(w io.Writer) error { return p.Post(w, v) }), `id="comments"`)
}
