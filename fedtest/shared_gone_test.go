// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// A co-op that is removed shares nothing any more, and nobody is told that it does.
func TestACoopThatIsRemovedSharesNothing(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		first, second := deskOf(t, a, a.Coop), another(t, a, "second")
		meeting := event(a, nil)
		offer := first.said(fedtest.Document{"type": "Offer", "object": meeting, "target": a.Site.Actor("second")})
		second.said(verb("Accept", offer))
		before := postOf(t, a, meeting)
		a.Control(http.MethodDelete, "/control/coops/second", nil, nil)
		n.Quiet()
		if p := postOf(t, a, meeting); len(p.Owners) != 0 || p.Rev == before.Rev {
			t.Errorf("got %v in revision %d", p.Owners, p.Rev)
		}
		if got := organizers(t, a, meeting); !slices.Equal(got, []string{string(a.Actor())}) {
			t.Errorf("got %v", got)
		}
		if _, body := a.Get(meeting); strings.Contains(string(body), string(a.Site.Actor("second"))) {
			t.Errorf("it says still that it is shared: %s", body)
		}
	}, fedtest.Calm())
}

// A series asks a co-op to share each of its occurrences; once that one is gone, or
// wants no more of it, they are published without it.
func TestASeriesGoesOnWithoutWhoSharesIt(t *testing.T) {
	t.Parallel()
	for what, leave := range map[string]func(a *fedtest.Instance, second desk){
		"removed": func(a *fedtest.Instance, _ desk) { a.Control(http.MethodDelete, "/control/coops/second", nil, nil) },
		"blocks":  func(a *fedtest.Instance, second desk) { second.said(verb("Block", a.Actor())) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a := n.Instance("a.example")
				second := another(t, a, "second")
				_, object := a.Publish(with(heldSince("2000-02-01", "FREQ=WEEKLY"), "plenum:owners", []string{"second"}))
				n.Settle()
				leave(a, second)
				time.Sleep(120 * day)
				n.Quiet()
				series := postOf(t, a, object).Series
				for _, p := range held(t, a, series, coop.Draft) {
					if p.Stuck != "" {
						t.Fatalf("%s: %s", p.Slug, p.Stuck)
					}
				}
				if got := held(t, a, series, coop.Published); len(got) < 15 {
					t.Errorf("%d are published", len(got))
				}
			}, fedtest.Calm())
		})
	}
}
