// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"plenum/coop"
)

func meetupForm() url.Values {
	return url.Values{
		"title": {"Assembly"}, "summary": {"For all who work here."}, "text": {"Come *along*.\r\n\r\n- one\r\n- two"}, "start_date": {"2026-12-10"}, "start_time": {"19:00"},
		"end_time": {"21:00"}, "zone": {"Europe/Berlin"}, "language": {"en"}, "place": {"Komona"}, "address": {"Leipzig, Germany"}, "online": {"https://live.example/x"},
		"tags": {"coops, #meetup"}, "links": {"Slides and more https://x.example/s.pdf"}, "seats": {"40"}, "visibility": {""}, "key": {"k1"}, "do": {"publish"},
	}
}

// postOf is the only post of alpha in a state.
func (p *plenum) postOf(state coop.PostState) coop.Post {
	p.t.Helper()
	all, err := p.db.Posts(p.t.Context(), coop.PostQuery{Coop: "alpha", State: state, All: true})
	if err != nil || len(all) != 1 {
		p.t.Fatalf("got %d posts that are %s, %v", len(all), state, err)
	}
	return all[0]
}

// revOf is the revision of the only post of alpha in a state, as its form has it.
func (p *plenum) revOf(state coop.PostState) string { return strconv.Itoa(p.postOf(state).Rev) }

func TestPublisherPublishesByTheForm(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Publisher)
	b.look("/desk/alpha/new?kind=meetup").want(http.StatusOK).says("New meetup", "Publish", `value="Europe/Berlin"`)
	b.upload("/desk/alpha/new?kind=meetup", meetupForm(), nil).leads("/desk/alpha?done=published")
	b.upload("/desk/alpha/new?kind=meetup", meetupForm(), nil).leads("/desk/alpha?done=published") // sent twice, done once
	got := p.postOf(coop.Published)
	if got.Title != "Assembly" || got.When != (coop.When{Start: "2026-12-10T19:00:00", End: "2026-12-10T21:00:00", Zone: "Europe/Berlin"}) || got.Place.Name != "Komona" ||
		got.Place.Address != "Leipzig, Germany" || got.Online != "https://live.example/x" || strings.Join(got.Tags, " ") != "coops meetup" || got.Capacity != 40 ||
		len(got.Links) != 1 || got.Links[0].Name != "Slides and more" || !strings.Contains(got.Body, "<em>along</em>") || got.By != "member anna" {
		t.Errorf("got %+v", got)
	}
	b.look("/desk?done=published").says("on its way to all who follow", "Assembly")
	p.get("/@alpha/assembly", accept(browser)).want(http.StatusOK).says("Assembly")
}

func TestFormSaysWhatIsToBePutRight(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Publisher)
	b.look("/desk/alpha/new?kind=talk")
	form := meetupForm()
	for name, value := range map[string]string{"title": "", "end_date": "2026-12-09", "online": "live.example", "links": "nothing", "seats": "many", "due": "2020-01-01T10:00", "do": "schedule", "text": "Kept <b>as typed</b>"} {
		form.Set(name, value)
	}
	a := b.upload("/desk/alpha/new?kind=talk", form, nil).want(http.StatusUnprocessableEntity)
	a.says("“Title” is missing", "It ends before it begins", "“Online” needs addresses", "“Links” needs addresses", "“Seats” is a number, like 40.", "That moment is over", "Error: New talk")
	if !strings.Contains(a.Body.String(), "Kept &lt;b&gt;as typed&lt;/b&gt;</textarea>") {
		t.Error("what was typed is lost")
	}
	form = meetupForm()
	form.Set("zone", "Europe/Atlantis")
	b.upload("/desk/alpha/new?kind=meetup", form, nil).want(http.StatusUnprocessableEntity).says("Europe/Atlantis", `href="#zone"`)
	b.upload("/desk/alpha/new?kind=meetup", meetupForm(), []byte("<script>")).want(http.StatusUnprocessableEntity).says("This file cannot be used")
	if all, err := p.db.Posts(t.Context(), coop.PostQuery{Coop: "alpha"}); err != nil || len(all) > 0 {
		t.Errorf("got %d posts, %v", len(all), err)
	}
}

