// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"plenum/coop"
	"plenum/federation"
	"plenum/fedtest"
)

// An occurrence that is called off before anybody heard of it is not published either
// when it is the one that was named.
func TestADraftThatIsNamedGoesWhenAllAreCancelled(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		_, object := a.Publish(heldSince("2000-02-01", "FREQ=WEEKLY"))
		n.Settle()
		series := postOf(t, a, object).Series
		named := held(t, a, series, coop.Draft)[2]
		status, _, body := a.Submit(fedtest.Document{"type": "Update", "plenum:scope": "all", "object": fedtest.Document{
			"id": a.Site.Object(named.Kind, named.ID), "eventStatus": "EventCancelled",
		}})
		if status != http.StatusCreated {
			t.Fatalf("got %d %s", status, body)
		}
		time.Sleep(60 * day)
		n.Quiet()
		for _, p := range held(t, a, series, coop.Published) {
			if p.Status != coop.Cancelled || p.ID == named.ID {
				t.Errorf("got %+v", p)
			}
		}
		if left := held(t, a, series, coop.Draft); len(left) != 0 {
			t.Errorf("%d wait", len(left))
		}
	}, fedtest.Calm())
}

// What is moved is what people know of: those that nobody has heard of are held then
// and have never been anything else.
func TestOnlyWhatIsKnownIsRescheduled(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		_, object := a.Publish(with(heldSince("2000-02-01", "FREQ=WEEKLY"), "plenum:ahead", 46))
		n.Settle()
		series := postOf(t, a, object).Series
		status, _, body := a.Submit(fedtest.Document{"type": "Update", "plenum:scope": "all", "object": fedtest.Document{
			"id": object, "eventStatus": "EventRescheduled", "startTime": "2000-02-01T20:00:00", "endTime": "2000-02-01T22:00:00",
		}})
		if status != http.StatusCreated {
			t.Fatalf("got %d %s", status, body)
		}
		time.Sleep(21 * day)
		n.Quiet()
		moved := 0
		for _, p := range append(held(t, a, series, coop.Published), held(t, a, series, coop.Draft)...) {
			if p.When.Start[10:] != "T20:00:00" {
				t.Errorf("got %+v", p.When)
			}
			if p.Status == coop.Rescheduled {
				moved++
			}
		}
		if moved != 3 {
			t.Errorf("%d are said to be rescheduled", moved)
		}
	}, fedtest.Calm())
}

// However a client spells it, whoever calls all of them off ends the series; and one
// without an end has none at another hour either.
func TestAllAreCancelledHoweverItIsSpelt(t *testing.T) {
	t.Parallel()
	for member, word := range map[string]string{"eventStatus": "EventCanceled", "ical:status": "CANCELLED", "status": "https://schema.org/EventCancelled"} {
		t.Run(member, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a := n.Instance("a.example")
				_, object := a.Publish(with(fedtest.Meetup("The regulars", "2000-02-01"), "plenum:repeat", "FREQ=WEEKLY"))
				n.Settle()
				series := postOf(t, a, object).Series
				for _, change := range []fedtest.Document{{"startTime": "2000-02-01T20:00:00"}, {member: word}} {
					change["id"], change["plenum:scope"] = object, "all"
					if status, _, body := a.Submit(fedtest.Document{"type": "Update", "object": change}); status != http.StatusCreated {
						t.Fatalf("%v: got %d %s", change, status, body)
					}
					for _, p := range held(t, a, series, coop.Draft) {
						if p.When.Start[10:] != "T20:00:00" || p.When.End != "" {
							t.Errorf("got %+v", p.When)
						}
					}
				}
				r, err := a.DB.Series(t.Context(), series)
				if left := held(t, a, series, coop.Draft); err != nil || r.Ended.IsZero() || len(left) != 0 {
					t.Errorf("%d wait; the series ended %v (%v)", len(left), r.Ended, err)
				}
			}, fedtest.Calm())
		})
	}
}

// interrupted lets something happen once, just behind the first list of occurrences.
type interrupted struct {
	federation.PostStore
	meanwhile func()
}

func (i *interrupted) Posts(ctx context.Context, q coop.PostQuery) ([]coop.Post, error) {
	list, err := i.PostStore.Posts(ctx, q)
	if do := i.meanwhile; do != nil && q.Series != "" {
		i.meanwhile = nil
		do()
	}
	return list, err
}

// An occurrence that is published while all are deleted or cancelled is deleted or
// cancelled too.
func TestNoOccurrenceEscapesWhatIsDoneToAll(t *testing.T) {
	t.Parallel()
	for what, doc := range map[string]fedtest.Document{
		"deleted": {"type": "Delete"}, "cancelled": {"type": "Update"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a := n.Instance("a.example")
				_, object := a.Publish(heldSince("2000-02-01", "FREQ=WEEKLY"))
				n.Settle()
				series := postOf(t, a, object).Series
				next := held(t, a, series, coop.Draft)[0]
				who := coop.Principal{Coop: a.Coop, Role: coop.Publisher, By: "somebody else"}
				posts := a.Fed.Posts
				a.Fed.Posts = &interrupted{posts, func() {
					if _, err := a.Fed.PublishDraft(t.Context(), who, next.ID, time.Time{}, ""); err != nil {
						t.Error(err)
					}
				}}
				doc["plenum:scope"], doc["object"] = "all", object
				if what == "cancelled" {
					doc["object"] = fedtest.Document{"id": object, "eventStatus": "EventCancelled"}
				}
				if status, _, body := a.Submit(doc); status != http.StatusCreated {
					t.Fatalf("got %d %s", status, body)
				}
				n.Quiet()
				for _, p := range append(held(t, a, series, coop.Published), held(t, a, series, coop.Draft)...) {
					if what == "deleted" || p.Status != coop.Cancelled {
						t.Errorf("on %s it is %s, %q", p.When.Start, p.State, p.Status)
					}
				}
			}, fedtest.Calm())
		})
	}
}

// What a co-op has announced far ahead can be changed as one, long after the last
// occurrence was published.
func TestASeriesOfWhichNoneIsToComeIsStillChangedAsOne(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		_, object := a.Publish(with(heldSince("2000-12-05", "FREQ=WEEKLY;COUNT=3"), "plenum:ahead", 365))
		time.Sleep(200 * day)
		if _, err := a.DB.Prune(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		series := postOf(t, a, object).Series
		if _, err := a.DB.Series(t.Context(), series); coop.CodeOf(err) != coop.NotFound {
			t.Fatalf("the series is still there (%v)", err)
		}
		for _, doc := range []fedtest.Document{
			{"type": "Update", "plenum:scope": "all", "object": fedtest.Document{"id": object, "summary": "Come all"}},
			{"type": "Delete", "plenum:scope": "all", "object": object},
		} {
			if status, _, body := a.Submit(doc); status != http.StatusCreated {
				t.Errorf("%v: got %d %s", doc["type"], status, body)
			}
		}
		if left := held(t, a, series, coop.Published); len(left) != 0 {
			t.Errorf("%d are left", len(left))
		}
	}, fedtest.Calm())
}
