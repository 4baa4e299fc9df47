// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// notes are the posts of an instance that are notes, listed or not.
func notes(t *testing.T, a *fedtest.Instance) []coop.Post {
	t.Helper()
	list, err := a.DB.Posts(t.Context(), coop.PostQuery{Coop: a.Coop, All: true, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list, func(p coop.Post) bool { return p.Kind != coop.Note })
}

// Who takes no notice of an Update of an event is told in a
// note, once for each thing that becomes of it.
func TestWhatBecomesOfAnEventIsToldInANote(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, guest := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("guest.example")
		peer.Follows(a, a.Actor())
		_, object := a.Publish(fedtest.Meetup("The assembly", "2000-02-01"))
		guest.Send(a.Site.SharedInbox(), said(guest, "Join", object))
		n.Quiet()
		a.Update(object, fedtest.Document{"summary": "Come all"})
		n.Quiet()
		if got := notes(t, a); len(got) != 0 {
			t.Fatalf("a change of words made %+v", got)
		}
		for k, change := range []fedtest.Document{
			{"eventStatus": "EventPostponed"},
			{"eventStatus": "EventRescheduled", "startTime": "2000-02-08T18:00:00"}, {"startTime": "2000-02-09T18:00:00"},
			{"eventStatus": "EventCancelled"},
		} {
			for range 2 { // the same again changes nothing
				a.Update(object, change)
				n.Quiet()
				if got := notes(t, a); len(got) != k+1 {
					t.Fatalf("after %v there are %d notes", change, len(got))
				}
			}
		}
		last := peer.Got("Create")[4]
		if !bytes.Contains(last.Body, []byte(`"inReplyTo":"`+object)) || !bytes.Contains(last.Body, []byte("[Cancelled] The assembly")) || len(guest.Got("Create")) != 4 {
			t.Errorf("got %s; a guest got %d", last.Body, len(guest.Got("Create")))
		}
		for _, p := range notes(t, a) {
			if p.Visibility != coop.Unlisted || p.ReplyTo != object {
				t.Errorf("got %+v", p)
			}
		}
		if _, body, _ := page(t, a, a.Site.Page(a.Coop, "the-assembly")); strings.Count(body, `class="comment `) != 4 {
			t.Errorf("the page of the event has not four notes: %s", body)
		}
		a.Delete(object)
		n.Quiet()
		if got := notes(t, a); len(got) != 0 || len(peer.Got("Delete")) != 5 {
			t.Errorf("left: %+v, told %d times", got, len(peer.Got("Delete")))
		}
	}, fedtest.Calm())
}

// A crash between the change of an event and its note: the note is made when the
// instance starts.
func TestANoteThatACrashPreventedIsMadeUpFor(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		_, object := a.Publish(fedtest.Meetup("The assembly", "2000-02-01"))
		time.Sleep(time.Minute)
		a.Update(object, fedtest.Document{"eventStatus": "EventCancelled"})
		made := notes(t, a)
		if len(made) != 1 {
			t.Fatalf("got %+v", made)
		}
		_, again := a.Publish(fedtest.Meetup("Another assembly", "2000-02-02"))
		ref, _ := a.Site.Parse(again)
		p, err := a.DB.Post(t.Context(), ref.ID)
		if err != nil {
			t.Fatal(err)
		}
		// as the store has it where the change is stored and nothing behind it is
		served, _, err := a.DB.Object(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		p.Status, p.Rev, p.Updated = coop.Cancelled, p.Rev+1, p.Published.Add(time.Minute)
		if _, err := a.DB.Revise(t.Context(), coop.Publication{Post: p, Object: served}); err != nil {
			t.Fatal(err)
		}
		a.Crash()
		a.Start()
		n.Settle()
		n.Quiet()
		got := notes(t, a)
		if len(got) != 2 || !slices.ContainsFunc(got, func(p coop.Post) bool { return p.ReplyTo == again }) {
			t.Errorf("got %+v", got)
		}
		a.Crash()
		a.Start()
		n.Settle()
		if got := notes(t, a); len(got) != 2 {
			t.Errorf("starting again made %+v", got)
		}
	}, fedtest.Calm())
}

// A report of an event says when and where it was and how many came, and has what
// belongs to it, if everybody who reads it may know.
func TestAReportFillsItselfFromItsEvents(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		slides := fedtest.Document{"type": "Link", "href": "https://slides.example/1.pdf", "mediaType": "application/pdf", "name": "The slides"}
		_, event := a.Publish(with(fedtest.Meetup("The assembly", "2000-02-01"), "plenum:attendance", 40, "attachment", []fedtest.Document{slides}))
		_, hidden := a.Publish(followersOnly(a, fedtest.Meetup("The hidden one", "2000-02-01")))
		_, report := a.Publish(with(fedtest.Report("What we did"), "plenum:of", []string{"the-assembly"}, "plenum:slug", "what-we-did"))
		_, body := a.Get(report)
		for _, want := range []string{"https://a.example/@a_coop/the-assembly", "Tue 1 Feb 2000, 18:00", "Messe Leipzig", "40 people came", "https://slides.example/1.pdf"} {
			if !bytes.Contains(body, []byte(want)) {
				t.Errorf("the report says nothing of %s: %s", want, body)
			}
		}
		_, html, _ := page(t, a, a.Site.Page(a.Coop, "what-we-did"))
		for _, want := range []string{`href="https://a.example/@a_coop/the-assembly"`, "40 people came", "https://slides.example/1.pdf"} {
			if !strings.Contains(html, want) {
				t.Errorf("its page says nothing of %s", want)
			}
		}
		if p := postOf(t, a, report); strings.Contains(p.Body, "assembly") || len(p.Links) != 0 || len(p.Of) != 1 {
			t.Errorf("what was written is not what is kept: %+v", p)
		}
		status, _, answer := a.Submit(with(fedtest.Report("What we hid"), "plenum:of", []coop.IRI{hidden}))
		if status != http.StatusBadRequest || !bytes.Contains(answer, []byte("plenum:of")) {
			t.Errorf("a public report of a hidden event: %d %s", status, answer)
		}
		if status, _, answer := a.Submit(followersOnly(a, with(fedtest.Report("What we hid"), "plenum:of", []coop.IRI{hidden}))); status != http.StatusCreated {
			t.Errorf("a hidden report of a hidden event: %d %s", status, answer)
		}
		a.Update(event, fedtest.Document{"plenum:attendance": 41})
		if _, body := a.Get(report); !bytes.Contains(body, []byte("41 people came")) {
			t.Errorf("the report did not follow its event: %s", body)
		}
		a.Delete(event)
		if _, body := a.Get(report); bytes.Contains(body, []byte("Messe Leipzig")) {
			t.Errorf("the report tells of an event that was deleted: %s", body)
		}
	}, fedtest.Calm())
}
