// SPDX-License-Identifier: AGPL-3.0-or-later

package web_test

import (
	"io"
	"maps"

	"plenum/coop"
	"plenum/web"
)

func anna() coop.Member {
	return coop.Member{
		ID: "01CZZZZZZZ0000000000000101", Login: "anna", Name: "Anna Arbeiterin", Email: "anna@it-kollektiv.example", Language: "en", Password: "$argon2id$",
		Roles: map[coop.Name]coop.Role{"it_kollektiv": coop.Admin, "komona": coop.Editor}, Created: at("2018-12-01T10:00:00Z"),
	}
}

func visit(lang string, done web.Done) web.Visit {
	return web.Visit{Chrome: chrome(lang), Member: anna(), CSRF: "f00", Admin: true, Done: done}
}

func invitation() coop.Ticket {
	return coop.Ticket{
		ID: "01CZZZZZZZ0000000000000201", Kind: coop.Invitation, Coop: "it_kollektiv", Role: coop.Publisher, Note: "Bert, from the print shop", By: "Anna Arbeiterin",
		Created: at("2018-12-01T10:00:00Z"), Expires: at("2018-12-08T10:00:00Z"),
	}
}

func inviteView(lang string) web.InviteView {
	return web.InviteView{Chrome: chrome(lang), Secret: "s3cret", Ticket: invitation(), Coop: kollektiv()}
}

