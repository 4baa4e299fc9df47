// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// held are the starts of the occurrences of a series in a state, in order.
func held(t *testing.T, a *fedtest.Instance, series coop.ID, state coop.PostState) (list []coop.Post) {
	t.Helper()
	list, err := a.DB.Posts(t.Context(), coop.PostQuery{Series: series, State: state, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(list, func(a, b coop.Post) int {
		if a.When.Start < b.When.Start {
			return -1
		}
		return 1
	})
	return list
}

// monthly is a meetup on the first Tuesday of each month from February on.
func monthly(rule string) fedtest.Document {
	return with(fedtest.Meetup("The regulars", "2000-02-01"), "plenum:repeat", rule, "plenum:slug", "regulars", "endTime", "2000-02-01T21:00:00")
}

// A meetup that is held again has an Event for each time, published four weeks before.
func TestAMeetupIsHeldAgainAndAgain(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		activity, object := a.Publish(monthly("FREQ=MONTHLY;BYDAY=1TU"))
		n.Quiet()
		first := postOf(t, a, object)
		if first.State != coop.Published || first.Slug != "regulars-2000-02-01" || first.Series == "" || a.Site.Activity(first.Activity) != activity || len(peer.Got("Create")) != 1 {
			t.Fatalf("got %+v", first)
		}
		waiting := held(t, a, first.Series, coop.Draft)
		if len(waiting) != coop.MaxOccurrences || waiting[0].Slug != "regulars-2000-03-07" || waiting[0].When.Start != "2000-03-07T18:00:00" || waiting[0].When.End != "2000-03-07T21:00:00" {
			t.Fatalf("got %d: %+v", len(waiting), waiting)
		}
		if want := time.Date(2000, 2, 8, 17, 0, 0, 0, time.UTC); !waiting[0].Due.Equal(want) {
			t.Errorf("due %s want %s", waiting[0].Due, want)
		}
		time.Sleep(time.Until(waiting[0].Due) - time.Minute)
		if got := len(peer.Got("Create")); got != 1 {
			t.Errorf("told %d times too early", got)
		}
		time.Sleep(10 * time.Minute)
		n.Quiet()
		if got := peer.Got("Create"); len(got) != 2 || !bytes.Contains(got[1].Body, []byte("regulars-2000-03-07")) {
			t.Errorf("told %d times", len(got))
		}
		if got := held(t, a, first.Series, coop.Draft); len(got) != coop.MaxOccurrences || got[11].When.Start != "2001-03-06T18:00:00" {
			t.Errorf("got %d, the last %+v", len(got), got[len(got)-1].When)
		}
		time.Sleep(70 * day) // into summer time
		n.Quiet()
		all := held(t, a, first.Series, coop.Published)
		for _, p := range all {
			if start, _ := p.When.Times(); start.Weekday() != time.Tuesday || start.Day() > 7 || p.When.Start[10:] != "T18:00:00" {
				t.Errorf("got %+v", p.When)
			}
		}
		if len(all) < 4 || len(peer.Got("Create")) != len(all) {
			t.Errorf("%d were held, %d told", len(all), len(peer.Got("Create")))
		}
	}, fedtest.Calm())
}

// Who follows hears of few occurrences at once, however far ahead they are published.
func TestADailySeriesFloodsNobody(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		begin := time.Now()
		a.Publish(with(fedtest.Meetup("Stand-up", "2000-01-20"), "plenum:repeat", "FREQ=DAILY;COUNT=60", "plenum:ahead", 365, "plenum:slug", "standup", "endTime", "2000-01-20T19:00:00"))
		n.Quiet()
		if got := len(peer.Got("Create")); got != 4 {
			t.Errorf("told %d times at once", got)
		}
		time.Sleep(time.Date(2000, 1, 20, 12, 0, 0, 0, time.UTC).Sub(begin))
		n.Quiet()
		if got := len(peer.Got("Create")); got != 4 {
			t.Errorf("told %d times before the first evening", got)
		}
		time.Sleep(10 * day)
		n.Quiet()
		if got := len(peer.Got("Create")); got != 14 {
			t.Errorf("told %d times before the eleventh evening", got)
		}
	}, fedtest.Calm())
}

func TestASeriesEnds(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		_, object := a.Publish(with(monthly("FREQ=WEEKLY;COUNT=4"), "plenum:ahead", 365))
		n.Settle()
		series := postOf(t, a, object).Series
		if got := held(t, a, series, coop.Published); len(got) != 4 { // all of them are near enough
			t.Errorf("%d are published", len(got))
		}
		time.Sleep(2 * time.Hour)
		if r, err := a.DB.Series(t.Context(), series); err != nil || r.Ended.IsZero() || r.Made != 4 {
			t.Errorf("got %+v (%v)", r, err)
		}
	}, fedtest.Calm())
}