// A change by the form leaves what it does not show, and what somebody else changed
// meanwhile, as it is.
func TestFormChangesWhatWasChanged(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Publisher)
	post := p.publish(strings.Replace(meetup, `"address":"Leipzig, Germany"`, `"address":{"type":"PostalAddress","streetAddress":"Messe 1","postalCode":"04356","addressLocality":"Leipzig"},"latitude":51.4,"longitude":12.4`, 1))
	at := "/desk/alpha/posts/" + string(post.ID)
	b.look(at).want(http.StatusOK).says("A meetup", "04356 Leipzig", "Leave the field empty to keep it")
	form := url.Values{"rev": {"1"}, "title": {"A better meetup"}, "start_date": {"2026-12-10"}, "start_time": {"19:00"}, "end_date": {"2026-12-10"}, "end_time": {"21:00"},
		"zone": {"Europe/Berlin"}, "place": {"Komona"}, "address": {"Messe 1, 04356 Leipzig"}, "online": {"https://live.example/x"}, "language": {"en"}}
	b.upload(at, form, nil).leads("/desk/alpha?done=changed")
	got := p.postOf(coop.Published)
	if got.Title != "A better meetup" || got.Body != post.Body || got.When != post.When || got.Place.Street != "Messe 1" || got.Place.Latitude == nil || got.Online != "https://live.example/x" || got.Language != post.Language && got.Language != "en" {
		t.Errorf("got %+v", got)
	}
	form.Set("title", "Late")
	b.upload(at, form, nil).want(http.StatusConflict).says("Somebody else has changed this meanwhile", "Late", `name="rev" value="2"`)
	form.Set("rev", "2")
	form.Set("status", "cancelled")
	b.upload(at, form, nil).leads("/desk/alpha?done=changed")
	if got, err := p.db.Post(t.Context(), post.ID); err != nil || got.Status != coop.Cancelled || got.Title != "Late" {
		t.Errorf("got %+v", got)
	}
}

func TestDraftIsKeptScheduledAndDropped(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Publisher)
	p.publish(`{"type":"Event","name":"A meetup, whose report this is","plenum:slug":"meetup-7","plenum:attendance":40,"startTime":"2025-11-05T19:00:00","timezone":"Europe/Berlin","content":"<p>x</p>"}`)
	b.look("/desk/alpha/new?kind=report").says("About these events")
	form := url.Values{"title": {"What we learned"}, "text": {"A lot."}, "of": {"meetup-7"}, "language": {"en"}, "do": {"save"}, "key": {"k"}}
	b.upload("/desk/alpha/new?kind=report", form, nil).want(http.StatusSeeOther)
	draft := p.postOf(coop.Draft)
	at := "/desk/alpha/posts/" + string(draft.ID)
	b.look("/desk").says("What we learned", "last changed by anna", "Publish now")
	b.look(at+"/preview").want(http.StatusOK).says("What we learned", "A lot.", "A meetup, whose report this is")
	p.get("/@alpha/what-we-learned", accept(browser)).want(http.StatusNotFound)
	form.Set("do", "schedule")
	form.Set("rev", "1")
	form.Set("due", "2026-12-03T09:00")
	b.look(at)
	b.upload(at, form, nil).want(http.StatusSeeOther)
	if got := p.postOf(coop.Draft); !got.Due.Equal(time.Date(2026, 12, 3, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("it is due %v", got.Due)
	}
	b.look("/desk").says("Scheduled", "3 Dec 2026, 09:00")
	for _, change := range [][2]string{{"unschedule", "2026-12-03T09:00"}, {"save", ""}} { // a button, or the time taken out
		form.Set("do", change[0])
		form.Set("due", change[1])
		form.Set("rev", p.revOf(coop.Draft))
		b.upload(at, form, nil).want(http.StatusSeeOther)
		if got := p.postOf(coop.Draft); !got.Due.IsZero() {
			t.Errorf("%s: it is still due %v", change[0], got.Due)
		}
		form.Set("do", "schedule")
		form.Set("due", "2026-12-03T09:00")
		form.Set("rev", p.revOf(coop.Draft))
		b.upload(at, form, nil).want(http.StatusSeeOther)
	}
	b.look(at+"/delete").says("Delete “What we learned”?", "Nobody outside has seen this draft")
	b.act(at+"/delete", url.Values{}).leads("/desk/alpha?done=dropped")
	b.look(at).want(http.StatusNotFound)
}

