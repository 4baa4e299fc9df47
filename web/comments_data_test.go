// SPDX-License-Identifier: AGPL-3.0-or-later

package web_test

import (
	"strings"

	"plenum/coop"
	"plenum/web"
)

// comments are three replies to a post: a plain one, one of somebody whom we do not
// know, which answers the first, and one that is too long for a page.
func comments(p coop.Post) []web.CommentItem {
	object := site.Object(p.Kind, p.ID)
	anna := coop.Actor{ID: "https://social.example/users/anna", Username: "anna", Name: "Anna", URL: "https://social.example/@anna"}
	cotech := coop.Actor{ID: "https://cotech.example/ap/coops/cotech", Username: "cotech", Name: "CoTech", URL: "https://cotech.example/@cotech"}
	return []web.CommentItem{
		{Zone: "Europe/Berlin", Author: anna, Comment: coop.Comment{
			Object: "https://social.example/users/anna/statuses/1", URL: "https://social.example/@anna/1", By: anna.ID, InReplyTo: object,
			Body:     `<p>Is there room for a pram? See <a href="https://wiki.example/prams" rel="nofollow noopener noreferrer">the wiki</a>.</p>`,
			Language: "en", Published: at("2018-12-21T09:00:00Z"), At: at("2018-12-21T09:00:05Z"), State: coop.CommentShown,
		}},
		{Zone: "Europe/Berlin", Comment: coop.Comment{
			Object: "https://unknown.example/notes/7", By: "https://unknown.example/users/x", InReplyTo: "https://social.example/users/anna/statuses/1",
			Name: "Re: prams", Sensitive: true, Warning: "Stairs <b>", Language: "en", Body: `<h2>Yes</h2><p>There is a lift. خوش آمدید</p><ul><li>Ground floor</li><li>First floor</li></ul>`,
			At: at("2018-12-21T10:00:00Z"), State: coop.CommentShown,
		}},
		{Zone: "Europe/Berlin", Author: cotech, Comment: coop.Comment{
			Object: "https://cotech.example/ap/notes/01CZZZZZZZ0000000000000031", By: cotech.ID, InReplyTo: "https://social.example/users/anna/statuses/0",
			Sensitive: true,
			Body:      "<p>" + strings.Repeat("We will come with a whole delegation. ", 300) + "</p>", Text: strings.Repeat("We will come with a whole delegation. ", 300),
			Published: at("2030-01-01T00:00:00Z"), At: at("2018-12-22T10:00:00Z"), State: coop.CommentShown,
		}},
	}
}

// discussed is a meetup that is full, and that people talk about.
func discussed(lang string) web.PostView {
	p := meetup("meetup-one", "2018-12-27")
	p.Capacity = 40
	return web.PostView{
		Chrome: chrome(lang), Post: p, Coop: kollektiv(), Whole: report(), Comments: comments(p), Later: site.Page(p.Coop, p.Slug) + "?comments=2#comments",
		Tally: coop.Tally{Likes: 12, Shares: 1, Comments: 53, Going: 40, Waiting: 3},
	}
}

// restrictedMeetup is one that one has to ask for, and nobody has done anything yet.
func restrictedMeetup(lang string) web.PostView {
	p, c := meetup("meetup-one", "2018-12-27"), kollektiv()
	p.Join, c.Comments = coop.JoinRestricted, coop.CommentsOpen
	return web.PostView{Chrome: chrome(lang), Post: p, Coop: c}
}

// external is a talk for which one takes part elsewhere.
func external(lang string) web.PostView {
	p := talk()
	p.Join, p.JoinURL = coop.JoinExternal, "https://tickets.example/35c3"
	return web.PostView{Chrome: chrome(lang), Post: p, Coop: kollektiv(), Tally: coop.Tally{Shares: 4}}
}

// closed is a meetup that is over, of a co-op that takes no comments any more.
func closed(lang string) web.PostView {
	p, c := meetup("meetup-one", "2018-12-27"), kollektiv()
	c.Comments = coop.CommentsClosed
	return web.PostView{
		Chrome: chrome(lang), Post: p, Coop: c, Over: true, Comments: comments(p)[:1], Earlier: site.Page(p.Coop, p.Slug) + "#comments",
		Tally: coop.Tally{Likes: 1, Comments: 51, Going: 23, Waiting: 2},
	}
}