// One change is for all occurrences that are not over: the hours on each day, and of
// those that nobody has heard of too.
func TestAllOccurrencesAreChangedAtOnce(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		_, object := a.Publish(with(monthly("FREQ=WEEKLY"), "plenum:ahead", 15))
		time.Sleep(40 * day)
		n.Quiet()
		series := postOf(t, a, object).Series
		published := held(t, a, series, coop.Published)
		named := published[len(published)-1]
		over := 0
		for _, p := range published {
			if _, end := p.When.Times(); end.Before(time.Now()) {
				over++
			}
		}
		if over == 0 || over >= len(published)-1 {
			t.Fatalf("%d of %d are over", over, len(published))
		}
		_, answered := a.Publish(fedtest.Document{"type": "Update", "plenum:scope": "all", "object": fedtest.Document{
			"id": a.Site.Object(named.Kind, named.ID), "content": "<p>At another hour</p>",
			"startTime": named.When.Start[:11] + "19:30:00", "endTime": named.When.Start[:11] + "22:00:00",
		}})
		n.Quiet()
		if answered != a.Site.Object(named.Kind, named.ID) {
			t.Errorf("answered with %s", answered)
		}
		changed := func(list []coop.Post, want int) {
			t.Helper()
			got := 0
			for _, p := range list {
				if p.Text == "At another hour" && p.When.Start[10:] == "T19:30:00" && p.When.End[10:] == "T22:00:00" && p.When.Start.Date() == p.When.End.Date() {
					got++
				}
			}
			if got != want {
				t.Errorf("%d of %d were changed, want %d", got, len(list), want)
			}
		}
		changed(held(t, a, series, coop.Published), len(published)-over)
		changed(held(t, a, series, coop.Draft), coop.MaxOccurrences)
		if got := len(peer.Got("Update")); got != len(published)-over {
			t.Errorf("told %d times", got)
		}
		time.Sleep(14 * day) // and those that are made from now on
		n.Quiet()
		all := held(t, a, series, coop.Draft)
		changed(all, len(all))
		days := map[string]bool{}
		for _, p := range append(held(t, a, series, coop.Published), all...) {
			if days[p.When.Start.Date()] {
				t.Errorf("two on %s", p.When.Start.Date())
			}
			days[p.When.Start.Date()] = true
		}
		status, _, body := a.Submit(fedtest.Document{"type": "Update", "plenum:scope": "all", "object": fedtest.Document{"id": a.Site.Object(named.Kind, named.ID), "startTime": "2001-01-01T10:00:00", "endTime": "2001-01-01T12:00:00"}})
		if status != http.StatusBadRequest || !bytes.Contains(body, []byte("keeps its day")) {
			t.Errorf("another day for all: %d %s", status, body)
		}
	}, fedtest.Calm())
}

// Who calls all of them off, or deletes them, ends the series.
func TestAllOccurrencesAreCancelledOrDeleted(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		doc  func(id coop.IRI) fedtest.Document
		kind string
		left int
	}{
		"cancelled": {func(id coop.IRI) fedtest.Document {
			return fedtest.Document{"type": "Update", "object": fedtest.Document{"id": id, "eventStatus": "EventCancelled", "plenum:scope": "all"}}
		}, "Update", 3},
		"deleted": {func(id coop.IRI) fedtest.Document {
			return fedtest.Document{"type": "Delete", "object": id, "plenum:scope": "all"}
		}, "Delete", 0},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, peer := n.Instance("a.example"), n.Peer("peer.example")
				peer.Follows(a, a.Actor())
				_, object := a.Publish(with(monthly("FREQ=WEEKLY"), "plenum:ahead", 46))
				n.Settle()
				n.Quiet()
				series := postOf(t, a, object).Series
				if got := len(held(t, a, series, coop.Published)); got != 3 {
					t.Fatalf("%d are published", got)
				}
				if status, _, body := a.Submit(c.doc(object)); status != http.StatusCreated {
					t.Fatalf("got %d %s", status, body)
				}
				n.Quiet()
				time.Sleep(30 * day)
				if got := len(held(t, a, series, coop.Published)); got != c.left || len(held(t, a, series, coop.Draft)) != 0 || len(peer.Got(c.kind)) != 3 {
					t.Errorf("%d are left, %d wait, told %d times", got, len(held(t, a, series, coop.Draft)), len(peer.Got(c.kind)))
				}
				if r, err := a.DB.Series(t.Context(), series); err != nil || r.Ended.IsZero() {
					t.Errorf("got %+v (%v)", r, err)
				}
			}, fedtest.Calm())
		})
	}
}

func TestSeriesThatAreRefused(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		a.Publish(monthly("FREQ=WEEKLY"))
		for what, c := range map[string]struct {
			doc    fedtest.Document
			status int
			member string
		}{
			"every second":    {monthly("FREQ=SECONDLY"), http.StatusBadRequest, "plenum:repeat"},
			"the ninth":       {monthly("FREQ=MONTHLY;BYDAY=+9MO"), http.StatusBadRequest, "plenum:repeat"},
			"a report":        {with(fedtest.Report("Again"), "plenum:repeat", "FREQ=WEEKLY"), http.StatusBadRequest, "plenum:repeat"},
			"a draft":         {with(monthly("FREQ=WEEKLY"), "plenum:state", "draft"), http.StatusBadRequest, "plenum:state"},
			"no days ahead":   {with(monthly("FREQ=WEEKLY"), "plenum:ahead", 0), http.StatusBadRequest, "plenum:ahead"},
			"the same slug":   {monthly("FREQ=WEEKLY"), http.StatusConflict, "plenum:slug"},
			"too long a slug": {with(monthly("FREQ=WEEKLY"), "plenum:slug", fmt.Sprintf("%070d", 1)), http.StatusBadRequest, "plenum:slug"},
		} {
			status, _, body := a.Submit(c.doc)
			if status != c.status || !bytes.Contains(body, []byte(c.member)) {
				t.Errorf("%s: got %d %s", what, status, body)
			}
		}
	}, fedtest.Calm())
}