// Nothing is published at once to which somebody gave a time, and nothing that was
// filled in is passed over in silence.
func TestButtonBesideTheTimeIsAskedAbout(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Publisher)
	b.look("/desk/alpha/new?kind=meetup")
	form := meetupForm()
	form.Set("due", "2026-12-03T09:00")
	for _, do := range []string{"publish", "save"} {
		form.Set("do", do)
		b.upload("/desk/alpha/new?kind=meetup", form, nil).want(http.StatusUnprocessableEntity).says("A time is set here. Press “Publish then”", `href="#due"`)
	}
	form.Set("due", "")
	form.Set("again", "week")
	b.upload("/desk/alpha/new?kind=meetup", form, nil).want(http.StatusUnprocessableEntity).says("To keep a draft, choose “Once”", `href="#again"`)
	if all, err := p.db.Posts(t.Context(), coop.PostQuery{Coop: "alpha", All: true}); err != nil || len(all) > 0 {
		t.Errorf("got %d posts, %v", len(all), err)
	}
}

// A16: a form of another session does nothing; what was written in it is not lost.
func TestTextOutlivesTheSession(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Publisher)
	b.look("/desk/alpha/new?kind=meetup")
	old := b.csrf
	b.signIn("anna")
	b.csrf = old
	form := meetupForm()
	form.Set("text", "An hour of <work>")
	a := b.upload("/desk/alpha/new?kind=meetup", form, nil).want(http.StatusForbidden).says("You have signed in anew", "An hour of <work></textarea>")
	if strings.Contains(a.Body.String(), old) {
		t.Error("the page proves itself with what was sent")
	}
	if all, err := p.db.Posts(t.Context(), coop.PostQuery{Coop: "alpha", All: true}); err != nil || len(all) > 0 {
		t.Errorf("got %d posts, %v", len(all), err)
	}
	b.look("/desk/alpha/new?kind=meetup")
	b.upload("/desk/alpha/new?kind=meetup", form, nil).leads("/desk/alpha?done=published")
	b.upload("/desk/alpha/new?kind=meetup", url.Values{"text": {"x"}}, somePicture(t)).want(http.StatusUnprocessableEntity).says("choose the picture again")
}

