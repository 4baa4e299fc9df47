// SPDX-License-Identifier: AGPL-3.0-or-later

package auth_test

import (
	"strings"
	"testing"
	"time"

	"plenum/auth"
	"plenum/coop"
)

func newcomer(login string) auth.NewMember {
	return auth.NewMember{Login: login, Name: "Dora\u202E\tof  the co-op", Email: login + "@mail.example", Language: "de", Password: password}
}

func TestInvitationMakesOneMemberOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.mails()
	secret, ticket, err := h.Invite(t.Context(), h.as("ada", "alpha"), "alpha", coop.Publisher, "for Dora", "dora@mail.example")
	h.ok(err)
	got, err := h.Invitation(t.Context(), secret)
	if err != nil || got.Coop != "alpha" || got.Role != coop.Publisher || got.By != "member ada" || strings.Contains(string(got.Hash), secret) {
		t.Errorf("got %+v, %v", got, err)
	}
	if l := h.posted(); len(l) != 1 || l[0].To != "dora@mail.example" || !strings.Contains(l[0].Text, "https://events.example/invite/"+secret) {
		t.Errorf("got letters %+v", l)
	}
	_, err = h.Enrol(t.Context(), secret, auth.NewMember{Login: "dora", Password: "short"})
	h.fails(err, coop.Invalid)
	_, err = h.Enrol(t.Context(), secret, newcomer("ada"))
	h.fails(err, coop.Conflict)
	h.pass(time.Second) // the log is in order of time
	m, err := h.Enrol(t.Context(), secret, newcomer("Dora"))
	h.ok(err)
	if m.Login != "dora" || m.Name != "Dora of the co-op" || m.Role("alpha") != coop.Publisher || m.Role("beta") != "" || m.Operator || len(m.Handle) != 64 {
		t.Errorf("got %+v", m)
	}
	for range 2 {
		_, err = h.Enrol(t.Context(), secret, newcomer("eve"))
		h.fails(err, coop.Gone)
		_, err = h.EnrolExisting(t.Context(), secret, first.ids["ben"])
		h.fails(err, coop.Gone)
		_, err = h.Invitation(t.Context(), secret)
		h.fails(err, coop.Gone)
	}
	_, _, _, err = h.SignIn(t.Context(), "dora", password, "192.0.2.1", "")
	h.ok(err)
	if open, err := h.Invitations(t.Context(), h.as("ada", "alpha"), "alpha"); err != nil || len(open) != 0 {
		t.Errorf("got %+v, %v; want %s gone", open, err, ticket.ID)
	}
	d, err := h.db.Decisions(t.Context(), coop.DecisionQuery{Coop: "alpha", Limit: 2})
	if err != nil || len(d) != 2 || d[0].What != "member join" || d[0].By != "member dora" || d[1].What != "member invite" || d[1].By != "member ada" {
		t.Errorf("the log has %+v, %v", d, err)
	}
}

func TestInvitationIsForAWeekAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada := h.as("ada", "alpha")
	aged, _, err := h.Invite(t.Context(), ada, "alpha", coop.Editor, "", "")
	h.ok(err)
	h.pass(7 * 24 * time.Hour)
	_, err = h.Enrol(t.Context(), aged, newcomer("dora"))
	h.fails(err, coop.Gone)
	taken, ticket, err := h.Invite(t.Context(), ada, "alpha", coop.Editor, "", "")
	h.ok(err)
	h.fails(h.DropInvitation(t.Context(), h.as("ben", "beta"), "beta", ticket.ID), coop.NotFound)
	h.fails(h.DropInvitation(t.Context(), h.as("ben", "alpha"), "alpha", ticket.ID), coop.Forbidden)
	h.ok(h.DropInvitation(t.Context(), ada, "alpha", ticket.ID))
	_, err = h.Enrol(t.Context(), taken, newcomer("dora"))
	h.fails(err, coop.NotFound)
	reset, err := h.ResetLink(t.Context(), machine, first.ids["ada"])
	h.ok(err)
	for _, bad := range []string{"", "x", strings.Repeat("x", 10_000), reset} { // what is for one thing is not for another
		_, err = h.Enrol(t.Context(), bad, newcomer("dora"))
		h.fails(err, coop.NotFound)
	}
}

