// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/handlers"
)

// moderator makes a token that may moderate, of a co-op or of the whole instance.
func (p *plenum) moderator(name string) change {
	p.t.Helper()
	var info handlers.TokenInfo
	p.ctl(http.MethodPost, "/control/tokens", `{"coop":"`+name+`","label":"pages of `+name+`","scope":"moderate"}`, http.StatusOK, &info)
	return with("Authorization", "Bearer "+info.Secret)
}

// decide sends a decision to an address for members.
func (p *plenum) decide(who change, path, body string) answer {
	p.t.Helper()
	p.pass(time.Second) // decisions stand in their order
	return p.do(request(http.MethodPost, path, []byte(body), who, with("Content-Type", "application/json")))
}

// says delivers a reply of a peer to a post.
func (p *plenum) says(x peer, n int, post coop.Post, html string) coop.IRI {
	p.t.Helper()
	id := string(x.id) + fmt.Sprintf("/statuses/%d", n)
	p.deliver("/ap/inbox", x, x.activity(fmt.Sprint("c", n), "Create", map[string]any{
		"id": id, "type": "Note", "attributedTo": x.id, "content": html, "inReplyTo": site.Object(post.Kind, post.ID),
		"to": []string{string(coop.Public)}, "cc": []string{string(site.Actor(post.Coop))},
	})).want(http.StatusAccepted)
	return coop.IRI(id)
}

const comments = "/api/coops/alpha/moderation/comments"