func accountView(lang string) web.AccountView {
	return web.AccountView{
		Fresh: true,
		Visit: visit(lang, web.DoneProfile), Person: web.Person{Name: "Anna Arbeiterin", Email: "anna@it-kollektiv.example", Language: lang}, Coops: []coop.Coop{kollektiv(), komona()},
		Passkeys: []coop.Passkey{{ID: []byte{1, 2}, Name: "laptop", Created: at("2018-12-02T10:00:00Z"), Used: at("2018-12-20T10:00:00Z")}, {ID: []byte{3}, Name: "blue key", Created: at("2018-12-03T10:00:00Z")}},
		Here:     "01CZZZZZZZ0000000000000301",
		Sessions: []coop.Session{
			{ID: "01CZZZZZZZ0000000000000301", How: "passkey", Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Seen: at("2018-12-20T10:00:00Z")},
			{ID: "01CZZZZZZZ0000000000000302", How: "password", Agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15", Created: at("2018-12-19T10:00:00Z")},
			{ID: "01CZZZZZZZ0000000000000303", How: "password", Created: at("2018-12-19T10:00:00Z")},
		},
		Grants: []coop.Grant{
			{ID: "01CZZZZZZZ0000000000000401", Coop: "it_kollektiv", Name: "Pen & Paper", Host: "pen.example", Scopes: []coop.Scope{coop.Read, coop.Write}, Used: at("2018-12-19T10:00:00Z")},
			{ID: "01CZZZZZZZ0000000000000402", Coop: "komona", Name: "plenum on laptop", Scopes: []coop.Scope{coop.Read}},
		},
	}
}

func membersView(lang string) web.MembersView {
	bert := coop.Member{ID: "01CZZZZZZZ0000000000000102", Login: "bert", Name: "Bert", Roles: map[coop.Name]coop.Role{"it_kollektiv": coop.Editor}}
	cleo := coop.Member{ID: "01CZZZZZZZ0000000000000103", Login: "cleo.k", Name: "Cleo Kooperativ", Email: "cleo@komona.example", Operator: true, Disabled: at("2018-12-01T10:00:00Z")}
	return web.MembersView{
		Visit: visit(lang, ""), Coop: kollektiv(), Others: []coop.Coop{komona()}, Members: []coop.Member{anna(), bert, cleo}, Tickets: []coop.Ticket{invitation()},
	}
}

func consentView(lang string) web.ConsentView {
	return web.ConsentView{
		Visit: visit(lang, ""), Client: coop.Client{ID: "https://pen.example/client.json", Name: "Pen & Paper", Host: "pen.example"},
		Scopes: []coop.Scope{coop.Read, coop.Write}, Coops: []coop.Coop{kollektiv(), komona()}, Back: "pen.example",
		Asked: [][2]string{{"client_id", "https://pen.example/client.json"}, {"state", "xyz"}},
	}
}

func deskView(lang string) web.DeskView {
	draft, soon, stuck := report(), talk(), note()
	draft.State, draft.Source, draft.By = coop.Draft, "# Text", "Bert"
	soon.State, soon.Due, soon.Visibility = coop.Draft, at("2026-12-20T17:00:00Z"), coop.Unlisted
	stuck.Coop, stuck.State, stuck.Due, stuck.Stuck, stuck.Visibility = "komona", coop.Draft, at("2026-12-20T17:00:00Z"), "an event needs a start.", coop.Followers
	proposal := coop.Proposal{ID: "01CZZZZZZZ0000000000000501", Coop: "it_kollektiv", By: "Bert", What: "Create", Title: "What we learned in Leipzig", At: at("2018-12-21T10:00:00Z")}
	strange := proposal
	strange.What = "Block"
	return web.DeskView{Visit: visit(lang, web.DoneSaved), Desks: []web.Desk{
		{Coop: kollektiv(), Role: coop.Admin, Proposals: []coop.Proposal{proposal, strange}, Offers: []coop.Post{meetup("shared", "2018-12-27")}, Drafts: []coop.Post{draft}, Scheduled: []coop.Post{soon}, Published: []coop.Post{talk(), cancelled(), meetup("meetup-one", "2018-12-27")}, More: true},
		{Coop: komona(), Role: coop.Editor, Scheduled: []coop.Post{stuck}},
	}}
}

func talkForm() web.PostForm {
	return web.PostForm{
		Title: "Tech-Coops: No masters, no slave", Summary: "The history and development of IT-Kollektiv.", Text: "On the third day we held a talk.\n\n## And then\n\n- one\n- two",
		Language: "en", Tags: "tech-coops, 35c3", StartDate: "2018-12-29", StartTime: "17:00", EndDate: "2018-12-29", EndTime: "18:00", Zone: "Europe/Berlin",
		Place: "Komona", Address: "Messe-Allee 1, 04356 Leipzig, Germany", Online: "https://live.example/komona", Speakers: "IT-Kollektiv https://it-kollektiv.example/\nFriends",
		Links: "Slides https://talks.komona.org/35c3/talk/FZVFSF/", Alt: "Poster", Status: "tentative", Seats: "40",
	}
}

func composeView(lang string) web.ComposeView {
	p := talk()
	p.Image.Made, p.Source, p.Series = false, "x", "01CZZZZZZZ0000000000000701"
	return web.ComposeView{Visit: visit(lang, ""), Coop: kollektiv(), Role: coop.Admin, Alone: true, Post: p, Form: talkForm(), Key: "k"}
}

// mistakes is the form of a new meetup with everything wrong with it.
func mistakes(lang string) web.ComposeView {
	v := composeView(lang)
	v.Post, v.Role, v.Alone = coop.Post{Kind: coop.Meetup}, coop.Editor, false
	v.Form.Again, v.Form.Visibility, v.Form.Due = "month", "unlisted", "2018-12-01T09:00"
	v.Mistakes = []web.Mistake{
		{Field: "title", Kind: web.MistakeMissing}, {Field: "end_date", Kind: web.MistakeOrder}, {Field: "online", Kind: web.MistakeURL}, {Field: "due", Kind: web.MistakePast},
		{Field: "slug", Kind: web.MistakeSaid, Text: "this slug is taken"}, {Field: "picture", Kind: web.MistakePicture, Text: "it is no picture"},
		{Kind: web.MistakeMeanwhile}, {Field: "summary", Kind: web.MistakeLong}, {Field: "nothing", Kind: web.MistakeMalformed},
	}
	return v
}

// memberViews are the pages for members with everything on them.
func memberViews(p *web.Pages, lang string) map[string]func(io.Writer) error {
	c := chrome(lang)
	all := map[string]func(io.Writer) error{
		"login": func(w io.Writer) error {
			return p.Login(w, web.LoginView{Chrome: c, Next: "/desk", Done: web.DoneFirst})
		},
		"login-wrong": func(w io.Writer) error { return p.Login(w, web.LoginView{Chrome: c, Login: "anna", Wrong: true}) },
		"login-slow":  func(w io.Writer) error { return p.Login(w, web.LoginView{Chrome: c, Login: "anna", Slow: true}) },
		"invite":      func(w io.Writer) error { return p.Invite(w, inviteView(lang)) },
		"invite-mistakes": func(w io.Writer) error {
			v := inviteView(lang)
			v.Person = web.Person{Login: "Anna!", Name: "", Email: "x"}
			v.Mistakes = []web.Mistake{{Field: "login", Kind: web.MistakeLogin}, {Field: "name", Kind: web.MistakeMissing}, {Field: "password", Kind: web.MistakeWeak}, {Field: "email", Kind: web.MistakeEmail}}
			return p.Invite(w, v)
		},
		"invite-member": func(w io.Writer) error {
			v := inviteView(lang)
			v.Member, v.CSRF = anna(), "f00"
			return p.Invite(w, v)
		},
		"invite-gone": func(w io.Writer) error { return p.Invite(w, web.InviteView{Chrome: c, Gone: true}) },
		"reset":       func(w io.Writer) error { return p.Reset(w, web.ResetView{Chrome: c}) },
		"reset-sent":  func(w io.Writer) error { return p.Reset(w, web.ResetView{Chrome: c, Sent: true}) },
		"reset-mail":  func(w io.Writer) error { return p.Reset(w, web.ResetView{Chrome: c, NoMail: true}) },
		"reset-gone":  func(w io.Writer) error { return p.Reset(w, web.ResetView{Chrome: c, Gone: true}) },
		"reset-choose": func(w io.Writer) error {
			return p.Reset(w, web.ResetView{Chrome: c, Secret: "s3cret", Member: anna(), Mistakes: []web.Mistake{{Field: "password", Kind: web.MistakeWeak}}})
		},
		"account": func(w io.Writer) error { return p.Account(w, accountView(lang)) },
		"account-bare": func(w io.Writer) error {
			v := accountView(lang)
			v.Member.Password, v.Member.Roles, v.Passkeys, v.Grants, v.Admin, v.Coops = "", nil, nil, nil, false, nil
			v.Mistakes = []web.Mistake{{Field: "name", Kind: web.MistakeMissing}}
			return p.Account(w, v)
		},
		"account-operator": func(w io.Writer) error {
			v := accountView(lang)
			v.Member.Operator, v.Mistakes = true, []web.Mistake{{Field: "old", Kind: web.MistakeOld}, {Field: "login", Kind: web.MistakeTaken}}
			return p.Account(w, v)
		},
		"members": func(w io.Writer) error { return p.Members(w, membersView(lang)) },
		"members-invited": func(w io.Writer) error {
			v := membersView(lang)
			v.Link, v.Mailed, v.Coop.TwoPeople = "https://events.example/invite/kqJ9l3Y-4B1mQn0PzW2xUu7tVv8cD5eF6gH0iJ1kL2M", true, true
			return p.Members(w, v)
		},
		"members-reset": func(w io.Writer) error {
			v := membersView(lang)
			v.Link, v.For, v.Mistakes = "https://events.example/reset/kqJ9l3Y-4B1mQn0PzW2xUu7tVv8cD5eF6gH0iJ1kL2M", v.Members[1], []web.Mistake{{Kind: web.MistakeLastAdmin}}
			return p.Members(w, v)
		},
		"consent": func(w io.Writer) error { return p.Consent(w, consentView(lang)) },
		"consent-local": func(w io.Writer) error {
			v := consentView(lang)
			v.Client.Host, v.Coops, v.Back = "", v.Coops[:1], "127.0.0.1"
			v.Mistakes = []web.Mistake{{Field: "coop", Kind: web.MistakeMissing}}
			return p.Consent(w, v)
		},
		"consent-none": func(w io.Writer) error {
			v := consentView(lang)
			v.Coops, v.Scopes = nil, v.Scopes[:1]
			return p.Consent(w, v)
		},
		"refused": func(w io.Writer) error {
			return p.Refused(w, web.RefusedView{Chrome: c, Text: "the redirect_uri is none that the client registered"})
		},
	}
	maps.Copy(all, deskViews(p, lang))
	return all
}

func deskViews(p *web.Pages, lang string) map[string]func(io.Writer) error {
	proposal := web.ProposalView{
		Visit: visit(lang, ""), Coop: kollektiv(), May: true, Raw: `{"type":"Create","object":{"type":"Event"}}`,
		Proposal: coop.Proposal{ID: "01CZZZZZZZ0000000000000501", Coop: "it_kollektiv", By: "Bert", What: "Create", Title: "What we learned in Leipzig", At: at("2018-12-21T10:00:00Z"), State: coop.ProposalOpen},
		Shows:    []web.Shown{{Field: "title", Value: "What we learned in Leipzig"}, {Field: "start", Value: "2018-12-29 17:00"}, {Field: "text", Value: "## How\n\nTogether, as always.\n\n- one\n- two"}},
	}
	return map[string]func(io.Writer) error{
		"desk": func(w io.Writer) error { return p.Desk(w, deskView(lang)) },
		"desk-whole": func(w io.Writer) error {
			v := deskView(lang)
			v.Whole, v.Desks, v.Older = true, v.Desks[:1], "https://events.example/desk/it_kollektiv?before=01CZZZZZZZ0000000000000002"
			v.Desks[0].Coop.TwoPeople = true
			return p.Desk(w, v)
		},
		"desk-empty": func(w io.Writer) error { return p.Desk(w, web.DeskView{Visit: visit(lang, "")}) },
		"compose":    func(w io.Writer) error { return p.Compose(w, composeView(lang)) },
		"compose-draft": func(w io.Writer) error {
			v := composeView(lang)
			v.Post.State, v.Post.Due, v.Post.Stuck, v.Post.Source = coop.Draft, at("2026-12-20T17:00:00Z"), "an event needs a start.", ""
			v.Alone = false
			return p.Compose(w, v)
		},
		"compose-note": func(w io.Writer) error {
			v := composeView(lang)
			v.Post = coop.Post{Kind: coop.Note}
			return p.Compose(w, v)
		},
		"compose-report": func(w io.Writer) error {
			v := composeView(lang)
			v.Post, v.Alone = report(), false
			return p.Compose(w, v)
		},
		"compose-mistakes": func(w io.Writer) error { return p.Compose(w, mistakes(lang)) },
		"delete": func(w io.Writer) error {
			return p.Delete(w, web.DeleteView{Visit: visit(lang, ""), Coop: kollektiv(), Post: talk(), Key: "k"})
		},
		"delete-draft": func(w io.Writer) error {
			v := web.DeleteView{Visit: visit(lang, ""), Coop: kollektiv(), Post: report()}
			v.Post.State, v.Post.Title, v.Post.Text = coop.Draft, "", ""
			return p.Delete(w, v)
		},
		"proposal": func(w io.Writer) error { return p.Proposal(w, proposal) },
		"proposal-own": func(w io.Writer) error {
			v := proposal
			v.May, v.Own, v.Proposal.Post = false, true, "01CZZZZZZZ0000000000000003"
			return p.Proposal(w, v)
		},
		"proposal-closed": func(w io.Writer) error {
			v := proposal
			v.Proposal.State, v.Proposal.Settler, v.Proposal.Settled, v.Proposal.Why = coop.ProposalRejected, "Cleo", at("2018-12-22T10:00:00Z"), "the date is wrong"
			return p.Proposal(w, v)
		},
	}
}