// An editor's post becomes a draft that others can look at, and a proposal to publish
// it; whoever decides is somebody who may.
func TestEditorProposesAndPublisherAgrees(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b, other := p.member("edda", coop.Editor), p.member("paul", coop.Publisher)
	b.look("/desk/alpha/new?kind=meetup").says("Propose it", "Somebody who may publish has to agree")
	b.upload("/desk/alpha/new?kind=meetup", meetupForm(), nil).leads("/desk/alpha?done=proposed")
	b.look("/desk?done=proposed").says("Somebody else has to agree now", "proposed by edda")
	at := regexp.MustCompile(`/desk/alpha/proposals/[0-9A-Z]{26}`).FindString(other.look("/desk").Body.String())
	if at == "" {
		t.Fatal("paul sees no proposal")
	}
	b.look(at).want(http.StatusOK).says("Somebody who may publish has to decide", "Publish · Assembly", "For all who work here.", "2026-12-10 19:00", "Komona", "Leipzig", "Come *along*.", "/preview")
	if n := strings.Count(b.look("/desk").says("Waiting for somebody to agree", "Publish").Body.String(), "Propose it"); n > 0 {
		t.Error("what is proposed already is offered to be proposed again")
	}
	b.act(at, url.Values{"accept": {"yes"}}).want(http.StatusConflict)
	p.get("/@alpha/assembly", accept(browser)).want(http.StatusNotFound)
	other.look(at).says("edda proposes this", "Agree, and do it")
	other.act(at, url.Values{"accept": {"yes"}}).leads("/desk/alpha?done=agreed")
	p.get("/@alpha/assembly", accept(browser)).want(http.StatusOK)
	other.look(at).says("paul agreed")

	post := p.postOf(coop.Published)
	edit := "/desk/alpha/posts/" + string(post.ID)
	b.look(edit)
	b.act(edit+"/delete", url.Values{}).leads("/desk/alpha?done=proposed")
	at = regexp.MustCompile(`/desk/alpha/proposals/[0-9A-Z]{26}`).FindString(other.look("/desk").Body.String())
	other.act(at, url.Values{"accept": {"no"}, "why": {"we need it"}}).leads("/desk/alpha?done=rejected")
	b.look(at).says("paul turned it down", "Because: we need it")

	b.act(edit+"/delete", url.Values{}).leads("/desk/alpha?done=proposed")
	at = regexp.MustCompile(`/desk/alpha/proposals/[0-9A-Z]{26}`).FindString(b.look("/desk").Body.String())
	b.look(at).says("Take back")
	b.act(at, url.Values{"accept": {"no"}}).leads("/desk/alpha?done=rejected")
	b.look(at).says("edda turned it down")
}

// Where two have to agree, that is so for everybody.
func TestTwoPeopleAgree(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b, other := p.member("anna", coop.Admin), p.member("paul", coop.Publisher)
	b.look("/members/alpha")
	b.act("/members/alpha/two-people", url.Values{"two": {"yes"}})
	said := func(why string) {
		t.Helper()
		log, err := p.db.Decisions(t.Context(), coop.DecisionQuery{Coop: "alpha"})
		if log = besidesTokens(log); err != nil || len(log) == 0 || log[0].What != "coop set" || log[0].By != "member anna" || log[0].Why != why {
			t.Errorf("the log says %+v (%v); want %q", log, err, why)
		}
	}
	said("two have to agree")
	b.look("/desk/alpha/new?kind=note").says("two have to agree")
	b.upload("/desk/alpha/new?kind=note", url.Values{"text": {"Doors open at six."}, "do": {"publish"}, "key": {"k"}}, nil).leads("/desk/alpha?done=proposed")
	at := regexp.MustCompile(`/desk/alpha/proposals/[0-9A-Z]{26}`).FindString(b.look("/desk").Body.String())
	b.look(at).says("You proposed this yourself")
	b.act(at, url.Values{"accept": {"yes"}}).want(http.StatusConflict).says("somebody else has to accept")
	other.look(at)
	other.act(at, url.Values{"accept": {"yes"}}).leads("/desk/alpha?done=agreed")
	p.postOf(coop.Published)
	p.pass(time.Minute)
	b.look("/members/alpha")
	b.act("/members/alpha/two-people", url.Values{"two": {"no"}})
	said("one publishes alone")
}