func TestACommentIsShownOnceItIsApproved(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	post := p.publish(report)
	id := p.says(x, 1, post, `<p>Well <strong>said</strong><script>alert(1)</script></p>`)
	who := p.moderator("alpha")

	page := func() string { return p.get("/@alpha/a-report", accept(browser)).want(http.StatusOK).Body.String() }
	if strings.Contains(page(), "Well <strong>") {
		t.Fatal("a comment is shown that nobody has approved")
	}
	var held []handlers.CommentInfo
	p.get(comments+"?state=held&post=a-report", who).want(http.StatusOK).header("Cache-Control", "no-store").json(&held)
	if len(held) != 1 || held[0].Object != id || held[0].Handle != "anna@social.example" || held[0].Slug != "a-report" || held[0].Text != "Well said" {
		t.Fatalf("got %+v", held)
	}
	var shown handlers.CommentInfo
	p.decide(who, comments, `{"object":"`+string(id)+`","state":"shown","why":"right"}`).want(http.StatusOK).json(&shown)
	if shown.State != coop.CommentShown {
		t.Errorf("got %+v", shown)
	}
	body := page() // at once, although pages are kept for a minute
	for _, want := range []string{"<p>Well <strong>said</strong></p>", "<bdi>@anna@social.example</bdi>", `rel="nofollow ugc noopener"`, "<li>1 comment</li>"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	var all []coop.Decision
	p.get("/api/coops/alpha/moderation/decisions", who).want(http.StatusOK).json(&all)
	if all = besidesTokens(all); len(all) != 2 || all[1].What != "post publish" || all[0].By != "token pages of alpha" || all[0].What != "comment show" || all[0].Target != string(id) || all[0].Why != "right" {
		t.Errorf("got %+v", all)
	}

	p.decide(who, comments, `{"object":"`+string(id)+`","state":"rejected"}`).want(http.StatusOK)
	if strings.Contains(page(), "Well <strong>") {
		t.Error("a comment is shown that was rejected")
	}
	p.decide(who, comments, `{"object":"`+string(id)+`","state":"lost"}`).problem(http.StatusBadRequest, "state")
	p.decide(who, comments, `{"object":"https://social.example/none","state":"shown"}`).problem(http.StatusNotFound, "")
	p.decide(who, comments, `{"object":"x","state":"shown","why":"`+strings.Repeat("x", 2001)+`"}`).problem(http.StatusBadRequest, "why")
	p.decide(who, comments, `{"objekt":"x"}`).problem(http.StatusBadRequest, "")
}

// A list of what there cannot be would look as if nothing waited.
func TestListsOfNothingThatThereIsAreErrors(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(meetup)
	alpha, relay := p.moderator("alpha"), p.moderator("relay")
	const of = "/api/coops/alpha/moderation/"
	for _, list := range []string{"comments?state=hold", "follows?state=waiting", "rsvps?post=a-meetup&state=yes"} {
		p.get(of+list, alpha).problem(http.StatusBadRequest, "state")
	}
	p.get("/api/moderation/rules?level=suspend", relay).problem(http.StatusBadRequest, "level")
	p.decide(alpha, of+"rsvps", `{"post":"a-meetup","state":"going"}`).problem(http.StatusBadRequest, "actor")
}

// besidesTokens leaves out that tokens were made, with which a test begins.
func besidesTokens(log []coop.Decision) []coop.Decision {
	return slices.DeleteFunc(log, func(d coop.Decision) bool { return d.What == "token create" })
}

// X11 for reasons: what a program sends is shown on terminals.
func TestReasonsAreOneLineOfText(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	id := p.says(p.newPeer("social.example", "anna"), 1, p.publish(report), "<p>Well said</p>")
	who := p.moderator("alpha")
	p.decide(who, comments, `{"object":"`+string(id)+`","state":"shown","why":"a\u001b[31m\nb\u202e"}`).want(http.StatusOK)
	var all []coop.Decision
	if p.get("/api/coops/alpha/moderation/decisions", who).want(http.StatusOK).json(&all); len(besidesTokens(all)) != 2 || all[0].Why != "a[31m b" {
		t.Errorf("got %+v", all)
	}
}

// A05 for what is decided: nobody decides in a co-op that is not theirs.
func TestOnlyWhoMayModerateDecides(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	id := p.says(x, 1, p.publish(report), "<p>Well said</p>")
	decision := `{"object":"` + string(id) + `","state":"shown"}`
	alpha, beta, relay := p.moderator("alpha"), p.moderator("beta"), p.moderator("relay")
	writer := with("Authorization", "Bearer "+first.tokens["alpha"])
	for name, c := range map[string]struct {
		who  change
		want int
	}{
		"nobody": {with(), http.StatusUnauthorized}, "a token that may not": {writer, http.StatusForbidden},
		"another co-op's": {beta, http.StatusForbidden}, "the instance's": {relay, http.StatusForbidden},
	} {
		p.decide(c.who, comments, decision).header("Cache-Control", "no-store").problem(c.want, "")
		for _, list := range []string{"comments", "follows", "rsvps", "complaints", "decisions"} {
			if a := p.get("/api/coops/alpha/moderation/"+list, c.who); a.Code != c.want {
				t.Errorf("%s reads %s: got %d want %d", name, list, a.Code, c.want)
			}
		}
	}
	const other = "/api/coops/beta/moderation/comments"
	there := p.decide(beta, other, decision).problem(http.StatusNotFound, "") // it is alpha's, and not even that is said
	if nowhere := p.decide(beta, other, `{"object":"https://social.example/none","state":"shown"}`).problem(http.StatusNotFound, ""); there.Detail != nowhere.Detail {
		t.Errorf("of a comment of another co-op %q is said, of none %q", there.Detail, nowhere.Detail)
	}
	for _, list := range []string{"comments", "follows", "rsvps?post=a-report", "complaints", "decisions"} {
		p.get("/api/coops//moderation/"+list, relay).problem(http.StatusNotFound, "")
	}
	for _, list := range []string{"rules", "rules.csv", "decisions"} {
		p.get("/api/moderation/"+list, alpha).problem(http.StatusForbidden, "")
		p.get("/api/moderation/"+list).problem(http.StatusUnauthorized, "")
		p.get("/api/moderation/"+list, relay).want(http.StatusOK).header("Cache-Control", "no-store")
	}
	p.decide(alpha, "/api/moderation/rules", `{"target":"social.example","level":"refuse"}`).problem(http.StatusForbidden, "")
	p.decide(alpha, "/api/moderation/rules.csv", "social.example\n").problem(http.StatusForbidden, "")
	rows, err := p.db.Comments(t.Context(), coop.CommentQuery{Coop: "alpha", State: coop.CommentHeld})
	if err != nil || len(rows) != 1 {
		t.Errorf("got %d comments that are held, %v", len(rows), err)
	}
	p.post("alpha", "alpha", note).want(http.StatusCreated)
	p.do(request(http.MethodPost, "/ap/coops/alpha/outbox", []byte(note), alpha, with("Content-Type", as2Short))).problem(http.StatusForbidden, "")
}

func TestRulesAreSetTakenBackAndPassedOn(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	relay := p.moderator("relay")
	const rules = "/api/moderation/rules"
	p.decide(relay, rules, `{"target":"Bots.Example","level":"refuse","public":"spam","why":"since Monday"}`).want(http.StatusOK)
	p.decide(relay, rules, `{"target":"loud.example","level":"silence"}`).want(http.StatusOK)
	p.decide(relay, rules, `{"target":"good.example","level":"allow"}`).want(http.StatusOK)
	var all []coop.Rule
	p.get(rules, relay).want(http.StatusOK).json(&all)
	if len(all) != 3 || all[0].Target != "bots.example" || all[0].By != "token pages of relay" || all[0].Why != "since Monday" {
		t.Fatalf("got %+v", all)
	}
	p.get(rules+"?level=silence", relay).want(http.StatusOK).json(&all)
	if len(all) != 1 || all[0].Target != "loud.example" {
		t.Errorf("got %+v", all)
	}
	list := p.get(rules+".csv", relay).want(http.StatusOK).header("Content-Type", "text/csv; charset=utf-8").Body.String()
	if !strings.Contains(list, "bots.example,suspend,true,true,spam,false\n") || strings.Contains(list, "good.example") || strings.Contains(list, "Monday") {
		t.Errorf("got %s", list)
	}

	p.decide(relay, rules, `{"target":"good.example","level":"none","of":"block"}`).problem(http.StatusNotFound, "")
	p.decide(relay, rules, `{"target":"good.example","level":"none","of":"allow"}`).want(http.StatusOK)
	p.decide(relay, rules, `{"target":"Loud.example","level":"none"}`).want(http.StatusOK)
	p.decide(relay, rules, `{"target":"loud.example","level":"none"}`).problem(http.StatusNotFound, "")
	p.decide(relay, rules, `{"target":"x.example","level":"praise"}`).problem(http.StatusBadRequest, "level")
	p.decide(relay, rules, `{"target":"events.example","level":"refuse"}`).problem(http.StatusBadRequest, "target")

	var done coop.Imported
	p.decide(relay, rules+".csv?why=our+network", "#domain,#severity\nbots.example,suspend\nnew.example,silence\nh*d.example,suspend\n").want(http.StatusOK).json(&done)
	if done.Added != 1 || done.Known != 1 || len(done.Skipped) != 1 || done.Skipped[0].Line != 4 {
		t.Errorf("got %+v", done)
	}
	var what []string
	var log []coop.Decision
	p.get("/api/moderation/decisions?limit=10", relay).want(http.StatusOK).json(&log)
	for _, d := range besidesTokens(log) {
		what = append(what, d.What)
	}
	if got, want := strings.Join(what, ", "), "block import, block remove, allow remove, allow add, block add, block add"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

func TestFollowsRSVPsAndComplaintsAreDecidedOverHTTP(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	anna, ben := p.newPeer("social.example", "anna"), p.newPeer("other.example", "ben")
	post := p.publish(strings.Replace(meetup, `"name"`, `"joinMode":"restricted","maximumAttendeeCapacity":1,"name"`, 1))
	event := site.Object(post.Kind, post.ID)
	alpha, beta := p.moderator("alpha"), p.moderator("beta")

	p.deliver("/ap/inbox", anna, anna.activity("f", "Follow", site.Actor("beta"))).want(http.StatusAccepted)
	var follows []handlers.ActorInfo
	p.get("/api/coops/beta/moderation/follows", beta).want(http.StatusOK).json(&follows)
	if len(follows) != 1 || follows[0].Handle != "anna@social.example" || follows[0].State != coop.FollowAsked {
		t.Errorf("got %+v", follows)
	}
	p.decide(beta, "/api/coops/beta/moderation/follows", `{"actor":"@anna@social.example","decision":"approve","why":"a member"}`).want(http.StatusOK)
	if !p.followed("beta", anna.id) {
		t.Error("the follow was not approved")
	}
	p.deliver("/ap/inbox", ben, ben.activity("f", "Follow", site.Actor("beta"))).want(http.StatusAccepted)
	p.decide(beta, "/api/coops/beta/moderation/follows", `{"actor":"@ben@other.example","decision":"reject"}`).want(http.StatusOK)
	var log []coop.Decision
	p.get("/api/coops/beta/moderation/decisions", beta).want(http.StatusOK).json(&log)
	if log = besidesTokens(log); len(log) != 2 || log[0].What != "follower reject" || log[1].What != "follower approve" {
		t.Errorf("the log says %+v", log)
	}

	for _, x := range []peer{anna, ben} {
		p.deliver("/ap/inbox", x, x.activity("j", "Join", event)).want(http.StatusAccepted)
		p.pass(time.Second)
	}
	const rsvps = "/api/coops/alpha/moderation/rsvps"
	var asked []handlers.RSVPInfo
	p.get(rsvps+"?post=a-meetup&state=asked", alpha).want(http.StatusOK).json(&asked)
	if len(asked) != 2 || asked[0].Handle != "anna@social.example" {
		t.Fatalf("got %+v", asked)
	}
	for _, c := range []struct{ actor, state, want string }{
		{"@anna@social.example", "going", "going"}, {string(ben.id), "going", "waiting"}, {"anna@social.example", "refused", "refused"},
	} {
		var got handlers.RSVPInfo
		p.decide(alpha, rsvps, `{"post":"a-meetup","actor":"`+c.actor+`","state":"`+c.state+`"}`).want(http.StatusOK).json(&got)
		if string(got.State) != c.want {
			t.Errorf("%s %s: got %s want %s", c.actor, c.state, got.State, c.want)
		}
	}
	p.get(rsvps, alpha).problem(http.StatusBadRequest, "post")
	p.get(rsvps+"?post=nothing", alpha).problem(http.StatusNotFound, "")
	p.decide(alpha, rsvps, `{"post":"a-meetup","actor":"@nobody@x.example","state":"going"}`).problem(http.StatusNotFound, "")
	body := p.get("/@alpha/a-meetup", accept(browser)).want(http.StatusOK).Body.String()
	if !strings.Contains(body, "<dd>1 of 1 seats</dd>") || !strings.Contains(body, "The organisers decide about each request.") {
		t.Error("the page does not say who comes")
	}

	p.deliver("/ap/inbox", ben, ben.activity("x", "Flag", event, "content", "Wrong date")).want(http.StatusAccepted)
	const complaints = "/api/coops/alpha/moderation/complaints"
	var all []handlers.ComplaintInfo
	p.get(complaints, alpha).want(http.StatusOK).json(&all)
	if len(all) != 1 || all[0].Text != "Wrong date" || len(all[0].About) != 1 || all[0].About[0] != event {
		t.Fatalf("got %+v", all)
	}
	p.decide(alpha, complaints, `{"id":"`+string(all[0].ID)+`","why":"it is right"}`).want(http.StatusOK)
	p.get(complaints, alpha).want(http.StatusOK).json(&all)
	if len(all) != 0 {
		t.Errorf("got %+v", all)
	}
	p.get(complaints+"?closed=true", alpha).want(http.StatusOK).json(&all)
	if len(all) != 1 || all[0].Closed.IsZero() {
		t.Errorf("got %+v", all)
	}
	p.decide(alpha, complaints, `{"id":"01KB3Y6Q2ZM9T4X7V0R8W5N1EA"}`).problem(http.StatusNotFound, "")
}

// docs/security.md L09: how many come is public, who comes is not, wherever one asks.
func TestWhoComesIsNamedNowhere(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	post := p.publish(meetup)
	event := site.Object(post.Kind, post.ID)
	p.deliver("/ap/inbox", x, x.activity("j", "Join", event, "participationMessage", "In a red coat")).want(http.StatusAccepted)
	sent, err := p.db.Deliveries(t.Context(), coop.DeliveryFilter{Host: "social.example"})
	if err != nil || len(sent) != 1 || sent[0].Type != "Accept" {
		t.Fatalf("got %+v, %v", sent, err)
	}
	p.pass(2 * time.Minute)
	path := strings.TrimPrefix(string(event), site.Base())
	for _, at := range []string{path, path + "/attendees", path + "/replies", path + "/likes", "/ap/coops/alpha/outbox", "/@alpha/a-meetup", "/@alpha/a-meetup.ics"} {
		for _, as := range []string{"application/activity+json", browser} {
			if body := p.get(at, accept(as)).Body.String(); strings.Contains(body, "anna") || strings.Contains(body, "red coat") {
				t.Errorf("%s as %s names who comes: %s", at, as, body)
			}
		}
	}
	p.get("/ap/activities/"+string(sent[0].Document)).problem(http.StatusNotFound, "") // the answer is for anna alone
}

// What strangers do changes no page for a minute: a post that many like would be
// rendered for each of them otherwise.
func TestCountsAreAMinuteOldAtMost(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	post := p.publish(report)
	page := func() string { return p.get("/@alpha/a-report", accept(browser)).want(http.StatusOK).Body.String() }
	before := page()
	p.deliver("/ap/inbox", x, x.activity("l", "Like", site.Object(post.Kind, post.ID))).want(http.StatusAccepted)
	if page() != before {
		t.Error("a like has changed the page at once")
	}
	p.pass(61 * time.Second)
	if !strings.Contains(page(), "<li>1 like</li>") {
		t.Error("a like is not counted after a minute")
	}
}

func TestManyCommentsStandOnSeveralPages(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	post := p.publish(report)
	for n := range 101 {
		c := coop.Comment{
			Object: coop.IRI(fmt.Sprintf("https://social.example/notes/%d", n)), Post: post.ID, Coop: "alpha", By: "https://social.example/users/anna",
			InReplyTo: site.Object(post.Kind, post.ID), Body: fmt.Sprintf("<p>Comment %d.</p>", n), State: coop.CommentShown, At: start.Add(time.Duration(n) * time.Second),
		}
		c.Activity = c.Object + "/create"
		if _, err := p.db.KeepComment(t.Context(), c, coop.Seen{Actor: c.By, Activity: c.Activity, At: start}, coop.Outgoing{}); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[string]struct{ first, last, earlier, later string }{
		"":            {"Comment 0.", "Comment 49.", "", "?comments=2#comments"},
		"?comments=1": {"Comment 0.", "Comment 49.", "", "?comments=2#comments"},
		"?comments=x": {"Comment 0.", "Comment 49.", "", "?comments=2#comments"},
		"?comments=2": {"Comment 50.", "Comment 99.", "a-report#comments", "?comments=3#comments"},
		"?comments=3": {"Comment 100.", "Comment 100.", "?comments=2#comments", ""},
	} {
		body := p.get("/@alpha/a-report"+at, accept(browser)).want(http.StatusOK).Body.String()
		for _, part := range []string{want.first, want.last, want.earlier, want.later, "101 comments", `rel="canonical" href="https://events.example/@alpha/a-report"`} {
			if !strings.Contains(body, part) {
				t.Errorf("%s: no %s", at, part)
			}
		}
		if n := strings.Count(body, `<article class="comment`); n > 50 {
			t.Errorf("%s: %d comments on a page", at, n)
		}
		if want.earlier == "" && strings.Contains(body, "Earlier comments") || want.later == "" && strings.Contains(body, "Later comments") {
			t.Errorf("%s: leads to a page that is not there", at)
		}
	}
	p.get("/@alpha/a-report?comments=4", accept(browser)).want(http.StatusNotFound)
	p.get("/@alpha/a-report?comments=9223372036854775807", accept(browser)).want(http.StatusNotFound)
}

// Where a flood of strangers asks to follow, each is decided about by the id as fast as
// if there were no others.
func TestDecisionAboutAFollowerDoesNotReadAllOthers(t *testing.T) { // AllocsPerRun must not run in parallel
	p := newPlenum(t)
	who := p.moderator("alpha")
	asks := func(n int) coop.IRI {
		id := coop.IRI(fmt.Sprintf("https://flood.example/users/%d", n))
		err := p.db.AskFollow(t.Context(), coop.Follower{Coop: "alpha", Actor: id, Follow: id + "/follow", Box: id + "/inbox"}, coop.Seen{})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	next := 0
	cost := func() float64 {
		return testing.AllocsPerRun(5, func() {
			next++
			id := asks(next)
			p.decide(who, "/api/coops/alpha/moderation/follows", `{"actor":"`+string(id)+`","decision":"reject","why":"flood"}`).want(http.StatusOK)
		})
	}
	few := cost()
	for n := range 300 {
		asks(100_000 + n)
	}
	if many := cost(); many > 3*few {
		t.Errorf("beside 300 others a decision allocates %.0f times, alone %.0f times", many, few)
	}
}

// A list that does not have all says where the rest stands, and each row stands on
// one page.
func TestListsOfWhatIsDecidedHavePages(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	who := p.moderator("alpha")
	p.ctl(http.MethodPatch, "/control/coops/alpha", `{"approve":true}`, http.StatusOK, nil)
	post := p.publish(strings.Replace(meetup, `"name"`, `"joinMode":"restricted","name"`, 1))
	event := site.Object(post.Kind, post.ID)
	for i := range 3 {
		x := p.newPeer(fmt.Sprintf("social%d.example", i), "anna")
		for k, body := range [][]byte{
			x.activity("f", "Follow", alpha), x.activity("j", "Join", event), x.activity("x", "Flag", event, "content", "Wrong date"),
		} {
			if a := p.deliver("/ap/inbox", x, body); a.Code != http.StatusAccepted {
				t.Fatalf("%d: %s", k, a.Body)
			}
			p.pass(time.Second)
		}
		id := p.says(x, i, post, "<p>Hello</p>")
		p.decide(who, "/api/coops/alpha/moderation/comments", `{"object":"`+string(id)+`","state":"shown"}`).want(http.StatusOK)
	}
	for _, list := range []string{"comments", "follows", "rsvps?post=a-meetup", "complaints", "decisions"} {
		at := "/api/coops/alpha/moderation/" + list
		seen := map[string]bool{}
		var sizes []int
		for at != "" && len(sizes) < 5 {
			var rows []json.RawMessage
			sep := "?"
			if strings.Contains(at, "?") {
				sep = "&"
			}
			if len(sizes) == 0 {
				at += sep + "limit=2"
			}
			a := p.get(at, who).want(http.StatusOK)
			a.json(&rows)
			sizes = append(sizes, len(rows))
			for _, r := range rows {
				seen[string(r)] = true
			}
			var more bool
			if at, more = strings.CutSuffix(a.Header().Get("Link"), `>; rel="next"`); more {
				at = strings.TrimPrefix(at, "<")
			}
		}
		want := []int{2, 1}
		if list == "decisions" { // the co-op was changed, a post was published, and four tokens were made
			want = []int{2, 2, 2, 2, 1}
		}
		if !slices.Equal(sizes, want) || len(seen) != 2*(len(want)-1)+want[len(want)-1] {
			t.Errorf("%s: pages of %v rows, %d rows in all", list, sizes, len(seen))
		}
	}
}

// Who approves a comment approves what they have read of it, and nothing that its
// author has put in its place.
func TestOnlyTheVersionThatWasReadIsDecidedAbout(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x, who := p.newPeer("social.example", "anna"), p.moderator("alpha")
	post := p.publish(report)
	id := p.says(x, 1, post, "<p>Well said</p>")
	version := func() string {
		t.Helper()
		var held []handlers.CommentInfo
		p.get(comments, who).want(http.StatusOK).json(&held)
		if len(held) != 1 || held[0].Version == "" {
			t.Fatalf("got %+v", held)
		}
		return held[0].Version
	}
	read := version()
	note := map[string]any{
		"id": id, "type": "Note", "attributedTo": x.id, "content": "<p>Well said</p>", "inReplyTo": site.Object(post.Kind, post.ID), "to": []string{string(coop.Public)},
	}
	decide := func(version string) answer {
		return p.decide(who, comments, `{"object":"`+string(id)+`","state":"shown","version":"`+version+`"}`)
	}
	for i, changed := range []string{"content", "summary", "name"} {
		note[changed] = "Buy pills"
		p.deliver("/ap/inbox", x, x.activity(fmt.Sprint("u", i), "Update", note)).want(http.StatusAccepted)
		decide(read).problem(http.StatusConflict, "version")
		now := version()
		if now == read {
			t.Errorf("another %s is the same version", changed)
		}
		read = now
	}
	if strings.Contains(p.get("/@alpha/a-report", accept(browser)).Body.String(), "pills") {
		t.Error("what nobody has read is shown")
	}
	decide(read).want(http.StatusOK)
	p.decide(who, comments, `{"object":"`+string(id)+`","state":"held"}`).want(http.StatusOK) // whatever it says
}