func TestMemberOfAnotherCoopTakesAnInvitation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	secret, _, err := h.Invite(t.Context(), h.as("ben", "beta"), "beta", coop.Editor, "", "")
	h.ok(err)
	m, err := h.EnrolExisting(t.Context(), secret, first.ids["ada"])
	h.ok(err)
	if m.Role("beta") != coop.Editor || m.Role("alpha") != coop.Admin || m.Login != "ada" || m.Password == "" {
		t.Errorf("got %+v", m)
	}
	secret, _, err = h.Invite(t.Context(), h.as("ben", "beta"), "beta", coop.Editor, "", "")
	h.ok(err)
	if m, err = h.EnrolExisting(t.Context(), secret, first.ids["ben"]); err != nil || m.Role("beta") != coop.Admin {
		t.Errorf("got %+v, %v; want him an admin still", m.Roles, err)
	}
}

// A28: what is for admins is for admins, as of now, and for no token.
func TestMembersAreForAdmins(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada := h.as("ada", "alpha")
	_, row, err := h.NewToken(t.Context(), ada, "alpha", "script", []coop.Scope{coop.Read, coop.Write, coop.Moderate})
	h.ok(err)
	secret, _, err := h.NewToken(t.Context(), machine, "alpha", "script", []coop.Scope{coop.Write})
	h.ok(err)
	_, nobodys, err := h.Bearer(t.Context(), secret)
	h.ok(err)
	stale := ada
	_, err = h.SetRole(t.Context(), machine, first.ids["cora"], "alpha", coop.Admin)
	h.ok(err)
	_, err = h.SetRole(t.Context(), h.as("cora", "alpha"), first.ids["ada"], "alpha", coop.Publisher)
	h.ok(err)
	token := coop.Principal{Coop: "alpha", Role: coop.Admin, Member: first.ids["cora"], Token: row.ID}
	for name, by := range map[string]coop.Principal{
		"an editor": h.as("ben", "alpha"), "who was an admin when she signed in": stale, "an admin's token": token, "a token of nobody": nobodys,
		"an admin of another co-op": h.as("ben", "beta"), "nobody": {}, "somebody who says so": {Role: coop.Publisher},
	} {
		_, _, err := h.Invite(t.Context(), by, "alpha", coop.Editor, "", "")
		h.fails(err, coop.Forbidden)
		_, err = h.SetRole(t.Context(), by, first.ids["ben"], "alpha", coop.Admin)
		h.fails(err, coop.Forbidden)
		_, err = h.Members(t.Context(), by, "alpha")
		h.fails(err, coop.Forbidden)
		_, err = h.Members(t.Context(), by, "")
		h.fails(err, coop.Forbidden)
		_, err = h.Invitations(t.Context(), by, "alpha")
		h.fails(err, coop.Forbidden)
		_, err = h.ResetLink(t.Context(), by, first.ids["cora"])
		h.fails(err, coop.Forbidden)
		_, err = h.Disable(t.Context(), by, first.ids["cora"])
		h.fails(err, coop.Forbidden)
		_, err = h.AddMember(t.Context(), by, newcomer("eve"), nil, true)
		h.fails(err, coop.Forbidden)
		_, _, err = h.NewToken(t.Context(), by, "alpha", "x", []coop.Scope{coop.Write})
		h.fails(err, coop.Forbidden)
		_, _, err = h.NewToken(t.Context(), by, coop.Relay, "x", []coop.Scope{coop.Moderate})
		h.fails(err, coop.Forbidden)
		if t.Failed() {
			t.Fatal("it was ", name)
		}
	}
	if m := h.member("ben"); m.Role("alpha") != coop.Editor {
		t.Errorf("got %+v", m.Roles)
	}
}

// A link to choose a password opens every co-op of its member: an admin of one of
// them does not get the others by it, nor the instance.
func TestAdminOfOneCoopTakesOverNoMemberOfAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada := h.as("ada", "alpha")
	for _, login := range []string{"ben", "olga"} {
		_, err := h.ResetLink(t.Context(), ada, first.ids[login])
		h.fails(err, coop.Forbidden)
		_, err = h.Disable(t.Context(), ada, first.ids[login])
		h.fails(err, coop.Forbidden)
	}
	_, err := h.SetRole(t.Context(), ada, first.ids["olga"], "alpha", coop.Editor) // whoever is not there is invited
	h.fails(err, coop.NotFound)
	_, err = h.SetRole(t.Context(), machine, first.ids["olga"], "alpha", coop.Editor)
	h.ok(err)
	_, err = h.ResetLink(t.Context(), ada, first.ids["olga"]) // whose password opens the instance
	h.fails(err, coop.Forbidden)
	_, err = h.ResetLink(t.Context(), ada, first.ids["cora"])
	h.ok(err)
	_, err = h.SetRole(t.Context(), h.as("olga", "beta"), first.ids["ada"], "beta", coop.Admin)
	h.ok(err)
	_, err = h.ResetLink(t.Context(), ada, first.ids["ben"])
	h.ok(err)
}