func somePicture(t *testing.T) []byte {
	t.Helper()
	var raw bytes.Buffer
	if err := png.Encode(&raw, image.NewRGBA(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

// M02: a picture of the form is made anew, and its name is our own.
func TestPictureOfTheFormIsKept(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Publisher)
	b.look("/desk/alpha/new?kind=meetup")
	form := meetupForm()
	form.Set("alt", "A grey field")
	b.upload("/desk/alpha/new?kind=meetup", form, somePicture(t)).leads("/desk/alpha?done=published")
	got := p.postOf(coop.Published)
	if got.Image.Alt != "A grey field" || got.Image.Made || strings.ContainsAny(got.Image.File, "/x") && !regexp.MustCompile(`^[\w-]+\.(png|jpg)$`).MatchString(got.Image.File) {
		t.Errorf("got %+v", got.Image)
	}
	p.get("/media/" + got.Image.File).want(http.StatusOK)
}

// A co-op shares a post that another one offers, by the desk.
func TestOfferIsTakenAtTheDesk(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b, other := p.member("anna", coop.Publisher), p.member("bert", coop.Publisher)
	p.ctl(http.MethodPost, "/control/members/bert/role", `{"coop":"beta","role":"publisher"}`, http.StatusOK, nil)
	b.look("/desk/alpha/new?kind=meetup")
	form := meetupForm()
	form.Set("owners", "beta")
	b.upload("/desk/alpha/new?kind=meetup", form, nil).leads("/desk/alpha?done=published")
	other.look("/desk/beta").says("Others ask to share with us", "@alpha asks you to share")
	post := p.postOf(coop.Published)
	for i := range 300 { // who follows meanwhile puts no offer away
		by := coop.IRI(fmt.Sprintf("https://crowd.example/users/%d", i))
		f := coop.Follower{Coop: "beta", Actor: by, Follow: by + "/follow", Box: by + "/inbox", State: coop.FollowAsked, Since: post.Published}
		if err := p.db.AskFollow(t.Context(), f, coop.Seen{Actor: by, Activity: f.Follow, Type: "Follow", Object: site.Actor("beta")}); err != nil {
			t.Fatal(err)
		}
	}
	b.look("/desk")
	b.act("/desk/beta/offers/"+string(post.ID), url.Values{"accept": {"yes"}}).want(http.StatusNotFound)
	other.act("/desk/beta/offers/"+string(post.ID), url.Values{"accept": {"yes"}}).leads("/desk/beta?done=agreed")
	if got, err := p.db.Post(t.Context(), post.ID); err != nil || len(got.Owners) != 1 || got.Owners[0] != "beta" {
		t.Errorf("got %v %v", got.Owners, err)
	}
	other.act("/desk/beta/offers/"+string(post.ID), url.Values{"accept": {"yes"}}).want(http.StatusNotFound)
	at := "/desk/beta/posts/" + string(post.ID) // bert writes for beta as for alpha, and here for beta
	if page := other.look("/desk/beta").says(`href="`+at+`"`, "@alpha").Body.String(); strings.Contains(page, "/posts/"+string(post.ID)+"/delete") {
		t.Error("who shares a post is offered to delete it")
	}
	other.look(at).want(http.StatusOK)
	form = meetupForm()
	form.Set("rev", regexp.MustCompile(`name="rev" value="(\d+)"`).FindStringSubmatch(other.look(at).Body.String())[1])
	form.Set("end_date", "2026-12-10")
	form.Set("owners", "beta")
	other.upload(at, form, nil).leads("/desk/beta?done=changed")
}

// One date of a series is changed, or all of them.
func TestSeriesIsWrittenAndChangedByTheForm(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("anna", coop.Publisher)
	b.look("/desk/alpha/new?kind=meetup")
	form := meetupForm()
	form.Set("again", "month")
	b.upload("/desk/alpha/new?kind=meetup", form, nil).leads("/desk/alpha?done=published")
	post := p.postOf(coop.Published)
	if post.Series == "" {
		t.Fatal("it is no series")
	}
	drafts, err := p.db.Posts(t.Context(), coop.PostQuery{Coop: "alpha", State: coop.Draft, All: true, Limit: 50})
	if err != nil || len(drafts) == 0 {
		t.Fatalf("got %d drafts, %v", len(drafts), err)
	}
	at := "/desk/alpha/posts/" + string(post.ID)
	rev := regexp.MustCompile(`name="rev" value="(\d+)"`).FindStringSubmatch(b.look(at).says("Every date to come").Body.String())
	form.Set("rev", rev[1])
	form.Set("scope", "all")
	form.Set("end_date", "2026-12-10")
	form.Set("place", "The park")
	b.upload(at, form, nil).leads("/desk/alpha?done=changed")
	for _, d := range drafts {
		if got, err := p.db.Post(t.Context(), d.ID); err != nil || got.Place.Name != "The park" {
			t.Errorf("got %+v %v", got.Place, err)
		}
	}
}
