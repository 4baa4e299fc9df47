// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"context"
	"testing"

	"plenum/coop"
	"plenum/federation"
	"plenum/fedtest"
)

// meanwhile does something once, when a post has just been read.
type meanwhile struct {
	federation.PostStore
	do func()
}

func (m *meanwhile) Post(ctx context.Context, id coop.ID) (coop.Post, error) {
	p, err := m.PostStore.Post(ctx, id)
	if do := m.do; do != nil {
		m.do = nil
		do()
	}
	return p, err
}

// Whoever changes a draft at the moment at which somebody agrees to publish it does not
// have it published as nobody has read it.
func TestDraftThatChangesWhileSomebodyAgreesIsNotPublished(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		d := newOffice(t, n, true)
		p := d.submit(d.second, with(fedtest.Report("As agreed"), "plenum:state", "draft")).Post
		object := d.Site.Object(p.Kind, p.ID)
		id := d.proposes(n, d.second, fedtest.Document{"type": "Update", "object": fedtest.Document{"id": object, "plenum:state": "published"}})
		posts := d.Fed.Posts
		d.Fed.Posts = &meanwhile{PostStore: posts, do: func() {
			d.submit(d.second, fedtest.Document{"type": "Update", "object": fedtest.Document{"id": object, "name": "As nobody agreed"}})
		}}
		if got := d.accept(d.chief, id); got != coop.Conflict {
			t.Errorf("got %q", got)
		}
		d.Fed.Posts = posts
		if got, err := d.DB.Post(t.Context(), p.ID); err != nil || got.State != coop.Draft || got.Title != "As nobody agreed" {
			t.Errorf("got %+v (%v)", got, err)
		}
	}, fedtest.Calm())
}

// To reject what was accepted is to leave, of which everybody is told: where two have
// to agree, nobody does it alone.
func TestNobodyLeavesASharedPostAlone(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		d := newOffice(t, n, true)
		other := another(t, d.Instance, "other")
		report := fedtest.Report("Ours together")
		report["plenum:owners"] = []string{string(d.Coop)}
		_, post := publishAs(other, report)
		offer := func() coop.IRI {
			came, _, err := d.DB.Arrivals(t.Context(), d.Coop, 0, 1)
			if err != nil || len(came) != 1 || came[0].Type != "Offer" {
				t.Fatalf("got %+v (%v)", came, err)
			}
			return came[0].ID
		}
		if d.submit(d.second, verb("Reject", offer())).Proposed { // nobody has heard of it
			t.Error("an offer that waits is not turned down by one")
		}
		other.said(fedtest.Document{"type": "Offer", "object": post, "target": d.Actor()})
		if got := d.accept(d.chief, d.proposes(n, d.second, verb("Accept", offer()))); got != "" {
			t.Fatalf("got %q", got)
		}
		leave := d.proposes(n, d.second, verb("Reject", offer()))
		if got := organizers(t, d.Instance, post); len(got) != 2 {
			t.Errorf("got %v", got)
		}
		if got := d.accept(d.chief, leave); got != "" {
			t.Fatalf("got %q", got)
		}
		if got := organizers(t, d.Instance, post); len(got) != 1 {
			t.Errorf("got %v", got)
		}
	}, fedtest.Calm())
}