func TestLastAdminStays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada := h.as("ada", "alpha")
	for _, role := range []coop.Role{"", coop.Editor, coop.Publisher} {
		_, err := h.SetRole(t.Context(), ada, first.ids["ada"], "alpha", role)
		h.fails(err, coop.Conflict)
	}
	_, err := h.SetRole(t.Context(), ada, first.ids["ada"], "alpha", "owner")
	h.fails(err, coop.Invalid)
	_, err = h.SetRole(t.Context(), machine, first.ids["ada"], coop.Relay, coop.Admin)
	h.fails(err, coop.Invalid)
	_, err = h.SetRole(t.Context(), ada, first.ids["cora"], "alpha", coop.Admin)
	h.ok(err)
	_, err = h.Disable(t.Context(), machine, first.ids["cora"])
	h.ok(err)
	_, err = h.SetRole(t.Context(), ada, first.ids["ada"], "alpha", "") // one who is kept out is no admin
	h.fails(err, coop.Conflict)
	_, err = h.Enable(t.Context(), machine, first.ids["cora"])
	h.ok(err)
	_, err = h.Disable(t.Context(), ada, first.ids["ada"])
	h.fails(err, coop.Conflict)
	_, err = h.SetRole(t.Context(), ada, first.ids["ada"], "alpha", "")
	h.ok(err)
	_, err = h.SetRole(t.Context(), machine, first.ids["cora"], "alpha", "") // an operator may
	h.ok(err)
}

// Two admins who let each other go at once do not leave the co-op without any.
func TestTwoAdminsDoNotBothGo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.SetRole(t.Context(), machine, first.ids["cora"], "alpha", coop.Admin)
	h.ok(err)
	ada, cora := h.as("ada", "alpha"), h.as("cora", "alpha")
	done := make(chan error, 2)
	for _, by := range []coop.Principal{ada, cora} {
		go func() {
			_, err := h.SetRole(t.Context(), by, by.Member, "alpha", "")
			done <- err
		}()
	}
	a, b := <-done, <-done
	if (a == nil) == (b == nil) {
		t.Errorf("got %v and %v; want that one of them stays", a, b)
	}
}

func TestWhoLeavesACoopLeavesItsProgramsBehind(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.app()
	r, err := h.Authorization(t.Context(), asks())
	h.ok(err)
	_, err = h.Consent(t.Context(), r, h.member("cora"), "alpha")
	h.ok(err)
	personal, _, err := h.NewToken(t.Context(), h.as("ada", "alpha"), "alpha", "script", []coop.Scope{coop.Write})
	h.ok(err)
	_, err = h.SetRole(t.Context(), h.as("cora", "alpha"), first.ids["cora"], "alpha", "") // she may go by herself
	h.ok(err)
	if g, err := h.Grants(t.Context(), first.ids["cora"]); err != nil || len(g) != 0 {
		t.Errorf("got %+v, %v", g, err)
	}
	_, err = h.Consent(t.Context(), r, h.member("cora"), "alpha")
	h.fails(err, coop.Forbidden)
	_, err = h.SetRole(t.Context(), machine, first.ids["ada"], "alpha", coop.Editor)
	h.ok(err)
	if _, who, err := h.Bearer(t.Context(), personal); err != nil || who.Role != coop.Editor { // does what she may do now
		t.Errorf("got %+v, %v", who, err)
	}
	_, err = h.SetRole(t.Context(), machine, first.ids["ada"], "alpha", "")
	h.ok(err)
	_, err = h.SetRole(t.Context(), machine, first.ids["ada"], "alpha", coop.Admin)
	h.ok(err)
	if h.opens(personal) {
		t.Error("a token came back with its member")
	}
}

func TestResetGivesANewPasswordOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	session, tokens := h.signIn("ada"), h.tokens()
	secret, err := h.ResetLink(t.Context(), h.as("olga", "alpha"), first.ids["ada"])
	h.ok(err)
	other, err := h.ResetLink(t.Context(), machine, first.ids["ada"])
	h.ok(err)
	if m, err := h.ResetTicket(t.Context(), secret); err != nil || m.Login != "ada" {
		t.Errorf("got %+v, %v", m, err)
	}
	_, err = h.Reset(t.Context(), secret, "password123")
	h.fails(err, coop.Invalid)
	h.pass(time.Minute)
	_, err = h.Reset(t.Context(), secret, "another long password")
	h.ok(err)
	if h.seen(session) || h.opens(tokens.Access) { // A21
		t.Error("something of before is good still")
	}
	_, err = h.Reset(t.Context(), secret, "a third long password")
	h.fails(err, coop.Gone)
	if _, err = h.Reset(t.Context(), other, "a third long password"); coop.CodeOf(err) != coop.Gone && coop.CodeOf(err) != coop.NotFound {
		t.Errorf("a link from before: got %v", err)
	}
	late, err := h.ResetLink(t.Context(), machine, first.ids["ada"])
	h.ok(err)
	h.pass(24 * time.Hour)
	_, err = h.Reset(t.Context(), late, "a third long password")
	h.fails(err, coop.Gone)
	invite, _, err := h.Invite(t.Context(), machine, "alpha", coop.Editor, "", "")
	h.ok(err)
	_, err = h.Reset(t.Context(), invite, "a third long password")
	h.fails(err, coop.NotFound)
	_, _, _, err = h.SignIn(t.Context(), "ada", "another long password", "192.0.2.1", "")
	h.ok(err)
}

// Who asks for a link by mail is answered alike, whoever they name.
func TestLinkByMailTellsNotWhoIsThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	link := func(secret string) string { return "https://events.example/reset/" + secret }
	h.fails(h.AskReset(t.Context(), "ada", link), coop.Unavailable)
	h.mails()
	_, err := h.SetProfile(t.Context(), first.ids["cora"], "Cora", "", "de")
	h.ok(err)
	h.posted()
	for _, login := range []string{"ada", "nobody", "cora", "no login at all", ""} {
		for range 5 {
			h.ok(h.AskReset(t.Context(), login, link))
		}
	}
	letters := h.posted()
	if len(letters) != 3 {
		t.Fatalf("got %d letters; want three an hour", len(letters))
	}
	for _, l := range letters {
		if l.To != "ada@mail.example" || !strings.Contains(l.Text, "https://events.example/reset/") {
			t.Errorf("got %+v", l)
		}
	}
	_, secret, _ := strings.Cut(letters[0].Text, "/reset/")
	secret, _, _ = strings.Cut(secret, "\n")
	if m, err := h.ResetTicket(t.Context(), secret); err != nil || m.Login != "ada" {
		t.Errorf("got %+v, %v", m, err)
	}
	h.pass(time.Hour)
	_, err = h.ResetTicket(t.Context(), secret)
	h.fails(err, coop.Gone)
	h.ok(h.AskReset(t.Context(), "ada", link))
	if got := h.posted(); len(got) != 1 {
		t.Errorf("got %d letters an hour later", len(got))
	}
}

func TestProfileIsWhatOthersMayRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.mails()
	for _, bad := range []string{"x", "a@", "A <a@b.example>", "a@b.example\r\nBcc: x@y.example", "a b@c.example", strings.Repeat("a", 250) + "@b.example"} {
		_, err := h.SetProfile(t.Context(), first.ids["ada"], "Ada", bad, "")
		h.fails(err, coop.Invalid)
	}
	_, err := h.SetProfile(t.Context(), first.ids["ada"], "Ada", "", "not a language")
	h.fails(err, coop.Invalid)
	m, err := h.SetProfile(t.Context(), first.ids["ada"], " \u200BAda\nLovelace ", "new@mail.example", "de")
	h.ok(err)
	if m.Name != "Ada Lovelace" || m.Email != "new@mail.example" || m.Language != "de" {
		t.Errorf("got %+v", m)
	}
	if l := h.posted(); len(l) != 1 || l[0].To != "ada@mail.example" {
		t.Errorf("got letters %+v; want one to the old address", l)
	}
	if m, err = h.SetProfile(t.Context(), first.ids["ada"], "", "new@mail.example", "de"); err != nil || m.Name != "ada" {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestProposalIsToldToThoseWhoMayDecide(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.TellOfProposal(coop.Proposal{Coop: "alpha"}) // without mail nothing happens
	h.mails()
	p := coop.Proposal{Coop: "alpha", Self: "member " + string(first.ids["cora"]), By: "member cora", What: "Create", Title: "A meetup\r\nBcc: x"}
	h.TellOfProposal(p)
	h.TellOfProposal(p)
	l := h.posted()
	if len(l) != 1 || l[0].To != "ada@mail.example" || !strings.Contains(l[0].Text, `Create "A meetup Bcc: x"`) || !strings.Contains(l[0].Text, "https://events.example/desk") {
		t.Errorf("got letters %+v; want one to ada, who decides and did not propose", l)
	}
	h.pass(time.Hour)
	h.TellOfProposal(p)
	if l := h.posted(); len(l) != 1 {
		t.Errorf("got %d letters an hour later", len(l))
	}
}
