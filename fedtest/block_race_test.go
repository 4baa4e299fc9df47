// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"context"
	"net/http"
	"testing"

	"plenum/coop"
	"plenum/federation"
	"plenum/fedtest"
)

// Whoever is blocked while a co-op asks who it is, since its server is slow, is not
// followed then.
func TestWhoIsBlockedMeanwhileIsNotFollowed(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		d := deskOf(t, a, a.Coop)
		fetch := a.Fed.Fetch
		a.Fed.Fetch = func(ctx context.Context, url, accept string, sign func(*http.Request) error) (federation.Fetched, error) {
			got, err := fetch(ctx, url, accept, sign)
			if url == string(peer.ID) {
				d.said(verb("Block", peer.ID))
			}
			return got, err
		}
		d.refused(verb("Follow", peer.ID), http.StatusConflict, "object")
		n.Quiet()
		if f, err := a.DB.Following(t.Context(), a.Coop, peer.ID); coop.CodeOf(err) != coop.NotFound || len(peer.Got("Follow")) != 0 {
			t.Errorf("got %+v (%v)", f, err)
		}
	}, fedtest.Calm())
}
