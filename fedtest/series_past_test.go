// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// heldSince is monthly from another day on.
func heldSince(date, rule string) fedtest.Document {
	return with(fedtest.Meetup("The regulars", date), "plenum:repeat", rule, "plenum:slug", "regulars", "endTime", date+"T21:00:00")
}

// late counts those of a list that were over when they were published.
func late(list []coop.Post) (n int) {
	for _, p := range list {
		if _, end := p.When.Times(); end.Before(p.Published) {
			n++
		}
	}
	return n
}

// A meetup that has been held for years is entered with its rule: nobody is told of
// what is over, but for the occurrence that was named.
func TestASeriesThatBeganLongAgoGoesOn(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		_, object := a.Publish(heldSince("1999-06-01", "FREQ=WEEKLY"))
		n.Settle()
		time.Sleep(3 * time.Hour)
		n.Quiet()
		series := postOf(t, a, object).Series
		all, waiting := held(t, a, series, coop.Published), held(t, a, series, coop.Draft)
		if late(all) != 1 || len(all) != 5 || all[1].When.Start != "2000-01-04T18:00:00" || len(peer.Got("Create")) != 5 || len(waiting) != coop.MaxOccurrences {
			t.Errorf("%d were over, %d are published, %d wait, told %d times", late(all), len(all), len(waiting), len(peer.Got("Create")))
		}
	}, fedtest.Calm())
}

// An instance that was off for months says nothing of what took place meanwhile.
func TestOccurrencesThatWereMissedAreNotPublished(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		_, object := a.Publish(with(heldSince("2000-01-04", "FREQ=WEEKLY"), "plenum:ahead", 7))
		n.Settle()
		series := postOf(t, a, object).Series
		a.Stop()
		time.Sleep(200 * day)
		a.Start()
		time.Sleep(3 * time.Hour)
		n.Quiet()
		all, waiting := held(t, a, series, coop.Published), held(t, a, series, coop.Draft)
		if late(all) != 0 || len(all) != 2 || len(waiting) != coop.MaxOccurrences {
			t.Errorf("%d were over, %d are published, %d wait", late(all), len(all), len(waiting))
		}
		if r, err := a.DB.Series(t.Context(), series); err != nil || !r.Ended.IsZero() {
			t.Errorf("got %+v (%v)", r, err)
		}
	}, fedtest.Calm())
}

// A page that is there already keeps its address, and the series goes on.
func TestAnOccurrenceGivesWayToAPostWithItsSlug(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		for _, taken := range []string{"regulars-2000-02-08", "regulars-2000-06-06"} { // one of the first, one that is made later
			a.Publish(with(fedtest.Report("Taken"), "plenum:slug", taken))
		}
		status, _, body := a.Submit(heldSince("2000-02-01", "FREQ=WEEKLY"))
		if status != http.StatusCreated {
			t.Fatalf("got %d %s", status, body)
		}
		time.Sleep(120 * day)
		n.Quiet()
		p, err := a.DB.PostBySlug(t.Context(), a.Coop, "regulars-2000-02-01")
		if err != nil {
			t.Fatal(err)
		}
		slugs := map[string]bool{}
		for _, o := range append(held(t, a, p.Series, coop.Published), held(t, a, p.Series, coop.Draft)...) {
			slugs[o.Slug] = true
			if !strings.HasPrefix(o.Slug, "regulars-"+o.When.Start.Date()) {
				t.Errorf("on %s there is %s", o.When.Start, o.Slug)
			}
		}
		for _, want := range []string{"regulars-2000-02-08-2", "regulars-2000-02-15", "regulars-2000-06-06-2", "regulars-2000-06-13"} {
			if !slugs[want] {
				t.Errorf("there is no %s among %v", want, slugs)
			}
		}
	}, fedtest.Calm())
}

// Nobody hears of the second occurrence before the first one is announced.
func TestASeriesIsNotAnnouncedBeforeItsFirstOccurrence(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		at := time.Now().Add(10 * day).UTC()
		_, object := a.Publish(with(heldSince("2000-01-18", "FREQ=WEEKLY"), "plenum:publishAt", at.Format(time.RFC3339)))
		n.Settle()
		time.Sleep(9 * day)
		series := postOf(t, a, object).Series
		if got := held(t, a, series, coop.Published); len(got) != 0 {
			t.Errorf("%d are published", len(got))
		}
		time.Sleep(2 * day)
		if got := held(t, a, series, coop.Published); len(got) != 4 || got[0].ID != postOf(t, a, object).ID {
			t.Errorf("%d are published", len(got))
		}
	}, fedtest.Calm())
}
