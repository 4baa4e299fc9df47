// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"net/http"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// docs/security.md D47: an actor in whose name somebody else sends is read once and
// not stored; who proves to be it is.
func TestActorIsStoredOnceItHasProvenWhoItIs(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		_, post := a.Publish(fedtest.Report("A report"))
		inbox, forger := a.Site.SharedInbox(), n.NewKey()
		asked := func() int {
			return len(n.Exchanges(func(e fedtest.Exchange) bool { return e.To == peer.Host && e.Path == "/actor" }))
		}
		stored := func() bool {
			_, err := a.DB.Actor(t.Context(), peer.ID)
			if err != nil && coop.CodeOf(err) != coop.NotFound {
				t.Fatal(err)
			}
			return err == nil
		}
		for range 20 {
			forged := peer.Letter(inbox, peer.Activity("Like", post))
			forged.Key = forger
			wants(t, "forged Like", peer.Post(forged), http.StatusUnauthorized)
			time.Sleep(time.Second)
		}
		if stored() || asked() > 2 {
			t.Errorf("after twenty forgeries: stored %t, asked %d times", stored(), asked())
		}
		wants(t, "Like", peer.Send(inbox, peer.Activity("Like", post)), http.StatusAccepted)
		if !stored() || asked() > 2 {
			t.Errorf("after one that holds: stored %t, asked %d times", stored(), asked())
		}
		a.Stop()
		a.Start()
		before := asked()
		wants(t, "Like after a restart", peer.Send(inbox, peer.Activity("Like", post)), http.StatusAccepted)
		if asked() != before {
			t.Error("who is stored was asked again")
		}
	}, fedtest.Calm())
}
